"""Reads foreign workbooks in a process of its own, with limits: a file that takes the reader down costs itself only.

This is the parent's side: it starts the child, watches it and decides who is to blame when it fails. The child is
started as a program (``tiendo.reading.reader_child``), not forked: Airflow's workers run threads and forbid their tasks
to fork by ``multiprocessing``. It reads ahead while the parent works on what it has.
"""

import fcntl
import logging
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO

from tiendo.model.content import UNREAD, UnreadError, WorkbookContent
from tiendo.reading.reader_messages import MAX_ANSWER, READY, Incoming, framed, unpack

_log = logging.getLogger(__name__)
# Address space, of which the memory used is a part: so the process stays below one GiB.
_MEMORY_BYTES = 1000 * 2**20
# Processor time, which alone is the file's: how long it takes is the machine's, and no limit. A file that kills the
# child is tried once more: twice this, and the start of a child, are less than 30 s.
_SECONDS_PER_FILE = 12.0
# Processor time too; a start takes half a second.
_START_SECONDS = 60.0
# A child that does not compute for so long, and does not answer, stands still: it waits for a disk, or was stopped.
_STILL_SECONDS = 120.0
_LOOK_SECONDS = 1.0
# No file makes the child send itself these: the kernel does where memory is short, or a person.
_SENT_BY_OTHERS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_AHEAD = 64
_PIPE_BYTES = 2**20
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_CHILD_MODULE = "tiendo.reading.reader_child"
# The child opens hostile files: it learns no password from the environment.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHOME", "VIRTUAL_ENV", "SYSTEMROOT")


class ReaderError(RuntimeError):
    """The reading process itself does not start; no file is to blame."""


class WorkbookReader:
    """A reading process shared by a batch. A context manager; not for use by several threads.

    Args:
        seconds_per_file: processor time that one file may take, however long the machine needs for it.
        still_seconds: how long the child may stand still, neither computing nor answering.
        memory_bytes: limit of the child's address space.

    Raises:
        ReaderError: the child does not come up.
        UnreadError: it does not, and the machine may be why.
    """

    def __init__(
        self,
        *,
        seconds_per_file: float = _SECONDS_PER_FILE,
        still_seconds: float = _STILL_SECONDS,
        memory_bytes: int = _MEMORY_BYTES,
    ) -> None:
        self._seconds = seconds_per_file
        self._still = still_seconds
        self._memory = memory_bytes
        self._child: _Child | None = None

    def __enter__(self) -> "WorkbookReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> "_Child":
        """Starts the child, which else comes with the first file."""
        if self._child is None:
            self._child = _Child(self._seconds, self._still, self._memory)
        return self._child

    def close(self) -> None:
        """Ends the child."""
        if self._child:
            self._child.end()
            self._child = None

    def read(self, path: Path) -> WorkbookContent:
        """Reads one file."""
        return next(iter(self.read_many([path])))

    def read_many(self, paths: Iterable[Path]) -> Iterator[WorkbookContent]:
        """Yields the content of each file, in order.

        A file that kills the child twice, or computes longer than it may, gets fault ``reader_failed``; a fresh child
        reads the others. Where one of two tries ended by what may be the machine's doing (the child stood still, the
        kernel killed it for memory), the fault is ``UNREAD``.
        """
        waiting: deque[Path] = deque()
        try:
            yield from self._answers(iter(paths), waiting)
        finally:
            if waiting:  # left before the end: answers nobody asks for any more are under way
                self.close()

    def _answers(self, coming: Iterator[Path], waiting: deque[Path]) -> Iterator[WorkbookContent]:
        first: _ChildFailedError | None = None  # how a first try of the file that is next ended
        while True:
            for path in coming:
                waiting.append(path)
                if self._child:
                    self._child.ask(path)
                if len(waiting) >= _AHEAD:
                    break
            if not waiting:
                return
            child = self._child
            if child is None:
                child = self.start()
                for path in waiting:
                    child.ask(path)
            try:
                answer = child.answer()
            except _ChildFailedError as failure:
                self.close()
                if failure.may_be_machine:
                    _log.warning("%s: %s", waiting[0], failure)
                if failure.may_be_retried and first is None:
                    first = failure
                    continue
                is_machine = failure.may_be_machine or (
                    failure.may_be_retried and first is not None and first.may_be_machine
                )
                answer = WorkbookContent(fault=UNREAD if is_machine else "reader_failed", fault_detail=str(failure))
            first = None
            waiting.popleft()
            yield answer


class _ChildFailedError(Exception):
    """The child did not answer.

    Attributes:
        may_be_machine: not the file need be why, but a disk, a lack of memory, a person.
    """

    def __init__(self, detail: str, *, may_be_retried: bool = False, may_be_machine: bool = False) -> None:
        super().__init__(detail)
        self.may_be_retried = may_be_retried or may_be_machine
        self.may_be_machine = may_be_machine


class _Child:
    """One reading process and its two pipes."""

    def __init__(self, seconds: float, still_seconds: float, memory_bytes: int) -> None:
        self._seconds, self._still = seconds, still_seconds
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment["PYTHONPATH"] = str(_PACKAGE_ROOT)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed by end())
        self._process = subprocess.Popen(  # noqa: S603  (our own module, two numbers)
            [sys.executable, "-m", _CHILD_MODULE, str(seconds), str(memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
            cwd="/",
            bufsize=0,
        )
        self._unsent = bytearray()
        self._incoming = Incoming(MAX_ANSWER)
        for pipe in (self._in, self._out):
            os.set_blocking(pipe.fileno(), False)
            _enlarge(pipe)
        try:
            ready = self._receive(_START_SECONDS)
        except _ChildFailedError as failure:
            self._errors.seek(0)
            trace = self._errors.read().decode("utf-8", "replace")[-2000:]
            self.end()
            kind = UnreadError if failure.may_be_machine else ReaderError
            raise kind(f"the reading process does not start: {failure}\n{trace}") from failure
        if ready != READY:
            self.end()
            raise ReaderError(f"the reading process greets with {ready[:50]!r}")

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def _in(self) -> IO[bytes]:
        assert self._process.stdin  # noqa: S101  (opened above)
        return self._process.stdin

    @property
    def _out(self) -> IO[bytes]:
        assert self._process.stdout  # noqa: S101  (opened above)
        return self._process.stdout

    def ask(self, path: Path) -> None:
        """Queues a file; sends what the pipe takes now."""
        self._unsent += framed(os.fsencode(path.absolute()))
        self._send()

    def answer(self) -> WorkbookContent:
        """Waits for the next result.

        Raises:
            _ChildFailedError: the child died, stands still, computes too long, or answers with something else.
        """
        # One more than the child's own limit, which is a whole number of seconds: that one is to end it.
        message = self._receive(self._seconds + 1)
        try:
            return unpack(message)
        except Exception as error:
            raise _ChildFailedError(f"unreadable answer: {error}") from error

    def end(self) -> None:
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):  # its end waits for the disk that the child waits for
            self._process.wait(10)
        for stream in (self._in, self._out, self._errors):
            with suppress(OSError):
                stream.close()

    def _send(self) -> None:
        while self._unsent:
            try:
                sent = os.write(self._in.fileno(), self._unsent)
            except BlockingIOError:
                return
            except BrokenPipeError:  # the child is gone: noticed when no answer comes
                self._unsent.clear()
                return
            del self._unsent[:sent]

    def _receive(self, seconds: float) -> bytes:
        """Waits for a message while the child makes progress, however slowly, within its processor time."""
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        watch = _Watch(self.pid, seconds, self._still)
        while (message := self._take()) is None:
            self._send()
            # With a queue still unsent the wait is cut short, so that the child never starves.
            wait = 0.05 if self._unsent else _LOOK_SECONDS
            if not poll.poll(wait * 1000):
                watch.look(wait)
                continue
            watch.still = 0.0
            piece = os.read(self._out.fileno(), _PIPE_BYTES)
            if not piece:
                raise _ended(self._process.wait())
            self._incoming.add(piece)
        return message

    def _take(self) -> bytes | None:
        try:
            return self._incoming.take()
        except ValueError as error:
            raise _ChildFailedError(str(error)) from error


class _Watch:
    """Looks at a child that is waited for: it may compute so long, and stand still so long.

    Attributes:
        still: seconds without computing or answering, added up of looks and not of instants: a machine that slept has
            not looked.
    """

    def __init__(self, pid: int, seconds: float, still_seconds: float) -> None:
        self._stat = Path(f"/proc/{pid}/stat")
        self._seconds, self._still_seconds = seconds, still_seconds
        self._at_first: float | None = None
        self._before = 0.0
        self.still = 0.0

    def look(self, waited: float) -> None:
        """Takes note of the child's processor time when no answer came within so many seconds.

        Raises:
            _ChildFailedError: it computes or stands still longer than it may.
        """
        user, system = self._stat.read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
        used = (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
        if self._at_first is None:
            self._at_first = self._before = used
            return
        self.still = self.still + waited if used == self._before else 0.0
        # By the look before: since then the child may have answered, and gone on to the next file.
        if self._before - self._at_first > self._seconds:
            raise _ChildFailedError(f"took more than {self._seconds:g} s of processor time")
        if self.still >= self._still_seconds:
            raise _ChildFailedError(f"the reading process stood still for {self.still:g} s", may_be_machine=True)
        self._before = used


def _ended(code: int) -> _ChildFailedError:
    """Returns what a child's end says of its file, by its exit code."""
    cause = f"exit code {code}"
    with suppress(ValueError):
        cause = signal.Signals(-code).name
    return _ChildFailedError(
        f"the reading process ended with {cause}",
        may_be_retried=code != -signal.SIGXCPU,
        may_be_machine=-code in _SENT_BY_OTHERS,
    )


def _enlarge(pipe: IO[bytes]) -> None:
    """Lets the child read further ahead; only Linux has it, and a quota may forbid it."""
    with suppress(AttributeError, OSError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
