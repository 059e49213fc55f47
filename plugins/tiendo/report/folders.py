"""Where the drafts and editions of a period lie: ``<published or drafts>/<plan>/<period>/<edition>/``."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tiendo.model.period import Period
from tiendo.report.manifest import MANIFEST
from tiendo.settings import Settings

LATEST = "latest"


@dataclass(frozen=True)
class EditionFolders:
    """Where the drafts and editions of one period of a plan are kept."""

    settings: Settings
    plan_code: str
    period: Period

    @property
    def latest_draft(self) -> Path:
        """Folder of the draft that follows the figures."""
        return self.settings.drafts / self.plan_code / str(self.period) / LATEST

    def draft(self, edition: int) -> Path:
        """Folder of a draft that a reviewer is asked about; a later request for the same edition replaces it."""
        return self.settings.drafts / self.plan_code / str(self.period) / str(edition)

    def published(self, edition: int) -> Path:
        """Folder of a published edition; never changes."""
        return self.settings.published / self.plan_code / str(self.period) / str(edition)


def _plan_of(folder: Path) -> str:
    """Returns the plan whose edition or draft lies in a folder, "" where none does."""
    try:
        return str(json.loads((folder / MANIFEST).read_bytes())["plan"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def adopt_folders(settings: Settings) -> None:
    """Moves what releases before kept as ``<period>/<edition>/`` under its plan, and leaves a link in its place.

    So an address that somebody kept still leads there. It may be cut short anywhere, and repeated.
    """
    for root in (settings.published, settings.drafts):
        for folder in _without_plan(root):
            link = folder.with_name(f".{folder.name}.link")
            if not link.is_symlink():
                plan_code = _plan_of(folder)
                if not plan_code:
                    continue
                link.symlink_to(Path("..", plan_code, folder.parent.name, folder.name))
            target = folder.parent / link.readlink()
            target.parent.mkdir(parents=True, exist_ok=True)
            if folder.is_dir() and not target.exists():
                folder.rename(target)
            if not folder.exists():
                link.replace(folder)


def _without_plan(root: Path) -> Iterator[Path]:
    """Yields the folders of editions that lie directly below a period; also those of which only the link is there."""
    # Plans were reported by quarters only, then.
    for period in sorted(root.glob("[0-9][0-9][0-9][0-9]-Q[1-4]")):
        names = {entry.name.removeprefix(".").removesuffix(".link") for entry in period.iterdir()}
        yield from (folder for name in sorted(names) if not (folder := period / name).is_symlink())
