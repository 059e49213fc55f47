"""``tiendo ingest``: the pipeline's own batch path without Airflow.

A run that dies leaves files landed, settled or graded as far as it came; the same command again goes on from there. It
knows a file it has landed by its claim: the number of runs that came to their end, the path, the bytes. A command that
did come to its end and is given once more is another sending.
"""

import gc
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Engine

from tiendo import clock
from tiendo.collect.archive import Archived, sha256_of, take
from tiendo.collect.landing import Arrival, land
from tiendo.collect.left_alone import why_never
from tiendo.model.plans import Bodies
from tiendo.process.fates import ungraded_periods, waiting_batches
from tiendo.process.steps import BatchResult
from tiendo.process.workers import grade, settle, warm_up, workers
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

CHANNEL = "command"
# Larger than a task's batch: what a run of Great Expectations costs in any case is shared by more files. Not larger
# still: only one batch loads at a time, and the last one while nothing else is left to do.
BATCH_SIZE = 500
WORKERS = min(2, os.cpu_count() or 1)


class Progress(NamedTuple):
    """How far a run has come; ``batches`` is 0 while files still land."""

    landed: int
    settled_batches: int = 0
    batches: int = 0


def _tell_nobody(_: object) -> None:
    """Leaves a run without a word."""


def ingest_paths(
    settings: Settings,
    bodies: Bodies,
    open_engine: Callable[[], Engine],
    paths: Sequence[Path],
    *,
    tell: Callable[[Progress], None] = _tell_nobody,
    tell_left: Callable[[Path], None] = _tell_nobody,
) -> dict[str, Any]:
    """Lands and settles files, a batch at a time, then grades the periods whose figures changed.

    The files stay where they are; received is now. A folder is taken as ``inbox/``: each file's sender is the body
    its folder is named after; links in it are left alone. Great Expectations is imported in another process while
    the warehouse opens.

    Args:
        open_engine: gives the warehouse's engine, migrated; called once.
        tell: hears after each batch how far the run has come.
        tell_left: hears of each link, pipe or device in a folder.

    Returns:
        ``{"received": files landed, "states": {state: count}, "periods": [period], "plans": {plan: [period]}}``; files
        that an earlier run had landed but not settled, and periods it had not graded, are made up for and counted too.

    Raises:
        ReaderBugError: our own reader failed on a file; everything is settled.
        UnreadError: files were not read for another reason of ours; they wait for the next run.
    """
    warm_up()
    gc.freeze()  # the register and all that is imported stay to the end: no need to look them through again and again
    engine = open_engine()
    batches = _batches(bodies, _files(paths, tell_left))
    with loader(engine) as connection:
        run = connection.execute(statement("intake/count_scans.sql"), {"channel": CHANNEL}).scalar_one()
    received = 0
    results: list[BatchResult] = []
    number = WORKERS if _is_divisible(batches) else 1
    with workers(number, settings, bodies, engine.url) as pool:
        # Of an earlier run that was cut short; they are older than what lands now.
        results += pool.map(settle, waiting_batches(engine, BATCH_SIZE))
        futures = []
        for batch in batches:
            landed = land(settings, bodies, engine, [_arrival(settings, run, *file) for file in batch])
            received += len(landed)
            futures.append(pool.submit(settle, landed))
            tell(Progress(received))
        for done, future in enumerate(futures, start=1):
            results.append(future.result())
            tell(Progress(received, done, len(futures)))
        result = reduce(BatchResult.and_of, results, BatchResult({}, []))
        touched = set(result.periods)
        to_grade = sorted(touched | ungraded_periods(engine, bodies))
        touched.update(period for period, changed in zip(to_grade, pool.map(grade, to_grade), strict=True) if changed)
    with loader(engine) as connection:
        connection.execute(statement("intake/put_scan.sql"), {"channel": CHANNEL, "completed_at": clock.now()})
    plans: dict[str, list[str]] = {}
    for plan_code, period in sorted(touched):
        plans.setdefault(plan_code, []).append(period)
    periods = sorted({period for _, period in touched})
    return {"received": received, "states": result.or_raise().states, "periods": periods, "plans": plans}


def _arrival(settings: Settings, run: int, sender: str, path: Path) -> Arrival:
    with open(path, "rb", opener=_open_no_link) as stream:
        content = take(settings.archive, stream)
    sha256 = content.sha256 if isinstance(content, Archived) else sha256_of(content)
    place = hashlib.sha256(os.fsencode(path)).hexdigest()
    return Arrival(f"{CHANNEL}-{run}-{place[:32]}-{sha256}", path.name, CHANNEL, sender, clock.now(), content)


def _batches(bodies: Bodies, paths: Iterable[Path]) -> list[list[tuple[str, Path]]]:
    """Returns (sender, path) in batches; a sender's files are in one batch, unless they are more than one holds."""
    found = sorted(((_sender(bodies, path), path) for path in paths), key=lambda item: item[0])
    batches: list[list[tuple[str, Path]]] = []
    for _, group in groupby(found, key=lambda item: item[0]):
        files = list(group)
        if not batches or len(batches[-1]) + len(files) > BATCH_SIZE:
            batches.append([])
        for file in files:
            if len(batches[-1]) == BATCH_SIZE:
                batches.append([])
            batches[-1].append(file)
    return batches


def _is_divisible(batches: list[list[tuple[str, Path]]]) -> bool:
    """Tells whether batches may be settled side by side: a body's later report is checked after its earlier one."""
    senders = [sender for batch in batches for sender in {sender for sender, _ in batch}]
    return len(batches) > 1 and len(senders) == len(set(senders))


def _files(paths: Sequence[Path], tell_left: Callable[[Path], None]) -> Iterator[Path]:
    """Yields the files by where they really are."""
    for path in paths:
        if path.is_dir():
            for found in sorted(path.resolve().rglob("*"), key=attrgetter("parts")):
                mode = found.lstat().st_mode
                # Links are not followed: who may write in a folder could have any file archived.
                if stat.S_ISREG(mode) and not why_never(found.name):
                    yield found
                elif not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                    tell_left(found)
        else:
            yield path.resolve()


def _open_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)  # nor is a pipe waited for


def _sender(bodies: Bodies, path: Path) -> str:
    """The body a file's folder is named after, or "" for a file that lies elsewhere: then the workbook says."""
    folder = path.parent.name
    return folder if folder in bodies.agency_by_code else ""
