"""``tiendo watch`` where what it needs itself is out of order, and what it asks of real Celery workers.

What it sees while it is well itself is tested end to end.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any, NoReturn

import pytest
from redis import Redis
from sqlalchemy import Engine, create_engine, text

from fixtures.mail_servers import ADDRESS, SmtpServer, make_certificates, smtp_receiver
from fixtures.packages import needs, program
from tiendo.airflow_glue import watch as watching
from tiendo.airflow_glue.warehouse import AllParts
from tiendo.airflow_glue.watch import Watch, looked_at_file
from tiendo.clock import HANOI, set_replay_clock
from tiendo.local.services import free_port
from tiendo.mail.incidents import MAILBOX, Problem, incident_rows, note_outage
from tiendo.model.plans import Plans
from tiendo.model.register import Register
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader, make_engine

APP = "airflow.providers.celery.executors.celery_executor_utils"
ASK = """
import sys
from tiendo.airflow_glue.watch import _answered, _problems_of_workers as ask
for _ in sys.stdin:
    found = [" ".join(problem[:2]) for problem in ask()]
    print("found", len(_answered), *found, sep="|", flush=True)
"""


@contextmanager
def running(*command: str, environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, cwd=log.parent)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


class Asking:
    """A process that asks the workers, as ``tiendo watch`` does, whenever it is told to."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._log = log
        self.process = subprocess.Popen(
            [sys.executable, "-c", ASK], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=log.open("wb"), text=True,
        )  # fmt: skip

    def __call__(self) -> tuple[int, list[str]]:
        """Returns how many workers have ever answered, and what is wrong."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        line = next((line for line in self.process.stdout if line.startswith("found|")), None)
        assert line, self._log.read_text()
        _, count, *found = line.strip().split("|")
        return int(count), found

    def until(self, *begins: str, count: int = 0, seconds: float = 300) -> None:
        """Asks until this is what is wrong, and so many workers have ever answered."""
        end = time.monotonic() + seconds
        while True:
            known, found = self()
            is_so = len(found) == len(begins) and all(map(str.startswith, found, begins))
            if is_so and known >= count:
                return
            assert time.monotonic() < end, (known, found)


@contextmanager
def asking(environment: dict[str, str], log: Path) -> Iterator[Asking]:
    ask = Asking(environment, log)
    try:
        yield ask
    finally:
        ask.process.kill()
        ask.process.wait()


def test_which_workers_answer(tmp_path: Path) -> None:
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    environment = os.environ | {
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW__CELERY__BROKER_URL": url,
        "AIRFLOW__CELERY__RESULT_BACKEND": url,
    }

    def worker(name: str) -> list[str]:
        return [sys.executable, "-m", "celery", "--app", APP, "worker", "--pool", "solo", "--hostname", name]

    with asking(environment, tmp_path / "asked") as ask:
        assert ask()[1][0].startswith("component worker hàng đợi Redis: ")
        with needs("redis-server"):
            redis = str(program("redis-server"))
        at_redis = (redis, "--port", str(port), "--bind", "127.0.0.1")
        with running(*at_redis, environment=environment, log=tmp_path / "redis") as server:
            ask.until("component worker không worker nào trả lời", seconds=60)
            with running(*worker("first@here"), environment=environment, log=tmp_path / "first"):
                with running(*worker("second@here"), environment=environment, log=tmp_path / "second") as second:
                    ask.until(count=2)
                    second.kill()
                    ask.until("component worker second@here worker này không trả lời", count=2)
                with running(*worker("second@here"), environment=environment, log=tmp_path / "again"):
                    ask.until(count=2)
                client = Redis(port=port)
                client.config_set("maxmemory", 1)
                (found,) = ask()[1]
                assert "OutOfMemory" in found
                client.config_set("maxmemory", 0)
                server.send_signal(signal.SIGSTOP)
                try:
                    (found,) = ask()[1]
                    assert found.startswith("component worker hàng đợi Redis: "), "frozen"
                finally:
                    server.send_signal(signal.SIGCONT)
    environment["AIRFLOW__CORE__EXECUTOR"] = "tiendo.airflow_glue.executor.LocalExecutor"
    with asking(environment, tmp_path / "local") as ask:
        assert ask() == (0, [])


EIGHT = datetime(2023, 3, 13, 8, tzinfo=HANOI)
BAD = "[Tiendo] Không dùng được cơ sở dữ liệu"
WELL = "[Tiendo] Đã hết sự cố: Không dùng được cơ sở dữ liệu"


class Place:
    """A watch's warehouse, mail server and clock; what it finds is given, for there is no Airflow here."""

    def __init__(self, parts: AllParts, smtp: SmtpServer, clock_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.parts, self.smtp, self._clock_file, self._monkeypatch = parts, smtp, clock_file, monkeypatch
        self.state_file = parts.settings.home / "watch" / "database-down.json"
        self.problems: list[Problem] = []
        monkeypatch.setenv("TIENDO_CLOCK_FILE", str(clock_file))
        monkeypatch.setenv("SSL_CERT_FILE", str(smtp.certificates.authority))
        monkeypatch.setattr(watching, "_problems_of_airflow", lambda unreached: (self.problems, set()))
        self.set_mail()

    def set_mail(self, **imap_extra: str) -> None:
        extra = {"from_email": ADDRESS, "operations_email": "vanhanh@x.vn", "disable_tls": True}
        both = {"host": "localhost", "login": ADDRESS}
        smtp = both | {"conn_type": "smtp", "port": self.smtp.port, "password": self.smtp.password, "extra": extra}
        imap = both | {"conn_type": "imap", "password": "x", "extra": imap_extra}
        self._monkeypatch.setenv("AIRFLOW_CONN_TIENDO_SMTP", json.dumps(smtp))
        self._monkeypatch.setenv("AIRFLOW_CONN_TIENDO_IMAP", json.dumps(imap))

    def watch(self, engine: Engine | None = None) -> Watch:
        watch = Watch(self.parts.settings)
        watch._parts = self.parts._replace(engine=engine or self.parts.engine)
        return watch

    def look(self, watch: Watch, minute: int) -> None:
        set_replay_clock(self._clock_file, EIGHT + timedelta(minutes=minute))
        watch.look()

    def told(self) -> list[str]:
        return [str(make_header(decode_header(message_from_bytes(mail)["Subject"]))) for _, mail in self.smtp.received]


@pytest.fixture
def place(
    settings: Settings, register: Register, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    with smtp_receiver(make_certificates(tmp_path)) as smtp:
        yield Place(AllParts(settings, Plans((register,)), engine), smtp, tmp_path / "clock", monkeypatch)


def test_what_starts_beside_the_watch_has_a_look_to_begin(place: Place) -> None:
    place.problems = [Problem("component scheduler", "x"), Problem("paused compute_status", "x")]
    watch = Watch(place.parts.settings, is_starting=True)
    watch._parts = place.parts
    known = text("select subject from intake.incident where well_since is null order by subject")
    for minute, expected in ((0, ["paused compute_status"]), (1, ["component scheduler", "paused compute_status"])):
        place.look(watch, minute)
        with loader(place.parts.engine) as connection:
            assert connection.scalars(known).all() == expected


def test_a_database_that_can_only_be_read_is_told_as_a_dead_one(place: Place) -> None:
    engine = place.parts.engine
    place.problems = [Problem("paused compute_status", "x")]

    def only_read(value: str) -> None:
        administrator = create_engine(engine.url, isolation_level="AUTOCOMMIT")
        with administrator.connect() as connection:
            connection.exec_driver_sql("set default_transaction_read_only = off")
            name = connection.dialect.identifier_preparer.quote(str(engine.url.database))
            connection.exec_driver_sql(f"alter database {name} set default_transaction_read_only = {value}")
        administrator.dispose()
        engine.dispose()

    only_read("on")
    watch = place.watch()
    for minute in (0, 2):
        place.look(watch, minute)
        assert json.loads(place.state_file.read_text()) == {"since": EIGHT.isoformat(), "told_at": ""}
    assert place.told() == []
    place.look(watch, 3)
    place.look(place.watch(), 4)  # who looks was started again
    assert place.told() == [BAD]
    assert not looked_at_file(place.parts.settings).exists()
    only_read("off")
    for minute in (5, 6):
        place.look(watch, minute)
    assert place.told() == [BAD, WELL]
    assert not place.state_file.exists()
    assert looked_at_file(place.parts.settings).exists()


def test_a_database_that_was_dead_before_the_first_look_is_told(place: Place) -> None:
    watch = place.watch(make_engine(place.parts.engine.url.set(host="127.0.0.1", port=1, query={})))
    place.look(watch, 0)
    place.look(watch, 3)
    assert place.told() == [BAD]


def test_a_full_disk_stops_no_look_and_tells_nothing_twice(place: Place) -> None:
    watch = place.watch(make_engine(place.parts.engine.url.set(host="127.0.0.1", port=1, query={})))
    temporary = place.state_file.with_name(f".{place.state_file.name}.new")
    temporary.parent.mkdir(parents=True)
    for minute in (0, 3, 6):
        temporary.symlink_to("/dev/full")
        place.look(watch, minute)
        assert not place.state_file.exists()
    assert place.told() == [BAD]
    assert watch._parts
    watch._parts = place.parts
    place.look(watch, 7)
    assert place.told() == [BAD, WELL]


def test_an_outage_is_told_though_the_mailbox_has_no_token_now(place: Place) -> None:
    set_replay_clock(Path(os.environ["TIENDO_CLOCK_FILE"]), EIGHT)
    note_outage(place.parts.engine, MAILBOX, "refused")
    watch = place.watch()
    place.look(watch, 1)
    place.set_mail(auth_type="oauth2")  # with nothing to get a token by
    place.look(watch, 16)
    assert place.told() == ["[Tiendo] Không kết nối được hộp thư tiếp nhận báo cáo"]
    (incident,) = incident_rows(place.parts.engine)
    assert (incident["told_at"], incident["well_since"]) == (EIGHT + timedelta(minutes=16), None)
    assert incident["sent_at"]


def test_one_look_that_fails_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*unreached: Any) -> NoReturn:
        raise LookupError("no such column")

    def finds(subject: str) -> Callable[..., Iterator[Problem]]:
        return lambda *unreached: iter([Problem(subject, "x")])

    monkeypatch.setattr(watching, "_problems_of_components", finds("component scheduler"))
    monkeypatch.setattr(watching, "_problems_of_api", finds("component api-server"))
    monkeypatch.setattr(watching, "_problems_of_workers", finds("component worker"))
    monkeypatch.setattr(watching, "_paused", fails)
    monkeypatch.setattr(watching, "_import_errors", fails)
    monkeypatch.setattr(watching, "_failed_runs", finds("dag-run compute_status"))
    problems, unseen = watching._problems_of_airflow(set())
    assert [problem.subject for problem in problems] == [
        "component scheduler", "component api-server", "component worker", "look paused", "look import-error",
        "dag-run compute_status",
    ]  # fmt: skip
    assert problems[3].detail == "LookupError: no such column"
    assert unseen == {"paused", "import-error"}
