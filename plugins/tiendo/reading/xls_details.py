"""How the sheets of an .xls look and what calamine does not tell of their cells, by xlrd."""

import io
from typing import Any

from tiendo.ooxml.xlsx_details import BrokenWorkbookError, Detail, shows_percent
from tiendo.reading.sheet import Layout, Runs
from tiendo.vietnamese.legacy_fonts import charset_of_font


def layouts_of_xls(data: bytes) -> dict[str, Layout]:
    """Returns the layout of each sheet by name.

    Raises:
        BrokenWorkbookError: xlrd cannot read the file. It is stricter than calamine, but without it errors and
            percentages would be taken for blanks and fractions.
    """
    import xlrd  # type: ignore[import-untyped]

    try:
        book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO())
        return {sheet.name: _layout(book, sheet) for sheet in book.sheets()}
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # whatever a library makes of hostile bytes
        raise BrokenWorkbookError(f"an .xls: {type(error).__name__}: {error}") from error


def _layout(book: Any, sheet: Any) -> Layout:
    import xlrd

    fonts: dict[tuple[int, int], Runs] = {}
    details: dict[tuple[int, int], Detail] = {}
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
                details[row, column] = Detail(error=text)
            elif kind in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE, xlrd.XL_CELL_BOOLEAN):
                filled += 1
                style = sheet.cell_xf_index(row, column)
                if style not in percent:
                    percent[style] = shows_percent(book.format_map[book.xf_list[style].format_key].format_str)
                if percent[style] and kind == xlrd.XL_CELL_NUMBER:
                    details[row, column] = Detail(is_percent=True)
    return Layout(
        frozenset(row for row, info in sheet.rowinfo_map.items() if info.hidden),
        frozenset(column for column, info in sheet.colinfo_map.items() if info.hidden),
        fonts,
        details=details,
        filled=filled,
    )


def _runs(book: Any, sheet: Any, row: int, column: int) -> Runs:
    text = sheet.cell_value(row, column)
    own = book.xf_list[sheet.cell_xf_index(row, column)].font_index
    starts = [(0, own), *sheet.rich_text_runlist_map.get((row, column), ())]
    ends = [start for start, _ in starts[1:]] + [len(text)]
    pieces = [(text[start:end], book.font_list[font].name) for (start, font), end in zip(starts, ends, strict=True)]
    return tuple(piece for piece in pieces if piece[0])
