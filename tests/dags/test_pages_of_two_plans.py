"""The pages with two plans in hand: which one an address means, what its links carry, and which a form is of."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from fixtures.pipeline import Pipeline
from fixtures.side_by_side import NEXT, next_plan
from tiendo import clock
from tiendo.airflow_glue.warehouse import AllParts
from tiendo.clock import HANOI
from tiendo.model.period import Period
from tiendo.model.plans import Plans
from tiendo.model.register import Register
from tiendo.obligations.extensions import extensions
from tiendo.pages import acts, approval
from tiendo.pages import files as file_pages
from tiendo.pages.app import app
from tiendo.pages.frame import PLAN, all_parts, viewer
from tiendo.plan.side_by_side import clashes
from tiendo.report.approval import find_request, put_request
from tiendo.settings import Reviewer
from tiendo.status.service import initialise
from tiendo.warehouse.engine import loader
from tiendo_plugin import pages
from unit.report_warehouse import figure, receive, send

OLD = "282-kh-ubnd-2023"
OLD_TITLE, NEW_TITLE = "Kế hoạch số 282/KH-UBND", "Kế hoạch số 300/KH-UBND"
Q4, Q1 = Period(2023, 4), Period(2024, 1)
# The day after the last to submit for the first quarter of 2024; the year before is closed.
NOW = datetime(2024, 3, 15, 9, tzinfo=HANOI)
OWN_EDITS = (
    ("agencies.csv", "30,h-phu-giao,", "30,h-phu-giao-moi,"),
    ("agencies.csv", "phugiao@binhduong.gov.vn,phugiao.binhduong.gov.vn", "phugiaomoi@binhduong.gov.vn,"),
    ("indicators.csv", "2,thu-hut-fdi,", "2,thu-hut-fdi-moi,"),
    ("past_figures.csv", "thu-hut-fdi,", "thu-hut-fdi-moi,"),
)


class Place:
    """A browser before the pages, and an Airflow that starts what it is told to."""

    def __init__(self, opened: AllParts) -> None:
        self.settings, self.plans, self.engine = opened
        self.old, *later = self.plans
        self.new = later[0] if later else self.old
        self.started: list[dict[str, Any]] = []
        self.answered: list[str] = []
        airflow = FastAPI()

        @airflow.post("/api/v2/dags/{dag}/dagRuns")
        async def start(dag: str, request: Request) -> Any:
            self.started.append(await request.json())
            return {}

        @airflow.get("/api/v2/dags/publish_report/dagRuns/{run}/taskInstances/approve/-1/hitlDetails")
        def shown(run: str) -> Any:
            return {"response_received": run in self.answered, "responded_by_user": {"name": "Hòa"}}

        @airflow.patch("/api/v2/dags/publish_report/dagRuns/{run}/taskInstances/approve/-1/hitlDetails")
        def take(run: str) -> Any:
            self.answered.append(run)
            return {}

        airflow.mount("/tiendo", pages)
        headers = {"accept": "text/html", "origin": "http://testserver"}
        self.browser = TestClient(airflow, headers=headers, follow_redirects=False)

    def see(self, address: str, status: int = 200) -> str:
        answer = self.browser.get(f"/tiendo{address}")
        assert answer.status_code == status, answer.text
        return unescape(answer.text)

    def links(self, address: str) -> list[str]:
        return re.findall(r'(?:href|action)="(/tiendo/[^"]*)"', self.see(address))

    def token(self, address: str, action: str) -> str:
        found = re.search(rf'action="{re.escape(action)}".*?name="token" value="([^"]+)"', self.see(address), re.DOTALL)
        assert found is not None
        return found[1]

    def ask(self, register: Register, period: Period, run: str) -> int:
        drafted = {
            "period": str(period), "edition": 1, "as_of": NOW.isoformat(), "data_sha256": "d" * 64,
            "content_sha256": "e" * 64, "title": f"{period.vietnamese}, lần ban hành thứ 1", "review": [],
        }  # fmt: skip
        put_request(self.engine, register, run, drafted)
        folder = self.settings.drafts / register.code / str(period) / "1"
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(f'{{"data_sha256": "{"d" * 64}"}}')
        request = find_request(self.engine, run)
        assert request is not None
        return request.review_request_id


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Register:
    return next_plan(tmp_path_factory.mktemp("plans"), *OWN_EDITS)


@pytest.fixture
def opened(pipeline: Pipeline, new: Register, monkeypatch: pytest.MonkeyPatch) -> Iterator[AllParts]:
    """Both plans, on the day after the new one's first due day."""
    settings = replace(pipeline.settings, reviewers=(Reviewer("1", "Hòa"),))
    settings.home.mkdir(exist_ok=True)
    pipeline.today(2024, 1, 25, 9)
    initialise(pipeline.engine, new)
    clock.set_replay_clock(pipeline.clock_file, NOW)
    for module in (acts, file_pages):
        monkeypatch.setattr(module, "may_run", lambda *_: True)
    monkeypatch.setattr(approval, "may", lambda *_: True)
    monkeypatch.setattr("tiendo.pages.machine.is_mail_set_up", lambda: False)
    app.dependency_overrides[viewer] = lambda: SimpleNamespace(get_id=lambda: 1, get_name=lambda: "hoa")
    yield AllParts(settings, Plans((pipeline.register, new)), pipeline.engine)
    app.dependency_overrides.clear()


@pytest.fixture
def place(opened: AllParts, monkeypatch: pytest.MonkeyPatch) -> Place:
    app.dependency_overrides[all_parts] = lambda: opened
    monkeypatch.setattr("tiendo.pages.frame.get_plans", lambda: opened.plans)
    return Place(opened)


@pytest.fixture
def alone(opened: AllParts) -> Place:
    """The same with the old plan alone in hand."""
    only = opened._replace(plans=Plans((opened.plans.first,)))
    app.dependency_overrides[all_parts] = lambda: only
    return Place(only)


def test_the_plans_may_stand_side_by_side(register: Register, new: Register) -> None:
    assert not list(clashes(register, new))


@pytest.mark.parametrize(
    ("address", "plan"),
    [
        # What names no plan is of the year that is not over yet.
        ("/", NEXT),
        (f"/?{PLAN}={NEXT}", NEXT),
        (f"/?{PLAN}=", NEXT),
        ("/?ky=2024-Q2", NEXT),
        ("/?ky=2023-Q2", OLD),
        ("/duyet/2024-Q1", NEXT),
        ("/duyet/2023-Q1", OLD),
        ("/don-vi/so-y-te", NEXT),
        (f"/don-vi/so-y-te?{PLAN}={NEXT}", NEXT),
        ("/don-vi/h-phu-giao-moi", NEXT),
        ("/chi-tieu/thu-hut-fdi", OLD),
        ("/chi-tieu/thu-hut-fdi-moi", NEXT),
        (f"/chi-tieu/giuong-benh-van-dan?{PLAN}={NEXT}", NEXT),
        (f"/quy-tac/value-magnitude?{PLAN}={NEXT}", NEXT),
        (f"/viec/?{PLAN}={NEXT}", NEXT),
        # Of the plan that the ledger has; of a waiting file whose sender only one plan knows, that one.
        ("/tep/TN-000001", OLD),
        ("/tep/TN-000002", NEXT),
        ("/tep/TN-000003", NEXT),
    ],
)
def test_the_plan_of_a_page(place: Place, address: str, plan: str) -> None:
    send(place.engine, place.old, "so-y-te", Q4, NOW - timedelta(days=90))
    send(place.engine, place.new, "so-y-te", Q1, NOW - timedelta(days=2))
    with loader(place.engine) as connection:
        receive(connection, "h-phu-giao-moi", Q1, NOW)
    text = place.see(address)
    titles = {OLD: OLD_TITLE, NEXT: NEW_TITLE}
    assert titles[plan] in text.partition("<title>")[2].partition("</title>")[0]
    assert f'href="/tiendo/duyet/?{PLAN}={plan}"' in text


@pytest.mark.parametrize("address", ["/", "/duyet/2023-Q1", "/don-vi/so-y-te", "/tim", "/viec/", "/duyet/"])
def test_an_unknown_plan_is_told_with_those_that_there_are(place: Place, address: str) -> None:
    text = place.see(f"{address}?{PLAN}=45-kh-ubnd-2025", 404)
    assert f"Không có kế hoạch này; có các kế hoạch: {OLD_TITLE} ({OLD}), {NEW_TITLE} ({NEXT})." in text


@pytest.mark.parametrize(
    ("address", "status"),
    [("/tep/TN-000009", 404), ("/tep/12", 422), ("/tep/TN-1%00", 422), ("/duyet/x", 422), ("/?ky=2031-Q1", 404),
     ("/don-vi/so-khong-co", 404), ("/chi-tieu/khong-co", 404)],
)  # fmt: skip
def test_what_no_plan_has_is_not_there(place: Place, address: str, status: int) -> None:
    place.see(address, status)


def test_an_unknown_plan_is_not_told_to_who_is_not_logged_in(place: Place) -> None:
    del app.dependency_overrides[viewer]
    answer = place.browser.get(f"/tiendo/?{PLAN}=x")
    assert (answer.status_code, NEXT in answer.text) == (303, False)


def test_every_link_about_a_plan_carries_it(place: Place) -> None:
    send(place.engine, place.new, "so-y-te", Q1, NOW - timedelta(hours=1), [figure("giuong-benh-van-dan", "19.1")])
    place.ask(place.new, Q1, "run")
    about = re.compile(r"/tiendo/($|\?|don-vi|chi-tieu|quy-tac|viec|duyet|so-tay)")
    for address in (
        f"/?{PLAN}={NEXT}",
        f"/don-vi/so-y-te?{PLAN}={NEXT}",
        f"/chi-tieu/giuong-benh-van-dan?{PLAN}={NEXT}",
        f"/quy-tac/value-magnitude?{PLAN}={NEXT}",
        "/duyet/2024-Q1",
        f"/viec/?{PLAN}={NEXT}",
        "/tep/TN-000001",
        f"/so-tay?{PLAN}={NEXT}",
        f"/so-tay/van-hanh?{PLAN}={NEXT}",
    ):
        links = [link for link in place.links(address) if about.match(link)]
        assert links, address
        assert not [link for link in links if f"{PLAN}=" not in link], address
        assert not [link for link in links if "#" in link and link.index("#") < link.index("?")], address
    room = place.links(f"/?{PLAN}={NEXT}")
    for link in (
        f"/tiendo/don-vi/so-y-te?{PLAN}={NEXT}",
        f"/tiendo/?ky=2024-Q2&{PLAN}={NEXT}",
        f"/tiendo/duyet/2024-Q1?{PLAN}={NEXT}",
        f"/tiendo/so-tay?{PLAN}={NEXT}#edition-not-published",
        "/tiendo/tep/TN-000001",
    ):
        assert link in room, link
    # A body that reports under one plan alone has its page there.
    with loader(place.engine) as connection:
        receive(connection, "h-phu-giao-moi", Q1, NOW)
    assert f"/tiendo/don-vi/h-phu-giao-moi?{PLAN}={NEXT}" in place.links(f"/?{PLAN}={OLD}")


def test_with_one_plan_addresses_are_as_ever(alone: Place) -> None:
    send(alone.engine, alone.old, "so-y-te", Q4, NOW, [figure("giuong-benh-van-dan", "19.1")])
    alone.ask(alone.old, Q4, "run")
    found = {
        address: alone.links(address)
        for address in ("/", "/viec/", "/duyet/", "/duyet/2023-Q4", "/don-vi/so-y-te", "/tep/TN-000001", "/tim?q=y+te")
    }
    assert not [link for links in found.values() for link in links if f"{PLAN}=" in link]
    for address, link in (
        ("/", "/tiendo/?ky=2023-Q3"),
        ("/", "/tiendo/don-vi/so-y-te"),
        ("/", "/tiendo/duyet/2023-Q4"),
        ("/", "/tiendo/so-tay#edition-not-published"),
        ("/viec/", "/tiendo/viec/gia-han"),
        ("/duyet/", "/tiendo/duyet/2023-Q4"),
        ("/don-vi/so-y-te", "/tiendo/chi-tieu/giuong-benh-van-dan"),
        ("/tim?q=y+te", "/tiendo/don-vi/so-y-te"),
    ):
        assert link in found[address], link
    room = alone.see("/")
    assert 'class="plans"' not in room
    assert "<title>Phòng điều hành – Tiendo</title>" in room
    # The plan's own code is taken all the same: letters name it whatever is in hand.
    assert alone.see(f"/?{PLAN}={OLD}").count(PLAN) == room.count(PLAN)
    alone.see(f"/?{PLAN}={NEXT}", 404)


def test_the_room_shows_each_plan_and_what_waits_in_the_other(place: Place) -> None:
    send(place.engine, place.new, "so-y-te", Q1, NOW - timedelta(days=2))
    place.ask(place.old, Q4, "run")
    old, new = place.see(f"/?{PLAN}={OLD}"), place.see(f"/?{PLAN}={NEXT}")
    assert "Quý IV năm 2023: đã hết hạn" in old
    assert "Quý I năm 2024: đã hết hạn ngày 14/03/2024" in new
    count = {name: int(re.search(rf"<b>(\d+)</b> {name}", new)[1]) for name in ("đúng hạn", "quá hạn")}  # type: ignore[index]
    assert count == {"đúng hạn": 1, "quá hạn": len(place.new.obliged) - 1}
    assert f'href="/tiendo/?{PLAN}={NEXT}" aria-current="true">{NEW_TITLE}</a>' in new
    assert f'href="/tiendo/?{PLAN}={OLD}">{OLD_TITLE}</a>' in new
    # The closed year waits for one answer; the new one for bodies and for a draft that nobody has asked about.
    assert f'{OLD_TITLE}: 1 việc cần làm</span>. <a href="/tiendo/?{PLAN}={OLD}#viec">Xem</a>' in new
    assert re.search(rf'{NEW_TITLE}: \d việc cần làm</span>. <a href="/tiendo/\?{PLAN}={NEXT}#viec">Xem</a>', old)
    assert f"{OLD_TITLE}: " not in old


def test_a_search_is_over_all_plans(place: Place) -> None:
    send(place.engine, place.old, "so-y-te", Q4, NOW - timedelta(days=90))
    send(place.engine, place.new, "so-y-te", Q1, NOW - timedelta(days=2))
    text = place.see("/tim?q=TN-1..TN-2")
    assert f"({OLD_TITLE})</span></li><li>" in text
    assert f"({NEW_TITLE})</span></li></ul>" in text
    assert f"/tiendo/don-vi/so-y-te?{PLAN}={NEXT}" in text
    text = place.see("/tim?q=Phú Giáo")
    for code, plan, title in (("h-phu-giao", OLD, OLD_TITLE), ("h-phu-giao-moi", NEXT, NEW_TITLE)):
        link = f'href="/tiendo/don-vi/{code}?{PLAN}={plan}">UBND huyện Phú Giáo</a> <span class="soft">({title})'
        assert link in text
    assert f'name="{PLAN}" value="{NEXT}"' in place.see(f"/tim?q=y&{PLAN}={NEXT}")


def test_a_form_of_one_plan_does_nothing_to_another(place: Place) -> None:
    letter = {
        "agency": "so-y-te", "period": "2024-Q1", "until": "2024-03-20", "letter": "15/UBND", "dated": "2024-03-09",
    }  # fmt: skip
    address, action = f"/viec/?{PLAN}={NEXT}", f"/tiendo/viec/gia-han?{PLAN}={NEXT}"
    token = place.token(address, action)
    answer = place.browser.post(f"/tiendo/viec/gia-han?{PLAN}={OLD}", data={"token": token} | letter)
    assert (answer.status_code, "của kế hoạch khác" in answer.text) == (403, True)
    assert extensions(place.engine, place.old) == extensions(place.engine, place.new) == []
    assert place.browser.post(action, data={"token": token} | letter).status_code == 200
    assert [row["agency_code"] for row in extensions(place.engine, place.new)] == ["so-y-te"]
    assert extensions(place.engine, place.old) == []
    back = place.browser.get(action)
    assert (back.status_code, back.headers["location"]) == (303, f"/tiendo/viec/?{PLAN}={NEXT}#gia-han")


def test_a_run_is_started_for_the_period_of_the_plan(place: Place) -> None:
    for plan, period in ((NEXT, "2024-Q1"), (OLD, "2023-Q1")):
        action = f"/tiendo/viec/du-thao?{PLAN}={plan}"
        fields = {"token": place.token(f"/viec/?{PLAN}={plan}", action), "period": period}
        assert place.browser.post(action, data=fields).status_code == 200
        fields["token"] = place.token(f"/viec/?{PLAN}={plan}", action)
        assert place.browser.post(action, data=fields | {"period": "2024-Q4"}).status_code == 422
    assert [run["partition_key"] for run in place.started] == [f"{NEXT}:2024-Q1", f"{OLD}:2023-Q1"]


def test_reminders_are_shown_for_all_plans(place: Place) -> None:
    assert f"Sẽ nhắc {len(place.new.obliged)} đơn vị" in place.see(f"/viec/?{PLAN}={OLD}")


def test_a_held_file_may_be_any_plans(place: Place) -> None:
    send(place.engine, place.new, "h-phu-giao-moi", Q1, NOW - timedelta(hours=1), state="quarantined")
    form = place.see(f"/viec/?{PLAN}={OLD}").partition('id="tha-tep"')[2].partition("</form>")[0]
    assert "TN-000001" in form
    assert '<option value="h-phu-giao-moi">' in form
    assert '<option value="h-phu-giao">' in form


def test_a_question_is_answered_on_the_page_of_its_plan(place: Place) -> None:
    send(place.engine, place.new, "so-y-te", Q1, NOW - timedelta(days=2))
    number = place.ask(place.new, Q1, "run-new")
    old_number = place.ask(place.old, Q4, "run-old")
    listed = place.see("/duyet/")
    for plan, title, period in ((NEXT, NEW_TITLE, "2024-Q1"), (OLD, OLD_TITLE, "2023-Q4")):
        row = listed.partition(f'href="/tiendo/duyet/{period}?{PLAN}={plan}"')[2].partition("</tr>")[0]
        assert f'<td data-label="Kế hoạch">{title}</td>' in row
    action = f"/tiendo/duyet/2024-Q1?{PLAN}={NEXT}"
    fields = {"token": place.token("/duyet/2024-Q1", action), "act": "approve"}
    old = f"/tiendo/duyet/2023-Q4?{PLAN}={OLD}"
    for address in (old, "/tiendo/duyet/2023-Q4"):
        answer = place.browser.post(address, data=fields)
        assert (answer.status_code, "của kế hoạch khác" in answer.text) == (403, True)
    assert place.answered == []
    answer = place.browser.post(action, data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/tiendo/duyet/2024-Q1/{number}?{PLAN}={NEXT}")
    assert place.answered == ["run-new"]
    assert "đang được ghi nhận" in place.see(f"/duyet/2024-Q1/{number}")
    place.see(f"/duyet/2024-Q1/{old_number}", 404)
