"""Which reminder is due for whom at an instant, and whether one that waits to be sent is still true. Pure functions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tiendo.model.occasions import DEPUTY_DIRECTOR, HEAD_OF_UNIT, HOLDS, MEETING_LIST, OVERDUE, Occasion
from tiendo.model.register import Agency, Obligation, Register

OWING = ("missing", "rejected")
# About a body, to somebody else, on one page for all bodies of the day.
LISTS = (DEPUTY_DIRECTOR, MEETING_LIST)
DELIVERIES = {
    "outbox": "trong thư mục trả lời",
    "waiting": "chờ gửi thư",
    "sent": "đã gửi thư",
    "withdrawn": "đã rút, không còn đúng",
    "undeliverable": "KHÔNG GỬI ĐƯỢC",
}
_OCCASIONS = {
    OVERDUE: "Quá hạn",
    HEAD_OF_UNIT: "Thủ trưởng đơn vị",
    DEPUTY_DIRECTOR: "Trình lãnh đạo",
    MEETING_LIST: "Giao ban",
}


def occasion_name(code: str) -> str:
    """Returns an occasion in Vietnamese: ``Quá hạn``, ``Trước hạn 3 ngày``."""
    number = code.removeprefix("before-")
    return _OCCASIONS[code] if number == code else f"Trước hạn {number} ngày"


@dataclass(frozen=True)
class Reminder:
    """One body, what it owes, and the occasion to remind it.

    Attributes:
        row: the body's row of the tracker (``mart.submission_tracker``).
    """

    agency: Agency
    owed: Obligation
    occasion: Occasion
    row: Mapping[str, Any]

    @property
    def due_at(self) -> datetime:
        """The body's own due instant, an extension included."""
        due_at: datetime = self.row["due_at"]
        return due_at

    @property
    def is_listed(self) -> bool:
        """Whether it goes past the body itself, onto the page of the day."""
        return self.occasion.code in LISTS


def is_in_season(register: Register, owed: Obligation, instant: datetime) -> bool:
    """Tells whether anybody may have an occasion: from the first one until the ladder of the longest extension ends."""
    rules, working_days = register.reminders, register.working_days
    begins_at = rules.occasions(working_days, owed.due_at)[0].at
    return begins_at <= instant < rules.occasions(working_days, owed.closing_at)[-1].at + HOLDS


def due_reminders(
    register: Register,
    owed: Obligation,
    rows: Iterable[Mapping[str, Any]],
    last_entered: Mapping[str, datetime],
    instant: datetime,
) -> list[Reminder]:
    """Returns the reminders due about one obligation, in the order of the rows.

    Nothing to a body that has sent something acceptable or is excused; nothing about an occasion that is not later
    than the last one the body was reminded on, nor about one so old that an outage does not excuse it.

    Args:
        rows: of the tracker, at the instant.
        last_entered: by body, the latest occasion it was reminded on.
    """
    found = []
    for row in rows:
        occasion = register.reminders.current(register.working_days, row["due_at"], instant)
        if occasion is None or row["state"] not in OWING or instant - occasion.at >= HOLDS:
            continue
        entered_at = last_entered.get(row["agency_code"])
        if entered_at is None or occasion.at > entered_at:
            found.append(Reminder(register.agency_by_code[row["agency_code"]], owed, occasion, row))
    return found


def is_still_true(occasion: str, due_at: datetime, row: Mapping[str, Any] | None, instant: datetime) -> bool:
    """Tells whether a reminder that waits to be sent may still go: owed as it says, and not overtaken by the due day.

    Args:
        occasion: its code.
        due_at: the due instant it names.
        row: the body's row of the tracker now; None when it owes nothing any more.
    """
    if row is None or row["state"] not in OWING or row["due_at"] != due_at:
        return False
    return instant < due_at or not occasion.startswith("before-")
