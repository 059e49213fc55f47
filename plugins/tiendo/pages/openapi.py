"""The data API as OpenAPI 3.1, made from the same catalogue as its answers."""

from collections.abc import Iterable, Mapping
from typing import Any

from tiendo.pages.asked import FORMATS, KINDS, LARGEST_LIMIT, RESERVED, USUAL_LIMIT
from tiendo.warehouse.offered import COMPARISONS, OfferedColumn, OfferedTable

_ERROR = {"$ref": "#/components/responses/error"}
_TEXT = {"type": "string"}


def openapi(tables: Iterable[OfferedTable], root: str) -> dict[str, Any]:
    """Returns the document; ``root`` is the path that the tables' names follow."""
    tables = list(tables)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tiendo: schema mart",
            "version": "1",
            "description": "Read only. Columns and tables are only ever added.",
        },
        "servers": [{"url": root}],
        "security": [{"token": []}, {"login": []}],
        "paths": {f"/{table.name}": {"get": _operation(table)} for table in tables},
        "components": {
            "schemas": {table.name: _row(table) for table in tables},
            "responses": {
                "error": {
                    "description": "Why not; of 422 with the parameter at fault.",
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["detail"],
                                "properties": {"detail": _TEXT, "field": _TEXT},
                            }
                        }
                    },
                }
            },
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "From Airflow's POST /auth/token."},
                "login": {"type": "apiKey", "in": "cookie", "name": "_token", "description": "A browser's login."},
            },
        },
    }


def _operation(table: OfferedTable) -> dict[str, Any]:
    return {
        "operationId": table.name,
        "summary": table.comment,
        "description": f"Rows in the order of {', '.join(table.key)}.",
        "parameters": [*_general(table), *(each for column in table.columns.values() for each in _filters(column))],
        "responses": {
            "200": {
                "description": "A page of rows.",
                "headers": {
                    "Link": {"schema": _TEXT, "description": 'The next page: rel="next". None after the last one.'},
                    "ETag": {"schema": _TEXT, "description": "For If-None-Match."},
                },
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["rows", "next"],
                            "properties": {
                                "rows": {"type": "array", "items": {"$ref": f"#/components/schemas/{table.name}"}},
                                "next": {"type": ["string", "null"], "description": "Path of the next page."},
                            },
                        }
                    },
                    "text/csv": {"schema": _TEXT},
                },
            },
            "304": {"description": "As If-None-Match has it."},
            **dict.fromkeys(("401", "403", "404", "422", "503"), _ERROR),
        },
    }


def _general(table: OfferedTable) -> Iterable[dict[str, Any]]:
    names = {"type": "array", "items": {"enum": list(table.columns)}}
    yield _parameter("columns", names, "Which columns, by commas; all without it.", style="form", explode=False)
    limit = {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": USUAL_LIMIT}
    yield _parameter("limit", limit, "How many rows a page.")
    yield _parameter("cursor", _TEXT, "Where a page begins: out of Link or next.")
    yield _parameter("format", {"enum": list(FORMATS)}, "In place of the header Accept.")
    if table.columns_at:
        needs = f" Needs one value of each: {', '.join(table.needs)}." if table.needs else ""
        yield _parameter("as_of", {"type": "string", "format": "date-time"}, f"As known at this instant.{needs}")


def _filters(column: OfferedColumn) -> Iterable[dict[str, Any]]:
    kind = KINDS.get(column.type)
    if kind is None:
        return
    if column.name not in RESERVED:
        yield _parameter(column.name, {"type": "array", "items": kind.schema}, f"{column.comment} Any of these values.")
    for comparison in COMPARISONS if kind.is_ordered else ():
        yield _parameter(f"{column.name}__{comparison}", kind.schema, f"Compared with {column.name}.")


def _parameter(name: str, schema: Mapping[str, Any], description: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description} | more


def _row(table: OfferedTable) -> dict[str, Any]:
    return {
        "type": "object",
        "description": table.comment,
        "properties": {column.name: _value(column, table.key) for column in table.columns.values()},
    }


def _value(column: OfferedColumn, key: tuple[str, ...]) -> dict[str, Any]:
    told: dict[str, Any] = {"description": column.comment}
    if kind := KINDS.get(column.type):
        told |= kind.schema
        if column.name not in key:
            told["type"] = [kind.schema["type"], "null"]
    return told
