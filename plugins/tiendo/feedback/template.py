"""Writes the workbooks that bodies fill in: one per body and period, from the register (openpyxl)."""

import io
import re
from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.workbook.protection import WorkbookProtection
from openpyxl.worksheet.worksheet import Worksheet

from tiendo.clock import HANOI
from tiendo.feedback.guide import write_guide
from tiendo.feedback.template_rules import (
    any_text,
    completion_rule,
    date_rule,
    list_rule,
    number_rule,
    prompted,
    state_rule,
)
from tiendo.feedback.template_style import (
    FONT,
    heading_cell,
    input_cell,
    printed_cell,
    set_height,
    set_page,
    span,
    validate,
)
from tiendo.feedback.template_warnings import LEGEND, TASK_LEGEND, warn_of_figures, warn_of_tasks
from tiendo.model.content import SHEET_GUIDE, SHEET_MARKER, TEMPLATE_VERSION, Marker
from tiendo.model.outcome import LastReported
from tiendo.model.period import Period
from tiendo.model.register import Agency, Indicator, Nature, PeriodCalendar, Register
from tiendo.model.states import KINDS, TASK_STATES
from tiendo.ooxml.archive_bytes import repack
from tiendo.reading.columns import (
    CORRECTIONS,
    INDICATORS,
    LAST_COMPLETION,
    LAST_FIGURE,
    NOT_YET_PUBLISHED,
    OLD_QUARTER,
    OLD_TOTAL,
    TASKS,
    TemplateTable,
)
from tiendo.vietnamese.dates import deadline_text, long_date
from tiendo.vietnamese.number import format_number
from tiendo.vietnamese.text import capital

# Counts and money get the grouping of the Vietnamese locale. Rates and ratios stay General: there a typed "8,7%" or
# "9-10" leaves its mark in the cell's format, by which the reader knows a percentage or a date.
_WHOLE = "[$-42A]#,##0"
_GROUPED = "[$-42A]#,##0.00"
_FORMATS = {"count": _WHOLE, "rank": _WHOLE, "money": _GROUPED}
_DATE = "dd/mm/yyyy"

_INDICATOR_WIDTHS = (16, 34, 11, 12, 12, 14, 17, 13, 13, 24, 26)
_TASK_WIDTHS = (10, 46, 15, 16, 9, 20, 11, 36, 28, 28)
_CORRECTION_WIDTHS = (15, 20, 36, 14, 14, 14, 17, 14, 13, 36)
_CORRECTION_ROWS = 12
# Columns of the marker sheet: what the corrections look the reported figures up by, and these.
_KEYS, _OLD = "J", {OLD_QUARTER: "K", OLD_TOTAL: "L"}
# From this column of the marker sheet on stand the states of each indicator whose target is words.
_FIRST_STATES = 13
_NOTHING = LastReported()


def write_templates(
    register: Register,
    period: Period,
    out_dir: Path,
    agency_codes: Sequence[str] | None = None,
    reported: LastReported = _NOTHING,
) -> list[Path]:
    """Writes one workbook per body into ``out_dir`` as ``2023-Q1_so-y-te.xlsx``.

    The same register, period and values give the same bytes.

    Args:
        register: the plan.
        period: a period of the plan's calendar.
        out_dir: made when missing.
        agency_codes: which bodies; all that owe a report when None.
        reported: what was reported before, shown beside what is asked.

    Returns:
        The files, in the register's order of bodies.

    Raises:
        ValueError: the period is not in the plan's calendar, or a code names no body that owes a report.
    """
    if period not in register.calendar_by_period:
        raise ValueError(f"{period} is not a period of plan {register.code}")
    register = register.in_force(period)
    obliged = {agency.code: agency for agency in register.obliged}
    if unknown := [code for code in agency_codes or () if code not in obliged]:
        raise ValueError(f"no body that owes a report: {', '.join(unknown)}")
    out_dir.mkdir(parents=True, exist_ok=True)
    paths = []
    for code, agency in obliged.items():
        if agency_codes is None or code in agency_codes:
            path = out_dir / f"{period}_{code}.xlsx"
            path.write_bytes(build_template(register, period, agency, reported))
            paths.append(path)
    return paths


def build_template(register: Register, period: Period, agency: Agency, reported: LastReported = _NOTHING) -> bytes:
    """Returns one body's workbook as bytes; see ``write_templates``."""
    register = register.in_force(period)
    workbook = _Form(register, register.calendar_by_period[period], agency, reported).write()
    workbook.security = WorkbookProtection(lockStructure=True)
    workbook.properties.title = f"Báo cáo {period.vietnamese} - {agency.name}"
    workbook.properties.creator = "Tiendo"
    buffer = io.BytesIO()
    workbook.save(buffer)
    issued_at = datetime.combine(register.issued_on, time(0), HANOI)
    return repack(buffer.getvalue(), issued_at, _polished)


class _Form:
    """One body's workbook for one period, in the making."""

    def __init__(self, register: Register, entry: PeriodCalendar, agency: Agency, reported: LastReported) -> None:
        self._register = register
        self._entry = entry
        self._agency = agency
        self._reported = reported
        self._indicators = register.indicators_of(agency.code)
        self._tasks = register.tasks_of(agency.code)
        self._listed = [indicator for indicator in self._indicators if indicator.states]
        self._earlier = [e.period for e in register.calendar if e.period < entry.period]
        self._workbook = Workbook()
        self._workbook.remove(self._workbook.worksheets[0])
        self._workbook._named_styles["Normal"].font = Font(name=FONT, size=11)  # type: ignore[attr-defined]

    def write(self) -> Workbook:
        """Writes the sheets, the guide first; none for figures or for tasks where a body has none of them."""
        self._write_guide()
        if self._indicators:
            self._write_indicators()
        if self._tasks:
            self._write_tasks()
        if self._indicators:
            self._write_corrections()
        self._write_marker()
        return self._workbook

    def _write_indicators(self) -> None:
        sheet, first = self._start(INDICATORS, "KẾT QUẢ THỰC HIỆN CÁC CHỈ TIÊU", _INDICATOR_WIDTHS, self._legend())
        column = {c.field: i for i, c in enumerate(INDICATORS.columns, start=1)}
        for row, indicator in enumerate(self._indicators, start=first):
            is_due = self._entry.period.number in indicator.published_in
            printed = (
                indicator.code,
                indicator.label,
                indicator.unit.label if indicator.unit else indicator.unit_as_printed,
                indicator.target_text,
            )
            for i, text in enumerate(printed, start=1):
                printed_cell(sheet.cell(row, i), text, is_centred=i > 2, is_small=i == 1)
            self._print_last(sheet.cell(row, INDICATORS.position(LAST_FIGURE)), indicator)
            for field in ("quarter", "year_to_date"):
                self._ask_for_figure(sheet, sheet.cell(row, column[field]), indicator, field, is_due=is_due)
            for field in ("kind", "data_on", "note", "explanation"):
                cell = sheet.cell(row, column[field])
                align = "center" if field in ("kind", "data_on") else "left"
                input_cell(cell, is_wanted=is_due or field == "note", align=align)
            sheet.cell(row, column["data_on"]).number_format = _DATE
            if not is_due:
                sheet.cell(row, column["note"]).value = NOT_YET_PUBLISHED
            set_height(sheet, row, printed, _INDICATOR_WIDTHS, at_least=2)
        rows = [
            (row, indicator.nature, indicator.unit.family if indicator.unit else "")
            for row, indicator in enumerate(self._indicators, start=first)
        ]
        warn_of_figures(sheet, rows, begins_year=self._entry.period.begins_year)
        last = first + len(self._indicators) - 1
        rules = {
            "kind": (list_rule("E", len(KINDS), "Loại số liệu"), "Loại số liệu", _KIND_PROMPT),
            "data_on": (date_rule(self._entry), "Số liệu đến ngày", _DAY_PROMPT),
            "note": (any_text(), "Ghi chú", _NOTE_PROMPT),
            "explanation": (any_text(), "Giải trình", _EXPLANATION_PROMPT),
        }
        for field, (rule, title, prompt) in rules.items():
            validate(sheet, prompted(rule, title, prompt), span(column[field], first, last))

    def _legend(self) -> str:
        kind = self._entry.period.kind
        return LEGEND.format(sum=f"số {kind.in_it}" if kind.runs_from_start else f"kỳ trước cộng {kind.in_it}")

    def _print_last(self, cell: Cell | MergedCell, indicator: Indicator) -> None:
        """Prints the last figure as a number, so that it can be compared with what is typed beside it."""
        if indicator.states:
            printed_cell(cell, self._reported.states.get((indicator.code, self._agency.code), ""), is_centred=True)
            return
        printed_cell(cell, "", is_centred=False)
        cell.value = self._reported.values.get((indicator.code, self._agency.code))
        family = indicator.unit.family if indicator.unit else ""
        is_whole = cell.value is not None and cell.value == int(cell.value)
        cell.number_format = _WHOLE if is_whole and family == "money" else _FORMATS.get(family, "General")
        cell.alignment = Alignment(horizontal="right", vertical="center", indent=1)

    def _ask_for_figure(
        self, sheet: Worksheet, cell: Cell | MergedCell, indicator: Indicator, field: str, *, is_due: bool
    ) -> None:
        is_asked = field == "year_to_date" or indicator.nature is Nature.FLOW
        family = indicator.unit.family if indicator.unit else ""
        align = "center" if indicator.states else "right"
        input_cell(cell, is_wanted=is_due and is_asked, is_open=is_asked, align=align)
        cell.number_format = _FORMATS.get(family, "General")
        if is_asked and indicator.states:
            column = get_column_letter(_FIRST_STATES + self._listed.index(indicator))
            rule = state_rule(column, len(indicator.states))
            validate(sheet, prompted(rule, indicator.label, _LISTED_PROMPT), [cell.coordinate])
        elif is_asked:
            words = self._figure_prompt(indicator, is_quarter=field == "quarter")
            validate(sheet, prompted(number_rule(family), indicator.label, words), [cell.coordinate])

    def _figure_prompt(self, indicator: Indicator, *, is_quarter: bool) -> str:
        unit = f" Đơn vị tính: {indicator.unit.label}." if indicator.unit else ""
        period = self._entry.period
        kind = period.kind
        if is_quarter and kind.runs_from_start:
            what = "tính từ đầu năm, bằng số lũy kế; chỉ cần nhập một trong hai ô."
            return f"Số thực hiện {period.vietnamese}, {what}{unit}"
        if is_quarter:
            return f"Số thực hiện riêng {period.vietnamese}, không cộng các {kind.noun} trước.{unit}"
        last = self._reported.values.get((indicator.code, self._agency.code))
        before = "" if last is None else f" Kỳ trước: {format_number(last)}."
        if indicator.nature is Nature.FLOW:
            of_first = f"{capital(period.short)}: bằng số {kind.in_it}."
            what = of_first if period.begins_year else f"Lũy kế từ đầu năm: kỳ trước cộng {kind.in_it}."
        elif indicator.nature is Nature.GROWTH:
            what = "Tốc độ tăng so với cùng kỳ năm trước; giảm thì ghi dấu trừ. Bằng 82,1% cùng kỳ thì ghi -17,9."
        else:
            what = "Số tại thời điểm báo cáo."
        return f"{what}{before}{unit}"

    def _write_tasks(self) -> None:
        sheet, first = self._start(TASKS, "TÌNH HÌNH THỰC HIỆN NHIỆM VỤ", _TASK_WIDTHS, TASK_LEGEND)
        for row, task in enumerate(self._tasks, start=first):
            state, completion = self._reported.tasks.get((task.ref, self._agency.code), ("", None))
            printed = (task.ref, task.title, task.due_text, TASK_STATES.get(state, ""))
            for i, text in enumerate(printed, start=1):
                printed_cell(sheet.cell(row, i), text, is_centred=i != 2)
            done = sheet.cell(row, TASKS.position(LAST_COMPLETION))
            printed_cell(done, "", is_centred=True)
            done.value = completion
            for column in TASKS.columns:
                if column.field not in ("", "ref", "title"):
                    align = "center" if column.is_value else "left"
                    input_cell(sheet.cell(row, TASKS.position(column.field)), align=align)
            set_height(sheet, row, ("", task.title, task.due_text), _TASK_WIDTHS, at_least=3)
        last = first + len(self._tasks) - 1
        warn_of_tasks(sheet, first, last)
        rules = {
            "state": (list_rule("D", len(TASK_STATES), "Trạng thái"), "Trạng thái", _STATE_PROMPT),
            "completion": (completion_rule(), "Tỷ lệ hoàn thành", _COMPLETION_PROMPT),
            "difficulty": (any_text(), "Khó khăn, vướng mắc", _DIFFICULTY_PROMPT),
            "proposal": (any_text(), "Kiến nghị", _PROPOSAL_PROMPT),
        }
        for field, (rule, title, prompt) in rules.items():
            validate(sheet, prompted(rule, title, prompt), span(TASKS.position(field), first, last))

    def _write_corrections(self) -> None:
        sheet, first = self._start(CORRECTIONS, "SỬA SỐ LIỆU ĐÃ BÁO CÁO CỦA KỲ TRƯỚC", _CORRECTION_WIDTHS, "")
        is_open = bool(self._earlier)
        for row in range(first, first + _CORRECTION_ROWS):
            for i, column in enumerate(CORRECTIONS.printed, start=1):
                align = "right" if column.is_value else "left" if column.field in ("name", "reason") else "center"
                is_wanted = is_open and column.field != "code"
                if column.field:
                    input_cell(sheet.cell(row, i), is_wanted=is_wanted, is_open=is_open, align=align)
                else:
                    printed_cell(sheet.cell(row, i), "")
                    self._look_up(sheet, row, column.heading)
            sheet.cell(row, CORRECTIONS.position("data_on")).number_format = _DATE
            set_height(sheet, row, (), (), at_least=2)
        if not is_open:
            sheet.cell(first - 2, 1).value = "Đây là kỳ báo cáo đầu tiên của Kế hoạch, chưa có số liệu kỳ trước để sửa."
            return
        rules = {
            "period": prompted(list_rule("F", len(self._earlier), "Kỳ báo cáo"), "Kỳ cần sửa", _PERIOD_PROMPT),
            "name": prompted(list_rule("H", len(self._indicators), "Tên chỉ tiêu"), "Chỉ tiêu", _NAME_PROMPT),
            "code": prompted(list_rule("G", len(self._indicators), "Mã chỉ tiêu"), "Mã chỉ tiêu", _CODE_PROMPT),
            "quarter": prompted(
                number_rule(""), f"Số đúng {self._entry.period.kind.in_it}", self._prompt_of_correction()
            ),
            "year_to_date": prompted(
                any_text() if self._listed else number_rule(""), "Số đúng lũy kế", self._correction_prompt()
            ),
            "kind": list_rule("E", len(KINDS), "Loại số liệu"),
            "data_on": date_rule(self._entry, self._earlier[0].year),
            "reason": prompted(any_text(), "Lý do sửa", _REASON_PROMPT),
        }
        for field, rule in rules.items():
            validate(sheet, rule, span(CORRECTIONS.position(field), first, first + _CORRECTION_ROWS - 1))

    def _prompt_of_correction(self) -> str:
        return _CORRECTION_PROMPT.format(in_period=self._entry.period.kind.in_it)

    def _correction_prompt(self) -> str:
        prompt = self._prompt_of_correction()
        return f"{prompt} {_LISTED_CORRECTION_PROMPT}" if self._listed else prompt

    def _look_up(self, sheet: Worksheet, row: int, heading: str) -> None:
        """Shows what was reported, by period and name. The reader passes over the cell, calculated or not."""
        keys = len(self._old_figures())
        if not keys:
            return
        period, name = (get_column_letter(CORRECTIONS.position(field)) for field in ("period", "name"))
        cells, wanted = (f"'{SHEET_MARKER}'!${c}$1:${c}${keys}" for c in (_OLD[heading], _KEYS))
        cell = sheet.cell(row, CORRECTIONS.position(heading))
        cell.value = f'=IFERROR(INDEX({cells},MATCH(${period}{row}&"|"&${name}{row},{wanted},0)),"")'
        cell.alignment = Alignment(horizontal="right", vertical="center", indent=1)

    def _old_figures(self) -> list[tuple[str, Decimal | str, Decimal | str]]:
        """What may be corrected: key, the quarter's figure, the cumulative one."""
        code = self._agency.code
        rows = []
        for period in self._earlier:
            for indicator in self._indicators:
                quarter, total = (
                    self._reported.earlier.get((indicator.code, code, str(period), basis))
                    for basis in ("quarter", "year_to_date")
                )
                if quarter is not None or total is not None:
                    key = f"{capital(period.slashed)}|{indicator.label}"
                    rows.append((key, _NONE if quarter is None else quarter, _NONE if total is None else total))
        return rows

    def _write_guide(self) -> None:
        sheet = self._workbook.create_sheet(SHEET_GUIDE)
        write_guide(sheet, self._register, self._entry, self._agency)
        self._finish(sheet)
        sheet.page_setup.fitToHeight = 1

    def _write_marker(self) -> None:
        """Writes the reader's marks (columns A, B), the lists (D to H, from M on) and reported figures (J to L)."""
        sheet = self._workbook.create_sheet(SHEET_MARKER)
        marker = Marker(self._register.code, self._agency.code, str(self._entry.period), TEMPLATE_VERSION)
        lists = (
            marker._fields,
            marker,
            (),
            TASK_STATES.values(),
            KINDS.values(),
            [capital(period.slashed) for period in self._earlier],
            [indicator.code for indicator in self._indicators],
            [indicator.label for indicator in self._indicators],
            (),
            *zip(*self._old_figures(), strict=True),
        )
        for column, texts in enumerate(lists, start=1):
            for row, text in enumerate(texts, start=1):
                sheet.cell(row, column, text)
        for column, indicator in enumerate(self._listed, start=_FIRST_STATES):
            for row, state in enumerate(indicator.states, start=1):
                sheet.cell(row, column, state.text)
        sheet.sheet_state = "veryHidden"
        sheet.protection.sheet = True

    def _start(self, table: TemplateTable, title: str, widths: Sequence[int], legend: str) -> tuple[Worksheet, int]:
        """Makes a sheet with title and heading row; returns it and its first row for data."""
        sheet = self._workbook.create_sheet(table.sheet)
        entry, register = self._entry, self._register
        who_and_when = (
            f"Cơ quan báo cáo: {self._agency.name}   ·   Kỳ báo cáo: {entry.period.vietnamese}   ·   "
            f"Thời hạn: {deadline_text(entry.due_at)}"
        )
        title_lines = (
            (register.issued_by.upper(), 11, True),
            (title, 14, True),
            (f"{register.short_title}, {long_date(register.issued_on)}", 12, False),
            (who_and_when, 12, True),
            (f"Chỉ nhập vào ô nền vàng nhạt; ô nền xám không phải nhập. {legend}".strip(), 11, False),
        )
        for row, (text, size, is_bold) in enumerate(title_lines, start=1):
            cell = sheet.cell(row, 1, text)
            cell.font = Font(name=FONT, size=size, bold=is_bold, italic=row == len(title_lines))
            cell.alignment = Alignment(horizontal="left", vertical="center")
            sheet.row_dimensions[row].height = size + 7
        head = len(title_lines) + 1
        headings = table.headings_of(entry.period.kind)
        for i, (heading, width) in enumerate(zip(headings, widths, strict=True), start=1):
            heading_cell(sheet.cell(head, i), heading)
            sheet.column_dimensions[get_column_letter(i)].width = width
        set_height(sheet, head, headings, widths, at_least=2)
        sheet.freeze_panes = f"C{head + 1}"
        sheet.print_title_rows = f"{head}:{head}"
        self._finish(sheet)
        return sheet, head + 1

    def _finish(self, sheet: Worksheet) -> None:
        set_page(sheet, f"{self._agency.name} - {self._entry.period.vietnamese}")
        sheet.protection.sheet = True
        sheet.protection.formatColumns = False  # False is "not forbidden"
        sheet.protection.formatRows = False


_NONE = "không có"
_KIND_PROMPT = "Chọn “Thực hiện” khi số đã chốt, “Ước thực hiện” khi có phần ước tính."
_DAY_PROMPT = "Ngày cuối cùng mà số liệu tính đến, ghi theo dạng ngày/tháng/năm."
_NOTE_PROMPT = "Nội dung cần nói thêm. Chưa có số thì ghi “Chưa có số liệu, dự kiến” kèm ngày vào ô số liệu."
_EXPLANATION_PROMPT = "Nêu nguyên nhân khi số thay đổi nhiều hoặc giảm so với kỳ trước (ô số liệu chuyển màu cam)."
_STATE_PROMPT = "Chọn một trạng thái trong danh sách. Nhiệm vụ chậm: nêu khó khăn, vướng mắc."
_COMPLETION_PROMPT = "Một số từ 0 đến 100, không nhập dấu %. Tám mươi phần trăm ghi 80, không ghi 0,8."
_DIFFICULTY_PROMPT = (
    "Bắt buộc khi nhiệm vụ chậm tiến độ: khó khăn, vướng mắc, nguyên nhân và giải pháp của đơn vị trong kỳ tới."
)
_PROPOSAL_PROMPT = "Nêu rõ kiến nghị với ai (UBND cấp tỉnh, bộ, sở nào), về việc gì, cần có ý kiến khi nào."
_PERIOD_PROMPT = "Chọn kỳ đã báo cáo cần sửa số."
_NAME_PROMPT = "Chọn tên chỉ tiêu; số đã báo cáo hiện ở bên phải sau khi chọn kỳ và tên."
_CODE_PROMPT = "Không phải nhập khi đã chọn tên."
_CORRECTION_PROMPT = "Nhập số đúng thay cho số đã báo cáo; chỉ tiêu cộng dồn: nhập cả số {in_period} và số lũy kế."
_LISTED_PROMPT = "Chọn một trạng thái trong danh sách, đúng với tình hình tại thời điểm báo cáo; không nhập số."
_LISTED_CORRECTION_PROMPT = "Chỉ tiêu báo cáo bằng trạng thái: ghi đúng một trạng thái trong danh sách của chỉ tiêu."
_REASON_PROMPT = "Nêu lý do và căn cứ, ví dụ: số liệu chính thức của cơ quan thống kê."
_CUSTOM_HEIGHT = re.compile(rb' customHeight="1"')
_FORMULA = re.compile(rb"<c([^>]*)><f>")
_DIMENSION = re.compile(rb'<dimension ref="(?P<area>[A-Z0-9:]+)"')


def _polished(name: str, part: bytes) -> bytes:
    """Does what openpyxl cannot.

    Row heights become hints, so that rows grow with what is typed, and figures printed as text (``74.617``) get no
    green corners. A formula not calculated yet is said to be an empty text, not a number.
    """
    area = _DIMENSION.search(part) if name.startswith("xl/worksheets/") else None
    if area is None:
        return part
    ignored = b'<ignoredErrors><ignoredError sqref="%b" numberStoredAsText="1"/></ignoredErrors>' % area["area"]
    return _FORMULA.sub(rb'<c\1 t="str"><f>', _CUSTOM_HEIGHT.sub(b"", part)).replace(
        b"</headerFooter>", b"</headerFooter>" + ignored
    )
