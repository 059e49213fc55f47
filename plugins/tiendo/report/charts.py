"""The charts of an edition: every indicator ranked by what was due, and the path of each over the year.

Each is one drawing by matplotlib, put out as SVG for the page and as PNG for DOCX and PDF. What is written in it is
what the tables print. The same data give the same bytes with the same version of matplotlib, which brings its own font.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from tiendo.report.data import EditionData, IndicatorLine
from tiendo.report.drawing import Pen, blank_figure, own_settings, to_png, to_svg
from tiendo.report.words import clean, lower, number, status_name, value_text, verdict
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
_INK, _SOFT, _LINE, _PALE = "#1a1a1a", "#555555", "#cfcfcf", "#f4f5f7"
_RESULT, _TARGET, _REACHED = "#005a8c", "#882255", "#e3f1ea"
_QUARTERS = ("I", "II", "III", "IV")
# Bars end here; how far what is beyond goes is told by its number.
_FURTHEST = Decimal("1.5")
_TEXT_WIDTH = 467  # points: the width of a page of Decree 30 between its margins
_ANNEX_WIDTH = 728  # the same across
_DOTS_PER_INCH = 220


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


class _Row(NamedTuple):
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
    quarters = "; ".join(
        f"quý {_QUARTERS[p.period.quarter - 1]}: {number(p.value)}"
        + (f" (mức phải đạt {number(p.expected, line.decimals)})" if p.expected is not None else "")
        + (f", {lower(status_name(p.status))}" if p.status else "")
        for p in line.history
        if p.value is not None
    )
    return f"{clean(line.full_name)}, kế hoạch {line.target_text or 'không có'}; {quarters}."


@own_settings()
def path_svg(line: IndicatorLine) -> str:
    """Returns the path of one indicator over the year as SVG; "" without a figure."""
    if not has_path(line):
        return ""
    figure = blank_figure(_PATH.width, _PATH_HEIGHT)
    _draw_path(figure, line, Pen(_PATH.size), (0, 0, _PATH.width, _PATH_HEIGHT))
    return to_svg(figure, "path", path_words(line))


@own_settings()
def path_pngs(data: EditionData, *, columns: int = 4, rows: int = 4) -> list[bytes]:
    """Returns the paths of all indicators that have one as PNG, a page's worth in each, for a page across."""
    lines = [line for line in data.graded if has_path(line)]
    pen, cell, heading = Pen(7), _ANNEX_WIDTH / columns, 20
    pages = []
    for start in range(0, len(lines), columns * rows):
        shown = lines[start : start + columns * rows]
        height = -(-len(shown) // columns) * (_PATH_HEIGHT - 12)
        figure = blank_figure(_ANNEX_WIDTH, height)
        for place, line in enumerate(shown):
            left, top = place % columns * cell, place // columns * (_PATH_HEIGHT - 12)
            unit = f" ({line.unit})" * bool(line.unit)
            mark = STYLES[Status(line.status)].mark
            name = "\n".join(pen.wrapped(f"{mark} {clean(line.full_name)}{unit}", cell - 12, 2))
            figure.text(left / _ANNEX_WIDTH, 1 - (top + 2) / height, name, va="top", linespacing=1.1, **pen.ink())
            _draw_path(figure, line, pen, (left, top + heading, cell - 8, _PATH_HEIGHT - 14 - heading))
        pages.append(to_png(figure, _DOTS_PER_INCH))
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
    return line.ratio_text + " (ước)" * line.is_estimate


def _draw_ranked(lines: Sequence[IndicatorLine], layout: Layout) -> Any:
    pen = Pen(layout.size)
    gap = 14
    width = (layout.width - gap * (layout.columns - 1)) / layout.columns
    rows = []
    for line in lines:
        name = pen.wrapped(clean(line.full_name), width - 4, 2)
        rows.append(_Row(line, name, layout.size * (1.17 * len(name) + 1.2)))
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
    height = axis + depth + legend_rows * layout.size * 1.6 + 4
    figure = blank_figure(layout.width, height)
    for place, column in enumerate(columns):
        left = place * (width + gap)
        axes = figure.add_axes((left / layout.width, 1 - (axis + depth) / height, width / layout.width, depth / height))
        _fill_column(axes, column, pen, (width, depth), scale)
    _draw_legend(figure, used, pen, per_row)
    return figure


def _balanced(rows: Sequence[_Row], count: int) -> list[list[_Row]]:
    """Returns the rows in columns of about the same height, in order."""
    total = sum(row.height for row in rows)
    columns: list[list[_Row]] = [[] for _ in range(count)]
    above = 0.0
    for row in rows:
        columns[min(count - 1, int((above + row.height / 2) / total * count))].append(row)
        above += row.height
    return [column for column in columns if column]


def _fill_column(axes: Axes, rows: Sequence[_Row], pen: Pen, area: tuple[float, float], scale: float) -> None:
    """Draws rows from the top down; across in shares of what was due, down in points."""
    from matplotlib.patches import Rectangle

    width, depth = area
    axes.set_xlim(0, width / scale)
    axes.set_ylim(depth, 0)
    axes.set_axis_off()
    top = 0.0
    for place, row in enumerate(rows):
        style = STYLES[Status(row.line.status)]
        shade = _PALE if place % 2 == 0 else "#ffffff"
        back = Rectangle((0, top), width / scale, row.height, facecolor=shade, linewidth=0, zorder=0, clip_on=False)
        back.set_url(_anchor(row.line))
        axes.add_patch(back)
        names = "\n".join(row.name)
        axes.text(2 / scale, top + 1, names, va="top", linespacing=1.15, zorder=3, **pen.ink())
        middle = top + row.height - pen.size * 0.65
        shape = _shape(Status(row.line.status), pen) | {"clip_on": False, "zorder": 4}
        label: dict[str, Any] = {"va": "center_baseline", "zorder": 3, **pen.ink(is_bold=True)}
        if row.line.ratio_text and row.line.ratio is not None:
            length = float(min(row.line.ratio, _FURTHEST))
            axes.barh(
                [middle], [length], height=pen.size * 0.62, color=style.colour, alpha=0.55, clip_on=False, zorder=1
            )
            axes.plot([length], [middle], **shape)
            axes.text((width - 2) / scale, middle, _label(row.line), ha="right", **label)
            for share in (0.5, 1):
                axes.plot([share] * 2, [middle - pen.size * 0.55, middle + pen.size * 0.55], zorder=2, clip_on=False,
                          color=_INK if share == 1 else _SOFT, linewidth=1.3 if share == 1 else 0.5)  # fmt: skip
        else:
            axes.plot([pen.size * 0.6 / scale], [middle], **shape)
            axes.text(pen.size * 1.4 / scale, middle, _label(row.line), **label)
        top += row.height
    for share, heading in ((0, "0"), (0.5, "50%"), (1, "100%")):
        axes.text(share, -2, heading, ha="center" if share else "left", va="bottom",
                  **pen.ink(is_bold=share == 1, colour=_SOFT))  # fmt: skip


def _shape(status: Status, pen: Pen) -> dict[str, Any]:
    """Returns the marker of a status; one that is a letter is written in ink."""
    shape, colour = _SHAPES[status], STYLES[status].colour
    if shape.startswith("$"):
        return {"marker": shape, "markersize": pen.size, "color": _INK, "markeredgewidth": 0}
    return {"marker": shape, "markersize": pen.size * 0.85, "color": colour, "markeredgecolor": _INK,
            "markeredgewidth": 0.6}  # fmt: skip


def _draw_legend(figure: Any, used: set[Status], pen: Pen, columns: int) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], linestyle="none", label=style.label, **_shape(status, pen))
        for status, style in STYLES.items()
        if status in used
    ]  # fmt: skip
    handles.append(Line2D([], [], color=_INK, linewidth=1, label="mức phải đạt"))
    figure.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 0), ncols=columns, frameon=False, borderpad=0,
        borderaxespad=0, handlelength=1, handletextpad=0.4, columnspacing=1.1, labelspacing=0.3,
        prop=pen.font(), labelcolor=_INK,
    )  # fmt: skip


def _draw_path(figure: Any, line: IndicatorLine, pen: Pen, box: tuple[float, float, float, float]) -> None:
    """Draws one indicator into a box: left, top, width and height in points of the figure."""
    points = [(p.period.quarter, float(p.value)) for p in line.history if p.value is not None]
    expected = [(q, float(v)) for q, v in enumerate(line.expected_path, start=1) if v is not None]
    if not expected:  # of a band, what was asked for so far: its end nearer to the figure
        expected = [(p.period.quarter, float(p.expected)) for p in line.history if p.expected is not None]
    bounds = [float(bound) for bound in (line.target_low, line.target_high) if bound is not None]
    levels = [*bounds, *(value for _, value in (*points, *expected))]
    low, high = min(levels), max(levels)
    spare = (high - low or abs(high) or 1) * 0.2
    low, high = low - spare, high + spare
    ticks = _ticks(low, high)
    target = pen.wrapped(_target_words(line), box[2] * 0.3, 2)
    left = max(pen.width(label) for _, label in ticks) + 6
    right = max(map(pen.width, target)) + 6
    left_edge, top, width, height = box
    whole_width, whole_height = figure.get_size_inches() * 72
    below = pen.size * 1.5
    axes = figure.add_axes(
        (
            (left_edge + left) / whole_width,
            1 - (top + height - below) / whole_height,
            (width - left - right) / whole_width,
            (height - below - pen.size) / whole_height,
        )
    )
    axes.set_facecolor("none")
    axes.set_xlim(0.75, 4.25)
    axes.set_ylim(low, high)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(_LINE)
    axes.set_xticks(range(1, 5), _QUARTERS, **pen.ink(colour=_SOFT))
    axes.set_yticks([value for value, _ in ticks], [label for _, label in ticks], **pen.ink(colour=_SOFT))
    axes.tick_params(length=0, pad=3)
    within = _reached(line, low, high)
    if within:
        axes.fill_between([0.75, 4.25], *within, color=_REACHED, linewidth=0, clip_on=False, zorder=0)
    for bound in bounds:
        axes.plot([0.75, 4.25], [bound, bound], color=_TARGET, linewidth=1, clip_on=False, zorder=1)
    if bounds:
        axes.text(4.32, sum(bounds) / len(bounds), "\n".join(target), va="center", **pen.ink(colour=_TARGET))
    if len({value for _, value in expected}) > 1:
        axes.plot(*zip(*expected, strict=True), color=_SOFT, linewidth=1, linestyle=(0, (3, 2)), marker="s",
                  markersize=3.4, markerfacecolor="white", clip_on=False, zorder=2)  # fmt: skip
    axes.plot(*zip(*points, strict=True), color=_RESULT, linewidth=1.8, marker="o", markersize=4.6, clip_on=False,
              zorder=3)  # fmt: skip
    # The value stands where the line does not come from: right of its end, at the year's end above or below it.
    quarter, last = points[-1]
    is_rising = len(points) < 2 or last >= points[-2][1]
    is_end = quarter == len(_QUARTERS)
    is_above = is_rising == is_end
    axes.annotate(
        number(next(p.value for p in reversed(line.history) if p.value is not None))
        + " (ước)" * (line.is_estimate and line.history[-1].value is not None),
        (quarter, last),
        xytext=(-3 if is_end else 4, 3 if is_above else -3), textcoords="offset points",
        va="bottom" if is_above else "top", ha="right" if is_end else "left", zorder=4,
        **pen.ink(is_bold=True, colour=_RESULT),
    )  # fmt: skip


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
