"""Documents that answer an obligation as they stand: each body's own implementation plan, of any format.

Nothing is read from them; that they came, from whom and when is what counts. The bytes are archived and the file is in
the ledger like any other, accepted at once. ``receive_document`` is the one way in: for the command, and for intake by
folder or mail, which hands over what it recognises as such a document instead of landing it.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine

from tiendo import clock
from tiendo.collect.archive import Archived, store
from tiendo.collect.landing import Arrival, Fate, enter, settle
from tiendo.model.register import Duty, Obligation, Register
from tiendo.obligations.extensions import LONGEST_TEXT, ObligationError, check_body
from tiendo.settings import Settings
from tiendo.warehouse.audit import responsible
from tiendo.warehouse.engine import LOAD_LOCK, loader
from tiendo.warehouse.sql import statement

LARGEST = 100 * 1024 * 1024


class EnteredDocument(NamedTuple):
    """A document in the ledger; ``is_new`` is False for one that had been entered before."""

    receipt_no: str
    sha256: str
    received_at: datetime
    is_new: bool


def receive_document(
    settings: Settings,
    register: Register,
    engine: Engine,
    agency: str,
    owed: Obligation,
    *,
    name: str,
    content: bytes,
    received_at: datetime | None = None,
    channel: str = "command",
    by: str = "",
    note: str = "",
) -> EnteredDocument:
    """Archives a document and records that a body has answered an obligation by it, in one transaction.

    The same bytes from the same body for the same obligation are entered once, however often they come.

    Args:
        settings: where the archive is.
        register: the plan in force.
        engine: the warehouse.
        agency: the body it comes from.
        owed: what it answers; not a quarterly report, which is read and checked.
        name: the file's name as sent.
        content: its bytes, of any format.
        received_at: when it came, where that was before now (the stamp of the document office, the mail's date).
        channel: ``command``, ``folder`` or ``mail``.
        by: who or what enters it; by default the user of the process.
        note: where it was received, if not obvious.

    Raises:
        ObligationError: the body is unknown or owes nothing, the document is empty, too large, or from the future.
        OSError: the archive cannot be written.
    """
    check_body(register, agency)
    now = clock.now()
    came_at = received_at or now
    if owed.duty is Duty.QUARTERLY_REPORT:
        raise ObligationError("a quarterly report is a workbook that is read and checked: use tiendo ingest")
    if not content:
        raise ObligationError(f"{name} is empty")
    if len(content) > LARGEST:
        raise ObligationError(f"{name} is larger than {LARGEST // 1024**2} MiB")
    if came_at > now:
        raise ObligationError(f"received at {came_at.isoformat()} is in the future")
    if len(note) > LONGEST_TEXT:
        raise ObligationError(f"the note may have {LONGEST_TEXT} characters")
    (sha256,) = store(settings.archive, [content])
    archived = Archived(sha256, len(content))
    claim_id = f"{owed.duty}/{register.code}/{owed.period}/{agency}/{sha256}"
    arrival = Arrival(claim_id, name, channel, agency, came_at, archived, agency)
    with loader(engine) as connection:
        connection.exec_driver_sql(LOAD_LOCK)
        recorded_at = clock.now()
        file_ids = enter(connection, register, [arrival], [archived], recorded_at)
        entered = connection.execute(statement("obligations/document_of_claim.sql"), {"claim_id": claim_id}).one()
        for file_id in file_ids:
            key: dict[str, Any] = {"file_id": file_id, "plan_code": register.code, "agency_code": agency}
            connection.execute(
                statement("obligations/put_document.sql"),
                key
                | {
                    "obligation": owed.duty,
                    "period": owed.period,
                    "received_at": came_at,
                    "recorded_at": recorded_at,
                    "recorded_by": responsible(by),
                    "note": note.strip(),
                },
            )
            # Of no period: it speaks of no quarter.
            settle(connection, register, [Fate(file_id, "accepted", agency)], recorded_at)
    return EnteredDocument(entered.receipt_no, sha256, entered.received_at, bool(file_ids))
