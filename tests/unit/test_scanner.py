"""The virus scanner, with a real ClamAV daemon and a signature database of one entry."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Engine

from fixtures.packages import needs, program
from fixtures.workbooks import filled_workbook
from tiendo import clock
from tiendo.clock import HANOI
from tiendo.collect.landing import Arrival, land
from tiendo.collect.ledger import ledger_document
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.process.batch import process
from tiendo.process.fates import waiting_batches
from tiendo.reading.files import ScannerError, find_infected
from tiendo.reading.formats import MAX_BYTES
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader

pytestmark = pytest.mark.slow

NOON = datetime(2023, 3, 14, 12, 0, tzinfo=HANOI)
# A signature of our own: no scanner beside this one takes the tests' files for dangerous.
SIGNATURE, NAME = b"tiendo: no virus, and found all the same", "Tiendo.Test"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def clamav(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("clamav")
    (folder / "db").mkdir()
    (folder / "db" / "test.ndb").write_text(f"{NAME}:0:*:{SIGNATURE.hex()}\n", encoding="ascii")
    port = free_port()
    config = folder / "clamd.conf"
    config.write_text(
        f"DatabaseDirectory {folder / 'db'}\nTCPSocket {port}\nTCPAddr 127.0.0.1\nForeground yes\n"
        f"TemporaryDirectory {folder}\nStreamMaxLength 25M\n",
        encoding="ascii",
    )
    daemon = None
    try:
        with needs("clamav-daemon"):
            command = [program("clamd"), f"--config-file={config}"]
            daemon = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            end = time.monotonic() + 60
            while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
                if daemon.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"clamd does not come up (exit {daemon.poll()})")
                time.sleep(0.2)
        yield f"127.0.0.1:{port}"
    finally:
        if daemon:
            daemon.terminate()
            daemon.wait(30)


@pytest.fixture(autouse=True)
def replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(tmp_path / "clock"))
    clock.set_replay_clock(tmp_path / "clock", NOON)


def arrive(settings: Settings, register: Register, engine: Engine, *contents: bytes) -> list[int]:
    arrivals = [
        Arrival(f"claim-{number}", f"{number}.xlsx", "folder", "so-tai-chinh", NOON, content)
        for number, content in enumerate(contents)
    ]
    return land(settings, register, engine, arrivals)


def test_an_infected_file_is_held_unopened_and_the_others_go_on(
    settings: Settings, register: Register, engine: Engine, clamav: str
) -> None:
    good = filled_workbook(register, "so-tai-chinh", Period(2023, 1))
    file_ids = arrive(settings, register, engine, SIGNATURE, good)

    result = process(replace(settings, clamav=clamav), register, engine, file_ids)

    assert result.states == {"quarantined": 1, "accepted": 1}
    with loader(engine) as connection:
        (finding,) = connection.exec_driver_sql("select rule, message from intake.finding where severity='critical'")
    assert finding.rule == "file-infected"
    assert NAME in finding.message
    receipt = settings.home / ledger_document(engine)["files"][0]["receipt"]
    assert "mã độc" in receipt.read_text(encoding="utf-8")


def test_no_file_is_read_unscanned(settings: Settings, register: Register, engine: Engine, clamav: str) -> None:
    file_ids = arrive(settings, register, engine, SIGNATURE, b"khong phai bang tinh")
    with pytest.raises(ScannerError, match="does not scan") as raised:
        process(replace(settings, clamav=f"127.0.0.1:{free_port()}"), register, engine, file_ids)
    assert isinstance(raised.value, ConnectionError)  # which is tried again
    assert waiting_batches(engine) == [file_ids]
    assert process(replace(settings, clamav=clamav), register, engine, file_ids).states == {"quarantined": 2}


def test_a_daemon_that_does_not_answer_is_no_clean_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = f"127.0.0.1:{listener.getsockname()[1]}"

        # It takes the connection and ends it without a word.
        def hang_up() -> None:
            listener.accept()[0].close()

        thread = Thread(target=hang_up)
        thread.start()
        with pytest.raises(ScannerError):
            find_infected(address, [path])
        thread.join(10)


def test_a_file_too_large_to_be_read_is_not_sent(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert find_infected(f"127.0.0.1:{free_port()}", [path]) == {}


def test_the_largest_file_that_is_read_is_scanned(tmp_path: Path, clamav: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(os.urandom(MAX_BYTES - len(SIGNATURE)) + SIGNATURE)
    assert find_infected(clamav, [path]) == {0: f"{NAME}.UNOFFICIAL"}
