"""The tracker of the replayed first quarter of 2023, at its end and at its publication."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, create_engine

from fixtures.turn import run_once
from tiendo import clock
from tiendo.clock import HANOI
from tiendo.collect.folder import make_inboxes
from tiendo.local.demo import Scenario, build_scenario
from tiendo.local.demo_files import documents_of, files_of
from tiendo.local.replay import drop_files, receive_documents
from tiendo.model.period import Period, PeriodKind
from tiendo.model.register import Duty, Register
from tiendo.plan.kept import PastError
from tiendo.settings import INCLUDE, Settings
from tiendo.status.service import initialise
from tiendo.warehouse.engine import make_engine
from tiendo.warehouse.mart import tracker_rows

Q1 = Period(2023, 1)
END = datetime(2024, 1, 10, tzinfo=HANOI)


@pytest.fixture(scope="module")
def scenario(register: Register) -> Scenario:
    return build_scenario(register).only("2023-Q1")


@pytest.fixture(scope="module")
def warehouse(
    tmp_path_factory: pytest.TempPathFactory, postgres: URL, register: Register, scenario: Scenario
) -> Iterator[Engine]:
    """The first quarter through the pipeline's own functions."""
    folder = tmp_path_factory.mktemp("tracker")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIENDO_CLOCK_FILE", str(folder / "clock"))
        clock.set_replay_clock(folder / "clock", datetime(2023, 1, 20, 8, tzinfo=HANOI))
        admin = create_engine(postgres, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql("create database tracker_2023")
        engine = make_engine(postgres.set(database="tracker_2023"))
        settings = Settings(home=folder / "var", plan_dirs=(INCLUDE,), database_url="")
        initialise(engine, register)
        make_inboxes(settings, register)
        for step in scenario.steps:
            clock.set_replay_clock(folder / "clock", step.at)
            drop_files(settings, files_of(scenario, step))
            receive_documents(settings, register, engine, documents_of(scenario, step))
            run_once(settings, register, engine)
        yield engine
        engine.dispose()
        with admin.connect() as connection:
            connection.exec_driver_sql("drop database tracker_2023 with (force)")
        admin.dispose()


def rows(engine: Engine, register: Register, as_of: datetime) -> dict[str, dict[str, Any]]:
    return {row["agency_code"]: row for row in tracker_rows(engine, register, Q1, as_of=as_of)}


def test_before_anything_came_everything_is_owed(warehouse: Engine, register: Register) -> None:
    found = rows(warehouse, register, datetime(2023, 2, 1, tzinfo=HANOI))
    assert {row["state"] for row in found.values()} == {"missing"}
    assert len(found) == 30
    # Each of the 45 pairs of leaf and reporter with a figure in a first quarter, and every lead of every task.
    owed = sum(len([i for i in register.indicators_of(code) if 1 in i.published_in]) for code in found)
    leads = sum(len(task.lead_agencies) for task in register.tasks)
    assert sum(row["owed_count"] for row in found.values()) == owed + leads
    assert sum(row["answered_count"] for row in found.values()) == 0


def test_the_first_edition_names_who_had_sent(warehouse: Engine, register: Register) -> None:
    publish_at = register.calendar_by_period[Q1].publish_at
    on_the_day, at_the_end = rows(warehouse, register, publish_at), rows(warehouse, register, END)
    later = {code for code, row in at_the_end.items() if row["received_at"] and row["received_at"] > publish_at}
    assert later
    assert {code for code, row in on_the_day.items() if row["state"] in ("missing", "rejected")} >= later
    late = {code for code, row in at_the_end.items() if row["is_on_time"] is False}
    assert late
    assert {code for code, row in at_the_end.items() if row["received_at"].day > 14} == late
    for code in late:
        came = at_the_end[code]["received_at"].astimezone(HANOI)
        assert at_the_end[code]["days_late"] == (came.date() - datetime(2023, 3, 14, tzinfo=HANOI).date()).days


def test_completeness_rises_with_accepted_content_only(warehouse: Engine, register: Register) -> None:
    instants = [datetime(2023, 3, 1, tzinfo=HANOI) + timedelta(days=n) for n in range(40)]
    history = [rows(warehouse, register, instant) for instant in instants]
    for earlier, later in pairwise(history):
        for code, row in later.items():
            assert earlier[code]["completeness_pct"] <= row["completeness_pct"] <= 100
    for found in history:
        assert all(row["answered_count"] == 0 for row in found.values() if row["state"] in ("missing", "rejected"))
    assert sum(row["completeness_pct"] == 100 for row in history[-1].values()) > 20


def test_implementation_plans_by_the_day(warehouse: Engine, register: Register) -> None:
    def own_plans(*day: int) -> dict[str, dict[str, Any]]:
        as_of = datetime(*day, tzinfo=HANOI)
        return {
            row["agency_code"]: row
            for row in tracker_rows(warehouse, register, "2023", Duty.IMPLEMENTATION_PLAN, as_of)
        }

    at_publication = own_plans(2023, 3, 14, 16, 30)
    assert {row["due_at"] for row in at_publication.values()} == {datetime(2023, 3, 1, tzinfo=HANOI)}
    missing = {code for code, row in at_publication.items() if row["state"] == "missing"}
    assert missing == {"so-ngoai-vu", "h-bau-bang"}
    # Handed in on 6 March, of February's last day: the sixth day that is too late.
    late = {code: row["days_late"] for code, row in at_publication.items() if row["days_late"]}
    assert late == {"tx-ben-cat": 6}
    assert sum(row["state"] == "accepted" for row in at_publication.values()) == 28
    # What came on the 10th was entered on the 28th: until then nobody knew.
    assert {row["state"] for row in own_plans(2023, 2, 20).values()} == {"missing"}


def test_days_that_have_passed_are_not_moved(
    warehouse: Engine, register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(tmp_path / "clock"))
    clock.set_replay_clock(tmp_path / "clock", datetime(2023, 3, 20, tzinfo=HANOI))

    def moved(**days: datetime) -> Register:
        return replace(
            register, sha256="0" * 64, calendar=(replace(register.calendar[0], **days), *register.calendar[1:])
        )

    first = register.calendar[0]
    with pytest.raises(PastError, match=r"2023-Q1, due_at: 2023-03-15T00:00:00\+07:00 is past"):
        initialise(warehouse, moved(due_at=first.due_at + timedelta(days=3)))
    with pytest.raises(PastError, match="2023-Q1, publish_at"):
        initialise(warehouse, moved(publish_at=first.publish_at - timedelta(days=1)))
    months = replace(register, sha256="0" * 64, period_kind=PeriodKind.MONTH)
    with pytest.raises(PastError, match=r"by 2023-Q1, .*; the register has 2023-M01 to 2023-M12"):
        initialise(warehouse, months)
    # The closing is still to come.
    initialise(warehouse, moved(closing_at=first.closing_at + timedelta(days=1)))
    with warehouse.connect() as connection:
        closing = connection.exec_driver_sql("select closing_at from core.obligation where period = '2023-Q1'").scalar()
    assert closing == first.closing_at + timedelta(days=1)
