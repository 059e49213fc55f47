"""What calamine does not report of an .xls, by xlrd: hidden rows and columns, old fonts, errors, percentages."""

import io
from typing import Any

from tiendo.reading.number_formats import NumberFormat, number_format
from tiendo.reading.sheet import CellDetail, Runs, SheetDetails, UnreadableError
from tiendo.reading.xls_formulas import uncalculated_of_xls
from tiendo.vietnamese.legacy_fonts import charset_of_font

_ERRORS = {0x2B: "#GETTING_DATA"}  # of those that xlrd knows no text for


def open_xls(data: bytes, refusal: Exception | None = None) -> Any:
    """Opens an .xls by xlrd. Without it errors and percentages would be taken for blanks and fractions.

    Args:
        refusal: what calamine said against the file.

    Raises:
        UnreadableError: ``encrypted``; or ``readers_differ``, calamine reads it and xlrd does not.
        Exception: the refusal, where both refuse it.
    """
    import xlrd  # type: ignore[import-untyped]

    try:
        book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO())
        book.sheets()
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # whatever a library makes of hostile bytes
        if "encrypted" in str(error):
            raise UnreadableError("encrypted", str(error)) from error
        if refusal is None:
            raise UnreadableError("readers_differ", f"xlrd: {type(error).__name__}: {error}"[:300]) from error
        raise refusal from error
    return book


def xls_details(book: Any, data: bytes) -> dict[str, SheetDetails]:
    """Returns what is special about each sheet of a book of xlrd's, by name."""
    details = {sheet.name: _details(book, sheet) for sheet in book.sheets()}
    for sheet, places in zip(book.sheets(), uncalculated_of_xls(data), strict=False):
        known = details[sheet.name]
        without = dict.fromkeys(places, CellDetail(is_uncalculated=True))
        details[sheet.name] = known._replace(cells={**known.cells, **without})
    return details


def _details(book: Any, sheet: Any) -> SheetDetails:
    import xlrd

    fonts: dict[tuple[int, int], Runs] = {}
    cells: dict[tuple[int, int], CellDetail] = {}
    filled = 0
    formats: dict[int, NumberFormat] = {}
    for row in range(sheet.nrows):
        for column, kind in enumerate(sheet.row_types(row)):
            if kind == xlrd.XL_CELL_TEXT:
                runs = _runs(book, sheet, row, column)
                filled += bool(runs)
                if any(charset_of_font(font) for _, font in runs):
                    fonts[row, column] = runs
            elif kind == xlrd.XL_CELL_ERROR:
                text = _ERRORS.get(code := sheet.cell_value(row, column)) or xlrd.error_text_from_code.get(code, "#N/A")
                cells[row, column] = CellDetail(error=text)
            elif kind in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE, xlrd.XL_CELL_BOOLEAN):
                filled += 1
                style = sheet.cell_xf_index(row, column)
                if style not in formats:
                    formats[style] = number_format(_format_code(book, style))
                if formats[style].is_special and kind == xlrd.XL_CELL_NUMBER:
                    shown = formats[style].of(sheet.cell_value(row, column))
                    cells[row, column] = CellDetail(shown.is_percent, shown_unit=shown.unit, shown_scale=shown.scale)
    return SheetDetails(
        frozenset(row for row, info in sheet.rowinfo_map.items() if info.hidden),
        frozenset(column for column, info in sheet.colinfo_map.items() if info.hidden),
        fonts,
        cells=cells,
        filled=filled,
    )


def _format_code(book: Any, style: int) -> str:
    """Returns a cell format's number format, "" where the book gives no text for it: built-in, of the Far East."""
    style_of = book.xf_list[style] if style < len(book.xf_list) else None
    found = book.format_map.get(style_of.format_key) if style_of else None
    return (found.format_str or "") if found else ""


def _runs(book: Any, sheet: Any, row: int, column: int) -> Runs:
    text = sheet.cell_value(row, column)
    style = sheet.cell_xf_index(row, column)
    own = book.xf_list[style].font_index if style < len(book.xf_list) else 0
    starts = [(0, own), *sheet.rich_text_runlist_map.get((row, column), ())]
    ends = [start for start, _ in starts[1:]] + [len(text)]
    fonts = book.font_list
    pieces = [
        (text[start:end], fonts[font].name if font < len(fonts) else "")
        for (start, font), end in zip(starts, ends, strict=True)
    ]
    return tuple(piece for piece in pieces if piece[0])
