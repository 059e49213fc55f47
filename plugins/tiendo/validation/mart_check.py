"""Suite ``mart`` over the rows of one period."""

from datetime import datetime

from sqlalchemy import Connection, Engine

from tiendo import clock
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.validation.suites import check_table
from tiendo.validation.table_frames import mart_frame
from tiendo.warehouse.engine import reader
from tiendo.warehouse.sql import fetch_frame


class MartError(RuntimeError):
    """The mart breaks its own promises; the message names rules and rows."""


def check_mart(engine: Engine, register: Register, period: Period) -> None:
    """Checks a period's statuses as they stand now.

    Raises:
        MartError: rules are broken.
    """
    with reader(engine) as connection:
        if failures := mart_failures(connection, register, period, clock.now()):
            raise MartError("\n".join([f"{period}: the mart checks fail:", *failures]))


def mart_failures(connection: Connection, register: Register, period: Period, instant: datetime) -> list[str]:
    """Returns one sentence for each rule that the period's statuses break as they stood at an instant; [] for none."""
    rows = fetch_frame(connection, "mart/status_at.sql", plan_code=register.code, period=str(period), instant=instant)
    return check_table("mart", mart_frame(register, rows, instant))
