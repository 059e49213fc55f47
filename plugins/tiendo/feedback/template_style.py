"""How the template looks: fonts, colours, page, row heights."""

from collections.abc import Callable, Sequence
from copy import copy
from math import ceil
from typing import Any
from weakref import WeakKeyDictionary

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

FONT = "Times New Roman"
_LINE = Side(style="thin", color="FF8C8C8C")
_BORDER = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_HEAD = PatternFill("solid", fgColor="FF1F4E79")
_TO_FILL = PatternFill("solid", fgColor="FFFFF8DC")
_NOT_TO_FILL = PatternFill("solid", fgColor="FFD9D9D9")
_POINTS_PER_LINE = 15.5
_A4 = 9
_Style = dict[str, Any]
# Style by kind of cell. Worked out anew for each cell, it was half of the time that a template takes.
_known: WeakKeyDictionary[Workbook, dict[tuple[Callable[..., _Style], tuple[object, ...]], Any]] = WeakKeyDictionary()


def heading_cell(cell: Cell | MergedCell, text: str) -> None:
    """Writes the heading of a column."""
    cell.value = text
    _dress(cell, _heading)


def printed_cell(cell: Cell | MergedCell, text: str, *, is_centred: bool = False, is_small: bool = False) -> None:
    """Writes a text that nobody changes."""
    cell.value = text or None
    _dress(cell, _printed, is_centred, is_small)


def input_cell(cell: Cell | MergedCell, *, align: str, is_wanted: bool = True, is_open: bool = True) -> None:
    """Prepares a cell for what a sender types: yellow when it is wanted, unlocked when it is allowed."""
    _dress(cell, _input, align, is_wanted, is_open)


def _heading() -> _Style:
    return {
        "font": Font(name=FONT, size=11, bold=True, color="FFFFFFFF"),
        "fill": _HEAD,
        "border": _BORDER,
        "alignment": Alignment(horizontal="center", vertical="center", wrap_text=True),
    }


def _printed(is_centred: bool, is_small: bool) -> _Style:
    horizontal = "center" if is_centred else "left"
    return {
        "font": Font(name=FONT, size=9, color="FF595959") if is_small else Font(name=FONT, size=11),
        "border": _BORDER,
        "alignment": Alignment(horizontal=horizontal, vertical="center", wrap_text=True),
    }


def _input(align: str, is_wanted: bool, is_open: bool) -> _Style:
    indent = 1 if align == "right" else 0
    return {
        "font": Font(name=FONT, size=11),
        "border": _BORDER,
        "fill": _TO_FILL if is_wanted else _NOT_TO_FILL,
        "protection": Protection(locked=not is_open),
        "alignment": Alignment(horizontal=align, vertical="center", wrap_text=True, indent=indent),
    }


def _dress(cell: Cell | MergedCell, style: Callable[..., _Style], *kind: object) -> None:
    """Gives a cell its style: the first of its kind in a workbook by its parts, the others by what that one came to."""
    known = _known.setdefault(cell.parent.parent, {})  # type: ignore[arg-type]
    is_plain = not cell.has_style
    if is_plain and (style, kind) in known:
        cell._style = copy(known[style, kind])  # type: ignore[union-attr]
        return
    for name, part in style(*kind).items():
        setattr(cell, name, part)
    if is_plain:
        known[style, kind] = copy(cell._style)  # type: ignore[union-attr]


def set_page(sheet: Worksheet, footer: str) -> None:
    """A4 landscape, one page wide, page numbers."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    margins = sheet.page_margins
    margins.left, margins.right, margins.top, margins.bottom = 0.6, 0.5, 0.6, 0.7
    margins.header = margins.footer = 0.3
    sheet.print_options.horizontalCentered = True
    parts = sheet.oddFooter
    assert parts is not None  # noqa: S101  (every new sheet has one)
    for part, text in ((parts.left, footer.replace("&", "&&")), (parts.right, "Trang &P/&N")):
        part.text = text
        part.font = f"{FONT},Regular"
        part.size = 10


def set_height(sheet: Worksheet, row: int, texts: Sequence[str], widths: Sequence[int], *, at_least: int) -> None:
    """Gives a row the height its longest text needs, and room for ``at_least`` lines."""
    needed = max((line_count(text, width) for text, width in zip(texts, widths, strict=False)), default=1)
    sheet.row_dimensions[row].height = max(needed, at_least) * _POINTS_PER_LINE + 2


def line_count(text: str, width: int) -> int:
    """Estimates the lines a text takes in a column, whose width is its capacity in digits of the default font."""
    return max(1, ceil(len(text) / max(width - 2, 1)))


def span(column: int, first: int, last: int) -> list[str]:
    """Returns one column's cells from row to row, as a range."""
    letter = get_column_letter(column)
    return [f"{letter}{first}:{letter}{last}"]


def validate(sheet: Worksheet, rule: DataValidation, ranges: Sequence[str]) -> None:
    """Lays a rule over cells."""
    for area in ranges:
        rule.add(area)
    sheet.add_data_validation(rule)
