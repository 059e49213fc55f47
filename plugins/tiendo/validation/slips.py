"""Slips that the figures of a row give away beside each other, the last ones, the target and the sender's words. Pure.

- A flow's two cells, quarter and cumulative, hold each other's figure (``judge_flow``).
- Figures stand one row off, or two rows' in each other's place (``find_moved``).
- The words beside a rate say the other sign (``is_sign_denied``).
- The year's target was typed as the result (``is_target_copied``).

A slipped separator or another scale is found by ``tiendo.validation.magnitude``.
"""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from math import log10
from typing import NamedTuple

from tiendo.validation.magnitude import distance
from tiendo.vietnamese.notation import NUMERAL, meanings
from tiendo.vietnamese.text import fold

# A few words may stand between, none that turns it round again; "điểm" would tell by how much the rate itself moved.
_UNTIL = r"(?:(?!tăng|giảm|âm|còn|xuống|nhưng|thay vì|sang|quý|tháng trước)[^\W\d]++ ?|[,:()] ?|20\d\d ?){0,9}+"
_NUMBER = rf"({NUMERAL.pattern})(?![.,]?\d)(?! ?%? ?điểm)"
_FALL = re.compile(rf"(?:(?<!\w)(?:giảm|âm|sụt)(?!\w) ?{_UNTIL}|(?<![\w)]) ?-){_NUMBER}")
_RISE = re.compile(rf"(?<!\w)tăng(?! trưởng âm)(?!\w) ?{_UNTIL}{_NUMBER}")


# What a rate of growth may be told of beside the year so far against the same time last year.
_CLAUSE = re.compile(r"[;\n]|\.(?!\d)")
_AGAINST_LAST = re.compile(
    r"(?P<number>\d[\d.,]*\d|\d) ?% so với (?:quý|tháng|kỳ) (?:trước|liền|i{1,3}v?(?!\w)|iv(?!\w)|\d)"
)
_ALL_IN_ALL = re.compile(r"(?<!\w)(?:tính chung|lũy kế|cộng dồn)(?!\w)")
_RATE = re.compile(r"(?<!\w)(?P<word>tăng|giảm) (?P<number>\d[\d.,]*\d|\d) ?%")


class FlowCells(NamedTuple):
    """What is wrong with a flow's cells, and the two figures that were probably meant.

    Attributes:
        mistake: ``swapped``, ``quarter_in_both``, ``cumulative_in_both``, ``repeated`` or "".
        quarter, year_to_date: what was probably meant.
    """

    mistake: str
    quarter: Decimal | None = None
    year_to_date: Decimal | None = None


NO_MISTAKE = FlowCells("")


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

    A flow is told twice: the quarter's sum and the sum since the year's start. With the last cumulative figure known,
    the two must add up; where they do not, one simple mistake often explains it.

    Args:
        quarter: the quarter's figure as typed, None where it is blank.
        year_to_date: the cumulative figure as typed.
        last: the cumulative figure of the quarter before.
        last_quarter: the figure of the quarter before alone, where known.
        expected: what the target lets one expect of the cumulative figure.
        rounding_share: sums may differ by roundings, by this share of the cumulative figure.
    """
    if last is None or last <= 0 or year_to_date <= 0:
        return NO_MISTAKE
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
    return NO_MISTAKE


def _in_both(value: Decimal, last: Decimal, expected: Decimal | None) -> FlowCells:
    """The same figure in both cells: the quarter's, or the cumulative one."""
    if value < last or _is_nearer(last + value, value, expected):
        return FlowCells("quarter_in_both", value, last + value)
    return FlowCells("cumulative_in_both", value - last, value)


def _is_nearer(one: Decimal, other: Decimal, expected: Decimal | None) -> bool:
    """Whether ``one`` is the likelier cumulative figure; without an expectation the larger sum is."""
    near, far = distance(one, expected), distance(other, expected)
    return near is None or far is None or abs(near) <= abs(far)


class Nearness(NamedTuple):
    """How near a figure is to what a row is about, as a factor.

    Attributes:
        at_home: within it a figure belongs to the row.
        stranger: from it on it does not.
        fewest: so many figures must be strangers in their rows before a shift is thought of.
    """

    at_home: float
    stranger: float
    fewest: int


class PlacedFigure(NamedTuple):
    """One row's figure and what it is to be compared with (the last one known, else what the target suggests)."""

    value: Decimal | None
    reference: Decimal | None


def find_moved(figures: Sequence[PlacedFigure], nearness: Nearness) -> dict[int, int]:
    """Returns, for rows in the sheet's order, the row whose figure each one should hold; {} when all is plausible.

    A figure gives its row away by its size: 62.474 cannot be the million USD of a quarter, nor 450 the enterprises of a
    province. A shift is told only where the figures fit their neighbours' rows and contradict their own.

    ``{3: 4, 4: 3}``: rows 3 and 4 are exchanged. ``{1: 2, 2: 3}``: from row 1 on each figure stands one row too low.
    """
    strangers = [row for row in range(len(figures)) if _is_stranger(figures, row, row, nearness)]
    if len(strangers) < nearness.fewest:
        return {}
    for step in (1, -1):
        if moved := _find_shift(figures, strangers, step, nearness):
            return moved
    moved = {}
    for one in strangers:
        partners = [
            other
            for other in strangers
            if other != one
            and _is_at_home(figures, one, other, nearness)
            and _is_at_home(figures, other, one, nearness)
        ]
        if len(partners) == 1:
            moved[one] = partners[0]
    return {one: other for one, other in moved.items() if moved.get(other) == one}


def _find_shift(
    figures: Sequence[PlacedFigure], strangers: Sequence[int], step: int, nearness: Nearness
) -> dict[int, int]:
    """The run of rows round all strangers whose figures belong one row further up (step 1) or down (step -1)."""
    run: list[int] = []
    for row in range(len(figures)):
        if 0 <= row + step < len(figures) and _is_at_home(figures, row + step, row, nearness):
            run.append(row)
        elif any(stranger in run for stranger in strangers):
            break
        else:
            run = []
    is_whole = all(row in run or row - step in run for row in strangers)
    return {row: row + step for row in run} if is_whole and len(run) > 1 else {}


def _is_stranger(figures: Sequence[PlacedFigure], of: int, at: int, nearness: Nearness) -> bool:
    found = _distance_of(figures, of, at)
    return found is not None and abs(found) >= log10(nearness.stranger)


def _is_at_home(figures: Sequence[PlacedFigure], of: int, at: int, nearness: Nearness) -> bool:
    found = _distance_of(figures, of, at)
    return found is not None and abs(found) <= log10(nearness.at_home)


def _distance_of(figures: Sequence[PlacedFigure], of: int, at: int) -> float | None:
    """How far the figure of one row is off what another row is about."""
    value = figures[of].value
    return None if value is None else distance(value, figures[at].reference)


def is_sign_denied(rate: Decimal, texts: Iterable[str]) -> bool:
    """Tells whether words say of the very number that it is a fall ("giảm mạnh 18,7 %"), and the rate is a rise.

    Or the other way round. The same number may be told of something else, but hardly beside this figure.
    """
    words = _FALL if rate > 0 else _RISE
    return any(abs(rate) in meanings(match[1]).values for text in texts if text for match in words.finditer(fold(text)))


def tells_another_rate(rate: Decimal, text: str, within: Decimal) -> bool:
    """Tells whether words say of the very number that it is against the last quarter, or that all in all it is another.

    "quý II tăng 4,2% so với quý I", "riêng quý II giảm 20,1%; tính chung 6 tháng giảm 19,4%".
    """
    folded = fold(text)
    if any(abs(rate) in meanings(match["number"]).values for match in _AGAINST_LAST.finditer(folded)):
        return True
    for clause in _CLAUSE.split(folded):
        told = [_signed(match) for match in _RATE.finditer(clause)] if _ALL_IN_ALL.search(clause) else []
        if told and all(abs(number - rate) > within for numbers in told for number in numbers):
            return True
    return False


def _signed(rate: re.Match[str]) -> list[Decimal]:
    sign = 1 if rate["word"] == "tăng" else -1
    return [sign * value for value in meanings(rate["number"]).values]


def names_number(text: str, number: Decimal) -> bool:
    """Tells whether words hold a number, told so that it is one: with three digits or more, or as a percentage."""
    folded = fold(text)
    return any(
        number in meanings(match[0]).values
        and (len(match[0].replace(",", "").replace(".", "")) >= 3 or folded[match.end() :].lstrip().startswith("%"))
        for match in NUMERAL.finditer(folded)
    )


def is_target_copied(
    value: Decimal | None,
    targets: Iterable[Decimal | None],
    expected: Decimal | None,
    *,
    is_flow: bool,
    least: float,
    digits: int,
    ahead: float,
) -> bool:
    """Tells a year's target typed as the result before the year's end.

    Only of sums and stocks, and of numbers that nobody reaches by chance: levels and rates may well stand at a round
    target.
    """
    if value is None or value not in targets or value < Decimal(str(least)):
        return False
    is_telling = len(value.normalize().as_tuple().digits) >= digits
    return is_telling or (is_flow and (expected is None or value >= expected * Decimal(str(ahead))))
