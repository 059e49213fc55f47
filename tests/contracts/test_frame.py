"""The frame: what a fresh machine and the change gate rely on."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_MAKE = shutil.which("make") or "make"
PLAIN = {"HOME": "/nonexistent", "PATH": "/usr/local/bin:/usr/bin:/bin"}


def _make(*arguments: str, environment: dict[str, str] = PLAIN) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [_MAKE, "--no-print-directory", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("target", ["run", "test", "up", "check", "bench", "clean", "lock", "docs"])
def test_every_target_is_there(target: str) -> None:
    answer = _make("--dry-run", target)
    assert answer.returncode == 0, answer.stderr
    assert f"make {target} " in _make("help").stdout


def test_callers_settings_of_python_do_not_reach_it() -> None:
    environment = {**PLAIN, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": "/elsewhere"}
    answer = _make("--eval=probe: ; @env", "probe", environment=environment)
    assert "PYTHON" not in answer.stdout
    assert "PATH=" in answer.stdout


def test_a_machine_without_a_fit_python_is_told_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "python3").write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 || exit 1\n')
    (tmp_path / "python3").chmod(0o755)
    for tool in ("cat", "cksum", "cut", "rm", "sh"):
        (tmp_path / tool).symlink_to(_which(tool))
    answer = _make(f"VENV={tmp_path}/venv", "run", environment={"HOME": "/nonexistent", "PATH": str(tmp_path)})
    assert answer.returncode != 0
    assert "needs Python 3.11, 3.12 or 3.13" in answer.stderr
    assert "Found: Python 3.9.2" in answer.stderr


def _which(tool: str) -> Path:
    return next(path for folder in ("/usr/bin", "/bin") if (path := Path(folder) / tool).exists())


def test_the_gate_checks_and_tests_and_stops_at_the_first_failure() -> None:
    gate = ROOT / ".ci" / "run"
    text = gate.read_text(encoding="utf-8")
    assert os.access(gate, os.X_OK)
    assert "set -euo pipefail" in text
    assert re.findall(r"^(?:\w+=\w+ )?make (\w+)$", text, re.MULTILINE) == ["check", "test"]
