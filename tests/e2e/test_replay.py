"""What the replayed quarter left behind, and what people may still do with it through the API."""

import json
import re
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from e2e.lean import LEAN
from e2e.topology import Replayed
from e2e.workers import worker_of
from tiendo.clock import HANOI, set_replay_clock
from tiendo.local.api_client import ENDED, AirflowApi, AirflowApiError
from tiendo.local.demo import Scenario
from tiendo.local.environment import REVIEWER, passwords
from tiendo.local.replay import follow, publish, replay_clock
from tiendo.local.services import airflow_services, database_urls
from tiendo.local.waiting import wait_until
from tiendo.settings import Settings
from tiendo.warehouse.engine import make_engine

pytestmark = pytest.mark.timeout(3600)
# A killed worker is missed sooner than on a machine that may be busy.
QUICK = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "10",
}
PLAN = "282-kh-ubnd-2023"
NOTHING_NEW = "nothing new since the last edition"


def test_received_is_when_it_came_not_when_we_looked(embedded: Replayed) -> None:
    rows = {
        row["agency_code"]: row for row in embedded.states[0].mart["submission_tracker"] if row["period"] == "2023-Q1"
    }
    assert {code: row["days_late"] for code, row in rows.items() if row["days_late"]} == {
        "so-giao-thong-van-tai": 2,  # 16 March
        "h-bau-bang": 6,  # 20 March
    }
    at_the_last_minute = rows["tp-di-an"]
    assert at_the_last_minute["received_at"] == datetime(2023, 3, 14, 23, 59, tzinfo=HANOI)
    assert at_the_last_minute["is_on_time"]


def test_every_file_has_its_receipt(embedded: Replayed) -> None:
    files = embedded.states[0].ledger["files"]
    assert all((embedded.settings.home / file["receipt"]).exists() for file in files if file["channel"] == "folder")


def test_operations_and_the_reviewer(embedded: Replayed, scenario: Scenario) -> None:
    """One start of the services, since that takes long: a quiet inbox, a rejection, a second edition, no third."""
    settings = embedded.settings
    before = editions(settings.published)
    with (
        replay_clock(settings, scenario) as clock_file,
        airflow_services(settings, clock_file=clock_file, has_idle_machine=True, variables=LEAN | QUICK) as services,
        AirflowApi(services.api.base_url) as reviewer,
    ):
        set_replay_clock(clock_file, scenario.last_instant)
        reviewer.login(REVIEWER, passwords(settings)[REVIEWER])

        run_id = reviewer.trigger("collect_folders")
        follow(services, "collect_folders", run_id)
        states = set(reviewer.task_states("collect_folders", run_id))
        assert states == {("collect", -1, "skipped"), ("check", -1, "skipped")}

        # A run without a period is refused before it begins, in words.
        with pytest.raises(AirflowApiError, match=r"400 .*Chưa chọn kỳ báo cáo.*:2023-Q1, 282-kh-ubnd-2023:2023-Q2"):
            reviewer.trigger("publish_report")
        asked = [run for run in reviewer.runs("publish_report") if run["run_type"] == "manual"]
        assert asked
        assert all(run["partition_key"] for run in asked)
        # What came of the files stands at the run.
        settled = [run["note"] for run in reviewer.runs("process_submissions")]
        assert all(re.match(r"[1-9]\d* tệp: \d+ |Không có tệp nào chờ", note) for note in settled), settled
        assert any(re.search(r"\d+ trả lại \(\w", note) for note in settled), settled
        some = next(run for run in reviewer.runs("process_submissions") if re.match(r"[1-9]\d tệp", run["note"]))
        leads_to = reviewer.links("process_submissions", some["dag_run_id"], "announce")["Các tệp của lượt chạy"]
        assert leads_to
        assert "/tiendo/tep/TN-0" in reviewer.page(leads_to)[1]

        # A draft that is rejected with a comment to a body: a request for correction goes out, nothing is published.
        run_id = reviewer.trigger("publish_report", partition_key="2023-Q2")
        wait_for_request(reviewer, run_id)
        draft_page = f"/tiendo/drafts/{PLAN}/2023-Q2/1/xem-xet.html"
        status, page = reviewer.page(draft_page)
        assert (status, "CHỜ XEM XÉT" in page) == (200, True)
        status, page = reviewer.page("/tiendo/?ky=2023-Q2")
        assert (status, "Báo cáo quý II năm 2023, lần ban hành thứ 1, chờ phê duyệt từ" in page) == (200, True)
        with AirflowApi(services.api.base_url) as stranger:
            assert [stranger.page(path)[0] for path in (draft_page, "/tiendo/", "/tiendo/so-tay")] == [401] * 3
        for task in ("draft", "approve"):
            links = reviewer.links("publish_report", run_id, task)
            assert links == {"Bản dự thảo": draft_page, "Báo cáo đã ban hành": None, "Các tệp của lượt chạy": None}
        fields = {"return_to": "so-y-te", "comment": "Đề nghị đối chiếu <số giường bệnh>"}
        with pytest.raises(AirflowApiError, match="is not a respondent"):
            services.api.answer("publish_report", run_id, "approve", option="Approve")
        # A form with a mistake is asked for again, the mistake on top of the draft's page; the run goes on.
        reviewer.answer("publish_report", run_id, "approve", option="Reject", params=fields | {"comment": " "})
        wait_for_request(reviewer, run_id)
        assert "<b>Câu trả lời trước chưa được ghi nhận: Trả lại báo cáo của Sở Y tế" in reviewer.page(draft_page)[1]
        reviewer.answer("publish_report", run_id, "approve", option="Reject", params=fields)
        assert reviewer.wait("publish_report", run_id) == "success"
        states = {task: state for task, _, state in reviewer.task_states("publish_report", run_id)}
        assert states.pop("write_data_docs") == "success"
        assert (settings.home / "data_docs" / "282-kh-ubnd-2023" / "2023-Q2" / "index.html").exists()
        assert states == {
            "draft": "success", "approve": "success", "publish": "skipped", "deliver": "skipped",
            "record_answer": "success", "send_notice": "skipped", "ask_for_later_edition": "skipped",
        }  # fmt: skip
        assert reviewer.note("publish_report", run_id) == "Không ban hành: reviewer. Trả lại báo cáo của Sở Y tế."
        assert not (settings.published / PLAN / "2023-Q2").exists()
        notice = settings.home / "outbox" / "so-y-te" / "2023-Q2" / "DC-000001.html"
        assert "Đề nghị đối chiếu &lt;số giường bệnh&gt;" in notice.read_text(encoding="utf-8")

        # Late reports have come since edition 1: the reviewer was asked about edition 2 by itself, once.
        (asked,) = reviewer.runs("publish_report", states=["running"])
        assert asked["dag_run_id"] == f"later__{PLAN}:2023-Q1__edition-2__1"
        wait_for_request(reviewer, asked["dag_run_id"])
        request = reviewer.approval_request("publish_report", asked["dag_run_id"], "approve")
        assert request is not None
        assert "Đơn vị mới gửi báo cáo so với lần ban hành thứ 1" in request["body"]
        # An answer counts though Airflow has noted it and resumed nobody.
        answer_unheard(settings, reviewer, asked["dag_run_id"])
        assert reviewer.wait("publish_report", asked["dag_run_id"]) == "success"
        # The second replay has entered duplicates on days before that draft: it is no longer what was reviewed, which
        # is said, and asked anew.
        states = {task: state for task, _, state in reviewer.task_states("publish_report", asked["dag_run_id"])}
        assert (states["publish"], states["ask_for_later_edition"]) == ("skipped", "success")
        log = reviewer.task_log("publish_report", asked["dag_run_id"], "publish")
        assert "are not those of the draft that was approved" in log
        # An answer counts though the worker that should hear of it is killed, and is asked for once.
        anew = f"later__{PLAN}:2023-Q1__edition-2__2"
        wait_for_request(reviewer, anew)
        answered_at = reviewer.answer("publish_report", anew, "approve", option="Approve")
        killed = worker_of(reviewer, anew, "approve")
        killed.kill()
        worker_of(reviewer, anew, "approve", other_than=killed.pid).kill()
        assert reviewer.wait("publish_report", anew) == "success"
        assert reviewer.xcom("publish_report", anew, "publish").endswith("/2023-Q1/2")
        assert "Đã ban hành báo cáo quý I năm 2023, lần 2." in reviewer.note("publish_report", anew)
        edition_page = f"/tiendo/published/{PLAN}/2023-Q1/2/bao-cao.html"
        assert reviewer.links("publish_report", anew, "publish")["Báo cáo đã ban hành"] == edition_page
        assert reviewer.page(edition_page)[0] == 200
        request = reviewer.approval_request("publish_report", anew, "approve")
        assert request is not None
        assert datetime.fromisoformat(request["responded_at"]) == answered_at
        assert publish(services, reviewer, f"{PLAN}:2023-Q1", "Phòng Tổng hợp") == NOTHING_NEW
    after = editions(settings.published)
    assert {path: content for path, content in after.items() if path in before} == before, "an edition is frozen"


def wait_for_request(reviewer: AirflowApi, run_id: str) -> None:
    """Waits until the reviewer is asked, which may be before the asking task rests."""
    wait_until(lambda: is_asked(reviewer, run_id), lambda: reviewer.progress("publish_report", run_id))


def is_asked(reviewer: AirflowApi, run_id: str) -> bool:
    """Whether a question waits for its answer."""
    assert reviewer.run_state("publish_report", run_id) not in ENDED
    request = reviewer.approval_request("publish_report", run_id, "approve")
    return request is not None and request["responded_at"] is None


def answer_unheard(settings: Settings, reviewer: AirflowApi, run_id: str) -> None:
    """Leaves behind what Airflow 3.3.2 does where an answer is given in the moment in which the task goes to rest.

    The next look at the task is not waited for: its time is moved into the past.
    """
    resting = ("approve", -1, "awaiting_input")
    wait_until(
        lambda: resting in reviewer.task_states("publish_report", run_id),
        lambda: reviewer.progress("publish_report", run_id),
    )
    engine = make_engine(database_urls(settings)[1])
    with engine.begin() as connection:
        of_run = {"run_id": run_id, "account": json.dumps({"id": REVIEWER, "name": REVIEWER})}
        answered = connection.execute(
            text(
                "update hitl_detail h set responded_at = now(), responded_by = cast(:account as json), "
                "chosen_options = '[\"Approve\"]', params_input = '{}' from task_instance t "
                "where t.id = h.ti_id and t.task_id = 'approve' and t.run_id = :run_id"
            ),
            of_run,
        )
        looked_at = connection.execute(
            text(
                "update task_instance set trigger_timeout = now() where task_id = 'approve' and run_id = :run_id "
                "and state = 'awaiting_input' and trigger_timeout <= now() + interval '10 minutes'"
            ),
            of_run,
        )
        assert (answered.rowcount, looked_at.rowcount) == (1, 1)
    engine.dispose()


def editions(published: Path) -> dict[Path, bytes]:
    """The files of the editions; the index and the years beside them are made anew with each."""
    return {path: path.read_bytes() for path in published.glob("*/[0-9]*/**/*") if path.is_file()}
