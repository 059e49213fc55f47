"""The records of number cells, their messages, and the figures they bring into the warehouse."""

from datetime import date
from decimal import Decimal
from textwrap import shorten

from tiendo.model.outcome import ObservationRow
from tiendo.model.period import Period
from tiendo.validation.cells import CellReading, as_float, sentence, text_of
from tiendo.validation.doubts import change_text, confirm_text, is_impossible, meant_text, unslipped_text
from tiendo.validation.facts import IndicatorFacts
from tiendo.validation.magnitude import doubtful_power
from tiendo.validation.records import FigureRecord, FigureSource
from tiendo.validation.suites import get_suite
from tiendo.vietnamese.dates import format_date
from tiendo.vietnamese.listed_state import state_list
from tiendo.vietnamese.number import NumberReading, explain_note, explain_reason, format_number, read_number
from tiendo.vietnamese.stated_unit import SCALE_WORDS, own_unit
from tiendo.vietnamese.text import fold

_ILLUSTRATIVE = fold("Số liệu minh họa")

_LONGEST_WORDS = 200


def figure_record(
    source: FigureSource, *, file_index: int, sheet: str, witness: Decimal | None, confirmed: float | None
) -> FigureRecord:
    """Returns the record of a cell, without what the other cells of its row say.

    Args:
        witness: the last figure this one is compared with.
        confirmed: the number that the sender's words confirm.
    """
    facts, indicator = source.facts, source.facts.indicator
    number, value = source.reading.number, source.reading.value
    is_figure = number is not None and value is not None
    return FigureRecord(
        file_index=file_index,
        sheet=sheet,
        source=source,
        reason=number.reason if number and not is_figure else None,
        figure=as_float(value),
        fraction=None if value is None else float(value % 1),
        precision=None if not number or not is_figure else "approximate" if number.is_approximate else "exact",
        repair=number.note or None if number and is_figure else None,
        nature=indicator.nature.value,
        family=facts.family,
        scale=facts.scale,
        minimum=as_float(indicator.minimum),
        maximum=as_float(indicator.maximum),
        target=as_float(facts.target_middle),
        expected=as_float(facts.expected(source.period)),
        witness=as_float(witness),
        confirmed=confirmed,
        asked_beyond=as_float(indicator.asked_beyond),
    )


def is_off(record: FigureRecord) -> bool:
    """Tells a figure that is off by a power of ten or outside its indicator's limits."""
    return bool(record.source.slip) or is_impossible(record)


def placeholders(record: FigureRecord) -> dict[str, str]:
    """Returns what the messages of suite ``figure`` are filled with."""
    facts, reading, last, slip = record.source.facts, record.source.reading, record.source.last, record.source.slip
    indicator, unit, value, number = facts.indicator, facts.unit_label, reading.value, reading.number
    return {
        "cell": reading.cell.address,
        "label": indicator.label,
        "unit": unit,
        "target": indicator.target_text or "không có",
        "text": text_of(reading.cell) or ("(công thức chưa tính)" if reading.cell.is_uncalculated else ""),
        "words_text": shorten(" ".join(record.words.split()), _LONGEST_WORDS, placeholder=" …"),
        "value_text": "" if value is None else format_number(value),
        "last_text": "chưa có" if last is None else format_number(last),
        "likely_text": unslipped_text(record),
        "change_text": change_text(record),
        "meant_text": meant_text(record),
        "how_to_confirm": confirm_text(record),
        "doubtful_text": _doubtful_text(record),
        "scale_text": _scale_text(facts, slip),
        "alternatives": " hoặc ".join(format_number(a) for a in sorted(number.alternatives)) if number else "",
        "date_expected": f"{indicator.label} ({unit})" + (f"; có thể đã gõ {_date_text(number)}" if number else ""),
        "unit_expected": _unit_text(facts, number),
        "states_expected": f"{indicator.label}: {state_list(indicator.states)}",
        "number_expected": f"{indicator.label}: một số ({unit})" if unit else indicator.label,
        "minimum_text": "" if indicator.minimum is None else format_number(indicator.minimum),
        "maximum_text": "" if indicator.maximum is None else format_number(indicator.maximum),
        "date_example": format_date(record.source.period.last_day),
        "why_unreadable": sentence(explain_reason(number)) if number else "",
        "how_understood": sentence(explain_note(number)) if number else "",
    }


def _doubtful_text(record: FigureRecord) -> str:
    """What a figure that may be a tenth or a hundredth of the one meant would then be."""
    facts, value = record.source.facts, record.source.reading.value
    if value is None or record.year_to_date is None:
        return ""
    power = doubtful_power(
        Decimal(repr(record.year_to_date)),
        nature=facts.indicator.nature,
        expected=facts.expected(record.source.period),
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


def _unit_text(facts: IndicatorFacts, number: NumberReading | None) -> str:
    """What a figure with a foreign sign may mean in the unit that is wanted."""
    unit = facts.unit_label
    if number is None or facts.family != "per_mille" or "%" not in number.text:
        return f"Số liệu theo đơn vị tính: {unit}"
    bare = read_number(number.text.replace("%", ""), unit=facts.indicator.unit, target=facts.target_middle)
    if bare.value is None:
        return f"Số liệu theo đơn vị tính: {unit}"
    return f"Có thể là {format_number(bare.value * 10)} {unit} (đổi từ %) hoặc {format_number(bare.value)} {unit}"


def observation(
    agency: str,
    sheet: str,
    indicator: str,
    period: Period,
    *,
    basis: str,
    reading: CellReading,
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
        agency=agency,
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
