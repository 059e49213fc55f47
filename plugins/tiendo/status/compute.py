"""Status of every indicator of a plan in one period, from the register and the observations known at an instant."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Context, Decimal, localcontext
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple

from tiendo.model.period import Period
from tiendo.model.register import Indicator, ListedState, Nature, Register
from tiendo.status.choose import Choice, Outcome, Part, Report, add_up, choose
from tiendo.status.expected import Goal, goal_of
from tiendo.status.grade import Grade, grade, grade_state, interval_of, tidy
from tiendo.status.names import Status
from tiendo.status.sentence import explain_figure, explain_state, explain_ungraded
from tiendo.vietnamese.listed_state import listed_state

COLUMNS = (
    "plan_code",
    "period",
    "as_of",
    "indicator_code",
    "agency_code",
    "value",
    "value_kind",
    "value_basis",
    "expected_value",
    "ratio",
    "status",
    "margin",
    "margin_up",
    "margin_down",
    "needed",
    "is_estimate",
    "is_approximate",
    "is_illustrative",
    "sentence",
    "components",
    "rule_version",
    "observation_id",
)
_BASIS = "year_to_date"
_EXACT = Context(prec=40)
# What is to be known of a figure; from the third on, the fields of ``Report``.
FIGURE = (
    "indicator_code",
    "basis",
    "observation_id",
    "agency_code",
    "kind",
    "answer",
    "value",
    "value_text",
    "is_approximate",
    "is_illustrative",
    "promised_on",
)


class Verdict(NamedTuple):
    """The status of one indicator in one period and all it rests on.

    Attributes:
        grade: None where no figure was graded.
        state: what was reported of an indicator whose target is words; None where nothing was chosen.
    """

    indicator: Indicator
    status: Status
    choice: Choice
    goal: Goal | None
    grade: Grade | None
    sentence: str
    state: ListedState | None = None


def compute(
    register: Register,
    figures: Iterable[Sequence[Any]],
    period: Period,
    as_of: datetime,
    heirs: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Iterator[tuple[Any, ...]]:
    """Grades every leaf indicator in one period.

    Args:
        register: the plan, as in force for the period.
        figures: the current observations of all agencies for this period, as known at ``as_of``, each in the order of
            ``FIGURE``: value a Decimal or None, promised_on a date or None. Should an agency have several for one
            indicator and basis, the highest observation_id counts.
        period: the period to grade.
        as_of: the instant the observations were taken at; stored, not applied.
        heirs: bodies that have ended, with those that speak for them since.

    Returns:
        One row after the other, per leaf indicator in the register's order, by ``COLUMNS``: those of
        core.indicator_status without its ids and hash; ``components`` is a dict fit for JSON, decimals as strings.

    Raises:
        ValueError: the plan does not report by the period.
        TypeError: a value is no Decimal.
    """
    if period not in register.periods:
        raise ValueError(f"{period} is no period of plan {register.code}")
    reports, with_quarter = _reports(figures)
    written_period = str(period)

    def chosen(indicator: Indicator) -> Choice:
        if indicator.sum_of and period.number in indicator.published_in:
            parts = (register.indicator_by_code[code] for code in indicator.sum_of)
            return add_up([Part(part, chosen(part)) for part in parts])
        answers = _with_heirs(indicator, reports.get(indicator.code, {}), heirs)
        return choose(indicator, answers, has_quarter_figure=indicator.code in with_quarter)

    def row(indicator: Indicator) -> tuple[Any, ...]:
        with localcontext(_EXACT):
            return _row(register, written_period, as_of, judge(register, indicator, period, chosen(indicator)))

    return (row(indicator) for indicator in register.indicators if indicator.is_leaf)


def _with_heirs(
    indicator: Indicator, answers: dict[str, Report], heirs: Mapping[str, Sequence[str]]
) -> dict[str, Report]:
    """Puts the later answer of a body that took over in the place of that of the reporter that has ended."""
    for ended in heirs.keys() & set(indicator.reporters):
        spoken = [
            answers[h] for h in (ended, *heirs[ended]) if h in answers and (h == ended or h not in indicator.reporters)
        ]
        if spoken:
            answers = answers | {ended: max(spoken, key=attrgetter("observation_id"))}
    return answers


def judge(register: Register, indicator: Indicator, period: Period, choice: Choice) -> Verdict:
    """Judges one indicator from the figure that counts for it."""
    report, state = choice.report, _state(indicator, choice)

    def ungraded(status: Status, goal: Goal | None = None) -> Verdict:
        text = explain_ungraded(register, indicator, period, status, choice)
        return Verdict(indicator, status, choice, goal, None, text, state)

    if period.number not in indicator.published_in:
        return ungraded(Status.NOT_YET_PUBLISHED)
    if indicator.states:
        if state is None or choice.outcome is Outcome.CONFLICT:
            return ungraded(Status.NO_DATA if state is None else Status.CONFLICTING)
        status = grade_state(state, period)
        text = explain_state(register, indicator, state, status=status, choice=choice)
        return Verdict(indicator, status, choice, None, None, text, state)
    goal = goal_of(indicator, period)
    if goal is None:
        return ungraded(Status.NO_TARGET)
    if report is None or report.value is None:
        return ungraded(Status.NO_DATA, goal)
    if choice.outcome is Outcome.CONFLICT:
        return ungraded(Status.CONFLICTING, goal)
    interval = None
    if report.is_approximate:
        interval = _interval(register, choice.parts or (Part(indicator, choice),))
    result = grade(goal, report.value, register.thresholds, interval)
    text = explain_figure(register, indicator, period, goal=goal, choice=choice, grade=result)
    return Verdict(indicator, result.status, choice, goal, result, text)


def _state(indicator: Indicator, choice: Choice) -> ListedState | None:
    """Returns the state that was chosen; None without one, and for one that the list has no more."""
    report = choice.report
    return listed_state(indicator.states, report.value_text) if report is not None and report.is_told else None


def _interval(register: Register, parts: Sequence[Part]) -> tuple[Decimal, Decimal]:
    """Returns the values that an approximate figure can stand for; of a sum, from all lowest to all highest ones."""
    tolerance = register.thresholds.approximate_tolerance_pct
    low = high = Decimal(0)
    for indicator, choice in parts:
        report = choice.report
        if report is None or report.value is None:
            continue
        ends = report.value, report.value
        if report.is_approximate:
            ends = interval_of(report.value, tolerance, indicator.minimum, indicator.maximum)
        low, high = low + ends[0], high + ends[1]
    return low, high


def _reports(figures: Iterable[Sequence[Any]]) -> tuple[dict[str, dict[str, Report]], set[str]]:
    """Returns year-to-date answers by indicator and agency, and which indicators have a figure of the period alone."""
    by_indicator: dict[str, dict[str, Report]] = defaultdict(dict)
    with_quarter = set()
    for code, basis, *fields in figures:
        report = Report._make(fields)
        if report.answer != "value":
            report = report._replace(value=None)
        elif not isinstance(report.value, Decimal):
            raise TypeError(f"observation {report.observation_id}: value {report.value!r} is no Decimal")
        if basis == _BASIS:
            answers = by_indicator[code]
            earlier = answers.get(report.agency_code)
            if earlier is None or earlier.observation_id < report.observation_id:
                answers[report.agency_code] = report
        elif report.value is not None:
            with_quarter.add(code)
    return by_indicator, with_quarter


def _row(register: Register, period: str, as_of: datetime, verdict: Verdict) -> tuple[Any, ...]:
    indicator, choice, result = verdict.indicator, verdict.choice, verdict.grade
    is_conflict = verdict.status is Status.CONFLICTING
    report = None if is_conflict else choice.report
    has_value = report is not None and report.is_told
    expected = result.expected if result is not None else _expected_without_figure(verdict.goal)
    expected = None if expected is None else tidy(expected)
    rests_on = [each for each in (choice.report, *choice.others) if each] if is_conflict else [report] if report else []
    owner = None if is_conflict or not indicator.reporters else indicator.reporters[0]
    return (
        register.code,
        period,
        as_of,
        indicator.code,
        owner if report is None else report.agency_code or None,
        report.value if report is not None else None,
        report.kind if report is not None and has_value else None,
        _BASIS if has_value else None,
        expected,
        result.ratio if result else None,
        verdict.status._value_,
        result.margin if result else None,
        result.margin_up if result else None,
        result.margin_down if result else None,
        result.needed if result else None,
        "estimate" in [each.kind for each in rests_on if each.is_told],
        True in [each.is_approximate for each in rests_on],
        True in [each.is_illustrative for each in rests_on],
        verdict.sentence,
        _components(register, verdict, expected),
        register.rule_version,
        int(report.observation_id) if report is not None and not choice.parts else None,
    )


def _expected_without_figure(goal: Goal | None) -> Decimal | None:
    """What the period asks for when no figure says which end of a band is nearer."""
    return None if goal is None or goal.is_band else goal.sides[0].expected


def _components(register: Register, verdict: Verdict, expected: Decimal | None) -> dict[str, Any]:
    """Returns all that the verdict was made of; decimals as strings, so that JSON keeps them exact.

    Members' ``_value_`` is their value without the property in front of it, which took a tenth of the time of grading.
    """
    indicator, choice, goal, result = verdict.indicator, verdict.choice, verdict.goal, verdict.grade
    is_conflict = verdict.status is Status.CONFLICTING
    thresholds = register.thresholds
    figures = [each for each in (choice.report, *choice.others) if each is not None and not choice.parts]
    components: dict[str, Any] = {
        "rule_version": register.rule_version,
        "status": verdict.status._value_,
        "nature": indicator.nature._value_,
        "comparator": indicator.comparator._value_,
        "direction": indicator.direction._value_,
        "target_low": _text(indicator.low),
        "target_high": _text(indicator.high),
        "baseline": _text(indicator.baseline),
        "published_in": list(indicator.published_in),
        "choice": choice.outcome._value_,
        "reporters": [_answer(each) for each in figures],
    }
    if choice.parts:
        components["parts"] = [
            {"indicator": part.code, "choice": chosen.outcome._value_}
            | (_answer(chosen.report) if chosen.report is not None else _NO_ANSWER)
            for part, chosen in choice.parts
        ]
    if indicator.states:
        components |= {
            "states": {state.text: state.verdict for state in indicator.states},
            "state": verdict.state.text if verdict.state and not is_conflict else None,
        }
    if len(figures) > 1:
        components |= {
            "has_precedence": indicator.has_precedence,
            "difference": _text(choice.difference),
            "tolerance": _text(indicator.tolerance),
            "is_disputed": choice.is_disputed,
        }
    if goal is not None:
        components |= {
            "expected_formula": goal.formula,
            "share": _text(goal.share),
            "expected": _text(expected),
            "expected_low": _text(tidy(goal.sides[0].expected)) if goal.is_band else None,
            "expected_high": _text(tidy(goal.sides[1].expected)) if goal.is_band else None,
        }
        if indicator.nature is Nature.FLOW:
            components |= _even_pace(indicator, goal)
    if result is not None:
        report = choice.report
        components |= {
            "actual": _text(report.value) if report is not None else None,
            "ratio": _text(result.ratio),
            "ratio_formula": result.ratio_formula,
            "scale": _text(tidy(goal.sides[0].scale)) if goal is not None else None,
            "threshold_on_track": _text(thresholds.on_track),
            "threshold_at_risk": _text(thresholds.at_risk),
            "next_status": result.next_status._value_ if result.next_status else None,
        }
        if result.interval is not None:
            components |= {
                "approximate_tolerance_pct": _text(thresholds.approximate_tolerance_pct),
                "interval": [_text(tidy(end)) for end in result.interval],
                "possible_statuses": [status.value for status in result.possible],
            }
    return components


def _answer(report: Report) -> dict[str, Any]:
    return {
        "agency": report.agency_code,
        "observation_id": int(report.observation_id),
        "answer": report.answer,
        "value": _text(report.value),
        "kind": report.kind,
        **({"state": report.value_text} if report.answer == "state" else {}),
    }


_NO_ANSWER = dict.fromkeys(("agency", "observation_id", "answer", "value", "kind"))


def _even_pace(indicator: Indicator, goal: Goal) -> dict[str, Any]:
    """Returns what an even pace would ask of a flow, and the past years behind the pace that counts, if any."""
    even = [_text(tidy(side.target * goal.even_share)) for side in goal.sides]
    components: dict[str, Any] = {
        "share_even": _text(goal.even_share),
        "expected_even": None if goal.is_band else even[0],
        "expected_even_low": even[0] if goal.is_band else None,
        "expected_even_high": even[1] if goal.is_band else None,
    }
    if goal.formula == "flow_profile":
        basis = indicator.profile_basis[goal.period.number - 1] if indicator.profile_basis else ()
        components["profile_basis"] = [
            p._asdict() | {"value": _text(p.value), "year_value": _text(p.year_value)} for p in basis
        ]
    return components


def _text(value: Decimal | None) -> str | None:
    if value is None:
        return None
    text = str(value)  # as format() would, but for very large and very small numbers
    return format(value, "f") if "E" in text else text
