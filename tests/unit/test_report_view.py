"""What the report says in words, on the example edition."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from report_example import APPROVAL, DRAFT, EXPORTS, FDI, FIRST, LINES, PUBLISHED

from tiendo.report.data import TaskChange
from tiendo.report.headline import headlines, remarks
from tiendo.report.manifest import content_sha256
from tiendo.report.summary import data_days
from tiendo.report.view import build_view, line_view
from tiendo.report.words import clean, tint, value_text, verdict

pytestmark = pytest.mark.slow


def summary(data):
    view = build_view(data)
    return {line["label"]: line["text"] for line in (*view["summary"], *view["further"])}


def test_page_one_in_five_lines():
    view = build_view(DRAFT)
    assert {line["label"]: line["text"] for line in view["summary"]} == {
        "Đánh giá chung": (
            "Trong 07 chỉ tiêu: 01 đạt; 01 đúng tiến độ; 01 có nguy cơ (01 theo số ước); 01 chậm (01 theo số ước); "
            "01 chưa xác định; 01 chưa có số liệu; 01 chưa đến kỳ công bố. Trong 02 nhiệm vụ có cơ quan chủ trì riêng "
            "(01 nhiệm vụ chung của mọi đơn vị tính riêng): 01 đang thực hiện, chậm tiến độ; 01 chưa báo cáo. "
            "02/04 đơn vị đã gửi báo cáo được tiếp nhận, trong đó 01 đúng hạn, 01 chậm (Sở Tài chính). "
            "Quá hạn, chưa có báo cáo: Sở Y tế; Sở Thông tin và Truyền thông. "
            "02/05 số liệu là số liệu minh họa, đánh dấu (*)."
        ),
        "Đã đạt, vượt kế hoạch": "Tỷ lệ người dân tham gia bảo hiểm y tế (92,5% (*); kế hoạch > 92%).",
        "Chậm, không đạt": (
            "Tốc độ tăng kim ngạch xuất khẩu (ước -18,7%; kế hoạch 9 - 10%); nguyên nhân: "
            '=HYPERLINK("http://x") đơn hàng giảm <mạnh> & kéo dài.'
        ),
        "Việc các đơn vị phải làm": (
            "Gửi ngay báo cáo đã quá hạn: Sở Y tế; Sở Thông tin và Truyền thông. Đề xuất giải pháp trong quý III "
            "đối với chỉ tiêu chậm: Sở Kế hoạch và Đầu tư. Đẩy nhanh nhiệm vụ chậm: II.1.a (Sở Tài chính)."
        ),
        "Nội dung xin ý kiến chỉ đạo": "@UBND tỉnh chỉ đạo sớm phê duyệt giá đất (Sở Tài chính; II.1.a).",
    }
    assert [row["name"] for row in view["attention"]][:2] == [EXPORTS.name, LINES[2].name]
    assert [row["ref"] for row in view["late_tasks"]] == ["II.1.a"]
    told = summary(DRAFT)
    assert told["Chỉ tiêu có nguy cơ"] == "Tổng thu ngân sách nhà nước trên địa bàn."
    assert told["Chỉ tiêu chưa có số liệu"] == "Số thuê bao điện thoại: Di động."
    assert told["Cơ sở số liệu"].startswith("02 chỉ tiêu đánh giá theo số ước thực hiện; 02 chỉ tiêu dùng")


def test_page_one_says_what_is_lacking_and_whose_cause_is_missing():
    silent = replace(EXPORTS, explanation="", gap_text="27,3 điểm phần trăm")
    (line,) = [h["text"] for h in headlines(replace(DRAFT, indicators=(silent,))) if h["label"] == "Chậm, không đạt"]
    assert line.endswith(
        "còn cách mức “Đúng tiến độ” 27,3 điểm phần trăm. Chưa nêu nguyên nhân cạnh số liệu: "
        "Sở Kế hoạch và Đầu tư (khó khăn, vướng mắc: xem Mục III)."
    )
    long = replace(silent, explanation="nguyên nhân rất dài " * 2000)
    (line,) = [h["text"] for h in headlines(replace(DRAFT, indicators=(long,))) if h["label"] == "Chậm, không đạt"]
    assert line.endswith(" ….")
    assert len(line) < 400


def test_a_quarter_without_anything_has_a_page_one():
    nothing = replace(DRAFT, indicators=(), body_targets=(), tasks=(), submissions=(), own_plans=())
    general, reached = (line["text"] for line in headlines(nothing))
    assert general == "Chưa có báo cáo tiến độ nhiệm vụ. Không có đơn vị nào phải gửi báo cáo."
    assert reached == "Chưa kết luận chỉ tiêu nào đạt kế hoạch cả năm."
    silent = replace(DRAFT, submissions=(DRAFT.submissions[-1],))
    assert "00/01 đơn vị đã gửi báo cáo được tiếp nhận. Quá hạn" in headlines(silent)[0]["text"]


def test_the_same_remark_of_many_bodies_stands_once():
    (task,) = [task for task in DRAFT.tasks if task.ref == "II.1.a"]
    words = ["Chờ hướng dẫn của cấp trên.", "chờ hướng dẫn của cấp trên"]
    reports = [replace(task.reports[0], agency_name=f"Sở {n}", difficulty=words[n % 2]) for n in range(7)]
    (remark,) = remarks(replace(DRAFT, tasks=(replace(task, reports=tuple(reports)),)), "difficulty")
    assert (remark.text, remark.said_by, remark.refs) == ("Chờ hướng dẫn của cấp trên", "7 đơn vị", ("II.1.a",))


def test_overview_adds_up():
    overview = build_view(DRAFT)["overview"]
    assert [int(row["total"]) for row in overview["rows"]] == [3, 2, 1, 1]
    for row in overview["rows"]:
        assert sum(map(int, row["counts"])) == int(row["total"])
    assert overview["sums"] == [
        str(sum(int(row["counts"][place]) for row in overview["rows"])) for place in range(len(overview["headings"]))
    ]
    assert overview["total"] == str(len(DRAFT.graded)) == "7"


def test_a_group_row_is_not_counted_and_has_no_status():
    group = next(row for row in build_view(DRAFT)["annex_rows"] if row["is_group"])
    assert (group["name"], group["status"], group["value"]) == ("Số thuê bao điện thoại", "", "")


def test_figures_carry_their_reservations():
    assert value_text(FDI) == "967,3"
    assert value_text(EXPORTS) == "-18,7 (ước)"
    assert value_text(LINES[2]) == "31.550 (ước) (*)"
    assert value_text(LINES[5]) == "gần 65.600"
    assert line_view(LINES[4])["value"] == "–"


def test_margin_is_signed_and_a_negative_ratio_is_not_shown():
    assert line_view(FDI)["margin"] == "+67,3"
    assert line_view(FDI)["ratio"] == "107,5%"
    assert line_view(EXPORTS)["ratio"] == ""


def test_submission_states_and_deadline():
    view = build_view(DRAFT)["submissions"]
    assert view["deadline"] == "trước ngày 15 tháng 6 năm 2023"
    assert view["late"] == ["Sở Tài chính (chậm 02 ngày, nhận 16/06/2023 08:00)"]
    assert (view["rejected"], view["missing"]) == (["Sở Y tế"], ["Sở Thông tin và Truyền thông"])


def test_who_is_still_in_time_is_not_missing():
    first, late, refused, missing = DRAFT.submissions
    day = date(2023, 6, 14)
    rows = (first, late, replace(refused, open_until=day), replace(missing, open_until=day))
    data = replace(DRAFT, submissions=rows)
    view = build_view(data)
    assert (view["submissions"]["rejected"], view["submissions"]["missing"]) == ([], [])
    still = "còn hạn đến hết ngày 14/06/2023: Sở Y tế; Sở Thông tin và Truyền thông"
    assert view["submissions"]["open"] == still
    assert f"01 chậm (Sở Tài chính). Chưa gửi, {still}." in view["summary"][0]["text"]
    assert [row["state"] for row in view["submissions"]["rows"]][2:] == [
        "Bị trả lại, còn hạn đến hết ngày 14/06/2023",
        "Chưa gửi, còn hạn đến hết ngày 14/06/2023",
    ]
    assert content_sha256(data) == content_sha256(DRAFT)  # that the day passes is no news


def test_the_report_tells_how_far_the_figures_go():
    days = {0: date(2023, 5, 31), 2: date(2023, 5, 31), 3: date(2023, 4, 30)}
    lines = [replace(line, data_on=days.get(place)) for place, line in enumerate(DRAFT.indicators)]
    dated = sum(line.value is not None and line.data_on is not None for line in lines)
    valued = sum(line.value is not None for line in (*lines, *DRAFT.body_targets))
    told = data_days(replace(DRAFT, indicators=tuple(lines)))
    assert told.startswith("số liệu tính đến ngày 31/05/2023 (")
    assert told.endswith(f"{valued - dated} chỉ tiêu không ghi ngày")
    assert data_days(replace(DRAFT, indicators=(), body_targets=())) == "các số liệu không ghi ngày"


def test_a_verdict_on_an_estimate_says_so():
    assert verdict(replace(EXPORTS, status="missed")) == "Ước không đạt"
    assert verdict(EXPORTS) == "Chậm (ước)"
    assert verdict(FDI) == "Đúng tiến độ"


def test_letters_and_own_plans_are_told():
    kinds = ("accepted_with_warnings", "exempt", "nothing_to_report")
    letter = {"letter_no": "512/UBND-TH", "letter_on": date(2023, 6, 9)}
    first, late, refused, missing = DRAFT.submissions
    rows = (
        replace(first, extended_until=date(2023, 6, 20), **letter),
        replace(late, state=kinds[0]),
        replace(refused, state=kinds[1], receipt_no="", received_at=None, **letter),
        replace(missing, state=kinds[2], **letter),
    )
    plans = (first, replace(missing, agency_name="Sở Tư pháp"), replace(refused, state="exempt"))
    view = build_view(replace(DRAFT, submissions=rows, own_plans=plans))
    summary = {line["label"]: line["text"] for line in (*view["summary"], *view["further"])}
    assert "02/02 đơn vị đã gửi" in summary["Đánh giá chung"]
    assert summary["Gia hạn, miễn báo cáo"] == (
        "Sở Kế hoạch và Đầu tư (gia hạn đến 20/06/2023, văn bản 512/UBND-TH ngày 09/06/2023); "
        "Sở Y tế (được miễn báo cáo, văn bản 512/UBND-TH ngày 09/06/2023); "
        "Sở Thông tin và Truyền thông (không phát sinh, văn bản 512/UBND-TH ngày 09/06/2023)."
    )
    assert summary["Kế hoạch thực hiện của các đơn vị"] == "01/02 đơn vị đã gửi; chưa gửi: Sở Tư pháp."
    states = [(row["state"], row["timeliness"], row["is_problem"]) for row in view["submissions"]["rows"]]
    assert states == [
        ("Đã tiếp nhận", "Đúng hạn, gia hạn đến 20/06/2023", False),
        ("Đã tiếp nhận, cần giải trình", "Chậm 02 ngày", True),
        ("Được miễn báo cáo", "", False),
        ("Không phát sinh", "", False),
    ]
    assert (view["submissions"]["missing"], view["submissions"]["total"]) == ([], "02")
    assert "Gia hạn, miễn báo cáo" not in {line["label"] for line in build_view(DRAFT)["further"]}


def test_collective_tasks_are_counted_and_the_late_named():
    rows = {row["ref"]: row for section in build_view(DRAFT)["task_sections"] for row in section["rows"]}
    assert rows["III.3"]["state"] == "2/4 đơn vị đã báo cáo"
    assert rows["III.3"]["result"].endswith("Báo chậm: Sở Tài chính.")
    assert rows["II.2"]["state"] == "Chưa báo cáo"
    assert rows["II.1.a"]["completion"] == "37,5%"


def test_who_calls_done_what_has_not_come_is_not_counted_as_done():
    (task,) = [task for task in DRAFT.tasks if task.is_collective]
    first, *others = task.reports
    claim = replace(first, state="done", contradiction="chưa nhận được kế hoạch của đơn vị")
    view = build_view(replace(DRAFT, tasks=(replace(task, reports=(claim, *others)),)))
    (row,) = view["task_sections"][0]["rows"]
    assert row["result"] == (
        "01 đang thực hiện, chậm tiến độ. Báo chậm: Sở Tài chính. Mâu thuẫn: Sở Kế hoạch và Đầu tư báo đã hoàn thành "
        "nhưng chưa nhận được kế hoạch của đơn vị."
    )


def test_the_same_difficulty_under_two_tasks_is_told_once():
    entries = build_view(DRAFT)["difficulties"]
    assert [(entry["agencies"], entry["refs"]) for entry in entries] == [("Sở Tài chính", "II.1.a, III.3")]


def test_changes_since_the_last_edition():
    previous = build_view(DRAFT)["previous"]
    assert previous["arrivals"] == ["Sở Tài chính"]
    (row,) = previous["rows"]
    assert (row["old_status"], row["new_status"], row["is_flip"]) == ("Có nguy cơ", "Đúng tiến độ", True)
    assert build_view(FIRST)["previous"]["exists"] is False
    # A figure that was printed and is now another one is a correction, though no earlier period changed.
    assert previous["corrections"] == ["Thu hút vốn đầu tư trực tiếp nước ngoài"]
    assert (row["is_correction"], row["source"]) == (True, "TN-000012, Chỉ tiêu!G12")


def test_tasks_that_changed_since_the_last_edition():
    half, late = (
        Decimal(50),
        TaskChange("II.1.a", "Sở Tài chính", "on_schedule", "late", Decimal(30), Decimal(50), FDI.origin),
    )
    news = [TaskChange(ref, "Sở Y tế", "not_reported", "done", None, half, None) for ref in ("II.2", "III.3")]
    data = replace(DRAFT, previous=replace(DRAFT.previous, tasks=(late, *news)))
    assert build_view(data)["previous"]["tasks"] == [
        (
            "II.1.a, Sở Tài chính: từ đang thực hiện, đúng tiến độ (30%) thành đang thực hiện, chậm tiến độ (50%) "
            "(TN-000012, Chỉ tiêu!G12)"
        ),
        "Sở Y tế báo cáo lần đầu về các nhiệm vụ II.2, III.3",
    ]


def test_draft_and_edition_name_themselves():
    assert build_view(DRAFT)["draft_mark"] == "DỰ THẢO"
    assert build_view(DRAFT)["approval"] == ""
    view = build_view(PUBLISHED)
    assert view["draft_mark"] == ""
    assert view["approval"].startswith("Nguyễn Thị Hòa duyệt lúc 16 giờ 45 phút")
    assert view["place_and_date"] == "Bình Dương, ngày 14 tháng 6 năm 2023"
    supplement = replace(PUBLISHED, as_of=DRAFT.closing_at, approval=APPROVAL)
    assert "bổ sung sau ngày chốt 25/06/2023" in build_view(supplement)["edition_label"]


def test_text_no_document_can_hold_is_dropped():
    assert clean("a\x0bb\x00c\ud800 ") == "abc"


def test_tint_leaves_black_text_readable():
    for status in ("exceeded", "missed", "behind", "undecidable"):
        red, green, blue = (int(tint(status)[at : at + 2], 16) / 255 for at in (0, 2, 4))
        light = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
        luminance = 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]
        assert (luminance + 0.05) / 0.05 >= 7, status  # WCAG 2.1, 1.4.6


def test_the_trend_is_told_with_what_it_is_held_against():
    rows = {row["code"]: row for section in build_view(DRAFT)["sections"] for row in section["rows"]}
    assert rows["thu-hut-fdi"]["trend"] == "So với quý I (437; Đúng tiến độ): tốt hơn."
    assert rows["tang-xuat-khau"]["trend_mark"] == "= Không đổi"
    assert rows["pci"]["trend"] == rows["pci"]["trend_mark"] == ""
    told = summary(DRAFT)
    assert told["So với kỳ trước"] == (
        "01 tốt hơn; 01 không đổi; 01 kém hơn. Kém hơn: Tổng thu ngân sách nhà nước trên địa bàn."
    )
    nothing = replace(DRAFT, indicators=tuple(replace(line, trend="") for line in DRAFT.indicators))
    assert "So với kỳ trước" not in summary(nothing)
