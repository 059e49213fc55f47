"""Airflow's connections against real servers: password and OAuth 2.0, certificates checked, nothing by default."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from socket import SHUT_RDWR
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from sqlalchemy import Engine, make_url

from fixtures.mail_servers import ADDRESS, ImapServer, SmtpServer, dovecot, message, smtp_receiver
from tiendo.airflow_glue import arrivals
from tiendo.airflow_glue import mail as glue
from tiendo.airflow_glue.arrivals import MailboxPost
from tiendo.airflow_glue.deadline import PlanDeadline, publication_alerts, tell_operations
from tiendo.airflow_glue.warehouse import AllParts
from tiendo.clock import HANOI
from tiendo.collect.authentication import NOBODY, MailTrust
from tiendo.collect.imap_mailbox import MailboxDownError, open_inbox
from tiendo.mail.outgoing import SmtpDownError
from tiendo.model.plans import Plans
from tiendo.model.register import Register
from tiendo.process.mail_run import collect_mail
from tiendo.settings import Settings
from tiendo.warehouse.engine import make_engine


@pytest.fixture(scope="module")
def imap() -> Iterator[ImapServer]:
    with dovecot() as server:
        yield server


@pytest.fixture
def smtp(imap: ImapServer) -> Iterator[SmtpServer]:
    with smtp_receiver(imap.certificates) as server:
        yield server


@pytest.fixture
def configure(imap: ImapServer, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets both connections as an environment does; the system trusts the test's authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(imap.certificates.authority))

    def set_connections(imap_changes: dict[str, Any] | None = None, smtp_changes: dict[str, Any] | None = None) -> None:
        connections = {
            "IMAP": {"conn_type": "imap", "port": imap.port, "password": imap.password} | (imap_changes or {}),
            "SMTP": {
                "conn_type": "smtp",
                "port": smtp.port,
                "password": smtp.password,
                "extra": {"from_email": ADDRESS, "disable_tls": True},  # TLS from the first byte, no STARTTLS after it
            }
            | (smtp_changes or {}),
        }
        for name, values in connections.items():
            document = {"host": "localhost", "login": ADDRESS} | values
            monkeypatch.setenv(f"AIRFLOW_CONN_TIENDO_{name}", json.dumps(document))

    return set_connections


def test_nothing_is_configured_by_default() -> None:
    assert glue.open_mail() is None


def test_by_password(configure: Any, smtp: SmtpServer) -> None:
    configure()
    mail = glue.open_mail()
    assert mail is not None
    with open_inbox(mail.mailbox) as inbox:
        assert inbox.uids() == []
    with mail.open_smtp() as client:
        client.sendmail(ADDRESS, ["a@x.vn"], b"Subject: a\r\n\r\nb")
    assert [to for to, _ in smtp.received] == ["a@x.vn"]
    assert (mail.identity.address, mail.identity.answers_per_hour) == (ADDRESS, 20)
    assert mail.mailbox.trust == NOBODY


def test_whom_the_mailbox_believes(configure: Any, settings: Settings, register: Register, engine: Engine) -> None:
    configure()
    mail = glue.open_mail()
    assert mail is not None
    with pytest.raises(ValueError, match="does not say whose Authentication-Results count"):
        collect_mail(settings, register, engine, mail)
    for extra, trust in (
        ({"authserv_id": "mx.vn", "relaxed_domains": ["X.vn"]}, MailTrust("mx.vn", frozenset({"x.vn"}))),
        ({"unauthenticated": "accept"}, MailTrust(is_unchecked=True)),
        ({"unauthenticated": "yes"}, NOBODY),
    ):
        configure({"extra": extra})
        mail = glue.open_mail()
        assert mail is not None
        assert mail.mailbox.trust == trust
    configure({"extra": {"unauthenticated": "accept"}})
    mail = glue.open_mail()
    assert mail is not None
    assert collect_mail(settings, register, engine, mail) == Counter()


def test_by_oauth2(configure: Any, imap: ImapServer, smtp: SmtpServer) -> None:
    configure(
        {"password": None, "extra": {"auth_type": "oauth2", "access_token": imap.token}},
        {
            "password": None,
            "extra": {
                "auth_type": "oauth2",
                "access_token": smtp.token,
                "from_email": ADDRESS,
                "disable_tls": True,
                "operations_email": "vanhanh@x.vn",
                "answers_per_hour": 5,
            },
        },
    )
    mail = glue.open_mail()
    assert mail is not None
    with open_inbox(mail.mailbox) as inbox:
        assert inbox.uids() == []
    with mail.open_smtp() as client:
        client.sendmail(ADDRESS, ["a@x.vn"], b"Subject: a\r\n\r\nb")
    assert smtp.logins == [f"user={ADDRESS}\x01auth=Bearer {smtp.token}\x01\x01"]
    assert (mail.identity.operations, mail.identity.answers_per_hour) == ("vanhanh@x.vn", 5)


def test_a_certificate_that_is_not_trusted_is_refused(configure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    configure({}, {"extra": {"from_email": ADDRESS, "disable_tls": True, "retry_limit": 0}})
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(SmtpDownError, match="CERTIFICATE_VERIFY_FAILED"), glue.open_smtp():
        pass


@pytest.mark.parametrize(
    ("imap_changes", "smtp_changes", "words"),
    [
        ({"extra": {"use_ssl": False}}, {}, "must use TLS"),
        ({"extra": {"ssl_context": "none"}}, {}, "must use TLS"),
        ({"login": ""}, {}, "needs a host and a login"),
        ({}, {"extra": {"from_email": "Tiendo <a@x.vn>"}}, "from_email .* is no mail address"),
        ({}, {"extra": {"ssl_context": "none"}}, "must use TLS"),
        ({}, {"extra": {"disable_ssl": True, "disable_tls": True}}, "must use TLS"),
    ],
)
def test_what_is_unsafe_or_lacking_is_said(
    configure: Any, imap_changes: dict[str, Any], smtp_changes: dict[str, Any], words: str
) -> None:
    configure(imap_changes, smtp_changes)
    with pytest.raises(ValueError, match=words):
        glue.open_mail()


def test_one_connection_without_the_other_is_said(configure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    configure()
    monkeypatch.delenv("AIRFLOW_CONN_TIENDO_SMTP")
    with pytest.raises(ValueError, match="tiendo_smtp is missing"):
        glue.open_mail()


@pytest.mark.parametrize("step", [glue.answer_or_skip, glue.send_or_skip])
def test_without_a_mailbox_the_step_is_skipped_and_the_run_says_so(
    step: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    told: list[str] = []
    monkeypatch.setattr("tiendo.airflow_glue.run_words.tell", told.append)
    with pytest.raises(AirflowSkipException, match="No mailbox is configured"):
        step()
    with pytest.raises(AirflowSkipException, match="No mailbox is configured"):
        step(is_told=False)
    assert len(told) == 1
    assert told[0].startswith("Chưa cấu hình thư điện tử (tiendo_imap, tiendo_smtp): ")


def test_where_there_is_nothing_to_do_the_step_is_not_skipped(
    configure: Any, engine: Engine, register: Register, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Skipped is what is not configured; who has looked and found nothing is green."""
    configure()
    opened = AllParts(settings, Plans((register,)), engine)
    monkeypatch.setattr("tiendo.airflow_glue.warehouse.open_warehouse", lambda: opened)
    assert glue.answer_or_skip() == {"sent": [], "moved": {}}


class TestAlerts:
    """What a deadline that has passed makes of the connection; the scheduler's part is tested end to end."""

    @pytest.fixture(autouse=True)
    def own_warehouse(
        self, engine: Engine, register: Register, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened = AllParts(settings, Plans((register,)), engine)
        monkeypatch.setattr("tiendo.airflow_glue.warehouse.open_warehouse", lambda: opened)

    RUN: ClassVar[dict[str, Any]] = {
        "dag_id": "publish_report",
        "dag_run_id": "scheduled__2023-03-14T09:30:00+00:00__2023-Q1",
        "partition_key": "2023-Q1",
        "state": "running",
    }
    EXTRA: ClassVar[dict[str, Any]] = {"from_email": ADDRESS, "disable_tls": True, "operations_email": "vanhanh@x.vn"}

    def test_reach_operations_with_what_and_where(self, configure: Any, smtp: SmtpServer) -> None:
        configure(smtp_changes={"extra": self.EXTRA})
        tell_operations("publication", {"dag_run": self.RUN})
        ((to, raw),) = smtp.received
        mail: Any = message_from_bytes(raw, policy=default)
        what = "Đã quá giờ ban hành mà báo cáo 2023-Q1 chưa được ban hành: bản dự thảo chờ phê duyệt, hoặc có lỗi."
        assert (to, mail["From"], mail["Subject"]) == ("vanhanh@x.vn", ADDRESS, f"[Tiendo] {what}")
        assert (mail["Auto-Submitted"], mail["X-Loop"]) == ("auto-generated", ADDRESS)
        page = "/dags/publish_report/runs/scheduled__2023-03-14T09%3A30%3A00%2B00%3A00__2023-Q1\n"
        assert page in mail.get_content()

    @pytest.mark.parametrize("alert", ["publication", "due_day", "answer"])
    def test_have_words_of_their_own(self, configure: Any, smtp: SmtpServer, alert: str) -> None:
        configure(smtp_changes={"extra": self.EXTRA})
        tell_operations(alert, {"dag_run": self.RUN | {"partition_key": None}})
        assert len(smtp.received) == 1

    def test_of_a_later_edition_wake_nobody(self, configure: Any, smtp: SmtpServer, engine: Engine) -> None:
        configure(smtp_changes={"extra": self.EXTRA})
        tell_operations("due_day", {"dag_run": self.RUN})
        assert len(smtp.received) == 1
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "insert into core.edition (plan_code, period, edition, as_of, approved_by, approved_at, "
                "published_at, manifest_sha256, manifest) "
                "values ('282-kh-ubnd-2023', '2023-Q1', 1, now(), 'a', now(), now(), repeat('a', 64), '{}')"
            )
        tell_operations("due_day", {"dag_run": self.RUN})
        assert len(smtp.received) == 1

    def test_without_a_warehouse_operations_are_woken(
        self, configure: Any, smtp: SmtpServer, register: Register, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        configure(smtp_changes={"extra": self.EXTRA})
        nowhere = make_engine(make_url("postgresql+psycopg://nobody@127.0.0.1:1/nothing"))
        opened = AllParts(settings, Plans((register,)), nowhere)
        monkeypatch.setattr("tiendo.airflow_glue.warehouse.open_warehouse", lambda: opened)
        tell_operations("due_day", {"dag_run": self.RUN})
        assert len(smtp.received) == 1

    def test_reach_nobody_where_nobody_is_named(self, configure: Any, smtp: SmtpServer) -> None:
        tell_operations("answer", {"dag_run": self.RUN})
        configure()
        tell_operations("answer", {"dag_run": self.RUN})
        assert smtp.received == []

    def test_say_so_when_the_server_is_down(self, configure: Any) -> None:
        configure(smtp_changes={"port": 1, "extra": self.EXTRA | {"retry_limit": 1}})
        with pytest.raises(SmtpDownError):
            tell_operations("answer", {"dag_run": self.RUN})


class TestPlanDeadline:
    NOW = datetime(2023, 3, 14, 16, 30, tzinfo=HANOI)
    REFERENCE = PlanDeadline({"2023-Q1": "2023-03-14T17:00:00+07:00"})

    @pytest.mark.parametrize(
        ("key", "run_type", "minutes", "is_set"),
        [
            ("2023-Q1", "scheduled", 0, True),
            ("2023-Q1", "manual", 0, True),
            ("2023-Q1", "manual", 31, False),
            ("2023-Q1", "backfill", 31, False),
            ("2023-Q1", "asset_triggered", 31, False),
            ("2023-Q1", "scheduled", 31, True),  # made up for after an outage: it is late
            ("2023-Q2", "scheduled", 0, False),
            (None, "manual", 0, False),
        ],
    )
    def test_a_run_that_nobody_waits_for_has_none(
        self, key: str | None, run_type: str, minutes: int, is_set: bool
    ) -> None:
        found = self.REFERENCE.deadline_of(key, run_type, self.NOW + timedelta(minutes=minutes))
        assert found == (self.NOW + timedelta(minutes=30) if is_set else None)

    def test_airflow_asks_it_for_each_new_run(self) -> None:
        """By the hook of Airflow that it overrides."""
        from airflow.serialization.definitions.deadline import SerializedReferenceModels

        stored = SerializedReferenceModels.SerializedCustomReference(self.REFERENCE)

        def ask(run_type: str, partition_key: str | None = None, period: str = "") -> datetime | None:
            run = SimpleNamespace(partition_key=partition_key, run_type=run_type, conf={"period": period})
            return stored.evaluate_with(
                session=SimpleNamespace(execute=lambda _: SimpleNamespace(one=lambda: run)),  # type: ignore[arg-type]
                interval=timedelta(minutes=1), dag_id="publish_report", run_id="run-1",
            )  # fmt: skip

        assert ask("scheduled", "2023-Q1") == self.NOW + timedelta(minutes=31)
        assert ask("operator_triggered", period="2023-Q1") is None
        # What a person starts without a period is refused before it is made.
        with pytest.raises(ValueError, match="Chưa chọn kỳ báo cáo"):
            ask("manual")
        assert ask("scheduled") is None

    def test_what_is_stored_gives_the_same(self) -> None:
        again = PlanDeadline.deserialize_reference(json.loads(json.dumps(self.REFERENCE.serialize_reference())))
        assert again == self.REFERENCE
        assert again.instants == self.REFERENCE.instants

    def test_the_last_call_is_on_a_working_day(self, register: Register) -> None:
        """Were the last day to submit Sunday the 17th, the last call would be on Friday the 15th."""
        entry = replace(register.calendar[2], due_at=datetime(2023, 9, 18, tzinfo=HANOI))
        _, due_day = publication_alerts(replace(register, calendar=(entry,)))
        assert due_day.reference.instants == {"282-kh-ubnd-2023:2023-Q3": "2023-09-15T20:00:00+07:00"}  # type: ignore[attr-defined]


class TestLookout:
    """Who looks out for messages: in one session, told by the server."""

    @pytest.fixture
    def login(self, imap: ImapServer, monkeypatch: pytest.MonkeyPatch) -> str:
        login = "ngong@tiendo.binhduong.gov.vn"
        monkeypatch.setattr(glue, "mailbox_settings", lambda: imap.settings(login))
        return login

    def test_the_server_wakes_it(self, imap: ImapServer, login: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(arrivals, "MAILBOX_SECONDS", 1500)  # so long it would wait if nobody told it
        post = MailboxPost()
        try:
            imap.put(message().as_bytes(), login)
            assert post.look() == (1, 0)
            with ThreadPoolExecutor(1) as thread:
                waiting = thread.submit(post.look)
                assert not wait([waiting], timeout=2).done
                imap.put(message().as_bytes(), login)
                assert waiting.result() == (0, 0)
            assert post.look() == (1, 0)
        finally:
            post.close()

    def test_a_server_that_cannot_is_asked(self, imap: ImapServer, login: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(arrivals, "MAILBOX_SECONDS", 0.1)
        post = MailboxPost()
        post.look()
        monkeypatch.setattr(post._opened._box.client, "capabilities", ("IMAP4REV1",))
        imap.put(message().as_bytes(), login)
        assert [post.look().new for _ in range(3)] == [0, 1, 0]
        post._opened._box.client.sock.shutdown(SHUT_RDWR)  # the server is gone
        with pytest.raises(MailboxDownError):
            post.look()
        assert post.look().new == 0  # a new session, and nothing is new
        post.close()

    def test_without_a_mailbox_there_is_nothing_to_look_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(glue, "mailbox_settings", lambda: None)
        assert MailboxPost().look() == (0, arrivals.ABSENT_SECONDS)
