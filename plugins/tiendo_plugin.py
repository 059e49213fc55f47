"""What Airflow has to know of Tiendo before it can read the DAGs or answer a browser. Nothing else belongs here."""

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from tiendo.airflow_glue.deadline import PlanDeadline
from tiendo.airflow_glue.timetable import PlanCalendar


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """Passes a request on to the pages, which only the api-server needs to import."""
    from tiendo.pages.app import app

    await app(scope, receive, send)


class TiendoPlugin(AirflowPlugin):
    """Registers timetable and deadlines, which a stored DAG cannot be loaded without, and the pages."""

    name = "tiendo"
    timetables: ClassVar[list[Any]] = [PlanCalendar]
    deadline_references: ClassVar[list[Any]] = [PlanDeadline]
    fastapi_apps: ClassVar[list[Any]] = [{"name": "tiendo", "app": pages, "url_prefix": "/tiendo"}]
    # A plain link: shown inside Airflow's page it could open no other. The navigation has room for two short words.
    external_views: ClassVar[list[Any]] = [{"name": "Điều hành", "href": "/tiendo/", "destination": "nav"}]
