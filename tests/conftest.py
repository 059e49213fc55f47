"""Fixtures shared by all tests: the real register, and a fresh migrated database on one real server per session."""

import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import URL, Engine, create_engine

from fixtures import kept
from fixtures.pipeline import Pipeline
from tiendo.model.register import Register
from tiendo.plan.register import load_register
from tiendo.reading import files
from tiendo.reading.reader_process import WorkbookReader
from tiendo.settings import INCLUDE, Settings
from tiendo.status.service import initialise
from tiendo.warehouse.embedded import temporary_server
from tiendo.warehouse.engine import make_engine

PLAN_DIR = INCLUDE / "plans" / "282-kh-ubnd-2023"
_numbers = count(1)


# Tests whose path begins so share what takes minutes to make: the replayed quarter, the worlds that runs are killed in,
# the played year.
SHARING = {
    "tests/e2e/test_replay": "replayed",
    "tests/e2e/test_topologies": "replayed",
    "tests/crash/": "crash",
    "tests/golden/test_mart_2023": "year",
    "tests/golden/test_year_2023": "year",
}
LONGEST = (
    "tests/compose/",
    "tests/e2e/test_approval",
    "tests/e2e/test_replay",
    "tests/e2e/test_topologies",
    "tests/e2e/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Has the longest begin."""
    items.sort(key=lambda item: [not item.nodeid.startswith(path) for path in LONGEST])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keeps the tests of a file, and those that share, in one process; xdist's own groups fail with pytest 9.2."""
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            return next((shared for begin, shared in SHARING.items() if path.startswith(begin)), path)

    return ByFile(config, log)


@pytest.fixture(scope="session")
def register() -> Register:
    return load_register(PLAN_DIR)


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """A server of the session's own.

    Not below pytest's temporary folder, which pytest closes to others: run by root, the server is another user.
    """
    with temporary_server("maintenance", _in_memory()) as url:
        for setting in ("fsync = off", "full_page_writes = off", "max_wal_size = '128MB'"):
            _run(url, f"alter system set {setting}")
        _run(url, "select pg_reload_conf()")
        yield url


def _in_memory() -> Path | None:
    """Where a database for each test is copied three times as fast, if the machine has room for it."""
    place = Path("/dev/shm")  # noqa: S108
    if not os.access(place, os.W_OK) or place.stat().st_mode & 0o1777 != 0o1777:
        return None
    free = min(shutil.disk_usage(place).free, psutil.virtual_memory().available)
    return place if free > 8 * 2**30 else None


@pytest.fixture(scope="session")
def migrated_template(postgres: URL, register: Register) -> str:
    """A database to copy: migrated, with the register stored."""
    name = "tiendo_template"
    _run(postgres, f"create database {name}")
    engine = make_engine(postgres.set(database=name))
    initialise(engine, register)
    engine.dispose()
    return name


@pytest.fixture
def database_url(postgres: URL, migrated_template: str) -> Iterator[URL]:
    name = f"test_{next(_numbers)}"
    _run(postgres, f"create database {name} template {migrated_template} strategy file_copy")
    yield postgres.set(database=name)
    _run(postgres, f"drop database {name} with (force)")


@pytest.fixture
def engine(database_url: URL) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    assert kept.differences(engine) == []
    engine.dispose()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture
def settings(home: Path, database_url: URL) -> Settings:
    return Settings(home=home, plan_dirs=(PLAN_DIR,), database_url=database_url.render_as_string(hide_password=False))


@pytest.fixture(scope="session")
def reader() -> Iterator[WorkbookReader]:
    """One reading process for all, as a worker has; to start one takes longer than to read a file."""
    with WorkbookReader() as reader:
        reader.start()
        yield reader


@pytest.fixture
def pipeline(
    settings: Settings,
    register: Register,
    engine: Engine,
    reader: WorkbookReader | None,
    monkeypatch: pytest.MonkeyPatch,
) -> Pipeline:
    clock_file = settings.home.with_name("clock")
    monkeypatch.setattr(files, "_kept", reader)
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(clock_file))
    pipeline = Pipeline(settings, register, engine, clock_file)
    pipeline.today(2023, 3, 14, 12)
    return pipeline


def _run(url: URL, sql: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(sql)
    engine.dispose()
