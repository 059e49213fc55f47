"""What all pages share: who may see them, the frame they stand in, and how they say what went wrong.

Airflow does not guard the app of a plugin, so each route asks for what its page shows. Who is not logged in is sent to
Airflow's login by a browser's request, and comes back to the same address.
"""

import logging
from base64 import b64encode
from functools import cache
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import urlencode

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException as StarletteHTTPException

from tiendo.airflow_glue.warehouse import AllParts, Parts, open_warehouse
from tiendo.templates import TEMPLATES, template

PREFIX = "/tiendo"
PUBLISH = "publish_report"
SCRIPT = (TEMPLATES / "pages" / "page.js").read_text(encoding="utf-8")
_SCRIPT_HASH = b64encode(sha256(SCRIPT.encode()).digest()).decode()
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "
    f"script-src 'sha256-{_SCRIPT_HASH}'; connect-src 'self'; form-action 'self'; frame-ancestors 'self'; "
    "base-uri 'none'",
}
_SENTENCES = {
    401: ("Phiên đăng nhập đã hết", "Đăng nhập lại để tiếp tục; nội dung chưa gửi thì chưa được ghi nhận."),
    403: ("Tài khoản không có quyền", "Tài khoản này không được xem trang hoặc thực hiện việc vừa chọn."),
    404: ("Không tìm thấy trang", "Địa chỉ không đúng, hoặc nội dung không có trong hệ thống."),
    405: ("Cách gọi không đúng", "Địa chỉ này không nhận thao tác vừa gửi."),
    409: ("Nội dung đã thay đổi", "Có người vừa xử lý trước. Mở lại trang để xem nội dung mới nhất."),
    413: ("Nội dung quá dài", "Nội dung gửi vượt quá mức cho phép."),
    422: ("Yêu cầu không đúng", "Địa chỉ hoặc biểu mẫu có nội dung không đúng dạng. Quay lại trang trước và nhập lại."),
    503: ("Chưa truy cập được kho số liệu", "Kho số liệu tạm thời không trả lời. Tải lại trang sau ít phút."),
}
# A server that only reads, or has no room left, is of as little use as one that is dead. Other errors are ours.
_UNREACHABLE = (OperationalError, InterfaceError, InternalError, PoolTimeoutError)
_FAULT = ("Hệ thống gặp lỗi", "Lỗi đã được ghi nhật ký. Báo bộ phận vận hành nếu gặp lại.")
log = logging.getLogger(__name__)


class Refusal(HTTPException):
    """A request that cannot be met; ``words`` tell a reader of Vietnamese why, ``detail`` a program."""

    def __init__(self, status: int, detail: str, words: str) -> None:
        super().__init__(status, detail)
        self.words = words


def may(method: str, dag_id: str, user: BaseUser, entity: DagAccessEntity | None = None) -> bool:
    """Returns whether an account may do ``method`` (GET, POST, PUT) to a DAG, or to its runs or tasks."""
    from airflow.api_fastapi.app import get_auth_manager

    details = DagDetails(id=dag_id)
    return get_auth_manager().is_authorized_dag(
        method=method,  # type: ignore[arg-type]
        access_entity=entity,
        details=details,
        user=user,
    )


def viewer(user: GetUserDep) -> BaseUser:
    """Lets through who is logged in and may read the DAG that reports, and returns the account.

    Raises:
        HTTPException: 403.
    """
    if not may("GET", PUBLISH, user):
        raise HTTPException(403, "This account may not read these pages.")
    return user


def may_run(user: BaseUser, dag_id: str) -> bool:
    """Returns whether an account may start runs of a DAG: who may also do by hand what the DAG does."""
    return may("POST", dag_id, user, DagAccessEntity.RUN)


@cache
def all_parts() -> AllParts:
    """Returns settings, plans and the engine of this process, opened once: its pool heals by itself."""
    return open_warehouse()


def parts() -> Parts:
    """Returns the same for the plan that a page is about."""
    return all_parts().of()


Viewer = Annotated[BaseUser, Depends(viewer)]
Opened = Annotated[Parts, Depends(parts)]


def page(name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Returns a page of ``include/templates/pages``, filled in."""
    given = {"script": SCRIPT, "user": "", "here": "", "refresh": 0} | values
    return HTMLResponse(template(f"pages/{name}").render(given), status, HEADERS)


def guard(app: FastAPI) -> None:
    """Has an app answer a browser's request by a page in Vietnamese whatever goes wrong, a program's by JSON."""

    @app.exception_handler(StarletteHTTPException)
    async def refused(request: Request, error: StarletteHTTPException) -> Response:
        if not _is_browser(request):
            return JSONResponse({"detail": error.detail}, error.status_code, HEADERS)
        if error.status_code == 401 and request.method == "GET":
            return _to_login(request)
        if error.status_code == 401:
            # What was typed is given back, to be sent again after the login.
            return _told(401, login=_login(request), kept=getattr(request.state, "typed", ""))
        return _told(error.status_code, getattr(error, "words", ""))

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        if _is_browser(request):
            return _told(422)
        places = [".".join(map(str, each["loc"])) for each in error.errors()]
        return JSONResponse({"detail": f"not valid: {', '.join(places)}"}, 422, HEADERS)

    async def unreachable(request: Request, error: Exception) -> Response:
        log.error("The warehouse did not answer a page: %s", error)
        return _told(503) if _is_browser(request) else JSONResponse({"detail": "no warehouse"}, 503, HEADERS)

    for kind in _UNREACHABLE:
        app.add_exception_handler(kind, unreachable)

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> Response:
        log.error("A page failed.", exc_info=error)
        return _told(500) if _is_browser(request) else JSONResponse({"detail": "failed"}, 500, HEADERS)


def _is_browser(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _to_login(request: Request) -> Response:
    return RedirectResponse(_login(request), 303, HEADERS)


def _login(request: Request) -> str:
    # Below what Airflow itself is served under, where that is not the root of its host.
    root = str(request.scope.get("root_path", "")).removesuffix(PREFIX)
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"{root}/api/v2/auth/login?{urlencode({'next': back})}"


def _told(status: int, words: str = "", *, login: str = "", kept: str = "") -> HTMLResponse:
    title, usual = _SENTENCES.get(status, _FAULT)
    return page("error.html.j2", status, title=title, words=words or usual, login=login, kept=kept)
