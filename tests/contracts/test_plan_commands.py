"""The commands for a register: import an annex, make the next year's draft, check it, and run a year on it."""

import shutil
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import URL

from fixtures.annexes import PLAN_TEXT, excel_annex, golden_rows, word_annex
from fixtures.command import Command
from fixtures.drafts import fill_in
from fixtures.layouts import as_excel, as_word, read_layout
from fixtures.workbooks import filled_workbook
from tiendo.clock import HANOI
from tiendo.model.period import Period
from tiendo.plan.known import read_known
from tiendo.plan.register import load_register
from tiendo.settings import PROJECT

PLAN_2023 = PLAN_TEXT.parent


@pytest.fixture
def tiendo(home: Path, database_url: URL) -> Command:
    return Command(home, database_url, datetime(2024, 3, 13, 12, tzinfo=HANOI))


def test_import_prints_the_same_rows_from_every_format(tiendo: Command, tmp_path: Path) -> None:
    word, excel = tmp_path / "a.docx", tmp_path / "a.xlsx"
    word.write_bytes(word_annex(golden_rows()))
    excel.write_bytes(excel_annex(golden_rows()))
    rows = tiendo.json("plan", "import", PLAN_TEXT)
    assert len(rows) == 34
    assert set(rows[0]) >= {
        *("printed_no", "row_kind", "section_no", "name_vi", "unit_as_printed", "target_as_printed", "comparator"),
        *("target_low", "target_high", "agencies", "deduced"),
    }
    assert rows[3]["agencies"] == ["Sở Công Thương", "Cục Thống kê"]
    assert rows[3]["deduced"] == ["agencies"]
    for path in (word, excel):
        others = tiendo.json("plan", "import", path)
        assert [row | {"place": ""} for row in others] == [row | {"place": ""} for row in rows]


def test_import_for_a_person_and_as_a_draft(tiendo: Command, tmp_path: Path) -> None:
    shown = tiendo("plan", "import", PLAN_TEXT, "--out", tmp_path / "rows")
    assert "34 rows: 33 indicators, 32 of them with a target." in shown
    assert (tmp_path / "rows" / "indicators.csv").exists()
    tiendo("plan", "import", PLAN_TEXT, "--out", tmp_path / "rows", code=1)
    assert "nothing is overwritten" in tiendo.error


def test_import_refuses_with_file_and_reason(tiendo: Command, tmp_path: Path) -> None:
    bad = tmp_path / "hong.docx"
    bad.write_bytes(word_annex(golden_rows())[:4000])
    assert tiendo("plan", "import", bad, "--json", code=1) == ""
    assert tiendo.error.startswith("hong.docx: is broken")
    tiendo("plan", "import", PROJECT / "README.md", code=1)
    assert tiendo.error.startswith("README.md: no table of targets")
    tiendo("plan", "import", tmp_path / "khong-co", code=2)
    tiendo("plan", "import", PLAN_TEXT, "--plan", "khong-co", code=2)


def test_import_of_a_file_whose_columns_a_person_knows(tiendo: Command, tmp_path: Path) -> None:
    book, words = tmp_path / "bieu.xlsx", tmp_path / "lo-trinh.docx"
    book.write_bytes(as_excel(read_layout("nam_truoc")))
    rows = tiendo.json("plan", "import", book)
    assert [row["target_low"] for row in rows] == [72000, 2500]
    columns = "number=1,name=2,unit=3,target=4,agency=7"
    rows = tiendo.json("plan", "import", book, "--sheet", "Biểu 1", "--heading-row", 1, "--columns", columns)
    assert [row["target_as_printed"] for row in rows] == ["64.100", "1.800"]
    tiendo("plan", "import", book, "--columns", "target=x", code=2)
    assert "is not NAME=PLACE" in tiendo.error
    tiendo("plan", "import", book, "--heading-row", 0, code=2)
    words.write_bytes(as_word(read_layout("lo_trinh")))
    tiendo("plan", "import", words, code=1)
    assert "targets of 2025, 2026, 2030 stand side by side: choose with --year" in tiendo.error
    rows = tiendo.json("plan", "import", words, "--table", 1, "--year", 2026)
    assert [(row["comparator"], row["coordinating"]) for row in rows] == [("lt", "Cục Thống kê"), ("eq", "")]


def test_new_year_from_draft_to_a_report_that_is_accepted(tiendo: Command, tmp_path: Path) -> None:
    draft = tmp_path / "2024"
    assert str(draft) in tiendo("plan", "new", 2024, "--from", "282-kh-ubnd-2023", "--out", draft)
    tiendo("plan", "new", 2024, "--from", "282-kh-ubnd-2023", "--out", draft, code=1)
    assert "nothing is overwritten" in tiendo.error
    tiendo("plan", "check", draft, code=1)
    assert "a draft; " in tiendo.error
    assert "plan.yaml, line 9: issued_on" in tiendo.error
    tiendo.environment["TIENDO_PLAN"] = str(draft)
    tiendo("template", "--period", "2024-Q1", "--out", tmp_path / "books", code=1)
    assert "a draft; " in tiendo.error  # a draft never runs

    known = read_known(PLAN_2023, [])
    assert known
    fill_in(known, draft, tmp_path)
    assert "300-kh-ubnd-2024: 41 indicators" in tiendo("plan", "check")
    assert "No fault found" in tiendo("plan", "check", draft, "--against", "282-kh-ubnd-2023")

    # The warehouse has the year before already; the new year comes beside it.
    register = load_register(draft)
    assert len(tiendo("template", "--period", "2024-Q1", "--out", tmp_path / "books").splitlines()) == 30
    book = tmp_path / "inbox" / "so-y-te" / "bao-cao.xlsx"
    book.parent.mkdir(parents=True)
    book.write_bytes(filled_workbook(register, "so-y-te", Period(2024, 1)))
    checked = tiendo.json("check", book)
    assert (checked["verdict"], checked["period"]) == ("accepted", "2024-Q1"), checked["findings"]
    assert tiendo.json("ingest", book.parent.parent)["states"] == {"accepted": 1}
    rows = {row["indicator_code"]: row for row in tiendo.json("status", "--period", "2024-Q1")}
    assert rows["thu-hut-fdi"]["target_text"] == "2.000"
    assert rows["tu-vong-duoi-5-tuoi"]["value"] is not None
    tracker = {row["agency_code"]: row for row in tiendo.json("tracker", "--period", "2024-Q1")}
    assert tracker["so-y-te"]["is_on_time"]
    assert date.fromisoformat(tracker["so-y-te"]["due_at"][:10]) == date(2024, 3, 15)


def test_changed_unit_is_refused_with_file_row_and_reason(tiendo: Command, tmp_path: Path) -> None:
    plan = tmp_path / "plan"
    shutil.copytree(PLAN_2023, plan)
    table = plan / "indicators.csv"
    table.write_text(
        table.read_text(encoding="utf-8").replace('%,percent,"43,0"', '‰,per_mille,"43,0"'), encoding="utf-8"
    )
    yaml = plan / "plan.yaml"
    yaml.write_text(yaml.read_text(encoding="utf-8").replace("year: 2023", "year: 2024"), encoding="utf-8")
    assert tiendo("plan", "check", plan, "--against", "282-kh-ubnd-2023", code=1) == ""
    assert (
        "indicators.csv, row 10, column unit: tfp is in per_mille, in 282-kh-ubnd-2023 it was in percent"
        in tiendo.error
    )


def test_what_the_warehouse_would_refuse_is_told_before(tiendo: Command, tmp_path: Path) -> None:
    plan = tmp_path / "plan"
    shutil.copytree(PLAN_2023, plan)
    yaml = plan / "plan.yaml"
    yaml.write_text(yaml.read_text(encoding="utf-8").replace("before_day: 15", "before_day: 16"), encoding="utf-8")
    assert "No fault found" not in tiendo("plan", "check", plan, code=1)
    assert "plan.yaml moves days of the calendar that have passed" in tiendo.error
    assert "2023-Q1, due_at: 2023-03-15T00:00:00+07:00 is past" in tiendo.error


@pytest.mark.parametrize(
    "arguments", [("check", "khong-co"), ("new", "2024", "--from", "khong-co"), ("new", "mười", "--from", "x")]
)
def test_wrong_usage_is_exit_2(tiendo: Command, arguments: tuple[str, ...]) -> None:
    assert tiendo("plan", *arguments, code=2) == ""
