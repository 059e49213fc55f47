"""What suites said when they were run, kept in the warehouse as Great Expectations words it."""

import hashlib
import json
import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.validation.check import BrokenRule, FileCheck
from tiendo.validation.suites import SuiteRun
from tiendo.warehouse.sql import copy_rows, statement

WAREHOUSE_PART = 0


class RunKey(NamedTuple):
    """What a run of suites is known by.

    Attributes:
        run: of a batch the receipt number of the first file that it settles: a file is settled once, so no other batch
            is ever called so.
        part: counts from 1 what was checked together; ``WAREHOUSE_PART`` is the batch as loaded.
        period: of the mart's rows; None of a batch.
    """

    run: str
    part: int
    plan_code: str
    period: str | None
    ran_at: datetime


def keep_runs(connection: Connection, key: RunKey, suite_runs: Iterable[SuiteRun]) -> None:
    """Keeps, in the caller's transaction, what suites said; what is kept already under this key stays."""
    for suite_run in suite_runs:
        row = {"suite": suite_run.suite, "row_count": suite_run.row_count, "result": _document(key, suite_run)}
        connection.execute(statement("validation/put_result.sql"), key._asdict() | row)


def mart_key(register: Register, period: Period, as_of: datetime, suite_run: SuiteRun, ran_at: datetime) -> RunKey:
    """Returns the key of what suite ``mart`` said of a period's rows; the same where it says the same of an instant."""
    said = json.dumps(_storable([suite_run.row_count, suite_run.results]), sort_keys=True)
    run = f"{period} as of {as_of.isoformat()}, {hashlib.sha256(said.encode()).hexdigest()[:12]}"
    return RunKey(run, WAREHOUSE_PART, register.code, str(period), ran_at)


def keep_file_checks(connection: Connection, run: str, checks: Iterable[tuple[int, int, FileCheck]]) -> None:
    """Keeps in which part of a batch each file was checked, and which of its rows broke which rule.

    Args:
        checks: ``file_id``, part and check of each file that the batch settles.
    """
    checks = list(checks)
    copy_rows(
        connection,
        "validation/copy_checked_file.sql",
        [(file_id, run, part, json.dumps(check.row_counts)) for file_id, part, check in checks],
    )
    copy_rows(
        connection,
        "validation/copy_broken_rule.sql",
        [_broken_row(file_id, item) for file_id, _, check in checks for item in check.broken],
    )


def _broken_row(file_id: int, item: BrokenRule) -> tuple[Any, ...]:
    finding = item.finding
    return file_id, item.suite, finding.rule, finding.severity, item.row, finding.sheet, finding.cell, item.fate


def _document(key: RunKey, suite_run: SuiteRun) -> str:
    """Returns Great Expectations' ``ExpectationSuiteValidationResult`` as JSON, as its own schema reads it."""
    from great_expectations import __version__

    successes = [result["success"] for result in suite_run.results]
    document = {
        "success": all(successes),
        "suite_name": suite_run.suite,
        "suite_parameters": {},
        "statistics": {
            "evaluated_expectations": len(successes),
            "successful_expectations": sum(successes),
            "unsuccessful_expectations": len(successes) - sum(successes),
            "success_percent": 100 * sum(successes) / len(successes) if successes else None,
        },
        "results": suite_run.results,
        "meta": {
            "great_expectations_version": __version__,
            "run_id": {"run_name": key.run, "run_time": key.ran_at.isoformat()},
        },
    }
    return json.dumps(_storable(document), ensure_ascii=False)


def _storable(value: Any) -> Any:
    """Returns a document without what PostgreSQL's JSON cannot hold: NUL, half a surrogate pair, numbers that are none.

    Rows that broke a rule are quoted in it, as a sender has typed them.
    """
    if isinstance(value, dict):
        return {name: _storable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_storable(inner) for inner in value]
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return None if isinstance(value, float) and not math.isfinite(value) else value
