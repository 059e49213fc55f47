"""Asks for the approval of a later edition: starts a run of ``publish_report``, one at a time for an edition."""

from itertools import count
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator

DAG_ID = "publish_report"
_OPEN = ["queued", "running"]


class AskForLaterEdition(TriggerDagRunOperator):
    """Starts a run where a reviewer should be asked about the figures as they stand now; skipped where not.

    A request that waits already is left alone: once it is answered, its own run asks about what came since. So does one
    that was approved and is about to publish. The period goes along as the form of the DAG has it,
    ``{"period": "2023-Q1"}``, since a run started by a task cannot have a partition key in Airflow 3.3.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(
            task_display_name="Đề nghị xem xét lần sau",
            trigger_dag_id=DAG_ID,
            logical_date=None,
            skip_when_already_exists=True,
            openlineage_inject_parent_info=False,
            note="Số liệu đã thay đổi sau lần ban hành hoặc lần xem xét trước.",
            **options,
        )

    def execute(self, context: Any) -> Any:
        """Finds out whether there is something to ask, and starts the run.

        Raises:
            AirflowSkipException: there is nothing to ask, or it is being asked.
        """
        from airflow.sdk.exceptions import AirflowSkipException

        from tiendo.airflow_glue.partition import form_value, key_of, period_asked_about
        from tiendo.airflow_glue.warehouse import open_warehouse
        from tiendo.report.approval import approved_runs
        from tiendo.report.decision import edition_to_ask_for

        run, ti = context["dag_run"], context["ti"]
        _, plans, engine = open_warehouse()
        register, period = period_asked_about(engine, plans, run)
        key = key_of(register, period)
        edition = edition_to_ask_for(engine, register, period)
        if edition is None:
            raise AirflowSkipException(f"{key}: nothing that a reviewer has not decided about.")
        approved = [other for other in approved_runs(engine, register, period, edition) if other != run.run_id]
        if approved and ti.get_dr_count(DAG_ID, run_ids=approved, states=_OPEN):
            raise AirflowSkipException(f"{key}: edition {edition} was approved in {', '.join(approved)}.")
        for attempt in count(1):
            run_id = f"later__{key}__edition-{edition}__{attempt}"
            if not ti.get_dr_count(DAG_ID, run_ids=[run_id]):
                break
            if run_id != run.run_id and ti.get_dr_count(DAG_ID, run_ids=[run_id], states=_OPEN):
                raise AirflowSkipException(f"{key}: edition {edition} is being asked about in {run_id}.")
        self.trigger_run_id, self.conf = run_id, {"period": form_value(plans, register, period)}
        return super().execute(context)
