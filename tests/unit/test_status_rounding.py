"""What is printed never shows a line as reached that was not, nor the other way round. Values by hand."""

from decimal import Decimal

import pytest
from status_support import THRESHOLDS

from tiendo.report.words import signed_gap
from tiendo.status.rounding import percent, rounded_need

# ratio | in words; the cut-offs are 100, 95 and 60 per cent
PERCENTS = """
0.971111 | 97,1%
1        | 100%
0.999899 | 99,99%
0.999999 | 99,9999%
1.0004   | 100%
0.9496   | 94,96%
0.95     | 95%
0.949999 | 94,9999%
0.5997   | 59,97%
1.074777 | 107,5%
0        | 0%
"""

# distance to the line | decimals | in words
GAPS = """
-421.5375 | 1 | -421,6
9.55      | 1 | +9,5
0.04      | 1 | +0,04
-0.04     | 1 | -0,1
-154.1    | 0 | -155
2747.9    | 0 | +2.747
0         | 1 | 0
"""


def rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


@pytest.mark.parametrize(("ratio", "words"), rows(PERCENTS))
def test_percent(ratio: str, words: str) -> None:
    assert percent(Decimal(ratio), THRESHOLDS) == words


@pytest.mark.parametrize(("gap", "decimals", "words"), rows(GAPS))
def test_gap(gap: str, decimals: str, words: str) -> None:
    assert signed_gap(Decimal(gap), int(decimals)) == words


def test_what_must_come_suffices() -> None:
    assert rounded_need(Decimal("832.61"), 1) == Decimal("832.7")
