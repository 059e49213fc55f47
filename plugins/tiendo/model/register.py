"""What a plan's register holds, as read-only values. ``tiendo.plan.register`` reads and checks it."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from tiendo.model.occasions import ReminderRules
from tiendo.model.period import Period, PeriodKind, periods_of
from tiendo.model.working_days import WorkingDays, midnight


class Duty(StrEnum):
    """What a body owes."""

    QUARTERLY_REPORT = "quarterly_report"
    IMPLEMENTATION_PLAN = "implementation_plan"


class RowKind(StrEnum):
    """What a row of the indicator list is."""

    INDICATOR = "indicator"
    SUB_INDICATOR = "sub_indicator"
    GROUP = "group"
    BODY_TARGET = "body_target"


class Comparator(StrEnum):
    """How a target is understood (not how it is printed).

    RANGE is a floor with an upper hope (``9 - 10``): achieved from ``low``, exceeded above ``high``.
    BETWEEN is a true band (``103-107``): achieved inside it, worse on both sides. STATE is a target in words: what may
    be reported, and what each is worth, is a list (``Indicator.states``).
    """

    GE = "ge"
    GT = "gt"
    LE = "le"
    LT = "lt"
    RANGE = "range"
    BETWEEN = "between"
    STATE = "state"
    NONE = "none"


class Direction(StrEnum):
    """Which way is good."""

    HIGHER_BETTER = "higher_better"
    LOWER_BETTER = "lower_better"
    WITHIN_RANGE = "within_range"
    NONE = "none"


class Nature(StrEnum):
    """What kind of quantity an indicator is, and so what a quarter must reach: docs/methodology.md, section 3."""

    FLOW = "flow"
    STOCK = "stock"
    RATIO = "ratio"
    GROWTH = "growth"
    INDEX = "index"
    RANK = "rank"
    STATE = "state"
    GROUP = "group"


class ListedState(NamedTuple):
    """A state that may be reported of an indicator whose target is words, and its verdict within the year."""

    text: str
    verdict: str


@dataclass(frozen=True)
class Unit:
    """A unit of measure.

    Attributes:
        code: ``percent``, ``billion_vnd``, ...
        label: as shown to officials, ``%``, ``Tỷ đồng``.
        family: ``share`` (percent within 0-100), ``percent_change`` (may be negative), ``per_mille``, ``money``,
            ``count`` (whole, not negative), ``measure`` (not negative, decimals), ``rank`` (whole, from 1).
        decimals: decimals shown in reports.
    """

    code: str
    label: str
    family: str
    decimals: int


@dataclass(frozen=True)
class Agency:
    """A body named in the plan, or a district.

    Attributes:
        kind: ``department``, ``district``, ``commune`` ... (``tiendo.plan.register.AGENCY_KINDS``); a ``receiver`` is
            who gets the bodies' own plans beside the body that collects the reports.
        is_obliged: owes a quarterly report.
        variants: other ways its name is written, the present name included.
        mail_addresses, mail_domains: what it sends mail from: single addresses, and domains (without their
            subdomains) of which every address is its own.
    """

    code: str
    name: str
    short_name: str
    kind: str
    is_obliged: bool
    row_order: int
    variants: tuple[str, ...] = ()
    decision: str = ""
    mail_addresses: tuple[str, ...] = ()
    mail_domains: tuple[str, ...] = ()


class PastShare(NamedTuple):
    """What had come by the end of a quarter of a past year, and what that whole year brought; in the same unit."""

    year: int
    value: Decimal
    year_value: Decimal
    source: str
    year_source: str


@dataclass(frozen=True)
class Indicator:
    """One row of the plan's annex of indicators, or one outcome target of its body text.

    Attributes:
        name: as printed; ``label`` is the same with misprints mended, for people.
        target_text: as printed (``> 8,7``); ``comparator``/``low``/``high`` as understood, in ``unit``.
        reporters: agency codes, first takes precedence where ``has_precedence``.
        published_in: numbers of the year's periods in which a figure exists; () when only after the year.
        baseline: value at the end of the year before, in ``unit``, where known.
        profile: expected share of the year's flow by the end of each of its periods, where known, else the even one.
        profile_basis: for each period the past years its share is the mean of; none: that period's is the even one.
            Empty for a profile that was decided instead.
        tolerance: how far two reporters may differ, in ``unit``.
        minimum, maximum: what is possible at all, in ``unit``.
        asked_beyond: from which change against the last figure on a figure is asked about: a factor for a level, points
            for a growth rate; None: the suite's.
        decision: what was decided where the source is silent or odd, and why.
        task_ref: the task whose text names the indicator, "" for none.
        states: what may be reported where the comparator is ``state``, in the register's order; () for all others.
        sum_of: codes of the indicators whose figures add up to its own, which nobody reports; () where it is reported.
    """

    code: str
    row_order: int
    row_kind: RowKind
    parent_code: str | None
    section_no: str
    section_title: str
    printed_no: str
    name: str
    label: str
    unit_as_printed: str
    unit: Unit | None
    target_text: str
    comparator: Comparator
    low: Decimal | None
    high: Decimal | None
    direction: Direction
    nature: Nature
    reporters: tuple[str, ...]
    has_precedence: bool
    published_in: tuple[int, ...]
    publication_note: str
    baseline: Decimal | None
    baseline_on: date | None
    baseline_source: str
    profile: tuple[Decimal, ...] | None
    tolerance: Decimal
    minimum: Decimal | None
    maximum: Decimal | None
    decision: str
    profile_basis: tuple[tuple[PastShare, ...], ...] = ()
    asked_beyond: Decimal | None = None
    task_ref: str = ""
    states: tuple[ListedState, ...] = ()
    sum_of: tuple[str, ...] = ()

    @property
    def is_leaf(self) -> bool:
        """Whether it has figures, reported or added up (everything but group rows)."""
        return self.row_kind is not RowKind.GROUP


@dataclass(frozen=True)
class Task:
    """One task of the plan's body text.

    Attributes:
        lead_agencies: agency codes that owe its progress; every obliged agency for a collective task.
        due_on: day by which it is due, where the plan gives one; ``due_text`` is the plan's wording of it.
    """

    ref: str
    row_order: int
    section_ref: str
    section_title: str
    title: str
    lead_as_printed: str
    lead_agencies: tuple[str, ...]
    coordinating_text: str
    is_collective: bool
    due_on: date | None
    due_text: str
    verbatim_start: str
    decision: str


@dataclass(frozen=True)
class PeriodCalendar:
    """The days of one period.

    ``due_at`` and ``closing_at`` are exclusive: midnight at the end of the 14th for "before the 15th", midnight at the
    end of the 25th for "by the 25th".
    """

    period: Period
    cut_off_on: date
    due_at: datetime
    publish_at: datetime
    closing_at: datetime


@dataclass(frozen=True)
class Obligation:
    """Something every obliged body owes by a day, unless a letter says otherwise.

    Attributes:
        period: ``2023-Q1`` for a quarterly report, ``2023`` for what is owed once a year.
        due_at, closing_at: exclusive, as in ``PeriodCalendar``; nobody is given longer than until ``closing_at``.
    """

    duty: Duty
    period: str
    due_at: datetime
    closing_at: datetime


class Change(StrEnum):
    """What an amendment does to a row of the register."""

    SET = "set"
    ADD = "add"
    WITHDRAW = "withdraw"
    MERGE = "merge"
    SPLIT = "split"


@dataclass(frozen=True)
class Amendment:
    """One change of the register from a day on.

    Attributes:
        from_on: periods whose data is closed on this day or later follow it.
        document: the decision it rests on, "" where none is needed; ``dated_on`` its day.
        subject: ``agency``, ``indicator`` or ``task``; ``code`` which of them.
        column: of a ``set``, the column whose cell changes, to ``value``, from ``before``.
        value: of a merger or split, the codes of the bodies that take over, with semicolons between.
        is_illustrative: made up for demonstration (số liệu minh họa).
    """

    from_on: date
    document: str
    dated_on: date | None
    subject: str
    code: str
    change: Change
    column: str = ""
    value: str = ""
    before: str = ""
    decision: str = ""
    is_illustrative: bool = False


@dataclass(frozen=True)
class Thresholds:
    """Cut-offs of the grades; see docs/methodology.md."""

    on_track: Decimal
    at_risk: Decimal
    approximate_tolerance_pct: Decimal


@dataclass(frozen=True)
class Register:
    """A whole plan, checked. Lookups by code are dictionaries; sequences keep the printed order.

    As loaded it has every body, indicator and task there ever was under the plan, as first printed, and so tells what a
    name or code means. What counts for a period or a day is the register ``in_force`` then.

    Attributes:
        own_plan_task: the task by whose ``due_on`` every body sends in its own implementation plan, "" where no task
            asks for it; ``own_plan_due_on`` the day in that case, None where bodies owe no plan of their own.
        sha256: of the files it was read from; ``files`` are these, by name.
        version_sha256: of what grades, is owed and is printed by it: amendments of other periods leave it as it is.
        amendments: in the order in which they take effect.
        versions: the registers in force, each from a day on, in order; none where nothing was ever amended.
        period_kind: which periods it is reported by.
        last_year: of a plan of several years, which begins with ``year``; None for one of that year alone.
    """

    code: str
    title: str
    short_title: str
    province: str
    issued_by: str
    issued_on: date
    year: int
    rule_version: str
    sha256: str
    thresholds: Thresholds
    report: dict[str, Any]
    units: dict[str, Unit]
    agencies: tuple[Agency, ...]
    indicators: tuple[Indicator, ...]
    tasks: tuple[Task, ...]
    calendar: tuple[PeriodCalendar, ...]
    own_plan_task: str
    own_plan_due_on: date | None = None
    reminders: ReminderRules = field(default_factory=ReminderRules)
    working_days: WorkingDays = field(default_factory=WorkingDays)
    version_sha256: str = ""
    amendments: tuple[Amendment, ...] = ()
    versions: tuple[tuple[date, "Register"], ...] = field(default=(), repr=False)
    period_kind: PeriodKind = PeriodKind.QUARTER
    last_year: int | None = None
    files: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def plans(self) -> tuple["Register", ...]:
        """Itself, as the one plan where others may stand beside it (``tiendo.model.plans``)."""
        return (self,)

    @property
    def years(self) -> range:
        """The years of the plan."""
        return range(self.year, (self.last_year or self.year) + 1)

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """The periods it is reported by, in order."""
        return periods_of(self.years, self.period_kind)

    def series(self, period: Period) -> tuple[Period, ...]:
        """Returns what a period is looked at with: the year's periods; of a plan reported once a year, all years."""
        return self.periods if self.period_kind is PeriodKind.YEAR else period.of_year

    def so_far(self, period: Period) -> tuple[Period, ...]:
        """Returns its series up to and with a period."""
        return tuple(each for each in self.series(period) if each <= period)

    def until(self, period: Period) -> tuple[Period, ...]:
        """Returns the plan's periods up to and with one."""
        return tuple(each for each in self.periods if each <= period)

    def is_over(self, now: datetime) -> bool:
        """Tells whether every period of the plan has closed."""
        return all(entry.closing_at <= now for entry in self.calendar)

    def in_force(self, period: Period) -> "Register":
        """Returns the register by which a period is graded, owed and printed: that of the day its data is closed."""
        entry = self.calendar_by_period.get(period)
        return self.in_force_on(entry.cut_off_on) if entry else self

    def in_force_for(self, owed: Obligation) -> "Register":
        """Returns the register by which something is owed: that of its period, or of its last day to submit."""
        entry = next((each for each in self.calendar if str(each.period) == owed.period), None)
        return self.in_force(entry.period) if entry else self.in_force_on((owed.due_at - timedelta(days=1)).date())

    def in_force_on(self, day: date) -> "Register":
        """Returns the register in force on a day."""
        return next((version for from_on, version in reversed(self.versions) if from_on <= day), self)

    def amendments_of(self, period: Period) -> tuple[Amendment, ...]:
        """Returns what took effect for the first time in a period of the calendar."""
        entry = self.calendar_by_period[period]
        earlier = [other.cut_off_on for other in self.calendar if other.period < period]
        return tuple(
            each
            for each in self.amendments
            if each.from_on <= entry.cut_off_on and not any(each.from_on <= day for day in earlier)
        )

    def heirs_on(self, day: date) -> dict[str, tuple[str, ...]]:
        """Returns the bodies that have ended by a day, with those that took over from them and are still there."""
        taken = {
            each.code: tuple(each.value.split(";"))
            for each in self.amendments
            if each.change in (Change.MERGE, Change.SPLIT) and each.from_on <= day
        }

        def last(code: str) -> tuple[str, ...]:
            return tuple(end for heir in taken[code] for end in (last(heir) if heir in taken else (heir,)))

        return {code: tuple(dict.fromkeys(last(code))) for code in taken}

    def speaker_on(self, code: str, day: date) -> Agency:
        """Returns who answers for a body on a day, as it is then: itself, or the first that took over from it."""
        heirs = self.heirs_on(day).get(code, ())
        now = self.in_force_on(day).agency_by_code
        return next((now[each] for each in (*heirs, code) if each in now), self.agency_by_code[code])

    @cached_property
    def agency_by_code(self) -> dict[str, Agency]:
        """Agencies by code."""
        return {agency.code: agency for agency in self.agencies}

    @cached_property
    def indicator_by_code(self) -> dict[str, Indicator]:
        """Indicators by code."""
        return {indicator.code: indicator for indicator in self.indicators}

    @cached_property
    def task_by_ref(self) -> dict[str, Task]:
        """Tasks by reference, ``II.4.a.1``."""
        return {task.ref: task for task in self.tasks}

    @cached_property
    def calendar_by_period(self) -> dict[Period, PeriodCalendar]:
        """Calendar entries by period."""
        return {entry.period: entry for entry in self.calendar}

    @cached_property
    def obligations(self) -> tuple[Obligation, ...]:
        """All that is owed under the plan: the quarterly reports, and before them each body's own plan, if any."""
        reports = tuple(
            Obligation(Duty.QUARTERLY_REPORT, str(entry.period), entry.due_at, entry.closing_at)
            for entry in self.calendar
        )
        own = self.task_by_ref.get(self.own_plan_task)
        due_on = self.own_plan_due_on if own is None else own.due_on
        if due_on is None:
            return reports
        end_of_year = midnight(date(self.years[-1] + 1, 1, 1))
        due_at = midnight(due_on + timedelta(days=1))
        return (Obligation(Duty.IMPLEMENTATION_PLAN, str(self.year), due_at, end_of_year), *reports)

    @cached_property
    def obliged(self) -> tuple[Agency, ...]:
        """Agencies that owe a quarterly report, in the register's order."""
        return tuple(agency for agency in self.agencies if agency.is_obliged)

    def agency_of_address(self, address: str) -> Agency | None:
        """Returns the body whose own a mail address is, in small letters; None when it is nobody's."""
        return self._agency_by_mail.get(address) or self._agency_by_mail.get(address.rpartition("@")[2])

    @cached_property
    def _agency_by_mail(self) -> dict[str, Agency]:
        """Bodies by address and by domain; the two cannot be confused, an address holds an ``@``."""
        return {mail: agency for agency in self.agencies for mail in (*agency.mail_addresses, *agency.mail_domains)}

    def indicators_of(self, agency_code: str) -> tuple[Indicator, ...]:
        """Returns the leaves an agency reports, in printed order, body targets last."""
        return self._indicators_by_agency.get(agency_code, ())

    def tasks_of(self, agency_code: str) -> tuple[Task, ...]:
        """Returns the tasks an agency owes progress on, collective ones included, in the plan's order."""
        return self._tasks_by_agency.get(agency_code, ())

    @cached_property
    def _indicators_by_agency(self) -> dict[str, tuple[Indicator, ...]]:
        found: dict[str, tuple[Indicator, ...]] = {}
        for indicator in self.indicators:
            for agency in indicator.reporters if indicator.is_leaf else ():
                found[agency] = (*found.get(agency, ()), indicator)
        return found

    @cached_property
    def _tasks_by_agency(self) -> dict[str, tuple[Task, ...]]:
        found: dict[str, tuple[Task, ...]] = {}
        for task in self.tasks:
            for agency in task.lead_agencies:
                found[agency] = (*found.get(agency, ()), task)
        return found
