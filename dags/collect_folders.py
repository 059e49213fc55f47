"""Takes the files out of the inbox folders, archives them and enters them in the ledger.

### Produces

For every file that a body has put into `inbox/<agency>/`: its bytes in `archive/`, under their SHA-256, and one line
in the ledger (`intake.submission_file`) with the time it came. Then the asset `landing` tells `process_submissions`
that files wait.

- A file touched within the last five seconds may still be on its way and is left for the next run.
- *Received* is the file's own time of change, but not earlier than the last completed scan and not later than now.
- The task is **skipped** when nothing waits: that is the usual colour of a quiet day.

### Does not protect against

A sender who overwrites a file before it was collected (only the last state is seen), a folder the server cannot read
(it looks like an empty one to nobody but the log), or a full disk.

### Schedule

Every `TIENDO_COLLECT_MINUTES` (5); 0 means only when started by hand. No parameters. To collect at once:

    airflow dags trigger collect_folders

### A failure means

The archive, the inbox or the warehouse could not be reached; a department cannot cause it. Nothing is lost: claimed
files lie in `inbox/.claimed/` and are taken up by the next run.

### Triage

1. Is the database up, the disk full (`df`), `inbox/` readable and writable by the service's user?
2. Clear the task or wait for the next run; either repeats it safely.
3. `tiendo ledger` must add up afterwards.
"""

from datetime import timedelta

from airflow.sdk import dag, task

from tiendo.airflow_glue.assets import LANDING, Tag
from tiendo.airflow_glue.retries import DEFAULT_ARGS
from tiendo.settings import get_settings

MINUTES = get_settings().collect_minutes


@dag(
    schedule=timedelta(minutes=MINUTES) if MINUTES else None,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    doc_md=__doc__,
    tags=[Tag.INTAKE],
)
def collect_folders() -> None:
    """Archives what lies in the inbox folders and enters it in the ledger."""

    @task(outlets=[LANDING])
    def collect(outlet_events=None) -> None:
        from airflow.sdk.exceptions import AirflowSkipException

        from tiendo.airflow_glue.warehouse import open_warehouse
        from tiendo.intake import folder
        from tiendo.intake.batch import waiting_batches

        settings, register, engine = open_warehouse()
        landed = folder.collect(settings, register, engine)
        # What waits decides, not what has just landed: a run that died in between has told nobody.
        waiting = sum(len(batch) for batch in waiting_batches(engine))
        if not waiting:
            raise AirflowSkipException("The inbox folders are empty and no file waits.")
        outlet_events[LANDING].extra = {"landed": len(landed), "waiting": waiting}

    collect()


collect_folders()
