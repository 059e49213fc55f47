"""A rule: what it asks for and from which number on, how often it is broken, by whom, and where it was last."""

import json
import re
from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Path as PathPart
from fastapi.responses import HTMLResponse

from tiendo.pages.frame import Opened, Refusal, Viewer, page
from tiendo.pages.places import Rows, fetch, words
from tiendo.validation.suites import SUBMISSION_SUITES, Rule, Suite, get_suite, subjects_of
from tiendo.warehouse.engine import onlooker

_FILLED_IN = re.compile(r" ?\{\w+\}")
router = APIRouter()


@router.get("/quy-tac/{rule_id}")
def rule_page(
    rule_id: Annotated[str, PathPart(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")], user: Viewer, parts: Opened
) -> HTMLResponse:
    """Returns the page of a rule that files are checked by."""
    suite, rule = _find(rule_id)
    own = {"rule": rule_id, "plan_code": parts.register.code}
    with onlooker(parts.engine) as connection:
        counts = fetch(connection, "pages/rule_counts.sql", **own)
        (fates,) = fetch(connection, "pages/rule_fates.sql", **own)
        examples = fetch(connection, "pages/rule_examples.sql", **own)
    return page(
        "rule.html.j2",
        **words(parts.register.period_kind),
        user=user.get_name(),
        agencies=parts.register.agency_by_code,
        rule=rule,
        message=_general(rule.message),
        fix=_general(rule.fix),
        about=suite.meta["about"],
        thresholds=_thresholds(suite, rule_id),
        columns=subjects_of(suite.kwargs_of(rule_id)),
        condition=suite.kwargs_of(rule_id).get("row_condition", ""),
        fates=fates,
        file_count=sum(row["file_count"] for row in counts),
        finding_count=sum(row["finding_count"] for row in counts),
        bodies=_bodies(counts),
        periods=sorted(_summed(counts, "period").items(), key=lambda each: str(each[0]), reverse=True),
        examples=examples,
    )


def _find(rule_id: str) -> tuple[Suite, Rule]:
    for suite in map(get_suite, SUBMISSION_SUITES):
        for rule in suite.rules:
            if rule.rule == rule_id:
                return suite, rule
    raise Refusal(404, "There is no such rule.", "Không có quy tắc này.")


def _thresholds(suite: Suite, rule_id: str) -> list[tuple[str, str]]:
    """Returns a rule's numbers and lists as its suite has them, without the columns it looks at."""
    return [
        (name, _plain(value))
        for name, value in suite.kwargs_of(rule_id).items()
        if "column" not in name and name != "row_condition"
    ]


def _general(text: str) -> str:
    """Returns a rule's words without what each row fills in; the examples have that."""
    return "" if text.startswith("{") else _FILLED_IN.sub(" …", text)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name} = {_plain(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value)


def _summed(rows: Rows, key: str) -> Counter[str | None]:
    summed: Counter[str | None] = Counter()
    for row in rows:
        summed[row[key]] += row["file_count"]
    return summed


def _bodies(rows: Rows) -> list[dict[str, Any]]:
    """Returns by body its files and findings, who breaks it most first."""
    return [
        {
            "agency_code": code,
            "file_count": count,
            "finding_count": sum(row["finding_count"] for row in rows if row["agency_code"] == code),
            "last_received_at": max(row["last_received_at"] for row in rows if row["agency_code"] == code),
        }
        for code, count in _summed(rows, "agency_code").most_common()
    ]
