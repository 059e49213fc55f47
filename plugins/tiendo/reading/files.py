"""Archived files become their content: looked at by the virus scanner where there is one, then read.

The scanner is a ClamAV daemon, asked over the network by its own protocol.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tiendo.collect.archive import archived_path
from tiendo.model.content import WorkbookContent
from tiendo.reading.formats import MAX_BYTES
from tiendo.reading.reader_process import WorkbookReader
from tiendo.settings import Settings

if TYPE_CHECKING:
    from clamav_client.clamd import ClamdNetworkSocket

_CLAMAV_PORT = 3310
_CLAMAV_SECONDS = 60.0
_kept: WorkbookReader | None = None


class ScannerError(ConnectionError):
    """The scanner cannot be reached or cannot scan: files wait, and the task is tried again."""


def keep_reader() -> None:
    """Starts a reading process now, for all batches that this process still reads; it ends with it."""
    global _kept  # noqa: PLW0603  a process has one or none
    _kept = WorkbookReader()
    _kept.start()


def read_files(settings: Settings, hashes: Sequence[str]) -> list[WorkbookContent]:
    """Returns what each archived file holds, in order. A file in which the scanner finds something is not opened.

    Of a file that was not read, through no fault of its own, the fault is ``UNREAD``.

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


def _daemon(address: str, seconds: float) -> "ClamdNetworkSocket":
    from clamav_client.clamd import ClamdNetworkSocket

    host, _, port = address.rpartition(":") if ":" in address else (address, "", "")
    return ClamdNetworkSocket(host, int(port or _CLAMAV_PORT), timeout=seconds)


def scanner_trouble(address: str, seconds: float) -> str:
    """Asks the scanner for a sign of life, and returns why it gave none; "" where it answers."""
    from clamav_client.clamd import ClamdError

    try:
        _daemon(address, seconds).ping()
    except (ClamdError, OSError) as error:
        return str(error) or type(error).__name__
    return ""


def find_infected(address: str, paths: Sequence[Path]) -> dict[int, str]:
    """Scans files and returns, by position, the name of what was found in the infected ones.

    A file larger than any that is read is not sent: it is refused unopened.

    Args:
        address: ``host`` or ``host:port`` of clamd.
        paths: files of the archive.

    Raises:
        ScannerError: naming the daemon and why it gives no answer.
    """
    from clamav_client.clamd import ClamdError

    daemon = _daemon(address, _CLAMAV_SECONDS)
    infected: dict[int, str] = {}
    for number, path in enumerate(paths):
        if path.stat().st_size > MAX_BYTES:
            continue
        try:
            with path.open("rb") as stream:
                answer = daemon.instream(stream)
        except (ClamdError, ConnectionError, TimeoutError) as error:
            raise ScannerError(f"ClamAV at {address} does not scan: {str(error) or type(error).__name__}") from error
        status, name = answer.get("stream", ("", None))
        if status == "FOUND":
            infected[number] = name or "?"
        elif status != "OK":
            raise ScannerError(f"ClamAV at {address} does not scan: it answers {answer}")
    return infected
