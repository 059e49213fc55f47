"""Targets as a plan prints them: ``1.800``, ``9 - 10``, ``> 8,7``, ``<5,2``, ``103-107``."""

import re
from decimal import Decimal
from typing import NamedTuple

from tiendo.model.register import Comparator
from tiendo.vietnamese.notation import NUMERAL, meanings
from tiendo.vietnamese.text import fold

_COMPARATORS = {
    ">": Comparator.GT, "trên": Comparator.GT, "hơn": Comparator.GT,
    "<": Comparator.LT, "dưới": Comparator.LT,
    "≥": Comparator.GE, ">=": Comparator.GE, "tối thiểu": Comparator.GE, "ít nhất": Comparator.GE,
    "không dưới": Comparator.GE, "": Comparator.GE,
    "≤": Comparator.LE, "<=": Comparator.LE, "tối đa": Comparator.LE, "không quá": Comparator.LE,
    "duy trì mức": Comparator.BETWEEN,
}  # fmt: skip
_WORDS = "|".join(re.escape(words) for words in sorted(_COMPARATORS, key=len, reverse=True) if words)
_TARGET = re.compile(
    rf"(?:đạt )?(?P<words>{_WORDS})? ?(?P<low>{NUMERAL.pattern})(?: ?- ?(?P<high>{NUMERAL.pattern}))?"
    r" ?[%‰]?(?P<up> trở lên)?"
)


class TargetReading(NamedTuple):
    """A target as understood; ``low`` and ``high`` as in ``tiendo.model.register.Indicator``."""

    comparator: Comparator
    low: Decimal | None = None
    high: Decimal | None = None


def read_target(text: str | None) -> TargetReading:
    """Returns what a printed target says, dots always between thousands, commas before decimals.

    A bare number is a floor (GE), a blank is no target (NONE), two numbers are RANGE; whether such a range is a band
    (BETWEEN) is the register's decision. A floor has ``low`` only, a ceiling ``high`` only.

    Raises:
        ValueError: the text is no target.
    """
    folded = fold(text or "")
    if not folded:
        return TargetReading(Comparator.NONE)
    match = _TARGET.fullmatch(folded)
    low = _value(match["low"]) if match else None
    if not match or low is None:
        raise ValueError(f"{text!r} is not a target")
    words = match["words"] or ""
    if match["high"]:
        high = _value(match["high"])
        if words or match["up"] or high is None or high < low:
            raise ValueError(f"{text!r} is not a range")
        return TargetReading(Comparator.RANGE, low, high)
    comparator = _COMPARATORS[words]
    if match["up"] and words:
        raise ValueError(f"{text!r} says two things")
    if comparator is Comparator.BETWEEN:
        return TargetReading(comparator, low, low)
    is_ceiling = comparator in (Comparator.LT, Comparator.LE)
    return TargetReading(comparator, None if is_ceiling else low, low if is_ceiling else None)


def _value(numeral: str) -> Decimal | None:
    meaning = meanings(numeral)
    if not meaning.values:
        return None
    return meaning.values[1] if meaning.mark == "." else meaning.values[0]
