"""Which files of an inbox are ready to be taken: asked by the scan that takes them, and by who looks out for them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from tiendo.collect.inbox import Entry, FolderInbox, InUseError
from tiendo.collect.landing import TRIAL
from tiendo.collect.left_alone import QUIET, WHOLE_QUIET, is_unfinished, why_left
from tiendo.vietnamese.text import ascii_key


def bodies_folders(root: Sequence[Entry]) -> list[str]:
    """Returns the names of the folders of an inbox that are looked into; ``root`` is what the inbox holds."""
    return [entry.name for entry in root if entry.kind == "folder" and not entry.name.startswith(".")]


def entries_in(inbox: FolderInbox, folder: str) -> Iterator[tuple[str, Entry | OSError]]:
    """Yields what lies in a body's folder and in its folder for trials, each with the folder it lies in.

    A folder that cannot be read yields its error instead.
    """
    try:
        entries = inbox.entries(folder)
    except OSError as error:
        yield folder, error
        return
    for entry in entries:
        if entry.kind == "folder" and ascii_key(entry.name) == TRIAL and "/" not in folder:
            yield from entries_in(inbox, f"{folder}/{entry.name}")
        else:
            yield folder, entry


def why_not_ready(inbox: FolderInbox, folder: str, entry: Entry, wall_now: datetime) -> str:
    """Returns why something in a body's folder is not taken now, a key of ``left_alone.REASONS``; "" when it is.

    Raises:
        PermissionError: it may not be read.
    """
    if reason := why_left(entry, wall_now):
        return reason
    path = f"{folder}/{entry.name}"
    try:
        if not inbox.is_surely_closed(path) and timedelta(0) <= wall_now - entry.changed_at < QUIET:
            return "still_written"
        with inbox.open(path) as stream:
            return "still_written" if is_unfinished(stream, entry, wall_now) else ""
    except InUseError:
        return "in_use"
    except PermissionError:
        raise
    except OSError:  # what it is, is found and told when it is claimed
        return ""


class Lookout:
    """Looks through an inbox time and again for files that have become ready, and takes nothing.

    A file is told of once, however long it lies there: why it was not taken, the scan tells. What it remembers is lost
    with it; then what lies there is told of once more.
    """

    def __init__(self) -> None:
        self._told: set[tuple[str, Entry]] = set()

    def look(self, inbox: FolderInbox, wall_now: datetime) -> tuple[int, timedelta]:
        """Returns how many files are ready that were not before, and after what time one more can be.

        Raises:
            OSError: the inbox cannot be read. A single folder or file that cannot is passed over.
        """
        ready, wait = set(), timedelta.max
        for name in bodies_folders(inbox.entries("")):
            for folder, entry in entries_in(inbox, name):
                if isinstance(entry, OSError):
                    ready |= {told for told in self._told if f"{told[0]}/".startswith(f"{folder}/")}
                elif (folder, entry) in self._told or _is_ready(inbox, folder, entry, wall_now):
                    ready.add((folder, entry))
                elif timedelta(0) <= (age := wall_now - entry.changed_at) < QUIET:
                    wait = min(wait, (WHOLE_QUIET if age < WHOLE_QUIET else QUIET) - age)
        found = len(ready - self._told)
        self._told = ready
        return found, wait


def _is_ready(inbox: FolderInbox, folder: str, entry: Entry, wall_now: datetime) -> bool:
    try:
        return not why_not_ready(inbox, folder, entry, wall_now)
    except PermissionError:
        return False
