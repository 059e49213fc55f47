"""How the sheets of a file look where it matters: hidden rows and columns, and cells in fonts from before Unicode.

calamine tells neither. Nearly no workbook has any of it, so a scan of the bytes comes first (.xlsx), and only a sheet
that has is parsed.
"""

import io
import re
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple
from xml.parsers import expat

from tiendo.intake.sheets import Range
from tiendo.intake.xlsx_details import (
    SEPARATOR,
    BrokenWorkbookError,
    column_index,
    elements,
    make_parser,
    parse,
    sheet_parts,
)
from tiendo.intake.zip_parts import Member, content, members
from tiendo.vietnamese.legacy_fonts import charset_of_font

Runs = tuple[tuple[str, str], ...]
"""A cell's text in pieces, each with its font; one piece without text stands for the whole cell."""

_ZIP, _OLE = b"PK\3\4", bytes.fromhex("d0cf11e0a1b11ae1")
_HIDDEN, _INLINE = b" hidden=", b"inlineStr"
_LEGACY_FONT = re.compile(rb"""["'](?:\.Vn|VNI-)""", re.IGNORECASE)
_LEGACY_FONT_XLS = re.compile(rb"\.\0?V\0?n\0?|V\0?N\0?I\0?-", re.IGNORECASE)
_STYLES, _STRINGS, _ODS = "xl/styles.xml", "xl/sharedStrings.xml", "content.xml"
_ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_STYLE_LISTS = frozenset({"fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs"})
# What lies beyond is of no report; repetitions in hostile files end here.
_MOST_ROWS, _MOST_COLUMNS = 10_000, 16_384


class Layout(NamedTuple):
    """What is special about one sheet; rows and columns 0-based.

    Attributes:
        fonts: cells with text in a font from before Unicode.
        merged: merged ranges, where calamine does not tell them (.ods).
    """

    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    fonts: dict[tuple[int, int], Runs] = {}  # noqa: RUF012  (never changed)
    merged: tuple[Range, ...] = ()


def read_layouts(data: bytes) -> dict[str, Layout]:
    """Returns what is special about the sheets of a file that was opened without a fault, by name; mostly nothing.

    Raises:
        BrokenWorkbookError, NotAZipError, TooLargeError: a part cannot be read.
    """
    if data.startswith(_OLE):
        return _of_xls(data)
    if not data.startswith(_ZIP):
        return {}
    parts = members(data)
    return _of_ods(data, parts) if _ODS in parts else _of_xlsx(data, parts)


def _of_xlsx(data: bytes, parts: dict[str, Member]) -> dict[str, Layout]:
    styles, strings = (content(data, parts[name]) if name in parts else b"" for name in (_STYLES, _STRINGS))
    has_fonts = _LEGACY_FONT.search(styles) is not None or _LEGACY_FONT.search(strings) is not None
    suspects: dict[str, bytes] = {}
    for name, member in parts.items():
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            xml = content(data, member)
            if has_fonts or _HIDDEN in xml or (_INLINE in xml and _LEGACY_FONT.search(xml)):
                suspects[name] = xml
    if not suspects:
        return {}
    style_fonts = _style_fonts(styles) if has_fonts else []
    shared = _shared_strings(strings) if has_fonts else []
    found = {}
    for sheet, part in sheet_parts(data, parts).items():
        if part in suspects:
            handler = _SheetHandler(style_fonts, shared)
            _walk(suspects[part], handler)
            found[sheet] = Layout(frozenset(handler.rows), frozenset(handler.columns), handler.fonts)
    return found


def _style_fonts(styles: bytes) -> list[str]:
    """Returns the font of each cell format."""
    fonts: list[str] = []
    formats: list[str] = []
    inside = ""
    for name, attributes in elements(styles) if styles else ():
        if name in _STYLE_LISTS:
            inside = name
        elif inside == "fonts" and name == "font":
            fonts.append("")
        elif inside == "fonts" and name == "name" and fonts:
            fonts[-1] = attributes.get("val", "")
        elif inside == "cellXfs" and name == "xf":
            number = attributes.get("fontId", "0")
            formats.append(fonts[int(number)] if number.isdecimal() and int(number) < len(fonts) else "")
    return formats


class _Handler:
    """Gets the elements of a part by local name, and the texts in them."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        raise NotImplementedError

    def end(self, name: str) -> None:
        raise NotImplementedError

    def text(self, text: str) -> None:
        raise NotImplementedError


def _walk(xml: bytes, handler: _Handler) -> None:
    def local(attributes: dict[str, str]) -> dict[str, str]:
        return {name.rpartition(SEPARATOR)[2]: value for name, value in attributes.items()}

    parser: expat.XMLParserType = make_parser()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, found: handler.start(name.rpartition(SEPARATOR)[2], local(found))
    parser.EndElementHandler = lambda name: handler.end(name.rpartition(SEPARATOR)[2])
    parser.CharacterDataHandler = handler.text
    parse(parser, xml)


class _StringsHandler(_Handler):
    """The shared strings as runs; a run without a font of its own has that of the cell ("")."""

    def __init__(self) -> None:
        self.strings: list[list[tuple[str, str]]] = []
        self._font = ""
        self._is_text = self._is_phonetic = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self.strings.append([])
        elif name == "r":
            self._font = ""
        elif name == "rFont":
            self._font = attributes.get("val", "")
        elif name == "rPh":
            self._is_phonetic = True
        elif name == "t":
            self._is_text = not self._is_phonetic

    def text(self, text: str) -> None:
        if self._is_text and self.strings:
            self.strings[-1].append((text, self._font))

    def end(self, name: str) -> None:
        if name == "t":
            self._is_text = False
        elif name == "rPh":
            self._is_phonetic = False
        elif name in ("r", "si"):
            self._font = ""


def _shared_strings(xml: bytes) -> list[list[tuple[str, str]]]:
    handler = _StringsHandler()
    if xml:
        _walk(xml, handler)
    return handler.strings


class _SheetHandler(_Handler):
    """Walks through a worksheet of an .xlsx."""

    def __init__(self, style_fonts: list[str], shared: list[list[tuple[str, str]]]) -> None:
        self.rows: set[int] = set()
        self.columns: set[int] = set()
        self.fonts: dict[tuple[int, int], Runs] = {}
        self._style_fonts, self._shared = style_fonts, shared
        self._row = self._column = -1
        self._type = self._font = self._value = ""
        self._is_value = False
        self._inline: _StringsHandler | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            number = attributes.get("r", "")
            self._row = int(number) - 1 if number.isdecimal() else self._row + 1
            self._column = -1
            if _is_true(attributes.get("hidden")) and self._row < _MOST_ROWS:
                self.rows.add(self._row)
        elif name == "col" and _is_true(attributes.get("hidden")):
            first, last = attributes.get("min", ""), attributes.get("max", "")
            if first.isdecimal() and last.isdecimal():
                self.columns.update(range(int(first) - 1, min(int(last), _MOST_COLUMNS)))
        elif name == "c":
            address = _ADDRESS.fullmatch(attributes.get("r", ""))
            self._column = column_index(address[1]) if address else self._column + 1
            style = attributes.get("s", "0")
            is_known = style.isdecimal() and int(style) < len(self._style_fonts)
            self._font = self._style_fonts[int(style)] if is_known else ""
            self._type, self._value = attributes.get("t", "n"), ""
        elif name == "v":
            self._is_value = True
        elif name == "is":
            self._inline = _StringsHandler()
            self._inline.start("si", {})
        elif self._inline:
            self._inline.start(name, attributes)

    def text(self, text: str) -> None:
        if self._is_value:
            self._value += text
        elif self._inline:
            self._inline.text(text)

    def end(self, name: str) -> None:
        if name == "v":
            self._is_value = False
        elif self._inline and name != "c":
            self._inline.end(name)
        elif name == "c" and self._type in ("s", "inlineStr", "str"):
            runs = [("", self._font)]
            if self._inline:
                runs = [(text, font or self._font) for text, font in self._inline.strings[0]]
            elif self._type == "s" and self._value.isdecimal() and int(self._value) < len(self._shared):
                runs = [(text, font or self._font) for text, font in self._shared[int(self._value)]]
            self._inline = None
            if any(charset_of_font(font) for _, font in runs):
                self.fonts[self._row, self._column] = tuple(runs)


def _is_true(value: str | None) -> bool:
    return value in ("1", "true")


def _of_xls(data: bytes) -> dict[str, Layout]:
    import xlrd  # type: ignore[import-untyped]

    has_fonts = _LEGACY_FONT_XLS.search(data) is not None
    try:
        book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO())
    except (xlrd.XLRDError, struct.error, LookupError, ValueError, AssertionError, TypeError, AttributeError) as error:
        # calamine has read the cells; xlrd is stricter. Without it nothing is known of how the sheets look.
        if has_fonts:
            raise BrokenWorkbookError(f"fonts of an .xls: {type(error).__name__}: {error}") from error
        return {}
    found = {}
    for sheet in book.sheets():
        fonts: dict[tuple[int, int], Runs] = {}
        for row in range(sheet.nrows) if has_fonts else ():
            for column in range(sheet.row_len(row)):
                if sheet.cell_type(row, column) == xlrd.XL_CELL_TEXT:
                    runs = _xls_runs(book, sheet, row, column)
                    if any(charset_of_font(font) for _, font in runs):
                        fonts[row, column] = runs
        hidden_rows = frozenset(row for row, info in sheet.rowinfo_map.items() if info.hidden)
        hidden_columns = frozenset(column for column, info in sheet.colinfo_map.items() if info.hidden)
        if hidden_rows or hidden_columns or fonts:
            found[sheet.name] = Layout(hidden_rows, hidden_columns, fonts)
    return found


def _xls_runs(book: Any, sheet: Any, row: int, column: int) -> Runs:
    text = sheet.cell_value(row, column)
    own = book.xf_list[sheet.cell_xf_index(row, column)].font_index
    starts = [(0, own), *sheet.rich_text_runlist_map.get((row, column), ())]
    ends = [start for start, _ in starts[1:]] + [len(text)]
    pieces = [(text[start:end], book.font_list[font].name) for (start, font), end in zip(starts, ends, strict=True)]
    return tuple(piece for piece in pieces if piece[0])


class _OdsHandler(_Handler):
    """Walks through the content of an .ods."""

    def __init__(self) -> None:
        self.sheets: dict[str, tuple[set[int], set[int], dict[tuple[int, int], Runs], list[Range]]] = {}
        self._fonts: dict[str, str] = {}
        self._style = self._table = ""
        self._row = self._column = self._repeated_rows = 0
        self._column_styles: list[str] = []
        self._cell_fonts: list[str] = []
        self._runs: list[tuple[str, str]] = []
        self._step = 1

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "style":
            self._style = attributes.get("name", "")
        elif name == "text-properties" and self._style:
            self._fonts[self._style] = attributes.get("font-name") or attributes.get("font-family", "")
        elif name == "table":
            self._table = attributes.get("name", "")
            self.sheets[self._table] = (set(), set(), {}, [])
            self._row = self._column = 0
            self._column_styles = []
        elif self._table:
            self._start_in_table(name, attributes)

    def _start_in_table(self, name: str, attributes: dict[str, str]) -> None:
        rows, columns, _, merged = self.sheets[self._table]
        is_hidden = attributes.get("visibility") in ("collapse", "filter")
        if name == "table-column":
            first, count = len(self._column_styles), _count(attributes, "number-columns-repeated")
            count = min(count, _MOST_COLUMNS - first)
            self._column_styles += [attributes.get("default-cell-style-name", "")] * count
            if is_hidden:
                columns.update(range(first, first + count))
        elif name == "table-row":
            self._column, self._repeated_rows = 0, _count(attributes, "number-rows-repeated")
            if is_hidden:
                rows.update(range(self._row, min(self._row + self._repeated_rows, _MOST_ROWS)))
        elif name in ("table-cell", "covered-table-cell"):
            self._step = _count(attributes, "number-columns-repeated")
            default = self._column_styles[self._column] if self._column < len(self._column_styles) else ""
            self._cell_fonts = [self._fonts.get(attributes.get("style-name", default), "")]
            self._runs = []
            width, height = _count(attributes, "number-columns-spanned"), _count(attributes, "number-rows-spanned")
            if width > 1 or height > 1:
                merged.append(((self._row, self._column), (self._row + height - 1, self._column + width - 1)))
        elif name == "span":
            self._cell_fonts.append(self._fonts.get(attributes.get("style-name", ""), "") or self._cell_fonts[-1])

    def text(self, text: str) -> None:
        if self._cell_fonts:
            self._runs.append((text, self._cell_fonts[-1]))

    def end(self, name: str) -> None:
        if name == "style":
            self._style = ""
        elif name == "table":
            self._table = ""
        elif name == "table-row":
            self._row += self._repeated_rows
        elif name == "span" and len(self._cell_fonts) > 1:
            self._cell_fonts.pop()
        elif name in ("table-cell", "covered-table-cell") and self._table:
            if any(charset_of_font(font) for _, font in self._runs):
                self.sheets[self._table][2][self._row, self._column] = tuple(self._runs)
            self._cell_fonts = []
            self._column += self._step


def _count(attributes: dict[str, str], name: str) -> int:
    number = attributes.get(name, "1")
    return min(int(number), _MOST_COLUMNS) if number.isdecimal() else 1


def _of_ods(data: bytes, parts: dict[str, Member]) -> dict[str, Layout]:
    handler = _OdsHandler()
    _walk(content(data, parts[_ODS]), handler)
    return dict(_ods_layouts(handler))


def _ods_layouts(handler: _OdsHandler) -> Iterator[tuple[str, Layout]]:
    for name, (rows, columns, fonts, merged) in handler.sheets.items():
        if rows or columns or fonts or merged:
            yield name, Layout(frozenset(rows), frozenset(columns), fonts, tuple(merged))
