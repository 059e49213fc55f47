"""HTML edition: one self-contained file, readable on a phone, in print and by a screen reader."""

from typing import Any

from tiendo.report.charts import legend, path_chart, section_bars
from tiendo.report.data import EditionData
from tiendo.report.edition_tables import FILES, SOURCES
from tiendo.report.view import build_view
from tiendo.templates import template


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
