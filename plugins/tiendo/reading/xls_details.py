"""What calamine does not report of an .xls, by xlrd: hidden rows and columns, old fonts, errors, percentages."""

import io
from typing import Any

from tiendo.ooxml.xml_walk import BrokenWorkbookError
from tiendo.reading.sheet import CellDetail, Runs, SheetDetails
from tiendo.reading.xlsx_details import shows_percent
from tiendo.vietnamese.legacy_fonts import charset_of_font


def xls_details(data: bytes) -> dict[str, SheetDetails]:
    """Returns what is special about each sheet, by name.

    Raises:
        BrokenWorkbookError: xlrd cannot read the file. It is stricter than calamine, but without it errors and
            percentages would be taken for blanks and fractions.
    """
    import xlrd  # type: ignore[import-untyped]

    try:
        book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO())
        return {sheet.name: _details(book, sheet) for sheet in book.sheets()}
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # whatever a library makes of hostile bytes
        raise BrokenWorkbookError(f"an .xls: {type(error).__name__}: {error}") from error


def _details(book: Any, sheet: Any) -> SheetDetails:
    import xlrd

    fonts: dict[tuple[int, int], Runs] = {}
    cells: dict[tuple[int, int], CellDetail] = {}
    filled = 0
    percent: dict[int, bool] = {}
    for row in range(sheet.nrows):
        for column, kind in enumerate(sheet.row_types(row)):
            if kind == xlrd.XL_CELL_TEXT:
                runs = _runs(book, sheet, row, column)
                filled += bool(runs)
                if any(charset_of_font(font) for _, font in runs):
                    fonts[row, column] = runs
            elif kind == xlrd.XL_CELL_ERROR:
                text = xlrd.error_text_from_code.get(sheet.cell_value(row, column), "#N/A")
                cells[row, column] = CellDetail(error=text)
            elif kind in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE, xlrd.XL_CELL_BOOLEAN):
                filled += 1
                style = sheet.cell_xf_index(row, column)
                if style not in percent:
                    percent[style] = shows_percent(book.format_map[book.xf_list[style].format_key].format_str)
                if percent[style] and kind == xlrd.XL_CELL_NUMBER:
                    cells[row, column] = CellDetail(is_percent=True)
    return SheetDetails(
        frozenset(row for row, info in sheet.rowinfo_map.items() if info.hidden),
        frozenset(column for column, info in sheet.colinfo_map.items() if info.hidden),
        fonts,
        cells=cells,
        filled=filled,
    )


def _runs(book: Any, sheet: Any, row: int, column: int) -> Runs:
    text = sheet.cell_value(row, column)
    own = book.xf_list[sheet.cell_xf_index(row, column)].font_index
    starts = [(0, own), *sheet.rich_text_runlist_map.get((row, column), ())]
    ends = [start for start, _ in starts[1:]] + [len(text)]
    pieces = [(text[start:end], book.font_list[font].name) for (start, font), end in zip(starts, ends, strict=True)]
    return tuple(piece for piece in pieces if piece[0])
