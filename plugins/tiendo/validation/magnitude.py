"""Tells a figure that is a power of ten away from what it can be: a slipped separator, another scale of the unit.

Honest figures move too: a flow may be tiny in the first quarter, growth may collapse, a share may start near zero. So
a figure is suspected only where the misreading explains it better than the reality: it lies near a power of ten (or a
hundred times and more) from what was last reported or is to be expected, and nothing else speaks for it.
"""

from decimal import Decimal
from math import floor, log10

from tiendo.model.register import Nature

# How far from the exact power of ten, as a factor: 1.25 either way.
_NEAR = log10(1.25)
_EXACTLY = log10(1.12)
_FAR = 2.0
# A rate of growth swings widely, so only beyond these multiples of target and last value is it suspected.
_GROWTH_HIGH, _GROWTH_LOW = 7.5, 0.2
# A flow above these multiples of the year's target is suspected, the lower one only when the last value agrees.
_FLOW_HIGH, _FLOW_HIGH_WITH_LAST = 5.0, 1.5
# Within this factor of what is to be expected a figure needs no other witness.
_FITS = log10(3)
_FRACTION_DECIMALS = -3


def misplaced_power(
    value: Decimal, *, nature: Nature, target: Decimal | None, expected: Decimal | None, last: Decimal | None
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
        return _flow(by_last, by_expected, by_target)
    if nature is Nature.GROWTH:
        return _growth(value, by_last, by_target)
    return _level(value, nature, by_last, by_expected)


def doubtful_power(value: Decimal, *, nature: Nature, expected: Decimal | None) -> int:
    """Returns -1 or -2 for a figure that may be a tenth or a hundredth of the one meant, or an honest low start.

    Only to be asked where ``misplaced_power`` says 0 and no earlier figure is known to compare with.
    """
    if nature in (Nature.RANK, Nature.GROUP, Nature.GROWTH) or not expected or value <= 0:
        return 0
    power = _near(log10(abs(float(value) / float(expected))), _EXACTLY)
    return power if power in (-1, -2) else 0


def fits(value: Decimal | None, expected: Decimal | None) -> bool:
    """Tells whether a figure is within a factor of three of what is to be expected."""
    distance = None if value is None else _log(value, expected)
    return distance is not None and abs(distance) <= _FITS


def distance(value: Decimal, expected: Decimal | None) -> float | None:
    """Returns how many powers of ten a figure is off what is to be expected; None where that cannot be told."""
    return _log(value, expected)


def misplaced_part(quarter: Decimal, whole: Decimal, whole_power: int) -> int:
    """Returns the power of ten by which a quarter's figure is off, given the quarter as the cumulatives tell it.

    Args:
        quarter: the figure of the quarter alone.
        whole: cumulative figure, mended, less the last one.
        whole_power: what ``misplaced_power`` said of the cumulative figure; typed in one unit, both are off.
    """
    if quarter <= 0 or whole <= 0:
        return 0
    distance = _log(quarter, whole)
    if distance is None:
        return 0
    if whole_power:
        return whole_power if abs(distance - whole_power) <= 0.5 else 0
    return _near(distance)


def _level(value: Decimal, nature: Nature, by_last: float | None, by_expected: float | None) -> int:
    """A stock, a ratio or an index: close to what it was, and most often to its target."""
    if by_expected is not None and abs(by_expected) <= log10(2):
        return 0
    if by_last is not None:
        return _near(by_last) or _far(by_last)
    if by_expected is None:
        return 0
    power = _near(by_expected) or _far(by_expected)
    # Without a last value a share or a stock may honestly stand at a tenth of its target.
    is_low_start = power == -1 or (nature is not Nature.STOCK and power < 0 and not _is_fraction(value))
    return 0 if is_low_start else power


def _growth(value: Decimal, by_last: float | None, by_target: float | None) -> int:
    known = [distance for distance in (by_target, by_last) if distance is not None]
    if not known:
        return 0
    closest = min(known, key=abs)
    if closest >= log10(_GROWTH_HIGH):
        return max(1, round(closest))
    # 0,087 for 8,7 %: a growth rate is told with one or two decimals, a fraction of one with three and more.
    if _is_fraction(value) and abs(value) < 1 and any(log10(_GROWTH_LOW) <= d + 2 <= log10(5) for d in known):
        return -2
    return 0


def _flow(by_last: float | None, by_expected: float | None, by_target: float | None) -> int:
    """A sum since the year's start: grows to between one and four times the last one from quarter to quarter."""
    if by_target is not None and by_target >= log10(_FLOW_HIGH):
        return max(1, floor(by_last) if by_last is not None and by_last >= 1 else round(by_expected or by_target))
    if by_last is not None:
        if by_last < 0 and by_expected is not None and abs(by_expected) <= _FITS:
            # It is the last one that was wrong: the plan speaks for this one.
            return 0
        if by_last >= (_FAR if by_target is None else 1):
            return floor(by_last) if by_target is None or by_target >= log10(_FLOW_HIGH_WITH_LAST) else 0
        # A tenth of the last sum is more often the quarter's figure than a slipped separator: the fall itself is told.
        return next((-power for power in (2, 3) if 0 <= by_last + power <= log10(4)), 0)
    if by_expected is None:
        return 0
    if abs(by_expected + 3) <= 0.4 or by_expected <= -4:
        return round(by_expected)
    is_above_target = by_target is not None and by_target >= log10(_FLOW_HIGH_WITH_LAST)
    return max(0, _near(by_expected)) if is_above_target else 0


def _log(value: Decimal, reference: Decimal | None) -> float | None:
    """Distance of two magnitudes in powers of ten; signs do not count."""
    if not reference or not value:
        return None
    return log10(abs(float(value) / float(reference)))


def _near(distance: float, slack: float = _NEAR) -> int:
    power = round(distance)
    return power if power and abs(distance - power) <= slack else 0


def _far(distance: float) -> int:
    return round(distance) if abs(distance) >= _FAR else 0


def _is_fraction(value: Decimal) -> bool:
    exponent = value.normalize().as_tuple().exponent
    return isinstance(exponent, int) and exponent <= _FRACTION_DECIMALS
