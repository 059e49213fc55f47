"""What the marks look like: two colours for cells at fault, and the formats of the added sheet."""

from collections.abc import Iterable
from copy import deepcopy
from typing import NamedTuple

from tiendo.feedback.marking.xml_tree import (
    Element,
    UnmarkableError,
    elements,
    local_name,
    namespace_of,
    parse,
    to_bytes,
)

# Only the fill: what the sender chose (font, border, number format) stays.
_MARKS = {"critical": "FFFFB3B3", "warning": "FFFFD966"}
_AFTER_DXFS = ("tableStyles", "colors", "extLst")
_FONT = '<sz val="{size}"/><color rgb="{color}"/><name val="Times New Roman"/><family val="1"/>'
_LINE = '<{side} style="thin"><color rgb="FFBFBFBF"/></{side}>'
_FONTS = (
    ("", 12, "FF000000"),
    ("<b/>", 15, "FF1F4E79"),
    ("<b/>", 12, "FFFFFFFF"),
    ("<u/>", 12, "FF0563C1"),
    ("<b/>", 12, "FFB2182B"),
    ("<b/>", 12, "FF8A6500"),
)


class SheetStyles(NamedTuple):
    """Numbers of the cell formats of the added sheet."""

    line: int
    title: int
    head: int
    text: int
    link: int
    critical: int
    warning: int


class Styles(NamedTuple):
    """The styles part with the added formats, and their numbers."""

    xml: bytes
    marks: dict[str, int]
    sheet: SheetStyles


def add_styles(xml: bytes) -> Styles:
    """Adds to a workbook's styles what the marks need.

    Raises:
        UnmarkableError: the part lacks a list that every spreadsheet program writes.
    """
    root = parse(xml)
    first_font = _append(root, "fonts", [_font(*font) for font in _FONTS])
    fill = _append(root, "fills", [_fill("FF1F4E79")])
    sides = "".join(_LINE.format(side=side) for side in ("left", "right", "top", "bottom"))
    border = _append(root, "borders", [f"<border>{sides}<diagonal/></border>"])
    looks = [(0, 0, 0), (1, 0, 0), (2, fill, border), (0, 0, border), (3, 0, border), (4, 0, border), (5, 0, border)]
    first = _append(root, "cellXfs", [_xf(first_font + font, fill, border) for font, fill, border in looks])
    if root.find("{*}dxfs") is None:
        follower = next((child for child in root if local_name(child) in _AFTER_DXFS), None)
        place = len(root) if follower is None else root.index(follower)
        root[place:place] = elements('<dxfs count="0"/>', namespace_of(root))
    first_mark = _append(root, "dxfs", [f"<dxf>{_fill(color, is_mark=True)}</dxf>" for color in _MARKS.values()])
    marks = {severity: first_mark + number for number, severity in enumerate(_MARKS)}
    return Styles(to_bytes(root), marks, SheetStyles(*range(first, first + len(looks))))


def without_number_format(xml: bytes, numbers: Iterable[int]) -> tuple[bytes, dict[int, int]]:
    """Adds copies of cell formats that show a number as it is.

    Returns:
        The styles part, and the number of each copy by that of the format it was made of.
    """
    root = parse(xml)
    formats = root.find("{*}cellXfs")
    plain: dict[int, int] = {}
    for number in numbers:
        if formats is not None and number < len(formats):
            copied = deepcopy(formats[number])
            copied.set("numFmtId", "0")
            formats.append(copied)
            plain[number] = len(formats) - 1
            formats.set("count", str(len(formats)))
    return to_bytes(root), plain


def _append(root: Element, name: str, items: list[str]) -> int:
    """Adds items to one of the part's lists; returns the number of the first."""
    parent = root.find(f"{{*}}{name}")
    if parent is None:
        raise UnmarkableError(f"styles without {name}")
    number = len(parent.findall("{*}*"))
    parent.extend(elements("".join(items), namespace_of(root)))
    parent.set("count", str(number + len(items)))
    return number


def _font(kind: str, size: int, color: str) -> str:
    return f"<font>{kind}{_FONT.format(size=size, color=color)}</font>"


def _fill(color: str, *, is_mark: bool = False) -> str:
    """A fill; in a conditional format the colour that shows is the background's."""
    back = f'rgb="{color}"' if is_mark else 'indexed="64"'
    return f'<fill><patternFill patternType="solid"><fgColor rgb="{color}"/><bgColor {back}/></patternFill></fill>'


def _xf(font: int, fill: int, border: int) -> str:
    """A format for text: shown as typed even when it begins with = + - or @."""
    wrap = '<alignment vertical="top" wrapText="1"/>' if border else '<alignment vertical="center"/>'
    return (
        f'<xf numFmtId="49" fontId="{font}" fillId="{fill}" borderId="{border}" quotePrefix="1" xfId="0" '
        f'applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">{wrap}</xf>'
    )
