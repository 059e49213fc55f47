"""What an earlier (or unfinished) register knows: its rows as they stand in its files, without judging them.

The plan of a new year is made from it, an official annex is matched against it, and its units bind the year after.
Columns that nothing here knows are kept.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tiendo.model.register import Agency
from tiendo.plan.names import AgencyNames
from tiendo.plan.plan_file import Document
from tiendo.plan.tables import TO_FILL, Cells, Fault, decode
from tiendo.settings import get_settings, plan_places

_NEEDED: Mapping[str, tuple[str, ...]] = {
    "units.csv": ("code", "label", "family"),
    "agencies.csv": ("code", "name", "short_name", "printed_as", "variants"),
    "indicators.csv": (
        "row_order",
        "code",
        "row_kind",
        "parent_code",
        "name",
        "label",
        "unit_as_printed",
        "unit",
        "reporters",
    ),
    "tasks.csv": ("ref", "due_on"),
}


# A plan without tasks has none, or an empty one.
_OPTIONAL = "tasks.csv"


@dataclass(frozen=True)
class KnownPlan:
    """A register's files as they stand.

    Attributes:
        year: 0 where plan.yaml does not say it; ``last_year`` the same for a plan of one year.
        headings: of each table; [] for one that is not there.
        rows: of each table, by heading.
    """

    plan_dir: Path
    code: str
    year: int
    last_year: int
    short_title: str
    headings: dict[str, list[str]]
    rows: dict[str, list[Cells]]

    @property
    def indicators(self) -> list[Cells]:
        """Rows of indicators.csv."""
        return self.rows["indicators.csv"]

    @cached_property
    def agencies(self) -> tuple[Agency, ...]:
        """Bodies with all ways of writing their names."""
        return tuple(_agency(place, cells) for place, cells in enumerate(self.rows["agencies.csv"], start=1))

    @cached_property
    def names(self) -> AgencyNames:
        """All names of all bodies."""
        return AgencyNames(self.agencies)

    @cached_property
    def unit_labels(self) -> dict[str, str]:
        """Labels of units by code."""
        return {cells["code"]: cells["label"] for cells in self.rows["units.csv"]}


def find_plan(name: str, *, beside: Path | None = None) -> Path | None:
    """Returns the folder of a plan given as ``settings.plan_places`` says, or as a name beside another plan."""
    here, *others = plan_places(name, get_settings().home)
    places = [beside.absolute().parent / name if beside else here, *others]
    return next((place for place in places if place.is_dir()), None)


def plans_there() -> str:
    """Returns in words which plans can be named, and where they lie."""
    folders = [folder.parent for folder in plan_places("any", get_settings().home)[1:]]
    told = []
    for folder in folders:
        names = sorted(each.parent.name for each in folder.glob("*/plan.yaml") if not each.parent.name.startswith("."))
        told.append(f"{', '.join(names) or 'none'} in {folder}")
    return f"there are {'; '.join(told)}"


def read_known(plan_dir: Path, faults: list[Fault]) -> KnownPlan | None:
    """Reads a register's files.

    Returns:
        None, after noting faults, when a file is missing, is no table, or lacks a column that is needed.
    """
    before = len(faults)
    headings: dict[str, list[str]] = {}
    rows: dict[str, list[Cells]] = {}
    for file, needed in _NEEDED.items():
        is_missing = file == _OPTIONAL and not (plan_dir / file).exists()
        text = None if is_missing else _read(plan_dir, file, faults)
        is_there = text is not None and (file != _OPTIONAL or text.strip())
        headings[file], rows[file] = _table(file, text or "", needed, faults) if is_there else ([], [])
    text = _read(plan_dir, "plan.yaml", faults)
    identity = Document("plan.yaml", (text or "").encode(), []).mapping("")
    year = year if isinstance(year := identity.get("year"), int) else 0
    last_year = identity.get("last_year")
    if len(faults) > before:
        return None
    return KnownPlan(
        plan_dir=plan_dir,
        code=str(identity.get("code") or TO_FILL),
        year=year,
        last_year=last_year if isinstance(last_year, int) else year,
        short_title=str(identity.get("short_title") or ""),
        headings=headings,
        rows=rows,
    )


def _read(plan_dir: Path, file: str, faults: list[Fault]) -> str | None:
    try:
        return decode(file, (plan_dir / file).read_bytes(), faults)
    except OSError as error:
        faults.append(Fault(file, 0, "", f"cannot be read: {error.strerror}"))
        return None


def _table(file: str, text: str, needed: Sequence[str], faults: list[Fault]) -> tuple[list[str], list[Cells]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        heading = list(reader.fieldnames or ())
        faults += [Fault(file, 1, column, "column is missing") for column in needed if column not in heading]
        rows: list[Cells] = []
        for number, cells in enumerate(reader, start=2):
            if None in cells or None in cells.values():
                faults.append(Fault(file, number, "", f"has not as many cells as the heading, {len(heading)}"))
            elif any(cell.strip() for cell in cells.values()):
                rows.append({column: cell.strip() for column, cell in cells.items()})
    except csv.Error as error:
        faults.append(Fault(file, reader.line_num, "", f"is no well-formed CSV: {error}"))
        return [], []
    return heading, rows


def _agency(place: int, cells: Cells) -> Agency:
    lists = (entry.strip() for column in ("printed_as", "variants") for entry in cells[column].split(";"))
    variants = dict.fromkeys(name for name in (cells["name"], cells["short_name"], *lists) if name)
    return Agency(
        code=cells["code"],
        name=cells["name"],
        short_name=cells["short_name"],
        kind=cells.get("kind", ""),
        is_obliged=cells.get("is_obliged", "") == "yes",
        row_order=place,
        variants=tuple(variants),
    )
