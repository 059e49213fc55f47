"""``tiendo health``: what is not well, since when, whether operations were told; exit 1 if anything is."""

import os
import re
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine

from fixtures.command import Command
from tiendo.airflow_glue.watch import LOOK_IS_OLD
from tiendo.cli.health import _LONGEST_PAUSE
from tiendo.clock import HANOI, set_replay_clock
from tiendo.mail.identity import Identity
from tiendo.mail.incidents import Problem, take_note
from tiendo.settings import PROJECT
from tiendo.warehouse.engine import LOAD_LOCK, loader, make_engine

NOW = datetime(2023, 3, 14, 12, tzinfo=HANOI)


@pytest.fixture
def tiendo(home: Path, database_url: URL) -> Command:
    return Command(home, database_url)


def look(home: Path, seconds_ago: int = 0) -> None:
    """Leaves behind what a whole look does."""
    file = home / "watch" / "looked"
    file.parent.mkdir(exist_ok=True)
    file.touch()
    at = time.time() - seconds_ago
    os.utime(file, (at, at))


def test_who_does_not_look_sees_nothing(tiendo: Command, home: Path) -> None:
    assert "chưa xem lần nào" in tiendo("health", code=1)
    look(home, 3600)
    assert re.search(r"lần xem cuối cách đây 36\d\d giây", tiendo("health", code=1))
    document = tiendo.json("health", code=1)
    assert (document["is_well"], document["is_watched"], document["incidents"]) == (False, False, [])
    look(home)
    assert "Mọi thứ đều hoạt động" in tiendo("health")
    assert tiendo.json("health")["is_well"]


def test_what_is_not_well_and_who_was_told(
    tiendo: Command, home: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_file = home / "clock"
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(clock_file))
    look(home)
    problem = [Problem("component scheduler", "lúc 11:55")]
    take_note(engine, None, problem)
    assert "Thành phần scheduler không hoạt động: từ 12:00 ngày 14/03/2023; chưa báo\n  lúc 11:55\n" in tiendo(
        "health", code=1
    )
    set_replay_clock(clock_file, NOW + timedelta(minutes=3))
    identity = Identity("baocao", "baocao@x.vn", operations="vanhanh@x.vn")
    take_note(engine, identity, problem)
    assert "báo lúc 12:03 ngày 14/03/2023, thư chưa gửi được" in tiendo("health", code=1)
    take_note(engine, identity, [])
    assert "; hết lúc 12:03 ngày 14/03/2023; báo lúc" in tiendo("health"), "it is well, if only since a moment ago"
    (incident,) = tiendo.json("health")["incidents"]
    assert set(incident) >= {"subject", "since", "detail", "told_at", "sent_at", "well_since"}


def test_a_database_out_of_reach_is_one_sentence(tiendo: Command) -> None:
    tiendo.environment["TIENDO_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
    assert tiendo("health", code=1).startswith("Không dùng được cơ sở dữ liệu: ")
    assert "refused" in tiendo.json("health", code=1)["database"]


def test_it_neither_migrates_nor_waits_for_a_load(tiendo: Command, home: Path, engine: Engine, postgres: URL) -> None:
    look(home)
    with loader(engine) as connection:
        connection.exec_driver_sql(LOAD_LOCK)
        assert tiendo.json("health")["is_well"]
    empty = make_engine(postgres)
    tiendo.environment["TIENDO_DATABASE_URL"] = postgres.render_as_string(hide_password=False)
    assert tiendo("health", code=1).startswith("Chưa có kho số liệu")
    with empty.connect() as connection:
        assert connection.exec_driver_sql("select to_regnamespace('intake')").scalar() is None
    empty.dispose()
    del tiendo.environment["TIENDO_DATABASE_URL"]
    assert tiendo.json("health", code=1)["database"].startswith("Chưa có kho số liệu")
    assert not (home / "postgres").exists(), "nothing is made"


def test_looks_that_are_too_far_apart_are_refused(tiendo: Command) -> None:
    tiendo.environment["TIENDO_WATCH_SECONDS"] = "600"
    tiendo("watch", code=2)
    compose = (PROJECT / "docker-compose.yaml").read_text(encoding="utf-8")
    assert f"watch/looked -mmin -{LOOK_IS_OLD // 60}" in compose
    assert _LONGEST_PAUSE <= LOOK_IS_OLD / 2, "a look may take long itself"
