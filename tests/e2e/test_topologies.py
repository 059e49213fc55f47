"""The same quarter on one machine, on a busy one, and on the topology of production: the same mart, the same files.

Compared are all columns of all views of schema mart and all files; nothing is left out. Numbers of files, submissions
and observations are the same as well, since files land in the order they came.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from e2e.topology import Replayed, alive, replay_quarter
from fixtures.packages import needs
from tiendo.clock import HANOI
from tiendo.local import cluster as cluster_module
from tiendo.local.cluster import (
    POSTGRES_PROGRAMS,
    MissingPackageError,
    Programs,
    cluster_settings,
    find_programs,
    local_cluster,
)
from tiendo.local.demo import Scenario
from tiendo.settings import INCLUDE, Settings
from tiendo.warehouse.embedded import stop_server

pytestmark = pytest.mark.timeout(2 * 3600)  # for what hangs; a busy machine takes its time
PLAN_DIR = INCLUDE / "plans" / "282-kh-ubnd-2023"
GIB = 2**30
# As it is before the servers of a cluster are given a folder of their own.
FOLDER = tempfile.gettempdir()
BUSY_SECONDS = 3600


@pytest.fixture(scope="module")
def programs() -> Programs:
    with needs("postgresql", "redis-server"):
        return find_programs()


@pytest.fixture(scope="module")
def clustered(programs: Programs, scenario: Scenario) -> Iterator[Replayed]:
    """The quarter replayed with the CeleryExecutor, two workers, Redis and a PostgreSQL server, all stopped again."""
    with (
        TemporaryDirectory(prefix="tiendo-clustered-") as folder,
        pytest.MonkeyPatch.context() as patch,
        ExitStack() as servers,
    ):
        Path(folder).chmod(0o711)
        patch.setattr(tempfile, "tempdir", folder)
        settings = Settings(home=Path(folder) / "var", plan_dirs=(PLAN_DIR,), database_url=None)
        with needs("postgresql", "redis-server"):
            url, cluster = servers.enter_context(local_cluster(programs))
        replayed = replay_quarter(cluster_settings(settings, url), scenario, cluster)
        servers.close()
        yield replayed


@pytest.fixture(scope="module")
def busy(scenario: Scenario) -> Iterator[Replayed]:
    """The quarter replayed while others compute on the same machine: a load of about ten.

    Other processes of the tests' own are such others, which more would only starve.
    """
    endless = "import sys, time\nwhile time.time() < float(sys.argv[1]): pass"
    until = str(time.time() + BUSY_SECONDS)
    is_one_of_many = "PYTEST_XDIST_WORKER" in os.environ
    with TemporaryDirectory(prefix="tiendo-busy-", dir=FOLDER) as folder:
        settings = Settings(home=Path(folder) / "var", plan_dirs=(PLAN_DIR,), database_url=None)
        others = [subprocess.Popen([sys.executable, "-c", endless, until]) for _ in range(2 if is_one_of_many else 6)]
        try:
            yield replay_quarter(settings, scenario)
        finally:
            stop_server(settings.postgres)
            for other in others:
                other.kill()
                other.wait()


@pytest.mark.exhaustive
def test_a_replay_that_was_killed_goes_on_where_it_was(embedded: Replayed, scenario: Scenario) -> None:
    run = "import sys; from pathlib import Path; from tiendo.local.demo import build_scenario; "
    run += "from tiendo.local.replay import *; "
    run += "from tiendo.plan.register import load_register; home, plan = map(Path, sys.argv[1:]); "
    run += "run_replay(Settings(home, (plan,), None), build_scenario(load_register(plan)).only('2023-Q1'))"
    with TemporaryDirectory(prefix="tiendo-killed-", dir=FOLDER) as folder:
        settings = Settings(home=Path(folder) / "var", plan_dirs=(PLAN_DIR,), database_url=None)
        killed = subprocess.Popen([sys.executable, "-c", run, settings.home, PLAN_DIR])
        try:
            while len([path for path in settings.outbox.rglob("*.html") if "Q1" in str(path)]) < 5:
                assert killed.poll() is None
                time.sleep(0.02)
            killed.kill()
            killed.wait()
            replayed = replay_quarter(settings, scenario)
        finally:
            killed.kill()
            stop_server(settings.postgres)
    here, there = embedded.states[0], replayed.states[0]
    counted = Counter(there.ledger["states"])
    assert counted.pop("duplicate", 0) < len(there.ledger["files"]) / 2
    assert there.ledger["adds_up"]
    assert +counted == +Counter(here.ledger["states"])
    for view, columns in (
        ("indicator_status", ("period", "indicator_code", "value", "status", "margin", "agency_code")),
        ("submission_tracker", ("period", "agency_code", "state", "received_at", "days_late")),
        ("edition", ("period", "edition", "as_of", "approved_at", "approved_by")),
    ):
        first, second = (
            sorted(([row[name] for name in columns] for row in state.mart[view]), key=repr) for state in (here, there)
        )
        assert second == first, view


@pytest.fixture(params=["clustered", pytest.param("busy", marks=pytest.mark.exhaustive)])
def elsewhere(request: pytest.FixtureRequest) -> Replayed:
    outcome: Replayed = request.getfixturevalue(request.param)
    return outcome


@pytest.fixture(params=["embedded", "clustered"])
def replayed(request: pytest.FixtureRequest) -> Replayed:
    outcome: Replayed = request.getfixturevalue(request.param)
    return outcome


def test_the_mart_is_the_same_row_for_row(embedded: Replayed, elsewhere: Replayed) -> None:
    here, there = embedded.states[0].mart, elsewhere.states[0].mart
    assert (
        here.keys()
        == there.keys()
        >= {
            "agency_timeliness",
            "edition",
            "indicator_status",
            "observation_history",
            "submission_tracker",
            "task_status",
        }
    )
    for view, rows in here.items():
        # Letters and requests come from people, deliveries need addresses, revisions time; the replay has none.
        may_be_empty = {
            "extension",
            "correction_request",
            "edition_delivery",
            "revision",
            "revision_by_indicator",
            "failed_check",
        }
        assert rows or view in may_be_empty, f"{view} is empty"
        assert there[view] == rows, view


def test_the_files_are_the_same_byte_for_byte(embedded: Replayed, elsewhere: Replayed) -> None:
    here, there = embedded.states[0].files, elsewhere.states[0].files
    assert there == here
    assert elsewhere.states[0].ledger["states"] == embedded.states[0].ledger["states"]
    published = {Path(name).suffix for name in here if name.startswith("published/")}
    assert published >= {".docx", ".xlsx", ".html", ".json"}
    with needs("libreoffice-writer"):
        assert ".pdf" in published
    answered = [file for file in embedded.states[0].ledger["files"] if file["receipt"]]
    assert len([name for name in here if name.startswith("outbox/")]) >= len(answered)
    assert not [name for name in here if name.startswith("inbox/")]


def test_edition_1_is_published_at_half_past_four_on_the_14th(replayed: Replayed) -> None:
    (edition,) = replayed.states[0].mart["edition"]
    assert (edition["period"], edition["edition"]) == ("2023-Q1", 1)
    assert edition["as_of"] == edition["approved_at"] == datetime(2023, 3, 14, 16, 30, tzinfo=HANOI)
    assert edition["approved_by"].endswith("(tài khoản reviewer)")


def test_the_ledger_adds_up(replayed: Replayed, scenario: Scenario) -> None:
    ledger = replayed.states[0].ledger
    own_plans = sum(len(step.own_plans) for step in scenario.steps)
    sent = sum(len(step.deliveries) for step in scenario.steps) + own_plans
    assert ledger["adds_up"]
    assert ledger["received"] == len(ledger["files"]) == sent
    # Thirty bodies, one of which first sends its figures a thousandfold; by then 28 own implementation plans.
    assert {state: count for state, count in ledger["states"].items() if count} == {"accepted": 58, "rejected": 1}


def test_the_same_files_once_more_change_nothing(embedded: Replayed) -> None:
    first, second = embedded.states
    # What came once more is a file too, with what was found in it
    told = first.mart.keys() - {"file", "finding"}
    assert {view: second.mart[view] for view in told} == {view: first.mart[view] for view in told}
    # A plan entered once more is the one that is there; a workbook that comes once more is a duplicate.
    workbooks = sum(bool(file["receipt"]) for file in first.ledger["files"])
    assert second.ledger["states"] == first.ledger["states"] | {"duplicate": workbooks}
    assert second.ledger["adds_up"]
    changed = {name for name, digest in first.files.items() if second.files.get(name) != digest}
    assert not changed
    # A duplicate is answered as well, and that is all.
    assert all(name.startswith("outbox/") for name in second.files.keys() - first.files.keys())


def test_both_workers_ran_tasks(clustered: Replayed) -> None:
    assert clustered.hosts.keys() == {"worker-1", "worker-2"}, clustered.hosts


def test_the_tasks_log_in_to_the_server_without_its_rights(clustered: Replayed) -> None:
    assert clustered.rights == (False, False, False)


def test_memory_stays_below_six_gibibytes(replayed: Replayed) -> None:
    assert GIB / 2 < replayed.peak < 6 * GIB, f"{replayed.peak / GIB:.1f} GiB"


def test_nothing_is_left_behind(replayed: Replayed) -> None:
    assert len(replayed.processes) > 5
    assert alive(replayed.processes) == []


def test_the_servers_folder_is_gone(clustered: Replayed) -> None:
    home = clustered.settings.home.parent
    assert [path.name for path in home.parent.iterdir()] == [home.name]


def test_a_missing_server_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cluster_module, "DEBIAN_POSTGRES", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingPackageError, match="apt-get install postgresql redis-server"):
        find_programs()
    (tmp_path / "redis-server").touch(mode=0o755)
    (tmp_path / "postgres").touch(mode=0o755)  # a server alone is not all of it
    with pytest.raises(MissingPackageError, match=r"Not installed: postgresql\. On"):
        find_programs()
    for folder, programs in (("14/bin", POSTGRES_PROGRAMS), ("15/bin", POSTGRES_PROGRAMS), ("17/bin", ["postgres"])):
        (tmp_path / folder).mkdir(parents=True)
        for program in programs:
            (tmp_path / folder / program).touch(mode=0o755)
    monkeypatch.setattr(cluster_module, "POSTGRES_ACCOUNT", "root")
    assert find_programs() == (tmp_path / "15" / "bin", tmp_path / "redis-server")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(cluster_module, "POSTGRES_ACCOUNT", "nobody-has-this-account")
    with pytest.raises(MissingPackageError, match=r"Not installed: postgresql\. On"):
        find_programs()
