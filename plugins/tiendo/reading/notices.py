"""What a sender is told of a sheet beside its figures: what is hidden in it (read as ever), and what is not read."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from tiendo.model.content import Notice
from tiendo.reading.sheet import Sheet, column_letters
from tiendo.vietnamese.dates import format_date
from tiendo.vietnamese.notation import format_number
from tiendo.vietnamese.text import fold

_MOST_SHOWN, _LONGEST_SHOWN = 20, 60
_DIGIT = re.compile(r"\d")
_DAY = re.compile(r"ngày \d{1,2} tháng \d{1,2}(?: năm \d{4})?|ngày \d{1,2}/\d{1,2}/\d{4}")


def hidden_content(sheet: Sheet, *, is_hidden: bool) -> Iterator[Notice]:
    """Yields the notice on hidden rows (a filter's too) and columns that hold anything, or on a whole hidden sheet."""
    if is_hidden:
        if any(value != "" for row in sheet.rows for value in row):
            yield Notice("hidden_content", sheet.name, "", "cả trang")
        return
    rows = [
        number + sheet.top
        for number, values in enumerate(sheet.rows)
        if number + sheet.top in sheet.details.hidden_rows and any(value != "" for value in values)
    ]
    width = len(sheet.rows[0]) if sheet.rows else 0
    columns = [
        column + sheet.left
        for column in range(width)
        if column + sheet.left in sheet.details.hidden_columns and any(values[column] != "" for values in sheet.rows)
    ]
    parts = []
    if rows:
        parts.append(f"dòng {', '.join(_spans(rows, str, first=1))}")
    if columns:
        parts.append(f"cột {', '.join(_spans(columns, column_letters))}")
    if parts:
        address = f"A{rows[0] + 1}" if rows else f"{column_letters(columns[0])}1"
        yield Notice("hidden_content", sheet.name, address, "; ".join(parts))


def _spans(numbers: Iterable[int], show: Callable[[int], str], *, first: int = 0) -> list[str]:
    """Returns ``12``, ``15-18``: numbers in a row as one span."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return [show(low + first) if low == high else f"{show(low + first)}-{show(high + first)}" for low, high in spans]


def not_read(sheet: str, cells: Sequence[tuple[str, Any]]) -> Notice:
    """Returns the notice on cells with figures that were not read, by address and value."""
    told = "; ".join(f"{address}: {shown(value)}" for address, value in cells[:_MOST_SHOWN])
    more = f"; và {len(cells) - _MOST_SHOWN} ô khác" if len(cells) > _MOST_SHOWN else ""
    return Notice("not_read", sheet, cells[0][0], told + more)


def has_figure(value: Any) -> bool:
    """Tells whether a value that is not read may be a figure; the day of a signature is none, nor is a number of it."""
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, str):
        return _DIGIT.search(_DAY.sub("", fold(value))) is not None
    return True


def shown(value: Any) -> str:
    """Returns a value as a Vietnamese Excel shows it."""
    if isinstance(value, date):
        return format_date(value)
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}…"
    return format_number(value)
