"""``tiendo plan``: the register of a plan. Heavy imports wait until a command needs them."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tiendo.cli.common import Json, open_register, open_warehouse, print_json
from tiendo.settings import get_settings

if TYPE_CHECKING:
    from tiendo.model.register import Register
    from tiendo.plan.known import KnownPlan

plan_app = typer.Typer(no_args_is_help=True, help="The register of a plan.")


@plan_app.command("import")
def plan_import(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    *,
    plan: Annotated[
        str, typer.Option(help="Register whose names are known: a folder or name; else the one in force.")
    ] = "",
    table: Annotated[int | None, typer.Option(help="Which table of targets, where the file has several.")] = None,
    sheet: Annotated[str, typer.Option(help="Title of the one sheet to look at.")] = "",
    year: Annotated[int | None, typer.Option(min=2000, max=2100, help="The plan's year, of several columns.")] = None,
    columns: Annotated[
        str, typer.Option(help="Places of columns, from 1: number=1,name=2,unit=3,target=6,agency=7,coordinating=8.")
    ] = "",
    heading_row: Annotated[int | None, typer.Option(min=1, help="Row that the heading begins in.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for a draft of indicators.csv.")] = None,
    as_json: Json = False,
) -> None:
    """Read an official annex (plan's text, DOCX, XLSX, PDF) into rows for a person to confirm."""
    from dataclasses import asdict

    from tiendo.annex.draft import write_draft_rows
    from tiendo.annex.headings import AnnexChoice, read_columns
    from tiendo.annex.printing import annex_lines
    from tiendo.annex.reading import read_annex
    from tiendo.annex.table import AnnexError

    known = _known_plan(plan, "--plan")
    try:
        choice = AnnexChoice(table, sheet, heading_row, read_columns(columns), year)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--columns") from error
    try:
        annex = read_annex(file, known, choice)
        written = write_draft_rows(annex, known, out) if out else None
    except (AnnexError, FileExistsError) as error:
        typer.echo(f"{file.name}: {error}" if isinstance(error, AnnexError) else str(error), err=True)
        raise typer.Exit(1) from error
    if as_json:
        print_json([asdict(row) for row in annex.rows])
    else:
        for line in annex_lines(annex):
            typer.echo(line)
    if written:
        typer.echo(f"Draft: {written}", err=as_json)


@plan_app.command("new")
def plan_new(
    year: Annotated[int, typer.Argument(min=2000, max=2100)],
    source: Annotated[str, typer.Option("--from", help="Plan of an earlier year: a folder or name.")],
    out: Annotated[Path | None, typer.Option(help="Folder to make; by default plans/YEAR at home.")] = None,
) -> None:
    """Make a draft register of a new year from an earlier one: targets emptied, codes kept, calendar moved."""
    from tiendo.plan.new_plan import NewPlanError, write_new_plan

    known = _known_plan(source, "--from")
    target = out or get_settings().home / "plans" / str(year)
    try:
        notes = write_new_plan(known, year, target)
    except NewPlanError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(target)
    for note in notes:
        typer.echo(f"  {note}")
    typer.echo(f"Fill in what is marked, then check it: tiendo plan check {target}")


@plan_app.command("past-figures")
def plan_past_figures() -> None:
    """Print this year's figures of what adds up, as rows of the next plan's past_figures.csv."""
    import csv

    from tiendo.plan.past import COLUMNS
    from tiendo.warehouse.mart import past_figures

    writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(past_figures(open_warehouse(), open_register()))


@plan_app.command("check")
def plan_check(
    plan: Annotated[str, typer.Argument(help="A folder, or the name of a plan; by default the one in force.")] = "",
    against: Annotated[str, typer.Option(help="Plan of the year before, whose units the codes must keep.")] = "",
) -> None:
    """Check a register and name every fault at once, with file, row and column."""
    from tiendo.plan.register import RegisterError, load_register

    plan_dir = _plan_dir(plan, "PLAN")
    try:
        register = load_register(plan_dir, against=_plan_dir(against, "--against") if against else None)
    except RegisterError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    for line in _amendment_lines(register):
        typer.echo(line)
    typer.echo(
        f"{register.code}: {sum(i.is_leaf for i in register.indicators)} indicators, {len(register.tasks)} tasks, "
        f"{len(register.obliged)} bodies that report, {len(register.calendar)} periods. No fault found."
    )


def _amendment_lines(register: "Register") -> Iterator[str]:
    """Yields what each amendment changes, and, where a warehouse knows the plan, which verdicts would be others."""
    if not register.amendments:
        return
    from tiendo.backup.databases import standing_warehouse
    from tiendo.report.amendments import amendment_text, lines_of
    from tiendo.status.effects import effects
    from tiendo.warehouse.engine import make_engine, onlooker

    for entry in register.calendar:
        for each in register.amendments_of(entry.period):
            text = next(map(amendment_text, lines_of(register, (each,))), f"{each.column}: {each.value}")
            yield f"from {entry.period} on, {each.code}: {text}"
    followed = {each for entry in register.calendar for each in register.amendments_of(entry.period)}
    for each in register.amendments:
        if each not in followed:
            yield f"{each.code}: from {each.from_on} on, when the data of the last period is closed: nothing follows it"
    warehouse = standing_warehouse(get_settings())
    if warehouse is None:
        return
    with onlooker(make_engine(warehouse)) as connection:
        if connection.exec_driver_sql("select to_regclass('core.version')").scalar() is not None:
            for effect in effects(connection, register):
                yield f"{effect.period}, {effect.indicator}: {effect.before or 'none'} becomes {effect.after or 'none'}"


def _plan_dir(name: str, option: str) -> Path:
    from tiendo.plan.known import find_plan, plans_there
    from tiendo.plan.register import UnknownPlanError

    plan_dir = find_plan(name) if name else get_settings().plan_dir
    if plan_dir is None:
        raise typer.BadParameter(f"{name!r} is no folder and no plan; {plans_there()}.", param_hint=option)
    if not plan_dir.is_dir():
        typer.echo(str(UnknownPlanError(plan_dir)), err=True)
        raise typer.Exit(1)
    return plan_dir


def _known_plan(name: str, option: str) -> "KnownPlan":
    from tiendo.plan.known import read_known
    from tiendo.plan.register import RegisterError
    from tiendo.plan.tables import Fault

    faults: list[Fault] = []
    plan_dir = _plan_dir(name, option)
    known = read_known(plan_dir, faults)
    if known is None:
        typer.echo(str(RegisterError(plan_dir, faults)), err=True)
        raise typer.Exit(1)
    return known
