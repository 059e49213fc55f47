"""What a target asks for by the end of a period. Pure; docs/methodology.md, section 3, gives the formulas."""

from decimal import Decimal
from typing import NamedTuple

from tiendo.model.period import Period
from tiendo.model.register import Comparator, Indicator, Nature

_ZERO, _ONE = Decimal(0), Decimal(1)


class Side(NamedTuple):
    """One boundary of a target, seen in one period. A floor or a ceiling has one side, a band has two.

    Attributes:
        sign: +1 where more is better (a floor), -1 where less is (a ceiling).
        target: the year's boundary; ``expected``: the same for the period.
        scale: what a distance is measured by where a quotient makes no sense; never zero.
        is_strict: the boundary itself does not satisfy the target (``> 8,7``).
        top: boundary past which the year's figure is ``exceeded``; None where the sign asks for no amount.
        is_early: reaching the target within the year settles it (flows that add up, stocks).
        is_final: passing the target within the year cannot be mended (the ceiling of a flow).
    """

    sign: int
    target: Decimal
    expected: Decimal
    scale: Decimal
    is_strict: bool
    top: Decimal | None
    is_early: bool
    is_final: bool


class Goal(NamedTuple):
    """A target in one period.

    Attributes:
        share: part of the year's way to be covered by the end of the period, 0 to 1.
        even_share: the same at an even pace, by the months that are over.
        formula: how ``expected`` came about: ``flow_share``, ``flow_profile``, ``baseline_path``, ``target_itself``.
        has_path: the expected value differs from the target by design (false for ``target_itself``).
        is_band: both too little and too much are bad.
    """

    period: Period
    nature: Nature
    share: Decimal
    even_share: Decimal
    formula: str
    has_path: bool
    sides: tuple[Side, ...]
    is_band: bool


def share_of_year(indicator: Indicator, period: Period) -> Decimal:
    """Returns the part of the year's flow expected by the end of the period: the indicator's profile, else even."""
    if indicator.profile is not None and indicator.nature is Nature.FLOW:
        return indicator.profile[period.number - 1]
    return period.even_share


def has_own_pace(indicator: Indicator, period: Period) -> bool:
    """Tells whether the period's share is the indicator's own: decided, or known from past years."""
    if indicator.profile is None or indicator.nature is not Nature.FLOW:
        return False
    return not indicator.profile_basis or bool(indicator.profile_basis[period.number - 1])


def goal_of(indicator: Indicator, period: Period) -> Goal | None:
    """Returns what the indicator's target asks for by the end of the period, None where it has none in numbers.

    Raises:
        ValueError: the comparator needs a bound that the register does not give.
    """
    comparator = indicator.comparator
    if comparator in (Comparator.STATE, Comparator.NONE):
        return None
    share = share_of_year(indicator, period)
    if indicator.nature is Nature.FLOW:
        formula = "flow_profile" if has_own_pace(indicator, period) else "flow_share"
    elif (
        indicator.nature in (Nature.STOCK, Nature.RATIO)
        and indicator.baseline is not None
        and comparator is not Comparator.BETWEEN
    ):
        formula = "baseline_path"
    else:
        formula = "target_itself"

    is_band = comparator is Comparator.BETWEEN

    def side(sign: int, target: Decimal | None, top: Decimal | None = None) -> Side:
        if target is None:
            raise ValueError(f"{indicator.code}: comparator {comparator} without its bound")
        expected = _expected(indicator, formula, share, target)
        return Side(
            sign=sign,
            target=target,
            expected=expected,
            scale=_scale(expected, target, indicator.baseline),
            is_strict=comparator in (Comparator.GT, Comparator.LT),
            top=top,
            is_early=not is_band
            and (indicator.nature is Nature.STOCK or (indicator.nature is Nature.FLOW and sign > 0)),
            is_final=indicator.nature is Nature.FLOW and sign < 0,
        )

    low, high = indicator.low, indicator.high
    sides: tuple[Side, ...]
    match comparator:
        case Comparator.GE:
            sides = (side(1, low, low),)
        case Comparator.GT:
            sides = (side(1, low),)
        case Comparator.RANGE:
            sides = (side(1, low, low if high is None else high),)
        case Comparator.LE:
            sides = (side(-1, high, high),)
        case Comparator.LT:
            sides = (side(-1, high),)
        case Comparator.BETWEEN:
            sides = (side(1, low), side(-1, high))
    has_path = formula != "target_itself"
    return Goal(period, indicator.nature, share, period.even_share, formula, has_path, sides, is_band)


def _expected(indicator: Indicator, formula: str, share: Decimal, target: Decimal) -> Decimal:
    if formula in ("flow_share", "flow_profile"):
        return target * share
    if formula == "baseline_path" and indicator.baseline is not None:
        return indicator.baseline + share * (target - indicator.baseline)
    return target


def _scale(expected: Decimal, target: Decimal, baseline: Decimal | None) -> Decimal:
    """Returns the first of |expected|, |target|, |target - baseline|, 1 that is not zero."""
    way = _ZERO if baseline is None else abs(target - baseline)
    return abs(expected) or abs(target) or way or _ONE
