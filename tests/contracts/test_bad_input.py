"""What departments send by mistake: findings in a receipt, an entry in the ledger, and nothing of it loaded."""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from sqlalchemy import Engine

from fixtures.workbooks import Edit, filled_workbook, put, row_of
from tiendo import clock
from tiendo.clock import HANOI
from tiendo.collect.ledger import ledger_document
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.process.ingest import ingest_paths
from tiendo.reading.columns import INDICATORS, TASKS
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader

Q1 = Period(2023, 1)
BODY = "so-tai-chinh"


@pytest.fixture(autouse=True)
def replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(tmp_path / "clock"))
    clock.set_replay_clock(tmp_path / "clock", datetime(2023, 3, 14, 12, tzinfo=HANOI))


@dataclass
class Result:
    state: str
    rules: list[tuple[str, str]]
    page: str
    loaded: int


@pytest.fixture
def send(settings: Settings, register: Register, engine: Engine, tmp_path: Path) -> Callable[[bytes], Result]:
    """Sends one file from Sở Tài chính through the batch path and tells what became of it."""

    def send_one(content: bytes, name: str = "bao-cao.xlsx", folder: str = BODY) -> Result:
        path = tmp_path / "inbox" / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        ingest_paths(settings, register, lambda: engine, [path])
        shutil.rmtree(tmp_path / "inbox")
        (file,) = ledger_document(engine)["files"]
        with loader(engine) as connection:
            rules = connection.exec_driver_sql(
                "select rule, cell from intake.finding where severity = 'critical'"
            ).all()
            loaded = connection.exec_driver_sql(
                """select (select count(*) from core.observation) + (select count(*) from core.task_progress)
                  + (select count(*) from intake.submission)"""
            ).scalar_one()
        page = (settings.home / file["receipt"]).read_text(encoding="utf-8")
        return Result(file["state"], [tuple(row) for row in rules], page, loaded)

    return send_one


def test_a_careful_workbook_is_accepted(send: Callable[..., Result], register: Register) -> None:
    result = send(filled_workbook(register, BODY, Q1))
    assert (result.state, result.rules) == ("accepted", [])
    assert result.loaded > 0


@pytest.mark.parametrize("content", [b"", b"khong phai bang tinh", b"PK\x03\x04 hong", b"\x00" * 4096])
def test_a_file_that_cannot_be_read(send: Callable[..., Result], content: bytes) -> None:
    result = send(content)
    assert (result.state, result.loaded) == ("quarantined", 0)
    assert len(result.rules) == 1
    assert "Tạm giữ" in result.page


def test_a_workbook_with_no_data(send: Callable[..., Result], register: Register) -> None:
    from tiendo.feedback.template import build_template

    result = send(build_template(register, Q1, register.agency_by_code[BODY]))
    assert (result.state, result.loaded) == ("rejected", 0)
    assert [rule for rule, _ in result.rules] == ["file-no-data"]


def test_a_file_of_another_body(send: Callable[..., Result], register: Register) -> None:
    result = send(filled_workbook(register, "so-xay-dung", Q1))
    assert (result.state, result.loaded) == ("rejected", 0)
    assert "Sở Xây dựng" in result.page
    assert f"outbox/{BODY}" not in result.page


def test_a_file_of_a_period_that_has_not_begun(send: Callable[..., Result], register: Register) -> None:
    result = send(filled_workbook(register, BODY, Period(2023, 4)))
    assert (result.state, result.loaded) == ("rejected", 0)
    assert len(result.rules) == 1


def _marker(key: str, value: str) -> Edit:
    def edit(workbook: Workbook) -> None:
        sheet = workbook["_tiendo"]
        sheet.cell(row_of(sheet, key), 2).value = value

    return edit


def test_an_older_template(send: Callable[..., Result], register: Register) -> None:
    result = send(filled_workbook(register, BODY, Q1, _marker("template_version", "0")))
    assert (result.state, result.loaded) == ("rejected", 0)
    assert len(result.rules) == 1


def _type(field: str, value: object) -> Edit:
    return lambda workbook: put(workbook, INDICATORS, "thu-ngan-sach", field, value)


def _doubled(workbook: Workbook) -> None:
    sheet = workbook[INDICATORS.sheet]
    source, target = row_of(sheet, "thu-ngan-sach"), row_of(sheet, "chi-can-doi-ngan-sach")
    for column in range(1, len(INDICATORS.columns) + 1):
        sheet.cell(target, column).value = sheet.cell(source, column).value


def _unknown(workbook: Workbook) -> None:
    sheet = workbook[INDICATORS.sheet]
    row = sheet.max_row + 1
    sheet.cell(row, 1).value = "khong-co-trong-ke-hoach"
    sheet.cell(row, 2).value = "Chỉ tiêu tự đặt"
    sheet.cell(row, INDICATORS.position("year_to_date")).value = 5


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        (_type("year_to_date", "khoảng hơn mười nghìn"), "year_to_date"),
        (_type("year_to_date", 18654000), "year_to_date"),
        (_type("kind", None), "kind"),
        (_doubled, None),
    ],
    ids=["text where a number belongs", "1000 times too large", "no kind", "duplicate row"],
)
def test_a_bad_cell_refuses_the_file_and_names_the_cell(
    send: Callable[..., Result], register: Register, edit: Edit, field: str | None
) -> None:
    result = send(filled_workbook(register, BODY, Q1, edit))
    assert (result.state, result.loaded) == ("rejected", 0)
    cells = {cell for _, cell in result.rules if cell}
    assert cells
    for cell in cells:
        assert re.search(rf"\b{cell}\b", result.page)
    if field is not None:
        column = "ABCDEFGHIJK"[INDICATORS.position(field) - 1]
        assert any(cell.startswith(column) for cell in cells)


def test_a_row_added_to_the_plan_is_kept_aside(send: Callable[..., Result], register: Register) -> None:
    clean = filled_workbook(register, BODY, Q1)
    result = send(filled_workbook(register, BODY, Q1, _unknown))
    assert (result.state, result.rules) == ("accepted_with_warnings", [])
    assert "khong-co-trong-ke-hoach" in result.page
    assert clean


def test_a_sender_that_is_no_body(send: Callable[..., Result], register: Register) -> None:
    result = send(filled_workbook(register, BODY, Q1, _marker("agency", "so-khong-co")), folder="la")
    assert result.loaded == 0
    assert result.state in ("quarantined", "rejected")


def test_a_state_that_is_not_on_the_list(send: Callable[..., Result], register: Register) -> None:
    task = register.tasks_of(BODY)[0]
    result = send(
        filled_workbook(register, BODY, Q1, lambda workbook: put(workbook, TASKS, task.ref, "state", "Sắp xong"))
    )
    assert (result.state, result.loaded) == ("rejected", 0)
    assert "Sắp xong" in result.page


def test_text_of_a_file_is_shown_as_text(send: Callable[..., Result], register: Register) -> None:
    result = send(filled_workbook(register, BODY, Q1, _type("year_to_date", "<script>alert(1)</script>")))
    assert result.state == "rejected"
    assert "<script>" not in result.page
    assert "&lt;script&gt;" in result.page
