"""Loads a plan's register from its folder: plan.yaml, units.csv, agencies.csv, indicators.csv, tasks.csv.

Where figures of past years are known, past_figures.csv stands beside them. A plan without tasks has no tasks.csv, or
one with its heading only, and no task_sections in plan.yaml: what names sections has lost its tasks.

Everything is checked on loading, and every fault is reported at once, so that a wrong register stops the work before
any submission is judged by it.
"""

import hashlib
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

from tiendo.model.register import Agency, Comparator, Direction, Indicator, Nature, Register, RowKind, Task, Unit
from tiendo.plan import past
from tiendo.plan.checks import check_register
from tiendo.plan.continuity import check_continuity
from tiendo.plan.deadlines import compute_calendar
from tiendo.plan.known import plans_there
from tiendo.plan.plan_file import PlanFile, read_plan_file
from tiendo.plan.tables import TO_FILL, Fault, Row, read_table
from tiendo.settings import get_settings

PLAN_FILE = "plan.yaml"
COLUMNS = {
    "units.csv": ("code", "label", "family", "decimals", "minimum", "maximum"),
    "agencies.csv": (
        *("row_order", "code", "name", "short_name", "kind", "is_obliged"),
        *("printed_as", "variants", "mail_addresses", "mail_domains", "decision"),
    ),
    "indicators.csv": (
        *("row_order", "code", "row_kind", "parent_code", "section_no", "printed_no", "body_ref", "body_quote"),
        *("name", "label", "unit_as_printed", "unit", "target_text", "comparator", "low", "high"),
        *("direction", "direction_source", "nature"),
        *("reporters", "has_precedence", "agency_as_printed", "agency_source"),
        *("published_in", "publication_note", "baseline", "baseline_on", "baseline_source", "profile"),
        *("tolerance", "minimum", "maximum", "asked_beyond", "decision"),
    ),
    "tasks.csv": (
        *("row_order", "ref", "section_ref", "title", "lead_as_printed", "lead_agencies", "is_collective"),
        *("coordinating_text", "due_on", "due_text", "verbatim_start", "decision"),
    ),
}
# Registers from before it have no such column.
_OPTIONAL = ("asked_beyond",)
UNIT_FAMILIES = ("share", "percent_change", "per_mille", "money", "count", "measure", "rank")
AGENCY_KINDS = (
    *("department", "central_agency_in_province", "armed_forces", "district", "commune", "mass_organisation"),
    *("party_body", "public_unit", "enterprise", "receiver"),
)
TASKS = "tasks.csv"

_Bounds = tuple[Decimal | None, Decimal | None]


class RegisterError(ValueError):
    """A register that must not be used; ``faults`` lists all that is wrong with it, in the order of the files."""

    def __init__(self, plan_dir: Path, faults: list[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (_place(fault.file), fault.row)))
        wrong = [f"  {fault}" for fault in self.faults if not fault.is_open]
        to_fill = _places([fault for fault in self.faults if fault.is_open])
        parts = [f"{plan_dir}: {len(wrong)} faults in the register", *wrong] if wrong or not to_fill else []
        if to_fill:
            count = len(self.faults) - len(wrong)
            parts += [f"{plan_dir}: a draft; {count} places are still to be filled in ({TO_FILL})", *to_fill]
        super().__init__("\n".join(parts))


class UnknownPlanError(RegisterError):
    """There is no such plan; the message says which there are."""

    def __init__(self, plan_dir: Path) -> None:
        self.faults = ()
        ValueError.__init__(self, f"TIENDO_PLAN: {plan_dir.name!r} is no folder and no plan; {plans_there()}.")


def load_register(plan_dir: Path, *, against: Path | None = None) -> Register:
    """Reads and checks a plan's folder.

    Args:
        against: folder of the plan of the year before, whose units the codes must keep; by default the one that
            plan.yaml says this plan ``continues``, if any.

    Raises:
        RegisterError: listing every fault found, each with file, row and column.
    """
    faults: list[Fault] = []
    plan_data = _read(plan_dir / PLAN_FILE, faults)
    plan = read_plan_file(PLAN_FILE, plan_data, faults) if plan_data is not None else None
    may_lack = (past.FILE,) if plan is None or plan.task_sections else (past.FILE, TASKS)
    there = [name for name in (*COLUMNS, past.FILE) if name not in may_lack or (plan_dir / name).exists()]
    contents = {PLAN_FILE: plan_data} | {name: _read(plan_dir / name, faults) for name in there}
    tables = {
        name: []
        if (data := contents.get(name)) is None
        else read_table(plan_dir / name, data, columns, faults, _OPTIONAL, may_be_empty=name in may_lack)
        for name, columns in COLUMNS.items()
    }
    units = {unit.code: unit for unit in map(_unit, tables["units.csv"])}
    bounds = {row.text("code"): (row.decimal("minimum"), row.decimal("maximum")) for row in tables["units.csv"]}
    agencies = [(row, _agency(row)) for row in tables["agencies.csv"]]
    obliged = tuple(agency.code for _, agency in agencies if agency.is_obliged)
    indicators = [(row, _indicator(row, plan, units, bounds)) for row in tables["indicators.csv"]]
    tasks = [(row, _task(row, plan, obliged)) for row in tables["tasks.csv"]]
    # A table that is not there would make every reference to it a fault.
    if all(rows or (name in may_lack and all(fault.file != name for fault in faults)) for name, rows in tables.items()):
        check_register(plan, tables, agencies, indicators, tasks, faults=faults)
    check_continuity(plan_dir, plan, tables, against, faults)
    past_data = contents.get(past.FILE)
    past_rows = read_table(plan_dir / past.FILE, past_data, past.COLUMNS, faults) if past_data is not None else []
    year = plan.year if plan and "year" not in plan.to_fill else None
    profiled = past.with_profiles(past_rows, indicators, year, faults)
    if faults or plan is None:
        raise RegisterError(plan_dir, faults)
    return Register(
        code=plan.code,
        title=plan.title,
        short_title=plan.short_title,
        province=plan.province,
        issued_by=plan.issued_by,
        issued_on=plan.issued_on,
        year=plan.year,
        rule_version=plan.rule_version,
        sha256=_digest(contents),
        thresholds=plan.thresholds,
        report=plan.report,
        units=units,
        agencies=tuple(agency for _, agency in agencies),
        indicators=tuple(profiled),
        tasks=tuple(task for _, task in tasks),
        calendar=compute_calendar(plan.rules, plan.year),
        own_plan_task=plan.own_plan_task,
        own_plan_due_on=plan.own_plan_due_on,
        reminders=plan.reminders,
        working_days=plan.rules.working_days,
    )


def get_register() -> Register:
    """Returns the register in force, read once per process.

    Raises:
        RegisterError: see ``load_register``.
        UnknownPlanError: there is no such plan.
    """
    return _load_once(get_settings().plan_dir)


@cache
def _load_once(plan_dir: Path) -> Register:
    if not plan_dir.is_dir():
        raise UnknownPlanError(plan_dir)
    return load_register(plan_dir)


def _read(path: Path, faults: list[Fault]) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError as error:
        faults.append(Fault(path.name, 0, "", f"cannot be read: {error.strerror}"))
        return None


def _places(faults: list[Fault]) -> list[str]:
    """Returns one line for each column that has places to fill, with the rows in ranges."""
    rows: dict[tuple[str, str], list[int]] = {}
    for fault in faults:
        key = (fault.file, fault.column if fault.file != PLAN_FILE else "")
        rows.setdefault(key, []).append(fault.row)
    lines = []
    for (file, column), numbers in rows.items():
        if file == PLAN_FILE:
            lines += [f"  {file}, line {fault.row}: {fault.column}" for fault in faults if fault.file == PLAN_FILE]
        else:
            lines.append(f"  {file}, column {column}: rows {_ranges(numbers)}")
    return lines


def _ranges(numbers: list[int]) -> str:
    """Writes 2, 3, 4, 7 as ``2-4, 7``."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ", ".join("-".join(map(str, part)) for part in parts)


def _digest(contents: dict[str, bytes | None]) -> str:
    """Returns one SHA-256 over the files' names and contents."""
    digest = hashlib.sha256()
    for name, data in sorted(contents.items()):
        digest.update(f"{name}\0{len(data or b'')}\0".encode())
        digest.update(data or b"")
    return digest.hexdigest()


def _place(file: str) -> int:
    return (PLAN_FILE, *COLUMNS, past.FILE).index(file)


def _unit(row: Row) -> Unit:
    return Unit(
        code=row.code("code"),
        label=row.text("label", is_required=True),
        family=row.choice("family", UNIT_FAMILIES),
        decimals=row.integer("decimals"),
    )


def _agency(row: Row) -> Agency:
    name = row.text("name", is_required=True)
    short_name = row.text("short_name", is_required=True)
    # The printed forms first: they are the surest.
    variants = (name, short_name, *row.codes("printed_as"), *row.codes("variants"))
    return Agency(
        code=row.code("code"),
        name=name,
        short_name=short_name,
        kind=row.choice("kind", AGENCY_KINDS),
        is_obliged=row.flag("is_obliged"),
        row_order=row.integer("row_order"),
        variants=tuple(dict.fromkeys(variant for variant in variants if variant)),
        decision=row.text("decision"),
        mail_addresses=row.codes("mail_addresses"),
        mail_domains=row.codes("mail_domains"),
    )


def _indicator(row: Row, plan: PlanFile | None, units: dict[str, Unit], bounds: dict[str, _Bounds]) -> Indicator:
    unit_code = row.text("unit")
    if unit_code and units and unit_code not in units:
        row.fault("unit", f"{unit_code!r} is no unit of units.csv")
    unit_minimum, unit_maximum = bounds.get(unit_code, (None, None))
    minimum, maximum = row.decimal("minimum"), row.decimal("maximum")
    row_kind = row.member("row_kind", RowKind)
    section_no = row.text("section_no", is_required=True)
    return Indicator(
        code=row.code("code"),
        row_order=row.integer("row_order"),
        row_kind=row_kind,
        parent_code=row.text("parent_code") or None,
        section_no=section_no,
        section_title=_section(row, "section_no", section_no, plan.sections if plan else None),
        printed_no=row.text("body_ref" if row_kind is RowKind.BODY_TARGET else "printed_no"),
        name=row.text("name", is_required=True),
        label=row.text("label", is_required=True),
        unit_as_printed=row.text("unit_as_printed"),
        unit=units.get(unit_code),
        target_text=row.text("target_text"),
        comparator=row.member("comparator", Comparator),
        low=row.decimal("low"),
        high=row.decimal("high"),
        direction=row.member("direction", Direction),
        nature=row.member("nature", Nature),
        reporters=row.codes("reporters"),
        has_precedence=row.flag("has_precedence"),
        published_in=_quarters(row),
        publication_note=row.text("publication_note"),
        baseline=row.decimal("baseline"),
        baseline_on=row.day("baseline_on"),
        baseline_source=row.text("baseline_source"),
        profile=_profile(row),
        tolerance=row.decimal("tolerance") or Decimal(0),
        minimum=unit_minimum if minimum is None else minimum,
        maximum=unit_maximum if maximum is None else maximum,
        asked_beyond=row.decimal("asked_beyond"),
        task_ref=row.text("body_ref"),
        decision=row.text("decision"),
    )


def _task(row: Row, plan: PlanFile | None, obliged: tuple[str, ...]) -> Task:
    section_ref = row.text("section_ref", is_required=True)
    is_collective = row.flag("is_collective")
    return Task(
        ref=row.text("ref", is_required=True),
        row_order=row.integer("row_order"),
        section_ref=section_ref,
        section_title=_section(row, "section_ref", section_ref, plan.task_sections if plan else None),
        title=row.text("title", is_required=True),
        lead_as_printed=row.text("lead_as_printed", is_required=True),
        lead_agencies=obliged if is_collective else row.codes("lead_agencies"),
        coordinating_text=row.text("coordinating_text"),
        is_collective=is_collective,
        due_on=row.day("due_on"),
        due_text=row.text("due_text"),
        verbatim_start=row.text("verbatim_start", is_required=True),
        decision=row.text("decision"),
    )


def _section(row: Row, column: str, number: str, titles: dict[str, str] | None) -> str:
    if titles is None or not number:
        return ""
    if number not in titles:
        row.fault(column, f"{number!r} is no section of {PLAN_FILE}")
    return titles.get(number, "")


def _quarters(row: Row) -> tuple[int, ...]:
    entries = row.codes("published_in")
    if entries != tuple(sorted(set(entries))) or not set(entries) <= {"1", "2", "3", "4"}:
        row.fault("published_in", f"must be quarters in order, such as 1;2;3;4, not {';'.join(entries)!r}")
        return ()
    return tuple(int(entry) for entry in entries)


def _profile(row: Row) -> tuple[Decimal, ...] | None:
    entries = row.codes("profile")
    if not entries:
        return None
    try:
        shares = tuple(Decimal(entry) for entry in entries)
        is_sound = len(shares) == 4 and shares[0] >= 0 and list(shares) == sorted(shares) and shares[3] == 1
    except InvalidOperation:
        is_sound = False
    if not is_sound:
        row.fault("profile", f"must be four rising shares that end in 1, such as 0.2;0.45;0.7;1, not {entries}")
        return None
    return shares
