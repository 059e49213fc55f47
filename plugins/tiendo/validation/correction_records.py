"""Records of sheet "Sửa số kỳ trước": new figures for earlier periods, each with a reason."""

from decimal import Decimal

from tiendo.model.content import CorrectionRow, WorkbookContent
from tiendo.model.period import Period
from tiendo.validation.indicator_records import expected_code, find_code
from tiendo.validation.records import (
    KINDS_EXPECTED,
    Context,
    Record,
    Tables,
    body_role,
    date_reading,
    figure_record,
    observation,
    read_figure,
    read_kind,
    text_of,
)
from tiendo.validation.row_judgement import QUARTER, YEAR_TO_DATE, find_slip
from tiendo.validation.submission_records import parse_period
from tiendo.vietnamese.dates import read_date


def add_correction_records(
    tables: Tables, content: WorkbookContent, context: Context
) -> dict[tuple[str, Period], Decimal]:
    """Adds what the sheet of one file says, and returns the corrected figures since the year's start."""
    corrected: dict[tuple[str, Period], Decimal] = {}
    seen: set[tuple[str, Period]] = set()
    for row in content.correction_rows:
        record = _record(row, context)
        tables.records["correction_row"].append(record)
        period = parse_period(text_of(row.period), context.facts)
        is_earlier = record["period_from"] is not None and record["period_from"] < context.period.first_day
        if period is None or not is_earlier or record["body_role"] != "reporter":
            continue
        key = (record["code"], period)
        if key not in seen:
            seen.add(key)
            value = _add_figures(tables, row, record, context, period)
            if value is not None:
                corrected[key] = value
    return corrected


def _record(row: CorrectionRow, context: Context) -> Record:
    register = context.facts
    period = parse_period(text_of(row.period), register)
    is_known_period = period is not None and str(period) in register.periods
    code = find_code(row.code, row.name, register)
    facts = register.indicators.get(code)
    role = body_role(context.agency, facts)
    return {
        "file_index": context.file_index,
        "file_key": context.file_index,
        "sheet": row.sheet,
        "row": row,
        "context": context,
        "facts": facts,
        "period_standing": "in_plan" if is_known_period else "unknown",
        "period_from": period.first_day if period and is_known_period else None,
        "file_period_from": context.period.first_day,
        "body_role": role,
        "code": code or None,
        "figure_count": None,
        "kind": None,
        "date_reading": date_reading(row.data_on, context.period.year),
        "reason": text_of(row.reason) or None,
    }


def placeholders(record: Record) -> dict[str, str]:
    """Returns what the messages of suite ``correction_row`` are filled with."""
    row, facts, context = record["row"], record["facts"], record["context"]
    return {
        "period_cell": row.period.address,
        "code_cell": row.code.address or row.name.address,
        "value_cell": row.year_to_date.address or row.quarter.address,
        "kind_cell": row.kind.address,
        "date_cell": row.data_on.address,
        "reason_cell": row.reason.address,
        "period_text": text_of(row.period) or "(để trống)",
        "periods_expected": context.facts.period_list,
        "period_example": context.facts.register.calendar[0].period.vietnamese,
        "file_period_name": context.period.vietnamese,
        "code_text": text_of(row.code) or text_of(row.name),
        "code_expected": expected_code(row.name, context.facts),
        "label": facts.indicator.label if facts else "",
        "unit": facts.unit_label if facts else "",
        "reporters": facts.reporters if facts else "",
        "kind_text": text_of(row.kind) or "(để trống)",
        "kinds_expected": KINDS_EXPECTED,
        "date_text": text_of(row.data_on),
        "date_example": context.facts.date_example,
    }


def _add_figures(
    tables: Tables, row: CorrectionRow, record: Record, context: Context, period: Period
) -> Decimal | None:
    facts = context.facts.indicators[record["code"]]
    code, reason, kind = facts.indicator.code, text_of(row.reason), read_kind(row.kind)
    total_value: Decimal | None = None
    readings = {}
    for basis, cell in ((YEAR_TO_DATE, row.year_to_date), (QUARTER, row.quarter)):
        known = context.history.value(code, context.agency, basis, period)
        readings[basis] = (read_figure(cell, facts, known, period), known)
    if not facts.is_flow and readings[YEAR_TO_DATE][0].answer == "blank":
        readings[YEAR_TO_DATE] = readings[QUARTER]
    if not facts.is_flow:
        del readings[QUARTER]
    answers = [reading.answer for reading, _ in readings.values()]
    record["figure_count"] = sum(answer != "blank" for answer in answers)
    is_estimate = any(reading.number and reading.number.is_estimate for reading, _ in readings.values())
    if "value" in answers and not (is_estimate and kind == ""):
        record["kind"] = kind or "?"
    data_on = read_date(row.data_on, year=period.year)
    for basis, (reading, known) in readings.items():
        if reading.answer in ("value", "unreadable"):
            # The figure that is replaced is no witness: it may be the very one that slipped.
            witness = context.history.last_before(code, context.agency, basis, period, same_year=facts.is_flow)
            last = witness[1] if witness else None
            value = reading.value if basis == YEAR_TO_DATE else None
            slip = 0 if value is None else find_slip(value, facts, period, last)
            # The reason of a correction does not explain a slipped separator in it.
            figure = figure_record(
                context, row.sheet, facts, reading, period=period, basis=basis, last=known, explanation="",
                slip=slip,
            )  # fmt: skip
            figure["witness"] = float(last) if last is not None and value is not None else None
            figure["whole_slip"] = 0 if value is None else None
            tables.records["figure"].append(figure)
        if reading.answer not in ("blank", "unreadable"):
            tables.observations[context.file_index].append(
                observation(
                    context, row.sheet, code, period, basis=basis, reading=reading, kind=kind,
                    data_on=data_on, note="", explanation=reason, is_correction=True,
                )
            )  # fmt: skip
        if basis == YEAR_TO_DATE:
            total_value = reading.value
    return total_value
