"""CSV and Parquet of an edition's tables, and the Frictionless data package that describes them."""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tiendo.clock import HANOI
from tiendo.model.code_labels import code_labels
from tiendo.report.columns import EditionColumn, EditionTable
from tiendo.report.data import EditionData
from tiendo.report.edition_tables import EDITION_KEY, TABLES

Rows = list[tuple[Any, ...]]
PACKAGE = "datapackage.json"
# Digits kept after the point: exact for every reported figure, ample for computed ratios.
SCALE = 10
# A spreadsheet program runs such text as a formula, unless it is a plain number: -18,7.
_FORMULA = re.compile(r"[\s\ufeff\u200b]*[=+\-@\t\r\n＝＋－＠](?![\d.,\s]*%?$)")
_BOM = "\ufeff"
# By Decree 47/2020/NĐ-CP open data of state bodies may be used freely, its source being named.
LICENCE = {
    "name": "other-at",
    "title": "Dữ liệu mở của cơ quan nhà nước (Nghị định số 47/2020/NĐ-CP): được tự do sử dụng, phải dẫn nguồn",
}
CODE_LABELS = "code_labels"
CODE_LABELS_SHEET = "Tên của các mã"
_CODE_LABEL_COLUMNS = {
    "code_list": ("Bộ mã", "What the code is of."),
    "code": ("Mã", "The code, as the tables have it."),
    "label_vi": ("Tên tiếng Việt", "What it is called in Vietnamese."),
    "label_en": ("Tên tiếng Anh", "What it is called in English."),
}


def render_data_files(data: EditionData) -> dict[str, bytes]:
    """Returns the files of an edition's tables and ``datapackage.json``, by path inside the edition.

    Those are ``data/*.csv``, ``data/*.parquet``, for Excel with Vietnamese settings ``excel/*.csv``, and the labels of
    codes.
    """
    senders = dict.fromkeys(file.agency_name for file in data.inputs if file.is_used and file.agency_name)
    return render_package(
        {table.name: table.rows(data) for table in TABLES},
        {
            "name": f"{data.plan_code}-{data.period}-{data.edition}".lower(),
            "title": f"{data.plan_short_title}: {data.period.vietnamese}, lần ban hành thứ {data.edition}",
            "description": "Figures of one edition as known at the instant in `created`.",
            "created": instant(data.as_of),
            "version": str(data.edition),
            "sources": [
                {"title": data.plan_title},
                *({"title": f"Báo cáo {data.period.vietnamese} của {name}"} for name in senders),
            ],
            "contributors": [
                {"title": data.letterhead.issuing_body, "role": "publisher"},
                *({"title": name, "role": "contributor"} for name in senders),
            ],
        },
    )


def render_package(tables: Mapping[str, Rows], told: Mapping[str, Any]) -> dict[str, bytes]:
    """Returns the files of tables and their data package, which comes last.

    Args:
        tables: rows in the order of the columns, by the table's name.
        told: properties of the package: name, title, description and what else is known.
    """
    files: dict[str, bytes] = {}
    resources = []
    for table in TABLES:
        rows = tables[table.name]
        for form, content in (("csv", to_csv(table, rows)), ("parquet", to_parquet(table, rows))):
            path = f"data/{table.name}.{form}"
            files[path] = content
            resources.append(_resource(table, form, path, content))
        files[f"excel/{table.name}.csv"] = to_excel_csv(table, rows)
    path = f"data/{CODE_LABELS}.csv"
    files[path] = _code_labels()
    resources.append(_labels_resource(path, files[path]))
    files[PACKAGE] = _json(
        {
            "profile": "data-package",
            **told,
            "description": f"{told['description']} In CSV, text that a spreadsheet program would take for a formula "
            "(beginning with = + - @) has an apostrophe before it; Parquet holds the text as received. Numbers are "
            "decimals with at most ten digits after the point. Codes have their labels in code_labels. The CSV files "
            "in excel/ hold the same for Excel with Vietnamese settings.",
            "licenses": [LICENCE],
            "resources": resources,
        }
    )
    return files


def instant(moment: datetime) -> str:
    """Returns an instant in UTC, ``2023-06-14T09:30:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_csv(table: EditionTable, rows: Rows) -> bytes:
    """Returns a table as CSV, with decimals of at most ten digits after the point."""
    return csv_bytes([column.name for column in table.columns], (map(_exact, row) for row in rows))


def csv_bytes(names: Iterable[str], rows: Iterable[Iterable[Any]]) -> bytes:
    """Returns rows as CSV (RFC 4180, UTF-8, comma, point decimals); an empty field is a missing value.

    Text that a spreadsheet program would take for a formula has an apostrophe before it.
    """
    return csv_text(names, ([field_text(value) for value in row] for row in rows)).encode()


def to_excel_csv(table: EditionTable, rows: Rows) -> bytes:
    """Returns a table as Excel with Vietnamese settings opens it by a double click.

    That is UTF-8 with a byte order mark, semicolons, decimal commas, and instants in Vietnamese time without offset.
    """
    body = [[_excel_text(_exact(value)) for value in row] for row in rows]
    return (_BOM + csv_text([column.name for column in table.columns], body, delimiter=";")).encode()


def csv_text(heads: Iterable[str], rows: Iterable[list[str]], delimiter: str = ",") -> str:
    """Returns fields as CSV (RFC 4180)."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n", delimiter=delimiter).writerows([heads, *rows])
    return out.getvalue()


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
    ending = "" if form == "csv" else f"-{form}"
    schema = {
        "fields": [_field(column) for column in table.columns],
        "primaryKey": [*EDITION_KEY, *table.key],
        "foreignKeys": [_reference(table, to, ending) for to in table.references],
    }
    shape = {"name": f"{table.name}{ending}", "path": path, "title": table.sheet, "description": table.description}
    if form == "csv":
        return shape | _csv_file(content) | {"schema": schema | {"missingValues": [""]}}
    # Readers that go through pandas have a missing number or instant as NaN and NaT, and do not count a file's bytes:
    # its size is in manifest.json.
    return shape | {
        "format": form,
        "mediatype": "application/vnd.apache.parquet",
        "hash": _hash(content),
        "schema": schema | {"missingValues": ["", "nan", "NaT"]},
    }


def _csv_file(content: bytes) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "header": True},
        "bytes": len(content),
        "hash": _hash(content),
    }


def _field(column: EditionColumn) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "name": column.name,
        "type": column.type,
        "title": column.title,
        "description": column.description,
    }
    if column.type == "datetime":
        shape["format"] = "any"
    if column.code_list:
        codes = (code for name in column.code_list for code in code_labels()[name])
        shape["constraints"] = {"enum": list(dict.fromkeys(codes))}
    return shape


def _reference(table: EditionTable, to: str, ending: str) -> dict[str, Any]:
    """Returns a foreign key; one of a column that may be empty cannot have the edition's columns, which never are."""
    columns = table.references[to]
    fields = [*columns] if columns == ("receipt_no",) else [*EDITION_KEY, *columns]
    return {"fields": fields, "reference": {"resource": f"{to}{ending}", "fields": fields}}


def _code_labels() -> bytes:
    rows = [
        [name, code, label.vietnamese, label.english]
        for name, labels in code_labels().items()
        for code, label in labels.items()
    ]
    return csv_text([*_CODE_LABEL_COLUMNS], rows).encode()


def _labels_resource(path: str, content: bytes) -> dict[str, Any]:
    return {
        "name": CODE_LABELS,
        "path": path,
        "title": CODE_LABELS_SHEET,
        "description": "What each code is called in Vietnamese and English, in the order of display.",
        **_csv_file(content),
        "schema": {
            "fields": [
                {"name": name, "type": "string", "title": title, "description": description}
                for name, (title, description) in _CODE_LABEL_COLUMNS.items()
            ],
            "primaryKey": ["code_list", "code"],
        },
    }


def _hash(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def field_text(value: Any) -> str:
    """Returns a value as a field of CSV: "" for none, never a formula."""
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


def _excel_text(value: Any) -> str:
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case Decimal():
            return field_text(value).replace(".", ",")
        case datetime():
            return f"{value.astimezone(HANOI):%Y-%m-%d %H:%M:%S}"
    return field_text(value)


def _exact(value: Any) -> Any:
    """Rounds a decimal with more digits than ``SCALE``; leaves all else as it is."""
    if isinstance(value, Decimal) and int(value.as_tuple().exponent) < -SCALE:
        return round(value, SCALE)
    return value


def _json(document: Any) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
