"""Records of sheet "Chỉ tiêu": one per row, one per number cell, and one per owed indicator that has no row."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from decimal import Decimal

from tiendo.model.content import SHEET_INDICATORS, IndicatorRow, RawCell, WorkbookContent
from tiendo.model.period import Period
from tiendo.validation.cells import (
    ABSENCES,
    KINDS_EXPECTED,
    CellReading,
    as_float,
    date_reading,
    expected_code,
    find_code,
    read_figure,
    read_kind,
    text_of,
)
from tiendo.validation.confirmation import confirmed_number
from tiendo.validation.context import Context
from tiendo.validation.doubts import how_to_confirm
from tiendo.validation.facts import POINT_NATURES, QUARTER, YEAR_TO_DATE, IndicatorFacts, body_role
from tiendo.validation.figure_records import figure_record, is_off, observation
from tiendo.validation.period_words import period_words
from tiendo.validation.records import (
    FigureRecord,
    FigureSource,
    FileRecords,
    IndicatorRecord,
    IndicatorSource,
    LastFigure,
    RowFigures,
)
from tiendo.validation.row_judgement import compare_figures, find_suspicion
from tiendo.validation.slips import Nearness, PlacedFigure, find_moved
from tiendo.validation.suites import get_suite
from tiendo.vietnamese.dates import format_date, read_date
from tiendo.vietnamese.number import format_number, read_absence, read_target
from tiendo.vietnamese.stated_unit import is_same_unit
from tiendo.vietnamese.text import fold

Corrected = Mapping[tuple[str, Period], Decimal]
"""Cumulative figures that the same file corrects, by indicator and period: they count as the last known ones."""

_BLANK = CellReading(RawCell(), "blank")


def add_indicator_records(found: FileRecords, content: WorkbookContent, context: Context, corrected: Corrected) -> None:
    """Adds what sheet "Chỉ tiêu" of a file says."""
    own: dict[str, IndicatorRecord] = {}
    misspelt: set[str] = set()
    for row in content.indicator_rows:
        record = _printed(row, context)
        found.indicator_rows.append(record)
        facts = record.source.facts
        if facts is None:
            misspelt.add(context.facts.code_by_name.get(fold(text_of(row.name)), ""))
        elif record.body_role == "reporter" and facts.indicator.code not in own:
            own[facts.indicator.code] = record
            _add_figures(found, record, row, facts, corrected)
    _count_missing_rows(found.indicator_rows, own, misspelt, context)
    rows = list(own.values())
    for record in rows:
        record.source.file_rows = rows
    _place_rows(rows)
    _pair_figures(own)
    found.indicator_rows += [
        IndicatorRecord(
            file_index=context.file_index,
            sheet=SHEET_INDICATORS,
            source=IndicatorSource(context=context, facts=context.facts.indicators[code], row=None),
            row_count=0,
        )
        for code in context.facts.indicators_by_agency[context.agency]
        if code not in own and code not in misspelt and context.facts.indicators[code].is_due(context.period)
    ]


def _printed(row: IndicatorRow, context: Context) -> IndicatorRecord:
    """What the printed cells of a row say; the figures come later."""
    register = context.facts
    code = find_code(row.code, row.name, register)
    facts = register.indicators.get(code)
    record = IndicatorRecord(
        file_index=context.file_index,
        sheet=row.sheet,
        source=IndicatorSource(context=context, facts=facts, row=row),
        body_role=body_role(context.agency, facts, register.register, context.today),
    )
    if facts is None or record.body_role != "reporter":
        return record
    record.code = code
    if name := fold(text_of(row.name)):
        is_another = register.code_by_name.get(name, code) != code
        record.name_meaning = "another" if is_another else "own" if name in facts.names else "other"
    if (unit := text_of(row.unit)) and not facts.indicator.states:
        is_own = fold(unit) in facts.units or not facts.units or is_same_unit(unit, facts.indicator.unit)
        record.unit, record.unit_typed = facts.unit_label, facts.unit_label if is_own else unit
    if typed := text_of(row.target):
        record.target = facts.indicator.target_text
        record.target_typed = record.target if _is_target(row.target, typed, facts) else typed
    return record


def _is_target(cell: RawCell, typed: str, facts: IndicatorFacts) -> bool:
    """Tells whether a target cell still says what the plan prints, in whatever notation."""
    indicator = facts.indicator
    if fold(typed) == fold(indicator.target_text):
        return True
    try:
        comparator, low, high = read_target(indicator.target_text).sides
    except ValueError:  # words that a decision of the register gives their meaning
        comparator, low, high = indicator.comparator, indicator.low, indicator.high
    if isinstance(cell.value, (int, float)) and not isinstance(cell.value, bool):
        value = Decimal(repr(cell.value)) * (100 if cell.is_percent else 1)
        return {low, high} - {None} == {value}
    try:
        return read_target(typed).sides == (comparator, low, high)
    except ValueError:
        return False


def _add_figures(
    found: FileRecords, record: IndicatorRecord, row: IndicatorRow, facts: IndicatorFacts, corrected: Corrected
) -> None:
    """Reads the number cells of a row, judges them and adds what they bring."""
    period = record.source.context.period
    figures = _read_figures(row, facts, record.source.context, corrected)
    note, explanation, is_due = text_of(row.note), text_of(row.explanation), facts.is_due(period)
    if not figures.filled:
        if not is_due:
            return
        figures = figures._replace(total=_answer_in_note(figures.total, note, explanation, period))
    answers = [reading.answer for reading in figures.filled]
    record.source.figures = figures
    is_asked_for_both = not period.kind.runs_from_start
    record.value_from = "quarter_cell" if figures.is_taken_over and is_asked_for_both else None
    record.nature = facts.indicator.nature.value
    record.release = "due" if is_due else "not_due"
    record.answer = answers[0] if answers else "blank"
    record.figure_count = answers.count("value") + answers.count("state")
    record.note, record.explanation = note, explanation
    record.confirmed = _confirmed(figures.total.value, record, figures)
    if record.confirmed != as_float(figures.total.value) and _is_confirmed(figures.quarter, record, figures):
        record.confirmed = None
    if not answers:
        return
    record.year_to_date_answer, record.quarter_answer = figures.total.answer, figures.quarter.answer
    record.promised_on, record.received_on = figures.total.promised_on, record.source.context.today
    known = _known(figures, record.source.context)
    record.reported = "no" if known.period is None else "same_period" if known.period == period else "earlier"
    kind = read_kind(row.kind) if record.figure_count else "actual"
    data_on = read_date(row.data_on, year=period.year)
    if record.figure_count:
        _describe_figures(record, figures, kind, data_on)
    compare_figures(record, figures)
    record.suspicion = find_suspicion(record, figures)
    _add_cells(found, record, figures, kind, data_on)


def _read_figures(row: IndicatorRow, facts: IndicatorFacts, context: Context, corrected: Corrected) -> RowFigures:
    """Reads a row's two number cells.

    What is not added up has one figure, the one since the year's start or at the period's end. A level typed into the
    quarter's cell is the same level; a growth rate of the quarter alone is another figure, except in the first quarter,
    and in any other period that begins with its year. Where all periods do, the two cells ask for one figure.
    """
    is_first, unit = context.period.begins_year, text_of(row.stated_unit)
    last = _last_figure(context, facts, corrected)
    total = read_figure(row.year_to_date, facts, last.value, context.period, unit)
    quarter = read_figure(row.quarter, facts, last.value if is_first else None, context.period, unit)
    if context.period.kind.runs_from_start and facts.is_flow and (total.is_blank or quarter.is_blank):
        given = quarter if total.is_blank else total
        return RowFigures(facts, row, given, given, last, is_taken_over=True)
    kept = quarter if facts.is_flow else _BLANK
    if not total.is_blank or quarter.is_blank:
        return RowFigures(facts, row, total, kept, last)
    is_level = facts.indicator.nature in POINT_NATURES or quarter.answer not in ("value", "unreadable")
    if is_level and not facts.is_flow:
        return RowFigures(facts, row, quarter, kept, last)
    if is_first:
        return RowFigures(facts, row, quarter, kept, last, is_taken_over=True)
    return RowFigures(facts, row, total, quarter, last)


def _last_figure(context: Context, facts: IndicatorFacts, corrected: Corrected) -> LastFigure:
    code = facts.indicator.code
    known = context.history.last_before(code, context.agency, YEAR_TO_DATE, context.period, same_year=facts.is_flow)
    for (corrected_code, period), value in corrected.items():
        is_comparable = period.year == context.period.year or not facts.is_flow
        if corrected_code == code and period < context.period and is_comparable and (not known or period >= known[0]):
            known = (period, value)
    if known:
        return LastFigure(known[1], known[0], None if context.period.begins_year else known[1])
    # Before the first report the baseline of a level is the last thing known about it.
    is_level = facts.indicator.nature in POINT_NATURES
    return LastFigure(facts.indicator.baseline if is_level else None, None)


def _known(figures: RowFigures, context: Context) -> LastFigure:
    """The latest figure reported of an indicator: one of this period, in a version before, or the last one."""
    value = context.history.value(figures.facts.indicator.code, context.agency, YEAR_TO_DATE, context.period)
    return figures.last if value is None else LastFigure(value, context.period)


def _answer_in_note(blank: CellReading, note: str, explanation: str, period: Period) -> CellReading:
    """A declaration in words beside an empty cell counts; a lone sign in the note does not."""
    for text in (note, explanation):
        answer = read_absence(text, year=period.year, until=period.last_day) if len(text) > 3 else None
        if answer and answer.kind in ABSENCES:
            return CellReading(blank.cell._replace(value=text), answer.kind, None, answer.promised_on)
    return blank


def _describe_figures(record: IndicatorRecord, figures: RowFigures, kind: str | None, data_on: date | None) -> None:
    """Fills in of what kind and of which day a row's figures are."""
    period = record.source.context.period
    numbers = [reading.number for reading in figures.filled if reading.number]
    is_estimate = any(number.is_estimate for number in numbers)
    record.kind = "other" if kind is None else kind or ("estimate" if is_estimate else "empty")
    record.wording = "estimate" if is_estimate else "plain"
    record.precision = "approximate" if any(number.is_approximate for number in numbers) else "exact"
    record.date_reading = date_reading(figures.row.data_on, data_on)
    record.data_on = data_on if record.release == "due" else None
    record.first_day, record.last_day = period.first_day, period.last_day


def _add_cells(
    found: FileRecords, record: IndicatorRecord, figures: RowFigures, kind: str | None, data_on: date | None
) -> None:
    """Adds the records of a row's number cells, and the figures or declared absences in them."""
    facts, context = figures.facts, record.source.context
    bases = {YEAR_TO_DATE: figures.total} | ({QUARTER: figures.quarter} if facts.is_flow else {})
    for basis, reading in bases.items():
        if reading.is_blank:
            continue
        is_same_cell = basis == QUARTER and figures.is_taken_over
        if reading.answer in ("value", "unreadable") and not is_same_cell:
            figure = _cell_record(record, figures, reading, is_quarter=basis == QUARTER)
            record.off_count += is_off(figure)
            found.figures.append(figure)
        if reading.answer != "unreadable":
            found.observations.append(
                observation(
                    context.agency, record.sheet, facts.indicator.code, context.period, basis=basis, reading=reading,
                    kind=kind, data_on=data_on, note=record.note, explanation=record.explanation, is_correction=False,
                )
            )  # fmt: skip


def _confirmed(value: Decimal | None, record: IndicatorRecord, figures: RowFigures) -> float | None:
    """The number that the explanation confirms, the figure itself where it is repeated."""
    if not record.explanation:
        return None
    period, unit = record.source.context.period, text_of(figures.row.stated_unit)
    return as_float(confirmed_number(record.explanation, value, figures.facts, period, unit))


def _is_confirmed(reading: CellReading, record: IndicatorRecord, figures: RowFigures) -> bool:
    return reading.value is not None and _confirmed(reading.value, record, figures) == float(reading.value)


def _cell_record(
    record: IndicatorRecord, figures: RowFigures, reading: CellReading, *, is_quarter: bool
) -> FigureRecord:
    """Returns the record of one number cell of a row; a quarter's figure has no earlier one to be compared with."""
    last, period = figures.last.value, record.source.context.period
    witness, slip = (None, record.part_slip) if is_quarter else (last, record.slip)
    figure = figure_record(
        FigureSource(figures.facts, reading, period, witness, slip, record, figures.row.explanation),
        file_index=record.file_index,
        sheet=record.sheet,
        witness=witness,
        confirmed=_confirmed(reading.value, record, figures),
    )
    figure.row_slip = record.slip
    figure.words = f"{record.note}\n{record.explanation}".strip()
    figure.history = "none" if last is None else "known"
    figure.year_to_date = None if reading.value is None else record.year_to_date
    if is_quarter:
        figure.whole, figure.whole_slip = as_float(record.source.whole), record.slip
    return figure


def _count_missing_rows(
    records: list[IndicatorRecord], own: Mapping[str, IndicatorRecord], misspelt: AbstractSet[str], context: Context
) -> None:
    """Tells rows of no indicator how many own ones have no row: such a row may be one with its code and name spoilt."""
    owed = context.facts.indicators_by_agency[context.agency]
    missing = sum(code not in own or code in misspelt for code in owed)
    for record in records:
        if record.body_role == "unlisted":
            record.own_rows_missing = missing


def _place_rows(records: list[IndicatorRecord]) -> None:
    """Numbers the rows of a file, each with what its figure is about; only worth it where figures are off."""
    if not any(record.off_count for record in records):
        return
    placed = [PlacedFigure(_value(record), _reference(record)) for record in records]
    for place, (record, figure) in enumerate(zip(records, placed, strict=True)):
        record.place, record.reference = place, as_float(figure.reference)
    kwargs = get_suite("indicator_row").kwargs_of("figure-of-another-row")
    nearness = Nearness(kwargs["at_home"], kwargs["stranger"], kwargs["fewest"])
    for place, other in find_moved(placed, nearness).items():
        records[place].source.moved_to = records[other]


def _value(record: IndicatorRecord) -> Decimal | None:
    """The figure of a row since the year's start."""
    return record.source.figures.total.value if record.source.figures else None


def _reference(record: IndicatorRecord) -> Decimal | None:
    """What a row's figure is about: what is to be expected of a flow, the last one of a level."""
    facts, figures = record.source.facts, record.source.figures
    if facts is None:
        return None
    known = figures.last.value if figures and not facts.is_flow else None
    return known or facts.expected(record.source.context.period)


def _pair_figures(own: Mapping[str, IndicatorRecord]) -> None:
    """Puts figures beside those that they can never be below."""
    for upper, lower in get_suite("indicator_row").meta["ordered_pairs"]:
        if upper in own and lower in own:
            above, below = _value(own[upper]), _value(own[lower])
            facts = own[lower].source.facts
            if above is not None and below is not None and facts is not None:
                own[upper].upper_value, own[upper].lower_value = float(above), float(below)
                own[upper].source.lower = (facts.indicator.label, below)


def placeholders(record: IndicatorRecord) -> dict[str, str]:
    """Returns what the messages of suite ``indicator_row`` are filled with."""
    source = record.source
    return (
        _register_texts(source)
        | (_figure_texts(record, source.figures) if source.figures else {})
        | (_cell_texts(source, source.row) if source.row else {})
    )


def _register_texts(source: IndicatorSource) -> dict[str, str]:
    """What the plan says."""
    facts, period = source.facts, source.context.period
    return {
        "label": facts.indicator.label if facts else "",
        "unit": facts.unit_label if facts else "",
        "target": facts.indicator.target_text if facts else "",
        "reporters": facts.reporters if facts else "",
        "kinds_expected": KINDS_EXPECTED,
        "first_day_text": format_date(period.first_day),
        "last_day_text": format_date(period.last_day),
        "today_text": format_date(source.context.today),
        "date_example": format_date(period.last_day),
        **period_words(period),
    }


def _figure_texts(record: IndicatorRecord, figures: RowFigures) -> dict[str, str]:
    """The row's figures, those they are compared with, and those that were probably meant."""
    source, value, last = record.source, figures.total.value, figures.last
    moved, known = source.moved_to, _known(figures, source.context)
    lower_label, lower = source.lower or ("", None)
    return {
        "value_text": text_of(figures.total.cell),
        "quarter_text": text_of(figures.quarter.cell),
        "last_year_to_date_text": _number_text(last.value),
        "last_or_none_text": _number_text(last.value, "chưa có"),
        "last_period_name": last.period.vietnamese if last.period else "",
        "known_text": _number_text(known.value),
        "known_period_name": known.period.vietnamese if known.period else "",
        "difference_text": "" if value is None else format_number(value - (last.carried_over or 0)),
        "sum_text": ""
        if figures.quarter.value is None
        else format_number(figures.quarter.value + (last.carried_over or 0)),
        "likely_quarter": _number_text(source.cells.quarter, "…"),
        "likely_year_to_date": _number_text(source.cells.year_to_date, "…"),
        "moved_label": moved.source.facts.indicator.label if moved and moved.source.facts else "",
        "moved_value": _number_text(_value(moved)) if moved else "",
        "sign_text": "" if value is None else format_number(-value),
        "suspicion": _SUSPICIONS[record.suspicion].format_map(period_words(source.context.period))
        if record.suspicion
        else "",
        "how_to_confirm": _how_to_confirm(record, figures),
        "confirmed_text": "" if record.confirmed is None else format_number(record.confirmed),
        "lower_label": lower_label,
        "lower_text": _number_text(lower),
    }


def _how_to_confirm(record: IndicatorRecord, figures: RowFigures) -> str:
    """What to write for the row to be taken as it stands; a sum that falls never is."""
    value, last = figures.total.value, figures.last.value
    if value is None or (figures.facts.is_flow and last is not None and value < last):
        return ""
    return how_to_confirm([value], figures.facts, figures.row.explanation, record.confirmed)


def _number_text(value: Decimal | None, otherwise: str = "") -> str:
    return otherwise if value is None else format_number(value)


def _cell_texts(source: IndicatorSource, row: IndicatorRow) -> dict[str, str]:
    """The row's cells, where they are and what stands in them."""
    total = source.figures.total.cell.address if source.figures else ""
    return {
        "code_cell": row.code.address or row.name.address,
        "name_cell": row.name.address,
        "unit_cell": row.unit.address,
        "target_cell": row.target.address,
        "kind_cell": row.kind.address,
        "date_cell": row.data_on.address,
        "quarter_cell": row.quarter.address,
        "value_cell": total or row.year_to_date.address or row.quarter.address,
        "code_text": text_of(row.code) or text_of(row.name),
        "code_expected": expected_code(row.name, source.context.facts),
        "name_text": text_of(row.name),
        "unit_text": text_of(row.unit),
        "target_typed": text_of(row.target),
        "kind_text": text_of(row.kind) or "(để trống)",
        "date_text": text_of(row.data_on),
    }


_SUSPICIONS = {
    "swapped": "số {in_period} và số lũy kế ghi đổi ô",
    "quarter_in_both": "ô lũy kế ghi số {in_period}",
    "cumulative_in_both": "ô {in_period} ghi số lũy kế",
    "target": "số thực hiện bằng đúng mức kế hoạch năm",
}
