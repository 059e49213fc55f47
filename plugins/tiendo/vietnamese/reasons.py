"""What a cell says as a number, and in Vietnamese why it gave none or what was mended in reading it."""

from decimal import Decimal
from typing import NamedTuple

from tiendo.vietnamese.notation import format_number

REASONS = {
    "empty": "ô để trống",
    "declared_empty": "ô khai không có số liệu, không phải là một số",
    "not_a_number": "không đọc được thành số",
    "not_finite": "giá trị trong ô không phải là một số xác định",
    "ambiguous_separator": "chưa rõ dấu chấm, dấu phẩy ngăn hàng nghìn hay phần thập phân",
    "ambiguous_unit": "chưa rõ đơn vị ghi trong ô là đơn vị thật hay ghi tắt của đơn vị chỉ tiêu",
    "scaled_format": "định dạng ô chia số cho 1.000 hoặc hơn nên chưa rõ kết quả là số nhìn thấy hay số lưu trong ô",
    "is_a_date": "ô chứa ngày tháng, không phải là một số",
    "is_a_range": "ghi một khoảng; kết quả phải là một số duy nhất",
    "is_a_fraction": "ghi dạng phân số hoặc tỷ lệ a/b; kết quả phải là một số duy nhất",
    "is_an_index": "ghi chỉ số so với cùng kỳ (cùng kỳ bằng 100%); chỉ tiêu này cần tốc độ tăng, giảm",
    "is_a_change": "ghi mức tăng hoặc giảm; chỉ tiêu này cần chính giá trị đạt được",
    "several_numbers": "trong ô có nhiều số hoặc có chữ đi kèm không đọc được",
    "double_negative": "vừa ghi chữ tăng, giảm, âm vừa ghi dấu âm nên chưa rõ số âm hay dương",
    "error_cell": "ô đang báo lỗi của Excel",
    "uncalculated_formula": "ô chứa công thức chưa có kết quả",
    "percent_for_other_unit": "ghi phần trăm (%) trong khi chỉ tiêu dùng đơn vị khác",
    "other_unit": "đơn vị hoặc chữ ghi kèm không khớp với đơn vị của chỉ tiêu",
    "foreign_digits": "dùng chữ số không thông dụng (ví dụ chữ số toàn chiều rộng)",
    "too_long": "nội dung quá dài để là một số",
    "too_large": "số quá lớn",
    "not_listed": "không phải là một trạng thái trong danh sách của chỉ tiêu",
}

NOTES = {
    "decimal_point_read": "dấu chấm được hiểu là dấu thập phân",
    "english_separators": "dấu phẩy được hiểu là dấu ngăn hàng nghìn, dấu chấm là dấu thập phân",
    "whole_reading": "dấu phẩy được hiểu là dấu ngăn hàng nghìn vì chỉ tiêu là số nguyên",
    "chosen_by_evidence": "dấu ngăn cách được hiểu theo chỉ tiêu hoặc số liệu kỳ trước",
    "unit_converted": "đã quy đổi theo đơn vị ghi trong ô",
    "date_format": "ô định dạng ngày tháng nhưng chứa một số; số đó được ghi nhận",
    "scaled_format": "định dạng ô chia số cho 1.000 hoặc hơn; số được hiểu theo kế hoạch hoặc số liệu kỳ trước",
    "percent_format": "ô định dạng phần trăm nên giá trị được nhân với 100",
    "rounded_to_15_digits": "giá trị được làm tròn đến 15 chữ số có nghĩa như Excel hiển thị",
}


class NumberReading(NamedTuple):
    """What a cell says as a number: either ``value``, or the ``reason`` why there is none.

    Attributes:
        value: in the unit that was asked for, exact.
        reason: "" or a code of ``REASONS``; ``explain_reason`` puts it in words.
        is_approximate: the cell says ``gần``, ``khoảng``, ``trên``, ``>`` and the like.
        is_estimate: the cell says ``ước``.
        alternatives: what the cell could mean (``ambiguous_separator``, ``ambiguous_unit``), or the ends of a range.
        note: "" or a code of ``NOTES``: what was mended or assumed.
        text: as typed; a number cell as a Vietnamese Excel shows it.
        suggestion: what the sender probably typed, where Excel made it a date: ``9 - 10``.
    """

    value: Decimal | None
    reason: str = ""
    is_approximate: bool = False
    is_estimate: bool = False
    alternatives: tuple[Decimal, ...] = ()
    note: str = ""
    text: str = ""
    suggestion: str = ""


def explain_reason(reading: NumberReading) -> str:
    """Returns why there is no number, with what the cell could mean; "" when there is one.

    For example "chưa rõ dấu chấm, dấu phẩy ngăn hàng nghìn hay phần thập phân: có thể là 1,8 hoặc 1.800".
    """
    if not reading.reason:
        return ""
    sentence = REASONS[reading.reason]
    if reading.suggestion:
        return f"{sentence}; có thể Excel đã tự đổi “{reading.suggestion}” thành ngày"
    if reading.alternatives and reading.reason != "is_a_range":
        meant = " hoặc ".join(format_number(value) for value in sorted(reading.alternatives))
        return f"{sentence}: có thể là {meant}"
    return sentence


def explain_note(reading: NumberReading) -> str:
    """Returns what was mended or assumed in reading, "" when nothing was."""
    return NOTES.get(reading.note, "")
