"""What is kept for a time only: runs and events in Airflow's database, and logs. What Tiendo has learnt stays.

A process of its own (``tiendo cleanup``), as ``watch`` is: Airflow itself has a command for it, and runs it nowhere.
"""

import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_ISREG

from tiendo.settings import Settings, get_settings

DAY = timedelta(days=1)
_LOOK_SECONDS = 600
# Of a service's own log, which is never closed. (docker-compose.yaml has Docker's own limits.)
_LARGEST_LOG = 100 * 2**20
log = logging.getLogger(__name__)


def cleaned_file(settings: Settings) -> Path:
    """Returns the file whose time of change is that of the last cleaning."""
    return settings.home / "watch" / "cleaned"


def run_cleanup(keep: timedelta) -> None:
    """Cleans once a day, until it is ended; what fails is tried again at the next look."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    file = cleaned_file(get_settings())
    while True:
        if not file.exists() or time.time() - file.stat().st_mtime >= DAY.total_seconds():
            try:
                clean(keep)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch()
            except (OSError, subprocess.SubprocessError):
                log.exception("Not cleaned, tried again later.")
        time.sleep(_LOOK_SECONDS)


def clean(keep: timedelta) -> None:
    """Removes what is older.

    Raises:
        CalledProcessError: Airflow could not clean its database; the logs are left alone then.
    """
    before = datetime.now(UTC) - keep
    airflow = [sys.executable, "-m", "airflow", "db", "clean", "--yes", "--skip-archive", "--error-on-cleanup-failure"]
    subprocess.run([*airflow, "--clean-before-timestamp", before.isoformat(timespec="seconds")], check=True)  # noqa: S603
    clean_logs(Path(os.environ["AIRFLOW__LOGGING__BASE_LOG_FOLDER"]), before)


def clean_logs(logs: Path, before: datetime) -> None:
    """Removes files that were written last before an instant, and folders that have been empty for a day.

    A log of a service of ``tiendo up`` that has grown too long begins anew; what it held until then lies beside it.
    """
    young = time.time() - DAY.total_seconds()
    for folder, _, names in os.walk(logs, topdown=False):
        for name in names:
            path = Path(folder, name)
            with suppress(FileNotFoundError):
                status = path.lstat()
                if S_ISREG(status.st_mode) and status.st_mtime < before.timestamp():
                    path.unlink()
        with suppress(OSError):
            if Path(folder) != logs and Path(folder).stat().st_mtime < young:
                Path(folder).rmdir()  # one that is not empty stays
    for path in (logs / "services").glob("*.log"):
        if path.stat().st_size > _LARGEST_LOG:
            shutil.copyfile(path, path.with_suffix(".log.1"))
            os.truncate(path, 0)
