"""Which files are ready to be taken, and that each is told of once."""

import io
import os
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tiendo.clock import HANOI
from tiendo.collect.inbox import LocalInbox
from tiendo.collect.left_alone import QUIET, UNFINISHED_WAIT, WHOLE_QUIET
from tiendo.collect.ready import Lookout, why_not_ready

NOW = datetime(2023, 3, 14, 12, 0, tzinfo=HANOI)
BODY = "so-y-te"


class UntoldInbox(LocalInbox):
    """On a disk whose kernel does not tell who writes."""

    def is_surely_closed(self, path: str) -> bool:
        return False


def workbook() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as container:
        container.writestr("xl/workbook.xml", "x" * 2000)
    return buffer.getvalue()


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / BODY / "kiem-tra").mkdir(parents=True)
    return tmp_path


def put(inbox: Path, name: str, content: bytes = workbook(), *, age: float = 60, folder: str = BODY) -> Path:
    path = inbox / folder / name
    path.write_bytes(content)
    os.utime(path, ((NOW - timedelta(seconds=age)).timestamp(),) * 2)
    return path


def reason(inbox: LocalInbox, name: str) -> str:
    return why_not_ready(inbox, BODY, inbox.entry(f"{BODY}/{name}"), NOW)


class TestRest:
    """How long a file must have rested: by what is known of it."""

    @pytest.mark.parametrize("age", [0, 1, 1.9])
    def test_everything_rests_a_moment(self, inbox: Path, age: float) -> None:
        put(inbox, "a.xlsx", age=age)
        assert reason(LocalInbox(inbox), "a.xlsx") == "still_written"

    @pytest.mark.parametrize("age", [2, 4.9])
    def test_what_is_whole_and_surely_closed_no_longer(self, inbox: Path, age: float) -> None:
        path = put(inbox, "a.xlsx", age=age)
        assert reason(LocalInbox(inbox), "a.xlsx") == ""
        assert reason(UntoldInbox(inbox), "a.xlsx") == "still_written"
        with path.open("rb+"):
            assert reason(LocalInbox(inbox), "a.xlsx") == "in_use"
        put(inbox, "a.xlsx", workbook()[:-30], age=age)
        assert reason(LocalInbox(inbox), "a.xlsx") == "still_written"
        put(inbox, "a.csv", b"a;b\n", age=age)
        assert reason(LocalInbox(inbox), "a.csv") == "still_written"

    def test_five_seconds_are_enough_where_nobody_can_be_asked(self, inbox: Path) -> None:
        put(inbox, "a.xlsx", age=5)
        assert reason(UntoldInbox(inbox), "a.xlsx") == ""


class TestLookout:
    def test_a_file_is_told_of_once_and_one_that_changes_once_more(self, inbox: Path) -> None:
        lookout, here = Lookout(), LocalInbox(inbox)
        assert lookout.look(here, NOW) == (0, timedelta.max)
        put(inbox, "a.xlsx")
        put(inbox, "b.xlsx", folder=f"{BODY}/kiem-tra")
        assert lookout.look(here, NOW) == (2, timedelta.max)
        assert lookout.look(here, NOW + timedelta(days=1)) == (0, timedelta.max)
        put(inbox, "a.xlsx", workbook() + b"1")
        assert lookout.look(here, NOW)[0] == 1
        (inbox / BODY / "a.xlsx").unlink()
        assert lookout.look(here, NOW)[0] == 0
        put(inbox, "a.xlsx", workbook() + b"1")
        assert lookout.look(here, NOW)[0] == 1

    def test_who_has_forgotten_tells_once_more(self, inbox: Path) -> None:
        put(inbox, "a.xlsx")
        assert [Lookout().look(LocalInbox(inbox), NOW)[0] for _ in range(2)] == [1, 1]

    def test_what_is_left_alone_is_never_told_of(self, inbox: Path) -> None:
        old = UNFINISHED_WAIT.total_seconds() + 1
        put(inbox, "~$a.xlsx", age=old)
        put(inbox, ".an.xlsx", age=old)
        put(inbox, "a.xlsx.part", age=old)
        put(inbox, "beside.xlsx", age=old, folder=".")
        (inbox / BODY / "nested").mkdir()
        put(inbox, "a.xlsx", age=old, folder=f"{BODY}/nested")
        (inbox / ".claimed" / "0123" / BODY).mkdir(parents=True)
        put(inbox, "a.xlsx", age=old, folder=f".claimed/0123/{BODY}")
        (inbox / BODY / "link.xlsx").symlink_to(inbox / "beside.xlsx")
        os.mkfifo(inbox / BODY / "pipe.xlsx")
        lookout, here = Lookout(), LocalInbox(inbox)
        assert [lookout.look(here, NOW + timedelta(hours=hour)) for hour in range(3)] == [(0, timedelta.max)] * 3

    def test_what_may_not_be_read_is_told_of_once_it_may(self, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        put(inbox, "a.xlsx")
        put(inbox, "b.xlsx")
        lookout, here = Lookout(), LocalInbox(inbox)

        def refuse(self: LocalInbox, path: str) -> None:
            raise PermissionError(13, "Permission denied", path)

        with monkeypatch.context() as shut:  # by root nothing is refused
            shut.setattr(LocalInbox, "open", refuse)
            assert lookout.look(here, NOW)[0] == 0
        assert lookout.look(here, NOW)[0] == 2

    def test_a_folder_that_cannot_be_read_hides_no_other(self, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (inbox / "so-tai-chinh").mkdir()
        put(inbox, "a.xlsx")
        put(inbox, "b.xlsx", folder="so-tai-chinh")
        lookout, here, entries = Lookout(), LocalInbox(inbox), LocalInbox.entries
        assert lookout.look(here, NOW)[0] == 2

        def refuse(self: LocalInbox, folder: str) -> object:
            if folder == "so-tai-chinh":
                raise PermissionError(13, "Permission denied", folder)
            return entries(self, folder)

        put(inbox, "c.xlsx")
        with monkeypatch.context() as shut:
            shut.setattr(LocalInbox, "entries", refuse)
            assert lookout.look(here, NOW)[0] == 1
        assert lookout.look(here, NOW)[0] == 0  # b.xlsx has been told of

    def test_it_looks_again_when_the_first_one_has_rested(self, inbox: Path) -> None:
        lookout, here = Lookout(), LocalInbox(inbox)
        put(inbox, "a.csv", b"a;b\n", age=30)  # has to rest for a minute: the usual look finds it
        assert lookout.look(here, NOW) == (0, timedelta.max)
        put(inbox, "b.xlsx", age=0.5)
        assert lookout.look(here, NOW) == (0, WHOLE_QUIET - timedelta(seconds=0.5))
        untold = Lookout()
        put(inbox, "b.xlsx", age=2.5)
        assert untold.look(UntoldInbox(inbox), NOW) == (0, QUIET - timedelta(seconds=2.5))
        assert lookout.look(here, NOW) == (1, timedelta.max)

    def test_an_inbox_that_is_gone_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            Lookout().look(LocalInbox(tmp_path / "inbox"), NOW)
