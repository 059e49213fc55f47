"""Shows an annex as read: a table for a person, and what is deduced or doubtful in plain words."""

from collections.abc import Iterator

from tiendo.annex.reading import Annex
from tiendo.annex.table import AnnexRow
from tiendo.model.register import RowKind
from tiendo.vietnamese.notation import format_number

_SIGNS = {"gt": "> ", "lt": "< ", "ge": "≥ ", "le": "≤ "}


def annex_lines(annex: Annex) -> Iterator[str]:
    """Yields the lines to print."""
    section = ("", "")
    for row in annex.rows:
        if (row.section_no, row.section_title) != section:
            section = row.section_no, row.section_title
            yield ". ".join(filter(None, section))
        yield _row_line(row)
    deduced = [row for row in annex.rows if row.deduced]
    if deduced:
        yield ""
        yield f"Deduced (*): {len(deduced)} rows print no cell of their own, and lie under the cell of a row above:"
        yield from (f"  row {row.row_order}: {', '.join(row.deduced)}" for row in deduced)
    doubts = [(row, doubt) for row in annex.rows for doubt in row.doubts]
    if doubts or annex.notes:
        yield ""
        yield "To be looked at by a person:"
        yield from (f"  row {row.row_order} ({row.place}): {doubt}" for row, doubt in doubts)
        yield from (f"  {note}" for note in annex.notes)
    yield ""
    leaves = [row for row in annex.rows if row.row_kind != RowKind.GROUP]
    targets = sum(bool(row.comparator) for row in leaves)
    yield f"{len(annex.rows)} rows: {len(leaves)} indicators, {targets} of them with a target."


def _row_line(row: AnnexRow) -> str:
    agencies = ", ".join(row.agencies) + (" *" if "agencies" in row.deduced else "")
    target = f"{row.target_as_printed} ({_understood(row)})" if row.comparator else row.target_as_printed or "-"
    unit = row.unit_as_printed or "-"
    mark = " (!)" if row.doubts else ""
    number = row.printed_no or "-"
    return f"{row.row_order:4}  {number:>4}  {_cut(row.name_vi, 60)}  {_cut(unit, 20)}  {target:28}  {agencies}{mark}"


def _cut(text: str, width: int) -> str:
    return f"{text:{width}}" if len(text) <= width else f"{text[: width - 1]}…"


def _understood(row: AnnexRow) -> str:
    low, high = row.target_low, row.target_high
    if row.comparator in ("eq", "range"):
        sides = dict.fromkeys(side for side in (low, high) if side is not None)
        return " to ".join(map(format_number, sides))
    side = low if low is not None else high
    return f"{_SIGNS.get(row.comparator, '')}{format_number(side)}" if side is not None else ""
