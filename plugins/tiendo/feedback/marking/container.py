"""A workbook's container, of which single parts are exchanged; all others stay as they came."""

from typing import NamedTuple
from urllib.parse import unquote

from tiendo.feedback.marking.xml_tree import Element, UnmarkableError, elements, escaped, namespace_of, parse, to_bytes
from tiendo.ooxml.archive_bytes import pack
from tiendo.ooxml.relationships import relations_name, target_name
from tiendo.ooxml.zip_parts import NotAZipError, TooLargeError, content, members

_CONTENT_TYPES = "[Content_Types].xml"
_NO_RELATIONS = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>'


class Relation(NamedTuple):
    """One relationship of a part: where it leads, as a part's name, or as an address where ``is_external``."""

    id: str
    type: str
    target: str
    is_external: bool


class Container:
    """The parts of a workbook by name.

    Raises:
        UnmarkableError: it is no container that can be written again as it was.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self._parts = {
                name: content(data, member) for name, member in members(data).items() if not name.endswith("/")
            }
        except (NotAZipError, TooLargeError) as error:
            raise UnmarkableError(f"container: {error}") from error
        if any("\ufffd" in name for name in self._parts):
            raise UnmarkableError("container with odd names")

    @property
    def names(self) -> list[str]:
        """All parts."""
        return list(self._parts)

    def __contains__(self, name: str) -> bool:
        return name in self._parts

    def read(self, name: str) -> bytes:
        """Returns a part as it stands now."""
        if name not in self._parts:
            raise UnmarkableError(f"part {name} is missing")
        return self._parts[name]

    def put(self, name: str, part: bytes, content_type: str = "") -> None:
        """Adds or replaces a part; a new one comes with its content type."""
        self._parts[name] = part
        if content_type:
            self._add_type(f'<Override PartName="/{escaped(name)}" ContentType="{content_type}"/>')

    def put_default_type(self, extension: str, content_type: str) -> None:
        """Sees to it that parts with an extension have a content type."""
        if extension not in {node.get("Extension", "").lower() for node in self._types().iterfind("{*}Default")}:
            self._add_type(f'<Default Extension="{extension}" ContentType="{content_type}"/>')

    def remove(self, name: str) -> None:
        """Takes a part out, with its relationships and its content type."""
        self._parts.pop(name, None)
        self.remove_relations(name)
        types = self._types()
        for node in types.findall("{*}Override"):
            if node.get("PartName", "").lstrip("/") == name:
                types.remove(node)
        self._parts[_CONTENT_TYPES] = to_bytes(types)

    def remove_relations(self, part: str) -> None:
        """Takes a part's relationships away."""
        self._parts.pop(relations_name(part), None)

    def change_type(self, old: str, new: str) -> None:
        """Changes one content type into another."""
        types = self._types()
        for node in types.findall(f"{{*}}*[@ContentType='{old}']"):
            node.set("ContentType", new)
        self._parts[_CONTENT_TYPES] = to_bytes(types)

    def free_name(self, stem: str, ending: str) -> str:
        """Returns the name of a part that does not exist yet."""
        number = 1
        while f"{stem}{number}{ending}" in self:
            number += 1
        return f"{stem}{number}{ending}"

    def relations(self, part: str) -> list[Relation]:
        """Returns a part's relationships; "" is the package itself."""
        return [_relation(part, node) for node in self._relations_of(part).iterfind("{*}Relationship")]

    def relate(self, part: str, kind: str, target: str) -> str:
        """Adds a relationship to a part and returns its id."""
        known = {relation.id for relation in self.relations(part)}
        number = 1
        while f"rIdTiendo{number}" in known:
            number += 1
        root = self._relations_of(part)
        markup = f'<Relationship Id="rIdTiendo{number}" Type="{kind}" Target="/{escaped(target)}"/>'
        root.extend(elements(markup, namespace_of(root)))
        self._parts[relations_name(part)] = to_bytes(root)
        return f"rIdTiendo{number}"

    def unrelate(self, part: str, kind: str) -> list[str]:
        """Removes a part's relationships whose type ends so; returns where they led."""
        root = self._relations_of(part)
        nodes = [node for node in root.findall("{*}Relationship") if node.get("Type", "").endswith(kind)]
        for node in nodes:
            root.remove(node)
        if nodes:
            self._parts[relations_name(part)] = to_bytes(root)
        return [_relation(part, node).target for node in nodes]

    def to_bytes(self) -> bytes:
        """Writes the container; the same parts give the same bytes."""
        return pack(self._parts)

    def _types(self) -> Element:
        return parse(self.read(_CONTENT_TYPES))

    def _add_type(self, markup: str) -> None:
        types = self._types()
        types.extend(elements(markup, namespace_of(types)))
        self._parts[_CONTENT_TYPES] = to_bytes(types)

    def _relations_of(self, part: str) -> Element:
        return parse(self._parts.get(relations_name(part), _NO_RELATIONS))


def _relation(part: str, node: Element) -> Relation:
    target, is_external = node.get("Target", ""), node.get("TargetMode") == "External"
    if not is_external:
        target = target_name(part, unquote(target))
    return Relation(node.get("Id", ""), node.get("Type", ""), target, is_external)
