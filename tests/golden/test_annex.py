"""Phụ lục II of Plan 282/KH-UBND, read from the plan's text, DOCX and XLSX: the same 34 rows, cell for cell."""

from decimal import Decimal

import pytest

from fixtures.annexes import PLAN_TEXT, Row, excel_annex, golden_rows, word_annex
from tiendo.annex.reading import Annex, read_annex
from tiendo.annex.table import AnnexRow
from tiendo.plan.known import KnownPlan, read_known

_NUMBERS = ("target_low", "target_high")


@pytest.fixture(scope="module")
def known() -> KnownPlan:
    known = read_known(PLAN_TEXT.parent, [])
    assert known
    return known


@pytest.fixture(scope="module", params=["text", "word", "excel"])
def annex(request: pytest.FixtureRequest, known: KnownPlan, tmp_path_factory: pytest.TempPathFactory) -> Annex:
    path = PLAN_TEXT
    if request.param != "text":
        path = tmp_path_factory.mktemp("annex") / "phu-luc"  # the name says nothing: the bytes decide
        path.write_bytes((word_annex if request.param == "word" else excel_annex)(golden_rows()))
    return read_annex(path, known)


def test_all_rows_are_read_cell_for_cell(annex: Annex) -> None:
    expected = golden_rows()
    assert len(expected) == 34
    assert [_as_texts(row, expected[0]) for row in annex.rows] == [_with_plain_numbers(row) for row in expected]


def test_what_is_printed_oddly_is_told(annex: Annex) -> None:
    doubted = {row.suggested_code: " ".join(row.doubts) for row in annex.rows if row.doubts}
    assert "96o" in doubted["muc-giam-ty-le-sinh"]
    assert "thu sách" in doubted["thu-ngan-sach"]
    assert "no target is printed" in doubted["par-index"]
    assert "no unit is printed" in doubted["thu-hang-pci"]
    assert set(doubted) == {
        *("tang-xuat-khau", "tang-nhap-khau", "thu-ngan-sach", "dien-tich-nha-o", "muc-giam-ty-le-sinh"),
        *("par-index", "thu-hang-pci"),
    }
    assert "numbers 12, 13 are not printed" in annex.notes
    assert "numbers 18, 19 are printed more than once" in annex.notes


def test_two_parts_of_the_group(annex: Annex) -> None:
    group = next(row for row in annex.rows if row.row_kind == "group")
    assert [row.name_vi for row in annex.rows if row.group == group.row_order] == ["- Di động", "- Cố định"]


def test_footnote_after_the_table_is_told_and_no_row(known: KnownPlan) -> None:
    notes = read_annex(PLAN_TEXT, known).notes
    assert [note for note in notes if "1 Xung đột Nga - Ukraine" in note and "line 946" in note]


def _as_texts(row: AnnexRow, like: Row) -> Row:
    texts = {}
    for key in like:
        value = getattr(row, key)
        texts[key] = "; ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
    return _with_plain_numbers(texts)


def _with_plain_numbers(row: Row) -> Row:
    return row | {key: str(Decimal(row[key]).normalize()) for key in _NUMBERS if row[key]}
