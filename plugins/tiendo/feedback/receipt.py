"""The answer to a file: a page in Vietnamese with the verdict, what is to do, and every value as it was understood."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from tiendo import clock
from tiendo.durable import write_files
from tiendo.feedback.finding_groups import SEVERITY_NAMES, group_findings
from tiendo.feedback.owed import Owed, still_owed
from tiendo.feedback.returned import returned_name
from tiendo.feedback.versions import ANSWER_NAMES, BASES, Version, change_texts
from tiendo.model.outcome import ACCEPTED, FileOutcome, ObservationRow, TaskProgressRow
from tiendo.model.period import Period
from tiendo.model.register import PeriodCalendar, Register
from tiendo.model.states import KINDS, TASK_STATES
from tiendo.settings import Settings
from tiendo.templates import template
from tiendo.vietnamese.dates import deadline_text, format_date, format_instant
from tiendo.vietnamese.number import format_number

VERDICT_NAMES = {
    "accepted": "Đã tiếp nhận",
    "accepted_with_warnings": "Đã tiếp nhận, có điểm cần giải trình",
    "rejected": "Chưa tiếp nhận, đề nghị sửa và gửi lại",
    "duplicate": "Tệp trùng với tệp đã gửi, không xử lý lại",
    "quarantined": "Tạm giữ, chưa đưa vào xử lý",
}
TRIAL_NAMES = {
    "accepted": "Kiểm tra thử: tệp hợp lệ",
    "accepted_with_warnings": "Kiểm tra thử: tệp hợp lệ, có điểm cần giải trình",
    "rejected": "Kiểm tra thử: tệp có điểm phải sửa",
    "quarantined": "Kiểm tra thử: tệp chưa đọc được",
}
# An archive is accepted as what it is; what became of the workbooks in it, their own receipts say.
ARCHIVE_NAME = "Đã mở tệp nén"
_NOTHING_OWED = Owed((), (), (), ())
_UNKNOWN_STATE = "(chưa rõ)"


class CountingVersion(NamedTuple):
    """The accepted file that counts for a body and period."""

    receipt_no: str
    received_at: datetime


class Receipt(NamedTuple):
    """What a receipt is made from.

    Attributes:
        version: of an accepted file, its place among the versions of the report and what it changed; None for the first
            one, when it corrects nothing.
        counting: the accepted reports of the body by period, this one included where it is accepted.
        returned: the marked workbook that goes back with it; None where none does.
        calendar: the body's own, where letters gave it other due days; None where the plan's holds.
        is_trial: the file was only to be checked.
    """

    receipt_no: str
    file_name: str
    sha256: str
    sender: str
    received_at: datetime
    outcome: FileOutcome
    version: Version | None = None
    counting: Mapping[str, CountingVersion] = {}
    returned: bytes | None = None
    calendar: Sequence[PeriodCalendar] | None = None
    is_trial: bool = False


class AnswerPaths(NamedTuple):
    """Where an answer lies, relative to the home folder; ``marked_path`` is None where no workbook goes back."""

    receipt_path: str
    marked_path: str | None


class _Figure(NamedTuple):
    label: str
    period: str
    basis: str
    typed: str
    value: str
    unit: str
    kind: str
    data_on: str
    place: str


def write_answers(settings: Settings, register: Register, receipts: Sequence[Receipt]) -> list[AnswerPaths]:
    """Writes receipts and marked workbooks below the outbox, each whole under its final name or not at all.

    The same receipts give the same files, so that a repetition after a crash writes what was there. When it returns,
    they are on disk for good: the transaction that names them may be committed.

    Returns:
        Their paths, in order: ``outbox/<agency>/<period>/<receipt no>.html`` and ``<receipt no>-<name>.xlsx``.
    """
    page_template, now = template("receipt.html"), clock.now()
    answers: list[AnswerPaths] = []
    files: dict[str, bytes] = {}
    for receipt in receipts:
        folder = f"outbox/{_folder_name(receipt, register)}/{receipt.outcome.period or 'chua-ro-ky'}"
        page, marked_name, marked = f"{folder}/{receipt.receipt_no}.html", None, None
        if receipt.returned is not None:
            marked_name = returned_name(receipt.receipt_no, receipt.file_name)
            marked = f"{folder}/{marked_name}"
            files[marked] = receipt.returned
        files[page] = page_template.render(_view(register, receipt, marked_name, now)).encode()
        answers.append(AnswerPaths(page, marked))
    write_files({settings.home / path: content for path, content in files.items()})
    return answers


def _folder_name(receipt: Receipt, register: Register) -> str:
    """The sender's own folder: what it sent by mistake for another body is answered to it."""
    if receipt.sender in register.agency_by_code:
        return receipt.sender
    return receipt.outcome.agency if receipt.outcome.agency in register.agency_by_code else "chua-ro-don-vi"


def _view(register: Register, receipt: Receipt, marked_name: str | None, now: datetime) -> dict[str, Any]:
    """Returns what the page is filled with."""
    outcome = receipt.outcome
    agency = register.agency_by_code.get(outcome.agency) or register.agency_by_code.get(receipt.sender)
    period_names = {str(entry.period): entry.period.vietnamese for entry in register.calendar}
    calendar = register.calendar if receipt.calendar is None else receipt.calendar
    entry = next((entry for entry in calendar if str(entry.period) == outcome.period), None)
    is_accepted = outcome.verdict in ACCEPTED
    is_archive = is_accepted and not outcome.is_report
    version, names = receipt.version, TRIAL_NAMES if receipt.is_trial else VERDICT_NAMES
    return {
        "register": register,
        "receipt": receipt,
        "contact": register.report["issuing_body"],
        "agency_name": agency.name if agency else "(chưa rõ đơn vị)",
        "period_name": period_names.get(outcome.period, "(chưa rõ kỳ báo cáo)"),
        "deadline": deadline_text(entry.due_at) if entry else "",
        "closing": deadline_text(entry.closing_at) if entry else "",
        "is_overdue": bool(entry and now >= entry.due_at),
        "days_late": 0 if receipt.is_trial else _days_late(entry, receipt.received_at),
        "received_at": format_instant(receipt.received_at),
        "verdict": outcome.verdict,
        "verdict_name": ARCHIVE_NAME if is_archive else names[outcome.verdict],
        "is_archive": is_archive,
        "is_accepted": is_accepted and not receipt.is_trial,
        "severity_names": SEVERITY_NAMES,
        "groups": group_findings(outcome.findings),
        "marked_name": marked_name,
        "marked_link": quote(marked_name) if marked_name else "",
        "owed": _NOTHING_OWED if is_archive else still_owed(register, outcome, calendar, receipt.counting, now),
        "still_counting": None if is_accepted else _still_counting(receipt),
        "version": version,
        "previous": _receipt_named(version.previous_receipt_no, version.previous_received_at) if version else "",
        "newest": _receipt_named(version.newest_receipt_no, version.newest_received_at) if version else "",
        "changes": change_texts(register, version.changes) if version else [],
        "period_names": period_names,
        "figures": [_figure(register, o, outcome.period) for o in outcome.read],
        "tasks": [_task(register, t) for t in outcome.read_tasks],
    }


def _days_late(entry: PeriodCalendar | None, received_at: datetime) -> int:
    """Whole days after the deadline, a begun one counted; 0 when in time."""
    if entry is None or received_at < entry.due_at:
        return 0
    return (received_at - entry.due_at).days + 1


def _still_counting(receipt: Receipt) -> str:
    """The accepted report of the same period that goes on counting."""
    counting = receipt.counting.get(receipt.outcome.period)
    return _receipt_named(counting.receipt_no, counting.received_at) if counting else ""


def _receipt_named(receipt_no: str | None, received_at: datetime | None) -> str:
    return f"phiếu {receipt_no}, nhận lúc {format_instant(received_at)}" if receipt_no and received_at else ""


def _figure(register: Register, observation: ObservationRow, period: str) -> _Figure:
    indicator = register.indicator_by_code[observation.indicator]
    value = ANSWER_NAMES.get(observation.answer, "")
    if observation.value is not None:
        value = format_number(observation.value)
    elif observation.promised_on:
        value += f", hẹn ngày {format_date(observation.promised_on)}"
    return _Figure(
        label=indicator.label,
        period="" if observation.period == period else Period.parse(observation.period).vietnamese,
        basis=BASES[observation.basis],
        typed=observation.value_text,
        value=value,
        unit=indicator.unit.label if indicator.unit and observation.value is not None else "",
        kind=KINDS[observation.kind] + (", gần đúng" if observation.is_approximate else ""),
        data_on=format_date(observation.data_on) if observation.data_on else "",
        place=f"{observation.sheet} {observation.cell}",
    )


def _task(register: Register, task: TaskProgressRow) -> tuple[str, str, str, str]:
    title = register.task_by_ref[task.task_ref].title
    completion = "" if task.completion_pct is None else f"{format_number(task.completion_pct)}%"
    return task.task_ref, title, TASK_STATES.get(task.state, _UNKNOWN_STATE), completion
