"""What checking a file yields: findings for its sender, observations for the warehouse."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

SEVERITIES = ("critical", "warning", "info")
ACCEPTED = ("accepted", "accepted_with_warnings")
VERDICTS = (*ACCEPTED, "rejected", "duplicate", "quarantined")


class Finding(NamedTuple):
    """One thing to tell the sender, in Vietnamese.

    Attributes:
        rule: stable id of the rule, as in the suites of include/expectations/.
        severity: ``critical`` rejects the file, ``warning`` loads it and asks for an explanation, ``info`` tells.
        sheet, cell: where; "" when it concerns the whole file.
        found, expected: what stands there and what should; "" where that makes no sense.
    """

    rule: str
    severity: str
    sheet: str
    cell: str
    message: str
    found: str
    expected: str
    fix: str


class ObservationRow(NamedTuple):
    """One figure as understood. ``value`` is None when the sender declared why there is none (``answer``).

    Attributes:
        answer: ``value``; ``state``, whose words are ``value_text``; ``not_applicable``, ``no_occurrence`` or
            ``not_available``, with which goes ``promised_on``.
        kind: ``actual`` or ``estimate``; basis: ``quarter`` or ``year_to_date``.
        is_approximate: the sender wrote ``gần 65.600``; ``value_text`` keeps the words.
        is_illustrative: the note says "Số liệu minh họa".
    """

    indicator: str
    period: str
    agency: str
    value: Decimal | None
    answer: str
    promised_on: date | None
    kind: str
    basis: str
    is_approximate: bool
    value_text: str
    data_on: date | None
    note: str
    explanation: str
    is_correction: bool
    is_illustrative: bool
    sheet: str
    cell: str

    @property
    def state(self) -> str:
        """The state that it tells of an indicator whose target is words, as typed; "" for anything else."""
        return self.value_text if self.answer == "state" else ""


class TaskProgressRow(NamedTuple):
    """Progress of one task as one agency tells it. ``state`` is a code of ``tiendo.model.states``."""

    task_ref: str
    period: str
    agency: str
    state: str
    completion_pct: Decimal | None
    result: str
    difficulty: str
    proposal: str
    sheet: str
    cell: str


class FigureBeside(NamedTuple):
    """What stands beside a figure that was read.

    Attributes:
        last, last_period: the last one known before it and its period, ``2023-Q1``; a baseline is of no period.
        kind_text: actual or estimate in the sender's own words, "" where the cell is empty.
    """

    last: Decimal | None
    last_period: str
    kind_text: str


class LastReported(NamedTuple):
    """What was reported before a period, as a template shows it.

    Attributes:
        values: last cumulative (or point-in-time) figure by (indicator code, agency code), in the indicator's unit.
        tasks: last state and per cent done by (task reference, agency code).
        earlier: figures, or states as typed, that may be corrected, by (indicator code, agency code, period, basis).
        states: last state, as typed, of what has a target in words, by (indicator code, agency code).
    """

    values: Mapping[tuple[str, str], Decimal] = {}
    tasks: Mapping[tuple[str, str], tuple[str, Decimal | None]] = {}
    earlier: Mapping[tuple[str, str, str, str], Decimal | str] = {}
    states: Mapping[tuple[str, str], str] = {}


class FileOutcome(NamedTuple):
    """The verdict on one file, with what goes to its sender and what goes to the warehouse (nothing when rejected).

    Attributes:
        observations, tasks: what is loaded.
        read, read_tasks: what was understood, whatever the verdict; the sender is shown it, so that a misreading is
            seen. A task's ``state`` is "" where none was recognised.
        trials: what rules on trial would say; for operations only.
        beside: by indicator, what stands beside the figures of the file's own period.
        template_period: of which period the sender needs a fresh template to do what it is told; "" of none.
    """

    verdict: str
    agency: str
    period: str
    findings: tuple[Finding, ...]
    observations: tuple[ObservationRow, ...]
    tasks: tuple[TaskProgressRow, ...]
    read: tuple[ObservationRow, ...] = ()
    read_tasks: tuple[TaskProgressRow, ...] = ()
    trials: tuple[Finding, ...] = ()
    beside: Mapping[str, FigureBeside] = {}
    template_period: str = ""

    @property
    def is_of_another_period(self) -> bool:
        """Whether it is refused because the report of another period is wanted."""
        return bool(self.period and self.template_period and self.period != self.template_period)

    @property
    def is_report(self) -> bool:
        """Whether it is an accepted report; an archive of reports is accepted and none itself: it has no period."""
        return self.verdict in ACCEPTED and bool(self.period)
