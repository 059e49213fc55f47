"""The request for approval as Airflow asks it, and the answer as the warehouse is told it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import ExceptionRetryPolicy, Param, RetryAction, RetryRule

from tiendo import clock
from tiendo.airflow_glue.retries import INFRASTRUCTURE_ONLY
from tiendo.settings import Reviewer

if TYPE_CHECKING:
    from tiendo.report.approval import ReviewAnswer, ReviewRequest

SHORTEST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(minutes=10)
# How often a reviewer may be mistaken before the run fails; the answer after each is a further try of the task.
MOST_TRIES = 1000
_BODY = """
{% set draft = ti.xcom_pull(task_ids="draft") %}
{% set pages = "/tiendo/drafts/" ~ draft.period ~ "/" ~ draft.edition %}
**Bản dự thảo:** [những điểm cần xem xét]({{ pages }}/xem-xet.html) · [trang báo cáo]({{ pages }}/bao-cao.html) ·
[Word]({{ pages }}/bao-cao.docx) · [Excel]({{ pages }}/bao-cao.xlsx); thư mục `{{ draft.path }}`.

{% for line in draft.review %}
- {{ line }}
{% endfor %}

Số liệu ghi nhận đến {{ draft.as_of_text }}, mã số liệu `{{ draft.data_sha256[:16] }}`. Báo cáo đến sau thời điểm này
được đưa vào lần ban hành sau.

**Approve**: ban hành đúng bản dự thảo này. **Reject**: không ban hành, bản dự thảo được giữ lại. Để trả lại báo cáo
của một đơn vị: chọn đơn vị, ghi ý kiến rồi bấm **Reject** (hoặc **Approve** nếu vẫn ban hành, đơn vị điều chỉnh sau).
Nếu câu hỏi này hiện lại sau khi đã trả lời thì câu trả lời trước chưa được ghi nhận; lý do ở đầu trang “những điểm cần
xem xét”.
"""


class AnswerError(ValueError):
    """An answer that cannot be acted upon; the message tells the reviewer why, and the question is asked again."""


class OtherDraftError(RuntimeError):
    """A run is to ask about another draft than it has asked about. Another run must ask about that."""


class ReviewOperator(ApprovalOperator):
    """An ``ApprovalOperator`` that loses no answer, and whose form may be filled in part.

    Airflow asks anew, and throws away what was answered, when the task that asks is tried again: after its worker was
    killed, or was taken for killed. Here a question that the warehouse knows stays as it is, and the answer to it
    counts whenever it was given. And where Airflow 3.3 notes an answer in the moment in which the task goes to rest, it
    resumes nobody: it reads the state before it locks the row. So a task rests for some minutes at a time, and the
    scheduler's sweep hands it what has been answered meanwhile, or has it rest again.

    Airflow takes any value of a field, and says that it is well. An answer that makes no sense is noted as refused, and
    nothing comes of it: the task's next try, a moment later, asks again. What was wrong stands on top of the page that
    the question links to first, for Airflow 3.3 takes over the question's own words from try to try.
    """

    def __init__(self, *, reviewers: Sequence[Reviewer], bodies: Mapping[str, str], **options: Any) -> None:
        self.reviewers = [reviewer.id for reviewer in reviewers]
        self.bodies = dict(bodies)
        super().__init__(
            subject="Phê duyệt báo cáo: {{ ti.xcom_pull(task_ids='draft').title }}",
            body=_BODY,
            assigned_users=[{"id": reviewer.id, "name": reviewer.name} for reviewer in reviewers],
            params=_form(bodies),
            retries=MOST_TRIES,
            retry_policy=_ASKED_AGAIN,
            **options,
        )

    def execute(self, context: Any) -> Any:
        """Asks about the draft of this run, once.

        Raises:
            TaskAwaitingInput: the task rests until it is answered, or goes on at once where it was.
            OtherDraftError: this run has asked about another draft before.
        """
        from airflow.sdk.exceptions import TaskAwaitingInput

        from tiendo.airflow_glue.warehouse import open_warehouse
        from tiendo.report.approval import find_request, put_request

        _, register, engine = open_warehouse()
        run_id, drafted = context["run_id"], context["ti"].xcom_pull(task_ids="draft")
        known = find_request(engine, run_id)
        if known and not known.is_about(drafted):
            raise OtherDraftError(f"This run has asked about {known.name}. Start another one to ask about this draft.")
        if known and not (known.answer and known.answer.verdict == "refused"):
            # Airflow resumes at once where the request that it keeps has been answered.
            raise _rest()
        try:
            return super().execute(context)
        except TaskAwaitingInput:
            put_request(engine, register, run_id, drafted)
            raise _rest() from None

    def validate_params_input(self, params_input: Mapping[str, Any]) -> None:
        """Fields that were left out have their defaults.

        Raises:
            AnswerError: a field is unknown, or body and comment do not go together.
        """
        if unknown := sorted(set(params_input) - set(self.params)):
            raise AnswerError(f"Biểu mẫu không có trường {', '.join(unknown)}; chỉ có {', '.join(self.params)}.")
        check_return(self.bodies, {name: params_input.get(name) for name in self.params})
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
        if event.get("error_type") == "timeout":
            raise _rest(rests + 1)
        from tiendo.airflow_glue.warehouse import open_warehouse
        from tiendo.report.approval import find_request, put_answer
        from tiendo.report.edition import tell_refusal

        settings, _, engine = open_warehouse()
        request = find_request(engine, context["run_id"])
        if request is None:
            raise OtherDraftError("The warehouse does not know of this question. Start another run to ask it.")
        account_id = str((event.get("responded_by_user") or {}).get("id") or "?")
        try:
            check_reviewer(self.reviewers, event.get("responded_by_user"))
            self.validate_params_input(event["params_input"] or {})
        except ValueError as error:
            put_answer(engine, request, read_answer(request, event, refused_because=str(error)), account_id=account_id)
            tell_refusal(settings, request.period, request.edition, str(error))
            raise
        put_answer(engine, request, read_answer(request, event), account_id=account_id)
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
            title="Người xem xét",
            description="Họ tên, chức vụ hoặc đơn vị; in vào báo cáo cùng tên tài khoản.",
        ),
        "return_to": Param(
            "",
            type=["null", "string"],
            enum=["", *bodies],
            values_display={"": "(không trả lại)", **bodies},
            title="Trả lại báo cáo của đơn vị",
            description="Đơn vị nhận được đề nghị điều chỉnh và kỳ báo cáo được mở lại cho đơn vị đó.",
        ),
        "comment": Param(
            None,
            type=["null", "string"],
            format="multiline",
            title="Ý kiến",
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


def check_return(bodies: Mapping[str, str], fields: Mapping[str, Any]) -> None:
    """Makes sure that whoever returns a report says to whom and what.

    Raises:
        AnswerError: the body is unknown, or there is no comment for it.
    """
    body, comment = (str(fields.get(name) or "").strip() for name in ("return_to", "comment"))
    if body and body not in bodies:
        raise AnswerError(f"Kế hoạch không có đơn vị báo cáo nào mang mã {body!r}; chưa trả lại báo cáo nào.")
    if body and not comment:
        raise AnswerError(f"Trả lại báo cáo của {bodies[body]} thì phải ghi nội dung cần điều chỉnh vào ô Ý kiến.")


def read_answer(
    request: "ReviewRequest", event: Mapping[str, Any], *, refused_because: str | None = None
) -> "ReviewAnswer":
    """Reads what Airflow tells of an answer.

    The approver is the account that answered, with the name typed into the form before it where there is one. In a
    replay the instant of the answer lies in another year than all others; the draft's instant stands for it.
    """
    from tiendo.report.approval import ReviewAnswer

    fields = {name: str(value or "").strip() for name, value in (event.get("params_input") or {}).items()}
    account, typed = str((event.get("responded_by_user") or {}).get("name") or "?"), fields.get("approver", "")
    responded_at: datetime = event["responded_at"]
    is_approved = list(event["chosen_options"]) == [ApprovalOperator.APPROVE]
    return ReviewAnswer(
        verdict="refused" if refused_because else "approve" if is_approved else "reject",
        answered_by=f"{typed} (tài khoản {account})" if typed else account,
        answered_at=request.as_of if clock.is_replayed() else responded_at,
        return_to=fields.get("return_to", ""),
        comment=fields.get("comment", ""),
        refused_because=refused_because,
    )
