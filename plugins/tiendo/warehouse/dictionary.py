"""The data dictionary of schema mart, made from the comments in the database."""

from itertools import groupby

from sqlalchemy import Engine

from tiendo.warehouse.sql import statement

HEAD = """# Data dictionary of schema `mart`

Generated from the comments in the database (`make docs`); do not edit. Consumers read schema `mart` with role
`tiendo_reader`. Columns are only ever added.
"""


def dictionary(engine: Engine) -> str:
    """Returns the dictionary as Markdown.

    Raises:
        ValueError: a relation or column has no comment.
    """
    with engine.connect() as connection:
        rows = connection.execute(statement("queries/columns.sql")).all()
    parts = [HEAD]
    for relation, columns in groupby(rows, key=lambda row: (row.relation, row.relation_comment)):
        name, comment = relation
        if not comment:
            raise ValueError(f"mart.{name} has no comment")
        parts.append(f"## `mart.{name}`\n\n{comment}\n\n| column | type | meaning |\n|---|---|---|")
        for row in columns:
            if not row.comment:
                raise ValueError(f"mart.{name}.{row.column_name} has no comment")
            parts.append(f"| `{row.column_name}` | {row.type} | {row.comment} |")
        parts.append("")
    return "\n".join(parts)
