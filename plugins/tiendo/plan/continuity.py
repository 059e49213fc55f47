"""Holds a register against the plan it continues: a code means the same quantity, in the same unit, in every year.

Figures of several years stand beside each other under one code, so a changed unit would make them silently wrong.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tiendo.plan.known import KnownPlan, find_plan, read_known
from tiendo.plan.plan_file import PlanFile
from tiendo.plan.tables import Fault, Row
from tiendo.vietnamese.text import fold

_NEW_CODE = "a code keeps its unit from year to year: correct it, or give the indicator a new code"


def check_continuity(
    plan_dir: Path,
    plan: PlanFile | None,
    tables: Mapping[str, Sequence[Row]],
    against: Path | None,
    faults: list[Fault],
) -> None:
    """Notes every code whose unit is not that of the year before.

    Args:
        against: folder of the plan of the year before; by default the one that plan.yaml says this plan ``continues``.
    """

    def fault(what: str) -> None:
        faults.append(Fault("plan.yaml", plan.lines.get("continues", 0) if plan else 0, "continues", what))

    to_fill = plan.to_fill if plan else ()
    name = plan.continues if plan and "continues" not in to_fill else ""
    if against is None and not name:
        return
    before_dir = against or find_plan(name, beside=plan_dir)
    if before_dir is None:
        fault(f"{name!r} is no plan that can be found")
        return
    faults_before: list[Fault] = []
    before = read_known(before_dir, faults_before)
    if before is None:
        fault(f"{before_dir} cannot be read: {'; '.join(map(str, faults_before))}")
        return
    if plan and "year" not in to_fill and before.last_year >= plan.year:
        fault(f"{before.code} is of {before.last_year}, which is not before {plan.year}")
    _check_units(before, tables["units.csv"], tables["indicators.csv"])


def _check_units(before: KnownPlan, units: Sequence[Row], indicators: Sequence[Row]) -> None:
    known_units = {cells["code"]: cells for cells in before.rows["units.csv"]}
    for row in units:
        known = known_units.get(row.text("code"))
        for column in ("label", "family") if known else ():
            if known and fold(row.text(column)) != fold(known[column]):
                row.fault(column, f"{row.text(column)!r} was {known[column]!r} in {before.code}; {_NEW_CODE}")
    known_indicators = {cells["code"]: cells for cells in before.indicators}
    for row in indicators:
        known = known_indicators.get(row.text("code"))
        if known is None:
            continue
        code, unit, unit_before = row.text("code"), row.text("unit"), known["unit"]
        if unit != unit_before:
            what = f"{code} is in {unit or 'no unit'}, in {before.code} it was in {unit_before or 'no unit'}"
            row.fault("unit", f"{what}; {_NEW_CODE}")
        elif other := _other_unit(row.text("unit_as_printed"), known, units):
            what = f"{row.text('unit_as_printed')!r} is {other}, while {code} is in {unit_before}, as in {before.code}"
            row.fault("unit_as_printed", f"{what}; {_NEW_CODE}")


def _other_unit(printed: str, known: dict[str, str], units: Sequence[Row]) -> str:
    """Returns the unit that is plainly printed though it is not the indicator's, or ""."""
    folded = fold(printed)
    if folded == fold(known["unit_as_printed"]):
        return ""
    meant = [row.text("code") for row in units if fold(row.text("label")) == folded]
    return "" if known["unit"] in meant else ", ".join(meant)
