"""The tables of ``tables/``: what is typed, and how it must be read."""

from pathlib import Path

import pytest

from tiendo.model.content import RawCell
from tiendo.model.register import Unit
from tiendo.validation.records import read_kind
from tiendo.vietnamese.absence import read_absence
from tiendo.vietnamese.dates import format_date, read_date
from tiendo.vietnamese.number import format_number, read_number
from tiendo.vietnamese.text import fold

UNITS = {
    "growth, %": (Unit("percent_change", "%", "percent_change", 2), "Tốc độ tăng"),
    "share, %": (Unit("percent", "%", "share", 2), "Tỷ lệ bao phủ bảo hiểm y tế"),
    "enterprises": (Unit("enterprise", "Doanh nghiệp", "count", 0), "Số doanh nghiệp đang hoạt động lũy kế"),
    "billion dong": (Unit("billion_vnd", "Tỷ đồng", "money", 0), "Thu ngân sách"),
}


def rows(name: str) -> list[list[str]]:
    lines = (Path(__file__).parent / "tables" / name).read_text(encoding="utf-8").splitlines()
    return [line.split("|") for line in lines[1:]]


def read(column: str, typed: str) -> str:
    if column == "absence":
        kind = read_absence(typed, year=2023).kind
        return "no absence" if kind == "other" else kind.replace("_", " ")
    if column == "kind":
        return read_kind(RawCell(typed)) or "not read"
    if column == "day":
        day = read_date(typed, year=2023)
        return format_date(day) if day else "not read"
    unit, name = UNITS[column]
    reading = read_number(typed, unit=unit, names=frozenset({fold(name)}))
    if reading.reason == "is_an_index":
        return "asked: " + " or ".join(format_number(value) for value in reading.alternatives)
    if reading.value is None:
        return "not read"
    return format_number(reading.value).replace(".", "") + " estimate" * reading.is_estimate


@pytest.mark.parametrize(("column", "typed", "right"), rows("phrases.csv"))
def test_phrases(column: str, typed: str, right: str) -> None:
    assert read(column, typed) == right
