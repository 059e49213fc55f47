"""An arrived file is archived and entered in the ledger, once, whatever crashes in between; and has its fate there."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine

from tiendo import clock
from tiendo.collect.archive import Archived, store
from tiendo.model.plans import Bodies
from tiendo.model.register import Agency, Register
from tiendo.settings import Settings
from tiendo.vietnamese.text import ascii_key
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

TRIAL = "kiem-tra"
"""Name of the folder in which a body puts what it only wants checked."""


def asks_for_trial(subject: str) -> bool:
    """Tells whether a mail only asks for a check: its subject begins with "Kiểm tra". "Re: Kiểm tra" is none."""
    return re.match(rf"{TRIAL}(?:-|$)", ascii_key(subject)) is not None


class Arrival(NamedTuple):
    """One file that came in.

    Attributes:
        claim_id: names this arrival for ever; landing the same claim twice enters it once.
        name: as the sender named it; bytes that are no UTF-8 are replaced.
        sender: the inbox folder, mail address or user it came from.
        content: its bytes, or where they are archived already.
        is_trial: its sender only wants it checked.
        agency: of mail, the body whose own address it came from; other channels name the body as the sender.
    """

    claim_id: str
    name: str
    channel: str
    sender: str
    received_at: datetime
    content: bytes | Archived
    agency: str | None = None
    is_trial: bool = False


def land(settings: Settings, bodies: Bodies, engine: Engine, arrivals: Sequence[Arrival]) -> list[int]:
    """Archives arrivals and enters them in the ledger, in one transaction.

    Returns:
        The file ids that are new, in order; a claim landed before is left out.
    """
    if not arrivals:
        return []
    held = [arrival.content for arrival in arrivals if isinstance(arrival.content, bytes)]
    hashes = iter(store(settings.archive, held))
    contents = [
        arrival.content if isinstance(arrival.content, Archived) else Archived(next(hashes), len(arrival.content))
        for arrival in arrivals
    ]
    landed_at = clock.now()
    with loader(engine) as connection:
        return enter(connection, bodies, arrivals, contents, landed_at)


def enter(
    connection: Connection,
    bodies: Bodies,
    arrivals: Sequence[Arrival],
    contents: Sequence[Archived],
    landed_at: datetime,
) -> list[int]:
    """Enters archived arrivals in the ledger, in the caller's transaction; returns as ``land`` does."""
    known = bodies.agency_by_code
    rows = connection.execute(
        statement("intake/put_files.sql"),
        {
            "landed_at": landed_at,
            "claim_ids": [arrival.claim_id for arrival in arrivals],
            "hashes": [content.sha256 for content in contents],
            "sizes": [content.size for content in contents],
            "names": [as_text(arrival.name) for arrival in arrivals],
            "channels": [arrival.channel for arrival in arrivals],
            "senders": [as_text(arrival.sender) for arrival in arrivals],
            "agencies": [_agency(arrival, known) for arrival in arrivals],
            "received": [arrival.received_at for arrival in arrivals],
            "trials": [arrival.is_trial for arrival in arrivals],
        },
    )
    return sorted(rows.scalars())


class Fate(NamedTuple):
    """What becomes of a file of the ledger.

    Attributes:
        state: as in ``intake.submission_file``.
        trial_verdict: of a trial, what it would be as a submission.
        reading_failure: why it could not be read, for operations.
    """

    file_id: int
    state: str
    agency: str | None
    period: str | None = None
    duplicate_of: int | None = None
    receipt_path: str | None = None
    marked_path: str | None = None
    trial_verdict: str | None = None
    reading_failure: str | None = None


def settle(connection: Connection, register: Register, fates: Sequence[Fate], settled_at: datetime) -> None:
    """Gives files their fate, in the caller's transaction."""
    connection.execute(
        statement("intake/settle_files.sql"),
        {
            "settled_at": settled_at,
            "plan_code": register.code,
            "file_ids": [fate.file_id for fate in fates],
            "states": [fate.state for fate in fates],
            "agencies": [fate.agency for fate in fates],
            "periods": [fate.period for fate in fates],
            "duplicates": [fate.duplicate_of for fate in fates],
            "receipts": [fate.receipt_path for fate in fates],
            "marked": [fate.marked_path for fate in fates],
            "trial_verdicts": [fate.trial_verdict for fate in fates],
            "reading_failures": [fate.reading_failure for fate in fates],
        },
    )


def _agency(arrival: Arrival, known: Mapping[str, Agency]) -> str | None:
    """Of mail the register decides whose it is: an address that reads like a body's code is none."""
    if arrival.channel == "mail":
        return arrival.agency
    return arrival.sender if arrival.sender in known else None


def as_text(name: str) -> str:
    """Returns a file's name as text; bytes that are no UTF-8 come from the system as surrogates."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
