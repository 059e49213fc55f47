"""Records of sheet "Chỉ tiêu": one per row, one per number cell, and one per owed indicator that has no row."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal

from tiendo.model.content import SHEET_INDICATORS, IndicatorRow, RawCell, WorkbookContent
from tiendo.model.period import Period
from tiendo.validation.facts import POINT_NATURES, IndicatorFacts, RegisterFacts
from tiendo.validation.flow_cells import FlowCells
from tiendo.validation.records import (
    KINDS_EXPECTED,
    Context,
    Reading,
    Record,
    Tables,
    body_role,
    date_reading,
    figure_record,
    is_off,
    observation,
    read_figure,
    read_kind,
    text_of,
)
from tiendo.validation.row_judgement import (
    QUARTER,
    YEAR_TO_DATE,
    LastFigure,
    Part,
    compare_figures,
    find_suspicion,
    flow_cells,
)
from tiendo.validation.shifted_rows import Figure, Nearness, find_moved
from tiendo.validation.suites import get_suite
from tiendo.vietnamese.dates import format_date, read_date
from tiendo.vietnamese.number import format_number, read_absence, read_target
from tiendo.vietnamese.stated_unit import is_same_unit
from tiendo.vietnamese.text import fold

Corrected = Mapping[tuple[str, Period], Decimal]
"""Cumulative figures that the same file corrects, by indicator and period: they count as the last known ones."""


_FACTS: Record = dict.fromkeys((
    "body_role", "own_rows_missing", "code", "name_meaning", "unit_typed", "unit", "target_typed", "target", "answer",
    "year_to_date_answer", "quarter_answer", "value_from", "promised_on", "kind", "wording", "precision",
    "date_reading", "data_on", "first_day", "last_day", "received_on", "year_to_date", "quarter_figure",
    "last_year_to_date", "last_quarter", "expected", "last_expected", "target_low", "target_high", "history",
    "upper_value", "lower_value", "suspicion", "place", "reference", "nature", "release",
    # What the messages are filled from.
    "row", "facts", "total", "quarter", "last", "lower", "siblings",
)) | {
    "row_count": 1, "figure_count": 0, "slip": 0, "part_slip": 0, "cells": "", "off_count": 0, "new_in_file": 0,
    "quarter_number": 0, "is_explained": "no", "note": "", "explanation": "",
}  # fmt: skip


def add_indicator_records(
    tables: Tables,
    content: WorkbookContent,
    context: Context,
    corrected: Corrected,
    ordered_pairs: list[list[str]],
) -> dict[str, tuple[Decimal, Decimal | None]]:
    """Adds what sheet "Chỉ tiêu" of one file says.

    Args:
        ordered_pairs: pairs of indicators of which the first can never be below the second.

    Returns:
        The figures it holds, by indicator, each with the last one before it.
    """
    by_code: dict[str, Record] = {}
    misspelt: set[str] = set()
    values: dict[str, tuple[Decimal, Decimal | None]] = {}
    for row in content.indicator_rows:
        record, facts = _row_record(row, context)
        tables.records["indicator_row"].append(record)
        if facts is None:
            misspelt.add(context.facts.code_by_name.get(fold(text_of(row.name)), ""))
        if facts is None or record["body_role"] != "reporter":
            continue
        code = facts.indicator.code
        is_first = code not in by_code
        by_code.setdefault(code, record)
        if is_first:
            value = _add_figures(tables, row, record, context, corrected)
            if value is not None:
                values[code] = value
    _count_missing_rows(tables, context, by_code, misspelt)
    _place_rows(context, list(by_code.values()))
    for upper, lower in ordered_pairs:
        if upper in values and lower in values:
            by_code[upper] |= {
                "upper_value": float(values[upper][0]),
                "lower_value": float(values[lower][0]),
                "lower": (context.facts.indicators[lower].indicator.label, values[lower][0]),
            }
    for code in context.facts.indicators_by_agency[context.agency]:
        facts = context.facts.indicators[code]
        if code not in by_code and code not in misspelt and facts.is_due(context.period):
            record = _new(context, SHEET_INDICATORS, facts)
            record["row_count"] = 0
            tables.records["indicator_row"].append(record)
    return values


def _count_missing_rows(
    tables: Tables, context: Context, by_code: Mapping[str, Record], misspelt: AbstractSet[str]
) -> None:
    """Tells rows of no indicator how many own ones have no row: such a row may be one with its code and name spoilt."""
    own = context.facts.indicators_by_agency[context.agency]
    missing = len([code for code in own if code not in by_code or code in misspelt])
    for record in reversed(tables.records["indicator_row"]):
        if record["file_index"] != context.file_index:
            return
        if record["body_role"] == "unlisted":
            record["own_rows_missing"] = missing


def _place_rows(context: Context, records: list[Record]) -> None:
    """Numbers the rows of a file, each with what its figure is about; only worth it where figures are off."""
    if not any(record["off_count"] for record in records):
        return
    for place, record in enumerate(records):
        reference = _reference(record, context)
        record["place"], record["reference"] = place, None if reference is None else float(reference)
        record["siblings"] = records


def _moved_to(record: Record) -> Record | None:
    """The row whose figure a row should hold."""
    records, context = record["siblings"], record["context"]
    if records is None:
        return None
    kwargs = get_suite("indicator_row").kwargs_of("figure-of-another-row")
    nearness = Nearness(kwargs["at_home"], kwargs["stranger"], kwargs["fewest"])
    moved = find_moved([Figure(r["total"] and r["total"].value, _reference(r, context)) for r in records], nearness)
    other = moved.get(record["place"])
    found: Record | None = None if other is None else records[other]
    return found


def _reference(record: Record, context: Context) -> Decimal | None:
    """What a row's figure is about: what is to be expected of a flow, the last one of a level."""
    facts, last = record["facts"], record["last"]
    expected: Decimal | None = facts.expected(context.period)
    known = last.value if last and not facts.is_flow else None
    return known or expected


def find_code(code: RawCell, name: RawCell, facts: RegisterFacts) -> str:
    """Returns an indicator's code as typed; a row without a code is known by its full name. "" when unknown."""
    typed = text_of(code)
    if not typed:
        return facts.code_by_name.get(fold(text_of(name)), "")
    return typed if typed in facts.indicators else ""


def _row_record(row: IndicatorRow, context: Context) -> tuple[Record, IndicatorFacts | None]:
    """What the printed cells of a row say; the figures come later."""
    register = context.facts
    code = find_code(row.code, row.name, register)
    facts = register.indicators.get(code)
    name = fold(text_of(row.name))
    record = _new(context, row.sheet, facts)
    record["row"] = row
    record["body_role"] = body_role(context.agency, facts)
    if facts is None or record["body_role"] != "reporter":
        return record, facts
    record["code"] = code
    if name:
        is_another = register.code_by_name.get(name, code) != code
        record["name_meaning"] = "another" if is_another else "own" if name in facts.names else "other"
    if unit := text_of(row.unit):
        is_own = fold(unit) in facts.units or not facts.units or is_same_unit(unit, facts.indicator.unit)
        record["unit"], record["unit_typed"] = facts.unit_label, facts.unit_label if is_own else unit
    if typed := text_of(row.target):
        printed = facts.indicator.target_text
        record["target"] = printed
        record["target_typed"] = printed if _is_target(row.target, typed, facts) else typed
    return record, facts


def _is_target(cell: RawCell, typed: str, facts: IndicatorFacts) -> bool:
    """Tells whether a target cell still says what the plan prints, in whatever notation."""
    printed = facts.indicator.target_text
    if fold(typed) == fold(printed):
        return True
    target = read_target(printed)
    if isinstance(cell.value, (int, float)) and not isinstance(cell.value, bool):
        value = Decimal(repr(cell.value)) * (100 if cell.is_percent else 1)
        return {target.low, target.high} - {None} == {value}
    try:
        return read_target(typed) == target
    except ValueError:
        return False


def _new(context: Context, sheet: str, facts: IndicatorFacts | None) -> Record:
    keys = {"file_index": context.file_index, "file_key": context.file_index, "sheet": sheet}
    return _FACTS | keys | {"context": context, "facts": facts}


def placeholders(record: Record) -> dict[str, str]:
    """Returns what the messages of suite ``indicator_row`` are filled with."""
    context, facts, row = record["context"], record["facts"], record["row"]
    total, quarter, last, period = record["total"], record["quarter"], record["last"], context.period
    lower_label, lower = record["lower"] or ("", None)
    moved, difference = _moved_to(record), _difference(record)
    texts = {
        "label": facts.indicator.label if facts else "",
        "unit": facts.unit_label if facts else "",
        "target": facts.indicator.target_text if facts else "",
        "reporters": facts.reporters if facts else "",
        "kinds_expected": KINDS_EXPECTED,
        "first_day_text": format_date(period.first_day),
        "last_day_text": format_date(period.last_day),
        "today_text": format_date(context.today),
        "date_example": format_date(period.last_day),
        "value_text": text_of(total.cell) if total else "",
        "quarter_text": text_of(quarter.cell) if quarter else "",
        "last_year_to_date_text": format_number(last.value) if last and last.value is not None else "",
        "last_period_name": last.period.vietnamese if last and last.period else "",
        "difference_text": "" if difference is None else format_number(difference),
        **(_flow_texts(flow_cells(record)) if facts else {}),
        "moved_label": moved["facts"].indicator.label if moved else "",
        "moved_value": _moved_value(moved),
        "sign_text": "" if not total or total.value is None else format_number(-total.value),
        "suspicion": _SUSPICIONS.get(record["suspicion"], ""),
        "lower_label": lower_label,
        "lower_text": format_number(lower) if lower is not None else "",
    }
    if row is not None:
        texts |= {
            "code_cell": row.code.address or row.name.address,
            "name_cell": row.name.address,
            "unit_cell": row.unit.address,
            "target_cell": row.target.address,
            "kind_cell": row.kind.address,
            "date_cell": row.data_on.address,
            "quarter_cell": row.quarter.address,
            "value_cell": (total.cell.address if total else "") or row.year_to_date.address or row.quarter.address,
            "code_text": text_of(row.code) or text_of(row.name),
            "code_expected": expected_code(row.name, context.facts),
            "name_text": text_of(row.name),
            "unit_text": text_of(row.unit),
            "target_typed": text_of(row.target),
            "kind_text": text_of(row.kind) or "(để trống)",
            "date_text": text_of(row.data_on),
        }
    return texts


def _difference(record: Record) -> Decimal | None:
    """What the cumulative figures leave for the quarter."""
    total, last = record["total"], record["last"]
    return None if total is None or total.value is None else total.value - (last.value or 0)


def _flow_texts(cells: FlowCells) -> dict[str, str]:
    """The figures that were probably meant; a blank one stays to be filled in."""
    quarter, year_to_date = cells.quarter, cells.year_to_date
    return {
        "likely_quarter": "…" if quarter is None else format_number(quarter),
        "likely_year_to_date": "…" if year_to_date is None else format_number(year_to_date),
    }


def _moved_value(other: Record | None) -> str:
    return format_number(other["total"].value) if other and other["total"] and other["total"].value is not None else ""


_SUSPICIONS = {
    "swapped": "số trong quý và số lũy kế ghi đổi ô",
    "quarter_in_both": "ô lũy kế ghi số trong quý",
    "cumulative_in_both": "ô trong quý ghi số lũy kế",
    "target": "số thực hiện bằng đúng mức kế hoạch năm",
}


def expected_code(name: RawCell, facts: RegisterFacts) -> str:
    """Returns what should stand for an unknown code: the code of that name, where the name is known."""
    return facts.code_by_name.get(fold(text_of(name)), "Mã chỉ tiêu có sẵn trong biểu mẫu")


def _add_figures(
    tables: Tables, row: IndicatorRow, record: Record, context: Context, corrected: Corrected
) -> tuple[Decimal, Decimal | None] | None:
    """Reads the number cells of a row, judges them and returns the figure told from the year's start."""
    facts, period = record["facts"], context.period
    is_due = facts.is_due(period)
    last = _last_figure(context, facts, corrected)
    quarter_last = None if period.quarter > 1 else last.value
    stated_unit = text_of(row.stated_unit)
    total = read_figure(row.year_to_date, facts, last.value, period, stated_unit)
    quarter = read_figure(row.quarter, facts, quarter_last, period, stated_unit)
    note, explanation = text_of(row.note), text_of(row.explanation)
    if not facts.is_flow:
        total, quarter = _only_figure(record, total, quarter, facts, period)
    elif total.answer == "blank" and quarter.answer != "blank" and period.quarter == 1:
        record["value_from"] = "quarter_cell"
        total = quarter
    if total.answer == "blank" and quarter.answer == "blank":
        if not is_due:
            return None
        total = _answer_in_note(total, note, explanation, period)
    answers = [reading.answer for reading in (total, quarter) if reading.answer != "blank"]
    record |= {
        "total": total,
        "quarter": quarter,
        "last": last,
        "nature": facts.indicator.nature.value,
        "release": "due" if is_due else "not_due",
        "answer": answers[0] if answers else "blank",
        "figure_count": answers.count("value"),
        "note": note,
        "explanation": explanation,
        "is_explained": "yes" if explanation else "no",
    }
    if not answers and is_due:
        return None
    record["year_to_date_answer"], record["quarter_answer"] = total.answer, quarter.answer
    record["promised_on"] = total.promised_on
    kind = _read_kind_and_date(record, row, context) if record["figure_count"] else "actual"
    part = compare_figures(record, facts, context)
    record["suspicion"] = find_suspicion(record) if explanation else None
    data_on = read_date(row.data_on, year=period.year)
    for basis, reading in ((YEAR_TO_DATE, total), (QUARTER, quarter)):
        if reading.answer == "blank" or (basis == QUARTER and not facts.is_flow):
            continue
        if reading.answer in ("value", "unreadable") and not (basis == QUARTER and reading is total):
            tables.records["figure"].append(_figure_of(record, reading, basis, part))
        if reading.answer != "unreadable":
            tables.observations[context.file_index].append(
                observation(
                    context, row.sheet, facts.indicator.code, period, basis=basis, reading=reading, kind=kind,
                    data_on=data_on, note=note, explanation=explanation, is_correction=False,
                )
            )  # fmt: skip
    return None if total.value is None else (total.value, last.value)


def _figure_of(record: Record, reading: Reading, basis: str, part: Part) -> Record:
    """Returns the record of one number cell of a row."""
    context, last, is_quarter = record["context"], record["last"].value, basis == QUARTER
    figure = figure_record(
        context, record["sheet"], record["facts"], reading, period=context.period, basis=basis,
        last=None if is_quarter else last, explanation=record["explanation"],
        slip=part.slip if is_quarter else record["slip"],
    )  # fmt: skip
    figure |= {
        "row_record": record,
        "row_slip": record["slip"],
        "history": "none" if last is None else "known",
        "year_to_date": record["year_to_date"] if reading.value is not None else None,
    }
    if is_quarter:
        figure["whole"], figure["whole_slip"] = None if part.whole is None else float(part.whole), record["slip"]
    record["off_count"] += is_off(figure)
    return figure


def _only_figure(
    record: Record, total: Reading, quarter: Reading, facts: IndicatorFacts, period: Period
) -> tuple[Reading, Reading]:
    """What is not added up has one figure, the one since the year's start or at the period's end.

    A level typed into the quarter's cell is the same level; a growth rate of the quarter alone is another figure,
    except in the first quarter.
    """
    nothing = Reading(RawCell(), "blank", None)
    if total.answer != "blank" or quarter.answer == "blank":
        return total, nothing
    if facts.indicator.nature in POINT_NATURES or quarter.answer not in ("value", "unreadable"):
        return quarter, nothing
    if period.quarter == 1:
        record["value_from"] = "quarter_cell"
        return quarter, nothing
    return total, quarter


def _answer_in_note(blank: Reading, note: str, explanation: str, period: Period) -> Reading:
    """A declaration in words beside an empty cell counts; a lone sign in the note does not."""
    for text in (note, explanation):
        answer = read_absence(text, year=period.year) if len(text) > 3 else None
        if answer and answer.kind in ("not_applicable", "not_available"):
            return Reading(blank.cell._replace(value=text), answer.kind, None, answer.promised_on)
    return blank


def _last_figure(context: Context, facts: IndicatorFacts, corrected: Corrected) -> LastFigure:
    code = facts.indicator.code
    known = context.history.last_before(code, context.agency, YEAR_TO_DATE, context.period, same_year=facts.is_flow)
    for (corrected_code, period), value in corrected.items():
        is_comparable = period.year == context.period.year or not facts.is_flow
        if corrected_code == code and period < context.period and is_comparable and (not known or period >= known[0]):
            known = (period, value)
    if known:
        return LastFigure(known[1], known[0])
    # Before the first report the baseline of a level is the last thing known about it.
    is_level = facts.indicator.nature in POINT_NATURES
    return LastFigure(facts.indicator.baseline if is_level else None, None)


def _read_kind_and_date(record: Record, row: IndicatorRow, context: Context) -> str | None:
    """Fills in of what kind and of which day a row's figures are; returns the kind that was chosen."""
    kind, period = read_kind(row.kind), context.period
    numbers = [reading.number for reading in (record["total"], record["quarter"]) if reading.number]
    is_estimate = any(number.is_estimate for number in numbers)
    data_on = read_date(row.data_on, year=period.year)
    record |= {
        "kind": "other" if kind is None else kind or ("estimate" if is_estimate else "empty"),
        "wording": "estimate" if is_estimate else "plain",
        "precision": "approximate" if any(number.is_approximate for number in numbers) else "exact",
        "date_reading": date_reading(row.data_on, period.year),
        "data_on": data_on if record["release"] == "due" else None,
        "first_day": period.first_day,
        "last_day": period.last_day,
        "received_on": context.today,
    }
    return kind
