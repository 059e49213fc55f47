"""Writes ``docs/rules.md``, the catalogue of all rules, from the suites: ``tiendo docs``."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

from tiendo.model.period import Period
from tiendo.settings import PROJECT
from tiendo.validation.period_words import period_words
from tiendo.validation.suites import REPORT_SUITES, SUBMISSION_SUITES, TABLE_SUITES, Rule, Suite, get_suite

PATH = PROJECT / "docs" / "rules.md"
_HEAD = """# Rules

Made from `include/expectations/` by `tiendo docs`; a test fails when it is stale.

A `critical` finding rejects the whole file and nothing of it is loaded; a `warning` loads it and asks for an
explanation; an `info` tells. A rule marked *quarantined* sets the file aside: it is unsafe, unreadable or of no known
sender. What follows from another finding is left out: *unless* names the rules that, broken by the same row, say it
already. A rule marked *trial* is counted for operations (`tiendo rules trial`) and never told to a sender.

Each rule is an expectation over the facts of one row, with its numbers; they are changed in the suite's JSON. What
Great Expectations brings along is explained in its gallery, what is ours at the end of this page.
"""


def text() -> str:
    """Returns the catalogue."""
    parts = [_HEAD]
    for name in SUBMISSION_SUITES:
        parts.append("\n".join(_submission_suite(get_suite(name))))
    parts.append("# Checks of our own tables\n\nA broken one stops the run: it is our mistake, not a sender's.\n")
    for name in TABLE_SUITES:
        parts.append("\n".join(_table_suite(get_suite(name))))
    parts.append("# What is set against what bodies say\n\nA broken one stops nothing: report and reviewer are told.\n")
    for name in REPORT_SUITES:
        parts.append("\n".join(_table_suite(get_suite(name))))
    parts.append("\n".join(_own_expectations()))
    return "\n".join(parts)


def _submission_suite(suite: Suite) -> Iterator[str]:
    yield f"## `{suite.name}`\n\n{suite.meta['about']}\n"
    yield from _shared_numbers(suite)
    yield "| rule | severity | what it expects | what it says | how to mend |"
    yield "|---|---|---|---|---|"
    for rule, expectation in zip(suite.rules, suite.document["expectations"], strict=True):
        severity = f"{rule.severity}, *{rule.verdict}*" if rule.verdict else rule.severity
        severity += ", *trial*" if rule.trial else ""
        message = _of_first_quarter(rule.message)
        message = rule.title if message.startswith("{") else message
        fix = _of_first_quarter(rule.fix)
        yield f"| `{rule.rule}` | {severity} | {_expected(expectation, rule)} | {message} | {fix} |"
    yield ""


def _of_first_quarter(text: str) -> str:
    """Fills in the words of a plan that is reported by quarters; what is of a file or a row stays a name."""
    for name, words in period_words(Period(2023, 1)).items():
        text = text.replace(f"{{{name}}}", words)
    return text


def _table_suite(suite: Suite) -> Iterator[str]:
    yield f"## `{suite.name}`\n\n{suite.meta['about']}\n"
    yield "| rule | what it expects | when broken |"
    yield "|---|---|---|"
    for rule, expectation in zip(suite.rules, suite.document["expectations"], strict=True):
        yield f"| `{rule.rule}` | {_expected(expectation, rule)} | {rule.message} |"
    yield ""


def _shared_numbers(suite: Suite) -> Iterator[str]:
    for name, value in suite.parameters.items():
        yield f"Parameter `${name}`: `{json.dumps(value)}`\n"


def _expected(expectation: dict[str, Any], rule: Rule) -> str:
    """The type of an expectation, its parameters, its condition, and what explains it away."""
    kwargs = {name: value for name, value in expectation["kwargs"].items() if name != "row_condition"}
    parts = [f"`{expectation['type']}`", *(f"{name} = `{_shown(value)}`" for name, value in kwargs.items())]
    if condition := expectation["kwargs"].get("row_condition"):
        parts.append(f"*where* `{condition}`")
    if rule.unless:
        parts.append(f"*unless* {', '.join(f'`{name}`' for name in rule.unless)}")
    return "<br>".join(part.replace("|", "\\|") for part in parts)


def _shown(value: Any) -> str:
    if isinstance(value, dict) and "$PARAMETER" in value:
        return f"${value['$PARAMETER']}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _own_expectations() -> Iterator[str]:
    """The docstrings of our own expectations, read without the four seconds that importing them takes."""
    yield "# Expectations of our own\n"
    for node in ast.parse((PROJECT / "plugins/tiendo/validation/row_expectations.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Expect"):
            name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", node.name).lower()
            yield f"## `{name}`\n\n```text\n{ast.get_docstring(node)}\n```\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
