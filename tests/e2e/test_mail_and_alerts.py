"""Mail under a real scheduler: alerts, reminders, and a body that sends its report by mail until it is right.

A test cannot wait for an hour to pass: it moves what Airflow has noted for a run into the past, and all else happens as
it would. The replay clock stands at 13 March 2023, 08:00, so the reminders are those of the day before the last.
"""

import io
import json
import shutil
import time
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

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from sqlalchemy import Engine, text

from fixtures.mail_servers import ADDRESS, ImapServer, SmtpServer, dovecot, smtp_receiver
from fixtures.marked import comments, through_libreoffice
from fixtures.workbooks import filled_workbook, put, row_of
from tiendo.clock import HANOI, set_replay_clock
from tiendo.collect.ledger import ledger_document
from tiendo.local.api_client import AirflowApi
from tiendo.local.environment import REVIEWER, passwords
from tiendo.local.replay import follow, publish
from tiendo.local.services import Running, airflow_services, database_urls, say
from tiendo.model.period import Period
from tiendo.plan.register import load_register
from tiendo.reading.columns import INDICATORS
from tiendo.settings import INCLUDE, PROJECT, Settings
from tiendo.warehouse.embedded import stop_server
from tiendo.warehouse.engine import make_engine, warehouse_url

pytestmark = pytest.mark.timeout(3600)
PLAN_DIR = INCLUDE / "plans" / "282-kh-ubnd-2023"
OPERATIONS = "vanhanh@tiendo.binhduong.gov.vn"
OWN_SERVER = "mx.tiendo.binhduong.gov.vn"
SECONDS = 240


@dataclass(frozen=True)
class Stage:
    """Services that run, and the mail server they write to."""

    services: Running
    reviewer: AirflowApi
    settings: Settings
    imap: ImapServer
    smtp: SmtpServer
    metadata: Engine

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
    path = dags / "publish_report.py"
    source = path.read_text(encoding="utf-8")
    old, tomorrow = "deadline=publication_alerts(get_register())", (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert old in source
    instants = {"2023-Q1": tomorrow, "2023-Q2": tomorrow}
    source = source.replace(old, f"deadline=_until_tomorrow(publication_alerts(get_register()), {instants})")
    path.write_text(source.replace("@dag(", UNTIL_TOMORROW, 1), encoding="utf-8")
    return dags


UNTIL_TOMORROW = """
def _until_tomorrow(alerts, instants):
    for alert in alerts:
        alert.reference.instants = instants
    return alerts


@dag("""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with (
        TemporaryDirectory(prefix="tiendo-alerts-") as name,
        dovecot() as imap,
        smtp_receiver(imap.certificates) as smtp,
        pytest.MonkeyPatch.context() as patch,
    ):
        folder = Path(name)
        settings = Settings(home=folder / "var", plan_dir=PLAN_DIR, database_url=None)
        extra: dict[str, Any] = {"from_email": ADDRESS, "operations_email": OPERATIONS, "disable_tls": True}
        server = {"host": "localhost", "login": ADDRESS}
        variables = {
            "AIRFLOW__CORE__DAGS_FOLDER": str(own_dags(folder)),
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
        set_replay_clock(clock_file, datetime(2023, 3, 13, 8, tzinfo=HANOI))
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
                yield Stage(services, reviewer, settings, imap, smtp, metadata)
                metadata.dispose()
        finally:
            stop_server(settings.postgres)


def test_alerts_ring_when_late_and_only_then(stage: Stage) -> None:
    api = stage.services.api
    late = api.trigger("publish_report", partition_key="2023-Q1")
    assert stage.deadlines("publish_report", late) == {"publication": False, "due_day": False}
    # All is well: done before its hour.
    publish(stage.services, stage.reviewer, Period(2023, 2), "Phòng Tổng hợp")
    (well,) = [run["dag_run_id"] for run in api.runs("publish_report") if run["partition_key"] == "2023-Q2"]
    assert stage.deadlines("publish_report", well) == {}
    # By hand for a period whose hour is over: nobody waits for it.
    other = api.trigger("publish_report", partition_key="2023-Q3")
    assert stage.deadlines("publish_report", other) == {}
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

    engine = make_engine(warehouse_url(stage.settings))
    states = [file["state"] for file in ledger_document(engine)["files"] if file["agency"] == body]
    engine.dispose()
    assert states == ["rejected", "accepted"]
    assert [len(stage.imap.raw(folder, ADDRESS)) for folder in ("INBOX", "Processed", "Attention")] == [0, 2, 0]
