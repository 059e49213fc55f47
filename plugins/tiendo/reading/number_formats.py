"""What a number format makes of a number: a percentage, thousands left out, words behind it that name a unit.

Currency signs are no unit: one click puts them there. Formats stand in files in their English form, whatever the
language of the program: ``,`` between thousands, ``.`` before decimals.
"""

import operator
import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

_TOKEN = re.compile(r'"([^"]*)"|\\(.)|[_*].|\[([^\]]*)\]|(General|[0#?](?:[0#?,.]*[0#?.,])?)|(.)', re.DOTALL)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)")
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le, ">=": operator.ge, "<>": operator.ne, "<": operator.lt, ">": operator.gt, "=": operator.eq,
}  # fmt: skip
_SCALING = re.compile(r"(,+)(?:\.|$)")
CURRENCY_SIGNS = frozenset({"₫", "đ", "$", "€", "£", "¥"})
_UNIT_SIGNS = frozenset("%‰")
# For sections without conditions: how many there are, and which numbers each is for.
_BY_SIGN = {1: (), 2: ((">=", 0.0),), 3: ((">", 0.0), ("<", 0.0))}


class ShownAs(NamedTuple):
    """How a number is shown.

    Attributes:
        is_percent: a hundred times as large, with a percent sign.
        scale: power of ten by which what is shown is smaller: 3 for one comma behind the digits.
        unit: the words behind it.
    """

    is_percent: bool = False
    scale: int = 0
    unit: str = ""


class NumberFormat:
    """A number format, whose sections are for numbers of different signs or sizes."""

    def __init__(self, code: str) -> None:
        sections = [_read_section(text) for text in _sections(code)[:3]]
        self._sections = [shown for shown, _ in sections]
        conditions = [condition for _, condition in sections]
        if not any(conditions):
            conditions = [*_BY_SIGN[len(sections)], None]
        self._conditions = conditions
        self.is_special = any(any(shown) for shown in self._sections)

    def of(self, value: float) -> ShownAs:
        """Returns how a number is shown."""
        for shown, condition in zip(self._sections, self._conditions, strict=False):
            if condition is None or _COMPARISONS[condition[0]](value, condition[1]):
                return shown
        return self._sections[-1]


@lru_cache(maxsize=1024)
def number_format(code: str) -> NumberFormat:
    """Returns what a format's code means."""
    return NumberFormat(code)


def _sections(code: str) -> list[str]:
    """Cuts a code at its semicolons; those in quotes or behind a backslash part nothing."""
    sections = [""]
    for match in _TOKEN.finditer(code):
        if match[5] == ";":
            sections.append("")
        else:
            sections[-1] += match[0]
    return sections


def _read_section(text: str) -> tuple[ShownAs, tuple[str, float] | None]:
    digits, behind, is_percent = "", "", False
    condition = None
    for quoted, escaped, bracketed, placeholders, other in _TOKEN.findall(text):
        if match := _CONDITION.fullmatch(bracketed):
            condition = (match[1], float(match[2]))
        elif placeholders:
            digits = digits or placeholders
        elif other == "%":
            is_percent = True
        elif digits:
            # Words of a currency, [$USD-409], are as good as written ones; its bare sign is not.
            currency = bracketed.partition("-")[0].removeprefix("$") if bracketed.startswith("$") else ""
            behind += quoted or escaped or currency or (" " if other == " " else "")
    scaling = _SCALING.search(digits)
    return ShownAs(is_percent, 3 * len(scaling[1]) if scaling else 0, "" if is_percent else _unit(behind)), condition


def _unit(words: str) -> str:
    words = " ".join(words.split())
    is_unit = any(letter.isalpha() or letter in _UNIT_SIGNS for letter in words)
    return words if is_unit and words.lower() not in CURRENCY_SIGNS else ""
