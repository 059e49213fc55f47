"""What has come is collected at once: triggers that look out for it, and the schedule of the DAGs that collect.

The triggerer runs them while the DAG is not paused, and an event starts a run. They only look. What is taken the run
decides, and the clock starts one as well: for what no look has seen (the triggerer was dead), and for an event that
fell into a pause, which starts nothing afterwards (apache/airflow#49857).
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from airflow.sdk import Asset, AssetOrTimeSchedule, AssetWatcher, DeltaTriggerTimetable
from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from tiendo.clock import HANOI
from tiendo.settings import get_settings

LOOK_SECONDS = 3.0
SHARE_SECONDS = 5.0
# So long the mail server may be silent before it is asked, which also tells whether it is still there.
MAILBOX_SECONDS = 10.0
# Where there is no such connection: it may be made at any time.
ABSENT_SECONDS = 60.0
# After a look that failed. What is out of reach is told by the run that the clock starts.
FAILED_SECONDS = 60.0
log = logging.getLogger(__name__)


class Look(NamedTuple):
    """What a look has found: how much is new, and after how many seconds it pays to look again."""

    new: int
    seconds: float


class Post(Protocol):
    """Where somebody looks out. Its methods may block, and are called by one thread at a time."""

    def look(self) -> Look:
        """Looks once."""

    def close(self) -> None:
        """Lets go of what is open."""


class InboxPost:
    """Looks through the inbox folders of this machine."""

    def __init__(self) -> None:
        from tiendo.collect.inbox import LocalInbox
        from tiendo.collect.ready import Lookout

        self._inbox, self._lookout = LocalInbox(get_settings().inbox), Lookout()

    def look(self) -> Look:
        """Looks once; again as soon as a file that is still warm may be taken."""
        new, wait = self._lookout.look(self._inbox, datetime.now(HANOI))
        return Look(new, min(LOOK_SECONDS, wait.total_seconds()))

    def close(self) -> None:
        """Does nothing: nothing is open."""


class _RemotePost:
    """Looks where one has to log in: once, and again after a look that failed."""

    def __init__(self) -> None:
        self._session = ExitStack()
        self._opened: Any = None

    def look(self) -> Look:
        """Looks once, in the session that is open."""
        try:
            if self._opened is None:
                self._opened = self._open(self._session)
            return self._look(self._opened) if self._opened else Look(0, ABSENT_SECONDS)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends the session; what the other side then says no longer matters."""
        self._opened = None
        with suppress(OSError):
            self._session.close()

    def _open(self, session: ExitStack) -> Any:
        """Opens what ``_look`` needs; None where there is nothing to look at."""
        raise NotImplementedError

    def _look(self, opened: Any) -> Look:
        raise NotImplementedError


class SharePost(_RemotePost):
    """Looks through the inbox folders of the share, if there is one."""

    def __init__(self) -> None:
        from tiendo.collect.ready import Lookout

        super().__init__()
        self._lookout = Lookout()

    def _open(self, session: ExitStack) -> Any:
        from tiendo.airflow_glue.share import share_settings

        if (settings := share_settings()) is None:
            return None
        from tiendo.collect.share import open_share

        return session.enter_context(open_share(settings)).inbox()

    def _look(self, opened: Any) -> Look:
        return Look(self._lookout.look(opened, datetime.now(HANOI))[0], SHARE_SECONDS)


class MailboxPost(_RemotePost):
    """Has the mail server tell of new messages (IDLE), if there is a mailbox; a server that cannot is asked."""

    def __init__(self) -> None:
        super().__init__()
        self._told: set[tuple[int, int]] = set()

    def _open(self, session: ExitStack) -> Any:
        from tiendo.airflow_glue.mail import mailbox_settings

        if (settings := mailbox_settings()) is None:
            return None
        from tiendo.collect.imap_mailbox import open_inbox

        return session.enter_context(open_inbox(settings))

    def _look(self, opened: Any) -> Look:
        there = {(opened.uid_validity, uid) for uid in opened.uids()}
        new, self._told = len(there - self._told), there
        if not new:
            opened.wait(MAILBOX_SECONDS)
        return Look(new, 0)


POSTS: dict[str, type[Post]] = {"inbox": InboxPost, "share": SharePost, "mailbox": MailboxPost}


class ArrivalTrigger(BaseEventTrigger):
    """Fires when something new has come in.

    What hangs, hangs in a thread: the triggerer goes on, and so do the other posts. Airflow starts a trigger that ends
    again at once, with an empty memory, so whatever goes wrong is logged and the trigger goes on.
    """

    def __init__(self, post: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.post = post

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Returns what the triggerer makes it from; where to look the triggerer knows itself."""
        return f"{__name__}.{type(self).__qualname__}", {"post": self.post}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Looks, fires if anything is new, rests; for ever."""
        thread = ThreadPoolExecutor(1, thread_name_prefix=f"look-out-{self.post}")
        post: Post | None = None
        loop, fault = asyncio.get_running_loop(), ""
        try:
            while True:
                try:
                    if post is None:
                        post = await loop.run_in_executor(thread, POSTS[self.post])
                    found = await loop.run_in_executor(thread, post.look)
                    fault = ""
                except Exception as error:
                    found = Look(0, FAILED_SECONDS)
                    if fault != (fault := f"{type(error).__name__}: {error}"):
                        log.warning("Nobody looks out at %s; the clock still collects: %s", self.post, fault)
                if found.new:
                    yield TriggerEvent({"post": self.post, "new": found.new})  # type: ignore[no-untyped-call]
                await asyncio.sleep(found.seconds)
        finally:
            if post:
                thread.submit(post.close)
            thread.shutdown(wait=False)


def schedule_of(asset_name: str, *posts: str) -> Any:
    """Returns the schedule of a DAG that collects: when a post has seen something, and by the clock all the same.

    None, so only by hand, where ``TIENDO_COLLECT_MINUTES`` is 0: then nobody looks out either.
    """
    minutes = get_settings().collect_minutes
    if not minutes:
        return None
    watchers = [AssetWatcher(name=post, trigger=ArrivalTrigger(post)) for post in posts]
    return AssetOrTimeSchedule(
        timetable=DeltaTriggerTimetable(timedelta(minutes=minutes)),
        assets=[Asset(name=asset_name, uri=f"tiendo://{asset_name}", watchers=watchers)],
    )
