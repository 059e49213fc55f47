"""A plan of 2025 to 2029 that is reported once a year, each year against its milestone: from file to report."""

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import URL

from fixtures.other_plan import database_of, plan_by
from fixtures.pipeline import Pipeline
from fixtures.workbooks import filled_workbook
from tiendo.model.period import Period, PeriodKind
from tiendo.model.register import Register
from tiendo.plan.register import load_register
from tiendo.report.gather import gather
from tiendo.report.headline import next_steps
from tiendo.settings import Settings
from tiendo.status.service import refresh
from tiendo.warehouse.engine import loader
from tiendo.warehouse.mart import last_reported


@pytest.fixture(scope="module")
def plan_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    plan_dir = plan_by(PeriodKind.YEAR, tmp_path_factory.mktemp("plan"))
    file = plan_dir / "plan.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("year: 2025\n", "year: 2025\nlast_year: 2029\n", 1))
    (plan_dir / "milestones.csv").write_text(
        "indicator,year,target_text,comparator,low,high,decision\n"
        "thu-ngan-sach,2025,≥ 9.000,,,,\nthu-ngan-sach,2026,≥ 13.000,,,,\n",
        encoding="utf-8",
    )
    return plan_dir


@pytest.fixture(scope="module")
def register(plan_dir: Path) -> Register:
    return load_register(plan_dir)


@pytest.fixture(scope="module")
def migrated_template(postgres: URL, register: Register, tmp_path_factory: pytest.TempPathFactory) -> str:
    return database_of(postgres, register, tmp_path_factory.mktemp("five_years"))


@pytest.fixture
def settings(home: Path, database_url: URL, plan_dir: Path) -> Settings:
    return Settings(home=home, plan_dirs=(plan_dir,), database_url=database_url.render_as_string(hide_password=False))


def test_each_year_is_graded_by_its_milestone(pipeline: Pipeline) -> None:
    years = [Period(year, 1, PeriodKind.YEAR) for year in (2025, 2026, 2027)]
    for year in years:
        pipeline.today(year.year + 1, 1, 18, 9)
        # 12.500 tỷ each year, in either cell: of a year they are one.
        answer = pipeline.send("so-tai-chinh", filled_workbook(pipeline.register, "so-tai-chinh", year))
        assert answer.startswith("accepted"), pipeline.findings()
        refresh(pipeline.engine, pipeline.register, year)
    told = {code: pipeline.status("thu-ngan-sach", code) for code in ("2025", "2026", "2027")}
    assert {code: (row["target_text"], row["status"]) for code, row in told.items()} == {
        "2025": ("≥ 9.000", "exceeded"), "2026": ("≥ 13.000", "missed"), "2027": ("", "no_target"),
    }  # fmt: skip
    assert (told["2026"]["previous_period"], told["2026"]["previous_value"]) == ("2025", Decimal(12500))
    # The workbook of a year shows the level of the year before; what adds up begins anew.
    known = last_reported(pipeline.engine, pipeline.register, years[1])
    assert ("giai-ngan-dau-tu-cong", "so-tai-chinh") in known.values
    assert ("thu-ngan-sach", "so-tai-chinh") not in known.values
    assert ("thu-ngan-sach", "so-tai-chinh", "2025", "year_to_date") in known.earlier
    # The report of the second year shows both, and the chart has a place for each of the five.
    with loader(pipeline.engine) as connection:
        as_of = pipeline.register.calendar_by_period[years[1]].publish_at
        data = gather(connection, pipeline.register, years[1], edition=1, as_of=as_of)
    (line,) = [line for line in data.indicators if line.code == "thu-ngan-sach"]
    assert [(str(point.period), point.value) for point in line.history] == [
        ("2025", Decimal(12500)), ("2026", Decimal(12500)),
    ]  # fmt: skip
    assert len(line.expected_path) == 5
    # What the year has missed is no longer to be reached in the next.
    assert [step["label"] for step in next_steps(data)] == ["Báo cáo năm 2027"]
