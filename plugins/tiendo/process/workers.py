"""The process that the workers of ``tiendo ingest`` are forked from: its imports take seconds, so it starts first."""

from multiprocessing import forkserver, set_forkserver_preload


def warm_up() -> None:
    """Starts it, unless it runs; it ends with this process."""
    set_forkserver_preload(["tiendo.process.warmed"])
    forkserver.ensure_running()
