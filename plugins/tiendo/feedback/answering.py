"""From settled files to answered and moved messages.

An answer is queued once all files of its message have their fate, sent, and only then is the message moved; never
deleted. What died in between is found again: by the queue, by the message's place in the inbox.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from markupsafe import escape
from sqlalchemy import Connection, Engine, Row

from tiendo import clock
from tiendo.collect.imap_mailbox import ATTENTION, ImapInbox
from tiendo.feedback.answer_text import write_answer
from tiendo.feedback.returned import TEMPLATE_NAME
from tiendo.mail.identity import Identity
from tiendo.mail.outgoing import Outgoing, queue
from tiendo.model.plans import Bodies, Plans
from tiendo.model.register import Register
from tiendo.settings import Settings
from tiendo.vietnamese.dates import format_instant
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

OPERATIONS_WORDS = {
    "stranger": "Tệp gửi từ địa chỉ chưa đăng ký đang được tạm giữ; người gửi không được trả lời.",
    "automatic": "Thư tự động có tệp đính kèm; tệp đã được xử lý, người gửi không được trả lời.",
    "bounce": "Có thư của hệ thống không gửi được đến nơi nhận.",
    "unreadable": "Không đọc được thư của một đơn vị; đơn vị đã được đề nghị gửi lại.",
    "too_large": "Thư của một đơn vị vượt quá dung lượng; đơn vị đã được đề nghị gửi lại.",
}
_TOLD_WITH_FILES = ("stranger", "automatic")
log = logging.getLogger(__name__)


def queue_answers(settings: Settings, bodies: Bodies, engine: Engine, identity: Identity) -> int:
    """Queues the answer to every message whose files are all settled; returns how many."""
    total = 0
    while True:
        with loader(engine) as connection:
            messages = connection.execute(statement("mail/messages_to_answer.sql"), {"mailbox": identity.mailbox}).all()
            if not messages:
                return total
            _queue(connection, settings, bodies, identity, messages)
        total += len(messages)


def _queue(
    connection: Connection, settings: Settings, bodies: Bodies, identity: Identity, messages: Sequence[Row[Any]]
) -> None:
    mail_ids = {"mail_ids": [message.mail_id for message in messages]}
    files = _grouped(connection.execute(statement("mail/files_of_messages.sql"), mail_ids).all(), "mail_id")
    left_out = _grouped(connection.execute(statement("mail/parts_left_out.sql"), mail_ids).all(), "mail_id")
    file_ids = {"file_ids": [file.file_id for group in files.values() for file in group]}
    findings = _grouped(connection.execute(statement("mail/findings_of_files.sql"), file_ids).all(), "file_id")
    for message in messages:
        own = files.get(message.mail_id, [])
        receipts = [file.receipt_path for file in own if file.receipt_path]
        marked = _each_template_once([file.marked_path for file in own if file.marked_path])
        answer = write_answer(
            _plan_of(bodies, message, own),
            message,
            own,
            findings,
            left_out.get(message.mail_id, []),
            has_marked=bool(marked),
        )
        queue(
            connection,
            identity,
            Outgoing(
                kind="answer",
                about=f"mail-{message.mail_id}",
                to=message.sender,
                subject=answer.subject,
                text=answer.text,
                html=answer.html,
                attachments=(*receipts, *marked),
                in_reply_to=message.message_id,
                references=(*message.thread_references.split(), message.message_id),
            ),
        )


def _plan_of(bodies: Bodies, message: Row[Any], files: Sequence[Row[Any]]) -> Register:
    """Returns the plan for which a message is answered: the current one of its files, else of its body."""
    codes = [file.plan_code for file in files if file.period]
    of_files = [each for each in bodies.plans if each.code in codes]
    of_body = [each for each in bodies.plans if message.agency_code in each.agency_by_code]
    return Plans(tuple(of_files or of_body or bodies.plans)).current(message.internal_at)


def _each_template_once(paths: Sequence[str]) -> list[str]:
    """Leaves out the same template for a second file: forty scans in one mail are not answered with forty workbooks."""
    return list({path.rpartition(TEMPLATE_NAME)[2] if TEMPLATE_NAME in path else path: path for path in paths}.values())


def _grouped(rows: Sequence[Row[Any]], column: str) -> dict[int, list[Row[Any]]]:
    groups: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, column)].append(row)
    return groups


def move_done(engine: Engine, inbox: ImapInbox, identity: Identity) -> dict[str, int]:
    """Moves every message that is done out of the inbox, and tells operations of those that a person must look at.

    A message that is done and no longer there was moved by a run that died before it could record it.

    Returns:
        How many were moved, by folder.
    """
    parameters = {"mailbox": identity.mailbox, "uid_validity": inbox.uid_validity, "uids": inbox.uids()}
    with loader(engine) as connection:
        done = connection.execute(statement("mail/messages_to_move.sql"), parameters).all()
    counts: dict[str, int] = {}
    by_folder = sorted(done, key=lambda row: (str(row.folder), row.mail_id))
    for folder, group in groupby(by_folder, key=lambda row: str(row.folder)):
        messages = list(group)
        inbox.move([uid for message in messages for uid in message.uids], folder)
        with loader(engine) as connection:
            if folder == ATTENTION:
                _tell_operations(connection, identity, [m for m in messages if m.moved_at is None])
            marked = {"mail_ids": [m.mail_id for m in messages], "folder": folder, "moved_at": clock.now()}
            connection.execute(statement("mail/mark_moved.sql"), marked)
        counts[folder] = len(messages)
    return counts


def _tell_operations(connection: Connection, identity: Identity, messages: Sequence[Row[Any]]) -> None:
    """Tells of messages that hold something a person must decide about: not of every piece of junk.

    One mail about a sender, kind and day: a flood of strange mail must not become a flood of alerts.
    """
    for message in messages:
        log.warning("Mail %s from %s: %s (%s)", message.mail_id, message.sender, message.kind, message.reason)
        what = OPERATIONS_WORDS.get(message.kind)
        if not identity.operations or what is None or (message.kind in _TOLD_WITH_FILES and not message.landed):
            continue
        # A report about mail that we sent is told with that mail, however many reports about it come.
        if message.bounce_of is not None:
            continue
        sender = message.sender or "(không rõ)"
        words = (
            f"{what} Người gửi: {sender}; tiêu đề: “{message.subject}”; nhận lúc "
            f"{format_instant(message.internal_at)}; lý do: {message.reason}. Thư nằm trong thư "
            f"mục {ATTENTION} của hộp thư."
        )
        mail = Outgoing(
            kind="operations",
            about=f"{message.kind} {sender} {message.internal_at:%Y-%m-%d}",
            to=identity.operations,
            subject=f"[Tiendo] {what} ({sender})",
            text=f"{words}\n",
            html=f"<p>{escape(words)}</p>\n",
        )
        queue(connection, identity, mail)
