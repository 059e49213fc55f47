"""Publication, killed anywhere or on a full disk: a folder is whole or not there, and a rerun ends as one run does."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine

from crash.harness import boundaries, run_child
from crash.world import NOW, PLAN_DIR, Q1, Mould, World
from tiendo.model.register import Register
from tiendo.report import edition as edition_module
from tiendo.report.build import build, place
from tiendo.report.edition import draft, publish
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader, make_engine
from unit.report_warehouse import figure, send


class Published(NamedTuple):
    """What can be seen of the publications: every file below ``published/``, hidden ones too, and every row."""

    files: dict[str, str]
    rows: list[tuple[Any, ...]]

    @property
    def folder(self) -> dict[str, str]:
        """The edition's own files."""
        return {path: digest for path, digest in self.files.items() if path.startswith(f"282-kh-ubnd-2023/{Q1}/1/")}


def look(world: World) -> Published:
    engine = make_engine(world.url)
    with loader(engine) as connection:
        rows = connection.exec_driver_sql(
            "select period, edition, as_of, approved_by, approved_at, manifest_sha256 from core.edition"
        )
        found = [tuple(row) for row in rows]
    engine.dispose()
    return Published(tree(world.settings.published), found)


def tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


class Desk(NamedTuple):
    """A drafted edition in a mould, and the act of publishing it."""

    mould: Mould
    publish: Callable[[World], object]
    undisturbed: Published


@pytest.fixture(scope="module")
def desk(own_engine: Engine, register: Register, full_inbox: Mould, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The first quarter's edition, drafted and approved."""
    built: dict[str, dict[str, bytes]] = {}

    def build_once(data: Any) -> dict[str, bytes]:
        """The files follow from the data alone, and take a second to make."""
        if repr(data) not in built:
            built[repr(data)] = build(data, with_pdf=False)
        return built[repr(data)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edition_module, "build", build_once)
        home = tmp_path_factory.mktemp("desk") / "var"
        settings = Settings(home, (PLAN_DIR,), "")
        came = NOW - timedelta(days=90)
        with full_inbox.cast():
            send(own_engine, register, "so-ke-hoach-va-dau-tu", Q1, came, [figure("thu-hut-fdi", "437")])
            drafted = draft(own_engine, register, settings, Q1)
            mould = Mould(own_engine, home, PLAN_DIR, tmp_path_factory.mktemp("worlds"))

        def act(world: World) -> None:
            engine = make_engine(world.url)
            try:
                publish(
                    engine, register, world.settings, Q1,
                    edition=1, as_of=datetime.fromisoformat(drafted["as_of"]),
                    approved_by="Nguyễn Thị Hòa", approved_at=NOW + timedelta(minutes=20),
                    data_sha256=drafted["data_sha256"],
                )  # fmt: skip
            finally:
                engine.dispose()

        with mould.cast() as world:
            act(world)
            undisturbed = look(world)
        assert len(undisturbed.rows) == 1
        assert len(undisturbed.folder) > 10
        above = undisturbed.files.keys() - undisturbed.folder.keys()
        assert {"index.html", "catalog.jsonld"} < above
        assert {path.parts[1:3] for path in map(Path, above) if len(path.parts) > 1} == {("years", "2023")}
        yield Desk(mould, act, undisturbed)


def test_killed_at_every_step_the_folder_is_whole_or_not_there(desk: Desk) -> None:
    with desk.mould.cast() as world:
        steps = run_child(lambda: desk.publish(world)).steps
    assert {"io.open", "os.rename", "insert into core.edition", "commit", "os.replace"} <= {*steps}, steps
    for step in boundaries(steps):
        with desk.mould.cast() as world:
            assert run_child(lambda: desk.publish(world), die_at=step).error == ""
            when = f"killed before step {step}, {steps[step - 1]}"
            left = look(world)
            assert left.folder in ({}, desk.undisturbed.folder), when
            # The row is only there with the folder, the index only tells of what has its row.
            assert not left.rows or left.folder, when
            assert left.rows or "index.html" not in left.files, when
            desk.publish(world)
            assert look(world) == desk.undisturbed, when


def test_a_full_disk_leaves_nothing_and_says_which_file(desk: Desk) -> None:
    for largest in (100, 20_000):
        with desk.mould.cast() as world:
            outcome = run_child(lambda: desk.publish(world), largest_file=largest)
            assert outcome.error.startswith("OSError: [Errno 27] File too large: '")
            assert str(world.settings.published) in outcome.error
            assert look(world) == Published({}, [])
            desk.publish(world)
            assert look(world) == desk.undisturbed


def test_a_disk_that_fills_before_the_index_keeps_the_edition(desk: Desk) -> None:
    with desk.mould.cast() as world:
        desk.publish(world)
        index = world.settings.published / "index.html"
        index.write_bytes(b"older")
        outcome = run_child(lambda: desk.publish(world), largest_file=100)
        assert "index.html" in outcome.error
        assert index.read_bytes() == b"older"
        assert look(world).folder == desk.undisturbed.folder
        desk.publish(world)
        assert look(world) == desk.undisturbed


@pytest.mark.parametrize("is_replaced", [False, True], ids=["new", "replaced"])
def test_a_folder_placed_by_a_run_that_dies(tmp_path: Path, *, is_replaced: bool) -> None:
    """Drafts are replaced: what is there is the old one or the new one, or for an instant none."""
    old, new = {"a.txt": b"old", "data/b.txt": b"old"}, {"a.txt": b"new", "data/b.txt": b"new"}
    for step in count(1):
        folder = tmp_path / str(step) / "1"
        if is_replaced:
            place(old, folder)
        before = tree(folder)
        outcome = run_child(lambda folder=folder: place(new, folder), die_at=step)
        assert outcome.error == ""
        left = tree(folder)
        place(new, folder)
        assert left in (before, {}, tree(folder)), step
        assert tree(folder.parent) == {f"1/{path}": hashlib.sha256(text).hexdigest() for path, text in new.items()}
        if not outcome.was_killed:
            break
    assert step > 6
