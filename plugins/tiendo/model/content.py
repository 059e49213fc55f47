"""What a submitted workbook says, cell by cell, before anybody judges it: plain values that cross processes."""

from datetime import date, datetime
from typing import NamedTuple

# The sheet names and the marker sheet of the workbooks that `tiendo template` makes.
SHEET_INDICATORS = "Chỉ tiêu"
SHEET_TASKS = "Nhiệm vụ"
SHEET_CORRECTIONS = "Sửa số kỳ trước"
SHEET_GUIDE = "Hướng dẫn"
# What an answer adds to a workbook that comes back; it is not read.
SHEET_ANSWER = "Phản hồi"
SHEET_MARKER = "_tiendo"
TEMPLATE_VERSION = "1"
# The fault of a file that was not read for a reason of ours: no rule knows it, for nothing can be said of the file.
UNREAD = "unread"


class UnreadError(TimeoutError):
    """Files could not be read, and the machine may be why: they wait, and the task is tried again."""


class RawCell(NamedTuple):
    """One cell as typed.

    Attributes:
        value: what the file holds; None for an empty cell. A number that was typed as a number is int or float.
        address: ``F12``; empty when the sheet has no such column.
        is_percent: the cell's number format is a percentage, so 0.087 is shown as 8,7 %.
        error: ``#N/A``, ``#REF!`` ... when the cell holds an error, else "".
        is_uncalculated: the cell holds a formula whose result was never stored.
        shown_unit: words that the cell's number format puts behind the number: ``triệu đồng``.
        shown_scale: power of ten by which the number format shows the number smaller, 3 for thousands.
    """

    value: str | int | float | bool | date | datetime | None = None
    address: str = ""
    is_percent: bool = False
    error: str = ""
    is_uncalculated: bool = False
    shown_unit: str = ""
    shown_scale: int = 0


class IndicatorRow(NamedTuple):
    """One filled row of sheet ``Chỉ tiêu``.

    Attributes:
        stated_unit: unit that holds for the row's figures by a heading, a line above the table, or the unit column of
            a retyped table; empty for the indicator's own.
    """

    sheet: str
    row: int
    code: RawCell
    name: RawCell
    unit: RawCell
    target: RawCell
    quarter: RawCell
    year_to_date: RawCell
    kind: RawCell
    data_on: RawCell
    note: RawCell
    explanation: RawCell
    stated_unit: RawCell = RawCell()


class TaskRow(NamedTuple):
    """One filled row of sheet ``Nhiệm vụ``."""

    sheet: str
    row: int
    ref: RawCell
    title: RawCell
    state: RawCell
    completion: RawCell
    result: RawCell
    difficulty: RawCell
    proposal: RawCell


class CorrectionRow(NamedTuple):
    """One filled row of sheet ``Sửa số kỳ trước``: a new figure for an earlier period, with a reason.

    Attributes:
        old: the figure that was reported, as its sender knows it.
    """

    sheet: str
    row: int
    period: RawCell
    code: RawCell
    name: RawCell
    quarter: RawCell
    year_to_date: RawCell
    kind: RawCell
    data_on: RawCell
    reason: RawCell
    old: RawCell = RawCell()


class Marker(NamedTuple):
    """The very hidden sheet ``_tiendo``: which template this is. Empty strings where it is missing."""

    plan: str = ""
    agency: str = ""
    period: str = ""
    template_version: str = ""


class Title(NamedTuple):
    """A text above a table, or a heading of figures: what may name the body and the period.

    Attributes:
        is_heading: whether it stands over a column of figures, in a table that a body made itself.
    """

    sheet: str
    cell: str
    text: str
    is_heading: bool = False


class Notice(NamedTuple):
    """Something about a file that its sender should know, seen while it was read; no fault of a figure.

    Attributes:
        code: which kind, as the rules of suite ``notice`` know it.
        detail: what the message names: ``dòng 12, 15``.
    """

    code: str
    sheet: str = ""
    cell: str = ""
    detail: str = ""


class PackedFile(NamedTuple):
    """A workbook in an archive: its place among the members, and its name without folders."""

    place: int
    name: str


class WorkbookContent(NamedTuple):
    """Everything read from one file.

    Attributes:
        fault: "" when it could be read, else a code that a rule of suite ``submission`` knows: ``no_table`` (no sheet
            with known headings), ``no_data`` (tables there, nothing filled in), ``not_a_workbook`` (broken, or nothing
            known), ``reader_failed`` (beyond the limits), a kind of file that is not read (``tiendo.reading.kinds``).
            ``unread`` is none of the file's: it waits until it is read.
        fault_detail: for operations, in English; where the rule shows it (``infected``, faults of texts and of sizes)
            in the words of the answer.
        titles: what stands above the tables and over their figures, in order.
        packed: of an archive (fault ``archive``), the workbooks in it, each to be read as a file of its own.
    """

    fault: str = ""
    fault_detail: str = ""
    marker: Marker = Marker()
    indicator_rows: tuple[IndicatorRow, ...] = ()
    task_rows: tuple[TaskRow, ...] = ()
    correction_rows: tuple[CorrectionRow, ...] = ()
    notices: tuple[Notice, ...] = ()
    titles: tuple[Title, ...] = ()
    packed: tuple[PackedFile, ...] = ()

    @property
    def is_retyped(self) -> bool:
        """Whether it has lost the marker of the template."""
        return not (self.marker.plan and self.marker.agency and self.marker.period)
