"""The marks in one worksheet: a colour over the cells at fault, and the link to the drawing of their comments.

The colour is a conditional format, so the cells' own formats stay, and it can be found and taken away again
after Excel or LibreOffice have written the file anew.
"""

import re
from collections.abc import Container, Iterable, Mapping

from openpyxl.utils.cell import coordinate_to_tuple

from tiendo.feedback.marking.xml_tree import (
    OFFICE,
    Element,
    elements,
    escaped,
    local_name,
    namespace_of,
    parse,
    to_bytes,
)

# Always true, and written by nobody else.
_FORMULA = '"tiendo"&lt;&gt;""'
_FORMULA_BEGINS = re.compile(r'"tiendo"\s*<')
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
_CELL = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")
_AREA = re.compile(rf"{_CELL.pattern}:{_CELL.pattern}")


class SheetPart:
    """A worksheet; of its cells nothing changes but, where asked for, their format."""

    def __init__(self, xml: bytes) -> None:
        self._root = parse(xml)
        areas = (merged.get("ref", "") for merged in self._root.iterfind("{*}mergeCells/{*}mergeCell"))
        corners = (area.split(":") for area in areas if _AREA.fullmatch(area))
        self._merged = [(str(first), coordinate_to_tuple(first), coordinate_to_tuple(last)) for first, last in corners]

    def to_bytes(self) -> bytes:
        """Returns the whole part."""
        return to_bytes(self._root)

    @property
    def drawing(self) -> str:
        """The id of the relationship to the drawing of comments, "" without one."""
        link = self._root.find("{*}legacyDrawing")
        return "" if link is None else link.get(f"{{{OFFICE}}}id", "")

    def corner(self, cell: str) -> str:
        """Returns the cell itself, or the one that is shown in its stead where cells are merged."""
        row, column = coordinate_to_tuple(cell)
        for first, (top, left), (bottom, right) in self._merged:
            if top <= row <= bottom and left <= column <= right:
                return first
        return cell

    def remove_marks(self) -> bool:
        """Takes earlier marks away; returns whether there were any."""
        marks = [rule for rule in self._root.iterfind("{*}conditionalFormatting/{*}cfRule") if _is_mark(rule)]
        for rule in marks:
            block = rule.getparent()
            block.remove(rule)
            if block.find("{*}cfRule") is None:
                block.getparent().remove(block)
        return bool(marks)

    def add_marks(self, cells: Mapping[int, Iterable[str]]) -> None:
        """Colours cells: addresses by the number of the differential format. Marks come after the sender's rules."""
        priorities = [rule.get("priority", "") for rule in self._root.iter("{*}cfRule")]
        last = max((int(text) for text in priorities if text.isdecimal()), default=0)
        for number, (style, addresses) in enumerate(cells.items(), start=last + 1):
            self._insert(
                f'<conditionalFormatting sqref="{" ".join(addresses)}"><cfRule type="expression" dxfId="{style}" '
                f'priority="{number}"><formula>{_FORMULA}</formula></cfRule></conditionalFormatting>',
                before=_AFTER_CONDITIONS,
            )

    def formats_of(self, cells: Container[str]) -> dict[str, int]:
        """Returns the numbers of the formats of cells that hold a plain value."""
        return {
            address: int(style)
            for cell in self._root.iterfind("{*}sheetData/{*}row/{*}c")
            if (address := cell.get("r", "")) in cells and (style := cell.get("s", "0")).isdecimal()
            if cell.find("{*}f") is None
        }

    def make_texts(self, texts: Mapping[str, str], formats: Mapping[str, int]) -> None:
        """Gives cells another format and a text; and lets a protected sheet's cells be formatted."""
        for cell in self._root.iterfind("{*}sheetData/{*}row/{*}c"):
            if (address := cell.get("r", "")) in formats:
                cell.set("s", str(formats[address]))
                cell.set("t", "inlineStr")
                cell[:] = elements(f"<is><t>{escaped(texts[address])}</t></is>", namespace_of(self._root))
        for protection in self._root.iterfind("{*}sheetProtection"):
            protection.set("formatCells", "0")

    def link_drawing(self, relation: str) -> None:
        """Links the sheet to the drawing of its comments."""
        self._insert(f'<legacyDrawing r:id="{relation}"/>', before=_AFTER_LEGACY_DRAWING)

    def unselect(self) -> bool:
        """Sees to it that the sheet is not selected: typing into one of several selected sheets changes them all."""
        views = self._root.iterfind("{*}sheetViews/{*}sheetView")
        selected = [view for view in views if view.get("tabSelected") in ("1", "true")]
        for view in selected:
            del view.attrib["tabSelected"]
        return bool(selected)

    def _insert(self, markup: str, *, before: tuple[str, ...]) -> None:
        (element,) = elements(markup, namespace_of(self._root))
        follower = next((child for child in self._root if local_name(child) in before), None)
        if follower is None:
            self._root.append(element)
        else:
            follower.addprevious(element)


def _is_mark(rule: Element) -> bool:
    return any(_FORMULA_BEGINS.search(formula.text or "") for formula in rule.iterfind("{*}formula"))


def position(cell: str) -> tuple[int, int] | None:
    """Returns the 0-based row and column of an address like ``F12``; None for anything else."""
    if not _CELL.fullmatch(cell):
        return None
    row, column = coordinate_to_tuple(cell)
    return row - 1, column - 1
