"""What came of a draft: the reviewer's answer in the audit, and whether there is something new to be asked."""

from sqlalchemy import Engine

from tiendo import clock
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.report.approval import ReviewAnswer, ReviewRequest
from tiendo.report.edition import last_edition
from tiendo.report.gather import gather
from tiendo.report.manifest import content_sha256
from tiendo.warehouse.audit import record_answer
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement


def record_decision(engine: Engine, register: Register, request: ReviewRequest, answer: ReviewAnswer) -> None:
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
    with loader(engine) as connection:
        record_answer(
            connection,
            act=answer.verdict,
            subject=f"{request.period}/{request.edition}",
            comment=answer.comment,
            details=details,
            done_by=answer.answered_by,
        )


def edition_to_ask_for(engine: Engine, register: Register, period: Period) -> int | None:
    """Returns the number of the edition a reviewer should be asked about now, or None.

    The first edition is asked for by the calendar. After a publication or a rejection and until the period closes,
    each state of the figures that no reviewer has decided about yet is asked for; a supplement is started by hand.
    """
    now = clock.now()
    if now >= register.calendar_by_period[period].closing_at:
        return None
    key = {"plan_code": register.code, "period": str(period)}
    with loader(engine) as connection:
        edition = last_edition(connection, register, period)
        decided = set(connection.execute(statement("report/decided.sql"), key).scalars())
        if edition:
            last = connection.execute(statement("report/edition.sql"), key | {"edition": edition}).mappings().one()
            decided.add(last["manifest"]["content_sha256"])
            if last["as_of"] >= now:
                return None
        if not decided:
            return None
        data = gather(connection, register, period, edition=edition + 1, as_of=now)
    return None if content_sha256(data) in decided else edition + 1
