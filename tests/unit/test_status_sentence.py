"""The sentence of each kind of verdict, read as an official would."""

from decimal import Decimal
from typing import Any

import pytest
from status_support import (
    AS_OF,
    BILLION_VND,
    BOYS,
    ENTERPRISE,
    MILLION_USD,
    RANK,
    make_indicator,
    make_register,
    observation,
)

from fixtures.grading import graded
from tiendo.model.period import Period
from tiendo.model.register import Indicator, PastShare


def sentence(indicator: Indicator, quarter: int, value: str, **changes: Any) -> str:
    figure = observation(value, period=f"2023-Q{quarter}", **changes)
    (row,) = graded(make_register(indicator), [figure], Period(2023, quarter), AS_OF)
    return str(row["sentence"])


def shares(*values: float) -> tuple[Decimal, ...]:
    return tuple(Decimal(str(value)) for value in values)


PAST = PastShare(2022, Decimal(3309), Decimal(6235), "nguồn", "nguồn cả năm")
INDICATORS = {
    "FDI": make_indicator("flow", "ge 1800", unit=MILLION_USD),
    "REVENUE": make_indicator("flow", "ge 74617", unit=BILLION_VND),
    "FIRMS_NEW": make_indicator(
        "flow", "ge 6630", unit=ENTERPRISE, profile=shares(0.25, 0.530714, 0.75, 1), profile_basis=((), (PAST,), (), ())
    ),
    "OWN_PACE": make_indicator("flow", "ge 1000", unit=ENTERPRISE, profile=shares(0.15, 0.4, 0.65, 1)),
    "EXPORTS": make_indicator("growth", "range 9 10"),
    "IIP": make_indicator("growth", "gt 8.7"),
    "FIRMS": make_indicator("stock", "ge 65762", "59484", unit=ENTERPRISE),
    "MORTALITY": make_indicator("ratio", "lt 5.2"),
    "ACCIDENTS": make_indicator("flow", "le 100", unit=ENTERPRISE),
    "SEX_RATIO": make_indicator("ratio", "between 103 107", unit=BOYS),
    "PCI": make_indicator("rank", "lt 10", unit=RANK),
    "URBAN": make_indicator("ratio", "ge 84", "80"),
}

# indicator | quarter | figure | sentence
SENTENCES = """
REVENUE | 1 | 17300 | Lũy kế 17.300 tỷ đồng, bằng 23,2% chỉ tiêu năm (74.617 tỷ đồng) và 92,7% mức phải đạt đến hết quý I (18.654,3 tỷ đồng); cần thêm 57.317 tỷ đồng trong 3 quý còn lại, gấp 1,1 lần tốc độ đã đạt; đánh giá: Có nguy cơ (cách mức “Đúng tiến độ” 421,6 tỷ đồng).
FDI | 3 | 1300 | Lũy kế 1.300 triệu USD, bằng 72,2% chỉ tiêu năm (1.800 triệu USD) và 96,3% mức phải đạt đến hết quý III (1.350 triệu USD); cần thêm 500 triệu USD trong quý còn lại, gấp 1,15 lần tốc độ đã đạt; đánh giá: Đúng tiến độ (cách mức “Có nguy cơ” 17,5 triệu USD).
FDI | 3 | 1900 | Lũy kế 1.900 triệu USD, bằng 105,6% chỉ tiêu năm (1.800 triệu USD) và 140,7% mức phải đạt đến hết quý III (1.350 triệu USD); đã đạt chỉ tiêu năm; đánh giá: Đạt.
FDI | 4 | 1800 | Cả năm thực hiện 1.800 triệu USD, đúng bằng chỉ tiêu năm (1.800 triệu USD); đánh giá: Đạt.
FDI | 4 | 1801 | Cả năm thực hiện 1.801 triệu USD, cao hơn 1 triệu USD so với chỉ tiêu năm (1.800 triệu USD); đánh giá: Vượt.
FIRMS_NEW | 1 | 1420 | Lũy kế 1.420 doanh nghiệp, bằng 21,4% chỉ tiêu năm (6.630 doanh nghiệp) và 85,7% mức phải đạt đến hết quý I (1.658 doanh nghiệp); cần thêm 5.210 doanh nghiệp trong 3 quý còn lại, gấp 1,22 lần tốc độ đã đạt; đánh giá: Có nguy cơ (cách mức “Đúng tiến độ” 155 doanh nghiệp).
FIRMS_NEW | 2 | 3186 | Lũy kế 3.186 doanh nghiệp, bằng 48,1% chỉ tiêu năm (6.630 doanh nghiệp) và 90,5% mức phải đạt đến hết quý II (3.519 doanh nghiệp); mức phải đạt tính theo nhịp năm 2022 (53,1% cả năm), nếu chia đều các quý là 3.315 doanh nghiệp; cần thêm 3.444 doanh nghiệp trong 2 quý còn lại, gấp 1,08 lần tốc độ đã đạt; đánh giá: Có nguy cơ (cách mức “Đúng tiến độ” 157 doanh nghiệp).
OWN_PACE | 1 | 150 | Lũy kế 150 doanh nghiệp, bằng 15% chỉ tiêu năm (1.000 doanh nghiệp) và 100% mức phải đạt đến hết quý I (150 doanh nghiệp); mức phải đạt tính theo nhịp quy định riêng (15% cả năm), nếu chia đều các quý là 250 doanh nghiệp; cần thêm 850 doanh nghiệp trong 3 quý còn lại, gấp 1,89 lần tốc độ đã đạt; đánh giá: Đúng tiến độ (cách mức “Có nguy cơ” 7 doanh nghiệp).
FIRMS | 2 | 61748 | Hiện có 61.748 doanh nghiệp, bằng 93,9% chỉ tiêu năm (65.762 doanh nghiệp) và 98,6% mức phải đạt đến hết quý II (62.623 doanh nghiệp); cần tăng thêm 4.014 doanh nghiệp trong 2 quý còn lại, gấp 1,77 lần tốc độ đã đạt; đánh giá: Đúng tiến độ (cách mức “Có nguy cơ” 2.256 doanh nghiệp).
URBAN | 1 | 80.5 | Ở mức 80,5%, bằng 95,8% chỉ tiêu năm (84%) và 99,4% mức phải đạt đến hết quý I (81%); còn cách chỉ tiêu năm 3,5 điểm phần trăm; đánh giá: Đúng tiến độ (cách mức “Có nguy cơ” 3,55 điểm phần trăm).
EXPORTS | 4 | 9.5 | Cả năm tăng 9,5% so với năm trước, đáp ứng chỉ tiêu năm (từ 9 đến 10%); đánh giá: Đạt.
EXPORTS | 4 | 10.5 | Cả năm tăng 10,5% so với năm trước, cao hơn 0,5 điểm phần trăm so với mức trên của chỉ tiêu năm (từ 9 đến 10%); đánh giá: Vượt.
EXPORTS | 1 | 0 | Lũy kế không tăng, không giảm so với cùng kỳ, thấp hơn 9 điểm phần trăm so với mức sàn của chỉ tiêu năm (từ 9 đến 10%); đánh giá: Chậm (cách mức “Đúng tiến độ” 8,55 điểm phần trăm).
IIP | 4 | 8.7 | Cả năm tăng 8,7% so với năm trước, bằng đúng mốc 8,7% nên chưa đáp ứng chỉ tiêu năm (trên 8,7%); đánh giá: Không đạt.
MORTALITY | 1 | 5.5 | Ở mức 5,5%, cao hơn 0,3 điểm phần trăm so với chỉ tiêu năm (dưới 5,2%); chưa có số đầu năm nên so ngay với mức cả năm; đánh giá: Có nguy cơ (cách mức “Đúng tiến độ” 0,03 điểm phần trăm).
ACCIDENTS | 1 | 20 | Lũy kế 20 doanh nghiệp, bằng 20% mức trần cả năm (không quá 100 doanh nghiệp), mức cho phép đến hết quý I là 25 doanh nghiệp; còn được phép 80 doanh nghiệp trong 3 quý còn lại; đánh giá: Đúng tiến độ (cách mức “Có nguy cơ” 6 doanh nghiệp).
ACCIDENTS | 3 | 101 | Lũy kế 101 doanh nghiệp, bằng 101% mức trần cả năm (không quá 100 doanh nghiệp), mức cho phép đến hết quý III là 75 doanh nghiệp; đã vượt mức trần cả năm 1 doanh nghiệp; đánh giá: Chậm.
SEX_RATIO | 1 | 109.5 | Ở mức 109,5 bé trai so với 100 bé gái, cao hơn 2,5 điểm so với khoảng chỉ tiêu (từ 103 đến 107 bé trai so với 100 bé gái); đánh giá: Đúng tiến độ (cách mức “Có nguy cơ” 3,1 điểm).
PCI | 4 | 9 | Xếp hạng 9, tốt hơn 1 bậc so với chỉ tiêu năm (hạng nhỏ hơn 10); đánh giá: Đạt.
PCI | 3 | 12 | Xếp hạng 12, kém 2 bậc so với chỉ tiêu năm (hạng nhỏ hơn 10); đánh giá: Có nguy cơ (cách mức “Đúng tiến độ” 2 bậc).
"""  # noqa: E501  one line a sentence


@pytest.mark.parametrize("line", [line for line in SENTENCES.split("\n") if line])
def test_sentence(line: str) -> None:
    name, quarter, value, expected = (cell.strip() for cell in line.split("|"))
    assert sentence(INDICATORS[name], int(quarter), value) == expected


@pytest.mark.parametrize(
    ("value", "shown"),
    [("9500", "95%"), ("9496", "94,96%"), ("9499.6", "94,996%"), ("9488", "94,9%"), ("5996", "59,96%")],
)
def test_percentage_is_not_rounded_up_to_a_cut_off(value: str, shown: str) -> None:
    text = sentence(make_indicator("flow", "ge 40000", unit=BILLION_VND), 1, value)
    assert f"và {shown} mức phải đạt" in text


def test_percentage_is_not_rounded_up_to_the_target() -> None:
    text = sentence(make_indicator("flow", "ge 40000", unit=BILLION_VND), 4, "39999")
    assert "bằng 99,998% chỉ tiêu năm" in text
    assert "Không đạt" in text


def test_long_quotation_is_cut() -> None:
    text = sentence(INDICATORS["FDI"], 4, "1350", is_approximate=True, value_text="gần 1.350 " + "x" * 500)
    assert len(text) < 400
