"""The relations of schema ``mart`` as a program is offered them, told by the database itself; and pages of their rows.

A view or function that is added there, with its key in include/mart/relations.yaml, is offered without a line here.
"""

import operator
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Engine, FromClause, Select, column, func, select, table, tuple_

from tiendo.warehouse.contract import relations
from tiendo.warehouse.engine import reader
from tiendo.warehouse.sql import statement

COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "gte": operator.ge, "gt": operator.gt, "lte": operator.le, "lt": operator.lt
}  # fmt: skip
# No query of a reader holds up what loads for longer, be it by a lock or by the work it makes.
LONGEST_SECONDS = 10


@dataclass(frozen=True)
class OfferedColumn:
    """A column: its type as PostgreSQL calls it, and its comment."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True)
class OfferedTable:
    """A relation.

    Attributes:
        name: without the schema.
        key: the columns that tell its rows apart, and put them in order.
        columns_at: what is known of it as of an instant; empty where it has no function ``<name>_at``.
        needs: the columns of which that function asks one value each.
    """

    name: str
    comment: str
    columns: Mapping[str, OfferedColumn]
    key: tuple[str, ...]
    columns_at: Mapping[str, OfferedColumn]
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """What is wanted of a table: every row that meets all conditions, ``limit`` at a time.

    Attributes:
        columns: which, in this order.
        any_of: by column, of which values it has one.
        compared: column, name of the comparison (``COMPARISONS``), value.
        as_of: None for now.
        after: the key of the last row that is known already; empty for none.
    """

    table: OfferedTable
    columns: tuple[str, ...]
    limit: int
    any_of: Mapping[str, tuple[Any, ...]]
    compared: tuple[tuple[str, str, Any], ...] = ()
    as_of: datetime | None = None
    after: tuple[Any, ...] = ()


@lru_cache(maxsize=1)
def offered_tables(engine: Engine) -> Mapping[str, OfferedTable]:
    """Returns the tables by name, in the order of relations.yaml; read once, for a process begins after a migration.

    Raises:
        LookupError: there are none: the warehouse is not migrated yet, and will be asked again.
    """
    columns: dict[str, dict[str, OfferedColumn]] = defaultdict(dict)
    given: dict[str, dict[str, OfferedColumn]] = defaultdict(dict)
    asked: dict[str, list[str]] = defaultdict(list)
    comments = {}
    with reader(engine) as connection:
        for row in connection.execute(statement("queries/columns.sql")):
            comments[row.relation] = row.relation_comment
            columns[row.relation][row.column_name] = OfferedColumn(row.column_name, row.type, row.comment)
        for row in connection.execute(statement("queries/as_of_functions.sql")):
            if row.is_asked:
                asked[row.relation].append(row.name.removeprefix("of_"))
            elif row.name in columns[row.relation]:
                comment = columns[row.relation][row.name].comment
                given[row.relation][row.name] = OfferedColumn(row.name, row.type, comment)
    if not columns:
        raise LookupError("schema mart has no relations")
    # The first that a function asks for is the instant.
    return {
        name: OfferedTable(name, comments[name], columns[name], each.key, given[name], tuple(asked[name][1:]))
        for name, each in relations().items()
        if name in columns
    }


def fetch_page(engine: Engine, asked: Asked) -> tuple[list[tuple[Any, ...]], tuple[Any, ...]]:
    """Returns the rows, and the key of the last one if there are more of them; () at the end.

    Raises:
        sqlalchemy.exc.OperationalError: by psycopg's QueryCanceled, it takes too long.
    """
    with reader(engine) as connection:
        connection.execute(
            select(
                func.set_config("statement_timeout", f"{LONGEST_SECONDS}s", True),
                func.set_config("transaction_read_only", "on", True),
            )
        )
        found = connection.execute(_select(asked)).all()
    width, rows = len(asked.columns), found[: asked.limit]
    is_more = len(found) > asked.limit
    return [tuple(row[:width]) for row in rows], tuple(rows[-1][width:]) if is_more else ()


def _select(asked: Asked) -> Select[Any]:
    """Every name is one of the catalogue's, and quoted by SQLAlchemy; every value is bound."""
    source = _source(asked)
    key = [source.c[name] for name in asked.table.key]
    query = select(*(source.c[name] for name in asked.columns), *(part.label(None) for part in key))
    for name, values in asked.any_of.items():
        query = query.where(source.c[name].in_(values))
    for name, comparison, value in asked.compared:
        query = query.where(COMPARISONS[comparison](source.c[name], value))
    if asked.after:
        query = query.where(tuple_(*key) > tuple_(*asked.after))
    return query.order_by(*key).limit(asked.limit + 1)


def _source(asked: Asked) -> FromClause:
    name = asked.table.name
    if asked.as_of is None:
        return table(name, *map(column, asked.table.columns), schema="mart")
    of = (asked.any_of[needed][0] for needed in asked.table.needs)
    function = getattr(func.mart, f"{name}_at")(asked.as_of, *of)
    return function.table_valued(*map(column, asked.table.columns_at), name=name)  # type: ignore[no-any-return]
