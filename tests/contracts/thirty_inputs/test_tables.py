"""Inputs 10 to 12, 16 and 22 to 24 of docs/bad-inputs.md: tables, periods, letters and names as bodies write them.

Each is a file, read and judged as ``tiendo check --json`` does.
"""

import unicodedata
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import Engine

from fixtures.retyped import HEADING, TITLES, Place, Retyped, simple
from fixtures.workbooks import filled_workbook, put, put_correction, row_of
from tiendo import clock
from tiendo.cli.check import check_files
from tiendo.clock import HANOI
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.reading.columns import INDICATORS
from tiendo.settings import Settings

Document = dict[str, Any]
Check = Callable[..., Document]
FINANCE, STATISTICS, TELECOM = "so-tai-chinh", "cuc-thong-ke", "so-thong-tin-va-truyen-thong"
REVENUE, SPENDING = "thu-ngan-sach", "chi-can-doi-ngan-sach"


@pytest.fixture
def check(
    settings: Settings, register: Register, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Document]:
    """Checks a file of a body, by default Sở Tài chính, on 14 March 2023 (or June, for a second quarter)."""
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(tmp_path / "clock"))

    def check_one(content: bytes, name: str = "bao-cao.xlsx", agency: str = FINANCE, month: int = 3) -> Document:
        clock.set_replay_clock(tmp_path / "clock", datetime(2023, month, 14, 12, tzinfo=HANOI))
        path = tmp_path / name
        path.write_bytes(content)
        return check_files(settings, register, engine, [path], agency=agency)[0]

    return check_one


def values(document: Document, basis: str = "year_to_date") -> dict[str, tuple[Decimal, str]]:
    """Value and cell by indicator."""
    return {o["indicator"]: (o["value"], o["cell"]) for o in document["observations"] if o["basis"] == basis}


def finding(document: Document, rule: str) -> dict[str, str]:
    found = [f for f in document["findings"] if f["rule"] == rule]
    assert found, [f["rule"] for f in document["findings"]]
    return found[0]


def rules(document: Document) -> set[str]:
    """The rules with something to say, but that a retyped workbook has no marker."""
    return {f["rule"] for f in document["findings"]} - {"template-marker"}


def test_a_retyped_table_is_read(register: Register, check: Check) -> None:
    document = check(simple(register))
    assert document["verdict"] == "accepted_with_warnings"
    assert rules(document) == set()
    assert (document["agency"], document["period"]) == (FINANCE, "2023-Q1")
    assert values(document) == {REVENUE: (Decimal(18654), "F7"), SPENDING: (Decimal(5527), "F8")}


def test_a_retyped_annex_with_all_its_rows_is_accepted(register: Register, check: Check) -> None:
    """Titles of sections, the group row, doubled and missing numbers, and 31 rows of other bodies without figures."""
    book = Retyped(register)
    book.table(book.first_sheet("Phụ lục II"), book.annex_rows())
    document = check(book.saved())
    assert document["verdict"] == "accepted_with_warnings"
    assert values(document) == {REVENUE: (Decimal(18654), "F12"), SPENDING: (Decimal(5527), "F13")}
    assert finding(document, "foreign-rows")["found"] == "31 chỉ tiêu"
    assert finding(document, "no-task-table")["severity"] == "warning"
    assert rules(document) == {"foreign-rows", "no-task-table", "numbering-doubled"}


def test_input_10_a_merged_cell_fills_its_range(register: Register, check: Check) -> None:
    """The kind and the day of two rows in one merged cell each."""

    def merge(place: Place) -> None:
        for column in (7, 8):
            letter = place.cell(1, column).column_letter
            place.cell(2, column).value = None
            place.sheet.merge_cells(f"{letter}{place.top}:{letter}{place.top + 1}")

    document = check(simple(register, merge))
    assert document["verdict"] == "accepted_with_warnings"
    assert rules(document) == set()
    assert {o["kind"] for o in document["observations"]} == {"estimate"}
    assert values(document)[SPENDING] == (Decimal(5527), "F8")


def test_input_10_an_unmerged_blank_stays_blank(register: Register, check: Check) -> None:
    document = check(simple(register, lambda place: setattr(place.cell(2, 7), "value", None)))
    assert document["verdict"] == "rejected"
    assert finding(document, "kind-given")["cell"] == "G8"


def test_input_10_one_merged_figure_is_not_two(register: Register, check: Check) -> None:
    def merge(place: Place) -> None:
        for column in (5, 6):
            letter = place.cell(1, column).column_letter
            place.cell(2, column).value = None
            place.sheet.merge_cells(f"{letter}{place.top}:{letter}{place.top + 1}")

    document = check(simple(register, merge))
    assert document["verdict"] == "rejected"
    assert finding(document, "figure-answered")["cell"] == "F8"


def test_input_11_the_printed_number_is_no_key(register: Register, check: Check) -> None:
    """Numbers doubled, missing and in the wrong order: rows are known by their names; the doubled one is told."""

    def renumber(place: Place) -> None:
        place.cell(1, 1).value = 18
        place.cell(2, 1).value = 18

    document = check(simple(register, renumber))
    assert document["verdict"] == "accepted_with_warnings"
    assert values(document) == {REVENUE: (Decimal(18654), "F7"), SPENDING: (Decimal(5527), "F8")}
    doubled = finding(document, "numbering-doubled")
    assert (doubled["cell"], doubled["found"], doubled["severity"]) == ("A8", "Số bị trùng: 18", "info")


def test_input_11_without_any_number(register: Register, check: Check) -> None:
    document = check(simple(register, lambda place: [setattr(place.cell(r, 1), "value", None) for r in (1, 2)]))
    assert values(document) == {REVENUE: (Decimal(18654), "F7"), SPENDING: (Decimal(5527), "F8")}
    assert rules(document) == set()


def telecom(register: Register, total: object) -> bytes:
    titles = ("SỞ THÔNG TIN VÀ TRUYỀN THÔNG", TITLES[1])
    book = Retyped(register, agency=TELECOM, titles=titles)
    place = book.table(book.first_sheet(), book.annex_rows())
    for row in range(1, place.rows + 1):
        if place.cell(row, 2).value == "Số thuê bao điện thoại":
            place.cell(row, 6).value = total
    book.tasks()
    return book.saved()


def test_input_12_the_parts_are_stored_and_the_sum_is_checked(register: Register, check: Check) -> None:
    document = check(telecom(register, 3_677_450), agency=TELECOM)
    assert document["verdict"] == "accepted_with_warnings"
    assert values(document)["thue-bao-di-dong"] == (Decimal(3610000), "F26")
    assert values(document)["thue-bao-co-dinh"] == (Decimal(67450), "F27")
    assert len(values(document)) == 5
    assert "group-total" not in rules(document)


def test_input_12_another_total_than_the_sum(register: Register, check: Check) -> None:
    document = check(telecom(register, 3_700_000), agency=TELECOM)
    assert document["verdict"] == "accepted_with_warnings"
    told = finding(document, "group-total")
    assert (told["severity"], told["cell"]) == ("warning", "F25")
    assert told["found"] == "Số thuê bao điện thoại: 3.700.000; cộng các dòng thành phần: 3.677.450"
    assert values(document)["thue-bao-di-dong"] == (Decimal(3610000), "F26")


@pytest.mark.parametrize(
    ("title", "month", "quarter"),
    [
        ("Báo cáo Quý I năm 2023", 3, 1),
        ("BÁO CÁO QUÝ l NĂM 2023", 3, 1),
        ("Kết quả thực hiện quý 1/2023", 3, 1),
        ("q1/2023", 3, 1),
        ("Q.I-2023", 3, 1),
        ("I/2023", 3, 1),
        ("l/2023", 3, 1),
        ("Báo cáo 3 tháng đầu năm 2023", 3, 1),
        ("Kỳ báo cáo: 6 tháng đầu năm", 6, 2),
        ("6 tháng", 6, 2),
        ("Báo cáo quý II và 6 tháng đầu năm 2023", 6, 2),
        ("Kết quả quý I, phương hướng, nhiệm vụ quý II năm 2023", 3, 1),
    ],
)
def test_input_16_the_period_in_a_title(register: Register, check: Check, title: str, month: int, quarter: int) -> None:
    content = simple(register, titles=("SỞ TÀI CHÍNH", title), quarter=quarter)
    document = check(content, month=month)
    assert document["period"] == f"2023-Q{quarter}"
    assert document["verdict"] == "accepted_with_warnings"
    assert values(document)[REVENUE] == (Decimal(18654 if quarter == 1 else 37308), "F7")


@pytest.mark.parametrize("name", ["BC quý I năm 2023.xlsx", "bao_cao_quy_1_2023 (final 2).xlsx", "BC Q1 (sửa).xlsx"])
def test_input_16_the_period_in_the_file_name(register: Register, check: Check, name: str) -> None:
    document = check(simple(register, titles=("SỞ TÀI CHÍNH", "BÁO CÁO")), name)
    assert (document["period"], document["verdict"]) == ("2023-Q1", "accepted_with_warnings")


def test_input_16_no_period_is_asked_for(register: Register, check: Check) -> None:
    document = check(simple(register, titles=("SỞ TÀI CHÍNH", "BÁO CÁO")))
    assert (document["verdict"], document["period"]) == ("rejected", None)
    assert finding(document, "period-stated")["severity"] == "critical"


def test_input_16_title_against_file_name(register: Register, check: Check) -> None:
    document = check(simple(register), "BC quý II 2023.xlsx")
    assert (document["verdict"], document["observations"]) == ("rejected", [])
    told = finding(document, "period-agreed")
    assert told["found"] == "tiêu đề (Sheet1, ô A2): quý I năm 2023; tên tệp: quý II năm 2023"
    assert rules(document) == {"period-agreed"}


def test_input_16_file_name_against_the_hidden_sheet(register: Register, check: Check) -> None:
    document = check(filled_workbook(register, FINANCE, Period(2023, 1)), "BC quy 2-2023.xlsx")
    assert document["verdict"] == "rejected"
    assert "trang ẩn của biểu mẫu: quý I năm 2023" in finding(document, "period-agreed")["found"]
    assert check(filled_workbook(register, FINANCE, Period(2023, 1)), "BC quy 1-2023.xlsx")["verdict"] == "accepted"


def test_a_name_that_tells_of_corrections_names_no_other_period(register: Register, check: Check) -> None:
    def correct(workbook: Any) -> None:
        put_correction(workbook, "thu-ngan-sach", period="Quý I/2023", quarter=17301, year_to_date=17301)

    corrected = filled_workbook(register, FINANCE, Period(2023, 2), correct)
    for name in ("BC (co sua so quy I).xlsx", "BC_dieu_chinh_quy_1.xlsx", "Báo cáo, có đính chính số quý I.xlsx"):
        assert "period-agreed" not in rules(check(corrected, name, month=6))
    assert "period-agreed" in rules(check(corrected, "BC quy I.xlsx", month=6))
    nothing_corrected = filled_workbook(register, FINANCE, Period(2023, 2))
    assert "period-agreed" in rules(check(nothing_corrected, "BC (co sua so quy I).xlsx", month=6))


def test_input_16_title_against_the_hidden_sheet(register: Register, check: Check) -> None:
    def retitle(workbook: Any) -> None:
        workbook["Chỉ tiêu"]["A4"] = "Cơ quan báo cáo: Sở Tài chính · Kỳ báo cáo: quý II năm 2023"

    document = check(filled_workbook(register, FINANCE, Period(2023, 1), retitle))
    assert document["verdict"] == "rejected"
    assert "tiêu đề (Chỉ tiêu, ô A4): quý II năm 2023" in finding(document, "period-agreed")["found"]


TCVN3_HEADING = (
    ("TT", "ChØ tiªu", "§¬n vÞ tÝnh", "KÕ ho¹ch n¨m 2023", "Trong quý", "Lòy kÕ tõ ®Çu n¨m", "Lo¹i sè liÖu",
     "Sè liÖu ®Õn ngµy", "Ghi chó"),
)  # fmt: skip
VNI_HEADING = (
    ("TT", "Chæ tieâu", "Ñôn vò tính", "Keá hoaïch naêm 2023", "Trong quyù", "Luõy keá töø ñaàu naêm",
     "Loaïi soá lieäu", "Soá lieäu ñeán ngaøy", "Ghi chuù"),
)  # fmt: skip
TCVN3_ROWS = (
    (1, "Tæng thu ng©n s¸ch nhµ n\u00adíc trªn ®Þa bµn",
     "Tû ®ång", "74.617", 18654, 18654, "\u00adíc thùc hiÖn", "14/3/2023"),
    (2, "Tæng chi c©n ®èi ng©n s¸ch ®Þa ph\u00ad¬ng",
     "Tû ®ång", "23.273", 5527, 5527, "\u00adíc thùc hiÖn", "14/3/2023"),
)  # fmt: skip
VNI_ROWS = (
    (1, "Toång thu ngaân saùch nhaø nöôùc treân ñòa baøn",
     "Tyû ñoàng", "74.617", 18654, 18654, "Öôùc thöïc hieän", "14/3/2023"),
    (2, "Toång chi caân ñoái ngaân saùch ñòa phöông",
     "Tyû ñoàng", "23.273", 5527, 5527, "Öôùc thöïc hieän", "14/3/2023"),
)  # fmt: skip


def in_font(sheet: Worksheet, name: str) -> None:
    for row in sheet.iter_rows():
        for cell in row:
            cell.font = Font(name=name)


def legacy(register: Register, heading: Any, rows: Any, font: str, titles: tuple[str, str]) -> bytes:
    book = Retyped(register, titles=titles)
    place = book.table(book.first_sheet(), rows, heading=heading, merges=())
    book.tasks()
    if font:
        in_font(place.sheet, font)
    return book.saved()


TCVN3_TITLES = ("Së Tµi chÝnh", "B¸o c¸o quý I n¨m 2023")
VNI_TITLES = ("Sôû Taøi chính", "Baùo caùo quyù I naêm 2023")


@pytest.mark.parametrize(
    ("table", "font"),
    [
        ((TCVN3_HEADING, TCVN3_ROWS, TCVN3_TITLES), ".VnTime"),
        ((VNI_HEADING, VNI_ROWS, VNI_TITLES), "VNI-Times"),
        ((TCVN3_HEADING, TCVN3_ROWS, TCVN3_TITLES), ""),
        ((VNI_HEADING, VNI_ROWS, VNI_TITLES), ""),
    ],
    ids=["TCVN3", "VNI", "TCVN3 without its font", "VNI without its font"],
)
def test_input_22_letters_of_old_fonts(register: Register, check: Check, table: Any, font: str) -> None:
    heading, rows, titles = table
    document = check(legacy(register, heading, rows, font, titles))
    assert document["verdict"] == "accepted_with_warnings", document["findings"]
    assert (document["agency"], document["period"]) == (FINANCE, "2023-Q1")
    assert values(document) == {REVENUE: (Decimal(18654), "F6"), SPENDING: (Decimal(5527), "F7")}
    told = finding(document, "legacy-font")
    assert told["cell"] == "A1"
    assert told["found"].startswith(f"“{titles[0]}” được đọc là “Sở Tài chính”; tất cả ")
    assert rules(document) == {"legacy-font"}


def test_input_22_each_run_by_its_own_font(register: Register, check: Check) -> None:
    """Half of a cell in .VnTime, half in Times New Roman: a mixture."""

    def mix(place: Place) -> None:
        old, new = InlineFont(rFont=".VnTime"), InlineFont(rFont="Times New Roman")
        place.cell(1, 2).value = CellRichText(
            TextBlock(old, "Tæng thu ng©n s¸ch "), TextBlock(new, "nhà nước trên địa bàn")
        )

    document = check(simple(register, mix))
    assert values(document)[REVENUE] == (Decimal(18654), "F7")
    assert finding(document, "legacy-font")["cell"] == "B7"


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def cp1258(text: str) -> str:
    """As Windows-1258 holds it: base letters composed, tones apart; neither NFC nor NFD."""
    tones = "\u0300\u0301\u0303\u0309\u0323"
    out = ""
    for letter in text:
        split = unicodedata.normalize("NFD", letter)
        base = unicodedata.normalize("NFC", "".join(mark for mark in split if mark not in tones))
        out += base + "".join(mark for mark in split if mark in tones)
    return out.encode("cp1258").decode("cp1258")


@pytest.mark.parametrize(
    "write",
    [
        nfd,
        cp1258,
        lambda text: text.replace("đ", "ð").replace("Đ", "Ð"),
        lambda text: text.replace(" ", "\u00a0"),
        lambda text: f"  {text.replace(' ', '   ')} ",
        str.upper,
        lambda text: text.replace("hóa", "hoá").replace("Lũy", "Luỹ"),
    ],
    ids=["split", "half composed", "eth for d", "no-break blanks", "many blanks", "capitals", "new tone placement"],
)
def test_input_23_the_same_words_written_otherwise(
    register: Register, check: Check, write: Callable[[str], str]
) -> None:
    book = Retyped(register, titles=[write(text) for text in TITLES])
    heading = [[write(text) if text else None for text in row] for row in HEADING]
    rows = [[write(cell) if isinstance(cell, str) else cell for cell in row] for row in book.own_rows()]
    book.table(book.first_sheet(), rows, heading=heading)
    book.tasks()
    document = check(book.saved())
    assert document["verdict"] == "accepted_with_warnings", document["findings"]
    assert rules(document) == set()
    assert values(document) == {REVENUE: (Decimal(18654), "F7"), SPENDING: (Decimal(5527), "F8")}


def test_input_23_words_are_stored_as_received(register: Register, check: Check, engine: Engine) -> None:
    """A result of a task in the template, split into letters and accents: matched folded, kept as typed."""
    from tiendo.reading.reader import read_workbook

    content = read_workbook(simple(register, lambda place: setattr(place.cell(1, 9), "value", nfd("Ước tăng"))))
    assert content.indicator_rows[0].note.value == nfd("Ước tăng")


@pytest.mark.parametrize(
    ("title", "agency"),
    [
        ("SỞ CÔNG THƯƠNG", "so-cong-thuong"),
        ("Sở Công thương", "so-cong-thuong"),
        ("Sở KH&ĐT", "so-ke-hoach-va-dau-tu"),
        ("SKHĐT", "so-ke-hoach-va-dau-tu"),
        ("SỞ KẾ HOẠCH & ĐẦU TƯ", "so-ke-hoach-va-dau-tu"),
        ("Sở KHCN", "so-khoa-hoc-va-cong-nghe"),
        ("Sở Khoa học Công nghệ", "so-khoa-hoc-va-cong-nghe"),
        ("ỦY BAN NHÂN DÂN TỈNH BÌNH DƯƠNG\nSỞ Y TẾ", "so-y-te"),
        ("Đơn vị báo cáo: Cục Thống kê", STATISTICS),
    ],
)
def test_input_24_names_of_bodies(register: Register, check: Check, title: str, agency: str) -> None:
    """The title tells whose a file is where nothing else does."""
    content = simple(register, agency=agency, titles=(title, TITLES[1]))
    document = check(content, agency="")
    assert document["agency"] == agency
    assert document["verdict"] == "accepted_with_warnings", document["findings"]


@pytest.mark.parametrize("title", ["Sở Tài", "Sở Tài nguyên", "Sở Tài chính và Môi trường", "Sở Kế hoạch"])
def test_input_24_a_name_that_is_none_is_asked_for(register: Register, check: Check, title: str) -> None:
    document = check(simple(register, titles=(title, TITLES[1])), agency="")
    assert (document["verdict"], document["agency"]) == ("quarantined", None)
    assert finding(document, "sender-known")["severity"] == "critical"


def test_input_24_a_title_of_another_body(register: Register, check: Check) -> None:
    """The folder says who sent it; the title of Sở Tài nguyên và Môi trường is not his."""
    document = check(simple(register, titles=("SỞ TÀI NGUYÊN VÀ MÔI TRƯỜNG", TITLES[1])))
    assert document["verdict"] == "rejected"
    told = finding(document, "body-is-sender")
    assert (told["found"], told["expected"]) == ("Sở Tài nguyên và Môi trường", "Sở Tài chính")


def test_input_24_the_body_addressed_is_not_the_sender(register: Register, check: Check) -> None:
    titles = ("SỞ TÀI CHÍNH", TITLES[1], "Kính gửi: Sở Kế hoạch và Đầu tư")
    document = check(simple(register, titles=titles))
    assert document["verdict"] == "accepted_with_warnings"
    assert rules(document) == set()


def test_template_workbook_stays_untouched(register: Register, check: Check) -> None:
    """The way of the template is the one of before: nothing to tell, nothing to ask."""
    document = check(filled_workbook(register, FINANCE, Period(2023, 1)))
    assert (document["verdict"], document["findings"]) == ("accepted", [])


def test_hidden_rows_of_a_template_are_read_and_listed(register: Register, check: Check) -> None:
    def hide(workbook: Any) -> None:
        sheet = workbook["Chỉ tiêu"]
        sheet.row_dimensions[row_of(sheet, SPENDING)].hidden = True
        put(workbook, INDICATORS, SPENDING, "note", "ẩn")

    document = check(filled_workbook(register, FINANCE, Period(2023, 1), hide))
    assert document["verdict"] == "accepted"
    assert values(document)[SPENDING][1] == "G8"
    assert finding(document, "hidden-content")["found"] == "dòng 8"
