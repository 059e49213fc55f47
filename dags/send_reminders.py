"""Reminds the bodies of what they still owe, and tells the next in the ladder once it is overdue.

### Produces

On the days that `plan.yaml` gives (`calendar.reminders`, without it 10, 5, 3 and 1 working days before a body's own
last day to submit, the working day after it, then the steps of the ladder), for the quarterly reports and, where the
plan asks for them, the bodies' own implementation plans:

- to each body that owes something: a notice in `outbox/<agency>/<period>/nhac-<day>_<plan>.html` with its workbook
  beside it, and the same by mail where mail is configured and the register has an address of the body;
- to the deputy director and for the quarterly meeting: one page about all bodies concerned, in the outbox of the body
  that collects the reports, and by mail to the contact of `plan.yaml`, else to operations.

A body is told of an occasion once, however often the DAG runs. Nothing goes to a body that has sent something
acceptable or is excused. Mail goes out on working days within the hours of `plan.yaml` only; what waits longer is
sent by `collect_mailbox`, unless it is no longer true by then.

### Does not protect against

A body that reads neither mail nor outbox. A report that arrives in the minute in which the notice goes out.

### Schedule

At the hour of `calendar.reminders` (08:00 without it) on every day on which somebody may have to be reminded. What an
outage let slip is made up for by the newest occasion alone, a week later not at all; a backfill sends nothing about
past days. By hand at any time; it tells what is due now and was not told:

    tiendo airflow dags trigger send_reminders

`tiendo reminders due` shows that beforehand, `tiendo reminders list` what was told and whether it was delivered.

### A failure means

In `remind`: a template uses what it is not given (the log names file and line), the outbox cannot be written, or the
warehouse is out of reach. Nobody was told of that obligation, the ones before it are done. In `send`: the mail server
is out of reach; the mail waits in the queue.

### Triage

1. Read the log of the red task; clear it once the cause is gone.
2. Mail server: see the runbook *mailbox-down*; mail that came back: *undeliverable-mail*.
3. `tiendo reminders list` afterwards.
"""

from airflow.sdk import TriggerRule, dag, task

from tiendo.airflow_glue.assets import Tag
from tiendo.airflow_glue.retries import DEFAULT_ARGS
from tiendo.airflow_glue.run_words import tell
from tiendo.airflow_glue.timetable import PlanCalendar
from tiendo.plan.side_by_side import get_plans


@dag(
    dag_display_name="Nhắc nộp báo cáo",
    schedule=PlanCalendar.of_reminders(get_plans()),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    doc_md=__doc__,
    tags=[Tag.REPORT],
)
def send_reminders() -> None:
    """Tells those who owe something that they do, each once an occasion."""

    @task(task_display_name="Lập thông báo nhắc")
    def remind() -> list[dict[str, str]]:
        from airflow.sdk.exceptions import AirflowSkipException

        from tiendo.airflow_glue.mail import open_mail
        from tiendo.airflow_glue.warehouse import open_warehouse
        from tiendo.reminders import reminding

        mail = open_mail()
        settings, plans, engine = open_warehouse()
        identity = mail.identity if mail else None
        told = [one for register in plans for one in reminding.remind(settings, register, engine, identity)]
        if not told:
            tell("Không có đơn vị nào phải nhắc.")
            raise AirflowSkipException("Nobody is to be reminded now.")
        tell(f"Đã lập {len(told)} thông báo nhắc cho {len({one.agency for one in told})} đơn vị.")
        return [one._asdict() for one in told]

    # Also when nobody is to be told anew: what could not be sent waits for it.
    @task(task_display_name="Gửi thông báo qua thư", trigger_rule=TriggerRule.NONE_FAILED)
    def send() -> dict[str, int]:
        from tiendo.airflow_glue.mail import send_or_skip

        return send_or_skip()

    remind() >> send()


send_reminders()
