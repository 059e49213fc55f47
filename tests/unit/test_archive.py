import errno
import hashlib
import os
from pathlib import Path

import pytest

from tiendo.collect import archive


def test_bytes_lie_under_their_hash_and_once(tmp_path: Path) -> None:
    first, second = archive.store(tmp_path, [b"mot", b"mot"])

    assert first == second == hashlib.sha256(b"mot").hexdigest()
    path = archive.archived_path(tmp_path, first)
    assert path.parent.name == first[:2]
    assert path.read_bytes() == b"mot"
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]


def test_a_crash_while_writing_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def disk_full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(OSError, match="No space left"):
        archive.store(tmp_path, [b"mot", b"hai"])

    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_a_large_file_is_written_whole(tmp_path: Path) -> None:
    content = os.urandom(5_000_000)
    (sha256,) = archive.store(tmp_path, [content])
    assert archive.archived_path(tmp_path, sha256).read_bytes() == content
