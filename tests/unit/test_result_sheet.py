"""A body's result sheet: its own indicators, tasks and record, on a page, whatever was written."""

import json
import re
from dataclasses import replace

import pytest
from report_example import DRAFT, PUBLISHED
from test_meeting import nothing_came, worst

from tiendo.report.manifest import render_manifest
from tiendo.report.result_sheet import render_result_sheets, sheet_contents, sheet_path

KHDT, TAI_CHINH, Y_TE = "so-ke-hoach-va-dau-tu", "so-tai-chinh", "so-y-te"
OWNED = replace(
    PUBLISHED,
    indicators=tuple(
        replace(line, reporter_codes=(TAI_CHINH,) if line.code == "thu-ngan-sach" else (KHDT,))
        for line in PUBLISHED.indicators
    ),
    body_targets=tuple(replace(line, reporter_codes=(Y_TE,)) for line in PUBLISHED.body_targets),
)


def sheet(data, body):
    return re.sub(r"<[^>]+>", " ", render_result_sheets(data)[sheet_path(body)].decode().partition("<body>")[2])


def test_each_obliged_body_has_one_with_its_own_and_no_others():
    sheets = render_result_sheets(OWNED)
    assert sheets.keys() == {sheet_path(row.agency_code) for row in OWNED.submissions}
    text = " ".join(sheet(OWNED, TAI_CHINH).split())
    for words in (
        "PHIẾU KẾT QUẢ QUÝ II NĂM 2023: Sở Tài chính",
        "Đã tiếp nhận, cần giải trình; biên nhận TN-000003, nhận 16/06/2023 08:00; Chậm 02 ngày.",
        "Tổng thu ngân sách nhà nước trên địa bàn",
        "31.550 (ước) (*)",
        "◊ Có nguy cơ (ước)",
        "II.1.a Điều hành thu - chi ngân sách Đang thực hiện, chậm tiến độ (37,5%)",
        "trong tháng 02/2023",
        "2/2 kỳ đã gửi: 1 đúng hạn, 1 chậm",
        "Việc đề nghị Quý đơn vị thực hiện: khắc phục chậm tiến độ nhiệm vụ II.1.a điều hành thu - chi ngân sách; khắc",
    ):
        assert words in text, words
    for other in ("Thu hút vốn", "Phòng, chống dịch bệnh", "bảo hiểm y tế", "Sở Y tế"):
        assert other not in text, other
    assert "bảo hiểm y tế" in sheet(OWNED, Y_TE)


def test_a_figure_that_the_plan_takes_from_another_reporter_says_whose_it_is():
    assert "(số liệu của Sở Công Thương)" in sheet(OWNED, KHDT)


def test_only_a_draft_says_draft():
    assert "DỰ THẢO" not in sheet(OWNED, Y_TE)
    assert "DỰ THẢO" in sheet(replace(OWNED, approval=None), Y_TE)


def test_same_data_same_bytes():
    assert render_result_sheets(OWNED) == render_result_sheets(OWNED)


def test_what_a_sheet_says_changes_with_its_body_alone():
    before = sheet_contents(OWNED)
    later = replace(OWNED, edition=3, as_of=OWNED.as_of.replace(day=20))
    assert sheet_contents(later) == before, "the number and the instant alone are no news"
    assert render_result_sheets(later) != render_result_sheets(OWNED)
    first, *others = OWNED.body_targets
    corrected = replace(OWNED, body_targets=(replace(first, value=first.value + 1, value_text="93,5"), *others))
    after = sheet_contents(corrected)
    assert {code for code in before if before[code] != after[code]} == {Y_TE}
    assert json.loads(render_manifest(OWNED, {}))["result_sheets"] == before


@pytest.mark.parametrize("data", [worst(), nothing_came()], ids=["worst", "nothing"])
def test_it_stays_short_and_safe(data):
    code = data.submissions[0].agency_code
    lines = tuple(replace(line, reporter_codes=(code,)) for line in data.indicators)
    told = replace(data.tasks[0].reports[0], agency_code=code, contradiction="y" * 30_000)
    hostile = replace(
        data,
        indicators=lines,
        tasks=tuple(replace(task, title="<b>z</b> " * 4_000, reports=(told,)) for task in data.tasks),
        records=tuple(replace(DRAFT.records[0], agency_code=code, mistakes=(("w <i>" * 9_000, 3),)) for _ in (1,)),
    )
    page = render_result_sheets(hostile)[sheet_path(code)].decode()
    assert len(page) < 25_000
    body = page.partition("<body>")[2]
    assert not re.search(r"<(b|i)>[zw]", body)
    assert "\u202e" not in page
    assert body.count("<tr>") <= 2 + 20
    if len(lines) > 12:
        assert "chỉ tiêu khác, xem báo cáo" in page
        assert "nhiệm vụ khác, xem báo cáo" in page


def test_it_needs_nothing_from_elsewhere():
    page = render_result_sheets(OWNED)[sheet_path(Y_TE)].decode()
    assert "default-src 'none'" in page
    assert not re.search(r"<script|<link|<img|https?://|url\(|@import", page)
