"""Takes the files out of the inbox folders, archives them and enters them in the ledger; puts answers onto the share.

### Produces

For every file that a body has put into `inbox/<agency>/`: its bytes in `archive/`, under their SHA-256, and one line
in the ledger (`intake.submission_file`) with the time it came. Then the asset `landing` tells `process_submissions`
that files wait.

- A file touched within the last five seconds may still be on its way and is left where it is. Two seconds are enough
  for a workbook whose end is there and which surely nobody has open to write to; a file that cannot be told from a half
  (CSV) waits for a minute.
- *Received* is the file's own time of change, but not earlier than the last completed scan and not later than now.
- The task is **skipped** when nothing waits: that is the usual colour of a quiet day.
- Where the connection `tiendo_share` is set (type samba: host, login, password; the schema is the share; extra
  `{"path": "..."}`), `inbox/<agency>/` on that share is collected in the same way, by SMB 3 with encryption, and what
  is new in `outbox/` is put into `outbox/` on the share.
- Temporary files, links, nested folders and the like are left where they lie and listed by `tiendo ledger`.

### Does not protect against

A sender who overwrites a file before it was collected: only the last state is seen.

### Schedule

As soon as a file is ready: in the triggerer the watcher `inbox` looks through the folders every 3 seconds, `share`
through the share every 5. It tells of each file once; what is left alone, or could not be collected, starts no further
run. And every `TIENDO_COLLECT_MINUTES` (5) whatever the watcher saw; 0 means only when started by hand, and then nobody
watches. No parameters. To collect at once:

    tiendo airflow dags trigger collect_folders

### A failure means

`collect` red: the archive cannot be written (full, read-only) or the warehouse is out of reach; or, on a day when
nothing waits, what `check` tells on others. `check` red: a folder or file, or the share, could not be read;
**everything else was collected** and is being processed. Nothing is lost: claimed files lie in `inbox/.claimed/` and
are taken up by the next run, and nobody is made late by it.

### Triage

1. The log names what could not be read. Is the disk full (`df`), the share mounted, `inbox/` readable and writable by
   the service's user? See the runbook *A shared folder is not mounted or cannot be reached*.
2. Clear the task or wait for the next run; either repeats it safely.
3. `tiendo ledger` must add up afterwards.
"""

from airflow.sdk import dag, task

from tiendo.airflow_glue.arrivals import schedule_of
from tiendo.airflow_glue.assets import LANDING, Tag
from tiendo.airflow_glue.retries import DEFAULT_ARGS


@dag(
    dag_display_name="Thu tệp từ thư mục",
    schedule=schedule_of("inbox", "inbox", "share"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    doc_md=__doc__,
    tags=[Tag.INTAKE],
)
def collect_folders() -> None:
    """Archives what lies in the inbox folders and enters it in the ledger."""

    @task(task_display_name="Thu, lưu trữ, vào sổ", outlets=[LANDING])
    def collect(outlet_events=None) -> list[str]:
        from airflow.sdk.exceptions import AirflowSkipException

        from tiendo.airflow_glue.share import share_settings
        from tiendo.airflow_glue.warehouse import open_warehouse
        from tiendo.collect.all_inboxes import NotCollectedError, collect_all, note_faults
        from tiendo.process.fates import waiting_batches

        settings, plans, engine = open_warehouse()
        landed, delivered, faults = collect_all(settings, plans, engine, share_settings())
        note_faults(engine, faults)
        # What waits decides, not what has just landed: a run that died in between has told nobody.
        waiting = sum(len(batch) for batch in waiting_batches(engine))
        if not waiting and faults:
            raise NotCollectedError("\n".join(faults))
        if not waiting:
            raise AirflowSkipException(f"The inbox folders are empty and no file waits; {delivered} answers delivered.")
        outlet_events[LANDING].extra = {"landed": len(landed), "waiting": waiting}
        return faults

    # A task of its own: what did land is announced all the same.
    @task(task_display_name="Báo nơi không đọc được")
    def check(faults: list[str]) -> None:
        from tiendo.collect.all_inboxes import NotCollectedError

        if faults:
            raise NotCollectedError("\n".join(faults))

    check(collect())


collect_folders()
