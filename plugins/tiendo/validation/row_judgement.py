"""What the figures of one row say beside each other, the last ones and the year's target: slips, falls, lost signs."""

from decimal import Decimal
from typing import NamedTuple

from tiendo.model.period import Period
from tiendo.model.register import Nature
from tiendo.validation.facts import IndicatorFacts
from tiendo.validation.magnitude import doubtful_power, fits, misplaced_part, misplaced_power
from tiendo.validation.records import Context, Reading, Record
from tiendo.validation.slips import ROUNDING_SHARE, Sign, judge_flow, judge_sign

YEAR_TO_DATE, QUARTER = "year_to_date", "quarter"
# A figure equal to the year's target is suspected from this size on, if it has so many significant digits or is so far
# ahead of the year.
_LEAST_COPIED, _TELLING_DIGITS, _AHEAD = 100, 4, Decimal("1.9")


class LastFigure(NamedTuple):
    """The last figure a new one is compared with."""

    value: Decimal | None
    period: Period | None


def judge_values(record: Record, facts: IndicatorFacts, context: Context, explanation: str) -> tuple[int, int]:
    """Fills in what compares figures with each other; returns the powers of ten by which the two cells are off."""
    total, quarter, last, period = record["total"], record["quarter"], record["last"], context.period
    value, indicator = total.value, facts.indicator
    if value is None:
        return 0, 0
    expected = facts.expected(period)
    power = misplaced_power(
        value, nature=indicator.nature, target=facts.target_middle, expected=expected, last=last.value
    )
    record["stock_value"] = float(value) if indicator.nature is Nature.STOCK else None
    if not power and _is_target_copied(value, facts, period):
        _suspect(record, "target_is_result", False, "target", explanation)
    if not facts.is_flow:
        return power, 0
    is_first = period.quarter == 1
    has_last = is_first or (last.value is not None and last.period == period.previous)
    if not power and has_last and not is_first and _judge_cells(record, facts, context, explanation):
        return 0, 0
    difference = value - (last.value or 0) if has_last else None
    part_power = 0
    if quarter.value is not None and difference is not None:
        whole = value.scaleb(-power) - (0 if is_first else last.value or 0)
        part_power = misplaced_part(quarter.value, whole, power)
    is_falling = last.value is not None and value < last.value
    if not power and last.value is not None:
        last_expected = facts.expected(last.period) if last.period else None
        if is_falling and fits(value, expected) and not fits(last.value, last_expected):
            record["last_is_sound"] = False
        else:
            record["year_to_date"], record["last_year_to_date"] = float(value), float(last.value)
    if quarter.value is not None and difference is not None and not (power or part_power or is_falling):
        record["difference"] = difference
        is_loose = any(r.number is not None and r.number.is_approximate for r in (total, quarter))
        slack = abs(value) * (ROUNDING_SHARE * 2 if is_loose else ROUNDING_SHARE)
        record["quarter_adds_up"] = abs(quarter.value - difference) <= slack
    return power, part_power


def _judge_cells(record: Record, facts: IndicatorFacts, context: Context, explanation: str) -> bool:
    """Looks for the figure of one cell in the other; says whether it was found, so that nothing else is told of it."""
    total, last = record["total"], record["last"]
    before = context.period.previous
    last_quarter = context.history.value(facts.indicator.code, context.agency, QUARTER, before)
    if before.quarter == 1:
        last_quarter = last.value
    cells = judge_flow(
        record["quarter"].value, total.value, last=last.value, last_quarter=last_quarter,
        expected=facts.expected(context.period),
    )  # fmt: skip
    record["flow_cells"] = cells
    if not cells.mistake:
        return False
    if cells.mistake == "repeated":
        record["flow_mistake"] = None if explanation else "repeated"
    elif total.value < last.value:
        # A cumulative figure that falls wants a correction with a reason; an explanation is none.
        record["flow_mistake"] = cells.mistake
    else:
        _suspect(record, "flow_mistake", cells.mistake, cells.mistake, explanation)
    return True


def _suspect(record: Record, column: str, value: object, suspicion: str, explanation: str) -> None:
    """Marks a suspicion; one that the sender explains is loaded with a warning."""
    if explanation:
        record["suspicion_explained"] = suspicion
    else:
        record[column] = value


def _is_target_copied(value: Decimal, facts: IndicatorFacts, period: Period) -> bool:
    """Tells a year's target typed as the result before the year's end.

    Only of sums and stocks, and of numbers that nobody reaches by chance: levels and rates may well stand at a round
    target.
    """
    indicator = facts.indicator
    if period.quarter == 4 or indicator.nature not in (Nature.FLOW, Nature.STOCK):
        return False
    if value not in (indicator.low, indicator.high) or value < _LEAST_COPIED:
        return False
    digits = len(value.normalize().as_tuple().digits)
    if indicator.nature is Nature.STOCK:
        return digits >= _TELLING_DIGITS
    expected = facts.expected(period)
    return digits >= _TELLING_DIGITS or expected is None or value >= expected * _AHEAD


def judge_row_sign(record: Record, facts: IndicatorFacts, note: str, explanation: str) -> None:
    """Looks for a minus sign that was lost from a rate of growth."""
    total, last = record["total"], record["last"]
    if total.value is None or total.value <= 0 or facts.indicator.nature is not Nature.GROWTH:
        return
    sign = judge_sign(total.value, last.value, (note, explanation))
    if sign is Sign.LOST:
        record["sign_is_kept"] = False
    elif sign is Sign.DOUBTFUL and not explanation:
        record["sign_is_plain"] = False


def find_doubt(facts: IndicatorFacts, total: Reading, period: Period) -> int:
    """Returns the power of ten by which a figure may be off where nothing but the target can tell; 0 for none."""
    if total.value is None:
        return 0
    return doubtful_power(total.value, nature=facts.indicator.nature, expected=facts.expected(period))
