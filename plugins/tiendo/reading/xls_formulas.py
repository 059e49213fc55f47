"""Formulas of an .xls that nobody has calculated, by the records of its stream: xlrd and calamine tell results only.

A program that writes formulas stores an empty text as the result of each (xlwt), or a zero and a record that says that
nothing is calculated. Where any formula of the workbook has another result, all of them are calculated.
"""

import io
import struct
from collections.abc import Iterator

from tiendo.reading.formulas import Place

_BOUND_SHEET, _BEGINS, _ENDS, _FORMULA, _UNCALCULATED = 0x0085, 0x0809, 0x000A, 0x0006, 0x005E
_WORKSHEET = 0
_RECORD, _CELL = struct.Struct("<HH"), struct.Struct("<HHH")
_EMPTY_TEXT, _NO_NUMBER = 3, b"\xff\xff"


def uncalculated_of_xls(data: bytes) -> list[set[Place]]:
    """Returns the formulas without a result, for each worksheet in order; [] where the stream cannot be followed."""
    stream = _stream(data)
    starts = [
        int.from_bytes(body[:4], "little")
        for kind, body in _records(stream, 0)
        if kind == _BOUND_SHEET and len(body) > 6 and body[5] == _WORKSHEET
    ]
    found: list[set[Place]] = []
    for start in starts:
        blank: set[Place] = set()
        zeros: set[Place] = set()
        is_declared = False
        for kind, body in _records(stream, start):
            is_declared |= kind == _UNCALCULATED
            if kind != _FORMULA or len(body) < 14:
                continue
            row, column, _ = _CELL.unpack_from(body)
            result = body[6:14]
            if result[6:] == _NO_NUMBER and result[0] == _EMPTY_TEXT:
                blank.add((row, column))
            elif not any(result):
                zeros.add((row, column))
            else:
                return []
        found.append(blank | zeros if is_declared or blank else set())
    return found


def _stream(data: bytes) -> bytes:
    import olefile  # type: ignore[import-untyped]

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container, container.openstream("Workbook") as stream:
            content: bytes = stream.read()
            return content
    except (MemoryError, RecursionError):
        raise
    except Exception:  # a book of before 1997, or one that is broken: its readers have the word
        return b""


def _records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Yields the records from a beginning to its end; those of charts inside are left out."""
    at, depth = start, 0
    while at + _RECORD.size <= len(stream):
        kind, length = _RECORD.unpack_from(stream, at)
        at += _RECORD.size
        depth += (kind == _BEGINS) - (kind == _ENDS)
        if depth < 1:
            return
        if depth == 1:
            yield kind, stream[at : at + length]
        at += length
