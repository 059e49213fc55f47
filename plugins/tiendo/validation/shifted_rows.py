"""Figures typed one row off: two rows exchanged, or a whole column moved up or down by one. Pure.

A figure gives its row away by its size: 62.474 cannot be the million USD of a quarter, nor 450 the enterprises of a
province. A shift is told only where the figures fit their neighbours' rows and contradict their own.
"""

from collections.abc import Sequence
from decimal import Decimal
from math import log10
from typing import NamedTuple

from tiendo.validation.magnitude import distance


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


class Figure(NamedTuple):
    """One row's figure and what it is to be compared with (the last one known, else what the target suggests)."""

    value: Decimal | None
    reference: Decimal | None


def find_moved(figures: Sequence[Figure], nearness: Nearness) -> dict[int, int]:
    """Returns, for rows in the sheet's order, the row whose figure each one should hold; {} when all is plausible.

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


def _find_shift(figures: Sequence[Figure], strangers: Sequence[int], step: int, nearness: Nearness) -> dict[int, int]:
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


def _is_stranger(figures: Sequence[Figure], of: int, at: int, nearness: Nearness) -> bool:
    found = _distance(figures, of, at)
    return found is not None and abs(found) >= log10(nearness.stranger)


def _is_at_home(figures: Sequence[Figure], of: int, at: int, nearness: Nearness) -> bool:
    found = _distance(figures, of, at)
    return found is not None and abs(found) <= log10(nearness.at_home)


def _distance(figures: Sequence[Figure], of: int, at: int) -> float | None:
    """How far the figure of one row is off what another row is about."""
    value = figures[of].value
    return None if value is None else distance(value, figures[at].reference)
