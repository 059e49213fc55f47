"""Airflow with the heavy libraries imported beforehand: ``python -m tiendo.airflow_glue.warm scheduler``.

The LocalExecutor's workers are forked from the scheduler, those of Celery from their first process, and every task from
a worker. What is imported here once is in each task from its beginning, which saves it five seconds, and lies in
memory once for all of them.
"""

from importlib import import_module

PRELOADED = (
    "psycopg",
    "tiendo.process.batch",
    "tiendo.collect.folder",
    "tiendo.reading.reader",
    "tiendo.process.mail_run",
    "tiendo.report.edition",
    "tiendo.status.service",
    "tiendo.validation.check",
)


def main() -> None:
    """Imports, then runs ``airflow`` with the arguments given."""
    from tiendo.validation.suites import warm

    for name in PRELOADED:
        import_module(name)
    warm()
    from airflow.__main__ import main as airflow

    airflow()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
