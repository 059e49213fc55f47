"""The shared folder ``inbox/<agency>/``: files dropped there are claimed, landed and taken away.

A file is first renamed into ``inbox/.claimed/<claim>/<agency>/``, in one step, so that no second scan sees it and the
claim's name survives a crash; then it lands; then the claim is removed. A scan begins with what earlier ones left.
"""

import os
import shutil
import stat
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from tiendo import clock
from tiendo.intake.landing import Arrival, land
from tiendo.plan.model import Register
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import statement

CLAIMED = ".claimed"
# A file touched so recently may still be on its way; the next scan takes it.
QUIET = timedelta(seconds=5)
CHUNK = 200


def make_inboxes(settings: Settings, register: Register) -> None:
    """Makes the inbox folder of every body that owes a report."""
    for agency in register.obliged:
        (settings.inbox / agency.code).mkdir(parents=True, exist_ok=True)


def collect(settings: Settings, register: Register, engine: Engine) -> list[int]:
    """Takes what lies in the inbox and returns the ids of the files landed.

    Received is the file's own time of change, but no earlier than the last completed scan and no later than now:
    neither a copied old time nor an outage of ours makes anyone late (design, decision 5).
    """
    now = clock.now()
    with loader(engine) as connection:
        last_scan = connection.execute(statement("intake/last_scan.sql"), {"channel": "folder"}).scalar()
    for path in list(_ready_files(settings.inbox)):
        _claim(settings.inbox, path)
    file_ids: list[int] = []
    claimed = sorted((settings.inbox / CLAIMED).glob("*")) if (settings.inbox / CLAIMED).is_dir() else []
    for start in range(0, len(claimed), CHUNK):
        chunk = claimed[start : start + CHUNK]
        arrivals = [arrival for folder in chunk if (arrival := _arrival(folder, last_scan, now)) is not None]
        file_ids += land(settings, register, engine, sorted(arrivals, key=lambda a: (a.received_at, a.name)))
        for folder in chunk:
            shutil.rmtree(folder)
    with loader(engine) as connection:
        connection.execute(statement("intake/put_scan.sql"), {"channel": "folder", "completed_at": now})
    return file_ids


def _ready_files(inbox: Path) -> Iterator[Path]:
    """Yields the regular files of the agency folders that nobody is still writing."""
    wall_now = datetime.now(clock.HANOI)
    for folder in sorted(inbox.iterdir()) if inbox.is_dir() else []:
        if folder.name.startswith(".") or folder.is_symlink() or not folder.is_dir():
            continue
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            info = entry.stat(follow_symlinks=False)
            is_temporary = entry.name.startswith((".", "~$")) or entry.name.lower().endswith((".tmp", ".part"))
            is_fresh = wall_now - datetime.fromtimestamp(info.st_mtime, clock.HANOI) < QUIET
            if stat.S_ISREG(info.st_mode) and not is_temporary and not is_fresh:
                yield Path(entry.path)


def _claim(inbox: Path, path: Path) -> None:
    target = inbox / CLAIMED / uuid.uuid4().hex / path.parent.name
    target.mkdir(parents=True)
    try:
        path.rename(target / path.name)
    except FileNotFoundError:  # the sender took it back, or another scan was faster
        shutil.rmtree(target.parent)


def _arrival(claim: Path, last_scan: datetime | None, now: datetime) -> Arrival | None:
    """Reads one claimed file; None for a claim that a crash left empty."""
    files = list(claim.glob("*/*"))
    if not files:
        return None
    (path,) = files
    changed = datetime.fromtimestamp(path.stat().st_mtime, clock.HANOI)
    received = min(max(changed, last_scan), now) if last_scan else min(changed, now)
    return Arrival(claim.name, path.name, "folder", path.parent.name, received, path.read_bytes())
