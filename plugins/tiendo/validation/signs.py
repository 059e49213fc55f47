"""A minus sign that was lost: the figure is positive, and what the sender wrote beside it says that it fell. Pure."""

import re
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from tiendo.vietnamese.notation import NUMERAL, meanings
from tiendo.vietnamese.text import fold

_FALL = re.compile(rf"(?:giảm|âm|-) ?(?:khoảng |gần |hơn |trên )?({NUMERAL.pattern}) ?%")


class Sign(StrEnum):
    """What became of the sign."""

    PLAIN = "plain"
    DOUBTFUL = "doubtful"
    LOST = "lost"


def judge_sign(value: Decimal, last: Decimal | None, texts: Iterable[str], *, same_within: Decimal) -> Sign:
    """Judges a positive rate of change.

    Args:
        value: as read.
        last: the last rate, of an earlier period.
        texts: note and explanation.
        same_within: two rates are the same within this factor.

    Returns:
        ``LOST`` when a text says that the very figure is a fall ("giảm 18,7%"), ``DOUBTFUL`` when the last rate was the
        same but negative, or was negative and a text speaks of a fall and of no rise.
    """
    folded = [fold(text) for text in texts if text]
    if any(value in meanings(match[1]).values for text in folded for match in _FALL.finditer(text)):
        return Sign.LOST
    if last is None or last >= 0:
        return Sign.PLAIN
    is_same = value / same_within <= -last <= value * same_within
    is_told = any("giảm" in text for text in folded) and not any("tăng" in text for text in folded)
    return Sign.DOUBTFUL if is_same or is_told else Sign.PLAIN
