"""Commands about files: ``tiendo check``, ``ingest`` and ``template``. Heavy imports wait until one needs them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tiendo.cli.common import (
    AnyPeriod,
    Json,
    PeriodOption,
    PlanOption,
    check_obliged,
    chosen_plan,
    known_period,
    open_plans,
    open_warehouse,
    print_json,
)
from tiendo.settings import get_settings

if TYPE_CHECKING:
    from tiendo.model.plans import Bodies


def check(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True, metavar="FILE...")],
    agency: Annotated[str, typer.Option(help="The body they come from; by default the one each workbook names.")] = "",
    period: AnyPeriod = None,
    plan: PlanOption = "",
    as_json: Json = False,
) -> None:
    """Read and validate files, each by itself and its own plan, as the pipeline would; load nothing.

    Exit 0 when all are accepted, 1 when one is rejected or quarantined. --json gives an object for one file, a list for
    several.
    """
    from tiendo.cli.check import check_files, print_check
    from tiendo.model.content import UnreadError
    from tiendo.model.outcome import ACCEPTED
    from tiendo.model.plans import Plans
    from tiendo.reading.files import ScannerError

    plans = open_plans()
    with_period = plans.with_period(period) if period else ()
    bodies: Bodies = chosen_plan(plan) if plan else Plans(with_period or plans.plans)
    if agency and agency not in bodies.agency_by_code:
        raise typer.BadParameter(f"the plan has no body {agency!r}", param_hint="--agency")
    try:
        results = check_files(get_settings(), bodies, open_warehouse(), files, agency=agency, period=period)
    except (ScannerError, UnreadError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if as_json:
        print_json(results[0] if len(files) == 1 else results)
    else:
        for result in results:
            print_check(result, tells_plan=len(plans) > 1)
    raise typer.Exit(0 if all(result["verdict"] in (*ACCEPTED, "duplicate") for result in results) else 1)


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

    def tell_left(path: Path) -> None:
        typer.echo(f"{path}: {'a link' if path.is_symlink() else 'no file'}, left alone", err=True)

    result = ingest_paths(get_settings(), open_plans(), open_warehouse, paths, tell=tell, tell_left=tell_left)
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
    plan: PlanOption = "",
) -> None:
    """Write the workbooks that departments fill in."""
    from tiendo.feedback.template import write_templates
    from tiendo.warehouse.mart import last_reported

    register = chosen_plan(plan, period)
    known_period(register, period)
    check_obliged(register.in_force(period), agency)
    codes = [agency] if agency else None
    for path in write_templates(register, period, out, codes, last_reported(open_warehouse(), register, period)):
        typer.echo(path)
