"""Targets as plans print them, read as a person reads them: ``tests/golden/target_wordings.csv``."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiendo.model.register import Comparator
from tiendo.vietnamese.notation import format_number
from tiendo.vietnamese.target import TargetReading, read_target, read_targets

_GOLDEN = Path(__file__).parents[1] / "golden" / "target_wordings.csv"
with _GOLDEN.open(encoding="utf-8", newline="") as _file:
    WORDINGS = list(csv.DictReader(_file, delimiter="|"))
_TOLD = {"change": "it is a change", "hope": "hoped for", "mark": "footnote's mark"}


@pytest.mark.parametrize("row", WORDINGS, ids=lambda row: row["as_printed"])
def test_wordings_are_read_as_a_person_reads_them(row: dict[str, str]) -> None:
    if row["comparator"] == "refused":
        with pytest.raises(ValueError, match=r"is not a|says two things"):
            read_target(row["as_printed"])
        return
    reading = read_target(row["as_printed"])
    sides = tuple(Decimal(row[side]) if row[side] else None for side in ("low", "high"))
    assert ("bare" if reading.is_bare else reading.comparator.value, reading.low, reading.high) == (
        row["comparator"],
        *sides,
    )
    told = {what for what, words in _TOLD.items() if words in reading.note} | ({"doubt"} if reading.doubt else set())
    assert told == set(row["told"].split())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Hoàn thành", "it holds no number"),
        ("trở lên 8", "the words 'trở lên' before the number are not known"),
        ("trên 8,0 - 8,5", "says two things: a bound, and a range"),
        ("Trồng trọt 2%, chăn nuôi 5%", "the words 'trồng trọt' before the number are not known"),
        ("2%, chăn nuôi 5%", "more than one number stands in it"),
        ("31/12/2025", "looks like|more than one number"),
        ("8" * 400, "too long"),
    ],
)
def test_what_is_refused_says_why(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_target(text)


@pytest.mark.parametrize(
    ("text", "in_a_column_of_commas", "alone", "doubt"),
    [
        ("64,100", "64100", "64.100", "64,100 is read as 64.100, and can also be 64,1"),
        ("1,800", "1800", "1.800", "1,800 is read as 1.800, and can also be 1,8"),
        ("1.800", "1800", "1800", "1.800 is read as 1.800, and can also be 1,8"),
    ],
)
def test_commas_between_thousands_are_known_from_the_column(
    text: str, in_a_column_of_commas: str, alone: str, doubt: str
) -> None:
    reading = read_target(text, comma_thousands=True)
    assert (reading.low, reading.doubt) == (Decimal(in_a_column_of_commas), doubt)
    assert read_target(text).low == Decimal(alone)


def test_two_places_are_two_targets() -> None:
    found = read_targets("≤ 3 Đông Nam Á; ≤ 50 Thế giới")
    assert [(part, reading.high, reading.unit) for part, reading in found] == [
        ("≤ 3 Đông Nam Á", Decimal(3), "đông nam á"),
        ("≤ 50 Thế giới", Decimal(50), "thế giới"),
    ]
    assert read_targets("≤ 3 Đông Nam Á") == read_targets("7%; đạt chuẩn") == read_targets("Hoàn thành; 5") == []


@given(st.text(max_size=40) | st.from_regex(r"(trên|từ|giảm)? ?[0-9.,]{1,9}[-;%/ ][0-9a-zđ ]{0,9}", fullmatch=True))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        reading = read_target(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either outcome is right
    else:
        assert isinstance(reading, TargetReading)
        assert (reading.comparator is Comparator.NONE) == (reading.low is None and reading.high is None)


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_a_number_as_offices_write_it_is_read_without_doubt(value: Decimal) -> None:
    reading = read_target(f"Đạt trên {format_number(value)} %")
    assert (reading.sides, reading.doubt) == ((Comparator.GT, value, None), "")
