"""Grades the indicators of one period by what is known now.

### Produces

For the period that is the run's partition key (`2023-Q1`) one verdict per indicator in `mart.indicator_status`, with
everything it rests on (expected value, ratio, margin, thresholds, rule version). A row is added only where something
changed; how each verdict comes about is in `docs/methodology.md`.

From the period's data cut-off on also the draft of its next edition in `drafts/<plan>/<period>/latest/`, built anew
where it would say anything else. Once an edition is published (or its draft was rejected) and until the period closes,
new figures start a run of `publish_report` that asks a reviewer about the next edition: one request at a time.

### Does not protect against

A wrong register: targets, thresholds and the calendar are taken as they are in `include/plans/`. It does not publish
anything: that takes a reviewer.

### Schedule

Once for each period whose figures changed (asset `observation`). By hand, for any period (*Trigger*, field
*Kỳ báo cáo*; or by command):

    tiendo airflow dags trigger compute_status --conf '{"period": "2023-Q1"}'

### A failure means

The computation met something it holds to be impossible, or the mart would break its own promises (`check_mart` names
the rule). Nothing is published from it: `publish_report` runs the same checks. In `refresh_draft`: the report could
not be built; the verdicts are sound.

### Triage

1. Read the log of the red task.
2. `tiendo status --period 2023-Q1` shows what stands there now.
3. `tiendo explain INDICATOR --period 2023-Q1` leads to the cell of the file.
4. Clear the task once the cause is gone; grading twice changes nothing.
"""

from typing import Any

from airflow.sdk import PartitionedAssetTimetable, dag, task

from tiendo.airflow_glue.assets import INDICATOR_STATUS, OBSERVATION, Tag
from tiendo.airflow_glue.later_edition import AskForLaterEdition
from tiendo.airflow_glue.partition import key_of, period_form, run_period
from tiendo.airflow_glue.retries import DEFAULT_ARGS
from tiendo.airflow_glue.run_words import DraftLink, tell
from tiendo.plan.side_by_side import get_plans


@dag(
    dag_display_name="Đánh giá tiến độ theo kỳ",
    schedule=PartitionedAssetTimetable(assets=OBSERVATION),
    catchup=False,
    max_active_runs=2,
    default_args=DEFAULT_ARGS,
    doc_md=__doc__,
    params=period_form(get_plans()),
    tags=[Tag.STATUS],
)
def compute_status() -> None:
    """Grades every indicator of one period by what is known now."""

    @task(task_display_name="Đánh giá chỉ tiêu")
    def grade(dag_run: Any = None) -> int:
        from tiendo.airflow_glue.warehouse import open_warehouse
        from tiendo.status.service import refresh

        _, plans, engine = open_warehouse()
        register, period = run_period(plans, dag_run)
        changed = refresh(engine, register, period)
        tell(f"Đánh giá {period.vietnamese}: {changed or 'không có'} chỉ tiêu {'' if changed else 'nào '}thay đổi.")
        return changed

    @task(task_display_name="Kiểm tra kết quả đánh giá", outlets=[INDICATOR_STATUS])
    def check_mart(changed: int, dag_run: Any = None, outlet_events: Any = None) -> None:
        from tiendo.airflow_glue.warehouse import open_warehouse
        from tiendo.validation import own_tables

        _, plans, engine = open_warehouse()
        register, period = run_period(plans, dag_run)
        own_tables.check_mart(engine, register, period)
        outlet_events[INDICATOR_STATUS].add_partitions([key_of(register, period)])
        outlet_events[INDICATOR_STATUS].extra = {"plan": register.code, "period": str(period), "changed": changed}

    @task(task_display_name="Cập nhật bản dự thảo")
    def refresh_draft(dag_run: Any = None) -> str:
        from airflow.sdk.exceptions import AirflowSkipException

        from tiendo.airflow_glue.warehouse import open_warehouse
        from tiendo.report import edition

        settings, plans, engine = open_warehouse()
        register, period = run_period(plans, dag_run)
        folder = edition.refresh_draft(engine, register, settings, period)
        if folder is None:
            raise AirflowSkipException("Before the data cut-off, or the draft says what is known already.")
        tell("Bản dự thảo đã được cập nhật.")
        DraftLink.lead_to(f"drafts/{register.code}/{period}/{folder.name}/bao-cao.html")
        return str(folder)

    check_mart(grade()) >> [refresh_draft(), AskForLaterEdition(task_id="ask_for_later_edition")]


compute_status()
