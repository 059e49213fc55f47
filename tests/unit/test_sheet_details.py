"""Hidden rows and columns, merged cells and fonts of cells, in files as Excel (.xlsx) and LibreOffice write them.

``files/retyped-*.xls`` and ``.ods`` were made by LibreOffice 7.4 from a workbook of ``fixtures.retyped``: row 7 and
column I hidden, A9:A10 merged, all cells in .VnTime or VNI-Times.
"""

import io
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

from fixtures.foreign import zipped
from tiendo.feedback.template import build_template
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.ooxml.zip_parts import members
from tiendo.reading import formats
from tiendo.reading.kinds import XLS
from tiendo.reading.ods_details import ods_details
from tiendo.reading.reader import read_workbook
from tiendo.reading.sheet import OpenedFile, SheetDetails

FILES = Path(__file__).resolve().parents[1] / "fixtures" / "files"
NAMES = ["Tổng thu ngân sách nhà nước trên địa bàn", "Tổng chi cân đối ngân sách địa phương", "Chỉ"]


def opened(data: bytes) -> OpenedFile:
    file = formats.open_file(data)
    assert isinstance(file, OpenedFile)
    return file


def read_details(data: bytes) -> dict[str, SheetDetails]:
    file = opened(data)
    return {name: file.sheet(name).details for name in file.sheet_names}


def saved(workbook: Workbook) -> bytes:
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["retyped-tcvn3.xls", "retyped-tcvn3.ods", "retyped-vni.xls"])
def test_other_formats_tell_the_same(name: str) -> None:
    data = (FILES / name).read_bytes()
    sheet = opened(data).sheet("Sheet1")
    assert 6 in sheet.details.hidden_rows
    assert 8 in sheet.details.hidden_columns
    assert ((8, 0), (9, 0)) in sheet.merged
    content = read_workbook(data)
    assert [row.name.value for row in content.indicator_rows] == NAMES
    assert [row.year_to_date.address for row in content.indicator_rows[:2]] == ["F6", "F7"]
    assert content.titles[0].text == "Sở Tài chính"
    assert [(n.code, n.sheet) for n in content.notices] == [("legacy_font", "Sheet1"), ("hidden_content", "Sheet1")]
    assert content.notices[1].detail == "dòng 7; cột I"


def test_a_template_has_nothing_special(register: Register) -> None:
    template = build_template(register, Period(2023, 1), register.agency_by_code["so-y-te"])
    assert not any(any(details) for details in read_details(template).values())


def test_hidden_by_a_filter_and_by_hand() -> None:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for row in range(1, 7):
        sheet.cell(row, 1, row)
    sheet.auto_filter.ref = "A1:A6"
    for row in (3, 4):
        sheet.row_dimensions[row].hidden = True
    sheet.column_dimensions.group("B", "D", hidden=True)
    details = read_details(saved(workbook))["Sheet"]
    assert (details.hidden_rows, details.hidden_columns) == ({2, 3}, {1, 2, 3})


def test_runs_of_one_cell_have_each_their_font() -> None:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet["A1"] = CellRichText(
        TextBlock(InlineFont(rFont=".VnTime"), "Së "), TextBlock(InlineFont(rFont="Arial"), "Y tế")
    )
    sheet["A2"] = "Së"
    sheet["A2"].font = Font(name=".VnTimeH")
    sheet["A3"] = "Sở"
    assert read_details(saved(workbook))["Sheet"].fonts == {
        (0, 0): (("Së ", ".VnTime"), ("Y tế", "Arial")),
        (1, 0): (("Së", ".VnTimeH"),),
    }


def test_numbers_of_a_hidden_column_past_all_reason_are_bounded() -> None:
    workbook = Workbook()
    workbook.worksheets[0].column_dimensions.group("A", "XFD", hidden=True)
    assert len(read_details(saved(workbook))["Sheet"].hidden_columns) == 16_384


def test_fonts_of_an_ods_come_through_named_parents_and_families() -> None:
    """A cell's style has a parent among the document's, which names a face whose family is the old font."""
    styles = """<s xmlns:style="s" xmlns:svg="v"><style:font-face style:name="Chu1" svg:font-family="'.VnTime'"/>
      <style:style style:name="Cu"><style:text-properties style:font-name="Chu1"/></style:style>
      <style:style style:name="Con" style:parent-style-name="Cu"/></s>"""
    content = """<c xmlns:style="s" xmlns:table="t" xmlns:text="x"><style:style style:name="ce1"
      style:parent-style-name="Con"/><style:style style:name="r1" style:parent-style-name="r2"/>
      <style:style style:name="r2" style:parent-style-name="r1"/><table:table table:name="A"><table:table-row>
      <table:table-cell table:style-name="ce1"><text:p>Së</text:p></table:table-cell>
      <table:table-cell table:style-name="r1"><text:p>Së</text:p></table:table-cell></table:table-row></table:table>
      </c>"""
    data = zipped({"content.xml": content.encode(), "styles.xml": styles.encode()})
    assert ods_details(data, members(data))["A"].fonts == {(0, 0): (("Së", ".VnTime"),)}


def test_two_readers_that_see_different_cells_are_not_chosen_between(monkeypatch: pytest.MonkeyPatch) -> None:
    data = (FILES / "errors-and-percent.xls").read_bytes()
    assert read_workbook(data).fault == ""
    details = {name: found._replace(filled=found.filled + 1) for name, found in read_details(data).items()}
    monkeypatch.setitem(formats._DETAILS, XLS, lambda _: details)
    assert read_workbook(data).fault == "readers_differ"
