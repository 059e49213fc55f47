"""Comments (the classic ones, which every program shows): ours are added beside the sender's, earlier ones taken away.

A comment is an entry of the sheet's comments part and a shape in its VML drawing. Excel's threaded comments keep an
entry there too, which must stay as it is.
"""

import re
from collections.abc import Mapping
from html import unescape
from typing import NamedTuple

from tiendo.feedback.marking.markup import Node, attribute, escaped, insert_in, plain, scan
from tiendo.feedback.marking.sheet import position

AUTHOR = "Tiendo"
# Opens each comment of ours; by it they are known again where a program dropped the author.
OPENING = "Tiendo – "
_RULE = "————————"
_THREADED = "tc="
_TEXT = re.compile(rb"<(?:[\w.-]+:)?t(?:\s[^<>]*)?(?<!/)>([^<]*)<")
_RUN = re.compile(rb"<(?:[\w.-]+:)?r(?:\s[^<>]*)?>")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_EMPTY = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<comments xmlns="{_MAIN}"><authors/><commentList/>'
    "</comments>"
).encode()

_VML_NAMES = (
    b'"urn:schemas-microsoft-com:vml"', b'"urn:schemas-microsoft-com:office:office"',
    b'"urn:schemas-microsoft-com:office:excel"',
)  # fmt: skip
_VML_EMPTY = (
    b'<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    b'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/>'
    b"</o:shapelayout></xml>"
)
_VML_TYPE = (
    b'<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    b'<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_SHAPE = re.compile(rb"<v:shape\b.*?</v:shape>", re.DOTALL)
_SHAPE_ROW = re.compile(rb"<x:Row>\s*(\d+)\s*</x:Row>")
_SHAPE_COLUMN = re.compile(rb"<x:Column>\s*(\d+)\s*</x:Column>")
_SHAPE_ID = re.compile(rb"_x0000_s(\d+)")


class _Comment(NamedTuple):
    node: Node
    text_node: Node | None
    cell: str
    author: str
    text: str


def _comments(xml: bytes) -> list[_Comment]:
    nodes = scan(xml, depth=3)
    authors = [_content(xml, node) for node in nodes if node.name == "author"]
    found = []
    for place, node in enumerate(nodes):
        if node.name != "comment":
            continue
        inner = next((n for n in nodes[place + 1 :] if n.name == "text" and n.start < node.end), None)
        number = attribute(node, "authorId")
        author = authors[int(number)] if number.isdecimal() and int(number) < len(authors) else ""
        text = "".join(_unescaped(t) for t in _TEXT.findall(xml, inner.start, inner.end)) if inner else ""
        found.append(_Comment(node, inner, attribute(node, "ref"), author, text))
    return found


def edit_comments(xml: bytes | None, wanted: Mapping[str, str]) -> tuple[bytes, set[str], set[str]]:
    """Takes our earlier comments away and adds new ones.

    Args:
        xml: the sheet's comments part, None when it has none.
        wanted: our words by cell; the sender's own words in that cell stay above them.

    Returns:
        The part; the cells that have a comment now; those of the former whose shapes must be drawn or are no longer
        wanted.
    """
    xml = plain(xml) if xml is not None else _EMPTY
    gone: set[str] = set()
    for comment in reversed(_comments(xml)):
        if comment.author == AUTHOR or comment.text.startswith(OPENING):
            xml = xml[: comment.node.start] + xml[comment.node.end :]
            gone.add(comment.cell)
        elif f"{_RULE}\n{OPENING}" in comment.text and comment.text_node:
            xml = _without_ours(xml, comment)
    theirs = {comment.cell: comment for comment in _comments(xml)}
    for cell, words in sorted(wanted.items(), key=lambda item: _order(theirs.get(item[0])), reverse=True):
        own = theirs.get(cell)
        if own is None or own.author.startswith(_THREADED) or own.text_node is None:
            continue
        run = _run(f"\n{_RULE}\n{words}", own.text_node.prefix)
        if _RUN.search(xml, own.text_node.start, own.text_node.end):
            xml = insert_in(xml, own.text_node, run)
        else:
            xml = _with_text(xml, own.text_node, _run(own.text, own.text_node.prefix) + run)
    new = {cell: words for cell, words in wanted.items() if cell not in theirs}
    if new:
        xml = _append(xml, new)
    return xml, {*theirs, *new}, gone


def edit_drawing(vml: bytes | None, remove: set[str], draw: set[str]) -> bytes | None:
    """Removes and adds the shapes of comments.

    Returns:
        The drawing, or None when it is one that we had better not touch.
    """
    if vml is None:
        vml = _VML_EMPTY
    elif any(name not in vml for name in _VML_NAMES) or b"xmlns:x=" not in vml or not vml.rstrip().endswith(b"</xml>"):
        return None
    places = {position(cell) for cell in remove}

    def kept(match: re.Match[bytes]) -> bytes:
        row, column = _SHAPE_ROW.search(match[0]), _SHAPE_COLUMN.search(match[0])
        is_ours = row and column and b'"Note"' in match[0] and (int(row[1]), int(column[1])) in places
        return b"" if is_ours else match[0]

    vml = _SHAPE.sub(kept, vml)
    first = max((int(number) for number in _SHAPE_ID.findall(vml) if len(number) < 9), default=1024) + 1
    shapes = b"" if b'"_x0000_t202"' in vml else _VML_TYPE
    spots = sorted(spot for spot in map(position, draw) if spot)
    for number, (row, column) in enumerate(spots, start=first):
        shapes += _shape(number, row, column)
    close = vml.rindex(b"</xml>")
    return vml[:close] + shapes + vml[close:]


def _order(comment: _Comment | None) -> int:
    return comment.node.start if comment else -1


def _append(xml: bytes, new: Mapping[str, str]) -> bytes:
    nodes = scan(xml, depth=2)
    authors = [node for node in nodes if node.name == "author"]
    names = [_content(xml, node) for node in authors]
    prefix = nodes[0].prefix
    number = names.index(AUTHOR) if AUTHOR in names else len(names)
    entries = "".join(
        f'<{prefix}comment ref="{cell}" authorId="{number}"><{prefix}text>{_run(words, prefix)}</{prefix}text>'
        f"</{prefix}comment>"
        for cell, words in sorted(new.items(), key=lambda item: position(item[0]) or (0, 0))
    )
    parent = next(node for node in nodes if node.name == "commentList")
    xml = insert_in(xml, parent, entries)
    if AUTHOR not in names:
        xml = insert_in(
            xml, next(n for n in nodes if n.name == "authors"), f"<{prefix}author>{AUTHOR}</{prefix}author>"
        )
    return xml


def _without_ours(xml: bytes, comment: _Comment) -> bytes:
    """Takes our words from the end of a comment of the sender's."""
    node = comment.text_node
    assert node is not None  # noqa: S101  (the caller looked)
    for run in reversed([match.start() for match in _RUN.finditer(xml, node.start, node.end)]):
        texts = "".join(_unescaped(text) for text in _TEXT.findall(xml, run, node.end))
        if texts.lstrip("\n").startswith(f"{_RULE}\n{OPENING}"):
            return xml[:run] + xml[xml.rindex(b"</", run, node.end) :]
    return _with_text(xml, node, _run(comment.text.partition(f"{_RULE}\n{OPENING}")[0].rstrip("\n"), node.prefix))


def _with_text(xml: bytes, node: Node, content: str) -> bytes:
    tag = node.tag.encode()
    return xml[: node.start] + b"<" + tag + b">" + content.encode() + b"</" + tag + b">" + xml[node.end :]


def _run(text: str, prefix: str) -> str:
    font = f'<{prefix}sz val="10"/><{prefix}color indexed="81"/><{prefix}rFont val="Tahoma"/><{prefix}family val="2"/>'
    return (
        f'<{prefix}r><{prefix}rPr>{font}</{prefix}rPr><{prefix}t xml:space="preserve">{escaped(text)}</{prefix}t>'
        f"</{prefix}r>"
    )


def _content(xml: bytes, node: Node) -> str:
    return "" if node.inner == node.end else _unescaped(xml[node.inner : xml.rindex(b"</", node.start, node.end)])


def _unescaped(text: bytes) -> str:
    return unescape(text.decode("utf-8", "replace")).replace("\r\n", "\n")


def _shape(number: int, row: int, column: int) -> bytes:
    anchor = f"{column + 1}, 12, {max(row - 1, 0)}, 4, {column + 4}, 40, {max(row - 1, 0) + 6}, 4"
    return (
        f'<v:shape id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;margin-left:60pt;margin-top:2pt;'
        'width:300pt;height:130pt;z-index:1;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">'
        '<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
        '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        f'<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>'
        f"<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
    ).encode()
