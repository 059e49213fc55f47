"""The mailbox: one IMAP connection over TLS, messages by UID, folders made when missing. Nothing is ever deleted."""

import imaplib
import re
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from imap_tools.errors import ImapToolsError, MailboxFetchError
from imap_tools.mailbox import MailBox
from imap_tools.utils import check_command_status

from tiendo.collect.authentication import NOBODY, MailTrust

INBOX = "INBOX"
PROCESSED = "Processed"
ATTENTION = "Attention"
# What is larger comes as its first bytes only, and is answered so.
LARGEST_MESSAGE = 50 << 20
FIRST_BYTES = 1 << 20
BATCH_BYTES = 16 << 20
BATCH_MESSAGES = 100
TIMEOUT_SECONDS = 60
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_NEXT = re.compile(rb"\d+ \(")
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_DATE = re.compile(rb'\bINTERNALDATE "([ \d]\d)-(\w{3})-(\d{4}) (\d\d:\d\d:\d\d) ([+-]\d{4})"')


class MailboxDownError(ConnectionError):
    """The mailbox cannot be reached, or refuses us: worth another try, and a person's look when it stays so."""


@dataclass(frozen=True)
class MailboxSettings:
    """How to reach the mailbox.

    Attributes:
        token: an access token that is valid now, for login by XOAUTH2; "" for login by password.
        trust: whom it believes to be the sender.
        context: for tests and servers with a certificate authority of their own; by default the system's.
    """

    host: str
    login: str
    password: str = ""
    token: str = ""
    port: int = 993
    trust: MailTrust = NOBODY
    context: ssl.SSLContext | None = None

    @property
    def name(self) -> str:
        """Names the mailbox in the warehouse, for ever: the account, whichever machine serves it."""
        return self.login if "@" in self.login else f"{self.login}@{self.host}"


class Fetched(NamedTuple):
    """One message as the server has it.

    Attributes:
        internal_at: when the server received it (INTERNALDATE).
        is_whole: False for a message larger than is taken: ``content`` is its beginning.
    """

    uid: int
    internal_at: datetime
    size: int
    content: bytes
    is_whole: bool


class ImapInbox:
    """The inbox of an open connection."""

    def __init__(self, box: MailBox) -> None:
        self._box = box
        self.uid_validity = int(box.client.response("UIDVALIDITY")[1][0] or 0)
        self._made: set[str] = set()

    def uids(self) -> list[int]:
        """Returns the numbers of all messages there, in order of arrival."""
        with _told_plainly():
            return sorted(int(uid) for uid in self._box.uids("ALL", charset=None))

    def wait(self, seconds: float) -> None:
        """Waits until the server tells of a change (IDLE, RFC 2177), at most so long; where it cannot, just so long."""
        with _told_plainly():
            if "IDLE" in self._box.client.capabilities:
                self._box.idle.wait(seconds)
            else:
                time.sleep(seconds)
                self._box.client.noop()

    def fetch(self, uids: Sequence[int]) -> Iterator[list[Fetched]]:
        """Yields messages in batches of a bounded size. One that vanished meanwhile is left out."""
        for start in range(0, len(uids), BATCH_MESSAGES):
            about = self._fetch(uids[start : start + BATCH_MESSAGES], "(UID INTERNALDATE RFC822.SIZE)", b"RFC822.SIZE")
            batch: list[tuple[int, datetime, int]] = []
            for head, _ in about:
                item = int(_found(_UID, head)[0]), _instant(head), int(_found(_SIZE, head)[0])
                if batch and sum(size for _, _, size in batch) + item[2] > BATCH_BYTES:
                    yield self._bodies(batch)
                    batch = []
                batch.append(item)
            if batch:
                yield self._bodies(batch)

    def _bodies(self, batch: list[tuple[int, datetime, int]]) -> list[Fetched]:
        bodies: dict[int, bytes] = {}
        for is_whole, part in ((True, "BODY.PEEK[]"), (False, f"BODY.PEEK[]<0.{FIRST_BYTES}>")):
            wanted = [uid for uid, _, size in batch if (size <= LARGEST_MESSAGE) is is_whole]
            if wanted:
                answers = self._fetch(wanted, f"(UID {part})", b"BODY[]")
                bodies |= {int(_found(_UID, head)[0]): body for head, body in answers}
        return [
            Fetched(uid, instant, size, bodies[uid], size <= LARGEST_MESSAGE)
            for uid, instant, size in batch
            if uid in bodies
        ]

    def _fetch(self, uids: Sequence[int], parts: str, wanted: bytes) -> list[tuple[bytes, bytes]]:
        """Returns (attributes, literal) of each message; what the server tells unasked lacks what is wanted."""
        with _told_plainly():
            result = self._box.client.uid("fetch", ",".join(map(str, uids)), parts)
            check_command_status(result, MailboxFetchError)
        found: list[tuple[bytes, bytes]] = []
        for item in result[1]:
            if isinstance(item, tuple):
                found.append((item[0], item[1]))
            elif item and item != b")":
                # Attributes after the literal belong to it; without a literal they stand alone.
                if _NEXT.match(item) or not found:
                    found.append((item, b""))
                else:
                    found[-1] = (found[-1][0] + item, found[-1][1])
        return [(head, body) for head, body in found if _UID.search(head) and wanted in head]

    def move(self, uids: Sequence[int], folder: str) -> None:
        """Moves messages, making the folder when it is missing."""
        if not uids:
            return
        with _told_plainly():
            if folder not in self._made and not self._box.folder.exists(folder):
                self._box.folder.create(folder)
                self._box.folder.subscribe(folder, True)
            self._made.add(folder)
            self._box.move([str(uid) for uid in uids], folder, chunks=500)


@contextmanager
def open_inbox(settings: MailboxSettings) -> Iterator[ImapInbox]:
    """Opens the inbox.

    Raises:
        MailboxDownError: the server is out of reach, its certificate is none, or it refuses the login.
    """
    with _told_plainly():
        context = settings.context or ssl.create_default_context()
        box = MailBox(settings.host, settings.port, timeout=TIMEOUT_SECONDS, ssl_context=context)
    try:
        with _told_plainly():
            if settings.token:
                box.xoauth2(settings.login, settings.token, initial_folder=INBOX)
            else:
                box.login(settings.login, settings.password, initial_folder=INBOX)
        yield ImapInbox(box)
        with _told_plainly():
            box.logout()
    finally:
        with suppress(OSError):  # closed already
            box.client.shutdown()


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Around what talks to the server, and nothing else: an error there is the mailbox's, not ours."""
    try:
        yield
    except (ImapToolsError, imaplib.IMAP4.error, OSError) as error:
        raise MailboxDownError(f"{type(error).__name__}: {error}") from error


def _found(pattern: re.Pattern[bytes], head: bytes) -> tuple[Any, ...]:
    match = pattern.search(head)
    if match is None:
        raise MailboxDownError(f"the server's answer lacks {pattern.pattern!r}: {head[:200]!r}")
    return match.groups()


def _instant(head: bytes) -> datetime:
    day, month, year, time, zone = (part.decode() for part in _found(_DATE, head))
    number = _MONTHS.index(month.lower()) + 1
    return datetime.fromisoformat(f"{year}-{number:02}-{int(day):02}T{time}{zone[:3]}:{zone[3:]}")
