"""Each input of docs/bad-inputs.md has a test that names it: ``test_input_NN_...``, or a class ``TestInput14And15``."""

import ast
import re
from pathlib import Path

from tiendo.settings import PROJECT

THIRTY = set(range(1, 31))
_TEST = re.compile(r"test_input_(\d\d)_")
_CLASS = re.compile(r"\d\d")


def named_inputs(source: str) -> set[int]:
    """The numbers that the tests of a module name; a class counts when it has a test."""
    found: set[int] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and (match := _TEST.match(node.name)):
            found.add(int(match[1]))
        elif isinstance(node, ast.ClassDef) and node.name.startswith("TestInput") and _has_test(node):
            found.update(map(int, _CLASS.findall(node.name)))
    return found


def _has_test(node: ast.ClassDef) -> bool:
    return any(isinstance(item, ast.FunctionDef) and item.name.startswith("test_") for item in node.body)


def test_every_one_of_the_thirty_inputs_has_a_test() -> None:
    covered: set[int] = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        covered |= named_inputs(path.read_text(encoding="utf-8"))
    assert sorted(THIRTY - covered) == []
    assert covered <= THIRTY
    page = (PROJECT / "docs" / "bad-inputs.md").read_text(encoding="utf-8")
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)] == sorted(THIRTY)


def test_a_class_without_a_test_and_a_helper_cover_nothing() -> None:
    assert named_inputs("def test_input_07_x(): ...\nclass TestInput14And15:\n    def test_a(self): ...") == {7, 14, 15}
    assert named_inputs("def input_07(): ...\nclass TestInput14:\n    x = 1") == set()
