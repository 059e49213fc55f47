"""The words a department may choose from, and the codes they stand for. Templates, checks and reports share them."""

from typing import Final

TASK_STATES: Final[dict[str, str]] = {
    "done": "Đã hoàn thành",
    "on_schedule": "Đang thực hiện, đúng tiến độ",
    "late": "Đang thực hiện, chậm tiến độ",
    "not_started": "Chưa thực hiện",
    "not_applicable": "Không phát sinh trong kỳ",
}
"""State of a task: code to label, in the order of the drop-down list."""

KINDS: Final[dict[str, str]] = {"actual": "Thực hiện", "estimate": "Ước thực hiện"}
"""Kind of a figure: code to label, in the order of the drop-down list."""

# Other wordings that mean the same for certain; compared by their words, whatever stands between them.
TASK_STATE_VARIANTS: Final[dict[str, str]] = {
    "hoàn thành": "done",
    "đã thực hiện xong": "done",
    "đúng tiến độ": "on_schedule",
    "đảm bảo tiến độ": "on_schedule",
    "bảo đảm tiến độ": "on_schedule",
    "đang triển khai đúng tiến độ": "on_schedule",
    "chậm tiến độ": "late",
    "chậm": "late",
    "đang triển khai chậm tiến độ": "late",
    "chưa triển khai": "not_started",
    "chưa bắt đầu": "not_started",
    "không phát sinh": "not_applicable",
    "không thuộc phạm vi": "not_applicable",
}
KIND_VARIANTS: Final[dict[str, str]] = {
    "số thực hiện": "actual",
    "đã thực hiện": "actual",
    "chính thức": "actual",
    "số liệu chính thức": "actual",
    "th": "actual",
    "ước": "estimate",
    "số ước": "estimate",
    "ước tính": "estimate",
    "ước th": "estimate",
    "ưth": "estimate",
    "sơ bộ": "estimate",
    "số liệu sơ bộ": "estimate",
    "tạm tính": "estimate",
}
