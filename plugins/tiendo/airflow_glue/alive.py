"""Whether Airflow's process on this host lives, for its container's health check: ``... alive TriggererJob|worker``.

``airflow jobs check`` and ``celery inspect ping`` ask the same, each after some seconds of imports.
"""

import os
import socket
import sys
from contextlib import suppress

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
    from sqlalchemy import make_url

    # Read as Airflow reads it: libpq takes other characters in a password.
    url = make_url(os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    place = url.translate_connect_args(username="user", database="dbname") | dict(url.query)
    connection = psycopg2.connect(**place, connect_timeout=_ANSWER_SECONDS)
    try:
        with connection.cursor() as cursor:
            cursor.execute(_HEARTBEAT, (job_type, own_name(), _HEARTBEAT_SECONDS))
            return cursor.fetchone() is not None
    finally:
        connection.close()


def own_name() -> str:
    """Returns this host's name as ``airflow.utils.net.getfqdn`` does, whose import costs seconds.

    ``socket.getfqdn`` asks for the name of the address instead, which on a container may be another.
    """
    name = socket.gethostname()
    with suppress(OSError):
        found = socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM, flags=socket.AI_CANONNAME)
        return next((canonical for _, _, _, canonical, _ in found if canonical), name)
    return name


def has_worker() -> bool:
    """Whether the Celery worker of this host answers by the queue."""
    from celery import Celery  # type: ignore[import-untyped]

    name = f"celery@{socket.gethostname()}"
    app = Celery(broker=os.environ["AIRFLOW__CELERY__BROKER_URL"])
    # One answer is enough: without the limit it would wait for others to the end.
    return bool(app.control.broadcast("ping", destination=[name], reply=True, timeout=_ANSWER_SECONDS, limit=1))


if __name__ == "__main__":
    sys.exit(not (has_worker() if sys.argv[1] == "worker" else has_heartbeat(sys.argv[1])))
