"""Brings cells typed in fonts from before Unicode into Unicode, and tells the sender what was understood."""

from typing import Any

from tiendo.model.content import Notice
from tiendo.reading.sheet import Runs, Sheet
from tiendo.vietnamese.legacy_fonts import (
    certain_charset,
    charset_of_font,
    convert,
    convert_run,
    is_plausible,
    is_suspect,
)

_LONGEST_EXAMPLE = 80


def in_unicode(sheet: Sheet, notices: list[Notice]) -> Sheet:
    """Returns a sheet whose texts are Unicode; mostly the same.

    A cell's font decides, run by run. Cells without such a font are converted only when the suspicious texts of the
    whole sheet, taken together, can be nothing else.
    """
    fonts = sheet.details.fonts
    if not fonts and not is_suspect("".join([v for row in sheet.rows for v in row if v.__class__ is str])):
        return sheet
    suspects = [
        (row, column)
        for row, values in enumerate(sheet.rows)
        for column, value in enumerate(values)
        if value.__class__ is str and is_suspect(value) and (row + sheet.top, column + sheet.left) not in fonts
    ]
    if not suspects and not fonts:
        return sheet
    charset = certain_charset(sheet.rows[row][column] for row, column in suspects)
    rows = [list(values) for values in sheet.rows]
    changed: list[tuple[int, int, str, str]] = []
    for row, values in enumerate(sheet.rows) if charset else ():
        for column, value in enumerate(values):
            is_known = (row + sheet.top, column + sheet.left) in fonts
            if isinstance(value, str) and not is_known and is_plausible(value, charset):
                _put(rows, row, column, convert(value, charset), changed)
    for (sheet_row, sheet_column), runs in sorted(fonts.items()):
        row, column = sheet_row - sheet.top, sheet_column - sheet.left
        if 0 <= row < len(rows) and 0 <= column < len(rows[row]) and isinstance(rows[row][column], str):
            _put(rows, row, column, _convert_runs(rows[row][column], runs), changed)
    if not changed:
        return sheet
    row, column, before, after = min(changed)
    detail = f"“{before[:_LONGEST_EXAMPLE]}” được đọc là “{after[:_LONGEST_EXAMPLE]}”"
    if len(changed) > 1:
        detail += f"; tất cả {len(changed)} ô"
    notices.append(Notice("legacy_font", sheet.name, sheet.address(row, column), detail))
    return sheet._replace(rows=rows)


def _put(rows: list[list[Any]], row: int, column: int, after: str, changed: list[tuple[int, int, str, str]]) -> None:
    before = rows[row][column]
    if after != before:
        rows[row][column] = after
        changed.append((row, column, before, after))


def _convert_runs(text: str, runs: Runs) -> str:
    """Converts each run by its font; where the runs do not make up the text, the whole, if one font holds for it."""
    if "".join(piece for piece, _ in runs) == text:
        return "".join(convert_run(piece, font) for piece, font in runs)
    fonts = {font for _, font in runs}
    return convert_run(text, fonts.pop()) if len({charset_of_font(font) for font in fonts}) == 1 else text
