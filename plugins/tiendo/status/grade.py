"""From a figure and what was asked for to a verdict and its margins. Pure; docs/methodology.md, sections 4 to 7."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import NamedTuple

from tiendo.model.period import Period
from tiendo.model.register import ListedState, Nature, Thresholds
from tiendo.status.expected import Goal, Side
from tiendo.status.names import Status

_ZERO, _ONE = Decimal(0), Decimal(1)
_SIX_PLACES = Decimal("0.000001")
# From bad to good; a band takes the worse of its two sides.
_WITHIN_YEAR = (Status.BEHIND, Status.AT_RISK, Status.ON_TRACK, Status.ACHIEVED)
_AT_YEAR_END = (Status.MISSED, Status.ACHIEVED, Status.EXCEEDED)
_ON_TRACK, _MET = 2, 1


class Grade(NamedTuple):
    """The verdict on one figure.

    Attributes:
        ratio: actual to expected, turned round where less is better, cut (never up) to six decimals; None where it has
            no meaning. ``ratio_formula``: ``quotient``, ``inverse``, ``distance``, ``not_positive`` or ``band``.
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


class _Position(NamedTuple):
    """Where a figure lies on one side.

    ``place`` counts in ``_WITHIN_YEAR`` or ``_AT_YEAR_END``; the distances are signed as in ``Grade``, not yet rounded.
    """

    place: int
    margin: Decimal
    up: Decimal | None
    down: Decimal | None
    next_place: int | None


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


def interval_of(
    value: Decimal, tolerance_pct: Decimal, minimum: Decimal | None = None, maximum: Decimal | None = None
) -> tuple[Decimal, Decimal]:
    """Returns the values that an approximate figure can stand for, within what is possible at all.

    Half-width: ``tolerance_pct`` per cent of the value, at least half a unit of its last significant digit
    (``65.600`` is taken to be rounded to hundreds). Of zeros before the decimal comma the two leading places count as
    significant, or ``100`` could stand for 50.
    """
    exponent = int((value.normalize() if value else value).as_tuple().exponent)
    half_unit = Decimal(5).scaleb(min(exponent, max(0, value.adjusted() - 1)) - 1)
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
    statuses = _scale_of(goal)
    worst = first = _position(goal, goal.sides[0], actual, thresholds)
    margin, down = first.margin, first.down
    if goal.is_band:
        other = _position(goal, goal.sides[1], actual, thresholds)
        worst = min(first, other, key=lambda each: each.place)
        margin = min(margin, other.margin)
        rooms = [each.down for each in (first, other) if each.place == worst.place and each.down is not None]
        down = min(rooms, default=None)
    status = statuses[worst.place]
    possible: tuple[Status, ...] = (status,)
    up = next_status = None
    if interval is not None:
        low, high = interval
        points = [low, high, *(side.expected for side in goal.sides if low < side.expected < high)]
        places = {worst.place, *(_place(goal, point, thresholds) for point in points)}
        possible = tuple(statuses[place] for place in sorted(places))
    if len(possible) > 1:
        status, down = Status.UNDECIDABLE, None
    elif worst.up is not None and worst.next_place is not None:
        up, next_status = tidy(worst.up, ROUND_CEILING), statuses[worst.next_place]
    ratio, formula = _ratio(goal, actual)
    return Grade(
        status=status,
        ratio=ratio,
        ratio_formula=formula,
        expected=_nearer(goal, actual),
        margin=tidy(margin),
        margin_up=up,
        margin_down=None if down is None else tidy(down),
        next_status=next_status,
        needed=_needed(goal, actual),
        interval=interval,
        possible=possible,
    )


def grade_state(state: ListedState, period: Period) -> Status:
    """Grades a reported state: within the year as the register says, at its end met or ``missed``."""
    status = Status(state.verdict)
    return status if not period.is_last or status in _AT_YEAR_END else Status.MISSED


def tidy(value: Decimal, rounding: str = ROUND_FLOOR) -> Decimal:
    """Returns the value with at most six decimals and no trailing zeros or exponent.

    Downwards by default: a ratio of 0.9499999 must not be stored as the 0.95 it has not reached.
    """
    if value.adjusted() > 20:
        return value
    # Adding zero writes 1.8E+3 out as 1800.
    return value.quantize(_SIX_PLACES, rounding).normalize() + _ZERO


def _scale_of(goal: Goal) -> tuple[Status, ...]:
    return _AT_YEAR_END if goal.period.is_last else _WITHIN_YEAR


def _place(goal: Goal, actual: Decimal, thresholds: Thresholds) -> int:
    return min(_place_on(goal, side, actual, thresholds) for side in goal.sides)


def _place_on(goal: Goal, side: Side, actual: Decimal, thresholds: Thresholds) -> int:
    """Returns the place of the verdict on one side in ``_scale_of(goal)``."""
    is_satisfied = satisfies(side, actual)
    if goal.period.is_last:
        is_past_top = side.top is not None and side.sign * (actual - side.top) > 0
        return 0 if not is_satisfied else 2 if is_past_top else 1
    if is_satisfied and side.is_early:
        return 3
    if is_satisfied and goal.nature is not Nature.FLOW:
        return 2
    if side.is_final and not is_satisfied:
        return 0
    ratio, _ = ratio_on(side, actual)
    if ratio is None or ratio >= thresholds.on_track:
        return 2
    return 1 if ratio >= thresholds.at_risk else 0


def _lines(goal: Goal, side: Side, thresholds: Thresholds) -> list[Decimal]:
    """Returns, in ``sign * value``, where the second and each further status begins, agreeing with ``_place_on``."""
    target = side.sign * side.target
    if goal.period.is_last:
        return [target] if side.top is None else [target, side.sign * side.top]
    on_track, at_risk = _line(side, thresholds.on_track), _line(side, thresholds.at_risk)
    if side.is_final:
        on_track, at_risk = max(on_track, target), max(at_risk, target)
    elif side.is_early or goal.nature is not Nature.FLOW:
        on_track = min(on_track, target)
    lines = [min(at_risk, on_track), on_track]
    if side.is_early:
        lines.append(target)
    return lines


def _line(side: Side, cut_off: Decimal) -> Decimal:
    """Returns, in ``sign * value``, where the ratio reaches the cut-off."""
    if side.sign < 0 < side.expected:
        return -(side.expected / cut_off)
    return side.sign * side.expected - (_ONE - cut_off) * side.scale


def _position(goal: Goal, side: Side, actual: Decimal, thresholds: Thresholds) -> _Position:
    place = _place_on(goal, side, actual, thresholds)
    lines = _lines(goal, side, thresholds)
    position = actual if side.sign > 0 else -actual
    margin = position - lines[(_MET if goal.period.is_last else _ON_TRACK) - 1]
    down = max(_ZERO, position - lines[place - 1]) if place else None
    if place == len(lines):
        return _Position(place, margin, None, down, None)
    following = place + 1
    if not goal.period.is_last:
        # Two statuses may begin at one line; reaching it leads to the better of them.
        while following < len(lines) and lines[following] == lines[place]:
            following += 1
    return _Position(place, margin, max(_ZERO, lines[place] - position), down, following)


def _ratio(goal: Goal, actual: Decimal) -> tuple[Decimal | None, str]:
    if not goal.is_band:
        ratio, formula = ratio_on(goal.sides[0], actual)
        return (None if ratio is None else tidy(ratio)), formula
    ratios = [ratio for ratio, _ in (ratio_on(side, actual) for side in goal.sides) if ratio is not None]
    return tidy(min([_ONE, *ratios])), "band"


def _nearer(goal: Goal, actual: Decimal) -> Decimal:
    if not goal.is_band:
        return goal.sides[0].expected
    return min((side.expected for side in goal.sides), key=lambda edge: abs(edge - actual))


def _needed(goal: Goal, actual: Decimal) -> Decimal | None:
    side = goal.sides[0]
    if goal.period.is_last or side.is_final or goal.nature not in (Nature.FLOW, Nature.STOCK):
        return None
    return max(_ZERO, side.sign * (side.target - actual))
