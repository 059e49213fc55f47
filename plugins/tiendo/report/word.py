"""DOCX in the form of Decree 30/2020, from the Word template an official can edit."""

import io
from pathlib import Path
from typing import Any

from tiendo.model.period import PeriodKind
from tiendo.ooxml.archive_bytes import repack
from tiendo.report.charts import path_pngs, ranked, ranked_png, ranked_words, unranked
from tiendo.report.data import EditionData
from tiendo.report.edition_tables import INDICATORS
from tiendo.report.view import build_view
from tiendo.templates import TEMPLATES, word_environment

TEMPLATE = TEMPLATES / "report.docx"
# What is between the margins of a page of Decree 30, upright and across.
_TEXT_CM, _ACROSS_CM = 16.5, 25.7
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
    return fill_template(template, build_view(data), data, title, with_charts=True)


def fill_template(
    template: Path, view: dict[str, Any], data: EditionData, title: str, *, with_charts: bool = False
) -> bytes:
    """Returns a Word template filled in with a view of an edition, whose instant and number are the document's."""
    from docxtpl import DocxTemplate  # type: ignore[import-untyped]

    document = DocxTemplate(io.BytesIO(template.read_bytes()))
    pictures = chart_view(data, document) if with_charts else {}
    document.render(view | pictures, word_environment(), autoescape=True)
    _describe(pictures, document.docx, data)
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


def chart_view(data: EditionData, document: Any) -> dict[str, Any]:
    """Returns the charts and what the ranked one lacks; ``ranked_chart`` is "" where nothing can be ranked."""
    from docx.shared import Cm
    from docxtpl import InlineImage

    def picture(content: bytes, width: float) -> Any:
        return InlineImage(document, io.BytesIO(content), width=Cm(width))

    ranking = ranked_png(data)
    return {
        "ranked_chart": picture(ranking, _TEXT_CM) if ranking else "",
        "unranked": unranked(data),
        "path_charts": [picture(content, _ACROSS_CM) for content in path_pngs(data)],
    }


def _describe(pictures: dict[str, Any], document: Any, data: EditionData) -> None:
    """Gives charts the words that are read to who does not see them; other pictures of the template keep theirs."""
    from docx.oxml.ns import qn

    if not pictures:
        return
    ranking = f"Tỷ lệ so với mức phải đạt, từ thấp đến cao. {'; '.join(map(ranked_words, ranked(data)))}."
    over = "qua các năm" if data.period.kind is PeriodKind.YEAR else "trong năm"
    words = {each.image_descriptor.getvalue(): f"Diễn biến {over} của các chỉ tiêu ở bảng trên."
             for each in pictures["path_charts"]}  # fmt: skip
    if pictures["ranked_chart"]:
        words[pictures["ranked_chart"].image_descriptor.getvalue()] = ranking
    for drawing in document.element.body.iter(qn("wp:inline")):
        shown = document.part.related_parts[next(drawing.iter(qn("a:blip"))).get(qn("r:embed"))].blob
        if shown in words:
            drawing.docPr.set("descr", words[shown])


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
