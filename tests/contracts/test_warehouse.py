"""What consumers and operations rely on: rights, append-only tables, how the mart is made."""

import contextlib
import re
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from tiendo.clock import HANOI
from tiendo.model.period import PeriodKind, periods_of
from tiendo.model.register import Duty, Register
from tiendo.obligations.extensions import Letter, find_obligation, grant
from tiendo.settings import INCLUDE, PROJECT
from tiendo.status.service import initialise
from tiendo.warehouse.engine import loader, reader
from tiendo.warehouse.migrate import migrate
from tiendo.warehouse.sql import statement

DEFINITIONS = sorted((INCLUDE / "sql" / "mart").iterdir())
STATEMENTS = sorted((INCLUDE / "sql").rglob("*.sql"))


@pytest.mark.parametrize("table", ["core.observation", "core.plan", "intake.submission_file"])
def test_the_reader_sees_the_mart_only(engine: Engine, table: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), reader(engine) as connection:
        connection.exec_driver_sql(f"select * from {table}")


def test_the_reader_cannot_write(engine: Engine) -> None:
    with pytest.raises(DBAPIError), reader(engine) as connection:
        connection.exec_driver_sql("create table mart.mine (x int)")


@pytest.mark.parametrize(
    "change",
    [
        "update core.observation set value = 0",
        "delete from core.observation",
        "truncate core.task_progress",
        "update core.edition set edition = 2",
        "delete from intake.finding",
        "update intake.validation_result set row_count = 0",
        "delete from intake.checked_file",
        "delete from intake.broken_rule",
        "delete from intake.submission_file",
    ],
)
def test_what_was_learnt_is_never_changed(engine: Engine, change: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:  # even as the owner
        connection.exec_driver_sql(change)
    with pytest.raises(ProgrammingError, match="permission denied"), loader(engine) as connection:
        connection.exec_driver_sql(change)


@pytest.mark.parametrize("path", STATEMENTS, ids=lambda path: path.relative_to(INCLUDE / "sql").as_posix())
def test_every_statement_says_first_what_it_is_for(path: Path) -> None:
    first, *_ = path.read_text(encoding="utf-8").splitlines()
    assert re.match(r"-- \S+ \S+", first), first


def test_initialising_twice_changes_nothing(engine: Engine, register: Register) -> None:
    def rows() -> object:
        with engine.connect() as connection:
            return connection.exec_driver_sql(
                "select (select count(*) from core.indicator_status), (select loaded_at from core.plan)"
            ).one()

    before = rows()
    initialise(engine, register)
    assert rows() == before


def test_one_row_per_indicator_and_period_before_anything_came(engine: Engine, register: Register) -> None:
    leaves = sum(indicator.is_leaf for indicator in register.indicators)
    with reader(engine) as connection:
        counts = dict(
            connection.exec_driver_sql("select period, count(*) from mart.indicator_status group by period").all()
        )
        statuses = set(connection.exec_driver_sql("select distinct status from mart.indicator_status").scalars())
    assert counts == {f"2023-Q{quarter}": leaves for quarter in (1, 2, 3, 4)}
    assert statuses <= {"no_data", "not_yet_published", "no_target"}


@pytest.mark.parametrize("name", ["queries/status_at.sql", "report/status.sql"])
def test_a_search_for_one_plan_and_period_reaches_the_index(engine: Engine, register: Register, name: str) -> None:
    """The function is inlined: were it not, every query would grade all plans and periods first."""
    instant = datetime(2023, 3, 14, tzinfo=HANOI)
    parameters = {"plan_code": register.code, "period": "2023-Q1", "first_period": "2023-Q1"}
    parameters |= {"instant": instant, "as_of": instant}
    query = text(f"explain {statement(name).text}").bindparams(
        **{key: value for key, value in parameters.items() if f":{key}" in statement(name).text}
    )
    with loader(engine) as connection:
        connection.exec_driver_sql("set local enable_seqscan = off")
        plan = "\n".join(connection.execute(query).scalars())
    assert "Function Scan" not in plan
    assert re.search(r"Index Cond: \(\(plan_code = '282-kh-ubnd-2023'::text\) AND \(period ", plan), plan


def test_consumers_are_given_all_of_the_mart_and_nobody_else_is(engine: Engine) -> None:
    with engine.connect() as connection:
        withheld = connection.exec_driver_sql(
            """select c.relname from pg_class c, unnest('{tiendo_reader,tiendo_loader}'::name[]) role
            where c.relnamespace = 'mart'::regnamespace and c.relkind in ('v', 'r', 'm')
              and not has_table_privilege(role, c.oid, 'select')
            union
            select p.proname from pg_proc p, unnest('{tiendo_reader,tiendo_loader}'::name[]) role
            where p.pronamespace = 'mart'::regnamespace
              and not (has_function_privilege(role, p.oid, 'execute') and obj_description(p.oid, 'pg_proc') <> '')
            union
            select p.proname from pg_proc p where p.pronamespace = 'mart'::regnamespace
              and has_function_privilege('public', p.oid, 'execute')"""
        )
        assert withheld.scalars().all() == []


def test_every_view_and_function_of_the_mart_stands_in_the_file_of_its_name(engine: Engine) -> None:
    with engine.connect() as connection:
        defined = connection.exec_driver_sql(
            """select relname from pg_class where relnamespace = 'mart'::regnamespace and relkind = 'v'
            union all select proname from pg_proc where pronamespace = 'mart'::regnamespace"""
        )
        assert sorted(defined.scalars()) == sorted(path.stem.partition("_")[2] for path in DEFINITIONS)
    for path in DEFINITIONS:
        made = re.findall(r"^create .*", path.read_text(encoding="utf-8"), re.MULTILINE)
        name = path.stem.partition("_")[2]
        assert len(made) == 1, path.name
        assert re.match(rf"create or replace (view|function) mart\.{name}\b", made[0]), path.name


def test_every_sql_file_says_first_what_it_is_for() -> None:
    first = {path: path.read_text(encoding="utf-8").partition("\n")[0] for path in (INCLUDE / "sql").rglob("*.sql")}
    assert [path for path, line in first.items() if not re.match(r"-- [A-Z]\w* \w+", line)] == []


def test_every_sql_file_is_used() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (PROJECT / "plugins").rglob("*.py"))
    code += "\n".join(path.read_text(encoding="utf-8") for path in (PROJECT / "dags").rglob("*.py"))
    unused = [
        path
        for path in sorted((INCLUDE / "sql").rglob("*.sql"))
        if path.relative_to(INCLUDE / "sql").as_posix() not in code
    ]
    assert unused == [*DEFINITIONS, *sorted((INCLUDE / "sql" / "migrations").glob("*.sql"))]  # run in order of name


def test_no_statement_is_built_from_pieces() -> None:
    pattern = re.compile(r"exec_driver_sql\(\s*f[\"']|(?<![\w.])text\(\s*f[\"']")
    # Quoted names of databases, and roles named in the code.
    allowed = {"embedded.py", "engine.py", "restoring.py", "services.py"}
    offenders = [
        path.name
        for path in sorted(Path(PROJECT / "plugins" / "tiendo").rglob("*.py"))
        if path.name not in allowed and pattern.search(path.read_text(encoding="utf-8"))
    ]
    assert offenders == []


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_a_figure_is_a_number(engine: Engine, value: str) -> None:
    with pytest.raises(IntegrityError, match="observation_value_is_finite"), engine.begin() as connection:
        connection.exec_driver_sql(
            "insert into core.observation overriding system value "
            "values (1, 1, 'x', 'x', '2023-Q1', 'x', 'quarter', 'actual', 'value', %s, '', false, false, false, "
            "null, null, '', '', '', '', now(), now())",
            (value,),
        )


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        ({"edition": 99}, "edition_follows_another"),
        ({"approved_by": "  "}, "edition_is_approved_by_someone"),
        ({"approved_at": "2023-03-14 16:29+07"}, "edition_is_approved_once_shown"),
        ({"manifest_sha256": ""}, "edition_manifest_has_a_hash"),
        ({"edition": 0}, "edition_edition_check"),
    ],
)
def test_an_edition_has_one_before_it_and_an_approver(
    engine: Engine, register: Register, changed: dict[str, object], constraint: str
) -> None:
    row = {
        "plan_code": register.code, "period": "2023-Q1", "edition": 1, "as_of": "2023-03-14 16:30+07",
        "approved_by": "Phòng Tổng hợp", "approved_at": "2023-03-14 16:30+07", "published_at": "2023-03-14 16:31+07",
        "manifest_sha256": "a" * 64, "manifest": "{}",
    }  # fmt: skip
    with pytest.raises(IntegrityError, match=constraint), engine.begin() as connection:
        connection.execute(statement("report/put_edition.sql"), row | changed)


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("value_kind", "guess", "indicator_status_kind_is_known"),
        ("value_basis", "month", "indicator_status_basis_is_known"),
        ("ratio", "NaN", "indicator_status_numbers_are_finite"),
        ("needed", "Infinity", "indicator_status_numbers_are_finite"),
    ],
)
def test_a_verdict_names_what_it_rests_on(
    engine: Engine, register: Register, column: str, value: str, constraint: str
) -> None:
    with engine.connect() as connection, pytest.raises(IntegrityError, match=constraint):
        connection.execute(
            text(
                f"insert into core.indicator_status (plan_code, period, as_of, indicator_code, status, is_estimate, "
                "is_approximate, is_illustrative, sentence, components, rule_version, content_sha256, version_id, "
                f"register_sha256, {column}) "
                "values (:plan, '2023-Q1', now(), 'x', 'no_data', false, false, false, '', '{}', '1', '', "
                "1, '', :value)"
            ),
            {"plan": register.code, "value": value},
        )


def test_the_mart_reads_a_period_s_code_as_we_do(engine: Engine) -> None:
    periods = [period for kind in PeriodKind for period in periods_of([2024], kind)]
    found = "mart.period_number(p), mart.period_start(p), mart.period_end(p)"
    with reader(engine) as connection:
        told = connection.execute(
            text(f"select {found} from unnest(cast(:codes as text[])) p"), {"codes": [str(each) for each in periods]}
        )
        assert [tuple(row) for row in told] == [(p.number, p.first_day, p.last_day) for p in periods]


def test_whoever_reads_has_the_province_s_time_and_an_end(engine: Engine) -> None:
    """As an analyst's own program finds it, whatever the time zone of its machine; our own sessions are not bounded."""
    shown = "select current_setting('timezone'), current_setting('statement_timeout'), extract(day from due_at)"
    migrate(engine)
    analyst = create_engine(engine.url)
    with analyst.connect() as connection:
        told = connection.exec_driver_sql(f"{shown} from mart.period where period = '2023-Q1'").one()
    analyst.dispose()
    assert tuple(told) == ("Asia/Ho_Chi_Minh", "1min", 15)
    with loader(engine) as connection:
        assert connection.exec_driver_sql("show statement_timeout").scalar() == "0"
        assert connection.exec_driver_sql("show idle_in_transaction_session_timeout").scalar() == "0"


@pytest.mark.parametrize(
    ("relation", "derived"),
    [
        ("intake.submission", {"replaced_at"}),
        ("core.observation", {"revision", "is_current"}),
        ("core.indicator_status", {"replaced_at", "previous_period", "previous_value", "previous_status", "trend"}),
    ],
)
def test_beside_what_was_told_only_what_follows_from_it_may_change(
    engine: Engine, relation: str, derived: set[str]
) -> None:
    refused = set()
    with engine.connect() as connection:
        columns = set(connection.exec_driver_sql(f"select * from {relation} limit 0").keys())
        for column in columns:
            with contextlib.suppress(DBAPIError), connection.begin_nested():
                connection.exec_driver_sql(f"update {relation} set {column} = default where false")
                continue
            refused.add(column)
    assert columns - refused == derived


def test_a_reader_cannot_lend_his_own_types_to_what_runs_as_the_owner(engine: Engine, register: Register) -> None:
    """Of a function that runs as another, types of the temporary schema come first, unless its path has them last."""
    owed = find_obligation(register, Duty.QUARTERLY_REPORT, "2023-Q1")
    grant(engine, register, "so-y-te", owed, until=date(2023, 3, 17), letter=Letter("1/UBND", date(2023, 3, 1), ""))
    evil = """create function pg_temp.evil(timestamp) returns boolean language plpgsql as $$
      begin raise exception 'run as %%', current_user; end $$;
      create domain pg_temp.date as timestamp check (pg_temp.evil(value));
      select * from mart.submission_tracker_at('infinity', %s, 'quarterly_report', '2023-Q1')"""
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "do $$ begin execute format('grant temporary on database %%I to tiendo_reader', current_database()); end $$"
        )
    with reader(engine) as connection:
        for line in evil.split(";\n"):
            found = connection.exec_driver_sql(line, (register.code,) if "%s" in line else ())
        assert found.rowcount == 30
    with engine.connect() as connection:
        open_paths = connection.exec_driver_sql(
            "select oid::regprocedure::text from pg_proc where prosecdef and pronamespace::regnamespace::text "
            "in ('core', 'intake', 'mart') and not 'search_path=pg_catalog, pg_temp' = any(coalesce(proconfig, '{}'))"
        )
        assert open_paths.scalars().all() == []


def test_nobody_but_the_owner_makes_anything_in_passing(engine: Engine) -> None:
    migrate(engine)
    with pytest.raises(ProgrammingError, match="permission denied"), reader(engine) as connection:
        connection.exec_driver_sql("create temporary table mine (x int)")
