"""docker-compose.yaml on a real engine: it comes up, does its job, and stands what happens to a server."""

import difflib
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from compose.system import ADMIN, PUBLIC_NAME, REVIEWER, System, running_system
from tiendo.local.api_client import ENDED, AirflowApi
from tiendo.local.demo import DemoFile, build_scenario
from tiendo.local.demo_files import files_of
from tiendo.local.waiting import wait_until
from tiendo.model.register import Register

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2 * 3600)]
PERIOD = "2023-Q1"
PUBLISH, REVIEWER_PASSWORD = "publish_report", "mật khẩu của người duyệt"


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with running_system() as system:
        yield system


@pytest.fixture(scope="module")
def files(register: Register) -> list[DemoFile]:
    """Sound workbooks of the first quarter, one a body."""
    scenario = build_scenario(register).only(PERIOD)
    made = [file for step in scenario.steps for file in files_of(scenario, step)]
    found: dict[str, DemoFile] = {}
    for file in made:
        if "(ban dau)" not in file.name:
            found.setdefault(file.agency, file)
    return list(found.values())


def test_everything_is_confined_as_written(system: System) -> None:
    for service in set(system.services):
        container = system.container(service)
        host = system.docker.inspect(
            container, "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.Config.User}}"
        )
        assert host == f"true [ALL] {system.services[service]['user']}", service
        assert int(system.docker.inspect(container, "{{.HostConfig.PidsLimit}}")) == 512, service
        assert int(system.docker.inspect(container, "{{.HostConfig.Memory}}")) > 0, service


def test_no_secret_is_seen_in_a_list_of_processes_or_in_a_log(system: System) -> None:
    secrets = {name: value for name, value in system.secrets.items() if not name.startswith(("ADMIN_USER", "ADMIN_EM"))}
    for service in system.lasting:
        for container in system.containers(service):
            told = system.docker("top", container, "-eo", "pid,args")
            assert "COMMAND" in told
            assert not [name for name, value in secrets.items() if value in told], service
    logs = system.compose("logs", "--no-color")
    assert f'User "{ADMIN}" created with role "Admin"' in logs
    assert not [name for name, value in secrets.items() if value in logs]


def test_behind_the_proxy_the_cookies_of_a_session_are_secure(system: System) -> None:
    address = f"https://127.0.0.1:{system.tls_port}"
    headers = {"Host": PUBLIC_NAME}
    with httpx.Client(base_url=address, headers=headers, verify=False, trust_env=False, timeout=120) as browser:  # noqa: S501
        page = browser.get("/auth/login/")
        assert page.status_code == 200
        token = page.text.partition('name="csrf_token" type="hidden" value="')[2].partition('"')[0]
        form = {"csrf_token": token, "username": ADMIN, "password": system.secrets["ADMIN_PASSWORD"]}
        entered = browser.post("/auth/login/", data=form, headers={"Referer": f"https://{PUBLIC_NAME}/auth/login/"})
        assert entered.status_code == 302, entered.text[:300]
        cookies = {line.split("=")[0]: line for page in (page, entered) for line in page.headers.get_list("set-cookie")}
        assert cookies.keys() >= {"session", "_token"}
        assert all("; Secure" in line and "; HttpOnly" in line for line in cookies.values()), cookies
        assert browser.get("/api/v2/dags").json()["total_entries"] >= 6
        assert entered.headers["location"].startswith(("/", "https://")), entered.headers["location"]


def test_a_file_is_answered_a_reviewer_approves_and_an_edition_is_published(
    system: System, files: list[DemoFile]
) -> None:
    with system.api(ADMIN, system.secrets["ADMIN_PASSWORD"]) as admin:
        _make_reviewer(admin)
        # The file server's own accounts are given the bodies' folders: README, "Inboxes".
        system.compose(
            "exec", "-T", "worker", "sh", "-c", "chmod g+ws /var/lib/tiendo/inbox/* /var/lib/tiendo/inbox/*/kiem-tra"
        )
        # First only to be checked: the edition will know nothing of it.
        system.drop(files[0], "kiem-tra/")
        assert system.wait_for_answers(files[:1])["states"]["trial"] == 1
        system.drop(files[0])
        wait_until(lambda: system.tiendo("ledger")["states"]["accepted"] == 1, lambda: "the report is not taken in")
        answers = [name for name in system.files("outbox") if name.endswith(".html")]
        assert len(answers) == 2
        assert all(answer.startswith(f"./{files[0].agency}/{PERIOD}/") for answer in answers)
    with system.api(REVIEWER, REVIEWER_PASSWORD) as reviewer:
        _publish(reviewer)
    editions = [name for name in system.files("published") if name.endswith("manifest.json")]
    assert editions == [f"./282-kh-ubnd-2023/{PERIOD}/1/manifest.json"]
    rows = system.sql("tiendo", "select edition, approved_by from mart.edition")
    assert rows == f"1|Bà Trần Thị Duyệt (tài khoản {REVIEWER})"


def test_what_is_killed_comes_back_and_nothing_is_lost(system: System, files: list[DemoFile]) -> None:
    """One after the other, without waiting until the one before is well, while files come and a reviewer is asked."""
    system.set("WORKERS", 2)
    system.compose("up", "--detach", "--wait")
    assert len(system.containers("worker")) == 2
    with system.api(REVIEWER, REVIEWER_PASSWORD) as reviewer:
        answered = reviewer.trigger(PUBLISH, partition_key="2023-Q3")
        _answer(reviewer, answered)
        system.kill(system.worker_of(answered, "approve", until="success"))
        asked = reviewer.trigger(PUBLISH, partition_key="2023-Q2")
        system.kill(system.worker_of(asked, "approve", until="awaiting_input"))
        dropped = files[:1]
        for service, file in zip((name for name in system.lasting if name != "worker"), files[1:], strict=False):
            system.drop(file)
            dropped.append(file)
            system.kill(system.container(service))
        system.wait_until_healthy(system.lasting)
        assert len(dropped) == len(system.lasting)

        # An answer counts though who heard it is dead; a question is asked though who asked it is.
        assert reviewer.wait(PUBLISH, answered) == "success", reviewer.progress(PUBLISH, answered)
        _answer(reviewer, asked)
        assert reviewer.wait(PUBLISH, asked) == "success", reviewer.progress(PUBLISH, asked)
    rows = system.sql("tiendo", "select period, edition, approved_by from mart.edition order by 1 offset 1")
    assert rows.split("\n") == [
        f"{period}|1|Bà Trần Thị Duyệt (tài khoản {REVIEWER})" for period in ("2023-Q2", "2023-Q3")
    ]
    ledger = system.wait_for_answers(dropped)
    assert ledger["adds_up"]
    assert ledger["received"] == len(ledger["files"]) == len(dropped) + 1  # and the one that was only to be checked
    assert ledger["states"]["accepted"] == len(dropped)


def test_stopped_and_started_it_is_the_same_and_init_changes_nothing(system: System) -> None:
    system.wait_until_healthy(system.lasting)
    before = _state_at_rest(system)
    system.compose("stop")
    assert not [service for service in system.lasting for c in system.containers(service) if system.state(c)["Running"]]
    system.compose("start")
    system.wait_until_healthy(system.lasting)
    assert system.state(system.container("init"))["ExitCode"] == 0
    assert _changes(before, _state(system)) == []
    made = "select string_agg(username || ' ' || password, ',' order by id) from ab_user"
    accounts = system.sql("airflow", made)
    told = system.compose("run", "--rm", "-T", "init")
    assert f"{ADMIN} already exists in the db" in told
    assert _changes(before, _state(system)) == []
    assert system.sql("airflow", made) == accounts


def test_what_is_old_goes_and_what_is_young_stays(system: System) -> None:
    logs = "/var/log/airflow"
    system.compose(
        "exec", "-T", "worker", "sh", "-c", f"mkdir {logs}/old && touch -d '181 days ago' {logs}/old/log {logs}/old"
    )
    system.sql("airflow", "insert into log (dttm, event) values (now() - interval '181 days', 'old'), (now(), 'young')")
    young = set(_logs(system)) - {"old/log"}
    system.compose("exec", "-T", "worker", "rm", "/var/lib/tiendo/watch/cleaned")
    system.compose("restart", "cleanup")
    system.wait_until_healthy(["cleanup"])
    assert young <= set(_logs(system))
    assert "old/log" not in _logs(system)
    assert system.sql("airflow", "select event from log where event in ('old', 'young')") == "young"
    assert system.sql("airflow", "select count(*) from dag_run") != "0"


def _make_reviewer(admin: AirflowApi) -> None:
    """As the administrator does in the web page."""
    account: dict[str, Any] = {
        "username": REVIEWER, "password": REVIEWER_PASSWORD, "email": "duyet@example.gov.vn",
        "first_name": "Người", "last_name": "duyệt", "roles": [{"name": "Op"}],
    }  # fmt: skip
    admin._send("POST", "/auth/fab/v1/users", json=account)


def _answer(reviewer: AirflowApi, run_id: str) -> None:
    """Waits until the reviewer is asked, and approves."""

    def is_asked() -> bool:
        assert reviewer.run_state(PUBLISH, run_id) not in ENDED
        return reviewer.approval_request(PUBLISH, run_id, "approve") is not None

    wait_until(is_asked, lambda: reviewer.progress(PUBLISH, run_id))
    reviewer.answer(PUBLISH, run_id, "approve", option="Approve", params={"approver": "Bà Trần Thị Duyệt"})


def _publish(reviewer: AirflowApi) -> None:
    run_id = reviewer.trigger(PUBLISH, partition_key=PERIOD)
    _answer(reviewer, run_id)
    assert reviewer.wait(PUBLISH, run_id) == "success", reviewer.progress(PUBLISH, run_id)


def _state_at_rest(system: System) -> dict[str, list[str]]:
    """Returns the state once nothing is at work: what was answered last may still be graded and drafted."""
    busy = """select count(*) from (select from task_instance where state in ('scheduled', 'queued', 'running',
      'up_for_retry') union all select from dag_run where state = 'queued'
      union all select from asset_dag_run_queue) at_work"""
    state: dict[str, list[str]] = {}
    while True:
        before, state = state, {} if system.sql("airflow", busy) != "0" else _state(system)
        if state and state == before:
            return state
        time.sleep(10)


def _state(system: System) -> dict[str, list[str]]:
    """All that Tiendo keeps: the warehouse, files, the server's roles.

    Aside from the hour of the last scan, and from what was noted of services that did not answer while they stopped.
    """
    aside = [f"--exclude-table-data=intake.{name}" for name in ("scan*", "incident*", "outage*")]
    options = ["--username=postgres", "--dbname=tiendo", "--inserts", *aside]
    dump = system.compose("exec", "-T", "postgres", "pg_dump", *options)
    # A guard against a restore of foreign dumps, drawn anew each time.
    lines = [line for line in dump.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]
    rights = "select rolname, rolsuper, rolcanlogin, rolcreaterole, rolcreatedb from pg_roles order by 1"
    folders = ("archive", "outbox", "published", "inbox")
    files = [f"{name}/{path} {sha256}" for name in folders for path, sha256 in sorted(system.files(name).items())]
    return {"dump": lines, "rights": system.sql("postgres", rights).splitlines(), "files": files}


def _changes(before: dict[str, list[str]], now: dict[str, list[str]]) -> list[str]:
    """Returns each line that is gone or new."""
    return [
        f"{name}: {line}"
        for name, lines in now.items()
        for line in difflib.unified_diff(before[name], lines, lineterm="", n=0)
    ]


def _logs(system: System) -> list[str]:
    return system.compose(
        "exec", "-T", "worker", "sh", "-c", "cd /var/log/airflow && find . -type f -printf '%P\\n'"
    ).split("\n")
