"""Where the parts of an .xlsx lie: by its relationships, for only most programs give them the usual names."""

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
                return attributes.get("Target", "").lstrip("/")
    return WORKBOOK


def relations(data: bytes, parts: Mapping[str, Member], workbook: str) -> list[tuple[str, str, str]]:
    """Returns the workbook's relationships: id, the last word of the type, the part."""
    folder, _, base = workbook.rpartition("/")
    name = f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels"
    found = []
    for element, attributes in elements(content(data, parts[name])) if name in parts else ():
        if element == "Relationship":
            target = unquote(attributes.get("Target", ""))
            target = target.lstrip("/") if target.startswith("/") or not folder else f"{folder}/{target}"
            found.append((attributes.get("Id", ""), attributes.get("Type", "").rpartition("/")[2], target))
    return found


def has_usual_layout(parts: Mapping[str, Member]) -> bool:
    """Tells whether the workbook's part has its usual name; names are looked up as they are written."""
    return WORKBOOK in parts


def usual_layout(data: bytes) -> bytes:
    """Returns a workbook whose parts have the names that readers look for: its sheets, their formats and texts.

    What else a workbook may hold, macro sheets among it, is left out.

    Raises:
        BrokenWorkbookError: there is no workbook's part.
    """
    parts = _by_small_name(members(data))
    workbook = workbook_part(data, parts).lower()
    if workbook not in parts:
        raise BrokenWorkbookError(f"there is no {workbook[:200]}")
    packed = {WORKBOOK: content(data, parts[workbook])}
    lines, types = [], []
    for number, (relation, kind, target) in enumerate(relations(data, parts, workbook), start=1):
        name = _USUAL.get(kind, f"worksheets/sheet{number}.xml")
        if kind in ("worksheet", *_USUAL) and target.lower() in parts:
            packed[f"xl/{name}"] = content(data, parts[target.lower()])
            types.append(f'<Override PartName="/xl/{name}" ContentType="{_TYPES}.{kind}+xml"/>')
        # A sheet that is no table of cells leads nowhere, and is passed over.
        lines.append(f'<Relationship Id={quoteattr(relation)} Type="{_OFFICE}/{kind}" Target="{name}"/>')
    packed["xl/_rels/workbook.xml.rels"] = _RELATIONS.format("".join(lines)).encode()
    root = f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="{WORKBOOK}"/>'
    packed[_PACKAGE_RELATIONS] = _RELATIONS.format(root).encode()
    packed["[Content_Types].xml"] = _CONTENT_TYPES.format("".join(types)).encode()
    return pack(packed)


def _by_small_name(parts: Mapping[str, Member]) -> dict[str, Member]:
    return {name.lower(): member for name, member in parts.items()}
