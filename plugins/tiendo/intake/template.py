"""Writes the workbooks that bodies fill in: one per body and period, from the register (openpyxl)."""

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from math import ceil
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.workbook.protection import WorkbookProtection
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from tiendo.clock import HANOI
from tiendo.intake.columns import CORRECTIONS, INDICATORS, NOT_YET_PUBLISHED, TASKS, Table
from tiendo.intake.content import SHEET_GUIDE, SHEET_MARKER, TEMPLATE_VERSION
from tiendo.intake.guide import deadline_text, guide
from tiendo.plan.model import Agency, Indicator, Nature, PeriodCalendar, Register
from tiendo.plan.period import Period
from tiendo.report.archive_bytes import repack
from tiendo.validation.states import TASK_STATES, KINDS
from tiendo.vietnamese.dates import long_date
from tiendo.vietnamese.number import format_number

LAST_VALUES = Mapping[tuple[str, str], Decimal]
"""Last reported cumulative (or point-in-time) value by (indicator code, agency code), in the indicator's unit."""

_FONT = "Times New Roman"
_LINE = Side(style="thin", color="FF8C8C8C")
_BORDER = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_HEAD = PatternFill("solid", fgColor="FF1F4E79")
_TO_FILL = PatternFill("solid", fgColor="FFFFF8DC")
_NOT_TO_FILL = PatternFill("solid", fgColor="FFD9D9D9")
_LOCKED = Protection(locked=True)
_OPEN = Protection(locked=False)

# Counts and money get the grouping of the Vietnamese locale. Rates and ratios stay General: there a typed "8,7%" or
# "9-10" leaves its mark in the cell's format, by which the reader knows a percentage or a date; a fixed format hides it.
_WHOLE = "[$-42A]#,##0"
_GROUPED = "[$-42A]#,##0.00"
_FORMATS = {"count": _WHOLE, "rank": _WHOLE, "money": _GROUPED}
_DATE = "dd/mm/yyyy"

_INDICATOR_WIDTHS = (16, 34, 11, 12, 12, 14, 17, 13, 13, 24, 26)
_TASK_WIDTHS = (10, 52, 20, 11, 40, 32, 32)
_CORRECTION_WIDTHS = (15, 22, 34, 15, 18, 14, 14, 44)
_GUIDE_WIDTH = 130
_CORRECTION_ROWS = 12
_POINTS_PER_LINE = 15.5
_UNBOUNDED = 10**15


def write_templates(
    register: Register,
    period: Period,
    out_dir: Path,
    agency_codes: Sequence[str] | None = None,
    last_values: LAST_VALUES | None = None,
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


def build_template(register: Register, period: Period, agency: Agency, last_values: LAST_VALUES) -> bytes:
    """Returns one body's workbook as bytes; see ``write_templates``."""
    entry = register.calendar_by_period[period]
    indicators = register.indicators_of(agency.code)
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    workbook._named_styles["Normal"].font = Font(name=_FONT, size=11)  # type: ignore[attr-defined]
    if indicators:
        _indicator_sheet(workbook, register, entry, agency, indicators, last_values)
    _task_sheet(workbook, register, entry, agency)
    if indicators:
        _correction_sheet(workbook, register, entry, agency, len(indicators))
    _guide_sheet(workbook, register, entry, agency, has_indicators=bool(indicators))
    _marker_sheet(workbook, register, period, agency, indicators)
    workbook.security = WorkbookProtection(lockStructure=True)
    workbook.properties.title = f"Báo cáo {period.vietnamese} - {agency.name}"
    workbook.properties.creator = "Tiendo"
    buffer = io.BytesIO()
    workbook.save(buffer)
    issued_at = datetime.combine(register.issued_on, time(0), HANOI)
    return repack(_polished(buffer.getvalue()), issued_at)


def _indicator_sheet(
    workbook: Workbook,
    register: Register,
    entry: PeriodCalendar,
    agency: Agency,
    indicators: Sequence[Indicator],
    last_values: LAST_VALUES,
) -> None:
    sheet = workbook.create_sheet(INDICATORS.sheet)
    head = _title_block(sheet, register, entry, agency, "KẾT QUẢ THỰC HIỆN CÁC CHỈ TIÊU", INDICATORS, _INDICATOR_WIDTHS)
    column = {c.field: i for i, c in enumerate(INDICATORS.columns, start=1)}
    values: dict[str, list[str]] = {}
    first, last = head + 1, head + len(indicators)
    for row, indicator in enumerate(indicators, start=first):
        is_due = entry.period.quarter in indicator.published_in
        previous = last_values.get((indicator.code, agency.code))
        printed = (
            indicator.code,
            indicator.label,
            indicator.unit.label if indicator.unit else indicator.unit_as_printed,
            indicator.target_text,
            "" if previous is None else format_number(previous),
        )
        for i, text in enumerate(printed, start=1):
            _printed_cell(sheet, row, i, text, centred=i > 2, small=i == 1)
        number_format = _FORMATS.get(indicator.unit.family, "General") if indicator.unit else "General"
        family = indicator.unit.family if indicator.unit else ""
        for field in ("quarter", "year_to_date"):
            is_wanted = field == "year_to_date" or indicator.nature is Nature.FLOW
            cell = sheet.cell(row, column[field])
            _style(cell, fill=_TO_FILL if is_due and is_wanted else _NOT_TO_FILL, locked=not is_wanted, align="right")
            cell.number_format = number_format
            if is_wanted:
                values.setdefault(family, []).append(cell.coordinate)
        for field in ("kind", "data_on", "note", "explanation"):
            cell = sheet.cell(row, column[field])
            align = "center" if field in ("kind", "data_on") else "left"
            _style(cell, fill=_TO_FILL if is_due or field == "note" else _NOT_TO_FILL, locked=False, align=align)
        sheet.cell(row, column["data_on"]).number_format = _DATE
        if not is_due:
            sheet.cell(row, column["note"]).value = NOT_YET_PUBLISHED
        _set_height(sheet, row, [*printed, "", "", "", "", NOT_YET_PUBLISHED], _INDICATOR_WIDTHS, at_least=2)
    for family, cells in values.items():
        _validate(sheet, _number_rule(family), cells)
    _validate(sheet, _list_rule("E", len(KINDS), "Loại số liệu"), _span(column["kind"], first, last))
    _validate(sheet, _date_rule(entry), _span(column["data_on"], first, last))


def _task_sheet(workbook: Workbook, register: Register, entry: PeriodCalendar, agency: Agency) -> None:
    sheet = workbook.create_sheet(TASKS.sheet)
    head = _title_block(sheet, register, entry, agency, "TÌNH HÌNH THỰC HIỆN NHIỆM VỤ", TASKS, _TASK_WIDTHS)
    tasks = register.tasks_of(agency.code)
    for row, task in enumerate(tasks, start=head + 1):
        text = task.title if not task.due_text else f"{task.title} (Thời hạn: {task.due_text})"
        _printed_cell(sheet, row, 1, task.ref, centred=True)
        _printed_cell(sheet, row, 2, text)
        for i in range(3, len(TASKS.columns) + 1):
            _style(sheet.cell(row, i), fill=_TO_FILL, locked=False, align="center" if i in (3, 4) else "left")
        _set_height(sheet, row, ("", text), _TASK_WIDTHS, at_least=3)
    first, last = head + 1, head + len(tasks)
    if tasks:
        _validate(sheet, _list_rule("D", len(TASK_STATES), "Trạng thái"), _span(TASKS.position("state"), first, last))
        _validate(sheet, _completion_rule(), _span(TASKS.position("completion"), first, last))


def _correction_sheet(
    workbook: Workbook, register: Register, entry: PeriodCalendar, agency: Agency, indicator_count: int
) -> None:
    earlier = [e.period for e in register.calendar if e.period < entry.period]
    sheet = workbook.create_sheet(CORRECTIONS.sheet)
    title = "SỬA SỐ LIỆU ĐÃ BÁO CÁO CỦA KỲ TRƯỚC"
    head = _title_block(sheet, register, entry, agency, title, CORRECTIONS, _CORRECTION_WIDTHS)
    first, last = head + 1, head + _CORRECTION_ROWS
    if not earlier:
        sheet.cell(head - 1, 1).value = "Đây là kỳ báo cáo đầu tiên của Kế hoạch, chưa có số liệu kỳ trước để sửa."
    for row in range(first, last + 1):
        for i, column in enumerate(CORRECTIONS.columns, start=1):
            cell = sheet.cell(row, i)
            align = "right" if column.is_value else "left" if column.field in ("name", "reason") else "center"
            _style(cell, fill=_TO_FILL if earlier else _NOT_TO_FILL, locked=not earlier, align=align)
        sheet.cell(row, CORRECTIONS.position("data_on")).number_format = _DATE
        sheet.row_dimensions[row].height = 2 * _POINTS_PER_LINE
    if not earlier:
        return
    _validate(sheet, _list_rule("F", len(earlier), "Kỳ báo cáo"), _span(CORRECTIONS.position("period"), first, last))
    _validate(sheet, _list_rule("G", indicator_count, "Mã chỉ tiêu"), _span(CORRECTIONS.position("code"), first, last))
    _validate(sheet, _list_rule("E", len(KINDS), "Loại số liệu"), _span(CORRECTIONS.position("kind"), first, last))
    _validate(sheet, _date_rule(entry), _span(CORRECTIONS.position("data_on"), first, last))
    values = [c for f in ("quarter", "year_to_date") for c in _span(CORRECTIONS.position(f), first, last)]
    _validate(sheet, _number_rule(""), values)


def _guide_sheet(
    workbook: Workbook, register: Register, entry: PeriodCalendar, agency: Agency, *, has_indicators: bool
) -> None:
    sheet = workbook.create_sheet(SHEET_GUIDE)
    sheet.column_dimensions["A"].width = _GUIDE_WIDTH
    rows = [("HƯỚNG DẪN LẬP VÀ GỬI BÁO CÁO", ""), *guide(register, entry, agency, has_indicators)]
    for row, (heading, text) in enumerate(rows, start=1):
        cell = sheet.cell(row, 1, heading or text)
        cell.font = Font(name=_FONT, size=14 if row == 1 else 12, bold=bool(heading))
        indent = 0 if heading else 1
        cell.alignment = Alignment(
            wrap_text=True, vertical="center", horizontal="center" if row == 1 else "left", indent=indent
        )
        sheet.row_dimensions[row].height = _lines(cell.value, _GUIDE_WIDTH - 10) * 16.5 + 6
    _page(sheet, entry, agency)
    sheet.protection.sheet = True


def _marker_sheet(
    workbook: Workbook, register: Register, period: Period, agency: Agency, indicators: Sequence[Indicator]
) -> None:
    """Writes what the reader knows the workbook by (columns A and B) and the drop-down lists (D to G)."""
    sheet = workbook.create_sheet(SHEET_MARKER)
    marker = {
        "plan": register.code,
        "agency": agency.code,
        "period": str(period),
        "template_version": TEMPLATE_VERSION,
    }
    earlier = [_period_label(e.period) for e in register.calendar if e.period < period]
    lists = (TASK_STATES.values(), KINDS.values(), earlier, [i.code for i in indicators])
    for row, (key, value) in enumerate(marker.items(), start=1):
        sheet.cell(row, 1, key)
        sheet.cell(row, 2, value)
    for column, texts in enumerate(lists, start=4):
        for row, text in enumerate(texts, start=1):
            sheet.cell(row, column, text)
    sheet.sheet_state = "veryHidden"
    sheet.protection.sheet = True


def _period_label(period: Period) -> str:
    """``Quý I/2023``."""
    return period.vietnamese.replace(" năm ", "/").capitalize().replace(" i", " I")


def _title_block(
    sheet: Worksheet,
    register: Register,
    entry: PeriodCalendar,
    agency: Agency,
    title: str,
    table: Table,
    widths: Sequence[int],
) -> int:
    """Writes title and heading row, sets page and panes, and returns the heading's row number."""
    lines = (
        (register.issued_by.upper(), 11, True),
        (title, 14, True),
        (f"{register.short_title}, {long_date(register.issued_on)}", 12, False),
        (
            f"Cơ quan báo cáo: {agency.name}   ·   Kỳ báo cáo: {entry.period.vietnamese}   ·   "
            f"Thời hạn: {deadline_text(entry.due_at)}",
            12,
            True,
        ),
        ("Chỉ nhập vào ô nền vàng nhạt; ô nền xám không phải nhập. Cách điền: xem trang “Hướng dẫn”.", 11, False),
    )
    for row, (text, size, bold) in enumerate(lines, start=1):
        cell = sheet.cell(row, 1, text)
        cell.font = Font(name=_FONT, size=size, bold=bold, italic=row == len(lines))
        cell.alignment = Alignment(horizontal="left", vertical="center")
        sheet.row_dimensions[row].height = size + 7
    head = len(lines) + 1
    for i, (heading, width) in enumerate(zip(table.headings, widths, strict=True), start=1):
        cell = sheet.cell(head, i, heading)
        cell.font = Font(name=_FONT, size=11, bold=True, color="FFFFFFFF")
        cell.fill = _HEAD
        cell.border = _BORDER
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(i)].width = width
    _set_height(sheet, head, table.headings, widths, at_least=2)
    sheet.freeze_panes = sheet.cell(head + 1, 3)
    sheet.print_title_rows = f"{head}:{head}"
    _page(sheet, entry, agency)
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False
    sheet.protection.formatRows = False
    return head


def _page(sheet: Worksheet, entry: PeriodCalendar, agency: Agency) -> None:
    """A4 landscape, one page wide, page numbers."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    margins = sheet.page_margins
    margins.left, margins.right, margins.top, margins.bottom = 0.6, 0.5, 0.6, 0.7
    margins.header = margins.footer = 0.3
    sheet.print_options.horizontalCentered = True
    sheet.oddFooter.left.text = f"{agency.name} - {entry.period.vietnamese}".replace("&", "&&")
    sheet.oddFooter.right.text = "Trang &P/&N"
    for part in (sheet.oddFooter.left, sheet.oddFooter.right):
        part.font = f"{_FONT},Regular"
        part.size = 10


def _printed_cell(
    sheet: Worksheet, row: int, column: int, text: str, *, centred: bool = False, small: bool = False
) -> None:
    cell = sheet.cell(row, column, text or None)
    _style(cell, fill=None, locked=True, align="center" if centred else "left")
    if small:
        cell.font = Font(name=_FONT, size=9, color="FF595959")


def _style(cell, *, fill: PatternFill | None, locked: bool, align: str) -> None:  # type: ignore[no-untyped-def]
    cell.font = Font(name=_FONT, size=11)
    cell.border = _BORDER
    if fill is not None:
        cell.fill = fill
    cell.protection = _LOCKED if locked else _OPEN
    cell.alignment = Alignment(horizontal=align, vertical="center", wrap_text=True)


def _set_height(sheet: Worksheet, row: int, texts: Iterable[str], widths: Sequence[int], *, at_least: int) -> None:
    lines = max(_lines(text, width) for text, width in zip(texts, widths, strict=False))
    sheet.row_dimensions[row].height = max(lines, at_least) * _POINTS_PER_LINE + 2


def _lines(text: str, width: int) -> int:
    """Estimates the lines a text takes in a column; a column's width is its capacity in digits of the default font."""
    return max(1, ceil(len(text) * 1.08 / max(width - 1, 1)))


def _span(column: int, first: int, last: int) -> list[str]:
    letter = get_column_letter(column)
    return [f"{letter}{first}:{letter}{last}"]


def _validate(sheet: Worksheet, rule: DataValidation, ranges: Iterable[str]) -> None:
    for area in ranges:
        rule.add(area)
    sheet.add_data_validation(rule)


def _list_rule(column: str, count: int, title: str) -> DataValidation:
    """A drop-down from the marker sheet: a list written into the rule itself could hold no comma."""
    return DataValidation(
        type="list",
        formula1=f"'{SHEET_MARKER}'!${column}$1:${column}${count}",
        allow_blank=True,
        showErrorMessage=True,
        errorStyle="stop",
        errorTitle=title,
        error="Đề nghị chọn một giá trị có trong danh sách.",
    )


def _number_rule(family: str) -> DataValidation:
    """A warning, not a stop: what cannot be a number may be said in words (``Chưa có số liệu, dự kiến 20/4/2023``)."""
    kind, low, high, wanted = {
        "share": ("decimal", 0, 100, "một số từ 0 đến 100, không nhập dấu %"),
        "count": ("whole", 0, _UNBOUNDED, "một số nguyên không âm"),
        "rank": ("whole", 1, 1000, "một số nguyên từ 1 trở lên"),
        "measure": ("decimal", 0, _UNBOUNDED, "một số không âm"),
        "per_mille": ("decimal", -1000, 1000, "một số theo phần nghìn (‰), không nhập ký hiệu ‰"),
    }.get(family, ("decimal", -_UNBOUNDED, _UNBOUNDED, "một số"))
    return DataValidation(
        type=kind,
        operator="between",
        formula1=str(low),
        formula2=str(high),
        allow_blank=True,
        showErrorMessage=True,
        errorStyle="warning",
        errorTitle="Kiểm tra số liệu",
        error=f"Ô này cần {wanted}. Nếu không có số, ghi “Không áp dụng” hoặc “Chưa có số liệu, dự kiến” kèm ngày, "
        "rồi chọn Yes (Có) để giữ nội dung đã nhập.",
    )


def _completion_rule() -> DataValidation:
    return DataValidation(
        type="decimal",
        operator="between",
        formula1="0",
        formula2="100",
        allow_blank=True,
        showErrorMessage=True,
        errorStyle="warning",
        errorTitle="Tỷ lệ hoàn thành",
        error="Nhập một số từ 0 đến 100, không nhập dấu %.",
    )


def _date_rule(entry: PeriodCalendar) -> DataValidation:
    first, last = date(entry.period.year, 1, 1), entry.period.last_day
    return DataValidation(
        type="date",
        operator="between",
        formula1=str(_serial(first)),
        formula2=str(_serial(last)),
        allow_blank=True,
        showErrorMessage=True,
        errorStyle="warning",
        errorTitle="Số liệu đến ngày",
        error=f"Nhập ngày theo dạng ngày/tháng/năm, từ {first:%d/%m/%Y} đến {last:%d/%m/%Y}.",
    )


def _serial(day: date) -> int:
    """Day number of the 1900 date system."""
    return (day - date(1899, 12, 30)).days


_CUSTOM_HEIGHT = re.compile(rb' customHeight="1"')
_DIMENSION = re.compile(rb'<dimension ref="(?P<area>[A-Z0-9:]+)"')


def _polished(container: bytes) -> bytes:
    """Does what openpyxl cannot: row heights as hints, so that rows grow with what is typed, and no green corners on
    figures that are printed as text (``74.617``)."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(container)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            area = _DIMENSION.search(content) if name.startswith("xl/worksheets/") else None
            if area:
                ignored = b'<ignoredErrors><ignoredError sqref="%b" numberStoredAsText="1"/></ignoredErrors>' % area["area"]
                content = _CUSTOM_HEIGHT.sub(b"", content).replace(b"</headerFooter>", b"</headerFooter>" + ignored)
            target.writestr(name, content)
    return out.getvalue()
