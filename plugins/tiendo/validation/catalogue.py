"""Writes ``docs/rules.md``, the catalogue of all rules, from the suites: ``python -m tiendo.validation.catalogue``."""

from collections.abc import Iterator

from tiendo.settings import PROJECT
from tiendo.validation.suites import SUBMISSION_SUITES, TABLE_SUITES, Suite, get_suite

PATH = PROJECT / "docs" / "rules.md"
_HEAD = """# Rules

Made from `include/expectations/` by `python -m tiendo.validation.catalogue`; a test fails when it is stale.

A `critical` finding rejects the whole file and nothing of it is loaded; a `warning` loads it and asks for an
explanation; an `info` tells. A rule marked *quarantined* sets the file aside: it is unsafe, unreadable or of no known
sender. What follows from another finding is left out.
"""


def text() -> str:
    """Returns the catalogue."""
    parts = [_HEAD]
    for name in SUBMISSION_SUITES:
        parts.append("\n".join(_submission_suite(get_suite(name))))
    parts.append("# Checks of our own tables\n\nA broken one stops the run: it is our mistake, not a sender's.\n")
    for name in TABLE_SUITES:
        parts.append("\n".join(_table_suite(get_suite(name))))
    return "\n".join(parts)


def _submission_suite(suite: Suite) -> Iterator[str]:
    yield f"## `{suite.name}`\n\n{suite.meta['about']}\n"
    yield "| rule | severity | what it says | how to mend |"
    yield "|---|---|---|---|"
    for rule in suite.rules:
        severity = f"{rule.severity}, *{rule.verdict}*" if rule.verdict else rule.severity
        message = rule.title if rule.message.startswith("{") else rule.message
        yield f"| `{rule.rule}` | {severity} | {message} | {rule.fix} |"
    yield ""


def _table_suite(suite: Suite) -> Iterator[str]:
    yield f"## `{suite.name}`\n\n{suite.meta['about']}\n"
    yield "| rule | when broken |"
    yield "|---|---|"
    for rule in suite.rules:
        yield f"| `{rule.rule}` | {rule.message} |"
    yield ""


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
