"""Rows as typed, with what the rules look at beside them: one record per file, row or number cell.

A record is a dictionary with the columns of its suite in ``include/expectations/``: facts, none of them a verdict. None
stands where there is nothing to know, or where what it would rest on is wrong already; rules pass over it. Beside them
it keeps what its messages are filled from; the texts themselves are made only for the few rows with a finding, by the
``placeholders`` functions.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from tiendo.model.content import RawCell, WorkbookContent
from tiendo.model.outcome import ObservationRow, TaskProgressRow
from tiendo.model.period import Period
from tiendo.model.states import KIND_VARIANTS, KINDS, TASK_STATE_VARIANTS, TASK_STATES
from tiendo.validation.facts import HistoryFacts, IndicatorFacts, RegisterFacts
from tiendo.validation.magnitude import doubtful_power
from tiendo.validation.suites import get_suite
from tiendo.vietnamese.dates import format_date, read_date
from tiendo.vietnamese.notation import NUMERAL
from tiendo.vietnamese.number import (
    Absence,
    NumberReading,
    explain_note,
    explain_reason,
    format_number,
    read_absence,
    read_number,
)
from tiendo.vietnamese.stated_unit import SCALE_WORDS, own_unit
from tiendo.vietnamese.text import fold

Record = dict[str, Any]

KIND_BY_TEXT = {fold(label): code for code, label in KINDS.items()} | {
    fold(text): code for text, code in KIND_VARIANTS.items()
}
STATE_BY_TEXT = {fold(label): code for code, label in TASK_STATES.items()} | {
    fold(text): code for text, code in TASK_STATE_VARIANTS.items()
}
KINDS_EXPECTED = " hoặc ".join(KINDS.values())


class BatchFile(NamedTuple):
    """A file to check.

    Attributes:
        key: the caller's own number for it.
        sender_agency: code of the body that sent it, "" when unknown; then the workbook's own word counts.
        asked_period: the only period that is wanted (``2023-Q1``), "" when any open one is.
        received_at: when it came; None for a file that is only tried out.
        stranger: the mail address it came from, when that is no body's own; "" otherwise. What the workbook says of
            itself counts for nothing then.
        reopened: (body, period) pairs that a reviewer has asked to be reported anew.
    """

    key: int
    name: str
    sender_agency: str
    content: WorkbookContent
    asked_period: str = ""
    received_at: datetime | None = None
    stranger: str = ""
    reopened: frozenset[tuple[str, str]] = frozenset()


class Context(NamedTuple):
    """What holds for every row of one file whose body and period are known; ``today`` is the day on which it came."""

    file_index: int
    agency: str
    period: Period
    facts: RegisterFacts
    history: HistoryFacts
    today: date


class Tables:
    """The records of a batch by suite, and what each file would bring into the warehouse if it is accepted."""

    def __init__(self, file_count: int) -> None:
        self.records: dict[str, list[Record]] = {
            "submission": [],
            "indicator_row": [],
            "figure": [],
            "task_row": [],
            "correction_row": [],
            "notice": [],
        }
        self.observations: list[list[ObservationRow]] = [[] for _ in range(file_count)]
        self.tasks: list[list[TaskProgressRow]] = [[] for _ in range(file_count)]


class Reading(NamedTuple):
    """What a number cell says: a figure, a declared absence, nothing, or something unreadable."""

    cell: RawCell
    answer: str
    number: NumberReading | None
    promised_on: date | None = None

    @property
    def value(self) -> Decimal | None:
        """The figure, where there is one."""
        return self.number.value if self.number else None


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
        number = Decimal(repr(value))
        return f"{format_number(number * 100)}%" if cell.is_percent else format_number(number)
    return str(value).strip()


def read_figure(
    cell: RawCell, facts: IndicatorFacts, last: Decimal | None, period: Period, stated_unit: str = ""
) -> Reading:
    """Reads one number cell of an indicator.

    Args:
        stated_unit: holds for a bare number by a heading or the unit column, where it is not the indicator's own.
    """
    if cell.value is None and not cell.error and not cell.is_uncalculated:
        return Reading(cell, "blank", None)
    worded = cell._replace(value=with_unit(cell, stated_unit)) if stated_unit else cell
    number = read_number(worded, unit=facts.indicator.unit, target=facts.target_middle, last=last)
    if number.value is not None:
        return Reading(cell, "value", number)
    if not number.reason:
        raise ValueError(f"{cell.address}: neither a number nor a reason was read from {cell.value!r}")
    if isinstance(cell.value, str) and not cell.error:
        answer: Absence = read_absence(cell.value, year=period.year)
        if answer.kind != "other":
            return Reading(cell, answer.kind, None, answer.promised_on)
    return Reading(cell, "unreadable", number)


def with_unit(cell: RawCell, unit: str) -> Any:
    """Returns a bare number with its unit in words, anything else as it is."""
    value = cell.value
    if isinstance(value, str):
        return f"{value} {unit}" if NUMERAL.fullmatch(fold(value).lstrip("'+-")) else value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and not cell.is_percent:
        whole, _, decimals = f"{Decimal(repr(value)):f}".partition(".")
        # Exactly three decimals could be read as thousands; a number cell leaves no doubt.
        decimals = f"{decimals}0" if len(decimals) == 3 else decimals.removesuffix("0") if decimals == "0" else decimals
        return f"{whole},{decimals} {unit}" if decimals else f"{whole} {unit}"
    return value


def read_kind(cell: RawCell) -> str | None:
    """Returns ``actual`` or ``estimate``, "" for an empty cell, None for anything else."""
    text = text_of(cell)
    return KIND_BY_TEXT.get(fold(text)) if text else ""


def body_role(agency: str, facts: IndicatorFacts | None) -> str:
    """Returns what a body is to a row's indicator: ``reporter``, ``none``, or ``unlisted`` without an indicator."""
    if facts is None:
        return "unlisted"
    return "reporter" if agency in facts.indicator.reporters else "none"


def date_reading(cell: RawCell, year: int) -> str:
    """Returns what a cell for a date holds: a ``date``, something ``unreadable``, or it is ``empty``."""
    if not text_of(cell):
        return "empty"
    return "unreadable" if read_date(cell, year=year) is None else "date"


def figure_record(
    context: Context,
    sheet: str,
    facts: IndicatorFacts,
    reading: Reading,
    *,
    period: Period,
    basis: str,
    last: Decimal | None,
    explanation: str,
    slip: int = 0,
) -> Record:
    """Returns the record of suite ``figure`` for a cell that holds something other than a declared absence.

    Args:
        period, basis: what the figure is of.
        last: the last figure, for people; ``witness`` is the one it is compared with.
        explanation: the sender's own words; a suspected figure that is explained is loaded with a warning.
        slip: the power of ten by which it seems off, as the suite's own numbers tell.
    """
    number, value, indicator = reading.number, reading.value, facts.indicator
    is_cumulative = basis == "year_to_date"
    return _NO_WITNESS | {
        "file_index": context.file_index,
        "sheet": sheet,
        "facts": facts,
        "reading": reading,
        "slip": slip,
        "last": last,
        "witness": _float(last) if is_cumulative else None,
        "reason": number.reason if number and value is None else None,
        "figure": _float(value),
        "fraction": None if value is None else float(value % 1),
        "period": period,
        "basis": basis,
        "nature": indicator.nature.value,
        "family": facts.family,
        "scale": _scale(facts),
        "minimum": _float(indicator.minimum),
        "maximum": _float(indicator.maximum),
        "target": _float(facts.target_middle),
        "expected": _float(facts.expected(period)),
        "is_explained": "yes" if explanation else "no",
        "precision": None if value is None or not number else "approximate" if number.is_approximate else "exact",
        "repair": number.note or None if number and value is not None else None,
    }


_NO_WITNESS: Record = dict.fromkeys(("whole", "whole_slip", "year_to_date", "row_record")) | {
    "history": "known",
    "row_slip": 0,
}


def _scale(facts: IndicatorFacts) -> str:
    """How the values of an indicator run: a ``share`` of 0 to 100, ``unsigned`` from 0 on, or ``signed``.

    A share may leave 0-100 where the register says so: that of TFP in a growth can be negative.
    """
    low, high = facts.indicator.minimum, facts.indicator.maximum
    if facts.family == "share" and (low is None or low >= 0) and (high is None or high <= 100):
        return "share"
    return "unsigned" if low is not None and low >= 0 else "signed"


def is_off(record: Record) -> bool:
    """Tells a figure that is off by a power of ten or outside its indicator's limits."""
    value = record["figure"]
    if value is None or record["slip"]:
        return bool(record["slip"])
    low, high = (0, 100) if record["scale"] == "share" else (record["minimum"], record["maximum"])
    return (low is not None and value < low) or (high is not None and value > high)


def figure_placeholders(record: Record) -> dict[str, str]:
    """Returns what the messages of suite ``figure`` are filled with."""
    facts, reading, last = record["facts"], record["reading"], record["last"]
    indicator, unit, value = facts.indicator, facts.unit_label, reading.value
    number = reading.number
    return {
        "cell": reading.cell.address,
        "label": indicator.label,
        "unit": unit,
        "target": indicator.target_text or "không có",
        "text": text_of(reading.cell),
        "value_text": "" if value is None else format_number(value),
        "last_text": "chưa có" if last is None else format_number(last),
        "likely_text": "" if value is None else format_number(value.scaleb(-record["slip"])),
        "doubtful_text": _doubtful_text(record),
        "scale_text": _scale_text(facts, record["slip"]),
        "alternatives": " hoặc ".join(format_number(a) for a in sorted(number.alternatives)) if number else "",
        "date_expected": f"{indicator.label} ({unit})" + (f"; có thể đã gõ {_date_text(number)}" if number else ""),
        "unit_expected": _unit_text(record),
        "number_expected": f"{indicator.label}: một số ({unit})" if unit else indicator.label,
        "minimum_text": "" if indicator.minimum is None else format_number(indicator.minimum),
        "maximum_text": "" if indicator.maximum is None else format_number(indicator.maximum),
        "why_unreadable": sentence(explain_reason(number)) if number else "",
        "how_understood": sentence(explain_note(number)) if number else "",
    }


def _doubtful_text(record: Record) -> str:
    """What a figure that may be a tenth or a hundredth of the one meant would then be."""
    facts, value = record["facts"], record["reading"].value
    if value is None or record["year_to_date"] is None:
        return ""
    power = doubtful_power(
        Decimal(repr(record["year_to_date"])),
        nature=facts.indicator.nature,
        expected=facts.expected(record["period"]),
        within=get_suite("figure").kwargs_of("value-doubtful")["within"],
    )
    return format_number(value.scaleb(-power))


def _date_text(number: NumberReading) -> str:
    """What was probably typed before it became a date: ``“9 - 10” hoặc “9/10”``, or the number the date stands for."""
    low, dash, high = number.suggestion.partition(" - ")
    if not dash:
        return f"“{number.suggestion}”" if number.suggestion else "một số"
    return f"“{number.suggestion}” hoặc “{low}/{high}”; một kết quả phải là một số duy nhất"


def _scale_text(facts: IndicatorFacts, power: int) -> str:
    """The scale a figure was probably typed in: ``triệu đồng`` where the unit is ``Tỷ đồng``."""
    unit = facts.indicator.unit
    if unit is None or unit.family != "money" or not power:
        return ""
    own = own_unit(unit)
    word = SCALE_WORDS.get(own.scale - power)
    noun = "USD" if own.noun == "usd" else "đồng"
    return f"{word} {noun}".strip() if word is not None else f"đơn vị khác {unit.label}"


def _unit_text(record: Record) -> str:
    """What a figure with a foreign sign may mean in the unit that is wanted."""
    facts, number, unit = record["facts"], record["reading"].number, record["facts"].unit_label
    if number is None or facts.family != "per_mille" or "%" not in number.text:
        return f"Số liệu theo đơn vị tính: {unit}"
    bare = read_number(number.text.replace("%", ""), unit=facts.indicator.unit, target=facts.target_middle)
    if bare.value is None:
        return f"Số liệu theo đơn vị tính: {unit}"
    return f"Có thể là {format_number(bare.value * 10)} {unit} (đổi từ %) hoặc {format_number(bare.value)} {unit}"


def observation(
    context: Context,
    sheet: str,
    indicator: str,
    period: Period,
    *,
    basis: str,
    reading: Reading,
    kind: str | None,
    data_on: date | None,
    note: str,
    explanation: str,
    is_correction: bool,
) -> ObservationRow:
    """Returns a figure, or a declared absence of one, for the warehouse."""
    number = reading.number
    is_estimate = bool(number and number.is_estimate)
    return ObservationRow(
        indicator=indicator,
        period=str(period),
        agency=context.agency,
        value=reading.value,
        answer=reading.answer,
        promised_on=reading.promised_on,
        kind="estimate" if is_estimate else kind or "actual",
        basis=basis,
        is_approximate=bool(number and number.is_approximate),
        value_text=text_of(reading.cell),
        data_on=data_on,
        note=note,
        explanation=explanation,
        is_correction=is_correction,
        is_illustrative=is_illustrative(note) or is_illustrative(explanation),
        sheet=sheet,
        cell=reading.cell.address,
    )


def is_illustrative(note: str) -> bool:
    """Tells whether a note declares its figure an illustration, not a fact."""
    return bool(note) and fold(note).startswith(_ILLUSTRATIVE)


def joined(texts: Iterable[str]) -> str:
    """Returns texts as an enumeration for people."""
    return "; ".join(texts)


def sentence(text: str) -> str:
    """Returns words as a sentence: a capital first, a full stop last."""
    return f"{text[:1].upper()}{text[1:]}." if text else ""


_ILLUSTRATIVE = fold("Số liệu minh họa")


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
