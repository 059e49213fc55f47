"""Makes the draft register of a new year from an earlier one.

Codes, names, units, reporters and natures are kept; targets, baselines and dates are not: what the new plan must say
itself is marked ``???``, with the old wording behind it as a hint where that helps, and ``tiendo plan check`` lists
every such place: also each text that names the old year or one beside it, as a school year does, or the old plan.
Columns and keys that nothing here knows are copied.
"""

import csv
import io
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import yaml

from tiendo.model.register import RowKind
from tiendo.plan import past
from tiendo.plan.known import KnownPlan
from tiendo.plan.register import COLUMNS
from tiendo.plan.tables import TO_FILL, Cells, is_to_fill

# What a register knows of its own year only: left empty, since each may be missing.
TARGET_COLUMNS = ("low", "high", "baseline", "baseline_on", "baseline_source", "profile")
_TARGET_WORDS = ("target_text", "comparator")
# Words of the old plan: kept as a hint, to be confirmed or replaced.
_INDICATOR_WORDS = ("body_ref", "body_quote", "states", "decision")
_TASK_WORDS = ("title", "verbatim_start", "due_text", "decision")
# Columns that people read; a code may hold a year's number, and keeps it.
_TEXTS = frozenset((
    *("name", "short_name", "label", "printed_as", "variants", "unit_as_printed", "agency_as_printed", "body_quote"),
    *("publication_note", "baseline_source", "title", "lead_as_printed", "coordinating_text", "due_text"),
    *("verbatim_start", "decision"),
))  # fmt: skip
_NO_TEXTS = frozenset(column for columns in COLUMNS.values() for column in columns) - _TEXTS
# As it is: what it says is of the years it names.
_COPIED_IF_THERE = (past.FILE,)
_REGISTER_FILES = ("plan.yaml", *COLUMNS, *_COPIED_IF_THERE)
_LINES_AFTER = re.compile(r"(?:\n[ \t]*(?:#[^\n]*)?)+$")
# What was set for single days of the old year, and what it becomes. After a change in the year it is for a person to
# say whether the days before it or those after it hold on.
_OF_ONE_YEAR = {
    "calendar.overrides": "{}",
    "calendar.exchanged_days": "[]",
    "calendar.changes": f'"{TO_FILL} the year before changed its days: write those that hold on as rules, and [] here"',
}
_IDENTITY = ("code", "title", "short_title", "issued_on")


class NewPlanError(ValueError):
    """The draft cannot be made; nothing was written."""


def write_new_plan(known: KnownPlan, year: int, out: Path) -> list[str]:
    """Writes the draft's folder, whole or not at all.

    Returns:
        What a person should know: files that were not carried over.

    Raises:
        NewPlanError: the plan is a draft itself, the year is not after its year, or the folder is not empty.
    """
    if is_to_fill(known.code):
        raise NewPlanError(f"{known.plan_dir} is a draft itself")
    if known.last_year >= year:
        raise NewPlanError(f"{known.code} is of {known.last_year}: a new plan is of a later year, not {year}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise NewPlanError(f"{out} is there already, and nothing is overwritten")
    there = [name for name in _COPIED_IF_THERE if (known.plan_dir / name).exists()]
    files = {name: (known.plan_dir / name).read_bytes() for name in there}
    own_plan_task, text = _plan_file(known, year)
    files["plan.yaml"] = text.encode()
    drafts = {
        **{name: [_without_the_old_year(cells, known) for cells in known.rows[name]] for name in COLUMNS},
        "indicators.csv": [empty_target(cells, known) for cells in known.indicators],
        "tasks.csv": [_task(cells, year, own_plan_task, known) for cells in known.rows["tasks.csv"]],
    }
    files |= {
        name: table_text(known.headings[name], rows).encode() for name, rows in drafts.items() if known.headings[name]
    }
    _write_whole(files, out)
    left = sorted(path.name for path in known.plan_dir.iterdir() if path.name not in _REGISTER_FILES)
    return [f"not carried over, of the old year: {', '.join(left)}"] if left else []


def table_text(heading: list[str], rows: list[Cells]) -> str:
    """Returns rows as CSV."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, heading, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def to_confirm(text: str) -> str:
    """Marks a text as the old one, to be confirmed or replaced; an empty one stays empty."""
    return f"{TO_FILL} {text}" if text and not is_to_fill(text) else text


def empty_target(cells: Cells, known: KnownPlan) -> Cells:
    """Returns an indicator's row without what only its own year's plan could say."""
    emptied = _without_the_old_year(cells, known) | {column: "" for column in TARGET_COLUMNS if column in cells}
    emptied |= {column: to_confirm(cells[column]) for column in _INDICATOR_WORDS if column in cells}
    if cells["row_kind"] != RowKind.GROUP:
        emptied |= {column: TO_FILL for column in _TARGET_WORDS if column in cells}
    return emptied


def _without_the_old_year(cells: Cells, known: KnownPlan) -> Cells:
    """Returns a row with a mark before each text that names the old year, one beside it, or the old plan."""
    return {
        column: to_confirm(text) if column not in _NO_TEXTS and _names_the_old(text, known) else text
        for column, text in cells.items()
    }


def _names_the_old(text: str, known: KnownPlan) -> bool:
    """Whether a text speaks of the old plan or its year; "2022-2023" and "2023-2024" are school years of 2023."""
    years = map(str, range(known.year - 1, known.last_year + 2))
    number = re.search(r"\d+/[\w-]+", known.short_title)
    return bool(re.search(rf"(?<!\d)(?:{'|'.join(years)})(?!\d)", text) or (number and number[0] in text))


def _task(cells: Cells, year: int, own_plan_task: str, known: KnownPlan) -> Cells:
    marked = _without_the_old_year(cells, known)
    marked |= {column: to_confirm(cells[column]) for column in _TASK_WORDS if column in cells}
    due = cells["due_on"]
    if due and cells["ref"] == own_plan_task:
        with suppress(ValueError):
            return marked | {"due_on": _moved(date.fromisoformat(due), year).isoformat()}
    return marked | {"due_on": TO_FILL if due else ""}


def _moved(day: date, year: int) -> date:
    """Returns the same day in another year; the last day of a month stays the last day."""
    if (day + timedelta(days=1)).day == 1:
        return date(year + day.month // 12, day.month % 12 + 1, 1) - timedelta(days=1)
    return day.replace(year=year)


def _plan_file(known: KnownPlan, year: int) -> tuple[str, str]:
    """Returns the reference of the task of the own plans, and plan.yaml with comments and order kept."""
    text = (known.plan_dir / "plan.yaml").read_text(encoding="utf-8-sig")
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    own_plan_task = ""
    edits: list[tuple[int, int, str]] = []
    for key, node in _values(root, ""):
        start, end = node.start_mark.index, node.end_mark.index
        if key == "calendar.own_plan.task" and isinstance(node, yaml.ScalarNode):
            own_plan_task = node.value
        new = _new_value(key, node, known, year)
        if new is not None:
            # A block reaches to the next key: what stands between them stays.
            between = _LINES_AFTER.search(text[start:end])
            edits.append((start, end, new + (between[0] if between else "")))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    heading = f"# Draft of the plan of {year}, made from {known.code}. What is marked {TO_FILL} is to be filled in.\n"
    # What an earlier plan continued is no longer said here.
    text = re.sub(r"^(?:#[^\n]*\n)+", "", text)
    text = re.sub(r"^continues:[^\n]*\n", "", text, flags=re.MULTILINE)
    return own_plan_task, f"{heading}continues: {known.code}\n{text}"


def _new_value(key: str, node: yaml.Node, known: KnownPlan, year: int) -> str | None:
    """Returns the new value of a key as YAML, or None for one that stays."""
    if key in _OF_ONE_YEAR:
        return _OF_ONE_YEAR[key] if isinstance(node.value, list) and node.value else None
    if not isinstance(node, yaml.ScalarNode) or key.startswith(tuple(f"{name}." for name in _OF_ONE_YEAR)):
        return None
    if key == "year":
        return str(year)
    if key == "last_year":
        return _quoted(f"{TO_FILL} {node.value}")
    if key == "rule_version":
        return _quoted(f"{year}.1")
    if key in _IDENTITY:
        return _quoted(f"{TO_FILL} {node.value}")
    if key == "calendar.own_plan.due_on":
        with suppress(ValueError):
            return _moved(date.fromisoformat(node.value), year).isoformat()
    return _quoted(f"{TO_FILL} {node.value}") if _names_the_old(node.value, known) else None


def _values(node: yaml.Node | None, key: str) -> Iterator[tuple[str, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            name = f"{key}.{key_node.value}" if key else str(key_node.value)
            yield name, value_node
            yield from _values(value_node, name)
    elif isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            # Named apart from the list itself, which may be replaced as a whole.
            yield f"{key}.", entry
            yield from _values(entry, f"{key}.")


def _quoted(text: str) -> str:
    escaped = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _write_whole(files: dict[str, bytes], out: Path) -> None:
    """Writes the files beside the folder and moves them into place at once."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
        draft = Path(scratch) / "plan"
        draft.mkdir()
        for name, data in files.items():
            (draft / name).write_bytes(data)
        try:
            draft.replace(out)
        except OSError as error:  # somebody else made the folder meanwhile
            raise NewPlanError(f"{out} cannot be made: {error.strerror}") from error
