"""The record of a file as a whole: readable, from whom, for which plan and period; and of what its reader noticed."""

from datetime import date, timedelta
from functools import cache

from tiendo.clock import HANOI
from tiendo.model.content import TEMPLATE_VERSION, UNREAD, Notice, UnreadError
from tiendo.model.period import Period
from tiendo.model.register import PeriodCalendar
from tiendo.validation.context import BatchFile, Context
from tiendo.validation.facts import HistoryFacts, RegisterFacts
from tiendo.validation.records import NoticeRecord, SubmissionRecord, SubmissionSource
from tiendo.validation.stated import Stated, parse_period, read_stated
from tiendo.validation.suites import get_suite
from tiendo.vietnamese.dates import format_date, read_date
from tiendo.vietnamese.text import fold


@cache
def known_faults() -> frozenset[str]:
    """Returns the faults of the reader that suite ``submission`` has a rule for."""
    subjects = [each["kwargs"] for each in get_suite("submission").expectations]
    return frozenset(fault for each in subjects if each.get("column") == "fault" for fault in each["value_set"])


def submission_record(
    index: int, file: BatchFile, facts: RegisterFacts, history: HistoryFacts, today: date
) -> tuple[SubmissionRecord, Context | None]:
    """Returns the record of suite ``submission``, and the context of its rows once body and period are known.

    Raises:
        UnreadError: the file was not read, so nothing can be said of it.
        ValueError: the reader reports a fault that no rule knows.
    """
    fault = file.content.fault
    if fault == UNREAD:
        raise UnreadError(f"{file.name} is not read: {file.content.fault_detail}")
    if fault and fault not in known_faults():
        raise ValueError(f"no rule for the reader's fault {fault!r} (file {file.key})")
    record = SubmissionRecord(
        file_index=index,
        sheet="",
        source=_source(file, facts, today),
        stranger=file.stranger or None,
        fault=None if file.stranger else fault or None,
    )
    return record, None if fault or file.stranger else _place_file(record, history)


def _source(file: BatchFile, facts: RegisterFacts, today: date) -> SubmissionSource:
    """Tells when a file came, from whom and of which period; a stranger's workbook is not believed."""
    content, marker = file.content, file.content.marker
    if file.received_at is not None:
        today = file.received_at.astimezone(HANOI).date()
    said = Stated() if content.fault or file.stranger else read_stated(file, facts)
    stated = "" if file.stranger else marker.period or str(said.period or "") or file.asked_period
    return SubmissionSource(
        file=file,
        facts=facts,
        today=today,
        said=said,
        agency="" if file.stranger else _body(file.sender_agency, marker.agency or said.agency, facts, today),
        period_text=stated,
        period=parse_period(stated, facts),
    )


def _body(sender: str, named: str, facts: RegisterFacts, today: date) -> str:
    """Returns whose report it is: the sender's, or that of an ended body from which the sender took over."""
    speaks_for = sender and sender in facts.register.heirs_on(today).get(named, ())
    return named if speaks_for else sender or named


def _place_file(record: SubmissionRecord, history: HistoryFacts) -> Context | None:
    """Fills in of which body, plan and period a readable file is, as far as one rests on the other."""
    file, facts, today, said, agency, stated, period = record.source
    marker = file.content.marker
    record.sender_standing = "owes_reports" if agency in facts.senders else "owes_none"
    if agency not in facts.senders:
        return None
    record.sender = agency
    record.file_name = fold(file.name)
    record.marker_field_count = sum(map(bool, (marker.plan, marker.agency, marker.period, marker.template_version)))
    record.template_version = marker.template_version or None
    record.plan, record.plan_expected = marker.plan or None, facts.register.code
    record.plan_count = len(file.plans) or None
    if (marker.plan and marker.plan != facts.register.code) or file.plans:
        return None
    record.body_stated = _stated_body(agency, marker.agency, said)
    record.period_count = len({period for _, period in said.periods}) or int(bool(stated))
    if not stated or not said.is_agreed:
        return None
    entry = facts.periods.get(period) if period else None
    record.period_standing = "in_plan" if entry else "outside_plan"
    if entry is None:
        return None
    context = Context(record.file_index, agency, entry.period, facts, history, today)
    _fill_in_days(record, context, entry)
    in_force = facts.in_force(entry.period)
    if agency not in in_force.senders:
        record.sender_standing = "ended"
        return None
    return context._replace(facts=in_force)


def _stated_body(sender: str, marked: str, said: Stated) -> str | None:
    """The body that marker or titles name: another one than the sender where there is one."""
    titled = sender if sender in said.agencies else next(iter(said.agencies), "")
    return next((body for body in (marked, titled) if body and body != sender), marked or titled or None)


def placeholders(record: SubmissionRecord) -> dict[str, str]:
    """Returns what the messages of suite ``submission`` are filled with."""
    file, facts, today, said, _, _, period = record.source
    marker = file.content.marker
    sender = file.sender_agency or marker.agency or said.agency
    bodies = [code for code in dict.fromkeys((marker.agency, *said.agencies)) if code and code != sender]
    entry = facts.periods.get(period) if period else None
    later = record.period_collected
    return {
        "file_name": file.name,
        "plans_text": "; ".join(file.plans),
        "fault_detail": file.content.fault_detail,
        "sender_text": sender or "(không rõ)",
        "stranger": file.stranger,
        "sender_name": facts.agency_names([sender]),
        "body_text": facts.agency_names(bodies),
        "heir_text": facts.agency_names(facts.register.heirs_on(today).get(sender, ())) or "(không còn phải báo cáo)",
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
        "today_text": format_date(today),
        "closing_text": format_date(last_day(entry)) if entry else "",
        "due_text": format_date(last_due_day(entry)) if entry else "",
        "days_late": str((today - last_due_day(entry)).days) if entry else "",
        "repeated_count": str(record.figure_count),
    }


def last_day(entry: PeriodCalendar) -> date:
    """The last day before a period is closed; ``closing_at`` is the instant when it is."""
    return (entry.closing_at - timedelta(microseconds=1)).date()


def last_due_day(entry: PeriodCalendar) -> date:
    """The last day on which a report is in time: "before the 15th" is until the end of the 14th, in Vietnam."""
    return (entry.due_at - timedelta(microseconds=1)).astimezone(HANOI).date()


def _fill_in_days(record: SubmissionRecord, context: Context, entry: PeriodCalendar) -> None:
    """Fills in when a file came, beside the days of its period and what the body had reported by then.

    A period already reported by the body and closed, sent once more while the next one's reports are due, is last
    quarter's file sent by mistake; a wanted change goes into the sheet for corrections. A body that was asked to
    correct its report may send it at any time.
    """
    file, today, key = record.source.file, context.today, str(entry.period)
    record.period_known, record.period_asked = key, file.asked_period or None
    record.period_from, record.received_on = entry.period.first_day, today
    record.due_on, record.closing_on = last_due_day(entry), last_day(entry)
    record.was_reported = "yes" if context.history.has_reported(context.agency, entry.period) else "no"
    heirs = context.facts.register.heirs_on(today)
    asked = {body for body, period in file.reopened if period == key}
    is_asked = any(context.agency in (body, *heirs.get(body, ())) for body in asked)
    record.was_reopened = "yes" if is_asked else "no"
    later = _collected(context.facts, today)
    if later is None or later.period <= entry.period:
        return
    record.period_collected = str(later.period)
    typed = [read_date(row.data_on, year=later.period.year) for row in file.content.indicator_rows]
    days = [day for day in typed if day]
    if days and all(later.period.first_day <= day <= later.period.last_day for day in days):
        record.period_of_days = record.period_collected


def _collected(facts: RegisterFacts, today: date) -> PeriodCalendar | None:
    """The period whose reports are being collected on a day."""
    calendar = facts.register.calendar
    return next((entry for entry in calendar if entry.cut_off_on.replace(day=1) <= today <= last_day(entry)), None)


def template_period(record: SubmissionRecord) -> str:
    """Returns the period that a refused file's sender is to report: its own where that may still be sent, "" for none.

    What is of a closed period and was reported, of one that has not begun or of none, should have been of the period
    whose reports are being collected.
    """
    _, facts, today, said, agency, _, period = record.source
    if agency not in facts.senders:
        return ""
    now = _collected(facts, today)
    entry = facts.periods.get(period) if period and said.is_agreed else None
    is_over = record.period_of_days or (record.was_reported == "yes" and record.period_collected)
    if entry and entry.period.first_day <= today and not is_over:
        return str(entry.period)
    return str(now.period) if now else ""


def notice_record(index: int, notice: Notice) -> NoticeRecord:
    """Returns the record of one notice, of suite ``notice``.

    Raises:
        ValueError: no rule knows the kind.
    """
    if notice.code not in _notice_kinds():
        raise ValueError(f"no rule for the reader's notice {notice.code!r}")
    return NoticeRecord(file_index=index, sheet=notice.sheet, source=notice, kind=notice.code)


@cache
def _notice_kinds() -> frozenset[str]:
    expectations = get_suite("notice").expectations
    return frozenset(kind for expectation in expectations for kind in expectation["kwargs"]["value_set"])


def notice_placeholders(record: NoticeRecord) -> dict[str, str]:
    """Returns what the messages of suite ``notice`` are filled with."""
    return {"sheet": record.sheet, "cell": record.source.cell, "detail": record.source.detail}
