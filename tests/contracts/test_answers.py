"""The table ``tables/answers.csv``: what came, and what its sender reads; an answer can be followed to its end."""

import html
import io
import re
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from fixtures.marked import marks
from fixtures.pipeline import Pipeline
from fixtures.workbooks import Edit, filled_workbook, put
from tiendo.collect.landing import Arrival, land
from tiendo.feedback.template import build_template
from tiendo.model.content import SHEET_MARKER
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.reading.columns import INDICATORS, TASKS
from tiendo.warehouse.engine import loader

BODY = "so-tai-chinh"
REVENUE = "thu-ngan-sach"
Q1, Q2, Q3 = (Period(2023, quarter) for quarter in (1, 2, 3))
ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(4096)


def unreadable(workbook: Workbook) -> None:
    put(workbook, INDICATORS, REVENUE, "year_to_date", "hơn mười nghìn tỷ")


def not_adding_up(workbook: Workbook) -> None:
    put(workbook, INDICATORS, REVENUE, "quarter", 12)


def blank(workbook: Workbook) -> None:
    for table, first in ((INDICATORS, "quarter"), (TASKS, "state")):
        sheet = workbook[table.sheet]
        for row in sheet.iter_rows(min_row=8, min_col=table.position(first)):
            for cell in row:
                cell.value = None


def fewer_words(workbook: Workbook) -> None:
    put(workbook, TASKS, "II.1.a", "result", "Đã triển khai.")


def of_june(workbook: Workbook) -> None:
    """The first quarter's workbook filled in as the second's."""
    sheet = workbook[INDICATORS.sheet]
    for row in range(7, sheet.max_row + 1):
        if sheet.cell(row, INDICATORS.position("data_on")).value:
            sheet.cell(row, INDICATORS.position("data_on")).value = date(2023, 6, 10)
            sheet.cell(row, INDICATORS.position("year_to_date")).value *= 2


class Sender:
    """Sends what the table names."""

    def __init__(self, pipeline: Pipeline, register: Register) -> None:
        self.pipeline, self._register, self.archive = pipeline, register, 0

    def report(self, edit: Edit | None = None, period: Period = Q1, body: str = BODY, **how: str) -> None:
        self.pipeline.send(BODY, filled_workbook(self._register, body, period, edit), **how)

    def of(self, body: str, code: str, **typed: object) -> None:
        def edit(workbook: Workbook) -> None:
            for field, value in typed.items():
                put(workbook, INDICATORS, code, field, value)

        self.pipeline.send(body, filled_workbook(self._register, body, Q1, edit))

    def trial(self, edit: Edit | None = None) -> None:
        content = filled_workbook(self._register, BODY, Q1, edit)
        now = self.pipeline.today(2023, 3, 13, 9)
        arrival = Arrival("thu", "thu.xlsx", "folder", BODY, now, content, BODY, is_trial=True)
        land(self.pipeline.settings, self._register, self.pipeline.engine, [arrival])
        self.pipeline.settle()

    def after_march(self, edit: Edit | None, period: Period = Q1) -> None:
        self.report()
        self.pipeline.today(2023, 6, 12, 9)
        self.report(edit, period)

    def twice(self) -> None:
        content = filled_workbook(self._register, BODY, Q1)
        for _ in range(2):
            self.pipeline.send(BODY, content)

    def packed(self) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("bao-cao.xlsx", filled_workbook(self._register, BODY, Q1))
        self.archive = self.pipeline.land(BODY, buffer.getvalue(), name="bao-cao.zip")
        self.pipeline.settle()

    def empty(self) -> None:
        self.pipeline.send(BODY, build_template(self._register, Q1, self._register.agency_by_code[BODY]))

    def on(self, *moment: int, edit: Edit | None = None, period: Period = Q1) -> None:
        self.pipeline.today(*moment)
        self.report(edit, period)


SENT: dict[str, Callable[[Sender], None]] = {
    "a right report, in time": lambda s: s.report(),
    "a report whose quarter does not add up": lambda s: s.report(not_adding_up),
    "a right report named a draft": lambda s: s.report(name="du thao bao cao.xlsx"),
    "a report with one unreadable figure": lambda s: s.report(unreadable),
    "a report left blank but for one figure": lambda s: s.report(blank),
    "the workbook of Q1, reported before, with figures of Q2, on 12 June": lambda s: s.after_march(of_june),
    "the workbook of Q1, never reported, with days of Q2, on 12 June": lambda s: s.on(2023, 6, 12, 9, edit=of_june),
    "the report of Q1 saved anew, on 12 June": lambda s: s.after_march(fewer_words),
    "the same file twice": lambda s: s.twice(),
    "an archive with a right report in it": lambda s: s.packed(),
    "a workbook with nothing filled in": lambda s: s.empty(),
    "the workbook of Q3 on 12 June": lambda s: s.on(2023, 6, 12, 9, period=Q3),
    "the workbook of another body": lambda s: s.report(body="so-y-te"),
    "a workbook with a password": lambda s: s.pipeline.send(BODY, ENCRYPTED),
    "a PDF": lambda s: s.pipeline.send(BODY, b"%PDF-1.7\n" + bytes(200), name="bao-cao.pdf"),
    "a right report, only to be checked": lambda s: s.trial(),
    "a report with one unreadable figure, only to be checked": lambda s: s.trial(unreadable),
    "a right report, four days late": lambda s: s.on(2023, 3, 18, 9),
    "a report with one unreadable figure, four days late": lambda s: s.on(2023, 3, 18, 9, edit=unreadable),
    "a report with one unreadable figure, after the period is closed": lambda s: s.on(2023, 4, 3, 9, edit=unreadable),
    "a budget figure given as the share of the year's plan": lambda s: s.of(
        BODY, REVENUE, quarter=42.3, year_to_date=42.3
    ),
}
TABLE = [
    line.split("|")
    for line in (Path(__file__).parent / "tables" / "answers.csv").read_text(encoding="utf-8").splitlines()[1:]
]


def page(pipeline: Pipeline, file_id: int = 0) -> str:
    """The answer to a file (the one that came last), as its sender's browser shows it."""
    path = pipeline.settings.home / pipeline.file(file_id or pipeline.last)["receipt"]
    body = path.read_text(encoding="utf-8").partition("<body>")[2]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", re.sub(r"</(?:p|div|td|dd|li|h\d)>", " ", body))))


def returned(pipeline: Pipeline) -> Path | None:
    with loader(pipeline.engine) as connection:
        path = connection.exec_driver_sql(
            "select marked_path from intake.submission_file order by file_id desc limit 1"
        ).scalar()
    return pipeline.settings.home / path if path else None


@pytest.mark.parametrize(("sent", "first", "says", "never"), TABLE, ids=[row[0] for row in TABLE])
def test_answers(  # noqa: PLR0917  the table's columns
    pipeline: Pipeline, register: Register, sent: str, first: str, says: str, never: str
) -> None:
    sender = Sender(pipeline, register)
    SENT[sent](sender)
    text = page(pipeline, sender.archive)
    assert re.search(rf"(?:năm 2023|kỳ báo cáo\)|Sở Tài chính) {re.escape(first)} ", text), text[:300]
    assert [part for part in says.split(" ¦ ") if part not in text] == [], text
    assert [part for part in never.split(" ¦ ") if part in text] == [], text
    back = returned(pipeline)
    if "được tô màu" in text:
        assert back is not None
        assert any(marks(back.read_bytes()).values())
    assert ("là biểu mẫu" in text) == (back is not None and "bieu-mau" in back.name)


def test_an_index_is_not_taken_for_a_slipped_separator(pipeline: Pipeline, register: Register) -> None:
    Sender(pipeline, register).of("so-cong-thuong", "iip", year_to_date=103)
    told = [finding["expected"] for finding in pipeline.findings().values()]
    assert any("có thể là 3 " in text for text in told)
    assert not any("10,3" in text for text in told)


def test_every_kind_of_the_table_is_sent() -> None:
    assert sorted(SENT) == sorted(row[0] for row in TABLE)


def test_the_template_of_the_right_quarter_comes_with_the_answer_and_shows_what_was_reported(
    pipeline: Pipeline, register: Register
) -> None:
    Sender(pipeline, register).after_march(of_june)
    back = returned(pipeline)
    assert back is not None
    workbook = load_workbook(back)
    assert [row[1] for row in workbook[SHEET_MARKER].iter_rows(max_col=2, max_row=3, values_only=True)] == [
        register.code, BODY, str(Q2),
    ]  # fmt: skip
    sheet = workbook[INDICATORS.sheet]
    row = next(cell.row for cell in sheet["A"] if cell.value == REVENUE)
    assert sheet.cell(row, 5).value > 0
    assert workbook[TASKS.sheet].cell(7, 5).value == 40
    link = re.search(r'<a href="([^"]+)"', (pipeline.settings.home / pipeline.file(2)["receipt"]).read_text())
    assert link
    assert link[1] == back.name


def test_figures_stand_beside_the_last_ones(pipeline: Pipeline, register: Register) -> None:
    """A misreading is seen at a glance: figure, last figure with its period, change."""
    Sender(pipeline, register).after_march(lambda w: put(w, INDICATORS, REVENUE, "kind", "Ước TH"), Q2)
    figure = pipeline.value(REVENUE, "2023-Q2")
    assert figure is not None
    text = page(pipeline)
    assert "(quý I năm 2023)" in text
    assert "(gấp 2 lần)" in text
    assert " Ước TH " in text
