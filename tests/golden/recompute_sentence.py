"""Reads the sentence beside an indicator: every number in its role, rounded the right way."""

import re
from collections.abc import Iterator
from fractions import Fraction

from golden.recompute import NUM, ROMAN, STATUSES, WITHIN, Verdict, cut, percent, printed, written


def read_sentence(it: Verdict, sentence: str) -> Iterator[str]:
    """What a sentence says otherwise than the verdict."""
    rest = sentence.replace("so với 100 bé gái", "so với trăm bé gái")
    for pattern, wanted in _roles(it):
        for found in re.finditer(pattern, rest):
            got = tuple(group or "" for group in found.groups())
            if wanted is None or got != wanted:
                yield f"{found[0]!r}, not {wanted}"
        rest = re.sub(pattern, "", rest)
    if re.search(r"\d", rest):
        yield f"numbers without a meaning in {rest!r}"
    for words, holds in _claims(it).items():
        if (re.search(words, sentence) is not None) != holds:
            yield f"{words!r} is {'missing' if holds else 'said'}"


def _roles(it: Verdict) -> Iterator[tuple[str, tuple[str, ...] | None]]:
    """Patterns of a sentence's numbers with what they must hold; None where the number must not be there."""
    at, places = it.indicator, it.indicator.decimals if it.indicator.unit else 0
    figure = it.figure
    verdict_name = f"Ước {STATUSES[it.status].lower()}" if it.is_estimate and it.name.startswith("Ước") else None
    yield r"đánh giá: ([^;.(]+?)(?= \(|;|\.)", (verdict_name or STATUSES[it.status],)
    if it.status == "no_data":
        promise = re.search(r"(\d+)/(\d+)/(\d+)", figure.text) if figure else None
        if promise:
            day = f"{int(promise[1]):02}/{int(promise[2]):02}/{promise[3]}"
            yield r"chưa có số liệu quý ([IV]+) năm \d{4}, dự kiến có ngày ([\d/]+)", (ROMAN[it.quarter], day)
        return
    if not it.is_graded or figure is None:
        return
    value = it.value
    low, high = at.due(it.quarter)
    gap, line, is_lacking = _gap(it)
    yield r"nguyên văn “([^”]+)”", (figure.text,) if figure.is_approximate else None
    if figure.is_approximate:
        span = (nearest(end, places) for end in at.interval(value))
        names = ", ".join(STATUSES[status] for status in at.possible(value, it.quarter))
        yield rf"từ {NUM} đến {NUM}[^;(]*, cho các kết quả khác nhau \(([^)]*)\)", (*span, names)
    for other in it.others:
        tolerance, apart = Fraction(at.tolerance), abs(value - other.told.value)
        beyond = f", vượt mức cho phép {written(tolerance)} [^)]*" if apart > tolerance else ""
        name = other.file["agency_name"]
        if apart:
            told = (written(other.told.value), written(apart))
            yield rf"{name} báo cáo {NUM}[^(;]*\(chênh {NUM} [^,)]*{beyond}\)", told
        else:
            yield rf"{name} báo cáo (cùng số)", ("cùng số",)
    ratio = at.ratio(value, it.quarter)
    steps = (Fraction(1), at.plan.on_track, at.plan.at_risk)
    shown = percent(cut(ratio, 6), steps) if ratio is not None else ""
    yield (
        rf"{NUM}% mức phải đạt đến hết quý ([IV]+) \({NUM}[^()]*\)",
        (shown, ROMAN[it.quarter], nearest(low, places)),
    )
    yield rf"mức phải đạt đến hết quý ([IV]+) là {NUM}", (ROMAN[it.quarter], nearest(low, places))
    share = at.own_share(it.quarter)
    if share is not None:
        years = {row["year"] for row in at.plan.rows("past_figures.csv") if row["indicator"] == at.code}
        even = nearest(at.target * it.quarter / 4, places)
        told_pace = (*sorted(years), percent(share), even)
        yield rf"nhịp năm (\d+) \({NUM}% cả năm\), nếu chia đều các quý là {NUM}", told_pace
    if not at.is_band:
        yield rf"bằng {NUM}%(?= (?:mức sàn của )?chỉ tiêu năm)", (percent(value / at.target, steps),)
    needed = at.needed(value, it.quarter)
    left = 4 - it.quarter
    need = (printed(needed, places, "up"), str(left) if left > 1 else "") if needed else None
    pattern = rf"cần (?:tăng )?thêm {NUM} [^;]*?trong (?:(\d) )?quý còn lại"
    baseline = at.bound("baseline") or Fraction()
    gained = value - baseline if at.is_flow or at.row["baseline"] else Fraction()
    if need and needed and gained > 0:
        pace = cut((needed / left) / (gained / it.quarter), 2, "nearest")
        yield rf"{pattern}, (gấp|bằng) {NUM} lần tốc độ đã đạt", (*need, "gấp" if pace > 1 else "bằng", written(pace))
        yield rf"{pattern}, bằng tốc độ đã đạt", need if pace == 1 else None
        yield rf"{pattern}, chưa bằng 0,01 lần tốc độ đã đạt", need if pace == 0 else None
    elif need:
        yield pattern, need
    yield rf"đã vượt mức trần cả năm {NUM}", (printed(value - at.ends[1], places, "up"),) if at.is_band else None
    margin = at.margin(value, it.quarter)
    other_name = STATUSES["at_risk" if it.status == "on_track" else "on_track"]
    distance = (other_name, printed(abs(margin), places, "up" if margin < 0 else "down"))
    yield rf"cách mức “([^”]+)” {NUM}", distance if it.status in WITHIN else None
    side = ("thấp" if value < line else "cao", printed(gap, places, "up" if is_lacking else "down"))
    yield rf"thiếu {NUM}", side[1:] if is_lacking and not at.is_band else None
    yield rf"(thấp|cao) hơn {NUM}(?= [^;(]*so với)", side
    yield rf"khoảng phải đạt đến hết quý ([IV]+) \(từ {NUM}[^()]*? đến {NUM}[^()]*\)", (
        ROMAN[it.quarter], nearest(low, places), nearest(high, places),
    )  # fmt: skip
    bounds = tuple(written(end) for end in (at.bound("low"), at.bound("high")) if end is not None)
    strict = {"gt": "trên ", "lt": "dưới "}.get(at.comparator, "")
    yield rf"\(từ {NUM} đến {NUM}[^()]*\)", bounds if len(bounds) > 1 else None
    yield rf"(?<=chỉ tiêu năm )\((trên |dưới )?{NUM}[^()]*\)", (strict, *bounds) if len(bounds) == 1 else None
    yield rf"bằng đúng mốc {NUM}", bounds if value == line else None
    moved = at.unit["family"] == "percent_change"
    start = r"^(?:Lũy kế|Cả năm)" if moved else r"^(?:Lũy kế|Hiện có|Ở mức|Cả năm thực hiện|Cuối năm có|Cuối năm ở mức)"
    words = " (tăng|giảm)" if moved else ""
    told_value = ("giảm" if value < 0 else "tăng", written(abs(value))) if moved else (written(value),)
    yield rf"{start}{words} {NUM}", told_value


def nearest(value: Fraction, decimals: int) -> str:
    return written(cut(value, decimals, "nearest"))


def _gap(it: Verdict) -> tuple[Fraction, Fraction, bool]:
    """How far the figure is from the line it is compared with in the sentence, that line, and whether it lacks that."""
    at, value = it.indicator, it.value
    if at.is_band:
        low, high = at.due(it.quarter)
        line = value if low <= value <= high else at.nearer(value, it.quarter)
        return abs(value - line), line, True
    top = at.bound("high") if at.comparator == "range" else None
    line = top if top is not None and value > top else at.target
    is_lacking = (value < line) if at.is_floor else (value > line)
    return abs(value - line), line, is_lacking


def _claims(it: Verdict) -> dict[str, bool]:
    """Words that a sentence must have, or must not have."""
    at, figure = it.indicator, it.figure
    if not it.is_graded or figure is None:
        return {}
    value, within = it.value, it.quarter < 4
    low, high = at.due(it.quarter)
    is_open = within and at.is_level and not at.is_band and not at.row["baseline"] and not at.meets(value)
    needed = at.needed(value, it.quarter)
    top = at.bound("high") if at.comparator == "range" else None
    return {
        "số ước thực hiện": it.is_estimate,
        "số liệu minh họa": figure.is_illustrative,
        "chưa có số đầu năm nên so ngay với mức cả năm": is_open,
        "cần (?:tăng )?thêm": bool(needed),
        "đã đạt chỉ tiêu năm": within and it.status == "achieved",
        "nằm trong khoảng (?:chỉ tiêu|phải đạt)": at.is_band and low <= value <= high,
        "đúng bằng chỉ tiêu năm|(?<!chưa )đáp ứng chỉ tiêu năm": at.meets(value)
        and not at.is_band
        and (value == at.target if top is None else value <= top)
        and not (within and at.is_flow),
        "cách mức “": it.status in WITHIN and cut(at.margin(value, it.quarter), 6) != 0,
        "theo nhịp năm": within and at.is_flow and at.own_share(it.quarter) is not None,
        "theo số của": bool(it.others),
    }
