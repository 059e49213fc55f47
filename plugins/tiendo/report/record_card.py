"""A body's record card: its rows, and the words in Vietnamese that the command line and the report both print.

``record`` is a row of ``mart.agency_record``.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from tiendo.clock import HANOI
from tiendo.model.register import Register
from tiendo.validation.suites import rule_titles
from tiendo.vietnamese.dates import format_date
from tiendo.vietnamese.number import format_number
from tiendo.warehouse.engine import reader
from tiendo.warehouse.sql import statement

_OWN_PLAN_STATES = {"accepted": "đã gửi", "missing": "chưa gửi", "exempt": "được miễn"}


def record_rows(engine: Engine, register: Register, as_of: datetime, agency: str = "") -> list[dict[str, Any]]:
    """Returns rows of ``mart.agency_record`` as known at an instant, each with its ``mistakes``.

    ``mistakes`` are rows of ``mart.agency_mistake`` with the rule's ``title`` in Vietnamese, the usual ones first.
    """
    titles = rule_titles(register.period_kind)
    parameters = {"instant": as_of, "plan_code": register.code}
    with reader(engine) as connection:
        records = connection.execute(statement("queries/records.sql"), parameters).mappings().all()
        mistakes = connection.execute(statement("queries/mistakes.sql"), parameters).mappings().all()
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


def reports_words(record: Mapping[str, Any]) -> str:
    """Returns ``4/4 kỳ đã gửi: 3 đúng hạn, 1 chậm (bình quân 1,5 ngày một báo cáo, nhiều nhất 6 ngày)``."""
    owed, received = record["owed_count"], record["received_count"]
    if not owed:
        return "chưa đến hạn kỳ nào"
    words = f"{received}/{owed} kỳ đã gửi"
    if received:
        words += f": {record['on_time_count']} đúng hạn"
    if record["late_count"]:
        average = format_number(record["days_late_avg"])
        words += f", {record['late_count']} chậm"
        words += f" (bình quân {average} ngày một báo cáo, nhiều nhất {record['days_late_max']} ngày)"
    if record["missing_count"]:
        words += f"; {record['missing_count']} kỳ chưa gửi"
    return words


def first_try_words(record: Mapping[str, Any]) -> str:
    """Returns ``3/4 kỳ; 1 tệp bị trả lại``; ``–`` where nothing was sent."""
    received = record["received_count"]
    words = [f"{record['first_try_count']}/{received} kỳ"] if received else []
    words += [f"{record['rejected_count']} tệp bị trả lại"] if record["rejected_count"] else []
    words += [f"{record['quarantined_count']} tệp không đọc được, bị tạm giữ"] if record["quarantined_count"] else []
    return "; ".join(words) or "–"


def own_plan_state(record: Mapping[str, Any]) -> str:
    """Returns ``đã gửi``, ``chưa gửi``, ``được miễn`` or ``không phải gửi``."""
    state = record["own_plan_state"]
    return "không phải gửi" if state is None else _OWN_PLAN_STATES[state]


def own_plan_words(record: Mapping[str, Any]) -> str:
    """Returns ``đã gửi ngày 05/04/2023, chậm 36 ngày``."""
    words = own_plan_state(record)
    if record["own_plan_state"] and record["own_plan_received_at"]:
        late = record["own_plan_days_late"]
        came_on = record["own_plan_received_at"].astimezone(HANOI).date()
        words += f" ngày {format_date(came_on)}, {f'chậm {late} ngày' if late else 'đúng hạn'}"
    return words


def mistakes_words(mistakes: Iterable[tuple[str, int]]) -> str:
    """Returns titles of rules with the number of files that broke them; ``không có`` for none."""
    return "; ".join(f"{title} ({files} tệp)" for title, files in mistakes) or "không có"
