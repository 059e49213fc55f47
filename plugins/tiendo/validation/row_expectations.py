"""Expectations of our own, Great Expectations' extension point: what its gallery has no rule for.

Each class is one kind of rule; its numbers are parameters in a suite's JSON, and its docstring says to whoever reads or
changes a suite what they mean. Importing this module makes the classes known to Great Expectations, so only
``tiendo.validation.suites`` does, after the library itself.
"""

from typing import TYPE_CHECKING, Any, ClassVar

from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.result_format import ResultFormat
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.expectation_configuration import parse_result_format
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.expectations.row_conditions import RowConditionType
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.execution_engine.execution_engine import ExecutionEngine

_ROWS = "table.rows"


class _TableRows(TableMetricProvider):
    """The rows that a condition leaves, read once for all rules with the same condition."""

    metric_name = _ROWS

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805 - Great Expectations makes it a class method
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        **_: Any,
    ) -> "pd.DataFrame":
        rows, _, _ = execution_engine.get_compute_domain(metric_domain_kwargs, MetricDomainTypes.TABLE)
        return rows


class RowExpectation(BatchExpectation):
    """A rule that each row keeps or breaks by itself, told from several of its cells.

    Attributes:
        column: the cell the rule is about; rows where it is empty are passed over.
        row_condition: which rows it holds for, in the words of ``pandas.DataFrame.query``.
    """

    column: str
    row_condition: RowConditionType = None

    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id", "column", "row_condition")

    def breaks(self, rows: "pd.DataFrame") -> "pd.Series[bool]":
        """Tells for each row, none of them with an empty cell, whether it breaks the rule."""
        raise NotImplementedError

    def get_validation_dependencies(
        self, execution_engine: Any = None, runtime_configuration: dict[str, Any] | None = None
    ) -> ValidationDependencies:
        """Asks for the rows, whatever the rule: a tenth of what a rule costs that counts what it looks at."""
        domain: dict[str, Any] = {"batch_id": self.batch_id} if self.batch_id else {}
        if self.row_condition:
            domain |= {"row_condition": self.row_condition}
        result_format = (runtime_configuration or {}).get("result_format", self.result_format)
        return ValidationDependencies(
            metric_configurations={_ROWS: MetricConfiguration(_ROWS, domain, {})},
            result_format=parse_result_format(result_format),
        )

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: "ExecutionEngine[Any] | None" = None,
    ) -> dict[str, Any]:
        rows = metrics[_ROWS]
        filled = rows[rows[self.column].notna()]
        broken = filled[self.breaks(filled).to_numpy(dtype=bool)] if len(filled) else filled
        result_format = parse_result_format((runtime_configuration or {}).get("result_format", self.result_format))
        counts = {"element_count": len(rows), "missing_count": len(rows) - len(filled)}
        result = counts | {"unexpected_count": len(broken)}
        if result_format["result_format"] != ResultFormat.BOOLEAN_ONLY:
            names = result_format.get("unexpected_index_column_names") or []
            shown = None if result_format["result_format"] == ResultFormat.COMPLETE else _SHOWN
            result["partial_unexpected_list"] = broken[self.column].head(_SHOWN).tolist()
            places = broken[names].head(shown or len(broken)).to_dict("records")
            result["unexpected_index_list"] = places
            result["partial_unexpected_index_list"] = places[:_SHOWN]
        return {"success": broken.empty, "result": result}


_SHOWN = 20


class ExpectColumnPairValuesToGoTogether(RowExpectation):
    """A cell has one value exactly where another has its own: a task is done where it is complete by 100 %.

    Parameters:
        column, value: the first cell, and its value.
        with_column, with_value: the other; rows where it is empty are passed over.
    """

    with_column: str
    value: float | str
    with_value: float | str

    def breaks(self, rows: "pd.DataFrame") -> "pd.Series[bool]":
        """Tells the rows where one has its value and the other has not."""
        there, here = rows[self.with_column], rows[self.column]
        return there.notna() & ((here == self.value) != (there == self.with_value))


class ExpectColumnValuesToBeBetweenColumns(RowExpectation):
    """A cell lies between two others, ends included: a date within its period.

    Parameters:
        column: the cell.
        min_column, max_column: the cells with the lowest and the highest that is allowed.
    """

    min_column: str
    max_column: str

    def breaks(self, rows: "pd.DataFrame") -> "pd.Series[bool]":
        """Tells the rows whose cell lies outside."""
        cell = rows[self.column]
        return (cell < rows[self.min_column]) | (cell > rows[self.max_column])
