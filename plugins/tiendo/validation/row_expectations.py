"""Expectations of our own, Great Expectations' extension point: what its gallery has no rule for.

Each class is one kind of rule; its numbers are parameters in a suite's JSON, and its docstring says to whoever reads or
changes a suite what they mean. Importing this module makes the classes known to Great Expectations, so only
``tiendo.validation.suites`` does, after the library itself.
"""

import logging
from collections.abc import Callable
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
from tiendo.validation.levels import Reach, find_likely, is_far
from tiendo.validation.magnitude import Limits, doubtful_power, fits, misplaced_part, misplaced_power
from tiendo.validation.slips import (
    Nearness,
    PlacedFigure,
    find_moved,
    is_sign_denied,
    is_target_copied,
    judge_flow,
    names_number,
    tells_another_rate,
)

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


def _remember() -> None:
    """Lets the library's expectations tell their configuration and what they need once, not up to seventy times a run.

    That alone is half of what a rule costs; nothing else about them is changed.
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

    def get_validation_dependencies(
        self: Any, execution_engine: Any = None, runtime_configuration: dict[str, Any] | None = None
    ) -> Any:
        asked = str((runtime_configuration or {}).get("result_format"))
        if asked not in self._dependencies:
            self._dependencies[asked] = native.get_validation_dependencies(
                self, execution_engine, runtime_configuration
            )
        return self._dependencies[asked]

    members = {
        "__doc__": native.__doc__,
        "__module__": __name__,
        "_configuration": PrivateAttr(default=None),
        "_dependencies": PrivateAttr(default_factory=dict),
        "configuration": property(configuration),
        "get_validation_dependencies": get_validation_dependencies,
    }
    type(native)(native.__name__, (native,), members)


_remember()


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


class NumberExpectation(RowExpectation):
    """A rule told from the numbers of a row, exact as typed, and from texts beside them.

    Attributes:
        numbers, texts: the parameters that name these columns.
        is_broken_by: tells from a row's subject, its numbers and its texts, in this order, whether it breaks the rule.
    """

    numbers: ClassVar[tuple[str, ...]]
    texts: ClassVar[tuple[str, ...]] = ()
    is_broken_by: ClassVar[Callable[..., bool]]

    def breaks(self, rows: "pd.DataFrame") -> "pd.Series[bool]":
        """Tells the rows that break it."""
        exact = [_exact(rows[getattr(self, name)]) for name in ("column", *self.numbers)]
        cells = zip(*exact, *(rows[getattr(self, name)] for name in self.texts), strict=True)
        return rows[self.column].__class__([self.is_broken_by(*row) for row in cells], index=rows.index, dtype=bool)


def _exact(column: "pd.Series[Any]") -> list[Decimal | None]:
    """Returns the numbers of a column as they were typed."""
    return [None if is_empty else Decimal(repr(float(v))) for v, is_empty in zip(column, column.isna(), strict=True)]


class ExpectFiguresNotOffByPowerOfTen(NumberExpectation):
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

    numbers = ("target_column", "expected_column", "last_column", "whole_column", "whole_slip_column")
    texts = ("nature_column",)

    def is_broken_by(self, figure: Decimal, *others: Any) -> bool:
        """Tells a figure that is off by one of the powers."""
        power = _power(figure, Limits.of(self.limits), *others)
        if not power or (self.powers is not None and power not in self.powers):
            return False
        if self.below is not None and abs(figure) >= Decimal(str(self.below)):
            return False
        return not (self.is_mark_excepted and power == _MARK and figure >= 1 and figure % 1 != 0)


def _power(  # noqa: PLR0917 - the numbers and texts of a row, in the rule's order
    figure: Decimal,
    limits: Limits,
    target: Decimal | None,
    expected: Decimal | None,
    last: Decimal | None,
    whole: Decimal | None,
    whole_slip: Decimal | None,
    nature: str,
) -> int:
    """The power of ten by which a figure is off, a quarter's by what the cumulative figures make it."""
    if whole_slip is not None:
        return 0 if whole is None else misplaced_part(figure, whole, int(whole_slip), limits.near)
    return misplaced_power(figure, nature=Nature(nature), target=target, expected=expected, last=last, limits=limits)


_MARK = -3


class ExpectFiguresNotFractionOfExpected(NumberExpectation):
    """A figure is not about a tenth or a hundredth of what the target lets one expect.

    Parameters:
        column: the figure.
        nature_column, expected_column: of the indicator.
        within: how near to an exact tenth or hundredth, as a factor.
    """

    nature_column: str
    expected_column: str
    within: float

    numbers = ("expected_column",)
    texts = ("nature_column",)

    def is_broken_by(self, figure: Decimal, expected: Decimal | None, nature: str) -> bool:
        """Tells a figure that is a tenth or a hundredth."""
        return doubtful_power(figure, nature=Nature(nature), expected=expected, within=self.within) != 0


class ExpectFlowCellsInTheirPlaces(NumberExpectation):
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

    numbers = ("quarter_column", "last_column", "last_quarter_column", "expected_column")

    def is_broken_by(self, total: Decimal, quarter: Decimal | None, *others: Decimal | None) -> bool:
        """Tells a row with this mistake."""
        share, (last, last_quarter, expected) = Decimal(str(self.rounding_share)), others
        found = judge_flow(
            quarter, total, last=last, last_quarter=last_quarter, expected=expected, rounding_share=share
        )
        return found.mistake == self.mistake


class ExpectQuarterToAddUp(NumberExpectation):
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

    numbers = ("total_column", "last_column")
    texts = ("precision_column",)

    def is_broken_by(self, quarter: Decimal, total: Decimal | None, last: Decimal | None, precision: str) -> bool:
        """Tells a row that does not add up."""
        share = self.approximate_tolerance if precision == "approximate" else self.tolerance
        return total is not None and abs(quarter - (total - (last or 0))) > abs(total) * Decimal(str(share))


class ExpectOldFigureToBeOnRecord(NumberExpectation):
    """The figure that a correction names as the old one is on record, to as many decimals as it has.

    Parameters:
        column: the old figure as its sender knows it.
        recorded_column, recorded_quarter_column: the figures on record.
        new_column: the new one; where it is on record already, the same correction has come before.
    """

    recorded_column: str
    recorded_quarter_column: str
    new_column: str

    numbers = ("recorded_column", "recorded_quarter_column", "new_column")

    def is_broken_by(self, old: Decimal, recorded: Decimal | None, *others: Decimal | None) -> bool:
        """Tells an old figure that is not on record."""
        quarter, new = others
        if recorded is not None and recorded == new:
            return False
        decimals = max(0, -int(old.normalize().as_tuple().exponent))
        within = Decimal("0.5").scaleb(-decimals)
        return not any(known is not None and abs(known - old) <= within for known in (recorded, quarter))


class ExpectLastFigureNotDoubtful(NumberExpectation):
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

    numbers = ("last_column", "expected_column", "last_expected_column")

    def is_broken_by(self, value: Decimal, last: Decimal | None, *expected: Decimal | None) -> bool:
        """Tells a row whose last figure is doubtful."""
        if last is None or value >= last:
            return False
        return fits(value, expected[0], self.within) and not fits(last, expected[1], self.within)


class ExpectFiguresNotCopiedFromTarget(NumberExpectation):
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

    numbers = ("low_column", "high_column", "expected_column")
    texts = ("nature_column",)

    def is_broken_by(
        self, value: Decimal, low: Decimal | None, high: Decimal | None, expected: Decimal | None, nature: str
    ) -> bool:
        """Tells a figure that is the target."""
        is_flow = nature == Nature.FLOW
        return is_target_copied(
            value, (low, high), expected, is_flow=is_flow, least=self.least, digits=self.digits, ahead=self.ahead
        )


class ExpectSignAsInWords(NumberExpectation):
    """The words beside a rate of change do not say of its very number that it has the other sign.

    Parameters:
        column: the rate.
        note_column, explanation_column: what the sender wrote beside it.
    """

    note_column: str
    explanation_column: str

    numbers = ()
    texts = ("note_column", "explanation_column")

    def is_broken_by(self, rate: Decimal, *words: str) -> bool:
        """Tells a rate whose sign is denied."""
        return is_sign_denied(rate, words)


class ExpectRatesToKeepTheirSign(NumberExpectation):
    """A rate of change has the sign of the last one.

    Parameters:
        column, last_column: the rate, and the last one.
    """

    last_column: str

    numbers = ("last_column",)

    def is_broken_by(self, rate: Decimal, last: Decimal | None) -> bool:
        """Tells a rate that rises after a fall, or the reverse."""
        return last is not None and rate * last < 0


class ExpectFiguresNearTheirLast(NumberExpectation):
    """A level is within a factor of the last one, a rate of growth within points; 0 only follows 0.

    Parameters:
        column, last_column, nature_column: the figure, the last one, and the nature of the indicator.
        reach: ``factor`` of a level; ``points`` of a rate, or as many as the last one counts where that is more.
        beyond_column: the indicator's own factor or points, where the register has them.
    """

    last_column: str
    nature_column: str
    beyond_column: str
    reach: dict[str, float]

    numbers = ("last_column", "beyond_column")
    texts = ("nature_column",)

    def is_broken_by(self, figure: Decimal, last: Decimal | None, beyond: Decimal | None, nature: str) -> bool:
        """Tells a figure that is far from the last one."""
        reach = Reach(*(beyond or Decimal(str(self.reach[name])) for name in Reach._fields))
        return is_far(figure, last, Nature(nature), reach)


class ExpectWordsNotToNameLikely(NumberExpectation):
    """The words beside a figure far from the last one do not name the figure that one slip makes of it.

    Parameters:
        column, last_column, nature_column, beyond_column, reach: as of ``ExpectFiguresNearTheirLast``.
        family_column: of the unit.
        words_column: what the sender wrote beside it.
    """

    last_column: str
    nature_column: str
    beyond_column: str
    family_column: str
    words_column: str
    reach: dict[str, float]

    numbers = ("last_column", "beyond_column")
    texts = ("nature_column", "family_column", "words_column")

    def is_broken_by(self, figure: Decimal, last: Decimal | None, beyond: Decimal | None, *texts: str) -> bool:
        """Tells a figure beside which its words name the likely one and not the figure itself."""
        nature, family, words = texts
        reach = Reach(*(beyond or Decimal(str(self.reach[name])) for name in Reach._fields))
        if not words or last is None or not (is_far(figure, last, Nature(nature), reach) or figure * last < 0):
            return False
        likely = find_likely(figure, last, Nature(nature), reach, family=family)
        return likely is not None and names_number(words, abs(likely.value)) and not names_number(words, abs(figure))


class ExpectWordsNotToTellAnotherRate(NumberExpectation):
    """The words beside a rate of growth do not say that it is another one than the year's so far, against last year's.

    Parameters:
        column: the rate.
        words_column: what the sender wrote beside it.
        within: so far two rates are one, in percentage points.
    """

    words_column: str
    within: float

    numbers = ()
    texts = ("words_column",)

    def is_broken_by(self, rate: Decimal, words: str) -> bool:
        """Tells a rate that its words tell otherwise."""
        return bool(words) and tells_another_rate(rate, words, Decimal(str(self.within)))


class ExpectFiguresInTheirOwnRows(RowExpectation):
    """The figures of a sheet do not stand a row off, nor two rows' in each other's place.

    Parameters:
        column: the place of a row among its file's; file_column: the file.
        value_column, reference_column: a row's figure, and what it is about: the last figure of a level, what is to be
            expected of a flow.
        off_column: how many figures of the row are off by a power of ten or outside their limits; one must be.
        fewest: so many figures of a file must be strangers in their rows.
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
            if (file[self.off_column] > 0).any():
                ordered = file.sort_values(self.column)
                values, references = _exact(ordered[self.value_column]), _exact(ordered[self.reference_column])
                figures = list(map(PlacedFigure, values, references))
                broken.loc[ordered.index[list(find_moved(figures, nearness))]] = True
        return broken
