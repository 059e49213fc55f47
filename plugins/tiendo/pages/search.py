"""Search by receipt (``TN-000012``, ``TN-000012..TN-000030``), body, indicator or rule, with or without the accents."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from tiendo.model.register import Indicator, Register
from tiendo.pages.frame import HEADERS, AllOpened, Opened, Viewer, page
from tiendo.pages.places import Rows, body_link, fetch, file_link, indicator_link, words
from tiendo.report.words import clean
from tiendo.validation.suites import rule_titles
from tiendo.vietnamese.text import ascii_key, fold
from tiendo.warehouse.engine import onlooker

_NUMBER = r"(?:tn ?-? ?)?0*([1-9]\d{0,11})"
_RECEIPTS = re.compile(rf"{_NUMBER}(?:\.\.{_NUMBER})?")
_UNACCENTED = re.compile(r"[a-z0-9][a-z0-9 -]*")
_HASH = re.compile(r"[0-9a-f]{8,64}")
router = APIRouter()


@router.get("/tim")
def search_page(user: Viewer, _: Opened, opened: AllOpened, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Returns what a text names in any plan; at once the page of a file where the text is its receipt."""
    plans, sought = opened.plans, fold(q)
    files: Rows = []
    numbers, digest = _RECEIPTS.fullmatch(sought), _HASH.fullmatch(sought)
    if numbers or digest:
        first, last = (int(numbers[1]), int(numbers[2] or numbers[1])) if numbers else (0, 0)
        with onlooker(opened.engine) as connection:
            files = fetch(
                connection, "pages/receipts.sql", first=first, last=last, sha256=digest[0] if digest else ""
            )  # fmt: skip
        if len(files) == 1:
            return RedirectResponse(file_link(files[0]["receipt_no"]), 303, HEADERS)
    return page(
        "search.html.j2",
        **words(),
        user=user.get_name(),
        sought=clean(q),
        files=files,
        is_of_all=True,
        agencies=plans.agency_by_code,
        plan_titles={register.code: register.short_title for register in plans} if len(plans) > 1 else {},
        bodies=[
            (body_link(code, register.code), name, register.code)
            for register in plans
            for code, name in _named(sought, {a.code: (a.name, a.short_name, *a.variants) for a in register.obliged})
        ],
        indicators=[
            (indicator_link(code, register.code), name, register.code)
            for register in plans
            for code, name in _named(sought, {i.code: _names(register, i) for i in register.indicators if i.is_leaf})
        ],
        rules=_named(sought, {rule: (title,) for rule, title in rule_titles().items()}),
    )


def _names(register: Register, indicator: Indicator) -> tuple[str, ...]:
    parent = register.indicator_by_code.get(indicator.parent_code or "")
    return (f"{parent.label}: {indicator.label}" if parent else indicator.label, indicator.printed_no)


def _named(sought: str, names: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """Returns codes and names of what a folded text is part of; one typed without accents is compared without."""
    if not sought:
        return []
    key = ascii_key(sought) if _UNACCENTED.fullmatch(sought) else ""

    def is_meant(code: str, name: str) -> bool:
        return sought in fold(name) or bool(key and key in ascii_key(name)) or sought == code

    return [(code, next(iter(own))) for code, own in names.items() if any(is_meant(code, name) for name in own)]
