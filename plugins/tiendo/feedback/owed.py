"""What a body still owes after a file of its was settled, and until when."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple

from tiendo.clock import HANOI
from tiendo.model.outcome import ACCEPTED, FileOutcome
from tiendo.model.period import Period
from tiendo.model.register import PeriodCalendar, Register
from tiendo.vietnamese.dates import deadline_text, format_date


class OwedReport(NamedTuple):
    """A period of which no report of the body has been accepted."""

    period: str
    name: str
    due_text: str
    is_overdue: bool


class Owed(NamedTuple):
    """Everything owed: names of indicators and tasks without an answer, promises, whole reports.

    Attributes:
        promises: indicator, day, and whether it is past.
    """

    indicators: tuple[str, ...]
    tasks: tuple[str, ...]
    promises: tuple[tuple[str, str, bool], ...]
    reports: tuple[OwedReport, ...]


def still_owed(
    register: Register,
    outcome: FileOutcome,
    calendar: Sequence[PeriodCalendar],
    reported: Collection[str],
    now: datetime,
) -> Owed:
    """Returns what is owed by the body a file is of; nothing for a body that owes no report.

    An archive says nothing of it either: the answers to the reports in it do, which have their fate after it.

    Args:
        calendar: the body's own: letters may have given it later due days or excused it.
        reported: the periods of which a report of the body is accepted, this file's included where it is.
    """
    agency = register.agency_by_code.get(outcome.agency)
    is_archive = outcome.verdict in ACCEPTED and not outcome.is_report
    if agency is None or not agency.is_obliged or is_archive:
        return Owed((), (), (), ())
    indicators, tasks = _unanswered(register, outcome)
    promises: dict[str, date] = {}
    for o in outcome.read:
        if o.answer == "not_available" and o.promised_on:
            promises.setdefault(register.indicator_by_code[o.indicator].label, o.promised_on)
    reports = tuple(
        _report(entry, now)
        for entry in calendar
        if str(entry.period) not in reported and _is_asked(entry, outcome, now)
    )
    today = now.astimezone(HANOI).date()
    promised = tuple((label, format_date(day), day < today) for label, day in promises.items())
    return Owed(indicators, tasks, promised, reports)


def _unanswered(register: Register, outcome: FileOutcome) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What an accepted file leaves open; of a refused one its findings say it, each cell once."""
    if not outcome.period or outcome.verdict not in ACCEPTED:
        return (), ()
    period = Period.parse(outcome.period)
    register, number = register.in_force(period), period.number
    answered = {o.indicator for o in outcome.read if o.period == outcome.period}
    states = {t.task_ref for t in outcome.read_tasks if t.state}
    indicators = tuple(
        indicator.label
        for indicator in register.indicators_of(outcome.agency)
        if number in indicator.published_in and indicator.code not in answered
    )
    if any(finding.rule == "no-task-table" for finding in outcome.findings):
        return indicators, ()
    tasks = tuple(f"{t.ref} {t.title}" for t in register.tasks_of(outcome.agency) if t.ref not in states)
    return indicators, tasks


def _is_asked(entry: PeriodCalendar, outcome: FileOutcome, now: datetime) -> bool:
    """A report is asked for from the first day of the period's last month, or once a file of the period has come.

    Not the one that the answer asks to send again, or has been tried out: that is said at its head.
    """
    if str(entry.period) in (outcome.period, outcome.template_period) and outcome.verdict != "duplicate":
        return False
    return entry.cut_off_on.replace(day=1) <= now.astimezone(HANOI).date()


def _report(entry: PeriodCalendar, now: datetime) -> OwedReport:
    return OwedReport(str(entry.period), entry.period.vietnamese, deadline_text(entry.due_at), now >= entry.due_at)
