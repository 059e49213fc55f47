"""Landing: an arrived file is archived and entered in the ledger, once, whatever crashes in between."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine

from tiendo import clock
from tiendo.intake.archive import store
from tiendo.plan.model import Register
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement


class Arrival(NamedTuple):
    """One file that came in.

    Attributes:
        claim_id: names this arrival for ever; landing the same claim twice enters it once.
        name: as the sender named it; bytes that are no UTF-8 are replaced.
        sender: the inbox folder, mail address or user it came from.
    """

    claim_id: str
    name: str
    channel: str
    sender: str
    received_at: datetime
    content: bytes


def land(settings: Settings, register: Register, engine: Engine, arrivals: Sequence[Arrival]) -> list[int]:
    """Archives arrivals and enters them in the ledger, in one transaction.

    Returns:
        The file ids that are new, in order; a claim landed before is left out.
    """
    if not arrivals:
        return []
    hashes = store(settings.archive, (arrival.content for arrival in arrivals))
    landed_at = clock.now()
    known = register.agency_by_code
    with loader(engine) as connection:
        rows = connection.execute(
            statement("intake/put_files.sql"),
            {
                "landed_at": landed_at,
                "claim_ids": [arrival.claim_id for arrival in arrivals],
                "hashes": hashes,
                "sizes": [len(arrival.content) for arrival in arrivals],
                "names": [as_text(arrival.name) for arrival in arrivals],
                "channels": [arrival.channel for arrival in arrivals],
                "senders": [as_text(arrival.sender) for arrival in arrivals],
                "agencies": [arrival.sender if arrival.sender in known else None for arrival in arrivals],
                "received": [arrival.received_at for arrival in arrivals],
            },
        )
        return sorted(rows.scalars())


def as_text(name: str) -> str:
    """Returns a file's name as text; bytes that are no UTF-8 come from the system as surrogates."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
