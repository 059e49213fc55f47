"""What ``tiendo cleanup`` removes from a folder of logs, and what ``tiendo watch`` says where it does not."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tiendo.airflow_glue import cleanup, watch
from tiendo.airflow_glue.cleanup import clean_logs, cleaned_file
from tiendo.settings import Settings

BEFORE = datetime(2023, 3, 14, tzinfo=UTC)
OLD = (BEFORE - timedelta(seconds=1)).timestamp()


def put(path: Path, text: str = "", at: float | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    if at is not None:
        os.utime(path, (at, at))
    return path


def test_old_files_and_folders_that_stay_empty_go(tmp_path: Path) -> None:
    logs, elsewhere = tmp_path / "logs", put(tmp_path / "elsewhere", at=OLD)
    young = put(logs / "dag_id=a" / "young.log", at=BEFORE.timestamp())
    put(logs / "dag_id=a" / "old.log", at=OLD)
    (logs / "link").symlink_to(elsewhere)
    put(logs / "dag_id=b" / "run_id=c" / "old.log", at=OLD)
    clean_logs(logs, BEFORE)
    assert {path for path in logs.rglob("*") if path.is_file()} == {young, logs / "link"}
    # One that has just become empty may be written into; the next day it goes, and then the one above it.
    for folder in ("dag_id=b/run_id=c", "dag_id=b", "dag_id=a"):
        assert (logs / folder).exists()
        os.utime(logs / folder, (OLD, OLD))
        clean_logs(logs, BEFORE)
    assert sorted(path.name for path in logs.iterdir()) == ["dag_id=a", "link"]
    assert elsewhere.exists()


def test_a_log_that_is_written_on_and_on_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "_LARGEST_LOG", 10)
    long, short = put(tmp_path / "services" / "long.log", "a" * 11), put(tmp_path / "services" / "short.log", "b" * 10)
    with long.open("a") as service:
        clean_logs(tmp_path, BEFORE)
        service.write("c")
    assert (long.read_text(), short.read_text()) == ("c", "b" * 10)
    assert (tmp_path / "services" / "long.log.1").read_text() == "a" * 11


def test_it_is_told_when_nothing_was_cleaned_for_two_days(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "get_settings", lambda: settings)
    assert list(watch._problems_of_cleanup()) == [], "somebody else does it"
    put(cleaned_file(settings), at=time.time() - 47 * 3600)
    assert list(watch._problems_of_cleanup()) == []
    put(cleaned_file(settings), at=time.time() - 49 * 3600)
    assert [problem.subject for problem in watch._problems_of_cleanup()] == ["component cleanup"]
