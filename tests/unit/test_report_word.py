"""The DOCX: its template's variables, its form (Decree 30/2020, Annex I), its bytes."""

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document
from docx.shared import Pt
from docxtpl import DocxTemplate
from jinja2 import UndefinedError
from report_example import DRAFT, FIRST, PUBLISHED

from tiendo.report.charts import path_pngs, ranked_png
from tiendo.report.page import page_view
from tiendo.report.view import build_view
from tiendo.report.word import TEMPLATE, chart_view, render_word
from tiendo.templates import word_environment

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parents[1] / "golden" / "report_example.txt"
GUIDE = Path(__file__).parents[2] / "docs" / "report-template.md"


def text_of(document: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(document)) as parts:
        xml = b"".join(parts.read(name) for name in parts.namelist() if re.match(r"word/(document|header\d)", name))
    return re.sub(r"<[^>]+>", "", re.sub(r"</w:p>|<w:br/>", "\n", xml.decode()))


def names(value, prefix=""):
    """Every variable of the view as the guide writes it: ``summary[]`` is a list's element, ``.label`` a part of it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from names(inner, f"{prefix}.{name}" if prefix else name)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield f"{prefix}[]"
        yield from names(value[0], f"{prefix}[]")
    else:
        yield f".{prefix.rpartition('[].')[2]}" if "[]" in prefix else prefix


def test_every_variable_of_the_template_is_given():
    used = DocxTemplate(TEMPLATE).get_undeclared_template_variables(word_environment())
    assert len(used) >= 20
    charts = chart_view(DRAFT, DocxTemplate(TEMPLATE))
    assert used <= build_view(DRAFT).keys() | charts.keys()
    assert used >= charts.keys()


def test_a_variable_that_does_not_exist_is_an_error(tmp_path):
    broken = Document(str(TEMPLATE))
    broken.paragraphs[1].add_run("{{ summary.nothing }}")
    broken.save(tmp_path / "broken.docx")
    with pytest.raises(UndefinedError, match="nothing"):
        render_word(DRAFT, tmp_path / "broken.docx")


def test_the_guide_names_every_variable():
    guide = GUIDE.read_text(encoding="utf-8")
    pictures = chart_view(DRAFT, DocxTemplate(TEMPLATE))
    given = {*names(pictures), *names(build_view(DRAFT)), *names(page_view(DRAFT, ["bao-cao.docx", "data/tasks.csv"]))}
    missing = sorted(name for name in given if f"`{name}`" not in guide and not name.startswith("looks."))
    assert missing == []


def test_the_text_is_that_of_the_golden_copy():
    told = "\n".join(line.strip() for line in text_of(render_word(DRAFT)).splitlines() if line.strip()) + "\n"
    assert told == GOLDEN.read_text(encoding="utf-8")


def test_same_data_same_bytes():
    assert render_word(DRAFT) == render_word(DRAFT)
    assert render_word(DRAFT) != render_word(PUBLISHED)


def test_no_tag_is_left_and_every_diacritic_is_there():
    text = text_of(render_word(DRAFT))
    assert "{{" not in text
    assert "{%" not in text
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "ỦY BAN NHÂN DÂN TỈNH BÌNH DƯƠNG",
        "Bình Dương, ngày 14 tháng 6 năm 2023",
        "Thu hút vốn đầu tư trực tiếp nước ngoài",
        "Nơi nhận:",
        "KT. GIÁM ĐỐC",
        "PHỤ LỤC II",
    ):
        assert words in text


def test_charts_stand_in_the_document_with_words_for_who_does_not_see_them():
    with zipfile.ZipFile(io.BytesIO(render_word(DRAFT))) as parts:
        document = parts.read("word/document.xml").decode()
        pictures = {parts.read(name) for name in parts.namelist() if name.startswith("word/media/")}
    assert pictures >= {ranked_png(DRAFT), *path_pngs(DRAFT)}
    ranking, paths = re.findall(r'<wp:docPr [^>]*descr="(.*?)"', document)
    assert "Thu hút vốn đầu tư trực tiếp nước ngoài: 107,5% mức phải đạt, đúng tiến độ" in ranking
    assert paths.startswith("Diễn biến")
    text = text_of(render_word(DRAFT))
    assert (
        "Không xếp hạng: Số thuê bao điện thoại: Di động (chưa có số liệu); Thứ hạng PCI (chưa đến kỳ công bố)." in text
    )
    nothing = replace(DRAFT, indicators=(), body_targets=())
    assert "xếp từ thấp đến cao" not in text_of(render_word(nothing))


def test_what_departments_wrote_stays_text():
    text = text_of(render_word(DRAFT))
    assert "&lt;9.500&gt; tỷ đồng" in text
    assert "chậm &amp; chưa đấu giá được" in text


def test_only_a_draft_says_draft():
    """On its first page, on all that follow, and on the first page of each annex."""
    assert text_of(render_word(DRAFT)).count("DỰ THẢO") == 1 + 3 + 2
    assert "DỰ THẢO" not in text_of(render_word(PUBLISHED))


def test_a_first_edition_says_nothing_of_one_before():
    told = "Thay đổi so với lần ban hành trước"
    assert told in text_of(render_word(DRAFT))
    text = text_of(render_word(FIRST))
    assert told not in text
    assert "Không có điều chỉnh số liệu của kỳ trước." in text


def test_form_of_decree_30():
    document = Document(io.BytesIO(render_word(DRAFT)))
    first, annex, *further = document.sections
    # Annexes I to V are paged each by itself.
    assert len(further) == 4
    assert all('w:pgNumType w:start="1"' in section._sectPr.xml for section in (annex, *further))
    assert [round(side.mm) for side in (first.page_width, first.page_height)] == [210, 297]
    assert [round(side.mm) for side in (annex.page_width, annex.page_height)] == [297, 210]
    millimetres = {side: round(getattr(first, f"{side}_margin").mm) for side in ("top", "bottom", "left", "right")}
    assert 20 <= millimetres["top"] <= 25
    assert 20 <= millimetres["bottom"] <= 25
    assert 30 <= millimetres["left"] <= 35
    assert 15 <= millimetres["right"] <= 20
    # Page number centred in the top margin, not on the first page.
    assert first.different_first_page_header_footer
    assert "PAGE" in first.header._element.xml
    assert "PAGE" not in first.first_page_header._element.xml
    normal = document.styles["Normal"].font
    assert (normal.name, normal.size) == ("Times New Roman", Pt(13))
    fonts = set(re.findall(r'w:ascii="([^"]+)"', document.element.xml))
    assert fonts <= {"Times New Roman"}


def test_cell_properties_are_in_the_order_of_the_standard():
    xml = Document(io.BytesIO(render_word(DRAFT))).element.xml
    cells = re.findall(r"<w:tcPr>(.*?)</w:tcPr>", xml, re.DOTALL)
    assert any("<w:shd" in cell for cell in cells)
    for cell in cells:
        names = re.findall(r"<w:(tcW|gridSpan|shd|vAlign)\b", cell)
        assert names == sorted(names, key=("tcW", "gridSpan", "shd", "vAlign").index)
