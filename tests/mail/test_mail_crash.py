"""A run that dies between any two steps, and the one after it: nothing lost, nothing doubled."""

import smtplib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crash.harness import kill_itself, run_child
from fixtures.mail_servers import message
from fixtures.post import NOON, Post
from tiendo import clock
from tiendo.collect import mail as collecting
from tiendo.collect.imap_mailbox import ImapInbox
from tiendo.feedback import answering
from tiendo.mail import outgoing
from tiendo.mail.outgoing import SmtpDownError
from tiendo.process import batch
from tiendo.warehouse.engine import make_engine


def dying(original: Callable[..., Any], *, is_after: bool) -> Callable[..., Any]:
    """A step at which the process is killed, on its way in or out."""

    def step(*arguments: Any, **keywords: Any) -> Any:
        if is_after:
            original(*arguments, **keywords)
        kill_itself()

    return step


STEPS = {
    "the message is archived": (collecting, "store"),
    "it is entered": (collecting, "_enter"),
    "its attachments are landed": (collecting, "land"),
    "it is recorded as read": (collecting, "_record"),
    "its attachments are loaded": (batch, "load"),
    "its answer is queued": (answering, "_queue"),
    "the attempt to send is recorded": (outgoing, "compose"),
    "the answer is sent": (smtplib.SMTP, "sendmail"),
    "its sending is recorded": (outgoing, "_record"),
    "the message is moved": (ImapInbox, "move"),
}


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_dies_and_the_next(  # noqa: PLR0917
    post: Post, workbook: bytes, monkeypatch: pytest.MonkeyPatch, replay: Path, step: str, is_after: bool
) -> None:
    post.put(message(attachments=(("a.xlsx", workbook), ("b.xlsx", b"khong phai"))))
    owner, name = STEPS[step]

    def run() -> None:
        """As a process of its own does: with connections of its own."""
        monkeypatch.setattr(owner, name, dying(getattr(owner, name), is_after=is_after))
        replace(post, engine=make_engine(post.engine.url)).run()

    assert run_child(run).was_killed
    # An attempt to send that was begun is not repeated at once.
    clock.set_replay_clock(replay, NOON + timedelta(minutes=2))
    post.run()

    assert post.files() == [("a.xlsx", "so-y-te", "accepted", NOON), ("b.xlsx", "so-y-te", "quarantined", NOON)]
    assert post.rows("select count(*) from intake.mail_message") == [(1,)]
    assert post.folders() == {"INBOX": 0, "Processed": 1, "Attention": 0}
    assert post.rows("select moved_to, moved_at is not null from intake.mail_message") == [("Processed", True)]
    # Between the server's "accepted" and our record of it nobody can tell: then it goes twice, under one id.
    sent = [answer["Message-ID"] for answer in post.answers]
    is_unknown = (step, is_after) in {("the answer is sent", True), ("its sending is recorded", False)}
    assert len(sent) == (2 if is_unknown else 1)
    assert len(set(sent)) == 1


def test_smtp_out_of_reach_is_no_loss(
    post: Post, workbook: bytes, monkeypatch: pytest.MonkeyPatch, replay: Path
) -> None:
    post.put(message(attachments=(("a.xlsx", workbook),)))

    def down(*arguments: object) -> None:
        raise smtplib.SMTPServerDisconnected("gone")

    with monkeypatch.context() as patch:
        patch.setattr(smtplib.SMTP, "sendmail", down)
        with pytest.raises(SmtpDownError, match="gone"):
            post.run()
    assert post.folders() == {"INBOX": 1, "Processed": 0, "Attention": 0}
    assert post.rows("select attempts, last_error from intake.outgoing_mail") == [(1, "SMTPServerDisconnected: gone")]
    clock.set_replay_clock(replay, NOON + timedelta(minutes=2))
    post.run()
    assert len(post.answers) == 1
    assert post.folders() == {"INBOX": 0, "Processed": 1, "Attention": 0}


def test_a_run_in_the_middle_of_settling_answers_only_what_is_whole(post: Post, workbook: bytes) -> None:
    post.put(message(attachments=(("a.xlsx", workbook),)))
    post.collect()
    assert post.answer() == {}
    assert post.answers == []
    assert post.folders()["INBOX"] == 1
