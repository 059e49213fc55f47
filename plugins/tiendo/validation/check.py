"""Checks a batch of files: rows as typed in, findings for the senders and figures for the warehouse out."""

from collections import Counter
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
from tiendo.validation.suites import ROW_ID, SUBMISSION_SUITES, Rule, Suite, SuiteRun, get_suite, run_suite
from tiendo.validation.task_records import add_task_records

if TYPE_CHECKING:
    from decimal import Decimal

    import pandas as pd

__all__ = ["BatchFile", "check_batch", "empty_history", "record_frame", "run_rules"]

_PLACEHOLDERS = {
    "submission": submission_records.placeholders,
    "indicator_row": indicator_records.placeholders,
    "figure": figure_placeholders,
    "task_row": task_records.placeholders,
    "correction_row": correction_records.placeholders,
    "notice": notice_records.placeholders,
}


class _Broken(NamedTuple):
    """A rule and the record that breaks it, which is that row of the suite's table."""

    rule: Rule
    record: Record
    suite: str
    row: int


class BrokenRule(NamedTuple):
    """A row that broke a rule.

    Attributes:
        row: its place in the suite's table, as Great Expectations' results name it (``row_id``).
        fate: ``told`` to the sender; ``explained``: another rule that it broke says it already; ``trial``: nobody is
            told.
    """

    suite: str
    row: int
    fate: str
    finding: Finding


class FileCheck(NamedTuple):
    """What became of one file under the rules.

    Attributes:
        row_counts: how many rows of it each suite was run over; a suite that looked at none is not in it.
        broken: in the order of suites and rules.
    """

    outcome: FileOutcome
    row_counts: dict[str, int]
    broken: list[BrokenRule]


class BatchCheck(NamedTuple):
    """Files that were checked together, in order, and what each suite's run over all of them said."""

    files: list[FileCheck]
    suite_runs: list[SuiteRun]


def check_batch(
    register: Register, files: Sequence[BatchFile], history: "pd.DataFrame", *, today: date
) -> list[FileOutcome]:
    """Returns the outcomes alone of ``run_rules``."""
    return [check.outcome for check in run_rules(register, files, history, today=today).files]


def run_rules(register: Register, files: Sequence[BatchFile], history: "pd.DataFrame", *, today: date) -> BatchCheck:
    """Checks files, each suite in one run of Great Expectations over the whole batch.

    Args:
        register: the plan.
        files: of any bodies and periods.
        history: one row per figure known so far: ``indicator``, ``agency``, ``period``, ``basis``, ``value`` (Decimal
            or None). What other files of the batch say is no history; give files of earlier periods first.
        today: the day in Asia/Ho_Chi_Minh.

    Returns:
        One check per file, in order. Verdict ``duplicate`` is never given here.
    """
    tables = build_tables(register, files, history, today=today)
    broken: list[_Broken] = []
    told: list[_Broken] = []
    runs: list[SuiteRun] = []
    for name in SUBMISSION_SUITES:
        suite, records = get_suite(name), tables.records[name]
        runs.append(run_suite(suite, record_frame(suite, records)))
        found = _broken_rules(suite, records, runs[-1])
        broken += found
        told += found
        if name == "submission":
            told = _without_what_follows(told)
            _set_aside_refused(tables, told)
    files_broken = _by_file(broken, {id(item) for item in _without_what_follows(told)}, len(files))
    row_counts = {name: Counter(record["file_index"] for record in rows) for name, rows in tables.records.items()}
    return BatchCheck(
        [
            FileCheck(
                _outcome(
                    [(rule, item.finding) for rule, item in found if item.fate != "explained"], record, tables, index
                ),
                {name: counts[index] for name, counts in row_counts.items() if counts[index]},
                [item for _, item in found],
            )
            for index, (found, record) in enumerate(zip(files_broken, tables.records["submission"], strict=True))
        ],
        [run for run in runs if run.row_count],
    )


def _broken_rules(suite: Suite, records: list[Record], run: SuiteRun) -> "list[_Broken]":
    return [_Broken(suite.rules[number], records[row], suite.name, row) for number, rows in run.failing for row in rows]


def _by_file(broken: "list[_Broken]", told: set[int], file_count: int) -> list[list[tuple[Rule, BrokenRule]]]:
    """Returns by file what was broken, in words; ``told``: by ``id`` those that nothing else explains."""
    files: list[list[tuple[Rule, BrokenRule]]] = [[] for _ in range(file_count)]
    for item in broken:
        fate = "explained" if id(item) not in told else "trial" if item.rule.trial else "told"
        finding = _finding(item.rule, item.record, item.suite)
        files[item.record["file_index"]].append((item.rule, BrokenRule(item.suite, item.row, fate, finding)))
    return files


def _unexplained(found: list[tuple[Rule, BrokenRule]]) -> list[tuple[Rule, Finding]]:
    return [(rule, item.finding) for rule, item in found if item.fate != "explained"]


def _without_what_follows(broken: "list[_Broken]") -> "list[_Broken]":
    """Leaves out the rules that another one, broken by the same row, explains (``unless``); none on trial does."""
    fired = {(item.rule.rule, id(item.record)) for item in broken if not item.rule.trial}
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
    refused = {item.record["file_index"] for item in broken if item.rule.severity == "critical" and not item.rule.trial}
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
