"""How a part of a file is walked through to find what is special about its sheets."""

from xml.parsers import expat

from tiendo.ooxml.xlsx_details import SEPARATOR, make_parser, parse

# What lies beyond is of no report; repetitions in hostile files end here.
MOST_ROWS, MOST_COLUMNS = 10_000, 16_384


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
