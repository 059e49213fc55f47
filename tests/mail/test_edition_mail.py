"""A published edition by mail: to the register's recipients, as it lies in its folder, once."""

from dataclasses import replace
from datetime import datetime

from fixtures.post import NOON, Post
from tiendo.collect.landing import Arrival, land
from tiendo.model.period import Period
from tiendo.process.mail_run import send_mail
from tiendo.report.delivery import deliver
from tiendo.report.edition import draft, publish
from tiendo.status.service import refresh

Q1 = Period(2023, 1)
OFFICE, COMMITTEE = "Văn phòng UBND tỉnh;", "UBND tỉnh (để báo cáo);"
ADDRESSES = {OFFICE: "vanphong@binhduong.gov.vn", COMMITTEE: "ubnd@binhduong.gov.vn"}


def test_word_and_pdf_reach_each_recipient_once_as_they_were_published(post: Post, workbook: bytes) -> None:
    register = replace(post.register, report=post.register.report | {"delivery": ADDRESSES})
    arrival = Arrival("mot", "a.xlsx", "folder", "so-y-te", NOON, workbook)
    land(post.settings, register, post.engine, [arrival])
    post.settle()
    refresh(post.engine, register, Q1)
    drafted = draft(post.engine, register, post.settings, Q1)
    folder = publish(
        post.engine,
        register,
        post.settings,
        Q1,
        edition=1,
        as_of=datetime.fromisoformat(drafted["as_of"]),
        data_sha256=drafted["data_sha256"],
        approved_by="Nguyễn Thị Hòa",
        approved_at=NOON,
    )
    post.smtp.refusals[ADDRESSES[COMMITTEE]] = "550 no such user"

    for _ in range(2):
        done = deliver(post.engine, register, post.settings, Q1, 1, identity=post.identity)
        send_mail(post.settings, register, post.engine, post.mail)

    assert sorted(done.queued) == sorted(ADDRESSES.values())
    # What the server refuses is told to operations, not given up in silence.
    assert [answer["To"] for answer in post.answers] == [ADDRESSES[OFFICE], post.identity.operations]
    mail, told = post.answers
    assert mail["Subject"].startswith("Báo cáo quý I năm 2023 thực hiện ")
    assert mail["From"].endswith(f"<{post.identity.address}>")
    assert mail["Auto-Submitted"] == "auto-generated"
    attached = {part.get_filename(): part.get_content() for part in mail.iter_attachments()}
    assert attached == {name: (folder / name).read_bytes() for name in ("bao-cao.docx", "bao-cao.pdf")}
    words = mail.get_body(("plain",))
    assert words is not None
    assert "tổng hợp từ 1/30 đơn vị" in words.get_content()
    assert "published/282-kh-ubnd-2023/2023-Q1/1" in words.get_content()
    refused = told.get_body(("plain",))
    assert refused is not None
    assert ADDRESSES[COMMITTEE] in refused.get_content()
    assert post.rows("select recipient, outcome from mart.edition_delivery where address <> '' order by recipient") == [
        (COMMITTEE, "queued"),
        (OFFICE, "queued"),
    ]
