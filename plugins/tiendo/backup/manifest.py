"""What a backup consists of: every file with its hash, and what it was made from and by."""

import hashlib
import json
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import Any

MANIFEST, MANIFEST_HASH = "manifest.json", "manifest.sha256"
FORMAT = 1
_PIECE = 2**20


class BackupError(RuntimeError):
    """A backup cannot be made, or is not whole; the message says why. Nothing was changed."""


@dataclass(frozen=True)
class SavedFile:
    """A file of a backup; ``mtime_ns``: when its content was last changed; of a file in an inbox, when it came."""

    sha256: str
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Manifest:
    """What a backup holds.

    Attributes:
        as_of: the instant it shows, ISO 8601.
        made_at: the wall clock then; another only in a replay.
        tiendo: version of the code.
        airflow: version of Airflow, whose database it holds.
        schema: revision of the warehouse.
        registers: hash of each plan's register in the warehouse.
        plan: names of the plans in hand, with commas between; their files lie in ``register/<name>/``, those of a
            backup of one plan, as it was made before, in ``register/``.
        servers: version of the PostgreSQL server of each database, as a number.
        roles: rows of ``backup/roles.sql``.
        grants: by database, rows of ``backup/database_grants.sql``.
        fernet_sha256: hash of the key that the connections in Airflow's database are encrypted with, "" where unknown.
        lost: what the warehouse names and was not there, or not with the content it had; one sentence each.
        files: every other file of the backup by its path.
        folders: permissions, octal, of every folder below ``home/``, empty ones too; their owners are not kept.
        left_out: what lay in an inbox and could not be read, or was still being written; one sentence each.
    """

    as_of: str
    made_at: str
    tiendo: str
    airflow: str
    schema: str
    registers: Mapping[str, str]
    plan: str
    servers: Mapping[str, int]
    roles: list[dict[str, Any]]
    grants: Mapping[str, list[dict[str, str]]]
    fernet_sha256: str
    lost: list[str]
    files: Mapping[str, SavedFile]
    folders: Mapping[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    format: int = FORMAT

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())

    def write(self, folder: Path) -> list[Path]:
        """Writes it into the backup, with its own hash beside, as ``sha256sum --check`` reads it."""
        content = json.dumps(asdict(self), indent=1).encode()
        told = f"{hashlib.sha256(content).hexdigest()}  {MANIFEST}\n".encode()
        paths = [folder / MANIFEST_HASH, folder / MANIFEST]
        for path, data in zip(paths, (told, content), strict=True):
            path.write_bytes(data)
        return paths


def is_backup(folder: Path) -> bool:
    """Whether a folder is a backup that was finished."""
    return (folder / MANIFEST).is_file()


def find_backup(place: Path) -> Path:
    """Returns a backup: the folder itself, or the newest in it.

    Raises:
        BackupError: it is none and has none.
    """
    if is_backup(place):
        return place
    if (place / "home").is_dir() or place.name.startswith("."):
        raise BackupError(f"{place} is not a whole backup: it has no {MANIFEST}, which is written last.")
    if found := backups_in(place):
        return found[-1]
    raise BackupError(f"{place} is no backup, and there is none in it.")


def backups_in(shelf: Path) -> list[Path]:
    """Returns the finished backups in a folder, the oldest first."""
    if not shelf.is_dir():
        return []
    return sorted(path for path in shelf.iterdir() if not path.name.startswith(".") and is_backup(path))


def read_manifest(folder: Path) -> tuple[Manifest, str]:
    """Returns a backup's manifest and its hash.

    Raises:
        BackupError: it is damaged, or of a newer version of the code.
    """
    try:
        content = (folder / MANIFEST).read_bytes()
        told = (folder / MANIFEST_HASH).read_text(encoding="ascii").partition(" ")[0]
    except FileNotFoundError as error:
        raise BackupError(f"{folder} is not a whole backup: {error.filename} is missing.") from error
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != told:
        raise BackupError(f"{folder / MANIFEST} is damaged: its hash is not the one in {MANIFEST_HASH}.")
    document = json.loads(content)
    if document["format"] > FORMAT:
        raise BackupError(
            f"{folder} was made by Tiendo {document['tiendo']}, which is newer; restore it by that version."
        )
    files = {path: SavedFile(**file) for path, file in document.pop("files").items()}
    return Manifest(**document, files=files), sha256


def check_files(folder: Path, manifest: Manifest, tick: Callable[[int], None]) -> None:
    """Reads every file of a backup and compares its hash; ``tick`` is told the bytes of each.

    Raises:
        BackupError: one is missing, is too many, or has another content.
    """
    for path in (*manifest.files, *manifest.folders):
        parts = PurePosixPath(path)
        if parts.is_absolute() or ".." in parts.parts:
            raise BackupError(f"{folder / MANIFEST} names {path!r}, which lies outside.")
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}
    found -= {MANIFEST, MANIFEST_HASH}
    if missing := sorted(manifest.files.keys() - found):
        raise BackupError(f"{folder} was cut: {len(missing)} of its files are missing, the first is {missing[0]}.")
    if unknown := sorted(found - manifest.files.keys()):
        raise BackupError(f"{folder} holds what its manifest does not name: {unknown[0]}.")
    for path, file in manifest.files.items():
        try:
            with open_regular(folder / path) as stream:
                size = os.fstat(stream.fileno()).st_size
                is_whole = size == file.size and hash_of(stream) == file.sha256
        except OSError as error:
            raise BackupError(f"{folder / path} cannot be read: {error.strerror}.") from error
        if not is_whole:
            raise BackupError(f"{folder / path} is damaged: it is not what was saved ({size} of {file.size} bytes).")
        tick(file.size)


def open_regular(path: Path) -> BufferedReader:
    """Opens a regular file; follows no link and waits for nothing.

    Raises:
        FileNotFoundError: there is none.
        OSError: it is something else.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "is no file", str(path))
    return os.fdopen(descriptor, "rb")


def hash_of(stream: BufferedReader) -> str:
    """Returns the SHA-256 of what a stream still holds."""
    return hashlib.file_digest(stream, "sha256").hexdigest()


def copy_stream(stream: BufferedReader, target: Path, mode: int) -> SavedFile:
    """Writes what a file holds into a new one, with its time of change; not safely on disk yet.

    Raises:
        OSError: naming the target, which the system's own error for a full disk does not.
    """
    digest, size = hashlib.sha256(), 0
    mtime_ns = os.fstat(stream.fileno()).st_mtime_ns
    try:
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode), "wb") as copy:
            while piece := stream.read(_PIECE):
                digest.update(piece)
                size += len(piece)
                copy.write(piece)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error
    os.utime(target, ns=(mtime_ns, mtime_ns))
    return SavedFile(digest.hexdigest(), size, mtime_ns)
