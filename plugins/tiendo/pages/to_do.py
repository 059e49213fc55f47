"""What operations are to do now, the most urgent first, each with the part of the handbook that has the steps."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote

from tiendo.airflow_glue.deadline import ANSWER_PATIENCE, PUBLICATION_PATIENCE
from tiendo.collect.left_alone import AWAITED, HANGING, meanings
from tiendo.mail.incident_words import advice, what_is_wrong
from tiendo.model.period import Period
from tiendo.model.working_days import last_day_before
from tiendo.pages.frame import link
from tiendo.pages.machine import Machine
from tiendo.pages.places import file_link
from tiendo.pages.standing import BodyLine, Standing
from tiendo.vietnamese.dates import format_date, format_instant

# From so many working days before the last day to submit, who has not sent is a matter of now.
_SOON = 3
# A scan is late when so many of its rounds were left out.
_ROUNDS = 3
# What a scan leaves for good reason and nobody has to move away.
_HARMLESS = frozenset({*AWAITED, "empty", "temporary", "system_file", "hidden"})
# So many are named one by one.
_NAMED = 5
_PLACES = {"folder": "Thư mục tiếp nhận", "share": "Thư mục chia sẻ"}


class ToDo(NamedTuple):
    """One thing to do.

    Attributes:
        is_bad: it stands in the way of the report, or of an answer.
        what, act: what is the matter, and what to do about it.
        runbook: a section of the handbook, ``so-tay``.
        href: the page on which it is done or seen; "" where the handbook says where.
    """

    is_bad: bool
    what: str
    act: str
    runbook: str
    href: str = ""


def to_do(standing: Standing, machine: Machine) -> Sequence[ToDo]:
    """Returns what is to be done now; what stands in the way of the report or of an answer comes first."""
    found = [
        *_of_health(standing, machine),
        *_of_files(standing, machine),
        *_of_edition(standing),
        *_of_bodies(standing),
        *_of_mail(standing),
    ]
    return sorted(found, key=lambda item: not item.is_bad)


def to_do_in_plan(standing: Standing) -> Sequence[ToDo]:
    """Returns what is to be done for the plan, without what is the installation's."""
    return [*_of_edition(standing), *_of_bodies(standing)]


def duration(length: timedelta) -> str:
    """Returns a length of time as people say it: ``2 giờ 5 phút``, ``3 ngày``."""
    minutes = max(0, int(length.total_seconds())) // 60
    if minutes < 1:
        return "chưa đến 1 phút"
    if minutes < 60:
        return f"{minutes} phút"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} giờ {rest} phút" if rest else f"{hours} giờ"
    return f"{hours // 24} ngày"


def _of_health(standing: Standing, machine: Machine) -> Iterator[ToDo]:
    if not machine.is_watched:
        yield ToDo(True, "Không có ai theo dõi hệ thống", "Khởi động lại thành phần watch", "health")
    for incident in standing.incidents:
        if incident["well_since"] is None:
            act, runbook = advice(incident["subject"])
            what = f"{what_is_wrong(incident['subject'])}, từ {format_instant(incident['since'])}"
            yield ToDo(True, what, act.replace("trang dưới đây", "trang này"), runbook, _page(incident["subject"]))
    if machine.scanner_trouble:
        act = "Khởi động lại ClamAV; tệp chờ được xử lý ngay sau đó"
        yield ToDo(True, "Bộ quét vi-rút không trả lời, không tệp nào được đọc", act, "file-waits")
    if machine.is_disk_full:
        yield ToDo(True, f"Đĩa chỉ còn trống {machine.disk_words}", "Giải phóng hoặc mở rộng đĩa", "warehouse-down")


def _page(subject: str) -> str:
    """Returns the page of Airflow that shows what an incident is about; "" where none does."""
    kind, _, name = subject.partition(" ")
    dag_id = {"mailbox": "collect_mailbox", "folders": "collect_folders"}.get(kind, name.partition(" ")[0])
    if kind in ("paused", "dag-run", "mailbox", "folders"):
        return f"/dags/{quote(dag_id)}"
    return "/dags" if kind == "import-error" else ""


def _of_files(standing: Standing, machine: Machine) -> Iterator[ToDo]:
    oldest, now = standing.queue["oldest_landed_at"], standing.now
    if oldest and now - oldest >= ANSWER_PATIENCE:
        what = f"{standing.queue['file_count']} tệp chờ xử lý, lâu nhất {duration(now - oldest)}"
        act = "Xem DAG process_submissions có bị dừng hay bị lỗi không"
        yield ToDo(True, what, act, "file-waits", "/dags/process_submissions")
    patience = _ROUNDS * timedelta(minutes=machine.collect_minutes)
    last = standing.scans.get("folder")
    if machine.collect_minutes and last and now - last > patience:
        what = f"Thư mục tiếp nhận chưa được quét lại từ {format_instant(last)}"
        yield ToDo(True, what, "Xem DAG collect_folders", "share-not-mounted", "/dags/collect_folders")
    left = [item for item in standing.left_alone if item["reason"] not in _HARMLESS]
    if len(left) > _NAMED:
        is_hanging = any(item["reason"] in HANGING for item in left)
        what = (
            f"{len(left)} mục nằm trong thư mục tiếp nhận mà không được lấy: {_list([item['path'] for item in left])}"
        )
        yield ToDo(is_hanging, what, "Xem từng mục, chuyển vào thư mục của đơn vị", "file-waits")
    else:
        for item in left:
            _, meaning = meanings(item["reason"])
            what = f"{_PLACES[item['channel']]}: chưa lấy {item['path']}"
            yield ToDo(item["reason"] in HANGING, what, meaning.rstrip("."), "file-waits")
    act = "Xem lý do: chưa rõ nơi gửi thì xác minh rồi cho qua, còn lại báo đơn vị gửi tệp khác"
    if len(standing.quarantine) > _NAMED:
        yield ToDo(False, f"{len(standing.quarantine)} tệp bị tạm giữ", act, "quarantine", "#tam-giu")
    else:
        for held in standing.quarantine:
            what = f"Tệp bị tạm giữ {held['receipt_no']}: {held['name']}"
            yield ToDo(False, what, act, "quarantine", file_link(held["receipt_no"]))


def _of_edition(standing: Standing) -> Iterator[ToDo]:
    now, calendar = standing.now, standing.calendar
    for period, question in standing.questions.items():
        if question["verdict"] in (None, "refused"):
            name = f"Báo cáo {Period.parse(period).vietnamese}, lần ban hành thứ {question['edition']},"
            what = f"{name} chờ phê duyệt từ {format_instant(question['asked_at'])}"
            yield ToDo(True, what, "Báo người phê duyệt", "edition-not-published", link(f"/duyet/{period}"))
    is_late = calendar.publish_at + PUBLICATION_PATIENCE <= now < calendar.closing_at
    last = standing.questions.get(str(standing.period))
    if is_late and not standing.editions and (last is None or last["verdict"] == "reject"):
        what = f"Đã quá giờ ban hành ({format_instant(calendar.publish_at)}) mà chưa có bản dự thảo chờ phê duyệt"
        act = "Lập dự thảo để hỏi phê duyệt"
        if last:
            what += f"; bản trước không được ban hành theo trả lời lúc {format_instant(last['answered_at'])}"
            act = "Hệ thống hỏi lại khi có số liệu mới; cần hỏi ngay thì lập dự thảo"
        yield ToDo(True, what, act, "edition-not-published", link("/viec/", "du-thao"))
    if standing.editions and (missed := standing.editions[0]["not_reached"]):
        what = f"Bản ban hành lần {standing.editions[0]['edition']} chưa gửi được qua thư tới: {_list(missed)}"
        yield ToDo(False, what, "Chuyển bằng cách khác", "edition-not-published")


def _of_bodies(standing: Standing) -> Iterator[ToDo]:
    now, calendar = standing.now, standing.calendar
    if now >= calendar.closing_at:
        return
    if overdue := standing.of_period("overdue"):
        what = f"{len(overdue)} đơn vị quá hạn chưa gửi: {_names(overdue)}"
        yield ToDo(True, what, "Gọi điện, nhắc lại", "reminders", "#don-vi")
    is_soon = standing.days_left is not None and standing.days_left <= _SOON
    if is_soon and (missing := standing.of_period("open")):
        what = f"{len(missing)} đơn vị chưa gửi, {left_words(standing.days_left, calendar.due_at)}: {_names(missing)}"
        yield ToDo(standing.days_left == 0, what, "Nhắc trước khi hết hạn", "reminders", link("/viec/", "nhac"))
    if unmended := standing.unmended:
        what = f"{len(unmended)} đơn vị có báo cáo bị trả lại, chưa gửi lại: {_names(unmended)}"
        yield ToDo(True, what, "Liên hệ đơn vị, hướng dẫn sửa theo phiếu trả lời", "reminders", "#don-vi")


def _of_mail(standing: Standing) -> Iterator[ToDo]:
    if mails := standing.undelivered:
        addresses = [*dict.fromkeys(mail["to_address"] for mail in mails)]
        what = f"{len(mails)} thư không đến nơi trong 30 ngày: {_list(addresses)}"
        yield ToDo(False, what, "Sửa địa chỉ thư, báo đơn vị bằng cách khác", "undeliverable-mail")


def left_words(days_left: int | None, due_at: datetime) -> str:
    """Returns how long there is to submit: ``còn 3 ngày làm việc``, ``đã hết hạn ngày 14/03/2023``."""
    if days_left is None:
        return f"đã hết hạn ngày {format_date(last_day_before(due_at))}"
    return f"còn {days_left} ngày làm việc" if days_left else "hôm nay là ngày cuối"


def _names(bodies: Sequence[BodyLine]) -> str:
    return _list([body.short_name for body in bodies])


def _list(names: Sequence[str]) -> str:
    more = f" và {len(names) - _NAMED} nơi khác" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
