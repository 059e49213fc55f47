"""The pages of files, bodies, indicators and rules, and the search, over a real warehouse. The account is given."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from fixtures.pipeline import Pipeline
from fixtures.workbooks import filled_workbook, put
from tiendo.airflow_glue.warehouse import AllParts
from tiendo.clock import HANOI
from tiendo.collect.archive import archived_path
from tiendo.collect.ledger import ledger_document
from tiendo.model.period import Period
from tiendo.model.plans import Plans
from tiendo.model.register import Register
from tiendo.pages import files as file_pages
from tiendo.pages.app import app
from tiendo.pages.frame import all_parts, viewer
from tiendo.reading.columns import INDICATORS
from tiendo.settings import INCLUDE, Settings
from tiendo.validation import suites
from tiendo.warehouse.engine import loader, make_engine
from unit.report_warehouse import figure, grade, send

Q1, Q2 = Period(2023, 1), Period(2023, 2)
FINANCE, PLANNING, HEALTH = "so-tai-chinh", "so-ke-hoach-va-dau-tu", "so-y-te"


class Seen(HTMLParser):
    """What a browser makes of a page: its tags, the names in it, and where it leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags = [""]
        self.ids: list[str] = []
        self.links: list[str] = []
        self.pictures: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        assert not [name for name in given if name.startswith("on")], given
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if tag == "a" else []
        self.pictures += [given["src"] or ""] if tag == "img" else []

    def handle_data(self, data: str) -> None:
        if self.tags[-1] not in ("style", "script"):
            self.words += data


class Browser:
    """A browser of somebody who may read, over one warehouse."""

    def __init__(self, client: TestClient, engine: Engine) -> None:
        self.client, self.engine = client, engine

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.client.get(path.removeprefix("/tiendo"), headers={"accept": "text/html"}, follow_redirects=False)
        assert answer.status_code == status, answer.text
        return answer

    def page(self, path: str, status: int = 200) -> Seen:
        answer = self.get(path, status)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        seen = Seen(answer.text)
        assert seen.tags.count("script") == 1
        assert len(seen.ids) == len(set(seen.ids))
        assert not [link for link in seen.links if "//" in link or "javascript:" in link]
        return seen

    def lead_to_cells(self, seen: Seen) -> int:
        """Follows every link to a cell; returns how many there are."""
        cells = {link for link in seen.links if "/tep/" in link and "#" in link}
        for link in cells:
            path, _, name = link.partition("#")
            assert name in self.page(path).ids, link
        return len(cells)


@pytest.fixture
def browser(
    settings: Settings, register: Register, engine: Engine, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Browser]:
    monkeypatch.setattr(file_pages, "may_run", lambda user, dag_id: user.is_operator)
    user = SimpleNamespace(get_name=lambda: "an", is_operator=False)
    opened = AllParts(settings, Plans((register,)), engine)
    app.dependency_overrides |= {viewer: lambda: user, all_parts: lambda: opened}
    browser = Browser(TestClient(app), engine)
    browser.user = user  # type: ignore[attr-defined]
    yield browser
    app.dependency_overrides.clear()


def at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=HANOI)  # type: ignore[misc, arg-type]


def refused(register: Register) -> bytes:
    """A workbook of Sở Tài chính with revenue in the wrong unit."""
    return filled_workbook(
        register, FINANCE, Q1, lambda workbook: put(workbook, INDICATORS, "thu-ngan-sach", "year_to_date", 17300000)
    )


def test_a_refused_file_tells_why_and_where(
    pipeline: Pipeline, browser: Browser, register: Register, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert pipeline.send(FINANCE, refused(register), name="BC Q1.xlsx") == "rejected"
    seen = browser.page("/tep/TN-000001")
    found = pipeline.findings()["value-unit-scale"]
    assert f"Ch%E1%BB%89%20ti%C3%AAu!{found['cell']}" in seen.ids
    for words in ("Trả lại", "Sở Tài chính", "BC Q1.xlsx", found["message"], found["fix"], found["expected"]):
        assert words in seen.words
    assert "/tiendo/quy-tac/value-unit-scale" in seen.links
    assert browser.lead_to_cells(seen) == len(pipeline.findings())
    assert browser.get("/tep/TN-000001/phieu").headers["content-security-policy"].startswith("sandbox")
    original = browser.get("/tep/TN-000001/goc")
    assert hashlib.sha256(original.content).hexdigest() == pipeline.file(1)["sha256"]
    assert original.headers["content-type"] == "application/octet-stream"
    assert original.headers["x-content-type-options"] == "nosniff"
    assert original.headers["content-disposition"] == "attachment; filename*=utf-8''BC%20Q1.xlsx"
    (marked,) = [link for link in seen.links if link.endswith(".xlsx")]
    assert browser.get(marked).content.startswith(b"PK")
    browser.get("/tep/TN-000001/other.xlsx", 404)

    # The rule: how often, on whom, where, from which number on.
    rule = browser.page("/quy-tac/value-unit-scale")
    assert "Gặp trong 1 trên 1 lần đọc tệp" in rule.words
    assert "powers = -12, -9, -6, -3, 3, 6, 9, 12" in rule.words
    assert "{" not in rule.words
    assert "Sở Tài chính" in rule.words
    assert browser.lead_to_cells(rule) >= 1
    body = browser.page(f"/don-vi/{FINANCE}")
    assert found["message"] in body.words
    assert browser.lead_to_cells(body) == len(
        [1 for each in pipeline.findings().values() if each["severity"] != "info"]
    )

    # Read anew, by the same rules and by milder ones; nothing is written.
    anew = browser.page("/tep/TN-000001/doc-lai")
    assert "cùng một kết quả" in anew.words
    assert "17.300.000" in anew.words
    assert f"Ch%E1%BB%89%20ti%C3%AAu!{found['cell']}" in anew.ids
    folder = tmp_path / "expectations"
    folder.mkdir()
    for path in (INCLUDE / "expectations").glob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        for expectation in document["expectations"]:
            if expectation["meta"]["rule"] in pipeline.findings():
                expectation["severity"] = expectation["meta"]["severity"] = "warning"
        (folder / path.name).write_text(json.dumps(document), encoding="utf-8")
    monkeypatch.setattr(suites, "EXPECTATIONS", folder)
    suites.get_suite.cache_clear()
    try:
        milder = browser.page("/tep/TN-000001/doc-lai")
    finally:
        suites.get_suite.cache_clear()
    assert "nay: ✓ Đã nhận, cần giải trình" in " ".join(milder.words.split())
    assert ledger_document(pipeline.engine)["received"] == 1


def test_a_preview_cannot_write(pipeline: Pipeline, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    send(pipeline.engine, pipeline.register, FINANCE, Q1, at(2023, 3, 10, 9), state="rejected")

    def writes(settings: Settings, register: Register, engine: Engine, first: Any) -> None:
        send(engine, register, FINANCE, Q1, at(2023, 3, 11, 9))

    monkeypatch.setattr(file_pages, "review", writes)
    browser.page("/tep/TN-000001/doc-lai", 503)
    assert ledger_document(pipeline.engine)["received"] == 1


def test_a_file_that_waits_is_not_read_anew(pipeline: Pipeline, browser: Browser) -> None:
    pipeline.land(FINANCE, b"abc")
    assert "Đang chờ xử lý" in browser.page("/tep/TN-000001").words
    assert "chờ xử lý lần đầu" in browser.page("/tep/TN-000001/doc-lai", 409).words
    browser.page("/tep/TN-000001/phieu", 404)


def test_versions_tell_what_changed_and_figures_lead_to_cells(pipeline: Pipeline, browser: Browser) -> None:
    engine, register = pipeline.engine, pipeline.register
    send(engine, register, PLANNING, Q1, at(2023, 3, 10, 9), [figure("thu-hut-fdi", "437")])
    pipeline.today(2023, 3, 11)
    grade(engine, register, Q1)
    send(engine, register, PLANNING, Q1, at(2023, 3, 13, 9), [figure("thu-hut-fdi", "450", kind="estimate")])
    pipeline.today(2023, 3, 14, 12)
    grade(engine, register, Q1)
    new, old = browser.page("/tep/TN-000002"), browser.page("/tep/TN-000001")
    assert "Thay đổi so với bản trước, TN-000001" in " ".join(new.words.split())
    assert "437 (thực hiện)450 (ước thực hiện)" in re.sub(r"\s*\n\s*", "", new.words)
    assert "(đang được tính)" in new.words
    assert "Thay đổi so với" not in old.words

    seen = browser.page("/chi-tieu/thu-hut-fdi")
    assert browser.lead_to_cells(seen) == 2
    assert "437 (không còn được tính)" in seen.words
    assert "Đánh giá đã đổi" in seen.words
    (picture,) = seen.pictures
    assert unquote(picture).startswith("data:image/svg+xml,<svg font-family=")
    assert "không có số liệu" not in seen.words


def test_an_indicator_without_a_figure_has_a_page(browser: Browser) -> None:
    seen = browser.page("/chi-tieu/thu-hut-fdi")
    assert "Chưa có số liệu để vẽ." in seen.words
    assert not seen.pictures


def test_a_body_is_told_by_its_past(pipeline: Pipeline, browser: Browser) -> None:
    engine, register = pipeline.engine, pipeline.register
    send(engine, register, HEALTH, Q1, at(2023, 3, 16, 9))
    send(engine, register, HEALTH, Q1, at(2023, 3, 17, 9), state="rejected")
    send(engine, register, HEALTH, Q2, at(2023, 6, 10, 9), state="rejected")
    send(engine, register, HEALTH, Q2, at(2023, 6, 11, 9), state="accepted_with_warnings")
    with loader(engine) as connection:
        for number, severity, message in (
            (2, "critical", "bản thay thế hỏng"),
            (3, "critical", "đã sửa rồi"),
            (4, "warning", "chưa giải trình"),
            (4, "info", "chỉ để biết"),
        ):
            connection.exec_driver_sql(
                "insert into intake.finding (file_id, rule, severity, sheet, cell, message, found, expected, fix) "
                "values (%s, 'value-magnitude', %s, 'Chỉ tiêu', 'G7', %s, '', '', 'sửa')",
                (number, severity, message),
            )
        connection.exec_driver_sql(
            "insert into core.extension (plan_code, agency_code, obligation, period, kind, letter_no, letter_on, note, "
            "recorded_at, recorded_by) values (%s, %s, 'quarterly_report', '2023-Q3', 'exempt', '12/UBND', %s, '', %s, "
            "'Lan')",
            (register.code, HEALTH, date(2023, 6, 1), at(2023, 6, 2)),
        )
        connection.exec_driver_sql(
            "insert into core.correction_request (plan_code, agency_code, period, edition, data_sha256, comment, "
            "asked_by, asked_at, question) values (%s, %s, '2023-Q2', 1, %s, 'Xem lại <b>', 'Hòa', %s, 'q')",
            (register.code, HEALTH, "0" * 64, at(2023, 6, 20)),
        )
        connection.exec_driver_sql(
            "insert into core.reminder (plan_code, agency_code, obligation, period, occasion, due_at, occasion_at, "
            "recorded_at, path, to_address) "
            "values (%s, %s, 'quarterly_report', '2023-Q1', 'before-3', %s, %s, %s, 'x', '')",
            (register.code, HEALTH, at(2023, 3, 15), at(2023, 3, 9, 8), at(2023, 3, 9, 8)),
        )
        connection.exec_driver_sql(
            "insert into intake.obligation_document (file_id, plan_code, agency_code, obligation, period, received_at, "
            "recorded_at, recorded_by, note) values (1, %s, %s, 'implementation_plan', '2023', %s, %s, 'Lan', '')",
            (register.code, HEALTH, at(2023, 3, 16, 9), at(2023, 3, 16, 9)),
        )
    pipeline.today(2023, 7, 1)
    seen = browser.page(f"/don-vi/{HEALTH}")
    words = " ".join(seen.words.split())
    assert "Trong 2 quý đã đến hạn có 1 quý chậm hoặc chưa gửi (50%)" in words
    assert "Nếu quý III/2023 như trước đây" in words
    assert "trước ngày 15 tháng 6 năm 2023" in words
    assert "bản thay thế hỏng" in words
    assert "chưa giải trình" in words
    assert "đã sửa rồi" not in words
    assert "chỉ để biết" not in words
    assert "miễn báo cáo báo cáo Quý III/2023; văn bản 12/UBND" in words
    assert "Hòa đề nghị điều chỉnh báo cáo Quý II/2023 (DC-000001): “Xem lại <b>”; chưa trả lời" in words
    assert "Trước hạn 3 ngày, báo cáo Quý I/2023: trong thư mục trả lời" in words
    assert "nhận kế hoạch thực hiện năm 2023, TN-000001" in words
    assert browser.lead_to_cells(seen) == 2
    # At the year's end the excused quarter is none that was due.
    pipeline.today(2023, 12, 20)
    assert "Trong 3 quý đã đến hạn có 2 quý" in " ".join(browser.page(f"/don-vi/{HEALTH}").words.split())


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "../../etc/passwd",
    "..\\..\\boot.ini",
    "x\r\nSet-Cookie: a=b",
    "\u202excod.exe",
    "Báo cáo #1?&%41;=+.xlsx",
    "{{ 7 * 7 }}",
    "javascript:alert(1)",
    "a\tb\u00a0c",
    "!",
    "𝕏" * 60,
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_sender_wrote_is_only_text(pipeline: Pipeline, browser: Browser, settings: Settings, text: str) -> None:
    send(pipeline.engine, pipeline.register, FINANCE, Q1, at(2023, 3, 10, 9), state="rejected", name=text)
    with loader(pipeline.engine) as connection:
        for cell in ("G7", text):
            connection.exec_driver_sql(
                "insert into intake.finding (file_id, rule, severity, sheet, cell, message, found, expected, fix) "
                "values (1, 'value-magnitude', 'critical', %s, %s, %s, %s, %s, %s)",
                (text, cell, text, text, text, text),
            )
    shown = " ".join(text.replace("\u202e", "").split())
    for path, cells in (("/tep/TN-000001", 2), ("/quy-tac/value-magnitude", 2), (f"/don-vi/{FINANCE}", 2)):
        seen = browser.page(path)
        assert shown in " ".join(seen.words.split())
        assert browser.lead_to_cells(seen) == cells
        assert "img" not in seen.tags
    path = archived_path(settings.archive, pipeline.file(1)["sha256"])
    path.parent.mkdir(parents=True)
    path.write_bytes(b"<script>")
    answer = browser.get("/tep/TN-000001/goc")
    disposition = answer.headers["content-disposition"]
    assert "set-cookie" not in answer.headers
    kept = re.fullmatch(r"attachment; filename(?:\*=utf-8''|=\")([^\"]*)\"?", disposition)
    assert kept
    assert unquote(kept[1]) == re.sub(r"[/\\]", "_", text)


def test_what_is_held_back_is_handed_out_after_a_warning_and_to_few(
    pipeline: Pipeline, browser: Browser, settings: Settings
) -> None:
    pipeline.land(FINANCE, b"\x00 no workbook at all", name="virus.xlsx")
    assert browser.get("/tep/TN-000001/goc", 403)
    pipeline.settle()
    state = pipeline.file(1)["state"]
    assert state == "quarantined"
    # The same bytes under another receipt are no safer.
    assert pipeline.send(FINANCE, b"\x00 no workbook at all", name="lan hai.xlsx") == "duplicate"
    for receipt in ("TN-000001", "TN-000002"):
        assert "không được tải" in browser.page(f"/tep/{receipt}/goc", 403).words
        assert browser.get(f"/tep/{receipt}/goc?da_doc=canh-bao", 403)
        assert f"/tiendo/tep/{receipt}/goc" not in browser.page(f"/tep/{receipt}").links
    browser.user.is_operator = True  # type: ignore[attr-defined]
    warning = browser.page("/tep/TN-000002/goc")
    assert "có thể không an toàn" in warning.words
    assert browser.get(next(link for link in warning.links if "da_doc" in link)).content == b"\x00 no workbook at all"
    # Let through by a later reading it is a file like any other.
    browser.user.is_operator = False  # type: ignore[attr-defined]
    with loader(pipeline.engine) as connection:
        connection.exec_driver_sql(
            "insert into intake.submission_file (claim_id, sha256, size_bytes, name, channel, sender, "
            "sender_agency_code, received_at, landed_at, requeue_of) "
            "select 'release', sha256, size_bytes, name, channel, sender, "
            "sender_agency_code, received_at, landed_at, file_id from intake.submission_file where file_id = 1"
        )
    browser.get("/tep/TN-000001/goc", 403)
    with loader(pipeline.engine) as connection:
        connection.exec_driver_sql(
            "update intake.submission_file set state = 'rejected', settled_at = %s where file_id = 3",
            (at(2023, 3, 14),),
        )
        connection.exec_driver_sql(
            "insert into intake.audit (done_at, done_by, act, subject, reason, details) "
            "values (%s, 'Lan', 'release', 'TN-000001', 'đã kiểm tra', '{}')",
            (at(2023, 3, 14),),
        )
    assert browser.get("/tep/TN-000001/goc").content == b"\x00 no workbook at all"
    assert "Lý do: đã kiểm tra" in browser.page("/tep/TN-000003").words


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/tep/TN-000009", 404, "Không có phiếu tiếp nhận TN-000009."),
        ("/tep/TN-000009/goc", 404, "Không có phiếu tiếp nhận TN-000009."),
        ("/tep/TN-000009/doc-lai", 404, "Không có phiếu tiếp nhận TN-000009."),
        ("/tep/12", 422, "Yêu cầu không đúng"),
        ("/tep/TN-000009%27--", 422, "Yêu cầu không đúng"),
        ("/tep/TN-000001/..%2f..%2fpasswords.json", 404, "Không tìm thấy trang"),
        ("/don-vi/so-khong-co", 404, "Kế hoạch không có đơn vị báo cáo này."),
        ("/don-vi/S%E1%BB%9F", 422, "Yêu cầu không đúng"),
        ("/chi-tieu/khong-co", 404, "Kế hoạch không có chỉ tiêu này"),
        ("/chi-tieu/%3Cb%3E", 422, "Yêu cầu không đúng"),
        ("/quy-tac/no-such-rule", 404, "Không có quy tắc này."),
        ("/quy-tac/a.b", 422, "Yêu cầu không đúng"),
        (f"/tim?q={'a' * 201}", 422, "Yêu cầu không đúng"),
    ],
)
def test_what_is_not_there_is_told_in_vietnamese(browser: Browser, path: str, status: int, words: str) -> None:
    assert words in browser.page(path, status).words


@pytest.mark.parametrize(
    ("sought", "link"),
    [
        ("sở y tế", "/tiendo/don-vi/so-y-te"),
        ("SO Y TE", "/tiendo/don-vi/so-y-te"),
        (unicodedata.normalize("NFD", "Sở Y tế"), "/tiendo/don-vi/so-y-te"),
        ("so-y-te", "/tiendo/don-vi/so-y-te"),
        ("trực tiếp nước ngoài", "/tiendo/chi-tieu/thu-hut-fdi"),
        ("thu hut von dau tu truc tiep", "/tiendo/chi-tieu/thu-hut-fdi"),
        ("thu-hut-fdi", "/tiendo/chi-tieu/thu-hut-fdi"),
        ("nham bac cua don vi", "/tiendo/quy-tac/value-unit-scale"),
    ],
)
def test_search_finds_with_and_without_accents(browser: Browser, sought: str, link: str) -> None:
    assert link in browser.client.get("/tim", params={"q": sought}).text


@pytest.mark.parametrize("sought", ["tìm tào lao", "TN-000042", "---", "sở ý tế", "<b>"])
def test_search_tells_when_there_is_nothing(browser: Browser, sought: str) -> None:
    answer = browser.client.get("/tim", params={"q": sought})
    assert "Không tìm thấy." in answer.text
    assert "<b>" not in answer.text.partition("<main")[2]


def test_search_leads_to_a_file(pipeline: Pipeline, browser: Browser) -> None:
    send(pipeline.engine, pipeline.register, FINANCE, Q1, at(2023, 3, 10, 9))
    digest = pipeline.file(1)["sha256"]
    for sought in ("TN-000001", "tn 1", "1", digest, digest[:12].upper()):
        answer = browser.client.get("/tim", params={"q": sought}, follow_redirects=False)
        assert (answer.status_code, answer.headers.get("location")) == (303, "/tiendo/tep/TN-000001"), sought
    send(pipeline.engine, pipeline.register, FINANCE, Q1, at(2023, 3, 10, 10))
    send(pipeline.engine, pipeline.register, FINANCE, Q1, at(2023, 3, 10, 11))
    listed = browser.client.get("/tim", params={"q": "TN-000002..TN-000003"}).text
    assert [f"/tiendo/tep/TN-00000{number}" in listed for number in (1, 2, 3)] == [False, True, True]


@pytest.mark.parametrize(
    "path",
    ["/tep/TN-000001", "/tep/TN-000001/doc-lai", "/tep/TN-000001/goc", "/tep/TN-000001/phieu", f"/don-vi/{HEALTH}",
     "/chi-tieu/thu-hut-fdi", "/quy-tac/value-magnitude", "/tim?q=1"],
)  # fmt: skip
def test_every_page_says_so_when_the_warehouse_is_down(
    browser: Browser, settings: Settings, register: Register, engine: Engine, path: str
) -> None:
    dead = make_engine(engine.url.set(database="gone"))
    app.dependency_overrides[all_parts] = lambda: AllParts(settings, Plans((register,)), dead)
    assert "Kho số liệu tạm thời không trả lời" in browser.page(path, 503).words


def test_every_rule_body_and_indicator_has_a_page(browser: Browser, register: Register) -> None:
    for rule in suites.rule_titles():
        assert "Gặp trong 0 trên 0 lần đọc tệp." in browser.page(f"/quy-tac/{rule}").words
    for body in register.obliged:
        assert body.name in browser.page(f"/don-vi/{body.code}").words
    for indicator in register.indicators:
        browser.page(f"/chi-tieu/{indicator.code}", 200 if indicator.is_leaf else 404)
