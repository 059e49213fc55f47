"""Drafts and editions in the browser, behind Airflow's login: what a request for approval links to.

They stand by themselves, without the frame of the other pages: what is shown is what is published, to the byte.
"""

import re
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from fastapi import Path as PathPart
from fastapi.responses import FileResponse

from tiendo.pages.frame import Refusal, viewer
from tiendo.settings import get_settings

# Opened in the browser; everything else is downloaded. Here the pages run no script and fetch nothing.
_SHOWN = {".html": "text/html; charset=utf-8", ".pdf": "application/pdf"}
SANDBOX = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox allow-popups allow-downloads; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:",
}
_FILE = re.compile(r"(?:(?:data|phieu-ket-qua)/)?[a-z0-9][a-z0-9_.-]{0,99}")

router = APIRouter()


@router.get("/drafts/{period}/{edition}/{name:path}", dependencies=[Depends(viewer)])
def draft_file(
    period: Annotated[str, PathPart(pattern=r"^\d{4}-Q[1-4]$")],
    edition: Annotated[str, PathPart(pattern=r"^(?:[1-9]\d{0,5}|latest)$")],
    name: str,
) -> Any:
    """Returns one file of a draft."""
    return _answer(get_settings().drafts / period / edition, name)


@router.get("/published/{period}/{edition}/{name:path}", dependencies=[Depends(viewer)])
def published_file(
    period: Annotated[str, PathPart(pattern=r"^\d{4}-Q[1-4]$")],
    edition: Annotated[str, PathPart(pattern=r"^[1-9]\d{0,5}$")],
    name: str,
) -> Any:
    """Returns one file of a published edition."""
    return _answer(get_settings().published / period / edition, name)


@router.get("/published/index.html", dependencies=[Depends(viewer)])
def published_index() -> Any:
    """Returns the page of all editions.

    Raises:
        Refusal: 404 before the first.
    """
    if not (get_settings().published / "index.html").is_file():
        raise Refusal(404, "Nothing has been published.", "Chưa có báo cáo nào được ban hành.")
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
        headers=SANDBOX,
    )
