"""Commands that show what is known: ``tiendo status``, ``card``, ``explain``, ``tracker`` and ``ledger``."""

from typing import Annotated

import typer

from tiendo.cli.common import (
    AnyPeriod,
    AsOf,
    Json,
    PeriodOption,
    PlanOption,
    check_obliged,
    chosen_plan,
    known_period,
    open_plans,
    open_warehouse,
    print_json,
    read_instant,
)
from tiendo.clock import now
from tiendo.settings import get_settings


def status(
    period: PeriodOption,
    by: Annotated[str, typer.Option(help="Only count, tasks too: by plan, section or agency (the lead body).")] = "",
    as_of: AsOf = "",
    plan: PlanOption = "",
    as_json: Json = False,
) -> None:
    """Show what stands where, and why."""
    from tiendo.cli.printing import GROUPINGS, print_rollup, print_status
    from tiendo.warehouse.mart import rollup_rows, status_rows
    from tiendo.warehouse.release import release

    register = chosen_plan(plan, period)
    instant = read_instant(as_of, "--as-of") or now()
    if by not in ("", *GROUPINGS):
        raise typer.BadParameter(f"must be one of {', '.join(GROUPINGS)}, not {by!r}", param_hint="--by")
    known_period(register, period)
    if by:
        rows = rollup_rows(open_warehouse(), register, period, by, instant)
        print_json(rows) if as_json else print_rollup(rows)
    else:
        rows = status_rows(open_warehouse(), register, period, instant)
        print_json(rows) if as_json else print_status(register, rows)
    if not as_json:
        typer.echo(release(register.code, register.sha256))


def card(
    agency: Annotated[str, typer.Argument(help="Code of the body; by default all.")] = "",
    as_of: AsOf = "",
    plan: PlanOption = "",
    as_json: Json = False,
) -> None:
    """Show how punctually and soundly bodies have reported this year: the record card."""
    from tiendo.cli.printing import print_records
    from tiendo.report.record_card import record_rows

    register = chosen_plan(plan)
    check_obliged(register, agency, "AGENCY")
    rows = record_rows(open_warehouse(), register, read_instant(as_of, "--as-of") or now(), agency)
    print_json(rows) if as_json else print_records(register, rows)


def explain(indicator: str, period: PeriodOption, plan: PlanOption = "", as_json: Json = False) -> None:
    """Follow a printed number back to file, sheet, cell, sender and rule version."""
    from tiendo.cli.printing import print_explanation
    from tiendo.warehouse.mart import explanation

    register = chosen_plan(plan, period)
    if indicator not in register.indicator_by_code or not register.indicator_by_code[indicator].is_leaf:
        known = ", ".join(i.code for i in register.indicators if i.is_leaf)
        raise typer.BadParameter(f"no indicator {indicator!r}; known: {known}", param_hint="INDICATOR")
    if indicator not in register.in_force(known_period(register, period)).indicator_by_code:
        raise typer.BadParameter(f"{indicator} is not in the plan for {period}: amendments.csv", param_hint="INDICATOR")
    result = explanation(open_warehouse(), register, indicator, period)
    print_json(result) if as_json else print_explanation(register, result)


def tracker(
    period: AnyPeriod = None,
    obligation: Annotated[str, typer.Option(help="quarterly-report, or implementation-plan.")] = "quarterly-report",
    as_of: AsOf = "",
    plan: PlanOption = "",
    as_json: Json = False,
) -> None:
    """Show who sent, how complete, who is late, who is missing, who was given longer."""
    from tiendo.cli.obligations import owed_of
    from tiendo.cli.printing import print_tracker
    from tiendo.warehouse.mart import tracker_rows

    register = chosen_plan(plan, period)
    owed = owed_of(register, obligation, period)
    instant = read_instant(as_of, "--as-of") or now()
    rows = tracker_rows(open_warehouse(), register, owed.period, owed.duty, instant)
    print_json(rows) if as_json else print_tracker(rows, instant)


def ledger(as_json: Json = False) -> None:
    """Show every file and its fate, and whether it adds up."""
    from tiendo.cli.printing import print_ledger
    from tiendo.collect.ledger import ledger_document

    document = ledger_document(open_warehouse(), get_settings().inbox)
    print_json(document) if as_json else print_ledger(document, tells_plan=len(open_plans()) > 1)
    raise typer.Exit(0 if document["adds_up"] else 1)
