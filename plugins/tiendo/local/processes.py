"""Child processes under one supervisor: started together, watched together, stopped together."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

STOP_SECONDS = 20
# A service that dies more often than so is not helped by being started once more.
MOST_DEATHS, DEATHS_WITHIN = 5, 600
_WORKER_NAME = "TIENDO_WORKER"


class ServiceError(RuntimeError):
    """A service could not be started, or ended by itself. The message says which, and what it said last."""


class Service(NamedTuple):
    """One process to run: its name (and the name of its log), arguments, and variables of its own."""

    name: str
    arguments: Sequence[str]
    variables: Mapping[str, str] = {}


class Supervisor:
    """Runs services, each in a process group of its own, and stops them all, children included."""

    def __init__(self, environment: Mapping[str, str], log_dir: Path) -> None:
        self._environment = dict(environment)
        self._log_dir = log_dir
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._services: dict[str, Service] = {}
        self._deaths: dict[str, list[float]] = {}

    def start(self, service: Service) -> None:
        """Starts a service; what it prints goes to ``<log_dir>/<name>.log``."""
        self._log_dir.mkdir(parents=True, exist_ok=True)
        self._services[service.name] = service
        with self.log_of(service.name).open("ab") as log:
            self._running[service.name] = subprocess.Popen(  # noqa: S603  our own arguments
                service.arguments,
                env=self._environment | dict(service.variables),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509  one thread
            )

    def run(self, service: Service) -> None:
        """Runs a service that ends by itself.

        Raises:
            ServiceError: it failed.
        """
        self.start(service)
        code = self._running.pop(service.name).wait()
        if code:
            raise ServiceError(self._last_words(service.name, code))

    def check(self) -> None:
        """Looks whether all services still run.

        Raises:
            ServiceError: one has ended.
        """
        for name, process in self._running.items():
            if (code := process.poll()) is not None:
                raise ServiceError(self._last_words(name, code))

    def revive(self) -> list[str]:
        """Starts services that have ended once more, without what they left behind; returns their names.

        Raises:
            ServiceError: one ends again and again.
        """
        ended = [name for name, process in self._running.items() if process.poll() is not None]
        for name in ended:
            now = time.monotonic()
            deaths = [at for at in self._deaths.get(name, ()) if at > now - DEATHS_WITHIN] + [now]
            if len(deaths) > MOST_DEATHS:
                raise ServiceError(self._last_words(name, self._running[name].returncode))
            self._deaths[name] = deaths
            _signal(self._running[name], signal.SIGKILL, is_group=True)
            self.start(self._services[name])
        return ended

    def stop(self) -> None:
        """Ends all services: asked first, and after ``STOP_SECONDS`` no longer asked."""
        for process in self._running.values():
            _signal(process, signal.SIGTERM, is_group=False)
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
        for process in self._running.values():
            # Whatever a service has left behind, such as a worker, is in its group.
            _signal(process, signal.SIGKILL, is_group=True)
            process.wait()
        self._running.clear()

    def log_of(self, name: str) -> Path:
        """Returns the log of a service."""
        return self._log_dir / f"{name}.log"

    def _last_words(self, name: str, code: int) -> str:
        log = self.log_of(name)
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
        return f"{name} ended with code {code}. The end of {log}:\n" + "\n".join(f"  {line}" for line in lines)


def airflow(name: str, *arguments: str) -> Service:
    """Returns one of Airflow's own processes."""
    return Service(name, [sys.executable, "-m", "airflow", *arguments])


def warm(name: str, *arguments: str) -> Service:
    """Returns one of those that run tasks, with what tasks need imported beforehand."""
    return Service(name, [sys.executable, "-m", "tiendo.airflow_glue.warm", *arguments])


def worker_variables(name: str) -> dict[str, str]:
    """Returns what makes Airflow call a worker by its own name: the host's name is the same for all workers of one."""
    return {_WORKER_NAME: name, "AIRFLOW__CORE__HOSTNAME_CALLABLE": f"{worker_name.__module__}.{worker_name.__name__}"}


def worker_name() -> str:
    """Returns the name this worker was given (called by Airflow, for the host of each task)."""
    return os.environ[_WORKER_NAME]


def _end_with_parent() -> None:
    """Has the kernel end this process when its supervisor dies without a chance to do so (Linux)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _signal(process: subprocess.Popen[bytes], number: signal.Signals, *, is_group: bool) -> None:
    with suppress(ProcessLookupError):
        if is_group:
            os.killpg(process.pid, number)
        elif process.poll() is None:
            process.send_signal(number)
