"""Reporting periods, written ``2023-Q1``."""

import re
from dataclasses import dataclass
from datetime import date
from functools import total_ordering

_ROMAN = ("I", "II", "III", "IV")
_LAST_DAY = {3: 31, 6: 30, 9: 30, 12: 31}


@total_ordering
@dataclass(frozen=True)
class Period:
    """A calendar quarter. Ordered by time; ``str`` gives ``2023-Q1``."""

    year: int
    quarter: int

    def __post_init__(self) -> None:
        if not 1 <= self.quarter <= 4:
            raise ValueError(f"quarter must be 1 to 4, not {self.quarter}")

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Reads ``2023-Q1``.

        Raises:
            ValueError: any other form. Vietnamese forms are read by ``tiendo.vietnamese.dates``.
        """
        match = re.fullmatch(r"(\d{4})-Q([1-4])", text)
        if not match:
            raise ValueError(f"period must look like 2023-Q1, not {text!r}")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.year}-Q{self.quarter}"

    def __lt__(self, other: "Period") -> bool:
        return (self.year, self.quarter) < (other.year, other.quarter)

    @property
    def first_day(self) -> date:
        """First calendar day of the quarter."""
        return date(self.year, self.last_month - 2, 1)

    @property
    def last_day(self) -> date:
        """Last calendar day of the quarter."""
        return date(self.year, self.last_month, _LAST_DAY[self.last_month])

    @property
    def last_month(self) -> int:
        """Number of the quarter's last month: 3, 6, 9 or 12."""
        return self.quarter * 3

    @property
    def previous(self) -> "Period":
        """The quarter before."""
        return Period(self.year, self.quarter - 1) if self.quarter > 1 else Period(self.year - 1, 4)

    @property
    def following(self) -> "Period":
        """The quarter after."""
        return Period(self.year, self.quarter + 1) if self.quarter < 4 else Period(self.year + 1, 1)

    @property
    def vietnamese(self) -> str:
        """``quý I năm 2023``."""
        return f"quý {_ROMAN[self.quarter - 1]} năm {self.year}"
