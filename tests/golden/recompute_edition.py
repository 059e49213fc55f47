"""Holds a published edition, as a consumer has it, against what the archived workbooks and the register give.

``differences`` reads CSV, Parquet, XLSX, DOCX, HTML and manifest, and tells each disagreement in one line: where it is
printed, what is printed there, what it should be.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import lxml.html
import pyarrow.parquet
from docx import Document
from openpyxl import load_workbook

from golden import recompute
from golden.recompute import (
    DAY,
    KIND,
    ROMAN,
    STATUSES,
    Archive,
    Plan,
    Row,
    Verdict,
    csv_rows,
    cut,
    flat,
    percent,
    printed,
    table_of,
    trend,
    typed,
    written,
)
from golden.recompute_sentence import read_sentence

TRENDS = {"better": "Tốt hơn", "same": "Không đổi", "worse": "Kém hơn"}
READ = {"accepted", "accepted_with_warnings", "rejected"}
COLUMNS = [
    {"exceeded", "achieved"}, {"on_track"}, {"at_risk"}, {"behind", "missed"}, {"no_data"}, {"not_yet_published"},
    {"no_target", "conflicting", "undecidable"},
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Edition:
    """The files of one edition."""

    folder: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        return found

    @cached_property
    def as_of(self) -> datetime:
        return datetime.fromisoformat(self.manifest["as_of"])

    @cached_property
    def quarter(self) -> int:
        return int(self.manifest["period"][-1])

    @cache  # noqa: B019 - a few editions at most
    def table(self, name: str) -> list[Row]:
        return csv_rows(self.folder / "data" / f"{name}.csv")

    @cached_property
    def by_code(self) -> dict[str, Row]:
        """The indicators with a verdict; rows that only head others have none."""
        return {row["indicator_code"]: row for row in self.table("indicators") if row["row_kind"] != "group"}

    @cached_property
    def html(self) -> Any:
        return lxml.html.fromstring((self.folder / "bao-cao.html").read_bytes())

    @cached_property
    def docx(self) -> tuple[list[str], list[list[list[str]]]]:
        """Paragraphs, and tables of rows of cells."""
        document = Document(str(self.folder / "bao-cao.docx"))
        tables = [[[flat(cell.text) for cell in row.cells] for row in table.rows] for table in document.tables]
        return [flat(paragraph.text) for paragraph in document.paragraphs], tables

    @cached_property
    def html_tables(self) -> list[list[list[str]]]:
        return [
            [[flat(cell.text_content()) for cell in row.xpath("./th|./td")] for row in table.xpath(".//tr")]
            for table in self.html.xpath("//table")
        ]

    @cached_property
    def xlsx(self) -> Any:
        return load_workbook(self.folder / "bao-cao.xlsx")

    @cached_property
    def texts(self) -> dict[str, str]:
        """What is written outside tables, a line each, by file."""
        lines = self.html.xpath("//li|//p|//caption|//h3|//figcaption")
        summary = (str(row[0]) for row in self.xlsx.worksheets[0].iter_rows(values_only=True) if row[0])
        return {
            "docx": "\n".join(line.removeprefix("- ") for line in self.docx[0]),
            "html": "\n".join(flat(line.text_content()) for line in lines),
            "xlsx": "\n".join(summary),
        }


@dataclass(frozen=True, eq=False)
class World:
    """An edition and all that it is recomputed from; ``editions`` are those before it."""

    plan: Plan
    archive: Archive
    edition: Edition
    files: list[Row]
    editions: list[Edition]

    def then(self, edition: Edition) -> "World":
        """The same as an earlier edition could know it."""
        return World(self.plan, self.archive, edition, self.files, [])

    @property
    def period(self) -> str:
        return str(self.edition.manifest["period"])

    @cached_property
    def known(self) -> dict[tuple[str, ...], recompute.Answer]:
        return recompute.known_answers(self.plan, self.archive, self.came)

    @cached_property
    def came(self) -> list[Row]:
        """The files that had come by then, in that order."""
        files = [row for row in self.files if datetime.fromisoformat(row["received_at"]) <= self.edition.as_of]
        return sorted(files, key=lambda row: (datetime.fromisoformat(row["received_at"]), row["receipt_no"]))

    def accepted(self, body: str, period: str) -> list[Row]:
        name = self.plan.names[body]
        is_of = (row for row in self.came if (row["agency_name"], row["period"]) == (name, period))
        return [row for row in is_of if row["state"].startswith("accepted")]

    @cache  # noqa: B019
    def verdict(self, code: str, quarter: int) -> Verdict:
        return recompute.verdict(self.plan.indicators[code], quarter, self.known, self.period[:4])

    @cached_property
    def verdicts(self) -> dict[str, Verdict]:
        codes = (code for code, row in self.plan.indicators.items() if row.row_kind != "group")
        return {code: self.verdict(code, self.edition.quarter) for code in codes}

    def before(self, code: str) -> Verdict | None:
        """The latest earlier quarter that has a figure."""
        earlier = (self.verdict(code, quarter) for quarter in range(self.edition.quarter - 1, 0, -1))
        return next((each for each in earlier if each.has_figure), None)

    def is_of_section(self, section: str) -> list[Verdict]:
        return [it for it in self.verdicts.values() if it.indicator.section_no == section]


def differences(published: Path, archive: Path, plan: Path, *, edition: Path, only: str = "") -> list[str]:
    """Everything the edition in folder ``edition`` prints that is not what the files in ``archive`` and ``plan`` give.

    ``published`` holds the folders ``<period>/<number>`` of all editions: their lists of files tell what came. ``only``
    names one of the checks, whose name each line begins with.
    """
    this = Edition(edition)
    every = [Edition(path.parent) for path in published.glob("*/*/manifest.json")]
    earlier = sorted((each for each in every if each.as_of < this.as_of), key=lambda each: each.as_of)
    files = {row["receipt_no"]: row for each in (*every, this) for row in each.table("files")}
    world = World(Plan(plan), Archive(archive), this, list(files.values()), earlier)
    checks = (
        rows, sentences, sources, tasks, changes, submissions, records, annexes, leads, counts, lists, printed_rows,
        copies,
    )  # fmt: skip
    chosen = [check for check in checks if only in {"", check.__name__}]
    return [f"{check.__name__}: {difference}" for check in chosen for difference in check(world)]


def unlike(place: str, wanted: Mapping[str, object], row: Row) -> Iterator[str]:
    """The columns of a row that do not hold what is wanted; numbers compare as numbers, None is an empty cell."""
    for column, want in wanted.items():
        if isinstance(want, Fraction):
            if _fraction(row[column]) != want:
                yield f"{place}.{column} is {row[column]!r}, not {float(want)}"
        elif row[column] != (str(want).lower() if isinstance(want, (bool, date)) else want or ""):
            yield f"{place}.{column} is {row[column]!r}, not {want!r}"


def rows(world: World) -> Iterator[str]:
    """Each row of indicators.csv against the register, the figure in force and the verdict."""
    sections = {"TB": "TB. "} | {number: f"{number}. " for number in world.plan.settings["sections"]}
    if list(world.edition.by_code) != list(world.verdicts):
        yield f"the indicators are {list(world.edition.by_code)}"
    for code, it in world.verdicts.items():
        at, row, figure = it.indicator, world.edition.by_code[code], it.figure
        before = world.before(code)
        due = at.due(it.quarter) if it.is_graded or it.status in {"no_data", "conflicting"} else None
        ratio, margin = it.or_none(at.ratio), it.or_none(at.margin)
        wanted: dict[str, object] = {
            "row_kind": at.row_kind,
            "printed_no": at.printed_no or at.body_ref,
            "section": f"{sections[at.section_no]}{flat(world.plan.settings['sections'][at.section_no])}",
            "indicator_name": at.label or at.name,
            "unit": at.unit["label"],
            "target_text": at.target_text,
            "target_low": at.bound("low"),
            "target_high": at.bound("high"),
            "status": it.status,
            "status_name": it.name,
            "expected_value": at.nearer(it.value, it.quarter)
            if it.is_graded
            else (None if due is None or at.is_band else due[0]),
            "ratio": ratio if ratio is None else cut(ratio, 6),
            "margin": margin if margin is None else cut(margin, 6),
            "needed": it.or_none(at.needed),
            "expected_even": at.target * it.quarter / 4 if due and at.is_flow and not at.is_band else None,
            "is_estimate": it.is_estimate,
            "previous_period": before and f"{world.period[:4]}-Q{before.quarter}",
            "previous_value": before and before.value,
            "previous_status": before and before.status,
            "trend": trend(it, before),
            "trend_name": TRENDS.get(trend(it, before), ""),
            "rule_version": world.plan.settings["rule_version"],
            "unit_code": at.unit["code"],
            "plan_code": world.plan.settings["code"],
            "report_period": world.period,
            "edition": str(world.edition.manifest["edition"]),
        }
        if figure is not None and figure.value is not None and it.status != "conflicting":
            wanted |= {
                "value": figure.value,
                "value_text": figure.text,
                "value_kind": "estimate" if figure.is_estimate else "actual",
                "value_basis": "year_to_date",
                "is_approximate": figure.is_approximate,
                "is_illustrative": figure.is_illustrative,
                "agency_name": figure.file["agency_name"],
                "agency_code": world.plan.codes[figure.file["agency_name"]],
                "data_on": figure.words[DAY].date(),
                "note": figure.note,
                "explanation": figure.words.get("Giải trình"),
            }
        else:
            wanted |= {"value": None, "is_approximate": False, "is_illustrative": False}
        yield from unlike(code, wanted, row)


def sentences(world: World) -> Iterator[str]:
    """The numbers of each sentence, each in its role and rounded the right way, and none besides."""
    for code, it in world.verdicts.items():
        sentence = world.edition.by_code[code]["sentence"]
        note = it.indicator.publication_note
        if it.status == "not_yet_published":
            if sentence != f"Chưa đến kỳ công bố số liệu ({note.removesuffix('.')}).":
                yield f"{code}: {sentence}"
            continue
        for fault in read_sentence(it, sentence):
            yield f"{code}: {fault}"


def sources(world: World) -> Iterator[str]:
    """Each figure leads to the cell of the archived workbook that holds it, and to the figure in force."""
    figures = {code: it.figure for code, it in world.verdicts.items() if it.figure}
    told = world.edition.table("sources")
    if [row["indicator_code"] for row in told] != list(figures):
        yield f"sources are given of {[row['indicator_code'] for row in told]}"
    for row in told:
        code, figure = row["indicator_code"], figures.get(row["indicator_code"])
        if figure is None:
            continue
        text, value, _ = typed(world.archive.workbook(row["file_sha256"])[row["sheet"]][row["cell"]])
        wanted = {"value": value, "value_text": text, "sheet": figure.sheet, "cell": figure.cell}
        wanted |= {
            "kind_name": figure.words[KIND],
            "receipt_no": figure.file["receipt_no"],
            "file_sha256": figure.file["sha256"],
        }
        wanted |= {"file_name": figure.file["file_name"], "received_at": figure.file["received_at"]}
        yield from unlike(code, wanted | {"agency_name": figure.file["agency_name"]}, row)
        article = world.edition.html.get_element_by_id(f"nguon-{code}", None)
        origin = flat(article.text_content()) if article is not None else ""
        for needle in (f"trang “{row['sheet']}”, ô {row['cell']}", row["receipt_no"], row["file_sha256"], flat(text)):
            if needle not in origin:
                yield f"{code}: the page's origin lacks {needle!r}"


def tasks(world: World) -> Iterator[str]:
    """Each task's state and completion is what the newest accepted report of its lead says, in the cell named."""
    said = _told_of_tasks(world, world.period)
    earlier = {
        key: f"Chưa báo cáo (quý {ROMAN[quarter]}: đã hoàn thành)" if told[0] == "Đã hoàn thành" else "Chưa báo cáo"
        for quarter in range(1, int(world.period[-1]))
        for key, told in _told_of_tasks(world, f"{world.period[:-1]}{quarter}").items()
    }
    for row in world.edition.table("tasks"):
        key = (row["task_ref"], row["agency_code"])
        state, share, receipt, sheet, cell = said.pop(key, (earlier.get(key, "Chưa báo cáo"), None, "", "", ""))
        wanted = {"state_name": state, "completion_pct": share, "receipt_no": receipt, "sheet": sheet, "cell": cell}
        yield from unlike(f"{row['task_ref']} {row['agency_code']}", wanted, row)
    if said:
        yield f"tasks are missing: {list(said)}"


def _told_of_tasks(world: World, period: str) -> dict[tuple[str, str], tuple[str, Fraction | None, str, str, str]]:
    """State, completion, receipt, sheet and cell of each task and body, of the newest report for a period."""
    said: dict[tuple[str, str], tuple[str, Fraction | None, str, str, str]] = {}
    for body in world.plan.names:
        for file in world.accepted(body, period)[-1:]:
            for sheet in world.archive.workbook(file["sha256"]):
                for number, words, heads in table_of(sheet, "Mã nhiệm vụ"):
                    done, place = words["% hoàn thành"], sheet.cell(number, heads["Trạng thái"] + 1).coordinate
                    share = Fraction(repr(done)) if done is not None else None
                    said[str(words["Mã nhiệm vụ"]), body] = (
                        words["Trạng thái"], share, file["receipt_no"], sheet.title, place,
                    )  # fmt: skip
    return said


def changes(world: World) -> Iterator[str]:
    """What is told of figures and verdicts that changed since the editions before."""
    older = [each for each in world.editions if each.manifest["period"] < world.period]
    wanted: dict[tuple[str, ...], tuple[Fraction | None, Fraction | None]] = {}
    if older:
        known = world.then(older[-1]).known
        for key in sorted(set(known) & set(world.known)):
            if key[0] < world.period and known[key].value != world.known[key].value:
                wanted[key[:3]] = (known[key].value, world.known[key].value)
    told = {
        (row["period"], row["indicator_code"], row["basis"]): (_fraction(row["old_value"]), _fraction(row["new_value"]))
        for row in world.edition.table("revisions")
    }
    if told != wanted:
        yield f"revisions are {told}, not {wanted}"
    verdicts: dict[str, tuple[object, ...]] = {}
    same = [each for each in world.editions if each.manifest["period"] == world.period]
    for code, it in world.then(same[-1]).verdicts.items() if same else ():
        pair = [(each.value if each.has_figure else None, each.status) for each in (it, world.verdicts[code])]
        if pair[0] != pair[1]:
            verdicts[code] = (*pair[0], *pair[1])
    printed_changes = {
        row["indicator_code"]: (
            _fraction(row["old_value"]),
            row["old_status"],
            _fraction(row["new_value"]),
            row["new_status"],
        )
        for row in world.edition.table("changes")
    }
    if printed_changes != verdicts:
        yield f"changes are {printed_changes}, not {verdicts}"
    for row in (*world.edition.table("revisions"), *world.edition.table("changes")):
        (file,) = (file for file in world.came if file["receipt_no"] == row["receipt_no"])
        value = typed(world.archive.workbook(file["sha256"])[row["sheet"]][row["cell"]])[1]
        yield from unlike(row["indicator_code"], {"new_value": value, "received_at": file["received_at"]}, row)


def _fraction(text: str) -> Fraction | None:
    return Fraction(text) if text else None


def submissions(world: World) -> Iterator[str]:
    """Who sent, how late and how much, from the files that came."""
    quarter, board = world.edition.quarter, world.edition.table("tasks")
    published = [it.indicator for it in world.verdicts.values() if str(quarter) in it.indicator.published_in.split(";")]
    for row in world.edition.table("submissions"):
        body = row["agency_code"]
        owed = [at.code for at in published if body in at.reporters.split(";")]
        told = sum((world.period, code, "year_to_date", body) in world.known for code in owed)
        mine = [bool(each["receipt_no"]) for each in board if each["agency_code"] == body]
        wanted: dict[str, object] = {"owed_count": str(len(owed) + len(mine)), "answered_count": str(told + sum(mine))}
        accepted, late = world.accepted(body, world.period), _delays(world, body).get(quarter)
        wanted |= {"is_on_time": not late if accepted else None, "days_late": str(late) if accepted else None}
        if accepted:
            wanted |= {"received_at": accepted[0]["received_at"], "version": str(len(accepted))}
            wanted |= {"receipt_no": accepted[-1]["receipt_no"]}
        yield from unlike(body, wanted | {"state": accepted[-1]["state"] if accepted else "missing"}, row)


def records(world: World) -> Iterator[str]:
    """How each body has reported in the year so far, from the files that came."""
    for row in world.edition.table("records"):
        delays = _delays(world, row["agency_code"])
        late = [days for days in delays.values() if days]
        due = [_due(world, quarter) <= world.edition.as_of for quarter in range(1, world.edition.quarter + 1)]
        owed = sum(is_due or quarter in delays for quarter, is_due in enumerate(due, 1))
        read = [file for file in world.came if file["agency_name"] == row["agency_name"] and file["state"] in READ]
        first = {file["period"]: file["state"] for file in reversed(read)}
        wanted: dict[str, object] = {
            "owed_count": str(owed),
            "received_count": str(len(delays)),
            "on_time_count": str(len(delays) - len(late)),
            "late_count": str(len(late)),
            "missing_count": str(owed - len(delays)),
            "days_late_avg": cut(Fraction(sum(late), len(delays)), 1, "nearest") if delays else None,
            "days_late_max": str(max(delays.values())) if delays else None,
            "first_try_count": str(sum(state != "rejected" for state in first.values())),
            "rejected_count": str(sum(file["state"] == "rejected" for file in read)),
        }
        yield from unlike(row["agency_code"], wanted, row)


def _due(world: World, quarter: int) -> datetime:
    day = world.plan.settings["calendar"]["submission_due"]["before_day"]
    return datetime(int(world.period[:4]), 3 * quarter, day, tzinfo=world.edition.as_of.tzinfo)


def _delays(world: World, body: str) -> dict[int, int]:
    """Days begun after the deadline, by quarter with an accepted report; 0 in time."""
    found = {}
    for quarter in range(1, world.edition.quarter + 1):
        for file in world.accepted(body, f"{world.period[:4]}-Q{quarter}")[:1]:
            late = datetime.fromisoformat(file["received_at"]) - _due(world, quarter)
            found[quarter] = late // timedelta(days=1) + 1 if late >= timedelta() else 0
    return found


def annexes(world: World) -> Iterator[str]:
    """The tables of tasks, senders, records, revisions and changes hold what the data files hold."""
    by_ref: dict[str, list[Row]] = defaultdict(list)
    for row in world.edition.table("tasks"):
        by_ref[row["task_ref"]].append(row)
    sent = {row["agency_name"]: row for row in world.edition.table("submissions")}
    cards = {row["agency_name"]: row for row in world.edition.table("records")}
    moved = {"Số mới": ("Số cũ", "revisions"), "Số liệu này": ("Số liệu trước", "changes")}
    for file, tables in (("docx", world.edition.docx[1]), ("html", world.edition.html_tables)):
        seen, figures = set[str](), dict[str, list[tuple[str, str]]]()
        for cells in (dict(zip(table[0], line, strict=False)) for table in tables for line in table[1:]):
            wanted: dict[str, str] = {}
            if "Tiến độ" in cells:
                seen.add(cells["Mục"])
                wanted = {"Tiến độ": _progress(by_ref[cells["Mục"]])}
                if len(by_ref[cells["Mục"]]) > 1:
                    accounts = [row for row in by_ref[cells["Mục"]] if row["receipt_no"] and not row["contradiction"]]
                    told = Counter(row["state_name"].lower() for row in accounts)
                    wanted["Kết quả"] = "; ".join(f"{count:02} {name}" for name, count in told.items())
            elif "Thời điểm nhận" in cells:
                seen.add(cells["Đơn vị"])
                wanted = _sender(sent[cells["Đơn vị"]])
            elif "Báo cáo quý" in cells:
                seen.add(f"record of {cells['Đơn vị']}")
                wanted = _record(cards[cells["Đơn vị"]])
            for head, (old, table) in moved.items():
                if head in cells and len(set(cells.values())) > 2:
                    figures.setdefault(table, []).append((cells[old], cells[head]))
            for head, want in wanted.items():
                if not re.match(re.escape(want) + r"(?!\w)", cells[head]):
                    yield f"{file}: {next(iter(cells.values()))} {cells[head]!r}, not {want!r}"
        if seen != {*by_ref, *sent, *(f"record of {name}" for name in cards)}:
            yield f"{file}: the tables tell of {seen}"
        for table in ("revisions", "changes"):
            want_figures = [
                tuple(written(Fraction(row[name])) if row[name] else "–" for name in ("old_value", "new_value"))
                for row in world.edition.table(table)
            ]
            if figures.get(table, []) != want_figures:
                yield f"{file}: {table} {figures.get(table)}, not {want_figures}"


def _progress(rows: list[Row]) -> str:
    """How a task stands: as its lead says, or how many of all bodies have told."""
    if len(rows) > 1:
        return f"{sum(bool(row['receipt_no']) for row in rows)}/{len(rows)} đơn vị đã báo cáo"
    share = rows[0]["completion_pct"]
    return rows[0]["state_name"] + (f" ({written(Fraction(share))}%)" if share else "")


def _sender(row: Row) -> dict[str, str]:
    received = f"{datetime.fromisoformat(row['received_at']):%d/%m/%Y %H:%M}" if row["received_at"] else ""
    delay = {"": "", "0": "Đúng hạn"}.get(row["days_late"], f"Chậm {int(row['days_late'] or 0):02} ngày")
    if not received:
        return {"Tình trạng": row["state_name"]}
    return {
        "Tình trạng": row["state_name"],
        "Thời điểm nhận": received,
        "Thời hạn": delay,
        "Biên nhận": row["receipt_no"],
    }


def _record(row: Row) -> dict[str, str]:
    if row["owed_count"] == "0":
        return {"Báo cáo quý": "chưa đến hạn kỳ nào"}
    told = f"{row['received_count']}/{row['owed_count']} kỳ đã gửi: {row['on_time_count']} đúng hạn"
    if row["late_count"] != "0":
        average = written(Fraction(row["days_late_avg"]))
        told += (
            f", {row['late_count']} chậm (bình quân {average} ngày một báo cáo, nhiều nhất {row['days_late_max']} ngày)"
        )
    if row["missing_count"] != "0":
        told += f"; {row['missing_count']} kỳ chưa gửi"
    tries = f"{row['first_try_count']}/{row['received_count']} kỳ"
    if row["rejected_count"] != "0":
        tries += f"; {row['rejected_count']} tệp bị trả lại"
    return {"Báo cáo quý": told, "Chấp nhận ngay lần đầu": tries}


def leads(world: World) -> Iterator[str]:
    """How much of each lead body stands where, in leads.csv and in the annex."""
    counted: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for it in world.verdicts.values():
        counted[it.indicator.reporters.split(";")[0], "indicator"][it.status] += 1
    names, doubted = dict(STATUSES), Counter[str]()
    for row in world.edition.table("tasks"):
        counted[row["agency_code"], "task"][row["state"]] += 1
        names[row["state"]] = row["state_name"].partition(" (")[0]
        doubted[row["agency_code"]] += bool(row["contradiction"])
    told: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in world.edition.table("leads"):
        told[row["agency_code"], row["subject"]][row["status"]] += int(row["item_count"])
    if told != counted:
        yield f"counts differ: {[key for key in {**told, **counted} if told[key] != counted[key]]}"
    for file, tables in (("docx", world.edition.docx[1]), ("html", world.edition.html_tables)):
        (table,) = (table for table in tables if {"Cơ quan chủ trì", "Chỉ tiêu"} <= set(table[0][:-1]))
        for body, *texts in (cells[-3:] for cells in table[1:]):
            for subject, text in zip(("indicator", "task"), texts, strict=True):
                wanted = {names[key].lower(): n for key, n in counted[world.plan.codes[body], subject].items()}
                total, _, parts = text.partition(": ")
                parts, _, doubts = parts.partition(" (trong đó ")
                got = {name: n for name, (n, _) in tally(parts).items()}
                against = int(doubts.split()[0]) if doubts else 0
                if against != (doubted[world.plan.codes[body]] if subject == "task" else 0):
                    yield f"{file}, {body}: {against} contradict"
                if got != wanted or (wanted and int(total.split()[0]) != sum(wanted.values())):
                    yield f"{file}, {body}: {text}"


def tally(text: str) -> dict[str, tuple[int, int]]:
    """Of "01 đạt; 11 đúng tiến độ (02 theo số ước)": how many by name, and how many of these rest on estimates."""
    found = re.findall(r"(\d+) ([^;(]+?)(?: \((\d+) theo số ước\))?(?:;|$)", text.rstrip("."))
    return {name: (int(count), int(estimates or 0)) for count, name, estimates in found}


def _standing(verdicts: Iterable[Verdict]) -> dict[str, tuple[int, int]]:
    counted: dict[str, tuple[int, int]] = {}
    for it in verdicts:
        count, estimates = counted.get(STATUSES[it.status].lower(), (0, 0))
        counted[STATUSES[it.status].lower()] = (count + 1, estimates + it.is_estimate)
    return counted


def counts(world: World) -> Iterator[str]:
    """Every count in the manifest, on page one and over the tables."""
    every = list(world.verdicts.values())
    own_tasks = [row for row in world.edition.table("tasks") if row["is_collective"] == "false"]
    shared = {row["task_ref"] for row in world.edition.table("tasks") if row["is_collective"] == "true"}
    sent = world.edition.table("submissions")
    received = [row for row in sent if row["state"].startswith("accepted")]
    late = [row["agency_name"] for row in received if row["days_late"] != "0"]
    estimates = sum(it.is_estimate for it in every)
    figures = [it.figure for it in every if it.has_figure and it.figure]
    illustrations = sum(figure.is_illustrative for figure in figures)
    wanted: dict[str, object] = {"indicators": len(every), "statuses": Counter(it.status for it in every)}
    wanted |= {"estimates": estimates, "illustrative": illustrations, "submissions_owed": len(sent)}
    wanted |= {"submissions_received": len(received), "submissions_late": len(late)}
    wanted |= {"tasks": len({row["task_ref"] for row in own_tasks} | shared)}
    wanted |= {"revisions": len(world.edition.table("revisions"))}
    if wanted != world.edition.manifest["counts"]:
        yield f"the manifest counts {world.edition.manifest['counts']}, not {wanted}"

    sections = {number: world.is_of_section(number) for number in world.plan.settings["sections"]}
    standing = [_standing(every), *(_standing(group) for group in sections.values())]
    states = {"": Counter(row["state_name"].lower() for row in own_tasks)}
    for row in own_tasks:
        states.setdefault(row["section_ref"], Counter())[row["state_name"].lower()] += 1
    missing = [row for row in sent if row["state"] == "missing"]
    on_time = str(len(received) - len(late))
    punctual = f"trong đó {on_time} đúng hạn, {len(late):02} chậm ({'; '.join(late)})" if late else "đều đúng hạn"
    plans = world.edition.table("records")
    no_plan = [row["agency_name"] for row in plans if row["own_plan_state"] == "missing"]
    late_plans = sum(row["own_plan_days_late"] not in {"", "0"} for row in plans)
    days = Counter(figure.words[DAY].date() for figure in figures)
    usual, usual_count = days.most_common(1)[0]
    open_still = sum(bool(row["open_until"]) for row in missing)
    overdue = len(missing) - open_still
    more, newly = len(world.edition.table("changes")), _newly_sent(world)
    # What is said, in which words, and in which files it must be; nowhere else either.
    pages, everywhere = {"docx", "html"}, {"docx", "html", "xlsx"}
    owed = (len(received), len(sent))
    facts: list[tuple[str, tuple[object, ...], set[str]]] = [
        (r"(\d+)/(\d+) đơn vị đã gửi báo cáo được tiếp nhận, (.*?)\. ", (*owed, punctual), everywhere),
        (r"(\d+) đơn vị chưa gửi, còn trong hạn", (open_still,), everywhere if open_still else set()),
        (r"(\d+) đơn vị quá hạn chưa có báo cáo", (overdue,), everywhere if overdue else set()),
        (r"(\d+)/(\d+) số liệu là số liệu minh họa", (illustrations, len(figures)), everywhere),
        (r"(\d+) chỉ tiêu dùng số liệu minh họa", (illustrations,), pages if illustrations else set()),
        (r"(\d+) chỉ tiêu (?:đánh giá theo|dựa trên) số ước", (estimates,), pages if estimates else set()),
        (r"Có (\d+)/(\d+) đơn vị có báo cáo được tiếp nhận, trong đó (\d+) đơn vị", (*owed, on_time), pages),
        (
            r"Kế hoạch thực hiện của các đơn vị: (\d+)/(\d+) đơn vị đã gửi, trong đó (\d+) gửi chậm; chưa gửi: (.*)\.",
            (len(plans) - len(no_plan), len(plans), late_plans, "; ".join(no_plan)), pages,
        ),
        (r"số liệu tính đến ngày ([\d/]+)", (f"{usual:%d/%m/%Y}",), everywhere),
        (r"ngày [\d/]+ \((\d+)/(\d+) chỉ tiêu\)", (usual_count, len(figures)), everywhere if len(days) > 1 else set()),
        (r"sớm nhất ([\d/]+\d)", (f"{min(days):%d/%m/%Y}",), everywhere if min(days) < usual else set()),
        (r"muộn nhất ([\d/]+\d)", (f"{max(days):%d/%m/%Y}",), everywhere if max(days) > usual else set()),
        (r"so với lần thứ \d+, .*?(\d+) đơn vị gửi bổ sung", (newly,), pages if newly else set()),
        (r"so với lần thứ \d+, (\d+) chỉ tiêu", (more,), pages if more else set()),
    ]  # fmt: skip
    for file, text in world.edition.texts.items():
        told = re.findall(r"Trong (\d+) chỉ tiêu: ([^.]*)\.", text)
        for (total, parts), group in zip(told, standing, strict=False):
            if tally(parts) != group or int(total) != sum(count for count, _ in group.values()):
                yield f"{file}: of {total} indicators {parts}, not {group}"
        if len(told) != (len(standing) if file == "html" else 1):
            yield f"{file}: {len(told)} sentences count indicators"
        (own,) = set(
            re.findall(r"Trong (\d+) nhiệm vụ có cơ quan chủ trì riêng \(không kể (\d+) [^)]*\): ([^.]*)\.", text)
        )
        by_section = re.findall(r"^(?:Mục )?(II\.\d+|III)(?: của Kế hoạch)?\. .*\n(\d\d [^.]*)\.$", text, re.MULTILINE)
        if (int(own[0]), int(own[1])) != (len(own_tasks), len(shared)):
            yield f"{file}: {own[:2]} tasks, not {len(own_tasks)} and {len(shared)}"
        for section, parts in (("", own[2]), *by_section):
            if {name: count for name, (count, _) in tally(parts).items()} != states[section]:
                yield f"{file}: tasks {section} {parts}, not {states[section]}"
        if file == "docx" and {section for section, _ in by_section} != set(states) - {""}:
            yield f"{file}: tasks are counted of {[section for section, _ in by_section]}"
        for pattern, want, files in facts:
            said = [found.groups() for found in re.finditer(pattern, text + "\n")]
            if bool(said) != (file in files) or any([*map(_plain, got)] != [*map(_plain, want)] for got in said):
                yield f"{file}: {pattern} finds {said}, not {want}"
    yield from _overview(world, sections)


def _plain(told: object) -> str:
    return str(int(str(told))) if str(told).isdigit() else str(told)


def _newly_sent(world: World) -> int:
    same = [each for each in world.editions if each.manifest["period"] == world.period]
    now = {row["agency_code"] for row in world.edition.table("submissions") if row["state"].startswith("accepted")}
    then = (
        {row["agency_code"] for row in same[-1].table("submissions") if row["state"].startswith("accepted")}
        if same
        else now
    )
    return len(now - then)


def _overview(world: World, sections: dict[str, list[Verdict]]) -> Iterator[str]:
    """The table of page one: groups of indicators by groups of statuses."""
    groups = [*sections.values(), list(world.verdicts.values())]
    wanted = [[len(group), *(sum(it.status in names for it in group) for names in COLUMNS)] for group in groups]
    summary = [[str(cell) for cell in row] for row in world.edition.xlsx.worksheets[0].iter_rows(values_only=True)]
    start = next(number for number, row in enumerate(summary) if row[0] == "Nhóm chỉ tiêu")
    tables = {"docx": world.edition.docx[1], "html": world.edition.html_tables, "xlsx": [summary[start:]]}
    for file, found in tables.items():
        (table,) = (table for table in found if table[0][0] == "Nhóm chỉ tiêu")
        got = [[int(cell) for cell in row[1:]] for row in table[1 : len(wanted) + 1]]
        if got != wanted:
            yield f"{file}: the table of page one has {got}, not {wanted}"


def lists(world: World) -> Iterator[str]:
    """The indicators that page one names, under the heads that fit, with figure, target and distance."""
    heads = {
        "Đã đạt, vượt kế hoạch": {"achieved", "exceeded"}, "Chậm, không đạt": {"behind", "missed"},
        "Chỉ tiêu có nguy cơ": {"at_risk"}, "Chỉ tiêu chưa có số liệu": {"no_data"},
    }  # fmt: skip
    for file, text in world.edition.texts.items():
        for head, statuses in heads.items():
            wanted = [it for it in world.verdicts.values() if it.status in statuses]
            for told in re.findall(rf"^{head}: (.*)$", text, re.MULTILINE):
                line = told.partition("Có nguy cơ, kém hơn kỳ trước")[0]
                named = [it for it in world.verdicts.values() if re.search(rf"(?<!\w){_name(it)}(?= \(|;|\.$)", line)]
                more = re.search(r"và (\d+) chỉ tiêu khác", line, re.IGNORECASE)
                if not set(named) <= set(wanted) or len(named) + int(more[1] if more else 0) != len(wanted):
                    yield f"{file}: {head}: {[it.indicator.code for it in named]}, not all {len(wanted)}"
        for it in world.verdicts.values():
            figure, bounds = it.figure, it.indicator.target_text
            if figure is None or figure.value is None or not it.is_graded:
                continue
            lead = ("ước " if it.is_estimate else "") + ("gần " if figure.is_approximate else "")
            margin = it.indicator.margin(it.value, it.quarter)
            line = "kế hoạch" if it.quarter == 4 else "mức “Đúng tiến độ”"
            tail = f", còn cách {line} {printed(-margin, it.indicator.decimals, 'up')}" if margin < 0 else ""
            told = (
                rf"{_name(it)} \(([^;]*?\d[^;]*?)( \(\*\))?; kế hoạch ([^;]*?)\)(?=[.;,\n])(, còn cách .*?[\d.,]+\b)?"
            )
            for found in re.finditer(told, text):
                is_right = found[1].startswith(lead + written(it.value)) and bool(found[2]) == figure.is_illustrative
                is_right &= found[3].startswith(bounds) and (found[4] or "") == (tail if found[4] else "")
                if not is_right:
                    yield f"{file}: {found[0]!r}, not {lead}{written(it.value)}, {bounds}{tail}"
        told_trends = re.search(r"^So với kỳ trước: ([^.]*)\.(?: Kém hơn: (.*)\.)?$", text, re.MULTILINE)
        trends = {code: trend(it, world.before(code)) for code, it in world.verdicts.items()}
        worse = "; ".join(_label(world.verdicts[code]) for code, it in trends.items() if it == "worse")
        if told_trends:
            got = {name: count for name, (count, _) in tally(told_trends[1]).items()}
            if got != Counter(TRENDS[it].lower() for it in trends.values() if it) or (told_trends[2] or "") != worse:
                yield f"{file}: {told_trends[0]!r}, not {Counter(trends.values())}, worse {worse}"
        elif file != "xlsx" and any(trends.values()):
            yield f"{file}: nothing is told of trends"


def _label(it: Verdict) -> str:
    return it.indicator.label or it.indicator.row["name"]


def _name(it: Verdict) -> str:
    return re.escape(_label(it))


def printed_rows(world: World) -> Iterator[str]:
    """The rows of indicators as DOCX prints them, with sentence, trend and source."""
    by_name: dict[str, list[str]] = {}
    for it in world.verdicts.values():
        by_name[_label(it)] = _as_printed(world, it)
    seen = Counter[str]()
    for table in world.edition.docx[1]:
        head = {name: column for column, name in enumerate(table[0])}
        if not {"Kết quả", "Kế hoạch năm"} <= set(head):
            continue
        for above, cells in zip(table, [*table[1:], [""] * len(head)], strict=True):
            name = above[head["Chỉ tiêu"]]
            if name not in by_name or name == above[head["Đơn vị tính"]]:
                continue
            seen[name] += 1
            _, unit, target, value, due, ratio, margin, status, words, origin = by_name[name]
            columns = {"Đơn vị tính": unit, "Kế hoạch năm": target, "Kết quả": value, "Đánh giá": status}
            columns |= {"So mức phải đạt": ratio, "Mức phải đạt": due, "Tỷ lệ": ratio, "Cách ngưỡng": margin}
            columns["Cơ quan báo cáo; nguồn số liệu"] = origin
            cells_told = {
                column: re.sub(r"^[^\w(<>–-] ", "", above[head[column]]) for column in columns if column in head
            }
            if cells_told != {column: text for column, text in columns.items() if column in head}:
                yield f"docx, {name}: {cells_told}, not {columns}"
            # What needs attention is told in short; the whole sentence stands in Annex I.
            if "So mức phải đạt" not in head and cells[1] != words:
                yield f"docx, {name}: {cells[1]!r}, not {words!r}"
    if missing := [name for name in by_name if not seen[name]]:
        yield f"docx: no row of {missing}"


def _fixed(value: Fraction, it: Verdict) -> str:
    """To the nearest, with all decimals of the unit: what is due, in tables."""
    return written(cut(value, it.indicator.decimals, "nearest"), it.indicator.decimals)


def _as_printed(world: World, it: Verdict) -> list[str]:
    """Name, unit, target, figure, due, ratio, margin, status, sentence with trend, body with source."""
    at, row = it.indicator, world.edition.by_code[it.indicator.code]
    told, before, figure = row["sentence"], world.before(at.code), it.figure
    moved = trend(it, before)
    if row["last_year_value"] and it.value is not None:
        then = Fraction(row["last_year_value"])
        change = cut((it.value / then - 1) * 100, 1, "nearest")
        now = f"{'tăng' if change > 0 else 'giảm'} {written(abs(change), 1)}%" if change else "tương đương"
        told += f" Cùng kỳ năm trước: {written(then)}, nay {now}."
    if before and moved:
        told += f" So với quý {ROMAN[before.quarter]} ({written(before.value)}; {STATUSES[before.status]}): "
        told += f"{TRENDS[moved].lower()}."
    value, due, ratio, margin = "–", "", "", ""
    origin = f" {figure.file['receipt_no']}, {figure.sheet}!{figure.cell}" if figure else ""
    if figure is not None and figure.value is not None:
        value = ("gần " if figure.is_approximate else "") + written(figure.value)
        value += (" (ước)" if figure.is_estimate else "") + (" (*)" if figure.is_illustrative else "")
    if it.is_graded:
        due = _fixed(at.nearer(it.value, it.quarter), it)
        part, room = at.ratio(it.value, it.quarter), at.margin(it.value, it.quarter)
        steps = (Fraction(1), at.plan.on_track, at.plan.at_risk)
        ratio = f"{percent(cut(part, 6), steps)}%" if part is not None and part >= 0 else ""
        margin = {True: "+", False: ""}[room > 0] + printed(room, at.decimals, "down")
    elif it.status in {"no_data", "conflicting"} and not at.is_band:
        due = _fixed(at.due(it.quarter)[0], it)
    return [
        _label(it),
        at.unit["label"],
        at.target_text,
        value,
        due,
        ratio,
        margin,
        it.name,
        told,
        row["agency_name"] + origin,
    ]


def copies(world: World) -> Iterator[str]:
    """Parquet holds what CSV holds."""
    package = json.loads((world.edition.folder / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        path = world.edition.folder / resource["path"]
        if path.suffix != ".csv" or path.stem == "code_labels":
            continue
        fields, table = resource["schema"]["fields"], world.edition.table(path.stem)
        columnar = pyarrow.parquet.read_table(path.with_suffix(".parquet")).to_pylist()
        if len(columnar) != len(table):
            yield f"{path.stem}: {len(table)} rows, Parquet {len(columnar)}"
        for number, (row, other) in enumerate(zip(table, columnar, strict=False), 2):
            for name in (field["name"] for field in fields):
                if not _is_same(row[name], other[name]):
                    yield f"{path.stem}, Parquet row {number}, {name}: {other[name]!r}, not {row[name]!r}"


def _is_same(text: str, cell: object) -> bool:
    if cell is None or isinstance(cell, str):
        return text == (cell or "")
    if isinstance(cell, bool):
        return text == str(cell).lower()
    if isinstance(cell, datetime):
        return datetime.fromisoformat(text) == cell
    if isinstance(cell, date):
        return text == cell.isoformat()
    return Fraction(text) == Fraction(str(cell))
