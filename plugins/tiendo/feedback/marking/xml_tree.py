"""Finding and exchanging elements in an XML part without rewriting the rest of it."""

import re
from typing import NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import escape

MAX_PART = 16 * 2**20
_BOM = b"\xef\xbb\xbf"
_ENCODING = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([\w-]+)["']""")
_READ_AS_IS = (b"utf-8", b"us-ascii", b"ascii")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class UnmarkableError(Exception):
    """The workbook cannot be marked without risk of damaging it; the receipt alone answers it."""


class Node(NamedTuple):
    """One element: its name without and its attributes with prefix, where it starts and where what follows starts.

    Attributes:
        inner: where its content starts; equal to ``end`` when it has none (``<a/>``).
    """

    name: str
    tag: str
    attributes: dict[str, str]
    start: int
    inner: int
    end: int
    depth: int

    @property
    def prefix(self) -> str:
        """``x:`` where the tag has a prefix, else ""."""
        return self.tag[: -len(self.name)]


def escaped(text: str) -> str:
    """Returns text for an XML part, without what XML cannot hold."""
    return escape(_ILLEGAL.sub("", text), {'"': "&quot;"})


def plain(xml: bytes) -> bytes:
    """Returns a part as UTF-8 without a mark at its start.

    Raises:
        UnmarkableError: it has another encoding, or is larger than any part we mark.
    """
    xml = xml.removeprefix(_BOM)
    encoding = _ENCODING.match(xml)
    if not xml.startswith(b"<") or (encoding and encoding[1].lower() not in _READ_AS_IS):
        raise UnmarkableError("a part is not UTF-8")
    if len(xml) > MAX_PART:
        raise UnmarkableError(f"a part of {len(xml)} bytes")
    return xml


def scan(xml: bytes, *, depth: int) -> list[Node]:
    """Returns the elements of a part down to a depth (the root has 0), in the order of their starts."""
    found: list[Node] = []
    open_at: list[int] = []
    level = 0
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal level
        if level <= depth:
            at = parser.CurrentByteIndex
            open_at.append(len(found))
            found.append(Node(tag.rpartition(":")[2], tag, attributes, at, 0, 0, level))
        level += 1

    def end(tag: str) -> None:
        nonlocal level
        level -= 1
        if level > depth:
            return
        at = parser.CurrentByteIndex
        closing = b"</" + tag.encode()
        is_empty = not (xml.startswith(closing, at) and xml[at + len(closing) : at + len(closing) + 1] in _AFTER_NAME)
        place = open_at.pop()
        node = found[place]
        last = at if is_empty else xml.index(b">", at) + 1
        found[place] = node._replace(inner=last if is_empty else _tag_end(xml, node.start), end=last)

    def refuse(*_: object) -> None:
        raise UnmarkableError("a part declares a document type")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise UnmarkableError(f"a part is no XML: {error}") from error
    return found


def children(xml: bytes, *, depth: int) -> list[Node]:
    """Returns the elements of a part at exactly this depth."""
    return [node for node in scan(plain(xml), depth=depth) if node.depth == depth]


def attribute(node: Node, name: str) -> str:
    """Returns an attribute by its name with or without prefix, "" when it is not there."""
    if name in node.attributes:
        return node.attributes[name]
    return next((value for key, value in node.attributes.items() if key.rpartition(":")[2] == name), "")


def append_child(xml: bytes, child: str) -> bytes:
    """Adds an empty element, given as its name and attributes, at the end of a part's root."""
    xml = plain(xml)
    root = scan(xml, depth=0)[0]
    return insert_in(xml, root, f"<{root.prefix}{child}/>")


def insert_in(xml: bytes, parent: Node, markup: str) -> bytes:
    """Inserts markup at the end of an element."""
    if parent.inner == parent.end:
        opened = xml[parent.start : parent.end].removesuffix(b"/>").rstrip() + b">"
        return xml[: parent.start] + opened + f"{markup}</{parent.tag}>".encode() + xml[parent.end :]
    closing = xml.rindex(b"</", parent.start, parent.end)
    return xml[:closing] + markup.encode() + xml[closing:]


def with_attribute(xml: bytes, node: Node, name: str, value: str) -> bytes:
    """Sets an attribute of an element, or removes it when the value is ""."""
    tag_end = _tag_end(xml, node.start)
    tag = re.sub(rb"""\s%s\s*=\s*(?:"[^"]*"|'[^']*')""" % re.escape(name.encode()), b"", xml[node.start : tag_end])
    if value:
        close = b"/>" if tag.endswith(b"/>") else b">"
        tag = tag.removesuffix(close).rstrip() + f' {name}="{escaped(value)}"'.encode() + close
    return xml[: node.start] + tag + xml[tag_end:]


def _tag_end(xml: bytes, start: int) -> int:
    """Where the tag that starts here ends; a ``>`` may stand in an attribute."""
    match = _TAG.match(xml, start)
    if match is None:
        raise UnmarkableError("a tag without an end")
    return match.end()


_TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")
_AFTER_NAME = (b">", b" ", b"\t", b"\r", b"\n")
