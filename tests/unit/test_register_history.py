"""Registers kept by their hash: what was graded, owed and printed stays so, whatever is amended afterwards."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from report_warehouse import figure, grade, migrated_template, send  # noqa: F401 - a fixture
from sqlalchemy import Engine, text

from fixtures.amended import amended, amendment
from tiendo import clock
from tiendo.clock import HANOI
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.plan import kept
from tiendo.plan.kept import PastError, kept_register, register_at
from tiendo.report import edition as edition_module
from tiendo.report.build import build
from tiendo.report.edition import draft, publish, rebuild
from tiendo.report.folders import adopt_folders
from tiendo.report.gather import gather
from tiendo.settings import Settings
from tiendo.status.effects import effects
from tiendo.status.service import initialise, refresh
from tiendo.warehouse.engine import loader

pytestmark = pytest.mark.slow

Q1, Q2, Q3 = (Period(2023, quarter) for quarter in (1, 2, 3))
KHDT, KHCN, TTTT = "so-ke-hoach-va-dau-tu", "so-khoa-hoc-va-cong-nghe", "so-thong-tin-va-truyen-thong"
RAISED = amendment("2023-06-01", "indicator", "thu-hut-fdi", "set", "target_text", "2.000", dated_on="2023-05-30")
MERGED = amendment("2023-07-01", "agency", KHCN, "merge", "", TTTT)


def at(month: int, day: int, hour: int = 16) -> datetime:
    return datetime(2023, month, day, hour, tzinfo=HANOI)


def test_every_column_of_what_is_stored_says_what_the_register_says(engine: Engine, register: Register) -> None:
    """A value that a statement does not find under its column's name would be NULL, and nobody the wiser."""

    def stored(columns: str, table: str) -> list[tuple[object, ...]]:
        with loader(engine) as connection:
            query = text(f"select {columns} from core.{table} where plan_code = :plan order by row_order")
            return [tuple(row) for row in connection.execute(query, {"plan": register.code})]

    assert stored(
        "indicator_code, row_order, row_kind, section_no, section_title, printed_no, name, label, unit_code, unit, "
        "target_text, comparator, target_low, target_high, direction, nature, decision, published_in",
        "indicator",
    ) == [
        (
            i.code, i.row_order, i.row_kind, i.section_no, i.section_title, i.printed_no, i.name, i.label,
            i.unit.code if i.unit else None, i.unit.label if i.unit else "", i.target_text, i.comparator, i.low, i.high,
            i.direction, i.nature, i.decision, [*i.published_in],
        )
        for i in register.indicators
    ]  # fmt: skip
    assert stored("task_ref, row_order, section_ref, section_title, title, is_collective, due_on", "task") == [
        (t.ref, t.row_order, t.section_ref, t.section_title, t.title, t.is_collective, t.due_on) for t in register.tasks
    ]
    assert stored("agency_code, name, short_name, kind, is_obliged, row_order", "agency") == [
        (a.code, a.name, a.short_name, a.kind, a.is_obliged, a.row_order) for a in register.agencies
    ]
    with loader(engine) as connection:
        calendar = connection.execute(
            text(
                "select cut_off_on, due_at, publish_at, closing_at from core.period where plan_code = :plan order by 1"
            ),
            {"plan": register.code},
        )
        assert [tuple(row) for row in calendar] == [
            (entry.cut_off_on, entry.due_at, entry.publish_at, entry.closing_at) for entry in register.calendar
        ]


@pytest.fixture
def now(tmp_path, monkeypatch):
    path = tmp_path / "clock"
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(path))
    monkeypatch.setattr(edition_module, "build", lambda data, **_: build(data, with_pdf=False))

    def turn(*day: int) -> None:
        clock.set_replay_clock(path, at(*day))

    turn(3, 14)
    return turn


@pytest.fixture
def published(engine, register, settings, now):
    """The first quarter, 437 of 1.800 triệu USD, published on the 14th of March."""
    send(engine, register, KHDT, Q1, at(3, 10), [figure("thu-hut-fdi", "437")])
    grade(engine, register, Q1)
    drafted = draft(engine, register, settings, Q1)
    publish(
        engine, register, settings, Q1, edition=1, data_sha256=drafted["data_sha256"], approved_by="Nguyễn Thị Hòa",
        as_of=datetime.fromisoformat(drafted["as_of"]), approved_at=at(3, 14, 17),
    )  # fmt: skip
    return drafted


def verdicts(engine, period: Period, instant: datetime | str = "infinity") -> dict[str, tuple]:
    with engine.connect() as connection:
        rows = connection.execute(
            text("select * from mart.indicator_status_at(:instant) where period = :period"),
            {"instant": instant, "period": str(period)},
        )
        return {row.indicator_code: (row.target_text, row.target_low, row.expected_value, row.status) for row in rows}


def history(engine) -> int:
    with engine.connect() as connection:
        return connection.exec_driver_sql("select count(*) from core.indicator_status").scalar()


@pytest.mark.usefixtures("published")
def test_a_raised_target_leaves_the_published_quarter_as_it_is(engine, register, settings, now, tmp_path) -> None:
    now(6, 1)
    raised = amended(tmp_path, RAISED)
    before = verdicts(engine, Q1), history(engine)
    initialise(engine, raised)
    initialise(engine, raised)
    assert verdicts(engine, Q1) == before[0]
    now(6, 14)
    send(engine, raised, KHDT, Q2, at(6, 10), [figure("thu-hut-fdi", "900", period=Q2)])
    for period in (Q1, Q2):
        refresh(engine, raised, period)
    assert verdicts(engine, Q1)["thu-hut-fdi"] == ("1.800", 1800, 450, "on_track")
    assert verdicts(engine, Q2)["thu-hut-fdi"] == ("2.000", 2000, 1000, "at_risk")
    assert verdicts(engine, Q2, at(5, 31))["thu-hut-fdi"][:2] == ("1.800", 1800)
    built = rebuild(engine, raised, Q1, 1)
    assert (built.is_as_published, built.reasons) == (True, ())
    assert draft(engine, raised, settings, Q1)["is_changed"] is False


@pytest.mark.usefixtures("published")
def test_the_report_of_its_period_names_an_amendment_and_no_other_does(engine, register, now, tmp_path) -> None:
    raised = amended(tmp_path, RAISED)
    initialise(engine, raised)
    now(9, 14)
    for period in (Q1, Q2, Q3):
        refresh(engine, raised, period)
    said = {}
    with loader(engine) as connection:
        for period in (Q1, Q2, Q3):
            data = gather(connection, raised, period, edition=2, as_of=clock.now())
            said[period] = [line.text for line in data.amendments]
            page = build(data, with_pdf=False)["bao-cao.html"].decode()
            assert ("Điều chỉnh Kế hoạch có hiệu lực trong kỳ" in page) == (period == Q2)
    sentence = "Chỉ tiêu “Thu hút vốn đầu tư trực tiếp nước ngoài”: mục tiêu năm điều chỉnh từ “1.800” thành “2.000”"
    assert said == {Q1: [], Q2: [sentence], Q3: []}
    fdi = next(line for line in data.graded if line.code == "thu-hut-fdi")
    assert fdi.expected_path == (Decimal(450), Decimal(1000), Decimal(1500), Decimal(2000))


def test_what_is_amended_for_a_closed_period_needs_its_document(engine, register, now, tmp_path) -> None:
    initialise(engine, register)
    now(4, 1)
    early = RAISED.replace("2023-06-01", "2023-03-01")
    target = "1.800,ge,1800,,higher_better,evident,flow,so-ke-hoach-va-dau-tu"
    for name, rows, edits in (
        ("undocumented", [early.replace("Nghị quyết số 15/NQ-HĐND", "")], {}),
        ("edited", [], {"indicators.csv": (target, target.replace("1.800,ge,1800", "2.000,ge,2000"))}),
    ):
        with pytest.raises(PastError, match=r"2023-Q1, indicator thu-hut-fdi$"):
            initialise(engine, amended(tmp_path / name, *rows, edits=edits))
    assert verdicts(engine, Q1)["thu-hut-fdi"][:2] == ("1.800", 1800)
    # The words of a closed period may be mended, and a quarter to come be graded by any target.
    initialise(engine, amended(tmp_path / "worded", edits={"indicators.csv": ("“1.800” là một nghìn", "“1.800” là 1")}))
    initialise(engine, amended(tmp_path / "documented", early))
    assert verdicts(engine, Q1)["thu-hut-fdi"][:2] == ("2.000", 2000)
    assert verdicts(engine, Q1, at(3, 31))["thu-hut-fdi"][:2] == ("1.800", 1800)


@pytest.mark.parametrize(("old", "new"), [("2.000", "3.000"), ("Nghị quyết số 15/NQ-HĐND", ""), ("số 15", "số 99")])
def test_a_row_that_was_in_force_for_a_closed_period_stays(
    engine: Engine, now: Callable[..., None], tmp_path: Path, old: str, new: str
) -> None:
    early = RAISED.replace("2023-06-01", "2023-03-01")
    initialise(engine, amended(tmp_path / "a", early))
    now(4, 1)
    told = "2023-Q1, indicator thu-hut-fdi set target_text from 2023-03-01 on is no longer in amendments.csv as it was"
    with pytest.raises(PastError, match=told):
        initialise(engine, amended(tmp_path / "b", early.replace(old, new)))
    further = amendment("2023-03-02", "indicator", "thu-hut-fdi", "set", "target_text", "3.000")
    initialise(engine, amended(tmp_path / "c", early, further))
    assert verdicts(engine, Q1)["thu-hut-fdi"][:2] == ("3.000", 3000)


def test_a_register_is_had_again_by_its_hash(engine, register, now, tmp_path) -> None:
    raised = amended(tmp_path, RAISED)
    now(4, 1)
    initialise(engine, raised)
    with loader(engine) as connection:
        assert kept_register(connection, register.sha256) == register
        assert kept_register(connection, raised.sha256) == raised
        assert kept_register(connection, "0" * 64) is None
        held = {p: register_at(connection, raised, p, clock.now()).register.sha256 for p in (Q1, Q2)}
        before = register_at(connection, raised, Q2, at(3, 1)).register.sha256
    assert held == {Q1: register.sha256, Q2: raised.sha256}
    assert before == register.sha256


@pytest.mark.usefixtures("published")
def test_what_an_amendment_would_change_is_told_before_it_is_stored(engine, register, now, tmp_path) -> None:
    now(6, 14)
    send(engine, register, KHDT, Q2, at(6, 10), [figure("thu-hut-fdi", "900", period=Q2)])
    refresh(engine, register, Q2)
    count = history(engine)
    withdrawn = amendment("2023-09-01", "indicator", "tfp", "withdraw")
    with loader(engine) as connection:
        found = [
            (str(p), code, old, new) for p, code, old, new in effects(connection, amended(tmp_path, RAISED, withdrawn))
        ]
        assert list(effects(connection, register)) == []
    assert found == [
        ("2023-Q2", "thu-hut-fdi", "on_track", "at_risk"),
        ("2023-Q3", "tfp", "not_yet_published", ""),
        ("2023-Q4", "tfp", "not_yet_published", ""),
    ]
    assert history(engine) == count


def test_an_indicator_that_was_withdrawn_is_gone_from_then_on(engine, register, now, tmp_path) -> None:
    now(7, 1)
    gone = amended(tmp_path / "gone", amendment("2023-07-01", "indicator", "tfp", "withdraw"))
    initialise(engine, gone)
    assert ["tfp" in verdicts(engine, period) for period in (Q1, Q2, Q3)] == [True, True, False]
    assert "tfp" in verdicts(engine, Q3, at(6, 30))
    count = history(engine)
    refresh(engine, gone, Q3)
    assert history(engine) == count
    now(7, 2)
    initialise(engine, amended(tmp_path / "back", amendment("2023-07-01", "task", "II.1.a", "set", "title", "Khác")))
    assert "tfp" in verdicts(engine, Q3)


def tracked(engine, period: Period, instant: datetime | str = "infinity") -> dict[str, int]:
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "select agency_code, owed_count from mart.submission_tracker_at(:instant, '282-kh-ubnd-2023', "
                "'quarterly_report', :period)"
            ),
            {"instant": instant, "period": str(period)},
        )
        return {row.agency_code: row.owed_count for row in rows}


def test_who_took_over_owes_the_quarters_to_come(engine, register, now, tmp_path) -> None:
    initialise(engine, register)
    before = tracked(engine, Q3)
    now(6, 20)
    initialise(engine, amended(tmp_path, MERGED))
    # Collective tasks are led by everybody, so by the heir once.
    collective = sum(task.is_collective for task in register.tasks)
    after = tracked(engine, Q3)
    assert before.keys() - after.keys() == {KHCN}
    assert after[TTTT] == before[TTTT] + before[KHCN] - collective
    assert tracked(engine, Q2) == tracked(engine, Q2, at(6, 1))
    assert tracked(engine, Q3, at(6, 1)) == before


@pytest.mark.parametrize("steps", range(6))
def test_editions_of_before_are_put_under_their_plan_wherever_it_is_cut_short(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    old = {"2023-Q1/1": "282-kh-ubnd-2023", "2023-Q1/2": "282-kh-ubnd-2023", "2022-Q4/3": "100-kh-ubnd-2022"}
    for name, plan in old.items():
        folder = settings.published / name
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(f'{{"plan": "{plan}"}}')
        (folder / "bao-cao.html").write_text(name)
    (settings.published / "2023-Q1" / "tam").mkdir()
    left = iter([None] * steps)

    def step(act: Callable[..., object]) -> Callable[..., object]:
        def cut(*arguments: object, **more: object) -> object:
            if next(left, StopIteration) is StopIteration:
                raise InterruptedError
            return act(*arguments, **more)

        return cut

    with monkeypatch.context() as patch:
        for name in ("symlink_to", "rename", "replace"):
            patch.setattr(Path, name, step(getattr(Path, name)))
        with suppress(InterruptedError):
            adopt_folders(settings)
    adopt_folders(settings)
    adopt_folders(settings)
    for name, plan in old.items():
        assert (settings.published / plan / name / "bao-cao.html").read_text() == name
        assert not (settings.published / plan / name).is_symlink()
        assert (settings.published / name / "bao-cao.html").read_text() == name
    assert not list(settings.published.rglob("*.link"))
    assert (settings.published / "2023-Q1" / "tam").is_dir()


def test_days_of_quarters_are_written_as_releases_wrote_them_that_knew_no_others(register: Register) -> None:
    entry, following = register.calendar[:2]
    written = (
        f"PeriodCalendar(period=Period(year=2023, quarter=1), cut_off_on={entry.cut_off_on!r}, due_at={entry.due_at!r},"
        f" publish_at={entry.publish_at!r}, closing_at={entry.closing_at!r})\n{following.due_at}"
    )
    assert kept._days(register, "2023-Q1") == hashlib.sha256(written.encode()).hexdigest()
