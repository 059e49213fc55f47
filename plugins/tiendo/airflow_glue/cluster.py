"""The replay on the topology of production, as processes: PostgreSQL server, Redis, scheduler, two Celery workers.

``python -m tiendo.airflow_glue.cluster [PERIOD ...]`` replays those quarters (all by default). The servers are Debian's
(``apt-get install postgresql redis-server``), started on free ports of 127.0.0.1 with passwords of their own in a
folder that is thrown away; what the replay writes stays in ``var/cluster/`` until the next one.
"""

import os
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

from tiendo.airflow_glue.processes import Service, ServiceError, Supervisor
from tiendo.airflow_glue.services import Cluster, free_port
from tiendo.settings import Settings, get_settings

READY_SECONDS = 30


class Programs(NamedTuple):
    """The servers' programs."""

    postgres_bin: Path
    redis: Path


def find_programs() -> Programs | None:
    """Finds PostgreSQL (the newest, where Debian puts it, or on the path) and Redis; None when one is missing."""
    redis = shutil.which("redis-server")
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    initdb = str(versions[-1]) if versions else shutil.which("initdb")
    return Programs(Path(initdb).parent, Path(redis)) if initdb and redis else None


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
            warehouse = _make_databases(supervisor, server, "tiendo", "airflow")
            yield warehouse.render_as_string(hide_password=False), Cluster(server.set(database="airflow"), broker_url)
        finally:
            supervisor.stop()


def _start_postgres(supervisor: Supervisor, programs: Path, folder: Path) -> URL:
    data, password_file = folder / "postgres", folder / "password"
    data.mkdir(mode=0o700)
    password = secrets.token_hex(16)
    password_file.write_text(password)
    as_owner: tuple[str, ...] = ()
    if os.geteuid() == 0:
        # The server refuses to run as root; Debian's package has brought an account for it.
        as_owner = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
        shutil.chown(data, "postgres", "postgres")
        shutil.chown(password_file, "postgres", "postgres")
    options = (
        "--auth=scram-sha-256",
        f"--pwfile={password_file}",
        "--username=tiendo",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
    )
    supervisor.run(Service("initdb", [*as_owner, str(programs / "initdb"), *options, f"--pgdata={data}"]))
    port = free_port()
    # Thrown away afterwards, so nothing need survive a power cut.
    arguments = ("-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", "", "-c", "fsync=off")
    supervisor.start(Service("postgres", [*as_owner, str(programs / "postgres"), *arguments]))
    return URL.create("postgresql+psycopg", "tiendo", password, "127.0.0.1", port, "postgres")


def _start_redis(supervisor: Supervisor, program: Path, folder: Path) -> str:
    port, password, configuration = free_port(), secrets.token_hex(16), folder / "redis.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\ndir {folder}\n'
    )
    supervisor.start(Service("redis", [str(program), str(configuration)]))
    return f"redis://:{password}@127.0.0.1:{port}/0"


def _make_databases(supervisor: Supervisor, server: URL, *names: str) -> URL:
    """Makes the databases as soon as the server answers, and returns the first one's address."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            with engine.connect() as connection:
                for name in names:
                    connection.exec_driver_sql(f"create database {name}")
            break
        except OperationalError as error:
            supervisor.check()
            if time.monotonic() > deadline:
                raise ServiceError(f"PostgreSQL does not answer after {READY_SECONDS} s: {error}") from error
            time.sleep(0.2)
    engine.dispose()
    return server.set(database=names[0])


def cluster_settings(settings: Settings, warehouse_url: str) -> Settings:
    """Returns settings with a home of their own and the server's warehouse."""
    return replace(settings, home=settings.home / "cluster", database_url=warehouse_url)


def main(periods: Sequence[str]) -> int:
    """Replays some quarters on a cluster; returns the replay's exit code, or 2 when a program is missing."""
    from tiendo.demo import build_scenario
    from tiendo.plan.register import get_register
    from tiendo.replay import run_replay

    programs = find_programs()
    if programs is None:
        sys.stderr.write("redis-server and a PostgreSQL server are needed: apt-get install redis-server postgresql\n")
        return 2
    scenario = build_scenario(get_register())
    with local_cluster(programs) as (warehouse_url, cluster):
        settings = cluster_settings(get_settings(), warehouse_url)
        # Files without the database that knew them: left by the last replay.
        shutil.rmtree(settings.home, ignore_errors=True)
        return run_replay(settings, scenario.only(*periods) if periods else scenario, cluster)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
