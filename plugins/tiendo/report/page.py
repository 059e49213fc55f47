"""The HTML pages: an edition as one self-contained file, and the list of all editions.

Both are readable on a phone, in print and by a screen reader.
"""

from typing import Any

from sqlalchemy import Connection

from tiendo.durable import write_files
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.report.charts import legend, path_chart, section_bars
from tiendo.report.data import EditionData
from tiendo.report.edition_tables import FILES, SOURCES
from tiendo.report.view import build_view
from tiendo.report.words import clean, period_name, short_instant
from tiendo.settings import Settings
from tiendo.templates import template
from tiendo.warehouse.sql import statement

INDEX = "index.html"
# What a reader opens, in the order of the links; the rest is in the folder.
_LINKS = (
    ("bao-cao.html", "Trang báo cáo"),
    ("bao-cao.docx", "Word"),
    ("bao-cao.pdf", "PDF"),
    ("bao-cao.xlsx", "Excel"),
    ("giao-ban.docx", "Họp giao ban"),
    ("manifest.json", "Kê khai tệp"),
)


def render_page(data: EditionData) -> bytes:
    """Returns the edition as one HTML file in UTF-8; what departments wrote is escaped.

    Raises:
        jinja2.UndefinedError: the template uses a variable that is not given.
    """
    return template("report.html.j2").render(page_view(data)).encode() + b"\n"


def page_view(data: EditionData) -> dict[str, Any]:
    """Returns the variables of the HTML template: those of the DOCX, charts, and the origin of every figure."""
    view = build_view(data)
    lines = {line.code: line for line in data.graded}
    rows = {row["code"]: row for row in (*view["annex_rows"], *view["annex_body_rows"])}
    for code, row in rows.items():
        row["chart"] = path_chart(lines[code]) if code in lines else None
    return view | {
        "bars": section_bars(data),
        "legend": [entry for entry in legend() if entry["code"] in data.status_counts],
        "looks": {entry["code"]: entry for entry in legend()},
        "origins": [rows[line.code] | SOURCES.printed(line) for line in SOURCES.items(data)],
        "files": [FILES.printed(file) for file in data.inputs],
    }


def write_index(connection: Connection, settings: Settings, register: Register) -> None:
    """Writes ``published/index.html``, every period and edition on one page, anew from the warehouse.

    It is written whole under its name. The same editions give the same bytes.
    """
    periods: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute(statement("report/index.sql"), {"plan_code": register.code}).mappings():
        periods.setdefault(period_name(Period.parse(row["period"])), []).append(_edition(dict(row)))
    page = template("published_index.html.j2").render(
        plan=register.short_title,
        province=register.province,
        periods=[{"name": name, "editions": editions} for name, editions in periods.items()],
    )
    target = settings.published / INDEX
    if not target.exists() or target.read_bytes() != page.encode():
        write_files({target: page.encode()})


def _edition(row: dict[str, Any]) -> dict[str, Any]:
    outputs = {output["path"] for output in row["manifest"]["outputs"]} | {"manifest.json"}
    counts = row["manifest"]["counts"]
    folder = f"{row['period']}/{row['edition']}"
    return {
        "number": row["edition"],
        "is_supplement": row["is_supplement"],
        "as_of": short_instant(row["as_of"]),
        "data_days": row["manifest"].get("data_days", ""),  # editions before this key say nothing of it
        "approved_by": clean(row["approved_by"]),
        "approved_at": short_instant(row["approved_at"]),
        "received": f"{counts['submissions_received']}/{counts['submissions_owed']}",
        "sha256": row["manifest_sha256"][:16],
        "links": [{"href": f"{folder}/{path}", "label": label} for path, label in _LINKS if path in outputs],
    }
