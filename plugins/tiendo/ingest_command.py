"""``tiendo ingest``: the pipeline's own batch path without Airflow."""

import os
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import groupby
from multiprocessing import forkserver, get_context
from pathlib import Path
from typing import Any

import typer
from sqlalchemy import URL, Engine

from tiendo import clock
from tiendo.intake.archive import Archived, take
from tiendo.intake.batch import BatchResult, process, waiting_batches
from tiendo.intake.landing import Arrival, land
from tiendo.plan.model import Register
from tiendo.plan.period import Period
from tiendo.settings import Settings
from tiendo.status.service import refresh
from tiendo.warehouse.engine import make_engine

# Larger than a task's batch: what a run of Great Expectations costs in any case is shared by more files.
BATCH_SIZE = 1000
WORKERS = min(2, os.cpu_count() or 1)
# What the workers have from their beginning; importing it takes seconds.
PRELOADED = ["tiendo.intake.batch", "tiendo.feedback.receipt", "tiendo.validation.check", "tiendo.validation.warmed"]


def ingest_paths(
    settings: Settings,
    register: Register,
    open_engine: Callable[[], Engine],
    paths: Sequence[Path],
    *,
    show_progress: bool = False,
) -> dict[str, Any]:
    """Lands and settles files, a batch at a time, then grades the periods whose figures changed.

    The files stay where they are; received is now. A folder is taken as ``inbox/``: each file's sender is the body
    its folder is named after. Great Expectations is imported in another process while the warehouse opens.

    Args:
        open_engine: gives the warehouse's engine, migrated; called once.

    Returns:
        ``{"received": files landed, "states": {state: count}, "periods": [period]}``; files that an earlier run
        had landed but not settled are settled too and counted among the states.

    Raises:
        ReaderBugError: our own reader failed on a file; everything is settled.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    forkserver.ensure_running()
    engine = open_engine()
    batches = _batches(register, paths)
    received = 0
    results: list[BatchResult] = []
    workers = WORKERS if _is_divisible(batches) else 1
    with ProcessPoolExecutor(workers, context, _begin, (settings, register, engine.url)) as pool:
        # Of an earlier run that was cut short; they are older than what lands now.
        results += pool.map(_settle, waiting_batches(engine, BATCH_SIZE))
        futures = []
        for batch in batches:
            now = clock.now()
            arrivals = [
                Arrival(uuid.uuid4().hex, path.name, "command", sender, now, _content(settings, path))
                for sender, path in batch
            ]
            landed = land(settings, register, engine, arrivals)
            received += len(landed)
            futures.append(pool.submit(_settle, landed))
            if show_progress:
                typer.echo(f"\r{received} files landed", nl=False, err=True)
        for done, future in enumerate(futures, start=1):
            results.append(future.result())
            if show_progress:
                typer.echo(f"\r{received} files landed, {done} of {len(futures)} batches settled", nl=False, err=True)
    if show_progress:
        typer.echo(err=True)
    states: Counter[str] = Counter()
    for result in results:
        states.update(result.states)
    periods = sorted({period for result in results for period in result.periods})
    for period in periods:
        refresh(engine, register, Period.parse(period))
    for result in results:
        result.or_raise()
    return {"received": received, "states": dict(states), "periods": periods}


def _content(settings: Settings, path: Path) -> bytes | Archived:
    with path.open("rb") as stream:
        return take(settings.archive, stream)


def _batches(register: Register, paths: Sequence[Path]) -> list[list[tuple[str, Path]]]:
    """Returns (sender, path) in batches; a sender's files are in one batch, unless they are more than one holds."""
    found = sorted(((_sender(register, path), path) for path in _files(paths)), key=lambda item: item[0])
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


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith((".", "~$")))
        else:
            yield path


def _sender(register: Register, path: Path) -> str:
    """The body a file's folder is named after, or "" for a file that lies elsewhere: then the workbook says."""
    folder = path.resolve().parent.name
    return folder if folder in register.agency_by_code else ""


_parts: tuple[Settings, Register, Engine]


def _begin(settings: Settings, register: Register, url: URL) -> None:
    """Sets a worker up."""
    global _parts  # noqa: PLW0603  a worker's state is its process's
    _parts = settings, register, make_engine(url)


def _settle(file_ids: list[int]) -> BatchResult:
    return process(*_parts, file_ids)
