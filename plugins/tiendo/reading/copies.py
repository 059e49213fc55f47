"""Sheets that hold the same table twice: a copy "Chỉ tiêu (2)" beside "Chỉ tiêu", of which one or both are filled."""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from tiendo.model.content import Notice, RawCell
from tiendo.reading.columns import TABLES, TemplateTable
from tiendo.reading.notices import shown
from tiendo.reading.sheet import UnreadableError
from tiendo.reading.sheet_rows import FoundContent, holds_answers, keys_of
from tiendo.vietnamese.text import fold

# How Excel, LibreOffice, Google Sheets and people name a copy.
_BEFORE = re.compile(r"^(?:bản sao (?:của )?|copy of |sao chép (?:của )?)")
_BEHIND = re.compile(r"[ _-]*(?:\(?\d{1,2}\)?|copy|bản sao|sao chép)(?: ?\(\d{1,2}\))?$")
_TABLE_BY_SHEET = {fold(table.sheet): table for table in TABLES}


class SheetReading:
    """What one sheet holds.

    Args:
        found: rows, titles and notices of this sheet alone.
    """

    def __init__(self, name: str, found: FoundContent) -> None:
        self.name, self.found = name, found

    @cached_property
    def is_filled(self) -> bool:
        """Whether its sender has filled in anything."""
        return any(holds_answers(table, rows) for table, rows in self.found.rows.items())


def table_of(name: str) -> TemplateTable | None:
    """Returns the table whose name, or the name of a copy of it, a sheet bears."""
    folded = fold(name)
    return _TABLE_BY_SHEET.get(folded) or _TABLE_BY_SHEET.get(_BEHIND.sub("", _BEFORE.sub("", folded)))


def is_copy(name: str) -> bool:
    """Tells whether a sheet bears the name of a copy of a table's sheet."""
    return fold(name) not in _TABLE_BY_SHEET and table_of(name) is not None


def settle_copies(readings: Sequence[SheetReading], *, is_template: bool) -> FoundContent:
    """Returns what counts of all sheets, in their order.

    Of sheets with the same table a blank one gives way to a filled one, and of equal ones the first counts. In a file
    without the template's marker, tables are the same where they have the same rows.

    Raises:
        UnreadableError: ``sheets_differ``, a table of the template is filled in twice, and differently.
    """
    groups: dict[tuple[TemplateTable, tuple[Any, ...]], list[SheetReading]] = {}
    for reading in readings:
        for table, rows in reading.found.rows.items():
            keys = () if is_template else tuple(keys_of(table, row) for row in rows)
            groups.setdefault((table, keys), []).append(reading)
    together = FoundContent({}, [], [])
    counting: dict[str, SheetReading] = {}
    for (table, _), rivals in groups.items():
        chosen = _counting(table, rivals)
        if is_template and len(chosen) > 1:
            raise UnreadableError("sheets_differ", _difference(table, *chosen[:2]))
        if chosen[0] is not rivals[0]:
            detail = f"trang “{rivals[0].name}” để trống"
            together.notices.append(Notice("copy_read", chosen[0].name, "", detail))
        for reading in chosen:
            together.rows.setdefault(table, []).extend(reading.found.rows[table])
            counting[reading.name] = reading
    for reading in counting.values():
        together.titles.extend(reading.found.titles)
        together.notices.extend(reading.found.notices)
    return together


def _counting(table: TemplateTable, rivals: Sequence[SheetReading]) -> list[SheetReading]:
    """Returns those of the sheets that are filled in, of equal ones the first; without any, the first blank one."""
    if len(rivals) == 1:
        return list(rivals)
    distinct: dict[frozenset[Any], SheetReading] = {}
    for reading in rivals:
        rows = reading.found.rows[table]
        if holds_answers(table, rows):
            distinct.setdefault(frozenset(_answers(table, rows).items()), reading)
    return list(distinct.values()) or [rivals[0]]


def _answers(table: TemplateTable, rows: Iterable[Any]) -> dict[tuple[Any, ...], tuple[RawCell, ...]]:
    """Returns the cells of the rows that are filled in, by what the row is about, wherever they stand."""
    return {
        keys_of(table, row): tuple(cell._replace(address="") for cell in row[2:])
        for row in rows
        if holds_answers(table, [row])
    }


def _difference(table: TemplateTable, one: SheetReading, other: SheetReading) -> str:
    """Names the first cell in which two sheets differ."""
    rows, others = ({keys_of(table, row): row for row in r.found.rows[table]} for r in (one, other))
    for keys, row in rows.items():
        rival = others.get(keys)
        for cell, against in zip(row[2:], rival[2:] if rival else (), strict=False):
            if cell._replace(address="") != against._replace(address=""):
                told = (f"trang “{r.name}” ô {c.address}: {_shown(c)}" for r, c in ((one, cell), (other, against)))
                return "; ".join(told)
    return f"trang “{one.name}”; trang “{other.name}”"


def _shown(cell: RawCell) -> str:
    return cell.error or ("(để trống)" if cell.value is None else shown(cell.value))
