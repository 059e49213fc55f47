"""The five lines of page one: how it stands, what is reached, what is behind, who must act, what is to be decided."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tiendo.model.period import Period
from tiendo.report.data import EditionData, IndicatorLine, TaskLine
from tiendo.report.summary import (
    ON_PAGE_ONE,
    headline,
    illustrative_lines,
    open_words,
    status_sentence,
    submission_sentence,
    task_sentence,
)
from tiendo.report.words import clean, due_words, lower, quarter, two_digits
from tiendo.status.names import LABELS, Status
from tiendo.vietnamese.text import fold

_LONGEST = 220
_PROPOSALS = 3
_BEHIND = (Status.BEHIND, Status.MISSED)
_REACHED = (Status.EXCEEDED, Status.ACHIEVED)
_NEEDING_ATTENTION = (
    Status.MISSED, Status.BEHIND, Status.AT_RISK, Status.CONFLICTING, Status.UNDECIDABLE, Status.NO_DATA,
)  # fmt: skip


class SharedRemark(NamedTuple):
    """A difficulty or proposal, once for all who say the same; bodies and tasks in the order of the plan."""

    text: str
    agencies: tuple[str, ...]
    refs: tuple[str, ...]

    @property
    def said_by(self) -> str:
        """Returns who says it: ``Sở Tài chính; Sở Y tế``, of many only how many."""
        return "; ".join(self.agencies) if len(self.agencies) <= ON_PAGE_ONE else f"{len(self.agencies)} đơn vị"


def remarks(data: EditionData, field: str) -> list[SharedRemark]:
    """Returns the difficulties or proposals merged by their content, those of most bodies first."""
    found: dict[str, tuple[str, dict[str, None], dict[str, None]]] = {}
    for task in data.tasks:
        for report in task.reports:
            if text := clean(getattr(report, field)):
                _, agencies, refs = found.setdefault(fold(text).strip(" .;"), (text, {}, {}))
                agencies[report.agency_name] = refs[task.ref] = None
    merged = [SharedRemark(text.rstrip("."), tuple(agencies), tuple(refs)) for text, agencies, refs in found.values()]
    return sorted(merged, key=lambda remark: -len(remark.agencies))


def needing_attention(data: EditionData) -> list[IndicatorLine]:
    """Returns the indicators that do not go as planned or cannot be judged, the worst first."""
    order = {status: place for place, status in enumerate(_NEEDING_ATTENTION)}
    lines = [line for line in data.graded if line.status in order]
    return sorted(lines, key=lambda line: (order[Status(line.status)], line.ratio is None, line.ratio or 0))


def headlines(data: EditionData) -> list[dict[str, str]]:
    """Returns the five lines, label and text each; a line with nothing to say is left out."""
    lines = (
        ("Đánh giá chung", _general(data)),
        ("Đã đạt, vượt kế hoạch", _reached(data)),
        ("Chậm, không đạt", _behind(data)),
        ("Việc các đơn vị phải làm", _to_do(data)),
        ("Nội dung xin ý kiến chỉ đạo", _to_decide(data)),
    )
    return [{"label": label, "text": text} for label, text in lines if text]


def _general(data: EditionData) -> str:
    illustrative, figures = len(illustrative_lines(data)), sum(line.value is not None for line in data.graded)
    made_up = f"{two_digits(illustrative)}/{two_digits(figures)} số liệu là số liệu minh họa, đánh dấu (*)."
    parts = (
        status_sentence(data.graded),
        task_sentence(data),
        submission_sentence(data),
        made_up if illustrative else "",
    )
    return " ".join(part for part in parts if part)


def _reached(data: EditionData) -> str:
    if reached := [line for line in data.graded if line.status in _REACHED]:
        return f"{_some([headline(line) for line in reached], 'chỉ tiêu', where=', xem Phụ lục I')}."
    best = [
        line for line in data.graded if line.status == Status.ON_TRACK and line.ratio is not None and line.ratio > 1
    ]
    best.sort(key=lambda line: -(line.ratio or 0))
    text = "Chưa kết luận chỉ tiêu nào đạt kế hoạch cả năm."
    named = "; ".join(headline(line) for line in best[:3])
    return f"{text} Tốt nhất so với mức phải đạt: {named}." if named else text


def _behind(data: EditionData) -> str:
    """Names the worst with figure, plan, what is lacking, and the cause as its body gave it beside the figure."""
    behind = [line for line in needing_attention(data) if line.status in _BEHIND]
    told, silent = [], dict.fromkeys(line.agency_name for line in behind if not clean(line.explanation))
    for line in behind[:ON_PAGE_ONE]:
        goal = "kế hoạch" if line.status == Status.MISSED else f"mức “{LABELS[Status.ON_TRACK]}”"
        lacking = f", còn cách {goal} {line.gap_text}" if line.gap_text else ""
        cause = _brief(line.explanation)
        told.append(f"{headline(line)}{lacking}" + (f"; nguyên nhân: {cause}" if cause else ""))
    if more := behind[ON_PAGE_ONE:]:
        told.append(f"Và {two_digits(len(more))} chỉ tiêu khác, xem Mục I")
    if silent:
        told.append(f"Chưa nêu nguyên nhân cạnh số liệu: {'; '.join(silent)} (khó khăn, vướng mắc: xem Mục III)")
    return f"{'. '.join(told)}." if told else ""


def _to_do(data: EditionData) -> str:
    """Names who must act, what, and by when."""
    owing = [row for row in data.submissions if row.is_lacking]
    overdue = [row.agency_name for row in owing if row.open_until is None]
    plans = [row.agency_name for row in data.own_plans if row.is_lacking]
    late = [f"{task.ref} ({_late_leads(task)})" for task in _late(data.tasks)]
    behind = list(dict.fromkeys(line.agency_name for line in data.graded if line.status in _BEHIND))
    by = (
        "giải trình chỉ tiêu không đạt"
        if data.period.quarter == 4
        else f"đề xuất giải pháp trong {_next(data.period)} đối với chỉ tiêu chậm"
    )
    parts = (
        f"gửi báo cáo, {open_words(data.submissions)}" if len(overdue) < len(owing) else "",
        f"gửi ngay báo cáo đã quá hạn: {_some(overdue, 'đơn vị')}" if overdue else "",
        f"gửi kế hoạch thực hiện của đơn vị: {_some(plans, 'đơn vị')}" if plans else "",
        f"{by}: {'; '.join(behind)}" if behind else "",
        f"đẩy nhanh nhiệm vụ chậm: {_some(late, 'nhiệm vụ')}" if late else "",
    )
    return _sentences(part for part in parts if part)


def _to_decide(data: EditionData) -> str:
    late = {task.ref for task in _late(data.tasks)}
    # What is asked for the sake of a late task first.
    proposals = sorted(remarks(data, "proposal"), key=lambda remark: late.isdisjoint(remark.refs))
    told = [f"{_brief(remark.text)} ({remark.said_by}; {', '.join(remark.refs)})" for remark in proposals]
    return f"{_some(told, 'kiến nghị', where=', xem Mục IV', at_most=_PROPOSALS)}." if told else ""


def _brief(text: str) -> str:
    """Returns words of a body on one line, cut where they would crowd out the rest; in full they stand further down."""
    line = " ".join(clean(text).split()).rstrip(".")
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST].rsplit(' ', 1)[0]} …"


def _late(tasks: Iterable[TaskLine]) -> list[TaskLine]:
    return [task for task in tasks if task.late_reports and not task.is_collective]


def _late_leads(task: TaskLine) -> str:
    due = due_words(task)
    return ", ".join(report.agency_name for report in task.late_reports) + (f", hạn {lower(due)}" if due else "")


def _next(period: Period) -> str:
    return quarter(Period(period.year, period.quarter + 1))


def _some(texts: Sequence[str], noun: str, where: str = "", at_most: int = ON_PAGE_ONE) -> str:
    named = "; ".join(texts[:at_most])
    more = len(texts) - at_most
    return f"{named}; và {two_digits(more)} {noun} khác{where}" if more > 0 else named


def _sentences(parts: Iterable[str]) -> str:
    return " ".join(f"{part[0].upper()}{part[1:]}." for part in parts)
