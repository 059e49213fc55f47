"""Rows as typed, with what the rules look at beside them: one record per file, row, number cell or notice.

The fields of a record are the columns of its suite in ``include/expectations/``: facts, none of them a verdict. None
stands where there is nothing to know, or where what it would rest on is wrong already; rules pass over it. ``source``
holds what its messages are filled from; the texts themselves are made only for the few records with a finding, by the
``placeholders`` functions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from tiendo.model.content import CorrectionRow, IndicatorRow, Notice, RawCell, TaskRow
from tiendo.model.outcome import ObservationRow, TaskProgressRow
from tiendo.model.period import Period
from tiendo.model.register import Task
from tiendo.validation.cells import CellReading
from tiendo.validation.context import BatchFile, Context
from tiendo.validation.facts import IndicatorFacts, KnownTask, RegisterFacts
from tiendo.validation.slips import NO_MISTAKE, FlowCells
from tiendo.validation.stated import Stated
from tiendo.vietnamese.number import NumberReading


@dataclass(slots=True, kw_only=True, eq=False)
class Record:
    """What every record has: the place of its file in the batch, and its sheet, "" for the file as a whole."""

    file_index: int
    sheet: str

    @property
    def explained_by(self) -> "tuple[Record, ...]":
        """The records whose broken rules may explain one of this record (``Rule.unless``)."""
        return (self,)


class SubmissionSource(NamedTuple):
    """A file as a whole, and what it says of itself.

    Attributes:
        today: the day on which it came.
        agency: who sent it, as folder, address or workbook tell; it need not be a body of the plan.
        period_text: the period as stated first, "" where none is.
        period: the same as understood.
    """

    file: BatchFile
    facts: RegisterFacts
    today: date
    said: Stated
    agency: str
    period_text: str
    period: Period | None


@dataclass(slots=True, kw_only=True, eq=False)
class SubmissionRecord(Record):
    """Suite ``submission``: one file.

    Attributes:
        stranger: the address it came from, where that is no body's.
        fault: what kept the reader from reading it.
        sender, sender_standing: the body, and whether it ``owes_reports``, ``owes_none``, or has ``ended``.
        marker_field_count: how many of the four marks of the template it still has.
        template_version, plan, plan_expected: of the template; of the marker; of the register.
        plan_count: of how many plans in hand it may be, where that is unclear.
        body_stated: the body that marker or titles name.
        period_count: how many different periods it names.
        period_standing: ``in_plan`` or ``outside_plan``.
        period_known, period_asked, period_from: its period, the only one wanted, and the first day of its period.
        received_on, due_on, closing_on: the day it came, and the last days on which it is in time, and possible.
        period_collected: a later period whose reports are being collected on that day.
        period_of_days: the same period, where the days of all its figures lie in it.
        was_reported, was_reopened: ``yes`` or ``no``: the body has reported the period, is asked to do so anew.
        file_name: folded.
        figure_count, flow_count, new_figure_count: its figures, those of flows, those other than the last ones.
    """

    source: SubmissionSource
    stranger: str | None
    fault: str | None
    sender: str | None = None
    sender_standing: str | None = None
    marker_field_count: int | None = None
    template_version: str | None = None
    plan: str | None = None
    plan_expected: str | None = None
    plan_count: int | None = None
    body_stated: str | None = None
    period_count: int | None = None
    period_standing: str | None = None
    period_known: str | None = None
    period_asked: str | None = None
    period_from: date | None = None
    received_on: date | None = None
    due_on: date | None = None
    closing_on: date | None = None
    period_collected: str | None = None
    period_of_days: str | None = None
    was_reported: str | None = None
    was_reopened: str | None = None
    file_name: str | None = None
    figure_count: int = 0
    flow_count: int = 0
    new_figure_count: int | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class NoticeRecord(Record):
    """Suite ``notice``: something seen while a file was read; ``kind`` is the notice's code."""

    source: Notice
    kind: str


class LastFigure(NamedTuple):
    """The last figure a new one is compared with; a baseline is of no period.

    Attributes:
        carried_over: the same where the new period adds to it; None where that begins with its year.
    """

    value: Decimal | None
    period: Period | None
    carried_over: Decimal | None = None


class RowFigures(NamedTuple):
    """What the number cells of a row say, of an indicator that its sender reports.

    Attributes:
        total: the figure since the year's start, or at the period's end.
        quarter: that of the quarter alone; blank where the indicator has none.
        last: the last figure known before.
        is_taken_over: the total stands in the quarter's cell alone, which in a period that begins with its year is the
            same.
    """

    facts: IndicatorFacts
    row: IndicatorRow
    total: CellReading
    quarter: CellReading
    last: LastFigure
    is_taken_over: bool = False

    @property
    def filled(self) -> list[CellReading]:
        """Its cells that hold anything."""
        return [reading for reading in (self.total, self.quarter) if not reading.is_blank]

    @property
    def quarter_value(self) -> Decimal | None:
        """The quarter's figure; 0 where nothing occurred in it."""
        return Decimal(0) if self.quarter.answer == "no_occurrence" else self.quarter.value


@dataclass(slots=True, kw_only=True, eq=False)
class IndicatorSource:
    """A row of sheet "Chỉ tiêu", read.

    Attributes:
        facts: of its indicator, None where it is none of the plan.
        row: None for an owed indicator without a row.
        figures: None where the sender does not report the indicator, or need not yet and did not.
        cells: which of a flow's cells hold the other's figure.
        whole: the quarter's figure as the cumulative ones tell it, where they do.
        lower: the figure that this one can never be below, with its label.
        moved_to: the row in which this one's figure should stand.
        file_rows: the rows of the file whose indicators its sender reports, this one too.
    """

    context: Context
    facts: IndicatorFacts | None
    row: IndicatorRow | None
    figures: RowFigures | None = None
    cells: FlowCells = NO_MISTAKE
    whole: Decimal | None = None
    lower: tuple[str, Decimal] | None = None
    moved_to: "IndicatorRecord | None" = None
    file_rows: "Sequence[IndicatorRecord]" = ()


@dataclass(slots=True, kw_only=True, eq=False)
class IndicatorRecord(Record):
    """Suite ``indicator_row``: one row of sheet "Chỉ tiêu", or an owed indicator that has none (``row_count`` 0).

    Attributes:
        body_role: what the sender is to the indicator: ``reporter``, ``none``, ``unlisted`` when there is no such one.
        own_rows_missing: for an unlisted row, how many of the sender's indicators have no row.
        code: of an indicator the sender reports.
        name_meaning: the name is its ``own``, that of ``another`` indicator, or an ``other`` text.
        unit_typed, unit, target_typed, target: what the printed cells say, and what they should.
        release: whether a figure is ``due`` or ``not_due`` in the period.
        figure_count: how many of its two number cells hold a figure.
        answer, year_to_date_answer, quarter_answer: what the cells hold, see ``CellReading.answer``; the first of both.
        value_from: ``quarter_cell`` where the cumulative figure was taken from there.
        promised_on: the day for which a figure is promised.
        kind: ``actual``, ``estimate``, ``empty`` or ``other``.
        wording, precision: whether a figure's words say ``estimate`` or are ``plain``; ``approximate`` or ``exact``.
        date_reading: the cell for the date holds a ``date``, something ``unreadable``, or is ``empty``.
        data_on, first_day, last_day, received_on: day of the figures, ends of the period, day the file came.
        nature: of the indicator.
        year_to_date, quarter_figure: the figures; the second of flows only.
        last_year_to_date, last_quarter: the last figures known before; the second where it was looked at.
        carried_over: the cumulative one to which the period's own figure is added.
        expected, last_expected: what the target lets one expect of this figure and of the last one.
        target_low, target_high: the year's target.
        periods_left: how many of the year's periods are still to come.
        reported: whether a figure of it was reported before: ``no``, ``earlier`` or for the ``same_period``.
        history: what is known of earlier figures: ``first`` of a sum, which begins with its year, those of the
            ``previous`` period, ``older``, ``none``.
        slip, part_slip: by which power of ten the cumulative figure and the quarter's are off; 0 when plausible.
        cells: which mistake explains a flow's cells, see ``FlowCells.mistake``.
        suspicion: what a row whose figure is confirmed would else be held for: such a mistake, or ``target``.
        confirmed: the number that the sender confirms, the cumulative one where that is; None where the quarter's.
        note, explanation: the sender's words.
        upper_value, lower_value: two figures of which the first can never be below the second.
        place, reference: the row's place, and what its figure is about; where figures of the file are off.
        off_count: how many of its figures are off by a power of ten or outside their limits.
        new_in_file: how many figures of the file are other than the last ones.
    """

    source: IndicatorSource
    row_count: int = 1
    body_role: str | None = None
    own_rows_missing: int | None = None
    code: str | None = None
    name_meaning: str | None = None
    unit_typed: str | None = None
    unit: str | None = None
    target_typed: str | None = None
    target: str | None = None
    release: str | None = None
    figure_count: int = 0
    answer: str | None = None
    year_to_date_answer: str | None = None
    quarter_answer: str | None = None
    value_from: str | None = None
    promised_on: date | None = None
    kind: str | None = None
    wording: str | None = None
    precision: str | None = None
    date_reading: str | None = None
    data_on: date | None = None
    first_day: date | None = None
    last_day: date | None = None
    received_on: date | None = None
    nature: str | None = None
    year_to_date: float | None = None
    quarter_figure: float | None = None
    last_year_to_date: float | None = None
    last_quarter: float | None = None
    carried_over: float | None = None
    expected: float | None = None
    last_expected: float | None = None
    target_low: float | None = None
    target_high: float | None = None
    periods_left: int = 0
    reported: str = "no"
    history: str | None = None
    slip: int = 0
    part_slip: int = 0
    cells: str = ""
    suspicion: str | None = None
    confirmed: float | None = None
    note: str = ""
    explanation: str = ""
    upper_value: float | None = None
    lower_value: float | None = None
    place: int | None = None
    reference: float | None = None
    off_count: int = 0
    new_in_file: int = 0


class FigureSource(NamedTuple):
    """A number cell.

    Attributes:
        period: what the figure is of.
        last: the last figure, for people; ``FigureRecord.witness`` is the one it is compared with.
        slip: the power of ten by which it seems off, as the suite's own numbers tell.
        row: the record of its row; None for a correction.
        gate: the cell for a confirmation: the explanation, of a correction the reason.
    """

    facts: IndicatorFacts
    reading: CellReading
    period: Period
    last: Decimal | None
    slip: int
    row: IndicatorRecord | None = None
    gate: RawCell = RawCell()


@dataclass(slots=True, kw_only=True, eq=False)
class FigureRecord(Record):
    """Suite ``figure``: one number cell that holds something other than a declared absence.

    Attributes:
        reason: why it is no number, see ``NumberReading.reason``.
        figure, fraction: the number, and what stands behind its comma.
        precision: ``approximate`` or ``exact``.
        repair: how a number in an odd notation was understood.
        nature, family: of the indicator, and of its unit.
        scale, minimum, maximum: how its values run (``IndicatorFacts.scale``), and what is possible at all.
        target, expected: of the year; what it lets one expect of a figure of the period.
        witness: the last figure, which this one is compared with.
        whole, whole_slip: for a quarter's figure, what the cumulative ones make it, and by which power they are off.
        confirmed: the number that the sender confirms, the figure itself where it is repeated.
        asked_beyond: from which change on the register has it asked about; None: the suite's own.
        words: note and explanation, of a correction the reason.
        year_to_date, row_slip: the cumulative figure of its row, and by which power of ten that is off.
        history: whether an earlier figure is ``known``, or ``none``.
    """

    source: FigureSource
    reason: str | None
    figure: float | None
    fraction: float | None
    precision: str | None
    repair: str | None
    nature: str
    family: str
    scale: str
    minimum: float | None
    maximum: float | None
    target: float | None
    expected: float | None
    witness: float | None
    whole: float | None = None
    whole_slip: int | None = None
    confirmed: float | None = None
    asked_beyond: float | None = None
    words: str = ""
    year_to_date: float | None = None
    row_slip: int = 0
    history: str = "known"

    @property
    def explained_by(self) -> tuple[Record, ...]:
        """A figure's row is also that of its indicator."""
        return (self, self.source.row) if self.source.row else (self,)


class TaskSource(NamedTuple):
    """A row of sheet "Nhiệm vụ".

    Attributes:
        task: None where the plan has no such task.
        row: None for an owed task without a row.
        completion: how the percentage was read; None where there is none, or it is another body's.
        last: what the sender told last of the task, for an earlier period.
    """

    context: Context
    task: Task | None
    row: TaskRow | None = None
    completion: NumberReading | None = None
    last: KnownTask | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class TaskRecord(Record):
    """Suite ``task_row``: one row of sheet "Nhiệm vụ", or an owed task that has none (``row_count`` 0).

    Attributes:
        body_role: what the sender is to the task: ``lead``, ``none``, ``unlisted`` when there is no such task.
        ref: its reference as typed.
        state: a code of ``tiendo.model.states``, ``other`` for any other text.
        completion, completion_reading: in percent; a ``number``, ``empty``, or why it could not be read.
        completion_form: the number is ``plain``, or its words or its format say ``per_cent``.
        last_state, last_completion: what the sender told of it for an earlier period, other than that nothing occurred.
        difficulty: the sender's words.
    """

    source: TaskSource
    row_count: int = 1
    body_role: str | None = None
    ref: str | None = None
    state: str | None = None
    completion: float | None = None
    completion_reading: str | None = None
    completion_form: str | None = None
    last_state: str | None = None
    last_completion: float | None = None
    difficulty: str | None = None


class CorrectionSource(NamedTuple):
    """A row of sheet "Sửa số kỳ trước".

    Attributes:
        period, facts: of what is corrected; None where the plan has no such period or indicator.
        old: the cell that tells the figure replaced: its own, or the reason.
        later: the first later quarter whose figures the file does not tell anew.
    """

    context: Context
    row: CorrectionRow
    period: Period | None
    facts: IndicatorFacts | None
    old: RawCell
    later: Period | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class CorrectionRecord(Record):
    """Suite ``correction_row``: one row of sheet "Sửa số kỳ trước".

    Attributes:
        period_standing, period_from: the period that is corrected is ``in_plan`` or ``unknown``; its first day.
        file_period_from: first day of the file's own period.
        body_role, code, name_meaning: as of an indicator's row.
        named_by: the indicator is told by its ``code``, by its ``name`` alone, or by ``nothing``.
        figure_count: how many of its number cells hold something.
        nature, history: of the indicator; ``first`` quarter, or that of the quarter before is ``known`` or ``unknown``.
        year_to_date, quarter_figure: the new figures, typed or taken from each other; of levels both cells as typed.
        precision: ``approximate`` where a new figure is told in round numbers.
        taken_from: the cell that the other figure was taken from: ``quarter`` or ``year_to_date``.
        missing: the figure that the row lacks, and that does not follow from what is known.
        last_year_to_date: the cumulative figure of the quarter before.
        carried_over: the same where the corrected period adds to it.
        next_year_to_date, next_quarter: the figures of the first later quarter that the file does not tell anew; the
            second where it is the very next.
        recorded, recorded_quarter: the figures that are replaced.
        old_figure: the figure that is replaced, by the sender's own words.
        old_reading: these hold a ``number``, or the cell for it ``other`` than one.
        kind: ``actual``, ``estimate``, or ``?`` for anything else, of a row with a figure.
        date_reading: as of an indicator's row.
        reason: the sender's words.
    """

    source: CorrectionSource
    period_standing: str
    period_from: date | None
    file_period_from: date
    body_role: str
    code: str | None
    name_meaning: str | None
    named_by: str
    figure_count: int | None = None
    kind: str | None = None
    date_reading: str
    reason: str | None
    nature: str | None = None
    history: str | None = None
    year_to_date: float | None = None
    quarter_figure: float | None = None
    precision: str = "exact"
    taken_from: str | None = None
    missing: str | None = None
    last_year_to_date: float | None = None
    carried_over: float | None = None
    next_year_to_date: float | None = None
    next_quarter: float | None = None
    recorded: float | None = None
    recorded_quarter: float | None = None
    old_figure: float | None = None
    old_reading: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class FileRecords:
    """The records of one file, and what it would bring into the warehouse if it is accepted."""

    submission: SubmissionRecord
    indicator_rows: list[IndicatorRecord] = field(default_factory=list)
    figures: list[FigureRecord] = field(default_factory=list)
    task_rows: list[TaskRecord] = field(default_factory=list)
    correction_rows: list[CorrectionRecord] = field(default_factory=list)
    notices: list[NoticeRecord] = field(default_factory=list)
    observations: list[ObservationRow] = field(default_factory=list)
    tasks: list[TaskProgressRow] = field(default_factory=list)

    def by_suite(self) -> dict[str, Sequence[Record]]:
        """Returns its records by the name of their suite."""
        return {
            "submission": [self.submission],
            "indicator_row": self.indicator_rows,
            "figure": self.figures,
            "task_row": self.task_rows,
            "correction_row": self.correction_rows,
            "notice": self.notices,
        }
