"""``published/index.html``: every period and edition on one page, made anew from the warehouse at each publication."""

from typing import Any

from sqlalchemy import Connection

from tiendo.durable import write_files
from tiendo.model.period import Period
from tiendo.model.register import Register
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
    ("manifest.json", "Kê khai tệp"),
)


def write_index(connection: Connection, settings: Settings, register: Register) -> None:
    """Writes the page whole under its name. The same editions give the same bytes."""
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
        "approved_by": clean(row["approved_by"]),
        "approved_at": short_instant(row["approved_at"]),
        "received": f"{counts['submissions_received']}/{counts['submissions_owed']}",
        "sha256": row["manifest_sha256"][:16],
        "links": [{"href": f"{folder}/{path}", "label": label} for path, label in _LINKS if path in outputs],
    }
