"""Mail as a submission: from the inbox of a real IMAP server to the answer that a real SMTP receiver was given."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from fixtures.foreign import zipped
from fixtures.mail_servers import ADDRESS, ImapServer, message
from fixtures.marked import comments
from fixtures.post import NOON, Post
from fixtures.workbooks import filled_workbook, put
from tiendo import clock
from tiendo.collect import imap_mailbox
from tiendo.collect.archive import archived_path
from tiendo.collect.authentication import MailTrust
from tiendo.collect.imap_mailbox import MailboxDownError, open_inbox
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.reading.columns import TASKS

STRANGER = "phongtonghop@example.com"


def test_a_report_by_mail_is_taken_answered_and_filed(post: Post, workbook: bytes) -> None:
    mail = message(attachments=(("Báo cáo quý I.xlsx", workbook),))
    post.put(mail)

    assert post.collect() == {"submission": 1}
    assert post.folders() == {"INBOX": 1, "Processed": 0, "Attention": 0}, "it stays until it is answered"
    post.settle()
    moved = post.answer()

    assert post.files() == [("Báo cáo quý I.xlsx", "so-y-te", "accepted", NOON)]
    assert moved == {"Processed": 1}
    assert post.folders() == {"INBOX": 0, "Processed": 1, "Attention": 0}
    (answer,) = post.answers
    assert answer["To"] == "soyte@binhduong.gov.vn"
    assert answer["Subject"] == "Re: Báo cáo quý I năm 2023"
    assert answer["In-Reply-To"] == answer["References"] == "<1@soyte.binhduong.gov.vn>"
    assert answer["Auto-Submitted"] == "auto-replied"
    assert answer["X-Auto-Response-Suppress"] == "All"
    text = answer.get_body(("plain",)).get_content()
    assert "TN-000001" in text
    assert "Đã tiếp nhận" in text
    assert "Báo cáo quý I.xlsx" in text
    (receipt,) = answer.iter_attachments()
    assert receipt.get_filename() == "TN-000001.html"
    assert "Số phiếu" in receipt.get_content()
    # The whole message is in the archive, as the server has it.
    ((sha256,),) = post.rows("select sha256 from intake.mail_message")
    assert (
        archived_path(post.settings.archive, sha256).read_bytes() == post.imap.raw("Processed", post.mailbox.login)[0]
    )


def test_a_second_run_finds_nothing_to_do(post: Post, workbook: bytes) -> None:
    post.put(message(attachments=(("a.xlsx", workbook),)))
    post.run()
    assert post.collect() == {}
    assert post.answer() == {}
    assert len(post.answers) == len(post.files()) == 1


def test_each_file_has_its_verdict_in_one_answer(post: Post, workbook: bytes) -> None:
    files = (("a.xlsx", workbook), ("b.xlsx", workbook), ("c.xlsx", b"khong phai bang tinh"))
    post.put(message(attachments=files))
    post.run()
    assert [state for _, _, state, _ in post.files()] == ["accepted", "duplicate", "quarantined"]
    (answer,) = post.answers
    text = answer.get_body(("plain",)).get_content()
    for receipt in ("TN-000001", "TN-000002", "TN-000003"):
        assert receipt in text
        assert f"{receipt}.html" in [part.get_filename() for part in answer.iter_attachments()]
    assert "Không phải là" in text or "không phải là bảng tính" in text
    assert post.folders() == {"INBOX": 0, "Processed": 1, "Attention": 0}


def test_what_is_in_a_zip_is_answered_with_it(post: Post, workbook: bytes) -> None:
    post.put(message(attachments=(("bao cao.zip", zipped({"trong zip.xlsx": workbook})),)))
    post.run()
    assert [state for _, _, state, _ in post.files()] == ["accepted", "accepted"]
    (answer,) = post.answers
    assert {"TN-000001.html", "TN-000002.html"} <= {part.get_filename() for part in answer.iter_attachments()}
    assert "trong zip.xlsx" in answer.get_body(("plain",)).get_content()
    assert post.folders() == {"INBOX": 0, "Processed": 1, "Attention": 0}


def test_the_marked_copy_of_a_report_with_a_fault_goes_along(post: Post, register: Register) -> None:
    spoilt = partial(put, table=TASKS, key=register.tasks_of("so-y-te")[0].ref, field="state", value="có lẽ")
    wrong = filled_workbook(register, "so-y-te", Period(2023, 1), spoilt)
    post.put(message(attachments=(("Báo cáo quý I.xlsx", wrong),)))
    post.run()
    (answer,) = post.answers
    receipt, marked = answer.iter_attachments()
    assert receipt.get_filename() == "TN-000001.html"
    assert str(marked.get_filename()).startswith("TN-000001-")
    assert [sheet for sheet, _ in comments(marked.get_content())] == [TASKS.sheet]
    assert "cùng tệp Excel" in answer.get_body(("plain",)).get_content()


def test_received_is_the_instant_of_the_mail_server(post: Post, workbook: bytes) -> None:
    """Not the Date header, which the sender writes, nor the instant of our looking."""
    mail = message(attachments=(("a.xlsx", workbook),), Date="Mon, 01 Jan 2018 00:00:00 +0700")
    post.put(mail, at=NOON - timedelta(hours=20))
    post.run()
    assert post.files()[0][3] == NOON - timedelta(hours=20)


class TestWithoutReport:
    def test_nothing_attached_is_answered_with_how_to_send(self, post: Post) -> None:
        post.put(message())
        post.run()
        (answer,) = post.answers
        assert "không có tệp báo cáo nào đính kèm" in answer.get_body(("plain",)).get_content()
        assert post.folders() == {"INBOX": 0, "Processed": 0, "Attention": 1}

    def test_a_signature_s_picture_is_named(self, post: Post) -> None:
        mail = message()
        mail.add_attachment(
            b"GIF", maintype="image", subtype="gif", filename="logo.gif", disposition="inline", cid="<l@x>"
        )
        post.put(mail)
        post.run()
        assert post.files() == []
        assert post.rows("select name, fate from intake.mail_part") == [("logo.gif", "inline_image")]
        assert "logo.gif" in post.answers[0].get_body(("plain",)).get_content()

    def test_one_too_large_is_archived_by_its_beginning_and_answered(
        self, post: Post, workbook: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(imap_mailbox, "LARGEST_MESSAGE", 50_000)
        monkeypatch.setattr(imap_mailbox, "FIRST_BYTES", 4_000)
        post.put(message(attachments=(("a.xlsx", workbook + b"x" * 90_000),)))
        post.put(message(attachments=(("b.xlsx", workbook),), message_id="<2@x.vn>"))
        assert post.collect() == {"too_large": 1, "submission": 1}
        post.settle()
        post.answer()
        assert [name for name, *_ in post.files()] == ["b.xlsx"]
        assert "vượt quá dung lượng" in post.answers[0].get_body(("plain",)).get_content()
        assert post.folders() == {"INBOX": 0, "Processed": 1, "Attention": 1}


class TestStrangers:
    def test_files_are_quarantined_operations_told_the_sender_not(self, post: Post, workbook: bytes) -> None:
        post.put(message(STRANGER, (("a.xlsx", workbook),)))
        post.run()
        assert post.files() == [("a.xlsx", None, "quarantined", NOON)]
        assert post.rows("select rule, found from intake.finding") == [("sender-address", STRANGER)]
        assert post.rows("select agency_code, period from intake.submission_file") == [(None, None)]
        assert post.folders() == {"INBOX": 0, "Processed": 0, "Attention": 1}
        assert [answer["To"] for answer in post.answers] == [post.identity.operations]
        assert STRANGER in post.answers[0].get_body(("plain",)).get_content()

    def test_what_cannot_be_read_is_quarantined_for_its_sender_all_the_same(self, post: Post) -> None:
        post.put(message(STRANGER, (("a.exe", b"MZ"),)))
        post.run()
        assert post.rows("select rule from intake.finding") == [("sender-address",)]

    def test_junk_without_files_troubles_nobody(self, post: Post) -> None:
        post.put(message(STRANGER))
        post.run()
        assert post.answers == []
        assert post.folders()["Attention"] == 1

    def test_one_mail_to_operations_for_a_sender_s_flood(self, post: Post) -> None:
        for number in range(5):
            post.put(message(STRANGER, (("a.xlsx", b"%d" % number),), message_id=f"<{number}@example.com>"))
        post.run()
        assert len(post.answers) == 1

    def test_an_address_like_a_body_s_code_is_no_body(self, post: Post, workbook: bytes) -> None:
        raw = message(attachments=(("a.xlsx", workbook),)).as_bytes().replace(b"<soyte@binhduong.gov.vn>", b"so-y-te")
        post.put(raw)
        post.run()
        assert [(agency, state) for _, agency, state, _ in post.files()] == [(None, "quarantined")]

    def test_a_failed_policy_makes_a_body_s_address_foreign(self, post: Post, workbook: bytes) -> None:
        post.mailbox = replace(post.mailbox, trust=MailTrust("mx.gov.vn"))
        for number, results in enumerate(
            (
                "mx.gov.vn; spf=pass smtp.mailfrom=binhduong.gov.vn; dmarc=fail header.from=binhduong.gov.vn",
                "mx.gov.vn.evil.com; dmarc=pass header.from=binhduong.gov.vn",
            )
        ):
            attachments = (("a.xlsx", workbook + b"%d" % number),)
            post.put(message(attachments=attachments, message_id=f"<{number}@x.vn>", Authentication_Results=results))
        post.run()
        assert [(agency, state) for _, agency, state, _ in post.files()] == [(None, "quarantined")] * 2
        assert {answer["To"] for answer in post.answers} == {post.identity.operations}

    def test_a_checked_sender_is_a_body_s(self, post: Post, workbook: bytes) -> None:
        post.mailbox = replace(post.mailbox, trust=MailTrust("mx.gov.vn"))
        results = "mx.gov.vn; spf=pass smtp.mailfrom=binhduong.gov.vn"
        post.put(message(attachments=(("a.xlsx", workbook),), Authentication_Results=results))
        post.run()
        assert [(agency, state) for _, agency, state, _ in post.files()] == [("so-y-te", "accepted")]

    def test_any_address_of_a_body_s_domain_is_its_own(self, post: Post, workbook: bytes) -> None:
        post.put(message("vanthu@soyte.binhduong.gov.vn", (("a.xlsx", workbook),)))
        post.put(message("vanthu@x.soyte.binhduong.gov.vn", (("a.xlsx", workbook),), message_id="<2@x.vn>"))
        post.run()
        assert [(agency, state) for _, agency, state, _ in post.files()] == [
            ("so-y-te", "accepted"),
            (None, "quarantined"),
        ]

    def test_another_body_s_workbook_is_refused_and_answered_to_the_sender(self, post: Post, workbook: bytes) -> None:
        post.put(message("sotc@binhduong.gov.vn", (("a.xlsx", workbook),)))
        post.run()
        assert post.files() == [("a.xlsx", "so-tai-chinh", "rejected", NOON)]
        assert [answer["To"] for answer in post.answers] == ["sotc@binhduong.gov.vn"]
        ((path,),) = post.rows("select receipt_path from intake.submission_file")
        assert path.startswith("outbox/so-tai-chinh/")


class TestNumbersOfTheMailbox:
    def test_a_new_uidvalidity_doubles_nothing(self, post: Post, workbook: bytes, imap: ImapServer) -> None:
        for number in range(3):
            attachments = (("a.xlsx", workbook + b"%d" % number),)
            post.put(message(attachments=attachments, message_id=f"<{number}@x.vn>"), NOON + timedelta(minutes=number))
        post.collect()
        with open_inbox(post.mailbox) as inbox:
            before = inbox.uid_validity
        _number_anew(imap, post.mailbox.login)
        with open_inbox(post.mailbox) as inbox:
            assert inbox.uid_validity != before
        post.run()
        assert len(post.files()) == len(post.answers) == 3
        assert post.rows("select count(*) from intake.mail_message") == [(3,)]
        assert post.folders() == {"INBOX": 0, "Processed": 3, "Attention": 0}

    def test_a_message_put_back_is_filed_again_and_nothing_else(self, post: Post, workbook: bytes) -> None:
        post.put(message(attachments=(("a.xlsx", workbook),)))
        post.run()
        with post.imap.box(post.mailbox.login, "Processed") as box:
            box.move(box.uids(), "INBOX")
        post.run()
        assert post.folders() == {"INBOX": 0, "Processed": 1, "Attention": 0}
        assert len(post.files()) == len(post.answers) == 1

    def test_two_copies_of_one_message_are_one(self, post: Post, workbook: bytes) -> None:
        mail = message(attachments=(("a.xlsx", workbook),))
        post.put(mail)
        post.put(mail)
        post.run()
        assert len(post.files()) == len(post.answers) == 1
        assert post.folders() == {"INBOX": 0, "Processed": 2, "Attention": 0}

    def test_the_same_file_in_another_message_is_another_arrival(self, post: Post, workbook: bytes) -> None:
        post.put(message(attachments=(("a.xlsx", workbook),)))
        post.put(message(attachments=(("a.xlsx", workbook),), message_id="<2@x.vn>"), NOON + timedelta(minutes=1))
        post.run()
        assert [state for _, _, state, _ in post.files()] == ["accepted", "duplicate"]

    def test_the_same_file_by_mail_and_by_folder_is_a_duplicate(
        self, post: Post, workbook: bytes, register: Register
    ) -> None:
        import os

        from tiendo.collect import folder

        path = post.settings.inbox / "so-y-te" / "a.xlsx"
        path.parent.mkdir(parents=True)
        path.write_bytes(workbook)
        os.utime(path, (NOON.timestamp(), NOON.timestamp()))
        folder.collect(post.settings, register, post.engine)
        post.put(message(attachments=(("a.xlsx", workbook),)), NOON + timedelta(minutes=1))
        post.run()
        assert Counter(state for _, _, state, _ in post.files()) == {"accepted": 1, "duplicate": 1}
        assert "trùng" in post.answers[0].get_body(("plain",)).get_content()


class TestAwkwardMessages:
    def test_without_a_message_id_there_is_an_answer_outside_of_any_thread(self, post: Post, workbook: bytes) -> None:
        post.put(message(attachments=(("a.xlsx", workbook),), message_id=""))
        post.run()
        (answer,) = post.answers
        assert answer["In-Reply-To"] is None
        assert answer["Auto-Submitted"] == "auto-replied"

    def test_forty_attachments_are_forty_files(self, post: Post) -> None:
        post.put(message(attachments=tuple((f"{n:02}.xlsx", b"%d" % n) for n in range(40))))
        post.run()
        assert [name for name, *_ in post.files()] == [f"{n:02}.xlsx" for n in range(40)]
        attached = [str(part.get_filename()) for part in post.answers[0].iter_attachments()]
        assert [sum(name.endswith(ending) for name in attached) for ending in (".html", ".xlsx")] == [40, 1]

    def test_no_header_can_be_smuggled_into_the_answer(self, post: Post, workbook: bytes) -> None:
        raw = message(attachments=(("XXX", workbook),), message_id="<1@x.vn>").as_bytes()
        raw = raw.replace(
            b"Subject: =?utf-8?b?QsOhbyBjw6FvIHF1w70gSSBuxINt?= 2023",
            b"Subject: =?utf-8?q?a=0D=0ABcc=3A_evil=40example=2Ecom?=\r\nReferences: <a@x.vn>\r\n\tBcc:evil@x.vn",
        )
        raw = raw.replace(b'filename="XXX"', b"filename*=utf-8''a%0D%0ABcc%3A%20evil%40example.com%0D%0A%0D%0A.xlsx")
        assert b"evil=40" in raw
        assert b"%0D%0ABcc" in raw
        post.put(raw)
        post.run()
        ((to, sent),) = post.smtp.received
        assert to == "soyte@binhduong.gov.vn"
        assert not [line for line in sent.splitlines() if line.lower().startswith(b"bcc")]
        (answer,) = post.answers
        assert answer["Subject"] == "Re: a Bcc: evil@example.com"
        assert answer["References"] == "<a@x.vn> <1@x.vn>"
        assert post.files()[0][0] == "a Bcc: evil@example.com .xlsx"

    def test_words_of_the_sender_are_no_html(self, post: Post, workbook: bytes) -> None:
        post.put(message(subject="<script>alert(1)</script>", attachments=(("<img src=x onerror=y>.xlsx", workbook),)))
        post.run()
        html = post.answers[0].get_body(("html",)).get_content()
        assert "<script" not in html
        assert "<img" not in html
        assert "&lt;img src=x onerror=y&gt;.xlsx" in html

    def test_broken_ones_go_to_attention_and_fail_nobody(self, post: Post, workbook: bytes) -> None:
        nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(999))
        post.put(b"From: soyte@binhduong.gov.vn\r\nSubject: x\r\n" + nested)
        post.put(bytes(range(1, 256)).replace(b"\n", b"") * 50)
        post.put(message(attachments=(("a.xlsx", workbook),)))
        assert post.collect() == {"unreadable": 1, "stranger": 1, "submission": 1}
        post.settle()
        post.answer()
        assert post.folders() == {"INBOX": 0, "Processed": 1, "Attention": 2}
        assert "không đọc được" in post.answers[0].get_body(("plain",)).get_content()


class TestConnection:
    def test_by_oauth2(self, imap: ImapServer) -> None:
        with open_inbox(imap.settings(ADDRESS, password="", token=imap.token)) as inbox:
            assert inbox.uids() == []

    @pytest.mark.parametrize("wrong", [{"password": "sai"}, {"password": "", "token": "sai"}])
    def test_a_refused_login_is_said_without_the_password(self, imap: ImapServer, wrong: dict[str, str]) -> None:
        with (
            pytest.raises(MailboxDownError, match="AUTHENTICATIONFAILED") as caught,
            open_inbox(imap.settings(**wrong)),
        ):
            pass
        assert "sai" not in str(caught.value)

    def test_a_certificate_of_nobody_is_refused(self, imap: ImapServer) -> None:
        with (
            pytest.raises(MailboxDownError, match="CERTIFICATE_VERIFY_FAILED"),
            open_inbox(imap.settings(context=None)),
        ):
            pass

    def test_a_server_that_is_not_there(self, imap: ImapServer) -> None:
        with pytest.raises(MailboxDownError, match="refused"), open_inbox(imap.settings(port=1)):
            pass


def _number_anew(imap: ImapServer, login: str) -> None:
    """As after a restored backup or a move to another server: the same messages under other numbers."""
    folder = imap.folder / "mail" / login / "Maildir"
    for index in (*folder.glob("dovecot-uidlist"), *folder.glob("dovecot.index*")):
        Path(index).unlink()
    # A UIDVALIDITY is the second in which the numbers were given.
    import time

    time.sleep(1.1)


def test_the_clock_of_these_tests_is_the_replay_s() -> None:
    assert clock.now() == NOON
