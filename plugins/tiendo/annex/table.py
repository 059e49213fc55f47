"""The table of targets of an annex: rows of five cells as every format yields them, and what is understood of a row."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from tiendo.vietnamese.text import fold

_ROMAN = re.compile(r"(?=[IVX])X{0,3}(?:IX|IV|V?I{0,3})\.?|[A-D]\.?")
_NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,2}){0,2}[a-zđ]?[.)]?|[a-zđ][.)]?")
_DASH = re.compile(r"[-+–•*]")
_LETTERS = re.compile(r"[^\W\d_].*[^\W\d_]")


class AnnexError(ValueError):
    """The file holds no table of targets that can be read; says where and why."""


class AnnexColumn(StrEnum):
    """The five columns, by the JSON field that is printed there."""

    NUMBER = "printed_no"
    NAME = "name_vi"
    UNIT = "unit_as_printed"
    TARGET = "target_as_printed"
    AGENCY = "agencies"


class Cell(NamedTuple):
    """One cell.

    Attributes:
        is_spanned: nothing is printed here; the text stands in a cell above that reaches down to this row.
        doubt: what is odd about the cell as such (a date where Excel should have text), else "".
    """

    text: str = ""
    is_spanned: bool = False
    doubt: str = ""


class TableRow(NamedTuple):
    """One row: a section's heading, with a number and a name only, or an indicator."""

    place: str
    cells: dict[AnnexColumn, Cell]

    def text(self, column: AnnexColumn) -> str:
        """Returns a cell's text."""
        return self.cells[column].text

    @property
    def is_section(self) -> bool:
        """Whether the row is the heading of a section."""
        others = (AnnexColumn.UNIT, AnnexColumn.TARGET, AnnexColumn.AGENCY)
        is_alone = all(not self.text(column) or self.cells[column].is_spanned for column in others)
        return is_section_number(self.text(AnnexColumn.NUMBER)) and is_alone


class AnnexTable(NamedTuple):
    """What a file's table holds.

    Attributes:
        notes: what a person should know about the file, such as text after the table that was not read.
    """

    rows: list[TableRow]
    notes: list[str]


@dataclass(frozen=True)
class AnnexRow:
    """One indicator of an annex.

    Attributes:
        comparator: ``eq`` (a bare number), ``gt``, ``lt``, ``ge``, ``le``, ``range``; "" without a target.
        agencies: names as the register spells them, in the order of the cell; ``agency_codes`` are their codes.
        agency_source: ``printed`` or ``span_deduced``.
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
    agencies: tuple[str, ...]
    agency_codes: tuple[str, ...]
    agency_cell_as_printed: str
    agency_source: str
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
    """Tells whether a number cell begins an indicator: ``7``, ``2.1``, ``b)``."""
    return _NUMBER.fullmatch(text) is not None


def is_numbering(texts: Sequence[str]) -> bool:
    """Tells whether a row only counts the columns: 1, 2, 3, 4, 5, or (1), (2) ..."""
    return len(texts) > 2 and [text.strip("()") for text in texts] == [str(place) for place in range(1, len(texts) + 1)]


def is_name(text: str) -> bool:
    """Tells whether a text can be an indicator's or section's name."""
    return _LETTERS.search(text) is not None and not is_section_number(text) and not is_row_number(text)


def is_part(name: str) -> bool:
    """Tells whether a name is printed as part of the row above: ``- Di động``."""
    return _DASH.match(name) is not None


def read_heading(cells: Sequence[str]) -> dict[AnnexColumn, int] | None:
    """Returns which cell of a heading is which column, or None when they are not all there.

    Raises:
        AnnexError: two cells may be the same column.
    """
    found: dict[AnnexColumn, int] = {}
    for place, text in enumerate(cells):
        column = _heading_column(fold(text))
        if column is None:
            continue
        if column in found:
            raise AnnexError(f"two columns may hold {column.value}: {cells[found[column]]!r} and {text!r}")
        found[column] = place
    return found if len(found) == len(AnnexColumn) else None


def describe_heading() -> str:
    """Says which headings are looked for."""
    return "TT | Chỉ tiêu | Đơn vị tính | Kế hoạch năm … | Đơn vị theo dõi, báo cáo"


def _heading_column(text: str) -> AnnexColumn | None:
    if text in ("tt", "stt", "số tt", "số thứ tự"):
        return AnnexColumn.NUMBER
    if text in ("đơn vị tính", "đvt", "đơn vị"):
        return AnnexColumn.UNIT
    if re.search(r"theo dõi|báo cáo|chủ trì|cơ quan|phụ trách", text) and not re.search(r"\d", text):
        return AnnexColumn.AGENCY
    if re.match(r"(?:kế hoạch|mục tiêu|chỉ tiêu(?: kế hoạch)?|kh)(?: giao)?(?: năm)? ?\d{4}$", text):
        return AnnexColumn.TARGET
    if text in ("kế hoạch", "mục tiêu", "kế hoạch năm", "chỉ tiêu giao", "chỉ tiêu kế hoạch"):
        return AnnexColumn.TARGET
    if re.match(r"(?:tên |các |danh mục )?chỉ tiêu\b", text) or text == "nội dung":
        return AnnexColumn.NAME
    return None
