"""When a body is reminded of what it owes: days counted in working days from its own last day to submit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from tiendo.clock import HANOI
from tiendo.model.working_days import WorkingDays, last_day_before

OVERDUE = "overdue"
HEAD_OF_UNIT, DEPUTY_DIRECTOR, MEETING_LIST = "head_of_unit", "deputy_director", "meeting_list"
LADDER = (HEAD_OF_UNIT, DEPUTY_DIRECTOR, MEETING_LIST)
# What an outage let slip is made up for so long, and no longer.
HOLDS = timedelta(days=7)


class Occasion(NamedTuple):
    """One occasion to write to a body, or about it.

    Attributes:
        code: ``before-10`` ... ``before-1``, ``overdue``, then the steps of the escalation ladder by name.
        at: when; within working hours of a working day.
    """

    code: str
    at: datetime


@dataclass(frozen=True)
class ReminderRules:
    """When to remind, in working days (``calendar.reminders`` of plan.yaml).

    Attributes:
        hour: time of day of every occasion.
        before: how many working days before the last day to submit.
        overdue: how many after it the overdue notice goes out.
        escalation: how many after it each step of ``LADDER`` is taken.
        quiet_from, quiet_until: between these times of day, and on a day that is no working day, nobody is written to.
        contacts: mail address of whoever hears of a step that is not told to the body itself.
    """

    hour: time = time(8)
    before: tuple[int, ...] = (10, 5, 3, 1)
    overdue: int = 1
    escalation: Mapping[str, int] = field(
        default_factory=lambda: {HEAD_OF_UNIT: 3, DEPUTY_DIRECTOR: 5, MEETING_LIST: 7}
    )
    quiet_from: time = time(17)
    quiet_until: time = time(7, 30)
    contacts: Mapping[str, str] = field(default_factory=dict)

    def is_quiet(self, working_days: WorkingDays, instant: datetime) -> bool:
        """Tells whether nobody is to be written to at an instant."""
        local = instant.astimezone(HANOI)
        return not (working_days.is_working(local.date()) and self.quiet_until <= local.time() < self.quiet_from)

    def occasions(self, working_days: WorkingDays, due_at: datetime) -> tuple[Occasion, ...]:
        """Returns the occasions of one due instant, in order."""
        last_day = last_day_before(due_at)

        def occasion(code: str, number: int) -> Occasion:
            return Occasion(code, datetime.combine(working_days.shift(last_day, number), self.hour, HANOI))

        return (
            *(occasion(f"before-{number}", -number) for number in sorted(self.before, reverse=True)),
            occasion(OVERDUE, self.overdue),
            *(occasion(code, number) for code, number in sorted(self.escalation.items(), key=lambda step: step[1])),
        )

    def current(self, working_days: WorkingDays, due_at: datetime, instant: datetime) -> Occasion | None:
        """Returns the last occasion that has begun by an instant, None before the first.

        What an outage let slip is thereby made up for by the newest occasion alone.
        """
        begun = [occasion for occasion in self.occasions(working_days, due_at) if occasion.at <= instant]
        return begun[-1] if begun else None

    def days_of_run(self, working_days: WorkingDays, due_at: datetime, closing_at: datetime) -> tuple[date, ...]:
        """Returns the days on which there may be somebody to write to.

        They are the days of the general occasions, and every working day from the due day until the ladder of a body
        with the longest possible extension has ended: such a body's occasions lie anywhere between.
        """
        days = {occasion.at.date() for occasion in self.occasions(working_days, due_at)}
        end = working_days.shift(last_day_before(closing_at), max(self.overdue, *self.escalation.values(), 0))
        day = working_days.shift(last_day_before(due_at), -1)
        while day < end:
            day = working_days.shift(day, 1)
            days.add(day)
        return tuple(sorted(days))
