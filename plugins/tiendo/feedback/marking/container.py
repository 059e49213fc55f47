"""A workbook's container, of which single parts are exchanged; all others are copied as they were packed."""

import io
import posixpath
import struct
import zipfile
import zlib
from typing import NamedTuple
from urllib.parse import unquote

from tiendo.feedback.marking.markup import UnmarkableError, append_child, attribute, children, escaped
from tiendo.ooxml.zip_parts import NotAZipError, TooLargeError, content, members

_CONTENT_TYPES = "[Content_Types].xml"
_RELATIONS_XML = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
)
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
# DOS time of 1 January 1980, the earliest there is: the same parts give the same bytes.
_DATE = 0x21
_VERSION, _UTF8_NAME, _DEFLATED = 20, 0x800, 8
_ENCRYPTED = 0x1


class Relation(NamedTuple):
    """One relationship of a part: where it leads, as a part's name, or as an address where ``is_external``."""

    id: str
    type: str
    target: str
    is_external: bool


class _Packed(NamedTuple):
    method: int
    crc: int
    size: int
    data: bytes


class Container:
    """The parts of a workbook by name.

    Raises:
        UnmarkableError: it is no container that can be written again as it was.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        try:
            self._members = members(data)
            with zipfile.ZipFile(io.BytesIO(data)) as container:
                infos = {info.filename: info for info in container.infolist() if not info.is_dir()}
        except (NotAZipError, TooLargeError, zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise UnmarkableError(f"container: {error}") from error
        if infos.keys() - self._members.keys() or any(info.flag_bits & _ENCRYPTED for info in infos.values()):
            raise UnmarkableError("container with odd names or encrypted members")
        self._infos = infos
        self._new: dict[str, bytes] = {}

    @property
    def names(self) -> list[str]:
        """All parts."""
        return [*self._infos, *(name for name in self._new if name not in self._infos)]

    def __contains__(self, name: str) -> bool:
        return name in self._new or name in self._infos

    def read(self, name: str) -> bytes:
        """Returns a part as it stands now."""
        if name in self._new:
            return self._new[name]
        if name not in self._infos:
            raise UnmarkableError(f"part {name} is missing")
        try:
            return content(self._data, self._members[name])
        except (NotAZipError, TooLargeError) as error:
            raise UnmarkableError(f"part {name}: {error}") from error

    def put(self, name: str, part: bytes, content_type: str = "") -> None:
        """Adds or replaces a part; a new one comes with its content type."""
        self._new[name] = part
        if content_type:
            override = f'Override PartName="/{escaped(name)}" ContentType="{content_type}"'
            self._new[_CONTENT_TYPES] = append_child(self.read(_CONTENT_TYPES), override)

    def put_default_type(self, extension: str, content_type: str) -> None:
        """Sees to it that parts with an extension have a content type."""
        types = self.read(_CONTENT_TYPES)
        known = {attribute(node, "Extension").lower() for node in children(types, depth=1)}
        if extension not in known:
            self._new[_CONTENT_TYPES] = append_child(
                types, f'Default Extension="{extension}" ContentType="{content_type}"'
            )

    def remove(self, name: str) -> None:
        """Takes a part out, with its relationships and its content type."""
        for gone in (name, _relations_name(name)):
            self._infos.pop(gone, None)
            self._new.pop(gone, None)
        types = self.read(_CONTENT_TYPES)
        for node in reversed(children(types, depth=1)):
            if attribute(node, "PartName").lstrip("/") == name:
                types = types[: node.start] + types[node.end :]
        self._new[_CONTENT_TYPES] = types

    def remove_relations(self, part: str) -> None:
        """Takes a part's relationships away."""
        self._infos.pop(_relations_name(part), None)
        self._new.pop(_relations_name(part), None)

    def change_type(self, old: str, new: str) -> None:
        """Changes one content type into another."""
        types = self.read(_CONTENT_TYPES)
        self._new[_CONTENT_TYPES] = types.replace(f'"{old}"'.encode(), f'"{new}"'.encode())

    def free_name(self, stem: str, ending: str) -> str:
        """Returns the name of a part that does not exist yet."""
        number = 1
        while f"{stem}{number}{ending}" in self:
            number += 1
        return f"{stem}{number}{ending}"

    def relations(self, part: str) -> list[Relation]:
        """Returns a part's relationships; "" is the package itself."""
        name = _relations_name(part)
        if name not in self:
            return []
        found = []
        for node in children(self.read(name), depth=1):
            target, is_external = attribute(node, "Target"), attribute(node, "TargetMode") == "External"
            if not is_external:
                path = unquote(target)
                joined = path if path.startswith("/") else posixpath.join(posixpath.dirname(part), path)
                target = posixpath.normpath(joined).lstrip("/")
            found.append(Relation(attribute(node, "Id"), attribute(node, "Type"), target, is_external))
        return found

    def relate(self, part: str, kind: str, target: str) -> str:
        """Adds a relationship to a part and returns its id."""
        name = _relations_name(part)
        known = {relation.id for relation in self.relations(part)}
        number = 1
        while f"rIdTiendo{number}" in known:
            number += 1
        xml = self.read(name) if name in self else _RELATIONS_XML
        child = f'Relationship Id="rIdTiendo{number}" Type="{kind}" Target="/{escaped(target)}"'
        self._new[name] = append_child(xml, child)
        return f"rIdTiendo{number}"

    def unrelate(self, part: str, kind: str) -> list[str]:
        """Removes a part's relationships whose type ends so; returns where they led."""
        name = _relations_name(part)
        if name not in self:
            return []
        xml, gone = self.read(name), []
        targets = {relation.id: relation.target for relation in self.relations(part)}
        for node in reversed(children(xml, depth=1)):
            if attribute(node, "Type").endswith(kind):
                xml = xml[: node.start] + xml[node.end :]
                gone.append(targets[attribute(node, "Id")])
        if gone:
            self._new[name] = xml
        return gone

    def to_bytes(self) -> bytes:
        """Writes the container: content types first, then the parts in their order, the new ones last."""
        names = sorted(self.names, key=lambda name: name != _CONTENT_TYPES)
        body, directory = bytearray(), bytearray()
        for name in names:
            method, crc, size, data = self._packed(name)
            encoded = name.encode()
            flags = 0 if encoded.isascii() else _UTF8_NAME
            common = (_VERSION, flags, method, 0, _DATE, crc, len(data), size, len(encoded), 0)
            directory += _CENTRAL.pack(b"PK\1\2", _VERSION, *common, 0, 0, 0, 0, len(body)) + encoded
            body += _LOCAL.pack(b"PK\3\4", *common) + encoded + data
        end = _END.pack(b"PK\5\6", 0, 0, len(names), len(names), len(directory), len(body), 0)
        return bytes(body + directory) + end

    def _packed(self, name: str) -> _Packed:
        if name in self._new:
            part = self._new[name]
            packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
            return _Packed(_DEFLATED, zlib.crc32(part), len(part), packer.compress(part) + packer.flush())
        info = self._infos[name]
        if info.header_offset + _LOCAL.size > len(self._data):
            raise UnmarkableError(f"part {name} lies outside the file")
        header = _LOCAL.unpack_from(self._data, info.header_offset)
        start = info.header_offset + _LOCAL.size + header[9] + header[10]
        packed = self._data[start : start + info.compress_size]
        if header[0] != b"PK\3\4" or len(packed) < info.compress_size:
            raise UnmarkableError(f"part {name} is cut off")
        return _Packed(info.compress_type, info.CRC, info.file_size, packed)


def _relations_name(part: str) -> str:
    folder, _, base = part.rpartition("/")
    return f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels"
