"""Amendments of the plan in words, for the report, the review and the pages."""

from collections.abc import Iterator

from tiendo.model.register import Amendment, Change, Register
from tiendo.report.data import AmendmentLine
from tiendo.status.names import LABELS, Status
from tiendo.vietnamese.dates import format_date

_SUBJECTS = {"indicator": "chỉ tiêu", "task": "nhiệm vụ", "agency": "đơn vị"}
# What is printed of a change; the other columns are of no concern to a reader (addresses, ways to write a name), or
# follow from these (how a target is understood).
_COLUMNS = {
    "target_text": "mục tiêu năm",
    "label": "tên gọi",
    "name": "tên gọi",
    "title": "nội dung",
    "sum_of": "các chỉ tiêu thành phần cộng lại",
    "reporters": "đơn vị báo cáo",
    "lead_agencies": "cơ quan chủ trì",
    "is_obliged": "nghĩa vụ báo cáo",
    "published_in": "các {noun} có số liệu",
    "baseline": "số gốc",
    "due_on": "thời hạn",
    "direction": "chiều đánh giá",
    "tolerance": "sai lệch cho phép",
    "states": "các trạng thái được báo cáo",
}
_LISTS = ("reporters", "lead_agencies")


def lines_of(register: Register, amendments: tuple[Amendment, ...]) -> Iterator[AmendmentLine]:
    """Yields amendments in words; those that concern no reader are left out."""
    for each in amendments:
        if each.change is Change.SET and each.column not in _COLUMNS:
            continue
        yield AmendmentLine(each.code, _text(register, each), _basis(each), each.decision, each.is_illustrative)


def amendment_text(line: AmendmentLine) -> str:
    """Returns an amendment as one paragraph."""
    mark = " Điều chỉnh minh họa, không phải quyết định của cơ quan có thẩm quyền." if line.is_illustrative else ""
    decision = f" {line.decision.rstrip('.')}." if line.decision else ""
    return f"{line.text} ({line.basis}).{decision}{mark}"


def _text(register: Register, each: Amendment) -> str:
    subject, name = _SUBJECTS[each.subject], _name(register, each)
    match each.change:
        case Change.ADD:
            return f"Bổ sung {subject} “{name}”"
        case Change.WITHDRAW:
            return f"Đưa {subject} “{name}” ra khỏi Kế hoạch"
        case Change.MERGE:
            heir = _bodies(register, each.value)
            return f"{name} sáp nhập vào {heir}; {heir} báo cáo thay phần việc của {name}"
        case Change.SPLIT:
            return f"{name} được chia tách; phần việc chuyển cho {_bodies(register, each.value)}"
    before, value = (_value(register, each.column, text) for text in (each.before, each.value))
    what = _COLUMNS[each.column].format(noun=register.period_kind.noun)
    return f"{subject.capitalize()} “{name}”: {what} điều chỉnh từ {before} thành {value}"


def _name(register: Register, each: Amendment) -> str:
    if each.subject == "agency":
        return register.agency_by_code[each.code].name
    if each.subject == "task":
        return f"{each.code} {register.task_by_ref[each.code].title.rstrip('.')}"
    return register.indicator_by_code[each.code].label


def _value(register: Register, column: str, text: str) -> str:
    if column in _LISTS:
        text = _bodies(register, text)
    elif column == "sum_of":
        text = ", ".join(register.indicator_by_code[code.strip()].label for code in text.split(";") if code.strip())
    elif column == "is_obliged":
        text = "có" if text == "yes" else "không"
    elif column == "states":
        states = (entry.partition("=") for entry in text.split(";"))
        text = "; ".join(f"{state.strip()} ({LABELS[Status(verdict.strip())]})" for state, _, verdict in states)
    return f"“{text}”" if text else "(trống)"


def _bodies(register: Register, codes: str) -> str:
    return ", ".join(register.agency_by_code[code.strip()].name for code in codes.split(";") if code.strip())


def _basis(each: Amendment) -> str:
    document = f", theo {each.document}" if each.document else ""
    dated = f" ngày {format_date(each.dated_on)}" if each.document and each.dated_on else ""
    return f"từ ngày {format_date(each.from_on)}{document}{dated}"
