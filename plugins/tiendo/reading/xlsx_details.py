"""What calamine does not report of an .xlsx: hidden rows and columns, fonts, errors, number formats, empty formulas.

calamine gives an error cell and a formula without a stored result as empty text, and 0,087 for a cell that shows 8,7 %.
Most sheets have nothing special, so a scan of their bytes comes first, and only a sheet that may have is parsed.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from html import unescape

from tiendo.model.content import Notice
from tiendo.ooxml.xml_walk import ElementHandler, elements, walk
from tiendo.ooxml.zip_parts import Member, content
from tiendo.reading.formulas import SheetCells, uncalculated
from tiendo.reading.number_formats import NumberFormat, ShownAs, number_format
from tiendo.reading.package import WORKBOOK, relations, workbook_part
from tiendo.reading.sheet import MOST_COLUMNS, MOST_ROWS, CellDetail, Range, Runs, SheetDetails, column_index
from tiendo.vietnamese.legacy_fonts import charset_of_font

_STYLES, _STRINGS = "xl/styles.xml", "xl/sharedStrings.xml"
_MACROS, _MACRO_SHEETS, _LINKS = "xl/vbaProject.bin", "xl/macrosheets/", "xl/externalLinks/externalLink"
# A font of a part of a text typed into the sheet itself; those of whole cells stand in the styles.
_HIDDEN, _RUN_FONT = b" hidden=", b"rFont"
_LEGACY_FONT = re.compile(rb"""["'](?:\.Vn|VNI-)""", re.IGNORECASE)
# Error cells and formulas, as nearly every program writes them; every formula that others share ends so at its first.
_ERROR, _FORMULA = b' t="e"', b"</f>"
# A part that does not begin so has another encoding, a namespace prefix or other quotes, and is parsed in any case.
_USUAL_ROOT = b"<worksheet "
_USUAL_CELL = b'<c r="'
_ROOT_WITHIN = 200
_DOCTYPE = b"<!DOCTYPE"
_SOME_CELL = b"<c"
_STYLE = re.compile(rb"""\ss\s*=\s*["'](\d{1,9})["']""")
_BUILTIN_PERCENT = (9, 10)
_XF = re.compile(rb"<(?:\w+:)?xf\b([^>]*)>")
_CELL_XFS = re.compile(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)
_NUM_FMT = re.compile(rb"<(?:\w+:)?numFmt\b([^>]*)>")
_NUM_FMT_ID = re.compile(rb"""\bnumFmtId\s*=\s*["'](\d{1,9})["']""")
_FORMAT_CODE = re.compile(rb"""\bformatCode\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_PLAIN = ShownAs()
_RECALCULATED = re.compile(rb"""fullCalcOnLoad\s*=\s*["'](?:1|true)["']""")
_STYLE_LISTS = frozenset({"fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs"})


def check_parts(data: bytes, parts: Mapping[str, Member]) -> None:
    """Unpacks the sheets and their styles, within limits and with checksums: calamine looks at neither.

    Raises:
        NotAZipError, TooLargeError: one is broken or larger than declared.
    """
    for name in (_STYLES, *_sheets(data, parts)):
        if name in parts:
            content(data, parts[name])


def xlsx_details(data: bytes, parts: Mapping[str, Member], *, is_thorough: bool = False) -> dict[str, SheetDetails]:
    """Returns what is special about the sheets of an .xlsx, by name; mostly nothing.

    Args:
        parts: its members.
        is_thorough: look into all sheets, and tell their merged cells too.

    Raises:
        BrokenWorkbookError: a part is no XML, or declares entities.
        NotAZipError, TooLargeError: a member is broken or larger than declared.
    """
    styles, strings = (content(data, parts[name]) if name in parts else b"" for name in (_STYLES, _STRINGS))
    formats = _special_formats(styles)
    has_fonts = _has_legacy_font(styles) or _has_legacy_font(strings)
    sheets = {name: content(data, parts[name]) for name in _sheets(data, parts)}
    has_formulas = any(_FORMULA in xml for xml in sheets.values())
    is_recalculated = has_formulas and _is_recalculated(data, parts)
    is_sought = has_fonts or is_thorough or is_recalculated
    suspects = {name: xml for name, xml in sheets.items() if is_sought or _is_suspect(xml, formats)}
    if not suspects:
        return {}
    fonts = _fonts_of_formats(styles) if has_fonts and styles else []
    shared = _shared_strings(strings) if has_fonts and strings else []
    handlers: dict[str, _SheetHandler] = {}
    for sheet, part in _sheet_parts(data, parts).items():
        if part in suspects:
            handlers[sheet] = _SheetHandler(formats, fonts, shared)
            walk(suspects[part], handlers[sheet])
    if has_formulas:
        plain = {sheet: handler.plain for sheet, handler in handlers.items()}
        for sheet, places in uncalculated(plain, is_recalculated=is_recalculated).items():
            for place in places:
                detail = handlers[sheet].cells.get(place, CellDetail())
                handlers[sheet].cells[place] = detail._replace(is_uncalculated=True)
    return {s: SheetDetails(h.rows, h.columns, h.fonts, h.merged, h.cells) for s, h in handlers.items()}


def _is_recalculated(data: bytes, parts: Mapping[str, Member]) -> bool:
    """Tells whether Excel calculates the workbook anew when it is opened: what is stored is not what is shown."""
    return WORKBOOK in parts and _RECALCULATED.search(content(data, parts[WORKBOOK])) is not None


def _sheets(data: bytes, parts: Mapping[str, Member]) -> list[str]:
    """Returns the parts of the sheets, by their usual names, or, where some have others, by the workbook's word."""
    usual = [name for name in parts if name.startswith("xl/worksheets/") and name.endswith(".xml")]
    workbook = content(data, parts[WORKBOOK]) if WORKBOOK in parts else b""
    if workbook.count(b"<sheet ") == len(usual):
        return usual
    return list(dict.fromkeys([*usual, *(part for part in _sheet_parts(data, parts).values() if part in parts)]))


def noticed(parts: Mapping[str, Member]) -> Iterator[Notice]:
    """Yields what an .xlsx holds that is not read and that its sender should know."""
    macros = next((name for name in parts if name == _MACROS or name.startswith(_MACRO_SHEETS)), "")
    if macros:
        yield Notice("macros_ignored", detail=macros.removeprefix("xl/"))
    links = sum(name.startswith(_LINKS) and name.endswith(".xml") for name in parts)
    if links:
        yield Notice("external_links", detail=str(links))


def _is_suspect(xml: bytes, formats: Mapping[int, NumberFormat]) -> bool:
    """Whether a sheet may hold something special; a few searches for bytes, since nearly none does."""
    if _ERROR in xml or _FORMULA in xml or _HIDDEN in xml or (_RUN_FONT in xml and _has_legacy_font(xml)):
        return True
    if xml.find(_USUAL_ROOT, 0, _ROOT_WITHIN) < 0 or xml.find(_DOCTYPE, 0, _ROOT_WITHIN) >= 0:
        return True
    if _USUAL_CELL not in xml and _SOME_CELL in xml:
        return True
    return bool(formats) and not formats.keys().isdisjoint(map(int, _STYLE.findall(xml)))


def _has_legacy_font(xml: bytes) -> bool:
    lower = xml.lower()  # two searches for bytes cost a tenth of one by the expression
    return (b".vn" in lower or b"vni-" in lower) and _LEGACY_FONT.search(xml) is not None


def _sheet_parts(data: bytes, parts: Mapping[str, Member]) -> dict[str, str]:
    """Maps sheet names to the parts that hold them, through the workbook's relationships."""
    workbook = workbook_part(data, parts)
    targets = {relation: target for relation, _, target in relations(data, parts, workbook)}
    return {
        attributes.get("name", ""): targets.get(attributes.get("id", ""), "")
        for name, attributes in (elements(content(data, parts[workbook])) if workbook in parts else ())
        if name == "sheet"
    }


@lru_cache(maxsize=32)
def _special_formats(styles: bytes) -> Mapping[int, NumberFormat]:
    """Returns the number formats that show more than a number, by cell format; by expressions, for speed."""
    special = {number: number_format("0%") for number in _BUILTIN_PERCENT}
    for match in _NUM_FMT.finditer(styles):
        number, code = _NUM_FMT_ID.search(match[1]), _FORMAT_CODE.search(match[1])
        if number and code:
            found = number_format(unescape((code[1] or code[2] or b"").decode("utf-8", "replace")))
            special.pop(int(number[1]), None)
            if found.is_special:
                special[int(number[1])] = found
    block = _CELL_XFS.search(styles)
    if not block:
        return {}
    numbers = (_NUM_FMT_ID.search(xf) for xf in _XF.findall(block[0]))
    return {i: special[int(number[1])] for i, number in enumerate(numbers) if number and int(number[1]) in special}


def _index(text: str, otherwise: int) -> int:
    """Returns a place in a list as a part tells it; what is none, or longer than any list, is another value."""
    return int(text) if text.isdecimal() and len(text) < 10 else otherwise


def _fonts_of_formats(styles: bytes) -> list[str]:
    """Returns the font of each cell format."""
    fonts: list[str] = []
    formats: list[str] = []
    inside = ""
    for name, attributes in elements(styles):
        if name in _STYLE_LISTS:
            inside = name
        elif inside == "fonts" and name == "font":
            fonts.append("")
        elif inside == "fonts" and name == "name" and fonts:
            fonts[-1] = attributes.get("val", "")
        elif inside == "cellXfs" and name == "xf":
            number = _index(attributes.get("fontId", "0"), len(fonts))
            formats.append(fonts[number] if number < len(fonts) else "")
    return formats


class _StringsHandler(ElementHandler):
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
    walk(xml, handler)
    return handler.strings


class _SheetHandler(ElementHandler):
    """Walks through a worksheet. Rows and cells may come without an address of their own."""

    def __init__(
        self, formats: Mapping[int, NumberFormat], fonts: list[str], shared: list[list[tuple[str, str]]]
    ) -> None:
        self.rows: set[int] = set()
        self.columns: set[int] = set()
        self.fonts: dict[tuple[int, int], Runs] = {}
        self.cells: dict[tuple[int, int], CellDetail] = {}
        self.merged: list[Range] = []
        self.plain = SheetCells({}, set(), {})
        self._formats, self._format_fonts, self._shared = formats, fonts, shared
        self._row = self._column = -1
        self._type = self._value = ""
        self._format = 0
        self._has_formula = self._is_formula = self._is_value = False
        self._formula = ""
        self._inline: _StringsHandler | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            address = _ADDRESS.fullmatch(attributes.get("r", ""))
            self._column = column_index(address[1]) if address else self._column + 1
            self._format = _index(attributes.get("s", ""), 0)
            self._type, self._value, self._has_formula = attributes.get("t", "n"), "", False
            self._formula = ""
        elif name == "v":
            self._is_value = True
        elif name == "f":
            self._has_formula = self._is_formula = True
        elif name == "row":
            self._row = _index(attributes.get("r", ""), self._row + 2) - 1
            self._column = -1
            if _is_true(attributes.get("hidden")) and self._row < MOST_ROWS:
                self.rows.add(self._row)
        elif name == "col" and _is_true(attributes.get("hidden")):
            first, last = (_index(attributes.get(end, ""), -1) for end in ("min", "max"))
            if min(first, last) >= 0:
                self.columns.update(range(first - 1, min(last, MOST_COLUMNS)))
        elif name == "mergeCell":
            corners = [_ADDRESS.fullmatch(corner) for corner in attributes.get("ref", "").split(":")]
            if len(corners) == 2 and corners[0] and corners[1]:
                self.merged.append((_place(corners[0]), _place(corners[1])))
        elif name == "is":
            self._inline = _StringsHandler()
            self._inline.start("si", {})
        elif self._inline:
            self._inline.start(name, attributes)

    def text(self, text: str) -> None:
        if self._is_value:
            self._value += text
        elif self._is_formula:
            self._formula += text
        elif self._inline:
            self._inline.text(text)

    def end(self, name: str) -> None:
        if name == "v":
            self._is_value = False
        elif name == "f":
            self._is_formula = False
        elif name == "c":
            self._end_cell()
        elif self._inline:
            self._inline.end(name)

    def _end_cell(self) -> None:
        value, place = self._value.strip(), (self._row, self._column)
        is_special = bool(value) and self._type == "n" and self._format in self._formats
        shown = self._formats[self._format].of(_number(value)) if is_special else _PLAIN
        detail = CellDetail(
            is_percent=shown.is_percent,
            shown_unit=shown.unit,
            shown_scale=shown.scale,
            error=(value or "#N/A") if self._type == "e" else "",
            # A formula may well result in empty text; then the type says so.
            is_uncalculated=self._has_formula and not value and self._type not in ("str", "e"),
        )
        if any(detail):
            self.cells[place] = detail
        if self._has_formula:
            self.plain.formulas[place] = self._formula
        if value and self._type == "n":
            self.plain.numbers[place] = _number(value)
        elif value or self._inline:
            self.plain.others.add(place)
        if self._type in ("s", "inlineStr", "str"):
            font = self._format_fonts[self._format] if self._format < len(self._format_fonts) else ""
            runs = [("", font)]
            if self._inline:
                runs = [(text, own or font) for text, own in self._inline.strings[0]]
            elif self._type == "s" and (number := _index(value, len(self._shared))) < len(self._shared):
                runs = [(text, own or font) for text, own in self._shared[number]]
            if any(charset_of_font(font) for _, font in runs):
                self.fonts[place] = tuple(runs)
        self._inline = None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _place(address: re.Match[str]) -> tuple[int, int]:
    return int(address[2]) - 1, column_index(address[1])


def _is_true(value: str | None) -> bool:
    return value in ("1", "true")
