"""The shared folder, with a real database: what is claimed, landed, left alone; and the instant of receipt."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tiendo import clock
from tiendo.clock import HANOI
from tiendo.intake import folder
from tiendo.intake.archive import archived_path
from tiendo.intake.folder import collect, make_inboxes
from tiendo.plan.model import Register
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader

NOON = datetime(2023, 3, 14, 12, 0, tzinfo=HANOI)


@pytest.fixture(autouse=True)
def replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "clock"
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(path))
    clock.set_replay_clock(path, NOON)
    return path


def drop(settings: Settings, name: str, content: bytes = b"x", at: datetime = NOON, agency: str = "so-y-te") -> Path:
    path = settings.inbox / agency / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def ledger(engine: Engine) -> list[tuple[str, str | None, datetime]]:
    with loader(engine) as connection:
        return [
            tuple(row)
            for row in connection.exec_driver_sql(
                "select name, sender_agency_code, received_at from intake.submission_file order by file_id"
            )
        ]


def test_a_file_is_archived_entered_and_taken_away(settings: Settings, register: Register, engine: Engine) -> None:
    path = drop(settings, "Báo cáo quý I.xlsx", b"noi dung")

    (file_id,) = collect(settings, register, engine)

    assert file_id > 0
    assert ledger(engine) == [("Báo cáo quý I.xlsx", "so-y-te", NOON)]
    assert not path.exists()
    assert list((settings.inbox / folder.CLAIMED).iterdir()) == []
    with loader(engine) as connection:
        sha256 = connection.exec_driver_sql("select sha256 from intake.submission_file").scalar()
    assert archived_path(settings.archive, str(sha256)).read_bytes() == b"noi dung"
    assert collect(settings, register, engine) == []


def test_an_unknown_folder_lands_without_a_sender(settings: Settings, register: Register, engine: Engine) -> None:
    drop(settings, "a.xlsx", agency="so-khong-ton-tai")
    assert len(collect(settings, register, engine)) == 1
    assert ledger(engine) == [("a.xlsx", None, NOON)]


@pytest.mark.parametrize("name", ["~$bao-cao.xlsx", ".hidden", "dang-chep.tmp", "tai-xuong.PART"])
def test_temporary_files_are_left_alone(settings: Settings, register: Register, engine: Engine, name: str) -> None:
    path = drop(settings, name)
    assert collect(settings, register, engine) == []
    assert path.exists()


def test_a_link_is_not_followed(settings: Settings, register: Register, engine: Engine, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("khong duoc doc")
    os.utime(secret, (NOON.timestamp(), NOON.timestamp()))
    drop(settings, "real.xlsx")
    (settings.inbox / "so-y-te" / "link.xlsx").symlink_to(secret)
    collect(settings, register, engine)
    assert [name for name, _, _ in ledger(engine)] == ["real.xlsx"]


def test_a_file_still_being_written_waits(settings: Settings, register: Register, engine: Engine) -> None:
    drop(settings, "moi.xlsx", at=datetime.now(HANOI))
    assert collect(settings, register, engine) == []


def test_received_is_clamped_between_the_last_scan_and_now(
    settings: Settings, register: Register, engine: Engine, replay: Path
) -> None:
    collect(settings, register, engine)  # completes a scan at noon of the 14th
    clock.set_replay_clock(replay, NOON + timedelta(days=1))
    drop(settings, "cu.xlsx", b"1", at=NOON - timedelta(days=30))
    drop(settings, "dung.xlsx", b"2", at=NOON + timedelta(hours=11, minutes=59))
    drop(settings, "tuong-lai.xlsx", b"3", at=NOON + timedelta(days=9))

    collect(settings, register, engine)

    received = {name: at for name, _, at in ledger(engine)}
    assert received["cu.xlsx"] == NOON  # a copied old time cannot go back behind a scan that did not see the file
    assert received["dung.xlsx"] == NOON + timedelta(hours=11, minutes=59)
    assert received["tuong-lai.xlsx"] == NOON + timedelta(days=1)


def test_a_crash_after_the_claim_loses_nothing_and_doubles_nothing(
    settings: Settings, register: Register, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(settings, "a.xlsx", b"1")

    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(folder, "land", killed)
    with pytest.raises(KeyboardInterrupt):
        collect(settings, register, engine)
    assert ledger(engine) == []
    monkeypatch.undo()
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(settings.home.parent / "clock"))

    monkeypatch.setattr(folder.shutil, "rmtree", killed)  # landed, but the claim is still there
    with pytest.raises(KeyboardInterrupt):
        collect(settings, register, engine)
    assert len(ledger(engine)) == 1
    monkeypatch.undo()
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(settings.home.parent / "clock"))

    assert collect(settings, register, engine) == []
    assert [name for name, _, _ in ledger(engine)] == ["a.xlsx"]


def test_every_body_gets_an_inbox(settings: Settings, register: Register) -> None:
    make_inboxes(settings, register)
    assert len(list(settings.inbox.iterdir())) == 30
