"""A run's partition key as a period of the plan, and what kind of run it is."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tiendo.model.period import Period
from tiendo.model.register import Register

if TYPE_CHECKING:
    from sqlalchemy import Engine


def read_period(register: Register, partition_key: str | None) -> Period:
    """Returns the period a run is for.

    Raises:
        ValueError: the run was started without a partition key, or with one that is no period of the plan.
    """
    known = {str(entry.period): entry.period for entry in register.calendar}
    if partition_key not in known:
        raise ValueError(
            f"The run's partition key must be a period of the plan ({', '.join(known)}), not {partition_key!r}."
        )
    return known[partition_key]


def run_period(register: Register, dag_run: Any) -> Period:
    """Returns the period of a run: its partition key, or of one that a task has started ``period`` of its conf.

    Raises:
        ValueError: as ``read_period``.
    """
    return read_period(register, dag_run.partition_key or (dag_run.conf or {}).get("period"))


def period_asked_about(engine: "Engine", register: Register, dag_run: Any) -> Period:
    """Returns the period of a run of ``publish_report``: of what it has asked about, whatever became of its key since.

    Raises:
        ValueError: as ``read_period``, where it has not asked yet.
    """
    from tiendo.report.approval import find_request

    asked = find_request(engine, dag_run.run_id)
    return asked.period if asked else run_period(register, dag_run)


def known_at(register: Register, period: Period, dag_run: Any) -> datetime | None:
    """Returns the instant a run reports as of: of a backfill the period's publication, else None for the present."""
    return register.calendar_by_period[period].publish_at if dag_run.run_type == "backfill" else None


def is_out_of_date(register: Register, period: Period, dag_run: Any) -> bool:
    """Tells whether a run of the calendar comes only after its period has closed.

    The scheduler starts the run it had noted before an outage without asking the timetable anew. Once a person has
    cleared it, it is meant.
    """
    is_by_itself = dag_run.run_type == "scheduled" and not dag_run.clear_number
    return is_by_itself and register.calendar_by_period[period].closing_at <= datetime.now(UTC)
