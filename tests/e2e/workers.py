"""The process in which a task runs, found while it does."""

import json
import time

import psutil

from tiendo.local.api_client import AirflowApi

# A worker lives for a second at least. To look all the time would take a core from what is waited for.
LOOK_SECONDS = 0.2


def worker_of(api: AirflowApi, run_id: str, task_id: str, *, other_than: int = 0) -> psutil.Process:
    """Waits for the process that begins to run a task of ``publish_report``, or runs it; one with another id."""
    path = f"/api/v2/dags/publish_report/dagRuns/{run_id}/taskInstances/{task_id}"
    while True:
        task_instance = json.loads(api.page(path)[1]).get("id", "-")
        for process in psutil.process_iter(["cmdline"]):
            title = " ".join(process.info["cmdline"] or ())
            if process.pid != other_than and "LocalExecutor" in title and task_instance in title:
                return process
        time.sleep(LOOK_SECONDS)
