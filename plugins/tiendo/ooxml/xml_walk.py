"""Walks through the XML of a file as a stream (expat): nothing is kept of it, document types and entities are refused.

For what a sender's file says. Parts that are changed are trees (``tiendo.feedback.marking.xml_tree``).
"""

from xml.parsers import expat

_SEPARATOR = " "  # no namespace holds one


class BrokenWorkbookError(Exception):
    """A part of the workbook cannot be parsed."""


class ElementHandler:
    """Gets the elements of a part by local name, their attributes by local name too, and the texts in them."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Gets the beginning of an element."""

    def end(self, name: str) -> None:
        """Gets the end of an element."""

    def text(self, text: str) -> None:
        """Gets text."""


def walk(xml: bytes, handler: ElementHandler) -> None:
    """Runs a handler over a whole part.

    Raises:
        BrokenWorkbookError: the part is no XML, or declares a document type.
    """
    is_begun = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal is_begun
        is_begun = True
        local = {key.rpartition(_SEPARATOR)[2]: value for key, value in attributes.items()}
        handler.start(name.rpartition(_SEPARATOR)[2], local)

    def refuse(*_: object) -> None:
        raise BrokenWorkbookError("a part declares a document type")

    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: handler.end(name.rpartition(_SEPARATOR)[2])
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise BrokenWorkbookError(str(error)) from error
    except (LookupError, ValueError) as error:
        if is_begun:  # an error of the handler's
            raise
        raise BrokenWorkbookError(f"an encoding that is not read: {error}") from error


class _Elements(ElementHandler):
    def __init__(self) -> None:
        self.found: list[tuple[str, dict[str, str]]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.found.append((name, attributes))


def elements(xml: bytes) -> list[tuple[str, dict[str, str]]]:
    """Returns all elements of a small part, by local name, with their attributes.

    Raises:
        BrokenWorkbookError: see ``walk``.
    """
    handler = _Elements()
    walk(xml, handler)
    return handler.found
