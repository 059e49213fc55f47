"""The text of sheet ``Hướng dẫn``, and the Vietnamese forms of a period's deadline and province."""

from datetime import datetime, time, timedelta

from tiendo.clock import HANOI
from tiendo.intake.columns import NOT_YET_PUBLISHED
from tiendo.plan.model import Agency, PeriodCalendar, Register
from tiendo.validation.states import TASK_STATES, KINDS
from tiendo.vietnamese.dates import long_date


def deadline_text(due_at: datetime) -> str:
    """Writes the exclusive deadline as officials do: ``trước ngày 15 tháng 3 năm 2023``."""
    due = due_at.astimezone(HANOI)
    if due.time() == time(0):
        return f"trước {long_date(due.date())}"
    return f"trước {due.hour:02d} giờ {due.minute:02d} phút, {long_date(due.date())}"


def last_moment_text(due_at: datetime) -> str:
    """Writes the last moment that is still in time: ``24 giờ 00 ngày 14 tháng 3 năm 2023``."""
    due = due_at.astimezone(HANOI)
    if due.time() == time(0):
        return f"24 giờ 00, {long_date((due - timedelta(days=1)).date())}"
    return f"{due.hour:02d} giờ {due.minute:02d} phút, {long_date(due.date())}"


def guide(register: Register, entry: PeriodCalendar, agency: Agency, has_indicators: bool) -> list[tuple[str, str]]:
    """Returns the guide as rows of (heading, text); one of the two is empty."""
    rows: list[tuple[str, str]] = [
        ("1. Thời hạn và cách gửi", ""),
        (
            "",
            f"Báo cáo {entry.period.vietnamese} của {agency.name} gửi {deadline_text(entry.due_at)}, "
            f"chậm nhất {last_moment_text(entry.due_at)} (giờ Việt Nam). "
            f"Số liệu lấy đến hết {long_date(entry.cut_off_on)}; phần chưa có số chính thức ghi số ước thực hiện.",
        ),
        (
            "",
            "Lưu tệp ở định dạng Excel (.xlsx), giữ nguyên tên tệp và tên các trang tính, gửi vào thư mục tiếp nhận của "
            f"cơ quan hoặc hộp thư tiếp nhận báo cáo của {_receiver(register)}. Hệ thống trả lời bằng phiếu tiếp nhận; nếu có "
            "nội dung cần sửa, phiếu ghi rõ trang tính, ô và cách sửa. Tệp gửi sau cùng thay thế tệp gửi trước.",
        ),
        ("2. Ô cần nhập", ""),
        (
            "",
            "Chỉ nhập vào ô nền vàng nhạt. Ô nền xám là ô không phải nhập. Mã, tên, đơn vị tính và kế hoạch năm được lấy từ "
            "Kế hoạch, không sửa trên tệp này; trường hợp thấy chưa đúng, đề nghị nêu tại cột ghi chú hoặc kiến nghị.",
        ),
    ]
    if has_indicators:
        rows += _indicator_guide()
    rows += _task_guide(3 + 3 * has_indicators)
    return rows


def _indicator_guide() -> list[tuple[str, str]]:
    return [
        ("3. Trang “Chỉ tiêu”", ""),
        (
            "",
            "Chỉ tiêu cộng dồn (thu ngân sách, thu hút đầu tư, số căn nhà...): nhập cả số thực hiện trong quý và số lũy kế từ "
            "đầu năm. Các chỉ tiêu khác (tỷ lệ, tốc độ tăng, số thuê bao...): chỉ nhập cột lũy kế, là số tại thời điểm báo cáo; "
            "tốc độ tăng là so với cùng kỳ năm trước, tính từ đầu năm.",
        ),
        (
            "",
            "Nhập số bằng chữ số, không kèm đơn vị, đúng đơn vị tính đã in. Cách viết Việt Nam: dấu phẩy trước phần thập phân, "
            "dấu chấm giữa các nhóm ba chữ số (74.617; 8,7; -18,7). Máy tính đặt theo kiểu Anh - Mỹ: không nhập dấu giữa các "
            "nhóm ba chữ số (74617). Mỗi ô một số; không nhập khoảng như “9 - 10”.",
        ),
        (
            "",
            f"Loại số liệu: chọn “{KINDS['actual']}” khi số đã chốt, “{KINDS['estimate']}” khi có phần ước tính. "
            "Số liệu đến ngày: nhập theo dạng ngày/tháng/năm. Giải trình: nêu nguyên nhân khi số thay đổi bất thường "
            "hoặc giảm so với kỳ trước.",
        ),
        (
            "",
            f"Chỉ tiêu ghi “{NOT_YET_PUBLISHED}” không phải báo cáo trong kỳ này; nếu đã có số thì vẫn có thể nhập.",
        ),
        ("4. Khi không có số để nhập", ""),
        ("", "Bằng không: nhập số 0."),
        ("", "Không thuộc phạm vi, không phát sinh: ghi “Không áp dụng”."),
        (
            "",
            "Chưa có số liệu: ghi “Chưa có số liệu, dự kiến” kèm ngày sẽ có, ví dụ “Chưa có số liệu, dự kiến 20/4/2023”. "
            "Khi Excel hỏi có tiếp tục hay không, chọn Yes (Có).",
        ),
        ("", "Ô để trống được coi là thiếu báo cáo."),
        ("5. Trang “Sửa số kỳ trước”", ""),
        (
            "",
            "Chỉ dùng khi cần thay số đã báo cáo của quý trước: chọn kỳ, chọn mã chỉ tiêu, nhập số mới và lý do. "
            "Số cũ được lưu lại, không bị xóa.",
        ),
    ]


def _task_guide(number: int) -> list[tuple[str, str]]:
    states = "; ".join(f"“{text}”" for text in TASK_STATES.values())
    return [
        (f"{number}. Trang “Nhiệm vụ”", ""),
        (
            "",
            f"Mỗi nhiệm vụ chọn một trạng thái: {states}. Tỷ lệ hoàn thành nhập số từ 0 đến 100, không nhập dấu %. "
            "Nhiệm vụ chậm tiến độ cần nêu khó khăn, vướng mắc và kiến nghị.",
        ),
    ]


def _receiver(register: Register) -> str:
    """Returns the body that collects the reports: the one that issues the plan's own report."""
    issuing_body = str(register.report.get("issuing_body", "")).upper()
    return next((a.name for a in register.agencies if a.name.upper() == issuing_body), "cơ quan chủ trì tổng hợp")
