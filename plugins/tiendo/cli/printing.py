"""What commands print for people: rows of the mart and the ledger, in Vietnamese."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import typer

from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.model.states import TASK_STATES
from tiendo.report.record_card import first_try_words, own_plan_words, reports_words
from tiendo.report.words import part_text, reports_title
from tiendo.status.names import LABELS, TRENDS
from tiendo.vietnamese.dates import format_date, format_instant
from tiendo.vietnamese.number import format_number

GROUPINGS = ("plan", "section", "agency")
SUBJECTS = {"indicator": "Chỉ tiêu", "task": "Nhiệm vụ có cơ quan chủ trì", "collective_task": "Nhiệm vụ chung"}
NOT_REPORTED = {"not_reported": "Chưa báo cáo"}
# What a code means, in the order of print.
STATUS_NAMES = {status.value: label for status, label in LABELS.items()}
STATE_NAMES = TASK_STATES | NOT_REPORTED


def print_status(register: Register, rows: Sequence[Mapping[str, Any]]) -> None:
    """Prints a status table in Vietnamese."""
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
    if state := (row.get("components") or {}).get("state"):
        return str(state)
    return "-" if row["value"] is None else f"{format_number(row['value'])} {row['unit']}".strip()


def _trend(row: Mapping[str, Any]) -> str:
    if row["previous_period"] is None:
        return ""
    period = Period.parse(row["previous_period"]).vietnamese
    before = (
        f"{period}: {_value({'value': row['previous_value'], 'unit': row['unit']})}, {LABELS[row['previous_status']]}"
    )
    return f"{TRENDS[row['trend']].label} so với {before}" if row["trend"] else f"Trước đó, {before}"


def print_explanation(register: Register, row: Mapping[str, Any]) -> None:
    """Prints where a number comes from, in Vietnamese."""
    typer.echo(f"{row['indicator_name']} ({row['indicator']}), kỳ {row['period']}")
    typer.echo(f"  Đánh giá:  {LABELS[row['status']]}. {row['explanation']}")
    typer.echo(f"  Quy tắc:   phiên bản {row['rule_version']}, tính lúc {format_instant(row['as_of'])}")
    if "parts" in row:
        _print_parts(register, row)
        return
    if row["value"] is None and not row["components"].get("state"):
        typer.echo("  Chưa có số liệu nào để truy về tệp.")
        return
    agency = register.agency_by_code[row["observation"]["agency"]]
    typer.echo(f"  Giá trị:   {_value(row)} (đang ghi: {row['observation']['value_text']})")
    typer.echo(f"  Ô:         {row['sheet']}!{row['cell']} của tệp {row['file']}")
    typer.echo(f"  Nơi gửi:   {agency.name}, nhận lúc {format_instant(row['received_at'])}, phiếu {row['receipt_no']}")
    typer.echo(f"  SHA-256:   {row['file_sha256']}")


def _print_parts(register: Register, row: Mapping[str, Any]) -> None:
    """Prints what a sum was made of, a line each."""
    typer.echo(f"  Giá trị:   {_value(row)}, tổng của {len(row['parts'])} chỉ tiêu thành phần:")
    for part in row["parts"]:
        figure = part_text(part["choice"], part["value"], register.period_kind)
        origin = ""
        if part["observation_id"] is not None:
            origin = (
                f"; {register.agency_by_code[part['agency']].name}, phiếu {part['receipt_no']},"
                f" ô {part['sheet']}!{part['cell']} của tệp {printable(part['file'])}, SHA-256 {part['file_sha256']}"
            )
        typer.echo(f"    {part['indicator_name']} ({part['indicator']}): {figure}{origin}")


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


def print_ledger(document: Mapping[str, Any], *, tells_plan: bool = False) -> None:
    """Prints every file and its fate, and of which plan it is where that is asked for."""
    for file in document["files"]:
        state = file["state"] or "waiting"
        name = printable(file["name"])
        plan = f"{file['plan'] or '-':24}" if tells_plan else ""
        told = f"{file['period'] or '-'} "
        typer.echo(f"{file['receipt_no']}  {state:24}{file['agency'] or '-':32}{plan}{told:9}{name}")
        if file["reading_failure"]:
            typer.echo(f"  not read: {printable(file['reading_failure'])}")
    typer.echo(
        f"\n{document['received']} files received; " + ", ".join(f"{n} {s}" for s, n in document["states"].items())
    )
    typer.echo("The ledger adds up." if document["adds_up"] else "THE LEDGER DOES NOT ADD UP.")
    if document["left_alone"]:
        typer.echo("\nLeft where it lies:")
    for item in document["left_alone"]:
        typer.echo(f"  {item['channel']}:{printable(item['path'])}: {item['meaning']} ({item['meaning_vi']})")


def print_rollup(rows: Sequence[Mapping[str, Any]]) -> None:
    """Prints counts by group, indicators first, in Vietnamese."""
    for subject, title in SUBJECTS.items():
        mine = [row for row in rows if row["subject"] == subject]
        if not mine:
            continue
        typer.echo(f"\n{title}")
        for name, group in groupby(mine, key=lambda row: row["group_name"]):
            counts = list(group)
            typer.echo(f"  {name} ({counts[0]['group_count']})")
            typer.echo(f"    {_in_words(counts, subject)}")
    if not rows:
        typer.echo("Chưa có đánh giá nào tại thời điểm này.")


def _in_words(rows: Sequence[Mapping[str, Any]], subject: str) -> str:
    names = STATUS_NAMES if subject == "indicator" else STATE_NAMES
    counts = {row["status"]: row["item_count"] for row in rows}
    return "; ".join(f"{name}: {counts[code]}" for code, name in names.items() if code in counts)


def print_records(register: Register, rows: Sequence[Mapping[str, Any]]) -> None:
    """Prints the record card of each body, in Vietnamese."""
    for row in rows:
        typer.echo(f"\n{row['agency_name']} ({row['agency_code']})")
        mistakes = row["mistakes"]
        for label, text in (
            (reports_title(register.period_kind), reports_words(row)),
            ("Được chấp nhận ngay lần đầu", first_try_words(row)),
            ("Kế hoạch thực hiện của đơn vị", own_plan_words(row)),
            ("Lỗi thường gặp", f"{len(mistakes)} loại" if mistakes else "không có"),
        ):
            typer.echo(f"  {label + ':':32}{text}")
        for mistake in mistakes:
            typer.echo(f"    {mistake['rule']:28}{mistake['file_count']:3} tệp  {mistake['title']}")


def printable(text: str) -> str:
    """Returns a foreign name as one line that a terminal cannot misunderstand."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
