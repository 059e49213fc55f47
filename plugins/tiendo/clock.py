"""The one source of the present instant, so that a past year can be replayed day by day.

When the file named by ``TIENDO_CLOCK_FILE`` exists, its text (an ISO 8601 instant with offset) is "now"; otherwise
the system clock is. Instants are aware datetimes in Asia/Ho_Chi_Minh, which has had no daylight saving since 1975.
"""

import os
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def now() -> datetime:
    """Returns the present instant in Asia/Ho_Chi_Minh.

    Raises:
        ValueError: the clock file holds no ISO 8601 instant with an offset.
    """
    clock_file = os.environ.get("TIENDO_CLOCK_FILE")
    if clock_file and (path := Path(clock_file)).exists():
        text = path.read_text(encoding="utf-8").strip()
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise ValueError(f"{path}: {text!r} has no UTC offset")
        return instant.astimezone(HANOI)
    return datetime.now(HANOI)


def is_replayed() -> bool:
    """Tells whether "now" comes from a clock file."""
    clock_file = os.environ.get("TIENDO_CLOCK_FILE")
    return bool(clock_file and Path(clock_file).exists())


def today() -> date:
    """Returns the present day in Asia/Ho_Chi_Minh."""
    return now().date()


def set_replay_clock(path: Path, instant: datetime) -> None:
    """Moves the replay clock kept in ``path``; readers see the old or the new instant, never half of one."""
    if instant.tzinfo is None:
        raise ValueError("the replay clock needs an instant with an offset")
    temporary = path.with_suffix(".new")
    temporary.write_text(instant.isoformat(), encoding="utf-8")
    temporary.replace(path)
