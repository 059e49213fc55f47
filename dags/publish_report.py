"""Publishes the report of one period, once a person has approved its draft.

### Produces

First a draft in `drafts/<period>/<edition>/` (DOCX, XLSX, HTML, CSV, Parquet, manifest, and `xem-xet.html` for the
reviewer), then a request for approval that shows in Vietnamese what the draft says, what changed since the last
edition, who is late or missing, which verdicts hang by a small change or by rounding, where reporters differ, which
warnings are open and whether checks fail; and after the approval the same edition in
`published/<period>/<edition>/`, frozen, with the approver's name and the instant. While the draft waits, Great
Expectations' Data Docs of the period for operations: which rules ran over what, in `data_docs/<period>/index.html`.

**Nothing official without a person.** The run waits in `approve` for as long as it takes and holds no worker; silence
never approves. *Reject* ends the run without publishing: `publish` is skipped, the draft stays, the run is green.
When the figures are those of the last edition, `draft` is skipped and there is nothing to approve.

### Does not protect against

A wrong figure that passed all rules: reading the draft is the reviewer's part. It does not send the report to
anybody.

### Schedule

The plan's calendar: at the hour of publication of each period (16:30 on the 14th of the quarter's last month or on
the working day before). A run missed by an outage is made up for once, while the period is open. By hand, for any
period and at any time, a later edition or a supplement (*Trigger*, *Advanced Options*, *Partition Key*):

    curl -X POST .../api/v2/dags/publish_report/dagRuns -d '{"logical_date": null, "partition_key": "2023-Q1"}'

A backfill (`airflow backfill create --dag-id publish_report --from-date 2023-01-01 --to-date 2023-12-31`) drafts the
first edition of each quarter that begins in its window, as known at the quarter's hour of publication; a quarter that
has a later edition is left alone.

**Approving**, by an account of `TIENDO_REVIEWERS` and nobody else, in the page *Required Actions*, or by the API:
`PATCH .../hitlDetails` with `{"chosen_options": ["Approve"], "params_input": {"approver": "name and office"}}`.

### A failure means

In `draft`: the report could not be built. In `publish`: the mart checks failed, another edition was published
meanwhile, or the figures are no longer those that were approved. Nothing half-done is ever left: an edition is there
whole or not at all. When only `write_data_docs` failed, the edition is sound.

### Triage

1. Read the log of the red task, it names check and rows.
2. Another edition came first: start a new run.
3. Otherwise clear the task; publishing the same edition again changes nothing.
"""

from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Param, dag, task

from tiendo.airflow_glue.assets import EDITION, INDICATOR_STATUS, Tag
from tiendo.airflow_glue.retries import DEFAULT_ARGS
from tiendo.airflow_glue.timetable import PlanCalendar
from tiendo.plan.register import get_register
from tiendo.settings import get_settings

APPROVAL_BODY = """
{% set draft = ti.xcom_pull(task_ids="draft") %}
{% for line in draft.review %}
- {{ line }}
{% endfor %}

Bản dự thảo: `{{ draft.path }}`; mọi điểm cần xem xét ở tệp `xem-xet.html` trong đó. Số liệu tính đến {{ draft.as_of }}.

**Approve**: ban hành đúng bản dự thảo này. **Reject**: không ban hành, bản dự thảo được giữ lại.
"""


@dag(
    schedule=PlanCalendar.of(get_register().calendar),
    catchup=False,
    max_active_runs=4,
    default_args=DEFAULT_ARGS,
    doc_md=__doc__,
    tags=[Tag.REPORT],
)
def publish_report() -> None:
    """Drafts the report of one period, waits for a person's approval, and publishes it."""

    @task(inlets=[INDICATOR_STATUS])
    def draft(partition_key: str | None = None, dag_run: Any = None) -> dict[str, Any]:
        from airflow.sdk.exceptions import AirflowSkipException

        from tiendo.airflow_glue.partition import is_out_of_date, known_at, read_period
        from tiendo.airflow_glue.warehouse import open_warehouse
        from tiendo.report import edition

        settings, register, engine = open_warehouse()
        period = read_period(register, partition_key)
        if is_out_of_date(register, period, dag_run):
            raise AirflowSkipException(f"{period} closed while Airflow was down; a supplement is started by hand.")
        result = edition.draft(engine, register, settings, period, known_at(register, period, dag_run))
        if not result["is_changed"]:
            raise AirflowSkipException("Nothing has changed since the last edition.")
        return result

    approve = ApprovalOperator(
        task_id="approve",
        subject="Phê duyệt báo cáo: {{ ti.xcom_pull(task_ids='draft').title }}",
        body=APPROVAL_BODY,
        assigned_users=[{"id": reviewer.id, "name": reviewer.name} for reviewer in get_settings().reviewers],
        params={
            "approver": Param(
                "",
                type="string",
                title="Người phê duyệt",
                description="Họ tên, chức vụ hoặc đơn vị; in vào báo cáo cùng tên tài khoản.",
            )
        },
    )

    @task
    def write_data_docs(partition_key: str | None = None) -> str:
        from tiendo.airflow_glue.partition import read_period
        from tiendo.airflow_glue.warehouse import open_warehouse
        from tiendo.intake import data_docs

        settings, register, engine = open_warehouse()
        return str(data_docs.write_data_docs(settings, register, engine, read_period(register, partition_key)))

    @task(outlets=[EDITION])
    def publish(drafted: dict[str, Any], response: dict[str, Any]) -> str:
        from tiendo.airflow_glue.approval import read_approval
        from tiendo.airflow_glue.warehouse import open_warehouse
        from tiendo.plan.period import Period
        from tiendo.report import edition

        settings, register, engine = open_warehouse()
        approval = read_approval(drafted, response)
        path = edition.publish(
            engine,
            register,
            settings,
            Period.parse(drafted["period"]),
            edition=drafted["edition"],
            as_of=approval.as_of,
            approved_by=approval.approved_by,
            approved_at=approval.approved_at,
        )
        return str(path)

    drafted = draft()
    drafted >> [approve, write_data_docs()]
    publish(drafted, approve.output)


publish_report()
