"""What number formats show, and what simple formulas come to."""

import pytest

from tiendo.reading.formulas import SheetCells, uncalculated
from tiendo.reading.number_formats import ShownAs, number_format

ACCOUNTING = '_-* #,##0\\ "₫"_-;\\-* #,##0\\ "₫"_-;_-* "-"\\ "₫"_-;_-@_-'
BY_SIZE = '[>=1000000]#,##0.0,," triệu";[>=1000]#,##0.0," nghìn";0'


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ('#,##0" triệu đồng"', 1, ShownAs(unit="triệu đồng")),
        ('0.0," nghìn"', 1, ShownAs(scale=3, unit="nghìn")),
        ("#,##0,,", 1, ShownAs(scale=6)),
        ("#,##0,.00", 1, ShownAs(scale=3)),
        ("#,##0\\ \\t\\r\\i\\ệ\\u", 1, ShownAs(unit="triệu")),
        ('General" tỷ"', 1, ShownAs(unit="tỷ")),
        ("0.00%", 1, ShownAs(is_percent=True)),
        ('0.0"%"', 1, ShownAs(unit="%")),
        ("#,##0 [$USD]", 1, ShownAs(unit="USD")),
        (BY_SIZE, 5_000_000, ShownAs(scale=6, unit="triệu")),
        (BY_SIZE, 5_000, ShownAs(scale=3, unit="nghìn")),
        (BY_SIZE, 5, ShownAs()),
        ('0" tỷ";-0" tỷ";"không"', 0, ShownAs()),
        (ACCOUNTING, -1, ShownAs()),
        ("#,##0 [$₫-42A]", 1, ShownAs()),
        ("[$-42A]#,##0.00", 1, ShownAs()),
        ('"Quý "0', 1, ShownAs()),
        ("#,##0.00_ ;[Red]-#,##0.00 ", -1, ShownAs()),
        ("dd/mm/yyyy", 1, ShownAs()),
        ('0"', 1, ShownAs()),
        ("", 1, ShownAs()),
    ],
)
def test_number_formats(code: str, value: float, shown: ShownAs) -> None:
    assert number_format(code).of(value) == shown


def cells(formulas: dict[str, str], numbers: dict[str, float], *others: str) -> SheetCells:
    def place(address: str) -> tuple[int, int]:
        return int(address[1:]) - 1, ord(address[0]) - ord("A")

    formulas_at = {place(address): formula for address, formula in formulas.items()}
    return SheetCells({place(a): n for a, n in numbers.items()}, {place(a) for a in others}, formulas_at)


@pytest.mark.parametrize(
    ("sheet", "is_recalculated", "is_dummy"),
    [
        (cells({"A1": "5000+5497"}, {"A1": 0}), False, True),
        (cells({"A1": "B1-C1"}, {"A1": 0, "B1": 3, "C1": 3}), True, False),
        (cells({"A1": "SUM(B1:B3)*2-1%"}, {"A1": 19.99, "B1": 3, "B2": 7}, "B3"), True, False),
        (cells({"A1": "'Tờ 1'!B1+Khác!A1"}, {"A1": 8, "B1": 3}), True, False),
        (cells({"A1": "ROUND(B1/3,1)"}, {"A1": 3.3, "B1": 10}), True, False),
        (cells({"A1": "B1*2", "B1": "2+3"}, {"A1": 0, "B1": 0}), True, True),
        (cells({"A1": "B1*2"}, {"A1": 7, "B1": 5}), True, True),
        (cells({"A1": "B1*2"}, {"A1": 7, "B1": 5}), False, False),
        (cells({"A1": "VLOOKUP(A2,B1:B3,1)"}, {"A1": 0}), True, True),
        (cells({"A1": "VLOOKUP(A2,B1:B3,1)"}, {"A1": 0}), False, False),
        (cells({"A1": "VLOOKUP(A2,B1:B3,1)", "A2": "1+1"}, {"A1": 0, "A2": 2}), True, False),
        (cells({"A1": "A2", "A2": "A1"}, {"A1": 0, "A2": 2}), True, False),
        (cells({"A1": "B1+1"}, {"A1": 3}, "B1"), True, False),
        (cells({"A1": "1/0"}, {"A1": 5}), True, False),
        (cells({"A1": "+".join(["1"] * 20_000)}, {"A1": 20_000}), True, False),
        (cells({"A1": "(" * 5_000}, {"A1": 5}), True, False),
    ],
)
def test_formulas(sheet: SheetCells, is_recalculated: bool, is_dummy: bool) -> None:
    found = uncalculated({"Tờ 1": sheet, "Khác": cells({}, {"A1": 5})}, is_recalculated=is_recalculated)
    assert ((0, 0) in found.get("Tờ 1", set())) == is_dummy
