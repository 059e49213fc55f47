"""What a target asks for by the end of each quarter; values worked out by hand from docs/methodology.md, section 3."""

from decimal import Decimal

import pytest
from status_support import dec, make_indicator

from tiendo.model.period import Period
from tiendo.model.register import Comparator, PastShare
from tiendo.status.expected import goal_of

#  nature  target        baseline  Q1      Q2      Q3      Q4
EXPECTED = """
   flow    ge 1800       -         450     900     1350    1800
   flow    ge 74617      -         18654.25 37308.5 55962.75 74617
   flow    gt 100        -         25      50      75      100
   flow    range 8000 10000 -      2000    4000    6000    8000
   flow    le 100        -         25      50      75      100
   flow    ge 1800       500       450     900     1350    1800
   stock   ge 100        80        85      90      95      100
   stock   ge 100        -         100     100     100     100
   stock   le 80         100       95      90      85      80
   stock   ge 100        100       100     100     100     100
   stock   ge 90         110       105     100     95      90
   ratio   ge 84         80        81      82      83      84
   ratio   lt 5.2        6.0       5.8     5.6     5.4     5.2
   ratio   lt 5.2        -         5.2     5.2     5.2     5.2
   ratio   ge 10         -10       -5      0       5       10
   growth  ge 15         -         15      15      15      15
   growth  range 9 10    5         9       9       9       9
   growth  ge -5         -         -5      -5      -5      -5
   rank    lt 10         20        10      10      10      10
   index   ge 87         80        87      87      87      87
"""


def _cases() -> list[tuple[str, str, str, int, str]]:
    cases = []
    for line in EXPECTED.split("\n"):
        if not line.strip():
            continue
        words = line.split()
        nature, quarters, baseline, target = words[0], words[-4:], words[-5], " ".join(words[1:-5])
        cases += [(nature, target, baseline, q, value) for q, value in enumerate(quarters, start=1)]
    return cases


@pytest.mark.parametrize(("nature", "target", "baseline", "quarter", "expected"), _cases())
def test_expected_value(nature: str, target: str, baseline: str, quarter: int, expected: str) -> None:
    goal = goal_of(make_indicator(nature, target, baseline), Period(2023, quarter))
    assert goal is not None
    assert goal.sides[0].expected == dec(expected)


def test_own_profile_replaces_the_even_one() -> None:
    profile = tuple(Decimal(share) for share in ("0.15", "0.40", "0.65", "1"))
    indicator = make_indicator("flow", "ge 1000", profile=profile)
    goals = [goal_of(indicator, Period(2023, quarter)) for quarter in (1, 2, 3, 4)]
    assert [goal.sides[0].expected for goal in goals if goal] == [150, 400, 650, 1000]
    assert goals[0] is not None
    assert goals[0].formula == "flow_profile"


@pytest.mark.parametrize(
    ("nature", "quarter", "low", "high"),
    [
        ("flow", 1, 25, 30),
        ("flow", 4, 100, 120),
        ("ratio", 1, 100, 120),
        ("stock", 3, 100, 120),
        ("growth", 2, 100, 120),
    ],
)
def test_band_scales_for_flows_only(nature: str, quarter: int, low: int, high: int) -> None:
    goal = goal_of(make_indicator(nature, "between 100 120", "80"), Period(2023, quarter))
    assert goal is not None
    assert [side.expected for side in goal.sides] == [low, high]


def test_no_target_has_no_goal() -> None:
    assert goal_of(make_indicator("index", "none"), Period(2023, 1)) is None


def test_comparator_without_its_bound_is_our_fault() -> None:
    with pytest.raises(ValueError, match="chi-tieu"):
        goal_of(make_indicator("flow", "none", comparator=Comparator.GE), Period(2023, 1))


@pytest.mark.parametrize(
    ("target", "baseline", "quarter", "scale"),
    [
        ("ge 10", "-10", 1, "5"),  # |expected| = |-5|
        ("ge 10", "-10", 2, "10"),  # expected 0: |target|
        ("ge 0", "-8", 4, "8"),  # target 0 too: |target - baseline|
        ("ge 0", "-", 4, "1"),  # nothing to measure by
        ("ge 0", "0", 1, "1"),
    ],
)
def test_scale_is_never_zero(target: str, baseline: str, quarter: int, scale: str) -> None:
    goal = goal_of(make_indicator("stock", target, baseline), Period(2023, quarter))
    assert goal is not None
    assert goal.sides[0].scale == dec(scale)


def test_a_quarter_that_no_past_year_knows_keeps_the_even_pace() -> None:
    past = PastShare(2022, Decimal(40), Decimal(100), "", "")
    profile = tuple(Decimal(share) for share in ("0.25", "0.40", "0.75", "1"))
    indicator = make_indicator("flow", "ge 1000", profile=profile, profile_basis=((), (past,), (), ()))
    goals = [goal_of(indicator, Period(2023, quarter)) for quarter in (1, 2, 3, 4)]
    assert [(goal.sides[0].expected, goal.formula) for goal in goals if goal] == [
        (250, "flow_share"),
        (400, "flow_profile"),
        (750, "flow_share"),
        (1000, "flow_share"),
    ]
    assert [goal.even_share for goal in goals if goal] == [Decimal(q) / 4 for q in (1, 2, 3, 4)]
