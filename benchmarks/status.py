"""Processor time of grading 10,000 indicator-periods, sentences and components included."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.plan.register import get_register
from tiendo.status.compute import compute

_SHARES = (Decimal("0.70"), Decimal("0.90"), Decimal("0.97"), Decimal("1.10"))


class StatusCost(NamedTuple):
    """What grading cost."""

    indicator_periods: int
    cpu_seconds: float

    @property
    def microseconds_each(self) -> float:
        """Processor time of one indicator in one period."""
        return self.cpu_seconds / self.indicator_periods * 1e6


def measure(register: Register | None = None, indicator_periods: int = 10_000) -> StatusCost:
    """Grades copies of the plan's leaves, each with a figure from every reporter, over the four quarters."""
    register = register or get_register()
    leaves = [indicator for indicator in register.indicators if indicator.is_leaf]
    count = -(-indicator_periods // 4)
    copies = tuple(replace(leaves[i % len(leaves)], code=f"chi-tieu-{i}", row_order=i) for i in range(count))
    large = replace(register, indicators=copies)
    figures = {Period(large.year, quarter): _figures(large, quarter) for quarter in (1, 2, 3, 4)}
    started = time.process_time()
    rows = sum(1 for period, known in figures.items() for _ in compute(large, known, period, datetime.now(UTC)))
    return StatusCost(rows, time.process_time() - started)


def _figures(register: Register, quarter: int) -> list[tuple[Any, ...]]:
    """Returns what is known in a quarter, each row in the order of ``FIGURE``."""
    rows: list[tuple[Any, ...]] = []
    for i, indicator in enumerate(register.indicators):
        bound = indicator.low if indicator.low is not None else indicator.high
        for agency in indicator.reporters:
            for basis in ("quarter", "year_to_date"):
                number = quarter * 1_000_000 + len(rows)
                # No two figures alike, so that nothing is gained by remembering one.
                value = (bound or Decimal(80)) * _SHARES[(i + quarter) % 4] + Decimal(number) / 10_000
                kind = "estimate" if i % 3 else "actual"
                row = (indicator.code, basis, number, agency, kind, "value", value, str(value), i % 10 == 0, i % 2 == 0)
                rows.append((*row, None))
    return rows


if __name__ == "__main__":
    cost = measure()
    print(f"{cost.indicator_periods} indicator-periods: {cost.cpu_seconds:.3f} s of processor time (at most 0.8 s),")
    print(f"{cost.microseconds_each:.1f} µs each")
