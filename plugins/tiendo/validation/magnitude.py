"""Tells a figure that is a power of ten away from what it can be: a slipped separator, another scale of the unit.

Honest figures move too: a flow may be tiny in the first quarter, growth may collapse, a share may start near zero. So
a figure is suspected only where the misreading explains it better than the reality: it lies near a power of ten (or a
hundred times and more) from what was last reported or is to be expected, and nothing else speaks for it.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from math import floor, log10
from typing import NamedTuple

from tiendo.model.register import Nature


class Limits(NamedTuple):
    """The numbers of these rules, as factors; they stand in suite ``figure``, parameter ``magnitude``.

    Attributes:
        near: how far from an exact power of ten a figure may be to be taken for one.
        far: from this many times on a figure is suspected whatever the power.
        growth_high: a rate of growth swings widely: only beyond this multiple of target and last value is it suspected.
        growth_low, growth_low_to: a hundredth of a rate is told where the rate would then be between these multiples.
        flow_high: a flow above this multiple of the year's target is suspected ...
        flow_high_with_last: ... or above this one where the last value agrees.
        fits: within this factor of what is to be expected a sum needs no other witness.
        level_fits: the same for a level.
        fraction_decimals: so many decimals and more has a fraction of one typed for a percentage.
    """

    near: float
    far: float
    growth_high: float
    growth_low: float
    growth_low_to: float
    flow_high: float
    flow_high_with_last: float
    fits: float
    level_fits: float
    fraction_decimals: int

    @classmethod
    def of(cls, parameters: Mapping[str, float]) -> "Limits":
        """Returns the limits that a suite states."""
        return cls(**parameters)  # type: ignore[arg-type]  # the suite's own names


@lru_cache(maxsize=1 << 14)
def misplaced_power(
    value: Decimal,
    *,
    nature: Nature,
    target: Decimal | None,
    expected: Decimal | None,
    last: Decimal | None,
    limits: Limits,
) -> int:
    """Returns the power of ten by which a figure told from the year's start, or at its period's end, is too large.

    Args:
        value: the figure, in the indicator's unit.
        nature: of the indicator; ranks are never suspected.
        target: of the year.
        expected: what the target lets one expect at this period's end.
        last: the last figure of an earlier period, for a flow of the same year.

    Returns:
        3 when it is about 1000 times too large, -2 when about 100 times too small, 0 when it is plausible.
    """
    if value == 0 or nature in (Nature.RANK, Nature.GROUP):
        return 0
    by_last, by_expected, by_target = _log(value, last), _log(value, expected), _log(value, target)
    if nature is Nature.FLOW:
        return _flow(by_last, by_expected, by_target, limits)
    if nature is Nature.GROWTH:
        return _growth(value, by_last, by_target, limits)
    return _level(value, nature, by_last, by_expected, limits)


def doubtful_power(value: Decimal, *, nature: Nature, expected: Decimal | None, within: float) -> int:
    """Returns -1 or -2 for a figure that may be a tenth or a hundredth of the one meant, or an honest low start.

    Only to be asked where ``misplaced_power`` says 0 and no earlier figure is known to compare with.

    Args:
        within: how far from an exact tenth or hundredth it may be, as a factor.
    """
    if nature in (Nature.RANK, Nature.GROUP, Nature.GROWTH) or not expected or value <= 0:
        return 0
    power = _near(log10(abs(float(value) / float(expected))), within)
    return power if power in (-1, -2) else 0


def fits(value: Decimal | None, expected: Decimal | None, within: float) -> bool:
    """Tells whether a figure is within a factor of what is to be expected."""
    distance = None if value is None else _log(value, expected)
    return distance is not None and abs(distance) <= log10(within)


def distance(value: Decimal, expected: Decimal | None) -> float | None:
    """Returns how many powers of ten a figure is off what is to be expected; None where that cannot be told."""
    return _log(value, expected)


def misplaced_part(quarter: Decimal, whole: Decimal, whole_power: int, near: float) -> int:
    """Returns the power of ten by which a quarter's figure is off, given the quarter as the cumulatives tell it.

    Args:
        quarter: the figure of the quarter alone.
        whole: cumulative figure, mended, less the last one.
        whole_power: what ``misplaced_power`` said of the cumulative figure; typed in one unit, both are off.
        near: how far from an exact power of ten it may be, as a factor.
    """
    if quarter <= 0 or whole <= 0:
        return 0
    distance = _log(quarter, whole)
    if distance is None:
        return 0
    if whole_power:
        return whole_power if abs(distance - whole_power) <= 0.5 else 0
    return _near(distance, near)


def _level(value: Decimal, nature: Nature, by_last: float | None, by_expected: float | None, limits: Limits) -> int:
    """A stock, a ratio or an index: close to what it was, and most often to its target."""
    if by_expected is not None and abs(by_expected) <= log10(limits.level_fits):
        return 0
    if by_last is not None:
        return _near(by_last, limits.near) or _far(by_last, limits.far)
    if by_expected is None:
        return 0
    power = _near(by_expected, limits.near) or _far(by_expected, limits.far)
    # Without a last value a share or a stock may honestly stand at a tenth of its target.
    is_low_start = power == -1 or (
        nature is not Nature.STOCK and power < 0 and not _is_fraction(value, limits.fraction_decimals)
    )
    return 0 if is_low_start else power


def _growth(value: Decimal, by_last: float | None, by_target: float | None, limits: Limits) -> int:
    known = [distance for distance in (by_target, by_last) if distance is not None]
    if not known:
        return 0
    if min(known) >= log10(limits.growth_high):
        return max(1, round(min(known)))
    # 0,087 for 8,7 %: a growth rate is told with one or two decimals, a fraction of one with three and more.
    low, high = log10(limits.growth_low), log10(limits.growth_low_to)
    is_fraction = _is_fraction(value, limits.fraction_decimals) and abs(value) < 1
    if is_fraction and any(low <= d + 2 <= high for d in known):
        return -2
    return 0


def _flow(by_last: float | None, by_expected: float | None, by_target: float | None, limits: Limits) -> int:
    """A sum since the year's start: grows to between one and four times the last one from quarter to quarter."""
    if by_target is not None and by_target >= log10(limits.flow_high):
        return max(1, floor(by_last) if by_last is not None and by_last >= 1 else round(by_expected or by_target))
    if by_last is not None:
        if by_last < 0 and by_expected is not None and abs(by_expected) <= log10(limits.fits):
            # It is the last one that was wrong: the plan speaks for this one.
            return 0
        if by_last >= (log10(limits.far) if by_target is None else 1):
            return floor(by_last) if by_target is None or by_target >= log10(limits.flow_high_with_last) else 0
        # A tenth of the last sum is more often the quarter's figure than a slipped separator: the fall itself is told.
        return next((-power for power in (2, 3) if 0 <= by_last + power <= log10(4)), 0)
    if by_expected is None:
        return 0
    if abs(by_expected + 3) <= 0.4 or by_expected <= -4:
        return round(by_expected)
    is_above_target = by_target is not None and by_target >= log10(limits.flow_high_with_last)
    return max(0, _near(by_expected, limits.near)) if is_above_target else 0


def _log(value: Decimal, reference: Decimal | None) -> float | None:
    """Distance of two magnitudes in powers of ten; signs do not count."""
    if not reference or not value:
        return None
    return log10(abs(float(value) / float(reference)))


def _near(distance: float, slack: float) -> int:
    power = round(distance)
    return power if power and abs(distance - power) <= log10(slack) else 0


def _far(distance: float, far: float) -> int:
    return round(distance) if abs(distance) >= log10(far) else 0


def _is_fraction(value: Decimal, decimals: int) -> bool:
    exponent = value.normalize().as_tuple().exponent
    return isinstance(exponent, int) and exponent <= -decimals
