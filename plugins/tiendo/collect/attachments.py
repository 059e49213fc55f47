"""What a message carries beside its text: attachments at any depth, those of Outlook's ``winmail.dat`` among them."""

from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from typing import NamedTuple

from tiendo.collect.tnef import unpack
from tiendo.mail.headers import POLICY, attachment_name, is_encoded_message, raw_header

DEEPEST = 12
MOST_PARTS = 500
# A message of more lines or borders than these is made to exhaust the reader: 50 MiB of attachments have 700,000 lines.
MOST_LINES = 1_500_000
MOST_BORDERS = 5_000
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})


class Attachment(NamedTuple):
    """One attachment.

    Attributes:
        part: its place, ``2.1``; what comes out of a winmail.dat at ``2`` is ``2.t1``.
        fate: ``landed`` (a submission), ``inline_image`` (of a signature), ``signature`` (of the sender's key).
    """

    part: str
    name: str
    content_type: str
    fate: str
    content: bytes


def is_endless(raw: bytes) -> bool:
    """Tells whether a message has more lines or parts than any honest one."""
    return raw.count(b"\n") > MOST_LINES or raw.count(b"\n--") > MOST_BORDERS


def attachments_of(message: Message) -> tuple[Attachment, ...]:
    """Returns the attachments of a message, in order.

    Raises:
        ValueError: the message is nested deeper or has more parts than any honest one.
    """
    found: list[Attachment] = []
    for place, part, is_related in _leaves(message, "", 0, is_related=False):
        if len(found) > MOST_PARTS:
            raise ValueError(f"more than {MOST_PARTS} attachments")
        found += _attachments(place, part, is_related=is_related)
    return tuple(found)


def _leaves(message: Message, place: str, depth: int, *, is_related: bool) -> Iterator[tuple[str, Message, bool]]:
    if depth > DEEPEST:
        raise ValueError(f"parts nested more than {DEEPEST} deep")
    payload = message.get_payload()
    if is_encoded_message(message):
        content = _content(message)
        if is_endless(content):
            raise ValueError("too many lines or parts in a carried message")
        payload = [message_from_bytes(content, policy=POLICY)]
    if not isinstance(payload, list):
        yield place or "1", message, is_related
        return
    is_inside_related = message.get_content_type() == "multipart/related"
    for number, part in enumerate(payload, start=1):
        below = f"{place}.{number}" if place else str(number)
        yield from _leaves(part, below, depth + 1, is_related=is_inside_related)


def _attachments(place: str, part: Message, *, is_related: bool) -> list[Attachment]:
    content_type = part.get_content_type()
    disposition = part.get_content_disposition() or ""
    name = _name(part)
    is_text = part.get_content_maintype() == "text" or content_type.startswith("message/")
    if is_text and not name and disposition != "attachment":
        return []
    content = _content(part)
    if content_type in _TNEF or name.lower() == "winmail.dat":
        return _from_tnef(place, content) or [Attachment(place, name or "winmail.dat", content_type, "landed", content)]
    if not name and not content and disposition != "attachment":
        return []
    name = name or f"tep-dinh-kem-{place}"
    if content_type in _SIGNATURES:
        return [Attachment(place, name, content_type, "signature", content)]
    # A picture that the text shows is a signature's; one that is attached was sent to be read.
    is_shown = raw_header(part, "Content-ID") and (is_related or disposition != "attachment")
    if part.get_content_maintype() == "image" and is_shown:
        return [Attachment(place, name, content_type, "inline_image", content)]
    return [Attachment(place, name, content_type, "landed", content)]


def _name(part: Message) -> str:
    """Returns the file's name: RFC 2231, or encoded words, or as it stands. "" when there is none."""
    try:
        return attachment_name(part.get_filename("") or "")
    except Exception:
        return ""


def _content(part: Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except Exception:
        content = None
    if isinstance(content, bytes):
        return content
    return str(part.get_payload()).encode("utf-8", "surrogateescape")


def _from_tnef(place: str, content: bytes) -> list[Attachment]:
    """Returns what a winmail.dat holds; a broken one yields nothing, is landed as it is and answered so."""
    return [
        Attachment(
            f"{place}.t{number}",
            attachment_name(name) or f"tep-dinh-kem-{place}.t{number}",
            "application/octet-stream",
            "landed",
            data,
        )
        for number, (name, data) in enumerate(unpack(content), start=1)
    ]
