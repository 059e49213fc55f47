"""The record of a file as a whole: readable, from whom, for which plan and period."""

import re
from datetime import date, timedelta

from tiendo.clock import HANOI
from tiendo.model.content import TEMPLATE_VERSION, UNREAD, UnreadError
from tiendo.model.period import Period
from tiendo.model.register import PeriodCalendar
from tiendo.validation.facts import HistoryFacts, RegisterFacts
from tiendo.validation.records import BatchFile, Context, Record
from tiendo.validation.stated import Stated, read_stated
from tiendo.vietnamese.dates import format_date, read_period
from tiendo.vietnamese.text import fold

# Every fault of the reader has one rule, as every column has in suite ``notice``.
KNOWN_FAULTS = frozenset(
    {
        "encrypted", "not_a_workbook", "no_table", "no_data", "too_large", "reader_failed", "infected", "empty", "word",
        "pdf", "image", "packed_otherwise", "web_page", "xml_file", "other_office", "plain_text", "text_columns",
        "text_encoding", "too_many_rows", "reader_bug", "readers_differ",
        "archive", "archive_empty", "archive_locked", "archive_nested",
    }
)  # fmt: skip


_DRAFT = re.compile(r"dự[ _-]*thảo|du[ _-]*thao|bản[ _-]*nháp|ban[ _-]*nhap|(?<![a-z])draft(?![a-z])")


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
    if fault and fault not in KNOWN_FAULTS:
        raise ValueError(f"no rule for the reader's fault {fault!r} (file {file.key})")
    is_stranger = bool(file.stranger)
    is_readable = not fault and not is_stranger
    said = read_stated(file, facts) if is_readable else Stated()
    agency = "" if is_stranger else file.sender_agency or marker.agency or said.agency
    is_sent = is_readable and agency in facts.senders
    has_marker = bool(marker.plan and marker.agency and marker.period and marker.template_version)
    is_plan = marker.plan == facts.register.code if is_sent and marker.plan else None
    bodies = {marker.agency, *said.agencies} - {""}
    is_body = marker.agency in ("", agency) and (not said.agencies or agency in said.agencies)
    stated = "" if is_stranger else marker.period or str(said.period or "") or file.asked_period
    period = parse_period(stated, facts)
    is_dated = is_sent and is_plan is not False
    if file.received_at is not None:
        today = file.received_at.astimezone(HANOI).date()
    entry = facts.periods.get(str(period)) if period else None
    record: Record = {
        "file_index": index,
        "sheet": "",
        "agency": agency if agency in facts.register.agency_by_code else "",
        "period": str(period or ""),
        "file": file,
        "facts": facts,
        "today": today,
        "parsed_period": period,
        "said": said,
        "period_being_collected": None,
        "repeated_count": 0,
        "fault": None if is_stranger else fault or None,
        "address_is_own": not is_stranger,
        "template_version": marker.template_version or None if is_sent else None,
        "sender_is_known": is_sent if is_readable else None,
        "marker_is_present": has_marker if is_sent else None,
        "plan_is_right": is_plan,
        "body_is_sender": is_body if is_sent and is_plan is not False and bodies else None,
        "period_is_agreed": said.is_agreed if is_dated and said.periods else None,
        "period_is_stated": period is not None if is_dated and not stated and said.is_agreed else None,
        "period_is_known": entry is not None if is_dated and stated else None,
        "period_is_as_asked": None,
        "period_has_begun": None,
        "period_is_open": None,
        "period_is_before_closing": None,
        "is_on_time": None,
        "is_final": False if is_sent and _DRAFT.search(fold(file.name)) else None,
        "figures_are_new": None,
    }
    if is_dated and not said.is_agreed:
        record["period_is_known"] = None  # it follows
        return record, None
    if not is_dated or entry is None or period is None:
        return record, None
    context = Context(index, agency, period, facts, history, today)
    if file.asked_period:
        record["period_is_as_asked"] = str(period) == file.asked_period
    if record["period_is_as_asked"] is not False:
        _judge_moment(record, context, entry)
    return record, context


def placeholders(record: Record) -> dict[str, str]:
    """Returns what the messages of suite ``submission`` are filled with."""
    file, facts, period = record["file"], record["facts"], record["parsed_period"]
    marker = file.content.marker
    said: Stated = record["said"]
    sender = file.sender_agency or marker.agency or said.agency
    bodies = [code for code in dict.fromkeys((marker.agency, *said.agencies)) if code and code != sender]
    entry = facts.periods.get(str(period))
    later = record["period_being_collected"]
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
        "period_open_name": later.vietnamese if later else "",
        "today_text": format_date(record["today"]),
        "closing_text": format_date(last_day(entry)) if entry else "",
        "due_text": format_date(last_due_day(entry)) if entry else "",
        "days_late": str((record["today"] - last_due_day(entry)).days) if entry else "",
        "repeated_count": str(record["repeated_count"]),
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


def _judge_moment(record: Record, context: Context, entry: PeriodCalendar) -> None:
    """A period can be reported from its first day; late ones too, unless they come in the next one's stead.

    A period already reported by the body and closed, sent once more while the next one's reports are due, is last
    quarter's file sent by mistake; a wanted change goes into the sheet for corrections. A body that was asked to
    correct its report may send it at any time.
    """
    today = context.today
    has_begun = entry.period.first_day <= today
    record["period_has_begun"] = has_begun
    if not has_begun:
        return
    if (context.agency, str(entry.period)) in record["file"].reopened:
        record["period_is_open"] = True
        return
    record["period_is_before_closing"] = today <= last_day(entry)
    is_first = not context.history.has_reported(context.agency, entry.period)
    if record["period_is_before_closing"] and today > last_due_day(entry) and is_first:
        record["is_on_time"] = False
    being_collected = next(
        (
            later.period
            for later in context.facts.register.calendar
            if later.period > entry.period
            and later.cut_off_on.replace(day=1) <= today <= last_day(later)
            and context.history.has_reported(context.agency, entry.period)
        ),
        None,
    )
    record["period_is_open"] = being_collected is None
    if being_collected:
        record["period_being_collected"] = being_collected
        record["period_is_before_closing"] = record["is_on_time"] = None
