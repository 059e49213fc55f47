"""Schema ``mart`` for programs: JSON and CSV below ``/tiendo/api/v1``, for who may see the pages; and what there is.

A program logs in by a token of Airflow's own ``POST /auth/token``, a browser as for any page. How it is used tells
docs/data-api.md.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from hashlib import sha256
from operator import methodcaller
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import quote, urlencode

import simplejson
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from itsdangerous import BadSignature
from psycopg.errors import QueryCanceled
from sqlalchemy.exc import OperationalError

from tiendo.pages.asked import KINDS, LARGEST_LIMIT, USUAL_LIMIT, format_asked, read_asked, unfit, written
from tiendo.pages.forms import signer
from tiendo.pages.frame import HEADERS, AllOpened, Opened, Refusal, Viewer, page
from tiendo.pages.openapi import openapi
from tiendo.report.data_files import csv_bytes
from tiendo.report.words import number
from tiendo.warehouse.offered import LONGEST_SECONDS, OfferedTable, fetch_page, offered_tables

API = "/api/v1"
# A program that asks for many pages at once leaves connections and threads of this process to the web pages: who finds
# no place is told so at once.
_places = BoundedSemaphore(5)
_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8; header=present"}
# Kept by whoever asked, and asked about by its ETag each time.
_HEADERS = HEADERS | {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization, Cookie"}
router = APIRouter()


@router.get("/so-lieu")
def data_page(request: Request, user: Viewer, _: Opened, opened: AllOpened) -> HTMLResponse:
    """Returns what there is and how it is asked for, for people."""
    return page(
        "so_lieu.html.j2",
        user=user.get_name(),
        is_of_all=True,
        tables=list(offered_tables(opened.engine).values()),
        root=_root(request),
        kinds=KINDS,
        usual=number(Decimal(USUAL_LIMIT)),
        largest=number(Decimal(LARGEST_LIMIT)),
        seconds=LONGEST_SECONDS,
    )


@router.get(f"{API}/")
def table_list(request: Request, user: Viewer, opened: AllOpened) -> Response:
    """Returns the tables, what they are, and where."""
    tables = [
        {
            "name": table.name,
            "description": table.comment,
            "address": f"{_root(request)}/{quote(table.name)}",
            "key": table.key,
            "as_of": bool(table.columns_at),
            "columns": [vars(each) for each in table.columns.values()],
        }
        for table in offered_tables(opened.engine).values()
    ]
    return _answer(request, "json", _json({"tables": tables, "openapi": f"{_root(request)}/openapi.json"}))


@router.get(f"{API}/openapi.json")
def description(request: Request, user: Viewer, opened: AllOpened) -> Response:
    """Returns all of it as OpenAPI 3.1."""
    return _answer(request, "json", _json(openapi(offered_tables(opened.engine).values(), _root(request))))


@router.get(f"{API}/{{name}}")
def rows(name: str, request: Request, user: Viewer, opened: AllOpened) -> Response:
    """Returns a page of a table's rows, in the order of its key; the address of the next one stands in ``Link``."""
    tables = offered_tables(opened.engine)
    if name not in tables:
        raise Refusal(404, f"There is no table {name[:80]!r}.", f"Không có bảng này; có các bảng: {', '.join(tables)}.")
    table, query = tables[name], request.query_params.multi_items()
    form = format_asked(request.query_params, request.headers.get("accept", ""))
    asked = read_asked(table, query, _known(table, query, request.query_params.get("cursor")))
    with _in_time():
        found, last = fetch_page(opened.engine, asked)
    following = ""
    if last:
        cursor = signer("data_api").dumps([_digest(table, query), *map(written, last)])
        kept = [(key, value) for key, value in query if key != "cursor"]
        following = f"{_root(request)}/{quote(name)}?{urlencode([*kept, ('cursor', cursor)])}"
    if form == "csv":
        plain = ([_json(value).decode() if isinstance(value, list | dict) else value for value in row] for row in found)
        body = csv_bytes(asked.columns, plain)
    else:
        body = _json({
            "rows": [dict(zip(asked.columns, row, strict=True)) for row in found],
            "next": following or None,
        })  # fmt: skip
    return _answer(request, form, body, {"Link": f'<{following}>; rel="next"'} if following else {})


def _root(request: Request) -> str:
    return f"{request.scope.get('root_path', '')}{API}"


def _digest(table: OfferedTable, query: list[tuple[str, str]]) -> str:
    """Tells a query from all others; how many rows come at a time, and in which form, may change on the way."""
    asked = sorted(each for each in query if each[0] not in {"cursor", "limit", "format"})
    return sha256(repr((table.name, asked)).encode()).hexdigest()[:16]


def _known(table: OfferedTable, query: list[tuple[str, str]], cursor: str | None) -> list[str]:
    """Returns the key after which a page begins."""
    if cursor is None:
        return []
    try:
        digest, *key = signer("data_api").loads(cursor)
    except (BadSignature, ValueError):
        unfit("cursor", "is none of ours", "không phải do hệ thống cấp")
    if digest != _digest(table, query):
        unfit("cursor", "belongs to another query", "thuộc về một truy vấn khác")
    return list(key)


@contextmanager
def _in_time() -> Iterator[None]:
    """Lets a query have its time and a place."""
    if not _places.acquire(blocking=False):
        raise Refusal(
            503,
            "Too many queries are running at once; ask again in a minute.",
            "Đang có quá nhiều truy vấn cùng lúc. Thử lại sau một phút.",
        )
    try:
        yield
    except OperationalError as error:
        if not isinstance(error.orig, QueryCanceled):
            raise
        raise Refusal(
            503,
            f"The query took more than {LONGEST_SECONDS} s: narrow it by plan_code and period, or lower limit.",
            f"Truy vấn quá {LONGEST_SECONDS} giây nên đã dừng. "
            "Thu hẹp bằng plan_code và period, hoặc giảm limit, rồi thử lại.",
        ) from error
    finally:
        _places.release()


def _json(document: Any) -> bytes:
    """Decimals stay as they are; a reader that makes floats of them does so itself."""
    return simplejson.dumps(document, use_decimal=True, ensure_ascii=False, default=methodcaller("isoformat")).encode()


def _answer(request: Request, form: str, body: bytes, more: dict[str, str] | None = None) -> Response:
    # Weak, for Airflow packs what it sends. It spares the way, not the query: what a view rests on tells no one.
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = _HEADERS | {"ETag": f"W/{tag}"} | (more or {})
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if known & {tag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=_TYPES[form], headers=headers)
