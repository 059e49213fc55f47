"""Finds the tables of the report in a sheet and reads them into rows as typed.

The heading row is found by its texts, so columns may be moved, rows inserted and sheets renamed. Nothing is judged
here: a date among numbers, an error cell or a text is handed on with its address.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import repeat
from operator import itemgetter
from typing import Any, NamedTuple

from tiendo.intake.columns import (
    CORRECTIONS,
    INDICATORS,
    NOT_YET_PUBLISHED,
    TABLES,
    TASKS,
    Table,
    fields_by_heading,
    normalised_heading,
)
from tiendo.intake.content import CorrectionRow, IndicatorRow, RawCell, TaskRow
from tiendo.intake.sheets import Sheet
from tiendo.intake.xlsx_details import Details
from tiendo.vietnamese.text import fold

_HEADING_WITHIN = 60
_NEW = tuple.__new__  # a NamedTuple's own constructor costs three times as much
_NO, _NO_ERROR = repeat(False), repeat("")
_DIGIT = re.compile(r"\d")

_ROW_TYPES: dict[Table, Any] = {INDICATORS: IndicatorRow, TASKS: TaskRow, CORRECTIONS: CorrectionRow}
_FIELDS: dict[Table, tuple[str, ...]] = {table: row_type._fields[2:] for table, row_type in _ROW_TYPES.items()}


def _positions(fields: dict[Table, tuple[str, ...]]) -> dict[Table, tuple[int, ...]]:
    return {table: tuple(_FIELDS[table].index(field) for field in names) for table, names in fields.items()}


# What a sender fills in; the template itself fills in the rest.
_FILLED_AT = _positions(
    {
        INDICATORS: ("quarter", "year_to_date", "note", "explanation"),
        TASKS: ("state", "completion", "result", "difficulty", "proposal"),
        CORRECTIONS: ("quarter", "year_to_date", "reason"),
    }
)
_KEYS_AT = _positions({INDICATORS: ("code", "name"), TASKS: ("ref", "title"), CORRECTIONS: ("code", "name")})
_VALUES_AT = _positions({table: tuple(c.field for c in table.columns if c.is_value) for table in TABLES})


class _Layout(NamedTuple):
    """Where a table's columns are: the heading's 0-based row, and the column of each field (-1: not there)."""

    table: Table
    heading_row: int
    columns: tuple[int, ...]


def read_tables(sheet: Sheet, tables: tuple[Table, ...], found: dict[Table, list[Any]]) -> bool:
    """Adds the table of a sheet, where it has one of those wanted, to ``found``.

    Returns:
        Whether its sender filled in anything.
    """
    layout = _find_layout(sheet.rows, tables)
    if layout is None:
        return False
    return _read_table(sheet, layout, found.setdefault(layout.table, []))


def _find_layout(rows: Sequence[Sequence[Any]], tables: tuple[Table, ...]) -> _Layout | None:
    """Finds the heading row: the first that has what a table needs."""
    for number, row in enumerate(rows[:_HEADING_WITHIN]):
        if len(row) - row.count("") > 1:
            texts = tuple([value if type(value) is str else "" for value in row])
            if recognised := _recognise(texts, tables):
                return _Layout(recognised[0], number, recognised[1])
    return None


@lru_cache(maxsize=512)
def _recognise(texts: tuple[str, ...], tables: tuple[Table, ...]) -> tuple[Table, tuple[int, ...]] | None:
    """Returns the table a heading row belongs to, and its columns; none when two columns claim one value."""
    headings = [normalised_heading(text) if text else "" for text in texts]
    for table in tables:
        accepted = fields_by_heading(table)
        columns: dict[str, int] = {}
        for i, heading in enumerate(headings):
            column = accepted.get(heading)
            if column is None:
                continue
            if column.field in columns and column.is_value:
                break
            columns.setdefault(column.field, i)
        else:
            if all(not group.isdisjoint(columns) for group in table.needs):
                return table, tuple([columns.get(field, -1) for field in _FIELDS[table]])
    return None


def _read_table(sheet: Sheet, layout: _Layout, into: list[Any]) -> bool:
    """Adds the rows below the heading; returns whether a cell that is the sender's to fill holds anything."""
    table, heading_row, columns = layout
    name, rows, top, left, details = sheet
    row_type, filled_at = _ROW_TYPES[table], _FILLED_AT[table]
    letters = [_letters(left + i) if i >= 0 else "" for i in columns]
    pick = itemgetter(*columns)
    is_filled = after_gap = False
    for number, values in enumerate(rows[heading_row + 1 :], start=top + heading_row + 2):
        label = str(number)
        plain = [
            v if v.__class__ is float or (v.__class__ is str and v and not v.isspace()) else _plain(v) for v in values
        ]
        plain.append(None)  # what a column that is not there (-1) has
        addresses = [letter and letter + label for letter in letters]
        cells = [_NEW(RawCell, cell) for cell in zip(pick(plain), addresses, _NO, _NO_ERROR, _NO, strict=False)]
        if details:
            _add_details(cells, columns, details, number - 1, left)
        if not any(value is not None or error or uncalculated for value, _, _, error, uncalculated in cells):
            after_gap = True
            continue
        if after_gap and not _is_of_table(cells, table):
            continue
        into.append(_NEW(row_type, (name, number, *cells)))
        is_filled = is_filled or any(_is_filled_in(cells[i]) for i in filled_at)
    return is_filled


def _add_details(cells: list[RawCell], columns: Sequence[int], details: Details, row: int, left: int) -> None:
    for position, i in enumerate(columns):
        if i >= 0 and (detail := details.get((row, left + i))):
            cells[position] = cells[position]._replace(**detail._asdict())


def _is_of_table(cells: Sequence[RawCell], table: Table) -> bool:
    """Tells a row that follows a blank one from a signature or a remark below the table."""
    code, name = (cells[i].value for i in _KEYS_AT[table])
    if code is not None:
        return True
    figures = [cells[i] for i in _VALUES_AT[table]]
    has_figure = any(c.error or c.is_uncalculated or _DIGIT.search(str(c.value or "")) for c in figures)
    return has_figure and name is not None


def _is_filled_in(cell: RawCell) -> bool:
    if cell.error or cell.is_uncalculated:
        return True
    return cell.value is not None and not (isinstance(cell.value, str) and fold(cell.value) == _FOLDED_NOT_PUBLISHED)


def _plain(value: Any) -> int | float | bool | str | date | datetime | None:
    """Brings a value that is no float or text to what a ``RawCell`` holds; a text of blanks is an empty cell."""
    if type(value) is str:
        return None
    if isinstance(value, time | timedelta):
        return str(value)
    return value  # type: ignore[no-any-return]


def _letters(index: int) -> str:
    """0 is ``A``, 26 is ``AA``."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


_FOLDED_NOT_PUBLISHED = fold(NOT_YET_PUBLISHED)
