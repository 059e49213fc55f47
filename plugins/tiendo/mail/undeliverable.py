"""Mail of ours that did not arrive, refused at once or sent back later: operations are told of each, once."""

import logging

from markupsafe import escape
from sqlalchemy import Engine

from tiendo import clock
from tiendo.mail.identity import Identity
from tiendo.mail.outgoing import Outgoing, queue
from tiendo.model.plans import Bodies
from tiendo.vietnamese.dates import format_instant
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

OPERATIONS = "operations"
_WHAT = {
    "answer": "Thư trả lời đơn vị báo cáo",
    "reminder": "Thông báo nhắc báo cáo",
    "reminder_list": "Danh sách đơn vị quá hạn",
}
log = logging.getLogger(__name__)


def tell_undeliverable(engine: Engine, bodies: Bodies, identity: Identity) -> int:
    """Queues a mail to operations about each mail that was given up or came back; returns how many.

    What could not be delivered to operations themselves is logged only: to tell them by mail would never end.
    """
    told = 0
    with loader(engine) as connection:
        rows = connection.execute(statement("mail/undeliverable.sql")).all()
        for row in rows:
            log.error("Mail %s to %s was not delivered: %s", row.outgoing_id, row.to_address, row.reason)
            if not identity.operations or row.kind == OPERATIONS or row.to_address == identity.operations:
                continue
            agency = bodies.in_force_on(clock.now().date()).agency_of_address(row.to_address)
            what = _WHAT.get(row.kind, "Thư của hệ thống")
            whom = f"{agency.name} ({row.to_address})" if agency else row.to_address
            words = (
                f"{what} không đến được nơi nhận: {whom}; tiêu đề: “{row.subject}”; lập lúc "
                f"{format_instant(row.created_at)}; lý do: {row.reason or 'máy chủ thư không nêu'}. Đề nghị kiểm tra "
                "địa chỉ thư trong agencies.csv hoặc plan.yaml và liên hệ qua kênh khác; nội dung thư cũng nằm trong "
                "thư mục outbox."
            )
            subject = f"[Tiendo] Thư không gửi được: {agency.name if agency else row.to_address}"
            mail = Outgoing(
                OPERATIONS, f"undeliverable-{row.outgoing_id}", identity.operations, subject,
                f"{words}\n", f"<p>{escape(words)}</p>\n",
            )  # fmt: skip
            queue(connection, identity, mail)
            told += 1
        if rows:
            ids = [row.outgoing_id for row in rows]
            connection.execute(statement("mail/mark_told.sql"), {"outgoing_ids": ids, "told_at": clock.now()})
    return told
