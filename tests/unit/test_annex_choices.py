"""Which table, columns and year are read: what is decided, what a person must choose, what is never guessed."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.annexes import PLAN_TEXT
from fixtures.layouts import Layout, as_excel, as_pdf, as_word, read_layout
from tiendo.annex.draft import write_draft_rows
from tiendo.annex.grid import Grid, find_table
from tiendo.annex.headings import AnnexChoice, read_columns
from tiendo.annex.reading import Annex, read_annex
from tiendo.annex.table import AnnexColumn, AnnexError, Cell
from tiendo.plan.known import KnownPlan, read_known

_PLAN = read_known(PLAN_TEXT.parent, [])
assert _PLAN
KNOWN: KnownPlan = _PLAN
Read = Callable[..., Annex]
_FIXED = ("TT", "Chỉ tiêu", "Đơn vị tính")


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def from_bytes(data: bytes, **choice: Any) -> Annex:
        path = tmp_path / "annex"
        path.write_bytes(data)
        return read_annex(path, KNOWN, AnnexChoice(**choice))

    return from_bytes


def layout(heading: tuple[str, ...], *rows: tuple[str, ...], title: str = "") -> Layout:
    width = len(heading)
    return Layout(title, AnnexChoice(), [[*row, *[""] * (width - len(row))] for row in (heading, *rows)], [], [])


def targets(annex: Annex) -> list[str]:
    return [row.target_as_printed for row in annex.rows]


# The year ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "title", "year", "target"),
    [
        (("Kế hoạch năm 2024", "Kế hoạch năm 2025"), "", None, "b"),
        (("Kế hoạch năm 2025", "Kế hoạch năm 2024"), "", None, "a"),
        (("Thực hiện năm 2024", "Kế hoạch năm 2025"), "", None, "b"),
        (("KH 2025", "KH 2024"), "", 2024, "b"),
        (("Ước TH 2024", "Kế hoạch"), "", None, "b"),
        (("Năm 2024", "Dự kiến kế hoạch 2025"), "", None, "b"),
        (("Đến năm 2025", "Đến năm 2030"), "KẾ HOẠCH NĂM 2025", None, "a"),
        (("Mục tiêu năm 2025", "Mục tiêu năm 2030"), "", 2030, "b"),
        (("Kế hoạch 5 năm 2021-2025", "Kế hoạch năm 2024"), "", None, "b"),
        (("Kế hoạch thực hiện năm 2025", "Thực hiện kế hoạch năm 2024"), "", None, "a"),
        (("Dự toán HĐND giao năm 2025", "Ghi chú"), "", None, "a"),
        (("Mức phấn đấu", "Thời hạn"), "", None, "a"),
        (("KH 2025/ƯTH 2024 (%)", "KH 2025"), "", None, "b"),
        (("Số thực hiện 6 tháng", "Chỉ tiêu năm 2025"), "", None, "b"),
        (("Ước thực hiện kế hoạch năm 2025", "Kế hoạch năm 2025"), "", None, "b"),
        (("KH năm 2025", "Tăng, giảm so với KH năm 2025"), "", None, "a"),
    ],
)
def test_last_years_column_is_never_the_target(
    read: Read, columns: tuple[str, str], title: str, year: int | None, target: str
) -> None:
    table = layout((*_FIXED, *columns), ("1", "Chỉ tiêu một", "%", "a", "b"), title=title)
    annex = read(as_word(table), year=year)
    assert targets(annex) == [target]
    other = columns[0] if target == "b" else columns[1]
    assert any("not read" in note and other in note for note in annex.notes)


@pytest.mark.parametrize(
    ("columns", "year", "why"),
    [
        (("Đến năm 2025", "Đến năm 2030"), None, "targets of 2025, 2030 stand side by side: choose with --year"),
        (("2024", "2025", "2026"), None, "targets of 2024, 2025, 2026 stand side by side"),
        (("Kế hoạch năm 2024", "Phương hướng năm 2025"), None, "is of an earlier year than column 5 'Phương hướng năm"),
        (("Kế hoạch năm 2025",), 2026, "no column holds targets of 2026; there are column 4 'Kế hoạch năm 2025'"),
        (("Trung ương giao năm 2025", "Tỉnh giao năm 2025"), None, "more than one column may hold the targets"),
        (("Kế hoạch năm 2025", "Nghị quyết HĐND"), None, "more than one column may hold the targets"),
        (("Kế hoạch năm 202 5", "Ghi chú"), None, "'Kế hoạch năm 202 5' is broken over two lines"),
        (
            ("Kế hoạch năm 2025", "Chủ trì", "Cơ quan theo dõi"),
            None,
            "two columns may hold agencies: column 5 'Chủ trì'",
        ),
    ],
)
def test_what_a_person_must_choose_is_refused_with_the_columns(
    read: Read, columns: tuple[str, ...], year: int | None, why: str
) -> None:
    table = layout((*_FIXED, *columns), ("1", "Chỉ tiêu một", "%", "1", "2", "3")[: 3 + len(columns)])
    with pytest.raises(AnnexError, match=f"table 1: .*{why}"):
        read(as_word(table), year=year)


def test_earlier_year_than_the_title_names_is_told(read: Read) -> None:
    table = layout((*_FIXED, "Kế hoạch năm 2024"), ("1", "Chỉ tiêu một", "%", "5"), title="KẾ HOẠCH NĂM 2025")
    assert "above the table a later year than 2024 is named: is this its table?" in read(as_word(table)).notes


# Columns, sheets and tables told by a person -------------------------------------------------------------------------


def test_columns_of_other_words_are_told_by_their_place(read: Read) -> None:
    table = layout(
        ("Mã", "Tên", "Đo bằng", "Số năm ngoái", "Số năm nay", "Ai lo"),
        ("I", "Kinh tế"),
        ("1", "Chỉ tiêu một", "%", "5", "≥ 6", "Sở Y tế"),
    )
    with pytest.raises(AnnexError, match=r"no table of targets .* can be told by --columns"):
        read(as_excel(table))
    columns = read_columns("number=1,name=2,unit=3,target=5,agency=6")
    annex = read(as_excel(table), columns=columns)
    assert (targets(annex), annex.rows[0].agencies, annex.rows[0].section_no) == (["≥ 6"], ("Sở Y tế",), "I")
    assert "columns that are not read: column 4 'Số năm ngoái'" in annex.notes
    with pytest.raises(AnnexError, match="--columns names a column that is not there; the table has 6"):
        read(as_excel(table), columns={**columns, AnnexColumn.AGENCY: 7})


def test_heading_row_is_told_where_words_above_look_like_one(read: Read) -> None:
    table = layout(
        ("STT", "Nội dung", "ĐVT", "Kế hoạch"), ("cũ", "bảng cũ", "%", "x"), ("TT", "Chỉ tiêu", "ĐVT", "Kế hoạch"),
        ("1", "Chỉ tiêu một", "%", "5"),
    )  # fmt: skip
    with pytest.raises(AnnexError, match=r"row 2: .* is neither an indicator nor a section"):
        read(as_excel(table))
    assert targets(read(as_excel(table), heading_row=3)) == ["5"]


def test_sheet_is_chosen_by_its_title(read: Read) -> None:
    data = as_excel(read_layout("phay_nghin"))
    assert len(read(data, sheet="Biểu 1").rows) == 3
    with pytest.raises(AnnexError, match=r"there is no sheet 'Biểu 2'; there are sheet \"Biểu 1\""):
        read(data, sheet="Biểu 2")
    with pytest.raises(AnnexError, match="is text: --sheet and --heading-row are for workbooks"):
        read(b"TT", sheet="Biểu 1")


@pytest.mark.parametrize("text", ["number", "number=x", "so=1", "number=1,name=1", "number=-1", "number=1234"])
def test_columns_are_told_by_name_and_place(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not NAME=PLACE|given to two columns"):
        read_columns(text)


def test_storeys_of_a_sheet_without_merged_cells(read: Read) -> None:
    found = read_layout("hai_tang_tieu_de")
    annex = read(as_excel(found, is_merged=False))
    assert targets(annex) == ["21.670", "≥ 52,5"]
    assert any("column 5 'Năm 2024 / Ước thực hiện'" in note for note in annex.notes)


# Tables over several pages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("repeats_heading", [0, 1])
def test_table_goes_on_in_the_next_one(read: Read, repeats_heading: int) -> None:
    found = read_layout("nq03_2025")
    annex = read(as_word(found, split_at=12, repeats_heading=repeats_heading))
    assert targets(annex) == [row[4] for row in found.rows]
    assert "table 2 goes on from table 1: read" in annex.notes


@pytest.mark.parametrize("heading_row", [None, 1])
def test_table_goes_on_where_columns_are_told(read: Read, heading_row: int | None) -> None:
    found = read_layout("nq03_2025")
    columns = read_columns("number=1,name=2,unit=3,target=4,agency=5")
    annex = read(as_word(found, split_at=12), columns=columns, heading_row=heading_row)
    assert targets(annex) == [row[4] for row in found.rows]


def test_same_heading_with_numbers_from_one_is_another_table(read: Read) -> None:
    heading = (*_FIXED, "Kế hoạch năm 2025")
    table = layout(heading, ("1", "Chỉ tiêu một", "%", "5"), ("1", "Chỉ tiêu hai", "%", "6"))
    data = as_word(table, split_at=2, repeats_heading=1)
    with pytest.raises(AnnexError, match=r"2 tables of targets \(table 1, table 2\): choose one with --table"):
        read(data)
    assert targets(read(data, table=2)) == ["6"]


def test_row_that_goes_on_on_the_next_page_is_joined_and_doubted(read: Read) -> None:
    heading = (*_FIXED, "Kế hoạch năm 2025", "Cơ quan chủ trì")
    table = layout(
        heading,
        ("1", "Tỷ lệ hộ dân", "%", "5", "Sở Y tế"),
        ("", "sử dụng điện", "", "", ""),
        ("2", "Hai", "%", "6", ""),
    )
    first, last = read(as_pdf(table, rows_a_page=2)).rows
    assert first.name_vi == "Tỷ lệ hộ dân sử dụng điện"
    assert "is printed over two pages, and joined" in first.doubts
    assert last.name_vi == "Hai"


def test_pdf_goes_on_over_pages_and_says_that_it_is_one(read: Read) -> None:
    found = read_layout("phay_nghin")
    annex = read(as_pdf(found, rows_a_page=3))
    assert targets(annex) == ["64,100", "1,800", "3,500,000"]
    assert "page 2, table 1 goes on from page 1, table 1: read" in annex.notes
    assert any("words that a narrow column breaks" in note for note in annex.notes)


def test_scan_and_locked_pdf_are_refused_in_one_sentence(read: Read) -> None:
    scan, locked = io.BytesIO(), io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(scan)
        document.save(locked, encryption=pikepdf.Encryption(owner="a", user="b"))
    with pytest.raises(AnnexError, match="is a scan, pages without text: import the Word or Excel form"):
        read(scan.getvalue())
    with pytest.raises(AnnexError, match="is a PDF that cannot be opened"):
        read(locked.getvalue())
    whole = as_pdf(read_layout("phay_nghin"))
    with pytest.raises(AnnexError):
        read(whole[: len(whole) // 2])


# Rows ----------------------------------------------------------------------------------------------------------------


def test_every_row_that_is_not_read_is_named(read: Read) -> None:
    table = layout(
        (*_FIXED, "Kế hoạch năm 2025"),
        ("A. KINH TẾ",), ("1", "Chỉ tiêu một", "%", "5"), ("", "Trong đó:"), ("", "- Phần một", "%", "2"),
        ("Ghi chú: số liệu tạm tính.",), ("", "Tổng cộng", "%", "7"), ("B- XÃ HỘI",), ("1", "Chỉ tiêu hai", "%", "6"),
        ("Người lập biểu", "", "", "Chủ tịch"),
    )  # fmt: skip
    annex = read(as_excel(table))
    assert [(row.section_no, row.section_title, row.name_vi) for row in annex.rows] == [
        ("A", "KINH TẾ", "Chỉ tiêu một"),
        ("A", "KINH TẾ", "- Phần một"),
        ("B", "XÃ HỘI", "Chỉ tiêu hai"),
    ]
    told = [note for note in annex.notes if "not read" in note]
    for row, text in ((4, "Trong đó:"), (6, "Ghi chú"), (7, "Tổng cộng"), (10, "Người lập biểu")):
        assert any(f"row {row}: '{text}" in note for note in told), (text, told)


def test_gaps_are_looked_for_in_each_section_where_numbers_begin_anew(read: Read) -> None:
    table = layout(
        (*_FIXED, "Kế hoạch năm 2025"), ("I", "Một"), ("1", "Chỉ tiêu a", "%", "5"), ("3", "Chỉ tiêu b", "%", "5"),
        ("II", "Hai"), ("1", "Chỉ tiêu c", "%", "5"), ("IV", "Bốn"), ("1", "Chỉ tiêu d", "%", "5"),
    )  # fmt: skip
    notes = read(as_excel(table)).notes
    assert "section I: numbers 2 are not printed" in notes
    assert not any("more than once" in note for note in notes)
    assert "sections are printed I, II, IV: one is missing, out of order, or has no number" in notes


def test_scale_behind_the_number_is_brought_to_the_unit(read: Read) -> None:
    table = layout(
        (*_FIXED, "Kế hoạch năm 2025"),
        ("1", "Khách du lịch", "Lượt", "trên 8 triệu lượt"), ("2", "Vốn", "Triệu USD", "1,8 tỷ USD"),
        ("3", "Thu", "Tỷ đồng", "1.500 đồng"), ("4", "Hộ nghèo", "Hộ", "giảm 2%"), ("5", "Tỷ lệ", "%", "0.95"),
    )  # fmt: skip
    rows = read(as_excel(table)).rows
    sides = [(row.comparator, row.target_low or row.target_high, row.is_doubtful) for row in rows]
    assert sides == [("gt", 8_000_000, False), ("eq", 1800, False), ("eq", 1500, True), ("ge", 2, True), sides[4]]
    assert "'triệu lượt' behind the number makes it 8.000.000 in the unit 'Lượt'" in " ".join(rows[0].doubts)
    assert "in a unit of % 95 may be meant" in " ".join(rows[4].doubts)


def test_doubtful_number_is_no_more_than_a_hint_in_the_draft(read: Read, tmp_path: Path) -> None:
    path = write_draft_rows(read(as_word(read_layout("phay_nghin"))), KNOWN, tmp_path / "rows")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["target_text"], row["low"]) for row in rows[:2]] == [("64,100", "??? 64100"), ("1,800", "??? 1800")]


def test_unknown_body_is_listed_once_with_the_nearest_names(read: Read) -> None:
    heading = (*_FIXED, "Kế hoạch năm 2025", "Cơ quan chủ trì")
    rows = [(str(number), f"Chỉ tiêu {number}", "%", "5", "Sở Nông nghiệp và Môi trường") for number in (1, 2)]
    (note,) = [note for note in read(as_excel(layout(heading, *rows))).notes if note.startswith("body not known")]
    assert "'sở nông nghiệp và môi trường' (2 cells); nearest names: Sở " in note


_TEXTS = st.sampled_from(
    "|TT|Chỉ tiêu|Kế hoạch năm 2025|Kế hoạch năm 2024|Đơn vị tính|Cơ quan chủ trì|I|1|1.1|a)|A. Kinh tế|Chỉ tiêu một|%"
    "|5|9 - 10|Tổng cộng|Ghi chú:|2025|Sở Y tế".split("|")
)
_CELLS = st.builds(Cell, _TEXTS, st.booleans(), st.booleans())


@given(st.lists(st.lists(_CELLS, min_size=5, max_size=5), max_size=9), st.sampled_from([None, 2025]))
@settings(max_examples=300, deadline=None)
def test_any_grid_gives_rows_or_a_clear_error(rows: list[list[Cell]], year: int | None) -> None:
    heading = [Cell(text) for text in (*_FIXED, "Kế hoạch năm 2025", "Cơ quan chủ trì")]
    try:
        found = find_table(
            [Grid("table 1", [heading, *rows]), Grid("table 2", rows, is_page=True)], AnnexChoice(year=year)
        )
    except AnnexError as error:
        assert str(error)  # noqa: PT017 - either outcome is right
    else:
        assert found.rows


def test_a_document_without_a_table_names_what_was_looked_at(read: Read) -> None:
    document = Document()
    document.add_table(rows=1, cols=2)
    buffer = io.BytesIO()
    document.save(buffer)
    with pytest.raises(AnnexError, match=r"no table of targets with the headings .*; looked at table 1"):
        read(buffer.getvalue())
