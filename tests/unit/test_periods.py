"""Periods of every kind, and plans that are reported by them; plans of several years and their milestones."""

import csv
import pickle
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from status_support import dec, make_indicator

from fixtures.other_plan import PLAN, plan_by
from tiendo.model.period import Period, PeriodKind, periods_of
from tiendo.model.register import Comparator, Register
from tiendo.plan.register import RegisterError, load_register
from tiendo.status.expected import goal_of
from tiendo.status.sentence import remaining_words

MONTH, QUARTER, HALF, TO_DATE, YEAR = PeriodKind


# Code; first and last day, the periods beside it; what people call it, with its year and without; the rest of the year.
PERIODS = """
2023-M01   | 01-01 01-31 2022-M12   2023-M02   | tháng 1 năm 2023       | tháng 1          | trong 11 tháng còn lại
2024-M02   | 02-01 02-29 2024-M01   2024-M03   | tháng 2 năm 2024       | tháng 2          | trong 10 tháng còn lại
2023-M11   | 11-01 11-30 2023-M10   2023-M12   | tháng 11 năm 2023      | tháng 11         | trong tháng còn lại
2023-Q1    | 01-01 03-31 2022-Q4    2023-Q2    | quý I năm 2023         | quý I            | trong 3 quý còn lại
2023-Q3    | 07-01 09-30 2023-Q2    2023-Q4    | quý III năm 2023       | quý III          | trong quý còn lại
2023-H1    | 01-01 06-30 2022-H2    2023-H2    | 6 tháng đầu năm 2023   | 6 tháng đầu năm  | trong 6 tháng còn lại
2023-H2    | 07-01 12-31 2023-H1    2024-H1    | 6 tháng cuối năm 2023  | 6 tháng cuối năm |
2023-YTD09 | 07-01 09-30 2023-YTD06 2023-YTD12 | 9 tháng đầu năm 2023   | 9 tháng đầu năm  | trong 3 tháng còn lại
2023-YTD12 | 10-01 12-31 2023-YTD09 2024-YTD06 | năm 2023               | cả năm           |
2023       | 01-01 12-31 2022       2024       | năm 2023               | cả năm           |
"""


@pytest.mark.parametrize("line", PERIODS.strip().splitlines())
def test_a_period_knows_its_days_neighbours_and_name(line: str) -> None:
    code, days, words, short, remaining = (cell.strip() for cell in line.split("|"))
    period = Period.parse(code)
    known = f"{period.first_day:%m-%d}", f"{period.last_day:%m-%d}", str(period.previous), str(period.following)
    assert [str(period), *known] == [code, *days.split()]
    assert (period.vietnamese, period.short) == (words, short)
    assert period.is_last == (remaining == "")
    assert period.is_last or remaining_words(period) == remaining


@pytest.mark.parametrize("kind", PeriodKind)
def test_a_kind_is_found_by_its_name_and_travels_between_processes(kind: PeriodKind) -> None:
    assert PeriodKind(kind.value) is kind
    assert pickle.loads(pickle.dumps(Period(2025, 1, kind))) == Period(2025, 1, kind)  # noqa: S301


@pytest.mark.parametrize("kind", PeriodKind)
def test_codes_of_a_kind_stand_in_the_order_of_time(kind: PeriodKind) -> None:
    periods = list(periods_of((2023, 2024), kind))
    assert periods == sorted(periods) == [Period.parse(code) for code in sorted(map(str, periods))]


@pytest.mark.parametrize(
    "code", ["2023-M00", "2023-M13", "2023-M4", "2023-Q0", "2023-Q5", "2023-H3", "2023-YTD03", "2023-YTD6", "23-Q1",
             "2023-", "2023-04", "2023Q1", " 2023", "2023-Q1\n", "٢٠٢٣"]
)  # fmt: skip
def test_what_is_no_period_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="must look like 2023-M04"):
        Period.parse(code)


@pytest.mark.parametrize(
    ("code", "nature", "baseline", "expected"),
    [
        # A flow of 1200 a year: 100 a month.
        ("2023-M04", "flow", "-", "400"),
        ("2023-H1", "flow", "-", "600"),
        ("2023-YTD09", "flow", "-", "900"),
        ("2023", "flow", "-", "1200"),
        # From 600 at the year's start to 1200: 50 a month.
        ("2023-M04", "stock", "600", "800"),
        ("2023-YTD06", "stock", "600", "900"),
        # A level without a beginning is held against the whole year's.
        ("2023-M04", "ratio", "-", "1200"),
    ],
)
def test_what_is_asked_goes_by_the_months_that_are_over(code: str, nature: str, baseline: str, expected: str) -> None:
    goal = goal_of(make_indicator(nature, "ge 1200", baseline), Period.parse(code))
    assert goal is not None
    assert goal.sides[0].expected.quantize(Decimal("0.000001")) == dec(expected)


def test_a_monthly_plan_has_twelve_periods_with_their_days(tmp_path: Path) -> None:
    register = load_register(plan_by(MONTH, tmp_path))
    assert [str(entry.period) for entry in register.calendar] == [f"2025-M{month:02d}" for month in range(1, 13)]
    days = {str(entry.period): entry for entry in register.calendar}
    # Data to the month's last day, due on the 20th of the next, closed at the end of the next month.
    assert (days["2025-M02"].cut_off_on, days["2025-M12"].cut_off_on) == (date(2025, 2, 28), date(2025, 12, 31))
    assert [f"{days[p].due_at:%d/%m/%Y}" for p in ("2025-M01", "2025-M12")] == ["21/02/2025", "21/01/2026"]
    assert f"{days['2025-M01'].closing_at:%d/%m/%Y}" == "01/03/2025"
    by_code = register.indicator_by_code
    assert by_code["thu-ngan-sach"].published_in == tuple(range(1, 13))
    assert by_code["ho-duoc-ho-tro"].published_in == (6, 12)


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        (
            "plan.yaml", "periods: month", "periods: week",
            "column periods: must be one of month, quarter, half_year, year_to_date, year, not 'week'",
        ),
        ("plan.yaml", "year: 2025\n", "year: 2025\nlast_year: 2025\n", "must be a whole number from 2026 to"),
        ("plan.yaml", "closing:\n    day: last\n    month: next", "closing:\n    day: 20\n    month: next",
            "is not after submissions are due"),
        (
            "plan.yaml", "thresholds:", "  overrides:\n    2025-Q1: {closing_on: 2025-04-28, reason: thử}\nthresholds:",
            "calendar.overrides.2025-Q1: is no period of the plan, 2025-M01 to 2025-M12",
        ),
        ("indicators.csv", ",all,", ",1;2;13,", "must be numbers of the year's periods in order, 1;2;3"),
        ("indicators.csv", ",all,", ",all;1,", "must be numbers of the year's periods in order"),
    ],
)  # fmt: skip
def test_what_a_plan_by_months_cannot_say(tmp_path: Path, file: str, old: str, new: str, fault: str) -> None:
    plan_dir = plan_by(MONTH, tmp_path)
    text = (plan_dir / file).read_text(encoding="utf-8")
    assert old in text
    (plan_dir / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RegisterError) as caught:
        load_register(plan_dir)
    assert fault in str(caught.value)


HEADING = "indicator,year,target_text,comparator,low,high,decision"


def five_years(folder: Path, *milestones: str, amended: Sequence[dict[str, str]] = ()) -> Path:
    """A plan of 2025 to 2029, reported once a year, with milestones and amendments."""
    plan_dir = plan_by(YEAR, folder)
    file = plan_dir / "plan.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("year: 2025\n", "year: 2025\nlast_year: 2029\n", 1))
    if milestones:
        (plan_dir / "milestones.csv").write_text("\n".join((HEADING, *milestones, "")), encoding="utf-8")
    if amended:
        with (plan_dir / "amendments.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(amended[0]))
            writer.writeheader()
            writer.writerows(amended)
    return plan_dir


def asked(register: Register, code: str) -> dict[str, tuple[str, str, Decimal | None, Decimal | None]]:
    rows = ((period, register.in_force(period).indicator_by_code[code]) for period in register.periods)
    return {str(period): (i.target_text, i.comparator.value, i.low, i.high) for period, i in rows}


def test_each_year_is_graded_by_its_milestone_and_the_last_by_the_plan_s_target(tmp_path: Path) -> None:
    register = load_register(
        five_years(
            tmp_path, "ho-ngheo,2025,< 4,,,,", "ho-ngheo,2026,dưới 3,lt,,3,Hiểu “dưới 3” là nhỏ hơn 3.",
            'ho-ngheo,2028,"< 2,5",,,,',
        )
    )  # fmt: skip
    assert [str(period) for period in register.periods] == ["2025", "2026", "2027", "2028", "2029"]
    assert register.years == range(2025, 2030)
    assert asked(register, "ho-ngheo") == {
        "2025": ("< 4", "lt", None, Decimal(4)),
        "2026": ("dưới 3", "lt", None, Decimal(3)),
        # No milestone: nothing is graded, and nobody guesses.
        "2027": ("", "none", None, None),
        "2028": ("< 2,5", "lt", None, Decimal("2.5")),
        "2029": ("< 2", "lt", None, Decimal(2)),
    }
    # Milestones are the plan's own: no amendment of it.
    assert [register.amendments_of(period) for period in register.periods] == [()] * 5
    assert len({register.in_force(period).version_sha256 for period in register.periods}) == 5


def target_of(year: int, target: str) -> dict[str, str]:
    return {"from_on": f"{year}-07-01", "document": "Nghị quyết 9/NQ-HĐND", "dated_on": f"{year}-06-30",
            "subject": "indicator", "code": "ho-ngheo", "change": "set", "column": "target_text", "value": target,
            "is_illustrative": "no", "decision": ""}  # fmt: skip


def test_an_amended_target_is_of_its_year(tmp_path: Path) -> None:
    milestones = ("ho-ngheo,2025,< 4,,,,", "ho-ngheo,2026,< 3,,,,")
    rows = [target_of(2025, "< 3,5"), target_of(2026, "< 2")]
    register = load_register(five_years(tmp_path, *milestones, amended=rows))
    told = {year: high for year, (_, _, _, high) in asked(register, "ho-ngheo").items()}
    assert told == {"2025": Decimal("3.5"), "2026": Decimal(2), "2027": None, "2028": None, "2029": Decimal(2)}
    # Each tells from which target of its own year, and one may be what the last year asks for.
    assert [(each.before, each.value) for each in register.amendments] == [("< 4", "< 3,5"), ("< 3", "< 2")]
    assert [len(register.amendments_of(period)) for period in register.periods] == [1, 1, 0, 0, 0]


def test_what_else_was_amended_holds_on(tmp_path: Path) -> None:
    named = target_of(2025, "Tỷ lệ hộ nghèo đa chiều") | {"column": "label", "decision": "Gọi như Nghị quyết."}
    merged = named | {"subject": "agency", "code": "thi-tran-song-lam", "change": "merge", "column": "",
                      "value": "xa-son-ha"}  # fmt: skip
    register = load_register(five_years(tmp_path, "ho-ngheo,2026,< 3,,,,", amended=[named, merged]))
    for period in register.periods:
        held = register.in_force(period).indicator_by_code
        assert held["ho-ngheo"].label == "Tỷ lệ hộ nghèo đa chiều"
        assert held["ho-ngheo"].decision.endswith("Gọi như Nghị quyết.")
        assert held["thu-thi-tran-song-lam"].reporters == ("xa-son-ha",)


@pytest.mark.parametrize(
    ("milestone", "fault"),
    [
        ("ho-giau,2025,< 4,,,,", "milestones.csv, row 2, column indicator: 'ho-giau' is no indicator with a target"),
        ("ho-ngheo,2029,< 4,,,,", "row 2, column year: 2029 is none of 2025 to 2028; the target of 2029 stands in"),
        ("ho-ngheo,2024,< 4,,,,", "row 2, column year: 2024 is none of 2025 to 2028"),
        ("ho-ngheo,2025,khoảng 4,,,,", "row 2, column target_text: "),
        ("ho-ngheo,2025,,,,,", "row 2, column target_text: is empty"),
        ("ho-ngheo,2025,dưới bốn,lt,,4,", "row 2, column decision: is empty, though how the milestone is understood"),
        ("ho-ngheo,2025,< 4,ge,4,,Viết rõ.", "milestones.csv, row 2: from 2025-01-01 on, "),
        ('ho-ngheo,2025,"3,5",,,,\nho-giau,2025,1,,,,', "1 faults"),
        ("ho-ngheo,2025,< 4,,,,\nho-ngheo,2025,< 3,,,,", "row 3, column year: stands in row 2 already"),
    ],
)
def test_what_a_milestone_cannot_say(tmp_path: Path, milestone: str, fault: str) -> None:
    with pytest.raises(RegisterError) as caught:
        load_register(five_years(tmp_path, *milestone.split("\n")))
    assert fault in str(caught.value)


def test_a_plan_of_one_year_has_no_milestones(tmp_path: Path) -> None:
    plan_dir = tmp_path / "plan"
    plan_by(QUARTER, plan_dir)
    (plan_dir / PLAN.name / "milestones.csv").write_text(f"{HEADING}\nho-ngheo,2025,< 4,,,,\n", encoding="utf-8")
    with pytest.raises(RegisterError, match=r"the plan is of 2025 alone: last_year in plan\.yaml makes it one"):
        load_register(plan_dir / PLAN.name)


def test_a_plan_of_several_years_without_milestones_is_graded_in_its_last_year(tmp_path: Path) -> None:
    register = load_register(five_years(tmp_path))
    graded = [
        year for year, (_, comparator, *_) in asked(register, "ho-ngheo").items() if comparator != Comparator.NONE
    ]
    assert graded == ["2029"]
