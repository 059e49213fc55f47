"""Which body and period a file speaks of: by the marker of the template, the titles above its tables, its name.

Names are compared as equal forms with those of the register, never by likeness; what is not certain is no statement.
Who sent a file is not decided here: its folder or address tells.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from tiendo.model.content import Title
from tiendo.model.period import Period, PeriodKind
from tiendo.model.register import Register
from tiendo.validation.context import BatchFile
from tiendo.validation.facts import RegisterFacts
from tiendo.vietnamese.dates import find_periods, read_period
from tiendo.vietnamese.text import fold

_SEGMENT = re.compile(r"[\n\r\t;·|]+| {3,}")
_LEAD = re.compile(r"(?:tên )?(?:cơ quan|đơn vị)(?: lập| gửi| thực hiện)?(?: báo cáo)? ?: ?|báo cáo của ")
_REST = re.compile(r"[ ,(]+(?:quý|q\.|kỳ|tháng|\d+ tháng|nửa|năm) ?.*$")
_ADDRESSED = re.compile(r"kính gửi|nơi nhận|gửi:")
_ROW = re.compile(r"\d+$")
# "sửa số quý I": what the sheet of corrections is about, not the report.
_CORRECTED = re.compile(r"(?<!\w)(?:sửa|sua|điều chỉnh|dieu chinh|đính chính|dinh chinh)(?!\w)")

PeriodStatement = tuple[str, Period]
"""Where a period is named, for people, and which."""


class Stated(NamedTuple):
    """What a file says of itself.

    Attributes:
        agencies: bodies named in titles, without those it is addressed to.
        periods: every certain statement of a period.
    """

    agencies: tuple[str, ...] = ()
    periods: tuple[PeriodStatement, ...] = ()

    @property
    def agency(self) -> str:
        """The one body that its titles name, else ""."""
        return self.agencies[0] if len(self.agencies) == 1 else ""

    @property
    def period(self) -> Period | None:
        """The period all statements agree on, else None."""
        return self.periods[0][1] if self.periods and self.is_agreed else None

    @property
    def is_agreed(self) -> bool:
        """Whether no two statements name different periods."""
        return len({period for _, period in self.periods}) < 2

    @property
    def in_words(self) -> str:
        """Returns ``tiêu đề (ô A3): quý I năm 2023; tên tệp: quý II năm 2023``; each period with its first places."""
        return "; ".join(f"{where}: {period.vietnamese}" for where, period in self.periods)


def read_stated(file: BatchFile, facts: RegisterFacts) -> Stated:
    """Returns what the titles, the marker and the name of a file say about body and period."""
    year, kind, content = facts.only_year, facts.register.period_kind, file.content
    periods: dict[tuple[str, Period], str] = {}
    if period := parse_period(content.marker.period, facts):
        periods["marker", period] = "trang ẩn của biểu mẫu"
    for title in content.titles:
        found = _periods(title.text, year, kind)
        if len(found) == 1 and not (periods and _is_of_corrections(title.text, file)):
            place = f"tiêu đề ({title.sheet}, ô {title.cell})" if title.sheet else f"tiêu đề (ô {title.cell})"
            periods.setdefault(("title", next(iter(found))), place)
    name = file.name.rpartition(".")[0] or file.name
    found = _periods(name, year, kind)
    if len(found) == 1 and not (periods and _is_of_corrections(name, file)):
        periods["name", next(iter(found))] = "tên tệp"
    agencies = dict.fromkeys(code for title in _unaddressed(content.titles) if (code := _agency(title.text, facts)))
    return Stated(tuple(agencies), tuple((where, period) for (_, period), where in periods.items()))


def _is_of_corrections(text: str, file: BatchFile) -> bool:
    return bool(file.content.correction_rows and _CORRECTED.search(fold(text).replace("_", " ")))


def body_and_period(register: Register, file: BatchFile) -> tuple[str, str]:
    """Returns the code of the body and the period of a file as it is filed before it is checked; "" where unknown."""
    marker = file.content.marker
    if not file.content.is_retyped or file.content.fault:
        return file.sender_agency or marker.agency, marker.period
    said = read_stated(file, RegisterFacts(register))
    return file.sender_agency or marker.agency or said.agency, marker.period or str(said.period or "")


def parse_period(text: str, facts: RegisterFacts) -> Period | None:
    """Reads a period of the plan's kind as the template writes it, or as people do."""
    kind = facts.register.period_kind
    try:
        period = Period.parse(text)
    except ValueError:
        found = read_period(text, year=facts.only_year, kind=kind)
        return found[0] if found else None
    return period if period.kind is kind else None


# Months since the year's start first: "6 tháng" is also what a month or a quarter has added up to.
_OTHER_LENGTHS = (PeriodKind.YEAR_TO_DATE, PeriodKind.HALF_YEAR, PeriodKind.QUARTER, PeriodKind.MONTH)


@lru_cache(maxsize=4096)
def _periods(text: str, year: int | None, kind: PeriodKind) -> frozenset[Period]:
    """Returns the periods a text speaks of; of another kind, which are none of the plan's, where none of its own."""
    found = find_periods(text, year=year, kind=kind)
    if found or kind is PeriodKind.QUARTER:
        return found
    others = (find_periods(text, year=year, kind=other) for other in _OTHER_LENGTHS if other is not kind)
    told = next(filter(None, others), found)
    # Whole years stand in every title.
    return frozenset(period for period in told if not (period.is_last and period.kind.runs_from_start))


def _unaddressed(titles: tuple[Title, ...]) -> Iterator[Title]:
    """Yields the titles without the lines that say for whom a report is."""
    addressed: set[tuple[str, int]] = set()
    for title in titles:
        match = _ROW.search(title.cell)
        row = int(match[0]) if match else 0
        if _is_address(title.text):
            addressed.add((title.sheet, row))
            if fold(title.text).endswith(":"):
                addressed.add((title.sheet, row + 1))
        elif (title.sheet, row) not in addressed:
            yield title


@lru_cache(maxsize=4096)
def _is_address(text: str) -> bool:
    return _ADDRESSED.search(fold(text)) is not None


def _agency(text: str, facts: RegisterFacts) -> str:
    """Returns the body that a line of a title is the name of, "" for any other text."""
    found = facts.agency_by_title.get(text)
    if found is None:
        found = facts.agency_by_title[text] = _find_agency(text, facts)
    return found


def _find_agency(text: str, facts: RegisterFacts) -> str:
    for segment in _SEGMENT.split(text):
        words = _LEAD.sub("", fold(segment), count=1).strip(" .,:-")
        code = facts.agency_by_name.get(words) or facts.agency_by_name.get(_REST.sub("", words))
        if code:
            return code
    return ""
