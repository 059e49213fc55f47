"""Saves an installation while it works, as it is at one instant.

For a moment nothing is collected, loaded or published; in it both databases are frozen, Airflow's first: what Airflow
knows to be done is in the warehouse then, and what it does not, is done once more. What may change is copied in that
moment; what is only ever added to, the archive and the editions, afterwards.
"""

import fcntl
import hashlib
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from tiendo import clock
from tiendo.backup.databases import addresses, connected, dump, frozen
from tiendo.backup.manifest import (
    BackupError,
    Manifest,
    SavedFile,
    backups_in,
    copy_stream,
    hash_of,
    open_regular,
    read_manifest,
)
from tiendo.collect.archive import archived_path
from tiendo.collect.folder import SCAN_LOCK
from tiendo.durable import flush
from tiendo.local.environment import kept_secrets
from tiendo.report.edition import EDITION_LOCK
from tiendo.settings import Settings
from tiendo.warehouse.engine import LOAD_LOCK, why_unreachable
from tiendo.warehouse.sql import statement

FERNET_KEY = "AIRFLOW__CORE__FERNET_KEY"
# Copied in the moment in which nothing moves: what waits, what is being asked, what secrets there are.
_MOVING = ("inbox", "drafts", "plans", "airflow/passwords.json", "airflow/secrets.json")
# Listed in that moment and copied afterwards: files that are written once; a body may have taken its answers away.
_WRITTEN_ONCE = ("outbox", "published", "data_docs")
# Others write there: what they put so that we cannot read it stops no backup. All else is our own and must be whole.
_FROM_OUTSIDE = "home/inbox/"
_UNREADABLE = "it cannot be read by this account"
_UNFINISHED = ".unfinished-"
_WAIT = "10min"
_TELL_SECONDS = 5
Say = Callable[[str], None]


def save(settings: Settings, shelf: Path, say: Say = lambda line: None) -> tuple[Path, Manifest]:
    """Makes a backup, a folder of its own in ``shelf``, which appears there when it is whole.

    Files that are as they were in the last backup there are hard links to it, once that one's have been read and are
    what they were.

    Returns:
        Its folder and manifest; the manifest says what was lost before.

    Raises:
        BackupError: none was made; the message says why.
    """
    shelf = shelf.absolute()
    if shelf.resolve().is_relative_to(settings.home):
        raise BackupError(f"{shelf} lies in {settings.home}, with which it would be lost. Choose another disk.")
    try:
        with _own_shelf(shelf):
            name = _name()
            if (shelf / name).exists():
                raise BackupError(f"{shelf / name} is there already: one a second is enough.")
            folder = shelf / f"{_UNFINISHED}{name}"
            folder.mkdir(mode=0o700)
            try:
                manifest = _Backup(settings, folder, _last_backup(shelf, say), say).make()
                folder.rename(shelf / name)
                flush([shelf])
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            return shelf / name, manifest
    except OSError as error:
        raise BackupError(f"{error.filename or shelf}: {error.strerror}. No backup was made.") from error
    except OperationalError as error:
        raise BackupError(f"{why_unreachable(error)}. No backup was made.") from error


def _name() -> str:
    return f"{datetime.now(clock.HANOI):%Y-%m-%dT%H%M%S}"


@contextmanager
def _own_shelf(shelf: Path) -> Iterator[None]:
    shelf.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (shelf / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError(f"Another backup is being made in {shelf}.") from error
        for left in shelf.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(left)
        yield


def _last_backup(shelf: Path, say: Say) -> tuple[Path, Mapping[str, SavedFile]]:
    for folder in reversed(backups_in(shelf)):
        try:
            return folder, read_manifest(folder)[0].files
        except BackupError as error:
            say(f"Not built upon: {error}")
    return shelf, {}


class _Backup:
    """One backup that is being made."""

    def __init__(self, settings: Settings, folder: Path, last: tuple[Path, Mapping[str, SavedFile]], say: Say) -> None:
        self._settings, self._folder, self._say = settings, folder, say
        self._last_folder, self._last = last
        self._files: dict[str, SavedFile] = {}
        self._folders: dict[str, str] = {}
        self._lost: list[str] = []
        self._left_out: list[str] = []
        self._told_at = time.monotonic()

    def make(self) -> Manifest:
        """Fills the folder; when it returns, all of it is on disk."""
        places = addresses(self._settings)
        with ExitStack() as open_until_done:
            with connected(places.warehouse) as moment:
                self._say("Waiting until nothing is being collected, loaded or published ...")
                moment.exec_driver_sql("select set_config('lock_timeout', %s, true)", (_WAIT,))
                # In this order nobody waits in a ring: who holds a later one asks for no earlier one.
                moment.exec_driver_sql(SCAN_LOCK, {"channel": "folder"})
                moment.exec_driver_sql(EDITION_LOCK)
                moment.exec_driver_sql(LOAD_LOCK)
                sessions = {name: open_until_done.enter_context(frozen(url)) for name, url in places.items()}
                as_of = clock.now()
                for name in _MOVING:
                    self._copy_tree(self._settings.home / name, f"home/{name}")
                listed = [list(self._files_in(self._settings.home / name, f"home/{name}")) for name in _WRITTEN_ONCE]
            origin = self._origin(sessions["warehouse"][0])
            for plan_dir in self._settings.plan_dirs:
                self._copy_tree(plan_dir, f"register/{plan_dir.name}")
            for name, (connection, snapshot) in sessions.items():
                target = self._folder / f"{name}.dump"
                dump(connection, snapshot, target, self._say)
                with open_regular(target) as stream:
                    info = os.fstat(stream.fileno())
                    self._files[target.name] = SavedFile(hash_of(stream), info.st_size, info.st_mtime_ns)
            self._copy_tree(self._settings.archive, "home/archive")
            for path, name in chain.from_iterable(listed):
                self._copy(path, name)
            self._look_for_what_is_named(sessions["warehouse"][0])
            manifest = Manifest(
                as_of=as_of.isoformat(),
                made_at=datetime.now(clock.HANOI).isoformat(timespec="seconds"),
                tiendo=version("tiendo"),
                airflow=version("apache-airflow-core"),
                schema=origin.schema,
                registers=origin.registers,
                plan=",".join(plan_dir.name for plan_dir in self._settings.plan_dirs),
                servers={name: _server_version(connection) for name, (connection, _) in sessions.items()},
                roles=_rows(sessions["warehouse"][0], "backup/roles.sql", everything=places.is_embedded),
                grants={name: _rows(it, "backup/database_grants.sql") for name, (it, _) in sessions.items()},
                fernet_sha256=fernet_sha256(self._settings, is_embedded=places.is_embedded),
                lost=self._lost,
                files=self._files,
                folders=self._folders,
                left_out=self._left_out,
            )
        written = manifest.write(self._folder)
        self._say("Flushing to disk ...")
        folders = {path for path in self._folder.rglob("*") if path.is_dir()} | {self._folder}
        flush([*(self._folder / path for path in self._files), *written])
        flush(folders)
        return manifest

    def _origin(self, connection: Connection) -> Any:
        try:
            return connection.execute(statement("backup/origin.sql")).one()
        except ProgrammingError as error:
            raise BackupError("The database holds no warehouse of Tiendo.") from error

    def _copy_tree(self, root: Path, name: str) -> None:
        for path, path_name in self._files_in(root, name):
            self._copy(path, path_name)

    def _files_in(self, root: Path, name: str) -> Iterator[tuple[Path, str]]:
        """Yields the regular files at or below a path, each with its name in the backup; follows no link.

        What is taken away meanwhile is none of them: what the warehouse names and is not there, is told in the end.

        Raises:
            OSError: a folder cannot be read, other than one in an inbox.
        """
        try:
            mode = root.lstat().st_mode
            entries = sorted(os.scandir(root), key=lambda entry: entry.name) if stat.S_ISDIR(mode) else []
        except (FileNotFoundError, NotADirectoryError):
            return
        except PermissionError:
            if not name.startswith(_FROM_OUTSIDE):
                raise
            self._leave_out(name, _UNREADABLE)
            return
        if stat.S_ISREG(mode):
            yield root, name
        elif stat.S_ISDIR(mode) and name.startswith("home/"):
            self._folders[name] = f"{stat.S_IMODE(mode):04o}"
        for entry in entries:
            path, path_name = Path(entry.path), f"{name}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from self._files_in(path, path_name)
            elif entry.is_file(follow_symlinks=False):
                yield path, path_name

    def _leave_out(self, name: str, why: str) -> None:
        """Tells of what the backup is without."""
        path = name.removeprefix("home/")
        self._left_out.append(f"{path}: {why}")
        self._say(f"Left out, {why}: {path}")

    def _copy(self, source: Path, name: str) -> None:
        """Copies a file, or links it to the last backup's where it has not changed since."""
        target = self._folder / name
        try:
            stream = open_regular(source)
        except FileNotFoundError:
            return  # taken away by whoever put it there
        except PermissionError:
            if not name.startswith(_FROM_OUTSIDE):
                raise
            self._leave_out(name, _UNREADABLE)
            return
        with stream:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            before = os.fstat(stream.fileno())
            known = self._last.get(name)
            is_same = known is not None and (known.size, known.mtime_ns) == (before.st_size, before.st_mtime_ns)
            if is_same and known is not None and self._link(self._last_folder / name, target, known.sha256):
                self._files[name] = known
            else:
                saved = copy_stream(stream, target, 0o600)
                after = os.fstat(stream.fileno())
                if (saved.size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
                    # Its sender is still writing; it is not there yet, and will be taken by a later backup.
                    target.unlink()
                    self._leave_out(name, "it is still being written")
                    return
                self._files[name] = saved
        self._tell()

    def _link(self, earlier: Path, target: Path, sha256: str) -> bool:
        """Whether the earlier backup's file is what it was and is ours too now; bad bytes are not handed on."""
        with suppress(OSError), open_regular(earlier) as stream:
            if hash_of(stream) == sha256:
                os.link(earlier, target)
                return True
        return False

    def _look_for_what_is_named(self, connection: Connection) -> None:
        """Notes what the frozen warehouse names and is not here with the content it had."""
        for sha256 in connection.execute(statement("backup/archived.sql")).scalars():
            self._expect(archived_path(self._settings.archive, sha256), sha256)
        for edition in connection.execute(statement("backup/editions.sql")):
            folder = self._settings.published / edition.plan_code / edition.period / str(edition.edition)
            self._expect(folder / "manifest.json", edition.manifest_sha256)
            for output in edition.manifest["outputs"]:
                self._expect(folder / output["path"], output["sha256"])

    def _expect(self, path: Path, sha256: str) -> None:
        name = str(path.relative_to(self._settings.home))
        found = self._files.get(f"home/{name}")
        if found is None:
            self._lost.append(f"{name} is missing")
        elif found.sha256 != sha256:
            self._lost.append(f"{name} is damaged: SHA-256 {found.sha256[:16]}, was {sha256[:16]}")

    def _tell(self) -> None:
        if time.monotonic() - self._told_at > _TELL_SECONDS:
            self._told_at = time.monotonic()
            size = sum(file.size for file in self._files.values())
            self._say(f"{len(self._files):,} files, {size / 1e6:,.0f} MB so far")


def fernet_sha256(settings: Settings, *, is_embedded: bool) -> str:
    """Returns the hash of the key (which is random) that connections are encrypted with now, "" where there is none."""
    key = kept_secrets(settings).get("fernet_key", "") if is_embedded else os.environ.get(FERNET_KEY, "")
    return hashlib.sha256(key.partition(",")[0].encode()).hexdigest() if key else ""


def _server_version(connection: Connection) -> int:
    return int(connection.exec_driver_sql("select current_setting('server_version_num')").scalar_one())


def _rows(connection: Connection, name: str, **parameters: Any) -> list[dict[str, Any]]:
    try:
        return [dict(row) for row in connection.execute(statement(name), parameters).mappings()]
    except DBAPIError as error:
        raise BackupError(f"The roles cannot be read: {error.orig}") from error
