"""March 2023 as it is lived: reminders, the first edition ahead of the deadline, a correction, the second edition.

Played twice, on two homes: the clock is the only thing that differs between a day of March and today, so both plays
leave the same reminders and the same bytes. Expected by hand: FDI was 437 of 450 expected (1.800 / 4), 97,1 %, on
track; corrected to 400 it is 88,9 %, at risk.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import URL, Engine, create_engine

from e2e.lean import WITHOUT_PDF
from fixtures.turn import run_once
from fixtures.workbooks import put
from tiendo import clock
from tiendo.clock import HANOI
from tiendo.collect.folder import make_inboxes
from tiendo.local.demo import DemoFile, Scenario, build_scenario
from tiendo.local.demo_files import documents_of, files_of
from tiendo.local.replay import drop_files, receive_documents
from tiendo.model.period import Period
from tiendo.model.register import Duty, Register
from tiendo.reading.columns import INDICATORS
from tiendo.reminders.reminding import EnteredReminder, remind
from tiendo.report import edition
from tiendo.settings import INCLUDE, Settings
from tiendo.status.service import initialise
from tiendo.warehouse.engine import make_engine
from tiendo.warehouse.mart import tracker_rows

Q1 = Period(2023, 1)
KHDT, FDI = "so-ke-hoach-va-dau-tu", "thu-hut-fdi"
CORRECTED_AT = datetime(2023, 3, 20, 10, 30, tzinfo=HANOI)
OWES = {"missing", "rejected"}


@dataclass
class Play:
    """What one play left: reminders by day, the two drafts as their reviewer saw them, the editions' files."""

    settings: Settings
    engine: Engine
    reminded: dict[date, list[EnteredReminder]]
    owing: dict[date, set[str]]
    drafts: list[dict[str, Any]]
    pages: list[str]

    @property
    def editions(self) -> dict[str, bytes]:
        published = self.settings.published / "282-kh-ubnd-2023"
        return {str(path.relative_to(published)): path.read_bytes() for path in published.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def scenario(register: Register) -> Scenario:
    return build_scenario(register).only("2023-Q1")


@pytest.fixture(scope="module")
def plays(
    tmp_path_factory: pytest.TempPathFactory, postgres: URL, register: Register, scenario: Scenario
) -> Iterator[list[Play]]:
    admin = create_engine(postgres, isolation_level="AUTOCOMMIT")
    correction = corrected(scenario)
    played = []
    for number in (1, 2):
        folder = tmp_path_factory.mktemp(f"march_{number}")
        with admin.connect() as connection:
            connection.exec_driver_sql(f"create database march_{number}")
        engine = make_engine(postgres.set(database=f"march_{number}"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TIENDO_CLOCK_FILE", str(folder / "clock"))
            # No LibreOffice: that a PDF is the same bytes twice is seen end to end.
            patch.setenv("PATH", WITHOUT_PDF["PATH"])
            played.append(play(register, scenario, correction, engine, folder))
    yield played
    for one in played:
        one.engine.dispose()
    with admin.connect() as connection:
        for number in (1, 2):
            connection.exec_driver_sql(f"drop database march_{number} with (force)")
    admin.dispose()


def play(register: Register, scenario: Scenario, correction: DemoFile, engine: Engine, folder: Path) -> Play:
    """Walks from the end of February to 24 March: every morning's reminders, every delivery, two publications."""
    settings = Settings(home=folder / "var", plan_dirs=(INCLUDE,), database_url="")
    clock_file = folder / "clock"
    clock.set_replay_clock(clock_file, datetime(2023, 1, 20, 8, tzinfo=HANOI))
    initialise(engine, register)
    make_inboxes(settings, register)
    result = Play(settings, engine, {}, {}, [], [])
    steps = [step for step in scenario.steps if step.at < datetime(2023, 3, 25, tzinfo=HANOI)]
    moments = {step.at for step in steps} | {CORRECTED_AT, CORRECTED_AT + timedelta(hours=1)}
    moments |= {datetime(2023, 2, 27, 8, tzinfo=HANOI) + timedelta(days=n) for n in range(26)}
    for moment in sorted(moments):
        clock.set_replay_clock(clock_file, moment)
        for step in (step for step in steps if step.at == moment):
            if step.action == "publish":
                publish(result, register, moment)
            drop_files(settings, files_of(scenario, step))
            receive_documents(settings, register, engine, documents_of(scenario, step))
            run_once(settings, register, engine)
        if moment == CORRECTED_AT:
            drop_files(settings, [correction])
            run_once(settings, register, engine)
        elif moment == CORRECTED_AT + timedelta(hours=1):
            publish(result, register, moment)
        if moment.hour == 8 and moment.minute == 0:
            rows = tracker_rows(engine, register, Q1, Duty.QUARTERLY_REPORT, moment)
            result.owing[moment.date()] = {row["agency_code"] for row in rows if row["state"] in OWES}
            told = [one for one in remind(settings, register, engine, None) if one.period == "2023-Q1"]
            if told:
                result.reminded[moment.date()] = told
    return result


def publish(played: Play, register: Register, moment: datetime) -> None:
    """Drafts, keeps what the reviewer sees, approves."""
    drafted = edition.draft(played.engine, register, played.settings, Q1)
    played.drafts.append(drafted)
    played.pages.append((Path(drafted["path"]) / "xem-xet.html").read_text(encoding="utf-8"))
    edition.publish(
        played.engine, register, played.settings, Q1, edition=drafted["edition"],
        as_of=datetime.fromisoformat(drafted["as_of"]), data_sha256=drafted["data_sha256"],
        approved_by="Phòng Tổng hợp", approved_at=moment,
    )  # fmt: skip


def corrected(scenario: Scenario) -> DemoFile:
    """The investment department's own report once more, FDI 400 instead of 437."""
    files = [file for step in scenario.steps for file in files_of(scenario, step) if file.agency == KHDT]
    workbook = load_workbook(io.BytesIO(files[-1].content))
    for field in ("quarter", "year_to_date"):
        put(workbook, INDICATORS, FDI, field, 400)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return DemoFile(KHDT, "Bao cao quy I (dieu chinh).xlsx", buffer.getvalue(), CORRECTED_AT - timedelta(minutes=5))


def test_reminders_go_to_those_who_owe_and_to_nobody_else(plays: list[Play]) -> None:
    play = plays[0]
    # 10, 5, 3 and 1 working days before Tuesday 14 March, and the day after.
    for day in (date(2023, 2, 28), date(2023, 3, 7), date(2023, 3, 9), date(2023, 3, 13), date(2023, 3, 15)):
        assert {one.agency for one in play.reminded[day]} == play.owing[day], day
    assert len(play.reminded[date(2023, 2, 28)]) == 30
    assert 0 < len(play.reminded[date(2023, 3, 15)]) < len(play.reminded[date(2023, 3, 13)]) < 30
    for day, told in play.reminded.items():
        assert {one.agency for one in told} <= play.owing[day], day
        assert all((play.settings.home / one.path).exists() for one in told)


def test_the_first_edition_is_out_on_the_14th_and_names_who_is_missing(
    plays: list[Play], register: Register, scenario: Scenario
) -> None:
    drafted, play = plays[0].drafts[0], plays[0]
    assert datetime.fromisoformat(drafted["as_of"]).astimezone(HANOI) == datetime(2023, 3, 14, 16, 30, tzinfo=HANOI)
    assert drafted["edition"] == 1
    sound = {
        file.agency
        for step in scenario.steps
        if step.at <= datetime.fromisoformat(drafted["as_of"])
        for delivery, file in zip(step.deliveries, files_of(scenario, step), strict=True)
        if not delivery.mistake
    }
    missing = [agency.name for agency in register.obliged if agency.code not in sound]
    # The one of the last minute, who is in time but not yet there, and the two late ones.
    assert set(missing) == {"UBND thành phố Dĩ An", "Sở Giao thông vận tải", "UBND huyện Bàu Bàng"}
    page = (play.settings.published / "282-kh-ubnd-2023" / "2023-Q1" / "1" / "bao-cao.html").read_text(encoding="utf-8")
    for name in missing:
        assert name in page


def test_the_correction_of_the_20th_flips_a_status_and_is_shown_before_it_is_approved(plays: list[Play]) -> None:
    play = plays[0]
    assert play.drafts[1]["edition"] == 2
    assert play.drafts[1]["is_changed"] is True
    told = "\n".join(play.drafts[1]["review"])
    name = "Thu hút vốn đầu tư trực tiếp nước ngoài"
    assert f"{name}: 437 → 400 Triệu USD, từ “Đúng tiến độ” thành “Có nguy cơ” (Sở Kế hoạch và Đầu tư)" in told
    page = play.pages[1]
    for shown in (name, "437", "400", "Đúng tiến độ", "Có nguy cơ", "Sở Kế hoạch và Đầu tư"):
        assert shown in page
    (at_risk,) = [line for line in play.drafts[0]["review"] if line.startswith("**Chỉ tiêu có nguy cơ.")]
    assert name not in at_risk


def test_both_editions_stand_and_the_second_lists_the_difference(plays: list[Play]) -> None:
    editions = plays[0].editions
    numbers = {path.split("/")[1] for path in editions if path.startswith("2023-Q1/")}
    assert numbers == {"1", "2"}
    rows = editions["2023-Q1/2/data/changes.csv"].decode("utf-8-sig").splitlines()
    (fdi,) = [row for row in rows if row.startswith(f"{FDI},")]
    assert ",437,400,on_track,at_risk," in fdi
    assert len(editions["2023-Q1/1/data/changes.csv"].decode("utf-8-sig").splitlines()) == 1  # the heading


def test_played_twice_it_is_the_same_to_the_byte(plays: list[Play]) -> None:
    first, second = plays
    assert first.reminded == second.reminded
    assert first.drafts[0]["data_sha256"] == second.drafts[0]["data_sha256"]
    assert first.editions.keys() == second.editions.keys()
    assert [path for path in first.editions if first.editions[path] != second.editions[path]] == []
