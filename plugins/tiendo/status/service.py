"""Keeps ``core.indicator_status`` up to date with the figures: a row is added only where its content has changed."""

import hashlib
from typing import Any

import simplejson
from sqlalchemy import Connection, Engine, Row

from tiendo import clock
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.status.compute import COLUMNS, compute
from tiendo.status.names import Status
from tiendo.warehouse.engine import LOAD_LOCK, loader
from tiendo.warehouse.sql import copy_rows, statement


def initialise(engine: Engine, register: Register) -> None:
    """Migrates and stores the register; safe to repeat and to run from several processes at once.

    A new or changed register grades every period anew, so that the mart has one row per indicator and period from the
    beginning.
    """
    from tiendo.plan.kept import store_register
    from tiendo.warehouse.migrate import migrate

    migrate(engine)
    with loader(engine) as connection:
        connection.exec_driver_sql(LOAD_LOCK)
        if store_register(connection, register):
            for entry in register.calendar:
                store_status(connection, register, entry.period)


def refresh(engine: Engine, register: Register, period: Period) -> int:
    """Grades a period by what is known now and stores what changed.

    Returns:
        The number of indicators whose verdict, or anything it rests on, changed.
    """
    with loader(engine) as connection:
        connection.exec_driver_sql(LOAD_LOCK)
        return store_status(connection, register, period)


def store_status(connection: Connection, register: Register, period: Period) -> int:
    """Does the work of ``refresh`` in a transaction of the caller's, who holds the load lock."""
    from tiendo.plan.kept import register_at

    as_of = clock.now()
    parameters = {"plan_code": register.code, "period": str(period), "as_of": as_of}
    held, _, version_id = register_at(connection, register, period, as_of)
    figures = connection.execute(statement("status/figures_at.sql"), parameters)
    # Who speaks for a body that has ended is told by today's register, also of periods that an earlier one holds for.
    rows = compute(held, figures, period, as_of, register.heirs_on(clock.today()))
    known = {row.indicator_code: row for row in connection.execute(statement("status/latest_hashes.sql"), parameters)}
    changed = []
    for row in rows:
        record = dict(zip(COLUMNS, row, strict=True))
        # The sentence is hashed by the name it had first, so that rows stored before are known again.
        content = {"explanation" if name == "sentence" else name: record[name] for name in COLUMNS if name != "as_of"}
        digest = hashlib.sha256(_json(content).encode()).hexdigest()
        last = known.pop(record["indicator_code"], None)
        if last is None or (last.content_sha256, last.version_id) != (digest, version_id) or last.is_withdrawn:
            record["components"] = _json(record["components"])
            changed.append((*(record[name] for name in COLUMNS), digest, version_id, held.sha256, False))
    changed += [_withdrawn(parameters, last) for last in known.values() if not last.is_withdrawn]
    copy_rows(connection, "status/copy_status.sql", changed)
    return len(changed)


def _withdrawn(parameters: dict[str, Any], last: Row[Any]) -> tuple[Any, ...]:
    """Returns the row that ends what was said of an indicator that is no longer in the plan for the period."""
    said = parameters | {
        "indicator_code": last.indicator_code,
        "status": Status.NO_TARGET.value,
        "sentence": "",
        "components": "{}",
        "rule_version": "",
    } | dict.fromkeys(("is_estimate", "is_approximate", "is_illustrative"), False)  # fmt: skip
    return (*(said.get(name) for name in COLUMNS), "", last.version_id, last.register_sha256, True)


def _json(value: Any) -> str:
    return simplejson.dumps(value, use_decimal=True, sort_keys=True, ensure_ascii=False, default=str)
