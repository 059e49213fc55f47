"""Opens a file's bytes as sheets of cells, whatever its format: the one place that knows file formats.

What is read is neutral: values by row and column, with what the reading library does not tell about a cell
(``Details``) beside them. What the cells mean is told by ``tiendo.reading.tables``.
"""

import io
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from typing import Any, NamedTuple

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from tiendo.model.content import Notice
from tiendo.ooxml.xlsx_details import BrokenWorkbookError, Details, read_details
from tiendo.ooxml.zip_parts import Member, members
from tiendo.reading.delimited import TextError, decode, read_rows
from tiendo.reading.kinds import ARCHIVE, READ, TEXT, XLSX, kind_of

MAX_BYTES = 20 * 2**20
_MAX_CELLS = 500_000
_MAX_ROWS = 5_000
_MAX_SHEETS = 40

_MACROS = "xl/vbaProject.bin"
_LINKS = "xl/externalLinks/externalLink"
# The one sheet of a text file; it has no name of its own.
TEXT_SHEET = "CSV"
_NO_DETAILS: Details = {}


Range = tuple[tuple[int, int], tuple[int, int]]


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
    details: Details = _NO_DETAILS
    merged: tuple[Range, ...] = ()


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


@contextmanager
def _by_calamine() -> Iterator[None]:
    """What the library raises beside its own errors (a date out of range, a sheet without a part) is the file's."""
    try:
        yield
    except (ArithmeticError, LookupError, OSError, TypeError, ValueError) as error:
        raise BrokenWorkbookError(f"{type(error).__name__}: {error}") from error


class _Workbook(OpenedFile):
    def __init__(self, workbook: CalamineWorkbook, details: dict[str, Details], notices: tuple[Notice, ...]) -> None:
        self._workbook = workbook
        self._details = details
        self.notices = notices
        metadata = workbook.sheets_metadata[:_MAX_SHEETS]
        self.sheet_names = [sheet.name for sheet in metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        self.hidden_names = {sheet.name for sheet in metadata if sheet.visible != SheetVisibleEnum.Visible}

    def sheet(self, name: str) -> Sheet:
        details = self._details.get(name, _NO_DETAILS)
        with _by_calamine():
            sheet: CalamineSheet = self._workbook.get_sheet_by_name(name)
            if sheet.start is None:
                return Sheet(name, [])
            _check_size(name, sheet.height, sheet.width)
            return Sheet(name, sheet.to_python(), *sheet.start, details, tuple(sheet.merged_cell_ranges or ()))


class _TextFile(OpenedFile):
    """A text file of values between separators: one sheet."""

    sheet_names = (TEXT_SHEET,)

    def __init__(self, rows: list[list[str]], notices: tuple[Notice, ...]) -> None:
        self._rows = rows
        self.notices = notices

    def sheet(self, name: str) -> Sheet:
        _check_size(name, len(self._rows), len(self._rows[0]))
        return Sheet(name, self._rows)


def open_file(data: bytes) -> OpenedFile:
    """Decides by the bytes, never by the name, what a file is, and opens it.

    Raises:
        UnreadableError: it is none of the formats read, too large, or protected by a password; ``archive``: it is a zip
            of files.
        TooLargeError, NotAZipError, BrokenWorkbookError, CalamineError: it is broken or outside the limits.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableError("too_large", f"{len(data)} bytes")
    kind = kind_of(data)
    if kind not in READ:
        raise UnreadableError(kind, f"begins with {data[:8]!r}")
    if kind == ARCHIVE:
        raise UnreadableError("archive", "a zip of files")
    if kind == TEXT:
        return _open_text(data)
    details: dict[str, Details] = {}
    notices: tuple[Notice, ...] = ()
    if kind == XLSX:
        parts = members(data)
        details, notices = read_details(data, parts), tuple(_noticed(parts))
    with _by_calamine():
        return _Workbook(CalamineWorkbook.from_filelike(io.BytesIO(data)), details, notices)


def _open_text(data: bytes) -> OpenedFile:
    try:
        text, encoding = decode(data)
        rows = read_rows(text)
    except TextError as error:
        raise UnreadableError(error.code, str(error)) from error
    notices = () if encoding.startswith("utf") else (Notice("old_encoding", TEXT_SHEET, "", encoding),)
    return _TextFile(rows, notices)


def _noticed(parts: Mapping[str, Member]) -> Iterator[Notice]:
    """Yields what an .xlsx holds that is not read and that its sender should know."""
    if _MACROS in parts:
        yield Notice("macros_ignored", detail="vbaProject.bin")
    links = sum(name.startswith(_LINKS) and name.endswith(".xml") for name in parts)
    if links:
        yield Notice("external_links", detail=str(links))


def _check_size(name: str, height: int, width: int) -> None:
    if height * width > _MAX_CELLS or height > _MAX_ROWS:
        raise UnreadableError("too_many_rows", f"trang {name}: {height} dòng, {width} cột")
