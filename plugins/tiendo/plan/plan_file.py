"""Reads plan.yaml: a plan's identity, sections, calendar rules, thresholds and the form of its report."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, cast

import yaml

from tiendo.clock import HANOI
from tiendo.model.occasions import LADDER, ReminderRules
from tiendo.model.period import Period, PeriodKind, periods_of
from tiendo.model.register import Thresholds
from tiendo.model.working_days import ExchangedDay, WorkingDays
from tiendo.plan.deadlines import LAST_DAY, CalendarChange, CalendarRules, PeriodOverride
from tiendo.plan.tables import Fault, decode, is_to_fill

_IDENTITY = ("code", "title", "short_title", "province", "issued_by", "issued_on", "year", "rule_version")
_REPORT_TEXTS = ("issuing_parent", "issuing_body", "symbol", "place", "addressee")
_REPORT_LISTS = ("basis", "signer_office", "recipients", "reviewers")
_KEYS = {
    "": (
        *_IDENTITY,
        "last_year",
        "periods",
        "continues",
        "sections",
        "task_sections",
        "calendar",
        "thresholds",
        "report",
    ),
    "calendar": (
        *("cut_off", "submission_due", "publication", "closing", "own_plan", "overrides"),
        *("changes", "exchanged_days", "reminders"),
    ),
    "calendar.cut_off": ("day", "law"),
    "calendar.submission_due": ("before_day", "day", "month", "law"),
    "calendar.publication": ("day", "month", "time", "law"),
    "calendar.closing": ("day", "month", "law"),
    "calendar.own_plan": ("task", "due_on", "law"),
    "calendar.reminders": ("time", "before", "overdue", "escalation", "quiet", "contacts"),
    "thresholds": ("on_track", "at_risk", "approximate_tolerance_pct"),
    "report": (*_REPORT_TEXTS, *_REPORT_LISTS, "annex", "signer_name", "delivery"),
}
_REMINDER_KEYS = {"escalation": LADDER, "quiet": ("from", "until"), "contacts": LADDER[1:]}
_OVERRIDE_KEYS = ("cut_off_on", "due_before", "publish_at", "closing_on", "reason")
_CHANGE_DAYS = ("cut_off_day", "due_before_day", "publish_day", "closing_day")
_CHANGE_MONTHS = ("due_month", "publish_month", "closing_month")
_CHANGE_KEYS = ("from", "document", *_CHANGE_DAYS, *_CHANGE_MONTHS, "publish_time")
# How many months after the last one of the period.
_MONTHS = {"last": 0, "next": 1}
# Blocks that a plan may lack: it asks for no plans of the bodies' own; the usual reminders.
_OPTIONAL_BLOCKS = ("calendar.own_plan", "calendar.reminders")
_EXCHANGE_KEYS = ("free", "worked", "source")
_MOST_YEARS = 30
MAIL_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
MAIL_ADDRESS = re.compile(rf"[a-z0-9][a-z0-9._+-]*@{MAIL_DOMAIN.pattern}")
_CLOCK_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True)
class PlanFile:
    """What plan.yaml says; fields of a file with faults are neutral and must not be used further.

    ``continues`` names the plan of the year before ("" for none), whose units its codes keep; ``own_plan_due_on`` is
    None for a plan that asks bodies for none of their own; ``lines`` tells on which line each dotted key stands;
    ``to_fill`` are the keys of a draft that wait for a person.
    """

    code: str
    title: str
    short_title: str
    province: str
    issued_by: str
    issued_on: date
    year: int
    last_year: int | None
    period_kind: PeriodKind
    rule_version: str
    continues: str
    sections: dict[str, str]
    task_sections: dict[str, str]
    rules: CalendarRules
    own_plan_task: str
    own_plan_due_on: date | None
    reminders: ReminderRules
    thresholds: Thresholds
    report: dict[str, Any]
    lines: dict[str, int]
    to_fill: frozenset[str]

    @property
    def years(self) -> range:
        """The years of the plan; none while a draft does not say its year."""
        return range(0) if "year" in self.to_fill else range(self.year, (self.last_year or self.year) + 1)

    @property
    def periods(self) -> tuple[Period, ...]:
        """The periods it is reported by, in order."""
        return periods_of(self.years, self.period_kind)

    @property
    def has_calendar(self) -> bool:
        """Whether year and calendar are all given, so that days can be computed from them."""
        return not any(key.partition(".")[0] in ("year", "calendar") for key in self.to_fill)


class Document:
    """A YAML document whose values are fetched by dotted key; what is wrong is noted with the line it stands on."""

    def __init__(self, name: str, data: bytes, faults: list[Fault]) -> None:
        self._name = name
        self._faults = faults
        self.lines: dict[str, int] = {}
        self._root: dict[str, Any] = {}
        self.to_fill: set[str] = set()
        text = decode(name, data, faults)
        if text is None:
            return
        try:
            node = yaml.compose(text, Loader=yaml.CSafeLoader)
            for key, line, is_first in _walk(node, ""):
                if not is_first:
                    faults.append(Fault(name, line, key, "key stands twice"))
                self.lines.setdefault(key, line)
            for key, line in _walk_to_fill(node, ""):
                self.to_fill.add(key)
                faults.append(Fault.to_fill(name, line, key))
            root = yaml.load(text, Loader=yaml.CSafeLoader)
        except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that does not exist
            mark = getattr(error, "problem_mark", None)
            what = getattr(error, "problem", None) or error
            faults.append(Fault(name, mark.line + 1 if mark else 0, "", f"is no well-formed YAML: {what}"))
            return
        if not isinstance(root, dict) or not root:
            faults.append(Fault(name, 1, "", "must hold keys and values"))
            return
        self._root = root

    @property
    def is_readable(self) -> bool:
        """Whether there is anything to fetch; if not, one fault says why."""
        return bool(self._root)

    def fault(self, key: str, what: str) -> None:
        """Notes that a key's value is wrong; one that is still to be filled in is told as that only."""
        if not self.to_fill.isdisjoint(_upwards(key)):
            return
        line = next((self.lines[near] for near in _upwards(key) if near in self.lines), 0)
        self._faults.append(Fault(self._name, line, key, what))

    def mapping(self, key: str) -> dict[str, Any]:
        """Returns the keys and values under a key."""
        value = self._get(key) if key else self._root
        if not isinstance(value, dict):
            if value is not None or key not in self.lines:
                self.fault(key, "must hold keys and values")
            return {}
        return {str(name): item for name, item in value.items()}

    def entries(self, key: str) -> list[str]:
        """Returns the dotted key of each entry of a list that may be missing or empty."""
        value = self._get(key)
        if value is not None and not (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
            self.fault(key, "must be a list of keys and values")
            return []
        return [f"{key}.{place}" for place in range(len(value or []))]

    def check_keys(self, key: str, allowed: tuple[str, ...]) -> None:
        """Notes keys that nothing reads: most likely misspelt."""
        for name in self.mapping(key):
            if name not in allowed:
                self.fault(f"{key}.{name}" if key else name, f"is not known; known are {', '.join(allowed)}")

    def text(self, key: str) -> str:
        """Returns a text that must be there."""
        value = self._get(key)
        if not isinstance(value, str) or not value.strip():
            self.fault(key, f"must be a text, not {value!r}")
            return ""
        return value.strip()

    def texts(self, key: str) -> dict[str, str]:
        """Returns a mapping of texts that must not be empty."""
        items = self.mapping(key)
        if not items:
            self.fault(key, "is empty")
        return {name: self.text(f"{key}.{name}") for name in items}

    def text_list(self, key: str) -> list[str]:
        """Returns a list of texts that has one entry at least."""
        value = self._get(key)
        if (
            not isinstance(value, list)
            or not value
            or not all(isinstance(line, str) and line.strip() for line in value)
        ):
            self.fault(key, f"must be a list of texts, not {value!r}")
            return []
        return [line.strip() for line in value]

    def whole(self, key: str, low: int, high: int) -> int:
        """Returns a whole number within bounds."""
        value = self._get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.fault(key, f"must be a whole number from {low} to {high}, not {value!r}")
            return low
        return value

    def exact(self, key: str) -> Decimal:
        """Returns an exact decimal, written as a text so that it never was a binary fraction."""
        value = self._get(key)
        if not isinstance(value, str) or not re.fullmatch(r"\d+(\.\d+)?", value):
            self.fault(key, f'must be a number in quotes ("0.95"), not {value!r}')
            return Decimal(0)
        return Decimal(value)

    def day(self, key: str) -> date:
        """Returns a date that must be there."""
        value = self._get(key)
        if isinstance(value, datetime) or not isinstance(value, date):
            self.fault(key, f"must be a date (2023-02-28), not {value!r}")
            return date.min
        return value

    def clock_time(self, key: str) -> time:
        """Returns a time of day, written in quotes since YAML 1.1 takes 16:30 for the number 990."""
        value = self._get(key)
        if not isinstance(value, str) or not _CLOCK_TIME.fullmatch(value):
            self.fault(key, f'must be a time in quotes ("16:30"), not {value!r}')
            return time(0)
        return time.fromisoformat(value)

    def instant(self, key: str) -> datetime:
        """Returns a local instant, ``2023-03-13 16:30``."""
        value = self._get(key)
        try:
            instant = value if isinstance(value, datetime) else datetime.fromisoformat(cast(str, value))
        except (TypeError, ValueError):
            self.fault(key, f"must be a day and time (2023-03-13 16:30), not {value!r}")
            return datetime.min.replace(tzinfo=HANOI)
        return instant.replace(tzinfo=instant.tzinfo or HANOI)

    def _get(self, key: str) -> Any:
        value: Any = self._root
        names = key.split(".")
        while names:
            if isinstance(value, list) and names[0].isdecimal() and int(names[0]) < len(value):
                value, names = value[int(names[0])], names[1:]
                continue
            if not isinstance(value, dict):
                return None
            # Section numbers such as II.1 hold points themselves: the longest name that is there is meant.
            for length in range(len(names), 0, -1):
                name = ".".join(names[:length])
                if name in value:
                    value, names = value[name], names[length:]
                    break
            else:
                return None
        return value


def read_plan_file(name: str, data: bytes, faults: list[Fault]) -> PlanFile | None:
    """Reads plan.yaml, noting every fault.

    Returns:
        The plan's own values, or None when the file is no YAML at all.
    """
    document = Document(name, data, faults)
    if not document.is_readable:
        return None
    for key, allowed in _KEYS.items():
        if key not in _OPTIONAL_BLOCKS or key in document.lines:
            document.check_keys(key, allowed)
    has_own_plans = "calendar.own_plan" in document.lines
    year = document.whole("year", 2000, 2100)
    plan = PlanFile(
        code=document.text("code"),
        title=document.text("title"),
        short_title=document.text("short_title"),
        province=document.text("province"),
        issued_by=document.text("issued_by"),
        issued_on=document.day("issued_on"),
        year=year,
        last_year=document.whole("last_year", year + 1, year + _MOST_YEARS) if "last_year" in document.lines else None,
        period_kind=_period_kind(document),
        rule_version=document.text("rule_version"),
        continues=document.text("continues") if "continues" in document.lines else "",
        sections=document.texts("sections"),
        task_sections=document.texts("task_sections") if "task_sections" in document.lines else {},
        rules=_read_rules(document),
        own_plan_task=document.text("calendar.own_plan.task") if "calendar.own_plan.task" in document.lines else "",
        own_plan_due_on=document.day("calendar.own_plan.due_on") if has_own_plans else None,
        reminders=_read_reminders(document),
        thresholds=Thresholds(
            on_track=document.exact("thresholds.on_track"),
            at_risk=document.exact("thresholds.at_risk"),
            approximate_tolerance_pct=document.exact("thresholds.approximate_tolerance_pct"),
        ),
        report=_read_report(document),
        lines=document.lines,
        to_fill=frozenset(document.to_fill),
    )
    cuts = plan.thresholds
    if not 0 < cuts.at_risk < cuts.on_track <= 1:
        document.fault("thresholds", "must be 0 < at_risk < on_track <= 1")
    if cuts.approximate_tolerance_pct > 100:
        document.fault("thresholds.approximate_tolerance_pct", "must not exceed 100")
    for period in plan.rules.overrides if plan.years else ():
        if period not in plan.periods:
            document.fault(f"calendar.overrides.{period}", f"is no period of the plan, {_named(plan.periods)}")
    return plan


def _period_kind(document: Document) -> PeriodKind:
    """Returns by which periods the plan is reported; a plan that does not say it is by quarters."""
    if "periods" not in document.lines:
        return PeriodKind.QUARTER
    name = document.text("periods")
    kinds = {kind.value: kind for kind in PeriodKind}
    if name not in kinds:
        document.fault("periods", f"must be one of {', '.join(kinds)}, not {name!r}")
    return kinds.get(name, PeriodKind.QUARTER)


def _named(periods: Sequence[Period]) -> str:
    return f"{periods[0]} to {periods[-1]}" if len(periods) > 1 else str(periods[0])


def _read_report(document: Document) -> dict[str, Any]:
    words: dict[str, Any] = {key: document.text(f"report.{key}") for key in _REPORT_TEXTS}
    words |= {key: document.text_list(f"report.{key}") for key in _REPORT_LISTS}
    # Who signs is known on the day only; the name may stay empty.
    name = str(document.mapping("report").get("signer_name") or "")
    # How the plan calls its table of indicators; one that calls it nothing in particular is the plan itself.
    annex = document.text("report.annex") if "report.annex" in document.lines else ""
    return words | {
        "annex": annex,
        "signer_name": name,
        "delivery": _read_delivery(document, words["recipients"]),
    }


def _read_delivery(document: Document, recipients: list[str]) -> dict[str, str]:
    """Returns mail addresses by the recipient's line; recipients without one get no mail."""
    addresses: dict[str, str] = {}
    for key in document.entries("report.delivery"):
        document.check_keys(key, ("recipient", "mail"))
        recipient, mail = document.text(f"{key}.recipient"), document.text(f"{key}.mail")
        if recipient and recipient not in recipients:
            document.fault(f"{key}.recipient", f"{recipient!r} is no line of report.recipients")
        elif recipient in addresses:
            document.fault(f"{key}.recipient", f"{recipient!r} has an address already")
        if mail and not MAIL_ADDRESS.fullmatch(mail):
            document.fault(f"{key}.mail", f"{mail!r} is no mail address in small letters")
        addresses[recipient] = mail
    return addresses


def _read_rules(document: Document) -> CalendarRules:
    due = "calendar.submission_due"
    given = {"day", "before_day"} & document.mapping(due).keys()
    if len(given) == 2:
        document.fault(due, "gives day (until its end) and before_day (until the day before): keep one of them")
    return CalendarRules(
        cut_off_day=_month_day(document, "calendar.cut_off.day"),
        due_before_day=_month_day(document, f"{due}.day") + 1
        if "day" in given
        else document.whole(f"{due}.before_day", 1, 30),
        due_month=_month(document, f"{due}.month"),
        publish_day=_month_day(document, "calendar.publication.day"),
        publish_month=_month(document, "calendar.publication.month"),
        publish_time=document.clock_time("calendar.publication.time"),
        closing_day=_month_day(document, "calendar.closing.day"),
        closing_month=_month(document, "calendar.closing.month"),
        overrides=dict(_read_overrides(document)),
        changes=_read_changes(document),
        working_days=WorkingDays(tuple(_read_exchanges(document))),
    )


def _month_day(document: Document, key: str) -> int:
    """Returns a day of the month. The 30th of February is its last day, as ``last`` is of any month."""
    return LAST_DAY if document.mapping(key.rpartition(".")[0]).get("day") == "last" else document.whole(key, 1, 30)


def _month(document: Document, key: str) -> int:
    """Returns how many months after the period's last one the days of a rule lie; none where it does not say it."""
    if key not in document.lines:
        return 0
    name = document.text(key)
    if name not in _MONTHS:
        document.fault(key, f"must be next (the month after the period) or last (its last month), not {name!r}")
    return _MONTHS.get(name, 0)


def _read_changes(document: Document) -> tuple[CalendarChange, ...]:
    changes: list[CalendarChange] = []
    for key in document.entries("calendar.changes"):
        document.check_keys(key, _CHANGE_KEYS)
        given = document.mapping(key)
        days: dict[str, Any] = {name: document.whole(f"{key}.{name}", 1, 30) for name in _CHANGE_DAYS if name in given}
        days |= {name: _month(document, f"{key}.{name}") for name in _CHANGE_MONTHS if name in given}
        if "publish_time" in given:
            days["publish_time"] = document.clock_time(f"{key}.publish_time")
        if not days:
            document.fault(key, f"changes nothing; it may give {', '.join(_CHANGE_KEYS[2:])}")
        change = CalendarChange(document.day(f"{key}.from"), document.text(f"{key}.document"), days)
        if changes and change.effective_on <= changes[-1].effective_on:
            document.fault(f"{key}.from", f"{change.effective_on} is not after the change before it")
        changes.append(change)
    return tuple(changes)


def _read_exchanges(document: Document) -> Iterator[ExchangedDay]:
    for key in document.entries("calendar.exchanged_days"):
        document.check_keys(key, _EXCHANGE_KEYS)
        worked = document.day(f"{key}.worked") if document.mapping(key).get("worked") is not None else None
        yield ExchangedDay(document.day(f"{key}.free"), worked, document.text(f"{key}.source"))


def _read_reminders(document: Document) -> ReminderRules:
    """Returns the plan's own occasions; a plan that says nothing of them has the usual ones."""
    key = "calendar.reminders"
    given = document.mapping(key) if key in document.lines else {}
    if not given:
        return ReminderRules()
    for name, allowed in _REMINDER_KEYS.items():
        if f"{key}.{name}" in document.lines:
            document.check_keys(f"{key}.{name}", allowed)
    steps = document.mapping(f"{key}.escalation")
    before = given.get("before")
    if not isinstance(before, list) or not before or not all(type(number) is int and number > 0 for number in before):
        document.fault(f"{key}.before", f"must be a list of working days such as [10, 5, 3, 1], not {before!r}")
        before = []
    quiet = document.mapping(f"{key}.quiet") if f"{key}.quiet" in document.lines else {}
    contacts = document.texts(f"{key}.contacts") if f"{key}.contacts" in document.lines else {}
    return ReminderRules(
        hour=document.clock_time(f"{key}.time"),
        before=tuple(before),
        overdue=document.whole(f"{key}.overdue", 1, 30),
        escalation={name: document.whole(f"{key}.escalation.{name}", 1, 60) for name in steps},
        quiet_from=document.clock_time(f"{key}.quiet.from") if quiet else ReminderRules.quiet_from,
        quiet_until=document.clock_time(f"{key}.quiet.until") if quiet else ReminderRules.quiet_until,
        contacts=contacts,
    )


def _read_overrides(document: Document) -> Iterator[tuple[Period, PeriodOverride]]:
    for name in document.mapping("calendar.overrides") if "calendar.overrides" in document.lines else ():
        key = f"calendar.overrides.{name}"
        try:
            period = Period.parse(name)
        except ValueError as error:
            document.fault(key, str(error))
            continue
        document.check_keys(key, _OVERRIDE_KEYS)
        document.text(f"{key}.reason")
        given = document.mapping(key)
        yield (
            period,
            PeriodOverride(
                cut_off_on=document.day(f"{key}.cut_off_on") if "cut_off_on" in given else None,
                due_before=document.day(f"{key}.due_before") if "due_before" in given else None,
                publish_at=document.instant(f"{key}.publish_at") if "publish_at" in given else None,
                closing_on=document.day(f"{key}.closing_on") if "closing_on" in given else None,
            ),
        )


def _walk(node: yaml.Node | None, prefix: str) -> Iterator[tuple[str, int, bool]]:
    """Yields each dotted key with its line, and whether it is the first of that name; entries of a list by number."""
    if isinstance(node, yaml.SequenceNode):
        for place, item in enumerate(node.value):
            yield f"{prefix}.{place}", item.start_mark.line + 1, True
            yield from _walk(item, f"{prefix}.{place}")
        return
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key_node, value_node in node.value:
        name = str(key_node.value)
        key = f"{prefix}.{name}" if prefix else name
        yield key, key_node.start_mark.line + 1, name not in seen
        seen.add(name)
        yield from _walk(value_node, key)


def _walk_to_fill(node: yaml.Node | None, key: str) -> Iterator[tuple[str, int]]:
    """Yields each dotted key whose value, or an entry of whose list, is still to be filled in."""
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            yield from _walk_to_fill(value_node, f"{key}.{key_node.value}" if key else str(key_node.value))
    elif isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            yield from _walk_to_fill(entry, key)
    elif isinstance(node, yaml.ScalarNode) and is_to_fill(node.value):
        yield key, node.start_mark.line + 1


def _upwards(key: str) -> Iterator[str]:
    while key:
        yield key
        key = key.rpartition(".")[0]
