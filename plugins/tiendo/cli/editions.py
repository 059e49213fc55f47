"""``tiendo edition``. Heavy imports wait until a command needs them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tiendo.cli.common import known_period, open_register, open_warehouse, parse_period

edition_app = typer.Typer(no_args_is_help=True, help="Published editions.")


@edition_app.callback()
def _editions() -> None:
    """Keeps ``rebuild`` a command of its own while there is no other."""


@edition_app.command("rebuild")
def rebuild_command(
    period: Annotated[Any, typer.Argument(parser=parse_period, metavar="PERIOD", help="For example 2023-Q1.")],
    edition: Annotated[int, typer.Argument(min=1, help="Number of the edition.")],
    out: Annotated[Path, typer.Option(help="Folder that is made; it must not exist.")],
) -> None:
    """Build a published edition anew from the warehouse, byte for byte, into another folder."""
    from tiendo.report.build import place
    from tiendo.report.edition import EditionError, rebuild

    register = open_register()
    known_period(register, period, "PERIOD")
    if out.exists():
        raise typer.BadParameter(f"{out} is there already", param_hint="--out")
    try:
        files = rebuild(open_warehouse(), register, period, edition)
    except EditionError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    place(files, out)
    typer.echo(f"{out}: {len(files)} files, as published")
