"""Airflow's connections against real servers: password and OAuth 2.0, certificates checked, nothing by default."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from fixtures.mail_servers import ADDRESS, ImapServer, SmtpServer, dovecot, smtp_receiver
from tiendo.airflow_glue import mail as glue
from tiendo.mail.imap_mailbox import open_inbox
from tiendo.mail.outgoing import SmtpDownError


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


def test_without_a_mailbox_the_step_is_skipped_and_says_so() -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    with pytest.raises(AirflowSkipException, match="No mailbox is configured"):
        glue.answer_or_skip()
