"""What calamine does not report of an .ods, from its XML: hidden and merged cells, old fonts, errors, percentages."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tiendo.ooxml.xml_walk import ElementHandler, walk
from tiendo.ooxml.zip_parts import Member, content
from tiendo.reading.number_formats import CURRENCY_SIGNS
from tiendo.reading.sheet import (
    MOST_COLUMNS,
    MOST_ROWS,
    CellDetail,
    Range,
    Runs,
    Sheet,
    SheetDetails,
    UnreadableError,
    check_size,
)
from tiendo.vietnamese.legacy_fonts import charset_of_font
from tiendo.vietnamese.notation import meanings

_CONTENT, _STYLES = "content.xml", "styles.xml"
_CELLS = ("table-cell", "covered-table-cell")
# What a cell shows whose formula has no result: #N/A, #DIV/0!, Err:502.
_ERROR = re.compile(r"#(?:N/A|GETTING_DATA|[A-Z0-9/]+[!?])|(?:Err|Lỗi):\d{3}")
# A number as a cell shows it, with the words behind it.
_SHOWN = re.compile(r"[-+(]?(?P<number>[0-9][0-9.,\xa0\u202f ]*)\)?\s*(?P<unit>(?:[^\W\d_]|[%‰]).*|[₫$€]|)")
_PLAIN_VALUE = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_BLANKS = {"s": " ", "tab": " ", "line-break": "\n"}
MOST_VALUES = 500_000
# A special cell that is repeated is noted so many times; further ones hold nothing that a report has.
_MOST_REPEATED = 64


def ods_details(data: bytes, parts: Mapping[str, Member]) -> dict[str, SheetDetails]:
    """Returns what is special about each sheet, by name.

    Raises:
        BrokenWorkbookError, NotAZipError, TooLargeError: a part cannot be read.
    """
    fonts = _Fonts()
    # Styles of the document first: those of its cells have them for parents.
    if _STYLES in parts:
        walk(content(data, parts[_STYLES]), fonts)
    handler = _Content(fonts)
    walk(content(data, parts[_CONTENT]), handler)
    return {name: table.details() for name, table in handler.tables.items()}


def ods_sheets(xml: bytes, styles: bytes = b"") -> dict[str, Sheet]:
    """Returns the sheets of a content part, or of a flat document, by name: values as well as what is special.

    Raises:
        BrokenWorkbookError: it cannot be read.
    """
    fonts = _Fonts()
    if styles:
        walk(styles, fonts)
    handler = _Content(fonts, has_values=True)
    walk(xml, handler)
    return {
        name: Sheet(name, t.rows_of_values(), merged=t.merged, details=t.details())
        for name, t in handler.tables.items()
    }


class _Fonts(ElementHandler):
    """Collects which font each style has, its own or its parent's."""

    def __init__(self) -> None:
        self._style = ""
        self._parents: dict[str, str] = {}
        self._own: dict[str, str] = {}
        self._families: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "font-face":
            self._families[attributes.get("name", "")] = attributes.get("font-family", "").strip("'\" ")
        elif name in ("style", "default-style"):
            # The default of cells has no name; a style without a parent falls back on it.
            self._style = attributes.get("name", "") if name == "style" else f"default {attributes.get('family', '')}"
            family = attributes.get("family", "")
            self._parents[self._style] = attributes.get("parent-style-name") or f"default {family}"
            self._own.pop(self._style, None)
        elif name == "text-properties" and self._style:
            font = attributes.get("font-name", "")
            font = self._families.get(font) or font or attributes.get("font-family", "").strip("'\" ")
            if font:
                self._own[self._style] = font

    def end(self, name: str) -> None:
        if name in ("style", "default-style"):
            self._style = ""

    def font(self, style: str) -> str:
        """Returns the font of a style, "" where none is given. A ring of parents ends as one without."""
        seen: set[str] = set()
        while style and style not in seen:
            if style in self._own:
                return self._own[style]
            seen.add(style)
            style = self._parents.get(style, "")
        return ""


class _OdsSheet:
    """One sheet in the making."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: set[int] = set()
        self.columns: set[int] = set()
        self.fonts: dict[tuple[int, int], Runs] = {}
        self.merged: list[Range] = []
        self.cells: dict[tuple[int, int], CellDetail] = {}
        self.column_styles: list[str] = []
        self.values: dict[tuple[int, int], Any] = {}
        self.row = self.column = 0

    def rows_of_values(self) -> list[list[Any]]:
        """The used part of the sheet from its first cell on."""
        height = 1 + max((row for row, _ in self.values), default=-1)
        width = 1 + max((column for _, column in self.values), default=-1)
        check_size(self.name, height, width)
        rows: list[list[Any]] = [[""] * width for _ in range(height)]
        for (row, column), value in self.values.items():
            rows[row][column] = value
        return rows

    def details(self) -> SheetDetails:
        return SheetDetails(self.rows, self.columns, self.fonts, self.merged, self.cells)


class _Content(ElementHandler):
    """Walks through the content."""

    def __init__(self, fonts: _Fonts, *, has_values: bool = False) -> None:
        self._has_values = has_values
        self.tables: dict[str, _OdsSheet] = {}
        self._fonts = fonts
        self._open: list[_OdsSheet] = []
        self._repeated_rows = 1
        self._cell: dict[str, str] = {}
        self._cell_fonts: list[str] = []
        self._runs: list[tuple[str, str]] = []
        self._paragraphs: list[int] = []
        self._in_note = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            table = _OdsSheet(attributes.get("name", ""))
            if not self._open:  # a table within a cell is none of the sheets
                self.tables[attributes.get("name", "")] = table
            self._open.append(table)
        elif not self._open:
            self._fonts.start(name, attributes)
        elif name == "table-column":
            self._start_column(self._open[-1], attributes)
        elif name == "table-row":
            self._start_row(self._open[-1], attributes)
        elif name in _CELLS:
            self._start_cell(self._open[-1], attributes)
        elif name == "annotation":
            self._in_note += 1
        elif name == "span" and self._cell_fonts:
            font = self._fonts.font(attributes.get("style-name", ""))
            self._cell_fonts.append(font or self._cell_fonts[-1])
        elif name in _BLANKS:
            self.text(_BLANKS[name] * _count(attributes, "c"))
        elif name == "p":
            self._paragraphs.append(len(self._runs))

    def _start_column(self, table: _OdsSheet, attributes: dict[str, str]) -> None:
        first = len(table.column_styles)
        count = min(_count(attributes, "number-columns-repeated"), MOST_COLUMNS - first)
        table.column_styles += [attributes.get("default-cell-style-name", "")] * count
        if _is_hidden(attributes):
            table.columns.update(range(first, first + count))

    def _start_row(self, table: _OdsSheet, attributes: dict[str, str]) -> None:
        table.column, self._repeated_rows = 0, _count(attributes, "number-rows-repeated")
        if _is_hidden(attributes):
            table.rows.update(range(table.row, min(table.row + self._repeated_rows, MOST_ROWS)))

    def _start_cell(self, table: _OdsSheet, attributes: dict[str, str]) -> None:
        self._cell = attributes
        default = table.column_styles[table.column] if table.column < len(table.column_styles) else ""
        self._cell_fonts = [self._fonts.font(attributes.get("style-name", default))]
        self._runs, self._paragraphs = [], []
        width, height = _count(attributes, "number-columns-spanned"), _count(attributes, "number-rows-spanned")
        if width > 1 or height > 1:
            table.merged.append(((table.row, table.column), (table.row + height - 1, table.column + width - 1)))

    def text(self, text: str) -> None:
        if self._cell_fonts and not self._in_note:
            self._runs.append((text, self._cell_fonts[-1]))

    def end(self, name: str) -> None:
        if not self._open:
            self._fonts.end(name)
        elif name == "table":
            self._open.pop()
        elif name == "table-row":
            self._open[-1].row += self._repeated_rows
        elif name == "annotation":
            self._in_note -= 1
        elif name == "span" and len(self._cell_fonts) > 1:
            self._cell_fonts.pop()
        elif name in _CELLS:
            self._end_cell(self._open[-1])

    def _end_cell(self, table: _OdsSheet) -> None:
        step = _count(self._cell, "number-columns-repeated")
        if any(charset_of_font(font) for _, font in self._runs):
            table.fonts[table.row, table.column] = tuple(self._runs)
        text = "".join(text for text, _ in self._runs).strip()
        detail = _detail(self._cell, text)
        if self._has_values and (value := _value(self._cell, self._words())) != "":
            if len(table.values) > MOST_VALUES:
                raise UnreadableError("too_many_rows", f"trang {table.name}: hơn {MOST_VALUES} ô")
            for row in range(table.row, table.row + min(self._repeated_rows, _MOST_REPEATED)):
                for column in range(table.column, table.column + min(step, _MOST_REPEATED)):
                    table.values[row, column] = value
        if any(detail):
            for row in range(table.row, table.row + min(self._repeated_rows, _MOST_REPEATED)):
                for column in range(table.column, table.column + min(step, _MOST_REPEATED)):
                    table.cells[row, column] = detail
        table.column += step
        self._cell, self._cell_fonts, self._runs = {}, [], []

    def _words(self) -> str:
        """The text of the cell: a line for each paragraph, blanks of the file's own layout taken for one."""
        starts = [*self._paragraphs, len(self._runs)]
        lines = ("".join(t for t, _ in self._runs[a:b]) for a, b in pairwise(starts))
        return "\n".join(" ".join(line.split()) for line in lines).strip()


def _value(cell: dict[str, str], text: str) -> Any:
    """Returns a cell's value as calamine would; what its type does not fit stays a text."""
    kind = cell.get("value-type", "")
    try:
        if kind in ("float", "percentage", "currency"):
            return float(cell["value"])
        if kind == "date":
            day = datetime.fromisoformat(cell["date-value"])
            return day if day.time() else day.date()
    except (KeyError, ValueError):
        return text
    return cell["boolean-value"] == "true" if kind == "boolean" and "boolean-value" in cell else text


def _detail(cell: dict[str, str], text: str) -> CellDetail:
    has_formula, kind = "formula" in cell, cell.get("value-type", "")
    if has_formula and _ERROR.fullmatch(text):
        return CellDetail(error=text)
    unit, scale = _shown(cell, text) if kind in ("float", "currency") else ("", 0)
    return CellDetail(
        is_percent=kind == "percentage",
        shown_unit=unit,
        shown_scale=scale,
        is_uncalculated=has_formula and not text and kind in ("", "float", "percentage") and not cell.get("value"),
    )


def _shown(cell: dict[str, str], text: str) -> tuple[str, int]:
    """Returns the words behind a number as it is shown, and the power of ten by which it is shown smaller."""
    match = _SHOWN.fullmatch(text)
    value = abs(Decimal(cell["value"])) if _PLAIN_VALUE.fullmatch(cell.get("value", "")) else None
    if not match or value is None:
        return "", 0
    unit = "" if match["unit"].lower() in CURRENCY_SIGNS else match["unit"]
    for scale in (0, 3, 6, 9) if value >= 1000 else (0,):
        for meant in meanings(match["number"].replace("\xa0", " ").replace("\u202f", " ").strip()).values:
            decimals = -int(meant.as_tuple().exponent)
            if abs(value.scaleb(-scale) - meant) * 2 <= Decimal(1).scaleb(-decimals):
                return unit, scale
    return unit, 0


def _is_hidden(attributes: dict[str, str]) -> bool:
    return attributes.get("visibility") in ("collapse", "filter")


def _count(attributes: dict[str, str], name: str) -> int:
    number = attributes.get(name, "1")
    return min(int(number), MOST_COLUMNS) if number.isdecimal() and len(number) < 10 else 1
