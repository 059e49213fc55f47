"""What a reviewer is asked and answers, as the warehouse witnesses it: nothing else is believed.

One run of ``publish_report`` asks one question, about one draft. The draft notes it before anybody can see it, in the
words it is told in; the answer is noted by the code that Airflow runs when a reviewer has answered, once, beside the
question it belongs to, and in the audit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row

from tiendo import clock
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.warehouse.audit import record_answer
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
    """A question to a reviewer: whether the draft with these hashes, as of this instant, may be published.

    Attributes:
        title, review: what the draft is, and what he should see, in lines of Markdown.
    """

    review_request_id: int
    plan_code: str
    period: Period
    edition: int
    as_of: datetime
    data_sha256: str
    content_sha256: str
    answer: ReviewAnswer | None
    title: str = ""
    review: tuple[str, ...] = ()

    @property
    def is_decided(self) -> bool:
        """Whether it was answered by yes or no. A refused answer is none: the question is asked again."""
        return self.answer is not None and self.answer.verdict != "refused"

    @property
    def report(self) -> str:
        """Names what is asked about in a sentence: ``báo cáo quý I năm 2023, lần ban hành thứ 1``."""
        return f"báo cáo {self.title[:1].lower()}{self.title[1:] or self.name}"

    @property
    def name(self) -> str:
        """Names this question among all: ``2023-Q1/1 #7``."""
        return f"{self.period}/{self.edition} #{self.review_request_id}"


def put_request(engine: Engine, register: Register, run_id: str, draft: Mapping[str, Any]) -> None:
    """Notes that a run asks about a draft (``report.edition.draft``). Not to be repeated while the question is open."""
    shown = ("period", "edition", "as_of", "data_sha256", "content_sha256", "title", "review")
    row = {
        "run_id": run_id,
        "plan_code": register.code,
        "asked_at": clock.now(),
        **{name: draft[name] for name in shown},
    }
    with loader(engine) as connection:
        connection.execute(statement("report/put_review_request.sql"), row)


def ask_again(engine: Engine, register: Register, run_id: str, request: ReviewRequest) -> None:
    """Notes that a run asks the same once more, after an answer that made no sense."""
    put_request(engine, register, run_id, vars(request) | {"period": str(request.period), "review": [*request.review]})


@dataclass(frozen=True)
class AskedQuestion:
    """A question with the run that asks it, and what has come of its answer.

    Attributes:
        is_published: the edition is out, by this answer; ``mailed``: to how many addresses.
        request_no: number of the request for correction that it led to, "" for none.
    """

    request: ReviewRequest
    run_id: str
    asked_at: datetime
    is_published: bool
    mailed: int
    request_no: str


def questions(connection: Connection, register: Register, period: Period | None = None) -> list[AskedQuestion]:
    """Returns the questions about a period, or about all, the latest first."""
    key = {"plan_code": register.code, "period": None if period is None else str(period)}
    rows = connection.execute(statement("report/questions.sql"), key)
    return [
        AskedQuestion(_request(row), row.run_id, row.asked_at, row.is_published, row.mailed, row.request_no)
        for row in rows
    ]


def find_request(engine: Engine, run_id: str) -> ReviewRequest | None:
    """Returns what a run asks, the latest time where it had to ask again; None where it has not asked."""
    with loader(engine) as connection:
        row = connection.execute(statement("report/review_request.sql"), {"run_id": run_id}).one_or_none()
    return None if row is None else _request(row)


def _request(row: Row[Any]) -> ReviewRequest:
    answer = None
    if row.verdict:
        answer = ReviewAnswer(
            row.verdict, row.answered_by, row.answered_at, row.return_to, row.comment, row.refused_because
        )
    return ReviewRequest(
        row.review_request_id,
        row.plan_code,
        Period.parse(row.period),
        row.edition,
        row.as_of,
        row.data_sha256,
        row.content_sha256,
        answer,
        row.title,
        tuple(row.review),
    )


def put_answer(
    engine: Engine, register: Register, request: ReviewRequest, answer: ReviewAnswer, *, account_id: str
) -> None:
    """Notes the answer to a question, and what was decided in the audit; a repetition changes nothing."""
    row = {"review_request_id": request.review_request_id, "account_id": account_id, **vars(answer)}
    with loader(engine) as connection:
        is_first = connection.execute(statement("report/put_review_answer.sql"), row).rowcount
        if is_first and answer.verdict != "refused":
            record_decision(connection, register, request, answer)


def record_decision(connection: Connection, register: Register, request: ReviewRequest, answer: ReviewAnswer) -> None:
    """Adds the answer to a request for approval to the audit, with the hashes of what it was about; once."""
    details = {
        "question": request.name,
        "plan": register.code,
        "period": str(request.period),
        "edition": request.edition,
        "as_of": request.as_of.isoformat(),
        "data_sha256": request.data_sha256,
        "content_sha256": request.content_sha256,
    }
    record_answer(
        connection,
        act=answer.verdict,
        subject=f"{request.period}/{request.edition}",
        comment=answer.comment,
        details=details,
        done_by=answer.answered_by,
    )


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


def approved_runs(engine: Engine, register: Register, period: Period, edition: int) -> list[str]:
    """Returns the runs that may publish an edition: asked about it, they were answered with yes."""
    key = {"plan_code": register.code, "period": str(period), "edition": edition}
    with loader(engine) as connection:
        return list(connection.execute(statement("report/approved_runs.sql"), key).scalars())


def superseded_by(engine: Engine, request: ReviewRequest) -> int | None:
    """Returns the number of the question that has taken a question's place, None where it is still the one to go by."""
    key = {"review_request_id": request.review_request_id}
    with loader(engine) as connection:
        return connection.execute(statement("report/superseded_by.sql"), key).scalar()
