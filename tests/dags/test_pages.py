"""What all pages share: who may see them, and how they say what went wrong. The login itself is tested end to end."""

from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError, ProgrammingError

from tiendo.pages import app as pages
from tiendo.pages.frame import Refusal, guard, viewer

BROWSER = {"accept": "text/html"}


def routes() -> list[APIRoute]:
    routers: list[APIRouter] = [
        value.router for value in vars(pages).values() if isinstance(getattr(value, "router", None), APIRouter)
    ]
    return [route for router in routers for route in router.routes if isinstance(route, APIRoute)]


def asks(dependant: Dependant, call: Any) -> bool:
    return dependant.call is call or any(asks(each, call) for each in dependant.dependencies)


def test_every_path_asks_who_is_there() -> None:
    assert len(routes()) >= 4
    for route in routes():
        assert asks(route.dependant, viewer), route.path


@pytest.fixture
def failing() -> TestClient:
    """An app whose one page fails as the path says."""
    app = FastAPI(openapi_url=None)
    guard(app)
    faults = {
        "login": HTTPException(401),
        "forbidden": HTTPException(403),
        "unknown": Refusal(404, "no such period", "Kế hoạch không có kỳ này."),
        "warehouse": OperationalError("select 1", {}, Exception("connection refused")),
        "ours": ProgrammingError("select 1", {}, Exception("no such column")),
    }

    @app.get("/{fault}")
    def fail(fault: str) -> None:
        raise faults[fault]

    @app.get("/number/{number}")
    def number(number: int) -> None:
        pass

    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("forbidden", 403, "Tài khoản không có quyền"),
        ("unknown", 404, "Kế hoạch không có kỳ này."),
        ("warehouse", 503, "Kho số liệu tạm thời không trả lời"),
        ("ours", 500, "Báo bộ phận vận hành"),
        ("number/x", 422, "Yêu cầu không đúng"),
        ("number/1/2", 404, "Không tìm thấy trang"),
    ],
)
def test_what_went_wrong_is_told_in_vietnamese(failing: TestClient, path: str, status: int, words: str) -> None:
    answer = failing.get(f"/{path}", headers=BROWSER)
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert "connection refused" not in answer.text
    told = failing.get(f"/{path}").json()
    assert failing.get(f"/{path}").status_code == status
    assert set(told) == {"detail"}


def test_a_browser_without_login_is_sent_there_and_back(failing: TestClient) -> None:
    answer = failing.get("/login?ky=2023-Q1", headers=BROWSER, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/api/v2/auth/login?next=%2Flogin%3Fky%3D2023-Q1"
    assert failing.get("/login", follow_redirects=False).status_code == 401
