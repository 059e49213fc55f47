"""From what is due to what is written: reminders in the outbox, mail in the queue, an entry for each body and occasion.

Text, mail and entry belong to one transaction. Should we die before it ends, the next run finds nothing entered and
writes the same files once more; should we die after it, the queue still holds the mail.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine

from tiendo import clock
from tiendo.clock import HANOI
from tiendo.durable import write_files
from tiendo.mail.identity import Identity
from tiendo.mail.outgoing import Outgoing, queue
from tiendo.model.occasions import DEPUTY_DIRECTOR, MEETING_LIST
from tiendo.model.outcome import LastReported
from tiendo.model.period import Period
from tiendo.model.register import Duty, Obligation, Register
from tiendo.reminders.occasion import Reminder, due_reminders, is_in_season, is_still_true
from tiendo.reminders.text import overdue_rows, receiver, write_list, write_reminder
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader
from tiendo.warehouse.mart import last_reported
from tiendo.warehouse.sql import statement

REMINDER, LIST = "reminder", "reminder_list"
# One run at a time looks and enters; a second one waits, then finds everything entered.
_LOCK = "select pg_advisory_xact_lock(hashtext('tiendo.reminders'))"
_LIST_NAMES = {DEPUTY_DIRECTOR: "trinh-lanh-dao", MEETING_LIST: "giao-ban"}
_NO_BODY = "dieu-hanh"
Rows = Sequence[Mapping[str, Any]]


class EnteredReminder(NamedTuple):
    """One reminder that was entered, to a body or about it: what ``remind`` returns."""

    agency: str
    period: str
    occasion: str
    path: str
    to_address: str


class _Desk(NamedTuple):
    """What every step of a run works with."""

    settings: Settings
    register: Register
    engine: Engine
    identity: Identity | None
    now: datetime


def remind(settings: Settings, register: Register, engine: Engine, identity: Identity | None) -> list[EnteredReminder]:
    """Reminds everybody of what is due now, and returns the reminders. Repeating it reminds nobody twice.

    Args:
        settings: where the outbox is.
        register: the plan in force.
        engine: the warehouse.
        identity: who we are in mail; None where mail is not configured, then reminders lie in the outbox only.

    Raises:
        WordingError: a template uses what it is not given; nobody was reminded of that obligation.
    """
    entered: list[EnteredReminder] = []
    for owed in _in_season(register, clock.now()):
        with loader(engine) as connection:
            connection.exec_driver_sql(_LOCK)
            desk = _Desk(settings, register, engine, identity, clock.now())
            rows, due = _due(connection, register, owed, desk.now)
            entered += _enter_due(connection, desk, rows, due)
    return entered


def due_now(engine: Engine, register: Register, instant: datetime) -> list[Reminder]:
    """Returns what a run at an instant would enter, without entering it."""
    with loader(engine) as connection:
        return [reminder for owed in register.obligations for reminder in _due(connection, register, owed, instant)[1]]


def reminder_rows(engine: Engine, register: Register, period: str | None = None) -> list[dict[str, Any]]:
    """Returns every reminder, in order, with what became of its mail."""
    with loader(engine) as connection:
        parameters = {"plan_code": register.code, "period": period}
        return [dict(row) for row in connection.execute(statement("reminders/entered.sql"), parameters).mappings()]


def withdraw(connection: Connection, register: Register, now: datetime) -> int:
    """Takes back the reminders that wait to be sent and are no longer true; returns how many."""
    trackers: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}
    stale = []
    for row in connection.execute(statement("reminders/pending.sql"), {"plan_code": register.code}):
        key = (row.obligation, row.period)
        if key not in trackers:
            rows = _tracker(connection, register, row.obligation, row.period, now)
            trackers[key] = {str(found["agency_code"]): found for found in rows}
        found = trackers[key].get(row.agency_code)
        if row.is_overtaken or not is_still_true(row.occasion, row.due_at, found, now):
            stale.append(row.outgoing_id)
    if stale:
        connection.execute(statement("reminders/withdraw.sql"), {"outgoing_ids": stale, "now": now})
    return len(stale)


def _in_season(register: Register, instant: datetime) -> list[Obligation]:
    return [owed for owed in register.obligations if is_in_season(register, owed, instant)]


def _tracker(connection: Connection, register: Register, duty: str, period: str, now: datetime) -> Rows:
    parameters = {"instant": now, "plan_code": register.code, "obligation": duty, "period": period}
    return [dict(row) for row in connection.execute(statement("queries/tracker.sql"), parameters).mappings()]


def _due(connection: Connection, register: Register, owed: Obligation, now: datetime) -> tuple[Rows, list[Reminder]]:
    parameters = {"plan_code": register.code, "obligation": owed.duty, "period": owed.period}
    found = connection.execute(statement("reminders/last_entered.sql"), parameters)
    last_entered = {row.agency_code: row.occasion_at for row in found}
    rows = _tracker(connection, register, owed.duty, owed.period, now)
    return rows, due_reminders(register, owed, rows, last_entered, now)


def _enter_due(connection: Connection, desk: _Desk, rows: Rows, due: Sequence[Reminder]) -> list[EnteredReminder]:
    own = [reminder for reminder in due if not reminder.is_listed]
    entered = _remind_bodies(connection, desk, own) if own else []
    for step in _LIST_NAMES:
        reached = [reminder for reminder in due if reminder.occasion.code == step]
        if reached:
            entered += _report_overdue(connection, desk, rows, step, reached)
    return entered


def _remind_bodies(connection: Connection, desk: _Desk, due: Sequence[Reminder]) -> list[EnteredReminder]:
    from tiendo.feedback.template import build_template

    owed = due[0].owed
    period = Period.parse(owed.period) if owed.duty is Duty.QUARTERLY_REPORT else None
    reported = last_reported(desk.engine, desk.register, period) if period else LastReported()
    entered = []
    for reminder in due:
        agency = reminder.agency
        speaker = desk.register.speaker_on(agency.code, desk.now.astimezone(HANOI).date())
        folder = Path("outbox", speaker.code, owed.period)
        workbook = f"{owed.period}_{agency.code}_{desk.register.code}.xlsx" if period else ""
        mailbox = desk.identity.address if desk.identity else ""
        text = write_reminder(desk.register, reminder, desk.now, mailbox=mailbox, workbook=workbook)
        address = speaker.mail_addresses[0] if desk.identity and speaker.mail_addresses else ""
        of_ended = "" if speaker.code == agency.code else f"-{agency.code}"
        path = folder / f"nhac-{reminder.occasion.at:%Y-%m-%d}{of_ended}_{desk.register.code}.html"
        number = _enter(connection, desk, reminder, path, address)
        if number is None:
            continue
        files = {desk.settings.home / path: text.html.encode()}
        if period:
            files[desk.settings.home / folder / workbook] = build_template(desk.register, period, agency, reported)
        write_files(files)
        if address and desk.identity:
            attachments = (str(folder / workbook),) if workbook else ()
            queue(connection, desk.identity, Outgoing(REMINDER, f"{REMINDER}-{number}", address, *text, attachments))
        entered.append(EnteredReminder(agency.code, owed.period, reminder.occasion.code, str(path), address))
    return entered


def _report_overdue(
    connection: Connection, desk: _Desk, rows: Rows, step: str, reached: Sequence[Reminder]
) -> list[EnteredReminder]:
    """Reports to the next step of the ladder: those that reach it now; to the meeting all that are overdue."""
    owed = reached[0].owed
    codes = {reminder.agency.code for reminder in reached}
    overdue = overdue_rows(rows, desk.now)
    listed = overdue if step == MEETING_LIST else [row for row in overdue if row["agency_code"] in codes]
    parameters = {"plan_code": desk.register.code, "period": owed.period}
    earlier = connection.execute(statement("reminders/entered.sql"), parameters).all()
    reminded = Counter(row.agency_code for row in earlier if row.obligation == owed.duty)
    text = write_list(desk.register, owed, step, rows=listed, reminded=reminded, now=desk.now)
    body = receiver(desk.register)
    day = max(reminder.occasion.at for reminder in reached)
    name = f"{_LIST_NAMES[step]}-{day:%Y-%m-%d}_{desk.register.code}.html"
    path = Path("outbox", body.code if body else _NO_BODY, owed.period, name)
    operations = desk.identity.operations if desk.identity else ""
    address = desk.register.reminders.contacts.get(step, operations) if desk.identity else ""
    entered = [
        EnteredReminder(reminder.agency.code, owed.period, step, str(path), address)
        for reminder in reached
        if _enter(connection, desk, reminder, path, address) is not None
    ]
    if not entered:
        return []
    write_files({desk.settings.home / path: text.html.encode()})
    if address and desk.identity:
        about = f"{step} {owed.duty} {path.stem} {owed.period}"
        queue(connection, desk.identity, Outgoing(LIST, about, address, *text, (str(path),)))
    return entered


def _enter(connection: Connection, desk: _Desk, reminder: Reminder, path: Path, address: str) -> int | None:
    row = connection.execute(
        statement("reminders/put_reminder.sql"),
        {
            "plan_code": desk.register.code,
            "agency_code": reminder.agency.code,
            "obligation": reminder.owed.duty,
            "period": reminder.owed.period,
            "occasion": reminder.occasion.code,
            "due_at": reminder.due_at,
            "occasion_at": reminder.occasion.at,
            "recorded_at": desk.now,
            "path": str(path),
            "to_address": address,
        },
    ).first()
    return None if row is None else int(row.reminder_id)
