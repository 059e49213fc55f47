"""What the commands share: options, the plans and the warehouse they work on, and how JSON is printed."""

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import simplejson
import typer

from tiendo.clock import HANOI
from tiendo.model.period import Period

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tiendo.model.plans import Bodies, Plans
    from tiendo.model.register import Register

By = Annotated[str, typer.Option(help="Who does it; by default the account, unless that is a service's.")]
AsOf = Annotated[str, typer.Option("--as-of", help="Instant, ISO 8601; by default now.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def parse_period(text: str) -> Period:
    """Reads an option that names a period."""
    try:
        return Period.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


PeriodOption = Annotated[
    Any, typer.Option("--period", parser=parse_period, metavar="PERIOD", help="For example 2023-Q1.")
]
AnyPeriod = Annotated[Any, typer.Option("--period", parser=parse_period, metavar="PERIOD")]
PlanOption = Annotated[
    str, typer.Option("--plan", metavar="CODE", help="The plan, where several in hand leave it open.")
]


def open_plans() -> "Plans":
    """Returns the plans in hand."""
    from tiendo.plan.side_by_side import get_plans

    return get_plans()


def chosen_plan(code: str, period: Period | str | None = None) -> "Register":
    """Returns the plan that a command is about; which of several is meant is not guessed.

    Args:
        code: what ``--plan`` says; "" where it is not given, then the only plan in hand is meant.
        period: where it is known: then also the only one of several under which something is owed for it.

    Raises:
        BadParameter: there is no such plan in hand, or several may be meant.
    """
    from tiendo.model.plans import NotInHandError

    plans = open_plans()
    if code:
        try:
            return plans.of_code(code)
        except NotInHandError as error:
            raise typer.BadParameter(str(error), param_hint="--plan") from error
    if isinstance(period, Period):
        meant: Sequence[Register] = plans.with_period(period)
    else:  # of what is owed once a year
        meant = [each for each in plans if period and period in {owed.period for owed in each.obligations}]
    if len(plans) == 1 or len(meant) == 1:
        return plans.first if len(plans) == 1 else meant[0]
    if period and not meant:
        known = ", ".join(f"{each.periods[0]} to {each.periods[-1]} ({each.code})" for each in plans)
        raise typer.BadParameter(f"no plan in hand has {period}; they have {known}", param_hint="--period")
    raise typer.BadParameter(f"is needed, the plans in hand are {', '.join(plans.by_code)}", param_hint="--plan")


def known_period(register: "Register", period: Period, param_hint: str = "--period") -> Period:
    """Returns a period of the plan; any other is wrong usage."""
    if period not in register.calendar_by_period:
        known = ", ".join(str(entry.period) for entry in register.calendar)
        raise typer.BadParameter(f"the plan has no period {period}; it has {known}", param_hint=param_hint)
    return period


def check_obliged(bodies: "Bodies", agency: str, param_hint: str = "--agency") -> None:
    """Refuses the code of a body that owes no report; "" stands for all."""
    if agency and agency not in {body.code for body in bodies.obliged}:
        raise typer.BadParameter(f"no body {agency!r} owes a report", param_hint=param_hint)


def open_warehouse() -> "Engine":
    """Returns the warehouse's engine, migrated and with the registers stored: every command works on a fresh home."""
    from tiendo.status.service import initialise
    from tiendo.warehouse.engine import get_engine

    for register in open_plans():
        initialise(get_engine(), register)
    return get_engine()


def read_instant(text: str, param_hint: str) -> datetime | None:
    """Reads an instant; one without an offset is in the time of Viet Nam, "" is None."""
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=param_hint) from error
    return instant if instant.tzinfo else instant.replace(tzinfo=HANOI)


def print_json(document: Any) -> None:
    """Prints JSON with decimals exact and instants in ISO 8601."""
    text = simplejson.dumps(
        document, use_decimal=True, ensure_ascii=False, indent=2, default=lambda value: value.isoformat()
    )
    sys.stdout.write(text + "\n")
