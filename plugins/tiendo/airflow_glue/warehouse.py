"""What every task begins with: settings, the plans in hand, and an engine for the warehouse."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from tiendo import clock
from tiendo.model.plans import Plans
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


class AllParts(NamedTuple):
    """The same for what is done for all plans in hand at once."""

    settings: Settings
    plans: Plans
    engine: "Engine"

    def of(self, plan_code: str = "") -> Parts:
        """Returns the parts for one plan; for "" for the current one.

        Raises:
            NotInHandError: there is no such plan.
        """
        return Parts(self.settings, self.plans.of_code(plan_code or self.plans.current(clock.now()).code), self.engine)


def open_warehouse() -> AllParts:
    """Returns the parts a task works with.

    The warehouse is the one of ``TIENDO_DATABASE_URL``; without it the Airflow connection ``tiendo_warehouse``; without
    that the embedded server. The virus scanner is that of ``TIENDO_CLAMAV``, else the connection ``tiendo_clamav``
    (host and port), else there is none.
    """
    from tiendo.plan.side_by_side import get_plans
    from tiendo.warehouse.engine import get_engine, make_engine

    settings = get_settings()
    if not settings.clamav and (scanner := _connection(CLAMAV_ID)):
        settings = replace(settings, clamav=f"{scanner.host}:{scanner.port or 3310}")
    url = None if settings.database_url else _connection_url()
    if url is None:
        return AllParts(settings, get_plans(), get_engine())
    from sqlalchemy import make_url

    return AllParts(settings, get_plans(), make_engine(make_url(url).set(drivername="postgresql+psycopg")))


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
