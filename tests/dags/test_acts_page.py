"""The page of what operations do by hand: on a real warehouse; runs are started in an app that stands for Airflow's."""

import os
import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Cookie, FastAPI, HTTPException, Request
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from fixtures.turn import run_once
from fixtures.workbooks import filled_workbook, nameless
from tiendo import clock
from tiendo.airflow_glue.warehouse import AllParts, Parts
from tiendo.clock import HANOI
from tiendo.collect.ledger import ledger_document
from tiendo.model.period import Period
from tiendo.model.plans import Plans
from tiendo.model.register import Register
from tiendo.obligations.extensions import extensions
from tiendo.pages import acts
from tiendo.pages.app import app
from tiendo.pages.frame import all_parts, viewer
from tiendo.settings import Settings
from tiendo.warehouse.audit import audit_rows
from tiendo_plugin import pages

PAGE = "/tiendo/viec/"
NOON = datetime(2023, 3, 14, 12, tzinfo=HANOI)
ACCOUNT = "lan (trang web, tài khoản số 7)"
LETTER = {
    "agency": "so-y-te", "period": "2023-Q1", "until": "2023-03-20", "letter": "15/UBND-TH", "dated": "2023-03-09",
}  # fmt: skip


class Desk:
    """A browser before the page, a warehouse behind it, and an Airflow that starts what it is told to."""

    def __init__(self, opened: Parts) -> None:
        self.opened = opened
        self.started: list[dict[str, Any]] = []
        airflow = FastAPI()

        @airflow.post("/api/v2/dags/{dag}/dagRuns")
        async def start(dag: str, request: Request) -> Any:
            body = await request.json()
            if body["dag_run_id"] in {run["dag_run_id"] for run in self.started}:
                raise HTTPException(409)
            self.started.append({"dag": dag, "token": request.cookies["_token"], **body})
            return {}

        airflow.mount("/tiendo", pages)
        headers = {"accept": "text/html", "origin": "http://testserver"}
        self.browser = TestClient(airflow, headers=headers, cookies={"_token": "lan"}, follow_redirects=False)

    def see(self) -> str:
        answer = self.browser.get(PAGE)
        assert answer.status_code == 200
        return unescape(answer.text)

    def token(self, act: str) -> str:
        found = re.search(rf'action="{PAGE}{act}".*?name="token" value="([^"]+)"', self.see(), re.DOTALL)
        assert found is not None
        return found[1]

    def do(self, act: str, fields: dict[str, str], status: int = 200, **more: Any) -> str:
        answer: httpx.Response = self.browser.post(PAGE + act, data={"token": self.token(act)} | fields, **more)
        assert answer.status_code == status, answer.text
        return unescape(answer.text)


@pytest.fixture
def desk(
    settings: Settings, register: Register, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(tmp_path / "clock"))
    clock.set_replay_clock(tmp_path / "clock", NOON)
    opened = Parts(settings, register, engine)

    def known(_token: Annotated[str | None, Cookie()] = None) -> Any:
        if _token is None:
            raise HTTPException(401)
        return SimpleNamespace(get_id=lambda: {"lan": 7}.get(_token, _token), get_name=lambda: _token)

    everything = AllParts(opened.settings, Plans((register,)), engine)
    app.dependency_overrides |= {viewer: known, all_parts: lambda: everything}
    monkeypatch.setattr(acts, "may_run", lambda user, dag_id: user.get_name() != "khach")
    yield Desk(opened)
    app.dependency_overrides.clear()


def test_who_may_run_nothing_does_nothing(desk: Desk) -> None:
    token = desk.token("gia-han")
    desk.browser.cookies.set("_token", "khach")
    assert 'method="post"' not in desk.see()
    answer = desk.browser.post(PAGE + "gia-han", data={"token": token} | LETTER)
    assert (answer.status_code, "không được làm việc này" in answer.text) == (403, True)
    desk.browser.cookies.set("_token", "binh")  # who may, by another's form
    assert desk.browser.post(PAGE + "gia-han", data={"token": token} | LETTER).status_code == 403
    desk.browser.cookies.clear()
    assert desk.browser.post(PAGE + "gia-han", data={"token": token} | LETTER).status_code == 401
    assert extensions(desk.opened.engine, desk.opened.register) == []


def test_a_form_is_ours_and_of_this_act(desk: Desk) -> None:
    token = desk.token("gia-han")
    foreign = {"origin": "http://tin.example.vn"}
    for act, data, headers, status in (
        ("gia-han", {"token": token}, foreign, 403),
        ("gia-han", {"token": token + "x"}, {}, 403),
        ("gia-han", {}, {}, 403),
        ("nhac", {"token": token}, {}, 403),
        ("dot-kho", {"token": token}, {}, 422),
    ):
        assert desk.browser.post(PAGE + act, data=data | LETTER, headers=headers).status_code == status, act
    assert (desk.started, extensions(desk.opened.engine, desk.opened.register)) == ([], [])


def test_a_run_is_started_once_as_who_is_logged_in(desk: Desk) -> None:
    fields = {"token": desk.token("du-thao"), "period": "2023-Q1"}
    assert "lập dự thảo báo cáo quý I năm 2023" in desk.do("du-thao", fields)
    assert "không làm thêm lần nữa" in desk.do("du-thao", fields, 409)
    assert "Đã bắt đầu một lượt nhắc" in desk.do("nhac", {})
    assert [(run["dag"], run["partition_key"], run["token"]) for run in desk.started] == [
        ("publish_report", "282-kh-ubnd-2023:2023-Q1", "lan"),
        ("send_reminders", None, "lan"),
    ]
    assert "Chưa đến ngày chốt số liệu" in desk.do("du-thao", {"period": "2023-Q4"}, 422)
    assert "Chưa chọn kỳ báo cáo" in desk.do("du-thao", {"period": "2031-Q1"}, 422)
    assert len(desk.started) == 2


def test_an_extension_is_entered_with_the_account(desk: Desk) -> None:
    assert "đến hết ngày 20/03/2023" in desk.do("gia-han", LETTER)
    (row,) = extensions(desk.opened.engine, desk.opened.register)
    assert (row["agency_code"], row["letter_no"], row["recorded_by"]) == ("so-y-te", "15/UBND-TH", ACCOUNT)
    assert "Không ghi nhận được" in desk.do("gia-han", LETTER, 409)
    assert len(extensions(desk.opened.engine, desk.opened.register)) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"agency": "so-la"}, "Chưa chọn đơn vị"),
        ({"period": ""}, "Chưa chọn kỳ"),
        ({"until": "20/3"}, "Chưa ghi đúng ngày gia hạn đến"),
        ({"until": "2023-03-14"}, "phải sau 14/03/2023"),
        ({"until": "2023-03-26"}, "không quá 25/03/2023"),
        ({"letter": " "}, "Chưa ghi số văn bản"),
        ({"letter": "1\0"}, "ký tự không in được"),
        ({"note": "x" * 501}, "nhiều nhất là 500"),
        ({"dated": "2023-03-15"}, "là ngày chưa đến"),
    ],
)
def test_after_a_mistake_the_form_stands_as_filled_in(desk: Desk, changes: dict[str, str], words: str) -> None:
    fields = LETTER | changes
    text = desk.do("gia-han", fields, 422)
    assert 'id="gia-han" open>' in text
    assert words in text
    if "agency" not in changes:
        assert '<option value="so-y-te" selected>' in text
    if "dated" not in changes:
        assert 'value="2023-03-09"' in text
    assert extensions(desk.opened.engine, desk.opened.register) == []


def test_a_held_file_is_let_through_for_a_reason(desk: Desk) -> None:
    stranger = filled_workbook(desk.opened.register, "so-tai-chinh", Period(2023, 1), nameless)
    for place, content in (("thu-muc-la/a.xlsx", stranger), ("so-y-te/b.xlsx", b"khong doc duoc")):
        path = desk.opened.settings.inbox / place
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    run_once(desk.opened.settings, desk.opened.register, desk.opened.engine)
    held = {file["name"]: file["receipt_no"] for file in ledger_document(desk.opened.engine)["files"]}
    assert "thu-muc-la" in desk.see()
    fields = {"file": held["a.xlsx"], "agency": "so-tai-chinh", "reason": "Đã gọi điện"}
    assert "Chưa chọn đơn vị" in desk.do("tha-tep", fields | {"agency": ""}, 422)
    assert "Chưa ghi lý do" in desk.do("tha-tep", fields | {"reason": " "}, 422)
    assert "chưa chọn tệp" in desk.do("tha-tep", fields | {"file": ""}, 422)
    assert "vẫn bị giữ lại" in desk.do("tha-tep", {"file": held["b.xlsx"], "reason": "Thử"}, 409)
    assert audit_rows(desk.opened.engine) == []
    assert "được cho qua với số phiếu" in desk.do("tha-tep", fields)
    assert "không còn bị giữ lại" in desk.do("tha-tep", fields, 409)
    (row,) = audit_rows(desk.opened.engine)
    assert (row["act"], row["reason"], row["done_by"]) == ("release", "Đã gọi điện", ACCOUNT)


def test_an_own_plan_is_received_as_it_is(desk: Desk) -> None:
    files = {"file": ("Kế hoạch.pdf", b"%PDF-1.4 ...", "application/pdf")}
    fields = {"agency": "so-y-te", "received": "2023-03-09", "reason": "Văn thư nhận"}
    assert "Chưa chọn tệp" in desk.do("ke-hoach", fields, 422, files={"file": ("", b"", "text/plain")})
    assert "là ngày chưa đến" in desk.do("ke-hoach", fields | {"received": "2023-03-15"}, 422, files=files)
    assert "nhận lúc 23:59 ngày 09/03/2023" in desk.do("ke-hoach", fields, files=files)
    assert "không ghi thêm" in desk.do("ke-hoach", fields, files=files)
    (line,) = ledger_document(desk.opened.engine)["files"]
    assert (line["agency"], line["name"], line["state"]) == ("so-y-te", "Kế hoạch.pdf", "accepted")
    with desk.opened.engine.connect() as connection:
        done_by = connection.exec_driver_sql("select recorded_by from intake.obligation_document").scalar_one()
    assert done_by == ACCOUNT
    answer = desk.browser.post(PAGE + "ke-hoach", data={"token": desk.token("ke-hoach")})
    assert answer.status_code == 422, "not sent as a file is"


def test_from_the_login_one_comes_back_to_the_form(desk: Desk) -> None:
    answer = desk.browser.get(f"{PAGE}gia-han", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/tiendo/viec/#gia-han")
    assert desk.browser.get(f"{PAGE}khac", follow_redirects=False).status_code == 422
