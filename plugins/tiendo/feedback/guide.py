"""Sheet ``Hướng dẫn``: the text of include/templates/workbook_guide.txt, for one body and period."""

from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

from tiendo.clock import HANOI
from tiendo.feedback.template_style import FONT, line_count
from tiendo.model.register import Agency, PeriodCalendar, Register
from tiendo.model.states import KINDS, TASK_STATES
from tiendo.reading.columns import NOT_YET_PUBLISHED
from tiendo.settings import INCLUDE
from tiendo.vietnamese.dates import deadline_text, format_date, last_moment_text, long_date

_TEXT = INCLUDE / "templates" / "workbook_guide.txt"
_TITLE = "HƯỚNG DẪN LẬP VÀ GỬI BÁO CÁO"
_WIDTH = 130
_FOR_ALL = "# "
# What is to be typed of a sum.
_BOTH_FIGURES = "nhập cả số thực hiện {in_period} và số lũy kế từ đầu năm"
_ONE_FIGURE = "số thực hiện {in_period} cũng là số lũy kế từ đầu năm, nhập vào một trong hai ô hoặc cả hai"
_WITH_INDICATORS, _WITH_TASKS, _WITH_STATES = "#indicators ", "#tasks ", "#states "


def write_guide(sheet: Worksheet, register: Register, entry: PeriodCalendar, agency: Agency) -> None:
    """Fills the sheet."""
    sheet.column_dimensions["A"].width = _WIDTH
    for row, (is_heading, text) in enumerate([(True, _TITLE), *_lines(register, entry, agency)], start=1):
        is_title = row == 1
        cell = sheet.cell(row, 1, text)
        cell.font = Font(name=FONT, size=14 if is_title else 12, bold=is_heading)
        cell.alignment = Alignment(
            wrap_text=True,
            vertical="center",
            horizontal="center" if is_title else "left",
            indent=0 if is_heading else 1,
        )
        sheet.row_dimensions[row].height = line_count(text, _WIDTH) * 16.5 + 6


def _lines(register: Register, entry: PeriodCalendar, agency: Agency) -> list[tuple[bool, str]]:
    """Returns the guide as (is a heading, text), headings numbered; on figures and tasks only for whom they concern."""
    is_concerned = {
        _WITH_INDICATORS: bool(register.indicators_of(agency.code)),
        _WITH_TASKS: bool(register.tasks_of(agency.code)),
        _WITH_STATES: any(indicator.states for indicator in register.indicators_of(agency.code)),
    }
    kind = entry.period.kind
    words = {
        "period": entry.period.vietnamese,
        "in_period": kind.in_it,
        "period_noun": kind.noun,
        "both_figures": (_ONE_FIGURE if kind.runs_from_start else _BOTH_FIGURES).format(in_period=kind.in_it),
        "agency": agency.name,
        "deadline": deadline_text(entry.due_at),
        "last_moment": last_moment_text(entry.due_at),
        "cut_off": long_date(entry.cut_off_on),
        "receiver": _receiver(register),
        "states": "; ".join(f"“{text}”" for text in TASK_STATES.values()),
        "not_yet_published": NOT_YET_PUBLISHED,
        "promised_on": format_date(entry.closing_at.astimezone(HANOI).date()),
        "remarks": "ghi chú hoặc kiến nghị" if is_concerned[_WITH_TASKS] else "ghi chú",
        **KINDS,
    }
    rows: list[tuple[bool, str]] = []
    number, is_wanted, mark = 0, True, _FOR_ALL
    for line in _TEXT.read_text(encoding="utf-8").splitlines():
        is_heading = line.startswith("#")
        if is_heading:
            mark = next((each for each in is_concerned if line.startswith(each)), _FOR_ALL)
            is_wanted = is_concerned.get(mark, True)
            number += is_wanted
        if is_wanted and line:
            text = (line.removeprefix(mark) if is_heading else line).format_map(words)
            rows.append((is_heading, f"{number}. {text}" if is_heading else text))
    return rows


def _receiver(register: Register) -> str:
    """Returns the body that collects the reports: the one that issues the plan's own report."""
    issuing_body = str(register.report.get("issuing_body") or "cơ quan chủ trì tổng hợp")
    return next((a.name for a in register.agencies if a.name.upper() == issuing_body.upper()), issuing_body)
