"""From landed files to settled ones: read, check, answer, load. One transaction per batch.

A crash anywhere leaves the batch's files waiting; the next run settles them as the first would have. Receipts are
written before the commit, under names that a repetition writes again: a settled file always has its receipt.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from tiendo import clock
from tiendo.collect.archive import archived_path
from tiendo.model.content import UNREAD
from tiendo.model.outcome import ACCEPTED, FileOutcome, Finding
from tiendo.model.plans import Bodies, by_code
from tiendo.model.register import Register
from tiendo.obligations.reopened import open_at, read_reopened
from tiendo.process.again import check_again, to_check
from tiendo.process.history import add_to_history, fetch_history
from tiendo.process.loading import load
from tiendo.process.steps import (
    REFUSED,
    BatchResult,
    Checked,
    EarlierFile,
    LedgerFile,
    Read,
    Repeated,
    Settled,
    Waiting,
    find_waiting,
)
from tiendo.process.unpacking import unpack
from tiendo.reading.files import read_files
from tiendo.settings import Settings
from tiendo.validation.which_plan import by_plan
from tiendo.vietnamese.dates import format_instant
from tiendo.warehouse.engine import loader, lock_for_load
from tiendo.warehouse.mart import last_reported
from tiendo.warehouse.sql import statement

if TYPE_CHECKING:
    from tiendo.validation.check import BatchCheck, BatchFile


def process(settings: Settings, bodies: Bodies, engine: Engine, file_ids: Sequence[int]) -> BatchResult:
    """Settles the files of a batch that have no fate yet. A file's fault is a finding; only ours raises.

    Each is judged and loaded under its own plan.

    A file that cannot be read for a reason of ours goes on waiting, and the others do not wait for it.
    """
    waiting = find_waiting(engine, file_ids)
    looked_at_anew = [repeated.file for repeated in waiting.repeated if repeated.is_looked_at_anew]
    read, unread = _read(settings, waiting.fresh + looked_at_anew + waiting.again)
    checked: list[Checked] = []
    for register, files in by_plan(bodies, [to_check(item.file, item.content) for item in read], clock.today()):
        of_plan = [(read[place], file) for place, file in files]
        checked += _check_fresh(register, engine, [pair for pair in of_plan if pair[0].file.requeue_of is None])
        checked += _check_again(register, engine, [pair for pair in of_plan if pair[0].file.requeue_of is not None])
    _note_unread(engine, unread)
    settled, unpacked = unpack(settings, bodies, engine, _settle(bodies, waiting, checked, unread))
    # Before the locks are taken, which others wait for: marking a workbook takes longer than loading one.
    settled = [_with_returned(settings, engine, item) for item in settled]
    with loader(engine) as connection:
        lock_for_load(connection, {code or "" for item in settled for code in item.bodies})
        parameters = {"file_ids": list(file_ids)}
        still_waiting = set(connection.execute(statement("intake/still_waiting.sql"), parameters).scalars())
        settled = [item for item in settled if item.file.file_id in still_waiting]
        periods = [
            period
            for register in bodies.plans
            for period in load(connection, settings, register, [item for item in settled if item.register is register])
        ]
    result = BatchResult(
        dict(Counter(item.state for item in settled)),
        periods,
        bugs=tuple(_bug(item) for item in settled if item.is_of_a_bug),
        unread=tuple(
            f"{item.receipt_no} ({item.sha256}) was not read and waits. {unread[item.file_id]}"
            for item in waiting.fresh + looked_at_anew + waiting.again
            if item.file_id in unread
        ),
    )
    return result.and_of(process(settings, bodies, engine, unpacked)) if unpacked else result


def _read(settings: Settings, files: Sequence[LedgerFile]) -> tuple[list[Read], dict[int, str]]:
    """Returns the files that could be read, and by id why the others, which go on waiting, could not."""
    read: list[Read] = []
    unread: dict[int, str] = {}
    for file, content in zip(files, read_files(settings, [file.sha256 for file in files]), strict=True):
        if content.fault == UNREAD:
            unread[file.file_id] = content.fault_detail
        else:
            read.append(Read(file, content))
    return read, unread


def _note_unread(engine: Engine, unread: Mapping[int, str]) -> None:
    if unread:
        with loader(engine) as connection:
            parameters = {"file_ids": list(unread), "failures": list(unread.values())}
            connection.execute(statement("intake/note_unread.sql"), parameters)


def _check_fresh(register: Register, engine: Engine, files: "list[tuple[Read, BatchFile]]") -> list[Checked]:
    """Checks files; a body's earlier period comes first, its figures are history to the later one."""
    if not files:
        return []
    from tiendo.validation.check import run_rules

    with loader(engine) as connection:
        reopened = read_reopened(connection, register)
    batch = [(item, file._replace(reopened=open_at(reopened, item.file.landed_at))) for item, file in files]
    history = fetch_history(
        engine, register, [item.content for item, _ in batch], [file.sender_agency for _, file in batch]
    )
    checked: list[Checked] = []
    latest: list[Checked] = []
    for part in _rounds(register, batch):
        if latest:
            history = add_to_history(history, [item for item in latest if not item.file.is_trial])
        latest = _checked(
            register,
            [item for item, _ in part],
            run_rules(register, [file for _, file in part], history, today=clock.today()),
        )
        checked += latest
    return checked


def _check_again(register: Register, engine: Engine, files: "list[tuple[Read, BatchFile]]") -> list[Checked]:
    """Checks files that were entered once more, each by itself."""
    checks = check_again(register, engine, [(item.file, file) for item, file in files])
    return [item for (read, _), check in zip(files, checks, strict=True) for item in _checked(register, [read], check)]


def _checked(register: Register, files: Sequence[Read], together: "BatchCheck") -> list[Checked]:
    return [
        Checked(
            register,
            item.file,
            item.content if check.outcome.verdict != "accepted" or item.content.packed else None,
            check,
            together,
        )
        for item, check in zip(files, together.files, strict=True)
    ]


def _rounds(register: Register, batch: "list[tuple[Read, BatchFile]]") -> "list[list[tuple[Read, BatchFile]]]":
    """Parts a batch so that a body's later period is checked after its earlier one; mostly there is one part."""
    from tiendo.validation.stated import body_and_period

    keys = [body_and_period(register, item) for _, item in batch]
    periods: dict[str, set[str]] = {}
    for agency, period in keys:
        periods.setdefault(agency, set()).add(period)
    place = {(agency, period): n for agency, found in periods.items() for n, period in enumerate(sorted(found))}
    rounds: list[list[tuple[Read, BatchFile]]] = [[] for _ in range(max(place.values()) + 1)]
    for pair, key in zip(batch, keys, strict=True):
        rounds[place[key]].append(pair)
    return rounds


def _settle(bodies: Bodies, waiting: Waiting, checked: list[Checked], unread: dict[int, str]) -> list[Settled]:
    """Gives each file its fate, except those that were not read and those that repeat one of them."""
    by_id = {item.file.file_id: item for item in checked}
    repeated_ids = {repeated.file.file_id for repeated in waiting.repeated}
    settled = {
        item.file.file_id: Settled(item.register, item.file, item.outcome, checked=item, content=item.content)
        for item in checked
        if item.file.file_id not in repeated_ids or item.outcome.verdict in ACCEPTED
    }
    repetitions = [
        _repetition(bodies, repeated, settled, by_id.get(repeated.file.file_id))
        for repeated in waiting.repeated
        # Where the first of its kind was not read, a repetition waits with it.
        if not {repeated.file.file_id, repeated.first.file_id} & unread.keys() and repeated.file.file_id not in settled
    ]
    return [*settled.values(), *repetitions]


def _repetition(bodies: Bodies, repeated: Repeated, settled: dict[int, Settled], checked: Checked | None) -> Settled:
    """Settles a repeated file, with what the rules said of it where it was looked at anew."""
    file, first = repeated.file, repeated.first
    if isinstance(first, EarlierFile):
        counting, agency, period = first.counting_receipt_no or "", first.agency_code, first.period
        register = by_code(bodies).get(first.plan_code or "", bodies.plans[0])
        # Of a plan that is no longer in hand: no period of another.
        period = period if register.code == first.plan_code else None
    else:
        told = settled[first.file_id]
        if told.was_not_read:
            # The same bytes by the same reader just now: what is said of the one holds for the other.
            findings = tuple(finding._replace(found=file.name) for finding in told.outcome.findings)
            return replace(told, file=file, outcome=told.outcome._replace(findings=findings), checked=None)
        counting, agency, period, register = "", told.outcome.agency, told.outcome.period, told.register
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
    outcome = FileOutcome("duplicate", agency or file.sender_agency_code or "", period or "", (finding,), (), ())
    return Settled(register, file, outcome, first.file_id, checked)


def _bug(item: Settled) -> str:
    detail = item.content.fault_detail if item.content else ""
    return f"{item.file.receipt_no} ({item.file.sha256}): the reader failed, and the file is in quarantine. {detail}"


def _with_returned(settings: Settings, engine: Engine, item: Settled) -> Settled:
    """Adds the workbook that goes back to the sender, where one does: its own, marked, or a template it needs."""
    from tiendo.feedback.returned import fresh_template, marked_workbook

    register, file, outcome = item.register, item.file, item.outcome
    if outcome.verdict not in ("accepted_with_warnings", *REFUSED):
        return item
    data = archived_path(settings.archive, file.sha256).read_bytes()
    returned = marked_workbook(register, file.receipt_no, data, outcome, item.content)
    if returned is None:
        returned = fresh_template(register, outcome, partial(last_reported, engine, register))
    return replace(item, returned=returned)
