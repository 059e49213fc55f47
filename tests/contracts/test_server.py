"""Roles and databases on a server of our own, made as ``tiendo init`` makes them; then the migrations."""

import base64
import hashlib
import hmac
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError

from fixtures.debian_postgres import debian_postgres
from fixtures.packages import needs
from tiendo.backup.databases import connected
from tiendo.model.register import Register
from tiendo.status.service import initialise
from tiendo.warehouse.embedded import temporary_server
from tiendo.warehouse.engine import AddressError, loader, make_engine, read_address, reader
from tiendo.warehouse.server import ServerError, prepare_server

STATE = """
    select rolname, rolsuper, rolcanlogin, array(select roleid::regrole::text from pg_auth_members where member = r.oid)
    from pg_roles r where rolname !~ '^pg_'
    union all
    select datname, datallowconn, null, array[datdba::regrole::text, datacl::text] from pg_database order by 1
"""


def _sides(admin: URL, *passwords: str) -> tuple[URL, URL]:
    of_warehouse, of_metadata = passwords or ("it's secret", "airflow-secret:%@/")
    return (
        admin.set(username="tiendo", password=of_warehouse, database="tiendo"),
        admin.set(username="airflow", password=of_metadata, database="airflow"),
    )


@pytest.fixture(scope="module")
def server() -> Iterator[URL]:
    """A server that had nothing in it, prepared."""
    with temporary_server("postgres") as url:
        prepare_server(url, *_sides(url))
        yield url


def _state(server: URL) -> list[tuple[object, ...]]:
    engine = make_engine(server)
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(text(STATE))]
    engine.dispose()
    return rows


def test_a_second_time_changes_nothing(server: URL) -> None:
    before = _state(server)
    prepare_server(server, *_sides(server))
    assert _state(server) == before
    assert {row[0] for row in before} >= {"tiendo", "airflow", "tiendo_loader", "tiendo_reader"}


def test_what_is_there_in_part_is_made_whole() -> None:
    """Whatever a crash between two lines has left, and a database that somebody made by hand."""
    with temporary_server("postgres") as url:
        engine = make_engine(url).execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for command in ("create role tiendo nologin", "create role tiendo_reader", "create database airflow"):
                connection.exec_driver_sql(command)
        engine.dispose()
        prepare_server(url, *_sides(url))
        in_part = _state(url)
    with temporary_server("postgres") as url:
        prepare_server(url, *_sides(url))
        assert in_part == _state(url)


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
    assert [_is_stored(server, side) for side in _sides(server)] == [True, True]


def test_a_changed_password_takes_effect(server: URL) -> None:
    changed = _sides(server, "another one", "and the other")
    assert not _is_stored(server, changed[0])
    prepare_server(server, *changed)
    assert [_is_stored(server, side) for side in changed] == [True, True]
    assert not _is_stored(server, _sides(server)[0])


def test_no_password_reaches_the_servers_log(server: URL) -> None:
    """With every statement logged, as an administrator may have set it."""
    engine = make_engine(server).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        log = connection.execute(
            text("select setting || '/log' from pg_settings where name = 'data_directory'")
        ).scalar()
        connection.exec_driver_sql("alter system set log_statement = 'all'")
        connection.exec_driver_sql("select pg_reload_conf()")
        sides = _sides(server, "words-to-look-for", "in-the-log")
        prepare_server(server, *sides)
        connection.exec_driver_sql("alter system reset log_statement")
        connection.exec_driver_sql("select pg_reload_conf()")
    engine.dispose()
    told = Path(str(log)).read_text()
    assert 'alter role "tiendo" login password' in told
    assert not [side.password for side in sides if str(side.password) in told]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"username": "postgres"}, "a role and a database of their own"),
        ({"username": "airflow"}, "a role and a database of their own"),
        ({"database": "airflow"}, "a role and a database of their own"),
        ({"password": ""}, "must name a role, its password and a database"),
        ({"host": "elsewhere.example"}, "not on the administrator's server"),
        ({"username": "chief"}, "chief is a superuser"),
    ],
)
def test_addresses_that_cannot_be_meant_are_refused(server: URL, changed: dict[str, str], said: str) -> None:
    engine = make_engine(server)
    with engine.begin() as connection:
        connection.exec_driver_sql("drop role if exists chief; create role chief superuser")
    engine.dispose()
    before = _state(server)
    warehouse, metadata = _sides(server)
    with pytest.raises(ServerError, match=said) as refused:
        prepare_server(server, warehouse.set(**changed), metadata)
    assert str(warehouse.password) not in str(refused.value)
    assert "elsewhere" not in str(refused.value)
    assert _state(server) == before


@pytest.mark.parametrize("version", ["embedded", "debian"])
def test_an_administrator_who_is_no_superuser_is_enough(version: str, register: Register) -> None:
    """As of a managed server. What counts is another from PostgreSQL 16 on: the embedded one is, Debian's is older."""
    with ExitStack() as running:
        if version == "embedded":
            url = running.enter_context(temporary_server("postgres"))
        else:
            with needs("postgresql", "redis-server"):
                url = running.enter_context(debian_postgres())
        with connected(url, isolation_level="AUTOCOMMIT") as connection:
            for command in (
                "create role chief login createrole createdb password 'a word / with @'",
                "create role foreign_one",
                "create database taken owner foreign_one",
            ):
                connection.exec_driver_sql(command)
        chief = url.set(username="chief", password="a word / with @")  # noqa: S106  of a server that ends with the test
        sides = _sides(url)
        prepare_server(chief, *sides)
        before = sorted(map(repr, _state(url)))
        prepare_server(chief, *sides)
        assert sorted(map(repr, _state(url))) == before
        engine = make_engine(sides[0])
        initialise(engine, register)
        with reader(engine) as connection:
            assert connection.execute(text("select count(*) from mart.indicator_status")).scalar()
        engine.dispose()
        with pytest.raises(ServerError, match=r"^The database server refuses chief: must be \w+ of \w+ \S+$"):
            prepare_server(chief, sides[0].set(database="taken"), sides[1])


@pytest.mark.parametrize(
    "given", ["tiendo:p@ss-w@db:5432/tiendo", "tiendo:p@ss/ss-w@db/tiendo", "t:p@s?ss-w@db/tiendo"]
)
def test_a_bare_at_sign_in_a_password_is_refused_before_the_rest_passes_for_a_host(given: str) -> None:
    with pytest.raises(AddressError, match=r"^TIENDO_DATABASE_URL has more than one @: write %40") as refused:
        read_address("TIENDO_DATABASE_URL", f"postgresql://{given}")
    assert "ss-w" not in str(refused.value)


def test_init_makes_a_server_ready_only_with_the_administrators_address(
    tmp_path: Path,
) -> None:
    def init(**variables: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "tiendo.cli.__main__", "init"],
            env={**os.environ, "TIENDO_HOME": str(tmp_path), **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stderr.strip()

    with temporary_server("postgres") as url:
        warehouse, metadata = (
            side.set(drivername="postgresql").render_as_string(hide_password=False) for side in _sides(url)
        )
        admin = url.render_as_string(hide_password=False)
        code, said = init(TIENDO_DATABASE_URL=warehouse)
        assert (code, said.count("\n")) == (1, 0)
        assert 'role "tiendo" does not exist' in said
        code, said = init(TIENDO_DATABASE_URL=warehouse, TIENDO_ADMIN_DATABASE_URL=admin)
        assert (code, said.count("\n")) == (1, 0)
        assert "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN must be set too" in said
        assert not [row for row in _state(url) if row[0] == "tiendo"]
        addresses = {"TIENDO_DATABASE_URL": warehouse, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata}
        for name, wrong in (
            ("TIENDO_ADMIN_DATABASE_URL", "postgres:pass-word"),
            ("TIENDO_DATABASE_URL", "x://pass-word"),
        ):
            code, said = init(**addresses | {"TIENDO_ADMIN_DATABASE_URL": admin, name: wrong})
            assert (code, said.partition(" is ")[0], said.count("\n")) == (1, name, 0)
            assert "pass-word" not in said
        for _ in range(2):
            assert init(**addresses, TIENDO_ADMIN_DATABASE_URL=admin) == (0, "")
        assert init(**addresses) == (0, "")
    assert (tmp_path / "inbox").is_dir()


def _is_stored(server: URL, side: URL) -> bool:
    """Whether the server keeps this password (RFC 5802); the embedded one trusts its socket and asks for none."""
    engine = make_engine(server)
    with engine.connect() as connection:
        query = text("select rolpassword from pg_authid where rolname = :role")
        secret = str(connection.execute(query, {"role": side.username}).scalar())
    engine.dispose()
    mechanism, work, keys = secret.split("$")
    rounds, salt = work.split(":")
    salted = hashlib.pbkdf2_hmac("sha256", str(side.password).encode(), base64.b64decode(salt), int(rounds))
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    assert mechanism == "SCRAM-SHA-256"
    return base64.b64decode(keys.split(":")[0]) == stored_key
