"""What Airflow has to know of Tiendo before it can read the DAGs: the plan's timetable. Nothing else belongs here."""

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from tiendo.airflow_glue.timetable import PlanCalendar


class TiendoPlugin(AirflowPlugin):
    """Registers the timetable, without which a stored DAG that uses it cannot be loaded."""

    name = "tiendo"
    timetables: ClassVar[list[Any]] = [PlanCalendar]
