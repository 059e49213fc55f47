"""Periods that are open to a body once more because a reviewer has asked it to correct its report."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from tiendo.model.register import Register
from tiendo.warehouse.sql import statement


class Reopened(NamedTuple):
    """A body and period, open from ``since`` until a file that answers was taken in; None while none was."""

    agency: str
    period: str
    since: datetime
    until: datetime | None


def read_reopened(connection: Connection, register: Register) -> tuple[Reopened, ...]:
    """Returns every request for correction of the plan."""
    rows = connection.execute(statement("intake/reopened.sql"), {"plan_code": register.code})
    return tuple(Reopened(*row) for row in rows)


def open_at(reopened: Iterable[Reopened], instant: datetime) -> frozenset[tuple[str, str]]:
    """Returns the (body, period) that are open at an instant; the file that answers still finds its period open."""
    return frozenset(
        (each.agency, each.period)
        for each in reopened
        if each.since <= instant and (each.until is None or instant <= each.until)
    )
