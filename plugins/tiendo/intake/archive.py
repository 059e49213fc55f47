"""The archive: every byte ever received, once, under its SHA-256. Nothing is read before it is here."""

import hashlib
import os
import uuid
from collections.abc import Iterable
from pathlib import Path

FEWEST_FLUSHED_TOGETHER = 16


def archived_path(archive: Path, sha256: str) -> Path:
    """Returns where the bytes with this hash are kept: ``<first two>/<sha256>``."""
    return archive / sha256[:2] / sha256


def sha256_of(content: bytes) -> str:
    """Returns the hash that names these bytes everywhere."""
    return hashlib.sha256(content).hexdigest()


def store(archive: Path, contents: Iterable[bytes]) -> list[str]:
    """Archives contents durably and returns their hashes, in order.

    All are written before the first is flushed, so that a batch costs few journal commits. A file appears under its
    name only when it is whole and on disk; a crash leaves at most a nameless temporary.

    Raises:
        OSError: the archive cannot be written (full, read-only). Nothing is half there.
    """
    hashes: list[str] = []
    pending: list[tuple[int, Path, Path]] = []
    folders: set[Path] = set()
    try:
        for content in contents:
            sha256 = sha256_of(content)
            hashes.append(sha256)
            target = archived_path(archive, sha256)
            if target.exists():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_name(f".{uuid.uuid4().hex}.new")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
            pending.append((descriptor, temporary, target))
            _write_all(descriptor, content)
            folders.add(target.parent)
        _flush_all(len(pending))
        for descriptor, temporary, target in pending:
            os.fsync(descriptor)
            temporary.replace(target)
        _flush_all(len(folders))
        for folder in folders:
            _flush_folder(folder)
    finally:
        for descriptor, temporary, _ in pending:
            os.close(descriptor)
            temporary.unlink(missing_ok=True)
    return hashes


def _flush_all(number: int) -> None:
    """Flushes everything at once where that is cheaper; each fsync that follows then only has its errors to tell."""
    if number >= FEWEST_FLUSHED_TOGETHER:
        os.sync()


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
