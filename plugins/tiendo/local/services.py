"""Airflow on one machine: PostgreSQL, api-server, scheduler, dag-processor and triggerer under one supervisor."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from types import FrameType

from sqlalchemy import URL, create_engine, text

from tiendo.local.api_client import AirflowApi
from tiendo.local.environment import ADMIN, METADATA_DATABASE, airflow_environment, passwords
from tiendo.local.processes import Service, ServiceError, Supervisor, airflow, warm, worker_variables
from tiendo.local.waiting import say, wait_until
from tiendo.settings import PROJECT, Settings
from tiendo.warehouse.embedded import revive_server, server_url

DEFAULT_PORT = 8080
CLEANUP = Service("cleanup", [sys.executable, "-m", "tiendo.cli", "cleanup"])
COMPONENTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Cluster:
    """Tasks by Celery workers instead of the scheduler's own.

    Attributes:
        metadata_url: Airflow's database, on a server that all can reach.
        broker_url: the Redis queue between scheduler and workers.
    """

    metadata_url: URL
    broker_url: str
    worker_count: int = 2

    @property
    def variables(self) -> dict[str, str]:
        """Returns the variables of all processes of such a system."""
        backend = self.metadata_url.set(drivername="db+postgresql+psycopg2").render_as_string(hide_password=False)
        return {
            "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
            "AIRFLOW__CELERY__BROKER_URL": self.broker_url,
            "AIRFLOW__CELERY__RESULT_BACKEND": backend,
            "AIRFLOW__CELERY__WORKER_CONCURRENCY": "2",
            "AIRFLOW__CELERY__OPERATION_TIMEOUT": "30",
        }

    def workers(self) -> list[Service]:
        """Returns the workers. They only ever talk to the queue, so they need not find each other at the start."""
        options = ("--skip-serve-logs", "--without-gossip", "--without-mingle")
        names = [f"worker-{number}" for number in range(1, self.worker_count + 1)]
        return [
            warm(name, "celery", "worker", "--celery-hostname", f"{name}@%h", *options)._replace(
                variables=worker_variables(name)
            )
            for name in names
        ]


@dataclass(frozen=True)
class Running:
    """Services that run.

    Attributes:
        api: logged in as the administrator.
    """

    settings: Settings
    url: str
    api: AirflowApi
    supervisor: Supervisor

    def check(self) -> None:
        """Looks whether all services still run; call it now and then.

        Raises:
            ServiceError: one has died.
        """
        self.supervisor.check()

    def revive(self) -> list[str]:
        """Starts again what has died, the embedded database first; returns the names.

        Raises:
            ServiceError: one dies again and again.
        """
        try:
            names = ["PostgreSQL"] if revive_server(self.settings.postgres) else []
        except subprocess.SubprocessError:
            names = []  # what it left behind still ends, or the machine is busy: the next look tries again
        return names + self.supervisor.revive()


def run_up(settings: Settings, port: int | None = None) -> int:
    """Runs all services in the foreground (``tiendo up``), on ``TIENDO_PORT`` (8080); starts again what dies.

    SIGINT, SIGTERM and a terminal that is closed end it.

    Returns:
        Exit code: 0 when asked to stop, 1 when a service could not start or dies again and again.
    """
    port = port or int(os.environ.get("TIENDO_PORT") or DEFAULT_PORT)
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    previous = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        with airflow_services(settings, port=port, say=say, is_stopped=stop.is_set) as services:
            say(f"\nTiendo is up: {services.url}")
            for name, password in passwords(settings).items():
                say(f"  user   {name}, password {password}")
            say(f"         (kept in {settings.airflow}/passwords.json)")
            say(f"  inbox  {settings.inbox}/<agency>/")
            say(f"  logs   {settings.airflow}/logs/services/")
            say("Ctrl-C stops everything.")
            while not stop.wait(1):
                for name in services.revive():
                    say(f"{datetime.now().astimezone():%d/%m/%Y %H:%M:%S}  {name} had ended and was started again")
            say("Stopping ...")
    except ServiceError as error:
        say(f"\n{error}")
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    return 0


@contextmanager
def airflow_services(
    settings: Settings,
    *,
    port: int | None = None,
    clock_file: Path | None = None,
    has_idle_machine: bool = False,
    cluster: Cluster | None = None,
    variables: Mapping[str, str] | None = None,
    say: Say = lambda line: None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Running]:
    """Starts all services, waits until they work and know the DAGs, and stops them at the end.

    Args:
        port: of the web page, on 127.0.0.1; None takes a free one.
        clock_file: the replay clock of the tasks.
        has_idle_machine: see ``airflow_environment``.
        cluster: the Celery workers' database and queue; None runs tasks beside the scheduler.
        variables: of the environment of all processes, beside the usual ones.
        say: gets a line of progress for each phase.
        is_stopped: asked while waiting; True gives up.

    Raises:
        ServiceError: the port is taken, services already run on this home, or one of them does not start.
    """
    settings.airflow.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _only_instance(settings) as lock, _phase(say, "PostgreSQL") as phase:
        port = _checked_port(port)
        url = f"http://localhost:{port}"
        lock.write_text(url)
        warehouse_url, metadata_url = database_urls(settings, cluster)
        phase.next("Warehouse: schema and register")
        prepare_warehouse(settings, warehouse_url)
        environment = airflow_environment(
            settings,
            port=port,
            warehouse_url=warehouse_url,
            metadata_url=metadata_url,
            clock_file=clock_file,
            has_idle_machine=has_idle_machine,
            extra=(cluster.variables if cluster else {}) | dict(variables or {}),
        )
        accounts = passwords(settings)
        supervisor = Supervisor(environment, settings.airflow / "logs" / "services")
        try:
            phase.next("Airflow's database")
            migrate_metadata(supervisor, metadata_url)
            services = [*core_services(port), *(cluster.workers() if cluster else ())]
            phase.next(", ".join(service.name for service in services))
            for service in services:
                supervisor.start(service)
            with AirflowApi(f"http://127.0.0.1:{port}") as api:
                _wait_until_up(api, supervisor, accounts[ADMIN], is_stopped, say)
                phase.end()
                if clock_file is None:  # a replay is over before anything is old
                    supervisor.start(CLEANUP)
                yield Running(settings, url, api, supervisor)
        finally:
            supervisor.stop()


def core_services(port: int) -> Sequence[Service]:
    """Returns Airflow's four processes, and who watches them. Task logs are read from the disk: none serves them."""
    return (
        airflow("api-server", "api-server", "--host", "127.0.0.1", "--port", str(port)),
        warm("scheduler", "scheduler", "--skip-serve-logs"),
        airflow("dag-processor", "dag-processor"),
        airflow("triggerer", "triggerer", "--skip-serve-logs"),
        Service("watch", [sys.executable, "-m", "tiendo.cli", "watch"]),
    )


def database_urls(settings: Settings, cluster: Cluster | None = None) -> tuple[URL, URL]:
    """Returns the addresses of warehouse and metadata; starts the embedded server for what has no server of its own."""
    from tiendo.warehouse.engine import warehouse_url

    metadata = cluster.metadata_url if cluster else server_url(settings.postgres, METADATA_DATABASE)
    return warehouse_url(settings), metadata


def prepare_warehouse(settings: Settings, url: URL) -> None:
    """Migrates the warehouse, stores the register and makes the inbox folders."""
    from tiendo.collect.folder import make_inboxes
    from tiendo.plan.side_by_side import load_plans
    from tiendo.report.folders import adopt_folders
    from tiendo.status.service import initialise
    from tiendo.warehouse.engine import make_engine

    engine = make_engine(url)
    plans = load_plans(settings.plan_dirs)
    for register in plans:
        initialise(engine, register)
    engine.dispose()
    make_inboxes(settings, plans)
    adopt_folders(settings)


def migrate_metadata(supervisor: Supervisor, url: URL) -> None:
    """Brings Airflow's database to the installed version; asks Airflow only when it is of another one.

    The version is kept as the database's comment: asking Airflow takes ten seconds.
    """
    wanted = "airflow {} fab {}".format(version("apache-airflow-core"), version("apache-airflow-providers-fab"))
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            known = connection.execute(
                text("select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()")
            ).scalar()
            if known != wanted:
                supervisor.run(airflow("db-migrate", "db", "migrate"))
                quoted = connection.dialect.identifier_preparer.quote(str(url.database))
                connection.exec_driver_sql(f"comment on database {quoted} is '{wanted}'")
    finally:
        engine.dispose()


def free_port() -> int:
    """Returns a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _checked_port(port: int | None) -> int:
    if port is None:
        return free_port()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ServiceError(
                f"Port {port} is taken ({error.strerror}). Another one: TIENDO_PORT=8081 make up"
            ) from error
    return port


@contextmanager
def _only_instance(settings: Settings) -> Iterator[Path]:
    """Holds a file that says where the services of a home are; two schedulers would take each other's files."""
    path = settings.airflow / "services.lock"
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ServiceError(f"Services already run on {settings.home}: {path.read_text()}") from error
        yield path


def _wait_until_up(
    api: AirflowApi, supervisor: Supervisor, password: str, is_stopped: Callable[[], bool], say: Say
) -> None:
    """Waits until all components report their health and every DAG file has been read."""
    wanted = {path.stem for path in (PROJECT / "dags").glob("*.py")}
    missing = ["api-server"]

    def check() -> None:
        supervisor.check()
        if is_stopped():
            raise KeyboardInterrupt

    def is_up() -> bool:
        health = api.health()
        if not health:
            return False
        if not api.is_logged_in:
            api.login(ADMIN, password)
            api.warm_up()
        missing[:] = [name for name in COMPONENTS if health.get(name) != "healthy"]
        if missing:
            return False
        missing[:] = sorted(wanted - api.dag_ids())
        if missing and (errors := api.import_errors()):
            raise ServiceError("DAG files cannot be read:\n" + "\n".join(errors))
        return not missing

    try:
        wait_until(is_up, lambda: "not up yet: " + ", ".join(missing), check=check, tell=say)
    except TimeoutError as error:
        raise ServiceError(f"{error}. Logs: {supervisor.log_of('*').parent}") from error


class _Phase:
    """Prints what is being done, and how long it took when it is done."""

    def __init__(self, say: Say, title: str) -> None:
        self._say = say
        self._begin(title)

    def _begin(self, title: str) -> None:
        self._title: str | None = title
        self._started = time.monotonic()

    def next(self, title: str) -> None:
        self.end()
        self._begin(title)

    def end(self) -> None:
        if self._title:
            self._say(f"  {self._title:52}{time.monotonic() - self._started:6.1f} s")
        self._title = None


@contextmanager
def _phase(say: Say, title: str) -> Iterator[_Phase]:
    yield _Phase(say, title)
