"""The tables of rows: what a body types, what it told before, and what it is told; by the real rules."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from fixtures.submissions import change_indicator, change_task, clean_content, known_figure, known_task
from tiendo.model.content import RawCell, WorkbookContent
from tiendo.model.outcome import FileOutcome
from tiendo.model.register import Register
from tiendo.validation.cells import STATE_BY_TEXT
from tiendo.validation.check import BatchFile, check_batch
from tiendo.validation.facts import Known

Q1, Q2 = "2023-Q1", "2023-Q2"
TASK_BODY, TASK = "so-tai-chinh", "II.3.b"
ASKED = {"accepted": "accepted", "asked": "accepted_with_warnings", "refused": "rejected"}


class Told(NamedTuple):
    """A line of a table: its number, what is checked on what day, and what must come of it."""

    number: int
    content: WorkbookContent
    known: tuple[Known, ...]
    came_on: str
    verdict: str
    cell: str
    begins: str
    names: str


def lines(table: str) -> list[list[str]]:
    path = Path(__file__).parent / "tables" / table
    return [line.split("|") for line in path.read_text(encoding="utf-8").splitlines()[1:]]


def typed(text: str) -> Any:
    """A cell as the tables write it: ``0.8`` a number, ``"0,8"`` a text, ``80% by format``, anything else a text."""
    if text.endswith("% by format"):
        return RawCell(float(text.partition("%")[0]) / 100, is_percent=True)
    try:
        number = float(text)
    except ValueError:
        return text.strip('"') or None
    return int(number) if number == int(number) else number


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def checked(register: Register, told: Iterable[Told]) -> dict[int, FileOutcome]:
    """Checks lines that share their history and day together."""
    found: dict[int, FileOutcome] = {}
    for _, group in groupby(sorted(told, key=lambda t: (repr(t.known), t.came_on)), lambda t: (t.known, t.came_on)):
        same = list(group)
        files = [BatchFile(line.number, "bc.xlsx", "", line.content) for line in same]
        today = datetime.strptime(same[0].came_on, "%d/%m/%Y").date()  # noqa: DTZ007
        outcomes = check_batch(register, files, same[0].known, today=today)
        found |= {line.number: outcome for line, outcome in zip(same, outcomes, strict=True)}
    return found


def assert_told(line: Told, outcome: FileOutcome, *, also: frozenset[str] = frozenset()) -> None:
    """One finding, at its cell and in these words; none where nothing is to be asked."""
    findings = [f for f in outcome.findings if f.severity != "info" and f.rule not in also]
    assert outcome.verdict == ASKED[line.verdict], findings
    assert [(f.cell, f.message[: len(line.begins)]) for f in findings] == (
        [(line.cell, line.begins)] if line.begins else []
    )
    if findings:
        assert line.names in f"{findings[0].expected} {findings[0].fix}"


BODIES = {"iip": "so-cong-thuong", "nha-o-xa-hoi": "so-xay-dung"}


def absence(register: Register, place: int, line: list[str]) -> Told:
    indicator, before, same, quarter, total, note, came_on, verdict, _, cell, begins, names = line
    body = BODIES[indicator]
    told = {"quarter": typed(quarter), "year_to_date": typed(total), "note": note or None}
    content = change_indicator(clean_content(register, body, Q2), indicator, **told)
    known = [known_figure(indicator, body, p, number(v)) for p, v in ((Q1, before), (Q2, same)) if v]
    return Told(place, content, tuple(known), came_on, verdict, cell, begins, names)


def test_absences(register: Register) -> None:
    table = lines("absences.csv")
    told = [absence(register, place, line) for place, line in enumerate(table)]
    outcomes = checked(register, told)
    for line, row in zip(told, table, strict=True):
        outcome = outcomes[line.number]
        assert_told(line, outcome)
        stored = {o.answer for o in outcome.observations if o.indicator == row[0] and o.basis == "year_to_date"}
        assert stored == ({row[8]} if row[8] else set()), row


def task(register: Register, place: int, line: list[str]) -> Told:
    before, state, share, verdict, cell, begins, names = line
    told = {"state": state, "completion": typed(share), "difficulty": "Thiếu vốn" if "Chậm" in state else None}
    content = change_task(clean_content(register, TASK_BODY, Q2), TASK, **told)
    known = []
    if before:
        last_state, _, last_share = before.rpartition(",")
        last = int(last_share) if last_share else None
        known = [known_task(TASK, TASK_BODY, Q1, STATE_BY_TEXT[last_state], last)]
    return Told(place, content, tuple(known), "12/6/2023", verdict, cell, begins, names)


def test_tasks(register: Register) -> None:
    told = [task(register, place, line) for place, line in enumerate(lines("tasks.csv"))]
    outcomes = checked(register, told)
    for line in told:
        assert_told(line, outcomes[line.number])
