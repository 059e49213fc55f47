"""XLSX of an edition: tables to sort and filter, frozen headings, number formats and status colours.

It has words and what the report prints; codes and exact numbers are in CSV and Parquet. What is not folded fits on A4
with letters of nine points or more.
"""

import io
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tiendo.ooxml.archive_bytes import repack
from tiendo.report.columns import EditionColumn, EditionTable
from tiendo.report.data import EditionData, IndicatorLine
from tiendo.report.edition_tables import INDICATORS, read_tables
from tiendo.report.view import build_view
from tiendo.report.words import brief, sum_text
from tiendo.status.names import STYLES

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

FONT = "Times New Roman"
SUMMARY_SHEET = "Tổng hợp"
# Excel's own limit on the text of a cell.
MAX_TEXT = 32_767
_VIETNAMESE = "[$-42A]"
_HEAD_FILL = "D9E1F2"
_SIDES = {"number": "right", "integer": "right", "string": "left"}
_LINE_POINTS, _MAX_POINTS = 15, 409
# Room for the mark of a status, and for bold letters.
_MARK = "    "
# Letters are narrower than the digits in which column widths are counted.
_NARROWER = 1.05
# The columns that are printed are this wide together at most: A4 landscape at 9/11 of their size.
PRINTED_CHARACTERS = 168
_LONGEST_CAUSE = 300


def _plan(line: IndicatorLine) -> Any:
    """Returns the target as a number where one is all it is, else as printed in the plan."""
    plain = line.target_text.replace(".", "").replace(",", ".")
    return line.target_low if line.target_low is not None and plain == f"{line.target_low:f}" else line.target_text


def _plan_format(line: IndicatorLine) -> str:
    places = len(line.target_text.partition(",")[2])
    return f"#,##0.{'0' * places}" if places else "#,##0"


def _as_in_table(name: str, title: str, width: int) -> EditionColumn:
    """Returns a column of the indicators' table under a heading of its own."""
    return replace(INDICATORS.columns[INDICATORS.place(name)], title=title, width=width, is_folded=False)


# What a leader sorts: one row an indicator, nothing folded. The figures are those of the table of indicators.
WATCH = EditionTable(
    "watch", "Theo dõi chỉ tiêu", "One row per graded indicator.",
    key=("indicator_code",), known_by="full_name", items=lambda data: data.graded,
    columns=(
        EditionColumn("full_name", "string", "Chỉ tiêu", 36, "Name where it stands alone."),
        _as_in_table("unit", "Đơn vị tính", 11),
        EditionColumn("target", "number", "Kế hoạch năm", 12, "Target, a number where it is one.", _plan,
                      excel_format=_plan_format),
        _as_in_table("value", "Kết quả", 18),
        _as_in_table("ratio", "% so với mức phải đạt", 10),
        _as_in_table("status", "", 0),
        _as_in_table("status_name", "Đánh giá", 19),
        _as_in_table("responsible", "Cơ quan chủ trì", 19),
        EditionColumn("sender_name", "string", "Cơ quan báo cáo", 19, "Who sent the figure.",
                      lambda line: sum_text(line) or (line.origin.agency_name if line.origin else None)),
        EditionColumn("cause", "string", "Nguyên nhân (theo giải trình)", 24, "The body's explanation, cut.",
                      lambda line: brief(line.explanation, _LONGEST_CAUSE)),
    ),
)  # fmt: skip


def render_spreadsheet(data: EditionData) -> bytes:
    """Returns the edition as XLSX; the same data give the same bytes. Text is never taken for a formula."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    workbook = Workbook()
    # In its digits column widths are counted, by every program alike where it is there or one of its measures.
    workbook._named_styles["Normal"].font = Font(name=FONT, size=11)  # type: ignore[attr-defined]
    summary = workbook.worksheets[0]
    summary.title = SUMMARY_SHEET
    _write_summary(summary, data)
    for table in (WATCH, *read_tables(data)):
        _write_table(workbook.create_sheet(table.sheet), table, data)
    properties = workbook.properties
    properties.title = f"{data.plan_short_title}: {data.period.vietnamese}, lần ban hành thứ {data.edition}"
    properties.creator = data.letterhead.issuing_body
    properties.lastModifiedBy = data.letterhead.issuing_body
    out = io.BytesIO()
    workbook.save(out)
    return repack(out.getvalue(), data.as_of)


def _write_summary(sheet: "Worksheet", data: EditionData) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    view = build_view(data)
    sheet.column_dimensions["A"].width = 46
    for column in "BCDEFGHI":
        sheet.column_dimensions[column].width = 12
    lines = [
        (view["draft_mark"], Font(name=FONT, size=14, bold=True, color="C00000")),
        (view["letterhead"]["issuing_body"], Font(name=FONT, size=12, bold=True)),
        (f"Kết quả thực hiện {view['plan_reference']} {view['period']}", Font(name=FONT, size=14, bold=True)),
        (
            f"{view['edition_label']}. Theo các báo cáo tiếp nhận đến {view['as_of']}; {view['data_days']}.",
            Font(name=FONT, size=11),
        ),
    ]
    row = 0
    for text, font in lines:
        if text:
            row += 1
            put(sheet.cell(row, 1), text).font = font
    row += 1
    for line in view["summary"]:
        row += 1
        cell = put(sheet.cell(row, 1), f"{line['label']}: {line['text']}")
        cell.font = Font(name=FONT, size=12)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=9)
        sheet.row_dimensions[row].height = _height([(str(cell.value), 125)])
    row += 2
    overview = view["overview"]
    head = ["Nhóm chỉ tiêu", "Tổng số", *overview["headings"]]
    body = [[line["title"], line["total"], *line["counts"]] for line in overview["rows"]]
    total = ["Tổng số", overview["total"], *overview["sums"]]
    for texts in (head, *body, total):
        for place, text in enumerate(texts, start=1):
            cell = put(sheet.cell(row, place), int(text) if text.isdigit() else text)
            cell.font = Font(name=FONT, size=11, bold=texts is head or texts is total)
            side = "left" if place == 1 else "center"
            cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal=side)
            cell.border = _border()
            if texts is head:
                cell.fill = PatternFill("solid", fgColor=_HEAD_FILL)
        sheet.row_dimensions[row].height = _height([(texts[0], 46), *((text, 12) for text in texts[1:])])
        row += 1
    _print_setup(sheet, data)


def _write_table(sheet: "Worksheet", table: EditionTable, data: EditionData) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.table import Table, TableStyleInfo

    items = list(table.items(data))
    columns = [column for column in table.columns if not column.is_code]
    _write_headings(sheet, columns)
    _write_rows(sheet, columns, items)
    for place, column in enumerate(columns):
        if column.coloured_by:
            code = table.columns[table.place(column.coloured_by)]
            _colour(sheet, place, [code.value(item) for item in items])
    known_by = [column.name for column in columns].index(table.known_by)
    sheet.freeze_panes = sheet.cell(2, known_by + 2).coordinate
    extent = f"A1:{get_column_letter(len(columns))}{max(2, len(items) + 1)}"
    listed = Table(displayName=f"bang_{table.name}", ref=extent)
    listed.tableStyleInfo = TableStyleInfo(showRowStripes=False)  # the cells have their own look
    sheet.add_table(listed)
    sheet.print_title_rows = "1:1"
    _print_setup(sheet, data)


def _write_headings(sheet: "Worksheet", columns: Sequence[EditionColumn]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    bold, fill, border = Font(name=FONT, size=11, bold=True), PatternFill("solid", fgColor=_HEAD_FILL), _border()
    centred = Alignment(wrap_text=True, vertical="center", horizontal="center")
    for number, column in enumerate(columns, start=1):
        head = put(sheet.cell(1, number), column.title)
        head.font, head.fill, head.border, head.alignment = bold, fill, border, centred
        dimension = sheet.column_dimensions[get_column_letter(number)]
        dimension.width = column.width
        if column.is_folded:
            dimension.outlineLevel, dimension.hidden = 1, True
    # The arrow of the filter takes two letters' room.
    sheet.row_dimensions[1].height = _height((c.title, c.width - 2) for c in columns if not c.is_folded)


def _write_rows(sheet: "Worksheet", columns: Sequence[EditionColumn], items: Iterable[Any]) -> None:
    from openpyxl.styles import Alignment, Font

    font, border = Font(name=FONT, size=11), _border()
    alignments = {
        column.name: Alignment(wrap_text=True, vertical="top", horizontal=_SIDES.get(column.type, "center"))
        for column in columns
    }
    # openpyxl looks a style up by comparing it with all others; what cells share is looked up once and copied.
    shared: dict[tuple[Any, ...], Any] = {}
    for row, item in enumerate(items, start=2):
        values = [column.shown(item) for column in columns]
        for number, (column, value) in enumerate(zip(columns, values, strict=True), start=1):
            cell: Any = put(sheet.cell(row, number), value)
            if column.excel_format and isinstance(value, Decimal):
                cell.number_format = f"{_VIETNAMESE}{column.excel_format(item)}"
            key = (column.name, cell.number_format, cell.quotePrefix)
            if key not in shared:
                cell.font, cell.border, cell.alignment = font, border, alignments[column.name]
                shared[key] = cell._style
            cell._style = copy(shared[key])
        sheet.row_dimensions[row].height = _height(
            (f"{_MARK}{value}" if column.coloured_by else value, column.width)
            for column, value in zip(columns, values, strict=True)
            if not column.is_folded and isinstance(value, str)
        )


def put(cell: "Cell | MergedCell", value: Any) -> "Cell":
    """Writes one value as what it is: text never becomes a formula, decimals keep their digits, instants their day."""
    from openpyxl.cell.cell import Cell

    if not isinstance(cell, Cell):
        raise TypeError(f"{cell.coordinate} lies inside a merged range")
    match value:
        case bool():
            cell.value = "Có" if value else "Không"
        case str():
            cell.value = value[:MAX_TEXT]
            cell.data_type = "s"
            # Excel then keeps it text when somebody edits the cell.
            cell.quotePrefix = value.startswith(("=", "+", "-", "@"))
        case Decimal():
            places = max(0, -int(value.normalize().as_tuple().exponent))
            cell.value = value
            cell.number_format = f"{_VIETNAMESE}#,##0" + ("." + "0" * min(places, 4) if places else "")
        case datetime():
            cell.value = value.replace(tzinfo=None)
            cell.number_format = f"{_VIETNAMESE}dd/mm/yyyy hh:mm"
        case None | int():
            cell.value = value
        case _:
            cell.value = value
            cell.number_format = f"{_VIETNAMESE}dd/mm/yyyy"
    return cell


def _colour(sheet: "Worksheet", place: int, codes: Iterable[str | None]) -> None:
    """Gives the cells of a column the colour and the mark of their row's status."""
    from openpyxl.styles import Font, PatternFill

    looks = {
        status.value: (
            PatternFill("solid", fgColor=style.colour.removeprefix("#")),
            Font(name=FONT, size=11, bold=True, color=style.ink.removeprefix("#")),
            style.mark,
        )
        for status, style in STYLES.items()
    }
    for row, code in enumerate(codes, start=2):
        if code in looks:
            cell = sheet.cell(row, place + 1)
            cell.fill, cell.font, mark = looks[code]
            put(cell, f"{mark} {cell.value}")


def _height(texts: Iterable[tuple[str, int]]) -> float:
    """Returns the height of a row of wrapped texts, each with its column's width; not every program adapts it."""
    lines = [sum(1 + int(len(part) / (width * _NARROWER)) for part in text.split("\n")) for text, width in texts]
    return min(_MAX_POINTS, _LINE_POINTS * max(lines, default=1) + 3)


def _border() -> Any:
    from openpyxl.styles import Border, Side

    line = Side(style="thin", color="BFBFBF")
    return Border(left=line, right=line, top=line, bottom=line)


def _print_setup(sheet: "Worksheet", data: EditionData) -> None:
    from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top = sheet.page_margins.bottom = 0.7
    sheet.page_margins.header = sheet.page_margins.footer = 0.3
    sheet.HeaderFooter.oddFooter = HeaderFooterItem(
        left=_HeaderFooterPart(f"{data.plan_short_title}, {data.period.vietnamese}"), right=_HeaderFooterPart("&P/&N")
    )
    if data.is_draft:
        sheet.HeaderFooter.oddHeader = HeaderFooterItem(right=_HeaderFooterPart("DỰ THẢO"))
