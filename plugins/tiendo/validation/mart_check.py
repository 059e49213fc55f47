"""Suite ``mart`` over the rows of one period."""

from datetime import datetime

from sqlalchemy import Connection, Engine

from tiendo import clock
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.validation.kept_results import keep_runs, mart_key
from tiendo.validation.suites import check_table
from tiendo.validation.table_frames import mart_frame
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import fetch_frame


class MartError(RuntimeError):
    """The mart breaks its own promises; the message names rules and rows."""


def check_mart(engine: Engine, register: Register, period: Period) -> None:
    """Checks a period's statuses as they stand now, and keeps what was found.

    Raises:
        MartError: rules are broken.
    """
    with loader(engine) as connection:
        failures = mart_failures(connection, register, period, clock.now())
    if failures:
        raise MartError("\n".join([f"{period}: the mart checks fail:", *failures]))


def mart_failures(connection: Connection, register: Register, period: Period, instant: datetime) -> list[str]:
    """Returns one sentence for each rule that the period's statuses break as they stood at an instant; [] for none.

    What the suite said is kept in the caller's transaction.
    """
    rows = fetch_frame(
        connection, "queries/status_at.sql", plan_code=register.code, period=str(period), instant=instant
    )
    check = check_table("mart", mart_frame(register, rows, instant))
    keep_runs(connection, mart_key(register, period, instant, check.run, clock.now()), [check.run])
    return check.faults
