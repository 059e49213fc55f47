"""What every task begins with: settings, register, and an engine for the warehouse."""

from typing import TYPE_CHECKING, NamedTuple

from tiendo.plan.model import Register
from tiendo.settings import Settings, get_settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

CONNECTION_ID = "tiendo_warehouse"


class Parts(NamedTuple):
    """The three things the library's functions ask for."""

    settings: Settings
    register: Register
    engine: "Engine"


def open_warehouse() -> Parts:
    """Returns the parts a task works with.

    The warehouse is the one of ``TIENDO_DATABASE_URL``; without it the Airflow connection ``tiendo_warehouse``; without
    that the embedded server.
    """
    from tiendo.plan.register import get_register
    from tiendo.warehouse.engine import get_engine, make_engine

    settings = get_settings()
    url = None if settings.database_url else _connection_url()
    if url is None:
        return Parts(settings, get_register(), get_engine())
    from sqlalchemy import make_url

    return Parts(settings, get_register(), make_engine(make_url(url).set(drivername="postgresql+psycopg")))


def _connection_url() -> str | None:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return str(Connection.get(CONNECTION_ID).get_uri())
    except AirflowNotFoundException:
        return None
