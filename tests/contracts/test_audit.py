"""``tiendo audit`` lists every kind of act, whatever each of them has to tell."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine

from fixtures.command import Command
from tiendo import clock
from tiendo.clock import HANOI
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.obligations.corrections import CorrectionRequest, ask
from tiendo.report.approval import ReviewAnswer, ReviewRequest, record_decision
from tiendo.settings import Settings
from tiendo.warehouse.audit import record
from tiendo.warehouse.engine import loader

Q1 = Period(2023, 1)
AT = datetime(2023, 3, 14, 16, 30, tzinfo=HANOI)
REQUEST = ReviewRequest(7, "282-kh-ubnd-2023", Q1, 1, AT, "d" * 64, "c" * 64, None)


@pytest.fixture
def at_publication(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.set_replay_clock(tmp_path / "clock", AT)
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(tmp_path / "clock"))


def test_every_kind_of_act(
    settings: Settings, register: Register, engine: Engine, database_url: URL, at_publication: None
) -> None:
    states = {"receipt": "TD-000001", "state_before": "rejected", "state_after": "accepted"}
    with loader(engine) as connection:
        for act in ("requeue", "release"):
            record(connection, act=act, subject="TD-000002", reason="Sửa quy tắc", details=states, done_by="hoa")
        record_decision(connection, register, REQUEST, ReviewAnswer("approve", "Hòa", AT))
        record_decision(connection, register, REQUEST, ReviewAnswer("reject", "Hòa", AT, comment="Chờ Sở Y tế"))
    ask(
        engine, register, settings,
        CorrectionRequest("so-y-te", Q1, 1, "d" * 64, "Số\ngiường?", "Hòa", AT, REQUEST.name), None,
    )  # fmt: skip
    notice, words = "DC-000001", r"Số\ngiường?"
    when = "16:30 ngày 14/03/2023"
    draft = f"of {register.code}, figures dddddddddddddddd as of 2023-03-14T16:30:00+07:00"
    assert Command(settings.home, database_url)("audit").splitlines() == [
        f"{when}  hoa  requeue TD-000002 as TD-000001: rejected -> accepted. Sửa quy tắc",
        f"{when}  hoa  release TD-000002 as TD-000001: rejected -> accepted. Sửa quy tắc",
        f"{when}  Hòa  approve 2023-Q1/1 {draft}. (không có ý kiến)",
        f"{when}  Hòa  reject 2023-Q1/1 {draft}. Chờ Sở Y tế",
        f"{when}  Hòa  return {notice} to so-y-te for 2023-Q1, notice outbox/so-y-te/2023-Q1/{notice}.html. {words}",
        "5 acts.",
    ]
