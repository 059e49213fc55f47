"""The page on which a draft is decided: what it shows, whom it lets decide, and what it sends to Airflow.

Airflow's own part is a small app here that takes and keeps answers; the real one answers in ``tests/e2e``.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from types import SimpleNamespace
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Cookie, FastAPI, HTTPException, Request
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from tiendo.airflow_glue.warehouse import AllParts, Parts
from tiendo.model.period import Period
from tiendo.model.plans import Plans
from tiendo.model.register import Register
from tiendo.pages import approval
from tiendo.pages.app import app
from tiendo.pages.frame import all_parts, viewer
from tiendo.report.approval import ReviewAnswer, ask_again, find_request, put_answer, put_request
from tiendo.report.review import DraftReview, review_files
from tiendo.settings import Reviewer, Settings
from tiendo_plugin import pages
from unit.report_example import AS_OF, DRAFT
from unit.report_warehouse import figure, send

PAGE = "/tiendo/duyet/2023-Q2"
ORIGIN = "http://testserver"
SHA = "d" * 64


class Desk:
    """A browser before the page, a warehouse behind it, and an Airflow that keeps the answer it is given."""

    def __init__(self, opened: Parts) -> None:
        self.opened = opened
        self.taken: list[dict[str, Any]] = []
        self.detail: dict[str, Any] | None = {"response_received": False, "responded_by_user": None}
        self.refuses_with = 0
        self.publish_state = "running"
        airflow = FastAPI()
        task = "/api/v2/dags/publish_report/dagRuns/{run}/taskInstances"

        @airflow.get(task + "/approve/-1/hitlDetails")
        def shown(run: str) -> Any:
            if self.detail is None:
                raise HTTPException(404)
            return self.detail

        @airflow.patch(task + "/approve/-1/hitlDetails")
        async def take(run: str, request: Request) -> Any:
            if self.refuses_with:
                raise HTTPException(self.refuses_with)
            self.taken.append({"run": run, "token": request.cookies.get("_token"), **await request.json()})
            self.detail = {"response_received": True, "responded_by_user": {"id": "1", "name": "Hòa"}}
            return {}

        @airflow.get(task + "/publish")
        def published(run: str) -> Any:
            return {"state": self.publish_state}

        airflow.mount("/tiendo", pages)
        self.browser = TestClient(
            airflow, headers={"accept": "text/html"}, cookies={"_token": "hoa"}, follow_redirects=False
        )

    def ask(self, sha: str = SHA, run: str = "run+1") -> int:
        """A draft is made, noted and seen."""
        drafted = {
            "period": "2023-Q2", "edition": 2, "as_of": AS_OF.isoformat(), "data_sha256": sha,
            "content_sha256": sha[::-1], "title": "quý II năm 2023, lần ban hành thứ 2", "review": [],
        }  # fmt: skip
        put_request(self.opened.engine, self.opened.register, run, drafted)
        self.place(sha)
        request = find_request(self.opened.engine, run)
        assert request is not None
        return request.review_request_id

    def place(self, sha: str, review: DraftReview | None = None) -> None:
        folder = self.opened.settings.drafts / self.opened.register.code / "2023-Q2" / "2"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "manifest.json").write_text(json.dumps({"data_sha256": sha}))
        for name, content in review_files(review or DraftReview(DRAFT, (), (), (), ())).items():
            (folder / name).write_bytes(content)

    def note(self, verdict: Any, run: str = "run+1", **words: str) -> None:
        """The task notes an answer, as it does when Airflow hands it over."""
        request = find_request(self.opened.engine, run)
        assert request is not None
        given = ReviewAnswer(verdict, "Hòa", AS_OF + timedelta(hours=1), **words)
        put_answer(self.opened.engine, self.opened.register, request, given, account_id="1")
        if verdict == "refused":
            ask_again(self.opened.engine, self.opened.register, run, request)

    def see(self, path: str = PAGE, status: int = 200) -> str:
        answer = self.browser.get(path)
        assert answer.status_code == status, answer.text
        return unescape(answer.text)

    def token(self) -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.see())
        assert found is not None
        return found[1]

    def send(self, fields: dict[str, str] | None = None, origin: str | None = ORIGIN, **more: str) -> httpx.Response:
        data = {"token": self.token(), "act": "approve"} if fields is None else fields
        return self.browser.post(PAGE, data=data | more, headers={"origin": origin} if origin else {})


def known(_token: Annotated[str | None, Cookie()] = None) -> Any:
    if _token is None:
        raise HTTPException(401)
    return SimpleNamespace(get_id=lambda: {"hoa": 1}.get(_token, _token), get_name=lambda: _token)


@pytest.fixture
def desk(settings: Settings, register: Register, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    opened = Parts(replace(settings, reviewers=(Reviewer("1", "Hòa"), Reviewer("2", "Bình"))), register, engine)
    everything = AllParts(opened.settings, Plans((register,)), engine)
    app.dependency_overrides |= {viewer: known, all_parts: lambda: everything}
    monkeypatch.setattr(approval, "may", lambda *_: True)
    send(engine, register, "so-y-te", Period(2023, 2), AS_OF, [figure("giuong-benh-van-dan", "19.1")])
    yield Desk(opened)
    app.dependency_overrides.clear()


def test_what_is_to_be_decided_comes_first_then_what_must_be_seen(desk: Desk) -> None:
    number = desk.ask()
    text = desk.see()
    places = [
        text.index(words)
        for words in (
            "Việc cần quyết định:", f"câu hỏi số {number}", "/tiendo/drafts/282-kh-ubnd-2023/2023-Q2/2/xem-xet.html",
            "Số liệu khác thường", "Thay đổi so với lần ban hành trước", "Sát ngưỡng đánh giá", 'id="quyet-dinh"',
            "Xác nhận phê duyệt, ban hành", "Xác nhận trả lại, chưa ban hành", "Xác nhận không ban hành",
        )
    ]  # fmt: skip
    assert places == sorted(places)
    assert text.count(f"<code>{SHA[:16]}</code>, câu hỏi số {number}") == 3, "each names what it is about"
    assert "67 đơn vị" not in text
    assert "<script src" not in text
    assert 'href="/tiendo/drafts/282-kh-ubnd-2023/2023-Q2/2/bao-cao.pdf"' not in text, "not made: not linked"


def test_nobody_else_sees_a_button(desk: Desk) -> None:
    desk.ask()
    desk.browser.cookies.set("_token", "khach")
    text = desk.see()
    assert 'method="post"' not in text
    assert "Người được phê duyệt: Hòa, Bình." in text
    assert "Việc cần quyết định:" in text


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        (
            {"act": "approve", "approver": " Chánh Văn phòng ", "return_to": "so-y-te"},
            ("Approve", {"approver": "Chánh Văn phòng"}),
        ),
        (
            {"act": "return", "return_to": "so-y-te", "comment": "Số giường\r\nbệnh?"},
            ("Reject", {"return_to": "so-y-te", "comment": "Số giường\nbệnh?"}),
        ),
        (
            {"act": "return-publish", "return_to": "so-y-te", "comment": "Sửa sau"},
            ("Approve", {"return_to": "so-y-te", "comment": "Sửa sau"}),
        ),
        ({"act": "reject", "comment": "Chưa đủ"}, ("Reject", {"comment": "Chưa đủ"})),
    ],
)
def test_an_answer_goes_to_airflow_once_in_the_name_of_who_gives_it(
    desk: Desk, fields: dict[str, str], sent: tuple[str, dict[str, str]]
) -> None:
    number = desk.ask()
    token = desk.token()
    answer = desk.send({"token": token} | fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/tiendo/duyet/2023-Q2/{number}")
    option, params = sent
    assert desk.taken == [{"run": "run+1", "token": "hoa", "chosen_options": [option], "params_input": params}]
    assert "đang được ghi nhận" in desk.see(answer.headers["location"])
    assert "Đã có câu trả lời" in desk.see()


def test_only_a_report_that_is_there_is_returned(desk: Desk) -> None:
    desk.ask()
    offered = re.findall(r'<option value="([a-z][^"]+)"', desk.see())
    assert offered == ["so-y-te"]
    answer = desk.send(act="return", return_to="so-tai-chinh", comment="Đề nghị rà soát")
    assert (answer.status_code, desk.taken) == (422, [])
    assert "Sở Tài chính chưa có báo cáo nào của kỳ được tiếp nhận" in unescape(answer.text)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"act": "return", "return_to": "so-y-te", "comment": "  "}, "phải ghi nội dung cần điều chỉnh"),
        ({"act": "return", "return_to": "", "comment": "Sai <b>"}, "Chưa chọn đơn vị"),
        ({"act": "return", "return_to": "so-la", "comment": "Sai"}, "mã 'so-la'"),
        ({"act": "reject", "comment": ""}, "Chưa ghi lý do"),
        ({"act": "approve", "approver": "A (tài khoản b)"}, "tài khoản do hệ thống ghi"),
        ({"act": "approve", "comment": "x" * 10_001}, "nhiều nhất là 10000"),
        ({"act": "burn"}, "Chưa chọn phê duyệt"),
    ],
)
def test_after_a_mistake_the_form_stands_as_filled_in(desk: Desk, fields: dict[str, str], words: str) -> None:
    desk.ask()
    answer = desk.send({"token": desk.token()} | fields)
    text = unescape(answer.text)
    assert answer.status_code == 422
    assert text.index('role="alert"') < text.index(words) < text.index("Việc cần quyết định:")
    if fields["act"] in ("return", "reject", "approve"):
        assert f'id="{fields["act"]}" open>' in text
    assert fields.get("comment", "").strip() in text
    assert "<b></textarea>" not in answer.text
    if fields.get("return_to") == "so-y-te":
        assert '<option value="so-y-te" selected>' in text
    assert desk.taken == []


def test_a_form_is_ours_for_this_account_about_this_question(desk: Desk) -> None:
    desk.ask()
    token = desk.token()
    forged = {"token": token[:-2] + ("aa" if token[-2:] != "aa" else "bb"), "act": "approve"}
    assert desk.send(forged).status_code == 403
    assert desk.send({"act": "approve"}).status_code == 403
    desk.browser.cookies.set("_token", "2")  # a reviewer as well, and not the one who opened the form
    stolen = desk.send({"token": token, "act": "approve"})
    assert (stolen.status_code, "bằng tài khoản khác" in stolen.text) == (403, True)
    desk.browser.cookies.set("_token", "khach")
    stranger = desk.send({"token": token, "act": "approve"})
    assert (stranger.status_code, "Người được phê duyệt: Hòa, Bình." in stranger.text) == (403, True)
    assert desk.taken == []


@pytest.mark.parametrize(
    ("headers", "is_taken"),
    [
        ({"origin": ORIGIN}, True),
        ({"origin": ORIGIN, "sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({}, False),
        ({"origin": "null"}, False),
        ({"origin": "https://testserver"}, False),
        ({"origin": "http://tin.example.gov.vn"}, False),
        ({"origin": ORIGIN, "sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "none"}, False),
    ],
)
def test_a_form_comes_from_our_own_page(desk: Desk, headers: dict[str, str], is_taken: bool) -> None:
    desk.ask()
    data = {"token": desk.token(), "act": "approve"}
    answer = desk.browser.post(PAGE, data=data, headers=headers)
    assert answer.status_code == (303 if is_taken else 403)
    assert bool(desk.taken) == is_taken
    if not is_taken:
        assert "không gửi từ trang này" in answer.text


def test_a_session_that_ran_out_gives_back_what_was_typed(desk: Desk) -> None:
    desk.ask()
    fields = {"token": desk.token(), "act": "reject", "comment": "Dài <dòng>"}
    desk.browser.cookies.clear()
    answer = desk.send(fields)
    assert answer.status_code == 401
    assert "Dài &lt;dòng&gt;" in answer.text
    assert 'href="/api/v2/auth/login?next=%2Ftiendo%2Fduyet%2F2023-Q2"' in answer.text
    assert desk.taken == []


def test_a_draft_that_was_replaced_meanwhile_is_not_answered_about(desk: Desk) -> None:
    desk.ask()
    fields = {"token": desk.token(), "act": "return", "return_to": "so-y-te", "comment": "Xem lại"}
    later = desk.ask(sha="e" * 64, run="run-2")
    answer = desk.send(fields)
    text = unescape(answer.text)
    assert answer.status_code == 409
    assert "dự thảo đã được thay. Chưa ghi nhận gì." in text
    assert f"câu hỏi số {later}" in text
    assert "Xem lại</textarea>" in text, "the new form has the words of the old"
    assert desk.taken == []
    # The folder holds another draft than the one that is asked about: nothing is shown as if it were, nothing sent.
    token = desk.token()
    desk.place("f" * 64)
    assert "không phải là bản đang hỏi" in desk.see()
    assert desk.send({"token": token, "act": "approve"}).status_code == 409
    assert desk.taken == []


def test_two_reviewers_at_once(desk: Desk) -> None:
    desk.ask()
    fields = {"token": desk.token(), "act": "reject", "comment": "Tôi viết sau"}
    desk.refuses_with = 409  # Airflow has just taken another's
    desk.detail = {"response_received": True, "responded_by_user": {"id": "2", "name": "Bình"}}
    answer = desk.send(fields)
    text = unescape(answer.text)
    assert answer.status_code == 409
    assert "vừa được trả lời trước đó" in text
    assert "của tài khoản Bình" in text
    assert "Tôi viết sau</blockquote>" in text
    desk.note("approve")
    assert desk.send(fields).status_code == 409, "the warehouse knows already"


@pytest.mark.parametrize(("refusal", "status"), [(401, 401), (403, 403), (404, 409), (500, 503)])
def test_what_airflow_refuses_is_told(desk: Desk, refusal: int, status: int) -> None:
    desk.ask()
    fields = {"token": desk.token(), "act": "reject", "comment": "Chưa đủ số liệu"}
    desk.refuses_with = refusal
    answer = desk.send(fields)
    assert answer.status_code == status
    assert "Chưa đủ số liệu" in unescape(answer.text) or status == 403


def test_what_cannot_be_published_is_not_approved(desk: Desk) -> None:
    desk.ask()
    desk.place(SHA, DraftReview(DRAFT, (), (), (), ("mart-maximum: 184 above 100",)))
    text = desk.see()
    assert "Chỉ có thể trả lại hoặc không ban hành." in text
    assert "Xác nhận phê duyệt" not in text
    for act in ("approve", "return-publish"):
        answer = desk.send(act=act, return_to="so-y-te", comment="x")
        assert (answer.status_code, "Kiểm tra số liệu không đạt" in answer.text) == (409, True)
    assert desk.taken == []


def test_states_in_which_nothing_can_be_answered(desk: Desk) -> None:
    assert "chưa có dự thảo nào chờ phê duyệt" in desk.see()
    assert "Chưa có dự thảo nào" in desk.see("/tiendo/duyet/")
    desk.ask()
    desk.detail = None
    assert "Câu hỏi đang được lập" in desk.see()
    assert "Chờ quyết định" in desk.see("/tiendo/duyet/")
    desk.note("reject", comment="Chưa đủ")
    decided = desk.see()
    assert "Không ban hành: báo cáo quý II năm 2023" in re.sub(r"</?b>", "", decided)
    assert "Việc cần quyết định" not in decided
    assert "Không ban hành, " in desk.see("/tiendo/duyet/")
    assert "Kế hoạch không có kỳ báo cáo 2024-Q1." in desk.see("/tiendo/duyet/2024-Q1", 404)
    assert "Yêu cầu không đúng" in desk.see("/tiendo/duyet/quy-1", 422)
    assert "Không có câu hỏi phê duyệt nào mang số này" in desk.see(f"{PAGE}/99", 404)


def test_a_receipt_says_what_was_done_and_what_comes_next(desk: Desk) -> None:
    number = desk.ask()
    assert desk.browser.get(f"{PAGE}/{number}").headers["location"] == "/tiendo/duyet/2023-Q2", "not answered yet"
    desk.note("refused", refused_because="Trả lại thì phải ghi nội dung.")
    text = desk.see(f"{PAGE}/{number}")
    assert "Trả lại thì phải ghi nội dung." in text
    assert "sửa và trả lời lần nữa" in text
    assert "Câu trả lời trước chưa được ghi nhận:" in desk.see()
    desk.note("approve", comment="Đồng ý")
    text = desk.see(f"{PAGE}/{number + 1}")
    assert "Đã phê duyệt" in text
    assert "Đang ban hành" in text
    assert 'data-refresh="5"' in text
    for state, words in (("skipped", "hỏi lại"), ("failed", "bước ban hành gặp lỗi")):
        desk.publish_state = state
        assert words in desk.see(f"{PAGE}/{number + 1}")
        assert 'data-refresh="0"' in desk.see(f"{PAGE}/{number + 1}")


def test_a_form_that_is_too_long_or_none(desk: Desk) -> None:
    desk.ask()
    fields = {"token": desk.token(), "act": "approve"}
    assert desk.send(fields, comment="x" * 200_000).status_code == 413
    answer = desk.browser.post(PAGE, json=fields, headers={"origin": ORIGIN})
    assert answer.status_code == 422
    assert desk.taken == []
