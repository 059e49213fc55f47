"""The DAGs as Airflow reads them, each file in a process of its own."""

import json
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tiendo.airflow_glue.assets import Tag
from tiendo.airflow_glue.watch import _STEPS_OF_OUTAGE
from tiendo.cli.dag_pages import dag_pages, reading_environment
from tiendo.settings import PROJECT

# File name, DAG id and subject are the same verb and noun. A new DAG is added here and to docs/DAGs.md (make docs).
EXPECTED = (
    "collect_folders",
    "collect_mailbox",
    "compute_status",
    "process_submissions",
    "publish_report",
    "send_reminders",
)


LONGEST_NAME = 30


def parse(path: Path, home: Path) -> dict[str, Any]:
    process = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("parse_dag_file.py")), str(path)],
        env=reading_environment(home),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    parsed: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
    return parsed


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    files = sorted((PROJECT / "dags").glob("*.py"))
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda path: parse(path, tmp_path_factory.mktemp(path.stem)), files)
        return dict(zip([path.stem for path in files], results, strict=True))


def test_the_files_are_those_expected(parsed: dict[str, dict[str, Any]]) -> None:
    assert sorted(parsed) == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
class TestEachFile:
    def test_holds_the_one_dag_of_its_name(self, parsed: dict[str, dict[str, Any]], name: str) -> None:
        assert parsed[name]["errors"] == {}
        assert list(parsed[name]["dags"]) == [name]

    def test_imports_nothing_heavy(self, parsed: dict[str, dict[str, Any]], name: str) -> None:
        assert parsed[name]["heavy_imports"] == [], "import it inside the task"

    def test_has_a_page_for_operations(self, parsed: dict[str, dict[str, Any]], name: str) -> None:
        doc = parsed[name]["dags"][name]["doc"]
        for part in (
            "\n### Produces\n",
            "\n### Does not protect against\n",
            "\n### Schedule\n",
            "\n### A failure means\n",
            "\n### Triage\n",
        ):
            assert part in doc

    def test_is_shown_in_vietnamese(self, parsed: dict[str, dict[str, Any]], name: str) -> None:
        dag = parsed[name]["dags"][name]
        tasks = list(dag["tasks_shown_as"].values())
        assert len(set(tasks)) == len(tasks)
        for shown in (dag["shown_as"], *tasks):
            assert not shown.isascii(), "Vietnamese has its marks"
            assert unicodedata.is_normalized("NFC", shown)
            assert len(shown) <= LONGEST_NAME, "Airflow's list and graph cut it"

    def test_has_known_tags_and_does_not_catch_up(self, parsed: dict[str, dict[str, Any]], name: str) -> None:
        dag = parsed[name]["dags"][name]
        assert dag["tags"]
        assert set(dag["tags"]) <= set(Tag)
        assert dag["catchup"] is False

    def test_retries_what_is_worth_it(self, parsed: dict[str, dict[str, Any]], name: str) -> None:
        assert all(parsed[name]["dags"][name]["retry_policies"].values())


def test_a_heavy_import_is_seen(tmp_path: Path) -> None:
    """The guard above guards: the same file with an import at its head is found out."""
    source = (PROJECT / "dags" / "collect_folders.py").read_text(encoding="utf-8")
    fouled = tmp_path / "dags" / "collect_folders.py"
    fouled.parent.mkdir()
    fouled.write_text(source.replace("from airflow.sdk", "import pandas\nfrom airflow.sdk", 1), encoding="utf-8")
    heavy = parse(fouled, tmp_path)["heavy_imports"]
    assert heavy == [f"{fouled} imports pandas"]


VITAL_ORDER = {
    "collect_folders": [("collect", "check")],
    "collect_mailbox": [("collect", "answer")],
    "compute_status": [("grade", "check_mart"), ("check_mart", "refresh_draft")],
    "process_submissions": [
        ("list_batches", "settle"),
        ("settle", "announce"),
        ("settle", "answer"),
        ("settle", "check_ledger"),
    ],
    "publish_report": [("draft", "approve"), ("approve", "publish"), ("publish", "record_answer")],
    "send_reminders": [("remind", "send")],
}


@pytest.mark.parametrize(
    ("dag_id", "before", "after"), [(d, *edge) for d, edges in VITAL_ORDER.items() for edge in edges]
)
def test_vital_order(parsed: dict[str, dict[str, Any]], dag_id: str, before: str, after: str) -> None:
    assert [before, after] in parsed[dag_id]["dags"][dag_id]["edges"]


def test_a_failed_batch_keeps_the_run_red_but_not_the_others_waiting(parsed: dict[str, dict[str, Any]]) -> None:
    dag = parsed["process_submissions"]["dags"]["process_submissions"]
    assert dag["trigger_rules"]["announce"] == "all_done"
    assert dag["trigger_rules"]["answer"] == "all_done"
    assert dag["trigger_rules"]["check_ledger"] == "all_success"
    assert "check_ledger" not in {before for before, _ in dag["edges"]}, "a run is as red as its last tasks"


def test_an_answer_is_recorded_whatever_came_of_it(parsed: dict[str, dict[str, Any]]) -> None:
    dag = parsed["publish_report"]["dags"]["publish_report"]
    assert dag["trigger_rules"]["record_answer"] == "all_done"
    assert ["approve", "record_answer"] not in dag["edges"], "a rejection skips what follows directly"
    assert ["publish", "deliver"] in dag["edges"]
    assert "deliver" not in {before for before, _ in dag["edges"]}, "a run is as red as its last tasks"
    assert dag["trigger_rules"]["deliver"] == "all_success"
    assert dag["max_active_runs"] >= 3 * 4, "a request that waits must not keep another period's waiting"


def test_runs_that_would_clash_wait_for_each_other(parsed: dict[str, dict[str, Any]]) -> None:
    for dag_id in ("collect_folders", "collect_mailbox", "process_submissions", "send_reminders"):
        assert parsed[dag_id]["dags"][dag_id]["max_active_runs"] == 1


def test_periods_are_partitions_from_the_status_on(parsed: dict[str, dict[str, Any]]) -> None:
    partitioned = {dag_id: parsed[dag_id]["dags"][dag_id]["partitioned"] for dag_id in EXPECTED}
    assert partitioned == {
        "collect_folders": False,
        "collect_mailbox": False,
        "process_submissions": False,
        "compute_status": True,
        "publish_report": True,
        "send_reminders": True,
    }


def test_a_person_chooses_the_period_from_a_list(parsed: dict[str, dict[str, Any]]) -> None:
    forms = {dag_id: parsed[dag_id]["dags"][dag_id]["form"] for dag_id in EXPECTED}
    assert {dag_id for dag_id, form in forms.items() if form} == {"compute_status", "publish_report"}
    for dag_id in ("compute_status", "publish_report"):
        (field,) = forms[dag_id].values()
        assert field["title"] == "Kỳ báo cáo"
        periods = ["2023-Q1", "2023-Q2", "2023-Q3", "2023-Q4"]
        # The keys are what a run may have that was started while there were several plans.
        assert field["enum"] == ["", *periods, *(f"282-kh-ubnd-2023:{period}" for period in periods)]
        assert field["values_display"]["2023-Q1"] == "Quý I năm 2023"


def test_operations_are_told_when_an_hour_passes(parsed: dict[str, dict[str, Any]]) -> None:
    told = "tiendo.airflow_glue.deadline.tell_operations"
    assert parsed["process_submissions"]["dags"]["process_submissions"]["deadlines"] == [["answer", 1800, told, None]]
    publication, due_day = parsed["publish_report"]["dags"]["publish_report"]["deadlines"]
    days = {f"282-kh-ubnd-2023:2023-Q{n}": f"2023-{n * 3:02}-14" for n in range(1, 5)}
    assert publication == ["publication", 0, told, {key: f"{day}T17:00:00+07:00" for key, day in days.items()}]
    assert due_day == ["due_day", 0, told, {key: f"{day}T20:00:00+07:00" for key, day in days.items()}]


def test_what_an_outage_explains_is_there(parsed: dict[str, dict[str, Any]]) -> None:
    for steps in _STEPS_OF_OUTAGE.values():
        for dag_id, step in steps:
            assert step in parsed[dag_id]["dags"][dag_id]["trigger_rules"]


def test_docs_are_fresh() -> None:
    written = (PROJECT / "docs" / "DAGs.md").read_text(encoding="utf-8")
    assert written == dag_pages(), "make docs"
