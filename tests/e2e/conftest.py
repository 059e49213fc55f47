"""One quarter replayed on one machine, for all tests that look at what it leaves."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from e2e.topology import Replayed, replay_quarter
from tiendo.local.demo import Scenario, build_scenario
from tiendo.model.register import Register
from tiendo.settings import INCLUDE, Settings
from tiendo.warehouse.embedded import stop_server

PLAN_DIR = INCLUDE / "plans" / "282-kh-ubnd-2023"


@pytest.fixture(scope="session")
def scenario(register: Register) -> Scenario:
    return build_scenario(register).only("2023-Q1")


@pytest.fixture(scope="session")
def embedded(scenario: Scenario) -> Iterator[Replayed]:
    """The quarter replayed twice with the LocalExecutor and the embedded server, which is stopped again.

    Not below pytest's temporary folder, which pytest closes to others: run by root, the server is another user.
    """
    with TemporaryDirectory(prefix="tiendo-embedded-") as folder:
        settings = Settings(home=Path(folder) / "var", plan_dirs=(PLAN_DIR,), database_url=None)
        try:
            replayed = replay_quarter(settings, scenario, times=2)
            stop_server(settings.postgres)
            yield replayed
        finally:
            stop_server(settings.postgres)
