"""Drafts and editions in the browser, behind Airflow's login: what a request for approval links to.

They stand by themselves, without the frame of the other pages: what is shown is what is published, to the byte.
"""

import re
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import FileResponse

from tiendo.model.period import PATTERN
from tiendo.pages.frame import Refusal, viewer
from tiendo.report.catalogue import CATALOGUE
from tiendo.report.folders import LATEST
from tiendo.report.years import YEARS
from tiendo.settings import get_settings

# Opened in the browser; everything else is downloaded. Here the pages run no script and fetch nothing.
_SHOWN = {".html": "text/html; charset=utf-8", ".pdf": "application/pdf"}
SANDBOX = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox allow-popups allow-downloads; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:",
}
_FILE = r"(?:(?:data|excel|sdmx|phieu-ket-qua)/)?[a-z0-9][a-z0-9_.-]{0,99}"
# Editions from before they were kept under their plan have a link where they were, and addresses without it.
_PLACE = re.compile(
    rf"(?P<folder>(?:[a-z0-9][a-z0-9_-]{{0,99}}/)?{PATTERN}/(?P<edition>[1-9][0-9]{{0,5}}|latest)"
    rf"|[a-z0-9][a-z0-9_-]{{0,99}}/{YEARS}/[0-9]{{4}})/(?P<name>{_FILE})"
)

router = APIRouter()


@router.get("/published/index.html", dependencies=[Depends(viewer)])
def published_index() -> Any:
    """Returns the page of all editions.

    Raises:
        Refusal: 404 before the first.
    """
    if not (get_settings().published / "index.html").is_file():
        raise Refusal(404, "Nothing has been published.", "Chưa có báo cáo nào được ban hành.")
    return _answer(get_settings().published, "index.html")


@router.get(f"/published/{CATALOGUE}", dependencies=[Depends(viewer)])
def published_catalogue() -> Any:
    """Returns the catalogue of all that is published."""
    return _answer(get_settings().published, CATALOGUE)


@router.get("/drafts/{path:path}", dependencies=[Depends(viewer)])
def draft_file(path: str) -> Any:
    """Returns one file of a draft."""
    return _file(get_settings().drafts, path)


@router.get("/published/{path:path}", dependencies=[Depends(viewer)])
def published_file(path: str) -> Any:
    """Returns one file of a published edition, or of a year's tables."""
    return _file(get_settings().published, path)


def _file(root: Path, path: str) -> FileResponse:
    found = _PLACE.fullmatch(path)
    if found is None or (found["edition"] == LATEST and root != get_settings().drafts):
        raise HTTPException(404, "There is no such file.")
    return _answer(root / found["folder"], found["name"])


def _answer(folder: Path, name: str) -> FileResponse:
    path = folder / name
    if not path.is_file():
        raise HTTPException(404, "There is no such file.")
    kind = _SHOWN.get(path.suffix)
    return FileResponse(
        path,
        media_type=kind or "application/octet-stream",
        filename=path.name,
        content_disposition_type="inline" if kind else "attachment",
        headers=SANDBOX,
    )
