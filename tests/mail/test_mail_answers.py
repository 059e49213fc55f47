"""What is answered and what never is; how much an hour; what cannot be delivered."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path

import pytest
from sqlalchemy import Engine

from fixtures.mail_servers import message
from fixtures.post import NOON, Post
from tiendo import clock
from tiendo.collect.imap_mailbox import ATTENTION
from tiendo.mail.identity import Identity
from tiendo.mail.outgoing import Outgoing, queue, send_pending
from tiendo.warehouse.engine import loader


def reports(post: Post, number: int) -> None:
    for n in range(number):
        attachments = ((f"{n}.xlsx", b"tep %d" % n),)
        post.put(message(attachments=attachments, message_id=f"<{n}@x.vn>"), NOON + timedelta(seconds=n))


class TestAutomaticMessages:
    @pytest.mark.parametrize(
        "header",
        [
            {"Auto-Submitted": "auto-generated"},
            {"Precedence": "bulk"},
            {"Precedence": "list"},
            {"List-Id": "<x.vn>"},
        ],
    )
    def test_a_machine_s_report_is_taken_and_not_answered(
        self, post: Post, workbook: bytes, header: dict[str, str]
    ) -> None:
        post.put(message(attachments=(("a.xlsx", workbook),), **header))
        post.run()
        assert [state for _, _, state, _ in post.files()] == ["accepted"]
        assert [answer["To"] for answer in post.answers] == [post.identity.operations]
        assert post.folders()[ATTENTION] == 1

    @pytest.mark.parametrize("header", [{"Auto-Submitted": "auto-replied (vacation)"}, {"Return-Path": "<>"}])
    def test_an_automatic_answer_brings_nothing_and_gets_nothing(
        self, post: Post, workbook: bytes, header: dict[str, str]
    ) -> None:
        post.put(message(attachments=(("a.xlsx", workbook),), **header))
        post.run()
        assert post.files() == []
        assert post.rows("select name, fate from intake.mail_part") == [("a.xlsx", "not_taken")]
        assert post.answers == []
        assert post.folders()[ATTENTION] == 1

    def test_our_own_mail_is_known_even_without_its_marks(self, post: Post, workbook: bytes) -> None:
        post.put(message(attachments=(("a.xlsx", workbook),)))
        post.run()
        ours = post.answers[0]
        stripped = message(attachments=(("a.xlsx", workbook),), message_id=str(ours["Message-ID"]))
        from_us = message(post.identity.address, (("a.xlsx", workbook),), message_id="<3@x.vn>")
        marked = message(attachments=(("a.xlsx", workbook),), message_id="<4@x.vn>", X_Loop=post.identity.address)
        for mail in (stripped, from_us, marked):
            post.put(mail)
        assert post.collect() == {"own": 3}
        post.answer()
        assert len(post.answers) == 1


def test_two_instances_answering_each_other_die_out_at_once(post: Post, workbook: bytes, other_engine: Engine) -> None:
    """The register of each holds the other's address: a mistake that must not become a storm."""
    here = post.mailbox.login
    there = f"kia-{here}"
    addresses = {"so-y-te": there, "so-tai-chinh": here}
    register = replace(
        post.register,
        agencies=tuple(
            replace(agency, mail_addresses=(addresses[agency.code],)) if agency.code in addresses else agency
            for agency in post.register.agencies
        ),
    )
    instances = {
        here: replace(post, register=register),
        there: replace(
            post,
            register=register,
            engine=other_engine,
            mailbox=post.imap.settings(there),
            identity=Identity(there, there),
            settings=replace(post.settings, home=post.settings.home / "kia"),
        ),
    }
    instances[here].put(message(there, (("a.xlsx", workbook),)))
    carried = 0
    for _ in range(6):
        for instance in instances.values():
            instance.run()
            for to, raw in post.smtp.received[carried:]:
                if to in instances:
                    instances[to].put(raw)
            carried = len(post.smtp.received)
    assert [to for to, _ in post.smtp.received if to in instances] == [there]
    assert instances[there].rows("select kind from intake.mail_message") == [("automatic",)]
    assert instances[there].files() == [], "the receipt that came along is no submission"


class TestShareOfTheHour:
    def test_the_rest_waits_and_is_not_lost(self, post: Post, replay: Path) -> None:
        reports(post, 25)
        post.run()
        assert len(post.answers) == 20
        assert post.folders() == {"INBOX": 5, "Processed": 20, "Attention": 0}
        clock.set_replay_clock(replay, NOON + timedelta(minutes=59))
        post.answer()
        assert len(post.answers) == 20
        clock.set_replay_clock(replay, NOON + timedelta(minutes=61))
        post.answer()
        assert len(post.answers) == 25
        assert post.folders() == {"INBOX": 0, "Processed": 25, "Attention": 0}

    def test_is_each_sender_s_own(self, post: Post) -> None:
        reports(post, 21)
        post.put(message("sotc@binhduong.gov.vn", (("b.xlsx", b"b"),), message_id="<b@x.vn>"))
        post.run()
        assert [a["To"] for a in post.answers].count("sotc@binhduong.gov.vn") == 1


class TestUndeliverable:
    def test_a_refused_recipient_is_given_up_and_operations_told(self, post: Post, workbook: bytes) -> None:
        post.smtp.refusals["soyte@binhduong.gov.vn"] = "550 5.1.1 khong co nguoi nay"
        post.put(message(attachments=(("a.xlsx", workbook),)))
        post.run()
        assert [answer["To"] for answer in post.answers] == [post.identity.operations]
        assert "550 5.1.1" in post.answers[0].get_body(("plain",)).get_content()
        assert post.folders() == {"INBOX": 0, "Processed": 0, "Attention": 1}
        assert [state for _, _, state, _ in post.files()] == ["accepted"]

    def test_a_recipient_not_ready_yet_is_tried_again_later(self, post: Post, workbook: bytes, replay: Path) -> None:
        post.smtp.refusals["soyte@binhduong.gov.vn"] = "450 4.2.1 hom thu ban"
        post.put(message(attachments=(("a.xlsx", workbook),)))
        post.put(message("sotc@binhduong.gov.vn", (("b.xlsx", b"b"),), message_id="<2@x.vn>"))
        post.run()
        assert [answer["To"] for answer in post.answers] == ["sotc@binhduong.gov.vn"], "others do not wait for it"
        post.smtp.refusals.clear()
        post.answer()
        assert len(post.answers) == 1
        clock.set_replay_clock(replay, NOON + timedelta(minutes=2))
        post.answer()
        assert len(post.answers) == 2
        assert post.folders() == {"INBOX": 0, "Processed": 2, "Attention": 0}

    def test_patience_ends(self, post: Post, workbook: bytes, replay: Path) -> None:
        post.smtp.refusals["soyte@binhduong.gov.vn"] = "450 4.2.1 hom thu ban"
        post.put(message(attachments=(("a.xlsx", workbook),)))
        post.run()
        clock.set_replay_clock(replay, NOON + timedelta(days=6))
        post.answer()
        assert post.folders() == {"INBOX": 0, "Processed": 0, "Attention": 1}

    def test_a_report_about_it_is_noted_at_the_mail_it_concerns(self, post: Post, workbook: bytes) -> None:
        post.put(message(attachments=(("a.xlsx", workbook),)))
        post.run()
        ours = message_from_bytes(post.smtp.received[0][1])
        report = MIMEMultipart("report", **{"report-type": "delivery-status"})
        report["From"], report["To"] = "MAILER-DAEMON@mail.binhduong.gov.vn", post.identity.address
        report["Subject"] = "Undelivered Mail Returned to Sender"
        report.attach(MIMEText("khong gui duoc"))
        status = EmailMessage()
        status["Final-Recipient"] = "rfc822; soyte@binhduong.gov.vn"
        report.attach(MIMEMessage(status, "delivery-status"))
        report.attach(MIMEMessage(ours))
        post.put(report)
        assert post.collect() == {"bounce": 1}
        post.answer()
        ((bounced_by, number),) = post.rows("""
            select o.bounced_by, m.mail_id from intake.outgoing_mail o, intake.mail_message m
            where o.kind = 'answer' and m.kind = 'bounce'""")
        assert bounced_by == number
        assert post.folders() == {"INBOX": 0, "Processed": 1, "Attention": 1}
        assert [answer["To"] for answer in post.answers] == ["soyte@binhduong.gov.vn", post.identity.operations]
        assert len(post.files()) == 1, "what the report carries is ours"


class TestQueue:
    """The same queue serves reminders and whatever else is to be sent."""

    mail = Outgoing("reminder", "2023-Q1 so-y-te", "soyte@binhduong.gov.vn", "Nhắc gửi báo cáo", "Kính gửi", "<p>a</p>")

    def send(self, post: Post, mail: Outgoing) -> None:
        with loader(post.engine) as connection:
            queue(connection, post.identity, mail)
        send_pending(post.settings, post.engine, post.identity, post.smtp.open)

    def test_the_same_thing_is_said_once(self, post: Post) -> None:
        self.send(post, self.mail)
        self.send(post, self.mail)
        (sent,) = post.answers
        assert sent["Auto-Submitted"] == "auto-generated"
        assert sent["Subject"] == "Nhắc gửi báo cáo"
        assert sent["From"] == f"Tiendo Bình Dương <{post.identity.address}>"

    def test_headers_are_one_line_whatever_they_are_made_from(self, post: Post) -> None:
        self.send(
            post,
            self.mail._replace(
                subject="a\r\nBcc: evil@x.vn\r\n\r\nb",
                in_reply_to="<a@x.vn>\r\nBcc: evil@x.vn",
                references=("<b@x.vn>\r\nX-Evil: 1", "<" + "c" * 150 + "@x.vn>"),
            ),
        )
        head = post.smtp.received[0][1].partition(b"\r\n\r\n")[0].lower()
        assert b"\r\nbcc" not in head
        assert b"\r\nx-evil" not in head
        assert post.answers[0]["Subject"] == "a Bcc: evil@x.vn b"
        assert post.answers[0]["In-Reply-To"] == "<a@x.vn>"
        assert str(post.answers[0]["References"]).split() == ["<b@x.vn>", "<" + "c" * 150 + "@x.vn>"]

    @pytest.mark.parametrize("to", ["", "so-y-te", "a@x.vn, b@x.vn", "a@x.vn\r\nBcc: b@x.vn", "A <a@x.vn>"])
    def test_only_one_plain_address_is_written_to(self, post: Post, to: str) -> None:
        with pytest.raises(ValueError, match="no mail address"), loader(post.engine) as connection:
            queue(connection, post.identity, self.mail._replace(to=to))

    def test_what_is_too_large_for_mail_stays_out(self, post: Post) -> None:
        for name, size in (("1.html", 10), ("2.xlsx", 16 << 20), ("3.xlsx", 10)):
            (post.settings.home / name).parent.mkdir(parents=True, exist_ok=True)
            (post.settings.home / name).write_bytes(b"x" * size)
        self.send(post, self.mail._replace(attachments=("1.html", "2.xlsx", "3.xlsx", "4.xlsx")))
        assert [part.get_filename() for part in post.answers[0].iter_attachments()] == ["1.html", "3.xlsx"]
