"""What simple formulas come to: sums, differences, products, SUM and ROUND over the cells of a workbook.

A program that writes a workbook stores a dummy beside a formula and asks Excel to calculate when the file is opened;
Excel then shows another number than the file holds. What is computed here tells a dummy from a result.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from math import isclose, isfinite
from typing import NamedTuple

from tiendo.reading.sheet import column_index

Place = tuple[int, int]
_CELL = r"\$?([A-Z]{1,3})\$?([0-9]{1,7})"
_REFERENCE = re.compile(rf"(?:('(?:[^']|'')+'|[^\W\d][\w.]*)!)?{_CELL}(?::{_CELL})?")
_TOKEN = re.compile(
    rf"\s*(?:(?P<reference>{_REFERENCE.pattern})(?![\w(!])|(?P<number>\d+(?:\.\d*)?(?:E[+-]?\d+)?)"
    r"|(?P<function>[A-Z]+)\(|(?P<sign>[-+*/(),%]))"
)
_DEEPEST, _MOST_STEPS = 60, 50_000


class _UnknownError(Exception):
    """The formula is none of those that are understood."""


class SheetCells(NamedTuple):
    """The cells of one sheet, by 0-based row and column.

    Attributes:
        numbers: stored numbers, results of formulas among them.
        others: cells that hold something else: texts, truths, errors.
        formulas: as written, without "="; "" where it is shared with another cell.
    """

    numbers: dict[Place, float]
    others: set[Place]
    formulas: dict[Place, str]


def uncalculated(sheets: Mapping[str, SheetCells], *, is_recalculated: bool) -> dict[str, set[Place]]:
    """Returns, by sheet, the formulas whose stored number is not their result.

    Args:
        is_recalculated: Excel calculates the workbook anew when it is opened. Then a formula that is not understood is
            uncalculated too, if every formula of the workbook has stored zero. Else only a zero is doubted whose
            formula comes to something else: other numbers are what is shown, also where they are old.
    """
    calculator = _Calculator(sheets)
    stored = [(name, place) for name, cells in sheets.items() for place in cells.formulas if place in cells.numbers]
    is_all_zero = not any(sheets[name].numbers[place] for name, place in stored)
    found: dict[str, set[Place]] = {}
    for name, place in stored:
        kept = sheets[name].numbers[place]
        if kept and not is_recalculated:
            continue
        try:
            is_dummy = not isclose(calculator.value(name, place), kept, rel_tol=1e-9, abs_tol=1e-9)
        except (_UnknownError, ArithmeticError, RecursionError):
            is_dummy = is_all_zero and is_recalculated
        if is_dummy:
            found.setdefault(name, set()).add(place)
    return found


class _Calculator:
    """Computes cells of a workbook, each once."""

    def __init__(self, sheets: Mapping[str, SheetCells]) -> None:
        self._sheets = sheets
        self._known: dict[tuple[str, Place], float] = {}
        self._open: set[tuple[str, Place]] = set()
        self.steps = 0

    def value(self, sheet: str, place: Place) -> float:
        """Returns what a cell comes to; a blank one is zero.

        Raises:
            _UnknownError: it holds no number, or a formula that is not understood.
        """
        cells = self._sheets.get(sheet)
        self.steps += 1
        if cells is None or place in cells.others or self.steps > _MOST_STEPS:
            raise _UnknownError
        formula = cells.formulas.get(place)
        if formula is None:
            return cells.numbers.get(place, 0.0)
        key = (sheet, place)
        if key not in self._known:
            if not formula or key in self._open or len(self._open) >= _DEEPEST:
                raise _UnknownError
            self._open.add(key)
            try:
                self._known[key] = _Formula(formula, sheet, self).result()
            finally:
                self._open.discard(key)
        return self._known[key]

    def numbers(self, sheet: str, first: Place, last: Place) -> Iterator[float]:
        """Yields the numbers of a range, as SUM takes them: texts count for nothing."""
        cells = self._sheets.get(sheet)
        if cells is None or (last[0] - first[0] + 1) * (last[1] - first[1] + 1) > _MOST_STEPS:
            raise _UnknownError
        for row in range(first[0], last[0] + 1):
            for column in range(first[1], last[1] + 1):
                if (row, column) not in cells.others or (row, column) in cells.formulas:
                    yield self.value(sheet, (row, column))


class _Formula:
    """A formula, read from left to right."""

    def __init__(self, text: str, sheet: str, calculator: _Calculator) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._sheet, self._calculator = sheet, calculator

    def result(self) -> float:
        value = self._sum()
        if self._at < len(self._tokens) or not isfinite(value):
            raise _UnknownError
        return value

    def _next(self, *signs: str) -> str:
        """Returns the sign that is next and passes it, where it is one of these."""
        if self._at < len(self._tokens) and (text := self._tokens[self._at][0]) in signs:
            self._at += 1
            return text
        return ""

    def _sum(self) -> float:
        value = self._product()
        while sign := self._next("+", "-"):
            value += self._product() if sign == "+" else -self._product()
        return value

    def _product(self) -> float:
        value = self._factor()
        while sign := self._next("*", "/"):
            value = value * self._factor() if sign == "*" else value / self._factor()
        return value

    def _factor(self) -> float:
        if sign := self._next("-", "+"):
            return -self._factor() if sign == "-" else self._factor()
        value = self._atom()
        while self._next("%"):
            value /= 100
        return value

    def _atom(self) -> float:
        if self._next("("):
            value = self._sum()
            if not self._next(")"):
                raise _UnknownError
            return value
        if self._at >= len(self._tokens):
            raise _UnknownError
        text, match = self._tokens[self._at]
        self._at += 1
        if match["number"]:
            return float(text)
        if match["function"]:
            return self._call(match["function"])
        sheet, first, last = self._range(text)
        if first != last:
            raise _UnknownError
        return self._calculator.value(sheet, first)

    def _call(self, name: str) -> float:
        arguments: list[float] = []
        while True:
            token = self._tokens[self._at] if self._at < len(self._tokens) else None
            following = self._tokens[self._at + 1][0] if self._at + 1 < len(self._tokens) else ""
            if name == "SUM" and token and token[1]["reference"] and following in (",", ")"):
                self._at += 1
                arguments += self._calculator.numbers(*self._range(token[0]))
            else:
                arguments.append(self._sum())
            if self._next(")"):
                break
            if not self._next(","):
                raise _UnknownError
        if name == "SUM":
            return sum(arguments)
        if name == "ROUND" and len(arguments) == 2 and abs(arguments[1]) <= 15:
            unit = Decimal(1).scaleb(-int(arguments[1]))
            return float((Decimal(repr(arguments[0])) / unit).quantize(Decimal(1), ROUND_HALF_UP) * unit)
        raise _UnknownError

    def _range(self, text: str) -> tuple[str, Place, Place]:
        match = _REFERENCE.fullmatch(text)
        if not match:
            raise _UnknownError
        sheet = match[1].strip("'").replace("''", "'") if match[1] else self._sheet
        first = (int(match[3]) - 1, column_index(match[2]))
        return sheet, first, (int(match[5]) - 1, column_index(match[4])) if match[4] else first


def _tokens(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Yields the parts of a formula.

    Raises:
        _UnknownError: there is something in it that is not understood.
    """
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match:
            raise _UnknownError
        at = match.end()
        yield match[0].strip(), match
