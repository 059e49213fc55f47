"""Records of sheet "Sửa số kỳ trước": new figures for earlier periods, each with a reason."""

import re
from decimal import Decimal
from typing import NamedTuple

from tiendo.model.content import CorrectionRow, RawCell, WorkbookContent
from tiendo.model.period import Period, PeriodKind
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
from tiendo.validation.facts import (
    POINT_NATURES,
    QUARTER,
    YEAR_TO_DATE,
    IndicatorFacts,
    RegisterFacts,
    body_role,
)
from tiendo.validation.figure_records import figure_record, observation
from tiendo.validation.period_words import period_words
from tiendo.validation.records import CorrectionRecord, CorrectionSource, FigureRecord, FigureSource, FileRecords
from tiendo.validation.row_judgement import find_slip
from tiendo.validation.stated import parse_period
from tiendo.validation.suites import get_suite
from tiendo.vietnamese.dates import find_periods, read_date
from tiendo.vietnamese.number import format_number
from tiendo.vietnamese.text import fold

_BASES = (YEAR_TO_DATE, QUARTER)
# In the column of a quarter these are certain: "I", "Quý 01", "6T đầu năm", "Quý I/23"; of a month "4", "T4/23".
_SHORTHANDS = {
    PeriodKind.QUARTER: (
        (re.compile(r"^(?:kỳ )?(i{1,3}|iv)$"), r"quý \1"),
        (re.compile(r"(?<!\d)0([1-4])(?!\d)"), r"\1"),
    ),
    PeriodKind.MONTH: (
        (re.compile(r"^(?:kỳ )?(0?[1-9]|1[0-2])(?=$|[/.-]\d\d$)"), r"tháng \1"),
        # What Excel makes of "4/2023".
        (re.compile(r"^01/(\d\d/\d{4})$"), r"tháng \1"),
    ),
}
_OF_ALL_KINDS = (
    (re.compile(r"(?<!\d)0?([369]|12)t(?!\w)"), r"\1 tháng"),
    (re.compile(r"(?<=[\divl])([/.-])(\d\d)$"), r"\g<1>20\2"),
)
# Of several periods it is none: "quý I và II", "tháng 3 và 4".
_NUMBERS = {
    PeriodKind.QUARTER: re.compile(r"(?<!\w)(?:i{1,3}|iv|[1-4])(?!\w| tháng)"),
    PeriodKind.MONTH: re.compile(r"(?<!\w)(?:0?[1-9]|1[0-2])(?!\w| tháng)"),
}
_MONTHS = re.compile(r"\d ?t(?:háng)?(?!\w| cuối)")
# Of a name: its number, its unit in brackets, a mark at its end.
_TRIMMINGS = re.compile(r"^(?:\d+|[ivx]+)[.)] ?|^- ?| ?\([^()]*\)(?=[ .:;]*$)|[ .:;]+$")
_END = r"(?=[;()]|, |\.(?!\d)|$| (?:nay|sửa|do|vì|theo|sang|thành|lên|xuống)(?!\w))"
_OLD = re.compile(r"số (?:liệu )?(?:cũ|đã báo cáo|báo cáo trước(?: đây)?)(?: là|:)? ?(?P<old>-?\d[^;()]*?)" + _END)
_FROM_TO = re.compile(
    r"(?<!\w)từ (?P<old>-?\d[^;()]*?) ?(?:(?<!\w)(?:thành|lên|xuống|sang|còn)|->|→) ?(?P<new>-?\d[^;()]*?)" + _END
)

Corrected = dict[tuple[str, Period], Decimal]
"""Corrected figures since the year's start, by indicator and period."""


class _Row(NamedTuple):
    """A row that can be read: its record, indicator and period, and what its cells say and replace, by basis.

    Attributes:
        told: the periods of the indicator that the file corrects.
    """

    record: CorrectionRecord
    facts: IndicatorFacts
    period: Period
    read: dict[str, CellReading]
    replaced: dict[str, Decimal | None]
    told: frozenset[Period] = frozenset()


def add_correction_records(found: FileRecords, content: WorkbookContent, context: Context) -> Corrected:
    """Adds what the sheet of one file says, and returns the corrected figures since the year's start."""
    rows: dict[tuple[str, Period], _Row] = {}
    for row in content.correction_rows:
        record = _record(row, context)
        found.correction_rows.append(record)
        period, facts = record.source.period, record.source.facts
        if period is None or facts is None or period >= context.period or record.body_role != "reporter":
            continue
        if (facts.indicator.code, period) not in rows:
            rows[facts.indicator.code, period] = _read_row(record, facts, period)
    corrected: Corrected = {}
    # The earlier quarter first: a cumulative figure rests on it.
    for (code, period), read in sorted(rows.items(), key=lambda item: item[0][1]):
        told = frozenset(p for c, p in rows if c == code)
        value = _add_figures(found, read._replace(told=told), corrected)
        if value is not None:
            corrected[code, period] = value
    return corrected


def _record(row: CorrectionRow, context: Context) -> CorrectionRecord:
    stated = _read_period(text_of(row.period), context.facts)
    period = stated if stated in context.facts.periods else None
    register = context.facts.in_force(period) if period else context.facts
    name = _TRIMMINGS.sub("", fold(text_of(row.name)))
    code = find_code(row.code, row.name, register)
    if not code and not text_of(row.code):
        code = register.code_by_name.get(name, "")
    facts = register.indicators.get(code)
    is_another = register.code_by_name.get(name, code) != code
    return CorrectionRecord(
        file_index=context.file_index,
        sheet=row.sheet,
        source=CorrectionSource(context, row, period, facts, row.old if text_of(row.old) else row.reason),
        period_standing="in_plan" if period else "unknown",
        period_from=period.first_day if period else None,
        file_period_from=context.period.first_day,
        body_role=body_role(context.agency, facts, register.register, context.today),
        code=code or None,
        name_meaning=None if facts is None or not name else "another" if is_another else "own",
        named_by="code" if text_of(row.code) else "name" if name else "nothing",
        date_reading=date_reading(row.data_on, read_date(row.data_on, year=context.period.year)),
        reason=text_of(row.reason) or None,
    )


def _read_period(text: str, facts: RegisterFacts) -> Period | None:
    """Reads the cell for the period; it names one of the plan's, so shorthands are certain that elsewhere are not."""
    kind = facts.register.period_kind
    if period := parse_period(text, facts):
        return period
    plain = fold(text)
    for pattern, meant in (*_SHORTHANDS.get(kind, ()), *_OF_ALL_KINDS):
        plain = pattern.sub(meant, plain)
    numbers = _NUMBERS.get(kind)
    if (period := parse_period(plain, facts)) or (numbers and len(numbers.findall(plain)) > 1):
        return period
    found = find_periods(plain, year=facts.only_year, kind=kind)
    return next(iter(found)) if len(found) == 1 else None


def _read_row(record: CorrectionRecord, facts: IndicatorFacts, period: Period) -> _Row:
    context, row = record.source.context, record.source.row
    code, body = facts.indicator.code, context.agency
    replaced = {basis: context.history.value(code, body, basis, period) for basis in _BASES}
    cells = {YEAR_TO_DATE: row.year_to_date, QUARTER: row.quarter}
    read = {basis: read_figure(cell, facts, replaced[basis], period) for basis, cell in cells.items()}
    old = _old_figure(record, facts, period, read)
    record.old_figure = as_float(old)
    is_told = bool(text_of(row.old)) and not facts.indicator.states
    record.old_reading = "number" if old is not None else "other" if is_told else None
    record.recorded, record.recorded_quarter = as_float(replaced[YEAR_TO_DATE]), as_float(replaced[QUARTER])
    return _Row(record, facts, period, read, replaced)


def _old_figure(
    record: CorrectionRecord, facts: IndicatorFacts, period: Period, read: dict[str, CellReading]
) -> Decimal | None:
    """Reads the figure that is replaced: the cell for it, or in the reason "số cũ 437", "từ 437 thành 420"."""
    row, cell = record.source.row, record.source.old
    if not text_of(row.old):
        words = fold(text_of(cell))
        match = _FROM_TO.search(words)
        if match and _figure(cell._replace(value=match["new"]), facts, period) not in {r.value for r in read.values()}:
            match = None  # of something else: "từ 5 thành 4 dự án"
        match = match or _OLD.search(words)
        if match is None:
            return None
        cell = cell._replace(value=match["old"])
    return _figure(cell, facts, period)


def _figure(cell: RawCell, facts: IndicatorFacts, period: Period) -> Decimal | None:
    """Returns the exact figure that a cell tells, None for anything else."""
    number = read_figure(cell, facts, None, period).number
    return number.value if number and not number.is_approximate else None


def _add_figures(found: FileRecords, read: _Row, corrected: Corrected) -> Decimal | None:
    """Judges a row's figures, adds what they bring, and returns the corrected figure since the year's start."""
    record, facts, period = read.record, read.facts, read.period
    context, row = record.source.context, record.source.row
    kind, data_on = read_kind(row.kind), read_date(row.data_on, year=period.year)
    answers = [reading.answer for reading in read.read.values()]
    record.figure_count = sum(answer != "blank" for answer in answers)
    is_estimate = any(reading.number and reading.number.is_estimate for reading in read.read.values())
    if ("value" in answers or "state" in answers) and not (is_estimate and kind == ""):
        record.kind = kind or "?"
    if record.figure_count == 0:
        return None
    last = _find_neighbours(read, corrected)
    whole = _complete(read, last)
    records = [
        _cell_record(record, FigureSource(facts, reading, period, read.replaced[basis], 0, gate=row.reason), basis)
        for basis, reading in _to_check(read, whole)
        if reading.answer in ("value", "unreadable")
    ]
    found.figures += records
    _describe(record, whole, is_plausible=not any(figure.source.slip for figure in records))
    for basis, reading in whole.items():
        if reading.answer in ("blank", "unreadable") or (basis == QUARTER and not facts.is_flow):
            continue
        is_taken = read.read[basis].is_blank and facts.is_flow and reading.value is not None
        note = f"Số {_basis_name(basis, record)} được tính từ ô {reading.cell.address}" if is_taken else ""
        found.observations.append(
            observation(
                context.agency, row.sheet, facts.indicator.code, period, basis=basis, reading=reading, kind=kind,
                data_on=data_on, note=note, explanation=record.reason or "", is_correction=True,
            )
        )  # fmt: skip
    return whole[YEAR_TO_DATE].value


def _find_neighbours(read: _Row, corrected: Corrected) -> Decimal | None:
    """Fills in the figures of the quarters round it, of a sum, and returns the cumulative one of the quarter before.

    Where the file itself corrects that quarter, its new figure counts.
    """
    record, facts, period = read.record, read.facts, read.period
    context, code = record.source.context, facts.indicator.code
    record.nature = facts.indicator.nature.value
    record.history = "first" if period.begins_year else "unknown"
    if not facts.is_flow:
        return None
    last = None
    if not period.is_first:
        known = context.history.value(code, context.agency, YEAR_TO_DATE, period.previous)
        last = corrected.get((code, period.previous), known)
        record.last_year_to_date = as_float(last)
        if not period.begins_year:
            record.history, record.carried_over = "unknown" if last is None else "known", as_float(last)
    later = context.history.first_after(code, context.agency, YEAR_TO_DATE, period, before=context.period)
    if later and later[0] not in read.told:
        record.next_year_to_date = as_float(later[1])
        record.source = record.source._replace(later=later[0])
        if later[0].previous == period and not later[0].begins_year:
            record.next_quarter = as_float(context.history.value(code, context.agency, QUARTER, later[0]))
    return last


def _to_check(read: _Row, whole: dict[str, CellReading]) -> list[tuple[str, CellReading]]:
    """Returns the readings that are figures to be checked; a quarter's by the cumulative one that was taken from it."""
    if not read.facts.is_flow or read.record.taken_from == QUARTER:
        return [(YEAR_TO_DATE, whole[YEAR_TO_DATE])]
    return list(read.read.items())


def _complete(read: _Row, last: Decimal | None) -> dict[str, CellReading]:
    """Returns a row's figures, of a sum both where one follows from the other for certain; else notes what is missing.

    A quarter without the cumulative figure, or the reverse, would leave the old one of the other standing beside it.
    """
    record, facts = read.record, read.facts
    total, quarter = read.read[YEAR_TO_DATE], read.read[QUARTER]
    if "unreadable" in (total.answer, quarter.answer):
        return read.read
    if not facts.is_flow:
        is_level = facts.indicator.nature in POINT_NATURES or record.history == "first" or quarter.value is None
        record.missing = YEAR_TO_DATE if total.is_blank and not is_level else None
        return {YEAR_TO_DATE: quarter, QUARTER: quarter} if total.is_blank and is_level else read.read
    if not total.is_blank and not quarter.is_blank:
        if total.answer in ABSENCES and quarter.value is not None:
            record.missing = YEAR_TO_DATE
        elif record.history == "first" and quarter.answer in ABSENCES and total.value is not None:
            record.missing = QUARTER
        return read.read
    basis, given = (QUARTER, total) if quarter.is_blank else (YEAR_TO_DATE, quarter)
    taken = _taken(read, basis, given, last)
    if taken is not None:
        record.taken_from = _other(basis) if taken.value is not None else None
        return {**read.read, basis: taken}
    if basis == YEAR_TO_DATE or read.replaced[QUARTER] is not None:
        record.missing = basis
    return read.read


def _taken(read: _Row, basis: str, given: CellReading, last: Decimal | None) -> CellReading | None:
    """Returns the other figure of a sum, where it follows: from the quarter before, or from what both figures were."""
    record = read.record
    if given.value is None or given.number is None:
        return given if basis == QUARTER or record.history == "first" else None
    if record.history == "first":
        return given
    if basis == YEAR_TO_DATE and _MONTHS.search(fold(text_of(record.source.row.period))):
        return None  # "6 tháng đầu năm": the figure in the quarter's cell may be the cumulative one
    sign = 1 if basis == YEAR_TO_DATE else -1
    ways = [] if last is None else [given.value + sign * last]
    own, other = read.replaced[basis], read.replaced[_other(basis)]
    # What both figures were does not count where the quarter before is told anew beside them.
    if own is not None and other is not None and read.period.previous not in read.told:
        ways.append(own + given.value - other)
    share = Decimal(str(get_suite("correction_row").parameters["rounding_share"]))
    if not ways or max(ways) - min(ways) > share * max(map(abs, (*ways, given.value))):
        return None
    return given._replace(number=given.number._replace(value=ways[0]))


def _other(basis: str) -> str:
    return QUARTER if basis == YEAR_TO_DATE else YEAR_TO_DATE


def _describe(record: CorrectionRecord, whole: dict[str, CellReading], *, is_plausible: bool) -> None:
    """Fills in the new figures; of those that are off by a power of ten that is told, and not what follows from it."""
    total, quarter, facts = whole[YEAR_TO_DATE], whole[QUARTER], record.source.facts
    if any(reading.number and reading.number.is_approximate for reading in whole.values()):
        record.precision = "approximate"
    if facts is None or not is_plausible:
        record.taken_from = None
        return
    record.year_to_date = as_float(total.value)
    if facts.is_flow or facts.indicator.nature in POINT_NATURES or record.history == "first":
        record.quarter_figure = as_float(quarter.value)


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
    context, row, period, facts, old, later = record.source
    own = [context.facts.indicators[code] for code in context.facts.indicators_by_agency[context.agency]]
    return {
        "period_cell": row.period.address,
        "code_cell": row.code.address or row.name.address,
        "name_cell": row.name.address or row.code.address,
        "value_cell": row.year_to_date.address or row.quarter.address,
        "quarter_cell": row.quarter.address or row.year_to_date.address,
        "kind_cell": row.kind.address,
        "date_cell": row.data_on.address,
        "reason_cell": row.reason.address,
        "old_cell": old.address,
        "period_text": text_of(row.period) or "(để trống)",
        "periods_expected": context.facts.period_list,
        "period_example": context.facts.register.calendar[0].period.vietnamese,
        "period_name": period.vietnamese if period else "",
        "last_period_name": period.previous.vietnamese if period else "",
        "next_period_name": later.vietnamese if later else "",
        "file_period_name": context.period.vietnamese,
        "code_text": text_of(row.code) or text_of(row.name) or "(để trống)",
        "code_expected": expected_code(row.name, context.facts),
        "own_codes": "; ".join(f"{facts.indicator.code} ({facts.indicator.label})" for facts in own),
        "name_text": text_of(row.name),
        "label": facts.indicator.label if facts else "",
        "unit": facts.unit_label if facts else "",
        "reporters": facts.reporters if facts else "",
        "kind_text": text_of(row.kind) or "(để trống)",
        "kinds_expected": KINDS_EXPECTED,
        "date_text": text_of(row.data_on),
        "date_example": context.facts.date_example,
        "given_text": _given_text(record),
        **period_words(context.period),
    } | _neighbour_texts(record)


def _given_text(record: CorrectionRecord) -> str:
    """Returns ``trong quý 420; lũy kế 430``, as typed."""
    row = record.source.row
    cells = ((QUARTER, row.quarter), (YEAR_TO_DATE, row.year_to_date))
    return "; ".join(f"{_basis_name(basis, record)} {text_of(cell)}" for basis, cell in cells if text_of(cell))


def _basis_name(basis: str, record: CorrectionRecord) -> str:
    return "lũy kế" if basis == YEAR_TO_DATE else record.source.context.period.kind.in_it


def _neighbour_texts(record: CorrectionRecord) -> dict[str, str]:
    """The figures that a row is held against."""
    total, quarter, last = map(_exact, (record.year_to_date, record.quarter_figure, record.last_year_to_date))
    carried = _exact(record.carried_over) or 0
    recorded, old, following = map(_exact, (record.recorded, record.old_figure, record.next_year_to_date))
    next_quarter, recorded_quarter = map(_exact, (record.next_quarter, record.recorded_quarter))
    before = ((QUARTER, recorded_quarter), (YEAR_TO_DATE, recorded))
    return {
        "recorded_text": "; ".join(f"{_basis_name(b, record)} {_text(v)}" for b, v in before if v is not None)
        or "chưa có số liệu",
        "old_text": _text(old) or text_of(record.source.old),
        "missing_name": f"số {_basis_name(record.missing, record)}" if record.missing else "",
        "taken_name": f"số {_basis_name(_other(record.taken_from), record)}" if record.taken_from else "",
        "taken_text": _text(quarter if record.taken_from == YEAR_TO_DATE else total),
        "last_text": _text(last),
        "difference_text": _text(None if total is None else total - carried),
        "next_text": _text(following),
        "next_quarter_text": _text(next_quarter),
        "next_total_text": _text(None if total is None or next_quarter is None else total + next_quarter),
    }


def _exact(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value))


def _text(value: Decimal | None) -> str:
    return "" if value is None else format_number(value)
