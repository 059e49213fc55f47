"""What Airflow's own screens say of a run in the words of the job: its note, and links to the pages it has made.

A task of Airflow 3.3 has no means of setting a note: only accounts have, through the API. So a task leaves its words as
an XCom, and the scheduler puts those of all tasks into the run's note when it ends the run. Users of Airflow may write
XComs: these words are shown and decide nothing, and a link leads to a page of ours or nowhere.
"""

import re
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.listeners import hookimpl
from airflow.sdk import BaseOperatorLink, get_current_context

from tiendo.model.period import PATTERN
from tiendo.settings import get_settings

if TYPE_CHECKING:
    from airflow.models import DagRun
    from sqlalchemy.orm import Session

NOTE = "note"
_NEXT = " · "
# Columns of Airflow's database.
LONGEST_NOTE, LONGEST_INDEX = 1000, 250
_PERIOD = rf"[a-z0-9][a-z0-9_-]{{0,99}}/{PATTERN}"
_EDITION = rf"{_PERIOD}/[1-9][0-9]{{0,5}}"


def tell(words: str) -> None:
    """Adds words to the note of the run whose task is running."""
    get_current_context()["ti"].xcom_push(NOTE, words)


def name_batch(words: str) -> None:
    """Names the mapped task that is running; its ``map_index_template`` has to ask for ``words``."""
    get_current_context()["words"] = words[:LONGEST_INDEX]  # type: ignore[typeddict-unknown-key]


@hookimpl
def on_dag_run_success(dag_run: "DagRun") -> None:
    """Puts what the tasks said into the run's note; called by Airflow."""
    _note(dag_run)


@hookimpl
def on_dag_run_failed(dag_run: "DagRun") -> None:
    """Does the same: what was done stands beside what failed."""
    _note(dag_run)


def _note(dag_run: "DagRun") -> None:
    """Adds what is not there yet, so that a person's note stays and a run that is ended twice says nothing twice."""
    from sqlalchemy.orm import object_session

    session = object_session(dag_run)
    assert session  # noqa: S101  of whoever ends the run
    # In one line, for Airflow's page of a run shows the first.
    parts = dag_run.note.split(_NEXT) if dag_run.note else []
    told = [words for words in _said(session, NOTE, dag_id=dag_run.dag_id, run_id=dag_run.run_id) if words not in parts]
    if told:
        dag_run.note = _NEXT.join(parts + told)[:LONGEST_NOTE]


def _said(session: "Session", key: str, *, dag_id: str, run_id: str) -> list[str]:
    """Returns what the tasks of a run have left under a key, in the order of time."""
    from airflow.models.xcom import XComModel
    from sqlalchemy import select

    of_run = select(XComModel.value).where(XComModel.dag_id == dag_id, XComModel.run_id == run_id)
    values = session.scalars(of_run.where(XComModel.key == key).order_by(XComModel.timestamp, XComModel.task_id))
    return [value for value in values if isinstance(value, str)]


class _PageLink(BaseOperatorLink):
    """A button at each task of a run that has made a page. It is made where the page is served: by the api-server."""

    pages: ClassVar[str]

    @classmethod
    def lead_to(cls, page: str) -> None:
        """Has the tasks of the run lead to a page, ``drafts/282-kh-ubnd-2023/2023-Q1/1/xem-xet.html``."""
        get_current_context()["ti"].xcom_push(cls.__name__, page)

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Returns the page's path on this server; "" where there is none."""
        from airflow.utils.session import create_session

        with create_session() as session:
            said = _said(session, type(self).__name__, dag_id=ti_key.dag_id, run_id=ti_key.run_id)
        page = said[-1] if said else ""
        return f"/tiendo/{page}" if re.fullmatch(self.pages, page) and self.is_there(page) else ""

    def is_there(self, page: str) -> bool:
        """Returns whether there is something to be seen at a path; here: a file of the home."""
        return (get_settings().home / page).is_file()


class DraftLink(_PageLink):
    """To a draft of an edition."""

    name = "Bản dự thảo"
    pages = rf"drafts/(?:{_EDITION}|{_PERIOD}/latest)/(?:xem-xet|bao-cao)\.html"


class EditionLink(_PageLink):
    """To an edition as published."""

    name = "Báo cáo đã ban hành"
    pages = rf"published/{_EDITION}/bao-cao\.html"


class FilesLink(_PageLink):
    """To the list of the files that a run has settled, by their receipts."""

    name = "Các tệp của lượt chạy"
    pages = r"tim\?q=TN-\d{6,12}\.\.TN-\d{6,12}"

    def is_there(self, page: str) -> bool:
        """Always: the page says so where there are none."""
        return True
