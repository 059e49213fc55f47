"""Connections to the warehouse, each with the rights of the role it needs and no more."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, partial

import simplejson
from sqlalchemy import URL, Connection, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from tiendo.settings import RESTORING, Settings, get_settings
from tiendo.warehouse.sql import statement

DATABASE = "tiendo"
# The database bounds the sessions of others (operations/sessions.sql): a load takes as long as it takes.
_SESSION = "-c timezone=Asia/Ho_Chi_Minh -c statement_timeout=0 -c idle_in_transaction_session_timeout=0"
# Every load, status run and edition takes this lock before it reads the clock, so that instants order like commits:
# what an edition saw at its instant is all that was recorded before it. Loads share it, each body's one after another.
LOAD_LOCK = "select pg_advisory_xact_lock(hashtext('tiendo.load'))"


class AddressError(ValueError):
    """A setting is no address of a database; the message names the setting, not what it holds."""


class RestoreUnfinishedError(RuntimeError):
    """The home is one into which a backup is being restored; the message says so."""


def read_address(name: str, given: str) -> URL:
    """Reads a PostgreSQL address from the setting ``name``.

    Raises:
        AddressError: it is none, or has an unwritten "@" in its password: all after the first would be taken for a
            host, and be printed as one.
    """
    if given.count("@") > 1:
        raise AddressError(f"{name} has more than one @: write %40 for an @ in a password (and %25 for a %)")
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        url = URL.create("none")
    if url.get_backend_name() != "postgresql" or not url.database:
        raise AddressError(f"{name} is no address of a PostgreSQL database: postgresql://user:password@host:5432/name")
    return url.set(drivername="postgresql+psycopg")


# In compose: whose password is which line of .env.
_PASSWORDS = {"tiendo": "TIENDO_DB_PASSWORD", "airflow": "AIRFLOW_DB_PASSWORD", "postgres": "POSTGRES_PASSWORD"}


def why_unreachable(error: OperationalError) -> str:
    """Returns in a sentence why a database cannot be used, as the server says it; no password is in it."""
    told = (str(error.orig).splitlines() or ["no connection"])[0].strip()
    login = re.search(r'password authentication failed for user "([a-z]+)"', told)
    name = _PASSWORDS.get(login[1], "") if login else ""
    return f"The database cannot be used: {told}" + (f". In compose its password is {name} of .env." if name else "")


def warehouse_url(settings: Settings) -> URL:
    """Returns the warehouse's address: the configured server, or the embedded one, started if need be.

    Raises:
        AddressError: what is configured is no address.
        RestoreUnfinishedError: nothing is to be opened before the home is whole.
    """
    if (settings.home / RESTORING).exists():
        raise RestoreUnfinishedError(
            f"A restore into {settings.home} was not finished: repeat `tiendo restore` with the same backup."
        )
    if settings.database_url is None:
        from tiendo.warehouse.embedded import server_url

        return server_url(settings.postgres, DATABASE)
    return read_address("TIENDO_DATABASE_URL", settings.database_url)


def make_engine(url: URL) -> Engine:
    """Makes an engine whose sessions speak Vietnamese time and whose JSON numbers stay exact decimals."""
    return create_engine(
        url,
        pool_pre_ping=True,
        json_deserializer=partial(simplejson.loads, use_decimal=True),
        connect_args={"options": _SESSION, "connect_timeout": 10},
    )


@cache
def get_engine() -> Engine:
    """Returns the process's engine for the configured warehouse."""
    return make_engine(warehouse_url(get_settings()))


@contextmanager
def _in_role(engine: Engine, role: str) -> Iterator[Connection]:
    with engine.begin() as connection:
        connection.exec_driver_sql(f"set local role {role}")
        yield connection


@contextmanager
def loader(engine: Engine) -> Iterator[Connection]:
    """Opens a transaction that may add to intake and core; commits at the end, rolls back on an exception."""
    with _in_role(engine, "tiendo_loader") as connection:
        yield connection


@contextmanager
def onlooker(engine: Engine) -> Iterator[Connection]:
    """Opens a transaction that sees what the loader sees, all of it as of one instant, and can change nothing."""
    with engine.begin() as connection:
        connection.exec_driver_sql("set transaction isolation level repeatable read, read only")
        connection.exec_driver_sql("set local role tiendo_loader")
        yield connection


def lock_for_load(connection: Connection, bodies: Iterable[str]) -> None:
    """Waits until neither an edition is made nor anything of these bodies is loaded, and keeps it so to the end.

    Args:
        bodies: codes; "" stands for whatever is of no known body.
    """
    connection.execute(statement("intake/lock_for_load.sql"), {"bodies": sorted(set(bodies))})


@contextmanager
def reader(engine: Engine) -> Iterator[Connection]:
    """Opens a transaction that sees schema mart and nothing else."""
    with _in_role(engine, "tiendo_reader") as connection:
        yield connection
