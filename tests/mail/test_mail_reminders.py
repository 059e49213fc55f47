"""Reminders by mail: in working hours only, withdrawn when no longer true; what does not arrive is told once."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from email.message import EmailMessage, Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path

import pytest

from fixtures.mail_servers import message
from fixtures.post import Post
from tiendo import clock
from tiendo.clock import HANOI
from tiendo.model.register import Duty
from tiendo.obligations.extensions import Kind, Letter, excuse, find_obligation, grant
from tiendo.process.mail_run import has_open_mail, send_mail
from tiendo.reminders.reminding import EnteredReminder, remind, reminder_rows

LETTER = Letter("512/UBND-TH", date(2023, 2, 1))
Y_TE, OPERATIONS = "soyte@binhduong.gov.vn", "vanhanh@tiendo.binhduong.gov.vn"


def at(month: int, day: int, hour: int = 8, minute: int = 0) -> datetime:
    return datetime(2023, month, day, hour, minute, tzinfo=HANOI)


@pytest.fixture
def now(replay: Path) -> Callable[[datetime], None]:
    return lambda instant: clock.set_replay_clock(replay, instant)


@pytest.fixture(autouse=True)
def only_y_te_owes(post: Post, now: Callable[[datetime], None]) -> None:
    """Sở Y tế owes its report of the first quarter; everybody else is exempt from everything."""
    now(at(2, 1))
    for owed in post.register.obligations[:2]:
        for agency in post.register.obliged:
            if (agency.code, owed.period) != ("so-y-te", "2023-Q1"):
                excuse(post.engine, post.register, agency.code, owed, kind=Kind.EXEMPT, letter=LETTER)


def run(post: Post) -> list[EnteredReminder]:
    """What the DAG send_reminders does."""
    told = remind(post.settings, post.register, post.engine, post.identity)
    send_mail(post.settings, post.register, post.engine, post.mail)
    return told


def sent(post: Post) -> list[tuple[str, str]]:
    return [(str(mail["To"]), str(mail["Subject"])) for mail in post.answers]


def deliveries(post: Post) -> list[tuple[str, str]]:
    return [(row["occasion"], row["delivery"]) for row in reminder_rows(post.engine, post.register)]


def test_a_reminder_arrives_with_its_workbook(post: Post, now: Callable[[datetime], None]) -> None:
    now(at(3, 7))
    (told,) = run(post)
    assert (told.agency, told.occasion, told.to_address) == ("so-y-te", "before-5", Y_TE)
    (mail,) = post.answers
    assert (mail["To"], mail["Auto-Submitted"], mail["In-Reply-To"]) == (Y_TE, "auto-generated", None)
    subject = "[Kế hoạch số 282/KH-UBND] Đề nghị gửi báo cáo quý I năm 2023 trước ngày 15 tháng 3 năm 2023"
    assert mail["Subject"] == subject
    (workbook,) = mail.iter_attachments()
    assert workbook.get_filename() == "2023-Q1_so-y-te_282-kh-ubnd-2023.xlsx"
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().startswith("Kính gửi: Sở Y tế,\n")
    assert f"đến {post.identity.address}, hoặc chép vào thư mục inbox/so-y-te/" in plain.get_content()
    assert run(post) == []
    assert len(post.answers) == 1
    assert deliveries(post) == [("before-5", "sent")]


class TestQuietHours:
    @pytest.mark.parametrize(
        ("night", "morning"),
        [
            (at(3, 7, 21), at(3, 8, 7, 30)),  # made up for in the evening
            (at(3, 8, 7, 29), at(3, 8, 7, 30)),
            (at(3, 7, 17), at(3, 8, 7, 30)),
            (at(3, 11, 10), at(3, 13, 7, 30)),  # a Saturday
        ],
    )
    def test_mail_waits_for_the_morning_of_a_working_day(
        self, post: Post, now: Callable[[datetime], None], night: datetime, morning: datetime
    ) -> None:
        now(night)
        assert len(run(post)) == 1
        assert post.answers == []
        assert has_open_mail(post.engine, post.identity), "so that collect_mailbox sends it later"
        now(morning - timedelta(minutes=1))
        post.answer()
        assert post.answers == []
        now(morning)
        post.answer()
        assert [to for to, _ in sent(post)] == [Y_TE]

    def test_answers_do_not_wait(self, post: Post, now: Callable[[datetime], None]) -> None:
        now(at(3, 7, 21))
        run(post)
        post.put(message("sotc@binhduong.gov.vn", (("a.xlsx", b"khong phai"),)), at(3, 7, 21))
        post.run()
        assert [to for to, _ in sent(post)] == ["sotc@binhduong.gov.vn"]


class TestWithdrawn:
    """EnteredReminder at night, and no longer true in the morning."""

    def test_when_the_report_came(self, post: Post, now: Callable[[datetime], None], workbook: bytes) -> None:
        now(at(3, 7, 21))
        run(post)
        post.put(message(attachments=(("a.xlsx", workbook),)), at(3, 7, 22))
        now(at(3, 7, 22))
        post.run()
        now(at(3, 8))
        assert run(post) == []
        assert [subject.startswith("Re:") for _, subject in sent(post)] == [True]
        assert deliveries(post) == [("before-5", "withdrawn")]

    def test_not_when_what_came_was_refused(self, post: Post, now: Callable[[datetime], None]) -> None:
        now(at(3, 7, 21))
        run(post)
        post.put(message(attachments=(("a.xlsx", b"khong phai"),)), at(3, 7, 22))
        now(at(3, 7, 22))
        post.run()
        now(at(3, 8))
        run(post)
        assert deliveries(post) == [("before-5", "sent")]

    def test_when_the_day_was_moved(self, post: Post, now: Callable[[datetime], None]) -> None:
        now(at(3, 7, 21))
        run(post)
        q1 = find_obligation(post.register, Duty.QUARTERLY_REPORT, "2023-Q1")
        grant(post.engine, post.register, "so-y-te", q1, until=date(2023, 3, 20), letter=LETTER)
        now(at(3, 8))
        run(post)
        assert sent(post) == []
        assert deliveries(post) == [("before-5", "withdrawn")]
        now(at(3, 13))
        run(post)
        assert deliveries(post)[1:] == [("before-5", "sent")], "of the new day"

    def test_when_a_later_one_is_there(self, post: Post, now: Callable[[datetime], None]) -> None:
        now(at(3, 7, 21))
        run(post)
        now(at(3, 9))
        run(post)
        assert deliveries(post) == [("before-5", "withdrawn"), ("before-3", "sent")]
        assert len(post.answers) == 1

    def test_when_the_due_day_is_over(self, post: Post, now: Callable[[datetime], None]) -> None:
        now(at(3, 14, 23))
        run(post)
        now(at(3, 15, 7, 40))
        post.answer()
        assert sent(post) == []
        now(at(3, 15))
        run(post)
        assert deliveries(post) == [("before-1", "withdrawn"), ("overdue", "sent")]

    def test_nobody_is_told_of_it_as_undeliverable(self, post: Post, now: Callable[[datetime], None]) -> None:
        self.test_when_the_day_was_moved(post, now)
        assert OPERATIONS not in [to for to, _ in sent(post)]


def report_about(ours: Message, action: str, sender: str = "MAILER-DAEMON@mx1.binhduong.gov.vn") -> MIMEMultipart:
    """What a mail server says about mail that it could not deliver (RFC 3464)."""
    report = MIMEMultipart("report", **{"report-type": "delivery-status"})
    report["From"], report["Subject"] = sender, "Undelivered Mail Returned to Sender"
    report["Message-ID"] = f"<{action}-{sender}>"
    report.attach(MIMEText("khong gui duoc"))
    status, recipient = EmailMessage(), Message()
    status["Reporting-MTA"] = "dns; mx1.binhduong.gov.vn"
    recipient["Final-Recipient"] = f"rfc822; {ours['To']}"
    recipient["Action"], recipient["Status"] = action, "5.1.1"
    recipient["Diagnostic-Code"] = "smtp; 550 5.1.1 khong co hop thu nay"
    body = Message()
    body["Content-Type"] = "message/delivery-status"
    body.set_payload([status, recipient])
    report.attach(body)
    report.attach(MIMEMessage(ours))
    return report


class TestUndeliverable:
    def test_a_refused_one_is_told_to_operations_once(self, post: Post, now: Callable[[datetime], None]) -> None:
        post.smtp.refusals[Y_TE] = "550 5.1.1 khong co hop thu nay"
        now(at(3, 7))
        run(post)
        for minutes in (5, 10):
            now(at(3, 7, 8, minutes))
            post.answer()
        ((to, subject),) = sent(post)
        assert (to, subject) == (OPERATIONS, "[Tiendo] Thư không gửi được: Sở Y tế")
        plain = post.answers[0].get_body(("plain",))
        assert plain is not None
        for said in ("Thông báo nhắc báo cáo", Y_TE, "báo cáo quý I năm 2023", "550 5.1.1 khong co hop thu nay"):
            assert said in plain.get_content()
        assert deliveries(post) == [("before-5", "undeliverable")]
        assert not has_open_mail(post.engine, post.identity)

    def test_one_that_came_back_is_told_once_however_many_reports_come(
        self, post: Post, now: Callable[[datetime], None]
    ) -> None:
        now(at(3, 7))
        run(post)
        ours = post.answers[0]
        post.put(report_about(ours, "delayed"), at(3, 7, 12))
        now(at(3, 7, 12))
        post.run()
        assert len(post.answers) == 1, "that it takes longer is no failure"
        assert deliveries(post) == [("before-5", "sent")]
        # The final word, repeated by another server on the next day.
        post.put(report_about(ours, "failed"), at(3, 7, 13))
        now(at(3, 7, 13))
        post.run()
        post.put(report_about(ours, "failed", "postmaster@mx2.binhduong.gov.vn"), at(3, 8, 9))
        now(at(3, 8, 9))
        post.run()
        assert [to for to, _ in sent(post)] == [Y_TE, OPERATIONS]
        plain = post.answers[1].get_body(("plain",))
        assert plain is not None
        assert "5.1.1 smtp; 550 5.1.1 khong co hop thu nay" in plain.get_content()
        assert deliveries(post) == [("before-5", "undeliverable")]
        assert post.folders() == {"INBOX": 0, "Processed": 0, "Attention": 3}

    def test_what_the_lost_mail_answered_has_arrived(
        self, post: Post, now: Callable[[datetime], None], workbook: bytes
    ) -> None:
        """Its headers name our earlier mail of the thread."""
        now(at(3, 7))
        run(post)
        reminder = post.answers[0]
        letter = message(attachments=(("a.xlsx", workbook),), In_Reply_To=str(reminder["Message-ID"]))
        letter["References"] = str(reminder["Message-ID"])
        post.put(letter, at(3, 7, 9))
        now(at(3, 7, 9))
        post.run()
        answer = post.answers[1]
        assert str(reminder["Message-ID"]) in str(answer["References"])
        report = report_about(answer, "failed")
        heads = MIMEText("".join(f"{name}: {value}\r\n" for name, value in answer.items()), "rfc822-headers")
        report.set_payload([*report.get_payload()[:2], heads])  # type: ignore[arg-type,index,misc]
        post.put(report, at(3, 7, 10))
        now(at(3, 7, 10))
        post.run()
        assert deliveries(post) == [("before-5", "sent")]
        assert post.rows("select kind from intake.outgoing_mail where bounced_by is not null") == [("answer",)]
        assert [to for to, _ in sent(post)] == [Y_TE, Y_TE, OPERATIONS]

    def test_mail_to_operations_that_comes_back_starts_no_loop(
        self, post: Post, now: Callable[[datetime], None]
    ) -> None:
        post.smtp.refusals[Y_TE] = "550 5.1.1 khong co hop thu nay"
        now(at(3, 7))
        run(post)
        for day in (8, 9, 10):
            post.put(report_about(post.answers[-1], "failed"), at(3, day, 12))
            now(at(3, day, 12))
            post.run()
        assert [to for to, _ in sent(post)] == [OPERATIONS]
        assert not has_open_mail(post.engine, post.identity)
