"""Reads a file into rows as typed: the sheets by ``tiendo.reading.formats``, rows by ``tiendo.reading.sheet_rows``."""

import traceback
from collections.abc import Sequence

from python_calamine import CalamineError, PasswordError, XmlError, ZipError

from tiendo.model.content import SHEET_ANSWER, SHEET_GUIDE, SHEET_MARKER, Marker, Notice, WorkbookContent
from tiendo.ooxml.xml_walk import BrokenWorkbookError
from tiendo.ooxml.zip_parts import NotAZipError, TooLargeError
from tiendo.reading.columns import CORRECTIONS, INDICATORS, TABLES, TASKS
from tiendo.reading.formats import open_file
from tiendo.reading.legacy_text import in_unicode
from tiendo.reading.notices import has_figure, hidden_content
from tiendo.reading.retyped import read_retyped_rows
from tiendo.reading.sheet import Sheet, UnreadableError
from tiendo.reading.sheet_rows import FoundContent, read_template_rows
from tiendo.vietnamese.text import fold


def read_workbook(data: bytes) -> WorkbookContent:
    """Reads one file's bytes; what is wrong with the file is named by ``fault``, never raised.

    An error of this code is named too, as ``reader_bug``: the other files of a batch must not wait for its repair.

    It can still take the process down (memory, abort inside the native reader): foreign files go through
    ``tiendo.reading.reader_process.WorkbookReader``.
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
    except (MemoryError, RecursionError) as error:
        return WorkbookContent(fault="reader_failed", fault_detail=f"{type(error).__name__}: {error}"[:500])
    except Exception:  # what libraries make of hostile bytes is caught beside them: this is an error of this code
        return WorkbookContent(fault="reader_bug", fault_detail=traceback.format_exc()[-2000:])
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a Rust panic
        return WorkbookContent(fault="reader_failed", fault_detail=f"{type(error).__name__}: {error}"[:500])


def _read(data: bytes) -> WorkbookContent:
    file = open_file(data)
    if isinstance(file, WorkbookContent):
        return file
    found = FoundContent({}, [], list(file.notices))
    marker = _read_marker(file.sheet(_marker_name(file.sheet_names))) if _marker_name(file.sheet_names) else Marker()
    # Sheets that bear a table's name come first: others are asked only for what these do not have.
    names = [name for name in file.sheet_names if fold(name) not in _NO_TABLE]
    is_filled = False
    for name in sorted(names, key=lambda name: fold(name) not in _TABLE_BY_SHEET):
        table = _TABLE_BY_SHEET.get(fold(name))
        sheet = file.sheet(name)
        _check_readers_agree(sheet)
        sheet = in_unicode(sheet, found.notices)
        found.notices.extend(hidden_content(sheet, is_hidden=name in file.hidden_names))
        tables, titles = len(found.rows), len(found.titles)
        if marker.period:
            wanted = (table,) if table else tuple(table for table in TABLES if table not in found.rows)
            is_filled |= read_template_rows(sheet, wanted, found)
            is_read = table is not None or len(found.rows) > tables
        else:
            is_filled |= read_retyped_rows(sheet, TABLES, found)
            is_read = len(found.titles) > titles
        if not is_read and _holds_figure(sheet):
            found.notices.append(Notice("sheet_not_read", name))
    if not found.rows:
        raise UnreadableError("no_table", f"sheets: {', '.join(file.sheet_names)}"[:500])
    return WorkbookContent(
        fault="" if is_filled else "no_data",
        marker=marker,
        indicator_rows=tuple(found.rows.get(INDICATORS, ())),
        task_rows=tuple(found.rows.get(TASKS, ())),
        correction_rows=tuple(found.rows.get(CORRECTIONS, ())),
        notices=tuple(found.notices),
        titles=tuple(found.titles[:_MOST_TITLES]),
    )


def _check_readers_agree(sheet: Sheet) -> None:
    """Holds the two readers of an .xls against each other.

    Raises:
        UnreadableError: ``readers_differ``, they do not see the same cells.
    """
    filled = sheet.details.filled
    seen = sum(len(row) - row.count("") for row in sheet.rows)
    if filled is not None and seen != filled:
        raise UnreadableError("readers_differ", f"trang {sheet.name}: {seen} ô và {filled} ô có giá trị")


def _marker_name(names: Sequence[str]) -> str:
    return next((name for name in names if fold(name) == SHEET_MARKER), "")


def _holds_figure(sheet: Sheet) -> bool:
    return any(has_figure(value) for row in sheet.rows for value in row if value != "")


def _read_marker(sheet: Sheet) -> Marker:
    pairs = {row[0]: row[1] for row in sheet.rows[:20] if len(row) > 1 and isinstance(row[0], str)}
    return Marker(**{field: str(pairs.get(field, "")).strip() for field in Marker._fields})


_TABLE_BY_SHEET = {fold(table.sheet): table for table in TABLES}
_NO_TABLE = frozenset({fold(SHEET_GUIDE), fold(SHEET_ANSWER), SHEET_MARKER})
_MOST_TITLES = 100
