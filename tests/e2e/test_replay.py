"""One quarter of the replay through the real services: embedded, and on the topology of production."""

import json
import os
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tiendo.airflow_glue.api_client import ENDED, AirflowApi
from tiendo.airflow_glue.cluster import cluster_settings, find_programs, local_cluster
from tiendo.airflow_glue.environment import REVIEWER, passwords
from tiendo.airflow_glue.services import airflow_services
from tiendo.clock import HANOI
from tiendo.demo import Scenario, build_scenario
from tiendo.plan.model import Register
from tiendo.plan.period import Period
from tiendo.queries import ledger_document, tracker_rows
from tiendo.replay import READING_SECONDS, follow, publish, replay_clock, run_replay
from tiendo.settings import INCLUDE, Settings
from tiendo.warehouse.engine import make_engine, warehouse_url

pytestmark = pytest.mark.timeout(900)
QUARTER = Period(2023, 1)


@pytest.fixture(scope="module")
def scenario(register: Register) -> Scenario:
    return build_scenario(register).only(str(QUARTER))


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory, scenario: Scenario) -> Settings:
    """A home on which the quarter has been replayed."""
    home = tmp_path_factory.mktemp("embedded") / "var"
    settings = Settings(home=home, plan_dir=INCLUDE / "plans" / "282-kh-ubnd-2023", database_url=None)
    assert run_replay(settings, scenario) == 0
    return settings


@pytest.fixture(scope="module")
def warehouse(replayed: Settings) -> Iterator[Engine]:
    engine = make_engine(warehouse_url(replayed))
    yield engine
    engine.dispose()


def test_the_edition_is_there_approved_and_as_of_its_hour(replayed: Settings) -> None:
    folder = replayed.published / str(QUARTER) / "1"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["approved_by"] == "Phòng Tổng hợp, Sở Kế hoạch và Đầu tư (tài khoản reviewer)"
    assert datetime.fromisoformat(manifest["as_of"]) == datetime(2023, 3, 14, 16, 30, tzinfo=HANOI)
    assert all((folder / output["path"]).stat().st_size > 0 for output in manifest["outputs"])


def test_every_file_has_its_fate_and_its_receipt(replayed: Settings, warehouse: Engine) -> None:
    ledger = ledger_document(warehouse)
    assert ledger["adds_up"]
    # Thirty bodies, one of which first sends its figures a thousandfold.
    assert {state: number for state, number in ledger["states"].items() if number} == {"accepted": 30, "rejected": 1}
    assert all((replayed.home / file["receipt"]).exists() for file in ledger["files"])
    assert not [path for path in replayed.inbox.rglob("*") if path.is_file()]


def test_received_is_when_it_came_not_when_we_looked(warehouse: Engine, register: Register) -> None:
    rows = {row["agency_code"]: row for row in tracker_rows(warehouse, register, QUARTER)}
    assert {code: row["days_late"] for code, row in rows.items() if row["days_late"]} == {
        "so-giao-thong-van-tai": 2,  # 16 March
        "h-bau-bang": 6,  # 20 March
    }
    at_the_last_minute = rows["tp-di-an"]
    assert at_the_last_minute["received_at"] == datetime(2023, 3, 14, 23, 59, tzinfo=HANOI)
    assert at_the_last_minute["is_on_time"]


def test_again_changes_nothing_and_a_rejected_draft_is_not_published(replayed: Settings, scenario: Scenario) -> None:
    published = fingerprint(replayed.published)
    with (
        replay_clock(replayed, scenario) as clock_file,
        airflow_services(replayed, clock_file=clock_file, has_idle_machine=True) as services,
        AirflowApi(services.api.base_url) as reviewer,
    ):
        clock_file.write_text(scenario.last_instant.isoformat(), encoding="utf-8")
        reviewer.login(REVIEWER, passwords(replayed)[REVIEWER])
        # Nothing in the inbox: the task is skipped, and nothing follows.
        run_id = reviewer.trigger("collect_folders")
        follow(services.api, "collect_folders", run_id)
        assert reviewer.task_states("collect_folders", run_id) == [("collect", -1, "skipped")]
        run_id = reviewer.trigger("publish_report", partition_key="2023-Q2")
        reject(reviewer, run_id)
        assert reviewer.wait("publish_report", run_id, seconds=120) == "success"
        states = {task: state for task, _, state in reviewer.task_states("publish_report", run_id)}
        assert states == {"draft": "success", "approve": "success", "publish": "skipped"}
        assert not (replayed.published / "2023-Q2").exists()
        # The late reports have come since edition 1: there is an edition 2, and then nothing to add to it.
        assert publish(reviewer, QUARTER, "Phòng Tổng hợp").endswith("/2023-Q1/2")
        assert publish(reviewer, QUARTER, "Phòng Tổng hợp") == "nothing new since the last edition"
    assert {path: digest for path, digest in fingerprint(replayed.published).items() if path in published} == published


def test_celery_workers_make_the_same_mart(
    replayed: Settings, warehouse: Engine, scenario: Scenario, tmp_path: Path
) -> None:
    programs = find_programs()
    if programs is None:
        reason = "redis-server and a PostgreSQL server are needed: apt-get install redis-server postgresql"
        pytest.fail(reason) if os.environ.get("TIENDO_REQUIRE_SERVICES") == "1" else pytest.skip(reason)
    with local_cluster(programs) as (url, cluster):
        settings = cluster_settings(Settings(tmp_path / "var", replayed.plan_dir, None), url)
        assert run_replay(settings, scenario, cluster) == 0
        engine = make_engine(warehouse_url(settings))
        there = mart(engine)
        engine.dispose()
        ran = {path.name: path.read_text() for path in (settings.airflow / "logs" / "services").glob("worker-*.log")}
    here = mart(warehouse)
    assert there.keys() == here.keys()
    for relation, rows in here.items():
        assert there[relation] == rows, relation
    assert here["indicator_status"]
    assert all("Workload finished" in log for log in ran.values()), "both workers had a part in it"


def reject(reviewer: AirflowApi, run_id: str) -> None:
    """Says no as soon as asked."""
    while reviewer.approval_request("publish_report", run_id, "approve") is None:
        assert reviewer.run_state("publish_report", run_id) not in ENDED
        time.sleep(0.3)
    time.sleep(READING_SECONDS)
    reviewer.answer("publish_report", run_id, "approve", option="Reject")


def fingerprint(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def mart(engine: Engine) -> dict[str, list[str]]:
    """All rows of all relations of schema mart, as JSON, sorted."""
    with engine.connect() as connection:
        names = connection.execute(
            text(
                "select relname from pg_class where relnamespace = 'mart'::regnamespace and relkind in ('r', 'v', 'm')"
            )
        ).scalars()
        return {
            name: sorted(connection.execute(text(f"select row_to_json(t)::text from mart.{name} t")).scalars())
            for name in sorted(names)
        }
