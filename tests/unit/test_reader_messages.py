"""What the reading process answers: values as they were, and nothing that a subverted child could send runs."""

import os
import pickle
from datetime import date, datetime
from typing import Any

import pytest

from tiendo.model.content import IndicatorRow, Notice, PackedFile, RawCell, TaskRow, Title, WorkbookContent
from tiendo.reading.reader_messages import Incoming, framed, pack, unpack

VALUES: tuple[Any, ...] = (
    None, "", "Sở Y tế", "\ud800", True, 0, -(2**63), 1.5, 1e300, date(2023, 6, 14),
    datetime(2023, 6, 14, 7, 30, 0, 5),  # noqa: DTZ001  as a cell holds it
)  # fmt: skip


def test_values_come_back_with_their_types() -> None:
    cells = [RawCell(value, f"A{number}") for number, value in enumerate(VALUES)]
    task = TaskRow("Nhiệm vụ", 8, *([RawCell(0.087, "E8", True)] * 5), RawCell(None, "F8", False, "#N/A"), RawCell())
    content = WorkbookContent(
        indicator_rows=(IndicatorRow("Chỉ tiêu", 7, *cells),), task_rows=(task,), notices=(Notice("not_read"),),
        titles=(Title("a", "A1", "Quý I"),), packed=(PackedFile(0, "a.xlsx"),),
    )  # fmt: skip
    back = unpack(pack(content))
    assert back == content
    assert [type(cell.value) for cell in back.indicator_rows[0][2:]] == [type(value) for value in VALUES]


class _Runs:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("/nowhere/at/all",)


@pytest.mark.parametrize(
    "message",
    [pickle.dumps(_Runs()), b"", b"\xc1", b"\x93\x01\x02\x03", pack(WorkbookContent())[:-1], b"\xdd\xff\xff\xff\xff"],
)
def test_anything_else_is_refused(message: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        unpack(message)


def test_messages_are_taken_whole_and_in_order() -> None:
    incoming, sent = Incoming(10), framed(b"one") + framed(b"") + framed(b"three")
    taken = []
    for byte in sent:
        incoming.add(bytes([byte]))
        taken.append(incoming.take())
    assert [message for message in taken if message is not None] == [b"one", b"", b"three"]


def test_a_message_longer_than_any_answer_is_refused_before_it_is_there() -> None:
    incoming = Incoming(10)
    incoming.add(framed(b"x" * 11)[:4])
    with pytest.raises(ValueError, match="answers with 15 bytes"):
        incoming.take()
