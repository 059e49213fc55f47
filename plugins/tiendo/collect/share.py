r"""Inbox and outbox on a Windows share, reached by SMB 3 with signing and encryption: ``\\host\share\<path>\inbox\``.

What is collected there goes the way of the local folders (``tiendo.collect.folder``): claimed by a rename on the share,
landed, removed. Answers go back by ``deliver``.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path
from typing import Any

import smbclient  # type: ignore[import-untyped]
from smbprotocol.exceptions import SMBException, SMBOSError  # type: ignore[import-untyped]
from smbprotocol.header import NtStatus  # type: ignore[import-untyped]
from sqlalchemy import Engine

from tiendo import clock
from tiendo.collect.inbox import Entry, InUseError, Kind
from tiendo.collect.left_alone import as_path_text
from tiendo.model.plans import Bodies
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

_SECONDS = 20
_REPARSE_POINT = 0x400
_DIRECTORY = 0x10
_UPLOAD = ".new"
_PIECE = 2**20


class ShareError(ConnectionError):
    """The share cannot be reached, or does not let us do what we must. Nothing is lost."""


@dataclass(frozen=True)
class ShareSettings:
    r"""Where the share is and who we are there.

    Attributes:
        path: folder on the share that holds ``inbox`` and ``outbox``, "" for the share itself.
        login: ``user``, or ``DOMAIN\user``.
    """

    host: str
    share: str
    login: str
    password: str = field(repr=False)
    path: str = ""
    port: int = 445


class Share:
    """An open share. From ``open_share``."""

    def __init__(self, settings: ShareSettings, session: dict[str, Any]) -> None:
        self._session = session
        parts = [settings.share, *settings.path.replace("/", "\\").split("\\")]
        self._root = "\\\\" + settings.host + "".join(f"\\{part}" for part in parts if part)

    def inbox(self) -> "ShareInbox":
        """Returns its inbox, as ``folder.collect`` wants it."""
        return ShareInbox(self._root + "\\inbox", self._session)

    def put(self, source: Path, path: str) -> None:
        """Copies a local file to ``outbox/<path>``: whole under its name or not at all."""
        target = self._root + "\\outbox\\" + path.replace("/", "\\")
        folder, _, name = target.rpartition("\\")
        temporary = f"{folder}\\.{name}{_UPLOAD}"
        with _told(target), source.open("rb") as stream:
            smbclient.makedirs(folder, exist_ok=True, **self._session)
            with smbclient.open_file(temporary, mode="wb", **self._session) as copy:
                while piece := stream.read(_PIECE):
                    copy.write(piece)
            smbclient.replace(temporary, target, **self._session)


class ShareInbox:
    """The inbox of a share: a ``tiendo.collect.inbox.FolderInbox``."""

    channel = "share"

    def __init__(self, root: str, session: dict[str, Any]) -> None:
        self._root, self._session = root, session

    def _path(self, path: str) -> str:
        return f"{self._root}\\{path.replace('/', chr(92))}" if path else self._root

    def entries(self, folder: str) -> list[Entry]:
        """Returns what a folder holds, by name."""
        with _told(folder), smbclient.scandir(self._path(folder), **self._session) as names:
            found = []
            for name in names:
                info = name.smb_info
                found.append(
                    Entry(
                        info.file_name,
                        _kind(info.file_attributes),
                        info.end_of_file,
                        info.last_write_time.replace(tzinfo=info.last_write_time.tzinfo or UTC).astimezone(clock.HANOI),
                        (),
                    )
                )
            return sorted(found)

    def entry(self, path: str) -> Entry:
        """Returns one name as it stands now."""
        with _told(path):
            info = smbclient.stat(self._path(path), follow_symlinks=False, **self._session)
        return Entry(
            path.rpartition("/")[2],
            _kind(info.st_file_attributes),
            info.st_size,
            datetime.fromtimestamp(info.st_mtime, clock.HANOI),
            (info.st_ino, info.st_size, info.st_mtime_ns, info.st_chgtime_ns),
        )

    def make_folder(self, folder: str) -> None:
        """Makes a folder and those above it."""
        with _told(folder):
            smbclient.makedirs(self._path(folder), exist_ok=True, **self._session)

    def move(self, source: str, target: str) -> None:
        """Renames in one step on the share."""
        with _told(source):
            smbclient.rename(self._path(source), self._path(target), **self._session)

    def is_surely_closed(self, path: str) -> bool:
        """Returns False: of programs on the server nothing is known. It refuses to open what others have open there."""
        return False

    def open(self, path: str) -> BufferedReader:
        """Opens a file for reading, and keeps others from writing to it meanwhile.

        Raises:
            InUseError: somebody has it open for writing.
        """
        with _told(path):
            stream: BufferedReader = smbclient.open_file(
                self._path(path), mode="rb", buffering=_PIECE, share_access="r", **self._session
            )
        return stream

    def remove(self, path: str) -> None:
        """Removes a file."""
        with _told(path):
            smbclient.remove(self._path(path), **self._session)

    def remove_folder(self, folder: str) -> None:
        """Removes an empty folder."""
        with _told(folder):
            smbclient.rmdir(self._path(folder), **self._session)


@contextmanager
def open_share(settings: ShareSettings) -> Iterator[Share]:
    """Opens a session of its own, signed and encrypted, and closes it.

    Raises:
        ShareError: the server cannot be reached, refuses the login, or does not encrypt.
    """
    cache: dict[str, Any] = {}
    try:
        try:
            smbclient.register_session(
                settings.host,
                username=settings.login,
                password=settings.password,
                port=settings.port,
                encrypt=True,
                require_signing=True,
                connection_timeout=_SECONDS,
                connection_cache=cache,
            )
        except (SMBException, OSError, ValueError) as error:  # ValueError: nobody listens at that address
            raise ShareError(f"share {settings.host}:{settings.port}: {error}") from error
        yield Share(settings, {"port": settings.port, "username": settings.login, "connection_cache": cache})
    finally:
        smbclient.reset_connection_cache(fail_on_error=False, connection_cache=cache)


def deliver(settings: Settings, bodies: Bodies, engine: Engine, share: Share) -> int:
    """Puts what is new in the bodies' outbox folders onto the share and returns how many files that were.

    What was put there once is not put there again when a body has taken it away. A crash in between copies a file
    twice at most, to the same name.

    Raises:
        ShareError: naming the files that could not be put there; the others are.
    """
    with loader(engine) as connection:
        rows = connection.execute(statement("operations/deliveries.sql"))
        known = {row.path: (row.size_bytes, row.modified_ns) for row in rows}
    delivered, faults = 0, []
    for path, source in _outbox_files(settings, bodies):
        info = source.stat()
        if known.get(path) == (info.st_size, info.st_mtime_ns):
            continue
        try:
            share.put(source, path)
        except OSError as error:
            faults.append(f"{path}: {error.strerror or error}")
            continue
        with loader(engine) as connection:
            connection.execute(
                statement("operations/put_delivery.sql"),
                {
                    "path": path,
                    "size_bytes": info.st_size,
                    "modified_ns": info.st_mtime_ns,
                    "delivered_at": clock.now(),
                },
            )
        delivered += 1
    if faults:
        raise ShareError("Not put onto the share:\n" + "\n".join(faults))
    return delivered


def _outbox_files(settings: Settings, bodies: Bodies) -> Iterator[tuple[str, Path]]:
    """Yields the finished files of the bodies' own folders; what is of no known body goes to nobody's share."""
    for agency in bodies.agencies:
        for folder, folders, names in os.walk(settings.outbox / agency.code):
            folders.sort()
            for name in sorted(names):
                if not name.startswith("."):
                    source = Path(folder, name)
                    yield as_path_text(source.relative_to(settings.outbox).as_posix()), source


@contextmanager
def _told(path: str) -> Iterator[None]:
    """Turns the library's errors into the system's own: FileNotFoundError, PermissionError, InUseError ..."""
    try:
        yield
    except SMBOSError as error:
        if error.ntstatus == NtStatus.STATUS_SHARING_VIOLATION:
            raise InUseError(errno.EBUSY, "held open by another program", path) from error
        raise OSError(error.errno or errno.EIO, error.strerror, path) from error
    except SMBException as error:
        raise ShareError(errno.EIO, f"{type(error).__name__}: {error}", path) from error


def _kind(attributes: int) -> Kind:
    if attributes & _REPARSE_POINT:
        return "link"
    return "folder" if attributes & _DIRECTORY else "file"
