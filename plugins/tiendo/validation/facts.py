"""What the register and earlier figures say about a cell, looked up once per batch instead of once per row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple

from tiendo.model.period import Period
from tiendo.model.register import Agency, Indicator, Nature, Register
from tiendo.vietnamese.dates import format_date
from tiendo.vietnamese.text import fold

YEAR_TO_DATE, QUARTER = "year_to_date", "quarter"
# Natures whose value stands on its own at the period's end; the other two are told from the year's start.
POINT_NATURES = frozenset({Nature.STOCK, Nature.RATIO, Nature.INDEX, Nature.RANK, Nature.STATE})


@dataclass(frozen=True)
class IndicatorFacts:
    """One leaf indicator with its names and units in the form that is compared."""

    indicator: Indicator
    names: frozenset[str]
    units: frozenset[str]
    unit_label: str
    reporters: str

    @cached_property
    def bodies(self) -> frozenset[str]:
        """Codes of those who report it: asked of each row, and there may be many."""
        return frozenset(self.indicator.reporters)

    @cached_property
    def family(self) -> str:
        """Family of its unit, "" without one."""
        return self.indicator.unit.family if self.indicator.unit else ""

    @cached_property
    def is_flow(self) -> bool:
        """Whether it is added up over the year."""
        return self.indicator.nature is Nature.FLOW

    @cached_property
    def scale(self) -> str:
        """How its values run: a ``share`` of 0 to 100, ``unsigned`` from 0 on, or ``signed``.

        A share may leave 0-100 where the register says so: that of TFP in a growth can be negative.
        """
        low, high = self.indicator.minimum, self.indicator.maximum
        if self.family == "share" and (low is None or low >= 0) and (high is None or high <= 100):
            return "share"
        return "unsigned" if low is not None and low >= 0 else "signed"

    @cached_property
    def target_middle(self) -> Decimal | None:
        """The target as one number: its floor, else its ceiling."""
        return self.indicator.low if self.indicator.low is not None else self.indicator.high

    def expected(self, period: Period) -> Decimal | None:
        """Returns what the year's target lets one expect at the period's end; flows take their share of the year."""
        target = self.target_middle
        if target is None or not self.is_flow:
            return target
        profile = self.indicator.profile
        return target * (profile[period.number - 1] if profile else period.even_share)

    def is_due(self, period: Period) -> bool:
        """Tells whether a figure of it exists in the period."""
        return period.number in self.indicator.published_in


class RegisterFacts:
    """Lookups over a register, built once per batch."""

    def __init__(self, register: Register, whole: "RegisterFacts | None" = None) -> None:
        self.register = register
        self._whole = whole or self
        self.periods = {entry.period: entry for entry in register.calendar}
        self.senders = {agency.code: agency for agency in register.obliged}
        # Found once a batch: the titles of the template are the same in each file.
        self.agency_by_title: dict[str, str] = {}
        self._in_force: dict[str, RegisterFacts] = {}

    def in_force(self, period: Period) -> "RegisterFacts":
        """Returns the lookups over the register that a period follows."""
        whole = self._whole
        register = whole.register.in_force(period)
        if register is whole.register:
            return whole
        if register.version_sha256 not in whole._in_force:
            whole._in_force[register.version_sha256] = RegisterFacts(register, whole)
        return whole._in_force[register.version_sha256]

    @cached_property
    def indicators(self) -> dict[str, IndicatorFacts]:
        """Leaf indicators by code."""
        register = self.register
        groups = {i.code: i for i in register.indicators if not i.is_leaf}
        facts: dict[str, IndicatorFacts] = {}
        for indicator in register.indicators:
            if not indicator.is_leaf:
                continue
            names = {fold(indicator.name), fold(indicator.label)}
            if (parent := groups.get(indicator.parent_code or "")) is not None:
                # A sub-row is called "- Di động" in print, "Số thuê bao điện thoại - Di động" where it stands alone.
                sub_name = indicator.name.lstrip("- ")
                names |= {fold(sub_name)} | {fold(f"{p} - {sub_name}") for p in (parent.name, parent.label)}
            unit_label = indicator.unit.label if indicator.unit else indicator.unit_as_printed
            units = {fold(unit_label), fold(indicator.unit_as_printed)} - {""}
            reporters = self.agency_names(indicator.reporters)
            if indicator.sum_of:
                reporters = "không đơn vị nào, số liệu được cộng từ các chỉ tiêu thành phần"
            facts[indicator.code] = IndicatorFacts(indicator, frozenset(names), frozenset(units), unit_label, reporters)
        return facts

    @cached_property
    def code_by_name(self) -> dict[str, str]:
        """Codes by folded name; names that two indicators share are left out."""
        return _of_one((name, code) for code, facts in self.indicators.items() for name in facts.names)

    @cached_property
    def indicators_by_agency(self) -> dict[str, tuple[str, ...]]:
        """Codes of the leaves each agency reports."""
        return {code: tuple(i.code for i in self.register.indicators_of(code)) for code in self.senders}

    @cached_property
    def tasks_by_agency(self) -> dict[str, tuple[str, ...]]:
        """References of the tasks each agency leads."""
        return {code: tuple(t.ref for t in self.register.tasks_of(code)) for code in self.senders}

    @cached_property
    def only_year(self) -> int | None:
        """The year that is meant where a text names none; None where the plan has several."""
        return self.register.year if len(self.register.years) == 1 else None

    @cached_property
    def period_list(self) -> str:
        """The plan's periods for people: ``quý I năm 2023; quý II năm 2023``."""
        return "; ".join(entry.period.vietnamese for entry in self.register.calendar)

    @cached_property
    def date_example(self) -> str:
        """A day in the plan's first period, as a date should be typed."""
        return format_date(self.register.calendar[0].cut_off_on)

    @cached_property
    def agency_by_name(self) -> dict[str, str]:
        """Codes by folded name, short name and variant; names that two bodies share are left out."""
        return _of_one(
            (fold(name), agency.code)
            for agency in self.register.agencies
            for name in (agency.name, agency.short_name, *agency.variants)
        )

    @cached_property
    def group_by_name(self) -> dict[str, str]:
        """Codes of the group rows, which have no figure of their own, by folded name."""
        groups = [i for i in self.register.indicators if not i.is_leaf]
        return {fold(name): i.code for i in groups for name in (i.name, i.label)}

    @cached_property
    def ref_by_typed(self) -> dict[str, str]:
        """References of tasks by their folded form; those that differ in capitals alone are left out."""
        return _of_one((fold(task.ref), task.ref) for task in self.register.tasks)

    @cached_property
    def task_by_title(self) -> dict[str, str]:
        """References of tasks by folded title; titles that two tasks share are left out."""
        return _of_one((fold(task.title), task.ref) for task in self.register.tasks)

    def agency_names(self, codes: Iterable[str]) -> str:
        """Returns ``Sở Y tế, Sở Tài chính``."""
        agencies: dict[str, Agency] = self.register.agency_by_code
        return ", ".join(agencies[code].name if code in agencies else code for code in codes)


def _of_one(named: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Returns what each name stands for; names of several things are left out."""
    found: dict[str, set[str]] = {}
    for name, thing in named:
        found.setdefault(name, set()).add(thing)
    return {name: next(iter(things)) for name, things in found.items() if len(things) == 1}


def body_role(agency: str, facts: IndicatorFacts | None, register: Register, today: date) -> str:
    """Returns what a body is to a row's indicator: ``reporter``, ``none``, or ``unlisted`` without an indicator.

    One that took over from a body that has ended speaks for it, of the quarters before that too.
    """
    if facts is None:
        return "unlisted"
    if agency in facts.bodies:
        return "reporter"
    heirs = register.heirs_on(today)
    return "reporter" if any(agency in heirs.get(body, ()) for body in facts.bodies) else "none"


class KnownFigure(NamedTuple):
    """A figure that counts so far: one per indicator, body, period and basis; a row of ``intake/history.sql``.

    Attributes:
        basis: ``year_to_date`` or ``quarter``.
        value: in the indicator's unit; None where the body declared why there is none.
        received_at: when the file that told it came.
    """

    indicator: str
    agency: str
    period: Period
    basis: str
    value: Decimal | None
    is_correction: bool
    received_at: datetime


class KnownTask(NamedTuple):
    """What a body told of a task for a period, in the newest report of it; a row of ``intake/task_history.sql``.

    Attributes:
        state: a code of ``tiendo.model.states``.
        completion: in percent, None where it was not told.
    """

    task_ref: str
    agency: str
    period: Period
    state: str
    completion: Decimal | None
    received_at: datetime


Known = KnownFigure | KnownTask


class HistoryFacts:
    """Last known figures, by indicator, agency, basis and period; what was told of tasks.

    Args:
        heirs: bodies that have ended, with those that took over: what the former told is known of the latter too,
            where they have told nothing themselves.
    """

    def __init__(self, history: Iterable[Known], heirs: Mapping[str, Sequence[str]] | None = None) -> None:
        self._values: dict[tuple[str, str, str], dict[Period, Decimal]] = {}
        self._tasks: dict[tuple[str, str], list[KnownTask]] = {}
        self._reported: set[tuple[str, Period]] = set()
        for known in history:
            if isinstance(known, KnownTask):
                self._tasks.setdefault((known.task_ref, known.agency), []).append(known)
                continue
            self._reported.add((known.agency, known.period))
            if known.value is not None:
                by_period = self._values.setdefault((known.indicator, known.agency, known.basis), {})
                by_period[known.period] = known.value
        for ended, taking_over in (heirs or {}).items():
            self._hand_over(ended, taking_over)

    def _hand_over(self, ended: str, heirs: Sequence[str]) -> None:
        for (indicator, _, basis), told in [each for each in self._values.items() if each[0][1] == ended]:
            for heir in heirs:
                own = self._values.get((indicator, heir, basis), {})
                self._values[indicator, heir, basis] = told | own
        for (task_ref, _), known in [each for each in self._tasks.items() if each[0][1] == ended]:
            for heir in heirs:
                self._tasks[task_ref, heir] = [*known, *self._tasks.get((task_ref, heir), ())]

    def has_reported(self, agency: str, period: Period) -> bool:
        """Tells whether figures of the agency for the period are known."""
        return (agency, period) in self._reported

    def value(self, indicator: str, agency: str, basis: str, period: Period) -> Decimal | None:
        """Returns the figure of exactly this period."""
        return self._values.get((indicator, agency, basis), {}).get(period)

    def last_before(
        self, indicator: str, agency: str, basis: str, period: Period, *, same_year: bool
    ) -> tuple[Period, Decimal] | None:
        """Returns the latest figure of an earlier period, of the same year where sums start anew each year."""
        known = self._values.get((indicator, agency, basis), {})
        earlier = [p for p in known if p < period and (p.year == period.year or not same_year)]
        return (max(earlier), known[max(earlier)]) if earlier else None

    def last_task(self, task_ref: str, agency: str, period: Period) -> KnownTask | None:
        """Returns what was told last of a task for an earlier period, other than that nothing occurred."""
        told = self._tasks.get((task_ref, agency), ())
        earlier = [known for known in told if known.period < period and known.state != "not_applicable"]
        return max(earlier, key=attrgetter("period"), default=None)

    def first_after(
        self, indicator: str, agency: str, basis: str, period: Period, *, before: Period
    ) -> tuple[Period, Decimal] | None:
        """Returns the earliest figure of a later period of the same year that comes before another period."""
        known = self._values.get((indicator, agency, basis), {})
        later = [p for p in known if period < p < before and p.year == period.year]
        return (min(later), known[min(later)]) if later else None
