"""Mail under a real scheduler: alerts, reminders, and a body that sends its report by mail until it is right.

A test cannot wait for an hour to pass: it moves what Airflow has noted for a run into the past, and all else happens as
it would. The replay clock stands at 13 March 2023, 08:00, so the reminders are those of the day before the last.
"""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import make_msgid
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import psutil
import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from sqlalchemy import Engine, text

from e2e.lean import WITHOUT_PDF
from fixtures.mail_servers import ADDRESS, ImapServer, SmtpServer, dovecot, smtp_receiver
from fixtures.marked import comments, through_libreoffice
from fixtures.samba import samba_server
from fixtures.workbooks import filled_workbook, put, row_of
from tiendo.airflow_glue.watch import looked_at_file
from tiendo.clock import HANOI, set_replay_clock
from tiendo.collect.ledger import ledger_document
from tiendo.local.api_client import AirflowApi, AirflowApiError
from tiendo.local.environment import REVIEWER, passwords
from tiendo.local.replay import follow, publish
from tiendo.local.services import Running, airflow_services, database_urls, say
from tiendo.model.period import Period
from tiendo.plan.register import load_register
from tiendo.reading.columns import INDICATORS
from tiendo.settings import INCLUDE, PROJECT, Settings
from tiendo.warehouse.embedded import postmaster_pid, revive_server, stop_server
from tiendo.warehouse.engine import make_engine, warehouse_url

pytestmark = pytest.mark.timeout(3600)
PLAN_DIR = INCLUDE / "plans" / "282-kh-ubnd-2023"
OPERATIONS = "vanhanh@tiendo.binhduong.gov.vn"
OWN_SERVER = "mx.tiendo.binhduong.gov.vn"
SECONDS = 900
EIGHT = datetime(2023, 3, 13, 8, tzinfo=HANOI)
JOBS = {
    "api-server": "",
    "dag-processor": "DagProcessorJob",
    "scheduler": "SchedulerJob",
    "triggerer": "TriggererJob",
}


@dataclass(frozen=True)
class Stage:
    """Services that run, and the mail server they write to."""

    services: Running
    reviewer: AirflowApi
    settings: Settings
    imap: ImapServer
    smtp: SmtpServer
    metadata: Engine
    warehouse: Engine
    folder: Path

    def to_operations(self) -> list[EmailMessage]:
        return [
            message_from_bytes(raw, policy=default)  # type: ignore[misc]
            for to, raw in list(self.smtp.received)
            if to == OPERATIONS
        ]

    def exchange(self, agency: str, subject: str, workbook: bytes) -> EmailMessage:
        """Sends a body's workbook by mail, lets the pipeline run, and returns the answer the body gets."""
        sender = load_register(PLAN_DIR).agency_by_code[agency].mail_addresses[0]
        mail = EmailMessage()
        mail["Authentication-Results"] = f"{OWN_SERVER}; spf=pass smtp.mailfrom={sender}"
        mail["From"], mail["To"], mail["Subject"] = sender, ADDRESS, subject
        mail["Message-ID"] = make_msgid(domain="binhduong.gov.vn")
        mail.set_content("Kính gửi báo cáo của đơn vị.")
        mail.add_attachment(workbook, maintype="application", subtype="octet-stream", filename="Báo cáo quý I.xlsx")
        self.imap.put(mail.as_bytes(), ADDRESS, datetime(2023, 3, 13, 7, 30, tzinfo=HANOI))
        api = self.services.api
        follow(self.services, "collect_mailbox", api.trigger("collect_mailbox"))
        for to, raw in self.smtp.received:
            answer: EmailMessage = message_from_bytes(raw, policy=default)  # type: ignore[assignment]
            if to == sender and answer["In-Reply-To"] == mail["Message-ID"]:
                return answer
        raise AssertionError(f"no answer to {subject}: {[to for to, _ in self.smtp.received]}")

    def deadlines(self, dag_id: str, run_id: str) -> dict[str, bool]:
        """What the run's page shows: alerts by name, and whether they were missed."""
        answer = self.services.api._send("GET", f"/ui/dags/{dag_id}/dagRuns/{run_id}/deadlines")
        return {found["alert_name"]: found["missed"] for found in answer["deadlines"]}

    def let_pass(self, dag_id: str, run_id: str, alert: str) -> None:
        """Makes the hour of a run's alert pass."""
        with self.metadata.begin() as connection:
            moved = connection.execute(
                text(
                    "update deadline set deadline_time = now() from deadline_alert a, dag_run r where "
                    "a.id = deadline.deadline_alert_id and r.id = deadline.dagrun_id and a.name = :alert "
                    "and r.dag_id = :dag_id and r.run_id = :run_id"
                ),
                {"alert": alert, "dag_id": dag_id, "run_id": run_id},
            )
            assert moved.rowcount == 1

    def end(self, name: str) -> None:
        """Kills a service; what Airflow knows of it is made older than it waits for a sign of life."""
        process = self.services.supervisor._running[name]
        process.kill()
        process.wait()
        with self.metadata.begin() as connection:
            connection.execute(
                text(
                    "update job set latest_heartbeat = latest_heartbeat - interval '1 hour' "
                    "where job_type = :type and state = 'running'"
                ),
                {"type": JOBS[name]},
            )

    def health(self) -> dict[str, Any]:
        """What ``tiendo health`` says; its exit code says the same."""
        environment = os.environ | {
            "TIENDO_HOME": str(self.settings.home),
            "TIENDO_DATABASE_URL": self.warehouse.url.set(drivername="postgresql").render_as_string(
                hide_password=False
            ),
        }
        command = [sys.executable, "-m", "tiendo.cli", "health", "--json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.stdout, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        assert done.returncode == (0 if document["is_well"] else 1)
        return document

    def wait_for(self, is_so: Callable[[], Any], describe: Callable[[], Any]) -> None:
        end = time.monotonic() + SECONDS
        while not is_so():
            assert time.monotonic() < end, describe()
            time.sleep(0.3)

    def wait_for_looks(self) -> None:
        """Waits until two whole looks have begun and ended."""
        for _ in range(3):
            before = looked_at_file(self.settings).stat().st_mtime
            self.wait_for(
                lambda before=before: looked_at_file(self.settings).stat().st_mtime > before, lambda: "no look"
            )  # type: ignore[misc]

    def told(self) -> Counter[str]:
        """The mails to operations by subject."""
        return Counter(str(mail["Subject"]).removeprefix("[Tiendo] ") for mail in self.to_operations())

    def wait_for_mail(self, is_wanted: Callable[[EmailMessage], bool]) -> EmailMessage:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            if found := [mail for mail in self.to_operations() if is_wanted(mail)]:
                return found[0]
            self.services.supervisor.check()
            time.sleep(0.5)
        raise AssertionError(f"no such mail in {[str(mail['Subject']) for mail in self.to_operations()]}")


def own_dags(folder: Path) -> Path:
    """The project's DAG files, with tomorrow for the day of publication: no run waits for what is over."""
    dags = Path(shutil.copytree(PROJECT / "dags", folder / "dags"))
    (dags / "fails_while_asked.py").write_text(FAILS_WHILE_ASKED.format(flag=folder / "fail"), encoding="utf-8")
    # Retries as they are, only sooner.
    path = dags / "collect_mailbox.py"
    source = path.read_text(encoding="utf-8")
    old = "default_args=DEFAULT_ARGS"
    assert old in source
    source = source.replace(old, f'{old} | {{"retry_delay": timedelta(seconds=1)}}')
    path.write_text(source.replace("\n@dag(", "\nfrom datetime import timedelta\n\n\n@dag(", 1), encoding="utf-8")
    path = dags / "publish_report.py"
    source = path.read_text(encoding="utf-8")
    old, tomorrow = "deadline=publication_alerts(get_plans())", (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert old in source
    instants = {f"{PLAN_DIR.name}:2023-Q1": tomorrow, f"{PLAN_DIR.name}:2023-Q2": tomorrow}
    source = source.replace(old, f"deadline=_until_tomorrow(publication_alerts(get_plans()), {instants})")
    path.write_text(source.replace("@dag(", UNTIL_TOMORROW, 1), encoding="utf-8")
    return dags


UNTIL_TOMORROW = """
def _until_tomorrow(alerts, instants):
    for alert in alerts:
        alert.reference.instants = instants
    return alerts


@dag("""


FAILS_WHILE_ASKED = """
from pathlib import Path

from airflow.sdk import dag, task


@dag(schedule=None)
def fails_while_asked():
    @task
    def step():
        assert not Path("{flag}").exists()

    step()


fails_while_asked()
"""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with (
        TemporaryDirectory(prefix="tiendo-alerts-") as name,
        dovecot() as imap,
        smtp_receiver(imap.certificates) as smtp,
        pytest.MonkeyPatch.context() as patch,
    ):
        folder = Path(name)
        settings = Settings(home=folder / "var", plan_dirs=(PLAN_DIR,), database_url=None)
        extra: dict[str, Any] = {"from_email": ADDRESS, "operations_email": OPERATIONS, "disable_tls": True}
        server = {"host": "localhost", "login": ADDRESS}
        variables = WITHOUT_PDF | {
            "AIRFLOW__CORE__DAGS_FOLDER": str(own_dags(folder)),
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "2",
            "TIENDO_WATCH_SECONDS": "1",
            "SSL_CERT_FILE": str(imap.certificates.authority),
            "AIRFLOW_CONN_TIENDO_IMAP": json.dumps(
                server
                | {
                    "conn_type": "imap",
                    "port": imap.port,
                    "password": imap.password,
                    "extra": {"authserv_id": OWN_SERVER},
                }
            ),
            "AIRFLOW_CONN_TIENDO_SMTP": json.dumps(
                server | {"conn_type": "smtp", "port": smtp.port, "password": smtp.password, "extra": extra}
            ),
        }
        clock_file = folder / "clock"
        set_replay_clock(clock_file, EIGHT)
        patch.setenv("TIENDO_CLOCK_FILE", str(clock_file))
        try:
            with (
                airflow_services(
                    settings, clock_file=clock_file, has_idle_machine=True, variables=variables, say=say
                ) as services,
                AirflowApi(services.api.base_url) as reviewer,
            ):
                reviewer.login(REVIEWER, passwords(settings)[REVIEWER])
                metadata = make_engine(database_urls(settings)[1])
                warehouse = make_engine(warehouse_url(settings))
                yield Stage(services, reviewer, settings, imap, smtp, metadata, warehouse, folder)
                metadata.dispose()
                warehouse.dispose()
        finally:
            stop_server(settings.postgres)


def test_alerts_ring_when_late_and_only_then(stage: Stage) -> None:
    api = stage.services.api
    late = api.trigger("publish_report", partition_key="2023-Q1")
    assert stage.deadlines("publish_report", late) == {"publication": False, "due_day": False}
    # All is well: done before its hour.
    key = f"{PLAN_DIR.name}:2023-Q2"
    publish(stage.services, stage.reviewer, key, "Phòng Tổng hợp")
    (well,) = [run["dag_run_id"] for run in api.runs("publish_report") if run["partition_key"] == key]
    assert stage.deadlines("publish_report", well) == {}
    # By hand for a period that the plan has not: no run, so nobody waits for it.
    with pytest.raises(AirflowApiError, match=r"400 .*Không có kỳ báo cáo 2023-Q3"):
        api.trigger("publish_report", partition_key="2023-Q3")
    assert stage.to_operations() == []

    # A file that has no answer in time.
    run = api.trigger("process_submissions")
    stage.let_pass("process_submissions", run, "answer")
    mail = stage.wait_for_mail(lambda mail: "process_submissions" in mail.get_content())
    assert mail["Subject"] == "[Tiendo] Có tệp đã nhận quá 30 phút mà chưa được xử lý, trả lời."
    assert stage.deadlines("process_submissions", run) == {"answer": True}

    # An edition that nobody approves: at its hour, and once more while there is time.
    for number, (alert, said) in enumerate((("publication", "Đã quá giờ ban hành"), ("due_day", "Sắp hết hạn"))):
        stage.let_pass("publish_report", late, alert)
        mail = stage.wait_for_mail(lambda mail, said=said: said in str(mail["Subject"]))  # type: ignore[misc]
        assert "2023-Q1" in str(mail["Subject"])
        assert f"/dags/publish_report/runs/{quote(late)}\n" in mail.get_content()
        assert stage.deadlines("publish_report", late) == {"publication": True, "due_day": number == 1}
    time.sleep(10)
    assert len(stage.to_operations()) == 3, "each rings once"


def test_reminders_go_out_by_the_replay_clock_each_once(stage: Stage) -> None:
    api = stage.services.api
    for _ in range(2):
        follow(stage.services, "send_reminders", api.trigger("send_reminders", partition_key="2023-03-13"))
    reminded = [to for to, raw in stage.smtp.received if to.endswith("@binhduong.gov.vn")]
    assert len(reminded) == len(set(reminded)) == 30
    (raw,) = [raw for to, raw in stage.smtp.received if to == "soyte@binhduong.gov.vn"]
    assert "báo cáo quý I năm 2023 trước ngày 15 tháng 3 năm 2023" in str(
        message_from_bytes(raw, policy=default)["Subject"]
    )


def test_a_body_sends_by_mail_is_told_what_is_wrong_mends_it_and_is_accepted(stage: Stage, tmp_path: Path) -> None:
    register, body, revenue = load_register(PLAN_DIR), "so-tai-chinh", "thu-ngan-sach"
    wrong = filled_workbook(
        register, body, Period(2023, 1), lambda w: put(w, INDICATORS, revenue, "year_to_date", "hơn mười nghìn tỷ")
    )
    answer = stage.exchange(body, "Báo cáo quý I năm 2023", wrong)
    assert answer["Subject"] == "Re: Báo cáo quý I năm 2023"
    assert "Chưa tiếp nhận, đề nghị sửa và gửi lại" in answer.get_body(("plain",)).get_content()
    (back,) = [part for part in answer.iter_attachments() if str(part.get_filename()).endswith(".xlsx")]
    data = back.get_content()
    column = get_column_letter(INDICATORS.position("year_to_date"))
    (cell,) = [cell for sheet, cell in comments(data) if sheet == INDICATORS.sheet and cell.startswith(column)]

    # In LibreOffice: the marked cell is typed anew, all else is left as it came back.
    workbook = load_workbook(io.BytesIO(data))
    sheet = workbook[INDICATORS.sheet]
    assert sheet[cell].row == row_of(sheet, revenue)
    sheet[cell].value = sheet.cell(sheet[cell].row, INDICATORS.position("quarter")).value
    buffer = io.BytesIO()
    workbook.save(buffer)
    mended = through_libreoffice(buffer.getvalue(), tmp_path)
    answer = stage.exchange(body, "Re: Báo cáo quý I năm 2023", mended)
    assert "Đã tiếp nhận" in answer.get_body(("plain",)).get_content()
    assert [part for part in answer.iter_attachments() if str(part.get_filename()).endswith(".xlsx")] == []

    states = [file["state"] for file in ledger_document(stage.warehouse)["files"] if file["agency"] == body]
    assert states == ["rejected", "accepted"]
    assert [len(stage.imap.raw(folder, ADDRESS)) for folder in ("INBOX", "Processed", "Attention")] == [0, 2, 0]


# By what `tiendo health` calls them; those of the second line may be out of reach for a quarter of an hour.
INCIDENTS = {
    "dag-run fails_while_asked": "Lượt chạy fails_while_asked bị lỗi",
    "import-error broken.py": "Không đọc được tệp DAG broken.py",
    "paused compute_status": "DAG compute_status đang bị tạm dừng",
    "component api-server": "Thành phần api-server không hoạt động",
    "component dag_processor": "Thành phần dag_processor không hoạt động",
    "component scheduler": "Thành phần scheduler không hoạt động",
    "component triggerer": "Thành phần triggerer không hoạt động",
}
UNREACHED = {
    "mailbox": "Không kết nối được hộp thư tiếp nhận báo cáo",
    "folders": "Không đọc hoặc ghi được thư mục chia sẻ",
}
DATABASE = "Không dùng được cơ sở dữ liệu"
OVER = "Đã hết sự cố: "


def stop(configuration: Path) -> list[str]:
    """Stops the server that runs by a configuration file; returns its command."""
    running = [
        process for process in psutil.process_iter(["cmdline"]) if str(configuration) in str(process.info["cmdline"])
    ]
    server = min(running, key=lambda process: process.create_time())
    command = server.cmdline()
    server.terminate()
    psutil.wait_procs([server], 30)
    return command


def test_what_is_red_or_dead_is_told_once_and_once_when_it_is_well_again(stage: Stage, tmp_path: Path) -> None:
    """The clock stands unless the test moves it, so patience is exact. The last test, for it ends the services."""
    api, clock_file, already = stage.services.api, stage.folder / "clock", stage.told()

    def told() -> Counter[str]:
        return stage.told() - already

    def open_subjects() -> set[str]:
        return {incident["subject"] for incident in stage.health()["incidents"]}

    def after(minutes: int) -> None:
        set_replay_clock(clock_file, EIGHT + timedelta(minutes=minutes))

    def database_is_back() -> bool:
        try:
            return revive_server(stage.settings.postgres)
        except subprocess.SubprocessError:
            return False

    def run(dag_id: str) -> str:
        run_id = api.trigger(dag_id)
        return api.wait(dag_id, run_id)

    with samba_server(tmp_path / "samba") as (share, lies_at):
        for agency in load_register(PLAN_DIR).agencies:
            (lies_at / "inbox" / agency.code).mkdir(parents=True)
        connection = {
            "connection_id": "tiendo_share", "conn_type": "samba", "host": share.host, "port": share.port,
            "schema": share.share, "login": share.login, "password": share.password,
            "extra": json.dumps({"path": share.path}),
        }  # fmt: skip
        api._send("POST", "/api/v2/connections", json=connection)
        assert run("collect_folders") == "success"
        stage.wait_for_looks()
        assert stage.health()["is_well"]

        # Everything goes wrong at once.
        servers = stop(tmp_path / "samba" / "smb.conf"), stop(stage.imap.folder / "dovecot.conf")
        (stage.folder / "fail").touch()
        (stage.folder / "dags" / "broken.py").write_text(
            "# A DAG of airflow.\nimport no_such_module_anywhere\n", encoding="utf-8"
        )
        api._send("PATCH", "/api/v2/dags/compute_status", json={"is_paused": True})
        for dag_id in ("fails_while_asked", "collect_folders", "collect_mailbox"):
            assert run(dag_id) == "failed"
        stage.wait_for(api.import_errors, lambda: "the broken file is not read")
        for name in JOBS:
            stage.end(name)
        everything = set(INCIDENTS | UNREACHED)
        stage.wait_for(lambda: open_subjects() == everything, open_subjects)
        stage.wait_for_looks()
        assert not told(), "it may be a restart"
        after(4)
        stage.wait_for(lambda: told().total() >= len(INCIDENTS), told)
        stage.wait_for_looks()
        assert told() == Counter(INCIDENTS.values())
        after(16)
        stage.wait_for(lambda: told().total() >= len(everything), told)

        # Who looks is killed, and the database too; what is known survives.
        postmaster = postmaster_pid(stage.settings.postgres)
        assert postmaster
        os.kill(postmaster, signal.SIGKILL)
        stage.wait_for((stage.settings.home / "watch" / "database-down.json").exists, lambda: "no look without it")
        after(20)
        stage.wait_for(lambda: told()[DATABASE], told)
        watch = stage.services.supervisor._running["watch"]
        watch.kill()
        watch.wait()
        stage.wait_for(database_is_back, lambda: "PostgreSQL does not come back")
        assert not stage.health()["is_well"]
        (stage.folder / "dags" / "broken.py").unlink()
        (stage.folder / "fail").unlink()
        # In sessions of their own: smbd ends its whole process group when it ends.
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
        again = [subprocess.Popen(command, **quiet) for command in servers]
        try:
            assert set(stage.services.supervisor.revive()) == {*JOBS, "watch"}
            stage.wait_for(lambda: set(api.health().values()) == {"healthy"}, api.health)
            bad = Counter([*INCIDENTS.values(), *UNREACHED.values(), DATABASE])
            stage.wait_for(lambda: told()[OVER + DATABASE], told)
            stage.wait_for_looks()
            assert told() == bad + Counter([OVER + DATABASE]), "nothing is told a second time"

            api._send("PATCH", "/api/v2/dags/compute_status", json={"is_paused": False})
            for dag_id in ("fails_while_asked", "collect_folders", "collect_mailbox"):
                assert run(dag_id) == "success"
            stage.wait_for(lambda: stage.health()["is_well"], stage.health)
            stage.wait_for_looks()
            assert told() == bad + Counter([OVER + DATABASE]), "it may come again"
            after(36)
            stage.wait_for(lambda: told().total() >= 2 * len(bad), told)
            stage.wait_for_looks()
            assert told() == bad + Counter({OVER + words: count for words, count in bad.items()})
            assert stage.health() | {"seconds_since_look": 0} == {
                "is_well": True, "is_watched": True, "seconds_since_look": 0, "database": None, "incidents": [],
            }  # fmt: skip
        finally:
            for server in again:
                server.terminate()
                server.wait(30)

    (mailbox,) = [mail for mail in stage.to_operations() if str(mail["Subject"]).endswith(f"] {UNREACHED['mailbox']}")]
    words = mail_text(mailbox)
    for said in (
        "08:00 ngày 13/03/2023",
        "Connection refused",
        "không đơn vị nào bị tính chậm",
        "mailbox-down",
        "/dags/",
    ):
        assert said in words
    broken = [mail for mail in stage.to_operations() if "broken.py" in str(mail["Subject"])]
    assert "No module named 'no_such_module_anywhere'" in mail_text(broken[0])


def mail_text(mail: EmailMessage) -> str:
    return str(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]
