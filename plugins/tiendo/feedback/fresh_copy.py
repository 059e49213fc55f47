"""The body's own template filled with what was read: for a file that cannot be given back as it is.

A file of another format (.xls, .ods, .csv) or a package that cannot be edited safely has its values, as typed, put
into a fresh workbook; each knows from which cell of the file it came.
"""

import io
from collections.abc import Iterator
from typing import Any, NamedTuple

from openpyxl import load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.worksheet.worksheet import Worksheet

from tiendo.feedback.template import build_template
from tiendo.model.content import RawCell, WorkbookContent
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.ooxml.archive_bytes import repack
from tiendo.reading.columns import CORRECTIONS, INDICATORS, TASKS, TemplateTable
from tiendo.validation.cells import find_code, find_ref
from tiendo.validation.facts import RegisterFacts
from tiendo.vietnamese.number import number_under_date

_TYPED = {
    INDICATORS: ("quarter", "year_to_date", "kind", "data_on", "note", "explanation"),
    TASKS: ("state", "completion", "result", "difficulty", "proposal"),
    CORRECTIONS: ("period", "code", "name", "quarter", "year_to_date", "kind", "data_on", "reason"),
}


class FreshCopy(NamedTuple):
    """A filled template. ``moved``: where in it each cell of the file went, by (sheet, cell)."""

    data: bytes
    moved: dict[tuple[str, str], tuple[str, str]]


def fresh_copy(register: Register, agency_code: str, period_text: str, content: WorkbookContent) -> FreshCopy | None:
    """Returns a filled template; None where nothing was read, or it is not known whose report of what period it is."""
    agency = register.agency_by_code.get(agency_code)
    period = next((entry.period for entry in register.calendar if str(entry.period) == period_text), None)
    rows = (*content.indicator_rows, *content.task_rows, *content.correction_rows)
    if agency is None or not agency.is_obliged or period is None or not rows:
        return None
    return _fill(register, build_template(register, period, agency), period, content)


def _fill(register: Register, template: bytes, period: Period, content: WorkbookContent) -> FreshCopy:
    workbook = load_workbook(io.BytesIO(template))
    moved: dict[tuple[str, str], tuple[str, str]] = {}
    for table, row, number in _targets(register, content, {sheet.title: sheet for sheet in workbook.worksheets}):
        sheet = workbook[table.sheet]
        for field in _TYPED[table]:
            source: RawCell = getattr(row, field)
            target = sheet.cell(number, table.position(field))
            if source.address:
                moved[row.sheet, source.address] = table.sheet, target.coordinate
            _type(target, source)
        for field in ("code", "name", "ref", "title", "unit", "target"):
            source = getattr(row, field, RawCell())
            if source.address and field not in _TYPED[table]:
                moved[row.sheet, source.address] = table.sheet, sheet.cell(number, table.position(field)).coordinate
    buffer = io.BytesIO()
    workbook.save(buffer)
    entry = register.calendar_by_period[period]
    return FreshCopy(repack(buffer.getvalue(), entry.due_at), moved)


def _targets(
    register: Register, content: WorkbookContent, sheets: dict[str, Worksheet]
) -> Iterator[tuple[TemplateTable, Any, int]]:
    """Yields each row that has a place in the template: its table, the row, and the row's number there."""
    facts = RegisterFacts(register)
    places = {
        table: {str(cell.value): cell.row for cell in sheets[table.sheet]["A"] if cell.value}
        for table in (INDICATORS, TASKS)
        if table.sheet in sheets
    }
    taken: set[tuple[TemplateTable, int]] = set()
    keyed: tuple[tuple[TemplateTable, list[tuple[str, Any]]], ...] = (
        (INDICATORS, [(find_code(row.code, row.name, facts), row) for row in content.indicator_rows]),
        (TASKS, [(find_ref(row.ref, facts), row) for row in content.task_rows]),
    )
    for table, rows in keyed:
        for key, row in rows:
            number = places.get(table, {}).get(key)
            if number is not None and (table, number) not in taken:
                taken.add((table, number))
                yield table, row, number
    if CORRECTIONS.sheet in sheets:
        sheet = sheets[CORRECTIONS.sheet]
        head = next(cell.row for cell in sheet["A"] if cell.value == CORRECTIONS.columns[0].heading)
        numbers = range(head + 1, sheet.max_row + 1)
        yield from ((CORRECTIONS, row, number) for number, row in zip(numbers, content.correction_rows, strict=False))


def _type(target: Any, source: RawCell) -> None:
    """Types a value into a cell. Text stays text, also where it begins like a formula."""
    value = source.error or source.value
    if value is None:
        return
    if isinstance(value, str):
        target.value = ILLEGAL_CHARACTERS_RE.sub("", value)
        target.data_type = "s"
        target.quotePrefix = True
    else:
        number = number_under_date(value)
        target.value = value if number is None else float(number)
        if source.is_percent:
            target.number_format = "0.00%"
        elif source.shown_unit or source.shown_scale:
            unit = source.shown_unit.replace('"', "")
            target.number_format = f'#,##0.###{"," * (source.shown_scale // 3)}" {unit}"'
