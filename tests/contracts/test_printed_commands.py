"""Every command that a document, a DAG's page, a setting or a message prints works.

``tables/printed_commands.csv`` has a line for each, or for a pattern of them: what is run here for it, on a small
warehouse, with which exit code; or why it is not run here, and what else tries it. ``¦`` stands for a bar.
"""

import csv
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine

from fixtures.command import Command
from fixtures.printed import ROOT, printed_commands
from fixtures.workbooks import filled_workbook
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.report.edition import draft, publish
from tiendo.settings import Settings

pytestmark = pytest.mark.slow
TABLE = Path(__file__).parent / "tables" / "printed_commands.csv"
ROWS = [
    {name: text.replace("¦", "|") for name, text in row.items()}
    for row in csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines(), delimiter="|", quoting=csv.QUOTE_NONE)
]
Q1 = Period(2023, 1)


def matches(command: str, printed: str) -> bool:
    return command == printed or (printed.endswith(" *") and fnmatchcase(command, printed.replace("[", "[[]")))


def test_each_printed_command_is_in_the_table_and_the_table_has_no_other() -> None:
    printed = printed_commands()
    assert len(printed) > 80
    known = [row["printed"] for row in ROWS]
    new = {command: places for command, places in printed.items() if not any(matches(command, row) for row in known)}
    assert new == {}, "add a line: run it, or say why not and what else tries it"
    gone = [row for row in known if not row.endswith(" *") and row not in printed]
    assert gone == []


def test_what_is_not_run_here_says_why() -> None:
    for row in ROWS:
        assert row["run"] or row["otherwise"], row["printed"]
        assert bool(row["run"]) == bool(row["code"]), row["printed"]
        for named in re.findall(r"tests/[\w/.]+\.py", row["otherwise"]):
            assert (ROOT / named).exists(), named


def test_each_command_does_what_it_should(  # noqa: PLR0917 - fixtures
    home: Path, database_url: URL, settings: Settings, register: Register, engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    tiendo = Command(home, database_url)
    monkeypatch.setenv("TIENDO_CLOCK_FILE", tiendo.environment["TIENDO_CLOCK_FILE"])
    for body, content in (
        ("so-tai-chinh", filled_workbook(register, "so-tai-chinh", Q1)),
        ("so-y-te", b"khong doc duoc"),
    ):
        path = home / "inbox" / body / "bao-cao.xlsx"
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    (home / "ke-hoach.pdf").write_bytes(b"%PDF-1.7")
    tiendo("ingest", home / "inbox")
    receipts = {file["state"]: file["receipt_no"] for file in tiendo.json("ledger")["files"]}
    drafted = draft(engine, register, settings, Q1)
    approved = {"edition": 1, "data_sha256": drafted["data_sha256"], "approved_by": "Hòa"}
    as_of = datetime.fromisoformat(drafted["as_of"])
    publish(engine, register, settings, Q1, **approved, as_of=as_of, approved_at=as_of)

    known = {"root": str(ROOT), "held": receipts["quarantined"], "taken": receipts["accepted"]}
    program = home / "bin" / "tiendo"  # found as in a shell in which .venv is active
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tiendo.cli "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    environment = tiendo.environment | {"PATH": f"{program.parent}:{os.environ['PATH']}"}

    def run(commands: list[tuple[str, str]]) -> list[tuple[str, int, str]]:
        wrong = []
        for command, code in commands:
            line = re.sub(r"\{(\w+)\}", lambda found: known[found[1]], command)
            shell = ["/bin/sh", "-c", line]
            done = subprocess.run(
                shell, cwd=home, env=environment, capture_output=True, text=True, check=False, timeout=600
            )
            if str(done.returncode) != code or "Traceback" in done.stderr:
                wrong.append((line, done.returncode, (done.stdout + done.stderr)[-900:]))
        return wrong

    # Those of one kind one after the other: a letter is entered before it is revoked.
    kinds: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for row in ROWS:
        if row["run"] and (row["run"], row["code"]) not in kinds.setdefault(tuple(row["run"].split()[:2]), []):
            kinds[tuple(row["run"].split()[:2])].append((row["run"], row["code"]))
    # The clock stands still: what the others record is of the edition's instant too, and would be part of it.
    wrong = run(kinds.pop(("tiendo", "edition")))
    with ThreadPoolExecutor(2) as pool:
        assert [*wrong, *(each for kind in pool.map(run, kinds.values()) for each in kind)] == []
