"""The workbook that goes back to its sender with a refusal or a question: its own where it can be, else a fresh one."""

import logging
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from tiendo.feedback.finding_groups import SEVERITY_NAMES
from tiendo.feedback.marking.answer_sheet import Remark
from tiendo.feedback.marking.marked_copy import mark_workbook
from tiendo.feedback.marking.xml_tree import UnmarkableError
from tiendo.model.content import WorkbookContent
from tiendo.model.outcome import SEVERITIES, FileOutcome, Finding
from tiendo.model.register import Register

_DATE_RULE = "number-is-date"
RETURNED = ("rejected", "accepted_with_warnings")
_log = logging.getLogger(__name__)
_STEM_BYTES = 90
_UNFIT = re.compile(r"[^\w.]+")
# Our own number before the name of a workbook that comes back.
_NUMBERED = re.compile(r"^(?:TN-\d{6,}-)+")
_ZIP = b"PK\3\4"
_INTRO = {
    "rejected": (
        "Các ô cần sửa được tô màu đỏ nhạt, các ô cần giải trình được tô màu vàng; nội dung cụ thể ghi trong chú thích "
        "của từng ô và trong bảng dưới đây."
    ),
    "accepted_with_warnings": (
        "Số liệu đã được tiếp nhận. Các ô cần giải trình được tô màu vàng; nội dung cụ thể ghi trong chú thích của "
        "từng ô và trong bảng dưới đây."
    ),
}
_HOW_TO_RETURN = (
    "Đề nghị sửa trực tiếp trong tệp này, lưu lại và gửi lại chính tệp này. Không phải xóa màu, chú thích hay trang "
    "này; hệ thống bỏ qua khi đọc."
)
_MOVED = (
    "Tệp gốc không đánh dấu trực tiếp được; số liệu đã đọc được chép nguyên văn sang biểu mẫu của đơn vị dưới đây. "
    "Đề nghị kiểm tra lại trước khi gửi."
)


def returned_workbook(
    register: Register, receipt_no: str, data: bytes, outcome: FileOutcome, content: WorkbookContent | None
) -> bytes | None:
    """Returns the marked workbook for a file, or None where there is nothing that could be marked.

    Args:
        data: the file, read before within the reader's limits.
        content: what was read from it.
    """
    if outcome.verdict not in RETURNED or not outcome.findings:
        return None
    title = f"PHẢN HỒI VỀ BÁO CÁO – PHIẾU {receipt_no}"
    intro = [_INTRO[outcome.verdict], _HOW_TO_RETURN]
    try:
        if data.startswith(_ZIP):
            try:
                return mark_workbook(data, remarks(outcome.findings), title, intro)
            except UnmarkableError as reason:
                _log.info("receipt %s: marked in a fresh workbook, for %s", receipt_no, reason)
        return _in_fresh_copy(register, outcome, content, title, intro)
    except Exception:
        # The receipt says everything; a workbook that we fail to mark must not hold up the answers of a batch.
        _log.exception("receipt %s: the workbook could not be marked", receipt_no)
        return None


def _in_fresh_copy(
    register: Register, outcome: FileOutcome, content: WorkbookContent | None, title: str, intro: Sequence[str]
) -> bytes | None:
    if content is None or content.fault:
        return None
    from tiendo.feedback.fresh_copy import fresh_copy

    copy = fresh_copy(register, outcome.agency, outcome.period, content)
    if copy is None:
        return None
    return mark_workbook(copy.data, remarks(outcome.findings, copy.moved), title, [*intro, _MOVED])


def remarks(
    findings: Sequence[Finding], moved: Mapping[tuple[str, str], tuple[str, str]] | None = None
) -> list[Remark]:
    """Returns findings as remarks on a workbook, the gravest first.

    Args:
        moved: where the file's cells went, when the workbook is another one; a cell that went nowhere is named in the
            message.
    """
    found = []
    for f in sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)):
        sheet, cell, message = f.sheet, f.cell, f.message
        if moved is not None and cell:
            sheet, cell = moved.get((f.sheet, f.cell), ("", ""))
            if not cell:
                message = f"{message} (tệp gốc: trang {f.sheet}, ô {f.cell})"
        texts = (message, f.found, f.expected, f.fix)
        found.append(Remark(f.severity, SEVERITY_NAMES[f.severity], sheet, cell, *texts, f.rule == _DATE_RULE))
    return found


def returned_name(receipt_no: str, file_name: str) -> str:
    """Returns ``TN-000001-bao-cao.xlsx``: a name that is safe on every system, from the sender's own."""
    stem = PurePath(unicodedata.normalize("NFC", file_name).replace("\\", "/")).name
    stem = stem.rpartition(".")[0] or stem
    stem = _UNFIT.sub("-", _NUMBERED.sub("", stem)).strip("-._")
    shortened = stem.encode()[:_STEM_BYTES].decode("utf-8", "ignore").strip("-._")
    return f"{receipt_no}-{shortened or 'bao-cao'}.xlsx"
