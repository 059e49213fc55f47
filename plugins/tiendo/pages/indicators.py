"""An indicator: its path to the target drawn, its verdicts over the periods, every figure with its cell."""

from functools import lru_cache
from threading import Lock
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter
from fastapi import Path as PathPart
from fastapi.responses import HTMLResponse

from tiendo import clock
from tiendo.pages.frame import Opened, Refusal, Viewer, page
from tiendo.pages.places import fetch, words
from tiendo.report.amendments import amendment_text, lines_of
from tiendo.report.charts import path_legend, path_svg, path_words
from tiendo.report.data import IndicatorLine
from tiendo.report.gather import indicator_lines
from tiendo.report.words import part_text, trend_text, value_text, verdict
from tiendo.vietnamese.listed_state import state_list
from tiendo.warehouse.engine import onlooker

_KEPT_DRAWINGS = 200
# Matplotlib's settings are the whole process's.
_drawing = Lock()
router = APIRouter()


@router.get("/chi-tieu/{code}")
def indicator_page(
    code: Annotated[str, PathPart(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")], user: Viewer, parts: Opened
) -> HTMLResponse:
    """Returns the page of an indicator that figures are reported for."""
    register, now = parts.register, clock.now()
    indicator = register.indicator_by_code.get(code)
    if indicator is None or not indicator.is_leaf:
        raise Refusal(404, "There is no such indicator.", "Kế hoạch không có chỉ tiêu này, hoặc đây là tên nhóm.")
    held = register.in_force_on(now.astimezone(clock.HANOI).date())
    indicator = held.indicator_by_code.get(code, indicator)
    amended = tuple(a for a in register.amendments if (a.subject, a.code) == ("indicator", code))
    own = {"plan_code": register.code, "indicator_code": code, "instant": now}
    with onlooker(parts.engine) as connection:
        lines = indicator_lines(connection, register, indicator, now)
        figures = fetch(connection, "pages/indicator_figures.sql", **own)
        verdicts = fetch(connection, "pages/indicator_verdicts.sql", **own)
    last = next((line for line in reversed(lines) if line.value is not None), None)
    return page(
        "indicator.html.j2",
        **words(register.period_kind),
        user=user.get_name(),
        indicator=indicator,
        states=state_list(indicator.states),
        agencies=register.agency_by_code,
        task=register.task_by_ref.get(indicator.task_ref),
        parent=register.indicator_by_code.get(indicator.parent_code or ""),
        parts=[register.indicator_by_code[part] for part in indicator.sum_of],
        is_withdrawn=code not in held.indicator_by_code,
        amendments=[amendment_text(line) for line in lines_of(register, amended)],
        lines=lines,
        last=last,
        drawing=drawing(last) if last else "",
        drawn_words=path_words(last) if last else "",
        colours=path_legend(),
        figures=figures,
        verdicts=verdicts,
        verdict_words=verdict,
        value_words=value_text,
        part_words=part_text,
        trend_words=trend_text,
    )


@lru_cache(_KEPT_DRAWINGS)
def drawing(line: IndicatorLine) -> str:
    """Returns the path of an indicator as the address of a picture that has everything in itself."""
    with _drawing:
        svg = path_svg(line).replace("<svg ", '<svg font-family="Arial, Liberation Sans, sans-serif" ', 1)
    return f"data:image/svg+xml,{quote(svg)}"
