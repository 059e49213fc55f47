"""The process in which a task runs, found while it does."""

import json
import time
from http import HTTPStatus

import psutil

from tiendo.local.api_client import ENDED, AirflowApi

DAG = "publish_report"
# A worker lives for a second at least. To look all the time would take a core from what is waited for.
LOOK_SECONDS = 0.2


def worker_of(api: AirflowApi, run_id: str, task_id: str, *, other_than: int = 0) -> psutil.Process:
    """Waits for the process that begins to run a task of ``publish_report``, or runs it; one with another id."""
    while True:
        assert api.run_state(DAG, run_id) not in ENDED, f"{task_id} of {run_id} has ended unseen"
        status, found = api.page(f"/api/v2/dags/{DAG}/dagRuns/{run_id}/taskInstances/{task_id}")
        if status == HTTPStatus.OK:
            task_instance = json.loads(found)["id"]
            for process in psutil.process_iter(["cmdline"]):
                title = " ".join(process.info["cmdline"] or ())
                if process.pid != other_than and "LocalExecutor" in title and task_instance in title:
                    return process
        time.sleep(LOOK_SECONDS)
