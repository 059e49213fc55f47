"""Where things are. Everything that is written lives under ``home``; everything that is read lies under ``include``."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parents[2]
# In a home whose restore is under way: what is there is not yet all of it.
RESTORING = ".restoring"
INCLUDE = Path(os.environ.get("TIENDO_INCLUDE") or PROJECT / "include")


class Reviewer(NamedTuple):
    """An account that may approve editions: its id as Airflow's auth manager has it, and its name."""

    id: str
    name: str


@dataclass(frozen=True)
class Settings:
    """Paths and addresses of one installation.

    Attributes:
        home: root of all that is written (``TIENDO_HOME``, by default ``var/`` beside the code).
        plan_dirs: the plans in hand (``TIENDO_PLAN``: folders, or plans' names, see ``plan_places``, with commas
            between); where there is none, a folder that is not there.
        database_url: PostgreSQL address of the warehouse (``TIENDO_DATABASE_URL``), or None for the embedded server.
        collect_minutes: how often the inbox is looked through (``TIENDO_COLLECT_MINUTES``), 0 for only when asked.
        reviewers: the accounts that may approve (``TIENDO_REVIEWERS``: ``id`` or ``id=name``, with commas between).
        clamav: ``host:port`` of a ClamAV daemon that scans files before they are read (``TIENDO_CLAMAV``), "" for none.
    """

    home: Path
    plan_dirs: tuple[Path, ...]
    database_url: str | None
    collect_minutes: int = 5
    reviewers: tuple[Reviewer, ...] = (Reviewer("reviewer", "reviewer"),)
    clamav: str = ""

    @property
    def plan_dir(self) -> Path:
        """The first of the plans in hand."""
        return self.plan_dirs[0]

    @property
    def inbox(self) -> Path:
        """One folder per agency, into which departments drop files."""
        return self.home / "inbox"

    @property
    def outbox(self) -> Path:
        """Receipts, by agency and period."""
        return self.home / "outbox"

    @property
    def archive(self) -> Path:
        """Every file ever received, under its SHA-256."""
        return self.home / "archive"

    @property
    def drafts(self) -> Path:
        """What is not official yet, a folder per period; for this account alone."""
        return self.home / "drafts"

    @property
    def published(self) -> Path:
        """Editions, by period and edition number."""
        return self.home / "published"

    @property
    def postgres(self) -> Path:
        """Data folder of the embedded PostgreSQL server."""
        return self.home / "postgres"

    @property
    def airflow(self) -> Path:
        """Airflow's own home: logs, generated passwords."""
        return self.home / "airflow"


def plan_places(name: str, home: Path) -> tuple[Path, ...]:
    """Returns where a plan may lie, in the order in which it is looked for; the first that is there is meant.

    Args:
        name: a folder, absolute or from where the command is given; or a name under ``include/plans/``, which the code
            brings, or ``plans/`` at home, where others are put.
    """
    return tuple(place.absolute() for place in (Path(name), INCLUDE / "plans" / name, home / "plans" / name))


@cache
def get_settings() -> Settings:
    """Reads the settings from the environment, once per process."""
    home = Path(os.environ.get("TIENDO_HOME") or PROJECT / "var").resolve()
    names = [name.strip() for name in os.environ.get("TIENDO_PLAN", "").split(",") if name.strip()]
    plan_dirs = tuple(_plan_dir(name, home) for name in dict.fromkeys(names or ["282-kh-ubnd-2023"]))
    if len({plan_dir.name for plan_dir in plan_dirs}) < len(plan_dirs):
        raise ValueError(f"TIENDO_PLAN names two folders of one name: {', '.join(map(str, plan_dirs))}")
    return Settings(
        home=home,
        plan_dirs=plan_dirs,
        database_url=os.environ.get("TIENDO_DATABASE_URL") or None,
        collect_minutes=int(os.environ.get("TIENDO_COLLECT_MINUTES") or 5),
        reviewers=_reviewers(os.environ.get("TIENDO_REVIEWERS") or "reviewer"),
        clamav=os.environ.get("TIENDO_CLAMAV") or "",
    )


def _plan_dir(name: str, home: Path) -> Path:
    return next((place for place in plan_places(name, home) if place.is_dir()), INCLUDE / "plans" / name)


def _reviewers(text: str) -> tuple[Reviewer, ...]:
    pairs = [entry.strip().partition("=") for entry in text.split(",")]
    if not all(account for account, _, _ in pairs):
        raise ValueError(f"TIENDO_REVIEWERS names an account without an id: {text!r}")
    return tuple(Reviewer(account.strip(), name.strip() or account.strip()) for account, _, name in pairs)
