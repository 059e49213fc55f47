"""Reads a submitted file into rows as typed: sheets by ``tiendo.intake.sheets``, rows by ``tiendo.intake.tables``."""

from typing import Any

from python_calamine import CalamineError, PasswordError, XmlError, ZipError

from tiendo.intake.columns import CORRECTIONS, INDICATORS, TABLES, TASKS, Table
from tiendo.intake.content import SHEET_ANSWER, SHEET_GUIDE, SHEET_MARKER, Marker, WorkbookContent
from tiendo.intake.sheets import Sheet, UnreadableError, open_file
from tiendo.intake.tables import read_tables
from tiendo.intake.xlsx_details import BrokenWorkbookError
from tiendo.intake.zip_parts import NotAZipError, TooLargeError
from tiendo.vietnamese.text import fold


def read_workbook(data: bytes) -> WorkbookContent:
    """Reads one file's bytes; what is wrong with the file is told by ``fault``, never raised.

    It can still take the process down (memory, abort inside the native reader): foreign files go through
    ``tiendo.intake.reader_process.WorkbookReader``.
    """
    try:
        return _read(data)
    except UnreadableError as fault:
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
    file = open_file(data)
    found: dict[Table, list[Any]] = {}
    is_filled = False
    marker = Marker()
    unclaimed = []
    for name in file.sheet_names:
        folded = fold(name)
        if folded == SHEET_MARKER:
            marker = _read_marker(file.sheet(name))
        elif (table := _TABLE_BY_SHEET.get(folded)) is not None:
            is_filled |= read_tables(file.sheet(name), (table,), found)
        elif folded not in _NOT_READ:
            unclaimed.append(name)
    missing = tuple(table for table in TABLES if table not in found)
    for name in unclaimed if missing else ():
        is_filled |= read_tables(file.sheet(name), missing, found)
    if not found:
        raise UnreadableError("no_table", f"sheets: {', '.join(file.sheet_names)}"[:500])
    return WorkbookContent(
        fault="" if is_filled else "no_data",
        marker=marker,
        indicator_rows=tuple(found.get(INDICATORS, ())),
        task_rows=tuple(found.get(TASKS, ())),
        correction_rows=tuple(found.get(CORRECTIONS, ())),
        notices=file.notices,
    )


def _read_marker(sheet: Sheet) -> Marker:
    pairs = {row[0]: row[1] for row in sheet.rows[:20] if len(row) > 1 and isinstance(row[0], str)}
    return Marker(**{field: str(pairs.get(field, "")).strip() for field in Marker._fields})


_TABLE_BY_SHEET = {fold(table.sheet): table for table in TABLES}
_NOT_READ = {fold(SHEET_GUIDE), fold(SHEET_ANSWER)}
