"""What operations are told of an incident, in words: what is wrong, since when, whom it concerns, what to do."""

from datetime import datetime
from typing import NamedTuple

from tiendo.vietnamese.dates import format_instant


class _Kind(NamedTuple):
    what: str
    to_do: str
    runbook: str
    meaning: str = ""


_NOTHING_TAKEN = (
    "Báo cáo của các đơn vị chưa được tiếp nhận, kiểm tra và trả lời. Không tệp hay thư nào bị mất, không đơn vị nào "
    "bị tính chậm vì việc này."
)
_MAIL_NOT_TAKEN = (
    "Báo cáo gửi qua thư điện tử chưa được tiếp nhận và trả lời. Thư vẫn nằm trong hộp thư; thời điểm nhận tính theo "
    "máy chủ thư nên không đơn vị nào bị tính chậm."
)
_FILES_NOT_TAKEN = (
    "Báo cáo để trong thư mục chia sẻ chưa được tiếp nhận, hoặc phiếu trả lời chưa đến nơi. Tệp vẫn nằm tại chỗ và "
    "không đơn vị nào bị tính chậm."
)
_KINDS = {
    "dag-run": _Kind(
        "Lượt chạy {name} bị lỗi",
        "Mở trang dưới đây, xem nhật ký của bước bị lỗi, khắc phục rồi cho chạy lại bước đó (Clear)",
        "health",
    ),
    "import-error": _Kind(
        "Không đọc được tệp DAG {name}", "Sửa tệp hoặc cài lại phiên bản trước; lỗi đầy đủ ở trang dưới đây", "health"
    ),
    "paused": _Kind(
        "DAG {name} đang bị tạm dừng", "Nếu không còn lý do để tạm dừng, bật lại ở trang dưới đây", "health"
    ),
    "component": _Kind("Thành phần {name} không hoạt động", "Xem nhật ký của thành phần và khởi động lại", "health"),
    "look": _Kind(
        "Không kiểm tra được {name}",
        "Xem lỗi đầy đủ trong nhật ký của thành phần watch và báo cho người phát triển nếu lỗi còn lặp lại",
        "health",
        "Chưa rõ: một phần hệ thống đang không được theo dõi, việc tiếp nhận báo cáo không phụ thuộc vào phần này.",
    ),
    "mailbox": _Kind(
        "Không kết nối được hộp thư tiếp nhận báo cáo",
        "Kiểm tra máy chủ thư, mật khẩu và chứng thư của kết nối tiendo_imap",
        "mailbox-down",
        _MAIL_NOT_TAKEN,
    ),
    "smtp": _Kind(
        "Không gửi được thư đi",
        "Kiểm tra máy chủ thư, mật khẩu và chứng thư của kết nối tiendo_smtp",
        "mailbox-down",
        "Thư trả lời và thư nhắc các đơn vị chưa được gửi; hệ thống sẽ tự gửi khi máy chủ thư hoạt động trở lại.",
    ),
    "folders": _Kind(
        "Không đọc hoặc ghi được thư mục chia sẻ",
        "Kiểm tra kết nối, quyền truy cập và mật khẩu của thư mục chia sẻ",
        "share-not-mounted",
        _FILES_NOT_TAKEN,
    ),
    "database": _Kind(
        "Không dùng được cơ sở dữ liệu",
        "Kiểm tra máy chủ PostgreSQL và dung lượng đĩa",
        "warehouse-down",
        _NOTHING_TAKEN,
    ),
}
_OF_A_DAG = {
    "collect_folders": _FILES_NOT_TAKEN,
    "collect_mailbox": _MAIL_NOT_TAKEN,
    "process_submissions": "Báo cáo đã nhận có thể chưa được kiểm tra và trả lời. Không tệp nào bị mất.",
    "compute_status": "Đánh giá mức độ thực hiện chưa được cập nhật theo số liệu mới của các đơn vị.",
    "publish_report": "Báo cáo tổng hợp của kỳ có thể không được ban hành đúng hạn.",
    "send_reminders": "Các đơn vị đến hạn hoặc quá hạn có thể chưa được nhắc báo cáo.",
}
_OF_A_COMPONENT = {
    "api-server": "Không mở được trang web, không phê duyệt được báo cáo, các bước không chạy được. " + _NOTHING_TAKEN,
    "dag_processor": "Thay đổi của các DAG không được nạp; việc tiếp nhận báo cáo vẫn tiếp tục với bản đã nạp.",
    "one worker": "Các worker khác vẫn tiếp nhận và trả lời báo cáo; việc xử lý có thể chậm hơn.",
    "cleanup": "Không có; bản ghi và nhật ký cũ của Airflow chưa được dọn nên đĩa và cơ sở dữ liệu đầy dần.",
    "triggerer": "Các bước đang chờ sự kiện không được tiếp tục; việc tiếp nhận báo cáo vẫn chạy.",
}


def what_is_wrong(subject: str) -> str:
    """Returns a subject in words: ``Thành phần scheduler không hoạt động``."""
    kind, _, name = subject.partition(" ")
    return _KINDS[kind].what.format(name=name)


def advice(subject: str) -> tuple[str, str]:
    """Returns what to do about a subject, a sentence without its full stop, and the runbook that has the steps."""
    words = _KINDS[subject.partition(" ")[0]]
    return words.to_do, words.runbook


def bad_mail(subject: str, since: datetime, detail: str, page: str) -> tuple[str, str]:
    """Returns subject and text of the mail that tells of an incident."""
    kind, _, name = subject.partition(" ")
    words, what = _KINDS[kind], what_is_wrong(subject)
    dag_id = name.split(" ")[0].removesuffix(".py")
    meaning = words.meaning or (
        _OF_A_COMPONENT.get("one worker" if name.startswith("worker ") else name, _NOTHING_TAKEN)
        if kind == "component"
        else _OF_A_DAG.get(dag_id, "Một phần công việc tiếp nhận, xử lý báo cáo có thể không được thực hiện.")
    )
    return f"[Tiendo] {what}", (
        f"Kính gửi bộ phận vận hành,\n\n{what}.\n\nTừ lúc: {format_instant(since)}\n"
        f"Nguyên nhân ghi nhận: {detail}\n\nẢnh hưởng đến các đơn vị: {meaning}\n\n"
        f"Việc cần làm: {words.to_do}. Hướng dẫn: sổ tay {words.runbook} (docs/runbooks/{words.runbook}.md).\n"
        f"Trang: {page}\n\nSự cố này chỉ được báo một lần; khi đã hết, hệ thống báo thêm một lần nữa. Những gì đang có "
        "sự cố: lệnh tiendo health.\n"
    )


def well_mail(subject: str, since: datetime, well_since: datetime) -> tuple[str, str]:
    """Returns subject and text of the mail that tells that it is over."""
    what = what_is_wrong(subject)
    return f"[Tiendo] Đã hết sự cố: {what}", (
        f"Kính gửi bộ phận vận hành,\n\nSự cố “{what}”, bắt đầu lúc {format_instant(since)}, đã hết từ lúc "
        f"{format_instant(well_since)} và không lặp lại kể từ đó. Không cần làm gì thêm; báo cáo đang chờ được xử lý "
        "tự động.\n"
    )
