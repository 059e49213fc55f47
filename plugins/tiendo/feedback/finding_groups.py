"""Findings grouped for those who mend them: the same fault in many cells is one thing to mend."""

import json
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from tiendo.model.outcome import SEVERITIES, Finding
from tiendo.settings import INCLUDE

SEVERITY_NAMES = {"critical": "Phải sửa", "warning": "Cần giải trình", "info": "Thông tin"}
_CELLS_NAMED = 6


class FindingPlace(NamedTuple):
    """One cell (or file, or row that is not there) with the fault. ``message``: "" where the group's says it."""

    sheet: str
    cell: str
    message: str
    found: str
    expected: str


class FindingGroup(NamedTuple):
    """The same fault in one or more places.

    Attributes:
        message: the words that hold for all places; the rule's title where each has its own.
        cells: the first places in short, for the list of what is to do.
    """

    severity: str
    message: str
    fix: str
    places: tuple[FindingPlace, ...]
    cells: str


def group_findings(findings: Sequence[Finding]) -> list[FindingGroup]:
    """Groups findings by rule, the gravest first."""
    by_rule: dict[tuple[str, str], list[Finding]] = {}
    for finding in sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)):
        by_rule.setdefault((finding.rule, finding.fix), []).append(finding)
    groups = []
    for (rule, fix), found in by_rule.items():
        messages = {finding.message for finding in found}
        is_one = len(messages) == 1
        places = tuple(
            FindingPlace(f.sheet, f.cell, "" if is_one else f.message, f.found, f.expected)
            for f in found
            if f.cell or f.found or f.expected
        )
        message = found[0].message if is_one else f"{_titles().get(rule, rule)}."
        groups.append(FindingGroup(found[0].severity, message, fix, places, _cells(places)))
    return groups


def _cells(places: Sequence[FindingPlace]) -> str:
    """``Chỉ tiêu: G7, G8; Nhiệm vụ: E9``."""
    by_sheet: dict[str, list[str]] = {}
    for place in places[:_CELLS_NAMED]:
        if place.cell:
            by_sheet.setdefault(place.sheet, []).append(place.cell)
    text = "; ".join(f"{sheet}: {', '.join(cells)}" for sheet, cells in by_sheet.items())
    further = len(places) - _CELLS_NAMED
    return f"{text} và {further} chỗ khác" if text and further > 0 else text


@cache
def _titles() -> dict[str, str]:
    """Titles of all rules by id."""
    titles = {}
    for path in sorted((INCLUDE / "expectations").glob("*.json")):
        for expectation in json.loads(path.read_text(encoding="utf-8"))["expectations"]:
            titles[expectation["meta"]["rule"]] = expectation["meta"]["title"]
    return titles
