"""The HTML pages: an edition as one self-contained file, and the list of all editions.

Both are readable on a phone, in print and by a screen reader.
"""

import base64
import hashlib
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, RowMapping

from tiendo.durable import write_files
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.plan.kept import kept_register
from tiendo.report.charts import NARROW, WIDE, legend, path_legend, path_svg, ranked_svg, unranked
from tiendo.report.data import EditionData
from tiendo.report.edition_tables import FILES, SOURCES, read_tables
from tiendo.report.result_sheet import sheet_path
from tiendo.report.view import build_view
from tiendo.report.words import lower, part_text, period_name, public_name, short_instant, source_text, sum_text
from tiendo.settings import Settings
from tiendo.templates import TEMPLATES, template
from tiendo.warehouse.sql import statement

INDEX = "index.html"
_SCRIPT = TEMPLATES / "report.js"
# What a reader opens, in the order of the links; the rest is in the folder.
_LINKS = (
    ("bao-cao.html", "Trang báo cáo"),
    ("bao-cao.docx", "Word"),
    ("bao-cao.pdf", "PDF"),
    ("bao-cao.xlsx", "Excel"),
    ("giao-ban.docx", "Họp giao ban"),
    ("datapackage.json", "Gói dữ liệu"),
    ("data/indicators.csv", "CSV"),
    ("data/indicators.parquet", "Parquet"),
    ("manifest.json", "Kê khai tệp"),
)


def render_page(data: EditionData, beside: Collection[str] = ()) -> bytes:
    """Returns the edition as one HTML file in UTF-8; what departments wrote is escaped.

    Args:
        data: the edition.
        beside: paths of the edition's other files, which the page links to.

    Raises:
        jinja2.UndefinedError: the template uses a variable that is not given.
    """
    return template("report.html.j2").render(page_view(data, beside)).encode() + b"\n"


def page_view(data: EditionData, beside: Collection[str] = ()) -> dict[str, Any]:
    """Returns the variables of the HTML template: those of the DOCX, charts, links, and the origin of every figure."""
    view = build_view(data)
    origins = {line.code: SOURCES.printed(line) for line in SOURCES.items(data)}
    lines = {line.code: line for line in data.graded}
    for row in (*view["annex_rows"], *view["annex_body_rows"]):
        line = lines.get(row["code"])
        row["chart"] = path_svg(line) if line else ""
        row["origin"] = origins.get(row["code"])
        row["sum"] = sum_text(line) if line else ""
        row["parts"] = [
            {
                "code": part.code,
                "name": part.name,
                "value": part_text(part.choice, part.value, data.period.kind),
                "origin": source_text(part.origin),
            }
            for part in (line.parts if line else ())
        ]
        row["bodies"] = _listed(line.agency_name.split("; ")) if line else ""
        row["full_name"] = line.full_name if line else ""
    reporters = {task.ref: [report.agency_name for report in task.reports] for task in data.tasks}
    for section in view["task_sections"]:
        for row in section["rows"]:
            row["bodies"] = _listed(reporters[row["ref"]])
    for row, submission in zip(view["submissions"]["rows"], data.submissions, strict=True):
        path = sheet_path(submission.agency_code)
        row["sheet"] = path if path in beside else ""
    script = _SCRIPT.read_text(encoding="utf-8")
    return view | {
        "ranked_wide": ranked_svg(data, WIDE, "ranked wide"),
        "ranked_narrow": ranked_svg(data, NARROW, "ranked narrow"),
        "unranked": unranked(data),
        "colours": path_legend(),
        "legend": [entry for entry in legend() if entry["code"] in data.status_counts],
        "looks": {entry["code"]: entry for entry in legend()},
        "bodies": [row.agency_name for row in data.submissions],
        "files": [FILES.printed(file) for file in data.inputs],
        "links": [{"href": path, "label": label} for path, label in _LINKS[1:] if path in beside and "/" not in path],
        "tables": [
            {"title": table.sheet, "links": links}
            for table in read_tables(data)
            if (links := _links(table.name, beside))
        ],
        "script": script,
        "script_hash": f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}",
    }


def _listed(names: Collection[str]) -> str:
    """Returns names as an attribute holds them, a line each."""
    return "\n".join(names)


def _links(table: str, beside: Collection[str]) -> list[dict[str, str]]:
    paths = ((f"data/{table}.{form}", label) for form, label in (("csv", "CSV"), ("parquet", "Parquet")))
    return [{"href": path, "label": label} for path, label in paths if path in beside]


def write_index(connection: Connection, settings: Settings, register: Register) -> None:
    """Writes ``published/index.html``, every plan, period and edition on one page, anew from the warehouse.

    It is written whole under its name. The same editions give the same bytes.
    """
    rows = connection.execute(statement("report/index.sql")).mappings().all()
    plans = {row["plan_code"]: _plan(connection, register, row) for row in rows} or {register.code: register}
    periods: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        name = period_name(Period.parse(row["period"]))
        name = name if len(plans) == 1 else f"{plans[row['plan_code']].short_title}: {lower(name)}"
        periods.setdefault(name, []).append(_edition(dict(row)))
    page = template("published_index.html.j2").render(
        plan="; ".join(plan.short_title for plan in plans.values()),
        province=", ".join(dict.fromkeys(plan.province for plan in plans.values())),
        periods=[{"name": name, "editions": editions} for name, editions in periods.items()],
    )
    target = settings.published / INDEX
    if not target.exists() or target.read_bytes() != page.encode():
        write_files({target: page.encode()})


def _plan(connection: Connection, register: Register, row: RowMapping) -> Register:
    """Returns the plan of an edition as it calls itself."""
    if row["plan_code"] == register.code:
        return register
    kept = kept_register(connection, row["register_sha256"])
    return kept or replace(register, code=row["plan_code"], short_title=row["plan_title"], province=row["province"])


def _edition(row: dict[str, Any]) -> dict[str, Any]:
    outputs = {output["path"] for output in row["manifest"]["outputs"]} | {"manifest.json"}
    counts = row["manifest"]["counts"]
    folder = f"{row['plan_code']}/{row['period']}/{row['edition']}"
    return {
        "number": row["edition"],
        "is_supplement": row["is_supplement"],
        "as_of": short_instant(row["as_of"]),
        "data_days": row["manifest"].get("data_days", ""),  # editions before this key say nothing of it
        "approved_by": public_name(row["approved_by"]),
        "approved_at": short_instant(row["approved_at"]),
        "received": f"{counts['submissions_received']}/{counts['submissions_owed']}",
        "sha256": row["manifest_sha256"][:16],
        "links": [{"href": f"{folder}/{path}", "label": label} for path, label in _LINKS if path in outputs],
    }
