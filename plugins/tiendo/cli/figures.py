"""What the command line shows: rows of the mart, and the same for people to read."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import typer
from sqlalchemy import Engine

from tiendo import clock
from tiendo.collect.left_alone import REASONS
from tiendo.model.outcome import VERDICTS
from tiendo.model.period import Period
from tiendo.model.register import Duty, Register
from tiendo.vietnamese.dates import format_date, format_instant
from tiendo.vietnamese.number import format_number
from tiendo.warehouse.engine import loader, reader
from tiendo.warehouse.sql import statement

Rows = list[dict[str, Any]]


def _rows(engine: Engine, name: str, **parameters: Any) -> Rows:
    with reader(engine) as connection:
        return [dict(row) for row in connection.execute(statement(name), parameters).mappings()]


def status_rows(engine: Engine, register: Register, period: Period, as_of: datetime) -> Rows:
    """Returns rows of ``mart.indicator_status`` as they stood at an instant, in printed order."""
    return _rows(engine, "mart/status_at.sql", instant=as_of, plan_code=register.code, period=str(period))


def tracker_rows(
    engine: Engine,
    register: Register,
    period: Period | str,
    duty: Duty = Duty.QUARTERLY_REPORT,
    as_of: datetime | None = None,
) -> Rows:
    """Returns rows of ``mart.submission_tracker`` as they stood at an instant, by default now: one per body."""
    return _rows(
        engine,
        "mart/tracker.sql",
        instant=as_of or clock.now(),
        plan_code=register.code,
        obligation=duty,
        period=str(period),
    )


def explanation(engine: Engine, register: Register, indicator: str, period: Period) -> dict[str, Any]:
    """Returns one object that leads from the graded value to its cell: the document of ``tiendo explain --json``."""
    (row,) = _rows(engine, "mart/explain.sql", plan_code=register.code, period=str(period), indicator=indicator)
    return row


def last_values(engine: Engine, register: Register, period: Period) -> Mapping[tuple[str, str], Decimal]:
    """Returns the last year-to-date figure before a period, by (indicator, agency), for the workbook's column."""
    rows = _rows(engine, "mart/last_values.sql", plan_code=register.code, period=str(period))
    return {(row["indicator_code"], row["agency_code"]): row["value"] for row in rows}


def past_figures(engine: Engine, register: Register) -> Rows:
    """Returns the year's own figures of flows as rows of a later plan's ``past_figures.csv``; no made-up ones."""
    rows = _rows(engine, "mart/past_figures.sql", plan_code=register.code)
    return [row | {"value": format(row["value"], "f")} for row in rows]


def ledger_document(engine: Engine) -> dict[str, Any]:
    """Returns the document of ``tiendo ledger --json``. Files that still wait are a state of their own, ``waiting``.

    What lies in the inboxes and was not taken is no file received: it is listed apart, as the last scan saw it.
    """
    with loader(engine) as connection:
        files = [dict(row) for row in connection.execute(statement("intake/ledger.sql")).mappings()]
        left = [dict(row) for row in connection.execute(statement("intake/left_alone.sql")).mappings()]
    counts = Counter(file["state"] or "waiting" for file in files)
    states = {state: counts.get(state, 0) for state in VERDICTS}
    if counts["waiting"]:
        states["waiting"] = counts["waiting"]
    return {
        "received": len(files),
        "states": states,
        "adds_up": sum(states.values()) == len(files),
        "files": files,
        "left_alone": [
            item | dict(zip(("meaning", "meaning_vi"), REASONS[item["reason"]], strict=True)) for item in left
        ],
    }


def print_status(register: Register, rows: Rows) -> None:
    """Prints a status table in Vietnamese."""
    from tiendo.status.names import LABELS

    section = ""
    for row in rows:
        if row["section"] != section:
            section = row["section"]
            typer.echo(f"\n{section}")
        name = LABELS[row["status"]]
        typer.echo(f"  {name:22}{_value(row):>18}  {row['indicator_name']}")
        typer.echo(f"  {'':22}{'':>18}  {row['explanation']}")
        if trend := _trend(row):
            typer.echo(f"  {'':22}{'':>18}  {trend}")
    if not rows:
        typer.echo("Chưa có đánh giá nào tại thời điểm này.")
    total = Counter(LABELS[row["status"]] for row in rows)
    typer.echo("\n" + "; ".join(f"{name}: {number}" for name, number in total.most_common()))


def _value(row: Mapping[str, Any]) -> str:
    return "-" if row["value"] is None else f"{format_number(row['value'])} {row['unit']}".strip()


def _trend(row: Mapping[str, Any]) -> str:
    from tiendo.status.names import LABELS, TRENDS

    if row["previous_period"] is None:
        return ""
    period = Period.parse(row["previous_period"]).vietnamese
    before = f"{period}: {_value({**row, 'value': row['previous_value']})}, {LABELS[row['previous_status']]}"
    return f"{TRENDS[row['trend']].label} so với {before}" if row["trend"] else f"Trước đó, {before}"


def print_explanation(register: Register, row: Mapping[str, Any]) -> None:
    """Prints where a number comes from, in Vietnamese."""
    from tiendo.status.names import LABELS

    typer.echo(f"{row['indicator_name']} ({row['indicator']}), kỳ {row['period']}")
    typer.echo(f"  Đánh giá:  {LABELS[row['status']]}. {row['explanation']}")
    typer.echo(f"  Quy tắc:   phiên bản {row['rule_version']}, tính lúc {format_instant(row['as_of'])}")
    if row["value"] is None:
        typer.echo("  Chưa có số liệu nào để truy về tệp.")
        return
    agency = register.agency_by_code[row["observation"]["agency"]]
    typer.echo(f"  Giá trị:   {_value(row)} (đang ghi: {row['observation']['value_text']})")
    typer.echo(f"  Ô:         {row['sheet']}!{row['cell']} của tệp {row['file']}")
    typer.echo(f"  Nơi gửi:   {agency.name}, nhận lúc {format_instant(row['received_at'])}, phiếu {row['receipt_no']}")
    typer.echo(f"  SHA-256:   {row['file_sha256']}")


TRACKER_STATES = {
    "accepted": "Đã nhận",
    "accepted_with_warnings": "Đã nhận, cần giải trình",
    "rejected": "Bị trả lại",
    "missing": "Chưa gửi",
    "exempt": "Được miễn",
    "nothing_to_report": "Không phát sinh",
}


def print_tracker(rows: Sequence[Mapping[str, Any]], as_of: datetime) -> None:
    """Prints who sent, how complete, who is late, who is missing, in Vietnamese."""
    for row in rows:
        received = format_instant(row["received_at"]) if row["received_at"] else ""
        share = "" if row["completeness_pct"] is None else f"{row['answered_count']}/{row['owed_count']}"
        state = TRACKER_STATES[row["state"]]
        typer.echo(
            f"{row['agency_name']:48}{state:26}{received:26}{share:>7}  {'; '.join(_remarks(row, as_of))}".rstrip()
        )
    total = Counter(TRACKER_STATES[row["state"]] for row in rows)
    typer.echo("\n" + "; ".join(f"{name}: {number}" for name, number in total.items()))


def _remarks(row: Mapping[str, Any], as_of: datetime) -> list[str]:
    """What else is to be said of a body: late or overdue, extended or excused, a later file sent back."""
    remarks = []
    if row["days_late"]:
        remarks.append(f"chậm {row['days_late']} ngày")
    elif row["state"] in ("missing", "rejected") and row["due_at"] <= as_of:
        remarks.append(f"quá hạn {-((row['due_at'] - as_of) // timedelta(days=1))} ngày")
    if row["letter_no"]:
        letter = f"{row['letter_no']} ngày {format_date(row['letter_on'])}"
        until = f"gia hạn đến {format_date(row['extended_until'])}, " if row["extended_until"] else ""
        remarks.append(f"{until}văn bản {letter}")
    if row["rejected_at"] and row["state"] != "rejected":
        remarks.append(f"bản gửi lúc {format_instant(row['rejected_at'])} bị trả lại, chưa gửi lại")
    if row["correction_asked_at"]:
        remarks.append(f"đã đề nghị điều chỉnh lúc {format_instant(row['correction_asked_at'])}, chưa gửi lại")
    return remarks


def print_ledger(document: Mapping[str, Any]) -> None:
    """Prints every file and its fate."""
    for file in document["files"]:
        state = file["state"] or "waiting"
        name = printable(file["name"])
        typer.echo(f"{file['receipt_no']}  {state:24}{file['agency'] or '-':32}{file['period'] or '-':9}{name}")
    typer.echo(
        f"\n{document['received']} files received; " + ", ".join(f"{n} {s}" for s, n in document["states"].items())
    )
    typer.echo("The ledger adds up." if document["adds_up"] else "THE LEDGER DOES NOT ADD UP.")
    if document["left_alone"]:
        typer.echo("\nLeft where it lies:")
    for item in document["left_alone"]:
        typer.echo(f"  {item['channel']}:{printable(item['path'])}: {item['meaning']} ({item['meaning_vi']})")


def printable(text: str) -> str:
    """Returns a foreign name as one line that a terminal cannot misunderstand."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
