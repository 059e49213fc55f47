"""The plan's calendar as Airflow's scheduler sees it."""

import json
from datetime import UTC, date, datetime, time, timedelta

import pendulum
import pytest
from airflow.exceptions import InvalidPartitionKeyError
from airflow.timetables.base import DagRunInfo, TimeRestriction

from tiendo.airflow_glue.timetable import PlanCalendar, Publication
from tiendo.clock import HANOI
from tiendo.plan.deadlines import CalendarRules, compute_calendar
from tiendo.plan.model import Register

NOW = datetime.now(UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RULES = CalendarRules(cut_off_day=14, due_before_day=15, publish_day=14, publish_time=time(16, 30), closing_day=25)


def publication(period: str, after: timedelta, open_for: timedelta = 10 * DAY) -> Publication:
    return Publication(period, NOW + after, NOW + after + open_for)


def next_run(
    timetable: PlanCalendar,
    last: DagRunInfo | None = None,
    *,
    catchup: bool = False,
    earliest: datetime | None = None,
    latest: datetime | None = None,
) -> DagRunInfo | None:
    def instant(value: datetime | None) -> pendulum.DateTime | None:
        return pendulum.instance(value) if value else None

    restriction = TimeRestriction(instant(earliest), instant(latest), catchup)
    return timetable.next_dagrun_info_v2(last_dagrun_info=last, restriction=restriction)


def key(run: DagRunInfo | None) -> str | None:
    return run and run.partition_key


class TestNextRun:
    def test_is_the_first_period_to_come(self) -> None:
        timetable = PlanCalendar([publication("2023-Q2", 90 * DAY), publication("2023-Q1", HOUR)])
        run = next_run(timetable)
        assert run is not None
        assert (run.partition_key, run.run_after, run.data_interval) == ("2023-Q1", NOW + HOUR, None)
        assert key(next_run(timetable, run)) == "2023-Q2"

    def test_makes_up_for_an_outage_once(self) -> None:
        timetable = PlanCalendar([publication("2023-Q1", -HOUR), publication("2023-Q2", 90 * DAY)])
        missed = next_run(timetable)
        assert missed is not None
        assert (missed.partition_key, missed.run_after) == ("2023-Q1", NOW - HOUR)
        assert key(next_run(timetable, missed)) == "2023-Q2"

    def test_leaves_closed_periods_alone(self) -> None:
        timetable = PlanCalendar([publication("2023-Q1", -10 * DAY - HOUR), publication("2023-Q2", 80 * DAY)])
        assert key(next_run(timetable)) == "2023-Q2"

    def test_with_catchup_takes_every_period_in_turn(self) -> None:
        timetable = PlanCalendar([publication("2022-Q4", -200 * DAY), publication("2023-Q1", -100 * DAY)])
        first = next_run(timetable, catchup=True)
        second = next_run(timetable, first, catchup=True)
        assert [key(first), key(second), key(next_run(timetable, second, catchup=True))] == ["2022-Q4", "2023-Q1", None]

    def test_ends_with_the_plan(self, register: Register) -> None:
        timetable = PlanCalendar.of(register.calendar)
        run, keys = None, []
        while run := next_run(timetable, run, catchup=True):
            keys.append(run.partition_key)
        assert keys == ["2023-Q1", "2023-Q2", "2023-Q3", "2023-Q4"]

    def test_of_a_plan_that_is_over_is_none(self, register: Register) -> None:
        assert next_run(PlanCalendar.of(register.calendar)) is None

    def test_goes_over_the_end_of_the_year(self) -> None:
        timetable = PlanCalendar.of([*compute_calendar(RULES, 2024), *compute_calendar(RULES, 2025)])
        last = DagRunInfo(pendulum.datetime(2024, 12, 13, 9, 30), None)
        run = next_run(timetable, last, catchup=True)
        assert run is not None
        assert (run.partition_key, run.run_after) == ("2025-Q1", datetime(2025, 3, 14, 16, 30, tzinfo=HANOI))

    def test_keeps_within_the_dag_s_own_dates(self) -> None:
        timetable = PlanCalendar([publication("2023-Q1", HOUR), publication("2023-Q2", 90 * DAY)])
        assert key(next_run(timetable, earliest=NOW + DAY)) == "2023-Q2"
        assert next_run(timetable, earliest=NOW + DAY, latest=NOW + 2 * DAY) is None


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (2023, [date(2023, 3, 14), date(2023, 6, 14), date(2023, 9, 14), date(2023, 12, 14)]),
        (2024, [date(2024, 3, 14), date(2024, 6, 14), date(2024, 9, 13), date(2024, 12, 13)]),  # two Saturdays
        (2025, [date(2025, 3, 14), date(2025, 6, 13), date(2025, 9, 12), date(2025, 12, 12)]),  # Saturday, two Sundays
    ],
)
def test_a_weekend_moves_the_day_forward(year: int, expected: list[date]) -> None:
    runs = PlanCalendar.of(compute_calendar(RULES, year)).iter_partition_dagrun_infos(
        earliest=datetime(year, 1, 1, tzinfo=UTC), latest=datetime(year, 12, 31, tzinfo=UTC)
    )
    instants = [run.run_after.astimezone(HANOI) for run in runs]
    assert [instant.date() for instant in instants] == expected
    assert {instant.time() for instant in instants} == {time(16, 30)}


class TestPartitions:
    def test_a_backfill_takes_the_periods_that_begin_in_its_window(self, register: Register) -> None:
        timetable = PlanCalendar.of(register.calendar)
        window = {"earliest": datetime(2023, 4, 1, tzinfo=UTC), "latest": datetime(2023, 7, 1, tzinfo=UTC)}
        runs = list(timetable.iter_partition_dagrun_infos(**window))
        assert [run.partition_key for run in runs] == ["2023-Q2", "2023-Q3"]
        assert runs[0].partition_date == datetime(2023, 4, 1, tzinfo=HANOI)

    def test_a_key_is_a_period_of_the_plan(self, register: Register) -> None:
        timetable = PlanCalendar.of(register.calendar)
        assert timetable.resolve_partition_date("2023-Q3") == datetime(2023, 7, 1, tzinfo=HANOI)
        for wrong in ("2024-Q1", "2023-Q5", "Q1", "2023-03-14"):
            with pytest.raises(InvalidPartitionKeyError, match="2023-Q1, 2023-Q2, 2023-Q3, 2023-Q4"):
                timetable.resolve_partition_date(wrong)


def test_what_is_stored_gives_the_same_timetable(register: Register) -> None:
    timetable = PlanCalendar.of(register.calendar)
    stored = json.loads(json.dumps(timetable.serialize()))
    again = PlanCalendar.deserialize(stored)
    assert again.serialize() == timetable.serialize()
    assert next_run(again, catchup=True) == next_run(timetable, catchup=True)
    assert again.summary == "14/03 16:30, 14/06 16:30, 14/09 16:30, 14/12 16:30"
