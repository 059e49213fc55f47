"""Who did what by hand, when and why: rows that are only ever added, in the transaction of the act itself."""

import os
import pwd
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import simplejson
from sqlalchemy import Connection, Engine

from tiendo import clock
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

# Accounts that services run under: whoever acts as one of them must say who it is.
_SERVICES = frozenset({"airflow", "tiendo", "postgres", "pgserver"})
# Who is logged in where a server acts for somebody.
_LOGGED_IN: ContextVar[str] = ContextVar("logged_in", default="")


class NobodyError(ValueError):
    """An act by hand that nobody answers for; the message says what to add."""


def responsible(by: str = "") -> str:
    """Returns who answers for an act by hand: ``Nguyễn Văn An (tự khai; tài khoản an)``, or the account alone.

    Args:
        by: the name that the person gave; "" for none.

    Raises:
        NobodyError: no name was given, and the account is a service's.
    """
    if logged_in := _LOGGED_IN.get():
        return logged_in
    account = acting_user()
    if by.strip():
        return f"{by.strip()} (tự khai; tài khoản {account})"
    if account in _SERVICES or account.startswith("uid "):
        raise NobodyError(f'The account {account} is no person\'s. Say who does this: --by "name, office".')
    return account


@contextmanager
def acting_for(account: str) -> Iterator[None]:
    """Has what is done meanwhile be in the name of an account that a login has made sure of."""
    token = _LOGGED_IN.set(account)
    try:
        yield
    finally:
        _LOGGED_IN.reset(token)


def acting_user() -> str:
    """Returns the system's name of who runs this process; where it is another's by sudo, both names."""
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a container may run under a number that has no name
        name = f"uid {os.geteuid()}"
    caller = os.environ.get("SUDO_USER")
    return f"{caller} (as {name})" if caller and caller != name else name


def record_answer(
    connection: Connection, *, act: str, subject: str, comment: str, details: Mapping[str, Any], done_by: str
) -> None:
    """Adds what a reviewer answered; ``details["question"]`` names the answer, which is recorded once.

    Args:
        act: ``approve``, ``reject``, or ``return`` to a body.
        subject: the edition, ``2023-Q1/2``, or the number of the request for correction.
        comment: the reviewer's words; where there are none, that is said.
    """
    connection.execute(
        statement("operations/put_answer.sql"),
        {
            "done_at": clock.now(),
            "done_by": done_by,
            "act": act,
            "subject": subject,
            "reason": comment.strip() or "(không có ý kiến)",
            "details": simplejson.dumps(details, use_decimal=True, ensure_ascii=False),
        },
    )


def record(
    connection: Connection, *, act: str, subject: str, reason: str, details: Mapping[str, Any], done_by: str
) -> None:
    """Adds a row in the caller's transaction.

    Args:
        act: ``requeue`` or ``release``.
        subject: the receipt of the file acted upon.
        reason: why, in the actor's words.
        details: what else explains the act; anything JSON can hold.
        done_by: see ``responsible``.
    """
    connection.execute(
        statement("operations/put_audit.sql"),
        {
            "done_at": clock.now(),
            "done_by": done_by,
            "act": act,
            "subject": subject,
            "reason": reason.strip(),
            "details": simplejson.dumps(details, use_decimal=True, ensure_ascii=False),
        },
    )


def audit_rows(engine: Engine) -> list[dict[str, Any]]:
    """Returns all rows, the oldest first: the document of ``tiendo audit --json``."""
    with loader(engine) as connection:
        return [dict(row) for row in connection.execute(statement("operations/audit.sql")).mappings()]
