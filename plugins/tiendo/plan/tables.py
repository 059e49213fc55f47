"""Reads a register's CSV files cell by cell, noting every fault with file, row and column instead of stopping at one.

A cell that cannot be understood yields a neutral value and a fault; nothing is built from a row with a fault.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, TypeVar

Cells = dict[str, str]
"""A row as it stands in a file, by heading."""

_Member = TypeVar("_Member", bound=StrEnum)
_DECIMAL = re.compile(r"-?\d+(\.\d+)?")
_CODE = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")

# Begins a cell or value of a draft that a person must still write; what stands behind it is a hint.
TO_FILL = "???"
_IS_TO_FILL = f"is still to be filled in ({TO_FILL})"


class Fault(NamedTuple):
    """One thing wrong with a register.

    Attributes:
        row: as a spreadsheet counts, the heading is row 1; of plan.yaml, the line; 0 for the whole file.
        column: heading of the column; of plan.yaml, the dotted key; "" for the whole row or file.
        is_open: nothing is wrong yet: a draft's place that a person must still fill in.
    """

    file: str
    row: int
    column: str
    what: str
    is_open: bool = False

    @classmethod
    def to_fill(cls, file: str, row: int, column: str) -> "Fault":
        """A place marked ``???``."""
        return cls(file, row, column, _IS_TO_FILL, is_open=True)

    def __str__(self) -> str:
        place = ", ".join(
            part for part in (self.file, f"row {self.row}" if self.row else "", f"column {self.column}"[:99]) if part
        )
        return f"{place.removesuffix(', column ')}: {self.what}"


class Row:
    """One row of a table, whose cells are read by type. Faults go to the list shared by the whole register.

    Attributes:
        file: name of the file it stands in.
        is_amended: a document changed it: what the plan prints of it is no longer all that counts.
    """

    def __init__(self, file: str, number: int, cells: Cells, faults: list[Fault], *, is_amended: bool = False) -> None:
        self.number = number
        self.is_amended = is_amended
        self.is_sound = True
        self.file = file
        self._cells = cells
        self._faults = faults
        self._to_fill = [column for column, text in cells.items() if is_to_fill(text)]
        for column in self._to_fill:
            self.is_sound = False
            faults.append(Fault.to_fill(file, number, column))

    @property
    def cells(self) -> Cells:
        """A copy of the row as it stands in the file, by heading."""
        return dict(self._cells)

    def fault(self, column: str, what: str) -> None:
        """Notes that a cell of this row is wrong; one that is still to be filled in is told as that only."""
        self.is_sound = False
        if column not in self._to_fill:
            self._faults.append(Fault(self.file, self.number, column, what))

    def text(self, column: str, *, is_required: bool = False) -> str:
        """Returns a cell's text without outer blanks."""
        text = self._cells[column].strip()
        if is_required and not text:
            self.fault(column, "is empty")
        return text

    def code(self, column: str) -> str:
        """Returns a code: small ASCII letters, digits and single hyphens, so that it can be a folder's name too."""
        text = self.text(column, is_required=True)
        if text and not _CODE.fullmatch(text):
            self.fault(column, f"{text!r} is no code (small letters a-z, digits, single hyphens)")
        return text

    def codes(self, column: str) -> tuple[str, ...]:
        """Returns the entries of a list separated by semicolons."""
        return tuple(entry.strip() for entry in self._cells[column].split(";") if entry.strip())

    def decimal(self, column: str) -> Decimal | None:
        """Returns an exact number, written the machine's way (``74617``, ``8.7``), or None for an empty cell."""
        text = self.text(column)
        if not text:
            return None
        if not _DECIMAL.fullmatch(text):
            self.fault(column, f"{text!r} is no number (digits, a point before decimals, no thousands mark)")
            return None
        return Decimal(text)

    def integer(self, column: str) -> int:
        """Returns a whole number that must be there."""
        text = self.text(column, is_required=True)
        if text and not text.isdecimal():
            self.fault(column, f"{text!r} is no whole number")
        return int(text) if text.isdecimal() else 0

    def day(self, column: str) -> date | None:
        """Returns a date written ``2023-02-28``, or None for an empty cell."""
        text = self.text(column)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self.fault(column, f"{text!r} is no date (2023-02-28)")
            return None

    def flag(self, column: str) -> bool:
        """Returns a ``yes`` or ``no``."""
        text = self.text(column)
        if text not in ("yes", "no"):
            self.fault(column, f"must be yes or no, not {text!r}")
        return text == "yes"

    def choice(self, column: str, allowed: Sequence[str]) -> str:
        """Returns a text out of a list."""
        text = self.text(column)
        if text not in allowed:
            self.fault(column, f"must be one of {', '.join(word or '(empty)' for word in allowed)}; not {text!r}")
        return text

    def member(self, column: str, kind: type[_Member]) -> _Member:
        """Returns a member of an enumeration; its first one, with a fault, for a word that is none."""
        text = self.choice(column, [member.value for member in kind])
        return next((member for member in kind if member.value == text), next(iter(kind)))


def is_to_fill(text: str) -> bool:
    """Tells whether a draft's cell or value waits for a person."""
    return text.lstrip().startswith(TO_FILL)


def decode(name: str, data: bytes, faults: list[Fault]) -> str | None:
    """Decodes a register's file: UTF-8 in composed form (NFC), with or without the mark a spreadsheet puts before it.

    Returns:
        The text, or None after noting a fault.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        faults.append(Fault(name, row, "", f"is not UTF-8: byte {data[error.start]:#04x}"))
        return None
    for row, line in enumerate(text.splitlines(), start=1):
        if "\0" in line:
            faults.append(Fault(name, row, "", "holds a null character"))
        if not unicodedata.is_normalized("NFC", line):
            faults.append(Fault(name, row, "", "holds decomposed letters (not Unicode NFC); save it composed"))
    return text


def read_table(
    path: Path,
    data: bytes,
    columns: Sequence[str],
    faults: list[Fault],
    optional: Sequence[str] = (),
    *,
    may_be_empty: bool = False,
) -> list[Row]:
    """Reads a table whose heading is exactly ``columns``; wholly empty rows are passed over.

    Args:
        optional: those that may be missing: the same as empty cells.
        may_be_empty: whether a table without rows, or without a byte, is none at all instead of a fault.
    """
    name = path.name
    text = decode(name, data, faults)
    if text is None or (may_be_empty and not text.strip()):
        return []
    rows: list[Row] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        heading = next(reader, [])
        missing = [column for column in columns if column not in heading and column not in optional]
        extra = [column for column in heading if column not in columns]
        for column in missing:
            faults.append(Fault(name, 1, column, "column is missing"))
        for column in extra:
            faults.append(Fault(name, 1, column, "column is not known"))
        if len(set(heading)) < len(heading):
            faults.append(Fault(name, 1, "", "a column stands twice"))
        if missing or extra or len(set(heading)) < len(heading):
            return []
        for number, cells in enumerate(reader, start=2):
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(heading):
                faults.append(Fault(name, number, "", f"has {len(cells)} cells, the heading {len(heading)}"))
                continue
            named = dict.fromkeys(columns, "") | dict(zip(heading, cells, strict=True))
            rows.append(Row(name, number, named, faults))
    except csv.Error as error:
        faults.append(Fault(name, reader.line_num, "", f"is no well-formed CSV: {error}"))
        return []
    if not rows and not may_be_empty:
        faults.append(Fault(name, 0, "", "has no rows"))
    return rows
