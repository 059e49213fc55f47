"""XLSX, HTML, CSV, Parquet, PDF and manifest of the example edition."""

import base64
import csv
import hashlib
import io
import json
import re
import subprocess
import zipfile
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser

import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook, load_workbook
from pikepdf import Dictionary, Pdf, parse_content_stream
from report_example import AS_OF, DRAFT, EXPORTS, FIRST, LINES, PUBLISHED

from fixtures.packages import needs
from tiendo.model.period import Period
from tiendo.ooxml.archive_bytes import repack
from tiendo.report.build import build, place
from tiendo.report.columns import EditionColumn
from tiendo.report.data import EditionData
from tiendo.report.data_files import render_data_files
from tiendo.report.edition_tables import INDICATORS, TABLES
from tiendo.report.manifest import content_sha256, data_sha256, render_manifest
from tiendo.report.page import render_page
from tiendo.report.pdf_file import normalise, office, render_pdfs
from tiendo.report.spreadsheet import PRINTED_CHARACTERS, SUMMARY_SHEET, WATCH, put, render_spreadsheet
from tiendo.report.word import render_word
from tiendo.report.words import clean, number
from tiendo.status.names import STYLES, Status

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def workbook():
    return load_workbook(io.BytesIO(render_spreadsheet(DRAFT)))


class Page(HTMLParser):
    """Collects what the tests ask of a page."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.outside: list[str] = []
        self.images: list[str] = []
        self.rows: list[dict[str, str]] = []
        self.tags: set[str] = set()
        self.feed(content.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        given = dict(attrs)
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        self.outside += [value for name, value in attrs if name in ("src", "srcset", "action") or name == "xlink:href"]
        if "data-bodies" in given:
            self.rows.append(given)
        if given.get("role") == "img":
            self.images.append(given["aria-label"])


# Zip containers ------------------------------------------------------------------------------------------------------


def test_repacked_containers_do_not_depend_on_the_hour():
    def container(created: datetime) -> bytes:
        book = Workbook()
        book.properties.created = created
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    first, second = container(datetime(2020, 1, 1)), container(datetime(2024, 5, 5))  # noqa: DTZ001
    assert first != second
    assert repack(first, AS_OF) == repack(second, AS_OF)
    with zipfile.ZipFile(io.BytesIO(repack(first, AS_OF))) as parts:
        assert parts.namelist()[0] == "[Content_Types].xml"
        assert {member.date_time for member in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert parts.read("docProps/core.xml").count(b"2023-06-14T09:30:00Z") == 2


# XLSX ----------------------------------------------------------------------------------------------------------------


def test_sheets_have_filters_frozen_headings_and_print_on_a4_landscape(workbook):
    assert workbook.sheetnames == [
        SUMMARY_SHEET, WATCH.sheet, "Chỉ tiêu", "Nhiệm vụ", "Tình hình gửi", "Cơ quan chủ trì", "Phiếu theo dõi",
        "Khó khăn - kiến nghị", "Điều chỉnh", "So với lần trước", "Nguồn số liệu", "Tệp đã nhận",
    ]  # fmt: skip
    for sheet in workbook.worksheets:
        assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert "&P/&N" in sheet.oddFooter.right.text
        if sheet.title != SUMMARY_SHEET:
            (table,) = sheet.tables.values()
            assert table.autoFilter.ref == table.ref == sheet.dimensions
            assert sheet.print_title_rows == "$1:$1"
            assert sheet.freeze_panes


@pytest.mark.parametrize("table", [WATCH, *TABLES], ids=lambda table: table.name)
def test_what_is_printed_of_a_table_fits_on_a_page(table):
    printed = [column.width for column in table.columns if not (column.is_folded or column.is_code)]
    assert sum(printed) <= PRINTED_CHARACTERS
    headings = [column.title for column in table.columns if not column.is_code]
    assert len(headings) == len(set(headings)), "Excel repairs a table with two columns of one name"


def test_printed_letters_have_nine_points(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(render_spreadsheet(DRAFT))
    with needs("libreoffice-calc"):
        subprocess.run(
            [office(), "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", "pdf",
             "--outdir", tmp_path, tmp_path / "a.xlsx"], check=True, capture_output=True, timeout=600,
        )  # fmt: skip
        assert (tmp_path / "a.pdf").exists(), "LibreOffice Calc is not found"
    with Pdf.open(tmp_path / "a.pdf") as document:
        sizes = [smallest_letters(page) for page in document.pages]
    assert len(sizes) >= 12
    assert min(sizes) >= 9


def smallest_letters(page) -> float:
    """The least size in which a page's text is shown, scaling included."""
    scales, size, scale, found = [1.0], 0.0, 1.0, []
    for operands, operator in parse_content_stream(page):
        match str(operator):
            case "q":
                scales.append(scales[-1])
            case "Q":
                scales.pop()
            case "cm":
                scales[-1] *= abs(float(operands[3]))
            case "BT":
                scale = 1.0
            case "Tf":
                size = float(operands[1])
            case "Tm":
                scale = abs(float(operands[3]))
            case "Tj" | "TJ":
                found.append(size * scale * scales[-1])
    return min(found)


def test_the_workbook_has_words_instead_of_codes(workbook):
    codes = {*Status, "accepted", "accepted_with_warnings", "rejected", "missing", "late", "done", "not_reported"}
    codes |= {"actual", "estimate", "quarter", "year_to_date", "indicator", "task", "difficulty", "body_target"}
    values = [cell.value for sheet in workbook.worksheets for row in sheet.iter_rows() for cell in row]
    assert len(values) > 300
    assert sorted({value for value in values if value in codes}) == []
    assert not any(re.fullmatch(r"2023-Q\d", str(value)) for value in values)


@pytest.mark.parametrize("name", [WATCH.sheet, "Chỉ tiêu"])
def test_the_workbook_prints_what_the_report_prints(workbook, name):
    """The figure with its reservations, what was due, and no ratio where the report has none."""
    sheet = workbook[name]
    headings = [cell.value for cell in sheet[1]]
    named = {row[headings.index("Chỉ tiêu")].value: row for row in sheet.iter_rows(min_row=2)}

    def shown(indicator: str, heading: str) -> str:
        cell = named[indicator][headings.index(heading)]
        assert not isinstance(cell.value, str) or heading == "Kế hoạch năm"
        return displayed(cell)

    ratio = "Tỷ lệ" if name == "Chỉ tiêu" else "% so với mức phải đạt"
    assert shown("Thu hút vốn đầu tư trực tiếp nước ngoài", "Kết quả") == "967,3"
    assert shown("Thu hút vốn đầu tư trực tiếp nước ngoài", ratio) == "107,5%"
    assert shown("Tốc độ tăng kim ngạch xuất khẩu", "Kết quả") == "-18,7 (ước)"
    assert shown("Tổng thu ngân sách nhà nước trên địa bàn", "Kết quả") == "31.550 (ước) (*)"
    assert shown("Số doanh nghiệp đang hoạt động lũy kế", "Kết quả") == "gần 65.600"
    negative = replace(EXPORTS, ratio=Decimal("-2.07"), ratio_text="")
    sheet = load_workbook(io.BytesIO(render_spreadsheet(replace(DRAFT, indicators=(negative,)))))[name]
    assert sheet.cell(2, headings.index(ratio) + 1).value is None


@pytest.mark.parametrize("name", [WATCH.sheet, "Chỉ tiêu"])
def test_no_figure_is_wider_than_its_column(workbook, name):
    """Excel would show ``###``."""
    sheet = workbook[name]
    numbers = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.data_type == "n" and cell.value]
    assert numbers
    for cell in numbers:
        assert len(displayed(cell)) < sheet.column_dimensions[cell.column_letter].width, displayed(cell)


def displayed(cell) -> str:
    """What Excel shows in Vietnam, of the few formats that the workbook has."""
    pattern = re.fullmatch(r'(?:\[\$-42A\])?(?:"([^"]*)")?(?:#,##)?0(?:\.(0+))?(%?)(?:"([^"]*)")?', cell.number_format)
    assert pattern, cell.number_format
    before, places, percent, after = pattern.groups()
    value = Decimal(str(cell.value)) * (100 if percent else 1)
    text = f"{value:,.{len(places or '')}f}".translate(str.maketrans(",.", ".,"))
    return f"{before or ''}{text}{percent}{after or ''}"


def test_a_leader_sorts_one_sheet(workbook):
    sheet = workbook[WATCH.sheet]
    headings = [cell.value for cell in sheet[1]]
    assert headings == [
        "Chỉ tiêu", "Đơn vị tính", "Kế hoạch năm", "Kết quả", "% so với mức phải đạt", "Đánh giá", "Cơ quan chủ trì",
        "Cơ quan báo cáo", "Nguyên nhân (theo giải trình)",
    ]  # fmt: skip
    assert sheet.max_row == 1 + len(DRAFT.graded)
    assert not any(dimension.hidden for dimension in sheet.column_dimensions.values())
    rows = {row[0].value: [cell.value for cell in row] for row in sheet.iter_rows(min_row=2)}
    fdi = rows["Thu hút vốn đầu tư trực tiếp nước ngoài"]
    assert (fdi[2], fdi[3], fdi[5]) == (1800, 967.3, "► Đúng tiến độ")
    exports = rows["Tốc độ tăng kim ngạch xuất khẩu"]
    assert (exports[2], exports[7]) == ("9 - 10", "Sở Công Thương")
    assert exports[8].startswith("=HYPERLINK")
    assert sheet["I3"].data_type == "s"


@pytest.mark.parametrize(
    "given",
    [
        "=1+1",
        "+84",
        "-x",
        "@SUM(A1)",
        "x" * 30_000,
        "một \u202egnort\u202c hai",
        "<b>đậm</b>",
        "a\x0bb",
        "dòng\n" * 5_000,
    ],
    ids=lambda given: ascii(given)[:12],
)
def test_whatever_a_body_writes_stays_text_in_its_cell(given):
    hostile = replace(EXPORTS, explanation=given, note=given, name=given)
    data = replace(DRAFT, indicators=(hostile,), submissions=(replace(DRAFT.submissions[0], agency_name=given),))
    book = load_workbook(io.BytesIO(render_spreadsheet(data)))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert all(cell.data_type != "f" for cell in cells)
    assert any(cell.value == clean(given) for cell in cells)
    assert all(row.height is None or row.height <= 409 for s in book.worksheets for row in s.row_dimensions.values())


def test_a_quarter_without_anything_is_a_workbook_too():
    empty = replace(DRAFT, submissions=(), indicators=(), body_targets=(), tasks=(), revisions=(), previous=None,
                    inputs=(), leads=(), records=())  # fmt: skip
    book = load_workbook(io.BytesIO(render_spreadsheet(empty)))
    assert all(sheet.max_row == 1 or sheet.title == SUMMARY_SHEET for sheet in book.worksheets)


def test_status_cells_have_the_colour_of_the_status(workbook):
    sheet = workbook["Chỉ tiêu"]
    headings = [cell.value for cell in sheet[1]]
    row = next(row for row in sheet.iter_rows(min_row=2) if row[0].value == "thu-hut-fdi")
    cell = row[headings.index("Đánh giá")]
    style = STYLES[Status.ON_TRACK]
    assert cell.value == f"{style.mark} Đúng tiến độ"
    assert cell.fill.fgColor.rgb.endswith(style.colour.removeprefix("#"))


def test_numbers_are_numbers_in_the_vietnamese_locale(workbook):
    sheet = workbook["Chỉ tiêu"]
    headings = [cell.value for cell in sheet[1]]
    row = next(row for row in sheet.iter_rows(min_row=2) if row[0].value == "thu-hut-fdi")
    value = row[headings.index("Kết quả")]
    assert (value.value, value.number_format) == (967.3, "[$-42A]#,##0.0")


@pytest.mark.parametrize("text", ["=1+1", "+84 274", "-18,7", "@SUM(A1)"])
def test_text_never_becomes_a_formula(text):
    book = Workbook()
    put(book.worksheets[0].cell(1, 1), text)
    out = io.BytesIO()
    book.save(out)
    cell = load_workbook(io.BytesIO(out.getvalue())).worksheets[0].cell(1, 1)
    assert (cell.value, cell.data_type, bool(cell.quotePrefix)) == (text, "s", True)


def test_no_cell_of_an_edition_is_a_formula(workbook):
    cells = [cell for sheet in workbook.worksheets for row in sheet.iter_rows() for cell in row]
    assert any(isinstance(cell.value, str) and cell.value.startswith("=1+1") for cell in cells)
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []


# HTML ----------------------------------------------------------------------------------------------------------------


def test_the_page_is_self_contained_and_runs_its_own_script_only():
    content = render_page(DRAFT)
    page = Page(content)
    assert page.outside == []
    assert not {"link", "img", "iframe", "object"} & page.tags
    assert b"url(" not in content
    assert b"@import" not in content
    (script,) = re.findall(r"<script>(.*?)</script>", content.decode(), re.DOTALL)
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', content.decode())
    assert policy == (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'; base-uri 'none'; "
        "form-action 'none'"
    )
    assert not re.search(r"\bon[a-z]+=|fetch|XMLHttpRequest|innerHTML|eval|localStorage", script)


def test_the_page_can_be_filtered_by_status_and_body():
    content = render_page(DRAFT).decode()
    graded = [row for row in Page(content.encode()).rows if "data-status" in row]
    assert [(row["id"], row["data-status"]) for row in graded] == [
        (f"chi-tieu-{line.code}", line.status) for line in DRAFT.graded
    ]
    offered = re.findall(r'<option value="([a-z_]+)">', content)
    assert set(offered) == set(DRAFT.status_counts)
    bodies = re.findall(r"<option>(.*?)</option>", content)
    assert bodies == [row.agency_name for row in DRAFT.submissions]
    led = {row["id"]: row["data-bodies"].split("\n") for row in Page(content.encode()).rows if "id" in row}
    assert led["nhiem-vu-II.2"] == ["Sở Y tế"]
    assert led["nhiem-vu-III.3"] == bodies
    assert set(led["chi-tieu-thu-hut-fdi"]) <= set(bodies)
    # Without the script nothing is hidden but the filter itself.
    assert re.findall(r"<(\w+)[^>]* hidden>", content) == ["form"]


def test_long_sections_are_folded_and_print_unfolds_them():
    content = render_page(DRAFT).decode()
    opened = re.findall(r'<details class="part" open><summary><h3>(.*?)</h3>', content)
    sections = dict.fromkeys(f"{line.section_no}. {line.section_title}" for line in LINES)
    assert opened == [*sections, f"{len(DRAFT.body_targets)} chỉ tiêu"]
    indicators, rest = content.index('id="chi-tieu"'), content.index('id="nhiem-vu"')
    assert indicators < rest
    assert "<details open" not in content[rest:]
    printed = content[content.index("@media print") : content.index("</style>")]
    assert "::details-content { content-visibility: visible" in printed


def test_tables_have_headers_of_rows_and_columns():
    content = render_page(DRAFT).decode()
    rows = re.findall(r"<tr(?: [^>]*)?>(.*?)</tr>", content, re.DOTALL)
    assert rows
    for row in rows:
        assert "<th" in row or "colspan" in row, row
    assert "<th>" not in content
    # Shown as cards on a phone, tables stay tables for who hears them.
    for table in re.findall(r'<table class="cards".*?</table>', content, re.DOTALL):
        assert table.startswith('<table class="cards" role="table">')
        assert not re.search(r"<(?:td|tr|th|thead|tbody)(?![^>]* role=)", table)


def test_links_lead_to_what_is_there():
    files = build(PUBLISHED, with_pdf=False)
    page = Page(files["bao-cao.html"])
    linked = {link for link in page.links if not link.startswith("#")}
    assert linked == files.keys() - {"bao-cao.html"}
    assert "bao-cao.pdf" not in linked
    assert "bao-cao.pdf" in Page(render_page(DRAFT, ["bao-cao.pdf"])).links


def test_every_figure_leads_to_its_cell():
    content = render_page(DRAFT)
    page = Page(content)
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= {*page.ids, "tep-TN-000007", "tep-TN-000020"}
    for line in DRAFT.graded:
        assert (f"#nguon-{line.code}" in page.links) == (line.origin is not None)
    text = content.decode()
    article = text[text.index('id="nguon-thu-hut-fdi"') :].replace("<bdi>", "").replace("</bdi>", "")
    for words in ("BC quý II (sửa) &amp; bổ sung.xlsx", "trang “Chỉ tiêu”, ô G12", "13/06/2023 09:05", "TN-000012"):
        assert words in article[article.index("<dl") :][:1500]


def test_department_text_cannot_carry_markup():
    hostile = replace(EXPORTS, note="<script>alert(1)</script>", explanation='"><img src=x onerror=alert(1)>')
    content = render_page(replace(DRAFT, indicators=(hostile, *LINES[2:])))
    assert content.count(b"<script") == 1  # the page's own
    assert b"<img" not in content
    assert b"&lt;script&gt;" in content


def test_the_page_holds_a_record_card_of_each_body_and_what_each_leads():
    page = render_page(DRAFT).decode()
    card = re.search(r'<tr[^>]* id="don-vi-so-tai-chinh"[^>]*>(.*?)</tr>', page, re.DOTALL)[1]
    assert "2/2 kỳ đã gửi: 1 đúng hạn, 1 chậm (bình quân 1,5 ngày một báo cáo, nhiều nhất 3 ngày)" in card
    assert "Giá trị lệch nghìn lần &lt;so&gt; với kế hoạch (1 tệp)" in card
    led = page.partition('id="chu-tri"')[2].partition("<h2")[0]
    assert "03 chỉ tiêu: 01 đúng tiến độ; 01 chưa xác định; 01 chưa đến kỳ công bố" in led
    assert "↑ Tốt hơn" in page
    # The even reading is told only where it differs from what counts.
    assert page.count("chia đều: ") == 1
    assert "chia đều: 36.000,0" in page


def test_charts_have_words_for_those_who_do_not_see_them():
    content = render_page(DRAFT)
    assert any(
        "quý I: 437 (mức phải đạt 450,0), đúng tiến độ; quý II: 967,3" in image for image in Page(content).images
    )
    for kind in ("wide", "narrow"):
        (chart,) = re.findall(rf'<svg[^>]* class="ranked {kind}" role="group" aria-label="(.*?)">', content.decode())
        assert chart == "Tỷ lệ so với mức phải đạt, từ thấp đến cao"
    assert "Thứ hạng PCI" in content.decode().partition("chưa xếp hạng")[2].partition("</details>")[0]


def test_what_is_long_or_written_backwards_stays_in_its_place():
    """Rendered it was looked at; here, that its text stands where the page holds it in."""
    words = "\u202e<b>" + "dài " * 7500
    long = replace(EXPORTS, explanation=words, note=words)
    first = DRAFT.tasks[0]
    task = replace(first, reports=(replace(first.reports[0], result=words, difficulty=words),))
    body = replace(DRAFT.submissions[0], agency_name="Ban " + "W" * 200)
    page = render_page(
        replace(DRAFT, indicators=(long, *LINES[2:]), tasks=(task, *DRAFT.tasks[1:]), submissions=(body,))
    ).decode()
    assert "<b>dài" not in page
    for found in re.finditer("\u202e", page):
        before = page[: found.start()]
        holder = before[before.rindex("<") :]
        assert 'class="words"' in holder or holder.startswith("<bdi>"), before[-200:]


def test_a_quarter_without_anything_has_a_page():
    nothing = replace(
        DRAFT, indicators=(), body_targets=(), tasks=(replace(DRAFT.tasks[0], reports=()),), submissions=(), inputs=(),
        leads=(), records=(), previous=None, revisions=(),
    )  # fmt: skip
    page = render_page(nothing).decode()
    assert "ranked wide" not in page.partition("</style>")[2]
    assert "Các đơn vị không nêu khó khăn, vướng mắc." in page
    assert "khó khăn, vướng mắc" not in render_page(replace(nothing, tasks=())).decode()


# Data files ----------------------------------------------------------------------------------------------------------


def test_csv_and_parquet_say_the_same():
    files = render_data_files(DRAFT)
    for table in TABLES:
        rows = list(csv.reader(io.StringIO(files[f"data/{table.name}.csv"].decode(), newline="")))
        frame = pq.read_table(io.BytesIO(files[f"data/{table.name}.parquet"]))
        assert rows[0] == frame.column_names == [column.name for column in table.columns]
        assert len(rows) - 1 == frame.num_rows == len(table.rows(DRAFT))
    indicators = pq.read_table(io.BytesIO(files["data/indicators.parquet"])).to_pylist()
    fdi = next(row for row in indicators if row["indicator_code"] == "thu-hut-fdi")
    assert fdi["value"] == Decimal("967.3")
    assert ",967.3," in files["data/indicators.csv"].decode()


def test_formulas_in_csv_text_are_disarmed_but_numbers_are_not():
    files = render_data_files(DRAFT)
    assert "'=1+1 Thu từ đất" in files["data/remarks.csv"].decode()
    assert "'@UBND tỉnh" in files["data/remarks.csv"].decode()
    exports = next(line for line in files["data/indicators.csv"].decode().splitlines() if line.startswith("tang-xuat"))
    assert '"-18,7"' in exports
    assert "'=HYPERLINK" in exports
    assert "'-18,7" not in exports


def test_the_data_package_describes_every_column():
    files = render_data_files(DRAFT)
    package = json.loads(files["datapackage.json"])
    resources = {resource["path"]: resource for resource in package["resources"]}
    in_excel = {path for path in files if path.startswith("excel/")}
    assert {path.removeprefix("excel/") for path in in_excel} == {f"{table.name}.csv" for table in TABLES}
    assert resources.keys() == files.keys() - {"datapackage.json"} - in_excel
    for path, resource in resources.items():
        assert resource["hash"] == f"sha256:{hashlib.sha256(files[path]).hexdigest()}"
        names = [field["name"] for field in resource["schema"]["fields"]]
        assert set(resource["schema"]["primaryKey"]) <= set(names)
        assert all(field["description"] and field["title"] for field in resource["schema"]["fields"])
    assert [resource["name"] for resource in package["resources"][:2]] == ["indicators", "indicators-parquet"]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_keys_tell_rows_apart(table):
    keys = [tuple(row[table.place(name)] for name in table.key) for row in table.rows(DRAFT)]
    assert len(keys) == len(set(keys))
    assert keys


def test_a_column_declared_once_is_in_every_form(monkeypatch):
    added = EditionColumn("margin_up", "number", "Đến mức tốt hơn", 11, "What is lacking to the next better status.",
                   tag="margin_up", words=lambda i: number(i.margin_up, i.decimals), is_annexed=True)  # fmt: skip
    assert "Đến mức tốt hơn" not in render_page(DRAFT).decode()
    monkeypatch.setitem(vars(INDICATORS), "columns", (*INDICATORS.columns, added))
    data = replace(DRAFT, indicators=(replace(LINES[0], margin_up=Decimal("832.7")), *LINES[1:]))
    files = build(data, with_pdf=False)
    table = list(csv.DictReader(io.StringIO(files["data/indicators.csv"].decode(), newline="")))
    assert (table[0]["margin_up"], table[1]["margin_up"]) == ("832.7", "")
    sheet = load_workbook(io.BytesIO(files["bao-cao.xlsx"]))["Chỉ tiêu"]
    assert [row[-1].value for row in sheet.iter_rows(max_row=3)] == ["Đến mức tốt hơn", 832.7, None]
    assert 'data-label="Đến mức tốt hơn">832,7</td>' in files["bao-cao.html"].decode()
    with zipfile.ZipFile(io.BytesIO(files["bao-cao.docx"])) as parts:
        xml = parts.read("word/document.xml").decode()
    annex = xml[xml.index("Cơ quan báo cáo; nguồn số liệu") :]
    assert re.search(r">Đến mức tốt hơn<.*?>832,7<", annex, re.DOTALL)
    described = json.loads(files["datapackage.json"])["resources"][0]["schema"]["fields"]
    assert described[-1]["name"] == "margin_up"


# Manifest, PDF, the whole --------------------------------------------------------------------------------------------


def test_manifest_holds_every_hash_and_the_approval():
    files = build(PUBLISHED, with_pdf=False)
    manifest = json.loads(files["manifest.json"])
    assert {output["path"] for output in manifest["outputs"]} == files.keys() - {"manifest.json"}
    for output in manifest["outputs"]:
        assert output["sha256"] == hashlib.sha256(files[output["path"]]).hexdigest()
    assert (manifest["period"], manifest["edition"], manifest["is_draft"]) == ("2023-Q2", 2, False)
    assert manifest["approved_by"] == "Nguyễn Thị Hòa"
    assert manifest["as_of"] == "2023-06-14T16:30:00+07:00"
    assert manifest["counts"]["statuses"]["on_track"] == 1
    assert [entry["receipt_no"] for entry in manifest["inputs"]] == ["TN-000003", "TN-000012"]


def test_data_hash_ignores_the_approval_and_nothing_else():
    assert data_sha256(DRAFT) == data_sha256(PUBLISHED)
    moved = {
        "period": Period(2023, 3), "edition": 3, "as_of": datetime(2023, 6, 15, tzinfo=UTC), "tasks": (),
        "revisions": (), "previous": None, "inputs": (), "submissions": (), "body_targets": (), "indicators": LINES[1:],
    }  # fmt: skip
    assert moved.keys() <= {field.name for field in dataclass_fields(EditionData)}
    for name, value in moved.items():
        assert data_sha256(replace(DRAFT, **{name: value})) != data_sha256(DRAFT), name
    assert content_sha256(FIRST) != content_sha256(DRAFT)  # other revisions
    assert content_sha256(replace(DRAFT, edition=3, previous=None, inputs=())) == content_sha256(DRAFT)


def test_built_twice_bit_for_bit_the_same():
    assert build(PUBLISHED, with_pdf=False) == build(PUBLISHED, with_pdf=False)


def test_a_folder_is_placed_whole_and_replaced_whole(tmp_path):
    folder = tmp_path / "2023-Q2" / "1"
    place({"a.txt": b"1", "data/b.txt": b"2"}, folder)
    place({"c.txt": b"3"}, folder)
    assert [path.name for path in folder.rglob("*")] == ["c.txt"]
    assert [path.name for path in folder.parent.iterdir()] == ["1"]


def test_nothing_is_left_when_writing_fails(tmp_path):
    folder = tmp_path / "2023-Q2" / "1"
    with pytest.raises(TypeError):
        place({"a.txt": b"1", "b.txt": None}, folder)
    assert list(folder.parent.iterdir()) == []


def small_pdf(*fonts: bytes, stamp: bytes = b"20261124002423Z'", identity: bytes = b"C5263886B649EA5098668E15F36C8275"):
    """A PDF as LibreOffice writes it: its page's fonts in any order, stamped."""
    numbers = {font: number for number, font in enumerate(fonts, start=5)}
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</Font<<%s>>>>>>"
        % b"".join(b"/%s %d 0 R" % (font, numbers[font]) for font in sorted(fonts)),
        b"<</CreationDate(D:%s)/Title(t)>>" % stamp,
        *(b"<</Type/Font/Subtype/Type1/BaseFont/%s>>" % font for font in fonts),
    ]
    pdf, table = b"%PDF-1.6\n", b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for at, each in enumerate(objects, start=1):
        table += b"%010d 00000 n \n" % len(pdf)
        pdf += b"%d 0 obj\n%s\nendobj\n" % (at, each)
    trailer = b"<</Size %d/Root 1 0 R/Info 4 0 R/ID[<%s><%s>]/DocChecksum/%s>>" % (
        len(objects) + 1, identity, identity, identity,
    )  # fmt: skip
    return pdf + table + b"trailer\n" + trailer + b"\nstartxref\n%d\n%%%%EOF\n" % len(pdf)


def test_pdf_stamps_and_order_of_chance_are_replaced():
    pdf = small_pdf(b"A", b"B")
    other = small_pdf(b"B", b"A", stamp=b"20271225002423Z'", identity=b"A" * 32)
    assert normalise(pdf, AS_OF) == normalise(other, AS_OF)
    assert b"D:20230614093000Z" in normalise(pdf, AS_OF)
    assert normalise(pdf, AS_OF) != normalise(small_pdf(b"A", b"C"), AS_OF)
    assert normalise(pdf, AS_OF) != normalise(pdf, AS_OF + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("parts", "is_there"), [([], True), (["soffice.bin"], False), (["soffice.bin", "libswlo.so"], True)]
)
def test_an_office_without_writer_is_none(tmp_path, monkeypatch, parts, is_there):
    for name in parts:
        (tmp_path / name).touch()
    (tmp_path / "soffice").touch(mode=0o755)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "soffice").symlink_to(tmp_path / "soffice")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert office() == (str(tmp_path / "bin" / "soffice") if is_there else None)


@pytest.fixture(scope="module")
def pdfs():
    with needs("libreoffice-writer"):
        pdfs = render_pdfs({"a": render_word(FIRST), "b": render_word(DRAFT)}, AS_OF)
        assert pdfs.keys() == {"a", "b"}, "LibreOffice is not found"
    return pdfs


def test_pdf_is_the_same_twice_alone_or_with_others(pdfs):
    assert render_pdfs({"a": render_word(FIRST)}, AS_OF) == {"a": pdfs["a"]}
    assert pdfs["a"] != pdfs["b"]


def test_pdf_is_what_an_archive_and_a_screen_reader_need(pdfs):
    with Pdf.open(io.BytesIO(pdfs["b"])) as document:
        told = document.Root.Metadata.read_bytes().decode()
        for words in ("<pdfaid:part>2<", "<pdfaid:conformance>B<", "<xmp:CreateDate>2023-06-14T09:30:00Z<"):
            assert words in told
        assert str(document.docinfo["/CreationDate"]) == "D:20230614093000Z"
        assert document.Root.OutputIntents[0].S == "/GTS_PDFA1"
        assert document.Root.MarkInfo.Marked
        assert str(document.Root.Lang).startswith("vi")
        kinds = {str(each.get("/S")) for each in document.objects if isinstance(each, Dictionary)}
        assert {"/Table", "/TR", "/TH", "/TD"} <= kinds
        assert document.check_pdf_syntax() == []
        assert "/Encrypt" not in document.trailer
        fonts = [
            each for each in document.objects if isinstance(each, Dictionary) and each.get("/Type") == "/FontDescriptor"
        ]
        assert fonts
        assert all("/FontFile2" in font or "/FontFile3" in font for font in fonts)
        # Where the typeface lacks letters of Vietnamese, words are set in two.
        with needs("fonts-liberation2"):
            assert {str(font.FontName).partition("+")[2].partition("-")[0] for font in fonts} == {"LiberationSerif"}


def test_without_libreoffice_there_is_no_pdf(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert render_pdfs({"a": b""}, AS_OF) == {}


def test_the_pdf_is_not_promised_bit_for_bit():
    manifest = json.loads(render_manifest(DRAFT, {"bao-cao.pdf": b"%PDF", "bao-cao.docx": b"x"}, office="LibreOffice"))
    assert {output["path"]: output["is_reproducible"] for output in manifest["outputs"]} == {
        "bao-cao.docx": True,
        "bao-cao.pdf": False,
    }
    assert manifest["made_with"]["libreoffice"] == "LibreOffice"
    assert re.fullmatch(r"[0-9a-f]{64}", manifest["data_sha256"])
