"""What is read from one row of an annex."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class AnnexRow:
    """One indicator of an annex.

    Attributes:
        comparator: ``eq`` (a bare number), ``gt``, ``lt``, ``ge``, ``le``, ``range``; "" without a target.
        agencies: names as the register spells them, in the order of the cell; ``agency_codes`` are their codes.
        agency_source: ``printed`` or ``span_deduced``.
        suggested_code: code of the indicator of that name in the register, "" when there is none.
        group: ``row_order`` of the group row a sub-row belongs to.
        deduced: which of the fields are not printed in this row, but in a cell above that reaches down to it.
        doubts: what a person should look at.
        place: where the row stands in the file.
    """

    row_order: int
    printed_no: str
    row_kind: str
    section_no: str
    section_title: str
    name_vi: str
    unit_as_printed: str
    target_as_printed: str
    comparator: str
    target_low: Decimal | None
    target_high: Decimal | None
    agencies: tuple[str, ...]
    agency_codes: tuple[str, ...]
    agency_cell_as_printed: str
    agency_source: str
    suggested_code: str
    group: int | None
    deduced: tuple[str, ...]
    doubts: tuple[str, ...]
    place: str
