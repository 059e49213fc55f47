"""Where the parts of an .xlsx lie: by its relationships, for only most programs give them the usual names."""

import posixpath
from collections.abc import Mapping
from urllib.parse import unquote
from xml.sax.saxutils import quoteattr

from tiendo.ooxml.archive_bytes import pack
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
    """Returns the workbook's own part, by the package's relationships where it has another name."""
    if WORKBOOK not in parts and _PACKAGE_RELATIONS in parts:
        for name, attributes in elements(content(data, parts[_PACKAGE_RELATIONS])):
            if name == "Relationship" and attributes.get("Type", "").endswith("/officeDocument"):
                return _part(_by_small_name(parts), "", attributes.get("Target", ""))
    return WORKBOOK


def relations(data: bytes, parts: Mapping[str, Member], workbook: str) -> list[tuple[str, str, str]]:
    """Returns the workbook's relationships to other parts: id, the last word of the type, the part."""
    folder, _, base = workbook.rpartition("/")
    name = f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels"
    found, by_name = [], _by_small_name(parts)
    for element, attributes in elements(content(data, parts[name])) if name in parts else ():
        if element == "Relationship" and attributes.get("TargetMode") != "External":
            target = _part(by_name, folder, attributes.get("Target", ""))
            found.append((attributes.get("Id", ""), attributes.get("Type", "").rpartition("/")[2], target))
    return found


def _part(names: Mapping[str, str], folder: str, target: str) -> str:
    """Returns the part that a relationship in a folder leads to, as the package writes it; or where it would lie.

    Names are compared without regard to case, and are quoted or not: programs do both.
    """
    place = ""
    for written in (target, unquote(target)):
        place = posixpath.normpath(posixpath.join("/", folder, written)).lstrip("/")
        if place.lower() in names:
            return names[place.lower()]
    return place


def has_usual_layout(data: bytes, parts: Mapping[str, Member]) -> bool:
    """Tells whether the workbook's part, its formats and its texts have the names that readers look for.

    What a relationship names and the package has not is looked for by its usual name.
    """
    return WORKBOOK in parts and all(
        target == f"xl/{_USUAL[kind]}"
        for _, kind, target in relations(data, parts, WORKBOOK)
        if kind in _USUAL and target in parts
    )


def usual_layout(data: bytes) -> bytes:
    """Returns a workbook whose parts have the names that readers look for: its sheets, their formats and texts.

    What else a workbook may hold, macro sheets among it, is left out.

    Raises:
        BrokenWorkbookError: there is no workbook's part.
    """
    parts = {name.lower(): member for name, member in members(data).items()}
    workbook = workbook_part(data, parts).lower()
    if workbook not in parts:
        raise BrokenWorkbookError(f"there is no {workbook[:200]}")
    packed = {WORKBOOK: content(data, parts[workbook])}
    kinds = {f"xl/{name}": kind for kind, name in _USUAL.items() if f"xl/{name}".lower() in parts}
    packed |= {name: content(data, parts[name.lower()]) for name in kinds}
    lines = []
    for number, (relation, kind, target) in enumerate(relations(data, parts, workbook), start=1):
        name = _USUAL.get(kind, f"worksheets/sheet{number}.xml")
        if kind in ("worksheet", *_USUAL) and target.lower() in parts:
            packed[f"xl/{name}"] = content(data, parts[target.lower()])
            kinds[f"xl/{name}"] = kind
        # A sheet that is no table of cells leads nowhere, and is passed over.
        lines.append(f'<Relationship Id={quoteattr(relation)} Type="{_OFFICE}/{kind}" Target="{name}"/>')
    packed["xl/_rels/workbook.xml.rels"] = _RELATIONS.format("".join(lines)).encode()
    root = f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="{WORKBOOK}"/>'
    packed[_PACKAGE_RELATIONS] = _RELATIONS.format(root).encode()
    types = [f'<Override PartName="/{name}" ContentType="{_TYPES}.{kind}+xml"/>' for name, kind in kinds.items()]
    packed["[Content_Types].xml"] = _CONTENT_TYPES.format("".join(types)).encode()
    return pack(packed)


def _by_small_name(parts: Mapping[str, Member]) -> dict[str, str]:
    return {name.lower(): name for name in parts}
