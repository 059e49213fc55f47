"""Reporting periods: months, quarters, half-years, months since the year's start, or years."""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import total_ordering
from typing import Self

_ROMAN = ("I", "II", "III", "IV")
_MONTHS = Decimal(12)


class PeriodKind(Enum):
    """Which periods a year is reported by. The value is how a plan names it.

    Attributes:
        mark: what stands between the year and the number in a period's code.
        ends: the last month of each of the year's periods.
        noun: what people call such a period, in small letters.
    """

    MONTH = "month", "M", tuple(range(1, 13)), "tháng"
    QUARTER = "quarter", "Q", (3, 6, 9, 12), "quý"
    HALF_YEAR = "half_year", "H", (6, 12), "kỳ"
    YEAR_TO_DATE = "year_to_date", "YTD", (6, 9, 12), "kỳ"
    YEAR = "year", "", (12,), "năm"

    mark: str
    ends: tuple[int, ...]
    noun: str

    def __new__(cls, code: str, mark: str, ends: tuple[int, ...], noun: str) -> Self:
        """Has the plan's word for it as the value, by which a kind is found and pickled."""
        kind = object.__new__(cls)
        kind._value_ = code
        kind.mark, kind.ends, kind.noun = mark, ends, noun
        return kind

    @property
    def in_it(self) -> str:
        """Names what is of one period alone: ``trong quý``."""
        return f"trong {self.noun}"

    @property
    def runs_from_start(self) -> bool:
        """Whether each of its periods begins with the year."""
        return self in (PeriodKind.YEAR_TO_DATE, PeriodKind.YEAR)


# Written by the number within the year, but months and what runs from the year's start by the (last) month, with two
# digits: so the codes of a kind stand in the order of time.
_BY_MONTH = (PeriodKind.MONTH, PeriodKind.YEAR_TO_DATE)
PATTERN = r"[0-9]{4}(?:-(?:M(?:0[1-9]|1[0-2])|Q[1-4]|H[12]|YTD(?:06|09|12)))?"
"""A period's code, as a regular expression."""


@total_ordering
@dataclass(frozen=True)
class Period:
    """A period of a year. Those of one kind are ordered by time.

    Attributes:
        number: which of the year's periods of its kind it is, from 1.

    ``str`` gives its code: ``2023-M04``, ``2023-Q1``, ``2023-H1``, ``2023-YTD09`` (nine months from the first of
    January), ``2023``.
    """

    year: int
    number: int
    kind: PeriodKind = PeriodKind.QUARTER

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.per_year:
            raise ValueError(f"number must be 1 to {self.per_year}, not {self.number}")

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Reads a code.

        Raises:
            ValueError: any other form. Vietnamese forms are read by ``tiendo.vietnamese.dates``.
        """
        if not re.fullmatch(PATTERN, text, re.ASCII):
            raise ValueError(f"period must look like 2023-M04, 2023-Q1, 2023-H1, 2023-YTD09 or 2023, not {text!r}")
        year, _, rest = text.partition("-")
        mark, digits = rest.rstrip("0123456789"), rest.lstrip("MQHYTD")
        kind = next(each for each in PeriodKind if each.mark == mark)
        number = int(digits or 1)
        return cls(int(year), kind.ends.index(number) + 1 if kind in _BY_MONTH else number, kind)

    def __str__(self) -> str:
        if self.kind is PeriodKind.YEAR:
            return f"{self.year}"
        number = f"{self.last_month:02d}" if self.kind in _BY_MONTH else self.number
        return f"{self.year}-{self.kind.mark}{number}"

    def __lt__(self, other: "Period") -> bool:
        return (self.year, self.last_month) < (other.year, other.last_month)

    @property
    def per_year(self) -> int:
        """How many such periods a year has."""
        return len(self.kind.ends)

    @property
    def is_first(self) -> bool:
        """Whether nothing of its year was reported before it."""
        return self.number == 1

    @property
    def is_last(self) -> bool:
        """Whether the year ends with it."""
        return self.number == self.per_year

    @property
    def begins_year(self) -> bool:
        """Whether it begins with its year, so that what is of it alone is also what is since the year's start."""
        return self.is_first or self.kind.runs_from_start

    @property
    def first_day(self) -> date:
        """First calendar day that no period of the year before it reports on; of ``2023-YTD09`` the first of July."""
        return date(self.year, 1 if self.is_first else self.kind.ends[self.number - 2] + 1, 1)

    @property
    def last_day(self) -> date:
        """Last calendar day."""
        return date(self.year, self.last_month, monthrange(self.year, self.last_month)[1])

    @property
    def last_month(self) -> int:
        """Number of its last month, 1 to 12."""
        return self.kind.ends[self.number - 1]

    @property
    def previous(self) -> "Period":
        """The period before, of its kind."""
        if self.is_first:
            return Period(self.year - 1, self.per_year, self.kind)
        return Period(self.year, self.number - 1, self.kind)

    @property
    def following(self) -> "Period":
        """The period after, of its kind."""
        return Period(self.year + 1, 1, self.kind) if self.is_last else Period(self.year, self.number + 1, self.kind)

    @property
    def of_year(self) -> tuple["Period", ...]:
        """All periods of its kind and year, in order."""
        return periods_of([self.year], self.kind)

    @property
    def short(self) -> str:
        """``quý I``, ``tháng 4``, ``6 tháng đầu năm``; the year is left out."""
        match self.kind:
            case PeriodKind.MONTH:
                return f"tháng {self.number}"
            case PeriodKind.QUARTER:
                return f"quý {_ROMAN[self.number - 1]}"
            case PeriodKind.HALF_YEAR if self.is_last:
                return "6 tháng cuối năm"
        return "cả năm" if self.is_last else f"{self.last_month} tháng đầu năm"

    @property
    def vietnamese(self) -> str:
        """``quý I năm 2023``, ``tháng 4 năm 2023``, ``6 tháng đầu năm 2023``, ``năm 2023``."""
        if self.kind in (PeriodKind.MONTH, PeriodKind.QUARTER):
            return f"{self.short} năm {self.year}"
        return f"{self.short.removeprefix('cả ')} {self.year}"

    @property
    def slashed(self) -> str:
        """``quý I/2023``, ``tháng 4/2023``, ``6 tháng đầu năm 2023``: as it is written where room is short."""
        is_named = self.kind in (PeriodKind.MONTH, PeriodKind.QUARTER)
        return f"{self.short}/{self.year}" if is_named else self.vietnamese

    @property
    def even_share(self) -> Decimal:
        """The part of the year that is over by its end: q/4, m/12."""
        return self.last_month / _MONTHS

    @property
    def rest_of_year(self) -> tuple[int, str]:
        """What is left of the year, and what it is counted in: ``(2, "quý")``, of all but quarters ``(3, "tháng")``."""
        if self.kind is PeriodKind.QUARTER:
            return self.per_year - self.number, self.kind.noun
        return 12 - self.last_month, PeriodKind.MONTH.noun

    @property
    def label(self) -> str:
        """``I``, ``T4``, ``6T``, ``9T``, ``2023``: for the axis of a chart or a table's heading."""
        match self.kind:
            case PeriodKind.QUARTER:
                return _ROMAN[self.number - 1]
            case PeriodKind.MONTH:
                return f"T{self.number}"
            case PeriodKind.YEAR:
                return f"{self.year}"
        return f"{self.last_month}T"


def periods_of(years: Iterable[int], kind: PeriodKind = PeriodKind.QUARTER) -> tuple[Period, ...]:
    """Returns the periods of some years, in order."""
    return tuple(Period(year, number, kind) for year in years for number in range(1, len(kind.ends) + 1))
