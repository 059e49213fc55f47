"""Loads a plan's register from its folder: plan.yaml, units.csv, agencies.csv, indicators.csv, tasks.csv.

Where figures of past years are known, past_figures.csv stands beside them; amendments.csv where documents changed it. A
plan without tasks has no tasks.csv, or one with its heading only, and no task_sections in plan.yaml: what names
sections has lost its tasks.

Everything is checked on loading, and every fault is reported at once, so that a wrong register stops the work before
any submission is judged by it.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

from tiendo.model.period import PeriodKind
from tiendo.model.register import (
    Agency,
    Amendment,
    Comparator,
    Direction,
    Indicator,
    ListedState,
    Nature,
    Register,
    RowKind,
    Task,
    Unit,
)
from tiendo.plan import amendments, milestones, past
from tiendo.plan.amendments import Tables, TablesInForce, code_of
from tiendo.plan.checks import check_orders, check_register
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
        *("tolerance", "minimum", "maximum", "asked_beyond", "states", "sum_of", "decision"),
    ),
    "tasks.csv": (
        *("row_order", "ref", "section_ref", "title", "lead_as_printed", "lead_agencies", "is_collective"),
        *("coordinating_text", "due_on", "due_text", "verbatim_start", "decision"),
    ),
}
# Tables that a plan need not have.
_EXTRA = {past.FILE: past.COLUMNS, milestones.FILE: milestones.COLUMNS, amendments.FILE: amendments.COLUMNS}
# Registers from before them have no such columns; an empty cell of ``_UNHASHED`` leaves a version's hash as it was.
_OPTIONAL = ("asked_beyond", "states", "sum_of")
_UNHASHED = ("states", "sum_of")
UNIT_FAMILIES = ("share", "percent_change", "per_mille", "money", "count", "measure", "rank")
AGENCY_KINDS = (
    *("department", "central_agency_in_province", "armed_forces", "district", "commune", "mass_organisation"),
    *("party_body", "public_unit", "enterprise", "receiver"),
)
TASKS = "tasks.csv"
# What a reported state can be worth within the year, from good to bad.
STATE_VERDICTS = ("exceeded", "achieved", "on_track", "at_risk", "behind")

_Bounds = tuple[Decimal | None, Decimal | None]


class RegisterError(ValueError):
    """A register that must not be used; ``faults`` lists all that is wrong with it, in the order of the files."""

    def __init__(self, plan_dir: Path, faults: list[Fault]) -> None:
        self.faults = tuple(sorted(dict.fromkeys(faults), key=lambda fault: (_place(fault.file), fault.row)))
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
    names = (PLAN_FILE, *COLUMNS, *_EXTRA)
    there = [name for name in names if name not in (TASKS, *_EXTRA) or (plan_dir / name).exists()]
    contents = {name: _read(plan_dir / name, faults) for name in there}
    parsed = _parse({name: data for name, data in contents.items() if data is not None}, faults)
    may_lack = parsed.plan is not None and not parsed.plan.task_sections
    if TASKS not in there and not may_lack:
        _read(plan_dir / TASKS, faults)
    is_lacking = {name for name in COLUMNS if not parsed.tables[name]}
    if may_lack and all(fault.file != TASKS for fault in faults):
        is_lacking.discard(TASKS)
    if not is_lacking:  # a table that is not there would make every reference to it a fault
        _check(parsed, parsed.whole)
        check_orders(parsed.tables)
    check_continuity(plan_dir, parsed.plan, parsed.tables, against, faults)
    if not any(not fault.is_open for fault in faults):
        _check_versions(parsed, faults)
    return _register(plan_dir, parsed, faults)


def register_of(files: dict[str, bytes]) -> Register:
    """Returns a register that was in force once, from its files; it was checked then, by the rules of then.

    Raises:
        RegisterError: this release cannot read it.
    """
    faults: list[Fault] = []
    parsed = _parse(files, faults)
    return _register(Path(), parsed, faults)


@dataclass
class _Rows:
    """The rows of a register's tables with what each means."""

    version: TablesInForce
    agencies: list[tuple[Row, Agency]]
    indicators: list[tuple[Row, Indicator]]
    tasks: list[tuple[Row, Task]]
    profiled: list[Indicator]


@dataclass
class _Parsed:
    """A register's files as read: the whole as printed, and what was in force when."""

    files: dict[str, bytes]
    plan: PlanFile | None
    tables: dict[str, list[Row]]
    units: dict[str, Unit]
    whole: _Rows
    amendments: list[tuple[Row, Amendment]]
    versions: list[_Rows]


def _parse(files: dict[str, bytes], faults: list[Fault]) -> _Parsed:
    plan = read_plan_file(PLAN_FILE, files[PLAN_FILE], faults) if PLAN_FILE in files else None
    may_be_empty = (*_EXTRA, *(() if plan is None or plan.task_sections else (TASKS,)))
    tables = {
        name: read_table(Path(name), files[name], columns, faults, _OPTIONAL, may_be_empty=name in may_be_empty)
        if name in files
        else []
        for name, columns in (COLUMNS | _EXTRA).items()
    }
    units = {unit.code: unit for unit in map(_unit, tables["units.csv"])}

    whole = _rows(TablesInForce(date.min, tables, {}, faults), plan, units, tables)
    years = plan.years if plan else range(0)
    by_year = milestones.read_milestones(tables[milestones.FILE], tables["indicators.csv"], years)
    amended = amendments.read_amendments(tables[amendments.FILE], tables, years, by_year)
    in_force = amendments.versions(tables, amended, by_year) if amended or by_year else ()
    versions = [_rows(version, plan, units, tables) for version in in_force]
    return _Parsed(files, plan, tables, units, whole, amended, versions)


def _rows(version: TablesInForce, plan: PlanFile | None, units: dict[str, Unit], tables: Tables) -> _Rows:
    """Understands the rows of a version; past figures of indicators that are not in it are left aside."""
    bounds = {row.text("code"): (row.decimal("minimum"), row.decimal("maximum")) for row in tables["units.csv"]}
    agencies = [(row, _agency(row)) for row in version.tables["agencies.csv"]]
    obliged = tuple(agency.code for _, agency in agencies if agency.is_obliged)
    indicators = [(row, _indicator(row, plan, units, bounds)) for row in version.tables["indicators.csv"]]
    tasks = [(row, _task(row, plan, obliged)) for row in version.tables["tasks.csv"]]
    year = plan.year if plan and "year" not in plan.to_fill else None
    kind = plan.period_kind if plan else PeriodKind.QUARTER
    codes = {indicator.code for _, indicator in indicators}
    printed = {row.text("code") for row in tables["indicators.csv"]}
    past_rows = [row for row in tables[past.FILE] if (code := row.text("indicator")) in codes or code not in printed]
    profiled = past.with_profiles(past_rows, indicators, year, kind, version.faults)
    return _Rows(version, agencies, indicators, tasks, profiled)


def _check(parsed: _Parsed, rows: _Rows) -> None:
    tables = parsed.tables | rows.version.tables
    check_register(parsed.plan, tables, rows.agencies, rows.indicators, rows.tasks, faults=rows.version.faults)


def _check_versions(parsed: _Parsed, faults: list[Fault]) -> None:
    """Holds what was in force against itself; what is wrong then is told of the amendment that made it so."""
    known: set[Fault] = set()
    for understood in parsed.versions:
        version = understood.version
        _check(parsed, understood)
        of_day = [row for row, each in parsed.amendments if each.from_on == version.from_on]
        for fault in dict.fromkeys(version.faults):
            if fault in known:
                continue
            known.add(fault)
            of_row = [
                row
                for (file, code), row in version.touched.items()
                if file == fault.file
                and any(code == code_of(file, r) and r.number == fault.row for r in version.tables[file])
            ]
            of_code = [
                row for row, each in parsed.amendments if each.from_on == version.from_on and each.code in fault.what
            ]
            row = next((rows[-1] for rows in (of_row, of_code, of_day) if rows), None)
            file, number = (row.file, row.number) if row else (amendments.FILE, 0)
            since = f"from {version.from_on} on" if version.from_on != date.min else "before the first amendment"
            gone = "is not there any more: set reporters or lead_agencies of this row, or merge the body"
            told = str(fault).replace("is no agency of agencies.csv", gone) if of_code else str(fault)
            faults.append(Fault(file, number, "", f"{since}, {told}"))


def _register(plan_dir: Path, parsed: _Parsed, faults: list[Fault]) -> Register:
    plan = parsed.plan
    if faults or plan is None:
        raise RegisterError(plan_dir, faults)

    def register(rows: _Rows) -> Register:
        return Register(
            code=plan.code,
            title=plan.title,
            short_title=plan.short_title,
            province=plan.province,
            issued_by=plan.issued_by,
            issued_on=plan.issued_on,
            year=plan.year,
            rule_version=plan.rule_version,
            sha256=_digest(parsed.files),
            thresholds=plan.thresholds,
            report=plan.report,
            units=parsed.units,
            agencies=tuple(agency for _, agency in rows.agencies),
            indicators=tuple(rows.profiled),
            tasks=tuple(task for _, task in rows.tasks),
            period_kind=plan.period_kind,
            last_year=plan.last_year,
            calendar=compute_calendar(plan.rules, plan.periods),
            own_plan_task=plan.own_plan_task,
            own_plan_due_on=plan.own_plan_due_on,
            reminders=plan.reminders,
            working_days=plan.rules.working_days,
            version_sha256=_version_digest(plan, parsed.tables | rows.version.tables),
            amendments=tuple(each for _, each in parsed.amendments),
            files=parsed.files,
        )

    whole = register(parsed.whole)
    versions = tuple((rows.version.from_on, register(rows)) for rows in parsed.versions)
    return replace(whole, agencies=_as_ever(whole, versions), versions=versions)


def _as_ever(whole: Register, versions: Sequence[tuple[date, Register]]) -> tuple[Agency, ...]:
    """Returns the bodies with the names they ever had, and as owing reports if they ever did.

    Under any of its names it is the same body that writes; whether it owes a report, the register in force says.
    """
    registers = (whole, *(version for _, version in versions))
    ever = {
        agency.code: [same for register in registers if (same := register.agency_by_code.get(agency.code))]
        for agency in whole.agencies
    }
    return tuple(
        replace(
            agency,
            variants=tuple(dict.fromkeys(variant for same in ever[agency.code] for variant in same.variants)),
            is_obliged=any(same.is_obliged for same in ever[agency.code]),
        )
        for agency in whole.agencies
    )


def get_register() -> Register:
    """Returns the register in force, read once per process.

    Raises:
        RegisterError: see ``load_register``.
        UnknownPlanError: there is no such plan.
    """
    return load_once(get_settings().plan_dir)


@cache
def load_once(plan_dir: Path) -> Register:
    """Loads a plan's folder, once per process; as ``get_register``."""
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


def _digest(contents: dict[str, bytes]) -> str:
    """Returns one SHA-256 over the files' names and contents."""
    digest = hashlib.sha256()
    for name, data in sorted(contents.items()):
        digest.update(f"{name}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()


def _version_digest(plan: PlanFile, tables: Tables) -> str:
    """Returns one SHA-256 over what grades, is owed and is printed: all but calendar, reminders and amendments."""
    words = [plan.title, plan.short_title, plan.province, plan.issued_by, plan.issued_on, plan.rule_version]
    words += [plan.sections, plan.task_sections, plan.own_plan_task, plan.thresholds, plan.report]
    rows = {
        file: [{name: text for name, text in row.cells.items() if text or name not in _UNHASHED} for row in rows]
        for file, rows in tables.items()
        if file not in (amendments.FILE, milestones.FILE)
    }
    return hashlib.sha256(json.dumps([words, rows], default=str, sort_keys=True).encode()).hexdigest()


def _place(file: str) -> int:
    return (PLAN_FILE, *COLUMNS, *_EXTRA).index(file)


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
        published_in=_published_in(row, plan),
        publication_note=row.text("publication_note"),
        baseline=row.decimal("baseline"),
        baseline_on=row.day("baseline_on"),
        baseline_source=row.text("baseline_source"),
        profile=_profile(row, plan),
        tolerance=row.decimal("tolerance") or Decimal(0),
        minimum=unit_minimum if minimum is None else minimum,
        maximum=unit_maximum if maximum is None else maximum,
        asked_beyond=row.decimal("asked_beyond"),
        task_ref=row.text("body_ref"),
        states=_states(row),
        sum_of=row.codes("sum_of"),
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


def _per_year(plan: PlanFile | None) -> int:
    return len((plan.period_kind if plan else PeriodKind.QUARTER).ends)


def _published_in(row: Row, plan: PlanFile | None) -> tuple[int, ...]:
    """Reads ``1;2;3;4``, numbers of the year's periods, or ``all``."""
    entries, numbers = row.codes("published_in"), tuple(range(1, _per_year(plan) + 1))
    if entries == ("all",):
        return numbers
    found = tuple(number for number in numbers if str(number) in entries)
    if entries != tuple(map(str, found)):
        every = ";".join(map(str, numbers))
        row.fault("published_in", f"must be numbers of the year's periods in order, {every}, not {';'.join(entries)!r}")
        return ()
    return found


def _states(row: Row) -> tuple[ListedState, ...]:
    """Reads ``Chưa triển khai=behind;Hoàn thành=achieved``; a state may hold a comma, the list's marks it may not."""
    states = []
    for entry in row.text("states").split(";") if row.text("states") else ():
        text, *verdicts = (part.strip() for part in entry.split("="))
        if not text or len(verdicts) != 1:
            row.fault("states", f"{entry.strip()!r} must be a state and its verdict, such as Hoàn thành=achieved")
        elif verdicts[0] not in STATE_VERDICTS:
            row.fault("states", f"{verdicts[0]!r} is no verdict; these are {', '.join(STATE_VERDICTS)}")
        else:
            states.append(ListedState(text, verdicts[0]))
    return tuple(states)


def _profile(row: Row, plan: PlanFile | None) -> tuple[Decimal, ...] | None:
    entries, count = row.codes("profile"), _per_year(plan)
    if not entries:
        return None
    try:
        shares = tuple(Decimal(entry) for entry in entries)
        is_sound = len(shares) == count and shares[0] >= 0 and list(shares) == sorted(shares) and shares[-1] == 1
    except InvalidOperation:
        is_sound = False
    if not is_sound:
        row.fault(
            "profile", f"must be {count} rising shares that end in 1, such as 0.2;0.45;0.7;1 of four, not {entries}"
        )
        return None
    return shares
