"""Rows as typed, with what the rules look at beside them: one record per file, row or number cell.

A record is a dictionary with the columns of its suite in ``include/expectations/``. None means that a rule does not
apply, be it that there is nothing to check or that an earlier finding already says what is wrong; Great Expectations
passes over None. Beside them it keeps what its messages are filled from; the texts themselves are made only for the
few rows with a finding, by the ``placeholders`` functions.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from tiendo.intake.content import RawCell, WorkbookContent
from tiendo.plan.period import Period
from tiendo.validation.facts import HistoryFacts, IndicatorFacts, RegisterFacts
from tiendo.validation.outcome import ObservationRow, TaskProgressRow
from tiendo.validation.states import KIND_VARIANTS, KINDS, TASK_STATE_VARIANTS, TASK_STATES
from tiendo.vietnamese.dates import format_date
from tiendo.vietnamese.number import (
    Answer,
    NumberReading,
    explain_note,
    explain_reason,
    format_number,
    read_answer,
    read_number,
)
from tiendo.vietnamese.text import fold

Record = dict[str, Any]

KIND_BY_TEXT = {fold(label): code for code, label in KINDS.items()} | {
    fold(text): code for text, code in KIND_VARIANTS.items()
}
STATE_BY_TEXT = {fold(label): code for code, label in TASK_STATES.items()} | {
    fold(text): code for text, code in TASK_STATE_VARIANTS.items()
}
KINDS_EXPECTED = " hoặc ".join(KINDS.values())
_OWN_MESSAGE = ("error_cell", "uncalculated_formula", "is_a_date", "percent_for_other_unit")


class BatchFile(NamedTuple):
    """A file to check.

    Attributes:
        key: the caller's own number for it.
        sender_agency: code of the body that sent it, "" when unknown; then the workbook's own word counts.
        asked_period: the only period that is wanted (``2023-Q1``), "" when any open one is.
        stranger: the mail address it came from, when that is no body's own; "" otherwise. What the workbook says of
            itself counts for nothing then.
    """

    key: int
    name: str
    sender_agency: str
    content: WorkbookContent
    asked_period: str = ""
    stranger: str = ""


class Context(NamedTuple):
    """What holds for every row of one file whose body and period are known."""

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
    value = cell.value
    if cell.error:
        return cell.error
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, date):
        return format_date(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = Decimal(repr(value))
        return f"{format_number(number * 100)}%" if cell.is_percent else format_number(number)
    return str(value).strip()


def read_figure(cell: RawCell, facts: IndicatorFacts, last: Decimal | None, period: Period) -> Reading:
    """Reads one number cell of an indicator."""
    if cell.value is None and not cell.error and not cell.is_uncalculated:
        return Reading(cell, "blank", None)
    number = read_number(cell, unit=facts.indicator.unit, target=facts.target_middle, last=last)
    if number.value is not None:
        return Reading(cell, "value", number)
    if not number.reason:
        raise ValueError(f"{cell.address}: neither a number nor a reason was read from {cell.value!r}")
    if isinstance(cell.value, str) and not cell.error:
        answer: Answer = read_answer(cell.value, year=period.year)
        if answer.kind != "other":
            return Reading(cell, answer.kind, None, answer.promised_on)
    return Reading(cell, "unreadable", number)


def read_kind(cell: RawCell) -> str | None:
    """Returns ``actual`` or ``estimate``, "" for an empty cell, None for anything else."""
    text = text_of(cell)
    return KIND_BY_TEXT.get(fold(text)) if text else ""


def figure_record(
    context: Context,
    sheet: str,
    facts: IndicatorFacts,
    reading: Reading,
    *,
    power: int,
    last: Decimal | None,
    explanation: str,
) -> Record:
    """Returns the record of suite ``figure`` for a cell that holds something other than a declared absence.

    Args:
        power: by which power of ten the figure is too large, 0 when it is plausible.
        explanation: the sender's own words; a suspected figure that is explained is loaded with a warning.
    """
    number, value, family, indicator = reading.number, reading.value, facts.family, facts.indicator
    reason = number.reason if number and value is None else None
    is_suspect = power != 0 and not explanation
    # Whatever is wrong with a figure that is off by powers of ten follows from that.
    checked = None if value is None or is_suspect else float(value)
    low, high = indicator.minimum, indicator.maximum
    # A share may leave 0-100 where the register says so: that of TFP in a growth can be negative.
    is_share = family == "share" and (low is None or low >= 0) and (high is None or high <= 100)
    is_unsigned = not is_share and low is not None and low >= 0
    is_whole = family in ("count", "rank")
    is_negative = is_unsigned and checked is not None and checked < 0
    likely = str(power) if power else None
    return {
        "file_index": context.file_index,
        "sheet": sheet,
        "facts": facts,
        "reading": reading,
        "power": power,
        "last": last,
        "reason": reason,
        "unreadable": reason if reason not in _OWN_MESSAGE else None,
        "not_negative_value": checked if is_unsigned else None,
        "share_value": checked if is_share else None,
        "floor_value": None if is_share or is_negative else checked,
        "minimum": _float(low),
        "ceiling_value": None if is_share else checked,
        "maximum": _float(high),
        "fraction": None if value is None or checked is None or not is_whole else float(value % 1),
        "likely": likely if is_suspect else None,
        "likely_explained": likely if not is_suspect else None,
        "is_approximate": number.is_approximate if number and value is not None else None,
        "repair": number.note or None if number and value is not None else None,
    }


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
        "likely_text": "" if value is None else format_number(value.scaleb(-record["power"])),
        "number_expected": f"{indicator.label}: một số ({unit})" if unit else indicator.label,
        "minimum_text": "" if indicator.minimum is None else format_number(indicator.minimum),
        "maximum_text": "" if indicator.maximum is None else format_number(indicator.maximum),
        "why_unreadable": sentence(explain_reason(number)) if number else "",
        "how_understood": sentence(explain_note(number)) if number else "",
    }


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
