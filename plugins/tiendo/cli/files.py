"""Commands about files: ``tiendo check``, ``ingest`` and ``template``. Heavy imports wait until one needs them."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from tiendo.cli.common import (
    AnyPeriod,
    Json,
    PeriodOption,
    check_obliged,
    known_period,
    open_register,
    open_warehouse,
    print_json,
)
from tiendo.settings import get_settings


def check(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    agency: Annotated[str, typer.Option(help="The body it comes from; by default the one the workbook names.")] = "",
    period: AnyPeriod = None,
    as_json: Json = False,
) -> None:
    """Read and validate one file as the pipeline would; load nothing. Exit 0 accepted, 1 rejected or quarantined."""
    from tiendo.cli.check import check_file, print_check
    from tiendo.model.outcome import ACCEPTED
    from tiendo.reading.files import ScannerError

    register = open_register()
    if agency and agency not in register.agency_by_code:
        raise typer.BadParameter(f"the plan has no body {agency!r}", param_hint="--agency")
    try:
        result = check_file(get_settings(), register, open_warehouse(), file, agency=agency, period=period)
    except ScannerError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    print_json(result) if as_json else print_check(result)
    raise typer.Exit(0 if result["verdict"] in (*ACCEPTED, "duplicate") else 1)


def ingest(
    paths: Annotated[list[Path], typer.Argument(exists=True, readable=True)],
    as_json: Json = False,
) -> None:
    """Land and settle files, or folders laid out as inbox/, by the pipeline's own batch path; grade what changed."""
    from tiendo.process.workers import warm_up

    warm_up()
    from tiendo.process.ingest import Progress, ingest_paths

    def tell(progress: Progress) -> None:
        settled = f", {progress.settled_batches} of {progress.batches} batches settled" if progress.batches else ""
        if sys.stderr.isatty():
            typer.echo(f"\r{progress.landed} files landed{settled}", nl=False, err=True)

    result = ingest_paths(get_settings(), open_register(), open_warehouse, paths, tell=tell)
    if sys.stderr.isatty():
        typer.echo(err=True)
    if as_json:
        print_json(result)
    else:
        for state, number in sorted(result["states"].items()):
            typer.echo(f"{state:24}{number:6}")


def template(
    period: PeriodOption,
    out: Annotated[Path, typer.Option(help="Folder for the workbooks.")],
    agency: Annotated[str, typer.Option(help="One body only.")] = "",
) -> None:
    """Write the workbooks that departments fill in."""
    from tiendo.feedback.template import write_templates
    from tiendo.warehouse.mart import last_values

    register = open_register()
    known_period(register, period)
    check_obliged(register, agency)
    codes = [agency] if agency else None
    for path in write_templates(register, period, out, codes, last_values(open_warehouse(), register, period)):
        typer.echo(path)
