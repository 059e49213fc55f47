"""What became of a set of files, known from the warehouse, so that a run that died half-way forgets nothing."""

from collections.abc import Sequence

from sqlalchemy import Engine

from tiendo import clock
from tiendo.model.register import Register
from tiendo.process.batch import waiting_batches
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement


class UnsettledError(RuntimeError):
    """Files that were to get their fate still wait for it."""


def touched_periods(engine: Engine, file_ids: Sequence[int]) -> list[str]:
    """Returns the periods about which any of these files said something that was accepted, in order."""
    with loader(engine) as connection:
        return list(connection.execute(statement("intake/touched_periods.sql"), {"file_ids": list(file_ids)}).scalars())


def ungraded_periods(engine: Engine, register: Register) -> set[str]:
    """Returns the periods that may have changed since they were graded: a run died between loading and grading."""
    with loader(engine) as connection:
        parameters = {"plan_code": register.code, "now": clock.now()}
        return set(connection.execute(statement("intake/ungraded_periods.sql"), parameters).scalars())


def check_settled(engine: Engine, file_ids: Sequence[int]) -> None:
    """Checks that none of these files waits any more.

    Raises:
        UnsettledError: naming those that do.
    """
    waiting = {file_id for batch in waiting_batches(engine) for file_id in batch}
    if left := sorted(waiting & set(file_ids)):
        raise UnsettledError(f"{len(left)} of {len(file_ids)} files still wait for their fate: {left[:20]}")
