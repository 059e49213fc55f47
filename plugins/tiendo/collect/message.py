"""One message as plain values: who sent it, what it answers, what it carries. Never raises on what a sender wrote."""

import re
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from typing import NamedTuple

from tiendo.collect.attachments import Attachment, attachments_of, is_endless
from tiendo.collect.authentication import NOBODY, MailTrust, own_headers, why_not_trusted
from tiendo.mail.headers import POLICY, header, message_ids, one_line, raw_header, sole_address

LARGEST_HEAD = 1 << 20
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")


class MailContent(NamedTuple):
    """What a message says.

    Attributes:
        fault: "" when the whole of it was read, else why not, in English; then there are headers only.
        sender: the one address of ``From``, "" when there is none or more than one.
        automatic: why the message is an automatic one ("" when a person wrote it).
        is_reply_of_machine: an automatic answer, which carries what it answers and nothing of its own.
        authentication: what our own server noted about the sender (``Authentication-Results``).
        distrust: why the message is not taken for its sender's, "" when it is.
        bounced_ids: of a report about mail that could not be delivered, the ids of that mail.
        is_final_bounce: such a report does not only say that delivery takes longer.
        bounce_reason: what it says the reason is, in one line; "" where it says nothing a machine can read.
    """

    fault: str
    sender: str
    subject: str
    message_id: str
    references: tuple[str, ...]
    loop_marks: tuple[str, ...]
    automatic: str
    is_reply_of_machine: bool
    is_bounce: bool
    bounced_ids: tuple[str, ...]
    is_final_bounce: bool
    bounce_reason: str
    authentication: str
    distrust: str
    parts: tuple[Attachment, ...]


def read_message(raw: bytes, *, is_whole: bool = True, trust: MailTrust = NOBODY) -> MailContent:
    """Reads a message.

    Args:
        is_whole: False when these are only its first bytes; then its headers are read.
        trust: what makes a message its sender's; by default nothing does.
    """
    raw = _with_short_head(raw)
    fault = "" if is_whole else "larger than is taken"
    if is_whole and is_endless(raw):
        fault = "too many lines or parts"
    # The parser's own failures on broken messages are of every kind: then the headers alone are tried, then nothing is.
    try:
        if not fault:
            message = BytesParser(policy=POLICY).parsebytes(raw)
            return _content(message, attachments_of(message), "", trust)
    except Exception as error:
        fault = f"{type(error).__name__}: {error}"[:200]
    try:
        return _content(_head(raw), (), fault, trust)
    except Exception as error:
        return _content(Message(policy=POLICY), (), f"{fault}; {type(error).__name__}: {error}"[:400], trust)


def _with_short_head(raw: bytes) -> bytes:
    end = _END_OF_HEAD.search(raw)
    length = end.start() if end else len(raw)
    if length <= LARGEST_HEAD:
        return raw
    cut = raw.rfind(b"\n", 0, LARGEST_HEAD)
    return raw[: max(cut, 0) or LARGEST_HEAD] + raw[length:]


def _head(raw: bytes) -> Message:
    return BytesHeaderParser(policy=POLICY).parsebytes(raw[: LARGEST_HEAD + 4])


def _content(message: Message, parts: tuple[Attachment, ...], fault: str, trust: MailTrust) -> MailContent:
    own_id = message_ids(raw_header(message, "Message-ID"))
    before = message_ids(f"{raw_header(message, 'References')} {raw_header(message, 'In-Reply-To')}")
    automatic, is_reply = _automatic(message)
    is_bounce = _is_bounce(message)
    sender = sole_address(message)
    results = [" ".join(str(value).split()) for value in message.get_all("Authentication-Results", [])]
    return MailContent(
        fault=fault,
        sender=sender,
        subject=header(message, "Subject"),
        message_id=own_id[-1] if own_id else "",
        references=tuple(before),
        loop_marks=tuple(str(value).strip().lower() for value in message.get_all("X-Loop", [])),
        automatic=automatic,
        is_reply_of_machine=is_reply,
        is_bounce=is_bounce,
        bounced_ids=tuple(_carried_ids(message) or before or _ids_in_text(message)) if is_bounce else (),
        is_final_bounce=is_bounce and _is_final(message),
        bounce_reason=_bounce_reason(message) if is_bounce else "",
        authentication="; ".join(own_headers(results, trust.authserv_id))[:1000],
        distrust=why_not_trusted(results, sender, trust),
        parts=parts,
    )


def _automatic(message: Message) -> tuple[str, bool]:
    """Returns why a message was not written by a person, and whether it is the answer of a machine (RFC 3834)."""
    submitted = raw_header(message, "Auto-Submitted").lower()
    precedence = raw_header(message, "Precedence").lower()
    answers = ("X-Autoreply", "X-Autorespond", "X-AutoReply-From")
    if submitted.startswith("auto-replied") or precedence == "auto_reply" or any(name in message for name in answers):
        return "an automatic answer", True
    if submitted and not submitted.startswith("no"):
        return f"Auto-Submitted: {submitted[:60]}", False
    if precedence in ("bulk", "list", "junk"):
        return f"Precedence: {precedence}", False
    if "List-Id" in message:
        return "of a mailing list", False
    # A delivered message whose envelope names nobody to answer to.
    if "Return-Path" in message and raw_header(message, "Return-Path") in ("<>", ""):
        return "empty return path", True
    local = sole_address(message).partition("@")[0]
    if local in ("mailer-daemon", "postmaster") or local.replace("-", "").replace("_", "") in ("noreply", "donotreply"):
        return f"sent by {local}", local in ("mailer-daemon", "postmaster")
    return "", False


def _is_bounce(message: Message) -> bool:
    is_report = message.get_content_type() == "multipart/report"
    kind = str(message.get_param("report-type", "") or "").lower()
    local = sole_address(message).partition("@")[0]
    return (is_report and kind != "disposition-notification") or local == "mailer-daemon"


def _carried_ids(message: Message) -> list[str]:
    """Returns the ids of the messages that a report carries, whole or by their headers.

    Only their own: what they answered, or refer to, has arrived.
    """
    found: list[str] = []
    for part in message.walk():
        if part is message:
            continue
        found += message_ids(raw_header(part, "Message-ID"))
        if part.get_content_type() == "text/rfc822-headers" and not part.is_multipart():
            found += message_ids(raw_header(_head(_payload(part)), "Message-ID"))
    return found


def _ids_in_text(message: Message) -> list[str]:
    """Returns the ids named in the words of a report that carries nothing."""
    texts = (part for part in message.walk() if part.get_content_type() == "text/plain" and not part.is_multipart())
    return [found for part in texts for found in message_ids(_payload(part)[:100_000].decode("utf-8", "replace"))]


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _delivery_fields(message: Message, name: str) -> list[str]:
    """Returns a field's values from the machine's part of a report (RFC 3464)."""
    blocks = (
        block
        for part in message.walk()
        if part.get_content_type() == "message/delivery-status" and part.is_multipart()
        for block in part.get_payload()
    )
    return [raw_header(block, name) for block in blocks if isinstance(block, Message) and name in block]


def _is_final(message: Message) -> bool:
    actions = [action.lower() for action in _delivery_fields(message, "Action")]
    return not actions or "failed" in actions


def _bounce_reason(message: Message) -> str:
    said = [*_delivery_fields(message, "Status"), *_delivery_fields(message, "Diagnostic-Code")]
    return one_line(" ".join(dict.fromkeys(said)), 300)
