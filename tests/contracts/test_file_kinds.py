"""The table ``tables/files.csv``: what Excel shows is read or named, and a file is called broken only where it is."""

from decimal import Decimal
from pathlib import Path

import pytest

from fixtures.file_kinds import Kinds
from fixtures.pipeline import Pipeline
from tiendo.model.register import Register

LINES = (Path(__file__).parent / "tables" / "files.csv").read_text(encoding="utf-8").splitlines()[1:]


@pytest.mark.parametrize(("words", "verdict", "cell", "value", "sentence"), [line.split("|") for line in LINES])
def test_files(  # noqa: PLR0917
    pipeline: Pipeline,
    register: Register,
    tmp_path: Path,
    words: str,
    verdict: str,
    cell: str,
    value: str,
    sentence: str,
) -> None:
    pipeline.today(2023, 3, 14, 12)
    data, name, body = Kinds(register).build(words)
    path = tmp_path / name
    path.write_bytes(data)
    document = pipeline.check(path, body)
    messages = [finding["message"] for finding in document["findings"]]
    assert document["verdict"] == verdict, messages
    assert any(message.startswith(sentence) for message in messages) or not sentence, messages
    if value:
        assert {o["value"] for o in document["read"] if o["cell"] == cell} == {Decimal(value)}
    elif cell:
        assert cell in {f["cell"] for f in document["findings"] if f["message"].startswith(sentence)}
    if verdict == "accepted" and not sentence:
        assert messages == []
