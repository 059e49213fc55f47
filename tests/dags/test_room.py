"""The control room: what is said of each state of things, on a real warehouse, and what a browser is given."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.exc import InternalError

from fixtures.pipeline import Pipeline
from fixtures.workbooks import filled_workbook
from tiendo import clock
from tiendo.airflow_glue.warehouse import AllParts, Parts
from tiendo.clock import HANOI
from tiendo.collect.landing import Fate, settle
from tiendo.mail.incident_words import _KINDS, advice
from tiendo.model.outcome import VERDICTS
from tiendo.model.period import Period
from tiendo.model.plans import Plans
from tiendo.model.register import Duty, Register
from tiendo.pages import machine as machine_page
from tiendo.pages.app import app
from tiendo.pages.frame import all_parts, link, viewer
from tiendo.pages.machine import Machine
from tiendo.pages.room import FILE_STATES
from tiendo.pages.standing import Standing, cell_key, cell_of, days_left, gather, grid, period_in_hand
from tiendo.pages.to_do import duration, left_words, to_do
from tiendo.settings import PROJECT, Settings
from tiendo.templates import template
from tiendo.warehouse.engine import loader, onlooker
from tiendo.warehouse.sql import statement
from unit.report_warehouse import receive, send

Q1, Q2 = Period(2023, 1), Period(2023, 2)
MONDAY = datetime(2023, 3, 13, 9, tzinfo=HANOI)
OVERDUE = datetime(2023, 3, 16, 9, tzinfo=HANOI)
BROWSER = {"accept": "text/html"}
WELL = Machine(
    seconds_since_look=12, has_scanner=False, scanner_trouble="", has_mail=False, free=80, size=100, versions=("1",),
    collect_minutes=5,
)  # fmt: skip


def owed(**what: Any) -> dict[str, Any]:
    nothing = {
        "state": "missing", "due_at": datetime(2023, 3, 15, tzinfo=HANOI), "received_at": None, "is_on_time": None,
        "days_late": None, "receipt_no": None, "rejected_at": None, "letter_no": None, "correction_asked_at": None,
    }  # fmt: skip
    return nothing | what


@pytest.mark.parametrize(
    ("row", "now", "state", "words", "open_words"),
    [
        (owed(), MONDAY, "open", "Chưa gửi, còn hạn đến hết ngày 14/03/2023", ""),
        (owed(), datetime(2023, 3, 15, tzinfo=HANOI), "overdue", "Chưa gửi, quá hạn 1 ngày", ""),
        (owed(), OVERDUE, "overdue", "Chưa gửi, quá hạn 2 ngày", ""),
        (owed(due_at=datetime(2023, 3, 21, tzinfo=HANOI)), OVERDUE, "open",
         "Chưa gửi, còn hạn đến hết ngày 20/03/2023", ""),
        (owed(state="exempt", letter_no="12/UBND"), OVERDUE, "excused", "Được miễn, văn bản 12/UBND", ""),
        (owed(state="nothing_to_report", letter_no="7"), OVERDUE, "excused", "Không phát sinh, văn bản 7", ""),
        (owed(state="rejected", rejected_at=MONDAY), MONDAY, "rejected",
         "Bị trả lại lúc 09:00 ngày 13/03/2023, chưa gửi lại; còn hạn đến hết ngày 14/03/2023", ""),
        (owed(state="rejected", rejected_at=MONDAY), OVERDUE, "rejected",
         "Bị trả lại lúc 09:00 ngày 13/03/2023, chưa gửi lại; quá hạn 2 ngày", ""),
        (owed(state="accepted", received_at=MONDAY, is_on_time=True, days_late=0), OVERDUE, "on_time",
         "Đúng hạn, 09:00 ngày 13/03/2023", ""),
        (owed(state="accepted_with_warnings", received_at=OVERDUE, is_on_time=False, days_late=2), OVERDUE, "late",
         "Chậm 2 ngày, 09:00 ngày 16/03/2023", ""),
        (owed(state="accepted", received_at=MONDAY, is_on_time=True, rejected_at=OVERDUE), OVERDUE, "on_time",
         "Đúng hạn, 09:00 ngày 13/03/2023", "bản gửi lúc 09:00 ngày 16/03/2023 bị trả lại, chưa gửi lại"),
        (owed(state="accepted", received_at=MONDAY, is_on_time=True, correction_asked_at=OVERDUE), OVERDUE, "on_time",
         "Đúng hạn, 09:00 ngày 13/03/2023", "đề nghị điều chỉnh lúc 09:00 ngày 16/03/2023, chưa gửi lại"),
    ],
)  # fmt: skip
def test_what_is_said_of_what_a_body_owes(
    row: dict[str, Any], now: datetime, state: str, words: str, open_words: str
) -> None:
    cell = cell_of(row, now)
    assert (cell.state, cell.words, cell.open_words) == (state, words, open_words)
    assert cell_of(owed(), MONDAY, is_coming=True).state == "coming"


@pytest.mark.parametrize(
    ("now", "left", "words"),
    [
        (MONDAY, 1, "còn 1 ngày làm việc"),
        (datetime(2023, 3, 10, 9, tzinfo=HANOI), 2, "còn 2 ngày làm việc"),  # a Friday
        (datetime(2023, 3, 14, 23, 59, tzinfo=HANOI), 0, "hôm nay là ngày cuối"),
        (datetime(2023, 3, 15, tzinfo=HANOI), None, "đã hết hạn ngày 14/03/2023"),
    ],
)
def test_working_days_are_counted_to_the_last_day(
    register: Register, now: datetime, left: int | None, words: str
) -> None:
    due_at = register.calendar_by_period[Q1].due_at
    assert days_left(register, due_at, now) == left
    assert left_words(left, due_at) == words


def test_working_days_leave_out_tet(register: Register) -> None:
    days = register.working_days
    assert days.count(date(2023, 1, 19), date(2023, 1, 27)) == 1
    assert days.count(MONDAY.date(), MONDAY.date()) == days.count(OVERDUE.date(), MONDAY.date()) == 0


@pytest.mark.parametrize(
    ("now", "period"),
    [
        (datetime(2022, 12, 1, tzinfo=HANOI), Q1),
        (datetime(2023, 3, 25, 23, tzinfo=HANOI), Q1),
        (datetime(2023, 3, 26, tzinfo=HANOI), Q2),
        (datetime(2026, 1, 1, tzinfo=HANOI), Period(2023, 4)),
    ],
)
def test_the_period_in_hand_is_the_first_that_is_open(register: Register, now: datetime, period: Period) -> None:
    assert period_in_hand(register, now) == period


@pytest.mark.parametrize(
    ("length", "words"),
    [(-5, "chưa đến 1 phút"), (59, "chưa đến 1 phút"), (60, "1 phút"), (3600, "1 giờ"), (7500, "2 giờ 5 phút"),
     (86400, "24 giờ"), (200_000, "2 ngày")],
)  # fmt: skip
def test_lengths_of_time(length: int, words: str) -> None:
    assert duration(timedelta(seconds=length)) == words


@pytest.fixture
def look(engine: Engine, register: Register, settings: Settings) -> Callable[..., Standing]:
    return lambda now=MONDAY, period=Q1: gather(Parts(settings, register, engine), period, now)


def test_a_held_file_is_done_with_once_its_sender_has_sent_a_sound_one(pipeline: Pipeline) -> None:
    parts = Parts(pipeline.settings, pipeline.register, pipeline.engine)

    def held() -> list[str]:
        return [row["receipt_no"] for row in gather(parts, Q1, clock.now()).quarantine]

    assert pipeline.send("so-y-te", b"khong doc duoc") == "quarantined"
    assert pipeline.send("so-tai-chinh", filled_workbook(pipeline.register, "so-tai-chinh", Q1)) == "accepted"
    assert held() == ["TN-000001"]
    pipeline.today(2023, 3, 14, 13)
    assert pipeline.send("so-y-te", filled_workbook(pipeline.register, "so-y-te", Q1)) == "accepted"
    assert held() == []


def hold(engine: Engine, register: Register, at: datetime, name: str) -> None:
    with loader(engine) as connection:
        file_id = receive(connection, "so-la", Q1, at, name=name)
        settle(connection, register, [Fate(file_id, "quarantined", None, None, receipt_path="")], at)


def publish(engine: Engine, register: Register, edition: int, **delivered: str) -> None:
    key = {"plan_code": register.code, "period": str(Q1), "edition": edition}
    at = register.calendar_by_period[Q1].publish_at
    row = {"as_of": at, "approved_by": "An", "approved_at": at, "published_at": at, "manifest_sha256": "0" * 64}
    with loader(engine) as connection:
        connection.execute(statement("report/put_edition.sql"), key | row | {"manifest": "{}"})
        for recipient, outcome in delivered.items():
            sent = {"recipient": recipient, "address": "", "outcome": outcome, "recorded_at": at}
            connection.execute(statement("report/put_delivery.sql"), key | sent)


def ask(engine: Engine, register: Register, edition: int, verdict: str | None, at: datetime = MONDAY) -> None:
    row = {
        "run_id": f"run-{edition}-{verdict}", "plan_code": register.code, "asked_at": at, "period": str(Q1),
        "edition": edition, "as_of": at, "data_sha256": "0" * 64, "content_sha256": "0" * 64, "title": "", "review": [],
    }  # fmt: skip
    with loader(engine) as connection:
        connection.execute(statement("report/put_review_request.sql"), row)
        number = connection.execute(text("select max(review_request_id) from core.review_request")).scalar_one()
        if verdict:
            answer = {
                "review_request_id": number, "verdict": verdict, "account_id": "1", "answered_by": "An",
                "answered_at": at, "return_to": "", "comment": "",
                "refused_because": "vì" if verdict == "refused" else None,
            }  # fmt: skip
            connection.execute(statement("report/put_review_answer.sql"), answer)


def test_an_evening_is_read_as_it_stands(
    engine: Engine, register: Register, settings: Settings, look: Callable[..., Standing]
) -> None:
    send(engine, register, "so-y-te", Q1, MONDAY - timedelta(hours=1), name="a.xlsx")
    send(engine, register, "so-tai-chinh", Q1, MONDAY - timedelta(days=1))
    send(engine, register, "so-tai-chinh", Q1, MONDAY - timedelta(minutes=9), state="rejected")
    send(engine, register, "so-xay-dung", Q1, MONDAY - timedelta(minutes=8), state="rejected", name="b.xlsx")
    send(engine, register, "so-tu-phap", Q1, MONDAY + timedelta(days=3), name="later.xlsx")
    hold(engine, register, MONDAY - timedelta(minutes=7), "c.xlsx")
    with loader(engine) as connection:
        receive(connection, "so-noi-vu", Q1, MONDAY - timedelta(minutes=6), name="waits.xlsx")
        connection.execute(
            statement("intake/put_scan.sql"), {"channel": "folder", "completed_at": MONDAY - timedelta(minutes=2)}
        )
    claimed = settings.inbox / ".claimed" / "so-y-te" / "0" / "hangs.xlsx"
    claimed.parent.mkdir(parents=True)
    claimed.write_bytes(b"PK")

    standing = look()
    cells = {body.code: body.cells[str(Q1)].state for body in standing.bodies}
    assert list(cells) == [body.code for body in register.obliged]
    assert {cells[code] for code in cells} == {"on_time", "rejected", "open"}
    assert [body.code for body in standing.of_period("on_time")] == ["so-tai-chinh", "so-y-te"]
    assert [body.code for body in standing.unmended] == ["so-tai-chinh", "so-xay-dung"]
    assert [body.code for body in standing.behind] == ["so-tai-chinh", "so-xay-dung"]
    own_plan = standing.bodies[0].cells[cell_key(Duty.IMPLEMENTATION_PLAN, "2023")]
    assert own_plan.state == "overdue", "due in February"
    assert standing.bodies[0].cells[str(Q2)].state == "coming"
    assert [row["name"] for row in standing.files] == ["waits.xlsx", "c.xlsx", "b.xlsx", "BC.xlsx", "a.xlsx"]
    assert (standing.queue["file_count"], standing.queue["oldest_landed_at"]) == (1, MONDAY - timedelta(minutes=6))
    assert [row["name"] for row in standing.quarantine] == ["c.xlsx"]
    assert standing.scans == {"folder": MONDAY - timedelta(minutes=2)}
    assert (standing.days_left, standing.draft, standing.editions, standing.trial_hits) == (1, "", [], {})
    late = look(OVERDUE + timedelta(days=1))
    assert [body.code for body in late.of_period("late")] == ["so-tu-phap"]
    assert len(late.behind) == len(cells) - 2  # of those on time one was sent back since; another is late


def test_the_gravest_finding_is_shown(engine: Engine, register: Register, look: Callable[..., Standing]) -> None:
    send(engine, register, "so-y-te", Q1, MONDAY, state="rejected")
    with loader(engine) as connection:
        file_id = connection.execute(text("select max(file_id) from intake.submission_file")).scalar_one()
        for severity in ("info", "critical", "warning"):
            connection.execute(
                text("insert into intake.finding (file_id, rule, severity, sheet, cell, message, found, expected, fix)"
                     " values (:f, 'r', :s, '', '', :s, '', '', '')"),
                {"f": file_id, "s": severity},
            )  # fmt: skip
    (file,) = look().files
    assert (file["message"], file["finding_count"]) == ("critical", 3)


@pytest.mark.parametrize(
    ("verdicts", "shown"),
    [
        ([None], "chờ phê duyệt từ"),
        (["refused"], "chờ phê duyệt từ"),
        (["refused", None], "chờ phê duyệt từ"),
        (["reject"], "không được phê duyệt"),
        (["reject", None], "chờ phê duyệt từ"),
        (["approve"], "đang ban hành"),
        ([], "Không có bản nào chờ phê duyệt"),
    ],
)
def test_what_became_of_the_question(
    engine: Engine, register: Register, browser: TestClient, verdicts: list[str | None], shown: str
) -> None:
    for verdict in verdicts:
        ask(engine, register, 1, verdict)
    page = browser.get("/", headers=BROWSER).text
    assert shown in page
    assert ("chờ phê duyệt từ 09:00 ngày 13/03/2023</span>.<br>" in page) == (shown == "chờ phê duyệt từ")


def test_an_edition_tells_whom_it_did_not_reach(engine: Engine, register: Register, browser: TestClient) -> None:
    ask(engine, register, 1, None)
    publish(engine, register, 1, UBND="queued", HĐND="no_address", Sở="no_connection")
    publish(engine, register, 2, UBND="queued", Sở="queued", **{"HĐND;": "no_address"})
    set_clock(browser, OVERDUE)
    page = browser.get("/", headers=BROWSER).text
    assert "Lần 2</a>: 16:30 ngày 14/03/2023, An phê duyệt. Thư: 0/2 đã gửi (Sở, UBND). Chưa gửi được" in page
    assert "Thư: 0/1 đã gửi (UBND). Chưa gửi được qua thư: HĐND, Sở." in page
    assert "Bản ban hành lần 2 chưa gửi được qua thư tới: HĐND" in page
    assert "Không có bản nào chờ phê duyệt" in page, "what is published waits no more"


NOTHING = {"file_count": 0, "oldest_landed_at": None, "mail_count": 0, "oldest_created_at": None}


def quiet(register: Register, now: datetime = MONDAY, *, has_bodies: bool = False) -> Standing:
    """Nothing has come, and no body owes anything but where asked."""
    calendar = register.calendar_by_period[Q1]
    bodies = register.obliged if has_bodies else ()
    rows = [owed(agency_code=body.code, obligation="quarterly_report", period=str(Q1)) for body in bodies]
    return Standing(
        now=now, calendar=calendar, days_left=days_left(register, calendar.due_at, now),
        bodies=grid(register, rows, now), files=[], is_cut=False, queue=NOTHING, scans={}, left_alone=[], quarantine=[],
        incidents=[], editions=[], undelivered=[], questions={}, draft="", trial_hits={},
    )  # fmt: skip


WAITING = {
    "file_count": 2,
    "oldest_landed_at": MONDAY - timedelta(minutes=30),
    "mail_count": 0,
    "oldest_created_at": None,
}
LEFT = {"channel": "folder", "path": "so-y-te/x", "reason": "folder"}
INCIDENT = {"subject": "paused publish_report", "since": MONDAY, "well_since": None}
EVENING = datetime(2023, 3, 14, 17, tzinfo=HANOI)
RETURNED = {"verdict": "reject", "answered_at": EVENING - timedelta(minutes=20)}
HELD = {"receipt_no": "TN-000009", "name": "x.xlsx"}


@pytest.mark.parametrize(
    ("now", "standing", "machine", "is_bad", "runbook", "words"),
    [
        (MONDAY, {}, {"seconds_since_look": None}, True, "health", "Không có ai theo dõi"),
        (MONDAY, {}, {"seconds_since_look": 301}, True, "health", "Không có ai theo dõi"),
        (MONDAY, {"incidents": [INCIDENT]}, {}, True, "health", "DAG publish_report đang bị tạm dừng"),
        (MONDAY, {"incidents": [INCIDENT | {"subject": "smtp"}]}, {}, True, "mailbox-down", "Không gửi được thư đi"),
        (MONDAY, {}, {"scanner_trouble": "refused"}, True, "file-waits", "Bộ quét vi-rút không trả lời"),
        (MONDAY, {}, {"free": 9}, True, "warehouse-down", "Đĩa chỉ còn trống"),
        (MONDAY, {"queue": WAITING}, {}, True, "file-waits", "2 tệp chờ xử lý, lâu nhất 30 phút"),
        (MONDAY, {"scans": {"folder": MONDAY - timedelta(minutes=16)}}, {}, True, "share-not-mounted", "chưa được"),
        (MONDAY, {"left_alone": [LEFT]}, {}, False, "file-waits", "so-y-te/x"),
        (MONDAY, {"left_alone": [LEFT] * 6}, {}, False, "file-waits", "6 mục"),
        (MONDAY, {"left_alone": [*[LEFT] * 5, LEFT | {"reason": "claimed"}]}, {}, True, "file-waits", "6 mục"),
        (MONDAY, {"quarantine": [HELD] * 6}, {}, False, "quarantine", "6 tệp bị tạm giữ"),
        (MONDAY, {"left_alone": [LEFT | {"reason": "unreadable"}]}, {}, True, "file-waits", "so-y-te/x"),
        (MONDAY, {"quarantine": [HELD]}, {}, False, "quarantine", "TN-000009"),
        (MONDAY, {"undelivered": [{"to_address": "a@x.vn"}] * 2}, {}, False, "undeliverable-mail", "2 thư"),
        (EVENING, {}, {}, True, "edition-not-published", "quá giờ ban hành"),
        (EVENING, {"questions": {str(Q1): RETURNED}}, {}, True, "edition-not-published", "trả lời lúc 16:40"),
    ],
)  # fmt: skip
def test_what_is_to_be_done(  # noqa: PLR0917  a row of the table
    register: Register,
    now: datetime,
    standing: dict[str, Any],
    machine: dict[str, Any],
    is_bad: bool,
    runbook: str,
    words: str,
) -> None:
    assert to_do(quiet(register), WELL) == []
    (item,) = to_do(replace(quiet(register, now), **standing), replace(WELL, **machine))
    assert (item.is_bad, item.runbook, words in item.what) == (is_bad, runbook, True), item


@pytest.mark.parametrize(
    ("standing", "machine"),
    [
        ({"incidents": [INCIDENT | {"well_since": MONDAY}]}, {}),
        ({"queue": WAITING | {"oldest_landed_at": MONDAY - timedelta(minutes=29)}}, {}),
        ({"scans": {"folder": MONDAY - timedelta(minutes=15)}}, {}),
        ({"scans": {"folder": MONDAY - timedelta(days=1)}}, {"collect_minutes": 0}),
        ({"left_alone": [LEFT | {"reason": "temporary"}]}, {}),
        ({}, {"seconds_since_look": 300}),
        ({}, {"free": 10}),
    ],
)
def test_what_needs_nobody(register: Register, standing: dict[str, Any], machine: dict[str, Any]) -> None:
    assert to_do(replace(quiet(register), **standing), replace(WELL, **machine)) == []


@pytest.mark.parametrize(
    ("now", "words", "is_bad"),
    [
        (datetime(2023, 3, 8, 9, tzinfo=HANOI), None, None),
        (datetime(2023, 3, 9, 9, tzinfo=HANOI), "30 đơn vị chưa gửi, còn 3 ngày làm việc", False),
        (datetime(2023, 3, 14, 9, tzinfo=HANOI), "30 đơn vị chưa gửi, hôm nay là ngày cuối", True),
        (OVERDUE, "30 đơn vị quá hạn chưa gửi: Sở KH&ĐT, Sở Tài chính", True),
        (datetime(2023, 3, 26, 9, tzinfo=HANOI), None, None),
    ],
)
def test_bodies_are_a_matter_of_now_around_the_last_day(
    register: Register, now: datetime, words: str | None, is_bad: bool | None
) -> None:
    about = [item for item in to_do(quiet(register, now, has_bodies=True), WELL) if item.runbook == "reminders"]
    assert [(item.what.startswith(words or "-"), item.is_bad) for item in about] == ([(True, is_bad)] if words else [])


@pytest.mark.parametrize(
    ("subject", "href"),
    [
        ("paused publish_report", "/dags/publish_report"),
        ("dag-run publish_report 2023-Q1", "/dags/publish_report"),
        ("import-error compute_status.py", "/dags"),
        ("mailbox", "/dags/collect_mailbox"),
        ("component scheduler", ""),
    ],
)
def test_an_incident_leads_to_the_page_that_shows_it(register: Register, subject: str, href: str) -> None:
    (item,) = to_do(replace(quiet(register), incidents=[INCIDENT | {"subject": subject}]), WELL)
    assert item.href == href
    assert "dưới đây" not in item.act


def test_every_step_stands_in_the_handbook() -> None:
    page = template("pages/so_tay.html.j2").render(
        title="", user="", here="", refresh=0, script="", parts={}, link=link, shown_plan=None
    )
    sections = set(re.findall(r'<h2 id="([a-z-]+)"', page))
    assert {advice(kind)[1] for kind in _KINDS} <= sections
    source = (PROJECT / "plugins/tiendo/pages/to_do.py").read_text(encoding="utf-8")
    named = set(re.findall(r'"((?:[a-z]+-)*[a-z]+)"(?=[,)])', source)) & {
        path.stem for path in (PROJECT / "docs" / "runbooks").glob("*.md")
    }
    assert len(named) >= 6
    assert named <= sections
    docs = {path.stem for path in (PROJECT / "docs").glob("runbooks/*.md")} | {"reminders"}
    assert sections <= docs, "a section is called as its runbook"


def test_every_state_of_a_file_has_its_words() -> None:
    assert set(FILE_STATES) == {*VERDICTS, "trial", None}


def test_an_onlooker_changes_nothing(engine: Engine) -> None:
    with pytest.raises(InternalError, match="read-only"), onlooker(engine) as connection:
        connection.execute(statement("intake/put_scan.sql"), {"channel": "folder", "completed_at": MONDAY})


def set_clock(browser: TestClient, now: datetime) -> None:
    browser.clock.write_text(now.isoformat())  # type: ignore[attr-defined]


@pytest.fixture
def browser(
    engine: Engine, register: Register, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    """A browser of somebody who may read, on a Monday before the last day to submit."""
    settings.home.mkdir()
    clock = tmp_path / "clock"
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(clock))
    monkeypatch.setattr(machine_page, "is_mail_set_up", lambda: False)
    app.dependency_overrides[viewer] = lambda: SimpleNamespace(get_name=lambda: "an")
    app.dependency_overrides[all_parts] = lambda: AllParts(settings, Plans((register,)), engine)
    client = TestClient(app, raise_server_exceptions=False)
    client.clock = clock  # type: ignore[attr-defined]
    set_clock(client, MONDAY)
    yield client
    app.dependency_overrides.clear()


def test_the_room_is_one_page_that_asks_nobody_else(engine: Engine, register: Register, browser: TestClient) -> None:
    send(engine, register, "so-y-te", Q1, MONDAY, name="<script>alert(1)</script>.xlsx")
    answer = browser.get("/", headers=BROWSER)
    page = answer.text
    assert answer.status_code == 200
    assert "Quý I năm 2023: còn 1 ngày làm việc" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;.xlsx" in page
    assert "<script>alert" not in page
    links = re.findall(r'(?:href|src|action)="([^"]*)"', page.partition("<script>")[0])
    assert all(link.startswith(("/", "#")) and not link.startswith("//") for link in links), links
    assert {"/tiendo/don-vi/so-y-te", "/tiendo/tep/TN-000001", "/tiendo/tim"} <= set(links)
    assert 'data-refresh="20"' in page
    assert "data-renewed" in page
    assert "connect-src 'self'" in answer.headers["content-security-policy"]


def test_many_files_of_a_day_are_folded(engine: Engine, register: Register, browser: TestClient) -> None:
    for number in range(22):
        send(engine, register, "so-y-te", Q1, MONDAY - timedelta(minutes=number + 1), state="rejected")
    page = browser.get("/", headers=BROWSER).text
    shown, folded, hidden = page.partition('<details id="tep-khac"><summary>2 tệp trước đó</summary>')
    assert folded
    files = re.compile(r"<td data-label=\"Phiếu\"><a [^>]*>(TN-\d+)</a>")
    assert (len(files.findall(shown)), len(files.findall(hidden))) == (20, 2)


def test_another_period_is_asked_for_by_name(browser: TestClient) -> None:
    assert "Quý III năm 2023: còn" in browser.get("/?ky=2023-Q3", headers=BROWSER).text
    for unknown in ("2024-Q1", "2023-Q5", "x", "2023-q1", "'"):
        answer = browser.get("/", params={"ky": unknown}, headers=BROWSER)
        assert answer.status_code == 404
        assert "Kế hoạch không có kỳ báo cáo này; có các kỳ: 2023-Q1, 2023-Q2" in answer.text


def test_the_room_comes_back_with_its_warehouse(browser: TestClient, engine: Engine, postgres: URL) -> None:
    name = engine.url.database
    keeper = create_engine(postgres, isolation_level="AUTOCOMMIT")
    assert browser.get("/", headers=BROWSER).status_code == 200
    with keeper.connect() as connection:

        def cut_off() -> None:
            sql = f"select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '{name}'"
            connection.exec_driver_sql(sql).all()

        cut_off()
        assert browser.get("/", headers=BROWSER).status_code == 200, "the pool tries what it hands out"
        connection.exec_driver_sql(f"alter database {name} allow_connections false")
        cut_off()
        answer = browser.get("/", headers=BROWSER)
        assert (answer.status_code, "Kho số liệu tạm thời không trả lời" in answer.text) == (503, True)
        assert browser.get("/so-tay", headers=BROWSER).status_code == 200, "what to do can be read all the same"
        connection.exec_driver_sql(f"alter database {name} allow_connections true")
    keeper.dispose()
    assert browser.get("/", headers=BROWSER).status_code == 200
