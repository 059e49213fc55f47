"""The real figures of 2023, graded with the real register, come out as docs/methodology.md says they do."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from fixtures.grading import graded
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.settings import PROJECT
from tiendo.status.expected import goal_of

AS_OF = datetime(2024, 1, 15, tzinfo=UTC)


class Example(NamedTuple):
    indicator: str
    period: str
    figure: str
    expected: str
    ratio: str
    status: str
    margin: str
    source: str


def _examples() -> list[Example]:
    """The table of docs/methodology.md, section 10."""
    text = (PROJECT / "docs" / "methodology.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \|(.+)\|$", text.split("## 10.")[1], re.MULTILINE)
    return [Example(code, *(cell.strip() for cell in cells.split("|"))) for code, cells in rows]


EXAMPLES = _examples()


def _observation(number: int, register: Register, example: Example) -> dict[str, Any]:
    figure = Decimal(example.figure.removeprefix("gần "))
    return {
        "observation_id": number,
        "indicator_code": example.indicator,
        "period": example.period,
        "agency_code": register.indicator_by_code[example.indicator].reporters[0],
        "basis": "year_to_date",
        "kind": "estimate",
        "answer": "value",
        "value": figure,
        "value_text": example.figure,
        "is_approximate": example.figure.startswith("gần"),
        "is_illustrative": False,
        "note": "",
    }


@pytest.fixture(scope="module")
def statuses(register: Register) -> dict[tuple[str, str], dict[str, Any]]:
    rows = [_observation(number, register, example) for number, example in enumerate(EXAMPLES, start=1)]
    tables = [graded(register, rows, Period(2023, quarter), AS_OF) for quarter in (1, 2, 3, 4)]
    return {(row["period"], row["indicator_code"]): row for table in tables for row in table}


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{each.period}-{each.indicator}" for each in EXAMPLES])
def test_worked_example(statuses: dict[tuple[str, str], dict[str, Any]], example: Example) -> None:
    row = statuses[example.period, example.indicator]
    assert row["status"] == example.status
    got = [row["value"], row["expected_value"], row["ratio"], row["margin"]]
    written = [example.figure.removeprefix("gần "), example.expected, example.ratio, example.margin]
    assert got == [Decimal(text) for text in written]


def test_worked_examples_name_their_sources() -> None:
    text = (PROJECT / "docs" / "methodology.md").read_text(encoding="utf-8")
    assert len(EXAMPLES) >= 15
    for example in EXAMPLES:
        assert f"\n{example.source}: http" in text


# What the year came to, by the published figures (domain: 2023 in Bình Dương), independent of the page above.
OUTCOMES = [
    ("2023-Q1", "thu-hut-fdi", "on_track"),
    ("2023-Q1", "thu-ngan-sach", "at_risk"),
    ("2023-Q1", "tang-ban-le", "at_risk"),
    ("2023-Q1", "tang-xuat-khau", "behind"),
    ("2023-Q4", "tang-xuat-khau", "missed"),
    ("2023-Q4", "tang-nhap-khau", "missed"),
    ("2023-Q4", "iip", "missed"),
    ("2023-Q4", "thu-hut-fdi", "missed"),
    ("2023-Q4", "tang-ban-le", "missed"),
    ("2023-Q4", "thu-ngan-sach", "missed"),
    ("2023-Q4", "von-dau-tu-toan-xa-hoi", "achieved"),
    ("2023-Q4", "doanh-nghiep-dang-hoat-dong", "undecidable"),
    *((f"2023-Q{q}", code, "not_yet_published") for q in (1, 2, 3, 4) for code in ("par-index", "thu-hang-pci")),
]


@pytest.mark.parametrize(("period", "indicator", "status"), OUTCOMES)
def test_outcome_of_2023(
    statuses: dict[tuple[str, str], dict[str, Any]], period: str, indicator: str, status: str
) -> None:
    assert statuses[period, indicator]["status"] == status


SENTENCES = [
    (
        "2023-Q1",
        "thu-hut-fdi",
        (
            "Lũy kế 437 triệu USD, bằng 24,3% chỉ tiêu năm (1.800 triệu USD) và 97,1% mức phải đạt đến hết quý I"
            " (450 triệu USD); cần thêm 1.363 triệu USD trong 3 quý còn lại, gấp 1,04 lần tốc độ đã đạt; đánh giá: Đúng"
            " tiến độ (cách mức “Có nguy cơ” 9,5 triệu USD); số ước thực hiện."
        ),
    ),
    (
        "2023-Q2",
        "thu-hut-fdi",
        (
            "Lũy kế 967,3 triệu USD, bằng 53,7% chỉ tiêu năm (1.800 triệu USD) và 107,5% mức phải đạt đến hết quý II"
            " (900 triệu USD); cần thêm 832,7 triệu USD trong 2 quý còn lại, bằng 0,86 lần tốc độ đã đạt; đánh giá:"
            " Đúng tiến độ (cách mức “Có nguy cơ” 112,3 triệu USD); số ước thực hiện."
        ),
    ),
    (
        "2023-Q1",
        "tang-xuat-khau",
        (
            "Lũy kế giảm 18,7% so với cùng kỳ, thấp hơn 27,7 điểm phần trăm so với mức sàn của chỉ tiêu năm (từ 9 đến"
            " 10%); đánh giá: Chậm (cách mức “Đúng tiến độ” 27,25 điểm phần trăm); số ước thực hiện."
        ),
    ),
    (
        "2023-Q4",
        "thu-ngan-sach",
        (
            "Cả năm thực hiện 73.257 tỷ đồng, bằng 98,2% chỉ tiêu năm (74.617 tỷ đồng), thiếu 1.360 tỷ đồng; đánh giá:"
            " Ước không đạt; số ước thực hiện."
        ),
    ),
    (
        "2023-Q4",
        "von-dau-tu-toan-xa-hoi",
        "Cả năm tăng 11% so với năm trước, đúng bằng chỉ tiêu năm (11%); đánh giá: Ước đạt; số ước thực hiện.",
    ),
    (
        "2023-Q4",
        "doanh-nghiep-dang-hoat-dong",
        (
            "Cuối năm có 65.600 doanh nghiệp (số gần đúng, nguyên văn “gần 65600”), bằng 99,8% chỉ tiêu năm (65.762"
            " doanh nghiệp), thiếu 162 doanh nghiệp; số gần đúng có thể nằm trong khoảng từ 65.272 đến 65.928 doanh"
            " nghiệp, cho các kết quả khác nhau (Không đạt, Đạt, Vượt); đánh giá: Chưa xác định; số ước thực hiện."
        ),
    ),
    (
        "2023-Q1",
        "par-index",
        "Chưa đến kỳ công bố số liệu (Bộ Nội vụ công bố vào tháng 4 năm sau: không có số trong năm kế hoạch).",
    ),
]


@pytest.mark.parametrize(("period", "indicator", "sentence"), SENTENCES)
def test_sentence(statuses: dict[tuple[str, str], dict[str, Any]], period: str, indicator: str, sentence: str) -> None:
    assert statuses[period, indicator]["sentence"] == sentence


def test_every_leaf_of_the_plan_has_a_row_and_a_sentence_each_quarter(
    register: Register, statuses: dict[tuple[str, str], dict[str, Any]]
) -> None:
    leaves = {indicator.code for indicator in register.indicators if indicator.is_leaf}
    assert {code for period, code in statuses if period == "2023-Q2"} == leaves
    assert len(statuses) == 4 * len(leaves)
    for row in statuses.values():
        assert re.fullmatch(r"[A-ZĐ].*\.", row["sentence"]), row["sentence"]
        assert "None" not in row["sentence"]


def test_half_years_pace_of_new_enterprises_is_that_of_2022(register: Register) -> None:
    """docs/methodology.md, section 10: 6.630 x 3.309 / 6.235, evenly 3.315; nine months of revenue 48.500 of 61.940."""
    goals = {
        (code, quarter): goal_of(register.indicator_by_code[code], Period(2023, quarter))
        for code, quarter in (("doanh-nghiep-thanh-lap-moi", 2), ("thu-ngan-sach", 3), ("thu-hut-fdi", 2))
    }
    told = {key: (goal.formula, round(goal.sides[0].expected, 1)) for key, goal in goals.items() if goal}
    assert told == {
        ("doanh-nghiep-thanh-lap-moi", 2): ("flow_profile", Decimal("3518.6")),
        ("thu-ngan-sach", 3): ("flow_profile", Decimal("58426.3")),
        ("thu-hut-fdi", 2): ("flow_share", Decimal(900)),
    }
    figure = {
        "observation_id": 1,
        "indicator_code": "doanh-nghiep-thanh-lap-moi",
        "period": "2023-Q2",
        "agency_code": "so-ke-hoach-va-dau-tu",
        "basis": "year_to_date",
        "kind": "actual",
        "answer": "value",
        "value": Decimal(3186),
        "value_text": "3186",
        "is_approximate": False,
        "is_illustrative": True,
    }
    components = {
        row["indicator_code"]: row["components"] for row in graded(register, [figure], Period(2023, 2), AS_OF)
    }
    firms = components["doanh-nghiep-thanh-lap-moi"]
    assert (firms["share"], firms["expected_even"], firms["share_even"]) == ("0.530714", "3315", "0.5")
    assert firms["profile_basis"] == [
        {
            "year": 2022,
            "value": "3309",
            "year_value": "6235",
            "source": "https://vneconomy.vn/binh-duong-xuat-khau-dat-19-ty-usd-trong-6-thang-dau-nam.htm",
            "year_source": "https://en.vietnamplus.vn/binh-duong-posts-over-9-billion-usd-in-trade-surplus-in-2022/246318.vnp",
        }
    ]
    assert "profile_basis" not in components["thu-hut-fdi"]
