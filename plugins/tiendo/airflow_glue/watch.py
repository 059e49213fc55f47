"""The look at what no task can tell: dead components, failed runs, unreadable DAG files, DAGs that are paused.

A process of its own (``tiendo watch``), for nothing that Airflow schedules notices a dead scheduler. It reads what
Airflow itself keeps and takes it to the warehouse's incidents. Airflow's callbacks and listeners for failed runs and
import errors are not used: they are called once, in a process that may be the dying one, and nothing calls them when a
file can be read again, a DAG is unpaused or a run is cleared.
"""

import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tiendo import clock
from tiendo.airflow_glue.cleanup import DAY, cleaned_file
from tiendo.airflow_glue.warehouse import AllParts, open_warehouse
from tiendo.durable import write_files
from tiendo.mail.incident_words import bad_mail, well_mail
from tiendo.mail.incidents import FOLDERS, MAILBOX, PATIENCE, SMTP, Problem, is_mail_due, outages, take_note
from tiendo.settings import Settings, get_settings
from tiendo.vietnamese.dates import format_instant

if TYPE_CHECKING:
    from pathlib import Path

    from tiendo.process.mail_run import Mail

# A look takes seconds, or a minute where nothing answers it. The health check in docker-compose.yaml says the same.
LOOK_IS_OLD = 300
COMPONENTS = ("scheduler", "triggerer", "dag_processor")
_DATABASE = "database"
_PAGES_OF_OUTAGES = {MAILBOX: "dags/collect_mailbox", SMTP: "dags", FOLDERS: "dags/collect_folders"}
# A run whose failed steps are all of these is red because of what could not be reached, and is told as that.
_STEPS_OF_OUTAGE = {
    MAILBOX: {("collect_mailbox", "collect"), ("collect_mailbox", "answer"), ("process_submissions", "answer")},
    SMTP: {
        ("collect_mailbox", "answer"),
        ("process_submissions", "answer"),
        ("publish_report", "deliver"),
        ("publish_report", "send_notice"),
        ("send_reminders", "send"),
    },
    FOLDERS: {("collect_folders", "collect"), ("collect_folders", "check")},
}
# When each Celery worker last answered (``time.monotonic``); one that is silent for a day was taken away on purpose.
_answered: dict[str, float] = {}
log = logging.getLogger(__name__)


def looked_at_file(settings: Settings) -> "Path":
    """Returns the file whose time of change is that of the last whole look."""
    return settings.home / "watch" / "looked"


def seconds_since_look(settings: Settings) -> int | None:
    """Returns how long ago the last whole look was; None before the first."""
    with suppress(FileNotFoundError):
        return int(time.time() - looked_at_file(settings).stat().st_mtime)
    return None


def run_watch(seconds: float) -> None:
    """Looks every so often, until it is ended."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    # Airflow 3.3 reads its own database's connections only in processes that say so (as `airflow connections` does).
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    watch = Watch(get_settings(), is_starting=True)
    while True:
        watch.look()
        time.sleep(seconds)


class Watch:
    """Looks, takes note, tells. It keeps in memory how to write to operations without any database, and of it."""

    def __init__(self, settings: Settings, *, is_starting: bool = False) -> None:
        """``is_starting``: all may have been started with it, so the first look says nothing of components."""
        self._settings = settings
        self._is_starting = is_starting
        self._addresses: tuple[str, str] | None = None
        self._mail: Mail | None = None
        self._parts: AllParts | None = None
        # Since when the database is out of reach, and when that was told; empty when it is not.
        self._database_state = self._kept_database_state()

    def look(self) -> None:
        """Looks once; whatever goes wrong is logged, and the next look tries again."""
        from sqlalchemy.exc import DBAPIError

        try:
            self._look()
        except DBAPIError as error:
            # A server that only reads, or has no room left, is of as little use as one that is dead.
            self._tell_of_database(error)
        except Exception:
            log.exception("The look failed.")
        else:
            file = looked_at_file(self._settings)
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch()
            except OSError as error:
                log.error("That a look was taken cannot be noted: %s", error)

    def _look(self) -> None:
        from tiendo.mail.outgoing import SmtpDownError
        from tiendo.process.mail_run import tell_incidents
        from tiendo.warehouse.engine import loader

        self._parts = self._parts or open_warehouse()
        settings, plans, engine = self._parts
        with loader(engine) as connection:
            unreached = outages(connection)
        if self._is_without_mail():
            # Nobody tries to reach them any more.
            unreached = [problem for problem in unreached if problem.subject not in (MAILBOX, SMTP)]
        problems = [problem._replace(page=_page(_PAGES_OF_OUTAGES[problem.subject])) for problem in unreached]
        of_airflow, unseen = _problems_of_airflow({problem.subject for problem in unreached})
        if self._is_starting:
            self._is_starting = False
            of_airflow = [problem for problem in of_airflow if not problem.subject.startswith("component ")]
            unseen.add("component")
        take_note(engine, self._mail.identity if self._mail else None, problems + of_airflow, unseen)
        # Only now is it certain that it can be written to.
        self._tell_that_database_is_back()
        if self._mail and is_mail_due(engine):
            try:
                tell_incidents(settings, plans, engine, self._mail)
            except SmtpDownError as error:
                log.error("Operations cannot be told by mail, tried again later: %s", error)

    def _is_without_mail(self) -> bool:
        """Reads the mail connections; what cannot be read now (a token's server is down) stays as it was last."""
        from sqlalchemy.exc import DBAPIError

        from tiendo.airflow_glue.mail import open_mail, operations_mail

        try:
            self._addresses = operations_mail()
            self._mail = open_mail()
        except DBAPIError:
            raise
        except Exception:
            log.exception("The mail connections are not right, or what they need is out of reach.")
            return False
        return self._mail is None

    def _tell_of_database(self, error: Exception) -> None:
        """Tells past the queue, which is in the database; a file keeps that it was told."""
        log.error("The database is out of reach: %s", str(error).splitlines()[0])
        state = self._database_state = self._database_state or {"since": clock.now().isoformat(), "told_at": ""}
        since = datetime.fromisoformat(state["since"])
        if not state["told_at"] and clock.now() - since >= PATIENCE:
            detail = (str(getattr(error, "orig", error)).strip().splitlines() or [type(error).__name__])[0]
            if self._send(*bad_mail(_DATABASE, since, detail, _page())):
                state["told_at"] = clock.now().isoformat()
        try:
            write_files({self._database_file: json.dumps(state).encode()})
        except OSError as full:
            log.error("Only this process knows since when the database is out of reach: %s", full)

    def _tell_that_database_is_back(self) -> None:
        if not (state := self._database_state):
            return
        since = datetime.fromisoformat(state["since"])
        if state["told_at"] and not self._send(*well_mail(_DATABASE, since, clock.now())):
            return
        self._database_state = {}
        try:
            self._database_file.unlink(missing_ok=True)
        except OSError as error:
            log.error("Remove it by hand, else the next start of watch tells of the database again: %s", error)

    @property
    def _database_file(self) -> "Path":
        return self._settings.home / "watch" / "database-down.json"

    def _kept_database_state(self) -> dict[str, str]:
        with suppress(FileNotFoundError):
            state: dict[str, str] = json.loads(self._database_file.read_text(encoding="utf-8"))
            return state
        return {}

    def _send(self, subject: str, words: str) -> bool:
        from tiendo.airflow_glue.mail import open_smtp, operations_mail
        from tiendo.mail.outgoing import send_at_once

        try:
            # The connection may be in the database; one from the environment is there even before the first look.
            self._addresses = self._addresses or operations_mail()
            if self._addresses is None:
                return False
            send_at_once(open_smtp, *self._addresses, subject, words)
        except Exception:
            log.exception("Operations cannot be told by mail: %s", subject)
            return False
        return True


def _problems_of_airflow(unreached: set[str]) -> tuple[list[Problem], set[str]]:
    """Returns what is not well with Airflow, and the kinds of problems that could not be looked for.

    Args:
        unreached: what explains a failed run of whoever tried to reach it.
    """
    from sqlalchemy.exc import DBAPIError

    problems: list[Problem] = []
    unseen: set[str] = set()
    probes: list[tuple[str, Callable[[], Iterator[Problem]]]] = [
        ("component", _problems_of_components),
        ("component", _problems_of_api),
        ("component", _problems_of_workers),
        ("component", _problems_of_cleanup),
        ("paused", _paused),
        ("import-error", _import_errors),
        ("dag-run", partial(_failed_runs, unreached)),
    ]
    for kind, probe in probes:
        try:
            problems += probe()
        except DBAPIError:
            raise
        except Exception as error:
            log.exception("Not looked at: %s", kind)
            problems.append(Problem(f"look {kind}", f"{type(error).__name__}: {error}", page=_page()))
            unseen.add(kind)
    return problems, unseen


def _problems_of_components() -> Iterator[Problem]:
    """Yields the components that Airflow itself calls dead."""
    from airflow.api.common.airflow_health import get_airflow_health

    health = get_airflow_health()
    for name in COMPONENTS:
        if health[name]["status"] != "healthy":
            beat = health[name][f"latest_{name}_heartbeat"]
            last = f"lúc {format_instant(datetime.fromisoformat(beat))}" if beat else "chưa có"
            yield Problem(f"component {name}", f"tín hiệu hoạt động cuối cùng: {last}", page=_page())


def _problems_of_api() -> Iterator[Problem]:
    """Asks the api-server as tasks do, at the address they have."""
    import httpx
    from airflow.configuration import conf

    url = httpx.URL(conf.get("core", "execution_api_server_url")).join("/api/v2/monitor/health")
    try:
        httpx.get(url, timeout=30, trust_env=False).raise_for_status()
    except httpx.HTTPError as error:
        yield Problem("component api-server", f"{url}: {type(error).__name__}: {error}", page=_page())


def _problems_of_workers() -> Iterator[Problem]:
    """Asks which Celery workers answer, and misses those that did; the LocalExecutor's are the scheduler's children."""
    from airflow.configuration import conf

    if "Celery" not in conf.get("core", "executor"):
        return
    from airflow.providers.celery.executors.celery_executor_utils import app
    from kombu.exceptions import OperationalError
    from redis.exceptions import RedisError

    # Without them a Redis that is frozen, not dead, would be waited for without end.
    patience = {"socket_timeout": 10, "socket_connect_timeout": 10}
    try:
        with app.connection_for_write(transport_options=patience) as connection:
            connection.ensure_connection(max_retries=1, timeout=10)
            names = [name for answer in app.control.ping(timeout=10, connection=connection) for name in answer]
    except (OperationalError, OSError, RedisError) as error:
        yield Problem("component worker", f"hàng đợi Redis: {type(error).__name__}: {error}", page=_page())
        return
    now = time.monotonic()
    _answered.update(dict.fromkeys(names, now))
    if not names:
        yield Problem("component worker", "không worker nào trả lời", page=_page())
        return
    for name, at in sorted(_answered.items()):
        if now - at > DAY.total_seconds():
            del _answered[name]
        elif at < now:
            yield Problem(f"component worker {name}", "worker này không trả lời, các worker khác có", page=_page())


def _problems_of_cleanup() -> Iterator[Problem]:
    """Tells that what is old stays; of whom something else cleans up, there is no file."""
    file = cleaned_file(get_settings())
    if file.exists() and time.time() - file.stat().st_mtime > 2 * DAY.total_seconds():
        last = datetime.fromtimestamp(file.stat().st_mtime).astimezone()
        yield Problem("component cleanup", f"lần dọn cuối cùng: {format_instant(last)}", page=_page())


def _paused() -> Iterator[Problem]:
    from airflow.models import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    paused = select(DagModel.dag_id).where(DagModel.is_paused.is_(True), DagModel.is_stale.is_(False))
    with create_session() as session:
        for dag_id in session.scalars(paused.order_by(DagModel.dag_id)):
            detail = "DAG được tạm dừng trên trang web hoặc bằng lệnh"
            yield Problem(f"paused {dag_id}", detail, page=_page(f"dags/{quote(dag_id)}"))


def _import_errors() -> Iterator[Problem]:
    from airflow.models.errors import ParseImportError
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        for error in session.scalars(select(ParseImportError).order_by(ParseImportError.id)):
            lines = (error.stacktrace or "").strip().splitlines()
            yield Problem(f"import-error {error.filename}", lines[-1] if lines else "", page=_page("dags"))


def _failed_runs(unreached: set[str]) -> Iterator[Problem]:
    """Yields runs that failed and that no later one of the same DAG and period has taken the place of."""
    from airflow.models import DagModel, DagRun, TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import and_, func, or_, select
    from sqlalchemy.orm import aliased

    def key(run: Any) -> Any:
        return func.coalesce(run.partition_key, run.conf["period"].as_string(), "")

    later = aliased(DagRun)
    is_ended_later = and_(
        later.dag_id == DagRun.dag_id,
        later.id > DagRun.id,
        later.state.in_(("success", "failed")),
        # One of the two may be named by its period alone: from the form while there is one plan.
        or_(
            key(later) == key(DagRun),
            key(later).like(func.concat("%:", key(DagRun))),
            key(DagRun).like(func.concat("%:", key(later))),
        ),
    )
    failed = (
        select(DagRun.dag_id, DagRun.run_id, key(DagRun).label("key"))
        .join(DagModel, DagModel.dag_id == DagRun.dag_id)
        .where(DagRun.state == "failed", DagModel.is_stale.is_(False), ~select(later.id).where(is_ended_later).exists())
        .order_by(DagRun.id)
    )
    with create_session() as session:
        for run in session.execute(failed).all():
            of_run = (
                TaskInstance.dag_id == run.dag_id,
                TaskInstance.run_id == run.run_id,
                TaskInstance.state == "failed",
            )
            tasks = sorted(set(session.scalars(select(TaskInstance.task_id).where(*of_run))))
            steps = {(run.dag_id, task) for task in tasks}
            if steps and any(steps <= _STEPS_OF_OUTAGE.get(subject, set()) for subject in unreached):
                continue
            detail = f"{run.run_id}; bước lỗi: {', '.join(tasks) or 'không rõ'}"
            page = _page(f"dags/{quote(run.dag_id)}/runs/{quote(run.run_id)}")
            yield Problem(f"dag-run {run.dag_id} {run.key}".rstrip(), detail, page=page)


def _page(path: str = "") -> str:
    """Returns the address of one of Airflow's pages, by default the first."""
    from airflow.configuration import conf

    return f"{conf.get('api', 'base_url', fallback='').rstrip('/')}/{path}"
