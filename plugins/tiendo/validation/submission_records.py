"""The record of a file as a whole: readable, from whom, for which plan and period."""

from datetime import date, timedelta
from functools import cache

from tiendo.clock import HANOI
from tiendo.model.content import TEMPLATE_VERSION, UNREAD, UnreadError
from tiendo.model.period import Period
from tiendo.model.register import PeriodCalendar
from tiendo.validation.facts import HistoryFacts, RegisterFacts
from tiendo.validation.records import BatchFile, Context, Record
from tiendo.validation.stated import Stated, read_stated
from tiendo.validation.suites import get_suite
from tiendo.vietnamese.dates import format_date, read_period
from tiendo.vietnamese.text import fold

_FACTS: Record = dict.fromkeys((
    "stranger", "fault", "sender_standing", "marker_field_count", "plan", "plan_expected", "template_version",
    "body_stated", "sender", "period_count", "period_standing", "period_known", "period_asked", "period_from",
    "received_on", "due_on", "closing_on", "period_collected", "was_reported", "was_reopened", "file_name",
    "new_figure_count",
))  # fmt: skip


@cache
def known_faults() -> frozenset[str]:
    """Returns the faults of the reader that suite ``submission`` has a rule for."""
    subjects = [each["kwargs"] for each in get_suite("submission").expectations]
    return frozenset(fault for each in subjects if each.get("column") == "fault" for fault in each["value_set"])


def submission_record(
    index: int, file: BatchFile, facts: RegisterFacts, history: HistoryFacts, today: date
) -> tuple[Record, Context | None]:
    """Returns the record of suite ``submission``, and the context of its rows once body and period are known.

    Raises:
        UnreadError: the file was not read, so nothing can be said of it.
        ValueError: the reader reports a fault that no rule knows.
    """
    fault, marker = file.content.fault, file.content.marker
    if fault == UNREAD:
        raise UnreadError(f"{file.name} is not read: {file.content.fault_detail}")
    if fault and fault not in known_faults():
        raise ValueError(f"no rule for the reader's fault {fault!r} (file {file.key})")
    is_readable = not fault and not file.stranger
    said = read_stated(file, facts) if is_readable else Stated()
    agency = "" if file.stranger else file.sender_agency or marker.agency or said.agency
    stated = "" if file.stranger else marker.period or str(said.period or "") or file.asked_period
    period = parse_period(stated, facts)
    if file.received_at is not None:
        today = file.received_at.astimezone(HANOI).date()
    record = _FACTS | {
        "file_index": index,
        "sheet": "",
        "agency": agency if agency in facts.register.agency_by_code else "",
        "period": str(period or ""),
        "file": file,
        "facts": facts,
        "today": today,
        "parsed_period": period,
        "said": said,
        "stranger": file.stranger or None,
        "fault": None if file.stranger else fault or None,
        "figure_count": 0,
        "flow_count": 0,
    }
    if not is_readable:
        return record, None
    is_sent = agency in facts.senders
    record["sender_standing"] = "owes_reports" if is_sent else "owes_none"
    if not is_sent:
        return record, None
    record |= {
        "sender": agency,
        "file_name": fold(file.name),
        "marker_field_count": sum(map(bool, (marker.plan, marker.agency, marker.period, marker.template_version))),
        "template_version": marker.template_version or None,
        "plan": marker.plan or None,
        "plan_expected": facts.register.code,
    }
    if marker.plan and marker.plan != facts.register.code:
        return record, None
    record["body_stated"] = _stated_body(agency, marker.agency, said)
    record["period_count"] = len({period for _, period in said.periods}) or int(bool(stated))
    if not stated or not said.is_agreed:
        return record, None
    entry = facts.periods.get(str(period)) if period else None
    record["period_standing"] = "in_plan" if entry else "outside_plan"
    if entry is None or period is None:
        return record, None
    context = Context(index, agency, period, facts, history, today)
    record |= _moment(file, context, entry)
    return record, context


def _stated_body(sender: str, marked: str, said: Stated) -> str | None:
    """The body that marker or titles name: another one than the sender where there is one."""
    titled = sender if sender in said.agencies else next(iter(said.agencies), "")
    return next((body for body in (marked, titled) if body and body != sender), marked or titled or None)


def placeholders(record: Record) -> dict[str, str]:
    """Returns what the messages of suite ``submission`` are filled with."""
    file, facts, period = record["file"], record["facts"], record["parsed_period"]
    marker = file.content.marker
    said: Stated = record["said"]
    sender = file.sender_agency or marker.agency or said.agency
    bodies = [code for code in dict.fromkeys((marker.agency, *said.agencies)) if code and code != sender]
    entry = facts.periods.get(str(period))
    later = record["period_collected"]
    return {
        "file_name": file.name,
        "fault_detail": file.content.fault_detail,
        "sender_text": sender or "(không rõ)",
        "stranger": file.stranger,
        "sender_name": facts.agency_names([sender]),
        "body_text": facts.agency_names(bodies),
        "plan_text": marker.plan,
        "plan_expected": facts.register.code,
        "template_version": marker.template_version,
        "version_expected": TEMPLATE_VERSION,
        "period_text": marker.period or said.in_words or "(không ghi)",
        "periods_stated": said.in_words,
        "period_name": period.vietnamese if period else "",
        "period_example": facts.register.calendar[0].period.vietnamese,
        "periods_expected": facts.period_list,
        "period_asked": file.asked_period and Period.parse(file.asked_period).vietnamese,
        "period_open_name": Period.parse(later).vietnamese if later else "",
        "today_text": format_date(record["today"]),
        "closing_text": format_date(last_day(entry)) if entry else "",
        "due_text": format_date(last_due_day(entry)) if entry else "",
        "days_late": str((record["today"] - last_due_day(entry)).days) if entry else "",
        "repeated_count": str(record["figure_count"]),
    }


def parse_period(text: str, facts: RegisterFacts) -> Period | None:
    """Reads a period as the template writes it, or as people do."""
    try:
        return Period.parse(text)
    except ValueError:
        found = read_period(text, year=facts.register.year)
        return found[0] if found else None


def last_day(entry: PeriodCalendar) -> date:
    """The last day before a period is closed; ``closing_at`` is the instant when it is."""
    return (entry.closing_at - timedelta(microseconds=1)).date()


def last_due_day(entry: PeriodCalendar) -> date:
    """The last day on which a report is in time: "before the 15th" is until the end of the 14th, in Vietnam."""
    return (entry.due_at - timedelta(microseconds=1)).astimezone(HANOI).date()


def _moment(file: BatchFile, context: Context, entry: PeriodCalendar) -> Record:
    """When a file came, beside the days of its period and what the body had reported by then.

    A period already reported by the body and closed, sent once more while the next one's reports are due, is last
    quarter's file sent by mistake; a wanted change goes into the sheet for corrections. A body that was asked to
    correct its report may send it at any time.
    """
    today, key = context.today, str(entry.period)
    return {
        "period_known": key,
        "period_asked": file.asked_period or None,
        "period_from": entry.period.first_day,
        "received_on": today,
        "due_on": last_due_day(entry),
        "closing_on": last_day(entry),
        "was_reported": "yes" if context.history.has_reported(context.agency, entry.period) else "no",
        "was_reopened": "yes" if (context.agency, key) in file.reopened else "no",
        "period_collected": next(
            (
                str(later.period)
                for later in context.facts.register.calendar
                if later.period > entry.period and later.cut_off_on.replace(day=1) <= today <= last_day(later)
            ),
            None,
        ),
    }
