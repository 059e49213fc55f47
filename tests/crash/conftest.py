"""The replay clock stands still, and one process stays warm: each run that is killed is a fork of it."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, create_engine

from crash.world import NOW, PLAN_DIR, Mould, Sent, World, drop, mixed_files, picture
from fixtures.turn import run_once
from tiendo import clock
from tiendo.collect.folder import collect, make_inboxes
from tiendo.model.register import Register
from tiendo.process import batch
from tiendo.settings import Settings
from tiendo.validation import check, suites
from tiendo.warehouse.engine import make_engine

Turn = Callable[[World], object]
_numbers = count(1)


@pytest.fixture(scope="package")
def warm() -> Iterator[None]:
    """Imports and starts, once, what every run needs; and remembers what takes a second and follows from its input.

    That is what Great Expectations said of a frame and, in reruns only, what the reading process found in some bytes.
    Other rows and other bytes are looked at anew, so a rerun that came to see anything else would show it.
    """
    suites.warm()
    check_rows, read, this_process = suites.run_suite, batch.read_files, os.getpid()
    checked: dict[Any, Any] = {}
    contents: dict[str, Any] = {}

    def run_suite(suite: suites.Suite, frame: Any) -> Any:
        key = (suite.name, repr((list(frame.columns), frame.to_numpy().tolist())))
        if key not in checked:
            checked[key] = check_rows(suite, frame)
        return checked[key]

    def read_files(settings: Settings, hashes: Sequence[str]) -> list[Any]:
        if os.getpid() != this_process:
            return read(settings, hashes)
        unknown = [sha256 for sha256 in hashes if sha256 not in contents]
        contents.update(zip(unknown, read(settings, unknown), strict=True) if unknown else ())
        return [contents[sha256] for sha256 in hashes]

    with pytest.MonkeyPatch.context() as patch:
        for module in (suites, check):
            patch.setattr(module, "run_suite", run_suite)
        patch.setattr(batch, "read_files", read_files)
        yield


@pytest.fixture(scope="package")
def clock_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("clock") / "clock"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIENDO_CLOCK_FILE", str(path))
        clock.set_replay_clock(path, NOW)
        yield path


@pytest.fixture(scope="package")
def own_engine(postgres: URL, migrated_template: str) -> Iterator[Engine]:
    """A warehouse of these tests' own, that its worlds follow one another in."""
    name = f"crash_{next(_numbers)}"
    # Tests stop the server meanwhile.
    admin = create_engine(postgres, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"create database {name} template {migrated_template}")
    engine = make_engine(postgres.set(database=name))
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.exec_driver_sql(f"drop database {name} with (force)")
    admin.dispose()


@pytest.fixture(scope="package")
def turn(register: Register, warm: None, clock_file: Path) -> Turn:
    """One turn of the pipeline, as a process of its own makes it: with connections of its own."""

    def run(world: World) -> list[str]:
        engine = make_engine(world.url)
        try:
            return run_once(world.settings, register, engine)
        finally:
            engine.dispose()

    return run


@pytest.fixture(scope="package")
def files(register: Register) -> list[Sent]:
    return mixed_files(register)


@pytest.fixture(scope="package")
def full_inbox(
    own_engine: Engine,
    register: Register,
    files: list[Sent],
    clock_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Mould:
    """The files lie in the inboxes."""
    home = tmp_path_factory.mktemp("inbox") / "var"
    settings = Settings(home, (PLAN_DIR,), "")
    make_inboxes(settings, register)
    drop(settings, files)
    return Mould(own_engine, home, PLAN_DIR, tmp_path_factory.mktemp("worlds"))


@pytest.fixture(scope="package")
def landed(
    own_engine: Engine, full_inbox: Mould, register: Register, tmp_path_factory: pytest.TempPathFactory
) -> Mould:
    """The files are in archive and ledger, and wait for their fate."""
    home = tmp_path_factory.mktemp("landed") / "var"
    with full_inbox.cast() as world:
        collect(world.settings, register, own_engine)
        shutil.copytree(world.settings.home, home)
        return Mould(own_engine, home, PLAN_DIR, tmp_path_factory.mktemp("worlds"))


@pytest.fixture(scope="package")
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
