"""Three plans under one real Airflow: the year that closes, the next one, and another province's, due every month."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from e2e.conftest import PLAN_DIR
from e2e.lean import WITHOUT_PDF
from fixtures.side_by_side import NEXT, PROVINCE, next_plan_dir, province_dir
from fixtures.workbooks import filled_workbook
from tiendo.clock import HANOI, set_replay_clock
from tiendo.local.api_client import AirflowApi, AirflowApiError
from tiendo.local.demo import DemoFile, build_scenario
from tiendo.local.environment import REVIEWER, passwords
from tiendo.local.replay import drop_files, follow, publish, replay_clock
from tiendo.local.services import Running, airflow_services
from tiendo.model.period import Period, PeriodKind
from tiendo.model.register import Register
from tiendo.plan.register import load_register
from tiendo.settings import Settings
from tiendo.warehouse.embedded import stop_server

pytestmark = pytest.mark.timeout(3600)
OLD, KHDT = "282-kh-ubnd-2023", "so-ke-hoach-va-dau-tu"
MARCH = Period(2024, 3, PeriodKind.MONTH)
KEYS = {NEXT: "2024-Q1", PROVINCE: "2024-M03"}
APPROVER = "Bà Trần Thị Duyệt"


@pytest.fixture
def plan_dirs() -> Iterator[tuple[Path, ...]]:
    # Not below pytest's temporary folder, which pytest closes to others: run by root, the server is another user.
    with TemporaryDirectory(prefix="tiendo-plans-") as folder:
        yield (PLAN_DIR, next_plan_dir(Path(folder)), province_dir(Path(folder), PeriodKind.MONTH))


@pytest.fixture
def settings(plan_dirs: tuple[Path, ...]) -> Iterator[Settings]:
    settings = Settings(home=plan_dirs[1].parent / "var", plan_dirs=plan_dirs, database_url=None)
    yield settings
    stop_server(settings.postgres)


def test_each_file_key_draft_and_edition_is_its_plan_s(
    settings: Settings, register: Register, plan_dirs: tuple[Path, ...]
) -> None:
    following, province = (load_register(plan_dir) for plan_dir in plan_dirs[1:])
    scenario = build_scenario(register).only("2023-Q4")
    with (
        replay_clock(settings, scenario) as clock_file,
        airflow_services(settings, clock_file=clock_file, has_idle_machine=True, variables=WITHOUT_PDF) as services,
        AirflowApi(services.api.base_url) as reviewer,
    ):
        reviewer.login(REVIEWER, passwords(settings)[REVIEWER])

        # December: the old year's last quarter.
        now = datetime(2023, 12, 12, 9, tzinfo=HANOI)
        set_replay_clock(clock_file, now)
        collect(services, settings, (register, KHDT, Period(2023, 4), now))
        assert graded(services) == {f"{OLD}:2023-Q4"}

        # April: the new year and the other province in one batch, and the old year's last quarter once more.
        now = datetime(2024, 4, 18, 9, tzinfo=HANOI)
        set_replay_clock(clock_file, now)
        collect(
            services, settings,
            (following, KHDT, Period(2024, 1), now), (province, "as-so-y-te", MARCH, now),
            (register, "so-y-te", Period(2023, 4), now),
        )  # fmt: skip
        assert graded(services) == {f"{OLD}:2023-Q4", f"{NEXT}:2024-Q1", f"{PROVINCE}:2024-M03"}

        # A period of another plan is none of this one's.
        with pytest.raises(AirflowApiError, match=r"40\d .*2024-M03"):
            reviewer.trigger("publish_report", partition_key=f"{NEXT}:2024-M03")
        for code, period in KEYS.items():
            edition = publish(services, reviewer, f"{code}:{period}", APPROVER)
            assert edition == str(settings.published / code / period / "1")
        published = {
            path.parent.relative_to(settings.published).as_posix() for path in settings.published.rglob("manifest.json")
        }
        assert published == {f"{code}/{period}/1" for code, period in KEYS.items()}
        pages = {
            code: (settings.published / code / period / "1" / "bao-cao.html").read_text()
            for code, period in KEYS.items()
        }
        assert ("Bình Dương" in pages[NEXT], "An Sơn" in pages[NEXT]) == (True, False)
        assert ("Bình Dương" in pages[PROVINCE], "An Sơn" in pages[PROVINCE]) == (False, True)
        assert ("quý I năm 2024" in pages[NEXT], "tháng 3 năm 2024" in pages[PROVINCE]) == (True, True)

        # Whom to write to: of each plan its own.
        set_replay_clock(clock_file, datetime(2024, 4, 19, 9, tzinfo=HANOI))
        follow(services, "send_reminders", services.api.trigger("send_reminders", partition_key="2024-04-19"))
        told = {path.name.rpartition("_")[2] for path in settings.outbox.rglob("nhac-*.html")}
        assert f"{PROVINCE}.html" in told
        for code in (NEXT, PROVINCE):
            status, page = reviewer.page(f"/tiendo/?ke-hoach={code}")
            assert (status, "Sơn Hà" in page, "Phú Giáo" in page) == (200, code == PROVINCE, code == NEXT)


def collect(services: Running, settings: Settings, *reports: tuple[Register, str, Period, datetime]) -> None:
    """Drops filled workbooks and waits for all that follows from them."""
    drop_files(
        settings,
        [
            DemoFile(agency, f"{plan.code} {period}.xlsx", filled_workbook(plan, agency, period), sent_at)
            for plan, agency, period, sent_at in reports
        ],
    )
    follow(services, "collect_folders", services.api.trigger("collect_folders"))


def graded(services: Running) -> set[str]:
    runs: list[dict[str, Any]] = services.api.runs("compute_status")
    assert all(run["state"] == "success" for run in runs)
    return {run["partition_key"] for run in runs}
