"""All inboxes in one turn: this machine's folders and, where there is one, the share. Neither stops the other."""

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Engine

from tiendo.collect.folder import IncompleteScanError, collect
from tiendo.mail.incidents import FOLDERS, end_outage, note_outage
from tiendo.model.plans import Bodies
from tiendo.settings import Settings

if TYPE_CHECKING:
    from tiendo.collect.inbox import FolderInbox
    from tiendo.collect.share import ShareSettings


class NotCollectedError(RuntimeError):
    """Something could not be collected or delivered; the message says what. Everything else was."""


class Collected(NamedTuple):
    """What a turn did.

    Attributes:
        file_ids: what landed.
        delivered: how many answers were put onto the share.
        faults: what could not be read, taken or put, one sentence each.
    """

    file_ids: list[int]
    delivered: int
    faults: list[str]


def collect_all(settings: Settings, bodies: Bodies, engine: Engine, share: "ShareSettings | None" = None) -> Collected:
    """Collects the local inbox, then the share's, and puts new answers onto the share.

    Raises:
        ArchiveError: the archive cannot be written; nothing is lost.
    """
    file_ids, faults = _collect(settings, bodies, engine)
    if share is None:
        return Collected(file_ids, 0, faults)
    from tiendo.collect.share import ShareError, deliver, open_share

    delivered = 0
    try:
        with open_share(share) as opened:
            landed, told = _collect(settings, bodies, engine, opened.inbox())
            file_ids += landed
            faults += told
            delivered = deliver(settings, bodies, engine, opened)
    except ShareError as error:
        faults.append(str(error))
    return Collected(file_ids, delivered, faults)


def note_faults(engine: Engine, faults: list[str]) -> None:
    """Notes whether all inboxes could be reached; operations are told when one could not for a while."""
    if faults:
        note_outage(engine, FOLDERS, "; ".join(faults))
    else:
        end_outage(engine, FOLDERS)


def _collect(
    settings: Settings, bodies: Bodies, engine: Engine, inbox: "FolderInbox | None" = None
) -> tuple[list[int], list[str]]:
    try:
        return collect(settings, bodies, engine, inbox), []
    except IncompleteScanError as error:
        return error.file_ids, [f"{error.channel}: {fault}" for fault in error.faults]
