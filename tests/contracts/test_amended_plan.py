"""A plan that is amended while its year runs, through the real pipeline: workbooks, who may report what, reminders."""

import io
import re
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from fixtures.amended import amended, amendment
from fixtures.pipeline import Pipeline
from fixtures.workbooks import filled_workbook, put, put_correction
from tiendo.feedback.template import build_template
from tiendo.mail.identity import Identity
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.reading.columns import INDICATORS
from tiendo.reminders.reminding import remind
from tiendo.status.service import initialise
from tiendo.warehouse.contract import questions
from tiendo.warehouse.engine import reader
from tiendo.warehouse.mart import last_reported

Q2, Q3 = Period(2023, 2), Period(2023, 3)
KHDT, KHCN, TTTT = "so-ke-hoach-va-dau-tu", "so-khoa-hoc-va-cong-nghe", "so-thong-tin-va-truyen-thong"
# An indicator of the body that ends, with a figure in each quarter from the amendment on.
OWN = "thong-tin-cong-khai-phan-hoi"


@pytest.fixture
def year(pipeline: Pipeline, tmp_path: Path) -> Pipeline:
    """In mid-June the body that reports ``OWN`` is merged into another; a target was raised on the first."""
    pipeline.today(2023, 1, 20)
    initialise(pipeline.engine, pipeline.register)
    pipeline.today(2023, 5, 20)
    pipeline.register = amended(
        tmp_path,
        amendment("2023-06-01", "indicator", "thu-hut-fdi", "set", "target_text", "2.000"),
        amendment("2023-06-16", "agency", TTTT, "merge", "", KHCN),
    )
    initialise(pipeline.engine, pipeline.register)
    return pipeline


def filled(year: Pipeline, agency: str, period: Period, edit=None) -> bytes:
    return filled_workbook(year.register.in_force(period), agency, period, edit)


def test_the_workbook_shows_the_target_of_its_quarter(year: Pipeline) -> None:
    body = year.register.agency_by_code[KHDT]
    shown = {}
    for period in (Period(2023, 1), Q2):
        sheet = load_workbook(io.BytesIO(build_template(year.register, period, body)))[INDICATORS.sheet]
        row = next(cell.row for cell in sheet["A"] if cell.value == "thu-hut-fdi")
        shown[str(period)] = sheet.cell(row, INDICATORS.position("target")).value
    assert shown == {"2023-Q1": "1.800", "2023-Q2": "2.000"}
    year.today(2023, 6, 12)
    assert year.send(KHDT, filled(year, KHDT, Q2)) == "accepted"
    year.send(KHDT, filled(year, KHDT, Q2, lambda book: put(book, INDICATORS, "thu-hut-fdi", "target", "1.800")))
    assert year.findings()["target-unchanged"]["expected"] == "2.000"


def test_an_analyst_asks_which_targets_were_amended(year: Pipeline) -> None:
    (question,) = [each for each in questions() if each.code == "targets-that-changed"]
    with reader(year.engine) as connection:
        rows = connection.exec_driver_sql(question.sql).all()
    quarters = "2023-Q1: 1.800; 2023-Q2: 2.000; 2023-Q3: 2.000; 2023-Q4: 2.000"
    assert [tuple(row) for row in rows] == [(year.register.code, "thu-hut-fdi", quarters)]


def test_the_body_that_took_over_reports_what_was_the_others(year: Pipeline) -> None:
    year.today(2023, 9, 12)
    assert year.send(KHCN, filled(year, KHCN, Q3)) == "accepted"
    assert year.status(OWN, "2023-Q3")["agency_code"] == KHCN
    assert year.tracker(KHCN, "2023-Q3")["completeness_pct"] == 100


def test_the_body_that_ended_owes_nothing_any_more_and_is_told_so(year: Pipeline, register: Register) -> None:
    year.today(2023, 6, 12)
    assert year.send(TTTT, filled(year, TTTT, Q2)) == "accepted"
    year.today(2023, 9, 12)
    assert year.send(TTTT, filled_workbook(register, TTTT, Q3)) == "rejected"
    assert list(year.findings()) == ["sender-still-owes"]
    assert year.value(OWN, "2023-Q2") is not None
    assert year.value(OWN, "2023-Q3") is None


def test_a_report_that_the_ended_body_still_owed_is_sent_by_the_one_that_took_over(year: Pipeline) -> None:
    year.today(2023, 7, 3)
    report = filled(year, TTTT, Q2)
    assert year.send(KHDT, report) == "rejected"
    assert year.send(KHCN, report) == "accepted"
    assert year.tracker(TTTT, "2023-Q2")["state"] == "accepted"
    assert year.tracker(KHCN, "2023-Q2")["state"] == "missing"
    assert year.status(OWN, "2023-Q2")["agency_code"] == TTTT


def test_before_it_took_over_nobody_speaks_for_another(year: Pipeline) -> None:
    year.today(2023, 6, 12)
    assert year.send(KHCN, filled(year, TTTT, Q2)) == "rejected"


def test_figures_of_the_ended_body_are_corrected_by_the_one_that_took_over(year: Pipeline) -> None:
    year.today(2023, 6, 12)
    assert year.send(TTTT, filled(year, TTTT, Q2)) == "accepted"
    before = year.value(OWN, "2023-Q2")
    assert before is not None
    year.today(2023, 9, 12)
    corrected = before - Decimal("0.5")

    def edit(book) -> None:
        put_correction(book, OWN, period="Quý II", year_to_date=float(corrected), old=float(before))

    assert year.send(KHCN, filled(year, KHCN, Q3, edit)) in ("accepted", "accepted_with_warnings")
    assert (year.value(OWN, "2023-Q2"), year.status(OWN, "2023-Q2")["agency_code"]) == (corrected, KHCN)
    assert last_reported(year.engine, year.register, Q3).values[OWN, KHCN] == corrected


def test_what_the_ended_body_told_is_held_against_the_one_that_took_over(pipeline: Pipeline, tmp_path: Path) -> None:
    """By a register that is stored after the quarter was reported, and leaves it alone."""
    pipeline.today(2023, 6, 12)
    assert pipeline.send(KHDT, filled_workbook(pipeline.register, KHDT, Q2)) == "accepted"
    before = pipeline.value("thu-hut-fdi", "2023-Q2")
    assert before is not None
    pipeline.register = amended(tmp_path, amendment("2023-06-16", "agency", KHDT, "merge", "", KHCN))
    pipeline.today(2023, 6, 20)
    initialise(pipeline.engine, pipeline.register)
    pipeline.today(2023, 9, 12)
    assert last_reported(pipeline.engine, pipeline.register, Q3).values["thu-hut-fdi", KHCN] == before

    def fallen(book) -> None:
        put(book, INDICATORS, "thu-hut-fdi", "year_to_date", float(before) - 100)

    def correcting(book) -> None:
        put_correction(book, "thu-hut-fdi", period="Quý II", year_to_date=float(before) - 1, old=float(before))

    held = pipeline.register.in_force(Q3)
    assert pipeline.send(KHCN, filled_workbook(held, KHCN, Q3, fallen)) == "rejected"
    assert pipeline.send(KHCN, filled_workbook(held, KHCN, Q3, correcting)) in ("accepted", "accepted_with_warnings")
    assert pipeline.value("thu-hut-fdi", "2023-Q2") == before - 1


def test_reminders_of_what_the_ended_body_owes_go_to_the_one_that_took_over(year: Pipeline) -> None:
    identity = Identity("baocao", "baocao@binhduong.gov.vn", "Tiendo", "vanhanh@binhduong.gov.vn")
    year.today(2023, 6, 19, 8, 5)
    entered = remind(year.settings, year.register, year.engine, identity)
    address = year.register.agency_by_code[KHCN].mail_addresses[0]
    (own,) = [reminder for reminder in entered if TTTT in reminder]
    assert own.path == f"outbox/{KHCN}/2023-Q2/nhac-2023-06-19-{TTTT}_282-kh-ubnd-2023.html"
    assert address in own
    page = (year.settings.home / own.path).read_text(encoding="utf-8")
    assert "Sở Thông tin và Truyền thông" in page
    assert "Sở Khoa học và Công nghệ (tiếp nhận phần việc của Sở Thông tin và Truyền thông)" in page
    assert f"thư mục inbox/{KHCN}/" in re.sub("<[^>]*>", "", page)
