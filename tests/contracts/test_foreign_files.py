"""Hostile and foreign files put in together with good ones: each has one fate, and the good ones never notice.

The corpus is made of real files mutated (torn, bits turned, members exchanged, numbers replaced) and of files made to
harm; ``benchmarks/foreign.py`` runs a thousand and more, and measures.
"""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import hypothesis
import pytest
from hypothesis import strategies as st

from fixtures.mutations import MUTATIONS, handmade, mutated
from fixtures.pipeline import Pipeline
from fixtures.workbooks import filled_workbook
from tiendo.collect.ledger import ledger_document
from tiendo.model.content import WorkbookContent
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.ooxml.zip_parts import NotAZipError, TooLargeError
from tiendo.process import batch
from tiendo.process.fates import waiting_batches
from tiendo.process.ingest import ingest_paths
from tiendo.process.steps import ReaderBugError
from tiendo.reading import reader_process
from tiendo.reading.delimited import TextError, decode, read_rows
from tiendo.reading.kinds import READ, kind_of
from tiendo.reading.reader_process import WorkbookReader
from tiendo.validation.submission_records import known_faults
from tiendo.warehouse.engine import loader

FILES = Path(__file__).parents[1] / "fixtures" / "files"
FINANCE, Q1 = "so-tai-chinh", Period(2023, 1)
TASKS_ONLY = ("so-tu-phap", "so-ngoai-vu", "so-giao-thong-van-tai", "cuc-thue")
MUTATED = 110
MIB = 2**20


@pytest.fixture(scope="session")
def workbook(register: Register) -> bytes:
    return filled_workbook(register, FINANCE, Q1)


@pytest.fixture(scope="session")
def seeds(workbook: bytes) -> dict[str, bytes]:
    kept = {path.name: path.read_bytes() for path in sorted(FILES.iterdir()) if path.suffix in (".xls", ".ods")}
    return kept | {"bao-cao.xlsx": workbook, "bao-cao.csv": "TT;Chỉ tiêu;Lũy kế\n1;Tổng thu;18.654\n".encode()}


def test_every_foreign_file_has_one_fate_and_the_good_ones_are_accepted(
    pipeline: Pipeline, register: Register, workbook: bytes, seeds: dict[str, bytes], tmp_path: Path
) -> None:
    """Sở Tài chính sends the corpus; four bodies' good reports go through in the same batches."""
    folder = tmp_path / "inbox"
    corpus = dict([*handmade(workbook), *mutated(seeds, MUTATED)])
    good = [agency for agency in TASKS_ONLY if agency in register.agency_by_code]
    assert len(good) > 2
    for name, content in corpus.items():
        target = folder / FINANCE / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    for agency in good:
        target = folder / agency / "bao-cao.xlsx"
        target.parent.mkdir(parents=True)
        target.write_bytes(filled_workbook(register, agency, Q1))

    result = ingest_paths(pipeline.settings, register, lambda: pipeline.engine, [folder])

    document = ledger_document(pipeline.engine)
    assert document["adds_up"]
    assert "waiting" not in document["states"]
    assert sum(document["states"].values()) == document["received"] >= len(corpus) + len(good)
    assert result["received"] == len(corpus) + len(good)
    states = {(file["sender"], file["name"]): file["state"] for file in document["files"]}
    assert {states[agency, "bao-cao.xlsx"] for agency in good} == {"accepted"}
    assert states[FINANCE, "every-row.xlsx"] == "quarantined"
    # Each refusal has a reason, and a page that says it.
    with loader(pipeline.engine) as connection:
        told = set(
            connection.exec_driver_sql("select file_id from intake.finding where severity = 'critical'").scalars()
        )
    for number, file in enumerate(document["files"], start=1):
        assert (pipeline.settings.home / file["receipt"]).is_file()
        if file["state"] in ("rejected", "quarantined"):
            assert number in told, file
    rules = Counter(rule for (rule,) in _rules(pipeline))
    assert "file-reader-bug" not in rules
    assert len(rules) > 15


def _rules(pipeline: Pipeline) -> list[tuple[str]]:
    with loader(pipeline.engine) as connection:
        return [tuple(row) for row in connection.exec_driver_sql("select rule from intake.finding").all()]


def test_the_reading_process_stays_below_one_gib_and_a_file_below_thirty_seconds(
    workbook: bytes, tmp_path: Path
) -> None:
    """Measured in a process of its own, so that no other test's memory counts."""
    paths = []
    for name, content in handmade(workbook):
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content)
    script = """
import re, resource, sys, time
from pathlib import Path
from tiendo.reading.reader_process import WorkbookReader
worst, before = 0.0, time.monotonic()
with WorkbookReader() as reader:
    for content in reader.read_many(map(Path, sys.argv[1:])):
        worst, before = max(worst, time.monotonic() - before), time.monotonic()
own = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]  # getrusage tells the parent's too
print(worst, own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
    done = subprocess.run([sys.executable, "-c", script, *paths], check=True, capture_output=True, text=True)
    worst, own, children = map(float, done.stdout.split())
    assert worst < 30
    assert own * 1024 < 200 * MIB
    assert children * 1024 < 1024 * MIB


def test_an_answer_larger_than_any_report_is_not_taken(
    workbook: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a hostile child could send must not fill the parent: it is cut at the length it announces."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook)
    monkeypatch.setattr(reader_process, "MAX_ANSWER", 1000)
    with WorkbookReader() as reader:
        contents = list(reader.read_many([path, path]))
    assert [content.fault for content in contents] == ["reader_failed", "reader_failed"]
    assert "bytes" in contents[0].fault_detail


def test_an_error_of_our_own_reader_is_loud_after_the_batch_is_settled(
    pipeline: Pipeline, register: Register, workbook: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No real file is known to make it fail, so it is told so: its sender need do nothing, operations must."""
    read = batch.read_files

    def failing(*arguments: object) -> list[WorkbookContent]:
        contents = read(*arguments)  # type: ignore[arg-type]
        return [WorkbookContent(fault="reader_bug", fault_detail="KeyError: 'r'"), *contents[1:]]

    pipeline.land(FINANCE, workbook)
    good = pipeline.land(TASKS_ONLY[0], filled_workbook(register, TASKS_ONLY[0], Q1))
    monkeypatch.setattr(batch, "read_files", failing)
    (ids,) = waiting_batches(pipeline.engine)
    result = batch.process(pipeline.settings, register, pipeline.engine, ids)
    assert result.states == {"quarantined": 1, "accepted": 1}
    with pytest.raises(ReaderBugError, match=r"TN-000001 .*KeyError: 'r'"):
        result.or_raise()
    assert pipeline.file(good)["state"] == "accepted"
    assert "không phải lỗi của đơn vị" in pipeline.findings(1)["file-reader-bug"]["message"]


# Fuzzed: the same each time, so that a red test stays red until it is mended ------------------------------------------

FUZZ = hypothesis.settings(
    derandomize=True, database=None, deadline=None, max_examples=100,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
)  # fmt: skip


@pytest.fixture(scope="module")
def reader() -> Iterator[WorkbookReader]:
    with WorkbookReader() as reader:
        yield reader


def test_what_fuzzing_found_costs_itself_only(reader: WorkbookReader, workbook: bytes, tmp_path: Path) -> None:
    """Two that end the reading process by SIGABRT, one that makes the library panic."""
    good = tmp_path / "good.xlsx"
    good.write_bytes(workbook)
    found = sorted((FILES / "found").iterdir())
    assert len(found) == 3
    paths = [good, *(path for bad in found for path in (bad, good))]
    faults = [content.fault for content in reader.read_many(paths)]
    assert faults == ["", *["reader_failed", ""] * 3]


@FUZZ
@hypothesis.given(data=st.data(), random=st.randoms(use_true_random=False))
def test_whatever_becomes_of_a_file_the_reader_says_what_it_is(
    reader: WorkbookReader, seeds: dict[str, bytes], tmp_path: Path, data: st.DataObject, random: Random
) -> None:
    content = seeds[data.draw(st.sampled_from(sorted(seeds)))]
    for mutation in data.draw(st.lists(st.sampled_from(MUTATIONS), min_size=1, max_size=3)):
        content = mutation(random, content) if len(content) > 1 else content
    path = tmp_path / "a"
    path.write_bytes(content)
    read = reader.read(path)
    assert read.fault != "reader_bug", read.fault_detail
    assert read.fault in known_faults() | {""}


@FUZZ
@hypothesis.given(data=st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-16")))
def test_any_bytes_have_a_kind(data: bytes) -> None:
    try:
        kind = kind_of(data)
    except (NotAZipError, TooLargeError):
        return
    assert kind in READ | known_faults()


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)


@FUZZ
@hypothesis.given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=8), separator=st.sampled_from(";\t,")
)
def test_a_text_comes_back_as_it_was_written_or_is_refused(rows: list[list[str]], separator: str) -> None:
    """Any table of three columns: its values, or a refusal; never other values."""
    import csv
    import io

    buffer = io.StringIO()
    csv.writer(buffer, delimiter=separator, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(rows)
    try:
        read = read_rows(decode(buffer.getvalue().encode()).text)
    except TextError:
        return
    assert read == rows
