"""What ``tiendo watch`` asks: the Celery workers, here real ones. All else it looks at is tested end to end."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fixtures.packages import needs, program
from tiendo.local.services import free_port

APP = "airflow.providers.celery.executors.celery_executor_utils"
ASK = "from tiendo.airflow_glue.watch import _problems_of_workers as ask\nfor found in ask(): print(*found[:2])"


@contextmanager
def running(*command: str, environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, cwd=log.parent)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def test_whether_any_worker_answers(tmp_path: Path) -> None:
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    environment = os.environ | {
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW__CELERY__BROKER_URL": url,
        "AIRFLOW__CELERY__RESULT_BACKEND": url,
    }

    def problem() -> str:
        done = subprocess.run(
            [sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=True, timeout=300
        )
        return next((line for line in done.stdout.splitlines() if line.startswith("component worker")), "")

    assert problem().startswith("component worker hàng đợi Redis: ")
    with needs("redis-server"):
        redis = str(program("redis-server"))
    with running(redis, "--port", str(port), "--bind", "127.0.0.1", environment=environment, log=tmp_path / "redis"):
        end = time.monotonic() + 60
        while (found := problem()) != "component worker không worker nào trả lời":
            assert time.monotonic() < end, found
        worker = (sys.executable, "-m", "celery", "--app", APP, "worker", "--pool", "solo")
        with running(*worker, environment=environment, log=tmp_path / "worker"):
            end = time.monotonic() + 300
            while problem():
                assert time.monotonic() < end, (tmp_path / "worker").read_text()
    environment["AIRFLOW__CORE__EXECUTOR"] = "tiendo.airflow_glue.executor.LocalExecutor"
    assert not problem()
