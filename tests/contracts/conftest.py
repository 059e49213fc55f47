"""The pipeline on the embedded server, its clock on the day of the first quarter's report."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tiendo.settings import INCLUDE
from tiendo.validation import suites


@pytest.fixture
def change_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Gives a function after which a rule's meta is as given, as if it had been changed in include/expectations/."""

    def change(rule: str, **meta: object) -> None:
        folder = tmp_path / "expectations"
        shutil.copytree(INCLUDE / "expectations", folder, dirs_exist_ok=True)
        for path in folder.glob("*.json"):
            document = json.loads(path.read_text(encoding="utf-8"))
            for expectation in document["expectations"]:
                if expectation["meta"]["rule"] == rule:
                    expectation["severity"] = meta.get("severity", expectation["severity"])
                    expectation["meta"] |= meta
            path.write_text(json.dumps(document), encoding="utf-8")
        monkeypatch.setattr(suites, "EXPECTATIONS", folder)
        suites.get_suite.cache_clear()

    yield change
    suites.get_suite.cache_clear()
