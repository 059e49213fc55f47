"""A run's partition key as a period of a plan, and what kind of run it is."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param

from tiendo.model.period import Period
from tiendo.model.plans import Bodies, PlanPeriod, Plans, meant_by
from tiendo.model.register import Register
from tiendo.vietnamese.text import capital

if TYPE_CHECKING:
    from sqlalchemy import Engine


def period_form(bodies: Bodies) -> dict[str, Param]:
    """Returns the field of the form by which a person starts a run: the periods of each plan."""
    all_periods = [(register, entry.period) for register in bodies.plans for entry in register.calendar]
    names: dict[str, str] = {}
    for register, period in all_periods:
        of_plan = f" – {register.short_title}" if len(bodies.plans) > 1 else ""
        names[form_value(bodies, register, period)] = capital(period.vietnamese) + of_plan
    # The other spelling is taken too, last in the list: Airflow holds the values of a waiting run against the form
    # again at each of its tasks, and plans may have been put into hand or taken out since it was started.
    spelt = [*(key_of(*each) for each in all_periods), *(str(period) for _, period in all_periods)]
    field = Param(
        "",
        type="string",
        enum=list(dict.fromkeys(["", *names, *spelt])),
        values_display={"": "(chọn kỳ)", **names},
        title="Kỳ báo cáo",
        description="Bắt buộc khi khởi chạy bằng tay. Lượt chạy theo lịch tự có kỳ của mình.",
    )
    return {"period": field}


def form_value(bodies: Bodies, register: Register, period: Period) -> str:
    """Returns how the form names a period: by itself while there is one plan, else by its key."""
    return str(period) if len(bodies.plans) == 1 else key_of(register, period)


def key_of(register: Register, period: Period) -> str:
    """Returns the partition key of a period of a plan, ``282-kh-ubnd-2023:2023-Q1``."""
    return PlanPeriod(register.code, str(period)).key


def chosen_key(partition_key: str | None, conf: Mapping[str, Any] | None, known: Iterable[str]) -> str:
    """Returns the key a run is for: its partition key, or where it has none ``period`` of its conf.

    Args:
        known: the keys of all periods of all plans in hand.

    Raises:
        ValueError: there is none, there are two, no plan has it, or several have; in words for whoever started it.
    """
    known = list(known)
    chosen: dict[str, str] = {}
    for key in filter(None, (partition_key, (conf or {}).get("period"))):
        meant = meant_by(key, known)
        if not meant:
            raise ValueError(f"Không có kỳ báo cáo {key} trong kế hoạch; chỉ có {', '.join(known)}.")
        if len(meant) > 1:
            raise ValueError(f"Có nhiều kế hoạch có kỳ báo cáo {key}. Đề nghị chọn một trong: {', '.join(meant)}.")
        chosen[meant[0]] = key
    if not chosen:
        raise ValueError(f"Chưa chọn kỳ báo cáo. Đề nghị chọn một kỳ ở ô Kỳ báo cáo: {', '.join(known)}.")
    if len(chosen) > 1:
        told = ", ".join(chosen.values())
        raise ValueError(f"Lượt chạy có hai kỳ báo cáo khác nhau: {told}. Đề nghị chỉ chọn một kỳ.")
    return next(iter(chosen))


def run_period(plans: Bodies, dag_run: Any) -> tuple[Register, Period]:
    """Returns the plan and the period of a run.

    Raises:
        ValueError: as ``chosen_key``.
    """
    known = {
        key_of(register, entry.period): (register, entry.period)
        for register in plans.plans
        for entry in register.calendar
    }
    return known[chosen_key(dag_run.partition_key, dag_run.conf, known)]


def period_asked_about(engine: "Engine", plans: Plans, dag_run: Any) -> tuple[Register, Period]:
    """Returns plan and period of a run of ``publish_report``: of what it has asked about, whatever became of its key.

    Raises:
        ValueError: as ``chosen_key``, where it has not asked yet; or the plan it asked about is no longer in hand.
    """
    from tiendo.report.approval import find_request

    asked = find_request(engine, dag_run.run_id)
    return (plans.of_code(asked.plan_code), asked.period) if asked else run_period(plans, dag_run)


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
