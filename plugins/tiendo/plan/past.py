"""Figures of past years (``past_figures.csv``), and the seasonal profile of a flow that follows from them.

The share of a period is the mean, over the past years that have both figures, of what had come by its end over what
the whole year brought. A period without such a year keeps the even pace: nothing is estimated in between.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from itertools import pairwise
from typing import NamedTuple

from tiendo.model.period import PeriodKind
from tiendo.model.register import Indicator, Nature, PastShare
from tiendo.plan.tables import Fault, Row

FILE = "past_figures.csv"
COLUMNS = ("indicator", "year", "quarter", "value", "is_approximate", "as_printed", "source", "published", "remark")
_PLACES = Decimal("0.000001")


class PastFigure(NamedTuple):
    """One figure of a past year, in the indicator's unit.

    Attributes:
        number: the figure is what had come from the year's start to the end of this period; the last: the whole year.
        is_approximate: printed with a word such as "about", or rounded to two digits: kept, used for nothing.
        source: where it was published; of a figure of our own, its receipt and cell.
    """

    indicator: str
    year: int
    number: int
    value: Decimal
    is_approximate: bool
    source: str


def with_profiles(
    rows: Sequence[Row],
    indicators: Sequence[tuple[Row, Indicator]],
    plan_year: int | None,
    kind: PeriodKind,
    faults: list[Fault],
) -> list[Indicator]:
    """Returns the indicators, those flows with a profile whose past years are known.

    Args:
        rows: of past_figures.csv; every fault in them is noted.
        plan_year: None where plan.yaml does not say it.
        kind: the periods the plan is reported by; the column ``quarter`` numbers them within their year.
        faults: the register's.
    """
    by_code = {indicator.code: (row, indicator) for row, indicator in indicators}
    figures: dict[tuple[str, int, int], tuple[Row, PastFigure]] = {}
    for row in rows:
        figure = _figure(row, len(kind.ends))
        _, indicator = by_code.get(figure.indicator, (None, None))
        _check(row, figure, indicator, plan_year)
        key = figure.indicator, figure.year, figure.number
        if row.is_sound and key in figures:
            row.fault("quarter", f"stands in row {figures[key][0].number} already")
        if row.is_sound:
            figures[key] = row, figure
    _check_rising(figures)
    known = [indicator for _, indicator in indicators]
    return [_with_profile(by_code[i.code][0], i, figures, kind, faults) for i in known]


def shares_of(
    figures: Sequence[PastFigure], kind: PeriodKind
) -> tuple[tuple[Decimal, ...], tuple[tuple[PastShare, ...], ...]] | None:
    """Returns the shares of one indicator, and what each rests on; None where no period's share is known."""
    last = len(kind.ends)
    exact = {(f.year, f.number): f for f in figures if not f.is_approximate}
    years = sorted(year for year, number in exact if number == last and exact[year, number].value > 0)
    basis = tuple(
        tuple(
            PastShare(year, part.value, whole.value, part.source, whole.source)
            for year in years
            if (part := exact.get((year, number))) and (whole := exact[year, last])
        )
        for number in range(1, last)
    )
    if not any(basis):
        return None
    with localcontext(Context(prec=40)):
        shares = tuple(
            _mean([p.value / p.year_value for p in past]) if past else Decimal(end) / kind.ends[-1]
            for end, past in zip(kind.ends, basis, strict=False)
        )
    return (*shares, Decimal(1)), (*basis, ())


def _mean(shares: Sequence[Decimal]) -> Decimal:
    return (sum(shares, Decimal(0)) / len(shares)).quantize(_PLACES, ROUND_HALF_EVEN)


def _figure(row: Row, last: int) -> PastFigure:
    year, number, value = row.integer("year"), row.integer("quarter"), row.decimal("value")
    if not 1 <= number <= last:
        row.fault("quarter", f"must be a number from 1 to {last}, which is the whole year")
    if value is None:
        row.fault("value", "is empty")
    row.text("as_printed", is_required=True)
    return PastFigure(
        indicator=row.code("indicator"),
        year=year,
        number=number,
        value=value or Decimal(0),
        is_approximate=row.flag("is_approximate"),
        source=row.text("source", is_required=True),
    )


def _check(row: Row, figure: PastFigure, indicator: Indicator | None, plan_year: int | None) -> None:
    if indicator is None:
        row.fault("indicator", f"{figure.indicator!r} is no indicator of indicators.csv")
    elif indicator.nature is not Nature.FLOW:
        row.fault("indicator", f"{figure.indicator} is no flow: only what adds up over the year has a profile")
    if plan_year is not None and figure.year >= plan_year:
        row.fault("year", f"{figure.year} is not before the plan's year {plan_year}")
    if figure.value < 0:
        row.fault("value", "is negative: what adds up over the year does not fall")


def _check_rising(figures: Mapping[tuple[str, int, int], tuple[Row, PastFigure]]) -> None:
    """What adds up does not fall within a year."""
    exact = [(row, figure) for _, (row, figure) in sorted(figures.items()) if not figure.is_approximate]
    for (_, before), (row, figure) in pairwise(exact):
        if (before.indicator, before.year) == (figure.indicator, figure.year) and figure.value < before.value:
            row.fault("value", f"{figure.value} is below {before.value}, the figure of period {before.number}")


def _with_profile(
    row: Row,
    indicator: Indicator,
    figures: Mapping[tuple[str, int, int], tuple[Row, PastFigure]],
    kind: PeriodKind,
    faults: list[Fault],
) -> Indicator:
    mine = [(past_row, figure) for past_row, figure in figures.values() if figure.indicator == indicator.code]
    is_sound = all(past_row.is_sound for past_row, _ in mine)
    found = shares_of([figure for _, figure in mine], kind) if is_sound else None
    if found is None:
        return indicator
    shares, basis = found
    if indicator.profile is not None:
        row.fault("profile", f"is decided here, while {FILE} gives shares too: keep one of them")
    elif list(shares) != sorted(shares):
        told = ";".join(str(share) for share in shares)
        faults.append(Fault(FILE, mine[0][0].number, "value", f"shares of {indicator.code} do not rise: {told}"))
    return replace(indicator, profile=shares, profile_basis=basis)
