"""Mail that goes out: queued in the transaction that gives the reason for it, sent afterwards, recorded both times.

A mail has its Message-ID from the moment it is queued. Should we die between the server's "accepted" and our record of
it, the mail is sent once more under the same id, by which any mail program knows it for the same.
"""

import hashlib
import smtplib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr, make_msgid
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Row

from tiendo import clock
from tiendo.mail.headers import is_address, message_ids, one_line
from tiendo.mail.identity import Identity
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

OpenSmtp = Callable[[], AbstractContextManager[smtplib.SMTP]]
# The usual patience of mail servers; what could not be delivered by then is a person's affair.
PATIENCE = timedelta(days=5)
LONGEST_PAUSE = timedelta(hours=1)
LARGEST_MAIL = 20 << 20
_SUBTYPES = {
    ".docx": "vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pdf": "pdf",
    ".xlsx": "vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_POLICY = compat32.clone(linesep="\r\n")


class SmtpDownError(ConnectionError):
    """Mail cannot be handed over: the server is out of reach, or refuses us and not one recipient."""


class Outgoing(NamedTuple):
    """One mail to be sent.

    Attributes:
        kind, about: why it is sent (``answer``, ``mail-17``); said once to an address and never again.
        attachments: paths relative to the home folder; one that is gone when the mail is sent is left out.
        in_reply_to, references: message ids; with them the mail is an answer and stands in its thread.
    """

    kind: str
    about: str
    to: str
    subject: str
    text: str
    html: str
    attachments: tuple[str, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()


class Sent(NamedTuple):
    """What a round of sending came to: handed over, waiting for the next hour, to be tried again, given up."""

    sent: int
    held: int
    failed: int
    given_up: int


def queue(connection: Connection, identity: Identity, mail: Outgoing) -> None:
    """Queues a mail in the caller's transaction; one about the same thing to the same address is queued once.

    Raises:
        ValueError: the recipient is no mail address.
    """
    if not is_address(mail.to):
        raise ValueError(f"{mail.to!r} is no mail address")
    domain = identity.address.rpartition("@")[2]
    digest = hashlib.sha256("\0".join((identity.address, mail.kind, mail.about, mail.to)).encode()).hexdigest()
    connection.execute(
        statement("mail/queue_mail.sql"),
        {
            "message_id": f"<tiendo.{digest[:40]}@{domain}>",
            "kind": mail.kind,
            "about": mail.about,
            "to_address": mail.to,
            "subject": one_line(mail.subject),
            "in_reply_to": " ".join(message_ids(mail.in_reply_to)),
            "thread_references": " ".join(message_ids(" ".join(mail.references))),
            "text_body": mail.text.replace("\x00", ""),
            "html_body": mail.html.replace("\x00", ""),
            "attachments": list(mail.attachments),
            "created_at": clock.now(),
        },
    )


def send_at_once(open_smtp: OpenSmtp, sender: str, to: str, subject: str, text: str) -> None:
    """Sends a plain mail past the queue: an alert, whose reason may be that the warehouse is out of reach.

    Raises:
        SmtpDownError: the server could not be reached.
    """
    mail = MIMEText(text, "plain", "utf-8", policy=_POLICY)
    mail["From"], mail["To"] = sender, to
    mail["Subject"] = Header(subject, "utf-8", header_name="Subject").encode(linesep="\n")
    mail["Date"] = format_datetime(datetime.now(clock.HANOI))  # of the server that waits, not of a year replayed
    mail["Message-ID"] = make_msgid(domain=sender.partition("@")[2])
    mail["Auto-Submitted"], mail["X-Loop"] = "auto-generated", sender
    with open_smtp() as smtp:
        smtp.sendmail(sender, [to], mail.as_bytes())


def send_pending(
    settings: Settings, engine: Engine, identity: Identity, open_smtp: OpenSmtp, quiet_kinds: Sequence[str] = ()
) -> Sent:
    """Sends what is due, oldest first. What exceeds an address's share of the hour waits for the next round.

    Args:
        settings: where attachments are.
        engine: the warehouse.
        identity: who we are.
        open_smtp: the way to send.
        quiet_kinds: of mail that waits too, the hour being a quiet one.

    Raises:
        SmtpDownError: the server could not be reached; what was not sent yet waits.
    """
    now = clock.now()
    parameters: dict[str, Any] = {
        "now": now,
        "hour_ago": now - timedelta(hours=1),
        "per_hour": identity.answers_per_hour,
    }
    parameters["quiet_kinds"] = list(quiet_kinds)
    with loader(engine) as connection:
        rows = connection.execute(statement("mail/due_mail.sql"), parameters).all()
    due = [row for row in rows if not row.is_held]
    counts = {"sent": 0, "held": len(rows) - len(due), "failed": 0, "given_up": 0}
    if due:
        with open_smtp() as smtp:
            for row in due:
                counts[_send(settings, engine, identity, smtp, row)] += 1
    return Sent(**counts)


def _send(settings: Settings, engine: Engine, identity: Identity, smtp: smtplib.SMTP, row: Row[Any]) -> str:
    now = clock.now()
    pause = min(LONGEST_PAUSE, timedelta(minutes=2 ** min(row.attempts, 10)))
    with loader(engine) as connection:
        parameters = {"outgoing_id": row.outgoing_id, "next_attempt_at": now + pause}
        if not connection.execute(statement("mail/begin_attempt.sql"), parameters).rowcount:
            return "held"
    outcome, error = "sent", ""
    try:
        smtp.sendmail(identity.address, [row.to_address], compose(settings, identity, row))
    except smtplib.SMTPRecipientsRefused as refused:
        code, said = refused.recipients[row.to_address]
        outcome, error = _refusal(code, said, row.created_at, now)
    except smtplib.SMTPDataError as refused:
        outcome, error = _refusal(refused.smtp_code, refused.smtp_error, row.created_at, now)
    except (smtplib.SMTPException, OSError) as down:
        _record(engine, row.outgoing_id, "failed", f"{type(down).__name__}: {down}")
        raise SmtpDownError(f"{type(down).__name__}: {down}") from down
    _record(engine, row.outgoing_id, outcome, error)
    return outcome


def _refusal(code: int, said: bytes | str, created_at: datetime, now: datetime) -> tuple[str, str]:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    is_final = code >= 500 or now - created_at > PATIENCE
    return "given_up" if is_final else "failed", f"{code} {words}"


def _record(engine: Engine, outgoing_id: int, outcome: str, error: str) -> None:
    now = clock.now()
    with loader(engine) as connection:
        connection.execute(
            statement("mail/end_attempt.sql"),
            {
                "outgoing_id": outgoing_id,
                "sent_at": now if outcome == "sent" else None,
                "given_up_at": now if outcome == "given_up" else None,
                "last_error": one_line(error, 500),
            },
        )


def compose(settings: Settings, identity: Identity, row: Row[Any]) -> bytes:
    """Returns a queued mail as it goes over the wire.

    It says that a machine wrote it (RFC 3834), so that no other machine answers it, and bears our address as a mark by
    which we know it when it comes back.
    """
    message = MIMEMultipart("mixed", policy=_POLICY)
    message["From"] = formataddr((one_line(identity.name), identity.address))
    message["To"] = row.to_address
    message["Subject"] = Header(one_line(row.subject), "utf-8", header_name="Subject").encode(linesep="\n")
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = row.message_id
    if row.in_reply_to:
        message["In-Reply-To"] = row.in_reply_to
    if row.thread_references:
        message["References"] = row.thread_references
    message["Auto-Submitted"] = "auto-replied" if row.in_reply_to or row.kind == "answer" else "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["X-Loop"] = identity.address
    words = MIMEMultipart("alternative")
    words.attach(MIMEText(row.text_body, "plain", "utf-8"))
    words.attach(MIMEText(row.html_body, "html", "utf-8"))
    message.attach(words)
    room = LARGEST_MAIL * 3 // 4 - len(row.text_body) - len(row.html_body)
    for path in row.attachments:
        file = settings.home / path
        # Receipts stand first; of what does not fit, the text says where it lies.
        if file.is_file() and file.stat().st_size <= room:
            content = file.read_bytes()
            room -= len(content)
            message.attach(_attachment(PurePosixPath(path).name, content))
    return message.as_bytes()


def _attachment(name: str, content: bytes) -> MIMEText | MIMEApplication:
    part: MIMEText | MIMEApplication
    if name.endswith(".html"):
        part = MIMEText(content.decode("utf-8"), "html", "utf-8")
    else:
        part = MIMEApplication(content, _SUBTYPES.get(PurePosixPath(name).suffix, "octet-stream"))
    part.add_header("Content-Disposition", "attachment", filename=name)
    return part
