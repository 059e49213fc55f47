"""Judges a file once more as it would have been when it came: by today's rules, on the figures known then."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Engine, Row

from tiendo.clock import HANOI
from tiendo.model.outcome import FileOutcome
from tiendo.model.register import Register
from tiendo.obligations.reopened import open_at, read_reopened
from tiendo.process.history import fetch_history_before
from tiendo.warehouse.engine import loader

if TYPE_CHECKING:
    from datetime import datetime

    from tiendo.model.content import WorkbookContent


class Received(NamedTuple):
    """A file of the ledger, as far as reading it needs to know it."""

    file_id: int
    name: str
    sha256: str
    sender_agency_code: str | None
    received_at: "datetime"


def check_again(
    register: Register, engine: Engine, files: Sequence[Received | Row[Any]], contents: Sequence["WorkbookContent"]
) -> list[FileOutcome]:
    """Validates files that were read, each as of the instant it was received; loads nothing.

    The day it came decides what it could be late for, and what its sender has reported since does not count against
    it: only the rules are today's.

    Raises:
        UnreadError: one of them was not read.
    """
    from tiendo.validation.check import BatchFile, check_batch

    outcomes: list[FileOutcome] = []
    with loader(engine) as connection:
        reopened = read_reopened(connection, register)
    for file, content in zip(files, contents, strict=True):
        sender = file.sender_agency_code or ""
        history = fetch_history_before(engine, register, content, sender, file.received_at)
        is_open = open_at(reopened, file.received_at)
        item = BatchFile(file.file_id, file.name, sender, content, received_at=file.received_at, reopened=is_open)
        outcomes += check_batch(register, [item], history, today=file.received_at.astimezone(HANOI).date())
    return outcomes
