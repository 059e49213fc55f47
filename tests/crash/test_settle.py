"""From the inbox to the verdicts, killed anywhere: the rerun ends as a run that nothing disturbed."""

import random
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL

from crash.harness import run_child
from crash.world import Mould, Sent, World, drop, mixed_files, picture
from tiendo.intake.folder import collect, make_inboxes
from tiendo.pipeline import run_once
from tiendo.plan.model import Register
from tiendo.settings import INCLUDE, Settings
from tiendo.warehouse.engine import make_engine

PLAN_DIR = INCLUDE / "plans" / "282-kh-ubnd-2023"
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
def full_inbox(  # noqa: PLR0917
    postgres: URL,
    migrated_template: str,
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
    return Mould(postgres, migrated_template, home, PLAN_DIR, tmp_path_factory.mktemp("worlds"))


@pytest.fixture(scope="module")
def landed(
    postgres: URL, full_inbox: Mould, register: Register, clock_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mould]:
    """The files are in archive and ledger, and wait for their fate."""
    with full_inbox.cast() as world:
        engine = make_engine(world.url)
        collect(world.settings, register, engine)
        engine.dispose()
        yield Mould(
            postgres, world.url.database or "", world.settings.home, PLAN_DIR, tmp_path_factory.mktemp("landed")
        )


@pytest.fixture(scope="module")
def undisturbed(full_inbox: Mould, files: list[Sent], turn: Turn) -> dict[str, Any]:
    """What one run makes of the files; every fate there is, is among them."""
    with full_inbox.cast() as world:
        turn(world)
        found = picture(world)
    states = {file: row["state"] for file, row, _ in found["files"]}
    assert states == {f"{sent.agency}/{sent.name}": sent.state for sent in files}
    assert found["inbox"] == {}
    return found


def check_same(world: World, undisturbed: dict[str, Any], when: str) -> None:
    found = picture(world)
    for part, expected in undisturbed.items():
        assert found[part] == expected, f"{part}, {when}"


def test_killed_at_every_step_of_settling(landed: Mould, undisturbed: dict[str, Any], turn: Turn) -> None:
    for step in count(1):
        with landed.cast() as world:
            outcome = run_child(lambda: turn(world), die_at=step)
            assert outcome.error == ""
            turn(world)
            check_same(world, undisturbed, f"killed before step {step}")
        if not outcome.was_killed:
            break
    assert outcome.steps > 40  # there were as many boundaries as that


def test_killed_fifty_times_at_random(full_inbox: Mould, undisturbed: dict[str, Any], turn: Turn) -> None:
    """Ten times the same files, each time five runs in a row that are killed, then one that is not."""
    chance = random.Random(282)  # noqa: S311
    with full_inbox.cast() as world:
        began = time.monotonic()
        run_child(lambda: turn(world))
        lasts = time.monotonic() - began
    killed = 0
    for world_no in range(10):
        with full_inbox.cast() as world:
            instants = [chance.uniform(0, lasts) for _ in range(5)]
            killed += sum(run_child(lambda: turn(world), die_after=instant).was_killed for instant in instants)
            turn(world)
            check_same(world, undisturbed, f"world {world_no}, killed after {instants} s")
    assert killed > 25
