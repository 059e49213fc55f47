"""Suite ``assertions``: what bodies say of their tasks beside what is known; a contradiction is told, not corrected."""

from collections.abc import Sequence
from typing import NamedTuple

from tiendo.validation.suites import ROW_ID, SuiteRun, get_suite, run_suite


class TaskAssertion(NamedTuple):
    """The state that one body tells of one task, and what we know.

    Attributes:
        own_plan: ``lacking`` where the task is the sending of the body's own plan and none has come, else "".
        days_overdue: days since the task was due; 0 before, and without a due day. ``due``: that day in words.
        failing: names of the indicators that the task is to bring about and that are behind or missed.
    """

    task_ref: str
    agency_code: str
    state: str
    own_plan: str
    days_overdue: int
    due: str
    failing: tuple[str, ...]


def check_assertions(assertions: Sequence[TaskAssertion]) -> tuple[dict[tuple[str, str], str], SuiteRun]:
    """Returns what speaks against an assertion, in Vietnamese, by task and body; and what the suite said.

    Raises:
        RuntimeError: Great Expectations could not evaluate a rule.
    """
    import pandas as pd

    suite = get_suite("assertions")
    rows = [assertion._asdict() | {"failing_count": len(assertion.failing)} for assertion in assertions]
    frame = pd.DataFrame(rows, columns=[*TaskAssertion._fields, "failing_count"])
    run = run_suite(suite, frame[list(suite.columns)].assign(**{ROW_ID: range(len(frame))}))
    told: dict[tuple[str, str], str] = {}
    for number, failing in run.failing:
        for position in failing:
            assertion = assertions[position]
            words = suite.rules[number].message.format(due=assertion.due, failing="; ".join(assertion.failing))
            known = told.get((assertion.task_ref, assertion.agency_code))
            told[assertion.task_ref, assertion.agency_code] = f"{known}; {words}" if known else words
    return told, run
