"""The replay on the topology of production, as processes: PostgreSQL server, Redis, scheduler, two Celery workers.

``python -m tiendo.local.cluster [PERIOD ...]`` replays those quarters, by default 2023-Q1. The servers are
Debian's (``apt-get install postgresql redis-server``), started on free ports of 127.0.0.1 with passwords of their own
in a folder that is thrown away; what the replay writes stays in ``var/cluster/``. Roles and databases are made as in
production, so the warehouse's login is no superuser here either.
"""

import argparse
import os
import pwd
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import URL, create_engine
from sqlalchemy.exc import OperationalError

from tiendo.local.environment import METADATA_DATABASE
from tiendo.local.processes import Service, ServiceError, Supervisor
from tiendo.local.services import Cluster, free_port
from tiendo.local.waiting import say
from tiendo.settings import Settings, get_settings
from tiendo.warehouse.engine import DATABASE
from tiendo.warehouse.server import prepare_server

READY_SECONDS = 30
DEBIAN_POSTGRES = Path("/usr/lib/postgresql")
POSTGRES_PROGRAMS = ("initdb", "postgres")
POSTGRES_ACCOUNT = "postgres"
DEFAULT_PERIOD = "2023-Q1"


class MissingPackageError(RuntimeError):
    """A server's program is not on this machine; the message names Debian's package."""


class Programs(NamedTuple):
    """The servers' programs."""

    postgres_bin: Path
    redis: Path


def find_programs() -> Programs:
    """Finds PostgreSQL (the newest that is whole, where Debian puts it, or on the path) and Redis.

    Raises:
        MissingPackageError: one of them is not there, or not all of it.
    """
    versions = sorted(DEBIAN_POSTGRES.glob("[0-9]*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    folders = [*versions, *map(Path, os.get_exec_path())]
    postgres = next((it for it in folders if all((it / program).exists() for program in POSTGRES_PROGRAMS)), None)
    redis = shutil.which("redis-server")
    if os.geteuid() == 0 and POSTGRES_ACCOUNT not in {account.pw_name for account in pwd.getpwall()}:
        postgres = None
    if postgres and redis:
        return Programs(postgres, Path(redis))
    packages = [name for name, found in (("postgresql", postgres), ("redis-server", redis)) if not found]
    raise MissingPackageError(f"Not installed: {', '.join(packages)}. On Debian: apt-get install {' '.join(packages)}")


@contextmanager
def local_cluster(programs: Programs) -> Iterator[tuple[str, Cluster]]:
    """Runs both servers; yields the warehouse's address and the cluster.

    Raises:
        ServiceError: a server does not start.
    """
    with tempfile.TemporaryDirectory(prefix="tiendo-cluster-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        supervisor = Supervisor(os.environ, folder / "logs")
        try:
            server = _start_postgres(supervisor, programs.postgres_bin, folder)
            broker_url = _start_redis(supervisor, programs.redis, folder)
            _wait_for(supervisor, server)
            warehouse, metadata = (
                server.set(username=name, password=secrets.token_hex(16), database=name)
                for name in (DATABASE, METADATA_DATABASE)
            )
            prepare_server(server, warehouse, metadata)
            supervisor.check()
            yield warehouse.render_as_string(hide_password=False), Cluster(metadata, broker_url)
        finally:
            supervisor.stop()


def _start_postgres(supervisor: Supervisor, programs: Path, folder: Path) -> URL:
    data, password_file = folder / "postgres", folder / "password"
    data.mkdir(mode=0o700)
    password_file.touch(mode=0o600)
    password = secrets.token_hex(16)
    password_file.write_text(password)
    as_owner: tuple[str, ...] = ()
    if os.geteuid() == 0:
        # The server refuses to run as root; Debian's package has brought an account for it.
        account = POSTGRES_ACCOUNT
        as_owner = ("setpriv", f"--reuid={account}", f"--regid={account}", "--clear-groups", "--pdeathsig=TERM")
        shutil.chown(data, account, account)
        shutil.chown(password_file, account, account)
    options = (
        "--auth=scram-sha-256",
        f"--pwfile={password_file}",
        "--username=postgres",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
    )
    supervisor.run(Service("initdb", [*as_owner, str(programs / "initdb"), *options, f"--pgdata={data}"]))
    port = free_port()
    # Thrown away afterwards, so nothing need survive a power cut.
    arguments = ("-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", "", "-c", "fsync=off")
    supervisor.start(Service("postgres", [*as_owner, str(programs / "postgres"), *arguments]))
    return URL.create("postgresql+psycopg", "postgres", password, "127.0.0.1", port, "postgres")


def _start_redis(supervisor: Supervisor, program: Path, folder: Path) -> str:
    port, password, configuration = free_port(), secrets.token_hex(16), folder / "redis.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\ndir {folder}\n'
    )
    supervisor.start(Service("redis", [str(program), str(configuration)]))
    return f"redis://:{password}@127.0.0.1:{port}/0"


def _wait_for(supervisor: Supervisor, server: URL) -> None:
    engine = create_engine(server)
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            engine.connect().close()
            break
        except OperationalError as error:
            supervisor.check()
            if time.monotonic() > deadline:
                raise ServiceError(f"PostgreSQL does not answer after {READY_SECONDS} s: {error}") from error
            time.sleep(0.2)
    engine.dispose()


def cluster_settings(settings: Settings, warehouse_url: str) -> Settings:
    """Returns settings with a home of their own and the server's warehouse."""
    return replace(settings, home=settings.home / "cluster", database_url=warehouse_url)


def main(arguments: Sequence[str]) -> int:
    """Replays some quarters on a cluster; returns the replay's exit code, or 2 when a program is missing."""
    from tiendo.local.demo import build_scenario
    from tiendo.local.replay import run_replay
    from tiendo.plan.register import get_register

    register = get_register()
    parser = argparse.ArgumentParser(prog="python -m tiendo.local.cluster", description=__doc__.split("\n")[0])
    known = [str(entry.period) for entry in register.calendar]
    parser.add_argument("periods", nargs="*", metavar="PERIOD", help=f"{', '.join(known)}; by default {DEFAULT_PERIOD}")
    periods: list[str] = parser.parse_args(arguments).periods or [DEFAULT_PERIOD]
    if unknown := sorted(set(periods) - set(known)):
        parser.error(f"the plan has no period {', '.join(unknown)}; it has {', '.join(known)}")
    try:
        programs = find_programs()
    except MissingPackageError as error:
        say(str(error))
        return 2
    try:
        with local_cluster(programs) as (warehouse_url, cluster):
            settings = cluster_settings(get_settings(), warehouse_url)
            return run_replay(settings, build_scenario(register).only(*periods), cluster)
    except ServiceError as error:
        say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
