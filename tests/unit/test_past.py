"""Figures of past years and the seasonal profiles that follow: hand arithmetic, and every kind of fault."""

import csv
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tiendo.model.period import PeriodKind
from tiendo.plan.new_plan import table_text
from tiendo.plan.past import COLUMNS, FILE, PastFigure, shares_of
from tiendo.plan.register import RegisterError, load_register
from tiendo.settings import INCLUDE

PLAN_DIR = INCLUDE / "plans" / "282-kh-ubnd-2023"


def figure(year: int, quarter: int, value: str, *, is_approximate: bool = False) -> PastFigure:
    return PastFigure("chi-tieu", year, quarter, Decimal(value), is_approximate, f"nguồn {year}-{quarter}")


def test_the_share_is_the_mean_over_the_past_years() -> None:
    figures = [
        *(figure(2021, q, value) for q, value in enumerate(("10", "40", "70", "100"), start=1)),
        *(figure(2022, q, value) for q, value in enumerate(("60", "120", "160", "200"), start=1)),
    ]
    found = shares_of(figures, PeriodKind.QUARTER)
    assert found is not None
    shares, basis = found
    # (10/100 + 60/200) / 2, (0.4 + 0.6) / 2, (0.7 + 0.8) / 2
    assert shares == (Decimal("0.2"), Decimal("0.5"), Decimal("0.75"), Decimal(1))
    assert [[past.year for past in quarter] for quarter in basis] == [[2021, 2022]] * 3 + [[]]
    assert (basis[0][1].source, basis[0][1].year_source) == ("nguồn 2022-1", "nguồn 2022-4")


def test_what_no_past_year_knows_stays_even() -> None:
    found = shares_of([figure(2022, 2, "1"), figure(2022, 4, "3")], PeriodKind.QUARTER)
    assert found is not None
    assert found[0] == (Decimal("0.25"), Decimal("0.333333"), Decimal("0.75"), Decimal(1))
    assert [len(quarter) for quarter in found[1]] == [0, 1, 0, 0]


@pytest.mark.parametrize(
    "figures",
    [
        [],
        [figure(2022, 4, "100")],  # a year alone says nothing of its quarters
        [figure(2022, 2, "50")],  # nor a quarter of the year
        [figure(2022, 2, "50", is_approximate=True), figure(2022, 4, "100")],
        [figure(2022, 2, "50"), figure(2022, 4, "100", is_approximate=True)],
        [figure(2021, 2, "50"), figure(2022, 4, "100")],
        [figure(2022, 2, "0"), figure(2022, 4, "0")],
    ],
)
def test_nothing_is_made_of_less(figures: list[PastFigure]) -> None:
    assert shares_of(figures, PeriodKind.QUARTER) is None


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a copy of the real plan with these figures of past years, given as lines of the file."""

    def write(*lines: str) -> Path:
        folder = tmp_path / "plan"
        shutil.copytree(PLAN_DIR, folder)
        text = "\n".join([",".join(COLUMNS), *lines]) + "\n"
        (folder / FILE).write_text(text, encoding="utf-8")
        return folder

    return write


REVENUE = "thu-ngan-sach,2022,3,48500,no,48.5 trillion,https://example.vn,2022-09-29,"


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([REVENUE.replace("thu-ngan-sach", "khong-co")], "row 2, column indicator: 'khong-co' is no indicator"),
        ([REVENUE.replace("thu-ngan-sach", "iip")], "row 2, column indicator: iip is no flow"),
        ([REVENUE.replace("2022,", "2023,", 1)], "row 2, column year: 2023 is not before the plan's year 2023"),
        ([REVENUE.replace(",3,", ",5,")], "row 2, column quarter: must be a number from 1 to 4"),
        ([REVENUE.replace("48500", "48.500,5")], f"{FILE}, row 2: has 10 cells, the heading 9"),
        ([REVENUE.replace("48500", "")], "row 2, column value: is empty"),
        ([REVENUE.replace("48500", "-1")], "row 2, column value: is negative"),
        ([REVENUE.replace(",no,", ",about,")], "row 2, column is_approximate: must be yes or no"),
        ([REVENUE.replace("https://example.vn", "")], "row 2, column source: is empty"),
        ([REVENUE.replace("48.5 trillion", "")], "row 2, column as_printed: is empty"),
        ([REVENUE, REVENUE.replace("48500", "48600")], "row 3, column quarter: stands in row 2 already"),
        ([REVENUE, REVENUE.replace(",3,48500", ",4,48000")], "row 3, column value: 48000 is below 48500"),
        (
            [REVENUE, REVENUE.replace(",3,48500", ",4,100000")],
            "row 2, column value: shares of thu-ngan-sach do not rise: 0.25;0.5;0.485000;1",
        ),
    ],
)
def test_every_fault_is_told_with_its_place(write: Callable[..., Path], lines: list[str], fault: str) -> None:
    with pytest.raises(RegisterError) as error:
        load_register(write(*lines))
    assert fault in str(error.value)


def test_a_profile_is_decided_or_computed_not_both(write: Callable[..., Path]) -> None:
    folder = write(REVENUE, REVENUE.replace(",3,48500", ",4,61940"))
    path = folder / "indicators.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        if row["code"] == "thu-ngan-sach":
            row["profile"] = "0.2;0.4;0.7;1"
    path.write_text(table_text(list(rows[0]), rows), encoding="utf-8")
    with pytest.raises(RegisterError, match=r"row 6, column profile: is decided here, while past_figures\.csv gives"):
        load_register(folder)


def test_a_plan_without_past_years_is_sound_and_even(tmp_path: Path) -> None:
    shutil.copytree(PLAN_DIR, tmp_path / "plan")
    (tmp_path / "plan" / FILE).unlink()
    register = load_register(tmp_path / "plan")
    assert {indicator.profile for indicator in register.indicators} == {None}
    assert register.sha256 != load_register(PLAN_DIR).sha256


def test_the_profiles_of_the_plan() -> None:
    register = load_register(PLAN_DIR)
    profiles = {i.code: [str(share) for share in i.profile] for i in register.indicators if i.profile}
    assert profiles == {
        "thu-ngan-sach": ["0.25", "0.5", "0.783016", "1"],  # 48.500 / 61.940
        "doanh-nghiep-thanh-lap-moi": ["0.25", "0.530714", "0.75", "1"],  # 3.309 / 6.235
        "von-dang-ky-moi": ["0.25", "0.530100", "0.75", "1"],  # 21.257 / 40.100
    }  # of FDI three of four figures are rounded to two digits: kept, not used
