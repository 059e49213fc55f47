"""What a flow's two cells, quarter and cumulative, say together: which of them holds the other's figure. Pure.

A flow is told twice: the quarter's sum and the sum since the year's start. With the last cumulative figure known, the
two must add up; where they do not, one simple mistake often explains it, and tells what was meant.
"""

from decimal import Decimal
from typing import NamedTuple

from tiendo.validation.magnitude import distance


class FlowCells(NamedTuple):
    """A mistake, and the two figures that were probably meant.

    Attributes:
        mistake: ``swapped``, ``quarter_in_both``, ``cumulative_in_both``, ``repeated`` or "".
        quarter, year_to_date: what was probably meant.
    """

    mistake: str
    quarter: Decimal | None = None
    year_to_date: Decimal | None = None


_NOTHING = FlowCells("")


def judge_flow(
    quarter: Decimal | None,
    year_to_date: Decimal,
    *,
    last: Decimal | None,
    last_quarter: Decimal | None,
    expected: Decimal | None,
    rounding_share: Decimal,
) -> FlowCells:
    """Looks for the one mistake that explains a flow's cells, from the second quarter of a year on.

    Args:
        quarter: the quarter's figure as typed, None where it is blank.
        year_to_date: the cumulative figure as typed.
        last: the cumulative figure of the quarter before.
        last_quarter: the figure of the quarter before alone, where known.
        expected: what the target lets one expect of the cumulative figure.
        rounding_share: sums may differ by roundings, by this share of the cumulative figure.
    """
    if last is None or last <= 0 or year_to_date <= 0:
        return _NOTHING
    if year_to_date == last and quarter != 0:
        is_copied = quarter is None or quarter == last_quarter
        return FlowCells("repeated") if quarter is None or is_copied else FlowCells("repeated", quarter, last + quarter)
    slack = abs(year_to_date) * rounding_share
    if quarter is not None and quarter > 0:
        if abs(year_to_date + last - quarter) <= abs(quarter) * rounding_share:
            return FlowCells("swapped", year_to_date, quarter)
        if quarter == year_to_date and last > slack:
            return _in_both(quarter, last, expected)
    if quarter is None and year_to_date < last and _is_nearer(last + year_to_date, year_to_date, expected):
        return FlowCells("quarter_in_both", year_to_date, last + year_to_date)
    return _NOTHING


def _in_both(value: Decimal, last: Decimal, expected: Decimal | None) -> FlowCells:
    """The same figure in both cells: the quarter's, or the cumulative one."""
    if value < last or _is_nearer(last + value, value, expected):
        return FlowCells("quarter_in_both", value, last + value)
    return FlowCells("cumulative_in_both", value - last, value)


def _is_nearer(one: Decimal, other: Decimal, expected: Decimal | None) -> bool:
    """Whether ``one`` is the likelier cumulative figure; without an expectation the larger sum is."""
    near, far = distance(one, expected), distance(other, expected)
    return near is None or far is None or abs(near) <= abs(far)
