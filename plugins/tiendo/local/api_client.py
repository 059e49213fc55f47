"""A small client of Airflow's public API (v2): what a reviewer or an operator does in the web page, by program."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any

import httpx

from tiendo.local.waiting import wait_until

ENDED = ("success", "failed")
TASK_ENDED = ("success", "failed", "skipped", "upstream_failed", "removed")
# A busy machine answers late; one that is gone refuses the connection at once.
_ANSWER_SECONDS = 600
Json = dict[str, Any]


class AirflowApiError(RuntimeError):
    """Airflow refused a request; the message holds its answer."""


class AirflowApi:
    """A session of one account. Use it as a context manager."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        # Local services: a proxy of the surroundings has no part in it.
        self._client = httpx.Client(base_url=base_url, timeout=_ANSWER_SECONDS, trust_env=False)

    def __enter__(self) -> "AirflowApi":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def login(self, username: str, password: str) -> None:
        """Gets a token for an account and uses it from now on."""
        answer = self._send("POST", "/auth/token", json={"username": username, "password": password})
        self._client.headers["Authorization"] = f"Bearer {answer['access_token']}"

    @property
    def is_logged_in(self) -> bool:
        """Whether an account is logged in."""
        return "Authorization" in self._client.headers

    def health(self) -> dict[str, str | None]:
        """Returns the state of each component (``scheduler``: ``healthy``), {} while the server does not answer."""
        try:
            answer = self._send("GET", "/api/v2/monitor/health")
        except (httpx.TransportError, AirflowApiError):
            return {}
        return {name: (part or {}).get("status") for name, part in answer.items()}

    def warm_up(self) -> None:
        """Makes the server build the API its tasks speak to, which it else does while the first task waits for it."""
        self._send("GET", "/execution/health")

    def dag_ids(self) -> set[str]:
        """Returns the DAGs that are known and can be run."""
        dags = self._send("GET", "/api/v2/dags", params={"limit": 100})["dags"]
        return {dag["dag_id"] for dag in dags if not dag["has_import_errors"]}

    def import_errors(self) -> list[str]:
        """Returns what is wrong with DAG files that could not be read."""
        errors = self._send("GET", "/api/v2/importErrors")["import_errors"]
        return [f"{error['filename']}: {error['stack_trace']}" for error in errors]

    def trigger(self, dag_id: str, *, partition_key: str | None = None, note: str | None = None) -> str:
        """Starts a run and returns its id."""
        body = {"logical_date": None, "partition_key": partition_key, "note": note}
        return str(self._send("POST", f"/api/v2/dags/{dag_id}/dagRuns", json=body)["dag_run_id"])

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Returns the state of a run."""
        return str(self._send("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}")["state"])

    def runs(self, dag_id: str, *, states: Sequence[str] = ()) -> list[Json]:
        """Returns the runs of a DAG, the latest first."""
        params = {"limit": 100, "order_by": "-run_after", "state": list(states)}
        return list(self._send("GET", f"/api/v2/dags/{dag_id}/dagRuns", params=params)["dag_runs"])

    def task_states(self, dag_id: str, run_id: str) -> list[tuple[str, int, str | None]]:
        """Returns (task, map index, state) of each task of a run."""
        tasks = self._send("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
        return [(task["task_id"], task["map_index"], task["state"]) for task in tasks]

    def tasks_by_host(self) -> Counter[str]:
        """Returns how many of the latest tasks of all DAGs each host has run."""
        path = "/api/v2/dags/~/dagRuns/~/taskInstances"
        tasks = self._send("GET", path, params={"limit": 100, "order_by": "-start_date"})["task_instances"]
        return Counter(task["hostname"] for task in tasks if task["hostname"])

    def task_log(self, dag_id: str, run_id: str, task_id: str, *, map_index: int = -1, attempt: int = 1) -> str:
        """Returns what a task wrote, one event a line."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{attempt}"
        content = self._send("GET", path, params={"map_index": map_index, "full_content": True})["content"]
        return "\n".join(_log_lines(content))

    def xcom(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """Returns what a task returned."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value"
        return self._send("GET", path, params={"deserialize": True})["value"]

    def note(self, dag_id: str, run_id: str) -> str:
        """Returns the note of a run, "" where it has none."""
        return str(self._send("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}")["note"] or "")

    def links(self, dag_id: str, run_id: str, task_id: str) -> dict[str, str | None]:
        """Returns where the buttons at a task lead, by name."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/links"
        return dict(self._send("GET", path)["extra_links"])

    def followers(self, dag_id: str, run_id: str) -> list[tuple[str, list[tuple[str, str]]]] | None:
        """Returns the asset events of a run: (asset, the runs it started as (DAG, run)); none where none has yet.

        None while Airflow 3.3.2 cannot tell: of a run that is still queued it misses the start, and answers 500.
        """
        params = {"source_dag_id": dag_id, "source_run_id": run_id, "limit": 100}
        try:
            events = self._send("GET", "/api/v2/assets/events", params=params)["asset_events"]
        except AirflowApiError as error:
            if error.args[1] == httpx.codes.INTERNAL_SERVER_ERROR:
                return None
            raise
        return [
            (event["name"], [(run["dag_id"], run["run_id"]) for run in event["created_dagruns"]]) for event in events
        ]

    def approval_request(self, dag_id: str, run_id: str, task_id: str) -> Json | None:
        """Returns what a person is asked to decide, or None as long as nobody is asked."""
        try:
            return self._send("GET", _hitl(dag_id, run_id, task_id))
        except AirflowApiError as error:
            if error.args[1] == httpx.codes.NOT_FOUND:
                return None
            raise

    def answer(
        self, dag_id: str, run_id: str, task_id: str, *, option: str, params: Mapping[str, str] | None = None
    ) -> datetime:
        """Answers such a request (``Approve``, ``Reject``) and returns when."""
        body = {"chosen_options": [option], "params_input": dict(params or {})}
        answer = self._send("PATCH", _hitl(dag_id, run_id, task_id), json=body)
        return datetime.fromisoformat(answer["responded_at"])

    def page(self, path: str) -> tuple[int, str]:
        """Returns the status and the text of a page, as whoever is logged in sees it."""
        answer = self._client.get(path)
        return answer.status_code, answer.text

    def progress(self, dag_id: str, run_id: str) -> str:
        """Tells how far a run is: its state, and what each task that has begun and not ended does."""
        moving = [
            f"{task_id} {state}" if index < 0 else f"{task_id}[{index}] {state}"
            for task_id, index, state in self.task_states(dag_id, run_id)
            if state not in (None, *TASK_ENDED)
        ]
        return f"{dag_id} {run_id} {self.run_state(dag_id, run_id)}: {', '.join(sorted(moving)) or 'between two tasks'}"

    def wait(self, dag_id: str, run_id: str, *, check: Callable[[], None] = lambda: None) -> str:
        """Waits for a run to end, as long as it moves, and returns its state.

        Args:
            check: raises when waiting has become vain.

        Raises:
            TimeoutError: as ``wait_until``.
        """
        wait_until(lambda: self.run_state(dag_id, run_id) in ENDED, lambda: self.progress(dag_id, run_id), check=check)
        return self.run_state(dag_id, run_id)

    def _send(self, method: str, path: str, **arguments: Any) -> Json:
        answer = self._client.request(method, path, **arguments)
        if answer.is_error:
            raise AirflowApiError(f"{method} {path}: {answer.status_code} {answer.text[:500]}", answer.status_code)
        document: Json = answer.json()
        return document


def _hitl(dag_id: str, run_id: str, task_id: str) -> str:
    return f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/-1/hitlDetails"


def _log_lines(content: Any) -> Iterator[str]:
    for event in content if isinstance(content, list) else [content]:
        yield str(event.get("event", event)) if isinstance(event, dict) else str(event)
        for error in (event.get("error_detail") or []) if isinstance(event, dict) else []:
            yield f"  {error.get('exc_type')}: {error.get('exc_value')}"
