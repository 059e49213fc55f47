"""Figures on and beside every line of every indicator are graded as a second reading of the methodology has it."""

import random
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from fixtures.grading import graded
from golden import recompute
from tiendo.clock import HANOI
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.settings import INCLUDE

PLAN = recompute.Plan(INCLUDE / "plans" / "282-kh-ubnd-2023")
END = datetime(2023, 12, 31, tzinfo=HANOI)


def near_a_line(at: recompute.Indicator, quarter: int, chance: random.Random) -> Fraction:
    """A possible figure at, or a little beside, the target, what is due, or a share of these that decides."""
    marks = [end for end in (at.bound("low"), at.bound("high"), *at.due(quarter)) if end is not None]
    share = chance.choice([Fraction(1), PLAN.on_track, PLAN.at_risk, 1 / PLAN.on_track, 1 / PLAN.at_risk, Fraction()])
    beside = Fraction(chance.choice([0, 1, -1, 10, -10, 37]), 1000)
    value = recompute.cut(chance.choice(marks) * share, chance.choice([0, 1, 2, 4]), "nearest") + beside
    least, most = at.bound("minimum"), at.bound("maximum")
    return min(max(value, value if least is None else least), value if most is None else most)


@pytest.mark.parametrize("quarter", [1, 2, 3, 4])
def test_made_up_figures_are_graded_as_a_second_reading_has_it(register: Register, quarter: int) -> None:
    chance, graded_count = random.Random(quarter), 0  # noqa: S311 - the same figures each time
    due = [at for at in PLAN.indicators.values() if str(quarter) in at.published_in.split(";")]
    for is_approximate in [False] * 25 + [True] * 5:
        figures = {at.code: near_a_line(at, quarter, chance) for at in due}
        known = {}
        for at in due:
            key = (f"2023-Q{quarter}", at.code, "year_to_date", at.reporters.split(";")[0])
            cell = recompute.Cell("", figures[at.code], is_approximate, {recompute.KIND: "Thực hiện"}, "", "")
            known[key] = recompute.Answer(cell, {}, is_correction=False)
        observations = [
            {
                "observation_id": 1, "period": key[0], "indicator_code": key[1], "basis": key[2], "agency_code": key[3],
                "kind": "actual", "answer": "value", "value_text": "", "is_approximate": is_approximate,
                "value": Decimal(it.value.numerator) / it.value.denominator, "is_illustrative": False,
            }
            for key, it in known.items()
        ]  # fmt: skip
        rows = {row["indicator_code"]: row for row in graded(register, observations, Period(2023, quarter), END)}
        for at in due:
            it, row = recompute.verdict(at, quarter, known, "2023"), rows[at.code]
            ratio = at.ratio(it.value, quarter)
            wanted = {
                "status": it.status,
                "expected_value": at.nearer(it.value, quarter),
                "ratio": None if ratio is None else recompute.cut(ratio, 6),
                "margin": recompute.cut(at.margin(it.value, quarter), 6),
                "needed": at.needed(it.value, quarter),
            }
            got = {name: Fraction(row[name]) if isinstance(row[name], Decimal) else row[name] for name in wanted}
            assert got == wanted, (at.code, float(it.value), is_approximate)
            graded_count += 1
    assert graded_count > 30 * 30
