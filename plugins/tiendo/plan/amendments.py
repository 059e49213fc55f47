"""Amendments (``amendments.csv``): what a document changed in the register, and from which day on.

The other tables keep what was printed first, and hold every row there ever was; from them and the amendments follow
the tables in force on any day. A period follows those of the day on which its data is closed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import NamedTuple

from tiendo.model.register import Amendment, Change, Comparator
from tiendo.plan.tables import Cells, Fault, Row
from tiendo.vietnamese.target import read_target

FILE = "amendments.csv"
COLUMNS = (
    *("from_on", "document", "dated_on", "subject", "code", "change", "column", "value"),
    *("is_illustrative", "decision"),
)
_SUBJECTS: Mapping[str, tuple[str, str]] = {
    "agency": ("agencies.csv", "code"),
    "indicator": ("indicators.csv", "code"),
    "task": ("tasks.csv", "ref"),
}
# Lists of bodies in which one that takes over stands in the place of the one that ended.
_OWED_BY = {"indicators.csv": "reporters", "tasks.csv": "lead_agencies"}
SIDES = ("comparator", "low", "high")
OF_TARGET = (
    *("target_text", *SIDES, "direction", "direction_source", "decision"),
    *("baseline", "baseline_on", "baseline_source"),
)
"""The columns of an indicator that say what is asked of it: in a plan of several years, other ones each year."""
_KEYS = ("row_order", "code", "ref")
# What makes a quantity another one, whose figures cannot stand beside those told so far.
_IDENTITY = ("unit", "nature", "row_kind", "parent_code")

Tables = dict[str, list[Row]]
"""The rows of agencies.csv, indicators.csv and tasks.csv, by file."""


class Milestone(NamedTuple):
    """What is other than printed in an indicator's row in one year; ``row`` of milestones.csv, if one says so."""

    row: Row | None
    cells: Cells


ByYear = Mapping[date, Mapping[str, Milestone]]
"""By the first day of a year and the indicator's code; none for a plan of one year."""


class TablesInForce(NamedTuple):
    """The tables in force from a day on.

    Attributes:
        touched: the rows that are other than printed, by file and code, with the last amendment of each.
        faults: what is wrong with the rows.
    """

    from_on: date
    tables: Tables
    touched: dict[tuple[str, str], Row]
    faults: list[Fault]


def read_amendments(
    rows: Sequence[Row], tables: Mapping[str, Sequence[Row]], years: range, milestones: ByYear
) -> list[tuple[Row, Amendment]]:
    """Returns the sound amendments in the order in which they take effect; what is wrong with others is noted.

    Args:
        rows: of amendments.csv.
        tables: the other tables as printed.
        years: the plan's, none where plan.yaml does not say them; ``milestones`` what each asks for.
    """
    known = {
        subject: {row.text(key): row for row in tables.get(file, ())} for subject, (file, key) in _SUBJECTS.items()
    }
    found = [(row, _amendment(row, known)) for row in rows]
    found.sort(key=lambda pair: pair[1].from_on)
    for row, each in found:
        if row.is_sound and years and each.from_on.year not in years:
            of_plan = f"{years[0]} to {years[-1]}" if len(years) > 1 else f"year {years[0]}"
            row.fault("from_on", f"{each.from_on} is not in the plan's {of_plan}")
    found = _with_what_was_before(found, milestones)
    _check_sequence(found)
    return [(row, each) for row, each in found if row.is_sound]


def _with_what_was_before(found: Sequence[tuple[Row, Amendment]], milestones: ByYear) -> list[tuple[Row, Amendment]]:
    """Tells of each change of a cell from what it changes it: the print, the year's milestone, or the change before."""
    now: dict[tuple[str, str, str, date | None], str] = {}
    chained = []
    for row, each in found:
        first_day = date(each.from_on.year, 1, 1)
        of_year = milestones.get(first_day, {}).get(each.code) if each.subject == "indicator" else None
        is_of_year = of_year is not None and each.column in of_year.cells
        key = each.subject, each.code, each.column, first_day if is_of_year else None
        printed = of_year.cells[each.column] if of_year and is_of_year else each.before
        changed = replace(each, before=now.get(key, printed))
        if each.change is Change.SET and row.is_sound:
            now[key] = each.value
            if changed.before == each.value and each.column not in SIDES:
                row.fault("value", f"{each.column} of {each.code} is {each.value!r} already")
        chained.append((row, changed))
    return chained


def _amendment(row: Row, known: Mapping[str, Mapping[str, Row]]) -> Amendment:
    subject, change = row.choice("subject", tuple(_SUBJECTS)), row.member("change", Change)
    code, column, value = row.text("code", is_required=True), row.text("column"), row.text("value")
    target = known.get(subject, {}).get(code)
    from_on = row.day("from_on")
    if not row.text("from_on"):
        row.fault("from_on", "is empty")
    if row.is_sound and target is None:
        row.fault("code", f"{code!r} is no {subject} of {_SUBJECTS[subject][0]}")
    if target is not None:
        _check_cell(row, subject, change, target)
    if change in (Change.MERGE, Change.SPLIT):
        heirs = row.codes("value")
        if subject != "agency":
            row.fault("change", f"only a body can {change}")
        elif (len(heirs) == 1) != (change is Change.MERGE) or not heirs:
            row.fault("value", f"{change} names {'one body' if change is Change.MERGE else 'the bodies, two or more'}")
        for heir in heirs:
            if heir not in known["agency"]:
                row.fault("value", f"{heir!r} is no agency of agencies.csv")
        value = ";".join(heirs)
    return Amendment(
        from_on=from_on or date.max,
        document=row.text("document"),
        dated_on=row.day("dated_on"),
        subject=subject,
        code=code,
        change=change,
        column=column,
        value=value,
        before=target.text(column) if change is Change.SET and target is not None and row.is_sound else "",
        decision=row.text("decision"),
        is_illustrative=row.flag("is_illustrative"),
    )


def _check_cell(row: Row, subject: str, change: Change, target: Row) -> None:
    """A change of a cell names its column, and no other change does."""
    column = row.text("column")
    if change is not Change.SET:
        if column:
            row.fault("column", f"must be empty: {change} is of the whole row")
        if row.text("value") and change in (Change.ADD, Change.WITHDRAW):
            row.fault("value", f"must be empty: {change} gives no value")
    elif column in _KEYS or column not in target.cells:
        can = ", ".join(name for name in target.cells if name not in _KEYS)
        row.fault("column", f"{column!r} is no column of an {subject} that can change; these are {can}")
    elif column in _IDENTITY:
        row.fault(
            "column", f"{column} makes it another quantity: withdraw {row.text('code')}, and add one with a new code"
        )


def _check_sequence(found: Sequence[tuple[Row, Amendment]]) -> None:
    """Notes what contradicts an earlier amendment: a cell set twice on a day, a row that is not there then."""
    cells: dict[tuple[date, str, str, str], Row] = {}
    begins = {
        (each.subject, each.code): each.from_on
        for row, each in reversed(found)
        if row.is_sound and each.change is Change.ADD
    }
    begun: set[tuple[str, str]] = set()
    ended: dict[tuple[str, str], tuple[Row, date]] = {}
    for row, each in found:
        if not row.is_sound:
            continue
        what = each.subject, each.code
        if what in ended:
            row.fault("code", f"{each.code} ended on {ended[what][1]} already (row {ended[what][0].number})")
            continue
        if (
            each.change is Change.SET
            and (first := cells.setdefault((each.from_on, *what, each.column), row)) is not row
        ):
            row.fault("column", f"{each.column} of {each.code} is set on {each.from_on} in row {first.number} already")
        if each.change is Change.ADD and what in begun:
            row.fault("change", f"{each.code} is added twice")
        elif each.change is not Change.ADD and each.from_on < begins.get(what, each.from_on):
            row.fault("from_on", f"{each.code} is there from {begins[what]} on only")
        begun |= {what} if each.change is Change.ADD else set()
        if each.change in (Change.WITHDRAW, Change.MERGE, Change.SPLIT):
            ended[what] = row, each.from_on
    for row, each in found:
        for heir in each.value.split(";") if each.change in (Change.MERGE, Change.SPLIT) and row.is_sound else ():
            end = ended.get(("agency", heir))
            if heir == each.code or (end and end[1] <= each.from_on):
                row.fault("value", f"{heir} itself is not there from {each.from_on} on")
            elif begins.get(("agency", heir), each.from_on) > each.from_on:
                row.fault("value", f"{heir} is there from {begins['agency', heir]} on only")


def versions(
    tables: Tables, amendments: Sequence[tuple[Row, Amendment]], milestones: ByYear
) -> Iterator[TablesInForce]:
    """Yields the tables in force, from before the first amendment on.

    An amendment of a target is of what its year asks for: with the next year that year's milestone holds.
    """
    added = {(_SUBJECTS[a.subject][0], a.code) for _, a in amendments if a.change is Change.ADD}
    present = {file: {code_of(file, row): row.cells for row in tables[file]} for file, _ in _SUBJECTS.values()}
    touched: dict[tuple[str, str], Row] = {}

    def version(from_on: date) -> TablesInForce:
        faults: list[Fault] = []
        in_force = {
            file: [
                Row(file, row.number, dict(present[file][code]), faults, is_amended=(file, code) in touched)
                for row in tables[file]
                if (code := code_of(file, row)) in present[file] and (file, code) not in added
            ]
            for file in present
        }
        return TablesInForce(from_on, in_force, dict(touched), faults)

    yield version(date.min)
    by_day = {from_on: list(group) for from_on, group in groupby(amendments, key=lambda pair: pair[1].from_on)}
    decided: dict[str, str] = {}  # of indicators, about more than what a year asks for
    for from_on in sorted(by_day.keys() | milestones.keys()):
        indicators = present["indicators.csv"]
        for code, (milestone, cells) in milestones.get(from_on, {}).items():
            if code in indicators:
                told = " ".join(filter(None, (cells["decision"], decided.get(code))))
                indicators[code] |= cells | {"decision": told}
                touched |= {("indicators.csv", code): milestone} if milestone else {}
        of_day = by_day.get(from_on, [])
        for row, each in of_day:
            file = _SUBJECTS[each.subject][0]
            touched[file, each.code] = row
            if each.decision and each.column not in OF_TARGET:
                decided[each.code] = each.decision
            if each.change is Change.ADD:
                added.discard((file, each.code))
            elif each.change is Change.SET:
                _set(present[file][each.code], row, each, [a for _, a in of_day])
            else:
                del present[file][each.code]
                touched |= dict.fromkeys(_hand_over(present, each), row)
        yield version(from_on)


def code_of(file: str, row: Row) -> str:
    """Returns the code of a table's row, which the plan's reference is of a task."""
    return row.text("ref" if file == "tasks.csv" else "code")


def _set(cells: Cells, row: Row, each: Amendment, of_day: Iterable[Amendment]) -> None:
    """Changes a cell, and what goes with it: a body keeps its old names, a target is understood as its words say.

    What was decided about the change is from then on what was decided about the row.
    """
    if each.subject == "agency" and each.column in ("name", "short_name"):
        cells["variants"] = ";".join(filter(None, (cells["variants"], cells[each.column])))
    cells[each.column] = each.value
    if each.decision:
        cells["decision"] = each.decision
    if each.column in ("reporters", "lead_agencies"):
        _as_amended(cells)
    if each.column == "target_text":
        beside = [other for other in of_day if (other.subject, other.code) == (each.subject, each.code)]
        _set_target(cells, row, each.value, beside)


def _set_target(cells: Cells, row: Row, target_text: str, beside: Sequence[Amendment]) -> None:
    """Has a new target understood as its words say, or as a person decided; of one in words its states are."""
    if cells["comparator"] == Comparator.STATE:
        return
    if not {other.column for other in beside}.isdisjoint(SIDES):
        if not any(other.decision for other in beside):
            row.fault("decision", "is empty, though how the target is understood is set by hand")
        return
    if doubt := understand(cells, target_text):
        row.fault("value", f"{doubt}: set comparator, low and high beside it, with a decision")


def understand(cells: Cells, target_text: str) -> str:
    """Has an indicator's row hold a new target as its words say; a bare number is what the target was before.

    Returns:
        What in the words leaves a doubt, "" where all is clear; the row stays as it is in that case.
    """
    if cells["comparator"] == Comparator.STATE:
        return ""
    try:
        target = read_target(target_text)
    except ValueError as error:
        return str(error)
    if target.doubt:
        return target.doubt
    comparator, low, high = target.sides
    if target.is_bare and cells["comparator"] in (Comparator.LE, Comparator.LT):
        comparator, low, high = Comparator(cells["comparator"]), None, low
    elif comparator is Comparator.RANGE and cells["comparator"] == Comparator.BETWEEN:
        comparator = Comparator.BETWEEN
    cells["comparator"] = comparator.value
    cells |= {name: "" if side is None else f"{side:f}" for name, side in (("low", low), ("high", high))}
    return ""


def _hand_over(present: Mapping[str, Mapping[str, Cells]], each: Amendment) -> Iterator[tuple[str, str]]:
    """Puts the one body that takes over in the place of one that ended; yields the rows in which it stood.

    What a body owed that was split, or ended without one that takes over, must be given to others row by row.
    """
    if each.change is not Change.MERGE:
        return
    for file, column in _OWED_BY.items():
        for code, cells in present[file].items():
            owed_by = [entry.strip() for entry in cells[column].split(";")]
            if each.code in owed_by:
                now = dict.fromkeys(each.value if body == each.code else body for body in owed_by)
                cells[column] = ";".join(now)
                if len(now) == 1 and "has_precedence" in cells:
                    cells["has_precedence"] = "no"
                _as_amended(cells)
                yield file, code


def _as_amended(cells: Cells) -> None:
    """What the plan prints of the bodies no longer says who they are."""
    if "agency_source" in cells:
        cells["agency_source"], cells["agency_as_printed"] = "amended", ""
