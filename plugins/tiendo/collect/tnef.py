"""Opens Outlook's ``winmail.dat`` in a process of its own: a crafted one can keep its reader busy for ever."""

import json
import resource
import subprocess
import sys

SECONDS = 20
MEMORY = 1 << 30


def unpack(content: bytes) -> list[tuple[str, bytes]]:
    """Returns (name, bytes) of the attachments inside; none when it cannot be read within the limits.

    The process that reads it knows nothing of ours: no variable of the environment, where passwords are, goes to it.
    """
    command = [sys.executable, "-I", __file__]
    try:
        result = subprocess.run(command, input=content, capture_output=True, check=False, timeout=2 * SECONDS, env={})  # noqa: S603
    except subprocess.TimeoutExpired:
        return []
    head, _, data = result.stdout.partition(b"\n")
    if result.returncode or not head:
        return []
    found = []
    for name, size in json.loads(head):
        found.append((name, data[:size]))
        data = data[size:]
    return found


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    from tnefparse import TNEF  # type: ignore[import-untyped]

    attachments = TNEF(sys.stdin.buffer.read(), do_checksum=False).attachments
    found = [(_name(item), bytes(item.data)) for item in attachments]
    sys.stdout.buffer.write(json.dumps([(name, len(data)) for name, data in found]).encode() + b"\n")
    for _, data in found:
        sys.stdout.buffer.write(data)


def _name(item: object) -> str:
    """The long name, which is Unicode; the short one's code page is the sender's."""
    try:
        name = item.long_filename()  # type: ignore[attr-defined]
    except UnicodeDecodeError:
        name = item._name  # type: ignore[attr-defined]
    return (name.decode("cp1258", "replace") if isinstance(name, bytes) else str(name)).strip("\x00")


if __name__ == "__main__":
    _main()
