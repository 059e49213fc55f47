"""The plan's calendar as Airflow's scheduler sees it."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

import pendulum
import pytest
from airflow.exceptions import InvalidPartitionKeyError
from airflow.timetables.base import DagRunInfo, TimeRestriction
from airflow.utils.types import DagRunType

from tiendo.airflow_glue.partition import is_out_of_date, known_at
from tiendo.airflow_glue.timetable import PlanCalendar, Slot
from tiendo.clock import HANOI
from tiendo.model.occasions import ReminderRules
from tiendo.model.period import Period, periods_of
from tiendo.model.plans import Plans
from tiendo.model.register import Register
from tiendo.plan.deadlines import CalendarRules, compute_calendar

NOW = datetime.now(UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RULES = CalendarRules(cut_off_day=14, due_before_day=15, publish_day=14, publish_time=time(16, 30), closing_day=25)


def publication(period: str, after: timedelta, open_for: timedelta = 10 * DAY) -> Slot:
    return Slot(period, Period.parse(period).first_day, NOW + after, NOW + after + open_for)


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


def of_year(register: Register, year: int) -> Register:
    return replace(register, code=f"plan-{year}", year=year, calendar=compute_calendar(RULES, periods_of([year])))


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
        timetable = PlanCalendar.of(register)
        run, keys = None, []
        while run := next_run(timetable, run, catchup=True):
            keys.append(run.partition_key)
        assert keys == [f"282-kh-ubnd-2023:2023-Q{n}" for n in range(1, 5)]

    def test_of_a_plan_that_is_over_is_none(self, register: Register) -> None:
        assert next_run(PlanCalendar.of(register)) is None

    def test_goes_over_the_end_of_the_year(self, register: Register) -> None:
        timetable = PlanCalendar.of(Plans((of_year(register, 2024), of_year(register, 2025))))
        last = DagRunInfo(pendulum.datetime(2024, 12, 13, 9, 30), None)
        run = next_run(timetable, last, catchup=True)
        assert run is not None
        at = datetime(2025, 3, 14, 16, 30, 1, tzinfo=HANOI)
        assert (run.partition_key, run.run_after) == ("plan-2025:2025-Q1", at)

    def test_after_a_year_s_outage_only_what_is_still_due_is_published(self) -> None:
        periods = [publication(f"2023-Q{4 - n}", -HOUR - n * 91 * DAY) for n in range(4)]
        run = next_run(PlanCalendar(periods))
        assert key(run) == "2023-Q4"
        assert next_run(PlanCalendar(periods), run) is None

    def test_a_period_already_run_is_not_run_again_when_its_hour_moves(self) -> None:
        timetable = PlanCalendar([publication("2023-Q1", HOUR), publication("2023-Q2", 90 * DAY)])
        run = next_run(timetable)
        moved = PlanCalendar([publication("2023-Q1", 5 * HOUR), publication("2023-Q2", 90 * DAY)])
        assert key(next_run(moved, run)) == "2023-Q2"

    def test_a_backfill_of_a_past_year_does_not_hold_up_the_next_run(self) -> None:
        timetable = PlanCalendar([publication("2023-Q4", -90 * DAY), publication("2024-Q1", HOUR)])
        (backfilled,) = timetable.iter_partition_dagrun_infos(
            earliest=datetime(2023, 1, 1, tzinfo=UTC), latest=datetime(2024, 12, 31, tzinfo=UTC)
        )
        assert key(next_run(timetable, backfilled)) == "2024-Q1"

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
def test_a_weekend_moves_the_day_forward(register: Register, year: int, expected: list[date]) -> None:
    runs = PlanCalendar.of(of_year(register, year)).iter_partition_dagrun_infos(
        earliest=datetime(year, 1, 1, tzinfo=UTC), latest=datetime(year, 12, 31, tzinfo=UTC)
    )
    instants = [run.run_after.astimezone(HANOI) for run in runs]
    assert [instant.date() for instant in instants] == expected
    assert {instant.time() for instant in instants} == {time(16, 30)}


class TestReminders:
    """29 February 2024 is a Thursday, the last working day before Tết of 2024 Wednesday 7 February."""

    def of_year(self, register: Register, year: int) -> PlanCalendar:
        return PlanCalendar.of_reminders(
            replace(
                register,
                year=year,
                calendar=compute_calendar(RULES, periods_of([year])),
                tasks=tuple(
                    replace(task, due_on=date(year, 2, 29)) if task.ref == register.own_plan_task else task
                    for task in register.tasks
                ),
            )
        )

    def days(self, timetable: PlanCalendar, year: int) -> list[str]:
        window = {"earliest": datetime(year, 1, 1, tzinfo=UTC), "latest": datetime(year + 1, 12, 31, tzinfo=UTC)}
        return [str(run.partition_key) for run in timetable.iter_partition_dagrun_infos(**window)]

    def test_run_on_working_days_only_over_tet_a_leap_day_and_the_year_s_end(self, register: Register) -> None:
        days = self.days(self.of_year(register, 2024), 2024)
        # Ten working days before 29 February is the 15th, the day after Tết.
        assert days[:4] == ["2024-02-15", "2024-02-22", "2024-02-26", "2024-02-28"]
        assert "2024-02-29" in days
        assert not [day for day in days if "2024-02-08" <= day <= "2024-02-14"]
        # Closing on Wednesday 25 December, and seven working days more, New Year's Day being none.
        assert days[-2:] == ["2025-01-03", "2025-01-06"]
        assert all(date.fromisoformat(day).weekday() < 5 for day in days)

    def test_cover_every_occasion_of_every_possible_extension(self, register: Register) -> None:
        days = set(self.days(PlanCalendar.of_reminders(register), 2023))
        rules, working = ReminderRules(), register.working_days
        for entry in register.calendar:
            due_at = entry.due_at
            while due_at <= entry.closing_at:
                after = [o for o in rules.occasions(working, due_at) if o.at >= entry.due_at]
                assert {str(occasion.at.date()) for occasion in after} <= days
                due_at += DAY

    def test_an_outage_is_made_up_for_by_the_newest_alone(self) -> None:
        days = [date(2023, 3, 1), date(2023, 3, 2), date(2023, 3, 3)]
        at = [NOW - 3 * DAY, NOW - 2 * DAY, NOW - HOUR]
        ends = [*at[1:], NOW + DAY]
        timetable = PlanCalendar(Slot(str(day), day, a, end) for day, a, end in zip(days, at, ends, strict=True))
        run = next_run(timetable)
        assert key(run) == "2023-03-03"
        assert next_run(timetable, run) is None

    def test_what_is_stored_gives_the_same_timetable(self, register: Register) -> None:
        timetable = PlanCalendar.of_reminders(register)
        timetable.validate()
        again = PlanCalendar.deserialize(json.loads(json.dumps(timetable.serialize())))
        assert again.serialize() == timetable.serialize()
        assert again.summary == "14/02 08:00 … 04/01 08:00 (87)"
        assert again.description == timetable.description


def test_two_runs_for_one_key_or_day_are_refused() -> None:
    with pytest.raises(ValueError, match="share the key 2023-Q1"):
        PlanCalendar([publication("2023-Q1", HOUR), publication("2023-Q1", DAY)]).validate()


class Run(NamedTuple):
    run_type: str
    clear_number: int = 0


def test_a_backfill_reports_as_of_the_hour_of_publication(register: Register) -> None:
    q1 = Period(2023, 1)
    assert known_at(register, q1, Run("backfill")) == datetime(2023, 3, 14, 16, 30, tzinfo=HANOI)
    assert known_at(register, q1, Run("manual")) is None
    assert known_at(register, q1, Run("scheduled")) is None


def test_a_run_noted_before_an_outage_is_not_done_after_the_closing(register: Register) -> None:
    q1 = Period(2023, 1)
    assert is_out_of_date(register, q1, Run("scheduled"))
    assert not is_out_of_date(register, q1, Run("scheduled", clear_number=1))
    assert not is_out_of_date(register, q1, Run("manual"))
    assert not is_out_of_date(register, q1, Run("backfill"))
    open_until = replace(register.calendar[0], closing_at=NOW + DAY)
    assert not is_out_of_date(replace(register, calendar=(open_until,)), q1, Run("scheduled"))


def test_a_backfill_can_be_repeated_and_a_scheduled_run_cannot_be_doubled() -> None:
    run_after = pendulum.datetime(2023, 3, 14, 9, 30)

    def names(run_type: DagRunType) -> set[str]:
        return {
            PlanCalendar([]).generate_run_id(run_type=run_type, run_after=run_after, partition_key="2023-Q1")
            for _ in range(2)
        }

    assert names(DagRunType.SCHEDULED) == {"scheduled__2023-03-14T09:30:00+00:00__2023-Q1"}
    assert len(names(DagRunType.BACKFILL_JOB)) == 2


class TestTwoPlans:
    """A month's report that is published in the next month, beside a quarter's."""

    QUARTER = publication("2023-Q1", 20 * DAY)._replace(key="quarterly:2023-Q1")
    MONTH = publication("2023-Q2", 10 * DAY)._replace(key="monthly:2023-M02", begins_on=date(2023, 2, 1), place=1)

    def test_each_run_comes_though_another_plan_s_is_filed_later(self) -> None:
        timetable = PlanCalendar([self.QUARTER, self.MONTH])
        first = next_run(timetable)
        assert [key(first), key(next_run(timetable, first))] == ["monthly:2023-M02", "quarterly:2023-Q1"]

    def test_two_that_fall_on_one_instant_are_both_run(self) -> None:
        at_once = self.MONTH._replace(run_at=self.QUARTER.run_at, begins_on=self.QUARTER.begins_on)
        timetable = PlanCalendar([at_once, self.QUARTER])
        timetable.validate()
        first = next_run(timetable)
        second = next_run(timetable, first)
        assert [key(first), key(second), next_run(timetable, second)] == [self.QUARTER.key, self.MONTH.key, None]
        window = {"earliest": datetime(2023, 1, 1, tzinfo=UTC), "latest": datetime(2023, 1, 2, tzinfo=UTC)}
        assert list(timetable.iter_partition_dagrun_infos(**window)) == []
        assert {timetable.resolve_partition_date(slot.key) for slot in (at_once, self.QUARTER)} == {
            datetime(2023, 1, 1, 0, 0, second, tzinfo=HANOI) for second in (0, 1)
        }

    def test_a_plan_that_is_put_first_runs_nothing_again(self) -> None:
        timetable = PlanCalendar([self.MONTH, self.QUARTER])
        first = next_run(timetable)
        moved = PlanCalendar([self.MONTH._replace(place=2), self.QUARTER])
        assert key(next_run(moved, first)) == self.QUARTER.key

    def test_a_run_from_before_there_were_several_is_the_slot_of_its_period(self) -> None:
        late = self.QUARTER._replace(place=1)
        last = DagRunInfo(pendulum.instance(late.run_at), None, None, "2023-Q1")
        assert next_run(PlanCalendar([late]), last) is None
        assert key(next_run(PlanCalendar([late._replace(key="quarterly:2023-Q2")]), last)) == "quarterly:2023-Q2"

    def test_a_bare_period_of_both_is_none_of_them(self) -> None:
        timetable = PlanCalendar([self.QUARTER, self.MONTH._replace(key="monthly:2023-Q1")])
        with pytest.raises(InvalidPartitionKeyError, match="'2023-Q1' is 2 of what the plans have"):
            timetable.resolve_partition_date("2023-Q1")


class TestPartitions:
    def test_a_backfill_leaves_what_is_not_yet_due(self) -> None:
        timetable = PlanCalendar([publication("2023-Q1", -HOUR), publication("2023-Q2", HOUR)])
        window = {"earliest": datetime(2023, 1, 1, tzinfo=UTC), "latest": datetime(2023, 12, 31, tzinfo=UTC)}
        assert [run.partition_key for run in timetable.iter_partition_dagrun_infos(**window)] == ["2023-Q1"]

    def test_a_backfill_takes_the_periods_that_begin_in_its_window(self, register: Register) -> None:
        timetable = PlanCalendar.of(register)
        window = {"earliest": datetime(2023, 4, 1, tzinfo=UTC), "latest": datetime(2023, 7, 1, tzinfo=UTC)}
        runs = list(timetable.iter_partition_dagrun_infos(**window))
        assert [run.partition_key for run in runs] == ["282-kh-ubnd-2023:2023-Q2", "282-kh-ubnd-2023:2023-Q3"]
        assert runs[0].partition_date == datetime(2023, 4, 1, tzinfo=HANOI)

    def test_a_key_is_a_period_of_the_plan(self, register: Register) -> None:
        timetable = PlanCalendar.of(register)
        for key in ("2023-Q3", "282-kh-ubnd-2023:2023-Q3"):
            assert timetable.resolve_partition_date(key) == datetime(2023, 7, 1, tzinfo=HANOI)
        for wrong in ("2024-Q1", "2023-Q5", "Q1", "2023-03-14", "45-kh-ubnd-2025:2023-Q1"):
            with pytest.raises(InvalidPartitionKeyError, match="282-kh-ubnd-2023:2023-Q1, 282-kh-ubnd-2023:2023-Q2"):
                timetable.resolve_partition_date(wrong)


def test_what_is_stored_gives_the_same_timetable(register: Register) -> None:
    timetable = PlanCalendar.of(register)
    stored = json.loads(json.dumps(timetable.serialize()))
    again = PlanCalendar.deserialize(stored)
    assert again.serialize() == timetable.serialize()
    assert next_run(again, catchup=True) == next_run(timetable, catchup=True)
    assert again.summary == "14/03 16:30, 14/06 16:30, 14/09 16:30, 14/12 16:30"
