"""Opens a file's bytes as sheets of cells: the one place that decides how each format is read.

What is read is neutral (``tiendo.reading.sheet``); what the cells mean is read by ``tiendo.reading.sheet_rows``.
"""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from tiendo.model.content import Notice, WorkbookContent
from tiendo.ooxml.xml_walk import BrokenWorkbookError
from tiendo.ooxml.zip_parts import content, members
from tiendo.reading.delimited import TextError, decode, read_rows
from tiendo.reading.kinds import CARRIERS, FLAT_ODS, ODS, READ, TEXT, XLS, XLSX, kind_of
from tiendo.reading.ods_details import ods_details
from tiendo.reading.package import WORKBOOK, has_usual_layout, usual_layout
from tiendo.reading.second_readers import WalkedOds
from tiendo.reading.sheet import OpenedFile, Sheet, SheetDetails, UnreadableError, check_size
from tiendo.reading.xls_details import open_xls, xls_details
from tiendo.reading.xlsx_details import check_parts, noticed, xlsx_details

MAX_BYTES = 20 * 2**20
# The one sheet of a text file; it has no name of its own.
TEXT_SHEET = "CSV"
_NO_DETAILS = SheetDetails()
_FROM_1904 = re.compile(rb"""date1904\s*=\s*["'](?:1|true)["']""")
_FROM_1900_TO_1904, _EARLIEST_TYPED = timedelta(1462), 1990


@contextmanager
def _by_calamine() -> Iterator[None]:
    """What the library raises beside its own errors (a date out of range, a sheet without a part) is the file's."""
    try:
        yield
    except (ArithmeticError, LookupError, OSError, TypeError, ValueError) as error:
        raise BrokenWorkbookError(f"{type(error).__name__}: {error}") from error


_DETAILS: dict[str, Callable[[bytes], dict[str, SheetDetails]]] = {
    XLSX: lambda data: xlsx_details(data, members(data)),
    XLS: lambda data: xls_details(open_xls(data), data),
    ODS: lambda data: ods_details(data, members(data)),
}


class _Workbook(OpenedFile):
    """A file that calamine opens: .xlsx, .xls, .ods."""

    def __init__(self, data: bytes, kind: str) -> None:
        if kind == XLSX:
            self.notices = tuple(noticed(members(data)))
            if not has_usual_layout(data, members(data)):
                data = usual_layout(data)
            check_parts(data, members(data))
        with _by_calamine():
            self._workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
            metadata = self._workbook.sheets_metadata
            self.sheet_names = [sheet.name for sheet in metadata if sheet.typ == SheetTypeEnum.WorkSheet]
            self.hidden_names = {sheet.name for sheet in metadata if sheet.visible != SheetVisibleEnum.Visible}

        self._details = _DETAILS[kind](data)
        self._is_from_1904 = kind == XLSX and _FROM_1904.search(content(data, members(data)[WORKBOOK])) is not None

    def sheet(self, name: str) -> Sheet:
        details = self._details.get(name, _NO_DETAILS)
        with _by_calamine():
            sheet: CalamineSheet = self._workbook.get_sheet_by_name(name)
            if sheet.start is None:
                return Sheet(name, [], details=details)
            check_size(name, sheet.height, sheet.width)
            merged = details.merged or sheet.merged_cell_ranges or ()
            rows = sheet.to_python()
            return Sheet(name, _as_from_1900(rows) if self._is_from_1904 else rows, *sheet.start, merged, details)


def _as_from_1900(rows: list[list[Any]]) -> list[list[Any]]:
    """Returns early dates of a workbook that counts days from 1904 as that of a usual one: numbers under a format."""
    return [
        [v - _FROM_1900_TO_1904 if isinstance(v, date) and v.year < _EARLIEST_TYPED else v for v in row] for row in rows
    ]


class _TextFile(OpenedFile):
    """A text file of values between separators: one sheet."""

    sheet_names = (TEXT_SHEET,)

    def __init__(self, rows: list[list[str]], notices: tuple[Notice, ...]) -> None:
        self._rows = rows
        self.notices = notices

    def sheet(self, name: str) -> Sheet:
        check_size(name, len(self._rows), len(self._rows[0]))
        return Sheet(name, self._rows)


def open_file(data: bytes) -> OpenedFile | WorkbookContent:
    """Decides by the bytes, never by the name, what a file is, and opens it; of a zip of files, returns what is in it.

    Raises:
        UnreadableError: it is none of the formats read, too large, or protected by a password.
        TooLargeError, NotAZipError, BrokenWorkbookError, CalamineError: it is broken or outside the limits.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableError("too_large", f"{len(data)} bytes")
    kind = kind_of(data)
    if kind not in READ:
        raise UnreadableError(kind, f"begins with {data[:8]!r}")
    if kind in CARRIERS:
        from tiendo.reading.packed import list_carried

        return list_carried(data, kind)
    if kind == FLAT_ODS:
        return WalkedOds(data)
    if kind == TEXT:
        return _open_text(data)
    return _Workbook(data, kind)


def _open_text(data: bytes) -> OpenedFile:
    try:
        text, encoding = decode(data)
        rows = read_rows(text)
    except TextError as error:
        raise UnreadableError(error.code, str(error)) from error
    notices = () if encoding.startswith("utf") else (Notice("old_encoding", TEXT_SHEET, "", encoding),)
    return _TextFile(rows, notices)
