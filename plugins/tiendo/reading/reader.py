"""Reads a file into rows as typed: the sheets by ``tiendo.reading.formats``, rows by ``tiendo.reading.sheet_rows``."""

import traceback
from collections import Counter
from collections.abc import Iterator, Sequence

from python_calamine import CalamineError, PasswordError, XmlError, ZipError

from tiendo.model.content import SHEET_ANSWER, SHEET_GUIDE, SHEET_MARKER, Marker, Notice, Title, WorkbookContent
from tiendo.ooxml.xml_walk import BrokenWorkbookError
from tiendo.ooxml.zip_parts import NotAZipError, TooLargeError
from tiendo.reading.columns import CORRECTIONS, INDICATORS, TABLES, TASKS
from tiendo.reading.copies import SheetReading, is_copy, settle_copies, table_of
from tiendo.reading.formats import open_file
from tiendo.reading.legacy_text import in_unicode
from tiendo.reading.notices import has_figure, hidden_content
from tiendo.reading.retyped import read_retyped_rows
from tiendo.reading.second_readers import open_again
from tiendo.reading.sheet import OpenedFile, Sheet, UnreadableError
from tiendo.reading.sheet_rows import FoundContent, holds_answers, read_template_rows
from tiendo.vietnamese.text import fold


def read_workbook(data: bytes) -> WorkbookContent:
    """Reads one file's bytes; what is wrong with the file is named by ``fault``, never raised.

    An error of this code is named too, as ``reader_bug``: the other files of a batch must not wait for its repair.

    It can still take the process down (memory, abort inside the native reader): foreign files go through
    ``tiendo.reading.reader_process.WorkbookReader``.
    """
    try:
        try:
            return _read(open_file(data))
        except _REFUSALS as refusal:
            return _read(open_again(data, refusal))
    except UnreadableError as fault:
        return WorkbookContent(fault=fault.code, fault_detail=str(fault))
    except TooLargeError as error:
        return WorkbookContent(fault="too_large", fault_detail=str(error))
    except PasswordError as error:
        return WorkbookContent(fault="encrypted", fault_detail=str(error))
    except (NotAZipError, *_REFUSALS) as error:
        return WorkbookContent(fault="not_a_workbook", fault_detail=f"{type(error).__name__}: {error}"[:500])
    except (MemoryError, RecursionError) as error:
        return WorkbookContent(fault="reader_failed", fault_detail=f"{type(error).__name__}: {error}"[:500])
    except Exception:  # what libraries make of hostile bytes is caught beside them: this is an error of this code
        return WorkbookContent(fault="reader_bug", fault_detail=traceback.format_exc()[-2000:])
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a Rust panic
        return WorkbookContent(fault="reader_failed", fault_detail=f"{type(error).__name__}: {error}"[:500])


def _read(file: OpenedFile | WorkbookContent) -> WorkbookContent:
    if isinstance(file, WorkbookContent):
        return file
    notices = list(file.notices)
    marker = _read_marker(file.sheet(_marker_name(file.sheet_names))) if _marker_name(file.sheet_names) else Marker()
    names, beyond = _looked_at(file.sheet_names)
    if beyond:
        notices.append(Notice("sheets_beyond", beyond[0], "", f"{len(beyond)} trang, từ trang “{beyond[0]}”"))
    readings: list[SheetReading] = []
    unread: list[str] = []
    for name in names:
        sheet = file.sheet(name)
        _check_readers_agree(sheet)
        sheet = in_unicode(sheet, notices)
        is_hidden = name in file.hidden_names
        notices.extend(hidden_content(sheet, is_hidden=is_hidden))
        reading = _read_sheet(sheet, readings, is_hidden=is_hidden, is_template=bool(marker.period))
        if reading:
            readings.append(reading)
        elif _holds_figure(sheet):
            unread.append(name)
    if not readings:
        code = "no_table_within" if beyond else "no_table"
        raise UnreadableError(code, f"sheets: {', '.join(file.sheet_names)}"[:500])
    found = settle_copies(readings, is_template=bool(marker.period))
    notices += found.notices
    if unread:
        notices.append(Notice("sheet_not_read", unread[0], "", _listed(unread)))
    return WorkbookContent(
        fault="" if any(holds_answers(table, rows) for table, rows in found.rows.items()) else "no_data",
        marker=marker,
        indicator_rows=tuple(found.rows.get(INDICATORS, ())),
        task_rows=tuple(found.rows.get(TASKS, ())),
        correction_rows=tuple(found.rows.get(CORRECTIONS, ())),
        notices=tuple(notices),
        titles=tuple(_limited(found.titles)),
    )


def _limited(titles: Sequence[Title]) -> Iterator[Title]:
    """Yields the first titles; the headings of figures, which say of when these are, are not crowded out by others."""
    seen = Counter[bool]()
    for title in titles:
        seen[title.is_heading] += 1
        if seen[title.is_heading] <= (_MOST_HEADINGS if title.is_heading else _MOST_TITLES):
            yield title


def _looked_at(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Returns the sheets that are read, those first that bear a table's name or a copy's, and those left beyond."""
    named = [name for name in names if fold(name) not in _NO_TABLE]
    tables = [name for name in named if table_of(name)]
    others = [name for name in named if not table_of(name)]
    tables.sort(key=is_copy)
    return [*tables[:_MOST_SHEETS], *others[:_MOST_SHEETS]], [*tables[_MOST_SHEETS:], *others[_MOST_SHEETS:]]


def _read_sheet(
    sheet: Sheet, before: Sequence[SheetReading], *, is_hidden: bool, is_template: bool
) -> SheetReading | None:
    """Returns what a sheet holds of the report's tables; None when none is looked for in it, or it has none."""
    found = FoundContent({}, [], [])
    if not is_template:
        read_retyped_rows(sheet, TABLES, found)
        return SheetReading(sheet.name, found) if found.rows else None
    table = table_of(sheet.name)
    if is_hidden and is_copy(sheet.name):
        return None
    answered = {table for reading in before if reading.is_filled for table in reading.found.rows}
    wanted = (table,) if table else tuple(table for table in TABLES if table not in answered)
    read_template_rows(sheet, wanted, found)
    known = {table for reading in before for table in reading.found.rows}
    reading = SheetReading(sheet.name, found)
    # A sheet of another name counts where it adds something to those that bear the tables' names.
    is_of_use = found.rows and (table or reading.is_filled or not known.issuperset(found.rows))
    return reading if is_of_use else None


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


def _listed(names: Sequence[str]) -> str:
    more = f" và {len(names) - _MOST_NAMED} trang khác" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _read_marker(sheet: Sheet) -> Marker:
    pairs = {row[0]: row[1] for row in sheet.rows[:20] if len(row) > 1 and isinstance(row[0], str)}
    return Marker(**{field: str(pairs.get(field, "")).strip() for field in Marker._fields})


_REFUSALS = (BrokenWorkbookError, CalamineError, XmlError, ZipError)
_NO_TABLE = frozenset({fold(SHEET_GUIDE), fold(SHEET_ANSWER), SHEET_MARKER})
_MOST_TITLES, _MOST_HEADINGS, _MOST_SHEETS, _MOST_NAMED = 100, 300, 40, 5
