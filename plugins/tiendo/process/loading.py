"""Writes a checked batch into the warehouse: submissions, figures, findings, receipts, fates."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from tiendo import clock
from tiendo.feedback.receipt import CountingVersion, Receipt, write_answers
from tiendo.feedback.versions import versions_of
from tiendo.model.content import WorkbookContent
from tiendo.model.outcome import FileOutcome
from tiendo.model.register import Register
from tiendo.obligations.extensions import own_calendars
from tiendo.settings import Settings
from tiendo.warehouse.sql import copy_rows, fetch_frame, statement


class LoadError(RuntimeError):
    """What stands in the warehouse is not what was to be loaded: our own fault, and nothing of the batch is kept."""


@dataclass(frozen=True)
class Settled:
    """One file of the ledger with its fate.

    Attributes:
        content: what was read, of a file with something to mend in it and of an archive.
        returned: the workbook that goes back to its sender, marked; None where none does.
    """

    file: Row[Any]
    outcome: FileOutcome
    duplicate_of: int | None = None
    content: WorkbookContent | None = None
    returned: bytes | None = None


def load(connection: Connection, settings: Settings, register: Register, settled: list[Settled]) -> list[str]:
    """Writes a batch in the caller's transaction, under the load lock, and checks what then stands there.

    Returns:
        The periods touched.

    Raises:
        LoadError: the suite ``warehouse`` found the tables other than intended.
    """
    if not settled:
        return []
    recorded_at = clock.now()
    accepted = [item for item in settled if item.outcome.is_report]
    submissions = _put_submissions(connection, register, accepted, recorded_at)
    submission_ids = {file_id: row.submission_id for file_id, row in submissions.items()}
    _copy_observations(connection, register, accepted, submission_ids, recorded_at)
    _copy_task_progress(connection, register, accepted, submission_ids, recorded_at)
    copy_rows(
        connection,
        "intake/copy_finding.sql",
        [(item.file.file_id, *finding) for item in settled for finding in item.outcome.findings],
    )
    versions = versions_of(
        connection,
        register,
        [
            item.file.file_id
            for item in accepted
            if submissions[item.file.file_id].version > 1 or any(o.is_correction for o in item.outcome.observations)
        ],
    )
    counting = _counting_versions(connection, register, settled)
    calendars = own_calendars(connection, register, {item.outcome.agency for item in settled} - {""})
    answers = write_answers(
        settings,
        register,
        [
            Receipt(
                item.file.receipt_no,
                item.file.name,
                item.file.sha256,
                item.file.sender_agency_code or item.file.sender,
                item.file.received_at,
                item.outcome,
                versions.get(item.file.file_id),
                counting.get(item.outcome.agency, {}),
                item.returned,
                calendars.get(item.outcome.agency),
            )
            for item in settled
        ],
    )
    connection.execute(
        statement("intake/settle_files.sql"),
        {
            "settled_at": recorded_at,
            "plan_code": register.code,
            "file_ids": [item.file.file_id for item in settled],
            "states": [item.outcome.verdict for item in settled],
            "agencies": [item.outcome.agency or item.file.sender_agency_code for item in settled],
            "periods": [item.outcome.period or None for item in settled],
            "duplicates": [item.duplicate_of for item in settled],
            "receipts": [answer.receipt_path for answer in answers],
            "marked": [answer.marked_path for answer in answers],
        },
    )
    _check_loaded(connection, settled)
    touched = {o.period for item in accepted for o in item.outcome.observations}
    return sorted(touched | {item.outcome.period for item in accepted})


def _counting_versions(
    connection: Connection, register: Register, settled: list[Settled]
) -> dict[str, dict[str, CountingVersion]]:
    """The versions that count, this batch's included, by body and period."""
    parameters = {"plan_code": register.code, "agencies": sorted({item.outcome.agency for item in settled} - {""})}
    found: dict[str, dict[str, CountingVersion]] = {}
    for row in connection.execute(statement("intake/counting_versions.sql"), parameters):
        found.setdefault(row.agency_code, {})[row.period] = CountingVersion(row.receipt_no, row.received_at)
    return found


def _put_submissions(
    connection: Connection, register: Register, accepted: list[Settled], recorded_at: datetime
) -> dict[int, Row[Any]]:
    if not accepted:
        return {}
    rows = connection.execute(
        statement("intake/put_submissions.sql"),
        {
            "plan_code": register.code,
            "recorded_at": recorded_at,
            "file_ids": [item.file.file_id for item in accepted],
            "agencies": [item.outcome.agency for item in accepted],
            "periods": [item.outcome.period for item in accepted],
            "received": [item.file.received_at for item in accepted],
        },
    )
    return {row.file_id: row for row in rows}


def _copy_observations(
    connection: Connection,
    register: Register,
    accepted: list[Settled],
    submission_ids: dict[int, int],
    recorded_at: datetime,
) -> None:
    rows = [
        (
            submission_ids[item.file.file_id], register.code, o.indicator, o.period, o.agency, o.basis, o.kind,
            o.answer,
            o.value, o.value_text, o.is_approximate, o.is_illustrative, o.is_correction, o.promised_on, o.data_on,
            o.note, o.explanation, o.sheet, o.cell, item.file.received_at, recorded_at,
        )
        for item in accepted
        for o in item.outcome.observations
    ]  # fmt: skip
    copy_rows(connection, "intake/copy_observation.sql", rows)


def _copy_task_progress(
    connection: Connection,
    register: Register,
    accepted: list[Settled],
    submission_ids: dict[int, int],
    recorded_at: datetime,
) -> None:
    rows = [
        (
            submission_ids[item.file.file_id], register.code, t.task_ref, t.period, t.agency, t.state, t.completion_pct,
            t.result, t.difficulty, t.proposal, t.sheet, t.cell, item.file.received_at, recorded_at,
        )
        for item in accepted
        for t in item.outcome.tasks
    ]  # fmt: skip
    copy_rows(connection, "intake/copy_task_progress.sql", rows)


def _check_loaded(connection: Connection, settled: list[Settled]) -> None:
    from tiendo.validation.own_tables import warehouse_frame
    from tiendo.validation.suites import check_table

    outcomes = {item.file.file_id: item.outcome for item in settled}
    rows = fetch_frame(connection, "validation/warehouse_rows.sql", file_ids=list(outcomes))
    if faults := check_table("warehouse", warehouse_frame(rows, outcomes)):
        raise LoadError("The batch is not loaded as intended:\n" + "\n".join(faults))
