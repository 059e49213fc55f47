"""The processes of ``tiendo ingest`` that settle batches and grade periods.

They are forked from one that has imported all they need. That takes seconds, so it starts first, and this module itself
imports next to nothing.
"""

import gc
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import forkserver, get_context, parent_process, set_forkserver_preload
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

    from tiendo.model.plans import Bodies, PlanPeriod
    from tiendo.process.steps import BatchResult
    from tiendo.settings import Settings

_parts: "tuple[Settings, Bodies, Engine]"


def warm_up() -> None:
    """Starts the process that workers are forked from, unless it runs; it ends with this one."""
    set_forkserver_preload(["tiendo.process.warmed"])
    forkserver.ensure_running()


@contextmanager
def workers(number: int, settings: "Settings", bodies: "Bodies", url: "URL") -> Iterator[Executor]:
    """Gives processes that ``settle`` and ``grade`` run in, for the warehouse at ``url``."""
    with ProcessPoolExecutor(number, get_context("forkserver"), _begin, (settings, bodies, url)) as pool:
        yield pool


def settle(file_ids: Sequence[int]) -> "BatchResult":
    """Settles a batch, in a worker."""
    from tiendo.process.batch import process

    return process(*_parts, file_ids)


def grade(touched: "PlanPeriod") -> int:
    """Grades a period of a plan, in a worker; returns how many verdicts changed."""
    from tiendo.model.period import Period
    from tiendo.model.plans import by_code
    from tiendo.status.service import refresh

    _, bodies, engine = _parts
    return refresh(engine, by_code(bodies)[touched.plan_code], Period.parse(touched.period))


def _begin(settings: "Settings", bodies: "Bodies", url: "URL") -> None:
    """Sets a worker up; it ends with the run, also when that is killed."""
    from tiendo.reading.files import keep_reader
    from tiendo.warehouse.engine import make_engine

    threading.Thread(target=_end_with_parent, daemon=True).start()
    global _parts  # noqa: PLW0603  a worker's state is its process's
    _parts = settings, bodies, make_engine(url)
    keep_reader()
    # A batch is ten thousands of rows that hold no cycles; looking for some again and again took a tenth of the time.
    gc.freeze()
    gc.set_threshold(100_000)


def _end_with_parent() -> None:
    """Waits for the parent's end: an orphan would wait for its next batch for ever."""
    if parent := parent_process():
        parent.join()
        os._exit(1)
