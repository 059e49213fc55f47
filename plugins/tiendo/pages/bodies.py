"""A body: its year, what it has not mended, letters, own plan, usual mistakes, how likely it is late this period."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Path as PathPart
from fastapi.responses import HTMLResponse

from tiendo import clock
from tiendo.model.period import PeriodKind
from tiendo.model.register import Register
from tiendo.pages.frame import Opened, Refusal, Viewer, page
from tiendo.pages.places import fetch, shown, words
from tiendo.reminders.occasion import DELIVERIES, occasion_name
from tiendo.reminders.reminding import reminder_rows
from tiendo.report.gather import submissions
from tiendo.report.record_card import first_try_words, own_plan_words, record_rows, reports_words
from tiendo.report.words import reports_title, submission_state, timeliness
from tiendo.vietnamese.dates import deadline_text
from tiendo.warehouse.engine import onlooker
from tiendo.warehouse.sql import statement

router = APIRouter()


@router.get("/don-vi/{agency_code}")
def body_page(
    agency_code: Annotated[str, PathPart(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")], user: Viewer, parts: Opened
) -> HTMLResponse:
    """Returns the page of a body that owes reports under the plan in force."""
    register, now = parts.register, clock.now()
    agency = register.agency_by_code.get(agency_code)
    if agency is None or not agency.is_obliged:
        raise Refusal(404, "No such body owes a report.", "Kế hoạch không có đơn vị báo cáo này.")
    own = {"plan_code": register.code, "agency_code": agency_code}
    with onlooker(parts.engine) as connection:
        year = fetch(connection, "pages/body_year.sql", **own, instant=now)
        letters = connection.execute(statement("obligations/extensions.sql"), own).mappings()
        (past,) = fetch(connection, "pages/body_past.sql", **own, instant=now)
        view: dict[str, Any] = {
            "year": [_owed(row, now) for row in year],
            "letters": [shown(row) for row in letters if row["agency_code"] == agency_code],
            "findings": fetch(connection, "pages/body_findings.sql", **own),
            "requests": fetch(connection, "pages/body_requests.sql", **own),
            "documents": fetch(connection, "pages/body_documents.sql", **own),
            "files": fetch(connection, "pages/body_files.sql", **own),
        }
    # They only read; that they can do nothing else is the server's promise.
    engine = parts.engine.execution_options(postgresql_readonly=True)
    (record,) = record_rows(engine, register, now, agency_code)
    reminders = [shown(row) for row in reminder_rows(engine, register) if row["agency_code"] == agency_code]
    return page(
        "body.html.j2",
        **words(register.period_kind),
        **view,
        reminders=reminders,
        user=user.get_name(),
        agency=agency,
        agencies=register.agency_by_code,
        now=now,
        past=past,
        # Of earlier plans they may be periods of another kind.
        noun="quý" if register.period_kind is PeriodKind.QUARTER else "kỳ",
        several_years=len(register.years) > 1,
        open_period=_period_in_hand(register, now),
        mistakes=record["mistakes"],
        record={
            reports_title(register.period_kind): reports_words(record),
            "Được chấp nhận ngay lần đầu": first_try_words(record),
            "Kế hoạch thực hiện của đơn vị": own_plan_words(record),
        },
        reported=register.indicators_of(agency_code),
        tasks=register.tasks_of(agency_code),
        deadline=deadline_text,
        occasion_name=occasion_name,
        deliveries=DELIVERIES,
    )


def _owed(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Returns what is owed for a period, in words."""
    beside = {name: row[name] for name in ("obligation", "period", "due_at", "rejected_at", "receipt_no", "version")}
    told = {name: value for name, value in row.items() if name not in ("obligation", "period", "rejected_at")}
    (line,) = submissions([told], now)
    return beside | {
        "state": submission_state(line),
        "look": "good" if line.is_received else "soft" if line.is_excused or line.open_until else "bad",
        "mark": "✓" if line.is_received else "–" if line.is_excused else "…" if line.open_until else "✗",
        "received_at": line.received_at,
        "timeliness": timeliness(line),
        "answered": f"{line.answered_count}/{line.owed_count}" if line.owed_count else "",
    }


def _period_in_hand(register: Register, now: datetime) -> str:
    """Returns the first period whose report is still to come; "" when none of the plan is."""
    return next((str(entry.period) for entry in register.calendar if now < entry.due_at), "")
