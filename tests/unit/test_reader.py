"""Reading submitted workbooks: what is typed, with its address, and a plain word for what cannot be read."""

import datetime as dt
import io
import os
import re
import resource
import signal
import struct
import sys
import time
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread, Timer

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from fixtures.marked import through_libreoffice
from tiendo.feedback.template import build_template
from tiendo.model.content import (
    SHEET_CORRECTIONS,
    SHEET_INDICATORS,
    SHEET_MARKER,
    SHEET_TASKS,
    UNREAD,
    Marker,
    RawCell,
    UnreadError,
)
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.ooxml import zip_parts
from tiendo.reading import reader_process
from tiendo.reading.columns import CORRECTIONS, TASKS
from tiendo.reading.package import usual_layout
from tiendo.reading.reader import read_workbook
from tiendo.reading.reader_process import ReaderError, WorkbookReader

FIRST = 7
OLE = bytes.fromhex("d0cf11e0a1b11ae1")


@pytest.fixture(scope="session")
def blank(register: Register) -> bytes:
    """The template of a body with two flows (rows 7 and 8)."""
    return build_template(register, Period(2023, 2), register.agency_by_code["so-tai-chinh"])


@pytest.fixture
def filled(blank: bytes) -> Workbook:
    workbook = load_workbook(io.BytesIO(blank))
    sheet = workbook[SHEET_INDICATORS]
    figures: tuple[int | float | str | dt.date, ...] = (14250, 31550.5, "Thực hiện", dt.date(2023, 6, 14))
    for column, value in enumerate((*figures, "Số ước", "Giảm thu"), start=6):
        sheet.cell(FIRST, column, value)
    sheet.cell(FIRST + 1, 7, "7.330")
    tasks = workbook[SHEET_TASKS]
    tasks.cell(FIRST, TASKS.position("state"), "Đã hoàn thành")
    tasks.cell(FIRST, TASKS.position("completion"), 100)
    corrections = workbook[SHEET_CORRECTIONS]
    corrections.cell(FIRST, 1, "Quý I/2023")
    corrections.cell(FIRST, 2, "thu-ngan-sach")
    corrections.cell(FIRST, CORRECTIONS.position("year_to_date"), 17300)
    corrections.cell(FIRST, CORRECTIONS.position("reason"), "Cập nhật số quyết toán")
    return workbook


def saved(workbook: Workbook) -> bytes:
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def test_a_cell_merged_downwards_speaks_for_its_rows_and_a_figure_for_none(filled: Workbook) -> None:
    sheet = filled[SHEET_INDICATORS]
    sheet.cell(FIRST, 7, "31.550,5")
    for column in "GHI":
        sheet.merge_cells(f"{column}{FIRST}:{column}{FIRST + 1}")
    first, second, *_ = read_workbook(saved(filled)).indicator_rows
    assert (second.kind.value, second.kind.address) == ("Thực hiện", f"H{FIRST + 1}")
    assert second.data_on.value == first.data_on.value is not None
    assert first.year_to_date.value == "31.550,5"
    assert second.year_to_date.value is None


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in members.items():
            container.writestr(name, content)
    return buffer.getvalue()


def part(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as container:
        return container.read(name)


def edited(data: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """Replaces bytes in one member, which must hold them."""
    with zipfile.ZipFile(io.BytesIO(data)) as container:
        members = {member: container.read(member) for member in container.namelist()}
    assert old in members[name]
    return zipped(members | {name: members[name].replace(old, new)})


def test_values_come_back_with_sheet_and_address(filled: Workbook) -> None:
    content = read_workbook(saved(filled))

    assert (content.fault, content.fault_detail) == ("", "")
    assert content.marker == Marker("282-kh-ubnd-2023", "so-tai-chinh", "2023-Q2", "1")
    row = content.indicator_rows[0]
    assert (row.sheet, row.row) == (SHEET_INDICATORS, FIRST)
    assert row.code == RawCell("thu-ngan-sach", "A7")
    assert row.target == RawCell("74.617", "D7")
    assert row.quarter == RawCell(14250, "F7")
    assert row.year_to_date == RawCell(31550.5, "G7")
    assert row.kind == RawCell("Thực hiện", "H7")
    assert row.data_on == RawCell(dt.date(2023, 6, 14), "I7")
    assert (row.note.value, row.explanation.value) == ("Số ước", "Giảm thu")
    assert content.indicator_rows[1].year_to_date == RawCell("7.330", "G8")
    assert content.indicator_rows[1].quarter == RawCell(None, "F8")
    task = content.task_rows[0]
    assert (task.ref.value, task.state.value, task.completion) == ("II.1.a", "Đã hoàn thành", RawCell(100, "G7"))
    (correction,) = content.correction_rows
    assert correction.period == RawCell("Quý I/2023", "A7")
    assert correction.code == RawCell("thu-ngan-sach", "B7")
    assert (correction.year_to_date, correction.quarter) == (RawCell(17300, "G7"), RawCell(None, "F7"))
    assert correction.reason.value == "Cập nhật số quyết toán"


def test_the_strict_form_of_the_format_reads_the_same(filled: Workbook) -> None:
    """Excel's "Strict Open XML": other names for everything (ISO/IEC 29500-1), and dates written out."""
    usual = read_workbook(saved(filled))
    filled.iso_dates = True
    with zipfile.ZipFile(io.BytesIO(saved(filled))) as container:
        members = {name: container.read(name) for name in container.namelist()}
    for old, new in (
        (b"schemas.openxmlformats.org/spreadsheetml/2006/", b"purl.oclc.org/ooxml/spreadsheetml/"),
        (b"schemas.openxmlformats.org/officeDocument/2006/", b"purl.oclc.org/ooxml/officeDocument/"),
        (b"<workbook ", b'<workbook conformance="strict" '),
    ):
        members = {name: content.replace(old, new) for name, content in members.items()}
    sheet = members["xl/worksheets/sheet2.xml"]
    assert b"openxmlformats.org/spreadsheetml" not in sheet
    assert b't="d"' in sheet
    assert read_workbook(zipped(members)) == usual


def test_template_rows_are_given_though_blank(filled: Workbook, register: Register) -> None:
    content = read_workbook(saved(filled))
    assert [row.code.value for row in content.indicator_rows] == ["thu-ngan-sach", "chi-can-doi-ngan-sach"]
    assert [row.ref.value for row in content.task_rows] == [task.ref for task in register.tasks_of("so-tai-chinh")]


def test_template_nobody_filled_has_no_data(blank: bytes) -> None:
    assert read_workbook(blank).fault == "no_data"


def test_note_of_the_template_is_no_data(register: Register) -> None:
    """Sở Nội vụ's only indicator carries the template's note, which nobody filled in."""
    data = build_template(register, Period(2023, 1), register.agency_by_code["so-noi-vu"])
    content = read_workbook(data)
    assert content.indicator_rows[0].note.value == "Chưa đến kỳ công bố"
    assert content.fault == "no_data"


def test_moved_columns_and_rows(filled: Workbook) -> None:
    sheet = filled[SHEET_INDICATORS]
    table = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=6, max_col=11)]
    moved = filled.create_sheet("mới")
    for number, values in enumerate(table):
        for column, value in enumerate(reversed(values)):
            moved.cell(12 + number, 4 + column, value)
    del filled[SHEET_INDICATORS]
    moved.title = SHEET_INDICATORS

    row = read_workbook(saved(filled)).indicator_rows[0]

    assert row.row == 13
    assert row.code == RawCell("thu-ngan-sach", "N13")
    assert row.year_to_date == RawCell(31550.5, "H13")
    assert row.quarter == RawCell(14250, "I13")


def test_renamed_sheets_are_known_by_their_headings(filled: Workbook) -> None:
    filled[SHEET_INDICATORS].title = "Sheet1"
    filled[SHEET_TASKS].title = "BC nhiệm vụ"
    filled[SHEET_CORRECTIONS].title = "sửa"
    content = read_workbook(saved(filled))
    assert content.indicator_rows[0].sheet == "Sheet1"
    assert content.task_rows[0].sheet == "BC nhiệm vụ"
    assert content.correction_rows[0].sheet == "sửa"
    assert len(content.indicator_rows) == 2


def test_retyped_workbook_without_marker() -> None:
    workbook = Workbook()
    sheet: Worksheet = workbook.worksheets[0]
    sheet.append(["BÁO CÁO QUÝ II NĂM 2023"])
    sheet.append(["STT", "Chỉ tiêu", "ĐVT", "Kế hoạch năm 2023", "Thực hiện quý II", "Luỹ kế  từ đầu năm", "Ghi chú"])
    sheet.append([1, "Tổng thu ngân sách nhà nước trên địa bàn", "Tỷ đồng", "74.617", 14250, 31550, None])
    content = read_workbook(saved(workbook))
    (row,) = content.indicator_rows
    assert content.marker == Marker()
    assert row.code == RawCell()
    assert row.name == RawCell("Tổng thu ngân sách nhà nước trên địa bàn", "B3")
    assert (row.quarter, row.year_to_date) == (RawCell(14250, "E3"), RawCell(31550, "F3"))


def test_two_columns_for_one_value_are_not_guessed_between() -> None:
    workbook = Workbook()
    sheet: Worksheet = workbook.worksheets[0]
    sheet.append(["Mã", "Chỉ tiêu", "Lũy kế", "Lũy kế từ đầu năm"])
    sheet.append(["thu-ngan-sach", "Thu ngân sách", 31550, 3155])
    assert read_workbook(saved(workbook)).fault == "no_table"


def test_signature_below_the_table_is_no_row(filled: Workbook) -> None:
    sheet = filled[SHEET_INDICATORS]
    sheet.cell(11, 7, "Bình Dương, ngày 14 tháng 6 năm 2023")
    sheet.cell(12, 2, "NGƯỜI LẬP BIỂU")
    sheet.cell(12, 10, "GIÁM ĐỐC")
    assert len(read_workbook(saved(filled)).indicator_rows) == 2


def test_row_added_below_a_blank_one_is_kept(filled: Workbook) -> None:
    sheet = filled[SHEET_INDICATORS]
    sheet.cell(11, 1, "thu-hut-fdi")
    sheet.cell(12, 2, "Thu hút FDI")
    sheet.cell(12, 7, 967.3)
    assert [row.row for row in read_workbook(saved(filled)).indicator_rows] == [7, 8, 11, 12]


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!"])
def test_error_cell_is_no_blank(filled: Workbook, error: str) -> None:
    filled[SHEET_INDICATORS]["G7"] = error
    row = read_workbook(saved(filled)).indicator_rows[0]
    assert row.year_to_date == RawCell(None, "G7", error=error)
    assert row.quarter == RawCell(14250, "F7")


@pytest.mark.parametrize("number_format", ["0%", "0.00%", '0.0%;[Red]-0.0%;"không"', '# ##0,0 "x" %'])
def test_percent_format_is_told(filled: Workbook, number_format: str) -> None:
    cell = filled[SHEET_INDICATORS]["G7"]
    cell.value, cell.number_format = 0.087, number_format
    content = read_workbook(saved(filled))
    assert content.indicator_rows[0].year_to_date == RawCell(0.087, "G7", is_percent=True)
    assert not content.indicator_rows[0].quarter.is_percent


def test_percent_sign_that_is_only_shown_scales_nothing(filled: Workbook) -> None:
    cell = filled[SHEET_INDICATORS]["G7"]
    cell.value, cell.number_format = 8.7, r'0.0" %"'
    assert not read_workbook(saved(filled)).indicator_rows[0].year_to_date.is_percent


def test_formula_without_stored_result(filled: Workbook) -> None:
    filled[SHEET_INDICATORS]["G7"] = "=F7+17300"
    row = read_workbook(saved(filled)).indicator_rows[0]
    assert row.year_to_date == RawCell(None, "G7", is_uncalculated=True)


def test_formula_with_stored_result_is_its_value(filled: Workbook) -> None:
    filled[SHEET_INDICATORS]["G7"] = "=F7+17300"
    data = edited(saved(filled), "xl/worksheets/sheet2.xml", b"<v></v>", b"<v>31550</v>")
    assert read_workbook(data).indicator_rows[0].year_to_date == RawCell(31550, "G7")


def test_range_that_became_a_date(filled: Workbook) -> None:
    cell = filled[SHEET_INDICATORS]["G7"]
    cell.value, cell.number_format = dt.datetime(2023, 10, 9), "d-mmm"  # noqa: DTZ001  (a cell has no zone)
    value = read_workbook(saved(filled)).indicator_rows[0].year_to_date.value
    assert isinstance(value, dt.date)
    assert (value.year, value.month, value.day) == (2023, 10, 9)


def test_blanks_alone_are_an_empty_cell(filled: Workbook) -> None:
    filled[SHEET_INDICATORS]["G7"] = " \u00a0 "
    assert read_workbook(saved(filled)).indicator_rows[0].year_to_date == RawCell(None, "G7")


def test_error_in_a_part_with_namespace_prefixes(filled: Workbook) -> None:
    """Some programs write ``<x:c>``; calamine reads them, and so must the search for errors."""
    filled[SHEET_INDICATORS]["G7"] = "#N/A"
    data = saved(filled)
    xml = part(data, "xl/worksheets/sheet2.xml")
    prefixed = xml.replace(b"</", b"\0").replace(b"<", b"<x:").replace(b"\0", b"</x:").replace(b" xmlns=", b" xmlns:x=")
    data = edited(data, "xl/worksheets/sheet2.xml", xml, prefixed.replace(b't="e"', b"t='e'"))
    assert read_workbook(data).indicator_rows[0].year_to_date.error == "#N/A"


# What is no workbook --------------------------------------------------------------------------------------------------


def docx() -> bytes:
    return zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(bytes(range(255)) * 16, "not_a_workbook", id="noise"),
        pytest.param(b"<html><table><tr><td>1</td></tr></table></html>", "web_page", id="html"),
        pytest.param(b"%PDF-1.7 ...", "pdf", id="pdf"),
        pytest.param(b"PK\3\4" + bytes(range(255)) * 16, "not_a_workbook", id="noise after the mark of a zip"),
        pytest.param(docx(), "word", id="docx"),
        pytest.param(OLE + bytes(600) + "EncryptedPackage\0".encode("utf-16-le"), "encrypted", id="encrypted"),
        pytest.param(OLE + bytes(600) + "WordDocument\0".encode("utf-16-le"), "word", id="doc"),
        pytest.param(OLE + bytes(600) + "Workbook\0".encode("utf-16-le"), "not_a_workbook", id="broken xls"),
    ],
)
def test_what_is_no_workbook_is_said_so(data: bytes, fault: str) -> None:
    content = read_workbook(data)
    assert content.fault == fault
    assert content.fault_detail
    assert not content.indicator_rows
    assert not content.task_rows


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_truncated_workbook(filled: Workbook, kept: float) -> None:
    data = saved(filled)
    assert read_workbook(data[: int(len(data) * kept)]).fault == "not_a_workbook"


RELATIONS = "xl/_rels/workbook.xml.rels"
SHEET = "xl/worksheets/sheet2.xml"
KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def parts_of(workbook: Workbook) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(saved(workbook))) as container:
        return {name: container.read(name) for name in container.namelist()}


def test_workbook_whose_beginning_is_missing(filled: Workbook) -> None:
    """What is left begins with a member, as a file does, and its directory says where members lay in the whole."""
    data = saved(filled)
    with zipfile.ZipFile(io.BytesIO(data)) as container:
        begins = sorted(info.header_offset for info in container.infolist())[1:]
    assert len(begins) > 8
    faults = [read_workbook(data[at:]).fault for at in begins]
    # The first members say nothing of the figures; from the first that does on there is no workbook.
    assert faults == sorted(faults)
    assert set(faults[4:]) == {"not_a_workbook"}


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("xl/workbook.xml", "not_a_workbook"),
        ("xl/_rels/workbook.xml.rels", "not_a_workbook"),
        ("xl/worksheets/sheet1.xml", ""),  # of the guide; that one of the others is not there is told by the rules
        ("xl/theme/theme1.xml", ""),
        ("_rels/.rels", ""),
        ("[Content_Types].xml", ""),
    ],
)
def test_workbook_that_lost_a_part(filled: Workbook, name: str, fault: str) -> None:
    parts = parts_of(filled)
    del parts[name]
    assert read_workbook(zipped(parts)).fault == fault


@pytest.fixture
def usual(filled: Workbook) -> dict[str, bytes]:
    """Its parts where they usually lie: a figure under a percent format, a word among the shared texts."""
    filled[SHEET_INDICATORS]["G7"].number_format = "0.00%"
    filled[SHEET_INDICATORS]["I7"] = "14/6/2023"  # a date comes back as midnight from the second reader
    parts = parts_of(filled)
    parts[SHEET], count = re.subn(rb'(<c r="H7"[^>]*) t="inlineStr">.*?</c>', rb'\1 t="s"><v>0</v></c>', parts[SHEET])
    assert count == 1
    texts = "<si><t>Thực hiện</t></si>".encode()
    parts["xl/sharedStrings.xml"] = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%s</sst>' % texts
    )
    relate(parts, "rId99", "sharedStrings", "sharedStrings.xml")
    first = read_workbook(zipped(parts)).indicator_rows[0]
    assert (first.kind.value, first.year_to_date.is_percent) == ("Thực hiện", True)
    return parts


def relate(parts: dict[str, bytes], key: str, kind: str, target: str) -> None:
    """Adds a relationship to the workbook's."""
    relation = f'<Relationship Id="{key}" Type="{KINDS}/{kind}" Target="{target}"/></Relationships>'
    parts[RELATIONS] = parts[RELATIONS].replace(b"</Relationships>", relation.encode())


def under_another_name(parts: dict[str, bytes]) -> dict[str, bytes]:
    """The parts of the same workbook, whose own part is xl/book.xml."""
    moved = parts | {
        "xl/book.xml": parts["xl/workbook.xml"],
        "xl/_rels/book.xml.rels": parts[RELATIONS],
        "_rels/.rels": parts["_rels/.rels"].replace(b"xl/workbook.xml", b"xl/book.xml"),
    }
    return {name: part for name, part in moved.items() if name not in ("xl/workbook.xml", RELATIONS)}


def retargeted(parts: dict[str, bytes], part: str, target: str) -> bytes:
    """The workbook with another target of one relationship."""
    text, count = re.subn(rf'Target="(?:/xl/)?{re.escape(part)}"', f'Target="{target}"', parts[RELATIONS].decode())
    assert count == 1
    return zipped(parts | {RELATIONS: text.encode()})


@pytest.mark.parametrize("part", ["styles.xml", "sharedStrings.xml", "worksheets/sheet2.xml"])
@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("xl/khac.xml", "khac.xml"),
        ("xl/khac.xml", "/xl/khac.xml"),
        ("xl/khac.xml", "../xl/khac.xml"),
        ("xl/phần/a b.xml", "phần/a b.xml"),
        ("xl/phần/a b.xml", "ph%E1%BA%A7n/a%20b.xml"),
        ("xl/a%20b.xml", "a%20b.xml"),
        ("xl/ph%E1%BA%A7n.xml", "phần.xml"),
        ("xl/Khac.xml", "./KHAC.xml"),
        ("khac.xml", "../khac.xml"),
        ("xl/{}", "../xl/{}"),
        ("xl/{}", "{}".upper()),
    ],
)
def test_part_that_lies_elsewhere(usual: dict[str, bytes], part: str, name: str, target: str) -> None:
    """As the relationships of a workbook may say it: its figures, percents among them, are read as from any other."""
    expected = read_workbook(zipped(usual))
    moved = {(name.format(part) if old == f"xl/{part}" else old): content for old, content in usual.items()}
    assert read_workbook(retargeted(moved, part, target.format(part))) == expected


@pytest.mark.parametrize("part", ["styles.xml", "sharedStrings.xml"])
@pytest.mark.parametrize(
    "target", ["../{}", "", 'https://example.vn/{}" TargetMode="External', '{}" TargetMode="External']
)
def test_part_that_is_named_wrongly_is_found_by_its_usual_name(usual: dict[str, bytes], part: str, target: str) -> None:
    assert read_workbook(retargeted(usual, part, target.format(part))) == read_workbook(zipped(usual))


def test_parts_beside_those_that_count(usual: dict[str, bytes]) -> None:
    """Another name of the same letters, a second relationship of a kind, a workbook that nothing leads to."""
    expected = read_workbook(zipped(usual))
    empty = b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
    assert read_workbook(zipped(usual | {"xl/Styles.xml": empty})) == expected

    twice = usual | {"xl/other.xml": empty}
    relate(twice, "rId98", "styles", "other.xml")
    assert read_workbook(zipped(twice)) == expected

    assert read_workbook(zipped(under_another_name(usual) | {"xl/workbook.xml": b"<workbook/>"})) == expected


@pytest.mark.parametrize("name", ["_rels/.rels", RELATIONS])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<Relationships", b'\n<?xml version="1.0"?><Relationships'),
        (b"<Relationships", b"<!DOCTYPE x><Relationships"),
        (b"</Relationships>", b"</Relationships>\0\0"),
    ],
)
def test_relationships_that_are_no_xml_are_passed_over(filled: Workbook, name: str, old: bytes, new: bytes) -> None:
    parts = parts_of(filled)
    assert parts[name].count(old) == 1
    assert read_workbook(zipped(parts | {name: parts[name].replace(old, new)})) == read_workbook(zipped(parts))


def test_one_sheet_under_a_thousand_names_is_packed_once(usual: dict[str, bytes]) -> None:
    parts = dict(usual)
    for number in range(1000):
        relate(parts, f"x{number}", "worksheet", "worksheets/sheet2.xml")
    data = zipped(under_another_name(parts))
    assert len(zipfile.ZipFile(io.BytesIO(usual_layout(data))).namelist()) < 20
    assert read_workbook(data) == read_workbook(zipped(usual))


def test_directory_that_the_library_refuses_in_its_own_way(filled: Workbook) -> None:
    """A version of the format that there is not, in a file with something before its first member."""
    data = bytearray(saved(filled))
    struct.pack_into("<H", data, data.rfind(b"PK\1\2") + 6, 212)
    content = read_workbook(b"PK\3\4 " + bytes(data))
    assert (content.fault, "version 21.2" in content.fault_detail) == ("not_a_workbook", True)


@pytest.mark.parametrize("encoding", ["gb2312", "shift_jis", "unicode", "none", "x-user-defined"])
@pytest.mark.parametrize("name", [RELATIONS, "xl/workbook.xml", "xl/worksheets/sheet2.xml"])
def test_encoding_that_nobody_reads(filled: Workbook, name: str, encoding: str) -> None:
    filled[SHEET_INDICATORS]["G7"].number_format = "0.00%"  # so that the parts are looked into
    parts = parts_of(filled)
    declared = f'<?xml version="1.0" encoding="{encoding}"?>'.encode()
    parts[name] = declared + re.sub(rb"^<\?xml.*?\?>", b"", parts[name])
    assert read_workbook(zipped(parts)).fault != "reader_bug"


@pytest.mark.parametrize(
    ("name", "usual", "long"),
    [
        ("xl/worksheets/sheet2.xml", rb'<row r="7"', b'<row r="%s"'),
        ("xl/worksheets/sheet2.xml", rb'(<c r="G7")[^>]* s="\d+"', rb'\1 s="%s"'),
        ("xl/worksheets/sheet2.xml", rb'<cols><col', b'<cols><col hidden="1" min="%s" max="%s"/><col'),
        ("xl/styles.xml", rb'numFmtId="10"', b'numFmtId="%s"'),
        ("xl/styles.xml", rb'fontId="0"', b'fontId="%s"'),
    ],
)  # fmt: skip
def test_place_with_more_digits_than_a_number_may_have(filled: Workbook, name: str, usual: bytes, long: bytes) -> None:
    filled[SHEET_INDICATORS]["G7"].number_format = "0.00%"
    filled[SHEET_INDICATORS]["H7"].font = Font(name=".VnTime")  # so that fonts are looked into
    parts = parts_of(filled)
    parts[name], count = re.subn(usual, long.replace(b"%s", b"1" * 5000), parts[name])
    assert count
    assert read_workbook(zipped(parts)).fault != "reader_bug"


def test_workbook_without_a_known_table() -> None:
    workbook = Workbook()
    workbook.worksheets[0].append(["Họ tên", "Ngày sinh"])
    content = read_workbook(saved(workbook))
    assert content.fault == "no_table"
    assert "Sheet" in content.fault_detail


def test_bomb_is_seen_by_its_ratio_before_unpacking() -> None:
    data = zipped({"xl/workbook.xml": b"<workbook/>", "xl/worksheets/sheet1.xml": bytes(10 * 2**20)})
    assert len(data) < 20_000
    assert read_workbook(data).fault == "too_large"


def test_declared_size_has_a_limit(monkeypatch: pytest.MonkeyPatch, blank: bytes) -> None:
    monkeypatch.setattr(zip_parts, "MAX_UNCOMPRESSED", 10_000)
    assert read_workbook(blank).fault == "too_large"


def test_member_that_holds_more_than_it_declares(filled: Workbook) -> None:
    data = bytearray(saved(filled))
    at = data.rfind(b"xl/worksheets/sheet1.xml") - 46
    assert data[at : at + 4] == b"PK\1\2"
    struct.pack_into("<L", data, at + 24, 100)
    assert read_workbook(bytes(data)).fault == "too_large"


def test_wrong_checksum_is_a_broken_file(filled: Workbook) -> None:
    """A digit of a figure turned over in a member that is not compressed: calamine alone would take it."""
    with zipfile.ZipFile(io.BytesIO(saved(filled))) as source:
        members = {name: source.read(name) for name in source.namelist()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    data = buffer.getvalue()
    assert read_workbook(data).indicator_rows[0].year_to_date.value == 31550.5
    assert data.count(b"<v>31550.5</v>") == 1
    content = read_workbook(data.replace(b"<v>31550.5</v>", b"<v>81550.5</v>"))
    assert (content.fault, content.indicator_rows) == ("not_a_workbook", ())


@pytest.mark.parametrize("doctype", [b"<!DOCTYPE x>", b'<!DOCTYPE x SYSTEM "file:///etc/passwd">'])
def test_document_type_is_refused_though_nothing_uses_it(filled: Workbook, doctype: bytes) -> None:
    data = edited(saved(filled), "xl/worksheets/sheet2.xml", b"<worksheet ", doctype + b"<worksheet ")
    assert read_workbook(data).fault == "not_a_workbook"


def test_entities_are_refused_not_expanded(filled: Workbook) -> None:
    filled[SHEET_INDICATORS]["G7"] = "#N/A"
    data = edited(
        saved(filled), "xl/worksheets/sheet2.xml", b"<worksheet ", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet '
    )
    assert read_workbook(data).fault == "not_a_workbook"


def test_sheet_name_of_another_case_and_composition(filled: Workbook) -> None:
    filled[SHEET_INDICATORS].title = unicodedata.normalize("NFD", "CHỈ TIÊU ")
    assert len(read_workbook(saved(filled)).indicator_rows) == 2


def test_lost_marker_is_empty(filled: Workbook) -> None:
    for sheet in filled.worksheets:
        sheet.data_validations.dataValidation.clear()
    del filled[SHEET_MARKER]
    content = read_workbook(saved(filled))
    assert content.marker == Marker()
    assert len(content.indicator_rows) == 2


# Through an office program --------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("form", ["xlsx", "xls", "ods"])
def test_saved_again_by_libreoffice(filled: Workbook, tmp_path: Path, form: str) -> None:
    data = saved(filled)

    before, after = read_workbook(data), read_workbook(through_libreoffice(data, tmp_path, form))

    assert after.fault == ""
    assert after.marker == before.marker
    assert plain(after.indicator_rows) == plain(before.indicator_rows)
    assert plain(after.task_rows) == plain(before.task_rows)
    assert plain(after.correction_rows) == plain(before.correction_rows)


def plain(rows: tuple[tuple[object, ...], ...]) -> list[list[object]]:
    """Values and addresses; a date may come back as midnight of the day."""

    def cell(item: object) -> object:
        if not isinstance(item, RawCell):
            return item
        value = item.value.isoformat()[:10] if isinstance(item.value, dt.date) else item.value
        return value, item.address

    return [[cell(item) for item in row] for row in rows]


# In a process of its own ----------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def write(name: str, data: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


@pytest.fixture
def abort() -> bytes:
    """A small workbook that declares every row and column: the native reader asks for hundreds of gigabytes."""
    workbook = Workbook()
    sheet: Worksheet = workbook.worksheets[0]
    sheet.title = SHEET_INDICATORS
    sheet["A1"] = sheet["XFD1048576"] = "x"
    return saved(workbook)


@pytest.fixture
def laborious() -> bytes:
    """Within every limit of size, and good for half a minute of work: twenty large sheets."""
    workbook = Workbook()
    for _ in range(19):
        workbook.create_sheet()
    row = b"<row>" + b"<c><v>1</v></c>" * 30 + b"</row>"
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    sheet = head + row * 5000 + b"</sheetData></worksheet>"
    with zipfile.ZipFile(io.BytesIO(saved(workbook))) as container:
        return zipped({n: sheet if "worksheets/" in n else container.read(n) for n in container.namelist()})


@pytest.fixture
def blocked(tmp_path: Path) -> Path:
    """Opening it waits for a writer that never comes: as a disk that does not answer."""
    path = tmp_path / "blocked.xlsx"
    os.mkfifo(path)
    return path


@pytest.fixture
def reader() -> Iterator[WorkbookReader]:
    with WorkbookReader() as reader:
        yield reader


def test_batch_is_read_in_order(reader: WorkbookReader, file: Callable[[str, bytes], Path], filled: Workbook) -> None:
    good = saved(filled)
    paths = [file(f"{i}.xlsx", good if i % 3 else b"<html>") for i in range(200)]
    contents = list(reader.read_many(paths))
    assert [c.fault for c in contents] == ["" if i % 3 else "web_page" for i in range(200)]
    assert contents[1] == read_workbook(good)
    assert type(contents[1].indicator_rows[0].year_to_date) is RawCell
    assert list(reader.read_many([])) == []


def test_file_that_aborts_the_reader_costs_itself_only(
    reader: WorkbookReader, file: Callable[[str, bytes], Path], filled: Workbook, abort: bytes
) -> None:
    good = file("good.xlsx", saved(filled))
    contents = list(reader.read_many([good, good, file("abort.xlsx", abort), good, good]))
    assert [c.fault for c in contents] == ["", "", "reader_failed", "", ""]
    assert "SIGABRT" in contents[2].fault_detail


def test_child_killed_between_files_costs_nothing(
    reader: WorkbookReader, file: Callable[[str, bytes], Path], filled: Workbook
) -> None:
    good = file("good.xlsx", saved(filled))
    coming = reader.read_many([good] * 300)
    faults = [next(coming).fault]
    assert reader._child
    os.kill(reader._child.pid, signal.SIGKILL)
    faults += [content.fault for content in coming]
    assert faults == [""] * 300


def test_batch_that_is_left_leaves_no_answers_behind(
    reader: WorkbookReader, file: Callable[[str, bytes], Path], filled: Workbook
) -> None:
    good, bad = file("good.xlsx", saved(filled)), file("bad.xlsx", b"<html>")
    next(iter(reader.read_many([good] * 20)))
    assert reader.read(bad).fault == "web_page"


def test_a_child_that_gets_no_processor_is_waited_for(file: Callable[[str, bytes], Path], filled: Workbook) -> None:
    """Stopped for longer than it may compute: as on a machine that is busy with other things."""
    good = file("good.xlsx", saved(filled))
    with WorkbookReader(seconds_per_file=1) as reader:
        pid = reader.start().pid
        os.kill(pid, signal.SIGSTOP)
        Timer(2.5, os.kill, (pid, signal.SIGCONT)).start()
        began = time.monotonic()
        assert reader.read(good).fault == ""
    assert time.monotonic() - began > 2


def test_file_that_computes_too_long_is_given_up(
    file: Callable[[str, bytes], Path], filled: Workbook, laborious: bytes
) -> None:
    """By the processor's clock: what it waited does not count, nor is it tried again."""
    good = file("good.xlsx", saved(filled))
    with WorkbookReader(seconds_per_file=1) as reader:
        contents = list(reader.read_many([good, file("laborious.xlsx", laborious), good]))
    assert [c.fault for c in contents] == ["", "reader_failed", ""]
    assert "SIGXCPU" in contents[1].fault_detail


def test_a_child_that_heeds_no_limit_is_given_up(
    file: Callable[[str, bytes], Path], laborious: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a hostile file could make of the child: the parent looks at its processor time as well."""
    monkeypatch.setattr(reader_process, "_LOOK_SECONDS", 0.1)
    with WorkbookReader(seconds_per_file=0.1) as reader:
        pid = reader.start().pid

        def lift() -> None:
            with suppress(ProcessLookupError):  # the child is gone
                while True:
                    resource.prlimit(pid, resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                    time.sleep(0.02)

        Thread(target=lift, daemon=True).start()
        content = reader.read(file("laborious.xlsx", laborious))
    assert content.fault == "reader_failed"
    assert "of processor time" in content.fault_detail


def test_file_at_which_the_child_stands_still_is_not_to_blame(
    file: Callable[[str, bytes], Path], filled: Workbook, blocked: Path
) -> None:
    good = file("good.xlsx", saved(filled))
    with WorkbookReader(still_seconds=1) as reader:
        contents = list(reader.read_many([good, blocked, good]))
    assert [c.fault for c in contents] == ["", UNREAD, ""]
    assert "stood still for 1 s" in contents[1].fault_detail


def test_a_standstill_that_passes_costs_nothing(
    file: Callable[[str, bytes], Path], filled: Workbook, blocked: Path
) -> None:
    """The first child is given up, the second one gets its bytes."""
    content = saved(filled)
    with WorkbookReader(still_seconds=1) as reader:
        first = reader.start().pid

        def answer_the_second() -> None:
            while reader._child is None or reader._child.pid == first:
                time.sleep(0.01)
            blocked.write_bytes(content)

        disk = Thread(target=answer_the_second, daemon=True)
        disk.start()
        assert reader.read(blocked) == read_workbook(content)
        disk.join()


def test_file_whose_reader_is_killed_from_outside_is_not_to_blame(
    reader: WorkbookReader, file: Callable[[str, bytes], Path], filled: Workbook, blocked: Path
) -> None:
    """The kernel does so when memory is short, with whom it likes."""

    def kill_two() -> None:
        killed: set[int] = set()
        while len(killed) < 2:
            if reader._child and (pid := reader._child.pid) not in killed:
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
            time.sleep(0.01)

    kernel = Thread(target=kill_two, daemon=True)
    kernel.start()
    contents = list(reader.read_many([blocked, file("good.xlsx", saved(filled))]))
    kernel.join()
    assert [c.fault for c in contents] == [UNREAD, ""]
    assert "SIGKILL" in contents[0].fault_detail


def test_file_that_kills_its_reader_is_to_blame_when_both_tries_were_its_own(
    reader: WorkbookReader, file: Callable[[str, bytes], Path], abort: bytes
) -> None:
    os.kill(reader.start().pid, signal.SIGKILL)
    path = file("abort.xlsx", abort)
    assert [reader.read(path).fault, reader.read(path).fault] == [UNREAD, "reader_failed"]


def test_missing_file_is_told(reader: WorkbookReader, tmp_path: Path) -> None:
    """It is the archive that lacks it, and no fault of the sender's."""
    content = reader.read(tmp_path / "nowhere.xlsx")
    assert content.fault == UNREAD
    assert "FileNotFoundError" in content.fault_detail


def test_reader_that_cannot_start_blames_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reader_process, "_CHILD_MODULE", "tiendo.reading.nowhere")
    with pytest.raises(ReaderError, match=r"No module named tiendo\.reading\.nowhere"), WorkbookReader() as reader:
        reader.read(tmp_path / "any.xlsx")


def test_a_start_that_stands_still_is_the_machines(
    monkeypatch: pytest.MonkeyPatch, file: Callable[[str, bytes], Path]
) -> None:
    interpreter = file("python", b"#!/bin/sh\nexec sleep 60\n")
    interpreter.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(interpreter))
    with pytest.raises(UnreadError, match=r"does not start.*stood still"), WorkbookReader(still_seconds=1) as reader:
        reader.start()


def test_child_is_gone_after_the_batch(file: Callable[[str, bytes], Path], filled: Workbook) -> None:
    with WorkbookReader() as reader:
        reader.read(file("good.xlsx", saved(filled)))
        assert reader._child
        pid = reader._child.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_child_learns_no_password(
    monkeypatch: pytest.MonkeyPatch, file: Callable[[str, bytes], Path], filled: Workbook
) -> None:
    monkeypatch.setenv("TIENDO_DATABASE_URL", "postgresql://loader:geheim@host/db")
    with WorkbookReader() as reader:
        reader.read(file("good.xlsx", saved(filled)))
        assert reader._child
        environment = Path(f"/proc/{reader._child.pid}/environ").read_bytes()
    assert b"PYTHONPATH" in environment
    assert b"geheim" not in environment
