"""What is red or dead: operations are told of each incident by mail once, and once when it is well again.

A look says what is wrong now; the warehouse says what was wrong before and who was told. So neither a look that is
repeated nor a crash between two of them tells anything twice, and what nobody could be told stays open to be told.
"""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from markupsafe import escape
from sqlalchemy import Connection, Engine

from tiendo import clock
from tiendo.mail.headers import one_line
from tiendo.mail.identity import Identity
from tiendo.mail.incident_words import bad_mail, well_mail
from tiendo.mail.outgoing import Outgoing, queue
from tiendo.mail.undeliverable import OPERATIONS
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

MAILBOX, SMTP, FOLDERS = "mailbox", "smtp", "folders"
# What could not be reached may be a restart of somebody else's server.
REACH_PATIENCE = timedelta(minutes=15)
PATIENCE = timedelta(minutes=3)
# What is red and green by turns is one incident until it has stayed well for so long.
WELL_FOR = timedelta(minutes=15)
log = logging.getLogger(__name__)


class Problem(NamedTuple):
    """Something that a look finds wrong.

    Attributes:
        subject: a kind of ``incident_words`` and, after a space, which one: ``component scheduler``.
        detail: one line, what is known of the cause.
        since: when it began; None where nobody knows better than the look that first sees it.
        page: the address of the page that shows it.
    """

    subject: str
    detail: str
    since: datetime | None = None
    page: str = ""


class Incident(NamedTuple):
    """A problem from the look that first saw it until it has stayed well; see ``intake.incident``."""

    incident_id: int
    subject: str
    since: datetime
    detail: str
    told_at: datetime | None = None
    well_since: datetime | None = None
    closed_at: datetime | None = None


def note_outage(engine: Engine, subject: str, detail: str) -> None:
    """Notes that a task could not reach something (``MAILBOX``, ``SMTP``, ``FOLDERS``)."""
    with loader(engine) as connection:
        parameters = {"subject": subject, "since": clock.now(), "detail": one_line(detail, 500)}
        connection.execute(statement("operations/note_outage.sql"), parameters)


def end_outage(engine: Engine, subject: str) -> None:
    """Notes that a task has reached it."""
    with loader(engine) as connection:
        connection.execute(statement("operations/end_outage.sql"), {"subject": subject})


def outages(connection: Connection) -> list[Problem]:
    """Returns what could not be reached when it was last tried."""
    rows = connection.execute(statement("operations/outages.sql"))
    return [Problem(row.subject, row.detail, row.since) for row in rows]


def judge(incident: Incident, problem: Problem | None, now: datetime, *, can_tell: bool) -> tuple[Incident, bool]:
    """Says what a look makes of an open incident, and whether operations are told of the change.

    Args:
        problem: as the look sees it, None when it is well.
        can_tell: whether there is an address of operations. What could not be told is told once there is one.
    """
    if problem:
        is_due = incident.told_at is None and now - incident.since >= patience(incident.subject)
        told_at = now if is_due and can_tell else incident.told_at
        return incident._replace(detail=problem.detail, told_at=told_at, well_since=None), is_due and can_tell
    well_since = incident.well_since or now
    if incident.told_at is None:
        return incident._replace(well_since=well_since, closed_at=now), False
    is_over = now - well_since >= WELL_FOR
    return incident._replace(well_since=well_since, closed_at=now if is_over else None), is_over and can_tell


def patience(subject: str) -> timedelta:
    """Returns how long something must be wrong before it is told."""
    return REACH_PATIENCE if subject in (MAILBOX, SMTP, FOLDERS) else PATIENCE


def take_note(
    engine: Engine, identity: Identity | None, problems: Sequence[Problem], unseen: Collection[str] = ()
) -> None:
    """Opens and closes incidents by what a look has found, and queues what operations are told of it.

    Args:
        engine: the warehouse.
        identity: who writes to whom; None when no mail is configured.
        problems: all that is wrong now.
        unseen: kinds of problems that could not be looked for: what is not found of them is not well for that.
    """
    now = clock.now()
    found = {problem.subject: problem for problem in problems}
    with loader(engine) as connection:
        connection.exec_driver_sql("select pg_advisory_xact_lock(hashtext('tiendo.incidents'))")
        known = {incident.subject: incident for incident in _open(connection)}
        for subject, problem in found.items():
            if subject not in known:
                begun = {"subject": subject, "since": problem.since or now, "detail": problem.detail}
                number = connection.execute(statement("operations/begin_incident.sql"), begun).scalar_one()
                known[subject] = Incident(number, **begun)  # type: ignore[arg-type]
                log.warning("Not well: %s since %s: %s", subject, begun["since"], problem.detail)
        for before in known.values():
            if before.subject not in found and before.subject.partition(" ")[0] in unseen:
                continue
            can_tell = identity is not None and bool(identity.operations)
            after, is_told = judge(before, found.get(before.subject), now, can_tell=can_tell)
            if after != before:
                connection.execute(statement("operations/change_incident.sql"), after._asdict())
            if after.closed_at:
                log.warning("Well again: %s, since %s", after.subject, after.well_since)
            if is_told and identity:
                _queue(connection, identity, after, found.get(after.subject))
                log.warning("Operations are told by mail: %s", after.subject)


def _queue(connection: Connection, identity: Identity, incident: Incident, problem: Problem | None) -> None:
    about = f"incident-{incident.incident_id}"
    if problem:
        subject, words = bad_mail(incident.subject, incident.since, problem.detail, problem.page)
    else:
        about = f"{about}-well"
        subject, words = well_mail(incident.subject, incident.since, incident.well_since or clock.now())
    html = "\n".join(f"<p>{escape(line)}</p>" for line in words.splitlines() if line)
    queue(connection, identity, Outgoing(OPERATIONS, about, identity.operations, subject, words, f"{html}\n"))


def is_mail_due(engine: Engine) -> bool:
    """Tells whether a mail about an incident waits to be sent now."""
    with loader(engine) as connection:
        return bool(connection.execute(statement("operations/incident_mail_is_due.sql"), {"now": clock.now()}).scalar())


def incident_rows(engine: Engine) -> list[dict[str, Any]]:
    """Returns the open incidents for ``tiendo health``, the oldest first; ``sent_at``: when the mail about it left."""
    with loader(engine) as connection:
        return [dict(row) for row in connection.execute(statement("operations/open_incidents.sql")).mappings()]


def _open(connection: Connection) -> list[Incident]:
    rows = connection.execute(statement("operations/open_incidents.sql"))
    return [Incident(r.incident_id, r.subject, r.since, r.detail, r.told_at, r.well_since) for r in rows]
