"""What a run does with the mailbox, one connection at a time: take what is new; answer and move what is settled."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from tiendo.mail.answering import move_done, queue_answers
from tiendo.mail.collecting import collect
from tiendo.mail.identity import Identity
from tiendo.mail.mailbox import MailboxSettings, open_inbox
from tiendo.mail.outgoing import OpenSmtp, Sent, SmtpDownError, send_pending
from tiendo.plan.model import Register
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

MAIL_LOCK = "select pg_advisory_lock(hashtext('tiendo.mail'))"
MAIL_UNLOCK = "select pg_advisory_unlock(hashtext('tiendo.mail'))"


def collect_mail(
    settings: Settings, register: Register, engine: Engine, mailbox: MailboxSettings, identity: Identity
) -> Counter[str]:
    """Archives, enters and reads every new message, and lands its attachments; returns the messages by kind."""
    with _alone(engine), open_inbox(mailbox) as inbox:
        return collect(settings, register, engine, inbox, identity)


def answer_mail(
    settings: Settings,
    register: Register,
    engine: Engine,
    mailbox: MailboxSettings,
    identity: Identity,
    open_smtp: OpenSmtp,
) -> tuple[Sent, dict[str, int]]:
    """Answers every message whose files are settled, then moves the answered ones out of the inbox.

    Raises:
        SmtpDownError: after what was answered before has been moved.
    """
    with _alone(engine):
        queue_answers(settings, register, engine, identity)
        down: SmtpDownError | None = None
        sent = Sent(0, 0, 0, 0)
        try:
            sent = send_pending(settings, engine, identity, open_smtp)
        except SmtpDownError as error:
            down = error
        with open_inbox(mailbox) as inbox:
            moved = move_done(engine, inbox, identity)
        if down:
            raise down
        # What operations are told was queued only now.
        told = send_pending(settings, engine, identity, open_smtp)
    return Sent(sent.sent + told.sent, told.held, told.failed, sent.given_up + told.given_up), moved


def has_open_mail(engine: Engine, identity: Identity) -> bool:
    """Tells whether a message waits for its answer or its place, or a mail to be sent."""
    with loader(engine) as connection:
        return bool(
            connection.execute(statement("mail/has_open_messages.sql"), {"mailbox": identity.mailbox}).scalar()
        )


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Waits until no other run works on mail: one connection to the mailbox, and nothing is sent twice."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(MAIL_LOCK)
        try:
            yield
        finally:
            connection.exec_driver_sql(MAIL_UNLOCK)
