"""The paper for the meeting about a period (giao ban): at most two pages, of the same data as the report.

What would make it longer is cut and counted; in full it stands in the report. docs/report-template.md names the
variables of ``include/templates/meeting.docx``.
"""

from collections.abc import Sequence
from itertools import accumulate
from math import ceil
from typing import Any

from tiendo.model.working_days import last_day_before
from tiendo.report.data import EditionData, IndicatorLine
from tiendo.report.headline import cause_of, needing_attention, remarks, task_name
from tiendo.report.summary import illustrative_sentence, status_sentence, task_sentence
from tiendo.report.view import build_view
from tiendo.report.word import fill_template
from tiendo.report.words import brief, due_words, lower, name_in_year, need, number, tint, two_digits, verdict
from tiendo.status.names import FAILING, STYLES, Status
from tiendo.templates import TEMPLATES
from tiendo.vietnamese.dates import format_date

TEMPLATE = TEMPLATES / "meeting.docx"
# What two pages hold: so many lines of the lists' letters, the letters in a line of an indicator's columns and of all
# else, and how much larger text is written than lists. Indicators fill what the rest leaves.
_ROOM, _WIDE, _NARROW, _LINE, _LARGER = 76, 44, 11, 72, 1.5
PROPOSALS, BODIES, NAMED = 4, 8, 4
# So many figures of an indicator, the newest: more would not fit beside it.
_FIGURES = 4
_BODY, _NAME, _TEXT, _MATTERS, _SHORT = 45, 75, 85, 200, 20
_SHOWN = (*FAILING, Status.AT_RISK)


def render_meeting(data: EditionData) -> bytes:
    """Returns the paper as DOCX; the same data and template give the same bytes.

    Raises:
        jinja2.UndefinedError: the template uses a variable that is not given.
        jinja2.TemplateSyntaxError: a tag in the template is broken.
    """
    title = f"Báo cáo họp giao ban {data.period.vietnamese} về {data.plan_short_title}"
    return fill_template(TEMPLATE, build_view(data) | {"meeting": meeting_view(data)}, data, title)


def meeting_view(data: EditionData) -> dict[str, Any]:
    """Returns what the template has beside the report's own variables."""
    shown = [line for line in needing_attention(data) if line.status in _SHOWN]
    late = {task.ref for task in data.tasks if task.late_reports}
    # What is asked for the sake of a late task first.
    proposals = remarks(data, "proposal", first=late)
    to_do = actions(data)
    named = [
        {"agency": brief(agency, _BODY), "matters": brief("; ".join(matters), _MATTERS)}
        for agency, matters in to_do[:BODIES]
    ]
    asked = [
        {
            "text": brief(remark.text, _TEXT),
            "agencies": brief(remark.said_by, _BODY),
            "refs": brief(", ".join(remark.refs), _SHORT),
        }
        for remark in proposals[:PROPOSALS]
    ]
    standing = " ".join(
        filter(None, (status_sentence(data.graded), task_sentence(data, where=""), illustrative_sentence(data)))
    )
    reports = _reports(data)
    text = [standing, *(" ".join(each.values()) for each in (*reports, *asked))]
    room = _ROOM - sum(_lines(each["matters"], _LINE) for each in named)
    room -= round(_LARGER * sum(_lines(paragraph, _LINE) for paragraph in text))
    rows = [_indicator(data, line) for line in shown]
    held = next((n for n, used in enumerate(accumulate(map(_height, rows))) if used > room), len(rows))
    is_cut = any(len(line.history) > _FIGURES for line in shown)
    return {
        "results_title": f"Kết quả các {data.period.kind.noun}{' gần nhất' if is_cut else ''}",
        "standing": standing,
        "reports": reports,
        "indicators": rows[:held],
        "more_indicators": _more(
            len(shown) - held,
            "chỉ tiêu không đạt" if data.period.is_last else "chỉ tiêu chậm hoặc có nguy cơ",
        ),
        "proposals": asked,
        "more_proposals": _more(len(proposals) - PROPOSALS, "kiến nghị"),
        "actions": named,
        "more_actions": _more(len(to_do) - BODIES, "đơn vị"),
    }


def _lines(text: str, letters: int) -> int:
    return max(1, ceil(len(text) / letters))


def _height(row: dict[str, Any]) -> int:
    """Returns how many lines an indicator's row has, as far as can be told without setting it."""
    words = " ".join(str(row[name]) for name in ("status", "name", "unit", "target", "lead", "cause"))
    return max(_lines(words + " " * 28 * bool(row["cause"]), _WIDE), _lines(row["lacking"], _NARROW))


def _more(count: int, noun: str) -> str:
    return f"Và {two_digits(count)} {noun} khác, xem báo cáo." if count > 0 else ""


def _reports(data: EditionData) -> list[dict[str, str]]:
    """Returns who lacks a report or its own plan, or was late: label and names."""
    owing = [row for row in data.submissions if row.is_lacking]
    received = sum(row.is_received for row in data.submissions)
    total = sum(not row.is_excused for row in data.submissions)
    lines = (
        ("Đã tiếp nhận", [f"{two_digits(received)}/{two_digits(total)} đơn vị"]),
        (
            "Gửi chậm",
            [
                f"{brief(row.agency_name, _BODY)} ({two_digits(row.days_late or 0)} ngày)"
                for row in data.submissions
                if row.is_on_time is False
            ],
        ),
        ("Quá hạn, chưa có báo cáo", [brief(row.agency_name, _BODY) for row in owing if row.open_until is None]),
        (
            "Chưa gửi, còn hạn",
            [
                f"{brief(row.agency_name, _BODY)} (đến hết ngày {format_date(row.open_until)})"
                for row in owing
                if row.open_until
            ],
        ),
        ("Chưa gửi kế hoạch thực hiện", [brief(row.agency_name, _BODY) for row in data.own_plans if row.is_lacking]),
    )
    return [{"label": label, "text": f"{_named(names)}."} for label, names in lines if names]


def _named(names: Sequence[str]) -> str:
    told = "; ".join(names[:NAMED])
    more = len(names) - NAMED
    return f"{told}; và {two_digits(more)} đơn vị khác, xem báo cáo" if more > 0 else told


def _indicator(data: EditionData, line: IndicatorLine) -> dict[str, Any]:
    """Returns one indicator with its figures so far, what is due by now and what must still come."""
    if line.needed is not None and not data.period.is_last:
        count, noun = data.period.rest_of_year
        lacking = f"{need(line.needed, line.decimals)} trong {count} {noun}"
    else:
        lacking = f"còn cách {line.gap_text}" if line.gap_text else ""
    return {
        "name": brief(line.full_name, _NAME),
        "unit": brief(line.unit, _SHORT),
        "target": brief(line.target_text, _SHORT),
        "path": _path(line),
        "expected": number(line.expected, line.decimals),
        "lacking": brief(lacking, _BODY),
        "status": verdict(line),
        "mark": STYLES[Status(line.status)].mark,
        "tint": tint(line.status),
        "lead": brief("; ".join(line.responsible) or line.agency_name, _BODY),
        "cause": cause_of(data, line, _NAME),
    }


def _path(line: IndicatorLine) -> list[str]:
    """Returns the last figures; the newest is marked where it is illustrative."""
    figures = [number(point.value) or point.told_state or "–" for point in line.history[-_FIGURES:]]
    return [*figures[:-1], f"{figures[-1]} (*)"] if figures and line.is_illustrative else figures


def actions(data: EditionData) -> list[tuple[str, list[str]]]:
    """Returns each body that must act with what and by when, those with most to do first, else in the plan's order."""
    found: dict[str, list[str]] = {row.agency_name: [] for row in data.submissions}
    closing = format_date(last_day_before(data.closing_at))
    for row in data.submissions:
        if row.is_lacking and row.open_until:
            found[row.agency_name].append(
                f"gửi báo cáo {data.period.vietnamese} đến hết ngày {format_date(row.open_until)}"
            )
        elif row.is_lacking:
            by = "ngay" if data.is_supplement else f"ngay, chậm nhất ngày {closing}"
            found[row.agency_name].append(f"gửi báo cáo {data.period.vietnamese} {by}")
    for row in data.own_plans:
        if row.is_lacking:
            by = f"đến hết ngày {format_date(row.open_until)}" if row.open_until else "ngay"
            found.setdefault(row.agency_name, []).append(f"gửi kế hoạch thực hiện của đơn vị {by}")
    behind: dict[str, int] = {}
    is_over = data.period.is_last or data.next_due_at is None
    until = "" if is_over else name_in_year(data.period.following)
    for line in data.graded:
        if line.status in FAILING:
            for lead in line.responsible or filter(None, (line.agency_name,)):
                behind[lead] = behind.get(lead, 0) + 1
    for lead, count in behind.items():
        matter = (
            f"giải pháp cho {two_digits(count)} chỉ tiêu chậm, thực hiện trong {until}"
            if until
            else f"giải trình {two_digits(count)} chỉ tiêu không đạt"
        )
        found.setdefault(lead, []).append(matter)
    for task in data.tasks:
        for report in task.late_reports:
            due = due_words(task)
            found.setdefault(report.agency_name, []).append(
                f"khắc phục chậm tiến độ nhiệm vụ {task_name(task)}" + (f" (hạn {lower(due)})" if due else "")
            )
    return sorted(((agency, matters) for agency, matters in found.items() if matters), key=lambda each: -len(each[1]))
