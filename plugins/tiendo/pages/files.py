"""A file: what became of it and why, what was read in which cell, its versions, its bytes, and today's rules on it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from fastapi import APIRouter
from fastapi import Path as PathPart
from fastapi.responses import FileResponse, HTMLResponse, Response
from sqlalchemy import Connection

from tiendo.airflow_glue.warehouse import AllParts, Parts
from tiendo.collect.archive import archived_path
from tiendo.feedback.versions import change_texts, versions_of
from tiendo.model.content import UnreadError
from tiendo.pages.drafts import SANDBOX
from tiendo.pages.frame import AllOpened, Opened, Refusal, Viewer, may_run, page
from tiendo.pages.places import Rows, anchor, fetch, shown, words
from tiendo.process.requeue import NotPossibleError, Rereading, find_file, readings, review
from tiendo.reading.files import ScannerError
from tiendo.warehouse.engine import onlooker
from tiendo.warehouse.sql import statement

PROCESS = "process_submissions"
# Reading by the rules takes a second of a processor, and Great Expectations once three: one at a time.
_reading = Lock()
_WAIT_SECONDS = 30

Receipt = Annotated[str, PathPart(pattern=r"^TN-\d{6,12}$")]
router = APIRouter()


@router.get("/tep/{receipt_no}")
def file_page(receipt_no: Receipt, user: Viewer, parts: Opened) -> HTMLResponse:
    """Returns a file's page: fate, findings, values with their cells, versions."""
    with onlooker(parts.engine) as connection:
        file = _file(connection, receipt_no)
        own = {"submission_id": file["submission_id"]}
        findings = _findings(connection, file["file_id"])
        figures, tasks = (
            fetch(connection, "pages/file_figures.sql", **own),
            fetch(connection, "pages/file_tasks.sql", **own),
        )
        is_known = file["plan_code"] == parts.register.code
        version = versions_of(connection, parts.register, [file["file_id"]]).get(file["file_id"]) if is_known else None
        broken = connection.execute(
            statement("validation/broken_rules.sql"), {"file_ids": [file["file_id"]]}
        ).mappings()
        view: dict[str, Any] = {
            "findings": findings,
            "figures": figures,
            "tasks": tasks,
            "trials": [shown(row) for row in broken if row["fate"] == "trial"],
            "versions": fetch(connection, "pages/file_versions.sql", **own),
            "version": version,
            "changes": [shown(each._asdict()) for each in change_texts(parts.register, version.changes)]
            if version
            else [],
            "readings": [shown(line._asdict()) for line in readings(connection, file["first_id"])],
            "acts": fetch(connection, "pages/file_acts.sql", receipt_no=file["first_receipt_no"]),
        }
    name_cells(figures, tasks, findings)
    marked = Path(file["marked_path"]).name if file["marked_path"] else ""
    return page("file.html.j2", **_common(user, parts, file), **view, marked=marked)


@router.get("/tep/{receipt_no}/doc-lai")
def reading_anew(receipt_no: Receipt, user: Viewer, parts: Opened, opened: AllOpened) -> HTMLResponse:
    """Returns what today's rules make of a file, beside its last reading, and every value as they read it."""
    with onlooker(parts.engine) as connection:
        file = _file(connection, receipt_no)
    reviewed = _reviewed(opened, receipt_no)
    read = [
        shown(each._asdict() | {"indicator_code": each.indicator, "state": each.state})
        for each in reviewed.outcome.read
    ]
    tasks = [shown(each._asdict()) for each in reviewed.outcome.read_tasks]
    view: dict[str, Any] = {
        "reviewed": reviewed,
        "removed": list(map(shown, reviewed.findings_removed)),
        "added": list(map(shown, reviewed.findings_added)),
        "figures": read,
        "tasks": tasks,
    }
    name_cells(read, tasks)
    return page("reading_anew.html.j2", **_common(user, parts, file), **view)


@router.get("/tep/{receipt_no}/goc")
def original(receipt_no: Receipt, user: Viewer, parts: Opened, da_doc: str = "") -> Response:
    """Hands out a file's bytes as they came, under the name they came with.

    What is held back, or was not looked at yet, may be dangerous: it is for accounts that may run the DAG that reads
    it, after a warning.
    """
    with onlooker(parts.engine) as connection:
        file = _file(connection, receipt_no, is_raw=True)
    if file["is_held"]:
        if not may_run(user, PROCESS):
            raise Refusal(403, "This file is held back.", "Tệp đang được tạm giữ; tài khoản này không được tải về.")
        if da_doc != "canh-bao":
            return page("held.html.j2", **_common(user, parts, shown(file)))
    # No folder in a name, wherever it is put down.
    name = file["name"].replace("/", "_").replace("\\", "_")
    path = archived_path(parts.settings.archive, file["sha256"])
    return FileResponse(path, media_type="application/octet-stream", filename=name, headers=SANDBOX)


@router.get("/tep/{receipt_no}/phieu")
def receipt(receipt_no: Receipt, user: Viewer, parts: Opened) -> Response:
    """Shows the answer that the sender was given."""
    with onlooker(parts.engine) as connection:
        path = _answer(parts, _file(connection, receipt_no, is_raw=True)["receipt_path"])
    return FileResponse(path, media_type="text/html; charset=utf-8", headers=SANDBOX)


@router.get("/tep/{receipt_no}/{name}")
def marked_copy(receipt_no: Receipt, name: str, user: Viewer, parts: Opened) -> Response:
    """Hands out the workbook that went back with the answer; the answer itself links to it by this name."""
    with onlooker(parts.engine) as connection:
        path = _answer(parts, _file(connection, receipt_no, is_raw=True)["marked_path"])
    if path.name != name:
        raise Refusal(404, "There is no such file.", "Không có tệp này.")
    return FileResponse(path, media_type="application/octet-stream", filename=name, headers=SANDBOX)


def name_cells(*tables: Iterable[dict[str, Any]]) -> None:
    """Gives the first row of each cell its anchor, and the others none."""
    seen = {""}
    for row in (row for table in tables for row in table):
        name = anchor(row["sheet"], row["cell"])
        row["anchor"] = "" if name in seen else name
        seen.add(name)


def _file(connection: Connection, receipt_no: str, *, is_raw: bool = False) -> dict[str, Any]:
    row = connection.execute(statement("pages/file.sql"), {"receipt_no": receipt_no}).mappings().first()
    if row is None:
        raise Refusal(404, "There is no such receipt.", f"Không có phiếu tiếp nhận {receipt_no}.")
    return dict(row) if is_raw else shown(row)


def _findings(connection: Connection, file_id: int) -> Rows:
    rows = connection.execute(statement("operations/findings.sql"), {"file_id": file_id}).mappings()
    order = ("critical", "warning", "info")
    return sorted(map(shown, rows), key=lambda row: order.index(row["severity"]))


def _common(user: BaseUser, parts: Parts, file: dict[str, Any]) -> dict[str, Any]:
    return {
        **words(parts.register.period_kind),
        "user": user.get_name(),
        "file": file,
        "agencies": parts.register.agency_by_code,
        "indicators": parts.register.indicator_by_code,
        "task_by_ref": parts.register.task_by_ref,
        "may_run": may_run(user, PROCESS),
    }


def _answer(parts: Parts, path: str | None) -> Path:
    """Returns where an answer lies; what lies outside the outbox, or is gone, is none."""
    found = (parts.settings.home / (path or "")).resolve()
    if not path or not found.is_relative_to(parts.settings.outbox.resolve()) or not found.is_file():
        raise Refusal(404, "There is no such answer.", "Tệp chưa có phiếu trả lời, hoặc phiếu không còn trong hộp gửi.")
    return found


def _reviewed(opened: AllParts, receipt_no: str) -> Rereading:
    # Nothing is written, and so that nothing can be, no transaction of it may.
    engine = opened.engine.execution_options(postgresql_readonly=True)
    with _alone():
        try:
            return review(opened.settings, opened.plans, engine, find_file(engine, receipt_no))
        except NotPossibleError as error:
            raise Refusal(409, str(error), "Tệp đang chờ xử lý lần đầu, chưa có gì để so sánh.") from error
        except (UnreadError, ScannerError) as error:
            raise Refusal(503, str(error), "Lúc này chưa đọc lại được tệp, do phía hệ thống. Thử lại sau.") from error


@contextmanager
def _alone() -> Iterator[None]:
    if not _reading.acquire(timeout=_WAIT_SECONDS):
        raise Refusal(503, "Another file is being read.", "Hệ thống đang đọc lại một tệp khác. Thử lại sau ít phút.")
    try:
        yield
    finally:
        _reading.release()
