"""Where an official decides about a draft: Airflow's own question, told whole in Vietnamese, and answered in his name.

The page keeps nothing and decides nothing. It shows what the warehouse says is asked, sends the answer to Airflow as
the person who gives it, and tells afterwards what the warehouse has witnessed: Airflow's screen and this are one truth.
"""

import json
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from fastapi import APIRouter, Request
from fastapi import Path as PathPart
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from tiendo.airflow_glue.approval import LONGEST, TITLES, AnswerError, check_fields
from tiendo.airflow_glue.warehouse import Parts
from tiendo.model.outcome import ACCEPTED
from tiendo.model.period import PATTERN, Period
from tiendo.pages.forms import Form, ask_airflow, form_token, read_token
from tiendo.pages.frame import HEADERS, PREFIX, PUBLISH, AllOpened, Opened, Refusal, Viewer, link, may, page
from tiendo.report.approval import AskedQuestion, questions
from tiendo.report.folders import EditionFolders
from tiendo.report.manifest import MANIFEST
from tiendo.report.review import PAGE, VIEW
from tiendo.vietnamese.dates import deadline_text, format_instant
from tiendo.warehouse.engine import onlooker
from tiendo.warehouse.mart import tracker_rows

HERE = f"{PREFIX}/duyet/"
_DRAFT_FILES = {
    "bao-cao.html": "Trang báo cáo",
    "bao-cao.pdf": "Báo cáo (PDF)",
    "bao-cao.docx": "Báo cáo (Word)",
    "bao-cao.xlsx": "Số liệu (Excel)",
    "giao-ban.pdf": "Bản giao ban (PDF)",
    "giao-ban.docx": "Bản giao ban (Word)",
    PAGE: "Bản xem xét để in",
}
_PERIOD = PathPart(pattern=rf"^{PATTERN}$")
_UNSURE = "Airflow không trả lời được. Mở lại trang xem câu trả lời đã được ghi nhận hay chưa, rồi mới gửi lại."

router = APIRouter()


class Act(NamedTuple):
    """A button: the option of Airflow's question that it chooses, and whether it names a body and asks for words."""

    option: str
    has_body: bool
    needs_comment: bool


ACTS = {
    "approve": Act("Approve", has_body=False, needs_comment=False),
    "return": Act("Reject", has_body=True, needs_comment=True),
    "return-publish": Act("Approve", has_body=True, needs_comment=True),
    "reject": Act("Reject", has_body=False, needs_comment=True),
}


@dataclass(frozen=True)
class Scene:
    """What is there to be decided about a period.

    Attributes:
        refused: why the answer before was not noted, "" where there was none.
        view: the review as words (``review_view``), None where the draft has been put away or keeps none.
        files: the draft's files by name, with their titles; none where the draft in the folder is another one.
        is_there: the draft in the folder is the one that is asked about.
        received: the bodies whose report of the period counts, which alone can be returned.
    """

    period: Period
    asked: AskedQuestion | None
    refused: str = ""
    view: dict[str, Any] | None = None
    files: tuple[tuple[str, str], ...] = ()
    is_there: bool = False
    received: frozenset[str] = frozenset()


@router.get("/duyet/")
def all_questions(user: Viewer, _: Opened, opened: AllOpened) -> Response:
    """The latest question about each period of every plan."""
    with onlooker(opened.engine) as connection:
        found = [each for register in opened.plans for each in questions(connection, register)]
    latest: dict[tuple[str, Period], AskedQuestion] = {}
    for each in found:
        latest.setdefault((each.request.plan_code, each.request.period), each)
    rows = [
        {
            "href": link(f"/duyet/{each.request.period}", plan_code=each.request.plan_code),
            "plan": opened.plans.of_code(each.request.plan_code).short_title,
            "title": each.request.report.replace("b", "B", 1),
            "asked": format_instant(each.asked_at),
            "state": _state_words(each),
            "is_open": not each.request.is_decided,
        }
        for each in sorted(latest.values(), key=lambda each: (each.request.is_decided, -each.request.review_request_id))
    ]
    return page("approvals.html.j2", user=user.get_name(), here=HERE, is_of_all=True, rows=rows)


def _state_words(asked: AskedQuestion) -> str:
    answer = asked.request.answer
    if answer is None or not asked.request.is_decided:
        return "Chờ quyết định"
    if asked.is_published:
        return "Đã ban hành"
    verdict = "Đã phê duyệt" if answer.verdict == "approve" else "Đã trả lại" if answer.return_to else "Không ban hành"
    return f"{verdict}, {format_instant(answer.answered_at)}"


@router.get("/duyet/{period}")
async def question(request: Request, period: Annotated[str, _PERIOD], user: Viewer, opened: Opened) -> Response:
    """What is to be decided about a period, with the forms for those who may."""
    return await _shown(request, user, opened, await run_in_threadpool(_scene, opened, period))


@router.post("/duyet/{period}")
async def answer(
    request: Request, period: Annotated[str, _PERIOD], fields: Form, user: Viewer, opened: Opened
) -> Response:
    """Answers the question in the name of whoever is logged in; nothing is noted here.

    Raises:
        Refusal: 403, who is no reviewer, and a form that was not made for this account and plan.
    """
    scene = await run_in_threadpool(_scene, opened, period)
    if not _may_answer(opened, user):
        raise Refusal(403, "No reviewer.", f"Tài khoản {user.get_name()} không được phê duyệt. {_who(opened)}")
    about = read_token(user, opened.register, fields.get("token", ""))

    async def again(status: int, error: str) -> Response:
        now = await run_in_threadpool(_scene, opened, period)
        return await _shown(request, user, opened, now, status=status, error=error, typed=fields)

    asked = scene.asked
    if asked is None or asked.request.is_decided or about != _about(asked):
        return await again(409, "Câu hỏi này đã được trả lời, hoặc dự thảo đã được thay. Chưa ghi nhận gì.")
    if not scene.is_there:
        return await again(409, "Dự thảo trong kho không còn là bản đang hỏi. Chưa ghi nhận gì.")
    act = ACTS.get(fields.get("act", ""))
    if act is None:
        return await again(422, "Chưa chọn phê duyệt, trả lại hay không ban hành.")
    if act.option == "Approve" and scene.view and scene.view["failures"]:
        return await again(409, "Kiểm tra số liệu không đạt nên chưa thể ban hành. Chưa ghi nhận gì.")
    given = {name: fields.get(name, "").replace("\r\n", "\n").strip() for name in LONGEST}
    if not act.has_body:
        given["return_to"] = ""
    try:
        if act.has_body and not given["return_to"]:
            raise AnswerError("Chưa chọn đơn vị cần trả lại báo cáo.")
        check_fields(_bodies(opened), given)
        if given["return_to"] and given["return_to"] not in scene.received:
            raise AnswerError(
                f"{_bodies(opened)[given['return_to']]} chưa có báo cáo nào của kỳ được tiếp nhận, nên không có gì để "
                "trả lại."
            )
        if act.needs_comment and not given["comment"]:
            raise AnswerError("Chưa ghi lý do không ban hành.")
    except AnswerError as error:
        return await again(422, str(error))
    body = {"chosen_options": [act.option], "params_input": {name: value for name, value in given.items() if value}}
    told = await ask_airflow(request, "PATCH", f"{_task(asked, 'approve')}/-1/hitlDetails", body)
    if told.is_success:
        return _to(request, f"/duyet/{period}/{asked.request.review_request_id}")
    if told.status_code == 409:
        return await again(409, "Câu hỏi vừa được trả lời trước đó. Câu trả lời này chưa được ghi nhận.")
    if told.status_code == 404:
        return await again(409, "Airflow không còn câu hỏi này: lần chạy đã bị xóa hoặc làm lại. Chưa ghi nhận gì.")
    if told.status_code in (401, 403):
        raise Refusal(told.status_code, "Airflow refuses this account.", "")
    if told.is_server_error:
        return await again(503, _UNSURE)
    raise RuntimeError(f"Airflow does not take an answer of ours: {told.status_code} {told.text[:500]}")


@router.get("/duyet/{period}/{number}")
async def receipt(
    request: Request, period: Annotated[str, _PERIOD], number: int, user: Viewer, opened: Opened
) -> Response:
    """What was decided about one question, as the warehouse has witnessed it, and what comes next."""

    def find() -> AskedQuestion | None:
        with onlooker(opened.engine) as connection:
            found = questions(connection, opened.register, _known(opened, period))
        return next((each for each in found if each.request.review_request_id == number), None)

    asked = await run_in_threadpool(find)
    if asked is None:
        raise Refusal(404, "No such question.", "Không có câu hỏi phê duyệt nào mang số này trong kỳ.")
    verdict = asked.request.answer.verdict if asked.request.answer else ""
    task = ""
    if not verdict:
        told = await ask_airflow(request, "GET", f"{_task(asked, 'approve')}/-1/hitlDetails")
        if not (told.is_success and told.json()["response_received"]):
            return _to(request, f"/duyet/{period}")
    elif verdict == "approve" and not asked.is_published:
        told = await ask_airflow(request, "GET", _task(asked, "publish"))
        task = str(told.json().get("state") or "") if told.is_success else ""
    is_moving = not verdict or (verdict == "approve" and not asked.is_published and task not in ("skipped", "failed"))
    decided = asked.request.answer
    return page(
        "approval_receipt.html.j2",
        plan_code=opened.register.code,
        user=user.get_name(),
        here=HERE,
        refresh=5 if is_moving or (decided and decided.return_to and not asked.request_no) else 0,
        period=period,
        asked=asked,
        answer=decided,
        answered=format_instant(decided.answered_at) if decided else "",
        body=_bodies(opened).get(decided.return_to, decided.return_to) if decided else "",
        task=task,
        closing=deadline_text(opened.register.calendar_by_period[asked.request.period].closing_at),
    )


async def _shown(
    request: Request,
    user: BaseUser,
    opened: Parts,
    scene: Scene,
    *,
    status: int = 200,
    error: str = "",
    typed: dict[str, str] | None = None,
) -> Response:
    state, by = await _state(request, scene)
    asked = scene.asked
    return page(
        "approval.html.j2",
        status,
        plan_code=opened.register.code,
        user=user.get_name(),
        here=HERE,
        refresh=0 if error else {"again": 5, "asking": 10, "noting": 5}.get(state, 0),
        scene=scene,
        asked=asked,
        request=asked.request if asked else None,
        since=format_instant(asked.asked_at) if asked else "",
        as_of=format_instant(asked.request.as_of) if asked else "",
        state=state,
        by=by,
        may_answer=_may_answer(opened, user),
        is_named=_is_named(opened, user),
        who=_who(opened),
        token=form_token(user, opened.register, *_about(asked)) if asked and state == "open" else "",
        bodies={code: name for code, name in _bodies(opened).items() if code in scene.received},
        recipients=sum(bool(address) for address in opened.register.report["delivery"].values()),
        acts=ACTS,
        titles=TITLES,
        longest=LONGEST,
        error=error,
        typed={name: (typed or {}).get(name, "") for name in ("act", *LONGEST)},
    )


async def _state(request: Request, scene: Scene) -> tuple[str, str]:
    """Returns where a question stands, and who has answered where that is being noted."""
    if scene.asked is None:
        return "none", ""
    answered = scene.asked.request.answer
    if answered:
        return ("decided" if scene.asked.request.is_decided else "again"), answered.answered_by
    told = await ask_airflow(request, "GET", f"{_task(scene.asked, 'approve')}/-1/hitlDetails")
    if told.status_code == 404:
        return "asking", ""
    if not told.is_success:
        return "silent", ""
    if told.json()["response_received"]:
        return "noting", str((told.json()["responded_by_user"] or {}).get("name") or "?")
    return ("open" if scene.is_there else "replaced"), ""


def _scene(opened: Parts, period: str) -> Scene:
    known = _known(opened, period)
    with onlooker(opened.engine) as connection:
        found = questions(connection, opened.register, known)
    if not found:
        return Scene(known, None)
    asked, *before = found
    last = before[0].request.answer if before and before[0].run_id == asked.run_id else None
    folder = EditionFolders(opened.settings, opened.register.code, known).draft(asked.request.edition)
    try:
        is_there = json.loads((folder / MANIFEST).read_bytes())["data_sha256"] == asked.request.data_sha256
        # A draft of an older version keeps none, and has the page beside it.
        view = json.loads((folder / VIEW).read_bytes()) if is_there and (folder / VIEW).exists() else None
    except FileNotFoundError:
        is_there, view = False, None
    files = [(name, title) for name, title in _DRAFT_FILES.items() if is_there and (folder / name).exists()]
    tracked = tracker_rows(opened.engine, opened.register, known)
    received = frozenset(row["agency_code"] for row in tracked if row["state"] in ACCEPTED)
    return Scene(known, asked, (last and last.refused_because) or "", view, tuple(files), is_there, received)


def _to(request: Request, path: str) -> Response:
    return RedirectResponse(request.scope["root_path"] + link(path).removeprefix(PREFIX), 303, HEADERS)


def _known(opened: Parts, period: str) -> Period:
    known = Period.parse(period)
    if known not in opened.register.calendar_by_period:
        raise Refusal(404, "The plan has no such period.", f"Kế hoạch không có kỳ báo cáo {period}.")
    return known


def _about(asked: AskedQuestion) -> list[str | int]:
    return [asked.request.review_request_id, asked.request.data_sha256]


def _task(asked: AskedQuestion, task: str) -> str:
    return f"/api/v2/dags/{PUBLISH}/dagRuns/{quote(asked.run_id, safe='')}/taskInstances/{task}"


def _may_answer(opened: Parts, user: BaseUser) -> bool:
    return _is_named(opened, user) and may("PUT", PUBLISH, user, DagAccessEntity.HITL_DETAIL)


def _is_named(opened: Parts, user: BaseUser) -> bool:
    return str(user.get_id()) in {reviewer.id for reviewer in opened.settings.reviewers}


def _who(opened: Parts) -> str:
    return f"Người được phê duyệt: {', '.join(reviewer.name for reviewer in opened.settings.reviewers)}."


def _bodies(opened: Parts) -> dict[str, str]:
    return {agency.code: agency.name for agency in opened.register.obliged}
