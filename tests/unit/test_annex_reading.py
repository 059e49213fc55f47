"""Importing an annex: what is deduced, what is doubted, what is refused and where; nothing is guessed or lost."""

import io
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from fixtures.annexes import HEADING, PLAN_TEXT, excel_annex, golden_rows, word_annex
from tiendo.annex.headings import AnnexChoice
from tiendo.annex.plain_text import read_text
from tiendo.annex.printing import annex_lines
from tiendo.annex.reading import Annex, read_annex
from tiendo.annex.table import AnnexError, AnnexRow
from tiendo.plan.known import KnownPlan, read_known

Read = Callable[[str | bytes], Annex]
_PLAN = read_known(PLAN_TEXT.parent, [])
assert _PLAN
KNOWN: KnownPlan = _PLAN
TEXT = PLAN_TEXT.read_text(encoding="utf-8")
TABLE = TEXT[TEXT.index("PHỤ LỤC II") :]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def from_bytes(content: str | bytes) -> Annex:
        path = tmp_path / "annex"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_annex(path, KNOWN)

    return from_bytes


def table(*rows: str, heading: tuple[str, ...] = HEADING) -> str:
    """Returns a text table: one string a row, its printed cells divided by "/"."""
    cells = [*heading, *(cell.strip() for row in rows for cell in row.split("/"))]
    return "PHỤ LỤC\n" + "".join(f"{cell}\n|\n" if cell else "|\n" for cell in cells)


def by_code(annex: Annex, code: str) -> AnnexRow:
    return next(row for row in annex.rows if row.suggested_code == code)


# The text ------------------------------------------------------------------------------------------------------------


def test_names_with_commas_are_not_split(read: Read) -> None:
    cell = "Sở Lao động, Thương binh và Xã hội, Sở Văn hóa, Thể thao và Du lịch, Sở Y tế"
    (row,) = read(table("I/Xã hội", f"1/Tỷ lệ hộ nghèo/%/< 1,0/{cell}")).rows
    assert row.agencies == (*("Sở Lao động, Thương binh và Xã hội", "Sở Văn hóa, Thể thao và Du lịch", "Sở Y tế"),)
    assert row.agency_codes[0] == "so-lao-dong-thuong-binh-va-xa-hoi"
    assert (row.comparator, row.target_low, row.target_high) == ("lt", None, Decimal("1.0"))


def test_unknown_body_is_told_and_not_guessed(read: Read) -> None:
    (row,) = read(table("I/Kinh tế", "1/Thu hút khách du lịch/Lượt/1.800/Sở Du lịch, Sở Tài chính")).rows
    assert row.agency_codes == ("so-tai-chinh",)
    assert "knows no body 'sở du lịch' (in 'Sở Du lịch, Sở Tài chính')" in " ".join(row.doubts)
    assert "needs a code of its own" in " ".join(row.doubts)


def test_no_agency_is_carried_over_a_section(read: Read) -> None:
    first, second = read(table("I/Một", "1/Chỉ tiêu a/%/5/Sở Y tế", "II/Hai", "2/Chỉ tiêu b/%/6")).rows
    assert first.agencies == ("Sở Y tế",)
    assert second.agencies == ()
    assert "no cell above names a body" in second.doubts


def test_printed_empty_agency_cell_is_not_a_span(read: Read) -> None:
    first, second, third = read(
        table("I/Một", "1/Chỉ tiêu a/%/5/Sở Y tế", "2/Chỉ tiêu b/%/6/", "3/Chỉ tiêu c/%/7")
    ).rows
    assert (first.agency_source, second.agency_source, third.agency_source) == ("printed", "printed", "span_deduced")
    assert second.agencies == third.agencies == ()
    assert "no body reports it: the cell is empty" in second.doubts


def test_section_may_print_its_empty_cells_and_the_numbering_may_have_brackets(read: Read) -> None:
    rows = read(table("(1)/(2)/(3)/(4)/(5)", "I/Một///", "1/Chỉ tiêu a/%/5/Sở Y tế")).rows
    assert [(row.section_title, row.name_vi) for row in rows] == [("Một", "Chỉ tiêu a")]


def test_missing_bar_after_the_last_cell(read: Read) -> None:
    text = table("V/Một", "31/Chỉ tiêu a/%/5/Sở Nội vụ", "32/Chỉ tiêu b/%/6/Sở Kế hoạch và Đầu tư")
    assert read(text.removesuffix("|\n")).rows[-1].agencies == ("Sở Kế hoạch và Đầu tư",)


def test_bare_number_is_equal_and_a_bound_keeps_its_sign(read: Read) -> None:
    targets = ("55", "đạt 55%", "55 trở lên", "tối thiểu 55", "không quá 55", "> 8,7", "duy trì mức 57,5%")
    rows = read(table("I/Một", *(f"{n}/Chỉ tiêu/%/{t}/Sở Y tế" for n, t in enumerate(targets, start=1)))).rows
    assert [row.comparator for row in rows] == ["eq", "eq", "ge", "ge", "le", "gt", "eq"]


@pytest.mark.parametrize(
    ("target", "doubt"),
    [("đạt chuẩn", "it holds no number"), ("8.7", "a point before decimals"), ("10 - 9", "is not a range")],
)
def test_target_that_is_doubtful_is_told(read: Read, target: str, doubt: str) -> None:
    (row,) = read(table("I/Một", f"1/Chỉ tiêu/%/{target}/Sở Y tế")).rows
    assert row.target_as_printed == target
    assert doubt in " ".join(row.doubts)


def test_unit_of_another_year_and_other_reporter_are_told(read: Read) -> None:
    (row,) = read(table("I/Một", "2/Thu hút vốn đầu tư trực tiếp nước ngoài/Tỷ USD/1,8/Sở Y tế")).rows
    assert row.suggested_code == "thu-hut-fdi"
    assert "the unit reads 'Tỷ USD'; NOT as in 282-kh-ubnd-2023, where it means 'Triệu USD'" in row.doubts
    assert "reported by so-y-te; in 282-kh-ubnd-2023 by so-ke-hoach-va-dau-tu" in row.doubts


def test_indicators_without_a_row_are_named(read: Read) -> None:
    notes = " ".join(read(TABLE[: TABLE.index("\nV\n|\nMột") + 1]).notes)
    assert "no row of this annex has the name: par-index, thu-hang-pci" in notes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("|\nĐơn\nvị tính\n", "|\n"), "no table of targets"),
        (("Triệu\nUSD\n|\n", "Triệu\nUSD\n"), "row '2': 'Sở Kế hoạch và Đầu tư' stands in the column target_as"),
        (("Cục\nThống kê\n|\n2\n", "Cục\nThống kê\n2\n"), "row '1' does not end where another row begins"),
    ],
)
def test_broken_table_is_refused_with_its_line(read: Read, change: tuple[str, str], message: str) -> None:
    assert change[0] in TABLE
    with pytest.raises(AnnexError, match=message) as error:
        read(TABLE.replace(*change, 1))
    assert message.startswith("no table") or str(error.value).startswith("line ")


def test_lost_section_is_told(read: Read) -> None:
    text = TABLE.replace("II\n|\nMột số chỉ tiêu về cải", "Một số chỉ tiêu về cải", 1)
    assert text != TABLE
    annex = read(text)
    assert "sections are printed I, III, IV, V: one is missing, out of order, or has no number" in annex.notes
    assert "knows no body" in " ".join(by_code(annex, "chi-can-doi-ngan-sach").doubts)


def test_several_tables_must_be_chosen_from(tmp_path: Path) -> None:
    path = tmp_path / "two.txt"
    path.write_text(table("I/Một", "1/Chỉ tiêu a/%/5/Sở Y tế") + table("I/Hai", "1/Chỉ tiêu b/%/6"))
    with pytest.raises(AnnexError, match="2 tables of targets, at lines 1, 26: choose one with --table"):
        read_annex(path, KNOWN)
    assert [row.name_vi for row in read_annex(path, KNOWN, AnnexChoice(table=1)).rows] == ["Chỉ tiêu a"]
    assert [row.name_vi for row in read_annex(path, KNOWN, AnnexChoice(table=2)).rows] == ["Chỉ tiêu b"]
    with pytest.raises(AnnexError, match="there is no table 3; there are 2"):
        read_annex(path, KNOWN, AnnexChoice(table=3))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings_and_decomposed_letters(read: Read, encoding: str) -> None:
    import unicodedata

    rows = read(unicodedata.normalize("NFD", TABLE).replace("\n", "\r\n").encode(encoding)).rows
    assert [row.name_vi for row in rows] == [row["name_vi"] for row in golden_rows()]


# A mutation takes a piece of the table away, doubles it, or puts another text there.
_SPAN = st.tuples(st.integers(0, len(TABLE)), st.integers(0, 200))
_MUTATION = st.tuples(
    _SPAN, st.one_of(st.just(""), st.sampled_from(["|\n", "\n|\n", "I\n", "7\n", "|"]), st.text(max_size=9))
)


@given(st.lists(_MUTATION, min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_mutated_text_gives_rows_or_a_clear_error(mutations: list[tuple[tuple[int, int], str]]) -> None:
    text = TABLE
    for (start, length), put in mutations:
        text = text[:start] + put + text[start + length :]
    try:
        found = read_text(text.encode("utf-8", "replace"), KNOWN.names)
    except AnnexError as error:
        assert str(error)  # noqa: PT017 - either outcome is right
    else:
        assert found.rows


@given(
    st.lists(
        st.sampled_from(["|", "TT", "Chỉ tiêu", "I", "1", "", "%", "5", "Sở Y tế", "- a b", *HEADING]), max_size=60
    )
)
@settings(max_examples=200, deadline=None)
def test_any_lines_give_rows_or_a_clear_error(lines: list[str]) -> None:
    text = table("I/Một", "1/Chỉ tiêu a/%/5/Sở Y tế") + "\n".join(lines)
    try:
        assert read_text(text.encode(), KNOWN.names).rows
    except AnnexError as error:
        assert str(error)  # noqa: PT017 - either outcome is right


# Word and Excel ------------------------------------------------------------------------------------------------------


def test_excel_numbers_are_read_as_shown_and_a_date_is_doubted(read: Read) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["D6"].value, sheet["D6"].number_format = 11, "0.00"
        sheet["D7"].value = 1800
        sheet["D8"].value = datetime(2023, 10, 9)  # noqa: DTZ001 - as Excel has it
        sheet["D10"].value = 74.617
        sheet["A6"].value = 1

    annex = read(excel_annex(golden_rows(), change))
    targets = [(row.target_as_printed, row.target_low) for row in annex.rows[:3]]
    assert targets == [("11,00", Decimal("11.00")), ("1.800", Decimal(1800)), ("09/10/2023", None)]
    assert annex.rows[0].printed_no == "1"
    assert "cell D8 is a date: '9 - 10' may be meant" in annex.rows[2].doubts
    assert "cell D10 is the number 74,617: may thousands be meant?" in annex.rows[4].doubts


def test_excel_blank_outside_a_merge_stays_blank(read: Read) -> None:
    row = by_code(read(excel_annex(golden_rows(), lambda sheet: sheet.unmerge_cells("E8:E9"))), "tang-nhap-khau")
    assert (row.agencies, row.deduced) == ((), ())
    assert "no body reports it: the cell is empty" in row.doubts


def test_excel_formula_without_a_result_and_hidden_rows_are_told(read: Read) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["D7"].value = "=900*2"
        sheet.row_dimensions[7].hidden = True

    annex = read(excel_annex(golden_rows(), change))
    assert "cell D7 is a formula without a stored result" in annex.rows[1].doubts
    assert 'sheet "Phụ lục II": rows 7 are hidden, and read all the same' in annex.notes


def test_row_that_is_no_row_is_refused_in_the_middle_and_told_at_the_end(read: Read) -> None:
    note = "Ghi chú: số liệu của Cục Thống kê"
    annex = read(excel_annex(golden_rows(), lambda sheet: sheet.cell(60, 1).__setattr__("value", note)))
    assert len(annex.rows) == 34
    assert any("row 60" in found and "Ghi chú" in found for found in annex.notes)
    with pytest.raises(AnnexError, match=r'sheet "Phụ lục II", row 7: .* is neither an indicator nor a section'):
        read(excel_annex(golden_rows(), lambda sheet: sheet.__setitem__("A7", "hai")))


@pytest.mark.parametrize("merge", [b'ref="A1:XFD1048576"', b"ref='A1:XFD1048576'"])
def test_merge_over_millions_of_cells_is_refused(read: Read, merge: bytes) -> None:
    data = excel_annex(golden_rows())
    buffer = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as old, ZipFile(buffer, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'ref="A1:E1"', merge))
    with pytest.raises(AnnexError, match="merged cells cover more than any annex has"):
        read(buffer.getvalue())


@pytest.mark.parametrize(
    ("number", "note", "count"),
    [
        ("33", "table 3 goes on from table 2: read", 35),
        ("1", "table 3 looks like the rest of table 2, but does not go on from it: not read", 34),
    ],
)
def test_word_table_that_goes_on_without_a_heading_is_read_and_told(
    read: Read, number: str, note: str, count: int
) -> None:
    document = Document(io.BytesIO(word_annex(golden_rows())))
    rest = document.add_table(rows=1, cols=5)
    rest.cell(0, 0).text, rest.cell(0, 1).text = number, "Chỉ tiêu thêm"
    buffer = io.BytesIO()
    document.save(buffer)
    annex = read(buffer.getvalue())
    assert note in annex.notes
    assert len(annex.rows) == count


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no table of targets"),
        (b"%PDF-1.7", "is a PDF that cannot be opened"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600, "save it as .docx or .xlsx"),
        (b"PK\3\4 torn", "is broken"),
        (b"\xff\x01", "line 1: is neither UTF-8 text nor DOCX nor XLSX"),
        (b"TT\0", "null characters"),
    ],
)
def test_other_files_are_refused_with_the_reason(read: Read, content: bytes, message: str) -> None:
    with pytest.raises(AnnexError, match=message):
        read(content)


@pytest.mark.parametrize("make", [word_annex, excel_annex])
def test_broken_office_files_are_refused(read: Read, make: Callable[..., bytes]) -> None:
    data = make(golden_rows())
    buffer = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as old, ZipFile(buffer, "w") as new:
        for name in old.namelist():
            is_main = name in ("word/document.xml", "xl/worksheets/sheet2.xml")
            new.writestr(name, old.read(name)[: 300 if is_main else None])
    with pytest.raises(AnnexError, match="is a broken"):
        read(buffer.getvalue())
    with pytest.raises(AnnexError):
        read(data[: len(data) // 2])


def test_list_for_a_person_says_what_is_deduced(read: Read) -> None:
    lines = list(annex_lines(read(TEXT)))
    assert "Deduced (*): 18 rows print no cell of their own, and lie under the cell of a row above:" in lines
    assert lines[-1] == "34 rows: 33 indicators, 32 of them with a target."
    assert any("numbers 18, 19 are printed more than once" in line for line in lines)
