"""Reads an official annex into rows for a person to confirm: what is printed, what is understood, what is doubtful.

Nothing is mended. Names, units and targets stay as printed, misprints included; what is not printed in a row itself is
listed in ``deduced``; what a person should look at is said in ``doubts``. What is not read is named in ``notes``.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from tiendo.annex.grid import find_table
from tiendo.annex.headings import AnnexChoice
from tiendo.annex.matching import match_rows, notes_on_missing
from tiendo.annex.plain_text import read_text
from tiendo.annex.table import (
    AnnexColumn,
    AnnexError,
    AnnexRow,
    AnnexTable,
    TableRow,
    is_part,
    is_part_number,
)
from tiendo.annex.targets import read_annex_target, uses_comma_thousands
from tiendo.model.register import RowKind
from tiendo.ooxml.zip_parts import NotAZipError, TooLargeError, members
from tiendo.plan.known import KnownPlan

MAX_BYTES = 20 * 2**20
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")


@dataclass(frozen=True)
class Annex:
    """All rows of an annex, and what is to be known about it as a whole."""

    rows: tuple[AnnexRow, ...]
    notes: tuple[str, ...]


def read_annex(path: Path, known: KnownPlan, choice: AnnexChoice = AnnexChoice()) -> Annex:  # noqa: B008 - a tuple
    """Reads a file: a plan's text, DOCX, XLSX or PDF, told apart by its bytes.

    Args:
        known: the register whose bodies, units and indicators the rows are matched with.
        choice: table, sheet, columns and year where a person knows better.

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
    found = _read_table(data, known, choice)
    rows = match_rows(_with_kinds(_read_rows(found.rows, known)), known)
    notes = (*found.notes, *_number_notes(rows), *_unknown_bodies(rows, known), *notes_on_missing(rows, known))
    return Annex(tuple(rows), notes)


def _read_table(data: bytes, known: KnownPlan, choice: AnnexChoice) -> AnnexTable:
    if data.startswith(b"PK\3\4"):
        # Imported here: a plan's text needs none of these libraries.
        from tiendo.annex.excel import read_excel
        from tiendo.annex.word import read_word

        try:
            parts = members(data)
            if "word/document.xml" in parts:
                return find_table(read_word(data), choice)
            if "xl/workbook.xml" in parts:
                return find_table(read_excel(data, parts), choice)
        except (NotAZipError, TooLargeError) as error:
            raise AnnexError(f"is broken, or outside the limits: {error}") from error
        raise AnnexError("is neither a Word document (.docx) nor an Excel workbook (.xlsx)")
    if data.startswith(bytes.fromhex("d0cf11e0a1b11ae1")):
        raise AnnexError("is an old .doc or .xls, or protected by a password: save it as .docx or .xlsx, open")
    if data.startswith(b"%PDF"):
        from tiendo.annex.pdf import read_pdf

        return find_table(read_pdf(data), choice)
    return read_text(data, known.names, choice)


def _read_rows(rows: Sequence[TableRow], known: KnownPlan) -> list[AnnexRow]:
    found: list[AnnexRow] = []
    sections: list[TableRow] = []
    comma_thousands = uses_comma_thousands(rows)
    for row in rows:
        if row.is_section:
            sections = [*_outer(sections, row), row]
            continue
        found.append(_read_row(row, len(found) + 1, sections, known, comma_thousands=comma_thousands))
    if not found:
        raise AnnexError("the table of targets has sections only, and no indicator")
    if any(row.section_title for row in found):
        before = "stands before any section"
        found = [row if row.section_title else replace(row, doubts=(*row.doubts, before)) for row in found]
    return found


def _outer(sections: Sequence[TableRow], row: TableRow) -> list[TableRow]:
    """Returns the sections that a further one lies in: those above the last of its own kind (letters, Roman, none)."""
    kinds = [_section_kind(section) for section in sections]
    kind = _section_kind(row)
    return list(sections[: kinds.index(kind)]) if kind in kinds else list(sections)


def _section_kind(row: TableRow) -> str:
    number = row.text(AnnexColumn.NUMBER).rstrip(".")
    return "title" if not number else "roman" if number in _ROMAN or set(number) <= set("IVX") else "letter"


def _read_row(
    row: TableRow, row_order: int, sections: Sequence[TableRow], known: KnownPlan, *, comma_thousands: bool
) -> AnnexRow:
    target = read_annex_target(row, comma_thousands=comma_thousands)
    doubts = [*(cell.doubt for cell in row.cells.values() if cell.doubt), *target.doubts]
    cell = row.cell(AnnexColumn.AGENCY)
    named, rest = known.names.read_names(cell.text)
    if rest:
        doubts.append(f"the register knows no body {rest!r} (in {cell.text!r})")
    if not cell.text and AnnexColumn.AGENCY in row.cells:
        doubts.append("no body reports it: the cell is empty" if not cell.is_spanned else "no cell above names a body")
    numbers = [section.text(AnnexColumn.NUMBER).rstrip(".") for section in sections]
    return AnnexRow(
        row_order=row_order,
        printed_no=row.text(AnnexColumn.NUMBER).rstrip(".)"),
        row_kind=RowKind.INDICATOR,
        section_no=".".join(filter(None, numbers)),
        section_title=" / ".join(section.text(AnnexColumn.NAME) for section in sections),
        name_vi=row.text(AnnexColumn.NAME),
        unit_as_printed=row.text(AnnexColumn.UNIT),
        target_as_printed=row.text(AnnexColumn.TARGET),
        comparator=target.comparator,
        target_low=target.low,
        target_high=target.high,
        is_doubtful=target.is_doubtful,
        agencies=tuple(agency.name for agency in named),
        agency_codes=tuple(agency.code for agency in named),
        agency_cell_as_printed="" if cell.is_spanned else cell.text,
        agency_source="span_deduced" if cell.is_spanned else "printed",
        coordinating=row.text(AnnexColumn.COORDINATING),
        suggested_code="",
        group=None,
        deduced=tuple(column.value for column, found in row.cells.items() if found.is_spanned),
        doubts=tuple(doubts),
        place=row.place,
    )


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
    return is_part(row.name_vi) or not row.printed_no or is_part_number(row.printed_no)


def _number_notes(rows: Sequence[AnnexRow]) -> list[str]:
    """Says which printed numbers are missing or stand twice (such a number is a label, and no key)."""
    by_section = [
        (key[0], list(group)) for key, group in groupby(rows, lambda row: (row.section_no, row.section_title))
    ]
    numbers = [[int(row.printed_no) for row in group if row.printed_no.isdecimal()] for _, group in by_section]
    # Numbers go on through the sections, or begin anew in each.
    if len(by_section) > 1 and all(of_section[:1] in ([], [1]) for of_section in numbers):
        notes = [
            f"section {name or '-'}: {note}"
            for (name, _), of_section in zip(by_section, numbers, strict=True)
            for note in _gaps(of_section)
        ]
    else:
        notes = _gaps([number for of_section in numbers for number in of_section])
    outer = groupby(dict.fromkeys(row.section_no for row in rows), lambda name: name.rpartition(".")[0])
    for _, names in outer:
        sections = [name for name in names if name.rpartition(".")[2] in _ROMAN]
        if [name.rpartition(".")[2] for name in sections] != list(_ROMAN[: len(sections)]):
            notes.append(f"sections are printed {', '.join(sections)}: one is missing, out of order, or has no number")
    return notes


def _gaps(numbers: Sequence[int]) -> list[str]:
    counts = Counter(numbers)
    missing = [number for number in range(1, max(counts, default=0) + 1) if number not in counts]
    twice = [number for number, count in sorted(counts.items()) if count > 1]
    notes = [f"numbers {', '.join(map(str, missing))} are not printed"] if missing else []
    return notes + ([f"numbers {', '.join(map(str, twice))} are printed more than once"] if twice else [])


def _unknown_bodies(rows: Sequence[AnnexRow], known: KnownPlan) -> list[str]:
    """Names each body that the register does not know once, with those whose names come nearest."""
    unknown = Counter(rest for row in rows if (rest := known.names.read_names(row.agency_cell_as_printed)[1]))
    notes = []
    for rest, count in unknown.items():
        nearest = ", ".join(known.names.nearest(rest)) or "none"
        notes.append(f"body not known: {rest!r} ({count} cell{'s' if count > 1 else ''}); nearest names: {nearest}")
    return notes
