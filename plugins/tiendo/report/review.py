"""What a reviewer must see before approving: what changed, who is missing, what is doubtful, and what forbids it.

A draft is shown in three ways: the request for approval in the Airflow page (Markdown, short), ``xem-xet.html`` beside
the draft's other files (everything), and the page on which it is decided (the same, by ``xem-xet.json``).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from tiendo import clock
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.report.data import EditionChange, EditionData, IndicatorLine
from tiendo.report.gather import task_assertions
from tiendo.report.headline import headlines
from tiendo.report.manifest import data_sha256
from tiendo.report.summary import edition_label, further_lines, open_words
from tiendo.report.view import change_view, submissions_view
from tiendo.report.words import (
    clean,
    contradiction_text,
    instant,
    lower,
    number,
    period_name,
    short_instant,
    source_text,
    status_name,
    value_text,
)
from tiendo.status.names import LABELS, Status
from tiendo.status.rounding import rounded_gap, rounded_need
from tiendo.templates import template
from tiendo.validation.assertions import check_assertions
from tiendo.validation.kept_results import keep_runs, mart_key
from tiendo.validation.suites import SUBMISSION_SUITES, get_suite
from tiendo.vietnamese.number import format_number
from tiendo.warehouse.release import release
from tiendo.warehouse.sql import statement

PAGE, VIEW = "xem-xet.html", "xem-xet.json"
# A verdict that a change of the figure by this share of what was expected would turn.
NEAR_SHARE = Decimal("0.02")
# The request for approval is read on one screen; the page has the rest.
MOST_LINES = 12


@dataclass(frozen=True)
class NearBoundary:
    """An indicator whose verdict would turn with a small change of its figure.

    Attributes:
        distance: how far the boundary is, in the unit; ``is_better``: whether the verdict beyond it is the better one.
        is_rounding: half a unit of the figure's last digit reaches it: rounding alone decides.
    """

    line: IndicatorLine
    distance: Decimal
    is_better: bool
    is_rounding: bool


@dataclass(frozen=True)
class OpenWarning:
    """A warning on a report in force.

    Attributes:
        explanation: what the sender wrote in the same row, "" for nothing.
        indicator, unit, value: of a figure, whose cell is the one at fault; "" and None otherwise.
        last_value, last_period: what its sender had told before, and for when.
    """

    agency_name: str
    receipt_no: str
    file_name: str
    rule: str
    sheet: str
    cell: str
    message: str
    found: str
    explanation: str = ""
    expected: str = ""
    indicator: str = ""
    unit: str = ""
    value: Decimal | None = None
    last_value: Decimal | None = None
    last_period: str = ""


@dataclass(frozen=True)
class OpenRequest:
    """A body that was asked to correct its report and has not answered."""

    agency_name: str
    request_no: str
    comment: str
    asked_by: str
    asked_at: datetime


@dataclass(frozen=True)
class RefusedReport:
    """A body whose last report of the period was sent back and has not come again.

    Attributes:
        is_received: an earlier version counts.
    """

    agency_code: str
    agency_name: str
    rejected_at: datetime
    is_received: bool


@dataclass(frozen=True)
class Dispute:
    """An indicator whose reporters differ: each one's figure, in the register's order; of states by no amount."""

    line: IndicatorLine
    figures: tuple[tuple[str, str], ...]
    difference: Decimal | None


@dataclass(frozen=True)
class DraftReview:
    """A draft as its reviewer should see it. ``failures`` are for operations, in English; with any it cannot go out."""

    data: EditionData
    near: tuple[NearBoundary, ...]
    warnings: tuple[OpenWarning, ...]
    disputes: tuple[Dispute, ...]
    failures: tuple[str, ...]
    requests: tuple[OpenRequest, ...] = ()
    refused: tuple[RefusedReport, ...] = ()


def gather_review(connection: Connection, register: Register, data: EditionData) -> DraftReview:
    """Reads what a review needs beside the draft itself, as known at the draft's instant."""
    from tiendo.validation.own_tables import mart_failures

    # What contradicts is in the draft already; here it is kept as what the suite said of it.
    _, run = check_assertions(task_assertions(register, data.as_of, data.graded, data.tasks, data.own_plans))
    keep_runs(connection, mart_key(register, data.period, data.as_of, run, clock.now()), [run])
    key = {"plan_code": register.code, "period": str(data.period), "as_of": data.as_of}
    lines = {line.code: line for line in data.graded}
    warnings = connection.execute(statement("report/open_warnings.sql"), key).mappings()
    disputes = connection.execute(statement("report/disputes.sql"), key).mappings()
    requests = connection.execute(statement("report/open_requests.sql"), key).mappings()
    refused = connection.execute(statement("report/refused.sql"), key).mappings()
    return DraftReview(
        data,
        near=near_boundaries(data),
        warnings=tuple(OpenWarning(**row) for row in warnings),
        disputes=tuple(_dispute(register, lines, dict(row)) for row in disputes),
        failures=tuple(mart_failures(connection, register, data.period, data.as_of)),
        requests=tuple(OpenRequest(**row) for row in requests),
        refused=tuple(RefusedReport(**row) for row in refused),
    )


def near_boundaries(data: EditionData) -> tuple[NearBoundary, ...]:
    """Returns the lines whose verdict hangs by a small change of the figure, the closest first (by share)."""
    found = []
    for line in data.graded:
        reach = [(d, better) for d, better in ((line.margin_up, True), (line.margin_down, False)) if d is not None]
        if line.value is None or not reach:
            continue
        distance, is_better = min(reach)
        scale = abs(line.expected) if line.expected else abs(line.value)
        exponent = int(line.value.as_tuple().exponent)
        is_rounding = distance <= Decimal(5).scaleb(min(exponent, 0) - 1)
        if is_rounding or distance <= NEAR_SHARE * scale:
            found.append(
                (distance / scale if scale else distance, line.row_order, line, distance, is_better, is_rounding)
            )
    found.sort(key=lambda item: item[:2])
    return tuple(NearBoundary(*item[2:]) for item in found)


def _dispute(register: Register, lines: Mapping[str, IndicatorLine], row: Mapping[str, Any]) -> Dispute:
    figures = tuple(
        (
            register.agency_by_code[each["agency"]].name,
            clean(each["state"]) if "state" in each else format_number(Decimal(each["value"])),
        )
        for each in row["reporters"]
        if each["value"] is not None or "state" in each
    )
    difference = row["difference"]
    return Dispute(lines[row["indicator_code"]], figures, None if difference is None else Decimal(difference))


def review_view(review: DraftReview) -> dict[str, Any]:
    """Returns the review in words: the variables of ``include/templates/review.html.j2``."""
    data = review.data
    previous = data.previous
    doubtful = _doubting_rules()
    doubted = [_doubted(each) for each in review.warnings if each.rule in doubtful]
    others = [each for each in review.warnings if each.rule not in doubtful]
    return {
        "confirmed": [each for each in doubted if each["explanation"]],
        "asked": [each for each in doubted if not each["explanation"]],
        "title": f"{period_name(data.period)}: {edition_label(data).lower()}",
        "as_of": instant(data.as_of),
        "release": release(data.plan_code, data.register_sha256),
        "summary": [*headlines(data), *_at_risk(data), *further_lines(data)],
        "previous": ""
        if previous is None
        else f"lần ban hành thứ {previous.number}, theo báo cáo tiếp nhận đến {instant(previous.as_of)}",
        "arrivals": [] if previous is None else list(previous.arrivals),
        "changes": [] if previous is None else [_change(change) for change in previous.changes],
        "rewordings": [] if previous is None else [_change(change) for change in previous.rewordings],
        "submissions": submissions_view(data) | _refused(review),
        "near": [_near(each) for each in review.near],
        "disputes": [
            {
                "name": each.line.full_name,
                "unit": each.line.unit,
                "figures": [{"agency": agency, "value": value} for agency, value in each.figures],
                "difference": number(each.difference),
                "printed": value_text(each.line) or "–",
                "status": status_name(each.line.status),
            }
            for each in review.disputes
        ],
        "warnings": [_warning(each) for each in others if not each.explanation],
        "explained": [_warning(each) for each in others if each.explanation],
        "requests": [
            {
                "agency": each.agency_name,
                "request_no": each.request_no,
                "comment": clean(each.comment),
                "asked": f"{clean(each.asked_by)}, {instant(each.asked_at)}",
            }
            for each in review.requests
        ],
        "code": data_sha256(data)[:16],
        "contradictions": [
            f"{task.ref}, {contradiction_text(report)}"
            for task in data.tasks
            for report in task.reports
            if report.contradiction
        ],
        "failures": list(review.failures),
    }


def _refused(review: DraftReview) -> dict[str, Any]:
    """Returns who was sent back and is silent, whether or not its day is over, and who else still has time."""
    refused = {each.agency_code for each in review.refused}
    waiting = [row for row in review.data.submissions if row.agency_code not in refused]
    return {
        "rejected": [
            f"{each.agency_name} (gửi lúc {short_instant(each.rejected_at)}"
            f"{', bản trước vẫn được tính' if each.is_received else ''})"
            for each in review.refused
        ],
        "open": open_words(waiting),
        "missing": [row.agency_name for row in waiting if row.state == "missing" and row.open_until is None],
    }


def _at_risk(data: EditionData) -> list[dict[str, str]]:
    """Names what the report has in a table, which the request for approval lacks."""
    names = [line.full_name for line in data.graded if line.status == Status.AT_RISK]
    return [{"label": f"Chỉ tiêu {lower(LABELS[Status.AT_RISK])}", "text": f"{'; '.join(names)}."}] if names else []


def review_files(review: DraftReview) -> dict[str, bytes]:
    """Returns what lies beside a draft's files for its reviewer: ``xem-xet.html``, and the same as data, for pages."""
    return {PAGE: render_review(review), VIEW: json.dumps(review_view(review), ensure_ascii=False).encode()}


def render_review(review: DraftReview) -> bytes:
    """Returns ``xem-xet.html``: one self-contained page."""
    return template("review.html.j2").render(review_view(review)).encode()


def approval_lines(review: DraftReview) -> list[str]:
    """Returns the review as short Markdown lines for the request for approval; untrusted words are escaped."""
    view = review_view(review)
    lines = [f"**Không thể ban hành:** kiểm tra số liệu không đạt ({len(review.failures)})."] if review.failures else []
    lines += _listed("Số liệu khác thường, đơn vị đã xác nhận hoặc giải trình", map(_doubted_line, view["confirmed"]))
    lines += _listed("Số liệu khác thường, đang hỏi lại đơn vị", map(_doubted_line, view["asked"]))
    lines += [f"**{line['label']}.** {_escaped(line['text'])}" for line in view["summary"]]
    for heading, entries in (
        (f"Thay đổi so với {view['previous']}", [_change_line(change) for change in view["changes"]]),
        (f"Đơn vị mới gửi báo cáo so với {view['previous']}", view["arrivals"]),
        ("Câu nhận xét thay đổi, số liệu giữ nguyên", [change["indicator"] for change in view["rewordings"]]),
        ("Mâu thuẫn với điều đã biết", view["contradictions"]),
        ("Sát ngưỡng đánh giá", [f"{each['name']}: {each['sentence']}" for each in view["near"]]),
        (
            "Các đơn vị báo cáo khác nhau",
            [
                f"{d['name']}: " + "; ".join(f"{f['agency']} {f['value']}" for f in d["figures"])
                for d in view["disputes"]
            ],
        ),
        (
            "Đang đề nghị điều chỉnh, chưa gửi lại",
            [f"{r['agency']} ({r['request_no']}): {r['comment']}" for r in view["requests"]],
        ),
        ("Cảnh báo chưa được giải trình", [f"{w['agency']}, {w['place']}: {w['message']}" for w in view["warnings"]]),
    ):
        lines += _listed(heading, entries)
    return lines


def _listed(heading: str, told: Iterable[str]) -> list[str]:
    """Returns a heading with what stands under it as one line; none where nothing does."""
    entries = list(told)
    if not entries:
        return []
    shown = "; ".join(_escaped(entry.rstrip(".")) for entry in entries[:MOST_LINES])
    more = f"; và {len(entries) - MOST_LINES} mục khác" if len(entries) > MOST_LINES else ""
    return [f"**{heading} ({len(entries)}).** {shown}{more}."]


def _doubting_rules() -> frozenset[str]:
    """The rules that say that a figure may not be what was meant."""
    rules = (rule for name in SUBMISSION_SUITES for rule in get_suite(name).rules)
    return frozenset(rule.rule for rule in rules if rule.doubts_figure)


def _doubted(each: OpenWarning) -> dict[str, str]:
    """A figure that is doubted: the last one, this one, what is suspected, and the sender's words."""
    last = "" if each.last_value is None else format_number(each.last_value)
    period = Period.parse(each.last_period).vietnamese if each.last_period else ""
    return _warning(each) | {
        "indicator": each.indicator or (f"{each.sheet}!{each.cell}" if each.cell else each.sheet),
        "unit": each.unit,
        "last": f"{last} ({period})" if last else "chưa có",
        "value": clean(each.found) if each.value is None else format_number(each.value),
        "suspected": clean(each.expected.removeprefix(f"{each.indicator}: ")),
    }


def _doubted_line(each: Mapping[str, str]) -> str:
    suspected = each["suspected"] or each["message"].rstrip(".")
    words = f"; đơn vị ghi “{each['explanation']}”" if each["explanation"] else ""
    figure = f"kỳ trước {each['last']}, kỳ này {each['value']} {each['unit']}".strip()
    return f"{each['agency']}, {each['indicator']}: {figure}; {suspected}{words}"


def _warning(each: OpenWarning) -> dict[str, str]:
    return {
        "agency": each.agency_name,
        "receipt_no": each.receipt_no,
        "place": f"{each.sheet}!{each.cell}" if each.cell else each.sheet,
        "message": clean(each.message),
        "found": clean(each.found),
        "explanation": clean(each.explanation),
    }


def _change(change: EditionChange) -> dict[str, Any]:
    view = change_view(change)
    return view | {
        "old_sentence": clean(change.old_sentence),
        "new_sentence": clean(change.new_sentence),
        "sender": "" if change.origin is None else change.origin.agency_name,
        "source": source_text(change.origin),
    }


def _change_line(change: Mapping[str, Any]) -> str:
    verdict = f", từ “{change['old_status']}” thành “{change['new_status']}”" if change["is_flip"] else ""
    sender = f" ({change['sender']})" if change["sender"] else ""
    return f"{change['indicator']}: {change['old_value']} → {change['new_value']} {change['unit']}{verdict}{sender}"


def _near(each: NearBoundary) -> dict[str, Any]:
    line = each.line
    better = "mức tốt hơn" if each.is_better else "mức kém hơn"
    shown = (rounded_need if each.is_better else rounded_gap)(each.distance, line.decimals)
    distance = f"{format_number(shown)} {line.unit}".strip()
    sentence = f"{value_text(line)}, cách {better} {distance}"
    return {
        "name": line.full_name,
        "status": status_name(line.status),
        "value": value_text(line),
        "unit": line.unit,
        "distance": format_number(shown),
        "side": better,
        "is_rounding": each.is_rounding,
        "sentence": f"{sentence}; chỉ do làm tròn" if each.is_rounding else sentence,
    }


def _escaped(text: str) -> str:
    """Makes words from files harmless in Markdown: no link, image, code, emphasis or HTML of theirs is rendered."""
    escaped = "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|!" else letter for letter in text)
    return " ".join(escaped.split())
