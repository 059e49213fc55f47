"""The replay clock stands still, and one process stays warm: each run that is killed is a fork of it."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, create_engine

from crash.world import NOW
from tiendo import clock
from tiendo.validation import check, suites
from tiendo.warehouse.engine import make_engine

_numbers = count(1)


@pytest.fixture(scope="package")
def warm() -> Iterator[None]:
    """Imports and starts, once, what every run needs; what Great Expectations said of a frame, it need not say again.

    A run costs it a second, and each of hundreds here checks the same rows. Other rows are checked anew, so a rerun
    that came to see anything else than the first run would show it.
    """
    suites.warm()
    real, known = suites.failing_rows, {}

    def failing_rows(suite: suites.Suite, frame: Any) -> Any:
        key = (suite.name, repr((list(frame.columns), frame.to_numpy().tolist())))
        if key not in known:
            known[key] = real(suite, frame)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(suites, "failing_rows", failing_rows)
        patch.setattr(check, "failing_rows", failing_rows)
        yield


@pytest.fixture(scope="module")
def clock_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("clock") / "clock"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIENDO_CLOCK_FILE", str(path))
        clock.set_replay_clock(path, NOW)
        yield path


@pytest.fixture(scope="module")
def own_engine(postgres: URL, migrated_template: str) -> Iterator[Engine]:
    """A warehouse of the module's own, that its worlds follow one another in."""
    name = f"crash_{next(_numbers)}"
    admin = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"create database {name} template {migrated_template}")
    engine = make_engine(postgres.set(database=name))
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.exec_driver_sql(f"drop database {name} with (force)")
    admin.dispose()
