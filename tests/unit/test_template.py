"""The workbooks that bodies fill in."""

import io
import re
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from fixtures.marked import through_libreoffice
from tiendo.feedback import template_style
from tiendo.feedback.template import build_template, write_templates
from tiendo.model.content import (
    SHEET_CORRECTIONS,
    SHEET_GUIDE,
    SHEET_INDICATORS,
    SHEET_MARKER,
    SHEET_TASKS,
    TEMPLATE_VERSION,
)
from tiendo.model.outcome import LastReported
from tiendo.model.period import Period
from tiendo.model.register import Nature, Register
from tiendo.model.states import TASK_STATES
from tiendo.reading.columns import (
    CORRECTIONS,
    INDICATORS,
    LAST_COMPLETION,
    LAST_FIGURE,
    LAST_STATE,
    OLD_QUARTER,
    OLD_TOTAL,
    TASKS,
)
from tiendo.reading.reader import read_workbook

Q1, Q2 = Period(2023, 1), Period(2023, 2)


def open_template(register: Register, agency: str, period: Period = Q2, **last: str) -> Workbook:
    values = {(code.replace("_", "-"), agency): Decimal(value) for code, value in last.items()}
    return load_workbook(
        io.BytesIO(build_template(register, period, register.agency_by_code[agency], LastReported(values)))
    )


def row_of(sheet: Worksheet, code: str) -> int:
    return next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == code)


def texts(sheet: Worksheet) -> str:
    return "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None)


def test_every_body_that_owes_a_report_gets_one(register: Register, tmp_path: Path) -> None:
    paths = write_templates(register, Q1, tmp_path / "new")

    assert len(paths) == 30
    assert paths[0].name == f"2023-Q1_{register.obliged[0].code}.xlsx"
    assert {p.name for p in paths} == {p.name for p in (tmp_path / "new").iterdir()}


def test_unknown_body_or_period_is_refused(register: Register, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="so-khong-co"):
        write_templates(register, Q1, tmp_path, ["so-y-te", "so-khong-co"])
    with pytest.raises(ValueError, match="2031-Q1"):
        write_templates(register, Period(2031, 1), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_same_register_gives_same_bytes(register: Register) -> None:
    agency = register.agency_by_code["so-y-te"]
    assert build_template(register, Q2, agency) == build_template(register, Q2, agency)
    assert build_template(register, Q2, agency) != build_template(register, Q1, agency)


def test_cells_of_a_kind_look_as_if_each_was_made_by_itself(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NeverKnown(dict[Any, Any]):
        def setdefault(self, _: Any, default: Any = None) -> Any:
            return default

    bodies = [register.agency_by_code[code] for code in ("so-y-te", "cong-an-tinh", "so-tai-chinh")]
    periods = Q1, Q2
    made = [build_template(register, period, agency) for period in periods for agency in bodies]
    monkeypatch.setattr(template_style, "_known", NeverKnown())
    assert made == [build_template(register, period, agency) for period in periods for agency in bodies]


def test_sheets_of_a_body_with_indicators(register: Register) -> None:
    workbook = open_template(register, "so-y-te")
    assert workbook.sheetnames == [SHEET_GUIDE, SHEET_INDICATORS, SHEET_TASKS, SHEET_CORRECTIONS, SHEET_MARKER]
    assert workbook[SHEET_MARKER].sheet_state == "veryHidden"
    marker = {row[0]: row[1] for row in workbook[SHEET_MARKER].iter_rows(max_col=2, max_row=4, values_only=True)}
    assert marker == {
        "plan": register.code,
        "agency": "so-y-te",
        "period": "2023-Q2",
        "template_version": TEMPLATE_VERSION,
    }


@pytest.mark.parametrize("agency", ["cong-an-tinh", "h-phu-giao"])
def test_body_without_indicators_gets_tasks_only(register: Register, agency: str) -> None:
    workbook = open_template(register, agency)
    assert workbook.sheetnames == [SHEET_GUIDE, SHEET_TASKS, SHEET_MARKER]
    refs = [cell.value for cell in workbook[SHEET_TASKS]["A"] if re.match(r"I{2,3}\.", str(cell.value))]
    assert refs == [task.ref for task in register.tasks_of(agency)]


def test_targets_stand_as_printed(register: Register) -> None:
    sheet = open_template(register, "so-cong-thuong")[SHEET_INDICATORS]
    row = row_of(sheet, "tang-xuat-khau")
    assert sheet.cell(row, 4).value == "9 - 10"
    assert sheet.cell(row, 4).data_type == "s"
    assert sheet.cell(row, 3).value == "%"


def test_last_values_are_numbers_beside_what_is_typed(register: Register) -> None:
    sheet = open_template(register, "so-tai-chinh", thu_ngan_sach="17300.5")[SHEET_INDICATORS]
    cell = sheet.cell(row_of(sheet, "thu-ngan-sach"), INDICATORS.position(LAST_FIGURE))
    assert (cell.value, cell.data_type, cell.number_format) == (17300.5, "n", "[$-42A]#,##0.00")
    assert cell.protection.locked


def with_last(register: Register, agency: str, period: Period = Q2) -> Workbook:
    """A template with last figures, last states of tasks, and figures that may be corrected."""
    figures = {(i.code, agency): Decimal(40) for i in register.indicators_of(agency)}
    earlier = {(code, agency, "2023-Q1", "year_to_date"): value for (code, _), value in figures.items()}
    tasks = {(task.ref, agency): ("late", Decimal(25)) for task in register.tasks_of(agency)}
    body = register.agency_by_code[agency]
    data = build_template(register, period, body, LastReported(figures, tasks, earlier))
    return load_workbook(io.BytesIO(data))


def test_tasks_show_their_last_state(register: Register) -> None:
    sheet = with_last(register, "so-y-te")[SHEET_TASKS]
    row = row_of(sheet, "II.2")
    assert sheet.cell(row, TASKS.position(LAST_STATE)).value == TASK_STATES["late"]
    assert sheet.cell(row, TASKS.position(LAST_COMPLETION)).value == 25


# Typed into a template whose last figure is 40, of an indicator; which colour its cell takes while somebody types.
COLOURS = [
    ("so-tai-chinh", "thu-ngan-sach", 10, 50, ""),
    ("so-tai-chinh", "thu-ngan-sach", 10, 60, "red"),
    ("so-tai-chinh", "thu-ngan-sach", None, 30, "red"),
    ("so-tai-chinh", "thu-ngan-sach", 960, 1000, "orange"),
    ("so-tai-chinh", "thu-ngan-sach", None, "Chưa có số liệu", ""),
    ("so-cong-thuong", "tang-xuat-khau", None, 41.5, ""),
    ("so-cong-thuong", "tang-xuat-khau", None, 82.1, "orange"),
    ("so-cong-thuong", "tang-xuat-khau", None, -17.9, "orange"),
    ("so-y-te", "dang-ky-kham-ict", None, 36.4, ""),
    ("so-y-te", "dang-ky-kham-ict", None, 3.64, "orange"),
    ("so-y-te", "dang-ky-kham-ict", None, 0, "orange"),
    ("so-y-te", "dang-ky-kham-ict", None, 364, "red"),
]


def test_cells_warn_while_somebody_types(register: Register, tmp_path: Path) -> None:
    """As a real program calculates it: each format's formula is put into a cell and asked of LibreOffice."""
    asked: list[str] = []
    book = Workbook()
    sheet = book.worksheets[0]
    for agency, code, quarter, total, _ in COLOURS:
        template = with_last(register, agency)[SHEET_INDICATORS]
        row, number = row_of(template, code), len(asked) + 1
        for letter, value in (("E", 40), ("F", quarter), ("G", total)):
            sheet[f"{letter}{number}"] = value
        told = {"red": "FALSE", "orange": "FALSE"}
        for area in template.conditional_formatting:
            if str(area.sqref) == f"G{row}":
                for rule in area.rules:
                    colour = {"FFFF7C80": "red", "FFFFC000": "orange"}[rule.dxf.fill.bgColor.rgb]
                    formula = re.sub(rf"\$([EFG]){row}\b", rf"$\g<1>{number}", rule.formula[0])
                    told[colour] += f",IFERROR({formula},FALSE)"  # as a format takes an error
        asked.append(f'=IF(OR({told["red"]}),"red",IF(OR({told["orange"]}),"orange",""))')
        sheet[f"H{number}"] = asked[-1]
    book.save(tmp_path / "asked.xlsx")
    data = through_libreoffice((tmp_path / "asked.xlsx").read_bytes(), tmp_path)
    answers = [row[7].value or "" for row in load_workbook(io.BytesIO(data), data_only=True).worksheets[0].iter_rows()]
    assert answers == [colour for *_, colour in COLOURS]


def test_a_correction_is_chosen_by_name_and_shows_what_was_reported(register: Register, tmp_path: Path) -> None:
    workbook = with_last(register, "so-tai-chinh")
    sheet = workbook[SHEET_CORRECTIONS]
    name = CORRECTIONS.position("name")
    rule = next(v for v in sheet.data_validations.dataValidation if f"{get_column_letter(name)}7" in v.sqref)
    labels = [row[0].value for row in workbook[SHEET_MARKER][rule.formula1.split("!")[1].replace("$", "")]]
    assert labels == [indicator.label for indicator in register.indicators_of("so-tai-chinh")]
    sheet.cell(7, CORRECTIONS.position("period")).value = "Quý I/2023"
    sheet.cell(7, name).value = labels[0]
    workbook.save(tmp_path / "chosen.xlsx")
    plain = read_workbook((tmp_path / "chosen.xlsx").read_bytes())
    data = through_libreoffice((tmp_path / "chosen.xlsx").read_bytes(), tmp_path)
    shown = load_workbook(io.BytesIO(data), data_only=True)[SHEET_CORRECTIONS]
    assert [shown.cell(7, CORRECTIONS.position(heading)).value for heading in (OLD_QUARTER, OLD_TOTAL)] == [
        "không có",
        40,
    ]
    assert not shown.cell(8, CORRECTIONS.position(OLD_TOTAL)).value
    for content in (plain, read_workbook(data)):
        assert [row.name.value for row in content.correction_rows] == [labels[0]]
        assert not content.notices


def test_the_guide_is_first_and_on_one_page(register: Register) -> None:
    for agency in register.obliged:
        workbook = open_template(register, agency.code)
        assert workbook.active.title == SHEET_GUIDE
        guide = workbook[SHEET_GUIDE]
        assert (guide.page_setup.fitToWidth, guide.page_setup.fitToHeight) == (1, 1)
        height = sum(guide.row_dimensions[row].height for row in range(1, guide.max_row + 1))
        # Shrunk to a page it stays readable: not below three quarters of its size.
        assert height <= 595 / 0.75, agency.code


def test_only_flows_ask_for_the_quarter(register: Register) -> None:
    for agency in register.obliged:
        indicators = register.indicators_of(agency.code)
        if not indicators:
            continue
        sheet = open_template(register, agency.code)[SHEET_INDICATORS]
        for indicator in indicators:
            row = row_of(sheet, indicator.code)
            assert sheet.cell(row, 6).protection.locked == (indicator.nature is not Nature.FLOW), indicator.code
            assert not sheet.cell(row, 7).protection.locked
            assert all(sheet.cell(row, column).protection.locked for column in range(1, 6))


def test_figure_not_due_this_period_is_grey_and_said_so(register: Register) -> None:
    workbook = open_template(register, "so-y-te", Q1)
    sheet = workbook[SHEET_INDICATORS]
    not_due, due = row_of(sheet, "tuoi-tho"), row_of(sheet, "muc-giam-ty-le-sinh")
    assert sheet.cell(not_due, 10).value == "Chưa đến kỳ công bố"
    assert sheet.cell(due, 10).value is None
    assert sheet.cell(not_due, 7).fill.fgColor.rgb != sheet.cell(due, 7).fill.fgColor.rgb


def test_completion_is_a_plain_number(register: Register) -> None:
    sheet = open_template(register, "so-y-te")[SHEET_TASKS]
    assert "%" not in sheet.cell(row_of(sheet, "II.2"), TASKS.position("completion")).number_format


def test_deadline_in_vietnamese_on_every_table_and_in_the_guide(register: Register) -> None:
    workbook = open_template(register, "so-y-te", Q1)
    for name in (SHEET_INDICATORS, SHEET_TASKS, SHEET_CORRECTIONS, SHEET_GUIDE):
        assert "trước ngày 15 tháng 3 năm 2023" in texts(workbook[name]), name
    assert "24 giờ 00, ngày 14 tháng 3 năm 2023" in texts(workbook[SHEET_GUIDE])


def test_first_period_has_nothing_to_correct(register: Register) -> None:
    first, second = (open_template(register, "so-y-te", p)[SHEET_CORRECTIONS] for p in (Q1, Q2))
    assert "kỳ báo cáo đầu tiên" in texts(first)
    assert first.cell(7, 1).protection.locked
    assert not second.cell(7, 1).protection.locked
    assert [c.value for c in open_template(register, "so-y-te", Period(2023, 4))[SHEET_MARKER]["F"]][:4] == [
        "Quý I/2023",
        "Quý II/2023",
        "Quý III/2023",
        None,
    ]


def test_drop_down_of_states_is_the_list_of_states(register: Register) -> None:
    workbook = open_template(register, "so-y-te")
    sheet = workbook[SHEET_TASKS]
    rule = next(v for v in sheet.data_validations.dataValidation if v.type == "list")
    area = rule.formula1.split("!")[1].replace("$", "")
    values = [row[0].value for row in workbook[SHEET_MARKER][area]]
    assert values == list(TASK_STATES.values())
    column = get_column_letter(TASKS.position("state"))
    assert f"{column}{row_of(sheet, 'II.2')}" in rule.sqref


@pytest.mark.parametrize("agency", ["so-y-te", "so-ke-hoach-va-dau-tu", "h-phu-giao"])
def test_nothing_that_office_programs_repair(register: Register, agency: str) -> None:
    """Limits of the file format: breaking one of them makes Excel offer a repair."""
    workbook = open_template(register, agency)
    for sheet in workbook.worksheets:
        assert len(sheet.title) <= 31
        assert sheet.protection.sheet
        for rule in sheet.data_validations.dataValidation:
            assert len(rule.error or "") <= 225
            assert len(rule.errorTitle or "") <= 32
            assert len(rule.prompt or "") <= 225
            assert len(rule.promptTitle or "") <= 32
            assert len(rule.formula1 or "") <= 255
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    for name in (SHEET_INDICATORS, SHEET_TASKS, SHEET_CORRECTIONS):
        if name in workbook.sheetnames:
            page = workbook[name]
            assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
            assert (page.page_setup.fitToWidth, page.page_setup.fitToHeight) == (1, 0)
            assert page.print_title_rows == "$6:$6"
            assert page.freeze_panes == "C7"


def test_text_figures_leave_no_green_corners_and_rows_may_grow(register: Register) -> None:
    data = build_template(register, Q2, register.agency_by_code["so-y-te"])
    with zipfile.ZipFile(io.BytesIO(data)) as container:
        xml = container.read("xl/worksheets/sheet2.xml").decode()
    assert 'numberStoredAsText="1"' in xml
    assert 'customHeight="1"' not in xml
    # The schema's order: validations, page, footer, ignored errors.
    assert xml.index("</dataValidations>") < xml.index("</headerFooter>") < xml.index("<ignoredErrors>")
