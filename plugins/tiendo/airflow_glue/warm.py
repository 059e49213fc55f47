"""Airflow with the heavy libraries imported beforehand: ``python -m tiendo.airflow_glue.warm scheduler``.

The LocalExecutor's workers are forked from the scheduler, those of Celery from their first process, and every task from
a worker. What is imported here once is in each task from its beginning, and lies in memory once for all of them.
"""


def main() -> None:
    """Imports, then runs ``airflow`` with the arguments given."""
    _warm_up()
    from airflow.__main__ import main as airflow

    airflow()  # type: ignore[no-untyped-call]


def _warm_up() -> None:
    import psycopg  # noqa: F401

    import tiendo.collect.folder
    import tiendo.process.mail_run
    import tiendo.process.warmed
    import tiendo.reading.reader
    import tiendo.report.edition  # noqa: F401


if __name__ == "__main__":
    main()
