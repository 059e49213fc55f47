"""The frame: what a fresh machine and the change gate rely on."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures import packages

THIS = Path(__file__).resolve()
ROOT = THIS.parents[2]
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


@pytest.mark.parametrize("target", ["run", "test", "test-quick", "up", "check", "bench", "clean", "lock", "docs"])
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
    made = re.findall(r"^make(?: --\S+(?: \d+)?)* (.+)$", text, re.MULTILINE)
    assert made == ["check packages", "test"]


# What the tests need beside Python ------------------------------------------------------------------------------------


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of the search path: a machine that has only dpkg, which knows Samba alone."""
    _program(tmp_path, "dpkg-query", "echo samba installed; echo dovecot-imapd unpacked; exit 1")
    for tool in ("env", "true"):
        (tmp_path / tool).symlink_to(_which(tool))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def _program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def _set_up() -> tuple[int, str]:
    done = subprocess.run([sys.executable, packages.__file__], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_every_package_is_asked_for_by_some_test() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py") if path != THIS)
    asked = re.findall(r'"([^"]+)"', "".join(re.findall(r"with needs\((.*)\)", sources)))
    assert set(asked) == set(packages.PACKAGES)


def test_where_packages_may_not_be_installed_they_are_named_and_nothing_fails(machine: Path) -> None:
    _program(machine, "sudo", "echo a password is required >&2; exit 1")
    if os.geteuid() != 0:
        _program(machine, "apt-get", f"touch {machine}/called")
    code, told = _set_up()
    assert code == 0
    assert f"apt-get update && {packages.INSTALL} libreoffice-writer" in told
    assert "dovecot-imapd" in told
    assert "samba" not in told
    assert not (machine / "called").exists()


@pytest.mark.parametrize(("is_gate", "code"), [("", 0), ("1", 1)])
def test_an_installation_that_fails_stops_the_gate_only(
    machine: Path, monkeypatch: pytest.MonkeyPatch, is_gate: str, code: int
) -> None:
    _program(machine, "sudo", 'shift; exec "$@"')
    _program(machine, "apt-get", f"echo $* >> {machine}/called; echo E: no such package; exit 100")
    monkeypatch.setenv("TIENDO_REQUIRE_SERVICES", is_gate)
    found, told = _set_up()
    assert found == code, told
    assert "E: no such package" in told
    update, install = (machine / "called").read_text().splitlines()
    assert update.endswith(" update")
    assert "--no-install-recommends libreoffice-writer" in install
    assert "samba" not in install


def test_a_part_that_is_half_there_is_skipped_and_one_that_is_installed_must_work(machine: Path) -> None:
    skipped = pytest.skip.Exception
    with pytest.raises(skipped, match=r"apt-get install .* dovecot-imapd: no imap"), packages.needs("dovecot-imapd"):
        raise RuntimeError("no imap")
    with packages.needs("dovecot-imapd"):
        pass  # it works, in whatever way it came
    with pytest.raises(RuntimeError, match="no smb"), packages.needs("samba"):
        raise RuntimeError("no smb")
    (machine / "dpkg-query").unlink()
    with pytest.raises(skipped, match="samba"), packages.needs("samba"):
        raise RuntimeError("no smb")


def test_a_benchmark_that_lacks_something_or_fails_does_not_end_the_others(tmp_path: Path) -> None:
    _program(tmp_path, "python", "case $1 in *mail.py) echo no Dovecot;; *mart.py) exit 3;; *) echo ran;; esac")
    benchmarks = len(list((ROOT / "benchmarks").glob("*.py")))
    for stamp in ("run", "dev"):
        (tmp_path / stamp).touch()
    answer = _make(f"BIN={tmp_path}", f"RUN_STAMP={tmp_path}/run", f"DEV_STAMP={tmp_path}/dev", "bench")
    assert answer.returncode != 0
    assert answer.stdout.count("== benchmarks/") == benchmarks
    assert answer.stdout.count("no Dovecot") == 2
    assert answer.stdout.count("ran") == benchmarks - 3


def test_the_architecture_page_tells_of_every_room() -> None:
    folder = ROOT / "plugins" / "tiendo"
    # A checkout that was moved on keeps folders of former rooms, with nothing but compiled files in them.
    rooms = {path.stem for path in [*folder.glob("*.py"), *(file.parent for file in folder.glob("*/*.py"))]}
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| ((?:`\w+` ?)+)\|", page, re.MULTILINE)
    assert set(re.findall(r"\w+", " ".join(table))) == rooms - {"__init__"}
