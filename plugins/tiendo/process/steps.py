"""The steps of a file from waiting to settled, what is known of it after each, and what becomes of a batch."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Engine

from tiendo.model.content import UnreadError, WorkbookContent
from tiendo.model.outcome import ACCEPTED, FileOutcome
from tiendo.model.plans import PlanPeriod
from tiendo.model.register import Register
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiendo.feedback.returned import ReturnedWorkbook
    from tiendo.validation.check import BatchCheck, FileCheck

REFUSED = ("rejected", "quarantined")
# What these say is that a file was not read; the same bytes sent again are no repetition of anything.
READER_BUG = "file-reader-bug"
NOT_READ = ("file-reader-failed", READER_BUG)


class LedgerFile(NamedTuple):
    """A file as it came: what its line of the ledger says beside its fate.

    Attributes:
        requeue_of: the first line of a file that is read once more; None of one that has just come.
        plan_code: of one that is read once more, the plan whose period it spoke of when it was read first.
        is_trial: its sender only wants it checked; it is answered, and nothing else comes of it.
    """

    file_id: int
    claim_id: str
    receipt_no: str
    sha256: str
    name: str
    channel: str
    sender: str
    sender_agency_code: str | None
    received_at: datetime
    landed_at: datetime
    requeue_of: int | None
    is_trial: bool = False
    plan_code: str | None = None

    @property
    def stranger(self) -> str:
        """The address it came from by mail, when that is not its body's own: its hidden sheet is not believed then."""
        return self.sender if self.channel == "mail" and not self.sender_agency_code else ""


class EarlierFile(NamedTuple):
    """A settled file of the same bytes from the same body; ``counting_receipt_no``: of the later one that counts."""

    file_id: int
    receipt_no: str
    received_at: datetime
    state: str
    agency_code: str | None
    period: str | None
    counting_receipt_no: str | None
    plan_code: str | None

    @property
    def is_looked_at_anew(self) -> bool:
        """Whether a repetition of it is checked all the same.

        What was refused may be right now: the figures it was held against may have been corrected since. An archive is
        opened anew too: what became of the files in it is told by each of them.
        """
        return self.state in REFUSED or (self.state in ACCEPTED and self.period is None)


@dataclass(frozen=True)
class Repeated:
    """A waiting file and the first of its kind: settled already, or of the same batch."""

    file: LedgerFile
    first: EarlierFile | LedgerFile

    @property
    def is_looked_at_anew(self) -> bool:
        """Whether it is read and checked, and a repetition only if it is refused again."""
        return isinstance(self.first, EarlierFile) and self.first.is_looked_at_anew


@dataclass(frozen=True)
class Waiting:
    """The files of a batch by what is done with them: read and checked as new, as entered once more, or set aside."""

    fresh: list[LedgerFile]
    again: list[LedgerFile]
    repeated: list[Repeated]


@dataclass(frozen=True)
class Read:
    """A file and what was read in it."""

    file: LedgerFile
    content: WorkbookContent


@dataclass(frozen=True)
class Checked:
    """A file that was read and checked.

    Attributes:
        register: of its plan.
        content: of a file with something to mend in it and of an archive.
        check: its own part of what the rules said.
        together: the whole of it; one and the same object for files that were checked together.
    """

    register: Register
    file: LedgerFile
    content: WorkbookContent | None
    check: "FileCheck"
    together: "BatchCheck"

    @property
    def outcome(self) -> FileOutcome:
        """What it comes to for its sender and the warehouse."""
        return self.check.outcome


@dataclass(frozen=True)
class Settled:
    """A file with its fate.

    Attributes:
        register: of the plan under which it is entered.
        checked: None of a repetition that was not looked at.
        content: as of ``Checked``.
        returned: the workbook that goes back to its sender; None where none does.
    """

    register: Register
    file: LedgerFile
    outcome: FileOutcome
    duplicate_of: int | None = None
    checked: Checked | None = None
    content: WorkbookContent | None = None
    returned: "ReturnedWorkbook | None" = None

    @property
    def state(self) -> str:
        """Its state in the ledger."""
        return "trial" if self.file.is_trial else self.outcome.verdict

    @property
    def loaded(self) -> FileOutcome:
        """What of it goes into the warehouse: of a trial nothing, whatever the rules say."""
        return self.outcome._replace(period="", observations=(), tasks=()) if self.file.is_trial else self.outcome

    @property
    def bodies(self) -> tuple[str | None, str]:
        """Whose file it is: by the way it came, and by what it says."""
        return self.file.sender_agency_code, self.outcome.agency

    @property
    def was_not_read(self) -> bool:
        """Whether its fate is that it was not read, by our fault."""
        return any(finding.rule in NOT_READ for finding in self.outcome.findings)

    @property
    def reading_failure(self) -> str | None:
        """Why it could not be read, for operations: which fault, and what readers, limits or the system said."""
        if self.content is None or not self.content.fault or self.content.packed:
            return None
        told = f"{self.content.fault}: {self.content.fault_detail}".rstrip(": ")
        return told.encode("utf-8", "replace").decode().replace("\0", " ")

    @property
    def is_of_a_bug(self) -> bool:
        """Whether our own reader failed on it."""
        return any(finding.rule == READER_BUG for finding in self.outcome.findings)


def find_waiting(engine: Engine, file_ids: "Sequence[int]") -> Waiting:
    """Returns those of a batch's files that have no fate yet."""
    parameters = {"file_ids": list(file_ids)}
    with loader(engine) as connection:
        lines = connection.execute(statement("intake/files_to_settle.sql"), parameters).mappings()
        files = [LedgerFile(**line) for line in lines]
        rows = connection.execute(statement("intake/earlier_same.sql"), parameters | {"not_read": list(NOT_READ)})
        earlier = {waiting_id: EarlierFile(*told) for waiting_id, *told in rows}
    fresh: dict[tuple[str, str], LedgerFile] = {}
    repeated: list[Repeated] = []
    for file in files:
        if file.requeue_of is not None or file.is_trial:
            continue
        key = (file.sha256, file.sender_agency_code or file.sender)
        first = earlier.get(file.file_id) or fresh.get(key)
        if first is None:
            fresh[key] = file
        else:
            repeated.append(Repeated(file, first))
    trials = [file for file in files if file.is_trial and file.requeue_of is None]
    return Waiting([*fresh.values(), *trials], [file for file in files if file.requeue_of is not None], repeated)


class ReaderBugError(RuntimeError):
    """Our own reader failed on a file: it waits in quarantine for the repair, then ``tiendo requeue`` reads it."""


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch.

    Attributes:
        states: how many files have which.
        periods: those whose figures changed.
        bugs: errors of our own reader, each with its file.
        unread: files that still wait, for a reason of ours that may pass, each with the reason.
    """

    states: dict[str, int]
    periods: list[PlanPeriod]
    bugs: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    def or_raise(self) -> "BatchResult":
        """Returns itself, unless files were not read by our fault. All others of the batch have their fate.

        Raises:
            ReaderBugError: our own reader failed; naming files and errors.
            UnreadError: files wait to be read again.
        """
        if self.bugs:  # first: the next try would find them settled, and be silent
            raise ReaderBugError("\n".join(self.bugs + self.unread))
        if self.unread:
            raise UnreadError("\n".join(self.unread))
        return self

    def and_of(self, other: "BatchResult") -> "BatchResult":
        """Returns the result of both."""
        states = Counter(self.states) + Counter(other.states)
        periods = sorted({*self.periods, *other.periods})
        return BatchResult(dict(states), periods, self.bugs + other.bugs, self.unread + other.unread)
