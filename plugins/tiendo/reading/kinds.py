"""What a file is, by its first bytes and its inner names, never by the name it came under."""

import io
import re
from collections.abc import Mapping

from tiendo.ooxml.zip_parts import Member, content, members

XLSX, XLS, ODS, FLAT_ODS, TEXT = "xlsx", "xls", "ods", "fods", "text"
ARCHIVE, MAIL, OUTLOOK = "archive", "mail", "outlook"
CARRIERS = frozenset({ARCHIVE, MAIL, OUTLOOK})
"""Kinds of which only what is in them is read."""
READ = frozenset({XLSX, XLS, ODS, FLAT_ODS, TEXT}) | CARRIERS
"""Kinds that are opened; every other kind that ``kind_of`` returns is the fault code of a file that is not."""

_ZIP = b"PK\3\4"
_EMPTY_ZIP = b"PK\5\6"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"{\\rtf", "word"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"II*\0", "image"),
    (b"MM\0*", "image"),
    (b"Rar!\x1a\7", "packed_otherwise"),
    (b"7z\xbc\xaf\x27\x1c", "packed_otherwise"),
    (b"\x1f\x8b", "packed_otherwise"),
    (b"BZh", "packed_otherwise"),
    (b"\xfd7zXZ\0", "packed_otherwise"),
    (b"\x28\xb5\x2f\xfd", "packed_otherwise"),
    (b"MSCF", "packed_otherwise"),
)
_MANIFEST = "META-INF/manifest.xml"
_IMAGE_BRANDS = frozenset({b"heic", b"heix", b"mif1", b"msf1", b"avif"})
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_LOOKED_AT = 4096
_WORDS_OF_WEB = (b"<html", b"<table", b"<!doctype html", b"<head", b"<body", b"<meta", b"<style", b"<script")
# Bytes that no text has.
_NO_TEXT = bytes(set(range(32)) - set(b"\t\n\r\f\x1b\x1a"))

# Names of streams in a compound file's directory, in which capitals are no difference; the first there decides.
_OLE_STREAMS = (
    ("encryptedpackage", "encrypted"),
    ("encryptioninfo", "encrypted"),
    ("workbook", XLS),
    ("book", XLS),
    ("worddocument", "word"),
    ("powerpoint document", "other_office"),
    ("visiodocument", "other_office"),
    ("__properties_version1.0", OUTLOOK),
)
# What a package is by its content types, where its parts have other names than usual.
_PACKAGES = (
    (b"spreadsheetml.sheet.main+xml", XLSX),
    (b"ms-excel.sheet.macroenabled.main+xml", XLSX),
    (b"spreadsheetml.template.main+xml", XLSX),
    (b"ms-excel.sheet.binary", "other_office"),
    (b"wordprocessingml.document.main+xml", "word"),
    (b"presentationml.", "other_office"),
)
_HEADER_BEGINS = re.compile(rb"[a-z][a-z0-9-]*:")
_MAIL_HEADERS = frozenset({b"to", b"received", b"message-id", b"subject", b"date", b"delivered-to"})
_FLAT_HEAD = 20_000  # the root of a flat OpenDocument names forty namespaces before it says what it is


def kind_of(data: bytes) -> str:
    """Returns the kind of a file, one of ``READ`` or a fault code of ``WorkbookContent``.

    Raises:
        NotAZipError, TooLargeError: it begins like a zip and is broken, or outside the limits.
    """
    if not data:
        return "empty"
    if data.startswith((_ZIP, _EMPTY_ZIP)):
        return _kind_of_zip(data, members(data))
    if data.startswith(_OLE):
        return _kind_of_ole(data)
    for start, kind in _STARTS:
        if data.startswith(start):
            return kind
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if (data[:4] == b"RIFF" and data[8:12] == b"WEBP") or (data[4:8] == b"ftyp" and data[8:12] in _IMAGE_BRANDS):
        return "image"
    if data[:2] == b"BM" and int.from_bytes(data[2:6], "little") == len(data):
        return "image"
    if data[257:262] == b"ustar":
        return "packed_otherwise"
    return _kind_of_text(data)


def _kind_of_zip(data: bytes, names: Mapping[str, Member]) -> str:
    """Returns the kind of a zip container by its members."""
    if "xl/workbook.xml" in names or any(name.startswith("xl/worksheets/") and name.endswith(".xml") for name in names):
        return XLSX
    if "xl/workbook.bin" in names:
        return "other_office"
    if "word/document.xml" in names:
        return "word"
    if "ppt/presentation.xml" in names or any(name.startswith("Index/") and name.endswith(".iwa") for name in names):
        return "other_office"
    if "content.xml" in names:
        media_type = content(data, names["mimetype"]) if "mimetype" in names else b""
        if b"opendocument.text" in media_type:
            return "word"
        if media_type and b"opendocument.spreadsheet" not in media_type:
            return "other_office"
        manifest = content(data, names[_MANIFEST]) if _MANIFEST in names else b""
        return "encrypted" if b"encryption-data" in manifest else ODS
    return _kind_of_package(data, names)


def _kind_of_package(data: bytes, names: Mapping[str, Member]) -> str:
    types = next((content(data, names[n]) for n in names if n.lower() == "[content_types].xml"), b"").lower()
    return next((kind for words, kind in _PACKAGES if words in types), ARCHIVE)


def _kind_of_ole(data: bytes) -> str:
    names = _ole_streams(data)
    return next((kind for stream, kind in _OLE_STREAMS if stream in names), "not_a_workbook")


def _ole_streams(data: bytes) -> set[str]:
    """Returns the streams at the root of a compound file, in small letters: a letter may hold a workbook, and is none.

    A container too broken for ``olefile`` is searched for the names (UTF-16, ended by a null).
    """
    import olefile  # type: ignore[import-untyped]

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            return {path[0].lower() for path in container.listdir() if len(path) == 1}
    except Exception:  # whatever a library makes of hostile bytes
        lower = data.lower()
        return {stream for stream, _ in _OLE_STREAMS if f"{stream}\0".encode("utf-16-le") in lower}


def _kind_of_text(data: bytes) -> str:
    head = data[:_LOOKED_AT]
    encoding = _UTF16_MARKS.get(head[:2]) or is_utf16(head)
    if encoding:
        head = head.decode(encoding, "ignore").encode()
    if head.translate(None, _NO_TEXT) != head:
        return "not_a_workbook"
    lower = head.removeprefix(_UTF8_MARK).lower().lstrip()
    if _is_mail(lower):
        return MAIL
    if lower.startswith((b"mime-version:", b"from: <saved by")):  # a web page in one file, as Excel saves it
        return "web_page"
    if lower.startswith(b"<"):
        if b"<office:document" in lower and b"opendocument.spreadsheet" in data[:_FLAT_HEAD]:
            return FLAT_ODS
        is_web = any(word in lower for word in _WORDS_OF_WEB)
        return "web_page" if is_web and b"schemas-microsoft-com:office:spreadsheet" not in lower else "xml_file"
    return TEXT


def _is_mail(lower: bytes) -> bool:
    """Tells a saved mail by its header; a web page in one file has no recipient."""
    header = lower.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    names = {line.partition(b":")[0] for line in header.split(b"\n") if b":" in line and line[:1] not in b" \t"}
    is_header = _HEADER_BEGINS.match(header) is not None
    is_web_page = b"<saved by" in header or b"x-document-type" in names
    return is_header and not is_web_page and b"from" in names and len(names & _MAIL_HEADERS) > 1


def is_utf16(data: bytes) -> str:
    """Returns the encoding of text in UTF-16 without a mark, known by its zeros; "" for any other."""
    head = data[:_LOOKED_AT]
    pairs = len(head) // 2
    if pairs < 4:
        return ""
    low, high = head[0 : 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if high * 3 > pairs and not low:
        return "utf-16-le"
    return "utf-16-be" if low * 3 > pairs and not high else ""
