"""The two databases of an installation, by PostgreSQL's own programs: frozen, dumped, and loaded into empty ones.

The programs come with the embedded server. That build speaks no TLS: where the server is reached by TLS, those of the
machine are taken. Passwords are handed to them by the environment.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from tiendo.backup.manifest import BackupError
from tiendo.local.environment import METADATA_DATABASE
from tiendo.settings import Settings
from tiendo.warehouse.embedded import postgres_program, server_url
from tiendo.warehouse.engine import DATABASE, read_address, why_unreachable
from tiendo.warehouse.sql import statement

METADATA_ADDRESS = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
ADMIN_ADDRESS = "TIENDO_ADMIN_DATABASE_URL"
_LOOK_SECONDS = 10
# A setting of newer servers, which pg_restore also tells older ones.
_TRANSACTION_TIMEOUT = b"SET transaction_timeout = 0;\n"
_TRANSACTION_TIMEOUT_SINCE = 170000
_PREAMBLE_LINES = 60


class Addresses(NamedTuple):
    """Where the databases are; ``metadata``: Airflow's, None where Airflow has never run."""

    warehouse: URL
    metadata: URL | None
    is_embedded: bool

    def items(self) -> list[tuple[str, URL]]:
        """Returns the databases by the name they have in a backup; Airflow's first."""
        metadata = [("airflow", self.metadata)] if self.metadata is not None else []
        return [*metadata, ("warehouse", self.warehouse)]


def addresses(settings: Settings) -> Addresses:
    """Returns where the databases are, the embedded server started; makes no database.

    Raises:
        BackupError: there is none yet, or nothing says where Airflow's is.
    """
    warehouse = standing_warehouse(settings)
    if warehouse is None:
        raise BackupError(f"{settings.home} has no warehouse.")
    if settings.database_url is not None:
        return Addresses(warehouse, metadata_address(), is_embedded=False)
    metadata = warehouse.set(database=METADATA_DATABASE)
    has_run = METADATA_DATABASE in database_names(warehouse)
    return Addresses(warehouse, metadata if has_run else None, is_embedded=True)


def standing_warehouse(settings: Settings) -> URL | None:
    """Returns the warehouse, the embedded server started, or None where none has been made yet; makes none."""
    if settings.database_url is None:
        if not settings.postgres.exists():
            return None
        warehouse = server_url(settings.postgres, "postgres").set(database=DATABASE)
        server = warehouse.set(database="postgres")
    else:
        warehouse = read_address("TIENDO_DATABASE_URL", settings.database_url)
        given = os.environ.get(ADMIN_ADDRESS)
        server = read_address(ADMIN_ADDRESS, given) if given else warehouse
    return warehouse if warehouse.database in database_names(server) else None


def metadata_address() -> URL:
    """Returns Airflow's database as the services have it.

    Raises:
        BackupError: nothing says where it is.
    """
    given = os.environ.get(METADATA_ADDRESS)
    if not given:
        raise BackupError(f"Which database is Airflow's? Set {METADATA_ADDRESS} as the services have it.")
    return read_address(METADATA_ADDRESS, given)


def database_names(server: URL) -> set[str]:
    """Returns the databases of a server."""
    with connected(server) as connection:
        return set(connection.execute(text("select datname from pg_database")).scalars())


@contextmanager
def connected(url: URL, **options: Any) -> Iterator[Connection]:
    """Opens a connection of its own, closed for good at the end.

    Raises:
        BackupError: the server does not let us in.
    """
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 10})
    try:
        connection = engine.connect().execution_options(**options)
    except OperationalError as error:
        raise BackupError(why_unreachable(error)) from error
    with connection:
        yield connection


@contextmanager
def frozen(url: URL) -> Iterator[tuple[Connection, str]]:
    """Keeps a database as it is now: yields a session that sees it so, and the name by which pg_dump does too."""
    with connected(url, isolation_level="REPEATABLE READ", postgresql_readonly=True) as connection:
        connection.exec_driver_sql("set local idle_in_transaction_session_timeout = 0")
        yield connection, connection.exec_driver_sql("select pg_export_snapshot()").scalar_one()


def dump(connection: Connection, snapshot: str, target: Path, tell: Callable[[str], None]) -> None:
    """Writes a frozen database into a file, in the custom format.

    Raises:
        BackupError: pg_dump failed; with what it said.
    """
    url = connection.engine.url
    command = [_program("pg_dump", connection), "--format=custom", f"--snapshot={snapshot}", f"--file={target}"]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603  our own arguments
            [*command, *_place(url)], env=_environment(url), stdin=subprocess.DEVNULL, stderr=errors
        )
        try:
            while True:
                try:
                    code = process.wait(_LOOK_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    tell(f"{target.name}: {_size(target) / 1e6:,.0f} MB so far")
        finally:
            process.kill()
            process.wait()
        if code:
            raise BackupError(_last_words("pg_dump", errors))


def load(source: Path, url: URL, note: str) -> None:
    """Loads a dump into an empty database in one transaction: whole, or not at all.

    What was its old owner's becomes that of the address's login; ``note`` becomes the comment on the database.

    Raises:
        BackupError: it failed; with what the server said.
    """
    with connected(url) as connection:
        version = connection.execute(statement("backup/relations.sql")).one().server_version
        name = connection.dialect.identifier_preparer.quote(str(url.database))
        reading = [_program("pg_restore", connection), "--no-owner", "--file=-", str(source)]
        writing = [_program("psql", connection), "--no-psqlrc", "--quiet", "--single-transaction"]
    writing += ["--set=ON_ERROR_STOP=1", "--file=-", *_place(url)]
    with tempfile.TemporaryFile() as read_errors, tempfile.TemporaryFile() as errors:
        reader = subprocess.Popen(reading, stdout=subprocess.PIPE, stderr=read_errors)  # noqa: S603  our own arguments
        writer = subprocess.Popen(  # noqa: S603  our own arguments
            writing, env=_environment(url), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors
        )
        try:
            # When psql has ended, what it said tells why.
            with suppress(BrokenPipeError), cast(IO[bytes], writer.stdin) as script:
                _hand_on(cast(IO[bytes], reader.stdout), script, version)
                # Before the end, which commits: half a dump is nothing.
                if reader.wait():
                    writer.kill()
                    raise BackupError(_last_words("pg_restore", read_errors))
                script.write(f"\ncomment on database {name} is '{note}';\n".encode())
            if writer.wait():
                raise BackupError(_last_words("psql", errors))
        finally:
            for process in (writer, reader):
                process.kill()
                process.wait()


def _hand_on(dumped: IO[bytes], script: IO[bytes], server_version: int) -> None:
    for line in islice(dumped, _PREAMBLE_LINES):
        if server_version >= _TRANSACTION_TIMEOUT_SINCE or line != _TRANSACTION_TIMEOUT:
            script.write(line)
    shutil.copyfileobj(dumped, script, 2**20)


def _program(name: str, connection: Connection) -> str:
    driver: Any = connection.connection.driver_connection
    if not driver.pgconn.ssl_in_use:
        return str(postgres_program(name))
    found = shutil.which(name)
    asked = [found, "--version"] if found else [sys.executable, "-c", ""]
    told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout  # noqa: S603  our own arguments
    version = re.search(r"\d+", told)
    server = driver.info.server_version // 10000
    if version is None or int(version[0]) < server:
        raise BackupError(
            f"The server is reached by TLS, which takes {name} of this machine, version {server} or newer: "
            f"install postgresql-client-{server}."
        )
    return str(found)


def _place(url: URL) -> list[str]:
    place = url.translate_connect_args(username="user", database="dbname") | dict(url.query)
    return ["--no-password", f"--dbname={make_conninfo(**{k: v for k, v in place.items() if k != 'password'})}"]


def _environment(url: URL) -> dict[str, str]:
    # Error messages as the server's own language has them would say less to whoever looks for them.
    return os.environ | {"LC_ALL": "C"} | ({"PGPASSWORD": str(url.password)} if url.password else {})


def _last_words(program: str, errors: Any) -> str:
    errors.seek(0)
    lines = [line.strip() for line in errors.read().decode(errors="replace").splitlines() if line.strip()]
    told = next((line for line in lines if re.search(r"error|ERROR|FATAL", line)), lines[0] if lines else "ended")
    return f"{program}: {told.removeprefix(f'{program}: ')}"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
