"""Brings a database to the present schema and the register into it."""

from pathlib import Path
from typing import Any

from alembic import command, op
from alembic.config import Config
from sqlalchemy import Connection, Engine

from tiendo import clock
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.settings import INCLUDE
from tiendo.warehouse.sql import statement


class CalendarError(RuntimeError):
    """The register moves days that have passed; the message says which."""


def run_file(name: str) -> None:
    """Runs one file of include/sql/migrations/ inside the migration's transaction (used by the revisions)."""
    script = (INCLUDE / "sql" / "migrations" / name).read_text(encoding="utf-8")
    connection = op.get_bind()
    # Without parameters psycopg takes the script as it stands: several statements, percent signs and all.
    connection.execution_options(no_parameters=True).exec_driver_sql(script)


def migrate(engine: Engine) -> None:
    """Applies the migrations that are missing, in one transaction. Needs the rights of the schema's owner."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        connection.exec_driver_sql("select pg_advisory_xact_lock(hashtext('tiendo.migrate'))")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def store_register(connection: Connection, register: Register) -> bool:
    """Copies the register into schema core, replacing what it said before.

    Returns:
        Whether anything was written; False when the same register is there already.
    """
    known = connection.execute(statement("register/get_plan_sha256.sql"), {"plan_code": register.code}).scalar()
    if known == register.sha256:
        return False
    plan: dict[str, Any] = {"plan_code": register.code}
    _check_past(connection, register)
    connection.execute(
        statement("register/put_plan.sql"),
        plan
        | {
            "title": register.title,
            "province": register.province,
            "year": register.year,
            "rule_version": register.rule_version,
            "register_sha256": register.sha256,
            "loaded_at": clock.now(),
        },
    )
    connection.execute(
        statement("register/put_agency.sql"),
        [
            plan
            | {
                "agency_code": agency.code,
                "name": agency.name,
                "short_name": agency.short_name,
                "kind": agency.kind,
                "is_obliged": agency.is_obliged,
                "row_order": agency.row_order,
            }
            for agency in register.agencies
        ],
    )
    connection.execute(
        statement("register/put_indicator.sql"),
        [
            plan
            | {
                "indicator_code": indicator.code,
                "row_order": indicator.row_order,
                "row_kind": indicator.row_kind,
                "section_no": indicator.section_no,
                "section_title": indicator.section_title,
                "printed_no": indicator.printed_no,
                "name": indicator.name,
                "label": indicator.label,
                "unit_code": indicator.unit.code if indicator.unit else None,
                "unit": indicator.unit.label if indicator.unit else "",
                "target_text": indicator.target_text,
                "comparator": indicator.comparator,
                "target_low": indicator.low,
                "target_high": indicator.high,
                "direction": indicator.direction,
                "nature": indicator.nature,
                "decision": indicator.decision,
                "published_in": list(indicator.published_in),
            }
            for indicator in register.indicators
        ],
    )
    connection.execute(
        statement("register/put_task.sql"),
        [
            plan
            | {
                "task_ref": task.ref,
                "row_order": task.row_order,
                "section_ref": task.section_ref,
                "section_title": task.section_title,
                "title": task.title,
                "is_collective": task.is_collective,
                "due_on": task.due_on,
            }
            for task in register.tasks
        ],
    )
    reporters = [
        (indicator.code, agency, place)
        for indicator in register.indicators
        if indicator.is_leaf
        for place, agency in enumerate(indicator.reporters, start=1)
    ]
    connection.execute(
        statement("register/put_reporter.sql"),
        plan
        | {
            "indicators": [indicator for indicator, _, _ in reporters],
            "agencies": [agency for _, agency, _ in reporters],
            "precedences": [place for _, _, place in reporters],
        },
    )
    leads = [(task.ref, agency) for task in register.tasks for agency in task.lead_agencies]
    connection.execute(
        statement("register/put_task_lead.sql"),
        plan | {"tasks": [task for task, _ in leads], "agencies": [agency for _, agency in leads]},
    )
    connection.execute(
        statement("register/put_period.sql"),
        [
            plan
            | {
                "period": str(entry.period),
                "cut_off_on": entry.cut_off_on,
                "due_at": entry.due_at,
                "publish_at": entry.publish_at,
                "closing_at": entry.closing_at,
            }
            for entry in register.calendar
        ],
    )
    connection.execute(
        statement("register/put_obligation.sql"),
        [
            plan
            | {
                "obligation": owed.duty,
                "period": owed.period,
                "due_at": owed.due_at,
                "closing_at": owed.closing_at,
            }
            for owed in register.obligations
        ],
    )
    return True


def _check_past(connection: Connection, register: Register) -> None:
    """Refuses a register that moves days which have passed: who was on time stays so, and so do the editions."""
    parameters = {"plan_code": register.code, "now": clock.now()}
    faults = []
    for row in connection.execute(statement("register/past_days.sql"), parameters):
        entry = register.calendar_by_period.get(Period.parse(row.period))
        if entry is None or getattr(entry, row.name) != row.instant:
            faults.append(f"{row.period}, {row.name}: {row.instant.isoformat()} is past")
    if faults:
        raise CalendarError(
            "plan.yaml moves days of the calendar that have passed; a change takes effect from a day to come "
            "(calendar.changes), a body's own due day is an extension: " + "; ".join(faults)
        )
