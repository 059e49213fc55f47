"""What follows a draft: the reviewer's answer in the audit, and whether there is something new to be asked."""

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from tiendo import clock
from tiendo.mail.identity import Identity
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.obligations.corrections import CorrectionRequest, ask
from tiendo.report.approval import (
    approved_request,
    find_request,
    put_request,
    record_decision,
    superseded_by,
)
from tiendo.report.edition import MovedOnError, draft, last_edition, publish
from tiendo.report.gather import gather
from tiendo.report.manifest import content_sha256
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement


class OtherDraftError(RuntimeError):
    """A run is to ask about another draft than it has asked about. Another run must ask about that."""


def draft_to_ask_about(  # noqa: PLR0917 - one draft of one run
    engine: Engine,
    register: Register,
    settings: Settings,
    run_id: str,
    period: Period,
    known_at: datetime | None = None,
) -> dict[str, Any]:
    """Drafts the next edition of a period (``edition.draft``) and notes the question before anybody can see the draft.

    A run asks about one draft: repeated, it makes the same one again, and once it was decided about, none.

    Raises:
        OtherDraftError: the run has asked about a draft that can no longer be made.
    """
    asked = find_request(engine, run_id)
    if asked and asked.is_decided:
        return {"period": str(asked.period), "edition": asked.edition, "is_changed": True}

    def note(drafted: dict[str, Any]) -> None:
        if asked is None:
            put_request(engine, register, run_id, drafted)
        elif drafted["data_sha256"] != asked.data_sha256:
            raise OtherDraftError(f"This run has asked about {asked.name}. Start another one to ask about this draft.")

    return draft(engine, register, settings, period, asked.as_of if asked else known_at, before_it_is_seen=note)


def publish_approved(engine: Engine, register: Register, settings: Settings, run_id: str) -> tuple[Period, Path]:
    """Publishes what a run has asked about and a reviewer approved; returns its period and folder.

    Raises:
        NotApprovedError: as ``approved_request``.
        MovedOnError: as ``edition.publish``, or another question has taken its place.
    """
    request, answer = approved_request(engine, run_id)
    if later := superseded_by(engine, request):
        raise MovedOnError(
            f"{request.name} was approved after #{later} had taken its place; that one is to be answered"
        )
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
    if request is None or request.answer is None or not request.is_decided:
        return ""
    answer = request.answer
    with loader(engine) as connection:
        record_decision(connection, register, request, answer)
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


def edition_to_ask_for(engine: Engine, register: Register, period: Period) -> int | None:
    """Returns the number of the edition a reviewer should be asked about now, or None.

    The first edition is asked for by the calendar. After a publication or a rejection and until the period closes,
    each state of the figures that no reviewer has decided about yet is asked for, and what was approved and could not
    be published; a supplement is started by hand.
    """
    now = clock.now()
    if now >= register.calendar_by_period[period].closing_at:
        return None
    key = {"plan_code": register.code, "period": str(period)}
    with loader(engine) as connection:
        edition = last_edition(connection, register, period)
        answers = connection.execute(statement("report/decided.sql"), key).all()
        decided = {answer.content_sha256 for answer in answers if answer.act == "reject"}
        if edition:
            last = connection.execute(statement("report/edition.sql"), key | {"edition": edition}).mappings().one()
            decided.add(last["manifest"]["content_sha256"])
            if last["as_of"] >= now:
                return None
        if not answers and not edition:
            return None
        data = gather(connection, register, period, edition=edition + 1, as_of=now)
    return None if content_sha256(data) in decided else edition + 1
