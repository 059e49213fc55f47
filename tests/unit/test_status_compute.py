"""The table of statuses: which figure counts, what is not graded, columns, components."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from status_support import AS_OF, MILLION_USD, make_indicator, make_register, observation

from fixtures.grading import graded
from tiendo.model.period import Period
from tiendo.model.register import Indicator, RowKind
from tiendo.status.compute import COLUMNS


def status_row(indicator: Indicator, *observations: dict[str, Any], quarter: int = 1) -> dict[str, Any]:
    (row,) = graded(make_register(indicator), observations, Period(2023, quarter), AS_OF)
    return row


SHARED = make_indicator(
    "growth", "range 9 10", reporters=("so-a", "so-b"), tolerance=Decimal("0.1"), has_precedence=False
)
PRECEDENT = replace(SHARED, has_precedence=True)


def by(agency: str, value: str | None, number: int = 1, **changes: Any) -> dict[str, Any]:
    return observation(value, agency_code=agency, observation_id=number, **changes)


def test_columns_and_one_row_per_leaf_in_order() -> None:
    leaves = [make_indicator("flow", "ge 100", code=f"ct-{n}") for n in (3, 1, 2)]
    group = make_indicator("group", "none", code="nhom", row_kind=RowKind.GROUP)
    rows = graded(make_register(leaves[0], group, *leaves[1:]), [], Period(2023, 1), AS_OF)
    assert tuple(rows[0]) == COLUMNS
    assert [row["indicator_code"] for row in rows] == ["ct-3", "ct-1", "ct-2"]
    assert [(row["status"], row["observation_id"]) for row in rows] == [("no_data", None)] * 3


def test_values_stay_exact_decimals_and_plain_types() -> None:
    row = status_row(make_indicator("flow", "ge 1800", unit=MILLION_USD), observation("437", kind="estimate"))
    assert (row["value"], row["expected_value"], row["ratio"]) == (437, 450, Decimal("0.971111"))
    assert isinstance(row["value"], Decimal)
    assert (row["value_kind"], row["value_basis"], row["agency_code"]) == ("estimate", "year_to_date", "so-a")
    assert row["is_estimate"] is True
    assert row["is_illustrative"] is False
    assert type(row["observation_id"]) is int
    assert row["as_of"] == AS_OF
    assert (row["plan_code"], row["period"], row["rule_version"]) == ("thu", "2023-Q1", "1")


def test_only_this_period_and_year_to_date_count() -> None:
    flow = make_indicator("flow", "ge 100")
    row = status_row(
        flow,
        observation("99", period="2023-Q2", observation_id=1),
        observation("98", basis="quarter", observation_id=2),
        observation("30", observation_id=3),
    )
    assert (row["value"], row["observation_id"]) == (30, 3)


def test_quarter_figure_alone_is_not_added_up() -> None:
    row = status_row(make_indicator("flow", "ge 100"), observation("30", basis="quarter"))
    assert (row["status"], row["value"]) == ("no_data", None)
    assert "chỉ báo cáo số trong quý" in row["sentence"]
    assert row["components"]["choice"] == "quarter_only"


def test_later_observation_of_an_agency_counts() -> None:
    flow = make_indicator("flow", "ge 100")
    row = status_row(flow, observation("26", observation_id=9), observation("30", observation_id=5))
    assert (row["value"], row["observation_id"]) == (26, 9)


@pytest.mark.parametrize(
    ("observations", "sentence"),
    [
        ([], "Chưa nhận được số liệu quý I năm 2023 từ Sở Công Thương; đánh giá: Chưa có số liệu."),
        ([observation(None)], "Sở Công Thương báo cáo chưa có số liệu quý I năm 2023; đánh giá: Chưa có số liệu."),
        (
            [observation(None, promised_on=date(2023, 4, 20))],
            (
                "Sở Công Thương báo cáo chưa có số liệu quý I năm 2023, dự kiến có ngày 20/04/2023; đánh giá: Chưa có"
                " số liệu."
            ),
        ),
        (
            [observation(None, answer="not_applicable")],
            (
                "Sở Công Thương báo cáo không áp dụng hoặc không thuộc phạm vi trong quý I năm 2023;"
                " đánh giá: Chưa có số liệu."
            ),
        ),
        (
            [observation(None, answer="no_occurrence")],
            "Sở Công Thương báo cáo không phát sinh trong quý I năm 2023; đánh giá: Chưa có số liệu.",
        ),
    ],
)
def test_kinds_of_nothing(observations: list[dict[str, Any]], sentence: str) -> None:
    row = status_row(make_indicator("flow", "ge 100"), *observations)
    assert (row["status"], row["sentence"]) == ("no_data", sentence)
    assert (row["agency_code"], row["value"], row["is_estimate"]) == ("so-a", None, False)
    assert row["expected_value"] == 25


def test_zero_is_a_figure() -> None:
    row = status_row(make_indicator("flow", "ge 100"), observation("0"))
    assert (row["status"], row["value"], row["ratio"]) == ("behind", 0, 0)


def test_not_yet_published_comes_first_and_keeps_a_figure() -> None:
    pci = make_indicator("rank", "lt 10", published_in=(), publication_note="VCCI công bố vào tháng 4 năm sau.")
    row = status_row(pci, observation("6"))
    assert (row["status"], row["value"], row["ratio"], row["expected_value"]) == ("not_yet_published", 6, None, None)
    assert row["sentence"].startswith("Chưa đến kỳ công bố số liệu (VCCI công bố vào tháng 4 năm sau); số đã gửi")
    no_target = make_indicator("index", "none", published_in=(2, 4))
    assert [status_row(no_target, quarter=q)["status"] for q in (1, 2, 3, 4)] == [
        "not_yet_published",
        "no_target",
        "not_yet_published",
        "no_target",
    ]


def test_no_target_shows_the_figure() -> None:
    row = status_row(make_indicator("index", "none", unit=None), observation("87.79"))
    assert (row["status"], row["value"], row["margin"]) == ("no_target", Decimal("87.79"), None)
    assert "87,79" in row["sentence"]


@pytest.mark.parametrize(
    ("indicator", "first", "second", "status", "value", "is_disputed"),
    [
        (SHARED, "9.5", "9.6", "on_track", "9.5", False),  # just the tolerance
        (SHARED, "9.5", "9.61", "conflicting", None, True),
        (SHARED, "9.61", "9.5", "conflicting", None, True),
        (PRECEDENT, "9.5", "-3", "on_track", "9.5", True),
        (PRECEDENT, "-3", "9.5", "behind", "-3", True),
    ],
)
def test_two_reporters(
    indicator: Indicator, first: str, second: str, status: str, value: str | None, *, is_disputed: bool
) -> None:
    row = status_row(indicator, by("so-b", second, 1), by("so-a", first, 2))
    assert (row["status"], row["value"]) == (status, None if value is None else Decimal(value))
    assert row["components"]["is_disputed"] is is_disputed
    assert [each["agency"] for each in row["components"]["reporters"]] == ["so-a", "so-b"]
    if status == "conflicting":
        assert row["agency_code"] is None
        assert row["observation_id"] is None
        assert "Sở Công Thương báo cáo" in row["sentence"]
        assert "Cục Thống kê báo cáo" in row["sentence"]
    else:
        assert "theo số của Sở Công Thương" in row["sentence"]
        assert ("vượt mức cho phép 0,1 điểm phần trăm" in row["sentence"]) is is_disputed


@pytest.mark.parametrize("indicator", [SHARED, PRECEDENT])
def test_second_reporter_counts_when_the_first_has_nothing(indicator: Indicator) -> None:
    row = status_row(indicator, by("so-a", None, 1), by("so-b", "9.5", 2))
    assert (row["status"], row["agency_code"], row["observation_id"]) == ("on_track", "so-b", 2)


def test_body_not_among_the_reporters_does_not_count() -> None:
    row = status_row(make_indicator("flow", "ge 100"), by("so-c", "90"))
    assert row["status"] == "no_data"


def test_approximate_illustrative_estimate_are_carried() -> None:
    stock = make_indicator("stock", "ge 65762")
    figure = observation(
        "65600", period="2023-Q4", is_approximate=True, value_text="gần 65.600", kind="estimate", is_illustrative=True
    )
    row = status_row(stock, figure, quarter=4)
    assert (row["status"], row["is_approximate"], row["is_illustrative"]) == ("undecidable", True, True)
    assert row["components"]["interval"] == ["65272", "65928"]
    assert row["components"]["possible_statuses"] == ["missed", "achieved", "exceeded"]
    assert "gần 65.600" in row["sentence"]
    assert row["sentence"].endswith("đánh giá: Chưa xác định; số ước thực hiện; số liệu minh họa.")


def test_approximate_figure_cannot_stand_for_the_impossible() -> None:
    share = make_indicator("ratio", "between 99 100", maximum=Decimal(100))
    figure = observation("100", period="2023-Q4", is_approximate=True, value_text="gần 100")
    row = status_row(replace(share, maximum=None), figure, quarter=4)
    assert row["status"] == "undecidable"
    narrow = status_row(replace(share, low=Decimal(90)), figure, quarter=4)
    assert (narrow["status"], narrow["components"]["interval"]) == ("achieved", ["95", "100"])


def test_components_are_json_and_repeat_the_row() -> None:
    row = status_row(make_indicator("flow", "ge 1800", baseline="500"), observation("437"))
    components = json.loads(json.dumps(row["components"], ensure_ascii=False))
    assert components["expected"] == "450"
    assert components["ratio"] == str(row["ratio"])
    for key in ("nature", "comparator", "direction", "target_low", "baseline", "share", "threshold_on_track"):
        assert components[key] is not None
    assert components["reporters"] == [
        {"agency": "so-a", "observation_id": 1, "answer": "value", "value": "437", "kind": "actual"}
    ]


def test_same_input_gives_the_same_rows_whatever_the_order() -> None:
    rows = [by("so-a", "9.5", 1), by("so-b", "9.6", 2), by("so-a", "7", 3, period="2023-Q2")]
    first, second = (graded(make_register(SHARED), order, Period(2023, 1), AS_OF) for order in (rows, rows[::-1]))
    assert first == second


def test_period_of_another_year_is_refused() -> None:
    with pytest.raises(ValueError, match="2024-Q1"):
        graded(make_register(), [], Period(2024, 1), AS_OF)


def test_binary_float_is_refused() -> None:
    rows = [observation("9.5") | {"value": 9.5}]
    with pytest.raises(TypeError, match="no Decimal"):
        graded(make_register(make_indicator("growth", "ge 9")), rows, Period(2023, 1), AS_OF)


def test_plan_without_indicators_gives_no_rows() -> None:
    assert graded(make_register(), [], Period(2023, 1), AS_OF) == []
