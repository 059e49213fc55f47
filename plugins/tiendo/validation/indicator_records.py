"""Records of sheet "Chỉ tiêu": one per row, one per number cell, and one per owed indicator that has no row."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal

from tiendo.model.content import SHEET_INDICATORS, IndicatorRow, RawCell, WorkbookContent
from tiendo.model.period import Period
from tiendo.validation.facts import POINT_NATURES, IndicatorFacts, RegisterFacts
from tiendo.validation.records import (
    KINDS_EXPECTED,
    Context,
    Reading,
    Record,
    Tables,
    figure_record,
    observation,
    read_figure,
    read_kind,
    set_aside,
    text_of,
)
from tiendo.validation.row_judgement import (
    QUARTER,
    YEAR_TO_DATE,
    LastFigure,
    find_doubt,
    judge_row_sign,
    judge_values,
)
from tiendo.validation.slips import Figure, FlowCells, find_moved
from tiendo.vietnamese.dates import format_date, read_date
from tiendo.vietnamese.number import format_number, read_answer, read_target
from tiendo.vietnamese.stated_unit import is_same_unit
from tiendo.vietnamese.text import fold

_FEWEST_OFF = 2

Corrected = Mapping[tuple[str, Period], Decimal]
"""Cumulative figures that the same file corrects, by indicator and period: they count as the last known ones."""


_EMPTY: Record = dict.fromkeys((
    "is_known", "is_entitled", "unique_code", "name_is_its_own", "name_is_unchanged", "unit_is_unchanged",
    "target_is_unchanged", "row_is_present", "is_answered", "is_due", "has_year_to_date", "year_to_date_is_typed",
    "has_quarter", "has_promised_date", "kind", "kind_agrees", "has_data_date", "date_is_readable",
    "date_is_within_period", "date_is_past", "year_to_date", "last_year_to_date", "quarter_adds_up", "upper_value",
    "lower_value", "stock_value", "is_in_plan", "flow_mistake", "last_is_sound", "target_is_result", "sign_is_kept",
    "sign_is_plain", "row_is_its_own", "suspicion_explained",
    # What the messages are filled from.
    "row", "facts", "total", "quarter", "last", "difference", "lower", "flow_cells", "moved_to", "figures", "is_off",
))  # fmt: skip


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
        if facts is None or not record["is_entitled"]:
            continue
        code = facts.indicator.code
        is_first = code not in by_code
        by_code.setdefault(code, record)
        if is_first:
            value = _add_figures(tables, row, record, context, corrected)
            if value is not None:
                values[code] = value
    _set_extra_rows_apart(tables, context, by_code, misspelt)
    _judge_rows(context, list(by_code.values()))
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
            record["row_is_present"] = False
            tables.records["indicator_row"].append(record)
    return values


def _set_extra_rows_apart(
    tables: Tables, context: Context, by_code: Mapping[str, Record], misspelt: AbstractSet[str]
) -> None:
    """A row of no indicator of the plan is an added one, kept aside, once every own indicator has its row.

    Before that it may be one of them with its code and name spoilt.
    """
    own = context.facts.indicators_by_agency[context.agency]
    if not all(code in by_code for code in own) or not misspelt.isdisjoint(own):
        return
    for record in reversed(tables.records["indicator_row"]):
        if record["file_index"] != context.file_index:
            return
        if record["is_known"] is False:
            record["is_known"], record["is_in_plan"] = None, False


def _judge_rows(context: Context, records: list[Record]) -> None:
    """Tells figures that stand a row off; what else was suspected of them follows from that."""
    if len([record for record in records if record["is_off"]]) < _FEWEST_OFF:
        return
    moved = find_moved([Figure(r["total"] and r["total"].value, _reference(r, context)) for r in records])
    for row, other in moved.items():
        record = records[row]
        record["row_is_its_own"], record["moved_to"] = False, records[other]
        record["year_to_date"] = record["last_year_to_date"] = record["quarter_adds_up"] = record["flow_mistake"] = None
        record["target_is_result"] = None
        for figure in record["figures"]:
            set_aside(figure)


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
    record["is_known"] = facts is not None
    if facts is None:
        return record, None
    record["is_entitled"] = context.agency in facts.indicator.reporters
    if not record["is_entitled"]:
        return record, facts
    record["unique_code"] = code
    if name:
        record["name_is_its_own"] = register.code_by_name.get(name, code) == code
        record["name_is_unchanged"] = name in facts.names if record["name_is_its_own"] else None
    if unit := text_of(row.unit):
        is_own = fold(unit) in facts.units or not facts.units
        record["unit_is_unchanged"] = is_own or is_same_unit(unit, facts.indicator.unit)
    if typed := text_of(row.target):
        record["target_is_unchanged"] = _is_target(row.target, typed, facts)
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
    record = _EMPTY.copy()
    record["file_index"] = record["file_key"] = context.file_index
    record["context"], record["sheet"], record["facts"] = context, sheet, facts
    return record


def placeholders(record: Record) -> dict[str, str]:
    """Returns what the messages of suite ``indicator_row`` are filled with."""
    context, facts, row = record["context"], record["facts"], record["row"]
    total, quarter, last, period = record["total"], record["quarter"], record["last"], context.period
    lower_label, lower = record["lower"] or ("", None)
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
        "difference_text": format_number(record["difference"]) if record["difference"] is not None else "",
        **_flow_texts(record["flow_cells"]),
        "moved_label": record["moved_to"]["facts"].indicator.label if record["moved_to"] else "",
        "moved_value": _moved_value(record),
        "sign_text": "" if not total or total.value is None else format_number(-total.value),
        "suspicion": _SUSPICIONS.get(record["suspicion_explained"], ""),
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


def _flow_texts(cells: FlowCells | None) -> dict[str, str]:
    """The figures that were probably meant; a blank one stays to be filled in."""
    quarter, year_to_date = (cells.quarter, cells.year_to_date) if cells else (None, None)
    return {
        "likely_quarter": "…" if quarter is None else format_number(quarter),
        "likely_year_to_date": "…" if year_to_date is None else format_number(year_to_date),
    }


def _moved_value(record: Record) -> str:
    other = record["moved_to"]
    return format_number(other["total"].value) if other and other["total"].value is not None else ""


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
        record["year_to_date_is_typed"] = False
        total = quarter
    if total.answer == "blank" and quarter.answer == "blank":
        if not is_due:
            return None
        total = _answer_in_note(total, note, explanation, period)
    has_figure = "value" in (total.answer, quarter.answer)
    record |= {
        "total": total,
        "quarter": quarter,
        "last": last,
        "is_answered": not (total.answer == quarter.answer == "blank") if is_due else None,
        "is_due": is_due if has_figure else None,
    }
    if record["is_answered"] is False:
        return None
    if facts.is_flow:
        record["has_year_to_date"] = total.answer != "blank"
        record["has_quarter"] = quarter.answer != "blank" if total.answer == "value" else None
    if total.answer == "not_available" and is_due:
        record["has_promised_date"] = total.promised_on is not None
    kind = _judge_kind_and_date(record, row, total, quarter, context, is_due=is_due) if has_figure else "actual"
    powers = judge_values(record, facts, context, explanation)
    judge_row_sign(record, facts, note, explanation)
    doubt = find_doubt(facts, total, period) if last.value is None and not powers[0] else 0
    record["figures"] = []
    data_on = read_date(row.data_on, year=period.year)
    for basis, reading, power in ((YEAR_TO_DATE, total, powers[0]), (QUARTER, quarter, powers[1])):
        if reading.answer == "blank" or (basis == QUARTER and not facts.is_flow):
            continue
        if reading.answer in ("value", "unreadable") and not (basis == QUARTER and reading is total):
            figure = figure_record(
                context, row.sheet, facts, reading, power=power, explanation=explanation, doubt=doubt,
                last=last.value if basis == YEAR_TO_DATE else None,
            )  # fmt: skip
            tables.records["figure"].append(figure)
            record["figures"].append(figure)
            record["is_off"] = record["is_off"] or figure["is_off"]
        if reading.answer != "unreadable":
            tables.observations[context.file_index].append(
                observation(
                    context, row.sheet, facts.indicator.code, period, basis=basis, reading=reading, kind=kind,
                    data_on=data_on, note=note, explanation=explanation, is_correction=False,
                )
            )  # fmt: skip
    return None if total.value is None else (total.value, last.value)


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
        record["year_to_date_is_typed"] = False
        return quarter, nothing
    record["has_year_to_date"] = False
    return total, quarter


def _answer_in_note(blank: Reading, note: str, explanation: str, period: Period) -> Reading:
    """A declaration in words beside an empty cell counts; a lone sign in the note does not."""
    for text in (note, explanation):
        answer = read_answer(text, year=period.year) if len(text) > 3 else None
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


def _judge_kind_and_date(
    record: Record, row: IndicatorRow, total: Reading, quarter: Reading, context: Context, *, is_due: bool
) -> str | None:
    kind = read_kind(row.kind)
    is_estimate = any(r.number is not None and r.number.is_estimate for r in (total, quarter))
    if not (is_estimate and kind == ""):
        record["kind"] = kind or "?"
    record["kind_agrees"] = kind != "actual" if is_estimate else None
    has_date = bool(text_of(row.data_on))
    record["has_data_date"] = has_date
    if not has_date:
        return kind
    data_on = read_date(row.data_on, year=context.period.year)
    record["date_is_readable"] = data_on is not None
    if data_on is not None and is_due:
        is_within = context.period.first_day <= data_on <= context.period.last_day
        record["date_is_within_period"] = is_within
        if is_within and kind == "actual" and not is_estimate:
            record["date_is_past"] = data_on <= context.today
    return kind


def forget_repetitions(tables: Tables, file_index: int) -> None:
    """Takes back that single figures repeat the last ones, where it is told of the whole file."""
    for record in tables.records["indicator_row"]:
        if record["file_index"] == file_index and record["flow_mistake"] == "repeated":
            record["flow_mistake"] = None
