"""The marks in one worksheet: a colour over the cells at fault, and the link to the drawing of their comments.

The colour is a conditional format of ours, so the cells' own formats stay, and it can be found and taken away again
after Excel or LibreOffice have written the file anew.
"""

import re
from collections.abc import Iterable, Mapping

from tiendo.feedback.marking.markup import Node, attribute, plain, scan, with_attribute
from tiendo.ooxml.xlsx_details import column_index

# Always true, and written by nobody else.
_FORMULA = '"tiendo"&lt;&gt;""'
_OURS = re.compile(rb"""(?:"|&quot;|&#34;)tiendo(?:"|&quot;|&#34;)\s*&lt;""")
_PRIORITY = re.compile(rb"""\bpriority\s*=\s*["'](\d{1,6})["']""")
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
# CT_Worksheet, ECMA-376 part 1, 18.3.1.99: what may follow conditional formats, and what may follow legacyDrawing.
_AFTER_LEGACY_DRAWING = (
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "AlternateContent", "webPublishItems",
    "tableParts", "extLst",
)  # fmt: skip
_AFTER_CONDITIONS = (
    "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks",
    "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing",
    *_AFTER_LEGACY_DRAWING,
)  # fmt: skip
_SHEET_DATA = re.compile(rb"<((?:[\w.-]+:)?sheetData)(?:\s[^<>]*)?(?<!/)>")
_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_AREA = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6}):([A-Z]{1,3})([1-9][0-9]{0,6})")


class SheetPart:
    """A worksheet without its cells, which nothing here looks at or changes."""

    def __init__(self, xml: bytes) -> None:
        xml = plain(xml)
        self._cells, self._cells_at = b"", -1
        # "<" stands for a tag's start alone, except in these two.
        if (begin := _SHEET_DATA.search(xml)) and b"<!--" not in xml and b"<![CDATA[" not in xml:
            close = xml.rfind(b"</" + begin[1])
            if close > begin.end():
                self._cells, self._cells_at = xml[begin.end() : close], begin.end()
                xml = xml[: begin.end()] + xml[close:]
        self._xml = xml
        self._nodes = scan(xml, depth=2)

    def to_bytes(self) -> bytes:
        """Returns the whole part."""
        if self._cells_at < 0:
            return self._xml
        return self._xml[: self._cells_at] + self._cells + self._xml[self._cells_at :]

    @property
    def drawing(self) -> str:
        """The id of the relationship to the drawing of comments, "" without one."""
        return next((attribute(node, "id") for node in self._top() if node.name == "legacyDrawing"), "")

    def corner(self, cell: str) -> str:
        """Returns the cell itself, or the one that is shown in its stead where cells are merged."""
        address = _ADDRESS.fullmatch(cell)
        if address is None:
            return cell
        column, row = column_index(address[1]), int(address[2])
        for node in self._nodes:
            if node.name == "mergeCell" and (area := _AREA.fullmatch(attribute(node, "ref"))):
                is_inside = column_index(area[1]) <= column <= column_index(area[3])
                if is_inside and int(area[2]) <= row <= int(area[4]):
                    return area[1] + area[2]
        return cell

    def remove_marks(self) -> bool:
        """Takes our rules away; returns whether there were any."""
        pieces: list[tuple[int, int]] = []
        for place, block in enumerate(self._nodes):
            if block.depth != 1 or block.name != "conditionalFormatting":
                continue
            inside = [n for n in self._nodes[place + 1 :] if n.depth == 2 and n.start < block.end]
            ours = [n for n in inside if n.name == "cfRule" and _OURS.search(self._xml, n.start, n.end)]
            is_all = bool(ours) and len(ours) == sum(1 for n in inside if n.name == "cfRule")
            pieces += [(block.start, block.end)] if is_all else [(n.start, n.end) for n in ours]
        for start, end in reversed(pieces):
            self._replace(start, end, b"")
        return bool(pieces)

    def add_marks(self, cells: Mapping[int, Iterable[str]]) -> None:
        """Colours cells: addresses by the number of the differential format. Our rules come after the sender's."""
        priority = max(map(int, _PRIORITY.findall(self._xml)), default=0)
        prefix = self._nodes[0].prefix
        markup = ""
        for number, (style, addresses) in enumerate(cells.items(), start=1):
            markup += (
                f'<{prefix}conditionalFormatting sqref="{" ".join(addresses)}"><{prefix}cfRule type="expression" '
                f'dxfId="{style}" priority="{priority + number}"><{prefix}formula>{_FORMULA}</{prefix}formula>'
                f"</{prefix}cfRule></{prefix}conditionalFormatting>"
            )
        self._insert(markup, before=_AFTER_CONDITIONS)

    def link_drawing(self, relation: str) -> None:
        """Links the sheet to the drawing of its comments."""
        prefix = self._nodes[0].prefix
        self._insert(f'<{prefix}legacyDrawing xmlns:r="{_RELATIONS}" r:id="{relation}"/>', before=_AFTER_LEGACY_DRAWING)

    def unselect(self) -> bool:
        """Sees to it that the sheet is not selected: typing into one of several selected sheets changes them all."""
        selected = [n for n in self._nodes if n.name == "sheetView" and attribute(n, "tabSelected") in ("1", "true")]
        for node in reversed(selected):
            self._set(with_attribute(self._xml, node, "tabSelected", ""), node.start)
        return bool(selected)

    def _top(self) -> list[Node]:
        return [node for node in self._nodes if node.depth == 1]

    def _insert(self, markup: str, *, before: tuple[str, ...]) -> None:
        follower = next((node for node in self._top() if node.name in before), None)
        if follower is None:
            root = self._nodes[0]
            at = self._xml.rindex(b"</", root.start, root.end)
        else:
            at = follower.start
        self._replace(at, at, markup.encode())

    def _replace(self, start: int, end: int, by: bytes) -> None:
        self._set(self._xml[:start] + by + self._xml[end:], start)

    def _set(self, xml: bytes, changed_at: int) -> None:
        if changed_at < self._cells_at:
            self._cells_at += len(xml) - len(self._xml)
        self._xml = xml
        self._nodes = scan(xml, depth=2)


def position(cell: str) -> tuple[int, int] | None:
    """Returns the 0-based row and column of an address like ``F12``; None for anything else."""
    address = _ADDRESS.fullmatch(cell)
    return (int(address[2]) - 1, column_index(address[1])) if address else None
