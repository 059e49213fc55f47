"""From the inbox to the verdicts, killed anywhere: the rerun ends as a run that nothing disturbed."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from crash.conftest import Turn
from crash.harness import boundaries, run_child
from crash.world import Mould, World, check_same, picture
from tiendo.model.register import Register
from tiendo.process import ingest, workers
from tiendo.process.ingest import ingest_paths
from tiendo.warehouse.engine import make_engine

_SEEN = {
    "os.write", "io.open", "os.replace", "insert into intake.submission", "COPY",
    "update intake.submission_file f", "commit",
}  # fmt: skip


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.exhaustive)])
def test_killed_at_the_steps_of_settling(landed: Mould, undisturbed: dict[str, Any], turn: Turn, every: int) -> None:
    with landed.cast() as world:
        steps = run_child(lambda: turn(world)).steps
    assert {*steps} >= _SEEN, steps
    for step in boundaries(steps)[::every]:
        with landed.cast() as world:
            assert run_child(lambda: turn(world), die_at=step).error == ""
            turn(world)
            check_same(world, undisturbed, f"killed before step {step}, {steps[step - 1]}")


@pytest.mark.parametrize("times", [8, pytest.param(50, marks=pytest.mark.exhaustive)])
def test_killed_at_random(full_inbox: Mould, undisturbed: dict[str, Any], turn: Turn, times: int) -> None:
    """The same files over and over: runs in a row that are killed, ten at most, then one that is not."""
    chance = random.Random(times)  # noqa: S311
    with full_inbox.cast() as world:
        began = time.monotonic()
        run_child(lambda: turn(world))
        lasts = time.monotonic() - began
    killed = 0
    while killed < times:
        with full_inbox.cast() as world:
            instants: list[float] = []
            while len(instants) < min(10, times - killed):
                instants.append(chance.uniform(0, lasts))
                if not run_child(lambda: turn(world), die_after=instants[-1]).was_killed:
                    break
                killed += 1
            turn(world)
            check_same(world, undisturbed, f"killed after {instants} s")


def test_an_ingest_that_was_killed_goes_on_and_a_second_one_is_another_sending(
    full_inbox: Mould, register: Register, warm: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its workers are threads here: they end with the process that is killed."""
    monkeypatch.setattr(workers, "ProcessPoolExecutor", lambda number, _, *given: ThreadPoolExecutor(1, "", *given))
    monkeypatch.setattr(ingest, "warm_up", lambda: None)
    # A reading process kept by this process would be shared by all that are forked from it.
    monkeypatch.setattr("tiendo.reading.files.keep_reader", lambda: None)

    def run(world: World) -> dict[str, Any]:
        engine = make_engine(world.url)
        try:
            return ingest_paths(world.settings, register, lambda: engine, [world.settings.inbox])
        finally:
            engine.dispose()

    with full_inbox.cast() as world:
        run(world)
        undisturbed = picture(world)
        run(world)
        again = {row["state"] for _, row, _ in picture(world)["files"][11:]}
    assert "duplicate" in again
    with full_inbox.cast() as world:
        steps = run_child(lambda: run(world)).steps
    # Where its state changes; every step between is visited above.
    for step in [place for place, name in enumerate(steps, start=1) if name == "commit"]:
        with full_inbox.cast() as world:
            run_child(lambda: run(world), die_at=step)
            run(world)
            check_same(world, undisturbed, f"killed before step {step}, {steps[step - 1]}")
