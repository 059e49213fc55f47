"""Opens a file's bytes as sheets of cells, whatever its format: the one place that knows file formats.

What is read is neutral: values by row and column, with what the reading library does not tell about a cell
(``Details``) beside them. What the cells mean is told by ``tiendo.intake.tables``.
"""

import io
from collections.abc import Iterator
from typing import Any, NamedTuple

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from tiendo.intake.content import Notice
from tiendo.intake.xlsx_details import Details, read_details
from tiendo.intake.zip_parts import members

MAX_BYTES = 20 * 2**20
_MAX_CELLS = 500_000
_MAX_ROWS = 5_000
_MAX_SHEETS = 40

_ZIP = b"PK\3\4"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_XLSX_PARTS = ("xl/workbook.xml", "xl/workbook.bin")
_ODS_PART = "content.xml"
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


class OpenedFile:
    """A file whose sheets are read one by one, when asked for.

    Attributes:
        sheet_names: in the file's order.
        hidden_names: those of them that are hidden.
        notices: what the sender should know about the file as such.
    """

    def __init__(
        self, workbook: CalamineWorkbook, details: dict[str, Details], notices: tuple[Notice, ...] = ()
    ) -> None:
        self._workbook = workbook
        self._details = details
        self.notices = notices
        metadata = workbook.sheets_metadata[:_MAX_SHEETS]
        self.sheet_names = [sheet.name for sheet in metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        self.hidden_names = {sheet.name for sheet in metadata if sheet.visible != SheetVisibleEnum.Visible}

    def sheet(self, name: str) -> Sheet:
        """Reads one sheet.

        Raises:
            UnreadableError: ``too_large``, it has more cells than any report.
        """
        sheet: CalamineSheet = self._workbook.get_sheet_by_name(name)
        if sheet.start is None:
            return Sheet(name, [])
        if sheet.height * sheet.width > _MAX_CELLS or sheet.height > _MAX_ROWS:
            raise UnreadableError("too_large", f"sheet {name}: {sheet.height} rows, {sheet.width} columns")
        details = self._details.get(name, _NO_DETAILS)
        return Sheet(name, sheet.to_python(), *sheet.start, details, tuple(sheet.merged_cell_ranges or ()))

    def sheets(self) -> Iterator[Sheet]:
        """Yields all sheets in order."""
        return map(self.sheet, self.sheet_names)


def open_file(data: bytes) -> OpenedFile:
    """Decides by the bytes, never by the name, what a file is, and opens it.

    Raises:
        UnreadableError: it is none of the formats read, too large, or protected by a password.
        TooLargeError, NotAZipError, BrokenWorkbookError, CalamineError: it is broken or outside the limits.
    """
    details = _check_container(data)
    return OpenedFile(CalamineWorkbook.from_filelike(io.BytesIO(data)), details)


def _check_container(data: bytes) -> dict[str, Details]:
    """Decides by the first bytes and the limits whether calamine may see the file; returns an .xlsx's special cells."""
    if len(data) > MAX_BYTES:
        raise UnreadableError("too_large", f"{len(data)} bytes")
    if data.startswith(_ZIP):
        parts = members(data)
        if _XLSX_PARTS[0] in parts or any(name.startswith("xl/worksheets/") for name in parts):
            return read_details(data, parts)
        if _XLSX_PARTS[1] in parts or _ODS_PART in parts:
            return {}
        raise UnreadableError("not_a_workbook", f"zip without a workbook: {', '.join(list(parts)[:5])}"[:200])
    if data.startswith(_OLE):
        if _in_ole(data, "EncryptedPackage"):
            raise UnreadableError("encrypted", "EncryptedPackage in an OLE container")
        if _in_ole(data, "Workbook") or _in_ole(data, "Book"):
            return {}
        raise UnreadableError("not_a_workbook", "OLE container without a workbook")
    raise UnreadableError("not_a_workbook", f"begins with {data[:8]!r}" if data else "empty file")


def _in_ole(data: bytes, stream: str) -> bool:
    """Whether a compound file's directory names a stream (names are UTF-16, ended by a null)."""
    return f"{stream}\0".encode("utf-16-le") in data
