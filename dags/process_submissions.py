"""Reads, validates, answers and loads the files that have landed.

### Produces

For every waiting file exactly one fate (`accepted`, `accepted_with_warnings`, `rejected`, `duplicate`,
`quarantined`), a receipt in Vietnamese in `outbox/<agency>/<period>/`, and for the accepted ones figures and task
reports in `core`. Then the asset `observation` tells `compute_status` which periods have changed, one partition each,
and what came by mail is answered in its thread (skipped where no mailbox is configured). Where there is a share, the
answers are put into its `outbox/` as well; one that cannot be reached now gets them from `collect_folders`.

Files go through in batches of up to 200; the batches of a run are tasks of their own, each one transaction. One bad
file never fails its batch: **a department's mistake is a finding, goes to the department, and leaves this DAG
green.**

### Does not protect against

Figures that are wrong but possible: see `docs/rules.md` for what is checked.

### Schedule

Whenever files land. No parameters; started by hand it takes whatever waits:

    tiendo airflow dags trigger process_submissions

Operations are told by mail when a run has not succeeded 30 minutes after it was asked for: then a file has no answer.

### A failure means

An assumption of ours broke (a rule that cannot be evaluated, rows that are not those that were to be loaded) or the
database was out of reach. Loading a batch is one transaction with its own checks, so after a failed `settle` the
files of that batch still wait, nothing of them is loaded, and the other batches are done. When only `answer` failed,
the files are settled and the mail server is out of reach; `collect_mailbox` sends the answers later.

### Triage

1. Read the log of the red `settle`; a check names rule and rows.
2. Database trouble: clear the task.
3. `ReaderBugError`: our own reader failed on the files it names. They are settled, in quarantine, their senders told
   that they need do nothing: mend the reader, then `tiendo requeue RECEIPT`. The other files of the batch are done.
4. `UnreadError`: the files it names could not be read, and the machine may be why (it did not let the reader go on, or
   killed it, or the archive did not answer). They wait, their senders are told nothing; `settle` has tried again by
   itself, and the next run does: runbook *file-waits*. The other files of the batch are done.
5. A file that makes a rule fail: `tiendo check FILE` shows it; mend the rule, then clear `settle`.
6. `tiendo ledger` must add up, with no file in state `waiting`.
"""

from airflow.sdk import TriggerRule, dag, task

from tiendo.airflow_glue.assets import LANDING, OBSERVATION, Tag
from tiendo.airflow_glue.deadline import answer_alert
from tiendo.airflow_glue.retries import DEFAULT_ARGS
from tiendo.airflow_glue.run_words import FilesLink, name_batch, tell


@dag(
    dag_display_name="Kiểm tra, tiếp nhận báo cáo",
    schedule=[LANDING],
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    deadline=answer_alert(),
    doc_md=__doc__,
    tags=[Tag.INTAKE],
)
def process_submissions() -> None:
    """Gives every landed file its one fate, and its figures a place in the warehouse."""

    @task(task_display_name="Chia các tệp đang chờ")
    def list_batches() -> list[list[int]]:
        from tiendo.airflow_glue.warehouse import open_warehouse
        from tiendo.process.fates import waiting_batches

        return waiting_batches(open_warehouse().engine)

    @task(
        task_display_name="Đọc, kiểm tra, trả lời, nạp",
        map_index_template="{{ words | default(file_ids | length ~ ' tệp') }}",
    )
    def settle(file_ids: list[int]) -> dict[str, int]:
        from tiendo.airflow_glue.warehouse import open_warehouse
        from tiendo.process.batch import process
        from tiendo.process.fates import fates_in_words

        settings, plans, engine = open_warehouse()
        result = process(settings, plans, engine, file_ids)
        name_batch(fates_in_words(engine, plans, file_ids))
        return result.or_raise().states

    @task(task_display_name="Đối chiếu sổ tiếp nhận")
    def check_ledger(batches: list[list[int]]) -> None:
        from tiendo.airflow_glue.warehouse import open_warehouse
        from tiendo.process.fates import check_settled

        check_settled(open_warehouse().engine, [file_id for batch in batches for file_id in batch])

    # Also after a batch that failed: the others' figures must not wait for it. check_ledger then keeps the run red.
    @task(task_display_name="Báo các kỳ có số liệu mới", outlets=[OBSERVATION], trigger_rule=TriggerRule.ALL_DONE)
    def announce(batches: list[list[int]], outlet_events=None) -> None:
        from airflow.sdk.exceptions import AirflowSkipException

        from tiendo.airflow_glue.warehouse import open_warehouse
        from tiendo.process.fates import fates_in_words, touched_periods

        _, plans, engine = open_warehouse()
        file_ids = [file_id for batch in batches for file_id in batch]
        words = fates_in_words(engine, plans, file_ids)
        tell(words)
        if file_ids:
            FilesLink.lead_to(f"tim?q=TN-{min(file_ids):06}..TN-{max(file_ids):06}")
        periods = touched_periods(engine, file_ids)
        if not periods:
            raise AirflowSkipException("No figure has changed.")
        outlet_events[OBSERVATION].extra = {"files": len(file_ids), "fates": words}
        outlet_events[OBSERVATION].add_partitions([period.key for period in periods])

    # The same: a message is answered when its own files are settled, whatever became of others.
    @task(task_display_name="Trả lời qua thư", trigger_rule=TriggerRule.ALL_DONE)
    def answer() -> None:
        from tiendo.airflow_glue.mail import answer_or_skip
        from tiendo.airflow_glue.share import deliver_answers

        deliver_answers()
        answer_or_skip(is_told=False)

    batches = list_batches()
    settle.expand(file_ids=batches) >> [check_ledger(batches), announce(batches), answer()]


process_submissions()
