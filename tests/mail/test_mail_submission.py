"""Mail as a submission: from the inbox of a real IMAP server to the answer that a real SMTP receiver was given."""

from fixtures.mail_servers import message
from fixtures.post import NOON, Post


def test_a_report_by_mail_is_taken_answered_and_filed(post: Post, workbook: bytes) -> None:
    post.put(message(attachments=(("Báo cáo quý I.xlsx", workbook),)))

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
