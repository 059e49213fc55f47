"""Finds the table of targets in grids of cells, as Word and Excel hold them."""

from typing import NamedTuple

from tiendo.annex.table import (
    AnnexColumn,
    AnnexError,
    AnnexTable,
    Cell,
    TableRow,
    choose_table,
    describe_heading,
    is_name,
    is_numbering,
    is_part,
    is_row_number,
    is_section_number,
    read_heading,
)

MAX_COLUMNS = 64
MAX_ROWS = 5_000


class Grid(NamedTuple):
    """One table or sheet. All rows are equally long; a cell covered from its left side is empty.

    Attributes:
        name: ``table 2``, ``sheet "Phụ lục II"``.
        first_row: number of the first row, for messages.
        notes: what a person should know about this grid.
    """

    name: str
    rows: list[list[Cell]]
    first_row: int = 1
    notes: tuple[str, ...] = ()


def find_table(grids: list[Grid], number: int | None = None) -> AnnexTable:
    """Reads the one table of targets there is.

    Args:
        number: which of several, from 1.

    Raises:
        AnnexError: there is none, more than one, or a row of it cannot be understood.
    """
    found = [(grid, *heading) for grid in grids if (heading := _find_heading(grid))]
    if not found:
        looked = ", ".join(grid.name for grid in grids) or "nothing"
        raise AnnexError(f"no table of targets with the headings {describe_heading()}; looked at {looked}"[:500])
    names = ", ".join(grid.name for grid, *_ in found)
    grid, at, columns = found[choose_table(len(found), number, f" ({names})")]
    table = _read(grid, at, columns)
    later = grids[grids.index(grid) + 1 :]
    parts = [other for other in later[:1] if _looks_like_more(other, columns) and not _find_heading(other)]
    notes = [f"{other.name} looks like the rest of {grid.name}, but has no headings: not read" for other in parts]
    return AnnexTable(table.rows, [*grid.notes, *table.notes, *notes])


def _find_heading(grid: Grid) -> tuple[int, dict[AnnexColumn, int]] | None:
    for at, row in enumerate(grid.rows[:100]):
        if columns := read_heading([cell.text for cell in row]):
            return at, columns
    return None


def _read(grid: Grid, at: int, columns: dict[AnnexColumn, int]) -> AnnexTable:
    heading = [cell.text for cell in grid.rows[at]]
    rows: list[TableRow] = []
    strange: list[str] = []
    for number, row in enumerate(grid.rows[at + 1 :], start=at + 1):
        texts = [cell.text for cell in row]
        # A heading may reach down over several rows, and stands again on each page.
        is_heading = all(not cell.text or (cell.is_spanned and cell.text in heading) for cell in row)
        if is_heading or texts == heading or is_numbering([text for text in texts if text]):
            continue
        place = f"{grid.name}, row {grid.first_row + number}"
        found = TableRow(place, {column: row[index] for column, index in columns.items()})
        if not _is_row(found):
            strange.append(f"{place}: {' | '.join(text for text in texts if text)[:80]!r}")
            continue
        if strange:
            raise AnnexError(f"{strange[0]} is neither an indicator nor a section, yet rows follow")
        rows.append(found)
    if not rows:
        raise AnnexError(f"{grid.name}: the table of targets has no rows")
    return AnnexTable(rows, [f"{text}: after the table, not read" for text in strange])


def _is_row(row: TableRow) -> bool:
    number, name = row.text(AnnexColumn.NUMBER), row.text(AnnexColumn.NAME)
    if not is_name(name) or row.cells[AnnexColumn.NAME].is_spanned:
        return False
    if number:
        return is_row_number(number) or is_section_number(number)
    has_more = any(
        row.text(column) and not row.cells[column].is_spanned for column in (AnnexColumn.UNIT, AnnexColumn.TARGET)
    )
    return has_more or is_part(name)


def _looks_like_more(grid: Grid, columns: dict[AnnexColumn, int]) -> bool:
    first = grid.rows[0] if grid.rows else []
    return len(first) > max(columns.values()) and is_row_number(first[columns[AnnexColumn.NUMBER]].text)
