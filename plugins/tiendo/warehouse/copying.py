"""Bulk loading by COPY, inside the caller's transaction."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from tiendo.warehouse.sql import statement


def copy_rows(connection: Connection, name: str, rows: Iterable[Sequence[Any]]) -> None:
    """Sends rows to the ``copy ... from stdin`` statement of this name.

    NUL characters, which PostgreSQL text cannot hold, are dropped.
    """
    with connection.connection.cursor().copy(statement(name).text) as copy:
        for row in rows:
            copy.write_row([v.replace("\x00", "") if isinstance(v, str) else v for v in row])
