"""The figures known when a file is checked: those that count now, that counted when it came, or will count soon."""

from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.process.steps import Checked
from tiendo.validation.facts import KnownFigure
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

if TYPE_CHECKING:
    from tiendo.model.content import WorkbookContent


def fetch_history(
    engine: Engine, register: Register, contents: Iterable["WorkbookContent"], senders: Iterable[str]
) -> list[KnownFigure]:
    """Returns the current figures of the bodies that sent these files, as ``check_batch`` wants them."""
    agencies = {content.marker.agency for content in contents} | set(senders)
    with loader(engine) as connection:
        return _fetch(connection, "intake/history.sql", register, agencies)


def fetch_history_before(
    engine: Engine, register: Register, content: "WorkbookContent", sender: str, received_at: datetime
) -> list[KnownFigure]:
    """Returns the figures that counted when a file came, whatever its body has reported since."""
    with loader(engine) as connection:
        name, agencies = "operations/history_before.sql", {content.marker.agency, sender}
        return _fetch(connection, name, register, agencies, received_at=received_at)


def _fetch(
    connection: Connection, name: str, register: Register, agencies: Iterable[str], **parameters: datetime
) -> list[KnownFigure]:
    bound = {"plan_code": register.code, "agencies": sorted({*agencies} - {""}), **parameters}
    return [
        KnownFigure(
            row.indicator, row.agency, Period.parse(row.period), row.basis, row.value, row.is_correction,
            row.received_at,
        )
        for row in connection.execute(statement(name), bound)
    ]  # fmt: skip


def add_to_history(history: Iterable[KnownFigure], settled: Iterable[Checked]) -> list[KnownFigure]:
    """Returns the figures that count once these files are loaded: those of ``core.observation_at``, told from rows.

    Of a body's figures of a period those of its newest file count, and the corrections; of these the newest.

    Args:
        settled: in the order of their landing.
    """
    every = [
        *history,
        *(
            KnownFigure(
                o.indicator, o.agency, Period.parse(o.period), o.basis, o.value, o.is_correction,
                item.file.received_at,
            )
            for item in settled
            for o in item.outcome.observations
        ),
    ]  # fmt: skip
    own, corrections = ([row for row in every if row.is_correction is kind] for kind in (False, True))
    newest: dict[tuple[str, Period], datetime] = {}
    for row in own:
        key = (row.agency, row.period)
        newest[key] = max(row.received_at, newest.get(key, row.received_at))
    counting = corrections + [row for row in own if row.received_at == newest[row.agency, row.period]]
    in_order = sorted(counting, key=attrgetter("received_at"))
    return list({(row.indicator, row.agency, row.period, row.basis): row for row in in_order}.values())
