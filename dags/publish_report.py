"""Publishes the report of one period, once a person has approved its draft.

### Produces

First a draft in `drafts/<plan>/<period>/<edition>/` (DOCX, PDF, XLSX, HTML, CSV, Parquet, the two pages for the
meeting, the bodies' result sheets, manifest, and `xem-xet.html` for the reviewer), then a request for approval that
shows in Vietnamese what the draft says, what changed since the last edition, who is late or missing, which verdicts
hang by a small change or by rounding, where reporters differ, which warnings are open, who was asked for a correction
and whether checks fail; and after the approval the same edition in `published/<plan>/<period>/<edition>/`, frozen, with
the approver's name and the instant. While the draft waits, Data Docs of the period for operations in
`data_docs/<plan>/<period>/index.html`: what the rules said of each file when it was checked.

**Nothing official without a person.** The run waits in `approve` for as long as it takes and holds no worker; silence
never approves. An answer counts whenever it was given, also when the worker that should hear of it was killed; the
warehouse notes question and answer (`core.review_request`, `core.review_answer`), and nothing else lets an edition out:
no XCom, no state that a task was given by hand. `SECURITY.md` lists what was tried.
*Reject* ends the run without publishing: `publish` is skipped, the draft stays, the run is green.
When the figures are those of the last edition, `draft` is skipped and there is nothing to approve.

**What is published is what was reviewed**, to the letter (`data_sha256`). What came meanwhile is for the next edition,
about which `ask_for_later_edition` then asks; should the reviewed figures be no longer the same, another edition have
come first, or a later question about other figures be there (the page shows the latest draft), `publish` is skipped,
says so, and the reviewer is asked anew.

**Delivery**: `deliver` mails Word and PDF, once, to the recipients for whom the register has an address
(`report.delivery` in plan.yaml); whom it did not is in its log and in `mart.edition_delivery`. Then it puts each body's
result sheet into its outbox (`phieu-ket-qua-lan-<edition>_<plan>.html`), once, and again only for an edition in which
it says something else. What a delivery that died has left undone, of any period, the next one does.

**Returning a report**: with a body and a comment in the form, `record_answer` puts a formal request for correction
into the body's outbox (and mails it, where mail is configured), and opens the period to the body until it has
answered, also after closing. Every answer is in `tiendo audit`, open requests are in `mart.correction_request`.

### Does not protect against

A wrong figure that passed all rules: reading the draft is the reviewer's part.

### Schedule

The plan's calendar: at the hour of publication of each period (`calendar.publication` of `plan.yaml`), or at that hour
of the working day before. A run missed by an outage is made up for once, while the period is open. Later editions
until the period closes are asked for by `compute_status` when figures change. By hand, for any period and at any time,
a later edition or a supplement (*Trigger*, field *Kỳ báo cáo*; or by command). A run without a period, or with two, is
refused before it begins:

    tiendo airflow dags trigger publish_report --conf '{"period": "2023-Q1"}'

A backfill drafts the first edition of each quarter that begins in its window, as known at the quarter's hour of
publication; a quarter that has a later edition is left alone:

    tiendo airflow backfill create --dag-id publish_report --from-date 2023-01-01 --to-date 2023-12-31

**Approving**, by an account of `TIENDO_REVIEWERS` and nobody else, on the page `/tiendo/duyet/<period>`, which says in
Vietnamese what is to be decided and what each button will do, in Airflow's page *Required Actions*, or by the API:
`PATCH .../hitlDetails` with `{"chosen_options": ["Approve"], "params_input": {"approver": "name and office"}}`; or
`{"chosen_options": ["Reject"], "params_input": {"return_to": "so-y-te", "comment": "..."}}`.

### A failure means

In `draft`: the report could not be built. In `approve`: our own fault; an answer that makes no sense (a body without a
comment) is noted, and asked for again; what was wrong stands on top of `xem-xet.html` and of the page. In
`publish`: the mart checks failed, or no reviewer's approval is known, whatever colour `approve` was given by hand.
Nothing half-done is ever left: an edition is there whole or not at all. When only `write_data_docs`, `deliver` or
`send_notice` failed, the edition is sound; mail that is queued goes out with the next run of `collect_mailbox`.

### Triage

1. Read the log of the red task, it names check and rows.
2. A red `approve`, or one that was given a state by hand: clear it. The question is there again; an answer that was
   given meanwhile counts.
3. Otherwise clear the task; publishing the same edition again changes nothing. One run asks one question, and the
   answer to it stays: to ask about another draft, or once more, start another run.
4. The run was deleted, or one of its tasks (then delete the run): the answer to it stays as well. Start a run with the
   same period and the same run id (*Trigger*, *Advanced Options*, *Run ID*): it goes on where that one was.
"""

import logging
from typing import Any

from airflow.sdk import TriggerRule, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from tiendo.airflow_glue.approval import ReviewOperator, answer_in_words
from tiendo.airflow_glue.assets import EDITION, INDICATOR_STATUS, Tag
from tiendo.airflow_glue.deadline import publication_alerts
from tiendo.airflow_glue.later_edition import AskForLaterEdition
from tiendo.airflow_glue.mail import open_mail, send_or_skip
from tiendo.airflow_glue.partition import is_out_of_date, key_of, known_at, period_asked_about, period_form
from tiendo.airflow_glue.retries import DEFAULT_ARGS
from tiendo.airflow_glue.run_words import DraftLink, EditionLink, tell
from tiendo.airflow_glue.timetable import PlanCalendar
from tiendo.airflow_glue.warehouse import open_warehouse
from tiendo.plan.side_by_side import get_plans
from tiendo.settings import get_settings

log = logging.getLogger(__name__)


@dag(
    dag_display_name="Dự thảo, ban hành báo cáo",
    schedule=PlanCalendar.of(get_plans()),
    catchup=False,
    # A run waits for its reviewer as long as it takes, and must not keep another period's waiting.
    max_active_runs=16,
    default_args=DEFAULT_ARGS,
    deadline=publication_alerts(get_plans()),
    doc_md=__doc__,
    params=period_form(get_plans()),
    tags=[Tag.REPORT],
)
def publish_report() -> None:
    """Drafts the report of one period, waits for a person's approval, and publishes it."""

    @task(task_display_name="Lập bản dự thảo", inlets=[INDICATOR_STATUS])
    def draft(dag_run: Any = None) -> dict[str, Any]:
        from tiendo.report.decision import draft_to_ask_about

        settings, plans, engine = open_warehouse()
        register, period = period_asked_about(engine, plans, dag_run)
        if is_out_of_date(register, period, dag_run):
            tell(f"Báo cáo {period.vietnamese} đã hết hạn khi hệ thống ngừng; bản bổ sung phải khởi chạy bằng tay.")
            raise AirflowSkipException(f"{period} closed while Airflow was down; a supplement is started by hand.")
        known = known_at(register, period, dag_run)
        result = draft_to_ask_about(engine, register, settings, dag_run.run_id, period, known)
        if not result["is_changed"]:
            tell(f"Báo cáo {period.vietnamese}: không có gì thay đổi so với lần ban hành trước.")
            raise AirflowSkipException("Nothing has changed since the last edition.")
        DraftLink.lead_to(f"drafts/{register.code}/{period}/{result['edition']}/xem-xet.html")
        return result

    approve = ReviewOperator(
        task_id="approve",
        task_display_name="Chờ phê duyệt",
        reviewers=get_settings().reviewers,
        bodies={agency.code: agency.name for agency in get_plans().obliged},
    )

    @task(task_display_name="Ghi kết quả kiểm tra tệp")
    def write_data_docs(dag_run: Any = None) -> str:
        from tiendo.validation import data_docs

        settings, plans, engine = open_warehouse()
        register, period = period_asked_about(engine, plans, dag_run)
        return str(data_docs.write_data_docs(settings, register, engine, period))

    @task(task_display_name="Ban hành", outlets=[EDITION])
    def publish(dag_run: Any = None, outlet_events: Any = None) -> str:
        from tiendo.report.decision import publish_approved
        from tiendo.report.edition import MovedOnError

        settings, plans, engine = open_warehouse()
        register, _ = period_asked_about(engine, plans, dag_run)
        try:
            period, path = publish_approved(engine, register, settings, dag_run.run_id)
        except MovedOnError as error:
            log.warning("Not published, to be reviewed anew: %s", error)
            tell("Bản đã phê duyệt không được ban hành vì đã có số liệu hoặc lần ban hành khác; sẽ xin phê duyệt lại.")
            raise AirflowSkipException(str(error)) from error
        page = f"published/{register.code}/{period}/{path.name}/bao-cao.html"
        tell(f"Đã ban hành báo cáo {period.vietnamese}, lần {path.name}.")
        EditionLink.lead_to(page)
        outlet_events[EDITION].extra = {"edition": int(path.name), "page": f"/tiendo/{page}"}
        outlet_events[EDITION].add_partitions([key_of(register, period)])
        return str(path)

    @task(task_display_name="Gửi báo cáo, phiếu kết quả")
    def deliver(dag_run: Any = None) -> dict[str, Any]:
        from tiendo.report import delivery
        from tiendo.report.approval import approved_request

        settings, plans, engine = open_warehouse()
        mail = open_mail()
        request, _ = approved_request(engine, dag_run.run_id)
        register = plans.of_code(request.plan_code)
        done = delivery.deliver(
            engine, register, settings, request.period, request.edition, identity=mail.identity if mail else None
        )
        log.info("Mail queued for %d recipients; without an address: %s", len(done.queued), done.without_address)
        log.info("Result sheets put into outboxes: %d", len(done.result_sheets))
        if done.queued:
            log.info("%s", send_or_skip(is_told=False))
        return done._asdict()

    @task(task_display_name="Gửi đề nghị điều chỉnh")
    def send_notice() -> dict[str, int]:
        return send_or_skip(is_told=False)

    @task(task_display_name="Ghi nhận ý kiến phê duyệt", trigger_rule=TriggerRule.ALL_DONE)
    def record_answer(dag_run: Any = None) -> str:
        from tiendo.report.approval import find_request
        from tiendo.report.decision import act_on_answer

        settings, plans, engine = open_warehouse()
        register, _ = period_asked_about(engine, plans, dag_run)
        mail = open_mail()
        done = act_on_answer(engine, register, settings, dag_run.run_id, mail.identity if mail else None)
        if not done:
            raise AirflowSkipException("Nobody was asked, or nobody has answered.")
        if (request := find_request(engine, dag_run.run_id)) and request.answer:
            tell(answer_in_words(register, request.answer))
        return done

    drafted = draft()
    drafted >> [approve, write_data_docs()]
    published = publish()
    approve >> published
    # A leaf of its own, so that a publication that failed makes the run red whatever is recorded after it.
    published >> deliver()
    published >> record_answer() >> [AskForLaterEdition(task_id="ask_for_later_edition"), send_notice()]


publish_report()
