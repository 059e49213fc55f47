"""Working days of state offices in Viet Nam: weekends, public holidays, Tết, days off in lieu, exchanged days.

The ``holidays`` package knows the law's holidays, the days off in lieu of those that fall on a weekend, and most of
the exchanges the Government orders each year; an exchange it lacks is data of the plan (``calendar.exchanged_days``).
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING

from tiendo.clock import HANOI

if TYPE_CHECKING:
    from holidays import HolidayBase

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class ExchangedDay:
    """A working day that was made free, and the free day worked instead (None where none was set).

    Attributes:
        source: who ordered it, and where that was read.
    """

    free: date
    worked: date | None
    source: str


@dataclass(frozen=True)
class WorkingDays:
    """The working days, with the exchanges that the package lacks."""

    exchanged: tuple[ExchangedDay, ...] = ()

    def is_working(self, day: date) -> bool:
        """Tells whether offices work on a day: no weekend, holiday or Tết, or a Saturday worked in exchange."""
        if day in self._free:
            return False
        return day in self._worked or is_statutory(day)

    def last_until(self, day: date) -> date:
        """Returns the day itself when it is a working day, else the last working day before it."""
        while not self.is_working(day):
            day -= _ONE_DAY
        return day

    def shift(self, day: date, number: int) -> date:
        """Returns the working day that lies ``number`` working days after a day, or before it where negative.

        The day itself is not counted, whether it is a working day or not.
        """
        step = _ONE_DAY if number > 0 else -_ONE_DAY
        for _ in range(abs(number)):
            day += step
            while not self.is_working(day):
                day += step
        return day

    def count(self, after: date, until: date) -> int:
        """Returns how many working days lie after a day, up to and with another; 0 where that is not later."""
        days = (after + _ONE_DAY * number for number in range(1, (until - after).days + 1))
        return sum(self.is_working(day) for day in days)

    @cached_property
    def _free(self) -> frozenset[date]:
        return frozenset(exchange.free for exchange in self.exchanged)

    @cached_property
    def _worked(self) -> frozenset[date]:
        return frozenset(exchange.worked for exchange in self.exchanged if exchange.worked)


def is_statutory(day: date) -> bool:
    """Tells whether a day is a working day by the package alone."""
    return _viet_nam().is_working_day(day)


def midnight(day: date) -> datetime:
    """Returns the first instant of a day in Viet Nam."""
    return datetime.combine(day, time(0), HANOI)


def last_day_before(instant: datetime) -> date:
    """Returns the last day before an instant that is too late: the 14th for the midnight it ends with."""
    return (instant.astimezone(HANOI) - timedelta(microseconds=1)).date()


@cache
def _viet_nam() -> "HolidayBase":
    # Imported here since it costs a tenth of a second, which DAG files must not pay when parsed.
    from holidays import country_holidays

    return country_holidays("VN")
