"""Finds the table of targets in grids of cells, as Word, Excel and PDF hold them, and cuts it into rows."""

import re
from itertools import pairwise
from typing import NamedTuple

from tiendo.annex.headings import (
    AnnexChoice,
    AnnexHeading,
    Path,
    describe_heading,
    is_heading,
    is_name_heading,
    is_number_heading,
    read_heading,
)
from tiendo.annex.table import (
    AnnexColumn,
    AnnexError,
    AnnexTable,
    Cell,
    TableRow,
    choose_table,
    is_name,
    is_numbering,
    is_part,
    is_row_number,
    is_section_number,
    split_number,
)
from tiendo.vietnamese.text import fold

MAX_COLUMNS = 64
MAX_ROWS = 5_000
_MOST_STOREYS = 4
_TOTAL = re.compile(r"(?:tổng cộng|tổng số|tổng|cộng)\b:?")
_REMARK = re.compile(r"(?:ghi chú|trong đó|chia ra|bao gồm|gồm|nguồn|lưu ý|chú thích|đơn vị tính)\b|[*(]")


class Grid(NamedTuple):
    """One table or sheet. All rows are equally long; a cell covered from its left side is empty.

    Attributes:
        name: ``table 2``, ``sheet "Phụ lục II"``.
        title: what is printed above it; of a sheet, its rows above the heading are read too.
        is_page: it ends where a page ends, so a row may go on in the next one.
        notes: what a person should know about this grid.
    """

    name: str
    rows: list[list[Cell]]
    title: str = ""
    notes: tuple[str, ...] = ()
    is_page: bool = False


class _Part(NamedTuple):
    """The heading of a table in a grid, or a grid that goes on from the one before; places of rows are from 0."""

    grid: Grid
    heading_row: int
    first_row: int
    paths: tuple[Path, ...]


def find_table(grids: list[Grid], choice: AnnexChoice) -> AnnexTable:
    """Reads the one table of targets there is, over all the grids it goes on in.

    Raises:
        AnnexError: there is none, more than one, or a row of it cannot be understood.
    """
    looked = ", ".join(grid.name for grid in grids) or "nothing"
    if choice.sheet:
        grids = [grid for grid in grids if grid.name == f'sheet "{choice.sheet}"']
        if not grids:
            raise AnnexError(f"there is no sheet {choice.sheet!r}; there are {looked}"[:500])
    tables, left = _tables(grids, choice)
    if not tables:
        what = f"no table of targets with the headings {describe_heading()}; looked at {looked}"[:500]
        raise AnnexError(f"{what}. Headings of other words can be told by --columns and --heading-row")
    names = ", ".join(parts[0].grid.name for parts in tables)
    parts = tables[choose_table(len(tables), choice.table, f" ({names})")]
    first = parts[0]
    above = [cell.text for row in first.grid.rows[: first.heading_row] for cell in row if cell.text]
    try:
        heading = read_heading(first.paths, choice, " ".join([first.grid.title, *above[:20]]))
    except AnnexError as error:
        raise AnnexError(f"{first.grid.name}: {error}") from error
    rows, notes = _read(parts, heading)
    return AnnexTable(rows, [*heading.notes, *first.grid.notes, *notes, *left.get(parts[-1].grid.name, [])])


def _tables(grids: list[Grid], choice: AnnexChoice) -> tuple[list[list[_Part]], dict[str, list[str]]]:
    """Returns the tables, each with the grids it goes on in, and by grid what looks like more of it but is not read."""
    tables: list[list[_Part]] = []
    left: dict[str, list[str]] = {}
    is_open = False
    for grid in grids:
        part = _find_heading(grid, choice)
        if is_open and (more := _continued(tables[-1], grid, part)):
            tables[-1].append(more)
            continue
        if part is None and is_open and len(grid.rows[0] if grid.rows else ()) == len(tables[-1][0].paths):
            what = (
                f"{grid.name} looks like the rest of {tables[-1][-1].grid.name}, but does not go on from it: not read"
            )
            left.setdefault(tables[-1][-1].grid.name, []).append(what)
        is_open = part is not None
        if part:
            tables.append([part])
    return tables, left


def _find_heading(grid: Grid, choice: AnnexChoice) -> _Part | None:
    """Returns the heading of a grid: the rows from the one with the column of numbers down to the first row below."""
    given = {column: place - 1 for column, place in choice.columns.items()}
    rows = [choice.heading_row - 1] if choice.heading_row else range(min(100, len(grid.rows)))
    for at in rows:
        if at >= len(grid.rows):
            continue
        row = grid.rows[at]
        number = next((place for place, cell in enumerate(row) if is_number_heading(cell.text)), None)
        name = next((place for place, cell in enumerate(row) if is_name_heading(cell.text)), None)
        number, name = given.get(AnnexColumn.NUMBER, number), given.get(AnnexColumn.NAME, name)
        if number is None or name is None or max(number, name) >= len(row) or _is_any_number(row[number].text):
            continue
        end = at + 1
        while end < min(len(grid.rows), at + _MOST_STOREYS) and _is_storey(grid.rows[end], number, name):
            end += 1
        paths = tuple(_path(grid.rows[at:end], place) for place in range(len(row)))
        if is_heading(paths, choice) and (choice.heading_row or _is_row_below(grid, end, number, name, choice)):
            return _Part(grid, at, end, paths)
    return None


def _is_row_below(grid: Grid, end: int, number: int, name: int, choice: AnnexChoice) -> bool:
    """Tells whether rows begin below a heading; asked where columns were given, and any row may seem to be one."""
    if not choice.columns or any(is_number_heading(cell.text) for cell in grid.rows[end - 1]):
        return True
    below = next((row for row in grid.rows[end:] if any(cell.text for cell in row)), None)
    return below is not None and is_name(below[name].text) and _is_any_number(below[number].text)


def _is_storey(row: list[Cell], number: int, name: int) -> bool:
    """Tells whether a row is a further storey of the heading above it: it has neither number nor name of its own."""
    own = [cell for cell in row if cell.text and not cell.is_spanned]
    return bool(own) and not any(row[place].text and not row[place].is_spanned for place in (number, name))


def _path(storeys: list[list[Cell]], place: int) -> Path:
    """Returns what stands over a column, from the top storey down."""
    found: list[str] = []
    for at, row in enumerate(storeys):
        owner = place
        has_more_below = any(below[place].text for below in storeys[at + 1 :])
        while (
            owner and not row[owner].text and (row[owner].is_beside or (has_more_below and not row[owner].is_spanned))
        ):
            owner -= 1
        text = row[owner].text
        if text and (not found or found[-1] != text):
            found.append(text)
    return tuple(found)


def _continued(parts: list[_Part], grid: Grid, part: _Part | None) -> _Part | None:
    """Returns a grid as what goes on from a table: as wide, with its heading again or none, and the next number."""
    first = parts[0]
    if part and [tuple(map(fold, path)) for path in part.paths] != [tuple(map(fold, path)) for path in first.paths]:
        return None
    start = part.first_row if part else 0
    if not grid.rows or len(grid.rows[0]) != len(first.paths):
        return None
    place = next((place for place, path in enumerate(first.paths) if path and is_number_heading(path[-1])), 0)
    before = [row[place].text.rstrip(".") for each in parts for row in each.grid.rows[each.first_row :]]
    numbers = [text for text in before if is_row_number(text)]
    own = (row[place].text.rstrip(".") for row in grid.rows[start:] if _is_any_number(row[place].text))
    next_number = next(own, "")
    last, following = (re.match(r"\d+", text) for text in (numbers[-1] if numbers else "", next_number))
    goes_on = last and following and int(following[0]) >= int(last[0]) and next_number != numbers[-1]
    is_next_section = is_section_number(next_number) and next_number not in ("I", "A") and next_number not in before
    return _Part(grid, 0, start, first.paths) if goes_on or is_next_section else None


def _is_any_number(text: str) -> bool:
    return is_row_number(text) or is_section_number(text) or split_number(text) is not None


def _read(parts: list[_Part], heading: AnnexHeading) -> tuple[list[TableRow], list[str]]:
    texts_of_heading = {text for path in heading.paths for text in path}
    rows: list[TableRow] = []
    strange: list[tuple[str, bool]] = []
    titles: list[TableRow] = []
    notes = [f"{part.grid.name} goes on from {before.grid.name}: read" for before, part in pairwise(parts)]
    for part in parts:
        for at, row in enumerate(part.grid.rows[part.first_row :], start=part.first_row):
            texts = [cell.text for cell in row if cell.text and not cell.is_spanned]
            # A heading may stand again on each page.
            if not texts or set(texts) <= texts_of_heading or is_numbering(texts):
                continue
            place = f"{part.grid.name}, row {at + 1}"
            if rows and at == part.first_row and part.grid.is_page and _is_rest_of_row(row, heading):
                rows[-1] = _with_rest(rows[-1], row, heading)
                continue
            found = _as_row(TableRow(place, {column: row[index] for column, index in heading.columns.items()}), texts)
            if isinstance(found, str):
                strange.append((f"{place}: {' | '.join(texts)[:80]!r}", found == "perhaps an indicator"))
                continue
            if found.is_title:
                titles.append(found)
                continue
            lost = next((text for text, may_be_indicator in strange if may_be_indicator), "")
            if lost:
                raise AnnexError(f"{lost} is neither an indicator nor a section, yet rows follow")
            notes += [f"{text}: not read" for text, _ in strange]
            notes += [
                f"{title.place}: {title.text(AnnexColumn.NAME)[:80]!r} is read as a section without a number"
                for title in titles
            ]
            rows += [*titles, found]
            strange, titles = [], []
    if not rows:
        raise AnnexError(f"{parts[0].grid.name}: the table of targets has no rows")
    after = [text for text, _ in strange] + [
        f"{title.place}: {title.text(AnnexColumn.NAME)[:80]!r}" for title in titles
    ]
    return rows, notes + [f"{text}: after the table, not read" for text in after]


def _is_rest_of_row(row: list[Cell], heading: AnnexHeading) -> bool:
    """Tells whether the first row of a page has a name only, as the rest of the last row on the page before."""
    name = heading.columns[AnnexColumn.NAME]
    others = (AnnexColumn.NUMBER, AnnexColumn.UNIT, AnnexColumn.TARGET)
    is_wide = name + 1 < len(row) and row[name + 1].is_beside
    return (
        bool(row[name].text)
        and not is_wide
        and not any(row[heading.columns.get(c, -1)].text for c in others if c in heading.columns)
    )


def _with_rest(before: TableRow, row: list[Cell], heading: AnnexHeading) -> TableRow:
    cells = dict(before.cells)
    for column, place in heading.columns.items():
        if row[place].text and not row[place].is_spanned:
            text = f"{cells[column].text} {row[place].text}"
            cells[column] = cells[column]._replace(text=text, doubt="is printed over two pages, and joined")
    return before._replace(cells=cells)


def _as_row(row: TableRow, texts: list[str]) -> TableRow | str:
    """Returns a row with number and name in their cells, or what it is instead."""
    number, name = row.text(AnnexColumn.NUMBER), row.text(AnnexColumn.NAME)
    has_more = any(
        row.text(column) and not row.cell(column).is_spanned for column in (AnnexColumn.UNIT, AnnexColumn.TARGET)
    )
    if _TOTAL.fullmatch(fold(name or number)):
        return "a total"
    if len(texts) == 1 and not has_more:
        # One cell goes through the whole width: a section with its number in it, one without, or a remark.
        alone = texts[0]
        if split := split_number(alone):
            number, name = split
        elif is_part(alone) or _REMARK.match(fold(alone)) or not is_name(alone) or len(alone) > 150:
            return "a remark"
        else:
            cells = {**row.cells, AnnexColumn.NUMBER: Cell(), AnnexColumn.NAME: Cell(alone)}
            return TableRow(row.place, cells, is_title=True)
        row = TableRow(row.place, {**row.cells, AnnexColumn.NUMBER: Cell(number), AnnexColumn.NAME: Cell(name)})
    is_number = not number or is_row_number(number) or is_section_number(number)
    is_row = is_name(name) and not row.cell(AnnexColumn.NAME).is_spanned and is_number
    if is_row and (number or has_more or is_part(name)):
        return row
    return "perhaps an indicator" if has_more else "a remark"
