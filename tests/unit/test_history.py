"""What counts as known once a batch is loaded, told from rows as ``core.observation_at`` tells it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from fixtures.submissions import known_figure
from tiendo.model.outcome import FileOutcome, ObservationRow
from tiendo.process.history import add_to_history
from tiendo.process.loading import Settled
from tiendo.validation.facts import KnownFigure

BODY, FDI, IIP = "so-ke-hoach-va-dau-tu", "thu-hut-fdi", "iip"


@dataclass
class LedgerFile:
    received_at: datetime


def settled(day: int, **figures: str) -> Settled:
    """A file of the body for the first quarter; a figure's name ends in ``_`` where it corrects."""
    rows = tuple(
        ObservationRow(
            name.rstrip("_").replace("_", "-"), "2023-Q1", BODY, Decimal(value), "value", None, "actual",
            "year_to_date", False, value, None, "", "", name.endswith("_"), False, "", "",
        )
        for name, value in figures.items()
    )  # fmt: skip
    file = cast("Any", LedgerFile(datetime(2023, 4, day, tzinfo=UTC)))
    return Settled(cast("Any", None), file, FileOutcome("accepted", BODY, "2023-Q1", (), rows, ()))


def counting(known: list[KnownFigure]) -> dict[str, Decimal | None]:
    return {row.indicator: row.value for row in known}


def test_a_newer_file_takes_the_place_of_all_earlier_figures_of_its_period() -> None:
    known = [known_figure(FDI, BODY, "2023-Q1", Decimal(450)), known_figure(IIP, BODY, "2023-Q1", Decimal(5))]
    assert counting(add_to_history(known, [settled(14, thu_hut_fdi="437")])) == {FDI: 437}


def test_a_correction_stands_beside_the_figures_of_a_file_and_counts_when_it_is_newer() -> None:
    known = [known_figure(FDI, BODY, "2023-Q1", Decimal(450)), known_figure(IIP, BODY, "2023-Q1", Decimal(5))]
    assert counting(add_to_history(known, [settled(14, thu_hut_fdi_="440")])) == {FDI: 440, IIP: 5}
    later = [settled(14, thu_hut_fdi_="440"), settled(15, thu_hut_fdi="437")]
    assert counting(add_to_history(known, later)) == {FDI: 437}


def test_of_two_files_of_one_batch_the_later_received_counts() -> None:
    assert counting(add_to_history([], [settled(15, iip="6"), settled(14, iip="7", thu_hut_fdi="1")])) == {IIP: 6}
