"""One Vietnamese sentence per verdict: the figure, what was asked, what is still needed, what the figure rests on."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from tiendo.model.period import Period
from tiendo.model.register import Comparator, Indicator, ListedState, Nature, Register, Thresholds, Unit
from tiendo.status.choose import Choice, Outcome, Part, Report
from tiendo.status.expected import Goal, Side
from tiendo.status.grade import Grade, satisfies
from tiendo.status.names import LABELS, YEAR_VERDICTS, Status, verdict_name
from tiendo.status.rounding import percent, places_of, rounded, rounded_gap, rounded_need
from tiendo.vietnamese.dates import format_date
from tiendo.vietnamese.number import format_number

_ZERO, _ONE, _HUNDRED, _CENT, _TENTH = Decimal(0), Decimal(1), Decimal(100), Decimal("0.01"), Decimal("0.1")
_LONGEST_QUOTE = 60
# Parts that a sum waits for; all are in its components.
_MOST_NAMED = 10


def explain_figure(
    register: Register, indicator: Indicator, period: Period, *, goal: Goal, choice: Choice, grade: Grade
) -> str:
    """Returns the sentence of a graded figure (``undecidable`` included)."""
    report = choice.report
    if report is None or report.value is None:
        raise ValueError(f"{indicator.code}: nothing was chosen")
    actual = report.value
    write = _Writer(indicator, period)
    clauses = [f"{write.head(actual, report)}, {_comparison(write, goal, actual, grade, register.thresholds)}"]
    if not goal.period.is_last:
        clauses += _pace(write, goal) + _without_path(write, goal, actual) + _outlook(write, goal, actual, grade)
    if grade.status is Status.UNDECIDABLE and grade.interval is not None:
        low, high = grade.interval
        names = ", ".join(LABELS[status] for status in grade.possible)
        clauses.append(
            f"số gần đúng có thể nằm trong khoảng từ {write.rounded(low)} đến {write.derived(high)},"
            f" cho các kết quả khác nhau ({names})"
        )
    clauses.append(_verdict(write, goal, grade, is_estimate=report.kind == "estimate"))
    return _sentence([*clauses, *_rests_on(register, write, choice)])


def explain_state(
    register: Register, indicator: Indicator, state: ListedState, *, status: Status, choice: Choice
) -> str:
    """Returns the sentence of a graded state."""
    report = choice.report
    if report is None:
        raise ValueError(f"{indicator.code}: nothing was chosen")
    is_estimate = report.kind == "estimate"
    named = verdict_name(status, is_estimate=is_estimate and status in YEAR_VERDICTS)
    clauses = [f"báo cáo: {state.text}", f"mục tiêu: {indicator.target_text}", f"đánh giá: {named}"]
    if choice.others:
        others = ", ".join(_name(register, each) for each in choice.others)
        same = ", ".join(f"{_name(register, each)} báo cáo “{_quoted(each)}”" for each in choice.others)
        told = same if choice.is_disputed else f"{others} báo cáo cùng trạng thái"
        clauses.append(f"theo báo cáo của {_name(register, report)}, {told}")
    return _sentence(clauses + _marks([report]))


def explain_ungraded(register: Register, indicator: Indicator, period: Period, status: Status, choice: Choice) -> str:
    """Returns the sentence of a row that gets no grade: no data, not yet published, no target, conflicting."""
    write = _Writer(indicator, period)
    report = choice.report
    verdict = f"đánh giá: {LABELS[status]}"
    if status is Status.CONFLICTING and report is not None and indicator.states:
        each_says = [f"{_name(register, each)} báo cáo “{_quoted(each)}”" for each in (report, *choice.others)]
        opening = f"Các cơ quan báo cáo trạng thái khác nhau: {', '.join(each_says)}"
        return _sentence([opening, verdict, *_marks((report, *choice.others))])
    if status is Status.CONFLICTING and report is not None:
        reported = ", ".join(
            f"{_name(register, each)} báo cáo {write.amount(each.value)}" for each in (report, *choice.others)
        )
        apart = f"chênh {write.difference(choice.difference)}"
        allowed = f"trong khi mức cho phép là {write.difference(indicator.tolerance)}"
        opening = f"Các cơ quan báo cáo số liệu khác nhau: {reported}, {apart} {allowed}"
        return _sentence([opening, verdict, *_marks((report, *choice.others))])
    if status is Status.NOT_YET_PUBLISHED:
        why = indicator.publication_note.strip().rstrip(".;")
        clauses = [f"Chưa đến kỳ công bố số liệu{f' ({why})' if why else ''}"]
        if report is not None and indicator.states and report.is_told:
            clauses.append(f"trạng thái đã gửi (“{_quoted(report)}”) được lưu, chưa đưa vào đánh giá")
            return _sentence([*clauses, *_marks([report])])
        if report is not None and report.value is not None:
            clauses.append(f"số đã gửi ({write.amount(report.value)}) được lưu, chưa đưa vào đánh giá")
            return _sentence([*clauses, *_marks([report])])
        return _sentence(clauses)
    if status is Status.NO_TARGET:
        why = "Kế hoạch không giao chỉ tiêu"
        if period.year != register.years[-1]:
            why = f"{why} cho năm {period.year}"
        if report is None or report.value is None:
            lacking = _lacking(register, period, choice) if choice.parts else "chưa có số liệu trong kỳ"
            return _sentence([f"{why} nên không đánh giá", lacking])
        clauses = [f"{write.head(report.value, report)}", f"{why[0].lower()}{why[1:]} nên không đánh giá"]
        return _sentence([*clauses, *_rests_on(register, write, choice)])
    return _sentence([_missing(register, indicator, period, choice), verdict])


def remaining_words(period: Period) -> str:
    """Returns ``trong 2 quý còn lại``, ``trong quý còn lại``, ``trong 3 tháng còn lại``."""
    count, noun = period.rest_of_year
    return f"trong {noun} còn lại" if count == 1 else f"trong {count} {noun} còn lại"


def gap_words(indicator: Indicator, period: Period, margin: Decimal) -> str:
    """Returns the size of a distance to a line with its unit, ``21,6 điểm phần trăm``."""
    return _Writer(indicator, period).gap(margin)


class _Writer:
    """Writes amounts of one indicator."""

    def __init__(self, indicator: Indicator, period: Period) -> None:
        self.indicator = indicator
        self.period = period.short
        self.is_year = period.is_last
        self.is_rank = indicator.nature is Nature.RANK
        self.suffix, self.difference_suffix = _suffixes(indicator.unit, self.is_rank)
        self.places = places_of(indicator.unit)

    def bare(self, value: Decimal | None) -> str:
        """A figure without its unit, as reported."""
        return "" if value is None else _format(value)

    def amount(self, value: Decimal | None) -> str:
        """A figure with its unit, as reported."""
        return f"hạng {self.bare(value)}" if self.is_rank else f"{self.bare(value)}{self.suffix}"

    def derived(self, value: Decimal) -> str:
        """A computed level with its unit, rounded for reading."""
        return f"{'hạng ' if self.is_rank else ''}{self.rounded(value)}{self.suffix}"

    def difference(self, value: Decimal | None) -> str:
        """A computed difference, in points for shares."""
        return "" if value is None else f"{self.rounded(value)}{self.difference_suffix}"

    def gap(self, value: Decimal) -> str:
        """The size of a distance to a line, in points for shares; of a negative one so much is lacking."""
        return f"{self.bare(abs(rounded_gap(value, self.places)))}{self.difference_suffix}"

    def need(self, value: Decimal) -> str:
        """What must still come, in points for shares."""
        return f"{self.bare(rounded_need(value, self.places))}{self.difference_suffix}"

    def rounded(self, value: Decimal) -> str:
        """A computed number without its unit, rounded for reading."""
        return self.bare(rounded(value, self.places))

    def target(self) -> str:
        """The year's target in words, as understood."""
        i = self.indicator
        low, high = i.low, i.high
        match i.comparator:
            case Comparator.GT:
                return f"trên {self.amount(low)}"
            case Comparator.LE:
                return f"không quá {self.amount(high)}"
            case Comparator.LT:
                return f"hạng nhỏ hơn {self.bare(high)}" if self.is_rank else f"dưới {self.amount(high)}"
            case Comparator.RANGE | Comparator.BETWEEN if high is not None:
                return f"từ {self.bare(low)} đến {self.amount(high)}"
        return self.amount(low)

    def head(self, value: Decimal, report: Report) -> str:
        """The opening: what was reported."""
        nature = self.indicator.nature
        if nature is Nature.GROWTH:
            size = self.amount(abs(value))
            moved = f"tăng {size}" if value > 0 else f"giảm {size}" if value < 0 else "không tăng, không giảm"
            text = f"Cả năm {moved} so với năm trước" if self.is_year else f"Lũy kế {moved} so với cùng kỳ"
        elif nature is Nature.RANK:
            text = f"Xếp {self.amount(value)}"
        elif nature is Nature.FLOW:
            text = f"{'Cả năm thực hiện' if self.is_year else 'Lũy kế'} {self.amount(value)}"
        elif nature is Nature.STOCK:
            text = f"{'Cuối năm có' if self.is_year else 'Hiện có'} {self.amount(value)}"
        else:
            text = f"{'Cuối năm ở mức' if self.is_year else 'Ở mức'} {self.amount(value)}"
        if report.is_approximate and report.value_text:
            text += f" (số gần đúng, nguyên văn “{report.value_text.strip()[:_LONGEST_QUOTE]}”)"
        return text


def _comparison(write: _Writer, goal: Goal, actual: Decimal, grade: Grade, thresholds: Thresholds) -> str:
    side = goal.sides[0]
    if goal.is_band:
        return _against_band(write, goal, actual)
    has_shares = side.sign > 0 and side.target > 0 and actual >= 0
    if not goal.period.is_last and goal.has_path:
        expected = write.derived(side.expected)
        if side.is_final:
            share = f"bằng {percent(actual / side.target, thresholds)} " if side.target > 0 else ""
            return f"{share}mức trần cả năm ({write.target()}), mức cho phép đến hết {write.period} là {expected}"
        if has_shares and grade.ratio_formula == "quotient" and grade.ratio is not None:
            return (
                f"bằng {percent(actual / side.target, thresholds)} {_base(write)} ({write.target()})"
                f" và {percent(grade.ratio, thresholds)} mức phải đạt đến hết {write.period} ({expected})"
            )
        return f"{_relation(write, side, actual)}, mức phải đạt đến hết {write.period} là {expected}"
    if has_shares and goal.nature in (Nature.FLOW, Nature.STOCK) and not satisfies(side, actual):
        share = f"bằng {percent(actual / side.target, thresholds)} {_base(write)}"
        if goal.period.is_last:
            return f"{share} ({write.target()}), thiếu {write.gap(actual - side.target)}"
        return f"{share} ({write.target()})"
    return _relation(write, side, actual)


def _against_band(write: _Writer, goal: Goal, actual: Decimal) -> str:
    floor, ceiling = goal.sides
    band, name = write.target(), "khoảng chỉ tiêu"
    low, high = floor.target, ceiling.target
    if not goal.period.is_last and goal.has_path:
        low, high = floor.expected, ceiling.expected
        band = f"từ {write.derived(low)} đến {write.derived(high)}"
        name = f"khoảng phải đạt đến hết {write.period}"
    if actual < low:
        return f"thấp hơn {write.gap(actual - low)} so với {name} ({band})"
    if actual > high:
        return f"cao hơn {write.gap(high - actual)} so với {name} ({band})"
    return f"nằm trong {name} ({band})"


def _base(write: _Writer) -> str:
    return "mức sàn của chỉ tiêu năm" if write.indicator.comparator is Comparator.RANGE else "chỉ tiêu năm"


def _relation(write: _Writer, side: Side, actual: Decimal) -> str:
    target = write.target()
    gap = side.sign * (actual - side.target)
    if gap == 0 and side.is_strict:
        return f"bằng đúng mốc {write.amount(side.target)} nên chưa đáp ứng chỉ tiêu năm ({target})"
    if write.indicator.comparator is Comparator.RANGE and side.top is not None and gap >= 0:
        if actual <= side.top:
            return f"đáp ứng chỉ tiêu năm ({target})"
        return f"cao hơn {write.gap(actual - side.top)} so với mức trên của chỉ tiêu năm ({target})"
    if gap == 0:
        return f"đúng bằng chỉ tiêu năm ({target})"
    words = ("tốt hơn", "kém") if write.is_rank else ("cao hơn", "thấp hơn")
    word = words[0] if (gap > 0 if write.is_rank else actual > side.target) else words[1]
    return f"{word} {write.gap(gap)} so với {_base(write)} ({target})"


def _pace(write: _Writer, goal: Goal) -> list[str]:
    """Says where an own pace comes from, and what an even one would ask."""
    if goal.formula != "flow_profile" or goal.share == goal.even_share:
        return []
    basis = write.indicator.profile_basis
    years = [str(past.year) for past in basis[goal.period.number - 1]] if basis else []
    source = (
        f"bình quân các năm {', '.join(years)}" if len(years) > 1 else f"năm {years[0]}" if years else "quy định riêng"
    )
    even = " - ".join(write.rounded(side.target * goal.even_share) for side in goal.sides)
    pace = f"mức phải đạt tính theo nhịp {source} ({_share(goal.share)} cả năm)"
    return [f"{pace}, nếu chia đều các {goal.period.rest_of_year[1]} là {even}{write.suffix}"]


def _without_path(write: _Writer, goal: Goal, actual: Decimal) -> list[str]:
    """Says that a level is held against the whole year's target, since nobody knows where the year began."""
    is_level = goal.nature in (Nature.STOCK, Nature.RATIO) and write.indicator.baseline is None
    if not is_level or goal.is_band or satisfies(goal.sides[0], actual):
        return []
    return ["chưa có số đầu năm nên so ngay với mức cả năm"]


def _outlook(write: _Writer, goal: Goal, actual: Decimal, grade: Grade) -> list[str]:
    """Says what the rest of the year must bring, or may still bring under a ceiling."""
    within = remaining_words(goal.period)
    ceiling = goal.sides[-1]
    if ceiling.is_final:
        if not satisfies(ceiling, actual):
            over = actual - ceiling.target
            return [f"đã vượt mức trần cả năm {write.gap(-over)}" if over else "đã chạm mức trần cả năm"]
        if not goal.is_band:
            return [f"còn được phép {write.gap(ceiling.target - actual)} {within}"]
    side = goal.sides[0]
    if satisfies(side, actual) and not goal.is_band:
        return ["đã đạt chỉ tiêu năm"] if side.is_early and grade.status in YEAR_VERDICTS else []
    if grade.needed:
        if goal.nature is Nature.FLOW:
            verb, gained = "cần thêm", actual
        else:
            verb = "cần tăng thêm" if side.sign > 0 else "cần giảm thêm"
            baseline = write.indicator.baseline
            gained = _ZERO if baseline is None else side.sign * (actual - baseline)
        text = f"{verb} {write.need(grade.needed)} {within}"
        if gained > 0:
            pace = (grade.needed / (_ONE - goal.even_share)) / (gained / goal.even_share)
            text += f", {_times(pace)} tốc độ đã đạt"
        return [text]
    if goal.has_path and goal.nature is Nature.RATIO and grade.ratio_formula == "quotient":
        return [f"còn cách chỉ tiêu năm {write.gap(-abs(side.target - actual))}"]
    return []


def _share(share: Decimal) -> str:
    return f"{format_number((share * _HUNDRED).quantize(_TENTH, ROUND_HALF_UP))}%"


def _times(pace: Decimal) -> str:
    times = pace.quantize(_CENT, ROUND_HALF_UP)
    if times == 1:
        return "bằng"
    if times == 0:
        return "chưa bằng 0,01 lần"
    return f"{'gấp' if pace > 1 else 'bằng'} {format_number(times)} lần"


def _verdict(write: _Writer, goal: Goal, grade: Grade, *, is_estimate: bool) -> str:
    # Within the year the sentence's last words, that the figure is an estimate, say enough.
    text = f"đánh giá: {verdict_name(grade.status, is_estimate=is_estimate and grade.status in YEAR_VERDICTS)}"
    on_track = LABELS[Status.ON_TRACK]
    is_ceiling = goal.sides[-1].is_final and not goal.is_band
    if grade.status in (Status.AT_RISK, Status.BEHIND) and grade.margin < 0 and not is_ceiling:
        return f"{text} (cách mức “{on_track}” {write.gap(grade.margin)})"
    if grade.status is Status.ON_TRACK and grade.margin > 0:
        return f"{text} (cách mức “{LABELS[Status.AT_RISK]}” {write.gap(grade.margin)})"
    return text


def _rests_on(register: Register, write: _Writer, choice: Choice) -> list[str]:
    report = choice.report
    if report is None:
        return []
    if choice.parts:
        return [_added_up(choice), *_marks([report])]
    clauses = []
    if choice.others and choice.difference:
        others = ", ".join(f"{_name(register, each)} báo cáo {write.amount(each.value)}" for each in choice.others)
        beyond = f", vượt mức cho phép {write.difference(write.indicator.tolerance)}" if choice.is_disputed else ""
        apart = f"chênh {write.difference(choice.difference)}{beyond}"
        clauses.append(f"theo số của {_name(register, report)}, {others} ({apart})")
    elif choice.others:
        others = ", ".join(_name(register, each) for each in choice.others)
        clauses.append(f"theo số của {_name(register, report)}, {others} báo cáo cùng số")
    return clauses + _marks([report])


def _marks(reports: Sequence[Report]) -> list[str]:
    clauses = []
    if "estimate" in [report.kind for report in reports]:
        clauses.append("số ước thực hiện")
    if True in [report.is_illustrative for report in reports]:
        clauses.append("số liệu minh họa")
    return clauses


def _missing(register: Register, indicator: Indicator, period: Period, choice: Choice) -> str:
    report = choice.report
    if indicator.states and report is not None and report.is_told:
        return (
            f"{_name(register, report)} báo cáo “{_quoted(report)}”, không có trong danh sách trạng thái của chỉ tiêu"
        )
    if choice.parts:
        return _lacking(register, period, choice)
    if choice.outcome is Outcome.NOT_AVAILABLE and report is not None:
        promised = f", dự kiến có ngày {format_date(report.promised_on)}" if report.promised_on else ""
        return f"{_name(register, report)} báo cáo chưa có số liệu {period.vietnamese}{promised}"
    if choice.outcome is Outcome.NOT_APPLICABLE and report is not None:
        return f"{_name(register, report)} báo cáo không áp dụng hoặc không thuộc phạm vi trong {period.vietnamese}"
    if choice.outcome is Outcome.NO_OCCURRENCE and report is not None:
        return f"{_name(register, report)} báo cáo không phát sinh trong {period.vietnamese}"
    names = " và ".join(_agency(register, code) for code in indicator.reporters)
    if choice.outcome is Outcome.QUARTER_ONLY:
        return f"{names} chỉ báo cáo số {period.kind.in_it}, chưa có số lũy kế đến hết {period.vietnamese}"
    return f"Chưa nhận được số liệu {period.vietnamese} từ {names}"


def _added_up(choice: Choice) -> str:
    """Says that a figure is a sum, and what in it is no plain figure."""
    text = f"tổng của {len(choice.parts)} chỉ tiêu thành phần"
    counted = (
        (sum(part.choice.outcome is Outcome.NO_OCCURRENCE for part in choice.parts), "không phát sinh"),
        (sum(not part.counts for part in choice.parts), "không áp dụng"),
        (
            sum(part.choice.report is not None and part.choice.report.is_approximate for part in choice.parts),
            "gần đúng",
        ),
    )
    told = ", ".join(f"{count} {words}" for count, words in counted if count)
    return f"{text} (trong đó {told})" if told else text


def _lacking(register: Register, period: Period, choice: Choice) -> str:
    """Names what a sum waits for: by their reporters where each part has its own, else by the parts' names."""
    if choice.outcome is Outcome.NOT_APPLICABLE:
        return f"không có gì để cộng: cả {len(choice.parts)} chỉ tiêu thành phần được báo cáo là không áp dụng"
    bodies = [code for part in choice.parts for code in part.indicator.reporters]
    is_by_body = len(set(bodies)) == len(bodies)
    in_it = period.kind.in_it
    missing = [_part(register, part, in_it, is_by_body=is_by_body) for part in choice.parts if part.is_missing]
    more = f" và {len(missing) - _MOST_NAMED} chỉ tiêu thành phần khác" if len(missing) > _MOST_NAMED else ""
    return f"chưa đủ số liệu để cộng: thiếu {', '.join(missing[:_MOST_NAMED])}{more}"


def _part(register: Register, part: Part, in_it: str, *, is_by_body: bool) -> str:
    bodies = [register.agency_by_code[code].short_name for code in part.indicator.reporters]
    name = " và ".join(bodies) if is_by_body else f"“{part.indicator.label}”"
    match part.choice.outcome:
        case Outcome.NOT_AVAILABLE:
            report = part.choice.report
            day = report.promised_on if report is not None else None
            return f"{name} (báo cáo chưa có số liệu{f', dự kiến có ngày {format_date(day)}' if day else ''})"
        case Outcome.CONFLICT:
            return f"{name} (số liệu chưa thống nhất)"
        case Outcome.QUARTER_ONLY:
            return f"{name} (chỉ báo cáo số {in_it})"
    return name


# Targets and what is expected of a quarter come again and again.
_format = lru_cache(maxsize=4096)(format_number)


@lru_cache(maxsize=256)
def _suffixes(unit: Unit | None, is_rank: bool) -> tuple[str, str]:
    """Returns what follows an amount and what follows a difference of two amounts."""
    if is_rank:
        return "", " bậc"
    if unit is None or not unit.label:
        return "", " điểm"
    if unit.label == "%":
        return "%", " điểm phần trăm"
    if unit.label == "‰":
        return "‰", " điểm phần nghìn"
    label = unit.label.removeprefix("Số ")
    lowered = label if label[:2].isupper() else label[:1].lower() + label[1:]
    # "2,5 bé trai so với 100 bé gái so với chỉ tiêu" would not be read.
    return f" {lowered}", " điểm" if " so với " in label else f" {lowered}"


def _quoted(report: Report) -> str:
    return report.value_text.strip()[:_LONGEST_QUOTE]


def _name(register: Register, report: Report) -> str:
    return _agency(register, report.agency_code)


def _agency(register: Register, code: str) -> str:
    agency = register.agency_by_code.get(code)
    return code if agency is None else agency.name


def _sentence(clauses: list[str]) -> str:
    text = "; ".join(clauses)
    return f"{text[:1].upper()}{text[1:]}."
