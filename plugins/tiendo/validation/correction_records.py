"""Records of sheet "Sửa số kỳ trước": new figures for earlier periods, each with a reason."""

from decimal import Decimal

from tiendo.model.content import CorrectionRow, WorkbookContent
from tiendo.model.period import Period
from tiendo.validation.cells import (
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
from tiendo.validation.facts import QUARTER, YEAR_TO_DATE, IndicatorFacts, body_role
from tiendo.validation.figure_records import figure_record, observation
from tiendo.validation.records import CorrectionRecord, CorrectionSource, FigureRecord, FigureSource, FileRecords
from tiendo.validation.row_judgement import find_slip
from tiendo.validation.stated import parse_period
from tiendo.vietnamese.dates import read_date


def add_correction_records(
    found: FileRecords, content: WorkbookContent, context: Context
) -> dict[tuple[str, Period], Decimal]:
    """Adds what the sheet of one file says, and returns the corrected figures since the year's start."""
    corrected: dict[tuple[str, Period], Decimal] = {}
    seen: set[tuple[str, Period]] = set()
    for row in content.correction_rows:
        record = _record(row, context)
        found.correction_rows.append(record)
        period, facts = record.source.period, record.source.facts
        if period is None or facts is None or period >= context.period or record.body_role != "reporter":
            continue
        key = (facts.indicator.code, period)
        if key not in seen:
            seen.add(key)
            value = _add_figures(found, record, facts, period)
            if value is not None:
                corrected[key] = value
    return corrected


def _record(row: CorrectionRow, context: Context) -> CorrectionRecord:
    register = context.facts
    stated = parse_period(text_of(row.period), register)
    period = stated if stated in register.periods else None
    code = find_code(row.code, row.name, register)
    facts = register.indicators.get(code)
    return CorrectionRecord(
        file_index=context.file_index,
        sheet=row.sheet,
        source=CorrectionSource(context, row, period, facts),
        period_standing="in_plan" if period else "unknown",
        period_from=period.first_day if period else None,
        file_period_from=context.period.first_day,
        body_role=body_role(context.agency, facts),
        code=code or None,
        date_reading=date_reading(row.data_on, read_date(row.data_on, year=context.period.year)),
        reason=text_of(row.reason) or None,
    )


def _add_figures(found: FileRecords, record: CorrectionRecord, facts: IndicatorFacts, period: Period) -> Decimal | None:
    """Reads the number cells of a row, and returns the corrected figure since the year's start."""
    context, row = record.source.context, record.source.row
    read = _read_cells(row, facts, context, period)
    kind, data_on = read_kind(row.kind), read_date(row.data_on, year=period.year)
    answers = [reading.answer for reading, _ in read.values()]
    record.figure_count = sum(answer != "blank" for answer in answers)
    is_estimate = any(reading.number and reading.number.is_estimate for reading, _ in read.values())
    if "value" in answers and not (is_estimate and kind == ""):
        record.kind = kind or "?"
    for basis, (reading, replaced) in read.items():
        if reading.answer in ("value", "unreadable"):
            source = FigureSource(facts, reading, period, replaced, 0, gate=row.reason)
            found.figures.append(_cell_record(record, source, basis))
        if reading.answer not in ("blank", "unreadable"):
            found.observations.append(
                observation(
                    context.agency, row.sheet, facts.indicator.code, period, basis=basis, reading=reading, kind=kind,
                    data_on=data_on, note="", explanation=record.reason or "", is_correction=True,
                )
            )  # fmt: skip
    return read[YEAR_TO_DATE][0].value


def _read_cells(
    row: CorrectionRow, facts: IndicatorFacts, context: Context, period: Period
) -> dict[str, tuple[CellReading, Decimal | None]]:
    """Returns what the cells say and the figures they replace, by basis; what is not added up has one, in either."""
    read = {}
    for basis, cell in ((YEAR_TO_DATE, row.year_to_date), (QUARTER, row.quarter)):
        replaced = context.history.value(facts.indicator.code, context.agency, basis, period)
        read[basis] = (read_figure(cell, facts, replaced, period), replaced)
    if facts.is_flow:
        return read
    return {YEAR_TO_DATE: read[QUARTER if read[YEAR_TO_DATE][0].is_blank else YEAR_TO_DATE]}


def _cell_record(record: CorrectionRecord, source: FigureSource, basis: str) -> FigureRecord:
    """Returns the record of one number cell; its confirmation stands in the reason."""
    context, facts, period = record.source.context, source.facts, source.period
    value = source.reading.value if basis == YEAR_TO_DATE else None
    witness = None
    if value is not None:
        # The figure that is replaced is no witness: it may be the very one that slipped.
        code, same_year = facts.indicator.code, facts.is_flow
        earlier = context.history.last_before(code, context.agency, basis, period, same_year=same_year)
        witness = earlier[1] if earlier else None
        source = source._replace(slip=find_slip(value, facts, period, witness))
    confirmed = confirmed_number(record.reason or "", source.reading.value, facts, period)
    figure = figure_record(
        source, file_index=record.file_index, sheet=record.sheet, witness=witness, confirmed=as_float(confirmed)
    )
    figure.whole_slip = 0 if value is None else None
    figure.words = record.reason or ""
    return figure


def placeholders(record: CorrectionRecord) -> dict[str, str]:
    """Returns what the messages of suite ``correction_row`` are filled with."""
    context, row, _, facts = record.source
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
