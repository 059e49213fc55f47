"""Sheets of cells, whatever format they come from: values, and what calamine does not report of cells and sheets."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

from tiendo.model.content import Notice

# What lies beyond is of no report; repetitions in hostile files end here.
MOST_ROWS, MOST_COLUMNS = 10_000, 16_384
_MAX_CELLS, _MAX_ROWS = 500_000, 5_000

Range = tuple[tuple[int, int], tuple[int, int]]
Runs = tuple[tuple[str, str], ...]
"""A cell's text in pieces, each with its font; one piece without text stands for the whole cell."""


class UnreadableError(Exception):
    """The file cannot be read; carries a fault code of ``WorkbookContent`` and a detail for operations."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class CellDetail(NamedTuple):
    """What is special about a cell; as the fields of ``RawCell``."""

    is_percent: bool = False
    error: str = ""
    is_uncalculated: bool = False
    shown_unit: str = ""
    shown_scale: int = 0


class SheetDetails(NamedTuple):
    """What is special about one sheet and its cells; rows and columns 0-based.

    Attributes:
        fonts: cells with text in a font from before Unicode.
        merged: merged ranges, where calamine does not report them (.ods).
        filled: how many cells hold a value, as a second reader counts them; None where there is none.
    """

    hidden_rows: Set[int] = frozenset()
    hidden_columns: Set[int] = frozenset()
    fonts: Mapping[tuple[int, int], Runs] = {}
    merged: Sequence[Range] = ()
    cells: Mapping[tuple[int, int], CellDetail] = {}
    filled: int | None = None


class Sheet(NamedTuple):
    """The used part of one sheet.

    Attributes:
        rows: values as the file holds them, "" for an empty cell; all rows are equally long.
        top, left: 0-based position of the first value.
        merged: ranges of merged cells, each as its first and last cell, 0-based row and column of the sheet.
        details: what is special about it, by 0-based row and column of the sheet.
    """

    name: str
    rows: list[list[Any]]
    top: int = 0
    left: int = 0
    merged: Sequence[Range] = ()
    details: SheetDetails = SheetDetails()

    def address(self, row: int, column: int) -> str:
        """Returns the address of a value by its place in ``rows``: ``F12``."""
        return f"{column_letters(self.left + column)}{self.top + row + 1}"


class OpenedFile(ABC):
    """A file whose sheets are read one by one, when asked for.

    Attributes:
        sheet_names: in the file's order.
        hidden_names: those of them that are hidden.
        notices: what the sender should know about the file as such.
    """

    sheet_names: Sequence[str]
    hidden_names: Set[str] = frozenset()
    notices: tuple[Notice, ...] = ()

    @abstractmethod
    def sheet(self, name: str) -> Sheet:
        """Reads one sheet.

        Raises:
            UnreadableError: ``too_many_rows``, it has more cells than any report.
        """


def check_size(name: str, height: int, width: int) -> None:
    """Checks that a sheet is no larger than any report's.

    Raises:
        UnreadableError: ``too_many_rows``.
    """
    if height * width > _MAX_CELLS or height > _MAX_ROWS:
        raise UnreadableError("too_many_rows", f"trang {name}: {height} dòng, {width} cột")


def column_letters(index: int) -> str:
    """0 is ``A``, 26 is ``AA``. Not openpyxl's: a text may have more columns than Excel, and it takes long to load."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """``A`` is 0, ``AA`` is 26."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1
