"""Which figure counts: which reporter's, or the sum of its parts'. Pure; docs/methodology.md, section 2."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from tiendo.model.register import Indicator
from tiendo.vietnamese.text import fold


class Report(NamedTuple):
    """One current year-to-date observation, as far as status needs it; a sum is no body's, and has no observation."""

    observation_id: int
    agency_code: str
    kind: str
    answer: str
    value: Decimal | None
    value_text: str
    is_approximate: bool
    is_illustrative: bool
    promised_on: date | None

    @property
    def is_told(self) -> bool:
        """Whether it says something to be graded: a figure, or the state of an indicator whose target is words."""
        return self.value is not None or self.answer == "state"


class Outcome(StrEnum):
    """Whether a figure was chosen, and why not."""

    CHOSEN = "chosen"
    CONFLICT = "conflict"
    NOT_AVAILABLE = "not_available"
    NOT_APPLICABLE = "not_applicable"
    NO_OCCURRENCE = "no_occurrence"
    QUARTER_ONLY = "quarter_only"
    MISSING = "missing"
    PARTS_MISSING = "parts_missing"


# A sum is not told before these are settled; what does not apply is not waited for.
WAITED_FOR = (Outcome.MISSING, Outcome.NOT_AVAILABLE, Outcome.QUARTER_ONLY, Outcome.CONFLICT)


class Choice(NamedTuple):
    """The figure that counts, or why there is none.

    Attributes:
        report: the chosen figure, or the sum; of a declared absence, the answer that said so.
        others: the other figures, in the order of the reporters.
        difference: largest difference between any two figures, where there are several; None between states.
        is_disputed: ``difference`` is above the indicator's tolerance, or the states are not the same.
        parts: of a sum, what was chosen for each indicator in it.
    """

    outcome: Outcome
    report: Report | None
    others: tuple[Report, ...]
    difference: Decimal | None
    is_disputed: bool
    parts: tuple["Part", ...] = ()


class Part(NamedTuple):
    """An indicator whose figure is added up, and the figure that counts for it."""

    indicator: Indicator
    choice: Choice

    @property
    def counts(self) -> bool:
        """Whether it has something to add: a figure, or that nothing occurred, which is a zero."""
        return self.choice.outcome in (Outcome.CHOSEN, Outcome.NO_OCCURRENCE)

    @property
    def is_missing(self) -> bool:
        """Whether the sum must wait for it."""
        return self.choice.outcome in WAITED_FOR


_NOTHING = Choice(Outcome.MISSING, None, (), None, False)


def choose(indicator: Indicator, reports: Mapping[str, Report], *, has_quarter_figure: bool = False) -> Choice:
    """Chooses among the current answers of an indicator's reporters, given by agency code.

    The first reporter in the register's order that gave a figure counts. Figures that differ by more than the tolerance
    are a conflict unless the register says that this order is one of precedence.
    """
    answers = [reports[code] for code in indicator.reporters if code in reports]
    is_state = bool(indicator.states)
    figures = [report for report in answers if report.is_told and (report.answer == "state") == is_state]
    if not figures:
        for outcome in (Outcome.NOT_AVAILABLE, Outcome.NOT_APPLICABLE, Outcome.NO_OCCURRENCE):
            for report in answers:
                if report.answer == outcome:
                    return Choice(outcome, report, (), None, False)
        return _NOTHING._replace(outcome=Outcome.QUARTER_ONLY) if has_quarter_figure else _NOTHING
    first, others = figures[0], tuple(figures[1:])
    if not others:
        return Choice(Outcome.CHOSEN, first, (), None, False)
    values = [report.value for report in figures if report.value is not None]
    difference = None if is_state else max(values) - min(values)
    is_disputed = (
        len({fold(r.value_text) for r in figures}) > 1 if difference is None else difference > indicator.tolerance
    )
    outcome = Outcome.CONFLICT if is_disputed and not indicator.has_precedence else Outcome.CHOSEN
    return Choice(outcome, first, others, difference, is_disputed)


def add_up(parts: Sequence[Part]) -> Choice:
    """Adds up the figures chosen for the parts; there is no sum while one is missing, nor where none applies."""
    found = tuple(parts)
    reports = [part.choice.report for part in found if part.counts and part.choice.report is not None]
    if any(part.is_missing for part in found):
        return _NOTHING._replace(outcome=Outcome.PARTS_MISSING, parts=found)
    if not reports:
        return _NOTHING._replace(outcome=Outcome.NOT_APPLICABLE, parts=found)
    total = Report(
        observation_id=0,
        agency_code="",
        kind="estimate" if "estimate" in [report.kind for report in reports] else "actual",
        answer="value",
        value=sum((report.value for report in reports if report.value is not None), Decimal(0)),
        value_text="",
        is_approximate=True in [report.is_approximate for report in reports],
        is_illustrative=True in [report.is_illustrative for report in reports],
        promised_on=None,
    )
    return Choice(Outcome.CHOSEN, total, (), None, False, found)
