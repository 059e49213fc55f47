"""What Airflow and a browser make of a plan that is due in the next month, without tasks and own plans."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import URL, Engine
from test_room import BROWSER, WELL

from fixtures.other_plan import PLAN, database_of
from tiendo import clock
from tiendo.airflow_glue.deadline import publication_alerts
from tiendo.airflow_glue.timetable import PlanCalendar
from tiendo.airflow_glue.warehouse import AllParts, Parts
from tiendo.clock import HANOI
from tiendo.model.period import Period
from tiendo.model.plans import Plans
from tiendo.model.register import Register
from tiendo.pages.app import app
from tiendo.pages.frame import all_parts, viewer
from tiendo.pages.standing import gather, period_in_hand
from tiendo.pages.to_do import to_do
from tiendo.plan.register import load_register
from tiendo.settings import Settings
from unit.report_warehouse import send

Q1 = Period(2025, 1)


@pytest.fixture(scope="module")
def register() -> Register:
    return load_register(PLAN)


@pytest.fixture(scope="module")
def migrated_template(postgres: URL, register: Register, tmp_path_factory: pytest.TempPathFactory) -> str:
    return database_of(postgres, register, tmp_path_factory.mktemp("other_plan"))


def test_runs_of_the_report_lie_in_the_next_month(register: Register) -> None:
    timetable = PlanCalendar.of(register)
    timetable.validate()
    # The 25th of April 2025 is a Friday, of July a Friday, of October a Saturday, of January 2026 a Sunday.
    assert timetable.summary == "25/04 16:00, 25/07 16:00, 24/10 16:00, 23/01 16:00"
    assert [(slot[0], slot[1]) for slot in timetable.serialize()["slots"]] == [
        (f"45-kh-ubnd-2025:2025-Q{number}", f"2025-{month:02}-01")
        for number, month in ((1, 1), (2, 4), (3, 7), (4, 10))
    ]


def test_runs_of_reminders_begin_with_the_first_report(register: Register) -> None:
    timetable = PlanCalendar.of_reminders(register)
    timetable.validate()
    days = [slot[0] for slot in timetable.serialize()["slots"]]
    # Ten working days before Sunday the 20th of April 2025, over the holiday of Monday the 7th.
    assert days[0] == "2025-04-04"
    # Closing on Saturday the 31st of January 2026, and seven working days more.
    assert days[-1] == "2026-02-10"


def test_the_last_call_of_a_late_publication_is_before_the_closing(register: Register) -> None:
    publication, last_call = (
        json.loads(alert.reference.serialize_reference()["instants"])  # type: ignore[attr-defined]
        for alert in publication_alerts(register)
    )
    assert publication["45-kh-ubnd-2025:2025-Q1"] == "2025-04-25T16:30:00+07:00"
    # The 30th of April is a holiday; the 31st of January 2026 a Saturday.
    assert last_call["45-kh-ubnd-2025:2025-Q1"] == "2025-04-29T20:00:00+07:00"
    assert last_call["45-kh-ubnd-2025:2025-Q4"] == "2026-01-30T20:00:00+07:00"


def test_the_control_room_shows_what_is_owed(engine: Engine, register: Register, settings: Settings) -> None:
    now = datetime(2025, 4, 21, 9, tzinfo=HANOI)
    send(engine, register, "so-y-te", Q1, datetime(2025, 4, 10, tzinfo=HANOI))
    standing = gather(Parts(settings, register, engine), period_in_hand(register, now), now)
    assert standing.period == Q1
    assert {period for body in standing.bodies for period in body.cells} == {str(e.period) for e in register.calendar}
    assert len(standing.of_period("overdue")) == 6
    (excused,) = standing.of_period("excused")
    assert (excused.code, excused.cells["2025-Q1"].words) == (
        *("lien-doan-lao-dong", "Không có nội dung phải báo cáo trong kỳ"),
    )
    # Nobody waits for the report before its hour, four days after the due day.
    assert not [each for each in to_do(standing, WELL) if "quá giờ ban hành" in each.what]
    later = gather(Parts(settings, register, engine), Q1, datetime(2025, 4, 25, 17, tzinfo=HANOI))
    assert [each.what for each in to_do(later, WELL) if "quá giờ ban hành" in each.what]


@pytest.fixture
def browser(
    engine: Engine, register: Register, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[TestClient]:
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(tmp_path / "clock"))
    settings.home.mkdir()
    clock.set_replay_clock(tmp_path / "clock", datetime(2025, 4, 21, 9, tzinfo=HANOI))
    monkeypatch.setattr("tiendo.pages.machine.is_mail_set_up", lambda: False)
    monkeypatch.setattr("tiendo.pages.acts.may_run", lambda user, dag_id: True)
    monkeypatch.setattr("tiendo.pages.acts.form_token", lambda *_: "")
    app.dependency_overrides[viewer] = lambda: SimpleNamespace(get_name=lambda: "an", get_id=lambda: "1")
    app.dependency_overrides[all_parts] = lambda: AllParts(settings, Plans((register,)), engine)
    yield TestClient(app)
    app.dependency_overrides.clear()


@pytest.mark.parametrize(
    "address", ["/", "/don-vi/xa-son-ha", "/don-vi/lien-doan-lao-dong", "/chi-tieu/thu-xa-son-ha", "/viec/"]
)
def test_pages_are_shown_and_offer_no_own_plan(browser: TestClient, address: str) -> None:
    answer = browser.get(address, headers=BROWSER)
    assert answer.status_code == 200, answer.text[:500]
    assert "Bình Dương" not in answer.text
    assert "KH năm" not in answer.text
    assert "Nhận kế hoạch thực hiện" not in answer.text
