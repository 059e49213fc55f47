"""What the marks look like: two colours for cells at fault, and the formats of the added sheet."""

from typing import NamedTuple

from tiendo.feedback.marking.markup import UnmarkableError, insert_in, plain, scan, with_attribute

# Only the fill: what the sender chose (font, border, number format) stays.
_MARKS = {"critical": "FFFFB3B3", "warning": "FFFFD966"}
_AFTER_DXFS = ("tableStyles", "colors", "extLst")
_FONT = '<sz val="{size}"/><color rgb="{color}"/><name val="Times New Roman"/><family val="1"/>'
_LINE = '<{p}{side} style="thin"><{p}color rgb="FFBFBFBF"/></{p}{side}>'
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
    """The styles part with ours added, and their numbers."""

    xml: bytes
    marks: dict[str, int]
    sheet: SheetStyles


def add_styles(xml: bytes) -> Styles:
    """Adds to a workbook's styles what our marks need.

    Raises:
        UnmarkableError: the part lacks a list that every spreadsheet program writes.
    """
    xml = plain(xml)
    prefix = scan(xml, depth=0)[0].prefix
    xml, first_font = _append(xml, "fonts", [_font(*font) for font in _FONTS])
    xml, fill = _append(xml, "fills", [_fill("FF1F4E79")])
    sides = "".join(_LINE.replace("{side}", side) for side in ("left", "right", "top", "bottom"))
    xml, border = _append(xml, "borders", [f"<{{p}}border>{sides}<{{p}}diagonal/></{{p}}border>"])
    looks = [(0, 0, 0), (1, 0, 0), (2, fill, border), (0, 0, border), (3, 0, border), (4, 0, border), (5, 0, border)]
    xml, first = _append(xml, "cellXfs", [_xf(first_font + font, fill, border) for font, fill, border in looks])
    if not any(node.name == "dxfs" for node in scan(xml, depth=1)):
        nodes = [node for node in scan(xml, depth=1) if node.depth == 1]
        at = next((node.start for node in nodes if node.name in _AFTER_DXFS), nodes[-1].end if nodes else 0)
        xml = xml[:at] + f'<{prefix}dxfs count="0"/>'.encode() + xml[at:]
    xml, first_mark = _append(
        xml, "dxfs", [f"<{{p}}dxf>{_fill(color, is_mark=True)}</{{p}}dxf>" for color in _MARKS.values()]
    )
    marks = {severity: first_mark + number for number, severity in enumerate(_MARKS)}
    return Styles(xml, marks, SheetStyles(*range(first, first + len(looks))))


def _append(xml: bytes, name: str, items: list[str]) -> tuple[bytes, int]:
    """Adds items to one of the part's lists; returns the number of the first."""
    nodes = scan(xml, depth=2)
    place = next((i for i, node in enumerate(nodes) if node.depth == 1 and node.name == name), None)
    if place is None:
        raise UnmarkableError(f"styles without {name}")
    parent = nodes[place]
    count = sum(1 for node in nodes[place + 1 :] if node.depth == 2 and node.start < parent.end)
    xml = insert_in(xml, parent, "".join(items).replace("{p}", parent.prefix))
    return with_attribute(xml, parent, "count", str(count + len(items))), count


def _font(kind: str, size: int, color: str) -> str:
    inner = kind + _FONT.format(size=size, color=color)
    return f"<{{p}}font>{inner.replace('<', '<{p}')}</{{p}}font>"


def _fill(color: str, *, is_mark: bool = False) -> str:
    """A fill; in a conditional format the colour that shows is the background's."""
    back = f'rgb="{color}"' if is_mark else 'indexed="64"'
    return (
        f'<{{p}}fill><{{p}}patternFill patternType="solid"><{{p}}fgColor rgb="{color}"/><{{p}}bgColor {back}/>'
        "</{p}patternFill></{p}fill>"
    )


def _xf(font: int, fill: int, border: int) -> str:
    """A format for text: shown as typed even when it begins with = + - or @."""
    wrap = '<{p}alignment vertical="top" wrapText="1"/>' if border else '<{p}alignment vertical="center"/>'
    return (
        f'<{{p}}xf numFmtId="49" fontId="{font}" fillId="{fill}" borderId="{border}" quotePrefix="1" xfId="0" '
        f'applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">{wrap}</{{p}}xf>'
    )
