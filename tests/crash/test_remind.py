"""Reminding, killed at every step there is: each body is told once, its notice is there and its mail in the queue."""

from datetime import date, datetime
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine

from crash.harness import run_child
from tiendo import clock
from tiendo.clock import HANOI
from tiendo.mail.identity import Identity
from tiendo.model.register import Duty, Register
from tiendo.obligations.extensions import Kind, Letter, excuse, find_obligation, grant
from tiendo.reminders.reminding import remind
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader, make_engine

AT = datetime(2023, 3, 21, 8, tzinfo=HANOI)
IDENTITY = Identity("x", "baocao@tiendo.binhduong.gov.vn", operations="vanhanh@tiendo.binhduong.gov.vn")
LETTER = Letter("512/UBND-TH", date(2023, 3, 9))


@pytest.fixture(autouse=True)
def replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine, register: Register) -> None:
    """On 21 March one body is five working days overdue, one was given until the 22nd; nobody else owes anything."""
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(tmp_path / "clock"))
    clock.set_replay_clock(tmp_path / "clock", AT)
    q1 = find_obligation(register, Duty.QUARTERLY_REPORT, "2023-Q1")
    own_plan = find_obligation(register, Duty.IMPLEMENTATION_PLAN, "2023")
    for agency in register.obliged:
        excuse(engine, register, agency.code, own_plan, kind=Kind.EXEMPT, letter=LETTER)
        if agency.code == "so-y-te":
            grant(engine, register, agency.code, q1, until=date(2023, 3, 22), letter=LETTER)
        elif agency.code != "h-phu-giao":
            excuse(engine, register, agency.code, q1, kind=Kind.EXEMPT, letter=LETTER)


def forget(database_url: URL) -> None:
    """Makes as if nobody had been told, against the guards that keep anybody else from it."""
    engine = make_engine(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("set local session_replication_role = replica")
        connection.exec_driver_sql("truncate core.reminder, intake.outgoing_mail cascade")
    engine.dispose()


def told(engine: Engine) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    with loader(engine) as connection:
        entered = connection.exec_driver_sql(
            "select agency_code, occasion, path, to_address from core.reminder order by agency_code"
        )
        queued = connection.exec_driver_sql("select kind, to_address from intake.outgoing_mail order by kind")
        return [tuple(row) for row in entered], [tuple(row) for row in queued]


def test_killed_at_every_step_it_ends_as_if_undisturbed(
    settings: Settings, register: Register, engine: Engine, database_url: URL
) -> None:
    notice = "outbox/so-y-te/2023-Q1/nhac-2023-03-21_282-kh-ubnd-2023.html"
    page = "outbox/so-ke-hoach-va-dau-tu/2023-Q1/trinh-lanh-dao-2023-03-21_282-kh-ubnd-2023.html"
    for step in count(1):
        forget(database_url)
        outcome = run_child(lambda: remind(settings, register, make_engine(database_url), IDENTITY), die_at=step)
        assert outcome.error == ""
        remind(settings, register, engine, IDENTITY)
        assert told(engine) == (
            [
                ("h-phu-giao", "deputy_director", page, IDENTITY.operations),
                ("so-y-te", "before-1", notice, "soyte@binhduong.gov.vn"),
            ],
            [("reminder", "soyte@binhduong.gov.vn"), ("reminder_list", IDENTITY.operations)],
        ), f"killed before step {step}"
        files = {path.relative_to(settings.home).as_posix() for path in settings.outbox.rglob("*") if path.is_file()}
        assert files == {notice, page, "outbox/so-y-te/2023-Q1/2023-Q1_so-y-te_282-kh-ubnd-2023.xlsx"}
        if not outcome.was_killed:
            break
        for path in files:
            (settings.home / path).unlink()
    assert step >= 22  # there were as many boundaries as that
    assert outcome.value
