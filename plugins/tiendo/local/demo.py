"""The replay of 2023: the files that come in, each at its instant, made from ``include/demo/``.

Every figure carries its origin. ``published`` ones stand in ``sources.csv`` with their address; all others are
``illustrative`` and say so in the workbook's own note, from where it follows them into the warehouse and the report.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tiendo.clock import HANOI
from tiendo.model.period import Period
from tiendo.model.register import Agency, Register
from tiendo.settings import INCLUDE

DEMO = INCLUDE / "demo"
# A body sends at a time of its own within the working hours, before the last scan of the day.
_OPENING, _MINUTES, _STRIDE = time(8, 5), 7 * 60, 37


class DemoFigure(NamedTuple):
    """One figure as a body reports it.

    Attributes:
        quarter, year_to_date: a plain decimal (``-18.7``), words that are typed as they stand (``gần 65.600``), or "".
        version: 2 for what a second version of the body's report says instead.
        origin: ``published`` or ``illustrative``; ``source_row`` is the row of sources.csv, "" for the latter.
    """

    indicator: str
    period: str
    agency: str
    version: int
    quarter: str
    year_to_date: str
    kind: str
    data_on: str
    note: str
    origin: str
    source_row: str
    source_url: str
    as_printed: str


class TaskText(NamedTuple):
    """What a body tells of one task in one quarter. ``state`` is a code of ``tiendo.model.states``."""

    ref: str
    state: str
    completion: int
    result: str
    difficulty: str
    proposal: str


class DemoCorrection(NamedTuple):
    """A new figure for an earlier period, on the sheet made for it."""

    agency: str
    period: str
    indicator: str
    quarter: str
    year_to_date: str
    kind: str
    data_on: str
    reason: str


class OwnPlan(NamedTuple):
    """A body's own implementation plan, handed in at ``sent_at`` and entered by a clerk: paper, not an inbox."""

    agency: str
    sent_at: datetime


class DemoFile(NamedTuple):
    """A file that appears in ``inbox/<agency>/``; ``sent_at`` becomes its time of change."""

    agency: str
    name: str
    content: bytes
    sent_at: datetime


@dataclass(frozen=True)
class DemoDelivery:
    """A file to be made.

    Attributes:
        mistake: "" for a sound file, or ``thousandfold``, ``words`` (both in ``indicator``), ``truncated``,
            ``duplicate`` (the sound file's bytes once more).
    """

    agency: str
    period: Period
    sent_at: datetime
    version: int = 1
    mistake: str = ""
    indicator: str = ""
    text: str = ""


@dataclass(frozen=True)
class Step:
    """One thing the replay does at ``at``.

    Attributes:
        action: ``collect`` what was delivered since the last such step, ``receive`` the plans handed in since,
            ``remind``, or ``publish``.
    """

    at: datetime
    action: str
    period: Period
    title: str
    deliveries: tuple[DemoDelivery, ...] = ()
    own_plans: tuple[OwnPlan, ...] = ()


@dataclass(frozen=True)
class Scenario:
    """The whole replay. ``tiendo.local.demo_files`` makes a step's files."""

    register: Register
    steps: tuple[Step, ...]
    figures: tuple[DemoFigure, ...]
    tasks: tuple[Mapping[str, str], ...]
    corrections: Mapping[tuple[str, Period], tuple[DemoCorrection, ...]]
    dialects: Mapping[str, str]
    silent: frozenset[tuple[str, Period]]
    approved_by: str
    _known: dict[tuple[str, Period, int], tuple[DemoFigure, ...]] = field(default_factory=dict, repr=False)

    @property
    def last_instant(self) -> datetime:
        """Instant of the last step."""
        return self.steps[-1].at

    def only(self, *periods: str) -> "Scenario":
        """Returns the same replay cut down to some periods."""
        return replace(self, steps=tuple(step for step in self.steps if str(step.period) in periods))

    def figures_of(self, agency: str, period: Period, version: int = 1) -> tuple[DemoFigure, ...]:
        """Returns what a body reports for a period; in a second version, its new figures beside the unchanged ones."""
        key = (agency, period, version)
        if key not in self._known:
            mine = [f for f in self.figures if f.agency == agency and f.period == str(period) and f.version <= version]
            newest = {figure.indicator: figure for figure in sorted(mine, key=lambda figure: figure.version)}
            self._known[key] = tuple(newest.values())
        return self._known[key]

    def last_values(self, agency: str, period: Period) -> dict[tuple[str, str], Decimal]:
        """Returns the figures of the plan's earlier periods as the template prints them, the latest each."""
        values: dict[tuple[str, str], Decimal] = {}
        for entry in self.register.calendar:
            if entry.period < period:
                for figure in self.figures_of(agency, entry.period):
                    if (value := as_decimal(figure.year_to_date)) is not None:
                        values[figure.indicator, agency] = value
        return values

    def task_texts(self, agency: Agency, period: Period) -> list[TaskText]:
        """Returns what a body tells of its tasks; of collective ones, one of the wordings by the body's number."""
        variants: dict[str, list[Mapping[str, str]]] = {}
        for row in self.tasks:
            variants.setdefault(row["ref"], []).append(row)
        texts = []
        for task in self.register.tasks_of(agency.code):
            choice = variants[task.ref]
            texts.append(_task_text(choice[agency.row_order % len(choice)], period.number))
        return texts


def build_scenario(register: Register, folder: Path = DEMO) -> Scenario:
    """Reads the replay.

    Raises:
        ValueError: a body that owes a report neither sends one in a quarter nor is said to be silent (so of its own
            plan), something comes after the last step that takes it, or a name is unknown.
    """
    text = (folder / "scenario.yaml").read_text(encoding="utf-8")
    plan: dict[str, Any] = yaml.load(text, yaml.BaseLoader)  # noqa: S506  the base loader makes strings and nothing else
    figures = tuple(
        DemoFigure(**{**row, "version": int(row["version"])})  # type: ignore[arg-type]
        for row in _rows(folder / "figures.csv")
    )
    steps = _receiving_steps(register, plan["own_plans"])
    corrections: dict[tuple[str, Period], tuple[DemoCorrection, ...]] = {}
    silent: set[tuple[str, Period]] = set()
    for name, quarter in plan["quarters"].items():
        period = Period.parse(name)
        deliveries = sorted(_deliveries(register, period, quarter), key=lambda d: (d.sent_at, d.agency))
        quiet = set(quarter.get("silent", []))
        _check_senders(register, period, deliveries, quiet)
        silent |= {(agency, period) for agency in quiet}
        steps += _steps(register, period, [instant_of(text) for text in quarter["collect_at"]], deliveries)
        for row in quarter.get("corrections", []):
            key = (row["agency"], period)
            corrections[key] = (*corrections.get(key, ()), DemoCorrection(**row))
    return Scenario(
        register=register,
        steps=tuple(sorted(steps, key=lambda step: step.at)),
        figures=figures,
        tasks=tuple(_rows(folder / "tasks.csv")),
        corrections=corrections,
        dialects=plan["dialects"],
        silent=frozenset(silent),
        approved_by=plan["approved_by"],
    )


def as_decimal(text: str) -> Decimal | None:
    """Returns a plain decimal, or None for words and nothing."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _deliveries(register: Register, period: Period, quarter: Mapping[str, Any]) -> Iterator[DemoDelivery]:
    for version, part in ((1, "sent"), (2, "second_versions")):
        for when, agencies in quarter.get(part, {}).items():
            for code in agencies:
                yield DemoDelivery(code, period, _sent_at(register.agency_by_code[code], when), version)
    for row in quarter.get("mistakes", []):
        yield DemoDelivery(
            row["agency"],
            period,
            instant_of(row["sent"]),
            mistake=row["kind"],
            indicator=row.get("indicator", ""),
            text=row.get("text", ""),
        )


def _check_senders(register: Register, period: Period, deliveries: list[DemoDelivery], quiet: set[str]) -> None:
    sound = [delivery.agency for delivery in deliveries if not delivery.mistake and delivery.version == 1]
    _check_each_once(sound, register, quiet, str(period))


def _check_each_once(senders: list[str], register: Register, quiet: set[str], what: str) -> None:
    owed = sorted(agency.code for agency in register.obliged if agency.code not in quiet)
    if sorted(senders) != owed:
        odd = sorted(set(senders) ^ set(owed)) or sorted({code for code in senders if senders.count(code) > 1})
        raise ValueError(f"{what}: each body sends one sound report or is silent; not so: {', '.join(odd)}")


def _steps(
    register: Register, period: Period, collect_at: list[datetime], deliveries: list[DemoDelivery]
) -> list[Step]:
    if deliveries[-1].sent_at > collect_at[-1]:
        raise ValueError(f"{period}: {deliveries[-1].agency} sends after the last collection")
    steps = []
    after = datetime.min.replace(tzinfo=HANOI)
    for at in collect_at:
        taken = tuple(delivery for delivery in deliveries if after < delivery.sent_at <= at)
        steps.append(Step(at, "collect", period, f"{at:%d %b %H:%M}: {len(taken)} files in the inboxes", taken))
        after = at
    publish_at = register.calendar_by_period[period].publish_at
    steps.append(Step(publish_at, "publish", period, f"{publish_at:%d %b %H:%M}: edition 1 of {period}"))
    return steps


def _receiving_steps(register: Register, words: Mapping[str, Any]) -> list[Step]:
    handed_in = [
        OwnPlan(code, _sent_at(register.agency_by_code[code], when))
        for when, agencies in words["sent"].items()
        for code in agencies
    ]
    _check_each_once([own_plan.agency for own_plan in handed_in], register, set(words["silent"]), "own plans")
    receive_at = [instant_of(text) for text in words["receive_at"]]
    steps = []
    after = datetime.min.replace(tzinfo=HANOI)
    for at in receive_at:
        taken = sorted((own_plan for own_plan in handed_in if after < own_plan.sent_at <= at), key=lambda o: o.sent_at)
        title = f"{at:%d %b %H:%M}: {len(taken)} implementation plans entered"
        steps.append(Step(at, "receive", Period(at.year, (at.month + 2) // 3), title, own_plans=tuple(taken)))
        after = at
    if late := [own_plan.agency for own_plan in handed_in if own_plan.sent_at > after]:
        raise ValueError(f"own plans: {', '.join(late)} hand in after the last step that takes them")
    return steps


def instant_of(text: str) -> datetime:
    """Reads ``2023-03-14 16:00``, in the time of Viet Nam."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=HANOI)


def _sent_at(agency: Agency, when: str) -> datetime:
    if " " in when:
        return instant_of(when)
    opening = datetime.combine(date.fromisoformat(when), _OPENING, HANOI)
    return opening + timedelta(minutes=agency.row_order * _STRIDE % _MINUTES)


def _task_text(row: Mapping[str, str], quarter: int) -> TaskText:
    completion = int(row[f"completion_q{quarter}"])
    if completion == 100:
        state = "done"
    elif str(quarter) in row["late_in"].split(";"):
        state = "late"
    else:
        state = "on_schedule"
    result = row["result_first_half" if quarter <= 2 else "result_second_half"]
    is_troubled = state == "late" or (state == "on_schedule" and quarter >= 2)
    return TaskText(
        ref=row["ref"],
        state=state,
        completion=completion,
        result=f"Số liệu minh họa: {result[0].lower()}{result[1:]}" if result else "",
        difficulty=row["difficulty"] if is_troubled else "",
        proposal=row["proposal"] if is_troubled else "",
    )
