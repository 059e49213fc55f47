"""The control room: how everything stands and what is to be done now."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from tiendo import clock
from tiendo.mail.incident_words import what_is_wrong
from tiendo.model.period import Period
from tiendo.model.register import Duty, Register
from tiendo.pages.frame import AllOpened, Opened, Refusal, Viewer, page
from tiendo.pages.machine import look_at
from tiendo.pages.places import CHANNELS, FILE_STATES, body_link, file_link, period_words, rule_link
from tiendo.pages.standing import MARKS, cell_key, gather, of_other_plan, period_in_hand
from tiendo.pages.to_do import duration, left_words, to_do, to_do_in_plan
from tiendo.report.words import name_in_year
from tiendo.vietnamese.dates import deadline_text, format_instant
from tiendo.vietnamese.text import capital

RENEWED_EVERY = 20
router = APIRouter()


@router.get("/")
def room(user: Viewer, parts: Opened, opened: AllOpened, ky: str = "") -> HTMLResponse:
    """Returns the control room of a plan, of a period or of the one in hand."""
    now = clock.now()
    period = known_period(parts.register, ky) if ky else period_in_hand(parts.register, now)
    standing, machine = gather(parts, period, now), look_at(parts)
    others = [other for other in opened.plans if other.code != parts.register.code]
    return page(
        "room.html.j2",
        user=user.get_name(),
        here="/tiendo/",
        refresh=RENEWED_EVERY,
        now=now,
        register=parts.register,
        standing=standing,
        machine=machine,
        to_do=to_do(standing, machine),
        elsewhere=[
            (other, waiting)
            for other in others
            if (waiting := to_do_in_plan(of_other_plan(standing, opened.of(other.code))))
        ],
        columns=_columns(parts.register),
        marks=MARKS,
        file_states=FILE_STATES,
        channels=CHANNELS,
        instant=format_instant,
        deadline=deadline_text,
        left=left_words,
        wrong=what_is_wrong,
        duration=duration,
        names=opened.plans.agency_by_code,
        file_link=file_link,
        body_link=body_link,
        rule_link=rule_link,
    )


def known_period(register: Register, text: str) -> Period:
    """Reads a period of the plan from an address.

    Raises:
        Refusal: the plan has no such period.
    """
    known = {str(entry.period): entry.period for entry in register.calendar}
    if text not in known:
        raise Refusal(404, "no such period", f"Kế hoạch không có kỳ báo cáo này; có các kỳ: {', '.join(known)}.")
    return known[text]


def _columns(register: Register) -> list[dict[str, Any]]:
    """Returns the columns of the grid: what is owed, in the order of the due days; ``period`` is that of a report."""
    return [
        {
            "period": owed.period if owed.duty is Duty.QUARTERLY_REPORT else "",
            "cell": cell_key(owed.duty, owed.period),
            "label": "KH năm" if owed.duty is Duty.IMPLEMENTATION_PLAN else _title(register, owed.period),
        }
        for owed in sorted(register.obligations, key=lambda owed: owed.due_at)
    ]


def _title(register: Register, period: str) -> str:
    if len(register.years) > 1:
        return period_words(period)
    return capital(name_in_year(Period.parse(period)))
