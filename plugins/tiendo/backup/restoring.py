"""Brings a backup back onto a machine that has nothing.

All that can be checked is checked before anything is changed. Then a file in the home says that a restore is under way,
until all of it is there: nothing else opens that home meanwhile, and the same command goes on where it was cut off.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from packaging.version import Version
from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import DBAPIError

from tiendo.backup.databases import (
    ADMIN_ADDRESS,
    Addresses,
    connected,
    database_names,
    load,
    metadata_address,
)
from tiendo.backup.manifest import (
    BackupError,
    Manifest,
    check_files,
    copy_stream,
    find_backup,
    open_regular,
    read_manifest,
)
from tiendo.backup.saving import FERNET_KEY
from tiendo.collect.archive import sha256_of
from tiendo.durable import flush
from tiendo.local.environment import METADATA_DATABASE
from tiendo.settings import RESTORING, Settings
from tiendo.warehouse.embedded import server_url
from tiendo.warehouse.engine import DATABASE, read_address
from tiendo.warehouse.migrate import bound_sessions, known_versions
from tiendo.warehouse.sql import statement

Say = Callable[[str], None]
# Who may read what is brought back; the rest as the account's umask says.
_MODES = {"airflow": 0o600, "drafts": 0o600, "archive": 0o640}
_OWN_ROLES = ("tiendo_loader", "tiendo_reader")


def restore(settings: Settings, place: Path, say: Say = lambda line: None) -> tuple[Path, Manifest, list[str]]:
    """Brings back the backup at ``place``, or the newest in it; safe to repeat when it was cut off.

    Returns:
        The backup's folder and manifest, and what a person has still to do, a sentence each.

    Raises:
        BackupError: nothing was changed, or, where it says so, repeating the command goes on.
    """
    try:
        folder = find_backup(place.absolute())
        manifest, sha256 = read_manifest(folder)
    except OSError as error:
        raise BackupError(f"{error.filename} cannot be read by this account (uid {os.geteuid()}).") from error
    _check_versions(folder, manifest)
    say(f"Checking {len(manifest.files):,} files of {folder}, as of {manifest.as_of} ...")
    check_files(folder, manifest, lambda size: None)
    marker = settings.home / RESTORING
    is_resumed = _check_home(settings, folder, marker, sha256)
    restoring = _Restore(settings, folder, manifest, note=f"Tiendo restored {sha256}", say=say)
    restoring.check(is_resumed=is_resumed)
    try:
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.write_text(sha256)
        flush([marker, marker.parent])
    except OSError as error:
        raise BackupError(
            f"{settings.home} cannot be written by this account (uid {os.geteuid()}): {error.strerror}."
        ) from error
    try:
        to_do = restoring.run()
        marker.unlink()
        flush([marker.parent])
    except (OSError, BackupError) as error:
        told = f"{error.filename}: {error.strerror}." if isinstance(error, OSError) else f"{error}"
        raise BackupError(f"{told} Mend that and repeat the command: it goes on.") from error
    return folder, manifest, to_do


def _check_versions(folder: Path, manifest: Manifest) -> None:
    for name, made_by, ours in (
        ("Tiendo", manifest.tiendo, version("tiendo")),
        ("Airflow", manifest.airflow, version("apache-airflow-core")),
    ):
        if Version(made_by) > Version(ours):
            raise BackupError(f"{folder} was made by {name} {made_by}, here is {ours}: restore it by that version.")
    known = known_versions()
    if manifest.schema not in known:
        raise BackupError(
            f"{folder} holds a warehouse of schema {manifest.schema}; this version takes {known[0]} to {known[-1]}: "
            f"restore it by the version that made it, Tiendo {manifest.tiendo}."
        )


def _check_home(settings: Settings, folder: Path, marker: Path, sha256: str) -> bool:
    """Returns whether a restore of this backup was begun here.

    Raises:
        BackupError: one of another was, or the home is not empty.
    """
    home = settings.home
    if marker.exists():
        if marker.read_text() not in ("", sha256):
            raise BackupError(f"A restore of another backup into {home} was cut off. Finish that, or empty {home}.")
        return True
    for base, _, names in os.walk(home):
        for name in names:
            if name != ".postgres.lock":
                raise BackupError(
                    f"{home} is in use, it holds {Path(base, name).relative_to(home)}: a restore needs an empty one."
                )
    return False


class _Restore:
    """One restore."""

    def __init__(self, settings: Settings, folder: Path, manifest: Manifest, *, note: str, say: Say) -> None:
        self._settings, self._folder, self._manifest, self._note, self._say = settings, folder, manifest, note, say
        given = os.environ.get(ADMIN_ADDRESS)
        self._admin = read_address(ADMIN_ADDRESS, given) if given else None
        self._to_do: list[str] = []

    @property
    def _has_metadata(self) -> bool:
        return "airflow.dump" in self._manifest.files

    def check(self, *, is_resumed: bool) -> None:
        """Looks whether the databases can take it.

        Raises:
            BackupError: they cannot, or the keys are others.
        """
        if self._settings.database_url is None:
            return  # a server of its own, which is made
        self._check_key()
        places = self._given()
        for name, url in places.items():
            self._check_database(name, url, is_resumed=is_resumed)
        if self._admin is None and (missing := self._missing_roles(places.warehouse)):
            raise BackupError(f"The server has no role {', '.join(missing)}: set {ADMIN_ADDRESS}, so that it is made.")

    def run(self) -> list[str]:
        """Does it; returns what a person has still to do."""
        places = self._prepared()
        self._make_roles(self._admin or places.warehouse)
        for name, url in places.items():
            if f"{name}.dump" in self._manifest.files and not self._is_loaded(url):
                self._say(f"Loading the database {url.database} ...")
                load(self._folder / f"{name}.dump", url, self._note)
            self._grant(name, url)
            with connected(url, isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("analyze")
        with connected(places.warehouse, isolation_level="AUTOCOMMIT") as connection:
            bound_sessions(connection)
        self._say("Files ...")
        flush(list(self._copy_home()))
        self._place_registers()
        self._look(places.warehouse)
        return self._to_do

    def _given(self) -> Addresses:
        """Returns the databases of a server of one's own."""
        warehouse = read_address("TIENDO_DATABASE_URL", str(self._settings.database_url))
        return Addresses(warehouse, metadata_address() if self._has_metadata else None, is_embedded=False)

    def _prepared(self) -> Addresses:
        """Returns the databases, made where they are not there."""
        if self._settings.database_url is None:
            warehouse = server_url(self._settings.postgres, DATABASE)
            metadata = server_url(self._settings.postgres, METADATA_DATABASE) if self._has_metadata else None
            with connected(warehouse, isolation_level="AUTOCOMMIT") as connection:
                for role in _OWN_ROLES:
                    _make_role(connection, role, can_login=False)
            return Addresses(warehouse, metadata, is_embedded=True)
        places = self._given()
        if self._admin is not None:
            from tiendo.warehouse.server import prepare_server

            prepare_server(self._admin, places.warehouse, places.metadata or metadata_address())
        return places

    def _check_key(self) -> None:
        known = [hashlib.sha256(key.encode()).hexdigest() for key in os.environ.get(FERNET_KEY, "").split(",") if key]
        if self._has_metadata and known and self._manifest.fernet_sha256 and self._manifest.fernet_sha256 not in known:
            raise BackupError(
                "FERNET_KEY is not the one that the backup's connections are encrypted with: put back the .env kept "
                "with the backup (of `tiendo up`, the key stands in home/airflow/secrets.json of the backup)."
            )

    def _check_database(self, name: str, url: URL, *, is_resumed: bool) -> None:
        if self._admin is not None:
            if url.database not in database_names(self._admin):
                return  # it is made
            url = self._admin.set(database=url.database)
        with connected(url) as connection:
            found = connection.execute(statement("backup/relations.sql")).one()
        if found.relations and not (is_resumed and found.comment == self._note):
            raise BackupError(f"The database {url.database} is not empty ({found.relations} tables and views).")
        if found.sessions:
            raise BackupError(
                f"The database {url.database} is in use by {found.sessions} others: stop the services first."
            )
        made_with = self._manifest.servers.get(name, 0) // 10000
        if found.server_version // 10000 < made_with:
            raise BackupError(
                f"The server is PostgreSQL {found.server_version // 10000}; the backup is of {made_with} and needs "
                "that or newer."
            )

    def _missing_roles(self, url: URL) -> list[str]:
        with connected(url) as connection:
            known = _role_names(connection)
        return sorted({*_OWN_ROLES, *(role["name"] for role in self._manifest.roles)} - known)

    def _is_loaded(self, url: URL) -> bool:
        with connected(url) as connection:
            return bool(connection.execute(statement("backup/relations.sql")).one().comment == self._note)

    def _make_roles(self, url: URL) -> None:
        """Makes the roles that are missing, logins without a password, and who is in which."""
        fresh: list[str] = []
        with connected(url, isolation_level="AUTOCOMMIT") as connection:
            for role in self._manifest.roles:
                if _make_role(connection, role["name"], can_login=role["can_login"]) and role["can_login"]:
                    fresh.append(role["name"])
            known = _role_names(connection)
            for role in self._manifest.roles:
                for parent in role["member_of"]:
                    if parent in known:
                        self._execute(
                            connection, f"grant {_quoted(connection, parent)} to {_quoted(connection, role['name'])}"
                        )
                    else:
                        self._to_do.append(f"The role {role['name']} was in {parent}, which this server has not.")
        if fresh and self._settings.database_url is not None:
            self._to_do.append(f"These logins have no password yet: {', '.join(fresh)}. Give each one with \\password.")

    def _grant(self, name: str, url: URL) -> None:
        with connected(url, isolation_level="AUTOCOMMIT") as connection:
            known = _role_names(connection)
            for granted in self._manifest.grants.get(name, []):
                if granted["role"] in known:
                    database, role = _quoted(connection, str(url.database)), _quoted(connection, granted["role"])
                    self._execute(connection, f"grant {granted['privilege']} on database {database} to {role}")

    def _execute(self, connection: Connection, sql: str) -> None:
        """Does what a server may not let us do; then a person has to."""
        try:
            connection.exec_driver_sql(sql)
        except DBAPIError as error:
            self._to_do.append(
                f"Not allowed ({str(error.orig).splitlines()[0]}); an administrator of the server must: {sql};"
            )

    def _copy_home(self) -> Iterator[Path]:
        folders: set[Path] = set()
        for name in self._manifest.files:
            if name.startswith("home/"):
                target = self._settings.home / name.removeprefix("home/")
                room = target.relative_to(self._settings.home).parts[0]
                self._make_folder(target.parent)
                with open_regular(self._folder / name) as stream:
                    copy_stream(stream, target, _MODES.get(room, 0o666))
                mtime_ns = self._manifest.files[name].mtime_ns  # of a copy of the backup it may be another
                os.utime(target, ns=(mtime_ns, mtime_ns))
                folders.add(target.parent)
                yield target
        # The innermost first, and none before its files: a folder may be closed to its own account.
        for name, mode in sorted(self._manifest.folders.items(), reverse=True):
            folder = self._settings.home / name.removeprefix("home/")
            self._make_folder(folder)
            folder.chmod(int(mode, 8))
            folders.add(folder)
        yield from folders

    def _make_folder(self, folder: Path) -> None:
        """Makes a folder and those above it; in a secret room each is closed, for mkdir's mode is the last one's."""
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        room = folder.relative_to(self._settings.home).parts[0]
        folder.mkdir(mode=0o700 if _MODES.get(room) == 0o600 else 0o777)

    def _place_registers(self) -> None:
        """Puts the plans in hand beside the others of this home where the code brings another, or none, of a name."""
        saved: dict[str, dict[Path, str]] = {name: {} for name in self._manifest.plan.split(",")}
        for path in self._manifest.files:
            if path.startswith("register/"):
                below = Path(path).relative_to("register")
                # Of one plan, as it was saved before: its files have no folder of their name.
                is_below = below.parts[0] in saved and len(below.parts) > 1
                plan = below.parts[0] if is_below else self._manifest.plan
                saved[plan][below.relative_to(plan) if is_below else below] = path
        there = {plan_dir.name: plan_dir for plan_dir in self._settings.plan_dirs}
        meant = [str(self._placed(plan, there.get(plan), files) or plan) for plan, files in saved.items()]
        if meant != list(there):
            self._to_do.append(
                f"The plans in hand were others than {', '.join(there)}: set TIENDO_PLAN={','.join(meant)}."
            )

    def _placed(self, plan: str, here: Path | None, files: Mapping[Path, str]) -> Path | None:
        """Returns where a plan now lies, None where it is what the installation has."""
        if here and all(
            (here / name).is_file() and sha256_of((here / name).read_bytes()) == self._manifest.files[path].sha256
            for name, path in files.items()
        ):
            return None
        target = self._settings.home / "plans" / plan
        for name, path in files.items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            with open_regular(self._folder / path) as stream:
                copy_stream(stream, target / name, 0o666)
        return target

    def _look(self, url: URL) -> None:
        """Looks whether every file that the ledger names is in the archive."""
        with connected(url) as connection:
            for sha256 in connection.execute(statement("backup/archived.sql")).scalars():
                name = f"archive/{sha256[:2]}/{sha256}"
                if f"home/{name}" not in self._manifest.files and not any(
                    told.startswith(name) for told in self._manifest.lost
                ):
                    raise BackupError(f"{self._folder} lacks {name}, which its ledger names: this is our own fault.")


def _role_names(connection: Connection) -> set[str]:
    return set(connection.execute(text("select rolname from pg_roles")).scalars())


def _make_role(connection: Connection, name: str, *, can_login: bool) -> bool:
    """Makes a role unless it is there; returns whether it was made."""
    if name in _role_names(connection):
        return False
    connection.exec_driver_sql(f"create role {_quoted(connection, name)} {'login' if can_login else 'nologin'}")
    return True


def _quoted(connection: Connection, name: str) -> Any:
    return connection.dialect.identifier_preparer.quote(name)
