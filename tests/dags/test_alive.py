"""The health check of Airflow's processes, against Airflow's own table."""

import socket
from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Engine, create_engine, text

from tiendo.airflow_glue.alive import has_heartbeat


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


HERE = socket.getfqdn()


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
