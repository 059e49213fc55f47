"""The members of a zip container held in memory, with limits.

Opening and reading by the standard library's ``zipfile`` costs half of what calamine needs for the whole workbook.
Nearly all workbooks use a small part of the format (stored and deflated members, no zip64), read here directly.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

MAX_UNCOMPRESSED = 50 * 2**20
MAX_MEMBERS = 2000
_MAX_RATIO = 200
_RATIO_COUNTS_FROM = 5 * 2**20

_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_ZIP64_COUNT, _ZIP64_SIZE = 0xFFFF, 0xFFFFFFFF
_STORED, _DEFLATED = 0, 8


class NotAZipError(Exception):
    """The bytes are no zip container, or a broken one."""


class TooLargeError(Exception):
    """Unpacked it would be larger than any workbook a body sends."""


class Member(NamedTuple):
    """Where a member lies. ``size`` and ``crc`` are what the container declares, which need not be true."""

    offset: int
    compressed: int
    size: int
    method: int
    crc: int


@lru_cache(maxsize=1)  # what reads a file one after the other asks anew
def members(data: bytes) -> Mapping[str, Member]:
    """Reads the central directory; the names in its order.

    Raises:
        NotAZipError: there is none, or it is cut off.
        TooLargeError: the declared sizes pass the limits.
    """
    try:
        return _members(data)
    except NotAZipError:
        return _members_by_zipfile(data)  # a second opinion, before anybody is told that the file is broken


def _members(data: bytes) -> Mapping[str, Member]:
    at = data.rfind(b"PK\5\6", max(0, len(data) - _END.size - 0xFFFF))
    if at < 0 or at + _END.size > len(data):
        raise NotAZipError("no end of central directory")
    _, _, _, _, count, length, position, _ = _END.unpack_from(data, at)
    if count == _ZIP64_COUNT or _ZIP64_SIZE in (length, position):
        return _members_by_zipfile(data)
    if position + length > at:
        raise NotAZipError("central directory lies outside the file")
    if count > MAX_MEMBERS:
        raise TooLargeError(f"{count} members")
    found: dict[str, Member] = {}
    total = 0
    for _ in range(count):
        if position + _CENTRAL.size > at:
            raise NotAZipError("central directory is cut off")
        fields = _CENTRAL.unpack_from(data, position)
        if fields[0] != b"PK\1\2":
            raise NotAZipError("central directory is broken")
        method, crc, compressed, size, offset = fields[4], *fields[7:10], fields[16]
        name_length, extra_length, comment_length = fields[10:13]
        position += _CENTRAL.size
        name = _with_slashes(data[position : position + name_length].decode("utf-8", "replace"))
        position += name_length + extra_length + comment_length
        if _ZIP64_SIZE in (compressed, size, offset):
            return _members_by_zipfile(data)
        found[name] = Member(offset, compressed, size, method, crc)
        total += size
    _check_total(total, len(data))
    return MappingProxyType(found)


def _with_slashes(name: str) -> str:
    """Some programs of Windows part the folders of a name by backslashes."""
    return name.replace("\\", "/")


def _members_by_zipfile(data: bytes) -> Mapping[str, Member]:
    """Zip64, and containers that the direct way does not find its way in: bytes before the first member, odd ends."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as container:
            infos = container.infolist()
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # whatever the library makes of hostile bytes
        raise NotAZipError(f"{type(error).__name__}: {error}") from error
    if len(infos) > MAX_MEMBERS:
        raise TooLargeError(f"{len(infos)} members")
    _check_total(sum(info.file_size for info in infos), len(data))
    found = {
        _with_slashes(i.filename): Member(i.header_offset, i.compress_size, i.file_size, i.compress_type, i.CRC)
        for i in infos
    }
    return MappingProxyType(found)


def _check_total(total: int, packed: int) -> None:
    if total > MAX_UNCOMPRESSED:
        raise TooLargeError(f"{total} bytes unpacked")
    if total > _RATIO_COUNTS_FROM and total > _MAX_RATIO * packed:
        raise TooLargeError(f"{total} bytes unpacked from {packed}")


@lru_cache(maxsize=1)
def _unpacked(data: bytes) -> dict[Member, bytes]:
    """What was unpacked of the file looked at last: one reader after the other asks for the same parts."""
    return {}


def content(data: bytes, member: Member) -> bytes:
    """Returns a member's bytes.

    Raises:
        NotAZipError: the member is cut off, broken, or packed in a way no workbook is.
        TooLargeError: it holds more than it declares.
    """
    kept = _unpacked(data)
    found = kept.get(member)
    if found is None:
        found = kept[member] = _unpack(data, member)
    return found


def _unpack(data: bytes, member: Member) -> bytes:
    # Before the file, where its beginning is missing: what is left of it is counted from its end.
    if not 0 <= member.offset <= len(data) - _LOCAL.size:
        raise NotAZipError("member lies outside the file")
    fields = _LOCAL.unpack_from(data, member.offset)
    start = member.offset + _LOCAL.size + fields[9] + fields[10]
    packed = data[start : start + member.compressed]
    if fields[0] != b"PK\3\4" or len(packed) < member.compressed:
        raise NotAZipError("member is cut off")
    if member.method == _STORED:
        return _checked(packed, member)
    if member.method != _DEFLATED:
        raise NotAZipError(f"packing method {member.method}")
    try:
        unpacked = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, member.size + 1)
    except zlib.error as error:
        raise NotAZipError(str(error)) from error
    if len(unpacked) > member.size:
        raise TooLargeError("a member holds more than it declares")
    return _checked(unpacked, member)


def _checked(unpacked: bytes, member: Member) -> bytes:
    """Calamine does not look at checksums: a figure with a bit turned over would be read as it is."""
    if zlib.crc32(unpacked) != member.crc:
        raise NotAZipError("wrong checksum")
    return unpacked
