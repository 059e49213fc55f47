"""Reads the targets of an annex's rows: by their words, their unit, and how their column writes numbers."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from tiendo.annex.table import AnnexColumn, TableRow
from tiendo.model.register import Comparator
from tiendo.vietnamese.notation import format_number
from tiendo.vietnamese.stated_unit import compare_units, is_unit, read_stated
from tiendo.vietnamese.target import TargetReading, numerals, read_target, read_targets
from tiendo.vietnamese.text import fold

# How an annex writes a bare number: neither floor nor ceiling is printed.
EQUAL = "eq"


class AnnexTarget(NamedTuple):
    """A target as understood, in the unit that is printed, and what a person should look at."""

    comparator: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    is_doubtful: bool = False
    doubts: tuple[str, ...] = ()


def uses_comma_thousands(rows: Sequence[TableRow]) -> bool:
    """Tells whether a column of targets has commas between thousands: ``3,500,000``, or ``64,100`` more than once.

    One clear comma before decimals (``8,7``) makes ``64,100`` a decimal number, unless 3,500,000 stands there too.
    """
    found = [(text, meaning) for row in rows for text, meaning in numerals(row.text(AnnexColumn.TARGET))]
    is_clear = any("," in text and meaning.is_english for text, meaning in found)
    has_decimals = any("," in text and len(meaning.values) == 1 and not meaning.is_english for text, meaning in found)
    return is_clear or (not has_decimals and sum(meaning.mark == "," for _, meaning in found) > 1)


def read_annex_target(row: TableRow, *, comma_thousands: bool) -> AnnexTarget:
    """Returns what a row's target says. What cannot be read, or leaves a doubt, is said; nothing is guessed."""
    text, unit = row.text(AnnexColumn.TARGET), row.text(AnnexColumn.UNIT)
    try:
        reading = read_target(text, comma_thousands=comma_thousands)
    except ValueError as error:
        return AnnexTarget(doubts=(_proposal(row) or f"the target {error}",))
    if reading.comparator is Comparator.NONE:
        return AnnexTarget()
    shift, doubt = compare_units(reading.unit, read_stated(unit))
    reading = reading.scaled(shift)
    remarks = [
        f"the target {text!r}: {remark}" for remark in (reading.doubt, doubt, *_asides(row, reading, shift)) if remark
    ]
    is_doubtful = bool(reading.doubt or doubt)
    if reading.is_bare or reading.comparator is Comparator.BETWEEN:
        return AnnexTarget(EQUAL, reading.low, reading.low, is_doubtful, tuple(remarks))
    return AnnexTarget(reading.comparator.value, reading.low, reading.high, is_doubtful, tuple(remarks))


def _asides(row: TableRow, reading: TargetReading, shift: int) -> list[str]:
    """Returns what is certain, and yet should be seen."""
    asides = [reading.note]
    words = reading.unit.strip("% /")
    known = fold(f"{row.text(AnnexColumn.UNIT)} {row.text(AnnexColumn.NAME)}")
    if shift:
        unit = row.text(AnnexColumn.UNIT)
        asides.append(f"{reading.unit!r} behind the number makes it {_numbers(reading)} in the unit {unit!r}")
    elif words and not is_unit(words) and words not in known:
        asides.append(f"{words!r} stands behind the number, and is read through")
    is_small = reading.low is not None and reading.low < 1 and "." in row.text(AnnexColumn.TARGET)
    if is_small and fold(row.text(AnnexColumn.UNIT)).startswith("%"):
        asides.append(f"in a unit of % {_numbers(reading.scaled(2))} may be meant")
    return asides


def _proposal(row: TableRow) -> str:
    """Proposes an indicator for each target, where one cell holds several (of two places, or two parts)."""
    targets = read_targets(row.text(AnnexColumn.TARGET))
    if not targets:
        return ""
    proposed = "; ".join(
        f"'{row.text(AnnexColumn.NAME)} ({reading.unit or part})' {reading.comparator.value} {_numbers(reading)}"
        for part, reading in targets
    )
    text = row.text(AnnexColumn.TARGET)
    return f"the target {text!r} is {len(targets)} targets: propose an indicator each, {proposed}"


def _numbers(reading: TargetReading) -> str:
    return " to ".join(format_number(side) for side in (reading.low, reading.high) if side is not None)
