"""Connections to the warehouse, each with the rights of the role it needs and no more."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, partial

import simplejson
from sqlalchemy import URL, Connection, Engine, create_engine, make_url

from tiendo.settings import Settings, get_settings
from tiendo.warehouse.sql import statement

DATABASE = "tiendo"
# Every load, status run and edition takes this lock before it reads the clock, so that instants order like commits:
# what an edition saw at its instant is all that was recorded before it. Loads share it, each body's one after another.
LOAD_LOCK = "select pg_advisory_xact_lock(hashtext('tiendo.load'))"


def warehouse_url(settings: Settings) -> URL:
    """Returns the warehouse's address: the configured server, or the embedded one, started if need be."""
    if settings.database_url is None:
        from tiendo.warehouse.embedded import server_url

        return server_url(settings.postgres, DATABASE)
    return make_url(settings.database_url).set(drivername="postgresql+psycopg")


def make_engine(url: URL) -> Engine:
    """Makes an engine whose sessions speak Vietnamese time and whose JSON numbers stay exact decimals."""
    return create_engine(
        url,
        pool_pre_ping=True,
        json_deserializer=partial(simplejson.loads, use_decimal=True),
        connect_args={"options": "-c timezone=Asia/Ho_Chi_Minh", "connect_timeout": 10},
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
