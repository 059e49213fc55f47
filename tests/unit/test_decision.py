"""When a reviewer is asked again, and what remains of an answer."""

from datetime import datetime, timedelta

import pytest
from report_warehouse import figure, grade, send
from test_report_edition import (  # noqa: F401 - fixtures
    CONG_THUONG,
    PUBLICATION,
    Q1,
    _without_pdf,
    approved,
    at,
    migrated_template,
    now,
    quarter,
)

from tiendo.report.decision import edition_to_ask_for, record_decision
from tiendo.report.edition import draft, publish
from tiendo.warehouse.audit import audit_rows

pytestmark = pytest.mark.usefixtures("quarter")


def decide(engine, register, drafted, *, is_approved=False, comment="", question="q1"):
    record_decision(
        engine, register, drafted, is_approved=is_approved, decided_by="Hòa", comment=comment, question=question
    )


def news(engine, register, turn, day, value="1.9"):
    """A late report comes and is graded."""
    send(engine, register, CONG_THUONG, Q1, at(3, day), [figure("iip", value)])
    turn(at(3, day, 10))
    grade(engine, register, Q1)


def test_the_first_edition_is_the_calendar_s(engine, register, settings, now):  # noqa: F811
    grade(engine, register, Q1)
    assert edition_to_ask_for(engine, register, Q1) is None
    news(engine, register, now, 15)
    assert edition_to_ask_for(engine, register, Q1) is None, "its request may still wait"


def test_after_a_publication_each_news_is_asked_about_until_closing(engine, register, settings, now):  # noqa: F811
    publish(engine, register, settings, Q1, **approved(draft(engine, register, settings, Q1)))
    now(at(3, 15))
    assert edition_to_ask_for(engine, register, Q1) is None
    news(engine, register, now, 16)
    assert edition_to_ask_for(engine, register, Q1) == 2
    now(datetime(2023, 3, 25, 23, 59, tzinfo=PUBLICATION.tzinfo))
    assert edition_to_ask_for(engine, register, Q1) == 2
    now(at(3, 26, 0))
    assert edition_to_ask_for(engine, register, Q1) is None, "a supplement is started by hand"


def test_what_was_rejected_is_not_asked_again_but_what_is_new(engine, register, settings, now):  # noqa: F811
    drafted = draft(engine, register, settings, Q1)
    decide(engine, register, drafted, comment="Chờ Sở Công Thương")
    now(PUBLICATION + timedelta(hours=1))
    assert edition_to_ask_for(engine, register, Q1) is None
    news(engine, register, now, 16)
    assert edition_to_ask_for(engine, register, Q1) == 1
    decide(engine, register, draft(engine, register, settings, Q1), question="q2")
    assert edition_to_ask_for(engine, register, Q1) is None


def test_an_answer_is_in_the_audit_once_with_the_hashes(engine, register, settings):
    drafted = draft(engine, register, settings, Q1)
    for _ in range(2):
        decide(engine, register, drafted, is_approved=True)
    (row,) = audit_rows(engine)
    assert (row["act"], row["subject"], row["done_by"]) == ("approve", "2023-Q1/1", "Hòa")
    assert row["details"]["data_sha256"] == drafted["data_sha256"]
    decide(engine, register, drafted, question="q2", comment="Sai")
    assert [row["reason"] for row in audit_rows(engine)] == ["(không có ý kiến)", "Sai"]
