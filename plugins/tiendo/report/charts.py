"""Geometry of the charts in the HTML edition; the template draws them as SVG. Pure, coordinates as short strings."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tiendo.report.data import EditionData, IndicatorLine
from tiendo.report.words import number, status_name
from tiendo.status.names import STYLES

PATH_WIDTH, PATH_HEIGHT = 176, 76
_LEFT, _RIGHT, _TOP, _BOTTOM = 10, 10, 8, 18
_QUARTERS = ("I", "II", "III", "IV")


def status_bar(lines: Sequence[IndicatorLine]) -> list[dict[str, Any]]:
    """Returns the pieces of one stacked bar, in the order of the legend; widths in percent."""
    graded = [line for line in lines if line.is_graded]
    pieces: list[dict[str, Any]] = []
    left = Decimal(0)
    for status, style in STYLES.items():
        count = sum(line.status == status for line in graded)
        if not count:
            continue
        width = Decimal(100) * count / len(graded)
        pieces.append(
            {
                "x": _short(left),
                "width": _short(width),
                "middle": _short(left + width / 2),
                "count": str(count),
                "label": style.label,
                "mark": style.mark,
                "colour": style.colour,
                "ink": style.ink,
            }
        )
        left += width
    return pieces


def legend() -> list[dict[str, str]]:
    """Returns every status with its look, in the order of legends."""
    return [
        {"code": status.value, "label": style.label, "mark": style.mark, "colour": style.colour, "ink": style.ink}
        for status, style in STYLES.items()
    ]


def path_chart(line: IndicatorLine) -> dict[str, Any] | None:
    """Returns the chart of one indicator over the year: expected line, figures so far, the target's level.

    None where there is no figure to draw.
    """
    figures = [point for point in line.history if point.value is not None]
    if not figures:
        return None
    bounds = [bound for bound in (line.target_low, line.target_high) if bound is not None]
    expected = [value for value in line.expected_path if value is not None]
    levels = [*bounds, *expected, *(point.value for point in figures if point.value is not None)]
    low, high = min(levels), max(levels)
    span = high - low or abs(high) or Decimal(1)
    low, high = low - span / 20, high + span / 20

    def x(quarter: int) -> str:
        return _short(Decimal(_LEFT) + Decimal(PATH_WIDTH - _LEFT - _RIGHT) * (quarter - 1) / 3)

    def y(value: Decimal) -> str:
        return _short(Decimal(_TOP) + Decimal(PATH_HEIGHT - _TOP - _BOTTOM) * (high - value) / (high - low))

    dots = [{"x": x(p.period.quarter), "y": y(p.value)} for p in figures if p.value is not None]
    quarters = "; ".join(
        f"quý {_QUARTERS[p.period.quarter - 1]}: {number(p.value)}"
        + (f" (mức phải đạt {number(p.expected, line.decimals)})" if p.expected is not None else "")
        + (f", {status_name(p.status).lower()}" if p.status else "")
        for p in figures
    )
    return {
        "width": str(PATH_WIDTH),
        "height": str(PATH_HEIGHT),
        "targets": [y(bound) for bound in bounds],
        "expected": " ".join(f"{x(q)},{y(v)}" for q, v in enumerate(line.expected_path, start=1) if v is not None),
        "figures": " ".join(f"{dot['x']},{dot['y']}" for dot in dots),
        "dots": dots,
        "ticks": [{"x": x(quarter), "label": label} for quarter, label in enumerate(_QUARTERS, start=1)],
        "right": _short(Decimal(PATH_WIDTH - _RIGHT)),
        "left": str(_LEFT),
        "label": f"{line.full_name}, kế hoạch {line.target_text or 'không có'}; {quarters}.",
    }


def section_bars(data: EditionData) -> list[dict[str, Any]]:
    """Returns one stacked bar for all and one per section."""
    sections: dict[str, list[IndicatorLine]] = {}
    for line in data.graded:
        is_body = line.row_kind == "body_target"
        title = "Chỉ tiêu nêu trong nội dung Kế hoạch" if is_body else f"{line.section_no}. {line.section_title}"
        sections.setdefault(title, []).append(line)
    rows = [("Tất cả chỉ tiêu", list(data.graded)), *sections.items()]
    return [{"title": title, "total": str(len(lines)), "pieces": status_bar(lines)} for title, lines in rows]


def _short(value: Decimal) -> str:
    return f"{value:.2f}"
