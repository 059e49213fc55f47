"""The edition as tables: one list of columns feeds the XLSX, the CSV, the Parquet and the data package.

Column names and types are part of the public contract, like schema mart: columns are added, never changed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tiendo.clock import HANOI
from tiendo.report.data import EditionData, IndicatorLine, TaskLine, TaskReport
from tiendo.report.view import (
    FILE_STATES,
    KINDS,
    SUBMISSION_STATES,
    clean,
    period_name,
    status_name,
    task_state_name,
)


@dataclass(frozen=True)
class Field:
    """One column.

    Attributes:
        type: Frictionless type: ``string``, ``integer``, ``number``, ``boolean``, ``date`` or ``datetime``.
        title: heading in Vietnamese.
        description: what it holds, for the data package.
        width: column width in the XLSX, in characters.
    """

    name: str
    type: str
    title: str
    description: str
    width: int = 14


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
    return (
        _table("indicators", "Chỉ tiêu", "One row per indicator of Phụ lục II and target of the body text.",
               ("indicator_code",), _INDICATOR, [*data.indicators, *data.body_targets]),
        _table("tasks", "Nhiệm vụ", "One row per task and lead body.",
               ("task_ref", "agency_code"), _TASK, [(task, r) for task in data.tasks for r in task.reports]),
        _table("submissions", "Tình hình gửi", "One row per body that owes a report for the period.",
               ("agency_code",), _SUBMISSION, data.submissions),
        _table("remarks", "Khó khăn - kiến nghị", "Difficulties and proposals, one row per task, body and kind.",
               ("task_ref", "agency_code", "kind"), _REMARK, _remarks(data)),
        _table("revisions", "Điều chỉnh", "Figures of earlier periods that changed since the last edition showing them.",
               ("indicator_code", "period", "basis", "agency_name"), _REVISION, data.revisions),
        _table("changes", "So với lần trước", "Verdicts and figures that differ from the previous edition.",
               ("indicator_code",), _CHANGE, () if data.previous is None else data.previous.changes),
        _table("sources", "Nguồn số liệu", "Where each printed figure was read: file, sheet, cell, sender, time.",
               ("indicator_code",), _SOURCE, [line for line in data.graded if line.origin is not None]),
        _table("files", "Tệp đã nhận", "Files that came for the period, or that a figure rests on.",
               ("receipt_no",), _FILE, data.inputs),
    )  # fmt: skip


Column = tuple[Field, Callable[[Any], Any]]


def _table(
    name: str, sheet: str, description: str, key: tuple[str, ...], columns: tuple[Column, ...], items: Iterable[Any]
) -> Table:
    rows = tuple(tuple(_plain(read(item)) for _, read in columns) for item in items)
    return Table(name, sheet, description, key, tuple(field for field, _ in columns), rows)


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


_REMARK_KINDS = {"difficulty": "Khó khăn, vướng mắc", "proposal": "Kiến nghị, đề xuất"}
_BASIS = "quarter: the quarter alone; year_to_date: since the first of January."


def _section(line: IndicatorLine) -> str:
    return f"{line.section_no}. {line.section_title}"


_INDICATOR: tuple[Column, ...] = (
    (Field("indicator_code", "string", "Mã chỉ tiêu", "Stable code; printed numbers repeat.", 26), lambda i: i.code),
    (Field("row_kind", "string", "Loại dòng", "indicator, sub_indicator, group or body_target."), lambda i: i.row_kind),
    (Field("section", "string", "Mục", "Section of Phụ lục II, or of the body text.", 24), _section),
    (Field("printed_no", "string", "TT", "Number as printed in the plan.", 6), lambda i: i.printed_no),
    (Field("indicator_name", "string", "Chỉ tiêu", "Name, misprints mended.", 44), lambda i: i.name),
    (Field("unit", "string", "Đơn vị tính", "Unit of target and value.", 13), lambda i: i.unit),
    (Field("target_text", "string", "Kế hoạch năm", "Target as printed in the plan.", 14), lambda i: i.target_text),
    (Field("target_low", "number", "Mức thấp", "Lower bound of the target, as understood.", 12), lambda i: i.target_low),
    (Field("target_high", "number", "Mức cao", "Upper bound of the target, as understood.", 12), lambda i: i.target_high),
    (Field("value", "number", "Kết quả", "Figure the verdict rests on.", 14), lambda i: i.value),
    (Field("value_text", "string", "Ghi trong báo cáo", "The figure as its sender typed it.", 16), lambda i: i.value_text),
    (Field("value_kind", "string", "Loại số liệu", "actual or estimate."), lambda i: i.value_kind),
    (Field("value_basis", "string", "Phạm vi", _BASIS), lambda i: i.value_basis),
    (Field("expected_value", "number", "Mức phải đạt", "Value expected by the end of the period.", 14), lambda i: i.expected),
    (Field("ratio", "number", "Tỷ lệ", "Value to expected value.", 10), lambda i: i.ratio),
    (Field("margin", "number", "Chênh lệch", "Distance from the expected value, in the unit; positive is good.", 13), lambda i: i.margin),
    (Field("needed", "number", "Còn cần", "What the remaining quarters must bring, in the unit.", 13), lambda i: i.needed),
    (Field("status", "string", "Mã đánh giá", "Status code; docs/methodology.md.", 14), lambda i: i.status),
    (Field("status_name", "string", "Đánh giá", "Status in Vietnamese.", 20), lambda i: status_name(i.status)),
    (Field("sentence", "string", "Diễn giải", "The verdict in one sentence.", 60), lambda i: i.sentence),
    (Field("is_estimate", "boolean", "Số ước", "The verdict rests on an estimate.", 9), lambda i: i.is_estimate),
    (Field("is_approximate", "boolean", "Số làm tròn", "The sender gave an approximate figure.", 9), lambda i: i.is_approximate),
    (Field("is_illustrative", "boolean", "Minh họa", "The figure is illustrative, not official.", 9), lambda i: i.is_illustrative),
    (Field("agency_name", "string", "Cơ quan báo cáo", "Body whose figure is used, else all reporters.", 32), lambda i: i.agency_name),
    (Field("data_on", "date", "Số liệu đến ngày", "Day the figure goes to.", 13), lambda i: i.data_on),
    (Field("note", "string", "Ghi chú", "Sender's note.", 32), lambda i: i.note),
    (Field("explanation", "string", "Giải trình", "Sender's explanation.", 40), lambda i: i.explanation),
    (Field("rule_version", "string", "Bộ quy tắc", "Version of thresholds and targets used.", 11), lambda i: i.rule_version),
)  # fmt: skip
_TASK: tuple[Column, ...] = (
    (Field("task_ref", "string", "Mục", "Reference in the plan, II.4.a.1.", 10), lambda t: t[0].ref),
    (Field("section_ref", "string", "Nhóm", "II.1 to II.11, III.", 8), lambda t: t[0].section_ref),
    (Field("section_title", "string", "Nhóm nhiệm vụ", "Heading of the section.", 36), lambda t: t[0].section_title),
    (Field("title", "string", "Nhiệm vụ", "The task.", 50), lambda t: t[0].title),
    (Field("is_collective", "boolean", "Nhiệm vụ chung", "Every body owes it.", 10), lambda t: t[0].is_collective),
    (Field("due_on", "date", "Hạn", "Day by which it is due.", 12), lambda t: t[0].due_on),
    (Field("agency_code", "string", "Mã đơn vị", "Lead body.", 26), lambda t: t[1].agency_code),
    (Field("agency_name", "string", "Cơ quan chủ trì", "Lead body.", 32), lambda t: t[1].agency_name),
    (Field("state", "string", "Mã tiến độ", "done, on_schedule, late, not_started, not_applicable, not_reported."), lambda t: t[1].state),
    (Field("state_name", "string", "Tiến độ", "State in Vietnamese.", 26), lambda t: task_state_name(t[1].state)),
    (Field("completion_pct", "number", "% hoàn thành", "Completion as told by the body.", 11), lambda t: t[1].completion_pct),
    (Field("result", "string", "Kết quả", "What was done, in the body's words.", 60), lambda t: t[1].result),
    (Field("receipt_no", "string", "Biên nhận", "Receipt of the file.", 12), lambda t: _of_origin("receipt_no")(t[1])),
    (Field("sheet", "string", "Trang tính", "Sheet in the file.", 12), lambda t: _of_origin("sheet")(t[1])),
    (Field("cell", "string", "Ô", "Cell in the sheet.", 8), lambda t: _of_origin("cell")(t[1])),
)  # fmt: skip
_SUBMISSION: tuple[Column, ...] = (
    (Field("agency_code", "string", "Mã đơn vị", "Code of the body.", 28), lambda s: s.agency_code),
    (Field("agency_name", "string", "Đơn vị", "Name of the body.", 40), lambda s: s.agency_name),
    (Field("state", "string", "Mã tình trạng", "accepted, accepted_with_warnings, rejected or missing.", 22), lambda s: s.state),
    (Field("state_name", "string", "Tình trạng", "State in Vietnamese.", 30), lambda s: SUBMISSION_STATES[s.state]),
    (Field("received_at", "datetime", "Thời điểm nhận", "First accepted version, else last rejected file.", 18), lambda s: s.received_at),
    (Field("is_on_time", "boolean", "Đúng hạn", "Accepted before the deadline.", 10), lambda s: s.is_on_time),
    (Field("days_late", "integer", "Số ngày chậm", "Days begun after the deadline.", 10), lambda s: s.days_late),
    (Field("version", "integer", "Lần gửi", "Version in force.", 9), lambda s: s.version),
    (Field("finding_count", "integer", "Số điểm cần sửa", "Findings on that file.", 10), lambda s: s.finding_count),
    (Field("receipt_no", "string", "Biên nhận", "Receipt of that file.", 12), lambda s: s.receipt_no),
)  # fmt: skip
_REMARK: tuple[Column, ...] = (
    (Field("kind", "string", "Mã loại", "difficulty or proposal.", 12), lambda r: r[2]),
    (Field("kind_name", "string", "Loại", "Kind in Vietnamese.", 22), lambda r: _REMARK_KINDS[r[2]]),
    (Field("agency_code", "string", "Mã đơn vị", "Body that says it.", 26), lambda r: r[1].agency_code),
    (Field("agency_name", "string", "Đơn vị", "Body that says it.", 34), lambda r: r[1].agency_name),
    (Field("task_ref", "string", "Mục", "Task it concerns.", 10), lambda r: r[0].ref),
    (Field("task_title", "string", "Nhiệm vụ", "Task it concerns.", 44), lambda r: r[0].title),
    (Field("text", "string", "Nội dung", "The body's words.", 70), lambda r: getattr(r[1], r[2])),
    (Field("receipt_no", "string", "Biên nhận", "Receipt of the file.", 12), lambda r: _of_origin("receipt_no")(r[1])),
)  # fmt: skip
_REVISION: tuple[Column, ...] = (
    (Field("indicator_code", "string", "Mã chỉ tiêu", "Stable code.", 26), lambda r: r.indicator_code),
    (Field("indicator_name", "string", "Chỉ tiêu", "Name.", 44), lambda r: r.indicator_name),
    (Field("unit", "string", "Đơn vị tính", "Unit of both values.", 13), lambda r: r.unit),
    (Field("period", "string", "Mã kỳ", "Period the figure is for, 2023-Q1.", 10), lambda r: str(r.period)),
    (Field("period_name", "string", "Kỳ", "Period in Vietnamese.", 18), lambda r: period_name(r.period)),
    (Field("basis", "string", "Phạm vi", _BASIS), lambda r: r.basis),
    (Field("old_value", "number", "Số cũ", "As last published.", 14), lambda r: r.old_value),
    (Field("new_value", "number", "Số mới", "As known now.", 14), lambda r: r.new_value),
    (Field("reason", "string", "Lý do", "The sender's reason.", 44), lambda r: r.reason),
    (Field("agency_name", "string", "Cơ quan gửi", "Sender.", 32), _of_origin("agency_name")),
    (Field("received_at", "datetime", "Thời điểm nhận", "When the new figure came.", 18), _of_origin("received_at")),
    (Field("receipt_no", "string", "Biên nhận", "Receipt of the file.", 12), _of_origin("receipt_no")),
    (Field("sheet", "string", "Trang tính", "Sheet in the file.", 18), _of_origin("sheet")),
    (Field("cell", "string", "Ô", "Cell in the sheet.", 8), _of_origin("cell")),
)  # fmt: skip
_CHANGE: tuple[Column, ...] = (
    (Field("indicator_code", "string", "Mã chỉ tiêu", "Stable code.", 26), lambda c: c.indicator_code),
    (Field("indicator_name", "string", "Chỉ tiêu", "Name.", 44), lambda c: c.indicator_name),
    (Field("unit", "string", "Đơn vị tính", "Unit of both values.", 13), lambda c: c.unit),
    (Field("old_value", "number", "Số liệu trước", "In the previous edition.", 14), lambda c: c.old_value),
    (Field("new_value", "number", "Số liệu này", "In this edition.", 14), lambda c: c.new_value),
    (Field("old_status", "string", "Mã đánh giá trước", "Status in the previous edition."), lambda c: c.old_status),
    (Field("new_status", "string", "Mã đánh giá này", "Status in this edition."), lambda c: c.new_status),
    (Field("old_status_name", "string", "Đánh giá trước", "In Vietnamese.", 20), lambda c: status_name(c.old_status)),
    (Field("new_status_name", "string", "Đánh giá này", "In Vietnamese.", 20), lambda c: status_name(c.new_status)),
)  # fmt: skip
_SOURCE: tuple[Column, ...] = (
    (Field("indicator_code", "string", "Mã chỉ tiêu", "Stable code.", 26), lambda i: i.code),
    (Field("indicator_name", "string", "Chỉ tiêu", "Name.", 44), lambda i: i.full_name),
    (Field("value", "number", "Kết quả", "Figure printed.", 14), lambda i: i.value),
    (Field("value_text", "string", "Ghi trong ô", "The figure as its sender typed it.", 16), lambda i: i.value_text),
    (Field("kind_name", "string", "Loại số liệu", "Actual or estimate, in Vietnamese.", 16), lambda i: KINDS[i.value_kind]),
    (Field("receipt_no", "string", "Biên nhận", "Receipt of the file.", 12), _of_origin("receipt_no")),
    (Field("file_name", "string", "Tệp", "Name of the file as received.", 40), _of_origin("file_name")),
    (Field("sheet", "string", "Trang tính", "Sheet in the file.", 18), _of_origin("sheet")),
    (Field("cell", "string", "Ô", "Cell in the sheet.", 8), _of_origin("cell")),
    (Field("agency_name", "string", "Cơ quan gửi", "Sender.", 32), _of_origin("agency_name")),
    (Field("received_at", "datetime", "Thời điểm nhận", "When the file came.", 18), _of_origin("received_at")),
    (Field("file_sha256", "string", "SHA-256", "Hash of the file's bytes.", 66), _of_origin("file_sha256")),
)  # fmt: skip
_FILE: tuple[Column, ...] = (
    (Field("receipt_no", "string", "Biên nhận", "Receipt number.", 12), lambda f: f.receipt_no),
    (Field("agency_name", "string", "Đơn vị", "Sender.", 34), lambda f: f.agency_name),
    (Field("file_name", "string", "Tệp", "Name as received.", 44), lambda f: f.name),
    (Field("period", "string", "Kỳ", "Period the file is for.", 10), lambda f: f.period),
    (Field("state", "string", "Mã tình trạng", "The file's one fate.", 22), lambda f: f.state),
    (Field("state_name", "string", "Tình trạng", "In Vietnamese.", 26), lambda f: FILE_STATES[f.state]),
    (Field("received_at", "datetime", "Thời điểm nhận", "When it came.", 18), lambda f: f.received_at),
    (Field("is_used", "boolean", "Có số liệu trong báo cáo", "A printed figure rests on it.", 12), lambda f: f.is_used),
    (Field("size_bytes", "integer", "Kích thước (byte)", "Size.", 12), lambda f: f.size_bytes),
    (Field("sha256", "string", "SHA-256", "Hash of the file's bytes.", 66), lambda f: f.sha256),
)  # fmt: skip
