"""Zip containers whose bytes depend on their content alone: members sorted, one fixed time, one compression."""

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

# DOS times hold even seconds and no zone; the container's times carry no information, the core properties do.
_MEMBER_TIME = (1980, 1, 1, 0, 0, 0)
_FIRST_MEMBER = "[Content_Types].xml"
_CORE = "docProps/core.xml"
_STAMP = re.compile(rb"(<dcterms:(created|modified)\b[^>]*>)[^<]*(</dcterms:\2>)")


def pack(parts: Mapping[str, bytes]) -> bytes:
    """Returns an Office file of these parts; the same parts give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        # Readers expect the content types first.
        for name in sorted(parts, key=lambda name: (name != _FIRST_MEMBER, name)):
            info = zipfile.ZipInfo(name, _MEMBER_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0
            info.external_attr = 0
            target.writestr(info, parts[name], compresslevel=6)
    return out.getvalue()


def repack(container: bytes, instant: datetime, change: Callable[[str, bytes], bytes] = lambda _, part: part) -> bytes:
    """Rewrites an Office file so that the same content gives the same bytes.

    Args:
        container: a DOCX or XLSX as its library wrote it.
        instant: written as created and modified time into the core properties.
        change: what becomes of each part, given its name.
    """
    with zipfile.ZipFile(io.BytesIO(container)) as source:
        parts = {name: change(name, source.read(name)) for name in source.namelist()}
    if _CORE in parts:
        stamp = instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
        parts[_CORE] = _STAMP.sub(rb"\g<1>" + stamp + rb"\g<3>", parts[_CORE])
    return pack(parts)
