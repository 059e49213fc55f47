"""The inbox folders ``<agency>/``, on a disk or a share: files dropped there are claimed, landed and taken away.

A file is first renamed into ``.claimed/<claim>/<agency>/``, in one step, so that no second scan sees it and the
claim's name survives a crash; then it lands; then, if it is still the one that landed, the claim is removed. A scan
begins with what earlier ones left. One folder or file that cannot be read does not stop the others: they are collected
first, then the scan fails with the list, and does not count as completed.
"""

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Engine

from tiendo import clock
from tiendo.collect import left_alone
from tiendo.collect.archive import Archived, ArchiveError, sha256_of, take
from tiendo.collect.inbox import Entry, FolderInbox, InUseError, LocalInbox
from tiendo.collect.landing import TRIAL, Arrival, land
from tiendo.collect.left_alone import (
    AWAITED,
    QUIET,
    UNPROVEN_QUIET,
    LeftAlone,
    as_path_text,
    why_left,
    why_never,
)
from tiendo.collect.ready import bodies_folders, entries_in, why_not_ready
from tiendo.model.plans import Bodies
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

CLAIMED = ".claimed"
CHUNK = 200
# One scan of a channel at a time, on whatever host: a second one waits, then finds nothing.
SCAN_LOCK = "select pg_advisory_xact_lock(hashtext('tiendo.scan'), hashtext(%(channel)s))"


class IncompleteScanError(RuntimeError):
    """Something in the inbox could not be read or taken. Everything else was.

    Attributes:
        channel: of the inbox, ``folder`` or ``share``.
        faults: one sentence each.
        file_ids: what landed all the same.
    """

    def __init__(self, channel: str, faults: Sequence[str], file_ids: Sequence[int]) -> None:
        super().__init__(f"Channel {channel}, not collected:\n" + "\n".join(faults))
        self.channel = channel
        self.faults = list(faults)
        self.file_ids = list(file_ids)


def make_inboxes(settings: Settings, bodies: Bodies) -> None:
    """Makes the inbox and outbox folder of every body that owes a report."""
    for agency in bodies.obliged:
        (settings.inbox / agency.code / TRIAL).mkdir(parents=True, exist_ok=True)
        (settings.outbox / agency.code).mkdir(parents=True, exist_ok=True)


def collect(settings: Settings, bodies: Bodies, engine: Engine, inbox: FolderInbox | None = None) -> list[int]:
    """Takes what lies in the inbox and returns the ids of the files landed.

    Received is the file's own time of change, but no earlier than the last completed scan and no later than now:
    neither a copied old time nor an outage of ours makes anyone late (docs/decisions/README.md, 6).

    Args:
        inbox: by default the local one.

    Raises:
        IncompleteScanError: some of it could not be read; the rest has landed.
        ArchiveError: the archive cannot be written. Nothing is lost, the next scan goes on.
    """
    inbox = inbox or LocalInbox(settings.inbox)
    with loader(engine) as lock:
        lock.exec_driver_sql(SCAN_LOCK, {"channel": inbox.channel})
        return _Scan(settings, bodies, engine, inbox).run()


class _Claim(NamedTuple):
    """A file under its claim, and what was read from it."""

    claim_id: str
    agency: str
    entry: Entry
    content: bytes | Archived

    @property
    def path(self) -> str:
        return f"{CLAIMED}/{self.claim_id}/{self.agency}/{self.entry.name}"

    @property
    def is_trial(self) -> bool:
        """Whether it was put where files are only checked: its claim's name keeps that through a crash."""
        return self.claim_id.startswith(f"{TRIAL}-")

    @property
    def sha256(self) -> str:
        return sha256_of(self.content) if isinstance(self.content, bytes) else self.content.sha256


class _Scan:
    """One look through an inbox."""

    def __init__(self, settings: Settings, bodies: Bodies, engine: Engine, inbox: FolderInbox) -> None:
        self.settings, self.bodies, self.engine, self.inbox = settings, bodies, engine, inbox
        self.now = clock.now()
        self.wall_now = datetime.now(clock.HANOI)
        self.left: list[LeftAlone] = []
        self.faults: list[str] = []

    def run(self) -> list[int]:
        with loader(self.engine) as connection:
            parameters = {"channel": self.inbox.channel}
            self.last_scan = connection.execute(statement("intake/last_scan.sql"), parameters).scalar()
        for folder, entry in self._ready():
            self._claim(folder, entry)
        file_ids: list[int] = []
        claims = iter(self._claims())
        while chunk := list(islice(claims, CHUNK)):
            file_ids += self._land(chunk)
        self._complete()
        if self.faults:
            raise IncompleteScanError(self.inbox.channel, self.faults, file_ids)
        return file_ids

    def _ready(self) -> list[tuple[str, Entry]]:
        """Returns the files of the agency folders that nobody is still writing."""
        ready: list[tuple[str, Entry]] = []
        try:
            root = self.inbox.entries("")
        except OSError as error:
            self._fault("", error)
            return []
        folders = {entry.name for entry in root if entry.kind == "folder"}
        if not folders & {agency.code for agency in self.bodies.obliged}:
            self.faults.append("the inbox has none of the bodies' folders: is what should lie there mounted?")
        names = bodies_folders(root)
        for entry in root:
            if entry.name not in (CLAIMED, *names):
                self._leave(entry.name, entry, _why_not_a_folder(entry))
        for folder, found in chain.from_iterable(entries_in(self.inbox, name) for name in names):
            if isinstance(found, OSError):
                self._fault(folder, found)
            elif self._is_ready(folder, found):
                ready.append((folder, found))
        return ready

    def _is_ready(self, folder: str, entry: Entry) -> bool:
        path = f"{folder}/{entry.name}"
        try:
            reason = why_not_ready(self.inbox, folder, entry, self.wall_now)
        except PermissionError as error:  # it stays where it is: moved out of its folder nobody would find it
            self._fault(path, error, entry)
            return False
        if reason:
            self._leave(path, entry, reason)
        return not reason

    def _claim(self, folder: str, entry: Entry) -> None:
        agency, _, is_trial = folder.partition("/")
        source, claim = f"{folder}/{entry.name}", f"{CLAIMED}/{_new_claim(is_trial=bool(is_trial))}"
        try:
            self.inbox.make_folder(f"{claim}/{agency}")
            self.inbox.move(source, f"{claim}/{agency}/{entry.name}")
        except FileNotFoundError:  # the sender took it back; the claim is cleared away as an empty one
            pass
        except InUseError:
            self._leave(source, entry, "in_use")
        except OSError as error:
            self._fault(source, error, entry)

    def _claims(self) -> list[str]:
        """Returns the claims of this scan and of those that died."""
        try:
            return [entry.name for entry in self.inbox.entries(CLAIMED) if entry.kind == "folder"]
        except FileNotFoundError:
            return []
        except OSError as error:
            self._fault(CLAIMED, error)
            return []

    def _land(self, claim_ids: Sequence[str]) -> list[int]:
        claims = [claim for claim_id in claim_ids for claim in self._read_claim(claim_id)]
        claims.sort(key=lambda claim: (self._received_at(claim.entry), claim.entry.name))
        arrivals = [
            Arrival(
                claim.claim_id,
                claim.entry.name,
                self.inbox.channel,
                claim.agency,
                self._received_at(claim.entry),
                claim.content,
                is_trial=claim.is_trial,
            )
            for claim in claims
        ]
        file_ids = land(self.settings, self.bodies, self.engine, arrivals)
        with loader(self.engine) as connection:
            parameters = {"claim_ids": [claim.claim_id for claim in claims]}
            rows = connection.execute(statement("intake/landed_hashes.sql"), parameters)
            landed = {row.claim_id: row.sha256 for row in rows}
        for claim in claims:
            self._release(claim, landed[claim.claim_id])
        return file_ids

    def _read_claim(self, claim_id: str) -> Iterator[_Claim]:
        """Yields a claimed file with its content; nothing for one that must wait or that a crash left empty."""
        folder = f"{CLAIMED}/{claim_id}"
        try:
            files = [
                (agency.name, entry)
                for agency in self.inbox.entries(folder)
                for entry in self.inbox.entries(f"{folder}/{agency.name}")
            ]
            if not files:
                self._clear(claim_id)
                return
            if len(files) > 1:
                self.faults.append(f"{folder}: holds {len(files)} files, and a claim holds one")
                return
            ((agency_code, listed),) = files
            path = f"{folder}/{agency_code}/{listed.name}"
            before = self.inbox.entry(path)
            if before.kind != "file":
                self._leave(path, before, "link" if before.kind == "link" else "not_a_file")
            elif why_left(before, self.wall_now) == "still_written":
                self._leave(path, before, "still_written")
            else:
                with self.inbox.open(path) as stream:
                    content = take(self.settings.archive, stream)
                if self.inbox.entry(path).signature == before.signature:
                    yield _Claim(claim_id, agency_code, before, content)
                else:
                    self._leave(path, before, "changing")
        except FileNotFoundError:  # gone meanwhile: the claim is looked at anew by the next scan
            return
        except InUseError:
            self._leave(path, before, "in_use")
        except ArchiveError:
            raise
        except OSError as error:
            self._fault(folder, error)

    def _release(self, claim: _Claim, landed_sha256: str) -> None:
        """Removes a claim whose file is the one that landed.

        One that was written to once more, by a program that held it open, is a new arrival: it gets a new claim.
        """
        try:
            is_same = claim.sha256 == landed_sha256
            if is_same and self.inbox.entry(claim.path).signature != claim.entry.signature:
                with self.inbox.open(claim.path) as stream:
                    is_same = hashlib.file_digest(stream, "sha256").hexdigest() == landed_sha256
            if not is_same:
                self.inbox.move(f"{CLAIMED}/{claim.claim_id}", f"{CLAIMED}/{_new_claim(is_trial=claim.is_trial)}")
                self._leave(claim.path, claim.entry, "changing")
                return
            self.inbox.remove(claim.path)
            self._clear(claim.claim_id)
        except FileNotFoundError:
            return
        except InUseError:
            self._leave(claim.path, claim.entry, "in_use")
        except OSError as error:
            self._fault(claim.path, error, claim.entry)

    def _clear(self, claim_id: str) -> None:
        """Removes the empty folders of a claim."""
        folder = f"{CLAIMED}/{claim_id}"
        for agency in self.inbox.entries(folder):
            self.inbox.remove_folder(f"{folder}/{agency.name}")
        self.inbox.remove_folder(folder)

    def _received_at(self, entry: Entry) -> datetime:
        earliest = self.last_scan or entry.changed_at
        return min(max(entry.changed_at, earliest), self.now)

    def _complete(self) -> None:
        """Records what was left and, when all could be read, until when the inbox has been looked through."""
        with loader(self.engine) as connection:
            left_alone.record(connection, self.inbox.channel, self.left, self.now)
            if not self.faults:
                awaited = [item.changed_at for item in self.left if item.reason in AWAITED]
                until = max(min([self.now, *awaited]), self.last_scan or self.now - QUIET)
                parameters = {"channel": self.inbox.channel, "completed_at": until}
                connection.execute(statement("intake/put_scan.sql"), parameters)

    def _leave(self, path: str, entry: Entry, reason: str) -> None:
        self.left.append(LeftAlone(path, reason, entry.size, entry.changed_at))

    def _fault(self, path: str, error: OSError, entry: Entry | None = None) -> None:
        self.faults.append(f"{as_path_text(path) or 'the inbox'}: {error.strerror or error}")
        self.left.append(LeftAlone(path or ".", "unreadable", entry.size if entry else 0, self.now))


def claimed_files(inbox: Path) -> list[dict[str, Any]]:
    """Returns what lies under a claim for more than a moment, as rows of what was left alone."""
    found = []
    for path in sorted((inbox / CLAIMED).glob("*/*/*")):
        with suppress(FileNotFoundError):
            since = datetime.fromtimestamp(path.parent.parent.stat().st_mtime, clock.HANOI)
            if datetime.now(clock.HANOI) - since > UNPROVEN_QUIET:
                size = path.stat(follow_symlinks=False).st_size
                name = as_path_text(str(path.relative_to(inbox)))
                row = {"channel": "folder", "path": name, "reason": "claimed", "size": size, "first_seen_at": since}
                found.append(row | {"last_seen_at": datetime.now(clock.HANOI)})
    return found


def _new_claim(*, is_trial: bool) -> str:
    return f"{TRIAL}-{uuid.uuid4().hex}" if is_trial else uuid.uuid4().hex


def _why_not_a_folder(entry: Entry) -> str:
    """Why something beside the agency folders is not looked into."""
    if entry.kind == "file":
        return why_never(entry.name) or "no_folder"
    if entry.kind == "folder":
        return "hidden"
    return "link" if entry.kind == "link" else "not_a_file"
