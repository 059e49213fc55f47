"""The paper for the meeting: at most two pages, whatever came, and nothing in it that the report does not say."""

import io
import re
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from docx import Document
from docxtpl import DocxTemplate
from pikepdf import Pdf
from report_example import AS_OF, DRAFT, PUBLISHED
from test_report_word import GUIDE, names, text_of

from fixtures.packages import needs
from tiendo.clock import HANOI
from tiendo.model.period import Period
from tiendo.report.data import EditionData
from tiendo.report.meeting import TEMPLATE, meeting_view, render_meeting
from tiendo.report.pdf_file import render_pdfs
from tiendo.report.view import build_view
from tiendo.report.words import brief
from tiendo.templates import word_environment

LONG_NAME = ("Sở Quản lý các vấn đề có tên gọi rất dài của tỉnh và các khu công nghiệp, đô thị " * 3)[:198]
LONG_TEXT = ("Khó khăn \u202euoc nguoc\u202c <b>đậm</b> =1+1 & thiếu đơn hàng; " * 600)[:30_000]


def worst() -> EditionData:
    """Nothing came in time, all is late, and every text is as long as it can be."""
    bodies = [f"{LONG_NAME}{number:02}" for number in range(30)]
    late = replace(DRAFT.submissions[3], state="missing")
    submissions = tuple(replace(late, agency_code=f"b-{n}", agency_name=body) for n, body in enumerate(bodies))
    lines = tuple(
        replace(
            DRAFT.indicators[1], code=f"i-{n}", full_name=f"{LONG_NAME} {n}", explanation=LONG_TEXT,
            responsible=(body,),
            gap_text="123.456.789.012,345 Triệu USD", value=Decimal("123456789.123"), status="behind",
            history=tuple(
                replace(DRAFT.indicators[1].history[0], period=Period(2023, q), value=Decimal("-123456.78"))
                for q in (1, 2, 3)
            ),
        )
        for n, body in enumerate(bodies)
    )  # fmt: skip
    told = DRAFT.tasks[0].reports[0]
    tasks = tuple(
        replace(
            DRAFT.tasks[0],
            ref=f"II.5.a.{n}",
            reports=(replace(told, agency_name=body, proposal=f"{n} {'x' * 30_000}", difficulty=LONG_TEXT),),
        )
        for n, body in enumerate(bodies)
    )
    return replace(
        DRAFT, period=Period(2023, 3), submissions=submissions, own_plans=submissions, indicators=lines,
        body_targets=(), tasks=tasks,
    )  # fmt: skip


def nothing_came() -> EditionData:
    """A quarter without a single report."""
    lines, body = (
        tuple(
            replace(line, status="no_data", value=None, origin=None, history=(), explanation="", expected=None)
            for line in several
            if line.is_graded
        )
        for several in (DRAFT.indicators, DRAFT.body_targets)
    )
    missing = tuple(
        replace(row, state="missing", received_at=None, is_on_time=None, days_late=None, version=None, receipt_no="")
        for row in DRAFT.submissions
    )
    silent = tuple(
        replace(
            task,
            reports=tuple(
                replace(report, state="not_reported", difficulty="", proposal="", origin=None)
                for report in task.reports
            ),
        )
        for task in DRAFT.tasks
    )
    return replace(
        DRAFT, indicators=lines, body_targets=body, submissions=missing, tasks=silent, leads=(), records=(), inputs=(),
        previous=None, revisions=(),
    )  # fmt: skip


def all_reached() -> EditionData:
    """Everybody reported in time, everything is done."""
    lines, body = (
        tuple(replace(line, status="achieved" if line.is_graded else "") for line in several)
        for several in (DRAFT.indicators, DRAFT.body_targets)
    )
    sent = tuple(replace(row, state="accepted", is_on_time=True, days_late=0) for row in DRAFT.submissions)
    done = tuple(
        replace(task, reports=tuple(replace(report, state="done", proposal="") for report in task.reports))
        for task in DRAFT.tasks
    )
    return replace(DRAFT, indicators=lines, body_targets=body, submissions=sent, tasks=done)


def test_every_variable_of_the_template_is_given_and_named_in_the_guide():
    view = {"meeting": meeting_view(DRAFT)}
    used = DocxTemplate(TEMPLATE).get_undeclared_template_variables(word_environment())
    assert "meeting" in used
    assert used <= build_view(DRAFT).keys() | view.keys()
    guide = GUIDE.read_text(encoding="utf-8")
    assert sorted({name for name in names(view) if f"`{name}`" not in guide}) == []


def test_it_says_who_is_late_what_is_behind_and_who_must_act_by_when():
    text = text_of(render_meeting(DRAFT)).replace("\u00a0", " ")  # a range keeps to one line
    for words in (
        "Phục vụ họp giao ban quý II năm 2023",
        "Đã tiếp nhận: 02/04 đơn vị.",
        "Gửi chậm: Sở Tài chính (02 ngày).",
        "Quá hạn, chưa có báo cáo: Sở Y tế; Sở Thông tin và Truyền thông.",
        "▼ Chậm (ước): Tốc độ tăng kim ngạch xuất khẩu (%; kế hoạch 9 - 10)",
        "\u201118,7 → \u201118,7",
        "43.067 trong 2 quý",
        "- @UBND tỉnh chỉ đạo sớm phê duyệt giá đất (Sở Tài chính; nhiệm vụ II.1.a).",
        "gửi báo cáo quý II năm 2023 ngay, chậm nhất ngày 25/06/2023",
        "khắc phục chậm tiến độ nhiệm vụ III.3 gửi kế hoạch thực hiện của đơn vị (hạn trong tháng 02/2023)",
    ):
        assert words in text, words
    assert "{{" not in text


def test_deadlines_are_those_that_are_known():
    open_until = date(2023, 6, 14)
    missing = replace(DRAFT.submissions[3], open_until=open_until)
    in_time = replace(DRAFT, submissions=(missing,))
    assert meeting_view(in_time)["reports"][1] == {
        "label": "Chưa gửi, còn hạn",
        "text": "Sở Thông tin và Truyền thông (đến hết ngày 14/06/2023).",
    }
    actions = {each["agency"]: each["matters"] for each in meeting_view(in_time)["actions"]}
    assert actions["Sở Thông tin và Truyền thông"].startswith("gửi báo cáo quý II năm 2023 đến hết ngày 14/06/2023")
    # Once the period is closed no day is left to name.
    closed = replace(DRAFT, as_of=datetime(2023, 6, 27, tzinfo=HANOI))
    actions = {each["agency"]: each["matters"] for each in meeting_view(closed)["actions"]}
    assert actions["Sở Y tế"] == "gửi báo cáo quý II năm 2023 ngay"


def test_same_data_same_bytes():
    assert render_meeting(PUBLISHED) == render_meeting(PUBLISHED)
    assert "DỰ THẢO" in text_of(render_meeting(DRAFT))
    assert "DỰ THẢO" not in text_of(render_meeting(PUBLISHED))


def test_it_has_the_form_of_decree_30():
    document = Document(io.BytesIO(render_meeting(DRAFT)))
    (section,) = document.sections
    assert [round(side.mm) for side in (section.page_width, section.page_height)] == [210, 297]
    margins = [round(getattr(section, f"{side}_margin").mm) for side in ("top", "bottom", "left", "right")]
    assert margins == [20, 20, 30, 15]
    assert set(re.findall(r'w:ascii="([^"]+)"', document.element.xml)) <= {"Times New Roman"}
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text_of(render_meeting(DRAFT))


def test_more_than_two_pages_hold_is_cut_and_counted():
    view = meeting_view(worst())
    assert (
        view["more_indicators"] == f"Và {30 - len(view['indicators'])} chỉ tiêu chậm hoặc có nguy cơ khác, xem báo cáo."
    )
    assert view["more_proposals"] == f"Và {30 - len(view['proposals'])} kiến nghị khác, xem báo cáo."
    assert view["more_actions"] == f"Và {30 - len(view['actions'])} đơn vị khác, xem báo cáo."
    assert "và 26 đơn vị khác, xem báo cáo" in view["reports"][1]["text"]
    few = meeting_view(DRAFT)
    assert (few["more_indicators"], few["more_proposals"], few["more_actions"]) == ("", "", "")


@pytest.mark.parametrize(
    ("text", "longest", "expected"),
    [
        ("Sở Y tế.", 20, "Sở Y tế"),
        ("Sở  Kế hoạch\nvà Đầu tư", 40, "Sở Kế hoạch và Đầu tư"),
        ("Sở Kế hoạch và Đầu tư", 15, "Sở Kế hoạch …"),
        ("x" * 50, 10, "xxxxxxxxxx …"),
        ("một \u202eiah\u202c hai", 20, "một iah hai"),
    ],
)
def test_cutting(text, longest, expected):
    assert brief(text, longest) == expected


@pytest.mark.slow
def test_it_has_at_most_two_pages_whatever_came():
    documents = {
        "example": DRAFT, "worst": worst(), "nothing": nothing_came(), "reached": all_reached(),
    }  # fmt: skip
    with needs("libreoffice-writer"):
        pdfs = render_pdfs({name: render_meeting(data) for name, data in documents.items()}, AS_OF)
        assert pdfs, "LibreOffice is not found"
    pages = {}
    for name, pdf in pdfs.items():
        with Pdf.open(io.BytesIO(pdf)) as document:
            pages[name] = len(document.pages)
    assert pages == {"example": 2, "worst": 2, "nothing": 1, "reached": 1}
