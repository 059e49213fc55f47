"""A run's partition key as a period of the plan, and what kind of run it is."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param

from tiendo.model.period import Period
from tiendo.model.register import Register

if TYPE_CHECKING:
    from sqlalchemy import Engine


def period_form(register: Register) -> dict[str, Param]:
    """Returns the field of the form by which a person starts a run: the periods of the plan."""
    names = {str(entry.period): entry.period.vietnamese for entry in register.calendar}
    periods = {key: name[0].upper() + name[1:] for key, name in names.items()}
    field = Param(
        "",
        type="string",
        enum=["", *periods],
        values_display={"": "(chọn kỳ)", **periods},
        title="Kỳ báo cáo",
        description="Bắt buộc khi khởi chạy bằng tay. Lượt chạy theo lịch tự có kỳ của mình.",
    )
    return {"period": field}


def chosen_period(partition_key: str | None, conf: Mapping[str, Any] | None, known: Collection[str]) -> str:
    """Returns the period a run is for: its partition key, or where it has none ``period`` of its conf.

    Raises:
        ValueError: there is none, there are two, or the plan does not have it; in words for whoever has started it.
    """
    given = {key: None for key in (partition_key, (conf or {}).get("period")) if key}
    if not given:
        raise ValueError(f"Chưa chọn kỳ báo cáo. Đề nghị chọn một kỳ ở ô Kỳ báo cáo: {', '.join(known)}.")
    if len(given) > 1:
        raise ValueError(f"Lượt chạy có hai kỳ báo cáo khác nhau: {', '.join(given)}. Đề nghị chỉ chọn một kỳ.")
    (key,) = given
    if key not in known:
        raise ValueError(f"Kế hoạch không có kỳ báo cáo {key}; chỉ có {', '.join(known)}.")
    return key


def run_period(register: Register, dag_run: Any) -> Period:
    """Returns the period of a run.

    Raises:
        ValueError: as ``chosen_period``.
    """
    known = {str(entry.period): entry.period for entry in register.calendar}
    return known[chosen_period(dag_run.partition_key, dag_run.conf, known)]


def period_asked_about(engine: "Engine", register: Register, dag_run: Any) -> Period:
    """Returns the period of a run of ``publish_report``: of what it has asked about, whatever became of its key since.

    Raises:
        ValueError: as ``chosen_period``, where it has not asked yet.
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
