"""The request for approval as Airflow asks it, and the answer as the warehouse is told it."""

import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import ExceptionRetryPolicy, Param, RetryAction, RetryRule
from airflow.triggers.base import BaseTrigger, TriggerEvent

from tiendo import clock
from tiendo.airflow_glue.retries import INFRASTRUCTURE_ONLY
from tiendo.model.register import Register
from tiendo.settings import Reviewer, Settings
from tiendo.vietnamese.text import fold

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tiendo.report.approval import ReviewAnswer, ReviewRequest

SHORTEST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(minutes=10)
# How often a reviewer may be mistaken before the run fails; the answer after each is a further try of the task.
MOST_TRIES = 1000
# Of each word that a reviewer types: what is printed and mailed has to end somewhere.
LONGEST = {"approver": 200, "return_to": 100, "comment": 10_000}
TITLES = {"approver": "Người xem xét", "return_to": "Trả lại báo cáo của đơn vị", "comment": "Ý kiến"}
# What neither PostgreSQL nor a workbook can hold, or what makes printed words read otherwise than they are.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
# Stands in brackets after a typed name, before the account that has answered.
_ACCOUNT = "tài khoản"
_LOST, _NOT_YET = "lost", "timeout"


class AnswerError(ValueError):
    """An answer that cannot be acted upon; the message tells the reviewer why, and the question is asked again."""


class NotAskedError(RuntimeError):
    """The warehouse knows of no question of this run: what Airflow shows is none."""


class QuestionThere(BaseTrigger):
    """Finds out whether Airflow has kept the question of a task: only a trigger is told that in Airflow 3.3."""

    def __init__(self, ti_id: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.ti_id = ti_id

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Returns what the triggerer makes it from."""
        return f"{__name__}.{type(self).__name__}", {"ti_id": str(self.ti_id)}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Tells ``execute_complete`` that nobody has answered yet, or that nobody can."""
        from uuid import UUID

        from airflow.sdk.exceptions import AirflowRuntimeError
        from airflow.sdk.execution_time.hitl import get_hitl_detail_content_detail
        from asgiref.sync import sync_to_async

        found = {"error": "Nobody has answered.", "error_type": _NOT_YET}
        try:
            await sync_to_async(get_hitl_detail_content_detail)(ti_id=UUID(self.ti_id))
        except AirflowRuntimeError as error:
            if (error.error.detail or {}).get("status_code") != HTTPStatus.NOT_FOUND:
                raise
            found = {"error": "Airflow has lost the question.", "error_type": _LOST}
        yield TriggerEvent(found)  # type: ignore[no-untyped-call]


class ReviewOperator(ApprovalOperator):
    """An ``ApprovalOperator`` that loses no answer, and whose form may be filled in part.

    Airflow asks anew, and throws away what was answered, when the task that asks is tried again: after its worker was
    killed, or was taken for killed. Here a task that was tried before asks only where Airflow has kept no question, and
    an answer counts whenever it was given. What is asked is read in the warehouse, where the draft has noted it, since
    users of Airflow may write into what one task hands to another. And where Airflow 3.3 notes an answer in the moment
    in which the task goes to rest, it resumes nobody: it reads the state before it locks the row. So a task rests for
    some minutes at a time, and the scheduler's sweep hands it what has been answered meanwhile, or has it rest again.

    Airflow takes any value of a field, and says that it is well. An answer that makes no sense is noted as refused, and
    nothing comes of it: the task's next try, a moment later, asks again. What was wrong stands on top of the page that
    the question links to first, for Airflow 3.3 takes over the question's own words from try to try.
    """

    template_fields = ()

    def __init__(self, *, reviewers: Sequence[Reviewer], bodies: Mapping[str, str], **options: Any) -> None:
        self.reviewers = [reviewer.id for reviewer in reviewers]
        self.bodies = dict(bodies)
        # Of the form by which a run is started, which Airflow hands to each task.
        options.pop("params", None)
        super().__init__(
            subject="Phê duyệt báo cáo",
            assigned_users=[{"id": reviewer.id, "name": reviewer.name} for reviewer in reviewers],
            params=_form(bodies),
            retries=MOST_TRIES,
            retry_policy=_ASKED_AGAIN,
            **options,
        )

    def execute(self, context: Any) -> Any:
        """Asks what the draft of this run has noted, once, or goes on where it was.

        Raises:
            TaskAwaitingInput, TaskDeferred: the task rests until it is answered.
            NotAskedError: the draft has noted no question.
        """
        from tiendo.airflow_glue.warehouse import open_warehouse
        from tiendo.report.approval import ask_again

        settings, plans, engine = open_warehouse()
        request = _noted(engine, context["run_id"])
        if request.is_decided:
            return super().execute_complete(context, _told(request))
        if request.answer:
            # Noted first: if this dies in between, Airflow hands the refused answer over again: it is refused again.
            ask_again(engine, plans.of_code(request.plan_code), context["run_id"], request)
        elif context["ti"].try_number > 1:
            # A task that was tried before may have asked, and been answered: then asking throws the answer away.
            self.defer(trigger=QuestionThere(context["ti"].id), method_name="execute_complete")
        return self._ask(context, settings, request)

    def _ask(self, context: Any, settings: Settings, request: "ReviewRequest") -> Any:
        from airflow.sdk.exceptions import TaskAwaitingInput

        # One noted before its title was: by period and edition.
        self.subject = f"Phê duyệt báo cáo: {request.title or f'{request.period}, lần {request.edition}'}"
        self.body = question_text(settings, request)
        try:
            return super().execute(context)
        except TaskAwaitingInput:
            raise _rest() from None

    def validate_params_input(self, params_input: Mapping[str, Any]) -> None:
        """Fields that were left out have their defaults.

        Raises:
            AnswerError: a field is unknown, or body and comment do not go together.
        """
        if unknown := sorted(set(params_input) - set(self.params)):
            named = shown(", ".join(unknown), 200)
            raise AnswerError(f"Biểu mẫu không có trường {named}; chỉ có {', '.join(self.params)}.")
        check_fields(self.bodies, params_input)
        given = {name: value for name, value in params_input.items() if value is not None}
        super().validate_params_input({**self.params.dump(), **given})

    def execute_complete(self, context: Any, event: dict[str, Any], rests: int = 0) -> Any:
        """Makes sure of account and form, whatever Airflow has let through, and notes the answer in the warehouse.

        Args:
            event: the answer, or that none has come so far.
            rests: how often it has rested again.

        Raises:
            TaskAwaitingInput: nobody has answered yet.
            AnswerError: the account is no reviewer's, or the answer makes no sense.
        """
        from tiendo.airflow_glue.warehouse import open_warehouse
        from tiendo.report.approval import put_answer
        from tiendo.report.edition import tell_refusal
        from tiendo.report.folders import EditionFolders

        settings, plans, engine = open_warehouse()
        request = _noted(engine, context["run_id"])
        if request.is_decided:
            return super().execute_complete(context, _told(request))
        if event.get("error_type") == _LOST:
            return self._ask(context, settings, request)
        if "error" in event:
            raise _rest(rests + 1)
        # Only now: a question of a plan that was taken out of hand rests until it is back, or answered.
        register = plans.of_code(request.plan_code)
        account_id = str((event.get("responded_by_user") or {}).get("id") or "?")
        try:
            check_reviewer(self.reviewers, event.get("responded_by_user"))
            check_choice(event.get("chosen_options"))
            self.validate_params_input(event["params_input"] or {})
            # The form in Airflow lists the bodies of all plans.
            check_return({body.code: body.name for body in register.obliged}, event["params_input"] or {})
        except ValueError as error:
            refused = read_answer(request, event, refused_because=str(error))
            put_answer(engine, register, request, refused, account_id=account_id)
            tell_refusal(EditionFolders(settings, register.code, request.period).draft(request.edition), str(error))
            raise AnswerError(str(error)) from error
        put_answer(engine, register, request, read_answer(request, event), account_id=account_id)
        return super().execute_complete(context, event)


_ASKED_AGAIN = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=AnswerError,
            action=RetryAction.RETRY,
            retry_delay=timedelta(seconds=1),
            reason="The answer makes no sense: it is asked again",
        ),
        *INFRASTRUCTURE_ONLY.rules,
    ],
    default=RetryAction.FAIL,
)


def _noted(engine: "Engine", run_id: str) -> "ReviewRequest":
    from tiendo.report.approval import find_request

    if (request := find_request(engine, run_id)) is None:
        raise NotAskedError(f"The warehouse knows of no question of {run_id}. Start another run to ask one.")
    return request


def _told(request: "ReviewRequest") -> dict[str, Any]:
    """Returns the answer that the warehouse has noted as Airflow would tell it."""
    assert request.answer is not None  # noqa: S101  the caller has looked
    choice = ApprovalOperator.APPROVE if request.answer.verdict == "approve" else ApprovalOperator.REJECT
    at = request.answer.answered_at
    return {"chosen_options": [choice], "params_input": {}, "responded_at": at, "responded_by_user": None}


def answer_in_words(register: Register, answer: "ReviewAnswer") -> str:
    """Returns what a reviewer has decided, in a line."""
    words = ("Phê duyệt" if answer.verdict == "approve" else "Không ban hành") + f": {answer.answered_by}."
    if answer.return_to:
        words += f" Trả lại báo cáo của {register.agency_by_code[answer.return_to].name}."
    return words


def question_text(settings: Settings, request: "ReviewRequest") -> str:
    """Returns what the reviewer is shown, as Markdown."""
    from tiendo.report.folders import EditionFolders
    from tiendo.vietnamese.dates import format_instant

    pages = f"/tiendo/drafts/{request.plan_code}/{request.period}/{request.edition}"
    folder = EditionFolders(settings, request.plan_code, request.period).draft(request.edition)
    lines = "\n".join(f"- {line}" for line in request.review)
    return f"""
**Trả lời tại [trang phê duyệt](/tiendo/duyet/{request.period}?ke-hoach={request.plan_code})**, hoặc ngay tại đây.

**Bản dự thảo:** [những điểm cần xem xét]({pages}/xem-xet.html) · [trang báo cáo]({pages}/bao-cao.html) ·
[Word]({pages}/bao-cao.docx) · [Excel]({pages}/bao-cao.xlsx); thư mục `{folder}`.

{lines}

Số liệu ghi nhận đến {format_instant(request.as_of)}, mã số liệu `{request.data_sha256[:16]}`. Báo cáo đến sau thời điểm
này được đưa vào lần ban hành sau.

**Approve**: ban hành đúng bản dự thảo này. **Reject**: không ban hành, bản dự thảo được giữ lại. Để trả lại báo cáo
của một đơn vị: chọn đơn vị, ghi ý kiến rồi bấm **Reject** (hoặc **Approve** nếu vẫn ban hành, đơn vị điều chỉnh sau).
Nếu câu hỏi này hiện lại sau khi đã trả lời thì câu trả lời trước chưa được ghi nhận; lý do ở đầu trang “những điểm cần
xem xét”.
"""


def _rest(rests: int = 0) -> BaseException:
    """Returns what has the task rest until it is answered, and look whether it was at the latest after some time."""
    from airflow.sdk.exceptions import TaskAwaitingInput

    timeout = min(SHORTEST_REST * 2 ** min(rests, 10), LONGEST_REST)
    return TaskAwaitingInput(method_name="execute_complete", kwargs={"rests": rests}, timeout=timeout)


def _form(bodies: Mapping[str, str]) -> dict[str, Param]:
    """The fields beside the two buttons. Each may be left out."""
    return {
        "approver": Param(
            None,
            type=["null", "string"],
            title=TITLES["approver"],
            description="Họ tên, chức vụ hoặc đơn vị; in vào báo cáo; tên tài khoản được lưu kèm trong hệ thống.",
        ),
        "return_to": Param(
            "",
            type=["null", "string"],
            enum=["", *bodies],
            values_display={"": "(không trả lại)", **bodies},
            title=TITLES["return_to"],
            description="Đơn vị nhận được đề nghị điều chỉnh và kỳ báo cáo được mở lại cho đơn vị đó.",
        ),
        "comment": Param(
            None,
            type=["null", "string"],
            format="multiline",
            title=TITLES["comment"],
            description="Nội dung đề nghị đơn vị điều chỉnh (bắt buộc khi trả lại), hoặc lý do không ban hành.",
        ),
    }


def check_reviewer(reviewers: Iterable[str], account: Mapping[str, Any] | None) -> None:
    """Makes sure that an answer comes from a reviewer.

    Raises:
        AnswerError: it does not.
    """
    known = list(reviewers)
    if account is None or str(account["id"]) not in known:
        name = "Tài khoản không rõ" if account is None else f"{account['name']} (id {account['id']})"
        raise AnswerError(f"{name} không phải là người xem xét (TIENDO_REVIEWERS: {', '.join(known)}).")


def check_choice(chosen: Any) -> None:
    """Makes sure that one of the two buttons was pressed; Airflow takes an answer without any.

    Raises:
        AnswerError: none was, or both.
    """
    if chosen not in ([ApprovalOperator.APPROVE], [ApprovalOperator.REJECT]):
        raise AnswerError("Phải chọn một trong hai: Approve hoặc Reject.")


def check_fields(bodies: Mapping[str, str], fields: Mapping[str, Any]) -> None:
    """Makes sure that what a reviewer filled in can be acted upon.

    Raises:
        AnswerError: words cannot be kept or printed, or body and comment do not go together.
    """
    for name, value in fields.items():
        check_words(TITLES[name], value, LONGEST[name])
    if fold(_ACCOUNT) in fold(str(fields.get("approver") or "")):
        raise AnswerError(f"Ô {TITLES['approver']} chỉ ghi họ tên, chức vụ; tài khoản do hệ thống ghi.")
    check_return(bodies, fields)


def check_words(title: str, value: Any, longest: int) -> None:
    """Makes sure that what a reviewer typed can be kept and printed as it is; Airflow takes anything.

    Raises:
        AnswerError: it is no text, too long, or has characters that cannot be printed.
    """
    if value is not None and not isinstance(value, str):
        raise AnswerError(f"Ô {title} phải là chữ.")
    if value and len(value) > longest:
        raise AnswerError(f"Ô {title} dài {len(value)} ký tự; nhiều nhất là {longest}.")
    if value and _UNPRINTABLE.search(value):
        raise AnswerError(f"Ô {title} có ký tự không in được.")


def shown(text: str, longest: int) -> str:
    """Returns words that may be anything so that they can be kept: cut, and without what cannot be printed."""
    return _UNPRINTABLE.sub("\ufffd", text[:longest])


def check_return(bodies: Mapping[str, str], fields: Mapping[str, Any]) -> None:
    """Makes sure that whoever returns a report says to whom and what.

    Raises:
        AnswerError: the body is unknown, or there is no comment for it.
    """
    body, comment = (str(fields.get(name) or "").strip() for name in ("return_to", "comment"))
    if body and body not in bodies:
        raise AnswerError(f"Kế hoạch không có đơn vị báo cáo nào mang mã {body!r}; chưa trả lại báo cáo nào.")
    if body and not comment:
        raise AnswerError(f"Trả lại báo cáo của {bodies[body]} thì phải ghi nội dung cần điều chỉnh.")


def read_answer(
    request: "ReviewRequest", event: Mapping[str, Any], *, refused_because: str | None = None
) -> "ReviewAnswer":
    """Reads what Airflow tells of an answer.

    The approver is the account that answered, with the name typed into the form before it where there is one. In a
    replay the instant of the answer lies in another year than all others; the draft's instant stands for it.
    """
    from tiendo.report.approval import ReviewAnswer

    given = event.get("params_input") or {}
    fields = {name: shown(str(given.get(name) or "").strip(), longest) for name, longest in LONGEST.items()}
    account, typed = str((event.get("responded_by_user") or {}).get("name") or "?"), fields["approver"]
    responded_at: datetime = event["responded_at"]
    is_approved = list(event["chosen_options"]) == [ApprovalOperator.APPROVE]
    return ReviewAnswer(
        verdict="refused" if refused_because else "approve" if is_approved else "reject",
        answered_by=f"{typed} ({_ACCOUNT} {account})" if typed else account,
        answered_at=request.as_of if clock.is_replayed() else responded_at,
        return_to=fields["return_to"],
        comment=fields["comment"],
        refused_because=refused_because,
    )
