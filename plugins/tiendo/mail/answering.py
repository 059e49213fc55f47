"""From settled files to answered and moved messages.

An answer is queued once all files of its message have their fate, sent, and only then is the message moved; never
deleted. What died in between is found again: by the queue, by the message's place in the inbox.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row

from tiendo import clock
from tiendo.mail.answer_text import write_answer
from tiendo.mail.identity import Identity
from tiendo.mail.mailbox import ATTENTION, Inbox
from tiendo.mail.outgoing import Outgoing, queue
from tiendo.plan.model import Register
from tiendo.settings import Settings
from tiendo.vietnamese.dates import format_instant
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

log = logging.getLogger(__name__)


def queue_answers(settings: Settings, register: Register, engine: Engine, identity: Identity) -> int:
    """Queues the answer to every message whose files are all settled; returns how many."""
    total = 0
    while True:
        with loader(engine) as connection:
            messages = connection.execute(
                statement("mail/messages_to_answer.sql"), {"mailbox": identity.mailbox}
            ).all()
            if not messages:
                return total
            _queue(connection, settings, register, identity, messages)
        total += len(messages)


def _queue(
    connection: Connection, settings: Settings, register: Register, identity: Identity, messages: Sequence[Row[Any]]
) -> None:
    mail_ids = {"mail_ids": [message.mail_id for message in messages]}
    files = _grouped(connection.execute(statement("mail/files_of_messages.sql"), mail_ids).all(), "mail_id")
    left_out = _grouped(connection.execute(statement("mail/parts_left_out.sql"), mail_ids).all(), "mail_id")
    file_ids = {"file_ids": [file.file_id for group in files.values() for file in group]}
    findings = _grouped(connection.execute(statement("mail/findings_of_files.sql"), file_ids).all(), "file_id")
    for message in messages:
        own = files.get(message.mail_id, [])
        receipts = [file.receipt_path for file in own if file.receipt_path]
        marked = [path for file in own for path in marked_copies(settings, file)]
        answer = write_answer(
            register, message, own, findings, left_out.get(message.mail_id, []), has_marked=bool(marked)
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


def marked_copies(settings: Settings, file: Row[Any]) -> list[str]:
    """Returns the files beside a receipt that bear its number: the sender's own workbook with the cells marked."""
    if not file.receipt_path:
        return []
    receipt = Path(file.receipt_path)
    folder = settings.home / receipt.parent
    found = sorted(path.name for path in folder.glob(f"{file.receipt_no}-*") if path.suffix != ".html")
    return [str(receipt.parent / name) for name in found]


def _grouped(rows: Sequence[Row[Any]], column: str) -> dict[int, list[Row[Any]]]:
    groups: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, column)].append(row)
    return groups


def move_done(engine: Engine, inbox: Inbox, identity: Identity) -> dict[str, int]:
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
    """One mail about a sender, kind and day: a flood of strange mail must not become one of ours."""
    for message in messages:
        log.warning("Mail %s from %s to %s: %s (%s)", message.mail_id, message.sender, ATTENTION, message.kind,
                    message.reason)  # fmt: skip
        if not identity.operations or message.kind in ("own", "no_attachment"):
            continue
        received = format_instant(message.internal_at)
        words = (
            f"Thư từ {message.sender or '(không rõ)'}, tiêu đề “{message.subject}”, nhận lúc {received}, đã chuyển vào "
            f"thư mục {ATTENTION}: {message.kind} ({message.reason}). Không có thư trả lời nào được gửi cho địa chỉ này."
        )
        if message.kind in ("submission", "unreadable", "too_large"):
            words = words.rpartition(" Không có")[0] + " Đề nghị kiểm tra việc trả lời đơn vị gửi."
        queue(
            connection,
            identity,
            Outgoing(
                kind="operations",
                about=f"{message.kind} {message.sender} {message.internal_at:%Y-%m-%d}",
                to=identity.operations,
                subject=f"[Tiendo] Thư cần xem: {message.kind} từ {message.sender or '(không rõ)'}",
                text=words + "\n",
                html=f"<p>{_escaped(words)}</p>\n",
            ),
        )


def _escaped(text: str) -> str:
    from markupsafe import escape

    return str(escape(text))
