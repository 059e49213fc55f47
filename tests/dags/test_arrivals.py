"""Who looks out for what comes: fires once, hangs alone, never ends by itself, imports nothing heavy."""

import asyncio
import json
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from airflow.sdk import AssetOrTimeSchedule
from airflow.sdk._shared.module_loading import import_string
from airflow.serialization.encoders import encode_trigger
from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from tiendo.airflow_glue import arrivals
from tiendo.airflow_glue.arrivals import POSTS, ArrivalTrigger, Look, schedule_of
from tiendo.cli.dag_pages import reading_environment
from tiendo.settings import INCLUDE, Settings


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(arrivals, "FAILED_SECONDS", 0.02)


@pytest.fixture
def own_settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "var", (INCLUDE,), None)


@pytest.fixture
def inbox(own_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(arrivals, "get_settings", lambda: own_settings)
    folder = own_settings.inbox / "so-y-te"
    folder.mkdir(parents=True)
    return folder


async def payload(events: AsyncIterator[TriggerEvent], seconds: float = 600) -> dict[str, object]:
    return dict((await asyncio.wait_for(anext(events), seconds)).payload)


def put(folder: Path, name: str) -> None:
    """A file that nobody has touched for years."""
    (folder / name).write_bytes(b"x")
    os.utime(folder / name, (0, 0))


def test_the_triggerer_makes_it_anew_from_what_is_stored() -> None:
    stored = json.loads(json.dumps(encode_trigger(ArrivalTrigger("inbox"))))
    trigger = import_string(stored["classpath"])(**stored["kwargs"])
    assert isinstance(trigger, ArrivalTrigger)
    assert isinstance(trigger, BaseEventTrigger)
    assert trigger.post == "inbox"
    # Airflow keeps a trigger as long as this is the same at each parse.
    classpath, kwargs = trigger.serialize()
    assert BaseEventTrigger.hash(classpath, kwargs) == BaseEventTrigger.hash(*ArrivalTrigger("inbox").serialize())


def test_it_fires_once_for_all_that_has_come_and_not_for_what_lies_there(inbox: Path) -> None:
    async def play() -> None:
        put(inbox, "~$a.xlsx")
        for number in range(1000):
            put(inbox, f"{number}.xlsx")
        async with aclosing(ArrivalTrigger("inbox").run()) as events:
            assert await payload(events) == {"post": "inbox", "new": 1000}
            late = asyncio.ensure_future(payload(events))
            await asyncio.sleep(0.5)
            assert not late.done()
            put(inbox, "again.xlsx")
            assert await late == {"post": "inbox", "new": 1}

    asyncio.run(play())


def test_what_hangs_holds_up_nobody_else(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = Event()

    class HangingPost(arrivals.InboxPost):
        def look(self) -> Look:
            release.wait()
            return Look(1, 0)

    monkeypatch.setitem(POSTS, "hanging", HangingPost)

    async def play() -> None:
        async with (
            aclosing(ArrivalTrigger("hanging").run()) as hanging,
            aclosing(ArrivalTrigger("inbox").run()) as events,
        ):
            waiting = asyncio.ensure_future(payload(hanging))
            await asyncio.sleep(0.1)
            put(inbox, "a.xlsx")
            assert (await payload(events))["new"] == 1
            assert not waiting.done()
            release.set()
            assert (await waiting)["new"] == 1

    try:
        asyncio.run(play())
    finally:
        release.set()


def test_it_outlives_whatever_goes_wrong_and_says_it_once(inbox: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One that has ended Airflow starts again each second, and each time it would fire for what lies there."""
    away = inbox.parent.with_name("away")

    async def play() -> None:
        async with aclosing(ArrivalTrigger("inbox").run()) as events:
            put(inbox, "a.xlsx")
            assert (await payload(events))["new"] == 1
            inbox.parent.rename(away)
            late = asyncio.ensure_future(payload(events))
            while "No such file" not in caplog.text:
                assert not late.done(), late
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.2)
            assert not late.done()
            away.rename(inbox.parent)
            put(inbox, "b.xlsx")
            assert (await late)["new"] == 1

    with caplog.at_level(logging.WARNING, arrivals.__name__):
        asyncio.run(play())
    assert caplog.text.count("No such file") == 1


@pytest.mark.parametrize("minutes", [0, 7])
def test_what_is_collected_by_hand_only_is_not_looked_out_for(
    own_settings: Settings, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    monkeypatch.setattr(arrivals, "get_settings", lambda: replace(own_settings, collect_minutes=minutes))
    schedule = schedule_of("inbox", "inbox")
    if not minutes:
        assert schedule is None
        return
    assert isinstance(schedule, AssetOrTimeSchedule)
    assert schedule.timetable.delta == timedelta(minutes=7)
    (asset,) = schedule.asset_condition.objects
    assert [watcher.trigger.serialize()[1] for watcher in asset.watchers] == [{"post": "inbox"}]


def test_the_triggerer_imports_nothing_heavy_for_it(tmp_path: Path) -> None:
    probe = (
        "import sys, tiendo.airflow_glue.arrivals as a; [post() for post in a.POSTS.values()];"
        "print(sorted({'pandas', 'great_expectations', 'matplotlib', 'openpyxl'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], env=reading_environment(tmp_path), capture_output=True, text=True, check=True,
        timeout=600,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"
