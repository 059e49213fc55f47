"""The reading process: reads the files it is told of, within limits, and answers with what they hold.

Started by ``tiendo.reading.reader_process`` as a program, with the processor time that a file may take and the address
space as arguments. Paths come on standard input, answers go to standard output.
"""

import gc
import os
import resource
import sys
from pathlib import Path

from tiendo.model.content import UNREAD, WorkbookContent
from tiendo.reading.formats import MAX_BYTES
from tiendo.reading.reader import read_workbook
from tiendo.reading.reader_messages import LENGTH, MAX_ANSWER, READY, framed, pack

_MOST_OPEN_FILES = 32
_MOST_WRITTEN = 2**20


def serve(seconds: float, memory_bytes: int) -> None:
    """Sets the limits, then reads file after file until the parent closes the pipe.

    Args:
        seconds: processor time that one file may take.
        memory_bytes: address space.
    """
    gc.freeze()
    gc.set_threshold(100_000)  # what a file leaves holds no cycles
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with the answers
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, _MOST_OPEN_FILES)
    _limit(resource.RLIMIT_FSIZE, _MOST_WRITTEN)  # what a library prints before it aborts
    answers.write(framed(READY))
    answers.flush()
    while len(header := requests.read(LENGTH.size)) == LENGTH.size:
        path = Path(os.fsdecode(requests.read(LENGTH.unpack(header)[0])))
        used = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + seconds) + 1)
        answer = pack(_read(path))
        if len(answer) > MAX_ANSWER:
            answer = pack(_too_large(f"an answer of {len(answer)} bytes"))
        answers.write(framed(answer))
        answers.flush()


def _read(path: Path) -> WorkbookContent:
    try:
        size = path.stat().st_size
        return read_workbook(path.read_bytes()) if size <= MAX_BYTES else _too_large(f"{size} bytes")
    except OSError as error:
        # Of the archive: what a file holds makes none.
        return WorkbookContent(fault=UNREAD, fault_detail=f"{type(error).__name__}: {error}"[:500])


def _too_large(detail: str) -> WorkbookContent:
    return WorkbookContent(fault="too_large", fault_detail=detail)


def _limit(kind: int, wanted: int) -> None:
    """Sets a soft limit; the hard one, which may be the machine's own, stays."""
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


if __name__ == "__main__":
    serve(float(sys.argv[1]), int(sys.argv[2]))
