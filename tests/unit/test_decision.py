"""When a reviewer is asked again, and what remains of an answer."""

from dataclasses import replace
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

from tiendo.report.approval import (
    NotApprovedError,
    ReviewAnswer,
    ReviewRequest,
    approved_request,
    find_request,
    put_answer,
    put_request,
    record_decision,
)
from tiendo.report.decision import OtherDraftError, draft_to_ask_about, edition_to_ask_for, publish_approved
from tiendo.report.edition import MovedOnError, draft, publish
from tiendo.warehouse.audit import audit_rows
from tiendo.warehouse.engine import loader

pytestmark = [pytest.mark.usefixtures("quarter"), pytest.mark.slow]


APPROVED = ReviewAnswer("approve", "Hòa (tài khoản reviewer)", at(3, 14, 17))


def ask(engine, register, drafted, run_id="run-1") -> ReviewRequest:
    put_request(engine, register, run_id, drafted)
    request = find_request(engine, run_id)
    assert request is not None
    return request


def decide(engine, register, drafted, *, verdict="reject", comment="", run_id="run-1"):
    request = find_request(engine, run_id) or ask(engine, register, drafted, run_id)
    with loader(engine) as connection:
        record_decision(connection, register, request, ReviewAnswer(verdict, "Hòa", at(3, 14, 17), comment=comment))


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
    decide(engine, register, draft(engine, register, settings, Q1), run_id="run-2")
    assert edition_to_ask_for(engine, register, Q1) is None


def test_an_answer_is_in_the_audit_once_with_the_hashes(engine, register, settings):
    drafted = draft(engine, register, settings, Q1)
    for _ in range(2):
        decide(engine, register, drafted, verdict="approve")
    (row,) = audit_rows(engine)
    assert (row["act"], row["subject"], row["done_by"]) == ("approve", "2023-Q1/1", "Hòa")
    assert row["details"]["data_sha256"] == drafted["data_sha256"]
    decide(engine, register, drafted, run_id="run-2", comment="Sai")
    assert [row["reason"] for row in audit_rows(engine)] == ["(không có ý kiến)", "Sai"]


class TestWitness:
    """What the warehouse knows of a question and its answer."""

    def test_nothing_is_approved_that_nobody_was_asked_about_or_that_was_not_approved(self, engine, register, settings):
        with pytest.raises(NotApprovedError, match="run-1 was not approved by a reviewer: no answer is known"):
            approved_request(engine, "run-1")
        request = ask(engine, register, draft(engine, register, settings, Q1))
        with pytest.raises(NotApprovedError, match="no answer is known"):
            approved_request(engine, "run-1")
        put_answer(engine, register, request, replace(APPROVED, verdict="reject"), account_id="reviewer")
        with pytest.raises(NotApprovedError, match="the answer is reject"):
            approved_request(engine, "run-1")

    def test_an_approval_is_of_the_draft_that_was_shown(self, engine, register, settings, now):  # noqa: F811
        drafted = draft(engine, register, settings, Q1)
        put_answer(engine, register, ask(engine, register, drafted), APPROVED, account_id="reviewer")
        request, answer = approved_request(engine, "run-1")
        assert answer == APPROVED
        assert (request.data_sha256, request.as_of.isoformat()) == (drafted["data_sha256"], drafted["as_of"])
        assert (request.title, list(request.review)) == (drafted["title"], drafted["review"])

    def test_the_first_answer_stays(self, engine, register, settings):
        request = ask(engine, register, draft(engine, register, settings, Q1))
        put_answer(engine, register, request, replace(APPROVED, verdict="reject"), account_id="reviewer")
        put_answer(engine, register, request, APPROVED, account_id="reviewer")
        assert find_request(engine, "run-1").answer.verdict == "reject"

    def test_what_was_refused_is_asked_anew(self, engine, register, settings):
        drafted = draft(engine, register, settings, Q1)
        refused = replace(APPROVED, verdict="refused", refused_because="no comment says what")
        put_answer(engine, register, ask(engine, register, drafted), refused, account_id="reviewer")
        assert find_request(engine, "run-1").answer == refused
        again = ask(engine, register, drafted)
        assert again.answer is None
        put_answer(engine, register, again, APPROVED, account_id="reviewer")
        assert approved_request(engine, "run-1") == (replace(again, answer=APPROVED), APPROVED)


class TestDrafting:
    """A run asks about one draft, which is noted before it can be seen; who answers is told of that one."""

    def test_a_draft_notes_its_question_before_it_is_seen(self, engine, register, settings, monkeypatch):
        def crash(*_):
            raise OSError("disk full")

        with monkeypatch.context() as patch:
            patch.setattr("tiendo.report.edition.place", crash)
            with pytest.raises(OSError, match="disk full"):
                draft_to_ask_about(engine, register, settings, "run-1", Q1)
        noted = find_request(engine, "run-1")
        drafted = draft_to_ask_about(engine, register, settings, "run-1", Q1)
        assert find_request(engine, "run-1") == noted, "asked once"
        assert drafted["data_sha256"] == noted.data_sha256

    def test_repeated_it_is_the_same_draft_or_none(self, engine, register, settings, now):  # noqa: F811
        first = draft_to_ask_about(engine, register, settings, "run-1", Q1)
        news(engine, register, now, 16)
        assert draft_to_ask_about(engine, register, settings, "run-1", Q1)["data_sha256"] == first["data_sha256"]
        # Recorded at the very instant of the draft, by a loader that did not wait for the lock.
        send(engine, register, "so-y-te", Q1, at(3, 14, 12), recorded_at=PUBLICATION)
        with pytest.raises(OtherDraftError, match=r"This run has asked about 2023-Q1/1 #1\. Start another one"):
            draft_to_ask_about(engine, register, settings, "run-1", Q1)

    def test_what_was_decided_is_not_drafted_again(self, engine, register, settings):
        drafted = draft_to_ask_about(engine, register, settings, "run-1", Q1)
        page = next((settings.drafts / register.code / "2023-Q1" / "1").glob("xem-xet.html"))
        put_answer(engine, register, find_request(engine, "run-1"), APPROVED, account_id="reviewer")
        page.unlink()
        assert draft_to_ask_about(engine, register, settings, "run-1", Q1)["edition"] == drafted["edition"]
        assert not page.exists()

    def test_nothing_new_is_not_asked_about_and_replaces_no_draft(self, engine, register, settings, now):  # noqa: F811
        publish(engine, register, settings, Q1, **approved(draft(engine, register, settings, Q1)))
        now(at(3, 15))
        news(engine, register, now, 16)
        asked = draft_to_ask_about(engine, register, settings, "run-2", Q1)
        manifest = settings.drafts / register.code / "2023-Q1" / "2" / "manifest.json"
        shown = manifest.read_bytes()
        old = draft_to_ask_about(engine, register, settings, "backfill", Q1, PUBLICATION)
        assert (asked["edition"], old["edition"], old["is_changed"]) == (2, 2, False)
        assert (find_request(engine, "backfill"), manifest.read_bytes()) == (None, shown)

    def test_an_approval_of_what_is_shown_no_longer_publishes_nothing(self, engine, register, settings, now):  # noqa: F811
        """Each question links to the page of its edition, which shows the latest draft of it."""
        draft_to_ask_about(engine, register, settings, "older", Q1)
        news(engine, register, now, 16)
        draft_to_ask_about(engine, register, settings, "newer", Q1)
        put_answer(engine, register, find_request(engine, "older"), APPROVED, account_id="reviewer")
        with pytest.raises(MovedOnError, match=r"2023-Q1/1 #1 was approved after #2 had taken its place"):
            publish_approved(engine, register, settings, "older")
        assert not settings.published.exists()
        assert edition_to_ask_for(engine, register, Q1) == 1, "somebody wanted it published"
        later = replace(APPROVED, answered_at=at(3, 16, 11))
        put_answer(engine, register, find_request(engine, "newer"), later, account_id="reviewer")
        assert publish_approved(engine, register, settings, "newer")[1].name == "1"

    def test_two_questions_about_the_same_figures_are_both_good_until_one_is_answered_with_no(
        self,
        engine,
        register,
        settings,
        now,  # noqa: F811
    ):
        draft_to_ask_about(engine, register, settings, "older", Q1)
        now(PUBLICATION + timedelta(hours=1))
        draft_to_ask_about(engine, register, settings, "newer", Q1)
        put_answer(engine, register, find_request(engine, "older"), APPROVED, account_id="reviewer")
        rejected = replace(APPROVED, verdict="reject")
        put_answer(engine, register, find_request(engine, "newer"), rejected, account_id="reviewer")
        with pytest.raises(MovedOnError, match="had taken its place"):
            publish_approved(engine, register, settings, "older")

    def test_two_questions_about_the_same_figures_one_answer(self, engine, register, settings, now):  # noqa: F811
        draft_to_ask_about(engine, register, settings, "older", Q1)
        now(PUBLICATION + timedelta(hours=1))
        draft_to_ask_about(engine, register, settings, "newer", Q1)
        put_answer(engine, register, find_request(engine, "older"), APPROVED, account_id="reviewer")
        assert publish_approved(engine, register, settings, "older")[1].name == "1"
