"""What operations does by hand: re-reading, the quarantine, and the audit row each act leaves."""

import json
import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from crash.harness import run_child
from fixtures.command import Command
from fixtures.turn import run_once
from fixtures.workbooks import filled_workbook, nameless, put
from tiendo import clock
from tiendo.clock import HANOI
from tiendo.collect.folder import collect, make_inboxes
from tiendo.collect.ledger import ledger_document
from tiendo.model.content import UNREAD, WorkbookContent
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.process import quarantine, requeue
from tiendo.process.requeue import (
    NotPossibleError,
    Rereading,
    enter,
    find_file,
    review,
    review_period,
    settle,
)
from tiendo.reading.columns import INDICATORS
from tiendo.reading.reader import read_workbook
from tiendo.settings import INCLUDE, Settings
from tiendo.warehouse import audit
from tiendo.warehouse.engine import loader, make_engine, reader

Q1 = Period(2023, 1)
NOON = datetime(2023, 3, 14, 12, tzinfo=HANOI)
BODY = "so-tai-chinh"


@pytest.fixture(autouse=True)
def replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, register: Register) -> Path:
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(tmp_path / "clock"))
    clock.set_replay_clock(tmp_path / "clock", NOON)
    make_inboxes(settings, register)
    return tmp_path / "clock"


def revenue_workbook(register: Register, revenue: object) -> bytes:
    """A workbook of Sở Tài chính in which one figure is as given."""
    return filled_workbook(
        register,
        BODY,
        Q1,
        lambda workbook: (
            put(workbook, INDICATORS, "thu-ngan-sach", "year_to_date", revenue),
            put(workbook, INDICATORS, "thu-ngan-sach", "quarter", revenue),
        ),
    )


def send(
    settings: Settings, register: Register, engine: Engine, content: bytes, *, folder: str = BODY, name: str = "a.xlsx"
) -> dict[str, Any]:
    """Sends one file through the pipeline and returns its line of the ledger."""
    path = settings.inbox / folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (clock.now().timestamp(), clock.now().timestamp()))
    run_once(settings, register, engine)
    line: dict[str, Any] = ledger_document(engine)["files"][-1]
    return line


@pytest.fixture
def stricter(change_rule: Callable[..., None]) -> Callable[..., None]:
    """Gives a function after which a rule refuses, as if it had been changed in include/expectations/."""
    return lambda rule, severity="critical": change_rule(rule, severity=severity)


def current(engine: Engine, indicator: str) -> tuple[Decimal, str]:
    """The figure of the year so far that counts, and the receipt it came with."""
    with reader(engine) as connection:
        row = connection.exec_driver_sql(
            """select value, receipt_no from mart.observation_history
            where indicator_code = %(code)s and basis = 'year_to_date' and is_current""",
            {"code": indicator},
        ).one()
    return row.value, row.receipt_no


def act(settings: Settings, register: Register, engine: Engine, reviewed: Rereading) -> dict[str, Any]:
    return settle(settings, register, engine, enter(engine, reviewed, act="requeue", reason="Quy tắc đã sửa"))


def test_the_same_rules_say_the_same(settings: Settings, register: Register, engine: Engine, replay: Path) -> None:
    line = send(settings, register, engine, revenue_workbook(register, "17.300"))
    clock.set_replay_clock(replay, NOON + timedelta(days=200))  # closed long ago: it came in time all the same
    reviewed = review(settings, register, engine, find_file(engine, line["sha256"]))
    assert (reviewed.before.state, reviewed.after.state) == ("accepted", "accepted")
    assert not reviewed.is_different
    assert len(reviewed.before.observations) > 2
    assert reviewed.before.tasks


def test_a_rule_that_was_too_strict_is_mended_and_the_file_counts(
    settings: Settings,
    register: Register,
    engine: Engine,
    replay: Path,
    stricter: Callable[..., None],
) -> None:
    stricter("number-understood")
    line = send(settings, register, engine, revenue_workbook(register, "17.300.000 triệu đồng"))
    assert line["state"] == "rejected"
    stricter("number-understood", "info")
    clock.set_replay_clock(replay, NOON + timedelta(days=3))

    reviewed = review(settings, register, engine, find_file(engine, line["sha256"]))

    assert (reviewed.before.state, reviewed.after.state) == ("rejected", "accepted")
    assert reviewed.is_different
    revenue = {
        (change["basis"]): (change["old"], change["new"])
        for change in reviewed.values
        if change["indicator"] == "thu-ngan-sach"
    }
    new = {"answer": "value", "value": Decimal(17300), "kind": "estimate"}
    assert revenue == {"quarter": (None, new), "year_to_date": (None, new)}
    assert ledger_document(engine)["received"] == 1, "looking changes nothing"

    done = act(settings, register, engine, reviewed)

    assert (done["state"], done["periods"]) == ("accepted", ["2023-Q1"])
    first, second = ledger_document(engine)["files"]
    assert (first["state"], second["state"]) == ("rejected", "accepted")
    assert (second["requeue_of"], second["sha256"]) == (first["receipt_no"], first["sha256"])
    assert second["received_at"] == first["received_at"] == NOON
    assert (settings.home / second["receipt"]).exists()
    assert current(engine, "thu-ngan-sach") == (Decimal(17300), second["receipt_no"])
    with reader(engine) as connection:
        is_on_time = connection.exec_driver_sql(
            f"select is_on_time from mart.submission_tracker where agency_code = '{BODY}' and period = '2023-Q1'"
        ).scalar()
    assert is_on_time
    (row,) = audit.audit_rows(engine)
    assert (row["act"], row["subject"], row["reason"]) == ("requeue", first["receipt_no"], "Quy tắc đã sửa")
    assert row["done_by"] == audit.acting_user()
    assert row["details"]["receipt"] == second["receipt_no"]
    assert (row["details"]["state_before"], row["details"]["state_after"]) == ("rejected", "accepted")
    assert not review(settings, register, engine, find_file(engine, second["receipt_no"])).is_different


def test_a_newer_version_still_counts_after_the_older_one_was_read_again(
    settings: Settings, register: Register, engine: Engine, replay: Path, stricter: Callable[..., None]
) -> None:
    old = send(settings, register, engine, revenue_workbook(register, "17.300"))
    clock.set_replay_clock(replay, NOON + timedelta(hours=2))
    new = send(settings, register, engine, revenue_workbook(register, "17.400"), name="b.xlsx")
    stricter("kind-given")
    reviewed = review(settings, register, engine, find_file(engine, old["receipt_no"]))
    assert not reviewed.is_different
    act(settings, register, engine, reviewed)
    assert current(engine, "thu-ngan-sach") == (Decimal(17400), new["receipt_no"])


def test_figures_once_learnt_stay_when_a_stricter_rule_refuses(
    settings: Settings, register: Register, engine: Engine, stricter: Callable[..., None]
) -> None:
    line = send(settings, register, engine, revenue_workbook(register, "17.300.000 triệu đồng"))
    assert line["state"] == "accepted"
    stricter("number-understood")
    reviewed = review(settings, register, engine, find_file(engine, line["sha256"]))
    assert reviewed.after.state == "rejected"
    assert reviewed.keeps_old_figures
    act(settings, register, engine, reviewed)
    assert current(engine, "thu-ngan-sach") == (Decimal(17300), line["receipt_no"])


def test_the_same_file_sent_again_stays_a_duplicate(settings: Settings, register: Register, engine: Engine) -> None:
    content = revenue_workbook(register, "17.300")
    line = send(settings, register, engine, content)
    act(settings, register, engine, review(settings, register, engine, find_file(engine, line["sha256"])))
    again = send(settings, register, engine, content, name="b.xlsx")
    assert again["state"] == "duplicate"
    assert find_file(engine, again["receipt_no"]).receipt_no == line["receipt_no"]


def test_what_cannot_be_read_again(settings: Settings, register: Register, engine: Engine) -> None:
    with pytest.raises(NotPossibleError, match="no file 'TN-000009'"):
        find_file(engine, "TN-000009")
    for folder in (BODY, "so-y-te"):
        (settings.inbox / folder / "a.xlsx").write_bytes(b"x")
    for path in settings.inbox.glob("*/a.xlsx"):
        os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    collect(settings, register, engine)
    sha256 = ledger_document(engine)["files"][0]["sha256"]
    with pytest.raises(NotPossibleError, match="several times"):
        find_file(engine, sha256)
    with pytest.raises(NotPossibleError, match="waits for its first reading"):
        review(settings, register, engine, find_file(engine, sha256, "so-y-te"))


def test_a_stranger_is_held_listed_and_released(settings: Settings, register: Register, engine: Engine) -> None:
    content = filled_workbook(register, BODY, Q1, nameless)
    line = send(settings, register, engine, content, folder="thu-muc-la")
    assert line["state"] == "quarantined"
    (held,) = quarantine.held_files(engine)
    assert (held["receipt_no"], held["sender"], held["rules"]) == (line["receipt_no"], "thu-muc-la", ["sender-known"])
    assert quarantine.show(settings, engine, line["sha256"])["findings"][0]["rule"] == "sender-known"
    with pytest.raises(NotPossibleError, match="--agency"):
        quarantine.release(settings, register, engine, line["sha256"], agency="", reason="x")

    reviewed, done = quarantine.release(
        settings, register, engine, line["receipt_no"], agency=BODY, reason="Thư mục đặt tên sai"
    )

    assert done is not None
    assert reviewed.outcome.agency == BODY
    assert done["state"] != "quarantined"
    assert done["answer"].startswith(f"outbox/{BODY}/")
    assert quarantine.held_files(engine) == []
    second = ledger_document(engine)["files"][-1]
    assert (second["agency"], second["received_at"]) == (BODY, NOON)
    (row,) = audit.audit_rows(engine)
    assert (row["act"], row["details"]["agency"]) == ("release", BODY)
    with pytest.raises(NotPossibleError, match="not in quarantine"):
        quarantine.release(settings, register, engine, line["sha256"], agency=BODY, reason="x")


def test_what_would_be_held_again_is_not_released(settings: Settings, register: Register, engine: Engine) -> None:
    line = send(settings, register, engine, b"khong doc duoc")
    reviewed, done = quarantine.release(settings, register, engine, line["sha256"], agency="", reason="x")
    assert done is None
    assert [finding["rule"] for finding in reviewed.after.findings] == ["file-plain-text"]
    assert ledger_document(engine)["received"] == 1
    assert audit.audit_rows(engine) == []


def test_killed_at_any_step_an_act_is_done_once(
    settings: Settings, register: Register, engine: Engine, database_url: URL
) -> None:
    line = send(settings, register, engine, revenue_workbook(register, "17.300"))
    first = find_file(engine, line["sha256"])
    reviewed = review(settings, register, engine, first)
    for step in (1, 2, 3):
        run_child(lambda: enter(make_engine(database_url), reviewed, act="requeue", reason="x"), die_at=step)
        entered = enter(engine, reviewed, act="requeue", reason="x")
        with loader(engine) as connection:
            lines, acts = connection.exec_driver_sql(
                "select (select count(*) from intake.submission_file), (select count(*) from intake.audit)"
            ).one()
        assert lines == acts + 1
        settle(settings, register, engine, entered)
    assert ledger_document(engine)["adds_up"]


@pytest.mark.parametrize("account", ["tiendo", "airflow", "uid 50000"])
def test_a_service_answers_for_nothing(monkeypatch: pytest.MonkeyPatch, account: str) -> None:
    monkeypatch.setattr(audit, "acting_user", lambda: account)
    with pytest.raises(audit.NobodyError, match=f"The account {account} is no person's. Say who does this: --by"):
        audit.responsible("  ")
    assert audit.responsible("Nguyễn Văn An") == f"Nguyễn Văn An (tự khai; tài khoản {account})"


def test_an_audit_row_is_never_changed_and_never_without_a_reason(engine: Engine) -> None:
    with loader(engine) as connection:
        audit.record(
            connection, act="requeue", subject="TN-000001", reason="đã sửa", details={"a": Decimal("1.5")}, done_by="an"
        )
    for change in ("update intake.audit set reason = 'x'", "delete from intake.audit"):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.exec_driver_sql(change)
        with pytest.raises(ProgrammingError, match="permission denied"), loader(engine) as connection:
            connection.exec_driver_sql(change)
    with pytest.raises(IntegrityError), loader(engine) as connection:
        audit.record(connection, act="requeue", subject="TN-000001", reason="  ", details={}, done_by="an")
    assert audit.audit_rows(engine)[0]["details"] == {"a": Decimal("1.5")}


def test_a_period_shows_what_todays_rules_would_say_otherwise_and_does_nothing(
    settings: Settings, register: Register, engine: Engine, replay: Path, stricter: Callable[..., None]
) -> None:
    odd = send(settings, register, engine, revenue_workbook(register, "17.300.000 triệu đồng"), name="a.xlsx")
    plain = filled_workbook(register, "so-y-te", Q1)
    other = send(settings, register, engine, plain, folder="so-y-te")
    send(settings, register, engine, plain, folder="so-y-te", name="b.xlsx")  # a repetition: its first speaks for it
    send(settings, register, engine, b"%PDF-1.7", folder="so-xay-dung", name="a.pdf")  # nobody can tell of which period
    assert (odd["state"], other["state"]) == ("accepted", "accepted")
    stricter("number-understood")
    clock.set_replay_clock(replay, NOON + timedelta(days=90))
    before = ledger_document(engine)

    files, unread = review_period(settings, register, engine, Q1)

    assert [one.first.receipt_no for one in files] == [odd["receipt_no"], other["receipt_no"]]
    assert unread == []
    assert [one.is_judged_otherwise() for one in files] == [True, False]
    assert [one.is_judged_otherwise("number-understood") for one in files] == [True, False]
    assert not files[0].is_judged_otherwise("value-whole")
    assert (files[0].before.state, files[0].after.state) == ("accepted", "rejected")
    assert {finding["rule"] for finding in files[0].rules_added} == {"number-understood"}
    assert files[0].keeps_old_figures
    assert ledger_document(engine) == before
    assert review_period(settings, register, engine, Period(2023, 2)).files == []


def test_another_wording_of_a_finding_is_no_other_judgement(
    settings: Settings, register: Register, engine: Engine, change_rule: Callable[..., None]
) -> None:
    send(settings, register, engine, revenue_workbook(register, "17.300.000 triệu đồng"))
    change_rule("number-understood", message="Nói khác đi.")
    ((reviewed,), _) = review_period(settings, register, engine, Q1)
    assert reviewed.findings_added
    assert not reviewed.is_judged_otherwise()


def test_a_file_held_for_a_fault_of_ours_shows_in_the_period_it_turns_out_to_be_of(
    settings: Settings, register: Register, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = send(settings, register, engine, b"chua doc duoc", name="a.txt")
    assert (line["state"], line["period"]) == ("quarantined", None)
    content = read_workbook(revenue_workbook(register, 17300))
    monkeypatch.setattr(requeue, "read_files", lambda _settings, hashes: [content for _ in hashes])
    ((reviewed,), _) = review_period(settings, register, engine, Q1)
    assert (reviewed.before.state, reviewed.after.state) == ("quarantined", "accepted")
    monkeypatch.setattr(
        requeue, "read_files", lambda _settings, hashes: [WorkbookContent(fault=UNREAD) for _ in hashes]
    )
    assert review_period(settings, register, engine, Q1) == ([], [line["receipt_no"]])


def test_the_commands(home: Path, database_url: URL, register: Register, tmp_path: Path) -> None:
    tiendo = Command(home, database_url)
    include = tmp_path / "include"
    shutil.copytree(INCLUDE, include)
    suite = include / "expectations" / "figure.json"
    document = json.loads(suite.read_text(encoding="utf-8"))
    for expectation in document["expectations"]:
        if expectation["meta"]["rule"] == "number-understood":
            expectation["severity"] = expectation["meta"]["severity"] = "critical"
    suite.write_text(json.dumps(document), encoding="utf-8")
    inbox = tmp_path / "in" / BODY
    inbox.mkdir(parents=True)
    (inbox / "a.xlsx").write_bytes(revenue_workbook(register, "17.300.000 triệu đồng"))
    (inbox.parent / "la.xlsx").write_bytes(filled_workbook(register, BODY, Q1, nameless))
    strict = Command(home, database_url)
    strict.environment["TIENDO_INCLUDE"] = str(include)
    assert strict.json("ingest", inbox.parent)["states"] == {"rejected": 1, "quarantined": 1}
    receipts = {file["name"]: file["receipt_no"] for file in tiendo.json("ledger")["files"]}
    sent, stranger = receipts["a.xlsx"], receipts["la.xlsx"]

    shown = tiendo.json("requeue", sent)
    assert shown["changes"]["verdict"] == ["rejected", "accepted"]
    assert shown["done"] is None
    assert "--yes" in tiendo("requeue", sent)
    assert tiendo("requeue", sent, "--yes", code=2) == ""
    shown = tiendo.json("requeue", "--period", "2023-Q1", "--rule", "number-understood")
    assert (shown["files"], [one["receipt"] for one in shown["different"]]) == (1, [sent])
    told = tiendo("requeue", "--period", "2023-Q1")
    assert "verdict: rejected -> accepted" in told
    assert "1 files of 2023-Q1 read by today's rules; 1 would be judged otherwise." in told
    for wrong in (
        ["--period", "2031-Q1"],
        ["--period", "2023-Q1", "--rule", "khong-co"],
        [],
        ["--rule", "value-whole"],
    ):
        assert tiendo("requeue", *wrong, code=2) == ""
    assert tiendo("requeue", "--period", "2023-Q1", "--yes", "--reason", "x", code=2) == ""
    done = tiendo("requeue", sent, "--yes", "--reason", "Quy tắc đã sửa")
    assert "thu-ngan-sach 2023-Q1 year_to_date: none -> 17.300 (estimate)" in done
    assert "accepted" in done
    assert tiendo.json("requeue", sent)["changes"]["is_different"] is False
    assert tiendo("requeue", "TN-000099", code=2) == ""

    assert [item["receipt_no"] for item in tiendo.json("quarantine", "list")] == [stranger]
    assert "sender-known" in tiendo("quarantine", "show", stranger)
    assert tiendo("quarantine", "release", stranger, "--reason", "x", code=2) == ""
    assert tiendo("quarantine", "release", stranger, "--agency", "khong-co", "--reason", "x", code=2) == ""
    assert tiendo("quarantine", "release", stranger, "--agency", BODY, "--reason", " ", code=2) == ""
    assert "released" in tiendo("quarantine", "release", stranger, "--agency", BODY, "--reason", "Đã gọi điện")
    assert tiendo("quarantine", "show", stranger, code=2) == ""
    assert [row["act"] for row in tiendo.json("audit")] == ["requeue", "release"]
    assert "Đã gọi điện" in tiendo("audit")
    assert tiendo.json("ledger")["adds_up"]
