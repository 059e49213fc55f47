"""Waiting goes on as long as something moves, and says for what."""

import pytest

from tiendo.local import waiting
from tiendo.local.waiting import wait_until


@pytest.fixture(autouse=True)
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that moves by ten seconds with each look."""
    now = [0.0]
    monkeypatch.setattr(waiting.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(waiting.time, "sleep", lambda _: now.__setitem__(0, now[0] + 10))
    return now


def test_what_is_quick_is_waited_for_in_silence(seconds: list[float]) -> None:
    told: list[str] = []
    wait_until(lambda: seconds[0] >= 20, lambda: "draft running", tell=told.append)
    assert told == []


def test_tells_what_is_waited_for_and_since_when(seconds: list[float]) -> None:
    told: list[str] = []
    state = lambda: "draft running" if seconds[0] < 80 else "publish running"  # noqa: E731
    wait_until(lambda: seconds[0] >= 100, state, tell=told.append)
    assert [line.strip() for line in told] == [
        "30 s   draft running", "60 s   draft running, unchanged for 30 s", "90 s   publish running",
    ]  # fmt: skip


def test_nothing_ends_it_while_something_moves(seconds: list[float]) -> None:
    wait_until(lambda: seconds[0] >= 50 * 3600, lambda: f"hour {seconds[0] // 3600}", tell=lambda line: None)


def test_what_has_come_to_rest_is_given_up_with_what_was_waited_for(seconds: list[float]) -> None:
    with pytest.raises(TimeoutError, match="Nothing has moved for 3600 s: draft queued"):
        wait_until(lambda: False, lambda: "draft queued", tell=lambda line: None)


def test_a_dead_service_ends_it_at_once() -> None:
    def check() -> None:
        raise RuntimeError("scheduler ended with code 1")

    with pytest.raises(RuntimeError, match="scheduler ended"):
        wait_until(lambda: False, lambda: "", check=check)


def test_the_longer_it_takes_the_less_often_one_looks(seconds: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """A look is work for who answers. The end is noticed late by a twentieth of the time at most, or by 0.3 seconds."""
    pauses: dict[float, float] = {}
    monkeypatch.setattr(
        waiting.time,
        "sleep",
        lambda pause: (pauses.setdefault(seconds[0], pause), seconds.__setitem__(0, seconds[0] + 10)),
    )
    wait_until(lambda: seconds[0] >= 100, lambda: "draft running", tell=lambda line: None)
    assert [pauses[at] for at in (0, 10, 20, 30, 40, 90)] == [0.3, 0.5, 1, 1.5, 2, 2]
