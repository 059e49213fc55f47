"""What the template's cells accept, with the words Excel says when something else is typed.

Excel cuts a message at 225 characters and a title at 32.
"""

from datetime import date
from typing import Literal

from openpyxl.worksheet.datavalidation import DataValidation

from tiendo.model.content import SHEET_MARKER
from tiendo.model.register import PeriodCalendar

_UNBOUNDED = 10**15
_TITLE, _MESSAGE = 32, 225
_NUMBERS: dict[str, tuple[Literal["whole", "decimal"], int, int, str]] = {
    "share": ("decimal", 0, 100, "một số từ 0 đến 100, không nhập dấu %"),
    "count": ("whole", 0, _UNBOUNDED, "một số nguyên không âm"),
    "rank": ("whole", 1, 1000, "một số nguyên từ 1 trở lên"),
    "measure": ("decimal", 0, _UNBOUNDED, "một số không âm"),
    "per_mille": ("decimal", -1000, 1000, "một số theo phần nghìn (‰), không nhập ký hiệu ‰"),
}


def list_rule(column: str, count: int, title: str) -> DataValidation:
    """A drop-down from the marker sheet: a list written into the rule itself could hold no comma."""
    return DataValidation(
        type="list",
        formula1=f"'{SHEET_MARKER}'!${column}$1:${column}${count}",
        allow_blank=True,
        showErrorMessage=True,
        errorStyle="stop",
        errorTitle=title,
        error="Đề nghị chọn một giá trị có trong danh sách.",
    )


def state_rule(column: str, count: int) -> DataValidation:
    """A drop-down of the states of one indicator; a warning only, as for numbers: an absence is said in words."""
    rule = list_rule(column, count, "Kiểm tra trạng thái")
    rule.errorStyle = "warning"
    rule.error = (
        "Đề nghị chọn một trạng thái có trong danh sách. Nếu chưa có thông tin, ghi “Không áp dụng” hoặc “Chưa có số "
        "liệu, dự kiến” kèm ngày, rồi chọn Yes (Có) để giữ nội dung đã nhập."
    )
    return rule


def prompted(rule: DataValidation, title: str, prompt: str) -> DataValidation:
    """Gives a rule the words that stand beside a cell while it is chosen; what is too long is cut."""
    rule.showInputMessage = True
    rule.promptTitle, rule.prompt = title[:_TITLE], prompt if len(prompt) <= _MESSAGE else prompt[: _MESSAGE - 1] + "…"
    return rule


def any_text() -> DataValidation:
    """No rule: only there to be given words."""
    return DataValidation(type=None, allow_blank=True)


def number_rule(family: str) -> DataValidation:
    """A warning, not a stop: what cannot be a number may be said in words (``Chưa có số liệu, dự kiến 20/4/2023``)."""
    kind: Literal["whole", "decimal"]
    kind, low, high, wanted = _NUMBERS.get(family, ("decimal", -_UNBOUNDED, _UNBOUNDED, "một số"))
    return DataValidation(
        type=kind,
        operator="between",
        formula1=str(low),
        formula2=str(high),
        allow_blank=True,
        showErrorMessage=True,
        errorStyle="warning",
        errorTitle="Kiểm tra số liệu",
        error=f"Ô này cần {wanted}. Nếu không có số, ghi “Không áp dụng” hoặc “Chưa có số liệu, dự kiến” kèm ngày, "
        "rồi chọn Yes (Có) để giữ nội dung đã nhập.",
    )


def completion_rule() -> DataValidation:
    """Percent of a task done, typed without the sign."""
    return DataValidation(
        type="decimal",
        operator="between",
        formula1="0",
        formula2="100",
        allow_blank=True,
        showErrorMessage=True,
        errorStyle="warning",
        errorTitle="Tỷ lệ hoàn thành",
        error="Nhập một số từ 0 đến 100, không nhập dấu %.",
    )


def date_rule(entry: PeriodCalendar, since_year: int | None = None) -> DataValidation:
    """A day of the year, or since another, up to the end of the period."""
    first, last = date(since_year or entry.period.year, 1, 1), entry.period.last_day
    return DataValidation(
        type="date",
        operator="between",
        formula1=str(_serial(first)),
        formula2=str(_serial(last)),
        allow_blank=True,
        showErrorMessage=True,
        errorStyle="warning",
        errorTitle="Số liệu đến ngày",
        error=f"Nhập ngày theo dạng ngày/tháng/năm, từ {first:%d/%m/%Y} đến {last:%d/%m/%Y}.",
    )


def _serial(day: date) -> int:
    """Day number of the 1900 date system."""
    return (day - date(1899, 12, 30)).days
