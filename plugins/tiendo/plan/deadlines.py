"""The days of a period, computed from the plan's rules and Viet Nam's working days.

Decree 09/2019/NĐ-CP closes a quarter's data on the 14th of its last month (article 12) and lets the province report
to the Government until the 25th (article 13); a plan may want the reports before, or in the month after. "Before the
15th" and "until the 25th" end at midnight in Viet Nam, and are kept as the first instant that is too late.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from tiendo.clock import HANOI
from tiendo.model.period import Period
from tiendo.model.register import PeriodCalendar
from tiendo.model.working_days import WorkingDays, midnight

_ONE_DAY = timedelta(days=1)
LAST_DAY = 31
"""The last day of a month, however long it is; the longest has as many days."""


@dataclass(frozen=True)
class PeriodOverride:
    """Days set by hand for one period; None leaves the rule's day."""

    cut_off_on: date | None = None
    due_before: date | None = None
    publish_at: datetime | None = None
    closing_on: date | None = None


@dataclass(frozen=True)
class CalendarChange:
    """A change of the rules within the year, by an official document.

    Attributes:
        effective_on: every period whose data is not closed before this day follows the new rules.
        document: number and date of what ordered it.
        days: the rules that change, by name of ``CalendarRules``' attribute; the others stay.
    """

    effective_on: date
    document: str
    days: Mapping[str, Any]


@dataclass(frozen=True)
class CalendarRules:
    """Days of the last month of a period, or of a month after it, as the plan and the law give them.

    Attributes:
        cut_off_day: last day the data may speak of.
        due_before_day: first day that is too late to submit.
        publish_day, publish_time: when the first edition is due; on the last working day before when that is none.
        closing_day: last day on which the period is open.
        due_month, publish_month, closing_month: how many months after the period's last one these days lie.
        overrides: days set by hand.
        changes: changes within the year, in the order they take effect.
        working_days: the working days of the plan's year.
    """

    cut_off_day: int
    due_before_day: int
    publish_day: int
    publish_time: time
    closing_day: int
    overrides: Mapping[Period, PeriodOverride] = field(default_factory=dict)
    changes: tuple[CalendarChange, ...] = ()
    working_days: WorkingDays = field(default_factory=WorkingDays)
    due_month: int = 0
    publish_month: int = 0
    closing_month: int = 0

    def at(self, period: Period) -> "CalendarRules":
        """Returns the rules that a period follows: a change leaves alone the periods whose data was closed by then."""
        rules = self
        for change in self.changes:
            if change.effective_on <= _day(period, 0, rules.cut_off_day):
                rules = replace(rules, **change.days)
        return rules


def compute_period(rules: CalendarRules, period: Period) -> PeriodCalendar:
    """Returns the days of one period. Whether their order makes sense is for the register to check."""
    own = rules.overrides.get(period, PeriodOverride())
    rules = rules.at(period)
    publish_on = rules.working_days.last_until(_day(period, rules.publish_month, rules.publish_day))
    last_due_day = _day(period, rules.due_month, rules.due_before_day - 1)
    return PeriodCalendar(
        period=period,
        cut_off_on=own.cut_off_on or _day(period, 0, rules.cut_off_day),
        due_at=midnight(own.due_before or last_due_day + _ONE_DAY),
        publish_at=own.publish_at or datetime.combine(publish_on, rules.publish_time, HANOI),
        closing_at=midnight((own.closing_on or _day(period, rules.closing_month, rules.closing_day)) + _ONE_DAY),
    )


def _day(period: Period, months: int, day: int) -> date:
    """Returns a day of the month that lies so many months after the period's last; 0 is the day before its first."""
    years, month = divmod(period.last_month - 1 + months, 12)
    first = date(period.year + years, month + 1, 1)
    return first + _ONE_DAY * (min(day, monthrange(first.year, first.month)[1]) - 1)


def compute_calendar(rules: CalendarRules, periods: Iterable[Period]) -> tuple[PeriodCalendar, ...]:
    """Returns the days of a plan's periods."""
    return tuple(compute_period(rules, period) for period in periods)
