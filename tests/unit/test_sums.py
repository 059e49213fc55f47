"""Indicators that nobody reports because they are the sum of others: what the register refuses, how they are graded."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from status_support import AS_OF, BILLION_VND, make_indicator, make_register, observation

from fixtures.amended import amendment
from fixtures.grading import graded
from fixtures.other_plan import PLAN
from fixtures.sums import AN_BINH, PARTS, SON_HA, SONG_LAM, SUM, plan_with_sum
from tiendo.model.period import Period
from tiendo.plan.register import RegisterError, load_register, register_of

# Cells by (code, column), and the faults: row, column, reason. The sum stands in row 9, its parts in rows 6 to 8.
FAULTS: list[tuple[dict[tuple[str, str], str], list[tuple[int, str, str]]]] = [
    (
        {(SUM, "sum_of"): f"{AN_BINH};thu-xa-khac;{SON_HA}"},
        [(9, "sum_of", "'thu-xa-khac' is no indicator of the plan that has figures")],
    ),
    ({(SUM, "sum_of"): AN_BINH}, [(9, "sum_of", "names one indicator: a sum has two parts or more")]),
    ({(SUM, "sum_of"): f"{AN_BINH};{SON_HA};{AN_BINH}"}, [(9, "sum_of", f"names {AN_BINH} twice")]),
    (
        {(SUM, "sum_of"): f"{AN_BINH};ho-duoc-ho-tro"},
        [
            (9, "sum_of", "ho-duoc-ho-tro is counted in household, the sum in billion_vnd"),
            (9, "sum_of", "ho-duoc-ho-tro has no figure in period 1, 3, the sum has"),
        ],
    ),
    (
        {(SUM, "sum_of"): f"{AN_BINH};xa-nong-thon-moi"},
        [
            (9, "sum_of", "xa-nong-thon-moi is a stock, the sum a flow"),
            (9, "sum_of", "xa-nong-thon-moi is counted in commune, the sum in billion_vnd"),
        ],
    ),
    (
        {(SUM, "nature"): "ratio", **{(part, "nature"): "ratio" for part in PARTS}},
        [(9, "sum_of", "figures of nature ratio do not add up: only those of a flow or stock do")],
    ),
    ({(SUM, "sum_of"): f"{SUM};{SON_HA}"}, [(9, "sum_of", f"{SUM} is a sum itself: name its parts instead")]),
    (
        {("thu-ngan-sach", "sum_of"): f"{SUM};{SON_HA}", ("thu-ngan-sach", "reporters"): "",
         ("thu-ngan-sach", "agency_source"): "sum"},
        [(3, "sum_of", f"{SUM} is a sum itself: name its parts instead")],
    ),
    (
        {(SUM, "reporters"): "so-tai-chinh"},
        [(9, "reporters", "must be empty: a figure that is added up (sum_of) is reported by nobody")],
    ),
    ({(SUM, "agency_source"): "printed"}, [(9, "agency_source", "must be one of sum; not 'printed'")]),
    ({(SUM, "tolerance"): "2"}, [(9, "tolerance", "makes sense for reporters only")]),
    (
        {(SON_HA, "published_in"): "2;4", (SON_HA, "publication_note"): "Sáu tháng một lần."},
        [(9, "sum_of", f"{SON_HA} has no figure in period 1, 3, the sum has")],
    ),
    ({(SUM, "sum_of"): ""}, [(9, "reporters", "is empty"), (9, "agency_source", "must be one of printed")]),
    # What follows from a broken cell is no news.
    ({(SON_HA, "unit"): "dollar"}, [(7, "unit", "'dollar' is no unit of units.csv")]),
]  # fmt: skip


@pytest.mark.parametrize(("edits", "faults"), FAULTS)
def test_a_sum_that_cannot_be_is_told_with_row_column_and_reason(
    tmp_path: Path, edits: dict[tuple[str, str], str], faults: list[tuple[int, str, str]]
) -> None:
    with pytest.raises(RegisterError) as refused:
        load_register(plan_with_sum(tmp_path, edits))
    found = [(fault.file, fault.row, fault.column, fault.what) for fault in refused.value.faults]
    assert [(file, row, column) for file, row, column, _ in found] == [
        ("indicators.csv", row, column) for row, column, _ in faults
    ]
    assert all(what.startswith(told) for (*_, what), (*_, told) in zip(found, faults, strict=True)), found


def test_nobody_owes_a_sum(tmp_path: Path) -> None:
    register = load_register(plan_with_sum(tmp_path))
    assert register.indicator_by_code[SUM].sum_of == PARTS
    assert [i.code for body in register.obliged for i in register.indicators_of(body.code)].count(SUM) == 0
    assert len(register.obliged) == len(load_register(PLAN).obliged)


def test_an_empty_column_leaves_the_hash_of_what_is_in_force_alone(tmp_path: Path) -> None:
    before = load_register(PLAN)
    with_column = {"indicators.csv": _with_empty_column(before.files["indicators.csv"])}
    after = register_of(before.files | with_column)
    assert (after.version_sha256, after.indicators) == (before.version_sha256, before.indicators)
    assert load_register(plan_with_sum(tmp_path)).version_sha256 != before.version_sha256


def _with_empty_column(table: bytes) -> bytes:
    heading, *rows = table.decode().splitlines()
    return "\n".join([f"{heading},sum_of", *(f"{row}," for row in rows), ""]).encode()


SINCE_JUNE = "2025-06-01"


def test_amendments_change_what_is_added_up(tmp_path: Path) -> None:
    plan = plan_with_sum(
        tmp_path,
        {(SUM, "sum_of"): f"{AN_BINH};{SON_HA}"},
        (
            amendment(SINCE_JUNE, "indicator", SUM, "set", "sum_of", f"{AN_BINH};{SONG_LAM}"),
            amendment(SINCE_JUNE, "indicator", SON_HA, "withdraw"),
            amendment(SINCE_JUNE, "indicator", "ho-duoc-ho-tro", "set", "reporters", "xa-son-ha"),
            amendment(SINCE_JUNE, "agency", "lien-doan-lao-dong", "set", "is_obliged", "no"),
            amendment(SINCE_JUNE, "indicator", SONG_LAM, "add"),
            amendment(SINCE_JUNE, "agency", "thi-tran-song-lam", "add"),
        ),
    )
    register = load_register(plan)
    held = [register.in_force(Period(2025, quarter)).indicator_by_code[SUM].sum_of for quarter in (1, 2)]
    assert held == [(AN_BINH, SON_HA), (AN_BINH, SONG_LAM)]


def test_a_reported_indicator_becomes_a_sum_and_the_reverse(tmp_path: Path) -> None:
    since = "2025-06-01"
    plan = plan_with_sum(
        tmp_path,
        amendments=(
            amendment(since, "indicator", SUM, "set", "sum_of", ""),
            amendment(since, "indicator", SUM, "set", "reporters", "so-tai-chinh"),
            amendment(since, "indicator", "thu-ngan-sach", "set", "sum_of", ";".join(PARTS)),
            amendment(since, "indicator", "thu-ngan-sach", "set", "reporters", ""),
        ),
    )
    now = load_register(plan).in_force(Period(2025, 2)).indicator_by_code
    assert (now[SUM].sum_of, now[SUM].reporters) == ((), ("so-tai-chinh",))
    assert (now["thu-ngan-sach"].sum_of, now["thu-ngan-sach"].reporters) == (PARTS, ())


def test_a_withdrawn_part_that_is_still_added_up_is_a_fault_of_the_amendment(tmp_path: Path) -> None:
    rows = (
        amendment(SINCE_JUNE, "indicator", "ho-duoc-ho-tro", "set", "reporters", "xa-son-ha"),
        amendment(SINCE_JUNE, "agency", "lien-doan-lao-dong", "set", "is_obliged", "no"),
        amendment(SINCE_JUNE, "indicator", SON_HA, "withdraw"),
    )
    with pytest.raises(RegisterError) as refused:
        load_register(plan_with_sum(tmp_path, amendments=rows))
    (fault,) = refused.value.faults
    assert (fault.file, fault.row) == ("amendments.csv", 4)
    assert fault.what == (
        "from 2025-06-01 on, indicators.csv, row 9, column sum_of: 'thu-xa-son-ha' is no indicator of the plan that has"
        " figures"
    )


# Grading, by hand: a total over three parts with a target of 100 for the year, so 25 by the end of the first quarter.
A, B, C = (
    make_indicator("flow", "ge 40", code=code, reporters=(body,), unit=BILLION_VND, label=f"Phần {code}")
    for code, body in (("a", "so-a"), ("b", "so-b"), ("c", "so-c"))
)
TOTAL = make_indicator(
    "flow", "ge 100", code="tong", label="Tổng", reporters=(), sum_of=("a", "b", "c"), unit=BILLION_VND
)


def of(code: str, value: str | None, **changes: Any) -> dict[str, Any]:
    number = {"a": 11, "b": 12, "c": 13}[code]
    return observation(
        value, **{"indicator_code": code, "agency_code": f"so-{code}", "observation_id": number} | changes
    )


def total(*observations: dict[str, Any], quarter: int = 1, parts=(A, B, C), whole=TOTAL) -> dict[str, Any]:
    # The sum stands above its parts.
    rows = graded(make_register(whole, *parts), observations, Period(2023, quarter), AS_OF)
    return rows[0]


ABSENT = {"value": None, "answer": "no_occurrence"}
GRADED: list[tuple[list[dict[str, Any]], tuple[str, str, str], tuple[bool, bool, bool], str]] = [
    # 10,25 + 8,5 + 6,3 = 25,05 of 25: 1,002.
    ([of("a", "10.25"), of("b", "8.5"), of("c", "6.30")], ("25.05", "1.002", "on_track"), (False, False, False),
     "tổng của 3 chỉ tiêu thành phần."),
    # 10,1 + 0,2 + 0 = 10,3: 0,412. In binary floats 10,1 + 0,2 is 10,299999999999999.
    ([of("a", "10.1"), of("b", "0.2"), of("c", "0")], ("10.3", "0.412", "behind"), (False, False, False),
     "tổng của 3 chỉ tiêu thành phần."),
    ([of("a", "12"), of("b", "11"), of("c", None, answer="no_occurrence")], ("23", "0.92", "at_risk"),
     (False, False, False), "tổng của 3 chỉ tiêu thành phần (trong đó 1 không phát sinh)."),
    ([of("a", "12"), of("b", "13"), of("c", None, answer="not_applicable")], ("25", "1", "on_track"),
     (False, False, False), "tổng của 3 chỉ tiêu thành phần (trong đó 1 không áp dụng)."),
    ([of("a", "12", kind="estimate"), of("b", "13"), of("c", "1")], ("26", "1.04", "on_track"),
     (True, False, False), "tổng của 3 chỉ tiêu thành phần; số ước thực hiện."),
    ([of("a", "12", is_illustrative=True), of("b", "13"), of("c", "1")], ("26", "1.04", "on_track"),
     (False, False, True), "tổng của 3 chỉ tiêu thành phần; số liệu minh họa."),
    ([of("a", "12", is_approximate=True, value_text="gần 12"), of("b", "13"), of("c", "1")], ("26", "1.04", "on_track"),
     (False, True, False), "tổng của 3 chỉ tiêu thành phần (trong đó 1 gần đúng)."),
    ([of("a", None, answer="no_occurrence"), of("b", None, answer="no_occurrence"), of("c", "0")], ("0", "0", "behind"),
     (False, False, False), "tổng của 3 chỉ tiêu thành phần (trong đó 2 không phát sinh)."),
]  # fmt: skip


@pytest.mark.parametrize(("observations", "verdict", "marks", "ending"), GRADED)
def test_the_sum_is_graded_against_its_own_target(
    observations: list[dict[str, Any]], verdict: tuple[str, str, str], marks: tuple[bool, bool, bool], ending: str
) -> None:
    row = total(*observations)
    value, ratio, status = verdict
    assert (row["value"], row["ratio"], row["status"]) == (Decimal(value), Decimal(ratio), status)
    assert isinstance(row["value"], Decimal)
    assert (row["is_estimate"], row["is_approximate"], row["is_illustrative"]) == marks
    assert row["sentence"].endswith(f"; {ending}"), row["sentence"]
    assert (row["agency_code"], row["observation_id"], row["value_basis"]) == (None, None, "year_to_date")
    assert row["expected_value"] == 25


WAITING: list[tuple[list[dict[str, Any]], str]] = [
    ([of("a", "10"), of("c", "5")], "thiếu Cục Thống kê"),
    ([of("a", "10")], "thiếu Cục Thống kê, Sở Tài chính"),
    ([of("a", "10"), of("b", "5"), of("c", None)], "thiếu Sở Tài chính (báo cáo chưa có số liệu)"),
    (
        [of("a", "10"), of("b", "5"), of("c", None, promised_on=date(2023, 4, 20))],
        "thiếu Sở Tài chính (báo cáo chưa có số liệu, dự kiến có ngày 20/04/2023)",
    ),
    (
        [of("a", "10"), of("b", "5"), of("c", "3", basis="quarter")],
        "thiếu Sở Tài chính (chỉ báo cáo số trong quý)",
    ),
]


@pytest.mark.parametrize(("observations", "missing"), WAITING)
def test_nothing_is_added_up_before_every_part_is_there(observations: list[dict[str, Any]], missing: str) -> None:
    row = total(*observations)
    assert (row["status"], row["value"], row["ratio"], row["components"]["choice"]) == (
        *("no_data", None, None, "parts_missing"),
    )
    assert row["sentence"] == f"Chưa đủ số liệu để cộng: {missing}; đánh giá: Chưa có số liệu."


def test_a_part_on_which_two_bodies_differ_is_missing() -> None:
    shared = replace(C, reporters=("so-c", "so-b"))
    told = [of("a", "10"), of("b", "5"), of("c", "3"), of("c", "4", agency_code="so-b", observation_id=14)]
    row = total(*told, parts=(A, B, shared))
    # One body reports two parts: they are named, not it.
    assert row["sentence"].startswith("Chưa đủ số liệu để cộng: thiếu “Phần c” (số liệu chưa thống nhất);")
    first_counts = replace(shared, has_precedence=True)
    assert total(*told, parts=(A, B, first_counts))["value"] == 18


def test_where_no_part_applies_there_is_no_sum() -> None:
    row = total(*(of(code, None, answer="not_applicable") for code in "abc"))
    assert (row["status"], row["value"]) == ("no_data", None)
    assert row["sentence"].startswith("Không có gì để cộng: cả 3 chỉ tiêu thành phần được báo cáo là không áp dụng;")


def test_many_missing_parts_are_counted() -> None:
    parts = [make_indicator("flow", "ge 4", code=f"p{n}", label=f"Phần {n}", unit=BILLION_VND) for n in range(12)]
    row = total(parts=parts, whole=replace(TOTAL, sum_of=tuple(part.code for part in parts)))
    assert "“Phần 9” và 2 chỉ tiêu thành phần khác; đánh giá" in row["sentence"]
    assert len(row["components"]["parts"]) == 12


def test_an_approximate_sum_stands_for_all_that_its_parts_can_be() -> None:
    """Gần 20 is 19,5 to 20,5, gần 3,1 is 3,05 to 3,15, 0,75 is just that; on_track begins at 23,75, in between."""
    row = total(of("a", "20", is_approximate=True), of("b", "3.1", is_approximate=True), of("c", "0.75"))
    assert row["components"]["interval"] == ["23.3", "24.4"]
    assert (row["value"], row["status"]) == (Decimal("23.85"), "undecidable")


def test_in_a_quarter_without_a_figure_nothing_is_added_up() -> None:
    half_yearly = replace(TOTAL, published_in=(2, 4), publication_note="Sáu tháng một lần.")
    row = total(of("a", "1"), of("b", "2"), of("c", "3"), whole=half_yearly)
    assert (row["status"], row["value"], "parts" in row["components"]) == ("not_yet_published", None, False)


def test_a_sum_without_a_target_is_shown() -> None:
    shown = make_indicator("flow", "none", code="tong", reporters=(), sum_of=("a", "b", "c"), unit=BILLION_VND)
    row = total(of("a", "1"), of("b", "2"), of("c", "3"), whole=shown)
    assert (row["status"], row["value"]) == ("no_target", 6)
    assert total(of("a", "1"), of("b", "2"), whole=shown)["sentence"] == (
        "Kế hoạch không giao chỉ tiêu nên không đánh giá; chưa đủ số liệu để cộng: thiếu Sở Tài chính."
    )


def test_the_components_lead_to_each_part() -> None:
    row = total(of("a", "10.25"), of("b", None, answer="no_occurrence"), of("c", None, answer="not_available"))
    parts = row["components"]["parts"]
    assert [(part["indicator"], part["choice"], part["value"], part["observation_id"]) for part in parts] == [
        ("a", "chosen", "10.25", 11),
        ("b", "no_occurrence", None, 12),
        ("c", "not_available", None, 13),
    ]
    assert row["components"]["reporters"] == []
    assert json.loads(json.dumps(row["components"])) == row["components"]


def test_who_took_over_speaks_for_a_part(tmp_path: Path) -> None:
    from tiendo.status.compute import COLUMNS, FIGURE, compute

    told = [of("a", "10"), of("b", "5"), of("c", "7", agency_code="so-a")]
    figures = [tuple(each.get(name) for name in FIGURE) for each in told]
    rows = compute(make_register(TOTAL, A, B, C), figures, Period(2023, 1), AS_OF, {"so-c": ("so-a",)})
    assert dict(zip(COLUMNS, next(iter(rows)), strict=True))["value"] == 22
