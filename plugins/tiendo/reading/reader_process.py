"""Reads foreign workbooks in a process of its own, with limits: a file that takes the reader down costs itself only.

The child is started as a program (``python -m tiendo.reading.reader_process``), not forked: Airflow's workers run
threads and forbid their tasks to fork by ``multiprocessing``. It gets paths on standard input and answers on standard
output, each message with its length before it, and reads ahead while the parent works on what it has.
"""

import gc
import io
import logging
import os
import pickle
import resource
import select
import signal
import struct
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from tiendo.model.content import (
    UNREAD,
    CorrectionRow,
    IndicatorRow,
    Marker,
    Notice,
    PackedFile,
    RawCell,
    TaskRow,
    Title,
    UnreadError,
    WorkbookContent,
)

_log = logging.getLogger(__name__)
_LENGTH = struct.Struct("<I")
_READY = b"ready"
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
_MOST_OPEN_FILES = 32
_MOST_WRITTEN = 2**20
# A filled workbook of the largest body answers with 40 kB.
_MAX_ANSWER = 2 * 2**20
_AHEAD = 64
_PIPE_BYTES = 2**20
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_CHILD_MODULE = "tiendo.reading.reader_process"
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
        failed: _ChildFailedError | None = None  # a first try of the file that is next
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
                child.end()
                self._child = None
                if failure.is_ours:
                    _log.warning("%s: %s", waiting[0], failure)
                if failure.may_be_retried and failed is None:
                    failed = failure
                    continue
                is_ours = failure.is_ours or (failure.may_be_retried and failed is not None and failed.is_ours)
                answer = WorkbookContent(fault=UNREAD if is_ours else "reader_failed", fault_detail=str(failure))
            failed = None
            waiting.popleft()
            yield answer


class _ChildFailedError(Exception):
    def __init__(self, detail: str, *, may_be_retried: bool = False, is_ours: bool = False) -> None:
        super().__init__(detail)
        self.may_be_retried = may_be_retried or is_ours
        self.is_ours = is_ours


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
        self._received = bytearray()
        for pipe in (self._in, self._out):
            os.set_blocking(pipe.fileno(), False)
            _enlarge(pipe)
        try:
            ready = self._receive(_START_SECONDS)
        except _ChildFailedError as failure:
            self._errors.seek(0)
            trace = self._errors.read().decode("utf-8", "replace")[-2000:]
            self.end()
            kind = UnreadError if failure.is_ours else ReaderError
            raise kind(f"the reading process does not start: {failure}\n{trace}") from failure
        if ready != _READY:
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
        self._unsent += _framed(os.fsencode(path.absolute()))
        self._send()

    def answer(self) -> WorkbookContent:
        """Waits for the next result.

        Raises:
            _ChildFailedError: the child died, stands still, computes too long, or answers with something else.
        """
        # One more than the child's own limit, which is a whole number of seconds: that one is to end it.
        message = self._receive(self._seconds + 1)
        try:
            return _unpack(message)
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
            except BrokenPipeError:  # told by the answer that does not come
                self._unsent.clear()
                return
            del self._unsent[:sent]

    def _receive(self, seconds: float) -> bytes:
        """Waits for a message while the child makes progress, however slowly, within its processor time."""
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        used: list[float] = []  # at each look that found no answer
        still = 0.0  # added up of looks, not of instants: a machine that slept has not looked
        while True:
            if len(self._received) >= _LENGTH.size:
                end = _LENGTH.size + _LENGTH.unpack_from(self._received)[0]
                if end > _LENGTH.size + _MAX_ANSWER:
                    raise _ChildFailedError(f"answers with {end} bytes")
                if len(self._received) >= end:
                    message = bytes(self._received[_LENGTH.size : end])
                    del self._received[:end]
                    return message
            self._send()
            # With a queue still unsent the wait is cut short, so that the child never starves.
            wait = 0.05 if self._unsent else _LOOK_SECONDS
            if not poll.poll(wait * 1000):
                used.append(self._processor_seconds())
                if len(used) == 1:
                    continue
                still = still + wait if used[-1] == used[-2] else 0.0
                # By the look before: since then the child may have answered, and gone on to the next file.
                if used[-2] - used[0] > seconds:
                    raise _ChildFailedError(f"took more than {seconds:g} s of processor time")
                if still >= self._still:
                    raise _ChildFailedError(f"the reading process stood still for {still:g} s", is_ours=True)
                continue
            still = 0.0
            piece = os.read(self._out.fileno(), _PIPE_BYTES)
            if not piece:
                code = self._process.wait()
                raise _ChildFailedError(
                    f"the reading process ended with {_ending(code)}",
                    may_be_retried=code != -signal.SIGXCPU,
                    is_ours=-code in _SENT_BY_OTHERS,
                )
            self._received += piece

    def _processor_seconds(self) -> float:
        stat = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8")
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class _Unpickler(pickle.Unpickler):
    """Takes plain values and dates only, so that a subverted child cannot run code here."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "datetime" and name in ("date", "datetime"):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name}")


_ROW_TYPES = (IndicatorRow, TaskRow, CorrectionRow)


_NOT, _NO_ERROR = repeat(False), repeat("")


def _pack(content: WorkbookContent) -> bytes:
    """Pickles as plain values, and of cells with nothing special what they hold and where: a tenth of the time."""
    fault, detail, marker, *tables, notices, titles, packed = content
    tables_of_rows: tuple[tuple[Any, ...], ...] = tuple(tables)
    rows = [[_packed_row(*row) for row in table] for table in tables_of_rows]
    told = [tuple(notice) for notice in notices], [tuple(title) for title in titles], [tuple(file) for file in packed]
    plain = (fault, detail, tuple(marker), rows, *told)
    return pickle.dumps(plain, pickle.HIGHEST_PROTOCOL)


def _packed_row(sheet: str, number: int, *cells: RawCell) -> tuple[Any, ...]:
    values, addresses, *special = zip(*cells, strict=True)
    is_plain = not any(map(any, special))
    return (sheet, number, values, addresses) if is_plain else (sheet, number, values, addresses, *special)


def _unpack(message: bytes) -> WorkbookContent:
    fault, detail, marker, tables, notices, titles, packed = _Unpickler(io.BytesIO(message)).load()
    rows: list[Any] = [
        tuple([_row(kind, *row) for row in table]) for kind, table in zip(_ROW_TYPES, tables, strict=True)
    ]
    told = tuple([Notice(*notice) for notice in notices])
    above = tuple([Title(*title) for title in titles])
    files = tuple([PackedFile(*file) for file in packed])
    return WorkbookContent(fault, detail, Marker(*marker), *rows)._replace(notices=told, titles=above, packed=files)


def _row(kind: Any, sheet: str, number: int, values: Any, addresses: Any, *special: Any) -> Any:
    new = tuple.__new__
    details = special or (_NOT, _NO_ERROR, _NOT)
    cells = [new(RawCell, cell) for cell in zip(values, addresses, *details, strict=False)]
    return new(kind, (sheet, number, *cells))


def _framed(message: bytes) -> bytes:
    return _LENGTH.pack(len(message)) + message


def _ending(code: int) -> str:
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"exit code {code}"


def _enlarge(pipe: IO[bytes]) -> None:
    """Lets the child read further ahead; only Linux has it, and a quota may forbid it."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _serve(seconds: float, memory_bytes: int) -> None:
    """The child's loop: limits first, then file after file until the parent closes the pipe."""
    from tiendo.reading.formats import MAX_BYTES
    from tiendo.reading.reader import read_workbook

    gc.freeze()
    gc.set_threshold(100_000)  # what a file leaves holds no cycles
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with the answers
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, _MOST_OPEN_FILES)
    _limit(resource.RLIMIT_FSIZE, _MOST_WRITTEN)  # what a library prints before it aborts
    answers.write(_framed(_READY))
    answers.flush()
    while len(header := requests.read(_LENGTH.size)) == _LENGTH.size:
        path = Path(os.fsdecode(requests.read(_LENGTH.unpack(header)[0])))
        used = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + seconds) + 1)
        try:
            size = path.stat().st_size
            result = read_workbook(path.read_bytes()) if size <= MAX_BYTES else _too_large(f"{size} bytes")
        except OSError as error:
            # Of the archive: what a file holds makes none.
            result = WorkbookContent(fault=UNREAD, fault_detail=f"{type(error).__name__}: {error}"[:500])
        answer = _pack(result)
        if len(answer) > _MAX_ANSWER:
            answer = _pack(_too_large(f"an answer of {len(answer)} bytes"))
        answers.write(_framed(answer))
        answers.flush()


def _too_large(detail: str) -> WorkbookContent:
    return WorkbookContent(fault="too_large", fault_detail=detail)


def _limit(kind: int, wanted: int) -> None:
    """Sets a soft limit; the hard one, which may be the machine's own, stays."""
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


if __name__ == "__main__":
    _serve(float(sys.argv[1]), int(sys.argv[2]))
