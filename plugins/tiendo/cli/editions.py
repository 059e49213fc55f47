"""``tiendo edition``. Heavy imports wait until a command needs them."""

from pathlib import Path
from typing import Annotated

import typer

edition_app = typer.Typer(no_args_is_help=True, help="Published editions.")


@edition_app.callback()
def _editions() -> None:
    """Keeps ``rebuild`` a command of its own while there is no other."""


@edition_app.command("rebuild")
def rebuild_command(
    period: Annotated[str, typer.Argument(help="For example 2023-Q1.")],
    edition: Annotated[int, typer.Argument(min=1, help="Number of the edition.")],
    out: Annotated[Path, typer.Option(help="Folder that is made; it must not exist.")],
) -> None:
    """Build a published edition anew from the warehouse, byte for byte, into another folder."""
    from tiendo.model.period import Period
    from tiendo.plan.register import get_register
    from tiendo.report.build import place
    from tiendo.report.edition import EditionError, rebuild
    from tiendo.status.service import initialise
    from tiendo.warehouse.engine import get_engine

    try:
        asked = Period.parse(period)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="PERIOD") from error
    register = get_register()
    if asked not in register.calendar_by_period:
        known = ", ".join(str(entry.period) for entry in register.calendar)
        raise typer.BadParameter(f"the plan has no period {asked}; it has {known}", param_hint="PERIOD")
    if out.exists():
        raise typer.BadParameter(f"{out} is there already", param_hint="--out")
    initialise(get_engine(), register)
    try:
        files = rebuild(get_engine(), register, asked, edition)
    except EditionError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    place(files, out)
    typer.echo(f"{out}: {len(files)} files, as published")
