"""The workbook that goes back to its sender with a refusal or a question: its own where it can be, else a fresh one."""

import logging
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import NamedTuple

from tiendo.feedback.finding_groups import SEVERITY_NAMES
from tiendo.feedback.marking.answer_sheet import Remark
from tiendo.feedback.marking.marked_copy import mark_workbook
from tiendo.feedback.marking.xml_tree import UnmarkableError
from tiendo.feedback.template import build_template
from tiendo.model.content import WorkbookContent
from tiendo.model.outcome import ACCEPTED, SEVERITIES, FileOutcome, Finding, LastReported
from tiendo.model.period import Period
from tiendo.model.register import Register

_MARKABLE = ("rejected", "accepted_with_warnings")
# What the name of a fresh template begins with, after the receipt's number.
TEMPLATE_NAME = "bieu-mau-"
_DATE_RULE = "number-is-date"
_log = logging.getLogger(__name__)
_STEM_BYTES = 90
_UNFIT = re.compile(r"[^\w.]+")
# Our own number before the name of a workbook that comes back.
_NUMBERED = re.compile(r"^(?:TN-\d{6,}-)+")
_ZIP = b"PK\3\4"
_MARKED = {"critical": "các ô cần sửa được tô màu đỏ nhạt", "warning": "các ô cần giải trình được tô màu vàng"}
_WHERE_SAID = "nội dung cụ thể ghi trong chú thích của từng ô và trong bảng dưới đây"
_HOW_TO_RETURN = (
    "Đề nghị sửa trực tiếp trong tệp này, lưu lại và gửi lại chính tệp này. Không phải xóa màu, chú thích hay trang "
    "này; hệ thống bỏ qua khi đọc."
)
_MOVED = (
    "Tệp gốc không đánh dấu trực tiếp được; số liệu đã đọc được chép nguyên văn sang biểu mẫu của đơn vị dưới đây. "
    "Đề nghị kiểm tra lại trước khi gửi."
)


class ReturnedWorkbook(NamedTuple):
    """A workbook that goes back with the answer.

    Attributes:
        template_of: the period of a fresh template; "" of the sender's own figures with cells marked.
    """

    data: bytes
    template_of: str = ""


def fresh_template(
    register: Register, outcome: FileOutcome, last_reported: Callable[[Period], LastReported]
) -> ReturnedWorkbook | None:
    """Returns the template that a refused file's sender needs to do what it is told; None where it needs none.

    Args:
        last_reported: gives what was reported before a period.
    """
    agency = register.agency_by_code.get(outcome.agency)
    if agency is None or not agency.is_obliged or not outcome.template_period:
        return None
    period = Period.parse(outcome.template_period)
    data = build_template(register, period, agency, last_reported(period))
    return ReturnedWorkbook(data, outcome.template_period)


def marked_workbook(
    register: Register, receipt_no: str, data: bytes, outcome: FileOutcome, content: WorkbookContent | None
) -> ReturnedWorkbook | None:
    """Returns the marked workbook for a file, or None where there is no cell that could be marked.

    Args:
        data: the file, read before within the reader's limits.
        content: what was read from it.
    """
    if outcome.verdict not in _MARKABLE or not _colours(remarks(outcome.findings)):
        return None
    title = f"PHẢN HỒI VỀ BÁO CÁO – PHIẾU {receipt_no}"
    try:
        if data.startswith(_ZIP):
            try:
                found = remarks(outcome.findings)
                return ReturnedWorkbook(mark_workbook(data, found, title, _intro(outcome, found)))
            except UnmarkableError as reason:
                _log.info("receipt %s: marked in a fresh workbook, for %s", receipt_no, reason)
        marked = _in_fresh_copy(register, outcome, content, title)
        return ReturnedWorkbook(marked) if marked else None
    except Exception:
        # The receipt says everything; a workbook that we fail to mark must not hold up the answers of a batch.
        _log.exception("receipt %s: the workbook could not be marked", receipt_no)
        return None


def _colours(found: Sequence[Remark]) -> set[str]:
    """The severities whose cells are coloured."""
    return {remark.severity for remark in found if remark.cell and remark.severity in _MARKED}


def _intro(outcome: FileOutcome, found: Sequence[Remark]) -> list[str]:
    colours = _colours(found)
    told = ", ".join(words for severity, words in _MARKED.items() if severity in colours)
    said = f"{told[:1].upper()}{told[1:]}; {_WHERE_SAID}." if told else ""
    received = "Số liệu đã được tiếp nhận. " if outcome.verdict in ACCEPTED else ""
    return [f"{received}{said}".strip(), _HOW_TO_RETURN]


def _in_fresh_copy(
    register: Register, outcome: FileOutcome, content: WorkbookContent | None, title: str
) -> bytes | None:
    if content is None or content.fault:
        return None
    from tiendo.feedback.fresh_copy import fresh_copy

    copy = fresh_copy(register, outcome.agency, outcome.period, content)
    if copy is None:
        return None
    found = remarks(outcome.findings, copy.moved)
    return mark_workbook(copy.data, found, title, [*_intro(outcome, found), _MOVED]) if _colours(found) else None


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
    """Returns ``TN-000001-bao-cao.xlsx``: a name that is safe on every system, from a file's own."""
    stem = PurePath(unicodedata.normalize("NFC", file_name).replace("\\", "/")).name
    stem = stem.rpartition(".")[0] or stem
    stem = _UNFIT.sub("-", _NUMBERED.sub("", stem)).strip("-._")
    shortened = stem.encode()[:_STEM_BYTES].decode("utf-8", "ignore").strip("-._")
    return f"{receipt_no}-{shortened or 'bao-cao'}.xlsx"
