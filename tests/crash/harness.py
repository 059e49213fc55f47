"""Runs an action in a real child process that is killed, by SIGKILL, at a chosen step, or that lacks a right.

A *step* is a call that leaves a trace outside the process: in the file system, in a pipe or socket, in the database.
What only reads, or only hastens what is on its way to the disk, is none: the kill before it is the kill before the
next step. The child counts them and kills itself right before the n-th. Calling with n = 1, 2, 3 ... until the child
survives visits every boundary there is, also those that code gets later.

    for step in count(1):
        prepare(step)
        outcome = run_child(action, die_at=step)
        ...rerun, compare...
        if not outcome.was_killed:
            break

Where a run is long, ``boundaries`` chooses: of several steps alike in a row, the first and the last.

The child is a fork of this warm process: it must open connections of its own (``make_engine``), never use its
parent's.
"""

import ctypes
import io
import os
import pickle
import re
import resource
import select
import signal
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import ModuleType
from typing import Any

import psycopg
from sqlalchemy import Engine, event

# Looked up in module os at each call by pathlib, shutil and our own code alike.
STEPS = ("mkdir", "rename", "replace", "write", "unlink", "rmdir", "utime")
_COPY = (psycopg.Cursor, psycopg.Copy)
_SECONDS = 120
_COMMENTS = re.compile(r"^\s*--.*$", re.MULTILINE)
_READS = re.compile(r"\s*(select|set|show|with)\b", re.IGNORECASE)
_WRITES = re.compile(r"\b(insert into|update \w|delete from)", re.IGNORECASE)


@dataclass(frozen=True)
class Outcome:
    """What became of the child.

    Attributes:
        value: what the action returned, None when it did not.
        error: what it raised, as ``TypeName: message``, "" when it did not.
        steps: what it did, step by step; unknown when it was killed.
    """

    was_killed: bool
    value: Any = None
    error: str = ""
    steps: tuple[str, ...] = ()


def boundaries(steps: Sequence[str]) -> list[int]:
    """Returns the steps, counted from 1, at which a run is to be killed: of several alike in a row, first and last."""
    chosen: list[int] = []
    for _, alike in groupby(enumerate(steps, start=1), key=lambda step: step[1]):
        places = [place for place, _ in alike]
        chosen += dict.fromkeys([places[0], places[-1]])
    return chosen


def kill_itself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def run_child(
    action: Callable[[], Any],
    *,
    die_at: int = 0,
    instead: Callable[[], object] = kill_itself,
    die_after: float = 0,
    prepare: Callable[[], object] | None = None,
    largest_file: int = 0,
    also_count: Sequence[tuple[ModuleType | type, Sequence[str]]] = (),
) -> Outcome:
    """Runs an action in a child.

    Args:
        action: what it does; the value it returns must be picklable.
        die_at: the step right before which it is killed; 0 for never.
        instead: what happens to it at that step, where it is something else than its death.
        die_after: after how many seconds it is killed, wherever it is; 0 for never.
        prepare: runs in the child before the steps are counted: opens connections, gives up rights.
        largest_file: limit of a file's size, beyond which writing fails as on a full disk; 0 for none.
        also_count: further functions that are steps, by module or class.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        counted = [(os, STEPS), (psycopg.Copy, ["__exit__"]), *also_count]
        _run(action, die_at, instead, prepare, largest_file, counted, writing)
    os.close(writing)
    if die_after and not select.select([reading], [], [], die_after)[0]:
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, "rb") as stream:
        sent = stream.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        if os.WTERMSIG(status) != signal.SIGKILL:
            raise AssertionError(f"the child died of signal {os.WTERMSIG(status)}")
        return Outcome(was_killed=True)
    outcome: Outcome = pickle.loads(sent)  # noqa: S301  (our own child's)
    return outcome


def give_up_root_rights() -> None:
    """Takes the right to pass over permissions from this process, so that root meets them as others do."""
    if os.geteuid() != 0:
        return
    dac_override, dac_read_search, keep = 1, 2, 0xFFFFFFFF
    effective = keep & ~(1 << dac_override) & ~(1 << dac_read_search)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    data = (ctypes.c_uint32 * 6)()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.capget(header, data) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    data[0] &= effective
    if libc.capset(header, data) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def confine(engine: Engine) -> None:
    """Opens connections, then gives up root's rights: the test server's socket lies where only root may look."""
    with engine.connect(), engine.connect(), engine.connect():
        pass
    give_up_root_rights()


def _run(  # noqa: PLR0917
    action: Callable[[], Any],
    die_at: int,
    instead: Callable[[], object],
    prepare: Callable[[], object] | None,
    largest_file: int,
    steps: Sequence[tuple[ModuleType | type, Sequence[str]]],
    writing: int,
) -> None:
    signal.alarm(_SECONDS)
    send = os.write
    try:
        if prepare:
            prepare()
        unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
        if largest_file:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, unlimited[1]))
        counter = _Counter(die_at, instead, steps)
        outcome = Outcome(was_killed=False)
        try:
            value = action()
            outcome = Outcome(was_killed=False, value=value, steps=tuple(counter.steps))
        except BaseException as error:
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)  # what the test prints is a file too
            traceback.print_exc()
            outcome = Outcome(was_killed=False, error=f"{type(error).__name__}: {error}", steps=tuple(counter.steps))
        send(writing, pickle.dumps(outcome))
    finally:
        os._exit(0)


class _Counter:
    """Counts the steps of this process, and lets happen what is to happen before the chosen one."""

    def __init__(
        self, die_at: int, instead: Callable[[], object], steps: Sequence[tuple[ModuleType | type, Sequence[str]]]
    ) -> None:
        self.steps: list[str] = []
        self._die_at, self._instead, self._has_written = die_at, instead, False
        for owner, names in steps:
            for name in names:
                self._count(owner, name)
        self._count(os, "open", lambda path, flags=0, *_, **__: flags & os.O_CREAT)
        self._count(io, "open", lambda file, mode="r", *_, **__: set(mode) & set("wax+"))
        self._count(psycopg.Cursor, "copy", self._mark)
        event.listen(Engine, "before_cursor_execute", self._executed)
        event.listen(Engine, "commit", self._committed)

    def _step(self, what: str) -> None:
        self.steps.append(what)
        if len(self.steps) == self._die_at:
            self._instead()

    def _count(self, owner: Any, name: str, is_step: Callable[..., Any] = lambda *_, **__: True) -> None:
        function = getattr(owner, name)

        def counted(*arguments: Any, **options: Any) -> Any:
            if is_step(*arguments, **options):
                self._step("COPY" if owner in _COPY else f"{owner.__name__}.{name}")
            return function(*arguments, **options)

        setattr(owner, name, counted)

    def _executed(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        words = _COMMENTS.sub("", statement)
        if not _READS.match(words) or _WRITES.search(words):
            self._mark()
            self._step(" ".join(words.split(maxsplit=3)[:3]))

    def _mark(self, *_: Any, **__: Any) -> bool:
        self._has_written = True
        return True

    def _committed(self, _connection: Any) -> None:
        if self._has_written:
            self._has_written = False
            self._step("commit")
