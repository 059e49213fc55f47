"""Matches an annex's rows with the indicators of a register, by name and by nothing else, and says what differs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from tiendo.annex.table import AnnexRow
from tiendo.model.register import RowKind
from tiendo.plan.known import KnownPlan
from tiendo.plan.tables import Cells
from tiendo.vietnamese.text import fold


def match_rows(rows: Sequence[AnnexRow], known: KnownPlan) -> list[AnnexRow]:
    """Returns the rows with the code of the indicator of the same name, and doubts where they differ from it."""
    codes = _codes_by_name(known)
    by_code = {cells["code"]: cells for cells in known.indicators}
    found = []
    for row in rows:
        parent = fold(rows[row.group - 1].name_vi) if row.group else ""
        of_name = codes.get((parent, fold(row.name_vi)), set())
        code = next(iter(of_name)) if len(of_name) == 1 else ""
        doubts = _differences(row, by_code[code], known) if code else _doubts_of_new(row, known, of_name)
        found.append(replace(row, suggested_code=code, doubts=(*row.doubts, *doubts)))
    uses = Counter(row.suggested_code for row in found if row.suggested_code)
    return [
        replace(row, doubts=(*row.doubts, f"{row.suggested_code} is the name of more than one row"))
        if uses[row.suggested_code] > 1
        else row
        for row in found
    ]


def notes_on_missing(rows: Sequence[AnnexRow], known: KnownPlan) -> list[str]:
    """Says which indicators of the register have no row, so that none is lost unseen."""
    matched = {row.suggested_code for row in rows}
    missing = [cells for cells in known.indicators if cells["code"] not in matched]
    body = [cells["code"] for cells in missing if cells["row_kind"] == RowKind.BODY_TARGET]
    gone = [cells["code"] for cells in missing if cells["row_kind"] != RowKind.BODY_TARGET]
    notes = [f"in {known.code}, but no row of this annex has the name: {', '.join(gone)}"] if gone else []
    if body:
        notes.append(f"not looked for, since an annex does not hold the targets of the body text: {', '.join(body)}")
    return notes


def _codes_by_name(known: KnownPlan) -> dict[tuple[str, str], set[str]]:
    """Returns codes by group's name ("" for none) and own name. A part's full label needs no group."""
    names = {cells["code"]: cells["name"] for cells in known.indicators}
    codes: dict[tuple[str, str], set[str]] = {}
    for cells in known.indicators:
        parent = fold(names.get(cells["parent_code"], ""))
        for key in {(parent, fold(cells["name"])), ("", fold(cells["label"]))}:
            codes.setdefault(key, set()).add(cells["code"])
    return codes


def _differences(row: AnnexRow, cells: Cells, known: KnownPlan) -> list[str]:
    doubts = []
    if cells["label"] != cells["name"] and row.row_kind != RowKind.SUB_INDICATOR and row.name_vi != cells["label"]:
        doubts.append(f"the name reads {row.name_vi!r}; {known.code} shows it as {cells['label']!r}")
    label = known.unit_labels.get(cells["unit"], "")
    if fold(row.unit_as_printed) != fold(label):
        same = fold(row.unit_as_printed) == fold(cells["unit_as_printed"])
        printed = f"the unit reads {row.unit_as_printed!r}" if row.unit_as_printed else "no unit is printed"
        doubts.append(f"{printed}; {'as' if same else 'NOT as'} in {known.code}, where it means {label!r}")
    if not row.target_as_printed and row.row_kind != RowKind.GROUP:
        doubts.append("no target is printed")
    reporters = {code.strip() for code in cells.get("reporters", "").split(";") if code.strip()}
    if row.agency_codes and set(row.agency_codes) != reporters:
        doubts.append(f"reported by {', '.join(row.agency_codes)}; in {known.code} by {', '.join(sorted(reporters))}")
    return doubts


def _doubts_of_new(row: AnnexRow, known: KnownPlan, of_name: set[str]) -> list[str]:
    if of_name:
        return [f"{known.code} has more than one indicator of this name: {', '.join(sorted(of_name))}"]
    doubts = [f"{known.code} has no indicator of this name: it needs a code of its own"]
    if row.row_kind == RowKind.GROUP:
        return doubts
    if fold(row.unit_as_printed) not in map(fold, known.unit_labels.values()):
        doubts.append(
            f"{known.code} has no unit {row.unit_as_printed!r}" if row.unit_as_printed else "no unit is printed"
        )
    if not row.target_as_printed:
        doubts.append("no target is printed")
    return doubts
