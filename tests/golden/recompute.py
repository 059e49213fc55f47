"""Grades the figures of archived workbooks as docs/methodology.md says, in exact fractions.

An independent reading of that page: shares no code with ``tiendo``, which ``recompute_edition`` holds against it.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from math import ceil, floor
from pathlib import Path
from typing import Any

import yaml
from openpyxl import load_workbook

Row = dict[str, str]
NUM = r"(-?\d[\d.]*(?:,\d+)?)"  # in the report's sentences
YTD, QUARTER, KIND, DAY = "Lũy kế từ đầu năm", "Thực hiện trong quý", "Loại số liệu", "Số liệu đến ngày"
STATUSES = {
    "exceeded": "Vượt", "achieved": "Đạt", "missed": "Không đạt", "on_track": "Đúng tiến độ", "at_risk": "Có nguy cơ",
    "behind": "Chậm", "no_data": "Chưa có số liệu", "not_yet_published": "Chưa đến kỳ công bố",
    "no_target": "Không có chỉ tiêu", "conflicting": "Chưa thống nhất", "undecidable": "Chưa xác định",
}  # fmt: skip
WITHIN, AT_END = ("on_track", "at_risk", "behind"), ("exceeded", "achieved", "missed")
ROMAN = ["", "I", "II", "III", "IV"]


# Numbers: as typed in a cell, and as the report writes them.


def typed(cell: Any) -> tuple[str, Fraction | None, bool]:
    """The words in a cell as its reader sees them, their number or None, and whether that is only approximate."""
    if isinstance(cell.value, (int, float)):
        is_share = "%" in cell.number_format
        number = Fraction(repr(cell.value)) * (100 if is_share else 1)
        return written(number) + ("%" if is_share else ""), number, False
    told = str(cell.value or "")
    text = flat(told).replace("–", "-")
    found = re.fullmatch(r"(tăng |giảm |gần |trên |khoảng )?(-?\d[\d. ]*(?:,\d+)?)(?: ?(?:%|‰|tỷ đồng))?", text)
    if not found:
        return told, None, False
    number = Fraction(re.sub(r"[. ]", "", found[2]).replace(",", "."))
    return told, (-number if found[1] == "giảm " else number), found[1] in {"gần ", "trên ", "khoảng "}


def cut(value: Fraction, decimals: int, way: str = "down") -> Fraction:
    """Rounded up, down or to the nearest (half away from zero), at so many decimals."""
    scaled = value * 10**decimals
    nearest = floor(abs(scaled) + Fraction(1, 2)) * (1 if scaled >= 0 else -1)
    return Fraction({"up": ceil(scaled), "down": floor(scaled), "nearest": nearest}[way], 10**decimals)


def written(value: Fraction, decimals: int | None = None) -> str:
    """In Vietnamese: dots between thousands, a comma before exactly so many decimals, or as many as there are."""
    places = next(n for n in range(20) if (value * 10**n).denominator == 1) if decimals is None else decimals
    digits = f"{abs(int(value * 10**places)):0{places + 1}d}"
    whole, rest = digits[: len(digits) - places], digits[len(digits) - places :]
    return ("-" if value < 0 else "") + f"{int(whole):,}".replace(",", ".") + ("," + rest if rest else "")


def printed(value: Fraction, decimals: int, way: str) -> str:
    """As in sentences: rounded, without idle zeros; what would round to nothing is told in full, to six decimals."""
    return written(cut(value, decimals, way) or cut(value, 6, way))


def percent(share: Fraction, steps: Iterable[Fraction] = ()) -> str:
    """One decimal, or up to four where it needs them not to show a step as reached that was not, or the reverse."""
    for places in range(1, 5):
        shown = cut(share * 100, places, "nearest")
        if all((shown >= step * 100) == (share >= step) for step in steps):
            return written(shown)
    return written(cut(share * 100, 4))


def csv_rows(path: Path) -> list[Row]:
    """The rows; an apostrophe that hides a formula from spreadsheet programs is no part of the text."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [{key: re.sub(r"^'(?=[=+@-])", "", text) for key, text in row.items()} for row in csv.DictReader(stream)]


def flat(text: str) -> str:
    """The text on one line; a sign that no line is broken at is a sign."""
    return " ".join(text.split()).replace("\u2011", "-")


# The register.


@dataclass(frozen=True, eq=False)
class Plan:
    """The files of a plan, and what is computed from them alone."""

    folder: Path

    @cache  # noqa: B019 - a few plans at most
    def rows(self, name: str) -> list[Row]:
        return csv_rows(self.folder / name)

    @cached_property
    def settings(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load((self.folder / "plan.yaml").read_text(encoding="utf-8"))
        return found

    @cached_property
    def on_track(self) -> Fraction:
        return Fraction(self.settings["thresholds"]["on_track"])

    @cached_property
    def at_risk(self) -> Fraction:
        return Fraction(self.settings["thresholds"]["at_risk"])

    @cached_property
    def indicators(self) -> dict[str, "Indicator"]:
        units = {row["code"]: row for row in self.rows("units.csv")}
        return {row["code"]: Indicator(self, row, units.get(row["unit"], {})) for row in self.rows("indicators.csv")}

    @cached_property
    def names(self) -> dict[str, str]:
        return {row["code"]: row["name"] for row in self.rows("agencies.csv")}

    @cached_property
    def codes(self) -> dict[str, str]:
        return {name: code for code, name in self.names.items()}


@dataclass(frozen=True, eq=False)
class Indicator:
    """One row of indicators.csv with its unit."""

    plan: Plan
    row: Row
    unit: Row

    def __getattr__(self, name: str) -> str:
        return self.row[name]

    def bound(self, name: str) -> Fraction | None:
        text = self.row.get(name) or self.unit.get(name) or ""
        return Fraction(text) if text else None

    @property
    def decimals(self) -> int:
        return max(int(self.unit["decimals"]), self.unit["family"] == "money")

    @property
    def is_flow(self) -> bool:
        return self.row["nature"] == "flow"

    @property
    def is_level(self) -> bool:
        return self.row["nature"] in {"stock", "ratio"}

    @property
    def is_band(self) -> bool:
        return self.row["comparator"] == "between"

    @property
    def is_floor(self) -> bool:
        return self.row["comparator"] in {"ge", "gt", "range"}

    @property
    def target(self) -> Fraction:
        found = self.bound("low") if self.is_floor else self.bound("high")
        assert found is not None
        return found

    @property
    def ends(self) -> tuple[Fraction, Fraction]:
        low, high = self.bound("low"), self.bound("high")
        assert low is not None
        assert high is not None
        return low, high

    def own_share(self, quarter: int) -> Fraction | None:
        """The mean share of a quarter over the past years that know it, or the share an owner decided."""
        if self.row["profile"]:
            return Fraction(self.row["profile"].split(";")[quarter - 1])
        past: dict[str, dict[str, Fraction]] = defaultdict(dict)
        for row in self.plan.rows("past_figures.csv"):
            if row["indicator"] == self.row["code"] and row["is_approximate"] == "no":
                past[row["year"]][row["quarter"]] = Fraction(row["value"])
        shares = [year[str(quarter)] / year["4"] for year in past.values() if {str(quarter), "4"} <= set(year)]
        return cut(sum(shares, Fraction()) / len(shares), 6, "nearest") if shares and quarter < 4 else None

    def due(self, quarter: int, *, own: bool = True) -> tuple[Fraction, Fraction]:
        """The value expected by the end of a quarter; of a band both ends, else the same twice."""
        ends = self.ends if self.is_band else (self.target, self.target)
        even = Fraction(quarter, 4)
        if self.is_flow:
            share = (self.own_share(quarter) if own else None) or even
            return ends[0] * share, ends[1] * share
        baseline = self.bound("baseline")
        if self.is_level and baseline is not None and not self.is_band:
            path = baseline + even * (self.target - baseline)
            return path, path
        return ends

    def meets(self, value: Fraction) -> bool:
        """Whether a value satisfies the year's target; strict signs count."""
        if self.is_band:
            return self.ends[0] <= value <= self.ends[1]
        if value == self.target:
            return self.row["comparator"] in {"ge", "le", "range"}
        return (value > self.target) == self.is_floor

    def nearer(self, value: Fraction, quarter: int, *, own: bool = True) -> Fraction:
        """What a value is held against: of a band the nearer end, the lower one where both are as near."""
        return min(self.due(quarter, own=own), key=lambda end: abs(value - end))

    def ratio(self, value: Fraction, quarter: int, *, own: bool = True) -> Fraction | None:
        due = self.nearer(value, quarter, own=own)
        if self.is_band:
            low, high = self.due(quarter, own=own)
            if low <= value <= high:
                return Fraction(1)
            return self._quotient(value, due, more_is_better=value < low)
        return self._quotient(value, due, more_is_better=self.is_floor)

    def _scale(self, due: Fraction) -> Fraction:
        baseline = self.bound("baseline")
        target = due if self.is_band else self.target
        reach = target - baseline if baseline is not None else Fraction()
        return next(abs(size) for size in (due, target, reach, Fraction(1)) if size)

    def _quotient(self, value: Fraction, due: Fraction, *, more_is_better: bool) -> Fraction | None:
        if due > 0 and more_is_better:
            return value / due
        if due > 0:
            return due / value if value > 0 else None
        return 1 - ((due - value) if more_is_better else (value - due)) / self._scale(due)

    def status(self, value: Fraction, quarter: int) -> str:
        if quarter == 4:
            if not self.meets(value):
                return "missed"
            top = self.ends[1] if self.row["comparator"] == "range" else self.target
            can_exceed = self.row["comparator"] in {"ge", "le", "range"} and value != top
            return "exceeded" if can_exceed and (value > top) == self.is_floor else "achieved"
        is_met = self.meets(value)
        if is_met and not self.is_band and (self.row["nature"] == "stock" or (self.is_flow and self.is_floor)):
            return "achieved"
        if self.is_flow and not self.is_floor and value > (self.ends[1] if self.is_band else self.target):
            return "behind"
        ratio = self.ratio(value, quarter)
        if ratio is None or (is_met and not self.is_flow and self.row["nature"] != "stock"):
            return "on_track"
        return "on_track" if ratio >= self.plan.on_track else "at_risk" if ratio >= self.plan.at_risk else "behind"

    def margin(self, value: Fraction, quarter: int) -> Fraction:
        """Distance to the line between good and bad, positive on the good side; of a band to the nearer line."""
        low, high = self.due(quarter)
        k = self.plan.on_track if quarter < 4 else Fraction(1)
        floor_line = low - (1 - k) * self._scale(low)
        ceiling_line = high / k if high > 0 else high + (1 - k) * self._scale(high)
        if self.is_band:
            return min(value - floor_line, ceiling_line - value)
        return value - floor_line if self.is_floor else ceiling_line - value

    def needed(self, value: Fraction, quarter: int) -> Fraction | None:
        is_ceiling = not (self.is_floor or self.is_band)
        if quarter == 4 or not (self.is_flow or self.row["nature"] == "stock") or (self.is_flow and is_ceiling):
            return None
        goal = self.ends[0] if self.is_band else self.target
        return max(value - goal if is_ceiling else goal - value, Fraction())

    def interval(self, value: Fraction) -> tuple[Fraction, Fraction]:
        """What an approximate figure may stand for."""
        places = next(n for n in range(20) if (value * 10**n).denominator == 1)
        zeros = len(str(abs(int(value)))) - len(str(abs(int(value))).rstrip("0")) if value and not places else 0
        # Of a round number the first two places count, whatever they are.
        zeros = min(zeros, max(len(str(abs(int(value)))) - 2, 0))
        unit = Fraction(10) ** (zeros - places)
        share = Fraction(self.plan.settings["thresholds"]["approximate_tolerance_pct"]) / 100
        slack = max(share * abs(value), unit / 2)
        low, high = value - slack, value + slack
        least, most = self.bound("minimum"), self.bound("maximum")
        return (low if least is None else max(low, least)), (high if most is None else min(high, most))

    def possible(self, value: Fraction, quarter: int) -> list[str]:
        """Every status the values of an approximate figure have, the worst first."""
        low, high = self.interval(value)
        marks = [*self.due(quarter), *(end for end in (self.bound("low"), self.bound("high")) if end is not None)]
        points = sorted({low, value, high, *(mark for mark in marks if low < mark < high)})
        found = {self.status(point, quarter) for point in points}
        return [status for status in reversed(STATUSES) if status in found]


# What the workbooks say, and what of it was known at an instant.


@dataclass(frozen=True, eq=False)
class Cell:
    """A cell that answers for an indicator, with the words of its row by heading."""

    text: str
    value: Fraction | None
    is_approximate: bool
    words: dict[str, Any]
    sheet: str
    cell: str


@dataclass(frozen=True, eq=False)
class Answer:
    """What a cell answers, and the file it came in."""

    told: Cell
    file: Row
    is_correction: bool

    def __getattr__(self, name: str) -> Any:
        return getattr(self.told, name)

    @property
    def is_estimate(self) -> bool:
        return bool(self.told.words[KIND] == "Ước thực hiện")

    @property
    def note(self) -> str:
        return str(self.told.words.get("Ghi chú") or self.told.words.get("Lý do sửa") or "")

    @property
    def is_illustrative(self) -> bool:
        return "số liệu minh họa" in self.note.lower()


@cache
def workbook_of(path: Path) -> Any:
    return load_workbook(path.open("rb"))


def table_of(sheet: Any, key: str) -> Iterator[tuple[int, dict[str, Any], dict[str, int]]]:
    """The rows below the heading that names ``key``: number, words by heading, columns by heading."""
    heads: dict[str, int] = {}
    for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        if not heads and key in cells:
            heads = {str(head).split(" (")[0]: column for column, head in enumerate(cells) if head}
        elif heads and cells[heads[key]]:
            yield number, {head: cells[column] for head, column in heads.items()}, heads


class Archive:
    """The files that came, by their hashes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def workbook(self, sha256: str) -> Any:
        return workbook_of(self.folder / sha256[:2] / sha256)

    @cache  # noqa: B019 - one archive a test
    def answers(self, sha256: str) -> list[tuple[str, str, str, Cell]]:
        """Of one workbook: period or "" for its own, indicator, basis, the cell."""
        found = []
        for sheet in self.workbook(sha256):
            for number, words, heads in table_of(sheet, "Mã chỉ tiêu"):
                period = re.sub(r"Quý (I+V?)/(\d+)", _as_period, str(words.get("Kỳ báo cáo cần sửa") or ""))
                for basis, head in (("quarter", QUARTER), ("year_to_date", YTD)):
                    cell = sheet.cell(number, heads[head] + 1)
                    if cell.value is not None:
                        told = Cell(*typed(cell), words, sheet.title, cell.coordinate)
                        found.append((period, str(words["Mã chỉ tiêu"]), basis, told))
        return found


def _as_period(found: re.Match[str]) -> str:
    return f"{found[2]}-Q{ROMAN.index(found[1])}"


def known_answers(plan: Plan, archive: Archive, files: Iterable[Row]) -> dict[tuple[str, ...], Answer]:
    """The answer in force by period, indicator, basis and body: the newest accepted file that speaks of it counts."""
    known: dict[tuple[str, ...], Answer] = {}
    for file in files:
        if not file["state"].startswith("accepted"):
            continue
        body = plan.codes[file["agency_name"]]
        # A newer version replaces the whole older report; a correction speaks of its own figure alone, and outlives it.
        of_report = {
            key for key, it in known.items() if (key[0], key[3]) == (file["period"], body) and not it.is_correction
        }
        known = {key: it for key, it in known.items() if key not in of_report}
        for period, indicator, basis, told in archive.answers(file["sha256"]):
            known[period or file["period"], indicator, basis, body] = Answer(told, file, bool(period))
    return known


# The verdict.


@dataclass(frozen=True, eq=False)
class Verdict:
    """An indicator in a quarter: the figure chosen, and all that follows from it."""

    indicator: Indicator
    quarter: int
    figure: Answer | None
    others: list[Answer]
    status: str

    @property
    def has_figure(self) -> bool:
        return self.figure is not None and self.figure.value is not None

    @property
    def is_graded(self) -> bool:
        return self.status in {*WITHIN, *AT_END, "undecidable"}

    @property
    def value(self) -> Fraction:
        assert self.figure is not None
        assert self.figure.told.value is not None
        return self.figure.told.value

    def or_none(self, compute: Callable[[Fraction, int], Fraction | None]) -> Fraction | None:
        return compute(self.value, self.quarter) if self.is_graded else None

    @property
    def is_estimate(self) -> bool:
        return self.is_graded and self.figure is not None and self.figure.is_estimate

    @property
    def name(self) -> str:
        """As in tables; one that rests on an estimate says so."""
        name = STATUSES[self.status]
        if not self.is_estimate:
            return name
        return f"Ước {name.lower()}" if self.status in AT_END and self.quarter == 4 else f"{name} (ước)"


def verdict(indicator: Indicator, quarter: int, known: dict[tuple[str, ...], Answer], year: str) -> Verdict:
    key = (f"{year}-Q{quarter}", indicator.code, "year_to_date")
    answers = [known[*key, body] for body in indicator.reporters.split(";") if (*key, body) in known]
    figures = [answer for answer in answers if answer.value is not None]
    first, others = (figures[0] if figures else next(iter(answers), None)), figures[1:]

    def status() -> str:
        if str(quarter) not in indicator.published_in.split(";"):
            return "not_yet_published"
        if indicator.comparator == "none":
            return "no_target"
        if first is None or first.value is None:
            return "no_data"
        values = [figure.value for figure in figures if figure.value is not None]
        if max(values) - min(values) > Fraction(indicator.tolerance or 0) and indicator.has_precedence == "no":
            return "conflicting"
        if first.is_approximate and len(indicator.possible(first.value, quarter)) > 1:
            return "undecidable"
        return indicator.status(first.value, quarter)

    return Verdict(indicator, quarter, first, others, status())


def trend(now: Verdict, before: Verdict | None) -> str:
    """Better, worse or the same than in the last quarter that has a figure; empty where nothing is compared."""
    at = now.indicator
    if before is None or before.figure is None or now.figure is None or not now.is_graded or now.quarter == 4:
        return ""
    if now.figure.is_approximate or before.figure.is_approximate or at.direction == "none":
        return ""
    if at.is_flow:
        if now.status == "achieved":
            return ""
        own = (at.own_share(now.quarter) is None) == (at.own_share(before.quarter) is None)
        ratios = [at.ratio(each.value, each.quarter, own=own) for each in (now, before)]
        better, worse = (cut(ratio, 3, "nearest") if ratio is not None else Fraction() for ratio in ratios)
    elif at.is_band:
        better, worse = (-max(at.ends[0] - each.value, each.value - at.ends[1], Fraction()) for each in (now, before))
    else:
        sign = 1 if at.direction == "higher_better" else -1
        better, worse = sign * now.value, sign * before.value
    return "better" if better > worse else "worse" if better < worse else "same"
