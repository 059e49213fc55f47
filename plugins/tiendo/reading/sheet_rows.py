"""Finds the tables of the report in a sheet and reads them into rows as typed.

The heading row is found by its texts, so columns may be moved, rows inserted and sheets renamed. Nothing is judged
here: a date among numbers, an error cell or a text is handed on with its address.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import repeat
from operator import itemgetter
from typing import Any, NamedTuple

from tiendo.model.content import CorrectionRow, IndicatorRow, Notice, RawCell, TaskRow, Title
from tiendo.reading.columns import CORRECTIONS, INDICATORS, NOT_YET_PUBLISHED, TABLES, TASKS, TemplateTable
from tiendo.reading.headings import Heading, find_first
from tiendo.reading.notices import has_figure, not_read
from tiendo.reading.sheet import CellDetail, Range, Sheet, UnreadableError, column_letters
from tiendo.vietnamese.text import fold

_LONGEST_TITLE = 300
_NEW = tuple.__new__  # one call for each cell of a large sheet
_NO, _NO_TEXT, _ZERO = repeat(False), repeat(""), repeat(0)
_DIGIT = re.compile(r"\d")
_NUMERAL = re.compile(r"[\s\d.,%‰+−-]+")
_MOST_MERGED = 1_000_000
_FOLDED_NOT_PUBLISHED = fold(NOT_YET_PUBLISHED)

_ROW_TYPES: dict[TemplateTable, Any] = {INDICATORS: IndicatorRow, TASKS: TaskRow, CORRECTIONS: CorrectionRow}
# What a row holds beside the cells of its columns.
_TAIL: dict[TemplateTable, tuple[RawCell, ...]] = {INDICATORS: (RawCell(),), TASKS: (), CORRECTIONS: ()}
_FIELDS: dict[TemplateTable, tuple[str, ...]] = {
    table: row_type._fields[2 : len(row_type._fields) - len(_TAIL[table])] for table, row_type in _ROW_TYPES.items()
}


def _positions(fields: dict[TemplateTable, tuple[str, ...]]) -> dict[TemplateTable, tuple[int, ...]]:
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


class FoundContent(NamedTuple):
    """What was found in the sheets so far: rows by table, texts above the tables, things the sender should know."""

    rows: dict[TemplateTable, list[Any]]
    titles: list[Title]
    notices: list[Notice]


def fields_of(table: TemplateTable) -> tuple[str, ...]:
    """Returns the fields of a table's row type that are cells of its columns, in order."""
    return _FIELDS[table]


def value_fields(table: TemplateTable) -> frozenset[str]:
    """Returns the fields of a table that hold what it is for: its figures, its states."""
    return frozenset(column.field for column in table.columns if column.is_value)


def own_ranges(sheet: Sheet) -> Iterator[Range]:
    """Yields the merged ranges in the rows of the sheet, cut to them.

    Raises:
        UnreadableError: ``too_large``, they lie over each other many times.
    """
    area = 0
    height, width = len(sheet.rows), len(sheet.rows[0]) if sheet.rows else 0
    for (top, left), (bottom, right) in sheet.merged:
        first = (top - sheet.top, left - sheet.left)
        last = (min(bottom - sheet.top, height - 1), min(right - sheet.left, width - 1))
        if 0 <= first[0] <= last[0] and 0 <= first[1] <= last[1]:
            area += (last[0] - first[0] + 1) * (last[1] - first[1] + 1)
            if area > _MOST_MERGED:
                raise UnreadableError("too_large", f"sheet {sheet.name}: merged ranges over {area} cells")
            yield first, last


def body_rows(sheet: Sheet, heading: Heading, ranges: Sequence[Range]) -> list[list[Any]]:
    """Returns the rows with merged cells filled as a table's body wants it.

    Downwards, a text fills its range, and so does a number that is no figure: one figure for two indicators is none,
    also where it was typed as text.
    To the right, only the figures fill each other: a section's title stands over columns it says nothing about.
    """
    values = {
        column
        for field, column in zip(fields_of(heading.table), heading.columns, strict=True)
        if column >= 0 and field in value_fields(heading.table)
    }
    rows = [list(row) for row in sheet.rows]
    for (top, left), (bottom, right) in ranges:
        if top <= heading.last:
            continue
        value = rows[top][left]
        if left in values:
            for column in values.intersection(range(left, right + 1)):
                rows[top][column] = value
        if left not in values or (type(value) is str and not _NUMERAL.fullmatch(value)):
            for row in rows[top + 1 : bottom + 1]:
                row[left] = value
    return rows


def read_template_rows(sheet: Sheet, tables: tuple[TemplateTable, ...], found: FoundContent) -> None:
    """Adds the rows of a table in the form of the template, where it is one of those wanted, to ``found``."""
    heading = find_first(sheet.rows, tables, fields_of)
    if heading is None:
        return
    found.titles.extend(titles_above(sheet, heading.first))
    if ranges := [each for each in own_ranges(sheet) if each[0][0] > heading.last]:
        sheet = sheet._replace(rows=body_rows(sheet, heading, ranges))
    read_rows(sheet, heading, found.rows.setdefault(heading.table, []), found.notices)


def holds_answers(table: TemplateTable, rows: Iterable[Any]) -> bool:
    """Tells whether a sender has filled in anything in rows of a table."""
    return any(_is_filled_in(row[2 + i]) for row in rows for i in _FILLED_AT[table])


def keys_of(table: TemplateTable, row: Any) -> tuple[Any, ...]:
    """Returns what a row is about: the values of its code and name."""
    return tuple(row[2 + i].value for i in _KEYS_AT[table])


def titles_above(sheet: Sheet, heading_row: int) -> Iterator[Title]:
    """Yields the texts above a heading."""
    for row, values in enumerate(sheet.rows[:heading_row]):
        for column, value in enumerate(values):
            if type(value) is str and value and len(value) <= _LONGEST_TITLE and not value.isspace():
                yield Title(sheet.name, sheet.address(row, column), value)


def read_rows(
    sheet: Sheet,
    heading: Heading,
    into: list[Any],
    notices: list[Notice],
    *,
    end: int | None = None,
    is_retyped: bool = False,
) -> None:
    """Adds the rows below a heading.

    Args:
        end: the first row that is not the table's any more, 0-based in the rows of the sheet.
        is_retyped: rows may stand apart and hold titles of sections; which ones are titles is decided later.
    """
    table, columns = heading.table, heading.columns
    name, rows, top, left = sheet[:4]
    details = sheet.details.cells
    row_type, tail = _ROW_TYPES[table], _TAIL[table]
    letters = [column_letters(left + i) if i >= 0 else "" for i in columns]
    pick = itemgetter(*columns)
    after_gap = False
    unread: list[tuple[str, Any]] = []
    for number, values in enumerate(rows[heading.last + 1 : end], start=top + heading.last + 2):
        label = str(number)
        plain = [
            v if v.__class__ is float or (v.__class__ is str and v and not v.isspace()) else _plain(v) for v in values
        ]
        plain.append(None)  # what a column that is not there (-1) has
        addresses = [letter and letter + label for letter in letters]
        plain_cells = zip(pick(plain), addresses, _NO, _NO_TEXT, _NO, _NO_TEXT, _ZERO, strict=False)
        cells = [_NEW(RawCell, cell) for cell in plain_cells]
        if details:
            _add_details(cells, columns, details, number - 1, left)
        if not any(cell[0] is not None or cell[3] or cell[4] for cell in cells):
            after_gap = True
            unread += _with_figures(plain, left, label, range(len(values)), heading)
            continue
        if after_gap and not is_retyped and not _is_of_table(cells, table):
            unread += _with_figures(plain, left, label, range(len(values)), heading)
            continue
        into.append(_NEW(row_type, (name, number, *cells, *tail)))
        if heading.unknown:
            unread += _with_figures(plain, left, label, heading.unknown, heading)
    if unread:
        notices.append(not_read(name, unread))


def _with_figures(
    plain: Sequence[Any], left: int, label: str, columns: Iterable[int], heading: Heading
) -> Iterator[tuple[str, Any]]:
    for i in columns:
        value = plain[i]
        if value is not None and i != heading.numbering and has_figure(value):
            yield column_letters(left + i) + label, value


def _add_details(
    cells: list[RawCell], columns: Sequence[int], details: Mapping[tuple[int, int], CellDetail], row: int, left: int
) -> None:
    for position, i in enumerate(columns):
        if i >= 0 and (detail := details.get((row, left + i))):
            cells[position] = cells[position]._replace(**detail._asdict())


def _is_of_table(cells: Sequence[RawCell], table: TemplateTable) -> bool:
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
