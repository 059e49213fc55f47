"""The eleven verdicts on an indicator: their codes, Vietnamese names and looks, the same in every report."""

from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """What is said of one indicator in one period; docs/methodology.md defines each."""

    EXCEEDED = "exceeded"
    ACHIEVED = "achieved"
    MISSED = "missed"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    BEHIND = "behind"
    NO_DATA = "no_data"
    NOT_YET_PUBLISHED = "not_yet_published"
    NO_TARGET = "no_target"
    CONFLICTING = "conflicting"
    UNDECIDABLE = "undecidable"


class StatusStyle(NamedTuple):
    """How a status is shown.

    Attributes:
        label: Vietnamese name.
        colour: background, ``#RRGGBB``, after the palettes of Okabe-Ito and Tol, made for colour-blind readers.
        ink: text on that background, at least 4.5 : 1 in contrast (WCAG 2.1, 1.4.3).
        mark: one glyph of its own, so that colour is never the only cue; all are in WGL4, hence in Times New Roman and
            Liberation Serif.
    """

    label: str
    colour: str
    ink: str
    mark: str


# In the order of legends and summaries: the year's verdicts, those within the year, then the reasons for none.
STYLES: dict[Status, StatusStyle] = {
    Status.EXCEEDED: StatusStyle("Vượt", "#005A8C", "#FFFFFF", "▲"),
    Status.ACHIEVED: StatusStyle("Đạt", "#009E73", "#000000", "●"),
    Status.ON_TRACK: StatusStyle("Đúng tiến độ", "#56B4E9", "#000000", "►"),
    Status.AT_RISK: StatusStyle("Có nguy cơ", "#E69F00", "#000000", "◊"),
    Status.BEHIND: StatusStyle("Chậm", "#D55E00", "#000000", "▼"),
    Status.MISSED: StatusStyle("Không đạt", "#882255", "#FFFFFF", "■"),
    Status.CONFLICTING: StatusStyle("Chưa thống nhất", "#CC79A7", "#000000", "≠"),
    Status.UNDECIDABLE: StatusStyle("Chưa xác định", "#F0E442", "#000000", "?"),
    Status.NO_DATA: StatusStyle("Chưa có số liệu", "#BBBBBB", "#000000", "○"),
    Status.NOT_YET_PUBLISHED: StatusStyle("Chưa đến kỳ công bố", "#DDDDDD", "#000000", "□"),
    Status.NO_TARGET: StatusStyle("Không có chỉ tiêu", "#F5F5F5", "#000000", "–"),
}

LABELS: dict[Status, str] = {status: style.label for status, style in STYLES.items()}


YEAR_VERDICTS = (Status.EXCEEDED, Status.ACHIEVED, Status.MISSED)
# What does not come about as planned: somebody must act.
FAILING = (Status.BEHIND, Status.MISSED)


def verdict_name(status: Status, *, is_estimate: bool) -> str:
    """Returns a status's name; a verdict on an estimate says so: ``Ước đạt``, ``Chậm (ước)``."""
    if not is_estimate:
        return LABELS[status]
    if status in YEAR_VERDICTS:
        return f"Ước {LABELS[status].lower()}"
    return f"{LABELS[status]} (ước)"


class TrendStyle(NamedTuple):
    """How a trend is shown: its Vietnamese name and one glyph of its own."""

    label: str
    mark: str


# Better and worse in the indicator's own direction: fewer deaths are better.
TRENDS: dict[str, TrendStyle] = {
    "better": TrendStyle("Tốt hơn", "↑"),
    "same": TrendStyle("Không đổi", "="),
    "worse": TrendStyle("Kém hơn", "↓"),
}
