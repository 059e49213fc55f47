"""Verdicts: every nature, direction and quarter, and every boundary. Values by hand from docs/methodology.md."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from status_support import THRESHOLDS, dec, make_indicator

from tiendo.model.period import Period
from tiendo.status.expected import Goal, goal_of
from tiendo.status.grade import Grade, grade, interval_of, tidy
from tiendo.status.names import Status


def goal(nature: str, target: str, quarter: int, baseline: str = "-") -> Goal:
    found = goal_of(make_indicator(nature, target, baseline), Period(2023, quarter))
    assert found is not None
    return found


def graded(nature: str, target: str, quarter: int, actual: str, baseline: str = "-") -> Grade:
    return grade(goal(nature, target, quarter, baseline), Decimal(actual), THRESHOLDS)


# Every nature x sign of the target x quarter. Each figure stands just on or just off a line.
# nature | target | baseline | quarter | figures with their status
CASES = """
flow   | ge 1000 | - | 1 | 250 on_track, 237.5 on_track, 237.49 at_risk, 150 at_risk, 149.99 behind, 0 behind, -5 behind, 999 on_track, 1000 achieved, 1200 achieved
flow   | ge 1000 | - | 2 | 475 on_track, 474.99 at_risk, 300 at_risk, 299.99 behind
flow   | ge 1000 | - | 3 | 712.5 on_track, 712.49 at_risk, 450 at_risk, 449.99 behind, 1000 achieved
flow   | ge 1000 | - | 4 | 999.99 missed, 1000 achieved, 1000.01 exceeded, 0 missed, -1 missed
flow   | gt 1000 | - | 1 | 237.5 on_track, 237.49 at_risk, 1000 on_track, 1000.01 achieved
flow   | gt 1000 | - | 3 | 712.5 on_track, 1000 on_track, 1000.01 achieved
flow   | gt 1000 | - | 4 | 999 missed, 1000 missed, 1000.01 achieved, 5000 achieved
flow   | range 8000 10000 | - | 1 | 1900 on_track, 1899 at_risk, 1200 at_risk, 1199 behind
flow   | range 8000 10000 | - | 2 | 8000 achieved, 12000 achieved
flow   | range 8000 10000 | - | 4 | 7999 missed, 8000 achieved, 10000 achieved, 10001 exceeded
flow   | le 95   | - | 1 | 0 on_track, 20 on_track, 25 on_track, 25.01 at_risk, 39.58 at_risk, 39.59 behind
flow   | le 95   | - | 2 | 10 on_track, 50 on_track, 50.01 at_risk, 79.16 at_risk, 79.17 behind
flow   | le 95   | - | 3 | 75 on_track, 75.01 at_risk, 95 at_risk, 95.01 behind
flow   | le 95   | - | 4 | 94 exceeded, 95 achieved, 95.01 missed
flow   | lt 95   | - | 1 | 25 on_track, 25.01 at_risk
flow   | lt 95   | - | 3 | 94.99 at_risk, 95 behind
flow   | lt 95   | - | 4 | 94.99 achieved, 0 achieved, 95 missed
flow   | between 100 120 | - | 1 | 25 on_track, 30 on_track, 23.75 on_track, 23.74 at_risk, 14.99 behind, 31.57 on_track, 31.58 at_risk, 50 at_risk, 50.01 behind
flow   | between 100 120 | - | 3 | 90 on_track, 120 at_risk, 121 behind
flow   | between 100 120 | - | 4 | 99 missed, 100 achieved, 120 achieved, 121 missed
stock  | ge 100  | 80 | 1 | 85 on_track, 80.75 on_track, 80.74 at_risk, 51 at_risk, 50.99 behind, 100 achieved
stock  | ge 100  | 80 | 3 | 90.25 on_track, 90.24 at_risk, 100 achieved
stock  | ge 100  | 80 | 4 | 99.9 missed, 100 achieved, 100.1 exceeded
stock  | ge 100  | -  | 1 | 95 on_track, 94.99 at_risk, 60 at_risk, 59.99 behind
stock  | gt 100  | -  | 2 | 100 on_track, 100.1 achieved
stock  | gt 100  | -  | 4 | 100 missed, 100.1 achieved
stock  | range 100 110 | 80 | 2 | 100 achieved, 115 achieved, 99 on_track
stock  | range 100 110 | 80 | 4 | 99 missed, 100 achieved, 110 achieved, 110.1 exceeded
stock  | le 76   | 100 | 1 | 94 on_track, 98.94 on_track, 98.95 at_risk, 156.66 at_risk, 156.67 behind, 76 achieved, 70 achieved
stock  | le 76   | 100 | 4 | 75 exceeded, 76 achieved, 76.1 missed
stock  | lt 76   | -   | 2 | 75 achieved, 76 on_track, 80 on_track, 80.01 at_risk
stock  | lt 76   | -   | 4 | 75 achieved, 76 missed
stock  | between 100 120 | - | 2 | 110 on_track, 95 on_track, 94.99 at_risk, 59.99 behind, 126.31 on_track, 126.32 at_risk, 200.01 behind
stock  | between 100 120 | - | 4 | 100 achieved, 120 achieved, 120.1 missed
ratio  | ge 84   | 80 | 1 | 81 on_track, 76.95 on_track, 76.94 at_risk, 48.6 at_risk, 48.59 behind, 84 on_track, 90 on_track
ratio  | ge 84   | 80 | 3 | 78.85 on_track, 78.84 at_risk, 84 on_track
ratio  | ge 84   | 80 | 4 | 83.99 missed, 84 achieved, 84.01 exceeded
ratio  | ge 100  | -  | 2 | 100 on_track, 95 on_track, 94.99 at_risk
ratio  | ge 100  | -  | 4 | 100 achieved, 99.99 missed
ratio  | gt 92   | -  | 1 | 92 on_track, 87.4 on_track, 87.39 at_risk
ratio  | gt 92   | -  | 4 | 92 missed, 92.01 achieved
ratio  | range 90 95 | - | 3 | 85.5 on_track, 85.49 at_risk
ratio  | range 90 95 | - | 4 | 89.9 missed, 90 achieved, 95 achieved, 95.1 exceeded
ratio  | lt 5.2  | -  | 1 | 5.2 on_track, 4 on_track, 5.47 on_track, 5.48 at_risk, 8.66 at_risk, 8.67 behind
ratio  | lt 5.2  | 6  | 1 | 5.8 on_track, 6.1 on_track, 6.11 at_risk
ratio  | lt 5.2  | -  | 4 | 5.19 achieved, 5.2 missed, 0 achieved
ratio  | le 2    | -  | 2 | 2 on_track, 2.1 on_track, 2.11 at_risk, 0 on_track
ratio  | le 2    | -  | 4 | 2 achieved, 1.9 exceeded, 2.01 missed
ratio  | between 103 107 | - | 1 | 105 on_track, 103 on_track, 107 on_track, 97.85 on_track, 97.84 at_risk, 112.63 on_track, 112.64 at_risk, 61.79 behind, 178.34 behind
ratio  | between 103 107 | - | 4 | 102.9 missed, 103 achieved, 107 achieved, 107.1 missed
growth | ge 15   | - | 1 | 15 on_track, 20 on_track, 14.25 on_track, 14.24 at_risk, 9 at_risk, 8.99 behind, 0 behind, -3 behind
growth | ge 15   | - | 3 | 14.25 on_track, 14.24 at_risk
growth | ge 15   | - | 4 | 14.99 missed, 15 achieved, 15.01 exceeded
growth | gt 8.7  | - | 2 | 8.7 on_track, 8.265 on_track, 8.264 at_risk
growth | gt 8.7  | - | 4 | 8.7 missed, 8.71 achieved
growth | range 9 10 | - | 1 | -18.7 behind, 8.55 on_track, 8.54 at_risk, 11 on_track
growth | range 9 10 | - | 4 | -7.3 missed, 9 achieved, 10 achieved, 10.01 exceeded
growth | le 4    | - | 2 | 4 on_track, 4.21 on_track, 4.22 at_risk, -1 on_track, 0 on_track
growth | le 4    | - | 4 | 3.9 exceeded, 4 achieved, 4.1 missed
growth | lt 4    | - | 4 | 4 missed, 3.9 achieved
growth | between 2 4 | - | 3 | 3 on_track, 1.9 on_track, 1.89 at_risk, -1 behind
growth | between 2 4 | - | 4 | 2 achieved, 4 achieved, 4.1 missed, -1 missed
index  | ge 80   | - | 2 | 76 on_track, 75.99 at_risk, 48 at_risk, 47.99 behind, 85 on_track
index  | ge 80   | - | 4 | 79.9 missed, 80 achieved, 80.1 exceeded
index  | le 80   | - | 3 | 84.21 on_track, 84.22 at_risk
index  | between 90 110 | - | 4 | 89 missed, 90 achieved
rank   | lt 10   | - | 3 | 9 on_track, 10 on_track, 11 at_risk, 16 at_risk, 17 behind
rank   | lt 10   | - | 4 | 9 achieved, 1 achieved, 10 missed
rank   | le 10   | - | 1 | 10 on_track, 11 at_risk
rank   | le 10   | - | 4 | 9 exceeded, 10 achieved, 11 missed
"""  # noqa: E501  one line a target and quarter

# Where a quotient makes no sense: expected value zero or negative, signs that change, baseline past the target.
ODD_CASES = """
growth | ge 0    | -   | 2 | 0 on_track, -0.05 on_track, -0.06 at_risk, -0.4 at_risk, -0.41 behind
growth | ge 0    | -   | 4 | 0 achieved, -0.01 missed, 0.01 exceeded
growth | ge -5   | -   | 2 | -5 on_track, -5.25 on_track, -5.26 at_risk, -7 at_risk, -7.01 behind, 3 on_track
growth | ge -5   | -   | 4 | -5 achieved, -5.01 missed, -4 exceeded
growth | le 0    | -   | 2 | 0 on_track, 0.05 on_track, 0.06 at_risk, 0.4 at_risk, 0.41 behind, -3 on_track
growth | le -2   | -   | 2 | -2 on_track, -1.9 on_track, -1.89 at_risk, -1.2 at_risk, -1.19 behind, 1 behind
growth | le -2   | -   | 4 | -2 achieved, -3 exceeded, -1.9 missed
growth | between -1 1 | - | 2 | 0 on_track, -1.05 on_track, -1.06 at_risk, 1.05 on_track, 1.06 at_risk, 2 behind
ratio  | ge 10   | -10 | 2 | 0 on_track, -0.5 on_track, -0.51 at_risk, -4 at_risk, -4.01 behind
ratio  | ge 10   | -10 | 1 | -5 on_track, -5.25 on_track, -5.26 at_risk, -7.01 behind, 2 on_track
ratio  | le -10  | 10  | 2 | 0 on_track, 0.5 on_track, 0.51 at_risk, 4.01 behind
ratio  | le 5    | -5  | 1 | -2.5 on_track, 0 on_track, 5 on_track, 5.1 behind
ratio  | ge 84   | 84  | 1 | 84 on_track, 79.8 on_track, 79.79 at_risk
ratio  | ge 90   | 110 | 1 | 105 on_track, 99.75 on_track, 99.74 on_track, 90 on_track, 89.99 at_risk
stock  | ge 90   | 110 | 1 | 90 achieved, 89.99 at_risk, 63 at_risk, 62.99 behind
stock  | ge 0    | -8  | 4 | 0 achieved, -0.01 missed
stock  | ge 0    | -8  | 2 | -4 on_track, -4.2 on_track, -4.21 at_risk, 0 achieved
stock  | le 0    | -   | 1 | 0 achieved, 0.05 on_track, 0.41 behind
flow   | ge 0    | -   | 1 | 0 achieved, -0.05 on_track, -0.06 at_risk
flow   | le 0    | -   | 1 | 0 on_track, 0.01 behind, -1 on_track
flow   | le 0    | -   | 4 | 0 achieved, 0.01 missed, -1 exceeded
"""


def _cases(table: str) -> list[tuple[str, str, str, int, str, str]]:
    cases = []
    for line in table.split("\n"):
        if line.strip():
            nature, target, baseline, quarter, figures = (cell.strip() for cell in line.split("|"))
            for figure in figures.split(","):
                actual, status = figure.split()
                cases.append((nature, target, baseline, int(quarter), actual, status))
    return cases


@pytest.mark.parametrize(("nature", "target", "baseline", "quarter", "actual", "status"), _cases(CASES + ODD_CASES))
def test_status(nature: str, target: str, baseline: str, quarter: int, *, actual: str, status: str) -> None:
    assert graded(nature, target, quarter, actual, baseline).status == status


def test_table_of_cases_covers_every_nature_direction_and_kind_of_quarter() -> None:
    groups = {"ge": "up", "gt": "up", "range": "up", "le": "down", "lt": "down", "between": "band"}
    seen = {(nature, groups[target.split()[0]], quarter == 4) for nature, target, _, quarter, _, _ in _cases(CASES)}
    natures = {nature for nature, _, _ in seen}
    assert natures == {"flow", "stock", "ratio", "growth", "index", "rank"}
    # Ranks know only "at most"; an index of the plan may be any.
    wanted = {(n, d, y) for n in ("flow", "stock", "ratio", "growth") for d in ("up", "down", "band") for y in (1, 0)}
    assert wanted <= seen


# nature | target | baseline | quarter | actual | expected | ratio | formula
RATIOS = """
flow   | ge 1800 | -   | 1 | 437     | 450   | 0.971111  | quotient
flow   | ge 1800 | -   | 2 | 967.3   | 900   | 1.074777  | quotient
flow   | ge 1800 | -   | 1 | -9      | 450   | -0.02     | quotient
growth | range 9 10 | - | 1 | -18.7  | 9     | -2.077778 | quotient
ratio  | lt 5.2  | -   | 2 | 6.5     | 5.2   | 0.8       | inverse
ratio  | lt 5.2  | -   | 2 | 0       | 5.2   | -         | not_positive
growth | le 4    | -   | 2 | -1      | 4     | -         | not_positive
growth | ge -5   | -   | 2 | -6      | -5    | 0.8       | distance
growth | le -2   | -   | 2 | -1      | -2    | 0.5       | distance
ratio  | ge 10   | -10 | 2 | -2      | 0     | 0.8       | distance
growth | ge 0    | -   | 2 | -0.3    | 0     | 0.7       | distance
ratio  | between 103 107 | - | 1 | 105 | 103 | 1         | band
ratio  | between 103 107 | - | 1 | 100 | 103 | 0.970873  | band
ratio  | between 103 107 | - | 1 | 110 | 107 | 0.972727  | band
growth | between 0 5 | - | 1 | 0     | 0     | 1         | band
"""


@pytest.mark.parametrize("line", [line for line in RATIOS.split("\n") if line.strip()])
def test_ratio(line: str) -> None:
    nature, target, baseline, quarter, actual, expected, ratio, formula = (cell.strip() for cell in line.split("|"))
    result = graded(nature, target, int(quarter), actual, baseline)
    assert (result.expected, result.ratio, result.ratio_formula) == (dec(expected), dec(ratio), formula)


def test_general_formula_is_the_quotient_where_both_apply() -> None:
    """1 - shortfall / |expected| = actual / expected for a positive expected value."""
    for actual in (Decimal(-3), Decimal(0), Decimal(437), Decimal(900)):
        shortfall = Decimal(450) - actual
        assert graded("flow", "ge 1800", 1, str(actual)).ratio == tidy(1 - shortfall / 450)


# nature | target | quarter | actual | margin | up | down | next | needed
MARGINS = """
flow   | ge 1800    | 1 | 437     | 9.5       | 1363     | 9.5     | achieved | 1363
flow   | ge 1800    | 2 | 967.3   | 112.3     | 832.7    | 112.3   | achieved | 832.7
flow   | ge 1800    | 3 | 1800    | 517.5     | -        | 0       | -        | 0
flow   | ge 74617   | 1 | 17300   | -421.5375 | 421.5375 | 6107.45 | on_track | 57317
flow   | ge 74617   | 4 | 73257   | -1360     | 1360     | -       | achieved | -
flow   | ge 1800    | 4 | 1800    | 0         | 0        | 0       | exceeded | -
flow   | range 8000 10000 | 4 | 9000 | 1000   | 1000     | 1000    | exceeded | -
flow   | le 95      | 1 | 30      | -5        | 5        | 9.583333 | on_track | -
flow   | le 95      | 3 | 100     | -25       | 5        | -       | at_risk  | -
growth | range 9 10 | 1 | -18.7   | -27.25    | 24.1     | -       | at_risk  | -
growth | ge 15      | 1 | 13.2    | -1.05     | 1.05     | 4.2     | on_track | -
growth | gt 8.7     | 4 | 8.7     | 0         | 0        | -       | achieved | -
growth | ge 11      | 4 | 11      | 0         | 0        | 0       | exceeded | -
ratio  | lt 5.2     | 4 | 5.0     | 0.2       | -        | 0.2     | -        | -
ratio  | between 103 107 | 4 | 106 | 1        | -        | 1       | -        | -
ratio  | between 103 107 | 4 | 102 | -1       | 1        | -       | achieved | -
ratio  | between 103 107 | 4 | 110 | -3       | 3        | -       | achieved | -
ratio  | between 100 114 | 1 | 130 | -10      | 10       | 60      | on_track | -
stock  | ge 100     | 2 | 90      | -5        | 5        | 30      | on_track | 10
stock  | le 76      | 2 | 90      | -10       | 10       | 36.666666 | on_track | 14
"""


@pytest.mark.parametrize("line", [line for line in MARGINS.split("\n") if line.strip()])
def test_margins(line: str) -> None:
    nature, target, quarter, actual, margin, up, down, following, needed = (c.strip() for c in line.split("|"))
    result = graded(nature, target, int(quarter), actual)
    got = (result.margin, result.margin_up, result.margin_down, result.next_status or "-", result.needed)
    assert got == (dec(margin), dec(up), dec(down), following, dec(needed))


def test_margins_to_a_target_that_the_baseline_is_already_past() -> None:
    """Enough is the target itself, though the path from a better baseline asks for 105: one line for two statuses."""
    result = graded("stock", "ge 90", 1, "89", "110")
    assert (result.status, result.expected, result.margin, result.margin_up) == (Status.AT_RISK, 105, -1, 1)
    assert result.next_status is Status.ACHIEVED


# value as written | tolerance % | low | high
INTERVALS = """
65600    | 1   | 64944   | 66256
1350     | 1   | 1336.5  | 1363.5
65600    | 0   | 65550   | 65650
65601    | 0   | 65600.5 | 65601.5
8.7      | 0   | 8.65    | 8.75
8.70     | 0   | 8.65    | 8.75
100      | 0   | 95      | 105
90       | 0   | 89.5    | 90.5
8000     | 0   | 7950    | 8050
-13      | 1   | -13.5   | -12.5
0        | 1   | -0.5    | 0.5
"""


@pytest.mark.parametrize("line", [line for line in INTERVALS.split("\n") if line.strip()])
def test_interval_of_an_approximate_figure(line: str) -> None:
    value, tolerance, low, high = (Decimal(cell.strip()) for cell in line.split("|"))
    assert interval_of(value, tolerance) == (low, high)


def test_interval_stays_within_what_is_possible() -> None:
    assert interval_of(Decimal("99.5"), Decimal(1), Decimal(0), Decimal(100)) == (Decimal("98.505"), Decimal(100))


# nature | target | quarter | value | status
APPROXIMATE = """
stock | ge 65762 | 4 | 65600 | undecidable
flow  | ge 1800  | 4 | 1350  | missed
flow  | ge 1800  | 4 | 2100  | exceeded
flow  | ge 1800  | 4 | 1800  | undecidable
stock | ge 65762 | 4 | 65000 | missed
flow  | ge 1800  | 1 | 430   | undecidable
flow  | ge 1800  | 1 | 440   | on_track
flow  | ge 1800  | 1 | 350   | at_risk
ratio | between 103 107 | 4 | 105.5 | achieved
ratio | between 103 107 | 4 | 106.5 | undecidable
growth | between 10.01 10.02 | 4 | 10 | undecidable
"""


@pytest.mark.parametrize("line", [line for line in APPROXIMATE.split("\n") if line.strip()])
def test_approximate_figure(line: str) -> None:
    nature, target, quarter, value, status = (cell.strip() for cell in line.split("|"))
    figure = Decimal(value)
    result = grade(goal(nature, target, int(quarter)), figure, THRESHOLDS, interval_of(figure, Decimal(1)))
    assert result.status == status
    assert (len(result.possible) > 1) == (status == "undecidable")
    if status == "undecidable":
        assert result.margin_up is result.margin_down is None


def test_a_band_inside_the_interval_is_seen() -> None:
    """Both ends of the interval and the figure itself miss a band that lies between them."""
    narrow = goal("growth", "between 10.01 10.02", 4)
    ends = [grade(narrow, Decimal(text), THRESHOLDS).status for text in ("9.5", "10", "10.5")]
    assert ends == [Status.MISSED] * 3
    result = grade(narrow, Decimal(10), THRESHOLDS, interval_of(Decimal(10), Decimal(1)))
    assert result.possible == (Status.MISSED, Status.ACHIEVED)


def test_ratio_is_never_stored_above_a_cut_off_it_has_not_reached() -> None:
    result = graded("flow", "ge 4", 1, "0.94999999999")
    assert result.status is Status.AT_RISK
    assert result.ratio == Decimal("0.949999")


amounts = st.decimals(min_value=-500, max_value=500, places=2)
ORDER = ["missed", "behind", "at_risk", "on_track", "achieved", "exceeded"]


@st.composite
def goals(draw: st.DrawFn) -> Goal:
    nature = draw(st.sampled_from(["flow", "stock", "ratio", "growth", "rank", "index"]))
    comparator = draw(st.sampled_from(["ge", "gt", "le", "lt", "range", "between"]))
    bounds = sorted(draw(st.lists(amounts, min_size=2, max_size=2)))
    target = f"{comparator} {bounds[0]}" + (f" {bounds[1]}" if comparator in ("range", "between") else "")
    baseline = draw(st.one_of(st.just("-"), amounts.map(str)))
    return goal(nature, target, draw(st.integers(1, 4)), baseline)


@given(goals(), amounts)
def test_no_target_baseline_or_figure_breaks_the_grading(target: Goal, actual: Decimal) -> None:
    result = grade(target, actual, THRESHOLDS)
    year_end = {"missed", "achieved", "exceeded"}
    assert (result.status in year_end) or not target.period.is_last
    if target.period.is_last:
        assert result.status in year_end
    assert all(part is None or part >= 0 for part in (result.margin_up, result.margin_down, result.needed))


@given(goals(), amounts, amounts)
def test_better_never_grades_worse(target: Goal, one: Decimal, other: Decimal) -> None:
    assume(not target.is_band)
    worse, better = sorted((one, other), key=lambda value: target.sides[0].sign * value)
    ranks = [ORDER.index(grade(target, value, THRESHOLDS).status) for value in (worse, better)]
    assert ranks[0] <= ranks[1]


@given(goals(), amounts)
def test_margin_up_leads_to_the_next_status_and_margin_down_keeps_this_one(target: Goal, actual: Decimal) -> None:
    assume(not target.is_band)
    sign, crumb = target.sides[0].sign, Decimal("0.00001")
    result = grade(target, actual, THRESHOLDS)
    rank = ORDER.index(result.status)
    if result.margin_up is not None and result.next_status is not None:
        above = grade(target, actual + sign * (result.margin_up + crumb), THRESHOLDS).status
        assert ORDER.index(above) >= ORDER.index(result.next_status) > rank
    if result.margin_down is not None:
        below = grade(target, actual - sign * (result.margin_down + 2 * crumb), THRESHOLDS).status
        assert ORDER.index(below) < rank
