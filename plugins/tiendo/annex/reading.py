"""Reads an official annex into rows for a person to confirm: what is printed, what is understood, what is doubtful.

Nothing is mended. Names, units and targets stay as printed, misprints included; what is not printed in a row itself is
listed in ``deduced``; what a person should look at is said in ``doubts``.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from tiendo.annex.grid import find_table
from tiendo.annex.matching import match_rows, notes_on_missing
from tiendo.annex.plain_text import read_text
from tiendo.annex.table import AnnexColumn, AnnexError, AnnexRow, AnnexTable, TableRow, is_part
from tiendo.model.register import Comparator, RowKind
from tiendo.ooxml.zip_parts import NotAZipError, TooLargeError, members
from tiendo.plan.known import KnownPlan
from tiendo.vietnamese.target import read_target
from tiendo.vietnamese.text import fold

MAX_BYTES = 20 * 2**20
# How an annex writes a bare number: neither floor nor ceiling is printed.
EQUAL = "eq"
_BARE = re.compile(r"(?:đạt |duy trì mức )?\d(?!.*trở lên)")
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_ENGLISH_POINT = re.compile(r"\d\.\d{1,2}(?!\d)|\d\.\d{4,}")


@dataclass(frozen=True)
class Annex:
    """All rows of an annex, and what is to be known about it as a whole."""

    rows: tuple[AnnexRow, ...]
    notes: tuple[str, ...]


def read_annex(path: Path, known: KnownPlan, table: int | None = None) -> Annex:
    """Reads a file: a plan's text, DOCX or XLSX, told apart by its bytes.

    Args:
        known: the register whose bodies, units and indicators the rows are matched with.
        table: which of several tables of targets, from 1.

    Raises:
        AnnexError: the file cannot be read, holds no table of targets, or a row of it cannot be understood.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise AnnexError(f"is larger than any annex: {size} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise AnnexError(f"cannot be read: {error.strerror}") from error
    found = _read_table(data, known, table)
    rows = match_rows(_with_kinds(_read_rows(found.rows, known)), known)
    return Annex(tuple(rows), (*found.notes, *_number_notes(rows), *notes_on_missing(rows, known)))


def _read_table(data: bytes, known: KnownPlan, table: int | None) -> AnnexTable:
    if data.startswith(b"PK\3\4"):
        # Imported here: a plan's text needs none of these libraries.
        from tiendo.annex.excel import read_excel
        from tiendo.annex.word import read_word

        try:
            parts = members(data)
            if "word/document.xml" in parts:
                return find_table(read_word(data), table)
            if "xl/workbook.xml" in parts:
                return find_table(read_excel(data, parts), table)
        except (NotAZipError, TooLargeError) as error:
            raise AnnexError(f"is broken, or outside the limits: {error}") from error
        raise AnnexError("is neither a Word document (.docx) nor an Excel workbook (.xlsx)")
    if data.startswith(bytes.fromhex("d0cf11e0a1b11ae1")):
        raise AnnexError("is an old .doc or .xls, or protected by a password: save it as .docx or .xlsx, open")
    if data.startswith(b"%PDF"):
        raise AnnexError("is a PDF: import the Word, Excel or text form of the annex")
    return read_text(data, known.names, table)


def _read_rows(rows: Sequence[TableRow], known: KnownPlan) -> list[AnnexRow]:
    found: list[AnnexRow] = []
    section_no = section_title = ""
    for row in rows:
        if row.is_section:
            section_no, section_title = row.text(AnnexColumn.NUMBER).rstrip("."), row.text(AnnexColumn.NAME)
            continue
        found.append(_read_row(row, len(found) + 1, (section_no, section_title), known))
    if not found:
        raise AnnexError("the table of targets has sections only, and no indicator")
    return found


def _read_row(row: TableRow, row_order: int, section: tuple[str, str], known: KnownPlan) -> AnnexRow:
    doubts = [cell.doubt for cell in row.cells.values() if cell.doubt]
    comparator, low, high = _read_target(row.text(AnnexColumn.TARGET), doubts)
    cell = row.cells[AnnexColumn.AGENCY]
    named, rest = known.names.read_names(cell.text)
    if rest:
        doubts.append(f"the register knows no body {rest!r} (in {cell.text!r})")
    if not cell.text:
        doubts.append("no body reports it: the cell is empty" if not cell.is_spanned else "no cell above names a body")
    if not section[0]:
        doubts.append("stands before any section")
    return AnnexRow(
        row_order=row_order,
        printed_no=row.text(AnnexColumn.NUMBER).rstrip(".)"),
        row_kind=RowKind.INDICATOR,
        section_no=section[0],
        section_title=section[1],
        name_vi=row.text(AnnexColumn.NAME),
        unit_as_printed=row.text(AnnexColumn.UNIT),
        target_as_printed=row.text(AnnexColumn.TARGET),
        comparator=comparator,
        target_low=low,
        target_high=high,
        agencies=tuple(agency.name for agency in named),
        agency_codes=tuple(agency.code for agency in named),
        agency_cell_as_printed="" if cell.is_spanned else cell.text,
        agency_source="span_deduced" if cell.is_spanned else "printed",
        suggested_code="",
        group=None,
        deduced=tuple(column.value for column in AnnexColumn if row.cells[column].is_spanned),
        doubts=tuple(doubts),
        place=row.place,
    )


def _read_target(text: str, doubts: list[str]) -> tuple[str, Decimal | None, Decimal | None]:
    try:
        target = read_target(text)
    except ValueError:
        doubts.append(f"the target {text!r} cannot be read as a number, a range or a bound")
        return "", None, None
    if target.comparator is Comparator.NONE:
        return "", None, None
    if _ENGLISH_POINT.search(text):
        doubts.append(f"the target {text!r} has a point before decimals, where a comma is usual")
    if target.comparator in (Comparator.GE, Comparator.BETWEEN) and _BARE.match(fold(text)):
        return EQUAL, target.low, target.low
    return target.comparator.value, target.low, target.high


def _with_kinds(rows: Sequence[AnnexRow]) -> list[AnnexRow]:
    """Tells groups and their parts from other rows."""
    found: list[AnnexRow] = []
    group: int | None = None
    for row in rows:
        if not _is_part(row):
            found.append(row)
            group = None if row.unit_as_printed or row.target_as_printed else row.row_order
            continue
        doubts = row.doubts
        if group is None:
            doubts = (*doubts, "is printed as a part, but the row above it is no group (it has a unit or a target)")
        else:
            found[group - 1] = replace(found[group - 1], row_kind=RowKind.GROUP)
        found.append(replace(row, row_kind=RowKind.SUB_INDICATOR, group=group, doubts=doubts))
    return found


def _is_part(row: AnnexRow) -> bool:
    return is_part(row.name_vi) or not row.printed_no or not row.printed_no.isdecimal()


def _number_notes(rows: Sequence[AnnexRow]) -> list[str]:
    """Says which printed numbers are missing or stand twice (such a number is a label, and no key)."""
    counts = Counter(int(row.printed_no) for row in rows if row.printed_no.isdecimal())
    missing = [number for number in range(1, max(counts, default=0) + 1) if number not in counts]
    twice = [number for number, count in sorted(counts.items()) if count > 1]
    notes = [f"numbers {', '.join(map(str, missing))} are not printed"] if missing else []
    sections = list(dict.fromkeys(row.section_no for row in rows if row.section_no in _ROMAN))
    if sections != list(_ROMAN[: len(sections)]):
        notes.append(f"sections are printed {', '.join(sections)}: one is missing, out of order, or has no number")
    return notes + ([f"numbers {', '.join(map(str, twice))} are printed more than once"] if twice else [])
