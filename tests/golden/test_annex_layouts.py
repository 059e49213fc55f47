"""Annexes as other provinces, communes and the government print them, in Word, Excel and PDF: row for row as a person
reads them, with everything that was not read named.
"""

from decimal import Decimal
from pathlib import Path

import pytest

from fixtures.annexes import PLAN_TEXT
from fixtures.layouts import FOLDER, Layout, as_excel, as_pdf, as_word, read_layout
from tiendo.annex.reading import Annex, read_annex
from tiendo.plan.known import KnownPlan, read_known

NAMES = sorted(path.stem for path in FOLDER.glob("*.txt"))
MAKE = {"word": as_word, "excel": as_excel, "pdf": as_pdf}


@pytest.fixture(scope="module")
def known() -> KnownPlan:
    known = read_known(PLAN_TEXT.parent, [])
    assert known
    return known


@pytest.mark.parametrize("kind", MAKE)
@pytest.mark.parametrize("name", NAMES)
def test_layout_is_read_as_a_person_reads_it(name: str, kind: str, known: KnownPlan, tmp_path: Path) -> None:
    layout = read_layout(name)
    path = tmp_path / "phu-luc"
    path.write_bytes(MAKE[kind](layout))
    annex = read_annex(path, known, layout.choice)
    assert rows_of(annex) == expected_of(layout)
    told = "\n".join([*annex.notes, *(f"{row.place}: {doubt}" for row in annex.rows for doubt in row.doubts)])
    assert [note for note in layout.notes if note not in told] == [], told


def rows_of(annex: Annex) -> list[list[str]]:
    return [
        [
            *(row.section_no, row.printed_no, row.name_vi, row.unit_as_printed, row.target_as_printed, row.comparator),
            *("" if side is None else f"{side.normalize():f}" for side in (row.target_low, row.target_high)),
            row.agency_cell_as_printed,
        ]
        for row in annex.rows
    ]


def expected_of(layout: Layout) -> list[list[str]]:
    return [
        [*row[:6], *(f"{Decimal(side).normalize():f}" if side else "" for side in row[6:8]), row[8]]
        for row in layout.rows
    ]
