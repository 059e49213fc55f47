"""What Airflow has to know of Tiendo before it can read the DAGs or answer a browser. Nothing else belongs here."""

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from tiendo.airflow_glue import run_words
from tiendo.airflow_glue.deadline import PlanDeadline
from tiendo.airflow_glue.timetable import PlanCalendar


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """Passes a request on to the pages, which only the api-server needs to import, and tells them who serves them."""
    from tiendo.pages.app import app

    scope["tiendo.airflow"] = scope.get("app")
    await app(scope, receive, send)


class TiendoPlugin(AirflowPlugin):
    """Registers timetable and deadlines, which a stored DAG cannot be loaded without, the pages, and run notes."""

    name = "tiendo"
    timetables: ClassVar[list[Any]] = [PlanCalendar]
    deadline_references: ClassVar[list[Any]] = [PlanDeadline]
    fastapi_apps: ClassVar[list[Any]] = [{"name": "tiendo", "app": pages, "url_prefix": "/tiendo"}]
    # Plain links: shown inside Airflow's page they could open no other. A single one would stand in the navigation
    # itself, where Airflow 3.3.2 makes a button of it that leads nowhere; several are a menu.
    external_views: ClassVar[list[Any]] = [
        {"name": name, "href": href, "destination": "nav"}
        for name, href in (
            ("Điều hành", "/tiendo/"),
            ("Phê duyệt", "/tiendo/duyet/"),
            ("Số liệu", "/tiendo/so-lieu"),
            ("Sổ tay", "/tiendo/so-tay"),
        )
    ]
    listeners: ClassVar[list[Any]] = [run_words]
    global_operator_extra_links: ClassVar[list[Any]] = [
        run_words.DraftLink(), run_words.EditionLink(), run_words.FilesLink()
    ]  # fmt: skip
