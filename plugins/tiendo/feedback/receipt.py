"""The answer to a file: a page in Vietnamese with the verdict, what is to do, and every value as it was understood."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import quote

from tiendo import clock
from tiendo.durable import write_files
from tiendo.feedback.finding_groups import SEVERITY_NAMES, FindingGroup, FindingPlace, group_findings
from tiendo.feedback.owed import Owed, still_owed
from tiendo.feedback.returned import TEMPLATE_NAME, ReturnedWorkbook, returned_name
from tiendo.feedback.versions import ANSWER_NAMES, Version, change_texts
from tiendo.model.content import RawCell
from tiendo.model.outcome import ACCEPTED, FigureBeside, FileOutcome, ObservationRow, TaskProgressRow
from tiendo.model.period import Period
from tiendo.model.register import Indicator, PeriodCalendar, Register
from tiendo.model.states import KINDS, TASK_STATES
from tiendo.settings import Settings
from tiendo.templates import template
from tiendo.validation.cells import read_kind
from tiendo.validation.facts import QUARTER, YEAR_TO_DATE
from tiendo.vietnamese.dates import deadline_text, format_date, format_instant
from tiendo.vietnamese.number import format_number
from tiendo.vietnamese.text import capital

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
_OTHER_PERIOD_NAME = "Chưa tiếp nhận: biểu mẫu không phải của kỳ đang nộp"
_MOST_TOLD = 6
_RATES = ("share", "percent_change", "per_mille")
_NOTHING_BESIDE = FigureBeside(None, "", "")
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
        returned: the workbook that goes back with it; None where none does.
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
    returned: ReturnedWorkbook | None = None
    calendar: Sequence[PeriodCalendar] | None = None
    is_trial: bool = False


class AnswerPaths(NamedTuple):
    """Where an answer lies, relative to the home folder; ``marked_path`` is None where no workbook goes back."""

    receipt_path: str
    marked_path: str | None


class _Figure(NamedTuple):
    """An indicator's figures of one period, as a line of the receipt; texts, "" where there is nothing to say."""

    label: str
    period: str
    unit: str
    quarter: str
    value: str
    typed: str
    last: str
    change: str
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
            marked_name = returned_name(receipt.receipt_no, _returned_as(receipt, register))
            marked = f"{folder}/{marked_name}"
            files[marked] = receipt.returned.data
        files[page] = page_template.render(_view(register, receipt, marked_name, now)).encode()
        answers.append(AnswerPaths(page, marked))
    write_files({settings.home / path: content for path, content in files.items()})
    return answers


def _returned_as(receipt: Receipt, register: Register) -> str:
    """The name of what goes back: the sender's own, or that of the template."""
    of = receipt.returned.template_of if receipt.returned else ""
    return f"{TEMPLATE_NAME}{of}_{receipt.outcome.agency}_{register.code}.xlsx" if of else receipt.file_name


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
    is_accepted = outcome.verdict in ACCEPTED
    is_archive = is_accepted and not outcome.is_report
    owed = _NOTHING_OWED if is_archive else still_owed(register, outcome, calendar, receipt.counting, now)
    wanted = outcome.template_period or outcome.period
    if not wanted and len(owed.reports) == 1 and not is_accepted and outcome.verdict != "duplicate":
        # Nobody can tell what the file is of; most likely it is the one report that is owed: said at the head.
        wanted, owed = owed.reports[0].period, owed._replace(reports=())
    entry = next((entry for entry in calendar if str(entry.period) == wanted), None)
    version, names = receipt.version, TRIAL_NAMES if receipt.is_trial else VERDICT_NAMES
    returned = receipt.returned
    groups = group_findings(outcome.findings)
    is_news = outcome.verdict != "duplicate"  # whose one finding stands at the head
    is_useless = bool(outcome.template_period) and returned is not None and bool(returned.template_of)
    has_cells = any(finding.cell and finding.severity != "info" for finding in outcome.findings)
    return {
        "register": register,
        "receipt": receipt,
        "contact": register.report["issuing_body"],
        "agency_name": agency.name if agency else "(chưa rõ đơn vị)",
        "period_name": period_names.get(outcome.period, "(chưa rõ kỳ báo cáo)"),
        "deadline": deadline_text(entry.due_at) if entry else "",
        "until": _until(entry, now) if entry else "",
        "is_overdue": bool(entry and now >= entry.due_at),
        "days_late": _days_late(entry, receipt.received_at) if is_accepted and not receipt.is_trial else 0,
        "received_at": format_instant(receipt.received_at),
        "verdict": outcome.verdict,
        "verdict_name": ARCHIVE_NAME if is_archive else _verdict_name(outcome, names),
        "is_archive": is_archive,
        "is_accepted": is_accepted and not receipt.is_trial,
        "severity_names": SEVERITY_NAMES,
        "groups": groups,
        "most_told": _MOST_TOLD,
        "marked_name": marked_name,
        "marked_link": quote(marked_name) if marked_name else "",
        "template_name": period_names.get(returned.template_of, "") if returned else "",
        "could_not_mark": has_cells and returned is None and outcome.verdict == "rejected",
        "owed": owed,
        "still_counting": None if is_accepted else _still_counting(receipt),
        "version": version,
        "previous": _receipt_named(version.previous_receipt_no, version.previous_received_at) if version else "",
        "newest": _receipt_named(version.newest_receipt_no, version.newest_received_at) if version else "",
        "changes": change_texts(register, version.changes) if version else [],
        "period_names": period_names,
        "in_period": capital(register.period_kind.in_it),
        "whole": lambda group: _whole(group, receipt),
        "details": lambda told: [
            group for group in groups if is_news and not (group in told and _is_told_by_a_line(group))
        ],
        # What stands in a workbook that another is wanted for is not to be compared with anything.
        "figures": [] if is_useless else _figures(register, outcome),
        "tasks": [] if is_useless else [_task(register, t) for t in outcome.read_tasks],
        "has_tasks": bool(register.tasks),
    }


def _is_told_by_a_line(group: FindingGroup) -> bool:
    """Whether a line of what is to do says all there is; what is in several places is told in a table."""
    return len(group.places) < 2


def _whole(group: FindingGroup, receipt: Receipt) -> FindingPlace | None:
    """What stands in the one place and what should, for the line; None where it says nothing that is not said."""
    if len(group.places) != 1 or receipt.outcome.is_of_another_period:
        return None
    (place,) = group.places
    return None if place.found == receipt.file_name else place


def _verdict_name(outcome: FileOutcome, names: Mapping[str, str]) -> str:
    return _OTHER_PERIOD_NAME if outcome.is_of_another_period else names[outcome.verdict]


def _until(entry: PeriodCalendar, now: datetime) -> str:
    """Until when a report may be sent, as a sentence; of a day that is past nothing is asked."""
    period = entry.period.vietnamese
    if now < entry.due_at:
        return f"Thời hạn gửi báo cáo {period}: {deadline_text(entry.due_at)}."
    if now < entry.closing_at:
        closing = deadline_text(entry.closing_at)
        return f"Đã quá thời hạn gửi báo cáo {period}; đề nghị gửi sớm nhất có thể, {closing} (khi kỳ khép lại)."
    return f"Kỳ báo cáo {period} đã khép lại; đề nghị gửi sớm nhất có thể để được ghi bổ sung."


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


def _figures(register: Register, outcome: FileOutcome) -> list[_Figure]:
    """One line an indicator and period, so that quarter, sum, last figure and change stand beside each other."""
    found: dict[tuple[str, str], dict[str, ObservationRow]] = {}
    for o in outcome.read:
        found.setdefault((o.indicator, o.period), {})[o.basis] = o
    return [_figure(register, outcome, cells) for cells in found.values()]


def _figure(register: Register, outcome: FileOutcome, cells: Mapping[str, ObservationRow]) -> _Figure:
    quarter, total = cells.get(QUARTER), cells.get(YEAR_TO_DATE)
    main = total or next(iter(cells.values()))
    indicator = register.indicator_by_code[main.indicator]
    is_own = main.period == outcome.period and not main.is_correction
    beside = outcome.beside.get(main.indicator, _NOTHING_BESIDE) if is_own else _NOTHING_BESIDE
    last = ""
    if beside.last is not None and total:
        of = Period.parse(beside.last_period).vietnamese if beside.last_period else "năm gốc"
        last = f"{format_number(beside.last)} ({of})"
    return _Figure(
        label=indicator.label,
        period="" if is_own else f"sửa số {Period.parse(main.period).vietnamese}",
        unit=indicator.unit.label if indicator.unit else "",
        quarter=_answer(quarter) if quarter else "",
        value=_answer(total) if total else "",
        typed="; ".join(o.value_text for o in (quarter, total) if o and _is_typed_otherwise(o)),
        last=last,
        change=_change(total.value, beside.last, indicator)
        if beside.last is not None and total and total.value is not None
        else "",
        kind=_kind(main, beside.kind_text if is_own else KINDS[main.kind])
        if main.value is not None or main.state
        else "",
        data_on=format_date(main.data_on) if main.data_on else "",
        place=f"{main.sheet} {main.cell}",
    )


def _answer(observation: ObservationRow) -> str:
    if observation.value is not None:
        return format_number(observation.value)
    if observation.state:
        return observation.state
    promised = f", hẹn ngày {format_date(observation.promised_on)}" if observation.promised_on else ""
    return ANSWER_NAMES.get(observation.answer, "") + promised


def _is_typed_otherwise(observation: ObservationRow) -> bool:
    """Whether the words in the cell are others than the figure they are understood as."""
    value = observation.value
    return value is not None and observation.value_text not in (format_number(value), format(value, "f"))


def _change(value: Decimal, last: Decimal, indicator: Indicator) -> str:
    """``+1,2 điểm``, ``+5.200 (+30,1%)``, ``+28.000 (gấp 12,5 lần)``, ``không đổi``."""
    difference = value - last
    if not difference:
        return "không đổi"
    signed = f"{'+' if difference > 0 else ''}{format_number(difference)}"
    if indicator.unit and indicator.unit.family in _RATES:
        return f"{signed} điểm"
    if last <= 0 or value <= 0:
        return signed
    if value >= 2 * last:
        return f"{signed} (gấp {format_number(round(value / last, 1))} lần)"
    return f"{signed} ({'+' if difference > 0 else ''}{format_number(round(difference / last * 100, 1))}%)"


def _kind(observation: ObservationRow, typed: str) -> str:
    """Actual or estimate as the sender wrote it, and how it was understood where that is not the same."""
    words = typed or "(để trống)"
    if read_kind(RawCell(typed)) != observation.kind and (typed or observation.kind == "estimate"):
        words += f" (hiểu là: {KINDS[observation.kind].lower()})"
    return words + (", gần đúng" if observation.is_approximate else "")


def _task(register: Register, task: TaskProgressRow) -> tuple[str, str, str, str]:
    title = register.task_by_ref[task.task_ref].title
    completion = "" if task.completion_pct is None else f"{format_number(task.completion_pct)}%"
    return task.task_ref, title, TASK_STATES.get(task.state, _UNKNOWN_STATE), completion
