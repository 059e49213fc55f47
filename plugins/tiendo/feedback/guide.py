"""Sheet ``Hướng dẫn``: the text of include/templates/workbook_guide.txt, for one body and period."""

from datetime import datetime, time, timedelta

from tiendo.clock import HANOI
from tiendo.model.register import Agency, PeriodCalendar, Register
from tiendo.model.states import KINDS, TASK_STATES
from tiendo.reading.columns import NOT_YET_PUBLISHED
from tiendo.settings import INCLUDE
from tiendo.vietnamese.dates import format_date, long_date

_TEXT = INCLUDE / "templates" / "workbook_guide.txt"
_FOR_ALL = "# "
_WITH_INDICATORS = "#indicators "


def guide(register: Register, entry: PeriodCalendar, agency: Agency) -> list[tuple[bool, str]]:
    """Returns the guide as (is a heading, text), headings numbered; sections on figures only for whom they concern."""
    words = {
        "period": entry.period.vietnamese,
        "agency": agency.name,
        "deadline": deadline_text(entry.due_at),
        "last_moment": _last_moment_text(entry.due_at),
        "cut_off": long_date(entry.cut_off_on),
        "receiver": _receiver(register),
        "states": "; ".join(f"“{text}”" for text in TASK_STATES.values()),
        "not_yet_published": NOT_YET_PUBLISHED,
        "promised_on": format_date(entry.closing_at.astimezone(HANOI).date()),
        **KINDS,
    }
    has_indicators = bool(register.indicators_of(agency.code))
    rows: list[tuple[bool, str]] = []
    number, is_wanted = 0, True
    for line in _TEXT.read_text(encoding="utf-8").splitlines():
        is_heading = line.startswith("#")
        if is_heading:
            is_wanted = has_indicators or not line.startswith(_WITH_INDICATORS)
            number += is_wanted
        if is_wanted and line:
            text = line.removeprefix(_WITH_INDICATORS).removeprefix(_FOR_ALL).format_map(words)
            rows.append((is_heading, f"{number}. {text}" if is_heading else text))
    return rows


def deadline_text(due_at: datetime) -> str:
    """Writes the exclusive deadline as officials do: ``trước ngày 15 tháng 3 năm 2023``."""
    due = due_at.astimezone(HANOI)
    return f"trước {long_date(due.date())}" if due.time() == time(0) else f"trước {_clock_time(due)}"


def _last_moment_text(due_at: datetime) -> str:
    """Writes the last moment that is still in time: ``24 giờ 00, ngày 14 tháng 3 năm 2023``."""
    due = due_at.astimezone(HANOI)
    return f"24 giờ 00, {long_date((due - timedelta(days=1)).date())}" if due.time() == time(0) else _clock_time(due)


def _clock_time(instant: datetime) -> str:
    return f"{instant.hour:02d} giờ {instant.minute:02d}, {long_date(instant.date())}"


def _receiver(register: Register) -> str:
    """Returns the body that collects the reports: the one that issues the plan's own report."""
    issuing_body = str(register.report.get("issuing_body", "")).upper()
    return next((a.name for a in register.agencies if a.name.upper() == issuing_body), "cơ quan chủ trì tổng hợp")
