"""The pipeline on the embedded server, its clock on the day of the first quarter's report."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from fixtures.pipeline import Pipeline
from tiendo.model.register import Register
from tiendo.settings import Settings


@pytest.fixture
def pipeline(
    settings: Settings, register: Register, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Pipeline:
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(tmp_path / "clock"))
    pipeline = Pipeline(settings, register, engine, tmp_path / "clock")
    pipeline.today(2023, 3, 14, 12)
    return pipeline
