"""Of which plan a file is, where several are in hand: by the marker of its template, else by what it says of itself.

A body may report under two plans, and in January under that of both years. What a file says is asked from the surest to
the weakest; what leaves more than one plan is not guessed, and the sender is asked.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from tiendo.clock import HANOI
from tiendo.model.period import Period
from tiendo.model.plans import Bodies
from tiendo.model.register import Register
from tiendo.model.working_days import midnight
from tiendo.validation.cells import find_code, text_of
from tiendo.validation.context import BatchFile
from tiendo.validation.facts import RegisterFacts
from tiendo.validation.stated import parse_period, read_stated
from tiendo.vietnamese.text import fold


class _View(NamedTuple):
    """A file as one plan sees it; ``period`` is of that plan's year where the file names none."""

    file: BatchFile
    facts: RegisterFacts
    period: Period | None
    on: date


def by_plan(
    bodies: Bodies, files: Sequence[BatchFile], today: date
) -> list[tuple[Register, list[tuple[int, BatchFile]]]]:
    """Parts files by their plan; each comes with its place, and with the plans it might be of where that is unclear."""
    if len(bodies.plans) == 1:
        return [(bodies.plans[0], list(enumerate(files)))]
    facts = {register.code: RegisterFacts(register) for register in bodies.plans}
    parts: dict[str, list[tuple[int, BatchFile]]] = {register.code: [] for register in bodies.plans}
    for place, file in enumerate(files):
        if _is_sure(file, facts):
            parts[file.plan or file.content.marker.plan].append((place, file))
            continue
        on = file.received_at.astimezone(HANOI).date() if file.received_at else today
        left = _candidates([_view(file, each, on) for each in facts.values()])
        unclear = tuple(view.facts.register.short_title for view in left) if len(left) > 1 else ()
        parts[left[0].facts.register.code].append((place, file._replace(plans=unclear)))
    return [(register, parts[register.code]) for register in bodies.plans]


def _is_sure(file: BatchFile, facts: Mapping[str, RegisterFacts]) -> bool:
    """Whether what a file was filed under, or its marker, settles it: not where the plan knows its sender not.

    Who sends another authority's workbook is answered under a plan of its own.
    """
    marked = facts.get(file.content.marker.plan)
    if file.plan or marked is None:
        return file.plan in facts
    is_ours = any(file.sender_agency in each.senders for each in facts.values())
    return file.sender_agency in marked.senders or not is_ours


def _view(file: BatchFile, facts: RegisterFacts, on: date) -> _View:
    if file.content.fault:
        return _View(file, facts, None, on)
    told = file.content.marker.period or str(read_stated(file, facts).period or "") or file.asked_period
    return _View(file, facts, parse_period(told, facts), on)


def _candidates(views: list[_View]) -> list[_View]:
    """Returns the plans that a file may be of: one, or several that nothing tells apart."""
    file = views[0].file
    for speaks_for in _SIGNS:
        if told := [view for view in views if speaks_for(view)]:
            views = told
    # Of two years' quarters the one that is collected is meant; of two plans for one quarter the day tells nothing.
    if collected := {view.period for view in views if _is_open(view)}:
        views = [view for view in views if view.period in collected]
    # What cannot be read, is of an unknown sender or of no period is refused for that; and so is another plan's.
    is_clear = file.content.fault or file.stranger or file.content.marker.plan
    return views[:1] if is_clear or not any(map(_has_period, views)) else views


def _knows_sender(view: _View) -> bool:
    sender = view.file.sender_agency or view.file.content.marker.agency
    return sender in view.facts.senders


def _is_named(view: _View) -> bool:
    """Whether a title, or the file's name, names the plan as it is called in print."""
    name = fold(view.facts.register.short_title)
    texts = (view.file.name.replace("_", " "), *(title.text for title in view.file.content.titles))
    return any(name in fold(text) for text in texts)


def _has_period(view: _View) -> bool:
    return view.period in view.facts.periods


def _knows_a_row(view: _View) -> bool:
    """Whether one of its rows, by code or full name, is the plan's."""
    content, facts = view.file.content, view.facts
    refs = (fold(text_of(row.ref)) for row in content.task_rows)
    return any(find_code(row.code, row.name, facts) for row in content.indicator_rows) or any(
        ref in facts.ref_by_typed for ref in refs
    )


def _has_begun(view: _View) -> bool:
    return view.period is not None and _has_period(view) and view.period.first_day <= view.on


def _is_open(view: _View) -> bool:
    entry = view.facts.periods.get(view.period) if view.period else None
    return entry is not None and _has_begun(view) and midnight(view.on) < entry.closing_at


_SIGNS: tuple[Callable[[_View], bool], ...] = (
    _knows_sender, _has_period, _is_named, _knows_a_row, _has_begun,
)  # fmt: skip
