"""An edition as one self-contained HTML file, readable on a phone, in print and by a screen reader."""

import base64
import hashlib
from collections.abc import Collection
from typing import Any

from tiendo.report.charts import NARROW, WIDE, legend, path_legend, path_svg, ranked_svg, unranked
from tiendo.report.data import EditionData
from tiendo.report.data_files import CODE_LABELS, CODE_LABELS_SHEET
from tiendo.report.edition_tables import FILES, SOURCES, read_tables
from tiendo.report.result_sheet import sheet_path
from tiendo.report.view import build_view
from tiendo.report.words import part_text, source_text, sum_text
from tiendo.templates import TEMPLATES, template

_SCRIPT = TEMPLATES / "report.js"
# What a reader opens of an edition, in the order of the links; the rest is in its folder.
LINKS = (
    ("bao-cao.html", "Trang báo cáo"),
    ("bao-cao.docx", "Word"),
    ("bao-cao.pdf", "PDF"),
    ("bao-cao.xlsx", "Excel"),
    ("giao-ban.docx", "Họp giao ban"),
    ("datapackage.json", "Gói dữ liệu"),
    ("data/indicators.csv", "CSV"),
    ("excel/indicators.csv", "CSV cho Excel"),
    ("data/indicators.parquet", "Parquet"),
    ("sdmx/structure.json", "SDMX: cấu trúc"),
    ("sdmx/indicators.csv", "SDMX: số liệu"),
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
        "links": [
            {"href": path, "label": label}
            for path, label in LINKS[1:]
            if path in beside and not path.startswith(("data/", "excel/"))
        ],
        "tables": [
            {"title": title, "links": links}
            for name, title in [
                *((table.name, table.sheet) for table in read_tables(data)),
                (CODE_LABELS, CODE_LABELS_SHEET),
            ]
            if (links := _links(name, beside))
        ],
        "script": script,
        "script_hash": f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}",
    }


def _listed(names: Collection[str]) -> str:
    """Returns names as an attribute holds them, a line each."""
    return "\n".join(names)


def _links(table: str, beside: Collection[str]) -> list[dict[str, str]]:
    paths = {
        f"data/{table}.csv": "CSV",
        f"excel/{table}.csv": "CSV cho Excel",
        f"data/{table}.parquet": "Parquet",
    }
    return [{"href": path, "label": label} for path, label in paths.items() if path in beside]
