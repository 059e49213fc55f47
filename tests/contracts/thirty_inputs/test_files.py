"""Inputs 25 to 28 of docs/bad-inputs.md: files of every kind, known by what is in them.

Each is a file, read and judged as ``tiendo check --json`` does. (Input 22, letters of old fonts, is with the tables.)
"""

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from fixtures.foreign import OLE, cp1258, csv_text, ole, zipped
from fixtures.pipeline import Pipeline
from fixtures.retyped import TITLES, Retyped
from fixtures.workbooks import filled_workbook, put
from tiendo.collect.ledger import ledger_document
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.reading.columns import INDICATORS

Document = dict[str, Any]
Check = Callable[..., Document]
FINANCE, REVENUE, SPENDING = "so-tai-chinh", "thu-ngan-sach", "chi-can-doi-ngan-sach"
HEADING = (
    "TT", "Chỉ tiêu", "Đơn vị tính", "Kế hoạch năm 2023", "Thực hiện trong quý", "Lũy kế từ đầu năm", "Loại số liệu",
    "Số liệu đến ngày", "Ghi chú",
)  # fmt: skip


@pytest.fixture
def check(pipeline: Pipeline, tmp_path: Path) -> Check:
    """Checks a file of Sở Tài chính on 14 March 2023."""

    def check_one(content: bytes, name: str = "bao-cao.xlsx") -> Document:
        path = tmp_path / name
        path.write_bytes(content)
        return pipeline.check(path, FINANCE)

    return check_one


def rules(document: Document) -> dict[str, dict[str, str]]:
    return {finding["rule"]: finding for finding in document["findings"]}


def values(document: Document, observations: str = "observations") -> dict[tuple[str, str], tuple[Decimal, str]]:
    return {(o["indicator"], o["basis"]): (o["value"], o["cell"]) for o in document[observations]}


def assert_refused(document: Document, rule: str, *, verdict: str = "quarantined", found: str = "") -> None:
    """Exactly one thing is said, with what to do instead, and nothing is taken."""
    assert document["verdict"] == verdict
    assert list(rules(document)) == [rule]
    assert found in rules(document)[rule]["found"]
    assert "Đề nghị" in rules(document)[rule]["fix"]
    assert document["observations"] == document["read"] == []


# 25: text files -------------------------------------------------------------------------------------------------------


def table(register: Register, *, revenue: str = "18.654", titles: bool = True) -> list[list[Any]]:
    """The body's indicators as a text file has them: every value a text."""
    rows = Retyped(register).own_rows()
    rows[0][4] = rows[0][5] = revenue
    return [*([[text] for text in TITLES] if titles else []), list(HEADING), *rows]


def encoded(register: Register, separator: str, encoding: str) -> bytes:
    text = csv_text(table(register), separator)
    return cp1258(text) if encoding == "cp1258" else text.encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1258"])
@pytest.mark.parametrize("separator", [";", "\t", ","], ids=["semicolon", "tab", "comma"])
def test_input_25_csv_in_every_encoding(register: Register, check: Check, separator: str, encoding: str) -> None:
    document = check(encoded(register, separator, encoding), "bao-cao.csv")
    assert document["verdict"] == "accepted_with_warnings"  # no template, no table of tasks
    assert (document["agency"], document["period"]) == (FINANCE, "2023-Q1")
    assert values(document)[REVENUE, "year_to_date"] == (Decimal(18654), "F4")
    assert values(document)[SPENDING, "year_to_date"][1] == "F5"
    assert ("old-encoding" in rules(document)) == (encoding == "cp1258")


def test_input_25_decimal_commas_in_a_comma_csv(register: Register, check: Check) -> None:
    text = csv_text(table(register), ",").replace("18.654,18.654", "18654,5,18654,5")
    assert_refused(check(text.encode(), "a.csv"), "csv-columns", verdict="rejected", found="dòng 4 có 11 cột")


def test_input_25_decimal_commas_between_semicolons(register: Register, check: Check) -> None:
    document = check(csv_text(table(register, revenue="18.654,5"), ";").encode(), "a.csv")
    assert values(document)[REVENUE, "year_to_date"] == (Decimal("18654.5"), "F4")


def test_input_25_an_encoding_that_is_not_certain(register: Register, check: Check) -> None:
    data = csv_text(table(register)).encode().replace("Tổng".encode(), b"T\xfe\xffng\x90")
    assert_refused(check(data, "a.csv"), "csv-encoding", verdict="rejected", found="dòng")


def test_input_25_text_without_a_table(check: Check) -> None:
    assert_refused(check("Kính gửi Sở Kế hoạch và Đầu tư".encode(), "a.csv"), "file-plain-text", found="Kính gửi")


# 26: what the name does not say ---------------------------------------------------------------------------------------

HTML = "<html><body><table><tr><td>Tổng thu</td><td>18.654</td></tr></table></body></html>".encode()
XML = (
    b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
    b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'
)
ODT = zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"})


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        pytest.param("a.xls", HTML, "file-web-page", id="html"),
        pytest.param("a.xls", b"MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n", "file-web-page", id="mht"),
        pytest.param("a.xls", XML, "file-xml", id="xml"),
        pytest.param("a.xls", XML.decode().encode("utf-16"), "file-xml", id="xml in utf-16"),
        pytest.param("a.xlsx", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "file-xml", id="svg"),
        pytest.param("a.xlsx", b"", "file-empty", id="empty"),
        pytest.param("a.xlsx", ole(["WordDocument"]), "file-word", id="doc"),
        pytest.param("a.doc", zipped({"word/document.xml": b"<w/>"}), "file-word", id="docx"),
        pytest.param("a.xlsx", ODT, "file-word", id="odt"),
        pytest.param("a.xls", rb"{\rtf1\ansi Bao cao}", "file-word", id="rtf"),
        pytest.param("a.xlsx", ole(["EncryptedPackage", "EncryptionInfo"]), "file-encrypted", id="password"),
        pytest.param("a.xlsx", ole(["PowerPoint Document"]), "file-other-office", id="ppt"),
        pytest.param("a.xlsx", zipped({"xl/workbook.bin": b""}), "file-other-office", id="xlsb"),
        pytest.param("a.xlsx", b"Rar!\x1a\x07\x01\x00" + bytes(40), "file-packed-otherwise", id="rar"),
        pytest.param("a.zip", b"7z\xbc\xaf\x27\x1c" + bytes(40), "file-packed-otherwise", id="7z"),
        pytest.param("a.xls", OLE + bytes(504), "file-not-workbook", id="broken"),
    ],
)
def test_input_26_what_is_not_for_machines_is_told_what_to_do_instead(
    check: Check, name: str, content: bytes, rule: str
) -> None:
    assert_refused(check(content, name), rule)


def archive(*members: tuple[bytes, bytes], flags: int = 0) -> bytes:
    """A zip whose names are just these bytes, whatever encoding they are in."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as container:
        for number, (_, content) in enumerate(members):
            container.writestr(zipfile.ZipInfo(f"{number:08}".ljust(len(members[number][0]), "x")), content)
    data = buffer.getvalue()
    for number, (name, _) in enumerate(members):
        assert len(name) >= 8
        data = data.replace(f"{number:08}".ljust(len(name), "x").encode(), name)
    if flags:
        for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
            data = b"".join(
                piece if not n else mark + piece[: at - 4] + bytes([piece[at - 4] | flags]) + piece[at - 3 :]
                for n, piece in enumerate(data.split(mark))
            )
    return data


NAME = "Báo cáo quý I năm 2023.xlsx"


@pytest.mark.parametrize(
    "raw", [NAME.encode(), cp1258(NAME), unicodedata.normalize("NFD", NAME).encode()], ids=["utf-8", "cp1258", "nfd"]
)
def test_input_26_a_zip_is_opened_and_each_workbook_in_it_settled(
    pipeline: Pipeline, register: Register, raw: bytes
) -> None:
    workbook = filled_workbook(register, FINANCE, Period(2023, 1))
    data = archive((b"../../etc/" + raw, workbook), (b"scan/ky.pdf", b"%PDF-1.7"), (b"~$bao-cao.xlsx", b"x"))
    assert pipeline.send(FINANCE, data, name="bao cao.zip") == "accepted"
    container, inner = pipeline.file(1), pipeline.file(2)
    assert (container["period"], container["state"]) == (None, "accepted")
    assert (inner["state"], inner["period"], inner["agency"]) == ("accepted", "2023-Q1", FINANCE)
    assert unicodedata.normalize("NFC", inner["name"]) == NAME
    assert inner["received_at"] == container["received_at"]
    found = pipeline.findings(1)["file-archive"]["found"]
    assert inner["receipt_no"] in found
    assert "ky.pdf (tệp PDF)" in found
    assert "~$" not in found
    page = (pipeline.settings.home / container["receipt"]).read_text(encoding="utf-8")
    assert "Đã mở tệp nén" in page
    assert "Báo cáo hợp lệ" not in page
    assert "chưa có báo cáo nào được tiếp nhận" not in page
    assert pipeline.value(REVENUE, "2023-Q1") == 18654
    assert ledger_document(pipeline.engine)["adds_up"]


def test_input_26_the_same_zip_again_is_opened_again_and_doubles_nothing(
    pipeline: Pipeline, register: Register
) -> None:
    data = zipped({"a.xlsx": filled_workbook(register, FINANCE, Period(2023, 1))})
    assert [pipeline.send(FINANCE, data, name="a.zip") for _ in range(2)] == ["accepted", "accepted"]
    assert [file["state"] for file in ledger_document(pipeline.engine)["files"]] == [
        "accepted", "accepted", "accepted", "duplicate",
    ]  # fmt: skip


def test_input_26_good_and_bad_workbooks_in_one_zip(pipeline: Pipeline, register: Register, check: Check) -> None:
    good, other = (filled_workbook(register, body, Period(2023, 1)) for body in (FINANCE, "so-y-te"))
    data = zipped({"tot.xlsx": good, "nham.xlsx": other, "hong.xls": OLE + bytes(504)})
    pipeline.send(FINANCE, data, name="a.zip")
    states = {file["name"]: file["state"] for file in ledger_document(pipeline.engine)["files"]}
    assert states == {"a.zip": "accepted", "tot.xlsx": "accepted", "nham.xlsx": "rejected"}
    assert "hong.xls (không phải bảng tính)" in pipeline.findings(1)["file-archive"]["found"]
    document = check(data, "a.zip")
    assert document["verdict"] == "rejected"
    assert [f["sheet"] for f in document["findings"] if f["rule"] == "body-is-sender"] == ["nham.xlsx"]


@pytest.mark.parametrize(
    ("content", "rule", "found"),
    [
        pytest.param(zipped({"a.pdf": b"%PDF-1.7"}), "archive-no-workbook", "a.pdf (tệp PDF)", id="no workbook"),
        pytest.param(zipped({}), "archive-no-workbook", "tệp nén trống", id="empty"),
        pytest.param(zipped({"b.zip": zipped({"a.csv": b"a;b"})}), "archive-nested", "b.zip", id="zip in zip"),
        pytest.param(archive((b"mat-ma.xlsx", b"x" * 90), flags=1), "archive-locked", "mat-ma.xlsx", id="password"),
        pytest.param(zipped({"a.csv": bytes(9 * 2**20)}), "file-too-large", "", id="bomb"),
        pytest.param(zipped({f"{n}.csv": b"a;b\n" for n in range(60)}), "file-too-large", "", id="too many"),
        pytest.param(zipped({f"{n}": b"" for n in range(2100)}), "file-too-large", "", id="far too many"),
    ],
)
def test_input_26_a_zip_with_nothing_to_read(check: Check, content: bytes, rule: str, found: str) -> None:
    assert_refused(check(content, "a.zip"), rule, found=found)


# 27: scans ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        pytest.param("a.pdf", b"%PDF-1.7\n1 0 obj", "file-pdf", id="pdf"),
        pytest.param("a.xlsx", b"\xef\xbb\xbf%PDF-1.4", "file-pdf", id="pdf under another name"),
        pytest.param("zalo.jpg", b"\xff\xd8\xff\xe0" + bytes(40), "file-image", id="jpeg"),
        pytest.param("a.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(40), "file-image", id="png"),
        pytest.param("a.tif", b"II*\0" + bytes(40), "file-image", id="tiff"),
        pytest.param("a.heic", b"\0\0\0\x18ftypheic" + bytes(40), "file-image", id="heic"),
    ],
)
def test_input_27_a_scan_is_kept_as_evidence_and_the_form_is_asked_for(
    check: Check, name: str, content: bytes, rule: str
) -> None:
    document = check(content, name)
    assert_refused(document, rule)
    assert "bằng chứng" in rules(document)[rule]["message"]
    assert "biểu mẫu" in rules(document)[rule]["fix"]


# 28: what a cell does not show ----------------------------------------------------------------------------------------

TRADE = "so-cong-thuong"
FILES = Path(__file__).parents[2] / "fixtures" / "files"


def edited(data: bytes, **changes: bytes | Callable[[bytes], bytes]) -> bytes:
    """Changes or adds members of a workbook; ``/`` is written ``__`` and ``.`` is ``_dot_``."""
    with zipfile.ZipFile(io.BytesIO(data)) as container:
        members = {name: container.read(name) for name in container.namelist()}
    for key, change in changes.items():
        name = key.replace("__", "/").replace("_dot_", ".")
        members[name] = change(members[name]) if callable(change) else change
    return zipped(members)


@pytest.mark.parametrize("form", ["xls", "ods"])
def test_input_28_errors_and_percentages_of_other_formats(pipeline: Pipeline, form: str) -> None:
    """As LibreOffice saves them: ``=1/0`` in F7, ``=NA()`` in F8, 0,087 shown as 8,7 % in F9."""
    document = pipeline.check(FILES / f"errors-and-percent.{form}", TRADE)
    assert document["verdict"] == "rejected"
    errors = {f["cell"]: f["found"] for f in document["findings"] if f["rule"] == "number-error-cell"}
    assert errors == {"F7": "#DIV/0!", "F8": "#N/A"}
    assert values(document, "read")["iip", "year_to_date"] == (Decimal("8.7"), "F9")


def test_input_28_a_formula_is_read_by_its_stored_result(register: Register, check: Check) -> None:
    data = filled_workbook(
        register, FINANCE, Period(2023, 1), lambda workbook: put(workbook, INDICATORS, REVENUE, "year_to_date", "=F7")
    )
    document = check(data)
    assert (document["verdict"], set(rules(document))) == ("rejected", {"number-uncalculated"})
    assert rules(document)["number-uncalculated"]["cell"] == "G7"

    def calculated(xml: bytes) -> bytes:
        assert b"<f>F7</f><v></v>" in xml or b"<f>F7</f><v/>" in xml or b"<f>F7</f><v />" in xml
        return re.sub(rb"<f>F7</f><v(?:></v>| ?/>)", b"<f>F7</f><v>18654</v>", xml)

    document = check(edited(data, xl__worksheets__sheet2_dot_xml=calculated))
    assert (document["verdict"], document["findings"]) == ("accepted", [])
    assert values(document)[REVENUE, "year_to_date"] == (Decimal(18654), "G7")


def test_input_28_macros_are_dropped_and_links_not_followed_and_both_told(register: Register, check: Check) -> None:
    data = edited(
        filled_workbook(register, FINANCE, Period(2023, 1)),
        xl__vbaProject_dot_bin=OLE + bytes(504),
        xl__externalLinks__externalLink1_dot_xml=b"<externalLink/>",
    )
    document = check(data, "bao-cao.xlsm")
    assert document["verdict"] == "accepted"
    assert set(rules(document)) == {"macros-ignored", "external-links"}
    assert values(document)[REVENUE, "year_to_date"] == (Decimal(18654), "G7")


def test_input_28_what_is_hidden_is_read_and_listed(register: Register, check: Check) -> None:
    def hide(workbook: Workbook) -> None:
        sheet = workbook[INDICATORS.sheet]
        sheet.row_dimensions[8].hidden = True
        sheet.column_dimensions["J"].hidden = True
        sheet["J7"] = "Số ước"
        hidden = workbook.create_sheet("Nháp")
        hidden["A1"] = 5
        hidden.sheet_state = "hidden"

    document = check(filled_workbook(register, FINANCE, Period(2023, 1), hide))
    told = {f["sheet"]: f["found"] for f in document["findings"] if f["rule"] == "hidden-content"}
    assert told == {INDICATORS.sheet: "dòng 8; cột J", "Nháp": "cả trang"}
    assert values(document)[SPENDING, "year_to_date"][1] == "G8"


def test_input_28_a_sheet_formatted_to_its_last_row(register: Register, check: Check) -> None:
    data = filled_workbook(
        register, FINANCE, Period(2023, 1), lambda workbook: put_far(workbook[INDICATORS.sheet], "A6000")
    )
    assert_refused(check(data), "sheet-too-large", found="trang Chỉ tiêu: ")


def put_far(sheet: Worksheet, cell: str) -> None:
    sheet[cell] = "x"
