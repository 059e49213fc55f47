"""Finds the heading rows of the report's tables in a sheet, in one row or in up to three with merged cells.

A table is known by the texts of its headings, whatever sheet, row and column it stands in. Two columns that claim the
same value are not guessed between: that is no table of the report. Only where their headings name different years, the
later one counts, the other is last year's; and below the title of a month's report the column of that month.
"""

import re
from collections.abc import Callable, Iterator, Sequence, Set
from functools import lru_cache
from typing import Any, NamedTuple

from tiendo.model.period import PeriodKind
from tiendo.reading.columns import (
    NUMBERING,
    TemplateColumn,
    TemplateTable,
    fields_by_heading,
    ignored_headings,
    kinds_named,
    months_named,
    normalised_heading,
)
from tiendo.vietnamese.dates import find_periods
from tiendo.vietnamese.text import fold

_HEADING_WITHIN = 60
_LONGEST_HEADING = 120
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
# What may stand over "Trong quý" and "Lũy kế" without changing what they mean; "Kế hoạch" may not.
_NEUTRAL = frozenset(
    map(
        normalised_heading,
        (
            "", "Thực hiện", "Ước thực hiện", "Kết quả", "Kết quả thực hiện", "Số thực hiện", "Số liệu",
            "Tình hình thực hiện", "Số liệu thực hiện", "Thực hiện kỳ báo cáo", "Thực hiện quý",
            "Kết quả thực hiện quý", "Quý I", "Thực hiện tháng", "Kết quả thực hiện tháng", "Tháng 4", "6 tháng",
        ),
    )
)  # fmt: skip

MOST_HEADING_ROWS = 3
"""How many rows a table's heading has at most."""

Texts = tuple[str, ...]


class Heading(NamedTuple):
    """A table's heading in a sheet: where its columns are.

    Attributes:
        first, last: the heading's rows, 0-based in the rows of the sheet.
        columns: the column of each field of the table's row type, -1 where it is not there.
        numbering: the column of printed numbers, -1 where there is none.
        unknown: columns whose heading says nothing to us, and those without one.
    """

    table: TemplateTable
    first: int
    last: int
    columns: tuple[int, ...]
    numbering: int = -1
    unknown: tuple[int, ...] = ()


def find_first(rows: Sequence[Sequence[Any]], tables: tuple[TemplateTable, ...], fields: "FieldsOf") -> Heading | None:
    """Finds the first heading of one row, as the template has it."""
    for number, row in enumerate(rows[:_HEADING_WITHIN]):
        if len(row) - row.count("") > 1:
            texts = tuple([value if type(value) is str else "" for value in row])
            if found := _recognise((texts,), tables, fields):
                return found._replace(first=number, last=number)
    return None


def find_all(
    rows: Sequence[Sequence[Any]], tables: tuple[TemplateTable, ...], fields: "FieldsOf", continued: Set[int]
) -> Iterator[Heading]:
    """Yields every heading of a sheet in order, headings repeated on a new page included.

    Args:
        rows: of the sheet; merged headings filled in.
        continued: rows into which a merged cell reaches from above. A heading does not begin there: what stands above
            its columns would be overlooked.
    """
    number = 0
    month: int | None = None
    while number < len(rows):
        if number not in continued and _names_column(rows[number], tables):
            month = _month_told(rows[:number]) if month is None else month
            if found := _find_at(rows, number, tables, fields, month):
                yield found
                number = found.last
        number += 1


def _month_told(rows: Sequence[Sequence[Any]]) -> int:
    """Returns of which month the titles say the report is, 0 where they do not, or say a quarter as well."""
    texts = {text for row in rows[-_HEADING_WITHIN:] for text in row if type(text) is str}
    titles = {text: kinds_named(text) for text in texts if len(text) <= _LONGEST_HEADING}
    if any(PeriodKind.QUARTER in kinds for kinds in titles.values()):
        return 0
    of_months = [text for text, kinds in titles.items() if PeriodKind.MONTH in kinds]
    # Which year it is does not matter here.
    months = {p.number for text in of_months for p in find_periods(text, year=2000, kind=PeriodKind.MONTH)}
    return months.pop() if len(months) == 1 else 0


def _find_at(
    rows: Sequence[Sequence[Any]], number: int, tables: tuple[TemplateTable, ...], fields: "FieldsOf", month: int
) -> Heading | None:
    """Returns the heading that begins in a row: the one of most rows whose lowest row adds to it."""
    best: Heading | None = None
    for last in range(number, min(number + MOST_HEADING_ROWS, len(rows))):
        if any(type(value) is not str for value in rows[last]):
            break
        texts = tuple(tuple(row) for row in rows[number : last + 1])
        found = _recognise(texts, tables, fields, month)
        if found and (best is None or _count(found) >= _count(best)):
            best = found._replace(first=number, last=last)
    return best


def _names_column(row: Sequence[Any], tables: tuple[TemplateTable, ...]) -> bool:
    """Whether a row holds a heading of some column; rows of names and figures are passed over by it quickly."""
    texts = {value for value in row if type(value) is str and value and len(value) <= _LONGEST_HEADING}
    return any(normalised_heading(text) in fields_by_heading(table) for text in texts for table in tables)


def _count(heading: Heading) -> int:
    return sum(column >= 0 for column in heading.columns)


FieldsOf = Callable[[TemplateTable], Texts]


@lru_cache(maxsize=512)
def _recognise(
    rows: tuple[Texts, ...], tables: tuple[TemplateTable, ...], fields_of: FieldsOf, month: int = 0
) -> Heading | None:
    """Returns the table that heading rows belong to, with its columns; None when they are no heading."""
    stacks = [tuple(dict.fromkeys(text.strip() for text in column)) for column in zip(*rows, strict=True)]
    candidates = [_candidates(tuple(text for text in stack if text)) for stack in stacks]
    for table in tables:
        accepted = fields_by_heading(table)
        claims: dict[str, list[int]] = {}
        for i, headings in enumerate(candidates):
            column: TemplateColumn | None = next(
                (accepted[heading] for heading in headings if heading in accepted), None
            )
            if column is not None:
                claims.setdefault(column.field, []).append(i)
        columns = _settle(claims, table, stacks, month)
        if columns is None or any(group.isdisjoint(columns) for group in table.needs):
            continue
        ignored = ignored_headings(table)
        unknown = tuple(
            i
            for i, headings in enumerate(candidates)
            if i not in columns.values() and not any(heading in ignored for heading in headings)
        )
        numbering = next((i for i, headings in enumerate(candidates) if not NUMBERING.isdisjoint(headings)), -1)
        return Heading(table, 0, 0, tuple([columns.get(f, -1) for f in fields_of(table)]), numbering, unknown)
    return None


def _settle(
    claims: dict[str, list[int]], table: TemplateTable, stacks: Sequence[Texts], month: int
) -> dict[str, int] | None:
    """Gives each field its column; None when two columns claim one value.

    Which kind of period the plan has is not known here. The month that the titles tell counts first; else a column that
    can be of a quarter, as most plans want it. Where there is neither, the value has no column: its sender is told.
    """
    values = {column.field for column in table.columns if column.is_value}
    columns: dict[str, int] = {}
    for field, claimed in claims.items():
        if len(claimed) == 1 or field not in values:
            columns[field] = claimed[0]
            continue
        texts = {i: fold(" ".join(stacks[i])) for i in claimed}
        sure = [i for i, text in texts.items() if month in months_named(text)]
        sure = sure or [i for i, text in texts.items() if _may_be_of_quarter(text, field)]
        latest = _latest({i: texts[i] for i in sure or claimed})
        if latest is not None:
            columns[field] = latest
        elif sure:
            return None
    return columns


def _may_be_of_quarter(text: str, field: str) -> bool:
    """Whether a column may be the one of a quarter's report: "quý" itself, or the sum of 3, 6, 9, 12 months."""
    kinds = kinds_named(text)
    if field == "quarter":
        return PeriodKind.QUARTER in kinds
    return PeriodKind.MONTH not in kinds and all(month % 3 == 0 for month in months_named(text))


def _latest(texts: dict[int, str]) -> int | None:
    """Returns which of several columns that claim a value is of the latest year; None where nothing tells."""
    years = {i: max(map(int, _YEAR.findall(text)), default=0) for i, text in texts.items()}
    if len(years) > 1 and (0 in years.values() or len(set(years.values())) < len(years)):
        return None
    return max(years, key=years.__getitem__)


def _candidates(stack: Texts) -> Texts:
    """Returns what a column's heading may be, from the texts above each other: all joined, or the lowest alone.

    The lowest counts alone only where what stands above it does not change its meaning.
    """
    if len(stack) < 2:
        return tuple(map(normalised_heading, stack))
    joined = normalised_heading(" ".join(fold(text) for text in stack))
    if all(normalised_heading(text) in _NEUTRAL for text in stack[:-1]):
        return joined, normalised_heading(stack[-1])
    return (joined,)
