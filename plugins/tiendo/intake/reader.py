"""Reads a submitted workbook into rows as typed, by calamine, from the sheet's own layout.

The heading row is found by its texts, so columns may be moved, rows inserted and sheets renamed. Nothing is judged
here: a date among numbers, an error cell or a text is handed on with its address.
"""

import io
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import repeat
from operator import itemgetter
from typing import Any, NamedTuple

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    XmlError,
    ZipError,
)

from tiendo.intake.columns import (
    CORRECTIONS,
    INDICATORS,
    NOT_YET_PUBLISHED,
    TABLES,
    TASKS,
    Table,
    fields_by_heading,
    normalised_heading,
)
from tiendo.intake.content import (
    SHEET_GUIDE,
    SHEET_MARKER,
    CorrectionRow,
    IndicatorRow,
    Marker,
    RawCell,
    TaskRow,
    WorkbookContent,
)
from tiendo.intake.xlsx_details import BrokenWorkbookError, Details, read_details
from tiendo.intake.zip_parts import NotAZipError, TooLargeError, members
from tiendo.vietnamese.text import fold

MAX_BYTES = 20 * 2**20
_MAX_CELLS = 500_000
_MAX_ROWS = 5_000
_MAX_SHEETS = 40
_HEADING_WITHIN = 60

_ZIP = b"PK\3\4"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_XLSX_PARTS = ("xl/workbook.xml", "xl/workbook.bin")
_ODS_PART = "content.xml"
_NEW = tuple.__new__  # a NamedTuple's own constructor costs three times as much
_NO, _NO_ERROR = repeat(False), repeat("")
_DIGIT = re.compile(r"\d")
_NO_DETAILS: Details = {}

_ROW_TYPES: dict[Table, Any] = {INDICATORS: IndicatorRow, TASKS: TaskRow, CORRECTIONS: CorrectionRow}
_FIELDS: dict[Table, tuple[str, ...]] = {table: row_type._fields[2:] for table, row_type in _ROW_TYPES.items()}


def _positions(fields: dict[Table, tuple[str, ...]]) -> dict[Table, tuple[int, ...]]:
    return {table: tuple(_FIELDS[table].index(field) for field in names) for table, names in fields.items()}


# What a sender fills in; the template itself fills in the rest.
_FILLED_AT = _positions(
    {
        INDICATORS: ("quarter", "year_to_date", "note", "explanation"),
        TASKS: ("state", "completion", "result", "difficulty", "proposal"),
        CORRECTIONS: ("quarter", "year_to_date", "reason"),
    }
)
_KEYS_AT = _positions({INDICATORS: ("code", "name"), TASKS: ("ref", "title"), CORRECTIONS: ("code", "name")})
_VALUES_AT = _positions({table: tuple(c.field for c in table.columns if c.is_value) for table in TABLES})


class _FaultError(Exception):
    """The file cannot be read; carries a fault code of ``WorkbookContent`` and a detail."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class _Layout(NamedTuple):
    """Where a table's columns are: the heading's 0-based row, and the column of each field (-1: not there)."""

    table: Table
    heading_row: int
    columns: tuple[int, ...]


def read_workbook(data: bytes) -> WorkbookContent:
    """Reads one file's bytes; what is wrong with the file is told by ``fault``, never raised.

    It can still take the process down (memory, abort inside the native reader): foreign files go through
    ``tiendo.intake.reader_process.WorkbookReader``.
    """
    try:
        return _read(data)
    except _FaultError as fault:
        return WorkbookContent(fault=fault.code, fault_detail=str(fault))
    except TooLargeError as error:
        return WorkbookContent(fault="too_large", fault_detail=str(error))
    except PasswordError as error:
        return WorkbookContent(fault="encrypted", fault_detail=str(error))
    except (NotAZipError, BrokenWorkbookError, CalamineError, XmlError, ZipError) as error:
        return WorkbookContent(fault="not_a_workbook", fault_detail=f"{type(error).__name__}: {error}"[:500])
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a Rust panic is a BaseException
        return WorkbookContent(fault="reader_failed", fault_detail=f"{type(error).__name__}: {error}"[:500])


def _read(data: bytes) -> WorkbookContent:
    details = _check_container(data)
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    names = {s.name: fold(s.name) for s in workbook.sheets_metadata[:_MAX_SHEETS] if s.typ == SheetTypeEnum.WorkSheet}
    found: dict[Table, list[Any]] = {}
    is_filled = False
    marker = Marker()
    unclaimed = []
    for name, folded in names.items():
        if folded == SHEET_MARKER:
            marker = _read_marker(workbook.get_sheet_by_name(name))
        elif (table := _TABLE_BY_SHEET.get(folded)) is None:
            if folded != _FOLDED_GUIDE:
                unclaimed.append(name)
        else:
            is_filled |= _read_sheet(workbook.get_sheet_by_name(name), (table,), details.get(name, _NO_DETAILS), found)
    missing = tuple(table for table in TABLES if table not in found)
    for name in unclaimed if missing else ():
        is_filled |= _read_sheet(workbook.get_sheet_by_name(name), missing, details.get(name, _NO_DETAILS), found)
    if not found:
        raise _FaultError("no_table", f"sheets: {', '.join(names)}"[:500])
    return WorkbookContent(
        fault="" if is_filled else "no_data",
        marker=marker,
        indicator_rows=tuple(found.get(INDICATORS, ())),
        task_rows=tuple(found.get(TASKS, ())),
        correction_rows=tuple(found.get(CORRECTIONS, ())),
    )


def _check_container(data: bytes) -> dict[str, Details]:
    """Decides by the first bytes and the limits whether calamine may see the file; returns an .xlsx's special cells."""
    if len(data) > MAX_BYTES:
        raise _FaultError("too_large", f"{len(data)} bytes")
    if data.startswith(_ZIP):
        parts = members(data)
        if _XLSX_PARTS[0] in parts or any(name.startswith("xl/worksheets/") for name in parts):
            return read_details(data, parts)
        if _XLSX_PARTS[1] in parts or _ODS_PART in parts:
            return {}
        raise _FaultError("not_a_workbook", f"zip without a workbook: {', '.join(list(parts)[:5])}"[:200])
    if data.startswith(_OLE):
        if _in_ole(data, "EncryptedPackage"):
            raise _FaultError("encrypted", "EncryptedPackage in an OLE container")
        if _in_ole(data, "Workbook") or _in_ole(data, "Book"):
            return {}
        raise _FaultError("not_a_workbook", "OLE container without a workbook")
    raise _FaultError("not_a_workbook", f"begins with {data[:8]!r}" if data else "empty file")


def _in_ole(data: bytes, stream: str) -> bool:
    """Whether a compound file's directory names a stream (names are UTF-16, ended by a null)."""
    return f"{stream}\0".encode("utf-16-le") in data


def _read_marker(sheet: CalamineSheet) -> Marker:
    pairs = {row[0]: row[1] for row in sheet.to_python(nrows=20) if len(row) > 1 and isinstance(row[0], str)}
    return Marker(**{field: str(pairs.get(field, "")).strip() for field in Marker._fields})


def _read_sheet(
    sheet: CalamineSheet, tables: tuple[Table, ...], details: Details, found: dict[Table, list[Any]]
) -> bool:
    """Adds a sheet's table to ``found``; returns whether its sender filled in anything."""
    if sheet.start is None:
        return False
    if sheet.height * sheet.width > _MAX_CELLS or sheet.height > _MAX_ROWS:
        raise _FaultError("too_large", f"sheet {sheet.name}: {sheet.height} rows, {sheet.width} columns")
    rows = sheet.to_python()
    layout = _find_layout(rows, tables)
    if layout is None:
        return False
    table_rows = found.setdefault(layout.table, [])
    return _read_table(sheet, rows, layout, details, table_rows)


def _find_layout(rows: Sequence[Sequence[Any]], tables: tuple[Table, ...]) -> _Layout | None:
    """Finds the heading row: the first that has what a table needs."""
    for number, row in enumerate(rows[:_HEADING_WITHIN]):
        if len(row) - row.count("") > 1:
            texts = tuple([value if type(value) is str else "" for value in row])
            if recognised := _recognise(texts, tables):
                return _Layout(recognised[0], number, recognised[1])
    return None


@lru_cache(maxsize=512)
def _recognise(texts: tuple[str, ...], tables: tuple[Table, ...]) -> tuple[Table, tuple[int, ...]] | None:
    """Returns the table a heading row belongs to, and its columns; none when two columns claim one value."""
    headings = [normalised_heading(text) if text else "" for text in texts]
    for table in tables:
        accepted = fields_by_heading(table)
        columns: dict[str, int] = {}
        for i, heading in enumerate(headings):
            column = accepted.get(heading)
            if column is None:
                continue
            if column.field in columns and column.is_value:
                break
            columns.setdefault(column.field, i)
        else:
            if all(not group.isdisjoint(columns) for group in table.needs):
                return table, tuple([columns.get(field, -1) for field in _FIELDS[table]])
    return None


def _read_table(
    sheet: CalamineSheet, rows: Sequence[Sequence[Any]], layout: _Layout, details: Details, into: list[Any]
) -> bool:
    """Adds the rows below the heading; returns whether a cell that is the sender's to fill holds anything."""
    table, heading_row, columns = layout
    top, left = sheet.start or (0, 0)
    name = sheet.name
    row_type, filled_at = _ROW_TYPES[table], _FILLED_AT[table]
    letters = [_letters(left + i) if i >= 0 else "" for i in columns]
    pick = itemgetter(*columns)
    is_filled = after_gap = False
    for number, values in enumerate(rows[heading_row + 1 :], start=top + heading_row + 2):
        label = str(number)
        plain = [
            v if v.__class__ is float or (v.__class__ is str and v and not v.isspace()) else _plain(v) for v in values
        ]
        plain.append(None)  # what a column that is not there (-1) has
        addresses = [letter and letter + label for letter in letters]
        cells = [_NEW(RawCell, cell) for cell in zip(pick(plain), addresses, _NO, _NO_ERROR, _NO, strict=False)]
        if details:
            _add_details(cells, columns, details, number - 1, left)
        if not any(value is not None or error or uncalculated for value, _, _, error, uncalculated in cells):
            after_gap = True
            continue
        if after_gap and not _is_of_table(cells, table):
            continue
        into.append(_NEW(row_type, (name, number, *cells)))
        is_filled = is_filled or any(_is_filled_in(cells[i]) for i in filled_at)
    return is_filled


def _add_details(cells: list[RawCell], columns: Sequence[int], details: Details, row: int, left: int) -> None:
    for position, i in enumerate(columns):
        if i >= 0 and (detail := details.get((row, left + i))):
            cells[position] = cells[position]._replace(**detail._asdict())


def _is_of_table(cells: Sequence[RawCell], table: Table) -> bool:
    """Tells a row that follows a blank one from a signature or a remark below the table."""
    code, name = (cells[i].value for i in _KEYS_AT[table])
    if code is not None:
        return True
    figures = [cells[i] for i in _VALUES_AT[table]]
    has_figure = any(c.error or c.is_uncalculated or _DIGIT.search(str(c.value or "")) for c in figures)
    return has_figure and name is not None


def _is_filled_in(cell: RawCell) -> bool:
    if cell.error or cell.is_uncalculated:
        return True
    return cell.value is not None and not (isinstance(cell.value, str) and fold(cell.value) == _FOLDED_NOT_PUBLISHED)


def _plain(value: Any) -> int | float | bool | str | date | datetime | None:
    """Brings a value that is no float or text to what a ``RawCell`` holds; a text of blanks is an empty cell."""
    if type(value) is str:
        return None
    if isinstance(value, time | timedelta):
        return str(value)
    return value  # type: ignore[no-any-return]


def _letters(index: int) -> str:
    """0 is ``A``, 26 is ``AA``."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


_TABLE_BY_SHEET = {fold(table.sheet): table for table in TABLES}
_FOLDED_GUIDE = fold(SHEET_GUIDE)
_FOLDED_NOT_PUBLISHED = fold(NOT_YET_PUBLISHED)
