"""The year after the replayed one: its plan as an illustration, and how it opens while the old year closes.

The plan is the draft of ``tiendo plan new``, with every mark filled in from the old plan;
``include/demo/next_year.yaml`` gives the rest. Its figures are last year's of the same quarter, marked as illustrative.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from tiendo.local.demo import DEMO, DemoDelivery, DemoFigure, Scenario, Step, instant_of
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.plan.amendments import COLUMNS as AMENDED
from tiendo.plan.amendments import FILE as AMENDMENTS
from tiendo.plan.known import read_known
from tiendo.plan.new_plan import table_text, write_new_plan
from tiendo.plan.register import load_register
from tiendo.plan.tables import TO_FILL, is_to_fill

_TARGET = ("target_text", "comparator", "low", "high")
_NOTE = "Số liệu minh họa, không phải số công bố."


@dataclass(frozen=True)
class NextYear:
    """What comes after a replay.

    Attributes:
        plan_dir: folder of the new plan.
        closing: the old year's scenario with its last correction.
        opening: the new year's first steps.
    """

    plan_dir: Path
    closing: Scenario
    opening: Scenario


def prepare(scenario: Scenario, old_dir: Path, plans: Path) -> NextYear:
    """Makes the plan below ``plans``, unless it is there, and what is done under both.

    Args:
        old_dir: folder of the scenario's plan.
    """
    words: dict[str, Any] = yaml.load((DEMO / "next_year.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506
    plan_dir = plans / words["plan"]["code"]
    if not (plan_dir / AMENDMENTS).is_file():
        _write_plan(old_dir, scenario.register.year + 1, words, plan_dir)
    return NextYear(plan_dir, _closing(scenario, words), _opening(scenario, load_register(plan_dir), words))


def _write_plan(old_dir: Path, year: int, words: dict[str, Any], plan_dir: Path) -> None:
    """Writes the draft and fills it in; the file of amendments comes last and says that all is there."""
    shutil.rmtree(plan_dir, ignore_errors=True)
    known = read_known(old_dir, [])
    assert known  # noqa: S101  it is the plan in force
    write_new_plan(known, year, plan_dir)
    draft = read_known(plan_dir, [])
    assert draft  # noqa: S101  it has just been written
    for file, drafted in draft.rows.items():
        # A draft has the rows of the old plan, in its order.
        pairs = zip(drafted, known.rows[file], strict=True)
        rows = [_filled(row, old, year, words["plan"]["decision"]) for row, old in pairs]
        if rows:
            (plan_dir / file).write_text(table_text(draft.headings[file], rows), encoding="utf-8")
    text = (plan_dir / "plan.yaml").read_text(encoding="utf-8")
    for name in ("code", "title", "short_title", "issued_on"):
        quote = "" if name == "issued_on" else '"'
        text = re.sub(
            rf"^{name}: .*$", f"{name}: {quote}{words['plan'][name]}{quote}", text, count=1, flags=re.MULTILINE
        )
    # What is marked names the old year; what is not, such as the plan it continues, is meant.
    text = re.sub(rf"{re.escape(TO_FILL)} (.*)", lambda hint: _moved(hint[1], year), text)
    (plan_dir / "plan.yaml").write_text(text, encoding="utf-8")
    row = dict.fromkeys(AMENDED, "") | words["amendment"]
    (plan_dir / AMENDMENTS).write_text(table_text(list(AMENDED), [row]), encoding="utf-8")


def _filled(draft: dict[str, str], old: dict[str, str], year: int, decision: str) -> dict[str, str]:
    """Returns a draft's row with what its marks hint at, else with what the old plan says, a year later."""
    row = {}
    for name, cell in draft.items():
        text = cell
        if is_to_fill(cell):
            text = _moved(cell.removeprefix(TO_FILL).strip() or old[name], year)
        elif name in _TARGET:
            text = old[name]
        row[name] = text
    if "target_text" in row and row["row_kind"] != "group":
        row["decision"] = f"{decision} {row['decision']}".strip()
    return row


def _moved(text: str, year: int) -> str:
    return re.sub(rf"(?<!\d){year - 1}(?!\d)", str(year), text)


def _closing(scenario: Scenario, words: dict[str, Any]) -> Scenario:
    told = words["correction"]
    period = Period.parse(told["period"])
    figure = DemoFigure(**told, version=2)
    delivery = DemoDelivery(told["agency"], period, instant_of(words["corrected_at"]), version=2)
    taken, printed = instant_of(words["collected_at"]), instant_of(words["supplement_at"])
    steps = (
        Step(taken, "collect", period, f"{taken:%d %b %H:%M}: a correction of the year that closes", (delivery,)),
        Step(printed, "publish", period, f"{printed:%d %b %H:%M}: supplement to {period}"),
    )
    return replace(scenario, steps=steps, figures=(*scenario.figures, figure), _known={})


def _opening(scenario: Scenario, register: Register, words: dict[str, Any]) -> Scenario:
    period = register.calendar[0].period
    senders, sent_at = words["senders"], instant_of(words["reported_at"])
    reminded, taken = instant_of(words["reminded_at"]), instant_of(words["taken_at"])
    publish_at = register.calendar_by_period[period].publish_at
    deliveries = tuple(DemoDelivery(code, period, sent_at) for code in senders)
    steps = (
        Step(reminded, "remind", period, f"{reminded:%d %b %H:%M}: the first reminders of the new year"),
        Step(taken, "collect", period, f"{taken:%d %b %H:%M}: {len(senders)} files in the inboxes", deliveries),
        Step(publish_at, "publish", period, f"{publish_at:%d %b %H:%M}: edition 1 of {period}"),
    )
    figures = tuple(_a_year_later(scenario, period))
    owing = frozenset((body.code, period) for body in register.obliged if body.code not in senders)
    return replace(scenario, register=register, steps=steps, figures=figures, corrections={}, silent=owing, _known={})


def _a_year_later(scenario: Scenario, period: Period) -> Iterator[DemoFigure]:
    same = f"{period.year - 1}-Q{period.number}"
    for figure in scenario.figures:
        if figure.period == same:
            day = figure.data_on and date.fromisoformat(figure.data_on).replace(year=period.year).isoformat()
            yield figure._replace(
                period=str(period), data_on=day, note=_NOTE, origin="illustrative",
                source_row="", source_url="", as_printed="",
            )  # fmt: skip
