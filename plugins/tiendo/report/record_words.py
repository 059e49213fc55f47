"""A body's record card in words, in Vietnamese: what the command line and the report both print. Pure.

``record`` is a row of ``mart.agency_record``.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tiendo.clock import HANOI
from tiendo.vietnamese.dates import format_date
from tiendo.vietnamese.number import format_number

_OWN_PLAN_STATES = {"accepted": "đã gửi", "missing": "chưa gửi", "exempt": "được miễn"}


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
    words += [f"{record['quarantined_count']} tệp không đọc được, bị cách ly"] if record["quarantined_count"] else []
    return "; ".join(words) or "–"


def own_plan_words(record: Mapping[str, Any]) -> str:
    """Returns ``đã gửi ngày 05/04/2023, chậm 36 ngày``."""
    if record["own_plan_state"] is None:
        return "không phải gửi"
    words = _OWN_PLAN_STATES[record["own_plan_state"]]
    if record["own_plan_received_at"]:
        late = record["own_plan_days_late"]
        came_on = record["own_plan_received_at"].astimezone(HANOI).date()
        words += f" ngày {format_date(came_on)}, {f'chậm {late} ngày' if late else 'đúng hạn'}"
    return words


def mistakes_words(mistakes: Iterable[tuple[str, int]]) -> str:
    """Returns titles of rules with the number of files that broke them; ``không có`` for none."""
    return "; ".join(f"{title} ({files} tệp)" for title, files in mistakes) or "không có"
