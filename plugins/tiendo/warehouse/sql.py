"""The statements of include/sql/, one a file; frames made from them, and rows loaded by them in bulk."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, TextClause, text

from tiendo.settings import INCLUDE

if TYPE_CHECKING:
    import pandas as pd


@cache
def statement(name: str) -> TextClause:
    """Returns a statement by its path below include/sql/, with its ``:parameters`` unbound."""
    return text((INCLUDE / "sql" / name).read_text(encoding="utf-8"))


def fetch_frame(connection: Connection, name: str, **parameters: Any) -> "pd.DataFrame":
    """Runs a statement and returns its rows as a frame of Python objects: decimals stay exact, NULL is None."""
    import pandas as pd

    result = connection.execute(statement(name), parameters)
    return pd.DataFrame(result.fetchall(), columns=list(result.keys()), dtype=object)


def copy_rows(connection: Connection, name: str, rows: Iterable[Sequence[Any]]) -> None:
    """Sends rows to the ``copy ... from stdin`` statement of this name.

    NUL characters, which PostgreSQL text cannot hold, are dropped.
    """
    with connection.connection.cursor().copy(statement(name).text) as copy:
        for row in rows:
            copy.write_row([v.replace("\x00", "") if isinstance(v, str) else v for v in row])
