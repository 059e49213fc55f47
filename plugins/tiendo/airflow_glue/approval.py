"""The request for approval, and the answer to it as the edition and the audit record it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from airflow.providers.standard.operators.hitl import ApprovalOperator

from tiendo import clock
from tiendo.model.register import Register
from tiendo.settings import Reviewer

ANSWER = "answer"


class AnswerError(ValueError):
    """An answer that cannot be acted upon; the message says why. Clear the task to ask again."""


class Answer(NamedTuple):
    """What a reviewer answered.

    Attributes:
        as_of: the instant of the draft that was shown.
        answered_by, answered_at: the account, with the name typed into the form, and when.
        return_to: the body that is to correct its report, "" for none; ``comment``: what, or why not.
        question: names this answer among all.
    """

    as_of: datetime
    is_approved: bool
    answered_by: str
    answered_at: datetime
    return_to: str
    comment: str
    question: str


class ReviewOperator(ApprovalOperator):
    """An ``ApprovalOperator`` whose form may be filled in part, and that refuses at once what makes no sense.

    Airflow takes any value of a field from the API; a wrong one fails this task, before anything comes of it.
    """

    def __init__(self, *, reviewers: Iterable[Reviewer], bodies: Iterable[str], **options: Any) -> None:
        self.reviewers = [reviewer.id for reviewer in reviewers]
        self.bodies = list(bodies)
        super().__init__(**options)

    def validate_params_input(self, params_input: Mapping[str, Any]) -> None:
        """Fields that were left out have their defaults.

        Raises:
            AnswerError: a field is unknown, or body and comment do not go together.
        """
        if unknown := sorted(set(params_input) - set(self.params)):
            raise AnswerError(f"The form has no field {', '.join(unknown)}; it has {', '.join(self.params)}.")
        check_return(self.bodies, {name: params_input.get(name) for name in self.params})
        given = {name: value for name, value in params_input.items() if value is not None}
        super().validate_params_input({**self.params.dump(), **given})

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Makes sure of account and form, whatever Airflow has let through, and keeps the answer for later tasks.

        Raises:
            AnswerError: the account is no reviewer's, or the answer makes no sense.
        """
        check_reviewer(self.reviewers, event.get("responded_by_user"))
        self.validate_params_input(event["params_input"] or {})
        answer = {name: event[name] for name in ("chosen_options", "params_input", "responded_by_user")}
        answer["responded_at"] = event["responded_at"].isoformat()
        # Of a rejection Airflow keeps no return value, since skipping what follows ends the task.
        context["ti"].xcom_push(key=ANSWER, value=answer)
        return super().execute_complete(context, event)


def check_reviewer(reviewers: Iterable[str], account: Mapping[str, Any] | None) -> None:
    """Makes sure that an answer comes from a reviewer.

    Raises:
        AnswerError: it does not.
    """
    known = list(reviewers)
    if account is None or str(account["id"]) not in known:
        name = "nobody" if account is None else f"{account['name']} (id {account['id']})"
        raise AnswerError(f"{name} is no reviewer; TIENDO_REVIEWERS names {', '.join(known)}.")


def check_return(bodies: Iterable[str], fields: Mapping[str, Any]) -> None:
    """Makes sure that whoever returns a report says to whom and what.

    Raises:
        AnswerError: the body is unknown, or there is no comment for it.
    """
    body, comment = (str(fields.get(name) or "").strip() for name in ("return_to", "comment"))
    if body and body not in bodies:
        raise AnswerError(f"The plan has no body {body!r} that reports; nothing was returned.")
    if body and not comment:
        raise AnswerError(f"{body} is to correct its report, but no comment says what.")


def read_answer(register: Register, draft: Mapping[str, Any], response: Mapping[str, Any]) -> Answer:
    """Reads the draft that was shown and the response to it.

    The approver is the account that answered, with the name typed into the form before it where there is one. In a
    replay the instant of the answer lies in another year than all others; the draft's instant stands for it.

    Raises:
        AnswerError: as ``check_return``.
    """
    as_of = datetime.fromisoformat(draft["as_of"])
    fields = {name: str(value or "").strip() for name, value in (response.get("params_input") or {}).items()}
    check_return([agency.code for agency in register.obliged], fields)
    account, typed = response["responded_by_user"]["name"], fields.get("approver", "")
    responded_at = response["responded_at"]
    if isinstance(responded_at, str):
        responded_at = datetime.fromisoformat(responded_at)
    return Answer(
        as_of=as_of,
        is_approved=list(response["chosen_options"]) == [ApprovalOperator.APPROVE],
        answered_by=f"{typed} (tài khoản {account})" if typed else account,
        answered_at=as_of if clock.is_replayed() else responded_at,
        return_to=fields.get("return_to", ""),
        comment=fields.get("comment", ""),
        question=f"{draft['period']}/{draft['edition']} {responded_at.isoformat()}",
    )
