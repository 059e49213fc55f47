"""Reads a plan's text, where cells are divided by lines that hold one bar.

An empty cell still prints its bar; a cell that lies under a row span prints nothing. So nothing tells where a row
begins but its number and name, and a row has all cells of the heading, or one less: that of the body that reports.
"""

import re
import unicodedata
from typing import NamedTuple

from tiendo.annex.headings import (
    AnnexChoice,
    AnnexHeading,
    describe_heading,
    is_heading,
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
    is_row_number,
    is_section_number,
    one_line,
)
from tiendo.plan.names import AgencyNames
from tiendo.vietnamese.text import fold

_BAR = "|"
_MOST_COLUMNS = 12
_LINES_OF_TITLE = 6
_OUTSIDE = re.compile(r"phụ lục\b|nơi nhận\b|tm\. ?|kt\. ?|tl\. ?")


class _Chunk(NamedTuple):
    """What stands between two bars; ``line`` is where it begins."""

    line: int
    lines: list[str]

    @property
    def text(self) -> str:
        return one_line(" ".join(self.lines))


def read_text(data: bytes, names: AgencyNames, choice: AnnexChoice = AnnexChoice()) -> AnnexTable:  # noqa: B008 - a tuple
    """Reads the table of targets from a plan's text.

    Args:
        data: UTF-8, or UTF-16 with its mark.
        names: to tell a last cell whose bar is missing from text after the table.
        choice: table, columns and year where a person knows better.

    Raises:
        AnnexError: it is no text, there is no such table or more than one, or a cell fits in no row.
    """
    chunks, rest = _cut(_decode(data))
    if choice.sheet or choice.heading_row:
        raise AnnexError("is text: --sheet and --heading-row are for workbooks and documents")
    headings = {place: cells for place in range(len(chunks)) if (cells := _heading(chunks, place, choice))}
    if not headings:
        raise AnnexError(f"no table of targets: no cells {describe_heading()}, divided by lines that hold one bar")
    lines = ", ".join(str(chunks[place].line) for place in headings)
    start = list(headings)[choose_table(len(headings), choice.table, f", at lines {lines}")]
    title = " ".join(chunks[start].lines[-_LINES_OF_TITLE:-1])
    heading = read_heading([(cell,) for cell in headings[start]], choice, title)
    body = chunks[start + len(heading.paths) :]
    end = next((place for place, chunk in enumerate(body) if _is_outside(chunk)), len(body))
    after = rest if end == len(body) else body[end]
    body = body[:end]
    if after is rest and rest.text and not names.read_names(rest.text)[1]:
        body, after = [*body, rest], _Chunk(rest.line, [])
    return _Reader(body, heading, names).read(after)


class _Reader:
    """Cuts a table's cells into rows."""

    def __init__(self, body: list[_Chunk], heading: AnnexHeading, names: AgencyNames) -> None:
        self._names = names
        self._notes = heading.notes
        self._width, self._columns = len(heading.paths), heading.columns
        is_numbered = is_numbering([chunk.text for chunk in body[: self._width]])
        self._body = body[self._width :] if is_numbered else body
        self._texts = [chunk.text for chunk in self._body]
        self._agency = ""

    def read(self, after: _Chunk) -> AnnexTable:
        rows: list[TableRow] = []
        place = 0
        while place < len(self._texts):
            row, length = self._read_row(place)
            rows.append(row)
            place += length
        if not rows:
            raise AnnexError("the table of targets has no rows")
        notes = [*self._notes]
        if after.text:
            notes.append(f"line {after.line}, after the table, not read: {after.text[:80]!r}")
        return AnnexTable(rows, notes)

    def _read_row(self, place: int) -> tuple[TableRow, int]:
        line = self._body[place].line
        if not self._starts(place):
            found = " | ".join(self._texts[place : place + 2])[:120]
            raise AnnexError(f"line {line}: a row's number and name should stand here, not {found!r}")
        if is_section_number(self._texts[place]):
            return self._read_section(place)
        at = self._columns.get(AnnexColumn.AGENCY)
        possible = (self._width,) if at is None else (self._width - 1, self._width)
        lengths = [length for length in possible if self._starts(place + length)]
        if len(lengths) != 1:
            found = " | ".join(self._texts[place : place + self._width + 1])[:200]
            what = "can be cut into rows in two ways" if lengths else "does not end where another row begins"
            raise AnnexError(f"line {line}: row {self._texts[place]!r} {what}: {found!r}")
        texts = self._texts[place : place + lengths[0]]
        is_printed = lengths[0] == self._width
        if at is not None:
            self._agency = texts[at] if is_printed else self._agency
            texts[at : at + is_printed] = [self._agency]
        cells = {column: Cell(texts[index]) for column, index in self._columns.items()}
        for column in {AnnexColumn.UNIT, AnnexColumn.TARGET} & cells.keys():
            named, rest = self._names.read_names(cells[column].text)
            if named and not rest:
                what = f"{cells[column].text!r} stands in the column {column.value}: a bar above it is missing"
                raise AnnexError(f"line {line}: row {texts[0]!r}: {what}")
        if not is_printed:
            cells[AnnexColumn.AGENCY] = Cell(self._agency, is_spanned=True)
        return TableRow(f"line {line}", cells), lengths[0]

    def _read_section(self, place: int) -> tuple[TableRow, int]:
        length = 2
        if not self._starts(place + 2):
            length = self._width
            if any(self._texts[place + 2 : place + length]) or not self._starts(place + length):
                found = " | ".join(self._texts[place : place + length])[:200]
                raise AnnexError(f"line {self._body[place].line}: no section's heading: {found!r}")
        # A section's heading goes through the whole width, so that no cell above it reaches below it.
        self._agency = ""
        cells = dict.fromkeys(self._columns, Cell())
        cells[AnnexColumn.NUMBER], cells[AnnexColumn.NAME] = Cell(self._texts[place]), Cell(self._texts[place + 1])
        return TableRow(f"line {self._body[place].line}", cells), length

    def _starts(self, place: int) -> bool:
        """Tells whether a row begins here, or the table ends."""
        if place >= len(self._texts):
            return place == len(self._texts)
        number = self._texts[place]
        is_number = not number or is_row_number(number) or is_section_number(number)
        return is_number and place + 1 < len(self._texts) and is_name(self._texts[place + 1])


def _decode(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise AnnexError(f"line {line}: is neither UTF-8 text nor DOCX nor XLSX") from error
    if "\0" in text:
        raise AnnexError("is no text: it holds null characters")
    return unicodedata.normalize("NFC", text)


def _cut(text: str) -> tuple[list[_Chunk], _Chunk]:
    """Returns the chunks that end in a bar, and what stands after the last one."""
    chunks: list[_Chunk] = []
    current = _Chunk(1, [])
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() == _BAR:
            chunks.append(current)
            current = _Chunk(number + 1, [])
        elif line.strip():
            current.lines.append(line)
        elif not current.lines:
            current = _Chunk(number + 1, [])
    return chunks, current


def _heading(chunks: list[_Chunk], place: int, choice: AnnexChoice) -> list[str] | None:
    """Returns the heading that begins here, if any. The text before the table stands in its first cell too."""
    first = chunks[place].lines[-1:]
    if not first or not is_number_heading(first[0]):
        return None
    cells = ["TT"]
    for chunk in chunks[place + 1 : place + _MOST_COLUMNS]:
        if not is_name(chunk.text):
            break
        cells.append(chunk.text)
    return cells if is_heading([(cell,) for cell in cells], choice) else None


def _is_outside(chunk: _Chunk) -> bool:
    return any(_OUTSIDE.match(fold(line)) for line in chunk.lines)
