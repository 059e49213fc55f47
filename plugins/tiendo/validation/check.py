"""Checks a batch of files: rows as typed in, findings for the senders and figures for the warehouse out."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from tiendo.model.outcome import ACCEPTED, SEVERITIES, FileOutcome, Finding
from tiendo.model.register import Nature, Register
from tiendo.validation import correction_records, indicator_records, notice_records, submission_records, task_records
from tiendo.validation.correction_records import add_correction_records
from tiendo.validation.facts import HISTORY_COLUMNS, HistoryFacts, RegisterFacts
from tiendo.validation.indicator_records import add_indicator_records
from tiendo.validation.notice_records import notice_record
from tiendo.validation.records import BatchFile, Context, Record, Tables, figure_placeholders
from tiendo.validation.retyped_rows import sort_rows
from tiendo.validation.submission_records import submission_record
from tiendo.validation.suites import ROW_ID, SUBMISSION_SUITES, Rule, Suite, failing_rows, get_suite
from tiendo.validation.task_records import add_task_records

if TYPE_CHECKING:
    from decimal import Decimal

    import pandas as pd

__all__ = ["BatchFile", "batch_frames", "check_batch", "empty_history", "record_frame"]

_PLACEHOLDERS = {
    "submission": submission_records.placeholders,
    "indicator_row": indicator_records.placeholders,
    "figure": figure_placeholders,
    "task_row": task_records.placeholders,
    "correction_row": correction_records.placeholders,
    "notice": notice_records.placeholders,
}


class _Broken(NamedTuple):
    """A rule and the record that breaks it."""

    rule: Rule
    record: Record
    suite: str


def check_batch(
    register: Register, files: Sequence[BatchFile], history: "pd.DataFrame", *, today: date
) -> list[FileOutcome]:
    """Checks files, each suite in one run of Great Expectations over the whole batch.

    Args:
        register: the plan.
        files: of any bodies and periods.
        history: one row per figure known so far: ``indicator``, ``agency``, ``period``, ``basis``, ``value`` (Decimal
            or None). What other files of the batch say is no history; give files of earlier periods first.
        today: the day in Asia/Ho_Chi_Minh.

    Returns:
        One outcome per file, in order. Verdict ``duplicate`` is never given here.
    """
    tables = build_tables(register, files, history, today=today)
    told: list[_Broken] = []
    for name in SUBMISSION_SUITES:
        told += _broken_rules(get_suite(name), tables.records[name])
        if name == "submission":
            told = _without_what_follows(told)
            _set_aside_refused(tables, told)
    findings: list[list[tuple[Rule, Finding]]] = [[] for _ in files]
    for rule, record, name in _without_what_follows(told):
        findings[record["file_index"]].append((rule, _finding(rule, record, name)))
    return [
        _outcome(found, record, tables, index)
        for index, (found, record) in enumerate(zip(findings, tables.records["submission"], strict=True))
    ]


def _broken_rules(suite: Suite, records: list[Record]) -> "list[_Broken]":
    return [
        _Broken(suite.rules[number], records[row], suite.name)
        for number, rows in failing_rows(suite, record_frame(suite, records))
        for row in rows
    ]


def _without_what_follows(broken: "list[_Broken]") -> "list[_Broken]":
    """Leaves out the rules that another one, broken by the same row, explains (``unless``); none on trial does."""
    fired = {(rule.rule, id(record)) for rule, record, _ in broken if not rule.trial}
    return [
        item
        for item in broken
        if not any(
            (other, id(record)) in fired
            for other in item.rule.unless
            for record in (item.record, item.record.get("row_record"))
        )
    ]


def build_tables(register: Register, files: Sequence[BatchFile], history: "pd.DataFrame", *, today: date) -> Tables:
    """Returns the records that the suites are run over."""
    facts, known = RegisterFacts(register), HistoryFacts(history)
    ordered_pairs = get_suite("indicator_row").meta["ordered_pairs"]
    tables = Tables(len(files))
    for index, file in enumerate(files):
        record, context = submission_record(index, file, facts, known, today)
        tables.records["submission"].append(record)
        tables.records["notice"] += [notice_record(index, notice) for notice in file.content.notices]
        if context is None:
            continue
        content, noticed = sort_rows(file.content, context)
        tables.records["notice"] += [notice_record(index, notice) for notice in noticed]
        corrected = add_correction_records(tables, content, context)
        row_count = len(tables.records["indicator_row"])
        values = add_indicator_records(tables, content, context, corrected, ordered_pairs)
        if content.task_rows or not content.is_retyped:
            add_task_records(tables, content, context)
        _count_figures(record, context, values)
        for row in tables.records["indicator_row"][row_count:]:
            row["new_in_file"] = record["new_figure_count"] or 0
    return tables


def record_frame(suite: Suite, records: Sequence[Record]) -> "pd.DataFrame":
    """Returns records as the frame a suite looks at, with ``row_id`` their position."""
    import pandas as pd

    columns = {name: [record[name] for record in records] for name in suite.columns}
    frame = pd.DataFrame({ROW_ID: range(len(records))} | columns)
    # A column without any value can still be compared with numbers.
    empty = [name for name in suite.columns if frame[name].isna().all()]
    return frame.astype(dict.fromkeys(empty, float)) if len(frame) else frame


def batch_frames(
    register: Register, files: Sequence[BatchFile], history: "pd.DataFrame", *, today: date
) -> "dict[str, pd.DataFrame]":
    """Returns the tables of a batch by suite, as Data Docs want them."""
    tables = build_tables(register, files, history, today=today)
    return {name: record_frame(get_suite(name), records) for name, records in tables.records.items()}


def empty_history() -> "pd.DataFrame":
    """Returns a history without figures."""
    import pandas as pd

    return pd.DataFrame(columns=list(HISTORY_COLUMNS), dtype=object)


def _count_figures(record: Record, context: Context, values: dict[str, "tuple[Decimal, Decimal | None]"]) -> None:
    """Tells how many figures a file has, of flows and in all, and how many are other than the last ones."""
    natures = [context.facts.indicators[code].indicator.nature for code in values]
    record["figure_count"] = len(values)
    record["flow_count"] = natures.count(Nature.FLOW)
    record["new_figure_count"] = sum(value != last for value, last in values.values()) if values else None


def _set_aside_refused(tables: Tables, broken: list[_Broken]) -> None:
    """A file refused as a whole (another body's, another period's) gets no findings on its rows: they would follow.

    What was noticed about the file stays: it may be why nothing else could be read.
    """
    refused = {record["file_index"] for rule, record, _ in broken if rule.severity == "critical" and not rule.trial}
    for name, records in tables.records.items():
        if name not in ("submission", "notice"):
            tables.records[name] = [record for record in records if record["file_index"] not in refused]


def _finding(rule: Rule, record: Record, suite_name: str) -> Finding:
    texts = _PLACEHOLDERS[suite_name](record)
    return Finding(
        rule=rule.rule,
        severity=rule.severity,
        sheet=record["sheet"],
        cell=texts[rule.cell_column] if rule.cell_column else "",
        message=rule.message.format_map(texts),
        found=rule.found.format_map(texts),
        expected=rule.expected.format_map(texts),
        fix=rule.fix.format_map(texts),
    )


def _outcome(found: list[tuple[Rule, Finding]], record: Record, tables: Tables, index: int) -> FileOutcome:
    everything = sorted(found, key=lambda item: SEVERITIES.index(item[0].severity))
    ranked = [(rule, finding) for rule, finding in everything if not rule.trial]
    verdicts = [rule.verdict for rule, _ in ranked if rule.verdict]
    severities = {rule.severity for rule, _ in ranked}
    if verdicts:
        verdict = verdicts[0]
    elif "critical" in severities:
        verdict = "rejected"
    else:
        verdict = "accepted_with_warnings" if "warning" in severities else "accepted"
    is_accepted = verdict in ACCEPTED
    read, read_tasks = tuple(tables.observations[index]), tuple(tables.tasks[index])
    return FileOutcome(
        verdict=verdict,
        agency=record["agency"],
        period=record["period"],
        findings=tuple(finding for _, finding in ranked),
        observations=read if is_accepted else (),
        tasks=read_tasks if is_accepted else (),
        read=read,
        read_tasks=read_tasks,
        trials=tuple(finding for rule, finding in everything if rule.trial),
    )
