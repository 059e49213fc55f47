"""What the reviewer of a draft is shown."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from report_example import AS_OF, DRAFT, FIRST, ORIGIN

from tiendo.report.data import EditionChange, EditionData, IndicatorLine
from tiendo.report.review import (
    MOST_LINES,
    Dispute,
    DraftReview,
    NearBoundary,
    OpenRequest,
    OpenWarning,
    RefusedReport,
    approval_lines,
    near_boundaries,
    render_review,
    review_view,
)


def with_line(**changes: object) -> tuple[EditionData, IndicatorLine]:
    """The draft with one graded line alone, changed."""
    line = replace(next(line for line in DRAFT.graded if line.value is not None), **changes)  # type: ignore[arg-type]
    return replace(DRAFT, indicators=(line,), body_targets=()), line


def review(data: EditionData = DRAFT, **parts: object) -> DraftReview:
    return DraftReview(data, **({"near": (), "warnings": (), "disputes": (), "failures": ()} | parts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "up", "down", "expected", "found"),
    [
        # 98 of an expected 100: the next status is 2 away, 2 % of what was expected: just within reach.
        ("98", "2", "38", "100", [("2", True, False)]),
        ("97.9", "2.1", "37.9", "100", []),
        # The nearer of the two boundaries is told.
        ("101", "9", "1", "100", [("1", False, False)]),
        # 8,7 against "> 8,7": half of the last digit (0,05) would do.
        ("8.7", "0", None, "8.7", [("0", True, True)]),
        ("8.65", "0.05", "3", "100", [("0.05", True, False)]),
        ("8.6", "0.05", "3", "100", [("0.05", True, True)]),
        # Of a whole number half a unit, however many zeros it ends with.
        ("17300", "0.5", None, "17300", [("0.5", True, True)]),
        ("17300", "346.1", None, "17300", []),
        # At the best status and the worst there is one boundary only; without any, none.
        ("50", None, None, "100", []),
        # Nothing was expected: the figure itself is the measure.
        ("-5.00", "0.1", None, "0", [("0.1", True, False)]),
        ("-5.00", "0.11", None, "0", []),
    ],
)
def test_near_boundaries_by_hand(
    value: str, up: str | None, down: str | None, expected: str, found: list[tuple[str, bool, bool]]
) -> None:
    data, line = with_line(
        value=Decimal(value),
        margin_up=None if up is None else Decimal(up),
        margin_down=None if down is None else Decimal(down),
        expected=Decimal(expected),
    )
    got = near_boundaries(data)
    assert [(str(each.distance), each.is_better, each.is_rounding) for each in got] == found
    assert all(each.line == line for each in got)


def test_the_closest_comes_first() -> None:
    _, line = with_line(value=Decimal(100), expected=Decimal(100), margin_down=None)
    lines = tuple(replace(line, code=f"i{n}", row_order=n, margin_up=Decimal(n)) for n in (2, 1))
    assert [each.line.code for each in near_boundaries(replace(DRAFT, indicators=lines, body_targets=()))] == [
        "i1",
        "i2",
    ]


def test_a_first_edition_says_so() -> None:
    page = render_review(review(FIRST)).decode()
    assert "Đây là lần ban hành đầu tiên của kỳ." in page
    assert not any("Thay đổi so với" in line for line in approval_lines(review(FIRST)))


def test_what_changed_names_old_new_and_sender() -> None:
    page = render_review(review()).decode()
    for words in ("700", "967,3", "Đạt 700 triệu USD.", "Đạt 967,3 triệu USD.", ORIGIN.receipt_no, 'class="flip"'):
        assert words in page
    (line,) = [line for line in approval_lines(review()) if "Thay đổi so với" in line]
    assert "lần ban hành thứ 1" in line
    assert "700 → 967,3 Triệu USD, từ “Có nguy cơ” thành “Đúng tiến độ” (Sở Kế hoạch và Đầu tư)" in line


def test_a_sentence_that_changed_alone_is_shown_too() -> None:
    assert DRAFT.previous is not None
    change = EditionChange("iip", "IIP", "%", 1, "behind", "behind", None, None, "Hứa gửi 20/6.", "Hứa gửi 25/6.", None)
    page = render_review(review(replace(DRAFT, previous=replace(DRAFT.previous, rewordings=(change,))))).decode()
    assert "IIP: “Hứa gửi 20/6.” → “Hứa gửi 25/6.”" in page
    request = approval_lines(review(replace(DRAFT, previous=replace(DRAFT.previous, rewordings=(change,)))))
    assert "**Câu nhận xét thay đổi, số liệu giữ nguyên (1).** IIP." in request


def test_the_request_names_who_has_reported_since() -> None:
    assert DRAFT.previous is not None
    draft = replace(DRAFT, previous=replace(DRAFT.previous, changes=(), arrivals=("Sở Y tế", "UBND thành phố Dĩ An")))
    (line,) = [line for line in approval_lines(review(draft)) if "mới gửi báo cáo" in line]
    assert line.startswith("**Đơn vị mới gửi báo cáo so với lần ban hành thứ 1")
    assert line.endswith("(2).** Sở Y tế; UBND thành phố Dĩ An.")


def test_failing_checks_stand_first() -> None:
    broken = review(failures=("mart-maximum: <b>184</b> above 100",))
    assert approval_lines(broken)[0].startswith("**Không thể ban hành:**")
    page = render_review(broken).decode()
    assert "mart-maximum: &lt;b&gt;184&lt;/b&gt; above 100" in page
    assert page.index("Chưa thể ban hành") < page.index("Thay đổi so với lần ban hành trước")


def test_doubts_are_listed_with_their_numbers() -> None:
    _, line = with_line()
    full = review(
        near=(NearBoundary(line, Decimal("0.05"), is_better=True, is_rounding=True),),
        disputes=(Dispute(line, (("Sở Công Thương", "-18,7"), ("Cục Thống kê", "-19,4")), Decimal("0.7")),),
        warnings=(OpenWarning("Sở Y tế", "TN-000007", "a.xlsx", "r", "Chỉ tiêu", "G9", "Cao gấp 10 lần.", "990"),),
    )
    lines = approval_lines(full)
    assert any(text.startswith("**Sát ngưỡng đánh giá (1).**") and "chỉ do làm tròn" in text for text in lines)
    assert any("Sở Công Thương -18,7; Cục Thống kê -19,4" in text for text in lines)
    assert any("Sở Y tế, Chỉ tiêu\\!G9: Cao gấp 10 lần." in text for text in lines)


def test_what_was_explained_stands_apart_with_the_explanation() -> None:
    told = OpenWarning("Sở Y tế", "T", "x", "r", "S", "G9", "Cao gấp 10 lần.", "990", explanation="Mở bệnh viện mới")
    page = render_review(review(warnings=(told,))).decode()
    assert page.index("Đơn vị đã giải trình") < page.index("Cao gấp 10 lần.") < page.index("Mở bệnh viện mới")
    assert not any("Cảnh báo" in line for line in approval_lines(review(warnings=(told,))))


def test_doubted_figures_stand_first_the_explained_ones_before_the_others() -> None:
    told = OpenWarning(
        "Sở Tài chính", "T", "x", "value-magnitude-explained", "S", "G9", "Lệch nhiều lần.", "x",
        explanation="Xác nhận <31.550.000>", expected="Thu: nghi là 31.550", indicator="Thu", unit="Tỷ đồng",
        value=Decimal(31550000), last_value=Decimal(17300), last_period="2023-Q1",
    )  # fmt: skip
    asked = replace(told, rule="figure-unlikely", explanation="", indicator="Chi", last_value=None, last_period="")
    other = OpenWarning("Sở Y tế", "T", "x", "kind-given", "S", "H9", "Thiếu loại.", "")
    full = review(warnings=(other, asked, told), failures=("x",))
    lines = approval_lines(full)
    assert lines[1] == (
        "**Số liệu khác thường, đơn vị đã xác nhận hoặc giải trình (1).** Sở Tài chính, Thu: kỳ trước 17.300 "
        "(quý I năm 2023), kỳ này 31.550.000 Tỷ đồng; nghi là 31.550; đơn vị ghi “Xác nhận \\<31.550.000\\>”."
    )
    assert lines[2].startswith(
        "**Số liệu khác thường, đang hỏi lại đơn vị (1).** Sở Tài chính, Chi: kỳ trước chưa có, "
    )
    assert lines[-1] == "**Cảnh báo chưa được giải trình (1).** Sở Y tế, S\\!H9: Thiếu loại."
    page = render_review(full).decode()
    assert page.index("Xác nhận &lt;31.550.000&gt;") < page.index("Đang hỏi lại") < page.index("Thay đổi so với lần")
    assert page.index("Sát ngưỡng đánh giá") < page.index("Thiếu loại.")


def test_open_requests_for_correction_are_named() -> None:
    asked = OpenRequest("Sở Y tế", "DC-000001", "Số giường <i>?", "Hòa", DRAFT.as_of)
    page = render_review(review(requests=(asked,))).decode()
    assert "Sở Y tế (DC-000001; Hòa, " in page
    assert "Số giường &lt;i&gt;?" in page
    (line,) = [line for line in approval_lines(review(requests=(asked,))) if "Đang đề nghị điều chỉnh" in line]
    assert "Sở Y tế (DC-000001): Số giường \\<i\\>?" in line


def test_who_was_sent_back_is_named_whether_or_not_there_is_time() -> None:
    rows = DRAFT.submissions
    at = AS_OF - timedelta(hours=2)
    refused = [RefusedReport(row.agency_code, row.agency_name, at, row.is_received) for row in (rows[0], rows[-1])]
    shown = review_view(review(DRAFT, refused=tuple(refused)))["submissions"]
    assert [name.partition(" (gửi lúc ")[0] for name in shown["rejected"]] == [
        rows[0].agency_name,
        rows[-1].agency_name,
    ]
    assert [("bản trước vẫn được tính" in name) for name in shown["rejected"]] == [each.is_received for each in refused]
    assert all(each.agency_name not in f"{shown['open']}{shown['missing']}" for each in refused)


def test_words_from_files_stay_words() -> None:
    hostile = OpenWarning(
        "Sở Y tế", "T", "x", "r", "S", "A1", "[bấm](javascript:alert(1)) <script>x</script>\n# to", "<i>"
    )
    page = render_review(review(warnings=(hostile,))).decode()
    assert "<script>" not in page
    (line,) = [line for line in approval_lines(review(warnings=(hostile,))) if "Cảnh báo" in line]
    assert "\\[bấm\\](javascript" in line
    assert "\\<script\\>" in line
    assert "\n" not in line


def test_a_long_list_is_cut_in_the_request_but_not_on_the_page() -> None:
    many = tuple(
        OpenWarning("Sở Y tế", "T", "x", "r", "S", f"A{n}", f"Cảnh báo số {n}", "") for n in range(MOST_LINES + 3)
    )
    (line,) = [line for line in approval_lines(review(warnings=many)) if "Cảnh báo chưa" in line]
    assert line.endswith("; và 3 mục khác.")
    assert f"Cảnh báo số {MOST_LINES + 2}" in render_review(review(warnings=many)).decode()
