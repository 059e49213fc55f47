"""The five lines of page one: how it stands, what is reached, what is behind, who must act, what is to be decided."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from tiendo.model.working_days import last_day_before
from tiendo.report.data import EditionData, IndicatorLine, TaskLine
from tiendo.report.summary import (
    ON_PAGE_ONE,
    headline,
    illustrative_sentence,
    open_words,
    status_sentence,
    submission_sentence,
    task_sentence,
    with_unit,
)
from tiendo.report.words import (
    IN_HEADLINE,
    brief,
    clean,
    due_words,
    last_year_text,
    lower,
    name_in_year,
    need,
    number,
    trend_text,
    two_digits,
)
from tiendo.status.names import FAILING, LABELS, Status
from tiendo.vietnamese.dates import format_date
from tiendo.vietnamese.text import fold

_TITLE = 100
_BEST = 3
_WORST = 4
_PROPOSALS = 3
_REMARKS = 8
_AIMS = 8
_ANNEX = ", xem Phụ lục I"
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


def remarks(data: EditionData, field: str, first: Collection[str] = ()) -> list[SharedRemark]:
    """Returns the difficulties or proposals merged by their content, those on tasks ``first``, then of most bodies."""
    found: dict[str, tuple[str, dict[str, None], dict[str, None]]] = {}
    for task in data.tasks:
        for report in task.reports:
            if text := clean(getattr(report, field)):
                _, agencies, refs = found.setdefault(fold(text).strip(" .;"), (text, {}, {}))
                agencies[report.agency_name] = refs[task.ref] = None
    merged = [SharedRemark(text.rstrip("."), tuple(agencies), tuple(refs)) for text, agencies, refs in found.values()]
    return sorted(merged, key=lambda remark: ({*first}.isdisjoint(remark.refs), -len(remark.agencies)))


def needing_attention(data: EditionData) -> list[IndicatorLine]:
    """Returns the indicators that do not go as planned or cannot be judged, the worst first."""
    order = {status: place for place, status in enumerate(_NEEDING_ATTENTION)}
    lines = [line for line in data.graded if line.status in order]
    return sorted(lines, key=lambda line: (order[Status(line.status)], line.ratio is None, line.ratio or 0))


def attention_text(line: IndicatorLine) -> str:
    """Returns what is told of such an indicator: the whole sentence of one that fails, of one at risk what it lacks."""
    is_brief = line.status == Status.AT_RISK and line.gap_text
    told = f"Còn cách mức “{LABELS[Status.ON_TRACK]}” {line.gap_text}." if is_brief else line.sentence
    return " ".join(part for part in (told, last_year_text(line), trend_text(line)) if part)


def leading_remarks(data: EditionData, field: str) -> list[SharedRemark]:
    """Returns the remarks that the report's body has: of late tasks and indicators first, then of most bodies."""
    urgent = {task.ref for task in _late(data.tasks)} | {line.task_ref for line in _failing(data)}
    return remarks(data, field, first=urgent)[:_REMARKS]


def headlines(data: EditionData) -> list[dict[str, str]]:
    """Returns the five lines, label and text each; a line with nothing to say is left out."""
    lines = (
        ("Đánh giá chung", _general(data)),
        _reached(data),
        ("Chậm, không đạt", _behind(data)),
        ("Việc các đơn vị phải làm", _to_do(data)),
        ("Nội dung xin ý kiến chỉ đạo", _to_decide(data)),
    )
    return [{"label": label, "text": text} for label, text in lines if text]


def _general(data: EditionData) -> str:
    parts = (
        status_sentence(data.graded),
        task_sentence(data),
        submission_sentence(data),
        illustrative_sentence(data),
    )
    return " ".join(part for part in parts if part)


def _reached(data: EditionData) -> tuple[str, str]:
    """Names what is reached; within the year, where nothing is, what is best: label and text."""
    if reached := [line for line in data.graded if line.status in _REACHED]:
        is_over = data.period.is_last or data.next_due_at is None
        keep = "" if is_over else " Chỉ tiêu tính theo thời điểm phải giữ được mức này đến hết năm."
        named = _some([headline(line) for line in reached], "chỉ tiêu", where=_ANNEX, at_most=_BEST)
        return "Đã đạt, vượt kế hoạch", f"{named}.{keep}"
    best = [
        line for line in data.graded if line.status == Status.ON_TRACK and line.ratio is not None and line.ratio > 1
    ]
    best.sort(key=lambda line: -(line.ratio or 0))
    named = "; ".join(headline(line) for line in best[:2])
    return "Tốt nhất so với mức phải đạt", f"{named}." if named else ""


def _behind(data: EditionData) -> str:
    """Names the worst with figure, plan, what is lacking, and the cause as its body gave it."""
    behind = _failing(data)
    told, last = [], ""
    for line in behind[:_WORST]:
        goal = "kế hoạch" if line.status == Status.MISSED else f"mức “{LABELS[Status.ON_TRACK]}”"
        lacking = f", còn cách {goal} {line.gap_text}" if line.gap_text else ""
        cause = cause_of(data, line)
        why = "cùng nguyên nhân trên" if cause and cause == last else f"nguyên nhân: {cause}" if cause else ""
        told.append(f"{headline(line)}{lacking}" + (f"; {why}" if why else ""))
        last = cause
    if more := behind[_WORST:]:
        told.append(f"Và {two_digits(len(more))} chỉ tiêu khác, xem Mục I")
    if fallen := [headline(line) for line in data.graded if line.status == Status.AT_RISK and line.trend == "worse"]:
        told.append(f"Có nguy cơ, kém hơn kỳ trước: {_some(fallen, 'chỉ tiêu', where=', xem Mục I', at_most=2)}")
    return f"{'. '.join(told)}." if told else ""


def _failing(data: EditionData) -> list[IndicatorLine]:
    return [line for line in needing_attention(data) if line.status in FAILING]


def cause_of(data: EditionData, line: IndicatorLine, longest: int = IN_HEADLINE) -> str:
    """Returns why an indicator is behind, as told beside it, else as the difficulty of the task that names it; ""."""
    if beside := brief(line.explanation, longest):
        return beside
    told = [brief(r.difficulty, longest) for task in data.tasks if task.ref == line.task_ref for r in task.reports]
    return f"{'; '.join(filter(None, told))} (nhiệm vụ {line.task_ref})" if any(told) else ""


def _to_do(data: EditionData) -> str:
    """Names who must act, what, and by when."""
    owing = [row for row in data.submissions if row.is_lacking]
    overdue = [row.agency_name for row in owing if row.open_until is None]
    plans = [row.agency_name for row in data.own_plans if row.is_lacking]
    late = [f"{task_name(task)} ({', '.join(r.agency_name for r in task.late_reports)})" for task in _late(data.tasks)]
    behind = list(dict.fromkeys(name for line in data.graded if line.status in FAILING for name in line.responsible))
    is_told = all(cause_of(data, line) for line in _failing(data))
    asked = "đề xuất giải pháp" if is_told else "nêu nguyên nhân, đề xuất giải pháp"
    by = (
        "giải trình chỉ tiêu không đạt"
        if data.period.is_last
        else f"{asked} trong {name_in_year(data.period.following)} đối với chỉ tiêu chậm"
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
    # What is asked for the sake of a late task first.
    proposals = remarks(data, "proposal", first={task.ref for task in _late(data.tasks)})
    told = [f"{brief(remark.text)} ({remark.said_by}; {', '.join(remark.refs)})" for remark in proposals]
    where = ", xem Mục IV" if len(told) <= _REMARKS else ", xem Mục IV, Phụ lục VI"
    return f"{_some(told, 'kiến nghị', where=where, at_most=_PROPOSALS)}." if told else ""


def next_steps(data: EditionData) -> list[dict[str, str]]:
    """Returns what the next period must bring, label and text each; nothing at the year's end."""
    if data.next_due_at is None:
        return []
    following = data.period.following
    # What a year that is over has missed is no longer to be reached.
    failing = () if data.period.is_last else (*FAILING, Status.AT_RISK)
    short = [line for line in needing_attention(data) if line.status in failing]
    unfinished = [
        task
        for task in data.tasks
        if not task.is_collective and any(report.state not in ("done", "not_applicable") for report in task.reports)
    ]
    late = _late(data.tasks)
    due = [t for t in unfinished if t.due_on is not None and t.due_on <= following.last_day and t not in late]
    deadline = format_date(last_day_before(data.next_due_at))
    lines = (
        ("Chỉ tiêu cần phấn đấu", _some([_aim(line) for line in short], "chỉ tiêu", at_most=_AIMS, where=_ANNEX)),
        (
            f"Nhiệm vụ chậm, đẩy nhanh {following.kind.in_it}",
            "; ".join(f"{task_name(task)} ({_leads(task)})" for task in late),
        ),
        ("Nhiệm vụ khác đến hạn", "; ".join(f"{task_name(task)} ({_leads(task)})" for task in due)),
        (f"Báo cáo {name_in_year(following)}", f"các đơn vị gửi chậm nhất ngày {deadline}"),
    )
    return [{"label": label, "text": f"{text}."} for label, text in lines if text]


def _aim(line: IndicatorLine) -> str:
    """Returns what an indicator must still bring, or where it must come."""
    if line.needed is not None and line.needed > 0:
        return f"{line.full_name}: thêm {with_unit(need(line.needed, line.decimals), line.unit)}"
    goal = with_unit(line.target_text, line.unit)
    if line.told_state:
        return f"{line.full_name}: từ “{line.told_state}” đến “{goal}”"
    return f"{line.full_name}: từ {with_unit(number(line.value), line.unit)} đến mức kế hoạch {goal}"


def task_name(task: TaskLine) -> str:
    """Returns a task's number with the first of what its title names."""
    return f"{task.ref} {lower(brief(task.title.partition(';')[0], longest=_TITLE))}"


def _late(tasks: Iterable[TaskLine]) -> list[TaskLine]:
    return [task for task in tasks if task.late_reports and not task.is_collective]


def _leads(task: TaskLine) -> str:
    due = due_words(task)
    return ", ".join(report.agency_name for report in task.reports) + (f", hạn {lower(due)}" if due else "")


def _some(texts: Sequence[str], noun: str, where: str = "", at_most: int = ON_PAGE_ONE) -> str:
    named = "; ".join(texts[:at_most])
    more = len(texts) - at_most
    return f"{named}; và {two_digits(more)} {noun} khác{where}" if more > 0 else named


def _sentences(parts: Iterable[str]) -> str:
    return " ".join(f"{part[0].upper()}{part[1:]}." for part in parts)
