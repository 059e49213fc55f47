"""Requests for correction: what a reviewer found wrong in a body's report goes out to it as a formal notice.

From then on the period is open to the body (``tiendo.obligations.reopened``) until it has answered. Request, audit
row and mail are one transaction; the notice is written before its commit, under a name that a repetition writes again.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from tiendo import clock
from tiendo.durable import write_files
from tiendo.mail.identity import Identity
from tiendo.mail.outgoing import Outgoing, queue
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.settings import Settings
from tiendo.templates import text_and_page
from tiendo.vietnamese.dates import deadline_text, format_instant, long_date
from tiendo.warehouse.audit import record_answer
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement


@dataclass(frozen=True)
class CorrectionRequest:
    """What a reviewer asks a body to correct.

    Attributes:
        edition, data_sha256: the draft that was reviewed.
        question: names the answer to the request for approval; answered once, asked once.
    """

    agency: str
    period: Period
    edition: int
    data_sha256: str
    comment: str
    asked_by: str
    asked_at: datetime
    question: str


@dataclass(frozen=True)
class SentRequest:
    """A request as it went out: its number, the notice's path below the home folder, and where mail goes, if any."""

    request_no: str
    path: str
    mailed_to: str


def ask(
    engine: Engine, register: Register, settings: Settings, correction: CorrectionRequest, identity: Identity | None
) -> SentRequest:
    """Asks a body to correct its report. Repeating it changes nothing.

    Args:
        identity: whom mail comes from; None where no mail is sent.
    """
    agency = register.agency_by_code[correction.agency]
    key = {"question": correction.question, "agency_code": agency.code}
    with loader(engine) as connection:
        connection.execute(
            statement("obligations/put_correction_request.sql"),
            key
            | {
                "plan_code": register.code,
                "period": str(correction.period),
                "edition": correction.edition,
                "data_sha256": correction.data_sha256,
                "comment": correction.comment,
                "asked_by": correction.asked_by,
                "asked_at": correction.asked_at,
            },
        )
        row = connection.execute(statement("obligations/correction_request.sql"), key).one()
        entry = register.calendar_by_period[correction.period]
        words = {
            "request_no": row.request_no,
            "agency_name": agency.name,
            "plan": register.short_title,
            "contact": register.report["issuing_body"],
            "parent": register.report["issuing_parent"],
            "place": register.report["place"],
            "period_name": correction.period.vietnamese,
            "comment": row.comment,
            "asked_at": format_instant(row.asked_at),
            "day": long_date(row.asked_at.astimezone(clock.HANOI).date()),
            "closing": deadline_text(entry.closing_at),
            "is_closed": row.asked_at >= entry.closing_at,
        }
        text, html = (template.render(words) for template in text_and_page("correction_request"))
        speaker = register.speaker_on(agency.code, row.asked_at.astimezone(clock.HANOI).date())
        path = f"outbox/{speaker.code}/{correction.period}/{row.request_no}.html"
        write_files({settings.home / path: html.encode()})
        mailed_to = speaker.mail_addresses[0] if identity is not None and speaker.mail_addresses else ""
        if identity is not None and mailed_to:
            subject = f"Đề nghị điều chỉnh báo cáo {correction.period.vietnamese} ({row.request_no})"
            queue(
                connection,
                identity,
                Outgoing("correction", f"{register.code} {row.request_no}", mailed_to, subject, text, html),
            )
        record_answer(
            connection,
            act="return",
            subject=row.request_no,
            comment=row.comment,
            details={
                "question": correction.question,
                "plan": register.code,
                "agency": agency.code,
                "period": str(correction.period),
                "edition": correction.edition,
                "data_sha256": correction.data_sha256,
                "notice": path,
                "mailed_to": mailed_to,
            },
            done_by=correction.asked_by,
        )
    return SentRequest(row.request_no, path, mailed_to)
