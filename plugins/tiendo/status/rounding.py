"""How computed numbers are rounded for reading: the same in sentences, tables and charts.

What is lacking is rounded up and what is to spare down, and a per cent gets as many decimals as it takes: no cut-off is
shown as reached that was not, nor the other way round.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from tiendo.model.register import Thresholds, Unit
from tiendo.vietnamese.number import format_number

_HUNDRED = Decimal(100)
_PLACES = tuple(Decimal(1).scaleb(-places) for places in range(7))
_WITHOUT_UNIT = 2


def places_of(unit: Unit | None) -> int:
    """Returns how many decimals a computed amount of a unit is written with."""
    if unit is None:
        return _WITHOUT_UNIT
    return 0 if unit.family in ("count", "rank") else max(1, unit.decimals)


def rounded(value: Decimal, places: int, rounding: str = ROUND_HALF_UP) -> Decimal:
    """Rounds an amount; a small one that is not nothing stays as it is rather than become 0."""
    if value.adjusted() >= 20:  # beyond what quantize can hold
        return value
    result = value.quantize(_PLACES[places], rounding)
    return value if result == 0 != value else result


def rounded_gap(gap: Decimal, places: int) -> Decimal:
    """Rounds a distance to a line, negative where so much is lacking: never to less lacking or more to spare."""
    return rounded(gap, places, ROUND_FLOOR)


def rounded_need(amount: Decimal, places: int) -> Decimal:
    """Rounds what must still come: what is printed suffices."""
    return rounded(amount, places, ROUND_CEILING)


def percent(ratio: Decimal, thresholds: Thresholds) -> str:
    """Returns ``97,1%``, with more decimals where a cut-off of the plan, or the whole, would else be misread."""
    value = ratio * _HUNDRED
    marks = (_HUNDRED, thresholds.on_track * _HUNDRED, thresholds.at_risk * _HUNDRED)
    for places in range(1, 5):
        shown = value.quantize(_PLACES[places], ROUND_HALF_UP)
        if all((shown >= mark) == (value >= mark) for mark in marks):
            break
    else:
        shown = value.quantize(_PLACES[4], ROUND_FLOOR)
    return f"{format_number(shown)}%"
