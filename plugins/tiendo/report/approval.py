"""What a reviewer is asked and answers, as the warehouse witnesses it: nothing else is believed.

One run of ``publish_report`` asks one question, about one draft. It counts from when the warehouse knows it; the answer
is noted by the code that Airflow runs when a reviewer has answered, once, beside the question it belongs to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Engine

from tiendo import clock
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement


class NotApprovedError(RuntimeError):
    """An edition is to be published that no reviewer has approved."""


@dataclass(frozen=True)
class ReviewAnswer:
    """The answer to a question.

    Attributes:
        verdict: ``refused`` for one that could not be acted upon, with the reason in ``refused_because``.
        answered_by: the name typed into the form and the account.
        return_to: the body that is to correct its report, "" for none; ``comment``: what, or why not.
    """

    verdict: Literal["approve", "reject", "refused"]
    answered_by: str
    answered_at: datetime
    return_to: str = ""
    comment: str = ""
    refused_because: str | None = None


@dataclass(frozen=True)
class ReviewRequest:
    """A question to a reviewer: whether the draft with these hashes, as of this instant, may be published."""

    review_request_id: int
    period: Period
    edition: int
    as_of: datetime
    data_sha256: str
    content_sha256: str
    answer: ReviewAnswer | None

    @property
    def name(self) -> str:
        """Names this question among all: ``2023-Q1/1 #7``."""
        return f"{self.period}/{self.edition} #{self.review_request_id}"

    def is_about(self, draft: Mapping[str, Any]) -> bool:
        """Tells whether a draft (``report.edition.draft``) reports what was asked about."""
        asked = (str(self.period), self.edition, self.content_sha256)
        return asked == (draft["period"], draft["edition"], draft["content_sha256"])


def put_request(engine: Engine, register: Register, run_id: str, draft: Mapping[str, Any]) -> None:
    """Notes that a run asks about a draft. Not to be repeated while the question is open."""
    of_draft = {name: draft[name] for name in ("period", "edition", "as_of", "data_sha256", "content_sha256")}
    row = {"run_id": run_id, "plan_code": register.code, "asked_at": clock.now(), **of_draft}
    with loader(engine) as connection:
        connection.execute(statement("report/put_review_request.sql"), row)


def find_request(engine: Engine, run_id: str) -> ReviewRequest | None:
    """Returns what a run asks, the latest time where it had to ask again; None where it has not asked."""
    with loader(engine) as connection:
        row = connection.execute(statement("report/review_request.sql"), {"run_id": run_id}).one_or_none()
    if row is None:
        return None
    answer = None
    if row.verdict:
        answer = ReviewAnswer(
            row.verdict, row.answered_by, row.answered_at, row.return_to, row.comment, row.refused_because
        )
    return ReviewRequest(
        row.review_request_id,
        Period.parse(row.period),
        row.edition,
        row.as_of,
        row.data_sha256,
        row.content_sha256,
        answer,
    )


def put_answer(engine: Engine, request: ReviewRequest, answer: ReviewAnswer, *, account_id: str) -> None:
    """Notes the answer to a question; a repetition changes nothing."""
    row = {"review_request_id": request.review_request_id, "account_id": account_id, **vars(answer)}
    with loader(engine) as connection:
        connection.execute(statement("report/put_review_answer.sql"), row)


def approved_request(engine: Engine, run_id: str) -> tuple[ReviewRequest, ReviewAnswer]:
    """Returns what a run has asked, and the approval.

    Raises:
        NotApprovedError: the warehouse knows of none, whatever Airflow's screen may show.
    """
    request = find_request(engine, run_id)
    answer = request.answer if request else None
    if request is None or answer is None or answer.verdict != "approve":
        said = f"the answer is {answer.verdict}" if answer else "no answer is known"
        raise NotApprovedError(f"{run_id} was not approved by a reviewer: {said}. Nothing is published.")
    return request, answer
