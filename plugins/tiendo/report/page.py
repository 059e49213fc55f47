"""HTML edition: one self-contained file, readable on a phone, in print and by a screen reader."""

from typing import Any

from tiendo.report.charts import legend, path_chart, section_bars
from tiendo.report.data import EditionData, IndicatorLine
from tiendo.report.view import BASES, FILE_STATES, KINDS, build_view, clean, line_view, short_instant
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
    for row in (*view["annex_rows"], *view["body_targets"]["rows"]):
        row["chart"] = path_chart(lines[row["code"]]) if row["code"] in lines else None
    return view | {
        "bars": section_bars(data),
        "legend": [entry for entry in legend() if entry["code"] in data.status_counts],
        "looks": {entry["code"]: entry for entry in legend()},
        "origins": [origin_view(line) for line in data.graded if line.origin is not None],
        "files": [
            {
                "receipt_no": file.receipt_no,
                "name": clean(file.name),
                "sha256": file.sha256,
                "agency": file.agency_name,
                "received_at": short_instant(file.received_at),
                "state": FILE_STATES[file.state],
                "is_used": file.is_used,
            }
            for file in data.inputs
        ],
    }


def origin_view(line: IndicatorLine) -> dict[str, Any]:
    """Returns one figure with its way back to a cell, and what its verdict was computed from."""
    origin = line.origin
    assert origin is not None  # noqa: S101 - the caller chose lines that have one
    return line_view(line) | {
        "full_name": line.full_name,
        "receipt_no": origin.receipt_no,
        "file_name": clean(origin.file_name),
        "sha256": origin.file_sha256,
        "sheet": origin.sheet,
        "cell": origin.cell,
        "sender": origin.agency_name,
        "received_at": short_instant(origin.received_at),
        "typed": clean(line.value_text),
        "kind": KINDS[line.value_kind],
        "basis": BASES[line.value_basis],
        "rule_version": line.rule_version,
    }
