"""The commands where several plans are in hand: which one is meant, and that what lists all tells of each line's."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
import typer
from openpyxl import Workbook
from openpyxl.cell import MergedCell
from sqlalchemy import URL, Engine

from fixtures.command import Command
from fixtures.foreign import zipped
from fixtures.other_plan import PLAN as OTHER_PROVINCE
from fixtures.other_plan import plan_by
from fixtures.side_by_side import plan_beside
from fixtures.submissions import FIRST_ROW
from fixtures.workbooks import filled_workbook, nameless, put
from tiendo.cli import common
from tiendo.clock import HANOI, set_replay_clock
from tiendo.model.period import Period, PeriodKind
from tiendo.model.plans import Plans
from tiendo.model.register import Register
from tiendo.plan.register import load_register
from tiendo.reading.columns import INDICATORS
from tiendo.warehouse import audit
from tiendo.warehouse.engine import loader

OLD, NEW, BESIDE = "282-kh-ubnd-2023", "300-kh-ubnd-2024", "310-kh-ubnd-2024"
BODY = "so-tai-chinh"


@pytest.fixture(scope="module")
def new_plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plan_beside(tmp_path_factory.mktemp("plans"), NEW, 2024)


@pytest.fixture(scope="module")
def new(new_plan: Path) -> Register:
    return load_register(new_plan)


@pytest.fixture
def tiendo(home: Path, database_url: URL, new_plan: Path) -> Command:
    command = Command(home, database_url)
    command.environment["TIENDO_PLAN"] = f"{OLD},{new_plan}"
    return command


def report(folder: Path, register: Register, period: Period, revenue: str, edit: Callable[..., object] = bool) -> Path:
    """A report of the body, in its inbox below a folder."""
    path = folder / BODY / f"{register.code}.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        filled_workbook(
            register,
            BODY,
            period,
            lambda workbook: (
                *(put(workbook, INDICATORS, "thu-ngan-sach", name, revenue) for name in ("year_to_date", "quarter")),
                edit(workbook),
            ),
        )
    )
    return path


def without_a_name(workbook: Workbook) -> None:
    """Takes out of a workbook what it says of its body and its plan."""
    nameless(workbook)
    for sheet in workbook.worksheets:
        for row in sheet.iter_rows(max_row=FIRST_ROW - 2):
            for cell in row:
                if not isinstance(cell, MergedCell) and "282/KH-UBND" in str(cell.value):
                    cell.value = None


def a_year_later(tiendo: Command) -> None:
    set_replay_clock(tiendo.home / "clock", datetime(2024, 3, 13, 12, tzinfo=HANOI))


@pytest.fixture
def both_years(tiendo: Command, register: Register, new: Register, tmp_path: Path) -> Command:
    """A report under each plan, and a file of the new year that nobody can read."""
    tiendo("ingest", report(tmp_path / "a", register, Period(2023, 1), "17.300").parents[1])
    a_year_later(tiendo)
    inbox = report(tmp_path / "b", new, Period(2024, 1), "18.900").parents[1]
    (inbox / "so-y-te").mkdir()
    (inbox / "so-y-te" / "hong.xlsx").write_bytes(b"khong doc duoc")
    assert tiendo.json("ingest", inbox)["states"] == {"accepted": 1, "quarantined": 1}
    return tiendo


@pytest.fixture
def three(register: Register, new: Register, tmp_path: Path) -> Plans:
    """Two of the plans have the periods of 2024."""
    return Plans((register, new, load_register(plan_beside(tmp_path, BESIDE, 2024))))


NAMES = f"the plans in hand are {OLD}, {NEW}, {BESIDE}"


@pytest.mark.parametrize(
    ("code", "period", "meant"),
    [
        (NEW, None, NEW),
        (BESIDE, Period(2024, 1), BESIDE),
        (OLD, Period(2024, 1), OLD),  # which has no such period: the command says so
        ("", Period(2023, 1), OLD),
        ("", "2023-Q4", OLD),
        ("", "2023", OLD),
        ("", Period(2024, 1), NAMES),
        ("", "2024", NAMES),
        ("", Period(2031, 1), f"no plan in hand has 2031-Q1; they have 2023-Q1 to 2023-Q4 ({OLD}), 2024-Q1 to"),
        ("", None, NAMES),
        ("45-kh-ubnd-2025", Period(2023, 1), f"'45-kh-ubnd-2025' is not in hand (TIENDO_PLAN); there are {OLD}, {NEW}"),
    ],
)
def test_which_plan_is_meant(
    three: Plans, monkeypatch: pytest.MonkeyPatch, code: str, period: Period | str | None, meant: str
) -> None:
    monkeypatch.setattr(common, "open_plans", lambda: three)
    if meant in three.by_code:
        assert common.chosen_plan(code, period).code == meant
        return
    with pytest.raises(typer.BadParameter, match=re.escape(meant)) as refused:
        common.chosen_plan(code, period)
    assert refused.value.param_hint == ("--period" if period == Period(2031, 1) else "--plan")


def test_a_year_is_of_the_plan_that_reports_by_it(
    three: Plans, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    yearly = load_register(plan_by(PeriodKind.YEAR, tmp_path / "yearly"))
    monkeypatch.setattr(common, "open_plans", lambda: Plans((*three.plans, yearly)))
    assert common.chosen_plan("", Period(2025, 1, PeriodKind.YEAR)) is yearly


@pytest.mark.parametrize("period", [None, "2023", Period(2023, 1), Period(2031, 1)])
def test_the_only_plan_in_hand_is_meant_whatever_the_period(
    register: Register, monkeypatch: pytest.MonkeyPatch, period: Period | str | None
) -> None:
    monkeypatch.setattr(common, "open_plans", lambda: Plans((register,)))
    assert common.chosen_plan("", period) is register
    with pytest.raises(typer.BadParameter, match="not in hand"):
        common.chosen_plan(NEW, period)


@pytest.mark.parametrize(
    "arguments",
    [
        ("card",),
        ("tracker", "--obligation", "implementation-plan"),
        ("extension", "list"),
        ("reminders", "list"),
        ("plan", "past-figures"),
        ("obligation", "receive", "--agency", BODY, "--file", __file__),
        ("status", "--period", "2031-Q1"),
    ],
)
def test_what_does_not_say_its_plan_is_wrong_usage(tiendo: Command, arguments: tuple[str, ...]) -> None:
    assert tiendo(*arguments, code=2) == ""
    assert ("--period" if "2031-Q1" in arguments else "--plan") in tiendo.error
    assert OLD in tiendo.error
    assert NEW in tiendo.error


def test_each_plan_has_its_own_rows(both_years: Command) -> None:
    tiendo = both_years
    for code, period, revenue in ((OLD, "2023-Q1", 17300), (NEW, "2024-Q1", 18900)):
        for option in ((), ("--plan", code)):
            rows = {row["indicator_code"]: row for row in tiendo.json("status", "--period", period, *option)}
            assert rows["thu-ngan-sach"]["value"] == Decimal(revenue)
            found = tiendo.json("explain", "thu-ngan-sach", "--period", period, *option)
            assert (found["value"], found["file"]) == (Decimal(revenue), f"{code}.xlsx")
            states = {row["agency_code"]: row["state"] for row in tiendo.json("tracker", "--period", period, *option)}
            assert (states[BODY], len(states)) == ("accepted", 30)
        (card,) = tiendo.json("card", BODY, "--plan", code)
        assert card["received_count"] == 1
        assert f", register {code} " in tiendo("status", "--period", period)
    tiendo("status", "--period", "2023-Q1", "--plan", NEW, code=2)
    assert "the plan has no period 2023-Q1; it has 2024-Q1" in " ".join(tiendo.error.replace("│", " ").split())
    assert [line.split()[-2] for line in tiendo("--version").splitlines()] == [OLD, NEW]


def test_a_letter_and_what_is_due_are_of_the_plan_of_their_period(tiendo: Command) -> None:
    a_year_later(tiendo)
    entry = ("--agency", "so-y-te", "--letter", "512/UBND-TH", "--dated", "2024-03-09", "--period", "2024-Q1")
    tiendo("extension", "grant", *entry, "--until", "2024-03-20")
    assert [row["period"] for row in tiendo.json("extension", "list", "--plan", NEW)] == ["2024-Q1"]
    assert tiendo.json("extension", "list", "--plan", OLD) == []
    assert {row["period"] for row in tiendo.json("reminders", "due", "--period", "2024-Q1")} == {"2024-Q1"}
    tiendo("template", "--period", "2024-Q2", "--agency", "so-y-te", "--out", tiendo.home / "bieu-mau")
    tiendo("template", "--period", "2024-Q2", "--plan", OLD, "--out", tiendo.home / "bieu-mau", code=2)


def test_what_lists_all_plans_tells_of_each_line_its_own(both_years: Command, engine: Engine) -> None:
    tiendo = both_years
    files = tiendo.json("ledger")["files"]
    assert [(file["name"], file["plan"]) for file in files[:2]] == [(f"{code}.xlsx", code) for code in (OLD, NEW)]
    told = tiendo("ledger").splitlines()
    assert all(file["plan"] in line for file, line in zip(files, told, strict=False))
    (held,) = tiendo.json("quarantine", "list")
    assert held["plan"] == files[2]["plan"]
    assert f"so-y-te  {held['plan']}  hong.xlsx" in tiendo("quarantine", "list")
    with loader(engine) as connection:
        for act, details in (("requeue", {"receipt": files[1]["receipt_no"]}), ("approve", {"plan": OLD})):
            audit.record(connection, act=act, subject="TN-000002", reason="thử", details=details, done_by="An")
    assert [row["plan"] for row in tiendo.json("audit")] == [NEW, OLD]
    assert f"An  {NEW}  requeue TN-000002" in tiendo("audit")
    # With one plan in hand nothing more is printed than ever.
    tiendo.environment["TIENDO_PLAN"] = OLD
    assert OLD not in tiendo("ledger").replace(f"{OLD}.xlsx", "")
    assert "An  requeue TN-000002" in tiendo("audit")


def test_settled_files_of_a_period_are_looked_at_by_their_plan(both_years: Command) -> None:
    for code, period in ((OLD, "2023-Q1"), (NEW, "2024-Q1")):
        document = both_years.json("requeue", "--period", period, "--plan", code)
        assert document["files"] >= 1
        assert document == both_years.json("requeue", "--period", period)
    both_years("requeue", "TN-000001", "--plan", OLD, code=2)


def test_a_file_is_checked_by_its_own_plan(tiendo: Command, register: Register, tmp_path: Path) -> None:
    """Two plans of one year: the marker tells; without it and without the name of the plan nothing does."""
    twin = plan_beside(tmp_path, "300-kh-ubnd-2023", 2023)
    tiendo.environment["TIENDO_PLAN"] = f"{OLD},{twin}"
    files = [report(tmp_path / "a", each, Period(2023, 1), "17.300") for each in (register, load_register(twin))]
    results = tiendo.json("check", *reversed(files))
    assert [(result["plan"], result["verdict"]) for result in results] == [
        ("300-kh-ubnd-2023", "accepted"), (OLD, "accepted"),
    ]  # fmt: skip
    assert "Kế hoạch: 300-kh-ubnd-2023   Đơn vị: so-tai-chinh   Kỳ: 2023-Q1" in tiendo("check", files[1])
    refused = tiendo.json("check", files[1], "--plan", OLD, code=1)
    assert (refused["plan"], refused["verdict"]) == (OLD, "rejected")
    unmarked = report(tmp_path / "b", register, Period(2023, 1), "17.300", without_a_name)
    asked = tiendo.json("check", unmarked, "--period", "2023-Q1", code=1)
    assert asked["plan"] is None
    assert "Kế hoạch: chưa rõ" in tiendo("check", unmarked, "--period", "2023-Q1", code=1)
    told = tiendo.json("check", unmarked, "--period", "2023-Q1", "--plan", OLD)
    assert (told["plan"], told["verdict"]) == (OLD, "accepted_with_warnings")
    packed = tmp_path / "b" / BODY / "goi.zip"
    packed.write_bytes(zipped({"a.xlsx": files[1].read_bytes()}))
    told = tiendo.json("check", packed, "--period", "2023-Q1")
    assert (told["plan"], told["verdict"]) == ("300-kh-ubnd-2023", "accepted")


def test_all_plans_in_hand_are_checked_and_held_against_each_other(tiendo: Command, new_plan: Path) -> None:
    told = tiendo("plan", "check").splitlines()
    assert [line.partition(":")[0] for line in told if line.endswith("No fault found.")] == [OLD, NEW]
    tiendo("plan", "check", "--against", OLD, code=2)

    clash = f"agencies.csv, row 4, column code: 'so-y-te' is a body of {OLD} (Ủy ban nhân dân tỉnh Bình Dương), too"
    # Of a plan that is not in hand it is told only.
    told = tiendo("plan", "check", OTHER_PROVINCE).splitlines()
    assert told[0].endswith("No fault found.")
    assert f"It cannot be in hand beside {OLD}:" in told
    assert any(clash in line for line in told)
    assert "beside" not in tiendo("plan", "check", NEW if (tiendo.home / "plans").exists() else new_plan)

    tiendo.environment["TIENDO_PLAN"] = f"{OLD},{OTHER_PROVINCE},{new_plan}"
    told = tiendo("plan", "check", code=1).splitlines()
    assert [line.partition(":")[0] for line in told if line.endswith("No fault found.")] == [OLD]
    assert tiendo.error.count(clash) == 1
    assert tiendo.error.count("'so-y-te' is a body of 45-kh-ubnd-2025") == 1, "the third against both before it"
    assert clash in tiendo("plan", "check", OTHER_PROVINCE, code=1)
    tiendo("status", "--period", "2023-Q1", code=1)
    assert clash in tiendo.error


def test_a_new_year_begins_from_the_latest_plan(tiendo: Command, new_plan: Path, tmp_path: Path) -> None:
    tiendo("plan", "new", 2025, "--out", tmp_path / "2025")
    assert f"continues: {NEW}" in (tmp_path / "2025" / "plan.yaml").read_text(encoding="utf-8")
    tiendo.environment["TIENDO_PLAN"] = f"{OLD},{new_plan},{plan_beside(tmp_path, BESIDE, 2024)}"
    tiendo("plan", "new", 2026, "--out", tmp_path / "2026", code=2)
    assert NEW in tiendo.error
    assert BESIDE in tiendo.error
    assert "--from" in tiendo.error
