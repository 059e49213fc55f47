"""Milestones (``milestones.csv``): what a plan of several years asks for by the end of each year but its last.

The target that indicators.csv keeps is the last year's. A year for which an indicator has no milestone asks nothing of
it that could be graded; its figures are collected all the same. Of a year after the first nobody knows by the register
where it began, so what is kept of the plan's own beginning is no baseline then.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from tiendo.model.register import Comparator, RowKind
from tiendo.plan.amendments import OF_TARGET, SIDES, ByYear, Milestone, understand
from tiendo.plan.tables import Cells, Row

FILE = "milestones.csv"
COLUMNS = ("indicator", "year", "target_text", *SIDES, "decision")
_BASELINE = dict.fromkeys(("baseline", "baseline_on", "baseline_source"), "")
_NONE_ASKED = {"target_text": "", "comparator": Comparator.NONE.value, "low": "", "high": ""}
_WITHOUT_DIRECTION = {"direction": "none", "direction_source": ""}


def read_milestones(rows: Sequence[Row], indicators: Sequence[Row], years: range) -> ByYear:
    """Returns what each year asks for; what is wrong with the rows is noted.

    Args:
        rows: of milestones.csv.
        indicators: of indicators.csv, as printed.
        years: the plan's; none while a draft does not say them.
    """
    printed = {row.text("code"): row for row in indicators if row.text("row_kind") != RowKind.GROUP}
    given: dict[tuple[str, int], Row] = {}
    for row in rows:
        code, year = row.text("indicator", is_required=True), row.integer("year")
        if code not in printed:
            row.fault("indicator", f"{code!r} is no indicator with a target of indicators.csv")
        if years and year not in years[:-1]:
            row.fault("year", _no_milestone(year, years))
        if (code, year) in given:
            row.fault("year", f"stands in row {given[code, year].number} already")
        given.setdefault((code, year), row)
    if len(years) < 2:
        return {}
    return {date(year, 1, 1): dict(_of_year(year, years, printed, given)) for year in years}


def _no_milestone(year: int, years: range) -> str:
    if len(years) == 1:
        return f"the plan is of {years[0]} alone: last_year in plan.yaml makes it one of several years"
    return f"{year} is none of {years[0]} to {years[-2]}; the target of {years[-1]} stands in indicators.csv"


def _of_year(
    year: int, years: range, printed: Mapping[str, Row], given: Mapping[tuple[str, int], Row]
) -> Iterator[tuple[str, Milestone]]:
    for code, indicator in printed.items():
        row, cells = given.get((code, year)), dict(indicator.cells)
        if row is not None and row.is_sound:
            _understand(row, cells)
        elif year != years[-1]:
            if cells["comparator"] == Comparator.STATE:
                indicator.fault("comparator", f"a target in words needs a milestone for {year} in {FILE}")
            until = f"; mục tiêu đến năm {years[-1]}: {cells['target_text']}" if cells["target_text"] else ""
            cells |= _NONE_ASKED | {"decision": f"Kế hoạch không giao chỉ tiêu cho năm {year}{until}."}
            cells |= _WITHOUT_DIRECTION if indicator.text("direction") == "within_range" else {}
        cells |= _BASELINE if year != years[0] else {}
        yield code, Milestone(row, {column: cells[column] for column in OF_TARGET})


def _understand(row: Row, cells: Cells) -> None:
    """Puts a milestone in the target's place: understood as its words say, or as a person decided beside them."""
    cells["target_text"] = row.text("target_text", is_required=True)
    decided = {side: row.text(side) for side in SIDES}
    if row.text("decision"):
        cells["decision"] = row.text("decision")
    if not any(decided.values()):
        if doubt := understand(cells, cells["target_text"]):
            row.fault("target_text", f"{doubt}: give comparator, low and high beside it, with a decision")
        return
    if not row.text("decision"):
        row.fault("decision", "is empty, though how the milestone is understood is set by hand")
    cells |= decided
