"""The documents made from the system itself: written by ``tiendo docs``, held fresh by ``tiendo docs --check``."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from tiendo.settings import PROJECT


@cache
def _dictionaries() -> tuple[str, str]:
    """The data dictionary in English and Vietnamese, of one server."""
    from tiendo.warehouse.dictionary import dictionary
    from tiendo.warehouse.embedded import temporary_server
    from tiendo.warehouse.engine import make_engine
    from tiendo.warehouse.migrate import migrate

    with temporary_server("dictionary") as url:
        engine = make_engine(url)
        migrate(engine)
        texts = dictionary(engine, "en"), dictionary(engine, "vi")
        engine.dispose()
    return texts


def _rules() -> str:
    from tiendo.validation.catalogue import text

    return text()


def _dags() -> str:
    from tiendo.cli.dag_pages import dag_pages

    return dag_pages()


DOCUMENTS: dict[str, Callable[[], str]] = {
    "data_dictionary.md": lambda: _dictionaries()[0],
    "data_dictionary.vi.md": lambda: _dictionaries()[1],
    "rules.md": _rules,
    "DAGs.md": _dags,
}


def write_documents() -> list[Path]:
    """Writes every generated document anew and returns their paths."""
    paths = []
    for name, make in DOCUMENTS.items():
        path = PROJECT / "docs" / name
        path.write_text(make(), encoding="utf-8")
        paths.append(path)
    return paths


def stale_documents() -> list[Path]:
    """Returns the generated documents that no longer say what the system says."""
    stale = []
    for name, make in DOCUMENTS.items():
        path = PROJECT / "docs" / name
        if not path.exists() or path.read_text(encoding="utf-8") != make():
            stale.append(path)
    return stale
