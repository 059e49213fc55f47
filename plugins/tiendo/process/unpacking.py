"""Each workbook in a zip archive is a file of the ledger of its own.

The archive has one fate too: it is accepted, as what it is, when a workbook was in it, and its answer names them all.
What is in it is decided in the reading process; here only members that it named are taken out.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Engine

from tiendo.collect.archive import archived_path
from tiendo.collect.landing import Arrival, land
from tiendo.model.content import PackedFile
from tiendo.model.outcome import ACCEPTED
from tiendo.model.plans import Bodies
from tiendo.process.steps import LedgerFile, Settled
from tiendo.reading.packed import take_out
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

ARCHIVE_RULE = "file-archive"


class UnpackedFile(NamedTuple):
    """A line of the ledger for a file that was in an archive."""

    file_id: int
    receipt_no: str
    name: str


def unpack(
    settings: Settings, bodies: Bodies, engine: Engine, settled: Sequence[Settled]
) -> tuple[list[Settled], list[int]]:
    """Lands what the archives among files hold, and adds the receipt numbers to the archives' answers.

    Landing the same archive twice enters its files once.

    Returns:
        The same files in order, and the ids of those that were in archives.
    """
    archives = [item for item in settled if _is_archive(item)]
    if not archives:
        return list(settled), []
    told: dict[int, str] = {}
    file_ids: list[int] = []
    for item in archives:
        content = item.content
        assert content  # noqa: S101  (of an archive it is kept)
        rows = _land(settings, bodies, engine, item.file, content.packed)
        file_ids += [row.file_id for row in rows]
        receipts = "; ".join(f"{row.name} (phiếu {row.receipt_no})" for row in rows)
        left = content.fault_detail.partition(" · ")[2]
        told[item.file.file_id] = f"{receipts} · {left}" if left else receipts
    return [_answered(item, told.get(item.file.file_id)) for item in settled], file_ids


def _is_archive(item: Settled) -> bool:
    return item.outcome.verdict in ACCEPTED and any(f.rule == ARCHIVE_RULE for f in item.outcome.findings)


def _land(
    settings: Settings, bodies: Bodies, engine: Engine, file: LedgerFile, packed: Sequence[PackedFile]
) -> list[UnpackedFile]:
    data = archived_path(settings.archive, file.sha256).read_bytes()
    arrivals = [
        Arrival(
            f"{file.claim_id}!{number}",
            member.name,
            file.channel,
            file.sender,
            file.received_at,
            content,
            file.sender_agency_code,
            is_trial=file.is_trial,
        )
        for number, (member, content) in enumerate(zip(packed, take_out(data, packed), strict=True), start=1)
    ]
    land(settings, bodies, engine, arrivals)
    with loader(engine) as connection:
        parameters = {"claim_ids": [arrival.claim_id for arrival in arrivals]}
        lines = connection.execute(statement("intake/files_of_claims.sql"), parameters).mappings()
        return [UnpackedFile(**line) for line in lines]


def _answered(item: Settled, told: str | None) -> Settled:
    if told is None:
        return item
    findings = tuple(f._replace(found=told) if f.rule == ARCHIVE_RULE else f for f in item.outcome.findings)
    return replace(item, outcome=item.outcome._replace(findings=findings))
