"""What operations do by hand, from a page: each by the code of its command, in the name of who is logged in.

What starts a run is asked of Airflow's own API as that person. What is entered in the warehouse has the account in the
audit as the login has told it. Each act is for accounts that may run the DAG which does the like.
"""

import secrets
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import PurePosixPath
from typing import Annotated, Any, NamedTuple

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from fastapi import APIRouter, Request, Response
from fastapi import Path as PathPart
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from tiendo import clock
from tiendo.airflow_glue.approval import AnswerError, check_words
from tiendo.airflow_glue.partition import key_of
from tiendo.airflow_glue.warehouse import AllParts, Parts
from tiendo.model.period import Period
from tiendo.model.plans import Bodies
from tiendo.model.register import Duty, Obligation
from tiendo.model.working_days import last_day_before, midnight
from tiendo.obligations.documents import LARGEST, receive_document
from tiendo.obligations.extensions import LONGEST_TEXT, Letter, ObligationError, find_obligation, grant
from tiendo.pages.forms import LONGEST_FORM, ask_airflow, check_sent, form_token, read_token
from tiendo.pages.frame import HEADERS, PREFIX, PUBLISH, AllOpened, Opened, Refusal, Viewer, link, may_run, page
from tiendo.reminders.occasion import Reminder
from tiendo.vietnamese.dates import format_date, format_instant
from tiendo.warehouse.audit import acting_for

HERE = f"{PREFIX}/viec/"
_WORDS = {"letter": "Số văn bản", "note": "Ghi chú", "reason": "Lý do, ghi chú", "name": "Tên tệp"}
_STATES = {
    "accepted": "được tiếp nhận",
    "accepted_with_warnings": "được tiếp nhận, có cảnh báo",
    "rejected": "bị trả lại",
    "duplicate": "trùng với tệp đã nhận",
    "quarantined": "vẫn bị giữ lại",
}
router = APIRouter()


class MistakeError(ValueError):
    """An act that cannot be done as it was filled in; the message says why, in Vietnamese. Nothing was done."""

    def __init__(self, words: str, status: int = 422) -> None:
        super().__init__(words)
        self.status = status


class ByHand(NamedTuple):
    """An act: the DAG whose runners may do it, and its words."""

    dag_id: str
    title: str


ACTS = {
    "nhac": ByHand("send_reminders", "Nhắc ngay các đơn vị đến kỳ nhắc"),
    "du-thao": ByHand(PUBLISH, "Lập dự thảo để hỏi phê duyệt (lần đầu, lần sau hoặc bổ sung)"),
    "gia-han": ByHand("send_reminders", "Gia hạn cho một đơn vị theo văn bản"),
    "tha-tep": ByHand("process_submissions", "Cho qua một tệp đang bị giữ lại"),
    "ke-hoach": ByHand("process_submissions", "Nhận kế hoạch thực hiện của một đơn vị"),
}
Name = Annotated[str, PathPart(pattern=f"^(?:{'|'.join(ACTS)})$")]


@router.get("/viec/")
def all_acts(user: Viewer, opened: Opened, everything: AllOpened) -> Response:
    """The acts that an account may do, each with its form."""
    return _shown(user, opened, everything)


@router.get("/viec/{name}")
def one_act(user: Viewer, _: Opened, name: Name) -> Response:
    """Where a browser comes back to from the login after an act was sent: to the form, for nothing was done."""
    return RedirectResponse(link("/viec/", name), 303, HEADERS)


@router.post("/viec/{name}")
async def do(request: Request, name: Name, user: Viewer, opened: Opened, everything: AllOpened) -> Response:
    """Does one act, whole or not at all, and says what was done and what comes next.

    Raises:
        Refusal: 403, the account may not run what the act stands for, or the form is not ours for it and this plan.
    """
    if not may_run(user, ACTS[name].dag_id):
        raise Refusal(403, "This account may not run it.", f"Tài khoản {user.get_name()} không được làm việc này.")
    has_file = name == "ke-hoach"
    kind = "multipart/form-data" if has_file else "application/x-www-form-urlencoded"
    check_sent(request, LONGEST_FORM + (LARGEST if has_file else 0), kind)
    form = await request.form()
    fields = {each: value.strip() for each, value in form.items() if isinstance(value, str)}
    act, number = (*read_token(user, opened.register, fields.get("token", "")), "", "")[:2]
    if act != name:
        raise Refusal(403, "The form is another act's.", "Biểu mẫu này không phải của việc vừa chọn.")
    try:
        if name in _RUNS:
            key, done = await run_in_threadpool(_RUNS[name], opened, everything, fields)
            await _start(request, user, name, key, number)
        else:
            file = form.get("file")
            content = await file.read() if isinstance(file, UploadFile) else b""
            given = fields | {"name": (file.filename or "") if isinstance(file, UploadFile) else ""}
            account = f"{user.get_name()} (trang web, tài khoản số {user.get_id()})"
            entry = partial(_ENTRIES[name], opened, everything, given, content)
            done = await run_in_threadpool(_enter, account, given, entry)
    except MistakeError as error:
        return await run_in_threadpool(
            _shown, user, opened, everything, status=error.status, error=str(error), act=name, typed=fields
        )
    return page("act_done.html.j2", user=user.get_name(), here=HERE, title=ACTS[name].title, done=done)


def _shown(
    user: BaseUser,
    opened: Parts,
    everything: AllParts,
    *,
    status: int = 200,
    error: str = "",
    act: str = "",
    typed: dict[str, str] | None = None,
) -> Response:
    from tiendo.process.quarantine import held_files

    register, today = opened.register, clock.today()
    # Where the plan asks bodies for none of their own, there is nothing to be received.
    absent = set() if any(owed.duty is Duty.IMPLEMENTATION_PLAN for owed in register.obligations) else {"ke-hoach"}
    allowed = {name: each.title for name, each in ACTS.items() if name not in absent and may_run(user, each.dag_id)}
    due = _due(everything) if "nhac" in allowed else []
    held = held_files(opened.engine) if "tha-tep" in allowed else []
    periods = [(str(entry.period), entry.period.vietnamese) for entry in register.calendar]
    begun = sum(entry.cut_off_on <= today for entry in register.calendar)
    return page(
        "acts.html.j2",
        status,
        user=user.get_name(),
        here=HERE,
        acts=allowed,
        # A number of the form's own: sent twice, it starts one run.
        tokens={name: form_token(user, register, name, secrets.token_hex(8)) for name in allowed},
        bodies=_names(register),
        bodies_of_all=_names(everything.plans),
        due=sorted({reminder.agency.name for reminder in due}),
        drafts=periods[:begun][::-1],
        periods=periods,
        held=held,
        held_names=[(each["receipt_no"], f"{each['receipt_no']}: {each['name']}") for each in held],
        sent_at=format_instant,
        year=register.year,
        error=error,
        open=act,
        typed={name: (typed or {}).get(name, "") for name in _FIELDS},
    )


_FIELDS = ("period", "agency", "until", "letter", "dated", "note", "file", "reason", "received")


async def _start(request: Request, user: BaseUser, name: str, key: str | None, number: str) -> None:
    body = {
        "dag_run_id": f"trang-web__{number}",
        "logical_date": None,
        "partition_key": key,
        "note": f"Từ trang web, tài khoản {user.get_name()}.",
    }
    told = await ask_airflow(request, "POST", f"/api/v2/dags/{ACTS[name].dag_id}/dagRuns", body)
    if told.status_code == 409:
        raise MistakeError("Việc này đã được gửi một lần từ biểu mẫu này; không làm thêm lần nữa.", 409)
    if told.status_code in (401, 403):
        raise Refusal(told.status_code, "Airflow refuses this account.", "")
    if told.is_server_error:
        raise MistakeError("Airflow không trả lời được. Xem danh sách lần chạy trước khi gửi lại.", 503)
    if not told.is_success:
        raise RuntimeError(f"Airflow does not start a run of ours: {told.status_code} {told.text[:500]}")


def _due(everything: AllParts) -> list[Reminder]:
    """Returns what a run would remind of: it is one for all plans."""
    from tiendo.reminders.reminding import due_now

    now = clock.now()
    return [each for register in everything.plans for each in due_now(everything.engine, register, now)]


def _remind(opened: Parts, everything: AllParts, fields: dict[str, str]) -> tuple[str | None, str]:
    names = "; ".join(dict.fromkeys(each.agency.short_name for each in _due(everything))) or "không có đơn vị nào"
    return None, f"Đã bắt đầu một lượt nhắc: {names}. Đơn vị đã được nhắc của dịp này không bị nhắc lại."


def _draft(opened: Parts, everything: AllParts, fields: dict[str, str]) -> tuple[str | None, str]:
    period = _period(opened, fields)
    if opened.register.calendar_by_period[period].cut_off_on > clock.today():
        raise MistakeError(f"Chưa đến ngày chốt số liệu của {period.vietnamese}.")
    return key_of(opened.register, period), (
        f"Đã bắt đầu lập dự thảo báo cáo {period.vietnamese}. Nếu số liệu khác lần ban hành trước, câu hỏi hiện sau ít "
        "phút ở trang Phê duyệt báo cáo; nếu không khác thì không có gì để hỏi."
    )


_RUNS = {"nhac": _remind, "du-thao": _draft}


def _enter(account: str, fields: dict[str, str], entry: Callable[[], str]) -> str:
    with acting_for(account):
        try:
            for each, title in _WORDS.items():
                check_words(title, fields.get(each, ""), LONGEST_TEXT)
            return entry()
        except AnswerError as error:
            raise MistakeError(str(error)) from error
        except ObligationError as error:
            raise MistakeError(f"Không ghi nhận được: {error}.", 409) from error


def _extend(opened: Parts, everything: AllParts, fields: dict[str, str], content: bytes) -> str:
    period, agency = _period(opened, fields), _agency(opened.register, fields)
    owed = find_obligation(opened.register, Duty.QUARTERLY_REPORT, str(period))
    until, dated = _day(fields, "until", "ngày gia hạn đến"), _day(fields, "dated", "ngày văn bản")
    _check_day(owed, until)
    if not fields.get("letter"):
        raise MistakeError("Chưa ghi số văn bản.")
    if dated > clock.today():
        raise MistakeError(f"Ngày văn bản {format_date(dated)} là ngày chưa đến.")
    letter = Letter(fields["letter"], dated, fields.get("note", ""))
    number = grant(opened.engine, opened.register, agency, owed, until=until, letter=letter)
    name = opened.register.agency_by_code[agency].name
    return f"Mục gia hạn số {number}: {name} nộp báo cáo kỳ {period} đến hết ngày {format_date(until)}."


def _check_day(owed: Obligation, until: date) -> None:
    last_day, closing_on = last_day_before(owed.due_at), last_day_before(owed.closing_at)
    if not last_day < until <= closing_on:
        raise MistakeError(
            f"Ngày gia hạn phải sau {format_date(last_day)} (hạn chung), không quá {format_date(closing_on)} (khóa kỳ)."
        )


def _release(opened: Parts, everything: AllParts, fields: dict[str, str], content: bytes) -> str:
    from tiendo.process.quarantine import held_files, release
    from tiendo.process.requeue import NotPossibleError
    from tiendo.reading.files import ScannerError

    held = {each["receipt_no"]: each for each in held_files(opened.engine)}
    if (found := held.get(fields.get("file", ""))) is None:
        raise MistakeError("Tệp vừa chọn không còn bị giữ lại, hoặc chưa chọn tệp.", 409 if fields.get("file") else 422)
    agency = _agency(everything.plans, fields) if fields.get("agency") or not found["agency"] else ""
    reason = fields.get("reason", "")
    if not reason:
        raise MistakeError("Chưa ghi lý do cho qua.")
    try:
        reviewed, done = release(
            opened.settings, everything.plans, opened.engine, found["receipt_no"], agency=agency, reason=reason
        )
    except NotPossibleError as error:
        raise MistakeError("Tệp không còn bị giữ lại: có người vừa xử lý.", 409) from error
    except ScannerError as error:
        raise MistakeError("Chưa quét được vi-rút nên chưa cho qua tệp nào. Thử lại sau ít phút.", 503) from error
    if done is None:
        told = "; ".join(finding["message"] for finding in reviewed.after.findings)
        raise MistakeError(f"Đọc lại theo quy tắc hiện nay thì tệp vẫn bị giữ lại, nên không làm gì: {told}", 409)
    state = _STATES[done["state"]]
    return f"Tệp {found['receipt_no']} được cho qua với số phiếu {done['receipt']}: {state}. Đơn vị được trả lời."


def _receive(opened: Parts, everything: AllParts, fields: dict[str, str], content: bytes) -> str:
    agency, name = _agency(opened.register, fields), PurePosixPath(fields["name"].replace("\\", "/")).name
    owed = find_obligation(opened.register, Duty.IMPLEMENTATION_PLAN, str(opened.register.year))
    if not name or not content:
        raise MistakeError("Chưa chọn tệp kế hoạch, hoặc tệp rỗng. Các ô khác được giữ; chọn lại tệp.")
    if len(content) > LARGEST:
        raise MistakeError(f"Tệp lớn hơn {LARGEST // 1024**2} MiB.", 413)
    received = None
    if fields.get("received"):
        day = _day(fields, "received", "ngày nhận")
        if day > clock.today():
            raise MistakeError(f"Ngày nhận {format_date(day)} là ngày chưa đến.")
        # Of a stamp without an hour the day's end: nobody is made earlier than it says.
        received = None if day == clock.today() else midnight(day + timedelta(days=1)) - timedelta(seconds=1)
    done = receive_document(
        opened.settings, opened.register, opened.engine, agency, owed,
        name=name, content=content, received_at=received, note=fields.get("reason", ""),
    )  # fmt: skip
    known = "" if done.is_new else " (đã được ghi nhận trước đó, không ghi thêm)"
    body = opened.register.agency_by_code[agency].name
    at = format_instant(done.received_at)
    return f"Phiếu {done.receipt_no}: kế hoạch thực hiện của {body}, nhận lúc {at}{known}."


_ENTRIES: dict[str, Callable[[Parts, AllParts, dict[str, str], bytes], str]] = {
    "gia-han": _extend,
    "tha-tep": _release,
    "ke-hoach": _receive,
}


def _period(opened: Parts, fields: dict[str, Any]) -> Period:
    for period in opened.register.calendar_by_period:
        if str(period) == fields.get("period"):
            return period
    raise MistakeError("Chưa chọn kỳ báo cáo của kế hoạch.")


def _names(bodies: Bodies) -> dict[str, str]:
    return {agency.code: agency.name for agency in bodies.obliged}


def _agency(bodies: Bodies, fields: dict[str, str]) -> str:
    agency = fields.get("agency", "")
    if agency not in _names(bodies):
        raise MistakeError("Chưa chọn đơn vị báo cáo của kế hoạch.")
    return agency


def _day(fields: dict[str, str], name: str, label: str) -> date:
    try:
        return date.fromisoformat(fields.get(name, ""))
    except ValueError:
        raise MistakeError(f"Chưa ghi đúng {label}, ví dụ 2023-03-20.") from None
