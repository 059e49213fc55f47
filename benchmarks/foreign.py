"""More than a thousand hostile and foreign files thrown at intake, with good reports among them.

The files are real ones mutated (torn, bits turned, members of zips exchanged, numbers replaced), renamed formats, and
files made to harm: see tests/fixtures/mutations.py. They go the pipeline's own way, as ``tiendo ingest`` does. Every
file must have one fate in the ledger, every good report be accepted, no process pass one GiB, no file take 30 s.

Usage: python benchmarks/foreign.py [mutations] [seed]
"""

import os
import resource
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fixtures.mutations import handmade, mutated
from fixtures.workbooks import filled_workbook
from tiendo.clock import HANOI
from tiendo.collect.ledger import ledger_document
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.plan.register import load_register
from tiendo.process.ingest import ingest_paths
from tiendo.reading.reader_process import WorkbookReader
from tiendo.settings import INCLUDE, Settings
from tiendo.status.service import initialise
from tiendo.warehouse.embedded import temporary_server
from tiendo.warehouse.engine import make_engine

FILES = Path(__file__).resolve().parents[1] / "tests" / "fixtures" / "files"
SENDER, Q1 = "so-tai-chinh", Period(2023, 1)
AT_MOST_MIB, AT_MOST_SECONDS = 1024, 30


def make_corpus(register: Register, folder: Path, number: int, seed: int) -> int:
    """Writes the corpus as one body's inbox and good reports as the others'; returns how many of these."""
    good = filled_workbook(register, SENDER, Q1)
    seeds = {path.name: path.read_bytes() for path in FILES.iterdir() if path.suffix in (".xls", ".ods")}
    for name, content in [*handmade(good), *mutated(seeds | {"bao-cao.xlsx": good}, number, seed)]:
        path = folder / SENDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    others = [agency.code for agency in register.obliged if agency.code != SENDER]
    for code in others:
        path = folder / code / "bao-cao.xlsx"
        path.parent.mkdir(parents=True)
        path.write_bytes(filled_workbook(register, code, Q1))
    return len(others)


def slowest(paths: list[Path]) -> tuple[float, str]:
    """Reads every file alone and returns the longest wait for one."""
    worst, before = (0.0, ""), time.perf_counter()
    with WorkbookReader() as reader:
        for path, _ in zip(paths, reader.read_many(paths), strict=True):
            now = time.perf_counter()
            worst, before = max(worst, (now - before, path.name)), now
    return worst


def main(number: int, seed: int) -> None:
    """Prints what became of the files, and fails when a promise is broken."""
    register = load_register(INCLUDE / "plans" / "282-kh-ubnd-2023")
    with temporary_server("foreign") as url, tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        (home / "clock").write_text(datetime(2023, 3, 14, 12, tzinfo=HANOI).isoformat())
        os.environ["TIENDO_CLOCK_FILE"] = str(home / "clock")
        good = make_corpus(register, home / "inbox", number, seed)
        engine = make_engine(url)
        initialise(engine, register)
        start = time.perf_counter()
        settings = Settings(home=home, plan_dirs=(INCLUDE,), database_url=None)
        result = ingest_paths(settings, register, lambda: engine, [home / "inbox"])
        wall = time.perf_counter() - start
        document = ledger_document(engine)
        own = [file["state"] for file in document["files"] if file["sender"] != SENDER]
        peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        worst, name = slowest(sorted((home / "inbox" / SENDER).iterdir()))
        engine.dispose()
    print(f"{result['received']} files ({good} good ones among them) in {wall:.1f} s: {document['states']}")
    print(f"files of the ledger {document['received']}, the files in archives included; adds up: {document['adds_up']}")
    print(f"good reports accepted: {own.count('accepted')} of {good}")
    print(f"peak of intake {peaks[0]:.0f} MiB, of its reading processes {peaks[1]:.0f} MiB (at most {AT_MOST_MIB})")
    print(f"slowest file {worst:.1f} s, {name} (at most {AT_MOST_SECONDS})")
    kept = document["adds_up"] and own.count("accepted") == good and max(peaks) < AT_MOST_MIB
    if not kept or worst > AT_MOST_SECONDS:
        raise SystemExit("a promise is broken")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1100, int(sys.argv[2]) if len(sys.argv) > 2 else 282)
