"""The tables of rows: what a body types, what it told before, and what it is told; by the real rules."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine

from fixtures.submissions import (
    FIRST_ROW,
    change_indicator,
    change_task,
    clean_content,
    correction_row,
    known_figure,
    known_task,
)
from fixtures.workbooks import Edit, filled_workbook, put, put_correction
from tiendo import clock
from tiendo.clock import HANOI
from tiendo.model.content import RawCell, WorkbookContent
from tiendo.model.outcome import FileOutcome
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.process.ingest import ingest_paths
from tiendo.reading.columns import INDICATORS, TASKS
from tiendo.settings import Settings
from tiendo.validation.cells import read_state
from tiendo.validation.check import BatchFile, check_batch
from tiendo.validation.facts import Known
from tiendo.warehouse.engine import loader, reader

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


def assert_told(line: Told, outcome: FileOutcome, *, infos: bool = False) -> None:
    """One finding, at its cell and in these words; none where nothing is to be asked."""
    findings = [f for f in outcome.findings if infos or f.severity != "info"]
    assert outcome.verdict == ASKED[line.verdict], findings
    assert [(f.cell, f.message[: len(line.begins)]) for f in findings] == (
        [(line.cell, line.begins)] if line.begins else []
    )
    if findings:
        assert line.names in f"{findings[0].expected} {findings[0].fix}"


def told_of(
    register: Register, name: str, build: Callable[[Register, int, list[str]], Told]
) -> Iterator[tuple[Told, list[str], FileOutcome]]:
    """The rows of a table with what came of each; those of all are checked together."""
    table = lines(name)
    told = [build(register, place, row) for place, row in enumerate(table)]
    outcomes = checked(register, told)
    for line, row in zip(told, table, strict=True):
        yield line, row, outcomes[line.number]


BODIES = {"iip": "so-cong-thuong", "nha-o-xa-hoi": "so-xay-dung"}


def absence(register: Register, place: int, line: list[str]) -> Told:
    indicator, before, same, quarter, total, note, came_on, verdict, _, cell, begins, names = line
    body = BODIES[indicator]
    told = {"quarter": typed(quarter), "year_to_date": typed(total), "note": note or None}
    content = change_indicator(clean_content(register, body, Q2), indicator, **told)
    known = [known_figure(indicator, body, p, number(v)) for p, v in ((Q1, before), (Q2, same)) if v]
    return Told(place, content, tuple(known), came_on, verdict, cell, begins, names)


def test_absences(register: Register) -> None:
    for line, row, outcome in told_of(register, "absences.csv", absence):
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
        known = [known_task(TASK, TASK_BODY, Q1, read_state(RawCell(last_state)) or "", last)]
    return Told(place, content, tuple(known), "12/6/2023", verdict, cell, begins, names)


def test_tasks(register: Register) -> None:
    for line, _, outcome in told_of(register, "tasks.csv", task):
        assert_told(line, outcome)


CORRECTORS = {"iip": "so-cong-thuong"}


def figures_of(text: str, indicator: str, body: str) -> Iterator[Known]:
    """The figures of ``Q1: 437, 437; Q2: 530.3, 967.3``, the quarter's and the cumulative one of each quarter."""
    for part in filter(None, text.split("; ")):
        period, values = part.split(": ")
        for basis, value in zip(("quarter", "year_to_date"), values.split(","), strict=True):
            if value.strip():
                yield known_figure(indicator, body, f"2023-{period}", Decimal(value.strip()), basis)


def correction(register: Register, place: int, line: list[str]) -> Told:
    file, known, period, code, name, quarter, total, old, reason, verdict, _, cell, begins, names = line
    indicator = code if code in register.indicator_by_code else "thu-hut-fdi"
    body = CORRECTORS.get(indicator, "so-ke-hoach-va-dau-tu")
    told = {
        "period": period, "code": code or None, "name": name or None, "quarter": typed(quarter),
        "year_to_date": typed(total), "old": typed(old), "reason": reason, "kind": "Thực hiện",
    }  # fmt: skip
    content = clean_content(register, body, f"2023-{file}")
    # The file's own figure of it is not the subject, and goes with what is known before.
    own = {"quarter": None, "year_to_date": "Chưa có số liệu, dự kiến 31/12/2023"}
    content = change_indicator(content, indicator, **own)
    content = content._replace(correction_rows=(correction_row(FIRST_ROW, **told),))
    came_on = {"Q2": "12/6/2023", "Q3": "12/9/2023"}[file]
    return Told(place, content, tuple(figures_of(known, indicator, body)), came_on, verdict, cell, begins, names)


def test_corrections(register: Register) -> None:
    for line, row, outcome in told_of(register, "corrections.csv", correction):
        assert_told(line, outcome, infos=True)
        stored = {
            o.basis: f"{o.value:f}" if o.value is not None else o.answer
            for o in outcome.observations
            if o.is_correction
        }
        assert ", ".join(stored.get(b, "") for b in ("quarter", "year_to_date")) == (row[10] or ", "), row


def test_a_file_that_corrects_two_quarters_is_held_against_itself(register: Register) -> None:
    """The second quarter rests on the first as the same file tells it, in whichever order the rows stand."""
    known = tuple(figures_of("Q1: 437, 437; Q2: 530.3, 967.3", "thu-hut-fdi", "so-ke-hoach-va-dau-tu"))
    content = clean_content(register, "so-ke-hoach-va-dau-tu", "2023-Q3")
    content = change_indicator(content, "thu-hut-fdi", quarter=410, year_to_date=1350)
    rows = [
        correction_row(FIRST_ROW, period="Quý II/2023", code="thu-hut-fdi", quarter=520),
        correction_row(FIRST_ROW + 1, period="Quý I/2023", code="thu-hut-fdi", quarter=420),
    ]
    file = BatchFile(0, "bc.xlsx", "", content._replace(correction_rows=tuple(rows)))
    (outcome,) = check_batch(register, [file], known, today=date(2023, 9, 12))
    assert {finding.rule for finding in outcome.findings} == {"correction-taken"}
    stored = {(o.period, o.basis): o.value for o in outcome.observations if o.is_correction}
    assert stored == {
        ("2023-Q1", "quarter"): 420,
        ("2023-Q1", "year_to_date"): 420,
        ("2023-Q2", "quarter"): 520,
        ("2023-Q2", "year_to_date"): 940,
    }


def test_the_figure_of_the_file_is_held_against_the_quarter_it_corrects(register: Register) -> None:
    known = tuple(figures_of("Q1: 437, 437", "thu-hut-fdi", "so-ke-hoach-va-dau-tu"))
    content = clean_content(register, "so-ke-hoach-va-dau-tu", "2023-Q2")
    content = change_indicator(content, "thu-hut-fdi", quarter=20, year_to_date=457)
    row = correction_row(FIRST_ROW, period="Quý I/2023", code="thu-hut-fdi", quarter=480, year_to_date=480)
    file = BatchFile(0, "bc.xlsx", "", content._replace(correction_rows=(row,)))
    (outcome,) = check_batch(register, [file], known, today=date(2023, 6, 12))
    (finding,) = outcome.findings
    assert (finding.rule, finding.expected) == ("cumulative-not-falling", "Không nhỏ hơn 480 (quý I năm 2023)")


@pytest.fixture
def send(
    settings: Settings, register: Register, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[str]]:
    """Sends a body's workbook of a quarter through the batch path and returns the rules it broke."""
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(tmp_path / "clock"))

    def send_one(body: str, period: Period, day: datetime, edit: Edit) -> list[str]:
        clock.set_replay_clock(tmp_path / "clock", day)
        path = tmp_path / "sent" / body / f"{period} {day:%d}.xlsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(filled_workbook(register, body, period, edit))
        ingest_paths(settings, register, lambda: engine, [path])
        with loader(engine) as connection:
            last = "select rule from intake.finding where file_id = (select max(file_id) from intake.submission_file)"
            return list(connection.exec_driver_sql(last).scalars())

    return send_one


def progress(completion: int) -> Edit:
    return lambda book: put(book, TASKS, TASK, "completion", completion)


def test_what_a_body_told_of_its_tasks_is_known_from_the_warehouse(send: Callable[..., list[str]]) -> None:
    march, june = datetime(2023, 3, 13, 9, tzinfo=HANOI), datetime(2023, 6, 12, 9, tzinfo=HANOI)
    assert send(TASK_BODY, Period(2023, 1), march, progress(50)) == []
    assert send(TASK_BODY, Period(2023, 1), march + timedelta(hours=1), progress(25)) == []
    assert send(TASK_BODY, Period(2023, 2), june, progress(30)) == [], "of two versions the newer counts"
    assert send(TASK_BODY, Period(2023, 2), june + timedelta(hours=1), progress(20)) == ["completion-not-falling"]


def test_kinds_of_absence_and_a_figure_taken_are_kept_apart_in_the_warehouse(
    send: Callable[..., list[str]], engine: Engine
) -> None:
    def absent(book: Any) -> None:
        put(book, INDICATORS, "tang-xuat-khau", "year_to_date", "KPS")
        put(book, INDICATORS, "tang-nhap-khau", "year_to_date", "Không áp dụng")
        put(book, INDICATORS, "iip", "year_to_date", "Chưa có số liệu, dự kiến 20/3/2023")

    assert send("so-cong-thuong", Period(2023, 1), datetime(2023, 3, 13, 9, tzinfo=HANOI), absent) == []
    body, june = "so-ke-hoach-va-dau-tu", datetime(2023, 6, 12, 9, tzinfo=HANOI)
    correct: Edit = lambda book: put_correction(book, "thu-hut-fdi", period="Quý I/2023", quarter=420)  # noqa: E731
    assert send(body, Period(2023, 1), datetime(2023, 3, 13, 10, tzinfo=HANOI), lambda _: None) == []
    assert "correction-taken" in send(body, Period(2023, 2), june, correct)
    with reader(engine) as connection:
        rows = connection.exec_driver_sql(
            "select indicator_code, basis, answer, value, note, cell from mart.observation_history "
            "where is_current and period = '2023-Q1' and (answer <> 'value' or is_correction) order by 1, 2"
        ).all()
    assert [tuple(row) for row in rows] == [
        ("iip", "year_to_date", "not_available", None, "", "G9"),
        ("tang-nhap-khau", "year_to_date", "not_applicable", None, "", "G8"),
        ("tang-xuat-khau", "year_to_date", "no_occurrence", None, "", "G7"),
        ("thu-hut-fdi", "quarter", "value", 420, "", "F7"),
        ("thu-hut-fdi", "year_to_date", "value", 420, "Số lũy kế được tính từ ô F7", "F7"),
    ]
