"""Reads a settled file once more: shows what would differ, and does it as an act of its own, with a reason.

A settled file keeps its fate and its figures for ever. A further reading is a line of its own in the ledger: the same
bytes, received when they were received, a new receipt, and ``requeue_of`` leading to the first. Of two readings of a
file the later counts; against newer files of the body it counts no more than the first reading did.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine

from tiendo import clock
from tiendo.model.content import UNREAD, WorkbookContent
from tiendo.model.outcome import ACCEPTED, FileOutcome, Finding
from tiendo.model.period import Period
from tiendo.model.plans import Bodies, by_code
from tiendo.model.register import Register
from tiendo.process.again import check_again, to_check
from tiendo.process.batch import process
from tiendo.process.steps import LedgerFile
from tiendo.reading.files import read_files
from tiendo.settings import Settings
from tiendo.status.service import refresh
from tiendo.validation.which_plan import by_plan
from tiendo.warehouse import audit
from tiendo.warehouse.engine import LOAD_LOCK, loader
from tiendo.warehouse.sql import statement

Rows = list[dict[str, Any]]


class NotPossibleError(ValueError):
    """The file named cannot be acted upon in this way; the message says why."""


class Entered(NamedTuple):
    """The line of the ledger that a further reading waits as."""

    file_id: int
    receipt_no: str


class ReadingLine(NamedTuple):
    """The line of one reading of a file; of one that waits, what is known after it is None."""

    file_id: int
    receipt_no: str
    state: str | None
    sender_agency_code: str | None
    agency: str | None
    period: str | None
    settled_at: datetime | None
    receipt: str | None


@dataclass(frozen=True)
class ReadingOutcome:
    """What a reading of a file yielded, in the form two are compared in."""

    state: str
    findings: Rows
    observations: Rows
    tasks: Rows

    def as_json(self) -> dict[str, Any]:
        """Returns it as ``tiendo requeue --json`` shows it."""
        return {"state": self.state, "findings": self.findings, "observations": self.observations, "tasks": self.tasks}


@dataclass(frozen=True)
class Rereading:
    """A file of the ledger, its last reading and what today's rules make of it.

    Attributes:
        first: its first line in the ledger.
        agency: the body it is read as a file of, "" where the workbook decides.
        period_before: of its last reading, "" where that told none.
        readings: how many lines of the ledger it has so far.
    """

    first: LedgerFile
    agency: str
    period_before: str
    readings: int
    before: ReadingOutcome
    after: ReadingOutcome
    outcome: FileOutcome

    @cached_property
    def findings_added(self) -> Rows:
        """Findings that only the new reading has."""
        return _missing(self.after.findings, self.before.findings)

    @cached_property
    def findings_removed(self) -> Rows:
        """Findings that only the last reading had."""
        return _missing(self.before.findings, self.after.findings)

    @cached_property
    def values(self) -> Rows:
        """Figures that differ, old and new; null where there is none."""
        return _changes(self.before.observations, self.after.observations, _FIGURE_KEY, _FIGURE_VALUE)

    @cached_property
    def tasks(self) -> Rows:
        """Tasks that differ, old and new."""
        return _changes(self.before.tasks, self.after.tasks, ("task", "period"), ("state", "completion_pct"))

    @property
    def is_different(self) -> bool:
        """Whether a further reading would change anything."""
        has_new_verdict = self.before.state != self.after.state
        return bool(has_new_verdict or self.findings_added or self.findings_removed or self.values or self.tasks)

    @cached_property
    def rules_added(self) -> Rows:
        """Findings at a place where the last reading had none of the rule; another wording of one is none."""
        return _missing(self.after.findings, self.before.findings, _FINDING_KEY)

    @cached_property
    def rules_removed(self) -> Rows:
        """Findings of the last reading whose rule has none at that place any more."""
        return _missing(self.before.findings, self.after.findings, _FINDING_KEY)

    def is_judged_otherwise(self, rule: str = "") -> bool:
        """Whether verdict, findings or figures would be others; of one rule alone, whether its findings would be."""
        judged = [*self.rules_added, *self.rules_removed]
        if rule:
            return any(finding["rule"] == rule for finding in judged)
        return bool(self.before.state != self.after.state or judged or self.values or self.tasks)

    @property
    def keeps_old_figures(self) -> bool:
        """Whether figures loaded once would stay although the file is no longer acceptable: nothing is unlearnt."""
        return self.before.state in ACCEPTED and self.after.state not in ACCEPTED

    def as_json(self) -> dict[str, Any]:
        """Returns the document of ``tiendo requeue --json``."""
        return {
            "receipt": self.first.receipt_no,
            "sha256": self.first.sha256,
            "name": self.first.name,
            "agency": self.outcome.agency or None,
            "period": self.outcome.period or None,
            "received_at": self.first.received_at,
            "before": self.before.as_json(),
            "after": self.after.as_json(),
            "changes": {
                "is_different": self.is_different,
                "verdict": [self.before.state, self.after.state],
                "findings_added": self.findings_added,
                "findings_removed": self.findings_removed,
                "values": self.values,
                "tasks": self.tasks,
                "keeps_old_figures": self.keeps_old_figures,
            },
        }


_FINDING_KEY = ("rule", "severity", "sheet", "cell")
_FIGURE_KEY = ("indicator", "period", "basis")
_FIGURE_VALUE = ("answer", "value", "kind", "state")


def find_file(engine: Engine, subject: str, agency: str = "") -> LedgerFile:
    """Returns the first line in the ledger of the file that a SHA-256 or a receipt number names.

    Raises:
        NotPossibleError: there is none, or several bodies sent these bytes and ``agency`` names none of them.
    """
    with loader(engine) as connection:
        lines = connection.execute(statement("operations/find_files.sql"), {"subject": subject}).mappings()
        found = [LedgerFile(**line) for line in lines]
    if not found:
        raise NotPossibleError(f"the ledger has no file {subject!r}")
    if len(found) > 1:
        found = [row for row in found if row.sender_agency_code == agency] if agency else found
    if len(found) != 1:
        raise NotPossibleError(f"{subject} came several times: name one of them by its receipt number")
    return found[0]


def readings(connection: Connection, file_id: int) -> list[ReadingLine]:
    """Returns the lines of a file's readings in order: of its first line, or of a later one that alone."""
    lines = connection.execute(statement("operations/readings.sql"), {"file_id": file_id}).mappings()
    return [ReadingLine(**line) for line in lines]


def review(settings: Settings, bodies: Bodies, engine: Engine, first: LedgerFile, agency: str = "") -> Rereading:
    """Reads a file by today's rules beside its last reading. Changes nothing.

    Args:
        first: from ``find_file``.
        agency: the body to read it as a file of, where that is not known or not right.

    Raises:
        NotPossibleError: it has not been read at all yet.
        UnreadError: it could not be read now, for a reason of ours.
    """
    return _review(bodies, engine, first, agency, read_files(settings, [first.sha256]))


class PeriodReview(NamedTuple):
    """What today's rules make of the files of a period, and the receipts of those that could not be read now."""

    files: list[Rereading]
    unread: list[str]


def review_period(settings: Settings, register: Register, engine: Engine, period: Period) -> PeriodReview:
    """Reads every settled file of a period by today's rules beside its last reading. Changes nothing.

    Each is held against the figures that stand in the warehouse from before it came: what a preview would change in an
    earlier file is not yet among them. What nobody could tell the period of counts where it can be told now.

    Returns:
        In the order they came; neither repetitions nor trials.
    """
    with loader(engine) as connection:
        parameters = {"plan_code": register.code, "period": str(period)}
        lines = connection.execute(statement("operations/settled_files.sql"), parameters).mappings()
        files = [LedgerFile(**line) for line in lines]
    contents = list(zip(files, read_files(settings, [file.sha256 for file in files]), strict=True))
    read = [_review(register, engine, file, "", [content]) for file, content in contents if content.fault != UNREAD]
    return PeriodReview(
        [one for one in read if str(period) in (one.period_before, one.outcome.period)],
        [file.receipt_no for file, content in contents if content.fault == UNREAD],
    )


def _review(
    bodies: Bodies, engine: Engine, first: LedgerFile, agency: str, contents: Sequence[WorkbookContent]
) -> Rereading:
    with loader(engine) as connection:
        lines = readings(connection, first.file_id)
        settled = [(line, line.state) for line in lines if line.state is not None]
        if not settled:
            raise NotPossibleError(f"{first.receipt_no} waits for its first reading")
        last, state = settled[-1]
        parameters = {"file_id": last.file_id}
        before = ReadingOutcome(
            state,
            *(
                [dict(row) for row in connection.execute(statement(name), parameters).mappings()]
                for name in (
                    "operations/findings.sql",
                    "operations/observations.sql",
                    "operations/task_progress.sql",
                )
            ),
        )
    sender = agency or last.sender_agency_code
    file = first._replace(sender_agency_code=sender)
    read = [to_check(file, content) for content in contents]
    (together,) = (
        check
        for register, files in by_plan(bodies, read, clock.today())
        for check in check_again(register, engine, [(file, each) for _, each in files])
    )
    outcome = together.files[0].outcome
    return Rereading(first, sender or "", last.period or "", len(lines), before, _reading(outcome), outcome)


def enter(engine: Engine, reviewed: Rereading, *, act: str, reason: str, by: str = "") -> Entered:
    """Enters a further reading in the ledger, with its audit row, or neither.

    Returns:
        The new line, which then waits like any file; the one that waits already, where a run before this one did not
        come to its end.

    Raises:
        audit.NobodyError: no person answers for it.
    """
    first, done_by = reviewed.first, audit.responsible(by)
    with loader(engine) as connection:
        connection.exec_driver_sql(LOAD_LOCK)
        lines = readings(connection, first.file_id)
        if lines[-1].state is None:
            return Entered(lines[-1].file_id, lines[-1].receipt_no)
        line = connection.execute(
            statement("operations/put_reading.sql"),
            {
                "claim_id": f"{act}:{first.receipt_no}:{len(lines)}",
                "agency": reviewed.agency or None,
                "landed_at": clock.now(),
                "file_id": first.file_id,
            },
        ).one()
        details = {
            "sha256": first.sha256,
            "name": first.name,
            "receipt": line.receipt_no,
            "agency": reviewed.outcome.agency or None,
            "period": reviewed.outcome.period or None,
            "state_before": reviewed.before.state,
            "state_after": reviewed.after.state,
            "values": reviewed.values,
        }
        audit.record(connection, act=act, subject=first.receipt_no, reason=reason, details=details, done_by=done_by)
    return Entered(line.file_id, line.receipt_no)


def settle(settings: Settings, bodies: Bodies, engine: Engine, entered: Entered) -> dict[str, Any]:
    """Gives an entered reading its fate and grades what changed.

    Returns:
        ``{"receipt", "state", "answer", "periods"}`` of the new line.
    """
    touched = process(settings, bodies, engine, [entered.file_id]).periods
    for plan_code, period in touched:
        refresh(engine, by_code(bodies)[plan_code], Period.parse(period))
    with loader(engine) as connection:
        (line,) = readings(connection, entered.file_id)
    return {
        "receipt": line.receipt_no,
        "state": line.state,
        "answer": line.receipt,
        "periods": [each.period for each in touched],
    }


def _reading(outcome: FileOutcome) -> ReadingOutcome:
    return ReadingOutcome(
        outcome.verdict,
        [finding._asdict() for finding in outcome.findings],
        [
            {name: getattr(o, name) for name in (*_FIGURE_KEY, *_FIGURE_VALUE, "sheet", "cell")}
            for o in outcome.observations
        ],
        [
            {"task": t.task_ref, "period": t.period, "state": t.state, "completion_pct": t.completion_pct}
            for t in outcome.tasks
        ],
    )


def _missing(
    rows: Iterable[dict[str, Any]], others: Iterable[Mapping[str, Any]], key: Sequence[str] = Finding._fields
) -> Rows:
    known = {tuple(other[name] for name in key) for other in others}
    return [row for row in rows if tuple(row[name] for name in key) not in known]


def _changes(before: Rows, after: Rows, key: tuple[str, ...], value: tuple[str, ...]) -> Rows:
    old, new = ({tuple(row[name] for name in key): row for row in rows} for rows in (before, after))
    changes = []
    for place in dict.fromkeys((*old, *new)):
        # Without what is empty text: only an answer in words has a state.
        told = [
            {name: rows[place][name] for name in value if rows[place][name] != ""} if place in rows else None
            for rows in (old, new)
        ]
        if told[0] != told[1]:
            changes.append(dict(zip(key, place, strict=True)) | {"old": told[0], "new": told[1]})
    return changes
