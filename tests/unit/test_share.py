"""Shared folders over the network, with a real Samba server: collected, claimed, answered, out of reach."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import smbclient
from sqlalchemy import URL, Engine

from crash.harness import run_child
from fixtures.samba import samba_server
from tiendo import clock
from tiendo.airflow_glue import arrivals
from tiendo.airflow_glue.arrivals import SharePost
from tiendo.airflow_glue.share import deliver_answers
from tiendo.clock import HANOI
from tiendo.collect.all_inboxes import Collected, collect_all
from tiendo.collect.archive import HELD_IN_MEMORY, archived_path, sha256_of
from tiendo.collect.folder import CLAIMED, make_inboxes
from tiendo.collect.ledger import ledger_document
from tiendo.collect.share import ShareError, ShareSettings, open_share
from tiendo.model.register import Register
from tiendo.process.batch import process
from tiendo.settings import Settings
from tiendo.warehouse.engine import make_engine

pytestmark = pytest.mark.slow

NOON = datetime(2023, 3, 14, 12, 0, tzinfo=HANOI)
Collect = Callable[[], Collected]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ShareSettings, Path]]:
    with samba_server(tmp_path_factory.mktemp("samba")) as running:
        yield running


@pytest.fixture
def share(server: tuple[ShareSettings, Path], tmp_path: Path) -> ShareSettings:
    """A folder of the share for each test."""
    return replace(server[0], path=f"tiến độ/{tmp_path.name}")


@pytest.fixture
def root(server: tuple[ShareSettings, Path], tmp_path: Path, register: Register) -> Path:
    """Where that folder lies on the server's disk."""
    root = server[1] / tmp_path.name
    for agency in register.obliged:
        (root / "inbox" / agency.code).mkdir(parents=True)
    return root


@pytest.fixture(autouse=True)
def replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, register: Register) -> Path:
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(tmp_path / "clock"))
    clock.set_replay_clock(tmp_path / "clock", NOON)
    make_inboxes(settings, register)
    return tmp_path / "clock"


@pytest.fixture
def collect(settings: Settings, register: Register, engine: Engine, share: ShareSettings, root: Path) -> Collect:
    return lambda: collect_all(settings, register, engine, share)


def drop(root: Path, name: str, content: bytes = b"x", at: datetime = NOON, agency: str = "so-y-te") -> Path:
    path = root / "inbox" / agency / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def test_what_lies_on_the_share_lands_and_is_taken_away(
    settings: Settings, engine: Engine, root: Path, collect: Collect
) -> None:
    content = os.urandom(3 * HELD_IN_MEMORY)
    drop(root, "Báo cáo quý I (sửa).xlsx", b"noi dung")
    drop(root, "lon.xlsx", content, agency="so-tai-chinh")
    drop(root, "~$khoa.xlsx")
    drop(root, "thu-muc/a.xlsx")
    drop(root, "moi.xlsx", at=datetime.now(HANOI))

    found = collect()

    assert (len(found.file_ids), found.faults) == (2, [])
    document = ledger_document(engine)
    lines = {file["name"]: (file["channel"], file["sender"], file["received_at"]) for file in document["files"]}
    assert lines == {
        "Báo cáo quý I (sửa).xlsx": ("share", "so-y-te", NOON),
        "lon.xlsx": ("share", "so-tai-chinh", NOON),
    }
    assert archived_path(settings.archive, sha256_of(content)).read_bytes() == content
    assert {item["path"]: item["reason"] for item in document["left_alone"]} == {
        "so-y-te/~$khoa.xlsx": "temporary",
        "so-y-te/thu-muc": "folder",
        "so-y-te/moi.xlsx": "still_written",
    }
    assert {item["channel"] for item in document["left_alone"]} == {"share"}
    assert list((root / "inbox" / CLAIMED).iterdir()) == []
    assert not (root / "inbox" / "so-tai-chinh" / "lon.xlsx").exists()
    assert collect().file_ids == []


def test_received_is_clamped_by_the_shares_own_scans(
    engine: Engine, root: Path, collect: Collect, replay: Path
) -> None:
    collect()
    clock.set_replay_clock(replay, NOON + timedelta(days=1))
    drop(root, "cu.xlsx", b"1", at=NOON - timedelta(days=30))
    drop(root, "dung.xlsx", b"2", at=NOON + timedelta(hours=11, minutes=59))
    collect()
    received = {file["name"]: file["received_at"] for file in ledger_document(engine)["files"]}
    assert received == {"cu.xlsx": NOON, "dung.xlsx": NOON + timedelta(hours=11, minutes=59)}


def test_answers_are_put_onto_the_share_once(
    settings: Settings, register: Register, engine: Engine, root: Path, collect: Collect
) -> None:
    drop(root, "hong.xlsx", b"khong doc duoc")
    process(settings, register, engine, collect().file_ids)
    (receipt,) = [file["receipt"] for file in ledger_document(engine)["files"]]
    stranger = settings.outbox / "chua-ro-don-vi" / "x.html"
    stranger.parent.mkdir(parents=True)
    stranger.write_text("của người lạ", encoding="utf-8")

    assert collect().delivered == 2

    delivered = root / receipt
    assert delivered.read_bytes() == (settings.home / receipt).read_bytes()
    answered = sorted(path for path in delivered.parent.iterdir())
    assert [path for path in sorted((root / "outbox").rglob("*")) if path.is_file()] == answered
    assert [path.suffix for path in answered] == [".xlsx", ".html"], "a fresh template and the receipt"
    delivered.unlink()  # read and taken away
    assert collect().delivered == 0
    (settings.home / receipt).write_text("sửa lại", encoding="utf-8")
    assert collect().delivered == 1
    assert delivered.read_text(encoding="utf-8") == "sửa lại"


def test_a_file_that_somebody_holds_open_waits(
    engine: Engine, root: Path, share: ShareSettings, collect: Collect
) -> None:
    drop(root, "a.xlsx")
    with open_share(share) as opened:
        inbox = opened.inbox()
        with smbclient.open_file(inbox._path("so-y-te/a.xlsx"), mode="r+b", share_access="r", **inbox._session):
            found = collect()
            assert (found.file_ids, found.faults) == ([], [])
            assert [item["reason"] for item in ledger_document(engine)["left_alone"]] == ["in_use"]
    drop(root, "a.xlsx")
    assert len(collect().file_ids) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"password": "sai"}, "127.0.0.1"),
        ({"port": 1}, "Failed to connect"),
        ({"share": "khong-co"}, "share: the inbox: No such file"),
        ({"path": "khong-co"}, "No such file"),
    ],
)
def test_a_share_out_of_reach_fails_clearly_and_the_local_folders_go_on(
    settings: Settings, register: Register, engine: Engine, *, share: ShareSettings, change: dict[str, Any], told: str
) -> None:
    drop(settings.home, "a.xlsx")
    found = collect_all(settings, register, engine, replace(share, **change))
    assert len(found.file_ids) == 1
    assert told in "\n".join(found.faults)
    assert share.password not in "\n".join(found.faults)
    assert share.password not in repr(share)


def test_nobody_gets_in_without_a_password(share: ShareSettings) -> None:
    with pytest.raises(ShareError), open_share(replace(share, login="guest", password="")):
        pass


def test_killed_at_steps_all_along_it_ends_as_if_undisturbed(
    settings: Settings, register: Register, engine: Engine, *, database_url: URL, root: Path, share: ShareSettings
) -> None:
    expected = set()
    for step in (*range(2, 60, 4), 10_000):
        for number in (1, 2):
            content = b"%d %d" % (step, number)
            drop(root, f"{step}-{number}.xlsx", content)
            expected.add((f"{step}-{number}.xlsx", sha256_of(content), NOON))
        outcome = run_child(
            lambda: collect_all(settings, register, make_engine(database_url), share),
            die_at=step,
            also_count=[(smbclient, ("rename", "remove", "rmdir", "makedirs", "open_file"))],
        )
        assert outcome.error == ""
        assert collect_all(settings, register, engine, share).faults == []
        files = ledger_document(engine)["files"]
        assert len(files) == len(expected), f"killed before step {step}"
        assert {(file["name"], file["sha256"], file["received_at"]) for file in files} == expected
        assert list((root / "inbox" / CLAIMED).iterdir()) == []
    assert not outcome.was_killed


class TestLookout:
    @pytest.fixture
    def connection(self, share: ShareSettings, monkeypatch: pytest.MonkeyPatch) -> dict[str, ShareSettings | None]:
        """What Airflow's connection says."""
        said: dict[str, ShareSettings | None] = {"share": share}
        monkeypatch.setattr("tiendo.airflow_glue.share.share_settings", lambda: said["share"])
        return said

    def test_a_file_is_told_of_once_also_in_a_new_session(
        self, connection: dict[str, ShareSettings | None], share: ShareSettings, root: Path
    ) -> None:
        post = SharePost()
        assert post.look() == (0, arrivals.SHARE_SECONDS)
        session = post._opened
        drop(root, "a.xlsx")
        assert [post.look().new for _ in range(2)] == [1, 0]
        assert post._opened is session
        post.close()
        connection["share"] = replace(share, login="nguoi-la")
        with pytest.raises(ShareError):
            post.look()
        connection["share"] = share
        assert post.look().new == 0
        drop(root, "b.xlsx")
        assert post.look().new == 1
        post.close()
        connection["share"] = None
        assert post.look() == (0, arrivals.ABSENT_SECONDS)

    def test_answers_are_put_there_or_left_to_the_next_scan(  # noqa: PLR0917
        self, connection: dict[str, ShareSettings | None], share: ShareSettings, root: Path, settings: Settings,
        register: Register, engine: Engine, monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        monkeypatch.setattr("tiendo.airflow_glue.warehouse.open_warehouse", lambda: (settings, register, engine))
        (settings.outbox / "so-y-te" / "phieu.html").write_text("x", encoding="utf-8")
        connection["share"] = replace(share, login="nguoi-la")
        deliver_answers()
        assert not (root / "outbox").exists()
        connection["share"] = share
        deliver_answers()
        assert (root / "outbox" / "so-y-te" / "phieu.html").exists()
        connection["share"] = None
        deliver_answers()
