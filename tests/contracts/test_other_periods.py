"""A plan that is reported by months, half-years, months since the year's start or years: from file to report."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import URL

from contracts.test_other_plan import shown
from fixtures.other_plan import database_of, plan_by
from fixtures.pipeline import Pipeline
from fixtures.workbooks import filled_workbook
from tiendo.model.period import Period, PeriodKind
from tiendo.model.register import Register
from tiendo.plan.register import load_register
from tiendo.report.build import build
from tiendo.report.gather import gather
from tiendo.settings import Settings
from tiendo.status.service import refresh
from tiendo.warehouse.engine import loader

BODIES = ("so-tai-chinh", "so-nong-nghiep-va-moi-truong", "chi-cuc-thong-ke", "phuong-an-binh", "xa-son-ha", "so-y-te")
# Of a period's last month the report is due on the 20th of the next: its names, and what is asked of 12.500 tỷ by then.
CASES = {
    PeriodKind.MONTH: ("2025-M04", "tháng 4 năm 2025", "4166.666666"),
    PeriodKind.HALF_YEAR: ("2025-H1", "6 tháng đầu năm 2025", "6250"),
    PeriodKind.YEAR_TO_DATE: ("2025-YTD09", "9 tháng đầu năm 2025", "9375"),
    PeriodKind.YEAR: ("2025", "năm 2025", "12500"),
}
QUARTERLY = re.compile(r"(?<!\w)[Qq]uý (?!đơn vị)\w*|QUÝ \w*")


@pytest.fixture(scope="module", params=CASES, ids=lambda kind: kind.value)
def kind(request: pytest.FixtureRequest) -> PeriodKind:
    return request.param


@pytest.fixture(scope="module")
def plan_dir(kind: PeriodKind, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plan_by(kind, tmp_path_factory.mktemp("plan"))


@pytest.fixture(scope="module")
def register(plan_dir: Path) -> Register:
    return load_register(plan_dir)


@pytest.fixture(scope="module")
def migrated_template(postgres: URL, register: Register, tmp_path_factory: pytest.TempPathFactory) -> str:
    return database_of(postgres, register, tmp_path_factory.mktemp("other_periods"))


@pytest.fixture
def settings(home: Path, database_url: URL, plan_dir: Path) -> Settings:
    return Settings(home=home, plan_dirs=(plan_dir,), database_url=database_url.render_as_string(hide_password=False))


@pytest.fixture
def period(kind: PeriodKind) -> Period:
    return Period.parse(CASES[kind][0])


@pytest.fixture
def reported(pipeline: Pipeline, period: Period) -> Pipeline:
    """The periods of the year up to one, each reported by six bodies in time."""
    for each in pipeline.register.so_far(period):
        now = pipeline.register.calendar_by_period[each].cut_off_on
        pipeline.today(now.year + now.month // 12, now.month % 12 + 1, 18, 9)
        for body in BODIES:
            answer = pipeline.send(body, filled_workbook(pipeline.register, body, each))
            assert answer.startswith("accepted"), (body, str(each), answer, pipeline.findings())
        refresh(pipeline.engine, pipeline.register, each)
    return pipeline


def test_a_period_is_collected_graded_and_printed_by_its_name(
    reported: Pipeline, kind: PeriodKind, period: Period
) -> None:
    code, words, asked = CASES[kind]
    assert (str(period), period.vietnamese) == (code, words)
    status = reported.status("thu-ngan-sach", code)
    assert (status["value"], status["expected_value"].quantize(Decimal("0.000001"))) == (
        *(Decimal(12500 * period.last_month / 12).to_integral_value(), Decimal(asked).quantize(Decimal("0.000001"))),
    )
    assert status["status"] == ("achieved" if period.is_last else "on_track")
    assert reported.tracker("so-tai-chinh", code)["is_on_time"]
    assert reported.tracker("thi-tran-song-lam", code)["state"] == "missing"
    as_of = reported.register.calendar_by_period[period].publish_at
    reported.today(as_of.year, as_of.month, as_of.day, 17)
    with loader(reported.engine) as connection:
        data = gather(connection, reported.register, period, edition=1, as_of=as_of)
    texts = dict(shown(build(data, with_pdf=False)))
    for path in ("bao-cao.docx", "bao-cao.html", "giao-ban.docx"):
        assert words in texts[path]
    said = [
        f"{path}: {text[m.start() - 50 : m.end() + 30]!r}"
        for path, text in texts.items()
        for m in QUARTERLY.finditer(text)
    ]
    assert said == []
