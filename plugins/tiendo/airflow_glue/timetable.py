"""The plan's calendar as an Airflow timetable: one run for each period at its hour of publication, or for reminders."""

import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import pendulum
from airflow.exceptions import InvalidPartitionKeyError
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable
from airflow.utils.types import DagRunType

from tiendo.airflow_glue.partition import key_of
from tiendo.clock import HANOI
from tiendo.model.occasions import HOLDS
from tiendo.model.plans import Bodies, meant_by
from tiendo.model.register import Duty, Register
from tiendo.model.working_days import midnight


class Slot(NamedTuple):
    """One run of the calendar.

    Attributes:
        key: the run's partition key, ``282-kh-ubnd-2023:2023-Q1`` or ``2023-03-13``.
        begins_on: day it is filed under, by which a backfill finds it.
        run_at: when it is due.
        until: until when it still makes sense without anybody asking for it.
        place: of its plan among those in hand. Runs of two plans that fall on one instant, or are filed under one day,
            are as many seconds apart: Airflow knows a run by the one, and finds its partition by the other.
    """

    key: str
    begins_on: date
    run_at: datetime
    until: datetime
    place: int = 0

    @property
    def due_at(self) -> datetime:
        """When it is run: no other slot at the same second."""
        return self.run_at + timedelta(seconds=self.place)

    @property
    def plan(self) -> str:
        """The plan's code; "" of what is run for all plans."""
        return self.key.rpartition(":")[0]


class PlanCalendar(Timetable):
    """Runs once for each slot of the plan's calendar, with the slot's key as partition key.

    When Airflow was down at a slot's hour, the run is made up for once, as long as it makes sense: a publication while
    its period is open, a reminder until the next one. Later it is only run when somebody starts it by hand or by a
    backfill (with ``catchup=True``, also by itself). The day is the real one even while a replay has its own clock: a
    replay starts its runs itself.
    """

    partitioned = True

    def __init__(self, slots: Iterable[Slot], description: str = "") -> None:
        self._slots = tuple(sorted(slots, key=lambda slot: slot.due_at))
        self.description = description

    @classmethod
    def of(cls, bodies: Bodies) -> "PlanCalendar":
        """Makes the timetable of publications; a run is filed under the first day of its period."""
        return cls(
            (
                Slot(key_of(plan, each.period), each.period.first_day, each.publish_at, each.closing_at, place)
                for place, plan in enumerate(bodies.plans)
                for each in plan.calendar
            ),
            "At the hour of publication of each period of the plans",
        )

    @classmethod
    def of_reminders(cls, bodies: Bodies) -> "PlanCalendar":
        """Makes the timetable of reminders: the days on which there may be somebody to write to, each its own key.

        Whom to write to on such a day depends on each body's own due day, extensions included:
        ``tiendo.model.occasions``. One run writes for all plans, at the latest of the hours that they give.
        """
        instants: dict[date, datetime] = {}
        for plan in bodies.plans:
            for day in _days_of_reminders(plan):
                at = datetime.combine(day, plan.reminders.hour, HANOI)
                instants[day] = max(at, instants.get(day, at))
        ordered = sorted(instants.values())
        ends = [*ordered[1:], ordered[-1] + HOLDS]
        return cls(
            (Slot(str(at.date()), at.date(), at, until) for at, until in zip(ordered, ends, strict=True)),
            "On the days on which a body may have to be reminded",
        )

    @property
    def summary(self) -> str:
        """Shown in the list of DAGs: the days, ``14/03 16:30, 14/06 16:30``; of a long list the first and the last."""
        days = [f"{slot.run_at.astimezone(HANOI):%d/%m %H:%M}" for slot in self._slots]
        return ", ".join(days) if len(days) <= 4 else f"{days[0]} … {days[-1]} ({len(days)})"

    def serialize(self) -> dict[str, Any]:
        """Returns what is stored with the DAG: the calendar itself, so that the scheduler needs no register."""
        return {
            "description": self.description,
            "slots": [
                [slot.key, slot.begins_on.isoformat(), slot.run_at.isoformat(), slot.until.isoformat(), slot.place]
                for slot in self._slots
            ],
        }

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> "PlanCalendar":
        """Makes the timetable from what ``serialize`` returned."""
        return cls(
            (
                Slot(
                    key,
                    date.fromisoformat(begins_on),
                    datetime.fromisoformat(run_at),
                    datetime.fromisoformat(until),
                    *place,
                )
                for key, begins_on, run_at, until, *place in data["slots"]
            ),
            data["description"],
        )

    def validate(self) -> None:
        """Makes sure that no two runs could be taken for each other.

        Raises:
            ValueError: two slots share a key, the instant they are due, or what they are filed under.
        """
        values: dict[str, list[Any]] = {
            "key": [slot.key for slot in self._slots],
            "instant": [slot.due_at for slot in self._slots],
            "begins_on": [_begin(slot) for slot in self._slots],
        }
        for name, found in values.items():
            if twice := [str(one) for one, other in pairwise(sorted(found)) if one == other]:
                raise ValueError(f"Two runs of the calendar share the {name} {', '.join(twice)}.")

    def next_dagrun_info_v2(
        self, *, last_dagrun_info: DagRunInfo | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """Returns the first slot after the last run that lies within the restriction and is not over."""
        now = datetime.now(UTC)
        for slot in self._slots:
            is_done = last_dagrun_info is not None and _is_done(slot, last_dagrun_info)
            is_too_early = restriction.earliest is not None and slot.due_at < restriction.earliest
            is_over = not restriction.catchup and slot.until <= now
            if is_done or is_too_early or is_over:
                continue
            return None if restriction.latest is not None and slot.due_at > restriction.latest else _run(slot)
        return None

    def iter_partition_dagrun_infos(self, *, earliest: datetime, latest: datetime) -> Iterable[DagRunInfo]:
        """Yields the runs of a backfill: the slots filed within the window, both ends included, that have been due."""
        first, last = self.localize_partition_datetime(earliest), self.localize_partition_datetime(latest)
        now = datetime.now(UTC)
        for slot in self._slots:
            if first <= _begin(slot) <= last and slot.due_at <= now:
                yield _run(slot)

    def localize_partition_datetime(self, dt: datetime) -> pendulum.DateTime:
        """Reads a day of a backfill's window as a day in Viet Nam."""
        return pendulum.instance(dt.replace(tzinfo=HANOI))

    # The hook that Airflow 3.3 documents for timetables with partitions: resolve_partition_date calls it once it knows
    # that there is a key to read.
    def _decode_partition_date(self, partition_key: str) -> datetime:
        slots = {slot.key: slot for slot in self._slots}
        meant = meant_by(partition_key, slots)
        if len(meant) != 1:
            raise InvalidPartitionKeyError(
                f"{partition_key!r} is {len(meant)} of what the plans have: {', '.join(slots)}."
            )
        return _begin(slots[meant[0]])

    def infer_manual_data_interval(self, *, run_after: pendulum.DateTime) -> DataInterval:
        """Returns an empty interval: a run started by hand has a partition key, not a span of time."""
        return DataInterval.exact(run_after)

    def generate_run_id(self, *, run_type: Any, run_after: pendulum.DateTime, **extra: Any) -> str:
        """Names a run after its instant and, where known, its period; a backfill may be repeated, so it counts too."""
        suffix = run_after.isoformat()
        if partition_key := extra.get("partition_key"):
            suffix = f"{suffix}__{partition_key}"
        if run_type == DagRunType.BACKFILL_JOB:
            suffix = f"{suffix}__{uuid.uuid4().hex[:8]}"
        return str(run_type.generate_run_id(suffix=suffix))


def _days_of_reminders(register: Register) -> set[date]:
    days: set[date] = set()
    for owed in register.obligations:
        # What is owed once a year can be extended to the end of it; its ladder ends with that of the first quarter.
        is_yearly = owed.duty is Duty.IMPLEMENTATION_PLAN
        closing_at = min(owed.closing_at, register.calendar[0].closing_at) if is_yearly else owed.closing_at
        days.update(register.reminders.days_of_run(register.working_days, owed.due_at, closing_at))
    return days


def _begin(slot: Slot) -> pendulum.DateTime:
    return pendulum.instance(midnight(slot.begins_on)).add(seconds=slot.place)


def _is_done(slot: Slot, last: DagRunInfo) -> bool:
    """Whether a slot comes no later than the last run; a change that moves a slot already run does not run it again.

    What is filed earlier has been run only within a plan: another reports later of the same months. So a slot that is
    moved after a run of another plan runs once more; its draft then says nothing new. A bare key is from before there
    were several.
    """
    if slot.due_at <= last.run_after or (last.partition_key and meant_by(last.partition_key, [slot.key])):
        return True
    plan = (last.partition_key or "").rpartition(":")[0]
    is_of_plan = not plan or slot.plan == plan
    return is_of_plan and last.partition_date is not None and _begin(slot) <= last.partition_date


def _run(slot: Slot) -> DagRunInfo:
    return DagRunInfo(
        run_after=pendulum.instance(slot.due_at),
        data_interval=None,
        partition_date=_begin(slot),
        partition_key=slot.key,
    )
