"""Reading and writing numbers the Vietnamese way. The one module of the project that turns a cell into a number.

It returns a value or a reason, and never guesses. Where the separators leave two meanings (``1.800``, ``1,800``;
``tiendo.vietnamese.notation`` says when they do), the unit decides, and where it does not, evidence:

| unit family                        | dot, ``1.800``                              | comma, ``1,800``                 |
|------------------------------------|---------------------------------------------|----------------------------------|
| count, rank                        | the only whole value; both whole: thousands | the only whole value, or evidence |
| money                              | thousands (1800)                            | evidence                         |
| share, percent_change, per_mille, measure | evidence                             | decimals (1.8)                   |
| no unit given                      | evidence                                    | evidence                         |

Evidence is the target and the last value. It chooses a meaning that lies within a factor of 5 of one of them while the
other meaning is more than a factor of 50 away from each. Where it says nothing, or points the other way than the
rule for thousands or decimals, the reason is ``ambiguous_separator``. A scale stated in the cell that is not the unit's
own ("1.350 tỷ USD" in a column of million USD) sets that rule aside, and evidence is asked for.

A number cell is taken as it is, never rescaled, except that a percent format multiplies by 100.
"""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from decimal import Context, Decimal
from typing import NamedTuple

from tiendo.model.content import RawCell
from tiendo.model.register import Unit
from tiendo.vietnamese.absence import Absence, read_absence
from tiendo.vietnamese.dates import format_date, read_date
from tiendo.vietnamese.notation import NUMERAL, Meanings, format_number, meanings
from tiendo.vietnamese.reasons import NumberReading, explain_note, explain_reason
from tiendo.vietnamese.stated_unit import PERCENT_FAMILIES, WHOLE_FAMILIES, Shift, find_shift, is_unit, read_stated
from tiendo.vietnamese.target import TargetReading, read_target
from tiendo.vietnamese.text import fold
from tiendo.vietnamese.wording import (
    DATE_BY_MONTH_NAME,
    FRACTION,
    RANGE,
    Wording,
    excel_range,
    month_number,
    read_wording,
)

__all__ = [
    "Absence",
    "NumberReading",
    "TargetReading",
    "explain_note",
    "explain_reason",
    "format_number",
    "read_absence",
    "read_number",
    "read_target",
]
LONGEST_TEXT = 200
MOST_DIGITS = 30
# Values from 10^15 on are refused: no amount of a province, in any unit, comes near.
_TOO_LARGE_EXPONENT = 15
NEAR, FAR = 5, 50
# What is compared with the same period of last year and lies here may be an index, that period being 100.
_INDEX = (50, 200)
# A date of other years was not typed as one: it is a number in a cell formatted as a date.
_YEARS_TYPED = (1990, 2060)
_EXCEL_DAY_ZERO, _DAY_ZERO = datetime(1899, 12, 30), datetime(1899, 12, 31)  # noqa: DTZ001

_HALF_A_MILLISECOND = Decimal("5.8e-9")

_EXACT = Context(prec=80)
# Excel keeps and shows 15 significant digits; further ones are the noise of binary arithmetic (0.1 + 0.2).
_EXCEL = Context(prec=15)
_ERROR_TEXTS = frozenset({"#n/a", "#ref!", "#div/0!", "#value!", "#name?", "#num!", "#null!", "#####"})


class _Context(NamedTuple):
    """What is known about the figure that a cell should hold."""

    unit: Unit | None
    evidence: tuple[Decimal, ...]
    names: AbstractSet[str] = frozenset()

    @property
    def family(self) -> str:
        return self.unit.family if self.unit else ""


class _Choice(NamedTuple):
    """One value of several meanings, or none, with the meanings left."""

    value: Decimal | None
    reason: str = ""
    note: str = ""
    alternatives: tuple[Decimal, ...] = ()
    suggestion: str = ""


def read_number(
    cell: RawCell | str | float | Decimal | date | None,
    *,
    unit: Unit | None = None,
    target: Decimal | None = None,
    last: Decimal | None = None,
    names: AbstractSet[str] = frozenset(),
) -> NumberReading:
    """Returns the number a cell holds, or the reason why it holds none. Raises nothing, whatever the cell is.

    Args:
        cell: a cell, or its value. The text of a cell is untrusted.
        unit: the unit the value is wanted in; a unit stated in the cell is converted to it, or refused.
        target: the indicator's target, as evidence about separators.
        last: the last value known, as evidence too.
        names: folded names of the indicator: words of its own behind the number are no unit ("62.848 doanh nghiệp đang
            hoạt động").
    """
    raw = cell if isinstance(cell, RawCell) else RawCell(cell)  # type: ignore[arg-type]
    value: object = raw.value
    if raw.error:
        return NumberReading(None, "error_cell", text=raw.error)
    if raw.is_uncalculated:
        return NumberReading(None, "uncalculated_formula", text=str(value or "")[:LONGEST_TEXT])
    if isinstance(value, str):
        evidence = tuple(abs(known) for known in (target, last) if known)
        return _read_text(value, _Context(unit, evidence, names))
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        reading = _read_number_cell(value, unit, is_percent=raw.is_percent)
        known = tuple(abs(known) for known in (target, last) if known)
        return _read_scaled(reading, raw.shown_scale, known) if raw.shown_scale and reading.value else reading
    if value is None:
        return NumberReading(None, "empty")
    if isinstance(value, date):
        number = number_under_date(value)
        if number is not None:
            return _read_number_cell(number, unit, is_percent=False)._replace(note="date_format")
        has_time = isinstance(value, datetime) and (value.hour, value.minute, value.second) != (0, 0, 0)
        suggestion = "" if has_time else excel_range(value.day, value.month)
        return NumberReading(None, "is_a_date", text=format_date(value), suggestion=suggestion)
    return NumberReading(None, "not_a_number", text=str(value)[:LONGEST_TEXT] if isinstance(value, bool) else "")


def number_under_date(value: object) -> Decimal | None:
    """Returns the number that Excel shows as a date where the cell is formatted so: 437 is 12/03/1901.

    None for what is no date, and for dates of years in which it may have been typed as one.
    """
    if not isinstance(value, date) or _YEARS_TYPED[0] <= value.year <= _YEARS_TYPED[1]:
        return None
    instant = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
    # Excel takes 1900 for a leap year: from March on its numbers are one ahead.
    since = instant.replace(tzinfo=None) - (_EXCEL_DAY_ZERO if instant.year > 1900 or instant.month > 2 else _DAY_ZERO)
    moments = (since.days * 86400 + since.seconds) * 10**6 + since.microseconds
    number = Decimal(moments) / Decimal(86400 * 10**6)
    # A date holds thousandths of a second: the shortest number that is the same instant was typed.
    shortest = (round(number, decimals) for decimals in range(8))
    return _plain(next((n for n in shortest if abs(n - number) < _HALF_A_MILLISECOND), round(number, 8)))


def _read_scaled(reading: NumberReading, scale: int, evidence: Sequence[Decimal]) -> NumberReading:
    """Decides whether the number that is meant is the one shown, or the larger one in the cell."""
    assert reading.value is not None  # noqa: S101  (asked for by the caller)
    shown = _plain(_EXACT.scaleb(reading.value, -scale))
    near = _by_evidence((abs(shown), abs(reading.value)), evidence)
    if near is None:
        return reading._replace(value=None, reason="scaled_format", note="", alternatives=(shown, reading.value))
    return reading._replace(value=shown if near == abs(shown) else reading.value, note="scaled_format")


def _read_number_cell(value: float | Decimal, unit: Unit | None, *, is_percent: bool) -> NumberReading:
    number, note = _exact(value)
    if not number.is_finite():
        return NumberReading(None, "not_finite", text=str(value))
    if number.adjusted() >= _TOO_LARGE_EXPONENT:
        return NumberReading(None, "too_large", text=format_number(number) if number.adjusted() < MOST_DIGITS else "")
    if isinstance(value, Decimal) and (number.adjusted() < -MOST_DIGITS or len(number.as_tuple().digits) > MOST_DIGITS):
        return NumberReading(None, "too_long")
    if not is_percent:
        return NumberReading(number, note=note, text=format_number(number))
    number = _plain(_EXACT.scaleb(number, 2))
    text = f"{format_number(number)}%"
    if unit and unit.family not in PERCENT_FAMILIES:
        return NumberReading(None, "percent_for_other_unit", text=text)
    return NumberReading(number, note="percent_format", text=text)


def _exact(value: float | Decimal) -> tuple[Decimal, str]:
    """Returns a number cell's value in its shortest decimal form, and the note to make."""
    if isinstance(value, Decimal):
        is_ordinary = value.is_finite() and abs(value.adjusted()) < MOST_DIGITS
        return (_plain(value) if is_ordinary else value), ""
    if isinstance(value, int) or value.is_integer():
        return Decimal(int(value)), ""
    number = Decimal(float.__repr__(value))
    if not number.is_finite() or (len(number.as_tuple().digits) <= _EXCEL.prec and number.adjusted() >= -_EXCEL.prec):
        return number, ""
    if number.adjusted() < -_EXCEL.prec:
        # What is left of 0.3 - 0.2 - 0.1: the binary remainder of a sum that is zero.
        return Decimal(0), "rounded_to_15_digits"
    return _plain(_EXCEL.normalize(number)), "rounded_to_15_digits"


def _read_text(text: str, context: _Context) -> NumberReading:
    if len(text) > LONGEST_TEXT:
        return NumberReading(None, "too_long", text=f"{text[:40]}…")
    folded = fold(text).lstrip("'’ ")
    if not folded:
        return NumberReading(None, "empty", text=text)
    if any(letter.isdecimal() and not letter.isascii() for letter in folded):
        return NumberReading(None, "foreign_digits", text=text)
    # Most cells hold a bare numeral, which has no words to look for.
    wording = Wording(folded) if NUMERAL.fullmatch(folded) else read_wording(folded)
    numeral = NUMERAL.match(wording.body)
    if not numeral:
        return NumberReading(None, _reason_without_number(folded), text=text)
    choice = _read_body(folded, wording, numeral[0], context)
    if choice.value is not None and choice.value.adjusted() >= _TOO_LARGE_EXPONENT:
        choice = _Choice(None, reason="too_large")
    is_negative = wording.negatives > 0
    return NumberReading(
        None if choice.value is None else _signed(choice.value, is_negative=is_negative),
        choice.reason,
        is_approximate=wording.is_approximate,
        is_estimate=wording.is_estimate,
        alternatives=tuple(_signed(meaning, is_negative=is_negative) for meaning in choice.alternatives),
        note=choice.note,
        text=text,
        suggestion=choice.suggestion,
    )


def _reason_without_number(folded: str) -> str:
    if folded in _ERROR_TEXTS:
        return "error_cell"
    if folded.startswith("="):
        return "uncalculated_formula"
    return "not_a_number" if read_absence(folded).kind == "other" else "declared_empty"


def _read_body(folded: str, wording: Wording, numeral: str, context: _Context) -> _Choice:
    """Judges numeral and tail, sign aside."""
    if sum(letter.isdigit() for letter in numeral) > MOST_DIGITS:
        return _Choice(None, "too_long")
    written = meanings(numeral)
    tail = wording.body[len(numeral) :]
    shift = _find_shift(tail, wording.stated_before, context)
    if isinstance(shift, str) or not written.values:
        reason = shift if written.values and isinstance(shift, str) else "not_a_number"
        return _name_structure(folded, written, tail, context) or _Choice(None, reason)
    if wording.negatives > 1 or (wording.negatives and wording.is_rise):
        plain = _choose_separator(written, shift, context).value if written.mark else _shifted(written.values[0], shift)
        return _Choice(None, "double_negative", alternatives=() if plain is None else (plain, plain.copy_negate()))
    if (wording.is_change or wording.is_compared) and context.family not in ("percent_change", ""):
        return _Choice(None, "is_a_change")
    if wording.is_compared and not (wording.is_change or wording.negatives):
        index = _choose_separator(written, shift, context).value if written.mark else _shifted(written.values[0], shift)
        if index is not None and (wording.is_equal or _INDEX[0] <= index <= _INDEX[1]):
            growth = _plain(_EXACT.subtract(index, Decimal(100)))
            return _Choice(None, "is_an_index", alternatives=(growth,) if wording.is_level else (growth, index))
    if shift.is_base_unit:
        return _choose_base_unit(written, shift, context)
    if written.mark:
        return _choose_separator(written, shift, context)
    note = "unit_converted" if shift.exponent else _separator_note(numeral, written)
    return _Choice(_shifted(written.values[0], shift), note=note)


def _find_shift(tail: str, stated_before: str, context: _Context) -> Shift | str:
    if not tail and not stated_before:
        return Shift()
    stated = read_stated(tail)
    if stated_before and stated.noun not in ("", stated_before):
        return "other_unit"
    shift = find_shift(stated._replace(noun=stated.noun or stated_before), context.unit)
    if (
        shift == "other_unit"
        and stated.noun
        and not is_unit(stated.noun)
        and any(re.search(rf"(?<!\w){re.escape(stated.noun)}(?!\w)", name) for name in context.names)
    ):
        return find_shift(stated._replace(noun=""), context.unit) if stated.scale else Shift()
    if isinstance(shift, str) and any(letter.isdigit() for letter in tail):
        return "several_numbers" if tail.startswith((" ", "(", ",", ";")) else "not_a_number"
    return shift


def _name_structure(folded: str, written: Meanings, tail: str, context: _Context) -> _Choice | None:
    """Names what is no single number: a date, a range, a fraction."""
    if match := DATE_BY_MONTH_NAME.fullmatch(folded):
        return _Choice(None, "is_a_date", suggestion=excel_range(int(match["day"]), month_number(match)))
    if read_date(folded):
        return _Choice(None, "is_a_date")
    if match := RANGE.match(tail):
        numeral = NUMERAL.match(match["end"])
        ends = (written, meanings(numeral[0])) if numeral else (written,)
        values = [_choose_end(end, context) for end in ends]
        return _Choice(None, "is_a_range", alternatives=tuple(value for value in values if value is not None))
    return _Choice(None, "is_a_fraction") if FRACTION.match(tail) else None


def _choose_end(written: Meanings, context: _Context) -> Decimal | None:
    if written.mark:
        return _choose_separator(written, Shift(), context).value
    return written.values[0] if written.values else None


def _choose_separator(written: Meanings, shift: Shift, context: _Context) -> _Choice:
    """Decides between decimals and thousands by the table of the module."""
    decimal, grouped = (_shifted(value, shift) for value in written.values)
    is_dot = written.mark == "."
    converted = "unit_converted" if shift.exponent else ""
    if context.family in WHOLE_FAMILIES and decimal != decimal.to_integral_value():
        # The whole meaning is the only one possible; no evidence can say otherwise.
        return _Choice(grouped, note=converted or ("" if is_dot else "whole_reading"))
    rule: Decimal | None = None
    if context.family in WHOLE_FAMILIES or context.family == "money":
        rule = grouped if is_dot and not shift.exponent else None
    elif context.family:
        rule = None if is_dot else decimal
    near = _by_evidence((decimal, grouped), context.evidence)
    if rule is not None and near in (None, rule):
        return _Choice(rule)
    if rule is None and near is not None:
        return _Choice(near, note="chosen_by_evidence")
    return _Choice(None, "ambiguous_separator", alternatives=(decimal, grouped))


def _choose_base_unit(written: Meanings, shift: Shift, context: _Context) -> _Choice:
    """Decides whether "437 USD" in a column of million USD is meant so or is short for the column's unit."""
    choice = _choose_separator(written, Shift(), context) if written.mark else _Choice(written.values[0])
    as_typed = choice.value
    if as_typed is None:
        return choice
    literal = _shifted(as_typed, shift)
    if not as_typed or literal >= 1:
        return _Choice(literal, note="unit_converted")
    near = _by_evidence((literal, as_typed), context.evidence)
    if near is None:
        return _Choice(None, "ambiguous_unit", alternatives=(literal, as_typed))
    return _Choice(near, note="unit_converted" if near == literal else "chosen_by_evidence")


def _by_evidence(meant: tuple[Decimal, Decimal], evidence: Sequence[Decimal]) -> Decimal | None:
    """Returns the one meaning that is near something known while the other is far from all that is known."""
    for value, other in (meant, meant[::-1]):
        is_near = any(_factor(value, known) <= NEAR for known in evidence)
        if is_near and all(_factor(other, known) > FAR for known in evidence):
            return value
    return None


def _factor(value: Decimal, known: Decimal) -> Decimal:
    """Returns how many times the larger one is the smaller one; both are positive, or the value is zero."""
    if not value:
        return Decimal("Infinity")
    return max(_EXACT.divide(value, known), _EXACT.divide(known, value))


def _separator_note(numeral: str, written: Meanings) -> str:
    if not written.is_english:
        return ""
    return "english_separators" if "," in numeral else "decimal_point_read"


def _shifted(value: Decimal, shift: Shift) -> Decimal:
    return _plain(_EXACT.scaleb(value, shift.exponent)) if shift.exponent else value


def _plain(value: Decimal) -> Decimal:
    """Returns the same value without needless digits: 3.8E+3 and 3800.0 become 3800."""
    whole = _EXACT.to_integral_value(value)
    return _EXACT.quantize(whole, Decimal(1)) if whole == value else value


def _signed(value: Decimal, *, is_negative: bool) -> Decimal:
    return value.copy_negate() if is_negative and value else value
