"""Workbooks of plans that are not reported by quarters: what is printed and read back, how mistakes are answered."""

import io
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from fixtures.period_kinds import by_kind
from fixtures.submissions import known_figure, plausible_value, quarters_by
from fixtures.workbooks import Edit, filled_workbook, put, put_correction
from tiendo.clock import HANOI
from tiendo.feedback.receipt import Receipt, write_answers
from tiendo.feedback.template import build_template, write_templates
from tiendo.model.content import SHEET_CORRECTIONS, SHEET_GUIDE, SHEET_INDICATORS
from tiendo.model.outcome import FileOutcome, LastReported
from tiendo.model.period import Period, PeriodKind
from tiendo.model.register import Nature, Register
from tiendo.reading.columns import INDICATORS, kinds_named, months_named, years_named
from tiendo.reading.reader import read_workbook
from tiendo.settings import Settings
from tiendo.validation.check import BatchFile, KnownFigure, check_batch

KHDT, FDI, NEW = "so-ke-hoach-va-dau-tu", "thu-hut-fdi", "doanh-nghiep-thanh-lap-moi"
M4, H1, H2, YTD9, Y = map(Period.parse, ("2023-M04", "2023-H1", "2023-H2", "2023-YTD09", "2023"))


def known_before(plan: Register, period: Period, agency: str = KHDT) -> list[KnownFigure]:
    """What a careful body reported for the period before, both figures of sums."""
    if period.is_first:
        return []
    before = period.previous
    found = []
    for indicator in plan.indicators_of(agency):
        value = plausible_value(indicator, quarters_by(before))
        found.append(known_figure(indicator.code, agency, str(before), value))
        if indicator.nature is Nature.FLOW:
            part = value - (0 if before.begins_year else plausible_value(indicator, quarters_by(before.previous)))
            found.append(known_figure(indicator.code, agency, str(before), part, "quarter"))
    return found


def answered(
    register: Register,
    period: Period,
    edit: Edit | None = None,
    *,
    name: str = "bao cao.xlsx",
    history: Iterable[KnownFigure] | None = None,
    today: date | None = None,
) -> FileOutcome:
    plan = by_kind(register, period.kind)
    known = known_before(plan, period) if history is None else history
    file = BatchFile(1, name, KHDT, read_workbook(filled_workbook(plan, KHDT, period, edit)))
    return check_batch(plan, [file], known, today=today or plan.calendar_by_period[period].cut_off_on)[0]


def told(found: FileOutcome) -> list[str]:
    return [f"{f.rule}: {f.message} {f.found} {f.expected} {f.fix}" for f in found.findings]


def figures(found: FileOutcome, code: str) -> dict[str, Decimal | None]:
    return {o.basis: o.value for o in found.observations if o.indicator == code and not o.is_correction}


@pytest.mark.parametrize(
    ("period", "quarter", "total"),
    [(M4, 150, 600), (Period.parse("2023-M01"), 150, 150), (Period.parse("2023-M12"), 150, 1800), (H1, 900, 900),
     (H2, 900, 1800), (YTD9, 1350, 1350), (Y, 1800, 1800)],
)  # fmt: skip
def test_a_filled_workbook_is_accepted(register: Register, period: Period, quarter: int, total: int) -> None:
    found = answered(register, period, name=f"{period}_{KHDT}.xlsx")
    assert (found.verdict, told(found)) == ("accepted", [])
    assert (found.agency, found.period) == (KHDT, str(period))
    assert figures(found, FDI) == {"quarter": quarter, "year_to_date": total}


def test_the_file_bears_the_code_of_the_period(register: Register, tmp_path: Path) -> None:
    for period in (M4, H2, YTD9, Y):
        (path,) = write_templates(by_kind(register, period.kind), period, tmp_path, ["so-y-te"])
        assert path.name == f"{period}_so-y-te.xlsx"


def texts_of(workbook: Workbook) -> str:
    cells = [str(c.value) for s in workbook for row in s.iter_rows() for c in row if c.value is not None]
    rules = [
        text
        for sheet in workbook
        for rule in sheet.data_validations.dataValidation
        for text in (rule.prompt, rule.promptTitle, rule.error)
        if text
    ]
    return "\n".join([*cells, *rules])


@pytest.mark.parametrize(
    ("period", "headings", "words"),
    [
        (
            M4,
            ("Thực hiện trong tháng", "Đã báo cáo trong tháng"),
            [
                "Kỳ báo cáo: tháng 4 năm 2023",
                "Số thực hiện riêng tháng 4 năm 2023, không cộng các tháng trước.",
                "Lũy kế từ đầu năm: kỳ trước cộng trong tháng.",
                "(lũy kế khác kỳ trước cộng trong tháng, hoặc ngoài khoảng 0 - 100)",
                "nhập cả số thực hiện trong tháng và số lũy kế từ đầu năm.",
                "Chỉ dùng khi cần thay số đã báo cáo của tháng trước",
                "Số đúng trong tháng",
                "Tháng 1/2023",
                "Tháng 3/2023",
            ],
        ),
        (
            H2,
            ("Thực hiện trong kỳ", "Đã báo cáo trong kỳ"),
            [
                "Kỳ báo cáo: 6 tháng cuối năm 2023",
                "Số thực hiện riêng 6 tháng cuối năm 2023, không cộng các kỳ trước.",
                "6 tháng đầu năm 2023",
            ],
        ),
        (
            H1,
            ("Thực hiện trong kỳ", "Đã báo cáo trong kỳ"),
            ["Kỳ báo cáo: 6 tháng đầu năm 2023", "6 tháng đầu năm: bằng số trong kỳ."],
        ),
        (
            YTD9,
            ("Thực hiện trong kỳ", "Đã báo cáo trong kỳ"),
            [
                "Số thực hiện 9 tháng đầu năm 2023, tính từ đầu năm, bằng số lũy kế; chỉ cần nhập một trong hai ô.",
                "9 tháng đầu năm: bằng số trong kỳ.",
                "số thực hiện trong kỳ cũng là số lũy kế từ đầu năm, nhập vào một trong hai ô hoặc cả hai.",
            ],
        ),
        (
            Y,
            ("Thực hiện trong năm", "Đã báo cáo trong năm"),
            [
                "Kỳ báo cáo: năm 2023",
                "Số thực hiện năm 2023, tính từ đầu năm, bằng số lũy kế; chỉ cần nhập một trong hai ô.",
                "Cả năm: bằng số trong năm.",
                "(lũy kế khác số trong năm, hoặc ngoài khoảng 0 - 100)",
            ],
        ),
    ],
)
def test_the_words_of_a_workbook_fit_the_kind(
    register: Register, period: Period, headings: tuple[str, str], words: list[str]
) -> None:
    plan = by_kind(register, period.kind)
    earlier = {
        (FDI, KHDT, str(each), basis): Decimal(7)
        for each in period.of_year[: period.number - 1]
        for basis in ("quarter", "year_to_date")
    }
    body = plan.agency_by_code[KHDT]
    workbook = load_workbook(io.BytesIO(build_template(plan, period, body, LastReported(earlier=earlier))))
    assert workbook[SHEET_INDICATORS].cell(6, INDICATORS.position("quarter")).value == headings[0]
    assert headings[1] in [cell.value for cell in workbook[SHEET_CORRECTIONS][6]]
    text = texts_of(workbook)
    assert [each for each in words if each not in text] == []
    # "quý" of the plan's own name and tasks aside, nobody is asked for a quarter.
    asked = "\n".join(line for line in text.splitlines() if "số" in line.lower())
    assert re.findall(r"(?:trong|của|các|riêng) quý\b", asked) == []


class TestMistakes:
    def test_nine_months_before_they_are_collected(self, register: Register) -> None:
        found = answered(register, YTD9, today=date(2023, 6, 20))
        assert found.verdict == "rejected"

    def test_another_month_in_the_title_is_asked_about(self, register: Register) -> None:
        def edit(workbook: Workbook) -> None:
            workbook[SHEET_INDICATORS]["A2"] = "KẾT QUẢ THỰC HIỆN CÁC CHỈ TIÊU THÁNG 5 NĂM 2023"

        found = answered(register, M4, edit)
        assert found.verdict == "rejected"
        assert "tháng 4 năm 2023" in told(found)[0]
        assert "tháng 5 năm 2023" in told(found)[0]

    @pytest.mark.parametrize(
        ("period", "typed", "last", "words"),
        [
            (M4, (600, 150), 450, "Trong tháng 600; lũy kế 150 Trong tháng 150; lũy kế 600 (kỳ trước 450)"),
            (H2, (1800, 1100), 700, "Trong kỳ 1.800; lũy kế 1.100 Trong kỳ 1.100; lũy kế 1.800 (kỳ trước 700)"),
        ],
    )
    def test_swapped_cells(
        self, register: Register, period: Period, typed: tuple[int, int], last: int, words: str
    ) -> None:
        message = f"Số {period.kind.in_it} và số lũy kế có thể ghi đổi ô cho nhau."

        def edit(workbook: Workbook) -> None:
            for field, value in zip(("quarter", "year_to_date"), typed, strict=True):
                put(workbook, INDICATORS, FDI, field, value)

        history = [known_figure(FDI, KHDT, str(period.previous), Decimal(last))]
        found = answered(register, period, edit, history=history)
        assert found.verdict == "rejected"
        assert any(f"{message} {words}" in text for text in told(found)), told(found)

    def test_of_several_years_a_month_without_its_year_names_nothing(self, register: Register) -> None:
        def edit(workbook: Workbook) -> None:
            workbook[SHEET_INDICATORS]["A2"] = "KẾT QUẢ THỰC HIỆN CÁC CHỈ TIÊU THÁNG 5"

        plan = replace(by_kind(register, PeriodKind.MONTH), last_year=2025)
        file = BatchFile(1, "bc.xlsx", KHDT, read_workbook(filled_workbook(plan, KHDT, M4, edit)))
        (found,) = check_batch(plan, [file], known_before(plan, M4), today=date(2023, 4, 20))
        assert (found.verdict, found.period) == ("accepted", "2023-M04")

    @pytest.mark.parametrize(
        ("period", "title", "stated"),
        [
            (M4, "QUÝ I NĂM 2023", "trang ẩn của biểu mẫu: tháng 4 năm 2023; tiêu đề (Chỉ tiêu, ô A2): quý I năm 2023"),
            (
                Y,
                "6 THÁNG ĐẦU NĂM 2023",
                "trang ẩn của biểu mẫu: năm 2023; tiêu đề (Chỉ tiêu, ô A2): 6 tháng đầu năm 2023",
            ),
            (H1, "QUÝ II NĂM 2023", "tiêu đề (Chỉ tiêu, ô A2): quý II năm 2023"),
            (YTD9, "THÁNG 9 NĂM 2023", "tiêu đề (Chỉ tiêu, ô A2): tháng 9 năm 2023"),
        ],
    )
    def test_a_title_of_another_length_contradicts(
        self, register: Register, period: Period, title: str, stated: str
    ) -> None:
        def edit(workbook: Workbook) -> None:
            workbook[SHEET_INDICATORS]["A2"] = f"KẾT QUẢ THỰC HIỆN CÁC CHỈ TIÊU {title}"

        found = answered(register, period, edit)
        (text,) = [text for text in told(found) if text.startswith("period-agreed")]
        assert (found.verdict, stated in text) == ("rejected", True), text

    def test_a_missing_month(self, register: Register) -> None:
        found = answered(register, M4, lambda book: put(book, INDICATORS, FDI, "quarter", None))
        (text,) = [text for text in told(found) if text.startswith("quarter-given")]
        assert text.endswith(
            "Có số lũy kế nhưng ô số trong tháng để trống. Lũy kế: 600 Số thực hiện trong tháng "
            "Đề nghị bổ sung số trong tháng."
        )

    @pytest.mark.parametrize("left_out", ["quarter", "year_to_date"])
    @pytest.mark.parametrize("period", [YTD9, Y])
    def test_either_cell_will_do_where_all_periods_begin_the_year(
        self, register: Register, period: Period, left_out: str
    ) -> None:
        found = answered(register, period, lambda book: put(book, INDICATORS, FDI, left_out, None))
        assert (found.verdict, told(found)) == ("accepted", [])
        value = 1800 if period is Y else 1350
        assert figures(found, FDI) == {"quarter": value, "year_to_date": value}

    def test_two_figures_of_a_year_that_differ(self, register: Register) -> None:
        found = answered(register, Y, lambda book: put(book, INDICATORS, FDI, "quarter", 1700))
        (text,) = told(found)
        assert text.startswith(
            "quarter-adds-up: Số trong năm không bằng số lũy kế từ đầu năm. 1.700 Trong năm 1.800 nếu"
        )

    def test_first_month_is_taken_over(self, register: Register) -> None:
        found = answered(register, Period.parse("2023-M01"), lambda b: put(b, INDICATORS, FDI, "year_to_date", None))
        assert told(found)[0].startswith("year-to-date-taken: Tháng 1: số lũy kế được lấy bằng số trong tháng vì")

    def test_a_sum_that_falls_from_six_to_nine_months(self, register: Register) -> None:
        less = int(plausible_value(register.indicator_by_code[NEW], quarters_by(YTD9.previous))) - 100

        def edit(workbook: Workbook) -> None:
            for field in ("quarter", "year_to_date"):
                put(workbook, INDICATORS, NEW, field, less)

        found = answered(register, YTD9, edit)
        assert found.verdict == "rejected"
        assert "6 tháng đầu năm 2023" in " ".join(told(found))


@pytest.mark.parametrize(
    ("period", "typed", "corrected"),
    [
        (M4, "Tháng 3/2023", "2023-M03"),
        (M4, "3", "2023-M03"),
        (M4, "T3/23", "2023-M03"),
        (M4, date(2023, 3, 1), "2023-M03"),
        (H2, "6T đầu năm", "2023-H1"),
        (H2, "6 tháng đầu năm 2023", "2023-H1"),
        (YTD9, "6T", "2023-YTD06"),
    ],
)
def test_a_correction_names_its_period_in_the_plans_way(
    register: Register, period: Period, typed: object, corrected: str
) -> None:
    history = [known_figure(FDI, KHDT, "2023-M02", Decimal(300)), *known_before(by_kind(register, period.kind), period)]
    recorded = {(known.indicator, known.basis): known.value for known in history}
    part, total = (int(recorded[FDI, basis] or 0) - 1 for basis in ("quarter", "year_to_date"))

    def edit(workbook: Workbook) -> None:
        put_correction(workbook, FDI, period=typed, quarter=part, year_to_date=total)

    found = answered(register, period, edit, history=history)
    told_anew = {(o.period, o.basis): o.value for o in found.observations if o.is_correction}
    assert told_anew == {(corrected, "year_to_date"): total, (corrected, "quarter"): part}, told(found)


@pytest.mark.parametrize("typed", ["Quý I", "tháng 3 và 4", "13", "2023-Q1"])
def test_a_correction_of_no_month_is_asked_about(register: Register, typed: str) -> None:
    found = answered(register, M4, lambda book: put_correction(book, FDI, period=typed, quarter=150, year_to_date=449))
    assert found.verdict == "rejected"
    assert "tháng 1 năm 2023; tháng 2 năm 2023" in " ".join(told(found))


class TestRetyped:
    """Tables of a body's own making: the reader does not know by which periods the plan is reported."""

    HEADING = ("TT", "Chỉ tiêu", "ĐVT", "Kế hoạch")

    def outcome(self, plan: Register, period: Period, title: str, headings: tuple[str, ...]) -> FileOutcome:
        """A table with 100, 200, 300 ... in the columns of every row."""
        workbook = Workbook()
        sheet = workbook.worksheets[0]
        sheet.cell(1, 1, "SỞ KẾ HOẠCH VÀ ĐẦU TƯ")
        sheet.cell(2, 1, title)
        for column, heading in enumerate((*self.HEADING, *headings), start=1):
            sheet.cell(4, column, heading)
        for row, indicator in enumerate(plan.indicators_of(KHDT), start=5):
            unit = indicator.unit.label if indicator.unit else ""
            numbers = [100 * (n + 1) for n in range(len(headings))]
            for column, value in enumerate((row - 4, indicator.name, unit, indicator.target_text, *numbers), start=1):
                sheet.cell(row, column, value)
        buffer = io.BytesIO()
        workbook.save(buffer)
        file = BatchFile(1, "bc.xlsx", KHDT, read_workbook(buffer.getvalue()))
        return check_batch(plan, [file], (), today=plan.calendar_by_period[period].cut_off_on)[0]

    @pytest.mark.parametrize(
        ("headings", "quarter", "total"),
        [
            (("Thực hiện tháng 4", "Lũy kế 4 tháng"), 100, 200),
            (("TH trong tháng", "Lũy kế đến hết tháng 4"), 100, 200),
            (("Ước thực hiện tháng 4/2023", "Ước thực hiện 4 tháng đầu năm 2023"), 100, 200),
            (("Trong kỳ", "Lũy kế"), 100, 200),
            # Of last month and this one, this one; of last year's month neither.
            (("Thực hiện tháng 3", "Ước thực hiện tháng 4", "Thực hiện 3 tháng", "Ước thực hiện 4 tháng"), 200, 400),
            (("Thực hiện tháng 4/2022", "Thực hiện tháng 4/2023", "Lũy kế 4 tháng"), 200, 300),
            (("Trong quý", "Lũy kế 4 tháng"), None, 200),
            (("Thực hiện tháng 5", "Thực hiện tháng 4", "Thực hiện 12 tháng", "Lũy kế 4 tháng"), 200, 400),
            (("Thực hiện tháng 4", "Thực hiện quý I", "Lũy kế 4 tháng"), 100, 300),
        ],
    )
    def test_of_a_month(self, register: Register, headings: tuple[str, ...], quarter: int | None, total: int) -> None:
        plan = by_kind(register, PeriodKind.MONTH)
        found = self.outcome(plan, M4, "BÁO CÁO THÁNG 4 NĂM 2023", headings)
        read = {o.basis: o.value for o in found.read if o.indicator == FDI}
        assert (read.get("quarter"), read.get("year_to_date")) == (quarter, total), told(found)

    def test_a_month_is_no_quarter(self, register: Register) -> None:
        period = Period.parse("2023-Q2")
        found = self.outcome(
            register, period, "BÁO CÁO QUÝ II NĂM 2023", ("Thực hiện 5 tháng", "Ước TH tháng 6", "Ước TH 6 tháng")
        )
        assert {o.basis: o.value for o in found.read if o.indicator == FDI} == {"year_to_date": 300}
        assert "F5: 200" in " ".join(told(found))

        found = self.outcome(
            register, period, "BÁO CÁO QUÝ II NĂM 2023", ("Thực hiện tháng 6", "Thực hiện quý II", "Lũy kế 6 tháng")
        )
        assert {o.basis: o.value for o in found.read if o.indicator == FDI} == {"quarter": 200, "year_to_date": 300}

    @pytest.mark.parametrize(
        ("headings", "quarter", "total"),
        [
            (("Thực hiện tháng 4", "Lũy kế 4 tháng"), 100, 200),
            (("Thực hiện tháng 4", "Lũy kế 3 tháng"), 100, None),
            (("Thực hiện tháng 4", "Lũy kế đến hết tháng 3"), 100, None),
            (("Thực hiện tháng 3", "Lũy kế 4 tháng"), None, 200),
        ],
    )
    def test_another_month_than_the_titles(
        self, register: Register, headings: tuple[str, ...], quarter: int | None, total: int | None
    ) -> None:
        """Of a plan of one year such a heading names another period of it: the file is asked for."""
        one = by_kind(register, PeriodKind.MONTH)
        found = self.outcome(one, M4, "BÁO CÁO THÁNG 4 NĂM 2023", headings)
        assert any(text.startswith("period-agreed") for text in told(found)) == (None in (quarter, total))

        found = self.outcome(replace(one, last_year=2025), M4, "BÁO CÁO THÁNG 4 NĂM 2023", headings)
        read = {o.basis: o.value for o in found.read if o.indicator == FDI}
        assert (read.get("quarter"), read.get("year_to_date")) == (quarter, total), told(found)
        assert ("E5: 100" in " ".join(told(found)), "F5: 200" in " ".join(told(found))) == (not quarter, not total)

    @pytest.mark.parametrize(
        ("headings", "quarter", "total"),
        [
            (("Thực hiện tháng 6", "Lũy kế từ đầu năm"), None, 200),
            (("Ước thực hiện tháng 6", "Lũy kế"), None, 200),
            (("Thực hiện trong năm 2022", "Lũy kế từ đầu năm"), None, 200),
            (("Thực hiện trong năm 2023", "Lũy kế từ đầu năm"), None, 200),
            (("Trong quý", "Lũy kế từ đầu năm 2022"), 100, None),
            (("Trong quý", "Lũy kế 6 tháng (năm 2022)"), 100, None),
            (("Trong quý", "Lũy kế (giá so sánh 2010)"), 100, 200),
            (("Trong quý (3 tháng)", "Lũy kế sáu tháng đầu năm 2023"), 100, 200),
            (("Lũy kế 5 tháng", "Trong quý"), 200, None),
            (("Lũy kế 5 tháng",), None, None),
            # Which of several months it is, nothing tells; the quarter's own sums are refused as before.
            (("Thực hiện 6 tháng", "Ước thực hiện 12 tháng"), None, None),
            (("Thực hiện 6 tháng", "Ước thực hiện 7 tháng"), None, 100),
            (("Thực hiện tháng 12", "Thực hiện tháng 1", "Lũy kế từ đầu năm"), None, 300),
        ],
    )
    def test_of_a_quarter(
        self, register: Register, headings: tuple[str, ...], quarter: int | None, total: int | None
    ) -> None:
        found = self.outcome(register, Period.parse("2023-Q2"), "BÁO CÁO QUÝ II NĂM 2023", headings)
        read = {o.basis: o.value for o in found.read if o.indicator == FDI}
        assert (read.get("quarter"), read.get("year_to_date")) == (quarter, total), told(found)
        is_told = {n for n in range(len(headings)) if f"{'EFG'[n]}5: {100 * (n + 1)}" in " ".join(told(found))}
        if quarter or total:
            assert is_told == {n for n in range(len(headings)) if 100 * (n + 1) not in (quarter, total)}

    def test_a_day_over_the_figures_is_no_heading(self, register: Register) -> None:
        """ "Ngày 14 tháng 1 năm 2024" right above "Trong kỳ" does not make a month of last year of it."""
        plan = by_kind(register, PeriodKind.HALF_YEAR)
        content = read_workbook(_with_day_above())
        found = check_batch(
            plan, [BatchFile(1, "bc.xlsx", KHDT, content)], (), today=plan.calendar_by_period[H1].cut_off_on
        )[0]
        assert {o.basis: o.value for o in found.read if o.indicator == FDI} == {"quarter": 100, "year_to_date": 200}

    def test_of_half_a_year_six_months_are_the_sum(self, register: Register) -> None:
        plan = by_kind(register, PeriodKind.HALF_YEAR)
        found = self.outcome(plan, H1, "BÁO CÁO 6 THÁNG ĐẦU NĂM 2023", ("Thực hiện 6 tháng đầu năm 2023",))
        assert {o.basis: o.value for o in found.read if o.indicator == FDI} == {"year_to_date": 100}

    def test_of_a_year(self, register: Register) -> None:
        plan = by_kind(register, PeriodKind.YEAR)
        found = self.outcome(plan, Y, "BÁO CÁO NĂM 2023", ("Thực hiện trong năm 2023",))
        assert {o.basis: o.value for o in found.read if o.indicator == FDI} == {"quarter": 100, "year_to_date": 100}


def _with_day_above() -> bytes:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.append(["SỞ KẾ HOẠCH VÀ ĐẦU TƯ"])
    sheet.append(["BÁO CÁO 6 THÁNG ĐẦU NĂM 2023"])
    sheet.append([None, None, None, "Bình Dương, ngày 14 tháng 1 năm 2024"])
    sheet.append(["TT", "Mã chỉ tiêu", "ĐVT", "Trong kỳ", "Lũy kế"])
    sheet.append([1, FDI, None, 100, 200])
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


_MONTH_HEADINGS = sorted(
    {text.format(words) for text in ("Thực hiện {}", "Ước thực hiện {}", "Kết quả {}", "Kết quả thực hiện {}",
                                     "TH {}", "Ước TH {}") for words in ("tháng", "tháng 6", "tháng 6/2023")}
    | {text.format("trong tháng") for text in ("{}", "Số {}", "Ước {}", "Số liệu {}", "Thực hiện {}", "TH {}")}
)  # fmt: skip


@pytest.mark.parametrize(
    ("texts", "kinds"),
    [
        (_MONTH_HEADINGS, {PeriodKind.MONTH}),
        (
            ["Thực hiện 6 tháng", "6 tháng", "Lũy kế sáu tháng đầu năm", "Trong kỳ", "Lũy kế", "Thực hiện năm 2023"],
            set(),
        ),
        (["Trong năm", "Thực hiện trong năm 2023", "Ước trong năm 2024", "TH trong năm"], {PeriodKind.YEAR}),
        (["Thực hiện quý II/2023", "Trong quý (3 tháng)", "Ước TH quý"], {PeriodKind.QUARTER}),
    ],
)
def test_kinds_that_headings_name(texts: list[str], kinds: set[PeriodKind]) -> None:
    assert {text: kinds_named(text) for text in texts} == dict.fromkeys(texts, kinds)


@pytest.mark.parametrize(
    ("text", "months", "years"),
    [
        ("Lũy kế 5 tháng", {5}, set()),
        ("LŨY KẾ MƯỜI MỘT THÁNG ĐẦU NĂM 2023", {11}, {2023}),
        ("Thực hiện tháng 12/2022", {12}, {2022}),
        ("Lũy kế đến hết tháng 04", {4}, set()),
        ("Lũy kế (5 tháng)", {5}, set()),
        ("Trong quý (quý II/2022)", set(), {2022}),
        ("Lũy kế (giá so sánh 2010)", set(), set()),
        ("Trong quý (theo Công văn ngày 5 tháng 12 năm 2022)", set(), set()),
        ("Trong tháng", set(), set()),
    ],
)
def test_months_and_years_that_headings_name(text: str, months: set[int], years: set[int]) -> None:
    assert (months_named(text), years_named(text)) == (months, years)


def test_the_receipt_speaks_of_the_month(register: Register, settings: Settings) -> None:
    plan = by_kind(register, PeriodKind.MONTH)
    at = datetime(2023, 4, 20, 9, tzinfo=HANOI)
    receipt = Receipt("TD-1", "bc.xlsx", "0" * 64, KHDT, at, answered(register, M4))
    (paths,) = write_answers(settings, plan, [receipt])
    page = (settings.home / paths.receipt_path).read_text(encoding="utf-8")
    assert '<th class="n">Trong tháng</th>' in page
    assert "tháng 4 năm 2023" in page
    assert "rong quý" not in page


def test_the_guide_is_whole(register: Register) -> None:
    for period in (M4, H1, YTD9, Y):
        plan = by_kind(register, period.kind)
        workbook = load_workbook(io.BytesIO(build_template(plan, period, plan.agency_by_code["so-y-te"])))
        guide = "\n".join(str(cell.value) for cell in workbook[SHEET_GUIDE]["A"])
        assert "{" not in guide
        assert f"Báo cáo {period.vietnamese} của Sở Y tế" in guide
