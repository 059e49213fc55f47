"""The small parts between Airflow and the library."""

import json
import stat
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.sdk import Param
from sqlalchemy import URL

from tiendo.airflow_glue.approval import AnswerError, ReviewOperator, read_answer
from tiendo.airflow_glue.partition import read_period, run_period
from tiendo.airflow_glue.retries import INFRASTRUCTURE_ONLY
from tiendo.airflow_glue.share import share_settings
from tiendo.airflow_glue.warehouse import open_warehouse
from tiendo.clock import HANOI, set_replay_clock
from tiendo.collect.share import ShareSettings
from tiendo.local.environment import ADMIN, airflow_environment, passwords
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.settings import Reviewer, Settings

DRAFT = {"period": "2023-Q1", "edition": 1, "as_of": "2023-03-14T16:30:00+07:00"}
ANSWER = {
    "chosen_options": ["Approve"],
    "params_input": {"approver": " Phòng Tổng hợp "},
    "responded_at": "2023-03-14T09:42:00+00:00",
    "responded_by_user": {"id": "reviewer", "name": "reviewer"},
}


@pytest.fixture
def own_settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "var", plan_dir=tmp_path, database_url=None)


def compose(settings: Settings, **options: object) -> dict[str, str]:
    url = URL.create("postgresql+psycopg", username="postgres", password="p/w", query={"host": "/s"})  # noqa: S106
    arguments = {"port": 1234, "warehouse_url": url, "metadata_url": url} | options
    return airflow_environment(settings, **arguments)  # type: ignore[arg-type]


@pytest.fixture
def operator() -> ReviewOperator:
    """A request for approval with the form's fields, outside of any DAG."""
    return ReviewOperator(
        task_id="approve",
        subject="?",
        reviewers=[Reviewer("reviewer", "reviewer")],
        bodies=["so-y-te"],
        params={name: Param("", type="string") for name in ("approver", "return_to", "comment")},
    )


class TestApproval:
    def test_names_the_person_and_the_account(self, register: Register) -> None:
        answer = read_answer(register, DRAFT, ANSWER)
        assert answer.is_approved
        assert answer.answered_by == "Phòng Tổng hợp (tài khoản reviewer)"
        assert answer.as_of == datetime(2023, 3, 14, 16, 30, tzinfo=HANOI)
        assert answer.answered_at == datetime(2023, 3, 14, 16, 42, tzinfo=HANOI)
        assert (answer.return_to, answer.comment) == ("", "")

    def test_without_a_typed_name_the_account_stands(self, register: Register) -> None:
        assert read_answer(register, DRAFT, ANSWER | {"params_input": {}}).answered_by == "reviewer"

    def test_in_a_replay_the_wall_s_instant_means_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, register: Register
    ) -> None:
        set_replay_clock(tmp_path / "clock", datetime(2023, 3, 14, 16, 30, tzinfo=HANOI))
        monkeypatch.setenv("TIENDO_CLOCK_FILE", str(tmp_path / "clock"))
        assert read_answer(register, DRAFT, ANSWER).answered_at == datetime(2023, 3, 14, 16, 30, tzinfo=HANOI)

    def test_a_report_may_be_returned_with_a_comment(self, register: Register) -> None:
        fields = {"return_to": "so-y-te", "comment": " Số giường bệnh? ", "approver": None}
        answer = read_answer(register, DRAFT, ANSWER | {"chosen_options": ["Reject"], "params_input": fields})
        assert (answer.is_approved, answer.return_to, answer.comment) == (False, "so-y-te", "Số giường bệnh?")
        assert answer.question == "2023-Q1/1 2023-03-14T09:42:00+00:00"

    @pytest.mark.parametrize(
        ("fields", "why"),
        [
            ({"return_to": "so-y-te"}, "no comment says what"),
            ({"return_to": "so-y-te", "comment": "  "}, "no comment says what"),
            ({"return_to": "so-la", "comment": "Sai"}, "no body 'so-la'"),
            ({"answer": "x"}, "no field answer"),
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
        event = {"chosen_options": ["Approve"], "params_input": {}, "responded_by_user": account}
        with pytest.raises(AnswerError, match="is no reviewer; TIENDO_REVIEWERS names reviewer"):
            operator.execute_complete({}, event)


def test_a_run_that_a_task_has_started_names_its_period_otherwise(register: Register) -> None:
    def run(partition_key: str | None, conf: dict[str, str] | None) -> SimpleNamespace:
        return SimpleNamespace(partition_key=partition_key, conf=conf)

    assert run_period(register, run("2023-Q2", {"period": "2023-Q1"})) == Period(2023, 2)
    assert run_period(register, run(None, {"period": "2023-Q1"})) == Period(2023, 1)
    for conf in (None, {}, {"period": "2024-Q1"}):
        with pytest.raises(ValueError, match="must be a period of the plan"):
            run_period(register, run(None, conf))


def test_a_partition_key_is_a_period_of_the_plan(register: Register) -> None:
    assert read_period(register, "2023-Q2") == Period(2023, 2)
    for wrong in (None, "", "2024-Q1"):
        with pytest.raises(ValueError, match="must be a period of the plan"):
            read_period(register, wrong)


def test_only_infrastructure_is_tried_again() -> None:
    from psycopg import OperationalError as PsycopgError
    from sqlalchemy.exc import IntegrityError, OperationalError

    for worth in (OperationalError("select", {}, Exception()), PsycopgError(), ConnectionResetError(), TimeoutError()):
        assert INFRASTRUCTURE_ONLY.evaluate(worth, 1, 3).action.value == "retry"
    for ours in (AssertionError(), ValueError(), RuntimeError(), IntegrityError("insert", {}, Exception())):
        assert INFRASTRUCTURE_ONLY.evaluate(ours, 1, 3).action.value == "fail"


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
        assert environment["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
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
