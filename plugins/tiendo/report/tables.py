"""The edition as tables: one list of columns feeds the XLSX, the CSV, the Parquet and the data package.

Names, types, headings and descriptions of the columns are in ``include/templates/report_tables.csv``; here is where
each value comes from. Names and types are a public contract, like schema mart: columns are added, never changed.
"""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from tiendo.clock import HANOI
from tiendo.report.data import EditionData, IndicatorLine, LeadLine, TaskLine, TaskReport
from tiendo.report.record_card import mistakes_words
from tiendo.report.view import (
    FILE_STATES,
    KINDS,
    SUBMISSION_STATES,
    clean,
    period_name,
    status_name,
    task_state_name,
)
from tiendo.settings import INCLUDE
from tiendo.status.names import TRENDS

COLUMNS = INCLUDE / "templates" / "report_tables.csv"
Reader = Callable[[Any], Any]


@dataclass(frozen=True)
class Field:
    """One column.

    Attributes:
        type: Frictionless type: ``string``, ``integer``, ``number``, ``boolean``, ``date`` or ``datetime``.
        title: heading in Vietnamese.
        description: what it holds, for the data package.
        width: column width in the XLSX, in characters.
        is_shown: seen in the XLSX at once; else folded away, one click on the plus sign above.
    """

    name: str
    type: str
    title: str
    description: str
    width: int
    is_shown: bool


@dataclass(frozen=True)
class Table:
    """One table; every row is a tuple in the order of ``fields``.

    Attributes:
        name: file name of the CSV and Parquet, without ending.
        sheet: name of the sheet in the XLSX.
        key: names of the columns that tell rows apart.
    """

    name: str
    sheet: str
    description: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    rows: tuple[tuple[Any, ...], ...]

    def column(self, name: str) -> int:
        """Returns the place of a column, from 0."""
        return [field.name for field in self.fields].index(name)


def build_tables(data: EditionData) -> tuple[Table, ...]:
    """Returns all tables of an edition, in the order of the XLSX's sheets."""
    reports = [(task, report) for task in data.tasks for report in task.reports]
    changes = () if data.previous is None else data.previous.changes
    figures = [line for line in data.graded if line.origin is not None]
    lines = [*data.indicators, *data.body_targets]
    return tuple(
        Table(name, sheet, description, key, fields(name), _rows(name, readers, items))
        for name, sheet, description, key, readers, items in (
            (
                "indicators", "Chỉ tiêu", "One row per indicator of Phụ lục II and target of the body text.",
                ("indicator_code",), _INDICATOR, lines,
            ),
            ("tasks", "Nhiệm vụ", "One row per task and lead body.", ("task_ref", "agency_code"), _TASK, reports),
            (
                "submissions", "Tình hình gửi", "One row per body that owes a report for the period.",
                ("agency_code",), _SUBMISSION, data.submissions,
            ),
            (
                "leads", "Cơ quan chủ trì", "How many indicators and tasks of each lead body stand where.",
                ("agency_code", "subject", "status"), _LEAD, _leads(data),
            ),
            (
                "records", "Phiếu theo dõi", "The record card of each body: how it has reported so far this year.",
                ("agency_code",), _RECORD, data.records,
            ),
            (
                "remarks", "Khó khăn - kiến nghị", "Difficulties and proposals, one row per task, body and kind.",
                ("task_ref", "agency_code", "kind"), _REMARK, _remarks(data),
            ),
            (
                "revisions", "Điều chỉnh", "Figures of earlier periods, changed since the last edition showing them.",
                ("indicator_code", "period", "basis", "agency_name"), _REVISION, data.revisions,
            ),
            (
                "changes", "So với lần trước", "Verdicts and figures that differ from the previous edition.",
                ("indicator_code",), _CHANGE, changes,
            ),
            (
                "sources", "Nguồn số liệu", "Where each printed figure was read: file, sheet, cell, sender, time.",
                ("indicator_code",), _SOURCE, figures,
            ),
            (
                "files", "Tệp đã nhận", "Files that came for the period, or that a figure rests on.",
                ("receipt_no",), _FILE, data.inputs,
            ),
        )
    )  # fmt: skip


@cache
def fields(table: str) -> tuple[Field, ...]:
    """Returns the columns of a table, in order."""
    with COLUMNS.open(encoding="utf-8", newline="") as lines:
        return tuple(
            Field(
                row["name"], row["type"], row["title"], row["description"], int(row["width"]), row["is_shown"] == "yes"
            )
            for row in csv.DictReader(lines)
            if row["table"] == table
        )


def _rows(table: str, readers: dict[str, Reader], items: Iterable[Any]) -> tuple[tuple[Any, ...], ...]:
    chosen = [readers[field.name] for field in fields(table)]
    return tuple(tuple(_plain(read(item)) for read in chosen) for item in items)


def _plain(value: Any) -> Any:
    """Cleans text, turns "" into None and instants into Vietnamese time."""
    if isinstance(value, str):
        return clean(value) or None
    return value.astimezone(HANOI) if hasattr(value, "astimezone") else value


def _of_origin(field: str) -> Callable[[Any], Any]:
    return lambda item: None if item.origin is None else getattr(item.origin, field)


def _remarks(data: EditionData) -> list[tuple[TaskLine, TaskReport, str]]:
    return [
        (task, report, kind)
        for kind in ("difficulty", "proposal")
        for task in data.tasks
        for report in task.reports
        if clean(getattr(report, kind))
    ]


def _leads(data: EditionData) -> list[tuple[LeadLine, str, str, int]]:
    return [
        (lead, subject, status, count)
        for lead in data.leads
        for subject, pairs in (("indicator", lead.indicators), ("task", lead.tasks))
        for status, count in pairs
    ]


_SUBJECTS = {"indicator": "Chỉ tiêu", "task": "Nhiệm vụ"}
_REMARK_KINDS = {"difficulty": "Khó khăn, vướng mắc", "proposal": "Kiến nghị, đề xuất"}


def _section(line: IndicatorLine) -> str:
    return f"{line.section_no}. {line.section_title}"


_INDICATOR: dict[str, Reader] = {
    "indicator_code": lambda i: i.code,
    "row_kind": lambda i: i.row_kind,
    "section": _section,
    "printed_no": lambda i: i.printed_no,
    "indicator_name": lambda i: i.name,
    "unit": lambda i: i.unit,
    "target_text": lambda i: i.target_text,
    "target_low": lambda i: i.target_low,
    "target_high": lambda i: i.target_high,
    "value": lambda i: i.value,
    "value_text": lambda i: i.value_text,
    "value_kind": lambda i: i.value_kind,
    "value_basis": lambda i: i.value_basis,
    "expected_value": lambda i: i.expected,
    "ratio": lambda i: i.ratio,
    "margin": lambda i: i.margin,
    "needed": lambda i: i.needed,
    "status": lambda i: i.status,
    "status_name": lambda i: status_name(i.status),
    "sentence": lambda i: i.sentence,
    "is_estimate": lambda i: i.is_estimate if i.is_graded else None,
    "is_approximate": lambda i: i.is_approximate if i.is_graded else None,
    "is_illustrative": lambda i: i.is_illustrative if i.is_graded else None,
    "expected_even": lambda i: i.expected_even,
    "previous_period": lambda i: "" if i.previous_period is None else str(i.previous_period),
    "previous_value": lambda i: i.previous_value,
    "previous_status": lambda i: i.previous_status,
    "trend": lambda i: i.trend,
    "trend_name": lambda i: TRENDS[i.trend].label if i.trend else "",
    "agency_name": lambda i: i.agency_name,
    "data_on": lambda i: i.data_on,
    "note": lambda i: i.note,
    "explanation": lambda i: i.explanation,
    "rule_version": lambda i: i.rule_version,
}
_TASK: dict[str, Reader] = {
    "task_ref": lambda t: t[0].ref,
    "section_ref": lambda t: t[0].section_ref,
    "section_title": lambda t: t[0].section_title,
    "title": lambda t: t[0].title,
    "is_collective": lambda t: t[0].is_collective,
    "due_on": lambda t: t[0].due_on,
    "agency_code": lambda t: t[1].agency_code,
    "agency_name": lambda t: t[1].agency_name,
    "state": lambda t: t[1].state,
    "state_name": lambda t: task_state_name(t[1].state),
    "completion_pct": lambda t: t[1].completion_pct,
    "result": lambda t: t[1].result,
    "receipt_no": lambda t: _of_origin("receipt_no")(t[1]),
    "sheet": lambda t: _of_origin("sheet")(t[1]),
    "cell": lambda t: _of_origin("cell")(t[1]),
}
_SUBMISSION: dict[str, Reader] = {
    "agency_code": lambda s: s.agency_code,
    "agency_name": lambda s: s.agency_name,
    "state": lambda s: s.state,
    "state_name": lambda s: SUBMISSION_STATES[s.state],
    "received_at": lambda s: s.received_at,
    "is_on_time": lambda s: s.is_on_time,
    "days_late": lambda s: s.days_late,
    "version": lambda s: s.version,
    "finding_count": lambda s: s.finding_count,
    "receipt_no": lambda s: s.receipt_no,
    "extended_until": lambda s: s.extended_until,
    "letter_no": lambda s: s.letter_no,
    "owed_count": lambda s: s.owed_count,
    "answered_count": lambda s: s.answered_count,
    "completeness_pct": lambda s: s.completeness_pct,
}
_LEAD: dict[str, Reader] = {
    "agency_code": lambda c: c[0].agency_code,
    "agency_name": lambda c: c[0].agency_name,
    "subject": lambda c: c[1],
    "subject_name": lambda c: _SUBJECTS[c[1]],
    "status": lambda c: c[2],
    "status_name": lambda c: status_name(c[2]) if c[1] == "indicator" else task_state_name(c[2]),
    "item_count": lambda c: c[3],
}
_RECORD: dict[str, Reader] = {
    "agency_code": lambda r: r.agency_code,
    "agency_name": lambda r: r.agency_name,
    "owed_count": lambda r: r.owed_count,
    "received_count": lambda r: r.received_count,
    "on_time_count": lambda r: r.on_time_count,
    "late_count": lambda r: r.late_count,
    "missing_count": lambda r: r.missing_count,
    "days_late_avg": lambda r: r.days_late_avg,
    "days_late_max": lambda r: r.days_late_max,
    "first_try_count": lambda r: r.first_try_count,
    "rejected_count": lambda r: r.rejected_count,
    "quarantined_count": lambda r: r.quarantined_count,
    "own_plan_state": lambda r: r.own_plan_state or "",
    "own_plan_received_at": lambda r: r.own_plan_received_at,
    "own_plan_days_late": lambda r: r.own_plan_days_late,
    "usual_mistakes": lambda r: mistakes_words(r.mistakes) if r.mistakes else "",
}
_REMARK: dict[str, Reader] = {
    "kind": lambda r: r[2],
    "kind_name": lambda r: _REMARK_KINDS[r[2]],
    "agency_code": lambda r: r[1].agency_code,
    "agency_name": lambda r: r[1].agency_name,
    "task_ref": lambda r: r[0].ref,
    "task_title": lambda r: r[0].title,
    "text": lambda r: getattr(r[1], r[2]),
    "receipt_no": lambda r: _of_origin("receipt_no")(r[1]),
}
_REVISION: dict[str, Reader] = {
    "indicator_code": lambda r: r.indicator_code,
    "indicator_name": lambda r: r.indicator_name,
    "unit": lambda r: r.unit,
    "period": lambda r: str(r.period),
    "period_name": lambda r: period_name(r.period),
    "basis": lambda r: r.basis,
    "old_value": lambda r: r.old_value,
    "new_value": lambda r: r.new_value,
    "reason": lambda r: r.reason,
    "agency_name": _of_origin("agency_name"),
    "received_at": _of_origin("received_at"),
    "receipt_no": _of_origin("receipt_no"),
    "sheet": _of_origin("sheet"),
    "cell": _of_origin("cell"),
}
_CHANGE: dict[str, Reader] = {
    "indicator_code": lambda c: c.indicator_code,
    "indicator_name": lambda c: c.indicator_name,
    "unit": lambda c: c.unit,
    "old_value": lambda c: c.old_value,
    "new_value": lambda c: c.new_value,
    "old_status": lambda c: c.old_status,
    "new_status": lambda c: c.new_status,
    "old_status_name": lambda c: status_name(c.old_status),
    "new_status_name": lambda c: status_name(c.new_status),
}
_SOURCE: dict[str, Reader] = {
    "indicator_code": lambda i: i.code,
    "indicator_name": lambda i: i.full_name,
    "value": lambda i: i.value,
    "value_text": lambda i: i.value_text,
    "kind_name": lambda i: KINDS[i.value_kind],
    "receipt_no": _of_origin("receipt_no"),
    "file_name": _of_origin("file_name"),
    "sheet": _of_origin("sheet"),
    "cell": _of_origin("cell"),
    "agency_name": _of_origin("agency_name"),
    "received_at": _of_origin("received_at"),
    "file_sha256": _of_origin("file_sha256"),
}
_FILE: dict[str, Reader] = {
    "receipt_no": lambda f: f.receipt_no,
    "agency_name": lambda f: f.agency_name,
    "file_name": lambda f: f.name,
    "period": lambda f: f.period,
    "state": lambda f: f.state,
    "state_name": lambda f: FILE_STATES[f.state],
    "received_at": lambda f: f.received_at,
    "is_used": lambda f: f.is_used,
    "size_bytes": lambda f: f.size_bytes,
    "sha256": lambda f: f.sha256,
}
