"""Figures a power of ten off are suspected; honest ones are not. Some are those published for 2023."""

from decimal import Decimal

import pytest

from tiendo.model.register import Nature
from tiendo.validation.magnitude import misplaced_part, misplaced_power
from tiendo.validation.row_judgement import limits

# nature, value, year's target, expected by now, last value, power of ten too large
CASES = [
    # FDI, 1.800 in the year: 437 (Q1), 967,3 (half-year), and what slips make of them
    (Nature.FLOW, "437", "1800", "450", None, 0),
    (Nature.FLOW, "967.3", "1800", "900", "437", 0),
    (Nature.FLOW, "0.437", "1800", "450", None, -3),
    (Nature.FLOW, "437000", "1800", "450", None, 3),
    (Nature.FLOW, "9673", "1800", "900", "437", 1),
    (Nature.FLOW, "967300", "1800", "900", "437", 3),
    (Nature.FLOW, "0.9673", "1800", "900", "437", -3),
    (Nature.FLOW, "437000000", "1800", "450", None, 6),
    # Budget revenue, 74.617: the quarter's 17.300 typed into a number cell as 17,3
    (Nature.FLOW, "17300", "74617", "18654.25", None, 0),
    (Nature.FLOW, "17.3", "74617", "18654.25", None, -3),
    # A quarter's figure typed for the cumulative one is a fall, no slip
    (Nature.FLOW, "300", "1800", "900", "437", 0),
    # Honest: social housing starts late, then triples; a plan is surpassed threefold
    (Nature.FLOW, "15", "8000", "2000", None, 0),
    (Nature.FLOW, "1500", "8000", "4000", "15", 0),
    (Nature.FLOW, "60", "20", "15", "18", 0),
    # Stock of enterprises: 60.748 (Q1) against 59.484 at the year's start and a plan of 65.762
    (Nature.STOCK, "60748", "65762", "65762", "59484", 0),
    (Nature.STOCK, "60.748", "65762", "65762", "59484", -3),
    (Nature.STOCK, "607480", "65762", "65762", "59484", 1),
    (Nature.STOCK, "5000", "65762", "65762", None, 0),
    # Last quarter's figure was the wrong one; the plan speaks for this one
    (Nature.STOCK, "60748", "65762", "65762", "60.748", 0),
    # Shares: a fraction for a percentage; an honest start far below the target
    (Nature.RATIO, "0.9214", "92", "92", None, -2),
    (Nature.RATIO, "3.1", "30", "30", None, 0),
    (Nature.RATIO, "0.31", "30", "30", None, 0),
    (Nature.RATIO, "880", "83.16", "83.16", "83", 1),
    # Growth: -18,7 against 9-10; 4,7 after 6,5; near zero; 0,087 for 8,7
    (Nature.GROWTH, "-18.7", "9", "9", None, 0),
    (Nature.GROWTH, "4.7", "8.7", "8.7", "6.5", 0),
    (Nature.GROWTH, "0.1", "9", "9", "8", 0),
    (Nature.GROWTH, "0.087", "8.7", "8.7", None, -2),
    (Nature.GROWTH, "87", "8.7", "8.7", "3", 1),
    # Far above a quarter that stood still, and far below the target: both must be exceeded
    (Nature.GROWTH, "1.2", "15", "15", "0.1", 0),
    # Nothing to go by, nothing suspected
    (Nature.RANK, "60", "10", "10", None, 0),
    (Nature.INDEX, "88", None, None, None, 0),
    (Nature.FLOW, "0", "1800", "450", None, 0),
]


@pytest.mark.parametrize(("nature", "value", "target", "expected", "last", "power"), CASES)
def test_misplaced_power(
    nature: Nature, value: str, *, target: str | None, expected: str | None, last: str | None, power: int
) -> None:
    def number(text: str | None) -> Decimal | None:
        return None if text is None else Decimal(text)

    found = misplaced_power(
        Decimal(value), nature=nature, target=number(target), expected=number(expected), last=number(last),
        limits=limits(),
    )  # fmt: skip
    assert found == power


@pytest.mark.parametrize(
    ("quarter", "whole", "whole_power", "power"),
    [
        ("530", "530.3", 0, 0),
        ("5303", "530.3", 0, 1),
        ("0.530", "530.3", 0, -3),
        ("250", "530.3", 0, 0),
        # The cumulative was 1000 times too large and is mended here: the quarter is right, or was off as well
        ("437", "437", 3, 0),
        ("437000", "437", 3, 3),
        ("-5", "530.3", 0, 0),
    ],
)
def test_misplaced_part(quarter: str, whole: str, whole_power: int, power: int) -> None:
    assert misplaced_part(Decimal(quarter), Decimal(whole), whole_power, limits().near) == power
