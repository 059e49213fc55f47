"""A total that nobody reports, through the real pipeline: the communes' files in, status, explain, page, report."""

import csv
import io
import re
import zipfile
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import URL

from fixtures.other_plan import database_of
from fixtures.pipeline import Pipeline
from fixtures.sums import AN_BINH, PARTS, SON_HA, SONG_LAM, SUM, plan_with_sum
from fixtures.workbooks import filled_workbook, put, put_correction
from tiendo.airflow_glue.warehouse import Parts
from tiendo.cli.printing import print_explanation, print_status
from tiendo.clock import HANOI
from tiendo.feedback.template import build_template
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.pages.indicators import indicator_page
from tiendo.plan.kept import PastError
from tiendo.plan.register import load_register
from tiendo.reading.columns import INDICATORS
from tiendo.reminders.reminding import due_now
from tiendo.report.build import build
from tiendo.report.data import EditionData
from tiendo.report.edition import draft
from tiendo.report.gather import gather
from tiendo.report.manifest import data_sha256
from tiendo.settings import Settings
from tiendo.status.service import initialise, refresh
from tiendo.validation.own_tables import check_mart
from tiendo.warehouse.engine import loader
from tiendo.warehouse.mart import explanation, rollup_rows, status_rows

Q1, Q2 = Period(2025, 1), Period(2025, 2)
BODIES = dict(zip(PARTS, ("phuong-an-binh", "xa-son-ha", "thi-tran-song-lam"), strict=True))
# A quarter of the year's target of 78,5 is 19,625; 12 + 2,25 + 5,5 = 19,75.
FIGURES = {AN_BINH: "12", SON_HA: "2.25", SONG_LAM: "5.5"}
AFTERWARDS = datetime(2025, 4, 22, 9, tzinfo=HANOI)


@pytest.fixture(scope="module")
def plan_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plan_with_sum(tmp_path_factory.mktemp("plan_with_sum"))


@pytest.fixture(scope="module")
def register(plan_dir: Path) -> Register:
    return load_register(plan_dir)


@pytest.fixture(scope="module")
def migrated_template(postgres: URL, register: Register, tmp_path_factory: pytest.TempPathFactory) -> str:
    return database_of(postgres, register, tmp_path_factory.mktemp("sums"))


@pytest.fixture
def settings(home: Path, database_url: URL, plan_dir: Path) -> Settings:
    url = database_url.render_as_string(hide_password=False)
    return Settings(home=home, plan_dirs=(plan_dir,), database_url=url)


def send(pipeline: Pipeline, part: str, value: str, period: Period = Q1, **cells: object) -> str:
    def edit(book) -> None:
        typed = {"year_to_date": float(Decimal(value)), "quarter": float(Decimal(value)), "kind": "Thực hiện"} | cells
        for field, content in typed.items():
            put(book, INDICATORS, part, field, content)

    return pipeline.send(BODIES[part], filled_workbook(pipeline.register, BODIES[part], period, edit))


@pytest.fixture
def quarter(pipeline: Pipeline) -> Pipeline:
    pipeline.today(2025, 4, 18, 9)
    for part, value in FIGURES.items():
        assert send(pipeline, part, value) == "accepted"
    return pipeline


def edition(pipeline: Pipeline, period: Period = Q1, as_of: datetime = AFTERWARDS) -> EditionData:
    with loader(pipeline.engine) as connection:
        return gather(connection, pipeline.register, period, edition=1, as_of=as_of)


def text(page: bytes | str) -> str:
    shown = page.decode() if isinstance(page, bytes) else page
    return " ".join(unescape(re.sub(r"<(script|style|svg)[ >].*?</\1>|<[^>]+>", " ", shown, flags=re.S)).split())


def test_it_is_in_no_workbook_and_owed_by_nobody(pipeline: Pipeline, register: Register) -> None:
    for body in register.obliged:
        sheet = load_workbook(io.BytesIO(build_template(register, Q1, body)))[INDICATORS.sheet]
        assert SUM not in {cell.value for cell in sheet["A"]}
    pipeline.today(2025, 4, 23, 9)
    due = due_now(pipeline.engine, register, datetime(2025, 4, 23, 9, tzinfo=HANOI))
    assert BODIES[SON_HA] in {each.agency.code for each in due}
    owed = {code: pipeline.tracker(code, "2025-Q1")["owed_count"] for code in BODIES.values()}
    assert owed == dict.fromkeys(BODIES.values(), 1)


def test_the_total_is_there_when_the_last_commune_has_sent(pipeline: Pipeline) -> None:
    pipeline.today(2025, 4, 18, 9)
    send(pipeline, AN_BINH, "12")
    send(pipeline, SONG_LAM, "5.5")
    waiting = pipeline.status(SUM, "2025-Q1")
    assert (waiting["status"], waiting["value"]) == ("no_data", None)
    assert waiting["explanation"] == "Chưa đủ số liệu để cộng: thiếu Xã Sơn Hà; đánh giá: Chưa có số liệu."
    send(pipeline, SON_HA, "2.25")
    done = pipeline.status(SUM, "2025-Q1")
    assert (done["value"], done["status"], done["expected_value"]) == (
        *(Decimal("19.75"), "on_track", Decimal("19.625")),
    )
    assert done["explanation"].endswith("; tổng của 3 chỉ tiêu thành phần.")
    assert {name: done[name] for name in ("submission_id", "file_sha256", "sheet", "cell", "agency_code")} == (
        dict.fromkeys(("submission_id", "file_sha256", "sheet", "cell", "agency_code"))
    )


def correct(pipeline: Pipeline) -> None:
    """In July Sơn Hà says that it was 3 in the first quarter."""
    pipeline.today(2025, 7, 14, 9)

    def edit(book) -> None:
        put(book, INDICATORS, SON_HA, "year_to_date", 5)
        put(book, INDICATORS, SON_HA, "quarter", 2)
        put_correction(book, SON_HA, period="Quý I", year_to_date=3, quarter=3, old=2.25)

    state = pipeline.send(BODIES[SON_HA], filled_workbook(pipeline.register, BODIES[SON_HA], Q2, edit))
    assert state in ("accepted", "accepted_with_warnings"), pipeline.findings()


def test_a_correction_of_a_part_in_the_next_quarter_corrects_the_total(quarter: Pipeline) -> None:
    correct(quarter)
    assert quarter.value(SUM, "2025-Q1") == Decimal("20.5")
    assert quarter.status(SUM, "2025-Q2")["status"] == "no_data"
    before = status_rows(quarter.engine, quarter.register, Q1, AFTERWARDS)
    assert next(row["value"] for row in before if row["indicator_code"] == SUM) == Decimal("19.75")


def test_nothing_occurred_is_a_zero_and_what_does_not_apply_is_left_out(pipeline: Pipeline) -> None:
    pipeline.today(2025, 4, 18, 9)
    send(pipeline, AN_BINH, "12")
    nothing = {"quarter": None, "kind": None, "data_on": None}
    send(pipeline, SON_HA, "0", **nothing, year_to_date="Không phát sinh", note="Không phát sinh.")
    send(pipeline, SONG_LAM, "0", **nothing, year_to_date="Không áp dụng", note="Không áp dụng.")
    assert pipeline.value(SUM, "2025-Q1") == 12
    assert "(trong đó 1 không phát sinh, 1 không áp dụng)" in pipeline.status(SUM, "2025-Q1")["explanation"]


def test_it_is_followed_back_to_each_cell(quarter: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    document = explanation(quarter.engine, quarter.register, SUM, Q1)
    assert (document["observation"], document["cell"]) == (None, None)
    assert [(part["indicator"], part["value"], part["sheet"], part["choice"]) for part in document["parts"]] == [
        (code, Decimal(value), "Chỉ tiêu", "chosen") for code, value in FIGURES.items()
    ]
    for part, file_id in zip(document["parts"], (1, 2, 3), strict=True):
        file = quarter.file(file_id)
        assert (part["receipt_no"], part["file_sha256"]) == (file["receipt_no"], file["sha256"])
        single = explanation(quarter.engine, quarter.register, part["indicator"], Q1)
        assert (part["cell"], part["submission_id"]) == (single["cell"], single["observation"]["submission_id"])
        assert "parts" not in single
    print_explanation(quarter.register, document)
    lines = capsys.readouterr().out.splitlines()
    assert "  Giá trị:   19,75 Tỷ đồng, tổng của 3 chỉ tiêu thành phần:" in lines
    cell = document["parts"][1]["cell"]
    assert lines[-2] == (
        "    Thu ngân sách xã Sơn Hà (thu-xa-son-ha): 2,25; Ủy ban nhân dân xã Sơn Hà, phiếu TN-000002,"
        f" ô Chỉ tiêu!{cell} của tệp bao-cao.xlsx, SHA-256 {quarter.file(2)['sha256']}"
    )
    print_status(quarter.register, status_rows(quarter.engine, quarter.register, Q1, AFTERWARDS))
    assert re.search(r"Đúng tiến độ +19,75 Tỷ đồng  Tổng thu ngân sách của các xã", capsys.readouterr().out)


def test_what_is_missing_is_told_part_by_part(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline.today(2025, 4, 18, 9)
    send(pipeline, AN_BINH, "12")
    print_explanation(pipeline.register, explanation(pipeline.engine, pipeline.register, SUM, Q1))
    printed = capsys.readouterr().out
    assert "Thu ngân sách phường An Bình (thu-phuong-an-binh): 12; Ủy ban" in printed
    assert "Thu ngân sách xã Sơn Hà (thu-xa-son-ha): chưa nhận được số liệu\n" in printed


def table_row(book: bytes, sheet: str, name: str) -> dict[str, Any]:
    rows = list(load_workbook(io.BytesIO(book))[sheet].iter_rows(values_only=True))
    titles = [str(title) for title in rows[0]]
    found = [dict(zip(titles, row, strict=True)) for row in rows[1:]]
    return next(row for row in found if row["Chỉ tiêu"] == name)


def test_the_report_says_that_it_is_a_sum_and_leads_to_its_parts(quarter: Pipeline) -> None:
    quarter.today(2025, 4, 22, 9)
    refresh(quarter.engine, quarter.register, Q1)
    files = build(edition(quarter), with_pdf=False)
    page = files["bao-cao.html"].decode()
    body = page[page.index(f'id="chi-tieu-{SUM}"') :]
    body = body[: body.index("</tbody>")]
    assert f'href="#nguon-{SUM}"' in body
    assert [f'href="#chi-tieu-{part}"' in body and f'href="#nguon-{part}"' in body for part in PARTS] == [True] * 3
    assert all(f'id="nguon-{part}"' in page for part in (*PARTS, SUM))
    assert "Số liệu là tổng của 3 chỉ tiêu thành phần: Thu ngân sách phường An Bình : 12 (TN-000001, Chỉ tiêu!" in text(
        body
    )
    with zipfile.ZipFile(io.BytesIO(files["bao-cao.docx"])) as parts:
        assert "; tổng của 3 chỉ tiêu thành phần." in text(parts.read("word/document.xml"))
    name = "Tổng thu ngân sách của các xã"
    row = table_row(files["bao-cao.xlsx"], "Chỉ tiêu", name)
    assert (row["Kết quả"], row["Đánh giá"], row["Cơ quan báo cáo"]) == (
        *(19.75, "► Đúng tiến độ", "tổng của 3 chỉ tiêu thành phần"),
    )
    assert table_row(files["bao-cao.xlsx"], "Theo dõi chỉ tiêu", name)["Cơ quan báo cáo"] == row["Cơ quan báo cáo"]
    exported = csv.DictReader(io.StringIO(files["data/indicators.csv"].decode("utf-8-sig")))
    (line,) = [each for each in exported if each["indicator_code"] == SUM]
    assert (line["value"], line["agency_name"], line["value_text"]) == ("19.75", "", "")


def test_the_checks_of_the_mart_let_it_through_to_a_draft(quarter: Pipeline) -> None:
    assert quarter.status(SUM, "2025-Q1")["value"] is not None
    check_mart(quarter.engine, quarter.register, Q1)
    assert draft(quarter.engine, quarter.register, quarter.settings, Q1)["is_changed"]


def test_a_draft_is_rebuilt_the_same(quarter: Pipeline) -> None:
    quarter.today(2025, 4, 22, 9)
    refresh(quarter.engine, quarter.register, Q1)
    before = edition(quarter)
    first = build(before, with_pdf=False)
    correct(quarter)
    again = edition(quarter)
    assert data_sha256(again) == data_sha256(before)
    assert build(again, with_pdf=False) == first
    later = edition(quarter, as_of=datetime(2025, 7, 14, 10, tzinfo=HANOI))
    (line,) = [each for each in later.indicators if each.code == SUM]
    assert line.value == Decimal("20.5")


@pytest.mark.parametrize(
    ("figures", "status", "responsible"),
    [
        # 5,25 of 19,625. Sơn Hà: 0,5 of 2,375 is slower than An Bình's 3 of 12.
        ({AN_BINH: "3", SON_HA: "0.5", SONG_LAM: "1.75"}, "behind", ("Ủy ban nhân dân xã Sơn Hà",)),
        (
            {AN_BINH: "3"},
            "no_data",
            ("Ủy ban nhân dân xã Sơn Hà", "Ủy ban nhân dân thị trấn Sông Lam"),
        ),
    ],
)
def test_who_must_act_is_who_is_waited_for_or_slowest(
    pipeline: Pipeline, figures: Mapping[str, str], status: str, responsible: tuple[str, ...]
) -> None:
    pipeline.today(2025, 4, 18, 9)
    for part, value in figures.items():
        send(pipeline, part, value)
    (line,) = [each for each in edition(pipeline).indicators if each.code == SUM]
    assert (line.status, line.responsible, line.agency_name) == (status, responsible, "")


def test_who_leads_counts_it_for_no_body(quarter: Pipeline) -> None:
    rows = rollup_rows(quarter.engine, quarter.register, Q1, "agency", AFTERWARDS)
    mine = [row for row in rows if row["group_code"] in BODIES.values()]
    assert sum(row["item_count"] for row in mine) == 3


def test_its_page_leads_to_the_parts(quarter: Pipeline) -> None:
    parts = Parts(quarter.settings, quarter.register, quarter.engine)
    viewer = SimpleNamespace(get_name=lambda: "nguoi.xem")
    page = bytes(indicator_page(SUM, viewer, parts).body).decode()
    assert all(f'href="/tiendo/chi-tieu/{part}"' in page or f"/chi-tieu/{part}" in page for part in PARTS)
    shown = text(page)
    assert "Không đơn vị nào báo cáo riêng; là tổng của 3 chỉ tiêu thành phần" in shown
    assert "TN-000002" in shown


def test_a_body_that_sends_the_total_is_told_that_nobody_reports_it(pipeline: Pipeline) -> None:
    pipeline.today(2025, 4, 18, 9)

    def edit(book) -> None:
        sheet = book[INDICATORS.sheet]
        row = next(cell.row for cell in sheet["A"] if cell.value == AN_BINH)
        sheet.cell(row + 1, 1).value = SUM
        sheet.cell(row + 1, INDICATORS.position("name")).value = "Tổng thu ngân sách của các xã"
        sheet.cell(row + 1, INDICATORS.position("year_to_date")).value = 19

    pipeline.send(BODIES[AN_BINH], filled_workbook(pipeline.register, BODIES[AN_BINH], Q1, edit))
    finding = pipeline.findings()["indicator-entitled"]
    assert finding["expected"] == ("Đơn vị báo cáo: không đơn vị nào, số liệu được cộng từ các chỉ tiêu thành phần")
    assert pipeline.value(SUM, "2025-Q1") is None


def test_a_register_that_stops_adding_up_a_closed_quarter_is_refused(quarter: Pipeline, tmp_path: Path) -> None:
    quarter.today(2025, 6, 20, 9)
    other = load_register(plan_with_sum(tmp_path, {(SUM, "sum_of"): f"{AN_BINH};{SONG_LAM}"}))
    with pytest.raises(PastError, match=f"2025-Q1, indicator {SUM}"):
        initialise(quarter.engine, other)
