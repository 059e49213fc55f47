"""Waiting for others as long as something moves, with a line now and then that says for what and since when."""

import sys
import time
from collections.abc import Callable

TELL_SECONDS = 30.0
# No limit of the work, which may take as long as it takes: what has not moved at all for so long has come to rest.
STILL_SECONDS = 3600.0
# To look is work for who answers, which is what one waits for: the longer it has taken, the less often.
_PAUSE_SECONDS = 0.3, 2.0
_PAUSE_SHARE = 0.05


def say(line: str) -> None:
    """Prints a line at once, also into a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def wait_until(
    is_done: Callable[[], bool],
    describe: Callable[[], str],
    *,
    check: Callable[[], None] = lambda: None,
    tell: Callable[[str], None] = say,
) -> None:
    """Waits for something that others do.

    Args:
        is_done: whether it is done.
        describe: what is still waited for, as finely as it can be told: while this changes, something moves.
        check: raises when waiting has become vain.
        tell: gets a line every ``TELL_SECONDS``.

    Raises:
        TimeoutError: nothing has moved for ``STILL_SECONDS``.
    """
    began = told = moved = time.monotonic()
    before = ""
    while not is_done():
        check()
        now = time.monotonic()
        if now - told >= TELL_SECONDS:
            told = now
            if (state := describe()) != before:
                before, moved = state, now
            tell(f"    {now - began:4.0f} s   {state}{_since(now - moved)}")
        if now - moved >= STILL_SECONDS:
            raise TimeoutError(f"Nothing has moved for {now - moved:.0f} s: {before}")
        least, most = _PAUSE_SECONDS
        time.sleep(min(max(least, _PAUSE_SHARE * (now - began)), most))


def _since(seconds: float) -> str:
    return f", unchanged for {seconds:.0f} s" if seconds else ""
