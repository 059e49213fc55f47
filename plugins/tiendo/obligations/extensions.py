"""Extensions and exemptions granted by an official letter: entered by hand, append-only, the last entry counts.

A period's report that is extended has a later due day for one body; a body that is exempt (được miễn) or has nothing
to report (không phát sinh) owes nothing for it. What an entry says holds from the instant it was recorded, so the
tracker of an earlier instant does not know of it.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine

from tiendo import clock
from tiendo.model.period import Period
from tiendo.model.register import Duty, Obligation, PeriodCalendar, Register
from tiendo.model.working_days import last_day_before, midnight
from tiendo.warehouse.audit import responsible
from tiendo.warehouse.engine import LOAD_LOCK, loader
from tiendo.warehouse.sql import statement

LONGEST_TEXT = 500


class ObligationError(ValueError):
    """An entry that cannot be right; the message says why. Nothing was recorded."""


class Kind(StrEnum):
    """What a letter says."""

    EXTENDED = "extended"
    EXEMPT = "exempt"
    NOTHING_TO_REPORT = "nothing_to_report"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Letter:
    """The official letter an entry rests on."""

    number: str
    dated: date
    note: str = ""


def grant(
    engine: Engine, register: Register, agency: str, owed: Obligation, *, until: date, letter: Letter, by: str = ""
) -> int:
    """Gives a body until the end of a day; a later entry replaces an earlier one.

    Returns:
        The number of the entry.

    Raises:
        ObligationError: the body is unknown or owes nothing, the day is not after the general one or after the
            period's closing, or the letter has no number or comes from the future.
    """
    last_day, closing_on = last_day_before(owed.due_at), last_day_before(owed.closing_at)
    if until <= last_day:
        raise ObligationError(f"{until} is no extension: {owed.period} is due until {last_day} in any case")
    if until > closing_on:
        raise ObligationError(f"{until} is after {owed.period} closes, {closing_on}")
    due_at = midnight(until + timedelta(days=1))
    return _record(engine, register, agency, owed, kind=Kind.EXTENDED, letter=letter, due_at=due_at, by=by)


def excuse(
    engine: Engine, register: Register, agency: str, owed: Obligation, *, kind: Kind, letter: Letter, by: str = ""
) -> int:
    """Records that a body is exempt, or has nothing to report.

    Raises:
        ObligationError: as ``grant``; or a body that reports figures is said to have nothing to report.
    """
    if kind is Kind.NOTHING_TO_REPORT:
        if owed.duty is not Duty.QUARTERLY_REPORT:
            raise ObligationError("Only a quarterly report can have nothing to report")
        period = Period.parse(owed.period)
        figures = [i.code for i in register.in_force(period).indicators_of(agency) if period.number in i.published_in]
        if figures:
            raise ObligationError(
                f"{agency} reports {len(figures)} indicators in {owed.period} ({', '.join(figures[:3])} ...): it "
                "always has something to report. A body may be exempt"
            )
    return _record(engine, register, agency, owed, kind=kind, letter=letter, due_at=None, by=by)


def revoke(engine: Engine, register: Register, agency: str, owed: Obligation, *, letter: Letter, by: str = "") -> int:
    """Records that what was entered last no longer holds: the general due day is back in force.

    Raises:
        ObligationError: as ``grant``; or nothing is in force.
    """
    return _record(engine, register, agency, owed, kind=Kind.REVOKED, letter=letter, due_at=None, by=by)


def extensions(engine: Engine, register: Register) -> list[dict[str, Any]]:
    """Returns every entry in the order entered, with ``is_in_force``."""
    with loader(engine) as connection:
        rows = connection.execute(statement("obligations/extensions.sql"), {"plan_code": register.code})
        return [dict(row) for row in rows.mappings()]


def due_at(connection: Connection, register: Register, agency: str, owed: Obligation) -> datetime:
    """Returns the instant before which a body owes something, by the entries known now."""
    row = connection.execute(statement("obligations/last_extension.sql"), _key(register, agency, owed)).first()
    return row.due_at if row is not None and row.kind == Kind.EXTENDED else owed.due_at


def own_calendars(
    connection: Connection, register: Register, agencies: Collection[str]
) -> dict[str, tuple[PeriodCalendar, ...]]:
    """Returns the calendar of each body: its own due days, without the periods for which it owes no report."""
    parameters = {"plan_code": register.code, "agencies": sorted(agencies)}
    said = {
        (row.agency_code, row.period): row
        for row in connection.execute(statement("obligations/in_force.sql"), parameters)
        if row.kind != Kind.REVOKED
    }
    calendars: dict[str, tuple[PeriodCalendar, ...]] = dict.fromkeys(agencies, register.calendar)
    for agency in {agency for agency, _ in said}:
        letters = [(entry, said.get((agency, str(entry.period)))) for entry in register.calendar]
        calendars[agency] = tuple(
            replace(entry, due_at=letter.due_at) if letter else entry
            for entry, letter in letters
            if letter is None or letter.kind == Kind.EXTENDED
        )
    return calendars


def find_obligation(register: Register, duty: Duty, period: str) -> Obligation:
    """Returns what is owed for a period.

    Raises:
        ObligationError: nothing of the kind is owed then.
    """
    known = [owed for owed in register.obligations if owed.duty is duty]
    for owed in known:
        if owed.period == period:
            return owed
    periods = ", ".join(owed.period for owed in known) or "none"
    raise ObligationError(f"the plan has no {duty.replace('_', ' ')} for {period}; it has {periods}")


def check_body(register: Register, agency: str) -> None:
    """Makes sure that a body owes something.

    Raises:
        ObligationError: it is unknown, or owes no report.
    """
    if agency not in register.agency_by_code:
        raise ObligationError(f"the plan has no body {agency!r}")
    if not register.agency_by_code[agency].is_obliged:
        raise ObligationError(f"{agency} owes nothing under the plan")


def _record(
    engine: Engine,
    register: Register,
    agency: str,
    owed: Obligation,
    *,
    kind: Kind,
    letter: Letter,
    due_at: datetime | None,
    by: str,
) -> int:
    check_body(register, agency)
    _check_letter(letter)
    with loader(engine) as connection:
        # The instant is read under the lock, so that a draft taken meanwhile knows the entry or comes before it.
        connection.exec_driver_sql(LOAD_LOCK)
        key = _key(register, agency, owed)
        last = connection.execute(statement("obligations/last_extension.sql"), key).first()
        if kind is Kind.REVOKED and (last is None or last.kind == Kind.REVOKED):
            raise ObligationError(f"nothing is in force for {agency} and {owed.period} that could be revoked")
        if last is not None and (last.kind, last.due_at, last.letter_no, last.letter_on) == (
            kind, due_at, letter.number.strip(), letter.dated,
        ):  # fmt: skip
            raise ObligationError(f"the same is in force for {agency} and {owed.period} already")
        entry = key | {
            "kind": kind,
            "due_at": due_at,
            "letter_no": letter.number.strip(),
            "letter_on": letter.dated,
            "note": letter.note.strip(),
            "recorded_at": clock.now(),
            "recorded_by": responsible(by),
        }
        return int(connection.execute(statement("obligations/put_extension.sql"), entry).scalar_one())


def _check_letter(letter: Letter) -> None:
    if not letter.number.strip():
        raise ObligationError("the number of the letter is empty")
    if max(len(letter.number), len(letter.note)) > LONGEST_TEXT:
        raise ObligationError(f"the letter's number and the note may have {LONGEST_TEXT} characters each")
    if letter.dated > clock.today():
        raise ObligationError(f"the letter is dated {letter.dated}, a day to come")


def _key(register: Register, agency: str, owed: Obligation) -> dict[str, Any]:
    return {
        "plan_code": register.code,
        "agency_code": agency,
        "obligation": owed.duty,
        "period": owed.period,
    }
