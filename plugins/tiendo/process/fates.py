"""Which files wait, and what became of files: asked of the warehouse, so that a run that died forgets nothing."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Engine

from tiendo import clock
from tiendo.model.plans import Bodies, PlanPeriod
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

BATCH_SIZE = 200
_FATES = {
    "accepted": "nhận",
    "accepted_with_warnings": "nhận, cần giải trình",
    "duplicate": "trùng",
    "trial": "kiểm tra thử",
    "rejected": "trả lại",
    "quarantined": "tạm giữ",
    "waiting": "còn chờ",
}
# Of these a reader asks whose they are.
_NAMED = ("rejected", "quarantined", "waiting")
_MOST_NAMES = 5


class UnsettledError(RuntimeError):
    """Files that were to get their fate still wait for it."""


def waiting_batches(engine: Engine, size: int = BATCH_SIZE) -> list[list[int]]:
    """Returns the ids of all files without a fate, in batches that may be settled side by side.

    All files of a sender are in one batch, oldest first, so that a later report is checked after the earlier one; a
    batch exceeds ``size`` only where a single sender does.
    """
    with loader(engine) as connection:
        senders = connection.execute(statement("intake/waiting_files.sql")).all()
    batches: list[list[int]] = []
    for sender in senders:
        if not batches or len(batches[-1]) + len(sender.file_ids) > size:
            batches.append([])
        batches[-1] += sender.file_ids
    return batches


def check_settled(engine: Engine, file_ids: Sequence[int]) -> None:
    """Checks that none of these files waits any more.

    Raises:
        UnsettledError: naming those that do.
    """
    waiting = {file_id for batch in waiting_batches(engine) for file_id in batch}
    if left := sorted(waiting & set(file_ids)):
        raise UnsettledError(f"{len(left)} of {len(file_ids)} files still wait for their fate: {left[:20]}")


def fates_in_words(engine: Engine, bodies: Bodies, file_ids: Sequence[int]) -> str:
    """Returns what became of these files: ``27 tệp: 24 nhận; 3 trả lại (Sở Tài chính, Sở Y tế)``."""
    with loader(engine) as connection:
        rows = connection.execute(statement("intake/fates.sql"), {"file_ids": list(file_ids)}).all()
    files: Counter[str] = Counter()
    names: dict[str, list[str]] = {}
    for row in rows:
        files[row.state] += row.files
        known = bodies.agency_by_code.get(row.agency)
        names.setdefault(row.state, []).append(known.name if known else row.agency or "không rõ đơn vị")
    parts = []
    for state, words in _FATES.items():
        if files[state]:
            listed = ", ".join(sorted(names[state])[:_MOST_NAMES])
            more = len(names[state]) - _MOST_NAMES
            listed += f" và {more} đơn vị khác" if more > 0 else ""
            parts.append(f"{files[state]} {words}" + (f" ({listed})" if state in _NAMED else ""))
    return f"{files.total()} tệp: {'; '.join(parts)}" if parts else "Không có tệp nào chờ."


def touched_periods(engine: Engine, file_ids: Sequence[int]) -> list[PlanPeriod]:
    """Returns the periods about which any of these files said something that was accepted, in order."""
    with loader(engine) as connection:
        rows = connection.execute(statement("intake/touched_periods.sql"), {"file_ids": list(file_ids)})
        return [PlanPeriod(*row) for row in rows]


def ungraded_periods(engine: Engine, bodies: Bodies) -> set[PlanPeriod]:
    """Returns the periods that may have changed since they were graded: a run died between loading and grading."""
    with loader(engine) as connection:
        parameters = {"plan_codes": [register.code for register in bodies.plans], "now": clock.now()}
        return {PlanPeriod(*row) for row in connection.execute(statement("intake/ungraded_periods.sql"), parameters)}


def was_accepted(engine: Engine, sha256: str, agency: str) -> bool:
    """Whether a file of these bytes of this body was accepted, whatever way it came."""
    with loader(engine) as connection:
        parameters = {"sha256": sha256, "agency": agency}
        return connection.execute(statement("intake/earlier_settled.sql"), parameters).first() is not None
