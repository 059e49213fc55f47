"""From the mailbox to the ledger: every message is archived and entered, then read, then its attachments are landed.

Each step is repeated until the next one is recorded, and repeating it enters nothing twice: a message is known by its
bytes and the instant the server received it, an attachment by its message and its place in it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Engine, Row

from tiendo import clock
from tiendo.collect.archive import archived_path, store
from tiendo.collect.authentication import MailTrust
from tiendo.collect.imap_mailbox import BATCH_BYTES, BATCH_MESSAGES, Fetched, ImapInbox
from tiendo.collect.landing import Arrival, asks_for_trial, land
from tiendo.collect.message import MailContent, read_message
from tiendo.collect.message_kind import Sorted, sort_message
from tiendo.mail.headers import one_line
from tiendo.mail.identity import Identity
from tiendo.model.plans import Bodies
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

_Read = tuple[Row[Any], MailContent, Sorted]


def collect(  # noqa: PLR0917
    settings: Settings, bodies: Bodies, engine: Engine, inbox: ImapInbox, identity: Identity, trust: MailTrust
) -> Counter[str]:
    """Takes what is new in the inbox, and what an earlier run entered and did not read.

    Returns:
        How many messages were read, by kind.
    """
    enter_new(settings, engine, inbox, identity.mailbox)
    return read_entered(settings, bodies, engine, identity, trust)


def enter_new(settings: Settings, engine: Engine, inbox: ImapInbox, mailbox: str) -> None:
    """Archives and enters every message of the inbox whose number is not known."""
    parameters = {"mailbox": mailbox, "uid_validity": inbox.uid_validity}
    with loader(engine) as connection:
        known = set(connection.execute(statement("mail/known_uids.sql"), parameters).scalars())
    for batch in inbox.fetch([uid for uid in inbox.uids() if uid not in known]):
        _enter(settings, engine, parameters, batch)


def _enter(settings: Settings, engine: Engine, parameters: dict[str, Any], batch: Sequence[Fetched]) -> None:
    hashes = store(settings.archive, (message.content for message in batch))
    with loader(engine) as connection:
        connection.execute(
            statement("mail/put_messages.sql"),
            parameters
            | {
                "entered_at": clock.now(),
                "uids": [message.uid for message in batch],
                "hashes": hashes,
                "sizes": [message.size for message in batch],
                "instants": [message.internal_at for message in batch],
                "whole": [message.is_whole for message in batch],
            },
        )


def read_entered(
    settings: Settings, bodies: Bodies, engine: Engine, identity: Identity, trust: MailTrust
) -> Counter[str]:
    """Reads every message that was entered and not read, lands its attachments, and records what it was."""
    with loader(engine) as connection:
        unread = connection.execute(statement("mail/unread_messages.sql"), {"mailbox": identity.mailbox}).all()
    kinds: Counter[str] = Counter()
    for batch in _batches(unread):
        contents = [
            read_message(
                archived_path(settings.archive, row.sha256).read_bytes(),
                is_whole=row.is_whole,
                trust=trust,
            )
            for row in batch
        ]
        own_ids = _own_ids(engine, contents)
        read = [
            # Whose an address is, is asked of the day on which the message came.
            (
                row,
                content,
                sort_message(
                    content,
                    bodies.in_force_on(row.internal_at.astimezone(clock.HANOI).date()),
                    identity.address,
                    own_ids,
                ),
            )
            for row, content in zip(batch, contents, strict=True)
        ]
        land(settings, bodies, engine, [arrival for item in read for arrival in _arrivals(*item)])
        _record(engine, read)
        kinds.update(decision.kind for _, _, decision in read)
    return kinds


def _batches(rows: Sequence[Row[Any]]) -> Iterator[list[Row[Any]]]:
    batch: list[Row[Any]] = []
    for row in rows:
        size = sum(item.size_bytes for item in batch) + row.size_bytes
        if batch and (len(batch) == BATCH_MESSAGES or size > BATCH_BYTES):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _own_ids(engine: Engine, contents: Sequence[MailContent]) -> frozenset[str]:
    """Returns which of these messages' ids are of mail that we sent."""
    message_ids = [content.message_id for content in contents if content.message_id]
    with loader(engine) as connection:
        return frozenset(connection.execute(statement("mail/own_ids.sql"), {"message_ids": message_ids}).scalars())


def _claim(mail_id: int, part: str) -> str:
    return f"mail-{mail_id}-{part}"


def _arrivals(row: Row[Any], content: MailContent, decision: Sorted) -> list[Arrival]:
    if not decision.takes_parts:
        return []
    return [
        Arrival(
            claim_id=_claim(row.mail_id, part.part),
            name=part.name,
            channel="mail",
            sender=content.sender or "(không rõ)",
            received_at=row.internal_at,
            content=part.content,
            agency=decision.agency,
            is_trial=asks_for_trial(content.subject),
        )
        for part in content.parts
        if part.fate == "landed"
    ]


def _record(engine: Engine, read: Sequence[_Read]) -> None:
    parts = [
        (row.mail_id, part, part.fate if part.fate != "landed" or decision.takes_parts else "not_taken")
        for row, content, decision in read
        for part in content.parts
    ]
    with loader(engine) as connection:
        connection.execute(
            statement("mail/put_parts.sql"),
            {
                "mail_ids": [mail_id for mail_id, _, _ in parts],
                "parts": [part.part for _, part, _ in parts],
                "claim_ids": [_claim(mail_id, p.part) if fate == "landed" else None for mail_id, p, fate in parts],
                "names": [part.name for _, part, _ in parts],
                "content_types": [one_line(part.content_type) for _, part, _ in parts],
                "sizes": [len(part.content) for _, part, _ in parts],
                "fates": [fate for _, _, fate in parts],
            },
        )
        for row, content, decision in read:
            if decision.kind == "bounce" and content.bounced_ids:
                parameters = {"mail_id": row.mail_id, "message_ids": list(content.bounced_ids)}
                parameters["is_final"] = content.is_final_bounce
                connection.execute(statement("mail/mark_bounced.sql"), parameters)
        connection.execute(
            statement("mail/mark_read.sql"),
            {
                "read_at": clock.now(),
                "mail_ids": [row.mail_id for row, _, _ in read],
                "kinds": [decision.kind for _, _, decision in read],
                "reasons": [one_line(decision.reason, 500) for _, _, decision in read],
                "senders": [content.sender for _, content, _ in read],
                "agencies": [decision.agency for _, _, decision in read],
                "subjects": [content.subject for _, content, _ in read],
                "message_ids": [content.message_id for _, content, _ in read],
                "references": [" ".join(content.references) for _, content, _ in read],
                "authentications": [one_line(content.authentication, 1000) for _, content, _ in read],
                "answered": [decision.is_answered for _, _, decision in read],
            },
        )
