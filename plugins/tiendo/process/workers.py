"""The process that the workers of ``tiendo ingest`` are forked from: its imports take seconds, so it starts first."""

from multiprocessing import forkserver, set_forkserver_preload

_PRELOADED = ["tiendo.process.batch", "tiendo.feedback.receipt", "tiendo.validation.check", "tiendo.process.warmed"]


def warm_up() -> None:
    """Starts it, unless it runs; it ends with this process."""
    set_forkserver_preload(_PRELOADED)
    forkserver.ensure_running()
