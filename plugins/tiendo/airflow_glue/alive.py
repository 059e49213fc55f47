"""Whether Airflow's process on this host lives, for its container's health check: ``... alive TriggererJob|worker``.

``airflow jobs check`` and ``celery inspect ping`` ask the same, each after some seconds of imports.
"""

import os
import socket
import sys

# As patient as docker-compose.yaml is elsewhere: a busy machine is no dead one.
_HEARTBEAT_SECONDS = 120
_ANSWER_SECONDS = 10
_HEARTBEAT = """
    select 1 from job where job_type = %s and hostname = %s and state = 'running'
    and latest_heartbeat > now() - %s * interval '1 second'
"""


def has_heartbeat(job_type: str) -> bool:
    """Whether a job of this type (``SchedulerJob``) and host has told Airflow's database lately that it runs."""
    import psycopg2  # type: ignore[import-untyped]  # imported in a quarter of psycopg's time

    address = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("postgresql+psycopg2", "postgresql", 1)
    connection = psycopg2.connect(address, connect_timeout=_ANSWER_SECONDS)
    try:
        with connection.cursor() as cursor:
            cursor.execute(_HEARTBEAT, (job_type, socket.getfqdn(), _HEARTBEAT_SECONDS))
            return cursor.fetchone() is not None
    finally:
        connection.close()


def has_worker() -> bool:
    """Whether the Celery worker of this host answers by the queue."""
    from celery import Celery  # type: ignore[import-untyped]

    name = f"celery@{socket.gethostname()}"
    app = Celery(broker=os.environ["AIRFLOW__CELERY__BROKER_URL"])
    # One answer is enough: without the limit it would wait for others to the end.
    return bool(app.control.broadcast("ping", destination=[name], reply=True, timeout=_ANSWER_SECONDS, limit=1))


if __name__ == "__main__":
    sys.exit(not (has_worker() if sys.argv[1] == "worker" else has_heartbeat(sys.argv[1])))
