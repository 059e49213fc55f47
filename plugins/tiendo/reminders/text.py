"""What a reminder says: the notice to one body, and the page about all bodies that a step of the ladder reached."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tiendo.clock import HANOI
from tiendo.model.occasions import HEAD_OF_UNIT, MEETING_LIST, OVERDUE
from tiendo.model.period import Period
from tiendo.model.register import Agency, Duty, Obligation, Register
from tiendo.model.working_days import last_day_before
from tiendo.reminders.occasion import OWING, Reminder
from tiendo.reminders.wording import fill_in
from tiendo.vietnamese.dates import deadline_text, format_date, format_instant

_WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
_STATES = {"missing": "Chưa gửi", "rejected": "Bị trả lại"}


class ReminderText(NamedTuple):
    """The words of a reminder; ``html`` is a page of its own as well."""

    subject: str
    text: str
    html: str


def owed_name(owed: Obligation) -> str:
    """Returns ``báo cáo quý I năm 2023`` or ``kế hoạch triển khai thực hiện năm 2023``."""
    if owed.duty is Duty.QUARTERLY_REPORT:
        return f"báo cáo {Period.parse(owed.period).vietnamese}"
    return f"kế hoạch triển khai thực hiện năm {owed.period}"


def write_reminder(
    register: Register, reminder: Reminder, now: datetime, *, mailbox: str = "", workbook: str = ""
) -> ReminderText:
    """Writes the notice to one body.

    Args:
        mailbox: the address that takes reports, "" where mail is not collected.
        workbook: name of the workbook that goes with it, "" for none.

    Raises:
        WordingError: a template uses what it is not given.
    """
    agency, owed, row = reminder.agency, reminder.owed, reminder.row
    is_report = owed.duty is Duty.QUARTERLY_REPORT
    speaker = register.speaker_on(agency.code, now.astimezone(HANOI).date())
    register = register.in_force_for(owed)
    number = Period.parse(owed.period).number if is_report else 0
    indicators = [i.label for i in register.indicators_of(agency.code) if number in i.published_in]
    name, contact = owed_name(owed), str(register.report["issuing_body"])
    deadline = deadline_text(reminder.due_at)
    step = reminder.occasion.code if reminder.occasion.code in (OVERDUE, HEAD_OF_UNIT) else "before"
    last_day = last_day_before(reminder.due_at)
    subject = {
        "before": f"[{register.short_title}] Đề nghị gửi {name} {deadline}",
        OVERDUE: f"[{register.short_title}] Đã quá hạn gửi {name}",
        HEAD_OF_UNIT: f"[{register.short_title}] Kính gửi Thủ trưởng đơn vị: đã quá hạn gửi {name}",
    }[step]
    values = {
        "subject": subject,
        "step": step,
        "agency_name": agency.name
        if speaker.code == agency.code
        else f"{speaker.name} (tiếp nhận phần việc của {agency.name})",
        "plan": register.short_title,
        "contact": contact,
        "owed": name,
        "is_report": is_report,
        "receivers": " và ".join([*(a.name for a in register.agencies if a.kind == "receiver"), contact]),
        "deadline": deadline,
        "last_day": f"{_WEEKDAYS[last_day.weekday()]}, ngày {format_date(last_day)}",
        "days_overdue": _days_overdue(reminder.due_at, now),
        "letter": _letter(row),
        "rejected_at": format_instant(row["rejected_at"]) if row["rejected_at"] else "",
        "indicators": indicators if is_report else [],
        "tasks": [f"{t.ref} {t.title}" for t in register.tasks_of(agency.code)] if is_report else [],
        "workbook": workbook,
        "mailbox": mailbox,
        "inbox": f"inbox/{speaker.code}/",
        "written_at": format_instant(now),
    }
    return ReminderText(subject, fill_in("reminder.txt.j2", values), fill_in("reminder.html.j2", values))


def write_list(
    register: Register,
    owed: Obligation,
    step: str,
    *,
    rows: Sequence[Mapping[str, Any]],
    reminded: Mapping[str, int],
    now: datetime,
) -> ReminderText:
    """Writes the page about the bodies that owe something after their due day.

    Args:
        step: of the ladder: the deputy director, or the meeting about the period.
        rows: of the tracker, of the bodies to be listed.
        reminded: by body, how often it was reminded already.
    """
    name = owed_name(owed)
    is_meeting = step == MEETING_LIST
    subject = f"[{register.short_title}] {len(rows)} đơn vị chưa gửi {name}"
    values = {
        "subject": subject,
        "is_meeting": is_meeting,
        "plan": register.short_title,
        "parent": register.report["issuing_parent"],
        "contact": register.report["issuing_body"],
        "place": register.report["place"],
        "owed": name,
        "general_deadline": deadline_text(owed.due_at),
        "obliged": len(register.obliged),
        "written_at": format_instant(now),
        "written_on": now.astimezone(HANOI),
        "rows": [
            {
                "agency": row["agency_name"],
                "state": _STATES[row["state"]],
                "last_day": format_date(last_day_before(row["due_at"])),
                "letter": _letter(row),
                "days_overdue": _days_overdue(row["due_at"], now),
                "reminded": reminded.get(row["agency_code"], 0),
                "owed_count": row["owed_count"],
            }
            for row in rows
        ],
    }
    return ReminderText(subject, fill_in("reminder_list.txt.j2", values), fill_in("reminder_list.html.j2", values))


def overdue_rows(rows: Sequence[Mapping[str, Any]], now: datetime) -> list[Mapping[str, Any]]:
    """Returns the rows of the bodies that owe something after their own due day, the longest overdue first."""
    found = [row for row in rows if row["state"] in OWING and row["due_at"] <= now]
    return sorted(found, key=lambda row: (row["due_at"], row["row_order"]))


def receiver(register: Register) -> Agency | None:
    """Returns the body that collects the reports: the one that issues the plan's own."""
    issuing_body = str(register.report["issuing_body"]).upper()
    return next((agency for agency in register.agencies if agency.name.upper() == issuing_body), None)


def _days_overdue(due_at: datetime, now: datetime) -> int:
    """Days begun since the due instant, as the tracker counts them; 0 before it."""
    return -((due_at - now) // timedelta(days=1)) if now >= due_at else 0


def _letter(row: Mapping[str, Any]) -> str:
    if not row["extended_until"]:
        return ""
    return f"gia hạn theo văn bản số {row['letter_no']} ngày {format_date(row['letter_on'])}"
