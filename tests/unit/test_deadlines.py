"""The calendar, against days looked up by hand in the calendars of 2023, 2024 and 2026."""

import shutil
from datetime import date, datetime, time
from pathlib import Path

import pytest

from tiendo.clock import HANOI
from tiendo.plan.deadlines import CalendarRules, PeriodOverride, compute_calendar, is_working_day, last_working_day
from tiendo.plan.model import Register
from tiendo.plan.period import Period
from tiendo.plan.register import load_register
from tiendo.settings import INCLUDE

RULES = CalendarRules(cut_off_day=14, due_before_day=15, publish_day=14, publish_time=time(16, 30), closing_day=25)

# In 2023 the 14th of March, June, September and December were Tuesday, Wednesday, Thursday, Thursday.
# In 2024 Thursday, Friday, Saturday, Saturday; in 2026 Saturday, Sunday, Monday, Monday.
PUBLISHED = {
    2023: ["2023-03-14", "2023-06-14", "2023-09-14", "2023-12-14"],
    2024: ["2024-03-14", "2024-06-14", "2024-09-13", "2024-12-13"],
    2026: ["2026-03-13", "2026-06-12", "2026-09-14", "2026-12-14"],
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_publication_is_on_the_14th_or_the_last_working_day_before(year: int) -> None:
    calendar = compute_calendar(RULES, year)
    assert [f"{days.publish_at:%Y-%m-%d %H:%M %z}" for days in calendar] == [
        f"{day} 16:30 +0700" for day in PUBLISHED[year]
    ]


@pytest.mark.parametrize("year", PUBLISHED)
def test_the_other_days_do_not_move_with_weekends(year: int) -> None:
    months = [3, 6, 9, 12]
    calendar = compute_calendar(RULES, year)
    assert [days.period for days in calendar] == [Period(year, quarter) for quarter in (1, 2, 3, 4)]
    assert [days.cut_off_on for days in calendar] == [date(year, month, 14) for month in months]
    assert [days.due_at for days in calendar] == [datetime(year, month, 15, tzinfo=HANOI) for month in months]
    assert [days.closing_at for days in calendar] == [datetime(year, month, 26, tzinfo=HANOI) for month in months]


def test_register_of_2023(register: Register) -> None:
    assert register.calendar == compute_calendar(RULES, 2023)
    assert all(is_working_day(days.cut_off_on) for days in register.calendar)
    first = register.calendar_by_period[Period(2023, 1)]
    # "Before the 15th": a minute to midnight of the 14th is in time, midnight is late.
    assert datetime(2023, 3, 14, 23, 59, tzinfo=HANOI) < first.due_at
    assert not datetime(2023, 3, 15, 0, 0, tzinfo=HANOI) < first.due_at
    assert first.due_at.isoformat() == "2023-03-15T00:00:00+07:00"


@pytest.mark.parametrize(
    ("day", "is_working"),
    [
        ("2023-01-20", False),  # Tết, 29th of the last lunar month, a Friday
        ("2023-01-26", False),  # Tết, the fifth day, a Thursday
        ("2023-01-27", True),
        ("2023-03-11", False),  # Saturday
        ("2023-05-03", False),  # in lieu of 30 April, a Sunday
        ("2023-09-04", False),  # in lieu of 2 September, a Saturday
        ("2026-08-22", True),  # a Saturday worked for Monday 31 August
        ("2026-08-31", False),
    ],
)
def test_working_days_of_viet_nam(day: str, is_working: bool) -> None:
    assert is_working_day(date.fromisoformat(day)) is is_working


def test_last_working_day_before_tet() -> None:
    assert last_working_day(date(2023, 1, 26)) == date(2023, 1, 19)


def test_days_set_by_hand_win(tmp_path: Path) -> None:
    plan_dir = Path(shutil.copytree(INCLUDE / "plans" / "282-kh-ubnd-2023", tmp_path / "plan"))
    path = plan_dir / "plan.yaml"
    own = "{publish_at: 2023-06-13 10:00, due_before: 2023-06-17, closing_on: 2023-06-27, reason: thử}"
    text = path.read_text(encoding="utf-8").replace("overrides: {}", f"overrides: {{2023-Q2: {own}}}")
    path.write_text(text, encoding="utf-8")
    calendar = load_register(plan_dir).calendar
    rules = CalendarRules(
        *(14, 15, 14, time(16, 30), 25),
        overrides={
            Period(2023, 2): PeriodOverride(
                publish_at=datetime(2023, 6, 13, 10, tzinfo=HANOI),
                due_before=date(2023, 6, 17),
                closing_on=date(2023, 6, 27),
            )
        },
    )
    assert calendar == compute_calendar(rules, 2023)
    assert [f"{days.due_at:%d/%m}" for days in calendar] == ["15/03", "17/06", "15/09", "15/12"]
    assert f"{calendar[1].closing_at:%d/%m %H:%M}" == "28/06 00:00"
    assert calendar[1].cut_off_on == date(2023, 6, 14)
