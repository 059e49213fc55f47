"""What Airflow has to know of Tiendo before it can read the DAGs: timetable and deadlines. Nothing else is here."""

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from tiendo.airflow_glue.deadline import PlanDeadline
from tiendo.airflow_glue.timetable import PlanCalendar


class TiendoPlugin(AirflowPlugin):
    """Registers the timetable and the deadline's reference: a stored DAG that uses them cannot be loaded without."""

    name = "tiendo"
    timetables: ClassVar[list[Any]] = [PlanCalendar]
    deadline_references: ClassVar[list[Any]] = [PlanDeadline]
