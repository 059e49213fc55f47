"""One quarter replayed through real services, and what is there afterwards."""

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import URL, text

from e2e.lean import LEAN
from tiendo.clock import set_replay_clock
from tiendo.collect.ledger import ledger_document
from tiendo.local.demo import Scenario
from tiendo.local.replay import replay_clock, replay_steps
from tiendo.local.services import Cluster, airflow_services, say
from tiendo.settings import Settings
from tiendo.warehouse.engine import make_engine, reader, warehouse_url

Rows = list[dict[str, Any]]


_LOOKS = {"scan", "freshness"}
_OF_THE_MACHINE = {"loaded_at", "landed_at", "settled_at", "ran_at"}


@dataclass(frozen=True)
class State:
    """What a replay leaves in the warehouse and on the disk.

    Attributes:
        mart: all rows of all views of schema mart, by view, in an order of their own; without how often and when the
            machine looked.
        files: SHA-256 of every file that a person gets or that is kept, by path below the home.
    """

    mart: dict[str, Rows]
    files: dict[str, str]
    ledger: dict[str, Any]


@dataclass(frozen=True)
class Replayed:
    """A replay that has ended, its services stopped.

    Attributes:
        states: after each time the same quarter was replayed.
        hosts: number of tasks by the name of the host that ran them.
        rights: superuser, may create roles, may create databases: of the login the tasks use.
        peak: most memory in bytes that all processes together had at a time (proportional set size).
        processes: all that worked for it.
    """

    settings: Settings
    states: list[State]
    hosts: Counter[str]
    rights: tuple[bool, bool, bool]
    peak: int
    processes: frozenset[psutil.Process]


def replay_quarter(
    settings: Settings, scenario: Scenario, cluster: Cluster | None = None, *, times: int = 1
) -> Replayed:
    """Replays a scenario some times over in one run of the services."""
    url = warehouse_url(settings)
    states = []
    with (
        replay_clock(settings, scenario) as clock_file,
        _watched(settings.home) as watch,
        airflow_services(
            settings, clock_file=clock_file, has_idle_machine=True, cluster=cluster, variables=LEAN, say=say
        ) as services,
    ):
        for _ in range(times):
            replay_steps(settings, scenario, services, clock_file)
            set_replay_clock(clock_file, scenario.last_instant)
            states.append(_state(settings, url))
        hosts = services.api.tasks_by_host()
        watch.look()
    say(f"  {watch.peak / 2**30:.2f} GiB at most; tasks by host: {dict(hosts)}")
    return Replayed(settings, states, hosts, _rights(url), watch.peak, frozenset(watch.seen))


def processes_of(folder: Path) -> set[psutil.Process]:
    """Returns the processes that work on a folder."""
    found = set()
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if str(folder) in f"{process.environ().get('TIENDO_HOME')} {' '.join(process.cmdline())}":
                found.add(process)
    return found


def alive(processes: frozenset[psutil.Process]) -> list[str]:
    """Describes those that still run."""
    lines = []
    for process in processes:
        with suppress(psutil.Error):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                lines.append(f"{process.pid} {' '.join(process.cmdline())}")
    return lines


class _Watch:
    """Keeps an eye on the processes that work on a home or were started meanwhile."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._before = set(psutil.Process().children(recursive=True))
        self.seen: set[psutil.Process] = set()
        self.peak = 0

    def look(self) -> None:
        found = processes_of(self._home) | set(psutil.Process().children(recursive=True)) - self._before
        self.seen |= found
        total = 0
        for process in found:
            with suppress(psutil.Error):
                total += process.memory_full_info().pss
        self.peak = max(self.peak, total)


@contextmanager
def _watched(home: Path, seconds: float = 5) -> Iterator[_Watch]:
    watch, is_over = _Watch(home), threading.Event()

    def keep_looking() -> None:
        while not is_over.wait(seconds):
            watch.look()

    thread = threading.Thread(target=keep_looking)
    thread.start()
    try:
        yield watch
    finally:
        is_over.set()
        thread.join()


def _state(settings: Settings, url: URL) -> State:
    engine = make_engine(url)
    with reader(engine) as connection:
        views = connection.execute(text("select viewname from pg_views where schemaname = 'mart'")).scalars()
        mart = {
            view: sorted(
                (
                    {name: value for name, value in row.items() if name not in _OF_THE_MACHINE}
                    for row in connection.execute(text(f"select * from mart.{view}")).mappings()
                ),
                key=repr,
            )
            for view in sorted({*views} - _LOOKS)
        }
    ledger = ledger_document(engine)
    engine.dispose()
    files = {
        str(path.relative_to(settings.home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in (settings.published, settings.outbox, settings.archive, settings.inbox)
        for path in folder.rglob("*")
        if path.is_file()
    }
    return State(mart, files, ledger)


def _rights(url: URL) -> tuple[bool, bool, bool]:
    engine = make_engine(url)
    with engine.connect() as connection:
        row = connection.execute(
            text("select rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user")
        ).one()
    engine.dispose()
    return bool(row[0]), bool(row[1]), bool(row[2])
