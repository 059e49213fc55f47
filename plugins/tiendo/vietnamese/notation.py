"""Numerals as digits and separators: writing them, and what a written one can mean by its separators alone.

| written                                | as thousands | as decimals | why                                           |
|----------------------------------------|--------------|-------------|-----------------------------------------------|
| ``437`` ``08``                         |              | 437, 8      | no separator                                  |
| ``8,7`` ``8.7`` ``0.087`` ``1234.567`` |              | 8.7, ...    | not in groups of three                        |
| ``1.234.567`` ``1,234,567`` ``1 234``  | 1234567, ... |             | a decimal mark stands once; a blank is none   |
| ``1.234,5`` ``1,234.5`` ``1 234,5``    | 1234.5       |             | two marks: the last one is the decimal mark   |
| ``1.800`` ``1,800``                    | 1800         | 1.800       | both; unit or evidence decide (``number``)    |
| ``1.80.0`` ``12,34,567``               |              |             | neither                                       |
"""

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

# A numeral at the start of a text. A blank belongs to it only between a group and exactly three more digits.
NUMERAL = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+(?![0-9])(?:[.,][0-9]+)*|[0-9]+(?:[.,][0-9]+)*")
_GROUPED = re.compile(
    r"([0-9]{1,3})(?:(?P<mark>[., ])[0-9]{3})(?:(?P=mark)[0-9]{3})*(?:(?!(?P=mark))(?P<point>[.,])[0-9]+)?"
)
_DECIMAL = re.compile(r"[0-9]+(?:(?P<point>[.,])[0-9]+)?")


class Meanings(NamedTuple):
    """What a numeral can mean.

    Attributes:
        values: none when it is malformed, one when it is certain, two when its separator may stand between thousands
            or before decimals: first as decimals, then as thousands.
        mark: the separator of an ambiguous numeral, else "".
        is_english: marks used the English way round, without any doubt (``8.7``, ``1,234.5``).
    """

    values: tuple[Decimal, ...]
    mark: str = ""
    is_english: bool = False


def meanings(numeral: str) -> Meanings:
    """Returns what a numeral of ASCII digits, dots, commas and blanks can mean; see the table of the module."""
    values = []
    mark = point = ""
    if match := _DECIMAL.fullmatch(numeral):
        point = match["point"] or ""
        values.append(Decimal(numeral.replace(",", ".")))
    # "0.087" has no thousands: a whole part of zeros is never a group. "08.700" may have.
    if (match := _GROUPED.fullmatch(numeral)) and int(match[1]) != 0:
        mark, point = match["mark"], match["point"] or point
        whole, _, rest = numeral.partition(match["point"] or "\n")
        values.append(Decimal(f"{whole.replace(mark, '')}.{rest}" if rest else whole.replace(mark, "")))
    if len(values) == 2:
        return Meanings(tuple(values), mark)
    return Meanings(tuple(values), is_english=point == "." or mark == ",")


def format_number(value: Decimal | float, decimals: int | None = None) -> str:
    """Returns ``74.617``, ``8,7`` or ``-18,7``: a dot between thousands, a comma before decimals.

    Args:
        value: a float is taken as its shortest decimal form, 8.7 as 8,7.
        decimals: how many to show, rounded half away from zero; None shows all there are, without trailing zeros.

    Raises:
        ValueError: the value is not finite.
    """
    number = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise ValueError(f"{value} cannot be written as a number")
    if decimals is not None:
        precision = Context(prec=max(number.adjusted(), 0) + decimals + 2, rounding=ROUND_HALF_UP)
        number = number.quantize(Decimal(1).scaleb(-decimals), context=precision)
    text = f"{number:,f}"
    if decimals is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    if not number:
        text = text.lstrip("-")
    return text.replace(",", " ").replace(".", ",").replace(" ", ".")
