"""The content of an edition as read-only values: everything a renderer needs and nothing it must look up.

``tiendo.report.gather`` fills these from the warehouse as of one instant; renderers are pure functions of them.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from tiendo.model.outcome import ACCEPTED
from tiendo.model.period import Period
from tiendo.model.register import Thresholds

NOT_REPORTED = "not_reported"
EXCUSED = ("exempt", "nothing_to_report")


@dataclass(frozen=True)
class Letterhead:
    """The words round the report that do not come from figures; ``report:`` in the plan's plan.yaml.

    Attributes:
        parent_body: the body above the issuing one.
        symbol: what follows the number and the stroke, ``BC-STC``.
        addressee: to whom the report goes.
        signing_office: lines above the signature, ``KT. GIÁM ĐỐC`` and ``PHÓ GIÁM ĐỐC``.
        recipients: lines of ``Nơi nhận``.
        basis: the documents that the report carries out.
        annex: how the plan calls its table of indicators, ``Phụ lục 1``; "" for nothing in particular.
    """

    parent_body: str
    issuing_body: str
    symbol: str
    place: str
    addressee: str
    signing_office: tuple[str, ...]
    signer: str
    recipients: tuple[str, ...]
    basis: tuple[str, ...] = ()
    annex: str = ""


@dataclass(frozen=True)
class Origin:
    """Where a figure or a sentence was read: the file, the place in it, who sent it and when.

    ``sender_code`` is the code of the body that ``agency_name`` names.
    """

    receipt_no: str
    file_name: str
    file_sha256: str
    sheet: str
    cell: str
    agency_name: str
    received_at: datetime
    sender_code: str | None = None


@dataclass(frozen=True)
class Submission:
    """One obliged body and its report for the period.

    Attributes:
        state: ``accepted``, ``accepted_with_warnings``, ``rejected``, ``missing``, ``exempt`` or
            ``nothing_to_report``.
        received_at: of the first accepted version; of the last rejected file where none was accepted.
        days_late: days begun after the body's own deadline; 0 when on time, None when nothing was accepted.
        extended_until: last day to submit granted by a letter, else None.
        open_until: last day on which what is owed still comes in time, as long as it is not over; else None.
        letter_no, letter_on: that letter, or the one that excused the body.
        owed_count, answered_count: indicators and tasks it owes, and those that accepted content answers.
    """

    agency_code: str
    agency_name: str
    state: str
    received_at: datetime | None
    is_on_time: bool | None
    days_late: int | None
    version: int | None
    finding_count: int
    receipt_no: str
    extended_until: date | None = None
    letter_no: str = ""
    letter_on: date | None = None
    open_until: date | None = None
    owed_count: int = 0
    answered_count: int = 0
    completeness_pct: Decimal | None = None

    @property
    def is_received(self) -> bool:
        """Whether an accepted report is there."""
        return self.state in ACCEPTED

    @property
    def is_excused(self) -> bool:
        """Whether there is no report and a letter excuses the body."""
        return self.state in EXCUSED

    @property
    def is_lacking(self) -> bool:
        """Whether a report is owed and not there, in time still or not."""
        return not (self.is_received or self.is_excused)


@dataclass(frozen=True)
class HistoryPoint:
    """An indicator at one earlier or the present period, as known at the edition's instant."""

    period: Period
    value: Decimal | None
    expected: Decimal | None
    status: str
    told_state: str = ""


@dataclass(frozen=True)
class PartLine:
    """One indicator whose figure is added up in another.

    Attributes:
        choice: ``tiendo.status.choose.Outcome``: whether it has a figure, and why not.
        origin: None where no figure counts.
    """

    code: str
    name: str
    value: Decimal | None
    choice: str
    origin: Origin | None


@dataclass(frozen=True)
class IndicatorLine:
    """One row of the indicator list; a group row has a name and nothing else.

    Attributes:
        full_name: the name where it stands alone, a sub-row's with its group's.
        decimals: how many computed amounts are printed with.
        status: a code of ``tiendo.status.names``; "" for a group row, or where no status was computed.
        margin: distance to the line between good and bad, in the unit; negative: this much is lacking.
        margin_up, margin_down: what is lacking to the next better status, room before the next worse; None: no such.
        needed: what the rest of the year must bring, in the unit.
        sentence: the verdict in one Vietnamese sentence.
        series: the periods it is looked at with: the year's, of a plan reported once a year the plan's years.
        expected_path: expected value at the end of each of the series, where one can be given.
        history: periods of the series up to this one that have a status.
        ratio_text: the ratio in per cent as the sentence has it; "" where there is none, or a negative one, which is
            computed for comparing and means nothing to a reader.
        gap_text: the size of ``margin`` with its unit, in points for shares; "" where there is none, or it is 0.
        expected_even: what an even pace would ask of a flow; None for all else.
        last_year: what had come by the end of the same period of the year before, of a flow where it is known.
        task_ref: the task whose text names the indicator, "" for none.
        responsible: names of those who lead that task; without one, of all who report the indicator; of a sum, of those
            who report the parts it waits for, else the part that is slowest.
        reporter_codes: the bodies that report it; a sum is reported by none, and has no agency_name.
        agency_codes, responsible_codes: of the bodies that ``agency_name`` and ``responsible`` name, in their order.
        unit_code: the register's code of ``unit``.
        parts: of a sum, the indicators whose figures are added up.
        told_state: what stands in the place of a figure where the target is words, as the register has it; else "".
        trend: ``better``, ``same`` or ``worse`` than in ``previous_period``, the last one with a figure; "" where
            nothing can be compared.
    """

    code: str
    row_order: int
    row_kind: str
    section_no: str
    section_title: str
    printed_no: str
    name: str
    full_name: str
    unit: str
    decimals: int
    target_text: str
    target_low: Decimal | None
    target_high: Decimal | None
    agency_name: str
    series: tuple[Period, ...]
    expected_path: tuple[Decimal | None, ...]
    history: tuple[HistoryPoint, ...]
    origin: Origin | None
    status: str = ""
    value: Decimal | None = None
    value_text: str = ""
    value_kind: str = ""
    value_basis: str = ""
    expected: Decimal | None = None
    ratio: Decimal | None = None
    margin: Decimal | None = None
    margin_up: Decimal | None = None
    margin_down: Decimal | None = None
    needed: Decimal | None = None
    sentence: str = ""
    rule_version: str = ""
    is_estimate: bool = False
    is_approximate: bool = False
    is_illustrative: bool = False
    data_on: date | None = None
    note: str = ""
    explanation: str = ""
    ratio_text: str = ""
    gap_text: str = ""
    expected_even: Decimal | None = None
    previous_period: Period | None = None
    previous_value: Decimal | None = None
    previous_status: str = ""
    trend: str = ""
    last_year: Decimal | None = None
    task_ref: str = ""
    responsible: tuple[str, ...] = ()
    reporter_codes: tuple[str, ...] = ()
    told_state: str = ""
    parts: tuple[PartLine, ...] = ()
    agency_codes: tuple[str, ...] = ()
    responsible_codes: tuple[str, ...] = ()
    unit_code: str = ""

    @property
    def is_graded(self) -> bool:
        """Whether it carries a status (everything but group rows)."""
        return bool(self.status)

    @property
    def is_told(self) -> bool:
        """Whether a figure or a state stands in it."""
        return self.value is not None or bool(self.told_state)


@dataclass(frozen=True)
class TaskReport:
    """One body's report on one task; ``state`` is ``not_reported`` and ``origin`` None where there is none.

    Attributes:
        contradiction: what we know that speaks against the state, in Vietnamese; "" for nothing.
        done_in: where nothing is reported, the period in which the body, last of all it said, called it done.
    """

    agency_code: str
    agency_name: str
    state: str
    completion_pct: Decimal | None
    result: str
    difficulty: str
    proposal: str
    origin: Origin | None
    contradiction: str = ""
    done_in: Period | None = None


@dataclass(frozen=True)
class TaskLine:
    """One task of the plan with one report per lead body, all obliged bodies for a collective task."""

    ref: str
    section_ref: str
    section_title: str
    title: str
    is_collective: bool
    due_on: date | None
    due_text: str
    reports: tuple[TaskReport, ...]

    @property
    def late_reports(self) -> tuple[TaskReport, ...]:
        """What bodies say who call themselves late."""
        return tuple(report for report in self.reports if report.state == "late")


@dataclass(frozen=True)
class LeadLine:
    """What one body leads: pairs of a status and its number of indicators, of a state and its number of tasks.

    ``tasks`` counts those that every body leads as well.
    """

    agency_code: str
    agency_name: str
    indicators: tuple[tuple[str, int], ...]
    tasks: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class RecordCard:
    """How one body has reported over the periods due so far; columns of ``mart.agency_record``.

    ``mistakes`` are the titles of the rules it broke most often, each with the number of files.
    """

    agency_code: str
    agency_name: str
    owed_count: int
    received_count: int
    on_time_count: int
    late_count: int
    missing_count: int
    days_late_avg: Decimal | None
    days_late_max: int | None
    first_try_count: int
    rejected_count: int
    quarantined_count: int
    own_plan_state: str | None
    own_plan_received_at: datetime | None
    own_plan_days_late: int | None
    mistakes: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Revision:
    """A figure of an earlier period that was not the same in the last edition that showed it.

    Attributes:
        old_status, new_status: that period's verdict then and now, where it rests on this figure; "" for none.
        old_told, new_told: the states that stand in the place of figures where the target is words; else "".
    """

    indicator_code: str
    indicator_name: str
    unit: str
    decimals: int
    period: Period
    basis: str
    old_value: Decimal | None
    new_value: Decimal | None
    reason: str
    origin: Origin
    old_status: str = ""
    new_status: str = ""
    old_told: str = ""
    new_told: str = ""


@dataclass(frozen=True)
class EditionChange:
    """A verdict or a figure that differs from the previous edition of the same period, or a sentence alone.

    Attributes:
        origin: where the new figure comes from; None where there is none.
        reason: why it is another one, in its sender's words.
        old_told, new_told: as in ``Revision``.
    """

    indicator_code: str
    indicator_name: str
    unit: str
    decimals: int
    old_status: str
    new_status: str
    old_value: Decimal | None
    new_value: Decimal | None
    old_sentence: str
    new_sentence: str
    origin: Origin | None
    reason: str = ""
    old_told: str = ""
    new_told: str = ""

    @property
    def is_flip(self) -> bool:
        """Whether the verdict is another one."""
        return self.old_status != self.new_status

    @property
    def is_correction(self) -> bool:
        """Whether a figure that was printed is now another one."""
        is_both = self.old_value is not None and self.new_value is not None
        return (is_both and self.old_value != self.new_value) or bool(
            self.old_told and self.new_told and self.old_told != self.new_told
        )


@dataclass(frozen=True)
class TaskChange:
    """What a body now tells otherwise of a task than in the edition before; ``not_reported`` for nothing told."""

    ref: str
    agency_name: str
    old_state: str
    new_state: str
    old_pct: Decimal | None
    new_pct: Decimal | None
    origin: Origin | None


@dataclass(frozen=True)
class PreviousEdition:
    """The edition of the same period before this one, and what is different now.

    Attributes:
        changes: verdicts and figures.
        arrivals: names of bodies whose report was not there then.
        rewordings: sentences that changed though verdict and figure did not.
        tasks: states or completions that are other ones.
    """

    number: int
    as_of: datetime
    changes: tuple[EditionChange, ...]
    arrivals: tuple[str, ...]
    rewordings: tuple[EditionChange, ...] = ()
    tasks: tuple[TaskChange, ...] = ()


@dataclass(frozen=True)
class AmendmentLine:
    """What a document changed in the plan.

    Attributes:
        code: of the indicator, task or body.
        text: what changed, in a sentence without its full stop.
        basis: from when, by which document and of which day: ``từ ngày 01/06/2023, theo Nghị quyết số ...``.
    """

    code: str
    text: str
    basis: str
    decision: str
    is_illustrative: bool


@dataclass(frozen=True)
class InputFile:
    """A file received for this period, or that a printed figure rests on."""

    receipt_no: str
    name: str
    sha256: str
    size_bytes: int
    agency_name: str
    period: str
    state: str
    received_at: datetime
    is_used: bool
    sender_code: str | None = None


@dataclass(frozen=True)
class Approval:
    """Who let the edition out, and when."""

    approved_by: str
    approved_at: datetime


@dataclass(frozen=True)
class EditionData:
    """A whole edition. Sequences are in the order of print; ``approval`` is None for a draft.

    Attributes:
        own_plans: the bodies' own implementation plans of the year, as ``submissions`` has their reports.
        amendments: of the plan, that took effect in the period.
        thresholds: the plan's; next_due_at: when the reports for the plan's next period are due, None at its end.
    """

    plan_code: str
    plan_title: str
    plan_short_title: str
    province: str
    plan_issued_by: str
    plan_issued_on: date
    register_sha256: str
    rule_version: str
    letterhead: Letterhead
    period: Period
    edition: int
    as_of: datetime
    cut_off_on: date
    due_at: datetime
    closing_at: datetime
    next_due_at: datetime | None
    thresholds: Thresholds
    approval: Approval | None
    submissions: tuple[Submission, ...]
    indicators: tuple[IndicatorLine, ...]
    body_targets: tuple[IndicatorLine, ...]
    tasks: tuple[TaskLine, ...]
    revisions: tuple[Revision, ...]
    previous: PreviousEdition | None
    inputs: tuple[InputFile, ...]
    own_plans: tuple[Submission, ...] = ()
    leads: tuple[LeadLine, ...] = ()
    records: tuple[RecordCard, ...] = ()
    amendments: tuple[AmendmentLine, ...] = ()
    is_of_several_years: bool = False

    @property
    def is_draft(self) -> bool:
        """Whether nobody has approved it."""
        return self.approval is None

    @property
    def is_supplement(self) -> bool:
        """Whether it comes after the period's closing day."""
        return self.as_of >= self.closing_at

    @cached_property
    def graded(self) -> tuple[IndicatorLine, ...]:
        """Every line with a status: the plan's annex, then the targets of the body text."""
        return tuple(line for line in (*self.indicators, *self.body_targets) if line.is_graded)

    @cached_property
    def status_counts(self) -> dict[str, int]:
        """How many graded lines have each status; statuses nobody has are left out."""
        counts: dict[str, int] = {}
        for line in self.graded:
            counts[line.status] = counts.get(line.status, 0) + 1
        return counts
