"""Puts accepted and rejected files into a warehouse by hand, with instants of one's own choosing."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine

from tiendo import clock
from tiendo.clock import HANOI
from tiendo.collect.landing import Fate, settle
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.status.service import initialise, store_status
from tiendo.warehouse.engine import loader, make_engine
from tiendo.warehouse.sql import copy_rows, statement

FIRST_ROW = 7
SET_UP = datetime(2023, 1, 20, 8, tzinfo=HANOI)


def figure(indicator: str, value: str | None, **more: Any) -> dict[str, Any]:
    """One figure; ``value`` is a plain decimal, None for "not available"."""
    return {
        "indicator": indicator,
        "period": None,
        "basis": "year_to_date",
        "kind": "actual",
        "value": None if value is None else Decimal(value),
        "value_text": "chưa có số liệu" if value is None else value.replace(".", ","),
        "is_approximate": False,
        "is_illustrative": False,
        "is_correction": False,
        "note": "",
        "explanation": "",
    } | more


def task(ref: str, state: str = "on_schedule", **more: Any) -> dict[str, Any]:
    """One task as its lead tells it."""
    return {"ref": ref, "state": state, "completion_pct": None, "result": "", "difficulty": "", "proposal": ""} | more


def receive(connection: Connection, agency: str, period: Period, at: datetime, *, name: str = "BC.xlsx") -> int:
    """Enters a file that has no fate yet; returns its id."""
    claim = f"{agency}/{period}/{at.isoformat()}/{name}"
    row = {
        "claim_ids": [claim], "hashes": [hashlib.sha256(claim.encode()).hexdigest()], "sizes": [9000], "names": [name],
        "channels": ["folder"], "senders": [agency], "agencies": [agency], "received": [at], "trials": [False],
        "landed_at": at,
    }  # fmt: skip
    return int(connection.execute(statement("intake/put_files.sql"), row).scalar_one())


def send(  # noqa: PLR0917 - one file in one line of a test
    engine: Engine,
    register: Register,
    agency: str,
    period: Period,
    at: datetime,
    figures: Iterable[dict[str, Any]] = (),
    tasks: Iterable[dict[str, Any]] = (),
    *,
    state: str = "accepted",
    recorded_at: datetime | None = None,
    name: str = "BC.xlsx",
) -> None:
    """Receives a file and settles it; an accepted one's figures and tasks are loaded."""
    recorded = recorded_at or at
    with loader(engine) as connection:
        file_id = receive(connection, agency, period, at, name=name)
        settle(connection, register, [Fate(file_id, state, agency, str(period), receipt_path="")], recorded)
        if not state.startswith("accepted"):
            return
        submission_id = connection.execute(
            statement("intake/put_submissions.sql"),
            {"plan_code": register.code, "recorded_at": recorded, "file_ids": [file_id], "agencies": [agency],
             "periods": [str(period)], "received": [at]},
        ).one().submission_id  # fmt: skip
        copy_rows(
            connection,
            "intake/copy_observation.sql",
            [
                (
                    submission_id, register.code, f["indicator"], str(f["period"] or period), agency, f["basis"],
                    f["kind"], "not_available" if f["value"] is None else "value", f["value"], f["value_text"],
                    f["is_approximate"], f["is_illustrative"], f["is_correction"], None, date(2023, 3, 10), f["note"],
                    f["explanation"], "Chỉ tiêu", f"G{row}", at, recorded,
                )
                for row, f in enumerate(figures, start=FIRST_ROW)
            ],
        )  # fmt: skip
        copy_rows(
            connection,
            "intake/copy_task_progress.sql",
            [
                (
                    submission_id, register.code, t["ref"], str(period), agency, t["state"], t["completion_pct"],
                    t["result"], t["difficulty"], t["proposal"], "Nhiệm vụ", f"C{row}", at, recorded,
                )
                for row, t in enumerate(tasks, start=FIRST_ROW)
            ],
        )  # fmt: skip


def grade(engine: Engine, register: Register, period: Period) -> None:
    """Stores the statuses of a period as of the clock's instant."""
    with loader(engine) as connection:
        store_status(connection, register, period)


@pytest.fixture(scope="module")
def migrated_template(postgres, register, tmp_path_factory, request):
    """As the session's, but set up when the plan came out: the first grades carry that instant."""
    name, clock_file = (
        f"tiendo_template_{request.module.__name__.rpartition('.')[2]}",
        tmp_path_factory.mktemp("clock") / "clock",
    )
    admin = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"create database {name}")
    admin.dispose()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIENDO_CLOCK_FILE", str(clock_file))
        clock.set_replay_clock(clock_file, SET_UP)
        engine = make_engine(postgres.set(database=name))
        initialise(engine, register)
        engine.dispose()
    return name
