"""Marked copies: what of a sender's XML is parsed at all, and what becomes of the sender's own comments."""

import io
from datetime import date, datetime

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font

from fixtures.marked import check_parts, comments, marks
from tiendo.feedback.marking.answer_sheet import Remark
from tiendo.feedback.marking.comments import edit_comments
from tiendo.feedback.marking.marked_copy import mark_workbook
from tiendo.feedback.marking.xml_tree import MAIN, MAX_PART, UnmarkableError, parse

ENTITIES = '<!ENTITY l0 "haha">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
HOSTILE = {
    "outside": '<!DOCTYPE w SYSTEM "file:///etc/passwd"><w/>',
    "an entity": '<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]><w>&a;</w>',
    "laughs": f"<!DOCTYPE w [{ENTITIES}]><w>&l9;</w>",
    "laughs in an attribute": f'<!DOCTYPE w [{ENTITIES}]><w a="&l9;"/>',
    "deep": "<w>" * 300_000 + "</w>" * 300_000,
    "half": "<w><v>1</v>",
    "nothing": "",
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_xml_is_refused(name: str, encoding: str) -> None:
    with pytest.raises(UnmarkableError, match="a part "):
        parse(HOSTILE[name].encode(encoding))


def test_a_part_larger_than_any_is_refused_unparsed() -> None:
    with pytest.raises(UnmarkableError, match=f"a part of {MAX_PART + 7} bytes"):
        parse(b"<w>" + b" " * MAX_PART + b"</w>")


def remark(cell: str, message: str) -> Remark:
    return Remark("critical", "Phải sửa", "Sheet", cell, message, "=1+1", "một số", "Sửa lại")


def test_a_merged_cell_is_marked_where_it_is_shown_and_an_earlier_answer_goes() -> None:
    workbook = Workbook()
    workbook.worksheets[0].merge_cells("B2:C3")
    buffer = io.BytesIO()
    workbook.save(buffer)
    first = mark_workbook(buffer.getvalue(), [remark("C3", "Sai"), remark("D9", "Thiếu")], "TN-1", ["Đề nghị sửa"])
    second = mark_workbook(first, [remark("D9", "Vẫn thiếu")], "TN-2", ["Đề nghị sửa"])
    for data in (first, second):
        check_parts(data)
    assert marks(first) == {"Sheet": {"B2", "D9"}}
    assert marks(second) == {"Sheet": {"D9"}}
    assert set(comments(second)) == {("Sheet", "D9")}
    assert "Vẫn thiếu" in comments(second)["Sheet", "D9"]


def test_a_date_becomes_a_text_in_a_plain_cell_that_may_be_formatted() -> None:
    """A number typed over it stays one; left as it is, it is refused as before."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.protection.sheet = True
    sheet["B2"], sheet["B3"], sheet["B4"] = date(2023, 10, 9), date(2023, 10, 9), "=B2"
    sheet["B2"].font, sheet["B4"].number_format = Font(bold=True), "d-mmm"
    buffer = io.BytesIO()
    workbook.save(buffer)
    said = [remark(cell, "Ngày")._replace(found="09/10/2023", is_of_format=cell != "B3") for cell in ("B2", "B3", "B4")]
    data = mark_workbook(buffer.getvalue(), said, "TN-1", ["Đề nghị sửa"])
    check_parts(data)
    back = load_workbook(io.BytesIO(data))["Sheet"]
    assert (back["B2"].value, back["B2"].number_format, back["B2"].font.b) == ("09/10/2023", "General", True)
    assert [back[cell].value for cell in ("B3", "B4")] == [datetime.fromisoformat("2023-10-09"), "=B2"]
    assert back.protection.formatCells is False


@pytest.mark.parametrize("own", ["<t>Đã hỏi</t>", "<r><t>Đã </t></r><r><t>hỏi</t></r>"])
def test_the_senders_words_stay_above_the_answers_and_alone_once_it_is_taken_away(own: str) -> None:
    xml = (
        f'<comments xmlns="{MAIN}"><authors><author>Lan</author></authors><commentList>'
        f'<comment ref="B2" authorId="0"><text>{own}</text></comment></commentList></comments>'
    ).encode()
    answered, theirs, new, gone = edit_comments(xml, {"B2": "Tiendo – PHẢI SỬA\nSai & thiếu"})
    assert (theirs, new, gone) == ({"B2"}, set(), set())
    said = "".join(text.text for text in parse(answered).iter("{*}t"))
    assert said.startswith("Đã hỏi\n—")
    assert said.endswith("Sai & thiếu")
    mended, *_ = edit_comments(answered, {})
    assert "".join(text.text for text in parse(mended).iter("{*}t")) == "Đã hỏi"
