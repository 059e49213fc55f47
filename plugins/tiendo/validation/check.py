"""Checks a batch of files: rows as typed in, findings for the senders and figures for the warehouse out."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from tiendo.model.outcome import ACCEPTED, SEVERITIES, FigureBeside, FileOutcome, Finding
from tiendo.model.register import Register
from tiendo.validation import correction_records, figure_records, indicator_records, submission_records, task_records
from tiendo.validation.cells import text_of
from tiendo.validation.context import BatchFile
from tiendo.validation.correction_records import add_correction_records
from tiendo.validation.facts import HistoryFacts, Known, KnownFigure, RegisterFacts
from tiendo.validation.indicator_records import add_indicator_records
from tiendo.validation.records import FileRecords, Record
from tiendo.validation.retyped_rows import sort_rows
from tiendo.validation.submission_records import notice_record, submission_record, template_period
from tiendo.validation.suites import ROW_ID, SUBMISSION_SUITES, Rule, Suite, SuiteRun, get_suite, run_suite
from tiendo.validation.task_records import add_task_records

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BatchFile", "KnownFigure", "check_batch", "run_rules"]

# What the messages of a suite are filled from, given one of its records.
_PLACEHOLDERS: dict[str, Callable[[Any], dict[str, str]]] = {
    "submission": submission_records.placeholders,
    "indicator_row": indicator_records.placeholders,
    "figure": figure_records.placeholders,
    "task_row": task_records.placeholders,
    "correction_row": correction_records.placeholders,
    "notice": submission_records.notice_placeholders,
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
    register: Register, files: Sequence[BatchFile], history: Iterable[Known], *, today: date
) -> list[FileOutcome]:
    """Returns the outcomes alone of ``run_rules``."""
    return [check.outcome for check in run_rules(register, files, history, today=today).files]


def run_rules(register: Register, files: Sequence[BatchFile], history: Iterable[Known], *, today: date) -> BatchCheck:
    """Checks files, each suite in one run of Great Expectations over the whole batch.

    A file refused as a whole (another body's, another period's) gets no findings on its rows: they would follow. What
    was noticed about it stays: it may be why nothing else could be read.

    Args:
        register: the plan.
        files: of any bodies and periods.
        history: the figures and the progress of tasks known so far. What other files of the batch say is no history;
            give files of earlier periods first.
        today: the day in Asia/Ho_Chi_Minh.

    Returns:
        One check per file, in order. Verdict ``duplicate`` is never given here.
    """
    batch = build_records(register, files, history, today=today)
    admitted: Sequence[FileRecords] = batch
    broken: list[_Broken] = []
    row_counts: list[dict[str, int]] = [{} for _ in files]
    runs: list[SuiteRun] = []
    for name in SUBMISSION_SUITES:
        looked_at = batch if name == "notice" else admitted
        records = list(chain.from_iterable(file.by_suite()[name] for file in looked_at))
        suite = get_suite(name)
        run = run_suite(suite, record_frame(suite, records))
        broken += [
            _Broken(suite.rules[number], records[row], name, row) for number, rows in run.failing for row in rows
        ]
        for index, count in Counter(record.file_index for record in records).items():
            row_counts[index][name] = count
        runs.append(run)
        if name == "submission":
            refused = {
                item.record.file_index
                for item in _without_what_follows(broken)
                if item.rule.severity == "critical" and not item.rule.trial
            }
            admitted = [file for index, file in enumerate(batch) if index not in refused]
    found = _by_file(broken, len(files))
    return BatchCheck(
        [
            FileCheck(_outcome(file_broken, file), counts, [item for _, item in file_broken])
            for file_broken, file, counts in zip(found, batch, row_counts, strict=True)
        ],
        [run for run in runs if run.row_count],
    )


def _by_file(broken: list[_Broken], file_count: int) -> list[list[tuple[Rule, BrokenRule]]]:
    """Returns by file what was broken, in words."""
    unexplained = {id(item) for item in _without_what_follows(broken)}
    files: list[list[tuple[Rule, BrokenRule]]] = [[] for _ in range(file_count)]
    for item in broken:
        fate = "explained" if id(item) not in unexplained else "trial" if item.rule.trial else "told"
        finding = _finding(item.rule, item.record, item.suite)
        files[item.record.file_index].append((item.rule, BrokenRule(item.suite, item.row, fate, finding)))
    return files


def _without_what_follows(broken: list[_Broken]) -> list[_Broken]:
    """Leaves out the rules that another one, broken by the same row, explains (``unless``); none on trial does."""
    fired = {(item.rule.rule, item.record) for item in broken if not item.rule.trial}
    return [
        item
        for item in broken
        if not any((other, record) in fired for other in item.rule.unless for record in item.record.explained_by)
    ]


def build_records(
    register: Register, files: Sequence[BatchFile], history: Iterable[Known], *, today: date
) -> list[FileRecords]:
    """Returns the records that the suites are run over, file by file."""
    facts, known = RegisterFacts(register), HistoryFacts(history, register.heirs_on(today))
    return [_file_records(index, file, facts, known, today) for index, file in enumerate(files)]


def _file_records(index: int, file: BatchFile, facts: RegisterFacts, history: HistoryFacts, today: date) -> FileRecords:
    record, context = submission_record(index, file, facts, history, today)
    found = FileRecords(submission=record)
    notices = file.content.notices
    if context is not None:
        content, noticed = sort_rows(file.content, context)
        notices = (*notices, *noticed)
        corrected = add_correction_records(found, content, context)
        add_indicator_records(found, content, context, corrected)
        if content.task_rows or not content.is_retyped:
            add_task_records(found, content, context)
        _count_figures(found)
    found.notices = [notice_record(index, notice) for notice in notices]
    return found


def _count_figures(found: FileRecords) -> None:
    """Tells how many figures a file has, of flows and in all, and how many are other than the last ones."""
    rows = [row.source.figures for row in found.indicator_rows if row.source.figures]
    told = [figures for figures in rows if figures.total.value is not None]
    new_count = sum(figures.total.value != figures.last.value for figures in told)
    found.submission.figure_count = len(told)
    found.submission.flow_count = sum(figures.facts.is_flow for figures in told)
    found.submission.new_figure_count = new_count if told else None
    for row in found.indicator_rows:
        row.new_in_file = new_count


def record_frame(suite: Suite, records: Sequence[Record]) -> "pd.DataFrame":
    """Returns records as the frame a suite looks at, with ``row_id`` their position.

    A column without any value can still be compared with numbers. Texts stay Python's: each column is looked at a few
    times only, and to Arrow's strings and back costs more than it gives.
    """
    import pandas as pd

    columns: dict[str, Any] = {ROW_ID: range(len(records))}
    for name in suite.columns:
        values = list(map(attrgetter(name), records))
        first = next((value for value in values if value is not None), None)
        dtype = float if first is None else object if isinstance(first, str) else None
        columns[name] = pd.Series(values, dtype=dtype)
    return pd.DataFrame(columns)


def _finding(rule: Rule, record: Record, suite_name: str) -> Finding:
    texts = _PLACEHOLDERS[suite_name](record)
    return Finding(
        rule=rule.rule,
        severity=rule.severity,
        sheet=record.sheet,
        cell=texts[rule.cell_column] if rule.cell_column else "",
        message=rule.message.format_map(texts),
        found=rule.found.format_map(texts),
        expected=rule.expected.format_map(texts),
        fix=rule.fix.format_map(texts),
    )


def _beside(file: FileRecords) -> dict[str, FigureBeside]:
    rows = [row.source.figures for row in file.indicator_rows if row.source.figures]
    return {
        figures.facts.indicator.code: FigureBeside(
            figures.last.value, str(figures.last.period or ""), text_of(figures.row.kind)
        )
        for figures in rows
    }


def _outcome(broken: list[tuple[Rule, BrokenRule]], file: FileRecords) -> FileOutcome:
    found = [(rule, item.finding) for rule, item in broken if item.fate != "explained"]
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
    read, read_tasks = tuple(file.observations), tuple(file.tasks)
    source = file.submission.source
    gives_template = not is_accepted and any(rule.gives_template for rule, _ in ranked)
    return FileOutcome(
        verdict=verdict,
        agency=source.agency if source.agency in source.facts.register.agency_by_code else "",
        period=str(source.period or ""),
        findings=tuple(finding for _, finding in ranked),
        observations=read if is_accepted else (),
        tasks=read_tasks if is_accepted else (),
        read=read,
        read_tasks=read_tasks,
        trials=tuple(finding for rule, finding in everything if rule.trial),
        beside=_beside(file),
        template_period=template_period(file.submission) if gives_template else "",
    )
