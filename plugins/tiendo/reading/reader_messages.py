"""What passes between the reading process and its parent: messages with their length before them, contents as msgpack.

The parent sends paths, the child contents. msgpack holds plain values only: whatever a child that a hostile file has
subverted answers, it runs no code here.
"""

import struct
from datetime import date, datetime
from typing import Any

import msgpack  # type: ignore[import-untyped]

from tiendo.model.content import (
    CorrectionRow,
    IndicatorRow,
    Marker,
    Notice,
    PackedFile,
    RawCell,
    TaskRow,
    Title,
    WorkbookContent,
)

READY = b"ready"
"""What the child sends once it is up."""
# A filled workbook of the largest body answers with 40 kB.
MAX_ANSWER = 2 * 2**20
LENGTH = struct.Struct("<I")
_ROW_TYPES = (IndicatorRow, TaskRow, CorrectionRow)
_DATE, _DATETIME = 1, 2
_SURROGATES = "surrogatepass"  # half a letter in a cell's text is the sender's


def framed(message: bytes) -> bytes:
    """Returns a message with its length before it."""
    return LENGTH.pack(len(message)) + message


class Incoming:
    """The bytes that came from the child so far, of which whole messages are taken."""

    def __init__(self, max_bytes: int) -> None:
        self._received = bytearray()
        self._max = max_bytes

    def add(self, piece: bytes) -> None:
        """Adds bytes from the pipe."""
        self._received += piece

    def take(self) -> bytes | None:
        """Returns the next message, None while it is not there whole.

        Raises:
            ValueError: it announces more bytes than any answer has.
        """
        if len(self._received) < LENGTH.size:
            return None
        end = LENGTH.size + LENGTH.unpack_from(self._received)[0]
        if end > LENGTH.size + self._max:
            raise ValueError(f"answers with {end} bytes")
        if len(self._received) < end:
            return None
        message = bytes(self._received[LENGTH.size : end])
        del self._received[:end]
        return message


def pack(content: WorkbookContent) -> bytes:
    """Returns a content as a message."""
    return bytes(msgpack.packb(content, default=_extended, unicode_errors=_SURROGATES))


def unpack(message: bytes) -> WorkbookContent:
    """Returns the content in a message.

    Raises:
        Exception: it is none; of what kind depends on what is in it.
    """
    plain = msgpack.unpackb(message, ext_hook=_date, use_list=False, unicode_errors=_SURROGATES)
    fault, detail, marker, *tables, notices, titles, packed = plain
    indicator_rows, task_rows, correction_rows = (
        tuple([row_type(sheet, row, *map(RawCell._make, cells)) for sheet, row, *cells in table])
        for row_type, table in zip(_ROW_TYPES, tables, strict=True)
    )
    return WorkbookContent(
        fault,
        detail,
        Marker(*marker),
        indicator_rows,
        task_rows,
        correction_rows,
        tuple([Notice(*notice) for notice in notices]),
        tuple([Title(*title) for title in titles]),
        tuple([PackedFile(*file) for file in packed]),
    )


def _extended(value: Any) -> msgpack.ExtType:
    if not isinstance(value, date):
        raise TypeError(f"a cell holds a {type(value).__name__}")
    return msgpack.ExtType(_DATETIME if isinstance(value, datetime) else _DATE, value.isoformat().encode())


def _date(code: int, data: bytes) -> date:
    kind = {_DATE: date, _DATETIME: datetime}[code]
    return kind.fromisoformat(data.decode())
