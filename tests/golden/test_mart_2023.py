"""What is promised of schema mart, held against the rows of the played year: keys, references, codes, nulls, questions.

The replay has no letters, no request for correction and no mail; one of each is entered into a copy of its warehouse.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import URL, Engine, Row, create_engine

from fixtures.year import Year
from tiendo.clock import HANOI
from tiendo.model.code_labels import code_labels
from tiendo.warehouse.contract import is_nullable, relations
from tiendo.warehouse.engine import loader, make_engine, reader
from tiendo.warehouse.sql import statement

NAMES = list(relations())
NOW = datetime(2024, 1, 10, 9, tzinfo=HANOI)


@pytest.fixture(scope="module")
def mart(year: Year, postgres: URL) -> Iterator[Engine]:
    year.engine.dispose()  # a database that is copied has no visitors
    admin = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("create database mart_2023 template year_2023")
    engine = make_engine(postgres.set(database="mart_2023"))
    enter_what_the_replay_lacks(engine, year.register.code)
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.exec_driver_sql("drop database mart_2023 with (force)")
    admin.dispose()


def enter_what_the_replay_lacks(engine: Engine, plan_code: str) -> None:
    owed = {"plan_code": plan_code, "agency_code": "so-y-te", "period": "2023-Q4", "obligation": "quarterly_report"}
    letter = {
        "kind": "extended", "due_at": NOW, "letter_no": "12/SYT-KHTC", "letter_on": date(2023, 12, 1), "note": "",
        "recorded_at": datetime(2023, 12, 2, 8, tzinfo=HANOI), "recorded_by": "Phòng Tổng hợp",
    }  # fmt: skip
    request = {
        "edition": 1, "data_sha256": "a" * 64, "comment": "Đề nghị giải trình số liệu", "asked_by": "reviewer",
        "asked_at": NOW, "question": "q",
    }  # fmt: skip
    delivery = {"recipient": "Như trên", "address": "", "outcome": "no_address", "recorded_at": NOW, "edition": 1}
    with loader(engine) as connection:
        connection.execute(statement("obligations/put_extension.sql"), owed | letter)
        connection.execute(statement("obligations/put_correction_request.sql"), owed | request)
        connection.execute(statement("report/put_delivery.sql"), owed | delivery)


def rows(engine: Engine, name: str) -> list[Row[Any]]:
    with reader(engine) as connection:
        return list(connection.exec_driver_sql(f"select * from mart.{name}").all())


def values(row: Row[Any], columns: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(row._mapping[column] for column in columns)


@pytest.mark.parametrize("name", NAMES)
def test_the_key_tells_rows_apart(mart: Engine, name: str) -> None:
    keys = [values(row, relations()[name].key) for row in rows(mart, name)]
    assert len(keys) == len(set(keys)) > 0
    assert not [key for key in keys if None in key]


@pytest.mark.parametrize("name", [name for name in NAMES if relations()[name].references])
def test_a_reference_leads_to_a_row(mart: Engine, name: str) -> None:
    for to, columns in relations()[name].references.items():
        known = {values(row, relations()[to].key) for row in rows(mart, to)}
        told = {values(row, columns) for row in rows(mart, name)}
        assert not {key for key in told - known if None not in key}, to
        assert told & known, to


@pytest.mark.parametrize("name", [name for name in NAMES if relations()[name].codes])
def test_a_code_is_in_its_list(mart: Engine, name: str) -> None:
    for column, lists in relations()[name].codes.items():
        told = {row._mapping[column] for row in rows(mart, name)} - {None}
        assert told <= {code for one in lists for code in code_labels()[one]}, column


def test_no_other_column_holds_codes_of_a_list(mart: Engine) -> None:
    """A column whose values are all codes of one list is one that somebody forgot to say so of."""
    lists = [set(codes) for codes in code_labels().values()]
    forgotten = []
    for name, relation in relations().items():
        found = rows(mart, name)
        for column in found[0]._mapping.keys() - relation.codes.keys():
            told = {str(row._mapping[column]) for row in found if row._mapping[column] is not None}
            if told and any(told <= codes for codes in lists):
                forgotten.append(f"{name}.{column}")
    assert forgotten == []


def test_a_column_that_is_never_null_is_never_null(mart: Engine) -> None:
    with mart.connect() as connection:
        columns = connection.execute(statement("queries/columns.sql")).all()
    found = {name: rows(mart, name) for name in NAMES}
    unsaid = {
        f"{column.relation}.{column.column_name}: say in its comment when it is null"
        for column in columns
        if not is_nullable(column.comment)
        and any(row._mapping[column.column_name] is None for row in found[column.relation])
    }
    assert unsaid == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_relation_answers_its_question(mart: Engine, name: str) -> None:
    question = relations()[name].question
    assert f"mart.{name}" in question.sql.replace("\n", " ").split()
    with reader(mart) as connection:
        answer = connection.execution_options(no_parameters=True).exec_driver_sql(question.sql)
        assert answer.first(), question.en
