"""From landed files to settled ones: read, validate, answer, load. One transaction per batch.

A crash anywhere leaves the batch's files waiting; the next run settles them as the first would have. Receipts are
written before the commit, under names that a repetition writes again: a settled file always has its receipt.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, Row

from tiendo import clock
from tiendo.collect.archive import archived_path
from tiendo.model.content import UNREAD, UnreadError
from tiendo.model.outcome import ACCEPTED, FileOutcome, Finding
from tiendo.model.register import Register
from tiendo.obligations.reopened import open_at, read_reopened
from tiendo.process.again import check_again
from tiendo.process.history import add_to_history, fetch_history
from tiendo.process.loading import Settled, load
from tiendo.reading.files import read_files
from tiendo.settings import Settings
from tiendo.vietnamese.dates import format_instant
from tiendo.warehouse.engine import loader, lock_for_load
from tiendo.warehouse.sql import statement

if TYPE_CHECKING:
    from tiendo.model.content import WorkbookContent
    from tiendo.validation.check import BatchFile

BATCH_SIZE = 200
REFUSED = ("rejected", "quarantined")
# What these say is that a file was not read; the same bytes sent again are no repetition of anything.
NOT_READ = ("file-reader-failed", "file-reader-bug")


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
    periods: list[str]
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


def waiting_batches(engine: Engine, size: int = BATCH_SIZE) -> list[list[int]]:
    """Returns the ids of all files without a fate, in batches that may be settled side by side.

    All files of a sender are in one batch, oldest first, so that a later report is checked after the earlier one; a
    batch exceeds ``size`` only where a single sender does.
    """
    with loader(engine) as connection:
        senders = connection.execute(statement("intake/waiting_files.sql")).all()
    batches: list[list[int]] = []
    for sender in senders:
        if not batches or len(batches[-1]) + len(sender.file_ids) > size:
            batches.append([])
        batches[-1] += sender.file_ids
    return batches


def process(settings: Settings, register: Register, engine: Engine, file_ids: Sequence[int]) -> BatchResult:
    """Settles the files of a batch that have no fate yet. A file's fault is a finding; only ours raises.

    A file that cannot be read for a reason of ours goes on waiting, and the others do not wait for it.
    """
    with loader(engine) as connection:
        parameters = {"file_ids": list(file_ids)}
        files = connection.execute(statement("intake/files_to_settle.sql"), parameters).all()
        same = connection.execute(statement("intake/earlier_same.sql"), parameters | {"not_read": list(NOT_READ)})
        earlier = {row.file_id: row for row in same}
    again = [file for file in files if file.requeue_of is not None]
    fresh, repeated = _set_repeated_aside([file for file in files if file.requeue_of is None], earlier)
    # What was refused once is looked at anew: the figures it was held against may have been corrected since.
    # An archive is opened anew too: what became of the files in it is told by each of them.
    refused = {file.file_id: first for file, first in repeated if _is_looked_at_anew(first)}
    fresh += [file for file, _ in repeated if file.file_id in refused]
    checked, unread = _read_and_check(settings, register, engine, fresh, again)
    settled = [i for i in checked if i.file.file_id not in refused or i.outcome.verdict in ACCEPTED]
    by_id = {item.file.file_id: item for item in settled}
    # Where the first of its kind was not read, a repetition waits with it.
    settled += [
        _repetition(file, first, by_id)
        for file, first in repeated
        if not {file.file_id, first.file_id} & unread.keys() and file.file_id not in by_id
    ]
    settled, unpacked = _unpack(settings, register, engine, settled)
    # Before the locks are taken, which others wait for: marking a workbook takes longer than loading one.
    settled = [_with_returned(settings, register, item) for item in settled]
    with loader(engine) as connection:
        bodies = {code or "" for item in settled for code in (item.file.sender_agency_code, item.outcome.agency)}
        lock_for_load(connection, bodies)
        waiting = set(connection.execute(statement("intake/still_waiting.sql"), parameters).scalars())
        settled = [item for item in settled if item.file.file_id in waiting]
        periods = load(connection, settings, register, settled)
    bugs = tuple(map(_bug, filter(_is_bug, settled)))
    states = dict(Counter(item.outcome.verdict for item in settled))
    result = BatchResult(states, periods, bugs, tuple(unread.values()))
    return result.and_of(process(settings, register, engine, unpacked)) if unpacked else result


def _is_bug(item: Settled) -> bool:
    return any(finding.rule == "file-reader-bug" for finding in item.outcome.findings)


def _bug(item: Settled) -> str:
    detail = item.content.fault_detail if item.content else ""
    return f"{item.file.receipt_no} ({item.file.sha256}): the reader failed, and the file is in quarantine. {detail}"


def _is_looked_at_anew(first: Row[Any]) -> bool:
    state = getattr(first, "state", "")
    return state in REFUSED or (state in ACCEPTED and first.period is None)


def _unpack(
    settings: Settings, register: Register, engine: Engine, settled: list[Settled]
) -> tuple[list[Settled], list[int]]:
    if all(item.outcome.is_report or item.outcome.verdict not in ACCEPTED for item in settled):
        return settled, []
    from tiendo.process.unpacking import unpack_settled

    return unpack_settled(settings, register, engine, settled)


def _with_returned(settings: Settings, register: Register, item: Settled) -> Settled:
    """Adds the marked workbook that goes back to the sender, where one does."""
    from tiendo.feedback.returned import RETURNED, returned_workbook

    file, outcome = item.file, item.outcome
    if outcome.verdict not in RETURNED:
        return item
    data = archived_path(settings.archive, file.sha256).read_bytes()
    return replace(item, returned=returned_workbook(register, file.receipt_no, data, outcome, item.content))


def earlier_settled(engine: Engine, sha256: str, agency: str) -> Row[Any] | None:
    """Returns the first accepted file with these bytes of this body, if there is one."""
    with loader(engine) as connection:
        return connection.execute(statement("intake/earlier_settled.sql"), {"sha256": sha256, "agency": agency}).first()


def _set_repeated_aside(
    files: Iterable[Row[Any]], earlier: dict[int, Row[Any]]
) -> tuple[list[Row[Any]], list[tuple[Row[Any], Row[Any]]]]:
    """Parts files from those whose bytes the same body has sent before, each of these with the first of its kind."""
    fresh: dict[tuple[str, str], Row[Any]] = {}
    repeated: list[tuple[Row[Any], Row[Any]]] = []
    for file in files:
        key = (file.sha256, file.sender_agency_code or file.sender)
        first = earlier.get(file.file_id) or fresh.get(key)
        if first is None:
            fresh[key] = file
        else:
            repeated.append((file, first))
    return list(fresh.values()), repeated


def _repetition(file: Row[Any], first: Row[Any], by_id: dict[int, Settled]) -> Settled:
    """Settles a repeated file. ``first`` is an earlier file of the ledger, or one of this batch, in ``by_id``."""
    is_of_this_batch = first.file_id in by_id
    first_id = first.file_id if is_of_this_batch else first.earlier_id
    told: Any = by_id[first_id].outcome if is_of_this_batch else first
    if is_of_this_batch and any(finding.rule in NOT_READ for finding in told.findings):
        # The same bytes by the same reader just now: what is said of the one holds for the other.
        findings = tuple(finding._replace(found=file.name) for finding in told.findings)
        return replace(by_id[first_id], file=file, outcome=told._replace(findings=findings))
    counting = "" if is_of_this_batch else first.counting_receipt_no or ""
    finding = Finding(
        rule="file-duplicate",
        severity="info",
        sheet="",
        cell="",
        message=f"Tệp này trùng khớp hoàn toàn với tệp đã nhận lúc {format_instant(first.received_at)} "
        f"(phiếu {first.receipt_no}); số liệu không thay đổi."
        + (f" Bản đang được tính là bản nhận sau đó (phiếu {counting})." if counting else ""),
        found=file.name,
        expected="",
        fix="Nếu cần điều chỉnh, đề nghị sửa số liệu trong tệp rồi gửi lại.",
    )
    agency = (told.agency if is_of_this_batch else told.agency_code) or file.sender_agency_code or ""
    return Settled(file, FileOutcome("duplicate", agency, told.period or "", (finding,), (), ()), first_id)


def _read_and_check(
    settings: Settings, register: Register, engine: Engine, fresh: list[Row[Any]], again: list[Row[Any]]
) -> tuple[list[Settled], dict[int, str]]:
    """Reads and validates files. Returns those that were read, and by id what is to be said of the others."""
    files = fresh + again
    contents: dict[int, WorkbookContent] = {}
    unread: dict[int, str] = {}
    for file, content in zip(files, read_files(settings, [file.sha256 for file in files]), strict=True):
        if content.fault == UNREAD:
            unread[file.file_id] = f"{file.receipt_no} ({file.sha256}) was not read and waits. {content.fault_detail}"
        else:
            contents[file.file_id] = content
    fresh, again = ([file for file in part if file.file_id in contents] for part in (fresh, again))
    settled = _check(register, engine, fresh, [contents[file.file_id] for file in fresh])
    if again:
        repeated = [contents[file.file_id] for file in again]
        settled += map(_settled, again, check_again(register, engine, again, repeated), repeated)
    return settled, unread


def _settled(file: Row[Any], outcome: FileOutcome, content: "WorkbookContent") -> Settled:
    is_needed = outcome.verdict != "accepted" or content.packed
    return Settled(file, outcome, content=content if is_needed else None)


def _check(
    register: Register, engine: Engine, files: list[Row[Any]], contents: Sequence["WorkbookContent"]
) -> list[Settled]:
    """Validates files; a body's earlier period comes first, its figures are history to the later one."""
    if not files:
        return []
    from tiendo.validation.check import BatchFile, check_batch

    with loader(engine) as connection:
        reopened = read_reopened(connection, register)
    batch = [
        (
            file,
            BatchFile(
                file.file_id,
                file.name,
                file.sender_agency_code or "",
                content,
                received_at=file.received_at,
                stranger=_stranger(file),
                reopened=open_at(reopened, file.landed_at),
            ),
        )
        for file, content in zip(files, contents, strict=True)
    ]
    history = fetch_history(engine, register, contents, [item.sender_agency for _, item in batch])
    settled: list[Settled] = []
    latest: list[Settled] = []
    for part in _rounds(register, batch):
        if latest:
            history = add_to_history(history, latest)
        outcomes = check_batch(register, [item for _, item in part], history, today=clock.today())
        latest = [_settled(file, outcome, item.content) for (file, item), outcome in zip(part, outcomes, strict=True)]
        settled += latest
    return settled


def _stranger(file: Row[Any]) -> str:
    """The address a file came from by mail, when it is not its body's own: then its hidden sheet is not believed."""
    return file.sender if file.channel == "mail" and not file.sender_agency_code else ""


def _rounds(register: Register, batch: list[tuple[Row[Any], "BatchFile"]]) -> list[list[tuple[Row[Any], "BatchFile"]]]:
    """Parts a batch so that a body's later period is checked after its earlier one; mostly there is one part."""
    from tiendo.validation.stated import body_and_period

    keys = [body_and_period(register, item) for _, item in batch]
    periods: dict[str, set[str]] = {}
    for agency, period in keys:
        periods.setdefault(agency, set()).add(period)
    place = {(agency, period): n for agency, found in periods.items() for n, period in enumerate(sorted(found))}
    rounds: list[list[tuple[Row[Any], BatchFile]]] = [[] for _ in range(max(place.values()) + 1)]
    for pair, key in zip(batch, keys, strict=True):
        rounds[place[key]].append(pair)
    return rounds
