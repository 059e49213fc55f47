"""Grading what is reported in words: each verdict within the year and at its end, several bodies, absences."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from status_support import AS_OF, make_indicator, make_register, observation

from fixtures.grading import graded
from tiendo.model.period import Period
from tiendo.model.register import Comparator, Direction, Indicator, ListedState, Nature

STATES = (
    ListedState("Chưa triển khai", "behind"),
    ListedState("Đang triển khai, có vướng mắc", "at_risk"),
    ListedState("Đang triển khai", "on_track"),
    ListedState("Hoàn thành", "achieved"),
    ListedState("Hoàn thành, vượt yêu cầu", "exceeded"),
)
WORDS = replace(
    make_indicator("ratio", "none"),
    nature=Nature.STATE,
    comparator=Comparator.STATE,
    direction=Direction.NONE,
    unit=None,
    target_text="Hoàn thành",
    states=STATES,
)
SHARED = replace(WORDS, reporters=("so-a", "so-b"))


def told(text: str, agency: str = "so-a", number: int = 1, **changes: Any) -> dict[str, Any]:
    fields = {"answer": "state", "value_text": text, "agency_code": agency, "observation_id": number}
    return observation(None, **(fields | changes))


def status_row(indicator: Indicator, *observations: dict[str, Any], quarter: int = 1) -> dict[str, Any]:
    period = Period(2023, quarter)
    rows = [each | {"period": str(period)} for each in observations]
    (row,) = graded(make_register(indicator), rows, period, AS_OF)
    return row


@pytest.mark.parametrize(
    ("text", "within", "label", "at_the_end", "label_at_the_end"),
    [
        ("Chưa triển khai", "behind", "Chậm", "missed", "Không đạt"),
        ("Đang triển khai, có vướng mắc", "at_risk", "Có nguy cơ", "missed", "Không đạt"),
        ("Đang triển khai", "on_track", "Đúng tiến độ", "missed", "Không đạt"),
        ("Hoàn thành", "achieved", "Đạt", "achieved", "Đạt"),
        ("Hoàn thành, vượt yêu cầu", "exceeded", "Vượt", "exceeded", "Vượt"),
    ],
)
def test_each_verdict_within_the_year_and_at_its_end(
    text: str, within: str, label: str, at_the_end: str, label_at_the_end: str
) -> None:
    for quarter in (1, 2, 3):
        row = status_row(WORDS, told(text), quarter=quarter)
        assert row["status"] == within
        assert row["sentence"] == f"Báo cáo: {text}; mục tiêu: Hoàn thành; đánh giá: {label}."
    row = status_row(WORDS, told(text), quarter=4)
    assert row["status"] == at_the_end
    assert row["sentence"] == f"Báo cáo: {text}; mục tiêu: Hoàn thành; đánh giá: {label_at_the_end}."


def test_a_state_has_no_number_of_any_kind() -> None:
    row = status_row(WORDS, told("ĐANG  triển khai", kind="estimate", is_illustrative=True))
    numbers = ("value", "expected_value", "ratio", "margin", "margin_up", "margin_down", "needed")
    assert [row[name] for name in numbers] == [None] * 7
    assert (row["value_kind"], row["value_basis"], row["observation_id"]) == ("estimate", "year_to_date", 1)
    assert (row["is_estimate"], row["is_illustrative"]) == (True, True)
    assert row["components"]["state"] == "Đang triển khai"
    assert next(iter(row["components"]["states"].items())) == ("Chưa triển khai", "behind")
    assert row["sentence"].endswith("đánh giá: Đúng tiến độ; số ước thực hiện; số liệu minh họa.")
    final = status_row(WORDS, told("Hoàn thành", kind="estimate"), quarter=4)
    assert "đánh giá: Ước đạt; số ước thực hiện." in final["sentence"]


def test_several_bodies() -> None:
    """The same words in other capitals are the same; other words conflict, unless one takes precedence."""
    one, same, other = told("Hoàn thành"), told("HOÀN THÀNH", "so-b", 2), told("Đang triển khai", "so-b", 2)
    agreed = status_row(SHARED, one, same)
    assert agreed["status"] == "achieved"
    assert "theo báo cáo của Sở Công Thương, Cục Thống kê báo cáo cùng trạng thái" in agreed["sentence"]
    conflict = status_row(SHARED, one, other)
    assert (conflict["status"], conflict["observation_id"]) == ("conflicting", None)
    assert conflict["components"]["is_disputed"] is True
    assert conflict["components"]["state"] is None
    assert conflict["sentence"] == (
        "Các cơ quan báo cáo trạng thái khác nhau: Sở Công Thương báo cáo “Hoàn thành”, Cục Thống kê báo cáo "
        "“Đang triển khai”; đánh giá: Chưa thống nhất."
    )
    first = status_row(replace(SHARED, has_precedence=True), one, other)
    assert first["status"] == "achieved"
    assert "Cục Thống kê báo cáo “Đang triển khai”" in first["sentence"]


def test_absences_and_answers_that_are_no_state() -> None:
    nothing = status_row(WORDS)
    assert (nothing["status"], nothing["sentence"]) == (
        "no_data",
        "Chưa nhận được số liệu quý I năm 2023 từ Sở Công Thương; đánh giá: Chưa có số liệu.",
    )
    promised = status_row(WORDS, observation(None, promised_on=date(2023, 4, 20)))
    assert (promised["status"], "dự kiến có ngày 20/04/2023" in promised["sentence"]) == ("no_data", True)
    assert status_row(SHARED, observation(None), told("Hoàn thành", "so-b", 2))["status"] == "achieved"
    # A figure from before the register made words of it, and a state that was taken out of the list since.
    assert status_row(WORDS, observation("5"))["status"] == "no_data"
    gone = status_row(WORDS, told("Đã nghiệm thu"))
    assert gone["status"] == "no_data"
    assert "báo cáo “Đã nghiệm thu”, không có trong danh sách trạng thái của chỉ tiêu" in gone["sentence"]
    # And a state where a figure is asked for.
    assert status_row(make_indicator("ratio", "ge 5"), told("Hoàn thành"))["status"] == "no_data"


def test_what_is_not_published_yet_is_kept_and_not_graded() -> None:
    row = status_row(replace(WORDS, published_in=(4,)), told("Hoàn thành"))
    assert row["status"] == "not_yet_published"
    assert "trạng thái đã gửi (“Hoàn thành”) được lưu, chưa đưa vào đánh giá" in row["sentence"]
