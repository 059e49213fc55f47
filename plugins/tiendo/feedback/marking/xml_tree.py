"""The XML parts of a workbook as trees: parsed without document types, entities or the network, within limits."""

import re
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree  # type: ignore[import-untyped]

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAX_PART = 16 * 2**20
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")

Element = Any
"""An element of lxml, which has no types. ``{*}name`` finds elements whatever namespace their file declares."""


class UnmarkableError(Exception):
    """The workbook cannot be marked without risk of damaging it; the receipt alone answers it."""


def parse(xml: bytes) -> Element:
    """Returns the root of a part.

    Raises:
        UnmarkableError: it is no XML, declares a document type, or is larger than any part we mark.
    """
    if len(xml) > MAX_PART:
        raise UnmarkableError(f"a part of {len(xml)} bytes")
    # huge_tree stays off: depth, length of texts and what entities may grow to are limited.
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, strip_cdata=False
    )
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise UnmarkableError(f"a part is no XML: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnmarkableError("a part declares a document type")
    return root


def to_bytes(root: Element, *, is_declared: bool = True) -> bytes:
    """Returns a part as UTF-8, with the declaration of XML that every part but a drawing in VML begins with."""
    tree = root.getroottree()
    return bytes(etree.tostring(tree, encoding="UTF-8", xml_declaration=is_declared, standalone=is_declared or None))


def elements(markup: str, namespace: str = MAIN) -> list[Element]:
    """Returns elements from markup; names without a prefix are of the namespace, ``r:`` is that of relationships."""
    return list(etree.fromstring(f'<of xmlns="{namespace}" xmlns:r="{OFFICE}">{markup}</of>'))


def namespace_of(element: Element) -> str:
    """Returns the namespace of an element's name."""
    return etree.QName(element).namespace or ""


def local_name(element: Element) -> str:
    """Returns an element's name without its namespace, "" for a comment or an instruction."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def escaped(text: str) -> str:
    """Returns text for markup, without what XML cannot hold."""
    return escape(_ILLEGAL.sub("", text), {'"': "&quot;"})
