"""The suites of ``include/expectations/`` and their runs by Great Expectations.

Rules are data: a suite's JSON holds the expectations over the columns of one table, and in each one's ``meta`` the
rule's id, severity and the Vietnamese sentences a department reads. Great Expectations reports offending rows by
``row_id``; ``tiendo.validation.check`` maps them back to file, sheet and cell.
"""

import gc
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from tiendo.model.period import PeriodKind
from tiendo.settings import INCLUDE
from tiendo.validation.conditions import holds, names_in

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations import ExpectationSuite
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
    from great_expectations.validator.validation_graph import MetricEdge

SUBMISSION_SUITES = ("submission", "indicator_row", "figure", "task_row", "correction_row", "notice")
TABLE_SUITES = ("warehouse", "mart")
REPORT_SUITES = ("assertions",)
EXPECTATIONS = INCLUDE / "expectations"
ROW_ID = "row_id"
_NOT_NULL = "expect_column_values_to_not_be_null"
_SUBJECTS = ("column", "column_A", "column_B")
_BATCH = "rows"
# What is asked of each rule, and of those that some rows break.
_WHETHER = "BOOLEAN_ONLY"
_WHERE_BROKEN = {
    "result_format": "COMPLETE",
    "unexpected_index_column_names": [ROW_ID],
    "return_unexpected_index_query": False,
}
_WHERE = " where "
# What of a result is kept: counts, and the first of the rows that break the rule; all of them are told by their ids.
_KEPT = (
    "observed_value", "element_count", "missing_count", "missing_percent", "unexpected_count", "unexpected_percent",
    "unexpected_percent_total", "unexpected_percent_nonmissing", "partial_unexpected_list",
    "partial_unexpected_index_list", "partial_unexpected_counts", "unexpected_index_column_names",
)  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One rule of a suite, as its JSON tells it.

    Attributes:
        cell_column: key of the record that holds the address of the cell at fault, "" for a whole file or row.
        verdict: the fate of a file that breaks it, where severity alone does not decide; "" otherwise.
        unless: rules that, broken by the same row, already say what is wrong: then this one is not told. A figure's row
            is also that of its indicator.
        gives_template: what it asks for needs a fresh template, which goes back with the answer.
        trial: it is evaluated and counted, and never told to a sender.
        doubts_figure: the figure may not be what was meant: the reviewer of an edition sees it first.
    """

    rule: str
    severity: str
    title: str
    message: str
    found: str
    expected: str
    fix: str
    cell_column: str
    verdict: str = ""
    unless: tuple[str, ...] = ()
    gives_template: bool = False
    trial: bool = False
    doubts_figure: bool = False


class Suite:
    """A suite file, read once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.document: dict[str, Any] = json.loads((EXPECTATIONS / f"{name}.json").read_text(encoding="utf-8"))
        self.meta: dict[str, Any] = self.document["meta"]
        self.parameters: dict[str, Any] = self.meta.get("parameters", {})
        self.expectations: list[dict[str, Any]] = [
            expectation | {"kwargs": self._with_parameters(expectation["kwargs"])}
            for expectation in self.document["expectations"]
        ]
        self._needs: dict[tuple[int, bool], list[MetricEdge]] = {}

    def _with_parameters(self, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Fills in numbers that several rules share: ``{"$PARAMETER": name}`` stands for one of the suite's."""
        return {
            name: self.parameters[value["$PARAMETER"]] if isinstance(value, dict) and "$PARAMETER" in value else value
            for name, value in kwargs.items()
        }

    def kwargs_of(self, rule: str) -> dict[str, Any]:
        """Returns the parameters of one of its rules."""
        found: dict[str, Any] = next(e["kwargs"] for e in self.expectations if e["meta"]["rule"] == rule)
        return found

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """Its rules, in the order of the file."""
        metas: list[dict[str, Any]] = [expectation["meta"] for expectation in self.expectations]
        return tuple(Rule(**{**meta, "unless": tuple(meta.get("unless", ()))}) for meta in metas)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns its expectations look at, those of their conditions included."""
        names: dict[str, None] = {}
        for kwargs in (expectation["kwargs"] for expectation in self.expectations):
            names |= dict.fromkeys((*subjects_of(kwargs), *_further_columns(kwargs)))
        return tuple(names)

    @cached_property
    def for_engine(self) -> "ExpectationSuite":
        """The suite as Great Expectations runs it: of the meta only the rule's number, which tells like ones apart."""
        return self._build([{"number": number} for number in range(len(self.expectations))])

    def needs(self, number: int, result_format: Any) -> "list[MetricEdge]":
        """Returns the metrics that one of its rules needs, each with one that it needs itself, for any table."""
        key = number, result_format == _WHETHER
        if key not in self._needs:
            import pandas as pd
            from great_expectations.validator.metrics_calculator import MetricsCalculator

            engine, asked = _engine(pd.DataFrame()), {"result_format": result_format}
            rule = self.for_engine.expectations[number]
            metrics = rule.get_validation_dependencies(engine, asked).get_metric_configurations()
            self._needs[key] = MetricsCalculator(engine).build_metric_dependency_graph(metrics, asked).edges
        return self._needs[key]

    def for_people(self) -> "ExpectationSuite":
        """Returns a new suite with the whole meta and the rules' titles as descriptions, for Data Docs."""
        return self._build([expectation["meta"] for expectation in self.expectations], is_described=True)

    def _build(self, metas: Sequence[Mapping[str, Any]], *, is_described: bool = False) -> "ExpectationSuite":
        gx = great_expectations()
        suite: ExpectationSuite = gx.ExpectationSuite(
            name=self.name,
            expectations=[
                expectation
                | {"kwargs": (_for_people if is_described else _for_engine)(expectation["kwargs"]), "meta": dict(meta)}
                | ({"description": f"{meta['rule']}: {meta['title']}"} if is_described else {})
                for expectation, meta in zip(self.expectations, metas, strict=True)
            ],
        )
        if len(suite.expectations) != len(self.expectations):
            raise ValueError(f"suite {self.name}: Great Expectations refused some of its expectations")
        return suite


@cache
def get_suite(name: str) -> Suite:
    """Returns a suite of ``include/expectations/``."""
    return Suite(name)


def rule_titles(kind: PeriodKind = PeriodKind.QUARTER) -> dict[str, str]:
    """Returns the title of every rule that files are checked by, in Vietnamese, by its id, in a plan's words."""
    return {
        rule.rule: rule.title.replace(PeriodKind.QUARTER.in_it, kind.in_it)
        for name in SUBMISSION_SUITES
        for rule in get_suite(name).rules
    }


def subjects_of(kwargs: Mapping[str, Any]) -> list[str]:
    """Returns the columns an expectation is about: where one has no value in any row, there is nothing to check."""
    return [kwargs[name] for name in _SUBJECTS if name in kwargs] + list(kwargs.get("column_list", ()))


def _compared_columns(kwargs: Mapping[str, Any]) -> Iterator[str]:
    yield from (value for name, value in kwargs.items() if name.endswith("_column"))


def _further_columns(kwargs: Mapping[str, Any]) -> Iterator[str]:
    """Yields the columns that an expectation compares its subject with, and those of its condition."""
    yield from _compared_columns(kwargs)
    if "row_condition" in kwargs:
        yield from names_in(kwargs["row_condition"])


def _for_engine(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Returns parameters as rules are run: one with a condition looks at its subject where that holds."""
    if "row_condition" not in kwargs:
        return {**kwargs, "batch_id": _BATCH}
    plain = {name: value for name, value in kwargs.items() if name != "row_condition"} | {"batch_id": _BATCH}
    name, subject = _conditioned(kwargs)
    renamed = f"{subject}{_WHERE}{kwargs['row_condition']}"
    return plain | {name: [renamed, *kwargs[name][1:]] if name == "column_list" else renamed}


def _conditioned(kwargs: Mapping[str, Any]) -> tuple[str, str]:
    """Returns the parameter that names a rule's subject, and the subject."""
    name = next(name for name in (*_SUBJECTS, "column_list") if name in kwargs)
    return name, kwargs[name][0] if name == "column_list" else kwargs[name]


def _for_people(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Returns parameters as Great Expectations takes them: a condition in pandas' words is an object there."""
    if "row_condition" not in kwargs:
        return dict(kwargs)
    from great_expectations.expectations.row_conditions import PassThroughCondition

    return {**kwargs, "row_condition": PassThroughCondition(pass_through_filter=kwargs["row_condition"])}


def great_expectations() -> Any:
    """Imports Great Expectations (about two seconds), with its telemetry off."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    is_new = "great_expectations" not in sys.modules
    # Its many classes stay; a collector that walks them while they come costs a second.
    with _without_collector(), _later("altair", "scipy.stats"):
        import great_expectations as gx

        from tiendo.validation import row_expectations  # noqa: F401 - makes our own expectations known

    if is_new:
        gc.freeze()  # nor need the collector walk its million objects again and again
    return gx


class _Later(ModuleType):
    """Stands for a module, which is imported when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(import_module(self.__name__), name)


@contextmanager
def _later(*names: str) -> Iterator[None]:
    """Has what is imported meanwhile wait for modules that it rarely needs.

    Great Expectations draws histograms with one and compares distributions with the other, in rules that no suite has:
    a third of its import.
    """
    waiting = {name: _Later(name) for name in names if name not in sys.modules}
    sys.modules.update(waiting)
    try:
        yield
    finally:
        for name in waiting:
            del sys.modules[name]


@contextmanager
def _without_collector() -> Iterator[None]:
    is_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_on:
            gc.enable()


def warm() -> None:
    """Imports and sets up once what every process forked from this one then has from its beginning."""
    great_expectations()
    for name in (*SUBMISSION_SUITES, "warehouse"):
        suite = get_suite(name)
        for number in range(len(suite.expectations)):
            suite.needs(number, _WHETHER)


class SuiteRun(NamedTuple):
    """What Great Expectations said when a suite was run over a table.

    Attributes:
        row_count: how many rows the table had.
        results: of each rule that had anything to look at, its result as JSON, in the shape of Great Expectations' own
            ``ExpectationValidationResult``, with the rule as it stood then; of the rows that break it up to 20.
        failing: for each rule that failed, its position in ``suite.rules`` and the ids of all rows that break it.
    """

    suite: str
    row_count: int
    results: list[dict[str, Any]]
    failing: list[tuple[int, list[int]]]


def run_suite(suite: Suite, frame: "pd.DataFrame") -> SuiteRun:
    """Runs a suite over a frame.

    Great Expectations' work goes by rules, not by rows. So rules that apply to no row at all are left out, and where a
    rule fails is asked only of the rules that do fail.

    Args:
        suite: one of ``include/expectations/``.
        frame: one row per thing checked, with column ``row_id`` and those of the suite. None means "does not apply".

    Raises:
        RuntimeError: Great Expectations could not evaluate a rule: our mistake, never the sender's.
    """
    row_count = len(frame)
    applicable, frame = _applicable(suite, frame)
    if not applicable:
        return SuiteRun(suite.name, row_count, [], [])
    engine = _engine(frame)
    results = _evaluate(suite, engine, applicable, _WHETHER)
    failed = sorted(number for number, result in results.items() if not result.success)
    results |= _evaluate(suite, engine, failed, _WHERE_BROKEN)
    return SuiteRun(
        suite.name,
        row_count,
        [_as_kept(suite.expectations[number], results[number]) for number in applicable],
        [
            (number, [int(entry[ROW_ID]) for entry in results[number].result.get("unexpected_index_list") or ()])
            for number in failed
        ],
    )


def _as_kept(expectation: Mapping[str, Any], result: "ExpectationValidationResult") -> dict[str, Any]:
    """Returns a result as JSON, with the rule in it and no more rows than a page shows."""
    from great_expectations.util import convert_to_json_serializable

    meta, kwargs = expectation["meta"], dict(expectation["kwargs"])
    if "row_condition" in kwargs:
        kwargs["row_condition"] = {"type": "pass_through", "pass_through_filter": kwargs["row_condition"]}
    found = {name: value for name, value in result.result.items() if name in _KEPT}
    if "partial_unexpected_index_list" in found:
        # A rule with a condition looked at a column made for it; a reader knows the one it was made from.
        found["partial_unexpected_index_list"] = [
            {name.partition(_WHERE)[0]: value for name, value in entry.items()}
            for entry in found["partial_unexpected_index_list"]
        ]
    return {
        "success": bool(result.success),
        "expectation_config": {
            "type": expectation["type"],
            "kwargs": kwargs,
            "meta": {name: meta[name] for name in ("rule", "severity", "trial") if name in meta},
            "description": f"{meta['rule']}: {meta['title']}",
        },
        "result": convert_to_json_serializable(found) if found else {},
        "meta": {},
        "exception_info": {"raised_exception": False, "exception_message": None, "exception_traceback": None},
    }


def _applicable(suite: Suite, frame: "pd.DataFrame") -> "tuple[list[int], pd.DataFrame]":
    """Returns the numbers of the rules that have anything to look at, and the frame with what they look at."""
    given: dict[Any, pd.Series[Any]] = dict(frame.items())
    filled = {name for name, has_value in frame[list(suite.columns)].notna().any().items() if has_value}
    masks: dict[str, pd.Series[bool]] = {}
    columns: dict[str, Any] = {ROW_ID: given[ROW_ID]}
    numbers = []
    for number, expectation in enumerate(suite.expectations):
        kwargs, is_not_null = expectation["kwargs"], expectation["type"] == _NOT_NULL
        if not (filled.issuperset(subjects_of(kwargs)) or (is_not_null and len(frame))):
            continue
        columns |= {name: given[name] for name in (*subjects_of(kwargs), *_compared_columns(kwargs))}
        if condition := kwargs.get("row_condition"):
            if condition not in masks:
                masks[condition] = holds(condition, given)
            if not masks[condition].any():
                continue
            subject = _conditioned(kwargs)[1]
            whole = given[subject].astype(object) if is_not_null else given[subject]
            elsewhere = True if is_not_null else None
            columns[f"{subject}{_WHERE}{condition}"] = whole.where(masks[condition], elsewhere)
        numbers.append(number)
    return numbers, frame.__class__(columns)


def _evaluate(
    suite: Suite, engine: "PandasExecutionEngine", numbers: Sequence[int], result_format: Any
) -> "dict[int, ExpectationValidationResult]":
    """Runs some of a suite's expectations; returns the result of each by its number.

    As Great Expectations' ``Validator`` does, but that works out anew for each table what metrics each rule needs: half
    of the time for a file of some rows.
    """
    from great_expectations.validator.metrics_calculator import MetricsCalculator
    from great_expectations.validator.validation_graph import ValidationGraph

    asked = {"result_format": result_format, "catch_exceptions": False}
    graph = ValidationGraph(engine, [edge for number in numbers for edge in suite.needs(number, result_format)])
    what = "a metric"
    try:
        metrics, _ = MetricsCalculator(engine).resolve_validation_graph(graph, asked)
        results = {}
        for number in numbers:
            what = suite.rules[number].rule
            results[number] = suite.for_engine.expectations[number].metrics_validate(metrics, dict(asked), engine)
    except Exception as error:
        failed = [f"{each.metric_name} of {each.metric_domain_kwargs}" for each in getattr(error, "failed_metrics", ())]
        what = ", ".join(failed) or what
        raise RuntimeError(f"suite {suite.name}: {what} could not be evaluated: {error}") from error
    return results


def _engine(frame: "pd.DataFrame") -> "PandasExecutionEngine":
    from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine

    return PandasExecutionEngine(batch_data_dict={_BATCH: frame})


class TableCheck(NamedTuple):
    """What a suite of ours said of a table of ours.

    Attributes:
        faults: one sentence for operations per rule that is broken, with how many rows and the first of them.
    """

    faults: list[str]
    run: SuiteRun


def check_table(suite_name: str, frame: "pd.DataFrame") -> TableCheck:
    """Runs suite ``warehouse`` or ``mart`` over a table of ours.

    Args:
        suite_name: one of ``TABLE_SUITES``.
        frame: the table; see the suite's ``meta.about`` for the columns it needs.

    Raises:
        KeyError: the frame lacks a column of the suite.
    """
    suite = get_suite(suite_name)
    if missing := [name for name in suite.columns if name not in frame.columns]:
        raise KeyError(f"suite {suite_name}: the frame lacks {', '.join(missing)}")
    run = run_suite(suite, frame[list(suite.columns)].assign(**{ROW_ID: range(len(frame))}))
    faults = []
    for number, rows in run.failing:
        rule = suite.rules[number]
        first = frame.iloc[rows[0]].to_dict() if rows else {}
        faults.append(f"{rule.rule}: {rule.message} ({len(rows)} rows, the first: {first})")
    return TableCheck(faults, run)
