"""Inputs 1-9, 14, 15, 20, 21 and 30 of docs/bad-inputs.md: figures as departments type them.

Each is a real workbook, read and judged as ``tiendo check --json`` does.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from fixtures.pipeline import Pipeline
from fixtures.workbooks import filled_workbook, put, row_of
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.reading.columns import INDICATORS

Q1, Q2, Q4 = Period(2023, 1), Period(2023, 2), Period(2023, 4)
KHDT, CONGTHUONG, TAICHINH, YTE, TTTT = (
    "so-ke-hoach-va-dau-tu", "so-cong-thuong", "so-tai-chinh", "so-y-te", "so-thong-tin-va-truyen-thong",
)  # fmt: skip
FDI, REVENUE, IIP, EXPORTS, UNDER_FIVE = (
    "thu-hut-fdi", "thu-ngan-sach", "iip", "tang-xuat-khau", "tu-vong-duoi-5-tuoi",
)  # fmt: skip
Accept = ("accepted", "accepted_with_warnings")


class Answer:
    """What is said of one workbook."""

    def __init__(self, document: dict[str, Any], cells: dict[str, str]) -> None:
        self.verdict: str = document["verdict"]
        self.cells = cells
        # Where a row's two cells are both wrong, the rule is kept for the cumulative one, told first or last.
        told = sorted(document["findings"], key=lambda finding: finding["cell"] != cells.get("year_to_date"))
        self.findings: dict[str, dict[str, str]] = {}
        for finding in told:
            self.findings.setdefault(finding["rule"], finding)
        self.observations = {(o["indicator"], o["basis"]): o for o in document["observations"]}

    def value(self, indicator: str, basis: str = "year_to_date") -> Decimal | None:
        value: Decimal | None = self.observations[indicator, basis]["value"]
        return value

    def assert_asked(self, rule: str, field: str, *said: str) -> None:
        """Refused, at the very cell, and what was probably meant is named."""
        assert self.verdict == "rejected"
        assert list(self.findings) == [rule], self.findings
        finding = self.findings[rule]
        assert finding["cell"] == self.cells[field]
        for words in said:
            assert words in finding["message"] + finding["expected"] + finding["fix"], finding


Check = Callable[..., Answer]


@pytest.fixture
def check(pipeline: Pipeline, register: Register, tmp_path: Path) -> Check:
    """Types cells into one indicator's row of a body's workbook and has it checked."""

    def check_one(body: str, indicator: str, period: Period = Q1, number_format: str = "", **typed: object) -> Answer:
        cells: dict[str, str] = {}

        def edit(workbook: Workbook) -> None:
            for field, value in typed.items():
                cells[field] = put(workbook, INDICATORS, indicator, field, value)
                if number_format:
                    workbook[INDICATORS.sheet][cells[field]].number_format = number_format

        path = tmp_path / "bao-cao.xlsx"
        path.write_bytes(filled_workbook(register, body, period, edit))
        return Answer(pipeline.check(path, body), cells)

    return check_one


def both(value: object) -> dict[str, object]:
    return {"quarter": value, "year_to_date": value}


def test_input_01_amount_with_a_dot_in_a_text_cell(check: Check, pipeline: Pipeline) -> None:
    pipeline.today(2023, 12, 14, 12)
    answer = check(TAICHINH, REVENUE, Q4, year_to_date="74.617")
    assert answer.verdict == "accepted"
    assert answer.value(REVENUE) == 74617


def test_input_02_the_same_amount_in_a_number_cell(check: Check, pipeline: Pipeline) -> None:
    """Stored as 74.617 by an English Excel: never multiplied silently."""
    pipeline.today(2023, 12, 14, 12)
    answer = check(TAICHINH, REVENUE, Q4, year_to_date=74.617)
    answer.assert_asked("value-magnitude", "year_to_date", "có thể là 74.617 Tỷ đồng")
    assert answer.findings["value-magnitude"]["found"] == "74,617"


@pytest.mark.parametrize(("typed", "value"), [("8,7", "8.7"), ("8.7", "8.7"), (11.00, "11")])
def test_input_03_decimals_of_either_kind(check: Check, typed: object, value: str) -> None:
    answer = check(CONGTHUONG, IIP, year_to_date=typed)
    assert answer.verdict == "accepted"
    assert answer.value(IIP) == Decimal(value)
    assert ("number-understood" in answer.findings) == (typed == "8.7")


def test_input_03_three_decimals_or_thousands(check: Check) -> None:
    check(CONGTHUONG, IIP, year_to_date="1.234").assert_asked(
        "number-separator-unclear", "year_to_date", "1,234 hoặc 1.234"
    )


def test_input_04_a_range_that_excel_made_a_date(check: Check) -> None:
    answer = check(CONGTHUONG, EXPORTS, number_format="d-mmm", year_to_date=date(2023, 10, 9))
    answer.assert_asked("number-is-date", "year_to_date", "tự đổi giá trị vừa nhập thành ngày", "“9 - 10”")


def test_input_04_a_fraction_that_excel_made_a_date(check: Check) -> None:
    answer = check(CONGTHUONG, EXPORTS, number_format="d-mmm", year_to_date=date(2023, 2, 1))
    answer.assert_asked("number-is-date", "year_to_date", "“1 - 2” hoặc “1/2”")


def test_input_04_a_number_in_a_cell_formatted_as_a_date(check: Check) -> None:
    """437 shown as 12/03/1901."""
    answer = check(KHDT, FDI, number_format="dd/mm/yyyy", year_to_date=437)
    assert answer.value(FDI) == 437
    assert answer.findings["number-understood"]["cell"] == answer.cells["year_to_date"]
    assert "định dạng ngày tháng" in answer.findings["number-understood"]["message"]


def test_input_05_a_cell_formatted_as_percent(check: Check) -> None:
    answer = check(CONGTHUONG, IIP, number_format="0.0%", year_to_date=0.087)
    assert answer.verdict == "accepted"
    assert answer.value(IIP) == Decimal("8.7")


def test_input_05_a_plain_fraction_for_percent(check: Check) -> None:
    check(CONGTHUONG, IIP, year_to_date=0.087).assert_asked(
        "value-fraction-for-percent", "year_to_date", "có thể là 8,7 %"
    )


@pytest.mark.parametrize("typed", ["giảm 18,7%", "(18,7)", "-18,7", "\u201318,7", "âm 18,7", -18.7])
def test_input_06_a_fall_in_all_its_spellings(check: Check, typed: object) -> None:
    answer = check(CONGTHUONG, EXPORTS, year_to_date=typed)
    assert answer.verdict == "accepted"
    assert answer.value(EXPORTS) == Decimal("-18.7")


def test_input_06_a_fall_said_twice(check: Check) -> None:
    check(CONGTHUONG, EXPORTS, year_to_date="giảm -18,7%").assert_asked(
        "number-double-negative", "year_to_date", "-18,7 hoặc 18,7"
    )


def test_input_06_a_sign_lost_beside_the_word(check: Check) -> None:
    answer = check(CONGTHUONG, EXPORTS, year_to_date=18.7, explanation="Kim ngạch giảm 18,7% do thiếu đơn hàng")
    assert answer.verdict == "rejected"
    finding = answer.findings["sign-lost"]
    assert (finding["cell"], finding["found"]) == (answer.cells["year_to_date"], "18,7")
    assert "có thể là -18,7 %" in finding["expected"]


@pytest.mark.parametrize("typed", ["> 8,7", "≥ 8,7"])
def test_input_07_a_bound_is_no_exact_result(check: Check, typed: str) -> None:
    answer = check(CONGTHUONG, IIP, year_to_date=typed)
    assert answer.verdict == "accepted_with_warnings"
    assert answer.findings["value-exact"]["cell"] == answer.cells["year_to_date"]
    figure = answer.observations[IIP, "year_to_date"]
    assert (figure["value"], figure["is_approximate"]) == (Decimal("8.7"), True)


@pytest.mark.parametrize(
    ("body", "indicator", "typed", "value", "is_approximate"),
    [
        (YTE, "ty-le-bhyt", "trên 92%", 92, True),
        (KHDT, "doanh-nghiep-dang-hoat-dong", "khoảng 60.000", 60000, True),
        (KHDT, "doanh-nghiep-dang-hoat-dong", "gần 65.600", 65600, True),
        (TAICHINH, REVENUE, "ước 18.654", 18654, False),
    ],
)
def test_input_07_words_before_a_result(
    check: Check, body: str, indicator: str, typed: str, *, value: int, is_approximate: bool
) -> None:
    answer = check(body, indicator, year_to_date=typed)
    assert answer.verdict in Accept
    figure = answer.observations[indicator, "year_to_date"]
    assert (figure["value"], figure["is_approximate"]) == (value, is_approximate)
    assert figure["kind"] == "estimate"


def test_input_08_a_unit_stated_in_the_cell_is_converted(check: Check) -> None:
    answer = check(KHDT, FDI, quarter="450 triệu USD", year_to_date="0,45 tỷ USD")
    assert answer.verdict == "accepted"
    assert answer.value(FDI) == 450
    assert answer.findings["number-understood"]["expected"] == "450 Triệu USD"


@pytest.mark.parametrize(
    ("body", "indicator", "typed", "scale", "meant"),
    [
        (TAICHINH, REVENUE, 17_300_000, "triệu đồng", "17.300 Tỷ đồng"),
        (TAICHINH, REVENUE, 17_300_000_000, "nghìn đồng", "17.300 Tỷ đồng"),
        (TAICHINH, REVENUE, 17_300_000_000_000, "đồng", "17.300 Tỷ đồng"),
        (KHDT, FDI, 0.437, "tỷ USD", "437 Triệu USD"),
        (KHDT, FDI, 437_000, "nghìn USD", "437 Triệu USD"),
    ],
)
def test_input_08_a_unit_that_is_not_stated_is_asked_for(
    check: Check, body: str, indicator: str, typed: float, *, scale: str, meant: str
) -> None:
    answer = check(body, indicator, **both(typed))
    answer.assert_asked("value-unit-scale", "year_to_date", f"theo {scale} trong khi", f"có thể là {meant}")


@pytest.mark.parametrize("typed", ["4,9 96o", "4,9 %o", "4,9 %0", "4,9 phần nghìn", "4,9‰", 4.9])
def test_input_09_per_mille_in_all_its_spellings(check: Check, typed: object) -> None:
    answer = check(YTE, UNDER_FIVE, year_to_date=typed)
    assert answer.verdict == "accepted"
    assert answer.value(UNDER_FIVE) == Decimal("4.9")


def test_input_09_percent_where_per_mille_is_wanted(check: Check) -> None:
    answer = check(YTE, UNDER_FIVE, year_to_date="0,49%")
    answer.assert_asked("number-percent-other-unit", "year_to_date", "4,9 ‰", "0,49 ‰")


def test_input_09_ten_times_too_large_for_per_mille(check: Check) -> None:
    check(YTE, UNDER_FIVE, year_to_date=49).assert_asked(
        "value-percent-for-per-mille", "year_to_date", "có thể là 4,9 ‰"
    )


class TestInput14And15:
    """FDI: 437 in the first quarter, 967,3 by the half-year, so 530,3 in the second quarter."""

    @pytest.fixture(autouse=True)
    def first_quarter(self, pipeline: Pipeline, register: Register) -> None:
        def edit(workbook: Workbook) -> None:
            for field in ("quarter", "year_to_date"):
                put(workbook, INDICATORS, FDI, field, 437)

        assert pipeline.send(KHDT, filled_workbook(register, KHDT, Q1, edit)) == "accepted"
        pipeline.today(2023, 6, 14, 12)

    def test_input_14_right(self, check: Check) -> None:
        answer = check(KHDT, FDI, Q2, quarter="530,3", year_to_date="967,3")
        assert answer.verdict == "accepted"
        assert (answer.value(FDI), answer.value(FDI, "quarter")) == (Decimal("967.3"), Decimal("530.3"))

    @pytest.mark.parametrize(
        ("rule", "field", "quarter", "year_to_date"),
        [
            ("cumulative-is-quarter", "year_to_date", 530.3, 530.3),
            ("quarter-is-cumulative", "quarter", 967.3, 967.3),
            ("quarter-cumulative-swapped", "year_to_date", 967.3, 530.3),
        ],
    )
    def test_input_14_one_in_place_of_the_other(
        self, check: Check, rule: str, field: str, quarter: float, year_to_date: float
    ) -> None:
        answer = check(KHDT, FDI, Q2, quarter=quarter, year_to_date=year_to_date)
        answer.assert_asked(rule, field, "Trong quý 530,3; lũy kế 967,3", "437")

    def test_input_14_the_quarter_alone_is_taken_when_confirmed(self, check: Check) -> None:
        told = check(KHDT, FDI, Q2, **both(530.3), explanation="Quý I tính lại còn 0")
        told.assert_asked("cumulative-is-quarter", "year_to_date", "“Xác nhận 530,3 triệu USD”")
        answer = check(KHDT, FDI, Q2, **both(530.3), explanation="Xác nhận 530,3 triệu USD")
        assert answer.verdict == "accepted_with_warnings"
        assert list(answer.findings) == ["suspicion-explained"]

    def test_input_15_a_cumulative_figure_that_falls(self, check: Check) -> None:
        answer = check(KHDT, FDI, Q2, quarter=50, year_to_date=430, explanation="Điều chỉnh giảm")
        answer.assert_asked("cumulative-not-falling", "year_to_date", "437", "Sửa số kỳ trước")

    def test_input_17_one_figure_of_last_quarter_again(self, check: Check) -> None:
        answer = check(KHDT, FDI, Q2, quarter=530.3, year_to_date=437)
        assert answer.verdict == "accepted_with_warnings"
        assert list(answer.findings) == ["figure-repeated"]
        assert "967,3" in answer.findings["figure-repeated"]["expected"]


@pytest.mark.parametrize(
    ("typed", "verdict", "kind", "rule"),
    [
        ("-", "accepted", "no_occurrence", None),
        ("x", "accepted", "not_applicable", None),
        ("…", "accepted_with_warnings", "not_available", "promised-date-given"),
        ("chưa có số liệu", "accepted_with_warnings", "not_available", "promised-date-given"),
        ("chưa có số liệu, dự kiến 20/4/2023", "accepted", "not_available", None),
        (0, "accepted_with_warnings", "value", "stock-not-zero"),
        (None, "rejected", None, "figure-answered"),
        ("#N/A", "rejected", None, "number-error-cell"),
        ("#REF!", "rejected", None, "number-error-cell"),
    ],
)
def test_input_20_kinds_of_nothing(
    check: Check, typed: object, *, verdict: str, kind: str | None, rule: str | None
) -> None:
    answer = check(TTTT, "thue-bao-co-dinh", year_to_date=typed)
    assert answer.verdict == verdict
    assert list(answer.findings) == ([rule] if rule else [])
    if rule:
        assert answer.findings[rule]["cell"] == answer.cells["year_to_date"]
    if kind:
        assert answer.observations["thue-bao-co-dinh", "year_to_date"]["answer"] == kind


def test_input_21_a_yearly_indicator_is_kept_and_not_graded(pipeline: Pipeline, register: Register) -> None:
    body = "so-khoa-hoc-va-cong-nghe"

    def edit(workbook: Workbook) -> None:
        for field, value in (("year_to_date", 41.2), ("kind", "Ước thực hiện"), ("data_on", "28/02/2023")):
            put(workbook, INDICATORS, "tfp", field, value)

    assert pipeline.send(body, filled_workbook(register, body, Q1, edit)) == "accepted"
    assert pipeline.findings()["figure-not-due"]["found"] == "41,2"
    assert pipeline.status("tfp", "2023-Q1")["status"] == "not_yet_published"


def test_input_30_a_changed_target_is_told_and_the_plans_stays(check: Check) -> None:
    answer = check(TAICHINH, REVENUE, target="73.000")
    assert answer.verdict == "accepted_with_warnings"
    finding = answer.findings["target-unchanged"]
    assert (finding["cell"], finding["found"], finding["expected"]) == (answer.cells["target"], "73.000", "74.617")


def _check_edited(pipeline: Pipeline, register: Register, path: Path, edit: Callable[[Workbook], None]) -> Answer:
    path.write_bytes(filled_workbook(register, TAICHINH, Q1, edit))
    return Answer(pipeline.check(path, TAICHINH), {})


@pytest.mark.parametrize(
    ("code", "name", "rule"),
    [
        (IIP, "Chỉ số sản xuất công nghiệp (IIP) tăng", "indicator-entitled"),
        ("tu-them", "Chỉ tiêu tự thêm", "indicator-extra"),
    ],
)
def test_input_30_a_foreign_or_added_row_is_kept_aside(
    pipeline: Pipeline, register: Register, tmp_path: Path, *, code: str, name: str, rule: str
) -> None:
    def edit(workbook: Workbook) -> None:
        sheet = workbook[INDICATORS.sheet]
        row = row_of(sheet, "chi-can-doi-ngan-sach") + 1
        for column, value in ((1, code), (2, name), (INDICATORS.position("year_to_date"), 5)):
            sheet.cell(row, column).value = value

    answer = _check_edited(pipeline, register, tmp_path / "bc.xlsx", edit)
    assert answer.verdict == "accepted_with_warnings"
    assert answer.findings[rule]["cell"].startswith("A")
    assert {indicator for indicator, _ in answer.observations} == {REVENUE, "chi-can-doi-ngan-sach"}


def test_input_30_a_row_deleted_is_named(pipeline: Pipeline, register: Register, tmp_path: Path) -> None:
    def edit(workbook: Workbook) -> None:
        sheet = workbook[INDICATORS.sheet]
        sheet.delete_rows(row_of(sheet, "chi-can-doi-ngan-sach"))

    answer = _check_edited(pipeline, register, tmp_path / "bc.xlsx", edit)
    assert answer.verdict == "rejected"
    assert answer.findings["indicator-present"]["expected"] == "Tổng chi cân đối ngân sách địa phương"


def test_a_target_typed_as_the_result(check: Check) -> None:
    check(KHDT, FDI, **both(1800)).assert_asked("target-as-result", "year_to_date", "kế hoạch năm 1.800")


@pytest.mark.parametrize(("typed", "meant"), [(4500, "450"), (45_000, "450")])
def test_ten_and_a_hundred_times_too_large(check: Check, typed: int, meant: str) -> None:
    check(KHDT, FDI, **both(typed)).assert_asked("value-magnitude", "year_to_date", f"có thể là {meant} Triệu USD")


def test_a_tenth_of_what_is_expected_is_loaded_and_asked_about(check: Check) -> None:
    answer = check(KHDT, FDI, **both(45))
    assert answer.verdict == "accepted_with_warnings"
    assert "có thể là 450 Triệu USD" in answer.findings["value-doubtful"]["expected"]


def test_two_rows_exchanged(pipeline: Pipeline, register: Register, tmp_path: Path) -> None:
    """62.474 enterprises beside FDI, and 450 million USD beside the enterprises."""

    def edit(workbook: Workbook) -> None:
        put(workbook, INDICATORS, FDI, "year_to_date", 62474)
        put(workbook, INDICATORS, FDI, "quarter", None)
        put(workbook, INDICATORS, "doanh-nghiep-dang-hoat-dong", "year_to_date", 450)

    path = tmp_path / "bc.xlsx"
    path.write_bytes(filled_workbook(register, KHDT, Q1, edit))
    document = pipeline.check(path, KHDT)
    assert document["verdict"] == "rejected"
    told = {f["cell"]: f for f in document["findings"] if f["rule"] == "figure-of-another-row"}
    assert {f["rule"] for f in document["findings"]} <= {"figure-of-another-row", "quarter-given"}
    assert len(told) == 2
    assert any("có thể là 450 Triệu USD" in f["expected"] for f in told.values())
    assert any("có thể là 62.474 Doanh nghiệp" in f["expected"] for f in told.values())
