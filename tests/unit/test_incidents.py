"""When operations are told of what is red or dead: tables of looks, one a minute, on a real warehouse."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from tiendo.clock import HANOI, set_replay_clock
from tiendo.mail import incidents
from tiendo.mail.identity import Identity
from tiendo.mail.incident_words import _KINDS, bad_mail, well_mail, what_is_wrong
from tiendo.mail.incidents import (
    FOLDERS,
    MAILBOX,
    SMTP,
    Problem,
    end_outage,
    incident_rows,
    is_mail_due,
    note_outage,
    outages,
    take_note,
)
from tiendo.settings import PROJECT
from tiendo.warehouse.engine import loader

START = datetime(2023, 3, 13, 8, tzinfo=HANOI)
WE = Identity("baocao", "baocao@x.vn", operations="vanhanh@x.vn")
PAUSED = "paused compute_status"


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets the clock so many minutes after the start."""
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(tmp_path / "clock"))

    def set_clock(minute: int) -> None:
        set_replay_clock(tmp_path / "clock", START + timedelta(minutes=minute))

    set_clock(0)
    return set_clock


def mails(engine: Engine) -> list[tuple[int, str]]:
    """What was queued: minute, and ``bad`` or ``well``."""
    with engine.connect() as connection:
        rows = connection.execute(text("select created_at, about from intake.outgoing_mail order by outgoing_id"))
        return [
            (int((row.created_at - START).total_seconds() // 60), "well" if row.about.endswith("-well") else "bad")
            for row in rows
        ]


# What each look sees, one a minute (x: not well), and when operations are told what.
TABLE: list[tuple[str, str, str, list[tuple[int, str]]]] = [
    ("a restart", PAUSED, "xxx" + "." * 20, []),
    ("not well for three minutes", PAUSED, "xxxx", [(3, "bad")]),
    ("told once, however long", PAUSED, "x" * 90, [(3, "bad")]),
    ("well only when it has stayed so", PAUSED, "xxxx" + "." * 15, [(3, "bad")]),
    ("and that is told once", PAUSED, "xxxx" + "." * 60, [(3, "bad"), (19, "well")]),
    ("by turns: one incident", PAUSED, "xxxx" + (10 * "." + "x") * 5 + "." * 16, [(3, "bad"), (74, "well")]),
    ("each minute otherwise", PAUSED, "xx." * 40, []),
    ("again after it was over: a new one", PAUSED, "xxxx" + "." * 16 + "xxxx", [(3, "bad"), (19, "well"), (23, "bad")]),
    ("out of reach, but not long", MAILBOX, "x" * 15 + "." * 40, []),
    ("out of reach for a quarter of an hour", MAILBOX, "x" * 16, [(15, "bad")]),
    ("reached once meanwhile", FOLDERS, "x" * 14 + "." + "x" * 14, []),
    ("reached again", SMTP, "x" * 20 + "." * 20, [(15, "bad"), (35, "well")]),
]


@pytest.mark.parametrize(("subject", "looks", "told"), [case[1:] for case in TABLE], ids=[case[0] for case in TABLE])
def test_when_operations_are_told(
    engine: Engine, at: Callable[[int], None], subject: str, looks: str, told: list[tuple[int, str]]
) -> None:
    for minute, seen in enumerate(looks):
        at(minute)
        problems = [Problem(subject, f"minute {minute}")] if seen == "x" else []
        for _ in range(2):  # who looks was started again, or two look at once
            take_note(engine, WE, problems)
    assert mails(engine) == told
    assert bool(incident_rows(engine)) is (looks[-1] == "x" or len(told) % 2 == 1)


def test_what_could_not_be_told_is_told_once_there_is_an_address(engine: Engine, at: Callable[[int], None]) -> None:
    nobody = Identity("baocao", "baocao@x.vn")
    for minute in range(30):
        at(minute)
        take_note(engine, (None, nobody, WE)[minute // 10], [Problem(PAUSED, "x")])
    assert mails(engine) == [(20, "bad")]
    (row,) = incident_rows(engine)
    assert (row["subject"], row["since"], row["sent_at"]) == (PAUSED, START, None)
    assert is_mail_due(engine)


def test_what_could_not_be_looked_for_is_not_well_for_that(engine: Engine, at: Callable[[int], None]) -> None:
    for minute in range(40):
        at(minute)
        problems = [Problem(PAUSED, "x"), Problem("component scheduler", "x")] if minute < 4 else []
        take_note(engine, WE, problems, {"paused"} if minute >= 4 else ())
    (row,) = incident_rows(engine)
    assert (row["subject"], row["well_since"]) == (PAUSED, None)
    assert mails(engine) == [(3, "bad"), (3, "bad"), (19, "well")]


def test_a_crash_between_noting_and_queueing_tells_neither_twice_nor_never(
    engine: Engine, at: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    problems = [Problem(PAUSED, "x"), Problem("component scheduler", "x")]
    take_note(engine, WE, problems)
    at(5)
    real, seen = incidents.queue, []

    def dies(*arguments: Any) -> None:
        seen.append(arguments)
        real(*arguments)
        if len(seen) == 2:
            raise MemoryError

    monkeypatch.setattr(incidents, "queue", dies)
    with pytest.raises(MemoryError):
        take_note(engine, WE, problems)
    assert mails(engine) == []
    monkeypatch.undo()
    for _ in range(2):
        take_note(engine, WE, problems)
    assert len(mails(engine)) == 2


def test_an_outage_is_as_old_as_its_first_failure(engine: Engine, at: Callable[[int], None]) -> None:
    for minute in (0, 10):
        at(minute)
        note_outage(engine, MAILBOX, f"refused\nat {minute}")
    with loader(engine) as connection:
        assert outages(connection) == [Problem(MAILBOX, "refused at 10", START)]
    # Nobody had looked before.
    at(15)
    with loader(engine) as connection:
        found = outages(connection)
    take_note(engine, WE, found)
    assert mails(engine) == [(15, "bad")]
    end_outage(engine, MAILBOX)
    with loader(engine) as connection:
        assert outages(connection) == []


NAMES = {
    "dag-run": ["collect_folders", "publish_report 2023-Q1", "something_new"],
    "import-error": ["publish_report.py", "other.py"],
    "paused": ["send_reminders"],
    "look": ["dag-run"],
    "component": ["scheduler", "triggerer", "dag_processor", "api-server", "worker"],
}
SUBJECTS = [f"{kind} {name}".rstrip() for kind in _KINDS for name in NAMES.get(kind, [""])]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_mail_says_what_since_when_whom_it_concerns_and_what_to_do(subject: str) -> None:
    title, words = bad_mail(subject, START, "ConnectionRefusedError", "http://localhost:8080/dags")
    what = what_is_wrong(subject)
    assert title == f"[Tiendo] {what}"
    for said in (what, "08:00 ngày 13/03/2023", "ConnectionRefusedError", "Trang: http://localhost:8080/dags\n"):
        assert said in words
    assert re.search(r"Ảnh hưởng đến các đơn vị: \w.{30}", words)
    runbook = re.search(r"Việc cần làm: .*\((docs/runbooks/[\w-]+\.md)\)", words)
    assert runbook
    assert (PROJECT / runbook[1]).is_file()
    title, words = well_mail(subject, START, START + timedelta(minutes=7))
    assert what in title
    assert "08:07 ngày 13/03/2023" in words
