"""What the template colours while somebody types: orange for what is to be looked at again, red for what cannot be.

Formulas of conditional formats, as Excel keeps them in the file: English names, commas, a point in numbers. They take
cells that hold numbers only, so that "Chưa có số liệu" colours nothing. The rules that decide are those of
``include/expectations/``, when the file has come; these only hint, and leave out what needs more than the row.
"""

from collections.abc import Sequence

from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from tiendo.model.register import Nature
from tiendo.model.states import TASK_STATES
from tiendo.reading.columns import INDICATORS, LAST_COMPLETION, LAST_FIGURE, TASKS, TemplateTable
from tiendo.validation.levels import LEVELS
from tiendo.validation.suites import get_suite

_ORANGE = PatternFill("solid", bgColor="FFFFC000")
_RED = PatternFill("solid", bgColor="FFFF7C80")
_FLOW_FACTOR = 10
LEGEND = (
    "Ô chuyển màu cam: số khác nhiều so với kỳ trước, đề nghị xem lại. Ô chuyển màu đỏ: số không khớp (lũy kế khác "
    "{sum}, hoặc ngoài khoảng 0 - 100)."
)
TASK_LEGEND = (
    "Ô chuyển màu cam: tỷ lệ lùi so với kỳ trước hoặc không khớp với trạng thái. Ô chuyển màu đỏ: ngoài khoảng 0 - 100."
)


def warn_of_figures(sheet: Worksheet, rows: Sequence[tuple[int, Nature, str]], *, begins_year: bool) -> None:
    """Lays the warnings over the number cells of sheet "Chỉ tiêu".

    Args:
        rows: of each indicator the sheet's row, its nature and its unit's family.
        begins_year: of the period; what is added up then begins with nothing.
    """
    # The same numbers as the rules: what is asked about for its level is coloured, but for an indicator's own bound.
    reach, share = get_suite("figure").parameters["reach"], get_suite("indicator_row").parameters["rounding_share"]
    last, quarter, total = (_letter(INDICATORS, name) for name in (LAST_FIGURE, "quarter", "year_to_date"))
    known, typed, part = f"ISNUMBER(${last}#)", f"ISNUMBER(${total}#)", f"ISNUMBER(${quarter}#)"
    before = "0" if begins_year else f"${last}#"
    flows = [row for row, nature, _ in rows if nature is Nature.FLOW]
    levels = [row for row, nature, _ in rows if nature in LEVELS]
    growth = [row for row, nature, _ in rows if nature is Nature.GROWTH]
    shares = [row for row, _, family in rows if family == "share"]
    adds_up = f"ABS({before}+${quarter}#-${total}#)>ABS(${total}#)*{share}"
    sum_known = "TRUE" if begins_year else known
    moved = f"ABS(${total}#-${last}#)>MAX({reach['points']},ABS(${last}#))"
    told = (
        (_RED, flows, (quarter, total), f"AND({sum_known},{typed},{part},{adds_up})"),
        (_RED, flows, (total,), f"AND({known},{typed},${total}#<${last}#)"),
        (_RED, shares, (total,), f"AND({typed},OR(${total}#<0,${total}#>100))"),
        (_ORANGE, flows, (total,), f"AND({known},{typed},${last}#>0,${total}#>{_FLOW_FACTOR}*${last}#)"),
        (_ORANGE, levels, (total,), f"AND({known},{typed},${last}#<>0,{_far(last, total, reach['factor'])})"),
        (
            _ORANGE,
            growth,
            (total,),
            f"AND({known},{typed},OR(${last}#*${total}#<0,{moved}))",
        ),
    )
    for fill, numbers, columns, formula in told:
        _colour(sheet, fill, numbers, columns, formula)


def warn_of_tasks(sheet: Worksheet, first: int, last: int) -> None:
    """Lays the warnings over the per cent of sheet "Nhiệm vụ"."""
    before, state, done = (_letter(TASKS, name) for name in (LAST_COMPLETION, "state", "completion"))
    is_number, rows = f"ISNUMBER(${done}#)", range(first, last + 1)
    finished, idle = TASK_STATES["done"], TASK_STATES["not_started"]
    _colour(sheet, _RED, rows, (done,), f"AND({is_number},OR(${done}#<0,${done}#>100))")
    _colour(sheet, _ORANGE, rows, (done,), f"AND({is_number},ISNUMBER(${before}#),${done}#<${before}#)")
    disagrees = (
        f'AND(${state}#="{finished}",${done}#<>100),AND(${state}#="{idle}",${done}#>0),AND(${done}#>0,${done}#<1)'
    )
    _colour(sheet, _ORANGE, rows, (done,), f"AND({is_number},OR({disagrees}))")


def _far(last: str, total: str, factor: float) -> str:
    return f"OR(ABS(${total}#)>{factor}*ABS(${last}#),ABS(${last}#)>{factor}*ABS(${total}#))"


def _letter(table: TemplateTable, name: str) -> str:
    return get_column_letter(table.position(name))


def _colour(sheet: Worksheet, fill: PatternFill, rows: Sequence[int], columns: Sequence[str], formula: str) -> None:
    """Adds a format to the cells of some rows; ``#`` stands for the row, which is told of the first one."""
    for row in rows:
        for column in columns:
            rule = FormulaRule(formula=[formula.replace("#", str(row))], fill=fill)  # type: ignore[no-untyped-call]
            sheet.conditional_formatting.add(f"{column}{row}", rule)
