"""Holds a register's rows against each other: references, targets against their printed form, the calendar's order.

A row that already has a fault in a cell is left out of the checks between cells: what follows from a fault is no news.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from tiendo.model.occasions import ReminderRules
from tiendo.model.period import Period
from tiendo.model.register import Agency, Comparator, Direction, Indicator, Nature, RowKind, Task
from tiendo.model.working_days import is_statutory, last_day_before
from tiendo.plan.deadlines import compute_calendar
from tiendo.plan.names import AgencyNames
from tiendo.plan.plan_file import MAIL_ADDRESS, MAIL_DOMAIN, PlanFile
from tiendo.plan.tables import Fault, Row
from tiendo.vietnamese.absence import read_absence
from tiendo.vietnamese.notation import format_number
from tiendo.vietnamese.stated_unit import compare_units, own_unit, read_stated
from tiendo.vietnamese.target import TargetReading, read_target
from tiendo.vietnamese.text import fold

# The sides a target needs, and the direction it can have.
_SHAPES: Mapping[Comparator, tuple[bool, bool, tuple[Direction, ...]]] = {
    Comparator.GE: (True, False, (Direction.HIGHER_BETTER,)),
    Comparator.GT: (True, False, (Direction.HIGHER_BETTER,)),
    Comparator.LE: (False, True, (Direction.LOWER_BETTER,)),
    Comparator.LT: (False, True, (Direction.LOWER_BETTER,)),
    Comparator.RANGE: (True, True, (Direction.HIGHER_BETTER,)),
    Comparator.BETWEEN: (True, True, (Direction.WITHIN_RANGE,)),
    Comparator.STATE: (False, False, (Direction.NONE,)),
    Comparator.NONE: (False, False, (Direction.NONE, Direction.HIGHER_BETTER, Direction.LOWER_BETTER)),
}


def check_register(
    plan: PlanFile | None,
    tables: Mapping[str, Sequence[Row]],
    agencies: Sequence[tuple[Row, Agency]],
    indicators: Sequence[tuple[Row, Indicator]],
    tasks: Sequence[tuple[Row, Task]],
    *,
    faults: list[Fault],
) -> None:
    """Notes every fault that shows only when rows are seen together."""
    _check_unique(tables["units.csv"], "code")
    for file, key in (("agencies.csv", "code"), ("indicators.csv", "code"), ("tasks.csv", "ref")):
        _check_unique(tables[file], key)
    names = _read_names(agencies)
    _check_mail(agencies)
    # Whether a body owes a report is not known when its row has a fault: then it may be named.
    owes = {agency.code: agency.is_obliged or not row.is_sound for row, agency in agencies}
    if agencies and not any(agency.is_obliged for _, agency in agencies):
        faults.append(Fault("agencies.csv", 0, "is_obliged", "nobody owes a report"))
    refs = {task.ref for _, task in tasks}
    by_code = {indicator.code: indicator for _, indicator in indicators}
    sound = {indicator.code for row, indicator in indicators if row.is_sound}
    parents = {indicator.parent_code for _, indicator in indicators}
    for row, indicator in indicators:
        if row.is_sound:
            _check_place(row, indicator, by_code, parents, refs)
            _check_states(row, indicator)
            _check_target(row, indicator)
            _check_reporters(row, indicator, owes, names)
            _check_release(row, indicator, plan)
            _check_decided(row, indicator)
            _check_sum(row, indicator, by_code, sound)
    for row, task in tasks:
        if row.is_sound:
            _check_task(row, task, owes, names)
    if all(row.is_sound for row, _ in (*indicators, *tasks)):
        _check_content(agencies, indicators, tasks)
    if plan and plan.has_calendar:
        _check_calendar(plan, {task.ref: (row, task) for row, task in tasks}, faults)


def _check_content(
    agencies: Sequence[tuple[Row, Agency]],
    indicators: Sequence[tuple[Row, Indicator]],
    tasks: Sequence[tuple[Row, Task]],
) -> None:
    """What a body owes has something in it: a report of nothing cannot be sent, and would be missing for ever."""
    named = {code for _, indicator in indicators if indicator.is_leaf for code in indicator.reporters}
    named |= {code for _, task in tasks for code in task.lead_agencies}
    for row, agency in agencies:
        if row.is_sound and agency.is_obliged and agency.code not in named:
            row.fault("is_obliged", f"{agency.code} owes a report, but reports no indicator and leads no task")


def _read_names(agencies: Sequence[tuple[Row, Agency]]) -> AgencyNames:
    names = AgencyNames(agency for _, agency in agencies)
    rows = {(agency.code, variant): row for row, agency in agencies for variant in agency.variants}
    for clash in names.clashes:
        rows[clash.code, clash.variant].fault("variants", f"{clash.variant!r} is also a name of {clash.owner}")
    return names


def _check_mail(agencies: Sequence[tuple[Row, Agency]]) -> None:
    """A message's address leads to one body: none is claimed twice, also not as an address within another's domain."""
    claimed: dict[str, str] = {}
    for row, agency in agencies:
        for column, what, entries, form in (
            ("mail_addresses", "mail address", agency.mail_addresses, MAIL_ADDRESS),
            ("mail_domains", "mail domain", agency.mail_domains, MAIL_DOMAIN),
        ):
            for entry in entries:
                if not form.fullmatch(entry):
                    row.fault(column, f"{entry!r} is no {what} in small letters")
                elif (owner := claimed.setdefault(entry, agency.code)) != agency.code:
                    row.fault(column, f"{entry!r} is claimed by {owner} already")
    for row, agency in agencies:
        for address in agency.mail_addresses:
            owner = claimed.get(address.rpartition("@")[2], agency.code)
            if owner != agency.code:
                row.fault("mail_addresses", f"{address!r} lies in a domain of {owner}")


def _check_unique(rows: Sequence[Row], column: str) -> None:
    first: dict[str, int] = {}
    for row in rows:
        code = row.text(column)
        earlier = first.setdefault(code, row.number)
        if code and earlier != row.number:
            row.fault(column, f"{code!r} stands in row {earlier} already")


def check_orders(tables: Mapping[str, Sequence[Row]]) -> None:
    """Notes where rows are not counted in order. Of the tables as printed: a row that is not in force leaves a gap."""
    for file in ("agencies.csv", "indicators.csv", "tasks.csv"):
        _check_order(tables[file])


def _check_order(rows: Sequence[Row]) -> None:
    for place, row in enumerate(rows, start=1):
        if row.text("row_order").isdecimal() and int(row.text("row_order")) != place:
            row.fault("row_order", f"must count rows without a gap: {place}, not {row.text('row_order')}")
            return


def _check_place(
    row: Row,
    indicator: Indicator,
    by_code: Mapping[str, Indicator],
    parents: set[str | None],
    refs: set[str],
) -> None:
    kind = indicator.row_kind
    if (indicator.parent_code is not None) != (kind is RowKind.SUB_INDICATOR):
        row.fault("parent_code", "belongs to sub_indicator rows, and every one of them has one")
    elif indicator.parent_code is not None:
        parent = by_code.get(indicator.parent_code)
        if parent is None or parent.row_kind is not RowKind.GROUP:
            row.fault("parent_code", f"{indicator.parent_code!r} is no group row")
        elif parent.row_order > indicator.row_order:
            row.fault("parent_code", f"group {parent.code} stands below its part")
    if (kind is RowKind.GROUP) != (indicator.nature is Nature.GROUP):
        row.fault("nature", "is group for a group row, and for no other")
    if kind is RowKind.GROUP:
        if indicator.unit or indicator.comparator is not Comparator.NONE:
            row.fault("unit" if indicator.unit else "comparator", "a group row has neither unit nor target")
        if indicator.code not in parents:
            row.fault("code", "no row names this group as its parent_code")
    elif (indicator.unit is None) != (indicator.comparator is Comparator.STATE):
        what = "is empty; only a group row has no unit, and a target in words"
        row.fault("unit", what if indicator.unit is None else "must be empty: what is reported is words")
    body_ref, quote = row.text("body_ref"), row.text("body_quote")
    if kind is RowKind.BODY_TARGET and not body_ref:
        row.fault("body_ref", "is empty; a body target needs the task it stands in")
    if body_ref and body_ref not in refs:
        row.fault("body_ref", f"{body_ref!r} is no task of tasks.csv")
    if bool(body_ref) != bool(quote):
        row.fault("body_quote", "goes together with body_ref")
    elif kind is RowKind.BODY_TARGET and not row.is_amended and fold(indicator.target_text) not in fold(quote):
        row.fault("target_text", f"{indicator.target_text!r} does not stand in body_quote")


def _check_states(row: Row, indicator: Indicator) -> None:
    """A target in words has a list of what may be reported, and nothing that belongs to numbers."""
    is_state = indicator.comparator is Comparator.STATE
    if bool(indicator.states) != is_state:
        row.fault("states", f"{'is empty for' if is_state else 'goes with'} comparator {Comparator.STATE}")
    if (indicator.nature is Nature.STATE) != is_state:
        row.fault("nature", f"is {Nature.STATE} for comparator {Comparator.STATE}, and for no other")
    if not is_state:
        return
    if not indicator.target_text:
        row.fault("target_text", "is empty; a target in words keeps them as printed")
    for column in ("baseline", "baseline_on", "profile", "minimum", "maximum", "asked_beyond"):
        if row.text(column):
            row.fault(column, f"must be empty for comparator {Comparator.STATE}")
    if indicator.tolerance:
        row.fault("tolerance", f"must be 0 for comparator {Comparator.STATE}")
    known: dict[str, str] = {}
    for text, _ in indicator.states:
        if (earlier := known.setdefault(fold(text), text)) is not text:
            row.fault("states", f"{text!r} is {earlier!r} once more")
        if not any(letter.isalpha() for letter in text):
            row.fault("states", f"{text!r} has no letter; a state is words")
        elif (answer := read_absence(text).kind) != "other":
            row.fault("states", f"{text!r} would be read as the answer {answer}; a state must be other words")
    if indicator.states and not any(verdict in ("achieved", "exceeded") for _, verdict in indicator.states):
        row.fault("states", "has no state that is achieved")


def _check_target(row: Row, indicator: Indicator) -> None:
    low, high, comparator = indicator.low, indicator.high, indicator.comparator
    needs_low, needs_high, directions = _SHAPES[comparator]
    for column, value, is_needed in (("low", low, needs_low), ("high", high, needs_high)):
        if (value is not None) != is_needed:
            row.fault(column, f"{'must be given' if is_needed else 'must be empty'} for comparator {comparator}")
    if not row.is_sound:
        return
    if low is not None and high is not None and low >= high:
        row.fault("high", f"{high} is not above low {low}")
    for column, value in (("low", low), ("high", high), ("baseline", indicator.baseline)):
        if value is None:
            continue
        if indicator.minimum is not None and value < indicator.minimum:
            row.fault(column, f"{value} is below the minimum {indicator.minimum}")
        if indicator.maximum is not None and value > indicator.maximum:
            row.fault(column, f"{value} is above the maximum {indicator.maximum}")
    if indicator.asked_beyond is not None and indicator.asked_beyond <= (0 if indicator.nature is Nature.GROWTH else 1):
        row.fault("asked_beyond", f"{indicator.asked_beyond} is no factor above 1, or points above 0 for a growth rate")
    if indicator.direction not in directions:
        row.fault("direction", f"{indicator.direction} does not go with comparator {comparator}")
    if row.is_sound and comparator is not Comparator.STATE:
        _check_printed_target(row, indicator)


def _check_printed_target(row: Row, indicator: Indicator) -> None:
    """Holds a target as understood against the printed words. What they leave open, a written decision settles.

    A decision that quotes the words and names the numbers also stands above what the words say for certain.
    """
    text, sides = indicator.target_text, [side for side in (indicator.low, indicator.high) if side is not None]
    understood = f"{indicator.comparator} {' to '.join(map(str, sides))}".rstrip()
    try:
        printed = _in_unit(read_target(text), indicator)
    except ValueError as error:
        if not indicator.decision:
            row.fault("target_text", f"{text!r} does not say {understood}: {error}; decision must say how it is meant")
        return
    if not _is_understood(indicator, printed):
        if not _is_overruled(indicator, sides or [side for side in printed.sides[1:] if side is not None]):
            row.fault(
                "target_text",
                f"{text!r} does not say {understood}; if it is meant, decision must quote it and name the number",
            )
    elif indicator.decision:
        return
    elif printed.doubt:
        row.fault("decision", f"is empty, though {text!r} leaves a doubt: {printed.doubt}")
    elif indicator.comparator is Comparator.BETWEEN and printed.comparator is not Comparator.RANGE:
        row.fault("decision", "is empty, though the band is not printed")


def _in_unit(printed: TargetReading, indicator: Indicator) -> TargetReading:
    """Returns a printed target in the unit of its indicator: "8 triệu lượt" is 8,000,000 where lượt are counted."""
    own = own_unit(indicator.unit) if indicator.unit else read_stated("")
    shift, doubt = compare_units(printed.unit, own)
    return printed.scaled(shift)._replace(doubt="; ".join(filter(None, (printed.doubt, doubt))))


def _is_understood(indicator: Indicator, printed: TargetReading) -> bool:
    """Tells whether the target as understood can be what is printed.

    A sign or a word (``>``, ``dưới``, ``tối thiểu``) binds. A bare number, or one to be kept (``duy trì mức 57,5%``),
    may be a floor, a ceiling or the inside of a band; two numbers are the ends of a range or band.
    """
    comparator, low, high = indicator.comparator, indicator.low, indicator.high
    if printed.comparator is Comparator.RANGE:
        return comparator in (Comparator.RANGE, Comparator.BETWEEN) and (low, high) == (printed.low, printed.high)
    if printed.is_bare or printed.comparator is Comparator.BETWEEN:
        if comparator is Comparator.BETWEEN:
            return low is not None and high is not None and printed.low is not None and low < printed.low < high
        return (comparator, low or high) in ((Comparator.GE, printed.low), (Comparator.LE, printed.low))
    return (comparator, low, high) == printed.sides


def _is_overruled(indicator: Indicator, numbers: Sequence[Decimal]) -> bool:
    decision = fold(indicator.decision)
    names_all = all(re.search(rf"(?<![\d.,]){re.escape(format_number(n))}0*(?![\d]|[.,]\d)", decision) for n in numbers)
    return names_all and bool(indicator.target_text) and fold(indicator.target_text) in decision


def _check_sum(row: Row, indicator: Indicator, by_code: Mapping[str, Indicator], sound: set[str]) -> None:
    """What is added up is of one kind, reported itself, and there whenever the sum is asked for."""
    parts = indicator.sum_of
    if not parts:
        return
    if not indicator.is_leaf:
        row.fault("sum_of", "a group row has no figure: put the sum in a row of its own")
        return
    if indicator.nature not in (Nature.FLOW, Nature.STOCK):
        row.fault("sum_of", f"figures of nature {indicator.nature} do not add up: only those of a flow or stock do")
    if len(parts) < 2:
        row.fault("sum_of", "names one indicator: a sum has two parts or more")
    for code in dict.fromkeys(code for code in parts if parts.count(code) > 1):
        row.fault("sum_of", f"names {code} twice")
    for code in dict.fromkeys(parts):
        part = by_code.get(code)
        if part is None or not part.is_leaf:
            row.fault("sum_of", f"{code!r} is no indicator of the plan that has figures")
        elif part.sum_of:
            row.fault("sum_of", f"{code} is a sum itself: name its parts instead")
        elif code in sound:
            _check_part(row, indicator, part)


def _check_part(row: Row, indicator: Indicator, part: Indicator) -> None:
    if part.nature is not indicator.nature:
        row.fault("sum_of", f"{part.code} is a {part.nature}, the sum a {indicator.nature}")
    if part.unit != indicator.unit:
        units = [each.unit.code if each.unit else "no unit" for each in (part, indicator)]
        row.fault("sum_of", f"{part.code} is counted in {units[0]}, the sum in {units[1]}")
    if lacking := sorted(set(indicator.published_in) - set(part.published_in)):
        row.fault("sum_of", f"{part.code} has no figure in period {', '.join(map(str, lacking))}, the sum has")


def _check_reporters(row: Row, indicator: Indicator, owes: Mapping[str, bool], names: AgencyNames) -> None:
    if indicator.sum_of:
        if indicator.reporters:
            row.fault("reporters", "must be empty: a figure that is added up (sum_of) is reported by nobody")
        if indicator.has_precedence or indicator.tolerance:
            row.fault("has_precedence" if indicator.has_precedence else "tolerance", "makes sense for reporters only")
        # What the plan prints beside it, "UBND các xã" say, stays as it is.
        row.choice("agency_source", ("sum", *(("amended",) if row.is_amended else ())))
        return
    _check_bodies(row, "reporters", indicator.reporters, owes)
    if indicator.has_precedence and len(indicator.reporters) < 2:
        row.fault("has_precedence", "makes sense for two reporters or more only")
    if indicator.tolerance < 0:
        row.fault("tolerance", "must not be negative")
    sources = ("printed", "span_deduced", "task_lead", *(("amended",) if row.is_amended else ()))
    source = row.choice("agency_source", sources)
    printed = row.text("agency_as_printed")
    if (source == "printed") != bool(printed):
        row.fault("agency_as_printed", "is given exactly where agency_source is printed")
    elif printed and row.is_sound:
        _check_printed_bodies(row, ("agency_as_printed", printed), ("reporters", indicator.reporters), names)


def _check_bodies(row: Row, column: str, codes: Sequence[str], owes: Mapping[str, bool]) -> bool:
    """Checks codes of bodies that must report; returns whether the row is still sound."""
    if not codes:
        row.fault(column, "is empty")
    if len(set(codes)) < len(codes):
        row.fault(column, "names an agency twice")
    for code in codes:
        if code not in owes:
            row.fault(column, f"{code!r} is no agency of agencies.csv")
        elif not owes[code]:
            row.fault(column, f"{code} owes no report (is_obliged is no)")
    return row.is_sound


def _check_printed_bodies(
    row: Row, printed: tuple[str, str], understood: tuple[str, Sequence[str]], names: AgencyNames
) -> None:
    """Holds the names printed in a cell against the codes they were understood as."""
    codes, rest = names.read_list(printed[1])
    if rest:
        row.fault(printed[0], f"{printed[1]!r}: no agency's name is {rest!r}")
    elif codes != set(understood[1]):
        row.fault(understood[0], f"{printed[1]!r} names {', '.join(sorted(codes))}")


def _check_release(row: Row, indicator: Indicator, plan: PlanFile | None) -> None:
    per_year = len(plan.period_kind.ends) if plan else 0
    if indicator.is_leaf and len(indicator.published_in) < per_year and not indicator.publication_note:
        held = ";".join(map(str, indicator.published_in)) or "none"
        row.fault(
            "publication_note",
            f"is empty; say why not every period has a figure: published_in holds {held} of {per_year} (else all)",
        )
    if not indicator.is_leaf and indicator.published_in:
        row.fault("published_in", "a group row has no figures")
    if (indicator.baseline is None) != (indicator.baseline_on is None):
        row.fault("baseline_on", "goes together with baseline")
    if indicator.baseline is not None and not indicator.baseline_source:
        row.fault("baseline_source", "is empty; say where the baseline was published")
    if indicator.baseline_on and plan and "year" not in plan.to_fill and indicator.baseline_on.year >= plan.year:
        row.fault("baseline_on", f"is not before the plan's year {plan.year}")
    if indicator.profile and indicator.nature is not Nature.FLOW:
        row.fault("profile", "a profile belongs to a flow only")


def _check_decided(row: Row, indicator: Indicator) -> None:
    """Where the print is silent or odd, the register must say what was decided and why."""
    direction_source = row.choice("direction_source", ("", "printed", "evident", "deduced"))
    if (direction_source == "") != (indicator.direction is Direction.NONE):
        row.fault("direction_source", "is given exactly where there is a direction")
    reasons = {
        "agency_source is span_deduced": row.text("agency_source") == "span_deduced",
        "direction_source is deduced": direction_source == "deduced",
        "two agencies report": len(indicator.reporters) > 1,
        "the label differs from the printed name": indicator.label != indicator.name,
        "the unit differs from the printed one": indicator.unit is not None
        and fold(indicator.unit.label) != fold(indicator.unit_as_printed),
        "there is no target": indicator.comparator is Comparator.NONE,
        "what may be reported of a target in words is in no print": indicator.comparator is Comparator.STATE,
    }
    because = [reason for reason, holds in reasons.items() if holds]
    if because and not indicator.decision:
        row.fault("decision", f"is empty, though {', '.join(because)}")


def _check_task(row: Row, task: Task, owes: Mapping[str, bool], names: AgencyNames) -> None:
    if task.ref != task.section_ref and not task.ref.startswith(f"{task.section_ref}."):
        row.fault("section_ref", f"task {task.ref} does not stand in section {task.section_ref}")
    if task.due_text == "" and task.due_on is not None and not task.decision:
        row.fault("decision", "is empty, though the due day is in no words of the plan")
    if task.is_collective:
        if row.codes("lead_agencies"):
            row.fault("lead_agencies", "must be empty for a collective task: every obliged agency leads it")
        return
    if _check_bodies(row, "lead_agencies", task.lead_agencies, owes) and not row.is_amended:
        _check_printed_bodies(
            row, ("lead_as_printed", task.lead_as_printed), ("lead_agencies", task.lead_agencies), names
        )


def _key_of_days(plan: PlanFile, period: Period) -> str:
    """Returns the key below ``calendar`` that a period's days were changed by; "" where the general rules hold."""
    if period in plan.rules.overrides:
        return f"overrides.{period}"
    rules = plan.rules.at(period)
    places = [place for place, change in enumerate(plan.rules.changes) if change.days.items() <= vars(rules).items()]
    return f"changes.{places[-1]}" if places and rules != plan.rules else ""


def _check_exchanges(plan: PlanFile, fault: Callable[[str, str], None]) -> None:
    """An exchange frees a working day and works a free one; what the package knows already is no news."""
    for place, exchange in enumerate(plan.rules.working_days.exchanged):
        key = f"exchanged_days.{place}"
        if not is_statutory(exchange.free):
            fault(f"{key}.free", f"{exchange.free} is free without an exchange")
        if exchange.worked and is_statutory(exchange.worked):
            fault(f"{key}.worked", f"{exchange.worked} is a working day without an exchange")
        for name, day in (("free", exchange.free), ("worked", exchange.worked)):
            if day and not plan.years[0] - 1 <= day.year <= plan.years[-1] + 1:
                fault(f"{key}.{name}", f"{day} is not in the plan's year {plan.year} or beside it")


def _check_ladder(rules: ReminderRules, fault: Callable[[str, str], None]) -> None:
    """Every step comes on a day of its own: a body gets one message a day."""
    if len(set(rules.before)) < len(rules.before):
        fault("reminders.before", f"names a day twice: {list(rules.before)}")
    after = [rules.overdue, *rules.escalation.values()]
    if len(set(after)) < len(after) or min(after) < rules.overdue:
        fault("reminders.escalation", "must take each step on a day of its own, after the overdue notice")
    for step, address in rules.contacts.items():
        if not MAIL_ADDRESS.fullmatch(address):
            fault(f"reminders.contacts.{step}", f"{address!r} is no mail address in small letters")
    if not rules.quiet_until <= rules.hour < rules.quiet_from:
        fault("reminders.quiet", f"leaves no room for reminders at {rules.hour:%H:%M}: nobody would hear of them")


def _check_calendar(plan: PlanFile, tasks: Mapping[str, tuple[Row, Task]], faults: list[Fault]) -> None:
    def fault(key: str, what: str) -> None:
        faults.append(Fault("plan.yaml", plan.lines.get(f"calendar.{key}", 0), f"calendar.{key}", what))

    previous = None
    for days in compute_calendar(plan.rules, plan.periods):
        own_key = _key_of_days(plan, days.period)
        last_day = last_day_before(days.due_at)
        if days.cut_off_on > last_day:
            fault(own_key or "cut_off", f"{days.cut_off_on} is after the last day to submit, {last_day}")
        if not days.period.first_day <= days.cut_off_on <= days.period.last_day:
            fault(own_key or "cut_off", f"{days.cut_off_on} is not in the period")
        if days.closing_at <= days.due_at:
            fault(own_key or "closing", f"{days.closing_at} is not after submissions are due, {days.due_at}")
        # A first edition is of an open period: what comes after the closing is a supplement to it.
        elif days.publish_at >= days.closing_at:
            fault(own_key or "publication", f"{days.publish_at} is not before the period closes, {days.closing_at}")
        if days.publish_at.date() < days.period.first_day:
            fault(own_key or "publication", f"{days.publish_at} is before the period")
        if previous and days.due_at <= previous.closing_at:
            fault(
                own_key or "closing", f"{previous.period} closes at {previous.closing_at} only, after the next is due"
            )
        previous = days
    _check_exchanges(plan, fault)
    _check_ladder(plan.reminders, fault)
    if not plan.own_plan_task:
        if plan.own_plan_due_on and plan.own_plan_due_on.year != plan.year:
            fault("own_plan.due_on", f"{plan.own_plan_due_on} is not in the plan's year {plan.year}")
        return
    if plan.own_plan_task not in tasks:
        fault("own_plan.task", f"{plan.own_plan_task!r} is no task of tasks.csv")
        return
    row, own = tasks[plan.own_plan_task]
    if row.is_sound and own.due_on != plan.own_plan_due_on:
        fault("own_plan.due_on", f"{plan.own_plan_due_on} is not the due day of task {own.ref}, {own.due_on}")
