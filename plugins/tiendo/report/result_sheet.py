"""A body's result sheet (phiếu kết quả): one printed page of its own indicators, tasks and record card.

An edition has one for each body that owes a report, as HTML like all that lies in an outbox: it opens and prints on any
machine without LibreOffice, which would take longer over thirty documents than over all else.
``tiendo.report.delivery`` puts them there.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from tiendo.report.data import EditionData, IndicatorLine, Submission, TaskLine, TaskReport
from tiendo.report.edition_tables import INDICATORS, RECORDS, SUBMISSIONS
from tiendo.report.meeting import actions
from tiendo.report.summary import edition_label
from tiendo.report.words import brief, due_words, instant, number, records_since, task_state, tint
from tiendo.status.names import STYLES, Status
from tiendo.templates import template

FOLDER = "phieu-ket-qua"
# What a page holds. The longest names of the plan are shorter; a body's own words may be of any length.
_INDICATORS, _ROWS, _NAME, _TITLE, _FIGURE, _WORDS = 12, 20, 90, 66, 28, 220  # a title of 66 letters fills a line


def sheet_path(agency_code: str) -> str:
    """Returns where a body's sheet lies in the edition's folder."""
    return f"{FOLDER}/{agency_code}.html"


def render_result_sheets(data: EditionData) -> dict[str, bytes]:
    """Returns the sheets of all bodies that owe a report, HTML in UTF-8, by path in the edition's folder."""
    page = template("result_sheet.html.j2")
    heading = {
        "issuing_body": data.letterhead.issuing_body,
        "plan": data.plan_short_title,
        "period": data.period.vietnamese,
        "since": records_since(is_of_several_years=data.is_of_several_years),
        "edition_label": edition_label(data),
        "as_of": instant(data.as_of),
        "is_draft": data.is_draft,
        "has_tasks": bool(data.tasks),
        "has_own_plans": any(record.own_plan_state is not None for record in data.records),
    }
    return {sheet_path(code): page.render(heading | sheet).encode() + b"\n" for code, sheet in _sheets(data).items()}


def sheet_contents(data: EditionData) -> dict[str, str]:
    """Returns a hash of what each body's sheet says, number and instant of the edition aside, by the body's code."""
    return {
        code: hashlib.sha256(json.dumps(sheet, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
        for code, sheet in _sheets(data).items()
    }


def _sheets(data: EditionData) -> dict[str, dict[str, Any]]:
    records = {record.agency_code: record for record in data.records}
    matters = dict(actions(data))
    return {
        row.agency_code: _sheet(
            data, row, RECORDS.printed(records[row.agency_code]) if row.agency_code in records else {}, matters
        )
        for row in data.submissions
    }


def _sheet(
    data: EditionData, row: Submission, record: Mapping[str, Any], matters: Mapping[str, list[str]]
) -> dict[str, Any]:
    code = row.agency_code
    indicators = [line for line in data.graded if code in line.reporter_codes]
    tasks = [(task, report) for task in data.tasks for report in task.reports if report.agency_code == code]
    # Where a page is too short, what is late stays.
    room = _ROWS - min(len(indicators), _INDICATORS)
    shown = sorted(sorted(tasks, key=lambda pair: pair[1].state != "late")[:room], key=tasks.index)
    lines = max(1, room // max(1, len(shown)))
    submission = SUBMISSIONS.printed(row)
    return {
        "agency": brief(row.agency_name, _NAME),
        "submission": {name: submission[name] for name in ("state", "received_at", "timeliness", "receipt_no")},
        "indicators": [_indicator(line, row) for line in indicators[:_INDICATORS]],
        "more_indicators": max(0, len(indicators) - _INDICATORS),
        "tasks": [_task(task, report, _TITLE * lines) for task, report in shown],
        "more_tasks": max(0, len(tasks) - room),
        "record": {name: brief(record[name], _WORDS // 2) for name in ("reports", "first_try", "own_plan", "mistakes")}
        if record
        else {},
        "matters": brief("; ".join(matters.get(row.agency_name, [])), _WORDS),
    }


def _indicator(line: IndicatorLine, row: Submission) -> dict[str, str]:
    printed = INDICATORS.printed(line)
    sender = "" if line.origin is None else line.origin.agency_name
    return {
        name: brief(printed[name], _FIGURE) for name in ("unit", "target", "value", "expected", "ratio", "needed")
    } | {
        "name": brief(line.full_name, _NAME),
        "status": printed["status"],
        "mark": STYLES[Status(line.status)].mark,
        "tint": tint(line.status),
        # Of several reporters the plan takes one's figure.
        "sender": brief(sender, _NAME // 2) if sender and sender != row.agency_name else "",
    }


def _task(task: TaskLine, report: TaskReport, longest: int) -> dict[str, str]:
    completion = "" if report.completion_pct is None else f" ({number(report.completion_pct)}%)"
    return {
        "ref": task.ref,
        "title": brief(task.title, longest),
        "state": f"{task_state(report)}{completion}",
        "due": brief(due_words(task), _FIGURE),
        "contradiction": brief(report.contradiction, _NAME // 2),
    }
