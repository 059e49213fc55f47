"""The embedded server's socket is reached by nobody else, or there is no server."""

from pathlib import Path

import pytest

from tiendo.warehouse.embedded import LongPathError, server_url


def test_a_home_too_long_for_the_socket_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    data_dir = tmp_path / ("a" * 100) / "postgres"
    with pytest.raises(LongPathError, match=r"bytes too long for the database: choose a shorter TIENDO_HOME"):
        server_url(data_dir, "tiendo")
    assert not data_dir.parent.exists()
