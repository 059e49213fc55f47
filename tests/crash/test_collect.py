"""Collecting, killed at every step there is; the archive full, or not to be written to."""

import os
from collections.abc import Callable
from datetime import datetime
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine

from crash.harness import confine, run_child
from tiendo import clock
from tiendo.clock import HANOI
from tiendo.collect.archive import HELD_IN_MEMORY, archived_path, sha256_of
from tiendo.collect.folder import CLAIMED, collect, make_inboxes
from tiendo.model.register import Register
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader, make_engine

NOON = datetime(2023, 3, 14, 12, 0, tzinfo=HANOI)
Row = tuple[str, str, str, int, datetime]


@pytest.fixture(autouse=True)
def replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, register: Register) -> None:
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(tmp_path / "clock"))
    clock.set_replay_clock(tmp_path / "clock", NOON)
    make_inboxes(settings, register)


@pytest.fixture
def collect_anew(settings: Settings, register: Register, database_url: URL) -> Callable[[], list[int]]:
    """Collects as a process of its own would: with connections of its own."""
    return lambda: collect(settings, register, make_engine(database_url))


def drop(settings: Settings, name: str, content: bytes, agency: str = "so-y-te") -> Row:
    """Puts a file into an inbox and returns the line that the ledger must then have for it."""
    path = settings.inbox / agency / name
    path.write_bytes(content)
    os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    return (name, agency, sha256_of(content), len(content), NOON)


def ledger(engine: Engine) -> list[Row]:
    with loader(engine) as connection:
        rows = connection.exec_driver_sql(
            "select name, sender, sha256, size_bytes, received_at from intake.submission_file order by file_id"
        )
        return [tuple(row) for row in rows]


def check_archive(settings: Settings, rows: list[Row]) -> None:
    for _, _, sha256, size, _ in rows:
        content = archived_path(settings.archive, sha256).read_bytes()
        assert (sha256_of(content), len(content)) == (sha256, size)


def test_killed_at_every_step_it_ends_as_if_undisturbed(
    settings: Settings, register: Register, engine: Engine, collect_anew: Callable[[], list[int]]
) -> None:
    expected: list[Row] = []
    for step in count(1):
        # A large file goes into the archive by another way than two small ones.
        expected += [
            drop(settings, f"{step}-1.xlsx", b"mot %d" % step),
            drop(settings, f"{step}-2.xlsx", b"hai %d" % step, "so-tai-chinh"),
            drop(settings, f"{step}-3.xlsx", b"%d" % step + bytes(HELD_IN_MEMORY)),
        ]
        outcome = run_child(collect_anew, die_at=step)
        assert outcome.error == ""
        collect(settings, register, engine)
        assert sorted(ledger(engine)) == sorted(expected), f"killed before step {step}"
        assert list((settings.inbox / CLAIMED).iterdir()) == []
        assert [path for path in settings.inbox.rglob("*") if path.is_file()] == []
        if not outcome.was_killed:
            break
    assert step > 30  # there were as many boundaries as that
    check_archive(settings, expected)


def test_a_full_disk_fails_clearly_and_the_next_run_goes_on(
    settings: Settings, register: Register, engine: Engine, collect_anew: Callable[[], list[int]]
) -> None:
    rows = [
        drop(settings, "nho.xlsx", b"mot"),
        drop(settings, "vua.xlsx", bytes(200_000)),
        drop(settings, "lon.xlsx", bytes(3 * HELD_IN_MEMORY)),
    ]
    for largest in (100_000, 2 * HELD_IN_MEMORY):
        outcome = run_child(collect_anew, largest_file=largest)
        assert outcome.error.startswith("ArchiveError: [Errno 27] the archive cannot be written: File too large")
        assert ledger(engine) == []
        assert [path for path in settings.archive.rglob("*") if path.is_file()] == []
    collect(settings, register, engine)
    assert sorted(ledger(engine)) == sorted(rows)
    check_archive(settings, rows)


@pytest.mark.parametrize("size", [3, 3 * HELD_IN_MEMORY])
def test_a_read_only_archive_fails_clearly_and_the_next_run_goes_on(
    settings: Settings, register: Register, engine: Engine, database_url: URL, size: int
) -> None:
    row = drop(settings, "a.xlsx", bytes(size))
    settings.archive.mkdir()
    settings.archive.chmod(0o555)
    own = make_engine(database_url)
    outcome = run_child(lambda: collect(settings, register, own), prepare=lambda: confine(own))
    settings.archive.chmod(0o755)
    assert outcome.error.startswith("ArchiveError: [Errno 13] the archive cannot be written: Permission denied")
    assert str(settings.archive) in outcome.error
    assert ledger(engine) == []
    collect(settings, register, engine)
    assert ledger(engine) == [row]
    check_archive(settings, [row])
