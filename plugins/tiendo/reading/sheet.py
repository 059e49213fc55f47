"""Sheets of cells, whatever format they come from: values, what is special about single ones, and how a sheet looks."""

from abc import ABC, abstractmethod
from collections.abc import Sequence, Set
from typing import Any, NamedTuple

from tiendo.model.content import Notice
from tiendo.ooxml.xlsx_details import Details

Range = tuple[tuple[int, int], tuple[int, int]]
Runs = tuple[tuple[str, str], ...]
"""A cell's text in pieces, each with its font; one piece without text stands for the whole cell."""


class UnreadableError(Exception):
    """The file cannot be read; carries a fault code of ``WorkbookContent`` and a detail for operations."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Sheet(NamedTuple):
    """The used part of one sheet.

    Attributes:
        rows: values as the file holds them, "" for an empty cell; all rows are equally long.
        top, left: 0-based position of the first value.
        details: what is special about single cells, by 0-based row and column of the sheet.
        merged: ranges of merged cells, each as its first and last cell, 0-based row and column of the sheet.
    """

    name: str
    rows: list[list[Any]]
    top: int = 0
    left: int = 0
    details: Details = {}  # noqa: RUF012  (never changed)
    merged: tuple[Range, ...] = ()


class Layout(NamedTuple):
    """What is special about one sheet; rows and columns 0-based.

    Attributes:
        fonts: cells with text in a font from before Unicode.
        merged: merged ranges, where calamine does not tell them (.ods).
        details: special cells of an .xls or .ods, as ``tiendo.ooxml.xlsx_details`` tells those of an .xlsx.
        filled: how many cells hold a value, as a second reader counts them; None where there is none.
    """

    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    fonts: dict[tuple[int, int], Runs] = {}  # noqa: RUF012  (never changed)
    merged: tuple[Range, ...] = ()
    details: Details = {}  # noqa: RUF012  (never changed)
    filled: int | None = None


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

    def layouts(self) -> dict[str, Layout]:
        """Returns what is special about how its sheets look, by name; mostly nothing.

        Raises:
            BrokenWorkbookError, NotAZipError, TooLargeError: a part cannot be read.
        """
        return {}

    @abstractmethod
    def sheet(self, name: str) -> Sheet:
        """Reads one sheet.

        Raises:
            UnreadableError: ``too_many_rows``, it has more cells than any report.
        """
