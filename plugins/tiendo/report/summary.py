"""The prose of an edition: counts in sentences, names by status, what letters and own plans changed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tiendo.model.states import TASK_STATES
from tiendo.model.working_days import last_day_before
from tiendo.report.data import NOT_REPORTED, EditionData, IndicatorLine, Submission, TaskLine, TaskReport
from tiendo.report.words import SUBMISSION_STATES, clean, lower, number, two_digits, value_text
from tiendo.status.names import LABELS, TRENDS
from tiendo.vietnamese.dates import format_date
from tiendo.vietnamese.number import format_number

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
# More than a reader of page one takes in at a glance; the rest is counted there and stands further down.
ON_PAGE_ONE = 5


def edition_label(data: EditionData) -> str:
    """Returns ``Lần ban hành thứ 2`` with what it is: a draft, a supplement after the closing day."""
    label = f"{'Dự thảo lần ban hành' if data.is_draft else 'Lần ban hành'} thứ {data.edition}"
    return (
        f"{label} (bổ sung sau ngày chốt {format_date(last_day_before(data.closing_at))})"
        if data.is_supplement
        else label
    )


def further_lines(data: EditionData) -> list[dict[str, str]]:
    """Returns what follows page one's lines: trends, letters, what figures rest on. Label and text."""
    lines = [
        *_trends(data),
        *_letters(data),
        *_own_plans(data),
        *_kinds_of_figures(data),
    ]
    if data.is_supplement or data.previous is not None:
        lines.append((edition_label(data), _compared_with_previous(data)))
    return [{"label": label, "text": text} for label, text in lines]


def threshold_words(data: EditionData) -> str:
    """Returns from which share of what was expected a verdict within the year is which; "" at the year's end."""
    if data.period.is_last:
        return ""
    upper, under = (f"{format_number(bound * 100)}%" for bound in (data.thresholds.on_track, data.thresholds.at_risk))
    return (
        f"“Đúng tiến độ” khi kết quả từ {upper} mức phải đạt trở lên, “Có nguy cơ” từ {under} đến dưới {upper}, "
        f"“Chậm” dưới {under}."
    )


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
    parts = []
    for code, label in LABELS.items():
        if count := _count(graded, (code,)):
            estimates = sum(line.status == code and line.is_estimate for line in graded)
            rests = f" ({two_digits(estimates)} theo số ước)" if estimates else ""
            parts.append(f"{two_digits(count)} {lower(label)}{rests}")
    return f"Trong {two_digits(len(graded))} chỉ tiêu: {'; '.join(parts)}."


def data_days(data: EditionData) -> str:
    """Returns how far the figures themselves go: ``số liệu tính đến ngày 31/08/2023 (33/34 chỉ tiêu), sớm nhất …``."""
    lines = [line for line in data.graded if line.is_told]
    days = sorted(line.data_on for line in lines if line.data_on is not None)
    if not days:
        return "các số liệu không ghi ngày"
    usual = max(days, key=lambda day: (days.count(day), day))
    text = f"số liệu tính đến ngày {format_date(usual)}"
    if days.count(usual) < len(lines):
        text += f" ({days.count(usual)}/{len(lines)} chỉ tiêu)"
    text += f", sớm nhất {format_date(days[0])}" if days[0] < usual else ""
    text += f", muộn nhất {format_date(days[-1])}" if days[-1] > usual else ""
    return text + (f", {len(lines) - len(days)} chỉ tiêu không ghi ngày" if len(days) < len(lines) else "")


def early_sentence(data: EditionData) -> str:
    """Returns how many figures of what adds up end before the period, whose end is asked for; "" for none.

    An estimate is one for the whole period.
    """
    end = data.period.last_day
    early = [
        line
        for line in data.graded
        if line.expected_even is not None
        and line.value is not None
        and not line.is_estimate
        and line.data_on is not None
        and line.data_on < end
    ]
    if not early:
        return ""
    return (
        f"{two_digits(len(early))} chỉ tiêu cộng dồn có số thực hiện tính đến trước ngày {format_date(end)}, được so"
        f" với mức phải đạt đến hết {data.period.vietnamese}; kết quả cả {data.period.kind.noun} có thể cao hơn."
    )


def counted(pairs: Iterable[tuple[str, int]], noun: str, names: Mapping[Any, str]) -> str:
    """Returns ``05 chỉ tiêu: 02 đúng tiến độ; 03 chậm``; ``–`` for none."""
    counts = dict(pairs)
    parts = [f"{two_digits(counts[code])} {lower(name)}" for code, name in names.items() if code in counts]
    return f"{two_digits(sum(counts.values()))} {noun}: {'; '.join(parts)}" if parts else "–"


def named_value(line: IndicatorLine) -> str:
    """Returns an indicator with its figure and unit, reservations aside."""
    figure = value_text(line).replace(" (ước)", "").replace(" (*)", "")
    return f"{line.full_name}: {with_unit(figure, line.unit)}" if figure else line.full_name


def state_counts(reports: Sequence[TaskReport]) -> str:
    """Returns ``02 hoàn thành; 01 chậm``: how many reports say which state of their task."""
    counts = [
        f"{two_digits(count)} {lower(name)}"
        for code, name in (*TASK_STATES.items(), (NOT_REPORTED, "Chưa báo cáo"))
        if (count := sum(report.state == code for report in reports))
    ]
    return "; ".join(counts)


def submission_sentence(data: EditionData) -> str:
    """Returns how many bodies have sent their report; who has not stands with what is to be done."""
    received = [row for row in data.submissions if row.is_received]
    late = [row.agency_name for row in received if row.is_on_time is False]
    named = f" ({'; '.join(late)})" if len(late) <= ON_PAGE_ONE else ""
    owing = [row for row in data.submissions if not row.is_excused]
    absent = [row for row in owing if not row.is_received]
    missing = sum(row.open_until is None for row in absent)
    if not owing:
        return "Không có đơn vị nào phải gửi báo cáo."
    text = f"{two_digits(len(received))}/{two_digits(len(owing))} đơn vị đã gửi báo cáo được tiếp nhận"
    if late:
        text += f", trong đó {two_digits(len(received) - len(late))} đúng hạn, {two_digits(len(late))} chậm{named}"
    text += ", đều đúng hạn." if received and not late else "."
    counts = (("quá hạn chưa có báo cáo", missing), ("chưa gửi, còn trong hạn", len(absent) - missing))
    told = "; ".join(f"{two_digits(count)} đơn vị {what}" for what, count in counts if count)
    return f"{text} {told[0].upper()}{told[1:]}." if told else text


def open_words(rows: Sequence[Submission]) -> str:
    """Returns ``còn hạn đến hết ngày 14/03/2023: Sở A; Sở B`` for those whose day is not over, by day."""
    days = sorted({row.open_until for row in rows if row.open_until is not None})
    return "; ".join(
        f"còn hạn đến hết ngày {format_date(day)}: {'; '.join(r.agency_name for r in rows if r.open_until == day)}"
        for day in days
    )


def task_sentence(data: EditionData, where: str = ", xem Phụ lục II") -> str:
    """Counts the states of tasks that have a lead of their own; of all, names those whose reports are contradicted.

    "" for a plan without tasks.
    """
    if not data.tasks:
        return ""
    own = [task for task in data.tasks if not task.is_collective]
    reports = [report for task in own for report in task.reports]
    if all(report.state == NOT_REPORTED for report in reports):
        return "Chưa có báo cáo tiến độ nhiệm vụ."
    common = len(data.tasks) - len(own)
    apart = f" (không kể {two_digits(common)} nhiệm vụ chung)" if common else ""
    doubted = [_doubted(task) for task in data.tasks if any(report.contradiction for report in task.reports)]
    against = f" Báo cáo mâu thuẫn với thông tin đã có: {'; '.join(doubted)}{where}." if doubted else ""
    return f"Trong {two_digits(len(own))} nhiệm vụ có cơ quan chủ trì riêng{apart}: {state_counts(reports)}.{against}"


def _doubted(task: TaskLine) -> str:
    names = [report.agency_name for report in task.reports if report.contradiction]
    if not task.is_collective:
        return task.ref
    return f"{task.ref} ({', '.join(names) if len(names) <= 2 else f'{two_digits(len(names))} đơn vị'})"


def illustrative_lines(data: EditionData) -> list[IndicatorLine]:
    """Returns the lines whose printed figure is illustrative; one without a figure shows none."""
    return [line for line in data.graded if line.is_illustrative and line.is_told]


def illustrative_sentence(data: EditionData) -> str:
    """Returns how many of the figures are illustrative; "" for none."""
    count, figures = len(illustrative_lines(data)), sum(line.is_told for line in data.graded)
    return f"{two_digits(count)}/{two_digits(figures)} số liệu là số liệu minh họa, đánh dấu (*)." if count else ""


def _kinds_of_figures(data: EditionData) -> list[tuple[str, str]]:
    """Counts estimates and illustrative figures; nothing to say where there are none."""
    estimates = sum(line.is_estimate for line in data.graded)
    illustrative = len(illustrative_lines(data))
    if not estimates and not illustrative:
        return []
    text = (
        f"{two_digits(estimates)} chỉ tiêu đánh giá theo số ước thực hiện; {two_digits(illustrative)} "
        "chỉ tiêu dùng số liệu minh họa, đánh dấu (*), xem Ghi chú về số liệu."
    )
    return [("Cơ sở số liệu", text)]


def _by_section(data: EditionData) -> list[tuple[str, list[IndicatorLine]]]:
    sections: dict[str, list[IndicatorLine]] = {}
    for line in data.indicators:
        if line.is_graded:
            sections.setdefault(f"{line.section_no}. {line.section_title}", []).append(line)
    if data.body_targets:
        sections["Chỉ tiêu nêu trong nội dung Kế hoạch"] = list(data.body_targets)
    return list(sections.items())


def _trends(data: EditionData) -> list[tuple[str, str]]:
    """How the indicators moved against the last period; nothing to say in a first one."""
    counts = [
        f"{two_digits(len(lines))} {lower(style.label)}"
        for trend, style in TRENDS.items()
        if (lines := [line for line in data.graded if line.trend == trend])
    ]
    if not counts:
        return []
    worse = [line.full_name for line in data.graded if line.trend == "worse"]
    return [("So với kỳ trước", f"{'; '.join(counts)}." + (f" Kém hơn: {'; '.join(worse)}." if worse else ""))]


def _count(lines: Iterable[IndicatorLine], statuses: Sequence[str]) -> int:
    return sum(line.status in statuses for line in lines)


def headline(line: IndicatorLine) -> str:
    """Returns an indicator with its figure and plan: ``Thu ngân sách (ước 51.900 tỷ đồng; kế hoạch 74.617 …)``."""
    if line.told_state:
        return f"{line.full_name} ({value_text(line)}; kế hoạch {line.target_text})"
    if line.value is None:
        return line.full_name
    figure = clean(line.value_text) if line.is_approximate else number(line.value)
    figure = f"ước {figure}" if line.is_estimate else figure
    mark = " (*)" if line.is_illustrative else ""
    goal = with_unit(line.target_text, line.unit)
    return f"{line.full_name} ({with_unit(figure, line.unit)}{mark}; kế hoạch {goal}{_span(line)})"


def _span(line: IndicatorLine) -> str:
    """Returns within what a figure is good where the plan prints one number and a decision allows for more and less."""
    low, high = line.target_low, line.target_high
    if low is None or high is None or low == high or number(low) in line.target_text:
        return ""
    return f", đạt khi từ {number(low)} đến {number(high)}"


def with_unit(figure: str, unit: str) -> str:
    """Returns ``51.900 tỷ đồng``, ``107,6 bé trai so với 100 bé gái``, ``85%``; a figure that has its unit as it is."""
    unit = unit.removeprefix("Số ")
    if not figure or not unit or figure.endswith(unit) or figure.endswith(lower(unit)):
        return figure
    return f"{figure}{unit}" if unit in ("%", "‰") else f"{figure} {lower(unit)}"


def _letters(data: EditionData) -> list[tuple[str, str]]:
    """What letters changed for single bodies; nothing to say in most periods."""
    words = []
    for row in data.submissions:
        if row.letter_on and (row.extended_until or row.is_excused):
            until = row.extended_until
            what = f"gia hạn đến {format_date(until)}" if until else lower(SUBMISSION_STATES[row.state])
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


def _compared_with_previous(data: EditionData) -> str:
    if data.previous is None:
        return "là lần ban hành đầu của kỳ."
    flips = sum(change.is_flip for change in data.previous.changes)
    counts = (
        (flips, "chỉ tiêu đổi đánh giá"),
        (len(data.previous.changes) - flips, "chỉ tiêu chỉ đổi số liệu"),
        (len(data.previous.arrivals), "đơn vị gửi bổ sung"),
    )
    told = ", ".join(f"{two_digits(count)} {what}" for count, what in counts if count)
    return f"so với lần thứ {data.previous.number}, {told or 'chỉ tiêu không thay đổi'}."
