"""What the figures of one row say beside each other, the last ones and the year's target.

The rules themselves stand in suites ``indicator_row`` and ``figure``, with their numbers. Here the facts are gathered
that they look at; two of them are read by the suites' own numbers, since other rules hold only where these find
nothing: by which power of ten a figure is off (``slip``), and whether a flow's cells hold each other's (``cells``).
"""

from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from tiendo.model.period import Period
from tiendo.model.register import Nature
from tiendo.validation.facts import IndicatorFacts
from tiendo.validation.flow_cells import FlowCells, judge_flow
from tiendo.validation.magnitude import Limits, is_target_copied, misplaced_part, misplaced_power
from tiendo.validation.records import Context, Record
from tiendo.validation.suites import get_suite

YEAR_TO_DATE, QUARTER = "year_to_date", "quarter"


class LastFigure(NamedTuple):
    """The last figure a new one is compared with."""

    value: Decimal | None
    period: Period | None


class Part(NamedTuple):
    """A quarter's figure as the cumulative ones tell it, and by which power of ten the one typed is off."""

    whole: Decimal | None = None
    slip: int = 0


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


def compare_figures(record: Record, facts: IndicatorFacts, context: Context) -> Part:
    """Fills in what figures are compared with, and returns the quarter's figure as the cumulative ones tell it."""
    total, quarter, last, period = record["total"].value, record["quarter"].value, record["last"], context.period
    indicator = facts.indicator
    record |= {
        "year_to_date": _float(total),
        "quarter_figure": _float(quarter) if facts.is_flow else None,
        "last_year_to_date": _float(last.value),
        "expected": _float(facts.expected(period)),
        "last_expected": _float(facts.expected(last.period) if last.period else None),
        "target_low": _float(indicator.low),
        "target_high": _float(indicator.high),
        "quarter_number": period.quarter,
        "history": _history(last, period),
    }
    if total is None:
        return Part()
    slip = record["slip"] = find_slip(total, facts, period, last.value)
    if not facts.is_flow:
        return Part()
    if not slip and record["history"] == "previous":
        record["last_quarter"] = _float(_last_quarter(record, facts, context))
        cells = flow_cells(record)
        record["cells"] = cells.mistake
        if cells.mistake:
            return Part()
    if quarter is None or record["history"] not in ("first", "previous"):
        return Part()
    whole = total.scaleb(-slip) - (last.value or 0 if period.quarter > 1 else 0)
    part_slip = record["part_slip"] = misplaced_part(quarter, whole, slip, limits().near)
    return Part(whole, part_slip)


def _history(last: LastFigure, period: Period) -> str:
    """What is known of earlier figures: ``first`` quarter of a sum, the ``previous`` one's, ``older`` or ``none``."""
    if period.quarter == 1:
        return "first"
    if last.value is None:
        return "none"
    return "previous" if last.period == period.previous else "older"


def _last_quarter(record: Record, facts: IndicatorFacts, context: Context) -> Decimal | None:
    """The figure of the quarter before alone; that of the first quarter is the cumulative one."""
    before = context.period.previous
    if before.quarter == 1:
        found: Decimal | None = record["last"].value
        return found
    return context.history.value(facts.indicator.code, context.agency, QUARTER, before)


def flow_cells(record: Record) -> FlowCells:
    """Returns which of a flow's cells hold the other's figure, and what was probably meant."""
    if record["last"] is None or record["history"] != "previous" or record["total"].value is None:
        return FlowCells("")
    last_quarter = record["last_quarter"]
    return judge_flow(
        record["quarter"].value,
        record["total"].value,
        last=record["last"].value,
        last_quarter=None if last_quarter is None else Decimal(repr(last_quarter)),
        expected=record["facts"].expected(record["context"].period),
        rounding_share=Decimal(str(get_suite("indicator_row").parameters["rounding_share"])),
    )


def find_suspicion(record: Record) -> str | None:
    """Returns what a row that is explained would else be held for: what its cells hold, or the year's target."""
    if record["slip"]:
        return None
    cells, nature = record["cells"], record["nature"]
    if cells not in ("", "repeated") and record["total"].value >= record["last"].value:
        return str(cells)
    value, facts = record["total"].value, record["facts"]
    if value is None or nature not in (Nature.FLOW, Nature.STOCK) or record["quarter_number"] == 4:
        return None
    is_copied = is_target_copied(
        value,
        (facts.indicator.low, facts.indicator.high),
        facts.expected(record["context"].period),
        is_flow=facts.is_flow,
        **_copied_limits(),
    )
    return "target" if is_copied else None


@cache
def _copied_limits() -> dict[str, Any]:
    kwargs = get_suite("indicator_row").kwargs_of("target-as-result")
    return {name: kwargs[name] for name in ("least", "digits", "ahead")}


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
