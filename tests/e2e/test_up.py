"""``tiendo up`` as whoever keeps it running meets it: it starts again what dies, and leaves nothing behind."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from fixtures.printed import printed_commands
from fixtures.workbooks import filled_workbook
from tiendo.local.api_client import AirflowApi
from tiendo.local.processes import Service
from tiendo.local.services import CLEANUP, COMPONENTS, core_services, free_port
from tiendo.local.waiting import wait_until
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.settings import PROJECT
from tiendo.warehouse.embedded import postmaster_pid

pytestmark = pytest.mark.timeout(1800)


def services(port: int) -> list[Service]:
    return [*core_services(port), CLEANUP]


class Up:
    """The command in a session of its own, as in a terminal, with what it says."""

    def __init__(self, home: Path) -> None:
        self.home, self.port, self.log = home, free_port(), home.parent / "said"
        self.environment = os.environ | {
            "TIENDO_HOME": str(home), "TIENDO_PORT": str(self.port), "PYTHONPATH": str(PROJECT / "plugins"),
            "TIENDO_COLLECT_MINUTES": "1",
        }  # fmt: skip
        self.process = self.start(self.log)

    def start(self, log: Path) -> subprocess.Popen[bytes]:
        with log.open("wb") as said:
            return subprocess.Popen(
                [sys.executable, "-m", "tiendo.cli", "up"], env=self.environment, stdout=said, stderr=said,
                start_new_session=True,
            )  # fmt: skip

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def health(self) -> dict[str, str]:
        try:
            parts = httpx.get(f"http://127.0.0.1:{self.port}/api/v2/monitor/health", timeout=10).json()
        except (httpx.HTTPError, json.JSONDecodeError):
            return {}
        return {name: (parts.get(name) or {}).get("status") for name in COMPONENTS}

    def wait(self, until: Callable[[], bool]) -> None:
        def check() -> None:
            assert self.process.poll() is None, self.said

        wait_until(until, lambda: self.said[-300:], check=check)

    def children(self) -> dict[str, psutil.Process]:
        """The services by name; some call themselves by another title once they run."""
        found = {}
        for child in psutil.Process(self.process.pid).children():
            title = " ".join(child.cmdline()).replace("_", "-")
            found |= {service.name: child for service in services(self.port) if service.name in title}
        return found

    def answer_to(self, name: str, content: bytes) -> None:
        """Drops a file as a body does, and waits for its receipt."""
        (self.home / name).write_bytes(content)
        receipts = set(self.home.glob("outbox/so-y-te/**/*.*"))
        (self.home / name).rename(self.home / "inbox/so-y-te" / name)
        self.wait(lambda: bool(set(self.home.glob("outbox/so-y-te/**/*.*")) - receipts))

    def watched_runs(self, api: AirflowApi) -> int:
        """How many runs who looks out for files has started."""
        return sum(run["run_type"] == "asset_triggered" for run in api.runs("collect_folders"))


@pytest.fixture
def up() -> Iterator[Up]:
    with tempfile.TemporaryDirectory(prefix="tiendo-up-") as folder:  # pytest closes its own to the server's account
        old = Path(folder) / "var/airflow/logs/old/log"
        old.parent.mkdir(parents=True)
        old.touch()
        os.utime(old, (0, 0))
        up = Up(Path(folder) / "var")
        yield up
        if up.process.poll() is None:
            up.process.terminate()
            up.process.wait(120)


def test_what_dies_is_started_again_and_a_closed_terminal_ends_everything(
    up: Up, register: Register, tmp_path: Path
) -> None:
    up.wait(lambda: "Ctrl-C stops everything." in up.said)
    accounts = json.loads((up.home / "airflow" / "passwords.json").read_text())
    assert accounts.keys() == {"admin", "reviewer"}
    for name, password in accounts.items():
        assert f"{name}, password {password}" in up.said

    second = up.start(tmp_path / "second")
    assert second.wait(120) == 1
    assert f"Services already run on {up.home}: http://localhost:{up.port}" in (tmp_path / "second").read_text()

    # What the pages of the DAGs print, where they are read.
    printed = sorted(
        command for command in printed_commands() if command.startswith("tiendo airflow ") and "…" not in command
    )
    assert len(printed) >= 6
    for command in printed:
        arguments = shlex.split(command)[1:]
        done = subprocess.run(
            [sys.executable, "-m", "tiendo.cli", *arguments], env=up.environment, capture_output=True, text=True,
            check=False, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"

    workbook = filled_workbook(register, "so-y-te", Period(2023, 1))
    with AirflowApi(f"http://127.0.0.1:{up.port}") as api:
        api.login("admin", accounts["admin"])
        # Who looks out sees a file once, what is no report never; and fires also where the clock was quicker.
        (up.home / "inbox/so-y-te/~$a.xlsx").write_bytes(workbook)
        up.answer_to("a.xlsx", workbook)
        up.wait(lambda: up.watched_runs(api) > 0)
        # With nobody to look out the clock finds the next one.
        triggerer = up.children()["triggerer"]
        looking = [triggerer, *triggerer.children(recursive=True)]
        for process in looking:
            process.suspend()
        up.answer_to("b.xlsx", workbook + b"b")
        assert up.watched_runs(api) == 1
        for process in looking:
            process.resume()

    # What is old goes, and the services' own logs stay.
    up.wait((up.home / "watch" / "cleaned").exists)
    logs = up.home / "airflow" / "logs"
    assert not (logs / "old" / "log").exists()
    assert (logs / "services" / "scheduler.log").exists()

    everyone = set(up.children())
    assert everyone == {service.name for service in services(up.port)}
    for name in sorted(everyone):
        up.children()[name].kill()
        up.wait(lambda name=name: f"{name} had ended and was started again" in up.said)
    up.wait(lambda: set(up.children()) == everyone)
    postmaster = int((up.home / "postgres" / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    up.wait(lambda: "PostgreSQL had ended and was started again" in up.said)
    up.wait(lambda: postmaster_pid(up.home / "postgres") is not None)
    up.wait(lambda: set(up.health().values()) == {"healthy"})

    below = psutil.Process(up.process.pid).children(recursive=True)
    # Of a run that was killed: it holds the server no longer, and is no reason to leave it running.
    holders = up.home / "postgres" / ".handle_pids.json"
    gone = subprocess.Popen(["true"])
    gone.wait()
    holders.write_text(json.dumps([*json.loads(holders.read_text()), gone.pid]))
    os.killpg(up.process.pid, signal.SIGHUP)
    assert up.process.wait(120) == 0, up.said
    psutil.wait_procs(below, timeout=30)
    assert not [process for process in below if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    assert postmaster_pid(up.home / "postgres") is None, up.said + holders.read_text()
    assert re.search(r"Stopping \.\.\.\s*$", up.said)
