"""``tiendo ingest``: the pipeline's own batch path without Airflow."""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typer
from sqlalchemy import Engine

from tiendo import clock
from tiendo.intake.batch import process, waiting_batches
from tiendo.intake.landing import Arrival, land
from tiendo.plan.model import Register
from tiendo.plan.period import Period
from tiendo.settings import Settings
from tiendo.status.service import refresh

# Larger than a task's batch: what a run of Great Expectations costs in any case is shared by more files.
BATCH_SIZE = 500


def ingest_paths(
    settings: Settings, register: Register, engine: Engine, paths: Sequence[Path], *, show_progress: bool = False
) -> dict[str, Any]:
    """Lands and settles files, a batch at a time, then grades the periods whose figures changed.

    The files stay where they are; received is now. A folder is taken as ``inbox/``: each file's sender is the body
    its folder is named after.

    Returns:
        ``{"received": files landed, "states": {state: count}, "periods": [period]}``; files that an earlier run
        had landed but not settled are settled too and counted among the states.
    """
    states: Counter[str] = Counter()
    periods: set[str] = set()
    received = 0
    files = list(_files(paths))
    for start in range(0, len(files), BATCH_SIZE):
        now = clock.now()
        arrivals = [
            Arrival(uuid.uuid4().hex, path.name, "command", _sender(register, path), now, path.read_bytes())
            for path in files[start : start + BATCH_SIZE]
        ]
        received += len(land(settings, register, engine, arrivals))
        for batch in waiting_batches(engine, BATCH_SIZE):
            result = process(settings, register, engine, batch)
            states.update(result.states)
            periods.update(result.periods)
        if show_progress:
            typer.echo(f"\r{start + len(arrivals)}/{len(files)}", nl=False, err=True)
    if show_progress:
        typer.echo(err=True)
    for period in sorted(periods):
        refresh(engine, register, Period.parse(period))
    return {"received": received, "states": dict(states), "periods": sorted(periods)}


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
