"""A report returned to its body: the notice, the open period, the tracker and the audit, through the real pipeline."""

import json
import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from fixtures.turn import run_once
from fixtures.workbooks import filled_workbook, put
from tiendo import clock
from tiendo.clock import HANOI
from tiendo.collect.folder import collect, make_inboxes
from tiendo.collect.ledger import ledger_document
from tiendo.mail.identity import Identity
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.obligations.corrections import CorrectionRequest, SentRequest, ask
from tiendo.process.requeue import find_file, review
from tiendo.reading.columns import INDICATORS
from tiendo.settings import Settings
from tiendo.warehouse.audit import audit_rows
from tiendo.warehouse.engine import loader, reader
from tiendo.warehouse.mart import tracker_rows

BODY, Q1 = "so-tai-chinh", Period(2023, 1)
JUNE = datetime(2023, 6, 10, 9, tzinfo=HANOI)
WORDS = "Thu ngân sách quý I <b>chênh</b> với Cục Thuế;\nđề nghị đối chiếu."
ASKING = CorrectionRequest(BODY, Q1, 2, "ab" * 32, WORDS, "Nguyễn Thị Hòa (tài khoản reviewer)", JUNE, "2023-Q1/2 x")


@pytest.fixture
def now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, register: Register) -> Any:
    """Sets the replay clock; it begins on 14 March."""
    path = tmp_path / "clock"
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(path))
    make_inboxes(settings, register)

    def turn(instant: datetime) -> None:
        clock.set_replay_clock(path, instant)

    turn(datetime(2023, 3, 14, 12, tzinfo=HANOI))
    return turn


def workbook(register: Register, revenue: str) -> bytes:
    return filled_workbook(
        register,
        BODY,
        Q1,
        lambda book: [put(book, INDICATORS, "thu-ngan-sach", basis, revenue) for basis in ("year_to_date", "quarter")],
    )


def send(settings: Settings, register: Register, engine: Engine, revenue: str, *, process: bool = True) -> Any:
    """Drops the body's workbook; returns its line of the ledger once it is settled."""
    path = settings.inbox / BODY / f"thu {revenue}.xlsx"
    path.write_bytes(workbook(register, revenue))
    os.utime(path, (clock.now().timestamp(),) * 2)
    if not process:
        return collect(settings, register, engine)
    run_once(settings, register, engine)
    return ledger_document(engine)["files"][-1]


def asked_for(engine: Engine, register: Register) -> datetime | None:
    (row,) = [row for row in tracker_rows(engine, register, Q1) if row["agency_code"] == BODY]
    asked_at: datetime | None = row["correction_asked_at"]
    return asked_at


def request(settings: Settings, register: Register, engine: Engine, **changes: Any) -> SentRequest:
    return ask(engine, register, settings, replace(ASKING, **changes), Identity("box", "tiendo@binhduong.gov.vn"))


def test_the_period_is_open_to_the_body_until_it_has_answered(
    settings: Settings, register: Register, engine: Engine, now: Any
) -> None:
    assert send(settings, register, engine, "17300")["state"] == "accepted"
    now(JUNE - timedelta(hours=1))
    assert send(settings, register, engine, "17305")["state"] == "rejected", "Q1 is closed and Q2's reports are due"
    now(JUNE)
    request(settings, register, engine)
    assert asked_for(engine, register) == JUNE
    now(JUNE + timedelta(hours=1))
    answer = send(settings, register, engine, "17310")
    assert answer["state"].startswith("accepted")
    assert asked_for(engine, register) is None
    with reader(engine) as connection:
        row = connection.execute(text("select * from mart.correction_request")).one()
        value = connection.execute(
            text(
                "select value from mart.observation_history where indicator_code = 'thu-ngan-sach' and is_current "
                "and basis = 'year_to_date' and period = '2023-Q1'"
            )
        ).scalar_one()
    assert (row.agency_code, row.answer_receipt_no, value) == (BODY, answer["receipt"].split("/")[-1][:9], 17310)
    now(JUNE + timedelta(hours=2))
    assert send(settings, register, engine, "17320")["state"] == "rejected", "once answered it is closed again"
    # Read once more long afterwards, the answer still finds the period open.
    now(JUNE + timedelta(days=90))
    assert review(settings, register, engine, find_file(engine, answer["sha256"])).after.state == answer["state"]


def test_other_bodies_and_files_that_came_before_find_it_closed(
    settings: Settings, register: Register, engine: Engine, now: Any
) -> None:
    send(settings, register, engine, "17300")
    now(JUNE)
    request(settings, register, engine, agency="so-y-te")
    assert asked_for(engine, register) is None
    send(settings, register, engine, "17305", process=False)  # landed, read only after the request
    request(settings, register, engine, asked_at=JUNE + timedelta(minutes=1))
    now(JUNE + timedelta(hours=1))
    run_once(settings, register, engine)
    assert ledger_document(engine)["files"][-1]["state"] == "rejected"


@pytest.mark.usefixtures("now")
def test_the_notice_is_formal_whole_and_written_once(settings: Settings, register: Register, engine: Engine) -> None:
    asked = request(settings, register, engine)
    assert (asked.request_no, asked.path) == ("DC-000001", "outbox/so-tai-chinh/2023-Q1/DC-000001.html")
    page = (settings.home / asked.path).read_text(encoding="utf-8")
    for words in (
        "Kính gửi: <b>Sở Tài chính</b>", "quý I năm 2023", "&lt;b&gt;chênh&lt;/b&gt; với Cục Thuế;\nđề nghị đối chiếu.",
        "DC-000001", "Kỳ báo cáo đã khép lại và được mở lại", "ngày 10 tháng 6 năm 2023", "Sở Kế hoạch và Đầu tư",
    ):  # fmt: skip
        assert words in page
    assert request(settings, register, engine) == asked
    assert (settings.home / asked.path).read_text(encoding="utf-8") == page
    assert [path.name for path in (settings.home / asked.path).parent.iterdir()] == ["DC-000001.html"]
    (row,) = audit_rows(engine)
    assert (row["act"], row["subject"], row["done_by"], row["reason"]) == (
        "return",
        "DC-000001",
        ASKING.asked_by,
        WORDS,
    )
    with loader(engine) as connection:
        (mail,) = connection.execute(text("select * from intake.outgoing_mail")).all()
    assert (mail.to_address, mail.kind, mail.html_body) == ("sotc@binhduong.gov.vn", "correction", page)
    assert "<b>chênh</b>" in mail.text_body, "plain text is shown as it is"
    # Another answer is another request.
    assert request(settings, register, engine, question="2023-Q1/2 y").request_no == "DC-000002"


@pytest.mark.usefixtures("now")
def test_before_closing_the_notice_says_until_when(settings: Settings, register: Register, engine: Engine) -> None:
    asked = request(settings, register, engine, asked_at=datetime(2023, 3, 15, 9, tzinfo=HANOI))
    page = (settings.home / asked.path).read_text(encoding="utf-8")
    assert "trước ngày 26 tháng 3 năm 2023" in page
    assert "đã khép lại" not in page


@pytest.mark.usefixtures("now")
def test_without_mail_the_notice_lies_in_the_outbox_alone(
    settings: Settings, register: Register, engine: Engine
) -> None:
    asked = ask(engine, register, settings, ASKING, None)
    assert (settings.home / asked.path).exists()
    assert asked.mailed_to == ""
    with loader(engine) as connection:
        assert connection.execute(text("select count(*) from intake.outgoing_mail")).scalar() == 0


@pytest.mark.usefixtures("now")
def test_a_crash_before_the_commit_is_made_up_for(
    settings: Settings, register: Register, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("tiendo.obligations.corrections.record_answer", crash)
        with pytest.raises(KeyboardInterrupt):
            request(settings, register, engine)
    with loader(engine) as connection:
        assert connection.execute(text("select count(*) from core.correction_request")).scalar() == 0
    asked = request(settings, register, engine)
    assert (settings.home / asked.path).exists()
    assert json.dumps([row["act"] for row in audit_rows(engine)]) == '["return"]'
