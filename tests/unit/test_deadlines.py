"""The calendar, against days looked up by hand in the calendars of 2023, 2024 and 2026."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path

import pytest
import yaml

from tiendo.clock import HANOI
from tiendo.model.occasions import ReminderRules
from tiendo.model.period import Period, periods_of
from tiendo.model.register import Register
from tiendo.model.working_days import ExchangedDay, WorkingDays, midnight
from tiendo.plan.deadlines import CalendarChange, CalendarRules, PeriodOverride, compute_calendar
from tiendo.plan.register import RegisterError, load_register
from tiendo.settings import INCLUDE

RULES = CalendarRules(cut_off_day=14, due_before_day=15, publish_day=14, publish_time=time(16, 30), closing_day=25)
NEW_YEAR_2026 = ExchangedDay(date(2026, 1, 2), date(2026, 1, 10), "24h.com.vn, 26/12/2025")

# Period, data cut-off, first instant too late to submit, publication, first instant after closing. In 2023 the 14th of
# March, June, September and December were Tuesday, Wednesday, Thursday, Thursday; in 2024 Thursday, Friday, Saturday,
# Saturday; in 2026 Saturday, Sunday, Monday, Monday. Only the publication moves with weekends.
CALENDARS = """
2023-Q1  14/03/2023  15/03/2023  16:30 14/03/2023  26/03/2023
2023-Q2  14/06/2023  15/06/2023  16:30 14/06/2023  26/06/2023
2023-Q3  14/09/2023  15/09/2023  16:30 14/09/2023  26/09/2023
2023-Q4  14/12/2023  15/12/2023  16:30 14/12/2023  26/12/2023
2024-Q1  14/03/2024  15/03/2024  16:30 14/03/2024  26/03/2024
2024-Q2  14/06/2024  15/06/2024  16:30 14/06/2024  26/06/2024
2024-Q3  14/09/2024  15/09/2024  16:30 13/09/2024  26/09/2024
2024-Q4  14/12/2024  15/12/2024  16:30 13/12/2024  26/12/2024
2026-Q1  14/03/2026  15/03/2026  16:30 13/03/2026  26/03/2026
2026-Q2  14/06/2026  15/06/2026  16:30 12/06/2026  26/06/2026
2026-Q3  14/09/2026  15/09/2026  16:30 14/09/2026  26/09/2026
2026-Q4  14/12/2026  15/12/2026  16:30 14/12/2026  26/12/2026
"""

# Days off of state offices beside Saturdays and Sundays, and Saturdays worked, as announced for each year.
DAYS_OFF = {
    2023: """02/01 20/01 23/01 24/01 25/01 26/01 01/05 02/05 03/05 01/09 04/09""",
    2024: """01/01 08/02 09/02 12/02 13/02 14/02 18/04 29/04 30/04 01/05 02/09 03/09""",
    2026: """01/01 02/01 16/02 17/02 18/02 19/02 20/02 27/04 30/04 01/05 31/08 01/09 02/09 24/11""",
}
SATURDAYS_WORKED = {2023: "", 2024: "04/05", 2026: "10/01 22/08"}


def as_table(calendar: tuple) -> str:
    return "".join(
        f"{days.period}  {days.cut_off_on:%d/%m/%Y}  {days.due_at:%d/%m/%Y}  {days.publish_at:%H:%M %d/%m/%Y}  "
        f"{days.closing_at:%d/%m/%Y}\n"
        for days in calendar
    )


def test_the_calendars_of_three_years() -> None:
    calendars = [compute_calendar(RULES, periods_of([year])) for year in (2023, 2024, 2026)]
    assert "\n" + "".join(map(as_table, calendars)) == CALENDARS
    instants = [instant for c in calendars for d in c for instant in (d.due_at, d.publish_at, d.closing_at)]
    assert {f"{instant:%z}" for instant in instants} == {"+0700"}
    assert {f"{d.due_at:%H:%M} {d.closing_at:%H:%M}" for c in calendars for d in c} == {"00:00 00:00"}


@pytest.mark.parametrize("year", DAYS_OFF)
def test_days_off_and_saturdays_worked(year: int) -> None:
    working = WorkingDays((NEW_YEAR_2026,))
    days = [date.fromordinal(n) for n in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())]
    off = [f"{day:%d/%m}" for day in days if day.weekday() < 5 and not working.is_working(day)]
    assert off == DAYS_OFF[year].split()
    assert [f"{d:%d/%m}" for d in days if d.weekday() >= 5 and working.is_working(d)] == SATURDAYS_WORKED[year].split()


def test_an_exchange_the_package_lacks_is_data() -> None:
    assert WorkingDays().is_working(date(2026, 1, 2))
    assert not WorkingDays().is_working(date(2026, 1, 10))


@pytest.mark.parametrize(
    ("day", "number", "expected"),
    [
        ("2023-01-27", -1, "2023-01-19"),  # Tết of 2023: seven days
        ("2023-01-19", 1, "2023-01-27"),
        ("2024-02-07", 1, "2024-02-15"),  # Tết of 2024
        ("2024-02-28", 2, "2024-03-01"),  # over 29 February
        ("2024-03-01", -1, "2024-02-29"),
        ("2024-09-14", -1, "2024-09-13"),  # from a Saturday: the day itself does not count
        ("2024-09-14", 1, "2024-09-16"),
        ("2024-05-03", 1, "2024-05-04"),  # a Saturday worked
        ("2025-12-31", 1, "2026-01-05"),  # New Year's Day, the exchanged 2 January, a weekend
        ("2023-12-29", 1, "2024-01-02"),
    ],
)
def test_counting_working_days(day: str, number: int, expected: str) -> None:
    working = WorkingDays((NEW_YEAR_2026,))
    assert working.shift(date.fromisoformat(day), number) == date.fromisoformat(expected)


def test_last_working_day_before_tet() -> None:
    assert WorkingDays().last_until(date(2023, 1, 26)) == date(2023, 1, 19)
    assert WorkingDays().last_until(date(2023, 1, 27)) == date(2023, 1, 27)


def test_register_of_2023(register: Register) -> None:
    assert register.calendar == compute_calendar(RULES, periods_of([2023]))
    first = register.calendar_by_period[Period(2023, 1)]
    # "Before the 15th": a minute to midnight of the 14th is in time, midnight is late.
    assert datetime(2023, 3, 14, 23, 59, tzinfo=HANOI) < first.due_at
    assert first.due_at.isoformat() == "2023-03-15T00:00:00+07:00"
    assert [(owed.duty.value, owed.period, f"{owed.due_at:%d/%m %H:%M}") for owed in register.obligations] == [
        ("implementation_plan", "2023", "01/03 00:00"),  # "trong tháng 02/2023"
        ("quarterly_report", "2023-Q1", "15/03 00:00"),
        ("quarterly_report", "2023-Q2", "15/06 00:00"),
        ("quarterly_report", "2023-Q3", "15/09 00:00"),
        ("quarterly_report", "2023-Q4", "15/12 00:00"),
    ]


# The 14th of March 2023 is a Tuesday; of September 2024 a Saturday; 28 February 2023 a Tuesday. In January 2023, four
# working days before the 27th, lie Tết and the weekend of the 28th.
OCCASIONS = {
    "2023-03-15": "28/02 07/03 09/03 13/03 15/03 17/03 21/03 23/03",
    "2024-09-15": "29/08 09/09 11/09 13/09 16/09 18/09 20/09 24/09",
    "2023-03-01": "14/02 21/02 23/02 27/02 01/03 03/03 07/03 09/03",
    "2024-03-15": "29/02 07/03 11/03 13/03 15/03 19/03 21/03 25/03",
    "2023-01-28": "06/01 13/01 17/01 19/01 30/01 01/02 03/02 07/02",
    "2024-01-01": "18/12 25/12 27/12 29/12 02/01 04/01 08/01 10/01",
}


@pytest.mark.parametrize("due", OCCASIONS)
def test_occasions_are_counted_in_working_days(due: str) -> None:
    found = ReminderRules().occasions(WorkingDays(), midnight(date.fromisoformat(due)))
    assert [occasion.code for occasion in found] == [
        *("before-10", "before-5", "before-3", "before-1", "overdue", "head_of_unit", "deputy_director", "meeting_list")
    ]
    assert " ".join(f"{occasion.at:%d/%m}" for occasion in found) == OCCASIONS[due]
    assert {f"{occasion.at:%H:%M %z}" for occasion in found} == {"08:00 +0700"}


def test_only_the_newest_occasion_is_current() -> None:
    rules, due_at = ReminderRules(), midnight(date(2023, 3, 15))

    def current(*when: int) -> str | None:
        occasion = rules.current(WorkingDays(), due_at, datetime(2023, *when, tzinfo=HANOI))
        return occasion.code if occasion else None

    assert current(2, 28, 7, 59) is None
    assert current(2, 28, 8) == "before-10"
    assert current(3, 12) == "before-3"  # a Sunday; an outage since the 6th is made up for by one message
    assert current(4, 30) == "meeting_list"


def test_reminders_run_until_the_ladder_of_the_longest_extension_ends(register: Register) -> None:
    first = register.calendar_by_period[Period(2023, 1)]
    days = register.reminders.days_of_run(register.working_days, first.due_at, first.closing_at)
    assert " ".join(f"{day:%d/%m}" for day in days) == (
        "28/02 07/03 09/03 13/03 14/03 15/03 16/03 17/03 20/03 21/03 22/03 23/03 24/03 "
        "27/03 28/03 29/03 30/03 31/03 03/04 04/04"  # seven working days after Saturday the 25th
    )


def plan_with(tmp_path: Path, changes: Mapping[str, str]) -> Path:
    plan_dir = Path(shutil.copytree(INCLUDE / "plans" / "282-kh-ubnd-2023", tmp_path / "plan"))
    path = plan_dir / "plan.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return plan_dir


# What a plan says, and the four days of its first and last quarter: data cut-off, first instant too late to submit,
# publication, first instant after closing. In 2023, the 25th of April is a Tuesday, the 10th of January 2024 a
# Wednesday, the 31st of December a Sunday, the 29th the Friday before; the 31st of March is a Friday.
SAID = {
    # "Before the 5th of the month after", closing on the 10th of it, published on the 7th: a Friday, and a Sunday.
    "next": (
        (
            "cut_off: {day: 30}|submission_due: {before_day: 5, month: next}|closing: {day: 10, month: next}"
            '|publication: {day: 7, month: next, time: "16:30"}'
        ),
        "30/03/2023  05/04/2023  16:30 07/04/2023  11/04/2023",
        "30/12/2023  05/01/2024  16:30 05/01/2024  11/01/2024",
    ),
    "until the 20th, published after it": (
        (
            "cut_off: {day: last}|submission_due: {day: 20, month: next}|closing: {day: last, month: next}"
            '|publication: {day: 25, month: next, time: "08:00"}'
        ),
        "31/03/2023  21/04/2023  08:00 25/04/2023  01/05/2023",
        "31/12/2023  21/01/2024  08:00 25/01/2024  01/02/2024",
    ),
    # "Before the 1st of the month after" is until the last day of the quarter.
    "before the first": (
        (
            "cut_off: {day: 25}|submission_due: {before_day: 1, month: next}|closing: {day: 5, month: next}"
            '|publication: {day: last, time: "16:30"}'
        ),
        "25/03/2023  01/04/2023  16:30 31/03/2023  06/04/2023",
        "25/12/2023  01/01/2024  16:30 29/12/2023  06/01/2024",
    ),
    "until the last day, as the quarter's month": (
        (
            "cut_off: {day: 20}|submission_due: {day: last, month: last}|closing: {day: 1, month: next}"
            '|publication: {day: 25, month: last, time: "16:30"}'
        ),
        "20/03/2023  01/04/2023  16:30 24/03/2023  02/04/2023",
        "20/12/2023  01/01/2024  16:30 25/12/2023  02/01/2024",
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_days_as_other_plans_say_them(tmp_path: Path, name: str) -> None:
    said, first, last = SAID[name]
    plan_dir = plan_with(tmp_path, {})
    path = plan_dir / "plan.yaml"
    plan = yaml.safe_load(path.read_text(encoding="utf-8"))
    plan["calendar"] |= {key: rule for text in said.split("|") for key, rule in yaml.safe_load(text).items()}
    path.write_text(yaml.safe_dump(plan, allow_unicode=True), encoding="utf-8")
    lines = as_table(load_register(plan_dir).calendar).splitlines()
    assert (lines[0], lines[-1]) == (f"2023-Q1  {first}", f"2023-Q4  {last}")


def test_a_change_can_move_the_days_into_the_next_month(tmp_path: Path) -> None:
    change = '{from: 2023-06-15, document: "CV 9", due_before_day: 8, due_month: next, closing_day: 20, '
    change += "closing_month: next, publish_day: 10, publish_month: next}"
    calendar = load_register(plan_with(tmp_path, {"changes: []": f"changes: [{change}]"})).calendar
    # The 10th of October 2023 is a Tuesday; Q2's data was closed on 14 June.
    assert as_table(calendar[1:3]) == (
        "2023-Q2  14/06/2023  15/06/2023  16:30 14/06/2023  26/06/2023\n"
        "2023-Q3  14/09/2023  08/10/2023  16:30 10/10/2023  21/10/2023\n"
    )


def test_a_plan_may_lack_what_not_every_plan_orders(tmp_path: Path, register: Register) -> None:
    plan_dir = plan_with(tmp_path, {})
    path = plan_dir / "plan.yaml"
    plan = yaml.safe_load(path.read_text(encoding="utf-8"))
    for key in ("own_plan", "reminders", "overrides", "changes", "exchanged_days"):
        del plan["calendar"][key]
    path.write_text(yaml.safe_dump(plan, allow_unicode=True), encoding="utf-8")
    found = load_register(plan_dir)
    assert found.calendar == register.calendar
    assert found.reminders == ReminderRules()
    assert {owed.duty.value for owed in found.obligations} == {"quarterly_report"}
    # Asked for by a day, though no task says so.
    plan["calendar"]["own_plan"] = {"due_on": date(2023, 3, 31)}
    path.write_text(yaml.safe_dump(plan, allow_unicode=True), encoding="utf-8")
    assert f"{load_register(plan_dir).obligations[0].due_at:%d/%m %H:%M}" == "01/04 00:00"


def test_days_set_by_hand_win(tmp_path: Path) -> None:
    own = "{publish_at: 2023-06-13 10:00, due_before: 2023-06-17, closing_on: 2023-06-27, reason: thử}"
    calendar = load_register(plan_with(tmp_path, {"overrides: {}": f"overrides: {{2023-Q2: {own}}}"})).calendar
    override = PeriodOverride(
        publish_at=datetime(2023, 6, 13, 10, tzinfo=HANOI),
        due_before=date(2023, 6, 17),
        closing_on=date(2023, 6, 27),
    )
    assert calendar == compute_calendar(replace(RULES, overrides={Period(2023, 2): override}), periods_of([2023]))
    assert [f"{days.due_at:%d/%m}" for days in calendar] == ["15/03", "17/06", "15/09", "15/12"]
    assert f"{calendar[1].closing_at:%d/%m %H:%M}" == "28/06 00:00"
    assert calendar[1].cut_off_on == date(2023, 6, 14)


def test_a_change_within_the_year_leaves_old_periods_their_days(tmp_path: Path) -> None:
    change = '{from: 2023-06-15, document: "Công văn số 2045/UBND-TH ngày 10/06/2023", due_before_day: 19, '
    change += 'publish_day: 18, publish_time: "10:00"}'
    calendar = load_register(plan_with(tmp_path, {"changes: []": f"changes: [{change}]"})).calendar
    # 18 September 2023 is a Monday, 18 December a Monday; Q2's data was closed on 14 June.
    assert as_table(calendar) == (
        "2023-Q1  14/03/2023  15/03/2023  16:30 14/03/2023  26/03/2023\n"
        "2023-Q2  14/06/2023  15/06/2023  16:30 14/06/2023  26/06/2023\n"
        "2023-Q3  14/09/2023  19/09/2023  10:00 18/09/2023  26/09/2023\n"
        "2023-Q4  14/12/2023  19/12/2023  10:00 18/12/2023  26/12/2023\n"
    )


def test_a_change_on_the_cut_off_day_still_holds_for_the_period() -> None:
    later = CalendarChange(date(2023, 6, 14), "CV 1", {"closing_day": 28})
    latest = CalendarChange(date(2023, 10, 1), "CV 2", {"closing_day": 29, "cut_off_day": 10})
    calendar = compute_calendar(replace(RULES, changes=(later, latest)), periods_of([2023]))
    assert [f"{days.closing_at:%d/%m}" for days in calendar] == ["26/03", "29/06", "29/09", "30/12"]
    assert [days.cut_off_on.day for days in calendar] == [14, 14, 14, 10]


CHANGED = "changes: []", "changes: [{from: 2023-07-01, document: CV 9, "
BAD = [
    # What stands there, what it becomes, the key blamed, what is said of it.
    (CHANGED[0], CHANGED[1] + "closing_day: 12}]", "calendar.changes.0", "is not after submissions are due"),
    (CHANGED[0], CHANGED[1] + "cut_off_day: 20}]", "calendar.changes.0", "2023-09-20 is after the last day to submit"),
    (CHANGED[0], CHANGED[1] + "publish_day: 29}]", "calendar.changes.0", "is not before the period closes"),
    (CHANGED[0], CHANGED[1] + "due_month: next}]", "calendar.changes.0", "is not after submissions are due"),
    (CHANGED[0], CHANGED[1] + "due_month: July}]", "calendar.changes.0.due_month", "must be next (the month after"),
    (CHANGED[0], CHANGED[1] + "due_day: 20}]", "calendar.changes.0.due_day", "is not known; known are from, document"),
    (CHANGED[0], "changes: [{from: 2023-07-01, document: CV 9}]", "calendar.changes.0", "changes nothing"),
    (CHANGED[0], "changes: [{from: 2023-07-01, closing_day: 26}]", "calendar.changes.0.document", "must be a text"),
    (
        CHANGED[0],
        CHANGED[1] + "closing_day: 26}, {from: 2023-07-01, document: CV 10, closing_day: 27}]",
        "calendar.changes.1.from",
        "2023-07-01 is not after the change before it",
    ),
    (CHANGED[0], "changes: 2023-07-01", "calendar.changes", "must be a list of keys and values"),
    ("closing:\n    day: 25", "closing:\n    day: 13", "calendar.closing", "is not after submissions are due"),
    ("closing:\n    day: 25", "closing:\n    day: 31", "calendar.closing.day", "must be a whole number from 1 to 30"),
    (
        "    before_day: 15 ",
        "    before_day: 15\n    day: 14 ",
        "calendar.submission_due",
        "gives day (until its end) and before_day (until the day before): keep one of them",
    ),
    ("    before_day: 15 ", "    month: 4 ", "calendar.submission_due.month", "must be a text, not 4"),
    ("    before_day: 15 ", "    month: next ", "calendar.submission_due.before_day", "from 1 to 30, not None"),
    (
        "    before_day: 15 ",
        "    before_day: 15\n    month: next ",
        "calendar.closing",
        "2023-03-26 00:00:00+07:00 is not after submissions are due, 2023-04-15 00:00:00+07:00",
    ),
    (
        "    task: III.3\n    due_on: 2023-02-28",
        "    due_on: 2024-02-28",
        "calendar.own_plan.due_on",
        "is not in the plan",
    ),
    (
        "overrides: {}",
        "overrides: {2023-Q1: {closing_on: 2023-06-20, reason: thử}}",
        "calendar.closing",
        "2023-Q1 closes at 2023-06-21 00:00:00+07:00 only, after the next is due",
    ),
    (
        "overrides: {}",
        "overrides: {2023-Q2: {publish_at: 2022-12-13 16:30, reason: thử}}",
        "calendar.overrides.2023-Q2",
        "is before the period",
    ),
    (
        "exchanged_days: []",
        "exchanged_days: [{free: 2023-01-23, worked: 2023-01-28, source: thử}]",
        "calendar.exchanged_days.0.free",
        "2023-01-23 is free without an exchange",
    ),
    (
        "exchanged_days: []",
        "exchanged_days: [{free: 2023-01-27, worked: 2023-01-31, source: thử}]",
        "calendar.exchanged_days.0.worked",
        "2023-01-31 is a working day without an exchange",
    ),
    ("before: [10, 5, 3, 1]", "before: [10, 10]", "calendar.reminders.before", "names a day twice"),
    ("before: [10, 5, 3, 1]", "before: [0]", "calendar.reminders.before", "must be a list of working days"),
    ("head_of_unit: 3", "chief: 3", "calendar.reminders.escalation.chief", "is not known; known are head_of_unit"),
    ('from: "17:00"', 'from: "07:45"', "calendar.reminders.quiet", "leaves no room for reminders at 08:00"),
    ('until: "07:30"', "till: 7", "calendar.reminders.quiet.till", "is not known; known are from, until"),
    (
        "meeting_list: 7",
        "meeting_list: 7\n    contacts: {deputy_director: Ông Nam}",
        "calendar.reminders.contacts.deputy_director",
        "'Ông Nam' is no mail address",
    ),
    (
        "meeting_list: 7",
        "meeting_list: 7\n    contacts: {head_of_unit: a@b.vn}",
        "calendar.reminders.contacts.head_of_unit",
        "is not known; known are deputy_director, meeting_list",
    ),
    ("head_of_unit: 3", "head_of_unit: 1", "calendar.reminders.escalation", "must take each step on a day of its own"),
]


@pytest.mark.parametrize(("old", "new", "key", "what"), BAD)
def test_what_cannot_be_is_refused_with_its_place(tmp_path: Path, old: str, new: str, key: str, what: str) -> None:
    plan_dir = plan_with(tmp_path, {old: new})
    with pytest.raises(RegisterError) as caught:
        load_register(plan_dir)
    told = [fault for fault in caught.value.faults if fault.column == key and what in fault.what]
    assert told, str(caught.value)
    lines = (plan_dir / "plan.yaml").read_text(encoding="utf-8").splitlines()
    assert told[0].row > 0
    place = lines[told[0].row - 1].strip()
    begins = new.strip().split("\n", maxsplit=1)[0].split(":", maxsplit=1)[0]
    assert place.startswith((begins, "escalation", "closing", "submission_due", "day: 31", "quiet", "contacts")), place


def test_an_exchange_moves_the_publication(tmp_path: Path) -> None:
    exchange = "[{free: 2023-03-14, worked: 2023-03-18, source: thử}]"
    calendar = load_register(plan_with(tmp_path, {"exchanged_days: []": f"exchanged_days: {exchange}"})).calendar
    assert [f"{days.publish_at:%d/%m}" for days in calendar] == ["13/03", "14/06", "14/09", "14/12"]
