"""How far a figure is from the last one, where nothing is added up, and what a far one probably meant. Pure.

A level (stock, ratio, index) moves by a factor, a rate of growth by points. A figure that is far is possible: it is
loaded and asked about. What is a power of ten off is held instead (``tiendo.validation.magnitude``).
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from tiendo.model.register import Nature

LEVELS = frozenset({Nature.STOCK, Nature.RATIO, Nature.INDEX})
# What may be the index of a rate, the same period of last year being 100.
_INDEX = (50, 200)


class Reach(NamedTuple):
    """How far a figure may be from the last one.

    Attributes:
        factor: of a level.
        points: of a rate of growth, or as many as the last one counts, where that is more.
    """

    factor: Decimal
    points: Decimal


class Likely(NamedTuple):
    """What was probably meant.

    Attributes:
        why: ``index``, ``fraction``, ``mark``, ``sign``, ``digits`` or ``row``.
        row: for ``row``: the number of the other row.
    """

    value: Decimal
    why: str
    row: int = -1


class Neighbour(NamedTuple):
    """Another row's figure of the same nature and unit, and the last one there."""

    row: int
    value: Decimal
    last: Decimal


def is_far(value: Decimal, last: Decimal | None, nature: Nature, reach: Reach) -> bool:
    """Tells a figure whose size the last one makes unlikely; 0 after another one always is, as a level's first one."""
    if last is None:
        return not value and nature in LEVELS
    if not last or value == last:
        return False
    if not value:
        return True
    if nature is Nature.GROWTH:
        # Within these bounds 0,03 for 3 % is told by its decimals: a rate is told with one.
        is_fraction = abs(value) < 1 and value * 10 % 1 and abs(value * 100 - last) < abs(value - last)
        return bool(is_fraction) or abs(value - last) > max(reach.points, abs(last))
    return value * last < 0 or max(value / last, last / value) > reach.factor


def find_likely(
    value: Decimal,
    last: Decimal | None,
    nature: Nature,
    reach: Reach,
    *,
    family: str,
    neighbours: Iterable[Neighbour] = (),
) -> Likely | None:
    """Returns the figure that one simple slip makes of a far one and that is nearest to the last one; None without any.

    Args:
        family: of the unit; a fraction of one is only typed for a share or a rate.
        neighbours: the other rows of the file; two rows are exchanged where each figure is near the other's last one.
    """
    if not value or not last:
        return None
    found = [
        *_slips(value, nature, family),
        *(
            Likely(each.value, "row", each.row)
            for each in neighbours
            if each.value != value and each.last and not is_far(value, each.last, nature, reach)
        ),
    ]
    near = [each for each in found if each.value and not is_far(each.value, last, nature, reach)]
    # An index divided by ten or a hundred may chance to be nearer.
    return min(near, key=lambda each: (each.why != "index", _distance(each.value, last, nature)), default=None)


def _slips(value: Decimal, nature: Nature, family: str) -> Iterator[Likely]:
    """Yields what a figure may have been before a slip."""
    yield Likely(-value, "sign")
    if nature is Nature.GROWTH and _INDEX[0] <= value <= _INDEX[1]:
        yield Likely(value - 100, "index")
    is_percentage = family in ("share", "percent_change")
    for power in (-3, -2, -1, 1, 2, 3):
        yield Likely(value.scaleb(power), "fraction" if power == 2 and is_percentage and abs(value) < 1 else "mark")
    digits, exponent = f"{abs(value):f}".replace(".", ""), min(int(value.as_tuple().exponent), 0)
    for at in range(len(digits) - 1):
        swapped = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
        yield Likely(Decimal(swapped).scaleb(exponent).copy_sign(value), "digits")


def _distance(value: Decimal, last: Decimal, nature: Nature) -> Decimal:
    return abs(value - last) if nature is Nature.GROWTH else max(value / last, last / value)
