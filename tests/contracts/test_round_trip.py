"""A department's round trip: a workbook is broken, comes back marked, is mended where it is marked, and is accepted."""

import io
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from fixtures.marked import check_parts, comments, marks, through_libreoffice
from fixtures.pipeline import Pipeline
from fixtures.workbooks import filled_workbook, put, row_of
from tiendo.model.content import SHEET_ANSWER
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.reading.columns import INDICATORS, TASKS, TemplateTable
from tiendo.reading.reader import read_workbook
from tiendo.warehouse.engine import loader

Q1 = Period(2023, 1)
BODY = "so-tai-chinh"
REVENUE, SPENDING = "thu-ngan-sach", "chi-can-doi-ngan-sach"


@dataclass(frozen=True)
class Breakage:
    """A wrong value typed into one cell, and what the answer says of it.

    ``key`` is the row's code; "" is the body's first task. ``marked`` is the field of the cell that is marked, where it
    is not the one that was spoilt.
    """

    table: TemplateTable
    key: str
    field: str
    value: object
    state: str
    rule: str
    marked: str = ""

    def row_key(self, register: Register) -> str:
        return self.key or register.tasks_of(BODY)[0].ref


BREAKAGES = [
    Breakage(INDICATORS, REVENUE, "year_to_date", "hơn mười nghìn tỷ", "rejected", "number-readable"),
    Breakage(INDICATORS, SPENDING, "year_to_date", 5818250, "rejected", "value-unit-scale"),
    Breakage(INDICATORS, REVENUE, "kind", None, "rejected", "kind-given"),
    Breakage(INDICATORS, SPENDING, "data_on", "32/13/2023", "rejected", "data-date-readable"),
    Breakage(INDICATORS, SPENDING, "year_to_date", datetime(2023, 10, 9), "rejected", "number-is-date"),  # noqa: DTZ001  as Excel keeps it
    Breakage(INDICATORS, SPENDING, "year_to_date", "#REF!", "rejected", "number-error-cell"),
    Breakage(INDICATORS, REVENUE, "unit", "Triệu đồng", "rejected", "unit-unchanged"),
    Breakage(INDICATORS, SPENDING, "data_on", date(2023, 5, 14), "rejected", "data-date-within-period"),
    Breakage(TASKS, "", "state", "Sắp xong", "rejected", "task-state-listed"),
    Breakage(TASKS, "", "completion", 150, "rejected", "completion-in-range"),
    Breakage(INDICATORS, REVENUE, "quarter", 12, "accepted_with_warnings", "quarter-adds-up"),
    Breakage(TASKS, "", "state", "Đã hoàn thành", "accepted_with_warnings", "completion-agrees", "completion"),
]


def broken(register: Register, breakages: list[Breakage]) -> tuple[bytes, list[tuple[str, str]]]:
    """A workbook with the cells spoilt; and where those are."""
    places = []

    def edit(workbook) -> None:
        for b in breakages:
            places.append((b.table.sheet, put(workbook, b.table, b.row_key(register), b.field, b.value)))

    return filled_workbook(register, BODY, Q1, edit), places


def mended(register: Register, data: bytes, places: list[tuple[str, str]]) -> bytes:
    """The workbook with what a careful person would have typed in these cells."""
    right = load_workbook(io.BytesIO(filled_workbook(register, BODY, Q1)))
    workbook = load_workbook(io.BytesIO(data))
    for sheet, cell in places:
        workbook[sheet][cell].value = right[sheet][cell].value
        # A cell that Excel made a date stays one until its format is set back.
        workbook[sheet][cell].number_format = right[sheet][cell].number_format
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def returned(pipeline: Pipeline) -> bytes | None:
    """The workbook that goes back for the file sent last."""
    with loader(pipeline.engine) as connection:
        path = connection.exec_driver_sql(
            "select marked_path from intake.submission_file order by file_id desc limit 1"
        ).scalar()
    return (pipeline.settings.home / path).read_bytes() if path else None


def typed(data: bytes) -> dict[tuple[str, str], object]:
    """All values of the sender's own sheets."""
    workbook = load_workbook(io.BytesIO(data))
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in workbook.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if sheet.title != SHEET_ANSWER and cell.value is not None
    }


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda b: b.rule)
def test_one_fault_comes_back_marked_and_is_accepted_once_mended(
    pipeline: Pipeline, register: Register, breakage: Breakage
) -> None:
    data, (place,) = broken(register, [breakage])
    assert pipeline.send(BODY, data) == breakage.state
    finding = pipeline.findings()[breakage.rule]
    back = returned(pipeline)
    assert back is not None
    check_parts(back)
    column = get_column_letter(breakage.table.position(breakage.marked or breakage.field))
    marked = (place[0], f"{column}{row_of(load_workbook(io.BytesIO(data))[place[0]], breakage.row_key(register))}")
    assert marked[1] in marks(back)[marked[0]]
    said = comments(back)[marked]
    assert said.startswith("Tiendo – ")
    assert finding["message"] in said
    assert finding["fix"] in said
    # A date in a figure's cell comes back as a text: under the plain format that it needs its number would pass.
    is_date = breakage.rule == "number-is-date"
    assert typed(back) == typed(data) | ({marked: finding["found"]} if is_date else {})
    assert is_date or read_workbook(back) == read_workbook(data)

    assert pipeline.send(BODY, mended(register, back, [place])) == "accepted"
    assert pipeline.findings() == {}
    assert returned(pipeline) is None


def test_ten_faults_mended_in_libreoffice_in_two_goes(pipeline: Pipeline, register: Register, tmp_path: Path) -> None:
    # One fault a cell; a doubt about a figure follows from one beside it that cannot be read, so it waits its turn.
    chosen = {(b.table, b.key, b.field): b for b in reversed(BREAKAGES) if b.state == "rejected"}
    data, places = broken(register, list(chosen.values()))
    assert len(places) == 7
    assert pipeline.send(BODY, data) == "rejected"
    first = returned(pipeline)
    assert first is not None
    half = through_libreoffice(mended(register, first, places[::2]), tmp_path / "1")
    assert pipeline.send(BODY, half, name="TN-000001-bao-cao.xlsx") == "rejected"
    second = returned(pipeline)
    assert second is not None
    check_parts(second)
    workbook = load_workbook(io.BytesIO(second))
    assert workbook.sheetnames.count(SHEET_ANSWER) == 1
    assert not [name for name in workbook.sheetnames if name.startswith(f"{SHEET_ANSWER} (")]
    assert set(places[1::2]) <= {(sheet, cell) for sheet, cells in marks(second).items() for cell in cells}
    assert not set(places[::2]) & set(comments(second))
    assert (
        pipeline.send(BODY, through_libreoffice(mended(register, second, places[1::2]), tmp_path / "2")) == "accepted"
    )
    assert pipeline.findings() == {}


def test_the_same_file_gives_the_same_answer(pipeline: Pipeline, register: Register) -> None:
    data, _ = broken(register, BREAKAGES[:1])
    pipeline.send(BODY, data)
    first = returned(pipeline)
    pipeline.send("so-xay-dung", data)  # another sender, refused as a whole: its own template goes back
    other = returned(pipeline)
    assert first is not None
    assert other is not None
    assert SHEET_ANSWER not in load_workbook(io.BytesIO(other)).sheetnames
    assert read_workbook(other).marker.agency == "so-xay-dung"


@pytest.mark.parametrize("form", ["ods", "xls"])
def test_another_format_comes_back_as_the_bodys_template_with_the_values(
    pipeline: Pipeline, register: Register, tmp_path: Path, form: str
) -> None:
    data, (place,) = broken(register, BREAKAGES[:1])
    assert pipeline.send(BODY, through_libreoffice(data, tmp_path, form), name=f"bao-cao.{form}") == "rejected"
    back = returned(pipeline)
    assert back is not None
    check_parts(back)
    assert marks(back)[place[0]] == {place[1]}
    content = read_workbook(back)
    assert content.marker.agency == BODY
    assert load_workbook(io.BytesIO(back))[place[0]][place[1]].value == "hơn mười nghìn tỷ"
    assert pipeline.send(BODY, mended(register, back, [place])) == "accepted"


@pytest.mark.parametrize("text", ["=1+1", "@SUM(1)", "+84 274", "-", '=HYPERLINK("http://vi.du","bấm")'])
def test_text_of_a_sender_stays_text_in_every_workbook(
    pipeline: Pipeline, register: Register, tmp_path: Path, text: str
) -> None:
    from tiendo.feedback.fresh_copy import fresh_copy

    def edit(workbook) -> None:
        sheet = workbook[INDICATORS.sheet]
        cell = sheet.cell(row_of(sheet, REVENUE), INDICATORS.position("unit"))
        cell.value = text
        cell.data_type = "s"
        note = sheet.cell(row_of(sheet, REVENUE), INDICATORS.position("note"))
        note.value = text
        note.data_type = "s"

    data = filled_workbook(register, BODY, Q1, edit)
    assert pipeline.send(BODY, data) == "rejected"
    back = returned(pipeline)
    copy = fresh_copy(register, BODY, "2023-Q1", read_workbook(data))
    assert back is not None
    assert copy is not None
    for workbook in (load_workbook(io.BytesIO(back)), load_workbook(io.BytesIO(copy.data))):
        for sheet in workbook.worksheets:
            for row in sheet.iter_rows():
                assert not [c.coordinate for c in row if c.data_type == "f"], sheet.title
    page = (pipeline.settings.home / pipeline.file(pipeline.last)["receipt"]).read_text(encoding="utf-8")
    assert "<a href=" in page
