"""The data API: what it gives is what the warehouse holds, and what it is asked badly it says so of."""

import csv
import html
import io
import json
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import simplejson
import uvicorn
from fastapi import FastAPI
from fastapi.openapi.models import OpenAPI
from fastapi.testclient import TestClient
from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.exc import InternalError

from tiendo import clock
from tiendo.airflow_glue.warehouse import AllParts
from tiendo.clock import HANOI
from tiendo.model.period import Period
from tiendo.model.plans import Plans
from tiendo.model.register import Register
from tiendo.pages import data_api
from tiendo.pages.app import app
from tiendo.pages.asked import RESERVED
from tiendo.pages.forms import signer
from tiendo.pages.frame import all_parts, viewer
from tiendo.settings import PROJECT, Settings
from tiendo.warehouse import offered
from tiendo.warehouse.contract import relations
from tiendo.warehouse.engine import make_engine, reader
from unit.report_warehouse import figure, grade, migrated_template, send  # noqa: F401 - a fixture

API = "/api/v1"
Q1 = Period(2023, 1)
MONDAY = datetime(2023, 3, 13, 9, tzinfo=HANOI)
PLAN = "282-kh-ubnd-2023"
INVESTMENT, TRADE = "so-ke-hoach-va-dau-tu", "so-cong-thuong"


@pytest.fixture(scope="module")
def filled(
    postgres: URL,
    migrated_template: str,  # noqa: F811 - the fixture
    register: Register,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Engine]:
    """A warehouse that has graded two figures, an hour after they came."""
    clock_file = tmp_path_factory.mktemp("clock") / "clock"
    admin = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"create database data_api template {migrated_template}")
    admin.dispose()
    engine = make_engine(postgres.set(database="data_api"))
    fdi = figure("thu-hut-fdi", "412.35", explanation="=1+2", note='nói "rõ", hai dòng\nở đây')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIENDO_CLOCK_FILE", str(clock_file))
        send(engine, register, INVESTMENT, Q1, MONDAY, [fdi])
        send(engine, register, TRADE, Q1, MONDAY, [figure("tang-xuat-khau", "3.10")])
        send(engine, register, "so-y-te", Q1, MONDAY, state="rejected")
        clock.set_replay_clock(clock_file, MONDAY + timedelta(hours=1))
        grade(engine, register, Q1)
    yield engine
    engine.dispose()


@pytest.fixture
def program(filled: Engine, register: Register, tmp_path: Path) -> Iterator[TestClient]:
    """A program of somebody who may read."""
    settings = Settings(home=tmp_path / "var", plan_dirs=(), database_url=None)
    app.dependency_overrides[viewer] = lambda: SimpleNamespace(get_name=lambda: "an")
    app.dependency_overrides[all_parts] = lambda: AllParts(settings, Plans((register,)), filled)
    yield TestClient(app, raise_server_exceptions=False)
    app.dependency_overrides.clear()


def ask(program: TestClient, address: str, **headers: str) -> Any:
    answer = program.get(f"{API}/{address}", headers=headers)
    assert answer.status_code == 200, answer.text
    return simplejson.loads(answer.content, use_decimal=True)


def all_rows(program: TestClient, address: str) -> list[dict[str, Any]]:
    """Follows ``next`` to the end."""
    answer = ask(program, address)
    rows = answer["rows"]
    while answer["next"]:
        answer = ask(program, answer["next"].removeprefix(f"{API}/"))
        assert answer["rows"], "no page is empty but the only one"
        rows += answer["rows"]
    return list(rows)


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("field", "")


def stored(engine: Engine, sql: str) -> list[Any]:
    with reader(engine) as connection:
        return list(connection.execute(text(sql)).all())


def test_what_there_is_is_told_by_the_warehouse(program: TestClient, filled: Engine) -> None:
    told = {table["name"]: table for table in ask(program, "")["tables"]}
    names = stored(filled, "select relname from pg_class where relnamespace = 'mart'::regnamespace and relkind = 'v'")
    assert set(told) == {name for (name,) in names}
    for name, table in told.items():
        assert table["address"] == f"{API}/{name}"
        assert table["key"] == list(relations()[name].key)
        assert all(column["comment"] for column in table["columns"])
    assert {name for name, table in told.items() if table["as_of"]} >= {"indicator_status", "submission_tracker"}
    assert not told["edition"]["as_of"]


def test_pages_give_each_row_once_in_the_order_of_its_key(program: TestClient, filled: Engine) -> None:
    """Of every table: a key that leaves two rows alike, or is null, would lose some."""
    paged = 0
    for name, table in offered.offered_tables(filled).items():
        key = ", ".join(table.key)
        keys = [list(row) for row in stored(filled, f"select {key} from mart.{name} order by {key}")]
        rows = all_rows(program, f"{name}?limit={max(1, len(keys) // 4)}")
        assert [[row[part] for part in table.key] for row in rows] == json.loads(data_api._json(keys)), name
        paged += len(keys) > 1
    assert paged > 5


def test_the_form_and_the_number_of_rows_may_change_on_the_way(program: TestClient) -> None:
    first = program.get(f"{API}/period?columns=period&limit=1")
    assert first.json()["rows"] == [{"period": "2023-Q1"}]
    assert first.links["next"]["url"] == first.json()["next"]
    rest = program.get(first.json()["next"].replace("limit=1", "limit=2"), headers={"accept": "text/csv"})
    assert rest.text == "period\r\n2023-Q2\r\n2023-Q3\r\n"
    last = program.get(rest.links["next"]["url"])
    assert (last.json(), last.links) == ({"rows": [{"period": "2023-Q4"}], "next": None}, {})


@pytest.mark.parametrize(
    ("address", "condition"),
    [
        ("indicator_status?period=2023-Q1&agency_code=so-y-te", "period = '2023-Q1' and agency_code = 'so-y-te'"),
        ("indicator_status?period=2023-Q1&period=2023-Q3", "period in ('2023-Q1', '2023-Q3')"),
        ("indicator_status?value__gte=3.10", "value >= 3.10"),
        ("indicator_status?value__gt=3.10", "value > 3.10"),
        ("indicator_status?value=3.1", "value = 3.1"),
        ("indicator_status?row_order__gt=3&row_order__lte=9", "row_order > 3 and row_order <= 9"),
        ("submission_tracker?received_at__lt=2023-03-13T10:00:00%2B07:00", "received_at < '2023-03-13 10:00+07'"),
        ("submission_tracker?received_at=2023-03-13T02:00:00Z", "received_at = '2023-03-13 09:00+07'"),
        ("submission_tracker?is_on_time=true", "is_on_time"),
        ("observation_history?data_on__lte=2023-03-10", "data_on <= '2023-03-10'"),
        ("observation_history?observation_id__lt=9223372036854775807", "true"),
        ("indicator_status_history?as_of__lte=2023-03-13T10:00:00%2B07:00", "as_of <= '2023-03-13 10:00+07'"),
    ],
)
def test_rows_are_those_that_meet_all_conditions(
    program: TestClient, filled: Engine, address: str, condition: str
) -> None:
    table = address.partition("?")[0]
    expected = stored(filled, f"select count(*) from mart.{table} where {condition}")[0][0]
    assert 0 < expected == len(ask(program, f"{address}&limit=10000")["rows"])


@pytest.mark.parametrize(
    "query",
    [
        "period=2031-Q1",
        "period=",
        "period='%20or%201=1--",
        "period=2023-Q1');drop%20view%20mart.period;--",
        "plan_code=%25",
        "period=%ED%A0%80",  # a lone surrogate
        "period=" + "9" * 1000,
        "row_order=-9223372036854775808",
    ],
)
def test_a_value_that_does_not_occur_gives_no_rows(program: TestClient, query: str) -> None:
    assert ask(program, f"indicator_status?{query}") == {"rows": [], "next": None}
    answer = program.get(f"{API}/indicator_status?{query}&columns=period,value&format=csv")
    assert answer.text == "period,value\r\n"


LONG = "9" * 1001


@pytest.mark.parametrize(
    ("address", "status", "field"),
    [
        ("no_table", 404, ""),
        ("core.observation", 404, ""),
        ("period%22%20where%201=1--", 404, ""),
        ("indicator_status_at", 404, ""),
        ("period?no_column=1", 422, "no_column"),
        ("period?period%22)%20or%20(%221=1", 422, 'period") or ("1'),
        ("period?period__like=2", 422, "period__like"),
        ("period?period__gte=2023-Q1", 422, "period__gte"),
        ("indicator_status?value__like=1", 422, "value__like"),
        ("period?period__=2023-Q1", 422, "period__"),
        ("period?__gte=1", 422, "__gte"),
        ("indicator_status?components=1", 422, "components"),
        ("agency_record?usual_rules=x", 422, "usual_rules"),
        ("period?period=a%00b", 422, "period"),
        (f"period?period={LONG}", 422, "period"),
        (f"period?{LONG}=1", 422, LONG[:80]),
        ("indicator_status?row_order=1.5", 422, "row_order"),
        ("indicator_status?row_order=1_0", 422, "row_order"),
        ("indicator_status?row_order=%D9%A3", 422, "row_order"),  # an Arabic three
        ("indicator_status?row_order=9223372036854775808", 422, "row_order"),
        ("indicator_status?row_order=", 422, "row_order"),
        ("indicator_status?value__gte=1,5", 422, "value__gte"),
        ("indicator_status?value__gte=1e999999", 422, "value__gte"),
        ("indicator_status?value__gte=NaN", 422, "value__gte"),
        ("indicator_status?is_estimate=1", 422, "is_estimate"),
        ("observation_history?data_on=14/03/2023", 422, "data_on"),
        ("observation_history?data_on=2023-02-30", 422, "data_on"),
        ("submission_tracker?received_at__gte=2023-03-13T09:00:00", 422, "received_at__gte"),  # no offset
        ("submission_tracker?received_at__gte=2023-03-13T09:00:00+07:00", 422, "received_at__gte"),  # a blank
        ("submission_tracker?received_at__gte=0001-01-01T00:00:00%2B07:00", 422, "received_at__gte"),
        ("submission_tracker?received_at__gte=yesterday", 422, "received_at__gte"),
        ("indicator_status?as_of=2023-03-13", 422, "as_of"),
        ("indicator_status?as_of=2023-03-13T09:00:00Z&as_of=2023-03-13T09:00:00Z", 422, "as_of"),
        ("edition?as_of=2023-03-13T09:00:00Z", 422, "as_of"),
        ("indicator_status_history?as_of=2023-03-13T09:00:00Z", 422, "as_of"),
        ("agency_record?as_of=2023-03-13T09:00:00Z", 422, "plan_code"),
        (f"agency_record?as_of=2023-03-13T09:00:00Z&plan_code={PLAN}&plan_code=x", 422, "plan_code"),
        (f"status_rollup?as_of=2023-03-13T09:00:00Z&plan_code={PLAN}", 422, "period"),
        ("submission_tracker?as_of=2023-03-13T09:00:00Z&period=2023-Q1", 422, "plan_code"),
        ("period?columns=", 422, "columns"),
        ("period?columns=period,secret", 422, "columns"),
        ("period?columns=period%22,%22plan_code", 422, "columns"),
        ("period?limit=0", 422, "limit"),
        ("period?limit=-1", 422, "limit"),
        ("period?limit=10001", 422, "limit"),
        ("period?limit=" + "9" * 100, 422, "limit"),
        ("period?limit=1&limit=2", 422, "limit"),
        ("period?format=xml", 422, "format"),
        ("period?cursor=", 422, "cursor"),
        ("period?cursor=x.y", 422, "cursor"),
        ("period?cursor=%00%ED%A0%80", 422, "cursor"),
        (f"period?cursor={'.' * 1000}", 422, "cursor"),
    ],
)
def test_what_is_asked_badly_is_told_by_its_name(program: TestClient, address: str, status: int, field: str) -> None:
    answer = program.get(f"{API}/{address}")
    assert told(answer) == (status, field), answer.text
    page = program.get(f"{API}/{address}", headers={"accept": "text/html"})
    assert page.status_code == status
    assert ("Tham số" if field else "Không có bảng này") in page.text


def test_a_cursor_is_of_its_query_and_ours(program: TestClient) -> None:
    following = ask(program, "period?limit=1")["next"]
    cursor = following.partition("cursor=")[2]
    assert told(program.get(following)) == (200, "")
    for other in (
        f"{API}/edition?cursor={cursor}",
        f"{API}/period?period=2023-Q1&cursor={cursor}",
        f"{API}/period?columns=period&cursor={cursor}",
        f"{following[:-1]}{'A' if following[-1] != 'A' else 'B'}",
        f"{following}&cursor=x",
        f"{API}/period?cursor={signer('forms').dumps(['x', PLAN, '2023-Q1'])}",
    ):
        assert told(program.get(other)) == (422, "cursor"), other


def test_an_instant_gives_what_was_known_then(program: TestClient, filled: Engine) -> None:
    one = f"plan_code={PLAN}&period=2023-Q1"
    for table, asked in {
        "indicator_status": "plan_code=x",
        "submission_tracker": f"{one}&obligation=quarterly_report",
        "status_rollup": one,
        "agency_record": f"plan_code={PLAN}",
        "agency_mistake": f"plan_code={PLAN}",
    }.items():
        assert told(program.get(f"{API}/{table}?{asked}&as_of=2023-03-14T00:00:00Z")) == (200, ""), table

    def came(at: str) -> set[str]:
        address = f"submission_tracker?{one}&obligation=quarterly_report&state=accepted&as_of={at}"
        return {row["agency_code"] for row in ask(program, address)["rows"]}

    assert came("2023-03-13T08:59:59%2B07:00") == set()
    assert came("2023-03-13T09:00:00%2B07:00") == {INVESTMENT, TRADE}

    def value(at: str) -> Any:
        (row,) = ask(program, f"indicator_status?{one}&indicator_code=thu-hut-fdi&columns=value&as_of={at}")["rows"]
        return row["value"]

    assert value("2023-03-13T09:30:00%2B07:00") is None
    assert value("2023-03-13T03:00:00Z") == Decimal("412.35")
    # Pages of one instant hold together, whatever comes meanwhile.
    address = f"indicator_status?{one}&columns=indicator_code,value&as_of=2023-03-13T03:00:00Z"
    assert all_rows(program, f"{address}&limit=9") == ask(program, address)["rows"]


def test_numbers_are_exact_and_instants_are_of_vietnam(program: TestClient, filled: Engine) -> None:
    query = f"observation_history?agency_code={INVESTMENT}&columns=value,received_at,data_on,note,explanation,cell"
    text_given = program.get(f"{API}/{query}")
    assert text_given.headers["content-type"] == "application/json"
    assert '"value": 412.35,' in text_given.text
    assert '"received_at": "2023-03-13T09:00:00+07:00"' in text_given.text
    assert text_given.json()["rows"][0]["explanation"] == "=1+2"
    table = program.get(f"{API}/{query}", headers={"accept": "text/csv"})
    assert table.headers["content-type"].startswith("text/csv")
    names, row = csv.reader(io.StringIO(table.text, newline=""), strict=True)
    assert names == ["value", "received_at", "data_on", "note", "explanation", "cell"]
    assert row == ["412.35", "2023-03-13T09:00:00+07:00", "2023-03-10", 'nói "rõ", hai dòng\nở đây', "'=1+2", "G7"]
    assert program.get(f"{API}/{query}&format=json", headers={"accept": "text/csv"}).json()["rows"]


@pytest.fixture
def strange(filled: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A table more, as a migration might bring it, with a name and columns that must be quoted."""
    with filled.begin() as connection:
        connection.execute(
            text("""create view mart."Lạ"";--" as select n::integer as "Số "") 'x", 0.1 + n * 1e-20::numeric as exact,
            '{"a": 0.10000000000000000001}'::jsonb as document, '{=1,b}'::text[] as list, n = 1 as "is" from
            generate_series(1, 3) n""")
        )
        connection.execute(
            text("""create view mart.slow as select n::bigint, pg_sleep(n)::text from generate_series(5, 6) n""")
        )
        connection.execute(text("""grant select on mart."Lạ"";--", mart.slow to tiendo_reader"""))
    one = relations()["period"]
    more = {
        name: replace(one, name=name, key=(key,), references={})
        for name, key in (('Lạ";--', "Số \") 'x"), ("slow", "n"))
    }
    monkeypatch.setattr(offered, "relations", lambda: {**relations(), **more})
    offered.offered_tables.cache_clear()
    yield
    offered.offered_tables.cache_clear()
    with filled.begin() as connection:
        connection.execute(text("""drop view mart."Lạ"";--", mart.slow"""))


@pytest.mark.usefixtures("strange")
def test_a_new_table_is_offered_by_itself_and_every_name_is_quoted(program: TestClient) -> None:
    assert 'Lạ";--' in {table["name"] for table in ask(program, "")["tables"]}
    table = "L%E1%BA%A1%22;--"
    rows = all_rows(program, f"{table}?limit=2")
    assert [row["Số \") 'x"] for row in rows] == [1, 2, 3]
    assert str(rows[0]["exact"]) == "0.10000000000000000001"
    assert str(rows[0]["document"]["a"]) == "0.10000000000000000001"
    assert rows[0]["list"] == ["=1", "b"]
    assert len(all_rows(program, f"{table}?S%E1%BB%91%20%22)%20'x__gte=2")) == 2
    assert len(all_rows(program, f"{table}?is=false")) == 2
    assert program.get(f"{API}/{table}?format=csv&limit=1").text.splitlines() == [
        '"Số "") \'x",exact,document,list,is',
        '1,0.10000000000000000001,"{""a"": 0.10000000000000000001}","[""=1"", ""b""]",true',
    ]


@pytest.mark.usefixtures("strange")
def test_a_query_that_takes_too_long_is_stopped(program: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offered, "LONGEST_SECONDS", 1)
    began = monotonic()
    answer = program.get(f"{API}/slow")
    assert (answer.status_code, monotonic() - began < 4) == (503, True)
    assert "narrow it" in answer.json()["detail"]
    assert "Thu hẹp" in program.get(f"{API}/slow", headers={"accept": "text/html"}).text
    assert ask(program, "period")["rows"], "the next one has its own time"


def test_too_many_at_once_are_refused_and_wait_in_no_thread_of_the_pages(program: TestClient) -> None:
    held = [data_api._places.acquire(blocking=False) for _ in range(5)]
    assert all(held)
    assert "Too many" in program.get(f"{API}/period").json()["detail"]
    assert program.get(f"{API}/").status_code == 200
    for _ in held:
        data_api._places.release()
    assert program.get(f"{API}/period").status_code == 200


def test_a_warehouse_that_is_not_ready_is_asked_again(program: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    offered.offered_tables.cache_clear()
    with monkeypatch.context() as before:
        before.setattr(offered, "statement", lambda name: text("select 1 where false"))
        assert program.get(f"{API}/period").status_code == 500
    assert program.get(f"{API}/period").status_code == 200


@pytest.fixture
def leaking(filled: Engine) -> Iterator[None]:
    """A view that writes, and one that consumers are not given."""
    with filled.begin() as connection:
        connection.execute(text("revoke select on mart.edition from tiendo_reader"))
        connection.execute(text("create sequence mart.counter"))
        connection.execute(text("create view mart.writes as select nextval('mart.counter') as n"))
        connection.execute(text("grant select on mart.writes to tiendo_reader"))
        connection.execute(text("grant usage on sequence mart.counter to tiendo_reader"))
    yield
    with filled.begin() as connection:
        connection.execute(text("grant select on mart.edition to tiendo_reader"))
        connection.execute(text("drop view mart.writes"))
        connection.execute(text("drop sequence mart.counter"))


@pytest.mark.usefixtures("leaking")
def test_a_program_reads_as_a_consumer_and_writes_nothing(program: TestClient, filled: Engine) -> None:
    assert program.get(f"{API}/edition").status_code == 500
    table = offered.OfferedTable("writes", "", {"n": offered.OfferedColumn("n", "bigint", "")}, ("n",), {}, ())
    with pytest.raises(InternalError, match="read-only"):
        offered.fetch_page(filled, offered.Asked(table, ("n",), 1, {}))


def test_what_has_not_changed_is_not_sent_again(program: TestClient, filled: Engine, register: Register) -> None:
    address = f"{API}/submission_tracker?period=2023-Q1"
    first = program.get(address)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    for known in (tag, f'"x", {tag}', tag.removeprefix("W/"), "*"):
        again = program.get(address, headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert program.get(f"{address}&format=csv", headers={"if-none-match": tag}).status_code == 200
    send(filled, register, "so-noi-vu", Q1, MONDAY + timedelta(days=9))
    assert program.get(address, headers={"if-none-match": tag}).status_code == 200


def test_it_describes_itself(program: TestClient, filled: Engine) -> None:
    document = ask(program, "openapi.json")
    OpenAPI.model_validate(document)
    assert document["openapi"] == "3.1.0"
    tables = offered.offered_tables(filled)
    assert set(document["paths"]) == {f"/{name}" for name in tables}
    for name, table in tables.items():
        operation = document["paths"][f"/{name}"]["get"]
        names = [parameter["name"] for parameter in operation["parameters"]]
        assert len(names) == len(set(names)), "no column is called as a parameter"
        assert set(table.columns) & set(RESERVED) <= {"as_of"}
        schema = document["components"]["schemas"][name]["properties"]
        assert {column: told["description"] for column, told in schema.items()} == {
            column.name: column.comment for column in table.columns.values()
        }
        for parameter in operation["parameters"]:
            if parameter["name"] not in RESERVED:
                answer = program.get(f"{API}/{name}", params={parameter["name"]: "\x00"})
                assert told(answer) == (422, parameter["name"]), "every filter is known, and looked at"
                assert "not filtered" not in answer.text
    numbers = document["components"]["schemas"]["indicator_status"]["properties"]
    assert numbers["value"]["type"] == ["number", "null"]
    assert numbers["plan_code"]["type"] == "string"


def test_people_see_what_there_is_and_every_link_leads_there(program: TestClient, filled: Engine) -> None:
    answer = program.get("/so-lieu", headers={"accept": "text/html"})
    page = answer.text.partition("<main")[2].partition("</main>")[0]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    links = [html.unescape(link) for link in re.findall(r'href="([^"]*)"', page)]
    tables = offered.offered_tables(filled)
    assert len(links) == 2 + 2 * len(tables)
    assert {program.get(link).status_code for link in links} == {200}
    for table in tables.values():
        assert f'<details id="{table.name}">' in page
        assert all(f"<code>{column}</code>" in page for column in table.columns)


# With Airflow's own login ---------------------------------------------------------------------------------------------


@pytest.fixture
def address(program: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The pages served as Airflow serves them, with its login and what it packs answers by."""
    from airflow import settings as airflow_settings
    from airflow.api_fastapi import app as airflow_app
    from airflow.api_fastapi.core_api.app import init_middlewares
    from airflow.models.revoked_token import RevokedToken

    passwords = tmp_path / "passwords.json"
    passwords.write_text(json.dumps({"an": "mat-khau"}))
    monkeypatch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", "an:viewer")
    monkeypatch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE", str(passwords))
    monkeypatch.setattr(airflow_app._AuthManagerState, "instance", None)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    RevokedToken.metadata.create_all(airflow_settings.engine, [RevokedToken.__table__])
    del app.dependency_overrides[viewer]
    served = FastAPI()
    airflow_app.init_auth_manager(served)
    served.mount("/tiendo", app)
    init_middlewares(served)
    server = uvicorn.Server(uvicorn.Config(served, log_level="error"))
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
        thread.start()
        while not server.started:
            assert thread.is_alive()
        yield f"http://127.0.0.1:{place.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def test_a_program_comes_by_token_and_a_browser_by_its_login(address: str) -> None:
    paths = ("/tiendo/api/v1/", "/tiendo/api/v1/period", "/tiendo/api/v1/openapi.json", "/tiendo/so-lieu")
    with httpx.Client(base_url=address, trust_env=False) as client:
        for path in (*paths, "/tiendo/api/v1/no_table"):
            answer = client.get(path)
            assert (answer.status_code, answer.json()) == (401, {"detail": "Not authenticated"}), path
            assert client.get(path, headers={"authorization": "Bearer x"}).status_code == 403
            assert (
                client.get(path, headers={"accept": "text/html"}).headers["location"].startswith("/api/v2/auth/login")
            )
        answer = client.post("/auth/token", json={"username": "an", "password": "mat-khau"})
        token = answer.json()["access_token"]
        for path in paths:
            assert client.get(path, headers={"authorization": f"Bearer {token}"}).status_code == 200, path
        told = client.get("/tiendo/api/v1/", headers={"authorization": f"Bearer {token}"}).json()
        assert told["openapi"] == "/tiendo/api/v1/openapi.json"
        client.cookies.set("_token", token)
        first = client.get("/tiendo/api/v1/indicator_status?limit=50")
        assert (first.status_code, first.headers["content-encoding"]) == (200, "gzip")
        assert client.get(first.json()["next"]).json()["rows"]
        again = client.get("/tiendo/api/v1/indicator_status?limit=50", headers={"if-none-match": first.headers["etag"]})
        assert again.status_code == 304


def test_who_may_not_see_the_pages_gets_nothing(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

    monkeypatch.setattr(SimpleAuthManager, "is_authorized_dag", lambda *_, **__: False)
    token = httpx.post(f"{address}/auth/token", json={"username": "an", "password": "mat-khau"}, trust_env=False).json()
    bearer = {"authorization": f"Bearer {token['access_token']}"}
    assert httpx.get(f"{address}/tiendo/api/v1/period", headers=bearer, trust_env=False).status_code == 403


def example(language: str) -> str:
    page = (PROJECT / "docs" / "data-api.md").read_text(encoding="utf-8")
    (found,) = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    return str(found)


def test_the_example_in_pandas_reads_all_pages(
    address: str, filled: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("ADDRESS", address), ("USER", "an"), ("PASSWORD", "mat-khau")):
        monkeypatch.setenv(f"TIENDO_{name}", value)
    here: dict[str, Any] = {}
    exec(compile(example("python"), "data-api.md", "exec"), here)  # noqa: S102 - our own document
    counts = {
        (period, status): count
        for (period, status), count in here["status"].groupby(["period", "status"]).size().items()
    }
    assert counts == {
        (row.period, row.status): row.n
        for row in stored(
            filled,
            f"""select period, status, count(*) as n from mart.indicator_status_at('2023-06-25 16:00+07')
            where plan_code = '{PLAN}' and period in ('2023-Q1', '2023-Q2') group by 1, 2""",
        )
    }
    assert "2023-Q2" in capsys.readouterr().out
    paged = here["read_table"]("indicator_status", limit=17)
    assert len(paged) == stored(filled, "select count(*) from mart.indicator_status")[0][0]
    assert Decimal("412.35") in set(paged["value"])


def test_the_example_in_power_query_asks_for_what_there_is(program: TestClient) -> None:
    source = example("m")
    assert source.count("[") == source.count("]")
    assert source.count("(") == source.count(")")
    (path,) = re.findall(r'"/tiendo(/api/v1/\w+\?)"', source)
    query = dict(re.findall(r'(\w+) = "([^"]*)"', source.partition("Uri.BuildQueryString(")[2].partition(")")[0]))
    answer = program.get(path, params=query)
    assert answer.json()["rows"]
    assert set(answer.json()) == {"rows", "next"}
    assert set(re.findall(r"(?<=\[)(?:next|rows)(?=\])", source)) == {"rows", "next"}
