"""Judges files once more as they would have been when they came: by today's rules, on the figures known then."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Engine

from tiendo.clock import HANOI
from tiendo.model.content import WorkbookContent
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.obligations.reopened import open_at, read_reopened
from tiendo.process.history import fetch_history_before
from tiendo.process.steps import LedgerFile
from tiendo.reading.files import read_files
from tiendo.settings import Settings
from tiendo.validation.context import BatchFile
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

if TYPE_CHECKING:
    from tiendo.validation.check import BatchCheck


class TrialHit(NamedTuple):
    """A file that a rule on trial would hit, how often, and where first."""

    file_name: str
    agency: str
    finding_count: int
    first: str


def to_check(file: LedgerFile, content: WorkbookContent) -> BatchFile:
    """Returns a file of the ledger that was read as one to check."""
    sender = file.sender_agency_code or ""
    return BatchFile(
        file.file_id, file.name, sender, content, received_at=file.received_at, stranger=file.stranger,
        plan=file.plan_code or "",
    )  # fmt: skip


def check_again(
    register: Register, engine: Engine, files: Sequence[tuple[LedgerFile, BatchFile]]
) -> list["BatchCheck"]:
    """Checks files that were read, each by itself and as of the instant it was received; loads nothing.

    The day it came decides what it could be late for, and what its sender has reported since does not count against
    it: only the rules are today's.

    Raises:
        UnreadError: one of them was not read.
    """
    if not files:
        return []
    from tiendo.validation.check import run_rules

    with loader(engine) as connection:
        reopened = read_reopened(connection, register)
    checks: list[BatchCheck] = []
    for file, read in files:
        history = fetch_history_before(engine, register, read.content, read.sender_agency, file.received_at)
        item = read._replace(stranger="", reopened=open_at(reopened, file.received_at))
        checks.append(run_rules(register, [item], history, today=file.received_at.astimezone(HANOI).date()))
    return checks


def try_rules(settings: Settings, register: Register, engine: Engine, period: Period) -> dict[str, list[TrialHit]]:
    """Returns by rule on trial the files of a period that it would hit.

    A rule that is put on trial is to tell of the files that came before as well, so each is read and checked again, by
    its latest reading and as of the instant it came. What a rule on trial said of a file when that was settled is in
    ``intake.broken_rule`` and on the pages of Data Docs. Nothing is loaded and nobody is told.
    """
    from tiendo.validation.suites import SUBMISSION_SUITES, get_suite

    hits: dict[str, list[TrialHit]] = {
        rule.rule: [] for name in SUBMISSION_SUITES for rule in get_suite(name).rules if rule.trial
    }
    if not hits:
        return hits
    with loader(engine) as connection:
        parameters = {"plan_code": register.code, "period": str(period)}
        lines = connection.execute(statement("intake/files_of_period.sql"), parameters).mappings()
        files = [LedgerFile(**line) for line in lines]
    contents = read_files(settings, [file.sha256 for file in files])
    read = [(file, to_check(file, content)) for file, content in zip(files, contents, strict=True)]
    for file, together in zip(files, check_again(register, engine, read), strict=True):
        (check,) = together.files
        for rule, found in hits.items():
            broken = [item.finding for item in check.broken if item.fate == "trial" and item.finding.rule == rule]
            if broken:
                first = " ".join(part for part in (broken[0].sheet, broken[0].cell, broken[0].found) if part)
                found.append(TrialHit(file.name, check.outcome.agency, len(broken), first))
    return hits
