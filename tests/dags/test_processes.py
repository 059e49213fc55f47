"""The supervisor, with real processes."""

import os
import sys
import time
from pathlib import Path

import pytest

from tiendo.local.processes import Service, ServiceError, Supervisor
from tiendo.local.services import _checked_port, _only_instance, free_port
from tiendo.settings import Settings

SLEEPER = "import time; print('ready', flush=True); time.sleep(60)"
# Starts a child of its own, tells its id, and does not let itself be ended politely.
STUBBORN = (
    "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); print(p.pid, flush=True);"
    "time.sleep(60)"
)


def python(name: str, program: str) -> Service:
    return Service(name, [sys.executable, "-c", program])


def wait_for_line(supervisor: Supervisor, name: str) -> str:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if lines := supervisor.log_of(name).read_text().splitlines():
            return lines[-1]
        time.sleep(0.05)
    raise AssertionError(f"{name} says nothing")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


@pytest.fixture
def supervisor(tmp_path: Path):
    supervisor = Supervisor(os.environ, tmp_path / "logs")
    yield supervisor
    supervisor.stop()


def test_a_dead_child_is_told_with_its_last_words(supervisor: Supervisor) -> None:
    supervisor.start(python("well", SLEEPER))
    supervisor.start(python("ill", "import sys; print('no disk'); sys.exit(3)"))
    wait_for_line(supervisor, "ill")
    with pytest.raises(ServiceError, match=r"ill ended with code 3(.|\n)*no disk"):  # noqa: PT012
        while True:
            supervisor.check()
            time.sleep(0.05)


def test_a_job_that_fails_is_told(supervisor: Supervisor) -> None:
    supervisor.run(python("good", "print(1)"))
    with pytest.raises(ServiceError, match="bad ended with code 1"):
        supervisor.run(python("bad", "raise SystemExit('cannot')"))


def test_stopping_ends_children_of_children_too(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiendo.local.processes.STOP_SECONDS", 1)
    supervisor.start(python("stubborn", STUBBORN))
    grandchild = int(wait_for_line(supervisor, "stubborn"))
    assert is_alive(grandchild)
    supervisor.stop()
    deadline = time.monotonic() + 5
    while is_alive(grandchild) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(grandchild)


def test_a_taken_port_is_told_before_anything_starts() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ServiceError, match="TIENDO_PORT"):
            _checked_port(taken.getsockname()[1])
    assert _checked_port(free_port()) > 0


def test_one_home_has_one_set_of_services(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, plan_dirs=(tmp_path,), database_url=None)
    settings.airflow.mkdir()
    with _only_instance(settings), pytest.raises(ServiceError, match="already run"), _only_instance(settings):
        pass
    with _only_instance(settings):
        pass
