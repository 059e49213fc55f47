"""From a figure and what was asked for to a verdict, with what separates it from the next. Pure; see docs/methodology.md."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import NamedTuple

from tiendo.plan.model import Nature, Thresholds
from tiendo.status.expected import YEAR_END, Goal, Side
from tiendo.status.names import Status

_ZERO, _ONE = Decimal(0), Decimal(1)
_SIX_PLACES = Decimal("0.000001")
# From bad to good. A band takes the worse of its two sides.
_ORDER = {
    Status.MISSED: 0,
    Status.BEHIND: 1,
    Status.AT_RISK: 2,
    Status.ON_TRACK: 3,
    Status.ACHIEVED: 4,
    Status.EXCEEDED: 5,
}


class Grade(NamedTuple):
    """The verdict on one figure.

    Attributes:
        ratio: actual to expected, turned round where less is better, cut (never up) to six decimals; None where it has
            no meaning. ``ratio_formula`` says which: ``quotient``, ``inverse``, ``distance``, ``not_positive``, ``band``.
        expected: what was asked for; of a band, the end nearer to the figure.
        margin: distance to the line between good and bad (within the year the on-track line, at its end the target),
            positive on the good side.
        margin_up: what is lacking to the next better status; None at the best.
        margin_down: room before the next worse status; None at the worst.
        next_status: the status ``margin_up`` leads to.
        needed: what flows and stocks must still gain (a stock that should fall: lose) to meet the year's target; 0 when
            met, None for other natures and at the year's end.
        interval: the values an approximate figure can stand for, and ``possible`` the statuses they lead to.
    """

    status: Status
    ratio: Decimal | None
    ratio_formula: str
    expected: Decimal
    margin: Decimal
    margin_up: Decimal | None
    margin_down: Decimal | None
    next_status: Status | None
    needed: Decimal | None
    interval: tuple[Decimal, Decimal] | None
    possible: tuple[Status, ...]


class _Level(NamedTuple):
    """A status and the line, in ``sign * value``, from which it holds; None for the lowest."""

    status: Status
    line: Decimal | None


class _Stand(NamedTuple):
    """Where a figure stands among the levels of one side; fields as in ``Grade``."""

    place: int
    margin: Decimal
    up: Decimal | None
    down: Decimal | None
    next_status: Status | None


def ratio_on(side: Side, actual: Decimal) -> tuple[Decimal | None, str]:
    """Returns the ratio of actual to expected on one side, 1 meaning just as expected, and the formula used."""
    if side.expected > 0:
        if side.sign > 0:
            return actual / side.expected, "quotient"
        if actual > 0:
            return side.expected / actual, "inverse"
        return None, "not_positive"
    shortfall = side.sign * (side.expected - actual)
    return _ONE - shortfall / side.scale, "distance"


def satisfies(side: Side, actual: Decimal) -> bool:
    """Returns whether the figure meets the year's boundary; a strict one is not met by the boundary itself."""
    gap = side.sign * (actual - side.target)
    return gap > 0 or (gap == 0 and not side.is_strict)


def status_of(goal: Goal, actual: Decimal, thresholds: Thresholds) -> Status:
    """Returns the verdict on an exact figure."""
    verdicts = [_status_on(goal, side, actual, thresholds) for side in goal.sides]
    return verdicts[0] if len(verdicts) == 1 else min(verdicts, key=_ORDER.__getitem__)


def interval_of(
    value: Decimal, tolerance_pct: Decimal, minimum: Decimal | None = None, maximum: Decimal | None = None
) -> tuple[Decimal, Decimal]:
    """Returns the values that an approximate figure can stand for, within what is possible at all.

    Half-width: ``tolerance_pct`` per cent of the value, at least half a unit of its last significant digit
    (``65.600`` is taken to be rounded to hundreds).
    """
    exponent = (value.normalize() if value else value).as_tuple().exponent
    half_unit = Decimal(5).scaleb(int(exponent) - 1)
    width = max(abs(value) * tolerance_pct / 100, half_unit)
    low, high = value - width, value + width
    if minimum is not None:
        low = min(value, max(low, minimum))
    if maximum is not None:
        high = max(value, min(high, maximum))
    return low, high


def grade(
    goal: Goal,
    actual: Decimal,
    thresholds: Thresholds,
    interval: tuple[Decimal, Decimal] | None = None,
) -> Grade:
    """Grades one figure; with an ``interval``, ``undecidable`` unless every value in it leads to one status."""
    status = status_of(goal, actual, thresholds)
    possible: tuple[Status, ...] = (status,)
    if interval is not None:
        low, high = interval
        points = [low, actual, high, *(s.expected for s in goal.sides if low < s.expected < high)]
        found = {status_of(goal, point, thresholds) for point in points}
        possible = tuple(sorted(found, key=_ORDER.__getitem__))
    ratio, formula = _ratio(goal, actual)
    stands = [_stand(goal, side, actual, thresholds) for side in goal.sides]
    worst = min(stands, key=lambda stand: stand.place)
    margin = min(stand.margin for stand in stands)
    up = down = next_status = None
    if len(possible) > 1:
        status = Status.UNDECIDABLE
    else:
        up, next_status = worst.up, worst.next_status
        rooms = [stand.down for stand in stands if stand.place == worst.place and stand.down is not None]
        down = min(rooms, default=None)
    expected, needed = _nearer(goal, actual), _needed(goal, actual)
    return Grade(status, ratio, formula, expected, margin, up, down, next_status, needed, interval, possible)


def tidy(value: Decimal, rounding: str = ROUND_FLOOR) -> Decimal:
    """Returns the value with at most six decimals and no trailing zeros or exponent.

    Downwards by default: a ratio of 0.9499999 must not be stored as the 0.95 it has not reached.
    """
    if value.adjusted() > 20:
        return value
    cut = value.quantize(_SIX_PLACES, rounding=rounding).normalize()
    exponent = cut.as_tuple().exponent
    return cut.quantize(_ONE) if isinstance(exponent, int) and exponent > 0 else cut


def _status_on(goal: Goal, side: Side, actual: Decimal, thresholds: Thresholds) -> Status:
    is_satisfied = satisfies(side, actual)
    if goal.quarter == YEAR_END:
        if not is_satisfied:
            return Status.MISSED
        is_past_top = side.top is not None and side.sign * (actual - side.top) > 0
        return Status.EXCEEDED if is_past_top else Status.ACHIEVED
    if is_satisfied and side.is_early:
        return Status.ACHIEVED
    if is_satisfied and goal.nature is not Nature.FLOW:
        return Status.ON_TRACK
    if side.is_final and not is_satisfied:
        return Status.BEHIND
    ratio, _ = ratio_on(side, actual)
    if ratio is None or ratio >= thresholds.on_track:
        return Status.ON_TRACK
    return Status.AT_RISK if ratio >= thresholds.at_risk else Status.BEHIND


def _levels(goal: Goal, side: Side, thresholds: Thresholds) -> list[_Level]:
    """Returns the statuses one side knows in this quarter, from bad to good, agreeing with ``_status_on``."""
    target = side.sign * side.target
    if goal.quarter == YEAR_END:
        levels = [_Level(Status.MISSED, None), _Level(Status.ACHIEVED, target)]
        if side.top is not None:
            levels.append(_Level(Status.EXCEEDED, side.sign * side.top))
        return levels
    on_track, at_risk = _line(side, thresholds.on_track), _line(side, thresholds.at_risk)
    if side.is_final:
        on_track, at_risk = max(on_track, target), max(at_risk, target)
    elif side.is_early or goal.nature is not Nature.FLOW:
        on_track = min(on_track, target)
    levels = [
        _Level(Status.BEHIND, None),
        _Level(Status.AT_RISK, min(at_risk, on_track)),
        _Level(Status.ON_TRACK, on_track),
    ]
    if side.is_early:
        levels.append(_Level(Status.ACHIEVED, target))
    return levels


def _line(side: Side, cut_off: Decimal) -> Decimal:
    """Returns, in ``sign * value``, where the ratio reaches the cut-off."""
    if side.sign < 0 < side.expected:
        return -(side.expected / cut_off)
    return side.sign * side.expected - (_ONE - cut_off) * side.scale


def _stand(goal: Goal, side: Side, actual: Decimal, thresholds: Thresholds) -> _Stand:
    status = _status_on(goal, side, actual, thresholds)
    levels = _levels(goal, side, thresholds)
    position = side.sign * actual
    good = Status.ACHIEVED if goal.quarter == YEAR_END else Status.ON_TRACK
    place, margin = 0, _ZERO
    for index, level in enumerate(levels):
        if level.status is status:
            place = index
        if level.status is good and level.line is not None:
            margin = position - level.line
    own = levels[place].line
    down = None if own is None else tidy(max(_ZERO, position - own))
    up = next_status = None
    if place + 1 < len(levels):
        line = levels[place + 1].line
        next_status = levels[place + 1].status
        if goal.quarter != YEAR_END:
            # Two statuses may begin at one line; reaching it leads to the better of them.
            next_status = [level.status for level in levels[place + 1 :] if level.line == line][-1]
        up = None if line is None else tidy(max(_ZERO, line - position), ROUND_CEILING)
    return _Stand(place, tidy(margin), up, down, next_status)


def _ratio(goal: Goal, actual: Decimal) -> tuple[Decimal | None, str]:
    if not goal.is_band:
        ratio, formula = ratio_on(goal.sides[0], actual)
        return (None if ratio is None else tidy(ratio)), formula
    ratios = [ratio for ratio, _ in (ratio_on(side, actual) for side in goal.sides) if ratio is not None]
    return tidy(min([_ONE, *ratios])), "band"


def _nearer(goal: Goal, actual: Decimal) -> Decimal:
    return min((side.expected for side in goal.sides), key=lambda edge: abs(edge - actual))


def _needed(goal: Goal, actual: Decimal) -> Decimal | None:
    side = goal.sides[0]
    if goal.quarter == YEAR_END or side.is_final or goal.nature not in (Nature.FLOW, Nature.STOCK):
        return None
    return max(_ZERO, side.sign * (side.target - actual))
