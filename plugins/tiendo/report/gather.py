"""From the warehouse to ``EditionData``: everything as it was known at one instant, in a fixed order."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Connection

from tiendo.clock import HANOI
from tiendo.model.outcome import ACCEPTED
from tiendo.model.period import Period
from tiendo.model.register import Indicator, Register, RowKind
from tiendo.model.working_days import last_day_before
from tiendo.plan.kept import register_at
from tiendo.report.amendments import lines_of
from tiendo.report.data import (
    NOT_REPORTED,
    Approval,
    EditionChange,
    EditionData,
    HistoryPoint,
    IndicatorLine,
    InputFile,
    LeadLine,
    Letterhead,
    Origin,
    PartLine,
    PreviousEdition,
    RecordCard,
    Revision,
    Submission,
    TaskChange,
    TaskLine,
    TaskReport,
)
from tiendo.report.words import due_words
from tiendo.status.choose import WAITED_FOR
from tiendo.status.expected import goal_of
from tiendo.status.names import FAILING
from tiendo.status.rounding import percent, places_of
from tiendo.status.sentence import gap_words
from tiendo.validation.assertions import TaskAssertion, check_assertions
from tiendo.validation.suites import rule_titles
from tiendo.vietnamese.listed_state import listed_state
from tiendo.warehouse.sql import statement

USUAL_MISTAKES = 3
Row = dict[str, Any]
_LINE_FIELDS = {field.name for field in fields(IndicatorLine)}


class NotGradedError(RuntimeError):
    """An indicator has no status for the period at the instant: statuses must be computed before an edition."""


def gather(
    connection: Connection,
    register: Register,
    period: Period,
    *,
    edition: int,
    as_of: datetime,
    approval: Approval | None = None,
    kept: Register | None = None,
) -> EditionData:
    """Reads an edition as known at ``as_of``; what was recorded later does not exist for it.

    Args:
        connection: in the loader's role; it reads core and intake.
        register: the plan now; the edition is by the register in force for its period as known at the instant.
        period: the period reported on.
        edition: its number, from 1.
        as_of: the instant; aware.
        approval: who approved it; None for a draft.
        kept: the register it was published by, where that is known.

    Raises:
        NotGradedError: an indicator has no status at that instant.
    """
    fetch = _Fetch(connection, register, period, as_of)
    whole = kept or register_at(connection, register, period, as_of).whole
    register = whole.in_force(period)
    calendar = register.calendar_by_period[period]
    statuses = _statuses(fetch)
    lines = [_line(whole, indicator, period, statuses) for indicator in register.indicators]
    own_plans = submissions(fetch("report/own_plans.sql", year=str(register.year)), as_of)
    tasks = _tasks(register, fetch, period)
    against, _ = check_assertions(task_assertions(register, as_of, lines, tasks, own_plans))
    tasks = tuple(_with_contradictions(task, against) for task in tasks)
    editions = [
        row for row in fetch("report/editions.sql") if (row["period"], row["edition"]) != (str(period), edition)
    ]
    revisions = _revisions(whole, fetch, period, editions, statuses)
    origins = [line.origin for line in lines] + [report.origin for task in tasks for report in task.reports]
    used = {origin.receipt_no for origin in (*origins, *(r.origin for r in revisions)) if origin is not None}
    data = EditionData(
        plan_code=register.code,
        plan_title=register.title,
        plan_short_title=register.short_title,
        province=register.province,
        plan_issued_by=register.issued_by,
        plan_issued_on=register.issued_on,
        register_sha256=register.sha256,
        rule_version=register.rule_version,
        letterhead=letterhead_of(register),
        period=period,
        edition=edition,
        as_of=as_of,
        cut_off_on=calendar.cut_off_on,
        due_at=calendar.due_at,
        closing_at=calendar.closing_at,
        next_due_at=_next_due_at(register, period),
        thresholds=register.thresholds,
        approval=approval,
        submissions=submissions(fetch("report/tracker.sql"), as_of),
        indicators=tuple(line for line in lines if line.row_kind != RowKind.BODY_TARGET),
        body_targets=tuple(line for line in lines if line.row_kind == RowKind.BODY_TARGET),
        tasks=tasks,
        revisions=revisions,
        previous=None,
        inputs=tuple(InputFile(**_named(whole, row)) for row in fetch("report/inputs.sql", used=sorted(used))),
        own_plans=own_plans,
        leads=_leads(fetch),
        records=_records(register, fetch),
        amendments=tuple(lines_of(whole, whole.amendments_of(period))),
        is_of_several_years=len(whole.years) > 1,
    )
    return replace(data, previous=_previous(register, fetch, editions, data))


def indicator_lines(
    connection: Connection, register: Register, indicator: Indicator, as_of: datetime
) -> list[IndicatorLine]:
    """Returns an indicator as the editions of the graded periods would report it at an instant, in order."""
    last = register.calendar[-1].period
    fetch = _Fetch(connection, register, last, as_of)
    statuses = _statuses(fetch)
    return [
        _line(register, held, entry.period, statuses)
        for entry in register.calendar
        if (indicator.code, str(entry.period)) in statuses
        and (held := register.in_force(entry.period).indicator_by_code.get(indicator.code))
    ]


def letterhead_of(register: Register) -> Letterhead:
    """Returns the words round the report, from ``report:`` in the plan's plan.yaml."""
    words = register.report
    body = str(words["issuing_body"])
    names = {agency.name.upper(): agency.name for agency in register.agencies}
    return Letterhead(
        parent_body=str(words["issuing_parent"]),
        issuing_body=names.get(body.upper(), body),
        symbol=str(words["symbol"]),
        place=str(words["place"]),
        addressee=str(words["addressee"]),
        signing_office=tuple(words["signer_office"]),
        signer=str(words["signer_name"]),
        recipients=tuple(words["recipients"]),
        basis=tuple(words.get("basis", ())),
        annex=str(words.get("annex", "")),
    )


def _next_due_at(register: Register, period: Period) -> datetime | None:
    calendar = register.calendar_by_period.get(period.following)
    return None if calendar is None else calendar.due_at


class _Fetch:
    """Runs statements with the edition's own parameters."""

    def __init__(self, connection: Connection, register: Register, period: Period, as_of: datetime) -> None:
        self.connection = connection
        self.parameters = {
            "plan_code": register.code,
            "first_period": str(register.periods[0]),
            "period": str(period),
            "as_of": as_of,
        }

    def __call__(self, name: str, **more: Any) -> list[Row]:
        rows = self.connection.execute(statement(name), {**self.parameters, **more}).mappings()
        return [dict(row) for row in rows]


def _statuses(fetch: _Fetch, as_of: datetime | None = None) -> dict[tuple[str, str], Row]:
    parameters = {} if as_of is None else {"as_of": as_of}
    return {(row["indicator_code"], row["period"]): row for row in fetch("report/status.sql", **parameters)}


def submissions(rows: Iterable[Row], as_of: datetime) -> tuple[Submission, ...]:
    """Returns what bodies owe and sent; what is not over at ``as_of`` is open, not missing."""
    found = []
    for row in rows:
        due_at = row.pop("due_at")
        each = Submission(**row)
        is_open = as_of < due_at and each.is_lacking
        found.append(replace(each, open_until=last_day_before(due_at)) if is_open else each)
    return tuple(found)


def _line(
    whole: Register, indicator: Indicator, period: Period, statuses: Mapping[tuple[str, str], Row]
) -> IndicatorLine:
    register = whole.in_force(period)
    row: Row = _status_of(statuses, indicator.code, period) if indicator.is_leaf else {}
    agencies = (row["agency_code"],) if row and row["agency_code"] else indicator.reporters if indicator.is_leaf else ()
    responsible = _responsible(register, indicator, period, statuses) if indicator.is_leaf else ()
    line = IndicatorLine(
        code=indicator.code,
        row_order=indicator.row_order,
        row_kind=indicator.row_kind.value,
        section_no=indicator.section_no,
        section_title=indicator.section_title,
        printed_no=indicator.printed_no,
        name=indicator.label,
        full_name=_full_name(register, indicator),
        unit=indicator.unit.label if indicator.unit else "",
        decimals=places_of(indicator.unit),
        target_text=indicator.target_text,
        target_low=indicator.low,
        target_high=indicator.high,
        agency_name="; ".join(register.agency_by_code[code].name for code in agencies),
        series=whole.series(period),
        expected_path=_expected_path(whole, indicator, period),
        history=_history(indicator, whole.so_far(period), statuses),
        origin=_origin(_named(register, row)) if row and row["receipt_no"] else None,
        last_year=_last_year(indicator, period),
        task_ref=indicator.task_ref,
        responsible=tuple(register.agency_by_code[code].name for code in responsible),
        parts=tuple(_part(register, code, _status_of(statuses, code, period)) for code in indicator.sum_of),
        reporter_codes=indicator.reporters if indicator.is_leaf else (),
        agency_codes=tuple(agencies),
        responsible_codes=responsible,
        unit_code=indicator.unit.code if indicator.unit else "",
    )
    known = {name: row[name] for name in _LINE_FIELDS & row.keys()}
    if known.get("ratio") is not None and known["ratio"] >= 0:
        known["ratio_text"] = percent(known["ratio"], register.thresholds)
    if known.get("margin"):
        known["gap_text"] = gap_words(indicator, period, known["margin"])
    if known.get("previous_period"):
        known["previous_period"] = Period.parse(known["previous_period"])
    return replace(line, **known)


def _status_of(statuses: Mapping[tuple[str, str], Row], code: str, period: Period) -> Row:
    try:
        return statuses[code, str(period)]
    except KeyError:
        raise NotGradedError(f"{code} has no status for {period}; compute statuses first") from None


def _history(
    indicator: Indicator, periods: Iterable[Period], statuses: Mapping[tuple[str, str], Row]
) -> tuple[HistoryPoint, ...]:
    return tuple(
        HistoryPoint(each, row["value"], row["expected"], row["status"], row["told_state"])
        for each in periods
        if (row := statuses.get((indicator.code, str(each)))) is not None
    )


def _last_year(indicator: Indicator, period: Period) -> Decimal | None:
    shares = [share for shares in indicator.profile_basis for share in shares if share.year == period.year - 1]
    if period.is_last:
        return shares[0].year_value if shares else None
    return next((s.value for s in shares if s in indicator.profile_basis[period.number - 1]), None)


def _responsible(
    register: Register, indicator: Indicator, period: Period, statuses: Mapping[tuple[str, str], Row]
) -> tuple[str, ...]:
    task = register.task_by_ref.get(indicator.task_ref)
    codes: Iterable[str] = task.lead_agencies if task is not None else indicator.reporters
    if task is None and indicator.sum_of:
        rows = {code: _status_of(statuses, code, period) for code in indicator.sum_of}
        missing = [code for code, row in rows.items() if row["choice"] in WAITED_FOR]
        ratios = {code: row["ratio"] for code, row in rows.items() if row["ratio"] is not None}
        slowest = [code for code, ratio in ratios.items() if ratio == min(ratios.values())]
        codes = dict.fromkeys(
            body for code in missing or slowest for body in register.indicator_by_code[code].reporters
        )
    return tuple(codes)


def _part(register: Register, code: str, row: Row) -> PartLine:
    origin = _origin(_named(register, row)) if row["receipt_no"] else None
    return PartLine(code, _full_name(register, register.indicator_by_code[code]), row["value"], row["choice"], origin)


def _full_name(register: Register, indicator: Indicator) -> str:
    if indicator.parent_code is None:
        return indicator.label
    parent = register.indicator_by_code[indicator.parent_code]
    name = indicator.label.lstrip("-– ")
    return name if parent.label in name else f"{parent.label}: {name}"


def _expected_path(whole: Register, indicator: Indicator, period: Period) -> tuple[Any, ...]:
    """Expected values of the series, of those gone by as they were asked for then; a band has no single one."""

    def asked(each: Period) -> Indicator | None:
        if each >= period:
            return indicator
        return whole.in_force(each).indicator_by_code.get(indicator.code)

    series = whole.series(period)
    goals = [goal_of(i, each) if (i := asked(each)) is not None and i.is_leaf else None for each in series]
    return tuple(None if goal is None or goal.is_band else goal.sides[0].expected for goal in goals)


def _named(register: Register, row: Row) -> Row:
    """Names the body that sent a file as the register does, whatever the plan now calls it."""
    agency = register.agency_by_code.get(row.get("sender_code") or "")
    return row if agency is None else {**row, "sender_name" if "sender_name" in row else "agency_name": agency.name}


def _origin(row: Row) -> Origin:
    return Origin(
        receipt_no=row["receipt_no"],
        file_name=row["file_name"],
        file_sha256=row["file_sha256"],
        sheet=row["sheet"],
        cell=row["cell"],
        agency_name=row["sender_name"],
        received_at=row["received_at"],
        sender_code=row["sender_code"],
    )


def _tasks(register: Register, fetch: _Fetch, period: Period, as_of: datetime | None = None) -> tuple[TaskLine, ...]:
    parameters = {} if as_of is None else {"as_of": as_of}
    reported = {(row["task_ref"], row["agency_code"]): row for row in fetch("report/tasks.sql", **parameters)}
    last_said: dict[tuple[str, str], tuple[Period, str]] = {}
    for past in register.until(period)[:-1]:
        for row in fetch("report/tasks.sql", period=str(past), **parameters):
            last_said[row["task_ref"], row["agency_code"]] = (past, row["state"])

    def report(ref: str, agency_code: str) -> TaskReport:
        name = register.agency_by_code[agency_code].name
        row = reported.get((ref, agency_code))
        if row is None:
            when, state = last_said.get((ref, agency_code), (None, ""))
            done_in = when if state == "done" else None
            return TaskReport(agency_code, name, NOT_REPORTED, None, "", "", "", None, done_in=done_in)
        return TaskReport(
            agency_code, name, row["state"], row["completion_pct"], row["result"], row["difficulty"], row["proposal"],
            _origin({**row, "sender_name": name, "sender_code": agency_code}),
        )  # fmt: skip

    return tuple(
        TaskLine(
            ref=task.ref,
            section_ref=task.section_ref,
            section_title=task.section_title,
            title=task.title,
            is_collective=task.is_collective,
            due_on=task.due_on,
            due_text=task.due_text,
            reports=tuple(report(task.ref, code) for code in task.lead_agencies),
        )
        for task in register.tasks
    )


def task_assertions(
    register: Register,
    as_of: datetime,
    lines: Iterable[IndicatorLine],
    tasks: Iterable[TaskLine],
    own_plans: Iterable[Submission],
) -> list[TaskAssertion]:
    """Returns what bodies say of their tasks beside what is known at the instant, for suite ``assertions``."""
    silent = {row.agency_code for row in own_plans if row.is_lacking}
    failing: dict[str, list[str]] = {}
    for line in lines:
        if line.task_ref and line.status in FAILING:
            failing.setdefault(line.task_ref, []).append(line.full_name)
    today = as_of.astimezone(HANOI).date()
    return [
        TaskAssertion(
            task_ref=task.ref,
            agency_code=report.agency_code,
            state=report.state,
            own_plan="lacking" if task.ref == register.own_plan_task and report.agency_code in silent else "",
            days_overdue=max(0, (today - task.due_on).days) if task.due_on is not None else 0,
            due=due_words(task),
            failing=tuple(failing.get(task.ref, ())),
        )
        for task in tasks
        for report in task.reports
        if report.state != NOT_REPORTED
    ]


def _with_contradictions(task: TaskLine, against: Mapping[tuple[str, str], str]) -> TaskLine:
    def marked(report: TaskReport) -> TaskReport:
        return replace(report, contradiction=against.get((task.ref, report.agency_code), ""))

    return replace(task, reports=tuple(map(marked, task.reports)))


def _leads(fetch: _Fetch) -> tuple[LeadLine, ...]:
    names: dict[str, str] = {}
    counts: dict[tuple[str, bool], dict[str, int]] = {}
    for row in fetch("report/rollup.sql"):
        names[row["agency_code"]] = row["agency_name"]
        mine = counts.setdefault((row["agency_code"], row["subject"] == "indicator"), {})
        mine[row["status"]] = mine.get(row["status"], 0) + row["item_count"]

    def pairs(code: str, *, is_indicator: bool) -> tuple[tuple[str, int], ...]:
        return tuple(sorted(counts.get((code, is_indicator), {}).items()))

    return tuple(
        LeadLine(code, name, pairs(code, is_indicator=True), pairs(code, is_indicator=False))
        for code, name in names.items()
    )


def _records(register: Register, fetch: _Fetch) -> tuple[RecordCard, ...]:
    titles = rule_titles(register.period_kind)
    names = {agency.code: agency.name for agency in register.agencies}
    mistakes: dict[str, list[tuple[str, int]]] = {}
    for row in fetch("report/mistakes.sql"):
        title: str = titles.get(row["rule"]) or row["rule"]
        mistakes.setdefault(row["agency_code"], []).append((title, row["file_count"]))
    return tuple(
        RecordCard(
            **row | {"agency_name": names.get(row["agency_code"], row["agency_name"])},
            mistakes=tuple(mistakes.get(row["agency_code"], [])[:USUAL_MISTAKES]),
        )
        for row in fetch("report/records.sql")
    )


def _revisions(
    register: Register, fetch: _Fetch, period: Period, editions: Iterable[Row], statuses: Mapping[tuple[str, str], Row]
) -> tuple[Revision, ...]:
    """Figures of earlier periods of the year that are not what the last edition showing them said.

    A figure of Q1 was shown by editions of Q1, and its corrections by those of Q2; so in Q3's report the line is
    drawn at the last edition of either. Without any edition only a superseded figure is a revision.
    """
    held, so_far = register.in_force(period), register.until(period)
    shown: dict[str, datetime] = {}
    for past in so_far[:-1]:
        instants = [row["as_of"] for row in editions if str(past) <= row["period"] < str(period)]
        if instants:
            shown[str(past)] = max(instants)
    chains: dict[tuple[str, ...], list[Row]] = {}
    for row in fetch("report/earlier_observations.sql"):
        if Period.parse(row["period"]) in so_far:
            key = (row["period"], row["indicator_code"], row["agency_code"], row["basis"])
            chains.setdefault(key, []).append(row)
    verdicts_at = cache(lambda instant: _statuses(fetch, instant))  # asked for where a figure was corrected
    revisions = []
    for chain in chains.values():
        line = shown.get(chain[-1]["period"])
        before = [row for row in chain if row["recorded_at"] <= line] if line is not None else chain[:1]
        newest = chain[-1]
        old_value = before[-1]["value"] if before else None
        if newest is (before[-1] if before else None):
            continue
        code = newest["indicator_code"]
        plan = held if code in held.indicator_by_code else register  # it may have been withdrawn since
        indicator = plan.indicator_by_code[code]
        old_told, new_told = (_told(indicator, row) for row in (before[-1] if before else {}, newest))
        if (newest["value"], new_told) != (old_value, old_told):
            graded = (indicator.code, newest["period"])
            old, new = (
                row.get("status", "") if row.get("value_basis") == newest["basis"] else ""
                for row in (verdicts_at(line).get(graded, {}) if line is not None else {}, statuses.get(graded, {}))
            )
            revisions.append(
                Revision(
                    indicator_code=indicator.code,
                    indicator_name=_full_name(plan, indicator),
                    unit=indicator.unit.label if indicator.unit else "",
                    decimals=places_of(indicator.unit),
                    period=Period.parse(newest["period"]),
                    basis=newest["basis"],
                    old_value=old_value,
                    new_value=newest["value"],
                    reason=newest["explanation"] or newest["note"],
                    origin=_origin(_named(held, newest)),
                    old_status=old,
                    new_status=new,
                    old_told=old_told,
                    new_told=new_told,
                )
            )
    return tuple(revisions)


def _told(indicator: Indicator, row: Row) -> str:
    """Returns the state that an observation tells, as the register has it; "" for none."""
    typed = row.get("told", "")
    state = listed_state(indicator.states, typed)
    return typed if state is None else state.text


def _previous(register: Register, fetch: _Fetch, editions: Iterable[Row], data: EditionData) -> PreviousEdition | None:
    earlier = [row for row in editions if row["period"] == str(data.period) and row["edition"] < data.edition]
    if not earlier:
        return None
    before = max(earlier, key=lambda row: int(row["edition"]))
    old = _statuses(fetch, before["as_of"])
    changes, rewordings = [], []
    for line in (*data.indicators, *data.body_targets):
        row: Row = old.get((line.code, str(data.period)), {})
        if not line.is_graded:
            continue
        change = EditionChange(
            indicator_code=line.code,
            indicator_name=line.full_name,
            unit=line.unit,
            decimals=line.decimals,
            old_status=row.get("status", ""),
            new_status=line.status,
            old_value=row.get("value"),
            new_value=line.value,
            old_sentence=row.get("sentence", ""),
            new_sentence=line.sentence,
            origin=line.origin,
            reason=line.explanation or line.note,
            old_told=row.get("told_state", ""),
            new_told=line.told_state,
        )
        is_other = (change.old_value, change.old_told) != (change.new_value, change.new_told)
        if change.is_flip or is_other:
            changes.append(change)
        elif change.old_sentence != change.new_sentence:
            rewordings.append(change)
    there = {
        row["agency_code"] for row in fetch("report/tracker.sql", as_of=before["as_of"]) if row["state"] in ACCEPTED
    }
    arrivals = [row.agency_name for row in data.submissions if row.is_received and row.agency_code not in there]
    tasks = _task_changes(_tasks(register, fetch, data.period, before["as_of"]), data.tasks)
    return PreviousEdition(
        before["edition"], before["as_of"], tuple(changes), tuple(arrivals), rewordings=tuple(rewordings), tasks=tasks
    )


def _task_changes(before: Iterable[TaskLine], now: Iterable[TaskLine]) -> tuple[TaskChange, ...]:
    old = {(task.ref, report.agency_code): report for task in before for report in task.reports}
    return tuple(
        TaskChange(
            task.ref, new.agency_name, was.state, new.state, was.completion_pct, new.completion_pct,
            new.origin or was.origin,
        )
        for task in now
        for new in task.reports
        if (was := old[task.ref, new.agency_code])
        and (was.state, was.completion_pct) != (new.state, new.completion_pct)
    )  # fmt: skip
