"""The client against a server that answers as Airflow was seen to answer."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from tiendo.local.api_client import AirflowApi, AirflowApiError

EVENT = {"name": "landing", "created_dagruns": [{"dag_id": "process_submissions", "run_id": "r1"}]}


class Airflow(HTTPServer):
    """Answers with these status codes, one after the other, and then with the event."""

    codes: list[int]
    asked = 0


class Handler(BaseHTTPRequestHandler):
    server: Airflow

    def do_GET(self) -> None:
        code = self.server.codes[self.server.asked] if self.server.asked < len(self.server.codes) else 200
        self.server.asked += 1
        self.send_response(code)
        self.end_headers()
        self.wfile.write(json.dumps({"asset_events": [EVENT]}).encode() if code == 200 else b"Internal Server Error")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library names it
        """Says nothing."""


@pytest.fixture
def airflow() -> Iterator[Airflow]:
    with Airflow(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_of_a_run_that_is_still_queued_nothing_is_known(airflow: Airflow) -> None:
    airflow.codes = [500, 500]
    with AirflowApi(f"http://127.0.0.1:{airflow.server_port}") as api:
        assert [api.followers("collect_folders", "r0") for _ in airflow.codes] == [None, None]
        assert api.followers("collect_folders", "r0") == [("landing", [("process_submissions", "r1")])]


def test_another_refusal_is_told_at_once(airflow: Airflow) -> None:
    airflow.codes = [403]
    with AirflowApi(f"http://127.0.0.1:{airflow.server_port}") as api, pytest.raises(AirflowApiError, match="403"):
        api.followers("collect_folders", "r0")
    assert airflow.asked == 1
