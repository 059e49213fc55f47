"""Files that are there whole and for good, or not at all: written beside their place, flushed to disk, then renamed."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path

_FEWEST_FLUSHED_TOGETHER = 16


def write_files(files: Mapping[Path, bytes]) -> None:
    """Writes files, replacing what had their names; when it returns, they stay there even without power.

    Each appears whole under its name or not at all, and none before all are written: a full disk leaves none. A crash
    leaves at most hidden temporaries, which a repetition writes over.

    Raises:
        OSError: naming the file that could not be written.
    """
    temporaries = {path: path.with_name(f".{path.name}.new") for path in files}
    folders: set[Path] = set()
    try:
        for folder in {path.parent for path in files}:
            folders |= make_folder(folder) | {folder}
        for path, content in files.items():
            write_unflushed(temporaries[path], content)
        flush(temporaries.values())
        for path, temporary in temporaries.items():
            temporary.replace(path)
        flush(folders)
    except OSError:
        for temporary in temporaries.values():
            temporary.unlink(missing_ok=True)
        raise


def write_unflushed(path: Path, content: bytes) -> None:
    """Writes a file of its own name, not safely on disk yet.

    Raises:
        OSError: naming the file, which the system's own error for a full disk does not.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def make_folder(folder: Path) -> set[Path]:
    """Makes a folder and those above it; returns which folders must be flushed for it to stay."""
    above: set[Path] = set()
    for path in (folder, *folder.parents):
        if path.is_dir():
            break
        above.add(path.parent)
    if above:
        folder.mkdir(parents=True, exist_ok=True)
    return above


def flush(paths: Collection[Path]) -> None:
    """Brings files, or the names in folders, to disk."""
    flush_together(len(paths))
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def flush_together(number: int) -> None:
    """Flushes everything at once where that is cheaper; each fsync that follows then only has its errors to tell."""
    if number >= _FEWEST_FLUSHED_TOGETHER:
        os.sync()
