"""Fixtures shared by all tests: the real register, and a fresh migrated database on one real server per session."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, create_engine

from tiendo.model.register import Register
from tiendo.plan.register import load_register
from tiendo.settings import INCLUDE, Settings
from tiendo.status.service import initialise
from tiendo.warehouse.embedded import temporary_server
from tiendo.warehouse.engine import make_engine

PLAN_DIR = INCLUDE / "plans" / "282-kh-ubnd-2023"
_numbers = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps the tests of a file in one process, all that look at the same replay too; the longest begin."""
    for item in items:
        folder = item.path.relative_to(item.config.rootpath / "tests").parts[0]
        shared = folder if folder in ("e2e", "crash") else str(item.path)
        item.add_marker(pytest.mark.xdist_group(shared))
    items.sort(key=lambda item: "e2e" not in item.path.parts)


@pytest.fixture(scope="session")
def register() -> Register:
    return load_register(PLAN_DIR)


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """A server of the session's own.

    Not below pytest's temporary folder, which pytest closes to others: run by root, the server is another user.
    """
    with temporary_server("maintenance") as url:
        yield url


@pytest.fixture(scope="session")
def migrated_template(postgres: URL, register: Register) -> str:
    """A database to copy: migrated, with the register stored."""
    name = "tiendo_template"
    _run(postgres, "alter system set fsync = off")
    _run(postgres, "select pg_reload_conf()")
    _run(postgres, f"create database {name}")
    engine = make_engine(postgres.set(database=name))
    initialise(engine, register)
    engine.dispose()
    return name


@pytest.fixture
def database_url(postgres: URL, migrated_template: str) -> Iterator[URL]:
    name = f"test_{next(_numbers)}"
    _run(postgres, f"create database {name} template {migrated_template}")
    yield postgres.set(database=name)
    _run(postgres, f"drop database {name} with (force)")


@pytest.fixture
def engine(database_url: URL) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture
def settings(home: Path, database_url: URL) -> Settings:
    return Settings(home=home, plan_dir=PLAN_DIR, database_url=database_url.render_as_string(hide_password=False))


def _run(url: URL, sql: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(sql)
    engine.dispose()
