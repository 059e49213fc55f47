"""The replay of a year through the real system: real services, real DAGs, files that appear when they would have.

The driver does only what people do: it puts files into inbox folders, enters the plans that came on paper, and, by
Airflow's public API, starts runs and answers requests for approval as the reviewer. What makes it a replay is the clock
the tasks read.
"""

import os
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from tiendo.clock import set_replay_clock
from tiendo.local.api_client import ENDED, TASK_ENDED, AirflowApi
from tiendo.local.demo import DemoFile, Scenario, Step
from tiendo.local.demo_files import documents_of, files_of
from tiendo.local.environment import REVIEWER, passwords
from tiendo.local.processes import ServiceError
from tiendo.local.replay_summary import print_summary
from tiendo.local.services import Cluster, Running, airflow_services
from tiendo.local.waiting import say, wait_until
from tiendo.model.plans import PlanPeriod
from tiendo.model.register import Duty, Register
from tiendo.obligations.documents import receive_document
from tiendo.settings import Settings
from tiendo.warehouse.engine import make_engine, warehouse_url

# The assets whose events start a run of another DAG.
CONSUMED = ("landing", "observation")


class ReplayError(RuntimeError):
    """A run did not end as it should; the message says which, with the log of what failed."""


def run_replay(
    settings: Settings, scenario: Scenario, cluster: Cluster | None = None, then: Sequence[Scenario] = ()
) -> int:
    """Replays a scenario from the first step to the last and prints what became of it (``tiendo run``).

    On a home that has seen the replay already it changes nothing: every file is a duplicate, no edition is new.

    Args:
        then: what is replayed after it, of the same or another plan in hand.

    Returns:
        Exit code: 0, or 1 when a run failed, a service died, or the ledger does not add up.
    """
    started = time.monotonic()
    say(f"Tiendo: {scenario.register.short_title}, {scenario.register.province}. All is written to {settings.home}.\n")
    try:
        with terminable(), replay_clock(settings, scenario) as clock_file:
            with airflow_services(
                settings, clock_file=clock_file, has_idle_machine=True, cluster=cluster, say=say
            ) as services:
                for each in (scenario, *then):
                    replay_steps(settings, each, services, clock_file)
                set_replay_clock(clock_file, [scenario, *then][-1].last_instant)
            adds_up = print_summary(settings, scenario, then)
    except (ServiceError, ReplayError, TimeoutError) as error:
        say(f"\n{error}")
        return 1
    except KeyboardInterrupt:
        say("\nStopped.")
        return 1
    plans = f"TIENDO_PLAN={','.join(plan_dir.name for plan_dir in settings.plan_dirs)} " if then else ""
    hint = "" if cluster else f" The same in the browser: {plans}make up"
    say(f"\n{time.monotonic() - started:.0f} s in all.{hint}")
    return 0 if adds_up else 1


@contextmanager
def terminable() -> Iterator[None]:
    """Treats SIGTERM like Ctrl-C, so that whoever ends the replay ends its services too."""
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


@contextmanager
def replay_clock(settings: Settings, scenario: Scenario) -> Iterator[Path]:
    """Keeps a clock file that shows the first step's instant at first. This process reads it as well."""
    clock_file = settings.airflow / "replay-clock"
    clock_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    set_replay_clock(clock_file, scenario.steps[0].at)
    os.environ["TIENDO_CLOCK_FILE"] = str(clock_file)
    try:
        yield clock_file
    finally:
        del os.environ["TIENDO_CLOCK_FILE"]
        clock_file.unlink()


def replay_steps(settings: Settings, scenario: Scenario, services: Running, clock_file: Path) -> None:
    """Does the steps one after the other, each to its end."""
    engine = make_engine(warehouse_url(settings))
    with AirflowApi(services.api.base_url) as reviewer:
        reviewer.login(REVIEWER, passwords(settings)[REVIEWER])
        for step in scenario.steps:
            began = time.monotonic()
            services.check()
            set_replay_clock(clock_file, step.at)
            if step.action == "collect":
                drop_files(settings, files_of(scenario, step))
                follow(services, "collect_folders", services.api.trigger("collect_folders"))
                wait_for_drafts(services)
                result = ""
            elif step.action == "remind":
                run_id = services.api.trigger("send_reminders", partition_key=f"{step.at:%Y-%m-%d}")
                follow(services, "send_reminders", run_id)
                result = ""
            elif step.action == "receive":
                receive_documents(settings, scenario.register, engine, documents_of(scenario, step))
                result = ""
            else:
                result = publish(
                    services, reviewer, PlanPeriod(scenario.register.code, str(step.period)).key, scenario.approved_by
                )
            say(f"  {_title(step)}{time.monotonic() - began:6.1f} s  {result}")
    engine.dispose()


def drop_files(settings: Settings, files: Iterable[DemoFile]) -> None:
    """Puts files into their inbox folders, each at once and with the time it was sent."""
    for file in files:
        path = settings.inbox / file.agency / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{file.name}.part")
        unfinished.write_bytes(file.content)
        os.utime(unfinished, (file.sent_at.timestamp(), file.sent_at.timestamp()))
        unfinished.replace(path)


def receive_documents(settings: Settings, register: Register, engine: Engine, files: Iterable[DemoFile]) -> None:
    """Enters the bodies' own implementation plans, as a clerk does with ``tiendo obligation receive``."""
    (owed,) = (owed for owed in register.obligations if owed.duty is Duty.IMPLEMENTATION_PLAN)
    for file in files:
        receive_document(
            settings, register, engine, file.agency, owed,
            name=file.name, content=file.content, received_at=file.sent_at, by="văn thư",
        )  # fmt: skip


def follow(services: Running, dag_id: str, run_id: str) -> None:
    """Waits for a run to end well, and for every run that follows from it by way of an asset.

    Raises:
        ReplayError: one of them failed.
        ServiceError, TimeoutError: a service has died; nothing moves any more.
    """
    waiting = [(dag_id, run_id)]
    seen = set(waiting)
    while waiting:
        dag_id, run_id = waiting.pop()
        _expect_success(services.api, dag_id, run_id, services.api.wait(dag_id, run_id, check=services.check))
        for run in _followers(services, dag_id, run_id):
            if run not in seen:
                seen.add(run)
                waiting.append(run)


def wait_for_drafts(services: Running) -> None:
    """Waits until every run that drafts an edition has asked or ended, so that the clock moves on only afterwards.

    Raises:
        ServiceError, TimeoutError: as ``follow``.
    """
    api, dag_id = services.api, "publish_report"
    for run in api.runs(dag_id, states=("queued", "running")):
        run_id = run["dag_run_id"]
        wait_until(partial(_is_at_rest, api, run_id), partial(api.progress, dag_id, run_id), check=services.check)


def _is_at_rest(api: AirflowApi, run_id: str) -> bool:
    """Whether a publication has ended, or does nothing but wait for its reviewer."""
    states = {task_id: state for task_id, _, state in api.task_states("publish_report", run_id)}
    is_asking = states.get("approve") == "awaiting_input" and states.get("write_data_docs") in TASK_ENDED
    return is_asking or api.run_state("publish_report", run_id) in ENDED


def publish(services: Running, reviewer: AirflowApi, key: str, approved_by: str) -> str:
    """Starts a publication by its partition key, approves the draft, and returns the folder of the edition.

    Raises:
        ReplayError, ServiceError, TimeoutError: as ``follow``.
    """
    dag_id = "publish_report"
    run_id = reviewer.trigger(dag_id, partition_key=key, note="replay")
    has_answered = False

    def is_over() -> bool:
        nonlocal has_answered
        request = reviewer.approval_request(dag_id, run_id, "approve")
        if request is not None and not request["response_received"]:
            reviewer.answer(dag_id, run_id, "approve", option="Approve", params={"approver": approved_by})
            has_answered = True
        return reviewer.run_state(dag_id, run_id) in ENDED

    wait_until(is_over, lambda: reviewer.progress(dag_id, run_id), check=services.check)
    _expect_success(reviewer, dag_id, run_id, reviewer.run_state(dag_id, run_id))
    return str(reviewer.xcom(dag_id, run_id, "publish")) if has_answered else "nothing new since the last edition"


def _followers(services: Running, dag_id: str, run_id: str) -> set[tuple[str, str]]:
    """Returns the runs that a run's asset events have started, once the scheduler has started them."""
    found: set[tuple[str, str]] = set()

    def are_known() -> bool:
        events = services.api.followers(dag_id, run_id)
        runs = [runs for asset, runs in events or () if asset in CONSUMED]
        found.update(run for of_event in runs for run in of_event)
        return events is not None and all(runs)

    wait_until(are_known, lambda: f"what follows from {dag_id} {run_id}: {len(found)} runs", check=services.check)
    return found


def _expect_success(api: AirflowApi, dag_id: str, run_id: str, state: str) -> None:
    if state == "success":
        return
    lines = [f"{dag_id} {run_id} failed:"]
    for task_id, map_index, task_state in api.task_states(dag_id, run_id):
        lines.append(f"  {task_id}[{map_index}]: {task_state}")
        if task_state == "failed":
            log = api.task_log(dag_id, run_id, task_id, map_index=map_index)
            lines += [f"    {line}" for line in log.splitlines()[-30:]]
    raise ReplayError("\n".join(lines))


def _title(step: Step) -> str:
    return f"{step.at:%Y} {step.title:44}"
