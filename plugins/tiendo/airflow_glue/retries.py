"""Which failures are worth another try: those of database and network. Our own broken assumption is not."""

from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule


class _NamedRule(RetryRule):
    """A rule whose exceptions are imported when a task fails, not when a DAG file is parsed."""

    # RetryRule of the task SDK 1.3 (Airflow 3.3) looks here whether the names can be imported, and logs if they cannot.
    def __post_init__(self) -> None:
        """Leaves out the parent's import of the named classes."""


INFRASTRUCTURE_ONLY = ExceptionRetryPolicy(
    rules=[
        _NamedRule(
            exception=[
                "sqlalchemy.exc.OperationalError",
                "sqlalchemy.exc.InterfaceError",
                "psycopg.OperationalError",
                "builtins.ConnectionError",
                "builtins.TimeoutError",
            ],
            action=RetryAction.RETRY,
            reason="Database or network out of reach",
        )
    ],
    default=RetryAction.FAIL,
)

# A worker that dies is tried again as well: then no exception is there to be judged.
DEFAULT_ARGS: dict[str, Any] = {
    "retries": 3,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=10),
    "retry_policy": INFRASTRUCTURE_ONLY,
}
