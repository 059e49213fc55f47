"""What is said of a figure that is held or asked about: its difference, what was probably meant, its confirmation."""

from collections.abc import Sequence
from decimal import Decimal

from tiendo.model.content import RawCell
from tiendo.model.register import Nature
from tiendo.validation.confirmation import confirmation_of
from tiendo.validation.facts import IndicatorFacts
from tiendo.validation.levels import Likely, Neighbour, Reach, find_likely
from tiendo.validation.magnitude import fits
from tiendo.validation.records import FigureRecord
from tiendo.validation.suites import get_suite
from tiendo.vietnamese.number import format_number
from tiendo.vietnamese.stated_unit import WHOLE_FAMILIES


def is_impossible(record: FigureRecord) -> bool:
    """Tells a figure outside its indicator's limits, which no confirmation opens."""
    value = record.figure
    if value is None:
        return False
    low, high = (0, 100) if record.scale == "share" else (record.minimum, record.maximum)
    return (low is not None and value < low) or (high is not None and value > high)


def how_to_confirm(
    values: Sequence[Decimal], facts: IndicatorFacts, gate: RawCell, confirmed: float | None, column: str = "giải trình"
) -> str:
    """Returns what to write where for figures to be taken as they stand, as a sentence that follows another.

    Args:
        gate: the cell for it, in the column named.
        confirmed: another number that stands confirmed there.
    """
    where = f"ô {gate.address} (cột {column})" if gate.address else f"cột “{column}”"
    told = f" Nếu số liệu đúng, đề nghị ghi vào {where}: “{confirmation_of(values, facts)}” rồi gửi lại"
    if confirmed is not None and Decimal(repr(confirmed)) not in values:
        return f"{told}; hiện ô này xác nhận số khác ({format_number(confirmed)})."
    return f"{told}; lời giải thích khác không thay cho xác nhận."


def confirm_text(record: FigureRecord) -> str:
    """What opens a held figure, with the other one of its row that is held too; nothing opens an impossible one."""
    source, row, value = record.source, record.source.row, record.source.reading.value
    is_whole = record.fraction == 0 or record.family not in WHOLE_FAMILIES
    if value is None or is_impossible(record) or not is_whole:
        return ""
    if row is None or row.source.figures is None:
        return how_to_confirm([value], source.facts, source.gate, record.confirmed, "lý do")
    figures = row.source.figures
    held = [(figures.total.value, row.slip), (figures.quarter.value, row.part_slip)]
    values = list(dict.fromkeys(each for each, slip in held if each is not None and slip)) or [value]
    return how_to_confirm(values, source.facts, source.gate, record.confirmed)


def unslipped_text(record: FigureRecord) -> str:
    """What a figure off by a power of ten would be, unless it gives itself away.

    A rate of growth may be an index of the same period's 100, and a sum the per cent of the year's plan.
    """
    facts, reading, period, _, slip, *_ = record.source
    value, target = reading.value, facts.target_middle
    if value is None:
        return ""
    if facts.indicator.nature is Nature.GROWTH and (likely := _likely(record, value, facts.target_middle)):
        return format_number(likely.value)
    # Per cents of the plan are told to two places (74,617 is rather 74.617 with another mark), and of the year so far.
    figures = record.source.row.source.figures if record.source.row else None
    is_total = figures is None or value == figures.total.value
    is_per_cent = is_total and 0 < value <= 150 and value == round(value, 2)
    if facts.indicator.nature is Nature.FLOW and slip < 0 and target and is_per_cent:
        share = target * value / 100
        if fits(share, facts.expected(period), 2):
            return f"{format_number(round(share))} (nếu {format_number(value)} là tỷ lệ % của kế hoạch năm)"
    return format_number(value.scaleb(-slip))


def _reach_of(facts: IndicatorFacts) -> Reach:
    """Returns how far a figure may be from the last one, by the register, else by suite ``figure``."""
    own, usual = facts.indicator.asked_beyond, get_suite("figure").parameters["reach"]
    return Reach(*(own or Decimal(str(usual[name])) for name in Reach._fields))


def _likely(record: FigureRecord, value: Decimal, otherwise: Decimal | None = None) -> Likely | None:
    """What was probably meant by a figure that is far from the last one, or where there is none, from another."""
    facts, row = record.source.facts, record.source.row
    last, nature = otherwise if record.witness is None else _exact(record.witness), facts.indicator.nature
    neighbours = []
    for number, other in enumerate(row.source.file_rows if row else ()):
        its, its_facts = other.source.figures, other.source.facts
        if its is None or its_facts is None or other is row or its.total.value is None or its.last.value is None:
            continue
        if its_facts.indicator.nature is nature and its_facts.family == facts.family:
            neighbours.append(Neighbour(number, its.total.value, its.last.value))
    return find_likely(value, last, nature, _reach_of(facts), family=facts.family, neighbours=neighbours)


def _exact(number: float | None) -> Decimal | None:
    return None if number is None else Decimal(repr(number))


def change_text(record: FigureRecord) -> str:
    """How a figure differs from the last one: ``kỳ trước 60.748, kỳ này 26.848, giảm 2,3 lần``."""
    value, last = record.source.reading.value, _exact(record.witness)
    if value is None:
        return ""
    if last is None:
        return f"ghi bằng {format_number(value)}, chưa có số kỳ trước để so sánh"
    step = f"kỳ trước {format_number(last)}, kỳ này {format_number(value)}"
    if not value or not last:
        return step
    if record.source.facts.indicator.nature is Nature.GROWTH:
        return f"{step}, chênh lệch {format_number(abs(value - last), 1)} điểm phần trăm"
    if value * last < 0:
        return f"{step}, trái dấu"
    times = format_number(max(value / last, last / value).quantize(Decimal("0.1")))
    return f"{step}, {'gấp' if abs(value) > abs(last) else 'giảm'} {times} lần"


def meant_text(record: FigureRecord) -> str:
    """What was probably meant by a figure that is far from the last one."""
    value, row, facts = record.source.reading.value, record.source.row, record.source.facts
    last = _exact(record.witness)
    if value is None:
        return ""
    if not value:
        return "nếu chưa có số liệu, thay số 0 bằng “Chưa có số liệu, dự kiến” kèm ngày sẽ có"
    likely = _likely(record, value)
    if likely is None:
        return "" if last is None else f"gần với kỳ trước ({format_number(last)} {facts.unit_label})"
    why = _WHY[likely.why]
    if row and likely.why == "row":
        other = row.source.file_rows[likely.row].source.facts
        why = f"số này đang ghi ở dòng “{other.indicator.label if other else ''}”, có thể đổi chỗ hai dòng"
    return f"có thể là {format_number(likely.value)} {facts.unit_label} ({why})"


_WHY = {
    "index": "đang ghi chỉ số so với cùng kỳ; cùng kỳ bằng 100",
    "fraction": "đang ghi phân số thập phân thay cho phần trăm",
    "mark": "lệch dấu phẩy thập phân",
    "sign": "thiếu hoặc thừa dấu trừ",
    "digits": "đổi chỗ hai chữ số",
    "row": "đang ghi ở dòng khác",
}
