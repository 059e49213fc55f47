"""Writes what an annex says as a draft of indicators.csv: the print from the annex, the meaning from the register.

What neither says for certain is marked ``???``, with a hint behind it; ``tiendo plan check`` lists those places.
"""

from decimal import Decimal
from pathlib import Path

from tiendo.annex.reading import Annex
from tiendo.annex.table import AnnexRow
from tiendo.annex.targets import EQUAL
from tiendo.model.register import Comparator, RowKind
from tiendo.plan.known import KnownPlan
from tiendo.plan.new_plan import TARGET_COLUMNS, empty_target, table_text, to_confirm
from tiendo.plan.tables import TO_FILL, Cells
from tiendo.vietnamese.text import ascii_key, fold

FILE = "indicators.csv"


def write_draft_rows(annex: Annex, known: KnownPlan, out: Path) -> Path:
    """Writes ``indicators.csv`` with the columns of the register's own, targets of the body text emptied.

    Raises:
        FileExistsError: the file is there already; nothing is overwritten.
    """
    by_code = {cells["code"]: cells for cells in known.indicators}
    codes = [row.suggested_code or f"{TO_FILL} {ascii_key(row.name_vi)}" for row in annex.rows]
    drafts = [
        _draft(row, by_code.get(row.suggested_code), codes[row.group - 1] if row.group else "", known)
        for row in annex.rows
    ]
    drafts += [empty_target(cells, known) for cells in known.indicators if cells["row_kind"] == RowKind.BODY_TARGET]
    for row_order, cells in enumerate(drafts, start=1):
        cells["row_order"] = str(row_order)
    text = table_text(known.headings[FILE], drafts)
    out.mkdir(parents=True, exist_ok=True)
    path = out / FILE
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError as error:
        raise FileExistsError(f"{path} is there already, and nothing is overwritten") from error
    return path


def _draft(row: AnnexRow, before: Cells | None, parent: str, known: KnownPlan) -> Cells:
    cells = empty_target(before, known) if before else dict.fromkeys(known.headings[FILE], TO_FILL)
    is_known_name = before is not None and before["name"] == row.name_vi
    cells |= {
        "row_kind": row.row_kind,
        "parent_code": parent,
        "section_no": row.section_no,
        "printed_no": row.printed_no,
        "name": row.name_vi,
        "label": before["label"] if before and is_known_name else to_confirm(row.name_vi),
        "unit_as_printed": row.unit_as_printed,
        "target_text": row.target_as_printed,
        "agency_as_printed": row.agency_cell_as_printed,
        "agency_source": row.agency_source,
    }
    if before is None:
        cells |= _cells_of_new(row, known)
    elif before.get("sum_of"):
        cells["agency_source"] = before["agency_source"]
    elif set(row.agency_codes) != set(filter(None, before["reporters"].split(";"))):
        cells["reporters"] = ";".join(row.agency_codes) or TO_FILL
    if before and row.unit_as_printed and fold(row.unit_as_printed) not in _unit_forms(before, known):
        cells["unit"] = to_confirm(before["unit"])
    cells |= _target_cells(row, before["comparator"] if before else "")
    return {column: cells.get(column, TO_FILL) for column in known.headings[FILE]}


def _cells_of_new(row: AnnexRow, known: KnownPlan) -> Cells:
    """Returns the cells of an indicator that the register does not know."""
    units = [code for code, label in known.unit_labels.items() if fold(label) == fold(row.unit_as_printed)]
    empty = (
        "body_ref",
        "body_quote",
        "publication_note",
        "minimum",
        "maximum",
        "asked_beyond",
        "states",
        "sum_of",
        *TARGET_COLUMNS,
    )
    return dict.fromkeys(empty, "") | {
        "code": f"{TO_FILL} {ascii_key(row.name_vi)}",
        "unit": "" if row.row_kind == RowKind.GROUP else units[0] if len(units) == 1 else TO_FILL,
        "reporters": ";".join(row.agency_codes) or TO_FILL,
        "has_precedence": "no" if len(row.agency_codes) == 1 else TO_FILL,
        "tolerance": "0",
    }


def _unit_forms(before: Cells, known: KnownPlan) -> set[str]:
    return {fold(before["unit_as_printed"]), fold(known.unit_labels.get(before["unit"], ""))}


def _target_cells(row: AnnexRow, comparator_before: str) -> Cells:
    """Returns the target as understood; a bare number is what it was the year before: floor, ceiling or band."""
    sides = {
        side: to_confirm(text) if text and row.is_doubtful else text
        for side, text in (("low", _number(row.target_low)), ("high", _number(row.target_high)))
    }
    if not row.comparator and row.target_as_printed and comparator_before == Comparator.STATE:
        return {"comparator": comparator_before, "low": "", "high": ""}
    if not row.comparator:
        return {"comparator": TO_FILL if row.target_as_printed else Comparator.NONE.value, "low": "", "high": ""}
    if row.comparator == EQUAL:
        if comparator_before == Comparator.LE:
            return {"comparator": comparator_before, "low": "", "high": sides["high"]}
        if comparator_before == Comparator.BETWEEN:
            return {"comparator": comparator_before, "low": TO_FILL, "high": TO_FILL}
        return {"comparator": Comparator.GE.value, "low": sides["low"], "high": ""}
    if row.comparator == Comparator.RANGE and comparator_before == Comparator.BETWEEN:
        return {"comparator": comparator_before, **sides}
    return {"comparator": row.comparator, **sides}


def _number(value: Decimal | None) -> str:
    return f"{value:f}" if value is not None else ""
