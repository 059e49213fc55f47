"""What documents and comments point to is there, and every document is found from the index."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
_PATH = re.compile(r"`((?:plugins|include|tests|dags|docs|benchmarks)/[\w./-]+)`")
_DOCUMENT = re.compile(r"\bdocs/[\w/-]+\.md\b")
_CODE = (".py", ".sql", ".json", ".yaml", ".j2")


def links(page: Path) -> set[Path]:
    return {(page.parent / link).resolve() for link in _LINK.findall(page.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    named = {ROOT / path for path in _PATH.findall(page.read_text(encoding="utf-8"))}
    assert [str(path) for path in links(page) | named if not path.exists()] == []


def test_documents_that_code_names_are_there() -> None:
    folders = ("plugins", "include", "tests", "dags", "benchmarks")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in _CODE]
    texts = {path: path.read_text(encoding="utf-8") for path in [ROOT / "pyproject.toml", *files]}
    lost = {(str(path), name) for path, text in texts.items() for name in _DOCUMENT.findall(text)}
    assert {(path, name) for path, name in lost if not (ROOT / name).exists()} == set()


def test_the_index_names_every_document() -> None:
    for index, folder in ((DOCS / "index.md", DOCS), (DOCS / "runbooks" / "README.md", DOCS / "runbooks")):
        assert set(folder.glob("*.md")) - {index} <= links(index)
    assert set(ROOT.glob("*.md")) <= links(DOCS / "index.md")
    assert {DOCS / "index.md", ROOT / "CONTRIBUTING.md"} <= links(ROOT / "README.md")


def test_one_word_is_one_thing() -> None:
    """No class of the library shares its name with another one, and no two modules of tests do."""
    files = sorted((ROOT / "plugins" / "tiendo").rglob("*.py"))
    bodies = {path: ast.parse(path.read_text(encoding="utf-8")).body for path in files}
    classes = Counter(node.name for body in bodies.values() for node in body if isinstance(node, ast.ClassDef))
    assert len(classes) > 100
    assert [name for name, count in classes.items() if count > 1] == []
    modules = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in modules.items() if count > 1] == []
