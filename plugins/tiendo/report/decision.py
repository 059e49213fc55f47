"""What follows a draft: the reviewer's answer in the audit, and whether there is something new to be asked."""

from pathlib import Path

from sqlalchemy import Engine

from tiendo import clock
from tiendo.mail.identity import Identity
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.obligations.corrections import CorrectionRequest, ask
from tiendo.report.approval import ReviewAnswer, ReviewRequest, approved_request, find_request
from tiendo.report.edition import last_edition, publish
from tiendo.report.gather import gather
from tiendo.report.manifest import content_sha256
from tiendo.settings import Settings
from tiendo.warehouse.audit import record_answer
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement


def publish_approved(engine: Engine, register: Register, settings: Settings, run_id: str) -> tuple[Period, Path]:
    """Publishes what a run has asked about and a reviewer approved; returns its period and folder.

    Raises:
        NotApprovedError, MovedOnError: as ``approved_request`` and ``edition.publish``.
    """
    request, answer = approved_request(engine, run_id)
    path = publish(
        engine,
        register,
        settings,
        request.period,
        edition=request.edition,
        as_of=request.as_of,
        data_sha256=request.data_sha256,
        approved_by=answer.answered_by,
        approved_at=answer.answered_at,
    )
    return request.period, path


def act_on_answer(
    engine: Engine, register: Register, settings: Settings, run_id: str, identity: Identity | None
) -> str:
    """Notes in the audit how a reviewer answered a run, and asks a body to correct its report where the answer says so.

    Args:
        identity: whom mail comes from; None where no mail is sent.

    Returns:
        What was done; "" where nobody was asked, or nobody has answered.
    """
    request = find_request(engine, run_id)
    if request is None or request.answer is None or request.answer.verdict == "refused":
        return ""
    answer = request.answer
    record_decision(engine, register, request, answer)
    if not answer.return_to:
        return "nothing to be corrected"
    correction = CorrectionRequest(
        agency=answer.return_to,
        period=request.period,
        edition=request.edition,
        data_sha256=request.data_sha256,
        comment=answer.comment,
        asked_by=answer.answered_by,
        asked_at=answer.answered_at,
        question=request.name,
    )
    asked = ask(engine, register, settings, correction, identity)
    return f"{asked.request_no}: {asked.path}; " + (f"mail to {asked.mailed_to}" if asked.mailed_to else "no mail")


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
