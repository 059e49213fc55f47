"""What all pages share: who may see them, the frame they stand in, and how they say what went wrong.

Airflow does not guard the app of a plugin, so each route asks for what its page shows. Who is not logged in is sent to
Airflow's login by a browser's request, and comes back to the same address.

Where several plans are in hand a page is about one of them, and its links name it (``?ke-hoach=<code>``): whoever is
sent such an address sees the same plan.
"""

import logging
import re
from base64 import b64encode
from contextvars import ContextVar
from functools import cache
from hashlib import sha256
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException as StarletteHTTPException

from tiendo import clock
from tiendo.airflow_glue.warehouse import AllParts, Parts, open_warehouse
from tiendo.model.plans import Plans
from tiendo.model.register import Register
from tiendo.plan.side_by_side import get_plans
from tiendo.templates import TEMPLATES, template
from tiendo.warehouse.engine import onlooker
from tiendo.warehouse.sql import statement

PREFIX = "/tiendo"
PUBLISH = "publish_report"
PLAN = "ke-hoach"
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
_RECEIPT = re.compile(r"TN-\d{6,12}")
log = logging.getLogger(__name__)


class ShownPlan(NamedTuple):
    """The plan that a page is about, of several in hand."""

    plans: Plans
    register: Register


shown_plan: ContextVar[ShownPlan | None] = ContextVar("tiendo_shown_plan", default=None)
"""Of the request that is being answered; None with one plan in hand, and for what is of no plan."""


class Refusal(HTTPException):
    """A request that cannot be met; ``words`` tell a reader of Vietnamese why, ``detail`` and ``field`` a program."""

    def __init__(self, status: int, detail: str, words: str, *, field: str = "") -> None:
        super().__init__(status, detail)
        self.words = words
        self.field = field


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


AllOpened = Annotated[AllParts, Depends(all_parts)]


async def parts(request: Request, opened: AllOpened) -> Parts:
    """Returns the same for the plan that a page is about, which its links then name.

    Raises:
        Refusal: 404, the address names a plan that is not in hand.
    """
    # Here and not in a thread: what is set there is not seen by who makes the page.
    register = _named_plan(request, opened.plans)
    if register is None:
        register = await run_in_threadpool(_plan_of_what_is_named, request, opened)
    _show(opened.plans, register)
    return opened.of(register.code)


async def plan_alone(request: Request) -> Register:
    """Returns the plan of a page that needs no warehouse; see ``parts``."""
    plans = get_plans()
    register = _named_plan(request, plans) or plans.current(clock.now())
    _show(plans, register)
    return register


def _show(plans: Plans, register: Register) -> None:
    shown_plan.set(ShownPlan(plans, register) if len(plans) > 1 else None)


def _named_plan(request: Request, plans: Plans) -> Register | None:
    """Returns the plan whose code stands in the address, or the only one."""
    code = request.query_params.get(PLAN, "")
    if code and code not in plans.by_code:
        known = ", ".join(f"{register.short_title} ({register.code})" for register in plans)
        raise Refusal(404, f"No such plan in hand: {code!r}.", f"Không có kế hoạch này; có các kế hoạch: {known}.")
    return plans.by_code[code] if code else plans.first if len(plans) == 1 else None


def _plan_of_what_is_named(request: Request, opened: AllParts) -> Register:
    """Returns the plan of the file, period, body or indicator that an address names; the current one if it has it."""
    plans, named = opened.plans, request.path_params
    period = named.get("period") or request.query_params.get("ky", "")
    body, indicator = named.get("agency_code"), named.get("code")
    receipt_no = named.get("receipt_no", "")
    if _RECEIPT.fullmatch(receipt_no):
        with onlooker(opened.engine) as connection:
            file = connection.execute(statement("pages/file.sql"), {"receipt_no": receipt_no}).mappings().first()
        if file and file["plan_code"] in plans.by_code:
            return plans.by_code[file["plan_code"]]
        body = file["agency_code"] if file else None

    def has_it(register: Register) -> bool:
        return (
            period in map(str, register.calendar_by_period)
            or body in {agency.code for agency in register.obliged}
            or indicator in {each.code for each in register.indicators if each.is_leaf}
        )

    current = plans.current(clock.now())
    return next(filter(has_it, [current, *plans]), current)


Viewer = Annotated[BaseUser, Depends(viewer)]
Opened = Annotated[Parts, Depends(parts)]
OfPlan = Annotated[Register, Depends(plan_alone)]


def link(path: str, fragment: str = "", *, plan_code: str = "", **query: str) -> str:
    """Returns the address of a page of ours: ``/tiendo/duyet/2023-Q1``, with several plans in hand with its plan.

    Args:
        path: below ``/tiendo``.
        plan_code: where it is another plan's than the page's that has the link.
    """
    if shown := shown_plan.get():
        query[PLAN] = plan_code or shown.register.code
    return PREFIX + path + (f"?{urlencode(query)}" if query else "") + (f"#{fragment}" if fragment else "")


def page(name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Returns a page of ``include/templates/pages``, filled in; one of all plans says so by ``is_of_all``."""
    usual = {"script": SCRIPT, "user": "", "here": "", "refresh": 0, "is_of_all": False}
    given = usual | {"link": link, "shown_plan": shown_plan.get()} | values
    return HTMLResponse(template(f"pages/{name}").render(given), status, HEADERS)


def guard(app: FastAPI) -> None:
    """Has an app answer a browser's request by a page in Vietnamese whatever goes wrong, a program's by JSON."""

    @app.exception_handler(StarletteHTTPException)
    async def refused(request: Request, error: StarletteHTTPException) -> Response:
        if not _is_browser(request):
            field = getattr(error, "field", "")
            told = {"detail": error.detail} | ({"field": field} if field else {})
            return JSONResponse(told, error.status_code, HEADERS)
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
