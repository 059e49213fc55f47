"""The charts of an edition: every indicator ranked by what was due, and the path of each over its periods.

Each is one drawing by matplotlib, put out as SVG for the page and as PNG for DOCX and PDF. What is written in it is
what the tables print. The same data give the same bytes with the same version of matplotlib, which brings its own font.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from tiendo.model.period import Period
from tiendo.report.data import EditionData, IndicatorLine
from tiendo.report.drawing import Pen, blank_sheet, own_settings, to_png, to_svg
from tiendo.report.words import clean, lower, name_in_year, number, status_name, value_text, verdict
from tiendo.status.names import STYLES, Status
from tiendo.vietnamese.number import format_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# The shapes of the statuses' marks. Those without a figure are never drawn.
_SHAPES = {
    Status.EXCEEDED: "^",
    Status.ACHIEVED: "o",
    Status.ON_TRACK: ">",
    Status.AT_RISK: "d",
    Status.BEHIND: "v",
    Status.MISSED: "s",
    Status.CONFLICTING: "$≠$",
    Status.UNDECIDABLE: "$?$",
}
_INK, _SOFT, _LINE, _PALE = "#1a1a1a", "#555555", "#cfcfcf", "#eeeeee"
_RESULT, _TARGET, _REACHED = "#005a8c", "#882255", "#e3f1ea"
# Bars end here; how far what is beyond goes is told by its number.
_FURTHEST = Decimal("1.5")
# With less of its width right of a path's end, the number there stands left of it.
_ROOM_BESIDE = 0.28
_TEXT_WIDTH = 467  # points: the width of a page of Decree 30 between its margins
_ANNEX_WIDTH = 728  # the same across
_DOTS_PER_INCH = 200


class Layout(NamedTuple):
    """How a chart is laid out: ``width`` and ``size`` of the letters in points."""

    width: int
    size: float
    columns: int


WIDE = Layout(_TEXT_WIDTH, 8, 2)
# A point is a pixel and a third: 360 pixels, the narrowest phone in use, and letters of 13.
NARROW = Layout(270, 9.75, 1)
_PATH = Layout(250, 8.5, 1)
_PATH_HEIGHT = 118


class _RankedRow(NamedTuple):
    """One indicator in the ranked chart; ``height`` in points."""

    line: IndicatorLine
    name: list[str]
    height: float


def ranked(data: EditionData) -> list[IndicatorLine]:
    """Returns the lines with a verdict on a figure, lowest ratio first; the ratio that means nothing to a reader too.

    Where less is better and nothing was counted there is no ratio; nothing could be better.
    """
    lines = [line for line in data.graded if line.value is not None and Status(line.status) in _SHAPES]
    return sorted(lines, key=lambda line: Decimal("Infinity") if line.ratio is None else line.ratio)


def unranked(data: EditionData) -> list[dict[str, Any]]:
    """Returns the lines that the ranked chart lacks: each status with its mark and the names."""
    drawn = {line.code for line in ranked(data)}
    names: dict[str, list[str]] = {}
    for line in data.graded:
        if line.code not in drawn:
            names.setdefault(line.status, []).append(clean(line.full_name))
    return [
        {"status": style.label, "mark": style.mark, "count": len(names[status]), "names": names[status]}
        for status, style in STYLES.items()
        if status in names
    ]


def ranked_words(line: IndicatorLine) -> str:
    """Returns a row of the ranked chart in words."""
    ratio = f"{line.ratio_text} mức phải đạt" if line.ratio_text else f"kết quả {value_text(line)}, không tính tỷ lệ"
    return f"{clean(line.full_name)}: {ratio}, {lower(verdict(line))}"


@own_settings()
def ranked_svg(data: EditionData, layout: Layout, kind: str) -> str:
    """Returns the ranked chart as SVG, every row a link to the indicator in the page; "" with nothing to rank.

    ``kind`` is its class in the page.
    """
    lines = ranked(data)
    words = {_anchor(line): ranked_words(line) for line in lines}
    title = "Tỷ lệ so với mức phải đạt, từ thấp đến cao"
    return to_svg(_draw_ranked(lines, layout), kind, title, words) if lines else ""


@own_settings()
def ranked_png(data: EditionData) -> bytes:
    """Returns the ranked chart as PNG, as wide as the text of a page; empty with nothing to rank."""
    lines = ranked(data)
    return to_png(_draw_ranked(lines, WIDE), _DOTS_PER_INCH) if lines else b""


def has_path(line: IndicatorLine) -> bool:
    """Whether there is a figure to draw."""
    return any(point.value is not None for point in line.history)


def path_words(line: IndicatorLine) -> str:
    """Returns the path of an indicator in words."""
    told = "; ".join(
        f"{name_in_year(p.period)}: {number(p.value)}"
        + (f" (mức phải đạt {number(p.expected, line.decimals)})" if p.expected is not None else "")
        + (f", {lower(status_name(p.status))}" if p.status else "")
        for p in line.history
        if p.value is not None
    )
    return f"{clean(line.full_name)}, kế hoạch {line.target_text or 'không có'}; {told}."


@own_settings()
def path_svg(line: IndicatorLine) -> str:
    """Returns the path of one indicator over its series as SVG; "" without a figure."""
    if not has_path(line):
        return ""
    sheet = blank_sheet(_PATH.width, _PATH_HEIGHT)
    _draw_path(sheet, line, Pen(_PATH.size), (0, 0, _PATH.width, _PATH_HEIGHT))
    return to_svg(sheet, "path", path_words(line))


@own_settings()
def path_pngs(data: EditionData, *, columns: int = 4, rows: int = 4) -> list[bytes]:
    """Returns the paths of all indicators that have one as PNG, a page's worth in each, for a page across."""
    lines = [line for line in data.graded if has_path(line)]
    pen, cell, row, heading = Pen(7), _ANNEX_WIDTH / columns, _PATH_HEIGHT - 12, 20
    pages = []
    for start in range(0, len(lines), columns * rows):
        shown = lines[start : start + columns * rows]
        sheet = blank_sheet(_ANNEX_WIDTH, -(-len(shown) // columns) * row)
        for place, line in enumerate(shown):
            left, top = place % columns * cell, place // columns * row
            unit = f" ({line.unit})" * bool(line.unit)
            mark = STYLES[Status(line.status)].mark
            name = "\n".join(pen.wrapped(f"{mark} {clean(line.full_name)}{unit}", cell - 12, 2))
            sheet.text(left, top + 2, name, va="top", linespacing=1.1, **pen.ink())
            _draw_path(sheet, line, pen, (left, top + heading, cell - 8, row - heading - 2))
        pages.append(to_png(sheet, _DOTS_PER_INCH))
    return pages


def legend() -> list[dict[str, str]]:
    """Returns every status with its look, in the order of legends."""
    return [
        {"code": status.value, "label": style.label, "mark": style.mark, "colour": style.colour, "ink": style.ink}
        for status, style in STYLES.items()
    ]


def _anchor(line: IndicatorLine) -> str:
    return f"#chi-tieu-{line.code}"


def _label(line: IndicatorLine) -> str:
    """Returns what stands at the end of a bar, or in its place."""
    if not line.ratio_text:
        return f"kết quả {value_text(line)}, không tính tỷ lệ"
    return line.ratio_text + " (ước)" * line.is_estimate + " (*)" * line.is_illustrative


def _draw_ranked(lines: Sequence[IndicatorLine], layout: Layout) -> Axes:
    pen = Pen(layout.size)
    gap = 14
    width = (layout.width - gap * (layout.columns - 1)) / layout.columns
    rows = []
    for line in lines:
        name = pen.wrapped(clean(line.full_name), width - 4, 2)
        rows.append(_RankedRow(line, name, layout.size * (1.17 * len(name) + 1.2)))
    columns = _balanced(rows, layout.columns)
    ratios = [line.ratio for line in lines if line.ratio is not None]
    furthest = float(min(_FURTHEST, max([Decimal(1), *ratios])))
    room = max((pen.width(_label(line), is_bold=True) for line in lines if line.ratio_text), default=0)
    scale = (width - room - layout.size) / furthest
    axis = layout.size * 1.5
    used = {Status(line.status) for line in lines}
    per_row = 3 if layout.columns == 1 else 6
    legend_rows = -(-(len(used) + 1) // per_row)
    depth = max(sum(row.height for row in column) for column in columns)
    sheet = blank_sheet(layout.width, axis + depth + legend_rows * layout.size * 1.6 + 4)
    for place, column in enumerate(columns):
        _fill_column(sheet, column, pen, (place * (width + gap), axis, width), scale)
    _draw_legend(sheet, used, pen, per_row)
    return sheet


def _balanced(rows: Sequence[_RankedRow], count: int) -> list[list[_RankedRow]]:
    """Returns the rows in columns of about the same height, in order."""
    total = sum(row.height for row in rows)
    columns: list[list[_RankedRow]] = [[] for _ in range(count)]
    above = 0.0
    for row in rows:
        columns[min(count - 1, int((above + row.height / 2) / total * count))].append(row)
        above += row.height
    return [column for column in columns if column]


def _fill_column(
    sheet: Axes, rows: Sequence[_RankedRow], pen: Pen, at: tuple[float, float, float], scale: float
) -> None:
    """Draws rows from the top down: ``at`` is left, top and width, ``scale`` what was due, in points."""
    from matplotlib.patches import Rectangle

    left, top, width = at
    for share, heading in ((0, "0"), (0.5, "50%"), (1, "100%")):
        sheet.text(left + share * scale, top - 2, heading, ha="center" if share else "left", va="bottom",
                   **pen.ink(is_bold=share == 1, colour=_SOFT))  # fmt: skip
    for place, row in enumerate(rows):
        status = Status(row.line.status)
        shade = _PALE if place % 2 == 0 else "#ffffff"
        back = Rectangle((left, top), width, row.height, facecolor=shade, linewidth=0, zorder=0)
        back.set_url(_anchor(row.line))
        sheet.add_patch(back)
        sheet.text(left + 2, top + 1, "\n".join(row.name), va="top", linespacing=1.15, zorder=3, **pen.ink())
        middle = top + row.height - pen.size * 0.65
        shape = _shape(status, pen) | {"zorder": 4}
        label: dict[str, Any] = {"va": "center_baseline", "zorder": 3, **pen.ink(is_bold=True)}
        if row.line.ratio_text and row.line.ratio is not None:
            end = left + float(min(row.line.ratio, _FURTHEST)) * scale
            thickness = pen.size * 0.62
            sheet.add_patch(Rectangle(
                (left, middle - thickness / 2), end - left, thickness, color=STYLES[status].colour, alpha=0.55,
                linewidth=0, zorder=1,
            ))  # fmt: skip
            sheet.plot([end], [middle], **shape)
            sheet.text(left + width - 2, middle, _label(row.line), ha="right", **label)
            for share in (0.5, 1):
                sheet.plot([left + share * scale] * 2, [middle - pen.size * 0.55, middle + pen.size * 0.55], zorder=2,
                           color=_INK if share == 1 else _SOFT, linewidth=1.3 if share == 1 else 0.5)  # fmt: skip
        else:
            sheet.plot([left + pen.size * 0.6], [middle], **shape)
            sheet.text(left + pen.size * 1.4, middle, _label(row.line), **label)
        top += row.height


def _shape(status: Status, pen: Pen) -> dict[str, Any]:
    """Returns the marker of a status; one that is a letter is written in ink."""
    shape, colour = _SHAPES[status], STYLES[status].colour
    if shape.startswith("$"):
        return {"marker": shape, "markersize": pen.size, "color": _INK, "markeredgewidth": 0}
    return {"marker": shape, "markersize": pen.size * 0.85, "color": colour, "markeredgecolor": _INK,
            "markeredgewidth": 0.6}  # fmt: skip


def _draw_legend(sheet: Axes, used: set[Status], pen: Pen, columns: int) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], linestyle="none", label=style.label, **_shape(status, pen))
        for status, style in STYLES.items()
        if status in used
    ]  # fmt: skip
    handles.append(Line2D([], [], color=_INK, linewidth=1, label="mức phải đạt"))
    sheet.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 0), ncols=columns, frameon=False, borderpad=0,
        borderaxespad=0, handlelength=1, handletextpad=0.4, columnspacing=1.1, labelspacing=0.3,
        prop=pen.font(), labelcolor=_INK,
    )  # fmt: skip


def _draw_path(sheet: Axes, line: IndicatorLine, pen: Pen, box: tuple[float, float, float, float]) -> None:
    """Draws one indicator into a box: left, top, width and height in points."""
    from matplotlib.patches import Rectangle

    series = line.series
    place = {period: number for number, period in enumerate(series, start=1)}
    points = [(place[p.period], float(p.value)) for p in line.history if p.value is not None]
    expected = [(at, float(v)) for at, v in enumerate(line.expected_path, start=1) if v is not None]
    if not expected:  # of a band, what was asked for so far: its end nearer to the figure
        expected = [(place[p.period], float(p.expected)) for p in line.history if p.expected is not None]
    bounds = [float(bound) for bound in (line.target_low, line.target_high) if bound is not None]
    levels = [*bounds, *(value for _, value in (*points, *expected))]
    low, high = min(levels), max(levels)
    spare = (high - low or abs(high) or 1) * 0.2
    low, high = low - spare, high + spare
    ticks = _ticks(low, high)
    target = pen.wrapped(_target_words(line), box[2] * 0.3, 2)
    left = box[0] + max(pen.width(label) for _, label in ticks) + 6
    right = box[0] + box[2] - max(map(pen.width, target)) - 6
    top, bottom = box[1] + pen.size, box[1] + box[3] - pen.size * 1.5

    def x(at: float) -> float:
        return left + (right - left) * (at - 0.75) / (len(series) - 0.5)

    def y(value: float) -> float:
        return top + (bottom - top) * (high - value) / (high - low)

    def path(through: Sequence[tuple[int, float]], **look: Any) -> None:
        sheet.plot([x(at) for at, _ in through], [y(value) for _, value in through], **look)

    within = _reached(line, low, high)
    if within:
        sheet.add_patch(Rectangle(
            (left, y(within[1])), right - left, y(within[0]) - y(within[1]), color=_REACHED, linewidth=0, zorder=0
        ))  # fmt: skip
    sheet.plot([left, left, right], [top, bottom, bottom], color=_LINE, linewidth=0.8, zorder=1)
    for at, name in _named(series, pen, right - left):
        sheet.text(x(at), bottom + 3, name, ha="center", va="top", **pen.ink(colour=_SOFT))
    for value, label in ticks:
        sheet.text(left - 3, y(value), label, ha="right", va="center_baseline", **pen.ink(colour=_SOFT))
    for bound in bounds:
        sheet.plot([left, right], [y(bound)] * 2, color=_TARGET, linewidth=1, zorder=1)
    if bounds:
        middle = y(sum(bounds) / len(bounds))
        sheet.text(right + 4, middle, "\n".join(target), va="center", **pen.ink(colour=_TARGET))
    if len({value for _, value in expected}) > 1:
        path(expected, color=_SOFT, linewidth=1, linestyle=(0, (3, 2)), marker="s", markersize=3.4,
             markerfacecolor="white", zorder=2)  # fmt: skip
    path(points, color=_RESULT, linewidth=1.8, marker="o", markersize=4.6, zorder=3)
    # The value stands where the line does not come from: right of its end, towards the right edge above or below it.
    at, last = points[-1]
    is_rising = len(points) < 2 or last >= points[-2][1]
    is_end = x(len(series)) - x(at) < (right - left) * _ROOM_BESIDE
    is_above = is_rising == is_end
    is_estimate = line.is_estimate and line.history[-1].value is not None
    sheet.text(
        x(at) + (-3 if is_end else 4), y(last) + (-3 if is_above else 3),
        number(next(p.value for p in reversed(line.history) if p.value is not None)) + " (ước)" * is_estimate,
        va="bottom" if is_above else "top", ha="right" if is_end else "left", zorder=4,
        **pen.ink(is_bold=True, colour=_RESULT),
    )  # fmt: skip


def _named(series: Sequence[Period], pen: Pen, width: float) -> list[tuple[int, str]]:
    """Returns the places on the axis with their labels, the last and, where there is no room for all, every so many."""
    room = width / (len(series) - 0.5)
    widest = max(pen.width(period.label) for period in series) + pen.size * 0.4
    every = next(step for step in (1, 2, 3, 4, 6, len(series)) if step * room >= widest or step >= len(series))
    return [(at, each.label) for at, each in enumerate(series, start=1) if (len(series) - at) % every == 0]


def _target_words(line: IndicatorLine) -> str:
    """Returns the target as printed, with the side that is meant where the print does not tell."""
    text = clean(line.target_text)
    is_ceiling = line.target_low is None and line.target_high is not None
    return text if not is_ceiling or any(sign in text for sign in "<≤") or " " in text else f"≤ {text}"


def _reached(line: IndicatorLine, low: float, high: float) -> tuple[float, float] | None:
    """Returns from where to where on the axis the target is met."""
    is_band = line.target_low is not None and not any(value is not None for value in line.expected_path)
    if line.target_low is None and line.target_high is None:
        return None
    return (
        low if line.target_low is None else float(line.target_low),
        float(line.target_high) if line.target_high is not None and (is_band or line.target_low is None) else high,
    )


def _ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Returns two or three round values within, as printed."""
    from matplotlib.ticker import MaxNLocator

    values = [value for value in MaxNLocator(3).tick_values(low, high) if low <= value <= high]
    return [(value, format_number(Decimal(repr(round(float(value), 9))).normalize() + Decimal(0))) for value in values]


def path_legend() -> Mapping[str, str]:
    """Returns the colours of a path chart, for a legend beside it."""
    return {"result": _RESULT, "expected": _SOFT, "target": _TARGET, "reached": _REACHED}
