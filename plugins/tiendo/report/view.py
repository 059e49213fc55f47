"""The edition in words: ``EditionData`` turned into the strings that DOCX and HTML print.

The names used here are the variables of ``include/templates/report.docx`` and ``report.html.j2``; they are listed in
docs/report-template.md and adding one is safe, renaming one breaks a template somebody may have edited.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from tiendo.clock import HANOI
from tiendo.model.period import Period
from tiendo.model.states import TASK_STATES
from tiendo.model.working_days import last_day_before
from tiendo.report.data import (
    NOT_REPORTED,
    Change,
    EditionData,
    IndicatorLine,
    LeadLine,
    Origin,
    RecordCard,
    Revision,
    Submission,
    TaskLine,
    TaskReport,
)
from tiendo.report.record_card import first_try_words, mistakes_words, own_plan_words, reports_words
from tiendo.status.names import LABELS, STYLES, TRENDS, Status
from tiendo.vietnamese.dates import format_date, long_date
from tiendo.vietnamese.number import format_number

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
# The columns of the overview: heading, statuses counted in it.
STATUS_GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("good", "Đạt, vượt", ("achieved", "exceeded")),
    ("on_track", "Đúng tiến độ", ("on_track",)),
    ("at_risk", "Có nguy cơ", ("at_risk",)),
    ("behind", "Chậm, không đạt", ("behind", "missed")),
    ("no_data", "Chưa có số liệu", ("no_data",)),
    ("not_yet_published", "Chưa đến kỳ công bố", ("not_yet_published",)),
    ("other", "Khác", ("no_target", "conflicting", "undecidable")),
)
NAMED_AT_MOST = 10
SUBMISSION_STATES = {
    "accepted": "Đã tiếp nhận",
    "accepted_with_warnings": "Đã tiếp nhận, cần giải trình",
    "rejected": "Bị trả lại, chưa gửi lại",
    "missing": "Chưa gửi",
    "exempt": "Được miễn báo cáo",
    "nothing_to_report": "Không phát sinh",
}
FILE_STATES = {
    "accepted": "Tiếp nhận",
    "accepted_with_warnings": "Tiếp nhận, cần giải trình",
    "rejected": "Trả lại",
    "duplicate": "Trùng tệp đã gửi",
    "quarantined": "Cách ly",
}
KINDS = {"actual": "Thực hiện", "estimate": "Ước thực hiện", "": ""}
BASES = {"quarter": "trong quý", "year_to_date": "lũy kế từ đầu năm", "": ""}
# Characters XML 1.0 cannot hold; departments paste them in from other programs.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """Drops characters that no XML document can hold, and blanks at the ends."""
    return _NOT_XML.sub("", text).strip()


def task_state_name(state: str) -> str:
    """Returns the Vietnamese name of a task's state, ``Chưa báo cáo`` where its body said nothing."""
    return "Chưa báo cáo" if state == NOT_REPORTED else TASK_STATES[state]


def status_name(status: str) -> str:
    """Returns the Vietnamese name of a status; "" for none."""
    return LABELS[Status(status)] if status else ""


def tint(status: str) -> str:
    """Returns a status's colour thinned on white, ``RRGGBB``: black text (Decree 30) stays easy to read on it."""
    colour = STYLES[Status(status)].colour.removeprefix("#") if status else "FFFFFF"
    parts = (int(colour[at : at + 2], 16) for at in (0, 2, 4))
    return "".join(f"{255 - round((255 - part) * 0.3):02X}" for part in parts)


def number(value: Decimal | None, decimals: int | None = None) -> str:
    """Writes a figure the Vietnamese way, as typed unless decimals are given; "" for none."""
    return "" if value is None else format_number(value, decimals)


def signed(value: Decimal | None, decimals: int) -> str:
    """Writes a difference with its sign, ``+1,2``; "" for none."""
    if value is None:
        return ""
    text = format_number(value, decimals)
    return f"+{text}" if round(value, decimals) > 0 else text


def instant(moment: datetime) -> str:
    """Returns ``16 giờ 30 phút, ngày 14 tháng 3 năm 2023``."""
    local = moment.astimezone(HANOI)
    return f"{local:%H} giờ {local:%M} phút, {long_date(local.date())}"


def short_instant(moment: datetime | None) -> str:
    """Returns ``14/03/2023 16:30``, "" for none."""
    return "" if moment is None else f"{moment.astimezone(HANOI):%d/%m/%Y %H:%M}"


def two_digits(count: int) -> str:
    """Writes a count as official documents do: below ten with a leading 0."""
    return f"{count:02d}"


def value_text(line: IndicatorLine) -> str:
    """Returns the figure as printed, with its reservations: ``gần 65.600``, ``437 (ước)``, ``17.300 (ước) (*)``."""
    if line.value is None:
        return ""
    text = clean(line.value_text) if line.is_approximate else number(line.value)
    marks = [" (ước)"] * line.is_estimate + [" (*)"] * line.is_illustrative
    return text + "".join(marks)


def source_text(origin: Origin | None) -> str:
    """Returns ``TN-000012, Chỉ tiêu!G12``; "" for none."""
    return "" if origin is None else f"{origin.receipt_no}, {origin.sheet}!{origin.cell}"


def plan_reference(data: EditionData) -> str:
    """Returns ``Kế hoạch số 282/KH-UBND ngày 19/01/2023 của Ủy ban nhân dân tỉnh Bình Dương``."""
    return f"{data.plan_short_title} ngày {format_date(data.plan_issued_on)} của {data.plan_issued_by}"


def build_view(data: EditionData) -> dict[str, Any]:
    """Returns every variable of the report's templates. Values are strings, booleans, lists and dicts of them."""
    lines = [line_view(line) for line in data.indicators]
    body = [line_view(line) for line in data.body_targets]
    return {
        "letterhead": {
            "parent_body": data.letterhead.parent_body.upper(),
            "issuing_body": data.letterhead.issuing_body.upper(),
            "issuing_body_name": data.letterhead.issuing_body,
            "symbol": data.letterhead.symbol,
            "addressee": data.letterhead.addressee,
            "signing_office": "\n".join(data.letterhead.signing_office),
            "signer": data.letterhead.signer,
            "recipients": list(data.letterhead.recipients),
        },
        "is_draft": data.is_draft,
        "draft_mark": "DỰ THẢO" if data.is_draft else "",
        "edition_label": edition_label(data),
        "edition": str(data.edition),
        "place_and_date": f"{data.letterhead.place}, {long_date(_issue_day(data))}",
        "issue_date": long_date(_issue_day(data)),
        "plan_reference": plan_reference(data),
        "plan_title": data.plan_title,
        "province": data.province,
        "year": str(data.period.year),
        "period": data.period.vietnamese,
        "as_of": instant(data.as_of),
        "cut_off": long_date(data.cut_off_on),
        "approval": ""
        if data.approval is None
        else f"{data.approval.approved_by} duyệt lúc {instant(data.approval.approved_at)}",
        "summary": summary_lines(data),
        "overview": overview(data),
        "submissions": submissions_view(data),
        "sections": sections_view(data, lines),
        "body_targets": {"sentence": status_sentence(data.body_targets), "rows": body},
        "task_sections": task_sections_view(data),
        "difficulties": remarks_view(data, "difficulty"),
        "proposals": remarks_view(data, "proposal"),
        "estimates": [_named_value(line) for line in data.graded if line.is_estimate],
        "illustrative": [_named_value(line) for line in data.graded if line.is_illustrative],
        "revisions": [revision_view(revision) for revision in data.revisions],
        "previous": previous_view(data),
        "leads": [lead_view(lead) for lead in data.leads],
        "records": [record_view(record) for record in data.records],
        "annex_rows": lines,
        "annex_body_rows": body,
        "rule_version": data.rule_version,
        "register_sha256": data.register_sha256,
    }


def edition_label(data: EditionData) -> str:
    """Returns ``Lần ban hành thứ 2`` with what it is: a draft, a supplement after the closing day."""
    label = f"{'Dự thảo lần ban hành' if data.is_draft else 'Lần ban hành'} thứ {data.edition}"
    return (
        f"{label} (bổ sung sau ngày chốt {format_date(last_day_before(data.closing_at))})"
        if data.is_supplement
        else label
    )


def line_view(line: IndicatorLine) -> dict[str, Any]:
    """Returns one indicator row as printed."""
    status = line.status
    return {
        "code": line.code,
        "is_group": not line.is_graded,
        "is_sub": line.row_kind == "sub_indicator",
        "no": line.printed_no,
        "name": line.name,
        "unit": line.unit,
        "target": line.target_text,
        "value": value_text(line) or ("–" if line.is_graded else ""),
        "expected": number(line.expected, line.decimals),
        "ratio": _ratio(line.ratio),
        "margin": signed(line.margin, line.decimals),
        "needed": number(line.needed, line.decimals),
        "status": status_name(status),
        "status_code": status,
        "mark": STYLES[Status(status)].mark if status else "",
        "tint": tint(status),
        "kind": KINDS[line.value_kind],
        "basis": BASES[line.value_basis],
        "data_on": "" if line.data_on is None else format_date(line.data_on),
        "agency": line.agency_name,
        "sentence": clean(line.sentence),
        "even": number(line.expected_even, line.decimals) if line.expected_even != line.expected else "",
        "trend": trend_text(line),
        "trend_mark": f"{TRENDS[line.trend].mark} {TRENDS[line.trend].label}" if line.trend else "",
        "note": clean(line.note),
        "explanation": clean(line.explanation),
        "source": source_text(line.origin),
    }


def trend_text(line: IndicatorLine) -> str:
    """Returns ``So với quý I (437; Đúng tiến độ): tốt hơn.``; "" where nothing can be compared."""
    if not line.trend or line.previous_period is None:
        return ""
    before = f"{number(line.previous_value)}; {status_name(line.previous_status)}"
    return f"So với {_quarter(line.previous_period)} ({before}): {_lower(TRENDS[line.trend].label)}."


def lead_view(lead: LeadLine) -> dict[str, Any]:
    """Returns what one body leads, counted: ``05 chỉ tiêu: 02 đúng tiến độ; 03 chậm``, and of tasks likewise."""
    return {
        "agency": lead.agency_name,
        "indicators": _counted(lead.indicators, "chỉ tiêu", LABELS),
        "tasks": _counted(lead.tasks, "nhiệm vụ", TASK_STATES | {NOT_REPORTED: task_state_name(NOT_REPORTED)}),
    }


def record_view(record: RecordCard) -> dict[str, str]:
    """Returns one body's record card in words."""
    row = vars(record)
    return {
        "code": record.agency_code,
        "agency": record.agency_name,
        "reports": reports_words(row),
        "first_try": first_try_words(row),
        "own_plan": own_plan_words(row),
        "mistakes": mistakes_words(record.mistakes),
    }


def overview(data: EditionData) -> dict[str, Any]:
    """Returns the table of sections by status group, with its sum."""
    rows = []
    for title, lines in _by_section(data):
        counts = [_count(lines, statuses) for _, _, statuses in STATUS_GROUPS]
        rows.append({"title": title, "total": str(sum(counts)), "counts": [str(count) for count in counts]})
    sums = [_count(data.graded, statuses) for _, _, statuses in STATUS_GROUPS]
    return {
        "headings": [heading for _, heading, _ in STATUS_GROUPS],
        "rows": rows,
        "total": str(sum(sums)),
        "sums": [str(count) for count in sums],
    }


def status_sentence(lines: Iterable[IndicatorLine]) -> str:
    """Returns ``Trong 06 chỉ tiêu: 02 đúng tiến độ; 01 có nguy cơ; 03 chậm.``; "" when there is none."""
    graded = [line for line in lines if line.is_graded]
    if not graded:
        return ""
    parts = [
        f"{two_digits(count)} {_lower(label)}" for code, label in LABELS.items() if (count := _count(graded, (code,)))
    ]
    return f"Trong {two_digits(len(graded))} chỉ tiêu: {'; '.join(parts)}."


def summary_lines(data: EditionData) -> list[dict[str, str]]:
    """Returns what page 1 must say: how many stand where, who is missing, what is behind. Label and text each."""
    received = [row for row in data.submissions if row.is_received]
    late = [row for row in received if row.is_on_time is False]
    owing = [row for row in data.submissions if not row.is_excused]
    absent = [row.agency_name for row in owing if not row.is_received]
    lines = [
        {
            "label": "Báo cáo của các cơ quan, địa phương",
            "text": f"{two_digits(len(received))}/{two_digits(len(owing))} đơn vị đã gửi báo cáo được tiếp "
            f"nhận, trong đó {two_digits(len(received) - len(late))} đúng hạn, {two_digits(len(late))} chậm. "
            + (f"Chưa có báo cáo: {'; '.join(absent)}." if absent else "Không có đơn vị nào chưa gửi."),
        },
        *({"label": label, "text": text} for label, text in _letters(data) + _own_plans(data)),
        {"label": "Chỉ tiêu", "text": status_sentence(data.graded)},
    ]
    for label, statuses in (
        ("Chỉ tiêu vượt hoặc đạt kế hoạch", ("exceeded", "achieved")),
        ("Chỉ tiêu chậm tiến độ, không đạt", ("behind", "missed")),
        ("Chỉ tiêu có nguy cơ", ("at_risk",)),
        ("Chỉ tiêu chưa thống nhất, chưa xác định", ("conflicting", "undecidable")),
        ("Chỉ tiêu chưa có số liệu", ("no_data",)),
    ):
        if chosen := [line for line in data.graded if line.status in statuses]:
            names = [line.full_name if "at_risk" in statuses else _headline(line) for line in chosen]
            lines.append({"label": label, "text": f"{'; '.join(names)}."})
    lines += [{"label": label, "text": text} for label, text in _trends(data)]
    reports = [report for task in data.tasks if not task.is_collective for report in task.reports]
    slow = [
        f"{task.ref} ({', '.join(report.agency_name for report in task.reports if report.state == 'late')})"
        for task in data.tasks
        if not task.is_collective and any(report.state == "late" for report in task.reports)
    ]
    silent = sum(report.state == NOT_REPORTED for report in reports)
    lines.append(
        {
            "label": "Nhiệm vụ",
            "text": f"{_state_counts(reports)}" + (f". Chậm: {'; '.join(slow)}." if slow else ".")
            if len(reports) > silent
            else "Chưa có báo cáo tiến độ nhiệm vụ.",
        }
    )
    estimates = sum(line.is_estimate for line in data.graded)
    illustrative = sum(line.is_illustrative for line in data.graded)
    if estimates or illustrative:
        lines.append(
            {
                "label": "Cơ sở số liệu",
                "text": f"{two_digits(estimates)} chỉ tiêu đánh giá theo số ước thực hiện; {two_digits(illustrative)} "
                "chỉ tiêu dùng số liệu minh họa, đánh dấu (*), xem Mục VII.",
            }
        )
    if data.is_supplement or data.previous is not None:
        lines.append({"label": "Lần ban hành", "text": _previous_sentence(data)})
    return lines


def submissions_view(data: EditionData) -> dict[str, Any]:
    """Returns who sent, who is late, who is missing, and the row of every obliged body."""
    received = [row for row in data.submissions if row.is_received]
    return {
        "total": two_digits(sum(not row.is_excused for row in data.submissions)),
        "received": two_digits(len(received)),
        "on_time": two_digits(sum(bool(row.is_on_time) for row in received)),
        "deadline": _deadline(data.due_at),
        "late": [
            f"{row.agency_name} (chậm {two_digits(row.days_late or 0)} ngày, nhận {short_instant(row.received_at)})"
            for row in received
            if row.is_on_time is False
        ],
        "rejected": [row.agency_name for row in data.submissions if row.state == "rejected"],
        "missing": [row.agency_name for row in data.submissions if row.state == "missing"],
        "rows": [
            {
                "no": str(position),
                "agency": row.agency_name,
                "state": SUBMISSION_STATES[row.state],
                "received_at": short_instant(row.received_at),
                "timeliness": _timeliness(row),
                "version": "" if row.version is None else str(row.version),
                "findings": str(row.finding_count) if row.finding_count else "",
                "receipt_no": row.receipt_no,
                "state_code": row.state,
                "is_problem": not (row.is_received or row.is_excused) or row.is_on_time is False,
            }
            for position, row in enumerate(data.submissions, start=1)
        ],
    }


def sections_view(data: EditionData, lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the sections of Phụ lục II with their rows."""
    views: dict[str, dict[str, Any]] = {}
    members: dict[str, list[IndicatorLine]] = {}
    for line, view in zip(data.indicators, lines, strict=True):
        section = views.setdefault(
            line.section_no, {"no": line.section_no, "title": line.section_title, "sentence": "", "rows": []}
        )
        section["rows"].append(view)
        members.setdefault(line.section_no, []).append(line)
    for number_, section in views.items():
        section["sentence"] = status_sentence(members[number_])
    return list(views.values())


def task_sections_view(data: EditionData) -> list[dict[str, Any]]:
    """Returns tasks grouped by II.1 ... II.11 and III, each with its lead body and what it says."""
    sections: dict[str, dict[str, Any]] = {}
    members: dict[str, list[TaskReport]] = {}
    for task in data.tasks:
        section = sections.setdefault(
            task.section_ref, {"ref": task.section_ref, "title": task.section_title, "sentence": "", "rows": []}
        )
        section["rows"].append(task_view(task))
        members.setdefault(task.section_ref, []).extend([] if task.is_collective else task.reports)
    for ref, section in sections.items():
        section["sentence"] = f"{_state_counts(members[ref])}." if members[ref] else ""
    return list(sections.values())


def task_view(task: TaskLine) -> dict[str, Any]:
    """Returns one task row: a single lead's own words, a collective task's counts and those late."""
    told = [report for report in task.reports if report.state != NOT_REPORTED]
    view: dict[str, Any] = {
        "ref": task.ref,
        "title": task.title,
        "is_collective": task.is_collective,
        "due": task.due_text or ("" if task.due_on is None else format_date(task.due_on)),
        "completion": "",
        "late": [report.agency_name for report in task.reports if report.state == "late"],
        "is_late": any(report.state == "late" for report in task.reports),
    }
    if task.is_collective:
        late = f" Báo chậm: {'; '.join(view['late'])}." if view["late"] else ""
        silent = [report.agency_name for report in task.reports if report.state == NOT_REPORTED]
        return view | {
            "lead": f"Các cơ quan, địa phương ({len(task.reports)} đơn vị)",
            "state": f"{len(told)}/{len(task.reports)} đơn vị đã báo cáo",
            "result": f"{_state_counts(told)}.{late}" if told else "Chưa đơn vị nào báo cáo.",
            "source": "" if not silent else f"Chưa báo cáo: {'; '.join(silent)}.",
        }
    several = len(task.reports) > 1
    return view | {
        "lead": "; ".join(report.agency_name for report in task.reports),
        "state": "; ".join(
            f"{report.agency_name}: {task_state_name(report.state)}" if several else task_state_name(report.state)
            for report in task.reports
        ),
        "completion": "; ".join(f"{number(r.completion_pct)}%" for r in told if r.completion_pct is not None),
        "result": "\n".join(clean(report.result) for report in told if report.result.strip()),
        "source": "; ".join(source_text(report.origin) for report in told),
    }


def remarks_view(data: EditionData, field: str) -> list[dict[str, Any]]:
    """Returns difficulties or proposals by body, the same words under several tasks once."""
    by_agency: dict[str, dict[str, list[str]]] = {}
    for task in data.tasks:
        for report in task.reports:
            if text := clean(getattr(report, field)):
                by_agency.setdefault(report.agency_name, {}).setdefault(text, []).append(task.ref)
    order = [row.agency_name for row in data.submissions]
    names = sorted(by_agency, key=lambda name: (order.index(name) if name in order else len(order), name))
    return [
        {
            "agency": name,
            "entries": [{"text": text, "refs": ", ".join(refs)} for text, refs in by_agency[name].items()],
        }
        for name in names
    ]


def revision_view(revision: Revision) -> dict[str, str]:
    """Returns a figure of an earlier period as it was and as it is."""
    return {
        "indicator": revision.indicator_name,
        "unit": revision.unit,
        "period": period_name(revision.period),
        "basis": BASES[revision.basis],
        "old": number(revision.old_value) or "chưa có",
        "new": number(revision.new_value) or "không có số liệu",
        "reason": clean(revision.reason),
        "agency": revision.origin.agency_name,
        "received_at": short_instant(revision.origin.received_at),
        "source": source_text(revision.origin),
    }


def previous_view(data: EditionData) -> dict[str, Any]:
    """Returns the differences from the edition before; ``exists`` is False for a first edition."""
    previous = data.previous
    if previous is None:
        return {"exists": False, "label": "", "arrivals": [], "rows": []}
    return {
        "exists": True,
        "label": f"lần ban hành thứ {previous.number} (số liệu đến {instant(previous.as_of)})",
        "arrivals": list(previous.arrivals),
        "rows": [change_view(change) for change in previous.changes],
    }


def change_view(change: Change) -> dict[str, Any]:
    """Returns one difference from the edition before."""
    return {
        "indicator": change.indicator_name,
        "unit": change.unit,
        "old_value": number(change.old_value) or "–",
        "new_value": number(change.new_value) or "–",
        "old_status": status_name(change.old_status) or "–",
        "new_status": status_name(change.new_status) or "–",
        "is_flip": change.is_flip,
    }


def period_name(period: Period) -> str:
    """Returns ``Quý I năm 2023``."""
    return period.vietnamese[0].upper() + period.vietnamese[1:]


def _issue_day(data: EditionData) -> Any:
    moment = data.as_of if data.approval is None else data.approval.approved_at
    return moment.astimezone(HANOI).date()


def _ratio(ratio: Decimal | None) -> str:
    # A negative one (growth of -18,7 % against 9 %) is computed for comparing, it tells a reader nothing.
    return "" if ratio is None or ratio < 0 else f"{number(ratio * 100, 1)}%"


def _deadline(due_at: datetime) -> str:
    local = due_at.astimezone(HANOI)
    is_midnight = (local.hour, local.minute) == (0, 0)
    return f"trước {long_date(local.date()) if is_midnight else instant(due_at)}"


def _by_section(data: EditionData) -> list[tuple[str, list[IndicatorLine]]]:
    sections: dict[str, list[IndicatorLine]] = {}
    for line in data.indicators:
        if line.is_graded:
            sections.setdefault(f"{line.section_no}. {line.section_title}", []).append(line)
    if data.body_targets:
        sections["Chỉ tiêu nêu trong nội dung Kế hoạch"] = list(data.body_targets)
    return list(sections.items())


def _counted(pairs: Iterable[tuple[str, int]], noun: str, names: Mapping[Any, str]) -> str:
    counts = dict(pairs)
    told = [f"{two_digits(counts[code])} {_lower(name)}" for code, name in names.items() if code in counts]
    return f"{two_digits(sum(counts.values()))} {noun}: {'; '.join(told)}" if told else "–"


def _quarter(period: Period) -> str:
    return period.vietnamese.split(" năm ")[0]


def _trends(data: EditionData) -> list[tuple[str, str]]:
    """How the indicators moved against the last period; nothing to say in a first quarter."""
    counts = [
        f"{two_digits(len(lines))} {_lower(style.label)}"
        for trend, style in TRENDS.items()
        if (lines := [line for line in data.graded if line.trend == trend])
    ]
    if not counts:
        return []
    worse = [line.full_name for line in data.graded if line.trend == "worse"]
    return [("So với kỳ trước", f"{'; '.join(counts)}." + (f" Kém hơn: {'; '.join(worse)}." if worse else ""))]


def _count(lines: Iterable[IndicatorLine], statuses: Sequence[str]) -> int:
    return sum(line.status in statuses for line in lines)


def _headline(line: IndicatorLine) -> str:
    if line.value is None:
        return line.full_name
    figure = clean(line.value_text) if line.is_approximate else number(line.value)
    return f"{line.full_name} ({_with_unit(figure, line.unit)}; kế hoạch {_with_unit(line.target_text, line.unit)})"


def _named_value(line: IndicatorLine) -> str:
    figure = value_text(line).replace(" (ước)", "").replace(" (*)", "")
    return f"{line.full_name}: {_with_unit(figure, line.unit)}" if figure else line.full_name


def _with_unit(figure: str, unit: str) -> str:
    if not figure or not unit or figure.endswith(unit) or figure.endswith(_lower(unit)):
        return figure
    return f"{figure}{unit}" if unit in ("%", "‰") else f"{figure} {_lower(unit)}"


def _state_counts(reports: Sequence[TaskReport]) -> str:
    counts = [
        f"{two_digits(count)} {_lower(name)}"
        for code, name in (*TASK_STATES.items(), (NOT_REPORTED, "Chưa báo cáo"))
        if (count := sum(report.state == code for report in reports))
    ]
    return "; ".join(counts)


def _lower(label: str) -> str:
    return label[0].lower() + label[1:]


def _timeliness(row: Submission) -> str:
    words = []
    if row.is_on_time is not None:
        words.append("Đúng hạn" if row.is_on_time else f"Chậm {two_digits(row.days_late or 0)} ngày")
    if row.extended_until:
        words.append(f"{'gia' if words else 'Gia'} hạn đến {format_date(row.extended_until)}")
    return ", ".join(words)


def _letters(data: EditionData) -> list[tuple[str, str]]:
    """What letters changed for single bodies; nothing to say in most quarters."""
    words = []
    for row in data.submissions:
        if row.letter_on and (row.extended_until or row.is_excused):
            until = row.extended_until
            what = f"gia hạn đến {format_date(until)}" if until else _lower(SUBMISSION_STATES[row.state])
            words.append(f"{row.agency_name} ({what}, văn bản {row.letter_no} ngày {format_date(row.letter_on)})")
    return [("Gia hạn, miễn báo cáo", f"{'; '.join(words)}.")] if words else []


def _own_plans(data: EditionData) -> list[tuple[str, str]]:
    """The bodies' own implementation plans, as long as one is missing."""
    owing = [row for row in data.own_plans if not row.is_excused]
    missing = [row.agency_name for row in owing if not row.is_received]
    if not missing:
        return []
    late = [row.agency_name for row in owing if row.is_on_time is False]
    text = f"{two_digits(len(owing) - len(missing))}/{two_digits(len(owing))} đơn vị đã gửi"
    text += f", trong đó {two_digits(len(late))} gửi chậm; " if late else "; "
    few = len(missing) <= NAMED_AT_MOST
    text += f"chưa gửi: {'; '.join(missing)}." if few else f"{two_digits(len(missing))} đơn vị chưa gửi."
    return [("Kế hoạch thực hiện của các đơn vị", text)]


def _previous_sentence(data: EditionData) -> str:
    if data.previous is None:
        return f"{edition_label(data)}."
    flips = sum(change.old_status != change.new_status for change in data.previous.changes)
    return (
        f"{edition_label(data)}; so với lần thứ {data.previous.number}: {two_digits(flips)} chỉ tiêu đổi đánh giá, "
        f"{two_digits(len(data.previous.changes) - flips)} chỉ tiêu chỉ đổi số liệu, "
        f"{two_digits(len(data.previous.arrivals))} đơn vị gửi bổ sung."
    )
