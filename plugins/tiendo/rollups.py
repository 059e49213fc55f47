"""How many stand where, by section and lead body, and each body's record card: rows of the mart, and for people."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import typer
from sqlalchemy import Engine

from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.model.states import TASK_STATES
from tiendo.report.record_words import first_try_words, own_plan_words, reports_words
from tiendo.status.names import LABELS
from tiendo.warehouse.engine import reader
from tiendo.warehouse.sql import statement

Rows = list[dict[str, Any]]
GROUPINGS = ("plan", "section", "agency")
SUBJECTS = {"indicator": "Chỉ tiêu", "task": "Nhiệm vụ có cơ quan chủ trì", "collective_task": "Nhiệm vụ chung"}
NOT_REPORTED = {"not_reported": "Chưa báo cáo"}
# What a code means, in the order of print.
STATUS_NAMES = {status.value: label for status, label in LABELS.items()}
STATE_NAMES = TASK_STATES | NOT_REPORTED


def rollup_rows(engine: Engine, register: Register, period: Period, grouping: str, as_of: datetime) -> Rows:
    """Returns rows of ``mart.status_rollup`` of one grouping as they stood at an instant, in printed order."""
    with reader(engine) as connection:
        parameters = {
            "instant": as_of,
            "plan_code": register.code,
            "period": str(period),
            "grouping_kind": grouping,
        }
        return [dict(row) for row in connection.execute(statement("mart/rollup.sql"), parameters).mappings()]


def record_rows(engine: Engine, register: Register, as_of: datetime, agency: str = "") -> Rows:
    """Returns rows of ``mart.agency_record`` as they stood at an instant, each with its ``mistakes``.

    ``mistakes`` are rows of ``mart.agency_mistake`` with the rule's ``title`` in Vietnamese, the usual ones first.
    """
    from tiendo.validation.suites import rule_titles

    titles = rule_titles()
    parameters = {"instant": as_of, "plan_code": register.code}
    with reader(engine) as connection:
        records = connection.execute(statement("mart/records.sql"), parameters).mappings().all()
        mistakes = connection.execute(statement("mart/mistakes.sql"), parameters).mappings().all()
    return [
        dict(record)
        | {
            "mistakes": [
                {
                    "rule": row["rule"],
                    "title": titles.get(row["rule"], row["rule"]),
                    "severity": row["severity"],
                    "file_count": row["file_count"],
                    "finding_count": row["finding_count"],
                    "last_received_at": row["last_received_at"],
                }
                for row in mistakes
                if row["agency_code"] == record["agency_code"]
            ]
        }
        for record in records
        if agency in ("", record["agency_code"])
    ]


def print_rollup(rows: Sequence[Mapping[str, Any]]) -> None:
    """Prints counts by group, indicators first, in Vietnamese."""
    for subject, title in SUBJECTS.items():
        mine = [row for row in rows if row["subject"] == subject]
        if not mine:
            continue
        typer.echo(f"\n{title}")
        for name, group in groupby(mine, key=lambda row: row["group_name"]):
            counts = list(group)
            typer.echo(f"  {name} ({counts[0]['group_count']})")
            typer.echo(f"    {_in_words(counts, subject)}")
    if not rows:
        typer.echo("Chưa có đánh giá nào tại thời điểm này.")


def _in_words(rows: Sequence[Mapping[str, Any]], subject: str) -> str:
    names = STATUS_NAMES if subject == "indicator" else STATE_NAMES
    counts = {row["status"]: row["item_count"] for row in rows}
    return "; ".join(f"{name}: {counts[code]}" for code, name in names.items() if code in counts)


def print_records(rows: Sequence[Mapping[str, Any]]) -> None:
    """Prints the record card of each body, in Vietnamese."""
    for row in rows:
        typer.echo(f"\n{row['agency_name']} ({row['agency_code']})")
        mistakes = row["mistakes"]
        for label, text in (
            ("Báo cáo quý", reports_words(row)),
            ("Được chấp nhận ngay lần đầu", first_try_words(row)),
            ("Kế hoạch thực hiện của đơn vị", own_plan_words(row)),
            ("Lỗi thường gặp", f"{len(mistakes)} loại" if mistakes else "không có"),
        ):
            typer.echo(f"  {label + ':':32}{text}")
        for mistake in mistakes:
            typer.echo(f"    {mistake['rule']:28}{mistake['file_count']:3} tệp  {mistake['title']}")
