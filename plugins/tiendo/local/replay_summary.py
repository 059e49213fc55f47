"""What became of a replay, quarter by quarter, on the terminal."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from tiendo.clock import HANOI
from tiendo.collect.ledger import ledger_document
from tiendo.local.demo import Scenario
from tiendo.local.waiting import say
from tiendo.model.outcome import ACCEPTED, VERDICTS
from tiendo.model.period import Period
from tiendo.model.register import Duty
from tiendo.settings import Settings
from tiendo.status.names import LABELS
from tiendo.warehouse.engine import make_engine, warehouse_url
from tiendo.warehouse.mart import status_rows, tracker_rows


def print_summary(settings: Settings, scenario: Scenario, then: Iterable[Scenario] = ()) -> bool:
    """Prints, for each quarter replayed, what came, what was refused, late or missing, and how the indicators stand.

    Args:
        then: what was replayed after it; of that only what is of another plan is told, for the rest is in the end.

    Returns:
        Whether the ledger adds up and no file waits.
    """
    engine = make_engine(warehouse_url(settings))
    ledger = ledger_document(engine)
    _print_own_plans(engine, scenario)
    others = [each for each in then if each.register.code != scenario.register.code]
    told = {(one.register.code, step.period): one for one in (scenario, *others) for step in one.steps}
    for (_, period), each in told.items():
        say(f"\n{period!s:8} {'─' * 100}")
        _print_files([file for file in ledger["files"] if not _is_own_plan(file) and _period_of(file) == period])
        _print_senders(tracker_rows(engine, each.register, period))
        _print_indicators(engine, each, period)
        for path in sorted((settings.published / each.register.code / str(period)).glob("*")):
            say(f"  edition {path.name:6}{path}")
    states = ", ".join(f"{number} {state}" for state, number in ledger["states"].items())
    say(f"\n{ledger['received']} files received = {states}.")
    adds_up = bool(ledger["adds_up"]) and "waiting" not in ledger["states"]
    say("The ledger adds up." if adds_up else "THE LEDGER DOES NOT ADD UP.")
    return adds_up


def _print_files(files: Iterable[Mapping[str, Any]]) -> None:
    counts = Counter(file["state"] for file in files)
    states = ", ".join(f"{counts[state]} {state.replace('_', ' ')}" for state in VERDICTS if counts[state])
    say(f"  came          {counts.total()} files: {states}")


def _print_senders(rows: Iterable[Mapping[str, Any]]) -> None:
    late = [f"{row['agency_name']} ({row['days_late']} d)" for row in rows if row["days_late"]]
    missing = [row["agency_name"] for row in rows if row["state"] in ("missing", "rejected")]
    say(f"  late          {', '.join(late) or 'nobody'}")
    say(f"  missing       {', '.join(missing) or 'nobody'}")


def _print_own_plans(engine: Engine, scenario: Scenario) -> None:
    say(f"\n{scenario.register.year!s:8} {'─' * 100}\n  the bodies' own implementation plans, due in February")
    rows = tracker_rows(engine, scenario.register, str(scenario.register.year), Duty.IMPLEMENTATION_PLAN)
    say(f"  received      {sum(row['state'] in ACCEPTED for row in rows)} of {len(rows)}")
    _print_senders(rows)


def _print_indicators(engine: Engine, scenario: Scenario, period: Period) -> None:
    publish_at = scenario.register.calendar_by_period[period].publish_at
    for title, instant in (("in edition 1", publish_at), ("in the end", scenario.last_instant)):
        say(f"  {title:14}{_standing(engine, scenario, period, instant)}")


def _standing(engine: Engine, scenario: Scenario, period: Period, instant: datetime) -> str:
    counts = Counter(row["status"] for row in status_rows(engine, scenario.register, period, instant))
    return ", ".join(f"{label} {counts[status]}" for status, label in LABELS.items() if counts[status])


def _is_own_plan(file: Mapping[str, Any]) -> bool:
    """A document that is accepted and reports on no quarter: told of above the quarters."""
    return file["state"] in ACCEPTED and not file["period"]


def _period_of(file: Mapping[str, Any]) -> Period:
    """The period a file speaks of, or, where it could not be read, the one it came in."""
    if file["period"]:
        return Period.parse(file["period"])
    received: datetime = file["received_at"].astimezone(HANOI)
    return Period(received.year, (received.month + 2) // 3)
