"""What the report says in words, on the example edition."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from report_example import APPROVAL, DRAFT, EXPORTS, FDI, FIRST, LINES, PUBLISHED

from tiendo.model.period import Period
from tiendo.report.data import TaskChange
from tiendo.report.edition_tables import TASKS
from tiendo.report.headline import attention_text, headlines, leading_remarks, next_steps, remarks
from tiendo.report.manifest import content_sha256
from tiendo.report.summary import data_days, early_sentence, headline, task_sentence, threshold_words, with_unit
from tiendo.report.view import build_view, line_view
from tiendo.report.words import clean, last_year_text, tint, value_text, verdict

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
            "(không kể 01 nhiệm vụ chung): 01 đang thực hiện, chậm tiến độ; 01 chưa báo cáo. "
            "02/04 đơn vị đã gửi báo cáo được tiếp nhận, trong đó 01 đúng hạn, 01 chậm (Sở Tài chính). "
            "02 đơn vị quá hạn chưa có báo cáo. "
            "02/05 số liệu là số liệu minh họa, đánh dấu (*)."
        ),
        "Đã đạt, vượt kế hoạch": (
            "Tỷ lệ người dân tham gia bảo hiểm y tế (92,5% (*); kế hoạch > 92%). "
            "Chỉ tiêu tính theo thời điểm phải giữ được mức này đến hết năm."
        ),
        "Chậm, không đạt": (
            "Tốc độ tăng kim ngạch xuất khẩu (ước -18,7%; kế hoạch 9 - 10%); nguyên nhân: "
            '=HYPERLINK("http://x") đơn hàng giảm <mạnh> & kéo dài. Có nguy cơ, kém hơn kỳ trước: '
            "Tổng thu ngân sách nhà nước trên địa bàn (ước 31.550 tỷ đồng (*); kế hoạch 74.617 tỷ đồng)."
        ),
        "Việc các đơn vị phải làm": (
            "Gửi ngay báo cáo đã quá hạn: Sở Y tế; Sở Thông tin và Truyền thông. "
            "Đề xuất giải pháp trong quý III đối với chỉ tiêu chậm: Sở Công Thương. "
            "Đẩy nhanh nhiệm vụ chậm: II.1.a điều hành thu - chi ngân sách (Sở Tài chính)."
        ),
        "Nội dung xin ý kiến chỉ đạo": "@UBND tỉnh chỉ đạo sớm phê duyệt giá đất (Sở Tài chính; II.1.a).",
    }
    assert [row["name"] for row in view["attention"]][:2] == [EXPORTS.name, LINES[2].name]
    assert [row["ref"] for row in view["late_tasks"]] == ["II.1.a"]
    assert summary(DRAFT)["Cơ sở số liệu"].startswith("02 chỉ tiêu đánh giá theo số ước thực hiện; 02 chỉ tiêu dùng")


def test_page_one_says_what_is_lacking_and_why_as_told_beside_it_or_under_its_task():
    silent = replace(EXPORTS, explanation="", gap_text="27,3 điểm phần trăm")
    (line,) = [h["text"] for h in headlines(replace(DRAFT, indicators=(silent,))) if h["label"] == "Chậm, không đạt"]
    assert line.endswith("còn cách mức “Đúng tiến độ” 27,3 điểm phần trăm.")
    joined = replace(silent, task_ref="II.1.a")
    (line,) = [h["text"] for h in headlines(replace(DRAFT, indicators=(joined,))) if h["label"] == "Chậm, không đạt"]
    assert line.endswith(
        "27,3 điểm phần trăm; nguyên nhân: =1+1 Thu từ đất chậm & chưa đấu giá được (nhiệm vụ II.1.a)."
    )
    long = replace(silent, explanation="nguyên nhân rất dài " * 2000)
    (line,) = [h["text"] for h in headlines(replace(DRAFT, indicators=(long,))) if h["label"] == "Chậm, không đạt"]
    assert line.endswith(" ….")
    assert len(line) < 400


def test_a_quarter_without_anything_has_a_page_one():
    unreported = replace(DRAFT.tasks[1], reports=())
    nothing = replace(DRAFT, indicators=(), body_targets=(), tasks=(unreported,), submissions=(), own_plans=())
    (general,) = (line["text"] for line in headlines(nothing))
    assert general == "Chưa có báo cáo tiến độ nhiệm vụ. Không có đơn vị nào phải gửi báo cáo."
    # Of a plan without tasks nothing is said about them.
    (general,) = (line["text"] for line in headlines(replace(nothing, tasks=())))
    assert general == "Không có đơn vị nào phải gửi báo cáo."
    silent = replace(DRAFT, submissions=(DRAFT.submissions[-1],))
    assert "00/01 đơn vị đã gửi báo cáo được tiếp nhận. 01 đơn vị quá hạn" in headlines(silent)[0]["text"]


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
    assert "01 chậm (Sở Tài chính). 02 đơn vị chưa gửi, còn trong hạn." in view["summary"][0]["text"]
    assert f"Gửi báo cáo, {still}." in view["summary"][3]["text"]
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
        "Sở Y tế báo cáo lần đầu: nhiệm vụ II.2, III.3",
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


def test_what_the_next_quarter_must_bring():
    (budget,) = [line for line in DRAFT.graded if line.code == "thu-ngan-sach"]
    short = replace(budget, needed=Decimal("40000.2"), decimals=0, unit="Tỷ đồng")
    (task, other, *_) = DRAFT.tasks
    due = replace(other, due_on=date(2023, 9, 30), due_text="hết quý III")
    later = replace(other, ref="II.9", due_on=date(2023, 10, 1))
    done = replace(due, ref="II.8", reports=(replace(due.reports[0], state="done"),))
    data = replace(DRAFT, indicators=(EXPORTS, short), body_targets=(), tasks=(task, due, later, done))
    assert {line["label"]: line["text"] for line in next_steps(data)} == {
        "Chỉ tiêu cần phấn đấu": (
            "Tốc độ tăng kim ngạch xuất khẩu: từ -18,7% đến mức kế hoạch 9 - 10%; "
            "Tổng thu ngân sách nhà nước trên địa bàn: thêm 40.001 tỷ đồng."
        ),
        "Nhiệm vụ khác đến hạn": "II.2 phòng, chống dịch bệnh (Sở Y tế, hạn hết quý III).",
        "Nhiệm vụ chậm, đẩy nhanh trong quý": "II.1.a điều hành thu - chi ngân sách (Sở Tài chính).",
        "Báo cáo quý III": "các đơn vị gửi chậm nhất ngày 14/09/2023.",
    }
    assert next_steps(replace(data, next_due_at=None)) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"status": "at_risk", "gap_text": "122 triệu USD"}, "Còn cách mức “Đúng tiến độ” 122 triệu USD."),
        ({"status": "at_risk", "gap_text": ""}, EXPORTS.sentence),
        ({"status": "behind", "gap_text": "122 triệu USD"}, EXPORTS.sentence),
    ],
)
def test_what_is_at_risk_is_told_briefly(changes, told):
    assert attention_text(replace(EXPORTS, **changes)) == f"{told} So với quý I (-18,7; Chậm): không đổi."


def test_the_body_has_what_is_late_first_and_no_more_than_eight_remarks():
    (task, other, *_) = DRAFT.tasks
    quiet = [
        replace(other, ref=f"II.3.{n}", reports=(replace(other.reports[0], difficulty=f"Việc thứ {n}"),))
        for n in range(12)
    ]
    told = leading_remarks(replace(DRAFT, tasks=(*quiet, task)), "difficulty")
    assert len(told) == 8
    assert told[0].refs == ("II.1.a",)
    named = leading_remarks(
        replace(DRAFT, tasks=(*quiet, task), indicators=(replace(EXPORTS, task_ref="II.3.7"),)), "difficulty"
    )
    assert {remark.refs for remark in named[:2]} == {("II.1.a",), ("II.3.7",)}


@pytest.mark.parametrize(
    ("now", "then", "words"),
    [
        ("51900", "48500", "Cùng kỳ năm trước: 48.500, nay tăng 7,0%."),
        ("1160.5", "2600", "Cùng kỳ năm trước: 2.600, nay giảm 55,4%."),
        ("48510", "48500", "Cùng kỳ năm trước: 48.500, nay tương đương."),
        ("5", "0", ""),
    ],
)
def test_what_adds_up_stands_beside_the_same_quarter_of_last_year(now, then, words):
    assert last_year_text(replace(FDI, value=Decimal(now), last_year=Decimal(then))) == words


@pytest.mark.parametrize(
    ("figure", "unit", "words"),
    [
        ("107,6", "Số bé trai so với 100 bé gái", "107,6 bé trai so với 100 bé gái"),
        ("85", "%", "85%"),
        ("100%", "%", "100%"),
    ],
)
def test_a_unit_is_written_as_it_is_said(figure, unit, words):
    assert with_unit(figure, unit) == words


@pytest.mark.parametrize(
    ("approved_by", "printed"),
    [
        ("Nguyễn Thị Hòa, Phòng Tổng hợp (tài khoản reviewer)", "Nguyễn Thị Hòa, Phòng Tổng hợp"),
        ("Trần Văn B (Phó Giám đốc) (tài khoản b.tran)", "Trần Văn B (Phó Giám đốc)"),
        ("reviewer", "reviewer"),
    ],
)
def test_accounts_are_not_printed(approved_by, printed):
    approval = replace(APPROVAL, approved_by=approved_by)
    assert build_view(replace(PUBLISHED, approval=approval))["approval"].startswith(f"{printed} duyệt lúc 16 giờ 45")


def test_the_cut_offs_are_told_within_the_year():
    assert threshold_words(DRAFT).startswith(
        "“Đúng tiến độ” khi kết quả từ 95% mức phải đạt trở lên, “Có nguy cơ” từ 60%"
    )
    assert threshold_words(replace(DRAFT, period=Period(2023, 4))) == ""


@pytest.mark.parametrize("long", ["Vướng mắc kéo dài " * 2000, "x" * 30_000])
def test_what_is_long_is_cut_in_print_and_whole_in_the_data(long):
    (task,) = [task for task in DRAFT.tasks if task.ref == "II.1.a"]
    report = replace(task.reports[0], result=long, difficulty=long, proposal=long)
    data = replace(DRAFT, tasks=(replace(task, reports=(report,)),))
    view = build_view(data)
    (late,), (annexed,) = view["late_tasks"], view["task_sections"][0]["rows"]
    assert (len(late["result"]) <= 502, len(annexed["result"]) <= 3002) == (True, True)
    assert {len(view[name][0]["text"]) <= 3002 for name in ("difficulties", "proposals")} == {True}
    assert all(each["text"].endswith(" …") for each in (*view["main_difficulties"], *view["difficulties"]))
    assert f'"{long.strip()}"' in TASKS.csv(data) if hasattr(TASKS, "csv") else True


@pytest.mark.parametrize("mark", "\u202a\u202e\u2066\u2069\u200e\u200f\x00\ufffe")
def test_marks_that_turn_or_break_the_text_are_not_printed(mark):
    assert clean(f" một{mark}hai ") == "mộthai"


@pytest.mark.parametrize(
    ("changes", "is_early"),
    [
        ({}, True),
        ({"data_on": date(2023, 6, 30)}, False),
        ({"is_estimate": True}, False),
        ({"data_on": None}, False),
        # A level is what it is on its day.
        ({"expected_even": None}, False),
        ({"value": None}, False),
    ],
)
def test_a_sum_that_ends_before_the_quarter_is_said_to(changes, is_early):
    given = {"expected_even": Decimal(900), "is_estimate": False, "data_on": date(2023, 5, 31)}
    told = early_sentence(replace(DRAFT, indicators=(replace(FDI, **(given | changes)),), body_targets=()))
    assert ("tính đến trước ngày 30/06/2023" in told) is is_early


def test_a_span_that_the_plan_does_not_print_is_told():
    band = replace(FDI, target_text="1.800", target_low=Decimal(1710), target_high=Decimal(1890))
    assert "kế hoạch 1.800 triệu USD, đạt khi từ 1.710 đến 1.890)" in headline(band)
    assert "đạt khi" not in headline(EXPORTS)


def test_a_contradiction_about_a_common_task_is_told_with_who_says_it():
    common = next(task for task in DRAFT.tasks if task.is_collective)
    said = tuple(replace(report, state="done", contradiction="chưa nhận được") for report in common.reports[:1])
    data = replace(DRAFT, tasks=(*DRAFT.tasks[:1], replace(common, reports=(*said, *common.reports[1:]))))
    assert f"{common.ref} ({said[0].agency_name})" in task_sentence(data, where="")
