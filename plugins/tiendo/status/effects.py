"""What a register would change in the verdicts that the warehouse holds, before it is stored."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection

from tiendo import clock
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.status.compute import COLUMNS, compute
from tiendo.warehouse.sql import statement

_CODE, _STATUS = COLUMNS.index("indicator_code"), COLUMNS.index("status")


class Effect(NamedTuple):
    """A verdict that would be another; "" where there was or will be none."""

    period: Period
    indicator: str
    before: str
    after: str


def effects(connection: Connection, register: Register) -> Iterator[Effect]:
    """Yields the verdicts that a register would change, by period; nothing for a plan that the warehouse does not know.

    Args:
        connection: in the loader's role.
        register: checked, not stored.
    """
    as_of, heirs = clock.now(), register.heirs_on(clock.today())
    for entry in register.calendar:
        parameters = {"plan_code": register.code, "period": str(entry.period), "as_of": as_of}
        known = {
            row.indicator_code: row.status for row in connection.execute(statement("status/standing.sql"), parameters)
        }
        if not known:
            continue
        figures = connection.execute(statement("status/figures_at.sql"), parameters)
        rows = compute(register.in_force(entry.period), figures, entry.period, as_of, heirs)
        graded = {row[_CODE]: row[_STATUS] for row in rows}
        for code in {**graded, **known}:
            if known.get(code, "") != graded.get(code, ""):
                yield Effect(entry.period, code, known.get(code, ""), graded.get(code, ""))
