"""How everything stands at an instant, as the control room shows it: read in one look at the warehouse."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection

from tiendo.airflow_glue.warehouse import Parts
from tiendo.clock import HANOI
from tiendo.collect.folder import claimed_files
from tiendo.model.period import Period
from tiendo.model.register import Duty, PeriodCalendar, Register
from tiendo.model.working_days import last_day_before, midnight
from tiendo.report.folders import EditionFolders
from tiendo.validation.suites import SUBMISSION_SUITES, get_suite
from tiendo.vietnamese.dates import format_date, format_instant
from tiendo.warehouse.engine import onlooker
from tiendo.warehouse.sql import statement

MOST_FILES = 500
# For so long a mail that did not arrive is shown.
_MAIL_SHOWN = timedelta(days=30)
_ONE_DAY = timedelta(days=1)
Row = Mapping[str, Any]


class Mark(NamedTuple):
    """How a state is shown: a symbol that says the same as the colour, and its words."""

    symbol: str
    tint: str
    label: str


MARKS = {
    "on_time": Mark("✓", "good", "Đúng hạn"),
    "late": Mark("▲", "warn", "Chậm"),
    "rejected": Mark("↺", "bad", "Bị trả lại, chưa gửi lại"),
    "overdue": Mark("✗", "bad", "Quá hạn, chưa gửi"),
    "open": Mark("○", "", "Chưa gửi, còn hạn"),
    "excused": Mark("–", "soft", "Được miễn hoặc không phát sinh"),
    "coming": Mark("·", "soft", "Chưa đến kỳ"),
}
"""States of what a body owes for a period, in the order of the legend."""


class OwedCell(NamedTuple):
    """What came of one obligation of one body.

    Attributes:
        state: of ``MARKS``.
        words, brief: the state in full, and as it has room in the grid; "" where the symbol says it all.
        open_words: what is not mended though something counts; "" where all is.
        receipt_no: of the file that counts, or of the one sent back; None where there is none.
    """

    state: str
    words: str
    brief: str
    open_words: str
    receipt_no: str | None

    @property
    def mark(self) -> Mark:
        """How it is shown."""
        return MARKS[self.state]


class BodyLine(NamedTuple):
    """A body's line of the grid: a cell for each obligation, by ``cell_key``."""

    code: str
    name: str
    short_name: str
    cells: Mapping[str, OwedCell]


@dataclass(frozen=True)
class Standing:
    """How everything stands.

    Attributes:
        now: the instant.
        calendar: of the period that is looked at.
        days_left: working days after today until its last day to submit; None once that has passed.
        bodies: the grid; its columns are the register's obligations.
        files, is_cut: today's files, the newest first, and whether there are more.
        queue, scans: see the statements.
        left_alone: what lies in the inboxes and is not taken; ``reason`` is a code of ``collect.left_alone``.
        quarantine, incidents, editions, undelivered: rows of the statements of these names.
        questions: what reviewers were last asked, by period.
        draft: the folder of its newest draft, ``latest`` where it follows the figures; "" for none.
        trial_hits: rule on trial to how many files of the period it has hit.
    """

    now: datetime
    calendar: PeriodCalendar
    days_left: int | None
    bodies: tuple[BodyLine, ...]
    files: Sequence[Row]
    is_cut: bool
    queue: Row
    scans: Mapping[str, datetime]
    left_alone: Sequence[Row]
    quarantine: Sequence[Row]
    incidents: Sequence[Row]
    editions: Sequence[Row]
    undelivered: Sequence[Row]
    questions: Mapping[str, Row]
    draft: str
    trial_hits: Mapping[str, int]

    @property
    def period(self) -> Period:
        """The period that is looked at."""
        return self.calendar.period

    def of_period(self, *states: str) -> tuple[BodyLine, ...]:
        """Returns the bodies whose report of the period is in one of these states."""
        return tuple(body for body in self.bodies if body.cells[str(self.period)].state in states)

    @property
    def behind(self) -> tuple[BodyLine, ...]:
        """The bodies that owe something for the period: overdue, sent back, or asked for a correction and silent."""
        late = {body.code for body in (*self.of_period("overdue"), *self.unmended)}
        return tuple(body for body in self.bodies if body.code in late)

    @property
    def unmended(self) -> tuple[BodyLine, ...]:
        """The bodies whose last file of the period was sent back, or that were asked to correct it, and are silent."""
        cells = ((body, body.cells[str(self.period)]) for body in self.bodies)
        return tuple(body for body, cell in cells if cell.open_words or cell.state == "rejected")


def period_in_hand(register: Register, now: datetime) -> Period:
    """Returns the period that is worked on: the first that is not closed, else the last."""
    return next((entry.period for entry in register.calendar if now < entry.closing_at), register.calendar[-1].period)


def gather(parts: Parts, period: Period, now: datetime) -> Standing:
    """Reads how everything stands, all of it as of one instant of the warehouse.

    Raises:
        DBAPIError: the warehouse does not answer.
    """
    settings, register, engine = parts
    of_period = {"plan_code": register.code, "period": str(period)}
    trial = [rule.rule for name in SUBMISSION_SUITES for rule in get_suite(name).rules if rule.trial]
    today = midnight(now.date())
    with onlooker(engine) as connection:
        rows = partial(_rows, connection)
        of_plan = _of_plan(parts, rows, period, now)
        files = rows("pages/recent_files.sql", since=today, instant=now, most=MOST_FILES)
        (queue,) = rows("pages/queue.sql")
        scans = rows("pages/scans.sql")
        left = rows("intake/left_alone.sql")
        quarantine = rows("operations/quarantine.sql")
        incidents = rows("operations/open_incidents.sql")
        undelivered = rows("pages/undelivered_mail.sql", since=now - _MAIL_SHOWN)
        hits = rows("pages/trial_hits.sql", **of_period) if trial else []
    seen = {item["path"] for item in left}
    left += [item for item in claimed_files(settings.inbox) if item["path"] not in seen]
    counted = {row["rule"]: row["file_count"] for row in hits}
    return Standing(
        now=now,
        **of_plan,
        files=files,
        is_cut=len(files) == MOST_FILES,
        queue=queue,
        scans={row["channel"]: row["completed_at"] for row in scans},
        left_alone=left,
        quarantine=[row for row in quarantine if not row["is_replaced"]],
        incidents=incidents,
        undelivered=undelivered,
        trial_hits={rule: counted.get(rule, 0) for rule in trial},
    )


def of_other_plan(standing: Standing, parts: Parts) -> Standing:
    """Returns how another plan stands at the same instant, in its own period in hand.

    What is the installation's, and the hits of rules on trial, are as they were: they are not read again.
    """
    now = standing.now
    with onlooker(parts.engine) as connection:
        of_plan = _of_plan(parts, partial(_rows, connection), period_in_hand(parts.register, now), now)
    return replace(standing, **of_plan)


def _of_plan(parts: Parts, rows: Callable[..., list[Row]], period: Period, now: datetime) -> dict[str, Any]:
    settings, register, _ = parts
    calendar = register.calendar_by_period[period]
    of_period = {"plan_code": register.code, "period": str(period)}
    questions = rows("pages/questions.sql", plan_code=register.code)
    return {
        "calendar": calendar,
        "days_left": days_left(register, calendar.due_at, now),
        "bodies": grid(register, rows("pages/obligations.sql", plan_code=register.code, instant=now), now),
        "editions": rows("pages/editions.sql", **of_period, instant=now),
        "questions": {row["period"]: row for row in questions},
        "draft": _draft(EditionFolders(settings, register.code, period), questions),
    }


def _rows(connection: Connection, name: str, **parameters: Any) -> list[Row]:
    return [dict(row) for row in connection.execute(statement(name), parameters).mappings()]


def _draft(folders: EditionFolders, questions: Sequence[Row]) -> str:
    """Returns the folder of the newest draft of a period, ``latest`` or a number; "" for none."""
    asked = [row["edition"] for row in questions if row["period"] == str(folders.period)]
    folders_there = {"latest": folders.latest_draft} | {str(number): folders.draft(number) for number in asked}
    return next((name for name, folder in folders_there.items() if (folder / "bao-cao.html").is_file()), "")


def days_left(register: Register, due_at: datetime, now: datetime) -> int | None:
    """Returns the working days after today until the last day before an instant; None once the instant has passed."""
    return None if due_at <= now else register.working_days.count(now.date(), last_day_before(due_at))


def grid(register: Register, owed: Sequence[Row], now: datetime) -> tuple[BodyLine, ...]:
    """Returns a line for each body, in the register's order, of rows of ``pages/obligations.sql``."""
    begins = {str(entry.period): midnight(entry.period.first_day) for entry in register.calendar}
    lines: dict[str, dict[str, OwedCell]] = {}
    for row in owed:
        is_coming = row["obligation"] == Duty.QUARTERLY_REPORT and now < begins[row["period"]]
        cells = lines.setdefault(row["agency_code"], {})
        cells[cell_key(row["obligation"], row["period"])] = cell_of(row, now, is_coming=is_coming)
    return tuple(
        BodyLine(code, register.agency_by_code[code].name, register.agency_by_code[code].short_name, cells)
        for code, cells in lines.items()
    )


def cell_key(duty: str, period: str) -> str:
    """Returns the key of an obligation in the grid: a report's is its period, which may be a year as the own plan's."""
    return period if duty == Duty.QUARTERLY_REPORT else f"{duty} {period}"


def cell_of(row: Row, now: datetime, *, is_coming: bool = False) -> OwedCell:
    """Says what came of an obligation.

    Args:
        row: of ``pages/obligations.sql``.
        is_coming: its period has not begun.
    """
    state, late = row["state"], row["days_late"]
    still = f"còn hạn đến hết ngày {format_date(last_day_before(row['due_at']))}"
    overdue = f"quá hạn {(now - row['due_at']) // _ONE_DAY + 1} ngày"
    when = still if now < row["due_at"] else overdue
    brief, open_words = "", []
    if state in ("exempt", "nothing_to_report"):
        shown = "excused"
        label = "Được miễn" if state == "exempt" else "Không phát sinh"
        words = (
            f"{label}, văn bản {row['letter_no']}" if row["letter_no"] else "Không có nội dung phải báo cáo trong kỳ"
        )
    elif state == "rejected":
        shown, brief = "rejected", _day(row["rejected_at"])
        words = f"Bị trả lại lúc {format_instant(row['rejected_at'])}, chưa gửi lại; {when}"
    elif state == "missing":
        shown = "coming" if is_coming else "open" if now < row["due_at"] else "overdue"
        words = MARKS["coming"].label if is_coming else f"Chưa gửi, {when}"
    else:
        shown, brief = "on_time" if row["is_on_time"] else "late", _day(row["received_at"])
        words = f"{'Đúng hạn' if row['is_on_time'] else f'Chậm {late} ngày'}, {format_instant(row['received_at'])}"
        if row["rejected_at"]:
            open_words.append(f"bản gửi lúc {format_instant(row['rejected_at'])} bị trả lại, chưa gửi lại")
    if row["correction_asked_at"]:
        open_words.append(f"đề nghị điều chỉnh lúc {format_instant(row['correction_asked_at'])}, chưa gửi lại")
    return OwedCell(shown, words, brief, "; ".join(open_words), row["receipt_no"])


def _day(instant: datetime) -> str:
    return format_date(instant.astimezone(HANOI).date())[:5]
