"""docker-compose.yaml brought up as the README says, with what a test must change, and what people do with it."""

import hashlib
import json
import os
import secrets
import signal
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from compose.engine import IMAGE, PROXIES, Docker, build_standins, compose_program, engine, run
from tiendo.local.api_client import AirflowApi
from tiendo.local.demo import DemoFile
from tiendo.local.services import free_port
from tiendo.local.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
ADMIN, REVIEWER, REVIEWER_NAME = "quan.tri", "nguoi.duyet", "Người duyệt"
PUBLIC_NAME = "tiendo.example.gov.vn"
# Where the file server of an organisation writes from: an account of its own, in the group of Tiendo's.
FILE_SERVER = "1005:50000"
ENDED = ("exited", "dead")


class System:
    """The services of one project on an engine."""

    def __init__(self, docker: Docker, program: Path, folder: Path) -> None:
        self.docker, self._program, self._folder = docker, program, folder
        self.project = f"tiendo-test-{os.getpid()}"
        self.port, self.tls_port = free_port(), free_port()
        # What openssl rand -hex gives; two are in forms of their own.
        names = [line.rstrip("=") for line in (ROOT / ".env.example").read_text().splitlines() if line.endswith("=")]
        self.secrets = {name: secrets.token_hex(24) for name in names} | {
            "FERNET_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "ADMIN_USERNAME": ADMIN,
            "ADMIN_EMAIL": "quan.tri@example.gov.vn",
        }
        options = {
            "TIENDO_VERSION": "test", "HTTP_PORT": self.port, "COLLECT_MINUTES": 1,
            "PUBLIC_URL": f"https://{PUBLIC_NAME}", "REVIEWERS": f"2={REVIEWER_NAME}",
        }  # fmt: skip
        lines = [f"{name}={value}" for name, value in (self.secrets | options).items()]
        (folder / "env").write_text("\n".join(lines))
        self.services: dict[str, Any] = {}
        document = json.loads(self.compose("config", "--format", "json"))
        self.services = document["services"]
        self._override()

    def _override(self) -> None:
        """Changes what this machine needs and what would only make the test longer; nothing of how services are run."""
        arguments = {"BASE": IMAGE("python")} | {name: os.environ[name] for name in PROXIES if name in os.environ}
        changed: dict[str, Any] = {}
        for name, service in self.services.items():
            changed[name] = {"pull_policy": "never"}
            if "build" in service:
                changed[name]["build"] = {"network": "host", "args": arguments}
                changed[name]["environment"] = {
                    # A task whose worker was killed is missed sooner.
                    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
                    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "60",
                }
                del changed[name]["pull_policy"]
            else:
                changed[name]["image"] = IMAGE(name)
            if "healthcheck" in service:
                changed[name]["healthcheck"] = {"interval": "5s", "start_period": "1h"}
        changed["proxy"] = {
            "image": IMAGE("nginx"), "pull_policy": "never", "networks": ["front"],
            "ports": [f"127.0.0.1:{self.tls_port}:443"], "depends_on": ["api-server"], "restart": "unless-stopped",
        }  # fmt: skip
        (self._folder / "override.yaml").write_text(yaml.safe_dump({"services": changed}))

    def compose(self, *arguments: str) -> str:
        """Runs Compose with the project's own file."""
        files = [ROOT / "docker-compose.yaml", *([self._folder / "override.yaml"] if self.services else [])]
        options = ["--project-name", self.project, "--env-file", self._folder / "env"]
        for path in files:
            options += ["--file", path]
        return run(self._program, *map(str, options), *arguments, environment=self.docker.environment)

    @property
    def lasting(self) -> list[str]:
        """The services that run as long as the system does."""
        return sorted(name for name, service in self.services.items() if service.get("restart") != "no")

    def containers(self, service: str) -> list[str]:
        """Returns the ids of a service's containers, also of those that have ended."""
        return self.compose("ps", "--all", "--quiet", service).split()

    def container(self, service: str) -> str:
        return self.containers(service)[0]

    def state(self, container: str) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self.docker.inspect(container, "{{json .State}}"))
        return state | {"restarts": int(self.docker.inspect(container, "{{.RestartCount}}"))}

    def wait_until_healthy(self, services: Iterable[str]) -> None:
        """Waits until every container of these services runs and calls itself healthy."""

        def unwell() -> list[str]:
            lines = []
            for service in services:
                for container in self.containers(service):
                    state = self.state(container)
                    health = state.get("Health", {}).get("Status")
                    if not (state["Running"] and health == "healthy"):
                        lines.append(f"{service} {state['Status']} {health}")
            return lines

        wait_until(lambda: not unwell(), lambda: ", ".join(unwell()))

    def kill(self, service: str) -> int:
        """Kills a service's first process, as the kernel does when memory is short; returns how often it had restarted.

        Asked to kill, the engine would take it for a wish and leave it dead.
        """
        state = self.state(self.container(service))
        os.kill(state["Pid"], signal.SIGKILL)
        return int(state["restarts"])

    def tiendo(self, *arguments: str) -> Any:
        """Runs a command of ours in a worker and returns its JSON."""
        return json.loads(self.compose("exec", "-T", "worker", "tiendo", *arguments, "--json"))

    def sql(self, database: str, query: str) -> str:
        """Returns what the database server's administrator sees."""
        return self.compose("exec", "-T", "postgres", "psql", "--username=postgres", "--no-align", "--tuples-only",
                            f"--dbname={database}", f"--command={query}").strip()  # fmt: skip

    def drop(self, file: DemoFile) -> None:
        """Puts a file into a body's inbox as the file server does: another container, under an account of its own."""
        script = 'umask 0027 && cat > "$0.part" && mv "$0.part" "$0"'
        command = ["run", "--rm", "--interactive", "--network", "none", "--user", FILE_SERVER]
        mounted = ["--volume", f"{self.project}_var:/share", IMAGE("python"), "sh", "-c", script]
        done = subprocess.run(
            ["docker", *command, *mounted, f"/share/inbox/{file.agency}/{file.name}"],
            input=file.content, env=self.docker.environment, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def files(self, folder: str) -> dict[str, str]:
        """Returns the files below a folder of the volume ``var``, with their SHA-256."""
        script = f"cd /var/lib/tiendo/{folder} && find . -type f -exec sha256sum {{}} +"
        lines = self.compose("exec", "-T", "worker", "sh", "-c", script).splitlines()
        return {line[66:]: line[:64] for line in lines}

    def wait_for_answers(self, files: Iterable[DemoFile]) -> dict[str, Any]:
        """Waits until the ledger has settled all these files, and returns it."""
        ledger: dict[str, Any] = {}
        wanted = {hashlib.sha256(file.content).hexdigest() for file in files}

        def missing() -> set[str]:
            ledger.clear()
            try:
                ledger.update(self.tiendo("ledger"))
            except RuntimeError:  # the worker or the database is just coming back
                return wanted
            return wanted - {file["sha256"] for file in ledger["files"] if file["state"] and file["receipt"]}

        wait_until(lambda: not missing(), lambda: f"{len(missing())} of {len(wanted)} files are not settled")
        return ledger

    @contextmanager
    def api(self, account: str, password: str) -> Iterator[AirflowApi]:
        """Logs in over HTTP."""
        with AirflowApi(f"http://127.0.0.1:{self.port}") as api:
            api.login(account, password)
            yield api


@contextmanager
def running_system() -> Iterator[System]:
    """Builds everything from nothing, brings it up, and takes it away with its volumes."""
    with engine() as address, TemporaryDirectory(prefix="tiendo-compose-") as name:
        folder, docker = Path(name), Docker(address)
        build_standins(docker, folder)
        system = System(docker, compose_program(folder), folder)
        try:
            system.compose("build", "--quiet", "init")
            system.compose("up", "--detach", "--wait")
            yield system
        except RuntimeError as error:
            logs = system.compose("logs", "--no-color", "--tail", "15")
            raise AssertionError(f"{error}\n{logs[-6000:]}") from error
        finally:
            system.compose("down", "--volumes", "--timeout", "20")
