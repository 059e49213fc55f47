"""The ``tiendo`` command. Each command is a few lines over the library; heavy imports wait until one needs them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import simplejson
import typer

from tiendo.cli.editions import edition_app
from tiendo.cli.obligations import extension_app, obligation_app
from tiendo.cli.operations import add_commands
from tiendo.cli.reminders import reminders_app
from tiendo.model.period import Period
from tiendo.settings import get_settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tiendo.model.register import Register
    from tiendo.plan.known import KnownPlan

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
plan_app = typer.Typer(no_args_is_help=True, help="The register of a plan.")
app.add_typer(plan_app, name="plan")
app.add_typer(extension_app, name="extension")
app.add_typer(obligation_app, name="obligation")
app.add_typer(edition_app, name="edition")
app.add_typer(reminders_app, name="reminders")

AsOf = Annotated[str, typer.Option("--as-of", help="Instant, ISO 8601; by default now.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def _period(text: str) -> Period:
    try:
        return Period.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


PeriodOption = Annotated[Any, typer.Option("--period", parser=_period, metavar="PERIOD", help="For example 2023-Q1.")]


def _register() -> "Register":
    from tiendo.plan.register import get_register

    return get_register()


def _known_period(register: "Register", period: Period) -> Period:
    if period not in register.calendar_by_period:
        known = ", ".join(str(entry.period) for entry in register.calendar)
        raise typer.BadParameter(f"the plan has no period {period}; it has {known}", param_hint="--period")
    return period


def _engine() -> "Engine":
    """Returns the warehouse's engine, migrated and with the register stored: every command works on a fresh home."""
    from tiendo.status.service import initialise
    from tiendo.warehouse.engine import get_engine

    initialise(get_engine(), _register())
    return get_engine()


def print_json(document: Any) -> None:
    """Prints JSON with decimals exact and instants in ISO 8601."""
    text = simplejson.dumps(
        document, use_decimal=True, ensure_ascii=False, indent=2, default=lambda value: value.isoformat()
    )
    sys.stdout.write(text + "\n")


@app.command()
def run() -> None:
    """Replay the four quarters of 2023 through the real DAGs under a real scheduler, and end."""
    from tiendo.local.demo import build_scenario
    from tiendo.local.replay import run_replay

    raise typer.Exit(run_replay(get_settings(), build_scenario(_register())))


@app.command()
def up() -> None:
    """Run all services in the foreground, with the Airflow UI on port 8080, watching the inbox."""
    from tiendo.local.services import run_up

    raise typer.Exit(run_up(get_settings()))


@app.command()
def init() -> None:
    """Migrate the warehouse, store the register and make the inbox folders. Safe to repeat."""
    from tiendo.collect.folder import make_inboxes

    _engine()
    make_inboxes(get_settings(), _register())


@app.command()
def check(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    agency: Annotated[str, typer.Option(help="The body it comes from; by default the one the workbook names.")] = "",
    period: Annotated[Any, typer.Option("--period", parser=_period, metavar="PERIOD")] = None,
    as_json: Json = False,
) -> None:
    """Read and validate one file as the pipeline would; load nothing. Exit 0 accepted, 1 rejected or quarantined."""
    from tiendo.cli.check import check_file, print_check
    from tiendo.model.outcome import ACCEPTED
    from tiendo.reading.scanner import ScannerError

    register = _register()
    if agency and agency not in register.agency_by_code:
        raise typer.BadParameter(f"the plan has no body {agency!r}", param_hint="--agency")
    try:
        result = check_file(get_settings(), register, _engine(), file, agency=agency, period=period)
    except ScannerError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    print_json(result) if as_json else print_check(result)
    raise typer.Exit(0 if result["verdict"] in (*ACCEPTED, "duplicate") else 1)


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(exists=True, readable=True)],
    as_json: Json = False,
) -> None:
    """Land and settle files, or folders laid out as inbox/, by the pipeline's own batch path; grade what changed."""
    from tiendo.process.workers import warm_up

    warm_up()
    from tiendo.process.ingest import ingest_paths

    result = ingest_paths(get_settings(), _register(), _engine, paths, show_progress=sys.stderr.isatty())
    if as_json:
        print_json(result)
    else:
        for state, number in sorted(result["states"].items()):
            typer.echo(f"{state:24}{number:6}")


@app.command()
def template(
    period: PeriodOption,
    out: Annotated[Path, typer.Option(help="Folder for the workbooks.")],
    agency: Annotated[str, typer.Option(help="One body only.")] = "",
) -> None:
    """Write the workbooks that departments fill in."""
    from tiendo.feedback.template import write_templates
    from tiendo.warehouse.mart import last_values

    register = _register()
    _known_period(register, period)
    if agency and agency not in {body.code for body in register.obliged}:
        raise typer.BadParameter(f"no body {agency!r} owes a report", param_hint="--agency")
    codes = [agency] if agency else None
    for path in write_templates(register, period, out, codes, last_values(_engine(), register, period)):
        typer.echo(path)


@app.command()
def status(
    period: PeriodOption,
    by: Annotated[str, typer.Option(help="Only count, tasks too: by plan, section or agency (the lead body).")] = "",
    as_of: AsOf = "",
    as_json: Json = False,
) -> None:
    """Show what stands where, and why."""
    from tiendo.cli.printing import GROUPINGS, print_rollup, print_status
    from tiendo.warehouse.mart import rollup_rows, status_rows

    register = _register()
    instant = _instant(as_of)
    if by not in ("", *GROUPINGS):
        raise typer.BadParameter(f"must be one of {', '.join(GROUPINGS)}, not {by!r}", param_hint="--by")
    _known_period(register, period)
    if by:
        rows = rollup_rows(_engine(), register, period, by, instant)
        print_json(rows) if as_json else print_rollup(rows)
    else:
        rows = status_rows(_engine(), register, period, instant)
        print_json(rows) if as_json else print_status(register, rows)


@app.command()
def card(
    agency: Annotated[str, typer.Argument(help="Code of the body; by default all.")] = "",
    as_of: AsOf = "",
    as_json: Json = False,
) -> None:
    """Show how punctually and soundly bodies have reported this year: the record card."""
    from tiendo.cli.printing import print_records
    from tiendo.report.record_card import record_rows

    register = _register()
    if agency and agency not in {body.code for body in register.obliged}:
        raise typer.BadParameter(f"no body {agency!r} owes a report", param_hint="AGENCY")
    rows = record_rows(_engine(), register, _instant(as_of), agency)
    print_json(rows) if as_json else print_records(rows)


@app.command()
def explain(indicator: str, period: PeriodOption, as_json: Json = False) -> None:
    """Follow a printed number back to file, sheet, cell, sender and rule version."""
    from tiendo.cli.printing import print_explanation
    from tiendo.warehouse.mart import explanation

    register = _register()
    if indicator not in register.indicator_by_code or not register.indicator_by_code[indicator].is_leaf:
        known = ", ".join(i.code for i in register.indicators if i.is_leaf)
        raise typer.BadParameter(f"no indicator {indicator!r}; known: {known}", param_hint="INDICATOR")
    result = explanation(_engine(), register, indicator, _known_period(register, period))
    print_json(result) if as_json else print_explanation(register, result)


@app.command()
def tracker(
    period: Annotated[Any, typer.Option("--period", parser=_period, metavar="PERIOD")] = None,
    obligation: Annotated[str, typer.Option(help="quarterly-report, or implementation-plan.")] = "quarterly-report",
    as_of: AsOf = "",
    as_json: Json = False,
) -> None:
    """Show who sent, how complete, who is late, who is missing, who was given longer."""
    from tiendo.cli.obligations import owed_of
    from tiendo.cli.printing import print_tracker
    from tiendo.warehouse.mart import tracker_rows

    register = _register()
    owed = owed_of(register, obligation, period)
    instant = _instant(as_of)
    rows = tracker_rows(_engine(), register, owed.period, owed.duty, instant)
    print_json(rows) if as_json else print_tracker(rows, instant)


@app.command()
def ledger(as_json: Json = False) -> None:
    """Show every file and its fate, and whether it adds up."""
    from tiendo.cli.printing import print_ledger
    from tiendo.collect.ledger import ledger_document

    document = ledger_document(_engine())
    print_json(document) if as_json else print_ledger(document)
    raise typer.Exit(0 if document["adds_up"] else 1)


@app.command()
def docs(check: Annotated[bool, typer.Option("--check", help="Only tell whether they are fresh.")] = False) -> None:
    """Write the documents that are made from the system itself, or check them."""
    from tiendo.cli.documents import stale_documents, write_documents

    if not check:
        for path in write_documents():
            typer.echo(path)
    elif stale := stale_documents():
        typer.echo("Stale, run `make docs`: " + ", ".join(path.name for path in stale), err=True)
        raise typer.Exit(1)


@plan_app.command("import")
def plan_import(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    plan: Annotated[
        str, typer.Option(help="Register whose names are known: a folder or name; else the one in force.")
    ] = "",
    table: Annotated[int | None, typer.Option(help="Which table of targets, where the file has several.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for a draft of indicators.csv.")] = None,
    as_json: Json = False,
) -> None:
    """Read an official annex (plan's text, DOCX, XLSX) into rows for a person to confirm."""
    from dataclasses import asdict

    from tiendo.annex.draft import write_draft_rows
    from tiendo.annex.printing import annex_lines
    from tiendo.annex.reading import read_annex
    from tiendo.annex.table import AnnexError

    known = _known_plan(plan, "--plan")
    try:
        annex = read_annex(file, known, table)
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
    writer.writerows(past_figures(_engine(), _register()))


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
    typer.echo(
        f"{register.code}: {sum(i.is_leaf for i in register.indicators)} indicators, {len(register.tasks)} tasks, "
        f"{len(register.obliged)} bodies that report, {len(register.calendar)} periods. No fault found."
    )


def _plan_dir(name: str, option: str) -> Path:
    from tiendo.plan.known import find_plan

    plan_dir = find_plan(name) if name else get_settings().plan_dir
    if plan_dir is None:
        raise typer.BadParameter(f"{name!r} is no folder, and no plan of that name is there", param_hint=option)
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


def _instant(text: str) -> Any:
    from datetime import datetime

    from tiendo.clock import HANOI, now

    if not text:
        return now()
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--as-of") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=HANOI)


add_commands(app, _register, _engine, print_json)


def main() -> None:
    """Entry point of the ``tiendo`` script. A register that must not be used stops every command, with the reasons."""
    from tiendo.plan.register import RegisterError

    try:
        app()
    except RegisterError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
