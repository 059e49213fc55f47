"""The optional virus scanner: a ClamAV daemon, asked over the network by its own protocol before a file is read."""

from collections.abc import Sequence
from pathlib import Path

from tiendo.reading.formats import MAX_BYTES

_PORT = 3310
_SECONDS = 60.0


class ScannerError(ConnectionError):
    """The scanner cannot be reached or cannot scan: files wait, and the task is tried again."""


def find_infected(address: str, paths: Sequence[Path]) -> dict[int, str]:
    """Scans files and returns, by position, the name of what was found in the infected ones.

    A file larger than any that is read is not sent: it is refused unopened.

    Args:
        address: ``host`` or ``host:port`` of clamd.
        paths: files of the archive.

    Raises:
        ScannerError: naming the daemon and why it gives no answer.
    """
    from clamav_client.clamd import ClamdError, ClamdNetworkSocket

    host, _, port = address.rpartition(":") if ":" in address else (address, "", "")
    daemon = ClamdNetworkSocket(host, int(port or _PORT), timeout=_SECONDS)
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
