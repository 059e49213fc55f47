"""Values of an edition written in Vietnamese as DOCX, HTML and the review print them."""

import re
from datetime import datetime
from decimal import Decimal

from tiendo.clock import HANOI
from tiendo.model.period import Period, PeriodKind
from tiendo.model.states import TASK_STATES
from tiendo.report.data import NOT_REPORTED, IndicatorLine, Origin, Submission, TaskLine, TaskReport
from tiendo.status.choose import Outcome
from tiendo.status.names import LABELS, STYLES, TRENDS, Status, verdict_name
from tiendo.status.rounding import rounded_gap, rounded_need
from tiendo.vietnamese.dates import format_date
from tiendo.vietnamese.number import format_number
from tiendo.vietnamese.text import capital

SUBMISSION_STATES = {
    "accepted": "Đã tiếp nhận",
    "accepted_with_warnings": "Đã tiếp nhận, cần giải trình",
    "rejected": "Bị trả lại, chưa gửi lại",
    "missing": "Chưa gửi",
    "exempt": "Được miễn báo cáo",
    "nothing_to_report": "Không phát sinh",
}
FILE_STATES = {
    "accepted": "Tiếp nhận",
    "accepted_with_warnings": "Tiếp nhận, cần giải trình",
    "rejected": "Trả lại",
    "duplicate": "Trùng tệp đã gửi",
    "quarantined": "Cách ly",
}
# What an indicator without a figure is in a sum.
_NO_FIGURE: dict[str, str] = {
    Outcome.NO_OCCURRENCE: "không phát sinh, cộng là 0",
    Outcome.NOT_APPLICABLE: "không áp dụng, không cộng",
    Outcome.MISSING: "chưa nhận được số liệu",
    Outcome.NOT_AVAILABLE: "báo cáo chưa có số liệu",
    Outcome.QUARTER_ONLY: "chỉ có số {in_it}, chưa có số lũy kế",
    Outcome.CONFLICT: "số liệu chưa thống nhất",
}
# How much of a body's words is printed, in characters; whole they stand in the data files, and in the file received.
IN_HEADLINE, IN_BODY, IN_ANNEX = 220, 380, 3000
_ACCOUNT = re.compile(r" \(tài khoản [^()]*\)$")
# Characters XML 1.0 cannot hold, and those that turn the direction of what follows, which no Vietnamese text needs;
# departments paste them in from other programs.
_UNPRINTABLE = re.compile(
    "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def clean(text: str) -> str:
    """Drops characters that no XML document can hold or that turn the direction of writing, and blanks at the ends."""
    return _UNPRINTABLE.sub("", text).strip()


def brief(text: str, longest: int = IN_HEADLINE) -> str:
    """Returns a body's words on one line, without a full stop, cut where they would crowd out the rest."""
    return cut(" ".join(clean(text).split()).rstrip("."), longest)


def cut(text: str, longest: int) -> str:
    """Returns a body's words as they are, cut at a blank where they are longer than so many characters."""
    text = clean(text)
    return text if len(text) <= longest else f"{text[:longest].rsplit(maxsplit=1)[0]} …"


def public_name(approved_by: str) -> str:
    """Returns an approver without the account, which the warehouse and the manifest keep: ``Nguyễn Thị Hòa``."""
    return _ACCOUNT.sub("", clean(approved_by))


def task_state_name(state: str) -> str:
    """Returns the Vietnamese name of a task's state, ``Chưa báo cáo`` where its body said nothing."""
    return "Chưa báo cáo" if state == NOT_REPORTED else TASK_STATES[state]


def task_state(report: TaskReport) -> str:
    """Returns the name of what a body says of a task; of one it is silent on, whether it called it done before."""
    return task_state_name(report.state) + done_before(report)


def done_before(report: TaskReport) -> str:
    """Returns `` (quý I: đã hoàn thành)`` of a task whose body says nothing now and called it done then; else ""."""
    return f" ({name_in_year(report.done_in)}: {lower(task_state_name('done'))})" if report.done_in else ""


def submission_state(row: Submission) -> str:
    """Returns how it stands with a body's report; what is still in time is not called missing."""
    if row.open_until is None:
        return SUBMISSION_STATES[row.state]
    still = f"còn hạn đến hết ngày {format_date(row.open_until)}"
    return f"{'Bị trả lại' if row.state == 'rejected' else 'Chưa gửi'}, {still}"


def verdict(line: IndicatorLine) -> str:
    """Returns the name of a line's status; of one that rests on an estimate it says so: ``Ước đạt``."""
    return verdict_name(Status(line.status), is_estimate=line.is_estimate) if line.status else ""


def status_name(status: str) -> str:
    """Returns the Vietnamese name of a status; "" for none."""
    return LABELS[Status(status)] if status else ""


def tint(status: str) -> str:
    """Returns a status's colour thinned on white, ``RRGGBB``: black text (Decree 30) stays easy to read on it."""
    colour = STYLES[Status(status)].colour.removeprefix("#") if status else "FFFFFF"
    parts = (int(colour[at : at + 2], 16) for at in (0, 2, 4))
    return "".join(f"{255 - round((255 - part) * 0.3):02X}" for part in parts)


def number(value: Decimal | None, decimals: int | None = None) -> str:
    """Writes a figure the Vietnamese way, as typed unless decimals are given; "" for none."""
    return "" if value is None else format_number(value, decimals)


def signed_gap(value: Decimal | None, decimals: int) -> str:
    """Writes a distance to a line with its sign, ``+1,2``; "" for none."""
    if value is None:
        return ""
    return f"{'+' if value > 0 else ''}{format_number(rounded_gap(value, decimals))}"


def need(amount: Decimal | None, decimals: int) -> str:
    """Writes what must still come, "" for none."""
    return "" if amount is None else format_number(rounded_need(amount, decimals))


def instant(moment: datetime) -> str:
    """Returns ``16 giờ 30 phút ngày 14/03/2023``."""
    return f"{moment.astimezone(HANOI):%H giờ %M phút ngày %d/%m/%Y}"


def short_instant(moment: datetime | None) -> str:
    """Returns ``14/03/2023 16:30``, "" for none."""
    return "" if moment is None else f"{moment.astimezone(HANOI):%d/%m/%Y %H:%M}"


def two_digits(count: int) -> str:
    """Writes a count as official documents do: below ten with a leading 0."""
    return f"{count:02d}"


def value_text(line: IndicatorLine) -> str:
    """Returns the figure as printed, with its reservations: ``gần 65.600``, ``437 (ước)``, ``17.300 (ước) (*)``."""
    if not line.is_told:
        return ""
    text = line.told_state or number(line.value)
    if line.is_approximate and not line.told_state:
        text = f"khoảng {text}" if line.parts else clean(line.value_text)
    marks = [" (ước)"] * line.is_estimate + [" (*)"] * line.is_illustrative
    return text + "".join(marks)


def source_text(origin: Origin | None) -> str:
    """Returns ``TN-000012, Chỉ tiêu!G12``; "" for none."""
    return "" if origin is None else f"{origin.receipt_no}, {origin.sheet}!{origin.cell}"


def sum_text(line: IndicatorLine) -> str:
    """Returns ``tổng của 3 chỉ tiêu thành phần`` of a figure that is added up; "" of one that is reported."""
    return f"tổng của {len(line.parts)} chỉ tiêu thành phần" if line.parts else ""


def part_text(choice: str, value: Decimal | None, kind: PeriodKind) -> str:
    """Returns the figure of an indicator that is added up in another, or why there is none."""
    return number(value) if choice == Outcome.CHOSEN else _NO_FIGURE[choice].format(in_it=kind.in_it)


def basis_text(basis: str, kind: PeriodKind) -> str:
    """Returns ``trong quý`` or ``lũy kế từ đầu năm``; "" for none."""
    return {"quarter": kind.in_it, "year_to_date": "lũy kế từ đầu năm", "": ""}[basis]


def period_name(period: Period) -> str:
    """Returns ``Quý I năm 2023``."""
    return capital(period.vietnamese)


def name_in_year(period: Period) -> str:
    """Returns ``quý I``, ``tháng 4``, ``6 tháng đầu năm``; of a whole year, which is told from others, ``năm 2023``."""
    return period.vietnamese if period.short == "cả năm" else period.short


def reports_title(kind: PeriodKind) -> str:
    """Returns what the bodies' reports are called: ``Báo cáo quý``, of all but quarters ``Báo cáo định kỳ``."""
    return "Báo cáo quý" if kind is PeriodKind.QUARTER else "Báo cáo định kỳ"


def records_since(*, is_of_several_years: bool) -> str:
    """Returns from when on record cards count: ``từ đầu năm``, of a plan of several years ``từ đầu kế hoạch``."""
    return "từ đầu kế hoạch" if is_of_several_years else "từ đầu năm"


def lower(label: str) -> str:
    """Returns a label as written inside a sentence."""
    return label[0].lower() + label[1:]


def trend_text(line: IndicatorLine) -> str:
    """Returns ``So với quý I (437; Đúng tiến độ): tốt hơn.``; "" where nothing can be compared."""
    if not line.trend or line.previous_period is None:
        return ""
    before = f"{number(line.previous_value)}; {status_name(line.previous_status)}"
    return f"So với {name_in_year(line.previous_period)} ({before}): {lower(TRENDS[line.trend].label)}."


def last_year_text(line: IndicatorLine) -> str:
    """Returns ``Cùng kỳ năm trước: 48.500, nay tăng 7,0%.`` of what adds up over the year; "" where it is not known."""
    if not line.last_year or line.value is None:
        return ""
    change = (line.value / line.last_year - 1) * 100
    shown = f"{'tăng' if change > 0 else 'giảm'} {number(abs(change), 1)}%" if round(change, 1) else "tương đương"
    return f"Cùng kỳ năm trước: {number(line.last_year)}, nay {shown}."


def contradiction_text(report: TaskReport) -> str:
    """Returns ``Sở Ngoại vụ báo đã hoàn thành nhưng chưa nhận được kế hoạch của đơn vị``; "" for nothing against it."""
    if not report.contradiction:
        return ""
    return f"{report.agency_name} báo {lower(task_state_name(report.state))} nhưng {report.contradiction}"


def due_words(task: TaskLine) -> str:
    """Returns by when a task is due, as the plan puts it where it does; "" for nothing said."""
    return task.due_text or ("" if task.due_on is None else format_date(task.due_on))


def timeliness(row: Submission) -> str:
    """Returns whether a report came in time, and until when a letter extended its due day; "" for nothing to say."""
    words = []
    if row.is_on_time is not None:
        words.append("Đúng hạn" if row.is_on_time else f"Chậm {two_digits(row.days_late or 0)} ngày")
    if row.extended_until:
        words.append(f"{'gia' if words else 'Gia'} hạn đến {format_date(row.extended_until)}")
    return ", ".join(words)
