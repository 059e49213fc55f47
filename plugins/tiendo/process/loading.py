"""Writes a checked batch into the warehouse: submissions, figures, findings, what the rules said, receipts, fates."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from tiendo import clock
from tiendo.collect.landing import Fate, settle
from tiendo.feedback.receipt import AnswerPaths, CountingVersion, Receipt, write_answers
from tiendo.feedback.versions import versions_of
from tiendo.model.plans import PlanPeriod
from tiendo.model.register import Register
from tiendo.obligations.extensions import own_calendars
from tiendo.process.steps import Settled
from tiendo.settings import Settings
from tiendo.warehouse.sql import copy_rows, fetch_frame, statement


class LoadError(RuntimeError):
    """What stands in the warehouse is not what was to be loaded: our own fault, and nothing of the batch is kept."""


class _Submission(NamedTuple):
    """An accepted file's place among the versions of its report."""

    file_id: int
    submission_id: int
    version: int


class _Accepted(NamedTuple):
    """An accepted report and its place among the versions."""

    item: Settled
    submission: _Submission

    @property
    def may_change_something(self) -> bool:
        """Whether it tells anything otherwise than a file before it: not the first of its report, or a correction."""
        return self.submission.version > 1 or any(o.is_correction for o in self.item.outcome.observations)


def load(
    connection: Connection, settings: Settings, register: Register, settled: Sequence[Settled]
) -> list[PlanPeriod]:
    """Writes a batch in the caller's transaction, under the load lock, and checks what then stands there.

    Returns:
        The periods touched.

    Raises:
        LoadError: the suite ``warehouse`` found the tables other than intended.
    """
    if not settled:
        return []
    recorded_at = clock.now()
    accepted = _put_submissions(connection, register, settled, recorded_at)
    _copy_observations(connection, register, accepted, recorded_at)
    _copy_task_progress(connection, register, accepted, recorded_at)
    copy_rows(
        connection,
        "intake/copy_finding.sql",
        [(item.file.file_id, *finding) for item in settled for finding in item.outcome.findings],
    )
    answers = _answer(connection, settings, register, settled, accepted)
    _settle_files(connection, register, settled, answers, recorded_at)
    _check_and_keep(connection, register, settled, recorded_at)
    touched = {o.period for item, _ in accepted for o in item.outcome.observations}
    touched |= {item.outcome.period for item, _ in accepted}
    return [PlanPeriod(register.code, period) for period in sorted(touched)]


def _put_submissions(
    connection: Connection, register: Register, settled: Sequence[Settled], recorded_at: datetime
) -> list[_Accepted]:
    reports = [item for item in settled if item.loaded.is_report]
    if not reports:
        return []
    rows = connection.execute(
        statement("intake/put_submissions.sql"),
        {
            "plan_code": register.code,
            "recorded_at": recorded_at,
            "file_ids": [item.file.file_id for item in reports],
            "agencies": [item.outcome.agency for item in reports],
            "periods": [item.outcome.period for item in reports],
            "received": [item.file.received_at for item in reports],
        },
    )
    submissions = {row["file_id"]: _Submission(**row) for row in rows.mappings()}
    return [_Accepted(item, submissions[item.file.file_id]) for item in reports]


def _copy_observations(
    connection: Connection, register: Register, accepted: Sequence[_Accepted], recorded_at: datetime
) -> None:
    rows = [
        (
            submission.submission_id, register.code, o.indicator, o.period, o.agency, o.basis, o.kind, o.answer,
            o.value, o.value_text, o.is_approximate, o.is_illustrative, o.is_correction, o.promised_on, o.data_on,
            o.note, o.explanation, o.sheet, o.cell, item.file.received_at, recorded_at,
        )
        for item, submission in accepted
        for o in item.outcome.observations
    ]  # fmt: skip
    copy_rows(connection, "intake/copy_observation.sql", rows)


def _copy_task_progress(
    connection: Connection, register: Register, accepted: Sequence[_Accepted], recorded_at: datetime
) -> None:
    rows = [
        (
            submission.submission_id, register.code, t.task_ref, t.period, t.agency, t.state, t.completion_pct,
            t.result, t.difficulty, t.proposal, t.sheet, t.cell, item.file.received_at, recorded_at,
        )
        for item, submission in accepted
        for t in item.outcome.tasks
    ]  # fmt: skip
    copy_rows(connection, "intake/copy_task_progress.sql", rows)


def _answer(
    connection: Connection,
    settings: Settings,
    register: Register,
    settled: Sequence[Settled],
    accepted: Sequence[_Accepted],
) -> list[AnswerPaths]:
    """Writes the answers to the senders."""
    changing = [one.item.file.file_id for one in accepted if one.may_change_something]
    versions = versions_of(connection, register, changing)
    counting = _counting_versions(connection, register, settled)
    calendars = own_calendars(connection, register, {item.outcome.agency for item in settled} - {""})
    receipts = [
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
            item.file.is_trial,
        )
        for item in settled
    ]
    return write_answers(settings, register, receipts)


def _counting_versions(
    connection: Connection, register: Register, settled: Sequence[Settled]
) -> dict[str, dict[str, CountingVersion]]:
    """The versions that count, this batch's included, by body and period."""
    parameters = {"plan_code": register.code, "agencies": sorted({item.outcome.agency for item in settled} - {""})}
    found: dict[str, dict[str, CountingVersion]] = {}
    for row in connection.execute(statement("intake/counting_versions.sql"), parameters):
        found.setdefault(row.agency_code, {})[row.period] = CountingVersion(row.receipt_no, row.received_at)
    return found


def _settle_files(
    connection: Connection,
    register: Register,
    settled: Sequence[Settled],
    answers: Sequence[AnswerPaths],
    recorded_at: datetime,
) -> None:
    fates = [
        Fate(
            item.file.file_id,
            item.state,
            item.outcome.agency or item.file.sender_agency_code,
            item.outcome.period or None,
            item.duplicate_of,
            answer.receipt_path,
            answer.marked_path,
            item.outcome.verdict if item.file.is_trial else None,
            item.reading_failure,
        )
        for item, answer in zip(settled, answers, strict=True)
    ]
    settle(connection, register, fates, recorded_at)


def _check_and_keep(
    connection: Connection, register: Register, settled: Sequence[Settled], recorded_at: datetime
) -> None:
    """Checks what has been loaded, and keeps what this and all other runs of rules over the batch have said."""
    from tiendo.validation.kept_results import WAREHOUSE_PART, RunKey, keep_file_checks, keep_runs
    from tiendo.validation.own_tables import warehouse_frame
    from tiendo.validation.suites import check_table

    outcomes = {item.file.file_id: item.loaded for item in settled}
    rows = fetch_frame(connection, "validation/warehouse_rows.sql", file_ids=list(outcomes))
    warehouse = check_table("warehouse", warehouse_frame(rows, outcomes))
    if warehouse.faults:
        raise LoadError("The batch is not loaded as intended:\n" + "\n".join(warehouse.faults))
    batch = settled[0].file.receipt_no
    checked = [item.checked for item in settled if item.checked]
    together = {id(item.together): item.together for item in checked}
    parts = {key: part for part, key in enumerate(together, start=1)}
    loaded = RunKey(batch, WAREHOUSE_PART, register.code, None, recorded_at)
    keep_runs(connection, loaded, [warehouse.run])
    for key, part in parts.items():
        keep_runs(connection, loaded._replace(part=part), together[key].suite_runs)
    keep_file_checks(connection, batch, [(item.file.file_id, parts[id(item.together)], item.check) for item in checked])
