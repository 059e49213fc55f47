"""Opens by other libraries what calamine refuses: nobody is told that a file is broken because one reader says so.

An .xlsx by openpyxl, an .xls by xlrd, an .ods by its XML. They are slower and see the same cells; what is special about
cells comes from the same details as ever.
"""

import io
from collections.abc import Iterator, Sequence
from typing import Any

from tiendo.ooxml.zip_parts import content, members
from tiendo.reading.kinds import ODS, XLS, XLSX, kind_of
from tiendo.reading.ods_details import ods_sheets
from tiendo.reading.package import usual_layout
from tiendo.reading.sheet import OpenedFile, Sheet, SheetDetails, UnreadableError, check_size
from tiendo.reading.xls_details import open_xls, xls_details
from tiendo.reading.xlsx_details import noticed, xlsx_details

_NO_DETAILS = SheetDetails()


def open_again(data: bytes, refusal: Exception) -> OpenedFile:
    """Opens a file that its first reader refused.

    Raises:
        UnreadableError: it is protected by a password; or, ``readers_differ``, it is an .xls that only one of its two
            readers can read.
        Exception: the first refusal, where the second reader refuses it too.
    """
    kind = kind_of(data)
    if kind == XLS:
        return _XlsFile(data, refusal)
    if kind not in (XLSX, ODS):
        raise refusal
    try:
        return _XlsxFile(data) if kind == XLSX else WalkedOds(content(data, members(data)["content.xml"]), data)
    except (MemoryError, RecursionError, UnreadableError):
        raise
    except Exception as error:  # whatever a library makes of hostile bytes
        raise refusal from error


class _XlsxFile(OpenedFile):
    """An .xlsx, by openpyxl; read whole, so that a part that breaks off is noticed here."""

    def __init__(self, data: bytes) -> None:
        from openpyxl import load_workbook

        self.notices = tuple(noticed(members(data)))
        data = usual_layout(data)
        details = xlsx_details(data, members(data), is_thorough=True)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        self._sheets: dict[str, Sheet] = {}
        for sheet in book.worksheets:
            found = details.get(sheet.title, _NO_DETAILS)
            sheet.reset_dimensions()
            rows = _even(_limited(sheet.title, sheet.iter_rows(values_only=True)))
            self._sheets[sheet.title] = Sheet(sheet.title, rows, merged=found.merged, details=found)
        self.sheet_names = list(self._sheets)
        self.hidden_names = {sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible"}

    def sheet(self, name: str) -> Sheet:
        return self._sheets[name]


def _limited(name: str, rows: Iterator[Sequence[Any]]) -> Iterator[list[Any]]:
    width = 0
    for number, row in enumerate(rows, start=1):
        width = max(width, len(row))
        check_size(name, number, width)
        yield ["" if value is None else value for value in row]


def _even(rows: Iterator[list[Any]]) -> list[list[Any]]:
    """Returns rows that are equally long."""
    found = list(rows)
    width = max(map(len, found), default=0)
    return [row + [""] * (width - len(row)) for row in found]


class _XlsFile(OpenedFile):
    """An .xls, by xlrd."""

    def __init__(self, data: bytes, refusal: Exception) -> None:
        self._book = open_xls(data, refusal)
        self._details = xls_details(self._book, data)
        self.sheet_names = self._book.sheet_names()
        self.hidden_names = {sheet.name for sheet in self._book.sheets() if sheet.visibility}

    def sheet(self, name: str) -> Sheet:
        from xlrd import XL_CELL_BOOLEAN, XL_CELL_DATE, XL_CELL_ERROR, xldate_as_datetime  # type: ignore[import-untyped]

        def plain(kind: int, value: Any) -> Any:
            if kind == XL_CELL_DATE:
                try:
                    return xldate_as_datetime(value, self._book.datemode)
                except (OverflowError, ValueError):
                    return value
            return "" if kind == XL_CELL_ERROR else bool(value) if kind == XL_CELL_BOOLEAN else value

        sheet = self._book.sheet_by_name(name)
        check_size(name, sheet.nrows, sheet.ncols)
        rows = [
            [plain(kind, value) for kind, value in zip(sheet.row_types(n), sheet.row_values(n), strict=True)]
            for n in range(sheet.nrows)
        ]
        merged = [((top, left), (bottom - 1, right - 1)) for top, bottom, left, right in sheet.merged_cells]
        return Sheet(name, _even(iter(rows)), merged=merged, details=self._details[name])


class WalkedOds(OpenedFile):
    """An OpenDocument spreadsheet, packed or flat, by its XML alone."""

    def __init__(self, xml: bytes, data: bytes = b"") -> None:
        parts = members(data) if data else {}
        self._sheets = ods_sheets(xml, content(data, parts["styles.xml"]) if "styles.xml" in parts else b"")
        for name, sheet in self._sheets.items():
            check_size(name, len(sheet.rows), len(sheet.rows[0]) if sheet.rows else 0)
        self.sheet_names = list(self._sheets)

    def sheet(self, name: str) -> Sheet:
        """Returns one sheet."""
        return self._sheets[name]
