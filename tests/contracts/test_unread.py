"""What becomes of a file that was not read: whose fault that was decides, and sending it again is no repetition."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.foreign import zipped
from fixtures.pipeline import Pipeline
from fixtures.workbooks import filled_workbook
from tiendo.collect.archive import archived_path, sha256_of
from tiendo.model.content import UnreadError
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.process.batch import process
from tiendo.process.fates import waiting_batches
from tiendo.process.quarantine import show
from tiendo.process.requeue import enter, find_file, review
from tiendo.process.steps import BatchResult, ReaderBugError
from tiendo.reading import files as reading
from tiendo.reading import reader_process
from tiendo.reading.reader_process import WorkbookReader

FINANCE, OTHER, Q1 = "so-tai-chinh", "so-tu-phap", Period(2023, 1)


@pytest.fixture
def workbook(register: Register) -> bytes:
    return filled_workbook(register, FINANCE, Q1)


@pytest.fixture
def refused(register: Register) -> bytes:
    """A workbook of another body: read, and refused."""
    return filled_workbook(register, OTHER, Q1)


@pytest.fixture
def reader() -> None:
    """None for all batches: each starts its own, under the limits of the moment."""


@pytest.fixture
def impatient(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The pipeline's reader, which waits a second for the disk where it else waits for minutes."""
    with WorkbookReader(still_seconds=1) as reader:
        monkeypatch.setattr(reading, "_kept", reader)
        yield


def block(pipeline: Pipeline, content: bytes) -> Path:
    """Makes the archive answer no more for these bytes."""
    path = archived_path(pipeline.settings.archive, sha256_of(content))
    path.unlink()
    os.mkfifo(path)
    return path


def unblock(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def run(pipeline: Pipeline) -> BatchResult:
    (ids,) = waiting_batches(pipeline.engine)
    return process(pipeline.settings, pipeline.register, pipeline.engine, ids)


@pytest.mark.usefixtures("impatient")
def test_a_file_that_stalls_waits_for_the_next_run_and_the_others_do_not(
    pipeline: Pipeline, register: Register, workbook: bytes
) -> None:
    stalled = [pipeline.land(FINANCE, workbook) for _ in range(2)]
    good = pipeline.land(OTHER, filled_workbook(register, OTHER, Q1))
    blocked = block(pipeline, workbook)

    result = run(pipeline)

    assert result.states == {"accepted": 1}
    assert pipeline.file(good)["state"] == "accepted"
    assert waiting_batches(pipeline.engine) == [stalled]
    with pytest.raises(TimeoutError, match=r"^TN-000001 .* was not read and waits\. .*stood still for 1 s$") as raised:
        result.or_raise()
    assert type(raised.value) is UnreadError  # which is tried again: it is a TimeoutError
    answers = pipeline.settings.outbox / FINANCE
    assert not answers.exists()  # its sender is told nothing yet
    assert "stood still for 1 s" in pipeline.file(stalled[0])["reading_failure"]

    unblock(blocked, workbook)
    assert run(pipeline).or_raise().states == {"accepted": 1, "duplicate": 1}
    assert answers.exists()
    assert pipeline.file(stalled[0])["reading_failure"] is None


@pytest.mark.usefixtures("impatient")
def test_a_refused_file_that_stalls_when_it_is_sent_again_waits(pipeline: Pipeline, refused: bytes) -> None:
    assert pipeline.send(FINANCE, refused) == "rejected"
    again = pipeline.land(FINANCE, refused)
    blocked = block(pipeline, refused)
    assert len(run(pipeline).unread) == 1
    assert waiting_batches(pipeline.engine) == [[again]]
    unblock(blocked, refused)
    assert run(pipeline).or_raise().states == {"duplicate": 1}


@pytest.mark.usefixtures("impatient")
def test_an_archive_that_stalls_waits(pipeline: Pipeline, workbook: bytes) -> None:
    archive = zipped({"a.xlsx": workbook})
    pipeline.land(FINANCE, archive)
    blocked = block(pipeline, archive)
    assert run(pipeline).states == {}
    unblock(blocked, archive)
    assert run(pipeline).or_raise().states == {"accepted": 2}


@pytest.mark.usefixtures("impatient")
def test_a_further_reading_that_stalls_waits_like_a_first_one(
    pipeline: Pipeline, register: Register, workbook: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(reader_process, "MAX_ANSWER", 1000)
        assert pipeline.send(FINANCE, workbook) == "quarantined"
    reviewed = review(pipeline.settings, register, pipeline.engine, find_file(pipeline.engine, "TN-000001"))
    entered = enter(pipeline.engine, reviewed, act="requeue", reason="Đọc lại")
    blocked = block(pipeline, workbook)
    with pytest.raises(UnreadError):
        review(pipeline.settings, register, pipeline.engine, find_file(pipeline.engine, "TN-000001"))
    assert run(pipeline).states == {}
    assert waiting_batches(pipeline.engine) == [[entered.file_id]]
    unblock(blocked, workbook)
    assert run(pipeline).or_raise().states == {"accepted": 1}


def test_a_file_that_was_not_read_is_read_when_it_is_sent_again(
    pipeline: Pipeline, workbook: bytes, refused: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only where it is accepted then: what it is refused for is told, and not that it is known."""
    with monkeypatch.context() as patch:
        patch.setattr(reader_process, "MAX_ANSWER", 1000)
        for content in (workbook, refused):
            assert pipeline.send(FINANCE, content) == "quarantined"
            assert pipeline.send(FINANCE, content, name="lan-2.xlsx") == "quarantined"
            (finding,) = pipeline.findings().values()
            assert (finding["rule"], finding["found"]) == ("file-reader-failed", "lan-2.xlsx")
    assert pipeline.send(FINANCE, refused) == "rejected"
    assert "file-duplicate" not in pipeline.findings()
    assert pipeline.send(FINANCE, refused) == "duplicate"
    assert pipeline.send(FINANCE, workbook) == "accepted"
    assert pipeline.send(FINANCE, workbook) == "duplicate"


def test_copies_in_one_batch_share_what_is_said_of_a_file_that_was_not_read(
    pipeline: Pipeline, workbook: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_process, "MAX_ANSWER", 1000)
    for name in ("a.xlsx", "b.xlsx"):
        pipeline.land(FINANCE, workbook, name=name)
    assert run(pipeline).states == {"quarantined": 2}
    for number, name in enumerate(("a.xlsx", "b.xlsx"), start=1):
        (finding,) = pipeline.findings(number).values()
        assert (finding["rule"], finding["found"]) == ("file-reader-failed", name)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        pytest.param(None, "reader_failed: answers with", id="beyond a limit"),
        pytest.param(b"<html>", "web_page: begins with b'<html>'", id="another kind"),
        pytest.param(b"PK\3\4" + bytes(40), "not_a_workbook: NotAZipError", id="broken"),
    ],
)
def test_operations_see_why_a_file_was_not_read(
    pipeline: Pipeline, workbook: bytes, monkeypatch: pytest.MonkeyPatch, content: bytes | None, cause: str
) -> None:
    monkeypatch.setattr(reader_process, "MAX_ANSWER", 1000)
    assert pipeline.send(FINANCE, content or workbook) == "quarantined"
    held = show(pipeline.settings, pipeline.engine, "TN-000001")
    assert held["reading_failure"].startswith(cause)
    assert pipeline.file(1)["reading_failure"] == held["reading_failure"]


def test_what_was_judged_is_a_repetition_when_it_is_sent_again(pipeline: Pipeline) -> None:
    for content in (b"<html>", b"khong phai bang tinh"):
        assert pipeline.send(FINANCE, content) == "quarantined"
        assert pipeline.send(FINANCE, content) == "duplicate"


def test_an_error_of_our_reader_is_not_hidden_by_what_is_tried_again() -> None:
    """A task that is tried again finds the file with the error settled: it must say so at the first try."""
    first = BatchResult({}, [], unread=("TN-000001 waits",))
    with pytest.raises(ReaderBugError, match=r"TN-000002 KeyError\nTN-000001 waits"):
        first.and_of(BatchResult({}, [], bugs=("TN-000002 KeyError",))).or_raise()
