"""The conditions of rules (``row_condition``), in the words of ``pandas.DataFrame.query``, compiled once.

Great Expectations asks ``query`` anew for every metric of every rule, and counts the rows of each condition apart. So
a rule with a condition looks at its subject where that holds, and passes over the other rows as over empty cells.
"""

import ast
from collections.abc import Mapping
from functools import cache
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def holds(condition: str, columns: "Mapping[str, pd.Series[Any]]") -> "pd.Series[bool]":
    """Tells the rows that a condition holds for."""
    names, code = _compiled(condition)
    mask: pd.Series[bool] = eval(code, {"__builtins__": {}}, {name: columns[name] for name in names})  # noqa: S307
    return mask


def names_in(condition: str) -> tuple[str, ...]:
    """Returns the columns that a condition looks at."""
    return _compiled(condition)[0]


@cache
def _compiled(condition: str) -> tuple[tuple[str, ...], CodeType]:
    tree: Any = ast.parse(condition, mode="eval")
    names = tuple(dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name)))
    return names, compile(ast.fix_missing_locations(_ByColumn().visit(tree)), condition, "eval")


class _ByColumn(ast.NodeTransformer):
    """Turns ``and``, ``or`` and ``in`` into what they are for whole columns, as ``DataFrame.query`` does."""

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        operator = ast.BitAnd() if isinstance(node.op, ast.And) else ast.BitOr()
        first, *others = (self.visit(value) for value in node.values)
        for other in others:
            first = ast.BinOp(first, operator, other)
        found: ast.AST = first
        return found

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        if isinstance(node.ops[0], ast.In):
            return ast.Call(ast.Attribute(node.left, "isin", ast.Load()), [node.comparators[0]], [])
        return node
