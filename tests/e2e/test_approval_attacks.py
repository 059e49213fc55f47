"""What accounts of Airflow try in order to forge an approval, or to lose one: nothing official comes of it.

``tables/approval_attacks.csv`` has a line for each call: what it is for, the run it is aimed at, and what each account
is told. A number is a refusal by Airflow; ``taken`` is a call that Airflow lets this account make, and that must change
nothing official; ``-`` is not tried, since the account may do that. The accounts: one that is not logged in, the roles
of Airflow's FAB auth manager (production), and the two of ``tiendo up``. All runs ask about first editions.
"""

import csv
import json
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psutil
import pytest
from sqlalchemy import Engine, text

from e2e.lean import WITHOUT_PDF
from e2e.workers import worker_of
from tiendo import clock
from tiendo.clock import HANOI, set_replay_clock
from tiendo.local.api_client import ENDED, AirflowApi
from tiendo.local.environment import ADMIN, REVIEWER, passwords
from tiendo.local.processes import Service, airflow
from tiendo.local.services import Running, airflow_services, free_port, say
from tiendo.local.waiting import wait_until
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.report.approval import find_request
from tiendo.settings import INCLUDE, Settings
from tiendo.warehouse.embedded import stop_server
from tiendo.warehouse.engine import loader, make_engine, warehouse_url
from unit.report_warehouse import figure, send

pytestmark = pytest.mark.timeout(3600)
TABLE = Path(__file__).parent / "tables" / "approval_attacks.csv"
ATTACKS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines(), delimiter="|"))
ACCOUNTS = ("stranger", "viewer", "user", "op", "admin", "local_admin", "local_reviewer")
VICTIMS = sorted({attack["victim"] for attack in ATTACKS} - {""})
DAG = "publish_report"
RUNS = f"dags/{DAG}/dagRuns"
FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
# Roles of FAB's accounts, in the order in which they get their ids: the reviewer's is 1.
FAB_ACCOUNTS = {"reviewer": "User", "viewer": "Viewer", "user": "User", "op": "Op", "admin": "Admin"}
MAKE_ACCOUNTS = """
import json, os
from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
from airflow.providers.fab.auth_manager.models.db import FABDBManager
from airflow.utils.session import create_session
with create_session() as session:
    FABDBManager(session).upgradedb()
with get_application_builder() as builder:
    for name, (role, password) in json.loads(os.environ["ACCOUNTS"]).items():
        builder.sm.add_user(name, name, name, f"{name}@example.vn", builder.sm.find_role(role), password)
"""
# As the scheduler makes one for each task that it hands to a worker, and as it does not.
MAKE_TOKENS = """
import json, os, attrs
from airflow.executors.base_executor import BaseExecutor
generator = BaseExecutor.jwt_generator.func(None)
asked, other = os.environ["ASKED"], os.environ["OTHER"]
tokens = {
    "own": generator.generate({"sub": asked}),
    "expired": generator.generate({"sub": asked}, valid_for=-3600),
    "of another key": attrs.evolve(generator, secret_key="k" * 64).generate({"sub": asked}),
    "to begin with": generator.generate({"sub": asked, "scope": "workload"}),
    "of another task": generator.generate({"sub": other}),
}
with open(os.environ["TOKENS"], "w") as file:
    json.dump(tokens, file)
"""
# A killed worker is missed sooner than on a machine that may be busy.
QUICK = {"AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20"}
ACTIVE = {"scheduled", "queued", "running", "restarting", "up_for_retry", "deferred"}
AT = datetime(2023, 3, 14, 16, 30, tzinfo=HANOI)


@dataclass(frozen=True)
class Stage:
    """Services that run with two web servers: of ``tiendo up``, and one with production's accounts."""

    services: Running
    settings: Settings
    engine: Engine
    accounts: dict[str, httpx.Client]
    victims: dict[str, str]
    clock_file: Path

    @property
    def api(self) -> AirflowApi:
        return self.services.api

    def call(self, account: str, method: str, path: str, body: Any = None) -> httpx.Response:
        url = path if path.startswith("/") else f"/api/v2/{path}"
        content = None if body is None else json.dumps(body)  # escaped: half a character is sent as such
        return self.accounts[account].request(
            method, url, content=content, headers={"Content-Type": "application/json"}
        )

    def done(self, account: str, method: str, path: str, body: Any = None) -> Any:
        answer = self.call(account, method, path, body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def filled(self, attack: dict[str, str]) -> tuple[str, Any]:
        """Returns path and body of an attack, with what is known of its victim."""
        run = self.victims.get(attack["victim"], "")
        known = {
            "run": run, "runs": RUNS, "tasks": f"{RUNS}/{run}/taskInstances", "long": "a" * 5000,
            "ti": self.task(run, "approve") if run else "",
            "edition_asset": str(self.done("local_admin", "GET", "assets?name_pattern=edition")["assets"][0]["id"]),
        }  # fmt: skip
        path, body = (re.sub(r"\{(\w+)\}", lambda found: known[found[1]], attack[part]) for part in ("path", "body"))
        return path, json.loads(body) if body else None

    def task(self, run: str, name: str) -> str:
        """Returns the id of a task, as its token names it."""
        return str(self.done("local_admin", "GET", f"{RUNS}/{run}/taskInstances/{name}")["id"])

    def states(self, run: str) -> dict[str, str | None]:
        return {task: state for task, _, state in self.api.task_states(DAG, run)}

    def is_at_rest(self, run: str) -> bool:
        """Whether a run has ended, or does nothing but wait for its reviewer."""
        states = self.states(run)
        return self.api.run_state(DAG, run) in ENDED or (
            states.get("approve") == "awaiting_input" and not ACTIVE & {*states.values()}
        )

    def wait(self, is_there: Callable[[], bool]) -> None:
        wait_until(is_there, lambda: "what the attack is aimed at", check=self.services.check)

    def rest(self, *runs: str) -> None:
        for run in runs:
            self.wait(lambda run=run: self.is_at_rest(run))  # type: ignore[misc]

    def start(self, period: str) -> str:
        return self.api.trigger(DAG, partition_key=period)

    def ask(self, period: str) -> str:
        """Starts a run and waits until its reviewer is asked."""
        run = self.start(period)
        self.rest(run)
        assert self.states(run)["approve"] == "awaiting_input"
        return run

    def answer(self, run: str, account: str = "reviewer", option: str = "Approve", **typed: str) -> httpx.Response:
        path = f"{RUNS}/{run}/taskInstances/approve/-1/hitlDetails"
        return self.call(account, "PATCH", path, {"chosen_options": [option], "params_input": typed})

    def clear(self, run: str, *tasks: str) -> None:
        """What the documents tell operations to do."""
        body = {"dag_run_id": run, "task_ids": [*tasks], "only_failed": False, "include_downstream": True}
        self.done("local_admin", "POST", f"dags/{DAG}/clearTaskInstances", body | {"dry_run": False})

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with loader(self.engine) as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def editions(self) -> list[tuple[Any, ...]]:
        return self.rows("select period, edition, approved_by from core.edition order by edition_id")

    def answers(self) -> list[tuple[Any, ...]]:
        return self.rows("select verdict, account_id from core.review_answer order by review_request_id")

    def is_asked(self, run: str) -> bool:
        """Whether a question waits for its answer, in a task that rests."""
        request = self.api.approval_request(DAG, run, "approve")
        return self.is_at_rest(run) and request is not None and not request["response_received"]

    @contextmanager
    def approved_and_held_up(self, run: str) -> Iterator[None]:
        """A run that was approved by FAB's reviewer and cannot publish yet: somebody else publishes just then."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql("select pg_advisory_xact_lock(hashtext('tiendo.edition'))")
            assert self.answer(run).is_success
            self.wait(lambda: self.states(run)["publish"] == "running")
            yield

    def is_started_again(self, run: str) -> None:
        """As the DAG's page tells operations to do when a run was deleted."""
        noted = find_request(self.engine, run)
        assert noted is not None
        body = {"dag_run_id": run, "logical_date": None, "partition_key": str(noted.period)}
        self.done("local_admin", "POST", RUNS, body)

    def is_published_once(self, run: str) -> None:
        """What the run has asked about was published, by the reviewer's answer, and not once more."""
        self.wait(lambda: self.api.run_state(DAG, run) in ENDED)
        assert self.api.run_state(DAG, run) == "success", self.states(run)
        noted = find_request(self.engine, run)
        assert noted is not None
        found = self.rows(
            "select edition, approved_by, manifest ->> 'data_sha256' from core.edition "
            f"where period = '{noted.period}' order by edition"
        )
        assert [row[0] for row in found] == list(range(1, noted.edition + 1))
        assert found[-1][1:] == ("reviewer", noted.data_sha256)
        audit = f"select done_by from intake.audit where act = 'approve' and subject = '{noted.period}/{noted.edition}'"
        assert self.rows(audit) == [("reviewer",)]

    def send_news(self, register: Register, of: str) -> None:
        """A body's figure comes, a day later than all before."""
        noted = find_request(self.engine, of)
        period = noted.period if noted else Period.parse(of)
        now = clock.now() + timedelta(days=1)
        set_replay_clock(self.clock_file, now)
        news = [figure("thu-hut-fdi", str(400 + now.day), basis="quarter")]
        send(self.engine, register, "so-ke-hoach-va-dau-tu", period, now, news)

    def answer_at_once(self, run: str, kills: str) -> bool | None:
        """Answers a question as soon as there is one, and kills the worker that asks; None where it did not ask."""
        worker = worker_of(self.api, run, "approve")
        while (request := self.api.approval_request(DAG, run, "approve")) is None:
            if not worker.is_running():
                return None
        if kills != "after":
            kill(worker)
        told = self.answer(run).is_success
        assert request is not None
        if kills == "after":
            kill(worker)
        if kills == "both":
            kill(worker_of(self.api, run, "approve", other_than=worker.pid))
        return told


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with TemporaryDirectory(prefix="tiendo-attacks-") as name, ExitStack() as parts:
        folder = Path(name)
        settings = Settings(home=folder / "var", plan_dirs=(INCLUDE / "plans" / "282-kh-ubnd-2023",), database_url=None)
        parts.callback(stop_server, settings.postgres)
        clock_file = folder / "clock"
        set_replay_clock(clock_file, AT)
        variables = WITHOUT_PDF | QUICK | {"TIENDO_REVIEWERS": "reviewer,1=reviewer"}
        services = parts.enter_context(
            airflow_services(settings, clock_file=clock_file, has_idle_machine=True, variables=variables, say=say)
        )
        accounts = {}
        for local in (ADMIN, REVIEWER):
            accounts[f"local_{local}"] = logged_in(services.api.base_url, local, passwords(settings)[local])
        accounts |= fab_accounts(services)
        engine = make_engine(warehouse_url(settings))
        parts.callback(engine.dispose)
        parts.enter_context(pytest.MonkeyPatch.context()).setenv("TIENDO_CLOCK_FILE", str(clock_file))
        stage = Stage(services, settings, engine, accounts, {}, clock_file)
        periods = [f"2023-Q{1 + number % 4}" for number in range(len(VICTIMS))]
        stage.victims.update(zip(VICTIMS, map(stage.start, periods), strict=True))
        stage.rest(*stage.victims.values())
        yield stage


def logged_in(url: str, name: str, password: str) -> httpx.Client:
    client = httpx.Client(base_url=url, timeout=600, trust_env=False)
    answer = client.post("/auth/token", json={"username": name, "password": password})
    client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"
    return client


def fab_accounts(services: Running) -> dict[str, httpx.Client]:
    """A second web server on the same database, with production's auth manager and an account of each role."""
    keys = {name: secrets.token_urlsafe(12) for name in FAB_ACCOUNTS}
    known = json.dumps({name: (role, keys[name]) for name, role in FAB_ACCOUNTS.items()})
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    variables = {"AIRFLOW__CORE__AUTH_MANAGER": FAB, "AIRFLOW__API__PORT": str(port), "AIRFLOW__API__BASE_URL": url}
    make = Service("fab-accounts", [sys.executable, "-c", MAKE_ACCOUNTS], variables | {"ACCOUNTS": known})
    services.supervisor.run(make)
    server = airflow("fab-api-server", "api-server", "--host", "127.0.0.1", "--port", str(port))
    services.supervisor.start(server._replace(variables=variables))
    with AirflowApi(url) as api:
        while not api.health():
            services.check()
            time.sleep(0.2)
    accounts = {name: logged_in(url, name, password) for name, password in keys.items()}
    return accounts | {"stranger": httpx.Client(base_url=url, timeout=600, trust_env=False)}


def kill(worker: psutil.Process) -> None:
    """Kills a worker and the task that it runs."""
    for process in [*worker.children(recursive=True), worker]:
        with suppress(psutil.NoSuchProcess):
            process.kill()


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack["attack"] for attack in ATTACKS])
def test_what_airflow_says(stage: Stage, attack: dict[str, str]) -> None:
    path, body = stage.filled(attack)
    told = {}
    for account in ACCOUNTS:
        if attack[account] == "-":
            told[account] = "-"
            continue
        answer = stage.call(account, attack["method"], path, body)
        if answer.is_server_error:  # Airflow stumbles where its scheduler changes the same run in the same moment
            stage.rest(stage.victims[attack["victim"]])
            answer = stage.call(account, attack["method"], path, body)
        told[account] = "taken" if answer.is_success else str(answer.status_code)
    assert told == {account: attack[account] for account in ACCOUNTS}


def test_what_the_tasks_own_interface_says_to_tokens(stage: Stage, tmp_path: Path) -> None:
    """Airflow lets a task write another's result, which is believed nowhere; all else is refused."""
    run = stage.victims["cleared"]
    asked, file = stage.task(run, "approve"), tmp_path / "tokens"
    variables = {"ASKED": asked, "OTHER": stage.task(stage.victims["xcom"], "draft"), "TOKENS": str(file)}
    stage.services.supervisor.run(Service("tokens", [sys.executable, "-c", MAKE_TOKENS], variables))
    bearers = {name: {"Authorization": f"Bearer {token}"} for name, token in json.loads(file.read_text()).items()}
    url = f"/execution/task-instances/{asked}/heartbeat"
    beat = {"hostname": "here", "pid": 1}
    with httpx.Client(base_url=stage.api.base_url, timeout=600, trust_env=False) as client:
        told = {name: client.put(url, json=beat, headers=bearer).status_code for name, bearer in bearers.items()}
        # Its own is good, and the task rests: it is told that it does not run.
        assert told.pop("own") == HTTPStatus.CONFLICT
        assert set(told.values()) == {HTTPStatus.FORBIDDEN}, told
        del bearers["own"]
        calls = [attack for attack in ATTACKS if attack["path"].startswith("/execution/")]
        assert len(calls) == 3
        for name, bearer in bearers.items():
            for call in calls:
                path, body = stage.filled(call)
                answer = client.request(call["method"], path, json=body, headers=bearer)
                is_taken = name == "of another task" and "/xcoms/" in path
                assert answer.status_code == (HTTPStatus.CREATED if is_taken else HTTPStatus.FORBIDDEN), (name, path)


def test_nothing_official_has_come_of_it(stage: Stage) -> None:
    runs = [run["dag_run_id"] for run in stage.api.runs(DAG)]
    assert len(runs) > len(VICTIMS), "those that were started as attacks, too"
    stage.rest(*runs)
    assert (stage.editions(), stage.answers()) == ([], [])
    assert not stage.settings.published.exists()
    assert stage.rows("select count(*) from intake.audit") == [(0,)]


def test_every_question_is_there_again_when_its_task_is_cleared(stage: Stage) -> None:
    for victim, run in stage.victims.items():
        if victim != "deleted":
            stage.clear(run, "approve")
    # A task that was deleted comes back with a new run of the same name.
    run = stage.victims["deleted"]
    stage.done("local_admin", "PATCH", f"{RUNS}/{run}", {"state": "failed"})
    stage.done("local_admin", "DELETE", f"{RUNS}/{run}")
    stage.is_started_again(run)
    stage.rest(*stage.victims.values())
    asked = {}
    for victim, run in stage.victims.items():
        assert stage.states(run)["approve"] == "awaiting_input", victim
        request = stage.api.approval_request(DAG, run, "approve")
        noted = find_request(stage.engine, run)
        assert request is not None
        assert noted is not None
        asked[victim] = (request["subject"], request["response_received"], noted.data_sha256[:16] in request["body"])
        assert asked[victim] == (f"Phê duyệt báo cáo: {noted.title}", False, True)


@pytest.mark.parametrize("typed", ["\0", "\ud800", "x" * 1_000_000])
def test_whatever_a_reviewer_types_the_question_is_asked_again(stage: Stage, typed: str) -> None:
    run = stage.victims["cleared"]
    answer = stage.answer(run, approver=typed)
    if answer.is_success:
        stage.wait(lambda: stage.answers()[-1:] == [("refused", "1")] and stage.is_asked(run))
    assert stage.is_asked(run)
    assert stage.editions() == []


def test_an_answer_outlives_every_state_that_its_tasks_are_given(stage: Stage) -> None:
    run = stage.victims["marked"]
    with stage.approved_and_held_up(run):
        assert stage.answer(run).status_code == HTTPStatus.CONFLICT, "answered twice"
        tasks = f"{RUNS}/{run}/taskInstances"
        told = {"value": {"chosen_options": ["Reject"], "params_input": {}}}
        stage.done("op", "PATCH", f"{tasks}/approve/xcomEntries/return_value", told)
        stage.done("user", "PATCH", f"{tasks}/approve", {"new_state": "failed"})
        stage.done("user", "PATCH", f"{tasks}/publish", {"new_state": "skipped"})
        stage.call("user", "PATCH", f"{RUNS}/{run}", {"state": "failed"})
        assert stage.states(run)["approve"] == "failed"
    stage.clear(run, "approve")
    stage.is_published_once(run)


def test_an_answer_outlives_its_run(stage: Stage) -> None:
    run = stage.victims["run_failed"]
    with stage.approved_and_held_up(run):
        stage.done("user", "PATCH", f"{RUNS}/{run}", {"state": "failed"})
        stage.done("user", "DELETE", f"{RUNS}/{run}")
    stage.is_started_again(run)
    stage.is_published_once(run)


def test_an_answer_is_about_what_was_shown_whatever_comes_meanwhile(stage: Stage, register: Register) -> None:
    run = stage.victims["published"]
    with stage.approved_and_held_up(run):
        stage.send_news(register, run)
        body = {"dry_run": False, "only_failed": False}
        stage.done("user", "POST", f"{RUNS}/{run}/clear", body)
    stage.rest(run)
    stage.is_published_once(run)


def test_an_answer_outlives_the_worker_that_asked_and_the_one_that_tries_again(
    stage: Stage, register: Register
) -> None:
    """Answered as soon as it is there; the worker that asks is killed before or after that, or both are."""
    # What was published before has asked about later editions: a question that comes after another takes its place.
    stage.rest(*(run["dag_run_id"] for run in stage.api.runs(DAG)))
    # One after the other: what one publishes is told in the draft of the next, and the clock of the tests stands still.
    for period, kills in (("2023-Q1", "before"), ("2023-Q2", "after"), ("2023-Q3", "both")):
        stage.send_news(register, period)
        run = stage.start(period)
        is_told = stage.answer_at_once(run, kills)
        assert is_told is not False
        if is_told is None:  # it was gone before Airflow had noted the question: it is asked by the next
            stage.rest(run)
            assert stage.answer(run).is_success
        stage.is_published_once(run)


def test_the_page_answers_airflow_s_question_in_the_name_of_who_is_logged_in(stage: Stage, register: Register) -> None:
    """Returned and rejected by FAB's reviewer, approved by that of ``tiendo up``; all else on the way is refused."""
    kept = find_request(stage.engine, stage.victims["xcom"])
    assert kept is not None
    period = next(name for name in ("2023-Q4", "2023-Q3") if name != str(kept.period))
    here, done = f"/tiendo/duyet/{period}", []

    def ask() -> str:
        stage.send_news(register, period)
        return stage.ask(period)

    def is_done(run: str, receipt: str, *words: str) -> None:
        stage.wait(lambda: stage.api.run_state(DAG, run) in ENDED)
        text = reviewer.get(receipt).text
        assert all(each in text for each in words), text

    with ExitStack() as opened:
        browsers = {name: opened.enter_context(browser(client)) for name, client in stage.accounts.items()}
        reviewer = browsers["reviewer"]

        run = ask()
        login = browsers["stranger"].get(here)
        assert login.status_code == HTTPStatus.SEE_OTHER
        assert login.headers["location"] == f"/api/v2/auth/login?next=%2Ftiendo%2Fduyet%2F{period}"
        told = browsers["stranger"].get(login.headers["location"])
        assert "/auth/login" in told.headers["location"], "Airflow takes the way back"
        token = token_of(reviewer.get(here))
        fields = {"token": token, "act": "return", "return_to": "so-ke-hoach-va-dau-tu", "comment": "Đề nghị đối chiếu"}
        for name in ("viewer", "user", "op", "admin", "local_admin"):
            shown = browsers[name].get(here)
            assert (shown.status_code, "Việc cần quyết định" in shown.text) == (HTTPStatus.OK, True), name
            assert 'method="post"' not in shown.text
            assert browsers[name].post(here, data=fields).status_code == HTTPStatus.FORBIDDEN, name
        assert browsers["stranger"].post(here, data=fields).status_code == HTTPStatus.UNAUTHORIZED
        assert browsers["local_reviewer"].post(here, data=fields).status_code == HTTPStatus.FORBIDDEN, "another's form"
        foreign = reviewer.post(here, data=fields, headers={"origin": "https://example.vn"})
        forged = reviewer.post(here, data=fields | {"token": f"{token[:-3]}AAA"})
        empty = reviewer.post(here, data=fields | {"comment": " "})
        assert [each.status_code for each in (foreign, forged, empty)] == [403, 403, 422]
        assert '<option value="so-ke-hoach-va-dau-tu" selected>' in empty.text
        assert stage.is_asked(run)

        # What operations start by hand from a page is started by Airflow, in their name, once.
        by_hand = "/tiendo/viec/"
        remind = {"token": token_of(browsers["user"].get(by_hand), "nhac")}
        tried = [browsers[name].post(f"{by_hand}nhac", data=remind) for name in ("viewer", "op", "user", "user")]
        assert [each.status_code for each in tried] == [403, 403, 200, 409], "op by another's form"
        assert 'method="post"' not in browsers["viewer"].get(by_hand).text
        (started,) = [each for each in stage.api.runs("send_reminders") if each["run_type"] == "manual"]
        assert started["triggering_user_name"] == "user"

        sent = reviewer.post(here, data=fields)
        assert sent.status_code == HTTPStatus.SEE_OTHER, sent.text
        is_done(run, sent.headers["location"], "Đã trả lại, chưa ban hành", "Đề nghị điều chỉnh số DC-", "đối chiếu")
        done.append(("reject", "1"))
        assert reviewer.post(here, data=fields).status_code == HTTPStatus.CONFLICT, "once"

        run = ask()
        assert reviewer.post(here, data=fields).status_code == HTTPStatus.CONFLICT, "the form of another question"
        fields = {"token": token_of(reviewer.get(here)), "act": "reject", "comment": "Chưa đủ căn cứ"}
        sent = reviewer.post(here, data=fields)
        is_done(run, sent.headers["location"], "Không ban hành", "Chưa đủ căn cứ")
        done.append(("reject", "1"))

        run, reviewer = ask(), browsers["local_reviewer"]
        fields = {"token": token_of(reviewer.get(here)), "act": "approve", "approver": "Chánh Văn phòng"}
        late = {"token": token_of(browsers["reviewer"].get(here)), "act": "reject", "comment": "Tôi gửi sau"}
        sent = reviewer.post(here, data=fields)
        assert sent.status_code == HTTPStatus.SEE_OTHER, sent.text
        second = browsers["reviewer"].post(here, data=late)
        assert (second.status_code, "Tôi gửi sau" in second.text) == (HTTPStatus.CONFLICT, True), "two at once"
        is_done(run, sent.headers["location"], "Đã phê duyệt", "Đã ban hành:")
        done.append(("approve", "reviewer"))
    assert stage.answers()[-3:] == done
    assert stage.editions()[-1][2] == "Chánh Văn phòng (tài khoản reviewer)"
    detail = stage.api.approval_request(DAG, run, "approve")
    assert detail is not None
    assert detail["responded_by_user"]["id"] == "reviewer", "Airflow's screen says the same"


def browser(client: httpx.Client) -> httpx.Client:
    """A browser in which an account is logged in, by the cookie that Airflow's login leaves."""
    bearer = client.headers.get("authorization", "").removeprefix("Bearer ")
    headers = {"accept": "text/html", "origin": str(client.base_url).rstrip("/"), "sec-fetch-site": "same-origin"}
    cookies = {"_token": bearer} if bearer else {}
    return httpx.Client(base_url=client.base_url, headers=headers, cookies=cookies, timeout=600, trust_env=False)


def token_of(page: httpx.Response, act: str = "") -> str:
    form = page.text.partition(f'action="/tiendo/viec/{act}"')[2] if act else page.text
    found = re.search(r'name="token" value="([^"]+)"', form)
    assert found is not None, page.text
    return found[1]


def test_an_answer_outlives_the_dag(stage: Stage) -> None:
    """The last one: with the DAG all its runs are gone."""
    run = stage.victims["xcom"]
    with stage.approved_and_held_up(run):
        for other in stage.api.runs(DAG, states=("running", "queued")):
            stage.done("user", "PATCH", f"{RUNS}/{other['dag_run_id']}", {"state": "failed"})
        stage.done("user", "DELETE", f"dags/{DAG}")
    stage.services.supervisor.run(airflow("reserialize", "dags", "reserialize"))
    stage.is_started_again(run)
    stage.is_published_once(run)
