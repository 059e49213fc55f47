"""The health check of Airflow's processes, against Airflow's own table."""

import socket
from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Engine, create_engine, make_url, text

from tiendo.airflow_glue.alive import has_heartbeat, own_name


@pytest.fixture(scope="module")
def jobs(postgres: URL) -> Iterator[Engine]:
    from airflow.jobs.job import Job

    admin = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("create database heartbeats")
    admin.dispose()
    engine = create_engine(postgres.set(database="heartbeats"))
    Job.__table__.create(engine)
    yield engine
    engine.dispose()


HERE = own_name()


@pytest.mark.parametrize(
    ("job", "is_alive"),
    [
        (("TriggererJob", HERE, "running", 5), True),
        (("TriggererJob", HERE, "running", 600), False),
        (("TriggererJob", HERE, "success", 5), False),
        (("TriggererJob", "another-host", "running", 5), False),
        (("SchedulerJob", HERE, "running", 5), False),
    ],
)
def test_only_a_young_heartbeat_of_this_host_and_kind_counts(
    jobs: Engine, monkeypatch: pytest.MonkeyPatch, job: tuple[str, str, str, int], is_alive: bool
) -> None:
    address = jobs.url.set(drivername="postgresql+psycopg2").render_as_string(hide_password=False)
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", address)
    with jobs.begin() as connection:
        connection.execute(text("delete from job"))
        values = "(:job_type, :host, :state, now() - :seconds_ago * interval '1 second')"
        connection.execute(
            text(f"insert into job (job_type, hostname, state, latest_heartbeat) values {values}"),
            dict(zip(("job_type", "host", "state", "seconds_ago"), job, strict=True)),
        )
    assert has_heartbeat("TriggererJob") is is_alive


@pytest.mark.parametrize("found", [[], [""], ["", "a.example", "b.example"], None])
def test_the_name_of_this_host_is_the_one_that_airflow_records(
    monkeypatch: pytest.MonkeyPatch, found: list[str] | None
) -> None:
    from airflow.utils.net import get_hostname, getfqdn

    def look(*_: object, **__: object) -> list[tuple[object, ...]]:
        if found is None:
            raise socket.gaierror
        return [(None, None, None, name, None) for name in found]

    monkeypatch.setattr(socket, "gethostname", lambda: "here")
    monkeypatch.setattr(socket, "gethostbyaddr", lambda _: ("by-address.example", [], []))
    monkeypatch.setattr(socket, "getaddrinfo", look)
    getfqdn.cache_clear()
    try:
        assert own_name() == get_hostname() == next(filter(None, found or []), "here")
    finally:
        getfqdn.cache_clear()


@pytest.mark.parametrize("written", ["p%40ss", "p/ss", "p%zzss", "p%25ss", "p ss"])
def test_a_password_is_read_as_airflow_reads_it(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    import psycopg2
    from sqlalchemy.dialects.postgresql.psycopg2 import dialect

    address = f"postgresql+psycopg2://airflow:{written}@db.example:5433/airflow?sslmode=require"
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", address)
    given: dict[str, object] = {}

    def connect(**place: object) -> None:
        given.update(place)
        raise psycopg2.OperationalError

    monkeypatch.setattr(psycopg2, "connect", connect)
    with pytest.raises(psycopg2.OperationalError):
        has_heartbeat("TriggererJob")
    assert given.pop("connect_timeout")
    assert given == dialect().create_connect_args(make_url(address))[1]
