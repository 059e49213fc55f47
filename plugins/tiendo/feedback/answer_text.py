"""What an answer says, as plain text and as HTML. Everything from files and senders is escaped, or cut to one line."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row

from tiendo.feedback.finding_groups import SEVERITY_NAMES
from tiendo.feedback.receipt import ARCHIVE_NAME, TRIAL_NAMES, VERDICT_NAMES
from tiendo.mail.headers import one_line
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.templates import text_and_page
from tiendo.vietnamese.dates import format_instant

_SEE_EACH = "Đề nghị xem kết quả của từng tệp trong tệp nén."
TO_DO = {
    "accepted": "Không phải làm gì thêm.",
    "accepted_with_warnings": (
        "Số liệu đã được ghi nhận. Đề nghị xem các điểm nêu dưới đây; nếu số liệu đúng, ghi giải trình, nếu chưa đúng, "
        "sửa tệp rồi gửi lại."
    ),
    "rejected": "Chưa có số liệu nào của tệp được ghi nhận. Đề nghị làm theo hướng dẫn dưới đây rồi gửi lại.",
    "duplicate": "Không phải làm gì thêm; nếu cần điều chỉnh, sửa số liệu trong tệp rồi gửi lại.",
    "quarantined": "Chưa có số liệu nào của tệp được ghi nhận. Đề nghị làm theo hướng dẫn dưới đây.",
}
TRIAL_TO_DO = (
    "Đây là kết quả kiểm tra thử: báo cáo chưa được nộp và không có số liệu nào được ghi nhận. Khi nộp chính thức, đề "
    "nghị gửi tệp bằng thư có tiêu đề không bắt đầu bằng “Kiểm tra”."
)
_COLOURS = {
    "accepted": "#1b7837",
    "accepted_with_warnings": "#b8860b",
    "rejected": "#b2182b",
    "duplicate": "#b8860b",
    "quarantined": "#b2182b",
}
_FATES = {"inline_image": "hình ảnh trong nội dung thư", "signature": "chữ ký của thư"}
MOST_FINDINGS = 8


class AnswerMail(NamedTuple):
    """An answer's words."""

    subject: str
    text: str
    html: str


def write_answer(
    register: Register,
    message: Row[Any],
    files: Sequence[Row[Any]],
    findings: Mapping[int, Sequence[Row[Any]]],
    left_out: Sequence[Row[Any]],
    *,
    has_marked: bool,
) -> AnswerMail:
    """Writes the answer to a message: each of its files with receipt, verdict and what is to be done."""
    agency = register.agency_by_code.get(message.agency_code)
    subject = reply_subject(message.subject)
    values = {
        "subject": subject,
        "kind": message.kind,
        "plan": register.short_title,
        "contact": register.report["issuing_body"],
        "agency_name": agency.name if agency else message.sender,
        "received_at": format_instant(message.internal_at),
        "files": [_file(file, findings.get(file.file_id, ())) for file in files],
        "left_out": [f"{one_line(part.name)} ({_FATES.get(part.fate, part.fate)})" for part in left_out],
        "has_marked": has_marked,
    }
    text, html = text_and_page("mail_answer")
    return AnswerMail(subject, text.render(values), html.render(values))


def reply_subject(subject: str) -> str:
    """Returns the subject of an answer: ``Re:`` once, however often it went to and fro."""
    rest = one_line(subject)
    while rest[:3].lower() == "re:":
        rest = rest[3:].strip()
    return f"Re: {rest or '(không có tiêu đề)'}"


def _file(file: Row[Any], findings: Sequence[Row[Any]]) -> dict[str, Any]:
    verdict, names, to_do = file.state, VERDICT_NAMES, TO_DO.get(file.state, "")
    if file.state == "trial":
        verdict, names, to_do = file.trial_verdict, TRIAL_NAMES, TRIAL_TO_DO
    is_archive = verdict == "accepted" and not file.period
    return {
        "name": one_line(file.name),
        "receipt_no": file.receipt_no,
        "period": _period_name(file.period),
        "verdict": ARCHIVE_NAME if is_archive else names[verdict],
        "to_do": _SEE_EACH if is_archive else to_do,
        "colour": _COLOURS[verdict],
        "findings": [
            {
                "severity": SEVERITY_NAMES[finding.severity],
                "message": one_line(finding.message, 500),
                "fix": one_line(finding.fix, 500),
                "places": finding.places,
            }
            for finding in findings[:MOST_FINDINGS]
        ],
        "further": max(0, len(findings) - MOST_FINDINGS),
    }


def _period_name(period: str | None) -> str:
    try:
        return Period.parse(period).vietnamese if period else ""
    except ValueError:
        return ""
