"""Alerts to operations when the calendar's hours pass: an edition that is not out, a file that has no answer.

Airflow notes a run's deadlines when it makes the run, forgets them when the run succeeds in time, and calls
``tell_operations`` on a worker when one passes; the run's page then shows it as missed.
"""

import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import BaseDeadlineReference, DeadlineAlert, DeadlineReference

from tiendo.airflow_glue.partition import chosen_key, key_of, run_period
from tiendo.clock import HANOI
from tiendo.model.plans import Bodies, meant_by
from tiendo.model.working_days import last_day_before

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# How long after its hour an edition may wait for its approval, and until when a person can still act on the last day.
PUBLICATION_PATIENCE = timedelta(minutes=30)
LAST_CALL = time(20)
ANSWER_PATIENCE = timedelta(minutes=30)
_OF_THE_CALENDAR = ("scheduled", "backfill")
_WORDS = {
    "publication": "Đã quá giờ ban hành mà báo cáo {key} chưa được ban hành: bản dự thảo chờ phê duyệt, hoặc có lỗi.",
    "due_day": "Sắp hết hạn mà báo cáo {key} vẫn chưa được ban hành. Không có phê duyệt thì không có báo cáo.",
    "answer": "Có tệp đã nhận quá 30 phút mà chưa được xử lý, trả lời.",
}
_TO_DO = {
    "publication": "Xem trang của lượt chạy và sổ tay edition-not-published.",
    "due_day": "Liên hệ ngay người phê duyệt; xem sổ tay edition-not-published.",
    "answer": "Xem trang của lượt chạy và sổ tay file-waits.",
}
log = logging.getLogger(__name__)


@dataclass(eq=False)
class PlanDeadline(BaseDeadlineReference):
    """The instant by which a run must be done, by its partition key; stored with the DAG, so no register is needed.

    A run that is started by hand, by an asset or by a backfill after that instant has none: nobody waits for it any
    more. One of the calendar has, for then it is late. A run that a person starts must say for which period.

    Attributes:
        instants: ISO 8601, by partition key (``282-kh-ubnd-2023:2023-Q1``).
    """

    required_kwargs: ClassVar[set[str]] = {"dag_id", "run_id"}

    instants: dict[str, str] = field(default_factory=dict)

    def serialize_reference(self) -> dict[str, Any]:
        """Returns what is stored with the DAG."""
        return {"reference_type": self.reference_name, "instants": json.dumps(self.instants)}

    @classmethod
    def deserialize_reference(cls, reference_data: dict[str, Any]) -> "PlanDeadline":
        """Makes the reference from what ``serialize_reference`` returned."""
        return cls(json.loads(reference_data["instants"]))

    # The hook that Airflow 3.3 documents for references of one's own (BaseDeadlineReference): core calls it for each
    # new run, on what it has read back from the stored DAG.
    def _evaluate_with(self, *, session: "Session", dag_id: str, run_id: str) -> datetime | None:
        from airflow.models import DagRun
        from sqlalchemy import select

        row = session.execute(
            select(DagRun.partition_key, DagRun.run_type, DagRun.conf).where(
                DagRun.dag_id == dag_id, DagRun.run_id == run_id
            )
        ).one()
        # Here, and nowhere else before its first task, Airflow shows us a run that somebody starts: without a period
        # it is refused at once, in the words of the error. What the calendar starts has one.
        if str(row.run_type) not in _OF_THE_CALENDAR:
            chosen_key(row.partition_key, row.conf, self.instants)
        return self.deadline_of(row.partition_key, str(row.run_type), datetime.now(UTC))

    def deadline_of(self, partition_key: str | None, run_type: str, now: datetime) -> datetime | None:
        """Returns the deadline of a run that is made now, None for a run without one."""
        meant = meant_by(partition_key, self.instants) if partition_key else []
        if len(meant) != 1:
            return None
        instant = datetime.fromisoformat(self.instants[meant[0]])
        return instant if run_type == "scheduled" or instant > now else None


def publication_alerts(bodies: Bodies) -> list[DeadlineAlert]:
    """Returns the two alerts of an edition: half an hour after its hour, and on the last day while there is time.

    That is the last day to submit; of a plan that wants the report after that day, the last one of the open period.
    """
    publication, last_call = {}, {}
    for register, entry in ((plan, entry) for plan in bodies.plans for entry in plan.calendar):
        key = key_of(register, entry.period)
        rung_at = entry.publish_at + PUBLICATION_PATIENCE
        ends_at = entry.due_at if entry.publish_at < entry.due_at else entry.closing_at
        last_day = register.working_days.last_until(last_day_before(ends_at))
        publication[key] = rung_at.isoformat()
        last_call[key] = max(rung_at, datetime.combine(last_day, LAST_CALL, HANOI)).isoformat()
    return [_alert("publication", PlanDeadline(publication)), _alert("due_day", PlanDeadline(last_call))]


def answer_alert() -> DeadlineAlert:
    """Returns the alert of a file that has waited for its fate longer than it should."""
    return _alert("answer", DeadlineReference.DAGRUN_QUEUED_AT, ANSWER_PATIENCE)


def _alert(name: str, reference: BaseDeadlineReference, interval: timedelta = timedelta(0)) -> DeadlineAlert:
    # On a worker: it reaches the mail server, which the triggerer need not.
    return DeadlineAlert(reference, interval, SyncCallback(tell_operations, {"alert": name}), name=name)


def tell_operations(alert: str, context: dict[str, Any]) -> None:
    """Mails operations about a run that has passed its deadline.

    Sent at once and not by the warehouse's queue: that the warehouse is out of reach may be the reason.

    Raises:
        SmtpDownError: the mail server is out of reach. The alert is on the run's page all the same.
    """
    from tiendo.airflow_glue.mail import open_smtp, operations_mail
    from tiendo.mail.outgoing import send_at_once

    run = context["dag_run"]
    key = run.get("partition_key") or ""
    log.error("Deadline %r passed: %s %s", alert, run["dag_id"], run["dag_run_id"])
    named = _named(key) if key else None
    if named and named.is_published:
        log.warning("%s is out: what waits is a later edition, about which nobody is woken.", key)
        return
    addresses = operations_mail()
    if addresses is None:
        log.warning("Nobody is told by mail: the connection tiendo_smtp or its operations_email is not set.")
        return
    sender, operations = addresses
    what = _WORDS[alert].format(key=named.words if named else key)
    words = (
        f"{what}\n\nDAG: {run['dag_id']}\nLượt chạy: {run['dag_run_id']}\nTrạng thái: {run['state']}\n"
        f"Trang: {_page(run)}\n{_asked_at(alert, named)}\nViệc cần làm: {_TO_DO[alert]}\n"
    )
    send_at_once(open_smtp, sender, operations, f"[Tiendo] {what}", words)


class _Named(NamedTuple):
    """The edition a key is about.

    Attributes:
        words: period and plan, for people.
        page: where it is approved.
        is_published: whether it is out; where the warehouse cannot say, it is not.
    """

    words: str
    page: str
    is_published: bool


def _named(key: str) -> _Named | None:
    """Returns what a partition key is about; None of one that no plan in hand has."""
    from sqlalchemy.exc import SQLAlchemyError

    from tiendo.airflow_glue.warehouse import open_warehouse
    from tiendo.plan.side_by_side import get_plans
    from tiendo.report.edition import last_edition
    from tiendo.settings import get_settings
    from tiendo.warehouse.engine import get_engine, loader

    plans = get_plans()
    try:
        register, period = run_period(plans, SimpleNamespace(partition_key=key, conf=None))
    except ValueError:
        return None
    is_published = False
    try:
        # A callback may ask Airflow for no connections: the warehouse is known by its address, where that is set.
        engine = get_engine() if get_settings().database_url else open_warehouse().engine
        with loader(engine) as connection:
            is_published = last_edition(connection, register, period) > 0
    except (SQLAlchemyError, OSError) as error:
        log.warning("The warehouse cannot say whether %s is out: %s", key, error)
    of_plan = f" ({register.short_title})" if len(plans) > 1 else ""
    return _Named(f"{period}{of_plan}", f"/tiendo/duyet/{period}?ke-hoach={register.code}", is_published)


def _asked_at(alert: str, named: _Named | None) -> str:
    return "" if alert == "answer" or named is None else f"Trang phê duyệt: {_address()}{named.page}\n"


def _address() -> str:
    from airflow.configuration import conf

    return str(conf.get("api", "base_url", fallback="")).rstrip("/")


def _page(run: dict[str, Any]) -> str:
    from urllib.parse import quote

    return f"{_address()}/dags/{run['dag_id']}/runs/{quote(run['dag_run_id'])}"
