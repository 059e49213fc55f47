"""What is common to every format of an annex: rows of named cells, and what is understood of a row."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

_ROMAN = re.compile(r"(?=[IVX])X{0,3}(?:IX|IV|V?I{0,3})\.?|[A-H]\.?")
_NUMBER = re.compile(r"(?:(?:[IVX]+|[A-H])\.)?\d{1,3}(?:\.\d{1,2}){0,3}[a-zđ]?[.)]?|[a-zđ][.)]?")
_PART_NUMBER = re.compile(r"(?:(?:[IVX]+|[A-H])\.)?\d{1,3}(?:\.\d{1,2})+[a-zđ]?|\d{1,3}[a-zđ]|[a-zđ]")
_NUMBERED = re.compile(r"(?P<number>[IVX]+|[A-H]|\d{1,3}(?:\.\d{1,2})*)\s*[.):/–-]\s*(?P<name>[^\W\d_].*)")
_DASH = re.compile(r"[-+–•*]")
_LETTERS = re.compile(r"[^\W\d_].*[^\W\d_]")
_COUNT = re.compile(r"\(?(?:[A-Da-d]|\d{1,2})\)?(?: ?= ?[\d+\-/*x().:% ]+)?")


class AnnexError(ValueError):
    """The file holds no table of targets that can be read; says where and why."""


class AnnexColumn(StrEnum):
    """The columns that are read, by the JSON field that is printed there."""

    NUMBER = "printed_no"
    NAME = "name_vi"
    UNIT = "unit_as_printed"
    TARGET = "target_as_printed"
    AGENCY = "agencies"
    COORDINATING = "coordinating"


class Cell(NamedTuple):
    """One cell.

    Attributes:
        is_spanned: nothing is printed here; the text stands in a cell above that reaches down to this row.
        is_beside: nothing is printed here; the cell on the left reaches over this column.
        doubt: what is odd about the cell as such (a date where Excel should have text), else "".
    """

    text: str = ""
    is_spanned: bool = False
    is_beside: bool = False
    doubt: str = ""


class TableRow(NamedTuple):
    """One row: a section's heading, with a number and a name only, or an indicator.

    Attributes:
        is_title: a section's heading that has no number.
    """

    place: str
    cells: dict[AnnexColumn, Cell]
    is_title: bool = False

    def cell(self, column: AnnexColumn) -> Cell:
        """Returns a cell, an empty one where the table has no such column."""
        return self.cells.get(column, Cell())

    def text(self, column: AnnexColumn) -> str:
        """Returns a cell's text."""
        return self.cell(column).text

    @property
    def is_section(self) -> bool:
        """Whether the row is the heading of a section."""
        others = (AnnexColumn.UNIT, AnnexColumn.TARGET, AnnexColumn.AGENCY)
        is_alone = all(not self.text(column) or self.cell(column).is_spanned for column in others)
        return self.is_title or (is_section_number(self.text(AnnexColumn.NUMBER)) and is_alone)


class AnnexTable(NamedTuple):
    """What a file's table holds.

    Attributes:
        notes: what a person should know about the file, such as columns and rows that were not read.
    """

    rows: list[TableRow]
    notes: list[str]


@dataclass(frozen=True)
class AnnexRow:
    """One indicator of an annex.

    Attributes:
        section_no: as printed, ``II``; of sections within sections ``A.II``.
        comparator: ``eq`` (a bare number), ``gt``, ``lt``, ``ge``, ``le``, ``range``; "" without a target.
        is_doubtful: the target may mean something else; ``doubts`` says what.
        agencies: names as the register spells them, in the order of the cell; ``agency_codes`` are their codes.
        agency_source: ``printed`` or ``span_deduced``.
        coordinating: the cell of the bodies that help, as printed.
        suggested_code: code of the indicator of that name in the register, "" when there is none.
        group: ``row_order`` of the group row a sub-row belongs to.
        deduced: which of the fields are not printed in this row, but in a cell above that reaches down to it.
        doubts: what a person should look at.
        place: where the row stands in the file.
    """

    row_order: int
    printed_no: str
    row_kind: str
    section_no: str
    section_title: str
    name_vi: str
    unit_as_printed: str
    target_as_printed: str
    comparator: str
    target_low: Decimal | None
    target_high: Decimal | None
    is_doubtful: bool
    agencies: tuple[str, ...]
    agency_codes: tuple[str, ...]
    agency_cell_as_printed: str
    agency_source: str
    coordinating: str
    suggested_code: str
    group: int | None
    deduced: tuple[str, ...]
    doubts: tuple[str, ...]
    place: str


def choose_table(count: int, number: int | None, where: str) -> int:
    """Returns the place, from 0, of the table to read among those found.

    Args:
        number: which one is asked for, from 1; None where there should be one only.
        where: where they are, for the message.

    Raises:
        AnnexError: there are several and none is asked for, or the one asked for is not there.
    """
    if number is None and count > 1:
        raise AnnexError(f"{count} tables of targets{where}: choose one with --table")
    if number is not None and not 1 <= number <= count:
        raise AnnexError(f"there is no table {number}; there are {count}")
    return (number or 1) - 1


def one_line(text: str) -> str:
    """Returns a cell's text without line breaks."""
    return " ".join(text.split())


def is_section_number(text: str) -> bool:
    """Tells whether a number cell begins a section: ``IV``, ``A``."""
    return _ROMAN.fullmatch(text) is not None


def is_row_number(text: str) -> bool:
    """Tells whether a number cell begins an indicator: ``7``, ``2.1``, ``b)``, ``I.1``."""
    return _NUMBER.fullmatch(text) is not None


def is_part_number(text: str) -> bool:
    """Tells whether a printed number is that of a part: ``2.1``, ``b``."""
    return _PART_NUMBER.fullmatch(text) is not None


def is_numbering(texts: Sequence[str]) -> bool:
    """Tells whether a row only counts the columns: 1, 2, 3, 4, 5, or (1), (2) ..., or A, B, 1, 2, 3=2/1."""
    return len(texts) > 2 and all(map(_COUNT.fullmatch, texts)) and any(text.strip("()") == "1" for text in texts)


def split_number(text: str) -> tuple[str, str] | None:
    """Returns number and name of a heading printed in one cell: ``A. KINH TẾ``."""
    match = _NUMBERED.fullmatch(text)
    return (match["number"], match["name"]) if match else None


def is_name(text: str) -> bool:
    """Tells whether a text can be an indicator's or section's name."""
    return _LETTERS.search(text) is not None and not is_section_number(text) and not is_row_number(text)


def is_part(name: str) -> bool:
    """Tells whether a name is printed as part of the row above: ``- Di động``."""
    return _DASH.match(name) is not None
