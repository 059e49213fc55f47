"""docker-compose.yaml brought up as the README says, with what a test must change, and what people do with it."""

import hashlib
import json
import os
import secrets
import signal
import subprocess
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from compose.engine import IMAGE, PROXIES, Docker, compose_program, engine, run, standins
from tiendo.local.api_client import AirflowApi
from tiendo.local.demo import DemoFile
from tiendo.local.services import free_port
from tiendo.local.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
ADMIN, REVIEWER, REVIEWER_NAME = "quan.tri", "nguoi.duyet", "Người duyệt"
PUBLIC_NAME = "tiendo.example.gov.vn"
# Where the file server of an organisation writes from: an account of its own, in the group of Tiendo's.
FILE_SERVER = "1005:50000"


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
        lines = [f"{name}={value}\n" for name, value in (self.secrets | options).items()]
        (folder / "env").write_text("".join(lines))
        self.services: dict[str, Any] = {}
        document = json.loads(self.compose("config", "--format", "json"))
        self.services = document["services"]
        self._override()

    def _override(self) -> None:
        """Changes what this machine needs and what would only make the test longer; nothing of how services are run."""
        arguments = {"BASE": IMAGE("python")} | {name: os.environ[name] for name in PROXIES if name in os.environ}
        changed: dict[str, Any] = {}
        for name, service in self.services.items():
            changed[name] = {}
            if service["image"] == "tiendo:test":
                changed[name]["environment"] = {
                    # A task whose worker was killed is missed sooner.
                    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
                    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "60",
                }
            else:
                changed[name] |= {"image": IMAGE(name), "pull_policy": "never"}
            if "build" in service:
                changed[name]["build"] = {"network": "host", "args": arguments}
            if "healthcheck" in service:
                changed[name]["healthcheck"] = {"interval": "20s", "start_period": "1h"}
        changed["proxy"] = {
            "image": IMAGE("nginx"), "pull_policy": "never", "networks": ["front"],
            "ports": [f"127.0.0.1:{self.tls_port}:443"], "depends_on": ["api-server"], "restart": "unless-stopped",
        }  # fmt: skip
        (self._folder / "override.yaml").write_text(yaml.safe_dump({"services": changed}))

    def set(self, name: str, value: object) -> None:
        """Sets one of the settings in ``.env``."""
        with (self._folder / "env").open("a") as file:
            file.write(f"{name}={value}\n")

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
        wanted = {*services}

        def unwell() -> list[str]:
            time.sleep(1)  # to ask the engine is work, too
            lines = self.compose("ps", "--all", "--format", "json").splitlines()
            found = [state for state in map(json.loads, lines) if state["Service"] in wanted]
            gone = wanted - {state["Service"] for state in found}
            return [f"{name} gone" for name in sorted(gone)] + [
                f"{state['Service']} {state['State']} {state['Health']}"
                for state in found
                if (state["State"], state["Health"]) != ("running", "healthy")
            ]

        wait_until(lambda: not unwell(), lambda: ", ".join(unwell()))

    def kill(self, container: str) -> None:
        """Kills a container's first process, as the kernel does when memory is short, and sees it started again.

        Asked to kill, the engine would take it for a wish and leave it dead.
        """
        before: dict[str, Any] = {}

        def runs() -> bool:  # what another death has ended is on its way back
            before.update(self.state(container))
            return bool(before["Pid"])

        wait_until(runs, lambda: f"{container} does not run")
        os.kill(before["Pid"], signal.SIGKILL)
        wait_until(lambda: self.state(container)["restarts"] > before["restarts"], lambda: f"{container} is dead")

    def tiendo(self, *arguments: str) -> Any:
        """Runs a command of ours in a worker and returns its JSON."""
        return json.loads(self.compose("exec", "-T", "worker", "tiendo", *arguments, "--json"))

    def sql(self, database: str, query: str) -> str:
        """Returns what the database server's administrator sees."""
        return self.compose("exec", "-T", "postgres", "psql", "--username=postgres", "--no-align", "--tuples-only",
                            f"--dbname={database}", f"--command={query}").strip()  # fmt: skip

    def drop(self, file: DemoFile, folder: str = "") -> None:
        """Puts a file into a body's inbox as the file server does: another container, under an account of its own."""
        script = 'umask 0027 && cat > "$0.part" && mv "$0.part" "$0"'
        command = ["run", "--rm", "--interactive", "--network", "none", "--user", FILE_SERVER]
        mounted = ["--volume", f"{self.project}_var:/share", IMAGE("python"), "sh", "-c", script]
        done = subprocess.run(
            ["docker", *command, *mounted, f"/share/inbox/{file.agency}/{folder}{file.name}"],
            input=file.content, env=self.docker.environment, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def files(self, folder: str) -> dict[str, str]:
        """Returns the files below a folder of the volume ``var``, with their SHA-256."""
        script = f"cd /var/lib/tiendo/{folder} && find . -type f -exec sha256sum {{}} +"
        lines = self.compose("exec", "-T", "worker", "sh", "-c", script).splitlines()
        return {line[66:]: line[:64] for line in lines}

    def wait_for_answers(self, files: Iterable[DemoFile]) -> dict[str, Any]:
        """Waits until all these files are settled, and returns the ledger."""
        wanted = {hashlib.sha256(file.content).hexdigest() for file in files}
        settled = "select sha256 from intake.submission_file where state is not null and receipt_path is not null"

        def missing() -> set[str]:
            try:
                return wanted - {*self.sql("tiendo", settled).split()}
            except RuntimeError:  # the database is just coming back
                return wanted

        wait_until(lambda: not missing(), lambda: f"{len(missing())} of {len(wanted)} files are not settled")
        ledger: dict[str, Any] = self.tiendo("ledger")
        return ledger

    def worker_of(self, run_id: str, task_id: str, *, until: str) -> str:
        """Waits until a task runs, or has come to a state, and returns the container of the worker that runs it."""
        task = f"from task_instance where run_id = '{run_id}' and task_id = '{task_id}'"
        runs = f"exists (select {task} and state in ('running', '{until}'))"
        loop = f"do $$ begin while not {runs} loop perform pg_sleep(0.02); end loop; end $$"
        return self.sql("airflow", f"{loop}; select hostname {task}").splitlines()[-1]

    @contextmanager
    def api(self, account: str, password: str) -> Iterator[AirflowApi]:
        """Logs in over HTTP."""
        with AirflowApi(f"http://127.0.0.1:{self.port}") as api:
            api.login(account, password)
            yield api


@contextmanager
def running_system() -> Iterator[System]:
    """Builds everything from nothing, brings it up, and takes it away with its volumes."""
    with engine() as address, TemporaryDirectory(prefix="tiendo-compose-") as name, ThreadPoolExecutor() as pool:
        folder, docker = Path(name), Docker(address)
        program = pool.submit(compose_program, folder)
        making = {standin: pool.submit(make) for standin, make in standins(docker, folder).items()}
        making["python"].result()
        system = System(docker, program.result(), folder)
        try:
            system.compose("build", "--quiet", "init")
            for made in making.values():
                made.result()
            system.compose("up", "--detach", "--wait")
            yield system
        except RuntimeError as error:
            logs = system.compose("logs", "--no-color", "--tail", "15")
            raise AssertionError(f"{error}\n{logs[-6000:]}") from error
        finally:
            system.compose("down", "--volumes", "--timeout", "20")
