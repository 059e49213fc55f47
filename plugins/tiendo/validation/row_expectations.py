"""Expectations of our own, Great Expectations' extension point: what its gallery has no rule for.

Each class is one kind of rule; its numbers are parameters in a suite's JSON, and its docstring says to whoever reads or
changes a suite what they mean. Importing this module makes the classes known to Great Expectations, so only
``tiendo.validation.suites`` does, after the library itself.
"""

import logging
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from great_expectations import expectations
from great_expectations.compatibility.pydantic import PrivateAttr
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

from tiendo.model.register import Nature
from tiendo.validation.flow_cells import judge_flow
from tiendo.validation.magnitude import Limits, doubtful_power, fits, is_target_copied, misplaced_part, misplaced_power
from tiendo.validation.shifted_rows import Figure, Nearness, find_moved
from tiendo.validation.signs import judge_sign

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


_NATIVE = (
    "ExpectColumnValuesToBeInSet", "ExpectColumnValuesToNotBeInSet", "ExpectColumnValuesToBeNull",
    "ExpectColumnValuesToNotBeNull", "ExpectColumnValuesToBeBetween", "ExpectColumnValuesToBeUnique",
    "ExpectColumnValuesToNotMatchRegex", "ExpectColumnPairValuesToBeEqual", "ExpectColumnPairValuesAToBeGreaterThanB",
    "ExpectCompoundColumnsToBeUnique",
)  # fmt: skip


def _remember_configurations() -> None:
    """Lets the library's expectations make their configuration once, instead of seventy times a run.

    That alone is a third of what a rule costs; nothing else about them is changed.
    """
    registry = logging.getLogger("great_expectations.expectations.registry")
    registry.disabled = True  # it would warn that a name is declared again
    for name in _NATIVE:
        _remembering(getattr(expectations, name))
    registry.disabled = False


def _remembering(native: Any) -> None:
    def configuration(self: Any) -> Any:
        if self._configuration is None:
            self._configuration = native.configuration.fget(self)
        return self._configuration

    members = {"_configuration": PrivateAttr(default=None), "configuration": property(configuration)}
    type(native)(native.__name__, (native,), members | {"__doc__": native.__doc__, "__module__": __name__})


_remember_configurations()


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


class ExpectFiguresNotOffByPowerOfTen(RowExpectation):
    """A figure is not a power of ten away from what it can be: a slipped separator, another scale of the unit.

    Parameters:
        column: the figure.
        nature_column, target_column, expected_column, last_column: what the register and earlier figures say of it.
        whole_column, whole_slip_column: for a quarter's figure, what the cumulative figures make it, and by which power
            they are off themselves; empty for a cumulative figure and where that is not known.
        limits: the numbers, see ``tiendo.validation.magnitude.Limits``.
        powers: the only powers this rule is about; all without it.
        below: the rule is only about figures smaller than this.
        is_mark_excepted: 74,617 is a thousands mark taken for a decimal one, not another scale: not this rule's.
    """

    nature_column: str
    target_column: str
    expected_column: str
    last_column: str
    whole_column: str
    whole_slip_column: str
    limits: dict[str, float]
    powers: list[int] | None = None
    below: float | None = None
    is_mark_excepted: bool = False

    def breaks(self, rows: "pd.DataFrame") -> "pd.Series[bool]":
        """Tells the rows whose figure is off by one of the powers."""
        limits = Limits.of(self.limits)
        compared = (
            self.target_column,
            self.expected_column,
            self.last_column,
            self.whole_column,
            self.whole_slip_column,
        )
        numbers = _numbers(rows, (self.column, *compared))
        return _flags(
            rows,
            (
                figure is not None and self._is_meant(figure, _power(figure, Nature(nature), limits, others))
                for nature, (figure, *others) in zip(rows[self.nature_column], numbers, strict=True)
            ),
        )

    def _is_meant(self, figure: Decimal, power: int) -> bool:
        if not power or (self.powers is not None and power not in self.powers):
            return False
        if self.below is not None and abs(figure) >= Decimal(str(self.below)):
            return False
        return not (self.is_mark_excepted and power == _MARK and figure >= 1 and figure % 1 != 0)


def _power(figure: Decimal, nature: Nature, limits: Limits, others: Sequence[Decimal | None]) -> int:
    """The power of ten by which a figure is off, a quarter's by what the cumulative figures make it."""
    target, expected, last, whole, whole_slip = others
    if whole_slip is None:
        return misplaced_power(figure, nature=nature, target=target, expected=expected, last=last, limits=limits)
    return 0 if whole is None else misplaced_part(figure, whole, int(whole_slip), limits.near)


_MARK = -3


class ExpectFiguresNotFractionOfExpected(RowExpectation):
    """A figure is not about a tenth or a hundredth of what the target lets one expect.

    Parameters:
        column: the figure.
        nature_column, expected_column: of the indicator.
        within: how near to an exact tenth or hundredth, as a factor.
    """

    nature_column: str
    expected_column: str
    within: float

    def breaks(self, rows: "pd.DataFrame") -> "pd.Series[bool]":
        """Tells the rows whose figure is a tenth or a hundredth."""
        pairs = _numbers(rows, (self.column, self.expected_column))
        return _flags(
            rows,
            (
                bool(doubtful_power(value or Decimal(0), nature=Nature(nature), expected=expected, within=self.within))
                for nature, (value, expected) in zip(rows[self.nature_column], pairs, strict=True)
            ),
        )


class ExpectFlowCellsInTheirPlaces(RowExpectation):
    """A flow's two cells, quarter and cumulative, do not hold each other's figure.

    Parameters:
        column, quarter_column: the two cells.
        last_column, last_quarter_column: the same of the quarter before.
        expected_column: what the target lets one expect of the cumulative figure.
        mistake: ``quarter_in_both``, ``cumulative_in_both``, ``swapped`` or ``repeated``.
        rounding_share: sums may differ by roundings, by this share of the cumulative figure.
    """

    quarter_column: str
    last_column: str
    last_quarter_column: str
    expected_column: str
    mistake: str
    rounding_share: float

    def breaks(self, rows: "pd.DataFrame") -> "pd.Series[bool]":
        """Tells the rows with this mistake."""
        names = (self.column, self.quarter_column, self.last_column, self.last_quarter_column, self.expected_column)
        share = Decimal(str(self.rounding_share))
        return _flags(
            rows,
            (
                judge_flow(
                    quarter, value or Decimal(0), last=last, last_quarter=last_quarter, expected=expected,
                    rounding_share=share,
                ).mistake
                == self.mistake
                for value, quarter, last, last_quarter, expected in _numbers(rows, names)
            ),
        )  # fmt: skip


class ExpectQuarterToAddUp(RowExpectation):
    """A quarter's figure is the difference of the cumulative figures.

    Parameters:
        column: the quarter's figure.
        total_column, last_column: the cumulative figure and the last one, which counts as 0 where there is none.
        precision_column: ``approximate`` where a figure is told in round numbers.
        tolerance, approximate_tolerance: by how much it may differ, as a share of the cumulative figure.
    """

    total_column: str
    last_column: str
    precision_column: str
    tolerance: float
    approximate_tolerance: float

    def breaks(self, rows: "pd.DataFrame") -> "pd.Series[bool]":
        """Tells the rows that do not add up."""
        shares = {True: Decimal(str(self.approximate_tolerance)), False: Decimal(str(self.tolerance))}
        numbers = _numbers(rows, (self.column, self.total_column, self.last_column))
        return _flags(
            rows,
            (
                quarter is not None
                and total is not None
                and abs(quarter - (total - (last or 0))) > abs(total) * shares[precision == "approximate"]
                for precision, (quarter, total, last) in zip(rows[self.precision_column], numbers, strict=True)
            ),
        )


class ExpectLastFigureNotDoubtful(RowExpectation):
    """Where a sum falls, it is not the last one that was wrong: this one fits the plan and that one did not.

    Parameters:
        column, last_column: the cumulative figure and the last one.
        expected_column, last_expected_column: what the target let one expect of each.
        within: a figure fits within this factor.
    """

    last_column: str
    expected_column: str
    last_expected_column: str
    within: float

    def breaks(self, rows: "pd.DataFrame") -> "pd.Series[bool]":
        """Tells the rows whose last figure is doubtful."""
        names = (self.column, self.last_column, self.expected_column, self.last_expected_column)
        return _flags(
            rows,
            (
                value is not None
                and last is not None
                and value < last
                and fits(value, expected, self.within)
                and not fits(last, last_expected, self.within)
                for value, last, expected, last_expected in _numbers(rows, names)
            ),
        )


class ExpectFiguresNotCopiedFromTarget(RowExpectation):
    """A figure is not the year's target to the last digit, where nobody reaches that by chance.

    Parameters:
        column, nature_column: the figure, and the nature of its indicator.
        low_column, high_column, expected_column: the target, and what it lets one expect by now.
        least: a smaller figure is never suspected.
        digits: one with so many digits that count always is.
        ahead: a flow with fewer digits is suspected from this multiple of what is to be expected on.
    """

    nature_column: str
    low_column: str
    high_column: str
    expected_column: str
    least: float
    digits: int
    ahead: float

    def breaks(self, rows: "pd.DataFrame") -> "pd.Series[bool]":
        """Tells the rows whose figure is the target."""
        numbers = _numbers(rows, (self.column, self.low_column, self.high_column, self.expected_column))
        return _flags(
            rows,
            (
                is_target_copied(
                    value, targets, expected, is_flow=nature == Nature.FLOW, least=self.least, digits=self.digits,
                    ahead=self.ahead,
                )
                for nature, (value, *targets, expected) in zip(rows[self.nature_column], numbers, strict=True)
            ),
        )  # fmt: skip


class ExpectSignToBeKept(RowExpectation):
    """A positive rate of change is none that has lost its minus sign.

    Parameters:
        column, last_column: the rate, and the last one.
        note_column, explanation_column: what the sender wrote beside it.
        certainty: ``lost`` where the words name this very figure as a fall; ``doubtful`` where the last rate was the
            same but negative, or negative while the words speak of a fall only.
        same_within: two rates are the same within this factor.
    """

    last_column: str
    note_column: str
    explanation_column: str
    certainty: str
    same_within: float

    def breaks(self, rows: "pd.DataFrame") -> "pd.Series[bool]":
        """Tells the rows whose sign was lost with this certainty."""
        texts = zip(rows[self.note_column], rows[self.explanation_column], strict=True)
        rates = _numbers(rows, (self.column, self.last_column))
        same = Decimal(str(self.same_within))
        return _flags(
            rows,
            (
                judge_sign(value or Decimal(0), last, words, same_within=same) == self.certainty
                for words, (value, last) in zip(texts, rates, strict=True)
            ),
        )


class ExpectFiguresInTheirOwnRows(RowExpectation):
    """The figures of a sheet do not stand a row off, nor two rows' in each other's place.

    Parameters:
        column: the place of a row among its file's; file_column: the file.
        value_column, reference_column: a row's figure, and what it is about: the last figure of a level, what is to be
            expected of a flow.
        off_column: how many figures of the row are off by a power of ten or outside their limits.
        fewest: so many rows of a file must have such figures.
        at_home, stranger: within the one factor a figure belongs to a row, from the other on it does not.
    """

    file_column: str
    value_column: str
    reference_column: str
    off_column: str
    fewest: int
    at_home: float
    stranger: float

    def breaks(self, rows: "pd.DataFrame") -> "pd.Series[bool]":
        """Tells the rows whose figure belongs to another."""
        nearness = Nearness(self.at_home, self.stranger, self.fewest)
        broken = rows[self.column] != rows[self.column]
        for _, file in rows.groupby(self.file_column, sort=False):
            if (file[self.off_column] > 0).sum() >= self.fewest:
                ordered = file.sort_values(self.column)
                figures = [Figure(*pair) for pair in _numbers(ordered, (self.value_column, self.reference_column))]
                broken.loc[ordered.index[list(find_moved(figures, nearness))]] = True
        return broken


def _numbers(rows: "pd.DataFrame", names: tuple[str, ...]) -> "Iterator[tuple[Decimal | None, ...]]":
    """Yields the numbers of each row, exact as typed."""
    exact = (
        [Decimal(repr(float(v))) if f else None for v, f in zip(rows[n], rows[n].notna(), strict=True)] for n in names
    )
    return zip(*exact, strict=True)


def _flags(rows: "pd.DataFrame", broken: "Iterator[bool]") -> "pd.Series[bool]":
    import pandas as pd

    return pd.Series(list(broken), index=rows.index, dtype=bool)
