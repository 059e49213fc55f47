"""Where inbox folders lie: what ``tiendo.collect.folder`` needs of a disk or of a share, and no more.

Paths are relative to the inbox, with ``/`` between their parts. Nothing here follows a link.
"""

import fcntl
import os
import stat
from collections.abc import Hashable
from contextlib import suppress
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from tiendo import clock

Kind = Literal["file", "folder", "link", "other"]


class Entry(NamedTuple):
    """One name in a folder.

    Attributes:
        changed_at: when its content was last changed, as the file system tells it.
        signature: differs whenever the content does.
    """

    name: str
    kind: Kind
    size: int
    changed_at: datetime
    signature: Hashable


class InUseError(OSError):
    """Somebody holds the file open and does not share it."""


class FolderInbox(Protocol):
    """An inbox. All methods raise ``OSError``; ``FileNotFoundError`` for what is not there (any more)."""

    channel: str

    def entries(self, folder: str) -> list[Entry]:
        """Returns what a folder holds, by name; "" is the inbox itself."""

    def entry(self, path: str) -> Entry:
        """Returns one name as it stands now."""

    def make_folder(self, folder: str) -> None:
        """Makes a folder and those above it."""

    def move(self, source: str, target: str) -> None:
        """Renames in one step; never onto something that is there.

        Raises:
            InUseError: it is held open.
        """

    def is_surely_closed(self, path: str) -> bool:
        """Whether it is certain that nobody has a file open to write to; False where that cannot be told.

        Raises:
            InUseError: somebody has.
        """

    def open(self, path: str) -> BufferedReader:
        """Opens a regular file for reading."""

    def remove(self, path: str) -> None:
        """Removes a file."""

    def remove_folder(self, folder: str) -> None:
        """Removes an empty folder."""


class LocalInbox:
    """An inbox on a file system of this machine."""

    channel = "folder"

    def __init__(self, root: Path) -> None:
        self._root = root

    def entries(self, folder: str) -> list[Entry]:
        """Returns what a folder holds, by name."""
        found = []
        with os.scandir(self._root / folder) as names:
            for name in names:
                with suppress(FileNotFoundError):  # gone between the listing and the look
                    found.append(_entry(name.name, name.stat(follow_symlinks=False)))
        return sorted(found)

    def entry(self, path: str) -> Entry:
        """Returns one name as it stands now."""
        return _entry(Path(path).name, os.lstat(self._root / path))

    def make_folder(self, folder: str) -> None:
        """Makes a folder and those above it."""
        (self._root / folder).mkdir(parents=True, exist_ok=True)

    def move(self, source: str, target: str) -> None:
        """Renames in one step; the target's folder is always one that the caller has just made."""
        self.is_surely_closed(source)
        (self._root / source).rename(self._root / target)

    def is_surely_closed(self, path: str) -> bool:
        """Whether nobody on this machine, its file server included, has a file open to write to.

        The kernel grants a lease to read only where nobody writes; it grants none on foreign files or foreign disks,
        and then nothing is known.
        """
        try:
            descriptor = os.open(self._root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:  # whoever moves or opens it tells
            return False
        try:
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except BlockingIOError as error:
            raise InUseError(error.errno, "is still written to", path) from error
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True

    def open(self, path: str) -> BufferedReader:
        """Opens a regular file; what was put in its place meanwhile is neither followed nor waited for."""
        descriptor = os.open(self._root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(f"not a regular file: {path!r}")
        return os.fdopen(descriptor, "rb")

    def remove(self, path: str) -> None:
        """Removes a file."""
        (self._root / path).unlink()

    def remove_folder(self, folder: str) -> None:
        """Removes an empty folder."""
        (self._root / folder).rmdir()


def _entry(name: str, info: os.stat_result) -> Entry:
    return Entry(
        name,
        _kind(info.st_mode),
        info.st_size,
        datetime.fromtimestamp(info.st_mtime, clock.HANOI),
        (info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns),
    )


def _kind(mode: int) -> Kind:
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "folder"
    return "link" if stat.S_ISLNK(mode) else "other"
