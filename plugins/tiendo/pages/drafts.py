"""Drafts and editions in the browser, behind Airflow's login: what a request for approval links to.

Airflow does not guard the app of a plugin, so each path asks for what its own pages ask: that the account may read
``publish_report``.
"""

import re
from pathlib import Path
from typing import Annotated, Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import Depends, FastAPI, HTTPException
from fastapi import Path as PathPart
from fastapi.responses import FileResponse

from tiendo.settings import get_settings

DAG_ID = "publish_report"
# Opened in the browser; everything else is downloaded. Here the pages run no script and fetch nothing.
_SHOWN = {".html": "text/html; charset=utf-8", ".pdf": "application/pdf"}
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox allow-popups allow-downloads; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:",
}
_FILE = re.compile(r"(?:(?:data|phieu-ket-qua)/)?[a-z0-9][a-z0-9_.-]{0,99}")

app = FastAPI(title="Tiendo", openapi_url=None)


def may_read(user: GetUserDep) -> None:
    """Lets through who is logged in and may read the DAG.

    Raises:
        HTTPException: 403.
    """
    from airflow.api_fastapi.app import get_auth_manager

    if not get_auth_manager().is_authorized_dag(method="GET", details=DagDetails(id=DAG_ID), user=user):
        raise HTTPException(403, "This account may not read the drafts.")


@app.get("/drafts/{period}/{edition}/{name:path}", dependencies=[Depends(may_read)])
def draft_file(
    period: Annotated[str, PathPart(pattern=r"^\d{4}-Q[1-4]$")],
    edition: Annotated[str, PathPart(pattern=r"^(?:[1-9]\d{0,5}|latest)$")],
    name: str,
) -> Any:
    """Returns one file of a draft."""
    return _answer(get_settings().drafts / period / edition, name)


@app.get("/published/{period}/{edition}/{name:path}", dependencies=[Depends(may_read)])
def published_file(
    period: Annotated[str, PathPart(pattern=r"^\d{4}-Q[1-4]$")],
    edition: Annotated[str, PathPart(pattern=r"^[1-9]\d{0,5}$")],
    name: str,
) -> Any:
    """Returns one file of a published edition."""
    return _answer(get_settings().published / period / edition, name)


@app.get("/published/index.html", dependencies=[Depends(may_read)])
def published_index() -> Any:
    """Returns the page of all editions."""
    return _answer(get_settings().published, "index.html")


def _answer(folder: Path, name: str) -> FileResponse:
    path = folder / name
    if not _FILE.fullmatch(name) or not path.is_file():
        raise HTTPException(404, "There is no such file.")
    kind = _SHOWN.get(path.suffix)
    return FileResponse(
        path,
        media_type=kind or "application/octet-stream",
        filename=path.name,
        content_disposition_type="inline" if kind else "attachment",
        headers=_HEADERS,
    )
