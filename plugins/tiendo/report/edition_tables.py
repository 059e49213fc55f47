"""The ten tables of an edition, column by column.

A column is declared here and nowhere else. Those of CSV, Parquet and data package are a public contract, like schema
mart: columns are added at the end of their table, never renamed or taken away.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from tiendo.model.period import Period
from tiendo.model.states import KINDS
from tiendo.report.columns import EditionColumn, EditionTable
from tiendo.report.data import EditionChange, EditionData, IndicatorLine, LeadLine, Revision, TaskLine, TaskReport
from tiendo.report.record_card import first_try_words, mistakes_words, own_plan_state, own_plan_words, reports_words
from tiendo.report.words import (
    FILE_STATES,
    basis_text,
    clean,
    last_year_text,
    need,
    number,
    period_name,
    signed_gap,
    source_text,
    status_name,
    submission_state,
    sum_text,
    task_state,
    task_state_name,
    timeliness,
    trend_text,
    value_text,
    verdict,
)
from tiendo.status.names import TRENDS
from tiendo.status.rounding import rounded, rounded_gap, rounded_need

_SUBJECTS = {"indicator": "Chỉ tiêu", "task": "Nhiệm vụ"}
_REMARK_KINDS = {"difficulty": "Khó khăn, vướng mắc", "proposal": "Kiến nghị, đề xuất"}


class LedTask(NamedTuple):
    """A task and the report of one of its lead bodies on it."""

    task: TaskLine
    report: TaskReport


class TaskRemark(NamedTuple):
    """A difficulty or a proposal: ``kind`` is the field of the report that holds it."""

    task: TaskLine
    report: TaskReport
    kind: str


class LeadCount(NamedTuple):
    """How many indicators or tasks (``subject``) that a body leads have a status or state."""

    lead: LeadLine
    subject: str
    status: str
    item_count: int


def _led_tasks(data: EditionData) -> Iterator[LedTask]:
    return (LedTask(task, report) for task in data.tasks for report in task.reports)


def _remarks(data: EditionData) -> Iterator[TaskRemark]:
    for kind in ("difficulty", "proposal"):
        for task, report in _led_tasks(data):
            if clean(getattr(report, kind)):
                yield TaskRemark(task, report, kind)


def _lead_counts(data: EditionData) -> Iterator[LeadCount]:
    for lead in data.leads:
        for subject, counts in (("indicator", lead.indicators), ("task", lead.tasks)):
            for status, count in counts:
                yield LeadCount(lead, subject, status, count)


def _changes(data: EditionData) -> tuple[EditionChange, ...]:
    return () if data.previous is None else data.previous.changes


def _lines_with_origin(data: EditionData) -> Iterator[IndicatorLine]:
    return (line for line in data.graded if line.origin is not None)


def _section(line: IndicatorLine) -> str:
    return f"{line.section_no}. {line.section_title}"


def _figure(line: IndicatorLine) -> str:
    return value_text(line) or ("–" if line.is_graded else "")


def _told_state(line: IndicatorLine) -> str:
    """Returns the state that stands in the place of a figure, with its reservations; "" for a figure, or nothing."""
    return value_text(line) if line.told_state else ""


def _reporters(line: IndicatorLine) -> str:
    return sum_text(line) or clean(line.agency_name)


def _basis(line: IndicatorLine) -> str:
    return basis_text(line.value_basis, line.series[0].kind)


def _even(line: IndicatorLine) -> str:
    return number(line.expected_even, line.decimals) if line.expected_even != line.expected else ""


def _flip(item: Revision) -> str:
    """Returns ``Có nguy cơ → Chậm``; "" where the verdict stays, or none rests on the figure."""
    old, new = status_name(item.old_status), status_name(item.new_status)
    return f"{old} → {new}" if old and new and old != new else ""


def _reason(item: Revision | EditionChange) -> str:
    """Returns a sender's reason as the beginning of a sentence that goes on."""
    return clean(item.reason).rstrip(" .")


def _percent_format(line: IndicatorLine) -> str:
    """Returns the format that shows a ratio with the sentence's decimals."""
    places = len(line.ratio_text.partition(",")[2].rstrip("%"))
    return f"0.{'0' * places}%" if places else "0%"


def _unit_format(line: IndicatorLine) -> str:
    return f"#,##0.{'0' * line.decimals}" if line.decimals else "#,##0"


def _figure_format(line: IndicatorLine) -> str:
    """Returns the format that shows a figure, still a number, with its reservations: ``gần 65.600``, ``437 (ước)``."""
    if line.value is None:
        return "General"
    shown = number(line.value)
    before, _, after = value_text(line).partition(shown)
    places = len(shown.partition(",")[2])
    quoted = [f'"{words}"' if (words := text.replace('"', "")) else "" for text in (before, after)]
    return f"{quoted[0]}#,##0{'.' + '0' * places if places else ''}{quoted[1]}"


def _rounded(value: Decimal | None, line: IndicatorLine) -> Decimal | None:
    return None if value is None else rounded(value, line.decimals)


def _trend_mark(line: IndicatorLine) -> str:
    return f"{TRENDS[line.trend].mark} {TRENDS[line.trend].label}" if line.trend else ""


def _lead_status(count: LeadCount) -> str:
    return status_name(count.status) if count.subject == "indicator" else task_state_name(count.status)


def _codes(codes: Iterable[str]) -> str:
    return "; ".join(codes)


# At the end of each table, so that tables of several editions may stand one below the other. In two tables `period` is
# the period that a row is of.
_EDITION = (
    EditionColumn("plan_code", "string", "Mã kế hoạch", 20, "Code of the plan.", is_code=True,
                  of_edition=lambda data: data.plan_code),
    EditionColumn("report_period", "string", "Kỳ báo cáo", 10, "Period that the edition reports on, 2023-Q1.",
                  is_code=True, of_edition=lambda data: str(data.period)),
    EditionColumn("edition", "integer", "Lần ban hành", 8, "Number of the edition, from 1.", is_code=True,
                  of_edition=lambda data: data.edition),
)  # fmt: skip
EDITION_KEY = tuple(column.name for column in _EDITION)
"""What tells editions apart; with a table's own key it tells stacked rows apart."""


def _sender(source: str) -> EditionColumn:
    return EditionColumn("agency_code", "string", "Mã cơ quan gửi", 24, "Code of the sender.", source, is_code=True)


# A line or two for each column.
# fmt: off
INDICATORS = EditionTable(
    "indicators", "Chỉ tiêu", "One row per indicator of the plan's annex and target of its body text.",
    key=("indicator_code",), known_by="indicator_name", items=lambda data: (*data.indicators, *data.body_targets),
    columns=(
        EditionColumn("indicator_code", "string", "Mã chỉ tiêu", 26, "Stable code; printed numbers repeat.",
                      "code", is_folded=True, tag="code"),
        EditionColumn("row_kind", "string", "Loại dòng", 14, "indicator, sub_indicator, group or body_target.",
                      is_code=True,
                      code_list=("row_kind",)),
        EditionColumn("section", "string", "Mục", 24, "Section of the plan's annex, or of its body text.", _section,
                      is_folded=True),
        EditionColumn("printed_no", "string", "TT", 5, "Number as printed in the plan.", tag="no"),
        EditionColumn("indicator_name", "string", "Chỉ tiêu", 30, "Name, misprints mended.", "name", tag="name"),
        EditionColumn("unit", "string", "Đơn vị tính", 11, "Unit of target and value.", tag="unit"),
        EditionColumn("target_text", "string", "Kế hoạch năm", 11, "Target as printed in the plan.", tag="target"),
        EditionColumn("target_low", "number", "Mức thấp", 12, "Lower bound of the target, as understood.",
                      is_folded=True),
        EditionColumn("target_high", "number", "Mức cao", 12, "Upper bound of the target, as understood.",
                      is_folded=True),
        EditionColumn("value", "number", "Kết quả", 18, "Figure the verdict rests on.", tag="value", words=_figure,
                      excel_format=_figure_format, told=_told_state),
        EditionColumn("value_text", "string", "Ghi trong báo cáo", 16, "The figure as its sender typed it.",
                      is_folded=True),
        EditionColumn("value_kind", "string", "Loại số liệu", 14, "actual or estimate.",
                      is_folded=True, tag="kind", words=lambda i: KINDS.get(i.value_kind, ""),
                      in_excel=lambda i: KINDS.get(i.value_kind),
                      code_list=("value_kind",)),
        EditionColumn("value_basis", "string", "Phạm vi", 14,
                      "quarter: the quarter alone; year_to_date: since the first of January.",
                      is_folded=True, tag="basis", words=_basis,
                      in_excel=_basis,
                      code_list=("basis",)),
        EditionColumn("expected_value", "number", "Mức phải đạt", 12, "Value expected by the end of the period.",
                      "expected", tag="expected", words=lambda i: number(i.expected, i.decimals),
                      in_excel=lambda i: _rounded(i.expected, i), excel_format=_unit_format),
        EditionColumn("ratio", "number", "Tỷ lệ", 8, "Value to expected value.",
                      excel_format=_percent_format, tag="ratio", words=lambda i: i.ratio_text,
                      in_excel=lambda i: i.ratio if i.ratio_text else None),
        EditionColumn("margin", "number", "Cách ngưỡng", 11,
                      "Distance to the line between good and bad, in the unit; negative is lacking.",
                      tag="margin", words=lambda i: signed_gap(i.margin, i.decimals),
                      in_excel=lambda i: None if i.margin is None else rounded_gap(i.margin, i.decimals)),
        EditionColumn("needed", "number", "Còn cần", 11, "What the remaining quarters must bring, in the unit.",
                      tag="needed", words=lambda i: need(i.needed, i.decimals),
                      in_excel=lambda i: None if i.needed is None else rounded_need(i.needed, i.decimals)),
        EditionColumn("status", "string", "Mã đánh giá", 14, "Status code; docs/methodology.md.",
                      is_code=True, tag="status_code",
                      code_list=("indicator_status",)),
        EditionColumn("status_name", "string", "Đánh giá", 17, "Status in Vietnamese, one on an estimate named so.",
                      verdict, coloured_by="status", tag="status"),
        EditionColumn("sentence", "string", "Diễn giải", 34, "The verdict in one sentence.", tag="sentence"),
        EditionColumn("is_estimate", "boolean", "Số ước", 7, "The verdict rests on an estimate.",
                      lambda i: i.is_estimate if i.is_graded else None, is_folded=True),
        EditionColumn("is_approximate", "boolean", "Số làm tròn", 9, "The sender gave an approximate figure.",
                      lambda i: i.is_approximate if i.is_graded else None, is_folded=True),
        EditionColumn("is_illustrative", "boolean", "Minh họa", 8, "The figure is illustrative, not official.",
                      lambda i: i.is_illustrative and i.is_told if i.is_graded else None, is_folded=True),
        EditionColumn("expected_even", "number", "Nếu chia đều", 12,
                      "What an even pace over the quarters would ask of what adds up, in the unit.",
                      is_folded=True, tag="even", words=_even),
        EditionColumn("previous_period", "string", "Kỳ trước", 10,
                      "Last earlier quarter of the year that has a figure.", is_folded=True,
                      in_excel=lambda i: period_name(i.previous_period) if i.previous_period else None),
        EditionColumn("previous_value", "number", "Kết quả kỳ trước", 12, "Figure of that quarter, in the unit.",
                      is_folded=True),
        EditionColumn("previous_status", "string", "Đánh giá kỳ trước", 14, "Status code of that quarter.",
                      is_folded=True, in_excel=lambda i: status_name(i.previous_status),
                      code_list=("indicator_status",)),
        EditionColumn("trend", "string", "Mã xu hướng", 9,
                      "better, same or worse than then, in the indicator's own direction.",
                      is_code=True, tag="trend", words=trend_text,
                      code_list=("trend",)),
        EditionColumn("trend_name", "string", "So với kỳ trước", 11, "Trend in Vietnamese.",
                      lambda i: TRENDS[i.trend].label if i.trend else "", tag="trend_mark", words=_trend_mark,
                      is_folded=True),
        EditionColumn("last_year_value", "number", "Cùng kỳ năm trước", 12,
                      "What had come by the same quarter's end of the year before; of flows, where known.",
                      "last_year", is_folded=True, tag="last_year", words=last_year_text),
        EditionColumn("agency_name", "string", "Cơ quan báo cáo", 24, "Body whose figure is used, else all reporters.",
                      tag="agency", is_folded=True, words=_reporters, in_excel=_reporters),
        EditionColumn("data_on", "date", "Số liệu đến ngày", 13, "Day the figure goes to.",
                      is_folded=True, tag="data_on"),
        EditionColumn("note", "string", "Ghi chú", 32, "Sender's note.", is_folded=True, tag="note"),
        EditionColumn("explanation", "string", "Giải trình", 40, "Sender's explanation.",
                      is_folded=True, tag="explanation"),
        EditionColumn("rule_version", "string", "Bộ quy tắc", 11, "Version of thresholds and targets used.",
                      is_folded=True, tag="rule_version"),
        EditionColumn("responsible", "string", "Cơ quan chủ trì", 24,
                      "Who leads the task that names it; without one, all who report it.",
                      lambda i: "; ".join(i.responsible), is_folded=True),
        EditionColumn("agency_code", "string", "Mã cơ quan báo cáo", 24, "Codes of agency_name, in its order.",
                      lambda i: _codes(i.agency_codes), is_code=True),
        EditionColumn("responsible_code", "string", "Mã cơ quan chủ trì", 24, "Codes of responsible, in its order.",
                      lambda i: _codes(i.responsible_codes), is_code=True),
        EditionColumn("unit_code", "string", "Mã đơn vị tính", 14, "Code of the unit in the plan's register.",
                      is_code=True),
        *_EDITION,
    ),
)
TASKS = EditionTable(
    "tasks", "Nhiệm vụ", "One row per task and lead body.",
    key=("task_ref", "agency_code"), known_by="title", items=_led_tasks,
    columns=(
        EditionColumn("task_ref", "string", "Mục", 10, "Reference in the plan, II.4.a.1.", "task.ref"),
        EditionColumn("section_ref", "string", "Nhóm", 8, "II.1 to II.11, III.", "task.section_ref", is_folded=True),
        EditionColumn("section_title", "string", "Nhóm nhiệm vụ", 36, "Heading of the section.", "task.section_title",
                      is_folded=True),
        EditionColumn("title", "string", "Nhiệm vụ", 40, "The task.", "task.title"),
        EditionColumn("is_collective", "boolean", "Nhiệm vụ chung", 10, "Every body owes it.", "task.is_collective",
                      is_folded=True),
        EditionColumn("due_on", "date", "Hạn", 12, "Day by which it is due.", "task.due_on"),
        EditionColumn("agency_code", "string", "Mã đơn vị", 26, "Lead body.", "report.agency_code", is_folded=True),
        EditionColumn("agency_name", "string", "Cơ quan chủ trì", 24, "Lead body.", "report.agency_name"),
        EditionColumn("state", "string", "Mã tiến độ", 14,
                      "done, on_schedule, late, not_started, not_applicable, not_reported.",
                      "report.state", is_code=True,
                      code_list=("task_state",)),
        EditionColumn("state_name", "string", "Tiến độ", 22, "State in Vietnamese.",
                      lambda i: task_state(i.report)),
        EditionColumn("completion_pct", "number", "% hoàn thành", 11, "Completion as told by the body.",
                      "report.completion_pct"),
        EditionColumn("result", "string", "Kết quả", 49, "What was done, in the body's words.", "report.result"),
        EditionColumn("receipt_no", "string", "Biên nhận", 12, "Receipt of the file.", "report.origin.receipt_no",
                      is_folded=True),
        EditionColumn("sheet", "string", "Trang tính", 12, "Sheet in the file.", "report.origin.sheet",
                      is_folded=True),
        EditionColumn("cell", "string", "Ô", 8, "Cell in the sheet.", "report.origin.cell", is_folded=True),
        EditionColumn("contradiction", "string", "Mâu thuẫn", 30, "What is known that speaks against the state.",
                      "report.contradiction", is_folded=True),
        *_EDITION,
    ),
    references={"files": ("receipt_no",)},
)
SUBMISSIONS = EditionTable(
    "submissions", "Tình hình gửi", "One row per body that owes a report for the period.",
    key=("agency_code",), known_by="agency_name", items=lambda data: data.submissions,
    columns=(
        EditionColumn("agency_code", "string", "Mã đơn vị", 28, "Code of the body.", is_folded=True),
        EditionColumn("agency_name", "string", "Đơn vị", 30, "Name of the body.", tag="agency"),
        EditionColumn("state", "string", "Mã tình trạng", 22,
                      "accepted, accepted_with_warnings, rejected, missing, exempt or nothing_to_report.",
                      is_code=True, tag="state_code",
                      code_list=("submission_state",)),
        EditionColumn("state_name", "string", "Tình trạng", 26, "State in Vietnamese.",
                      submission_state, tag="state"),
        EditionColumn("received_at", "datetime", "Thời điểm nhận", 16,
                      "First accepted version, else last rejected file.", tag="received_at"),
        EditionColumn("is_on_time", "boolean", "Đúng hạn", 10, "Accepted before the deadline.",
                      tag="timeliness", words=timeliness),
        EditionColumn("days_late", "integer", "Số ngày chậm", 10, "Days begun after the deadline."),
        EditionColumn("version", "integer", "Lần gửi", 9, "Version in force.", tag="version", is_folded=True),
        EditionColumn("finding_count", "integer", "Số điểm cần sửa", 10, "Findings on that file.",
                      tag="findings", words=lambda i: str(i.finding_count or "")),
        EditionColumn("receipt_no", "string", "Biên nhận", 12, "Receipt of that file.", tag="receipt_no"),
        EditionColumn("extended_until", "date", "Gia hạn đến", 12, "Last day to submit granted by a letter."),
        EditionColumn("letter_no", "string", "Văn bản", 20, "Letter that extended, or that excused the body.",
                      is_folded=True),
        EditionColumn("owed_count", "integer", "Nội dung phải báo cáo", 10,
                      "Indicators and tasks the body answers for."),
        EditionColumn("answered_count", "integer", "Nội dung đã báo cáo", 10, "Of these, answered by accepted content.",
                      ),
        EditionColumn("completeness_pct", "number", "Mức đầy đủ (%)", 10,
                      "Share answered, in percent; empty when nothing is owed."),
        EditionColumn("open_until", "date", "Còn hạn đến hết ngày", 12,
                      "Last day on which a report that has not come would still be in time; empty after it."),
        *_EDITION,
    ),
    references={"files": ("receipt_no",)},
)
LEADS = EditionTable(
    "leads", "Cơ quan chủ trì", "How many indicators and tasks of each lead body stand where.",
    key=("agency_code", "subject", "status"), known_by="agency_name", items=_lead_counts,
    columns=(
        EditionColumn("agency_code", "string", "Mã đơn vị", 26, "Lead body.", "lead.agency_code", is_folded=True),
        EditionColumn("agency_name", "string", "Cơ quan chủ trì", 40, "Lead body.", "lead.agency_name"),
        EditionColumn("subject", "string", "Mã đối tượng", 12,
                      "indicator or task; tasks that every body leads are counted too.", is_code=True,
                      code_list=("subject",)),
        EditionColumn("subject_name", "string", "Đối tượng", 14, "Subject in Vietnamese.",
                      lambda i: _SUBJECTS[i.subject]),
        EditionColumn("status", "string", "Mã đánh giá", 18, "Status of indicators, state of tasks.", is_code=True,
                      code_list=("indicator_status", "task_state")),
        EditionColumn("status_name", "string", "Đánh giá, tiến độ", 30, "Status or state in Vietnamese.",
                      _lead_status, coloured_by="status"),
        EditionColumn("item_count", "integer", "Số lượng", 10, "How many stand there."),
        *_EDITION,
    ),
)
RECORDS = EditionTable(
    "records", "Phiếu theo dõi", "The record card of each body: how it has reported so far this year.",
    key=("agency_code",), known_by="agency_name", items=lambda data: data.records,
    columns=(
        EditionColumn("agency_code", "string", "Mã đơn vị", 26, "The body.", is_folded=True, tag="code"),
        EditionColumn("agency_name", "string", "Đơn vị", 30, "The body.", tag="agency"),
        EditionColumn("owed_count", "integer", "Kỳ phải gửi", 9, "Quarterly reports due so far, or accepted before."),
        EditionColumn("received_count", "integer", "Đã gửi", 9, "Of these accepted.",
                      tag="reports", words=lambda i: reports_words(vars(i))),
        EditionColumn("on_time_count", "integer", "Đúng hạn", 9, "Of these in time."),
        EditionColumn("late_count", "integer", "Chậm", 9, "Of these late."),
        EditionColumn("missing_count", "integer", "Chưa gửi", 9, "Due and not accepted."),
        EditionColumn("days_late_avg", "number", "Chậm bình quân (ngày)", 11,
                      "Days late on average over the accepted ones, 0 for those in time."),
        EditionColumn("days_late_max", "integer", "Chậm nhiều nhất (ngày)", 11, "Most days late."),
        EditionColumn("first_try_count", "integer", "Chấp nhận lần đầu", 12,
                      "Quarters whose first readable file was accepted.",
                      tag="first_try", words=lambda i: first_try_words(vars(i))),
        EditionColumn("rejected_count", "integer", "Tệp bị trả lại", 9, "Files sent back."),
        EditionColumn("quarantined_count", "integer", "Tệp bị tạm giữ", 10, "Files held back, unreadable or unsafe.",
                      is_folded=True),
        EditionColumn("own_plan_state", "string", "Kế hoạch của đơn vị", 12,
                      "Its own implementation plan: accepted, missing or exempt.",
                      tag="own_plan", words=lambda i: own_plan_words(vars(i)),
                      in_excel=lambda i: own_plan_state(vars(i)),
                      code_list=("submission_state",)),
        EditionColumn("own_plan_received_at", "datetime", "Nhận kế hoạch lúc", 17, "When that came.",
                      is_folded=True),
        EditionColumn("own_plan_days_late", "integer", "Kế hoạch chậm (ngày)", 10, "Days late of that.",
                      is_folded=True),
        EditionColumn("usual_mistakes", "string", "Lỗi thường gặp", 38,
                      "Rules most often broken, with the number of files.",
                      lambda i: mistakes_words(i.mistakes) if i.mistakes else "",
                      tag="mistakes", words=lambda i: mistakes_words(i.mistakes)),
        *_EDITION,
    ),
)
REMARKS = EditionTable(
    "remarks", "Khó khăn - kiến nghị", "Difficulties and proposals, one row per task, body and kind.",
    key=("task_ref", "agency_code", "kind"), known_by="agency_name", items=_remarks,
    columns=(
        EditionColumn("kind", "string", "Mã loại", 12, "difficulty or proposal.", is_code=True,
                      code_list=("remark_kind",)),
        EditionColumn("kind_name", "string", "Loại", 22, "Kind in Vietnamese.", lambda i: _REMARK_KINDS[i.kind]),
        EditionColumn("agency_code", "string", "Mã đơn vị", 26, "Body that says it.",
                      "report.agency_code", is_folded=True),
        EditionColumn("agency_name", "string", "Đơn vị", 32, "Body that says it.", "report.agency_name"),
        EditionColumn("task_ref", "string", "Mục", 10, "Task it concerns.", "task.ref"),
        EditionColumn("task_title", "string", "Nhiệm vụ", 34, "Task it concerns.", "task.title"),
        EditionColumn("text", "string", "Nội dung", 58, "The body's words.", lambda i: getattr(i.report, i.kind)),
        EditionColumn("receipt_no", "string", "Biên nhận", 12, "Receipt of the file.", "report.origin.receipt_no"),
        *_EDITION,
    ),
    references={"tasks": ("task_ref", "agency_code"), "files": ("receipt_no",)},
)
REVISIONS = EditionTable(
    "revisions", "Điều chỉnh", "Figures of earlier periods, changed since the last edition showing them.",
    key=("indicator_code", "period", "basis", "agency_name"), known_by="indicator_name",
    items=lambda data: data.revisions,
    columns=(
        EditionColumn("indicator_code", "string", "Mã chỉ tiêu", 26, "Stable code.", is_folded=True),
        EditionColumn("indicator_name", "string", "Chỉ tiêu", 36, "Name.", tag="indicator"),
        EditionColumn("unit", "string", "Đơn vị tính", 13, "Unit of both values.", tag="unit"),
        EditionColumn("period", "string", "Mã kỳ", 10, "Period the figure is for, 2023-Q1.", is_code=True),
        EditionColumn("period_name", "string", "Kỳ", 18, "Period in Vietnamese.",
                      lambda i: period_name(i.period), tag="period"),
        EditionColumn("basis", "string", "Phạm vi", 14,
                      "quarter: the quarter alone; year_to_date: since the first of January.",
                      is_folded=True, tag="basis", words=lambda i: basis_text(i.basis, i.period.kind),
                      in_excel=lambda i: basis_text(i.basis, i.period.kind),
                      code_list=("basis",)),
        EditionColumn("old_value", "number", "Số cũ", 14, "As last published.",
                      tag="old", words=lambda i: number(i.old_value) or "chưa có", told=lambda i: i.old_told),
        EditionColumn("new_value", "number", "Số mới", 14, "As known now.",
                      tag="new", words=lambda i: number(i.new_value) or "không có số liệu",
                      told=lambda i: i.new_told),
        EditionColumn("old_status", "string", "Mã đánh giá trước", 14, "The period's verdict as last published.",
                      is_code=True,
                      code_list=("indicator_status",)),
        EditionColumn("new_status", "string", "Mã đánh giá này", 14, "The period's verdict now.", is_code=True,
                      code_list=("indicator_status",)),
        EditionColumn("verdict", "string", "Đánh giá kỳ đó", 18, "The same in Vietnamese, where it is another one.",
                      _flip, tag="verdict"),
        EditionColumn("reason", "string", "Lý do", 30, "The sender's reason.", tag="reason",
                      words=_reason),
        EditionColumn("agency_name", "string", "Cơ quan gửi", 24, "Sender.", "origin.agency_name", tag="agency"),
        EditionColumn("received_at", "datetime", "Thời điểm nhận", 18, "When the new figure came.",
                      "origin.received_at", tag="received_at", is_folded=True),
        EditionColumn("receipt_no", "string", "Biên nhận", 12, "Receipt of the file.", "origin.receipt_no",
                      is_folded=True),
        EditionColumn("sheet", "string", "Trang tính", 18, "Sheet in the file.", "origin.sheet", is_folded=True),
        EditionColumn("cell", "string", "Ô", 8, "Cell in the sheet.", "origin.cell", is_folded=True),
        _sender("origin.sender_code"),
        *_EDITION,
    ),
    references={"files": ("receipt_no",)},
)
CHANGES = EditionTable(
    "changes", "So với lần trước", "Verdicts and figures that differ from the previous edition.",
    key=("indicator_code",), known_by="indicator_name", items=_changes,
    columns=(
        EditionColumn("indicator_code", "string", "Mã chỉ tiêu", 26, "Stable code.", is_folded=True),
        EditionColumn("indicator_name", "string", "Chỉ tiêu", 37, "Name.", tag="indicator"),
        EditionColumn("unit", "string", "Đơn vị tính", 13, "Unit of both values.", tag="unit"),
        EditionColumn("old_value", "number", "Số liệu trước", 14, "In the previous edition.",
                      tag="old_value", words=lambda i: number(i.old_value) or "–", told=lambda i: i.old_told),
        EditionColumn("new_value", "number", "Số liệu này", 14, "In this edition.",
                      tag="new_value", words=lambda i: number(i.new_value) or "–", told=lambda i: i.new_told),
        EditionColumn("old_status", "string", "Mã đánh giá trước", 14, "Status in the previous edition.",
                      is_code=True,
                      code_list=("indicator_status",)),
        EditionColumn("new_status", "string", "Mã đánh giá này", 14, "Status in this edition.", is_code=True,
                      code_list=("indicator_status",)),
        EditionColumn("old_status_name", "string", "Đánh giá trước", 18, "In Vietnamese.",
                      lambda i: status_name(i.old_status), coloured_by="old_status", tag="old_status",
                      words=lambda i: status_name(i.old_status) or "–"),
        EditionColumn("new_status_name", "string", "Đánh giá này", 18, "In Vietnamese.",
                      lambda i: status_name(i.new_status), coloured_by="new_status", tag="new_status",
                      words=lambda i: status_name(i.new_status) or "–"),
        EditionColumn("reason", "string", "Lý do", 30, "Why the figure is another one, in its sender's words.",
                      tag="reason", words=_reason),
        EditionColumn("agency_name", "string", "Cơ quan báo cáo", 24, "Who sent the new figure.",
                      "origin.agency_name", tag="agency"),
        EditionColumn("received_at", "datetime", "Nhận lúc", 16, "When it came.", "origin.received_at",
                      tag="received_at", is_folded=True),
        EditionColumn("receipt_no", "string", "Biên nhận", 12, "Receipt of its file.", "origin.receipt_no",
                      is_folded=True),
        EditionColumn("sheet", "string", "Trang tính", 12, "Sheet in the file.", "origin.sheet", is_folded=True),
        EditionColumn("cell", "string", "Ô", 8, "Cell in the sheet.", "origin.cell",
                      tag="source", words=lambda i: source_text(i.origin), is_folded=True),
        _sender("origin.sender_code"),
        *_EDITION,
    ),
    references={"indicators": ("indicator_code",), "files": ("receipt_no",)},
)
SOURCES = EditionTable(
    "sources", "Nguồn số liệu", "Where each printed figure was read: file, sheet, cell, sender, time.",
    key=("indicator_code",), known_by="indicator_name", items=_lines_with_origin,
    columns=(
        EditionColumn("indicator_code", "string", "Mã chỉ tiêu", 26, "Stable code.", "code", is_folded=True),
        EditionColumn("indicator_name", "string", "Chỉ tiêu", 34, "Name.", "full_name", tag="full_name"),
        EditionColumn("value", "number", "Kết quả", 14, "Figure printed.", told=_told_state),
        EditionColumn("value_text", "string", "Ghi trong ô", 16, "The figure as its sender typed it.", tag="typed"),
        EditionColumn("kind_name", "string", "Loại số liệu", 16, "Actual or estimate, in Vietnamese.",
                      lambda i: KINDS.get(i.value_kind, ""), is_folded=True),
        EditionColumn("receipt_no", "string", "Biên nhận", 12, "Receipt of the file.",
                      "origin.receipt_no", tag="receipt_no"),
        EditionColumn("file_name", "string", "Tệp", 30, "Name of the file as received.",
                      "origin.file_name", tag="file_name"),
        EditionColumn("sheet", "string", "Trang tính", 14, "Sheet in the file.", "origin.sheet", tag="sheet"),
        EditionColumn("cell", "string", "Ô", 8, "Cell in the sheet.", "origin.cell", tag="cell"),
        EditionColumn("agency_name", "string", "Cơ quan gửi", 24, "Sender.", "origin.agency_name", tag="sender"),
        EditionColumn("received_at", "datetime", "Thời điểm nhận", 16, "When the file came.",
                      "origin.received_at", tag="received_at"),
        EditionColumn("file_sha256", "string", "SHA-256", 66, "Hash of the file's bytes.",
                      "origin.file_sha256", tag="sha256", is_folded=True),
        _sender("origin.sender_code"),
        *_EDITION,
    ),
    references={"indicators": ("indicator_code",), "files": ("receipt_no",)},
)
FILES = EditionTable(
    "files", "Tệp đã nhận", "Files that came for the period, or that a figure rests on.",
    key=("receipt_no",), known_by="agency_name", items=lambda data: data.inputs,
    columns=(
        EditionColumn("receipt_no", "string", "Biên nhận", 12, "Receipt number.", tag="receipt_no"),
        EditionColumn("agency_name", "string", "Đơn vị", 32, "Sender.", tag="agency"),
        EditionColumn("file_name", "string", "Tệp", 40, "Name as received.", "name", tag="name"),
        EditionColumn("period", "string", "Kỳ", 18, "Period the file is for.",
                      in_excel=lambda i: period_name(Period.parse(i.period)) if i.period else None),
        EditionColumn("state", "string", "Mã tình trạng", 22, "The file's one fate.", is_code=True,
                      code_list=("file_state",)),
        EditionColumn("state_name", "string", "Tình trạng", 24, "In Vietnamese.",
                      lambda i: FILE_STATES[i.state], tag="state"),
        EditionColumn("received_at", "datetime", "Thời điểm nhận", 18, "When it came.", tag="received_at"),
        EditionColumn("is_used", "boolean", "Có số liệu trong báo cáo", 12, "A printed figure rests on it.",
                      tag="is_used"),
        EditionColumn("size_bytes", "integer", "Kích thước (byte)", 12, "Size."),
        EditionColumn("sha256", "string", "SHA-256", 66, "Hash of the file's bytes.", tag="sha256", is_folded=True),
        _sender("sender_code"),
        *_EDITION,
    ),
)
# fmt: on

TABLES = (INDICATORS, TASKS, SUBMISSIONS, LEADS, RECORDS, REMARKS, REVISIONS, CHANGES, SOURCES, FILES)
"""In the order of the XLSX's sheets."""


def read_tables(data: EditionData) -> tuple[EditionTable, ...]:
    """Returns the tables that a person is shown: of a plan without tasks, none of tasks and of what is told with them.

    The files of the data package are always all there.
    """
    return TABLES if data.tasks else tuple(table for table in TABLES if table not in (TASKS, REMARKS))
