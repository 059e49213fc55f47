"""An indicator whose target is words, through the real pipeline: workbook, answers, verdicts, report, corrections."""

import csv
import io
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from openpyxl import load_workbook

from fixtures.pipeline import Pipeline
from fixtures.states import AGENCY, CODE, REPORTERS, SHARED, STATES, state_register
from fixtures.workbooks import filled_workbook, put, put_correction, row_of
from tiendo import clock
from tiendo.cli.printing import print_explanation, print_status
from tiendo.feedback.template import build_template
from tiendo.model.period import Period
from tiendo.reading.columns import INDICATORS, LAST_FIGURE
from tiendo.report.build import build
from tiendo.report.charts import ranked
from tiendo.report.data import EditionData
from tiendo.report.gather import gather
from tiendo.report.review import gather_review, render_review
from tiendo.status.service import initialise, refresh
from tiendo.warehouse.engine import loader
from tiendo.warehouse.mart import explanation, last_reported, status_rows

Q1, Q2 = Period(2023, 1), Period(2023, 2)
WORDS = [entry.partition("=")[0] for entry in STATES.split(";")]


@pytest.fixture
def year(pipeline: Pipeline, tmp_path: Path) -> Pipeline:
    pipeline.today(2023, 1, 20)
    pipeline.register = state_register(tmp_path)
    initialise(pipeline.engine, pipeline.register)
    pipeline.today(2023, 3, 12)
    return pipeline


def report_of(year: Pipeline, typed: object, period: Period = Q1, edit: Any = None) -> bytes:
    def fill(book: Any) -> None:
        put(book, INDICATORS, CODE, "year_to_date", typed)
        if edit is not None:
            edit(book)

    return filled_workbook(year.register, AGENCY, period, fill)


def edition(year: Pipeline, period: Period = Q1, number: int = 1) -> EditionData:
    refresh(year.engine, year.register, period)
    with loader(year.engine) as connection:
        return gather(connection, year.register, period, edition=number, as_of=clock.now())


def test_the_workbook_has_the_list_and_asks_for_no_number(year: Pipeline) -> None:
    body = year.register.agency_by_code[AGENCY]
    book = load_workbook(io.BytesIO(build_template(year.register, Q2, body)))
    sheet = book[INDICATORS.sheet]
    row = row_of(sheet, CODE)
    asked = sheet.cell(row, INDICATORS.position("year_to_date"))
    closed = sheet.cell(row, INDICATORS.position("quarter"))
    assert (asked.protection.locked, closed.protection.locked) == (False, True)
    (rule,) = [each for each in sheet.data_validations.dataValidation if asked.coordinate in each.cells]
    assert (rule.type, rule.errorStyle) == ("list", "warning")
    column = re.fullmatch(rf"'_tiendo'!\$([A-Z]+)\$1:\$\1\${len(WORDS)}", rule.formula1)
    assert column is not None
    assert [cell.value for cell in book["_tiendo"][column[1]]][: len(WORDS)] == WORDS
    assert not [each for each in sheet.data_validations.dataValidation if closed.coordinate in each.cells]
    guide = "\n".join(str(cell.value) for cell in book["Hướng dẫn"]["A"])
    assert "Chỉ tiêu báo cáo bằng trạng thái" in guide
    other = load_workbook(io.BytesIO(build_template(year.register, Q2, year.register.agency_by_code["so-tai-chinh"])))
    assert "trạng thái" not in "".join(
        str(cell.value) for cell in other["Hướng dẫn"]["A"] if "nhiệm vụ" not in str(cell.value).lower()
    )


@pytest.mark.parametrize(
    ("typed", "status", "shown"),
    [
        ("Đang triển khai", "on_track", "Đang triển khai"),
        ("  ĐANG TRIỂN  KHAI ", "on_track", "Đang triển khai"),
        ("Đang triển khai, chậm", "behind", "Đang triển khai, chậm"),
        ("hoàn thành", "achieved", "Hoàn thành"),
    ],
)
def test_a_state_of_the_list_is_taken(year: Pipeline, typed: str, status: str, shown: str) -> None:
    assert year.send(AGENCY, report_of(year, typed)) == "accepted"
    assert year.findings() == {}
    row = year.status(CODE, "2023-Q1")
    assert (row["status"], row["value"], row["components"]["state"]) == (status, None, shown)
    assert row["explanation"].startswith(f"Báo cáo: {shown}; mục tiêu: Hoàn thành; đánh giá: ")
    assert year.tracker(AGENCY, "2023-Q1")["completeness_pct"] == 100
    with loader(year.engine) as connection:
        kept = connection.exec_driver_sql(
            "select answer, value, value_text from core.observation where indicator_code = %(code)s", {"code": CODE}
        ).one()
    assert tuple(kept) == ("state", None, typed.strip())


@pytest.mark.parametrize("typed", ["Sắp hoàn thành", "Đang trien khai", "Đang triển khai,chậm", 95, "95%", 0.5, "?"])
def test_anything_else_is_sent_back_with_the_list_and_the_cell(year: Pipeline, typed: object) -> None:
    assert year.send(AGENCY, report_of(year, typed)) == "rejected"
    found = year.findings()
    assert list(found) == ["state-listed"]
    told = found["state-listed"]
    row = row_of(load_workbook(io.BytesIO(report_of(year, typed)))[INDICATORS.sheet], CODE)
    assert (told["severity"], told["sheet"]) == ("critical", "Chỉ tiêu")
    assert told["cell"].endswith(str(row))
    assert told["expected"].endswith("; ".join(WORDS))
    assert str(typed).replace(".", ",") in told["found"]
    assert year.status(CODE, "2023-Q1")["status"] == "no_data"


@pytest.mark.parametrize(
    ("typed", "answer"), [("Chưa có số liệu, dự kiến 20/4/2023", "not_available"), ("Không áp dụng", "not_applicable")]
)
def test_absences_are_answers_as_for_figures(year: Pipeline, typed: str, answer: str) -> None:
    assert year.send(AGENCY, report_of(year, typed)).startswith("accepted")
    row = year.status(CODE, "2023-Q1")
    assert (row["status"], row["components"]["choice"]) == ("no_data", answer)


def test_an_empty_cell_is_no_answer(year: Pipeline) -> None:
    assert year.send(AGENCY, report_of(year, None)) == "rejected"
    assert "figure-answered" in year.findings()


def test_the_report_prints_the_words_where_others_have_a_figure(year: Pipeline) -> None:
    assert year.send(AGENCY, report_of(year, "ĐANG TRIỂN KHAI, CHẬM")) == "accepted"
    data = edition(year)
    line = next(line for line in data.graded if line.code == CODE)
    assert (line.value, line.told_state, line.is_estimate) == (None, "Đang triển khai, chậm", True)
    assert CODE not in {each.code for each in ranked(data)}
    files = build(data, with_pdf=False)
    shown = "Đang triển khai, chậm (ước)"
    assert shown in files["bao-cao.html"].decode()
    assert shown in files[f"phieu-ket-qua/{AGENCY}.html"].decode()
    (workbook,) = [load_workbook(io.BytesIO(files[path])) for path in files if path.endswith(".xlsx")]
    sheet = workbook["Chỉ tiêu"]
    heading = [cell.value for cell in sheet[1]]
    row = next(row for row in sheet.iter_rows(min_row=2, values_only=True) if row[0] == CODE)
    cells = dict(zip(heading, row, strict=True))
    assert (cells["Kế hoạch năm"], cells["Kết quả"], cells["Tỷ lệ"]) == ("Hoàn thành", shown, None)
    from docx import Document

    tables = Document(io.BytesIO(files["bao-cao.docx"])).tables
    assert any(shown in cell.text for table in tables for line in table.rows for cell in line.cells)
    (path,) = [path for path in files if path.endswith("data/indicators.csv")]
    told = {row["indicator_code"]: row for row in csv.DictReader(io.StringIO(files[path].decode("utf-8-sig")))}
    assert (told[CODE]["value"], told[CODE]["value_text"]) == ("", "ĐANG TRIỂN KHAI, CHẬM")
    assert (told[CODE]["ratio"], told[CODE]["status"]) == ("", "behind")


def test_commands_and_pages_show_the_words(year: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    assert year.send(AGENCY, report_of(year, "Hoàn thành")) == "accepted"
    print_status(year.register, status_rows(year.engine, year.register, Q1, clock.now()))
    (line,) = [
        line for line in capsys.readouterr().out.splitlines() if year.register.indicator_by_code[CODE].label in line
    ]
    assert line.split("  ")[1] == "Đạt"
    assert "        Hoàn thành  " in line
    print_explanation(year.register, explanation(year.engine, year.register, CODE, Q1))
    told = capsys.readouterr().out
    assert "Giá trị:   Hoàn thành (đang ghi: Hoàn thành)" in told
    assert "Ô:         Chỉ tiêu!" in told
    from tiendo.pages.indicators import indicator_page

    user, parts = (
        SimpleNamespace(get_name=lambda: "Nguyễn An"),
        SimpleNamespace(engine=year.engine, register=year.register),
    )
    page = bytes(indicator_page(CODE, user, parts).body).decode()  # type: ignore[arg-type]
    assert "Chỉ tiêu báo cáo bằng trạng thái nên không vẽ biểu đồ" in page
    assert page.count(">Hoàn thành<") >= 2


def test_a_correction_of_an_earlier_quarter_is_taken_and_printed(year: Pipeline) -> None:
    assert year.send(AGENCY, report_of(year, "Đang triển khai")) == "accepted"
    year.today(2023, 6, 12)

    def correct(book: Any) -> None:
        put_correction(book, CODE, period="Quý I", year_to_date="Chưa triển khai", old="Đang triển khai")

    assert year.send(AGENCY, report_of(year, "Đang triển khai", Q2, correct)).startswith("accepted")
    assert "correction-old-readable" not in year.findings()
    assert year.status(CODE, "2023-Q1")["components"]["state"] == "Chưa triển khai"
    (change,) = [change for change in year.version().changes if change.period == "2023-Q1"]
    assert (change.old_told, change.new_told) == ("Đang triển khai", "Chưa triển khai")
    data = edition(year, Q2)
    (revision,) = data.revisions
    assert (revision.old_told, revision.new_told) == ("Đang triển khai", "Chưa triển khai")
    page = build(data, with_pdf=False)["bao-cao.html"].decode()
    assert re.search(r"Đang triển khai</td>\s*<td[^>]*>Chưa triển khai", page)

    def wrong(book: Any) -> None:
        put_correction(book, CODE, period="Quý I", year_to_date=12)

    assert year.send(AGENCY, report_of(year, "Hoàn thành", Q2, wrong)) == "rejected"
    assert year.findings()["state-listed"]["sheet"] == "Sửa số kỳ trước"


def test_a_later_version_says_what_changed(year: Pipeline) -> None:
    year.send(AGENCY, report_of(year, "Đang triển khai"))
    before = edition(year)
    year.today(2023, 3, 13)
    year.send(AGENCY, report_of(year, "Hoàn thành"))
    (change,) = year.version().changes
    assert (change.code, change.old_told, change.new_told) == (CODE, "Đang triển khai", "Hoàn thành")
    assert before.as_of < clock.now()


def test_the_last_state_stands_in_the_next_workbook(year: Pipeline) -> None:
    year.send(AGENCY, report_of(year, "đang triển khai"))
    year.today(2023, 6, 1)
    reported = last_reported(year.engine, year.register, Q2)
    body = year.register.agency_by_code[AGENCY]
    sheet = load_workbook(io.BytesIO(build_template(year.register, Q2, body, reported)))[INDICATORS.sheet]
    assert sheet.cell(row_of(sheet, CODE), INDICATORS.position(LAST_FIGURE)).value == "đang triển khai"


def test_bodies_that_tell_different_states(pipeline: Pipeline, tmp_path: Path) -> None:
    pipeline.today(2023, 1, 20)
    pipeline.register = state_register(tmp_path, code=SHARED, has_precedence="no")
    initialise(pipeline.engine, pipeline.register)
    pipeline.today(2023, 3, 12)
    for body, typed in zip(REPORTERS, ("Hoàn thành", "Đang triển khai"), strict=True):
        content = filled_workbook(
            pipeline.register, body, Q1, lambda book, typed=typed: put(book, INDICATORS, SHARED, "year_to_date", typed)
        )
        assert pipeline.send(body, content) == "accepted"
    assert pipeline.status(SHARED, "2023-Q1")["status"] == "conflicting"
    data = edition(pipeline)
    with loader(pipeline.engine) as connection:
        review = gather_review(connection, pipeline.register, data)
    assert review.failures == ()
    told = render_review(review).decode()
    assert "Cục Thống kê tỉnh Bình Dương: Hoàn thành; Sở Công Thương: Đang triển khai" in told
