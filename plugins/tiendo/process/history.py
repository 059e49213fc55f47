"""What is known when a file is checked: figures and tasks that count now, counted when it came, or will count soon."""

from collections.abc import Iterable
from datetime import date, datetime
from operator import attrgetter
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.process.steps import Checked
from tiendo.validation.facts import Known, KnownFigure, KnownTask
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

if TYPE_CHECKING:
    from tiendo.model.content import WorkbookContent


def fetch_history(
    engine: Engine, register: Register, contents: Iterable["WorkbookContent"], senders: Iterable[str]
) -> list[Known]:
    """Returns what the bodies that sent these files have told, as ``check_batch`` wants it."""
    agencies = {content.marker.agency for content in contents} | set(senders)
    with loader(engine) as connection:
        return _fetch(connection, "intake/history.sql", register, agencies, "infinity")


def fetch_history_before(
    engine: Engine, register: Register, content: "WorkbookContent", sender: str, received_at: datetime
) -> list[Known]:
    """Returns what counted when a file came, whatever its body has reported since."""
    with loader(engine) as connection:
        name, agencies = "operations/history_before.sql", {content.marker.agency, sender}
        return _fetch(connection, name, register, agencies, received_at)


def _fetch(
    connection: Connection, name: str, register: Register, agencies: Iterable[str], before: datetime | str
) -> list[Known]:
    bodies = {*agencies} - {""}
    # Of a body that took over also what the others had told.
    bodies |= {ended for ended, heirs in register.heirs_on(date.max).items() if not bodies.isdisjoint(heirs)}
    bound = {"plan_code": register.code, "agencies": sorted(bodies), "received_at": before}
    figures = [
        KnownFigure(
            row.indicator, row.agency, Period.parse(row.period), row.basis, row.value, row.is_correction,
            row.received_at,
        )
        for row in connection.execute(statement(name), bound)
    ]  # fmt: skip
    tasks = [
        KnownTask(row.task_ref, row.agency, Period.parse(row.period), row.state, row.completion, row.received_at)
        for row in connection.execute(statement("intake/task_history.sql"), bound)
    ]
    return [*figures, *tasks]


def add_to_history(history: Iterable[Known], settled: Iterable[Checked]) -> list[Known]:
    """Returns what counts once these files are loaded: the figures of ``core.observation_at``, told from rows; tasks.

    Of what a body told of a period its newest file counts, and the corrections; of these the newest.

    Args:
        settled: in the order of their landing.
    """
    every: list[Known] = [*history]
    for item in settled:
        came, told = item.file.received_at, item.outcome
        every += [
            KnownFigure(o.indicator, o.agency, Period.parse(o.period), o.basis, o.value, o.is_correction, came)
            for o in told.observations
        ]
        every += [
            KnownTask(t.task_ref, t.agency, Period.parse(t.period), t.state, t.completion_pct, came) for t in told.tasks
        ]
    corrections = [row for row in every if isinstance(row, KnownFigure) and row.is_correction]
    own = [row for row in every if isinstance(row, KnownTask) or not row.is_correction]
    newest: dict[tuple[str, Period], datetime] = {}
    for row in own:
        key = (row.agency, row.period)
        newest[key] = max(row.received_at, newest.get(key, row.received_at))
    counting = [*corrections, *(row for row in own if row.received_at == newest[row.agency, row.period])]
    in_order = sorted(counting, key=attrgetter("received_at"))
    return list({_subject(row): row for row in in_order}.values())


def _subject(known: Known) -> tuple[str, str, Period, str]:
    """What a figure or a task is told of; a later one of the same takes its place."""
    if isinstance(known, KnownTask):
        return known.task_ref, known.agency, known.period, ""
    return known.indicator, known.agency, known.period, known.basis
