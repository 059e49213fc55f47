"""A sender's confirmation: the number of a held figure repeated in the cell for it. No other words open that gate.

"Xác nhận 31.550.000 tỷ đồng" in the explanation (of a correction: in its reason). The sentence must begin with the
words; what stands behind them is read as the figure's own cell would be, and must be the same number.
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from tiendo.model.content import RawCell
from tiendo.model.period import Period
from tiendo.validation.cells import read_figure
from tiendo.validation.facts import IndicatorFacts
from tiendo.vietnamese.notation import NUMERAL
from tiendo.vietnamese.number import format_number
from tiendo.vietnamese.text import ascii_key, fold

_SENTENCE = re.compile(r"[.!?](?=\s|$)|\n")
# Who confirms may be named; that somebody should, will or does not confirm is no confirmation.
_WORDS = re.compile(
    r"[\"“”' ]*(?:(?:đơn vị|cơ quan|sở|cục|chi cục|ban|ubnd|ủy ban|ngân hàng|bảo hiểm|phòng|tôi|chúng tôi|xin)\b"
    r"(?: (?!chưa|không|chờ|đợi|đề nghị|cần|sẽ|nếu|phải|đang|để|do|hỏi|theo|sau)[^\W\d_]+){0,8}? )?"
    r"(?:xác nhận|xac nhan)(?![^\W\d_])"
)
_LEAD = re.compile(
    r"[ :\"“”'-]*(?:(?:lại|số liệu|số|giá trị|lũy kế|trong (?:quý|tháng|kỳ|năm)|đúng|là"
    r"|lai|so lieu|so|gia tri|dung|la)\b[ :]*)*"
)
_PART = re.compile(r";| và | va ")
# Behind the number and its unit prose may follow.
_PROSE = re.compile(r"[,:] |-(?!\d)|[(\"“”]| (?:do|vì|theo|gồm|vi|gom)(?= )| (?:là )?(?:đúng|chính xác)")


def confirmed_number(
    text: str, value: Decimal | None, facts: IndicatorFacts, period: Period, stated_unit: str = ""
) -> Decimal | None:
    """Returns the number that a text confirms: ``value`` where it is repeated, else another one; None without any.

    Args:
        stated_unit: holds for a bare number, where a heading or the unit column tells another than the indicator's own.
    """
    other = None
    for part in _parts(text):
        number = _read(part, value, facts, period, stated_unit)
        if number is not None and number == value:
            return value
        other = number if other is None else other
    return other


def confirmation_of(values: Iterable[Decimal], facts: IndicatorFacts) -> str:
    """Returns what is to be written to confirm figures: ``Xác nhận 31.550.000 tỷ đồng``."""
    unit = facts.unit_label
    unit = unit if unit[:2].isupper() else f"{unit[:1].lower()}{unit[1:]}"
    return f"Xác nhận {'; '.join(f'{format_number(value)} {unit}'.strip() for value in values)}"


def _parts(text: str) -> Iterator[str]:
    """Yields the numbers that sentences of confirmation name, as written."""
    for sentence in _SENTENCE.split(text):
        words = fold(sentence)
        if match := _WORDS.match(words):
            for part in _PART.split(words[match.end() :]):
                lead = _LEAD.match(part)
                # A dash right before the digits is the number's sign.
                start = lead.end() if lead else 0
                start -= part[max(start - 1, 0) : start] == "-"
                yield _PROSE.split(part[start:].strip(), maxsplit=1)[0].strip(" ,.")


def _read(part: str, value: Decimal | None, facts: IndicatorFacts, period: Period, stated_unit: str) -> Decimal | None:
    numeral = NUMERAL.search(part)
    if numeral is None:
        return None
    tail, keys = part[numeral.end() :].strip(), {ascii_key(unit) for unit in facts.units} - {""}
    if is_own_unit := tail in facts.units or ascii_key(tail) in keys:
        part = part[: numeral.end()]
    # Written as we write it, it is the number, though its separator could mean another one elsewhere.
    if value is not None and part == format_number(value) and (is_own_unit or not stated_unit):
        return value
    reading = read_figure(RawCell(part), facts, None, period, "" if is_own_unit else stated_unit)
    return reading.value
