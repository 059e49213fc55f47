"""From the inbox to the verdicts, killed anywhere: the rerun ends as a run that nothing disturbed."""

import random
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from crash.harness import boundaries, run_child
from crash.world import Mould, Sent, World, drop, mixed_files, picture
from tiendo import ingest_command
from tiendo.ingest_command import ingest_paths
from tiendo.intake.folder import collect, make_inboxes
from tiendo.pipeline import run_once
from tiendo.plan.model import Register
from tiendo.settings import INCLUDE, Settings
from tiendo.warehouse.engine import make_engine

PLAN_DIR = INCLUDE / "plans" / "282-kh-ubnd-2023"
_SEEN = {
    "os.write", "io.open", "os.replace", "insert into intake.submission", "COPY",
    "update intake.submission_file f", "commit",
}  # fmt: skip
Turn = Callable[[World], object]


@pytest.fixture(scope="module")
def turn(register: Register, warm: None, clock_file: Path) -> Turn:
    """One turn of the pipeline, as a process of its own makes it: with connections of its own."""

    def run(world: World) -> list[str]:
        engine = make_engine(world.url)
        try:
            return run_once(world.settings, register, engine)
        finally:
            engine.dispose()

    return run


@pytest.fixture(scope="module")
def files(register: Register) -> list[Sent]:
    return mixed_files(register)


@pytest.fixture(scope="module")
def full_inbox(
    own_engine: Engine,
    register: Register,
    files: list[Sent],
    clock_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Mould:
    """The files lie in the inboxes."""
    home = tmp_path_factory.mktemp("inbox") / "var"
    settings = Settings(home, PLAN_DIR, "")
    make_inboxes(settings, register)
    drop(settings, files)
    return Mould(own_engine, home, PLAN_DIR, tmp_path_factory.mktemp("worlds"))


@pytest.fixture(scope="module")
def landed(
    own_engine: Engine, full_inbox: Mould, register: Register, tmp_path_factory: pytest.TempPathFactory
) -> Mould:
    """The files are in archive and ledger, and wait for their fate."""
    home = tmp_path_factory.mktemp("landed") / "var"
    with full_inbox.cast() as world:
        collect(world.settings, register, own_engine)
        shutil.copytree(world.settings.home, home)
        return Mould(own_engine, home, PLAN_DIR, tmp_path_factory.mktemp("worlds"))


@pytest.fixture(scope="module")
def undisturbed(full_inbox: Mould, files: list[Sent], turn: Turn) -> dict[str, Any]:
    """What one run makes of the files; every fate there is, is among them."""
    with full_inbox.cast() as world:
        turn(world)
        found = picture(world)
    states = {file: row["state"] for file, row, _ in found["files"]}
    assert states == {f"{sent.agency}/{sent.name}": sent.state for sent in files} | {
        "so-tai-chinh/thu.xlsx": "accepted"
    }
    assert found["inbox"] == {}
    return found


def check_same(world: World, undisturbed: dict[str, Any], when: str) -> None:
    found = picture(world)
    for part, expected in undisturbed.items():
        assert found[part] == expected, f"{part}, {when}"


def test_killed_at_every_step_of_settling(landed: Mould, undisturbed: dict[str, Any], turn: Turn) -> None:
    with landed.cast() as world:
        steps = run_child(lambda: turn(world)).steps
    assert {*steps} >= _SEEN, steps
    for step in boundaries(steps):
        with landed.cast() as world:
            assert run_child(lambda: turn(world), die_at=step).was_killed
            turn(world)
            check_same(world, undisturbed, f"killed before step {step}, {steps[step - 1]}")


def test_killed_fifty_times_at_random(full_inbox: Mould, undisturbed: dict[str, Any], turn: Turn) -> None:
    """Five times the same files, each time ten runs in a row that are killed, then one that is not."""
    chance = random.Random(282)  # noqa: S311
    with full_inbox.cast() as world:
        began = time.monotonic()
        run_child(lambda: turn(world))
        lasts = time.monotonic() - began
    killed = 0
    for world_no in range(5):
        with full_inbox.cast() as world:
            instants = [chance.uniform(0, lasts) for _ in range(10)]
            killed += sum(run_child(lambda: turn(world), die_after=instant).was_killed for instant in instants)
            turn(world)
            check_same(world, undisturbed, f"world {world_no}, killed after {instants} s")
    assert killed > 25


def test_an_ingest_that_was_killed_goes_on_and_a_second_one_is_another_sending(
    full_inbox: Mould, register: Register, warm: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its workers are threads here: they end with the process that is killed."""
    monkeypatch.setattr(
        ingest_command, "ProcessPoolExecutor", lambda workers, _, *given: ThreadPoolExecutor(1, "", *given)
    )
    monkeypatch.setattr(ingest_command.forkserver, "ensure_running", lambda: None)

    def ingest(world: World) -> dict[str, Any]:
        engine = make_engine(world.url)
        try:
            return ingest_paths(world.settings, register, lambda: engine, [world.settings.inbox])
        finally:
            engine.dispose()

    with full_inbox.cast() as world:
        ingest(world)
        undisturbed = picture(world)
        ingest(world)
        again = {row["state"] for _, row, _ in picture(world)["files"][11:]}
    assert again <= {"duplicate", "rejected", "quarantined", "accepted"}
    with full_inbox.cast() as world:
        steps = run_child(lambda: ingest(world)).steps
    for step in boundaries(steps):
        with full_inbox.cast() as world:
            run_child(lambda: ingest(world), die_at=step)
            ingest(world)
            check_same(world, undisturbed, f"killed before step {step}, {steps[step - 1]}")
