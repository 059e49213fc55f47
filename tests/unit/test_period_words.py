"""What people read fits the plan's kind of period: a report by months says nothing of quarters."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from docx import Document
from lxml import etree
from openpyxl import load_workbook
from report_example import DRAFT, FDI, ORIGIN

from tiendo.cli.check import print_check
from tiendo.cli.printing import print_ledger, print_records
from tiendo.model.occasions import MEETING_LIST, OVERDUE, Occasion
from tiendo.model.period import Period, PeriodKind
from tiendo.model.register import Amendment, Change, Duty, Obligation, Register
from tiendo.reminders.occasion import Reminder
from tiendo.reminders.text import write_list, write_reminder
from tiendo.report.amendments import lines_of
from tiendo.report.charts import path_svg, path_words
from tiendo.report.data import EditionData, HistoryPoint, IndicatorLine
from tiendo.report.drawing import Pen
from tiendo.report.manifest import content_sha256, data_sha256
from tiendo.report.meeting import meeting_view, render_meeting
from tiendo.report.page import render_page
from tiendo.report.result_sheet import render_result_sheets
from tiendo.report.review import DraftReview, approval_lines, render_review
from tiendo.report.spreadsheet import render_spreadsheet
from tiendo.report.word import render_word
from tiendo.report.words import name_in_year, part_text

YEARS = tuple(Period(year, 1, PeriodKind.YEAR) for year in range(2021, 2026))
# The polite form, which is another word, is no quarter.
_QUARTER = re.compile(r"\bquý\b(?! đơn vị)", re.IGNORECASE)
_OWN = replace(ORIGIN, file_name="BC thang (sửa).xlsx")


def edition_of(code: str) -> EditionData:
    """The example as the edition of a period of another kind, its figures growing from the first one on."""
    period = Period.parse(code)
    series = YEARS if period.kind is PeriodKind.YEAR else period.of_year
    so_far = tuple(each for each in series if each <= period)
    before = so_far[-2] if len(so_far) > 1 else None
    failing = "missed" if period.is_last else "behind"

    def line_of(line: IndicatorLine) -> IndicatorLine:
        if line.value is None:
            return replace(line, series=series, sentence="")
        step, total = line.value / len(so_far), line.value / len(so_far) * len(series)
        return replace(
            line,
            series=series,
            sentence="",
            status=failing,
            responsible=("Sở Công Thương",),
            gap_text="",
            data_on=line.data_on and period.first_day,
            value_basis="quarter",
            origin=_OWN,
            expected_path=tuple(total * (n + 1) / len(series) for n in range(len(series))),
            target_low=total,
            target_text=f"{total:.0f}",
            history=tuple(
                HistoryPoint(each, (step * n).quantize(Decimal("0.1")), step * n, "behind")
                for n, each in enumerate(so_far, start=1)
            ),
            needed=Decimal(10),
            previous_period=before,
            previous_value=step if before else None,
            previous_status="behind" if before else "",
            trend="better" if before else "",
        )

    tasks = tuple(
        replace(
            task,
            reports=tuple(
                replace(report, done_in=before if report.state == "not_reported" else None) for report in task.reports
            ),
        )
        for task in DRAFT.tasks
    )
    is_over = period == series[-1]
    return replace(
        DRAFT,
        period=period,
        is_of_several_years=period.kind is PeriodKind.YEAR,
        next_due_at=None if is_over else DRAFT.next_due_at,
        indicators=tuple(map(line_of, DRAFT.indicators)),
        body_targets=tuple(map(line_of, DRAFT.body_targets)),
        tasks=tasks,
        revisions=tuple(replace(each, period=before, basis="quarter") for each in DRAFT.revisions) if before else (),
        inputs=tuple(replace(file, name="a.xlsx", period=code) for file in DRAFT.inputs),
    )


def _words(document: bytes) -> str:
    body = Document(io.BytesIO(document)).element.body
    return "".join("".join(t.text or "" for t in p.iter("{*}t")) + "\n" for p in body.iter("{*}p"))


def _text(page: bytes) -> str:
    """What is read of a page, titles and labels of pictures with it."""
    page_text = re.sub(r"<(style|script)\b.*?</\1>", " ", page.decode(), flags=re.DOTALL)
    told = re.findall(r'(?:aria-label|title|alt|data-label)="([^"]*)"', page_text)
    return " ".join(" ".join([re.sub(r"<[^>]+>", " ", page_text), *told]).split())


def _cells(workbook: bytes) -> Iterator[str]:
    for sheet in load_workbook(io.BytesIO(workbook)):
        for row in sheet.iter_rows(values_only=True):
            yield from (str(value) for value in row if value is not None)


# From when to when the record cards of the report say they go.
SPANS = {
    "2023-M04": "TỪ ĐẦU NĂM ĐẾN THÁNG 4 NĂM 2023",
    "2023-M12": "TỪ ĐẦU NĂM ĐẾN THÁNG 12 NĂM 2023",
    "2023-H1": "TỪ ĐẦU NĂM ĐẾN HẾT THÁNG 6 NĂM 2023",
    "2023-H2": "TỪ ĐẦU NĂM ĐẾN HẾT NĂM 2023",
    "2023-YTD09": "TỪ ĐẦU NĂM ĐẾN HẾT THÁNG 9 NĂM 2023",
    "2023": "TỪ ĐẦU KẾ HOẠCH ĐẾN HẾT NĂM 2023",
}
# What must be read in the page, the meeting's paper and the workbook, by the code of the period.
READ = {
    "2023-M04": (
        ["Tháng tới", "(tháng 12: đạt kế hoạch)", "tháng 1 đến tháng 12", "Báo cáo định kỳ", "So với tháng 3 (",
         "đẩy nhanh trong tháng", "Báo cáo tháng 5", "đề xuất giải pháp trong tháng 5", "thực hiện, trong tháng",
         "chưa báo cáo (tháng 3: đã hoàn thành)", "đến hết tháng 4 năm 2023", "kết quả cả tháng"],
        ["Kết quả các tháng\n", "10 trong 8 tháng\n", "thực hiện trong tháng 5"],
        ["trong tháng", "Tháng 3 năm 2023"],
    ),
    "2023-M12": (
        ["giải trình chỉ tiêu không đạt", "So với tháng 11 ("],
        ["Kết quả các tháng gần nhất\n", "giải trình 05 chỉ tiêu không đạt"],
        ["trong tháng", "Tháng 11 năm 2023"],
    ),
    "2023-H1": (
        ["Kỳ tới", "(6 tháng cuối năm: đạt kế hoạch)", "6 tháng đầu năm và 6 tháng cuối năm:", "Báo cáo định kỳ",
         "đẩy nhanh trong kỳ", "Báo cáo 6 tháng cuối năm", "kết quả cả kỳ"],
        ["Kết quả các kỳ\n", "10 trong 6 tháng\n", "thực hiện trong 6 tháng cuối năm"],
        ["trong kỳ"],
    ),
    "2023-H2": (
        ["giải trình chỉ tiêu không đạt", "So với 6 tháng đầu năm ("],
        ["Kết quả các kỳ\n"],
        ["trong kỳ", "6 tháng đầu năm 2023"],
    ),
    "2023-YTD09": (
        ["Kỳ tới", "(cả năm: đạt kế hoạch)", "6 tháng đầu năm, 9 tháng đầu năm và năm 2023:", "Báo cáo năm 2023",
         "So với 6 tháng đầu năm (", "9 tháng đầu năm 2023"],
        ["Kết quả các kỳ\n", "10 trong 3 tháng\n", "thực hiện trong năm 2023"],
        ["trong kỳ", "6 tháng đầu năm 2023"],
    ),
    "2023": (
        ["Năm tới", "khoảng cách đến mức đạt kế hoạch, số âm", "năm 2021 đến năm 2025:", "Báo cáo định kỳ",
         "So với năm 2022 (", "đẩy nhanh trong năm", "Báo cáo năm 2024", "giải trình chỉ tiêu không đạt"],
        ["Kết quả các năm\n"],
        ["trong năm", "Năm 2022"],
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("code", READ)
def test_an_edition_speaks_of_its_own_kind_of_period(code: str) -> None:
    data = edition_of(code)
    in_page, in_paper, in_workbook = READ[code]
    page, paper, report = _text(render_page(data)), _words(render_meeting(data)), _words(render_word(data))
    workbook = list(_cells(render_spreadsheet(data)))
    sheets = " ".join(_text(sheet) for sheet in render_result_sheets(data).values())
    review = DraftReview(data, near=(), warnings=(), disputes=(), failures=())
    reviewed = _text(render_review(review)) + " ".join(approval_lines(review))
    for words in in_page:
        assert words.lower() in page.lower(), words
    for words in in_paper:
        assert words in paper, words
    for words in in_workbook:
        assert words in workbook, words
    assert SPANS[code] in report
    assert ("từ đầu kế hoạch" in sheets) == (code == "2023")
    named = data.period.vietnamese
    assert all(named in read for read in (page, paper, report, " ".join(workbook)))
    for read in (page, paper, report, " ".join(workbook), sheets, reviewed):
        assert not _QUARTER.search(read), read[max(0, _QUARTER.search(read).start() - 80) :][:160]  # type: ignore[union-attr]
    # Word templates have a branch for each side; of neither is anything left.
    assert "{%" not in report + paper


@pytest.mark.slow
def test_word_documents_of_a_quarter_read_as_ever() -> None:
    report, paper = _words(render_word(DRAFT)), _words(render_meeting(DRAFT))
    for words in (
        "mức được đánh giá đúng tiến độ (quý IV: đạt kế hoạch), số âm",
        "Diễn biến các chỉ tiêu trong năm, quý I đến quý IV\n",
        "Báo cáo quý\n",
        "TỪ ĐẦU NĂM ĐẾN QUÝ II NĂM 2023\n",
    ):
        assert words in report, words
    assert "Kết quả các quý\n" in paper
    assert "định kỳ" not in report


@pytest.mark.parametrize(
    ("code", "labels"),
    [
        # Twelve labels would overlap in so small a chart: every other or third one, always with the last.
        ("2023-M07", {("T2", "T4", "T6", "T8", "T10", "T12"), ("T3", "T6", "T9", "T12")}),
        ("2023-Q2", {("I", "II", "III", "IV")}),
        ("2023-H1", {("6T", "12T")}),
        ("2023-YTD09", {("6T", "9T", "12T")}),
        ("2023", {("2021", "2022", "2023", "2024", "2025")}),
    ],
)
def test_a_path_has_a_point_for_each_period_and_labels_that_do_not_touch(
    code: str, labels: set[tuple[str, ...]]
) -> None:
    line = next(line for line in edition_of(code).indicators if line.code == FDI.code)
    drawn = etree.fromstring(path_svg(line))
    named = {label for each in labels for label in each}
    axis = [each for each in drawn.iter("{*}text") if each.text in named]
    assert tuple(each.text for each in axis) in labels
    pen = Pen(8.5)
    places = [float(each.get("x")) for each in axis]
    for left, right, at, after in zip(axis, axis[1:], places, places[1:], strict=False):
        assert after - at > (pen.width(left.text) + pen.width(right.text)) / 2
    # Periods follow at even distances, the one after the other.
    apart = {round(after - at, 2) for at, after in pairwise(places)}
    assert max(apart) - min(apart) < 0.1
    told = path_words(line)
    assert told.count("mức phải đạt") == len(line.history)
    assert f"; {name_in_year(line.history[-1].period)}: 967,3 (mức" in told.replace("kế hoạch", ";", 1)


def test_a_single_year_is_one_point() -> None:
    (only,) = (Period(2023, 1, PeriodKind.YEAR),)
    line = replace(FDI, series=(only,), expected_path=(None,), history=(HistoryPoint(only, Decimal(9), None, ""),))
    assert [e.text for e in etree.fromstring(path_svg(line)).iter("{*}text") if e.text == "2023"] == ["2023"]


def test_the_papers_figures_are_the_newest_and_it_says_so() -> None:
    view = meeting_view(edition_of("2023-M12"))
    assert all(len(row["path"]) == 4 for row in view["indicators"])
    assert [row["path"] for row in view["indicators"] if row["name"] == FDI.full_name] == [
        ["725,5", "806,1", "886,7", "967,3"]
    ]


@pytest.mark.parametrize(
    ("code", "alone"),
    [("2023-Q1", "trong quý"), ("2023-M04", "trong tháng"), ("2023-H1", "trong kỳ"), ("2023", "trong năm")],
)
def test_a_figure_of_the_period_alone_is_called_so(code: str, alone: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert part_text("quarter_only", None, Period.parse(code).kind) == f"chỉ có số {alone}, chưa có số lũy kế"
    read = {
        "answer": "figure",
        "value": Decimal(3),
        "typed": "3",
        "basis": "quarter",
        "sheet": "Chỉ tiêu",
        "cell": "G7",
    }
    result = {"file": "a.xlsx", "verdict": "accepted", "agency": "so-y-te", "period": code, "findings": [],
              "read": [read | {"indicator": "i", "period": code}], "observations": []}  # fmt: skip
    print_check(result)
    assert f"(i, {code}, {alone})" in capsys.readouterr().out


def test_commands_name_the_reports_and_keep_columns_apart(
    register: Register, capsys: pytest.CaptureFixture[str]
) -> None:
    card = vars(DRAFT.records[0]) | {"mistakes": []}
    for kind, title in ((PeriodKind.QUARTER, "  Báo cáo quý:"), (PeriodKind.MONTH, "  Báo cáo định kỳ:")):
        print_records(replace(register, period_kind=kind), [card])
        assert title in capsys.readouterr().out
    file = {"receipt_no": "TN-000001", "state": "accepted", "name": "a.xlsx", "agency": "so-y-te", "plan": "p",
            "reading_failure": ""}  # fmt: skip
    document = {"files": [file | {"period": "2023-YTD09"}, file | {"period": "2023-Q1"}], "received": 2,
                "states": {"accepted": 2}, "adds_up": True, "left_alone": []}  # fmt: skip
    print_ledger(document)
    assert [line[-20:].lstrip() for line in capsys.readouterr().out.splitlines()[:2]] == [
        "2023-YTD09 a.xlsx",
        "2023-Q1  a.xlsx",
    ]


def test_an_amendment_of_when_figures_come_names_the_periods(register: Register) -> None:
    code = register.indicators[1].code
    day = DRAFT.cut_off_on
    change = Amendment(day, "QĐ 1", day, "indicator", code, Change.SET, "published_in", "2;4", "1;2;3;4")
    for kind, words in ((PeriodKind.QUARTER, "các quý có số liệu"), (PeriodKind.MONTH, "các tháng có số liệu")):
        (line,) = lines_of(replace(register, period_kind=kind), (change,))
        assert words in line.text


@pytest.mark.parametrize("code", READ)
def test_reminders_name_what_is_owed(register: Register, code: str) -> None:
    period = Period.parse(code)
    (entry, *_) = register.calendar
    held = replace(register, period_kind=period.kind, calendar=(replace(entry, period=period),))
    owed = Obligation(Duty.QUARTERLY_REPORT, code, entry.due_at, entry.closing_at)
    agency = held.agency_by_code["so-y-te"]
    row = {"agency_code": agency.code, "agency_name": agency.name, "state": "missing", "due_at": entry.due_at,
           "rejected_at": None, "extended_until": None, "letter_no": None, "letter_on": None,
           "owed_count": 0}  # fmt: skip
    now = entry.due_at + timedelta(days=1)
    notice = write_reminder(held, Reminder(agency, owed, Occasion(OVERDUE, now), row), now)
    told = write_list(held, owed, MEETING_LIST, rows=[row], reminded={}, now=now)
    for text in (notice.subject, notice.text, told.subject, told.text):
        assert f"báo cáo {period.vietnamese}" in text
        # What stands in a list are the plan's own words.
        assert not _QUARTER.search("\n".join(line for line in text.splitlines() if not line.startswith("- ")))


def test_editions_from_before_keep_their_hash() -> None:
    """Computed by the release that knew quarters only: a draft approved by it is still the same one."""
    assert data_sha256(DRAFT) == "ca2c361f1d77af527490bd4fd6d11acaf824cf943cecda9bd9bea09c702ec6b5"
    assert content_sha256(DRAFT) == "58e49e0875b978d65c21664a1b4a39104714009f73ef525ae7e99ea888f4d72b"
    of_months = replace(DRAFT, period=Period(2023, 2, PeriodKind.MONTH))
    assert content_sha256(of_months) != content_sha256(DRAFT), "February is not the second quarter"
