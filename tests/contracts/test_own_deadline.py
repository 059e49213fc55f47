"""The answer to a body that was given a later day by letter, or was excused, names its own day and not the plan's."""

from datetime import date
from functools import partial

import pytest
from sqlalchemy import Engine

from fixtures.pipeline import Pipeline
from fixtures.workbooks import filled_workbook, put
from tiendo.model.period import Period
from tiendo.model.register import Duty, Obligation, Register
from tiendo.obligations.extensions import Kind, Letter, excuse, find_obligation, grant, revoke
from tiendo.reading.columns import INDICATORS

Q1, Q2 = Period(2023, 1), Period(2023, 2)
Y_TE, TU_PHAP = "so-y-te", "so-tu-phap"
LETTER = Letter("512/UBND-TH", date(2023, 3, 9))
PLAN_DAY, OWN_DAY = "trước ngày 15 tháng 3 năm 2023", "trước ngày 18 tháng 3 năm 2023"


@pytest.fixture
def pipeline(pipeline: Pipeline) -> Pipeline:
    pipeline.today(2023, 3, 16, 9)
    return pipeline


@pytest.fixture
def q1(register: Register) -> Obligation:
    return find_obligation(register, Duty.QUARTERLY_REPORT, "2023-Q1")


def receipt(pipeline: Pipeline, body: str, content: bytes) -> str:
    pipeline.send(body, content)
    return (pipeline.settings.home / pipeline.file(pipeline.last)["receipt"]).read_text(encoding="utf-8")


def test_an_extended_body_is_in_time_until_its_own_day(
    pipeline: Pipeline, register: Register, engine: Engine, q1: Obligation
) -> None:
    grant(engine, register, Y_TE, q1, until=date(2023, 3, 17), letter=LETTER)
    page = receipt(pipeline, Y_TE, filled_workbook(register, Y_TE, Q1))
    assert "(trong thời hạn)" in page
    assert "chậm" not in page.lower().split("thời điểm nhận")[1].split("</dd>")[0]
    spoilt = partial(put, table=INDICATORS, key=register.indicators_of(Y_TE)[0].code, field="kind", value="có lẽ")
    page = receipt(pipeline, Y_TE, filled_workbook(register, Y_TE, Q1, spoilt))
    assert OWN_DAY in page
    assert PLAN_DAY not in page
    # Without a letter the same day is one day late.
    page = receipt(pipeline, TU_PHAP, filled_workbook(register, TU_PHAP, Q1))
    assert f"Tệp nhận sau thời hạn 2 ngày (thời hạn: {PLAN_DAY})" in page


def test_the_day_is_the_plans_again_once_the_letter_is_revoked(
    pipeline: Pipeline, register: Register, engine: Engine, q1: Obligation
) -> None:
    grant(engine, register, Y_TE, q1, until=date(2023, 3, 17), letter=LETTER)
    revoke(engine, register, Y_TE, q1, letter=LETTER)
    assert f"Tệp nhận sau thời hạn 2 ngày (thời hạn: {PLAN_DAY})" in receipt(
        pipeline, Y_TE, filled_workbook(register, Y_TE, Q1)
    )


def test_an_excused_body_is_not_asked_for_the_report(
    pipeline: Pipeline, register: Register, engine: Engine, q1: Obligation
) -> None:
    asked = f"Gửi báo cáo {Q1.vietnamese}"
    pipeline.today(2023, 6, 12, 9)
    before = receipt(pipeline, TU_PHAP, filled_workbook(register, TU_PHAP, Q2))
    assert asked in before
    excuse(engine, register, TU_PHAP, q1, kind=Kind.EXEMPT, letter=LETTER)
    again = receipt(pipeline, TU_PHAP, filled_workbook(register, TU_PHAP, Q2) + b" ")
    assert asked not in again
