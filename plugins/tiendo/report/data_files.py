"""CSV and Parquet of an edition's tables, and the Frictionless data package that describes them."""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tiendo.report.columns import EditionTable
from tiendo.report.data import EditionData
from tiendo.report.edition_tables import TABLES

Rows = list[tuple[Any, ...]]
# Digits kept after the point: exact for every reported figure, ample for computed ratios.
SCALE = 10
# A spreadsheet program runs such text as a formula, unless it is a plain number: -18,7.
_FORMULA = re.compile(r"[=+\-@\t\r](?![\d.,\s]*%?$)")


def render_data_files(data: EditionData) -> dict[str, bytes]:
    """Returns ``data/*.csv``, ``data/*.parquet`` and ``datapackage.json``, by path inside the edition."""
    files: dict[str, bytes] = {}
    resources = []
    for table in TABLES:
        rows = table.rows(data)
        for form, content in (("csv", to_csv(table, rows)), ("parquet", to_parquet(table, rows))):
            path = f"data/{table.name}.{form}"
            files[path] = content
            resources.append(_resource(table, form, path, content))
    files["datapackage.json"] = _json(
        {
            "profile": "data-package",
            "name": f"{data.plan_code}-{data.period}-{data.edition}".lower(),
            "title": f"{data.plan_short_title}: {data.period.vietnamese}, lần ban hành thứ {data.edition}",
            "description": "Figures of one edition as known at the instant in `created`. In CSV, text that a "
            "spreadsheet program would take for a formula (first character = + - @) has an apostrophe before it; "
            "Parquet holds the text as received. Numbers are decimals with at most ten digits after the point.",
            "created": data.as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "version": str(data.edition),
            "resources": resources,
        }
    )
    return files


def to_csv(table: EditionTable, rows: Rows) -> bytes:
    """Returns a table as CSV, with decimals of at most ten digits after the point."""
    return csv_bytes([column.name for column in table.columns], (map(_exact, row) for row in rows))


def csv_bytes(names: Iterable[str], rows: Iterable[Iterable[Any]]) -> bytes:
    """Returns rows as CSV (RFC 4180, UTF-8, comma, point decimals); an empty field is a missing value.

    Text that a spreadsheet program would take for a formula has an apostrophe before it.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_text(value) for value in row])
    return out.getvalue().encode()


def to_parquet(table: EditionTable, rows: Rows) -> bytes:
    """Returns a table as Parquet with the types of its columns."""
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    types = {
        "string": pa.string(),
        "integer": pa.int64(),
        "number": pa.decimal128(38, SCALE),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "datetime": pa.timestamp("us", tz="Asia/Ho_Chi_Minh"),
    }
    arrays = [
        pa.array([_exact(row[place]) for row in rows], type=types[column.type])
        for place, column in enumerate(table.columns)
    ]
    schema = pa.schema(
        [pa.field(c.name, types[c.type], metadata={"description": c.description, "title": c.title})
         for c in table.columns]
    )  # fmt: skip
    out = io.BytesIO()
    pq.write_table(pa.table(arrays, schema=schema), out, compression="zstd")
    return out.getvalue()


def _resource(table: EditionTable, form: str, path: str, content: bytes) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "name": table.name if form == "csv" else f"{table.name}-parquet",
        "path": path,
        "title": table.sheet,
        "description": table.description,
        "format": form,
        "mediatype": "text/csv" if form == "csv" else "application/vnd.apache.parquet",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "schema": {
            "fields": [
                {"name": c.name, "type": c.type, "title": c.title, "description": c.description}
                | ({"format": "any"} if c.type == "datetime" else {})
                for c in table.columns
            ],
            "primaryKey": list(table.key),
            "missingValues": [""],
        },
    }
    if form == "csv":
        shape["profile"] = "tabular-data-resource"
        shape["encoding"] = "utf-8"
        shape["dialect"] = {"delimiter": ",", "lineTerminator": "\r\n", "header": True}
    return shape


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case datetime():
            return value.isoformat()
        case date():
            return value.isoformat()
        case str():
            return f"'{value}" if _FORMULA.match(value) else value
        case _:
            return str(value)


def _exact(value: Any) -> Any:
    """Rounds a decimal with more digits than ``SCALE``; leaves all else as it is."""
    if isinstance(value, Decimal) and int(value.as_tuple().exponent) < -SCALE:
        return round(value, SCALE)
    return value


def _json(document: Any) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
