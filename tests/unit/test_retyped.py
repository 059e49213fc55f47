"""Layouts of retyped tables as bodies make them up, each a real workbook: what is read, where, and what is told."""

import io
import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from fixtures.retyped import HEADING, HEADING_MERGES, TITLES, Place, Retyped, simple
from fixtures.workbooks import filled_workbook
from tiendo.model.content import Notice, WorkbookContent
from tiendo.model.outcome import FileOutcome
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.reading.columns import TABLES
from tiendo.reading.reader import read_workbook
from tiendo.reading.retyped import read_retyped_rows
from tiendo.reading.sheet import Sheet, UnreadableError
from tiendo.reading.sheet_rows import FoundContent
from tiendo.validation.check import BatchFile, check_batch
from tiendo.validation.context import Context
from tiendo.validation.facts import HistoryFacts, RegisterFacts
from tiendo.validation.retyped_rows import sort_rows
from tiendo.validation.stated import body_and_period

FINANCE, INVESTMENT, TRADE, HEALTH = "so-tai-chinh", "so-ke-hoach-va-dau-tu", "so-cong-thuong", "so-y-te"
REVENUE, SPENDING = "thu-ngan-sach", "chi-can-doi-ngan-sach"
BOTH = {REVENUE: (Decimal(18654), "F7"), SPENDING: (Decimal(5527), "F8")}
PLAIN = ("TT", "Chỉ tiêu", "ĐVT", "Kế hoạch", "Trong quý", "Lũy kế", "Loại số liệu", "Đến ngày", "Ghi chú")


def outcome(
    register: Register, content: bytes, agency: str = FINANCE, name: str = "bc.xlsx", day: date = date(2023, 3, 14)
) -> FileOutcome:
    file = BatchFile(1, name, agency, read_workbook(content))
    return check_batch(register, [file], (), today=day)[0]


def values(found: FileOutcome, basis: str = "year_to_date") -> dict[str, tuple[Decimal | None, str]]:
    return {o.indicator: (o.value, o.cell) for o in found.observations if o.basis == basis}


def told(found: FileOutcome) -> dict[str, str]:
    """What was found, by rule, but that the marker is missing."""
    return {f.rule: f.found for f in found.findings if f.rule != "template-marker"}


def book_with(register: Register, **changes: Any) -> tuple[Retyped, Worksheet]:
    book = Retyped(register, **changes)
    book.tasks()
    return book, book.first_sheet()


def sorted_rows(register: Register, book: Retyped) -> tuple[WorkbookContent, list[Notice]]:
    """What the rules are given of a file of the first quarter."""
    day = date(2023, 3, 14)
    history = HistoryFacts((), register.heirs_on(day))
    context = Context(0, FINANCE, Period(2023, 1), RegisterFacts(register), history, day)
    return sort_rows(read_workbook(book.saved()), context)


class TestPlaces:
    """Where a table stands."""

    def test_far_down_and_to_the_right_on_a_sheet_of_any_name(self, register: Register) -> None:
        book = Retyped(register)
        book.tasks()
        sheet = book.first_sheet("BC gửi SKHĐT (2)")
        book.table(sheet, book.own_rows(), top=101, left=11)
        found = outcome(register, book.saved())
        assert values(found) == {REVENUE: (Decimal(18654), "P103"), SPENDING: (Decimal(5527), "P104")}
        assert told(found) == {}

    def test_two_tables_on_one_sheet(self, register: Register) -> None:
        book = Retyped(register)
        sheet = book.first_sheet()
        place = book.table(sheet, book.own_rows())
        sheet.cell(place.top + 3, 1, "II. TÌNH HÌNH THỰC HIỆN NHIỆM VỤ")
        book.tasks(sheet, top=place.top + 5)
        found = outcome(register, book.saved())
        assert values(found) == BOTH
        assert len(found.tasks) == len(register.tasks_of(FINANCE))
        assert found.tasks[0].cell == "C13"
        assert told(found) == {}

    def test_a_heading_repeated_on_a_new_page(self, register: Register) -> None:
        book, sheet = book_with(register)
        first, second = book.own_rows()
        book.table(sheet, [first], heading=(PLAIN,), merges=())
        book.table(sheet, [second], heading=(PLAIN,), merges=(), top=9)
        found = outcome(register, book.saved())
        assert values(found) == {REVENUE: (Decimal(18654), "F6"), SPENDING: (Decimal(5527), "F10")}
        assert told(found) == {}

    def test_indicators_on_two_sheets(self, register: Register) -> None:
        book, sheet = book_with(register)
        first, second = book.own_rows()
        book.table(sheet, [first])
        book.table(book.workbook.create_sheet("Tiếp"), [second])
        found = outcome(register, book.saved())
        assert {code: value for code, (value, _) in values(found).items()} == {REVENUE: 18654, SPENDING: 5527}

    def test_the_same_indicator_twice_is_asked_for(self, register: Register) -> None:
        book, sheet = book_with(register)
        book.table(sheet, book.own_rows())
        place = book.table(book.workbook.create_sheet("Bản nháp"), book.own_rows())
        place.cell(1, 6).value += 1
        found = outcome(register, book.saved())
        assert found.verdict == "rejected"
        assert "indicator-once" in told(found)

    def test_stray_characters_far_below(self, register: Register) -> None:
        found = outcome(register, simple(register, lambda place: place.sheet.cell(3000, 20, ".")))
        assert values(found) == BOTH
        assert told(found) == {}


class TestHeadings:
    """How a heading is written."""

    @pytest.mark.parametrize(
        ("quarter", "year_to_date"),
        [
            ("Thực hiện quý I/2023", "Lũy kế từ đầu năm 2023"),
            ("TH quý I", "Luỹ kế 3 tháng"),
            ("Trong quý (1)", "Lũy kế đến kỳ báo cáo (2)"),
            ("THỰC HIỆN\nTRONG QUÝ", "THỰC HIỆN\n3 THÁNG ĐẦU NĂM 2023"),
            ("Kết quả quý I năm 2023", "Cộng dồn từ đầu năm"),
        ],
    )
    def test_one_row(self, register: Register, quarter: str, year_to_date: str) -> None:
        book, sheet = book_with(register)
        book.table(sheet, book.own_rows(), heading=((*PLAIN[:4], quarter, year_to_date, *PLAIN[6:]),), merges=())
        found = outcome(register, book.saved())
        assert values(found) == {REVENUE: (Decimal(18654), "F6"), SPENDING: (Decimal(5527), "F7")}
        assert told(found) == {}

    def test_columns_in_another_order(self, register: Register) -> None:
        order = (5, 1, 8, 4, 0, 3, 2, 7, 6)
        book, sheet = book_with(register)
        rows = [[row[i] for i in order] for row in book.own_rows()]
        book.table(sheet, rows, heading=([PLAIN[i] for i in order],), merges=())
        assert values(outcome(register, book.saved())) == {
            REVENUE: (Decimal(18654), "A6"),
            SPENDING: (Decimal(5527), "A7"),
        }

    def test_two_rows_without_merged_cells(self, register: Register) -> None:
        found = outcome(register, _table(register, merges=()))
        assert values(found) == BOTH

    def test_three_rows(self, register: Register) -> None:
        top = ("TT", "Chỉ tiêu", "ĐVT", "Kế hoạch năm", "Kết quả thực hiện", None, "Loại", "Đến ngày", "Ghi chú")
        heading = (
            top, (None, None, None, None, "Quý I năm 2023", None), (None, None, None, None, "Trong quý", "Lũy kế"),
        )  # fmt: skip
        merges = ("A1:A3", "B1:B3", "C1:C3", "D1:D3", "E1:F1", "E2:F2", "G1:G3", "H1:H3", "I1:I3")
        book, sheet = book_with(register)
        book.table(sheet, book.own_rows(), heading=heading, merges=merges)
        found = outcome(register, book.saved())
        assert values(found) == {REVENUE: (Decimal(18654), "F8"), SPENDING: (Decimal(5527), "F9")}
        assert told(found) == {}

    def test_a_plan_alone_is_no_result(self, register: Register) -> None:
        heading = (
            ("TT", "Chỉ tiêu", "ĐVT", "Ghi chú", "Kế hoạch", None),
            (None, None, None, None, "Trong quý", "Lũy kế"),
        )
        book, sheet = book_with(register)
        merges = ("A1:A2", "B1:B2", "C1:C2", "D1:D2", "E1:F1")
        book.table(sheet, [row[:6] for row in book.own_rows()], heading=heading, merges=merges)
        found = outcome(register, book.saved())
        assert (found.verdict, values(found)) == ("rejected", {})

    def test_plan_and_result_with_the_same_words_below(self, register: Register) -> None:
        """ "Trong quý" under "Kế hoạch" is a plan: only the result's columns are read."""
        heading = (
            ("TT", "Chỉ tiêu", "ĐVT", "Kế hoạch", None, "Thực hiện", None, "Loại", "Đến ngày"),
            (None, None, None, "Trong quý", "Lũy kế", "Trong quý", "Lũy kế", None, None),
        )
        merges = ("D1:E1", "F1:G1", "A1:A2", "B1:B2", "C1:C2", "H1:H2", "I1:I2")
        book, sheet = book_with(register)
        rows = [[*row[:3], 1, 2, *row[4:8]] for row in book.own_rows()]
        book.table(sheet, rows, heading=heading, merges=merges)
        found = outcome(register, book.saved())
        assert values(found) == {REVENUE: (Decimal(18654), "G7"), SPENDING: (Decimal(5527), "G8")}
        assert told(found) == {"not-read": "D7: 1; E7: 2; D8: 1; E8: 2"}

    def test_four_quarters_beside_each_other_are_not_guessed_between(self, register: Register) -> None:
        book, sheet = book_with(register)
        heading = (("TT", "Chỉ tiêu", "Thực hiện quý I", "Thực hiện quý II", "Thực hiện quý III"),)
        book.table(sheet, [[1, "Tổng chi cân đối ngân sách địa phương", 1, 2, 3]], heading=heading, merges=())
        assert values(outcome(register, book.saved())) == {}

    def test_last_year_beside_this_year(self, register: Register) -> None:
        heading = ((*PLAIN[:4], "Thực hiện quý I/2022", "Thực hiện quý I/2023", "Lũy kế", *PLAIN[6:8]),)
        book, sheet = book_with(register)
        rows = [[*row[:4], 99, *row[4:8]] for row in book.own_rows()]
        book.table(sheet, rows, heading=heading, merges=())
        found = outcome(register, book.saved())
        assert values(found, "quarter") == {REVENUE: (Decimal(18654), "F6"), SPENDING: (Decimal(5527), "F7")}
        assert told(found) == {"not-read": "E6: 99; E7: 99"}

    def test_a_heading_of_another_period_than_the_title(self, register: Register) -> None:
        book, sheet = book_with(register)
        heading = ((*PLAIN[:4], "Thực hiện quý II/2023", "Lũy kế", *PLAIN[6:]),)
        book.table(sheet, book.own_rows(), heading=heading, merges=())
        found = outcome(register, book.saved())
        assert found.verdict == "rejected"
        assert "Sheet1, ô E5" in told(found)["period-agreed"]

    @pytest.mark.parametrize(
        ("over", "below", "quarter", "total"),
        [
            ("Quý I", ("Thực hiện tháng 3", "Lũy kế"), False, True),
            ("Tháng 3", ("Trong quý", "Lũy kế"), True, True),
            ("6 tháng năm 2022", ("Trong quý", "Lũy kế"), False, False),
            ("Thực hiện", ("Trong quý", "3 tháng năm 2023"), True, True),
        ],
    )
    def test_the_lowest_heading_that_says_when_decides(
        self, register: Register, over: str, below: tuple[str, str], quarter: bool, total: bool
    ) -> None:
        top = (*PLAIN[:4], over, None, *PLAIN[6:])
        merges = ("A1:A2", "B1:B2", "C1:C2", "D1:D2", "E1:F1", "G1:G2", "H1:H2", "I1:I2")
        book, sheet = book_with(register)
        book.table(sheet, book.own_rows(), heading=(top, (*[None] * 4, *below)), merges=merges)
        content = sorted_rows(register, book)[0]
        read = {(row.quarter.value is not None, row.year_to_date.value is not None) for row in content.indicator_rows}
        assert read == {(quarter, total)}

    def test_each_table_has_its_own_heading(self, register: Register) -> None:
        """The month's figures of the second table stand below those of the first one's quarter."""
        book, sheet = book_with(register)
        first, second = book.own_rows()
        book.table(sheet, [first], heading=(PLAIN,), merges=())
        of_month = (*PLAIN[:4], "Thực hiện tháng 3", *PLAIN[5:])
        book.table(sheet, [second], heading=(of_month,), merges=(), top=9)
        content, notices = sorted_rows(register, book)
        assert [row.quarter.address for row in content.indicator_rows] == ["E6", ""]
        assert [notice.detail for notice in notices if notice.code == "not_read"] == ["E10: 5.527"]

    def test_many_lines_above_do_not_hide_a_heading(self, register: Register) -> None:
        book = Retyped(register, titles=[*TITLES, *(f"Căn cứ {n}" for n in range(120))])
        sheet = book.first_sheet()
        heading = (*PLAIN[:4], "Thực hiện tháng 3", *PLAIN[5:])
        book.table(sheet, book.own_rows(), heading=(heading,), merges=(), top=130)
        content = sorted_rows(register, book)[0]
        assert [row.quarter.address for row in content.indicator_rows] == ["", ""]

    def test_numbers_of_columns_under_the_heading(self, register: Register) -> None:
        book, sheet = book_with(register)
        numbers = ["A", "B", "C", 1, 2, 3, 4, 5, "6"]
        book.table(sheet, [numbers, *book.own_rows()])
        found = outcome(register, book.saved())
        assert values(found) == {REVENUE: (Decimal(18654), "F8"), SPENDING: (Decimal(5527), "F9")}
        assert told(found) == {}

    def test_estimates_by_the_heading(self, register: Register) -> None:
        heading = ((*PLAIN[:4], "Ước thực hiện quý I", "Ước thực hiện 3 tháng"),)
        book, sheet = book_with(register)
        book.table(sheet, [row[:6] for row in book.own_rows()], heading=heading, merges=())
        found = outcome(register, book.saved())
        assert values(found) == {REVENUE: (Decimal(18654), "F6"), SPENDING: (Decimal(5527), "F7")}
        assert {o.kind for o in found.observations} == {"estimate"}

    def test_half_an_estimate_is_asked_for(self, register: Register) -> None:
        heading = ((*PLAIN[:4], "Thực hiện quý I", "Ước thực hiện 3 tháng"),)
        book, sheet = book_with(register)
        book.table(sheet, [row[:6] for row in book.own_rows()], heading=heading, merges=())
        assert "kind-given" in told(outcome(register, book.saved()))


class TestRows:
    """What stands in the rows."""

    def test_names_with_bullets_footnotes_and_lines(self, register: Register) -> None:
        def retype(place: Place) -> None:
            place.cell(1, 2).value = "1. Tổng thu ngân sách nhà nước\ntrên địa bàn (1)"
            place.cell(2, 2).value = "- Tổng chi cân đối ngân sách địa phương*:"

        found = outcome(register, simple(register, retype))
        assert values(found) == BOTH
        assert told(found) == {}

    def test_a_name_that_is_only_alike_is_not_taken(self, register: Register) -> None:
        def retype(place: Place) -> None:
            place.cell(2, 2).value = "Tổng chi ngân sách địa phương"

        found = outcome(register, simple(register, retype))
        assert found.verdict == "rejected"
        assert told(found)["not-read"] == (
            "E8: Tổng chi ngân sách địa phương 5.527; F8: Tổng chi ngân sách địa phương 5.527"
        )
        assert "indicator-present" in told(found)

    def test_codes_instead_of_names(self, register: Register) -> None:
        heading = (("Mã chỉ tiêu", *PLAIN[1:]),)
        book, sheet = book_with(register)
        rows = [[code, *row[1:]] for code, row in zip((REVENUE, SPENDING), book.own_rows(), strict=True)]
        book.table(sheet, rows, heading=heading, merges=())
        assert values(outcome(register, book.saved())) == {
            REVENUE: (Decimal(18654), "F6"),
            SPENDING: (Decimal(5527), "F7"),
        }

    def test_remarks_and_signatures_below(self, register: Register) -> None:
        def sign(place: Place) -> None:
            below = place.top + place.rows
            place.sheet.cell(below + 1, 2, "Ghi chú: số thu chưa gồm 1.250 tỷ đồng ghi thu")
            place.sheet.cell(below + 3, 6, "Bình Dương, ngày 14 tháng 3 năm 2023")
            place.sheet.cell(below + 4, 2, "Người lập biểu")
            place.sheet.cell(below + 4, 6, "KT. GIÁM ĐỐC")
            place.sheet.cell(below + 8, 6, "Nguyễn Thị Hồng")

        found = outcome(register, simple(register, sign))
        assert values(found) == BOTH
        assert told(found) == {"not-read": "B10: Ghi chú: số thu chưa gồm 1.250 tỷ đồng ghi thu"}

    def test_a_column_of_the_senders_own(self, register: Register) -> None:
        def add(place: Place) -> None:
            place.sheet.cell(place.top - 2, 10, "Số thuế còn nợ")
            place.sheet.cell(place.top, 10, 4321)

        found = outcome(register, simple(register, add))
        assert values(found) == BOTH
        assert told(found) == {"not-read": "J7: 4.321"}

    def test_last_years_figures_are_a_known_column(self, register: Register) -> None:
        def add(place: Place) -> None:
            place.sheet.cell(place.top - 2, 10, "Cùng kỳ năm 2022")
            place.sheet.cell(place.top, 10, 17000)

        assert told(outcome(register, simple(register, add))) == {}

    def test_foreign_rows_with_figures_are_kept_aside_and_told(self, register: Register) -> None:
        book, sheet = book_with(register)
        foreign = Retyped(register, agency=TRADE).own_rows()[2]
        book.table(sheet, [*book.own_rows(), foreign])
        found = outcome(register, book.saved())
        assert found.verdict == "accepted_with_warnings"
        assert "indicator-entitled" in told(found)
        assert {o.indicator for o in found.observations} <= {i.code for i in register.indicators_of(FINANCE)}

    def test_tasks_by_their_titles(self, register: Register) -> None:
        found = outcome(register, simple(register))
        assert [t.task_ref for t in found.tasks] == [t.ref for t in register.tasks_of(FINANCE)]

    def test_sub_rows_under_the_group_row(self, register: Register) -> None:
        agency, titles = "so-thong-tin-va-truyen-thong", ("SỞ THÔNG TIN VÀ TRUYỀN THÔNG", TITLES[1])
        book, sheet = book_with(register, agency=agency, titles=titles)
        place = book.table(sheet, book.annex_rows())
        cells = {place.cell(r, 2).value: place.cell(r, 6).coordinate for r in range(1, place.rows + 1)}
        found = outcome(register, book.saved(), agency)
        assert values(found)["thue-bao-di-dong"] == (Decimal(3610000), cells["- Di động"])
        assert values(found)["thue-bao-co-dinh"] == (Decimal(67450), cells["- Cố định"])


class TestUnits:
    """Units stated once for a table, converted only because they are stated."""

    @pytest.mark.parametrize(
        ("line", "revenue", "spending"),
        [
            ("Đơn vị tính: tỷ đồng", 18654, 5527),
            ("(ĐVT: tỉ đồng)", 18654, 5527),
            ("Đơn vị: triệu đồng", 18654000, 5527000),
            ("Đơn vị tính: Nghìn đồng", 18654000000, "5.527.000.000"),
        ],
    )
    def test_a_line_above_the_table(self, register: Register, line: str, revenue: object, spending: object) -> None:
        def state(place: Place) -> None:
            place.sheet.cell(place.top - 3, 8, line)
            for row, value in ((1, revenue), (2, spending)):
                place.cell(row, 3).value = None
                place.cell(row, 5).value = place.cell(row, 6).value = value

        found = outcome(register, simple(register, state))
        assert values(found) == BOTH, told(found)
        converted = "tỷ" not in line and "tỉ" not in line
        assert ("number-understood" in told(found)) == converted

    def test_a_unit_in_the_heading(self, register: Register) -> None:
        heading = (("TT", "Chỉ tiêu", "Trong quý (triệu đồng)", "Lũy kế (triệu đồng)", "Loại số liệu", "Đến ngày"),)
        rows = [[row[0], row[1], row[4] * 1000, row[5] * 1000, *row[6:8]] for row in Retyped(register).own_rows()]
        book, sheet = book_with(register)
        book.table(sheet, rows, heading=heading, merges=())
        assert values(outcome(register, book.saved())) == {
            REVENUE: (Decimal(18654), "D6"),
            SPENDING: (Decimal(5527), "D7"),
        }

    def test_the_unit_column_of_a_retyped_table(self, register: Register) -> None:
        """1,8 tỷ USD in a column of figures whose unit is told beside: 1.800 triệu USD, told to the sender."""

        def retype(place: Place) -> None:
            place.cell(1, 3).value = "Tỷ USD"
            place.cell(1, 5).value = place.cell(1, 6).value = 0.45

        found = outcome(register, simple(register, retype, agency=INVESTMENT, titles=("SKHĐT", TITLES[1])), INVESTMENT)
        assert values(found)["thu-hut-fdi"] == (Decimal(450), "F7")
        assert "number-understood" in told(found)

    def test_two_units_are_asked_for(self, register: Register) -> None:
        heading = (("TT", "Chỉ tiêu", "Trong quý (triệu đồng)", "Lũy kế (tỷ đồng)", "Loại số liệu", "Đến ngày"),)
        rows = [[row[0], row[1], row[4], row[5], *row[6:8]] for row in Retyped(register).own_rows()]
        book, sheet = book_with(register)
        book.table(sheet, rows, heading=heading, merges=())
        found = outcome(register, book.saved())
        assert (found.verdict, "number-readable" in told(found)) == ("rejected", True)

    @pytest.mark.parametrize(("unit", "is_taken"), [("96o", True), ("%o", True), ("phần nghìn", True), ("%", False)])
    def test_per_mille_in_all_spellings_but_never_per_cent(self, register: Register, unit: str, is_taken: bool) -> None:
        def retype(place: Place) -> None:
            for row in range(1, place.rows + 1):
                if place.cell(row, 2).value == "Tỷ lệ tử vong trẻ em dưới 5 tuổi":
                    place.cell(row, 3).value = unit

        found = outcome(register, simple(register, retype, agency=HEALTH, titles=("SỞ Y TẾ", TITLES[1])), HEALTH)
        assert ("unit-unchanged" not in told(found)) == is_taken
        assert (found.verdict == "accepted_with_warnings") == is_taken


class TestRounds:
    """Files of several periods in one batch."""

    def test_a_retyped_later_period_is_checked_after_the_earlier_one(self, register: Register) -> None:
        first = BatchFile(1, "q1.xlsx", FINANCE, read_workbook(simple(register)))
        second = BatchFile(2, "q2.xlsx", FINANCE, read_workbook(_second_quarter(register)))
        template = BatchFile(3, "bc.xlsx", FINANCE, read_workbook(filled_workbook(register, FINANCE, Period(2023, 1))))
        keys = [body_and_period(register, file) for file in (first, second, template)]
        assert keys == [(FINANCE, "2023-Q1"), (FINANCE, "2023-Q2"), (FINANCE, "2023-Q1")]


class TestLimits:
    """Sheets that cost more than a report may."""

    @pytest.mark.slow
    def test_a_large_sheet_of_texts_is_searched_quickly(self, register: Register) -> None:
        rows = [[f"Chỉ tiêu số {row}.{column}" for column in range(80)] for row in range(5000)]
        began = time.process_time()
        found = FoundContent({}, [], [])
        read_retyped_rows(Sheet("a", rows), TABLES, found)
        assert found.rows == {}
        assert time.process_time() - began < 15

    def test_ranges_over_each_other(self) -> None:
        sheet = Sheet("a", [["x"] * 100 for _ in range(1000)], merged=(((0, 0), (999, 99)),) * 20)
        with pytest.raises(UnreadableError, match="merged ranges"):
            read_retyped_rows(sheet, TABLES, FoundContent({}, [], []))


class TestHidden:
    """Nothing is read from where nobody sees it without being told."""

    def test_rows_columns_and_sheets(self, register: Register) -> None:
        def hide(place: Place) -> None:
            place.sheet.row_dimensions[place.top + 1].hidden = True
            place.sheet.column_dimensions["F"].hidden = True
            draft = place.sheet.parent.create_sheet("Nháp")  # type: ignore[union-attr]
            draft["A1"] = 5
            draft.sheet_state = "hidden"

        found = outcome(register, simple(register, hide))
        assert values(found) == BOTH
        hidden = {f.sheet: f.found for f in found.findings if f.rule == "hidden-content"}
        assert hidden == {"Sheet1": "dòng 8; cột F", "Nháp": "cả trang"}
        assert [f.sheet for f in found.findings if f.rule == "sheet-not-read"] == ["Nháp"]

    def test_an_extra_sheet_of_a_template(self, register: Register) -> None:
        data = filled_workbook(register, FINANCE, Period(2023, 1))
        workbook = load_workbook(io.BytesIO(data))
        workbook.create_sheet("Tính toán")["B2"] = 17
        buffer = io.BytesIO()
        workbook.save(buffer)
        found = outcome(register, buffer.getvalue())
        assert found.verdict == "accepted"
        assert [(f.rule, f.sheet) for f in found.findings] == [("sheet-not-read", "Tính toán")]

    def test_figures_below_the_table_of_a_template(self, register: Register) -> None:
        def add(workbook: Any) -> None:
            workbook["Chỉ tiêu"]["B30"] = "Cộng"
            workbook["Chỉ tiêu"]["C31"] = 24181

        found = outcome(register, filled_workbook(register, FINANCE, Period(2023, 1), add))
        assert (found.verdict, told(found)) == ("accepted_with_warnings", {"not-read": "C31: 24.181"})


def _second_quarter(register: Register) -> bytes:
    return simple(register, titles=("SỞ TÀI CHÍNH", "Báo cáo 6 tháng đầu năm 2023"), quarter=2)


def _table(register: Register, merges: tuple[str, ...] = HEADING_MERGES) -> bytes:
    book = Retyped(register)
    book.table(book.first_sheet(), book.own_rows(), heading=HEADING, merges=merges)
    book.tasks()
    return book.saved()
