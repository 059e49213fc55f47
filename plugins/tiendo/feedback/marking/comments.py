"""Comments (the classic ones, which every program shows): added beside the sender's; those of an earlier answer go.

A comment is an entry of the sheet's comments part and a shape in its VML drawing. Excel's threaded comments keep an
entry there too, which must stay as it is.
"""

import re
from collections.abc import Iterable, Mapping

from tiendo.feedback.marking.sheet import position
from tiendo.feedback.marking.xml_tree import (
    MAIN,
    Element,
    UnmarkableError,
    elements,
    escaped,
    namespace_of,
    parse,
    to_bytes,
)

AUTHOR = "Tiendo"
# Opens each comment of an answer; by it they are known again where a program dropped the author.
OPENING = "Tiendo – "
_RULE = "————————"
_APPENDED = f"{_RULE}\n{OPENING}"
_THREADED = "tc="
_EMPTY = f'<comments xmlns="{MAIN}"><authors/><commentList/></comments>'.encode()

_VML, _OFFICE, _EXCEL = (f"urn:schemas-microsoft-com:{name}" for name in ("vml", "office:office", "office:excel"))
_PREFIXES = {"v": _VML, "o": _OFFICE, "x": _EXCEL}
_VML_DECLARED = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in _PREFIXES.items())
_VML_EMPTY = (
    f'<xml {_VML_DECLARED}><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout></xml>'
).encode()
_VML_TYPE = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_SHAPE_ID = re.compile(r"_x0000_s(\d{1,8})")


def edit_comments(xml: bytes | None, wanted: Mapping[str, str]) -> tuple[bytes, set[str], set[str], set[str]]:
    """Takes the comments of an earlier answer away and adds new ones.

    Args:
        xml: the sheet's comments part, None when it has none.
        wanted: the answer's words by cell; the sender's own words in that cell stay above them.

    Returns:
        The part; the cells with a comment of the sender's; those with a new one; those that lost one of an
        earlier answer.
    """
    root = parse(_EMPTY if xml is None else xml)
    authors, entries = root.find("{*}authors"), root.find("{*}commentList")
    if authors is None or entries is None:
        raise UnmarkableError("comments without a list of them or of their authors")
    names = [author.text or "" for author in authors]
    gone: set[str] = set()
    theirs: set[str] = set()
    for comment in entries.findall("{*}comment"):
        cell, number, words = comment.get("ref", ""), comment.get("authorId", ""), comment.find("{*}text")
        author = names[int(number)] if number.isdecimal() and int(number) < len(names) else ""
        text = _text([comment] if words is None else [words])
        if author == AUTHOR or text.startswith(OPENING):
            entries.remove(comment)
            gone.add(cell)
            continue
        theirs.add(cell)
        if words is not None:
            if _APPENDED in text:
                _take_answer_away(words, text)
            if cell in wanted and not author.startswith(_THREADED):
                _append(words, f"\n{_RULE}\n{wanted[cell]}")
    new = {cell: words for cell, words in wanted.items() if cell not in theirs}
    if new and AUTHOR not in names:
        authors.extend(elements(f"<author>{AUTHOR}</author>", namespace_of(root)))
        names.append(AUTHOR)
    for cell, words in sorted(new.items(), key=lambda item: position(item[0]) or (0, 0)):
        markup = f'<comment ref="{cell}" authorId="{names.index(AUTHOR)}"><text>{_run(words)}</text></comment>'
        entries.extend(elements(markup, namespace_of(root)))
    return to_bytes(root), theirs, set(new), gone


def edit_drawing(vml: bytes | None, remove: set[str], draw: set[str]) -> bytes | None:
    """Removes and adds the shapes of comments.

    Returns:
        The drawing, or None when it is one that we had better not touch: no XML, or without the usual prefixes.
    """
    try:
        root = parse(_VML_EMPTY if vml is None else vml)
    except UnmarkableError:
        return None
    if not _PREFIXES.items() <= root.nsmap.items():
        return None
    places = {position(cell) for cell in remove} - {None}
    for shape in root.findall(f"{{{_VML}}}shape"):
        if _place_of_note(shape) in places:
            root.remove(shape)
    ids = [_SHAPE_ID.fullmatch(name) for shape in root.iter(f"{{{_VML}}}shape") for name in shape.attrib.values()]
    first = max((int(match[1]) for match in ids if match), default=1024) + 1
    has_type = any(kind.get("id") == "_x0000_t202" for kind in root.iter(f"{{{_VML}}}shapetype"))
    spots = sorted(spot for spot in map(position, draw) if spot)
    shapes = "".join(_shape(number, row, column) for number, (row, column) in enumerate(spots, start=first))
    root.extend(parse(f"<xml {_VML_DECLARED}>{'' if has_type else _VML_TYPE}{shapes}</xml>".encode()))
    return to_bytes(root, is_declared=False)


def _text(within: Iterable[Element]) -> str:
    texts = [text.text or "" for element in within for text in element.iter("{*}t")]
    return "".join(texts).replace("\r\n", "\n")


def _append(words: Element, text: str) -> None:
    """Adds a run at the end of a comment's words, which become runs themselves where they are plain text."""
    runs = _run(text)
    if words.find("{*}r") is None:
        runs = _run(_text([words])) + runs
        words[:] = []
    words.extend(elements(runs, namespace_of(words)))


def _take_answer_away(words: Element, text: str) -> None:
    """Takes an earlier answer's words from the end of a sender's comment."""
    runs = words.findall("{*}r")
    for number in reversed(range(len(runs))):
        if _text(runs[number:]).lstrip("\n").startswith(_APPENDED):
            words[:] = words[: words.index(runs[number])]
            return
    own = _run(text.partition(_APPENDED)[0].rstrip("\n"))
    words[:] = elements(own, namespace_of(words))


def _run(text: str) -> str:
    font = '<sz val="10"/><color indexed="81"/><rFont val="Tahoma"/><family val="2"/>'
    return f'<r><rPr>{font}</rPr><t xml:space="preserve">{escaped(text)}</t></r>'


def _place_of_note(shape: Element) -> tuple[int, int] | None:
    """Returns the 0-based row and column of the cell whose comment a shape draws; None for any other shape."""
    data = shape.find(f"{{{_EXCEL}}}ClientData[@ObjectType='Note']")
    numbers = ["" if data is None else data.findtext(f"{{{_EXCEL}}}{name}", "").strip() for name in ("Row", "Column")]
    return (int(numbers[0]), int(numbers[1])) if all(map(str.isdecimal, numbers)) else None


def _shape(number: int, row: int, column: int) -> str:
    anchor = f"{column + 1}, 12, {max(row - 1, 0)}, 4, {column + 4}, 40, {max(row - 1, 0) + 6}, 4"
    return (
        f'<v:shape id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;margin-left:60pt;margin-top:2pt;'
        'width:300pt;height:130pt;z-index:1;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">'
        '<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
        '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        f'<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>'
        f"<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
    )
