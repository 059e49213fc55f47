"""``tiendo plan``: the register of a plan. Heavy imports wait until a command needs them."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tiendo.cli.common import Json, PlanOption, chosen_plan, open_warehouse, print_json
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
        str, typer.Option(help="Register whose names are known: a folder or name; else the latest year's in hand.")
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
    source: Annotated[
        str, typer.Option("--from", help="Plan of an earlier year: a folder or name; else the latest year's in hand.")
    ] = "",
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
def plan_past_figures(plan: PlanOption = "") -> None:
    """Print a year's figures of what adds up, as rows of the next plan's past_figures.csv."""
    import csv

    from tiendo.plan.past import COLUMNS
    from tiendo.warehouse.mart import past_figures

    rows = past_figures(open_warehouse(), chosen_plan(plan))
    writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


@plan_app.command("check")
def plan_check(
    plan: Annotated[str, typer.Argument(help="A folder, or the name of a plan; by default all in hand.")] = "",
    against: Annotated[str, typer.Option(help="Plan of the year before, whose units the codes must keep.")] = "",
) -> None:
    """Check registers and name every fault at once, with file, row and column; also what two plans must not share.

    Exit 1 where a register must not be used, two plans in hand clash, or the warehouse would refuse one, since it
    changes what has passed. Of a plan that is not in hand it only tells with which of them it would.
    """
    from tiendo.plan.kept import PastError
    from tiendo.plan.register import RegisterError, load_register
    from tiendo.plan.side_by_side import clashes

    plan_dirs = _plan_dirs(plan, "PLAN")
    if against and len(plan_dirs) > 1:
        raise typer.BadParameter("name the plan that is held against another", param_hint="PLAN")
    before = _plan_dirs(against, "--against")[0] if against else None
    sound: list[Register] = []
    is_refused = False
    for plan_dir in plan_dirs:
        try:
            register = load_register(plan_dir, against=before)
            others, sound = sound, [*sound, register]
            if faults := [fault for other in others for fault in clashes(other, register)]:
                raise RegisterError(plan_dir, faults)
            effects = _against_warehouse(register)
        except (RegisterError, PastError) as error:
            typer.echo(str(error), err=True)
            is_refused = True
            continue
        for line in (*_amendment_lines(register), *effects):
            typer.echo(line)
        typer.echo(
            f"{register.code}: {sum(i.is_leaf for i in register.indicators)} indicators, {len(register.tasks)} tasks, "
            f"{len(register.obliged)} bodies that report, {len(register.periods)} periods "
            f"({register.periods[0]} to {register.periods[-1]}). No fault found."
        )
        lines = list(_clash_lines(register)) if plan else []
        is_refused |= bool(lines) and plan_dir in get_settings().plan_dirs
        for line in lines:
            typer.echo(line)
    if is_refused:
        raise typer.Exit(1)


def _clash_lines(register: "Register") -> Iterator[str]:
    """Yields why a plan cannot stand beside each of the others in hand; one of its own code it would replace."""
    from tiendo.plan.register import RegisterError, load_once
    from tiendo.plan.side_by_side import clashes

    for plan_dir in get_settings().plan_dirs:
        with suppress(RegisterError):  # of those at fault `plan check` without a name tells
            other = load_once(plan_dir)
            faults = list(clashes(other, register)) if other.code != register.code else []
            if faults:
                yield f"It cannot be in hand beside {other.code}:"
                yield from (f"  {fault}" for fault in faults)


def _amendment_lines(register: "Register") -> Iterator[str]:
    """Yields what each amendment changes."""
    from tiendo.report.amendments import amendment_text, lines_of

    for entry in register.calendar:
        for each in register.amendments_of(entry.period):
            text = next(map(amendment_text, lines_of(register, (each,))), f"{each.column}: {each.value}")
            yield f"from {entry.period} on, {each.code}: {text}"
    followed = {each for entry in register.calendar for each in register.amendments_of(entry.period)}
    for each in register.amendments:
        if each not in followed:
            yield f"{each.code}: from {each.from_on} on, when the data of the last period is closed: nothing follows it"


def _against_warehouse(register: "Register") -> list[str]:
    """Returns which verdicts the amendments would change, where a warehouse knows the plan.

    Raises:
        PastError: the warehouse would refuse the register.
    """
    from tiendo.backup.databases import standing_warehouse
    from tiendo.plan.kept import check_past
    from tiendo.status.effects import effects
    from tiendo.warehouse.engine import make_engine, onlooker

    warehouse = standing_warehouse(get_settings())
    if warehouse is None:
        return []
    with onlooker(make_engine(warehouse)) as connection:
        if connection.exec_driver_sql("select to_regclass('core.version')").scalar() is None:
            return []
        check_past(connection, register)
        return [
            f"{effect.period}, {effect.indicator}: {effect.before or 'none'} becomes {effect.after or 'none'}"
            for effect in (effects(connection, register) if register.amendments else ())
        ]


def _plan_dirs(name: str, option: str) -> tuple[Path, ...]:
    """Returns the folder of the plan named; those in hand where none is."""
    from tiendo.plan.known import find_plan, plans_there
    from tiendo.plan.register import UnknownPlanError

    plan_dirs = (find_plan(name),) if name else get_settings().plan_dirs
    found = tuple(plan_dir for plan_dir in plan_dirs if plan_dir is not None)
    if not found:
        raise typer.BadParameter(f"{name!r} is no folder and no plan; {plans_there()}.", param_hint=option)
    for plan_dir in found:
        if not plan_dir.is_dir():
            typer.echo(str(UnknownPlanError(plan_dir)), err=True)
            raise typer.Exit(1)
    return found


def _known_plan(name: str, option: str) -> "KnownPlan":
    """Returns what the plan named knows; of those in hand that of the latest year, where none is named."""
    from tiendo.plan.known import read_known
    from tiendo.plan.register import RegisterError
    from tiendo.plan.tables import Fault

    there: list[KnownPlan] = []
    for plan_dir in _plan_dirs(name, option):
        faults: list[Fault] = []
        known = read_known(plan_dir, faults)
        if known is None:
            typer.echo(str(RegisterError(plan_dir, faults)), err=True)
            raise typer.Exit(1)
        there.append(known)
    latest = [known for known in there if known.year == max(each.year for each in there)]
    if len(latest) > 1:
        codes = ", ".join(known.code for known in latest)
        raise typer.BadParameter(f"is needed, the plans in hand of the latest year are {codes}", param_hint=option)
    return latest[0]
