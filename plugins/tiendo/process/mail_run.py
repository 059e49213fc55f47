"""What a run does with the mailbox, one connection at a time: take what is new; answer and move what is settled."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import Engine

from tiendo import clock
from tiendo.collect.imap_mailbox import MailboxDownError, MailboxSettings, open_inbox
from tiendo.collect.mail import collect
from tiendo.feedback.answering import move_done, queue_answers
from tiendo.mail.identity import Identity
from tiendo.mail.incidents import MAILBOX, SMTP, end_outage, note_outage
from tiendo.mail.outgoing import OpenSmtp, Sent, SmtpDownError, send_pending
from tiendo.mail.undeliverable import tell_undeliverable
from tiendo.model.plans import Bodies
from tiendo.reminders.reminding import LIST, REMINDER, withdraw
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement


class Mail(NamedTuple):
    """What it takes to work on mail: the mailbox, who we are, and a way to send."""

    mailbox: MailboxSettings
    identity: Identity
    open_smtp: OpenSmtp


MAIL_LOCK = "select pg_advisory_lock(hashtext('tiendo.mail'))"
MAIL_TRY_LOCK = "select pg_try_advisory_lock(hashtext('tiendo.mail'))"
MAIL_UNLOCK = "select pg_advisory_unlock(hashtext('tiendo.mail'))"


def collect_mail(settings: Settings, bodies: Bodies, engine: Engine, mail: Mail) -> Counter[str]:
    """Archives, enters and reads every new message, and lands its attachments; returns the messages by kind.

    Raises:
        ValueError: the mailbox does not say whom it believes.
    """
    ever = (each for plan in bodies.plans for each in (plan, *(version for _, version in plan.versions)))
    addresses = (address for each in ever for agency in each.agencies for address in agency.mail_addresses)
    mail.mailbox.trust.check({address.rpartition("@")[2] for address in addresses})
    with _reached(engine), _alone(engine), open_inbox(mail.mailbox) as inbox:
        return collect(settings, bodies, engine, inbox, mail.identity, mail.mailbox.trust)


def answer_mail(settings: Settings, bodies: Bodies, engine: Engine, mail: Mail) -> tuple[list[Sent], dict[str, int]]:
    """Answers every message whose files are settled, then moves the answered ones out of the inbox.

    Returns:
        What became of the answers and of what operations are told, and how many messages were moved, by folder.

    Raises:
        SmtpDownError: after what was answered before has been moved.
    """
    with _alone(engine):
        queue_answers(settings, bodies, engine, mail.identity)
        down: SmtpDownError | None = None
        rounds: list[Sent] = []
        try:
            rounds.append(_send(settings, bodies, engine, mail))
        except SmtpDownError as error:
            down = error
        with _reached(engine), open_inbox(mail.mailbox) as inbox:
            moved = move_done(engine, inbox, mail.identity)
        if down:
            raise down
        # Moving queues what operations are told.
        rounds.append(_send(settings, bodies, engine, mail))
    return rounds, moved


def send_mail(settings: Settings, bodies: Bodies, engine: Engine, mail: Mail) -> Sent:
    """Sends what waits in the queue, without a look at the mailbox.

    Raises:
        SmtpDownError: the server could not be reached; what was not sent yet waits.
    """
    with _alone(engine):
        sent = _send(settings, bodies, engine, mail)
        # What was given up just now is told by the next round.
        again = _send(settings, bodies, engine, mail) if sent.given_up else Sent(0, 0, 0, 0)
        return Sent(*map(sum, zip(sent, again, strict=True)))


def _send(settings: Settings, bodies: Bodies, engine: Engine, mail: Mail) -> Sent:
    """Sends what is due and still true, and what is to be told of earlier mail that did not arrive.

    At night and on days off reminders wait, answers do not.
    """
    now = clock.now()
    with loader(engine) as connection:
        for register in bodies.plans:
            withdraw(connection, register, now)
    tell_undeliverable(engine, bodies, mail.identity)
    # Mail of all plans goes out together: the quiet hours of any that is not over are kept.
    going_on = [plan for plan in bodies.plans if not plan.is_over(now)]
    is_quiet = any(plan.reminders.is_quiet(plan.working_days, now) for plan in going_on or bodies.plans)
    quiet_kinds = (REMINDER, LIST) if is_quiet else ()
    try:
        sent = send_pending(settings, engine, mail.identity, mail.open_smtp, quiet_kinds)
    except SmtpDownError as error:
        note_outage(engine, SMTP, str(error))
        raise
    if sent.sent or sent.failed or sent.given_up:
        end_outage(engine, SMTP)
    return sent


def tell_incidents(settings: Settings, bodies: Bodies, engine: Engine, mail: Mail) -> None:
    """Sends what operations are to be told of incidents, with all else that is due; another run at work does so itself.

    Raises:
        SmtpDownError: as ``send_mail``.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.exec_driver_sql(MAIL_TRY_LOCK).scalar():
            return
        try:
            _send(settings, bodies, engine, mail)
        finally:
            connection.exec_driver_sql(MAIL_UNLOCK)


def has_open_mail(engine: Engine, identity: Identity) -> bool:
    """Tells whether a message waits for its answer or its place, or a mail to be sent."""
    with loader(engine) as connection:
        return bool(connection.execute(statement("mail/has_open_messages.sql"), {"mailbox": identity.mailbox}).scalar())


@contextmanager
def _reached(engine: Engine) -> Iterator[None]:
    """Notes whether the mailbox was reached; operations are told when it has not been for a while."""
    try:
        yield
    except MailboxDownError as error:
        note_outage(engine, MAILBOX, str(error))
        raise
    end_outage(engine, MAILBOX)


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Waits until no other run works on mail: one connection to the mailbox, and nothing is sent twice."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(MAIL_LOCK)
        try:
            yield
        finally:
            connection.exec_driver_sql(MAIL_UNLOCK)
