"""Processor time of grading 10,000 indicator-periods, sentences and components included."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

import pandas as pd

from tiendo.plan.model import Register
from tiendo.plan.period import Period
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
    observations = _observations(large)
    periods = [Period(large.year, quarter) for quarter in (1, 2, 3, 4)]
    started = time.process_time()
    rows = sum(len(compute(large, observations, period, datetime.now(UTC))) for period in periods)
    return StatusCost(rows, time.process_time() - started)


def _observations(register: Register) -> pd.DataFrame:
    rows = []
    for quarter in (1, 2, 3, 4):
        for i, indicator in enumerate(register.indicators):
            bound = indicator.low if indicator.low is not None else indicator.high
            for agency in indicator.reporters:
                for basis in ("quarter", "year_to_date"):
                    # No two figures alike, so that nothing is gained by remembering one.
                    value = (bound or Decimal(80)) * _SHARES[(i + quarter) % 4] + Decimal(len(rows)) / 10_000
                    rows.append(
                        {
                            "observation_id": len(rows) + 1,
                            "indicator_code": indicator.code,
                            "period": f"{register.year}-Q{quarter}",
                            "agency_code": agency,
                            "basis": basis,
                            "kind": "estimate" if i % 3 else "actual",
                            "answer": "value",
                            "value": value,
                            "value_text": str(value),
                            "is_approximate": i % 10 == 0,
                            "is_illustrative": i % 2 == 0,
                            "note": "",
                        }
                    )
    return pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=object) for name in rows[0]})


if __name__ == "__main__":
    cost = measure()
    print(f"{cost.indicator_periods} indicator-periods: {cost.cpu_seconds:.3f} s of processor time,")
    print(f"{cost.microseconds_each:.1f} µs each")
