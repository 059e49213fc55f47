"""Headers of foreign messages as text, and text as headers of our own. Nothing here raises on what a sender wrote.

The parser runs with Python's oldest policy, which keeps headers as they stand: the newer one builds a tree of every
header, fails on about one real broken message in ten and takes hundreds of megabytes for a long one.
"""

import re
import unicodedata
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from email.utils import getaddresses
from typing import Any

LONGEST_VALUE = 16_384
LONGEST_SENDER = 2_000
LONGEST_LINE = 250
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# Marks that turn the direction of writing make `xslx.exe` look like `exe.xlsx`; zero-width ones hide in names.
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9-]{1,63}"
)
_NAMED_BY_ITSELF = re.compile(r"\s*(?P<address>[^\s<>@,;:\"()]+@[^\s<>@,;:\"()]+)\s*<(?P=address)>\s*", re.IGNORECASE)
_LIKE_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"@]+@[^\s<>()\[\],;:\"@]+")
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,200}@[!-;=?-~]{1,200}>")


class ReadablePolicy(Compat32):
    """Gives headers as text: bytes that are no ASCII are decoded, what is too long is cut."""

    def header_fetch_parse(self, name: str, value: Any) -> str:
        """Returns one header's value, still with its encoded words; an encoding without what stands round its name."""
        text = _decoded(str(value)[:LONGEST_VALUE])
        is_encoding = name.lower() == "content-transfer-encoding"
        return text.partition(";")[0].strip(" \t\"'").lower() if is_encoding else text


class MailPart(Message):
    """A message or one of its parts, as the parser makes it."""

    def get_content_maintype(self) -> str:
        """Has the parser keep an encoded message as it is: it would take the encoded text for the message itself."""
        return "application" if is_encoded_message(self) else super().get_content_maintype()


def is_encoded_message(part: Message) -> bool:
    """Tells whether a part is a whole message in an encoding, which RFC 2046 forbids and mailers send."""
    encoding = str(part.get("Content-Transfer-Encoding", ""))
    return part.get_content_type() in ("message/rfc822", "message/global") and encoding in (
        "base64",
        "quoted-printable",
    )


POLICY = ReadablePolicy(message_factory=MailPart)


def _decoded(text: str) -> str:
    """Returns a raw value whose foreign bytes (surrogates to the parser) are read as UTF-8, else as Windows-1258."""
    if text.isascii():
        return text
    raw = text.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return unicodedata.normalize("NFC", raw.decode("cp1258", "replace"))


def header(message: Message, name: str) -> str:
    """Returns a header's first value as a person reads it, in one line; "" when it is missing."""
    return one_line(decode_words(raw_header(message, name)))


def raw_header(message: Message, name: str) -> str:
    """Returns a header's first value with its encoded words as they stand, in one line."""
    return _BREAKS.sub(" ", str(message.get(name, ""))).strip()


def decode_words(text: str) -> str:
    """Decodes encoded words (RFC 2047), also inside quotes, where senders put them against the rule."""
    if "=?" not in text:
        return text
    try:
        pieces = decode_header(text)
    except (HeaderParseError, ValueError, LookupError):
        return text
    return "".join(_piece(data, charset) for data, charset in pieces)


def _piece(data: bytes | str, charset: str | None) -> str:
    if isinstance(data, str):
        return data
    try:
        return unicodedata.normalize("NFC", data.decode(charset or "utf-8"))
    except (LookupError, UnicodeDecodeError, ValueError):
        return _decoded(data.decode("utf-8", "surrogateescape"))


def one_line(text: str, longest: int = LONGEST_LINE) -> str:
    """Returns text without line breaks, control and hidden characters: safe in a header, a log and a table."""
    clean = _BREAKS.sub(" ", _INVISIBLE.sub("", text)).strip()
    clean = clean.encode("utf-8", "replace").decode("utf-8")
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def is_address(text: str) -> bool:
    """Tells whether this is one plain mail address, its domain in small letters."""
    return len(text) <= 254 and bool(_ADDRESS.fullmatch(text))


def sole_address(message: Message, name: str = "From") -> str:
    """Returns the one address of a header, in small letters; "" when there is none, or more than one to choose from."""
    values = [str(value) for value in message.get_all(name, [])]
    if len(values) != 1 or len(values[0]) > LONGEST_SENDER:
        return ""
    value = _BREAKS.sub(" ", values[0])
    # Some programs write the address as its own name, unquoted, which newer parsers refuse.
    if twice := _NAMED_BY_ITSELF.fullmatch(value):
        value = twice["address"]
    try:
        found = {address.lower() for _, address in getaddresses([value]) if address}
    except (ValueError, IndexError, AttributeError, TypeError, RecursionError):
        return ""
    # Parsers differ on malformed headers: where another one could read another address, there is none.
    seen = {address.lower() for address in _LIKE_ADDRESS.findall(_QUOTED.sub(" ", values[0]))}
    address = found.pop() if len(found) == 1 and len(seen) == 1 else ""
    return address if is_address(address) and address in seen else ""


def message_ids(text: str, most: int = 20) -> list[str]:
    """Returns the message ids named in a header, the last ones where there are many."""
    return list(dict.fromkeys(_MESSAGE_ID.findall(text)))[-most:]


def attachment_name(text: str) -> str:
    """Returns a file's name as text: no folders, no line breaks, no hidden characters, at most 250 long."""
    name = one_line(decode_words(text), 4 * LONGEST_LINE).replace("\\", "/").rpartition("/")[2].strip()
    if name in (".", ".."):
        return ""
    if len(name) > LONGEST_LINE:
        stem, dot, suffix = name.rpartition(".")
        suffix = dot + suffix if stem and len(suffix) <= 10 else ""
        name = name[: LONGEST_LINE - len(suffix) - 1] + "…" + suffix
    return name
