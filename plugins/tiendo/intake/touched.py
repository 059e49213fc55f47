"""Which periods a set of files has changed: known from the warehouse, so that a run that died forgets none."""

from collections.abc import Sequence

from sqlalchemy import Engine

from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement


def touched_periods(engine: Engine, file_ids: Sequence[int]) -> list[str]:
    """Returns the periods about which any of these files said something that was accepted, in order."""
    with loader(engine) as connection:
        return list(connection.execute(statement("intake/touched_periods.sql"), {"file_ids": list(file_ids)}).scalars())
