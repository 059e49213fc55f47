"""Reads tables that a body typed or copied itself: any sheet, any place, merged cells, headings of several rows.

Nothing is taken that is not certain: a table is known by its headings, a merged cell fills its own range only, printed
numbers are labels. Which rows are indicators, titles of sections or remarks is decided later, by the register's names.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

from tiendo.model.content import IndicatorRow, Notice, RawCell, Title
from tiendo.model.period import PeriodKind
from tiendo.reading.columns import INDICATORS, TemplateTable
from tiendo.reading.headings import Heading, find_all
from tiendo.reading.sheet import Range, Sheet
from tiendo.reading.sheet_rows import (
    FoundContent,
    body_rows,
    fields_of,
    own_ranges,
    read_rows,
    titles_above,
    value_fields,
)
from tiendo.vietnamese.stated_unit import is_unit
from tiendo.vietnamese.text import fold

_UNIT_WITHIN = 6
_UNIT_LINE = re.compile(r"(?:đơn vị(?: tính)?|đvt|đv tính) ?: ?(?P<unit>[^:;·]+)")
_BRACKETS = re.compile(r"\(([^()]*)\)")
# The row under the headings that numbers the columns: 1, (2), A, B, 5=4/3.
_COLUMN_NUMBER = re.compile(r"\(?(?:[a-h]|\d{1,2})(?: ?[=:] ?[\d:/x*+().%-]+)?\)?")
_OF_PERIOD = tuple(kind.in_it for kind in PeriodKind)
_ESTIMATE = RawCell("Ước thực hiện")


def read_retyped_rows(sheet: Sheet, tables: tuple[TemplateTable, ...], found: FoundContent) -> None:
    """Adds the rows of all tables of a sheet, where they are of those wanted, to ``found``."""
    ranges = list(own_ranges(sheet))
    with_headings = _filled(sheet, ranges)
    continued = {row for (top, _), (bottom, _) in ranges for row in range(top + 1, bottom + 1)}
    headings = list(find_all(with_headings, tables, fields_of, continued))
    if headings:
        found.titles.extend(titles_above(sheet, headings[0].first))
    since = 0
    for heading, following in zip_longest(headings, headings[1:]):
        end = following.first if following else None
        titles = list(_value_titles(sheet, heading, with_headings))
        found.titles.extend(titles)
        body = sheet._replace(rows=body_rows(sheet, heading, ranges))
        below = _below_column_numbers(body, heading)
        rows: list[Any] = []
        read_rows(body, below, rows, found.notices, end=end, is_retyped=True)
        if heading.table is INDICATORS:
            unit = _stated_unit(sheet, heading, since, titles)
            rows = [_completed(row, unit, titles) for row in rows]
        found.rows.setdefault(heading.table, []).extend(rows)
        if heading.numbering >= 0:
            found.notices.extend(_doubled_numbers(body, below, end))
        since = heading.last + 1


def _filled(sheet: Sheet, ranges: Sequence[Range]) -> list[list[Any]]:
    """Returns the rows with each merged text in all cells of its range, as headings want it."""
    rows = [list(row) for row in sheet.rows]
    for (top, left), (bottom, right) in ranges:
        text = rows[top][left]
        if type(text) is str and text:
            for row in rows[top : bottom + 1]:
                row[left : right + 1] = [text] * (right + 1 - left)
    return rows


def _value_titles(sheet: Sheet, heading: Heading, filled: Sequence[Sequence[Any]]) -> Iterator[Title]:
    """Yields the texts over each column of figures, each once."""
    for field, column in zip(fields_of(heading.table), heading.columns, strict=True):
        if column < 0 or field not in value_fields(heading.table):
            continue
        seen = set()
        for number in range(heading.first, heading.last + 1):
            text = filled[number][column]
            if type(text) is str and text.strip() and text not in seen:
                seen.add(text)
                yield Title(sheet.name, sheet.address(number, column), text, is_heading=True)


def _below_column_numbers(sheet: Sheet, heading: Heading) -> Heading:
    """Passes over the row that numbers the columns."""
    below = heading.last + 1
    if below >= len(sheet.rows):
        return heading
    texts = [_number_text(value) for value in sheet.rows[below] if value != ""]
    if len(texts) > 1 and all(_COLUMN_NUMBER.fullmatch(text) for text in texts) and _name_is_number(sheet, heading):
        return heading._replace(last=below)
    return heading


def _name_is_number(sheet: Sheet, heading: Heading) -> bool:
    """A row of small figures is no such row: there the name is a name."""
    names = [heading.columns[fields_of(heading.table).index(field)] for field in ("code", "name", "ref", "title")
             if field in fields_of(heading.table)]  # fmt: skip
    texts = [_number_text(sheet.rows[heading.last + 1][column]) for column in names if column >= 0]
    return any(texts) and all(not text or _COLUMN_NUMBER.fullmatch(text) for text in texts)


def _number_text(value: Any) -> str:
    return fold(str(int(value)) if isinstance(value, float) and value.is_integer() else str(value))


def _stated_unit(sheet: Sheet, heading: Heading, since: int, titles: Sequence[Title]) -> RawCell:
    """Returns the unit that a line above the table or the headings of its figures state for all of it.

    Two that differ are both returned: no number reader takes that for a unit, so its sender is asked.
    """
    found: dict[str, RawCell] = {}
    for title in titles:
        for text in _BRACKETS.findall(title.text):
            if is_unit(text):
                found.setdefault(fold(text), RawCell(text.strip(), title.cell))
    for number in range(max(since, heading.first - _UNIT_WITHIN), heading.first):
        for i, value in enumerate(sheet.rows[number]):
            match = _UNIT_LINE.search(fold(value)) if type(value) is str else None
            unit = match["unit"].strip(" ().;") if match else ""
            if unit and is_unit(unit):
                found.setdefault(unit, RawCell(unit, sheet.address(number, i)))
    if len(found) < 2:
        return next(iter(found.values()), RawCell())
    return RawCell(" và ".join(found), next(iter(found.values())).address)


def _completed(row: IndicatorRow, unit: RawCell, titles: Sequence[Title]) -> IndicatorRow:
    """Adds what the headings say for the whole column: the unit, and that the figures are estimates."""
    own = row.unit if isinstance(row.unit.value, str) else RawCell()
    row = row._replace(stated_unit=own if own.value else unit)
    if row.kind.value is None and not row.kind.address and titles:
        estimates = [title for title in titles if fold(title.text).startswith("ước")]
        plain = [t for t in titles if not fold(t.text).startswith(("ước", *_OF_PERIOD, "lũy kế"))]
        if estimates and not plain:
            row = row._replace(kind=_ESTIMATE._replace(address=estimates[0].cell))
    return row


def _doubled_numbers(sheet: Sheet, heading: Heading, end: int | None) -> Iterator[Notice]:
    numbers = [
        (number, text)
        for number, row in enumerate(sheet.rows[heading.last + 1 : end], start=heading.last + 1)
        if (text := _number_text(row[heading.numbering])).isdecimal()
    ]
    doubled = [text for text, count in Counter(text for _, text in numbers).items() if count > 1]
    if doubled:
        second = [number for number, text in numbers if text == doubled[0]][1]
        yield Notice("numbering_doubled", sheet.name, sheet.address(second, heading.numbering), ", ".join(doubled))
