"""Archived files become their content: looked at by the virus scanner where there is one, then read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tiendo.collect.archive import archived_path
from tiendo.model.content import WorkbookContent
from tiendo.reading.reader_process import WorkbookReader
from tiendo.settings import Settings

_kept: WorkbookReader | None = None


def keep_reader() -> None:
    """Starts a reading process now, for all batches that this process still reads; it ends with it."""
    global _kept  # noqa: PLW0603  a process has one or none
    _kept = WorkbookReader()
    _kept.start()


def read_files(settings: Settings, hashes: Sequence[str]) -> list[WorkbookContent]:
    """Returns what each archived file holds, in order. A file in which the scanner finds something is not opened.

    Of a file that was not read for a reason of ours, the fault is ``UNREAD``.

    Raises:
        ScannerError: a scanner is configured and does not answer. No file is read unscanned.
    """
    return read_paths(settings, [archived_path(settings.archive, sha256) for sha256 in hashes])


def read_paths(settings: Settings, paths: Sequence[Path]) -> list[WorkbookContent]:
    """Does the same with files wherever they lie.

    Raises:
        ScannerError: see ``read_files``.
    """
    infected: dict[int, str] = {}
    if settings.clamav:
        from tiendo.reading.scanner import find_infected

        infected = find_infected(settings.clamav, paths)
    with _reader() as reader:
        contents = reader.read_many([path for number, path in enumerate(paths) if number not in infected])
        return [
            WorkbookContent(fault="infected", fault_detail=infected[number]) if number in infected else next(contents)
            for number in range(len(paths))
        ]


@contextmanager
def _reader() -> Iterator[WorkbookReader]:
    if _kept:
        yield _kept
    else:
        with WorkbookReader() as reader:
            yield reader
