"""What an accepted file changed against the version of the same report before it. Derived; nothing of it is stored."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection

from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.model.states import KINDS, TASK_STATES
from tiendo.vietnamese.number import format_number
from tiendo.warehouse.sql import statement

ANSWER_NAMES = {
    "not_applicable": "Không áp dụng",
    "no_occurrence": "Không phát sinh",
    "not_available": "Chưa có số liệu",
}
_NOT_SAID = "(không báo cáo)"


class VersionChange(NamedTuple):
    """One figure or task that is reported otherwise than before.

    Attributes:
        subject: ``indicator`` or ``task``.
        code: of the indicator, or reference of the task.
        period: of the file; an earlier one for a correction.
        basis: ``quarter`` or ``year_to_date``, "" for a task.
        old_answer, new_answer: ``value``, a declared absence, a task's state; None when not said.
        old_value, new_value: the figure, or a task's completion in percent.
        old_kind, new_kind: ``actual`` or ``estimate``, "" for a task.
        old_told, new_told: the words of a reported state, "" for anything else.
    """

    subject: str
    code: str
    period: str
    basis: str
    old_answer: str | None
    old_value: Decimal | None
    old_kind: str | None
    new_answer: str | None
    new_value: Decimal | None
    new_kind: str | None
    old_told: str | None = ""
    new_told: str | None = ""


class Version(NamedTuple):
    """Where an accepted file stands among the versions of its report.

    Attributes:
        number: in the order of loading, from 1.
        previous_receipt_no, previous_received_at: of the version before it by time; None for the first.
        newest_receipt_no, newest_received_at: of the version that counts, where that is another: an older file that was
            processed late replaces nothing.
        changes: against the version before, and what its corrections changed; in the register's order.
    """

    number: int
    previous_receipt_no: str | None
    previous_received_at: datetime | None
    newest_receipt_no: str | None
    newest_received_at: datetime | None
    changes: tuple[VersionChange, ...]


class ChangeText(NamedTuple):
    """A change in words for its sender."""

    label: str
    period: str
    basis: str
    old: str
    new: str


def versions_of(connection: Connection, register: Register, file_ids: Iterable[int]) -> dict[int, Version]:
    """Returns the place of each accepted file among its versions, by file id. Refused files have none.

    Args:
        connection: one that sees the files' figures: the transaction that loads them, or a later one.
    """
    parameters = {"file_ids": list(file_ids)}
    if not parameters["file_ids"]:
        return {}
    changes: dict[int, list[VersionChange]] = {}
    for row in connection.execute(statement("intake/version_changes.sql"), parameters):
        changes.setdefault(row.file_id, []).append(VersionChange(*row[1:]))
    order = _order(register)
    return {
        row.file_id: Version(
            row.version,
            row.previous_receipt_no,
            row.previous_received_at,
            row.newest_receipt_no,
            row.newest_received_at,
            tuple(sorted(changes.get(row.file_id, ()), key=order)),
        )
        for row in connection.execute(statement("intake/previous_version.sql"), parameters)
    }


def change_texts(register: Register, changes: Sequence[VersionChange]) -> list[ChangeText]:
    """Returns changes in words: ``Thu hút vốn …``, ``2023-Q1``, ``lũy kế``, ``437 (ước thực hiện)``, ``450 …``."""
    return [
        ChangeText(
            _label(register, change),
            change.period,
            basis_words(change.basis, change.period),
            _said(change.old_answer, change.old_value, change.old_kind, change.old_told),
            _said(change.new_answer, change.new_value, change.new_kind, change.new_told),
        )
        for change in changes
    ]


def basis_words(basis: str, period: str) -> str:
    """Returns ``trong quý``, of another kind of period ``trong tháng``, or ``lũy kế / đến kỳ``; "" for none."""
    if basis == "quarter":
        return Period.parse(period).kind.in_it
    return "lũy kế / đến kỳ" if basis else ""


def _order(register: Register) -> Callable[[VersionChange], tuple[str, int, bool]]:
    codes = [*register.indicator_by_code, *register.task_by_ref]
    places = {code: place for place, code in enumerate(codes)}
    return lambda change: (change.period, places[change.code], change.basis != "year_to_date")


def _label(register: Register, change: VersionChange) -> str:
    if change.subject == "indicator":
        return register.indicator_by_code[change.code].label
    return f"Nhiệm vụ {change.code}"


def _said(answer: str | None, value: Decimal | None, kind: str | None, told: str | None) -> str:
    if answer is None:
        return _NOT_SAID
    if answer in TASK_STATES:
        return TASK_STATES[answer] + (f", {format_number(value)}%" if value is not None else "")
    if value is None and not told:
        return ANSWER_NAMES[answer].lower()
    return f"{told if value is None else format_number(value)} ({KINDS[kind or 'actual'].lower()})"
