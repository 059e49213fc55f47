"""Where the parts of an .xlsx lie: by its relationships, for only most programs give them the usual names."""

from collections.abc import Iterable, Mapping
from urllib.parse import unquote
from xml.sax.saxutils import quoteattr

from tiendo.ooxml.archive_bytes import pack
from tiendo.ooxml.relationships import relations_name, target_name
from tiendo.ooxml.xml_walk import BrokenWorkbookError, elements
from tiendo.ooxml.zip_parts import Member, content, members

WORKBOOK = "xl/workbook.xml"
_PACKAGE_RELATIONS = "_rels/.rels"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_USUAL = {"styles": "styles.xml", "sharedStrings": "sharedStrings.xml"}
_CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/{WORKBOOK}" ContentType="{_TYPES}.sheet.main+xml"/>{{}}</Types>'
)
_RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def workbook_part(data: bytes, parts: Mapping[str, Member]) -> str:
    """Returns the workbook's own part, by the package's relationships; where they lead nowhere, its usual name."""
    try:
        related = relations(data, parts, "")
    except BrokenWorkbookError:
        related = []  # readers pass them over, and so did whoever saw figures in it
    found = (part for _, kind, part in related if kind == "officeDocument" and part in parts)
    return next(found, _names(parts).get(WORKBOOK, WORKBOOK))


def relations(data: bytes, parts: Mapping[str, Member], part: str) -> list[tuple[str, str, str]]:
    """Returns a part's relationships to other parts: id, the last word of the type, the part; "" is the package's."""
    found, names = [], _names(parts)
    place = _part(names, "", relations_name(part))
    for element, attributes in elements(content(data, parts[place])) if place in parts else ():
        if element == "Relationship" and attributes.get("TargetMode") != "External":
            target = _part(names, part, attributes.get("Target", ""))
            found.append((attributes.get("Id", ""), attributes.get("Type", "").rpartition("/")[2], target))
    return found


def _names(parts: Mapping[str, Member]) -> dict[str, str]:
    """Returns the parts by their names, and without regard to case and quotes: programs write either."""
    return {unquote(name).lower(): name for name in reversed(list(parts))} | {name: name for name in parts}


def _part(names: Mapping[str, str], source: str, target: str) -> str:
    """Returns the part that a relationship of another leads to, as the package writes it; or where it would lie."""
    written, read = target_name(source, target), target_name(source, unquote(target))
    return next((names[name] for name in (written, read, read.lower()) if name in names), read)


def has_usual_layout(data: bytes, parts: Mapping[str, Member]) -> bool:
    """Tells whether the workbook's part, its formats and its texts have the names that readers look for.

    What a relationship names and the package has not is looked for by its usual name; so is all of a workbook whose
    relationships are no XML.
    """
    if WORKBOOK not in parts or workbook_part(data, parts) != WORKBOOK:
        return False
    try:
        related = relations(data, parts, WORKBOOK)
    except BrokenWorkbookError:
        return True
    return all(part == f"xl/{_USUAL[kind]}" for kind, part in _first(related, parts).items())


def _first(related: Iterable[tuple[str, str, str]], parts: Mapping[str, Member]) -> dict[str, str]:
    """Returns the parts of formats and of texts, by kind: of several the first."""
    return {kind: part for _, kind, part in reversed(list(related)) if kind in _USUAL and part in parts}


def usual_layout(data: bytes) -> bytes:
    """Returns a workbook whose parts have the names that readers look for: its sheets, their formats and texts.

    What else a workbook may hold, macro sheets among it, is left out.

    Raises:
        BrokenWorkbookError: there is no workbook's part.
    """
    parts = members(data)
    workbook = workbook_part(data, parts)
    if workbook not in parts:
        raise BrokenWorkbookError(f"there is no {workbook[:200]}")
    related = relations(data, parts, workbook)
    usual = {kind: part for kind, name in _USUAL.items() if (part := _part(_names(parts), WORKBOOK, name)) in parts}
    # Each part once, however many relationships lead to it.
    placed = {part: (kind, _USUAL[kind]) for kind, part in (usual | _first(related, parts)).items()}
    lines = []
    for number, (relation, kind, part) in enumerate(related, start=1):
        if kind == "worksheet" and part in parts:
            placed.setdefault(part, (kind, f"worksheets/sheet{number}.xml"))
        # A sheet that is no table of cells leads nowhere, and is passed over.
        name = placed[part][1] if part in placed else _USUAL.get(kind, f"worksheets/sheet{number}.xml")
        lines.append(f'<Relationship Id={quoteattr(relation)} Type={quoteattr(f"{_OFFICE}/{kind}")} Target="{name}"/>')
    packed = {WORKBOOK: content(data, parts[workbook])}
    packed |= {f"xl/{name}": content(data, parts[part]) for part, (_, name) in placed.items()}
    packed["xl/_rels/workbook.xml.rels"] = _RELATIONS.format("".join(lines)).encode()
    root = f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="{WORKBOOK}"/>'
    packed[_PACKAGE_RELATIONS] = _RELATIONS.format(root).encode()
    types = [f'<Override PartName="/xl/{name}" ContentType="{_TYPES}.{kind}+xml"/>' for kind, name in placed.values()]
    packed["[Content_Types].xml"] = _CONTENT_TYPES.format("".join(types)).encode()
    return pack(packed)
