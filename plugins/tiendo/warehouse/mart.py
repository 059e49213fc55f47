"""Rows of schema ``mart``, as commands, reminders and the replay show them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine

from tiendo import clock
from tiendo.model.outcome import LastReported
from tiendo.model.period import Period
from tiendo.model.register import Duty, Nature, Register
from tiendo.warehouse.engine import reader
from tiendo.warehouse.sql import statement

Rows = list[dict[str, Any]]


def _rows(engine: Engine, name: str, **parameters: Any) -> Rows:
    with reader(engine) as connection:
        return [dict(row) for row in connection.execute(statement(name), parameters).mappings()]


def status_rows(engine: Engine, register: Register, period: Period, as_of: datetime) -> Rows:
    """Returns rows of ``mart.indicator_status`` as they stood at an instant, in printed order."""
    return _rows(engine, "queries/status_at.sql", instant=as_of, plan_code=register.code, period=str(period))


def tracker_rows(
    engine: Engine,
    register: Register,
    period: Period | str,
    duty: Duty = Duty.QUARTERLY_REPORT,
    as_of: datetime | None = None,
) -> Rows:
    """Returns rows of ``mart.submission_tracker`` as they stood at an instant, by default now: one per body."""
    return _rows(
        engine,
        "queries/tracker.sql",
        instant=as_of or clock.now(),
        plan_code=register.code,
        obligation=duty,
        period=str(period),
    )


def explanation(engine: Engine, register: Register, indicator: str, period: Period) -> dict[str, Any]:
    """Returns one object that leads from the graded value to its cell: the document of ``tiendo explain --json``.

    A sum has no cell of its own: its ``parts`` have theirs.
    """
    key = {"plan_code": register.code, "period": str(period), "indicator": indicator}
    (row,) = _rows(engine, "queries/explain.sql", **key)
    if "parts" in row["components"]:
        row["parts"] = _rows(engine, "queries/explain_parts.sql", **key)
    return row


def last_values(engine: Engine, register: Register, period: Period) -> Mapping[tuple[str, str], Decimal]:
    """Returns the last year-to-date figure before a period, by (indicator, agency), for the workbook's column.

    What adds up begins anew each year: of another year it has none.
    """
    rows = _rows(engine, "queries/last_values.sql", plan_code=register.code, period=str(period))
    sums = {indicator.code for indicator in register.indicators if indicator.nature is Nature.FLOW}
    return {
        (row["indicator_code"], row["agency_code"]): row["value"]
        for row in rows
        if row["indicator_code"] not in sums or Period.parse(row["period"]).year == period.year
    }


def last_reported(engine: Engine, register: Register, period: Period) -> LastReported:
    """Returns what bodies reported before a period, for the workbook."""
    key = {"plan_code": register.code, "period": str(period)}
    figures = _rows(engine, "queries/reported_before.sql", **key)
    tasks = _rows(engine, "queries/tasks_before.sql", **key)
    values = last_values(engine, register, period)
    states = {(row["task_ref"], row["agency_code"]): (row["state"], row["completion_pct"]) for row in tasks}
    past = {
        (row["indicator_code"], row["agency_code"], row["period"], row["basis"]): row["told"] or row["value"]
        for row in figures
    }
    # In the order of the periods: the last one stays.
    told = {(row["indicator_code"], row["agency_code"]): row["told"] for row in figures if row["told"]}
    # What a body told that has ended by then is shown to the one that took over, where it has told nothing itself.
    heirs = register.heirs_on(period.last_day)

    def handed_over(known: Mapping[Any, Any]) -> dict[Any, Any]:
        taken = {(key[0], h, *key[2:]): value for key, value in known.items() for h in heirs.get(key[1], ())}
        return taken | dict(known)

    return LastReported(handed_over(values), handed_over(states), handed_over(past), handed_over(told))


def past_figures(engine: Engine, register: Register) -> Rows:
    """Returns the year's own figures of flows as rows of a later plan's ``past_figures.csv``; no made-up ones."""
    rows = _rows(engine, "queries/past_figures.sql", plan_code=register.code)
    return [row | {"value": format(row["value"], "f")} for row in rows]


def rollup_rows(engine: Engine, register: Register, period: Period, grouping: str, as_of: datetime) -> Rows:
    """Returns rows of ``mart.status_rollup`` of one grouping as they stood at an instant, in printed order."""
    return _rows(
        engine,
        "queries/rollup.sql",
        instant=as_of,
        plan_code=register.code,
        period=str(period),
        grouping_kind=grouping,
    )
