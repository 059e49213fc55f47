"""Registers in the warehouse: each is kept by its hash, and with it what was in force for each period since when.

So any edition can be built again by the register it was graded by, whatever was amended since.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

import simplejson
from sqlalchemy import Connection, Engine

from tiendo import clock
from tiendo.model.period import Period, PeriodKind
from tiendo.model.plans import Bodies
from tiendo.model.register import Indicator, Register
from tiendo.plan.register import register_of
from tiendo.warehouse import migrate
from tiendo.warehouse.sql import statement


class PastError(RuntimeError):
    """The register changes what has passed; the message says what."""


# Statements of the register's tables, with those of the same rows of a version.
_OF_VERSION = {
    "plan/put_agency.sql": "plan/put_version_agency.sql",
    "plan/put_indicator.sql": "plan/put_version_indicator.sql",
    "plan/put_reporter.sql": "plan/put_version_reporter.sql",
    "plan/put_task.sql": "plan/put_version_task.sql",
    "plan/put_task_lead.sql": "plan/put_version_task_lead.sql",
}


class InForce(NamedTuple):
    """The register by which a period was graded, owed and printed, as known at an instant.

    Attributes:
        register: with the amendments that the period follows.
        whole: as loaded, with every version.
        version_id: of core.version.
    """

    register: Register
    whole: Register
    version_id: int


def register_at(connection: Connection, register: Register, period: Period, instant: datetime) -> InForce:
    """Returns the register that was in force for a period as known at an instant.

    Args:
        register: the one in force now; others of its plan are read from the warehouse.

    Raises:
        LookupError: no register of the plan is stored.
    """
    key = {"plan_code": register.code, "period": str(period), "instant": instant}
    row = connection.execute(statement("plan/in_force.sql"), key).first()
    if row is None:
        raise LookupError(f"The warehouse has no register of {register.code} for {period}: run `tiendo init`.")
    found = register if row.register_sha256 == register.sha256 else kept_register(connection, row.register_sha256)
    whole = found or register  # of a register that was replaced before any was kept, today's is the nearest
    return InForce(whole.in_force(period), whole, row.version_id)


def kept_register(connection: Connection, register_sha256: str) -> Register | None:
    """Returns a register by its hash, None where the warehouse has not kept it: it was replaced before any was."""
    files = connection.execute(statement("plan/files.sql"), {"register_sha256": register_sha256}).scalar()
    return None if files is None else _parsed(tuple(sorted(files.items())))


@cache
def _parsed(files: tuple[tuple[str, str], ...]) -> Register:
    return register_of({name: text.encode() for name, text in files})


def store_register(connection: Connection, register: Register) -> bool:
    """Copies the register into schema core, and notes for which periods it is in force from now on.

    Returns:
        Whether anything was written; False when the same register is there already.

    Raises:
        PastError: see ``check_past``.
    """
    if not _is_new(connection, register):
        return False
    check_past(connection, register)
    plan: dict[str, Any] = {"plan_code": register.code}
    for name, rows in _tables(register).items():
        _put(connection, name, plan, rows)
    files = {name: data.decode() for name, data in register.files.items()}
    stored = plan | {"register_sha256": register.sha256, "now": clock.now()}
    connection.execute(statement("plan/put_register.sql"), stored | {"files": simplejson.dumps(files)})
    if not register.versions:
        connection.execute(statement("plan/name_version.sql"), stored | {"version_sha256": register.version_sha256})
    versions = {each.version_sha256: each for _, each in register.versions} or {register.version_sha256: register}
    ids = {sha256: _version_id(connection, each) for sha256, each in versions.items()}
    periods = {str(entry.period): register.in_force(entry.period) for entry in register.calendar}
    periods |= {owed.period: register.in_force_for(owed) for owed in register.obligations}
    connection.execute(
        statement("plan/put_in_force.sql"),
        stored
        | {
            "periods": list(periods),
            "version_ids": [ids[version.version_sha256] for version in periods.values()],
            "days": [_days(register, period) for period in periods],
        },
    )
    return True


def planned(engine: Engine | None, bodies: Bodies) -> list[str]:
    """Returns what ``migrate`` and ``store_register`` would do now, a line each; changes nothing.

    Args:
        engine: None where there is no warehouse yet.

    Raises:
        SchemaError: ``migrate`` would refuse; a ``mart`` that changes otherwise than by adding it finds itself alone.
        PastError: ``store_register`` would refuse.
    """
    told = {
        each.code: f"register {each.code} {each.sha256[:12]} is stored, and every period it changes is graded anew"
        for each in bodies.plans
    }
    if engine is None:
        return [*migrate.first_plan(), *told.values()]
    lines = migrate.planned(engine)
    with engine.connect() as connection:
        if connection.exec_driver_sql("select to_regclass('core.register')").scalar() is None:
            return [*lines, *told.values()]
        new = [each for each in bodies.plans if _is_new(connection, each)]
        for register in new:
            check_past(connection, register)
    return [*lines, *(told[register.code] for register in new)]


def _is_new(connection: Connection, register: Register) -> bool:
    key = {"plan_code": register.code, "register_sha256": register.sha256}
    return not connection.execute(statement("plan/is_stored.sql"), key).scalar()


def _version_id(connection: Connection, version: Register) -> int:
    """Returns the id of a version, stored when it is new."""
    key = {"plan_code": version.code, "version_sha256": version.version_sha256}
    known = connection.execute(statement("plan/version_id.sql"), key).scalar()
    if known is not None:
        return int(known)
    version_id = int(connection.execute(statement("plan/put_version.sql"), key).scalar_one())
    tables = _tables(version)
    for name, of_version in _OF_VERSION.items():
        _put(connection, of_version, {"version_id": version_id}, tables[name])
    return version_id


def _put(connection: Connection, name: str, key: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    """Stores rows by one statement: of a thousand bodies, tens of thousands say who reports and who leads what."""
    told = simplejson.dumps(rows, use_decimal=True, default=_iso, ensure_ascii=False)
    connection.execute(statement(name), key | {"rows": told})


def _iso(value: object) -> str:
    if isinstance(value, date):  # an instant is one, too
        return value.isoformat()
    raise TypeError(f"{value!r} is nothing that a register's table holds")


def _tables(register: Register) -> dict[str, list[dict[str, Any]]]:
    """Returns the rows for the tables of schema core, by statement; of who owes what, whoever ever did."""
    ever = [each for _, each in register.versions] or [register]
    return {
        "plan/put_plan.sql": [
            {
                "title": register.title,
                "province": register.province,
                "year": register.year,
                "last_year": register.years[-1],
                "rule_version": register.rule_version,
                "register_sha256": register.sha256,
                "loaded_at": clock.now(),
            }
        ],
        "plan/put_agency.sql": [
            {
                "agency_code": agency.code,
                "name": agency.name,
                "short_name": agency.short_name,
                "kind": agency.kind,
                "is_obliged": agency.is_obliged,
                "row_order": agency.row_order,
            }
            for agency in register.agencies
        ],
        "plan/put_indicator.sql": [_indicator(indicator) for indicator in register.indicators],
        "plan/put_task.sql": [
            {
                "task_ref": task.ref,
                "row_order": task.row_order,
                "section_ref": task.section_ref,
                "section_title": task.section_title,
                "title": task.title,
                "is_collective": task.is_collective,
                "due_on": task.due_on,
            }
            for task in register.tasks
        ],
        "plan/put_reporter.sql": list(
            {
                (indicator.code, agency): {"indicator_code": indicator.code, "agency_code": agency, "precedence": place}
                for each in ever
                for indicator in each.indicators
                if indicator.is_leaf
                for place, agency in enumerate(indicator.reporters, start=1)
            }.values()
        ),
        "plan/put_task_lead.sql": [
            {"task_ref": ref, "agency_code": agency}
            for ref, agency in dict.fromkeys(
                (task.ref, agency) for each in ever for task in each.tasks for agency in task.lead_agencies
            )
        ],
        "plan/put_period.sql": [
            {
                "period": str(entry.period),
                "cut_off_on": entry.cut_off_on,
                "due_at": entry.due_at,
                "publish_at": entry.publish_at,
                "closing_at": entry.closing_at,
            }
            for entry in register.calendar
        ],
        "plan/put_obligation.sql": [
            {"obligation": owed.duty, "period": owed.period, "due_at": owed.due_at, "closing_at": owed.closing_at}
            for owed in register.obligations
        ],
    }


def _indicator(indicator: Indicator) -> dict[str, Any]:
    return {
        "indicator_code": indicator.code,
        "row_order": indicator.row_order,
        "row_kind": indicator.row_kind,
        "section_no": indicator.section_no,
        "section_title": indicator.section_title,
        "printed_no": indicator.printed_no,
        "name": indicator.name,
        "label": indicator.label,
        "unit_code": indicator.unit.code if indicator.unit else None,
        "unit": indicator.unit.label if indicator.unit else "",
        "target_text": indicator.target_text,
        "comparator": indicator.comparator,
        "target_low": indicator.low,
        "target_high": indicator.high,
        "direction": indicator.direction,
        "nature": indicator.nature,
        "decision": indicator.decision,
        "published_in": list(indicator.published_in),
    }


def _days(register: Register, period: str) -> str:
    """Returns a hash of the days that a period's editions print: its own, and when the next report is due."""
    entries = {str(entry.period): entry for entry in register.calendar}
    entry = entries.get(period)
    following = entries.get(str(entry.period.following)) if entry else None
    written = str(entry)
    if entry and entry.period.kind is PeriodKind.QUARTER:
        # As releases wrote it that knew of quarters alone: what they stored has not changed.
        before = f"Period(year={entry.period.year}, quarter={entry.period.number})"
        written = written.replace(repr(entry.period), before)
    days = [written, str(following.due_at if following else None)]
    return hashlib.sha256("\n".join(days).encode()).hexdigest()


def check_past(connection: Connection, register: Register) -> None:
    """Refuses a register that changes what has passed: who was on time stays so, and how a closed period was graded.

    Raises:
        PastError: with all that would change.
    """
    parameters = {"plan_code": register.code, "now": clock.now()}
    periods = [str(period) for period in register.periods]
    others = connection.execute(statement("plan/other_periods.sql"), parameters | {"periods": periods}).scalars().all()
    if others:
        raise PastError(
            f"The warehouse knows plan {register.code} by {', '.join(others)}; the register has {periods[0]} to "
            f"{periods[-1]}. By which periods a plan is reported does not change once it is stored: give it a code "
            "of its own."
        )
    faults = []
    for row in connection.execute(statement("plan/past_days.sql"), parameters):
        entry = register.calendar_by_period.get(Period.parse(row.period))
        if entry is None or getattr(entry, row.name) != row.instant:
            faults.append(f"{row.period}, {row.name}: {row.instant.isoformat()} is past")
    if faults:
        raise PastError(
            "plan.yaml moves days of the calendar that have passed; a change takes effect from a day to come "
            "(calendar.changes), a body's own due day is an extension: " + "; ".join(faults)
        )
    before = kept_register(
        connection, connection.execute(statement("plan/get_plan_sha256.sql"), parameters).scalar() or ""
    )
    if before is None:
        return
    for row in connection.execute(statement("plan/closed_periods.sql"), parameters):
        period = Period.parse(row.period)
        faults += [f"{period}, {what}" for what in _undocumented(before, register, period)]
    if faults:
        raise PastError(
            "The register changes what holds for periods that are closed or published. Leave the tables, and the rows "
            "of amendments.csv that were in force, as they were, and add rows with a document (docs/amendments.md): "
            + "; ".join(faults)
        )


def _undocumented(stored: Register, register: Register, period: Period) -> Iterator[str]:
    """Yields what differs in a period's grades and duties and no new amendment with a document says."""
    before, now = stored.in_force(period), register.in_force(period)
    cut_off_on = register.calendar_by_period[period].cut_off_on
    known, told = ({replace(a, before="") for a in each.amendments} for each in (stored, register))
    for gone in sorted(known - told, key=attrgetter("from_on", "subject", "code", "column")):
        if gone.from_on <= cut_off_on:
            what = " ".join(filter(None, (gone.subject, gone.code, gone.change, gone.column)))
            yield f"{what} from {gone.from_on} on is no longer in amendments.csv as it was"
    if before.version_sha256 == now.version_sha256:
        return
    said = [each for each in told - known if each.document and each.from_on <= cut_off_on]
    of_row = {(each.subject, each.code) for each in said}
    bodies = {code for each in said if each.subject == "agency" for code in (each.code, *each.value.split(";"))}
    if before.thresholds != now.thresholds:
        yield "plan.yaml: thresholds"
    was, held = _grounds(before), _grounds(now)
    for key in sorted(was.keys() | held.keys()):
        (owed_by, grounds), (owed_now, grounds_now) = was.get(key, _NOTHING), held.get(key, _NOTHING)
        is_handed_over = not (set(owed_by) ^ set(owed_now)) - bodies
        if key not in of_row and not (grounds == grounds_now and is_handed_over):
            yield " ".join(key)


_NOTHING: tuple[tuple[str, ...], Any] = ((), None)


def _grounds(register: Register) -> dict[tuple[str, str], tuple[tuple[str, ...], Any]]:
    """Returns of each row who owes it, and what it is graded by: all but its words."""
    grounds: dict[tuple[str, str], tuple[tuple[str, ...], Any]] = {
        ("agency", agency.code): ((agency.code,) if agency.is_obliged else (), None) for agency in register.agencies
    }
    for i in register.indicators:
        target = (i.unit, i.comparator, i.low, i.high, i.direction, i.nature, i.published_in, i.baseline, i.profile)
        own = (*target, i.tolerance, i.row_kind, i.parent_code, i.states, i.sum_of)
        grounds["indicator", i.code] = i.reporters, own
    for task in register.tasks:
        grounds["task", task.ref] = task.lead_agencies, (task.due_on, task.is_collective)
    return grounds
