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
    put_file = statement("intake/put_file.sql")
    file_ids: list[int] = []
    with loader(engine) as connection:
        for arrival, sha256 in zip(arrivals, hashes, strict=True):
            row = connection.execute(
                put_file,
                {
                    "claim_id": arrival.claim_id,
                    "sha256": sha256,
                    "size_bytes": len(arrival.content),
                    "name": arrival.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
                    "channel": arrival.channel,
                    "sender": arrival.sender,
                    "sender_agency_code": arrival.sender if arrival.sender in register.agency_by_code else None,
                    "received_at": arrival.received_at,
                    "landed_at": landed_at,
                },
            ).first()
            if row is not None:
                file_ids.append(row.file_id)
    return file_ids
