"""Messages as real senders and attackers write them, read without ever raising."""

import base64
import quopri
import tracemalloc
from email.message import EmailMessage, Message
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.mail_servers import message
from fixtures.winmail import winmail
from tiendo.collect import tnef
from tiendo.collect.authentication import MailTrust
from tiendo.collect.message import MailContent, read_message
from tiendo.mail.headers import attachment_name, one_line

XLSX = b"PK\x03\x04 not really"


def names(content: MailContent, fate: str = "landed") -> list[str]:
    return [part.name for part in content.parts if part.fate == fate]


def raw_message(*lines: str | bytes, body: bytes = b"") -> bytes:
    """A message as bytes: header lines, an empty line, a body."""
    head = b"\r\n".join(line.encode() if isinstance(line, str) else line for line in lines)
    return head + b"\r\n\r\n" + body


def with_attachment_header(*lines: str | bytes) -> bytes:
    part = b"\r\n".join(line.encode() if isinstance(line, str) else line for line in lines)
    return raw_message(
        "From: soyte@binhduong.gov.vn",
        "Content-Type: multipart/mixed; boundary=b",
        body=b"--b\r\nContent-Type: text/plain\r\n\r\nxin gui\r\n--b\r\n" + part + b"\r\n\r\nabc\r\n--b--\r\n",
    )


class TestSender:
    def test_a_plain_one(self) -> None:
        assert read_message(message().as_bytes()).sender == "soyte@binhduong.gov.vn"

    @pytest.mark.parametrize(
        ("line", "sender"),
        [
            ('From: "soyte@binhduong.gov.vn" <evil@example.com>', "evil@example.com"),
            ("From: SoYTe@BinhDuong.gov.vn", "soyte@binhduong.gov.vn"),
            ("From: a@x.vn, soyte@binhduong.gov.vn", ""),
            ("From: a@x.vn\r\nFrom: soyte@binhduong.gov.vn", ""),
            ("From: so-y-te", ""),
            ("From: =?utf-8?q?soyte=40binhduong=2Egov=2Evn?=", ""),
            ("From: soyte@binhduong.gov.vn <soyte@binhduong.gov.vn>", "soyte@binhduong.gov.vn"),
            ("From: <soyte@binhduong.gov.vn> <evil@example.com>", ""),
            ("From: soyte@binhduong.gov.vn)evil@example.com(", ""),
            ("From: soyte@binhduong.gov.vn@example.com", ""),
            ("From: evil@example.com <soyte@binhduong.gov.vn>", ""),
            ("Subject: no sender at all", ""),
            ("From: soyte@[127.0.0.1]", ""),
        ],
    )
    def test_only_one_address_counts(self, line: str, sender: str) -> None:
        assert read_message(raw_message(line)).sender == sender


class TestNames:
    @pytest.mark.parametrize(
        ("disposition", "name"),
        [
            ('attachment; filename="=?utf-8?B?QsOhbyBjw6FvLnhsc3g=?="', "Báo cáo.xlsx"),  # RFC 2047 against the rule
            ("attachment; filename*=utf-8''B%C3%A1o%20c%C3%A1o.xlsx", "Báo cáo.xlsx"),  # RFC 2231
            ("attachment; filename*0*=utf-8''B%C3%A1o; filename*1*=%20c%C3%A1o;\r\n filename*2=.xlsx", "Báo cáo.xlsx"),
            ("attachment; filename*=khong-co'vi'B%C3%A1o.xlsx", "BÃ¡o.xlsx"),  # unknown charset: readable, not lost
            ("attachment; filename*=utf-8''B%E1.xlsx", "B\ufffd.xlsx"),
            ('attachment; filename="Báo cáo.xlsx"', "Báo cáo.xlsx"),  # bare UTF-8
            (b'attachment; filename="B\xe1o c\xe1o.xlsx"', "Báo cáo.xlsx"),  # bare Windows-1258
            ('attachment; filename="..\\\\..\\\\etc/passwd"', "passwd"),
            ('attachment; filename="/etc/shadow"', "shadow"),
            ('attachment; filename=".."', "tep-dinh-kem-2"),
            ("attachment; filename*=utf-8''a%0D%0ABcc%3A%20x%40y.vn%0D%0A.xlsx", "a Bcc: x@y.vn .xlsx"),
            ("attachment; filename*=utf-8''b%E2%80%AExslx.exe", "bxslx.exe"),  # writing turned round
            ("attachment", "tep-dinh-kem-2"),
        ],
    )
    def test_of_attachments(self, disposition: str | bytes, name: str) -> None:
        header = disposition.encode() if isinstance(disposition, str) else disposition
        content = read_message(
            with_attachment_header("Content-Type: application/octet-stream", b"Content-Disposition: " + header)
        )
        assert names(content) == [name]

    def test_from_the_content_type_alone(self) -> None:
        content = read_message(with_attachment_header('Content-Type: application/vnd.ms-excel; name="q1.xls"'))
        assert names(content) == ["q1.xls"]

    def test_long_ones_keep_their_ending(self) -> None:
        name = attachment_name("á" * 400 + ".xlsx")
        assert len(name) == 250
        assert name.endswith("….xlsx")

    def test_one_line_holds_no_break(self) -> None:
        assert one_line("a\r\nBcc: b\x00\u2028c\u202ed") == "a Bcc: b cd"


class TestParts:
    def test_forty_attachments(self) -> None:
        mail = message(attachments=tuple((f"{n:02}.xlsx", XLSX + bytes([n])) for n in range(40)))
        content = read_message(mail.as_bytes())
        assert names(content) == [f"{n:02}.xlsx" for n in range(40)]
        assert len({part.part for part in content.parts}) == 40
        assert [part.content for part in content.parts] == [XLSX + bytes([n]) for n in range(40)]

    def test_none(self) -> None:
        assert read_message(message().as_bytes()).parts == ()

    def test_inside_a_forwarded_message(self) -> None:
        outer = message(subject="Fwd: báo cáo")
        outer.add_attachment(message(attachments=(("trong.xlsx", XLSX),)))
        content = read_message(outer.as_bytes())
        assert [(part.part, part.name, part.content) for part in content.parts] == [("2.1.2", "trong.xlsx", XLSX)]

    @pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "Base64 ", ' "base64"; x=y', "7bit "])
    def test_inside_a_forwarded_message_that_is_encoded(self, encoding: str) -> None:
        """RFC 2046 forbids it, and Gmail's "forward as attachment" does it."""
        inner = message(attachments=(("trong.xlsx", XLSX), ("hai.xlsx", XLSX))).as_bytes()
        twice = b"Content-Type: message/rfc822\n\n" + inner
        for letter, place in ((inner, "1.1.2"), (twice, "1.1.1.2")):
            body = base64.encodebytes(letter) if "64" in encoding else letter
            body = quopri.encodestring(letter) if "quoted" in encoding else body
            raw = "From: a@b.vn\nContent-Type: multipart/mixed; boundary=BB\n\n--BB\nContent-Type: message/rfc822\n"
            raw += f"Content-Transfer-Encoding: {encoding}\n\n"
            content = read_message(raw.encode() + body + b"\n--BB--\n")
            found = [(part.part, part.name, part.content) for part in content.parts]
            assert found == [(place, "trong.xlsx", XLSX), (place[:-1] + "3", "hai.xlsx", XLSX)]

    def test_an_encoding_with_blanks(self) -> None:
        mail = message(attachments=(("a.xlsx", XLSX),)).as_bytes()
        assert mail.count(b"Transfer-Encoding: base64") == 1
        spoilt = mail.replace(b"Transfer-Encoding: base64", b"Transfer-Encoding:  base64 \t")
        assert [part.content for part in read_message(spoilt).parts] == [XLSX]

    def test_a_workbook_shown_inline_is_a_submission(self) -> None:
        mail = message()
        mail.add_attachment(
            XLSX, maintype="application", subtype="vnd.ms-excel", filename="q1.xls", disposition="inline"
        )
        assert names(read_message(mail.as_bytes())) == ["q1.xls"]

    def test_a_signature_s_pictures_are_named_and_no_submissions(self) -> None:
        mail = message(attachments=(("q1.xlsx", XLSX),))
        mail.add_attachment(
            b"GIF", maintype="image", subtype="gif", filename="logo.gif", disposition="inline", cid="<logo@x>"
        )
        mail.add_attachment(b"JPG", maintype="image", subtype="jpeg", filename="scan.jpg")
        mail.add_attachment(b"sig", maintype="application", subtype="pkcs7-signature", filename="smime.p7s")
        content = read_message(mail.as_bytes())
        assert names(content) == ["q1.xlsx", "scan.jpg"], "a picture that was attached was sent to be read"
        assert names(content, "inline_image") == ["logo.gif"]
        assert names(content, "signature") == ["smime.p7s"]

    def test_a_picture_of_the_text_that_outlook_calls_attached(self) -> None:
        mail = EmailMessage()
        mail["From"] = "soyte@binhduong.gov.vn"
        mail.set_content("<img src='cid:a@b'>", subtype="html")
        mail.add_related(
            b"PNG", maintype="image", subtype="png", filename="image001.png", disposition="attachment", cid="<a@b>"
        )
        assert names(read_message(mail.as_bytes()), "inline_image") == ["image001.png"]

    def test_a_csv_or_text_with_a_name_is_a_submission(self) -> None:
        mail = message()
        mail.add_attachment("a;b\n", filename="q1.csv", subtype="csv")
        assert names(read_message(mail.as_bytes())) == ["q1.csv"]

    def test_winmail_dat(self) -> None:
        container = winmail({"Báo cáo quý I.xlsx": XLSX, "phu luc.xlsx": b"second"})
        mail = message()
        mail.add_attachment(container, maintype="application", subtype="ms-tnef", filename="winmail.dat")
        content = read_message(mail.as_bytes())
        assert [(part.part, part.name, part.content) for part in content.parts] == [
            ("2.t1", "Báo cáo quý I.xlsx", XLSX),
            ("2.t2", "phu luc.xlsx", b"second"),
        ]

    def test_a_broken_winmail_dat_is_a_file_itself(self) -> None:
        mail = message(attachments=(("winmail.dat", b"\x78\x9f\x3e\x22 broken"),))
        assert names(read_message(mail.as_bytes())) == ["winmail.dat"]

    def test_broken_transfer_encodings_lose_nothing(self) -> None:
        content = read_message(
            with_attachment_header(
                "Content-Type: application/octet-stream; name=a.xlsx", "Content-Transfer-Encoding: base64"
            ).replace(b"abc", b"QUJD!!!RA=")
        )
        assert content.parts[0].content.startswith(b"ABC")
        other = with_attachment_header(
            "Content-Type: application/octet-stream; name=a.xlsx", "Content-Transfer-Encoding: x-unknown"
        )
        assert read_message(other).parts[0].content == b"abc"


BROKEN = {
    "empty": b"",
    "no header": b"\r\n\r\nchi co noi dung",
    "binary": bytes(range(256)) * 40,
    "no border": b"From: soyte@binhduong.gov.vn\r\nContent-Type: multipart/mixed\r\n\r\n--x\r\n\r\na",
    "border never seen": b'From: soyte@binhduong.gov.vn\r\nContent-Type: multipart/mixed; boundary="y"\r\n\r\nabc',
    "unknown charset": b"From: soyte@binhduong.gov.vn\r\nSubject: =?x-unknown?B?4bq/?=\r\n\r\na",
    "cut encoded word": b"From: soyte@binhduong.gov.vn\r\nSubject: =?utf-8?B?4bq/=x?= =?utf-8?Q?=E?=\r\n\r\na",
    "broken parameters": b'From: soyte@binhduong.gov.vn\r\nContent-Type: ;;;=;"\r\nContent-Disposition: ;="\r\n\r\na',
    "odd borders": b"From: soyte@x.gov.vn\r\nContent-Type: multipart/mixed; boundary*0=a; boundary*x=b\r\n\r\na",
    "bytes in address": b"From: S\xf4 <soyte@binhduong.gov.vn>\r\nTo: \xff\xfe\r\n\r\na",
    "message in nothing": b"From: soyte@binhduong.gov.vn\r\nContent-Type: message/rfc822\r\n\r\n",
    "report": b"From: soyte@binhduong.gov.vn\r\nContent-Type: message/delivery-status\r\n\r\n\x00\xff\r\n\r\n",
    "lone returns": b"From: soyte@binhduong.gov.vn\rSubject: a\r\rb",
    "date": b"From: soyte@binhduong.gov.vn\r\nDate: 99 Foo 0000 99:99\r\n\r\na",
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_messages_are_read_as_far_as_they_go(name: str) -> None:
    content = read_message(BROKEN[name])
    assert isinstance(content, MailContent)
    if b"soyte@binhduong.gov.vn" in BROKEN[name] and name != "lone returns":
        assert content.sender == "soyte@binhduong.gov.vn"


_WHOLE = message(
    attachments=(("Báo cáo quý I năm 2023 của Sở.xlsx", XLSX),), References="<a@x.vn>", Auto_Submitted="no"
).as_bytes()
_PIECES = st.sampled_from(
    [
        *(b"\r\n", b"\n\n", b"=?utf-8?b?", b"=?x?q?", b"?=", b"--", b"boundary=", b"*0*=", b"utf-8''%", b'"', b";"),
        *(b"\x00", b"\xff", b"<", b"@", b"(", b"Content-Type: message/rfc822\r\n\r\n"),
        b"Content-Type: multipart/report; report-type=",
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(_WHOLE)), st.integers(0, 40), _PIECES | st.binary(max_size=20)), max_size=12)
)
def test_no_damage_makes_the_reader_fail(damages: list[tuple[int, int, bytes]]) -> None:
    raw = _WHOLE
    for place, length, piece in damages:
        raw = raw[:place] + piece + raw[place + length :]
    content = read_message(raw)
    for text in (content.subject, content.sender, content.message_id, *(part.name for part in content.parts)):
        assert not set(text) & set("\r\n\x00"), "it goes into headers and into the database"
        text.encode()


class TestLimits:
    def test_a_huge_header_costs_little(self) -> None:
        subject = b"=?utf-8?q?" + b"a_" * 68_000 + b"?="
        to = b", ".join(b"a%d@x.vn" % n for n in range(20_000))
        raw = raw_message("From: soyte@binhduong.gov.vn", b"Subject: " + subject, b"To: " + to)
        tracemalloc.start()
        content = read_message(raw)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert content.sender == "soyte@binhduong.gov.vn"
        assert len(content.subject) <= 250
        assert peak < 20 << 20

    def test_a_head_without_end_is_cut(self) -> None:
        raw = raw_message("From: soyte@binhduong.gov.vn", *[f"X-{n}: {'a' * 60}" for n in range(60_000)])
        content = read_message(raw)
        assert content.sender == "soyte@binhduong.gov.vn"
        assert content.fault == ""

    @pytest.mark.parametrize(
        "line",
        [
            b"From: " + b"(" * 16_000,
            b"From: " + b"<" * 16_000,
            b'From: "' + b"\\a" * 8_000,
            b"Subject: " + b"=?utf-8?q?a?= " * 1_200,
            b"References: " + b"<a@" * 5_000,
            b"Content-Disposition: attachment;" + b"".join(b"filename*%d*=a;" % n for n in range(1_000)),
            b"Content-Type: text/plain;" + b'a="\\";' * 3_000,
        ],
        ids=lambda line: line[:12].decode(),
    )
    def test_headers_made_to_exhaust_a_parser(self, line: bytes) -> None:
        content = read_message(raw_message(line, "To: a@x.vn"))
        assert content.sender == ""

    def test_whatever_fails_the_message_gets_its_fate(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fragile(message: Message) -> tuple[str, bool]:
            if message.keys():
                raise RecursionError("too deep")
            return "", False

        monkeypatch.setattr("tiendo.collect.message._automatic", fragile)
        content = read_message(b"From: a@x.vn\r\n\r\n")
        assert "too deep" in content.fault
        assert content.sender == ""

    def test_nesting_without_end(self) -> None:
        body = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000))
        content = read_message(b"From: soyte@binhduong.gov.vn\r\n" + body)
        assert content.fault
        assert content.sender == "soyte@binhduong.gov.vn"

    def test_parts_and_lines_without_number(self) -> None:
        head = raw_message("From: soyte@binhduong.gov.vn", "Content-Type: multipart/mixed; boundary=b")
        assert read_message(head + b"--b\r\n\r\na\r\n" * 6_000).fault == "too many lines or parts"
        assert read_message(head + b"\n" * 1_600_000).fault == "too many lines or parts"
        assert "more than 500" in read_message(head + b"--b\r\nContent-Type: application/pdf\r\n\r\na\r\n" * 600).fault

    def test_the_beginning_of_a_message_tells_its_sender(self) -> None:
        raw = message(attachments=(("a.xlsx", b"x" * 9000),)).as_bytes()[:3000]
        content = read_message(raw, is_whole=False)
        assert content.sender == "soyte@binhduong.gov.vn"
        assert content.parts == ()
        assert content.fault == "larger than is taken"


class TestAutomatic:
    @pytest.mark.parametrize(
        ("line", "is_reply"),
        [
            ("Auto-Submitted: auto-replied", True),
            ("Auto-Submitted: auto-generated; type=x", False),
            ("Auto-Submitted: auto-notified", False),
            ("Precedence: bulk", False),
            ("Precedence: list", False),
            ("Precedence: junk", False),
            ("Precedence: auto_reply", True),
            ("List-Id: <x.vn>", False),
            ("Return-Path: <>", True),
            ("X-Autoreply: yes", True),
        ],
    )
    def test_is_seen(self, line: str, is_reply: bool) -> None:
        content = read_message(raw_message("From: soyte@binhduong.gov.vn", line))
        assert content.automatic
        assert content.is_reply_of_machine is is_reply

    @pytest.mark.parametrize("line", ["Auto-Submitted: no", "Precedence: first-class", "Return-Path: <soyte@x.vn>"])
    def test_is_not_seen_where_a_person_wrote(self, line: str) -> None:
        assert read_message(raw_message("From: soyte@binhduong.gov.vn", line)).automatic == ""

    def test_of_the_mail_system(self) -> None:
        content = read_message(raw_message("From: MAILER-DAEMON@mail.binhduong.gov.vn", "Subject: Undelivered"))
        assert content.is_bounce
        assert content.automatic


def test_only_our_server_s_word_is_kept() -> None:
    raw = raw_message(
        "Authentication-Results: mx.binhduong.gov.vn;\r\n spf=pass",
        "Received: by x",
        "Authentication-Results: mx.example.com; spf=fail",
        "From: soyte@binhduong.gov.vn",
    )
    content = read_message(raw, trust=MailTrust("mx.binhduong.gov.vn"))
    assert content.authentication == "mx.binhduong.gov.vn; spf=pass"
    assert content.distrust == "neither SPF nor DKIM speaks for binhduong.gov.vn"
    assert read_message(raw, trust=MailTrust("mx.example.com")).authentication == ""
    assert read_message(raw).distrust


def test_threads() -> None:
    raw = raw_message(
        "From: soyte@binhduong.gov.vn",
        "Message-ID: <b@x.vn>",
        "In-Reply-To: <a@x.vn>",
        "References: <0@x.vn>\r\n <a@x.vn> junk <not an id> <c@x.vn\r\nBcc: d@x.vn",
    )
    content = read_message(raw)
    assert content.message_id == "<b@x.vn>"
    assert content.references == ("<0@x.vn>", "<a@x.vn>")
    assert read_message(raw_message("From: a@x.vn")).message_id == ""


def test_a_message_is_read_the_same_way_each_time() -> None:
    raw = message(attachments=(("a.xlsx", XLSX), ("b.xlsx", base64.b64encode(XLSX)))).as_bytes()
    assert read_message(raw) == read_message(raw)


def test_the_process_that_reads_a_winmail_dat_is_told_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = tmp_path / "spy.py"
    spy.write_text("import json, os; print(json.dumps([[name, 0] for name in os.environ]))")
    monkeypatch.setattr(tnef, "__file__", str(spy))
    monkeypatch.setenv("TIENDO_DATABASE_URL", "postgresql://tiendo:secret@db/tiendo")
    assert not {"TIENDO_DATABASE_URL", "PATH"} & {name for name, _ in tnef.unpack(b"")}
