"""Finds the tables of the report in a sheet and reads them into rows as typed.

The heading row is found by its texts, so columns may be moved, rows inserted and sheets renamed. Nothing is judged
here: a date among numbers, an error cell or a text is handed on with its address.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import repeat
from operator import itemgetter
from typing import Any, NamedTuple

from tiendo.model.content import CorrectionRow, IndicatorRow, Notice, RawCell, TaskRow, Title
from tiendo.ooxml.xlsx_details import Details
from tiendo.reading.columns import CORRECTIONS, INDICATORS, NOT_YET_PUBLISHED, TABLES, TASKS, Table
from tiendo.reading.headings import Layout, find_first
from tiendo.reading.sheet import Sheet
from tiendo.vietnamese.dates import format_date
from tiendo.vietnamese.notation import format_number
from tiendo.vietnamese.text import fold

_LONGEST_TITLE = 300
_MOST_SHOWN, _LONGEST_SHOWN = 20, 60
_NEW = tuple.__new__  # a NamedTuple's own constructor costs three times as much
_NO, _NO_ERROR = repeat(False), repeat("")
_DIGIT = re.compile(r"\d")
_DAY = re.compile(r"ngày \d{1,2} tháng \d{1,2}(?: năm \d{4})?|ngày \d{1,2}/\d{1,2}/\d{4}")

_ROW_TYPES: dict[Table, Any] = {INDICATORS: IndicatorRow, TASKS: TaskRow, CORRECTIONS: CorrectionRow}
# What a row holds beside the cells of its columns.
_TAIL: dict[Table, tuple[RawCell, ...]] = {INDICATORS: (RawCell(),), TASKS: (), CORRECTIONS: ()}
_FIELDS: dict[Table, tuple[str, ...]] = {
    table: row_type._fields[2 : len(row_type._fields) - len(_TAIL[table])] for table, row_type in _ROW_TYPES.items()
}


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


class Told(NamedTuple):
    """What reading a sheet tells beside the rows: texts above the tables, and things the sender should know."""

    titles: list[Title]
    notices: list[Notice]


def fields_of(table: Table) -> tuple[str, ...]:
    """Returns the fields of a table's row type that are cells of its columns, in order."""
    return _FIELDS[table]


def read_tables(sheet: Sheet, tables: tuple[Table, ...], found: dict[Table, list[Any]], told: Told) -> bool:
    """Adds the table of a sheet as the template has it, where it is one of those wanted, to ``found``.

    Returns:
        Whether its sender filled in anything.
    """
    layout = find_first(sheet.rows, tables, fields_of)
    if layout is None:
        return False
    told.titles.extend(titles_above(sheet, layout.first))
    return read_rows(sheet, layout, found.setdefault(layout.table, []), told)


def titles_above(sheet: Sheet, heading_row: int) -> Iterator[Title]:
    """Yields the texts above a heading."""
    for number, row in enumerate(sheet.rows[:heading_row], start=sheet.top + 1):
        for i, value in enumerate(row):
            if type(value) is str and value and len(value) <= _LONGEST_TITLE and not value.isspace():
                yield Title(sheet.name, f"{letters(sheet.left + i)}{number}", value)


def read_rows(
    sheet: Sheet, layout: Layout, into: list[Any], told: Told, *, end: int | None = None, is_retyped: bool = False
) -> bool:
    """Adds the rows below a heading.

    Args:
        end: the first row that is not the table's any more, 0-based in the rows of the sheet.
        is_retyped: rows may stand apart and hold titles of sections; what is one is not told here.

    Returns:
        Whether a cell that is the sender's to fill holds anything.
    """
    table, columns = layout.table, layout.columns
    name, rows, top, left, details = sheet[:5]
    row_type, filled_at, tail = _ROW_TYPES[table], _FILLED_AT[table], _TAIL[table]
    column_letters = [letters(left + i) if i >= 0 else "" for i in columns]
    pick = itemgetter(*columns)
    is_filled = after_gap = False
    unread: list[tuple[str, Any]] = []
    for number, values in enumerate(rows[layout.last + 1 : end], start=top + layout.last + 2):
        label = str(number)
        plain = [
            v if v.__class__ is float or (v.__class__ is str and v and not v.isspace()) else _plain(v) for v in values
        ]
        plain.append(None)  # what a column that is not there (-1) has
        addresses = [letter and letter + label for letter in column_letters]
        cells = [_NEW(RawCell, cell) for cell in zip(pick(plain), addresses, _NO, _NO_ERROR, _NO, strict=False)]
        if details:
            _add_details(cells, columns, details, number - 1, left)
        if not any(value is not None or error or uncalculated for value, _, _, error, uncalculated in cells):
            after_gap = True
            unread += _with_figures(plain, left, label, range(len(values)), layout)
            continue
        if after_gap and not is_retyped and not _is_of_table(cells, table):
            unread += _with_figures(plain, left, label, range(len(values)), layout)
            continue
        into.append(_NEW(row_type, (name, number, *cells, *tail)))
        is_filled = is_filled or any(_is_filled_in(cells[i]) for i in filled_at)
        if layout.unknown:
            unread += _with_figures(plain, left, label, layout.unknown, layout)
    if unread:
        told.notices.append(not_read(name, unread))
    return is_filled


def not_read(sheet: str, cells: Sequence[tuple[str, Any]]) -> Notice:
    """Returns the notice on cells with figures that were not read, by address and value."""
    shown = "; ".join(f"{address}: {_shown(value)}" for address, value in cells[:_MOST_SHOWN])
    more = f"; và {len(cells) - _MOST_SHOWN} ô khác" if len(cells) > _MOST_SHOWN else ""
    return Notice("not_read", sheet, cells[0][0], shown + more)


def has_figure(value: Any) -> bool:
    """Tells whether a value that is not read may be a figure; the day of a signature is none, nor is a number of it."""
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, str):
        return _DIGIT.search(_DAY.sub("", fold(value))) is not None
    return True


def _with_figures(
    plain: Sequence[Any], left: int, label: str, columns: Iterable[int], layout: Layout
) -> Iterator[tuple[str, Any]]:
    for i in columns:
        value = plain[i]
        if value is not None and i != layout.numbering and has_figure(value):
            yield letters(left + i) + label, value


def _shown(value: Any) -> str:
    if isinstance(value, date):
        return format_date(value)
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}…"
    return format_number(value)


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


def letters(index: int) -> str:
    """0 is ``A``, 26 is ``AA``."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


_FOLDED_NOT_PUBLISHED = fold(NOT_YET_PUBLISHED)
