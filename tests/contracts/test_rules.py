"""Every rule of the submission suites is seen to fail on a bad workbook, and to hold on the good one beside it."""

from collections.abc import Callable
from dataclasses import fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import great_expectations as gx
import pytest
from great_expectations.validator.v1_validator import Validator

from fixtures.amended import amended, amendment
from fixtures.submissions import (
    FIRST_ROW,
    change_indicator,
    change_marker,
    change_task,
    clean_content,
    correction_row,
    indicator_row,
    known_figure,
    known_task,
    task_row,
)
from tiendo.model.content import TEMPLATE_VERSION, Marker, Notice, RawCell, Title, WorkbookContent
from tiendo.model.outcome import FileOutcome
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.model.states import KINDS, TASK_STATES
from tiendo.validation import catalogue
from tiendo.validation.check import BatchFile, build_records, check_batch, record_frame
from tiendo.validation.facts import Known
from tiendo.validation.records import (
    CorrectionRecord,
    FigureRecord,
    IndicatorRecord,
    NoticeRecord,
    SubmissionRecord,
    TaskRecord,
)
from tiendo.validation.suites import ROW_ID, SUBMISSION_SUITES, get_suite, run_suite

KHDT, YTE, TAICHINH, CONGTHUONG, TTTT, XAYDUNG = (
    "so-ke-hoach-va-dau-tu", "so-y-te", "so-tai-chinh", "so-cong-thuong", "so-thong-tin-va-truyen-thong", "so-xay-dung",
)  # fmt: skip
Q1, Q2, Q3 = "2023-Q1", "2023-Q2", "2023-Q3"
TODAY = {Q1: date(2023, 3, 14), Q2: date(2023, 6, 14), Q3: date(2023, 9, 14)}
Change = Callable[[WorkbookContent], WorkbookContent]


class Case(NamedTuple):
    """A rule, the body and period of the good workbook, and what is typed into it to break the rule."""

    rule: str
    agency: str
    period: str
    change: Change
    cell: str
    sender: str | None = None
    today: date | None = None
    asked: str = ""
    name: str = "bao cao.xlsx"
    history: str = ""
    stranger: str = ""


def typed(indicator: str, /, **cells: object) -> Change:
    return lambda content: change_indicator(content, indicator, **cells)


def both(value: object) -> dict[str, object]:
    return {"quarter": value, "year_to_date": value}


def done(task: str, /, **cells: object) -> Change:
    return lambda content: change_task(content, task, **cells)


def marked(**values: str) -> Change:
    return lambda content: change_marker(content, **values)


def faulty(fault: str) -> Change:
    return lambda _: WorkbookContent(fault=fault, fault_detail="as the reader says it")


def corrected(**cells: object) -> Change:
    """One correction of FDI in Q1, good but for what is given; the file itself is of Q2."""
    cells = {"period": "Quý I/2023", "code": "thu-hut-fdi", "quarter": 440, "year_to_date": 440} | cells
    return lambda content: content._replace(correction_rows=(correction_row(FIRST_ROW, **cells),))


def corrected_twice(content: WorkbookContent) -> WorkbookContent:
    once = corrected()(content).correction_rows[0]
    second = correction_row(FIRST_ROW + 1, period="2023-Q1", code="thu-hut-fdi", year_to_date=441)
    return content._replace(correction_rows=(once, second))


def with_indicator_twice(content: WorkbookContent) -> WorkbookContent:
    again = content.indicator_rows[0]
    moved = [cell._replace(address=cell.address and f"{cell.address[0]}20") for cell in again[2:]]
    return content._replace(indicator_rows=(*content.indicator_rows, type(again)(again.sheet, 20, *moved)))


def with_task_twice(content: WorkbookContent) -> WorkbookContent:
    first = content.task_rows[0]
    return content._replace(task_rows=(*content.task_rows, task_row(str(first.ref.value), "", 40)))


def with_foreign_task(content: WorkbookContent) -> WorkbookContent:
    return content._replace(task_rows=(*content.task_rows, task_row("II.4.a.1", "", 40)))


def foreign_indicator_case(register: Register) -> Case:
    foreign = indicator_row(register.indicator_by_code["iip"], 20, Period(2023, 1))
    return Case(
        "indicator-entitled",
        KHDT,
        Q1,
        lambda content: content._replace(indicator_rows=(*content.indicator_rows, foreign)),
        "A20",
    )


def with_extra_row(content: WorkbookContent) -> WorkbookContent:
    row = content.indicator_rows[0]
    cells = [cell._replace(address=cell.address and f"{cell.address[0]}30") for cell in row[2:]]
    extra = type(row)(row.sheet, 30, *cells)._replace(code=RawCell("tu-them", "A30"), name=RawCell("Tự thêm", "B30"))
    return content._replace(indicator_rows=(*content.indicator_rows, extra))


def exchanged(content: WorkbookContent) -> WorkbookContent:
    """FDI and the number of enterprises in each other's rows."""
    content = change_indicator(content, FDI, quarter=None, year_to_date=62474)
    return change_indicator(content, ENTERPRISES, year_to_date=450)


def with_days_of_june(content: WorkbookContent) -> WorkbookContent:
    for row in content.indicator_rows:
        content = change_indicator(content, str(row.code.value), data_on="10/06/2023")
    return content


def without_indicator(content: WorkbookContent) -> WorkbookContent:
    return content._replace(indicator_rows=content.indicator_rows[1:])


def without_task(content: WorkbookContent) -> WorkbookContent:
    return content._replace(task_rows=content.task_rows[1:])


def like_last_quarter(content: WorkbookContent) -> WorkbookContent:
    for code, value in (("thu-ngan-sach", 18654), ("chi-can-doi-ngan-sach", 5527)):
        content = change_indicator(content, code, quarter=0, year_to_date=value)
    return content


def noticed(code: str, sheet: str = "Chỉ tiêu", cell: str = "") -> Change:
    return lambda content: content._replace(notices=(Notice(code, sheet, cell, "dòng 12"),))


def titled(*texts: str) -> Change:
    titles = tuple(Title("Chỉ tiêu", f"A{row}", text) for row, text in enumerate(texts, start=1))
    return lambda content: content._replace(titles=titles)


FDI, ENTERPRISES, NEW = "thu-hut-fdi", "doanh-nghiep-dang-hoat-dong", "doanh-nghiep-thanh-lap-moi"
CASES = [
    Case("file-encrypted", KHDT, Q1, faulty("encrypted"), ""),
    Case("file-not-workbook", KHDT, Q1, faulty("not_a_workbook"), ""),
    Case("file-empty", KHDT, Q1, faulty("empty"), ""),
    Case("file-word", KHDT, Q1, faulty("word"), ""),
    Case("file-pdf", KHDT, Q1, faulty("pdf"), ""),
    Case("file-image", KHDT, Q1, faulty("image"), ""),
    Case("file-packed-otherwise", KHDT, Q1, faulty("packed_otherwise"), ""),
    Case("file-archive", KHDT, Q1, faulty("archive"), ""),
    Case("archive-no-workbook", KHDT, Q1, faulty("archive_empty"), ""),
    Case("archive-locked", KHDT, Q1, faulty("archive_locked"), ""),
    Case("archive-nested", KHDT, Q1, faulty("archive_nested"), ""),
    Case("file-web-page", KHDT, Q1, faulty("web_page"), ""),
    Case("file-xml", KHDT, Q1, faulty("xml_file"), ""),
    Case("file-other-office", KHDT, Q1, faulty("other_office"), ""),
    Case("file-plain-text", KHDT, Q1, faulty("plain_text"), ""),
    Case("csv-columns", KHDT, Q1, faulty("text_columns"), ""),
    Case("csv-encoding", KHDT, Q1, faulty("text_encoding"), ""),
    Case("sheet-too-large", KHDT, Q1, faulty("too_many_rows"), ""),
    Case("file-reader-bug", KHDT, Q1, faulty("reader_bug"), ""),
    Case("cells-differ", KHDT, Q1, faulty("readers_differ"), ""),
    Case("file-infected", KHDT, Q1, faulty("infected"), ""),
    Case("file-too-large", KHDT, Q1, faulty("too_large"), ""),
    Case("file-reader-failed", KHDT, Q1, faulty("reader_failed"), ""),
    Case("mail-no-workbook", KHDT, Q1, faulty("mail_empty"), ""),
    Case("file-no-table", KHDT, Q1, faulty("no_table"), ""),
    Case("file-no-table-within", KHDT, Q1, faulty("no_table_within"), ""),
    Case("sheets-differ", KHDT, Q1, faulty("sheets_differ"), ""),
    Case("file-no-data", KHDT, Q1, faulty("no_data"), ""),
    Case("sender-known", KHDT, Q1, lambda c: c, "", sender="so-khong-co-that"),
    Case("sender-address", KHDT, Q1, lambda c: c, "", sender="", stranger="phongtonghop@example.com"),
    Case("template-marker", KHDT, Q1, lambda c: c._replace(marker=Marker(period=Q1)), ""),
    Case("template-plan", KHDT, Q1, marked(plan="ke-hoach-2022"), ""),
    Case("template-version", KHDT, Q1, marked(template_version="0"), ""),
    Case("body-is-sender", KHDT, Q1, marked(agency=YTE), ""),
    Case("period-agreed", KHDT, Q1, titled("Báo cáo quý II năm 2023"), ""),
    Case("period-stated", KHDT, Q1, marked(period=""), ""),
    Case("period-known", KHDT, Q1, marked(period="2022-Q4"), ""),
    Case("period-as-asked", KHDT, Q1, lambda c: c, "", asked=Q2),
    Case("period-begun", KHDT, Q1, marked(period="2023-Q3"), ""),
    Case("period-open", TAICHINH, Q1, lambda c: c, "", today=date(2023, 6, 12)),
    Case("days-of-open-period", TAICHINH, Q1, with_days_of_june, "", today=date(2023, 6, 12)),
    Case("submission-late", KHDT, Q1, lambda c: c, "", today=date(2023, 3, 16)),
    Case("file-draft", KHDT, Q1, lambda c: c, "", name="bao cao (du thao).xlsx"),
    Case("period-before-closing", KHDT, Q1, lambda c: c, "", today=date(2023, 3, 26)),
    Case("figures-new", TAICHINH, Q2, like_last_quarter, ""),
    Case("indicator-known", KHDT, Q1, typed(FDI, code="fdi"), "A7"),
    Case("indicator-extra", KHDT, Q1, with_extra_row, "A30"),
    Case("indicator-once", KHDT, Q1, with_indicator_twice, "A7"),
    Case("name-of-another", KHDT, Q1, typed(FDI, name="Chỉ số sản xuất công nghiệp (IIP) tăng"), "B7"),
    Case("name-unchanged", KHDT, Q1, typed(FDI, name="Vốn FDI"), "B7"),
    Case("unit-unchanged", KHDT, Q1, typed(FDI, unit="Tỷ USD"), "C7"),
    Case("target-unchanged", KHDT, Q1, typed(FDI, target="1.500"), "D7"),
    Case("indicator-present", KHDT, Q1, without_indicator, ""),
    Case("figure-answered", KHDT, Q1, typed(FDI, quarter=None, year_to_date=" "), "G7"),
    Case(
        "figure-not-due",
        YTE,
        Q1,
        typed("tuoi-tho", year_to_date=76.5, kind="Ước", data_on="14/3/2023"),
        "G9",
    ),
    Case("year-to-date-given", KHDT, Q2, typed(FDI, year_to_date=None), "G7"),
    Case("year-to-date-taken", KHDT, Q1, typed(FDI, year_to_date=None), "F7"),
    Case("quarter-given", KHDT, Q1, typed(FDI, quarter=None), "F7"),
    Case("promised-date-given", KHDT, Q1, typed(FDI, quarter=None, year_to_date="chưa có số liệu"), "G7"),
    Case("promised-date-ahead", KHDT, Q1, typed(FDI, quarter=None, year_to_date="chưa có, dự kiến 1/3"), "G7"),
    Case("absence-not-after-figure", KHDT, Q2, typed(FDI, quarter=None, year_to_date="KPS"), "G7"),
    Case("absence-not-beside-figure", KHDT, Q1, typed(FDI, year_to_date="Chưa có số liệu, dự kiến 20/3"), "G7"),
    Case("kind-given", KHDT, Q1, typed(FDI, kind=None), "H7"),
    Case("kind-agrees", KHDT, Q1, typed(FDI, kind="Thực hiện", quarter=450, year_to_date="ước 450"), "H7"),
    Case("data-date-given", KHDT, Q1, typed(FDI, data_on=None), "I7"),
    Case("data-date-readable", KHDT, Q1, typed(FDI, data_on="03/14/2023"), "I7"),
    Case("data-date-within-period", KHDT, Q1, typed(FDI, data_on="31/12/2022"), "I7"),
    Case("data-date-past", KHDT, Q1, typed(FDI, kind="Thực hiện", data_on=date(2023, 3, 15)), "I7"),
    Case("cumulative-not-falling", KHDT, Q2, typed(FDI, quarter=100, year_to_date=300), "G7"),
    # The target lets expect 900; 450 was told for the first quarter.
    Case("cumulative-is-quarter", KHDT, Q2, typed(FDI, quarter=430, year_to_date=430), "G7"),
    Case("quarter-is-cumulative", KHDT, Q2, typed(FDI, quarter=900, year_to_date=900), "F7"),
    Case("quarter-cumulative-swapped", KHDT, Q2, typed(FDI, quarter=900, year_to_date=450.5), "G7"),
    Case("figure-repeated", KHDT, Q2, typed(FDI, quarter=450, year_to_date=450, kind="Ước"), "G7"),
    Case("cumulative-last-doubtful", KHDT, Q2, typed(NEW, quarter=1657, year_to_date=3315), "G9", history="wrong"),
    Case("target-as-result", KHDT, Q1, typed(FDI, quarter=1800, year_to_date=1800), "G7"),
    Case("suspicion-explained", KHDT, Q1, typed(NEW, **both(6630), explanation="Xác nhận 6.630"), "G9"),
    Case("sign-lost", CONGTHUONG, Q1, typed("tang-xuat-khau", year_to_date=18.7, note="Giảm 18,7% so cùng kỳ"), "G7"),
    Case("sign-doubtful", CONGTHUONG, Q2, typed("tang-xuat-khau", year_to_date=-7.4), "G7"),
    Case("figure-denied", KHDT, Q2, typed(ENTERPRISES, year_to_date=26848, note="62.848 doanh nghiệp"), "G8"),
    Case("confirmation-agrees", KHDT, Q1, typed(ENTERPRISES, explanation="Xác nhận 62.848"), "G8"),
    Case(
        "words-tell-another-rate",
        CONGTHUONG,
        Q1,
        typed("tang-xuat-khau", year_to_date=7.9, note="Tăng 7,9% so với quý trước"),
        "G7",
    ),
    Case("words-tell-a-part", KHDT, Q1, typed(FDI, note="Chưa bao gồm vốn góp, mua cổ phần"), "G7"),
    Case("figure-unlikely", KHDT, Q2, typed(ENTERPRISES, year_to_date=26848), "G8"),
    Case("figure-of-another-row", KHDT, Q1, exchanged, "G8"),
    Case("quarter-adds-up", KHDT, Q2, typed(FDI, quarter=500), "F7"),
    Case("part-not-above-whole", YTE, Q1, typed("tu-vong-duoi-5-tuoi", year_to_date=4.5), "G10"),
    Case("stock-not-zero", TTTT, Q1, typed("thue-bao-co-dinh", year_to_date=0), "G10"),
    Case("number-error-cell", KHDT, Q1, typed(FDI, year_to_date=RawCell(error="#REF!")), "G7"),
    Case("number-uncalculated", KHDT, Q1, typed(FDI, year_to_date=RawCell(is_uncalculated=True)), "G7"),
    Case("number-is-date", CONGTHUONG, Q1, typed("tang-xuat-khau", year_to_date=date(2023, 10, 9)), "G7"),
    Case("number-percent-other-unit", KHDT, Q1, typed(FDI, year_to_date="25%"), "G7"),
    Case("number-double-negative", CONGTHUONG, Q1, typed("tang-xuat-khau", year_to_date="giảm -18,7"), "G7"),
    Case("number-is-index", CONGTHUONG, Q1, typed("tang-xuat-khau", year_to_date="bằng 82,1% so với cùng kỳ"), "G7"),
    Case("number-separator-unclear", CONGTHUONG, Q1, typed("iip", year_to_date="1.234"), "G9"),
    Case("number-unit-unclear", KHDT, Q1, typed(FDI, year_to_date="0,5 USD"), "G7"),
    Case("number-readable", KHDT, Q1, typed(FDI, year_to_date="bốn trăm"), "G7"),
    Case("value-not-negative", KHDT, Q1, typed(FDI, quarter=-450, year_to_date=-450), "G7"),
    Case("share-in-range", YTE, Q1, typed("ty-le-bhyt", year_to_date=192), "G14"),
    Case("value-minimum", YTE, Q1, typed("ty-so-gioi-tinh-khi-sinh", year_to_date=49), "G8"),
    Case("value-maximum", CONGTHUONG, Q1, typed("iip", year_to_date=1250, explanation="Xác nhận 1.250%"), "G9"),
    Case("value-whole", KHDT, Q1, typed(NEW, quarter=1657.5, year_to_date=1657.5), "G9"),
    Case("value-magnitude", KHDT, Q1, typed(FDI, quarter=450, year_to_date=4500), "G7"),
    Case("value-unit-scale", KHDT, Q1, typed(FDI, quarter=450, year_to_date=450000), "G7"),
    Case("value-fraction-for-percent", CONGTHUONG, Q1, typed("iip", year_to_date=0.087), "G9"),
    Case("value-percent-for-per-mille", YTE, Q1, typed("tu-vong-duoi-5-tuoi", year_to_date=49), "G10"),
    Case("value-doubtful", KHDT, Q1, typed(FDI, quarter=45, year_to_date=45), "G7"),
    Case(
        "value-magnitude-explained",
        KHDT,
        Q1,
        typed(ENTERPRISES, year_to_date=650000, explanation="Xác nhận 650.000 doanh nghiệp, gộp cả hộ"),
        "G8",
    ),
    Case("value-exact", KHDT, Q1, typed(ENTERPRISES, year_to_date="gần 65.600"), "G8"),
    Case("number-understood", KHDT, Q1, typed(FDI, quarter="450 triệu USD", year_to_date="0,45 tỷ USD"), "G7"),
    Case("task-known", KHDT, Q1, done("III.1", ref="III.99"), "A17"),
    Case("task-led", TAICHINH, Q1, with_foreign_task, "A40"),
    Case("task-once", TAICHINH, Q1, with_task_twice, "A7"),
    Case("task-present", TAICHINH, Q1, without_task, ""),
    Case("task-state-given", TAICHINH, Q1, done("II.3.b", state=None), "D8"),
    Case("task-state-listed", TAICHINH, Q1, done("II.3.b", state="Gần xong"), "D8"),
    Case("completion-readable", TAICHINH, Q1, done("II.3.b", completion="phần lớn"), "E8"),
    Case("completion-in-range", TAICHINH, Q1, done("II.3.b", completion=140), "E8"),
    Case("completion-agrees", TAICHINH, Q1, done("II.3.b", completion="100%"), "E8"),
    Case("completion-not-fraction", TAICHINH, Q2, done("II.3.b", completion=0.8), "E8"),
    Case("completion-with-state", TAICHINH, Q1, done("II.3.b", state="Chưa thực hiện", completion=60), "E8"),
    Case("completion-not-falling", TAICHINH, Q2, done("II.3.b", completion=5), "E8"),
    Case("task-stays-done", TAICHINH, Q2, done("II.3.b"), "D8", history="done"),
    Case("task-stays-begun", TAICHINH, Q2, done("II.3.b", state="Chưa thực hiện", completion=None), "D8"),
    Case("task-late-explained", TAICHINH, Q1, done("II.3.b", state="Chậm tiến độ"), "G8"),
    Case("correction-period-known", KHDT, Q2, corrected(period="Quý IV/2022"), "A7"),
    Case("correction-period-earlier", KHDT, Q2, corrected(period="Quý II/2023"), "A7"),
    Case("correction-indicator-known", KHDT, Q2, corrected(code="fdi"), "B7"),
    Case("correction-entitled", KHDT, Q2, corrected(code="iip"), "B7"),
    Case("correction-once", KHDT, Q2, corrected_twice, "B7"),
    Case("correction-figure-given", KHDT, Q2, corrected(quarter=None, year_to_date=None), "E7"),
    Case("correction-indicator-named", KHDT, Q2, corrected(code=None, name="Vốn FDI"), "C7"),
    Case("correction-name-of-another", KHDT, Q2, corrected(name="Chỉ số sản xuất công nghiệp (IIP) tăng"), "C7"),
    Case("correction-whole", KHDT, Q2, corrected(year_to_date="Không áp dụng"), "E7"),
    Case("correction-taken", KHDT, Q2, corrected(quarter=None), "E7"),
    Case("correction-cells-agree", KHDT, Q2, corrected(code=ENTERPRISES, quarter=61000, year_to_date=62000), "E7"),
    Case("correction-not-falling", KHDT, Q3, corrected(period="Quý II/2023", quarter=None), "E7"),
    Case("correction-adds-up", KHDT, Q2, corrected(quarter=430), "D7"),
    Case("correction-within-later", KHDT, Q3, corrected(quarter=950, year_to_date=950), "E7"),
    Case("correction-later-adds-up", KHDT, Q3, corrected(), "E7"),
    Case("correction-old-readable", KHDT, Q2, corrected(old="khoảng 450"), "I7"),
    Case("correction-old-on-record", KHDT, Q2, corrected(old=430), "I7"),
    Case("correction-kind-given", KHDT, Q2, corrected(kind=None), "F7"),
    Case("correction-date-readable", KHDT, Q2, corrected(data_on="cuối quý"), "G7"),
    Case("correction-reason-given", KHDT, Q2, corrected(reason=None), "H7"),
    Case("macros-ignored", KHDT, Q1, noticed("macros_ignored", sheet=""), ""),
    Case("external-links", KHDT, Q1, noticed("external_links", sheet=""), ""),
    Case("old-encoding", KHDT, Q1, noticed("old_encoding", sheet="CSV"), ""),
    Case("hidden-content", KHDT, Q1, noticed("hidden_content", cell="A12"), "A12"),
    Case("not-read", KHDT, Q1, noticed("not_read", cell="M12"), "M12"),
    Case("sheets-beyond", KHDT, Q1, noticed("sheets_beyond", sheet="Biểu 41"), ""),
    Case("copy-read", KHDT, Q1, noticed("copy_read", sheet="Chỉ tiêu (2)"), ""),
    Case("sheet-not-read", KHDT, Q1, noticed("sheet_not_read", sheet="Sheet2"), ""),
    Case("legacy-font", KHDT, Q1, noticed("legacy_font", cell="B9"), "B9"),
    Case("group-total", KHDT, Q1, noticed("group_total", cell="G20"), "G20"),
    Case("numbering-doubled", KHDT, Q1, noticed("numbering_doubled", cell="A20"), "A20"),
    Case("foreign-rows", KHDT, Q1, noticed("foreign_rows"), ""),
    Case("no-task-table", KHDT, Q1, noticed("no_task_table", sheet=""), ""),
]
# Their cases need more of the register than a workbook.
BREAKABLE_BY_REGISTER = {"plan-stated", "indicator-entitled", "sender-still-owes", "state-listed"}


def history_of_q1(variant: str = "q1") -> list[Known]:
    """What was told of the first quarter; ``wrong``: ten times too many new enterprises, ``done``: a task is done.

    ``q2``: and FDI of the second.
    """
    rows = [
        (FDI, KHDT, 450),
        (NEW, KHDT, 16580 if variant == "wrong" else 1658),
        ("tang-xuat-khau", CONGTHUONG, Decimal("7.9")),
        ("von-dang-ky-moi", KHDT, 10497),
        (ENTERPRISES, KHDT, 60748),
        ("thu-ngan-sach", TAICHINH, 18654),
        ("chi-can-doi-ngan-sach", TAICHINH, 5527),
    ]
    figures = [known_figure(code, agency, Q1, Decimal(value)) for code, agency, value in rows]
    told = ("done", 100) if variant == "done" else ("on_schedule", 25)
    if variant == "q2":
        figures += [
            known_figure(FDI, KHDT, Q2, Decimal(value), basis)
            for value, basis in ((900, "year_to_date"), (450, "quarter"))
        ]
    return [*figures, known_task("II.3.b", TAICHINH, Q1, *told)]


def check(register: Register, cases: list[Case]) -> list[FileOutcome]:
    """Checks the cases' workbooks as batches of the same day, in order."""
    outcomes: dict[int, FileOutcome] = {}
    moments = [
        (
            case.today or TODAY[case.period],
            case.history or {Q2: "q1", Q3: "q2"}.get(case.period, "q1" if case.rule == "period-open" else ""),
        )
        for case in cases
    ]
    for moment in set(moments):
        today, known = moment
        numbers = [number for number, found in enumerate(moments) if found == moment]
        files = [_file(register, number, cases[number]) for number in numbers]
        history = history_of_q1(known) if known else []
        outcomes |= dict(zip(numbers, check_batch(register, files, history, today=today), strict=True))
    return [outcomes[number] for number in range(len(cases))]


def _file(register: Register, key: int, case: Case) -> BatchFile:
    content = case.change(clean_content(register, case.agency, case.period))
    sender = case.agency if case.sender is None else case.sender
    return BatchFile(key, case.name, sender, content, case.asked, stranger=case.stranger)


@pytest.fixture(scope="module")
def bad(register: Register) -> dict[str, FileOutcome]:
    cases = [*CASES, foreign_indicator_case(register)]
    return {case.rule: outcome for case, outcome in zip(cases, check(register, cases), strict=True)}


def assert_broken(case: Case, outcome: FileOutcome) -> None:
    found = [finding for finding in outcome.findings if finding.rule == case.rule]
    assert found, [finding.rule for finding in outcome.findings]
    assert case.cell in [finding.cell for finding in found]
    is_accepted = outcome.verdict in ("accepted", "accepted_with_warnings")
    assert is_accepted == (found[0].severity != "critical")
    if not is_accepted:
        assert outcome.observations == ()
        assert outcome.tasks == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_rule_fails_on_the_bad_workbook(bad: dict[str, FileOutcome], case: Case) -> None:
    assert_broken(case, bad[case.rule])


def test_rule_of_foreign_indicator_fails(register: Register, bad: dict[str, FileOutcome]) -> None:
    assert_broken(foreign_indicator_case(register), bad["indicator-entitled"])


def test_rule_of_a_file_that_may_be_of_two_plans_fails(register: Register) -> None:
    case = Case("plan-stated", KHDT, Q1, lambda content: content, "")
    file = _file(register, 0, case)._replace(plans=("Kế hoạch số 282/KH-UBND", "Kế hoạch số 283/KH-UBND"))
    assert_broken(case, check_batch(register, [file], [], today=TODAY[Q1])[0])


def test_rule_of_a_body_that_has_ended_fails(tmp_path: Path) -> None:
    register = amended(tmp_path, amendment("2023-06-16", "agency", TTTT, "merge", "", KHDT))
    case = Case("sender-still-owes", TTTT, Q3, lambda content: content, "")
    assert_broken(case, check(register, [case])[0])


def test_every_rule_holds_on_the_good_workbooks(register: Register) -> None:
    """Every body's, in both periods: the good side of every rule."""
    cases = [Case("", agency.code, period, lambda c: c, "") for period in (Q1, Q2) for agency in register.obliged]
    for case, outcome in zip(cases, check(register, cases), strict=True):
        assert outcome.findings == (), case
        assert outcome.verdict == "accepted"


def test_good_correction_is_taken(register: Register) -> None:
    case = Case("", KHDT, Q2, lambda c: change_indicator(corrected()(c), FDI, quarter=460), "")
    outcome = check(register, [case])[0]
    assert outcome.findings == ()
    assert [(o.period, o.basis, o.value) for o in outcome.observations if o.is_correction] == [
        (Q1, "year_to_date", Decimal(440)),
        (Q1, "quarter", Decimal(440)),
    ]


@pytest.mark.parametrize("name", SUBMISSION_SUITES)
def test_great_expectations_own_way_says_the_same(register: Register, name: str) -> None:
    """All bad workbooks at once: the suite as people read it, conditions included, run by the library's validator."""
    files = [_file(register, key, case) for key, case in enumerate(CASES)]
    batch = build_records(register, files, history_of_q1(), today=TODAY[Q2])
    records = [record for file in batch for record in file.by_suite()[name]]
    suite = get_suite(name)
    frame = record_frame(suite, records)
    run = run_suite(suite, frame)
    source = gx.get_context(mode="ephemeral").data_sources.add_pandas(name)
    table = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
    form: dict[str, Any] = {"result_format": "COMPLETE", "unexpected_index_column_names": [ROW_ID]}
    told = Validator(table, form, {"dataframe": frame}).validate_expectation_suite(suite.for_people()).results
    broken = {suite.rules[number].rule: rows for number, rows in run.failing}
    assert len(broken) > 3
    assert broken == {
        result.expectation_config.meta["rule"]: [entry[ROW_ID] for entry in result.result["unexpected_index_list"]]
        for result in told
        if not result.success
    }


def test_a_notice_without_a_rule_is_our_mistake(register: Register) -> None:
    case = Case("", KHDT, Q1, noticed("never_heard_of"), "")
    with pytest.raises(ValueError, match="no rule for the reader's notice 'never_heard_of'"):
        check(register, [case])


def test_every_rule_has_a_case() -> None:
    rules = [rule.rule for name in SUBMISSION_SUITES for rule in get_suite(name).rules]
    assert len(rules) == len(set(rules))
    assert set(rules) == {case.rule for case in CASES} | BREAKABLE_BY_REGISTER


RECORDS = {
    "submission": SubmissionRecord, "indicator_row": IndicatorRecord, "figure": FigureRecord, "task_row": TaskRecord,
    "correction_row": CorrectionRecord, "notice": NoticeRecord,
}  # fmt: skip


@pytest.mark.parametrize("suite", SUBMISSION_SUITES)
def test_columns_of_a_suite_are_the_fields_of_its_records(suite: str) -> None:
    """Beside them a record has its file's place, which some suites look at too, its sheet and its source."""
    names = {field.name for field in fields(RECORDS[suite])}
    assert names - {"file_index", "sheet", "source"} == set(get_suite(suite).columns) - {"file_index"}


def test_lists_in_suites_are_those_of_the_code() -> None:
    def value_set(suite: str, rule: str) -> list[object]:
        expectations = get_suite(suite).expectations
        return next(e["kwargs"]["value_set"] for e in expectations if e["meta"]["rule"] == rule)

    assert value_set("submission", "template-version") == [TEMPLATE_VERSION]
    assert value_set("indicator_row", "kind-given") == list(KINDS)
    assert value_set("correction_row", "correction-kind-given") == list(KINDS)
    assert value_set("task_row", "task-state-listed") == list(TASK_STATES)


def test_ordered_pairs_are_of_the_register(register: Register) -> None:
    for pair in get_suite("indicator_row").meta["ordered_pairs"]:
        assert set(pair) <= set(register.indicator_by_code)


def test_catalogue_is_fresh() -> None:
    assert catalogue.PATH.read_text(encoding="utf-8") == catalogue.text(), "run: python -m tiendo.validation.catalogue"
