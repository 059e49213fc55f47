"""The plan's calendar as an Airflow timetable: one run for each period, at its hour of publication."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pendulum
from airflow.exceptions import InvalidPartitionKeyError
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable

from tiendo.clock import HANOI
from tiendo.plan.model import PeriodCalendar
from tiendo.plan.period import Period


class Publication(NamedTuple):
    """When one period is published, and until when that still makes sense without anybody asking for it."""

    period: str
    publish_at: datetime
    closing_at: datetime


class PlanCalendar(Timetable):
    """Runs once for each period of the plan, with the period (``2023-Q1``) as partition key.

    The run is due at the period's ``publish_at``. When Airflow was down then, it is made up for once, as long as the
    period is open; a period that has closed is only published when somebody starts the run by hand or by a backfill
    (with ``catchup=True``, also by itself). The day is the real one even while a replay has its own clock: a replay
    starts its runs itself.
    """

    partitioned = True
    description = "At the hour of publication of each period of the plan"

    def __init__(self, publications: Iterable[Publication]) -> None:
        self._publications = tuple(sorted(publications, key=lambda publication: publication.publish_at))

    @classmethod
    def of(cls, calendar: Iterable[PeriodCalendar]) -> "PlanCalendar":
        """Makes the timetable of a register's calendar."""
        return cls(Publication(str(entry.period), entry.publish_at, entry.closing_at) for entry in calendar)

    @property
    def summary(self) -> str:
        """Shown in the list of DAGs: the days, ``14/03 16:30, 14/06 16:30``."""
        return ", ".join(f"{p.publish_at.astimezone(HANOI):%d/%m %H:%M}" for p in self._publications)

    def serialize(self) -> dict[str, Any]:
        """Returns what is stored with the DAG: the calendar itself, so that the scheduler needs no register."""
        return {
            "publications": [[p.period, p.publish_at.isoformat(), p.closing_at.isoformat()] for p in self._publications]
        }

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> "PlanCalendar":
        """Makes the timetable from what ``serialize`` returned."""
        return cls(
            Publication(period, datetime.fromisoformat(publish_at), datetime.fromisoformat(closing_at))
            for period, publish_at, closing_at in data["publications"]
        )

    def next_dagrun_info_v2(
        self, *, last_dagrun_info: DagRunInfo | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """Returns the first publication after the last run that lies within the restriction and is not over."""
        now = datetime.now(UTC)
        for publication in self._publications:
            at = publication.publish_at
            is_done = last_dagrun_info is not None and at <= last_dagrun_info.run_after
            is_too_early = restriction.earliest is not None and at < restriction.earliest
            is_over = not restriction.catchup and publication.closing_at <= now
            if is_done or is_too_early or is_over:
                continue
            return None if restriction.latest is not None and at > restriction.latest else _run(publication)
        return None

    def iter_partition_dagrun_infos(self, *, earliest: datetime, latest: datetime) -> Iterable[DagRunInfo]:
        """Yields the runs of a backfill: the periods that begin within the window, both ends included."""
        first, last = self.localize_partition_datetime(earliest), self.localize_partition_datetime(latest)
        for publication in self._publications:
            if first <= _begin(publication.period) <= last:
                yield _run(publication)

    def localize_partition_datetime(self, dt: datetime) -> pendulum.DateTime:
        """Reads a day of a backfill's window as a day in Viet Nam."""
        return pendulum.instance(dt.replace(tzinfo=HANOI))

    def _decode_partition_date(self, partition_key: str) -> datetime:
        if partition_key not in {publication.period for publication in self._publications}:
            known = ", ".join(publication.period for publication in self._publications)
            raise InvalidPartitionKeyError(f"The plan has no period {partition_key!r}; it has {known}.")
        return _begin(partition_key)

    def infer_manual_data_interval(self, *, run_after: pendulum.DateTime) -> DataInterval:
        """Returns an empty interval: a run started by hand has a partition key, not a span of time."""
        return DataInterval.exact(run_after)

    def generate_run_id(self, *, run_type: Any, run_after: pendulum.DateTime, **extra: Any) -> str:
        """Names a run after its instant and, where known, its period."""
        suffix = run_after.isoformat()
        if partition_key := extra.get("partition_key"):
            suffix = f"{suffix}__{partition_key}"
        return str(run_type.generate_run_id(suffix=suffix))


def _begin(period: str) -> pendulum.DateTime:
    first_day = Period.parse(period).first_day
    return pendulum.datetime(first_day.year, first_day.month, first_day.day, tz=str(HANOI))


def _run(publication: Publication) -> DagRunInfo:
    return DagRunInfo(
        run_after=pendulum.instance(publication.publish_at),
        data_interval=None,
        partition_date=_begin(publication.period),
        partition_key=publication.period,
    )
