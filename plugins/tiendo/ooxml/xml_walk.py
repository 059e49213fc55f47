"""What calamine does not tell about the cells of an .xlsx: errors, percent formats, formulas never calculated.

calamine gives an error cell and a formula without a stored result as empty text, and 0,087 for a cell that shows 8,7 %.
The details are read from the sheet's XML by expat. Most workbooks have none, so a scan of the bytes comes first.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote
from xml.parsers import expat

from tiendo.ooxml.zip_parts import Member, content

_BUILTIN_PERCENT = {9, 10}
# Error cells and formulas, as nearly every program writes them; every formula that others share ends so at its first.
_ERROR, _FORMULA = b' t="e"', b"</f>"
# A part that does not begin so has another encoding, a namespace prefix or other quotes, and is parsed in any case.
_USUAL_ROOT = b"<worksheet "
_USUAL_CELL = b'<c r="'
_ROOT_WITHIN = 200
_DOCTYPE = b"<!DOCTYPE"
_SOME_CELL = b"<c"
_XF = re.compile(rb"<(?:\w+:)?xf\b([^>]*)>")
_CELL_XFS = re.compile(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)
_NUM_FMT = re.compile(rb"<(?:\w+:)?numFmt\b([^>]*)>")
_NUM_FMT_ID = re.compile(rb"""\bnumFmtId\s*=\s*["'](\d+)["']""")
_FORMAT_CODE = re.compile(rb"""\bformatCode\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_STYLE = re.compile(rb"""\ss\s*=\s*["'](\d+)["']""")
# Quoted text, escaped characters and [..] blocks of a number format show letters; they scale nothing.
_SHOWN_ONLY = re.compile(rb'&quot;.*?&quot;|"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_WORKBOOK = "xl/workbook.xml"
_STYLES = "xl/styles.xml"
_ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
SEPARATOR = " "  # no namespace holds one


class Detail(NamedTuple):
    """What is special about a cell; as the fields of ``RawCell``."""

    is_percent: bool = False
    error: str = ""
    is_uncalculated: bool = False


Details = Mapping[tuple[int, int], Detail]
"""Special cells of one sheet by 0-based row and column."""


class BrokenWorkbookError(Exception):
    """A part of the workbook cannot be parsed."""


def read_details(data: bytes, parts: Mapping[str, Member]) -> dict[str, Details]:
    """Returns the special cells by sheet name; sheets without any are left out.

    Args:
        data: an .xlsx.
        parts: its members.

    Raises:
        BrokenWorkbookError: a part is no XML, or declares entities.
        NotAZipError, TooLargeError: a member is broken or larger than declared.
    """
    percent_styles = _percent_styles(content(data, parts[_STYLES])) if _STYLES in parts else frozenset()
    suspects = {
        name: xml
        for name, member in parts.items()
        if name.startswith("xl/worksheets/") and name.endswith(".xml")
        if _is_suspect(xml := content(data, member), percent_styles)
    }
    if not suspects:
        return {}
    found: dict[str, Details] = {}
    for sheet, part in sheet_parts(data, parts).items():
        if part in suspects and (cells := _special_cells(suspects[part], percent_styles)):
            found[sheet] = cells
    return found


def _is_suspect(xml: bytes, percent_styles: frozenset[int]) -> bool:
    """Whether a sheet may hold a special cell; a few searches for bytes, since nearly none does."""
    if _ERROR in xml or _FORMULA in xml:
        return True
    if xml.find(_USUAL_ROOT, 0, _ROOT_WITHIN) < 0 or xml.find(_DOCTYPE, 0, _ROOT_WITHIN) >= 0:
        return True
    if _USUAL_CELL not in xml and _SOME_CELL in xml:
        return True
    return bool(percent_styles) and not percent_styles.isdisjoint(map(int, _STYLE.findall(xml)))


@lru_cache(maxsize=32)
def _percent_styles(xml: bytes) -> frozenset[int]:
    """Returns the indexes of the cell formats that show a percentage."""
    percent = set(_BUILTIN_PERCENT)
    for match in _NUM_FMT.finditer(xml):
        number, code = _NUM_FMT_ID.search(match[1]), _FORMAT_CODE.search(match[1])
        if number and code and _has_percent(code[1] or code[2] or b""):
            percent.add(int(number[1]))
    block = _CELL_XFS.search(xml)
    if not block:
        return frozenset()
    numbers = (_NUM_FMT_ID.search(xf) for xf in _XF.findall(block[0]))
    return frozenset(i for i, number in enumerate(numbers) if number and int(number[1]) in percent)


def shows_percent(number_format: str) -> bool:
    """Tells whether a number format shows a number a hundred times as large, with a percent sign."""
    return _has_percent(number_format.encode())


def _has_percent(format_code: bytes) -> bool:
    return b"%" in _SHOWN_ONLY.sub(b"", format_code)


def sheet_parts(data: bytes, parts: Mapping[str, Member]) -> dict[str, str]:
    """Maps sheet names to the parts that hold them, through the workbook's relationships."""
    workbook = _workbook_part(data, parts)
    folder, _, base = workbook.rpartition("/")
    relations = f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels"
    targets: dict[str, str] = {}
    for name, attributes in elements(content(data, parts[relations])) if relations in parts else ():
        if name == "Relationship":
            target = unquote(attributes.get("Target", ""))
            targets[attributes.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}"
    sheets: dict[str, str] = {}
    for name, attributes in elements(content(data, parts[workbook])) if workbook in parts else ():
        if name == "sheet":
            relation = next((v for k, v in attributes.items() if k.rpartition(SEPARATOR)[2] == "id"), "")
            sheets[attributes.get("name", "")] = targets.get(relation, "")
    return sheets


def _workbook_part(data: bytes, parts: Mapping[str, Member]) -> str:
    """Returns the workbook's own part, by the package's relationships where it has another name."""
    if _WORKBOOK not in parts and "_rels/.rels" in parts:
        for name, attributes in elements(content(data, parts["_rels/.rels"])):
            if name == "Relationship" and attributes.get("Type", "").endswith("/officeDocument"):
                return attributes.get("Target", "").lstrip("/")
    return _WORKBOOK


def elements(xml: bytes) -> list[tuple[str, dict[str, str]]]:
    """Returns all elements of a small part as local name and attributes."""
    found: list[tuple[str, dict[str, str]]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        found.append((name.rpartition(SEPARATOR)[2], attributes))

    parser = make_parser()
    parser.StartElementHandler = start
    parse(parser, xml)
    return found


def _special_cells(xml: bytes, percent_styles: frozenset[int]) -> dict[tuple[int, int], Detail]:
    handler = _CellHandler(percent_styles)
    parser = make_parser()
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    parser.buffer_text = True
    parse(parser, xml)
    return handler.found


def make_parser() -> expat.XMLParserType:
    """Returns a parser that refuses document types, and so entities; names come as namespace, blank, local name."""
    parser = expat.ParserCreate(namespace_separator=SEPARATOR)

    def refuse(*_: object) -> None:
        raise BrokenWorkbookError("a part declares a document type")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def parse(parser: expat.XMLParserType, xml: bytes) -> None:
    """Runs a parser over a whole part.

    Raises:
        BrokenWorkbookError: the part is no XML, or declares a document type.
    """
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise BrokenWorkbookError(str(error)) from error


class _CellHandler:
    """Walks through the cells of a sheet, keeping the special ones. Cells may come without an address of their own."""

    def __init__(self, percent_styles: frozenset[int]) -> None:
        self.found: dict[tuple[int, int], Detail] = {}
        self._percent_styles = percent_styles
        self._row = -1
        self._column = -1
        self._type = ""
        self._style = 0
        self._has_formula = False
        self._in_value = False
        self._value = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(SEPARATOR)[2]
        if name == "row":
            self._row = int(attributes["r"]) - 1 if attributes.get("r", "").isdecimal() else self._row + 1
            self._column = -1
        elif name == "c":
            address = _ADDRESS.fullmatch(attributes.get("r", ""))
            self._column = column_index(address[1]) if address else self._column + 1
            self._type = attributes.get("t", "n")
            self._style = int(attributes["s"]) if attributes.get("s", "").isdecimal() else 0
            self._has_formula, self._value = False, ""
        elif name == "f":
            self._has_formula = True
        elif name == "v":
            self._in_value = True

    def text(self, text: str) -> None:
        if self._in_value:
            self._value += text

    def end(self, name: str) -> None:
        name = name.rpartition(SEPARATOR)[2]
        if name == "v":
            self._in_value = False
        elif name == "c":
            has_value = bool(self._value.strip())
            detail = Detail(
                is_percent=has_value and self._type == "n" and self._style in self._percent_styles,
                error=(self._value.strip() or "#N/A") if self._type == "e" else "",
                # A formula may well result in empty text; then the type says so.
                is_uncalculated=self._has_formula and not has_value and self._type not in ("str", "e"),
            )
            if any(detail):
                self.found[self._row, self._column] = detail


def column_index(letters: str) -> int:
    """``A`` is 0, ``AA`` is 26."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1
