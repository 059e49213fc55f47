"""Reads an XLSX file's sheets as grids: merged cells filled from their merge range, numbers as Excel shows them."""

import io
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet.cell_range import CellRange

from tiendo.annex.grid import MAX_COLUMNS, MAX_ROWS, Grid
from tiendo.annex.table import AnnexError, Cell, one_line
from tiendo.ooxml.xml_walk import elements
from tiendo.ooxml.zip_parts import Member, NotAZipError, TooLargeError, content
from tiendo.vietnamese.notation import format_number
from tiendo.vietnamese.wording import excel_range

_MOST_MERGED = 200_000
_DECIMALS = re.compile(r"0\.(0+)")


def read_excel(data: bytes, parts: Mapping[str, Member]) -> list[Grid]:
    """Returns all sheets of a workbook.

    Raises:
        AnnexError: it is no sound workbook, or a sheet passes the limits.
        NotAZipError, TooLargeError: a part is broken or larger than declared.
    """
    try:
        _check_merges(data, parts)
        shown = load_workbook(io.BytesIO(data), data_only=True)
        typed = load_workbook(io.BytesIO(data))
    except (AnnexError, NotAZipError, TooLargeError):
        raise
    except Exception as error:  # the library lets through what zip, XML and its own checks raise
        raise AnnexError(f"is a broken Excel workbook: {type(error).__name__}: {error}"[:300]) from error
    if not shown.worksheets:
        raise AnnexError("no sheet can be read; save it as an ordinary Excel workbook (.xlsx)")
    return [_read_sheet(sheet, typed[sheet.title]) for sheet in shown.worksheets]


def _check_merges(data: bytes, parts: Mapping[str, Member]) -> None:
    """Refuses merge ranges that cover millions of cells: the library makes an object for each."""
    covered = 0
    for name, part in parts.items():
        if not name.endswith(".xml") or b"mergeCell" not in content(data, part):
            continue
        for element, attributes in elements(content(data, part)):
            if element == "mergeCell":
                merged = CellRange(attributes.get("ref", ""))
                covered += merged.size["rows"] * merged.size["columns"]
                if covered > _MOST_MERGED:
                    raise AnnexError(f"{name}: merged cells cover more than any annex has")


def _read_sheet(shown: Any, typed: Any) -> Grid:
    name = f'sheet "{shown.title}"'
    if shown.max_row > MAX_ROWS:
        raise AnnexError(f"{name}: {shown.max_row} rows, more than any annex has")
    width = min(shown.max_column, MAX_COLUMNS)
    rows = [
        [_cell(shown.cell(row, column), typed.cell(row, column)) for column in range(1, width + 1)]
        for row in range(1, shown.max_row + 1)
    ]
    for merged in shown.merged_cells.ranges:
        for row in range(merged.min_row, min(merged.max_row, len(rows)) + 1):
            if merged.min_col <= width and row > merged.min_row:
                rows[row - 1][merged.min_col - 1] = Cell(rows[merged.min_row - 1][merged.min_col - 1].text, True)
            for column in range(merged.min_col + 1, min(merged.max_col, width) + 1):
                rows[row - 1][column - 1] = Cell(is_beside=True)
    hidden = [number for number, size in shown.row_dimensions.items() if size.hidden and number <= len(rows)]
    notes = [f"{name} is hidden"] if shown.sheet_state != "visible" else []
    if hidden:
        notes.append(f"{name}: rows {', '.join(map(str, hidden[:10]))} are hidden, and read all the same")
    return Grid(name, rows, notes=tuple(notes))


def _cell(shown: Any, typed: Any) -> Cell:
    """Returns what Excel shows, with a doubt where that need not be what was meant."""
    value = shown.value
    if value is None:
        is_formula = isinstance(typed.value, str) and typed.value.startswith("=")
        return Cell(doubt=f"cell {typed.coordinate} is a formula without a stored result" if is_formula else "")
    if isinstance(value, bool | str):
        return Cell(one_line(str(value)))
    if isinstance(value, date):
        guess = excel_range(value.day, value.month)
        return Cell(value.strftime("%d/%m/%Y"), doubt=f"cell {shown.coordinate} is a date: {guess!r} may be meant")
    if not isinstance(value, int | float):
        return Cell(one_line(str(value)))
    return _number(Decimal(repr(value)), str(shown.number_format), shown.coordinate)


def _number(value: Decimal, number_format: str, coordinate: str) -> Cell:
    section = number_format.split(";", maxsplit=1)[0]
    decimals = _DECIMALS.search(section)
    if section.endswith("%"):
        return Cell(f"{format_number(value * 100)}%", doubt=f"cell {coordinate} is a number in percent format")
    shown = format_number(value, len(decimals[1]) if decimals else None)
    if decimals and round(value, len(decimals[1])) != value:
        return Cell(shown, doubt=f"cell {coordinate} holds {format_number(value)} and shows {shown}")
    _, _, fraction = f"{value:f}".partition(".")
    if len(fraction.rstrip("0")) == 3:
        return Cell(shown, doubt=f"cell {coordinate} is the number {shown}: may thousands be meant?")
    return Cell(shown)
