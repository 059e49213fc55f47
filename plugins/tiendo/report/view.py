"""The variables of the report's templates, ``include/templates/report.docx`` and ``report.html.j2``.

docs/report-template.md lists their names: adding one is safe, renaming one breaks a template somebody may have edited.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from tiendo.clock import HANOI
from tiendo.model.period import Period, PeriodKind
from tiendo.model.states import TASK_STATES
from tiendo.report.amendments import amendment_text
from tiendo.report.data import NOT_REPORTED, EditionChange, EditionData, IndicatorLine, TaskChange, TaskLine, TaskReport
from tiendo.report.edition_tables import CHANGES, INDICATORS, RECORDS, REVISIONS, SUBMISSIONS
from tiendo.report.headline import (
    SharedRemark,
    attention_text,
    headlines,
    leading_remarks,
    needing_attention,
    next_steps,
    remarks,
)
from tiendo.report.summary import (
    counted,
    data_days,
    early_sentence,
    edition_label,
    further_lines,
    illustrative_lines,
    named_value,
    open_words,
    overview,
    state_counts,
    status_sentence,
    task_sentence,
    threshold_words,
)
from tiendo.report.words import (
    IN_ANNEX,
    IN_BODY,
    contradiction_text,
    cut,
    done_before,
    due_words,
    instant,
    lower,
    name_in_year,
    number,
    public_name,
    records_since,
    reports_title,
    short_instant,
    source_text,
    sum_text,
    task_state,
    task_state_name,
    tint,
    two_digits,
)
from tiendo.status.names import LABELS, STYLES, Status
from tiendo.vietnamese.dates import format_date, long_date

_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII")
# What a report consists of. Difficulties and proposals are told with a task; a plan without tasks asks for none.
_CHAPTERS = ("indicators", "tasks", "difficulties", "proposals", "next_period", "submissions", "notes")
_ANNEXES = ("indicators", "tasks", "submissions", "leads", "records", "remarks")
_OF_TASKS = ("tasks", "difficulties", "proposals", "remarks")


def plan_reference(data: EditionData) -> str:
    """Returns the plan's short title, ``ngày 19/01/2023``, and whose plan it is."""
    return f"{data.plan_short_title} ngày {format_date(data.plan_issued_on)} của {data.plan_issued_by}"


def build_view(data: EditionData) -> dict[str, Any]:
    """Returns every variable of the report's templates. Values are strings, booleans, lists and dicts of them."""
    rows = {line.code: line_view(line) for line in data.indicators}
    body = [line_view(line) for line in data.body_targets]
    doubted = Counter(report.agency_code for task in data.tasks for report in task.reports if report.contradiction)
    return {
        "letterhead": {
            "parent_body": data.letterhead.parent_body.upper(),
            "issuing_body": data.letterhead.issuing_body.upper(),
            "issuing_body_name": data.letterhead.issuing_body,
            "symbol": data.letterhead.symbol,
            "addressee": data.letterhead.addressee,
            "signing_office": "\n".join(data.letterhead.signing_office),
            "signer": data.letterhead.signer,
            "recipients": list(data.letterhead.recipients),
            "basis": _enumerated(data.letterhead.basis) or plan_reference(data),
        },
        "is_draft": data.is_draft,
        "draft_mark": "DỰ THẢO" if data.is_draft else "",
        "edition_label": edition_label(data),
        "edition": str(data.edition),
        "place_and_date": f"{data.letterhead.place}, {long_date(_issue_day(data))}",
        "issue_date": long_date(_issue_day(data)),
        "plan_reference": plan_reference(data),
        "plan_title": data.plan_title,
        "plan_annex": data.letterhead.annex,
        "province": data.province,
        "year": str(data.period.year),
        "period": data.period.vietnamese,
        "period_noun": data.period.kind.noun,
        "as_of": instant(data.as_of),
        "cut_off": long_date(data.cut_off_on),
        "data_days": data_days(data),
        "approval": ""
        if data.approval is None
        else f"{public_name(data.approval.approved_by)} duyệt lúc {instant(data.approval.approved_at)}",
        "summary": headlines(data),
        "further": further_lines(data),
        "overview": overview(data),
        "thresholds": threshold_words(data),
        "good_level": _good_level(data.period),
        "charted_periods": _charted_periods(data),
        "submissions": submissions_view(data),
        "has_tasks": bool(data.tasks),
        "has_own_plans": any(record.own_plan_state is not None for record in data.records),
        "chapters": _numbered(_CHAPTERS, data),
        "annexes": _numbered(_ANNEXES, data),
        "sections": sections_view(data, rows),
        "body_targets": {"sentence": status_sentence(data.body_targets), "rows": body},
        "attention": [line_view(line) | {"told": attention_text(line)} for line in needing_attention(data)],
        "task_sentence": task_sentence(data),
        "task_sections": task_sections_view(data),
        "late_tasks": [task_view(task, IN_BODY) for task in data.tasks if task.late_reports and not task.is_collective],
        "difficulties": remarks_view(remarks(data, "difficulty")),
        "proposals": remarks_view(remarks(data, "proposal")),
        "main_difficulties": remarks_view(leading_remarks(data, "difficulty"), IN_BODY),
        "main_proposals": remarks_view(leading_remarks(data, "proposal"), IN_BODY),
        "next_period": "" if data.next_due_at is None else data.period.following.vietnamese,
        "next_steps": next_steps(data),
        "estimates": [named_value(line) for line in data.graded if line.is_estimate],
        "early": early_sentence(data),
        "illustrative": [named_value(line) for line in illustrative_lines(data)],
        "amendments": [amendment_text(line) for line in data.amendments],
        "revisions": [REVISIONS.printed(each) | {"source": source_text(each.origin)} for each in data.revisions],
        "previous": previous_view(data),
        "leads": [
            {
                "agency": lead.agency_name,
                "indicators": counted(lead.indicators, "chỉ tiêu", LABELS),
                "tasks": counted(lead.tasks, "nhiệm vụ", TASK_STATES | {NOT_REPORTED: task_state_name(NOT_REPORTED)})
                + (
                    f" (trong đó {two_digits(count)} báo cáo mâu thuẫn)" if (count := doubted[lead.agency_code]) else ""
                ),
            }
            for lead in data.leads
        ],
        "records_since": records_since(is_of_several_years=data.is_of_several_years),
        "records_span": _records_span(data),
        "records_title": reports_title(data.period.kind),
        "records": [RECORDS.printed(record) for record in data.records],
        "annexed_headings": [column.title for column in INDICATORS.columns if column.is_annexed],
        "annex_rows": list(rows.values()),
        "annex_body_rows": body,
        "rule_version": data.rule_version,
        "register_sha256": data.register_sha256,
    }


def line_view(line: IndicatorLine) -> dict[str, Any]:
    """Returns one indicator row as printed."""
    return INDICATORS.printed(line) | {
        "is_group": not line.is_graded,
        "is_sub": line.row_kind == "sub_indicator",
        "mark": STYLES[Status(line.status)].mark if line.status else "",
        "tint": tint(line.status),
        "source": sum_text(line) or source_text(line.origin),
        "annexed": [column.printed(line) for column in INDICATORS.columns if column.is_annexed],
    }


def submissions_view(data: EditionData) -> dict[str, Any]:
    """Returns who sent, who is late, who is missing, and the row of every obliged body."""
    received = [row for row in data.submissions if row.is_received]
    overdue = [row for row in data.submissions if row.open_until is None]
    return {
        "total": two_digits(sum(not row.is_excused for row in data.submissions)),
        "received": two_digits(len(received)),
        "on_time": two_digits(sum(bool(row.is_on_time) for row in received)),
        "deadline": _deadline(data.due_at),
        "late": [
            f"{row.agency_name} (chậm {two_digits(row.days_late or 0)} ngày, nhận {short_instant(row.received_at)})"
            for row in received
            if row.is_on_time is False
        ],
        "rejected": [row.agency_name for row in overdue if row.state == "rejected"],
        "missing": [row.agency_name for row in overdue if row.state == "missing"],
        "open": open_words(data.submissions),
        "rows": [
            SUBMISSIONS.printed(row)
            | {
                "no": str(position),
                "is_problem": row.is_lacking or row.is_on_time is False,
            }
            for position, row in enumerate(data.submissions, start=1)
        ],
    }


def sections_view(data: EditionData, rows: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the sections of the plan's indicators with their rows, which are given by the indicator's code."""
    sections: dict[str, list[IndicatorLine]] = {}
    for line in data.indicators:
        sections.setdefault(line.section_no, []).append(line)
    return [
        {
            "no": no,
            "title": lines[0].section_title,
            "sentence": status_sentence(lines),
            "rows": [rows[line.code] for line in lines],
        }
        for no, lines in sections.items()
    ]


def task_sections_view(data: EditionData) -> list[dict[str, Any]]:
    """Returns tasks grouped by the plan's sections, each with its lead body and that body's report."""
    sections: dict[str, list[TaskLine]] = {}
    for task in data.tasks:
        sections.setdefault(task.section_ref, []).append(task)
    views = []
    for ref, tasks in sections.items():
        reports = [report for task in tasks if not task.is_collective for report in task.reports]
        views.append(
            {
                "ref": ref,
                "title": tasks[0].section_title,
                "sentence": f"{state_counts(reports)}." if reports else "",
                "rows": [task_view(task) for task in tasks],
            }
        )
    return views


def task_view(task: TaskLine, longest: int = IN_ANNEX) -> dict[str, Any]:
    """Returns one task row: a single lead's own words, a collective task's counts and those late."""
    answered = [report for report in task.reports if report.state != NOT_REPORTED]
    view: dict[str, Any] = {
        "ref": task.ref,
        "title": task.title,
        "is_collective": task.is_collective,
        "due": due_words(task),
        "completion": "",
        "late": [report.agency_name for report in task.late_reports],
        "is_late": bool(task.late_reports),
    }
    if task.is_collective:
        late = f" Báo chậm: {'; '.join(view['late'])}." if view["late"] else ""
        claims = [told for report in answered if (told := contradiction_text(report))]
        against = f" Mâu thuẫn: {'; '.join(claims)}." if claims else ""
        silent = [r.agency_name + done_before(r) for r in task.reports if r.state == NOT_REPORTED]
        return view | {
            "lead": f"Các cơ quan, địa phương ({len(task.reports)} đơn vị)",
            "state": f"{len(answered)}/{len(task.reports)} đơn vị đã báo cáo",
            "result": f"{state_counts([r for r in answered if not r.contradiction])}.{late}{against}"
            if answered
            else "Chưa đơn vị nào báo cáo.",
            "source": "" if not silent else f"Chưa báo cáo: {'; '.join(silent)}.",
        }
    several = len(task.reports) > 1
    return view | {
        "lead": "; ".join(report.agency_name for report in task.reports),
        "state": "; ".join(
            f"{report.agency_name}: {task_state(report)}" if several else task_state(report) for report in task.reports
        ),
        "completion": "; ".join(f"{number(r.completion_pct)}%" for r in answered if r.completion_pct is not None),
        "result": "\n".join(filter(None, (_result(report, longest) for report in answered))),
        "source": "; ".join(source_text(report.origin) for report in answered),
    }


def _result(report: TaskReport, longest: int) -> str:
    against = f"Mâu thuẫn: {contradiction_text(report)}." if report.contradiction else ""
    return "\n".join(filter(None, (cut(report.result, longest), against)))


def remarks_view(said: Iterable[SharedRemark], longest: int = IN_ANNEX) -> list[dict[str, str]]:
    """Returns difficulties or proposals as printed."""
    return [
        {"text": cut(remark.text, longest), "agencies": remark.said_by, "refs": ", ".join(remark.refs)}
        for remark in said
    ]


def _good_level(period: Period) -> str:
    """Returns what a distance is measured to: ``mức được đánh giá đúng tiến độ (quý IV: đạt kế hoạch)``."""
    if period.kind is PeriodKind.YEAR:
        return "mức đạt kế hoạch"
    return f"mức được đánh giá {lower(LABELS[Status.ON_TRACK])} ({period.of_year[-1].short}: đạt kế hoạch)"


def _records_span(data: EditionData) -> str:
    """Returns ``từ đầu năm đến quý I năm 2023``, ``từ đầu năm đến hết tháng 9 năm 2023``."""
    period = data.period
    until = period.vietnamese
    if period.kind not in (PeriodKind.MONTH, PeriodKind.QUARTER):
        until = "hết " + (f"năm {period.year}" if period.is_last else f"tháng {period.last_month} năm {period.year}")
    return f"{records_since(is_of_several_years=data.is_of_several_years)} đến {until}"


def _charted_periods(data: EditionData) -> str:
    """Returns ``quý I đến quý IV``; all of a few: ``6 tháng đầu năm, 9 tháng đầu năm và năm 2023``."""
    names = [name_in_year(period) for period in data.graded[0].series] if data.graded else []
    return f"{names[0]} đến {names[-1]}" if len(names) > 3 else _enumerated(names)


def _enumerated(texts: Sequence[str]) -> str:
    """Returns ``A, B và C``."""
    return " và ".join(part for part in (", ".join(texts[:-1]), *texts[-1:]) if part)


def previous_view(data: EditionData) -> dict[str, Any]:
    """Returns the differences from the edition before; ``exists`` is False for a first edition."""
    previous = data.previous
    if previous is None:
        return {
            "exists": False,
            "number": "",
            "label": "",
            "arrivals": [],
            "corrections": [],
            "rows": [],
            "rewordings": [],
            "tasks": [],
        }
    return {
        "exists": True,
        "number": str(previous.number),
        "label": f"lần ban hành thứ {previous.number} (theo báo cáo tiếp nhận đến {instant(previous.as_of)})",
        "arrivals": list(previous.arrivals),
        "corrections": [change.indicator_name for change in previous.changes if change.is_correction],
        "rows": [change_view(change) for change in previous.changes],
        "rewordings": [change.indicator_name for change in previous.rewordings],
        "tasks": _task_changes(previous.tasks),
    }


def _task_changes(changes: Sequence[TaskChange]) -> list[str]:
    """Returns each change in words; what many bodies now tell for the first time is one line a body."""
    told: dict[str, list[str]] = {}
    for change in changes:
        old, new = (
            lower(task_state_name(state)) + ("" if pct is None else f" ({number(pct)}%)")
            for state, pct in ((change.old_state, change.old_pct), (change.new_state, change.new_pct))
        )
        source = f" ({source_text(change.origin)})" if change.origin else ""
        if change.old_state == NOT_REPORTED:
            words = "báo cáo lần đầu, chậm tiến độ" if change.new_state == "late" else "báo cáo lần đầu"
            told.setdefault(f"{change.agency_name} {words}: nhiệm vụ", []).append(change.ref)
        else:
            told.setdefault(f"{change.ref}, {change.agency_name}: từ {old} thành {new}{source}", [])
    return [f"{text} {', '.join(refs)}" if refs else text for text, refs in told.items()]


def change_view(change: EditionChange) -> dict[str, Any]:
    """Returns one difference from the edition before."""
    return CHANGES.printed(change) | {"is_flip": change.is_flip, "is_correction": change.is_correction}


def _numbered(parts: Sequence[str], data: EditionData) -> dict[str, str]:
    """Numbers the report's chapters or annexes that this edition has, in Roman."""
    is_there = {"next_period": data.next_due_at is not None} | dict.fromkeys(_OF_TASKS, bool(data.tasks))
    return dict(zip((part for part in parts if is_there.get(part, True)), _ROMAN, strict=False))


def _issue_day(data: EditionData) -> date:
    moment = data.as_of if data.approval is None else data.approval.approved_at
    return moment.astimezone(HANOI).date()


def _deadline(due_at: datetime) -> str:
    local = due_at.astimezone(HANOI)
    is_midnight = (local.hour, local.minute) == (0, 0)
    return f"trước {long_date(local.date()) if is_midnight else instant(due_at)}"
