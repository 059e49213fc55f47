"""The small parts between Airflow and the library."""

import json
import multiprocessing
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.models.taskinstancekey import TaskInstanceKey
from airflow.sdk import RetryAction, RetryRule
from airflow.sdk.definitions import retry_policy
from airflow.sdk.exceptions import AirflowSkipException, DagRunTriggerException, TaskAwaitingInput, TaskDeferred
from airflow.utils.state import TaskInstanceState
from sqlalchemy import URL, Engine

from tiendo.airflow_glue.approval import AnswerError, NotAskedError, ReviewOperator, check_reviewer, read_answer
from tiendo.airflow_glue.executor import LocalExecutor
from tiendo.airflow_glue.later_edition import AskForLaterEdition
from tiendo.airflow_glue.partition import run_period
from tiendo.airflow_glue.retries import INFRASTRUCTURE_ONLY
from tiendo.airflow_glue.share import share_settings
from tiendo.airflow_glue.warehouse import AllParts, open_warehouse
from tiendo.clock import HANOI, set_replay_clock
from tiendo.collect.share import ShareSettings
from tiendo.local.environment import ADMIN, airflow_environment, passwords
from tiendo.model.content import UnreadError
from tiendo.model.period import Period
from tiendo.model.plans import Plans
from tiendo.model.register import Register
from tiendo.report.approval import ReviewAnswer, ReviewRequest, find_request, put_request
from tiendo.settings import Reviewer, Settings
from tiendo.status.service import store_status
from tiendo.warehouse.engine import loader

AS_OF = datetime(2023, 3, 14, 16, 30, tzinfo=HANOI)
REQUEST = ReviewRequest(7, "282-kh-ubnd-2023", Period(2023, 1), 1, AS_OF, "d" * 64, "c" * 64, None)
EVENT = {
    "chosen_options": ["Approve"],
    "params_input": {"approver": " Phòng Tổng hợp "},
    "responded_at": datetime(2023, 3, 14, 9, 42, tzinfo=UTC),
    "responded_by_user": {"id": "reviewer", "name": "reviewer"},
}


@pytest.fixture
def own_settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "var", plan_dirs=(tmp_path,), database_url=None)


def compose(settings: Settings, **options: object) -> dict[str, str]:
    url = URL.create("postgresql+psycopg", username="postgres", password="p/w", query={"host": "/s"})  # noqa: S106
    arguments = {"port": 1234, "warehouse_url": url, "metadata_url": url} | options
    return airflow_environment(settings, **arguments)  # type: ignore[arg-type]


@pytest.fixture
def operator() -> ReviewOperator:
    """A request for approval with the form's fields, outside of any DAG."""
    return ReviewOperator(
        task_id="approve", reviewers=[Reviewer("reviewer", "reviewer")], bodies={"so-y-te": "Sở Y tế"}
    )


class TestApproval:
    def test_names_the_person_and_the_account(self) -> None:
        assert read_answer(REQUEST, EVENT) == ReviewAnswer(
            "approve", "Phòng Tổng hợp (tài khoản reviewer)", datetime(2023, 3, 14, 16, 42, tzinfo=HANOI)
        )

    def test_without_a_typed_name_the_account_stands(self) -> None:
        assert read_answer(REQUEST, EVENT | {"params_input": {}}).answered_by == "reviewer"

    def test_in_a_replay_the_wall_s_instant_means_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        set_replay_clock(tmp_path / "clock", AS_OF)
        monkeypatch.setenv("TIENDO_CLOCK_FILE", str(tmp_path / "clock"))
        assert read_answer(REQUEST, EVENT).answered_at == AS_OF

    def test_a_report_may_be_returned_with_a_comment(self) -> None:
        fields = {"return_to": "so-y-te", "comment": " Số giường bệnh? ", "approver": None}
        answer = read_answer(REQUEST, EVENT | {"chosen_options": ["Reject"], "params_input": fields})
        assert (answer.verdict, answer.return_to, answer.comment) == ("reject", "so-y-te", "Số giường bệnh?")
        assert REQUEST.name == "2023-Q1/1 #7"

    @pytest.mark.parametrize(
        ("fields", "why"),
        [
            ({"return_to": "so-y-te"}, "của Sở Y tế thì phải ghi nội dung"),
            ({"return_to": "so-y-te", "comment": "  "}, "của Sở Y tế thì phải ghi nội dung"),
            ({"return_to": "so-la", "comment": "Sai"}, "mã 'so-la'"),
            ({"answer": "x"}, "không có trường answer"),
            ({"approver": "Chủ tịch (Tài khoản chu-tich)"}, "tài khoản do hệ thống ghi"),
            ({"approver": ["Hòa"]}, "Ô Người xem xét phải là chữ"),
            ({"approver": "Hòa\0"}, "Ô Người xem xét có ký tự không in được"),
            ({"approver": "aòH \u202e"}, "Ô Người xem xét có ký tự không in được"),
            ({"comment": "\ud800"}, "Ô Ý kiến có ký tự không in được"),
            ({"comment": "x" * 10_001}, "Ô Ý kiến dài 10001 ký tự; nhiều nhất là 10000"),
        ],
    )
    def test_what_makes_no_sense_is_refused_at_once(
        self, operator: ReviewOperator, fields: dict[str, str], why: str
    ) -> None:
        with pytest.raises(AnswerError, match=why):
            operator.validate_params_input(fields)

    @pytest.mark.parametrize("fields", [{}, {"approver": "Hòa"}, {"return_to": "so-y-te", "comment": "Sai đơn vị"}])
    def test_the_form_may_be_filled_in_part(self, operator: ReviewOperator, fields: dict[str, str]) -> None:
        operator.validate_params_input(fields)

    @pytest.mark.parametrize("account", [None, {"id": "admin", "name": "reviewer"}])
    def test_nobody_but_a_reviewer_may_answer(self, operator: ReviewOperator, account: dict[str, str] | None) -> None:
        with pytest.raises(AnswerError, match=r"không phải là người xem xét \(TIENDO_REVIEWERS: reviewer\)"):
            check_reviewer(operator.reviewers, account)


class Desk:
    """The operator as Airflow runs it, on a real warehouse; Airflow's own request is a list of what it was asked."""

    def __init__(self, operator: ReviewOperator, parts: AllParts, monkeypatch: pytest.MonkeyPatch) -> None:
        self.operator, self.engine = operator, parts.engine
        self.asked, self.tries = 0, 0
        self.shown, self.run_id = "", "run-1"
        drafted = {
            "period": "2023-Q1", "edition": 1, "as_of": AS_OF.isoformat(),
            "data_sha256": "d" * 64, "content_sha256": "c" * 64,
            "title": "quý I năm 2023", "review": ["**Thiếu (1).** Sở Y tế."],
        }  # fmt: skip
        put_request(parts.engine, parts.plans.first, "run-1", drafted)
        monkeypatch.setattr("tiendo.airflow_glue.warehouse.open_warehouse", lambda: parts)
        monkeypatch.setattr("airflow.providers.standard.operators.hitl.upsert_hitl_detail", self._upsert)

    def _upsert(self, *, body: str, **_: object) -> None:
        self.asked += 1
        self.shown = body

    @property
    def context(self) -> dict[str, object]:
        def xcom_pull(**_: object) -> object:
            raise AssertionError("users of Airflow may write there")

        ti = SimpleNamespace(id="1", try_number=self.tries, xcom_pull=xcom_pull)
        return {"run_id": self.run_id, "ti": ti, "task_instance": ti}

    def ask(self) -> None:
        """The task is tried. Where it was tried before, a trigger first looks whether Airflow has kept the question."""
        self.tries += 1
        with pytest.raises((TaskAwaitingInput, TaskDeferred)) as resting:
            self.operator.execute(self.context)
        if isinstance(resting.value, TaskDeferred):
            self.look("timeout" if self.asked else "lost")

    def look(self, found: str) -> None:
        with pytest.raises(TaskAwaitingInput):
            self.operator.execute_complete(self.context, {"error": "", "error_type": found})

    def answer(self, **changes: object) -> None:
        self.operator.execute_complete(self.context, EVENT | changes)

    @property
    def verdict(self) -> str | None:
        request = find_request(self.engine, "run-1")
        return request.answer.verdict if request and request.answer else None


class TestAsking:
    @pytest.fixture
    def desk(
        self, operator: ReviewOperator, settings: Settings, register: Register, engine: Engine,
        monkeypatch: pytest.MonkeyPatch,
    ) -> Desk:  # fmt: skip
        return Desk(operator, AllParts(settings, Plans((register,)), engine), monkeypatch)

    def test_a_question_is_asked_once_however_often_the_task_is_tried(self, desk: Desk) -> None:
        for _ in range(3):
            desk.ask()
        assert desk.asked == 1, "asking again throws Airflow's answer away"
        desk.answer()
        assert desk.verdict == "approve"
        # Its worker was killed after that, or the task was cleared: the warehouse is asked, whatever Airflow tells.
        desk.operator.execute(desk.context)
        desk.operator.execute_complete(desk.context, EVENT | {"chosen_options": ["Reject"]})
        assert (desk.asked, desk.verdict) == (1, "approve")

    def test_a_question_that_airflow_has_lost_is_asked_again(self, desk: Desk) -> None:
        desk.tries = 1  # the first worker was killed before it asked
        desk.ask()
        assert desk.asked == 1

    def test_it_rests_for_some_minutes_at_a_time_and_looks(self, desk: Desk) -> None:
        with pytest.raises(TaskAwaitingInput) as resting:
            desk.operator.execute(desk.context)
        rests = [resting.value]
        nothing_yet = {"error": "The Human-in-the-loop response timeout has passed", "error_type": "timeout"}
        for _ in range(12):
            with pytest.raises(TaskAwaitingInput) as resting:
                desk.operator.execute_complete(desk.context, nothing_yet, **rests[-1].kwargs)
            rests.append(resting.value)
        assert [rest.timeout.total_seconds() / 60 for rest in rests][:6] == [1, 2, 4, 8, 10, 10]
        assert {rest.method_name for rest in rests} == {"execute_complete"}
        assert (desk.asked, desk.verdict) == (1, None)
        desk.operator.execute_complete(desk.context, EVENT, **rests[-1].kwargs)
        assert desk.verdict == "approve"

    def test_a_refused_answer_is_noted_and_the_question_asked_anew(self, desk: Desk) -> None:
        desk.ask()
        with pytest.raises(AnswerError, match="phải ghi nội dung cần điều chỉnh"):
            desk.answer(params_input={"return_to": "so-y-te"})
        assert desk.verdict == "refused"
        desk.ask()
        assert (desk.asked, desk.verdict) == (2, None)
        assert "lý do ở đầu trang" in desk.shown
        desk.answer()
        assert desk.verdict == "approve"

    def test_an_account_that_is_no_reviewer_s_approves_nothing(self, desk: Desk) -> None:
        desk.ask()
        with pytest.raises(AnswerError, match="không phải là người xem xét"):
            desk.answer(responded_by_user={"id": "admin", "name": "admin"})
        assert desk.verdict == "refused"

    def test_what_nobody_was_asked_is_not_answered(self, desk: Desk) -> None:
        desk.run_id = "run-2"
        for act in (desk.answer, lambda: desk.operator.execute(desk.context)):
            with pytest.raises(NotAskedError, match="knows of no question of run-2"):
                act()

    @pytest.mark.parametrize("chosen", [[], ["Approve", "Reject"], ["Other"]])
    def test_one_button_is_pressed(self, desk: Desk, chosen: list[str]) -> None:
        desk.ask()
        with pytest.raises(AnswerError, match="Phải chọn một trong hai"):
            desk.answer(chosen_options=chosen)
        assert desk.verdict == "refused"

    @pytest.mark.parametrize("typed", [5, {"a": "b\0"}, "x\0y", "\udcff", "y" * 2_000_000])
    def test_whatever_comes_in_a_field_the_question_is_asked_again(self, desk: Desk, typed: object) -> None:
        desk.ask()
        for field in ("approver", "return_to", "comment", "field\0"):
            with pytest.raises(AnswerError):
                desk.answer(params_input={field: typed})
            assert desk.verdict == "refused"
            desk.ask()

    @pytest.mark.parametrize("case", ["another's, at it", "another's, gone", "its own"])
    def test_what_an_approved_run_is_about_to_publish_is_not_asked_about(
        self, desk: Desk, register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
    ) -> None:
        """Where that run itself comes to ask, it could not be published; where it is gone, nobody else does."""
        set_replay_clock(tmp_path / "clock", AS_OF + timedelta(minutes=1))
        monkeypatch.setenv("TIENDO_CLOCK_FILE", str(tmp_path / "clock"))
        with loader(desk.engine) as connection:
            store_status(connection, register, Period(2023, 1))
        desk.ask()
        desk.answer()

        def count(dag_id: str, *, run_ids: list[str], states: object = None) -> int:
            return 0 if case == "another's, gone" else len({"run-1"} & {*run_ids})

        run = SimpleNamespace(run_id="run-1" if case == "its own" else "run-2", partition_key="2023-Q1", conf={})
        with pytest.raises(AirflowSkipException if case == "another's, at it" else DagRunTriggerException):
            AskForLaterEdition(task_id="ask").execute({"dag_run": run, "ti": SimpleNamespace(get_dr_count=count)})

    def test_the_words_are_those_that_the_draft_has_noted(self, desk: Desk) -> None:
        desk.ask()
        assert "- **Thiếu (1).** Sở Y tế." in desk.shown
        assert "(/tiendo/duyet/2023-Q1?ke-hoach=282-kh-ubnd-2023)" in desk.shown
        assert "/tiendo/drafts/282-kh-ubnd-2023/2023-Q1/1/xem-xet.html" in desk.shown
        assert "mã số liệu `dddddddddddddddd`" in desk.shown


class TestExecutor:
    """The LocalExecutor's word of a workload's end, without its processes."""

    KEY = TaskInstanceKey("publish_report", "approve", "run-1", 1, -1)

    @pytest.fixture
    def executor(self, monkeypatch: pytest.MonkeyPatch) -> LocalExecutor:
        monkeypatch.setattr("airflow.executors.local_executor.LocalExecutor._process_workloads", lambda *_: None)
        return LocalExecutor(parallelism=2)

    def send(self, executor: LocalExecutor) -> None:
        """Gives a task to a worker as the scheduler does: were our hook not called by it, no task would be counted."""
        executor.queued_tasks[self.KEY] = SimpleNamespace(key=self.KEY, ti=SimpleNamespace(priority_weight=1))
        executor.trigger_tasks(open_slots=1)
        executor.queued_tasks.clear()  # as the parent does that is left out here

    def test_the_end_of_a_stay_before_a_rest_is_left_out(self, executor: LocalExecutor) -> None:
        self.send(executor)
        self.send(executor)  # resumed before the first worker has told of its end
        executor.change_state(self.KEY, TaskInstanceState.SUCCESS)
        assert executor.get_event_buffer() == {}
        executor.change_state(self.KEY, TaskInstanceState.SUCCESS)
        assert executor.get_event_buffer() == {self.KEY: (TaskInstanceState.SUCCESS, None)}

    def test_so_it_is_while_the_resumed_task_waits_for_a_worker(self, executor: LocalExecutor) -> None:
        self.send(executor)
        executor.queued_tasks[self.KEY] = None
        executor.change_state(self.KEY, TaskInstanceState.SUCCESS)
        assert executor.get_event_buffer() == {}

    def test_a_failure_is_always_told(self, executor: LocalExecutor) -> None:
        self.send(executor)
        self.send(executor)
        executor.change_state(self.KEY, TaskInstanceState.FAILED)
        assert executor.get_event_buffer() == {self.KEY: (TaskInstanceState.FAILED, None)}

    def test_a_task_that_is_slow_to_begin_is_left_alone_one_whose_worker_died_is_not(
        self, executor: LocalExecutor
    ) -> None:
        ti = SimpleNamespace(key=self.KEY, queued_dttm=datetime.now(UTC))
        with pytest.raises(NotImplementedError):
            executor.revoke_task(ti=ti)
        executor.workers = {1: SimpleNamespace(exitcode=-9, is_alive=lambda: False, close=lambda: None)}
        executor._unread_messages = multiprocessing.Value("I")
        executor.result_queue = SimpleNamespace(empty=lambda: True)
        executor.sync()  # by which our hook hears of dead workers
        executor.revoke_task(ti=ti)
        ti.queued_dttm = datetime.now(UTC) + timedelta(seconds=1)
        with pytest.raises(NotImplementedError):
            executor.revoke_task(ti=ti)


@pytest.mark.parametrize(
    ("partition_key", "conf", "found"),
    [
        ("2023-Q2", None, Period(2023, 2)),
        ("2023-Q2", {"period": ""}, Period(2023, 2)),
        ("2023-Q2", {"period": "2023-Q2"}, Period(2023, 2)),
        (None, {"period": "2023-Q1"}, Period(2023, 1)),
        (None, None, "Chưa chọn kỳ báo cáo. Đề nghị chọn một kỳ ở ô Kỳ báo cáo: 282-kh-ubnd-2023:2023-Q1, "),
        ("", {"period": ""}, "Chưa chọn kỳ báo cáo"),
        ("2023-Q2", {"period": "2023-Q1"}, "hai kỳ báo cáo khác nhau: 2023-Q2, 2023-Q1"),
        ("282-kh-ubnd-2023:2023-Q2", {"period": "2023-Q2"}, Period(2023, 2)),
        (None, {"period": "282-kh-ubnd-2023:2023-Q4"}, Period(2023, 4)),
        ("2024-Q1", None, "Không có kỳ báo cáo 2024-Q1 trong kế hoạch; chỉ có 282-kh-ubnd-2023:2023-Q1, "),
        (None, {"period": "2024-Q1"}, "Không có kỳ báo cáo 2024-Q1"),
        ("45-kh-ubnd-2025:2023-Q1", None, "Không có kỳ báo cáo 45-kh-ubnd-2025:2023-Q1"),
    ],
)
def test_a_run_is_for_one_period_of_the_plan(
    register: Register, partition_key: str | None, conf: dict[str, str] | None, found: Period | str
) -> None:
    run = SimpleNamespace(partition_key=partition_key, conf=conf)
    if isinstance(found, Period):
        assert run_period(register, run) == (register, found)
    else:
        with pytest.raises(ValueError, match=found):
            run_period(register, run)


def test_only_infrastructure_is_tried_again() -> None:
    from psycopg import OperationalError as PsycopgError
    from sqlalchemy.exc import IntegrityError, OperationalError

    database = OperationalError("select", {}, Exception()), PsycopgError()
    for worth in (*database, ConnectionResetError(), TimeoutError(), UnreadError()):
        assert INFRASTRUCTURE_ONLY.evaluate(worth, 1, 3).action.value == "retry"
    for ours in (AssertionError(), ValueError(), RuntimeError(), IntegrityError("insert", {}, Exception())):
        assert INFRASTRUCTURE_ONLY.evaluate(ours, 1, 3).action.value == "fail"


def test_naming_an_exception_does_not_import_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow's own rule does; while it does, ours is needed."""
    told: list[str] = []
    monkeypatch.setattr(retry_policy.log, "warning", lambda words, *_: told.append(words))
    named = {"exception": "tiendo.no_such_module.AnError", "action": RetryAction.RETRY}
    RetryRule(**named)
    assert len(told) == 1
    assert "could not be imported" in told[0]
    type(INFRASTRUCTURE_ONLY.rules[0])(**named)
    assert len(told) == 1


class TestEnvironment:
    def test_secrets_are_made_once_and_for_their_owner_alone(self, own_settings: Settings) -> None:
        first, second = compose(own_settings), compose(own_settings)
        names = ("AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__API__SECRET_KEY", "AIRFLOW__API_AUTH__JWT_SECRET")
        assert [first[name] for name in names] == [second[name] for name in names]
        assert len({first[name] for name in names}) == 3
        accounts = passwords(own_settings)
        assert passwords(own_settings) == accounts
        for file in ("secrets.json", "passwords.json"):
            assert stat.S_IMODE((own_settings.airflow / file).stat().st_mode) == 0o600
        assert len(accounts[ADMIN]) >= 16
        assert json.loads((own_settings.airflow / "passwords.json").read_text()) == accounts

    def test_the_caller_s_airflow_has_no_say(self, own_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "KubernetesExecutor")
        monkeypatch.setenv("AIRFLOW__SMTP__SMTP_HOST", "elsewhere")
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
        monkeypatch.setenv("NO_PROXY", "intranet")
        environment = compose(own_settings)
        assert environment["AIRFLOW__CORE__EXECUTOR"].endswith(".executor.LocalExecutor")
        assert "AIRFLOW__SMTP__SMTP_HOST" not in environment
        assert "PYTHONDONTWRITEBYTECODE" not in environment
        assert environment["NO_PROXY"] == "intranet,127.0.0.1,localhost"

    def test_everybody_logs_in_and_nothing_listens_outside(self, own_settings: Settings) -> None:
        environment = compose(own_settings)
        assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"
        assert "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS" not in environment

    def test_a_replay_collects_only_on_request(self, own_settings: Settings, tmp_path: Path) -> None:
        assert compose(own_settings)["TIENDO_COLLECT_MINUTES"] == "5"
        assert "TIENDO_CLOCK_FILE" not in compose(own_settings)
        replayed = compose(own_settings, clock_file=tmp_path / "clock")
        assert replayed["TIENDO_COLLECT_MINUTES"] == "0"
        assert replayed["TIENDO_CLOCK_FILE"] == str(tmp_path / "clock")


class TestConnections:
    """Optional ones, as Airflow hands them out."""

    def test_a_share(self, monkeypatch: pytest.MonkeyPatch) -> None:
        connection = {
            "conn_type": "samba", "host": "files", "login": "tiendo", "password": "p/w", "schema": "tien-do",
            "extra": {"path": "2023", "domain": "SKHDT"},
        }  # fmt: skip
        monkeypatch.setenv("AIRFLOW_CONN_TIENDO_SHARE", json.dumps(connection))
        expected = ShareSettings("files", "tien-do", "SKHDT\\tiendo", "p/w", "2023", 445)
        assert share_settings() == expected
        assert "p/w" not in repr(expected)

    @pytest.mark.parametrize("missing", ["login", "password", "schema"])
    def test_a_share_has_no_guests(self, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
        connection = {"conn_type": "samba", "host": "files", "login": "a", "password": "b", "schema": "c"}
        monkeypatch.setenv("AIRFLOW_CONN_TIENDO_SHARE", json.dumps(connection | {missing: ""}))
        with pytest.raises(ValueError, match="tiendo_share lacks a"):
            share_settings()

    def test_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AIRFLOW_CONN_TIENDO_SHARE", raising=False)
        assert share_settings() is None

    def test_a_scanner(self, monkeypatch: pytest.MonkeyPatch, own_settings: Settings) -> None:
        monkeypatch.setattr("tiendo.airflow_glue.warehouse.get_settings", lambda: own_settings)
        monkeypatch.setattr("tiendo.warehouse.engine.get_engine", lambda: None)
        assert open_warehouse().settings.clamav == ""
        monkeypatch.setenv("AIRFLOW_CONN_TIENDO_CLAMAV", json.dumps({"conn_type": "generic", "host": "clam"}))
        assert open_warehouse().settings.clamav == "clam:3310"
        monkeypatch.setattr("tiendo.airflow_glue.warehouse.get_settings", lambda: replace(own_settings, clamav="own:1"))
        assert open_warehouse().settings.clamav == "own:1"
