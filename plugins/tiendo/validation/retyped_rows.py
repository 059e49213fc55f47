"""Sorts the rows of a retyped table: indicators by code or full name, titles of sections, group rows, remarks.

A row is an indicator only by its code or by a name of the register, equal after folding. Rows without a figure that are
none are passed over; those with one are told to the sender, so that no figure vanishes.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from tiendo.model.content import CorrectionRow, IndicatorRow, Notice, RawCell, TaskRow, WorkbookContent
from tiendo.model.period import Period, PeriodKind
from tiendo.model.register import Unit
from tiendo.reading.columns import kinds_named, months_named, years_named
from tiendo.reading.headings import MOST_HEADING_ROWS
from tiendo.reading.notices import has_figure, not_read
from tiendo.validation.cells import as_shown, find_code, find_ref, text_of
from tiendo.validation.context import Context
from tiendo.vietnamese.number import format_number, read_absence, read_number
from tiendo.vietnamese.stated_unit import find_shift, is_same_unit, is_unit, read_stated
from tiendo.vietnamese.text import fold

# What stands before a name in a list, and a mark of a footnote behind it.
_BULLET = re.compile(r"^(?:[-+*•]|\d{1,2}(?:\.\d{1,2})*[.)]|[a-zđ][.)])\s*")
_FOOTNOTE = re.compile(r"(?:\s*(?:\(\d{1,2}\)|[*:]))+$")
_UNIT_BEHIND = re.compile(r"\s*(?:\((?P<bracketed>[^()]+)\)|,\s*(?P<behind>[^,]+))$")
_NUMBERING = re.compile(r"[ivx]+|\d{1,2}(?:\.\d{1,2})*|[a-zđ]|-", re.IGNORECASE)


_Row = TypeVar("_Row", IndicatorRow, CorrectionRow)


class _Sorted(NamedTuple):
    rows: list[IndicatorRow]
    notices: list[Notice]


def sort_rows(content: WorkbookContent, context: Context) -> tuple[WorkbookContent, list[Notice]]:
    """Returns a retyped file with the rows that are judged, and what its sender should know of the others.

    A workbook that still has its marker comes back as it is: there every row is one of the template's.
    """
    if not content.is_retyped:
        return content, []
    content, notices = _without_other_periods(content, context)
    indicators = _sort_indicators(content, context)
    tasks, more = _sort_tasks(content, context)
    content = content._replace(indicator_rows=tuple(indicators.rows), task_rows=tuple(tasks))
    return content, notices + indicators.notices + more


def _without_other_periods(content: WorkbookContent, context: Context) -> tuple[WorkbookContent, list[Notice]]:
    """Takes out the figures whose heading says that they are of another period than the one that is reported.

    The reader does not know the plan: it takes "Thực hiện tháng 6" for the figure of the period alone, and "Lũy kế 5
    tháng" for what is since the year's start. Corrections are of other periods: there only the kind must be the plan's.
    """
    headings: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for title in content.titles:
        if title.is_heading:
            place, number = _place(title.sheet, title.cell)
            headings.setdefault(place, []).append((number, title.text))
    unread: dict[str, list[tuple[str, object]]] = {}

    def kept(row: _Row) -> _Row:
        period = context.period if isinstance(row, IndicatorRow) else None
        emptied: dict[str, Any] = {}
        for field in ("quarter", "year_to_date"):
            cell: RawCell = getattr(row, field)
            place, number = _place(row.sheet, cell.address)
            above = [(top, text) for top, text in headings.get(place, ()) if top < number]
            texts = [text for top, text in above if top > above[-1][0] - MOST_HEADING_ROWS]
            if not _is_of_another(texts, field, context.period.kind, period):
                continue
            if _is_figure(cell):
                unread.setdefault(row.sheet, []).append((cell.address, _shown(cell)))
            emptied[field] = RawCell()
        return row._replace(**emptied) if emptied else row

    content = content._replace(
        indicator_rows=tuple(map(kept, content.indicator_rows)),
        correction_rows=tuple(map(kept, content.correction_rows)),
    )
    return content, [not_read(sheet, cells) for sheet, cells in unread.items()]


def _place(sheet: str, address: str) -> tuple[tuple[str, str], int]:
    """Splits a cell's address: its column in a sheet, its row (0 where it has none)."""
    column = address.rstrip("0123456789")
    return (sheet, column), int(address[len(column) :] or 0)


def _is_of_another(headings: list[str], field: str, kind: PeriodKind, period: Period | None) -> bool:
    """Whether the headings over a figure, the lowest that says so, name another period, or one of another kind."""
    kinds, months, years = (
        next((found for text in reversed(headings) if (found := named(text))), frozenset())
        for named in (kinds_named, months_named, years_named)
    )
    if field == "quarter" and kinds and kind not in kinds:
        return True
    if period is None:
        return False
    # In "quý II (3 tháng)" the months are no more than how long a quarter is.
    is_by_month = field == "year_to_date" or kind is PeriodKind.MONTH
    return bool((years and period.year not in years) or (is_by_month and months and period.last_month not in months))


def _sort_indicators(content: WorkbookContent, context: Context) -> _Sorted:
    facts = context.facts
    rows: list[IndicatorRow] = []
    groups: list[tuple[IndicatorRow, str]] = []
    unread: dict[str, list[tuple[str, object]]] = {}
    foreign = 0
    named = [_named(row, context) for row in content.indicator_rows]
    last_known = max((i for i, row in enumerate(named) if find_code(row.code, row.name, facts)), default=-1)
    for number, row in enumerate(named):
        code = find_code(row.code, row.name, facts)
        if code:
            if context.agency not in facts.indicators[code].bodies and not _has_figures(row):
                foreign += 1
            else:
                rows.append(_with_unit(row, facts.indicators[code].indicator.unit))
        elif group := facts.group_by_name.get(fold(text_of(row.name))):
            groups.append((row, group))
        elif text_of(row.code) and not _NUMBERING.fullmatch(text_of(row.code)):
            rows.append(row)
        elif _has_figures(row):
            cells = [(cell.address, _shown(cell)) for cell in (row.quarter, row.year_to_date) if _is_figure(cell)]
            unread.setdefault(row.sheet, []).extend((a, f"{text_of(row.name)} {v}".strip()) for a, v in cells)
        elif number > last_known and has_figure(row.name.value):
            unread.setdefault(row.sheet, []).append((row.name.address, row.name.value))
    notices = [not_read(sheet, cells) for sheet, cells in unread.items()]
    notices += [notice for row, group in groups if (notice := _check_total(row, group, rows, context))]
    if foreign:
        notices.append(Notice("foreign_rows", named[0].sheet, "", f"{foreign} chỉ tiêu"))
    return _Sorted(rows, notices)


def _named(row: IndicatorRow, context: Context) -> IndicatorRow:
    """Returns a row without a code of its own with its name as the register has it, where only a mark differs."""
    code = text_of(row.code)
    if code and not _NUMBERING.fullmatch(code):
        return row
    name = text_of(row.name)
    for candidate, unit in _names_inside(name):
        found = context.facts.code_by_name.get(fold(candidate))
        if found:
            stated = row.stated_unit
            if unit and not text_of(row.unit):
                stated = RawCell(unit, row.name.address)
            label = context.facts.indicators[found].indicator.label
            name_cell = row.name if candidate == name else row.name._replace(value=label)
            return row._replace(code=RawCell(found, row.name.address), name=name_cell, stated_unit=stated)
    return row


def _names_inside(name: str) -> Iterator[tuple[str, str]]:
    """Yields what the name of a row may be, with the unit told behind it: as typed, without bullet, footnote, unit."""
    bare = _BULLET.sub("", name.strip())
    for text in dict.fromkeys((name, bare, _FOOTNOTE.sub("", bare))):
        yield text, ""
        match = _UNIT_BEHIND.search(text)
        unit = (match["bracketed"] or match["behind"]) if match else ""
        if match and is_unit(unit):
            yield text[: match.start()], unit


def _with_unit(row: IndicatorRow, unit: Unit | None) -> IndicatorRow:
    """Keeps a stated unit where it is another one than the indicator's and can be converted to it.

    One that cannot stands in its own cell and is refused there, or, told by a heading, at the figure.
    """
    stated = text_of(row.stated_unit)
    if not stated or is_same_unit(stated, unit):
        return row._replace(stated_unit=RawCell())
    if not text_of(row.unit):
        return row
    if unit and is_unit(stated) and not isinstance(find_shift(read_stated(stated), unit), str):
        return row._replace(unit=row.unit._replace(value=None))
    return row._replace(stated_unit=RawCell())


def _has_figures(row: IndicatorRow) -> bool:
    return _is_figure(row.quarter) or _is_figure(row.year_to_date)


def _is_figure(cell: RawCell) -> bool:
    """Whether a cell may hold a figure; neither a declared absence is one nor the name of who signs."""
    is_figure = has_figure(cell.value) and read_absence(cell.value).kind == "other"
    return bool(cell.error) or cell.is_uncalculated or is_figure


def _shown(cell: RawCell) -> str:
    return text_of(cell) or "(công thức chưa tính)"


def _check_total(row: IndicatorRow, group: str, rows: list[IndicatorRow], context: Context) -> Notice | None:
    """Compares a total typed into a group row with the sum of its parts; the parts alone are taken."""
    parts = [
        (r, facts)
        for r in rows
        if (facts := context.facts.indicators.get(find_code(r.code, r.name, context.facts)))
        and facts.indicator.parent_code == group
    ]
    for field in ("year_to_date", "quarter"):
        cell: RawCell = getattr(row, field)
        if not _is_figure(cell):
            continue
        unit = parts[0][1].indicator.unit if parts else None
        total = read_number(as_shown(cell), unit=unit).value
        values = [read_number(as_shown(getattr(r, field)), unit=f.indicator.unit).value for r, f in parts]
        known = [value for value in values if value is not None]
        if not parts or len(known) < len(values) or total is None:
            return Notice(
                "group_total",
                row.sheet,
                cell.address,
                f"{text_of(row.name)}: {_shown(cell)}; chưa đủ số của các dòng thành phần",
            )
        if total != sum(known, Decimal(0)):
            added = format_number(sum(known, Decimal(0)))
            return Notice(
                "group_total",
                row.sheet,
                cell.address,
                f"{text_of(row.name)}: {_shown(cell)}; cộng các dòng thành phần: {added}",
            )
    return None


def _sort_tasks(content: WorkbookContent, context: Context) -> tuple[list[TaskRow], list[Notice]]:
    facts, led = context.facts, context.facts.tasks_by_agency[context.agency]
    rows: list[TaskRow] = []
    unread: dict[str, list[tuple[str, object]]] = {}
    for row in content.task_rows:
        ref = find_ref(row.ref, facts)
        is_typed = bool(ref) and not _NUMBERING.fullmatch(ref)
        if not is_typed:
            ref = facts.task_by_title.get(fold(_BULLET.sub("", text_of(row.title))), "")
            row = row._replace(ref=RawCell(ref or None, row.title.address))  # noqa: PLW2901
        told = [cell for cell in (row.state, row.completion, row.result, row.difficulty, row.proposal) if text_of(cell)]
        task = facts.register.task_by_ref.get(ref)
        if task is None and not is_typed:
            unread.setdefault(row.sheet, []).extend((c.address, text_of(c)) for c in told)
        elif told or ref in led:
            rows.append(row)
    notices = [not_read(sheet, cells) for sheet, cells in unread.items() if cells]
    if not content.task_rows and led:
        notices.append(Notice("no_task_table", "", "", f"{len(led)} nhiệm vụ phải báo cáo"))
    return rows, notices
