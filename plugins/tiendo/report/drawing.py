"""Matplotlib as the charts use it: one font that comes with it, no setting of the machine, no trace of time or chance.

It is imported when the first chart is drawn, not with this module.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

_INK = "#1a1a1a"
_SVG, _LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
# More than a hundredth of a point is seen by nobody.
_LONG_NUMBER = re.compile(r"(\.\d\d)\d+")
_FAMILY = re.compile(r"font-family:[^;]*;?\s*")
# ``Type: dc:type`` and the like stand for nothing said; a date would differ each time.
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


class Pen:
    """Letters of one size, in points: how wide a text gets, and what makes it fit."""

    def __init__(self, size: float) -> None:
        self.size = size

    def font(self, *, is_bold: bool = False) -> FontProperties:
        """Returns the font for matplotlib's texts."""
        from matplotlib.font_manager import FontProperties

        return FontProperties(fname=_font_file(is_bold), size=self.size, weight="bold" if is_bold else "normal")

    def ink(self, *, is_bold: bool = False, colour: str = _INK) -> dict[str, Any]:
        """Returns the same with a colour as arguments of a text; what is written is never read as a formula."""
        return {"fontproperties": self.font(is_bold=is_bold), "color": colour, "parse_math": False}

    def width(self, text: str, *, is_bold: bool = False) -> float:
        """Returns how wide a text is, in points."""
        return sum(map(_letter_widths(is_bold), text)) * self.size

    def shortened(self, text: str, width: float) -> str:
        """Returns a text cut to a width, with ``…`` where something is left out."""
        if self.width(text) <= width:
            return text
        while text and self.width(text + "…") > width:
            text = text[:-1]
        return f"{text.rstrip()}…"

    def wrapped(self, text: str, width: float, most: int) -> list[str]:
        """Returns a text in at most so many lines, the last one cut where the text goes on."""
        words = text.split()
        lines = [""]
        for place, word in enumerate(words):
            longer = f"{lines[-1]} {word}".lstrip()
            if self.width(longer) <= width or not lines[-1]:
                lines[-1] = longer
            elif len(lines) == most:
                lines[-1] += f" {' '.join(words[place:])}"
                break
            else:
                lines.append(word)
        return [self.shortened(line, width) for line in lines]


def blank_sheet(width: float, height: float) -> Axes:
    """Returns empty axes without a scale that fill a figure, in points from its upper left corner."""
    from matplotlib.figure import Figure

    axes = Figure(figsize=(width / 72, height / 72), facecolor="none").add_axes((0, 0, 1, 1), xlim=(0, width))
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    return axes


def to_png(sheet: Axes, dots_per_inch: int) -> bytes:
    """Returns a sheet on white as PNG, in sixteen shades of each colour: half the bytes, and no eye sees it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    figure, out = _figure(sheet), io.BytesIO()
    figure.set(facecolor="white", dpi=dots_per_inch)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    drawn = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
    picture = Image.frombytes("RGBA", canvas.get_width_height(), drawn).convert("RGB")
    shades = [round(value / 17) * 17 for value in range(256)]
    picture.point(shades * 3).save(out, format="png", dpi=(dots_per_inch, dots_per_inch))
    return out.getvalue()


def to_svg(sheet: Axes, kind: str, label: str, links: Mapping[str, str] | None = None) -> str:
    """Returns a sheet as an SVG element to be put into a page, its texts as texts in the page's own font.

    Args:
        sheet: the sheet.
        kind: the element's class.
        label: what is seen, in words. Without links it stands for the whole chart.
        links: the words for each address that something on the sheet links to; they are read instead of the texts.
    """
    import matplotlib
    from lxml import etree  # type: ignore[import-untyped]

    out = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": kind + label}):
        _figure(sheet).savefig(out, format="svg", metadata=_NO_METADATA)
    drawn = etree.fromstring(out.getvalue())
    # What is cut off at the edge of the sheet is so without a path that says it.
    for useless in [*drawn.iter(etree.Comment), *drawn.iter(f"{_SVG}style", f"{_SVG}metadata", f"{_SVG}clipPath")]:
        useless.getparent().remove(useless)
    text = etree.tostring(drawn, encoding="unicode")
    for element in drawn.iter():
        element.attrib.pop("clip-path", None)
        name = element.get("id")
        if name is not None and f"#{name}" not in text:
            del element.attrib["id"]
        for key, value in element.attrib.items():
            element.set(key, _LONG_NUMBER.sub(r"\1", _FAMILY.sub("", value)))
        if element.get("transform", "").startswith("rotate(-0 "):
            del element.attrib["transform"]
        if (target := element.attrib.pop(_LINK, None)) is not None:
            element.set("href", target)
        if element.tag == f"{_SVG}a" and links is not None:
            del element.attrib["target"]
            element.set("aria-label", links[element.get("href")])
        elif element.tag == f"{_SVG}text" and links is not None:
            element.set("aria-hidden", "true")
    _unwrap(drawn)
    for key in ("width", "height", "version"):
        drawn.attrib.pop(key, None)
    drawn.set("class", kind)
    drawn.set("role", "img" if links is None else "group")
    drawn.set("aria-label", label)
    etree.cleanup_namespaces(drawn)
    return re.sub(r">\s+<", "><", etree.tostring(drawn, encoding="unicode").strip())


def _figure(sheet: Axes) -> Figure:
    return cast("Figure", sheet.get_figure(root=True))


def _unwrap(drawn: Any) -> None:
    """Takes away groups that say nothing."""
    for group in list(drawn.iter(f"{_SVG}g", f"{_SVG}defs")):
        parent = group.getparent()
        if group.attrib or (group.tag == f"{_SVG}defs" and len(group)):
            continue
        place = parent.index(group)
        parent[place : place + 1] = list(group)


@contextmanager
def own_settings() -> Iterator[None]:
    """Sets matplotlib's own defaults round a whole drawing, whatever the machine or its user sets."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({"svg.fonttype": "none", "font.sans-serif": ["DejaVu Sans"]})
        yield


@cache
def _font_file(is_bold: bool) -> str:
    import matplotlib

    return f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans{'-Bold' if is_bold else ''}.ttf"


@cache
def _letter_widths(is_bold: bool) -> Callable[[str], float]:
    """Returns what gives the width of a letter of size 1."""
    from matplotlib.ft2font import FT2Font, LoadFlags

    font = FT2Font(_font_file(is_bold))
    font.set_size(100, 72)

    @cache
    def width(letter: str) -> float:
        return float(font.load_char(ord(letter), flags=LoadFlags.NO_HINTING).linearHoriAdvance) / 65536 / 100

    return width
