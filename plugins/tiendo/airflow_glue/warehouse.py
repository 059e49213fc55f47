"""What every task begins with: settings, register, and an engine for the warehouse."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from tiendo.model.register import Register
from tiendo.settings import Settings, get_settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

CONNECTION_ID = "tiendo_warehouse"
CLAMAV_ID = "tiendo_clamav"


class Parts(NamedTuple):
    """The three things the library's functions ask for."""

    settings: Settings
    register: Register
    engine: "Engine"


def open_warehouse() -> Parts:
    """Returns the parts a task works with.

    The warehouse is the one of ``TIENDO_DATABASE_URL``; without it the Airflow connection ``tiendo_warehouse``; without
    that the embedded server. The virus scanner is that of ``TIENDO_CLAMAV``, else the connection ``tiendo_clamav``
    (host and port), else there is none.
    """
    from tiendo.plan.register import get_register
    from tiendo.warehouse.engine import get_engine, make_engine

    settings = get_settings()
    if not settings.clamav and (scanner := _connection(CLAMAV_ID)):
        settings = replace(settings, clamav=f"{scanner.host}:{scanner.port or 3310}")
    url = None if settings.database_url else _connection_url()
    if url is None:
        return Parts(settings, get_register(), get_engine())
    from sqlalchemy import make_url

    return Parts(settings, get_register(), make_engine(make_url(url).set(drivername="postgresql+psycopg")))


def _connection_url() -> str | None:
    found = _connection(CONNECTION_ID)
    return str(found.get_uri()) if found else None


def _connection(conn_id: str) -> Any:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return Connection.get(conn_id)
    except AirflowNotFoundException:
        return None
