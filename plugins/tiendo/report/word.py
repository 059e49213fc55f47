"""DOCX in the form of Decree 30/2020, from the Word template an official can edit."""

import io
from pathlib import Path
from typing import Any

from tiendo.ooxml.archive_bytes import repack
from tiendo.report.data import EditionData
from tiendo.report.edition_tables import INDICATORS
from tiendo.report.view import build_view
from tiendo.templates import TEMPLATES, word_environment

TEMPLATE = TEMPLATES / "report.docx"
# Order of the properties of a table cell, ECMA-376 part 1, 17.4.66; docxtpl puts the shading first.
_CELL_PROPERTIES = ("cnfStyle", "tcW", "gridSpan", "hMerge", "vMerge", "tcBorders", "shd", "noWrap", "tcMar",
                    "textDirection", "tcFitText", "vAlign", "hideMark")  # fmt: skip


def render_word(data: EditionData, template: Path = TEMPLATE) -> bytes:
    """Returns the report as DOCX; the same data and template give the same bytes.

    Raises:
        jinja2.UndefinedError: the template uses a variable that ``tiendo.report.view`` does not give.
        jinja2.TemplateSyntaxError: a tag in the template is broken.
    """
    title = f"Báo cáo kết quả thực hiện {data.plan_short_title} {data.period.vietnamese}"
    return fill_template(template, build_view(data), data, title)


def fill_template(template: Path, view: dict[str, Any], data: EditionData, title: str) -> bytes:
    """Returns a Word template filled in with a view of an edition, whose instant and number are the document's."""
    from docxtpl import DocxTemplate  # type: ignore[import-untyped]

    document = DocxTemplate(io.BytesIO(template.read_bytes()))
    document.render(view, word_environment(), autoescape=True)
    if any(column.is_annexed for column in INDICATORS.columns):
        _fit_cells_to_grid(document.docx.element.body)
    _order_cell_properties(document.docx.element.body)
    properties = document.docx.core_properties
    properties.title = title
    properties.author = data.letterhead.issuing_body
    properties.last_modified_by = data.letterhead.issuing_body
    properties.revision = data.edition
    out = io.BytesIO()
    document.save(out)
    return repack(out.getvalue(), data.as_of)


def _fit_cells_to_grid(body: Any) -> None:
    """Makes cells as wide as their columns, which docxtpl has narrowed to make room for added ones."""
    from docx.oxml.ns import qn

    for table in body.iter(qn("w:tbl")):
        widths = [column.get(qn("w:w")) for column in table.tblGrid]
        for row in table.tr_lst:
            if len(row.tc_lst) == len(widths):
                for cell, width in zip(row.tc_lst, widths, strict=True):
                    cell.tcPr.find(qn("w:tcW")).set(qn("w:w"), width)


def _order_cell_properties(body: Any) -> None:
    from docx.oxml.ns import qn

    order = {qn(f"w:{name}"): place for place, name in enumerate(_CELL_PROPERTIES)}
    for properties in body.iter(qn("w:tcPr")):
        properties[:] = sorted(properties, key=lambda element: order.get(element.tag, len(order)))
