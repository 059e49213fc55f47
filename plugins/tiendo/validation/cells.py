"""What single cells say, before anything is compared: texts, figures, kinds and dates as people type them."""

import re
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from tiendo.model.content import RawCell
from tiendo.model.period import Period
from tiendo.model.states import KIND_VARIANTS, KINDS, TASK_STATE_VARIANTS, TASK_STATES
from tiendo.validation.facts import IndicatorFacts, RegisterFacts
from tiendo.vietnamese.dates import format_date
from tiendo.vietnamese.listed_state import listed_state
from tiendo.vietnamese.notation import NUMERAL
from tiendo.vietnamese.number import NumberReading, format_number, number_under_date, read_absence, read_number
from tiendo.vietnamese.text import fold

_BETWEEN_WORDS = re.compile(r"[\W_]+")


def _words(text: str) -> str:
    """Returns a text's words alone: brackets, dashes and commas between them say nothing."""
    return _BETWEEN_WORDS.sub(" ", fold(text)).strip()


_KIND_BY_WORDS = {_words(label): code for code, label in KINDS.items()} | {
    _words(text): code for text, code in KIND_VARIANTS.items()
}
_STATE_BY_WORDS = {_words(label): code for code, label in TASK_STATES.items()} | {
    _words(text): code for text, code in TASK_STATE_VARIANTS.items()
}
KINDS_EXPECTED = " hoặc ".join(KINDS.values())
ABSENCES = ("not_applicable", "no_occurrence", "not_available")


class CellReading(NamedTuple):
    """What a number cell says: a figure, a state of the list, a declared absence, nothing, or something unreadable.

    Attributes:
        answer: ``value``, ``state``, ``blank``, ``unreadable``, or the answer in words: ``not_applicable``,
            ``no_occurrence``, ``not_available``.
        number: how the figure was read, or why it could not be; None where there is none.
        promised_on: the day for which a figure is promised.
    """

    cell: RawCell
    answer: str
    number: NumberReading | None = None
    promised_on: date | None = None

    @property
    def value(self) -> Decimal | None:
        """The figure, where there is one."""
        return self.number.value if self.number else None

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed."""
        return self.answer == "blank"


def text_of(cell: RawCell) -> str:
    """Returns a cell's content as a person would read it off the sheet."""
    value, error = cell.value, cell.error
    if error:
        return error
    if value is None:
        return ""
    if value.__class__ is str:
        return value.strip()
    if isinstance(value, date):
        return format_date(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = Decimal(repr(value)).scaleb(-cell.shown_scale)
        return (
            f"{format_number(number * 100)}%"
            if cell.is_percent
            else f"{format_number(number)} {cell.shown_unit}".strip()
        )
    return str(value).strip()


def is_empty(cell: RawCell) -> bool:
    """Tells a cell without content from one whose formula has no stored result."""
    return cell.value is None and not cell.error and not cell.is_uncalculated


def read_figure(
    cell: RawCell, facts: IndicatorFacts, last: Decimal | None, period: Period, stated_unit: str = ""
) -> CellReading:
    """Reads one number cell of an indicator.

    Args:
        stated_unit: holds for a bare number by a heading or the unit column, where it is not the indicator's own.
    """
    if is_empty(cell):
        return CellReading(cell, "blank")
    if facts.indicator.states:
        return _read_listed(cell, facts, period)
    hidden = number_under_date(cell.value)
    if hidden is not None:
        as_typed = read_figure(cell._replace(value=float(hidden)), facts, last, period, stated_unit)
        return as_typed._replace(number=as_typed.number and as_typed.number._replace(note="date_format"))
    worded = as_shown(cell)
    worded = worded._replace(value=_with_unit(worded, stated_unit)) if stated_unit else worded
    unit, target = facts.indicator.unit, facts.target_middle
    number = read_number(worded, unit=unit, target=target, last=last, names=facts.names)
    if number.value is not None:
        return CellReading(cell, "value", number)
    if not number.reason:
        raise ValueError(f"{cell.address}: neither a number nor a reason was read from {cell.value!r}")
    if isinstance(cell.value, str) and not cell.error:
        answer = read_absence(cell.value, year=period.year, until=period.last_day)
        if answer.kind != "other":
            return CellReading(cell, answer.kind, None, answer.promised_on)
    return CellReading(cell, "unreadable", number)


def _read_listed(cell: RawCell, facts: IndicatorFacts, period: Period) -> CellReading:
    """Reads the cell of an indicator whose target is words: a state of its list, or that there is none; no number."""
    text = text_of(cell)
    if not cell.error and listed_state(facts.indicator.states, text):
        return CellReading(cell, "state")
    answer = read_absence(None if cell.error else cell.value, year=period.year, until=period.last_day)
    if answer.kind in ABSENCES:
        return CellReading(cell, answer.kind, None, answer.promised_on)
    return CellReading(cell, "unreadable", NumberReading(None, "not_listed", text=text))


def as_shown(cell: RawCell) -> RawCell:
    """Returns a number with the unit that its number format shows as the words that a person sees."""
    if not cell.shown_unit or not isinstance(cell.value, (int, float)) or isinstance(cell.value, bool):
        return cell
    number = Decimal(repr(cell.value)).scaleb(-cell.shown_scale)
    return cell._replace(value=_number_with_unit(number, cell.shown_unit), shown_unit="", shown_scale=0)


def _with_unit(cell: RawCell, unit: str) -> Any:
    """Returns a bare number with its unit in words, anything else as it is."""
    value = cell.value
    if isinstance(value, str):
        return f"{value} {unit}" if NUMERAL.fullmatch(fold(value).lstrip("'+-")) else value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and not cell.is_percent:
        return _number_with_unit(Decimal(repr(value)), unit)
    return value


def _number_with_unit(number: Decimal, unit: str) -> str:
    whole, _, decimals = f"{number:f}".partition(".")
    # Exactly three decimals could be read as thousands; a number cell leaves no doubt.
    decimals = f"{decimals}0" if len(decimals) == 3 else decimals.removesuffix("0") if decimals == "0" else decimals
    return f"{whole},{decimals} {unit}" if decimals else f"{whole} {unit}"


def read_kind(cell: RawCell) -> str | None:
    """Returns ``actual`` or ``estimate``, "" for an empty cell, None for anything else."""
    text = text_of(cell)
    return _KIND_BY_WORDS.get(_words(text)) if text else ""


def read_state(cell: RawCell) -> str | None:
    """Returns the code of a task's state, "" for an empty cell, None for anything else."""
    text = text_of(cell)
    return _STATE_BY_WORDS.get(_words(text)) if text else ""


def date_reading(cell: RawCell, day: date | None) -> str:
    """Returns what a cell for a date holds: a ``date``, something ``unreadable``, or it is ``empty``.

    Args:
        day: what ``read_date`` made of it.
    """
    if not text_of(cell):
        return "empty"
    return "unreadable" if day is None else "date"


def find_code(code: RawCell, name: RawCell, facts: RegisterFacts) -> str:
    """Returns the indicator whose code is typed, or without one whose full name is; "" when unknown.

    Capitals, blanks that are not seen and kinds of dashes are no difference.
    """
    typed = fold(text_of(code))
    if not typed:
        return facts.code_by_name.get(fold(text_of(name)), "")
    return typed if typed in facts.indicators else ""


def find_ref(ref: RawCell, facts: RegisterFacts) -> str:
    """Returns a task's reference as the plan writes it, an unknown one as typed."""
    typed = text_of(ref)
    return facts.ref_by_typed.get(fold(typed), typed)


def expected_code(name: RawCell, facts: RegisterFacts) -> str:
    """Returns what should stand for an unknown code: the code of that name, where the name is known."""
    return facts.code_by_name.get(fold(text_of(name)), "Mã chỉ tiêu có sẵn trong biểu mẫu")


def sentence(text: str) -> str:
    """Returns words as a sentence: a capital first, a full stop last."""
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def as_float(value: Decimal | None) -> float | None:
    """Returns an exact number as the suites compare it."""
    return None if value is None else float(value)
