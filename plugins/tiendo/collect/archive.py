"""The archive: every byte ever received, once, under its SHA-256. Nothing is read before it is here."""

import hashlib
import os
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tiendo.durable import flush, flush_together

# Files up to this size are held in memory, to be flushed together; larger ones go into the archive piece by piece.
HELD_IN_MEMORY = 2**20
_PIECE = 2**20
_UNFINISHED = ".unfinished"
_ABANDONED_SECONDS = 24 * 3600


class ArchiveError(OSError):
    """The archive cannot be written: full, read-only, not there. Nothing is half in it."""


class Archived(NamedTuple):
    """Bytes that are in the archive already."""

    sha256: str
    size: int


def archived_path(archive: Path, sha256: str) -> Path:
    """Returns where the bytes with this hash are kept: ``<first two>/<sha256>``."""
    return archive / sha256[:2] / sha256


def sha256_of(content: bytes) -> str:
    """Returns the hash that names these bytes everywhere."""
    return hashlib.sha256(content).hexdigest()


def take(archive: Path, stream: BinaryIO) -> bytes | Archived:
    """Reads a stream to its end: a small one into memory, for ``store``; a large one straight into the archive.

    Raises:
        ArchiveError: a large one cannot be archived.
        OSError: the stream cannot be read.
    """
    head = stream.read(HELD_IN_MEMORY + 1)
    return head if len(head) <= HELD_IN_MEMORY else _store_stream(archive, head, stream)


def store(archive: Path, contents: Iterable[bytes]) -> list[str]:
    """Archives contents durably and returns their hashes, in order.

    All are written before the first is flushed, so that a batch costs few journal commits. A file appears under its
    name only when it is whole and on disk; a crash leaves at most a nameless temporary, which a later call removes.

    Raises:
        ArchiveError: the archive cannot be written.
    """
    hashes: list[str] = []
    with _placing(archive) as pending:
        for content in contents:
            sha256 = sha256_of(content)
            hashes.append(sha256)
            if not pending.has(sha256):
                _write_all(pending.begin(), content)
                pending.name_last(sha256)
    return hashes


def _store_stream(archive: Path, head: bytes, stream: BinaryIO) -> Archived:
    digest, size, piece = hashlib.sha256(), 0, head
    with _placing(archive) as pending:
        descriptor = pending.begin()
        while piece:
            digest.update(piece)
            size += len(piece)
            _write_all(descriptor, piece)
            try:
                piece = stream.read(_PIECE)
            except OSError as error:
                raise _SourceError(error) from error
        pending.name_last(digest.hexdigest())
    return Archived(digest.hexdigest(), size)


class _SourceError(Exception):
    """Carries an error of the source past those of the archive."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


class _Pending:
    """Files written under no name yet."""

    def __init__(self, archive: Path) -> None:
        self.archive = archive
        self.files: list[tuple[int, Path]] = []
        self.targets: list[Path] = []
        self.folders: set[Path] = set()

    def has(self, sha256: str) -> bool:
        """Whether these bytes are there. Their name may be another process's, and not yet on disk: it is flushed."""
        target = archived_path(self.archive, sha256)
        if is_there := target.exists():
            self.folders.add(target.parent)
        return is_there

    def begin(self) -> int:
        """Opens a new temporary and returns its descriptor."""
        unfinished = self.archive / _UNFINISHED
        if not self.files:
            unfinished.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(unfinished)
        temporary = unfinished / uuid.uuid4().hex
        self.files.append((os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), temporary))
        return self.files[-1][0]

    def name_last(self, sha256: str) -> None:
        """Tells which name the temporary opened last will get."""
        target = archived_path(self.archive, sha256)
        if not target.parent.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
            self.folders.add(self.archive)
        self.targets.append(target)
        self.folders.add(target.parent)

    def place(self) -> None:
        """Flushes all and gives them their names, for good."""
        flush_together(len(self.files))
        for (descriptor, temporary), target in zip(self.files, self.targets, strict=True):
            os.fsync(descriptor)
            temporary.replace(target)
        flush(self.folders)

    def close(self) -> None:
        """Closes and removes whatever has no name."""
        for descriptor, temporary in self.files:
            os.close(descriptor)
            with suppress(OSError):  # what led here is the error to tell; a later call removes it
                temporary.unlink(missing_ok=True)


@contextmanager
def _placing(archive: Path) -> Iterator[_Pending]:
    pending = _Pending(archive)
    try:
        yield pending
        pending.place()
    except _SourceError as error:
        raise error.error from None
    except OSError as error:
        raise ArchiveError(error.errno, f"the archive cannot be written: {error.strerror}", str(archive)) from error
    finally:
        pending.close()


def _remove_abandoned(unfinished: Path) -> None:
    """Removes what processes killed long ago left."""
    oldest = time.time() - _ABANDONED_SECONDS
    for entry in os.scandir(unfinished):
        with suppress(FileNotFoundError):
            if entry.stat(follow_symlinks=False).st_mtime < oldest:
                Path(entry.path).unlink()


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
