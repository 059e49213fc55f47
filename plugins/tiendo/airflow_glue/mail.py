"""Airflow's mail connections as the library's settings: ``tiendo_imap`` (type imap) and ``tiendo_smtp`` (type smtp).

Both log in by password, or by OAuth 2.0 where the extra says ``"auth_type": "oauth2"``: with an ``access_token``, or
with the client credentials from which the SMTP provider gets one.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tiendo.mail.identity import Identity

if TYPE_CHECKING:
    import smtplib

    from tiendo.collect.imap_mailbox import MailboxSettings
    from tiendo.process.mail_run import Mail

IMAP_ID = "tiendo_imap"
SMTP_ID = "tiendo_smtp"
log = logging.getLogger(__name__)


def open_mail() -> "Mail | None":
    """Returns the mailbox of the connections, or None when neither is configured.

    Raises:
        ValueError: one is there without the other, or lacks what it needs.
    """
    from tiendo.process.mail_run import Mail

    imap, smtp = _connection(IMAP_ID), _connection(SMTP_ID)
    if imap is None and smtp is None:
        return None
    if imap is None or smtp is None:
        missing = IMAP_ID if imap is None else SMTP_ID
        raise ValueError(f"The connection {missing} is missing: mail is taken only where it can be answered.")
    mailbox, smtp_extra = _mailbox_settings(imap), smtp.extra_dejson
    has_tls = not (smtp_extra.get("disable_ssl") and smtp_extra.get("disable_tls"))
    _check_tls(SMTP_ID, smtp_extra, has_tls=has_tls)
    address = smtp_extra.get("from_email") or smtp.login or mailbox.login
    identity = Identity(
        mailbox=mailbox.name,
        address=_address(address, "from_email"),
        name=str(smtp_extra.get("from_name", "")),
        operations=_address(smtp_extra["operations_email"], "operations_email")
        if smtp_extra.get("operations_email")
        else "",
        answers_per_hour=int(smtp_extra.get("answers_per_hour", Identity.answers_per_hour)),
    )
    return Mail(mailbox, identity, open_smtp)


def mailbox_settings() -> "MailboxSettings | None":
    """Returns how to reach the mailbox, None when it is not configured.

    Raises:
        ValueError: the connection lacks what it needs.
    """
    imap = _connection(IMAP_ID)
    return _mailbox_settings(imap) if imap else None


def _mailbox_settings(imap: Any) -> "MailboxSettings":
    from tiendo.collect.authentication import MailTrust
    from tiendo.collect.imap_mailbox import MailboxSettings

    extra = imap.extra_dejson
    if not imap.host or not imap.login:
        raise ValueError(f"The connection {IMAP_ID} needs a host and a login.")
    _check_tls(IMAP_ID, extra, has_tls=extra.get("use_ssl", True))
    return MailboxSettings(
        host=imap.host,
        port=imap.port or 993,
        login=imap.login,
        password=imap.password or "",
        token=_token(IMAP_ID, extra),
        trust=MailTrust(
            authserv_id=str(extra.get("authserv_id", "")),
            relaxed_domains=frozenset(map(str.lower, extra.get("relaxed_domains", []))),
            is_unchecked=extra.get("unauthenticated") == "accept",
        ),
    )


def _check_tls(name: str, extra: dict[str, Any], *, has_tls: bool) -> None:
    if not has_tls or extra.get("ssl_context", "default") != "default":
        raise ValueError(f"The connection {name} must use TLS with a certificate that is checked.")


def is_mail_set_up() -> bool:
    """Returns whether both connections are there; whether they are right is seen when they are used."""
    return all(_connection(name) is not None for name in (IMAP_ID, SMTP_ID))


def operations_mail() -> tuple[str, str] | None:
    """Returns our own address and that of operations, None when either is not configured."""
    smtp = _connection(SMTP_ID)
    if smtp is None or not smtp.extra_dejson.get("operations_email"):
        return None
    sender = _address(smtp.extra_dejson.get("from_email") or smtp.login, "from_email")
    return sender, _address(smtp.extra_dejson["operations_email"], "operations_email")


@contextmanager
def open_smtp() -> Iterator["smtplib.SMTP"]:
    """Gives the SMTP provider's logged-in client.

    Raises:
        SmtpDownError: the server is out of reach or refuses the login.
    """
    import smtplib

    from airflow.providers.smtp.hooks.smtp import SmtpHook
    from airflow.sdk.exceptions import AirflowException

    from tiendo.mail.outgoing import SmtpDownError

    class GreetingHook(SmtpHook):
        """Greets first: without EHLO a server refuses XOAUTH2 with 503, which smtplib takes for "logged in already"."""

        # Own method of SmtpHook (provider smtp 3.2), called by get_conn, which logs in at once: there is no other place
        # between the connection and the login.
        def _build_client(self) -> smtplib.SMTP_SSL | smtplib.SMTP:
            client = super()._build_client()
            client.ehlo_or_helo_if_needed()
            return client

    hook = GreetingHook(SMTP_ID)
    try:
        hook.get_conn()
    except (AirflowException, smtplib.SMTPException, OSError) as error:
        raise SmtpDownError(f"{type(error).__name__}: {error}") from error
    client: Any = hook._smtp_client
    try:
        yield client
    finally:
        client.close()


def _connection(conn_id: str) -> Any:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return Connection.get(conn_id)
    except AirflowNotFoundException:
        return None


def _token(conn_id: str, extra: dict[str, Any]) -> str:
    """Returns a token that is valid now; the way to one is the SMTP provider's, whatever the connection is for."""
    if extra.get("auth_type") != "oauth2":
        return ""
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    hook = SmtpHook(conn_id)
    hook.smtp_connection = _connection(conn_id)
    return hook._get_oauth2_token()


def _address(text: Any, name: str) -> str:
    from tiendo.mail.headers import is_address

    address = str(text).strip().lower()
    if not is_address(address):
        raise ValueError(f"{name} of the connection {SMTP_ID} is no mail address: {address!r}")
    return address


def answer_or_skip(*, is_told: bool = True) -> dict[str, Any]:
    """Answers and files what is settled; the step that two DAGs share.

    Skipped means that mail is not configured; where there is nothing to do, it has looked and is green.

    Args:
        is_told: whether the run's note says that mail is not configured; of a run with another purpose it need not.

    Raises:
        AirflowSkipException: no mailbox is configured.
    """
    from tiendo.airflow_glue.warehouse import open_warehouse
    from tiendo.process.mail_run import answer_mail, has_open_mail

    mail = _mail_or_skip("thư không được tiếp nhận và trả lời", is_told=is_told)
    settings, plans, engine = open_warehouse()
    if not has_open_mail(engine, mail.identity):
        log.info("No message waits for an answer.")
        return {"sent": [], "moved": {}}
    rounds, moved = answer_mail(settings, plans, engine, mail)
    return {"sent": [sent._asdict() for sent in rounds], "moved": moved}


def send_or_skip(*, is_told: bool = True) -> dict[str, int]:
    """Sends what waits in the queue; how many were sent, held back, to be tried again, given up.

    Args:
        is_told: as for ``answer_or_skip``.

    Raises:
        AirflowSkipException: no mailbox is configured.
    """
    from tiendo.airflow_glue.warehouse import open_warehouse
    from tiendo.process.mail_run import send_mail

    mail = _mail_or_skip("thông báo chỉ nằm trong thư mục trả lời", is_told=is_told)
    return send_mail(*open_warehouse(), mail)._asdict()


def _mail_or_skip(consequence: str, *, is_told: bool) -> "Mail":
    from airflow.sdk.exceptions import AirflowSkipException

    from tiendo.airflow_glue.run_words import tell

    mail = open_mail()
    if mail is None:
        if is_told:
            tell(f"Chưa cấu hình thư điện tử ({IMAP_ID}, {SMTP_ID}): {consequence}.")
        raise AirflowSkipException("No mailbox is configured (connections tiendo_imap and tiendo_smtp).")
    return mail
