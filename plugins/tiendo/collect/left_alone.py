"""What a scan leaves where it lies, and why: temporary files, unfinished ones, things that are no files."""

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import BinaryIO, NamedTuple

from sqlalchemy import Connection

from tiendo.collect.inbox import Entry
from tiendo.warehouse.sql import statement

# A file touched so recently may still be on its way; the next scan takes it.
QUIET = timedelta(seconds=5)
# What has its end, and surely nobody writing to it, needs to rest no longer than this.
WHOLE_QUIET = timedelta(seconds=2)
# A copy may pause. What cannot be told from a whole file by its content must rest for longer.
UNPROVEN_QUIET = timedelta(minutes=1)
# A file without content, or a container without its end, may be the beginning of one that is being copied. After that
# it is taken, and answered like any other.
UNFINISHED_WAIT = timedelta(minutes=10)
# A zip (XLSX, ODS, DOCX, a packed folder) begins and ends so; behind the end stands at most a remark of 64 KiB.
_ZIP_BEGINS, _ZIP_ENDS, _LONGEST_END = b"PK\x03\x04", b"PK\x05\x06", 22 + 0xFFFF

REASONS = {
    "still_written": (
        "touched a moment ago; the next scan takes it",
        "Tệp vừa được ghi, sẽ được lấy ở lượt quét sau.",
    ),
    "empty": (
        "empty so far; taken after ten minutes",
        "Tệp chưa có nội dung, sẽ được lấy sau mười phút nếu vẫn trống.",
    ),
    "in_use": (
        "held open by another program; taken once it is closed",
        "Tệp đang được mở bởi chương trình khác, sẽ được lấy sau khi đóng.",
    ),
    "changing": (
        "changed while it was read; the next scan takes it",
        "Tệp thay đổi trong lúc đọc, sẽ được lấy ở lượt quét sau.",
    ),
    "temporary": (
        "a temporary file of the program that writes it",
        "Tệp tạm của chương trình đang soạn hoặc đang tải; không lấy.",
    ),
    "system_file": ("a file of the operating system", "Tệp của hệ điều hành; không lấy."),
    "hidden": ("a hidden file", "Tệp ẩn (tên bắt đầu bằng dấu chấm); không lấy."),
    "folder": (
        "a folder inside a body's folder; files belong directly into the body's own",
        "Thư mục con; đề nghị đặt tệp trực tiếp trong thư mục của đơn vị.",
    ),
    "link": ("a link; links are not followed", "Liên kết tới nơi khác; không mở theo liên kết."),
    "not_a_file": ("a device, pipe or socket", "Không phải là tệp thông thường; không lấy."),
    "no_folder": (
        "lies beside the bodies' folders; whose it is cannot be told",
        "Tệp nằm ngoài thư mục của các đơn vị nên chưa rõ của đơn vị nào; đề nghị chuyển vào thư mục của đơn vị.",
    ),
    "claimed": (
        "taken out of its folder and not entered yet; the next scan goes on with it",
        "Tệp đã được lấy khỏi thư mục nhưng chưa vào sổ; lượt quét sau sẽ tiếp nhận.",
    ),
    "unreadable": ("cannot be read or taken away", "Không đọc hoặc không lấy đi được."),
}
"""Code to what it means, in English for operations and in Vietnamese for whoever put it there."""

# Names of files that no body sends: those of operating systems, temporary ones.
_SYSTEM_NAMES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", ".ds_store"})
_TEMPORARY_ENDS = (".tmp", ".temp", ".part", ".partial", ".crdownload", ".download", ".filepart")

# What came and is not entered: while there is such a thing the ledger does not add up.
HANGING = frozenset({"claimed", "unreadable"})

# These are taken later: what they were received at must not move behind a scan that saw them.
AWAITED = frozenset({"still_written", "in_use", "changing"})


class LeftAlone(NamedTuple):
    """Something that a scan saw and did not take. ``path`` is relative to the inbox."""

    path: str
    reason: str
    size: int
    changed_at: datetime


def meanings(reason: str) -> tuple[str, str]:
    """Returns what a reason means, as ``REASONS``; the word itself where a release of before has noted it."""
    return REASONS.get(reason, (reason, reason))


def why_never(name: str) -> str:
    """Returns why a file of this name is never taken, a key of ``REASONS``; "" when it may be."""
    lower = name.lower()
    if lower in _SYSTEM_NAMES or lower.startswith("._"):
        return "system_file"
    if lower.startswith(("~$", ".~lock.", "~wrl")) or lower.endswith(_TEMPORARY_ENDS):
        return "temporary"
    return "hidden" if lower.startswith(".") else ""


def why_left(entry: Entry, wall_now: datetime) -> str:
    """Returns why a name in a body's folder is not taken now, a key of ``REASONS``; "" when it is."""
    if entry.kind != "file":
        return {"folder": "folder", "link": "link"}.get(entry.kind, "not_a_file")
    if reason := why_never(entry.name):
        return reason
    age = wall_now - entry.changed_at
    if age < WHOLE_QUIET:  # also a time in the future is no rest: unless only a wrong clock can be so far ahead
        return "" if age < -QUIET else "still_written"
    return "empty" if entry.size == 0 and age < UNFINISHED_WAIT else ""


def is_unfinished(stream: BinaryIO, entry: Entry, wall_now: datetime) -> bool:
    """Tells whether a file that rests may be one half of a copy that has paused."""
    age = wall_now - entry.changed_at
    if not timedelta(0) <= age < UNFINISHED_WAIT:
        return False
    if stream.read(len(_ZIP_BEGINS)) != _ZIP_BEGINS:
        return age < UNPROVEN_QUIET
    stream.seek(max(0, entry.size - _LONGEST_END))
    return _ZIP_ENDS not in stream.read(_LONGEST_END)


def record(connection: Connection, channel: str, left: Sequence[LeftAlone], seen_at: datetime) -> None:
    """Makes the table say what this scan left: since when each thing lies there is kept, what is gone is forgotten."""
    by_path = {as_path_text(item.path): item for item in left}
    connection.execute(statement("intake/forget_left_alone.sql"), {"channel": channel, "paths": list(by_path)})
    if by_path:
        connection.execute(
            statement("intake/put_left_alone.sql"),
            {
                "channel": channel,
                "seen_at": seen_at,
                "paths": list(by_path),
                "reasons": [item.reason for item in by_path.values()],
                "sizes": [item.size for item in by_path.values()],
            },
        )


def as_path_text(path: str) -> str:
    """Returns a path as text; each byte that is no UTF-8 is written out, so that two names stay two."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
