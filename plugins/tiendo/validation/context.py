"""A file to check, and what holds for each of its rows once its body and period are known."""

from datetime import date, datetime
from typing import NamedTuple

from tiendo.model.content import WorkbookContent
from tiendo.model.period import Period
from tiendo.validation.facts import HistoryFacts, RegisterFacts


class BatchFile(NamedTuple):
    """A file to check.

    Attributes:
        key: the caller's own number for it.
        sender_agency: code of the body that sent it, "" when unknown; then the workbook's own word counts.
        asked_period: the only period that is wanted (``2023-Q1``), "" when any open one is.
        received_at: when it came; None for a file that is only tried out.
        stranger: the mail address it came from, when that is no body's own; "" otherwise. What the workbook says of
            itself counts for nothing then.
        reopened: (body, period) pairs that a reviewer has asked to be reported anew.
        plan: code of the plan it is known to be of, "" where it has to be found.
        plans: names of the plans it may be of, where nothing tells which; else none.
    """

    key: int
    name: str
    sender_agency: str
    content: WorkbookContent
    asked_period: str = ""
    received_at: datetime | None = None
    stranger: str = ""
    reopened: frozenset[tuple[str, str]] = frozenset()
    plan: str = ""
    plans: tuple[str, ...] = ()


class Context(NamedTuple):
    """What holds for every row of one file; ``today`` is the day on which it came, ``file_index`` its place."""

    file_index: int
    agency: str
    period: Period
    facts: RegisterFacts
    history: HistoryFacts
    today: date
