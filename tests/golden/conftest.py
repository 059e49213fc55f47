"""The year 2023, played once for all golden tests that ask of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine

from fixtures.year import Year, play_year
from tiendo.model.register import Register
from tiendo.report import edition
from tiendo.report.build import build
from tiendo.warehouse.engine import make_engine


@contextmanager
def _in_2023(clock_file: Path) -> Iterator[None]:
    """On the year's clock, and without PDF."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIENDO_CLOCK_FILE", str(clock_file))
        patch.setattr(edition, "build", lambda data, **_: build(data, with_pdf=False))
        yield


@pytest.fixture(scope="session")
def played_year(tmp_path_factory: pytest.TempPathFactory, postgres: URL, register: Register) -> Iterator[Year]:
    folder = tmp_path_factory.mktemp("year")
    admin = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("create database year_2023")
    engine = make_engine(postgres.set(database="year_2023"))
    with _in_2023(folder / "clock"):
        year = play_year(engine, register, folder, folder / "clock")
    yield year
    engine.dispose()
    with admin.connect() as connection:
        connection.exec_driver_sql("drop database year_2023 with (force)")
    admin.dispose()


@pytest.fixture(scope="module")
def year(played_year: Year) -> Iterator[Year]:
    """The state at the end of the replay, with the clock there."""
    with _in_2023(played_year.settings.home.parent / "clock"):
        yield played_year
