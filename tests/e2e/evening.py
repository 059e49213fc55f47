"""The evening of 14 March 2023, as operations, a reviewer and a colleague meet it: real services, a real browser.

What came before the evening is read in this process; from then on all goes through Airflow. The health department's
report comes a thousand times too large, another body's is torn.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from e2e.lean import LEAN
from fixtures.packages import program
from fixtures.turn import run_once
from tiendo.clock import HANOI, set_replay_clock
from tiendo.local.demo import DemoDelivery, Scenario
from tiendo.local.demo_files import documents_of, files_of, make_file
from tiendo.local.environment import passwords
from tiendo.local.replay import drop_files, follow, receive_documents, replay_clock
from tiendo.local.services import Running, airflow_services, database_urls, prepare_warehouse
from tiendo.model.period import Period
from tiendo.settings import INCLUDE, Settings
from tiendo.warehouse.embedded import stop_server
from tiendo.warehouse.engine import make_engine

Q1, PERIOD = Period(2023, 1), "2023-Q1"
HEALTH, TORN = "so-y-te", "so-giao-duc-va-dao-tao"
EVENING = datetime(2023, 3, 14, 19, 40, tzinfo=HANOI)
DESK, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
# The browser's own notes of what the tests ask for: a page that is not there, an edition whose script is not let run.
EXPECTED_NOTES = ("Failed to load resource", "Blocked script execution in")


@dataclass
class Evening:
    """Services, the home they work on, and a browser that minds what pages do."""

    services: Running
    settings: Settings
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.services.api.base_url.rpartition(':')[2]}"

    @contextmanager
    def seen_by(self, account: str = "", size: dict[str, int] = DESK, scale: float = 1) -> Iterator[Page]:
        """A page of a browser of its own, with an account logged in by Airflow's own form; "" for nobody."""
        context = self.browser.new_context(
            base_url=self.url, viewport=size, device_scale_factor=scale,  # type: ignore[arg-type]
            locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", reduced_motion="reduce",
        )  # fmt: skip
        self._mind(context)
        page = context.new_page()
        if account:
            page.goto("/tiendo/")
            self.log_in(page, account)
        yield page
        context.close()

    def log_in(self, page: Page, account: str) -> None:
        """Fills in Airflow's login page, at which one has arrived, and waits to be let through."""
        page.get_by_label("Username").fill(account)
        page.get_by_label("Password").fill(passwords(self.settings)[account])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/auth/" not in url)

    def collect(self) -> None:
        """Has the inboxes read now, as the clock or the watcher would."""
        follow(self.services, "collect_folders", self.services.api.trigger("collect_folders"))

    def _mind(self, context: BrowserContext) -> None:
        def asked(request: Request) -> None:
            if request.url.startswith("http"):
                self.hosts.add(urlsplit(request.url).netloc)

        def noted(message: ConsoleMessage) -> None:
            is_ours = message.type == "error" and "/tiendo" in message.location["url"]
            if is_ours and not message.text.startswith(EXPECTED_NOTES):
                self.complaints.append(message.text)

        context.on("request", asked)
        context.on("console", noted)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))


@contextmanager
def evening(scenario: Scenario) -> Iterator[Evening]:
    """Makes the evening; all ends with it."""
    with TemporaryDirectory(prefix="tiendo-evening-") as name, ExitStack() as parts:
        settings = Settings(
            home=Path(name) / "var", plan_dirs=(INCLUDE / "plans" / "282-kh-ubnd-2023",), database_url=None
        )
        parts.callback(stop_server, settings.postgres)
        clock_file = parts.enter_context(replay_clock(settings, scenario))
        before = scenario_before(scenario)
        play(settings, before, clock_file)
        set_replay_clock(clock_file, EVENING)
        services = parts.enter_context(
            airflow_services(settings, clock_file=clock_file, has_idle_machine=True, variables=LEAN)
        )
        playwright = parts.enter_context(sync_playwright())
        # A browser run by root has no sandbox of its own; it shows our own pages only.
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program("chromium"), args=options)
        parts.callback(browser.close)
        here = Evening(services, settings, browser)
        drop_files(settings, [make_file(scenario, delivery) for delivery in bad_ones(scenario)])
        here.collect()
        yield here


def scenario_before(scenario: Scenario) -> Scenario:
    """What came until four o'clock, but for the two bodies whose reports come in the evening."""
    steps = [step for step in scenario.steps if step.at < EVENING and step.action != "publish"]
    kept = [
        replace(step, deliveries=tuple(one for one in step.deliveries if one.agency not in {HEALTH, TORN}))
        for step in steps
    ]
    return replace(scenario, steps=tuple(kept))


def bad_ones(scenario: Scenario) -> list[DemoDelivery]:
    """The two reports of the evening."""
    sent = [one for step in scenario.steps for one in step.deliveries if one.agency in {HEALTH, TORN}]
    at = {HEALTH: EVENING.replace(minute=31), TORN: EVENING.replace(minute=36)}
    mistakes = {HEALTH: ("thousandfold", "giuong-benh-van-dan"), TORN: ("truncated", "")}
    return [
        replace(one, sent_at=at[one.agency], mistake=mistakes[one.agency][0], indicator=mistakes[one.agency][1])
        for one in sent
    ]


def play(settings: Settings, scenario: Scenario, clock_file: Path) -> None:
    """Has the days before gone by."""
    url, _ = database_urls(settings)
    set_replay_clock(clock_file, scenario.steps[0].at)
    prepare_warehouse(settings, url)
    engine = make_engine(url)
    for step in scenario.steps:
        set_replay_clock(clock_file, step.at)
        drop_files(settings, files_of(scenario, step))
        receive_documents(settings, scenario.register, engine, documents_of(scenario, step))
        run_once(settings, scenario.register, engine)
    engine.dispose()
