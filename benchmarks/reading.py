"""What it costs to read files safely: clean workbooks with and without protection, and batches with bad files.

Reading and checking with protection is the pipeline's own way: the kind by content, limits, checksums, a second look
for errors, percentages, fonts and hidden cells, all in a process with limits, shared by a batch. Without it: the same
workbooks opened by calamine in this process, their tables read by the same code, and the same checks.

A batch with bad files is settled whole (landed, read, checked, answered, loaded): every tenth file has a figure that is
refused, is torn, is a web page, has a password, or kills the reading process. Ratios of medians, in one run.

Usage: python benchmarks/reading.py [files]
"""

import io
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import cycle
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from ingest import make_workbooks, synthetic_register
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook
from sqlalchemy import Engine

from fixtures.foreign import ole
from fixtures.mutations import handmade
from tiendo import clock
from tiendo.clock import HANOI
from tiendo.collect.landing import Arrival, land
from tiendo.model.content import SHEET_MARKER, Marker, WorkbookContent
from tiendo.model.register import Register
from tiendo.process.batch import process
from tiendo.reading.columns import CORRECTIONS, INDICATORS, TABLES, TASKS
from tiendo.reading.reader_process import WorkbookReader
from tiendo.reading.sheet import Sheet
from tiendo.reading.sheet_rows import FoundContent, read_template_rows
from tiendo.settings import INCLUDE, Settings
from tiendo.status.service import initialise
from tiendo.validation.check import BatchFile, check_batch
from tiendo.warehouse.embedded import temporary_server
from tiendo.warehouse.engine import make_engine

ROUNDS = 5
AT_MOST_PROTECTED, AT_MOST_BAD = 1.5, 2.0


def read_bare(path: Path) -> WorkbookContent:
    """Reads a workbook of the template by calamine alone."""
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))
    found = FoundContent({}, [], [])
    marker = Marker()
    for name in workbook.sheet_names:
        sheet = workbook.get_sheet_by_name(name)
        if name == SHEET_MARKER:
            pairs = {row[0]: row[1] for row in sheet.to_python()}
            marker = Marker(**{field: str(pairs.get(field, "")) for field in Marker._fields})
        elif sheet.start is not None:
            wanted = tuple(table for table in TABLES if table.sheet == name)
            read_template_rows(Sheet(name, sheet.to_python(), *sheet.start), wanted, found)
    indicators, tasks, corrections = (tuple(found.rows.get(table, ())) for table in (INDICATORS, TASKS, CORRECTIONS))
    return WorkbookContent("", "", marker, indicators, tasks, corrections, titles=tuple(found.titles))


def read_protected(paths: Sequence[Path]) -> list[WorkbookContent]:
    """Reads workbooks as the pipeline does, in one process that is started for it."""
    with WorkbookReader() as reader:
        return list(reader.read_many(paths))


def check(register: Register, paths: Sequence[Path], contents: Sequence[WorkbookContent]) -> None:
    """Checks a batch, which must be clean."""
    files = [
        BatchFile(number, path.name, path.parent.name, content)
        for number, (path, content) in enumerate(zip(paths, contents, strict=True))
    ]
    outcomes = check_batch(register, files, (), today=clock.today())
    bad = [outcome for outcome in outcomes if outcome.verdict != "accepted"]
    assert not bad, bad[:1]  # noqa: S101


def seconds(act: Callable[[], object]) -> float:
    """Times one call."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def spoil(paths: Sequence[Path]) -> list[bytes]:
    """Returns the files' bytes, every tenth of them bad."""
    contents = [path.read_bytes() for path in paths]
    made = dict(handmade(contents[0]))
    bad = cycle(
        [
            _with_text_for_a_figure,
            lambda data: data[: len(data) // 2],
            lambda _: made["page.xls"],
            _with_text_for_a_figure,
            lambda _: ole(["EncryptedPackage", "EncryptionInfo"]),
            lambda data: data[: len(data) * 9 // 10],
            _with_text_for_a_figure,
            lambda data: made["every-row.xlsx"],
            lambda _: made["scan.pdf"],
            _with_text_for_a_figure,
        ]
    )
    return [next(bad)(data) if number % 10 == 0 else data for number, data in enumerate(contents)]


def _with_text_for_a_figure(data: bytes) -> bytes:
    workbook = load_workbook(io.BytesIO(data))
    workbook[INDICATORS.sheet].cell(7, INDICATORS.position("year_to_date")).value = "khoảng chừng ấy"
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def settle(settings: Settings, register: Register, engine: Engine, paths: Sequence[Path], contents: list[bytes]) -> str:
    """Lands and settles a batch; returns the states."""
    arrivals = [
        Arrival(uuid.uuid4().hex, path.name, "folder", path.parent.name, clock.now(), content)
        for path, content in zip(paths, contents, strict=True)
    ]
    return str(process(settings, register, engine, land(settings, register, engine, arrivals)).or_raise().states)


def compare_reading(register: Register, paths: Sequence[Path]) -> None:
    """Prints what protection costs."""
    check(register, paths, read_protected(paths))  # warm: Great Expectations is imported
    for title, act in (
        ("reading", lambda contents: contents),
        ("reading and checking", lambda contents: check(register, paths, contents)),
    ):
        bare, protected = [], []
        for _ in range(ROUNDS):
            bare.append(seconds(lambda: act([read_bare(path) for path in paths])))  # noqa: B023 - called here
            protected.append(seconds(lambda: act(read_protected(paths))))  # noqa: B023
        per_file = [median(times) / len(paths) * 1000 for times in (bare, protected)]
        print(f"{title}: {per_file[0]:.2f} ms a file without protection, {per_file[1]:.2f} ms with it")
        print(f"{title}, with / without protection: {per_file[1] / per_file[0]:.2f}", end="")
        print(f" (at most {AT_MOST_PROTECTED})" if "checking" in title else "")


def compare_batches(register: Register, paths: Sequence[Path]) -> None:
    """Prints what a batch with bad files costs."""
    kinds = {"clean": [path.read_bytes() for path in paths], "one in ten bad": spoil(paths)}
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number in range(3):
        for kind, contents in kinds.items():
            with temporary_server(f"reading{number}") as url, tempfile.TemporaryDirectory() as home:
                settings = Settings(home=Path(home), plan_dirs=(INCLUDE,), database_url=None)
                engine = make_engine(url)
                initialise(engine, register)
                start = time.perf_counter()
                states = settle(settings, register, engine, paths, contents)
                times[kind].append(time.perf_counter() - start)
                engine.dispose()
            if not number:
                print(f"  {kind}: {states}")
    clean, bad = (median(times[kind]) for kind in kinds)
    print(f"a batch of {len(paths)} settled: {clean:.2f} s clean, {bad:.2f} s with one file in ten bad")
    print(f"with bad files / clean: {bad / clean:.2f} (at most {AT_MOST_BAD})")


def main(number: int) -> None:
    """Prints the ratios."""
    register = synthetic_register(number)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TIENDO_CLOCK_FILE"] = str(Path(folder) / "clock")
        clock.set_replay_clock(Path(folder) / "clock", datetime(2023, 12, 30, 12, tzinfo=HANOI))
        make_workbooks(register, Path(folder) / "inbox")
        paths = sorted((Path(folder) / "inbox").glob("*/*.xlsx"))
        compare_reading(register, paths)
        compare_batches(register, paths)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
