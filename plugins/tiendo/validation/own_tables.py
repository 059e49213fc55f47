"""Suites ``warehouse`` and ``mart``: rows of our own tables beside what ought to stand there."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine

from tiendo import clock
from tiendo.model.outcome import FileOutcome
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.validation.kept_results import keep_runs, mart_key
from tiendo.validation.suites import check_table
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import fetch_frame

if TYPE_CHECKING:
    import pandas as pd

_MART_COLUMNS = (
    "plan_code", "period", "indicator_code", "register_row", "row_count", "status", "value_number", "state", "minimum",
    "maximum", "origin_part_count", "component_count", "rule_version", "as_of", "now",
)  # fmt: skip


class MartError(RuntimeError):
    """The mart breaks its own promises; the message names rules and rows."""


def check_mart(engine: Engine, register: Register, period: Period) -> None:
    """Checks a period's statuses as they stand now, and keeps what was found.

    Raises:
        MartError: rules are broken.
    """
    with loader(engine) as connection:
        failures = mart_failures(connection, register, period, clock.now())
    if failures:
        raise MartError("\n".join([f"{period}: the mart checks fail:", *failures]))


def mart_failures(connection: Connection, register: Register, period: Period, instant: datetime) -> list[str]:
    """Returns one sentence for each rule that the period's statuses break as they stood at an instant; [] for none.

    What the suite said is kept in the caller's transaction.
    """
    rows = fetch_frame(
        connection, "queries/status_at.sql", plan_code=register.code, period=str(period), instant=instant
    )
    check = check_table("mart", mart_frame(register, rows, instant))
    keep_runs(connection, mart_key(register, period, instant, check.run, clock.now()), [check.run])
    return check.faults


def warehouse_frame(rows: "pd.DataFrame", outcomes: Mapping[int, FileOutcome]) -> "pd.DataFrame":
    """Returns the table of suite ``warehouse``.

    Args:
        rows: of ``include/sql/validation/warehouse_rows.sql``.
        outcomes: what was decided for each file, by ``file_id``.
    """
    decided = [outcomes[file_id] for file_id in rows["file_id"]]
    return rows.assign(
        submissions_intended=[int(outcome.is_report) for outcome in decided],
        observations_intended=[len(outcome.observations) for outcome in decided],
        tasks_intended=[len(outcome.tasks) for outcome in decided],
        falling_count=[
            len(set(cells) - {finding.cell for finding in outcome.findings})
            for cells, outcome in zip(rows["falling_cells"], decided, strict=True)
        ],
    )


def mart_frame(register: Register, rows: "pd.DataFrame", now: datetime) -> "pd.DataFrame":
    """Returns the table of suite ``mart``: the rows of a period, and one for each leaf indicator that has none.

    Args:
        register: the plan.
        rows: of ``include/sql/queries/status_at.sql``.
        now: the present instant; nothing may be known later.
    """
    import pandas as pd

    leaves = {indicator.code: indicator for indicator in register.indicators if indicator.is_leaf}
    records = []
    for row in rows.to_dict("records"):
        leaf = leaves.get(row["indicator_code"])
        has_value, state = not pd.isna(row["value"]), (row["components"] or {}).get("state")
        records.append(
            {
                "plan_code": row["plan_code"],
                "period": row["period"],
                "indicator_code": row["indicator_code"],
                "register_row": "leaf" if leaf else "none",
                "row_count": 1,
                "status": row["status"],
                "value_number": float(row["value"]) if has_value else None,
                "state": state or "",
                "minimum": _float(leaf.minimum) if leaf else None,
                "maximum": _float(leaf.maximum) if leaf else None,
                "origin_part_count": _origin_parts(row) if has_value or state else None,
                "component_count": len(row["components"] or ()),
                "rule_version": row["rule_version"],
                "as_of": _in_utc(row["as_of"]),
                "now": _in_utc(now),
            }
        )
    present = {record["indicator_code"] for record in records}
    absent = [
        {"indicator_code": code, "row_count": 0, "rule_version": register.rule_version}
        for code in leaves
        if code not in present
    ]
    return pd.DataFrame([*records, *absent], columns=list(_MART_COLUMNS))


def _origin_parts(row: Mapping[Any, Any]) -> int:
    """Returns how many of observation, file, sheet and cell a figure leads to; a sum has all where its parts do."""
    import pandas as pd

    if parts := (row["components"] or {}).get("parts"):
        return 4 if all(part["observation_id"] for part in parts if part["value"] is not None) else 0
    origin = (row["observation_id"], row["file_sha256"], row["sheet"], row["cell"])
    return sum(not (pd.isna(part) or part == "") for part in origin)


def _in_utc(instant: datetime) -> datetime:
    """Returns an instant without its zone: Great Expectations compares bare ones."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def _float(value: object) -> float | None:
    return None if value is None else float(str(value))
