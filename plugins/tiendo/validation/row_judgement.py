"""What the figures of one row say beside each other, the last ones and the year's target.

The rules themselves stand in suites ``indicator_row`` and ``figure``, with their numbers. Here the facts are gathered
that they look at; two of them are read by the suites' own numbers, since other rules hold only where these find
nothing: by which power of ten a figure is off (``slip``), and whether a flow's cells hold each other's (``cells``).
"""

from decimal import Decimal
from functools import cache
from typing import Any

from tiendo.model.period import Period
from tiendo.model.register import Nature
from tiendo.validation.cells import as_float
from tiendo.validation.context import Context
from tiendo.validation.facts import QUARTER, IndicatorFacts
from tiendo.validation.magnitude import Limits, misplaced_part, misplaced_power
from tiendo.validation.records import IndicatorRecord, LastFigure, RowFigures
from tiendo.validation.slips import is_target_copied, judge_flow
from tiendo.validation.suites import get_suite


@cache
def limits() -> Limits:
    """Returns the numbers by which suite ``figure`` tells a figure that is off by a power of ten."""
    return Limits.of(get_suite("figure").parameters["magnitude"])


def find_slip(value: Decimal, facts: IndicatorFacts, period: Period, last: Decimal | None) -> int:
    """Returns the power of ten by which a cumulative figure, or a level, is off; 0 when it is plausible."""
    return misplaced_power(
        value,
        nature=facts.indicator.nature,
        target=facts.target_middle,
        expected=facts.expected(period),
        last=last,
        limits=limits(),
    )


def compare_figures(record: IndicatorRecord, figures: RowFigures) -> None:
    """Fills in what a row's figures are compared with, and by which power of ten they are off."""
    facts, total, last, period = figures.facts, figures.total.value, figures.last, record.source.context.period
    record.year_to_date = as_float(total)
    record.quarter_figure = as_float(figures.quarter_value) if facts.is_flow else None
    record.last_year_to_date = as_float(last.value)
    record.carried_over = as_float(last.carried_over)
    record.expected = as_float(facts.expected(period))
    record.last_expected = as_float(facts.expected(last.period)) if last.period else None
    record.target_low, record.target_high = as_float(facts.indicator.low), as_float(facts.indicator.high)
    record.periods_left = period.per_year - period.number
    record.history = _history(last, period)
    if total is not None:
        record.slip = find_slip(total, facts, period, last.value)
        if facts.is_flow:
            _compare_flow(record, figures, total)


def _history(last: LastFigure, period: Period) -> str:
    if period.begins_year:
        return "first"
    if last.value is None:
        return "none"
    return "previous" if last.period == period.previous else "older"


def _compare_flow(record: IndicatorRecord, figures: RowFigures, total: Decimal) -> None:
    """Compares a flow's two cells: they hold each other's figure, or the quarter's is off by a power of ten."""
    quarter, last, source = figures.quarter_value, figures.last, record.source
    if not record.slip and record.history == "previous":
        last_quarter = _last_quarter(figures, source.context)
        record.last_quarter = as_float(last_quarter)
        source.cells = judge_flow(
            quarter,
            total,
            last=last.value,
            last_quarter=last_quarter,
            expected=figures.facts.expected(source.context.period),
            rounding_share=Decimal(str(get_suite("indicator_row").parameters["rounding_share"])),
        )
        record.cells = source.cells.mistake
    if quarter is not None and not record.cells and record.history in ("first", "previous"):
        source.whole = total.scaleb(-record.slip) - (last.carried_over or 0)
        record.part_slip = misplaced_part(quarter, source.whole, record.slip, limits().near)


def _last_quarter(figures: RowFigures, context: Context) -> Decimal | None:
    """The figure of the quarter before alone; that of the first quarter is the cumulative one."""
    before = context.period.previous
    if before.is_first:
        return figures.last.value
    return context.history.value(figures.facts.indicator.code, context.agency, QUARTER, before)


def find_suspicion(record: IndicatorRecord, figures: RowFigures) -> str | None:
    """Returns what a row whose figure is confirmed would else be held for: what its cells hold, or the target."""
    facts, period = figures.facts, record.source.context.period
    total, last = figures.total.value, figures.last.value
    if record.slip or total is None or record.confirmed != record.year_to_date:
        return None
    if record.cells not in ("", "repeated") and last is not None and total >= last:
        return record.cells
    if facts.indicator.nature not in (Nature.FLOW, Nature.STOCK) or period.is_last:
        return None
    is_copied = is_target_copied(
        total,
        (facts.indicator.low, facts.indicator.high),
        facts.expected(period),
        is_flow=facts.is_flow,
        **_copied_limits(),
    )
    return "target" if is_copied else None


@cache
def _copied_limits() -> dict[str, Any]:
    kwargs = get_suite("indicator_row").kwargs_of("target-as-result")
    return {name: kwargs[name] for name in ("least", "digits", "ahead")}
