"""What is special about how a sheet looks, and how a part of a file is walked through to find it."""

from typing import NamedTuple
from xml.parsers import expat

from tiendo.ooxml.xlsx_details import SEPARATOR, Details, make_parser, parse
from tiendo.reading.formats import Range

Runs = tuple[tuple[str, str], ...]
"""A cell's text in pieces, each with its font; one piece without text stands for the whole cell."""

# What lies beyond is of no report; repetitions in hostile files end here.
MOST_ROWS, MOST_COLUMNS = 10_000, 16_384


class Layout(NamedTuple):
    """What is special about one sheet; rows and columns 0-based.

    Attributes:
        fonts: cells with text in a font from before Unicode.
        merged: merged ranges, where calamine does not tell them (.ods).
        details: special cells of an .xls or .ods, as ``tiendo.ooxml.xlsx_details`` tells those of an .xlsx.
        filled: how many cells hold a value, as a second reader counts them; None where there is none.
    """

    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    fonts: dict[tuple[int, int], Runs] = {}  # noqa: RUF012  (never changed)
    merged: tuple[Range, ...] = ()
    details: Details = {}  # noqa: RUF012  (never changed)
    filled: int | None = None


class Handler:
    """Gets the elements of a part by local name, and the texts in them."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Gets the beginning of an element; its attributes by local name too."""
        raise NotImplementedError

    def end(self, name: str) -> None:
        """Gets the end of an element."""
        raise NotImplementedError

    def text(self, text: str) -> None:
        """Gets text."""
        raise NotImplementedError


def walk(xml: bytes, handler: Handler) -> None:
    """Runs a handler over a whole part.

    Raises:
        BrokenWorkbookError: the part is no XML, or declares a document type.
    """

    def local(attributes: dict[str, str]) -> dict[str, str]:
        return {name.rpartition(SEPARATOR)[2]: value for name, value in attributes.items()}

    parser: expat.XMLParserType = make_parser()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, found: handler.start(name.rpartition(SEPARATOR)[2], local(found))
    parser.EndElementHandler = lambda name: handler.end(name.rpartition(SEPARATOR)[2])
    parser.CharacterDataHandler = handler.text
    parse(parser, xml)
