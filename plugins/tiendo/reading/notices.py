"""What a sheet holds where nobody sees it: read as ever, and listed to the sender."""

from collections.abc import Callable, Iterable, Iterator

from tiendo.model.content import Notice
from tiendo.reading.sheet import Layout, Sheet
from tiendo.reading.tables import letters


def hidden_content(sheet: Sheet, layout: Layout | None, *, is_hidden: bool) -> Iterator[Notice]:
    """Yields the notice on hidden rows (a filter's too) and columns that hold anything, or on a whole hidden sheet."""
    if is_hidden:
        if any(value != "" for row in sheet.rows for value in row):
            yield Notice("hidden_content", sheet.name, "", "cả trang")
        return
    if layout is None or not (layout.hidden_rows or layout.hidden_columns):
        return
    rows = [
        number + sheet.top
        for number, values in enumerate(sheet.rows)
        if number + sheet.top in layout.hidden_rows and any(value != "" for value in values)
    ]
    width = len(sheet.rows[0]) if sheet.rows else 0
    columns = [
        column + sheet.left
        for column in range(width)
        if column + sheet.left in layout.hidden_columns and any(values[column] != "" for values in sheet.rows)
    ]
    parts = []
    if rows:
        parts.append(f"dòng {', '.join(_spans(rows, str, first=1))}")
    if columns:
        parts.append(f"cột {', '.join(_spans(columns, letters))}")
    if parts:
        address = f"A{rows[0] + 1}" if rows else f"{letters(columns[0])}1"
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
