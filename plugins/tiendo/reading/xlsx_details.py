"""How the sheets of an .xlsx look where it matters: hidden rows and columns, and cells in fonts from before Unicode.

calamine tells neither. Nearly no file has any of it, so a scan of its bytes comes first, and only a sheet that has is
parsed.
"""

import re
from collections.abc import Mapping

from tiendo.ooxml.xlsx_details import column_index, elements, sheet_parts
from tiendo.ooxml.zip_parts import Member, content
from tiendo.reading.layout import MOST_COLUMNS, MOST_ROWS, Handler, walk
from tiendo.reading.sheet import Layout, Runs
from tiendo.vietnamese.legacy_fonts import charset_of_font

_HIDDEN, _INLINE = b" hidden=", b"inlineStr"
_LEGACY_FONT = re.compile(rb"""["'](?:\.Vn|VNI-)""", re.IGNORECASE)
_STYLES, _STRINGS = "xl/styles.xml", "xl/sharedStrings.xml"
_ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_STYLE_LISTS = frozenset({"fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs"})


def layouts_of_xlsx(data: bytes, parts: Mapping[str, Member]) -> dict[str, Layout]:
    """Returns what is special about the sheets, by name; mostly nothing.

    Raises:
        BrokenWorkbookError, NotAZipError, TooLargeError: a part cannot be read.
    """
    styles, strings = (content(data, parts[name]) if name in parts else b"" for name in (_STYLES, _STRINGS))
    has_fonts = _has_legacy_font(styles) or _has_legacy_font(strings)
    suspects: dict[str, bytes] = {}
    for name, member in parts.items():
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            xml = content(data, member)
            if has_fonts or _HIDDEN in xml or (_INLINE in xml and _has_legacy_font(xml)):
                suspects[name] = xml
    if not suspects:
        return {}
    style_fonts = _style_fonts(styles) if has_fonts else []
    shared = _shared_strings(strings) if has_fonts else []
    found = {}
    for sheet, part in sheet_parts(data, parts).items():
        if part in suspects:
            handler = _SheetHandler(style_fonts, shared)
            walk(suspects[part], handler)
            found[sheet] = Layout(frozenset(handler.rows), frozenset(handler.columns), handler.fonts)
    return found


def _has_legacy_font(xml: bytes) -> bool:
    lower = xml.lower()  # two searches for bytes cost a tenth of one by the expression
    return (b".vn" in lower or b"vni-" in lower) and _LEGACY_FONT.search(xml) is not None


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


class _StringsHandler(Handler):
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
        walk(xml, handler)
    return handler.strings


class _SheetHandler(Handler):
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
            if _is_true(attributes.get("hidden")) and self._row < MOST_ROWS:
                self.rows.add(self._row)
        elif name == "col" and _is_true(attributes.get("hidden")):
            first, last = attributes.get("min", ""), attributes.get("max", "")
            if first.isdecimal() and last.isdecimal():
                self.columns.update(range(int(first) - 1, min(int(last), MOST_COLUMNS)))
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
