"""A register of the next year: made as a draft, checked, filled in from the new annex, held against the year before."""

import csv
import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from fixtures.annexes import PLAN_TEXT
from fixtures.drafts import edit, fill_in
from fixtures.other_plan import PLAN as OTHER_PLAN
from tiendo.annex.draft import write_draft_rows
from tiendo.annex.reading import read_annex
from tiendo.model.period import Period
from tiendo.plan.known import KnownPlan, read_known
from tiendo.plan.new_plan import NewPlanError, write_new_plan
from tiendo.plan.register import COLUMNS, RegisterError, load_register
from tiendo.plan.tables import TO_FILL, Fault

PLAN_2023 = PLAN_TEXT.parent


@pytest.fixture(scope="module")
def known() -> KnownPlan:
    known = read_known(PLAN_2023, [])
    assert known
    return known


@pytest.fixture
def draft(known: KnownPlan, tmp_path: Path) -> Path:
    write_new_plan(known, 2024, tmp_path / "2024")
    return tmp_path / "2024"


@pytest.fixture
def filled(known: KnownPlan, draft: Path, tmp_path: Path) -> Path:
    """The draft as a person leaves it: rows from the annex of 2024, hints confirmed, body targets set."""
    fill_in(known, draft, tmp_path)
    return draft


def cells_of(plan_dir: Path, file: str, key: str, value: str) -> dict[str, str]:
    with (plan_dir / file).open(encoding="utf-8", newline="") as rows:
        return next(cells for cells in csv.DictReader(rows) if cells[key] == value)


def faults_of(plan_dir: Path, *, against: Path | None = None) -> list[Fault]:
    with pytest.raises(RegisterError) as error:
        load_register(plan_dir, against=against)
    return list(error.value.faults)


# The draft -----------------------------------------------------------------------------------------------------------


def test_targets_are_emptied_and_what_a_code_means_is_kept(draft: Path) -> None:
    old, new = (cells_of(plan, "indicators.csv", "code", "thu-hut-fdi") for plan in (PLAN_2023, draft))
    kept = ("code", "name", "label", "unit", "direction", "nature", "reporters", "published_in", "tolerance")
    assert [new[column] for column in kept] == [old[column] for column in kept]
    assert (new["target_text"], new["comparator"], new["low"], new["high"]) == (TO_FILL, TO_FILL, "", "")
    stock = cells_of(draft, "indicators.csv", "code", "doanh-nghiep-dang-hoat-dong")
    assert (stock["baseline"], stock["baseline_on"], stock["baseline_source"]) == ("", "", "")


def test_no_figure_of_the_old_target_is_left_unmarked(draft: Path) -> None:
    with (draft / "indicators.csv").open(encoding="utf-8", newline="") as file:
        for cells in csv.DictReader(file):
            assert cells["low"] == cells["high"] == cells["baseline"] == ""
            assert all(not cells[column] or cells[column].startswith(TO_FILL) for column in ("decision", "body_quote"))
    with (draft / "tasks.csv").open(encoding="utf-8", newline="") as file:
        for cells in csv.DictReader(file):
            assert cells["title"].startswith(TO_FILL)
            assert "2023" not in cells["due_on"]


# A text of the plan of 2023, and whether a person must look at it for 2024.
TEXTS = {
    "cuối năm học 2022-2023 báo cáo ở quý II, đầu năm học 2023-2024 báo cáo ở quý IV": True,
    "Năm học 2022 - 2023": True,
    "năm học 2023/2024": True,
    "Số liệu năm 2022, công bố tháng 6/2023": True,
    "đến ngày 09/04/2023": True,
    "từ ngày 01/05/2024": True,
    "theo Kế hoạch số 282/KH-UBND": True,
    "Quy hoạch 2021-2030, tầm nhìn 2050": False,
    "Luật số 65/2020/QH14": False,
    "12023 hộ": False,
    "xã 202": False,
    "": False,
}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    ("file", "column"),
    [("indicators.csv", "publication_note"), ("indicators.csv", "label"), ("agencies.csv", "decision"),
     ("agencies.csv", "variants"), ("units.csv", "label"), ("tasks.csv", "coordinating_text")],
)  # fmt: skip
def test_what_names_the_old_year_is_marked(known: KnownPlan, tmp_path: Path, file: str, column: str, text: str) -> None:
    first = known.rows[file][0]
    changed = replace(known, rows=known.rows | {file: [first | {column: text}, *known.rows[file][1:]]})
    write_new_plan(changed, 2024, tmp_path / "2024")
    with (tmp_path / "2024" / file).open(encoding="utf-8", newline="") as rows:
        assert next(csv.DictReader(rows))[column] == (f"{TO_FILL} {text}" if TEXTS[text] else text)


def test_no_text_of_the_draft_names_the_old_year_unmarked(draft: Path) -> None:
    for file in ("indicators.csv", "agencies.csv", "units.csv", "tasks.csv"):
        with (draft / file).open(encoding="utf-8", newline="") as rows:
            for cells in csv.DictReader(rows):
                left = [c for c, text in cells.items() if "2022" in text or "2023" in text if TO_FILL not in text]
                assert not left, (file, cells)
    lines = (draft / "plan.yaml").read_text(encoding="utf-8").splitlines()
    told = [line.partition(" #")[0] for line in lines if not line.lstrip().startswith("#")]
    left = [line for line in told if ("2023" in line or "2022" in line) and TO_FILL not in line]
    assert left == ["continues: 282-kh-ubnd-2023"]


def test_codes_keep_a_number_that_is_a_year(known: KnownPlan, tmp_path: Path) -> None:
    first = known.indicators[0] | {"code": "von-2023"}
    changed = replace(known, rows=known.rows | {"indicators.csv": [first, *known.indicators[1:]]})
    write_new_plan(changed, 2024, tmp_path / "2024")
    assert cells_of(tmp_path / "2024", "indicators.csv", "row_order", "1")["code"] == "von-2023"


@pytest.mark.parametrize("tasks", [None, "", "heading"])
def test_a_plan_without_tasks_has_a_draft_without_tasks(tmp_path: Path, tasks: str | None) -> None:
    old = tmp_path / OTHER_PLAN.name
    shutil.copytree(OTHER_PLAN, old)
    if tasks is not None:
        (old / "tasks.csv").write_text(",".join(COLUMNS["tasks.csv"]) + "\n" if tasks else "", encoding="utf-8")
    other = read_known(old, [])
    assert other
    write_new_plan(other, 2026, tmp_path / "2026")
    assert (tmp_path / "2026" / "tasks.csv").exists() == (tasks == "heading")
    assert all(fault.is_open for fault in faults_of(tmp_path / "2026"))
    assert "    month: next\n" in (tmp_path / "2026" / "plan.yaml").read_text(encoding="utf-8")


def test_tasks_that_are_lost_are_missed(tmp_path: Path) -> None:
    plan = tmp_path / "plan"
    shutil.copytree(PLAN_2023, plan)
    (plan / "tasks.csv").write_text(",".join(COLUMNS["tasks.csv"]) + "\n", encoding="utf-8")
    assert [(fault.file, fault.what) for fault in faults_of(plan)] == [("tasks.csv", "has no rows")]


def test_a_body_that_owes_a_report_has_something_to_report(tmp_path: Path) -> None:
    plan = tmp_path / "plan"
    shutil.copytree(OTHER_PLAN, plan)
    with (plan / "agencies.csv").open("a", encoding="utf-8") as file:
        file.write("9,xa-moi,Ủy ban nhân dân xã Mới,Xã Mới,commune,yes,xã Mới,,,,\n")
    (fault,) = faults_of(plan)
    assert (fault.file, fault.row, fault.column) == ("agencies.csv", 10, "is_obliged")
    assert "xa-moi owes a report, but reports no indicator and leads no task" in fault.what


def test_calendar_moves_by_rule_and_february_has_its_last_day(draft: Path) -> None:
    text = (draft / "plan.yaml").read_text(encoding="utf-8")
    assert "year: 2024\n" in text
    assert "continues: 282-kh-ubnd-2023\n" in text
    assert 'rule_version: "2024.1"' in text
    assert "due_on: 2024-02-29\n" in text
    assert cells_of(draft, "tasks.csv", "ref", "III.3")["due_on"] == "2024-02-29"
    assert "before_day: 15 # until the 14th, 24:00" in text  # the rule and its comment
    assert not [line for line in text.splitlines() if "/KH-UBND" in line and TO_FILL not in line]


def test_overrides_of_the_old_year_are_dropped(known: KnownPlan, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(PLAN_2023, old)
    plan = old / "plan.yaml"
    override = "overrides:\n    2023-Q1: {publish_at: 2023-03-13 16:30, reason: thử}\n"
    plan.write_text(plan.read_text(encoding="utf-8").replace("overrides: {}\n", override), encoding="utf-8")
    assert load_register(old)
    changed = read_known(old, [])
    assert changed
    write_new_plan(changed, 2024, tmp_path / "new")
    assert not [fault for fault in faults_of(tmp_path / "new") if not fault.is_open]


def test_changes_and_exchanged_days_of_the_old_year_are_not_carried_over(tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(PLAN_2023, old)
    plan = old / "plan.yaml"
    more = """  changes:
    - {from: 2023-07-01, document: "Công văn số 1/UBND-TH", due_before_day: 20}
  exchanged_days:
    - {free: 2023-01-02, worked: 2023-01-07, source: "thông báo"}
thresholds:
"""
    text = plan.read_text(encoding="utf-8")
    for key in ("changes", "exchanged_days"):
        text = text.replace(f"  {key}: []\n", "")
    plan.write_text(text.replace("thresholds:\n", more), encoding="utf-8")
    changed = read_known(old, [])
    assert changed
    write_new_plan(changed, 2024, tmp_path / "new")
    calendar = yaml.safe_load((tmp_path / "new" / "plan.yaml").read_text(encoding="utf-8"))["calendar"]
    assert calendar["changes"].startswith(TO_FILL)
    assert calendar["exchanged_days"] == []
    assert {fault.column for fault in faults_of(tmp_path / "new") if "changes" in fault.column} == {"calendar.changes"}


def test_unknown_columns_and_keys_are_copied(tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(PLAN_2023, old)
    agencies = old / "agencies.csv"
    lines = agencies.read_text(encoding="utf-8").splitlines()
    agencies.write_text("\n".join([f"{lines[0]},mail", *(f"{line},a@b.vn" for line in lines[1:])]), encoding="utf-8")
    edit(old / "tasks.csv", lambda cells: None)
    plan = old / "plan.yaml"
    plan.write_text(plan.read_text(encoding="utf-8") + "mail:\n  sender: x@y.vn\n", encoding="utf-8")
    changed = read_known(old, [])
    assert changed
    write_new_plan(changed, 2024, tmp_path / "new")
    assert cells_of(tmp_path / "new", "agencies.csv", "code", "so-y-te")["mail"] == "a@b.vn"
    assert (tmp_path / "new" / "plan.yaml").read_text(encoding="utf-8").endswith("mail:\n  sender: x@y.vn\n")


def test_draft_is_told_to_be_one_place_by_place(draft: Path) -> None:
    with pytest.raises(RegisterError) as error:
        load_register(draft)
    assert all(fault.is_open for fault in error.value.faults)
    message = str(error.value)
    assert "a draft; " in message
    assert "faults in the register" not in message
    assert "  plan.yaml, line 4: code\n" in message
    assert "  indicators.csv, column target_text: rows 2-16, 18-43\n" in message


def test_fault_in_a_draft_is_told_beside_what_is_open(draft: Path) -> None:
    edit(
        draft / "indicators.csv",
        lambda cells: cells.update(nature="age" if cells["code"] == "tfp" else cells["nature"]),
    )
    faults = [fault for fault in faults_of(draft) if not fault.is_open]
    assert [(fault.file, fault.row, fault.column) for fault in faults] == [("indicators.csv", 10, "nature")]


def test_draft_without_year_or_calendar_is_only_open(draft: Path) -> None:
    plan = draft / "plan.yaml"
    text = plan.read_text(encoding="utf-8").replace("year: 2024", 'year: "???"').replace("day: 25", 'day: "???"')
    plan.write_text(text.replace("continues: 282-kh-ubnd-2023", 'continues: "???"'), encoding="utf-8")
    faults = faults_of(draft)
    assert all(fault.is_open for fault in faults)
    assert {"year", "continues", "calendar.closing.day"} <= {fault.column for fault in faults}


@pytest.mark.parametrize("year", [2022, 2023])
def test_year_must_be_later(known: KnownPlan, tmp_path: Path, year: int) -> None:
    with pytest.raises(NewPlanError, match=f"a new plan is of a later year, not {year}"):
        write_new_plan(known, year, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_nothing_is_overwritten(known: KnownPlan, draft: Path) -> None:
    (draft / "plan.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(NewPlanError, match="nothing is overwritten"):
        write_new_plan(known, 2024, draft)
    assert (draft / "plan.yaml").read_text(encoding="utf-8") == "mine"
    assert [path.name for path in draft.parent.iterdir()] == ["2024"]


def test_draft_is_not_made_from_a_draft(draft: Path, tmp_path: Path) -> None:
    unfinished = read_known(draft, [])
    assert unfinished
    with pytest.raises(NewPlanError, match="is a draft itself"):
        write_new_plan(unfinished, 2025, tmp_path / "2025")


# Filled in -----------------------------------------------------------------------------------------------------------


def test_filled_in_draft_is_a_sound_register(filled: Path) -> None:
    register = load_register(filled)
    assert (register.code, register.year, len(register.indicators)) == ("300-kh-ubnd-2024", 2024, 42)
    fdi = register.indicator_by_code["thu-hut-fdi"]
    assert (fdi.target_text, fdi.low, fdi.nature) == ("2.000", Decimal(2000), "flow")
    exports = register.indicator_by_code["tang-xuat-khau"]
    assert (exports.target_text, exports.comparator, exports.low) == ("> 7,5", "gt", Decimal("7.5"))
    assert exports.reporters == ("cuc-thong-ke", "so-cong-thuong")  # precedence as decided the year before
    first = register.calendar_by_period[Period(2024, 1)]
    assert (first.cut_off_on, first.due_at.date()) == (date(2024, 3, 14), date(2024, 3, 15))


def test_imported_rows_leave_open_only_what_the_annex_does_not_say(known: KnownPlan, tmp_path: Path) -> None:
    path = write_draft_rows(read_annex(PLAN_TEXT, known), known, tmp_path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    band = next(cells for cells in rows if cells["code"] == "chi-can-doi-ngan-sach")
    assert (band["comparator"], band["low"], band["high"]) == ("between", TO_FILL, TO_FILL)
    sex_ratio = next(cells for cells in rows if cells["code"] == "ty-so-gioi-tinh-khi-sinh")
    assert (sex_ratio["comparator"], sex_ratio["low"], sex_ratio["high"]) == ("between", "103", "107")
    assert [cells["target_text"] for cells in rows if cells["row_kind"] == "body_target"] == [TO_FILL] * 8
    with pytest.raises(FileExistsError, match="nothing is overwritten"):
        write_draft_rows(read_annex(PLAN_TEXT, known), known, tmp_path)


def test_new_and_changed_rows_are_marked_for_a_person(known: KnownPlan, tmp_path: Path) -> None:
    annex = tmp_path / "annex.txt"
    text = PLAN_TEXT.read_text(encoding="utf-8").replace("\nTriệu\nUSD\n", "\nTỷ USD\n")
    annex.write_text(text.replace("\nTuổi thọ trung bình\n", "\nTuổi thọ khỏe mạnh\n"), encoding="utf-8")
    path = write_draft_rows(read_annex(annex, known), known, tmp_path)
    fdi = cells_of(path.parent, "indicators.csv", "code", "thu-hut-fdi")
    assert (fdi["unit"], fdi["unit_as_printed"]) == (f"{TO_FILL} million_usd", "Tỷ USD")
    new = cells_of(path.parent, "indicators.csv", "name", "Tuổi thọ khỏe mạnh")
    assert (new["code"], new["unit"], new["low"]) == (f"{TO_FILL} tuoi-tho-khoe-manh", "year_of_life", "76.6")
    assert new["nature"] == new["direction"] == TO_FILL
    assert new["reporters"] == "so-y-te"


# Units from year to year ---------------------------------------------------------------------------------------------


def test_changed_unit_is_refused_with_file_row_and_reason(filled: Path) -> None:
    edit(
        filled / "indicators.csv",
        lambda cells: cells.update(unit="billion_vnd" if cells["code"] == "thu-hut-fdi" else cells["unit"]),
    )
    (fault,) = faults_of(filled)
    assert (fault.file, fault.row, fault.column) == ("indicators.csv", 3, "unit")
    assert (
        "thu-hut-fdi is in billion_vnd, in 282-kh-ubnd-2023 it was in million_usd; a code keeps its unit" in fault.what
    )


def test_other_unit_in_print_is_refused(filled: Path) -> None:
    edit(
        filled / "indicators.csv",
        lambda cells: cells.update(
            unit_as_printed="Tỷ đồng" if cells["code"] == "thu-hut-fdi" else cells["unit_as_printed"]
        ),
    )
    (fault,) = faults_of(filled)
    assert (fault.row, fault.column) == (3, "unit_as_printed")
    assert "'Tỷ đồng' is billion_vnd, while thu-hut-fdi is in million_usd" in fault.what


def test_unit_redefined_under_its_old_code_is_refused(filled: Path) -> None:
    edit(
        filled / "units.csv",
        lambda cells: cells.update(label="Tỷ USD" if cells["code"] == "million_usd" else cells["label"]),
    )
    faults = [fault for fault in faults_of(filled) if fault.file == "units.csv"]
    assert [(fault.row, fault.column) for fault in faults] == [(5, "label")]
    assert "'Tỷ USD' was 'Triệu USD' in 282-kh-ubnd-2023" in faults[0].what


def test_new_code_may_have_any_unit(filled: Path) -> None:
    edit(
        filled / "indicators.csv",
        lambda cells: cells.update(
            (("code", "thu-hut-fdi-ty-dong"), ("unit", "billion_vnd")) if cells["code"] == "thu-hut-fdi" else ()
        ),
    )
    faults = faults_of(filled)  # its past years are of the old code, in the old unit
    assert {(fault.file, fault.column) for fault in faults} == {("past_figures.csv", "indicator")}
    past = filled / "past_figures.csv"
    lines = past.read_text(encoding="utf-8").splitlines(keepends=True)
    past.write_text("".join(line for line in lines if "thu-hut-fdi" not in line), encoding="utf-8")
    register = load_register(filled)
    assert register.indicator_by_code["thu-hut-fdi-ty-dong"]
    assert register.indicator_by_code["thu-ngan-sach"].profile  # known from the year before the old plan's


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("continues: 282-kh-ubnd-2023", "continues: 281-kh-ubnd", "'281-kh-ubnd' is no plan that can be found"),
        ("year: 2024", "year: 2023", "282-kh-ubnd-2023 is of 2023, which is not before 2023"),
    ],
)
def test_plan_it_continues_must_be_there_and_earlier(filled: Path, old: str, new: str, what: str) -> None:
    plan = filled / "plan.yaml"
    plan.write_text(plan.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    found = [fault for fault in faults_of(filled) if fault.column == "continues"]
    assert [(fault.file, fault.row, fault.what) for fault in found] == [("plan.yaml", 2, what)]


def test_any_plan_can_be_held_against_another(filled: Path, tmp_path: Path) -> None:
    plan = filled / "plan.yaml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("continues: 282-kh-ubnd-2023\n", ""), encoding="utf-8")
    assert load_register(filled)
    other = tmp_path / "other"
    shutil.copytree(PLAN_2023, other)
    edit(other / "indicators.csv", lambda cells: cells.update(unit="rank" if cells["code"] == "tfp" else cells["unit"]))
    (fault,) = faults_of(filled, against=other)
    assert (fault.file, fault.row, fault.column) == ("indicators.csv", 10, "unit")
    (other / "units.csv").unlink()
    (fault,) = faults_of(filled, against=other)
    assert "cannot be read: units.csv: cannot be read: No such file" in fault.what
