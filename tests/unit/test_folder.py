"""The shared folder, with a real database: what is claimed, landed, left alone; and the instant of receipt."""

import io
import os
import shutil
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from openpyxl import Workbook
from sqlalchemy import Engine

from crash.harness import confine, run_child
from tiendo import clock
from tiendo.clock import HANOI
from tiendo.collect import archive, folder
from tiendo.collect.archive import archived_path
from tiendo.collect.folder import IncompleteScanError, collect, make_inboxes
from tiendo.collect.inbox import Entry, LocalInbox
from tiendo.collect.ledger import ledger_document
from tiendo.model.register import Register
from tiendo.process.batch import process
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader, make_engine

NOON = datetime(2023, 3, 14, 12, 0, tzinfo=HANOI)


@pytest.fixture(autouse=True)
def replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "clock"
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(path))
    clock.set_replay_clock(path, NOON)
    return path


@pytest.fixture(autouse=True)
def inboxes(settings: Settings, register: Register) -> None:
    make_inboxes(settings, register)


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


def left(engine: Engine) -> dict[str, str]:
    return {item["path"]: item["reason"] for item in ledger_document(engine)["left_alone"]}


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


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("~$bao-cao.xlsx", "temporary"),
        (".~lock.bao-cao.ods#", "temporary"),
        ("dang-chep.tmp", "temporary"),
        ("tai-xuong.PART", "temporary"),
        ("tai-xuong.xlsx.crdownload", "temporary"),
        ("Thumbs.db", "system_file"),
        ("desktop.ini", "system_file"),
        (".DS_Store", "system_file"),
        ("._bao-cao.xlsx", "system_file"),
        (".hidden", "hidden"),
    ],
)
def test_what_is_no_report_is_left_alone_and_said_so(
    settings: Settings, register: Register, engine: Engine, name: str, reason: str
) -> None:
    path = drop(settings, name)
    assert collect(settings, register, engine) == []
    assert path.exists()
    assert left(engine) == {f"so-y-te/{name}": reason}


def test_links_devices_pipes_sockets_and_folders_are_left_alone(
    settings: Settings, register: Register, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = drop(settings, "real.xlsx")
    os.mkfifo(good.with_name("pipe.xlsx"))
    monkeypatch.chdir(good.parent)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.xlsx")
    good.with_name("dev.xlsx").symlink_to("/dev/zero")
    drop(settings, "nested/report.xlsx").touch()
    drop(settings, "beside.xlsx", agency=".")
    (settings.inbox / "linked").symlink_to(tmp_path)

    assert len(collect(settings, register, engine)) == 1

    assert [name for name, _, _ in ledger(engine)] == ["real.xlsx"]
    assert left(engine) == {
        "so-y-te/pipe.xlsx": "not_a_file",
        "so-y-te/socket.xlsx": "not_a_file",
        "so-y-te/dev.xlsx": "link",
        "so-y-te/nested": "folder",
        "beside.xlsx": "no_folder",
        "linked": "link",
    }
    assert (settings.inbox / "so-y-te" / "nested" / "report.xlsx").exists()


def test_since_when_a_thing_lies_there_is_kept_and_what_is_gone_is_forgotten(
    settings: Settings, register: Register, engine: Engine, replay: Path
) -> None:
    stays, goes = drop(settings, "a.tmp", b"123"), drop(settings, "b.tmp")
    collect(settings, register, engine)
    goes.unlink()
    clock.set_replay_clock(replay, NOON + timedelta(minutes=5))
    collect(settings, register, engine)
    (item,) = ledger_document(engine)["left_alone"]
    assert (item["path"], item["size"]) == ("so-y-te/a.tmp", 3)
    assert (item["first_seen_at"], item["last_seen_at"]) == (NOON, NOON + timedelta(minutes=5))
    assert "temporary" in item["meaning"]
    assert "Tệp tạm" in item["meaning_vi"]
    assert stays.exists()


def test_an_empty_file_is_waited_for_and_then_taken(settings: Settings, register: Register, engine: Engine) -> None:
    drop(settings, "moi.xlsx", b"", at=datetime.now(HANOI) - timedelta(minutes=9))
    drop(settings, "cu.xlsx", b"", at=datetime.now(HANOI) - timedelta(minutes=11))
    collect(settings, register, engine)
    assert [name for name, _, _ in ledger(engine)] == ["cu.xlsx"]
    assert left(engine) == {"so-y-te/moi.xlsx": "empty"}


def test_a_clock_far_ahead_does_not_keep_a_file_for_ever(
    settings: Settings, register: Register, engine: Engine
) -> None:
    drop(settings, "a.xlsx", at=datetime.now(HANOI) + timedelta(days=400))
    collect(settings, register, engine)
    assert ledger(engine) == [("a.xlsx", "so-y-te", NOON)]


def test_any_name_a_file_system_allows(settings: Settings, register: Register, engine: Engine) -> None:
    names = [
        "dài" * 62 + "x" * 2 + ".xlsx",  # 255 bytes
        "dòng\nthứ hai\r.xlsx",
        "--help.xlsx",
        "=cmd|'C calc'!A0.xlsx",
        "a\\b;$(x).xlsx",
        os.fsdecode(b"b\xe1o c\xe1o.xlsx"),
    ]
    assert len(os.fsencode(names[0])) == 255
    for place, name in enumerate(names):
        drop(settings, name, b"%d" % place)
    drop(settings, os.fsdecode(b"\xff.tmp"))
    drop(settings, os.fsdecode(b"\xfe.tmp"))
    collect(settings, register, engine)
    expected = {os.fsencode(name).decode("utf-8", "replace") for name in names}
    assert {name for name, _, _ in ledger(engine)} == expected
    assert set(left(engine)) == {"so-y-te/\\xff.tmp", "so-y-te/\\xfe.tmp"}


def test_a_hard_link_is_a_file_like_any_other(settings: Settings, register: Register, engine: Engine) -> None:
    first = drop(settings, "a.xlsx", b"1")
    second = first.with_name("b.xlsx")
    second.hardlink_to(first)
    assert len(collect(settings, register, engine)) == 2
    assert not first.exists()
    assert not second.exists()


@pytest.mark.slow
def test_a_large_file_goes_through_in_pieces(
    settings: Settings, register: Register, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drop(settings, "lon.xlsx", b"")
    with path.open("r+b") as file:
        file.truncate(300 * 2**20)
    os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    largest = 0
    write_all = archive._write_all

    def watched(descriptor: int, content: bytes) -> None:
        nonlocal largest
        largest = max(largest, len(content))
        write_all(descriptor, content)

    monkeypatch.setattr(archive, "_write_all", watched)
    (file_id,) = collect(settings, register, engine)
    with loader(engine) as connection:
        size = connection.exec_driver_sql("select size_bytes from intake.submission_file").scalar()
    assert size == 300 * 2**20
    assert largest <= archive.HELD_IN_MEMORY + 1
    assert process(settings, register, engine, [file_id]).states == {"quarantined": 1}


class Disturbed(LocalInbox):
    """An inbox in which something happens to a file right before it is looked at for the n-th time.

    The first look is before reading, the second after it, the third after the landing.
    """

    def __init__(self, root: Path, look: int, happens: Callable[[Path], object]) -> None:
        super().__init__(root)
        self.root, self.happens, self.looks_left = root, happens, look

    def entry(self, path: str) -> Entry:
        self.looks_left -= 1
        if self.looks_left == 0:
            self.happens(self.root / path)
        return super().entry(path)


def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_scan(
    settings: Settings, register: Register, engine: Engine
) -> None:
    drop(settings, "a.xlsx", b"mot")
    inbox = Disturbed(settings.inbox, 2, lambda path: path.write_bytes(b"hai"))

    assert collect(settings, register, engine, inbox) == []

    assert list(left(engine).values()) == ["changing"]
    (claimed,) = (settings.inbox / folder.CLAIMED).glob("*/*/*")
    os.utime(claimed, (NOON.timestamp(), NOON.timestamp()))
    assert len(collect(settings, register, engine)) == 1
    assert archived(settings, engine) == [b"hai"]


def test_what_is_written_after_the_landing_is_a_new_arrival(
    settings: Settings, register: Register, engine: Engine
) -> None:
    path = drop(settings, "a.xlsx", b"mot")

    def write_on(path: Path) -> None:
        path.write_bytes(b"mot hai")
        os.utime(path, (NOON.timestamp(), NOON.timestamp()))

    assert len(collect(settings, register, engine, Disturbed(settings.inbox, 3, write_on))) == 1
    assert len(collect(settings, register, engine)) == 1
    assert archived(settings, engine) == [b"mot", b"mot hai"]
    assert not path.exists()
    assert list((settings.inbox / folder.CLAIMED).iterdir()) == []


@pytest.mark.parametrize(("look", "landed"), [(1, 0), (2, 0), (3, 1)])
def test_a_file_that_vanishes_is_no_fault(
    settings: Settings, register: Register, engine: Engine, look: int, landed: int
) -> None:
    drop(settings, "a.xlsx")
    assert len(collect(settings, register, engine, Disturbed(settings.inbox, look, Path.unlink))) == landed
    assert collect(settings, register, engine) == []
    assert list((settings.inbox / folder.CLAIMED).iterdir()) == []


def test_a_link_put_in_a_files_place_is_not_followed(
    settings: Settings, register: Register, engine: Engine, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("khong duoc doc")
    inbox = LocalInbox(tmp_path)
    (tmp_path / "link").symlink_to(secret)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="Too many levels"):
        inbox.open("link")
    with pytest.raises(OSError, match="not a regular file"):
        inbox.open("pipe")


def test_two_scans_at_once_take_each_file_once(settings: Settings, register: Register, engine: Engine) -> None:
    for number in range(40):
        drop(settings, f"{number}.xlsx", b"%d" % number)
    found: list[list[int]] = []
    scans = [Thread(target=lambda: found.append(collect(settings, register, engine))) for _ in range(3)]
    for scan in scans:
        scan.start()
    for scan in scans:
        scan.join(60)
    assert len(found) == 3
    assert len({file_id for file_ids in found for file_id in file_ids}) == sum(map(len, found)) == 40
    assert len(ledger(engine)) == 40


def test_an_inbox_that_is_not_mounted_is_no_empty_inbox(settings: Settings, register: Register, engine: Engine) -> None:
    shutil.rmtree(settings.inbox)
    with pytest.raises(IncompleteScanError, match="No such file"):
        collect(settings, register, engine)
    settings.inbox.mkdir(parents=True)
    with pytest.raises(IncompleteScanError, match="mounted"):
        collect(settings, register, engine)
    with loader(engine) as connection:
        assert connection.exec_driver_sql("select count(*) from intake.scan").scalar() == 0


def test_a_folder_that_cannot_be_read_does_not_stop_the_others(
    settings: Settings, register: Register, engine: Engine
) -> None:
    shut = drop(settings, "a.xlsx", agency="so-tai-chinh").parent
    drop(settings, "b.xlsx", b"b")
    shut.chmod(0)
    own = make_engine(engine.url)
    outcome = run_child(lambda: collect(settings, register, own), prepare=lambda: confine(own))
    shut.chmod(0o755)
    assert outcome.error == "IncompleteScanError: Channel folder, not collected:\nso-tai-chinh: Permission denied"
    assert [name for name, _, _ in ledger(engine)] == ["b.xlsx"]
    assert left(engine) == {"so-tai-chinh": "unreadable"}
    with loader(engine) as connection:  # not completed: what lies in there must not be called late afterwards
        assert connection.exec_driver_sql("select count(*) from intake.scan").scalar() == 0
    collect(settings, register, engine)
    assert ledger(engine)[-1] == ("a.xlsx", "so-tai-chinh", NOON)


def test_a_file_waited_for_is_not_made_late_by_the_scan_that_saw_it(
    settings: Settings, register: Register, engine: Engine, replay: Path
) -> None:
    touched = datetime.now(HANOI) + timedelta(seconds=1)
    path = drop(settings, "a.xlsx", workbook_bytes(), touched)
    clock.set_replay_clock(replay, touched + timedelta(seconds=3))
    assert collect(settings, register, engine) == []
    os.utime(path, (touched.timestamp() - 9, touched.timestamp() - 9))
    clock.set_replay_clock(replay, touched + timedelta(minutes=5))
    collect(settings, register, engine)
    assert ledger(engine)[0][2] == touched


def archived(settings: Settings, engine: Engine) -> list[bytes]:
    with loader(engine) as connection:
        hashes = connection.exec_driver_sql("select sha256 from intake.submission_file order by file_id").scalars()
        return [archived_path(settings.archive, sha256).read_bytes() for sha256 in hashes]


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
    assert left(engine) == {"so-y-te/moi.xlsx": "still_written"}


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


def test_every_body_gets_an_inbox(settings: Settings) -> None:
    assert len(list(settings.inbox.iterdir())) == 30


def test_the_ledger_counts_what_hangs(settings: Settings, register: Register, engine: Engine) -> None:
    """A scan died after its claim; another service's file is not ours to read."""
    path = drop(settings, "a.xlsx", workbook_bytes())
    claim = settings.inbox / folder.CLAIMED / "0123" / "so-y-te"
    claim.mkdir(parents=True)
    path.rename(claim / "a.xlsx")
    os.utime(claim.parent, (NOON.timestamp(), NOON.timestamp()))
    document = ledger_document(engine, settings.inbox)
    assert document["adds_up"] is False
    assert [(item["path"], item["reason"]) for item in document["left_alone"]] == [
        (".claimed/0123/so-y-te/a.xlsx", "claimed")
    ]
    assert len(collect(settings, register, engine)) == 1
    assert ledger_document(engine, settings.inbox)["adds_up"] is True

    unreadable = drop(settings, "b.xlsx", workbook_bytes())
    unreadable.chmod(0)
    own = make_engine(engine.url)
    outcome = run_child(lambda: collect(settings, register, own), prepare=lambda: confine(own))
    assert "so-y-te/b.xlsx: Permission denied" in outcome.error
    assert unreadable.exists()
    document = ledger_document(engine, settings.inbox)
    assert (left(engine), document["adds_up"]) == ({"so-y-te/b.xlsx": "unreadable"}, False)
    unreadable.chmod(0o640)
    assert len(collect(settings, register, engine)) == 1
    assert ledger_document(engine, settings.inbox)["adds_up"] is True


class TestACopyThatPauses:
    """What came so far rests for some seconds: that does not make it whole."""

    def at(self, settings: Settings, name: str, content: bytes, *, seconds: int) -> Path:
        return drop(settings, name, content, datetime.now(clock.HANOI) - timedelta(seconds=seconds))

    @pytest.mark.parametrize(
        ("name", "share", "seconds", "reason"),
        [
            ("a.xlsx", 0.5, 8, "still_written"),
            ("a.xlsx", 0.99, 300, "still_written"),
            ("a.xlsx", 0.5, 700, ""),  # nobody goes on: it is taken, and answered as broken
            ("a.xlsx", 1, 8, ""),
            ("a.xlsx", 1, 3, ""),
            ("a.csv", 0.5, 8, "still_written"),
            ("a.csv", 1, 70, ""),
        ],
    )
    def test_it_is_left_until_it_is_whole(  # noqa: PLR0917
        self, settings: Settings, register: Register, engine: Engine, name: str, share: float, seconds: int, reason: str
    ) -> None:
        whole = workbook_bytes() if name.endswith("x") else b"a;b\n" * 99
        path = self.at(settings, name, whole[: int(len(whole) * share)], seconds=seconds)
        landed = collect(settings, register, engine)
        assert (left(engine).get(f"so-y-te/{name}", ""), len(landed)) == (reason, 0 if reason else 1)
        if reason:
            assert path.exists()
            self.at(settings, name, whole, seconds=70)
            assert len(collect(settings, register, engine)) == 1
            with loader(engine) as connection:
                (size,) = connection.exec_driver_sql("select size_bytes from intake.submission_file").scalars()
            assert size == len(whole)

    def test_what_is_open_to_write_is_left(self, settings: Settings, register: Register, engine: Engine) -> None:
        path = drop(settings, "a.csv", b"a;b\n", NOON)
        with path.open("ab") as writer:
            os.utime(path, (NOON.timestamp(), NOON.timestamp()))
            assert collect(settings, register, engine) == []
            assert left(engine) == {"so-y-te/a.csv": "in_use"}
            writer.write(b"c;d\n")
        os.utime(path, (NOON.timestamp(), NOON.timestamp()))
        assert len(collect(settings, register, engine)) == 1


def workbook_bytes() -> bytes:
    buffer = io.BytesIO()
    Workbook().save(buffer)
    return buffer.getvalue()
