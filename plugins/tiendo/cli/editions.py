"""``tiendo edition``. Heavy imports wait until a command needs them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tiendo.cli.common import Json, PlanOption, chosen_plan, known_period, open_warehouse, parse_period, print_json

edition_app = typer.Typer(no_args_is_help=True, help="Published editions.")


@edition_app.callback()
def _editions() -> None:
    """Keeps ``rebuild`` a command of its own while there is no other."""


_STATES = {
    "different": "differs",
    "not_made": "published, but not made here",
    "not_published": "made here, but not published",
}


@edition_app.command("rebuild")
def rebuild_command(
    period: Annotated[Any, typer.Argument(parser=parse_period, metavar="PERIOD", help="For example 2023-Q1.")],
    edition: Annotated[int, typer.Argument(min=1, help="Number of the edition.")],
    out: Annotated[Path, typer.Option(help="Folder that is made; it must not exist.")],
    plan: PlanOption = "",
    as_json: Json = False,
) -> None:
    """Build a published edition anew from the warehouse, byte for byte, into another folder.

    Exit 0: every file is as published. Exit 1: it says which are not, or that there is no such edition.
    """
    from tiendo.report.build import place
    from tiendo.report.edition import EditionError, rebuild

    register = chosen_plan(plan, period)
    known_period(register, period, "PERIOD")
    if out.exists():
        raise typer.BadParameter(f"{out} is there already", param_hint="--out")
    try:
        rebuilt = rebuild(open_warehouse(), register, period, edition)
    except EditionError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    place(rebuilt.files, out)
    if as_json:
        print_json(
            {
                "plan": register.code,
                "period": str(period),
                "edition": edition,
                "out": str(out),
                "is_as_published": rebuilt.is_as_published,
                "files": [{"path": path, "state": state} for path, state in rebuilt.states.items()],
                "reasons": rebuilt.reasons,
            }
        )
    elif rebuilt.is_as_published:
        typer.echo(f"{out}: {len(rebuilt.files)} files, as published")
    else:
        same = sum(state == "as_published" for state in rebuilt.states.values())
        typer.echo(f"{out}: {len(rebuilt.files)} files, not as published: {same} are the same")
        for path, state in rebuilt.states.items():
            if state in _STATES:
                typer.echo(f"  {path}: {_STATES[state]}")
        for reason in rebuilt.reasons:
            typer.echo(f"  {reason}")
        if any(path.endswith(".pdf") and state == "not_made" for path, state in rebuilt.states.items()):
            typer.echo("  A PDF needs LibreOffice (libreoffice-writer), which is not installed here.")
    if not rebuilt.is_as_published:
        raise typer.Exit(1)
