"""Writes the workbooks that bodies fill in: one per body and period, from the register (openpyxl)."""

import io
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.workbook.protection import WorkbookProtection
from openpyxl.worksheet.worksheet import Worksheet

from tiendo.clock import HANOI
from tiendo.feedback.guide import write_guide
from tiendo.feedback.template_rules import completion_rule, date_rule, list_rule, number_rule
from tiendo.feedback.template_style import (
    FONT,
    heading_cell,
    input_cell,
    printed_cell,
    set_height,
    set_page,
    span,
    validate,
)
from tiendo.model.content import SHEET_GUIDE, SHEET_MARKER, TEMPLATE_VERSION, Marker
from tiendo.model.period import Period
from tiendo.model.register import Agency, Nature, PeriodCalendar, Register
from tiendo.model.states import KINDS, TASK_STATES
from tiendo.ooxml.archive_bytes import repack
from tiendo.reading.columns import CORRECTIONS, INDICATORS, NOT_YET_PUBLISHED, TASKS, TemplateTable
from tiendo.vietnamese.dates import deadline_text, long_date
from tiendo.vietnamese.number import format_number

LastValues = Mapping[tuple[str, str], Decimal]
"""Last reported cumulative (or point-in-time) value by (indicator code, agency code), in the indicator's unit."""

# Counts and money get the grouping of the Vietnamese locale. Rates and ratios stay General: there a typed "8,7%" or
# "9-10" leaves its mark in the cell's format, by which the reader knows a percentage or a date.
_WHOLE = "[$-42A]#,##0"
_GROUPED = "[$-42A]#,##0.00"
_FORMATS = {"count": _WHOLE, "rank": _WHOLE, "money": _GROUPED}
_DATE = "dd/mm/yyyy"

_INDICATOR_WIDTHS = (16, 34, 11, 12, 12, 14, 17, 13, 13, 24, 26)
_TASK_WIDTHS = (10, 48, 16, 20, 11, 38, 30, 30)
_CORRECTION_WIDTHS = (15, 22, 34, 15, 18, 14, 14, 44, 15)
_CORRECTION_ROWS = 12


def write_templates(
    register: Register,
    period: Period,
    out_dir: Path,
    agency_codes: Sequence[str] | None = None,
    last_values: LastValues | None = None,
) -> list[Path]:
    """Writes one workbook per body into ``out_dir`` as ``2023-Q1_so-y-te.xlsx``.

    The same register, period and values give the same bytes.

    Args:
        register: the plan.
        period: a period of the plan's calendar.
        out_dir: made when missing.
        agency_codes: which bodies; all that owe a report when None.
        last_values: shown as the last reported figures.

    Returns:
        The files, in the register's order of bodies.

    Raises:
        ValueError: the period is not in the plan's calendar, or a code names no body that owes a report.
    """
    if period not in register.calendar_by_period:
        raise ValueError(f"{period} is not a period of plan {register.code}")
    obliged = {agency.code: agency for agency in register.obliged}
    if unknown := [code for code in agency_codes or () if code not in obliged]:
        raise ValueError(f"no body that owes a report: {', '.join(unknown)}")
    out_dir.mkdir(parents=True, exist_ok=True)
    paths = []
    for code, agency in obliged.items():
        if agency_codes is None or code in agency_codes:
            path = out_dir / f"{period}_{code}.xlsx"
            path.write_bytes(build_template(register, period, agency, last_values or {}))
            paths.append(path)
    return paths


def build_template(register: Register, period: Period, agency: Agency, last_values: LastValues) -> bytes:
    """Returns one body's workbook as bytes; see ``write_templates``."""
    workbook = _Form(register, register.calendar_by_period[period], agency).write(last_values)
    workbook.security = WorkbookProtection(lockStructure=True)
    workbook.properties.title = f"Báo cáo {period.vietnamese} - {agency.name}"
    workbook.properties.creator = "Tiendo"
    buffer = io.BytesIO()
    workbook.save(buffer)
    issued_at = datetime.combine(register.issued_on, time(0), HANOI)
    return repack(buffer.getvalue(), issued_at, _polished)


class _Form:
    """One body's workbook for one period, in the making."""

    def __init__(self, register: Register, entry: PeriodCalendar, agency: Agency) -> None:
        self._register = register
        self._entry = entry
        self._agency = agency
        self._indicators = register.indicators_of(agency.code)
        self._tasks = register.tasks_of(agency.code)
        self._earlier = [e.period for e in register.calendar if e.period < entry.period]
        self._workbook = Workbook()
        self._workbook.remove(self._workbook.worksheets[0])
        self._workbook._named_styles["Normal"].font = Font(name=FONT, size=11)  # type: ignore[attr-defined]

    def write(self, last_values: LastValues) -> Workbook:
        """Writes the sheets; a body without indicators gets none for figures."""
        if self._indicators:
            self._write_indicators(last_values)
        self._write_tasks()
        if self._indicators:
            self._write_corrections()
        self._write_guide()
        self._write_marker()
        return self._workbook

    def _write_indicators(self, last_values: LastValues) -> None:
        sheet, first = self._start(INDICATORS, "KẾT QUẢ THỰC HIỆN CÁC CHỈ TIÊU", _INDICATOR_WIDTHS)
        column = {c.field: i for i, c in enumerate(INDICATORS.columns, start=1)}
        value_cells: dict[str, list[str]] = {}
        for row, indicator in enumerate(self._indicators, start=first):
            is_due = self._entry.period.quarter in indicator.published_in
            family = indicator.unit.family if indicator.unit else ""
            previous = last_values.get((indicator.code, self._agency.code))
            printed = (
                indicator.code,
                indicator.label,
                indicator.unit.label if indicator.unit else indicator.unit_as_printed,
                indicator.target_text,
                "" if previous is None else format_number(previous),
            )
            for i, text in enumerate(printed, start=1):
                printed_cell(sheet.cell(row, i), text, is_centred=i > 2, is_small=i == 1)
            for field in ("quarter", "year_to_date"):
                is_asked = field == "year_to_date" or indicator.nature is Nature.FLOW
                cell = sheet.cell(row, column[field])
                input_cell(cell, is_wanted=is_due and is_asked, is_open=is_asked, align="right")
                cell.number_format = _FORMATS.get(family, "General")
                if is_asked:
                    value_cells.setdefault(family, []).append(cell.coordinate)
            for field in ("kind", "data_on", "note", "explanation"):
                cell = sheet.cell(row, column[field])
                align = "center" if field in ("kind", "data_on") else "left"
                input_cell(cell, is_wanted=is_due or field == "note", align=align)
            sheet.cell(row, column["data_on"]).number_format = _DATE
            if not is_due:
                sheet.cell(row, column["note"]).value = NOT_YET_PUBLISHED
            set_height(sheet, row, printed, _INDICATOR_WIDTHS, at_least=2)
        for family, cells in value_cells.items():
            validate(sheet, number_rule(family), cells)
        last = first + len(self._indicators) - 1
        validate(sheet, list_rule("E", len(KINDS), "Loại số liệu"), span(column["kind"], first, last))
        validate(sheet, date_rule(self._entry), span(column["data_on"], first, last))

    def _write_tasks(self) -> None:
        sheet, first = self._start(TASKS, "TÌNH HÌNH THỰC HIỆN NHIỆM VỤ", _TASK_WIDTHS)
        for row, task in enumerate(self._tasks, start=first):
            for i, text in enumerate((task.ref, task.title, task.due_text), start=1):
                printed_cell(sheet.cell(row, i), text, is_centred=i != 2)
            for i, column in enumerate(TASKS.columns[3:], start=4):
                input_cell(sheet.cell(row, i), align="center" if column.is_value else "left")
            set_height(sheet, row, ("", task.title, task.due_text), _TASK_WIDTHS, at_least=3)
        if self._tasks:
            last = first + len(self._tasks) - 1
            validate(sheet, list_rule("D", len(TASK_STATES), "Trạng thái"), span(TASKS.position("state"), first, last))
            validate(sheet, completion_rule(), span(TASKS.position("completion"), first, last))

    def _write_corrections(self) -> None:
        sheet, first = self._start(CORRECTIONS, "SỬA SỐ LIỆU ĐÃ BÁO CÁO CỦA KỲ TRƯỚC", _CORRECTION_WIDTHS)
        is_open = bool(self._earlier)
        for row in range(first, first + _CORRECTION_ROWS):
            for i, column in enumerate(CORRECTIONS.columns, start=1):
                align = (
                    "right"
                    if column.is_value or column.field == "old"
                    else "left"
                    if column.field in ("name", "reason")
                    else "center"
                )
                input_cell(sheet.cell(row, i), is_wanted=is_open, is_open=is_open, align=align)
            sheet.cell(row, CORRECTIONS.position("data_on")).number_format = _DATE
            set_height(sheet, row, (), (), at_least=2)
        if not is_open:
            sheet.cell(first - 2, 1).value = "Đây là kỳ báo cáo đầu tiên của Kế hoạch, chưa có số liệu kỳ trước để sửa."
            return
        rules = {
            "period": list_rule("F", len(self._earlier), "Kỳ báo cáo"),
            "code": list_rule("G", len(self._indicators), "Mã chỉ tiêu"),
            "quarter": number_rule(""),
            "year_to_date": number_rule(""),
            "old": number_rule(""),
            "kind": list_rule("E", len(KINDS), "Loại số liệu"),
            "data_on": date_rule(self._entry),
        }
        for field, rule in rules.items():
            validate(sheet, rule, span(CORRECTIONS.position(field), first, first + _CORRECTION_ROWS - 1))

    def _write_guide(self) -> None:
        sheet = self._workbook.create_sheet(SHEET_GUIDE)
        write_guide(sheet, self._register, self._entry, self._agency)
        self._finish(sheet)

    def _write_marker(self) -> None:
        """Writes what the reader knows the workbook by (columns A and B) and the drop-down lists (D to G)."""
        sheet = self._workbook.create_sheet(SHEET_MARKER)
        marker = Marker(self._register.code, self._agency.code, str(self._entry.period), TEMPLATE_VERSION)
        lists = (
            marker._fields,
            marker,
            (),
            TASK_STATES.values(),
            KINDS.values(),
            [_period_label(period) for period in self._earlier],
            [indicator.code for indicator in self._indicators],
        )
        for column, texts in enumerate(lists, start=1):
            for row, text in enumerate(texts, start=1):
                sheet.cell(row, column, text)
        sheet.sheet_state = "veryHidden"
        sheet.protection.sheet = True

    def _start(self, table: TemplateTable, title: str, widths: Sequence[int]) -> tuple[Worksheet, int]:
        """Makes a sheet with title and heading row; returns it and its first row for data."""
        sheet = self._workbook.create_sheet(table.sheet)
        entry, register = self._entry, self._register
        who_and_when = (
            f"Cơ quan báo cáo: {self._agency.name}   ·   Kỳ báo cáo: {entry.period.vietnamese}   ·   "
            f"Thời hạn: {deadline_text(entry.due_at)}"
        )
        title_lines = (
            (register.issued_by.upper(), 11, True),
            (title, 14, True),
            (f"{register.short_title}, {long_date(register.issued_on)}", 12, False),
            (who_and_when, 12, True),
            ("Chỉ nhập vào ô nền vàng nhạt; ô nền xám không phải nhập. Cách điền: xem trang “Hướng dẫn”.", 11, False),
        )
        for row, (text, size, is_bold) in enumerate(title_lines, start=1):
            cell = sheet.cell(row, 1, text)
            cell.font = Font(name=FONT, size=size, bold=is_bold, italic=row == len(title_lines))
            cell.alignment = Alignment(horizontal="left", vertical="center")
            sheet.row_dimensions[row].height = size + 7
        head = len(title_lines) + 1
        for i, (heading, width) in enumerate(zip(table.headings, widths, strict=True), start=1):
            heading_cell(sheet.cell(head, i), heading)
            sheet.column_dimensions[get_column_letter(i)].width = width
        set_height(sheet, head, table.headings, widths, at_least=2)
        sheet.freeze_panes = f"C{head + 1}"
        sheet.print_title_rows = f"{head}:{head}"
        self._finish(sheet)
        return sheet, head + 1

    def _finish(self, sheet: Worksheet) -> None:
        set_page(sheet, f"{self._agency.name} - {self._entry.period.vietnamese}")
        sheet.protection.sheet = True
        sheet.protection.formatColumns = False  # False is "not forbidden"
        sheet.protection.formatRows = False


def _period_label(period: Period) -> str:
    """``Quý I/2023``."""
    text = period.vietnamese.replace(" năm ", "/")
    return text[0].upper() + text[1:]


_CUSTOM_HEIGHT = re.compile(rb' customHeight="1"')
_DIMENSION = re.compile(rb'<dimension ref="(?P<area>[A-Z0-9:]+)"')


def _polished(name: str, part: bytes) -> bytes:
    """Does what openpyxl cannot.

    Row heights become hints, so that rows grow with what is typed, and figures printed as text (``74.617``) get no
    green corners.
    """
    area = _DIMENSION.search(part) if name.startswith("xl/worksheets/") else None
    if area is None:
        return part
    ignored = b'<ignoredErrors><ignoredError sqref="%b" numberStoredAsText="1"/></ignoredErrors>' % area["area"]
    return _CUSTOM_HEIGHT.sub(b"", part).replace(b"</headerFooter>", b"</headerFooter>" + ignored)
