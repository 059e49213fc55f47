"""Takes the messages out of the mailbox, archives them and enters their attachments in the ledger.

### Produces

For every message in the inbox: the whole of it in `archive/`, one line in `intake.mail_message`, and for each
attachment one line in the ledger with the time the mail server received the message (INTERNALDATE). Then the asset
`landing` tells `process_submissions` that files wait. Messages whose files are settled are answered in their thread
and moved to the folder `Processed`, or to `Attention` where a person must look; none is ever deleted.

- Only mail from a body's **own address** (register, `agencies.csv`) is believed and answered. Files from any other
  address are quarantined, operations are told, the sender is not answered.
- Automatic messages are never answered, and one address gets at most `answers_per_hour` (20) answers an hour; what is
  more waits for the next.
- `answer` is **skipped** when no mail connections are configured, as the run's note says; it is green when it has
  looked and there is nothing to do. `collect` is skipped in both cases.

### Does not protect against

Somebody who writes from within a body's own mail account. A mail server that does not check senders: what it notes
about a message (`Authentication-Results`) is heeded, what it does not note is not.

### Schedule

As soon as a message is there: in the triggerer the watcher `mailbox` has the server tell of it (IDLE), or asks every 10
seconds where the server cannot tell. And every `TIENDO_COLLECT_MINUTES` (5) whatever the watcher saw; 0 means only when
started by hand, and then nobody watches. The connections are `tiendo_imap` (type imap) and `tiendo_smtp` (type smtp),
both over TLS, by password or OAuth 2.0. To collect at once:

    tiendo airflow dags trigger collect_mailbox

### A failure means

The mail server, the archive or the warehouse could not be reached; no message can cause it. Nothing is lost: messages
stay in the inbox until they are answered, and every step is taken up again where it stopped.

### Triage

1. The log names the server and what it said: see the runbook *mailbox-down*.
2. Clear the task or wait for the next run; either repeats it safely.
3. `tiendo ledger` must add up afterwards.
"""

from airflow.sdk import TriggerRule, dag, task

from tiendo.airflow_glue.arrivals import schedule_of
from tiendo.airflow_glue.assets import LANDING, Tag
from tiendo.airflow_glue.retries import DEFAULT_ARGS


@dag(
    dag_display_name="Thu tệp từ hộp thư",
    schedule=schedule_of("mailbox", "mailbox"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    doc_md=__doc__,
    tags=[Tag.INTAKE],
)
def collect_mailbox() -> None:
    """Archives the messages of the mailbox, lands their attachments, answers and files what is settled."""

    @task(task_display_name="Thu, lưu trữ, vào sổ", outlets=[LANDING])
    def collect(outlet_events=None) -> None:
        from airflow.sdk.exceptions import AirflowSkipException

        from tiendo.airflow_glue.mail import open_mail
        from tiendo.airflow_glue.warehouse import open_warehouse
        from tiendo.process.fates import waiting_batches
        from tiendo.process.mail_run import collect_mail

        mail = open_mail()
        if mail is None:
            raise AirflowSkipException("No mailbox is configured (connections tiendo_imap and tiendo_smtp).")
        settings, plans, engine = open_warehouse()
        messages = collect_mail(settings, plans, engine, mail)
        # What waits decides, not what has just come: a run that died in between has told nobody.
        waiting = sum(len(batch) for batch in waiting_batches(engine))
        if not waiting:
            raise AirflowSkipException(f"No file waits; messages read: {dict(messages)}")
        outlet_events[LANDING].extra = {"messages": dict(messages), "waiting": waiting}

    # Also when nothing new has come: what was held back or could not be sent waits for it.
    @task(task_display_name="Trả lời qua thư", trigger_rule=TriggerRule.NONE_FAILED)
    def answer() -> None:
        from tiendo.airflow_glue.mail import answer_or_skip

        answer_or_skip()

    collect() >> answer()


collect_mailbox()
