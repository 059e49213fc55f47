"""The files of the replay: templates filled in as bodies would, each in its own way of typing, some with a mistake.

Beside them the bodies' own implementation plans: a Word file each that says what it stands for.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from tiendo.feedback.template import build_template
from tiendo.local.demo import (
    DemoCorrection,
    DemoDelivery,
    DemoFigure,
    DemoFile,
    OwnPlan,
    Scenario,
    Step,
    TaskText,
    as_decimal,
)
from tiendo.model.outcome import LastReported
from tiendo.model.register import Indicator, Nature, Register
from tiendo.model.states import KINDS, TASK_STATES
from tiendo.ooxml.archive_bytes import repack
from tiendo.reading.columns import CORRECTIONS, INDICATORS, TASKS, TemplateTable
from tiendo.vietnamese.number import format_number

_ROMAN = ("I", "II", "III", "IV")
_NO_BREAK_SPACE = "\u00a0"
_SHARE_FAMILIES = ("share", "percent_change")
# What bodies call their files; the system goes by none of it.
_NAMES = (
    "Bao cao quy {roman} nam {year}.xlsx",
    "BC Q{quarter}-{year} {short}.xlsx",
    "{period}_{code}.xlsx",
    "Báo cáo quý {roman} - {short}.xlsx",
)


def files_of(scenario: Scenario, step: Step) -> Iterator[DemoFile]:
    """Makes the files of a step, in the order they were sent; the same bytes each time."""
    for delivery in step.deliveries:
        yield make_file(scenario, delivery)


def documents_of(scenario: Scenario, step: Step) -> Iterator[DemoFile]:
    """Makes the implementation plans of a step, in the order they were handed in; the same bytes each time."""
    for own_plan in step.own_plans:
        yield make_own_plan(scenario.register, own_plan)


def make_file(scenario: Scenario, delivery: DemoDelivery) -> DemoFile:
    """Makes one delivered file; the same delivery gives the same bytes."""
    agency = scenario.register.agency_by_code[delivery.agency]
    period = delivery.period
    name = _NAMES[agency.row_order % len(_NAMES)].format(
        roman=_ROMAN[period.number - 1],
        quarter=period.number,
        year=period.year,
        period=period,
        code=agency.code,
        short=agency.short_name.replace("/", "-"),
    )
    content = _workbook(scenario, delivery)
    if delivery.mistake == "truncated":
        content = content[: len(content) // 2]
    if delivery.mistake in ("truncated", "thousandfold", "words"):
        name = name.replace(".xlsx", " (ban dau).xlsx")  # the sound file comes beside it, not over it
    elif delivery.mistake == "duplicate":
        name = name.replace(".xlsx", " (1).xlsx")
    elif delivery.version > 1:
        name = name.replace(".xlsx", " (thay the).xlsx")
    return DemoFile(agency.code, name, content, delivery.sent_at)


def make_own_plan(register: Register, own_plan: OwnPlan) -> DemoFile:
    """Makes one body's plan; the same body and instant give the same bytes."""
    from docx import Document

    agency = register.agency_by_code[own_plan.agency]
    document = Document()
    document.add_heading(f"Kế hoạch của {agency.name} thực hiện {register.short_title}", level=1)
    document.add_paragraph("Tệp minh họa, dùng cho bản chạy lại năm; không phải văn bản của cơ quan nêu trên.")
    buffer = io.BytesIO()
    document.save(buffer)
    name = f"KH thuc hien - {agency.short_name.replace('/', '-')}.docx"
    return DemoFile(agency.code, name, repack(buffer.getvalue(), own_plan.sent_at), own_plan.sent_at)


def _workbook(scenario: Scenario, delivery: DemoDelivery) -> bytes:
    register, period = scenario.register, delivery.period
    agency = register.agency_by_code[delivery.agency]
    template = build_template(register, period, agency, LastReported(scenario.last_values(agency.code, period)))
    workbook = load_workbook(io.BytesIO(template))
    if INDICATORS.sheet in workbook.sheetnames:
        figures = scenario.figures_of(agency.code, period, delivery.version)
        dialect = scenario.dialects.get(agency.code, "number")
        _fill_indicators(workbook[INDICATORS.sheet], register, figures, dialect, delivery)
        _fill_corrections(workbook[CORRECTIONS.sheet], register, scenario.corrections.get((agency.code, period), ()))
    _fill_tasks(workbook[TASKS.sheet], scenario.task_texts(agency, period))
    buffer = io.BytesIO()
    workbook.save(buffer)
    # Saved when the body made its sound file: the file sent twice is the same, and a mistake differs in the mistake.
    return repack(buffer.getvalue(), scenario.register.calendar_by_period[period].publish_at)


def _fill_indicators(
    sheet: Worksheet, register: Register, figures: Iterable[DemoFigure], dialect: str, delivery: DemoDelivery
) -> None:
    rows = _rows_by_key(sheet)
    for figure in figures:
        put = _writer(sheet, INDICATORS, rows[figure.indicator])
        indicator = register.indicator_by_code[figure.indicator]
        is_wrong = delivery.indicator == figure.indicator
        for column, text in (("quarter", figure.quarter), ("year_to_date", figure.year_to_date)):
            value = as_decimal(text)
            if is_wrong and delivery.mistake == "words":
                if column == "year_to_date":
                    put(column, delivery.text)
            elif value is not None:
                wrong_by = 1000 if is_wrong and delivery.mistake == "thousandfold" else 1
                put(column, *typed(value * wrong_by, indicator, dialect))
            elif text:
                put(column, text)
        put("kind", KINDS.get(figure.kind))
        put("data_on", date.fromisoformat(figure.data_on) if figure.data_on else None)
        put("note", figure.note)


def _fill_corrections(sheet: Worksheet, register: Register, corrections: Iterable[DemoCorrection]) -> None:
    head = next(cell.row for cell in sheet["A"] if cell.value == CORRECTIONS.headings[0])
    for row, correction in enumerate(corrections, start=head + 1):
        put = _writer(sheet, CORRECTIONS, row)
        quarter = int(correction.period[-1])
        put("period", f"Quý {_ROMAN[quarter - 1]}/{correction.period[:4]}")
        put("code", correction.indicator)
        put("name", register.indicator_by_code[correction.indicator].label)
        put("quarter", _number(Decimal(correction.quarter)))
        put("year_to_date", _number(Decimal(correction.year_to_date)))
        put("kind", KINDS[correction.kind])
        put("data_on", date.fromisoformat(correction.data_on))
        put("reason", correction.reason)


def _fill_tasks(sheet: Worksheet, texts: Iterable[TaskText]) -> None:
    rows = _rows_by_key(sheet)
    for text in texts:
        put = _writer(sheet, TASKS, rows[text.ref])
        put("state", TASK_STATES[text.state])
        put("completion", text.completion)
        put("result", text.result)
        put("difficulty", text.difficulty)
        put("proposal", text.proposal)


def typed(value: Decimal, indicator: Indicator, dialect: str) -> tuple[Any, str | None]:
    """Returns what stands in the cell for a value, and the cell's number format where the way of typing changes it."""
    family = indicator.unit.family if indicator.unit else ""
    is_share = family in _SHARE_FAMILIES
    text = format_number(value)
    if dialect == "percent" and is_share:
        return float(value / 100), "0.0%"
    if dialect == "words" and indicator.nature is Nature.GROWTH:
        return f"{'giảm' if value < 0 else 'tăng'} {format_number(abs(value))}%", None
    if dialect == "unit" and indicator.unit:
        return f"{text} {indicator.unit.label.lower()}", None
    if dialect == "dash":
        return text.replace("-", "–"), None
    if dialect == "spaces":
        return text.replace(".", _NO_BREAK_SPACE), None
    if dialect == "text":
        return text, None
    return _number(value), None


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _rows_by_key(sheet: Worksheet) -> dict[str, int]:
    return {str(cell.value): cell.row for cell in sheet["A"] if cell.value}


def _writer(sheet: Worksheet, table: TemplateTable, row: int) -> Callable[..., None]:
    def put(column: str, value: Any, number_format: str | None = None) -> None:
        cell = sheet.cell(row, table.position(column))
        cell.value = value or None if isinstance(value, str) else value
        if number_format:
            cell.number_format = number_format

    return put
