"""What a zip archive or a saved mail holds: one level deep, within limits, names as their writers meant them."""

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Sequence

from tiendo.collect.left_alone import why_never
from tiendo.model.content import PackedFile, WorkbookContent
from tiendo.ooxml.zip_parts import NotAZipError, TooLargeError, members
from tiendo.reading import kinds
from tiendo.reading.delimited import TextError, decode, read_rows, windows_1258
from tiendo.reading.saved_mail import carried_by_message, carried_by_outlook

MOST_FILES = 50
_MOST_NAMED = 40
_LONGEST_NAME = 200
_UTF8_NAME, _ENCRYPTED = 0x800, 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
# Why a member is not taken, in the words of the answer; those first that a workbook may be behind.
_LOCKED, _NESTED, _BROKEN = "có mật khẩu", "tệp nén trong tệp nén", "bị hỏng hoặc nén kiểu không đọc được"
_OTHER = {
    "word": "tệp văn bản", "pdf": "tệp PDF", "image": "tệp ảnh", "empty": "tệp trống", "encrypted": _LOCKED,
    "packed_otherwise": _NESTED, kinds.ARCHIVE: _NESTED, kinds.MAIL: "thư đã lưu", kinds.OUTLOOK: "thư đã lưu",
}  # fmt: skip


def list_carried(data: bytes, kind: str) -> WorkbookContent:
    """Returns what an archive or a saved mail holds: fault ``archive`` with the files to take out, or why none is.

    Raises:
        NotAZipError, TooLargeError: it is broken, or outside the limits.
    """
    if kind == kinds.ARCHIVE:
        return _list_packed(data)
    taken: list[PackedFile] = []
    left: list[tuple[str, str]] = []
    for place, (name, content) in enumerate(_carried(data)):
        reason = _why_content_left(content, may_be_archive=True)
        if reason:
            left.append((_plain_name(name, place), reason))
        else:
            taken.append(PackedFile(place, _plain_name(name, place)))
    if len(taken) > MOST_FILES:
        raise TooLargeError(f"{len(taken)} workbooks in a mail")
    code = "archive" if taken else "mail_empty"
    detail = _listed([file.name for file in taken], left) or "thư không có tệp đính kèm"
    return WorkbookContent(fault=code, fault_detail=detail, packed=tuple(taken))


def _carried(data: bytes) -> list[tuple[str, bytes]]:
    return carried_by_outlook(data) if kinds.kind_of(data) == kinds.OUTLOOK else carried_by_message(data)


def _list_packed(data: bytes) -> WorkbookContent:
    """Returns what an archive holds: fault ``archive`` with the files to take out, or why there is none to take.

    Raises:
        NotAZipError, TooLargeError: it is broken, or outside the limits.
    """
    members(data)  # the limits, before anything is unpacked
    taken: list[PackedFile] = []
    left: list[tuple[str, str]] = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as container:
            for place, info in enumerate(container.infolist()):
                name = _name(info, place)
                if info.is_dir() or why_never(name) or info.filename.startswith("__MACOSX/"):
                    continue
                reason = _why_left(container, info)
                if reason:
                    left.append((name, reason))
                else:
                    taken.append(PackedFile(place, name))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise NotAZipError(str(error)) from error
    if len(taken) > MOST_FILES:
        raise TooLargeError(f"{len(taken)} workbooks in an archive")
    if taken:
        return WorkbookContent(
            fault="archive", fault_detail=_listed([f.name for f in taken], left), packed=tuple(taken)
        )
    reasons = {reason for _, reason in left}
    code = "archive_locked" if _LOCKED in reasons else "archive_nested" if _NESTED in reasons else "archive_empty"
    return WorkbookContent(fault=code, fault_detail=_listed([], left) or "tệp nén trống")


def take_out(data: bytes, packed: Sequence[PackedFile]) -> list[bytes]:
    """Returns the bytes of members that ``list_carried`` named."""
    if kinds.kind_of(data) != kinds.ARCHIVE:
        carried = _carried(data)
        return [carried[file.place][1] for file in packed]
    with zipfile.ZipFile(io.BytesIO(data)) as container:
        infos = container.infolist()
        return [_read(container, infos[file.place]) for file in packed]


def _why_left(container: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    """Returns why a member is not taken, "" when it is: a workbook, or a text that is a table."""
    if info.flag_bits & _ENCRYPTED:
        return _LOCKED
    if stat.S_ISLNK(info.external_attr >> 16):
        return "liên kết"
    try:
        return _why_content_left(_read(container, info))
    except (NotAZipError, TooLargeError):
        return _BROKEN


def _why_content_left(content: bytes, *, may_be_archive: bool = False) -> str:
    try:
        kind = kinds.kind_of(content)
    except (NotAZipError, TooLargeError):
        return _BROKEN
    if kind == kinds.TEXT:
        try:
            read_rows(decode(content).text)
        except TextError as error:
            return "tệp chữ không có bảng" if error.code == "plain_text" else ""
        return ""
    if kind in kinds.READ - kinds.CARRIERS or (kind == kinds.ARCHIVE and may_be_archive):
        return ""
    return _OTHER.get(kind, "không phải bảng tính")


def _read(container: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.compress_type not in _METHODS:
        raise NotAZipError(f"packing method {info.compress_type}")
    try:
        with container.open(info) as stream:
            content = stream.read(info.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise NotAZipError(str(error)) from error
    if len(content) > info.file_size:
        raise TooLargeError("a member holds more than it declares")
    return content


def _name(info: zipfile.ZipInfo, place: int) -> str:
    """Returns a member's name without its folders: a name cannot lead anywhere."""
    return _plain_name(_decoded(info), place)


def _plain_name(name: str, place: int) -> str:
    name = _CONTROL.sub(" ", name).replace("\\", "/").rstrip("/").rpartition("/")[2].strip()
    return name[-_LONGEST_NAME:] if name.strip(".") else f"tep-{place + 1}"


def _decoded(info: zipfile.ZipInfo) -> str:
    """Only UTF-8 (where a mark says so) and cp437 are defined; Windows writes its own, others UTF-8 unmarked."""
    name = info.orig_filename
    if info.flag_bits & _UTF8_NAME:
        return name
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    return windows_1258(raw) or name


def _listed(taken: Sequence[str], left: Sequence[tuple[str, str]]) -> str:
    """Returns the names taken, and after a point those left with the reason."""
    named = "; ".join(taken)
    others = [f"{name} ({reason})" for name, reason in left[:_MOST_NAMED]]
    if len(left) > _MOST_NAMED:
        others.append(f"và {len(left) - _MOST_NAMED} tệp khác")
    return " · ".join(filter(None, (named, f"không đọc: {'; '.join(others)}" if others else "")))
