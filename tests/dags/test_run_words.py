"""What tasks say of their run, as the scheduler notes it, and where the links at tasks lead.

Airflow's own tables hold it here, in SQLite; through the running services it is tested end to end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from airflow.models.dagrun import DagRun, DagRunNote
from airflow.models.tasklog import LogTemplate
from airflow.models.xcom import XComModel
from airflow.sdk.definitions._internal.contextmanager import _CURRENT_CONTEXT
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunType
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from tiendo.airflow_glue import run_words
from tiendo.airflow_glue.run_words import DraftLink, EditionLink, FilesLink, name_batch, tell
from tiendo.settings import Settings


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    engine = create_engine("sqlite://")
    for model in (LogTemplate, DagRun, DagRunNote, XComModel):
        model.__table__.create(engine)

    with Session(engine) as session:

        @contextmanager
        def create_session() -> Iterator[Session]:
            yield session

        monkeypatch.setattr("airflow.utils.session.create_session", create_session)
        yield session


@pytest.fixture
def dag_run(session: Session) -> DagRun:
    run = DagRun(dag_id="publish_report", run_id="run-1", run_type=DagRunType.MANUAL, state=DagRunState.RUNNING)
    session.add(run)
    session.flush()
    return run


class Task:
    """A task of the run while it runs: what it leaves is in Airflow's table."""

    def __init__(self, session: Session, dag_run: DagRun, task_id: str) -> None:
        self.session, self.dag_run, self.task_id, self.context = session, dag_run, task_id, {"ti": self}

    dag_id = property(lambda self: self.dag_run.dag_id)
    run_id = property(lambda self: self.dag_run.run_id)

    def xcom_push(self, key: str, value: Any) -> None:
        run = {"dag_run_id": self.dag_run.id, "dag_id": self.dag_id, "run_id": self.run_id}
        self.session.add(XComModel(**run, task_id=self.task_id, map_index=-1, key=key, value=value))
        self.session.flush()

    def __enter__(self) -> "Task":
        _CURRENT_CONTEXT.append(self.context)  # type: ignore[arg-type]
        return self

    def __exit__(self, *_: object) -> None:
        _CURRENT_CONTEXT.pop()


def test_the_run_is_noted_in_the_words_of_its_tasks_once(session: Session, dag_run: DagRun) -> None:
    dag_run.note = "Ghi chú của người trực"
    with Task(session, dag_run, "draft"):
        tell("27 tệp: 24 nhận; 3 trả lại (Sở Y tế)")
    with Task(session, dag_run, "answer"):
        tell("Chưa cấu hình thư điện tử.")
    Task(session, dag_run, "forged").xcom_push("note", {"no": "words"})
    for ended in (run_words.on_dag_run_failed, run_words.on_dag_run_success):
        ended(dag_run)
        noted = "Ghi chú của người trực · 27 tệp: 24 nhận; 3 trả lại (Sở Y tế) · Chưa cấu hình thư điện tử."
        assert dag_run.note == noted


def test_a_run_of_which_nothing_is_said_has_no_note(dag_run: DagRun) -> None:
    run_words.on_dag_run_success(dag_run)
    assert dag_run.note is None


def test_what_airflow_has_no_room_for_is_cut(session: Session, dag_run: DagRun) -> None:
    with Task(session, dag_run, "draft") as task:
        tell("ế" * 2000)
        name_batch("ế" * 2000)
    run_words.on_dag_run_success(dag_run)
    assert len(dag_run.note) == DagRunNote.__table__.c.content.type.length
    assert task.context["words"] == "ế" * 250


def test_the_hooks_are_those_that_airflow_calls() -> None:
    from airflow.listeners.listener import get_listener_manager

    manager = get_listener_manager()
    manager.add_listener(run_words)
    try:
        assert {"on_dag_run_success", "on_dag_run_failed"} <= {
            hook.name for hook in manager.pm.get_hookcallers(run_words) or []
        }
    finally:
        manager.clear()


DRAFT = "drafts/282-kh-ubnd-2023/2023-Q1/1/xem-xet.html"
EDITION = "published/282-kh-ubnd-2023/2023-Q1/1/bao-cao.html"


@pytest.mark.parametrize(
    ("link", "page", "leads_to"),
    [
        (DraftLink, DRAFT, f"/tiendo/{DRAFT}"),
        (
            DraftLink,
            "drafts/282-kh-ubnd-2023/2023-Q1/latest/bao-cao.html",
            "/tiendo/drafts/282-kh-ubnd-2023/2023-Q1/latest/bao-cao.html",
        ),
        (EditionLink, EDITION, f"/tiendo/{EDITION}"),
        (EditionLink, "published/282-kh-ubnd-2023/2023-Q1/2/bao-cao.html", ""),  # not there
        (EditionLink, DRAFT, ""),
        (DraftLink, EDITION, ""),
        (DraftLink, "https://elsewhere.example/drafts/282-kh-ubnd-2023/2023-Q1/1/xem-xet.html", ""),
        (DraftLink, "javascript:alert(1)", ""),
        (DraftLink, "drafts/282-kh-ubnd-2023/2023-Q1/1/../../../airflow/passwords.json", ""),
        (DraftLink, ["no", "text"], ""),
        (FilesLink, "tim?q=TN-000007..TN-1000012", "/tiendo/tim?q=TN-000007..TN-1000012"),
        (FilesLink, "tim?q=TN-000007..TN-000012&x=1", ""),
        (FilesLink, "//elsewhere.example/tim?q=TN-000007..TN-000012", ""),
    ],
)
def test_a_link_leads_to_a_page_of_ours_that_is_there(  # noqa: PLR0917
    session: Session,
    dag_run: DagRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    link: Any,
    page: Any,
    leads_to: str,
) -> None:
    for path in (DRAFT, "drafts/282-kh-ubnd-2023/2023-Q1/latest/bao-cao.html", EDITION, "airflow/passwords.json"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    settings = Settings(home=tmp_path, plan_dirs=(tmp_path,), database_url=None)
    monkeypatch.setattr(run_words, "get_settings", lambda: settings)
    with Task(session, dag_run, "draft"):
        link.lead_to(page)
    # Any task of the run leads there.
    assert link().get_link(None, ti_key=Task(session, dag_run, "approve")) == leads_to


def test_a_run_that_has_made_no_page_leads_nowhere(session: Session, dag_run: DagRun) -> None:
    assert DraftLink().get_link(None, ti_key=Task(session, dag_run, "approve")) == ""
