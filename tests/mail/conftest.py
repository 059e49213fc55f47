"""A mailbox of each test's own on one real IMAP server, a real SMTP receiver, and the steps of a run."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, create_engine

from fixtures.mail_servers import ImapServer, SmtpServer, dovecot, smtp_receiver
from fixtures.post import NOON, Post
from fixtures.workbooks import filled_workbook
from tiendo import clock
from tiendo.mail.identity import Identity
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.settings import Settings
from tiendo.warehouse.engine import make_engine

_accounts = count(1)


@pytest.fixture(scope="session")
def imap() -> Iterator[ImapServer]:
    with dovecot() as server:
        yield server


@pytest.fixture
def smtp(imap: ImapServer) -> Iterator[SmtpServer]:
    with smtp_receiver(imap.certificates) as server:
        yield server


@pytest.fixture(autouse=True)
def replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "clock"
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(path))
    clock.set_replay_clock(path, NOON)
    return path


@pytest.fixture(scope="session")
def workbook(register: Register) -> bytes:
    """What Sở Y tế would send for the first quarter, filled in as it should be."""
    return filled_workbook(register, "so-y-te", Period(2023, 1))


@pytest.fixture
def post(imap: ImapServer, smtp: SmtpServer, settings: Settings, register: Register, engine: Engine) -> Post:
    login = f"baocao{next(_accounts)}@tiendo.binhduong.gov.vn"
    mailbox = imap.settings(login)
    identity = Identity(mailbox.name, login, "Tiendo Bình Dương", operations="vanhanh@tiendo.binhduong.gov.vn")
    return Post(imap, smtp, settings, register, engine, mailbox, identity)


@pytest.fixture
def other_engine(postgres: URL, migrated_template: str) -> Iterator[Engine]:
    """The warehouse of a second instance."""
    name = f"other_{next(_accounts)}"
    admin = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"create database {name} template {migrated_template}")
    engine = make_engine(postgres.set(database=name))
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.exec_driver_sql(f"drop database {name} with (force)")
    admin.dispose()
